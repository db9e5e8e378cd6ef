//! What the fakes wrote down during the test run: one call a line, one file a process.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::process::Result;

#[derive(Debug, Deserialize)]
pub(super) struct Call {
    /// The route that the fake matched, `GET /{account}/zones`; none when it knew none.
    pub(super) route: Option<String>,
    pub(super) query: Option<String>,
    /// By lower-case names, without what is a secret.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body; text when it was no JSON.
    #[serde(default)]
    pub(super) request: Value,
    /// 0 when there was no answer.
    pub(super) status: u16,
    #[serde(default)]
    pub(super) response: Value,
    #[serde(default)]
    content_type: String,
    #[serde(default)]
    answer_headers: BTreeMap<String, String>,
    /// It was made in another version's words, of which the document does not speak.
    #[serde(default)]
    pub(super) translated: bool,
    /// The crate's client made the call, and nobody by hand.
    #[serde(default)]
    pub(super) client: bool,
}

impl Call {
    pub(super) fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn query_pairs(&self) -> Vec<(String, String)> {
        self.query.as_deref().and_then(|query| serde_html_form::from_str(query).ok()).unwrap_or_default()
    }

    pub(super) fn headers(&self) -> Vec<(String, String)> {
        self.headers.clone().into_iter().collect()
    }

    pub(super) fn answer_headers(&self) -> Vec<(String, String)> {
        self.answer_headers.clone().into_iter().collect()
    }

    /// The type of an answer that is not JSON.
    pub(super) fn other_type(&self) -> Option<&str> {
        let media = self.content_type.split(';').next().map(str::trim)?;
        (!media.is_empty() && media != "application/json").then_some(media)
    }
}

/// Reads `PROVIDER-PID.jsonl`, all of them.
pub(super) fn read(directory: &Path, provider: &str) -> Result<Vec<Call>> {
    let mut calls = Vec::new();
    let named = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    for entry in fs::read_dir(directory).map_err(|error| named(directory, &error))? {
        let path = entry.map_err(|error| named(directory, &error))?.path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_journal = path.extension().is_some_and(|it| it == "jsonl");
        if !is_journal || stem.rsplit_once('-').is_none_or(|(name, _)| name != provider) {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| named(&path, &error))?;
        for (number, line) in text.lines().enumerate() {
            let call = serde_json::from_str(line)
                .map_err(|error| format!("{}, line {}: {error}", path.display(), number + 1))?;
            calls.push(call);
        }
    }
    Ok(calls)
}
