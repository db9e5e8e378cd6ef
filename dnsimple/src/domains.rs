//! Domains in the account: registered here, or only hosted.
//!
//! ```
//! use howdah_dnsimple::domains::NewDomain;
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let account = FakeDnSimple::new().client().account(1010);
//! let domain = account.domains().create(NewDomain::new("example.com")).await?;
//! println!("{} is {}", domain.name, domain.state);
//! # Ok(()) }
//! ```
//!
//! Creating a domain creates its zone too. It fails with `Precondition` (406) where the domain is delegated elsewhere and
//! its ownership has to be shown first.

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages},
    input, open_enum,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{Account, PAGES, contacts::ContactId, identity::AccountId};

endpoints! {
    LIST:     DomainFilter  => Vec<Domain>    = get("/{account}/domains").envelope("data").pages(PAGES);
    CREATE:   NewDomain     => Domain         = post("/{account}/domains").envelope("data").status(201);
    GET:      ()            => Domain         = get("/{account}/domains/{domain}").envelope("data");
    DELETE:   ()            => ()             = delete("/{account}/domains/{domain}").status(204);
    RESEARCH: ResearchQuery => DomainResearch = get("/{account}/domains/research/status").envelope("data");
}

/// The domains group. Reach it through [`Account::domains`].
#[derive(Clone, Debug)]
pub struct Domains(pub(crate) Account);

impl Domains {
    /// Streams the account's domains.
    ///
    /// `GET /{account}/domains`
    pub fn list(&self, filter: DomainFilter) -> Pages<Domain> {
        self.0.api.pages(&LIST, [&self.0.id], filter)
    }

    /// Adds a domain and its zone to the account, for hosting only: nothing is registered.
    ///
    /// `POST /{account}/domains`
    pub fn create(&self, domain: NewDomain) -> Call<Domain> {
        self.0.api.send(&CREATE, [&self.0.id], domain)
    }

    /// Reads a domain, by name or number.
    ///
    /// `GET /{account}/domains/{domain}`
    pub fn get(&self, domain: &str) -> Call<Domain> {
        self.0.api.send(&GET, [&self.0.id, &domain], ())
    }

    /// Removes a domain and its zone from the account, for good. A registration goes on at the registry.
    ///
    /// `DELETE /{account}/domains/{domain}`
    pub fn delete(&self, domain: &str) -> Call<()> {
        self.0.api.send(&DELETE, [&self.0.id, &domain], ())
    }

    /// Asks whether a domain could be registered, and what is known of it.
    ///
    /// `GET /{account}/domains/research/status`
    pub fn research(&self, domain: impl Into<String>) -> Call<DomainResearch> {
        self.0.api.send(&RESEARCH, [&self.0.id], ResearchQuery::new(domain))
    }
}

/// The number of a domain.
pub type DomainId = Id<Domain>;

/// A domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Domain {
    pub id: DomainId,
    pub account_id: Option<AccountId>,
    /// The contact it is registered to; `None` when it is only hosted.
    pub registrant_id: Option<ContactId>,
    /// In ASCII.
    pub name: String,
    pub unicode_name: Option<String>,
    pub state: DomainState,
    pub auto_renew: Option<bool>,
    pub private_whois: Option<bool>,
    pub trustee: Option<bool>,
    /// The last day, in UTC.
    pub expires_on: Option<Date>,
    pub expires_at: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// What the account does with a domain.
    pub enum DomainState {
        /// Its zone is here, its registration elsewhere.
        Hosted = "hosted",
        /// It is registered here.
        Registered = "registered",
        /// Its registration here has run out.
        Expired = "expired",
    }
}

input! {
    /// Narrows and sorts the list of domains.
    pub struct DomainFilter {} optional {
        /// A part of the name.
        name_like: String,
        registrant_id: ContactId,
        /// Such as `name:asc,expiration:desc`.
        sort: String,
    }
}

input! {
    /// A domain to add.
    pub struct NewDomain { name: String } optional {}
}

input! {
    /// The domain to ask about.
    pub struct ResearchQuery { domain: String } optional {}
}

/// What is known of a domain that may be registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainResearch {
    pub request_id: Option<String>,
    pub domain: String,
    pub availability: Availability,
    /// Why it cannot be registered or asked about.
    #[serde(default)]
    pub errors: Vec<String>,
}

open_enum! {
    /// Whether a domain can be registered.
    pub enum Availability {
        /// It can.
        Available = "available",
        /// It cannot.
        Unavailable = "unavailable",
        /// It could not be told.
        Unknown = "unknown",
    }
}
