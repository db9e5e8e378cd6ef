//! Multipart uploads: large files, unless there is no second part.

use std::sync::Arc;

use async_trait::async_trait;
use futures::{
    FutureExt,
    future::{self, OptionFuture},
};
use howdah_core::{
    Error,
    store::object_store::{
        MultipartUpload, PutMultipartOptions, PutPayload, PutResult, Result, UploadPart, path::Path,
    },
};
use tokio::sync::OnceCell;

use super::{
    B2, errors,
    put::{body, result},
};
use crate::{LargeUpload, Uploader, uploads::NewFile};

/// A multipart upload. The first part waits here until there is a second one: a large file has two, or is not worth it.
///
/// Dropped before it was completed or aborted, its parts stay for [`B2::with_resume`], or until a lifecycle rule cancels them.
#[derive(Debug)]
pub(super) struct Upload {
    target: Arc<Target>,
    first: Option<PutPayload>,
    parts: u32,
}

#[derive(Debug)]
struct Target {
    uploader: Uploader,
    location: Path,
    file: NewFile,
    large: OnceCell<LargeUpload>,
}

impl Upload {
    pub(super) fn new(store: &B2, location: &Path, options: &PutMultipartOptions) -> Result<Self> {
        let file = store.new_file(location, &options.tags, &options.attributes)?;
        file.check().map_err(|error| errors::of(location.as_ref(), error))?;
        let (uploader, location) = (store.uploader.clone(), location.clone());
        let target = Target { uploader, location, file, large: OnceCell::new() };
        Ok(Self { target: Arc::new(target), first: None, parts: 0 })
    }
}

impl Target {
    async fn put_part(&self, number: u32, content: PutPayload) -> Result<()> {
        let large = self.large.get_or_try_init(|| self.uploader.start_large(self.file.clone())).await;
        let put = match large {
            Ok(large) => large.put_part(number, body(content)).await,
            Err(error) => Err(error),
        };
        put.map(drop).map_err(|error| self.error(error))
    }

    fn error(&self, error: Error) -> howdah_core::store::object_store::Error {
        errors::of(self.location.as_ref(), error)
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, content: PutPayload) -> UploadPart {
        if content.content_length() == 0 {
            return future::ready(Ok(())).boxed();
        }
        self.parts += 1;
        if self.parts == 1 {
            self.first = Some(content);
            return future::ready(Ok(())).boxed();
        }
        let (target, number, first) = (self.target.clone(), self.parts, self.first.take());
        async move {
            let first = OptionFuture::from(first.map(|first| target.put_part(1, first)));
            let first = first.map(Option::transpose);
            future::try_join(first, target.put_part(number, content)).await.map(drop)
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let target = &self.target;
        let completed = match (target.large.get(), self.parts) {
            (Some(large), _) => large.finish().await,
            (None, 0 | 1) => {
                let content = self.first.clone().unwrap_or_default();
                target.uploader.upload(target.file.clone(), body(content)).await
            }
            (None, parts) => Err(Error::invalid(format!(
                "`{}` has {parts} parts, none of which was uploaded: await them before completing it",
                target.location
            ))),
        };
        completed.map_err(|error| target.error(error)).and_then(|file| result(&target.location, file))
    }

    async fn abort(&mut self) -> Result<()> {
        self.first = None;
        match self.target.large.get() {
            Some(large) => large.cancel().await.map_err(|error| self.target.error(error)),
            None => Ok(()),
        }
    }
}
