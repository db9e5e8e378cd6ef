//! Names of a domain that lead web browsers elsewhere.
//!
//! ```
//! use howdah_gandi::web_redirections::{NewWebRedirection, RedirectionProtocol, RedirectionType};
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::new();
//! # let domain = howdah_core::dns::Name::parse("example.org").unwrap();
//! # fake.registry().register(&domain, howdah_gandi::testing::NAME, &[], jiff::SignedDuration::from_hours(24));
//! # let gandi = fake.client();
//! let redirections = gandi.web_redirections();
//! let www = NewWebRedirection::new(
//!     "www.example.org",
//!     false,
//!     RedirectionProtocol::HttpsOnly,
//!     RedirectionType::Permanent,
//!     "https://example.org",
//! );
//! redirections.create("example.org", www).await?;
//! let url = redirections.get("example.org", "www.example.org").await?.url;
//! assert_eq!(url.as_deref(), Some("https://example.org"));
//! # Ok(()) }
//! ```
//!
//! A host is written in full, the domain included. It gets a record at LiveDNS; `override` lets that take the place of the
//! records which are there.

use howdah_core::{
    endpoints,
    http::{Api, Call, Pages},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PAGES;

endpoints! {
    LIST:   ()                   => Vec<WebRedirection> = get("/domain/domains/{domain}/webredirs").pages(PAGES);
    CREATE: NewWebRedirection    => ()                  = post("/domain/domains/{domain}/webredirs").status(201);
    GET:    ()                   => WebRedirection      = get("/domain/domains/{domain}/webredirs/{host}");
    UPDATE: WebRedirectionChange => ()                  = patch("/domain/domains/{domain}/webredirs/{host}").idempotent();
    DELETE: ()                   => ()                  = delete("/domain/domains/{domain}/webredirs/{host}");
}

/// The web redirections group. Reach it through [`Gandi::web_redirections`](crate::Gandi::web_redirections).
#[derive(Clone, Debug)]
pub struct WebRedirections(pub(crate) Api);

impl WebRedirections {
    /// Streams the redirections of a domain.
    ///
    /// `GET /domain/domains/{domain}/webredirs`
    pub fn list(&self, domain: &str) -> Pages<WebRedirection> {
        self.0.pages(&LIST, [&domain], ())
    }

    /// Redirects a host.
    ///
    /// `POST /domain/domains/{domain}/webredirs`
    pub fn create(&self, domain: &str, redirection: NewWebRedirection) -> Call<()> {
        self.0.send(&CREATE, [&domain], redirection)
    }

    /// Reads where a host is redirected to.
    ///
    /// `GET /domain/domains/{domain}/webredirs/{host}`
    pub fn get(&self, domain: &str, host: &str) -> Call<WebRedirection> {
        self.0.send(&GET, [&domain, &host], ())
    }

    /// Changes where a host is redirected to, or how.
    ///
    /// `PATCH /domain/domains/{domain}/webredirs/{host}`
    pub fn update(&self, domain: &str, host: &str, change: WebRedirectionChange) -> Call<()> {
        self.0.send(&UPDATE, [&domain, &host], change)
    }

    /// Redirects a host no more.
    ///
    /// `DELETE /domain/domains/{domain}/webredirs/{host}`
    pub fn delete(&self, domain: &str, host: &str) -> Call<()> {
        self.0.send(&DELETE, [&domain, &host], ())
    }
}

/// A host that leads elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct WebRedirection {
    /// In full, the domain included.
    pub host: String,
    #[serde(rename = "type")]
    pub redirection_type: Option<RedirectionType>,
    pub url: Option<String>,
    pub protocol: Option<RedirectionProtocol>,
    /// How far the certificate for the host has come, where it needs one.
    pub cert_status: Option<String>,
    pub cert_uuid: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// How a browser is led elsewhere.
    pub enum RedirectionType {
        /// It is shown the other page in a frame, below the address it asked for.
        Cloak = "cloak",
        /// For ever: status 301.
        Permanent = "http301",
        /// For now: status 302.
        Temporary = "http302",
    }
}

open_enum! {
    /// What a host that is redirected answers to.
    pub enum RedirectionProtocol {
        /// HTTP.
        Http = "http",
        /// HTTP and HTTPS.
        Https = "https",
        /// HTTPS, to which HTTP leads first.
        HttpsOnly = "httpsonly",
    }
}

input! {
    /// A host to redirect.
    pub struct NewWebRedirection {
        /// In full, the domain included.
        host: String,
        /// Whether records of the host give way.
        #[serde(rename = "override")]
        override_records: bool,
        protocol: RedirectionProtocol,
        #[serde(rename = "type")]
        redirection_type: RedirectionType,
        /// Where to.
        url: String,
    } optional {}
}

input! {
    /// What is to be different about a redirection.
    pub struct WebRedirectionChange {} optional {
        /// Whether records of the host give way.
        #[serde(rename = "override")]
        override_records: bool,
        protocol: RedirectionProtocol,
        #[serde(rename = "type")]
        redirection_type: RedirectionType,
        /// Where to.
        url: String,
    }
}
