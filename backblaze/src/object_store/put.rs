//! Writing objects that are in memory.

use futures::{StreamExt, stream};
use howdah_core::{
    Error, ErrorKind, Outcome,
    http::Body,
    store::object_store::{PutMode, PutOptions, PutPayload, PutResult, Result, path::Path},
};

use http::Extensions;

use super::{B2, errors};
use crate::FileVersion;

impl B2 {
    pub(super) async fn put(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if options.mode != PutMode::Overwrite {
            let message =
                format!("`{location}` cannot be written conditionally: B2 always makes it the newest version");
            return Err(errors::unsupported(message));
        }
        let file = self.new_file(location, &options.tags, &options.attributes)?;
        let uploaded = self.uploader.upload(file, body(payload)).await;
        uploaded.map_err(|error| errors::of(location.as_ref(), error)).and_then(|file| result(location, file))
    }
}

/// The content without a copy of it.
pub(super) fn body(payload: PutPayload) -> Body {
    match payload.as_ref() {
        [] => Body::Empty,
        [only] => Body::Bytes(only.clone()),
        _ => {
            let length = payload.content_length() as u64;
            Body::replayable(move || stream::iter(payload.clone().into_iter().map(Ok)).boxed(), length)
        }
    }
}

pub(super) fn result(location: &Path, file: FileVersion) -> Result<PutResult> {
    let id = file.file_id.map(|id| id.get().clone());
    let id = id.ok_or_else(|| {
        let error = Error::new(ErrorKind::Decode, format!("`{location}` was written, and the answer has no `fileId`"));
        errors::of(location.as_ref(), error.with_provider("backblaze").with_outcome(Outcome::Applied))
    })?;
    Ok(PutResult { e_tag: Some(id.clone()), version: Some(id), extensions: Extensions::new() })
}
