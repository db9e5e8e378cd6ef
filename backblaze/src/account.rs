//! Who asks, and where the service is for them.

use howdah_core::{
    Error, ErrorKind, Result, Secret, endpoints,
    http::{Api, Call},
    open_enum,
};
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::{AccountId, buckets::BucketId, session::Session};

endpoints! {
    AUTHORIZE: () => Authorization = get("/b2api/v4/b2_authorize_account");
}

/// The account group. Reach it through [`Backblaze::account`](crate::Backblaze::account).
#[derive(Clone, Debug)]
pub struct Account(pub(crate) Api, pub(crate) Arc<Session>);

impl Account {
    /// The authorization that this client's calls share, fetched now if there is none yet.
    ///
    /// `GET /b2api/v4/b2_authorize_account`
    pub fn authorization(&self) -> Call<Authorization> {
        let Self(api, session) = self.clone();
        Call::new(async move { session.authorization(&api).await })
    }
}

/// What an application key was given: a token for up to 24 hours, the hosts to use it at, and what it may do there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Authorization {
    pub account_id: AccountId,
    #[serde(serialize_with = "howdah_core::secret::expose")]
    pub authorization_token: Secret,
    pub api_info: ApiInfo,
    /// When the key itself expires.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub application_key_expiration_timestamp: Option<Timestamp>,
}

/// The APIs of the account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct ApiInfo {
    pub storage_api: StorageApi,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_api: Option<GroupsApi>,
}

/// The storage API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct StorageApi {
    /// Bytes that a part must have, but for the last one.
    pub absolute_minimum_part_size: u64,
    /// Bytes that a part had best have.
    pub recommended_part_size: u64,
    pub api_url: String,
    pub download_url: String,
    #[serde(default)]
    pub s3_api_url: Option<String>,
    #[serde(default)]
    pub allowed: Allowed,
}

/// What a key may do.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Allowed {
    /// `None`: all buckets.
    #[serde(default)]
    pub buckets: Option<Vec<AllowedBucket>>,
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// Only files whose names begin with this.
    #[serde(default)]
    pub name_prefix: Option<String>,
}

impl Allowed {
    /// Whether the key may do this, somewhere.
    pub fn may(&self, capability: &Capability) -> bool {
        self.capabilities.contains(capability)
    }
}

/// A bucket that a key is restricted to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct AllowedBucket {
    pub id: BucketId,
    /// `None` when the bucket is gone.
    #[serde(default)]
    pub name: Option<String>,
}

/// The groups API, which this crate does not have.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct GroupsApi {
    #[serde(default)]
    pub groups_api_url: Option<String>,
    #[serde(default)]
    pub info_type: Option<String>,
}

open_enum! {
    /// Something that a key may do.
    pub enum Capability {
        /// Lists keys.
        ListKeys = "listKeys",
        /// Creates keys.
        WriteKeys = "writeKeys",
        /// Deletes keys.
        DeleteKeys = "deleteKeys",
        /// Lists buckets.
        ListBuckets = "listBuckets",
        /// Lists the names of all buckets, whatever the key is restricted to.
        ListAllBucketNames = "listAllBucketNames",
        /// Reads the settings of buckets.
        ReadBuckets = "readBuckets",
        /// Creates and changes buckets.
        WriteBuckets = "writeBuckets",
        /// Deletes buckets.
        DeleteBuckets = "deleteBuckets",
        /// Reads a bucket's default encryption.
        ReadBucketEncryption = "readBucketEncryption",
        /// Changes it.
        WriteBucketEncryption = "writeBucketEncryption",
        /// Reads a bucket's default retention.
        ReadBucketRetentions = "readBucketRetentions",
        /// Changes it.
        WriteBucketRetentions = "writeBucketRetentions",
        /// Reads a bucket's replication.
        ReadBucketReplications = "readBucketReplications",
        /// Changes it.
        WriteBucketReplications = "writeBucketReplications",
        /// Reads a bucket's event notifications.
        ReadBucketNotifications = "readBucketNotifications",
        /// Changes them.
        WriteBucketNotifications = "writeBucketNotifications",
        /// Reads a bucket's logging.
        ReadBucketLogging = "readBucketLogging",
        /// Changes it.
        WriteBucketLogging = "writeBucketLogging",
        /// Reads a bucket's lifecycle rules.
        ReadBucketLifecycleRules = "readBucketLifecycleRules",
        /// Changes them.
        WriteBucketLifecycleRules = "writeBucketLifecycleRules",
        /// Lists files.
        ListFiles = "listFiles",
        /// Downloads files.
        ReadFiles = "readFiles",
        /// Gives others the right to download.
        ShareFiles = "shareFiles",
        /// Uploads, copies and hides files.
        WriteFiles = "writeFiles",
        /// Deletes versions of files.
        DeleteFiles = "deleteFiles",
        /// Sees legal holds.
        ReadFileLegalHolds = "readFileLegalHolds",
        /// Sets legal holds.
        WriteFileLegalHolds = "writeFileLegalHolds",
        /// Sees retentions.
        ReadFileRetentions = "readFileRetentions",
        /// Sets retentions.
        WriteFileRetentions = "writeFileRetentions",
        /// Lifts retentions in governance mode.
        BypassGovernance = "bypassGovernance",
    }
}

/// The header that makes the service misbehave.
pub(crate) static TEST_MODE: HeaderName = HeaderName::from_static("x-bz-test-mode");

open_enum! {
    /// What the service does wrong on purpose, so that a program can show that it bears it.
    pub enum TestMode {
        /// Some uploads fail.
        FailSomeUploads = "fail_some_uploads",
        /// Some authorizations expire early.
        ExpireSomeAccountAuthorizationTokens = "expire_some_account_authorization_tokens",
        /// A cap is reached.
        ForceCapExceeded = "force_cap_exceeded",
    }
}

impl TestMode {
    pub(crate) fn header(&self) -> Result<HeaderValue> {
        HeaderValue::try_from(self.as_str())
            .map_err(|_| Error::new(ErrorKind::Config, "the test mode cannot be sent in a header"))
    }
}
