//! DNS records of a zone, and their export.
//!
//! ```
//! use howdah_cloudflare::dns_records::{NewRecord, RecordFilter, RecordUpdate};
//! # use howdah_cloudflare::testing::FakeCloudflare;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeCloudflare::new();
//! # let zone = fake.create_zone("example.com");
//! # let records = fake.client().dns_records();
//! let www = NewRecord::new("A", "www.example.com").with_content("192.0.2.1").with_ttl(3600u32);
//! let www = records.create(&zone, www).await?;
//! records.update(&zone, &www.id, RecordUpdate::new().with_ttl(300u32)).await?;
//! let saved = records.export(&zone).await?.0;
//! assert!(saved.contains("www.example.com.\t300\tIN\tA\t192.0.2.1"));
//! # Ok(()) }
//! ```
//!
//! Names are whole and in A-labels, without a final dot; so are those in a content. A TTL of 1 is the provider's choice, which
//! is 300 seconds, and the only one that a proxied record has. The content of a proxied record is its origin. Of types with
//! several parts (`SRV`, `CAA`, `TLSA` and the like) it is `data` that is written, and the content follows from it.

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, Text},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{numbered, zones::ZoneId};

endpoints! {
    LIST:    RecordFilter => Vec<DnsRecord> = get("/zones/{zone_id}/dns_records").envelope("result").pages(numbered(1000));
    CREATE:  NewRecord    => DnsRecord      = post("/zones/{zone_id}/dns_records").envelope("result");
    GET:     ()           => DnsRecord      = get("/zones/{zone_id}/dns_records/{dns_record_id}").envelope("result");
    UPDATE:  RecordUpdate => DnsRecord      = patch("/zones/{zone_id}/dns_records/{dns_record_id}").envelope("result").idempotent();
    REPLACE: NewRecord    => DnsRecord      = put("/zones/{zone_id}/dns_records/{dns_record_id}").envelope("result");
    DELETE:  ()           => ()             = delete("/zones/{zone_id}/dns_records/{dns_record_id}").envelope("result");
    EXPORT:  ()           => Text           = get("/zones/{zone_id}/dns_records/export");
}

/// The dns records group. Reach it through [`Cloudflare::dns_records`](crate::Cloudflare::dns_records).
#[derive(Clone, Debug)]
pub struct DnsRecords(pub(crate) Api);

impl DnsRecords {
    /// Streams the zone's records. SOA and NS of the apex are not among them.
    ///
    /// `GET /zones/{zone_id}/dns_records`
    pub fn list(&self, zone: &ZoneId, filter: RecordFilter) -> Pages<DnsRecord> {
        self.0.pages(&LIST, [zone], filter)
    }

    /// Creates a record. Fails with `Conflict` (400) when it is there already, or when a CNAME is in its way.
    ///
    /// `POST /zones/{zone_id}/dns_records`
    pub fn create(&self, zone: &ZoneId, record: NewRecord) -> Call<DnsRecord> {
        self.0.send(&CREATE, [zone], record)
    }

    /// Reads a record.
    ///
    /// `GET /zones/{zone_id}/dns_records/{dns_record_id}`
    pub fn get(&self, zone: &ZoneId, record: &RecordId) -> Call<DnsRecord> {
        self.0.send(&GET, [zone, record], ())
    }

    /// Changes the given fields of a record. Since it sets values, it may be repeated.
    ///
    /// `PATCH /zones/{zone_id}/dns_records/{dns_record_id}`
    pub fn update(&self, zone: &ZoneId, record: &RecordId, update: RecordUpdate) -> Call<DnsRecord> {
        self.0.send(&UPDATE, [zone, record], update)
    }

    /// Puts another record in the place of one, under its id. What is not given is as in a new record.
    ///
    /// `PUT /zones/{zone_id}/dns_records/{dns_record_id}`
    pub fn replace(&self, zone: &ZoneId, record: &RecordId, with: NewRecord) -> Call<DnsRecord> {
        self.0.send(&REPLACE, [zone, record], with)
    }

    /// Deletes a record.
    ///
    /// `DELETE /zones/{zone_id}/dns_records/{dns_record_id}`
    pub fn delete(&self, zone: &ZoneId, record: &RecordId) -> Call<()> {
        self.0.send(&DELETE, [zone, record], ())
    }

    /// Reads the zone as a zone file. Proxied records are there with their origins and a comment with the tag
    /// `cf-proxied:true`.
    ///
    /// `GET /zones/{zone_id}/dns_records/export`
    pub fn export(&self, zone: &ZoneId) -> Call<Text> {
        self.0.send(&EXPORT, [zone], ())
    }
}

/// What Cloudflare calls a record: 32 hexadecimal digits.
pub type RecordId = Id<DnsRecord, String>;

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DnsRecord {
    pub id: RecordId,
    /// The whole name without its final dot.
    pub name: String,
    /// A mnemonic, such as `AAAA`.
    #[serde(rename = "type")]
    pub record_type: String,
    pub content: Option<String>,
    /// The parts of the content, for types that have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// Seconds; 1 is the provider's choice.
    pub ttl: Option<u32>,
    /// Whether the name servers answer with Cloudflare's addresses instead.
    pub proxied: Option<bool>,
    /// Whether it could be.
    pub proxiable: Option<bool>,
    pub comment: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<RecordSettings>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<RecordMeta>,
    pub created_on: Option<Timestamp>,
    pub modified_on: Option<Timestamp>,
}

/// How a record is served.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RecordSettings {
    /// Whether a CNAME is answered with the addresses of its target. At the apex it always is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flatten_cname: Option<bool>,
    /// Whether a proxied name has IPv4 addresses only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv4_only: Option<bool>,
    /// Whether a proxied name has IPv6 addresses only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_only: Option<bool>,
}

/// Where a record comes from. Those that are read-only belong to another service of Cloudflare's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RecordMeta {
    /// Whether Cloudflare found it when the zone was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_added: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// Whether it is for the routing of mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_routing: Option<bool>,
    /// The Worker that answers at this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_worker_id: Option<String>,
    /// The bucket that is served at this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r2_bucket: Option<String>,
}

input! {
    /// A record to be.
    pub struct NewRecord {
        /// A mnemonic, such as `AAAA`.
        #[serde(rename = "type")]
        record_type: String,
        /// The whole name, or `@` for the apex.
        name: String,
    } optional {
        content: String,
        /// The parts of the content, for types that have several.
        data: Value,
        /// Of `MX` and `URI`.
        priority: u16,
        /// 60 to 86400 seconds, or 1 for the provider's choice, which is what it is otherwise.
        ttl: u32,
        proxied: bool,
        comment: String,
        tags: Vec<String>,
        settings: RecordSettings,
    }
}

input! {
    /// What is to change of a record.
    pub struct RecordUpdate {} optional {
        /// Another mnemonic, such as `AAAA`; the content is then of that type.
        #[serde(rename = "type")]
        record_type: String,
        name: String,
        content: String,
        /// The parts of the content, for types that have several.
        data: Value,
        /// Of `MX` and `URI`.
        priority: u16,
        /// 60 to 86400 seconds, or 1 for the provider's choice.
        ttl: u32,
        proxied: bool,
        comment: String,
        tags: Vec<String>,
        settings: RecordSettings,
    }
}

input! {
    /// Narrows and sorts the list of records.
    pub struct RecordFilter {} optional {
        /// The whole name.
        name: String,
        #[serde(rename = "type")]
        record_type: String,
        content: String,
        proxied: bool,
        /// A part of a name, a content or a comment.
        search: String,
        /// `type`, `name`, `content`, `ttl` or `proxied`.
        order: String,
        /// `asc` or `desc`.
        direction: String,
        /// A thousand, unless it is said otherwise.
        per_page: u32,
    }
}
