//! How B2 explains its errors, and what may be repeated after them.

use howdah_core::{
    ErrorKind,
    http::{Dialect, Explanation, Means, Refusal, Rule},
};

pub(crate) static BACKBLAZE: Dialect = Dialect {
    explain,
    rules: &[
        // No storage pod took the call: nothing was changed.
        Rule { status: 503, code: None, means: Means::RefusedForNow },
    ],
    request_id: &["x-bz-request-id", "x-request-id"],
    ..Dialect::new("backblaze")
};

/// `{"status", "code", "message"}`; sometimes no JSON at all.
fn explain(refusal: &Refusal<'_>) -> Explanation {
    let explained = Explanation::usual(refusal);
    let kind = match (refusal.status.as_u16(), explained.code.as_deref().unwrap_or_default()) {
        // The token is good and may not do this: another token would not help.
        (401, "unauthorized" | "access_denied" | "email_not_verified") => Some(ErrorKind::Forbidden),
        (401, "no_payment_history") => Some(ErrorKind::Payment),
        (401, "unsupported") => Some(ErrorKind::Unsupported),
        (403, code) if code.ends_with("cap_exceeded") => Some(ErrorKind::QuotaExceeded),
        (400, "no_such_file" | "file_not_present" | "bad_bucket_id") => Some(ErrorKind::NotFound),
        (400, "already_hidden" | "duplicate_bucket_name" | "cannot_delete_non_empty_bucket") => {
            Some(ErrorKind::Conflict)
        }
        // A bucket was changed since its revision was read.
        (409, _) => Some(ErrorKind::Precondition),
        _ => None,
    };
    Explanation { kind, ..explained }
}
