//! Zones on the LiveDNS name servers.
//!
//! ```
//! use howdah_core::dns::RecordType;
//! use howdah_gandi::livedns::{NewDomain, NewZone, RrsetUpdate, RrsetValues};
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let gandi = FakeGandi::new().client();
//! let livedns = gandi.livedns();
//! livedns.create(NewDomain::new("example.com").with_zone(NewZone::new([]))).await?;
//!
//! livedns.replace_rrset("example.com", "www", &RecordType::A, RrsetValues::new(["192.0.2.1", "192.0.2.2"])).await?;
//! livedns.replace_rrset("example.com", "blog", &RecordType::Cname, RrsetValues::new("www").with_ttl(600u32)).await?;
//! let fewer = RrsetUpdate::new().with_remove_values("192.0.2.2");
//! let www = livedns.update_rrset("example.com", "www", &RecordType::A, fewer).await?;
//! assert_eq!(www.values.0, ["192.0.2.1"]);
//! # Ok(()) }
//! ```
//!
//! The unit is the record set. Its name is relative to the zone, and `@` is the apex; a priority is a part of the value.
//! Targets are relative too, unless they end in a dot: `mx.example.net` in the zone `example.com` is
//! `mx.example.net.example.com.`.
//!
//! SOA and NS of the apex are LiveDNS's own. `ALIAS` is possible at the apex only, and not in a signed zone.

mod axfr;
mod keys;
mod records;
mod snapshots;

use howdah_core::{
    dns::RecordType,
    endpoints,
    http::{Api, Call, Detailed, Pages, Text, Upload},
    input,
};
use serde::{Deserialize, Serialize};

use crate::PAGES;

pub use axfr::{ConfigSamples, NameServerSoftware, TsigKey, TsigKeyId};
pub use keys::{CreatedKey, Key, KeyId, KeyStatus, NewKey, RestoredKey};
pub use records::{Items, NewRrset, RecordFilter, Rrset, RrsetAtName, RrsetUpdate, RrsetValues, Values};
pub use snapshots::{CreatedSnapshot, NewSnapshot, Snapshot, SnapshotFilter, SnapshotId, SnapshotName};

const AS_TEXT: &[(&str, &str)] = &[("accept", "text/plain")];

endpoints! {
    LIST:                 ()                  => Vec<DomainSummary> = get("/livedns/domains").pages(PAGES);
    CREATE:               NewDomain           => Message            = post("/livedns/domains").status(201);
    GET:                  ()                  => Domain             = get("/livedns/domains/{fqdn}");
    UPDATE:               DomainUpdate        => Message            = patch("/livedns/domains/{fqdn}").idempotent();
    LIST_NAME_SERVERS:    ()                  => Vec<String>        = get("/livedns/domains/{fqdn}/nameservers");
    PREDICT_NAME_SERVERS: ()                  => Vec<String>        = get("/livedns/nameservers/{fqdn}");
    LIST_RECORD_TYPES:    ()                  => Vec<RecordType>    = get("/livedns/dns/rrtypes");

    LIST_RRSETS:          RecordFilter        => Vec<Rrset>         = get("/livedns/domains/{fqdn}/records").pages(PAGES);
    GET_ZONE_FILE:        ()                  => Text               = get("/livedns/domains/{fqdn}/records").headers(AS_TEXT);
    CREATE_RRSET:         NewRrset            => Message            = post("/livedns/domains/{fqdn}/records").status(201);
    REPLACE_RRSETS:       Items<NewRrset>     => Message            = put("/livedns/domains/{fqdn}/records").status(201);
    REPLACE_ZONE_FILE:    Upload              => Message            = put("/livedns/domains/{fqdn}/records").status(201);
    RESET_RRSETS:         ()                  => ()                 = delete("/livedns/domains/{fqdn}/records").status(204);
    LIST_RRSETS_AT:       ()                  => Vec<Rrset>         = get("/livedns/domains/{fqdn}/records/{name}");
    CREATE_RRSET_AT:      RrsetAtName         => Message            = post("/livedns/domains/{fqdn}/records/{name}").status(201);
    REPLACE_RRSETS_AT:    Items<RrsetAtName>  => Message            = put("/livedns/domains/{fqdn}/records/{name}").status(201);
    DELETE_RRSETS_AT:     ()                  => ()                 = delete("/livedns/domains/{fqdn}/records/{name}").status(204);
    GET_RRSET:            ()                  => Rrset              = get("/livedns/domains/{fqdn}/records/{name}/{type}");
    CREATE_RRSET_OF:      RrsetValues         => Message            = post("/livedns/domains/{fqdn}/records/{name}/{type}").status(201);
    REPLACE_RRSET:        RrsetValues         => Message            = put("/livedns/domains/{fqdn}/records/{name}/{type}").status(201);
    UPDATE_RRSET:         RrsetUpdate         => Rrset              = patch("/livedns/domains/{fqdn}/records/{name}/{type}");
    DELETE_RRSET:         ()                  => ()                 = delete("/livedns/domains/{fqdn}/records/{name}/{type}").status(204);

    LIST_KEYS:            ()                  => Vec<Key>           = get("/livedns/domains/{fqdn}/keys");
    CREATE_KEY:           NewKey              => Detailed<Message>  = post("/livedns/domains/{fqdn}/keys").status(201);
    GET_KEY:              ()                  => Key                = get("/livedns/domains/{fqdn}/keys/{id}");
    RESTORE_KEY:          RestoredKey         => Message            = patch("/livedns/domains/{fqdn}/keys/{id}").idempotent();
    DELETE_KEY:           ()                  => ()                 = delete("/livedns/domains/{fqdn}/keys/{id}").status(204);

    LIST_SNAPSHOTS:       SnapshotFilter      => Vec<Snapshot>      = get("/livedns/domains/{fqdn}/snapshots").pages(PAGES);
    CREATE_SNAPSHOT:      NewSnapshot         => CreatedSnapshot    = post("/livedns/domains/{fqdn}/snapshots").status(201);
    GET_SNAPSHOT:         ()                  => Snapshot           = get("/livedns/domains/{fqdn}/snapshots/{id}");
    GET_SNAPSHOT_FILE:    ()                  => Text               = get("/livedns/domains/{fqdn}/snapshots/{id}").headers(AS_TEXT);
    RENAME_SNAPSHOT:      SnapshotName        => Message            = patch("/livedns/domains/{fqdn}/snapshots/{id}").idempotent();
    DELETE_SNAPSHOT:      ()                  => ()                 = delete("/livedns/domains/{fqdn}/snapshots/{id}").status(204);

    LIST_TSIG_KEYS:       ()                  => Vec<TsigKey>       = get("/livedns/axfr/tsig");
    CREATE_TSIG_KEY:      ()                  => TsigKey            = post("/livedns/axfr/tsig").status(201);
    GET_TSIG_KEY:         ()                  => TsigKey            = get("/livedns/axfr/tsig/{id}");
    GET_TSIG_CONFIG:      ()                  => Text               = get("/livedns/axfr/tsig/{id}/config/{software}");
    LIST_SECONDARIES:     ()                  => Vec<String>        = get("/livedns/domains/{fqdn}/axfr/slaves");
    ADD_SECONDARY:        ()                  => Message            = put("/livedns/domains/{fqdn}/axfr/slaves/{ip}");
    REMOVE_SECONDARY:     ()                  => ()                 = delete("/livedns/domains/{fqdn}/axfr/slaves/{ip}").status(204);
    LIST_ZONE_TSIG_KEYS:  ()                  => Vec<TsigKey>       = get("/livedns/domains/{fqdn}/axfr/tsig");
    ADD_ZONE_TSIG_KEY:    ()                  => Message            = put("/livedns/domains/{fqdn}/axfr/tsig/{id}");
    REMOVE_ZONE_TSIG_KEY: ()                  => ()                 = delete("/livedns/domains/{fqdn}/axfr/tsig/{id}").status(204);
}

/// The LiveDNS group. Reach it through [`Gandi::livedns`](crate::Gandi::livedns).
#[derive(Clone, Debug)]
pub struct LiveDns(pub(crate) Api);

impl LiveDns {
    /// Streams the zones. One that was switched on through the domain may be missing: [`get`](Self::get) tells whether a
    /// zone exists.
    ///
    /// `GET /livedns/domains`
    pub fn list(&self) -> Pages<DomainSummary> {
        self.0.pages(&LIST, [], ())
    }

    /// Creates a zone. Without a [`NewZone`] it gets Gandi's default records, a parking page and mail.
    ///
    /// `POST /livedns/domains`
    pub fn create(&self, domain: NewDomain) -> Call<Message> {
        self.0.send(&CREATE, [], domain)
    }

    /// Reads what there is to know about a zone besides its records.
    ///
    /// `GET /livedns/domains/{fqdn}`
    pub fn get(&self, fqdn: &str) -> Call<Domain> {
        self.0.send(&GET, [&fqdn], ())
    }

    /// Says whether LiveDNS takes a snapshot before each change by itself.
    ///
    /// `PATCH /livedns/domains/{fqdn}`
    pub fn update(&self, fqdn: &str, update: DomainUpdate) -> Call<Message> {
        self.0.send(&UPDATE, [&fqdn], update)
    }

    /// Reads the name servers that a registrar has to delegate the zone to.
    ///
    /// `GET /livedns/domains/{fqdn}/nameservers`
    pub fn name_servers(&self, fqdn: &str) -> Call<Vec<String>> {
        self.0.send(&LIST_NAME_SERVERS, [&fqdn], ())
    }

    /// Tells the name servers that a zone of this name has or would have; it need not exist.
    ///
    /// `GET /livedns/nameservers/{fqdn}`
    pub fn predicted_name_servers(&self, fqdn: &str) -> Call<Vec<String>> {
        self.0.send(&PREDICT_NAME_SERVERS, [&fqdn], ())
    }

    /// Lists the types that records may have.
    ///
    /// `GET /livedns/dns/rrtypes`
    pub fn record_types(&self) -> Call<Vec<RecordType>> {
        self.0.send(&LIST_RECORD_TYPES, [], ())
    }
}

/// What LiveDNS says of a change it made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Message {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A zone in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainSummary {
    pub fqdn: String,
    pub domain_href: Option<String>,
    pub domain_records_href: Option<String>,
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Domain {
    pub fqdn: String,
    /// Whether a snapshot is taken before each change.
    pub automatic_snapshots: Option<bool>,
    pub domain_href: Option<String>,
    pub domain_records_href: Option<String>,
    pub domain_keys_href: Option<String>,
}

input! {
    /// A zone to create.
    pub struct NewDomain { fqdn: String } optional {
        /// What it begins with instead of the default records.
        zone: NewZone,
    }
}

input! {
    /// The records that a new zone begins with.
    pub struct NewZone { items: Vec<NewRrset> } optional {
        /// Seconds, for sets that do not say.
        ttl: u32,
    }
}

input! {
    /// What changes about a zone.
    pub struct DomainUpdate {} optional {
        /// Whether a snapshot is taken before each change.
        automatic_snapshots: bool,
    }
}
