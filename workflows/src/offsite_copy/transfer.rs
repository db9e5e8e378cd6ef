//! One object, read once and written wherever it is wanted.

use std::{fs::File, io::Read as _, sync::Arc};

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use bytes::{Bytes, BytesMut};
use data_encoding::HEXLOWER;
use futures::{StreamExt as _, future::join_all, stream::BoxStream};
use howdah_core::{
    http::file_chunks,
    store::object_store::{
        Attribute, Attributes, Error, GetResult, GetResultPayload, MultipartUpload, ObjectMeta, ObjectStore as _,
        ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, path::Path,
    },
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use super::{
    OffsiteCopy, Place, SourceTime,
    listing::{Listed, location},
    manifest::{self, Entry},
    progress::Meter,
};

/// An object and the destinations that want it.
pub(super) struct Work {
    pub(super) source: Listed,
    pub(super) recorded: Option<Entry>,
    pub(super) wanted: Vec<usize>,
}

/// What each destination said.
pub(super) type Written = Vec<(usize, Result<Entry, Error>)>;

/// What became of it.
pub(super) struct Done {
    pub(super) key: String,
    pub(super) result: Result<Written, ReadError>,
}

/// The source's object could not be read.
pub(super) enum ReadError {
    /// It is gone.
    Vanished,
    /// It was changed while it was read, twice.
    Changing,
    Failed(Error),
}

/// Copies within a budget of memory.
pub(super) struct Copier<'a> {
    job: &'a OffsiteCopy,
    meter: &'a Meter<'a>,
    budget: Arc<Semaphore>,
    /// Of the budget, in KiB.
    all: u32,
}

/// What is to be written, but for the contents.
struct Heading {
    meta: ObjectMeta,
    attributes: Attributes,
    /// When the source will list it as changed, in milliseconds.
    listed_time: i64,
    /// When it was changed, in milliseconds.
    time: i64,
    sha1: Option<String>,
}

const KIB: u64 = 1024;
const MOST_PARTS: u64 = 10_000;

impl<'a> Copier<'a> {
    pub(super) fn new(job: &'a OffsiteCopy, meter: &'a Meter<'a>) -> Self {
        let all = u32::try_from(job.options.budget.div_ceil(KIB)).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 3);
        Self { job, meter, budget: Arc::new(Semaphore::new(all as usize)), all }
    }

    pub(super) async fn copy(&self, work: Work) -> Done {
        let mut result = self.attempt(&work).await;
        if matches!(result, Err(ReadError::Changing)) {
            result = self.attempt(&work).await;
        }
        Done { key: work.source.key, result }
    }

    async fn attempt(&self, work: &Work) -> Result<Written, ReadError> {
        let path = location(&work.source.key).map_err(ReadError::from)?;
        let whole = self.job.options.part_size;
        let reserved = if work.source.size <= whole { Some(self.reserve(work.source.size).await) } else { None };
        let got = self.job.source.store.get(&path).await.map_err(ReadError::from)?;
        let heading = self.heading(work, &got);
        // One that grew since it was listed has not reserved enough.
        if reserved.is_some() && got.meta.size <= work.source.size.max(64 * KIB) {
            let (contents, blake3) = whole_contents(got).await?;
            if contents.content_length() as u64 != heading.meta.size {
                return Err(ReadError::Changing);
            }
            let puts = work.wanted.iter().map(|index| self.put(*index, &path, &heading, &contents, &blake3));
            let written = join_all(puts).await;
            self.meter.add(1, heading.meta.size);
            return Ok(written);
        }
        drop(reserved);
        let keeps_sha1 = work.wanted.iter().any(|index| self.job.destinations[*index].content_sha1.is_some());
        let sha1 = if keeps_sha1 { sha1_of_file(&got.payload).await } else { None };
        self.in_parts(work, &path, got, &Heading { sha1, ..heading }).await
    }

    async fn put(
        &self,
        index: usize,
        path: &Path,
        heading: &Heading,
        contents: &PutPayload,
        blake3: &str,
    ) -> (usize, Result<Entry, Error>) {
        let place = &self.job.destinations[index];
        let options = PutOptions { attributes: heading.for_place(place), ..PutOptions::default() };
        let put = place.store.put_opts(path, contents.clone(), options).await;
        (index, put.map(|put| heading.entry(put, blake3.to_owned())))
    }

    /// A part is uploaded everywhere while the next is read; the budget is what bounds how far reading is ahead.
    async fn in_parts(
        &self,
        work: &Work,
        path: &Path,
        got: GetResult,
        heading: &Heading,
    ) -> Result<Written, ReadError> {
        let part_size = part_size(heading.meta.size, self.job.options.part_size);
        let open = join_all(work.wanted.iter().map(|index| {
            let place = &self.job.destinations[*index];
            let options =
                PutMultipartOptions { attributes: heading.for_place(place), ..PutMultipartOptions::default() };
            place.store.put_multipart_opts(path, options)
        }));
        let mut uploads: Vec<Result<Box<dyn MultipartUpload>, Error>> = open.await;
        let outcome = self.feed(&mut uploads, got, part_size).await;
        if uploads.iter().all(Result::is_err) {
            self.meter.add(1, 0);
            let errors = uploads.into_iter().filter_map(Result::err).map(Err);
            return Ok(work.wanted.iter().copied().zip(errors).collect());
        }
        let blake3 = match outcome {
            Ok((blake3, read)) if read == heading.meta.size && self.is_still(path, &heading.meta).await => blake3,
            other => {
                join_all(uploads.iter_mut().flatten().map(MultipartUpload::abort)).await;
                return Err(other.err().unwrap_or(ReadError::Changing));
            }
        };
        self.meter.add(1, 0);
        let finish = work.wanted.iter().zip(uploads).map(|(index, upload)| {
            let blake3 = blake3.clone();
            async move {
                let finished = match upload {
                    Ok(mut upload) => upload.complete().await.map(|put| heading.entry(put, blake3)),
                    Err(error) => Err(error),
                };
                (*index, finished)
            }
        });
        Ok(join_all(finish).await)
    }

    async fn feed(
        &self,
        uploads: &mut [Result<Box<dyn MultipartUpload>, Error>],
        got: GetResult,
        part_size: u64,
    ) -> Result<(String, u64), ReadError> {
        let size = got.meta.size;
        let mut chunks = chunks(got);
        let mut hasher = blake3::Hasher::new();
        let mut rest = Bytes::new();
        let mut read = 0;
        let mut running = JoinSet::new();
        // A store may keep the first part until it knows that there is a second one: they share a reservation.
        let first_two = Arc::new(self.reserve(2 * part_size).await);
        let mut reserved = vec![first_two.clone(), first_two];
        loop {
            let permit = match reserved.pop() {
                Some(permit) => permit,
                None => Arc::new(self.reserve(part_size).await),
            };
            let expected = part_size.min(size.saturating_sub(read));
            let mut part = BytesMut::with_capacity(usize::try_from(expected).unwrap_or_default());
            while (part.len() as u64) < part_size {
                if rest.is_empty() {
                    match chunks.next().await.transpose().map_err(ReadError::from)? {
                        Some(chunk) => rest = chunk,
                        None => break,
                    }
                    hasher.update(&rest);
                }
                let fits = usize::try_from(part_size - part.len() as u64).unwrap_or(usize::MAX).min(rest.len());
                part.extend_from_slice(&rest.split_to(fits));
            }
            let length = part.len() as u64;
            if length > 0 {
                let payload = PutPayload::from(part.freeze());
                for (index, upload) in uploads.iter_mut().enumerate() {
                    if let Ok(upload) = upload {
                        let put = upload.put_part(payload.clone());
                        let permit = permit.clone();
                        running.spawn(async move {
                            let put = put.await;
                            drop(permit);
                            (index, put)
                        });
                    }
                }
                read += length;
                self.meter.add(0, length);
            }
            let ended = length < part_size;
            drop(permit);
            while let Some(joined) = if ended { running.join_next().await } else { running.try_join_next() } {
                let failed = match joined {
                    Ok((index, put)) => put.err().map(|error| (index, error)),
                    Err(error) => return Err(ReadError::Failed(Error::JoinError { source: error })),
                };
                if let Some((index, error)) = failed
                    && let Ok(mut upload) = std::mem::replace(&mut uploads[index], Err(error))
                {
                    // What cannot be taken back is left to the store's own rules; the error is what counts.
                    let _ = upload.abort().await;
                }
            }
            if ended || uploads.iter().all(Result::is_err) {
                return Ok((hasher.finalize().to_string(), read));
            }
        }
    }

    /// A long read of a file sees what is written to it meanwhile.
    async fn is_still(&self, path: &Path, meta: &ObjectMeta) -> bool {
        let now = self.job.source.store.head(path).await;
        now.is_ok_and(|now| now.size == meta.size && now.e_tag == meta.e_tag && now.last_modified == meta.last_modified)
    }

    async fn reserve(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(KIB)).unwrap_or(u32::MAX).clamp(1, self.all);
        // It is never closed.
        self.budget.clone().acquire_many_owned(units).await.ok()
    }

    fn heading(&self, work: &Work, got: &GetResult) -> Heading {
        let source = &self.job.source;
        let mut attributes = match &work.recorded {
            Some(recorded) if !source.keeps_attributes => recorded.attributes(),
            _ => got.attributes.clone(),
        };
        attributes.remove(&Attribute::StorageClass);
        let (listed_time, mut time) = times(&work.source, &got.meta);
        if let Some(recorded) = work.recorded.as_ref().filter(|_| !source.keeps_attributes) {
            time = recorded.source_time;
        }
        if let Some(kept) = source.source_time.take(&mut attributes) {
            time = kept;
        }
        Heading { meta: got.meta.clone(), attributes, listed_time, time, sha1: None }
    }
}

/// When an object is listed as changed, and when it was. A header says it in whole seconds, where a listing may know the
/// milliseconds too.
fn times(listed: &Listed, got: &ObjectMeta) -> (i64, i64) {
    let time = got.last_modified.timestamp_millis();
    let is_listed = got.size == listed.size
        && manifest::agree(got.e_tag.as_deref(), listed.e_tag.as_deref())
        && time.div_euclid(1000) == listed.time.div_euclid(1000);
    if is_listed { (listed.time, time.max(listed.time)) } else { (time, time) }
}

impl Heading {
    fn for_place(&self, place: &Place) -> Attributes {
        if !place.keeps_attributes {
            return Attributes::new();
        }
        let mut attributes = self.attributes.clone();
        place.source_time.put(self.time, &mut attributes);
        if let (Some(key), Some(sha1)) = (&place.content_sha1, &self.sha1) {
            attributes.insert(Attribute::Metadata(key.clone()), sha1.clone().into());
        }
        attributes
    }

    fn entry(&self, put: PutResult, blake3: String) -> Entry {
        Entry {
            key: self.meta.location.to_string(),
            size: self.meta.size,
            source_e_tag: self.meta.e_tag.clone(),
            source_time: self.listed_time,
            e_tag: put.e_tag,
            version: put.version,
            attributes: manifest::remembered(&self.attributes),
            blake3: Some(blake3),
            gone: false,
        }
    }
}

impl SourceTime {
    fn put(&self, millis: i64, attributes: &mut Attributes) {
        let (key, value) = match self {
            Self::Unkept => return,
            Self::Millis(key) => (key, millis.to_string()),
            Self::Seconds(key) => (key, format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000))),
        };
        attributes.insert(Attribute::Metadata(key.clone()), value.into());
    }

    fn take(&self, attributes: &mut Attributes) -> Option<i64> {
        match self {
            Self::Unkept => None,
            Self::Millis(key) => attributes.remove(&Attribute::Metadata(key.clone()))?.parse().ok(),
            Self::Seconds(key) => {
                let text = attributes.remove(&Attribute::Metadata(key.clone()))?;
                let (seconds, fraction) = text.split_once('.').unwrap_or((&text, ""));
                let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
                seconds.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(millis)
            }
        }
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        if matches!(error, Error::NotFound { .. }) { Self::Vanished } else { Self::Failed(error) }
    }
}

/// Contents piece by piece. The client of files reads them in very small ones.
pub(super) fn chunks(got: GetResult) -> BoxStream<'static, Result<Bytes, Error>> {
    match got.payload {
        GetResultPayload::File(file, _) => file_chunks(|| Ok(file))
            .map(|chunk| chunk.map_err(|error| Error::Generic { store: "file", source: error.into() }))
            .boxed(),
        GetResultPayload::Stream(stream) => stream,
    }
}

async fn whole_contents(got: GetResult) -> Result<(PutPayload, String), ReadError> {
    // In one piece: slices would keep the whole buffers alive that they were received in.
    let mut contents = BytesMut::with_capacity(usize::try_from(got.meta.size).unwrap_or_default());
    let mut chunks = chunks(got);
    while let Some(chunk) = chunks.next().await {
        contents.extend_from_slice(&chunk.map_err(ReadError::from)?);
    }
    let blake3 = blake3::hash(&contents).to_string();
    Ok((contents.freeze().into(), blake3))
}

/// The SHA-1 of a file of this machine: what goes in parts has to say it before its contents have passed.
async fn sha1_of_file(payload: &GetResultPayload) -> Option<String> {
    let GetResultPayload::File(_, path) = payload else {
        return None;
    };
    let path = path.clone();
    let hash = move || {
        let mut hasher = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        let mut file = File::open(path)?;
        let mut chunk = vec![0; 256 * 1024];
        loop {
            match file.read(&mut chunk)? {
                0 => return std::io::Result::Ok(HEXLOWER.encode(hasher.finish().as_ref())),
                read => hasher.update(&chunk[..read]),
            }
        }
    };
    // Reading for real, a moment later, is what tells what is wrong with it.
    tokio::task::spawn_blocking(hash).await.ok()?.ok()
}

/// The size of all parts but the last, so that there are not too many.
fn part_size(size: u64, usual: u64) -> u64 {
    usual.max(size.div_ceil(MOST_PARTS).next_multiple_of(KIB * KIB))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_until_10_000_suffice() {
        const MIB: u64 = KIB * KIB;
        assert_eq!(part_size(1, 16 * MIB), 16 * MIB);
        assert_eq!(part_size(160_000 * MIB, 16 * MIB), 16 * MIB);
        assert_eq!(part_size(160_000 * MIB + 1, 16 * MIB), 17 * MIB);
        assert!((5u64 << 40).div_ceil(part_size(5 << 40, 16 * MIB)) <= MOST_PARTS);
    }

    #[test]
    fn the_sources_time_comes_back_as_it_went() {
        for kept in [SourceTime::Millis("m".into()), SourceTime::Seconds("mtime".into())] {
            let mut attributes = Attributes::new();
            kept.put(1_700_000_000_042, &mut attributes);
            assert_eq!(kept.take(&mut attributes), Some(1_700_000_000_042));
            assert!(attributes.is_empty());
        }
    }
}
