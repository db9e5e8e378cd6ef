//! A provider's percent-encoding against the vectors that it publishes: each a text, encoded in full and as little as it may be.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::{Problems, Verdict};
use crate::process::Result;

pub(super) struct Encoding {
    /// Its name below `HOWDAH_DOCUMENTS`.
    pub(super) vectors: &'static str,
    pub(super) encode: fn(&str) -> String,
    /// Nothing for what is no encoding.
    pub(super) decode: fn(&str) -> Option<String>,
}

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    plain: String,
    full: String,
    minimal: String,
}

/// Adds `encoding 98/98` to the score, and what does not hold to the problems.
pub(super) fn check(encoding: &Encoding, documents: &Path, verdict: &mut Verdict) -> Result {
    let path = documents.join(encoding.vectors);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut problems = Problems(std::mem::take(&mut verdict.problems));
    let score = judge(encoding, &text, &mut problems).map_err(|error| format!("{}: {error}", path.display()))?;
    verdict.problems = problems.0;
    verdict.score = format!("{}; {score}", verdict.score);
    Ok(())
}

fn judge(encoding: &Encoding, text: &str, problems: &mut Problems) -> Result<String> {
    let Vectors { vectors } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut passed = 0;
    for vector in &vectors {
        let faults = faults(encoding, vector);
        passed += usize::from(faults.is_empty());
        for fault in faults {
            problems.add(format!("encoding of {:?}: {fault}", vector.plain));
        }
    }
    Ok(format!("encoding {passed}/{}", vectors.len()))
}

fn faults(encoding: &Encoding, vector: &Vector) -> Vec<String> {
    let Vector { plain, full, minimal } = vector;
    let encoded = (encoding.encode)(plain);
    let mut faults = Vec::new();
    for text in [full, minimal, &encoded] {
        let decoded = (encoding.decode)(text);
        if decoded.as_ref() != Some(plain) {
            faults.push(format!("`{text}` decodes to {decoded:?}"));
        }
    }
    // Each byte may be written in one way or in the other.
    let [written, full, minimal] = [&encoded, full, minimal].map(|text| bytes(text));
    let fits = written.len() == full.len() && written.len() == minimal.len();
    if !fits || !written.iter().zip(full.iter().zip(minimal)).all(|(it, (one, other))| it == one || *it == other) {
        faults.push(format!("`{encoded}` is neither of the two ways to write it"));
    }
    faults
}

/// `%E8%87a` as `%E8`, `%87` and `a`.
fn bytes(encoded: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), encoded);
    while let Some(first) = rest.chars().next() {
        let length = if first == '%' { 3 } else { first.len_utf8() };
        let (one, others) = rest.split_at_checked(length).unwrap_or((rest, ""));
        found.push(one);
        rest = others;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: &str = r#"{"rule": "", "vectors": [
        {"plain": " ", "full": "%20", "minimal": "+"},
        {"plain": "a+", "full": "%61%2B", "minimal": "a%2B"},
        {"plain": "é", "full": "%C3%A9", "minimal": "%C3%A9"}
    ]}"#;

    fn decode(text: &str) -> Option<String> {
        let mut decoded = Vec::new();
        for byte in bytes(text) {
            decoded.push(match byte.strip_prefix('%') {
                Some(digits) => u8::from_str_radix(digits, 16).ok()?,
                None if byte == "+" => b' ',
                None => *byte.as_bytes().first()?,
            });
        }
        String::from_utf8(decoded).ok()
    }

    fn encode(text: &str) -> String {
        text.bytes().map(|byte| if byte == b'a' { "a".into() } else { format!("%{byte:02X}") }).collect()
    }

    fn judged(encode: fn(&str) -> String, decode: fn(&str) -> Option<String>) -> (String, Vec<String>) {
        let mut problems = Problems::default();
        let score = judge(&Encoding { vectors: "", encode, decode }, VECTORS, &mut problems).unwrap();
        (score, problems.0.into_keys().collect())
    }

    #[test]
    fn either_way_of_a_byte_is_right() {
        assert_eq!(judged(encode, decode), ("encoding 3/3".into(), Vec::new()));
    }

    #[test]
    fn another_way_and_another_text_are_found() {
        let (score, problems) = judged(|text| encode(text).to_lowercase(), decode);
        assert_eq!(score, "encoding 1/3");
        assert_eq!(
            problems,
            [
                "encoding of \"a+\": `a%2b` is neither of the two ways to write it",
                "encoding of \"é\": `%c3%a9` is neither of the two ways to write it",
            ]
        );
        let (score, problems) = judged(encode, |text| decode(&text.replace('+', "%2B")));
        assert_eq!(
            (score.as_str(), &problems[..]),
            ("encoding 2/3", &["encoding of \" \": `+` decodes to Some(\"+\")".to_owned()][..])
        );
    }
}
