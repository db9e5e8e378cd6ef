//! A file in one piece.

use async_trait::async_trait;
use futures::TryStreamExt;
use howdah_core::{
    ErrorKind, Result,
    http::{Body, Call, RetryPolicy},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    Shared,
    attempts::{Looked, Target},
    pool::Pool,
    same,
};
use crate::{
    Action, FileVersion,
    files::{Files, VersionFilter},
    uploads::{NewFile, UploadUrl, Uploads},
};

pub(super) struct Small<'a> {
    pub(super) shared: &'a Shared,
    pub(super) file: &'a NewFile,
    pub(super) begun: Timestamp,
}

/// The service's clock and ours are less than that apart.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

#[async_trait]
impl Target for Small<'_> {
    type Url = UploadUrl;
    type Uploaded = FileVersion;

    fn pool(&self) -> &Pool<UploadUrl> {
        &self.shared.pool
    }

    fn fetch(&self, policy: RetryPolicy) -> Call<UploadUrl> {
        Uploads(self.shared.backblaze.api.with_retry(policy)).get_upload_url(&self.shared.bucket)
    }

    fn send(&self, policy: RetryPolicy, url: &UploadUrl, body: (Body, String)) -> Call<FileVersion> {
        Uploads(self.shared.backblaze.api.with_retry(policy)).send_file(url, self.file, body)
    }

    /// The newest versions of the name are looked at: somebody else may have uploaded or hidden it since.
    async fn look(&self, policy: RetryPolicy, length: u64, sha1: Option<&str>) -> Result<Looked<FileVersion>> {
        let Some(sha1) = sha1 else {
            return Ok(Looked::Unknown);
        };
        let since = self.file.upload_timestamp.unwrap_or(self.begun).saturating_sub(SKEW).unwrap_or(self.begun);
        let ours = |version: &FileVersion| {
            let digits = version.content_sha1.as_ref().and_then(|sha1| sha1.verified());
            version.action == Action::Upload
                && version.upload_timestamp >= since
                && version.content_length == length
                && digits.is_some_and(|digits| digits.eq_ignore_ascii_case(sha1))
                && same(self.file, version)
        };
        let filter = VersionFilter::new(self.shared.bucket.clone())
            .with_start_file_name(self.file.name.clone())
            .with_prefix(self.file.name.clone())
            .with_max_file_count(10u32);
        let pages = Files(self.shared.backblaze.api.with_retry(policy)).list_versions(filter).by_page();
        match Box::pin(pages).try_next().await {
            Ok(page) => Ok(page.into_iter().flatten().find(ours).map_or(Looked::NotThere, Looked::There)),
            Err(error) if error.kind() == ErrorKind::Forbidden => Ok(Looked::Unknown),
            Err(error) => Err(error),
        }
    }
}
