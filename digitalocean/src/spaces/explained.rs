//! Errors that say of which Space, and what to do.

use std::{error::Error as StdError, fmt, sync::Arc};

use howdah_core::store::object_store::Error;

/// A bucket and its region, as errors name them.
#[derive(Clone, Debug)]
pub(super) struct Space(Arc<str>);

impl Space {
    pub(super) fn new(bucket: &str, region: &str) -> Self {
        Self(format!("the Space `{bucket}` in {region}").into())
    }

    /// Adds to an error what it lacks. Its variant stays.
    pub(super) fn explain(&self) -> impl Fn(Error) -> Error + Send + Sync + 'static {
        let space = self.0.clone();
        move |error| {
            let explained = |source: Box<dyn StdError + Send + Sync>| -> Box<dyn StdError + Send + Sync> {
                Box::new(Explained { space: space.clone(), advice: advice(&source.to_string()), source })
            };
            match error {
                Error::Generic { source, .. } => Error::Generic { store: "Spaces", source: explained(source) },
                Error::NotFound { path, source } => Error::NotFound { path, source: explained(source) },
                Error::AlreadyExists { path, source } => Error::AlreadyExists { path, source: explained(source) },
                Error::Precondition { path, source } => Error::Precondition { path, source: explained(source) },
                Error::NotModified { path, source } => Error::NotModified { path, source: explained(source) },
                Error::PermissionDenied { path, source } => Error::PermissionDenied { path, source: explained(source) },
                Error::Unauthenticated { path, source } => Error::Unauthenticated { path, source: explained(source) },
                other => other,
            }
        }
    }
}

pub(super) fn unsupported(message: &str) -> Error {
    Error::NotSupported { source: message.into() }
}

/// What most refusals leave out: the service sends a code and no message.
fn advice(said: &str) -> Option<&'static str> {
    const KNOWN: &[(&str, &str)] = &[
        ("SignatureDoesNotMatch", "the secret is not that of the access key"),
        ("InvalidAccessKeyId", "there is no such access key; was it deleted?"),
        ("AccessDenied", "the access key has no grant for this"),
        ("NoSuchBucket", "there is no such bucket, or it is in another region"),
        ("RequestTimeTooSkewed", "this machine's clock is wrong by more than 15 minutes"),
        ("SlowDown", "too many requests came at once; it was tried again in vain"),
        ("NoSuchUpload", "the upload was completed or given up, by a rule of the bucket or after 30 days"),
    ];
    // The code is a word, not a part of one.
    let words: Vec<_> = said.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    KNOWN.iter().find(|(code, _)| words.contains(code)).map(|(_, advice)| *advice)
}

#[derive(Debug)]
struct Explained {
    space: Arc<str>,
    advice: Option<&'static str>,
    source: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { space, advice, source } = self;
        match advice {
            Some(advice) => write!(f, "{space}: {advice}: {source}"),
            None => write!(f, "{space}: {source}"),
        }
    }
}

impl StdError for Explained {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
