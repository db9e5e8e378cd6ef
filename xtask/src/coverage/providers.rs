//! The providers' crates that have a document to be held against.

use serde_json::{Value, json};

use super::encoding::Encoding;
use super::operation::Operation;

pub(super) struct Provider {
    pub(super) name: &'static str,
    pub(super) package: &'static str,
    /// In the workspace.
    pub(super) directory: &'static str,
    /// Its name below `HOWDAH_DOCUMENTS`: an `OpenAPI` document or a list of facts as JSON, or a table of endpoints, tab-separated.
    pub(super) document: &'static str,
    /// Where the provider publishes it.
    pub(super) published: &'static str,
    pub(super) operations: fn() -> Vec<Operation>,
    /// Its document calls everything a number, ids too: values of the kind are whole.
    pub(super) whole_numbers: bool,
    /// Puts right what the document is known to say wrongly of whole operations.
    pub(super) mend: fn(&mut Value),
    /// How it writes names in addresses and headers, where its document shows that.
    pub(super) encoding: Option<Encoding>,
}

pub(super) const ALL: &[Provider] = &[
    Provider {
        name: "dnsimple",
        package: "howdah-dnsimple",
        directory: "dnsimple",
        document: "dnsimple.json",
        published: "the OpenAPI document linked from developer.dnsimple.com",
        operations: || Operation::all(howdah_dnsimple::OPERATIONS),
        whole_numbers: false,
        mend: |_| {},
        encoding: None,
    },
    Provider {
        name: "gandi",
        package: "howdah-gandi",
        directory: "gandi",
        document: "gandi.tsv",
        published: "a table of the endpoints on the reference pages at api.gandi.net/docs",
        operations: || Operation::all(howdah_gandi::OPERATIONS),
        whole_numbers: false,
        mend: |_| {},
        encoding: None,
    },
    Provider {
        name: "cloudflare",
        package: "howdah-cloudflare",
        directory: "cloudflare",
        document: "cloudflare.json",
        published: "an extract of the OpenAPI document in Cloudflare's repository api-schemas",
        operations: || Operation::all(howdah_cloudflare::OPERATIONS),
        whole_numbers: false,
        mend: |_| {},
        encoding: None,
    },
    Provider {
        name: "backblaze",
        package: "howdah-backblaze",
        directory: "backblaze",
        document: "b2.json",
        published: "a list of the calls on the reference pages at backblaze.com/apidocs",
        operations: || Operation::all(howdah_backblaze::OPERATIONS),
        whole_numbers: false,
        mend: |_| {},
        encoding: Some(Encoding {
            vectors: "b2-string-encoding.json",
            encode: howdah_backblaze::file_name::encode,
            decode: howdah_backblaze::file_name::decode,
        }),
    },
    Provider {
        name: "digitalocean",
        package: "howdah-digitalocean",
        directory: "digitalocean",
        document: "digitalocean.json",
        published: "the OpenAPI document in DigitalOcean's repository openapi",
        operations: || Operation::all(howdah_digitalocean::OPERATIONS),
        whole_numbers: false,
        mend: |_| {},
        encoding: None,
    },
    Provider {
        name: "uptimerobot",
        package: "howdah-uptimerobot",
        directory: "uptimerobot",
        document: "uptimerobot.json",
        published: "the OpenAPI document in the package @uptimerobot/cli, and at uptimerobot.com/api/v3",
        operations: || Operation::all(howdah_uptimerobot::OPERATIONS),
        whole_numbers: true,
        mend: |_| {},
        encoding: None,
    },
    Provider {
        name: "netlify",
        package: "howdah-netlify",
        directory: "netlify",
        document: "netlify.json",
        published: "the Swagger document in Netlify's repository open-api",
        operations: || Operation::all(howdah_netlify::OPERATIONS),
        whole_numbers: false,
        mend: mend_netlify,
        encoding: None,
    },
];

/// The document has the version in one path a second time, a certificate's private key in a query, no sign of which
/// parameters of a path keep their slashes, and lets requests have what only answers do.
fn mend_netlify(document: &mut Value) {
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (wrong, right) in [
        ("/api/v1/sites/{site_id}/env", "/sites/{site_id}/env"),
        ("/deploys/{deploy_id}/files/{path}", "/deploys/{deploy_id}/files/{path*}"),
        ("/sites/{site_id}/files/{file_path}", "/sites/{site_id}/files/{file_path*}"),
    ] {
        if let Some(item) = paths.remove(wrong) {
            paths.insert(right.to_owned(), item);
        }
    }
    let text = json!({ "type": "string" });
    let certificate = json!({ "certificate": text, "key": text, "ca_certificates": text });
    take_body(document, "/sites/{site_id}/ssl", "post", &json!({ "type": "object", "properties": certificate }));

    let site: &[&str] = &[
        "name",
        "custom_domain",
        "domain_aliases",
        "branch_deploy_custom_domain",
        "deploy_preview_custom_domain",
        "password",
        "notification_email",
        "ssl",
        "force_ssl",
        "managed_dns",
        "processing_settings",
        "build_settings",
        "build_image",
        "prerender",
        "functions_region",
        "prevent_non_git_prod_deploys",
        "account_slug",
    ];
    let mut settings = only(document, "site", site);
    settings["properties"]["repo"] = json!({ "$ref": "#/definitions/repoInfo" });
    take_body(document, "/sites", "post", &settings);
    take_body(document, "/{account_slug}/sites", "post", &settings);
    take_body(document, "/sites/{site_id}", "patch", &settings);

    let hook = only(document, "hook", &["type", "event", "data", "disabled"]);
    take_body(document, "/hooks", "post", &hook);
    take_body(document, "/hooks/{hook_id}", "put", &hook);
    let snippet = only(document, "snippet", &["title", "general", "general_position", "goal", "goal_position"]);
    take_body(document, "/sites/{site_id}/snippets", "post", &snippet);
    take_body(document, "/sites/{site_id}/snippets/{snippet_id}", "put", &snippet);
    // An archive is sent as such, and not within JSON.
    if let Some(files) = document.pointer_mut("/definitions/deployFiles/properties").and_then(Value::as_object_mut) {
        files.remove("zip");
    }
}

/// A definition with some of its properties.
fn only(document: &Value, definition: &str, properties: &[&str]) -> Value {
    let all = &document["definitions"][definition]["properties"];
    let some: serde_json::Map<_, _> = properties.iter().map(|name| ((*name).to_owned(), all[*name].clone())).collect();
    json!({ "type": "object", "properties": some })
}

/// Lets an operation take this body, and nothing of it in the query.
fn take_body(document: &mut Value, path: &str, method: &str, schema: &Value) {
    let properties = schema["properties"].clone();
    let operation = document["paths"].get_mut(path).and_then(|item| item.get_mut(method));
    if let Some(parameters) = operation.and_then(|operation| operation["parameters"].as_array_mut()) {
        parameters.retain(|parameter| {
            let name = parameter["name"].as_str().unwrap_or_default();
            parameter["in"] != "body" && !(parameter["in"] == "query" && properties.get(name).is_some())
        });
        parameters.push(json!({ "name": "body", "in": "body", "schema": schema }));
    }
}
