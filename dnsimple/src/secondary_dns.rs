//! Secondary DNS: zones that are copied from primary servers elsewhere.
//!
//! ```
//! use howdah_dnsimple::secondary_dns::{NewPrimaryServer, NewSecondaryZone};
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let account = FakeDnSimple::new().client().account(1010);
//! let secondary = account.secondary_dns();
//! let primary = secondary.create_primary(NewPrimaryServer::new("hidden primary", "192.0.2.53")).await?;
//! secondary.create_zone(NewSecondaryZone::new("example.com")).await?;
//! let linked = secondary.link_primary(primary.id, "example.com").await?;
//! assert_eq!(linked.linked_secondary_zones, ["example.com"]);
//! # Ok(()) }
//! ```
//!
//! A zone is copied from the servers that are linked with it. Linking what is not a secondary zone is `Invalid` (400).
//! DNSSEC cannot be had for a secondary zone.

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Account, PAGES, identity::AccountId, zones::Zone};

endpoints! {
    LIST_PRIMARIES: PrimaryServerFilter => Vec<PrimaryServer> = get("/{account}/secondary_dns/primaries").envelope("data").pages(PAGES);
    CREATE_PRIMARY: NewPrimaryServer    => PrimaryServer      = post("/{account}/secondary_dns/primaries").envelope("data").status(201);
    GET_PRIMARY:    ()                  => PrimaryServer      = get("/{account}/secondary_dns/primaries/{primaryserver}").envelope("data");
    DELETE_PRIMARY: ()                  => ()                 = delete("/{account}/secondary_dns/primaries/{primaryserver}").status(204);
    LINK_PRIMARY:   PrimaryServerLink   => PrimaryServer      = put("/{account}/secondary_dns/primaries/{primaryserver}/link").envelope("data");
    UNLINK_PRIMARY: PrimaryServerLink   => PrimaryServer      = put("/{account}/secondary_dns/primaries/{primaryserver}/unlink").envelope("data");
    CREATE_ZONE:    NewSecondaryZone    => Zone               = post("/{account}/secondary_dns/zones").envelope("data").status(201);
}

/// The secondary DNS group. Reach it through [`Account::secondary_dns`].
#[derive(Clone, Debug)]
pub struct SecondaryDns(pub(crate) Account);

impl SecondaryDns {
    /// Streams the account's primary servers.
    ///
    /// `GET /{account}/secondary_dns/primaries`
    pub fn list_primaries(&self, filter: PrimaryServerFilter) -> Pages<PrimaryServer> {
        self.0.api.pages(&LIST_PRIMARIES, [&self.0.id], filter)
    }

    /// Makes a primary server known.
    ///
    /// `POST /{account}/secondary_dns/primaries`
    pub fn create_primary(&self, server: NewPrimaryServer) -> Call<PrimaryServer> {
        self.0.api.send(&CREATE_PRIMARY, [&self.0.id], server)
    }

    /// Reads a primary server.
    ///
    /// `GET /{account}/secondary_dns/primaries/{primaryserver}`
    pub fn primary(&self, server: PrimaryServerId) -> Call<PrimaryServer> {
        self.0.api.send(&GET_PRIMARY, [&self.0.id, &server], ())
    }

    /// Forgets a primary server.
    ///
    /// `DELETE /{account}/secondary_dns/primaries/{primaryserver}`
    pub fn delete_primary(&self, server: PrimaryServerId) -> Call<()> {
        self.0.api.send(&DELETE_PRIMARY, [&self.0.id, &server], ())
    }

    /// Lets a secondary zone be copied from a primary server.
    ///
    /// `PUT /{account}/secondary_dns/primaries/{primaryserver}/link`
    pub fn link_primary(&self, server: PrimaryServerId, zone: impl Into<String>) -> Call<PrimaryServer> {
        let link = PrimaryServerLink::new(zone);
        self.0.api.send(&LINK_PRIMARY, [&self.0.id, &server], link)
    }

    /// Stops a secondary zone from being copied from a primary server.
    ///
    /// `PUT /{account}/secondary_dns/primaries/{primaryserver}/unlink`
    pub fn unlink_primary(&self, server: PrimaryServerId, zone: impl Into<String>) -> Call<PrimaryServer> {
        let link = PrimaryServerLink::new(zone);
        self.0.api.send(&UNLINK_PRIMARY, [&self.0.id, &server], link)
    }

    /// Creates a secondary zone.
    ///
    /// `POST /{account}/secondary_dns/zones`
    pub fn create_zone(&self, zone: NewSecondaryZone) -> Call<Zone> {
        self.0.api.send(&CREATE_ZONE, [&self.0.id], zone)
    }
}

/// The number of a primary server.
pub type PrimaryServerId = Id<PrimaryServer>;

/// A name server elsewhere that zones are copied from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PrimaryServer {
    pub id: PrimaryServerId,
    pub account_id: Option<AccountId>,
    pub name: String,
    /// Its address.
    pub ip: Option<String>,
    pub port: Option<u16>,
    /// The names of the zones that are copied from it.
    #[serde(default)]
    pub linked_secondary_zones: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

input! {
    /// Sorts the list of primary servers.
    pub struct PrimaryServerFilter {} optional {
        /// Such as `name:asc`.
        sort: String,
    }
}

input! {
    /// A primary server to make known. Its port is 53 unless it says otherwise.
    pub struct NewPrimaryServer {
        name: String,
        /// Its address.
        ip: String,
    } optional {
        /// A number, which is written as a string here.
        port: String,
    }
}

input! {
    /// The zone that is linked or unlinked. The published document leaves it out, but nothing else names it.
    pub struct PrimaryServerLink { zone: String } optional {}
}

input! {
    /// A secondary zone to create.
    pub struct NewSecondaryZone { name: String } optional {}
}
