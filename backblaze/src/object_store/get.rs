//! Reading objects, and what there is to know about them.

use std::{io, ops::Range, time::SystemTime};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use howdah_core::{
    Error, ErrorKind, Outcome,
    http::Incoming,
    store::object_store::{self, GetOptions, GetRange, GetResult, GetResultPayload, ObjectMeta, Result, path::Path},
};

use http::Extensions;

use super::{B2, attributes::attributes, errors};
use crate::{
    FileId,
    downloads::{DownloadOptions, Downloaded, DownloadedFile},
    file_name,
};

impl B2 {
    pub(super) async fn get(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        file_name::check(location.as_ref()).map_err(|error| errors::of(location.as_ref(), error))?;
        let version = options.version.clone().map(FileId::new);
        let conditional = options.if_match.is_some()
            || options.if_none_match.is_some()
            || options.if_modified_since.is_some()
            || options.if_unmodified_since.is_some();
        // B2 takes no conditions, and a range only where both of its ends are known.
        let look =
            options.head || conditional || matches!(options.range, Some(GetRange::Offset(_) | GetRange::Suffix(_)));
        if !look {
            let asked = match &options.range {
                Some(range) => Some(within(location, range, u64::MAX)?),
                None => None,
            };
            let downloaded = self.download(location, version.as_ref(), asked).await?;
            return self.result(location, downloaded, options.range.as_ref());
        }

        let file = self.look(location, version.as_ref()).await?;
        let meta = self.meta(location, &file);
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => within(location, range, meta.size)?,
            None => 0..meta.size,
        };
        if options.head || range.is_empty() {
            let payload = GetResultPayload::Stream(stream::empty().boxed());
            return Ok(GetResult { payload, meta, range, attributes: attributes(file), extensions: Extensions::new() });
        }
        // The version that was looked at, whatever was uploaded since.
        let asked = (range != (0..meta.size)).then(|| range.clone());
        let downloaded = self.download(location, Some(&file.file_id), asked).await?;
        self.result(location, downloaded, Some(&GetRange::Bounded(range)))
    }

    /// What B2 tells of an object without its content.
    pub(super) async fn look(&self, location: &Path, version: Option<&FileId>) -> Result<DownloadedFile> {
        let (downloads, options) = (self.backblaze.downloads(), self.download_options());
        let looked = match version {
            Some(id) => downloads.look_at_id(id, options).await,
            None => downloads.look_at_name(&self.bucket_name, location.as_ref(), options).await,
        };
        let file = looked.map_err(|error| errors::of(location.as_ref(), error))?;
        here(location, &file)?;
        Ok(file)
    }

    async fn download(
        &self,
        location: &Path,
        version: Option<&FileId>,
        range: Option<Range<u64>>,
    ) -> Result<Downloaded> {
        let downloads = self.backblaze.downloads();
        let mut options = self.download_options();
        options.range = range;
        let downloaded = match version {
            Some(id) => downloads.by_id(id, options).await,
            None => downloads.by_name(&self.bucket_name, location.as_ref(), options).await,
        };
        let downloaded = downloaded.map_err(|error| errors::of(location.as_ref(), error))?;
        here(location, &downloaded.file)?;
        Ok(downloaded)
    }

    fn download_options(&self) -> DownloadOptions {
        let mut options = DownloadOptions::new().with_resume();
        options.encryption = self.customer_key().cloned();
        options
    }

    fn result(&self, location: &Path, downloaded: Downloaded, range: Option<&GetRange>) -> Result<GetResult> {
        let Downloaded { file, body } = downloaded;
        let meta = self.meta(location, &file);
        let range = match range {
            Some(range) if meta.size > 0 => within(location, range, meta.size)?,
            _ => 0..meta.size,
        };
        let expected = range.end - range.start;
        if let Some(length) = body.len().filter(|length| *length != expected) {
            let message = format!("`{location}`: {expected} bytes were asked for, and the answer has {length}");
            let error = Error::new(ErrorKind::Decode, message).with_provider("backblaze");
            return Err(errors::of(location.as_ref(), error.with_outcome(Outcome::Refused)));
        }
        let payload = GetResultPayload::Stream(content(location.clone(), body));
        Ok(GetResult { payload, meta, range, attributes: attributes(file), extensions: Extensions::new() })
    }

    fn meta(&self, location: &Path, file: &DownloadedFile) -> ObjectMeta {
        let source = if self.source_times { file.file_info.source_time() } else { None };
        ObjectMeta {
            location: location.clone(),
            last_modified: SystemTime::from(source.unwrap_or(file.upload_timestamp)).into(),
            size: file.content_length,
            e_tag: Some(file.file_id.get().clone()),
            version: Some(file.file_id.get().clone()),
        }
    }
}

/// The bytes that a range is of so many.
fn within(location: &Path, range: &GetRange, size: u64) -> Result<Range<u64>> {
    range.as_range(size).map_err(|error| {
        let message = format!("`{location}` cannot be read: {error}");
        errors::of(location.as_ref(), Error::invalid(message).with_source(error))
    })
}

/// A version is asked for by its id alone: it might be of another object.
fn here(location: &Path, file: &DownloadedFile) -> Result<()> {
    if file.file_name == location.as_ref() {
        return Ok(());
    }
    let message = format!("the version {} is of `{}`", file.file_id, file.file_name);
    let error = Error::new(ErrorKind::NotFound, message).with_provider("backblaze").with_outcome(Outcome::Refused);
    Err(errors::of(location.as_ref(), error))
}

fn content(location: Path, body: Incoming) -> BoxStream<'static, Result<Bytes>> {
    body.into_stream().map_err(move |error| broken(&location, error)).boxed()
}

fn broken(location: &Path, error: io::Error) -> object_store::Error {
    let kind = match error.kind() {
        io::ErrorKind::InvalidData => ErrorKind::Decode,
        io::ErrorKind::TimedOut => ErrorKind::Timeout,
        _ => ErrorKind::Transport,
    };
    let error = Error::new(kind, format!("`{location}` could not be read to its end: {error}")).with_source(error);
    errors::of(location.as_ref(), error.with_provider("backblaze").with_outcome(Outcome::Refused))
}
