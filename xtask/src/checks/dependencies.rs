//! What a user of a crate compiles is kept short, and only core's transport knows which HTTP library there is.

use crate::checks::verdict;
use crate::process::{Result, Status, cargo, output, publishable_crates};
use crate::source::{Source, sources, words};

/// What nobody gets without asking for a feature, by the beginning of the package's name.
const NOT_BY_DEFAULT: &[&str] = &[
    "clap",
    "comfy-table",
    "domain",
    "hickory",
    "indicatif",
    "jsonschema",
    "native-tls",
    "object_store",
    "openssl-sys",
    "proptest",
    "rcgen",
    "ring",
    "serde_yaml",
    "tokio-native-tls",
    "toml",
    "wiremock",
    "x509",
];

/// Crates whose users get no more than the HTTP kit and its types.
const LEAN: &[&str] = &[
    "howdah-cloudflare",
    "howdah-core",
    "howdah-digitalocean",
    "howdah-dnsimple",
    "howdah-gandi",
    "howdah-uptimerobot",
];

const TRANSPORT: &str = "core/src/http/transport.rs";

pub(crate) fn check() -> Result<Status> {
    let mut problems = Vec::new();
    for name in LEAN {
        let tree = output(&mut cargo(&[
            "tree",
            "--package",
            name,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]))?;
        problems.extend(unwelcome(&tree).into_iter().map(|package| format!("{name} pulls in {package} by default")));
    }
    for it in publishable_crates()? {
        problems.extend(sources(&it.directory.join("src"))?.iter().filter_map(names_reqwest));
    }
    verdict(&problems)
}

fn unwelcome(tree: &str) -> Vec<&str> {
    let mut found: Vec<_> = tree
        .lines()
        .filter(|line| {
            NOT_BY_DEFAULT.iter().any(|start| is_or_extends(line.split(' ').next().unwrap_or_default(), start))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// `toml` covers `toml` and `toml_edit`, not `tomlish`.
fn is_or_extends(name: &str, start: &str) -> bool {
    name.strip_prefix(start).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphabetic()))
}

fn names_reqwest(source: &Source) -> Option<String> {
    if source.path == TRANSPORT {
        return None;
    }
    let line = source.code().iter().position(|line| words(line).any(|word| word == "reqwest"))?;
    Some(format!("{}:{} names reqwest, which only {TRANSPORT} may", source.path, line + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unwelcome_package_is_found_by_its_family() {
        let tree = "howdah-core v0.1.0\nring v0.17.1\nx509-parser v0.18.0\nstring v1.0.0\nx509-parser v0.18.0\nringbuffer v1.0.0";
        assert_eq!(unwelcome(tree), ["ring v0.17.1", "x509-parser v0.18.0"]);
    }

    #[test]
    fn only_the_transport_names_reqwest() {
        let text = "// reqwest\nuse reqwest::Client;".to_owned();
        let elsewhere = Source { path: "core/src/http/api.rs".into(), text: text.clone() };
        assert!(names_reqwest(&elsewhere).unwrap().starts_with("core/src/http/api.rs:2 "));
        assert_eq!(names_reqwest(&Source { path: TRANSPORT.into(), text }), None);
    }
}
