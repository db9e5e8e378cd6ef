//! The contents that a fake of an object store holds: small ones in memory, larger ones on disk.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::{self, File},
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    marker::PhantomData,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    vec,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::answer::Answer;
use crate::http::ByteStream;

/// What has no more bytes stays in memory.
const SMALL: u64 = 64 * 1024;

/// As much is read at once.
const CHUNK: usize = 128 * 1024;

static ZEROS: [u8; CHUNK] = [0; CHUNK];

/// What is computed of a content while it comes.
pub trait Hashing: Default {
    /// What comes of it.
    type Digest;

    /// Takes in the next bytes.
    fn update(&mut self, chunk: &[u8]);

    /// Tells what came of all of them.
    fn finish(self) -> Self::Digest;
}

/// Nothing is computed.
impl Hashing for () {
    type Digest = ();

    fn update(&mut self, _: &[u8]) {}

    fn finish(self) {}
}

/// Where contents are: a temporary directory that is made when it is needed, or one that outlives the fake.
///
/// ```
/// use howdah_core::testing::contents::{Content, Contents};
///
/// # fn main() -> std::io::Result<()> {
/// let mut contents = Contents::<()>::default();
/// let (ada, eve) = (contents.store(b"ada")?.content, contents.store(b"eve")?.content);
/// let both = Content::join([ada, eve]);
/// assert_eq!(both.slice(2..4).read().next().unwrap()?, "a");
/// contents.free(both);
/// # Ok(()) }
/// ```
pub struct Contents<H> {
    folder: Option<Arc<Folder>>,
    last: u64,
    hashing: PhantomData<fn() -> H>,
}

impl<H> Default for Contents<H> {
    fn default() -> Self {
        Self { folder: None, last: 0, hashing: PhantomData }
    }
}

impl<H> fmt::Debug for Contents<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents").field("folder", &self.folder).field("last", &self.last).finish()
    }
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// Deletes it at the end.
    temporary: Option<TempDir>,
}

/// A file of contents.
#[derive(Debug)]
struct Blob {
    number: u64,
    path: PathBuf,
    /// `None` while it has only been read from the state, and nobody said where it is.
    folder: Option<Arc<Folder>>,
    /// Not all of it has come.
    partial: AtomicBool,
}

impl Drop for Blob {
    fn drop(&mut self) {
        // A kept one ends by `Contents::free`: the end of the fake is not its own.
        let temporary = self.folder.as_ref().is_some_and(|folder| folder.temporary.is_some());
        if temporary || *self.partial.get_mut() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The content of a version or of a part. Clones and slices share the bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "StoredPiece", into = "StoredPiece")]
enum Piece {
    Memory(Bytes),
    Disk(Arc<Blob>, Range<u64>),
    /// Nobody kept what it was.
    Zeros(u64),
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct StoredPiece {
    file: Option<u64>,
    start: u64,
    end: u64,
}

impl From<StoredPiece> for Piece {
    fn from(StoredPiece { file, start, end }: StoredPiece) -> Self {
        match file {
            Some(number) => Self::Disk(
                Arc::new(Blob { number, path: PathBuf::new(), folder: None, partial: false.into() }),
                start..end,
            ),
            None => Self::Zeros(end - start),
        }
    }
}

impl From<Piece> for StoredPiece {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Disk(blob, range) => Self { file: Some(blob.number), start: range.start, end: range.end },
            // Whoever keeps the state keeps no content in memory.
            other => Self { file: None, start: 0, end: other.len() },
        }
    }
}

impl Piece {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk(_, range) => range.end - range.start,
            Self::Zeros(length) => *length,
        }
    }

    fn slice(&self, range: Range<u64>) -> Self {
        match self {
            Self::Memory(bytes) => Self::Memory(bytes.slice(size(range.start)..size(range.end))),
            Self::Disk(blob, whole) => Self::Disk(blob.clone(), whole.start + range.start..whole.start + range.end),
            Self::Zeros(_) => Self::Zeros(range.end - range.start),
        }
    }
}

/// Of something that is in memory.
fn size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

impl<H: Hashing> Contents<H> {
    /// Contents below a directory that stays.
    pub fn kept_in(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let folder = Folder { path: path.to_owned(), temporary: None };
        Ok(Self { folder: Some(Arc::new(folder)), ..Self::default() })
    }

    /// Opens the place for a content of that length, or for none if it is not to be kept.
    pub fn receive(&mut self, length: u64, discard: bool) -> io::Result<Receiver<H>> {
        let kept = self.folder.as_ref().is_some_and(|folder| folder.temporary.is_none());
        let sink = match () {
            () if discard || length == 0 => Sink::Nowhere,
            () if length <= SMALL && !kept => Sink::Memory(Vec::with_capacity(size(length))),
            () => {
                let folder = self.folder()?;
                self.last += 1;
                let path = folder.path.join(self.last.to_string());
                let file = File::create(&path)?;
                let blob = Blob { number: self.last, path, folder: Some(folder), partial: true.into() };
                Sink::Disk(BufWriter::with_capacity(CHUNK, file), Arc::new(blob))
            }
        };
        Ok(Receiver { sink, hasher: H::default(), length: 0 })
    }

    /// Takes in a content that is all there.
    pub fn store(&mut self, content: &[u8]) -> io::Result<Received<H::Digest>> {
        let mut receiver = self.receive(content.len() as u64, false)?;
        receiver.write_all(content)?;
        receiver.finish()
    }

    /// Deletes what nobody else shares.
    #[allow(clippy::unused_self)]
    pub fn free(&mut self, content: Content) {
        for piece in content.pieces {
            if let Piece::Disk(blob, _) = piece
                && let Some(blob) = Arc::into_inner(blob)
            {
                let _ = fs::remove_file(&blob.path);
            }
        }
    }

    /// Finds the files of contents that were read from a kept state, and deletes those that none of them has.
    pub fn adopt<'a>(&mut self, contents: impl Iterator<Item = &'a mut Content>) -> io::Result<()> {
        let folder = self.folder()?;
        let mut known: BTreeMap<u64, Arc<Blob>> = BTreeMap::new();
        for piece in contents.flat_map(|content| &mut content.pieces) {
            if let Piece::Disk(blob, _) = piece {
                let number = blob.number;
                let path = folder.path.join(number.to_string());
                let new = || Arc::new(Blob { number, path, folder: Some(folder.clone()), partial: false.into() });
                *blob = known.entry(number).or_insert_with(new).clone();
            }
        }
        let mut numbers = BTreeSet::new();
        for entry in fs::read_dir(&folder.path)? {
            let entry = entry?;
            if let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok()) {
                numbers.insert(number);
                if !known.contains_key(&number) {
                    fs::remove_file(entry.path())?;
                }
            }
        }
        self.last = numbers.last().copied().unwrap_or(0);
        Ok(())
    }

    fn folder(&mut self) -> io::Result<Arc<Folder>> {
        if let Some(folder) = &self.folder {
            return Ok(folder.clone());
        }
        let temporary = TempDir::new()?;
        let folder = Arc::new(Folder { path: temporary.path().to_owned(), temporary: Some(temporary) });
        self.folder = Some(folder.clone());
        Ok(folder)
    }
}

/// A content on its way in.
pub struct Receiver<H> {
    sink: Sink,
    hasher: H,
    length: u64,
}

impl<H> fmt::Debug for Receiver<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("sink", &self.sink).field("length", &self.length).finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum Sink {
    Nowhere,
    Memory(Vec<u8>),
    Disk(BufWriter<File>, Arc<Blob>),
}

/// A content that came.
#[derive(Clone, Debug)]
pub struct Received<D> {
    /// It.
    pub content: Content,
    /// What was computed of it.
    pub digest: D,
}

impl<H: Hashing> Write for Receiver<H> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Nowhere => {}
            Sink::Memory(bytes) => bytes.extend_from_slice(chunk),
            Sink::Disk(file, _) => file.write_all(chunk)?,
        }
        self.hasher.update(chunk);
        self.length += chunk.len() as u64;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<H: Hashing> Receiver<H> {
    /// How many bytes came so far.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The content, all of which has come.
    pub fn finish(self) -> io::Result<Received<H::Digest>> {
        let piece = match self.sink {
            Sink::Nowhere => Piece::Zeros(self.length),
            Sink::Memory(bytes) => Piece::Memory(bytes.into()),
            Sink::Disk(mut file, blob) => {
                file.flush()?;
                blob.partial.store(false, Ordering::Relaxed);
                Piece::Disk(blob, 0..self.length)
            }
        };
        let pieces = if self.length == 0 { Vec::new() } else { vec![piece] };
        Ok(Received { content: Content { pieces }, digest: self.hasher.finish() })
    }
}

impl Content {
    /// How many bytes it has.
    pub fn len(&self) -> u64 {
        self.pieces.iter().map(Piece::len).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A part of it, which is within its length.
    pub fn slice(&self, range: Range<u64>) -> Self {
        let (mut pieces, mut start) = (Vec::new(), 0);
        for piece in &self.pieces {
            let end = start + piece.len();
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                pieces.push(piece.slice(from - start..to - start));
            }
            start = end;
        }
        Self { pieces }
    }

    /// One behind the other.
    pub fn join(parts: impl IntoIterator<Item = Self>) -> Self {
        Self { pieces: parts.into_iter().flat_map(|part| part.pieces).collect() }
    }

    /// What it is, chunk by chunk.
    pub fn read(&self) -> Reader {
        Reader { pieces: self.pieces.clone().into_iter(), reading: None }
    }

    /// What is computed of it.
    pub fn digest<H: Hashing>(&self) -> io::Result<H::Digest> {
        let mut hasher = H::default();
        for chunk in self.read() {
            hasher.update(&chunk?);
        }
        Ok(hasher.finish())
    }

    /// An answer with it.
    pub fn answer(self, status: u16) -> Answer {
        match self.pieces.as_slice() {
            [] => Answer::empty(status),
            [Piece::Memory(bytes)] => Answer { body: bytes.clone(), ..Answer::empty(status) },
            _ => Answer::stream(status, self.len(), move || -> ByteStream { stream::iter(self.read()).boxed() }),
        }
    }

    /// Changes its first byte, as a disk may.
    pub fn damage(&mut self) -> io::Result<()> {
        match self.pieces.first_mut() {
            Some(Piece::Memory(bytes)) => {
                let mut damaged = bytes.to_vec();
                damaged[0] ^= 1;
                *bytes = damaged.into();
            }
            Some(Piece::Disk(blob, range)) => {
                let mut file = File::options().read(true).write(true).open(&blob.path)?;
                let mut byte = [0];
                file.seek(SeekFrom::Start(range.start))?;
                file.read_exact(&mut byte)?;
                file.seek(SeekFrom::Start(range.start))?;
                file.write_all(&[byte[0] ^ 1])?;
            }
            Some(Piece::Zeros(_)) | None => {}
        }
        Ok(())
    }
}

/// Reads a content.
#[derive(Debug)]
pub struct Reader {
    pieces: vec::IntoIter<Piece>,
    reading: Option<Reading>,
}

#[derive(Debug)]
enum Reading {
    Disk(File, u64),
    Zeros(u64),
}

impl Iterator for Reader {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.reading.take() {
                Some(Reading::Disk(mut file, left)) if left > 0 => {
                    let wanted = left.min(CHUNK as u64);
                    let mut chunk = Vec::with_capacity(size(wanted));
                    if let Err(error) = (&mut file).take(wanted).read_to_end(&mut chunk) {
                        return Some(Err(error));
                    }
                    if (chunk.len() as u64) < wanted {
                        return Some(Err(io::ErrorKind::UnexpectedEof.into()));
                    }
                    self.reading = Some(Reading::Disk(file, left - wanted));
                    return Some(Ok(chunk.into()));
                }
                Some(Reading::Zeros(left)) if left > 0 => {
                    let now = left.min(CHUNK as u64);
                    self.reading = Some(Reading::Zeros(left - now));
                    return Some(Ok(Bytes::from_static(&ZEROS[..size(now)])));
                }
                _ => {}
            }
            match self.pieces.next()? {
                Piece::Memory(bytes) => return Some(Ok(bytes)),
                Piece::Zeros(length) => self.reading = Some(Reading::Zeros(length)),
                Piece::Disk(blob, range) => {
                    let opened = File::open(&blob.path).and_then(|mut file| {
                        file.seek(SeekFrom::Start(range.start))?;
                        Ok(file)
                    });
                    match opened {
                        Ok(file) => self.reading = Some(Reading::Disk(file, range.end - range.start)),
                        Err(error) => return Some(Err(error)),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of the bytes.
    #[derive(Default)]
    struct Sum(u64);

    impl Hashing for Sum {
        type Digest = u64;

        fn update(&mut self, chunk: &[u8]) {
            self.0 += chunk.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        }

        fn finish(self) -> u64 {
            self.0
        }
    }

    type Contents = super::Contents<Sum>;

    fn all(content: &Content) -> Vec<u8> {
        content.read().flat_map(|chunk| chunk.unwrap()).collect()
    }

    fn files(contents: &Contents) -> usize {
        contents.folder.as_ref().map_or(0, |folder| fs::read_dir(&folder.path).unwrap().count())
    }

    #[test]
    fn slices_and_joints_are_what_they_would_be_in_memory() {
        let mut contents = Contents::default();
        let plain: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        let small = contents.store(&plain[..1000]).unwrap();
        let large = contents.store(&plain[1000..]).unwrap();
        assert_eq!(files(&contents), 1);
        assert_eq!(large.digest, large.content.digest::<Sum>().unwrap());
        let whole = Content::join([small.content, large.content]);
        assert_eq!((whole.len(), all(&whole) == plain), (300_000, true));
        for range in [0..1, 999..1001, 0..300_000, 1000..1000, 150_000..290_000] {
            let expected = &plain[size(range.start)..size(range.end)];
            assert!(all(&whole.slice(range.clone())) == expected, "{range:?}");
            assert!(all(&whole.slice(500..300_000).slice(0..10)) == plain[500..510]);
        }
    }

    #[test]
    fn what_is_shared_is_freed_with_the_last_of_its_holders() {
        let mut contents = Contents::default();
        let first = contents.store(&vec![7; 100_000]).unwrap().content;
        let second = first.slice(10..20);
        contents.free(first);
        assert_eq!((files(&contents), all(&second)), (1, vec![7; 10]));
        contents.free(second);
        assert_eq!(files(&contents), 0);
        // What breaks off leaves nothing.
        let mut receiver = contents.receive(100_000, false).unwrap();
        receiver.write_all(&vec![7; 50_000]).unwrap();
        assert_eq!(files(&contents), 1);
        drop(receiver);
        assert_eq!(files(&contents), 0);
        let folder = contents.folder.as_ref().unwrap().path.clone();
        drop(contents);
        assert!(!folder.exists());
    }

    #[test]
    fn what_is_kept_is_found_again_and_the_rest_is_not() {
        let directory = TempDir::new().unwrap();
        let mut contents = Contents::kept_in(directory.path()).unwrap();
        let kept = contents.store(b"kept").unwrap().content;
        let lost = contents.store(b"lost").unwrap().content;
        let state = serde_json::to_string(&[kept.clone(), kept.slice(1..3)]).unwrap();
        drop((contents, kept, lost));

        let mut again: Vec<Content> = serde_json::from_str(&state).unwrap();
        let mut contents = Contents::kept_in(directory.path()).unwrap();
        contents.adopt(again.iter_mut()).unwrap();
        assert_eq!((all(&again[0]), all(&again[1])), (b"kept".to_vec(), b"ep".to_vec()));
        assert_eq!(files(&contents), 1);
        for content in again {
            contents.free(content);
        }
        assert_eq!(files(&contents), 0);
    }

    #[test]
    fn what_is_discarded_has_its_length_and_digest() {
        let mut contents = Contents::default();
        let mut receiver = contents.receive(200_000, true).unwrap();
        receiver.write_all(&vec![7; 200_000]).unwrap();
        let Received { content, digest } = receiver.finish().unwrap();
        assert_eq!(digest, 7 * 200_000);
        assert!(all(&content) == vec![0; 200_000]);
    }
}
