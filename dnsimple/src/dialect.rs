//! How DNSimple announces its quota and explains its errors.

use howdah_core::{
    ErrorKind, FieldError,
    http::{Announced, Dialect, Explanation, QuotaRule, Refusal},
};
use serde_json::Value;

pub(crate) static DNSIMPLE: Dialect = Dialect {
    explain,
    quotas: &[QuotaRule {
        bucket: "",
        announced: Announced::Headers { remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset" },
        declared: None,
    }],
    ..Dialect::new("dnsimple")
};

/// `{"message": …, "errors": …}`, where `errors` has one of several shapes, or no JSON at all.
fn explain(refusal: &Refusal<'_>) -> Explanation {
    let kind = match refusal.status.as_u16() {
        // The domain is someone else's until its owner delegates it to the name servers given.
        406 => Some(ErrorKind::Precondition),
        412 => Some(ErrorKind::PlanRequired),
        _ => None,
    };
    let Some(json) = refusal.json else {
        return Explanation { kind, ..Explanation::default() };
    };
    let errors = json.get("errors").or_else(|| json.pointer("/data/errors"));
    let mut fields = Vec::new();
    if let Some(errors) = errors {
        collect("", errors, &mut fields);
    }
    let text = |member| json.get(member).and_then(Value::as_str).map(str::to_owned);
    // The exchange of a code for a token answers as OAuth 2.0 does.
    Explanation { kind, message: text("message").or_else(|| text("error_description")), fields, code: text("error") }
}

/// Flattens what is said about fields: `{field: [text]}`, `{field: text}`, a list of texts, or, for a batch,
/// `{creates: [{index, message, errors}]}`.
fn collect(place: &str, errors: &Value, fields: &mut Vec<FieldError>) {
    match errors {
        Value::String(message) => fields.push(FieldError { field: place.to_owned(), message: message.clone() }),
        Value::Array(list) => {
            for one in list {
                collect(place, one, fields);
            }
        }
        Value::Object(operation) if operation.contains_key("index") => {
            let index = operation.get("index").map(ToString::to_string).unwrap_or_default();
            let place = format!("{place}[{index}]");
            match operation.get("errors") {
                Some(nested) if nested.as_object().is_some_and(|nested| !nested.is_empty()) => {
                    collect(&place, nested, fields);
                }
                _ => collect(&place, operation.get("message").unwrap_or(&Value::Null), fields),
            }
        }
        Value::Object(members) => {
            for (member, nested) in members {
                let place = if place.is_empty() { member.clone() } else { format!("{place}.{member}") };
                collect(&place, nested, fields);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(errors: &Value) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        collect("", errors, &mut fields);
        fields.into_iter().map(|one| (one.field, one.message)).collect()
    }

    fn pair(field: &str, message: &str) -> (String, String) {
        (field.to_owned(), message.to_owned())
    }

    #[test]
    fn every_shape_of_errors_is_read() {
        let usual = serde_json::json!({ "email": ["can't be blank", "is an invalid email address"] });
        assert_eq!(fields(&usual), [pair("email", "can't be blank"), pair("email", "is an invalid email address")]);
        let extended = serde_json::json!({ "x-eu-registrant": "it's required" });
        assert_eq!(fields(&extended), [pair("x-eu-registrant", "it's required")]);
        let batch = serde_json::json!({
            "creates": [{ "index": 0, "message": "Validation failed", "errors": { "record_type": ["unsupported"] } }],
            "deletes": [{ "index": 2, "message": "Record not found ID=67622509" }],
        });
        assert_eq!(
            fields(&batch),
            [pair("creates[0].record_type", "unsupported"), pair("deletes[2]", "Record not found ID=67622509")]
        );
        assert_eq!(fields(&serde_json::json!(["Domain not found"])), [pair("", "Domain not found")]);
        assert_eq!(fields(&Value::Null), []);
    }
}
