//! How much Gandi allows, and how it explains its errors.

use std::time::Duration;

use howdah_core::{
    FieldError,
    http::{Announced, Declared, Dialect, Explanation, QuotaRule, Refusal},
};
use serde_json::Value;

pub(crate) static GANDI: Dialect = Dialect {
    explain,
    quotas: &[QuotaRule {
        bucket: "",
        announced: Announced::Nowhere,
        declared: Some(Declared { calls: 1000, per: Duration::from_secs(60) }),
    }],
    ..Dialect::new("gandi")
};

/// `{"code", "message", "object", "cause"}`, or, where single fields are wrong,
/// `{"status": "error", "errors": [{"location", "name", "description"}]}`, or no JSON at all.
fn explain(refusal: &Refusal<'_>) -> Explanation {
    let text = |value: &Value, member: &str| value.get(member)?.as_str().map(str::to_owned);
    let Some(json) = refusal.json else {
        return Explanation::default();
    };
    let errors = json.get("errors").and_then(Value::as_array).into_iter().flatten();
    let fields = errors.map(|error| {
        let name = text(error, "name").unwrap_or_default();
        FieldError {
            // Most are in the body, and what is elsewhere may have the same name.
            field: match text(error, "location").as_deref() {
                None | Some("body") => name,
                Some(location) => format!("{location}.{name}"),
            },
            message: text(error, "description").unwrap_or_default(),
        }
    });
    Explanation {
        kind: None,
        // The number repeats the status; what it is about tells more.
        code: text(json, "object"),
        message: text(json, "message").or_else(|| text(json, "cause")),
        fields: fields.collect(),
    }
}
