//! What it takes to leave Cloudflare: a typed client of that part of the
//! [Cloudflare API v4](https://developers.cloudflare.com/api/).
//!
//! | To know | Ask |
//! |---|---|
//! | whether the token is good | [`tokens`](Cloudflare::tokens) |
//! | the zone and its name servers, and at last to delete it | [`zones`](Cloudflare::zones) |
//! | its records with their real origins, a zone file to keep | [`dns_records`](Cloudflare::dns_records) |
//! | whether it is signed, and to go insecure | [`dnssec`](Cloudflare::dnssec) |
//! | what ends with Cloudflare, such as redirects | [`inventory`](Cloudflare::inventory) |
//! | whether the domain is registered there too | [`registrar`](Cloudflare::registrar) |
//!
//! [`CloudflareDns`] is the account as a [`DnsProvider`](howdah_core::dns::DnsProvider), [`CloudflareRegistrar`] as a
//! [`Registrar`](howdah_core::registrar::Registrar) that can only be read.
//!
//! ```
//! use futures::TryStreamExt;
//! use howdah_cloudflare::{dns_records::RecordFilter, zones::ZoneFilter};
//! # use howdah_cloudflare::testing::FakeCloudflare;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeCloudflare::new();
//! # fake.create_zone("example.com");
//! # let cloudflare = fake.client();
//! let zone = cloudflare.zones().list(ZoneFilter::new().with_name("example.com")).all().await?.remove(0);
//! let mut records = cloudflare.dns_records().list(&zone.id, RecordFilter::new());
//! while let Some(record) = records.try_next().await? {
//!     println!("{} {:?}", record.name, record.content);
//! }
//! # Ok(()) }
//! ```
//!
//! What comes from the API is what its user entered. What the name servers answer for a proxied name are addresses of
//! Cloudflare's ([`addresses`]), so a zone is to be read here and never by asking them.

mod cloudflare_registrar;
mod dialect;
mod dns_provider;
mod dnssec_signer;
mod global_key;
mod presentation;
#[cfg(feature = "testing")]
pub mod testing;

pub mod addresses;
pub mod dns_records;
pub mod dnssec;
pub mod inventory;
pub mod registrar;
pub mod tokens;
pub mod zones;

use std::sync::Arc;

use howdah_core::{
    Result, Secret,
    http::{Api, ApiBuilder, Auth, Operation, Pagination},
};

pub use cloudflare_registrar::CloudflareRegistrar;
pub use dns_provider::CloudflareDns;

/// The base URL of the service.
pub const PRODUCTION: &str = "https://api.cloudflare.com/client/v4";

/// Every operation of this crate by its group, for tools.
pub const OPERATIONS: &[(&str, &[&dyn Operation])] = &[
    ("dns_records", dns_records::OPERATIONS),
    ("dnssec", dnssec::OPERATIONS),
    ("inventory", inventory::OPERATIONS),
    ("registrar", registrar::OPERATIONS),
    ("tokens", tokens::OPERATIONS),
    ("zones", zones::OPERATIONS),
];

/// Lists with numbered pages; how large one may be differs. Past the last page they are empty.
const fn numbered(largest: u32) -> Pagination {
    Pagination::Numbered { page: "page", size: ("per_page", largest), total: Some("/result_info/total_pages") }
}

/// Lists with a cursor, which newer operations have.
const CURSOR: Pagination = Pagination::Cursor {
    next: &[("/result_info/cursor", "cursor"), ("/result_info/cursors/after", "cursor")],
    size: ("per_page", 50),
};

/// The client. Clones share connections, quota and credentials.
#[derive(Clone, Debug)]
pub struct Cloudflare {
    api: Api,
}

impl Cloudflare {
    /// The service, with an API token. Reading wants `Zone:Read` and `DNS:Read`, changing records `DNS:Edit`.
    pub fn new(token: impl Into<Secret>) -> Result<Self> {
        Self::builder(token).build().map(Self::from)
    }

    /// The service, with a user's mail address and Global API Key, which may do whatever the user may.
    pub fn with_global_key(email: impl Into<String>, key: impl Into<Secret>) -> Result<Self> {
        Self::global_key_builder(email, key).build().map(Self::from)
    }

    /// For another base URL, transport, patience or clock: `Cloudflare::from(Cloudflare::builder(token)….build()?)`.
    pub fn builder(token: impl Into<Secret>) -> ApiBuilder {
        Api::builder(&dialect::CLOUDFLARE, PRODUCTION).auth(Auth::bearer(token))
    }

    /// The same with a Global API Key.
    pub fn global_key_builder(email: impl Into<String>, key: impl Into<Secret>) -> ApiBuilder {
        let auth = Auth::Custom(Arc::new(global_key::GlobalKey::new(email, key)));
        Api::builder(&dialect::CLOUDFLARE, PRODUCTION).auth(auth)
    }

    /// The API below, for operations that this crate does not have.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// DNS records of a zone, and their export.
    pub fn dns_records(&self) -> dns_records::DnsRecords {
        dns_records::DnsRecords(self.api.clone())
    }

    /// DNSSEC of a zone.
    pub fn dnssec(&self) -> dnssec::Dnssec {
        dnssec::Dnssec(self.api.clone())
    }

    /// What a zone has at Cloudflare besides its records, to be reported and not moved.
    pub fn inventory(&self) -> inventory::Inventory {
        inventory::Inventory(self.api.clone())
    }

    /// Domains registered at Cloudflare.
    pub fn registrar(&self) -> registrar::Registrar {
        registrar::Registrar(self.api.clone())
    }

    /// The token that is used.
    pub fn tokens(&self) -> tokens::Tokens {
        tokens::Tokens(self.api.clone())
    }

    /// Zones.
    pub fn zones(&self) -> zones::Zones {
        zones::Zones(self.api.clone())
    }
}

impl From<Api> for Cloudflare {
    fn from(api: Api) -> Self {
        Self { api }
    }
}
