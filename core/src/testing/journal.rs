//! What a fake writes down of the requests it carried out.

use std::{collections::BTreeMap, ffi::OsString, fs, io::Write as _, path::Path, sync::OnceLock};

use http::{HeaderMap, header};
use serde::Serialize;
use serde_json::Value;

use super::answer::Answer;
use crate::http::kinds::Asked;

/// A request and its answer, for tests to look at.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// The operation, such as `GET /{account}/zones`, or nothing when there is none.
    pub route: Option<String>,
    /// Whether our own client made it, and not someone else's over the network.
    pub client: bool,
    /// Method.
    pub method: String,
    /// The path as it came.
    pub path: String,
    /// The query as it came.
    pub query: String,
    /// The headers as they came, by their names in lower case: not those that say who asks, and none that is marked
    /// sensitive.
    pub headers: BTreeMap<String, String>,
    /// The body: as JSON where it is, a string otherwise, null when there is none or it was read as it came.
    pub request: Value,
    /// Status.
    pub status: u16,
    /// The answer's body, likewise.
    pub response: Value,
    /// The answer's content type.
    pub content_type: String,
    /// The answer's headers, likewise.
    pub answer_headers: BTreeMap<String, String>,
    /// Whether it came in another form, at another path or by another method than the operation's, and was
    /// [translated](super::Fake::with_translation).
    pub translated: bool,
}

impl Exchange {
    /// Of what came, and what it was carried out as.
    pub(super) fn new(route: Option<String>, client: bool, came: &Asked, asked: &Asked, answer: &Answer) -> Self {
        let content_type = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Self {
            route,
            client,
            method: came.method.to_string(),
            path: came.path.clone(),
            query: came.query.clone(),
            headers: told(&came.headers),
            request: value(&came.body),
            status: answer.status.as_u16(),
            response: value(&answer.body),
            content_type: content_type.unwrap_or_default().to_owned(),
            answer_headers: told(&answer.headers),
            translated: (&came.path, &came.method) != (&asked.path, &asked.method),
        }
    }

    /// Appends it to a file in the directory that `HOWDAH_JOURNAL` names, for whoever holds it against a document.
    pub(super) fn export(&self, provider: &str) {
        static DIRECTORY: OnceLock<Option<OsString>> = OnceLock::new();
        let Some(directory) = DIRECTORY.get_or_init(|| std::env::var_os("HOWDAH_JOURNAL")) else {
            return;
        };
        let file = Path::new(directory).join(format!("{provider}-{}.jsonl", std::process::id()));
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        let written =
            fs::OpenOptions::new().create(true).append(true).open(&file).and_then(|mut file| file.write_all(&line));
        written.unwrap_or_else(|error| panic!("the journal {} cannot be written: {error}", file.display()));
    }
}

fn value(bytes: &[u8]) -> Value {
    match bytes {
        [] => Value::Null,
        bytes => {
            serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
        }
    }
}

/// Several of one name are one text, as on the wire.
fn told(headers: &HeaderMap) -> BTreeMap<String, String> {
    const WHO: [header::HeaderName; 5] =
        [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE, header::HOST, header::USER_AGENT];
    let mut told = BTreeMap::<String, String>::new();
    for (name, value) in headers.iter().filter(|(name, value)| !value.is_sensitive() && !WHO.contains(name)) {
        let text = String::from_utf8_lossy(value.as_bytes());
        told.entry(name.to_string()).and_modify(|all| *all = format!("{all}, {text}")).or_insert(text.into_owned());
    }
    told
}
