//! Copies within the bucket, whose bytes do not move through here.

use futures::{StreamExt, TryStreamExt, stream};
use howdah_core::{
    Error, ErrorKind, Outcome,
    store::object_store::{CopyMode, CopyOptions, Result, path::Path},
};

use super::{B2, attributes::info_of_copy, errors};
use crate::{
    FileId,
    downloads::DownloadedFile,
    files::NewCopy,
    large_files::{NewLargeFile, NewPartCopy},
};

/// Parts that are copied at once.
const CONCURRENCY: usize = 4;

impl B2 {
    pub(super) async fn copy(&self, from: &Path, to: &Path, options: &CopyOptions) -> Result<()> {
        if options.mode != CopyMode::Overwrite {
            let message = format!("`{to}` cannot be written conditionally: B2 always makes it the newest version");
            return Err(errors::unsupported(message));
        }
        let source = self.look(from, None).await?;
        let copied = if source.content_length <= self.copy_limit {
            self.copy_whole(&source, to).await
        } else {
            self.copy_parts(&source, to).await
        };
        copied.map_err(|error| errors::of(to.as_ref(), error))
    }

    async fn copy_whole(&self, source: &DownloadedFile, to: &Path) -> howdah_core::Result<()> {
        let mut copy = NewCopy::new(source.file_id.clone(), to.as_ref());
        copy.file_retention = self.retention()?;
        copy.source_server_side_encryption = self.customer_key().cloned();
        copy.destination_server_side_encryption.clone_from(&self.encryption);
        self.backblaze.files().copy(copy).await.map(drop)
    }

    async fn copy_parts(&self, source: &DownloadedFile, to: &Path) -> howdah_core::Result<()> {
        let content_type = source.content_type.as_deref().unwrap_or("b2/x-auto");
        let mut file = NewLargeFile::new(self.bucket_id.clone(), to.as_ref(), content_type);
        file.file_info = Some(info_of_copy(source));
        file.file_retention = self.retention()?;
        file.server_side_encryption.clone_from(&self.encryption);
        let large_files = self.backblaze.large_files();
        let id = large_files.start(file).await?.file_id.ok_or_else(|| without("fileId"))?;
        let Err(error) = self.fill(source, &id).await else {
            return Ok(());
        };
        // Nobody would take it up. What cannot be cancelled is told by the error that is had already.
        if let Err(left) = large_files.cancel(&id).await {
            tracing::warn!(%to, %id, error = %left, "the unfinished large file of a copy stays");
        }
        Err(error)
    }

    async fn fill(&self, source: &DownloadedFile, id: &FileId) -> howdah_core::Result<()> {
        let large_files = self.backblaze.large_files();
        let parts =
            stream::iter((1u32..).zip(ranges(source.content_length, self.copy_limit))).map(|(number, range)| {
                let mut part = NewPartCopy::new(source.file_id.clone(), id.clone(), number).with_range(range);
                part.source_server_side_encryption = self.customer_key().cloned();
                part.destination_server_side_encryption = self.customer_key().cloned();
                let copied = large_files.copy_part(part);
                async move {
                    let sha1 = copied.await?.content_sha1;
                    sha1.and_then(|sha1| sha1.verified().map(str::to_owned)).ok_or_else(|| without("contentSha1"))
                }
            });
        let sha1s = parts.buffered(CONCURRENCY).try_collect().await?;
        large_files.finish(id, sha1s).await.map(drop)
    }
}

/// As few parts as there can be, all of about the same length: none is too short.
fn ranges(length: u64, limit: u64) -> impl Iterator<Item = String> {
    let part = length.div_ceil(length.div_ceil(limit));
    let starts = (0..length.div_ceil(part)).map(move |number| number * part);
    starts.map(move |start| format!("bytes={start}-{}", (start + part).min(length) - 1))
}

fn without(field: &str) -> Error {
    let error = Error::new(ErrorKind::Decode, format!("the answer has no `{field}`"));
    error.with_provider("backblaze").with_outcome(Outcome::Applied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_the_whole() {
        let all = |length, limit| ranges(length, limit).collect::<Vec<_>>();
        assert_eq!(all(10, 10), ["bytes=0-9"]);
        assert_eq!(all(11, 10), ["bytes=0-5", "bytes=6-10"]);
        assert_eq!(all(10, 4), ["bytes=0-3", "bytes=4-7", "bytes=8-9"]);
        assert_eq!(all(3, 1), ["bytes=0-0", "bytes=1-1", "bytes=2-2"]);
    }
}
