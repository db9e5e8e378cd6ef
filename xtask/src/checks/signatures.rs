//! Public signatures show only types that may be there for years: ours, std's and those of a few stable crates.

use std::collections::BTreeSet;

use crate::checks::verdict;
use crate::process::{Crate, Result, Status, publishable_crates};
use crate::source::{Source, end_of_block, indentation, sources, words};

/// Dependencies whose types a signature may show.
const SHOWN: &[&str] =
    &["async_trait", "bytes", "futures", "futures_core", "http", "jiff", "rust_decimal", "serde", "url"];

/// Where a signature shows something else on purpose: the file's beginning, a word of the signature, the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("core/src/testing/", "serde_json", "a fake's answers are written as JSON"),
    ("digitalocean/src/databases/config.rs", "serde_json", "the settings of an engine that are not known yet"),
    ("digitalocean/src/apps/spec.rs", "serde_json", "the same: fields of a spec"),
    ("cloudflare/src/testing/", "serde_json", "the same: a setting's value is any JSON"),
    ("gandi/src/testing/", "serde_json", "the same: a claim is any JSON"),
    ("gandi/src/testing/csr.rs", "rcgen", "implemented for a type that only the fake sees"),
    ("core/src/testing/", "tokio", "the clock that a test pauses is tokio's"),
    ("core/src/certificate/tls.rs", "tokio", "bytes in both directions, as everything on tokio reads and writes them"),
    ("core/src/certificate/tls.rs", "rustls", "implemented for a type that nobody else sees"),
    ("core/src/http/endpoint.rs", "serde_json", "tools hold an operation against a document through JSON"),
    ("core/src/http/dialect.rs", "serde_json", "a provider's crate reads what an error's body says"),
    ("core/src/http/body.rs", "http_body", "what an HTTP library takes to be sent"),
    ("core/src/store/", "object_store", "the module is about Apache's trait, and re-exports the crate"),
    ("core/src/store/connector.rs", "http_body", "implemented for a type that only Apache's client sees"),
    ("core/src/testing/", "fastrand", "faults are drawn from its generator, which a seed makes repeatable"),
    ("workflows/src/offsite_copy/", "object_store", "the job is about Apache's trait, as its stores are"),
    ("core/src/lib.rs", "pastey", "for the macros, and hidden"),
];

pub(crate) fn check() -> Result<Status> {
    let mut problems = Vec::new();
    for it in publishable_crates()? {
        let hidden = hidden(&it);
        for source in sources(&it.directory.join("src"))? {
            problems.extend(foreign(&source, &hidden));
        }
    }
    verdict(&problems)
}

fn hidden(it: &Crate) -> BTreeSet<String> {
    it.dependencies
        .iter()
        .map(|name| name.replace('-', "_"))
        .filter(|name| !name.starts_with("howdah_") && !SHOWN.contains(&name.as_str()))
        .collect()
}

fn foreign(source: &Source, hidden: &BTreeSet<String>) -> Vec<String> {
    let code = source.code();
    let imported = imported(&code, hidden);
    let mut problems = Vec::new();
    for (line, signature) in signatures(&code) {
        let found = words(&signature).find_map(|word| {
            let from = if signature.contains(&format!("{word}::")) { hidden.get(word) } else { None };
            from.or_else(|| imported.iter().find(|(name, _)| name == word).map(|(_, from)| from))
        });
        let Some(from) = found else { continue };
        // What a provider leaves open has its reason in the crate's `omitted.toml`: coverage asks for it.
        let untyped = from == "serde_json" && !source.path.starts_with("core/") && is_field(&signature);
        let excepted =
            untyped || EXCEPTIONS.iter().any(|(file, word, _)| source.path.starts_with(file) && word == from);
        if !excepted {
            let shown: String = signature.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(120).collect();
            problems.push(format!("{}:{} shows {from}: {shown}", source.path, line + 1));
        }
    }
    problems
}

fn is_field(signature: &str) -> bool {
    signature.trim_end().ends_with(',') && !words(signature).any(|word| word == "fn")
}

/// Names that the file imports from a crate that may not be shown, with that crate.
fn imported(code: &[&str], hidden: &BTreeSet<String>) -> Vec<(String, String)> {
    let text = code.join("\n");
    let mut names = Vec::new();
    for statement in text.split("\nuse ").skip(1).filter_map(|rest| rest.split(';').next()) {
        let mut parts = words(statement);
        if let Some(from) = parts.next().and_then(|first| hidden.get(first)) {
            names.extend(
                parts.filter(|name| name.starts_with(char::is_uppercase)).map(|name| (name.to_owned(), from.clone())),
            );
        }
    }
    names
}

/// What a user sees: public items, public fields, the functions of public traits, trait implementations.
fn signatures(code: &[&str]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut trait_ends = 0;
    let mut private_ends = 0;
    for (start, line) in code.iter().enumerate() {
        let text = line.trim_start();
        if text.ends_with('{') && ["mod ", "pub(crate) mod "].iter().any(|it| text.starts_with(it)) {
            private_ends = private_ends.max(end_of_block(code, start));
        }
        if start < private_ends {
            continue;
        }
        if text.starts_with("pub trait ") {
            trait_ends = end_of_block(code, start);
        }
        let in_trait =
            start < trait_ends && ["fn ", "async fn ", "type ", "const "].iter().any(|it| text.starts_with(it));
        let implementation = text.starts_with("impl") && text.contains(" for ");
        if !(text.starts_with("pub ") || in_trait || implementation) {
            continue;
        }
        let field = text.ends_with(',') && !text.contains("fn ") && indentation(line) > 0;
        let mut signature = String::new();
        for line in &code[start..] {
            let end = line.find('{').unwrap_or(line.len());
            signature += &line[..end];
            signature.push('\n');
            if field || end < line.len() || line.ends_with(';') {
                break;
            }
        }
        // The fields of a tuple are private unless they say otherwise.
        if let Some(fields) = signature.find('(').filter(|_| text.starts_with("pub struct "))
            && !signature[fields..].contains("pub ")
        {
            signature.truncate(fields);
        }
        found.push((start, signature));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let hidden = BTreeSet::from(["reqwest".to_owned(), "serde_json".to_owned()]);
        foreign(&Source { path: "core/src/a.rs".into(), text: text.into() }, &hidden)
    }

    #[test]
    fn foreign_types_are_found_by_path_and_by_import() {
        for bad in [
            "pub fn a(x: reqwest::Client) {\n}",
            "pub struct A {\n    pub client: reqwest::Client,\n}",
            "//! A.\n\nuse serde_json::{Map, Value};\n\nimpl A {\n    pub async fn a(\n        &self,\n        x: &Value,\n    ) {\n    }\n}",
            "pub trait A {\n    fn a(&self) -> reqwest::Client;\n}",
            "impl From<reqwest::Error> for Error {\n}",
            "pub use reqwest::Client;",
            "pub struct A(pub reqwest::Client);",
        ] {
            assert_eq!(problems(bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn bodies_and_private_items_may_use_what_they_like() {
        for good in [
            "pub fn a(x: http::Uri) {\n    let client = reqwest::Client::new();\n}",
            "//! A.\n\nuse serde_json::Value;\n\nfn a(x: Value) {\n}\n\npub(crate) fn b(x: Value) {\n}\n\npub struct C {\n    d: Value,\n}",
            "pub struct A(reqwest::Client);",
            "mod sealed {\n    pub trait A {\n        fn a(&self) -> reqwest::Client;\n    }\n}",
            "pub trait A {\n    fn a(&self);\n}\n\nstruct B;\nfn a() -> reqwest::Client {\n}",
        ] {
            assert_eq!(problems(good), [""; 0], "{good}");
        }
    }

    #[test]
    fn an_exception_holds_for_its_files_only() {
        let hidden = BTreeSet::from(["serde_json".to_owned()]);
        let text = "pub fn a(x: serde_json::Value) {\n}";
        let at = |path: &str| foreign(&Source { path: path.into(), text: text.into() }, &hidden).len();
        assert_eq!((at("core/src/testing/fake.rs"), at("core/src/dns/zone.rs")), (0, 1));
    }
}
