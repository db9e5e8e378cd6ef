//! Attributes of objects, and where B2 keeps them.

use howdah_core::{
    Error,
    store::object_store::{Attribute, Attributes, Result, TagSet, path::Path},
};

use super::{B2, errors};
use crate::{FileInfo, downloads::DownloadedFile, uploads::NewFile};

/// Attributes and the names of file info that B2 sends as HTTP's own headers.
const HEADERS: [(Attribute, &str); 4] = [
    (Attribute::CacheControl, "b2-cache-control"),
    (Attribute::ContentDisposition, "b2-content-disposition"),
    (Attribute::ContentEncoding, "b2-content-encoding"),
    (Attribute::ContentLanguage, "b2-content-language"),
];

impl B2 {
    /// What an upload says of an object beside its content.
    pub(super) fn new_file(&self, location: &Path, tags: &TagSet, attributes: &Attributes) -> Result<NewFile> {
        if !tags.is_empty() {
            return Err(errors::unsupported(format!(
                "`{location}` has tags, and B2 has none: metadata could hold them"
            )));
        }
        let mut file = NewFile::new(location.as_ref());
        for (attribute, value) in attributes {
            let name = match attribute {
                Attribute::ContentType => {
                    file.content_type = value.to_string();
                    continue;
                }
                Attribute::Metadata(name) => name,
                other => HEADERS.iter().find(|(attribute, _)| attribute == other).map(|(_, name)| *name).ok_or_else(
                    || errors::unsupported(format!("`{location}` has the attribute {other:?}, which B2 has not")),
                )?,
            };
            if file.info.get(name).is_some() {
                let message = format!("two attributes are the file info `{}`: B2 keeps it once", name.to_lowercase());
                return Err(errors::of(location.as_ref(), Error::invalid(message)));
            }
            file.info = file.info.with(name, value.to_string());
        }
        file.retention = self.retention().map_err(|error| errors::of(location.as_ref(), error))?;
        file.encryption.clone_from(&self.encryption);
        Ok(file)
    }
}

/// What a download tells of an object beside its content.
pub(super) fn attributes(file: DownloadedFile) -> Attributes {
    let content_type = file.content_type.map(|value| (Attribute::ContentType, value));
    let info = file.file_info.iter().map(|(name, value)| {
        let header = HEADERS.iter().find(|(_, header)| *header == name);
        let attribute = header.map_or_else(|| Attribute::Metadata(name.to_owned().into()), |(found, _)| found.clone());
        (attribute, value.to_owned())
    });
    content_type.into_iter().chain(info).collect()
}

/// The file info of a copy that is a large file: with the SHA-1 of the whole, which B2 does not keep for one.
pub(super) fn info_of_copy(source: &DownloadedFile) -> FileInfo {
    let info = source.file_info.clone();
    match source.content_sha1.verified() {
        Some(sha1) if info.large_file_sha1().is_none() => info.with(FileInfo::LARGE_FILE_SHA1, sha1),
        _ => info,
    }
}
