//! The providers' crates that have a document to be held against.

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
        encoding: None,
    },
];
