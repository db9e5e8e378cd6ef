//! Spaces, the object storage, as a store: Apache's [`object_store`] over one bucket.
//!
//! ```
//! use howdah_core::store::{Acl, object_store::{ObjectStoreExt, path::Path}};
//! use howdah_digitalocean::spaces::Spaces;
//! # use howdah_digitalocean::testing::spaces::FakeSpaces;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let media = Spaces::builder("ams3", "example-media")
//!     .access_key("DO00EXAMPLE", std::env::var("SPACES_SECRET").unwrap_or("the-secret".into()))
//!     .acl(Acl::PublicRead)
//!     .build()?;
//! assert_eq!(media.origin(), "example-media.ams3.digitaloceanspaces.com");
//! # let fake = FakeSpaces::default();
//! # fake.create_bucket("example-media");
//! # let media = fake.client("example-media");
//! media.put(&Path::from("avatars/1.png"), "…".into()).await?;
//! # Ok(()) }
//! ```
//!
//! Buckets themselves are made in the control panel or by any S3 client, and the keys to them by
//! [`DigitalOcean::spaces_keys`](crate::DigitalOcean::spaces_keys). What is written is private unless an ACL says otherwise;
//! [`Error::PermissionDenied`](howdah_core::store::object_store::Error::PermissionDenied) is the answer to a wrong secret and
//! to a key without the right grant alike, and its text tells which.
//!
//! Spaces carry out 1,500 requests a second for each address that asks and ten writes of one object at a time. Beyond that
//! they answer `SlowDown`, and the store asks again later, as patiently as its
//! [`RetryPolicy`] has it. No checksums are sent beside the signature's own. Conditional
//! writes and tags are refused before anything is sent, since the service does not promise them.

mod explained;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use howdah_core::{
    Error, ErrorKind, Result, Secret,
    http::{RetryPolicy, Transport},
    store::{
        Acl, S3, S3Builder,
        object_store::{
            self, CopyOptions, GetOptions, GetResult, ListResult, MultipartId, MultipartUpload, ObjectMeta,
            ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart,
            list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore},
            multipart::{MultipartStore, PartId},
            path::Path,
            signer::{SignedUrlOptions, Signer},
        },
    },
};
use http::Method;
use url::Url;

use self::explained::Space;
use crate::regions::RegionSlug;

/// A bucket of Spaces: [`S3`] as Spaces need it.
///
/// It is an [`ObjectStore`], and a [`MultipartStore`], [`PaginatedListStore`] and [`Signer`] besides. Clones share the
/// connection pool.
#[derive(Clone)]
pub struct Spaces {
    store: S3,
    space: Space,
    origin: Arc<str>,
}

/// Sets up [`Spaces`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SpacesBuilder {
    region: RegionSlug,
    bucket: String,
    endpoint: Option<String>,
    key: Option<(String, Secret)>,
    acl: Option<Acl>,
    transport: Option<Arc<dyn Transport>>,
    retry: RetryPolicy,
}

impl Spaces {
    /// A bucket in a region, with a key to it.
    pub fn new(
        region: impl Into<RegionSlug>,
        bucket: impl Into<String>,
        access_key: impl Into<String>,
        secret: impl Into<Secret>,
    ) -> Result<Self> {
        Self::builder(region, bucket).access_key(access_key, secret).build()
    }

    /// Sets up a bucket in a region.
    pub fn builder(region: impl Into<RegionSlug>, bucket: impl Into<String>) -> SpacesBuilder {
        SpacesBuilder {
            region: region.into(),
            bucket: bucket.into(),
            endpoint: None,
            key: None,
            acl: None,
            transport: None,
            retry: RetryPolicy::default(),
        }
    }

    /// The host that public objects are read from, and that a [CDN endpoint](crate::cdn) is put before.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

impl SpacesBuilder {
    /// Who asks: the id and the secret of a [key](crate::spaces_keys).
    pub fn access_key(mut self, id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.key = Some((id.into(), secret.into()));
        self
    }

    /// The ACL of what is written: [`Acl::PublicRead`] for what a browser or the CDN is to read. Spaces have that and
    /// [`Acl::Private`], which is theirs when nothing is said.
    pub fn acl(mut self, acl: Acl) -> Self {
        self.acl = Some(acl);
        self
    }

    /// Another endpoint than the region's: that of a fake. The bucket's name is not part of it.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Another way to the store than the network.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How patiently.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The store, or what is wrong with its setup. Nothing is sent yet.
    pub fn build(self) -> Result<Spaces> {
        self.built().map_err(|error| error.with_provider("spaces"))
    }

    fn built(self) -> Result<Spaces> {
        let region = self.region.as_str();
        let usual = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if region.is_empty() || !region.chars().all(usual) {
            let advice = "a slug such as `ams3` is wanted, and neither a host nor a URL";
            return Err(config(format!("`{}` is no region: {advice}", region.escape_debug())));
        }
        if self.bucket.contains(".digitaloceanspaces.com") || self.bucket.contains(':') {
            let advice = "give the bucket's name alone";
            return Err(config(format!("`{}` is where a bucket is: {advice}", self.bucket.escape_debug())));
        }
        let host = format!("{region}.digitaloceanspaces.com");
        let origin = format!("{}.{host}", self.bucket).into();
        // The bucket stays in the path: the certificate covers no bucket with a dot in its name.
        let endpoint = self.endpoint.unwrap_or_else(|| format!("https://{host}"));
        let mut store: S3Builder = S3::builder(endpoint, &self.bucket).region(region).retry(self.retry);
        if let Some((id, secret)) = self.key {
            store = store.access_key(id, secret);
        }
        if let Some(acl) = self.acl {
            store = store.acl(acl);
        }
        if let Some(transport) = self.transport {
            store = store.transport(transport);
        }
        Ok(Spaces { store: store.build()?, space: Space::new(&self.bucket, region), origin })
    }
}

fn config(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}

impl fmt::Display for Spaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl fmt::Debug for Spaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spaces({})", self.store)
    }
}

type StoreResult<T> = object_store::Result<T>;

fn untagged(tags: &object_store::TagSet) -> StoreResult<()> {
    if tags.encoded().is_empty() { Ok(()) } else { Err(explained::unsupported("Spaces have no tags")) }
}

#[async_trait]
impl ObjectStore for Spaces {
    async fn put_opts(&self, at: &Path, payload: PutPayload, options: PutOptions) -> StoreResult<PutResult> {
        if options.mode != PutMode::Overwrite {
            let message = "Spaces promise no write that depends on what is there: only `PutMode::Overwrite` is sent";
            return Err(explained::unsupported(message));
        }
        untagged(&options.tags)?;
        self.store.put_opts(at, payload, options).await.map_err(self.space.explain())
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> StoreResult<Box<dyn MultipartUpload>> {
        untagged(&options.tags)?;
        let upload = self.store.put_multipart_opts(at, options).await.map_err(self.space.explain())?;
        Ok(Box::new(Upload { upload, space: self.space.clone() }))
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> StoreResult<GetResult> {
        self.store.get_opts(at, options).await.map_err(self.space.explain())
    }

    fn delete_stream(&self, at: BoxStream<'static, StoreResult<Path>>) -> BoxStream<'static, StoreResult<Path>> {
        self.store.delete_stream(at).map_err(self.space.explain()).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, StoreResult<ObjectMeta>> {
        self.store.list(prefix).map_err(self.space.explain()).boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, StoreResult<ObjectMeta>> {
        self.store.list_with_offset(prefix, offset).map_err(self.space.explain()).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> StoreResult<ListResult> {
        self.store.list_with_delimiter(prefix).await.map_err(self.space.explain())
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> StoreResult<()> {
        self.store.copy_opts(from, to, options).await.map_err(self.space.explain())
    }
}

/// An upload in parts, whose errors name the Space.
#[derive(Debug)]
struct Upload {
    upload: Box<dyn MultipartUpload>,
    space: Space,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        let (part, explain) = (self.upload.put_part(payload), self.space.explain());
        Box::pin(async move { part.await.map_err(explain) })
    }

    async fn complete(&mut self) -> StoreResult<PutResult> {
        self.upload.complete().await.map_err(self.space.explain())
    }

    async fn abort(&mut self) -> StoreResult<()> {
        self.upload.abort().await.map_err(self.space.explain())
    }
}

#[async_trait]
impl MultipartStore for Spaces {
    async fn create_multipart(&self, at: &Path) -> StoreResult<MultipartId> {
        self.store.create_multipart(at).await.map_err(self.space.explain())
    }

    async fn create_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> StoreResult<MultipartId> {
        untagged(&options.tags)?;
        self.store.create_multipart_opts(at, options).await.map_err(self.space.explain())
    }

    async fn put_part(&self, at: &Path, id: &MultipartId, index: usize, payload: PutPayload) -> StoreResult<PartId> {
        self.store.put_part(at, id, index, payload).await.map_err(self.space.explain())
    }

    async fn complete_multipart(&self, at: &Path, id: &MultipartId, parts: Vec<PartId>) -> StoreResult<PutResult> {
        self.store.complete_multipart(at, id, parts).await.map_err(self.space.explain())
    }

    async fn abort_multipart(&self, at: &Path, id: &MultipartId) -> StoreResult<()> {
        self.store.abort_multipart(at, id).await.map_err(self.space.explain())
    }
}

#[async_trait]
impl PaginatedListStore for Spaces {
    async fn list_paginated(
        &self,
        prefix: Option<&str>,
        options: PaginatedListOptions,
    ) -> StoreResult<PaginatedListResult> {
        self.store.list_paginated(prefix, options).await.map_err(self.space.explain())
    }
}

#[async_trait]
impl Signer for Spaces {
    async fn signed_url(&self, method: Method, at: &Path, expires_in: Duration) -> StoreResult<Url> {
        self.store.signed_url(method, at, expires_in).await.map_err(self.space.explain())
    }

    async fn signed_url_opts(
        &self,
        method: Method,
        at: &Path,
        expires_in: Duration,
        options: &SignedUrlOptions,
    ) -> StoreResult<Url> {
        self.store.signed_url_opts(method, at, expires_in, options).await.map_err(self.space.explain())
    }
}
