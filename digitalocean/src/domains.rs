//! Domains and their records.
//!
//! ```
//! use futures::TryStreamExt;
//! use howdah_digitalocean::domains::{NewDomain, NewRecord, RecordFilter};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let domains = ocean.domains();
//! domains.create(NewDomain::new("example.com")).await?;
//! domains.create_record("example.com", NewRecord::new("A", "www", "192.0.2.1").with_ttl(300u32)).await?;
//!
//! let mut records = domains.list_records("example.com", RecordFilter::new().with_record_type("A"));
//! while let Some(record) = records.try_next().await? {
//!     println!("{} {} {}", record.name, record.record_type, record.data);
//! }
//! # Ok(()) }
//! ```
//!
//! A record's name is relative to the domain, `@` for the apex; a filter wants the whole name. Host names in data end with a
//! dot when they are written, and come back without. For records as DNS knows them, use
//! [`DigitalOceanDns`](crate::DigitalOceanDns). Nothing is signed here.

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages},
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use crate::PAGES;

endpoints! {
    LIST:           ()           => Vec<Domain>       = get("/v2/domains").envelope("domains").pages(PAGES);
    CREATE:         NewDomain    => Domain            = post("/v2/domains").envelope("domain").status(201);
    GET:            ()           => Domain            = get("/v2/domains/{domain_name}").envelope("domain");
    DELETE:         ()           => ()                = delete("/v2/domains/{domain_name}").status(204);
    LIST_RECORDS:   RecordFilter => Vec<DomainRecord> = get("/v2/domains/{domain_name}/records").envelope("domain_records").pages(PAGES);
    CREATE_RECORD:  NewRecord    => DomainRecord      = post("/v2/domains/{domain_name}/records").envelope("domain_record").status(201);
    GET_RECORD:     ()           => DomainRecord      = get("/v2/domains/{domain_name}/records/{domain_record_id}").envelope("domain_record");
    UPDATE_RECORD:  RecordUpdate => DomainRecord      = patch("/v2/domains/{domain_name}/records/{domain_record_id}").envelope("domain_record").idempotent();
    REPLACE_RECORD: RecordUpdate => DomainRecord      = put("/v2/domains/{domain_name}/records/{domain_record_id}").envelope("domain_record");
    DELETE_RECORD:  ()           => ()                = delete("/v2/domains/{domain_name}/records/{domain_record_id}").status(204);
}

/// The domains group. Reach it through [`DigitalOcean::domains`](crate::DigitalOcean::domains).
#[derive(Clone, Debug)]
pub struct Domains(pub(crate) Api);

impl Domains {
    /// Streams the account's domains.
    ///
    /// `GET /v2/domains`
    pub fn list(&self) -> Pages<Domain> {
        self.0.pages(&LIST, [], ())
    }

    /// Adds a domain, with the records of its name servers.
    ///
    /// `POST /v2/domains`
    pub fn create(&self, domain: NewDomain) -> Call<Domain> {
        self.0.send(&CREATE, [], domain)
    }

    /// Reads a domain with its zone file.
    ///
    /// `GET /v2/domains/{domain_name}`
    pub fn get(&self, domain: &str) -> Call<Domain> {
        self.0.send(&GET, [&domain], ())
    }

    /// Deletes a domain with all its records.
    ///
    /// `DELETE /v2/domains/{domain_name}`
    pub fn delete(&self, domain: &str) -> Call<()> {
        self.0.send(&DELETE, [&domain], ())
    }

    /// Streams a domain's records.
    ///
    /// `GET /v2/domains/{domain_name}/records`
    pub fn list_records(&self, domain: &str, filter: RecordFilter) -> Pages<DomainRecord> {
        self.0.pages(&LIST_RECORDS, [&domain], filter)
    }

    /// Adds a record to a domain.
    ///
    /// `POST /v2/domains/{domain_name}/records`
    pub fn create_record(&self, domain: &str, record: NewRecord) -> Call<DomainRecord> {
        self.0.send(&CREATE_RECORD, [&domain], record)
    }

    /// Reads a record.
    ///
    /// `GET /v2/domains/{domain_name}/records/{domain_record_id}`
    pub fn record(&self, domain: &str, record: RecordId) -> Call<DomainRecord> {
        self.0.send(&GET_RECORD, [&domain, &record], ())
    }

    /// Changes the given fields of a record.
    ///
    /// `PATCH /v2/domains/{domain_name}/records/{domain_record_id}`
    pub fn update_record(&self, domain: &str, record: RecordId, update: RecordUpdate) -> Call<DomainRecord> {
        self.0.send(&UPDATE_RECORD, [&domain, &record], update)
    }

    /// Changes the given fields of a record: the same as [`update_record`](Self::update_record) in practice.
    ///
    /// `PUT /v2/domains/{domain_name}/records/{domain_record_id}`
    pub fn replace_record(&self, domain: &str, record: RecordId, update: RecordUpdate) -> Call<DomainRecord> {
        self.0.send(&REPLACE_RECORD, [&domain, &record], update)
    }

    /// Deletes a record.
    ///
    /// `DELETE /v2/domains/{domain_name}/records/{domain_record_id}`
    pub fn delete_record(&self, domain: &str, record: RecordId) -> Call<()> {
        self.0.send(&DELETE_RECORD, [&domain, &record], ())
    }
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Domain {
    pub name: String,
    /// In an answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// Seconds.
    pub ttl: Option<u32>,
    /// All records as a zone file.
    pub zone_file: Option<String>,
}

input! {
    /// A domain to add.
    pub struct NewDomain {
        name: String,
    } optional {
        /// What the apex is to point to, as an A record.
        ip_address: String,
    }
}

/// The number of a record.
pub type RecordId = Id<DomainRecord>;

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainRecord {
    pub id: RecordId,
    #[serde(rename = "type")]
    pub record_type: RecordType,
    /// Relative to the domain; `@` is the apex.
    pub name: String,
    /// `@` where a host name is the apex.
    pub data: String,
    /// Of MX and SRV.
    pub priority: Option<u16>,
    /// Of SRV.
    pub port: Option<u16>,
    /// Seconds.
    pub ttl: Option<u32>,
    /// Of SRV.
    pub weight: Option<u16>,
    /// Of CAA.
    pub flags: Option<u8>,
    /// Of CAA.
    pub tag: Option<String>,
}

open_enum! {
    /// What a record is.
    pub enum RecordType {
        /// An address.
        A = "A",
        /// An address of the newer kind.
        Aaaa = "AAAA",
        /// Who may issue certificates.
        Caa = "CAA",
        /// Another name for a host.
        Cname = "CNAME",
        /// Where mail goes.
        Mx = "MX",
        /// A name server.
        Ns = "NS",
        /// The zone's own data; only its TTL can be changed.
        Soa = "SOA",
        /// Where a service is.
        Srv = "SRV",
        /// Text.
        Txt = "TXT",
    }
}

input! {
    /// Narrows the list of records.
    pub struct RecordFilter {} optional {
        /// The whole name, such as `www.example.com`.
        name: String,
        #[serde(rename = "type")]
        record_type: RecordType,
    }
}

input! {
    /// A record to add. The TTL is 1800 seconds unless it says otherwise.
    pub struct NewRecord {
        #[serde(rename = "type")]
        record_type: RecordType,
        /// Relative to the domain; `@` is the apex.
        name: String,
        /// A host name with a dot at its end.
        data: String,
    } optional {
        /// Of MX and SRV.
        priority: u16,
        /// Of SRV.
        port: u16,
        /// Seconds: 30 or more.
        ttl: u32,
        /// Of SRV.
        weight: u16,
        /// Of CAA.
        flags: u8,
        /// Of CAA.
        tag: String,
    }
}

input! {
    /// What changes in a record.
    pub struct RecordUpdate {
        /// As it is.
        #[serde(rename = "type")]
        record_type: RecordType,
    } optional {
        /// Relative to the domain; `@` is the apex.
        name: String,
        /// A host name with a dot at its end.
        data: String,
        /// Of MX and SRV.
        priority: u16,
        /// Of SRV.
        port: u16,
        /// Seconds: 30 or more.
        ttl: u32,
        /// Of SRV.
        weight: u16,
        /// Of CAA.
        flags: u8,
        /// Of CAA.
        tag: String,
    }
}
