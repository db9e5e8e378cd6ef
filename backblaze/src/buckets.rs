//! Buckets and their settings.
//!
//! ```
//! use howdah_backblaze::buckets::{BucketType, BucketUpdate, LifecycleRule, NewBucket};
//! # use howdah_backblaze::testing::FakeBackblaze;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let backblaze = FakeBackblaze::new().client();
//! let buckets = backblaze.buckets();
//! let backup = buckets.create(NewBucket::new("vmst-backup", BucketType::AllPrivate)).await?;
//!
//! let rules = vec![LifecycleRule::new("").with_days_from_hiding_to_deleting(30u32)];
//! let update = BucketUpdate::new(backup.bucket_id).with_lifecycle_rules(rules).with_if_revision_is(backup.revision);
//! let backup = buckets.update(update).await?;
//! assert_eq!(backup.lifecycle_rules[0].days_from_hiding_to_deleting, Some(30));
//! # Ok(()) }
//! ```
//!
//! The name of a bucket is unique among all accounts: 6 to 63 letters, digits and hyphens, and not `b2-` at its beginning.

use std::{collections::BTreeMap, sync::Arc};

use howdah_core::{
    Error, Id, Outcome, Result, endpoints,
    http::{Api, Call, Endpoint, Input, Output},
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Encryption, Readable, RetentionMode, ServerSideEncryption,
    models::or_default,
    session::{API_URL, Session},
};

/// The id of a bucket.
pub type BucketId = Id<Bucket, String>;

endpoints! {
    LIST:   InAccount<BucketFilter> => Vec<Bucket> = post("/b2api/v4/b2_list_buckets").base(API_URL).envelope("buckets").safe();
    CREATE: InAccount<NewBucket>    => Bucket      = post("/b2api/v4/b2_create_bucket").base(API_URL);
    UPDATE: InAccount<BucketUpdate> => Bucket      = post("/b2api/v4/b2_update_bucket").base(API_URL).idempotent();
    DELETE: InAccount<BucketRef>    => Bucket      = post("/b2api/v4/b2_delete_bucket").base(API_URL).idempotent();
}

/// The buckets group. Reach it through [`Backblaze::buckets`](crate::Backblaze::buckets).
#[derive(Clone, Debug)]
pub struct Buckets(pub(crate) Api, pub(crate) Arc<Session>);

impl Buckets {
    /// Lists the buckets that the key may see. A key that is restricted to one bucket must name it in the filter.
    ///
    /// `POST /b2api/v4/b2_list_buckets`
    pub fn list(&self, filter: BucketFilter) -> Call<Vec<Bucket>> {
        self.send(&LIST, Ok(filter))
    }

    /// Finds a bucket by its name, `None` when there is none that the key may see.
    ///
    /// `POST /b2api/v4/b2_list_buckets`
    pub fn find(&self, name: &str) -> Call<Option<Bucket>> {
        let name = name.to_owned();
        let found = self.list(BucketFilter::new().with_bucket_name(name.clone()));
        found.map(move |buckets| buckets.into_iter().find(|bucket| bucket.bucket_name == name))
    }

    /// Creates a bucket.
    ///
    /// `POST /b2api/v4/b2_create_bucket`
    pub fn create(&self, bucket: NewBucket) -> Call<Bucket> {
        self.send(&CREATE, bucket.checked())
    }

    /// Changes a bucket. Lists are replaced as a whole; with `if_revision_is`, only if nobody changed it meanwhile.
    ///
    /// `POST /b2api/v4/b2_update_bucket`
    pub fn update(&self, update: BucketUpdate) -> Call<Bucket> {
        self.send(&UPDATE, update.checked())
    }

    /// Deletes a bucket without files in it. `None` when an attempt whose answer was lost deleted it.
    ///
    /// `POST /b2api/v4/b2_delete_bucket`
    pub fn delete(&self, id: BucketId) -> Call<Option<Bucket>> {
        deleted(self.send(&DELETE, Ok(BucketRef { bucket_id: id })))
    }

    fn send<T, Out: Output + Send + 'static>(
        &self,
        endpoint: &Endpoint<InAccount<T>, Out, 0>,
        input: Result<T>,
    ) -> Call<Out>
    where
        T: Send + 'static,
        InAccount<T>: Input,
    {
        let (Self(api, session), endpoint) = (self.clone(), *endpoint);
        Call::new(async move {
            let input = input?;
            let account_id = session.authorization(&api).await?.account_id;
            api.send(&endpoint, [], InAccount { account_id, input }).await
        })
    }
}

/// What is gone after an attempt whose answer was lost was deleted by it.
pub(crate) fn deleted<T: Send + 'static>(call: Call<T>) -> Call<Option<T>> {
    Call::new(async move {
        match call.await {
            Err(error) if error.is_not_found() && error.outcome() == Outcome::Unknown => Ok(None),
            other => other.map(Some),
        }
    })
}

/// An input that names the account, which the client knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct InAccount<T> {
    pub account_id: AccountId,
    #[serde(flatten)]
    pub input: T,
}

/// A bucket by its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct BucketRef {
    pub bucket_id: BucketId,
}

input! {
    /// Which buckets to list; by default those that are `allPublic` or `allPrivate`.
    #[serde(rename_all = "camelCase")]
    pub struct BucketFilter {
    } optional {
        bucket_id: BucketId,
        bucket_name: String,
        /// [`BucketType::All`] stands alone.
        bucket_types: Vec<BucketType>,
    }
}

input! {
    /// A bucket to create.
    #[serde(rename_all = "camelCase")]
    pub struct NewBucket {
        bucket_name: String,
        bucket_type: BucketType,
    } optional {
        /// At most 10 names. `Cache-Control` is sent with every download.
        bucket_info: BTreeMap<String, String>,
        /// At most 100.
        cors_rules: Vec<CorsRule>,
        /// Whether versions can be locked; needed for retentions and legal holds.
        file_lock_enabled: bool,
        /// At most 100.
        lifecycle_rules: Vec<LifecycleRule>,
        replication_configuration: ReplicationConfiguration,
        default_server_side_encryption: Encryption,
    }
}

impl NewBucket {
    fn checked(self) -> Result<Self> {
        check_name(&self.bucket_name)?;
        check_settings(self.bucket_info.as_ref(), self.cors_rules.as_deref(), self.lifecycle_rules.as_deref())?;
        Ok(self)
    }
}

input! {
    /// What to change of a bucket; what is not set stays.
    #[serde(rename_all = "camelCase")]
    pub struct BucketUpdate {
        bucket_id: BucketId,
    } optional {
        bucket_type: BucketType,
        bucket_info: BTreeMap<String, String>,
        cors_rules: Vec<CorsRule>,
        default_retention: DefaultRetention,
        default_server_side_encryption: Encryption,
        /// Cannot be switched off again.
        file_lock_enabled: bool,
        lifecycle_rules: Vec<LifecycleRule>,
        replication_configuration: ReplicationConfiguration,
        /// The bucket is left as it is, with the error `Precondition`, when it has another revision by now.
        if_revision_is: u64,
    }
}

impl BucketUpdate {
    fn checked(self) -> Result<Self> {
        check_settings(self.bucket_info.as_ref(), self.cors_rules.as_deref(), self.lifecycle_rules.as_deref())?;
        Ok(self)
    }
}

fn check_name(name: &str) -> Result<()> {
    let good = (6..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with("b2-");
    if good {
        return Ok(());
    }
    let shown = name.escape_debug();
    Err(Error::invalid(format!(
        "`bucketName` cannot be `{shown}`: 6 to 63 letters, digits and -, not beginning with b2-"
    )))
}

fn check_settings(
    info: Option<&BTreeMap<String, String>>,
    cors: Option<&[CorsRule]>,
    lifecycle: Option<&[LifecycleRule]>,
) -> Result<()> {
    if info.is_some_and(|info| info.len() > 10) {
        return Err(Error::invalid("`bucketInfo` has more than 10 names"));
    }
    if cors.is_some_and(|rules| rules.len() > 100) || lifecycle.is_some_and(|rules| rules.len() > 100) {
        return Err(Error::invalid("a bucket has at most 100 `corsRules` and 100 `lifecycleRules`"));
    }
    lifecycle.unwrap_or_default().iter().try_for_each(LifecycleRule::check)
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Bucket {
    pub account_id: AccountId,
    pub bucket_id: BucketId,
    pub bucket_name: String,
    pub bucket_type: BucketType,
    #[serde(default, deserialize_with = "or_default")]
    pub bucket_info: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    pub cors_rules: Vec<CorsRule>,
    #[serde(default, deserialize_with = "or_default")]
    pub lifecycle_rules: Vec<LifecycleRule>,
    /// `s3` where the bucket is reached through the S3-compatible API too.
    #[serde(default, deserialize_with = "or_default")]
    pub options: Vec<String>,
    /// Raised by every change of the bucket's settings.
    #[serde(default, deserialize_with = "or_default")]
    pub revision: u64,
    #[serde(default)]
    pub default_server_side_encryption: Option<Readable<ServerSideEncryption>>,
    #[serde(default)]
    pub file_lock_configuration: Option<Readable<FileLockConfiguration>>,
    #[serde(default)]
    pub replication_configuration: Option<Readable<ReplicationConfiguration>>,
}

open_enum! {
    /// Who may download from a bucket.
    pub enum BucketType {
        /// Everyone.
        AllPublic = "allPublic",
        /// Who has a key or a download authorization.
        AllPrivate = "allPrivate",
        /// Made by the service from a selection of files.
        Snapshot = "snapshot",
        /// Restricted by the service.
        Restricted = "restricted",
        /// Shared by the service.
        Shared = "shared",
        /// In a filter: all of them.
        All = "all",
    }
}

/// Which web pages may use a bucket from a browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct CorsRule {
    pub cors_rule_name: String,
    pub allowed_origins: Vec<String>,
    /// Such as `b2_download_file_by_name` or `s3_get`.
    pub allowed_operations: Vec<String>,
    #[serde(default)]
    pub allowed_headers: Option<Vec<String>>,
    #[serde(default)]
    pub expose_headers: Option<Vec<String>>,
    /// Seconds, 86,400 at most.
    pub max_age_seconds: u32,
}

input! {
    /// What becomes of files by themselves, days after something happened. At least one number is set.
    #[derive(Eq)]
    #[serde(rename_all = "camelCase")]
    pub struct LifecycleRule {
        /// Files whose names begin with this; the empty prefix is all of them.
        file_name_prefix: String,
    } optional {
        days_from_uploading_to_hiding: u32,
        days_from_hiding_to_deleting: u32,
        days_from_starting_to_canceling_unfinished_large_files: u32,
    }
}

impl LifecycleRule {
    fn check(&self) -> Result<()> {
        let days = [
            self.days_from_uploading_to_hiding,
            self.days_from_hiding_to_deleting,
            self.days_from_starting_to_canceling_unfinished_large_files,
        ];
        let why = match () {
            () if days.iter().all(Option::is_none) => "does nothing",
            () if days.contains(&Some(0)) => "has a number of days that is 0",
            () => return Ok(()),
        };
        Err(Error::invalid(format!("the lifecycle rule for the prefix `{}` {why}", self.file_name_prefix)))
    }
}

/// Whether versions in a bucket can be locked, and how long they are by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct FileLockConfiguration {
    #[serde(default)]
    pub is_file_lock_enabled: bool,
    #[serde(default)]
    pub default_retention: Option<DefaultRetention>,
}

/// How long new versions are retained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DefaultRetention {
    #[serde(default)]
    pub mode: Option<RetentionMode>,
    #[serde(default)]
    pub period: Option<RetentionPeriod>,
}

/// A time in days or years, at most 3,000 days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RetentionPeriod {
    pub duration: u32,
    pub unit: PeriodUnit,
}

open_enum! {
    /// The unit of a retention period.
    pub enum PeriodUnit {
        /// Days.
        Days = "days",
        /// Years.
        Years = "years",
    }
}

/// From where to where versions of a bucket are copied by the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ReplicationConfiguration {
    #[serde(default)]
    pub as_replication_source: Option<ReplicationSource>,
    #[serde(default)]
    pub as_replication_destination: Option<ReplicationDestination>,
}

/// What is copied elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ReplicationSource {
    pub replication_rules: Vec<ReplicationRule>,
    pub source_application_key_id: String,
}

/// What is copied where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ReplicationRule {
    pub replication_rule_name: String,
    pub destination_bucket_id: BucketId,
    pub file_name_prefix: String,
    #[serde(default)]
    pub include_existing_files: bool,
    pub is_enabled: bool,
    pub priority: u32,
}

/// Which keys of other buckets may copy to this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct ReplicationDestination {
    /// The id of the source's key and that of the key that writes here.
    pub source_to_destination_key_mapping: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bucket_cannot_be_is_told() {
        for name in ["short", "b2-bucket", "with space", &"x".repeat(64)] {
            assert!(NewBucket::new(name, BucketType::AllPrivate).checked().unwrap_err().is_invalid(), "{name}");
        }
        let rules = |rule| NewBucket::new("bucket", BucketType::AllPrivate).with_lifecycle_rules(vec![rule]).checked();
        assert!(rules(LifecycleRule::new("logs/")).is_err());
        assert!(rules(LifecycleRule::new("logs/").with_days_from_hiding_to_deleting(0u32)).is_err());
        assert!(rules(LifecycleRule::new("logs/").with_days_from_hiding_to_deleting(1u32)).is_ok());
    }
}
