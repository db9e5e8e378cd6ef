//! Errors as object stores have them, which keep the one that they were made of.

use howdah_core::{ErrorKind, store::object_store::Error};

/// Where errors come from.
pub(super) const STORE: &str = "B2";

/// What went wrong with what is at a location.
pub(super) fn of(location: &str, error: howdah_core::Error) -> Error {
    // The bucket is missing: a caller must not take that for a missing object.
    let bucket = matches!(error.code(), Some("bad_bucket_id" | "invalid_bucket_id"));
    let (path, kind, source) = (location.to_owned(), error.kind(), Box::new(error));
    match kind {
        ErrorKind::NotFound if !bucket => Error::NotFound { path, source },
        ErrorKind::Conflict => Error::AlreadyExists { path, source },
        ErrorKind::Precondition => Error::Precondition { path, source },
        ErrorKind::Forbidden => Error::PermissionDenied { path, source },
        ErrorKind::Unauthenticated => Error::Unauthenticated { path, source },
        ErrorKind::Unsupported => Error::NotSupported { source },
        _ => Error::Generic { store: STORE, source },
    }
}

/// What B2 cannot do.
pub(super) fn unsupported(message: impl Into<String>) -> Error {
    Error::NotSupported { source: Box::new(howdah_core::Error::unsupported(message)) }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_error_is_kept() {
        let error =
            of("a", howdah_core::Error::new(ErrorKind::QuotaExceeded, "a cap").with_code("storage_cap_exceeded"));
        assert!(matches!(error, Error::Generic { store: "B2", .. }), "{error}");
        let source = error.source().unwrap().downcast_ref::<howdah_core::Error>().unwrap();
        assert_eq!((source.kind(), source.code()), (ErrorKind::QuotaExceeded, Some("storage_cap_exceeded")));
    }

    #[test]
    fn a_missing_bucket_is_no_missing_object() {
        let missing = |code: &str| of("a", howdah_core::Error::new(ErrorKind::NotFound, "none").with_code(code));
        assert!(matches!(missing("not_found"), Error::NotFound { .. }));
        assert!(matches!(missing("bad_bucket_id"), Error::Generic { .. }));
    }
}
