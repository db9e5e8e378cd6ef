//! Operations that hold nothing: they answer with the example that the service publishes.

use std::{collections::BTreeMap, sync::Arc};

use howdah_core::testing::{Answer, Fake};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{FROM_EXAMPLES, State, not_found};

/// Written by `cargo xtask examples digitalocean`.
const PUBLISHED: &str = include_str!("examples.json");

/// An example of an answer.
#[derive(Deserialize)]
struct Example {
    status: u16,
    /// JSON.
    #[serde(default)]
    body: Option<Value>,
    /// Another content type, and the body as it is.
    #[serde(default)]
    text: Option<(String, String)>,
}

pub(super) fn serve(fake: Fake<State>) -> Fake<State> {
    let published: BTreeMap<String, Example> = serde_json::from_str(PUBLISHED).expect("the examples are JSON");
    let published = Arc::new(published);
    let operations = FROM_EXAMPLES.iter().flat_map(|(_, operations)| *operations);
    operations.fold(fake, |fake, operation| {
        let (published, route) = (published.clone(), operation.route().to_string());
        fake.on_any(*operation, move |_, _, _| published.get(&route).map_or_else(not_found, answer))
    })
}

fn answer(example: &Example) -> Answer {
    let answer = match (&example.body, &example.text) {
        (Some(body), _) => {
            let mut body = body.clone();
            // An example's next page is another's.
            if let Some(links) = body.get_mut("links") {
                *links = json!({});
            }
            Answer::json(example.status, body)
        }
        (None, Some((content_type, text))) => {
            Answer::text(example.status, "text/plain", text.clone()).with_header("content-type", content_type)
        }
        (None, None) => Answer::empty(example.status),
    };
    answer.with_header("x-fake-answer", "example")
}
