//! Large files: begun, uploaded or copied part by part, and finished; or given up.
//!
//! [`Uploader`](crate::Uploader) does all of this; these are the operations below it.
//!
//! A part has at least 5 MB, but for the last one, and at most 5 GB; there are at most 10,000. Parts may come in any order,
//! and one that comes twice replaces itself. What was begun and never finished stays, and is charged for, until it is
//! cancelled, by hand or by a lifecycle rule.

use howdah_core::{
    Outcome, endpoints,
    http::{Api, Call, Pages, Pagination},
    input,
};
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Action, Encryption, FileId, FileInfo, FileRetention, FileVersion, LegalHold, Part,
    buckets::{BucketId, deleted},
    file_name,
    files::{FileRef, Files},
    session::API_URL,
};

const UNFINISHED: Pagination =
    Pagination::Cursor { next: &[("/nextFileId", "startFileId")], size: ("maxFileCount", 100) };
const PARTS: Pagination =
    Pagination::Cursor { next: &[("/nextPartNumber", "startPartNumber")], size: ("maxPartCount", 1000) };

endpoints! {
    START:           NewLargeFile     => FileVersion      = post("/b2api/v4/b2_start_large_file").base(API_URL);
    COPY_PART:       NewPartCopy      => Part             = post("/b2api/v4/b2_copy_part").base(API_URL).idempotent();
    FINISH:          Finish           => FileVersion      = post("/b2api/v4/b2_finish_large_file").base(API_URL);
    CANCEL:          FileRef          => CancelledFile    = post("/b2api/v4/b2_cancel_large_file").base(API_URL).idempotent();
    LIST_PARTS:      PartFilter       => Vec<Part>        = post("/b2api/v4/b2_list_parts").base(API_URL).envelope("parts").pages(PARTS).safe();
    LIST_UNFINISHED: UnfinishedFilter => Vec<FileVersion> = post("/b2api/v4/b2_list_unfinished_large_files").base(API_URL).envelope("files").pages(UNFINISHED).safe();
}

/// The large files group. Reach it through [`Backblaze::large_files`](crate::Backblaze::large_files).
#[derive(Clone, Debug)]
pub struct LargeFiles(pub(crate) Api);

impl LargeFiles {
    /// Begins a large file.
    ///
    /// `POST /b2api/v4/b2_start_large_file`
    pub fn start(&self, file: NewLargeFile) -> Call<FileVersion> {
        match file_name::check(&file.file_name)
            .and_then(|()| file.file_info.iter().try_for_each(|info| info.check(FileInfo::MOST)))
        {
            Ok(()) => self.0.send(&START, [], file),
            Err(error) => Call::new(async { Err(error) }),
        }
    }

    /// Copies a part from a version that is there already.
    ///
    /// `POST /b2api/v4/b2_copy_part`
    pub fn copy_part(&self, part: NewPartCopy) -> Call<Part> {
        self.0.send(&COPY_PART, [], part)
    }

    /// Makes a file of its parts, whose SHA-1s are given in the order of their numbers.
    ///
    /// When the answer is lost, the file is looked at: finished, it is the answer; unfinished, the error says so
    /// (`Refused`) and the call may be made again.
    ///
    /// `POST /b2api/v4/b2_finish_large_file`
    pub fn finish(&self, id: &FileId, part_sha1s: Vec<String>) -> Call<FileVersion> {
        let (large_files, id) = (self.clone(), id.clone());
        Call::new(async move {
            let finish = Finish { file_id: id.clone(), part_sha1_array: part_sha1s };
            let error = match large_files.0.send(&FINISH, [], finish).await {
                Err(error) if error.outcome() == Outcome::Unknown => error,
                other => return other,
            };
            match Files(large_files.0).get_info(&id).await {
                Ok(file) if file.action == Action::Upload => Ok(file),
                Ok(_) => Err(error.with_outcome(Outcome::Refused)),
                Err(_) => Err(error),
            }
        })
    }

    /// Gives up a large file and its parts. `None` when an attempt whose answer was lost did it.
    ///
    /// `POST /b2api/v4/b2_cancel_large_file`
    pub fn cancel(&self, id: &FileId) -> Call<Option<CancelledFile>> {
        deleted(self.0.send(&CANCEL, [], FileRef { file_id: id.clone() }))
    }

    /// Streams the parts that are there, in the order of their numbers.
    ///
    /// `POST /b2api/v4/b2_list_parts`
    pub fn list_parts(&self, filter: PartFilter) -> Pages<Part> {
        self.0.pages(&LIST_PARTS, [], filter)
    }

    /// Streams what was begun in a bucket and is not finished.
    ///
    /// `POST /b2api/v4/b2_list_unfinished_large_files`
    pub fn list_unfinished(&self, filter: UnfinishedFilter) -> Pages<FileVersion> {
        self.0.pages(&LIST_UNFINISHED, [], filter)
    }
}

input! {
    /// A large file to begin.
    #[serde(rename_all = "camelCase")]
    pub struct NewLargeFile {
        bucket_id: BucketId,
        file_name: String,
        /// `b2/x-auto` lets the service choose by the name's extension.
        content_type: String,
    } optional {
        file_info: FileInfo,
        /// Milliseconds since the epoch, as the service wants it; the account must be allowed to set it.
        custom_upload_timestamp: String,
        file_retention: FileRetention,
        legal_hold: LegalHold,
        server_side_encryption: Encryption,
    }
}

input! {
    /// A part to copy.
    #[serde(rename_all = "camelCase")]
    pub struct NewPartCopy {
        source_file_id: FileId,
        large_file_id: FileId,
        /// 1 to 10,000.
        part_number: u32,
    } optional {
        /// A part of the source, such as `bytes=0-999`.
        range: String,
        source_server_side_encryption: Encryption,
        destination_server_side_encryption: Encryption,
    }
}

/// The parts of a large file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Finish {
    pub file_id: FileId,
    /// The SHA-1 of each part, in the order of their numbers.
    pub part_sha1_array: Vec<String>,
}

/// A large file that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct CancelledFile {
    pub file_id: FileId,
    pub account_id: AccountId,
    pub bucket_id: BucketId,
    pub file_name: String,
}

input! {
    /// Which parts to list.
    #[serde(rename_all = "camelCase")]
    pub struct PartFilter {
        file_id: FileId,
    } optional {
        start_part_number: u32,
        /// The size of a page: 1 to 10,000.
        max_part_count: u32,
    }
}

input! {
    /// Which unfinished large files to list.
    #[serde(rename_all = "camelCase")]
    pub struct UnfinishedFilter {
        bucket_id: BucketId,
    } optional {
        /// The beginning of their names.
        name_prefix: String,
        start_file_id: FileId,
        /// The size of a page: 1 to 100.
        max_file_count: u32,
    }
}
