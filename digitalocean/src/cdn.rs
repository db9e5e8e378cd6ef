//! Caches in front of Spaces.
//!
//! ```
//! use howdah_digitalocean::cdn::{Endpoints, EndpointUpdate, NewEndpoint};
//! # use howdah_digitalocean::{certificates::NewCertificate, testing::{FakeDigitalOcean, certificate_for}};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let (leaf, chain, key) = certificate_for(&["media.vmst.io"]);
//! # let certificate = ocean.certificates().create(NewCertificate::custom("media", key, leaf, chain)).await?;
//! let cdn: Endpoints = ocean.cdn();
//! let media = cdn.create(NewEndpoint::new("media.nyc3.digitaloceanspaces.com")).await?;
//! let update = EndpointUpdate::of(&media).with_custom_domain("media.vmst.io").with_certificate_id(certificate.id);
//! let media = cdn.update(&media.id, update).await?;
//! assert_eq!(media.custom_domain.as_deref(), Some("media.vmst.io"));
//! # Ok(()) }
//! ```
//!
//! These operations have a quota of their own: five calls in ten seconds. A wildcard certificate that is in use elsewhere in
//! the account is refused for an endpoint ([`Invalid`](howdah_core::ErrorKind::Invalid)): upload it once more under another
//! name.

use howdah_core::{
    Error, Id, endpoints,
    http::{Api, Call, Pages},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{PAGES, certificates::CertificateId, dialect::CDN};

endpoints! {
    LIST:   ()             => Vec<Endpoint> = get("/v2/cdn/endpoints").envelope("endpoints").pages(PAGES).bucket(CDN);
    CREATE: NewEndpoint    => Endpoint      = post("/v2/cdn/endpoints").envelope("endpoint").status(201).bucket(CDN);
    GET:    ()             => Endpoint      = get("/v2/cdn/endpoints/{cdn_id}").envelope("endpoint").bucket(CDN);
    UPDATE: EndpointUpdate => Endpoint      = put("/v2/cdn/endpoints/{cdn_id}").envelope("endpoint").bucket(CDN);
    DELETE: ()             => ()            = delete("/v2/cdn/endpoints/{cdn_id}").status(204).bucket(CDN);
    PURGE:  Purge          => ()            = delete("/v2/cdn/endpoints/{cdn_id}/cache").status(204).bucket(CDN);
}

/// The CDN group. Reach it through [`DigitalOcean::cdn`](crate::DigitalOcean::cdn).
#[derive(Clone, Debug)]
pub struct Endpoints(pub(crate) Api);

impl Endpoints {
    /// Streams the account's endpoints.
    ///
    /// `GET /v2/cdn/endpoints`
    pub fn list(&self) -> Pages<Endpoint> {
        self.0.pages(&LIST, [], ())
    }

    /// Puts a cache in front of a Space.
    ///
    /// `POST /v2/cdn/endpoints`
    pub fn create(&self, endpoint: NewEndpoint) -> Call<Endpoint> {
        self.0.send(&CREATE, [], endpoint)
    }

    /// Reads an endpoint.
    ///
    /// `GET /v2/cdn/endpoints/{cdn_id}`
    pub fn get(&self, endpoint: &EndpointId) -> Call<Endpoint> {
        self.0.send(&GET, [endpoint], ())
    }

    /// Sets what an endpoint is. What is left out may be reset: begin with [`EndpointUpdate::of`].
    ///
    /// `PUT /v2/cdn/endpoints/{cdn_id}`
    pub fn update(&self, endpoint: &EndpointId, update: EndpointUpdate) -> Call<Endpoint> {
        self.0.send(&UPDATE, [endpoint], update)
    }

    /// Removes a cache. The Space stays.
    ///
    /// `DELETE /v2/cdn/endpoints/{cdn_id}`
    pub fn delete(&self, endpoint: &EndpointId) -> Call<()> {
        self.0.send(&DELETE, [endpoint], ())
    }

    /// Forgets what is cached of these files: paths, with `*` at their end for all below, or `*` alone. At most fifty.
    ///
    /// `DELETE /v2/cdn/endpoints/{cdn_id}/cache`
    pub fn purge(&self, endpoint: &EndpointId, files: impl Into<Vec<String>>) -> Call<()> {
        let files = files.into();
        if files.is_empty() || files.len() > MOST_FILES {
            let message = format!("`files` has {} paths: from one to {MOST_FILES} can be purged at once", files.len());
            return Call::new(std::future::ready(Err(Error::invalid(message).with_provider("digitalocean"))));
        }
        self.0.send(&PURGE, [endpoint], Purge { files })
    }
}

/// How many paths can be purged at once.
const MOST_FILES: usize = 50;

/// The UUID of an endpoint.
pub type EndpointId = Id<Endpoint, String>;

/// A cache in front of a Space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Endpoint {
    pub id: EndpointId,
    /// The host of the Space.
    pub origin: String,
    /// The host of the cache.
    pub endpoint: Option<String>,
    /// Seconds that something is kept.
    pub ttl: Option<u32>,
    /// May be empty, or a word that is no UUID.
    pub certificate_id: Option<CertificateId>,
    pub custom_domain: Option<String>,
    pub created_at: Option<Timestamp>,
}

input! {
    /// A cache to put in front of a Space.
    pub struct NewEndpoint {
        /// The host of the Space, such as `media.nyc3.digitaloceanspaces.com`.
        origin: String,
    } optional {
        /// Seconds: 60, 600, 3600, 86400 or 604800.
        ttl: u32,
        certificate_id: CertificateId,
        /// A name of one's own, which is a CNAME to the endpoint's host.
        custom_domain: String,
    }
}

input! {
    /// What an endpoint is to be. An empty name and certificate take away what it has.
    pub struct EndpointUpdate {} optional {
        /// Seconds: 60, 600, 3600, 86400 or 604800.
        ttl: u32,
        certificate_id: CertificateId,
        custom_domain: String,
    }
}

impl EndpointUpdate {
    /// What an endpoint is now.
    pub fn of(endpoint: &Endpoint) -> Self {
        let Endpoint { ttl, certificate_id, custom_domain, .. } = endpoint.clone();
        Self { ttl, certificate_id, custom_domain }
    }
}

/// What a cache is to forget.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Purge {
    pub files: Vec<String>,
}
