//! SHA-1 of content that passes by once.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use howdah_core::http::{Body, Exact};

/// How the service is told what the SHA-1 of an upload is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sha1 {
    /// Computed while the content is sent, and sent behind it.
    #[default]
    AtEnd,
    /// Known already: 40 hexadecimal digits.
    Known(String),
    /// Not at all: nobody notices when the content is damaged on its way.
    Unverified,
}

impl Sha1 {
    /// Of content in memory.
    pub fn of(content: &[u8]) -> String {
        let mut hasher = Hasher::default();
        hasher.update(content);
        hasher.digits()
    }
}

/// A SHA-1 in the making.
pub(crate) struct Hasher(digest::Context);

impl Default for Hasher {
    fn default() -> Self {
        Self(digest::Context::new(&SHA1_FOR_LEGACY_USE_ONLY))
    }
}

impl Hasher {
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        self.0.update(chunk);
    }

    pub(crate) fn digest(self) -> [u8; 20] {
        let mut digest = [0; 20];
        digest.copy_from_slice(self.0.finish().as_ref());
        digest
    }

    pub(crate) fn digits(self) -> String {
        data_encoding::HEXLOWER.encode(&self.digest())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// The body to send, and what the header says of its SHA-1.
pub(crate) fn prepare(content: Body, sha1: Sha1) -> (Body, String) {
    watched(content, sha1, &Passage::default())
}

/// Like [`prepare`]; what becomes of the content on its way is told by `passage`.
pub(crate) fn watched(content: Body, sha1: Sha1, passage: &Passage) -> (Body, String) {
    let own = content.len();
    let at_end = sha1 == Sha1::AtEnd;
    let length = if at_end { own + 40 } else { own };
    let (known, header) = match sha1 {
        Sha1::AtEnd => (None, "hex_digits_at_end".to_owned()),
        Sha1::Known(sha1) => (Some(sha1.clone()), sha1),
        Sha1::Unverified => (None, "do_not_verify".to_owned()),
    };
    let passage = passage.clone();
    let follow = move |content: Body| {
        let hasher = at_end.then(Hasher::default);
        let passage = passage.clone();
        Following { content: content.into_stream(), left: own, hasher, known: known.clone(), passage, ended: false }
            .boxed()
    };
    let body = match content {
        // In memory there is nothing to watch.
        Body::Empty | Body::Bytes(_) if !at_end => content,
        Body::Once(..) => Body::once(follow(content), length),
        again => Body::replayable(move || follow(again.replay().unwrap_or_default()), length),
    };
    (body, header)
}

/// What is known of content on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passage(Arc<Mutex<Passed>>);

#[derive(Debug, Default)]
pub(crate) enum Passed {
    /// It has not passed whole: nobody can have taken it.
    #[default]
    Partly,
    /// To its end, and its SHA-1 where it is known.
    Whole(Option<String>),
    /// It could not be read.
    Broken(io::Error),
}

impl Passage {
    pub(crate) fn take(&self) -> Passed {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set(&self, passed: Passed) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = passed;
    }
}

/// Content, and behind it the digits where there is a hasher.
struct Following {
    content: Exact,
    left: u64,
    hasher: Option<Hasher>,
    known: Option<String>,
    passage: Passage,
    ended: bool,
}

impl Stream for Following {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        Poll::Ready(match ready!(this.content.poll_next_unpin(cx)) {
            Some(Ok(chunk)) => {
                this.left -= chunk.len() as u64;
                match &mut this.hasher {
                    Some(hasher) => hasher.update(&chunk),
                    // Nobody asks again after the last chunk.
                    None if this.left == 0 => this.passage.set(Passed::Whole(this.known.take())),
                    None => {}
                }
                Some(Ok(chunk))
            }
            Some(Err(error)) => {
                this.ended = true;
                let passed_on = io::Error::new(error.kind(), error.to_string());
                this.passage.set(Passed::Broken(error));
                Some(Err(passed_on))
            }
            None => {
                this.ended = true;
                this.hasher.take().map(|hasher| {
                    let digits = hasher.digits();
                    this.passage.set(Passed::Whole(Some(digits.clone())));
                    Ok(Bytes::from(digits))
                })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn the_digits_follow_the_content() {
        let sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
        assert_eq!(Sha1::of(b"abc"), sha1);
        let chunks = || stream::iter([Ok(Bytes::from("a")), Ok(Bytes::from("bc"))]).boxed();
        for content in [Body::from("abc"), Body::once(chunks(), 3), Body::replayable(chunks, 3)] {
            let (body, header) = prepare(content, Sha1::AtEnd);
            assert_eq!((body.len(), header.as_str()), (43, "hex_digits_at_end"));
            assert_eq!(body.collect().await.unwrap(), format!("abc{sha1}"));
        }
        let broken = || stream::iter([Ok(Bytes::from("a")), Err(io::ErrorKind::NotConnected.into())]).boxed();
        for (content, sha1, whole) in [
            (Body::replayable(chunks, 3), Sha1::Known(sha1.to_owned()), true),
            (Body::replayable(chunks, 3), Sha1::AtEnd, true),
            (Body::replayable(broken, 3), Sha1::AtEnd, false),
            (Body::replayable(broken, 3), Sha1::Unverified, false),
        ] {
            let passage = Passage::default();
            let read = watched(content, sha1, &passage).0.collect().await;
            match passage.take() {
                Passed::Whole(digits) => assert!(whole && digits.is_some()),
                Passed::Broken(error) => assert_eq!((whole, error.kind()), (false, read.unwrap_err().kind())),
                Passed::Partly => panic!("it passed"),
            }
        }
        let (empty, _) = prepare(Body::Empty, Sha1::AtEnd);
        assert_eq!(empty.collect().await.unwrap(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }
}
