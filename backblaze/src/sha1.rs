//! SHA-1 of content that passes by once.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::{StreamExt, stream};
use howdah_core::http::{Body, ByteStream};
use sha1::{Digest, Sha1 as Hasher};

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
        hex(Hasher::new_with_prefix(content))
    }
}

pub(crate) fn hex(hasher: Hasher) -> String {
    data_encoding::HEXLOWER.encode(&hasher.finalize())
}

/// The body to send, and what the header says of its SHA-1.
pub(crate) fn prepare(content: Body, sha1: Sha1) -> (Body, String) {
    match sha1 {
        Sha1::Known(sha1) => (content, sha1),
        Sha1::Unverified => (content, "do_not_verify".to_owned()),
        Sha1::AtEnd => (followed(content), "hex_digits_at_end".to_owned()),
    }
}

/// The content, and after it the SHA-1 of what passed.
fn followed(content: Body) -> Body {
    let length = content.len() + 40;
    match content {
        Body::Replay(open, own) => {
            Body::replayable(move || follow(Body::Replay(open.clone(), own).into_stream().boxed()), length)
        }
        Body::Bytes(bytes) => {
            Body::replayable(move || follow(Body::Bytes(bytes.clone()).into_stream().boxed()), length)
        }
        Body::Empty => Body::from(Bytes::from(Sha1::of(b""))),
        once @ Body::Once(..) => Body::once(follow(once.into_stream().boxed()), length),
    }
}

fn follow(content: ByteStream) -> ByteStream {
    let hasher = Arc::new(Mutex::new(Hasher::new()));
    let feeding = hasher.clone();
    let content = content.inspect(move |chunk| {
        if let Ok(chunk) = chunk {
            feeding.lock().unwrap_or_else(PoisonError::into_inner).update(chunk);
        }
    });
    let digits = stream::once(async move {
        let hasher = std::mem::take(&mut *hasher.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Bytes::from(hex(hasher)))
    });
    content.chain(digits).boxed()
}

#[cfg(test)]
mod tests {
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
        let (empty, _) = prepare(Body::Empty, Sha1::AtEnd);
        assert_eq!(empty.collect().await.unwrap(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }
}
