//! A typed client of the [Gandi API v5](https://api.gandi.net/docs/).
//!
//! ```
//! use futures::TryStreamExt;
//! use howdah_gandi::{Gandi, domains::DomainFilter};
//! # use howdah_gandi::testing::FakeGandi;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::new();
//! # fake.register_domain("example.com");
//! # let gandi = fake.client();
//! # if false {
//! let gandi = Gandi::new(std::env::var("GANDI_TOKEN").unwrap())?;
//! # }
//! let mut domains = gandi.domains().list(DomainFilter::new());
//! while let Some(domain) = domains.try_next().await? {
//!     println!("{} is renewed by itself: {:?}", domain.fqdn, domain.autorenew);
//! }
//! # Ok(()) }
//! ```
//!
//! Start with a [`Gandi`] and reach each group of operations through a method named after it. What an answer leaves out is
//! `None`; what a later version of the API adds is ignored, and a new value of an enumeration is kept as `Other`.
//!
//! A token belongs to one organization. Whoever has several names the one that lists are about, and that pays, once for
//! the whole client:
//!
//! ```
//! use howdah_gandi::{Gandi, SHARING_ID};
//!
//! let api = Gandi::builder("token").query(SHARING_ID, "5dd38b10-0000-0000-0000-00163ee24379").build()?;
//! let gandi = Gandi::from(api);
//! # Ok::<(), howdah_core::Error>(())
//! ```
//!
//! # What is accepted is not done yet
//!
//! Most changes of a domain are [accepted](dry_run::Accepted) and done a while later: read them back. A domain takes one
//! change at a time, and refuses a second one (`Conflict`) until the first is done.
//!
//! # Money
//!
//! No call that pays, or sets going what was paid for, is ever repeated once it may have arrived: an error with
//! `Outcome::Unknown` says that it may have been carried out, so look before calling again. What can be tried first has a
//! method of its own whose name begins with `check_`; its answer, a [`DryRun`](dry_run::DryRun), says what the call would
//! meet.
//!
//! # Limits
//!
//! Gandi allows 1,000 calls a minute from one address and announces nothing; the client counts its own.
//!
//! # Errors
//!
//! One type for everything: [`howdah_core::Error`]. Its [`fields`](howdah_core::Error::fields) name what was refused, with
//! a prefix such as `querystring.` where that is not in the body; its [`code`](howdah_core::Error::code) is the kind of
//! object that an error is about, such as `dns-record`.
//!
//! # Testing
//!
//! With the feature `testing` there is a stateful fake, in process and on loopback.

mod dialect;
mod dns_provider;
mod dnssec_signer;
mod registrar;
#[cfg(feature = "testing")]
pub mod testing;

pub mod billing;
pub mod certificates;
pub mod change_owner;
pub mod claims;
pub mod contacts;
pub mod delegation;
pub mod domain_livedns;
pub mod domains;
pub mod dry_run;
pub mod email;
pub mod livedns;
pub mod organizations;
pub mod simple_hosting;
pub mod tags;
pub mod templates;
pub mod tlds;
pub mod transfers;
pub mod web_redirections;

use howdah_core::{
    Result, Secret,
    http::{Api, ApiBuilder, Auth, Operation, Pagination},
};

pub use dns_provider::GandiDns;
pub use registrar::GandiRegistrar;

/// The base URL of the service.
pub const PRODUCTION: &str = "https://api.gandi.net/v5";

/// The base URL of the sandbox, which has accounts and tokens of its own.
pub const SANDBOX: &str = "https://api.sandbox.gandi.net/v5";

/// The parameter of a query that names an organization: the one that a list is about, and the one that pays.
pub const SHARING_ID: &str = "sharing_id";

/// Lists come a hundred items at a time; what more there is, a `Link` header says.
pub(crate) const PAGES: Pagination = Pagination::LinkHeader { size: ("per_page", 100) };

/// Every operation of this crate by its group, for tools.
pub const OPERATIONS: &[(&str, &[&dyn Operation])] = &[
    ("billing", billing::OPERATIONS),
    ("certificates", certificates::OPERATIONS),
    ("change_owner", change_owner::OPERATIONS),
    ("claims", claims::OPERATIONS),
    ("contacts", contacts::OPERATIONS),
    ("domain_livedns", domain_livedns::OPERATIONS),
    ("domains", domains::OPERATIONS),
    ("email", email::OPERATIONS),
    ("livedns", livedns::OPERATIONS),
    ("organizations", organizations::OPERATIONS),
    ("delegation", delegation::OPERATIONS),
    ("simple_hosting", simple_hosting::OPERATIONS),
    ("tags", tags::OPERATIONS),
    ("templates", templates::OPERATIONS),
    ("tlds", tlds::OPERATIONS),
    ("transfers", transfers::OPERATIONS),
    ("web_redirections", web_redirections::OPERATIONS),
];

/// The client. Clones share connections, quota and credentials.
#[derive(Clone, Debug)]
pub struct Gandi {
    api: Api,
}

impl Gandi {
    /// The service, with a personal access token.
    pub fn new(token: impl Into<Secret>) -> Result<Self> {
        Self::builder(token).build().map(Self::from)
    }

    /// The sandbox, with a token made there.
    pub fn sandbox(token: impl Into<Secret>) -> Result<Self> {
        Self::builder(token).base_url(SANDBOX).build().map(Self::from)
    }

    /// For another base URL, transport, patience or clock: `Gandi::from(Gandi::builder(token)….build()?)`.
    pub fn builder(token: impl Into<Secret>) -> ApiBuilder {
        Api::builder(&dialect::GANDI, PRODUCTION).auth(Auth::bearer(token))
    }

    /// The same with a key of the old kind, which Gandi has announced to give up.
    pub fn builder_with_api_key(key: impl Into<Secret>) -> ApiBuilder {
        let value = format!("Apikey {}", key.into().expose());
        Api::builder(&dialect::GANDI, PRODUCTION).auth(Auth::Header("authorization", value.into()))
    }

    /// The API below, for operations that this crate does not have.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// What the organisation owes, and what products cost.
    pub fn billing(&self) -> billing::Billing {
        billing::Billing(self.api.clone())
    }

    /// Certificates that Gandi resells.
    pub fn certificates(&self) -> certificates::Certificates {
        certificates::Certificates(self.api.clone())
    }

    /// Another owner for a domain.
    pub fn change_owner(&self) -> change_owner::ChangeOwner {
        change_owner::ChangeOwner(self.api.clone())
    }

    /// Trade marks that a new name may infringe.
    pub fn claims(&self) -> claims::Claims {
        claims::Claims(self.api.clone())
    }

    /// Who owns a domain, and who is responsible for it.
    pub fn contacts(&self) -> contacts::Contacts {
        contacts::Contacts(self.api.clone())
    }

    /// Whether a domain is on the LiveDNS name servers, and signed there.
    pub fn domain_livedns(&self) -> domain_livedns::DomainLiveDns {
        domain_livedns::DomainLiveDns(self.api.clone())
    }

    /// Domains, their registration and all that belongs to it.
    pub fn domains(&self) -> domains::Domains {
        domains::Domains(self.api.clone())
    }

    /// Mailboxes, forwards and their slots.
    pub fn email(&self) -> email::Email {
        email::Email(self.api.clone())
    }

    /// Zones on the LiveDNS name servers.
    pub fn livedns(&self) -> livedns::LiveDns {
        livedns::LiveDns(self.api.clone())
    }

    /// Organisations and the user of the token.
    pub fn organizations(&self) -> organizations::Organizations {
        organizations::Organizations(self.api.clone())
    }

    /// What the parent zone holds for a domain: name servers, keys, hosts.
    pub fn delegation(&self) -> delegation::Delegation {
        delegation::Delegation(self.api.clone())
    }

    /// Web hosting instances.
    pub fn simple_hosting(&self) -> simple_hosting::SimpleHosting {
        simple_hosting::SimpleHosting(self.api.clone())
    }

    /// Words that domains are sorted by.
    pub fn tags(&self) -> tags::Tags {
        tags::Tags(self.api.clone())
    }

    /// Templates of a domain's configuration.
    pub fn templates(&self) -> templates::Templates {
        templates::Templates(self.api.clone())
    }

    /// Top-level domains and what they ask for.
    pub fn tlds(&self) -> tlds::Tlds {
        tlds::Tlds(self.api.clone())
    }

    /// Domains that come from another registrar.
    pub fn transfers(&self) -> transfers::Transfers {
        transfers::Transfers(self.api.clone())
    }

    /// Names of a domain that lead web browsers elsewhere.
    pub fn web_redirections(&self) -> web_redirections::WebRedirections {
        web_redirections::WebRedirections(self.api.clone())
    }
}

impl From<Api> for Gandi {
    fn from(api: Api) -> Self {
        Self { api }
    }
}
