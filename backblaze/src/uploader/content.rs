//! Content that is to be uploaded, perhaps several times, and content in memory part by part.

use std::{
    future::poll_fn,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    http::{Body, ByteStream, Exact},
};
use tokio::task::yield_now;

use crate::sha1::{self, Hasher, Passage, Passed, Sha1};

/// What each attempt to upload takes its body from.
pub(super) struct Content {
    source: Source,
    length: u64,
    pub(super) sha1: Sha1,
}

enum Source {
    Again(Body),
    Once(Arc<Once>),
}

struct Once {
    stream: Mutex<ByteStream>,
    begun: AtomicBool,
}

impl Content {
    pub(super) fn new(content: Body, sha1: Sha1) -> Self {
        let length = content.len();
        let source = match content {
            Body::Once(..) => {
                let stream = Mutex::new(content.into_stream().boxed());
                Source::Once(Arc::new(Once { stream, begun: AtomicBool::new(false) }))
            }
            again => Source::Again(again),
        };
        Self { source, length, sha1 }
    }

    /// Content that every attempt can have, with its SHA-1 where that takes no second look: what can be read only once is
    /// read into memory.
    pub(super) async fn repeatable(content: Body) -> Result<Self> {
        match content {
            Body::Replay(..) => Ok(Self::new(content, Sha1::AtEnd)),
            other => Self::held(other).await,
        }
    }

    /// Content whose SHA-1 is known before anything is sent: a stream that can be opened again is read for it.
    pub(super) async fn known(content: Body) -> Result<Self> {
        match &content {
            Body::Replay(..) => {
                let mut hashing = Hashing::default();
                let mut stream = content.replay().unwrap_or_default().into_stream();
                while let Some(chunk) = stream.next().await {
                    hashing.update(&chunk.map_err(unreadable)?).await;
                }
                Ok(Self::new(content, Sha1::Known(hashing.digits())))
            }
            _ => Self::held(content).await,
        }
    }

    async fn held(content: Body) -> Result<Self> {
        let length = content.len();
        Parts::new(content, length.max(1)).next().await
    }

    pub(super) fn len(&self) -> u64 {
        self.length
    }

    /// The body of another attempt and what the header says of its SHA-1, unless it was read and cannot be read again.
    pub(super) fn attempt(&self, passage: &Passage) -> Option<(Body, String)> {
        let body = match &self.source {
            Source::Again(body) => body.replay()?,
            Source::Once(once) if once.begun.load(Ordering::Relaxed) => return None,
            Source::Once(once) => {
                let once = once.clone();
                let next = move || {
                    let once = once.clone();
                    poll_fn(move |cx| {
                        once.begun.store(true, Ordering::Relaxed);
                        once.stream.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(cx)
                    })
                };
                Body::once(stream::unfold(next, async |next| next().await.map(|chunk| (chunk, next))), self.length)
            }
        };
        // What is in memory passes without being watched: it may have passed whole.
        passage.set(match (&body, &self.sha1) {
            (Body::Empty | Body::Bytes(_), Sha1::Known(sha1)) => Passed::Whole(Some(sha1.clone())),
            (Body::Empty | Body::Bytes(_), Sha1::Unverified) => Passed::Whole(None),
            _ => Passed::Partly,
        });
        Some(sha1::watched(body, self.sha1.clone(), passage))
    }
}

/// Content cut into parts, each held as the chunks that it came in.
pub(super) struct Parts {
    content: Exact,
    left: u64,
    size: u64,
    /// Of the latest chunk.
    rest: Bytes,
}

impl Parts {
    pub(super) fn new(content: Body, size: u64) -> Self {
        Self { left: content.len(), content: content.into_stream(), size, rest: Bytes::new() }
    }

    pub(super) fn is_done(&self) -> bool {
        self.left == 0
    }

    /// The next part, shorter than the others if it is the last one.
    pub(super) async fn next(&mut self) -> Result<Content> {
        let length = self.size.min(self.left);
        let (mut chunks, mut hashing, mut missing) = (Vec::new(), Hashing::default(), length);
        while missing > 0 {
            if self.rest.is_empty() {
                let ended = || Err(io::ErrorKind::UnexpectedEof.into());
                self.rest = self.content.next().await.unwrap_or_else(ended).map_err(unreadable)?;
            }
            let taken = usize::try_from(missing).unwrap_or(usize::MAX).min(self.rest.len());
            let chunk = self.rest.split_to(taken);
            hashing.update(&chunk).await;
            missing -= taken as u64;
            chunks.push(chunk);
        }
        self.left -= length;
        let body = match chunks.as_mut_slice() {
            [] => Body::Empty,
            [only] => Body::Bytes(std::mem::take(only)),
            _ => {
                let chunks: Arc<[Bytes]> = chunks.into();
                let open = move || {
                    let chunks = chunks.clone();
                    stream::iter((0..chunks.len()).map(move |index| Ok(chunks[index].clone()))).boxed()
                };
                Body::replayable(open, length)
            }
        };
        Ok(Content::new(body, Sha1::Known(hashing.digits())))
    }
}

/// A SHA-1 in the making that lets other tasks run meanwhile.
#[derive(Default)]
struct Hashing {
    hasher: Hasher,
    unyielding: usize,
}

impl Hashing {
    /// About half a millisecond's work.
    const STRETCH: usize = 1 << 20;

    async fn update(&mut self, chunk: &[u8]) {
        for piece in chunk.chunks(Self::STRETCH) {
            self.hasher.update(piece);
            self.unyielding += piece.len();
            if self.unyielding >= Self::STRETCH {
                self.unyielding = 0;
                yield_now().await;
            }
        }
    }

    fn digits(self) -> String {
        self.hasher.digits()
    }
}

/// The error of content that its owner could not give.
pub(super) fn unreadable(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
            Error::invalid(error.to_string()).with_source(error)
        }
        _ => Error::new(ErrorKind::Other, "the content could not be read").with_source(error),
    }
    .with_provider("backblaze")
    .with_outcome(Outcome::Refused)
}
