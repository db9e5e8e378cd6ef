//! A store that fails, disorders, damages and counts.

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, UNIX_EPOCH},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, future, stream, stream::BoxStream};
use howdah_core::store::object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart, memory::InMemory,
    path::Path,
};

pub(crate) async fn put(store: &InMemory, key: &str, contents: impl Into<PutPayload>) {
    store.put(&Path::from(key), contents.into()).await.unwrap();
}

pub(crate) async fn get(store: &InMemory, key: &str) -> Bytes {
    store.get(&Path::from(key)).await.unwrap().bytes().await.unwrap()
}

/// What is stored, but for manifests.
pub(crate) async fn keys(store: &InMemory) -> Vec<String> {
    let all: Vec<_> = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
    all.into_iter().filter(|key| !key.starts_with(".offsite-copy/")).collect()
}

#[derive(Debug)]
pub(crate) struct Shaky {
    inner: Arc<InMemory>,
    /// The operation from which on everything fails, and whether that one is carried out.
    dies: Option<(usize, bool)>,
    operations: AtomicUsize,
    puts: AtomicUsize,
    refused: Option<&'static str>,
    damaged: Option<&'static str>,
    order: Order,
    listings: AtomicUsize,
    undeletable: bool,
    coarse: bool,
    flying: Arc<Flying>,
}

/// Of listings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Kept,
    Broken,
    WithoutOffsets,
}

#[derive(Debug, Default)]
struct Flying {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// An upload whose first part stays in memory until there is a second one, as at B2.
#[derive(Debug)]
struct Parts {
    inner: Box<dyn MultipartUpload>,
    first: First,
    flying: Arc<Flying>,
}

#[derive(Debug)]
enum First {
    Awaited,
    /// Of so many bytes.
    Kept(usize),
    Gone,
}

impl Shaky {
    pub(crate) fn new(inner: Arc<InMemory>) -> Self {
        Self {
            inner,
            dies: None,
            operations: AtomicUsize::new(0),
            puts: AtomicUsize::new(0),
            refused: None,
            damaged: None,
            order: Order::Kept,
            listings: AtomicUsize::new(0),
            undeletable: false,
            coarse: false,
            flying: Arc::default(),
        }
    }

    pub(crate) fn dying_at(self, operation: usize, applied: bool) -> Self {
        Self { dies: Some((operation, applied)), ..self }
    }

    pub(crate) fn refusing(self, key: &'static str) -> Self {
        Self { refused: Some(key), ..self }
    }

    pub(crate) fn damaging(self, key: &'static str) -> Self {
        Self { damaged: Some(key), ..self }
    }

    pub(crate) fn disordered(self) -> Self {
        Self { order: Order::Broken, ..self }
    }

    /// Lists from the start whatever offset is asked for.
    pub(crate) fn ignoring_offsets(self) -> Self {
        Self { order: Order::WithoutOffsets, ..self }
    }

    pub(crate) fn undeletable(self) -> Self {
        Self { undeletable: true, ..self }
    }

    /// Says in whole seconds when something was changed, but for listings: as most S3 servers do.
    pub(crate) fn coarse(self) -> Self {
        Self { coarse: true, ..self }
    }

    /// Uploads that were carried out.
    pub(crate) fn puts(&self) -> usize {
        self.puts.load(SeqCst)
    }

    /// Listings that were begun.
    pub(crate) fn listings(&self) -> usize {
        self.listings.load(SeqCst)
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.flying.most.load(SeqCst)
    }

    /// Whether the operation is carried out, and whether its answer arrives.
    fn fate(&self) -> (bool, bool) {
        let operation = self.operations.fetch_add(1, SeqCst);
        match self.dies {
            Some((dies, applied)) if operation >= dies => (applied && operation == dies, false),
            _ => (true, true),
        }
    }
}

impl Flying {
    fn up(&self, bytes: usize) {
        let now = self.now.fetch_add(bytes, SeqCst) + bytes;
        self.most.fetch_max(now, SeqCst);
    }
}

fn lost() -> Error {
    Error::Generic { store: "shaky", source: "connection lost".into() }
}

impl fmt::Display for Shaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("shaky")
    }
}

#[async_trait]
impl ObjectStore for Shaky {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if self.refused == Some(location.as_ref()) {
            return Err(lost());
        }
        let (carried_out, answered) = self.fate();
        let length = payload.content_length();
        self.flying.up(length);
        tokio::task::yield_now().await;
        self.flying.now.fetch_sub(length, SeqCst);
        if !carried_out {
            return Err(lost());
        }
        self.puts.fetch_add(1, SeqCst);
        let put = self.inner.put_opts(location, payload, options).await;
        if answered { put } else { Err(lost()) }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(Parts { inner, first: First::Awaited, flying: self.flying.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if !self.fate().1 {
            return Err(lost());
        }
        if self.damaged == Some(location.as_ref()) {
            let other = InMemory::new();
            other.put(location, "damaged 12".into()).await?;
            return other.get_opts(location, options).await;
        }
        let mut got = self.inner.get_opts(location, options).await?;
        if self.coarse {
            let seconds = u64::try_from(got.meta.last_modified.timestamp()).unwrap_or_default();
            got.meta.last_modified = (UNIX_EPOCH + Duration::from_secs(seconds)).into();
        }
        Ok(got)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        if self.undeletable {
            let denied = Error::PermissionDenied { path: "media".into(), source: "no deleteFiles".into() };
            return stream::iter([Err(denied)]).boxed();
        }
        match self.fate() {
            (true, true) => self.inner.delete_stream(locations),
            _ => stream::iter([Err(lost())]).boxed(),
        }
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let (offset, order) = (offset.clone(), self.order);
        let is_listed = move |meta: &ObjectMeta| order == Order::WithoutOffsets || meta.location > offset;
        self.list(prefix).try_filter(move |meta| future::ready(is_listed(meta))).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listings.fetch_add(1, SeqCst);
        if !self.fate().1 {
            return stream::iter([Err(lost())]).boxed();
        }
        let listing = self.inner.list(prefix);
        if self.order != Order::Broken {
            return listing;
        }
        let turned = async move {
            let mut all: Vec<_> = listing.collect().await;
            all.reverse();
            let middle = all.len() / 3;
            all.rotate_left(middle);
            stream::iter(all)
        };
        stream::once(turned).flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[async_trait]
impl MultipartUpload for Parts {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let mut length = data.content_length();
        self.flying.up(length);
        let flying = self.flying.clone();
        let put = self.inner.put_part(data);
        match self.first {
            First::Awaited => {
                self.first = First::Kept(length);
                return put;
            }
            First::Kept(first) => {
                self.first = First::Gone;
                length += first;
            }
            First::Gone => {}
        }
        Box::pin(async move {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            let put = put.await;
            flying.now.fetch_sub(length, SeqCst);
            put
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.inner.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
