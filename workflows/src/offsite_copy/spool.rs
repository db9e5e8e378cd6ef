//! Sorted sequences on disk: however many objects there are, only a bounded number is in memory.
//!
//! What comes in order is written as one run. From the first entry out of order on, entries are collected, sorted and
//! written as further runs, and reading merges all of them. The files have no name, so nothing is left behind by a
//! process that is killed.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Write as _},
    marker::PhantomData,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// So many entries out of order are held in memory.
pub(super) const CHUNK: usize = 50_000;

/// Something that is sorted by its object's key.
pub(super) trait Keyed {
    fn key(&self) -> &str;
}

/// Takes entries in any order; of several with one key the last stays.
pub(super) struct Sorter<T> {
    directory: Option<PathBuf>,
    limit: usize,
    in_order: Option<Writer>,
    last: Option<String>,
    chunk: Vec<T>,
    runs: Vec<Run>,
}

/// Lines of JSON in a file, compressed or not.
pub(super) struct Run {
    file: File,
    packed: bool,
    header: bool,
}

/// Runs that are read as one sorted sequence; of several entries with one key, the last run's stays.
pub(super) struct Merged<T> {
    runs: Vec<Lines<T>>,
    heads: Vec<Option<T>>,
    heap: BinaryHeap<Reverse<(String, Reverse<usize>)>>,
    started: bool,
}

/// Writes one compressed run.
pub(super) struct Writer {
    encoder: zstd::Encoder<'static, File>,
    line: Vec<u8>,
}

struct Lines<T> {
    reader: Box<dyn BufRead + Send>,
    line: Vec<u8>,
    entries: PhantomData<fn() -> T>,
}

impl<T: Keyed + Serialize> Sorter<T> {
    pub(super) fn new(directory: Option<&Path>, limit: usize) -> io::Result<Self> {
        Ok(Self {
            directory: directory.map(Path::to_path_buf),
            limit,
            in_order: Some(Writer::new(directory, 1)?),
            last: None,
            chunk: Vec::new(),
            runs: Vec::new(),
        })
    }

    pub(super) fn push(&mut self, entry: T) -> io::Result<()> {
        if let Some(mut run) = self.in_order.take() {
            if self.last.as_deref().is_none_or(|last| last < entry.key()) {
                run.write(&entry)?;
                let last = self.last.get_or_insert_default();
                last.clear();
                last.push_str(entry.key());
                self.in_order = Some(run);
                return Ok(());
            }
            self.runs.push(run.finish(false)?);
        }
        self.chunk.push(entry);
        if self.chunk.len() >= self.limit { self.spill() } else { Ok(()) }
    }

    /// Whether all that was pushed came in order.
    pub(super) fn is_in_order(&self) -> bool {
        self.in_order.is_some()
    }

    pub(super) fn finish(mut self) -> io::Result<Vec<Run>> {
        match self.in_order.take() {
            Some(run) => self.runs.push(run.finish(false)?),
            None if !self.chunk.is_empty() => self.spill()?,
            None => {}
        }
        Ok(self.runs)
    }

    fn spill(&mut self) -> io::Result<()> {
        self.chunk.sort_by(|a, b| a.key().cmp(b.key()));
        let mut run = Writer::new(self.directory.as_deref(), 1)?;
        let mut entries = self.chunk.drain(..).peekable();
        while let Some(entry) = entries.next() {
            if entries.peek().is_none_or(|next| next.key() != entry.key()) {
                run.write(&entry)?;
            }
        }
        drop(entries);
        self.runs.push(run.finish(false)?);
        Ok(())
    }
}

impl Writer {
    /// A file without a name, in the directory for temporary files unless another is given.
    pub(super) fn new(directory: Option<&Path>, level: i32) -> io::Result<Self> {
        Ok(Self { encoder: zstd::Encoder::new(temporary(directory)?, level)?, line: Vec::new() })
    }

    pub(super) fn write(&mut self, entry: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, entry)?;
        self.line.push(b'\n');
        self.encoder.write_all(&self.line)
    }

    pub(super) fn finish(self, header: bool) -> io::Result<Run> {
        Ok(Run { file: self.encoder.finish()?, packed: true, header })
    }
}

impl Run {
    /// A file of lines that were not compressed by a [`Writer`].
    pub(super) fn plain(file: File) -> Self {
        Self { file, packed: false, header: false }
    }

    /// A compressed file whose first line says what it is.
    pub(super) fn packed_with_header(file: File) -> Self {
        Self { file, packed: true, header: true }
    }

    /// The bytes as they are on disk, from the start.
    pub(super) fn raw(&self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }

    /// What the first line says, where there is a line of that kind.
    pub(super) fn header<H: DeserializeOwned>(&self) -> io::Result<H> {
        let mut line = Vec::new();
        self.reader()?.take(64 * 1024).read_until(b'\n', &mut line)?;
        Ok(serde_json::from_slice(&line)?)
    }

    fn reader(&self) -> io::Result<Box<dyn BufRead + Send>> {
        let raw = self.raw()?;
        Ok(if self.packed {
            Box::new(BufReader::with_capacity(64 * 1024, zstd::Decoder::new(raw)?))
        } else {
            Box::new(BufReader::with_capacity(64 * 1024, raw))
        })
    }

    fn lines<T: DeserializeOwned>(&self) -> io::Result<Lines<T>> {
        let mut reader = self.reader()?;
        if self.header {
            reader.read_until(b'\n', &mut Vec::new())?;
        }
        Ok(Lines { reader, line: Vec::new(), entries: PhantomData })
    }

    /// The lines that can be read: a process that was killed may have left half of one.
    pub(super) fn readable<T: DeserializeOwned>(&self) -> io::Result<impl Iterator<Item = T>> {
        let mut lines = self.lines::<T>()?;
        Ok(std::iter::from_fn(move || {
            loop {
                match lines.next()? {
                    Ok(entry) => return Some(entry),
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
                    Err(_) => return None,
                }
            }
        }))
    }
}

impl<T: Keyed + DeserializeOwned> Merged<T> {
    pub(super) fn new(runs: &[Run]) -> io::Result<Self> {
        let runs = runs.iter().map(Run::lines).collect::<io::Result<Vec<_>>>()?;
        Ok(Self { heads: runs.iter().map(|_| None).collect(), runs, heap: BinaryHeap::new(), started: false })
    }

    fn advance(&mut self, index: usize) -> io::Result<()> {
        self.heads[index] = self.runs[index].next().transpose()?;
        if let Some(head) = &self.heads[index] {
            self.heap.push(Reverse((head.key().to_owned(), Reverse(index))));
        }
        Ok(())
    }

    fn pop(&mut self) -> io::Result<Option<T>> {
        if !self.started {
            self.started = true;
            (0..self.runs.len()).try_for_each(|index| self.advance(index))?;
        }
        let Some(Reverse((key, Reverse(index)))) = self.heap.pop() else {
            return Ok(None);
        };
        let entry = self.heads[index].take();
        self.advance(index)?;
        while let Some(Reverse((other, Reverse(index)))) = self.heap.peek()
            && *other == key
        {
            let index = *index;
            self.heap.pop();
            self.advance(index)?;
        }
        Ok(entry)
    }
}

impl<T: Keyed + DeserializeOwned> Iterator for Merged<T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        // The usual case needs no comparison at all.
        match &mut self.runs[..] {
            [] => None,
            [only] => only.next(),
            _ => self.pop().transpose(),
        }
    }
}

impl<T: DeserializeOwned> Iterator for Lines<T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line.clear();
        match self.reader.read_until(b'\n', &mut self.line) {
            Ok(0) => None,
            Ok(_) => Some(
                serde_json::from_slice(&self.line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
            ),
            Err(error) => Some(Err(error)),
        }
    }
}

/// A file without a name.
pub(super) fn temporary(directory: Option<&Path>) -> io::Result<File> {
    match directory {
        Some(directory) => tempfile::tempfile_in(directory),
        None => tempfile::tempfile(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Entry(String, usize);

    impl Keyed for Entry {
        fn key(&self) -> &str {
            &self.0
        }
    }

    fn sort(entries: impl IntoIterator<Item = Entry>, limit: usize) -> (usize, Vec<Entry>) {
        let mut sorter = Sorter::new(None, limit).unwrap();
        entries.into_iter().for_each(|entry| sorter.push(entry).unwrap());
        let runs = sorter.finish().unwrap();
        (runs.len(), Merged::new(&runs).unwrap().map(Result::unwrap).collect())
    }

    #[test]
    fn what_comes_in_order_is_one_run() {
        let entries: Vec<_> = (0..1000).map(|n| Entry(format!("{n:04}"), n)).collect();
        assert_eq!(sort(entries.clone(), 10), (1, entries));
        assert_eq!(sort([], 10), (1, Vec::new()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_order_comes_out_sorted_and_nothing_is_lost(keys in prop::collection::vec("[a-c/]{1,4}", 0..200), limit in 1usize..40) {
            let entries: Vec<_> = keys.into_iter().enumerate().map(|(n, key)| Entry(key, n)).collect();
            let expected: BTreeMap<_, _> = entries.iter().map(|entry| (entry.0.clone(), entry.1)).collect();
            let (_, sorted) = sort(entries, limit);
            prop_assert_eq!(sorted, expected.into_iter().map(|(key, n)| Entry(key, n)).collect::<Vec<_>>());
        }
    }
}
