//! Domains: what they cost, their registration, renewal, lock and authorization code.
//!
//! ```
//! use howdah_gandi::{contacts::{ContactType, NewContact}, domains::{NewDomain, PriceQuery, Process}};
//! # use howdah_gandi::testing::FakeGandi;
//! # use howdah_core::Clock;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let gandi = FakeGandi::at(Clock::system()).client();
//! let domains = gandi.domains();
//! for product in domains.check(PriceQuery::new("example.com", [Process::Create])).await?.products {
//!     println!("{:?} {:?}", product.status, product.prices);
//! }
//!
//! let owner =
//!     NewContact::new("GB", "ada@example.org", "Lovelace", "Ada", "12 St James's Square", ContactType::Individual);
//! let new = NewDomain::new("example.com", owner).with_duration(1u32);
//! if domains.check_create(new.clone()).await?.is_accepted() {
//!     domains.create(new).await?;
//!     domains.follow_creation("example.com").await?;
//! }
//! println!("{:?}", domains.get("example.com").await?.nameservers);
//! # Ok(()) }
//! ```
//!
//! # Money
//!
//! Creating, renewing and restoring are paid for by the token's organization, or by the one that `sharing_id` names. None
//! of these calls is ever repeated once it may have arrived. The methods that begin with `check_` try the same call, and
//! what they answer is a [`DryRun`], which is never taken for the thing itself.
//!
//! # Authorization codes
//!
//! The code for a transfer away is in [`Domain::authinfo`] some time after the domain was unlocked with
//! [`set_transfer_lock`](Domains::set_transfer_lock).

use std::{collections::BTreeMap, net::IpAddr};

use howdah_core::{
    Secret, endpoints,
    http::{Api, Call, Detailed, Pages, Pending, Stage, Staged},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    PAGES,
    contacts::{DomainContacts, NewContact},
    dry_run::{Accepted, DRY_RUN, DryRun},
    transfers::Step,
};

endpoints! {
    CHECK:           PriceQuery        => Prices             = get("/domain/check");
    LIST:            DomainFilter      => Vec<ListedDomain>  = get("/domain/domains").pages(PAGES);
    CREATE:          NewDomain         => Detailed<Accepted> = post("/domain/domains").status(202);
    CHECK_CREATE:    NewDomain         => Detailed<DryRun>   = post("/domain/domains").headers(DRY_RUN).safe();
    GET:             ()                => Domain             = get("/domain/domains/{domain}");
    DELETE:          ()                => ()                 = delete("/domain/domains/{domain}").status(202);
    CREATE_STATUS:   ()                => Creation           = get("/domain/domains/{domain}/createstatus");
    RESET_AUTHINFO:  ()                => Detailed<Accepted> = put("/domain/domains/{domain}/authinfo").status(202).once();
    SET_AUTO_RENEW:  AutoRenewChange   => Detailed<Accepted> = patch("/domain/domains/{domain}/autorenew").idempotent();
    SET_STATUS:      StatusChange      => Detailed<Accepted> = patch("/domain/domains/{domain}/status").status(202).idempotent();
    GET_RENEWAL:     ()                => RenewalOptions     = get("/domain/domains/{domain}/renew");
    RENEW:           NewRenewal        => Detailed<Accepted> = post("/domain/domains/{domain}/renew").status(202);
    CHECK_RENEW:     NewRenewal        => Detailed<DryRun>   = post("/domain/domains/{domain}/renew").headers(DRY_RUN).safe();
    GET_RESTORE:     ()                => RestoreOptions     = get("/domain/domains/{domain}/restore");
    RESTORE:         NewRestore        => Detailed<Accepted> = post("/domain/domains/{domain}/restore").status(202);
    ANSWER_TRANSFER: TransferOutAnswer => Detailed<Accepted> = post("/domain/domains/{domain}/transferout");
}

/// The domains group. Reach it through [`Gandi::domains`](crate::Gandi::domains).
#[derive(Clone, Debug)]
pub struct Domains(pub(crate) Api);

impl Domains {
    /// Whether a domain can be bought, transferred or renewed, and at what price.
    ///
    /// `GET /domain/check`
    pub fn check(&self, query: PriceQuery) -> Call<Prices> {
        self.0.send(&CHECK, [], query)
    }

    /// Streams the domains.
    ///
    /// `GET /domain/domains`
    pub fn list(&self, filter: DomainFilter) -> Pages<ListedDomain> {
        self.0.pages(&LIST, [], filter)
    }

    /// Pays, and registers a domain. It is there when [`follow_creation`](Self::follow_creation) ends.
    ///
    /// `POST /domain/domains`
    pub fn create(&self, domain: NewDomain) -> Call<Accepted> {
        Accepted::read(self.0.send(&CREATE, [], domain))
    }

    /// Tries [`create`](Self::create). Nothing is bought.
    ///
    /// `POST /domain/domains`
    pub fn check_create(&self, domain: NewDomain) -> Call<DryRun> {
        self.0.send(&CHECK_CREATE, [], domain).map(DryRun::from)
    }

    /// How far a registration has come.
    ///
    /// `GET /domain/domains/{domain}/createstatus`
    pub fn creation(&self, domain: &str) -> Call<Creation> {
        let asked = self.0.send(&CREATE_STATUS, [&domain], ());
        Call::new(async move {
            match asked.await {
                // It sends whoever asks on to the domain.
                Err(error) if error.status().is_some_and(|status| status.as_u16() == 303) => Ok(Creation::done()),
                answered => answered,
            }
        })
    }

    /// Attaches to a registration that was begun, here or in another process.
    ///
    /// `GET /domain/domains/{domain}/createstatus`
    pub fn follow_creation(&self, domain: &str) -> Pending<Creation> {
        let (domains, domain) = (self.clone(), domain.to_owned());
        let what = format!("gandi: the registration of {domain}");
        Pending::attached(move || domains.creation(&domain)).named(what)
    }

    /// Reads a domain.
    ///
    /// `GET /domain/domains/{domain}`
    pub fn get(&self, domain: &str) -> Call<Domain> {
        self.0.send(&GET, [&domain], ())
    }

    /// Gives a domain up.
    ///
    /// `DELETE /domain/domains/{domain}`
    pub fn delete(&self, domain: &str) -> Call<()> {
        self.0.send(&DELETE, [&domain], ())
    }

    /// Makes another authorization code; it is in [`Domain::authinfo`] a while later.
    ///
    /// `PUT /domain/domains/{domain}/authinfo`
    pub fn reset_authinfo(&self, domain: &str) -> Call<Accepted> {
        self.0.send(&RESET_AUTHINFO, [&domain], ()).map(Accepted::from)
    }

    /// Says whether the domain is renewed, and paid for, by itself.
    ///
    /// `PATCH /domain/domains/{domain}/autorenew`
    pub fn set_auto_renew(&self, domain: &str, change: AutoRenewChange) -> Call<Accepted> {
        self.0.send(&SET_AUTO_RENEW, [&domain], change).map(Accepted::from)
    }

    /// Forbids transfers to other registrars, or allows them.
    ///
    /// `PATCH /domain/domains/{domain}/status`
    pub fn set_transfer_lock(&self, domain: &str, locked: bool) -> Call<Accepted> {
        let change = StatusChange { client_transfer_prohibited: locked };
        self.0.send(&SET_STATUS, [&domain], change).map(Accepted::from)
    }

    /// Whether a domain can be renewed, and for how long.
    ///
    /// `GET /domain/domains/{domain}/renew`
    pub fn renewal(&self, domain: &str) -> Call<RenewalOptions> {
        self.0.send(&GET_RENEWAL, [&domain], ())
    }

    /// Pays, and renews a domain.
    ///
    /// `POST /domain/domains/{domain}/renew`
    pub fn renew(&self, domain: &str, renewal: NewRenewal) -> Call<Accepted> {
        Accepted::read(self.0.send(&RENEW, [&domain], renewal))
    }

    /// Tries [`renew`](Self::renew). Nothing is bought.
    ///
    /// `POST /domain/domains/{domain}/renew`
    pub fn check_renew(&self, domain: &str, renewal: NewRenewal) -> Call<DryRun> {
        self.0.send(&CHECK_RENEW, [&domain], renewal).map(DryRun::from)
    }

    /// Whether a deleted domain can be had back.
    ///
    /// `GET /domain/domains/{domain}/restore`
    pub fn restoration(&self, domain: &str) -> Call<RestoreOptions> {
        self.0.send(&GET_RESTORE, [&domain], ())
    }

    /// Pays, and gets a deleted domain back.
    ///
    /// `POST /domain/domains/{domain}/restore`
    pub fn restore(&self, domain: &str) -> Call<Accepted> {
        self.0.send(&RESTORE, [&domain], NewRestore {}).map(Accepted::from)
    }

    /// Agrees to a transfer to another registrar, or refuses it; without an answer it goes through.
    ///
    /// `POST /domain/domains/{domain}/transferout`
    pub fn answer_transfer_out(&self, domain: &str, accept: bool, authinfo: impl Into<Secret>) -> Call<Accepted> {
        let answer = TransferOutAnswer { accept, authinfo: authinfo.into() };
        self.0.send(&ANSWER_TRANSFER, [&domain], answer).map(Accepted::from)
    }
}

open_enum! {
    /// What is bought.
    pub enum Process {
        /// A registration.
        Create = "create",
        /// More time.
        Renew = "renew",
        /// A domain from another registrar.
        Transfer = "transfer",
        /// A deleted domain.
        Restore = "restore",
        /// Another owner.
        ChangeOwner = "change_owner",
    }
}

/// Asks for prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct PriceQuery {
    pub name: String,
    #[serde(default)]
    pub processes: Vec<Process>,
    /// `EUR`, `USD`, `GBP`, `TWD` or `CNY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The country whose taxes apply, by ISO 3166-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<String>,
    /// The phase of a top-level domain's launch, such as `golive`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

impl PriceQuery {
    /// For a domain and what may be done with it.
    pub fn new(name: impl Into<String>, processes: impl IntoIterator<Item = Process>) -> Self {
        Self {
            name: name.into(),
            processes: processes.into_iter().collect(),
            currency: None,
            country: None,
            grid: None,
            period: None,
            max_duration: None,
            lang: None,
        }
    }

    /// In another currency than the account's.
    pub fn with_currency(mut self, currency: impl Into<Option<String>>) -> Self {
        self.currency = currency.into();
        self
    }
}

/// What may be bought, and at what price.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Prices {
    pub currency: Option<String>,
    /// The list of prices that applies to the account.
    pub grid: Option<String>,
    pub products: Vec<Product>,
    pub taxes: Vec<Tax>,
}

/// One thing that may be done with a domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Product {
    pub name: Option<String>,
    pub status: Option<ProductStatus>,
    pub process: Option<Process>,
    pub prices: Vec<Price>,
    pub periods: Vec<Period>,
    pub taxes: Vec<Tax>,
}

open_enum! {
    /// Whether it can be done.
    pub enum ProductStatus {
        /// It can.
        Available = "available",
        /// It cannot.
        Unavailable = "unavailable",
        /// Not known yet: ask again a little later.
        Pending = "pending",
    }
}

/// A price for a range of durations.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Price {
    pub min_duration: Option<u32>,
    pub max_duration: Option<u32>,
    /// `y` for years.
    pub duration_unit: Option<String>,
    /// For one unit of time, as the others.
    pub price_before_taxes: Option<f64>,
    pub price_after_taxes: Option<f64>,
    pub normal_price_before_taxes: Option<f64>,
    pub normal_price_after_taxes: Option<f64>,
    pub discount: Option<bool>,
    /// `premium` where the registry asks more for this domain than for others.
    #[serde(rename = "type")]
    pub price_type: Option<String>,
}

/// A phase of a top-level domain's launch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Period {
    pub name: Option<String>,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
}

/// A tax.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Tax {
    #[serde(rename = "type")]
    pub tax_type: Option<String>,
    /// Percent.
    pub rate: Option<f64>,
    pub name: Option<String>,
}

input! {
    /// Narrows the list of domains.
    pub struct DomainFilter {} optional {
        /// A pattern with `*`.
        fqdn: String,
        /// `abc`, `livedns` or `other`.
        nameserver: String,
        tld: String,
        resellee_id: String,
        sort_by: String,
    }
}

/// A domain in the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ListedDomain {
    pub id: Option<String>,
    pub fqdn: String,
    pub fqdn_unicode: Option<String>,
    pub tld: Option<String>,
    /// EPP status codes.
    #[serde(default)]
    pub status: Vec<String>,
    pub dates: Option<Dates>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub autorenew: Option<bool>,
    pub owner: Option<String>,
    pub orga_owner: Option<String>,
    pub domain_owner: Option<String>,
    pub nameserver: Option<NameServerChoice>,
    pub href: Option<String>,
}

/// Whose name servers a domain has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NameServerChoice {
    /// `abc`, `livedns` or `other`.
    pub current: Option<String>,
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// A domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Domain {
    pub id: Option<String>,
    pub fqdn: String,
    pub fqdn_unicode: Option<String>,
    pub tld: Option<String>,
    /// EPP status codes, such as `clientTransferProhibited`.
    #[serde(default)]
    pub status: Vec<String>,
    pub dates: Option<Dates>,
    /// Whether the registry knows a lock against transfers.
    pub can_tld_lock: Option<bool>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub reachability: Option<String>,
    #[serde(default)]
    pub nameservers: Vec<String>,
    pub contacts: Option<DomainContacts>,
    pub autorenew: Option<AutoRenew>,
    /// The authorization code, where there is one.
    #[serde(default, serialize_with = "secret::expose_option", skip_serializing_if = "Option::is_none")]
    pub authinfo: Option<Secret>,
    pub sharing_space: Option<SharingSpace>,
    #[serde(default)]
    pub services: Vec<String>,
    #[serde(default)]
    pub trustee_roles: Vec<String>,
    pub href: Option<String>,
}

/// When what happens to a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Dates {
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub deletes_at: Option<Timestamp>,
    pub hold_begins_at: Option<Timestamp>,
    pub hold_ends_at: Option<Timestamp>,
    pub pending_delete_ends_at: Option<Timestamp>,
    pub registry_created_at: Option<Timestamp>,
    /// When the registration runs out.
    pub registry_ends_at: Option<Timestamp>,
    pub renew_begins_at: Option<Timestamp>,
    pub restore_ends_at: Option<Timestamp>,
    pub authinfo_expires_at: Option<Timestamp>,
}

/// Whether a domain is renewed by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct AutoRenew {
    pub enabled: Option<bool>,
    /// Years.
    pub duration: Option<u32>,
    pub dates: Vec<Timestamp>,
    /// Who pays.
    pub org_id: Option<String>,
    pub href: Option<String>,
}

input! {
    /// Whether a domain is to be renewed by itself.
    pub struct AutoRenewChange {
        enabled: bool,
    } optional {
        /// Years, 1 to 9.
        duration: u32,
        /// Who pays.
        org_id: String,
    }
}

/// The organization that a domain is shared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct SharingSpace {
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub space_type: Option<String>,
}

input! {
    /// A domain to register.
    pub struct NewDomain {
        fqdn: String,
        owner: NewContact,
    } optional {
        admin: NewContact,
        bill: NewContact,
        tech: NewContact,
        /// Proof that the notice of a trade mark was seen.
        claims: Value,
        /// `EUR`, `USD`, `GBP`, `TWD` or `CNY`.
        currency: String,
        /// Years, 1 to 10.
        duration: u32,
        enforce_premium: bool,
        extra_parameters: BTreeMap<String, Value>,
        lang: String,
        mailbox_optin: bool,
        /// Addresses of name servers below the domain itself.
        nameserver_ips: BTreeMap<String, Vec<IpAddr>>,
        /// LiveDNS unless this says otherwise.
        nameservers: Vec<String>,
        /// What a premium domain may cost.
        price: f64,
        resellee_id: String,
        /// A signed mark, for the sunrise of a top-level domain.
        smd: String,
        template_id: String,
        tld_period: String,
    }
}

/// How far a registration has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Creation {
    pub step: Option<Step>,
    pub step_nb: Option<i64>,
    pub errortype: Option<String>,
    pub errortype_label: Option<String>,
}

impl Creation {
    fn done() -> Self {
        Self { step: Some(Step::Done), ..Self::default() }
    }
}

impl Staged for Creation {
    fn stage(&self) -> Stage {
        match &self.step {
            Some(Step::Done) => Stage::Done,
            Some(Step::Error) => {
                let why = self.errortype_label.clone().or_else(|| self.errortype.clone());
                Stage::Failed(why.unwrap_or_else(|| "Gandi does not say why".to_owned()))
            }
            _ => Stage::Running,
        }
    }
}

/// The lock of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct StatusChange {
    #[serde(rename = "clientTransferProhibited")]
    pub client_transfer_prohibited: bool,
}

/// Whether and for how long a domain can be renewed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct RenewalOptions {
    pub begins_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    /// Years.
    pub durations: Vec<u32>,
    pub minimum: Option<u32>,
    pub maximum: Option<u32>,
    pub prohibited: Option<bool>,
    pub in_renew_period: Option<bool>,
}

input! {
    /// A renewal.
    pub struct NewRenewal {} optional {
        /// Years, 1 to 9; one unless this says otherwise.
        duration: u32,
    }
}

/// Whether a deleted domain can be had back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct RestoreOptions {
    pub restorable: Option<bool>,
    /// What has to be agreed to.
    pub contracts: Vec<Value>,
}

/// A restore, which takes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRestore {}

/// The answer to a transfer to another registrar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TransferOutAnswer {
    pub accept: bool,
    #[serde(serialize_with = "secret::expose")]
    pub authinfo: Secret,
}
