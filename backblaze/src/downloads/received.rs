//! A file as it is downloaded: its headers, and content that is held against its SHA-1.

use std::{io, ops::Range};

use bytes::Bytes;
use futures::{StreamExt, stream};
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    http::{ByteStream, Call, Download, Incoming},
};
use http::{HeaderMap, header};
use jiff::Timestamp;

use super::{DownloadOptions, Downloads};
use crate::{ContentSha1, FileId, FileInfo, FileRetention, LegalHold, RetentionMode, file_name, sha1::Hasher};

/// A file that is being downloaded.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Downloaded {
    pub file: DownloadedFile,
    /// The content, or the part of it that was asked for, as it comes.
    pub body: Incoming,
}

/// What a download tells of a file beside its content.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct DownloadedFile {
    pub file_id: FileId,
    pub file_name: String,
    pub content_type: Option<String>,
    /// Bytes of the whole file, also where only a part was asked for.
    pub content_length: u64,
    pub content_sha1: ContentSha1,
    /// With the names `b2-content-disposition` and the like for what came in HTTP's own headers.
    pub file_info: FileInfo,
    pub upload_timestamp: Timestamp,
    /// `None` also where the key may not see it.
    pub retention: Option<FileRetention>,
    /// `None` also where the key may not see it.
    pub legal_hold: Option<LegalHold>,
    /// `AES256` where it is encrypted with a key of Backblaze's or of a customer's.
    pub encryption_algorithm: Option<String>,
    /// Headers that the key may not see.
    pub unauthorized_to_read: Vec<String>,
}

pub(super) fn receive(call: Call<Download>, rest: Rest) -> Call<Downloaded> {
    Call::new(async move {
        let download = call.await?;
        let file = read(&download.headers)?;
        let whole = rest.options.range.is_none();
        let body = if rest.options.resume { rest.resumed(download.body, &file) } else { download.body };
        let expected = match &file.content_sha1 {
            ContentSha1::Verified(sha1) => Some(sha1.as_str()),
            _ => file.file_info.large_file_sha1(),
        };
        let body = match expected.filter(|_| whole) {
            Some(sha1) => verified(body, sha1.to_ascii_lowercase()),
            None => body,
        };
        Ok(Downloaded { file, body })
    })
}

pub(super) fn look(call: Call<Download>) -> Call<DownloadedFile> {
    Call::new(async move { read(&call.await?.headers) })
}

fn read(headers: &HeaderMap) -> Result<DownloadedFile> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let missing = |name: &str| {
        let message = format!("the answer has no header `{name}` that can be read");
        Error::new(ErrorKind::Decode, message).with_outcome(Outcome::Refused)
    };
    let milliseconds = |name: &str| Timestamp::from_millisecond(text(name)?.parse().ok()?).ok();

    // A part says the whole's length behind the slash.
    let length = match text("content-range") {
        Some(range) => range.rsplit('/').next(),
        None => text("content-length"),
    };
    let mut file_info: FileInfo = headers
        .iter()
        .filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-bz-info-")?;
            Some((name, file_name::decode(value.to_str().ok()?)?))
        })
        .collect();
    for (header, name) in HTTP_HEADERS {
        if let (Some(value), None) = (text(header), file_info.get(name)) {
            file_info = file_info.with(name, value);
        }
    }
    let retention = text("x-bz-file-retention-mode").map(|mode| FileRetention {
        mode: Some(RetentionMode::from(mode)),
        retain_until_timestamp: milliseconds("x-bz-file-retention-retain-until-timestamp"),
    });
    let hidden = text("x-bz-client-unauthorized-to-read").unwrap_or_default();
    Ok(DownloadedFile {
        file_id: FileId::new(text("x-bz-file-id").ok_or_else(|| missing("x-bz-file-id"))?.to_owned()),
        file_name: text("x-bz-file-name").and_then(file_name::decode).ok_or_else(|| missing("x-bz-file-name"))?,
        content_type: text(header::CONTENT_TYPE.as_str()).map(str::to_owned),
        content_length: length.and_then(|length| length.parse().ok()).ok_or_else(|| missing("content-length"))?,
        content_sha1: text("x-bz-content-sha1").unwrap_or("none").into(),
        file_info,
        upload_timestamp: milliseconds("x-bz-upload-timestamp").ok_or_else(|| missing("x-bz-upload-timestamp"))?,
        retention,
        legal_hold: text("x-bz-file-legal-hold").map(LegalHold::from),
        encryption_algorithm: text("x-bz-server-side-encryption")
            .or_else(|| text("x-bz-server-side-encryption-customer-algorithm"))
            .map(str::to_owned),
        unauthorized_to_read: hidden
            .split(',')
            .map(str::trim)
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

/// HTTP's headers and the names under which file info holds them.
const HTTP_HEADERS: [(&str, &str); 5] = [
    ("content-disposition", "b2-content-disposition"),
    ("content-language", "b2-content-language"),
    ("content-encoding", "b2-content-encoding"),
    ("cache-control", "b2-cache-control"),
    ("expires", "b2-expires"),
];

/// How often a body is gone on with.
const BREAKS: u32 = 8;

/// What asks for the rest of a body that broke off.
pub(super) struct Rest {
    downloads: Downloads,
    options: DownloadOptions,
}

impl Rest {
    pub(super) fn new(downloads: &Downloads, options: &DownloadOptions) -> Self {
        Self { downloads: downloads.clone(), options: options.clone() }
    }

    /// The same body, which goes on from where it broke off with the same version.
    fn resumed(self, body: Incoming, file: &DownloadedFile) -> Incoming {
        let length = body.len();
        let asked = self.options.range.clone().unwrap_or(0..file.content_length);
        let left = asked.start..asked.end.min(file.content_length);
        let state = Some((body.into_stream(), left, BREAKS, self, file.file_id.clone()));
        let stream = stream::unfold(state, |state| async move {
            let (mut source, mut left, mut breaks, rest, id): (ByteStream, Range<u64>, u32, Self, FileId) = state?;
            loop {
                let broken = match source.next().await {
                    Some(Ok(chunk)) => {
                        left.start += chunk.len() as u64;
                        return Some((Ok(chunk), Some((source, left, breaks, rest, id))));
                    }
                    Some(Err(error)) => error,
                    None if left.is_empty() => return None,
                    None => io::ErrorKind::UnexpectedEof.into(),
                };
                if left.is_empty() || breaks == 0 {
                    return Some((Err(broken), None));
                }
                breaks -= 1;
                let options = DownloadOptions { range: Some(left.clone()), resume: false, ..rest.options.clone() };
                match rest.downloads.by_id(&id, options).await {
                    Ok(more) => source = more.body.into_stream(),
                    Err(error) => {
                        let error = format!("{broken}; the rest could not be had: {error}");
                        return Some((Err(io::Error::new(broken.kind(), error)), None));
                    }
                }
            }
        });
        Incoming::Stream(stream.boxed(), length)
    }
}

/// The same body, which ends with an error when its SHA-1 is another.
fn verified(body: Incoming, expected: String) -> Incoming {
    let length = body.len();
    let state = Some((body.into_stream(), Hasher::default(), expected));
    let checked = stream::unfold(state, |state| async move {
        let (mut source, mut hasher, expected): (ByteStream, _, _) = state?;
        match source.next().await {
            Some(Ok(chunk)) => {
                hasher.update(&chunk);
                Some((Ok::<Bytes, _>(chunk), Some((source, hasher, expected))))
            }
            Some(Err(error)) => Some((Err(error), None)),
            None => {
                let found = hasher.digits();
                let wrong = format!("the content is damaged: its SHA-1 is {found}, and the service says {expected}");
                (found != expected).then(|| (Err(io::Error::new(io::ErrorKind::InvalidData, wrong)), None))
            }
        }
    });
    Incoming::Stream(checked.boxed(), length)
}
