//! What is said of a version before its content comes, and whether the service takes it.

use howdah_core::testing::Answer;
use http::HeaderMap;
use jiff::Timestamp;

use super::{
    State, bad_request as bad, buckets,
    catalog::{Cipher, Kind, More, StoredSha1, Version},
    contents::Content,
    error,
};
use crate::{
    CustomerKey, Encryption, EncryptionMode, FileInfo, FileRetention, LegalHold, RetentionMode,
    account::Capability,
    buckets::{BucketId, PeriodUnit},
    file_name,
};

/// A version as it is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct NewVersion {
    pub(super) name: String,
    pub(super) content_type: String,
    pub(super) info: FileInfo,
    /// Milliseconds since the epoch, as written.
    pub(super) timestamp: Option<String>,
    pub(super) retention: Option<FileRetention>,
    pub(super) legal_hold: Option<LegalHold>,
    pub(super) encryption: Option<Encryption>,
}

/// The text of a header.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Answer> {
    let value = headers.get(name).map(|value| value.to_str().map_err(|_| bad(format!("header {name} is not ASCII"))));
    value.transpose()
}

pub(super) fn required<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Answer> {
    header(headers, name)?.ok_or_else(|| bad(format!("Missing header: {name}")))
}

impl NewVersion {
    /// As the headers of an upload say.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Answer> {
        let decoded = |name: &str, value: &str| {
            file_name::decode(value).ok_or_else(|| bad(format!("Bad percent-encoding in header {name}")))
        };
        let mut info = FileInfo::new();
        for name in headers.keys() {
            if let Some(key) = name.as_str().strip_prefix("x-bz-info-") {
                info = info.with(key, decoded(name.as_str(), required(headers, name.as_str())?)?);
            }
        }
        let until = header(headers, "x-bz-file-retention-retain-until-timestamp")?;
        let retention = match (header(headers, "x-bz-file-retention-mode")?, until) {
            (None, None) => None,
            (Some(mode), Some(until)) => {
                let until = until.parse().ok().and_then(|until| Timestamp::from_millisecond(until).ok());
                let until = until.ok_or_else(|| bad("Bad retain-until timestamp"))?;
                Some(FileRetention { mode: Some(RetentionMode::from(mode)), retain_until_timestamp: Some(until) })
            }
            _ => return Err(bad("A file retention has a mode and a timestamp")),
        };
        Ok(Self {
            name: decoded("X-Bz-File-Name", required(headers, "x-bz-file-name")?)?,
            content_type: required(headers, "content-type")?.to_owned(),
            info,
            timestamp: header(headers, "x-bz-custom-upload-timestamp")?.map(str::to_owned),
            retention,
            legal_hold: header(headers, "x-bz-file-legal-hold")?.map(LegalHold::from),
            encryption: encryption(headers)?,
        })
    }
}

/// The encryption that headers ask for.
pub(super) fn encryption(headers: &HeaderMap) -> Result<Option<Encryption>, Answer> {
    let algorithm = |name| match header(headers, name)? {
        None => Ok(false),
        Some("AES256") => Ok(true),
        Some(_) => Err(bad(format!("{name} must be AES256"))),
    };
    let managed = algorithm("x-bz-server-side-encryption")?;
    let customer = algorithm("x-bz-server-side-encryption-customer-algorithm")?;
    match (managed, customer) {
        (false, false) => Ok(None),
        (true, false) => Ok(Some(Encryption::B2)),
        (true, true) => Err(bad("A file is encrypted with one key")),
        (false, true) => {
            let key = required(headers, "x-bz-server-side-encryption-customer-key")?;
            let md5 = required(headers, "x-bz-server-side-encryption-customer-key-md5")?;
            let bytes = data_encoding::BASE64.decode(key.as_bytes()).ok();
            let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
            let key = bytes.map(|bytes| CustomerKey::new(&bytes)).filter(|key| key.md5() == md5);
            let key = key.ok_or_else(|| bad("The customer's key has not 32 bytes in base64, or its MD5 is another"))?;
            Ok(Some(Encryption::Customer(key)))
        }
    }
}

/// Whether what is encrypted like that can be read with that key, or none.
pub(super) fn opens(cipher: &Cipher, key: Option<&Encryption>) -> Result<(), Answer> {
    match (cipher, key) {
        (Cipher::Customer(md5), Some(Encryption::Customer(key))) if key.md5() == md5 => Ok(()),
        (Cipher::Customer(_), Some(Encryption::Customer(_))) => {
            Err(error(403, "access_denied", "The file is encrypted with another key"))
        }
        (Cipher::Customer(_), _) => Err(bad("The file is encrypted with a customer's key, and it was not sent")),
        (_, Some(Encryption::Customer(_))) => Err(bad("The file is not encrypted with a customer's key")),
        _ => Ok(()),
    }
}

impl State {
    /// The version, its content still empty, if the caller may make it.
    pub(super) fn admit(&self, bucket: &BucketId, kind: Kind, new: NewVersion) -> Result<(String, Version), Answer> {
        let NewVersion { name, content_type, info, timestamp, retention, legal_hold, encryption } = new;
        let held = buckets::find(self, bucket)?;
        self.may(Capability::WriteFiles, Some(bucket), Some(&name))?;
        file_name::check(&name).map_err(|why| bad(why.to_string()))?;
        if content_type.is_empty() {
            return Err(bad("The content type is empty"));
        }
        let lock = held.file_lock_configuration.as_ref().and_then(|lock| lock.value.as_ref());
        let lock = lock.filter(|lock| lock.is_file_lock_enabled);
        if (retention.is_some() || legal_hold.is_some()) && lock.is_none() {
            return Err(error(400, "file_lock_not_enabled", "File lock is not enabled on the bucket"));
        }
        if let Some(retention) = &retention {
            self.may(Capability::WriteFileRetentions, Some(bucket), Some(&name))?;
            self.check_retention(retention)?;
        }
        if let Some(legal_hold) = &legal_hold {
            self.may(Capability::WriteFileLegalHolds, Some(bucket), Some(&name))?;
            check_legal_hold(legal_hold)?;
        }
        let by_default = lock.and_then(|lock| lock.default_retention.as_ref()).and_then(|default| {
            let mode = default.mode.clone().filter(|mode| *mode != RetentionMode::Unretained)?;
            let period = default.period.as_ref()?;
            let days = i64::from(period.duration) * if period.unit == PeriodUnit::Years { 365 } else { 1 };
            let until = self.now + jiff::SignedDuration::from_hours(24 * days);
            Some(FileRetention { mode: Some(mode), retain_until_timestamp: Some(until) })
        });
        let default_cipher = held.default_server_side_encryption.as_ref().and_then(|default| default.value.as_ref());
        let cipher = match &encryption {
            Some(Encryption::Customer(key)) => Cipher::Customer(key.md5().to_owned()),
            Some(Encryption::B2) => Cipher::B2,
            _ if default_cipher.is_some_and(|default| default.mode == Some(EncryptionMode::B2)) => Cipher::B2,
            _ => Cipher::Plain,
        };
        let little = encryption.is_some() || retention.is_some() || legal_hold.is_some();
        info.check(if little { 2048 } else { FileInfo::MOST }).map_err(|why| bad(why.to_string()))?;
        let dated = timestamp.is_some();
        let uploaded = match timestamp {
            None => self.now.as_millisecond(),
            Some(_) if !self.settings.custom_upload_timestamps => {
                return Err(error(400, "custom_timestamp_not_allowed", "The account may not set upload timestamps"));
            }
            Some(text) => {
                let milliseconds = text.parse().ok().filter(|ms| (0..=self.now.as_millisecond()).contains(ms));
                milliseconds.ok_or_else(|| error(400, "custom_timestamp_invalid", "Bad custom upload timestamp"))?
            }
        };
        let content_type = match content_type.as_str() {
            "b2/x-auto" => by_extension(&name).to_owned(),
            _ => content_type,
        };
        let more = More { info, cipher, retention: retention.or(by_default), legal_hold };
        let version = Version {
            serial: 0,
            kind,
            uploaded,
            dated,
            sha1: StoredSha1::Unknown,
            content_type: content_type.into(),
            content: Content::default(),
            more: (more != More::default()).then(|| Box::new(more)),
        };
        Ok((name, version))
    }

    pub(super) fn check_retention(&self, retention: &FileRetention) -> Result<(), Answer> {
        match (&retention.mode, retention.retain_until_timestamp) {
            (Some(RetentionMode::Governance | RetentionMode::Compliance), Some(until)) if until > self.now => Ok(()),
            (Some(RetentionMode::Governance | RetentionMode::Compliance), _) => {
                Err(bad("retainUntilTimestamp must be in the future"))
            }
            (None, None) => Ok(()),
            _ => Err(bad("A file retention has the mode governance or compliance")),
        }
    }
}

pub(super) fn check_legal_hold(legal_hold: &LegalHold) -> Result<(), Answer> {
    match legal_hold {
        LegalHold::On | LegalHold::Off => Ok(()),
        LegalHold::Other(_) => Err(bad("legalHold must be on or off")),
    }
}

/// The content type that `b2/x-auto` stands for.
fn by_extension(name: &str) -> &'static str {
    let (_, extension) = name.rsplit_once('.').unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "avif" => "image/avif",
        "css" => "text/css",
        "csv" => "text/csv",
        "gif" => "image/gif",
        "gz" => "application/gzip",
        "htm" | "html" => "text/html",
        "jpeg" | "jpg" => "image/jpeg",
        "js" => "text/javascript",
        "json" => "application/json",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "ogg" => "audio/ogg",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "tar" => "application/x-tar",
        "txt" => "text/plain",
        "webm" => "video/webm",
        "webp" => "image/webp",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "zst" => "application/zstd",
        _ => "application/octet-stream",
    }
}
