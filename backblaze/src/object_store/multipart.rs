//! Multipart uploads by their id, which other processes may go on with: the id is that of the large file.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome,
    http::Body,
    store::object_store::{
        MultipartId, PutMultipartOptions, PutPayload, PutResult, Result,
        multipart::{MultipartStore, PartId},
        path::Path,
    },
};

use super::{
    B2, errors,
    put::{body, result},
};
use crate::{FileId, LargeUpload};

/// What was begun here, or gone on with, and neither completed nor aborted: parts share its upload URLs.
#[derive(Clone, Default)]
pub(super) struct Begun(Arc<Mutex<HashMap<MultipartId, LargeUpload>>>);

impl Begun {
    fn lock(&self) -> MutexGuard<'_, HashMap<MultipartId, LargeUpload>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Begun({})", self.lock().len())
    }
}

#[async_trait]
impl MultipartStore for B2 {
    async fn create_multipart(&self, path: &Path) -> Result<MultipartId> {
        self.create_multipart_opts(path, PutMultipartOptions::default()).await
    }

    async fn create_multipart_opts(&self, path: &Path, options: PutMultipartOptions) -> Result<MultipartId> {
        let file = self.new_file(path, &options.tags, &options.attributes)?;
        let large = self.uploader.start_large(file).await.map_err(|error| errors::of(path.as_ref(), error))?;
        let id = large.id().get().clone();
        self.begun.lock().insert(id.clone(), large);
        Ok(id)
    }

    async fn put_part(&self, path: &Path, id: &MultipartId, part_idx: usize, data: PutPayload) -> Result<PartId> {
        let number = u32::try_from(part_idx).unwrap_or(u32::MAX).saturating_add(1);
        let large = {
            let mut begun = self.begun.lock();
            let attach = || self.uploader.attach(FileId::new(id.clone()), self.encryption.clone());
            begun.entry(id.clone()).or_insert_with(attach).clone()
        };
        let part = large.put_part(number, body(data)).await.map_err(|error| errors::of(path.as_ref(), error))?;
        let sha1 = part.content_sha1.as_ref().and_then(|sha1| sha1.verified());
        let content_id = sha1.map(str::to_owned).ok_or_else(|| {
            let error = Error::new(ErrorKind::Decode, format!("part {number} was uploaded, and its SHA-1 is not told"));
            errors::of(path.as_ref(), error.with_provider("backblaze").with_outcome(Outcome::Applied))
        })?;
        Ok(PartId { content_id })
    }

    async fn complete_multipart(&self, path: &Path, id: &MultipartId, parts: Vec<PartId>) -> Result<PutResult> {
        let file_id = FileId::new(id.clone());
        let completed = if parts.is_empty() {
            self.complete_empty(path, &file_id).await
        } else {
            let sha1s = parts.into_iter().map(|part| part.content_id).collect();
            self.backblaze.large_files().finish(&file_id, sha1s).await
        };
        let file = completed.map_err(|error| errors::of(path.as_ref(), error))?;
        self.begun.lock().remove(id);
        result(path, file)
    }

    async fn abort_multipart(&self, path: &Path, id: &MultipartId) -> Result<()> {
        let cancelled = self.backblaze.large_files().cancel(&FileId::new(id.clone())).await;
        cancelled.map_err(|error| errors::of(path.as_ref(), error))?;
        self.begun.lock().remove(id);
        Ok(())
    }
}

impl B2 {
    /// A large file has at least one part: what has none becomes an ordinary file that says the same of itself.
    async fn complete_empty(&self, path: &Path, id: &FileId) -> howdah_core::Result<crate::FileVersion> {
        let begun = self.backblaze.files().get_info(id).await?;
        let mut file = crate::uploads::NewFile::new(path.as_ref()).with_info(begun.file_info);
        file.content_type = begun.content_type.unwrap_or(file.content_type);
        file.retention = self.retention()?;
        file.encryption.clone_from(&self.encryption);
        let uploaded = self.uploader.upload(file, Body::Empty).await?;
        self.backblaze.large_files().cancel(id).await?;
        Ok(uploaded)
    }
}
