//! Zones and their records.
//!
//! ```
//! use howdah_dnsimple::zones::{BatchChange, NewRecord, RecordUpdate};
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.create_zone("example.com");
//! # let account = fake.client().account(1010);
//! let zones = account.zones();
//! let mail = NewRecord::new("", "MX", "mx.example.net").with_priority(10u16);
//! let record = zones.create_record("example.com", mail).await?;
//! zones.update_record("example.com", record.id, RecordUpdate::new().with_ttl(600u32)).await?;
//!
//! let both = BatchChange::new()
//!     .with_creates([NewRecord::new("www", "CNAME", "example.com")])
//!     .with_deletes([record.id.into()]);
//! zones.change_batch("example.com", both).await?;
//! # Ok(()) }
//! ```
//!
//! The apex has the name `""`, host names in a content have no final dot, and a priority stands apart from it. The type of
//! a record cannot be changed. Records with `system_record`, and those with a `parent_id`, are DNSimple's own.

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Account, PAGES, identity::AccountId};

endpoints! {
    LIST:                ZoneFilter     => Vec<Zone>        = get("/{account}/zones").envelope("data").pages(PAGES);
    GET:                 ()             => Zone             = get("/{account}/zones/{zone}").envelope("data");
    GET_FILE:            ()             => ZoneFile         = get("/{account}/zones/{zone}/file").envelope("data");
    CHECK_DISTRIBUTION:  ()             => ZoneDistribution = get("/{account}/zones/{zone}/distribution").envelope("data");
    UPDATE_NS_RECORDS:   ZoneNsRecords  => Vec<ZoneRecord>  = put("/{account}/zones/{zone}/ns_records").envelope("data");
    LIST_RECORDS:        RecordFilter   => Vec<ZoneRecord>  = get("/{account}/zones/{zone}/records").envelope("data").pages(PAGES);
    CREATE_RECORD:       NewRecord      => ZoneRecord       = post("/{account}/zones/{zone}/records").envelope("data").status(201);
    GET_RECORD:          ()             => ZoneRecord       = get("/{account}/zones/{zone}/records/{zonerecord}").envelope("data");
    UPDATE_RECORD:       RecordUpdate   => ZoneRecord       = patch("/{account}/zones/{zone}/records/{zonerecord}").envelope("data").idempotent();
    DELETE_RECORD:       ()             => ()               = delete("/{account}/zones/{zone}/records/{zonerecord}").status(204);
    CHECK_RECORD_DISTRIBUTION: ()       => ZoneDistribution = get("/{account}/zones/{zone}/records/{zonerecord}/distribution").envelope("data");
    CHANGE_BATCH:        BatchChange    => BatchChanged     = post("/{account}/zones/{zone}/batch").envelope("data");
    ACTIVATE:            ()             => Zone             = put("/{account}/zones/{zone}/activation").envelope("data").once();
    DEACTIVATE:          ()             => Zone             = delete("/{account}/zones/{zone}/activation").envelope("data");
}

/// The zones group. Reach it through [`Account::zones`].
#[derive(Clone, Debug)]
pub struct Zones(pub(crate) Account);

impl Zones {
    /// Streams the account's zones.
    ///
    /// `GET /{account}/zones`
    pub fn list(&self, filter: ZoneFilter) -> Pages<Zone> {
        self.0.api.pages(&LIST, [&self.0.id], filter)
    }

    /// Reads a zone.
    ///
    /// `GET /{account}/zones/{zone}`
    pub fn get(&self, zone: &str) -> Call<Zone> {
        self.0.api.send(&GET, [&self.0.id, &zone], ())
    }

    /// Reads the zone as a zone file, in which what has no counterpart in DNS is a comment.
    ///
    /// `GET /{account}/zones/{zone}/file`
    pub fn file(&self, zone: &str) -> Call<ZoneFile> {
        self.0.api.send(&GET_FILE, [&self.0.id, &zone], ())
    }

    /// Asks whether all of DNSimple's name servers serve the zone as it is now. Fails with `Timeout` (504) when they
    /// cannot be asked.
    ///
    /// `GET /{account}/zones/{zone}/distribution`
    pub fn check_distribution(&self, zone: &str) -> Call<ZoneDistribution> {
        self.0.api.send(&CHECK_DISTRIBUTION, [&self.0.id, &zone], ())
    }

    /// Replaces the NS records of the zone's apex, which are the provider's and cannot be edited one by one.
    ///
    /// `PUT /{account}/zones/{zone}/ns_records`
    pub fn update_ns_records(&self, zone: &str, records: ZoneNsRecords) -> Call<Vec<ZoneRecord>> {
        self.0.api.send(&UPDATE_NS_RECORDS, [&self.0.id, &zone], records)
    }

    /// Streams the zone's records.
    ///
    /// `GET /{account}/zones/{zone}/records`
    pub fn list_records(&self, zone: &str, filter: RecordFilter) -> Pages<ZoneRecord> {
        self.0.api.pages(&LIST_RECORDS, [&self.0.id, &zone], filter)
    }

    /// Creates a record.
    ///
    /// `POST /{account}/zones/{zone}/records`
    pub fn create_record(&self, zone: &str, record: NewRecord) -> Call<ZoneRecord> {
        self.0.api.send(&CREATE_RECORD, [&self.0.id, &zone], record)
    }

    /// Reads a record.
    ///
    /// `GET /{account}/zones/{zone}/records/{zonerecord}`
    pub fn record(&self, zone: &str, record: RecordId) -> Call<ZoneRecord> {
        self.0.api.send(&GET_RECORD, [&self.0.id, &zone, &record], ())
    }

    /// Changes the given fields of a record. Since it sets values, it may be repeated.
    ///
    /// `PATCH /{account}/zones/{zone}/records/{zonerecord}`
    pub fn update_record(&self, zone: &str, record: RecordId, update: RecordUpdate) -> Call<ZoneRecord> {
        self.0.api.send(&UPDATE_RECORD, [&self.0.id, &zone, &record], update)
    }

    /// Deletes a record.
    ///
    /// `DELETE /{account}/zones/{zone}/records/{zonerecord}`
    pub fn delete_record(&self, zone: &str, record: RecordId) -> Call<()> {
        self.0.api.send(&DELETE_RECORD, [&self.0.id, &zone, &record], ())
    }

    /// Asks whether all of DNSimple's name servers serve the record as it is now.
    ///
    /// `GET /{account}/zones/{zone}/records/{zonerecord}/distribution`
    pub fn check_record_distribution(&self, zone: &str, record: RecordId) -> Call<ZoneDistribution> {
        self.0.api.send(&CHECK_RECORD_DISTRIBUTION, [&self.0.id, &zone, &record], ())
    }

    /// Deletes, updates and creates records, in this order, all of them or none. Fails with `PlanRequired` (412) where the
    /// account's plan does not include it, and with the failing operations in `fields`, such as `creates[2].content`.
    ///
    /// `POST /{account}/zones/{zone}/batch`
    pub fn change_batch(&self, zone: &str, change: BatchChange) -> Call<BatchChanged> {
        self.0.api.send(&CHANGE_BATCH, [&self.0.id, &zone], change)
    }

    /// Lets the name servers answer for the zone. It may be charged, so it is not repeated on a lost answer.
    ///
    /// `PUT /{account}/zones/{zone}/activation`
    pub fn activate(&self, zone: &str) -> Call<Zone> {
        self.0.api.send(&ACTIVATE, [&self.0.id, &zone], ())
    }

    /// Stops the name servers from answering for the zone, and keeps its records.
    ///
    /// `DELETE /{account}/zones/{zone}/activation`
    pub fn deactivate(&self, zone: &str) -> Call<Zone> {
        self.0.api.send(&DEACTIVATE, [&self.0.id, &zone], ())
    }
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Zone {
    pub id: Id<Zone>,
    pub account_id: Option<AccountId>,
    pub name: String,
    /// Whether it is for reverse look-ups.
    pub reverse: Option<bool>,
    /// Whether it is copied from primary servers elsewhere.
    pub secondary: Option<bool>,
    pub last_transferred_at: Option<Timestamp>,
    /// Whether the name servers answer for it.
    pub active: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

input! {
    /// Narrows and sorts the list of zones.
    pub struct ZoneFilter {} optional {
        /// A part of the name.
        name_like: String,
        /// Such as `name:asc`.
        sort: String,
    }
}

/// A zone as a zone file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ZoneFile {
    pub zone: String,
}

/// Whether all name servers serve the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ZoneDistribution {
    pub distributed: bool,
}

input! {
    /// The names of the zone's own name servers: by name, by set, or both.
    pub struct ZoneNsRecords {} optional {
        ns_names: Vec<String>,
        /// Sets of name servers that DNSimple has numbered.
        ns_set_ids: Vec<u64>,
    }
}

/// The number of a record.
pub type RecordId = Id<ZoneRecord>;

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ZoneRecord {
    pub id: RecordId,
    /// The zone's name.
    pub zone_id: String,
    /// The record that this one belongs to, such as the `ALIAS` of a descriptive `TXT`.
    pub parent_id: Option<RecordId>,
    /// Relative to the zone; `""` is the apex.
    pub name: String,
    /// In presentation format, without the priority and without final dots.
    pub content: String,
    /// Seconds.
    pub ttl: Option<u32>,
    pub priority: Option<u16>,
    #[serde(rename = "type")]
    pub record_type: RecordType,
    #[serde(default)]
    pub regions: Vec<Region>,
    /// Whether it is DNSimple's own and cannot be edited.
    #[serde(default)]
    pub system_record: bool,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// The type of a record: those of the document, and whatever else occurs as `Other`.
    #[allow(missing_docs)]
    pub enum RecordType {
        /// An IPv4 address.
        A = "A",
        /// An IPv6 address.
        Aaaa = "AAAA",
        /// The addresses of another name, at any name.
        Alias = "ALIAS",
        /// Which authorities may issue certificates.
        Caa = "CAA",
        /// Another name for this one.
        Cname = "CNAME",
        /// A key.
        Dnskey = "DNSKEY",
        /// The digest of a child zone's key.
        Ds = "DS",
        /// What a host is made of.
        Hinfo = "HINFO",
        /// Where mail goes.
        Mx = "MX",
        /// A rule for rewriting names.
        Naptr = "NAPTR",
        /// A name server.
        Ns = "NS",
        /// One of several `CNAME`s, chosen at random. It has no counterpart in DNS.
        Pool = "POOL",
        /// The name of an address.
        Ptr = "PTR",
        /// The zone's own data.
        Soa = "SOA",
        /// The sender policy in the old type.
        Spf = "SPF",
        /// Where a service is.
        Srv = "SRV",
        /// The fingerprint of an SSH key.
        Sshfp = "SSHFP",
        /// Text.
        Txt = "TXT",
        /// A redirect. It has no counterpart in DNS.
        Url = "URL",
    }
}

open_enum! {
    /// Where in the world a record is served.
    pub enum Region {
        /// Everywhere.
        Global = "global",
        /// Sunnyvale.
        Sv1 = "SV1",
        /// Chicago.
        Ord = "ORD",
        /// Ashburn.
        Iad = "IAD",
        /// Amsterdam.
        Ams = "AMS",
        /// Tokyo.
        Tko = "TKO",
        /// Sydney.
        Syd = "SYD",
        /// Paris.
        Cdg = "CDG",
        /// Frankfurt.
        Fra = "FRA",
    }
}

input! {
    /// Narrows and sorts the list of records.
    pub struct RecordFilter {} optional {
        /// A part of the name.
        name_like: String,
        /// The whole name; `""` is the apex.
        name: String,
        #[serde(rename = "type")]
        record_type: RecordType,
        /// Such as `type:asc,name:desc`.
        sort: String,
    }
}

input! {
    /// A record to create. The TTL is 3600 seconds unless it says otherwise.
    pub struct NewRecord {
        /// Relative to the zone; `""` is the apex.
        name: String,
        #[serde(rename = "type")]
        record_type: RecordType,
        /// In presentation format, without the priority and without final dots.
        content: String,
    } optional {
        /// Seconds.
        ttl: u32,
        priority: u16,
        regions: Vec<Region>,
        /// Zones at partner providers that get the record too.
        integrated_zones: Vec<u64>,
    }
}

input! {
    /// The fields of a record that change. A priority cannot be taken away: delete the record and create it anew.
    pub struct RecordUpdate {} optional {
        name: String,
        content: String,
        /// Seconds.
        ttl: u32,
        priority: u16,
        regions: Vec<Region>,
        /// Zones at partner providers that get the record too.
        integrated_zones: Vec<u64>,
    }
}

input! {
    /// Several changes at once.
    pub struct BatchChange {} optional {
        creates: Vec<NewRecord>,
        updates: Vec<BatchUpdate>,
        deletes: Vec<BatchDelete>,
    }
}

input! {
    /// A record to change, in a batch.
    pub struct BatchUpdate { id: RecordId } optional {
        name: String,
        content: String,
        /// Seconds.
        ttl: u32,
        priority: u16,
        regions: Vec<Region>,
    }
}

/// A record to delete, or deleted, in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BatchDelete {
    pub id: RecordId,
}

impl From<RecordId> for BatchDelete {
    fn from(id: RecordId) -> Self {
        Self { id }
    }
}

/// What a batch did, in the order of the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BatchChanged {
    #[serde(default)]
    pub creates: Vec<ZoneRecord>,
    #[serde(default)]
    pub updates: Vec<ZoneRecord>,
    #[serde(default)]
    pub deletes: Vec<BatchDelete>,
}
