//! Public keys that new Droplets let in.
//!
//! ```
//! use howdah_digitalocean::ssh_keys::NewSshKey;
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFbQ1pyx8h4rFH+8r8b1G0n9sVDgWnX5bm4bEJv8VYQe ada@example.com";
//! let key = ocean.ssh_keys().create(NewSshKey::new("ada", public_key)).await?;
//! assert_eq!(ocean.ssh_keys().get(key.fingerprint.unwrap()).await?.name, "ada");
//! # Ok(()) }
//! ```
//!
//! A key is known by its number or its fingerprint; one that is in the account already is refused as
//! [`Invalid`](howdah_core::ErrorKind::Invalid) (422). The list is limited to ten calls a minute.

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages},
    input,
};
use serde::{Deserialize, Serialize};

use crate::{PAGES, dialect::KEYS};

endpoints! {
    LIST:   ()           => Vec<SshKey> = get("/v2/account/keys").envelope("ssh_keys").pages(PAGES).bucket(KEYS);
    CREATE: NewSshKey    => SshKey      = post("/v2/account/keys").envelope("ssh_key").status(201);
    GET:    ()           => SshKey      = get("/v2/account/keys/{ssh_key_identifier}").envelope("ssh_key");
    UPDATE: SshKeyUpdate => SshKey      = put("/v2/account/keys/{ssh_key_identifier}").envelope("ssh_key");
    DELETE: ()           => ()          = delete("/v2/account/keys/{ssh_key_identifier}").status(204);
}

/// The SSH keys group. Reach it through [`DigitalOcean::ssh_keys`](crate::DigitalOcean::ssh_keys).
#[derive(Clone, Debug)]
pub struct SshKeys(pub(crate) Api);

impl SshKeys {
    /// Streams the account's keys.
    ///
    /// `GET /v2/account/keys`
    pub fn list(&self) -> Pages<SshKey> {
        self.0.pages(&LIST, [], ())
    }

    /// Adds a public key to the account.
    ///
    /// `POST /v2/account/keys`
    pub fn create(&self, key: NewSshKey) -> Call<SshKey> {
        self.0.send(&CREATE, [], key)
    }

    /// Reads a key by its number or fingerprint.
    ///
    /// `GET /v2/account/keys/{ssh_key_identifier}`
    pub fn get(&self, key: impl Into<SshKeyRef>) -> Call<SshKey> {
        self.0.send(&GET, [&key.into()], ())
    }

    /// Gives a key another name.
    ///
    /// `PUT /v2/account/keys/{ssh_key_identifier}`
    pub fn update(&self, key: impl Into<SshKeyRef>, update: SshKeyUpdate) -> Call<SshKey> {
        self.0.send(&UPDATE, [&key.into()], update)
    }

    /// Takes a key out of the account. Droplets that have it keep it.
    ///
    /// `DELETE /v2/account/keys/{ssh_key_identifier}`
    pub fn delete(&self, key: impl Into<SshKeyRef>) -> Call<()> {
        self.0.send(&DELETE, [&key.into()], ())
    }
}

/// The number of a key.
pub type SshKeyId = Id<SshKey>;

/// A public key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SshKey {
    pub id: SshKeyId,
    /// MD5, in pairs of hexadecimal digits.
    pub fingerprint: Option<String>,
    /// As a line of `authorized_keys`.
    pub public_key: String,
    pub name: String,
}

/// What a key is called in requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SshKeyRef {
    /// Its number.
    Id(SshKeyId),
    /// Its fingerprint.
    Fingerprint(String),
}

impl std::fmt::Display for SshKeyRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Fingerprint(fingerprint) => fingerprint.fmt(f),
        }
    }
}

impl From<SshKeyId> for SshKeyRef {
    fn from(id: SshKeyId) -> Self {
        Self::Id(id)
    }
}

impl From<String> for SshKeyRef {
    fn from(fingerprint: String) -> Self {
        Self::Fingerprint(fingerprint)
    }
}

impl From<&str> for SshKeyRef {
    fn from(fingerprint: &str) -> Self {
        Self::Fingerprint(fingerprint.to_owned())
    }
}

input! {
    /// A key to add to the account.
    pub struct NewSshKey {
        name: String,
        /// As a line of `authorized_keys`.
        public_key: String,
    } optional {}
}

input! {
    /// What changes in a key.
    pub struct SshKeyUpdate {} optional {
        name: String,
    }
}
