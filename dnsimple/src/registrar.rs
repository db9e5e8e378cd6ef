//! The registrar: registrations, transfers, renewals and restores, the delegation, the lock and WHOIS privacy.
//!
//! ```
//! use howdah_dnsimple::registrar::{NewRegistration, NewTransfer};
//! # use howdah_dnsimple::{contacts::NewContact, testing::FakeDnSimple};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.register_elsewhere("example.net", "a-code", &["ns1.example.org", "ns2.example.org"]);
//! # let account = fake.account();
//! # let contact = NewContact::new("Ada", "L", "ada@example.com", "+18001234567", "1 Road", "City", "State", "1", "US");
//! # let contact = account.contacts().create(contact).await?.id;
//! let registrar = account.registrar();
//! if registrar.check("example.com").await?.available {
//!     let price = registrar.prices("example.com").await?.registration_price;
//!     println!("a year costs {price:?} USD");
//!     let begun = registrar.register_domain("example.com", NewRegistration::new(contact)).await?;
//!     println!("{} at the registry", begun.await?.state);
//! }
//!
//! // A transfer takes days: keep its number, and attach to it again from any process.
//! let transfer = NewTransfer::new(contact).with_auth_code("a-code");
//! let begun = registrar.transfer_domain("example.net", transfer).await?;
//! if let Some(id) = begun.latest().map(|transfer| transfer.id) {
//!     println!("{}", registrar.follow_transfer("example.net", id).await?.state);
//! }
//! # Ok(()) }
//! ```
//!
//! # Money
//!
//! Registering, transferring, renewing and restoring are charged, and so may be enabling WHOIS privacy. None of these
//! calls is ever repeated once it may have arrived: an error with `Outcome::Unknown` says that it may have been carried
//! out, so look before calling again. A premium domain wants its price back as `premium_price`.
//!
//! # Errors
//!
//! `Payment` (402) where a charge fails, `PlanRequired` (412) for vanity name servers that the plan lacks, `Invalid` (400)
//! for a domain in the wrong state, and for extended attributes that its TLD asks for: `fields` names them. What fails at
//! the registry afterwards is the error of the [`Pending`].

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use howdah_core::{
    Id, Secret, endpoints,
    http::{Call, Pending, Stage, Staged},
    input, open_enum, secret,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{Account, contacts::ContactId, domains::DomainId};

endpoints! {
    CHECK:                  ()              => DomainCheck        = get("/{account}/registrar/domains/{domain}/check").envelope("data");
    GET_PRICES:             ()              => DomainPrices       = get("/{account}/registrar/domains/{domain}/prices").envelope("data");
    REGISTER:               NewRegistration => DomainRegistration = post("/{account}/registrar/domains/{domain}/registrations").envelope("data").status(201);
    GET_REGISTRATION:       ()              => DomainRegistration = get("/{account}/registrar/domains/{domain}/registrations/{domainregistration}").envelope("data");
    TRANSFER:               NewTransfer     => DomainTransfer     = post("/{account}/registrar/domains/{domain}/transfers").envelope("data").status(201);
    GET_TRANSFER:           ()              => DomainTransfer     = get("/{account}/registrar/domains/{domain}/transfers/{domaintransfer}").envelope("data");
    CANCEL_TRANSFER:        ()              => DomainTransfer     = delete("/{account}/registrar/domains/{domain}/transfers/{domaintransfer}").envelope("data").status(202);
    RENEW:                  NewRenewal      => DomainRenewal      = post("/{account}/registrar/domains/{domain}/renewals").envelope("data").status(201);
    GET_RENEWAL:            ()              => DomainRenewal      = get("/{account}/registrar/domains/{domain}/renewals/{domainrenewal}").envelope("data");
    RESTORE:                NewRestore      => DomainRestore      = post("/{account}/registrar/domains/{domain}/restores").envelope("data").status(201);
    GET_RESTORE:            ()              => DomainRestore      = get("/{account}/registrar/domains/{domain}/restores/{domainrestore}").envelope("data");
    AUTHORIZE_TRANSFER_OUT: ()              => ()                 = post("/{account}/registrar/domains/{domain}/authorize_transfer_out").status(204);
    GET_DELEGATION:         ()              => Vec<String>        = get("/{account}/registrar/domains/{domain}/delegation").envelope("data");
    CHANGE_DELEGATION:      Vec<String>     => Vec<String>        = put("/{account}/registrar/domains/{domain}/delegation").envelope("data");
    DELEGATE_TO_VANITY:     Vec<String>     => Vec<NameServer>    = put("/{account}/registrar/domains/{domain}/delegation/vanity").envelope("data");
    DELEGATE_FROM_VANITY:   ()              => ()                 = delete("/{account}/registrar/domains/{domain}/delegation/vanity").status(204);
    GET_TRANSFER_LOCK:      ()              => TransferLock       = get("/{account}/registrar/domains/{domain}/transfer_lock").envelope("data");
    ENABLE_TRANSFER_LOCK:   ()              => TransferLock       = post("/{account}/registrar/domains/{domain}/transfer_lock").envelope("data").status(201);
    DISABLE_TRANSFER_LOCK:  ()              => TransferLock       = delete("/{account}/registrar/domains/{domain}/transfer_lock").envelope("data");
    ENABLE_AUTO_RENEWAL:    ()              => ()                 = put("/{account}/registrar/domains/{domain}/auto_renewal").status(204);
    DISABLE_AUTO_RENEWAL:   ()              => ()                 = delete("/{account}/registrar/domains/{domain}/auto_renewal").status(204);
    ENABLE_WHOIS_PRIVACY:   ()              => WhoisPrivacy       = put("/{account}/registrar/domains/{domain}/whois_privacy").envelope("data").once();
    DISABLE_WHOIS_PRIVACY:  ()              => WhoisPrivacy       = delete("/{account}/registrar/domains/{domain}/whois_privacy").envelope("data");
}

/// The registrar group. Reach it through [`Account::registrar`].
#[derive(Clone, Debug)]
pub struct Registrar(pub(crate) Account);

impl Registrar {
    /// Asks whether a domain can be registered, and whether at a price of its own. It has a stricter limit of calls.
    ///
    /// `GET /{account}/registrar/domains/{domain}/check`
    pub fn check(&self, domain: &str) -> Call<DomainCheck> {
        self.0.api.send(&CHECK, [&self.0.id, &domain], ())
    }

    /// Reads what registering, renewing, transferring and restoring the domain cost.
    ///
    /// `GET /{account}/registrar/domains/{domain}/prices`
    pub fn prices(&self, domain: &str) -> Call<DomainPrices> {
        self.0.api.send(&GET_PRICES, [&self.0.id, &domain], ())
    }

    /// Registers a domain, which is charged, and begins to follow the registration.
    ///
    /// `POST /{account}/registrar/domains/{domain}/registrations`
    pub fn register_domain(&self, domain: &str, registration: NewRegistration) -> Call<Pending<DomainRegistration>> {
        let call = self.0.api.send(&REGISTER, [&self.0.id, &domain], registration);
        self.begin(call, domain, |state| state.id, Self::follow_registration)
    }

    /// Reads how far a registration has come.
    ///
    /// `GET /{account}/registrar/domains/{domain}/registrations/{domainregistration}`
    pub fn registration(&self, domain: &str, id: RegistrationId) -> Call<DomainRegistration> {
        self.0.api.send(&GET_REGISTRATION, [&self.0.id, &domain, &id], ())
    }

    /// Attaches to a registration that was begun before.
    ///
    /// `GET /{account}/registrar/domains/{domain}/registrations/{domainregistration}`
    pub fn follow_registration(&self, domain: &str, id: RegistrationId) -> Pending<DomainRegistration> {
        let (registrar, domain) = (self.clone(), domain.to_owned());
        let what = format!("dnsimple: the registration {id} of {domain}");
        Pending::attached(move || registrar.registration(&domain, id)).named(what)
    }

    /// Transfers a domain here from another registrar, which is charged when it succeeds, and begins to follow the
    /// transfer. It takes from minutes to seven days, and the delegation stays as it was.
    ///
    /// `POST /{account}/registrar/domains/{domain}/transfers`
    pub fn transfer_domain(&self, domain: &str, transfer: NewTransfer) -> Call<Pending<DomainTransfer>> {
        let call = self.0.api.send(&TRANSFER, [&self.0.id, &domain], transfer);
        self.begin(call, domain, |state| state.id, Self::follow_transfer)
    }

    /// Reads how far a transfer has come.
    ///
    /// `GET /{account}/registrar/domains/{domain}/transfers/{domaintransfer}`
    pub fn transfer(&self, domain: &str, id: TransferId) -> Call<DomainTransfer> {
        self.0.api.send(&GET_TRANSFER, [&self.0.id, &domain, &id], ())
    }

    /// Attaches to a transfer that was begun before. Awaiting it takes up to eight days, unless told otherwise.
    ///
    /// `GET /{account}/registrar/domains/{domain}/transfers/{domaintransfer}`
    pub fn follow_transfer(&self, domain: &str, id: TransferId) -> Pending<DomainTransfer> {
        let (registrar, domain) = (self.clone(), domain.to_owned());
        let what = format!("dnsimple: the transfer {id} of {domain}");
        for_days(Pending::attached(move || registrar.transfer(&domain, id)).named(what))
    }

    /// Asks for a transfer to be cancelled. The answer still says `transferring`: follow it to see it `cancelled`, which
    /// for one who follows is a failure.
    ///
    /// `DELETE /{account}/registrar/domains/{domain}/transfers/{domaintransfer}`
    pub fn cancel_transfer(&self, domain: &str, id: TransferId) -> Call<DomainTransfer> {
        self.0.api.send(&CANCEL_TRANSFER, [&self.0.id, &domain, &id], ())
    }

    /// Renews a domain before its time, which is charged, and begins to follow the renewal.
    ///
    /// `POST /{account}/registrar/domains/{domain}/renewals`
    pub fn renew_domain(&self, domain: &str, renewal: NewRenewal) -> Call<Pending<DomainRenewal>> {
        let call = self.0.api.send(&RENEW, [&self.0.id, &domain], renewal);
        self.begin(call, domain, |state| state.id, Self::follow_renewal)
    }

    /// Reads how far a renewal has come.
    ///
    /// `GET /{account}/registrar/domains/{domain}/renewals/{domainrenewal}`
    pub fn renewal(&self, domain: &str, id: RenewalId) -> Call<DomainRenewal> {
        self.0.api.send(&GET_RENEWAL, [&self.0.id, &domain, &id], ())
    }

    /// Attaches to a renewal that was begun before.
    ///
    /// `GET /{account}/registrar/domains/{domain}/renewals/{domainrenewal}`
    pub fn follow_renewal(&self, domain: &str, id: RenewalId) -> Pending<DomainRenewal> {
        let (registrar, domain) = (self.clone(), domain.to_owned());
        let what = format!("dnsimple: the renewal {id} of {domain}");
        Pending::attached(move || registrar.renewal(&domain, id)).named(what)
    }

    /// Takes back a domain that has run out and cannot be renewed any more, which is charged, and begins to follow it.
    ///
    /// `POST /{account}/registrar/domains/{domain}/restores`
    pub fn restore_domain(&self, domain: &str, restore: NewRestore) -> Call<Pending<DomainRestore>> {
        let call = self.0.api.send(&RESTORE, [&self.0.id, &domain], restore);
        self.begin(call, domain, |state| state.id, Self::follow_restore)
    }

    /// Reads how far a restore has come.
    ///
    /// `GET /{account}/registrar/domains/{domain}/restores/{domainrestore}`
    pub fn restore(&self, domain: &str, id: RestoreId) -> Call<DomainRestore> {
        self.0.api.send(&GET_RESTORE, [&self.0.id, &domain, &id], ())
    }

    /// Attaches to a restore that was begun before.
    ///
    /// `GET /{account}/registrar/domains/{domain}/restores/{domainrestore}`
    pub fn follow_restore(&self, domain: &str, id: RestoreId) -> Pending<DomainRestore> {
        let (registrar, domain) = (self.clone(), domain.to_owned());
        let what = format!("dnsimple: the restore {id} of {domain}");
        Pending::attached(move || registrar.restore(&domain, id)).named(what)
    }

    /// Unlocks the domain and e-mails its authorization code to the registrant: no answer ever shows it.
    ///
    /// `POST /{account}/registrar/domains/{domain}/authorize_transfer_out`
    pub fn authorize_transfer_out(&self, domain: &str) -> Call<()> {
        self.0.api.send(&AUTHORIZE_TRANSFER_OUT, [&self.0.id, &domain], ())
    }

    /// Lists the name servers that the domain is delegated to at the registry.
    ///
    /// `GET /{account}/registrar/domains/{domain}/delegation`
    pub fn delegation(&self, domain: &str) -> Call<Vec<String>> {
        self.0.api.send(&GET_DELEGATION, [&self.0.id, &domain], ())
    }

    /// Delegates the domain to these name servers, in the place of those it had.
    ///
    /// `PUT /{account}/registrar/domains/{domain}/delegation`
    pub fn change_delegation(
        &self,
        domain: &str,
        name_servers: impl IntoIterator<Item = impl Into<String>>,
    ) -> Call<Vec<String>> {
        let servers: Vec<_> = name_servers.into_iter().map(Into::into).collect();
        self.0.api.send(&CHANGE_DELEGATION, [&self.0.id, &domain], servers)
    }

    /// Delegates the domain to vanity name servers, by their names, and gives the registry their addresses.
    ///
    /// `PUT /{account}/registrar/domains/{domain}/delegation/vanity`
    pub fn delegate_to_vanity(
        &self,
        domain: &str,
        name_servers: impl IntoIterator<Item = impl Into<String>>,
    ) -> Call<Vec<NameServer>> {
        let servers: Vec<_> = name_servers.into_iter().map(Into::into).collect();
        self.0.api.send(&DELEGATE_TO_VANITY, [&self.0.id, &domain], servers)
    }

    /// Delegates the domain to DNSimple's own name servers in the place of vanity ones.
    ///
    /// `DELETE /{account}/registrar/domains/{domain}/delegation/vanity`
    pub fn delegate_from_vanity(&self, domain: &str) -> Call<()> {
        self.0.api.send(&DELEGATE_FROM_VANITY, [&self.0.id, &domain], ())
    }

    /// Tells whether the domain is locked against transfers.
    ///
    /// `GET /{account}/registrar/domains/{domain}/transfer_lock`
    pub fn transfer_lock(&self, domain: &str) -> Call<TransferLock> {
        self.0.api.send(&GET_TRANSFER_LOCK, [&self.0.id, &domain], ())
    }

    /// Locks the domain against transfers.
    ///
    /// `POST /{account}/registrar/domains/{domain}/transfer_lock`
    pub fn enable_transfer_lock(&self, domain: &str) -> Call<TransferLock> {
        self.0.api.send(&ENABLE_TRANSFER_LOCK, [&self.0.id, &domain], ())
    }

    /// Allows the domain to be transferred away.
    ///
    /// `DELETE /{account}/registrar/domains/{domain}/transfer_lock`
    pub fn disable_transfer_lock(&self, domain: &str) -> Call<TransferLock> {
        self.0.api.send(&DISABLE_TRANSFER_LOCK, [&self.0.id, &domain], ())
    }

    /// Lets the domain be renewed, and charged, each time before it runs out.
    ///
    /// `PUT /{account}/registrar/domains/{domain}/auto_renewal`
    pub fn enable_auto_renewal(&self, domain: &str) -> Call<()> {
        self.0.api.send(&ENABLE_AUTO_RENEWAL, [&self.0.id, &domain], ())
    }

    /// Lets the domain run out.
    ///
    /// `DELETE /{account}/registrar/domains/{domain}/auto_renewal`
    pub fn disable_auto_renewal(&self, domain: &str) -> Call<()> {
        self.0.api.send(&DISABLE_AUTO_RENEWAL, [&self.0.id, &domain], ())
    }

    /// Hides the registrant in WHOIS. Where the service was not bought yet, this buys a year of it.
    ///
    /// `PUT /{account}/registrar/domains/{domain}/whois_privacy`
    pub fn enable_whois_privacy(&self, domain: &str) -> Call<WhoisPrivacy> {
        self.0.api.send(&ENABLE_WHOIS_PRIVACY, [&self.0.id, &domain], ())
    }

    /// Shows the registrant in WHOIS. The year that was bought goes on.
    ///
    /// `DELETE /{account}/registrar/domains/{domain}/whois_privacy`
    pub fn disable_whois_privacy(&self, domain: &str) -> Call<WhoisPrivacy> {
        self.0.api.send(&DISABLE_WHOIS_PRIVACY, [&self.0.id, &domain], ())
    }

    /// Makes the call that starts the work, and follows the work from its first state on.
    fn begin<T: Staged + Send + 'static>(
        &self,
        call: Call<T>,
        domain: &str,
        id: fn(&T) -> Id<T>,
        follow: fn(&Self, &str, Id<T>) -> Pending<T>,
    ) -> Call<Pending<T>> {
        let (registrar, domain) = (self.clone(), domain.to_owned());
        call.map(move |state| follow(&registrar, &domain, id(&state)).seen(state))
    }
}

fn for_days(transfer: Pending<DomainTransfer>) -> Pending<DomainTransfer> {
    transfer.every(Duration::from_secs(60), Duration::from_secs(3600)).within(Duration::from_secs(8 * 24 * 3600))
}

/// Whether a domain can be registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainCheck {
    pub domain: String,
    pub available: bool,
    /// Whether it has a price of its own, which has to be confirmed.
    pub premium: Option<bool>,
    /// Whether it can be registered through a trustee.
    pub trustee: Option<bool>,
}

/// What a domain costs, in USD.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainPrices {
    pub domain: String,
    /// Whether it has a price of its own, which has to be confirmed.
    pub premium: Option<bool>,
    pub registration_price: Option<f64>,
    pub renewal_price: Option<f64>,
    pub transfer_price: Option<f64>,
    pub restore_price: Option<f64>,
    pub trustee_price: Option<f64>,
}

input! {
    /// How a domain is registered.
    pub struct NewRegistration {
        registrant_id: ContactId,
    } optional {
        /// May be charged.
        whois_privacy: bool,
        auto_renew: bool,
        /// May be charged.
        trustee: bool,
        /// What the domain's TLD asks for, by the names that the TLDs group lists.
        extended_attributes: BTreeMap<String, String>,
        /// The price of a premium domain, to confirm it: such as `109.00`.
        premium_price: String,
        /// The linked provider that registers the domain in DNSimple's place.
        linked_provider: String,
    }
}

/// The number of a registration.
pub type RegistrationId = Id<DomainRegistration>;

/// How far a registration has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainRegistration {
    pub id: RegistrationId,
    pub domain_id: Option<DomainId>,
    pub registrant_id: Option<ContactId>,
    /// Years.
    pub period: Option<u32>,
    pub state: RegistrationState,
    pub auto_renew: Option<bool>,
    pub whois_privacy: Option<bool>,
    pub trustee: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// The state of a registration.
    pub enum RegistrationState {
        /// Asked for.
        New = "new",
        /// Under way at the registry.
        Registering = "registering",
        /// Done.
        Registered = "registered",
        /// Refused by the registry.
        Failed = "failed",
        /// Given up.
        Cancelled = "cancelled",
    }
}

impl Staged for DomainRegistration {
    fn stage(&self) -> Stage {
        match self.state {
            RegistrationState::Registered => Stage::Done,
            RegistrationState::Failed => Stage::Failed("the registration failed".to_owned()),
            RegistrationState::Cancelled => Stage::Failed("the registration was cancelled".to_owned()),
            _ => Stage::Running,
        }
    }
}

input! {
    /// How a domain is transferred.
    pub struct NewTransfer {
        registrant_id: ContactId,
    } optional {
        /// The code from the present registrar. Only few TLDs do without.
        #[serde(serialize_with = "secret::expose_option")]
        auth_code: Secret,
        /// May be charged.
        whois_privacy: bool,
        auto_renew: bool,
        /// May be charged.
        trustee: bool,
        /// What the domain's TLD asks for, by the names that the TLDs group lists.
        extended_attributes: BTreeMap<String, String>,
        /// The price of a premium domain, to confirm it: such as `109.00`.
        premium_price: String,
    }
}

/// The number of a transfer.
pub type TransferId = Id<DomainTransfer>;

/// How far a transfer has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainTransfer {
    pub id: TransferId,
    pub domain_id: Option<DomainId>,
    pub registrant_id: Option<ContactId>,
    pub state: TransferState,
    pub auto_renew: Option<bool>,
    pub whois_privacy: Option<bool>,
    pub trustee: Option<bool>,
    /// Why it failed, or what it waits for.
    pub status_description: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// The state of a transfer.
    pub enum TransferState {
        /// Asked for.
        New = "new",
        /// Under way at the registry.
        Transferring = "transferring",
        /// Done.
        Transferred = "transferred",
        /// Refused by the registry or the other registrar.
        Failed = "failed",
        /// Given up.
        Cancelled = "cancelled",
    }
}

impl Staged for DomainTransfer {
    fn stage(&self) -> Stage {
        let why = |what: &str| match &self.status_description {
            Some(description) => Stage::Failed(format!("{what}: {description}")),
            None => Stage::Failed(what.to_owned()),
        };
        match self.state {
            TransferState::Transferred => Stage::Done,
            TransferState::Failed => why("the transfer failed"),
            TransferState::Cancelled => why("the transfer was cancelled"),
            _ => Stage::Running,
        }
    }
}

input! {
    /// How a domain is renewed.
    pub struct NewRenewal {
        /// Years.
        period: u32,
    } optional {
        /// The price of a premium domain, to confirm it: such as `109.00`.
        premium_price: String,
    }
}

/// The number of a renewal.
pub type RenewalId = Id<DomainRenewal>;

/// How far a renewal has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainRenewal {
    pub id: RenewalId,
    pub domain_id: Option<DomainId>,
    /// Years.
    pub period: Option<u32>,
    pub state: RenewalState,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// The state of a renewal.
    pub enum RenewalState {
        /// Asked for.
        New = "new",
        /// Under way at the registry.
        Renewing = "renewing",
        /// Done.
        Renewed = "renewed",
        /// Refused by the registry.
        Failed = "failed",
        /// Given up.
        Cancelled = "cancelled",
    }
}

impl Staged for DomainRenewal {
    fn stage(&self) -> Stage {
        match self.state {
            RenewalState::Renewed => Stage::Done,
            RenewalState::Failed => Stage::Failed("the renewal failed".to_owned()),
            RenewalState::Cancelled => Stage::Failed("the renewal was cancelled".to_owned()),
            _ => Stage::Running,
        }
    }
}

input! {
    /// How a domain is restored.
    pub struct NewRestore {} optional {
        /// The price of a premium domain, to confirm it: such as `109.00`.
        premium_price: String,
    }
}

/// The number of a restore.
pub type RestoreId = Id<DomainRestore>;

/// How far a restore has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainRestore {
    pub id: RestoreId,
    pub domain_id: Option<DomainId>,
    pub state: RestoreState,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// The state of a restore.
    pub enum RestoreState {
        /// Asked for.
        New = "new",
        /// Under way at the registry.
        Restoring = "restoring",
        /// Done.
        Restored = "restored",
        /// Given up, or refused by the registry.
        Cancelled = "cancelled",
    }
}

impl Staged for DomainRestore {
    fn stage(&self) -> Stage {
        match self.state {
            RestoreState::Restored => Stage::Done,
            RestoreState::Cancelled => Stage::Failed("the restore was cancelled".to_owned()),
            _ => Stage::Running,
        }
    }
}

/// A vanity name server at the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NameServer {
    pub id: Id<NameServer>,
    pub name: String,
    pub ipv4: Option<Ipv4Addr>,
    pub ipv6: Option<Ipv6Addr>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// Whether a domain is locked against transfers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TransferLock {
    pub enabled: bool,
}

/// A domain's WHOIS privacy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct WhoisPrivacy {
    pub id: Id<WhoisPrivacy>,
    pub domain_id: Option<DomainId>,
    /// `None` right after it was bought: it is being enabled.
    pub enabled: Option<bool>,
    /// The last day of what was bought.
    pub expires_on: Option<Date>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}
