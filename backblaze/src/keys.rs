//! Application keys: who may do what, where, and for how long.
//!
//! ```
//! use howdah_backblaze::{account::Capability, keys::NewKey};
//! # use howdah_backblaze::testing::FakeBackblaze;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeBackblaze::new();
//! # let backblaze = fake.client();
//! # let bucket = fake.create_bucket("vmst-backup");
//! // A key for backups that can neither read nor delete what it wrote.
//! let key = NewKey::new("nightly-backup", [Capability::ListBuckets, Capability::ListFiles, Capability::WriteFiles])
//!     .with_bucket_ids(vec![bucket]);
//! let created = backblaze.keys().create(key).await?;
//! println!("{}", created.key.application_key_id); // the secret is in `application_key`, this once
//! # Ok(()) }
//! ```

use std::sync::Arc;

use howdah_core::{
    Error, Id, Result, Secret, endpoints,
    http::{Api, Call, Pages, Pagination},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AccountId,
    account::Capability,
    buckets::{BucketId, InAccount, deleted},
    models::or_default,
    session::{API_URL, Session},
};

/// The id of an application key: the part that is no secret.
pub type ApplicationKeyId = Id<ApplicationKey, String>;

const PAGES: Pagination =
    Pagination::Cursor { next: &[("/nextApplicationKeyId", "startApplicationKeyId")], size: ("maxKeyCount", 1000) };

endpoints! {
    LIST:   InAccount<KeyFilter> => Vec<ApplicationKey> = post("/b2api/v4/b2_list_keys").base(API_URL).envelope("keys").pages(PAGES).safe();
    CREATE: InAccount<NewKey>    => CreatedKey          = post("/b2api/v4/b2_create_key").base(API_URL);
    DELETE: KeyRef               => ApplicationKey      = post("/b2api/v4/b2_delete_key").base(API_URL).idempotent();
}

/// The keys group. Reach it through [`Backblaze::keys`](crate::Backblaze::keys).
#[derive(Clone, Debug)]
pub struct Keys(pub(crate) Api, pub(crate) Arc<Session>);

impl Keys {
    /// Streams the account's keys, without their secrets.
    ///
    /// `POST /b2api/v4/b2_list_keys`
    pub fn list(&self) -> Pages<ApplicationKey> {
        let Self(api, session) = self.clone();
        Pages::after(async move {
            let account_id = session.authorization(&api).await?.account_id;
            Ok(api.pages(&LIST, [], InAccount { account_id, input: KeyFilter::new() }))
        })
    }

    /// Creates a key. Its secret is in this answer and never again.
    ///
    /// `POST /b2api/v4/b2_create_key`
    pub fn create(&self, key: NewKey) -> Call<CreatedKey> {
        let Self(api, session) = self.clone();
        Call::new(async move {
            let input = key.checked()?;
            let account_id = session.authorization(&api).await?.account_id;
            api.send(&CREATE, [], InAccount { account_id, input }).await
        })
    }

    /// Deletes a key. `None` when an attempt whose answer was lost deleted it.
    ///
    /// `POST /b2api/v4/b2_delete_key`
    pub fn delete(&self, id: &ApplicationKeyId) -> Call<Option<ApplicationKey>> {
        deleted(self.0.send(&DELETE, [], KeyRef { application_key_id: id.clone() }))
    }
}

input! {
    /// Where a list of keys begins.
    #[serde(rename_all = "camelCase")]
    pub struct KeyFilter {
    } optional {
        start_application_key_id: ApplicationKeyId,
        /// How many a page has at most: 1 to 10,000.
        max_key_count: u32,
    }
}

/// A key by its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct KeyRef {
    pub application_key_id: ApplicationKeyId,
}

input! {
    /// A key to create.
    #[serde(rename_all = "camelCase")]
    pub struct NewKey {
        /// 1 to 100 letters, digits and hyphens; several keys may have the same name.
        key_name: String,
        capabilities: Vec<Capability>,
    } optional {
        /// Seconds, up to 1,000 days. A key without it does not expire.
        valid_duration_in_seconds: u32,
        /// The only buckets that it is for; all of them without it.
        bucket_ids: Vec<BucketId>,
        /// The beginning of the only names that it is for; needs `bucket_ids`.
        name_prefix: String,
    }
}

impl NewKey {
    fn checked(self) -> Result<Self> {
        let wrong = |why: &str| Err(Error::invalid(why));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        match () {
            () if !(1..=100).contains(&self.key_name.len()) || !self.key_name.bytes().all(plain) => {
                wrong("`keyName` is not 1 to 100 letters, digits and hyphens")
            }
            () if self.capabilities.is_empty() => wrong("`capabilities` is empty: the key could do nothing"),
            () if self.valid_duration_in_seconds.is_some_and(|seconds| !(1..=86_400_000).contains(&seconds)) => {
                wrong("`validDurationInSeconds` is not between 1 and 86,400,000")
            }
            () if self.name_prefix.is_some() && self.bucket_ids.is_none() => wrong("`namePrefix` needs `bucketIds`"),
            () => Ok(self),
        }
    }
}

/// An application key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct ApplicationKey {
    pub account_id: AccountId,
    pub application_key_id: ApplicationKeyId,
    pub key_name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub capabilities: Vec<Capability>,
    /// `None`: all buckets.
    #[serde(default)]
    pub bucket_ids: Option<Vec<BucketId>>,
    #[serde(default)]
    pub name_prefix: Option<String>,
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub expiration_timestamp: Option<Timestamp>,
    #[serde(default, deserialize_with = "or_default")]
    pub options: Vec<String>,
}

/// A new application key and its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct CreatedKey {
    #[serde(flatten)]
    pub key: ApplicationKey,
    #[serde(serialize_with = "howdah_core::secret::expose")]
    pub application_key: Secret,
}
