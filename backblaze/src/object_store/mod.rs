//! B2 as an object store: [`B2`] implements Apache's `ObjectStore`, `MultipartStore` and `PaginatedListStore`.
//!
//! ```
//! use howdah_backblaze::object_store::B2;
//! use howdah_core::store::object_store::{ObjectStore, ObjectStoreExt, path::Path};
//! # use howdah_backblaze::testing::FakeBackblaze;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let fake = FakeBackblaze::new();
//! # fake.create_bucket("vmst-media");
//! # let backblaze = fake.client();
//! let store = B2::open(&backblaze, "vmst-media").await?;
//!
//! let path = Path::from("media/1.txt");
//! let put = store.put(&path, "Hello, Mastodon".into()).await?;
//! let got = store.get(&path).await?;
//! assert_eq!(got.meta.version, put.version); // the id of the file, which names this version for ever
//! assert_eq!(got.bytes().await?, "Hello, Mastodon");
//!
//! store.delete(&path).await?; // hides it: the version stays until a lifecycle rule deletes it
//! # Ok(()) }
//! ```
//!
//! # What is what
//!
//! | object store | B2 |
//! |---|---|
//! | location | name, byte for byte |
//! | `e_tag`, `version` | file id |
//! | `last_modified` | upload time, or the source's with [`B2::with_source_times`] |
//! | `Attribute::ContentType` | content type; without it B2 chooses by the name's extension |
//! | `ContentDisposition`, `ContentEncoding`, `ContentLanguage`, `CacheControl` | file info `b2-content-disposition` and so on |
//! | `Metadata(name)` | file info of that name, in lower case |
//! | delete | hide, or delete all versions: [`B2::with_deletion`] |
//! | multipart upload | large file, or a plain upload when there is no second part |
//! | copy | copy within the bucket; above 5 GB, a large file of copied parts |
//!
//! All content goes up with its SHA-1, which B2 checks. A whole object is held against its SHA-1 as it is read, where B2 knows
//! one or its metadata has `large_file_sha1`: when they differ, the stream ends with an error. A part of one is not. A
//! connection that breaks within the content is gone on with where it broke.
//!
//! # What B2 cannot do
//!
//! These are refused with `NotSupported` before anything is sent:
//!
//! | operation | why |
//! |---|---|
//! | `PutMode::Create`, `PutMode::Update`, `CopyMode::Create`, `RenameTargetMode::Create` | B2 has no conditional writes |
//! | tags, `Attribute::StorageClass` | B2 has none |
//!
//! There is no `Signer`: a token for downloads opens every name that *begins* with the prefix that it was made for, so that a
//! link to `a/1` would open `a/10` as well, and there is none for uploads to one name.
//! [`Downloads::get_authorization`](crate::downloads::Downloads::get_authorization) makes such tokens.
//!
//! # Errors
//!
//! Each holds the [`howdah_core::Error`] that it was made of as its source, with the outcome, the code and what to do about it.

mod attributes;
mod copy;
mod delete;
mod errors;
mod get;
mod list;
mod multipart;
mod put;
mod upload;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use howdah_core::{
    Error, ErrorKind, Outcome,
    http::Call,
    store::object_store::{
        CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
        PutOptions, PutPayload, PutResult, Result, path::Path,
    },
};
use jiff::{RoundMode, TimestampRound, Unit};

use crate::{
    Backblaze, Encryption, FileRetention, RetentionMode, Uploader,
    buckets::{Bucket, BucketId},
};

/// A bucket as an object store. Clones share connections and upload URLs.
#[derive(Clone, Debug)]
pub struct B2 {
    backblaze: Backblaze,
    bucket_id: BucketId,
    bucket_name: Arc<str>,
    uploader: Uploader,
    begun: multipart::Begun,
    deletion: Deletion,
    source_times: bool,
    copy_limit: u64,
    retention: Option<(RetentionMode, Duration)>,
    encryption: Option<Encryption>,
}

/// What deleting an object does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deletion {
    /// Hides it; its versions stay, and can be had back, until a lifecycle rule of the bucket deletes them. Needs the
    /// capability `writeFiles` only.
    #[default]
    Hide,
    /// Deletes all its versions for good, the oldest first. Needs `listFiles` and `deleteFiles`, and a billed listing for each
    /// object.
    AllVersions,
}

impl B2 {
    /// The largest source that B2 copies in one piece: 5 GB.
    pub const COPY_LIMIT: u64 = 5_000_000_000;

    /// A bucket whose id and name are known.
    pub fn new(backblaze: &Backblaze, bucket_id: BucketId, bucket_name: impl Into<Arc<str>>) -> Self {
        Self {
            backblaze: backblaze.clone(),
            uploader: backblaze.uploader(&bucket_id).with_resume(false),
            bucket_id,
            bucket_name: bucket_name.into(),
            begun: multipart::Begun::default(),
            deletion: Deletion::default(),
            source_times: false,
            copy_limit: Self::COPY_LIMIT,
            retention: None,
            encryption: None,
        }
    }

    /// Finds a bucket by its name.
    pub fn open(backblaze: &Backblaze, bucket_name: &str) -> Call<Self> {
        let (backblaze, name) = (backblaze.clone(), bucket_name.to_owned());
        Call::new(async move {
            let found: Option<Bucket> = backblaze.buckets().find(&name).await?;
            let bucket = found.ok_or_else(|| {
                let message = format!("there is no bucket `{name}` that this key may see");
                Error::new(ErrorKind::NotFound, message).with_provider("backblaze").with_outcome(Outcome::Refused)
            })?;
            Ok(Self::new(&backblaze, bucket.bucket_id, name))
        })
    }

    /// The bucket's id.
    pub fn bucket_id(&self) -> &BucketId {
        &self.bucket_id
    }

    /// The bucket's name.
    pub fn bucket_name(&self) -> &str {
        &self.bucket_name
    }

    /// Says that an object was last modified when its source was, where whoever uploaded it left that time in
    /// `src_last_modified_millis`, as rclone and the b2 command do.
    pub fn with_source_times(mut self) -> Self {
        self.source_times = true;
        self
    }

    /// Sets what deleting an object does.
    pub fn with_deletion(mut self, deletion: Deletion) -> Self {
        self.deletion = deletion;
        self
    }

    /// Takes up what an earlier run left unfinished: an unfinished large file of the same name, content type and info goes on,
    /// and parts that are there already are not sent again. Only for names that nobody else is uploading at the same time.
    ///
    /// With [`with_retention`](Self::with_retention) it is taken up on the same day only: later it is to be retained longer.
    pub fn with_resume(mut self) -> Self {
        self.uploader = self.uploader.with_resume(true);
        self
    }

    /// Sets how many bytes the parts have that content in memory is cut into; see [`Uploader::with_part_size`].
    pub fn with_part_size(mut self, bytes: u64) -> Self {
        self.uploader = self.uploader.with_part_size(bytes);
        self
    }

    /// Sets from how many bytes on content in memory goes up in parts; see [`Uploader::with_cutoff`].
    pub fn with_cutoff(mut self, bytes: u64) -> Self {
        self.uploader = self.uploader.with_cutoff(bytes);
        self
    }

    /// Sets above how many bytes an object is copied part by part: [`COPY_LIMIT`](Self::COPY_LIMIT) without it, and at most.
    pub fn with_copy_limit(mut self, bytes: u64) -> Self {
        self.copy_limit = bytes.clamp(1, Self::COPY_LIMIT);
        self
    }

    /// Retains each new version for this long from the moment that its upload begins, and until the day (UTC) on which that
    /// ends is over. The bucket must have file lock enabled.
    pub fn with_retention(mut self, mode: RetentionMode, period: Duration) -> Self {
        self.retention = Some((mode, period));
        self
    }

    /// Encrypts each new version like this. A customer's key is also what objects are read with, which then must have been
    /// written with it.
    pub fn with_encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = Some(encryption);
        self
    }

    /// Until when a version is retained that is begun now: to the end of a day (UTC), so that what was left unfinished can be
    /// taken up by a run on the same day.
    fn retention(&self) -> howdah_core::Result<Option<FileRetention>> {
        let Some((mode, period)) = &self.retention else {
            return Ok(None);
        };
        let day = TimestampRound::new().smallest(Unit::Hour).increment(24).mode(RoundMode::Ceil);
        let until = self.backblaze.api().clock().now().checked_add(*period).and_then(|until| until.round(day));
        let until = until.map_err(|_| {
            Error::invalid(format!("the retention of {} days ends beyond all time", period.as_secs() / 86_400))
        })?;
        Ok(Some(FileRetention { mode: Some(mode.clone()), retain_until_timestamp: Some(until) }))
    }

    /// The customer's key that goes with each request that reads.
    fn customer_key(&self) -> Option<&Encryption> {
        self.encryption.as_ref().filter(|encryption| matches!(encryption, Encryption::Customer(_)))
    }
}

impl fmt::Display for B2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B2({})", self.bucket_name)
    }
}

#[async_trait]
impl ObjectStore for B2 {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.put(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Ok(Box::new(upload::Upload::new(self, location, &options)?))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.get(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.clone().delete_all(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.list_from(prefix, None)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.list_from(prefix, Some(offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.list_folder(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.copy(from, to, &options).await
    }
}
