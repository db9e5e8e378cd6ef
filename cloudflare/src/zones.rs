//! Zones.
//!
//! ```
//! use howdah_cloudflare::zones::{ZoneFilter, ZoneStatus};
//! # use howdah_cloudflare::testing::FakeCloudflare;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeCloudflare::new();
//! # fake.create_zone("example.com");
//! # let cloudflare = fake.client();
//! let zones = cloudflare.zones().list(ZoneFilter::new().with_name("example.com")).all().await?;
//! for zone in &zones {
//!     // Nothing is delegated to Cloudflare yet.
//!     assert_eq!(zone.status, Some(ZoneStatus::Pending));
//!     assert_eq!(zone.name_servers.as_ref().map(Vec::len), Some(2));
//! }
//! # Ok(()) }
//! ```

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::numbered;

endpoints! {
    LIST:   ZoneFilter => Vec<Zone> = get("/zones").envelope("result").pages(numbered(50));
    GET:    ()         => Zone      = get("/zones/{zone_id}").envelope("result");
    DELETE: ()         => ()        = delete("/zones/{zone_id}").envelope("result");
}

/// The zones group. Reach it through [`Cloudflare::zones`](crate::Cloudflare::zones).
#[derive(Clone, Debug)]
pub struct Zones(pub(crate) Api);

impl Zones {
    /// Streams the zones that the credentials may see.
    ///
    /// `GET /zones`
    pub fn list(&self, filter: ZoneFilter) -> Pages<Zone> {
        self.0.pages(&LIST, [], filter)
    }

    /// Reads a zone.
    ///
    /// `GET /zones/{zone_id}`
    pub fn get(&self, zone: &ZoneId) -> Call<Zone> {
        self.0.send(&GET, [zone], ())
    }

    /// Deletes a zone with its records and settings, for good. Its name servers stop answering: nothing may be delegated to
    /// them any more, nor be cached as if it were.
    ///
    /// `DELETE /zones/{zone_id}`
    pub fn delete(&self, zone: &ZoneId) -> Call<()> {
        self.0.send(&DELETE, [zone], ())
    }
}

/// What Cloudflare calls a zone: 32 hexadecimal digits.
pub type ZoneId = Id<Zone, String>;

/// What Cloudflare calls an account: 32 hexadecimal digits.
pub type AccountId = Id<ZoneAccount, String>;

/// A zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Zone {
    pub id: ZoneId,
    /// Without a final dot.
    pub name: String,
    pub status: Option<ZoneStatus>,
    /// Whether it only serves DNS for now, and proxies nothing.
    pub paused: Option<bool>,
    #[serde(rename = "type")]
    pub zone_type: Option<ZoneType>,
    /// What a registrar has to delegate it to; none where Cloudflare does not serve the zone itself.
    pub name_servers: Option<Vec<String>>,
    /// What it was delegated to before.
    pub original_name_servers: Option<Vec<String>>,
    /// Who the domain was registered with when the zone was created.
    pub original_registrar: Option<String>,
    pub original_dnshost: Option<String>,
    /// Name servers with names of the zone's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vanity_name_servers: Option<Vec<String>>,
    pub account: Option<ZoneAccount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<ZoneOwner>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<ZonePlan>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<ZoneMeta>,
    /// Seconds until the development mode ends; since when it has ended when below zero.
    pub development_mode: Option<i64>,
    pub activated_on: Option<Timestamp>,
    pub created_on: Option<Timestamp>,
    pub modified_on: Option<Timestamp>,
}

/// The account that a zone belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ZoneAccount {
    pub id: AccountId,
    pub name: Option<String>,
}

/// Whose a zone is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ZoneOwner {
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub owner_type: Option<String>,
}

/// What is paid for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ZonePlan {
    pub id: Option<String>,
    pub name: Option<String>,
    /// Such as `free`, `pro` or `enterprise`.
    pub legacy_id: Option<String>,
}

/// What Cloudflare keeps of a zone for itself, and how many things it may have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ZoneMeta {
    /// How far its owner has come in setting it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_certificate_quota: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_rule_quota: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phishing_detected: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cdn_only: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_only: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foundation_dns: Option<bool>,
}

open_enum! {
    /// How far a zone has come.
    pub enum ZoneStatus {
        /// It was created a moment ago.
        Initializing = "initializing",
        /// Nothing is delegated to its name servers yet. It goes by itself after four weeks.
        Pending = "pending",
        /// It is delegated to Cloudflare.
        Active = "active",
        /// It is delegated elsewhere now. It goes by itself.
        Moved = "moved",
    }
}

open_enum! {
    /// What Cloudflare does for a zone.
    pub enum ZoneType {
        /// It serves all of it.
        Full = "full",
        /// It proxies some names, and the zone is served elsewhere.
        Partial = "partial",
        /// It copies it from primary servers elsewhere.
        Secondary = "secondary",
        /// It serves it to the account's own networks only.
        Internal = "internal",
    }
}

input! {
    /// Narrows and sorts the list of zones.
    pub struct ZoneFilter {} optional {
        /// The whole name, in A-labels.
        name: String,
        status: ZoneStatus,
        #[serde(rename = "account.id")]
        account_id: String,
        /// `name`, `status`, `account.id` or `account.name`.
        order: String,
        /// `asc` or `desc`.
        direction: String,
        per_page: u32,
    }
}
