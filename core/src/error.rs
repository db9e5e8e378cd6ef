//! One error for every crate.

use std::{error::Error as StdError, fmt, time::Duration};

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;

/// The result of every call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, what is known about the outcome, and what the provider said.
///
/// Its `Display` is one line that names the provider, what was attempted, the cause and the outcome; it does not repeat
/// its [`source`](StdError::source). Decide by [`kind`](Self::kind); whether a change may have happened is told by
/// [`outcome`](Self::outcome).
///
/// ```
/// use howdah_core::{Error, ErrorKind, Outcome};
///
/// let error = Error::new(ErrorKind::Invalid, "`name` is empty").with_outcome(Outcome::NotSent);
/// assert!(error.is_invalid());
/// assert_eq!(error.to_string(), "`name` is empty (nothing was sent)");
/// ```
pub struct Error(Box<Inner>);

#[derive(Default)]
struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    provider: Option<&'static str>,
    route: Option<Box<str>>,
    status: Option<StatusCode>,
    code: Option<String>,
    message: String,
    fields: Vec<FieldError>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    retry_at: Option<Timestamp>,
    body: Option<Bytes>,
    attempts: u32,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The class of an error: what a caller decides by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no such thing, or the credentials may not see it.
    NotFound,
    /// It exists already, or was changed since it was read.
    Conflict,
    /// The credentials are missing, wrong or expired.
    Unauthenticated,
    /// The credentials are good but may not do this.
    Forbidden,
    /// The request itself is wrong; [`Error::fields`] may say where.
    Invalid,
    /// The account's plan does not include this.
    PlanRequired,
    /// The account has to pay first.
    Payment,
    /// Something else has to be done first.
    Precondition,
    /// Too many calls for now; [`Error::retry_after`] says how long to wait.
    RateLimited,
    /// A cap of the account is reached, which waiting a little does not cure.
    QuotaExceeded,
    /// The provider is in trouble.
    Unavailable,
    /// No answer in the time allowed.
    Timeout,
    /// The network failed.
    Transport,
    /// The answer was not what the provider documents.
    Decode,
    /// The provider cannot do this at all.
    Unsupported,
    /// The client was set up wrongly.
    Config,
    /// Anything else.
    #[default]
    Other,
}

/// What is known about a call that did not succeed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The provider never saw the request.
    NotSent,
    /// The provider saw the request and did not carry it out.
    Refused,
    /// The provider carried the request out, although no good answer was had.
    Applied,
    /// It may have been carried out: look before you repeat it.
    #[default]
    Unknown,
}

/// A field of the request and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where, as the provider names it, such as `name` or `creates[2].content`.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl Error {
    /// A new error of the given kind. Its outcome is [`Outcome::NotSent`] for the kinds that are found before sending
    /// ([`ErrorKind::Config`], [`ErrorKind::Unsupported`]), [`Outcome::Unknown`] otherwise.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let outcome = match kind {
            ErrorKind::Config | ErrorKind::Unsupported => Outcome::NotSent,
            _ => Outcome::Unknown,
        };
        Self(Box::new(Inner { kind, outcome, message: message.into(), ..Inner::default() }))
    }

    /// The request is wrong, which was seen before anything was sent.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message).with_outcome(Outcome::NotSent)
    }

    /// The provider cannot do this, which was known before anything was sent.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// What class of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the change may have happened.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Which provider answered or was to answer, such as `dnsimple`.
    pub fn provider(&self) -> Option<&'static str> {
        self.0.provider
    }

    /// Method and path template of the call, such as `GET /{account}/zones`.
    pub fn route(&self) -> Option<&str> {
        self.0.route.as_deref()
    }

    /// The HTTP status of the last answer.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The provider's own code for the error, where it has one.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What the provider said, or what this crate has to say.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The fields that the provider complained about.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The provider's id of the request, to quote to its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the provider asks to wait before the next attempt.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// When the next attempt has a chance, where that is known.
    pub fn retry_at(&self) -> Option<Timestamp> {
        self.0.retry_at
    }

    /// The answer's body as it came, at most the first 64 KiB, whether or not it is JSON.
    ///
    /// It may contain whatever the provider put there, so it is in neither `Display` nor `Debug`.
    pub fn body(&self) -> Option<&Bytes> {
        self.0.body.as_ref()
    }

    /// How many attempts were made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// There is no such thing.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// It exists already, or was changed since it was read.
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// The request itself is wrong.
    pub fn is_invalid(&self) -> bool {
        self.kind() == ErrorKind::Invalid
    }

    /// The provider cannot do this.
    pub fn is_unsupported(&self) -> bool {
        self.kind() == ErrorKind::Unsupported
    }

    /// Replaces the kind.
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Replaces the outcome.
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// Names the provider.
    pub fn with_provider(mut self, provider: &'static str) -> Self {
        self.0.provider = Some(provider);
        self
    }

    /// Names the call.
    pub fn with_route(mut self, route: impl Into<String>) -> Self {
        self.0.route = Some(route.into().into_boxed_str());
        self
    }

    /// Keeps the status of the answer.
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Keeps the provider's code.
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Replaces the message.
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Keeps what the provider said about single fields.
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }

    /// Keeps the provider's id of the request.
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// Keeps how long the provider asks to wait.
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Keeps when the next attempt has a chance.
    pub fn with_retry_at(mut self, at: Timestamp) -> Self {
        self.0.retry_at = Some(at);
        self
    }

    /// Keeps the first 64 KiB of the answer's body.
    pub fn with_body(mut self, body: &Bytes) -> Self {
        const LIMIT: usize = 64 * 1024;
        self.0.body = Some(if body.len() > LIMIT { Bytes::copy_from_slice(&body[..LIMIT]) } else { body.clone() });
        self
    }

    /// Keeps the number of attempts.
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Keeps the cause.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        match (inner.provider, &inner.route) {
            (Some(provider), Some(route)) => write!(f, "{provider}: {route}: ")?,
            (Some(one), None) => write!(f, "{one}: ")?,
            (None, Some(one)) => write!(f, "{one}: ")?,
            (None, None) => {}
        }
        if let Some(status) = inner.status {
            write!(f, "{} ", status.as_u16())?;
        }
        f.write_str(&OneLine(&inner.message).to_string())?;
        for (index, field) in inner.fields.iter().enumerate() {
            let lead = if index == 0 { ": " } else { "; " };
            f.write_str(lead)?;
            if !field.field.is_empty() {
                write!(f, "`{}` ", OneLine(&field.field))?;
            }
            write!(f, "{}", OneLine(&field.message))?;
        }
        f.write_str(" (")?;
        f.write_str(match inner.outcome {
            Outcome::NotSent => "nothing was sent",
            Outcome::Refused => "refused, nothing was changed",
            Outcome::Applied => "it was carried out",
            Outcome::Unknown => "outcome unknown: look before you repeat it",
        })?;
        if let Some(at) = inner.retry_at {
            write!(f, "; try again after {at:.0}")?;
        } else if let Some(wait) = inner.retry_after {
            write!(f, "; try again in {} s", wait.as_secs_f64().ceil())?;
        }
        if inner.attempts > 1 {
            write!(f, "; {} attempts", inner.attempts)?;
        }
        if let Some(id) = &inner.request_id {
            write!(f, "; request {}", OneLine(id))?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("outcome", &inner.outcome)
            .field("display", &self.to_string())
            .field("code", &inner.code)
            .field("body_length", &inner.body.as_ref().map(Bytes::len))
            .field("source", &inner.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// A provider's text may hold anything; an error stays one line.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LIMIT: usize = 500;
        for (count, character) in self.0.chars().enumerate() {
            if count == LIMIT {
                return f.write_str("…");
            }
            let visible =
                if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') { ' ' } else { character };
            fmt::Write::write_char(f, visible)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_with_everything_an_operator_needs() {
        let error = Error::new(ErrorKind::Invalid, "Validation\nfailed")
            .with_outcome(Outcome::Refused)
            .with_provider("dnsimple")
            .with_route("POST /{account}/zones/{zone}/records")
            .with_status(StatusCode::BAD_REQUEST)
            .with_fields(vec![FieldError { field: "content".into(), message: "can't be blank".into() }])
            .with_request_id("abc")
            .with_attempts(2)
            .with_body(&Bytes::from_static(b"secret"));
        assert_eq!(
            error.to_string(),
            "dnsimple: POST /{account}/zones/{zone}/records: 400 Validation failed: `content` can't be blank \
             (refused, nothing was changed; 2 attempts; request abc)"
        );
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[test]
    fn the_body_is_bounded() {
        let error = Error::new(ErrorKind::Other, "").with_body(&Bytes::from(vec![b'x'; 1 << 20]));
        assert_eq!(error.body().map(Bytes::len), Some(64 * 1024));
    }

    #[test]
    fn display_does_not_repeat_the_source() {
        let error = Error::new(ErrorKind::Transport, "no connection").with_source("dns failure");
        assert!(!error.to_string().contains("dns failure"));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("dns failure"));
    }
}
