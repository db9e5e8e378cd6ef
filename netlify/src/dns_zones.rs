//! DNS zones and their records.
//!
//! ```
//! use howdah_netlify::dns_zones::{NewDnsRecord, NewDnsZone};
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! let zone = netlify.dns_zones().create(NewDnsZone::new().with_name("vmst.io").with_account_slug("vmst")).await?;
//! let record = NewDnsRecord::new().with_record_type("A").with_hostname("www.vmst.io").with_value("192.0.2.7").with_ttl(3600);
//! netlify.dns_zones().create_record(&zone.id, record).await?;
//! assert_eq!(netlify.dns_zones().list_records(&zone.id).await?.len(), 1);
//! # Ok(()) }
//! ```
//!
//! A record cannot be changed: one is made and the other removed. What the service manages itself is marked so.
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Query, null_as_default},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{accounts::AccountId, sites::SiteId};

endpoints! {
    GET_FOR_SITE:       ()                  => Vec<DnsZone>   = get("/sites/{site_id}/dns");
    CONFIGURE_FOR_SITE: ()                  => Vec<DnsZone>   = put("/sites/{site_id}/dns");
    CREATE:             NewDnsZone          => DnsZone        = post("/dns_zones").status(201);
    LIST:               ZoneFilter          => Vec<DnsZone>   = get("/dns_zones");
    GET:                ()                  => DnsZone        = get("/dns_zones/{zone_id}");
    DELETE:             ()                  => ()             = delete("/dns_zones/{zone_id}").status(204);
    TRANSFER:           Query<ZoneTransfer> => DnsZone        = put("/dns_zones/{zone_id}/transfer");
    LIST_RECORDS:       ()                  => Vec<DnsRecord> = get("/dns_zones/{zone_id}/dns_records");
    CREATE_RECORD:      NewDnsRecord        => DnsRecord      = post("/dns_zones/{zone_id}/dns_records").status(201);
    GET_RECORD:         ()                  => DnsRecord      = get("/dns_zones/{zone_id}/dns_records/{dns_record_id}");
    DELETE_RECORD:      ()                  => ()             = delete("/dns_zones/{zone_id}/dns_records/{dns_record_id}").status(204);
}

/// The DNS zones. Reach them through [`Netlify::dns_zones`](crate::Netlify::dns_zones).
#[derive(Clone, Debug)]
pub struct DnsZones(pub(crate) Api);

impl DnsZones {
    /// Lists the zones of a site's domains.
    ///
    /// `GET /sites/{site_id}/dns`
    pub fn get_for_site(&self, site: &SiteId) -> Call<Vec<DnsZone>> {
        self.0.send(&GET_FOR_SITE, [site], ())
    }

    /// Makes the zones that a site's domains need.
    ///
    /// `PUT /sites/{site_id}/dns`
    pub fn configure_for_site(&self, site: &SiteId) -> Call<Vec<DnsZone>> {
        self.0.send(&CONFIGURE_FOR_SITE, [site], ())
    }

    /// Makes a zone.
    ///
    /// `POST /dns_zones`
    pub fn create(&self, zone: NewDnsZone) -> Call<DnsZone> {
        self.0.send(&CREATE, [], zone)
    }

    /// Lists zones.
    ///
    /// `GET /dns_zones`
    pub fn list(&self, filter: ZoneFilter) -> Call<Vec<DnsZone>> {
        self.0.send(&LIST, [], filter)
    }

    /// Reads a zone.
    ///
    /// `GET /dns_zones/{zone_id}`
    pub fn get(&self, zone: &ZoneId) -> Call<DnsZone> {
        self.0.send(&GET, [zone], ())
    }

    /// Removes a zone and its records.
    ///
    /// `DELETE /dns_zones/{zone_id}`
    pub fn delete(&self, zone: &ZoneId) -> Call<()> {
        self.0.send(&DELETE, [zone], ())
    }

    /// Gives a zone to another account.
    ///
    /// `PUT /dns_zones/{zone_id}/transfer`
    pub fn transfer(&self, zone: &ZoneId, transfer: ZoneTransfer) -> Call<DnsZone> {
        self.0.send(&TRANSFER, [zone], Query(transfer))
    }

    /// Lists a zone's records. The list comes whole.
    ///
    /// `GET /dns_zones/{zone_id}/dns_records`
    pub fn list_records(&self, zone: &ZoneId) -> Call<Vec<DnsRecord>> {
        self.0.send(&LIST_RECORDS, [zone], ())
    }

    /// Makes a record. Not repeated when the answer is lost: there would be two.
    ///
    /// `POST /dns_zones/{zone_id}/dns_records`
    pub fn create_record(&self, zone: &ZoneId, record: NewDnsRecord) -> Call<DnsRecord> {
        self.0.send(&CREATE_RECORD, [zone], record)
    }

    /// Reads a record.
    ///
    /// `GET /dns_zones/{zone_id}/dns_records/{dns_record_id}`
    pub fn get_record(&self, zone: &ZoneId, record: &RecordId) -> Call<DnsRecord> {
        self.0.send(&GET_RECORD, [zone, record], ())
    }

    /// Removes a record.
    ///
    /// `DELETE /dns_zones/{zone_id}/dns_records/{dns_record_id}`
    pub fn delete_record(&self, zone: &ZoneId, record: &RecordId) -> Call<()> {
        self.0.send(&DELETE_RECORD, [zone, record], ())
    }
}

/// The id of a zone.
pub type ZoneId = Id<DnsZone, String>;

/// The id of a record.
pub type RecordId = Id<DnsRecord, String>;

/// A zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DnsZone {
    pub id: ZoneId,
    pub name: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub errors: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub supported_record_types: Vec<String>,
    pub user_id: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub records: Vec<DnsRecord>,
    /// The name servers to delegate to.
    #[serde(default, deserialize_with = "null_as_default")]
    pub dns_servers: Vec<String>,
    pub account_id: Option<AccountId>,
    pub site_id: Option<SiteId>,
    pub account_slug: Option<String>,
    pub account_name: Option<String>,
    pub domain: Option<String>,
    pub ipv6_enabled: Option<bool>,
    pub dedicated: Option<bool>,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DnsRecord {
    pub id: RecordId,
    /// The whole name.
    pub hostname: Option<String>,
    #[serde(rename = "type")]
    pub record_type: Option<String>,
    pub value: Option<String>,
    /// Seconds.
    pub ttl: Option<i64>,
    /// Of MX and SRV.
    pub priority: Option<i64>,
    /// Of SRV.
    pub weight: Option<i64>,
    /// Of SRV.
    pub port: Option<i64>,
    pub dns_zone_id: Option<String>,
    pub site_id: Option<SiteId>,
    /// Of CAA.
    pub flag: Option<i64>,
    /// Of CAA.
    pub tag: Option<String>,
    /// Whether the service looks after it; leave such a one alone.
    pub managed: Option<bool>,
}

input! {
    /// A zone to make.
    pub struct NewDnsZone {} optional {
        account_slug: String,
        site_id: SiteId,
        name: String,
    }
}

input! {
    /// A record to make.
    pub struct NewDnsRecord {} optional {
        #[serde(rename = "type")]
        record_type: String,
        /// The whole name.
        hostname: String,
        value: String,
        /// Seconds.
        ttl: i64,
        /// Of MX and SRV.
        priority: i64,
        /// Of SRV.
        weight: i64,
        /// Of SRV.
        port: i64,
        /// Of CAA.
        flag: i64,
        /// Of CAA.
        tag: String,
    }
}

input! {
    /// Narrows a list of zones.
    pub struct ZoneFilter {} optional {
        account_slug: String,
    }
}

input! {
    /// From whom to whom a zone goes.
    pub struct ZoneTransfer {
        account_id: AccountId,
        transfer_account_id: String,
        transfer_user_id: String,
    } optional {}
}
