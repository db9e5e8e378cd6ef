//! The bodies of requests and answers.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream::BoxStream};
use http_body::{Frame, SizeHint};
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

const FILE_CHUNK: usize = 512 * 1024;

/// A stream of chunks.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// The body of a request. Its length is always known, since not every provider takes chunks.
#[derive(Default)]
pub enum Body {
    /// No body at all.
    #[default]
    Empty,
    /// Bytes in memory.
    Bytes(Bytes),
    /// A stream that can be read once, and its length. A call that has begun to read it is not repeated.
    // `get_mut` and `into_inner` take no lock; the mutex only makes the stream `Sync`, which hyper wants of a body.
    Once(Mutex<ByteStream>, u64),
    /// A stream that can be opened again for another attempt, and its length.
    Replay(Arc<dyn Fn() -> ByteStream + Send + Sync>, u64),
}

impl Body {
    /// A stream that can be read once.
    pub fn once(stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static, length: u64) -> Self {
        Self::Once(Mutex::new(stream.boxed()), length)
    }

    /// A stream that `open` gives anew for each attempt.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use futures::{StreamExt, stream};
    /// use howdah_core::http::Body;
    ///
    /// let body = Body::replayable(|| stream::iter([Ok(Bytes::from("a")), Ok(Bytes::from("b"))]).boxed(), 2);
    /// assert_eq!(body.len(), 2);
    /// ```
    pub fn replayable(open: impl Fn() -> ByteStream + Send + Sync + 'static, length: u64) -> Self {
        Self::Replay(Arc::new(open), length)
    }

    /// A file of this machine, as long as it is now, opened anew for each attempt.
    ///
    /// ```
    /// # async fn example() -> std::io::Result<()> {
    /// let body = howdah_core::http::Body::file("dump.sql.zst").await?;
    /// # Ok(()) }
    /// ```
    pub async fn file(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let opened = path.clone();
        let length = spawn_blocking(|| std::fs::metadata(opened)).await.map_err(io::Error::other)??.len();
        let open = move || {
            let path = path.clone();
            file_chunks(move || File::open(path))
        };
        Ok(Self::replayable(open, length))
    }

    /// How many bytes it has.
    pub fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Once(_, length) | Self::Replay(_, length) => *length,
        }
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same body for another attempt, if there can be one.
    pub fn replay(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            Self::Once(..) => None,
            Self::Replay(open, length) => Some(Self::Replay(open.clone(), *length)),
        }
    }

    /// The body as a stream that yields exactly its length, or fails.
    pub fn into_stream(self) -> Exact {
        let left = self.len();
        let source = match self {
            Self::Empty => futures::stream::empty().boxed(),
            Self::Bytes(bytes) => futures::stream::iter((!bytes.is_empty()).then_some(Ok(bytes))).boxed(),
            Self::Once(stream, _) => {
                return Exact { source: stream, left };
            }
            Self::Replay(open, _) => open(),
        };
        Exact { source: Mutex::new(source), left }
    }

    /// Reads the whole body into memory.
    pub async fn collect(self) -> io::Result<Bytes> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            other => collect(other.into_stream()).await,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Empty => "empty",
            Self::Bytes(_) => "in memory",
            Self::Once(..) => "read once",
            Self::Replay(..) => "replayable",
        };
        write!(f, "Body({kind}, {} bytes)", self.len())
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Bytes(text.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::Bytes(text.into())
    }
}

/// A stream that keeps to its announced length: a source that is shorter or longer is an error, not a broken request.
///
/// Nobody waits for the end of a source that has given all it should: what it would give later is left unread.
pub struct Exact {
    source: Mutex<ByteStream>,
    left: u64,
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exact({} bytes left)", self.left)
    }
}

impl Stream for Exact {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { source, left } = &mut *self;
        if *left == 0 {
            return Poll::Ready(None);
        }
        let source = source.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        Poll::Ready(Some(match ready!(source.poll_next_unpin(cx)) {
            Some(Ok(chunk)) if chunk.len() as u64 <= *left => {
                *left -= chunk.len() as u64;
                // The last moment to see that there is more.
                if *left == 0 && goes_on(source, cx) { Err(too_long()) } else { Ok(chunk) }
            }
            Some(Ok(_)) => Err(too_long()),
            Some(Err(error)) => Err(error),
            None => {
                let message = format!("the body ended {} bytes early", *left);
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, message))
            }
        }))
    }
}

fn goes_on(source: &mut ByteStream, cx: &mut Context<'_>) -> bool {
    loop {
        match source.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(chunk))) if chunk.is_empty() => {}
            Poll::Ready(Some(Ok(_))) => return true,
            Poll::Ready(Some(Err(_)) | None) | Poll::Pending => return false,
        }
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the body is longer than announced")
}

impl http_body::Body for Exact {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.poll_next(cx).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// The body of an answer.
pub enum Incoming {
    /// All of it.
    Bytes(Bytes),
    /// What is still to come, and its length where the server said it.
    Stream(ByteStream, Option<u64>),
}

impl Incoming {
    /// The length, where it is known.
    pub fn len(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stream(_, length) => *length,
        }
    }

    /// Whether it is known to be empty.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The body as a stream.
    pub fn into_stream(self) -> ByteStream {
        match self {
            Self::Bytes(bytes) => futures::stream::iter([Ok(bytes)]).boxed(),
            Self::Stream(stream, _) => stream,
        }
    }

    /// The same body, which fails when nothing more of it comes for so long.
    pub(crate) fn guarded(self, silence: Duration) -> Self {
        let Self::Stream(stream, length) = self else {
            return self;
        };
        let stream = futures::stream::unfold(Some(stream), move |stream| async move {
            let mut stream = stream?;
            match timeout(silence, stream.next()).await {
                Ok(chunk) => Some((chunk?, Some(stream))),
                Err(_) => Some((Err(io::ErrorKind::TimedOut.into()), None)),
            }
        });
        Self::Stream(stream.boxed(), length)
    }

    /// Reads the whole body into memory.
    pub async fn collect(self) -> io::Result<Bytes> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Stream(stream, _) => collect(stream).await,
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming({:?} bytes)", self.len())
    }
}

impl From<Bytes> for Incoming {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

/// What is in a file, from where it is read, in pieces of which the next is read while one is used.
pub fn file_chunks(open: impl FnOnce() -> io::Result<File> + Send + 'static) -> ByteStream {
    futures::stream::try_unfold(Next::Open(open), |next| async move {
        let reading = match next {
            Next::Open(open) => spawn_blocking(|| next_chunk(open()?)),
            Next::Read(reading) => reading,
        };
        let (chunk, file) = reading.await.map_err(io::Error::other)??;
        Ok((!chunk.is_empty()).then(|| (chunk, Next::Read(spawn_blocking(|| next_chunk(file))))))
    })
    .boxed()
}

enum Next<F> {
    Open(F),
    Read(JoinHandle<io::Result<(Bytes, File)>>),
}

fn next_chunk(mut file: File) -> io::Result<(Bytes, File)> {
    let mut chunk = Vec::with_capacity(FILE_CHUNK);
    file.by_ref().take(FILE_CHUNK as u64).read_to_end(&mut chunk)?;
    Ok((chunk.into(), file))
}

async fn collect(mut stream: impl Stream<Item = io::Result<Bytes>> + Unpin) -> io::Result<Bytes> {
    let Some(first) = stream.next().await.transpose()? else {
        return Ok(Bytes::new());
    };
    let mut chunks = vec![first];
    while let Some(chunk) = stream.next().await.transpose()? {
        chunks.push(chunk);
    }
    // One chunk is handed on as it is, several are copied once.
    Ok(match chunks.as_mut_slice() {
        [only] => std::mem::take(only),
        several => several.concat().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(sizes: &[usize]) -> ByteStream {
        let chunks: Vec<_> = sizes.iter().map(|&size| Ok(Bytes::from(vec![b'x'; size]))).collect();
        futures::stream::iter(chunks).boxed()
    }

    #[tokio::test]
    async fn a_body_is_as_long_as_announced() {
        for (sizes, length, good) in [
            (&[2usize, 3] as &[_], 5, true),
            (&[2], 5, false),
            (&[2, 4], 5, false),
            (&[2, 3, 0], 5, true),
            (&[2, 3, 1], 5, false),
            (&[], 0, true),
        ] {
            let read = Body::once(chunks(sizes), length).collect().await;
            assert_eq!(read.is_ok(), good, "{sizes:?}");
        }
    }

    #[tokio::test]
    async fn only_what_can_be_opened_again_is_replayed() {
        let body = Body::replayable(|| chunks(&[1, 1]), 2);
        assert_eq!(body.replay().unwrap().collect().await.unwrap().len(), 2);
        assert_eq!(body.collect().await.unwrap().len(), 2);
        assert!(Body::once(chunks(&[1]), 1).replay().is_none());
        assert_eq!(Body::from("abc").replay().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn a_file_is_opened_for_each_attempt() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("dump");
        assert_eq!(Body::file(&path).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        for length in [0, 1, FILE_CHUNK, 2 * FILE_CHUNK + 1] {
            let content: Vec<_> = (0u8..=250).cycle().take(length).collect();
            std::fs::write(&path, &content).unwrap();
            let body = Body::file(&path).await.unwrap();
            assert_eq!(body.len(), length as u64);
            assert!(body.replay().unwrap().collect().await.unwrap() == content);
            assert!(body.collect().await.unwrap() == content);
        }
        let body = Body::file(&path).await.unwrap();
        std::fs::write(&path, "short").unwrap();
        assert_eq!(body.collect().await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
