//! What the parent zone holds for a domain: name servers, keys, hosts.
//!
//! ```
//! use howdah_gandi::delegation::{KeyType, NewHost, NewKey};
//! # use howdah_gandi::testing::FakeGandi;
//! # use howdah_core::Clock;
//! # use std::time::Duration;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::at(Clock::system());
//! # fake.register_domain("example.com");
//! # let gandi = fake.client();
//! # let public_key = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==";
//! let delegation = gandi.delegation();
//! delegation.set_name_servers("example.com", ["ns1.example.net", "ns2.example.net"]).await?;
//! # tokio::time::sleep(Duration::from_secs(60)).await;
//!
//! // A second change is refused (409) until the first is done, which takes a while.
//! delegation.create_key("example.com", NewKey::new(13, KeyType::Ksk, public_key)).await?;
//! # tokio::time::sleep(Duration::from_secs(60)).await;
//! for key in delegation.list_keys("example.com").all().await? {
//!     println!("{:?} {:?}", key.keytag, key.digest);
//! }
//! delegation.create_host("example.com", NewHost::new("ns1", ["192.0.2.1".parse().unwrap()])).await?;
//! # Ok(()) }
//! ```
//!
//! Gandi takes keys and makes the digests itself. What it accepts is done when it can be read back.

use std::net::IpAddr;

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Detailed, Pages},
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use crate::{PAGES, dry_run::Accepted};

endpoints! {
    NAME_SERVERS:     ()          => Vec<String>        = get("/domain/domains/{domain}/nameservers");
    SET_NAME_SERVERS: NameServers => Detailed<Accepted> = put("/domain/domains/{domain}/nameservers").status(202);
    LIST_KEYS:        ()          => Vec<Key>           = get("/domain/domains/{domain}/dnskeys").pages(PAGES);
    CREATE_KEY:       NewKey      => Detailed<Accepted> = post("/domain/domains/{domain}/dnskeys").status(202);
    REPLACE_KEYS:     Keys        => Detailed<Accepted> = put("/domain/domains/{domain}/dnskeys").status(202);
    DELETE_KEY:       ()          => ()                 = delete("/domain/domains/{domain}/dnskeys/{id}").status(202);
    LIST_HOSTS:       ()          => Vec<Host>          = get("/domain/domains/{domain}/hosts").pages(PAGES);
    CREATE_HOST:      NewHost     => Detailed<Accepted> = post("/domain/domains/{domain}/hosts").status(202);
    GET_HOST:         ()          => Host               = get("/domain/domains/{domain}/hosts/{name}");
    UPDATE_HOST:      Addresses   => Detailed<Accepted> = put("/domain/domains/{domain}/hosts/{name}").status(202);
    DELETE_HOST:      ()          => ()                 = delete("/domain/domains/{domain}/hosts/{name}").status(202);
}

/// The delegation group. Reach it through [`Gandi::delegation`](crate::Gandi::delegation).
#[derive(Clone, Debug)]
pub struct Delegation(pub(crate) Api);

impl Delegation {
    /// The name servers that the parent is told to delegate to.
    ///
    /// `GET /domain/domains/{domain}/nameservers`
    pub fn name_servers(&self, domain: &str) -> Call<Vec<String>> {
        self.0.send(&NAME_SERVERS, [&domain], ())
    }

    /// Replaces the name servers.
    ///
    /// `PUT /domain/domains/{domain}/nameservers`
    pub fn set_name_servers<S: Into<String>>(
        &self,
        domain: &str,
        servers: impl IntoIterator<Item = S>,
    ) -> Call<Accepted> {
        let servers = NameServers { nameservers: servers.into_iter().map(Into::into).collect() };
        self.0.send(&SET_NAME_SERVERS, [&domain], servers).map(Accepted::from)
    }

    /// Streams the keys that the parent publishes a DS for.
    ///
    /// `GET /domain/domains/{domain}/dnskeys`
    pub fn list_keys(&self, domain: &str) -> Pages<Key> {
        self.0.pages(&LIST_KEYS, [&domain], ())
    }

    /// Adds a key. The DS is made from it.
    ///
    /// `POST /domain/domains/{domain}/dnskeys`
    pub fn create_key(&self, domain: &str, key: NewKey) -> Call<Accepted> {
        self.0.send(&CREATE_KEY, [&domain], key).map(Accepted::from)
    }

    /// Replaces all keys. While resolvers still know the DS of those that go, this breaks the domain.
    ///
    /// `PUT /domain/domains/{domain}/dnskeys`
    pub fn replace_keys(&self, domain: &str, keys: impl IntoIterator<Item = NewKey>) -> Call<Accepted> {
        let keys = Keys { keys: keys.into_iter().collect() };
        self.0.send(&REPLACE_KEYS, [&domain], keys).map(Accepted::from)
    }

    /// Removes a key and its DS.
    ///
    /// `DELETE /domain/domains/{domain}/dnskeys/{id}`
    pub fn delete_key(&self, domain: &str, id: KeyId) -> Call<()> {
        self.0.send(&DELETE_KEY, [&domain, &id], ())
    }

    /// Streams the hosts below the domain whose addresses the parent hands out.
    ///
    /// `GET /domain/domains/{domain}/hosts`
    pub fn list_hosts(&self, domain: &str) -> Pages<Host> {
        self.0.pages(&LIST_HOSTS, [&domain], ())
    }

    /// Adds a host.
    ///
    /// `POST /domain/domains/{domain}/hosts`
    pub fn create_host(&self, domain: &str, host: NewHost) -> Call<Accepted> {
        self.0.send(&CREATE_HOST, [&domain], host).map(Accepted::from)
    }

    /// Reads a host by its name below the domain, such as `ns1`.
    ///
    /// `GET /domain/domains/{domain}/hosts/{name}`
    pub fn get_host(&self, domain: &str, name: &str) -> Call<Host> {
        self.0.send(&GET_HOST, [&domain, &name], ())
    }

    /// Replaces the addresses of a host.
    ///
    /// `PUT /domain/domains/{domain}/hosts/{name}`
    pub fn update_host(&self, domain: &str, name: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Call<Accepted> {
        let addresses = Addresses { ips: addresses.into_iter().collect() };
        self.0.send(&UPDATE_HOST, [&domain, &name], addresses).map(Accepted::from)
    }

    /// Removes a host.
    ///
    /// `DELETE /domain/domains/{domain}/hosts/{name}`
    pub fn delete_host(&self, domain: &str, name: &str) -> Call<()> {
        self.0.send(&DELETE_HOST, [&domain, &name], ())
    }
}

/// Identifies a key.
pub type KeyId = Id<Key>;

/// A key at the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Key {
    pub id: KeyId,
    /// By its number: 13 is ECDSAP256SHA256.
    pub algorithm: Option<u8>,
    /// In hexadecimal digits.
    pub digest: Option<String>,
    /// By its number: 2 is SHA-256.
    pub digest_type: Option<u8>,
    pub keytag: Option<u16>,
    #[serde(rename = "type")]
    pub key_type: Option<KeyType>,
    /// In Base64.
    pub public_key: Option<String>,
    pub href: Option<String>,
}

open_enum! {
    /// What a key signs.
    pub enum KeyType {
        /// The keys: flags 257. This is the one that a parent needs.
        Ksk = "ksk",
        /// The records: flags 256.
        Zsk = "zsk",
        /// Not said.
        None = "none",
    }
}

input! {
    /// A key to add.
    pub struct NewKey {
        /// By its number: 13 is ECDSAP256SHA256.
        algorithm: u8,
        #[serde(rename = "type")]
        key_type: KeyType,
        /// In Base64, without spaces.
        public_key: String,
    } optional {}
}

/// Keys to have instead of all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Keys {
    pub keys: Vec<NewKey>,
}

/// Name servers to delegate to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NameServers {
    pub nameservers: Vec<String>,
}

/// A host below a domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Host {
    /// Below the domain, such as `ns1`.
    pub name: String,
    #[serde(default)]
    pub ips: Vec<IpAddr>,
    pub fqdn: Option<String>,
    pub fqdn_unicode: Option<String>,
    pub href: Option<String>,
}

input! {
    /// A host to add.
    pub struct NewHost {
        /// Below the domain, such as `ns1`.
        name: String,
        ips: Vec<IpAddr>,
    } optional {}
}

/// The addresses of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Addresses {
    pub ips: Vec<IpAddr>,
}
