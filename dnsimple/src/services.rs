//! One-click services: records for a well-known product, put into a zone at once.
//!
//! ```
//! use howdah_dnsimple::services::ServiceSettings;
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.create_zone("example.com");
//! # let (dnsimple, account) = (fake.client(), fake.account());
//! for setting in dnsimple.services().get("heroku").await?.settings {
//!     println!("{} wants {}", setting.name, setting.label.unwrap_or_default());
//! }
//! let settings = ServiceSettings::new().with("app", "my-app");
//! account.applied_services().apply("example.com", "heroku", settings).await?;
//! # Ok(()) }
//! ```
//!
//! A service is given by its short name or its number. A setting that is missing is in
//! [`fields`](howdah_core::Error::fields).

use std::collections::BTreeMap;

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pages},
    input, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Account, PAGES};

endpoints! {
    LIST:         ServiceFilter   => Vec<Service> = get("/services").envelope("data").pages(PAGES);
    GET:          ()              => Service      = get("/services/{service}").envelope("data");
    LIST_APPLIED: ()              => Vec<Service> = get("/{account}/domains/{domain}/services").envelope("data").pages(PAGES);
    APPLY:        ServiceSettings => ()           = post("/{account}/domains/{domain}/services/{service}").status(204);
    UNAPPLY:      ()              => ()           = delete("/{account}/domains/{domain}/services/{service}").status(204);
}

/// The services that there are. Reach it through [`DnSimple::services`](crate::DnSimple::services).
#[derive(Clone, Debug)]
pub struct Services(pub(crate) Api);

impl Services {
    /// Streams all services.
    ///
    /// `GET /services`
    pub fn list(&self, filter: ServiceFilter) -> Pages<Service> {
        self.0.pages(&LIST, [], filter)
    }

    /// Reads a service.
    ///
    /// `GET /services/{service}`
    pub fn get(&self, service: &str) -> Call<Service> {
        self.0.send(&GET, [&service], ())
    }
}

/// The services of a domain. Reach it through [`Account::applied_services`].
#[derive(Clone, Debug)]
pub struct AppliedServices(pub(crate) Account);

impl AppliedServices {
    /// Streams the services that are applied to a domain.
    ///
    /// `GET /{account}/domains/{domain}/services`
    pub fn list(&self, domain: &str) -> Pages<Service> {
        self.0.api.pages(&LIST_APPLIED, [&self.0.id, &domain], ())
    }

    /// Applies a service: its records are added to the domain's zone.
    ///
    /// `POST /{account}/domains/{domain}/services/{service}`
    pub fn apply(&self, domain: &str, service: &str, settings: ServiceSettings) -> Call<()> {
        self.0.api.send(&APPLY, [&self.0.id, &domain, &service], settings)
    }

    /// Takes a service and its records away again.
    ///
    /// `DELETE /{account}/domains/{domain}/services/{service}`
    pub fn unapply(&self, domain: &str, service: &str) -> Call<()> {
        self.0.api.send(&UNAPPLY, [&self.0.id, &domain, &service], ())
    }
}

/// The number of a service.
pub type ServiceId = Id<Service>;

/// A service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Service {
    pub id: ServiceId,
    pub name: String,
    /// The short name, in lower case.
    pub sid: Option<String>,
    pub description: Option<String>,
    /// What has to be done at the service first.
    pub setup_description: Option<String>,
    pub requires_setup: Option<bool>,
    /// Where its records go when nothing else is said.
    pub default_subdomain: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// What [`AppliedServices::apply`] has to be told.
    #[serde(default)]
    pub settings: Vec<ServiceSetting>,
}

/// Something that a service has to be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ServiceSetting {
    /// Its key in [`ServiceSettings`].
    pub name: String,
    pub label: Option<String>,
    /// What DNSimple appends to the value.
    pub append: Option<String>,
    pub description: Option<String>,
    pub example: Option<String>,
    /// Whether the value is a password.
    pub password: Option<bool>,
}

input! {
    /// Sorts the list of services.
    pub struct ServiceFilter {} optional {
        /// Such as `sid:asc`.
        sort: String,
    }
}

/// What a service is told, by the names of its settings. Some are passwords, so no value is ever printed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServiceSettings(
    #[serde(serialize_with = "expose_all", deserialize_with = "all_or_nothing")] BTreeMap<String, Secret>,
);

impl ServiceSettings {
    /// No settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }
}

fn expose_all<S: Serializer>(settings: &BTreeMap<String, Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(transparent)]
    struct Exposed<'a>(#[serde(serialize_with = "secret::expose")] &'a Secret);
    serializer.collect_map(settings.iter().map(|(name, value)| (name, Exposed(value))))
}

/// The body may be left out.
fn all_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Secret>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
