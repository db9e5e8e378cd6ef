//! What went wrong, and whether anything else can still go well.

use std::{error::Error as StdError, io};

use howdah_core::{Error, ErrorKind, Outcome, store::object_store};

use super::Place;

/// How far an error of a store reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// This object; others may go well.
    Object,
    /// The place may be read or written, and this operation is not allowed there.
    Operation,
    /// Everything at that place: credentials, a cap, a full disk.
    Place,
}

/// Decides how far an error reaches.
///
/// Behind an [`object_store::Error`] may be an [`Error`] of our clients or an [`io::Error`]; they know more than its
/// variant does.
pub fn reach(error: &object_store::Error) -> Reach {
    for cause in causes(error) {
        if let Some(error) = cause.downcast_ref::<Error>() {
            return match error.kind() {
                ErrorKind::Unauthenticated
                | ErrorKind::QuotaExceeded
                | ErrorKind::Payment
                | ErrorKind::PlanRequired
                | ErrorKind::Config => Reach::Place,
                ErrorKind::Forbidden => Reach::Operation,
                _ => Reach::Object,
            };
        }
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
            if matches!(error.kind(), QuotaExceeded | ReadOnlyFilesystem | StorageFull) {
                return Reach::Place;
            }
        }
    }
    match error {
        object_store::Error::Unauthenticated { .. } => Reach::Place,
        object_store::Error::PermissionDenied { .. } => Reach::Operation,
        _ => Reach::Object,
    }
}

/// Says where and doing what. Only reading is done so, and that changes nothing.
pub(super) fn at(place: &Place, doing: &str, error: object_store::Error) -> Error {
    let known = causes(&error).find_map(|cause| cause.downcast_ref::<Error>());
    let kind = known.map_or_else(|| kind_of(&error), Error::kind);
    let outcome = known.map_or(Outcome::Refused, Error::outcome);
    Error::new(kind, format!("{}: could not {doing}: {}", place.name, text(&error)))
        .with_outcome(outcome)
        .with_source(error)
}

/// The spool could not be written or read.
pub(super) fn on_disk(error: io::Error) -> Error {
    let message = format!(
        "the listings and journals of the copy could not be kept on this machine's disk: {error}; \
         make room, or name another directory for them"
    );
    Error::new(ErrorKind::Other, message).with_outcome(Outcome::NotSent).with_source(error)
}

/// What the error says, with what is behind it where it does not say so itself.
pub(super) fn text(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    for cause in causes(error).skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn kind_of(error: &object_store::Error) -> ErrorKind {
    match error {
        object_store::Error::NotFound { .. } => ErrorKind::NotFound,
        object_store::Error::Unauthenticated { .. } => ErrorKind::Unauthenticated,
        object_store::Error::PermissionDenied { .. } => ErrorKind::Forbidden,
        object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. } => ErrorKind::Conflict,
        object_store::Error::NotSupported { .. } | object_store::Error::NotImplemented { .. } => ErrorKind::Unsupported,
        _ => ErrorKind::Other,
    }
}

fn causes<'a>(error: &'a object_store::Error) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error as &'a (dyn StdError + 'static));
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(source: impl Into<Box<dyn StdError + Send + Sync>>) -> object_store::Error {
        object_store::Error::Generic { store: "test", source: source.into() }
    }

    #[test]
    fn a_cap_reaches_everything_and_a_bad_object_only_itself() {
        assert_eq!(reach(&generic(Error::new(ErrorKind::QuotaExceeded, "cap"))), Reach::Place);
        assert_eq!(reach(&generic(Error::new(ErrorKind::Forbidden, "no"))), Reach::Operation);
        assert_eq!(reach(&generic(Error::new(ErrorKind::Timeout, "slow"))), Reach::Object);
        assert_eq!(reach(&generic(io::Error::from(io::ErrorKind::StorageFull))), Reach::Place);
        assert_eq!(reach(&generic("anything")), Reach::Object);
        let source = || "no".into();
        assert_eq!(reach(&object_store::Error::Unauthenticated { path: "a".into(), source: source() }), Reach::Place);
        let denied = object_store::Error::PermissionDenied { path: "a".into(), source: source() };
        assert_eq!(reach(&denied), Reach::Operation);
    }

    #[test]
    fn each_cause_is_said_once() {
        assert_eq!(text(&generic("no route")), "Generic test error: no route");
    }
}
