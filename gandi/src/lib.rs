//! A typed client of the [Gandi API v5](https://api.gandi.net/docs/).

mod dialect;
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
pub mod transfers;
pub mod web_redirections;

use howdah_core::{
    Result, Secret,
    http::{Api, ApiBuilder, Auth, Operation, Pagination},
};

/// The base URL of the service.
pub const PRODUCTION: &str = "https://api.gandi.net/v5";

/// The base URL of the sandbox, which has accounts and tokens of its own.
pub const SANDBOX: &str = "https://api.sandbox.gandi.net/v5";

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
