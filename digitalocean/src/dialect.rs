//! How DigitalOcean announces its quotas and explains its errors.

use std::time::Duration;

use howdah_core::http::{Announced, Declared, Dialect, Explanation, QuotaRule, Refusal};
use serde_json::Value;

/// The quota of the CDN's endpoints, which is apart from all else.
pub(crate) const CDN: &str = "cdn";

/// The quota of listing SSH keys.
pub(crate) const KEYS: &str = "keys";

const ANNOUNCED: Announced = Announced::Headers { remaining: "ratelimit-remaining", reset: "ratelimit-reset" };

pub(crate) static DIGITALOCEAN: Dialect = Dialect {
    explain,
    quotas: &[
        // What is announced is the hour; the minute is not, until it is spent.
        QuotaRule { bucket: "", announced: ANNOUNCED, declared: Some(declared(250, 60)) },
        QuotaRule { bucket: CDN, announced: ANNOUNCED, declared: Some(declared(5, 10)) },
        QuotaRule { bucket: KEYS, announced: ANNOUNCED, declared: Some(declared(10, 60)) },
    ],
    ..Dialect::new("digitalocean")
};

const fn declared(calls: u32, seconds: u64) -> Declared {
    Declared { calls, per: Duration::from_secs(seconds) }
}

/// `{"id": …, "message": …}` mostly; tags explain themselves by `error` and `root_causes`, file shares by `code`.
fn explain(refusal: &Refusal<'_>) -> Explanation {
    let Some(json) = refusal.json else {
        return Explanation::default();
    };
    let text = |member| json.get(member).and_then(Value::as_str).map(str::to_owned);
    let texts = |member| {
        let list = json.get(member).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let causes = [texts("messages"), texts("root_causes")].concat();
    let message = text("message").or_else(|| {
        let error = text("error")?;
        Some(if causes.is_empty() { error } else { format!("{error}: {}", causes.join("; ")) })
    });
    Explanation { message, code: text("id").or_else(|| text("code")), ..Explanation::default() }
}

#[cfg(test)]
mod tests {
    use howdah_core::http::Refusal;
    use serde_json::json;

    use super::*;

    fn explained(json: &Value) -> (Option<String>, Option<String>) {
        let headers = http::HeaderMap::default();
        let explained = explain(&Refusal { status: http_status(), headers: &headers, json: Some(json), text: "" });
        (explained.code, explained.message)
    }

    fn http_status() -> http::StatusCode {
        http::StatusCode::UNPROCESSABLE_ENTITY
    }

    #[test]
    fn every_shape_of_errors_is_read() {
        let pair = |code: &str, message: &str| (Some(code.to_owned()), Some(message.to_owned()));
        assert_eq!(explained(&json!({ "id": "not_found", "message": "gone" })), pair("not_found", "gone"));
        assert_eq!(explained(&json!({ "code": 7, "message": "share" })), (None, Some("share".to_owned())));
        let tags = json!({ "error": "no", "messages": null, "root_causes": ["this", "that"] });
        assert_eq!(explained(&tags), (None, Some("no: this; that".to_owned())));
        assert_eq!(explained(&json!([1])), (None, None));
    }
}
