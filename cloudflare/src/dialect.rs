//! How Cloudflare announces its quota and explains its errors.

use std::time::Duration;

use howdah_core::{
    ErrorKind, FieldError,
    http::{Announced, Declared, Dialect, Explanation, QuotaRule, Refusal},
};
use serde::Deserialize;
use serde_json::Value;

pub(crate) static CLOUDFLARE: Dialect = Dialect {
    explain,
    refused: Some(refused),
    // The limit is published; the header that tells what is left of it is not on every answer.
    quotas: &[QuotaRule {
        bucket: "",
        announced: Announced::Structured("ratelimit"),
        declared: Some(Declared { calls: 1200, per: Duration::from_secs(300) }),
    }],
    request_id: &["cf-ray"],
    ..Dialect::new("cloudflare")
};

/// Some calls fail with 200, and say so in the body only.
fn refused(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Envelope {
        success: Option<bool>,
    }
    body.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<Envelope>(body).is_ok_and(|envelope| envelope.success == Some(false))
}

/// `{"success": false, "errors": [{"code", "message", "error_chain": […]}]}`, or no JSON at all.
fn explain(refusal: &Refusal<'_>) -> Explanation {
    let errors = refusal.json.and_then(|json| json.get("errors")).and_then(Value::as_array);
    let Some((first, others)) = errors.and_then(|errors| errors.split_first()) else {
        return Explanation::usual(refusal);
    };
    let code = code_of(first);
    let kind = code.as_deref().and_then(kind_of);
    // Without a status that says more, it was the request that was refused.
    let kind = kind.or_else(|| refusal.status.is_success().then_some(ErrorKind::Invalid));
    let mut fields = Vec::new();
    chain(first, &mut fields);
    for error in others {
        fields.push(field(error));
        chain(error, &mut fields);
    }
    let message = first.get("message").and_then(Value::as_str).map(str::to_owned);
    Explanation { kind, code, message, fields }
}

/// The class of a code, where the status alone would mislead.
fn kind_of(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "971" | "10429" => ErrorKind::RateLimited,
        "1000" | "6003" | "6103" | "6111" | "9103" | "9106" => ErrorKind::Unauthenticated,
        "9109" => ErrorKind::Forbidden,
        "7003" | "81044" => ErrorKind::NotFound,
        "1061" | "81053" | "81054" | "81056" | "81057" | "81058" => ErrorKind::Conflict,
        _ => return None,
    })
}

fn code_of(error: &Value) -> Option<String> {
    match error.get("code")? {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    }
}

/// What led to an error, down to its root.
fn chain(error: &Value, fields: &mut Vec<FieldError>) {
    for cause in error.get("error_chain").and_then(Value::as_array).into_iter().flatten() {
        fields.push(field(cause));
        chain(cause, fields);
    }
}

fn field(error: &Value) -> FieldError {
    let text = |pointer: &str| error.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let place = text("/source/pointer").trim_start_matches('/').replace('/', ".");
    let message = match (text("/message"), code_of(error)) {
        ("", Some(code)) => code,
        (message, Some(code)) => format!("{message} [{code}]"),
        (message, None) => message.to_owned(),
    };
    FieldError { field: place, message }
}

#[cfg(test)]
mod tests {
    use howdah_core::http::Explanation;
    use serde_json::json;

    use super::*;

    fn explained(status: u16, body: &Value) -> Explanation {
        let status = http::StatusCode::from_u16(status).unwrap();
        let headers = http::HeaderMap::new();
        explain(&Refusal { status, headers: &headers, json: Some(body), text: "" })
    }

    #[test]
    fn a_chain_of_errors_is_told_to_its_root() {
        let body = json!({ "success": false, "errors": [
            { "code": 1004, "message": "DNS Validation Error", "error_chain": [{ "code": 9005, "message": "not an address" }] },
            { "code": 1, "message": "and this", "source": { "pointer": "/records/0/ttl" } },
        ] });
        let explanation = explained(400, &body);
        assert_eq!((explanation.code.as_deref(), explanation.kind), (Some("1004"), None));
        assert_eq!(explanation.message.as_deref(), Some("DNS Validation Error"));
        let fields: Vec<_> = explanation.fields.iter().map(|one| (one.field.as_str(), one.message.as_str())).collect();
        assert_eq!(fields, [("", "not an address [9005]"), ("records.0.ttl", "and this [1]")]);
    }

    #[test]
    fn a_code_says_more_than_a_status() {
        let body = |code: u32| json!({ "success": false, "errors": [{ "code": code, "message": "" }] });
        for (status, code, kind) in [
            (400, 6003, Some(ErrorKind::Unauthenticated)),
            (400, 81058, Some(ErrorKind::Conflict)),
            (400, 7003, Some(ErrorKind::NotFound)),
            (400, 4711, None),
            (200, 4711, Some(ErrorKind::Invalid)),
        ] {
            assert_eq!(explained(status, &body(code)).kind, kind, "{status} {code}");
        }
        assert_eq!(explained(502, &json!({ "message": "bad gateway" })).message.as_deref(), Some("bad gateway"));
    }

    #[test]
    fn only_a_body_that_says_so_is_a_refusal() {
        assert!(refused(br#" {"success": false, "errors": []}"#));
        for body in [&br#"{"success": true}"#[..], br#"{"result": {}}"#, b"@ IN A 192.0.2.1", b"", br#"{"success": fa"#]
        {
            assert!(!refused(body), "{body:?}");
        }
    }
}
