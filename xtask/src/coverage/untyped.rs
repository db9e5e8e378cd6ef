//! Public fields that hold any JSON are promises not made: each is listed in `omitted.toml`, with its reason.

use std::path::Path;

use super::{Evidence, Problems};
use crate::process::Result;
use crate::source::{Source, end_of_block, sources, words};

pub(super) fn check(evidence: &Evidence, problems: &mut Problems) {
    for field in evidence.untyped {
        if !evidence.exceptions.leaves_untyped(field) {
            problems.add(format!("{field} holds any JSON; give it a type, or list it as [[untyped]] in omitted.toml"));
        }
    }
}

/// The untyped public fields and variants below a directory, as `Struct.field`; what serves tests only is left out.
pub(super) fn fields(directory: &Path) -> Result<Vec<String>> {
    let sources = sources(directory)?;
    Ok(sources.iter().filter(|source| !source.path.contains("/testing/")).flat_map(in_source).collect())
}

fn in_source(source: &Source) -> Vec<String> {
    let code = source.code();
    let mut found = Vec::new();
    let mut macro_ends = 0;
    for (start, line) in code.iter().enumerate() {
        if line.trim_end().ends_with("input! {") {
            macro_ends = end_of_block(&code, start);
        }
        let text = line.trim_start();
        let is_struct = text.starts_with("pub struct ");
        if !is_struct && !text.starts_with("pub enum ") {
            continue;
        }
        // An enumeration's variants are public, and so is every field that `input!` declares.
        let all_public = !is_struct || start < macro_ends;
        let mut end = end_of_block(&code, start);
        if start < macro_ends && text.ends_with('{') {
            // `} optional {` goes on.
            while code.get(end).is_some_and(|line| line.trim_end().ends_with('{')) {
                end = end_of_block(&code, end);
            }
        }
        let name = words(text).nth(2).unwrap_or_default();
        for (index, line) in code.iter().enumerate().take(end + 1).skip(start) {
            let member = line.trim_start();
            let field = if index > start {
                member_of(member)
            } else {
                member.split_once('(').map(|(_, holds)| ("0", holds)).filter(|_| is_struct)
            };
            let Some((field, holds)) = field else {
                continue;
            };
            // A tuple's fields stand on the line of the struct, each with its own `pub`.
            let public = all_public || if index > start { member.starts_with("pub ") } else { holds.contains("pub ") };
            if public && words(holds).any(|word| word == "Value") {
                found.push(format!("{name}.{field}"));
            }
        }
    }
    found
}

/// `pub a: B,` and `C(D),` taken apart.
fn member_of(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    if line.starts_with('#') {
        return None;
    }
    let at = line.find([':', '('])?;
    let (name, holds) = line.split_at(at);
    let is_name = name.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some((name.trim(), &holds[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        in_source(&Source { path: "dnsimple/src/a.rs".into(), text: text.into() })
    }

    #[test]
    fn public_fields_of_any_json_are_found() {
        assert_eq!(
            found("pub struct A {\n    pub b: Option<serde_json::Value>,\n    pub c: String,\n    d: Value,\n}"),
            ["A.b"]
        );
        assert_eq!(found("pub struct A(pub Map<String, Value>);"), ["A.0"]);
        assert_eq!(found("pub enum A {\n    B(Value),\n    C { d: String },\n}"), ["A.B"]);
        let input = "input! {\n    pub struct A {\n        b: Value,\n    } optional {\n        /// Value\n        c: Vec<Value>,\n    }\n}";
        assert_eq!(found(input), ["A.b", "A.c"]);
    }

    #[test]
    fn nothing_else_is() {
        assert_eq!(
            found(
                "struct A {\n    pub b: Value,\n}\npub struct C(Value);\npub(crate) struct D {\n    pub e: Value,\n}"
            ),
            [""; 0]
        );
        assert_eq!(
            found(
                "pub struct A {\n    /// Any Value.\n    pub value: ValueOfA,\n}\nfn a() {\n    let b: Value = c;\n}"
            ),
            [""; 0]
        );
    }
}
