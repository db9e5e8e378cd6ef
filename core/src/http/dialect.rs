//! What differs between providers below their operations.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{quota::QuotaRule, retry::Rule};
use crate::{ErrorKind, FieldError};

/// How a provider speaks: its name, its errors, its quotas.
///
/// ```
/// use howdah_core::http::{Dialect, Explanation};
///
/// static EXAMPLE: Dialect = Dialect { request_id: &["x-request-id"], ..Dialect::new("example") };
/// # let _ = (&EXAMPLE, Explanation::default());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The provider's name as it appears in errors and logs.
    pub provider: &'static str,
    /// Reads an answer that is not a success.
    pub explain: fn(&Refusal<'_>) -> Explanation,
    /// Tells a refusal that comes with a 2xx status; most providers have none.
    pub refused: Option<fn(&[u8]) -> bool>,
    /// Statuses that mean something else than they do elsewhere.
    pub rules: &'static [Rule],
    /// How quotas are announced.
    pub quotas: &'static [QuotaRule],
    /// The headers that may hold the provider's id of a request, best first.
    pub request_id: &'static [&'static str],
}

impl Dialect {
    /// A provider that does nothing unusual.
    pub const fn new(provider: &'static str) -> Self {
        Self {
            provider,
            explain: Explanation::usual,
            refused: None,
            rules: &[],
            quotas: &[],
            request_id: &["x-request-id"],
        }
    }
}

/// An answer that is not a success.
#[derive(Debug)]
pub struct Refusal<'a> {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// The body, if it is JSON.
    pub json: Option<&'a Value>,
    /// The body as it came.
    pub text: &'a str,
}

/// What a provider said about a call it did not carry out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The class of the error, where it is not what the status says.
    pub kind: Option<ErrorKind>,
    /// The provider's code.
    pub code: Option<String>,
    /// The provider's words.
    pub message: Option<String>,
    /// What it said about single fields.
    pub fields: Vec<FieldError>,
}

impl Explanation {
    /// Looks for `message` or `error`, and `code`, where most providers put them.
    pub fn usual(refusal: &Refusal<'_>) -> Self {
        let text = |member: &str| {
            let value = refusal.json?.get(member)?;
            value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))
        };
        Self { message: text("message").or_else(|| text("error")), code: text("code"), ..Self::default() }
    }
}

/// The class of error that a status stands for.
pub(crate) fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        400 | 411 | 413 | 414 | 415 | 416 | 422 | 431 => ErrorKind::Invalid,
        401 => ErrorKind::Unauthenticated,
        402 => ErrorKind::Payment,
        403 | 451 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        405 | 501 => ErrorKind::Unsupported,
        408 | 504 => ErrorKind::Timeout,
        409 => ErrorKind::Conflict,
        412 | 428 => ErrorKind::Precondition,
        429 => ErrorKind::RateLimited,
        500.. => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    }
}
