//! How Netlify announces its quota and explains its errors.

use std::time::Duration;

use howdah_core::http::{Announced, Declared, Dialect, Explanation, QuotaRule, Refusal};
use serde_json::Value;

/// The quota of beginning deploys, which is apart from all else.
pub(crate) const DEPLOYS: &str = "deploys";

pub(crate) static NETLIFY: Dialect = Dialect {
    explain,
    quotas: &[
        QuotaRule {
            bucket: "",
            announced: Announced::Headers { remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset" },
            declared: Some(Declared { calls: 500, per: Duration::from_secs(60) }),
        },
        // What is announced is the other one.
        QuotaRule {
            bucket: DEPLOYS,
            announced: Announced::Nowhere,
            declared: Some(Declared { calls: 3, per: Duration::from_secs(60) }),
        },
    ],
    request_id: &["x-nf-request-id", "x-request-id"],
    ..Dialect::new("netlify")
};

/// `{"code": 422, "message": "…"}`, and `errors` by field or as a list where several things are wrong.
fn explain(refusal: &Refusal<'_>) -> Explanation {
    let mut explanation = Explanation::usual(refusal);
    let errors = refusal.json.and_then(|json| json.get("errors"));
    let listed: Vec<String> = match errors {
        Some(Value::Array(list)) => list.iter().map(plain).collect(),
        Some(Value::Object(fields)) => fields.iter().map(|(name, wrong)| format!("{name} {}", plain(wrong))).collect(),
        _ => Vec::new(),
    };
    if !listed.is_empty() {
        let listed = listed.join("; ");
        explanation.message = Some(match explanation.message {
            Some(message) => format!("{message}: {listed}"),
            None => listed,
        });
    }
    explanation
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_read_in_every_form() {
        let message = |json: &Value| {
            let (headers, status) = (http::HeaderMap::default(), http::StatusCode::UNPROCESSABLE_ENTITY);
            explain(&Refusal { status, headers: &headers, json: Some(json), text: "" }).message
        };
        assert_eq!(message(&json!({ "code": 404, "message": "Not Found" })).as_deref(), Some("Not Found"));
        assert_eq!(message(&json!({ "error": "no" })).as_deref(), Some("no"));
        let fields = json!({ "message": "Unprocessable", "errors": { "name": ["must be unique"] } });
        assert_eq!(message(&fields).as_deref(), Some("Unprocessable: name must be unique"));
        assert_eq!(message(&json!({ "errors": ["a", "b"] })).as_deref(), Some("a; b"));
    }
}
