//! Uploads that bear what uploads meet.
//!
//! ```
//! use howdah_backblaze::{Backblaze, buckets::BucketId, uploads::NewFile};
//!
//! # async fn example(backblaze: &Backblaze, bucket: &BucketId) -> howdah_core::Result<()> {
//! let uploader = backblaze.uploader(bucket);
//! let file = NewFile::new("media/1.jpg").with_content_type("image/jpeg");
//! let version = uploader.upload(file, "content").await?;
//! println!("{} is {:?}", version.file_name, version.file_id);
//! # Ok(()) }
//! ```

mod attempts;
mod content;
mod large;
mod pool;
mod small;

use std::sync::Arc;

use futures::{Stream, StreamExt, TryStreamExt, stream};
use howdah_core::{
    Error, Result,
    http::{Body, Call},
};
use jiff::Timestamp;

use self::{attempts::upload, content::Content, pool::Pool, small::Small};
use crate::{
    Backblaze, Encryption, FileId, FileVersion, Sha1,
    buckets::BucketId,
    large_files::UnfinishedFilter,
    uploads::{NewFile, UploadUrl},
};

pub use self::large::LargeUpload;

/// Uploads to a bucket: it keeps URLs to upload to, tries again at another one, looks for an upload whose answer was lost
/// before it repeats it, and sends large content in parts. Reach it through [`Backblaze::uploader`].
///
/// Clones share the URLs, of which there are never more than uploads at once. An upload is tried as often and as long as the
/// client's [`RetryPolicy`](howdah_core::http::RetryPolicy) says; time that a slow line needs for the content is not counted.
/// A cap that is reached, a bad request and missing rights are not tried again.
///
/// ```
/// use howdah_backblaze::{Backblaze, FileInfo, buckets::BucketId, uploads::NewFile};
/// use howdah_core::http::Body;
///
/// # async fn example(backblaze: &Backblaze, bucket: &BucketId, dump: Body, sha1: String) -> howdah_core::Result<()> {
/// let uploader = backblaze.uploader(bucket).with_part_size(64 << 20).with_concurrency(8);
/// let info = FileInfo::new().with(FileInfo::LARGE_FILE_SHA1, sha1);
/// let version = uploader.upload(NewFile::new("dumps/2026-11-22").with_info(info), dump).await?;
/// # let _ = version;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Uploader {
    shared: Arc<Shared>,
    part_size: Option<u64>,
    cutoff: u64,
    concurrency: usize,
    resume: bool,
}

#[derive(Debug)]
struct Shared {
    backblaze: Backblaze,
    bucket: BucketId,
    pool: Pool<UploadUrl>,
}

/// From how many bytes on content goes up as a large file.
const CUTOFF: u64 = 200_000_000;
/// A part, and a file in one piece, have at most so many bytes.
const LARGEST: u64 = 5_000_000_000;
const MOST_PARTS: u64 = 10_000;

impl Uploader {
    pub(crate) fn new(backblaze: Backblaze, bucket: BucketId) -> Self {
        let shared = Shared { backblaze, bucket, pool: Pool::default() };
        Self { shared: Arc::new(shared), part_size: None, cutoff: CUTOFF, concurrency: 4, resume: true }
    }

    /// Sets how many bytes a part has: what the service recommends to the account without it (100 MB), and never less than
    /// the least that it takes (5 MB). Parts are larger where 10,000 of them would not suffice.
    #[must_use]
    pub fn with_part_size(mut self, bytes: u64) -> Self {
        self.part_size = Some(bytes);
        self
    }

    /// Sets from how many bytes on content goes up in parts: 200 MB without it. What fits into one part goes up in one piece
    /// all the same, and more than 5 GB never do.
    #[must_use]
    pub fn with_cutoff(mut self, bytes: u64) -> Self {
        self.cutoff = bytes;
        self
    }

    /// Sets how many parts of a file go up at once: 4 without it. So many parts are in memory.
    #[must_use]
    pub fn with_concurrency(mut self, parts: usize) -> Self {
        self.concurrency = parts.max(1);
        self
    }

    /// Sets whether a large file that an earlier run left unfinished is taken up, as it is without this: one of the same name,
    /// content type and info, cut in the same way. Parts that are there, with the same SHA-1, are not sent again.
    ///
    /// What is encrypted with a customer's key is never taken up, since nobody can tell whether the key is the same. Two
    /// uploads of the same name at the same time may get into each other's way: one of them fails, neither is damaged.
    #[must_use]
    pub fn with_resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Uploads a file, in one piece or in parts by its length.
    ///
    /// Content that can be opened again is read as it is sent, in one piece, and once more for another attempt. In parts it
    /// is read once, in order. Content that can be read once is held in memory as it is sent, one part at a time for each of
    /// the [concurrent](Self::with_concurrency) parts, so that it can be repeated; it goes up in parts from the size of one on.
    ///
    /// A large file that fails stays, and is charged for, until it is uploaded again (see [`with_resume`](Self::with_resume)),
    /// [cancelled](Self::cancel_abandoned), or cancelled by a lifecycle rule. Its SHA-1 as a whole is known to the service
    /// only where its info has [`large_file_sha1`](crate::FileInfo::LARGE_FILE_SHA1).
    pub fn upload(&self, file: NewFile, content: impl Into<Body>) -> Call<FileVersion> {
        let (uploader, content) = (self.clone(), content.into());
        Call::new(async move {
            file.check()?;
            let length = content.len();
            let whole = length < uploader.cutoff && length <= LARGEST;
            // What is read once is held in memory, of which there is as much as parts have.
            if !whole || matches!(content, Body::Once(..)) {
                let size = uploader.size_of_parts(length).await?;
                if length > size {
                    return uploader.upload_in_parts(file, content, size).await;
                }
            }
            let content = Content::repeatable(content).await?;
            uploader.upload_whole(&file, &content).await
        })
    }

    /// Uploads a file in one piece, at most 5 GB.
    ///
    /// An upload whose answer was lost is looked for among the versions of its name before it is repeated; a key that may not
    /// list files repeats it, which may make two equal versions. Content that can be read once is not held in memory: when
    /// an attempt fails that has begun to read it, there is no other.
    pub fn upload_small(&self, file: NewFile, content: impl Into<Body>, sha1: Sha1) -> Call<FileVersion> {
        let (uploader, content) = (self.clone(), Content::new(content.into(), sha1));
        Call::new(async move {
            file.check()?;
            if content.len() > LARGEST {
                return Err(Error::invalid(format!(
                    "`{}` has {} bytes, and a file in one piece has at most {LARGEST}",
                    file.name,
                    content.len()
                )));
            }
            uploader.upload_whole(&file, &content).await
        })
    }

    /// Begins a large file, or takes up an unfinished one (see [`with_resume`](Self::with_resume)).
    pub fn start_large(&self, file: NewFile) -> Call<LargeUpload> {
        let uploader = self.clone();
        Call::new(async move {
            file.check()?;
            uploader.begin(&file, None).await
        })
    }

    /// A large file that was begun elsewhere, by its id. With a customer's key, that goes with its parts. What is there of it
    /// is not looked at: each part is sent.
    pub fn attach(&self, id: FileId, encryption: Option<Encryption>) -> LargeUpload {
        LargeUpload::new(self.shared.backblaze.clone(), id, encryption, Vec::new())
    }

    /// Streams the large files that were begun before then and are not finished, of names that begin with `prefix`.
    pub fn abandoned(
        &self,
        prefix: impl Into<String>,
        started_before: Timestamp,
    ) -> impl Stream<Item = Result<FileVersion>> + Send + 'static {
        let filter = UnfinishedFilter::new(self.shared.bucket.clone()).with_name_prefix(prefix);
        let unfinished = self.shared.backblaze.large_files().list_unfinished(filter);
        unfinished.try_filter(move |file| std::future::ready(file.upload_timestamp < started_before))
    }

    /// Cancels the large files that were begun before then and are not finished, of names that begin with `prefix`; answers
    /// what they were. A file that was begun with a time of its own counts as begun then.
    pub fn cancel_abandoned(&self, prefix: impl Into<String>, started_before: Timestamp) -> Call<Vec<FileVersion>> {
        let large_files = self.shared.backblaze.large_files();
        let abandoned = self.abandoned(prefix, started_before);
        Call::new(async move {
            // A list is not changed while it is read.
            let abandoned: Vec<_> = abandoned.try_collect().await?;
            let cancelled = stream::iter(abandoned).map(|file| {
                let large_files = large_files.clone();
                async move {
                    if let Some(id) = &file.file_id {
                        large_files.cancel(id).await?;
                    }
                    Ok(file)
                }
            });
            cancelled.buffered(10).try_collect().await
        })
    }

    async fn upload_whole(&self, file: &NewFile, content: &Content) -> Result<FileVersion> {
        let api = &self.shared.backblaze.api;
        let small = Small { shared: &self.shared, file, begun: api.clock().now() };
        upload(&small, api.retry(), content).await.map(|(version, _)| version)
    }

    async fn size_of_parts(&self, length: u64) -> Result<u64> {
        let storage = self.shared.backblaze.account().authorization().await?.api_info.storage_api;
        let wanted = self.part_size.unwrap_or(storage.recommended_part_size);
        size_of_parts(length, wanted, storage.absolute_minimum_part_size)
    }
}

/// How many bytes each part of so much content has, but for the last one.
fn size_of_parts(length: u64, wanted: u64, least: u64) -> Result<u64> {
    let needed = length.div_ceil(MOST_PARTS);
    if needed > LARGEST {
        let most = MOST_PARTS * LARGEST;
        return Err(Error::invalid(format!("the content has {length} bytes, and a file has at most {most}")));
    }
    Ok(wanted.max(least).clamp(1, LARGEST).max(needed))
}

/// Whether a version says of itself what this file is to say.
fn same(file: &NewFile, version: &FileVersion) -> bool {
    let retained = file.retention.as_ref().is_none_or(|asked| {
        let told = version.file_retention.as_ref().and_then(|told| told.value.as_ref());
        told.is_some_and(|told| {
            let until = |one: &crate::FileRetention| one.retain_until_timestamp.map(Timestamp::as_millisecond);
            told.mode == asked.mode && until(told) == until(asked)
        })
    });
    let held = file.legal_hold.as_ref().is_none_or(|asked| {
        version.legal_hold.as_ref().and_then(|told| told.value.as_ref()).is_some_and(|told| told == asked)
    });
    let timed = |asked: Timestamp| asked.as_millisecond() == version.upload_timestamp.as_millisecond();
    version.file_name == file.name
        && (file.content_type == "b2/x-auto" || version.content_type.as_ref() == Some(&file.content_type))
        && version.file_info == file.info
        && file.upload_timestamp.is_none_or(timed)
        && retained
        && held
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEAST: u64 = 5_000_000;

    #[test]
    fn parts_grow_with_the_content() {
        assert_eq!(size_of_parts(1, 100_000_000, LEAST).unwrap(), 100_000_000);
        assert_eq!(size_of_parts(1, 0, LEAST).unwrap(), LEAST);
        assert_eq!(size_of_parts(10_000 * LEAST, LEAST, LEAST).unwrap(), LEAST);
        assert_eq!(size_of_parts(10_000 * LEAST + 1, LEAST, LEAST).unwrap(), LEAST + 1);
        assert_eq!(size_of_parts(1, u64::MAX, LEAST).unwrap(), LARGEST);
        assert!(size_of_parts(MOST_PARTS * LARGEST, 1, LEAST).is_ok());
        assert!(size_of_parts(MOST_PARTS * LARGEST + 1, 1, LEAST).unwrap_err().is_invalid());
    }

    proptest! {
        #[test]
        fn ten_thousand_parts_suffice(length in 1..=MOST_PARTS * LARGEST, wanted in 0..=2 * LARGEST) {
            let size = size_of_parts(length, wanted, LEAST).unwrap();
            prop_assert!((LEAST..=LARGEST).contains(&size));
            prop_assert!(length.div_ceil(size) <= MOST_PARTS);
        }
    }
}
