//! What a fake answers.

use std::{fmt, io, sync::Arc};

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::http::{Body, ByteStream, Exact, Incoming};

/// An answer as it goes on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// A body that is made as it is read, instead of the one in memory.
    pub stream: Option<Streamed>,
}

/// The body of an [`Answer`] that is made as it is read. Two are equal when they are clones of one.
#[derive(Clone)]
pub struct Streamed {
    length: u64,
    open: Arc<dyn Fn() -> ByteStream + Send + Sync>,
}

/// What a handler returns: the operation's output, or any other answer, success or not, as it is to go on the wire.
pub type Reply<Out> = Result<Out, Answer>;

impl Answer {
    /// An answer without a body.
    ///
    /// # Panics
    ///
    /// When the status is none.
    pub fn empty(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a status has three digits");
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), stream: None }
    }

    /// JSON.
    pub fn json(status: u16, body: impl Serialize) -> Self {
        let body = serde_json::to_vec(&body).unwrap_or_default();
        Self { body: body.into(), ..Self::empty(status) }.with_header("content-type", "application/json")
    }

    /// Anything else.
    pub fn text(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::empty(status) }.with_header("content-type", content_type)
    }

    /// A body of `length` bytes that `open` gives as it is read, so that it need not be in memory.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use futures::{StreamExt, stream};
    /// use howdah_core::testing::Answer;
    ///
    /// const CHUNK: Bytes = Bytes::from_static(&[0; 1024]);
    /// let gigabyte = Answer::stream(200, 1 << 30, || stream::repeat_with(|| Ok(CHUNK)).take(1 << 20).boxed());
    /// assert_eq!(gigabyte.stream.unwrap().length(), 1 << 30);
    /// ```
    pub fn stream(status: u16, length: u64, open: impl Fn() -> ByteStream + Send + Sync + 'static) -> Self {
        Self { stream: Some(Streamed { length, open: Arc::new(open) }), ..Self::empty(status) }
    }

    /// Sets a header.
    ///
    /// # Panics
    ///
    /// When the name or the value cannot stand in a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        let value = HeaderValue::from_str(value.as_ref()).expect("a header's value is visible ASCII");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    fn length(&self) -> u64 {
        self.stream.as_ref().map_or(self.body.len() as u64, Streamed::length)
    }

    /// The answer to a `HEAD`: the length is told, and nothing comes.
    pub(super) fn without_body(mut self) -> Self {
        self = self.announced();
        Self { body: Bytes::new(), stream: None, ..self }
    }

    /// The same answer, whose body breaks off after so many bytes; one that is no longer than that comes whole.
    pub(super) fn cut(mut self, after: u64) -> Self {
        let length = self.length();
        if length > after {
            let body = std::mem::take(&mut self.body);
            let whole = self.stream.take().unwrap_or_else(|| {
                let chunk = move || futures::stream::iter([Ok(body.clone())]).boxed();
                Streamed { length, open: Arc::new(chunk) }
            });
            let open = move || broken_after(whole.open().boxed(), after);
            self.stream = Some(Streamed { length, open: Arc::new(open) });
        }
        self
    }

    /// With the length of its body in the header, where there is one.
    fn announced(mut self) -> Self {
        let length = self.length();
        if length > 0 {
            self.headers.entry(header::CONTENT_LENGTH).or_insert(length.into());
        }
        self
    }

    pub(super) fn into_response(self) -> http::Response<Incoming> {
        let Self { status, headers, body, stream } = self.announced();
        let body = match stream {
            Some(stream) => Incoming::Stream(stream.open().boxed(), Some(stream.length)),
            None => Incoming::Bytes(body),
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

impl Streamed {
    /// How many bytes it has.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The body from its beginning.
    pub fn open(&self) -> Exact {
        Body::Replay(self.open.clone(), self.length).into_stream()
    }
}

impl PartialEq for Streamed {
    fn eq(&self, other: &Self) -> bool {
        self.length == other.length && Arc::ptr_eq(&self.open, &other.open)
    }
}

impl fmt::Debug for Streamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Streamed({} bytes)", self.length)
    }
}

fn broken_after(stream: ByteStream, after: u64) -> ByteStream {
    let cut = futures::stream::unfold(Some((stream, after)), |state| async move {
        let (mut stream, left) = state?;
        if left == 0 {
            return Some((Err(io::ErrorKind::ConnectionReset.into()), None));
        }
        match stream.next().await? {
            Ok(chunk) => {
                let kept = usize::try_from(left).map_or(chunk.len(), |left| left.min(chunk.len()));
                Some((Ok(chunk.slice(..kept)), Some((stream, left - kept as u64))))
            }
            Err(error) => Some((Err(error), None)),
        }
    });
    cut.boxed()
}
