//! `cargo xtask examples`: the examples that a document publishes, for a fake that answers with them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use howdah_core::http::Operation;
use serde_json::{Value, json};

use super::document::{Answer, Document};
use super::instance;
use crate::process::{Result, Status, root};

/// Writes the examples of what DigitalOcean's fake does not hold.
pub(crate) fn write() -> Result<Status> {
    let Some(documents) = std::env::var_os("HOWDAH_DOCUMENTS") else {
        return Ok(Status::NotChecked("HOWDAH_DOCUMENTS names no directory with the providers' documents".into()));
    };
    let document = Document::read(&Path::new(&documents).join("digitalocean.json"), |_| {})?;
    let operations = howdah_digitalocean::testing::FROM_EXAMPLES.iter().flat_map(|(_, operations)| *operations);
    let published: BTreeMap<String, Value> =
        operations.map(|it| (it.route().to_string(), example(&document, *it))).collect();
    let file = root().join("digitalocean/src/testing/examples.json");
    let text = serde_json::to_string_pretty(&published).map_err(|error| error.to_string())?;
    fs::write(&file, text + "\n").map_err(|error| format!("{}: {error}", file.display()))?;
    println!("{} examples", published.len());
    Ok(Status::Passed)
}

fn example(document: &Document, operation: &dyn Operation) -> Value {
    let (route, status) = (operation.route().to_string(), operation.route().status);
    match document.answer(&route, status, None) {
        Answer::Json(media) => {
            let body = instance::examples(document, &media).into_iter().next();
            json!({ "status": status, "body": mended(&route, body.unwrap_or_default()) })
        }
        _ => match document.other_example(&route, status) {
            Some((content_type, text)) => json!({ "status": status, "text": [content_type, text] }),
            None => json!({ "status": status }),
        },
    }
}

/// An example that has another shape than its own schema in the schema's shape, which is what the service answers.
fn mended(route: &str, mut body: Value) -> Value {
    if route.ends_with("/apps/{app_id}/health") {
        return json!({ "app_health": body });
    }
    if route.contains("/job-invocations/{job_invocation_id}") {
        return without_lists_of_one(body);
    }
    if let Some(urls) = body.as_object_mut().and_then(|members| members.remove("historic_logs")) {
        return json!({ "historic_urls": urls, "live_url": body["live_url"] });
    }
    body
}

fn without_lists_of_one(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 => without_lists_of_one(items.remove(0)),
        Value::Object(members) => {
            members.into_iter().map(|(name, member)| (name, without_lists_of_one(member))).collect()
        }
        other => other,
    }
}
