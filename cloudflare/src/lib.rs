//! What it takes to leave Cloudflare: a typed client of that part of the [Cloudflare API v4](https://developers.cloudflare.com/api/).

mod dialect;
#[cfg(feature = "testing")]
pub mod testing;

pub mod dns_records;
pub mod dnssec;
pub mod inventory;
pub mod registrar;
pub mod tokens;
pub mod zones;

use howdah_core::{
    Result, Secret,
    http::{Api, ApiBuilder, Auth, Operation},
};

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

/// The client. Clones share connections, quota and credentials.
#[derive(Clone, Debug)]
pub struct Cloudflare {
    api: Api,
}

impl Cloudflare {
    /// The service, with an API token.
    pub fn new(token: impl Into<Secret>) -> Result<Self> {
        Self::builder(token).build().map(Self::from)
    }

    /// For another base URL, transport, patience or clock: `Cloudflare::from(Cloudflare::builder(token)….build()?)`.
    pub fn builder(token: impl Into<Secret>) -> ApiBuilder {
        Api::builder(&dialect::CLOUDFLARE, PRODUCTION).auth(Auth::bearer(token))
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
