//! Where certificates are installed.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{CertBundle, Fingerprint};
use crate::Result;

/// Listeners that present a certificate: those of a load balancer, of a CDN endpoint, of a site.
///
/// Installing never leaves a moment without a valid certificate, and whatever it is interrupted by, installing again comes
/// to the same end: a bundle that is there is known by its fingerprint and is not uploaded twice.
///
/// ```
/// # #[cfg(feature = "testing")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> howdah_core::Result<()> {
/// use howdah_core::{
///     certificate::{CertBundle, CertTarget, Outcome},
///     testing::{MemoryCertTarget, TestAuthority},
/// };
/// use jiff::{SignedDuration, Timestamp};
///
/// let now = Timestamp::now();
/// let bought = TestAuthority::new(now).issue(&["vmst.io"], SignedDuration::from_hours(90 * 24));
/// let bundle = CertBundle::read([bought.full_chain().as_str(), bought.key.expose()], now)?;
/// let target: Box<dyn CertTarget> = Box::new(MemoryCertTarget::new(["vmst.io"]));
/// assert_eq!(target.install(&bundle).await?, Outcome::Changed);
/// assert_eq!(target.install(&bundle).await?, Outcome::Unchanged);
/// let installed = target.installed().await?;
/// assert!(installed.iter().all(|listener| listener.has(&bundle)));
/// target.retire(&bundle).await?;
/// # Ok(()) }
/// # #[cfg(not(feature = "testing"))] fn main() {}
/// ```
#[async_trait]
pub trait CertTarget: Send + Sync + fmt::Debug {
    /// The provider's name in one lower-case word, as in [`Error::provider`](crate::Error::provider).
    fn name(&self) -> &'static str;

    /// What it is, in a few words for people, such as `the load balancer web`.
    fn what(&self) -> String;

    /// The hosts that its listeners are reached at. A bundle that is not for all of them is refused before anything is
    /// sent.
    fn hosts(&self) -> &[String];

    /// What its listeners present now, as the provider tells it.
    async fn installed(&self) -> Result<Vec<Installed>>;

    /// Makes all of its listeners present this bundle.
    async fn install(&self, bundle: &CertBundle) -> Result<Outcome>;

    /// What this bundle has taken the place of here and the provider still keeps. While a listener does not present the
    /// bundle, and where the provider keeps none, there is nothing.
    async fn superseded(&self, bundle: &CertBundle) -> Result<Vec<HeldCertificate>>;

    /// Deletes what is [superseded](Self::superseded), and nothing else.
    async fn retire(&self, bundle: &CertBundle) -> Result<Retired>;
}

/// A listener and what it presents.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Installed {
    /// What the listener is called, such as `https 443`.
    pub listener: String,
    pub certificate: Option<HeldCertificate>,
    /// Where a handshake shows it; nothing where TLS over TCP does not reach it.
    pub endpoints: Vec<TlsEndpoint>,
}

impl Installed {
    /// A listener, and what it presents.
    pub fn new(listener: impl Into<String>, certificate: Option<HeldCertificate>) -> Self {
        Self { listener: listener.into(), certificate, endpoints: Vec::new() }
    }

    /// Says where a handshake shows it.
    #[must_use]
    pub fn with_endpoints(self, endpoints: impl IntoIterator<Item = TlsEndpoint>) -> Self {
        Self { endpoints: endpoints.into_iter().collect(), ..self }
    }

    /// Does it present this bundle?
    pub fn has(&self, bundle: &CertBundle) -> bool {
        let fingerprint = self.certificate.as_ref().and_then(|certificate| certificate.fingerprint.as_ref());
        fingerprint.is_some_and(|fingerprint| bundle.has_fingerprint(fingerprint))
    }
}

/// Where a listener is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TlsEndpoint {
    host: String,
    port: u16,
    address: Option<String>,
}

impl TlsEndpoint {
    /// Port 443 of a host, wherever its name leads to.
    pub fn new(host: impl Into<String>) -> Self {
        Self { host: host.into(), port: 443, address: None }
    }

    /// Another port.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Connects there, a name or an IP address, and not where the host's name leads to.
    #[must_use]
    pub fn with_address(self, address: impl Into<String>) -> Self {
        Self { address: Some(address.into()), ..self }
    }

    /// The host that is asked for.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that is connected to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What is connected to.
    pub fn address(&self) -> &str {
        self.address.as_deref().unwrap_or(&self.host)
    }
}

impl fmt::Display for TlsEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)?;
        self.address.as_ref().map_or(Ok(()), |address| write!(f, " at {address}"))
    }
}

/// A certificate that a provider holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct HeldCertificate {
    /// What the provider calls it.
    pub id: String,
    pub fingerprint: Option<Fingerprint>,
    pub not_after: Option<Timestamp>,
}

impl HeldCertificate {
    /// A certificate of which nothing more is known.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), fingerprint: None, not_after: None }
    }

    /// Says what its fingerprint is.
    #[must_use]
    pub fn with_fingerprint(self, fingerprint: impl Into<Option<Fingerprint>>) -> Self {
        Self { fingerprint: fingerprint.into(), ..self }
    }

    /// Says until when it is valid.
    #[must_use]
    pub fn with_not_after(self, not_after: impl Into<Option<Timestamp>>) -> Self {
        Self { not_after: not_after.into(), ..self }
    }
}

/// What installing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// At least one listener presents another certificate than before.
    Changed,
    /// All of them did already.
    Unchanged,
}

/// What retiring did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Retired {
    /// What the provider called those that were deleted.
    pub deleted: Vec<String>,
    /// Those that are used still, here or elsewhere, or count as used for a while.
    pub in_use: Vec<String>,
}
