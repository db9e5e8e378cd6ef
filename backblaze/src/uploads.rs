//! Uploads: where to send content, and sending it.
//!
//! [`Uploader`](crate::Uploader) keeps the URLs, repeats what failed and cuts large content into parts; these are the
//! operations below it.
//!
//! A URL is for one upload at a time. After any failure it is good for nothing: fetch another one.

use std::time::Duration;

use howdah_core::{
    Error, Result, Secret, endpoints,
    http::{Api, Body, Call, Upload},
    secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Encryption, FileId, FileInfo, FileRetention, FileVersion, LegalHold, Part,
    buckets::{BucketId, BucketRef},
    file_name,
    files::FileRef,
    session::API_URL,
    sha1::{self, Sha1},
};

endpoints! {
    GET_UPLOAD_URL:      BucketRef => UploadUrl     = post("/b2api/v4/b2_get_upload_url").base(API_URL).safe();
    GET_UPLOAD_PART_URL: FileRef   => UploadPartUrl = post("/b2api/v4/b2_get_upload_part_url").base(API_URL).safe();
    /// At the URL that was handed out, whatever its path.
    UPLOAD_FILE:         Upload    => FileVersion   = post("/b2api/v4/b2_upload_file/{bucket_id}/{slot}");
    /// At the URL that was handed out, whatever its path.
    UPLOAD_PART:         Upload    => Part          = post("/b2api/v4/b2_upload_part/{file_id}/{slot}");
}

/// The uploads group. Reach it through [`Backblaze::uploads`](crate::Backblaze::uploads).
#[derive(Clone, Debug)]
pub struct Uploads(pub(crate) Api);

impl Uploads {
    /// Asks where to upload files of a bucket.
    ///
    /// `POST /b2api/v4/b2_get_upload_url`
    pub fn get_upload_url(&self, bucket: &BucketId) -> Call<UploadUrl> {
        self.0.send(&GET_UPLOAD_URL, [], BucketRef { bucket_id: bucket.clone() })
    }

    /// Asks where to upload parts of a large file.
    ///
    /// `POST /b2api/v4/b2_get_upload_part_url`
    pub fn get_upload_part_url(&self, large_file: &FileId) -> Call<UploadPartUrl> {
        self.0.send(&GET_UPLOAD_PART_URL, [], FileRef { file_id: large_file.clone() })
    }

    /// Uploads a file: one attempt, since another one wants another URL.
    ///
    /// `POST /b2api/v4/b2_upload_file/{bucket_id}/{slot}`
    pub fn upload_file(&self, url: &UploadUrl, file: &NewFile, content: Body, sha1: Sha1) -> Call<FileVersion> {
        self.send_file(url, file, sha1::prepare(content, sha1))
    }

    pub(crate) fn send_file(&self, url: &UploadUrl, file: &NewFile, (body, sha1): (Body, String)) -> Call<FileVersion> {
        let upload = Upload::new(body)
            .with_secret_header("authorization", url.authorization_token.clone())
            .with_header("x-bz-content-sha1", sha1);
        match file.headers(upload) {
            Ok(upload) => self.once().send_at(url.upload_url.expose(), &UPLOAD_FILE, upload),
            Err(error) => Call::new(async { Err(error) }),
        }
    }

    /// Uploads a part of a large file: one attempt, since another one wants another URL.
    ///
    /// `POST /b2api/v4/b2_upload_part/{file_id}/{slot}`
    pub fn upload_part(
        &self,
        url: &UploadPartUrl,
        number: u32,
        content: Body,
        sha1: Sha1,
        encryption: Option<&Encryption>,
    ) -> Call<Part> {
        self.send_part(url, number, sha1::prepare(content, sha1), encryption)
    }

    pub(crate) fn send_part(
        &self,
        url: &UploadPartUrl,
        number: u32,
        (body, sha1): (Body, String),
        encryption: Option<&Encryption>,
    ) -> Call<Part> {
        let mut upload = Upload::new(body)
            .with_secret_header("authorization", url.authorization_token.clone())
            .with_header("x-bz-part-number", number.to_string())
            .with_header("x-bz-content-sha1", sha1);
        if let Some(encryption @ Encryption::Customer(_)) = encryption {
            upload = encryption_headers(upload, encryption);
        }
        self.once().send_at(url.upload_url.expose(), &UPLOAD_PART, upload)
    }

    /// One attempt, which has the time that its length needs.
    fn once(&self) -> Api {
        self.0.with_retry(self.0.retry().with_attempts(1).with_total(Duration::MAX))
    }
}

/// Where one upload at a time of a bucket's files goes, for up to 24 hours or until the first failure.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct UploadUrl {
    pub bucket_id: BucketId,
    /// Whoever has URL and token may upload.
    #[serde(serialize_with = "secret::expose")]
    pub upload_url: Secret,
    #[serde(serialize_with = "secret::expose")]
    pub authorization_token: Secret,
}

/// Where one upload at a time of a large file's parts goes, for up to 24 hours or until the first failure.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct UploadPartUrl {
    pub file_id: FileId,
    /// Whoever has URL and token may upload.
    #[serde(serialize_with = "secret::expose")]
    pub upload_url: Secret,
    #[serde(serialize_with = "secret::expose")]
    pub authorization_token: Secret,
}

/// What is said of a file when it is uploaded.
///
/// ```
/// use howdah_backblaze::{FileInfo, uploads::NewFile};
///
/// let file = NewFile::new("media/1.jpg").with_content_type("image/jpeg").with_info(FileInfo::new().with("author", "ada"));
/// # let _ = file;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct NewFile {
    pub name: String,
    /// `b2/x-auto`, unless it is set: the service chooses by the name's extension.
    pub content_type: String,
    pub info: FileInfo,
    /// Instead of the present; the account must be allowed to set it.
    pub upload_timestamp: Option<Timestamp>,
    pub retention: Option<FileRetention>,
    pub legal_hold: Option<LegalHold>,
    pub encryption: Option<Encryption>,
}

impl NewFile {
    /// A file by its name, and nothing else said.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            content_type: "b2/x-auto".to_owned(),
            info: FileInfo::new(),
            upload_timestamp: None,
            retention: None,
            legal_hold: None,
            encryption: None,
        }
    }

    /// Sets the content type.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }

    /// Sets what the file carries beside its content.
    #[must_use]
    pub fn with_info(mut self, info: FileInfo) -> Self {
        self.info = info;
        self
    }

    /// Sets when it is said to have been uploaded.
    #[must_use]
    pub fn with_upload_timestamp(mut self, timestamp: Timestamp) -> Self {
        self.upload_timestamp = Some(timestamp);
        self
    }

    /// Sets until when it cannot be deleted.
    #[must_use]
    pub fn with_retention(mut self, retention: FileRetention) -> Self {
        self.retention = Some(retention);
        self
    }

    /// Puts it under a legal hold.
    #[must_use]
    pub fn with_legal_hold(mut self, legal_hold: LegalHold) -> Self {
        self.legal_hold = Some(legal_hold);
        self
    }

    /// Sets how it is encrypted; the bucket's default without it.
    #[must_use]
    pub fn with_encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = Some(encryption);
        self
    }

    /// Whether the service would take it.
    pub(crate) fn check(&self) -> Result<()> {
        file_name::check(&self.name)?;
        if self.encryption == Some(Encryption::Unencrypted) {
            return Err(Error::invalid("a file cannot ask to be unencrypted: the bucket's default applies"));
        }
        let little = self.encryption.is_some() || self.retention.is_some() || self.legal_hold.is_some();
        self.info.check(if little { 2048 } else { FileInfo::MOST })
    }

    fn headers(&self, mut upload: Upload) -> Result<Upload> {
        self.check()?;
        upload = upload
            .with_content_type(self.content_type.clone())
            .with_header("x-bz-file-name", file_name::encode(&self.name));
        for (name, value) in self.info.iter() {
            upload = upload.with_header(format!("x-bz-info-{name}"), file_name::encode(value));
        }
        if let Some(timestamp) = self.upload_timestamp {
            upload = upload.with_header("x-bz-custom-upload-timestamp", timestamp.as_millisecond().to_string());
        }
        if let Some(FileRetention { mode: Some(mode), retain_until_timestamp: Some(until) }) = &self.retention {
            upload = upload
                .with_header("x-bz-file-retention-mode", mode.as_str())
                .with_header("x-bz-file-retention-retain-until-timestamp", until.as_millisecond().to_string());
        }
        if let Some(legal_hold) = &self.legal_hold {
            upload = upload.with_header("x-bz-file-legal-hold", legal_hold.as_str());
        }
        Ok(match &self.encryption {
            Some(encryption) => encryption_headers(upload, encryption),
            None => upload,
        })
    }
}

pub(crate) fn encryption_headers(upload: Upload, encryption: &Encryption) -> Upload {
    match encryption {
        Encryption::Unencrypted => upload,
        Encryption::B2 => upload.with_header("x-bz-server-side-encryption", "AES256"),
        Encryption::Customer(key) => upload
            .with_header("x-bz-server-side-encryption-customer-algorithm", "AES256")
            .with_secret_header("x-bz-server-side-encryption-customer-key", key.key().clone())
            .with_header("x-bz-server-side-encryption-customer-key-md5", key.md5()),
    }
}
