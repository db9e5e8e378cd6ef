//! How UptimeRobot announces its quota and explains its errors.

use howdah_core::{
    ErrorKind, FieldError,
    http::{Announced, Dialect, Explanation, QuotaRule, Refusal},
};
use serde_json::Value;

pub(crate) static UPTIMEROBOT: Dialect = Dialect {
    explain,
    // How many calls a minute there are depends on the plan, and each answer tells.
    quotas: &[QuotaRule {
        bucket: "",
        announced: Announced::Headers { remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset" },
        declared: None,
    }],
    ..Dialect::new("uptimerobot")
};

/// `{"message": "…" or ["…"], "code": "000-004", "error": "…"}`; a refusal for the quota is plain text.
fn explain(refusal: &Refusal<'_>) -> Explanation {
    let Some(json) = refusal.json else {
        return Explanation::default();
    };
    let text = |member| json.get(member).and_then(Value::as_str).map(str::to_owned);
    let list = json.get("message").and_then(Value::as_array);
    let messages: Vec<_> = list.into_iter().flatten().filter_map(Value::as_str).collect();
    let message =
        if messages.is_empty() { text("message").or_else(|| text("error")) } else { Some(messages.join("; ")) };
    let code = text("code");
    let kind = match code.as_deref() {
        Some("000-003" | "021-003") => Some(ErrorKind::PlanRequired),
        _ => None,
    };
    Explanation { kind, code, message, fields: messages.into_iter().filter_map(field).collect() }
}

/// What is said about a field begins with its name, as in `interval must not be less than 30`.
fn field(message: &str) -> Option<FieldError> {
    let (name, rest) = message.split_once(' ')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
        && (rest.starts_with("must") || rest.starts_with("should"));
    is_name.then(|| FieldError { field: name.to_owned(), message: rest.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn explained(json: &Value) -> Explanation {
        let headers = http::HeaderMap::default();
        explain(&Refusal { status: http::StatusCode::BAD_REQUEST, headers: &headers, json: Some(json), text: "" })
    }

    #[test]
    fn one_message_or_several_are_read() {
        let several = explained(&json!({ "message": ["interval must not be less than 30", "Nothing fits"] }));
        assert_eq!(several.message.as_deref(), Some("interval must not be less than 30; Nothing fits"));
        assert_eq!(
            several.fields,
            [FieldError { field: "interval".into(), message: "must not be less than 30".into() }]
        );
        let one = explained(&json!({ "message": "Monitor not found", "code": "000-004" }));
        assert_eq!((one.message.as_deref(), one.code.as_deref()), (Some("Monitor not found"), Some("000-004")));
        assert_eq!(explained(&json!({ "error": "Forbidden" })).message.as_deref(), Some("Forbidden"));
        assert_eq!(explained(&json!([1])), Explanation::default());
    }

    #[test]
    fn what_a_plan_does_not_have_is_told_apart() {
        let refused = explained(&json!({ "message": "Upgrade", "code": "000-003" }));
        assert_eq!(refused.kind, Some(ErrorKind::PlanRequired));
    }
}
