//! A typed client of the [DNSimple API v2](https://developer.dnsimple.com/v2/): every published operation.
//!
//! ```
//! use futures::TryStreamExt;
//! use howdah_dnsimple::{DnSimple, zones::{NewRecord, RecordFilter}};
//! # use howdah_dnsimple::testing::FakeDnSimple;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.create_zone("example.com");
//! # let dnsimple = fake.client();
//! # if false {
//! let dnsimple = DnSimple::new(std::env::var("DNSIMPLE_TOKEN").unwrap())?;
//! # }
//! let account = dnsimple.resolve_account().await?;
//!
//! let zones = account.zones();
//! zones.create_record("example.com", NewRecord::new("www", "A", "192.0.2.1").with_ttl(300u32)).await?;
//!
//! let mut records = zones.list_records("example.com", RecordFilter::new());
//! while let Some(record) = records.try_next().await? {
//!     println!("{} {} {}", record.name, record.record_type, record.content);
//! }
//! # Ok(()) }
//! ```
//!
//! Start with a [`DnSimple`], choose an [`Account`] (by its number, or the one that the token is for), and reach each
//! group of operations through a method named after it. What an answer leaves out is `None`; what a later version of the
//! API adds is ignored, and a new value of an enumeration is kept as `Other`.
//!
//! # Limits
//!
//! DNSimple allows 2,400 calls an hour and says with each answer how many are left; the client spends them freely and
//! then waits for the reset, as long as its [`RetryPolicy`](howdah_core::http::RetryPolicy) allows.
//!
//! # Errors
//!
//! One type for everything: [`howdah_core::Error`]. Its [`kind`](howdah_core::Error::kind) tells, for example,
//! `PlanRequired` where the account's plan lacks a feature (412), `Precondition` where something has to be done first
//! (406, 428), `Payment` (402); its [`fields`](howdah_core::Error::fields) name the parameters that were refused; its
//! [`outcome`](howdah_core::Error::outcome) whether a change may have happened all the same.
//!
//! # Testing
//!
//! With the feature `testing` there is a stateful fake of all of this, in process and on loopback.

mod dialect;
mod dns_provider;
mod dnssec_signer;
mod domain_registrar;
#[cfg(feature = "testing")]
pub mod testing;

pub mod billing;
pub mod certificates;
pub mod contacts;
pub mod dnssec;
pub mod domains;
pub mod email_forwards;
pub mod identity;
pub mod pushes;
pub mod registrant_changes;
pub mod registrar;
pub mod secondary_dns;
pub mod services;
pub mod templates;
pub mod tlds;
pub mod vanity_name_servers;
pub mod webhooks;
pub mod zones;

use howdah_core::{
    Error, ErrorKind, Id, Result, Secret,
    http::{Api, ApiBuilder, Auth, Call, Operation, Pagination},
};

use identity::AccountId;

pub use dns_provider::DnSimpleDns;
pub use domain_registrar::DnSimpleRegistrar;

/// The base URL of the service.
pub const PRODUCTION: &str = "https://api.dnsimple.com/v2";

/// The base URL of the sandbox: accounts and tokens of its own, a registry for tests, and no public name servers, so that
/// nothing in it resolves and no certificate can be issued. Its data may be wiped.
pub const SANDBOX: &str = "https://api.sandbox.dnsimple.com/v2";

/// Lists come a hundred items at a time, the most that there can be.
const PAGES: Pagination =
    Pagination::Numbered { page: "page", size: ("per_page", 100), total: Some("/pagination/total_pages") };

/// Every operation of the API by its group, for tools.
pub const OPERATIONS: &[(&str, &[&dyn Operation])] = &[
    ("billing", billing::OPERATIONS),
    ("certificates", certificates::OPERATIONS),
    ("contacts", contacts::OPERATIONS),
    ("dnssec", dnssec::OPERATIONS),
    ("domains", domains::OPERATIONS),
    ("email_forwards", email_forwards::OPERATIONS),
    ("identity", identity::OPERATIONS),
    ("pushes", pushes::OPERATIONS),
    ("registrant_changes", registrant_changes::OPERATIONS),
    ("registrar", registrar::OPERATIONS),
    ("secondary_dns", secondary_dns::OPERATIONS),
    ("services", services::OPERATIONS),
    ("templates", templates::OPERATIONS),
    ("tlds", tlds::OPERATIONS),
    ("vanity_name_servers", vanity_name_servers::OPERATIONS),
    ("webhooks", webhooks::OPERATIONS),
    ("zones", zones::OPERATIONS),
];

/// The client. Clones share connections, quota and credentials.
#[derive(Clone, Debug)]
pub struct DnSimple {
    api: Api,
}

impl DnSimple {
    /// The service, with an account token or a user token.
    pub fn new(token: impl Into<Secret>) -> Result<Self> {
        Self::builder(token).build().map(Self::from)
    }

    /// The sandbox, with a token made there.
    pub fn sandbox(token: impl Into<Secret>) -> Result<Self> {
        Self::builder(token).base_url(SANDBOX).build().map(Self::from)
    }

    /// For another base URL, transport, patience or clock: `DnSimple::from(DnSimple::builder(token)….build()?)`.
    pub fn builder(token: impl Into<Secret>) -> ApiBuilder {
        Api::builder(&dialect::DNSIMPLE, PRODUCTION).auth(Auth::bearer(token))
    }

    /// The API below, for operations that this crate does not have.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// An account by its number. Nothing is asked.
    pub fn account(&self, id: impl Into<AccountId>) -> Account {
        Account { api: self.api.clone(), id: id.into() }
    }

    /// The account that the token is for: an account token's own, or a user token's only one.
    ///
    /// A user token of several accounts is an error that lists them; use [`account`](Self::account) then.
    ///
    /// `GET /whoami`, `GET /accounts`
    pub fn resolve_account(&self) -> Call<Account> {
        let client = self.clone();
        Call::new(async move {
            if let Some(account) = client.identity().whoami().await?.account {
                return Ok(client.account(account.id));
            }
            let accounts = client.identity().accounts().await?;
            match accounts.as_slice() {
                [only] => Ok(client.account(only.id)),
                several => {
                    let list: Vec<_> = several.iter().map(|one| format!("{} ({})", one.id, one.email)).collect();
                    let message = match list.as_slice() {
                        [] => "the token can see no account".to_owned(),
                        _ => format!("the token can see several accounts, choose one: {}", list.join(", ")),
                    };
                    Err(Error::new(ErrorKind::Config, message).with_provider("dnsimple"))
                }
            }
        })
    }

    /// Who the token is, and tokens for applications.
    pub fn identity(&self) -> identity::Identity {
        identity::Identity(self.api.clone())
    }

    /// One-click services that can be applied to a domain.
    pub fn services(&self) -> services::Services {
        services::Services(self.api.clone())
    }

    /// Top-level domains and what they ask for.
    pub fn tlds(&self) -> tlds::Tlds {
        tlds::Tlds(self.api.clone())
    }
}

impl From<Api> for DnSimple {
    fn from(api: Api) -> Self {
        Self { api }
    }
}

/// An account: nearly all operations belong to one.
#[derive(Clone, Debug)]
pub struct Account {
    api: Api,
    id: AccountId,
}

impl Account {
    /// Its number.
    pub fn id(&self) -> AccountId {
        self.id
    }

    /// The API below.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Charges and statistics of queries.
    pub fn billing(&self) -> billing::Billing {
        billing::Billing(self.clone())
    }

    /// Certificates of a domain.
    pub fn certificates(&self) -> certificates::Certificates {
        certificates::Certificates(self.clone())
    }

    /// Contacts that domains are registered to.
    pub fn contacts(&self) -> contacts::Contacts {
        contacts::Contacts(self.clone())
    }

    /// Signing, and DS records at the registry.
    pub fn dnssec(&self) -> dnssec::Dnssec {
        dnssec::Dnssec(self.clone())
    }

    /// Domains in the account.
    pub fn domains(&self) -> domains::Domains {
        domains::Domains(self.clone())
    }

    /// E-mail addresses that are forwarded.
    pub fn email_forwards(&self) -> email_forwards::EmailForwards {
        email_forwards::EmailForwards(self.clone())
    }

    /// Domains handed from account to account.
    pub fn pushes(&self) -> pushes::Pushes {
        pushes::Pushes(self.clone())
    }

    /// Changes of a domain's registrant.
    pub fn registrant_changes(&self) -> registrant_changes::RegistrantChanges {
        registrant_changes::RegistrantChanges(self.clone())
    }

    /// Registrations, transfers, renewals, delegation.
    pub fn registrar(&self) -> registrar::Registrar {
        registrar::Registrar(self.clone())
    }

    /// Zones that are copied from primary servers elsewhere.
    pub fn secondary_dns(&self) -> secondary_dns::SecondaryDns {
        secondary_dns::SecondaryDns(self.clone())
    }

    /// Services applied to a domain.
    pub fn applied_services(&self) -> services::AppliedServices {
        services::AppliedServices(self.clone())
    }

    /// Templates of records.
    pub fn templates(&self) -> templates::Templates {
        templates::Templates(self.clone())
    }

    /// Name servers under a domain's own name.
    pub fn vanity_name_servers(&self) -> vanity_name_servers::VanityNameServers {
        vanity_name_servers::VanityNameServers(self.clone())
    }

    /// Webhooks.
    pub fn webhooks(&self) -> webhooks::Webhooks {
        webhooks::Webhooks(self.clone())
    }

    /// Zones and their records.
    pub fn zones(&self) -> zones::Zones {
        zones::Zones(self.clone())
    }
}

/// An identifier in answers whose subject this crate has no type for.
pub type OtherId = Id<()>;
