//! Files and their versions: listing, hiding, deleting, copying, locking.
//!
//! ```
//! use futures::TryStreamExt;
//! use howdah_backblaze::files::{NameFilter, VersionFilter};
//! # use howdah_backblaze::testing::FakeBackblaze;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeBackblaze::new();
//! # let backblaze = fake.client();
//! # let bucket = fake.create_bucket("vmst-media");
//! # fake.put(&bucket, "cache/1.jpg", "image");
//! let files = backblaze.files();
//! let mut names = files.list_names(NameFilter::new(bucket.clone()).with_prefix("cache/"));
//! while let Some(file) = names.try_next().await? {
//!     println!("{} has {} bytes", file.file_name, file.content_length);
//! }
//!
//! files.hide(&bucket, "cache/1.jpg").await?;
//! let versions = files.list_versions(VersionFilter::new(bucket)).all().await?;
//! assert_eq!(versions.len(), 2); // the marker that hides, and the content that it hides
//! # Ok(()) }
//! ```
//!
//! A name may have several versions; the newest one is what a download by name gives, unless it hides the file. Deleting
//! a version is for good, and uncovers the one before it.

use howdah_core::{
    Error, Outcome, Result, endpoints,
    http::{Api, Call, Pages, Pagination},
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use crate::{
    Action, Encryption, FileId, FileInfo, FileRetention, FileVersion, LegalHold,
    buckets::{BucketId, deleted},
    file_name,
    session::API_URL,
};

const NAMES: Pagination =
    Pagination::Cursor { next: &[("/nextFileName", "startFileName")], size: ("maxFileCount", 1000) };
const VERSIONS: Pagination = Pagination::Cursor {
    next: &[("/nextFileName", "startFileName"), ("/nextFileId", "startFileId")],
    size: ("maxFileCount", 1000),
};

endpoints! {
    LIST_NAMES:        NameFilter      => Vec<FileVersion>  = post("/b2api/v4/b2_list_file_names").base(API_URL).envelope("files").pages(NAMES).safe();
    LIST_VERSIONS:     VersionFilter   => Vec<FileVersion>  = post("/b2api/v4/b2_list_file_versions").base(API_URL).envelope("files").pages(VERSIONS).safe();
    GET_INFO:          FileRef         => FileVersion       = post("/b2api/v4/b2_get_file_info").base(API_URL).safe();
    HIDE:              NameRef         => FileVersion       = post("/b2api/v4/b2_hide_file").base(API_URL).idempotent();
    DELETE_VERSION:    VersionRef      => DeletedVersion    = post("/b2api/v4/b2_delete_file_version").base(API_URL).idempotent();
    COPY:              NewCopy         => FileVersion       = post("/b2api/v4/b2_copy_file").base(API_URL);
    UPDATE_RETENTION:  RetentionUpdate => UpdatedRetention  = post("/b2api/v4/b2_update_file_retention").base(API_URL).idempotent();
    UPDATE_LEGAL_HOLD: LegalHoldUpdate => UpdatedLegalHold  = post("/b2api/v4/b2_update_file_legal_hold").base(API_URL).idempotent();
}

/// The files group. Reach it through [`Backblaze::files`](crate::Backblaze::files).
#[derive(Clone, Debug)]
pub struct Files(pub(crate) Api);

impl Files {
    /// Streams the newest versions of a bucket's files in the order of their names (by bytes), without hidden ones. Every
    /// 1,000 files are a billed transaction.
    ///
    /// `POST /b2api/v4/b2_list_file_names`
    pub fn list_names(&self, filter: NameFilter) -> Pages<FileVersion> {
        self.0.pages(&LIST_NAMES, [], filter)
    }

    /// Streams all versions of a bucket's files in the order of their names, the newest one of a name first. Every 1,000
    /// versions are a billed transaction.
    ///
    /// `POST /b2api/v4/b2_list_file_versions`
    pub fn list_versions(&self, filter: VersionFilter) -> Pages<FileVersion> {
        if filter.start_file_id.is_some() && filter.start_file_name.is_none() {
            let error = Error::invalid("`startFileId` needs `startFileName`");
            return Pages::after(async { Err(error) });
        }
        self.0.pages(&LIST_VERSIONS, [], filter)
    }

    /// Reads what there is to know about a version.
    ///
    /// `POST /b2api/v4/b2_get_file_info`
    pub fn get_info(&self, id: &FileId) -> Call<FileVersion> {
        self.0.send(&GET_INFO, [], FileRef { file_id: id.clone() })
    }

    /// Hides a file: a download by name does not find it any more, and its versions stay. Answers the marker.
    ///
    /// `POST /b2api/v4/b2_hide_file`
    pub fn hide(&self, bucket: &BucketId, name: &str) -> Call<FileVersion> {
        let (files, bucket, name) = (self.clone(), bucket.clone(), name.to_owned());
        Call::new(async move {
            file_name::check(&name)?;
            let file = NameRef { bucket_id: bucket.clone(), file_name: name.clone() };
            match files.0.send(&HIDE, [], file).await {
                // By an attempt whose answer was lost.
                Err(error) if error.is_conflict() && error.outcome() == Outcome::Unknown => {
                    let newest = files.newest(&bucket, &name).await?;
                    newest.filter(|newest| newest.action == Action::Hide).ok_or(error)
                }
                other => other,
            }
        })
    }

    /// The newest version of a name, a marker that hides it included.
    pub(crate) async fn newest(&self, bucket: &BucketId, name: &str) -> Result<Option<FileVersion>> {
        let filter = VersionFilter::new(bucket.clone()).with_prefix(name).with_max_file_count(1u32);
        let page = self.list_versions(filter).by_page();
        let first = futures::TryStreamExt::try_next(&mut Box::pin(page)).await?;
        Ok(first.into_iter().flatten().find(|version| version.file_name == name))
    }

    /// Deletes a version for good. `None` when an attempt whose answer was lost deleted it.
    ///
    /// A retention in governance mode is overridden with [`VersionRef::with_bypass_governance`]; nothing overrides a
    /// retention in compliance mode or a legal hold.
    ///
    /// `POST /b2api/v4/b2_delete_file_version`
    pub fn delete_version(&self, version: VersionRef) -> Call<Option<DeletedVersion>> {
        deleted(self.0.send(&DELETE_VERSION, [], version))
    }

    /// Copies a version without moving its bytes through here: up to 5 GB, within the account.
    ///
    /// Larger ones go by [`LargeFiles::copy_part`](crate::large_files::LargeFiles::copy_part).
    ///
    /// `POST /b2api/v4/b2_copy_file`
    pub fn copy(&self, copy: NewCopy) -> Call<FileVersion> {
        match copy.checked() {
            Ok(copy) => self.0.send(&COPY, [], copy),
            Err(error) => Call::new(async { Err(error) }),
        }
    }

    /// Changes until when a version is retained.
    ///
    /// `POST /b2api/v4/b2_update_file_retention`
    pub fn update_retention(&self, update: RetentionUpdate) -> Call<UpdatedRetention> {
        self.0.send(&UPDATE_RETENTION, [], update)
    }

    /// Puts a version under a legal hold, or lifts it.
    ///
    /// `POST /b2api/v4/b2_update_file_legal_hold`
    pub fn update_legal_hold(&self, update: LegalHoldUpdate) -> Call<UpdatedLegalHold> {
        self.0.send(&UPDATE_LEGAL_HOLD, [], update)
    }
}

input! {
    /// Which names to list.
    #[serde(rename_all = "camelCase")]
    pub struct NameFilter {
        bucket_id: BucketId,
    } optional {
        /// The first name, if there is such a file.
        start_file_name: String,
        /// The size of a page: 1 to 10,000.
        max_file_count: u32,
        prefix: String,
        /// Names that are the same up to the first delimiter after the prefix are one entry, a folder.
        delimiter: String,
    }
}

input! {
    /// Which versions to list.
    #[serde(rename_all = "camelCase")]
    pub struct VersionFilter {
        bucket_id: BucketId,
    } optional {
        /// The first name, if there is such a file.
        start_file_name: String,
        /// The first version of that name.
        start_file_id: FileId,
        /// The size of a page: 1 to 10,000.
        max_file_count: u32,
        prefix: String,
        /// Names that are the same up to the first delimiter after the prefix are one entry, a folder.
        delimiter: String,
    }
}

/// A version by its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct FileRef {
    pub file_id: FileId,
}

/// A file by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct NameRef {
    pub bucket_id: BucketId,
    pub file_name: String,
}

input! {
    /// A version to delete.
    #[serde(rename_all = "camelCase")]
    pub struct VersionRef {
        file_name: String,
        file_id: FileId,
    } optional {
        /// Also if it is retained in governance mode; needs the capability of that name.
        bypass_governance: bool,
    }
}

/// What was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct DeletedVersion {
    pub file_id: FileId,
    pub file_name: String,
}

input! {
    /// A copy to make.
    #[serde(rename_all = "camelCase")]
    pub struct NewCopy {
        source_file_id: FileId,
        /// The name of the copy.
        file_name: String,
    } optional {
        /// The source's own bucket without it.
        destination_bucket_id: BucketId,
        /// A part of the source, such as `bytes=0-999`.
        range: String,
        metadata_directive: MetadataDirective,
        /// With [`MetadataDirective::Replace`], and only then.
        content_type: String,
        /// With [`MetadataDirective::Replace`], and only then.
        file_info: FileInfo,
        file_retention: FileRetention,
        legal_hold: LegalHold,
        /// With the key, where the source is encrypted with a customer's.
        source_server_side_encryption: Encryption,
        destination_server_side_encryption: Encryption,
    }
}

impl NewCopy {
    fn checked(self) -> Result<Self> {
        file_name::check(&self.file_name)?;
        let replace = self.metadata_directive == Some(MetadataDirective::Replace);
        if replace && self.content_type.is_none() {
            return Err(Error::invalid("`contentType` is missing: `metadataDirective` is REPLACE"));
        }
        if !replace && (self.content_type.is_some() || self.file_info.is_some()) {
            return Err(Error::invalid("`contentType` and `fileInfo` need the `metadataDirective` REPLACE"));
        }
        self.file_info.iter().try_for_each(|info| info.check(FileInfo::MOST))?;
        Ok(self)
    }
}

open_enum! {
    /// Where a copy has its content type and file info from.
    pub enum MetadataDirective {
        /// From its source.
        Copy = "COPY",
        /// From the request.
        Replace = "REPLACE",
    }
}

input! {
    /// Until when a version is to be retained.
    #[serde(rename_all = "camelCase")]
    pub struct RetentionUpdate {
        file_name: String,
        file_id: FileId,
        file_retention: FileRetention,
    } optional {
        /// Also if that shortens or lifts a retention in governance mode; needs the capability of that name.
        bypass_governance: bool,
    }
}

/// Until when a version is retained now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct UpdatedRetention {
    pub file_id: FileId,
    pub file_name: String,
    pub file_retention: FileRetention,
}

/// Whether a version is to be kept until further notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct LegalHoldUpdate {
    pub file_name: String,
    pub file_id: FileId,
    pub legal_hold: LegalHold,
}

/// Whether a version is kept until further notice now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct UpdatedLegalHold {
    pub file_id: FileId,
    pub file_name: String,
    pub legal_hold: LegalHold,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_replaces_all_or_nothing() {
        let copy = || NewCopy::new(FileId::new("4_z1".into()), "a");
        assert!(copy().checked().is_ok());
        assert!(copy().with_content_type("text/plain").checked().is_err());
        assert!(copy().with_metadata_directive(MetadataDirective::Replace).checked().is_err());
        let whole = copy().with_metadata_directive(MetadataDirective::Replace).with_content_type("text/plain");
        assert!(whole.checked().is_ok());
        assert!(NewCopy::new(FileId::new("4_z1".into()), "a//b").checked().is_err());
    }
}
