//! Whether a domain is on the LiveDNS name servers, and signed there.
//!
//! ```
//! use howdah_gandi::domain_livedns::{DnssecState, NameServerKind};
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::new();
//! # let domain = howdah_core::dns::Name::parse("example.org").unwrap();
//! # fake.registry().register(&domain, howdah_gandi::testing::NAME, &[], jiff::SignedDuration::from_hours(24));
//! # let gandi = fake.client();
//! let livedns = gandi.domain_livedns();
//! livedns.enable("example.org").await?;
//! assert_eq!(livedns.get("example.org").await?.current, NameServerKind::LiveDns);
//!
//! livedns.enable_dnssec("example.org").await?;
//! let dnssec = livedns.follow_dnssec("example.org").await?;
//! assert_eq!(dnssec.state, DnssecState::Active);
//! # Ok(()) }
//! ```
//!
//! Switching DNSSEC on makes the keys and has the parent publish them, in one go: where the zone alone is signed, see
//! [`livedns`](crate::livedns), the parent knows nothing of it.

use std::time::Duration;

use howdah_core::{
    endpoints,
    http::{Api, Call, Pending, Stage, Staged},
    open_enum,
};
use serde::{Deserialize, Serialize};

endpoints! {
    GET:            () => DomainNameServers = get("/domain/domains/{domain}/livedns");
    ENABLE:         () => ()                = post("/domain/domains/{domain}/livedns");
    GET_DNSSEC:     () => Dnssec            = get("/domain/domains/{domain}/livedns/dnssec");
    ENABLE_DNSSEC:  () => Dnssec            = post("/domain/domains/{domain}/livedns/dnssec").status(202);
    DISABLE_DNSSEC: () => Dnssec            = delete("/domain/domains/{domain}/livedns/dnssec");
}

/// The group of a domain's LiveDNS. Reach it through [`Gandi::domain_livedns`](crate::Gandi::domain_livedns).
#[derive(Clone, Debug)]
pub struct DomainLiveDns(pub(crate) Api);

impl DomainLiveDns {
    /// Reads which name servers the domain is on.
    ///
    /// `GET /domain/domains/{domain}/livedns`
    pub fn get(&self, domain: &str) -> Call<DomainNameServers> {
        self.0.send(&GET, [&domain], ())
    }

    /// Delegates the domain to LiveDNS. The records come along from Gandi's classic name servers, and from no others.
    ///
    /// `POST /domain/domains/{domain}/livedns`
    pub fn enable(&self, domain: &str) -> Call<()> {
        self.0.send(&ENABLE, [&domain], ())
    }

    /// Reads whether the domain is signed at LiveDNS.
    ///
    /// `GET /domain/domains/{domain}/livedns/dnssec`
    pub fn dnssec(&self, domain: &str) -> Call<Dnssec> {
        self.0.send(&GET_DNSSEC, [&domain], ())
    }

    /// Signs the domain and has the parent publish its key. A refusal may come as a state with an error.
    ///
    /// `POST /domain/domains/{domain}/livedns/dnssec`
    pub fn enable_dnssec(&self, domain: &str) -> Call<Dnssec> {
        self.0.send(&ENABLE_DNSSEC, [&domain], ())
    }

    /// Has the parent drop the domain's key, and signs no longer. A refusal may come as a state with an error.
    ///
    /// `DELETE /domain/domains/{domain}/livedns/dnssec`
    pub fn disable_dnssec(&self, domain: &str) -> Call<Dnssec> {
        self.0.send(&DISABLE_DNSSEC, [&domain], ())
    }

    /// Waits until signing is on or off, whichever was asked for: up to a day, unless told otherwise.
    ///
    /// `GET /domain/domains/{domain}/livedns/dnssec`
    pub fn follow_dnssec(&self, domain: &str) -> Pending<Dnssec> {
        let (livedns, domain) = (self.clone(), domain.to_owned());
        let what = format!("gandi: DNSSEC of {domain} at LiveDNS");
        Pending::attached(move || livedns.dnssec(&domain))
            .named(what)
            .every(Duration::from_secs(10), Duration::from_secs(600))
            .within(Duration::from_secs(24 * 3600))
    }
}

/// Which name servers a domain is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainNameServers {
    pub current: NameServerKind,
    #[serde(default)]
    pub nameservers: Vec<String>,
    pub dnssec_available: Option<bool>,
    /// Whether it can be signed at LiveDNS.
    pub livednssec_available: Option<bool>,
}

open_enum! {
    /// A kind of name servers.
    pub enum NameServerKind {
        /// The ones that Gandi had before LiveDNS.
        Classic = "classic",
        /// LiveDNS.
        LiveDns = "livedns",
        /// Gandi's paid ones.
        PremiumDns = "premium_dns",
        /// Somebody else's.
        Elsewhere = "other",
    }
}

/// Whether a domain is signed at LiveDNS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Dnssec {
    pub state: DnssecState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Staged for Dnssec {
    fn stage(&self) -> Stage {
        match self.state {
            DnssecState::Active | DnssecState::Inactive => Stage::Done,
            DnssecState::ActivationError | DnssecState::DeactivationError => {
                let why = self.error.as_ref().or(self.cause.as_ref());
                Stage::Failed(format!("{}: {}", self.state, why.map_or("Gandi does not say why", String::as_str)))
            }
            _ => Stage::Running,
        }
    }
}

open_enum! {
    /// How far signing has come.
    pub enum DnssecState {
        /// It could not be switched on.
        ActivationError = "activation_error",
        /// It is being switched on.
        Activating = "activating",
        /// On.
        Active = "active",
        /// It could not be switched off.
        DeactivationError = "deactivation_error",
        /// It is being switched off.
        Deactivating = "deactivating",
        /// Off.
        Inactive = "inactive",
    }
}
