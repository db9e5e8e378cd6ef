//! A file in parts.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use futures::{TryStreamExt, stream};
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    http::{Body, Call, RetryPolicy},
};
use tokio::time::sleep;

use super::{
    MOST_PARTS, Uploader,
    attempts::{Looked, Patience, Target, upload},
    content::{Content, Parts},
    pool::Pool,
    same,
};
use crate::{
    Backblaze, ContentSha1, Encryption, EncryptionMode, FileId, FileVersion, Part, Sha1,
    large_files::{LargeFiles, NewLargeFile, PartFilter, UnfinishedFilter},
    uploads::{NewFile, UploadPartUrl, Uploads},
};

/// A large file on its way, for several tasks at once: clones are the same upload.
///
/// Dropped, it stays as it is, and is charged for, until it is taken up or cancelled.
///
/// ```
/// use howdah_backblaze::{Uploader, uploads::NewFile};
///
/// # async fn example(uploader: &Uploader, first: Vec<u8>, second: Vec<u8>) -> howdah_core::Result<()> {
/// let large = uploader.start_large(NewFile::new("dump")).await?;
/// tokio::try_join!(large.put_part(1, first), large.put_part(2, second))?;
/// let version = large.finish().await?;
/// # let _ = version;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct LargeUpload(Arc<Large>);

#[derive(Debug)]
struct Large {
    backblaze: Backblaze,
    id: FileId,
    encryption: Option<Encryption>,
    pool: Pool<UploadPartUrl>,
    parts: Mutex<BTreeMap<u32, Known>>,
}

/// A part that is there.
#[derive(Debug)]
struct Known {
    part: Part,
    /// Through this handle, or found to be what was to be put.
    put: bool,
}

impl Known {
    fn sha1(&self) -> Option<&str> {
        self.part.content_sha1.as_ref().and_then(ContentSha1::verified)
    }
}

impl LargeUpload {
    pub(super) fn new(backblaze: Backblaze, id: FileId, encryption: Option<Encryption>, there: Vec<Part>) -> Self {
        let parts = there.into_iter().map(|part| (part.part_number, Known { part, put: false })).collect();
        Self(Arc::new(Large { backblaze, id, encryption, pool: Pool::default(), parts: Mutex::new(parts) }))
    }

    /// The id that the file has, and will have when it is finished.
    pub fn id(&self) -> &FileId {
        &self.0.id
    }

    /// Uploads a part: 1 to 10,000, at least 5 MB each but for the last one. Another part of that number is replaced.
    ///
    /// It is not sent when a part of that number, length and SHA-1 was taken up. Content that can be read once is held in
    /// memory, so that it can be repeated.
    pub fn put_part(&self, number: u32, content: impl Into<Body>) -> Call<Part> {
        let (large, content) = (self.0.clone(), content.into());
        Call::new(async move {
            if !(1..=MOST_PARTS).contains(&number.into()) {
                return Err(Error::invalid(format!("a part cannot have the number {number}: 1 to {MOST_PARTS}")));
            }
            if content.is_empty() {
                return Err(Error::invalid(format!("part {number} has no content")));
            }
            let there = large.parts().get(&number).is_some_and(|known| known.part.content_length == content.len());
            let content = if there { Content::known(content).await? } else { Content::repeatable(content).await? };
            large.put(number, &content).await
        })
    }

    /// Makes the file of the parts that were put through this handle, which have all numbers from 1 on.
    ///
    /// When the answer is lost, the file is looked at.
    pub fn finish(&self) -> Call<FileVersion> {
        let large = self.0.clone();
        Call::new(async move { large.finish().await })
    }

    /// Gives the file and its parts up.
    pub fn cancel(&self) -> Call<()> {
        self.0.backblaze.large_files().cancel(&self.0.id).map(drop)
    }
}

impl Large {
    fn parts(&self) -> MutexGuard<'_, BTreeMap<u32, Known>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn put(&self, number: u32, content: &Content) -> Result<Part> {
        {
            let mut parts = self.parts();
            if let (Some(known), Sha1::Known(sha1)) = (parts.get_mut(&number), &content.sha1)
                && known.part.content_length == content.len()
                && known.sha1() == Some(sha1)
            {
                known.put = true;
                return Ok(known.part.clone());
            }
            // Whatever comes of it, this part is not what it was.
            parts.remove(&number);
        }
        let target = PartTarget { large: self, number };
        let (mut part, sha1) = upload(&target, self.backblaze.api.retry(), content).await?;
        if let Some(sha1) = sha1 {
            part.content_sha1 = Some(ContentSha1::Verified(sha1));
        }
        self.parts().insert(number, Known { part: part.clone(), put: true });
        Ok(part)
    }

    /// The SHA-1s of all parts, in the order of their numbers.
    fn sha1s(&self) -> Result<Vec<String>> {
        let parts = self.parts();
        let last = parts.iter().rev().find(|(_, known)| known.put).map_or(0, |(number, _)| *number);
        if last == 0 {
            return Err(Error::invalid("a large file has at least one part")
                .with_outcome(Outcome::NotSent)
                .with_provider("backblaze"));
        }
        let wrong =
            |why: String| Error::invalid(format!("the large file {}: {why}", self.id)).with_provider("backblaze");
        if let Some((number, _)) = parts.range(last + 1..).next() {
            return Err(wrong(format!(
                "part {number} is there from an earlier run, and the last one that was put now is {last}: cancel it and \
                 begin anew"
            )));
        }
        (1..=last)
            .map(|number| {
                let known = parts.get(&number).filter(|known| known.put);
                let known = known.ok_or_else(|| wrong(format!("part {number} of {last} was not put")))?;
                known.sha1().map(str::to_owned).ok_or_else(|| wrong(format!("the SHA-1 of part {number} is not known")))
            })
            .collect()
    }

    async fn finish(&self) -> Result<FileVersion> {
        let sha1s = self.sha1s()?;
        let mut patience = Patience::new(self.backblaze.api.retry(), 0);
        loop {
            let large_files = LargeFiles(self.backblaze.api.with_retry(patience.policy()));
            let error = match large_files.finish(&self.id, sha1s.clone()).await {
                Ok(file) => return Ok(file),
                Err(error) => error,
            };
            // It was looked at after a lost answer: it is not finished.
            let again = error.outcome() == Outcome::Refused && error.attempts() <= 1;
            match patience.wait(&error).filter(|_| again) {
                Some(wait) => sleep(wait).await,
                None => return Err(error),
            }
        }
    }
}

impl Uploader {
    /// Reads content once, in order, and uploads its parts side by side.
    pub(super) async fn upload_in_parts(&self, file: NewFile, content: Body, size: u64) -> Result<FileVersion> {
        let large = self.begin(&file, Some((content.len(), size))).await?.0;
        let parts = stream::try_unfold((Parts::new(content, size), 1), async |(mut parts, number)| {
            if parts.is_done() {
                return Ok(None);
            }
            let part = parts.next().await?;
            Ok(Some(((number, part), (parts, number + 1))))
        });
        let put = parts.try_for_each_concurrent(self.concurrency, |(number, part)| {
            let large = &large;
            async move {
                large.put(number, &part).await.map(drop).map_err(|error| {
                    let message = format!("part {number}: {}", error.message());
                    error.with_message(message)
                })
            }
        });
        let finished = match put.await {
            Ok(()) => large.finish().await,
            // There are parts, and no file.
            Err(error) => Err(error.with_outcome(Outcome::Refused)),
        };
        finished.map_err(|error| {
            let message = format!(
                "`{}` is unfinished as the large file {}, which stays: upload it again to take it up, or cancel it: {}",
                file.name,
                large.id,
                error.message()
            );
            error.with_message(message)
        })
    }

    /// Begins a large file, or takes up one; one that is cut into parts like this, where that is known.
    pub(super) async fn begin(&self, file: &NewFile, cut: Option<(u64, u64)>) -> Result<LargeUpload> {
        let backblaze = &self.shared.backblaze;
        let attach = |id, there| LargeUpload::new(backblaze.clone(), id, file.encryption.clone(), there);
        if self.resume
            && let Some((id, there)) = self.unfinished(file, cut).await?
        {
            tracing::info!(%id, parts = there.len(), "taking up an unfinished large file");
            return Ok(attach(id, there));
        }
        let mut patience = Patience::new(backblaze.api.retry(), 0);
        loop {
            let started = LargeFiles(backblaze.api.with_retry(patience.policy())).start(self.new_large(file)).await;
            match started {
                Ok(started) => {
                    let id = started.file_id.ok_or_else(|| {
                        let error =
                            Error::new(ErrorKind::Decode, "a large file was begun, and the answer has no `fileId`");
                        error.with_provider("backblaze").with_outcome(Outcome::Applied)
                    })?;
                    return Ok(attach(id, Vec::new()));
                }
                // Begun twice, there is one without parts: it costs nothing, and is cancelled with what is abandoned.
                Err(error) if error.outcome() == Outcome::Unknown => match patience.wait(&error) {
                    Some(wait) => sleep(wait).await,
                    None => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
    }

    fn new_large(&self, file: &NewFile) -> NewLargeFile {
        let bucket = self.shared.bucket.clone();
        let mut new = NewLargeFile::new(bucket, file.name.clone(), file.content_type.clone());
        new.file_info = Some(file.info.clone()).filter(|info| !info.is_empty());
        new.custom_upload_timestamp = file.upload_timestamp.map(|at| at.as_millisecond().to_string());
        new.file_retention.clone_from(&file.retention);
        new.legal_hold.clone_from(&file.legal_hold);
        new.server_side_encryption.clone_from(&file.encryption);
        new
    }

    /// The unfinished large file to take up, which has the most parts, and its parts.
    async fn unfinished(&self, file: &NewFile, cut: Option<(u64, u64)>) -> Result<Option<(FileId, Vec<Part>)>> {
        if matches!(file.encryption, Some(Encryption::Customer(_))) {
            return Ok(None);
        }
        let large_files = self.shared.backblaze.large_files();
        let filter = UnfinishedFilter::new(self.shared.bucket.clone()).with_name_prefix(file.name.clone());
        let listed: Result<Vec<_>> = large_files.list_unfinished(filter).try_collect().await;
        let listed = match listed {
            // A key that may not look begins anew.
            Err(error) if error.kind() == ErrorKind::Forbidden => return Ok(None),
            listed => listed?,
        };
        let mut best: Option<(FileId, Vec<Part>)> = None;
        for id in listed.into_iter().filter(|version| takes(file, version)).filter_map(|version| version.file_id) {
            let parts: Result<Vec<_>> = large_files.list_parts(PartFilter::new(id.clone())).try_collect().await;
            let parts = match parts {
                Err(error) if matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound) => continue,
                parts => parts?,
            };
            let fits = cut.is_none_or(|(length, size)| parts.iter().all(|part| fits(part, length, size)));
            if fits && best.as_ref().is_none_or(|(_, most)| most.len() < parts.len()) {
                best = Some((id, parts));
            }
        }
        Ok(best)
    }
}

/// Whether an unfinished large file would become this file.
fn takes(file: &NewFile, version: &FileVersion) -> bool {
    let mode = version.server_side_encryption.as_ref().and_then(|encryption| encryption.mode.as_ref());
    let encrypted = match file.encryption {
        Some(Encryption::B2) => mode == Some(&EncryptionMode::B2),
        _ => mode != Some(&EncryptionMode::Customer),
    };
    encrypted && same(file, version)
}

/// Whether a part is one of content that is cut like this, by its length.
fn fits(part: &Part, length: u64, size: u64) -> bool {
    let before = u64::from(part.part_number.saturating_sub(1)).saturating_mul(size);
    before < length && part.content_length == size.min(length - before)
}

struct PartTarget<'a> {
    large: &'a Large,
    number: u32,
}

#[async_trait]
impl Target for PartTarget<'_> {
    type Url = UploadPartUrl;
    type Uploaded = Part;

    fn pool(&self) -> &Pool<UploadPartUrl> {
        &self.large.pool
    }

    fn fetch(&self, policy: RetryPolicy) -> Call<UploadPartUrl> {
        Uploads(self.large.backblaze.api.with_retry(policy)).get_upload_part_url(&self.large.id)
    }

    fn send(&self, policy: RetryPolicy, url: &UploadPartUrl, body: (Body, String)) -> Call<Part> {
        let uploads = Uploads(self.large.backblaze.api.with_retry(policy));
        uploads.send_part(url, self.number, body, self.large.encryption.as_ref())
    }

    /// A part that comes twice replaces itself.
    async fn look(&self, _: RetryPolicy, _: u64, _: Option<&str>) -> Result<Looked<Part>> {
        Ok(Looked::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_another_cut_do_not_fit() {
        let part = |number, length| -> Part {
            serde_json::from_value(
                serde_json::json!({ "fileId": "4_z", "partNumber": number, "contentLength": length }),
            )
            .unwrap()
        };
        for (number, length, good) in
            [(1, 5, true), (2, 5, true), (3, 2, true), (3, 5, false), (4, 1, false), (1, 4, false)]
        {
            assert_eq!(fits(&part(number, length), 12, 5), good, "{number} {length}");
        }
    }
}
