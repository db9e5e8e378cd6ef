//! What several groups share: file versions, parts, encryption, retention.

use std::{collections::BTreeMap, fmt};

use howdah_core::{Error, Id, Result, Secret, open_enum, secret};
use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{buckets::BucketId, file_name};

/// The id of a version of a file: it names that version for ever.
pub type FileId = Id<FileVersion, String>;

/// The id of an account.
pub type AccountId = Id<crate::account::Authorization, String>;

/// A version of a file, as answers tell of it. Also what hides a file, what was begun, and a folder in a listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct FileVersion {
    /// Without the rights to see it, `None`.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    pub action: Action,
    #[serde(default)]
    pub bucket_id: Option<BucketId>,
    /// Bytes; 0 for what is no content.
    #[serde(default, alias = "size", deserialize_with = "or_default")]
    pub content_length: u64,
    #[serde(default)]
    pub content_md5: Option<String>,
    #[serde(default)]
    pub content_sha1: Option<ContentSha1>,
    #[serde(default)]
    pub content_type: Option<String>,
    /// A folder has none.
    #[serde(default)]
    pub file_id: Option<FileId>,
    #[serde(default, deserialize_with = "or_default")]
    pub file_info: FileInfo,
    pub file_name: String,
    #[serde(default)]
    pub file_retention: Option<Readable<FileRetention>>,
    #[serde(default)]
    pub legal_hold: Option<Readable<LegalHold>>,
    #[serde(default)]
    pub replication_status: Option<ReplicationStatus>,
    #[serde(default)]
    pub server_side_encryption: Option<ServerSideEncryption>,
    /// When it was uploaded; the epoch for a folder.
    #[serde(default = "epoch", with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub upload_timestamp: Timestamp,
}

fn epoch() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// Absent and null are the same.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

open_enum! {
    /// What a version stands for.
    pub enum Action {
        /// A large file that is not finished.
        Start = "start",
        /// Content.
        Upload = "upload",
        /// A marker that hides the versions before it.
        Hide = "hide",
        /// Several names below a delimiter, in a listing.
        Folder = "folder",
        /// Content that was copied.
        Copy = "copy",
    }
}

open_enum! {
    /// How far the copy of a version to another bucket has come. Written in either case by the service.
    pub enum ReplicationStatus {
        /// Waits for its turn.
        Pending = "PENDING",
        /// Done.
        Completed = "COMPLETED",
        /// Given up.
        Failed = "FAILED",
        /// This version is itself such a copy.
        Replica = "REPLICA",
    }
}

/// What is known of the SHA-1 of a version's content. A large file has none of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentSha1 {
    /// 40 hexadecimal digits that the service checked.
    Verified(String),
    /// 40 hexadecimal digits that nobody checked.
    Unverified(String),
    /// A large file.
    None,
}

impl ContentSha1 {
    /// The digits, where the service checked them.
    pub fn verified(&self) -> Option<&str> {
        match self {
            Self::Verified(sha1) => Some(sha1),
            _ => None,
        }
    }
}

impl From<&str> for ContentSha1 {
    fn from(text: &str) -> Self {
        match text.strip_prefix("unverified:") {
            Some(sha1) => Self::Unverified(sha1.to_owned()),
            None if is_sha1(text) => Self::Verified(text.to_ascii_lowercase()),
            None => Self::None,
        }
    }
}

/// Whether this is a SHA-1 in hexadecimal.
pub(crate) fn is_sha1(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl fmt::Display for ContentSha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified(sha1) => f.write_str(sha1),
            Self::Unverified(sha1) => write!(f, "unverified:{sha1}"),
            Self::None => f.write_str("none"),
        }
    }
}

impl Serialize for ContentSha1 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentSha1 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(String::deserialize(deserializer)?.as_str().into())
    }
}

/// A part of a large file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Part {
    pub file_id: FileId,
    /// From 1 on.
    pub part_number: u32,
    /// Bytes.
    pub content_length: u64,
    #[serde(default)]
    pub content_sha1: Option<ContentSha1>,
    #[serde(default)]
    pub content_md5: Option<String>,
    #[serde(default)]
    pub server_side_encryption: Option<ServerSideEncryption>,
    #[serde(default = "epoch", with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub upload_timestamp: Timestamp,
}

/// A setting that not every key may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Readable<T> {
    /// Whether the key may see it: otherwise `value` says nothing.
    #[serde(default)]
    pub is_client_authorized_to_read: bool,
    #[serde(default = "Option::default")]
    pub value: Option<T>,
}

/// The names beginning with `b2-` that have a meaning.
const B2_NAMES: [&str; 5] =
    ["b2-content-disposition", "b2-content-language", "b2-content-encoding", "b2-cache-control", "b2-expires"];

/// Names and values that a file carries beside its content.
///
/// A name has at most 50 bytes, in lower case; names and values of a file together have at most 7,000 bytes, or 2,048 where
/// the file is encrypted or locked.
///
/// ```
/// use howdah_backblaze::FileInfo;
///
/// let info = FileInfo::new().with("author", "ada").with_source_time("2022-12-04T09:00:00Z".parse().unwrap());
/// assert_eq!(info.get("src_last_modified_millis"), Some("1670144400000"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileInfo(BTreeMap<String, String>);

impl FileInfo {
    /// How many bytes names and values may have in all.
    pub(crate) const MOST: usize = 7000;
    /// The name under which tools keep the time of the source file, in milliseconds.
    pub const SOURCE_TIME: &'static str = "src_last_modified_millis";
    /// The name under which tools keep the SHA-1 of a whole large file.
    pub const LARGE_FILE_SHA1: &'static str = "large_file_sha1";

    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value; names are kept in lower case, as the service does.
    #[must_use]
    pub fn with(mut self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        self.0.insert(name.as_ref().to_ascii_lowercase(), value.into());
        self
    }

    /// Says when the source file was last changed.
    #[must_use]
    pub fn with_source_time(self, time: Timestamp) -> Self {
        self.with(Self::SOURCE_TIME, time.as_millisecond().to_string())
    }

    /// A value; the case of the name does not matter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// When the source file was last changed, if whoever uploaded it said so.
    pub fn source_time(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.get(Self::SOURCE_TIME)?.parse().ok()?).ok()
    }

    /// The SHA-1 of a whole large file, if whoever uploaded it said so.
    pub fn large_file_sha1(&self) -> Option<&str> {
        self.get(Self::LARGE_FILE_SHA1).filter(|sha1| is_sha1(sha1))
    }

    /// All of it, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the service would take it, `most` bytes being allowed in all.
    pub(crate) fn check(&self, most: usize) -> Result<()> {
        for (name, value) in self.iter() {
            let wrong = |why: &str| Err(Error::invalid(format!("the file info `{name}` {why}")));
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.`~!#$%^&*'|+".contains(&byte);
            if name.is_empty() || name.len() > 50 || !name.bytes().all(plain) {
                return wrong("has a name that is not 1 to 50 letters, digits or -_.`~!#$%^&*'|+");
            }
            if name.starts_with("b2-") && !B2_NAMES.contains(&name) {
                return wrong("has a name that B2 keeps for itself (it begins with `b2-`)");
            }
            if value.chars().any(char::is_control) {
                return wrong("has a value with a control character");
            }
        }
        let bytes: usize = self.iter().map(|(name, value)| name.len() + file_name::encode(value).len()).sum();
        if bytes > most {
            return Err(Error::invalid(format!("the file info has {bytes} bytes, and B2 takes {most}")));
        }
        Ok(())
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for FileInfo {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        pairs.into_iter().fold(Self::new(), |info, (name, value)| info.with(name, value))
    }
}

// Encryption.

/// How a version is encrypted, as answers tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct ServerSideEncryption {
    /// `None` when it is not encrypted.
    #[serde(default)]
    pub mode: Option<EncryptionMode>,
    #[serde(default)]
    pub algorithm: Option<String>,
}

open_enum! {
    /// Who holds the key.
    pub enum EncryptionMode {
        /// Nobody: there is none.
        Unencrypted = "none",
        /// Backblaze.
        B2 = "SSE-B2",
        /// Whoever uploads: the key goes with each upload, copy and download.
        Customer = "SSE-C",
    }
}

/// How something is to be encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "EncryptionFields", into = "EncryptionFields")]
#[non_exhaustive]
pub enum Encryption {
    /// Not at all.
    Unencrypted,
    /// With a key that Backblaze holds.
    B2,
    /// With a key that goes with each request.
    Customer(CustomerKey),
}

/// A key of 32 bytes for AES-256 that Backblaze does not keep: what it encrypted is lost with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerKey {
    key: Secret,
    md5: String,
}

impl CustomerKey {
    /// With the key's bytes.
    pub fn new(key: &[u8; 32]) -> Self {
        let md5 = data_encoding::BASE64.encode(&Md5::digest(key));
        Self { key: data_encoding::BASE64.encode(key).into(), md5 }
    }

    /// The key in base64.
    pub(crate) fn key(&self) -> &Secret {
        &self.key
    }

    /// The MD5 of the key in base64, by which the service tells keys apart.
    pub fn md5(&self) -> &str {
        &self.md5
    }
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EncryptionFields {
    mode: Option<EncryptionMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "secret::expose_option")]
    customer_key: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_key_md5: Option<String>,
}

impl From<EncryptionFields> for Encryption {
    fn from(fields: EncryptionFields) -> Self {
        match (fields.mode, fields.customer_key) {
            (Some(EncryptionMode::B2), _) => Self::B2,
            (Some(EncryptionMode::Customer), Some(key)) => {
                Self::Customer(CustomerKey { key, md5: fields.customer_key_md5.unwrap_or_default() })
            }
            _ => Self::Unencrypted,
        }
    }
}

impl From<Encryption> for EncryptionFields {
    fn from(encryption: Encryption) -> Self {
        let algorithm = Some("AES256".to_owned());
        match encryption {
            Encryption::Unencrypted => Self { mode: Some(EncryptionMode::Unencrypted), ..Self::default() },
            Encryption::B2 => Self { mode: Some(EncryptionMode::B2), algorithm, ..Self::default() },
            Encryption::Customer(CustomerKey { key, md5 }) => Self {
                mode: Some(EncryptionMode::Customer),
                algorithm,
                customer_key: Some(key),
                customer_key_md5: Some(md5),
            },
        }
    }
}

// Object lock.

/// Until when a version cannot be deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct FileRetention {
    /// `None`: it is not retained.
    #[serde(default)]
    pub mode: Option<RetentionMode>,
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub retain_until_timestamp: Option<Timestamp>,
}

impl FileRetention {
    /// Not retained: what lifts a retention in governance mode.
    pub fn none() -> Self {
        Self::default()
    }

    /// Until then; a key with `bypassGovernance` may still delete it or shorten the time.
    pub fn governance(until: Timestamp) -> Self {
        Self { mode: Some(RetentionMode::Governance), retain_until_timestamp: Some(until) }
    }

    /// Until then, for everyone: the time can be made longer, never shorter.
    pub fn compliance(until: Timestamp) -> Self {
        Self { mode: Some(RetentionMode::Compliance), retain_until_timestamp: Some(until) }
    }
}

open_enum! {
    /// How strictly a version is retained.
    pub enum RetentionMode {
        /// A key with the capability may lift it.
        Governance = "governance",
        /// Nobody may.
        Compliance = "compliance",
        /// Not at all, in a bucket's default.
        Unretained = "none",
    }
}

open_enum! {
    /// Whether a version is kept until further notice.
    pub enum LegalHold {
        /// It is.
        On = "on",
        /// It is not.
        Off = "off",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_with_little_in_it_is_read() {
        let folder = json!({ "action": "folder", "fileName": "a/", "fileId": null, "contentType": null,
            "fileInfo": null, "contentLength": 0, "uploadTimestamp": 0, "later": true });
        let folder: FileVersion = serde_json::from_value(folder).unwrap();
        assert_eq!((folder.action, folder.file_id), (Action::Folder, None));
        let old = json!({ "action": "archive", "fileName": "a", "size": 7, "contentSha1": "none" });
        let old: FileVersion = serde_json::from_value(old).unwrap();
        assert_eq!((old.content_length, old.content_sha1), (7, Some(ContentSha1::None)));
    }

    #[test]
    fn a_customers_key_is_sent_and_not_shown() {
        let encryption = Encryption::Customer(CustomerKey::new(&[7; 32]));
        assert!(!format!("{encryption:?}").contains("BwcH"));
        let sent = serde_json::to_value(&encryption).unwrap();
        assert_eq!(sent["customerKey"], "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
        assert_eq!((&sent["mode"], &sent["algorithm"]), (&json!("SSE-C"), &json!("AES256")));
        assert_eq!(serde_json::from_value::<Encryption>(sent).unwrap(), encryption);
        assert_eq!(serde_json::to_value(Encryption::Unencrypted).unwrap(), json!({ "mode": "none" }));
    }

    #[test]
    fn file_info_is_checked_before_it_is_sent() {
        let check = |name: &str, value: &str| FileInfo::new().with(name, value).check(7000);
        assert!(check("author", "ü").is_ok());
        assert!(check("b2-cache-control", "max-age=1").is_ok());
        for (name, value) in [("b2-mine", "x"), ("", "x"), ("a b", "x"), (&"n".repeat(51), "x"), ("a", "x\ny")] {
            assert!(check(name, value).unwrap_err().is_invalid(), "{name:?}");
        }
        assert!(check("a", &"x".repeat(7000)).is_err());
    }
}
