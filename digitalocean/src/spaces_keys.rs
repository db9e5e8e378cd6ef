//! Keys to object storage.
//!
//! ```
//! use howdah_digitalocean::spaces_keys::{Grant, NewSpacesKey, Permission};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let media = Grant::new("media", Permission::Readwrite);
//! let key = ocean.spaces_keys().create(NewSpacesKey::new("mastodon", [media])).await?;
//! // The secret is told this once.
//! let secret = key.secret_key.unwrap();
//! # assert!(!secret.expose().is_empty());
//! # Ok(()) }
//! ```
//!
//! A key either opens everything or some buckets: both in one are refused as
//! [`Invalid`](howdah_core::ErrorKind::Invalid) (400). What it opens is not changed later, only its name.

use howdah_core::{
    Secret, endpoints,
    http::{Api, Call, Pages, null_as_default},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PAGES;

endpoints! {
    LIST:    SpacesKeyFilter => Vec<SpacesKey> = get("/v2/spaces/keys").envelope("keys").pages(PAGES);
    CREATE:  NewSpacesKey    => SpacesKey      = post("/v2/spaces/keys").envelope("key").status(201);
    GET:     ()              => SpacesKey      = get("/v2/spaces/keys/{access_key}").envelope("key");
    REPLACE: SpacesKeyUpdate => SpacesKey      = put("/v2/spaces/keys/{access_key}").envelope("key");
    UPDATE:  SpacesKeyUpdate => SpacesKey      = patch("/v2/spaces/keys/{access_key}").envelope("key").idempotent();
    DELETE:  ()              => ()             = delete("/v2/spaces/keys/{access_key}").status(204);
}

/// The Spaces keys group. Reach it through [`DigitalOcean::spaces_keys`](crate::DigitalOcean::spaces_keys).
#[derive(Clone, Debug)]
pub struct SpacesKeys(pub(crate) Api);

impl SpacesKeys {
    /// Streams the account's keys, without their secrets.
    ///
    /// `GET /v2/spaces/keys`
    pub fn list(&self, filter: SpacesKeyFilter) -> Pages<SpacesKey> {
        self.0.pages(&LIST, [], filter)
    }

    /// Makes a key. Its secret is in this answer and in no other.
    ///
    /// `POST /v2/spaces/keys`
    pub fn create(&self, key: NewSpacesKey) -> Call<SpacesKey> {
        self.0.send(&CREATE, [], key)
    }

    /// Reads a key.
    ///
    /// `GET /v2/spaces/keys/{access_key}`
    pub fn get(&self, access_key: &str) -> Call<SpacesKey> {
        self.0.send(&GET, [&access_key], ())
    }

    /// Gives a key another name: the same as [`update`](Self::update) in practice.
    ///
    /// `PUT /v2/spaces/keys/{access_key}`
    pub fn replace(&self, access_key: &str, update: SpacesKeyUpdate) -> Call<SpacesKey> {
        self.0.send(&REPLACE, [&access_key], update)
    }

    /// Gives a key another name.
    ///
    /// `PATCH /v2/spaces/keys/{access_key}`
    pub fn update(&self, access_key: &str, update: SpacesKeyUpdate) -> Call<SpacesKey> {
        self.0.send(&UPDATE, [&access_key], update)
    }

    /// Deletes a key. It opens nothing from then on.
    ///
    /// `DELETE /v2/spaces/keys/{access_key}`
    pub fn delete(&self, access_key: &str) -> Call<()> {
        self.0.send(&DELETE, [&access_key], ())
    }
}

/// A key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SpacesKey {
    pub name: Option<String>,
    pub access_key: String,
    /// Where it was just created.
    #[serde(default, serialize_with = "secret::expose_option", skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<Secret>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub grants: Vec<Grant>,
    pub created_at: Option<Timestamp>,
}

/// What a key opens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Grant {
    /// Empty for all.
    pub bucket: String,
    pub permission: Permission,
}

impl Grant {
    /// A bucket.
    pub fn new(bucket: impl Into<String>, permission: impl Into<Permission>) -> Self {
        Self { bucket: bucket.into(), permission: permission.into() }
    }

    /// Everything.
    pub fn full_access() -> Self {
        Self::new("", Permission::Fullaccess)
    }
}

open_enum! {
    /// How far a key opens something.
    pub enum Permission {
        /// To be read.
        Read = "read",
        /// To be read and written.
        Readwrite = "readwrite",
        /// All buckets, and making and deleting them.
        Fullaccess = "fullaccess",
    }
}

input! {
    /// Sorts and narrows the list of keys.
    pub struct SpacesKeyFilter {} optional {
        /// `created_at` or `name`, with a direction.
        sort: String,
        /// `asc` or `desc`, with `sort`.
        sort_direction: String,
        name: String,
        bucket: String,
        permission: Permission,
    }
}

input! {
    /// A key to make.
    pub struct NewSpacesKey {
        name: String,
        grants: Vec<Grant>,
    } optional {}
}

input! {
    /// What a key is to be called.
    pub struct SpacesKeyUpdate {
        name: String,
    } optional {}
}
