//! Sites as targets of certificates.

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    certificate::{self, CertBundle, CertTarget, Fingerprint, HeldCertificate, Installed, Retired, TlsEndpoint},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Netlify,
    metadata::Metadata,
    sites::{Site, SiteId},
    ssl::{CustomCertificate, SniCertificate},
};

const NAME: &str = "netlify";

/// The domains of one's own that a site is reached at.
///
/// The service tells neither which certificate it has nor a fingerprint, only until when it is valid. So what was installed is
/// noted in the site's metadata, and the note is believed while the dates agree; without it, the certificate counts as
/// another one, and installing it once more changes nothing that visitors see. A certificate takes the place of the one
/// before it, of which nothing is kept.
///
/// ```
/// use howdah_core::certificate::CertTarget;
/// use howdah_netlify::SiteCertTarget;
/// # use howdah_core::certificate::CertBundle;
/// # use howdah_netlify::{sites::{SiteOptions, SiteSettings}, testing::{FakeNetlify, certificate_for}};
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let netlify = FakeNetlify::new().client();
/// # let settings = SiteSettings::new().with_name("vmst-docs").with_custom_domain("docs.vmst.io");
/// # let site = netlify.sites().create(SiteOptions::new(), settings).await?.id;
/// # let (leaf, chain, key) = certificate_for(&["docs.vmst.io"]);
/// # let bundle = CertBundle::read([leaf.as_str(), &chain, &key], jiff::Timestamp::now())?;
/// let target = SiteCertTarget::new(netlify, site, ["docs.vmst.io"]);
/// target.install(&bundle).await?;
/// assert!(target.installed().await?[0].has(&bundle));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct SiteCertTarget {
    client: Netlify,
    site: SiteId,
    hosts: Vec<String>,
}

/// The member of the metadata that the note is in.
const NOTE: &str = "howdah_certificate";

/// What was installed.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    sha256: String,
    not_after: Timestamp,
}

impl SiteCertTarget {
    /// A site, and those of its domains that the certificate is for.
    pub fn new(client: Netlify, site: SiteId, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { client, site, hosts: hosts.into_iter().map(Into::into).collect() }
    }

    async fn served(&self) -> Result<Option<SniCertificate>> {
        match self.client.ssl().get(&self.site).await {
            Ok(certificate) => Ok(Some(certificate)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn metadata(&self) -> Result<Metadata> {
        self.client.metadata().get(&self.site).await
    }

    /// The fingerprint of what is served, where what was noted still holds.
    async fn fingerprint(&self, served: &SniCertificate) -> Result<Option<Fingerprint>> {
        if served.state.as_deref() != Some("custom") {
            return Ok(None);
        }
        let noted =
            self.metadata().await?.members.remove(NOTE).and_then(|note| serde_json::from_value::<Note>(note).ok());
        let noted =
            noted.filter(|note| served.expires_at.is_some_and(|at| at.as_second() == note.not_after.as_second()));
        Ok(noted.and_then(|note| note.sha256.parse().ok()))
    }

    /// The hosts that the site does not have.
    fn missing<'a>(&'a self, site: &Site) -> Vec<&'a str> {
        let has = |host: &str| {
            let own = site.custom_domain.iter().chain(&site.domain_aliases);
            own.into_iter().any(|domain| domain.eq_ignore_ascii_case(host))
        };
        self.hosts.iter().map(String::as_str).filter(|host| !has(host)).collect()
    }
}

#[async_trait]
impl CertTarget for SiteCertTarget {
    fn name(&self) -> &'static str {
        NAME
    }

    fn what(&self) -> String {
        format!("the site of {}", self.hosts.first().map_or_else(|| self.site.to_string(), Clone::clone))
    }

    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    async fn installed(&self) -> Result<Vec<Installed>> {
        let site = self.client.sites().get(&self.site).await?;
        let held = match self.served().await? {
            Some(served) => {
                let fingerprint = self.fingerprint(&served).await?;
                let id = served.state.clone().unwrap_or_else(|| "served".to_owned());
                Some(HeldCertificate::new(id).with_fingerprint(fingerprint).with_not_after(served.expires_at))
            }
            None => None,
        };
        let address = site.name.map(|name| format!("{name}.netlify.app"));
        let reached = self.hosts.iter().map(|host| {
            let endpoint = TlsEndpoint::new(host.as_str());
            match &address {
                Some(address) => endpoint.with_address(address.as_str()),
                None => endpoint,
            }
        });
        Ok(vec![Installed::new("https 443", held).with_endpoints(reached)])
    }

    async fn install(&self, bundle: &CertBundle) -> Result<certificate::Outcome> {
        bundle.require_names(self.hosts.iter().map(String::as_str))?;
        let missing = self.missing(&self.client.sites().get(&self.site).await?).join(", ");
        if !missing.is_empty() {
            let message = format!("{} does not have the domain {missing}: give it to the site first", self.what());
            return Err(Error::new(ErrorKind::Precondition, message)
                .with_provider(NAME)
                .with_outcome(Outcome::Refused));
        }
        if let Some(served) = self.served().await?
            && self.fingerprint(&served).await?.is_some_and(|fingerprint| bundle.has_fingerprint(&fingerprint))
        {
            return Ok(certificate::Outcome::Unchanged);
        }
        let new = CustomCertificate::new(bundle.leaf_pem(), bundle.key_pem().clone(), bundle.chain_pem());
        self.client.ssl().install(&self.site, new).await?;
        // A note that comes before what it is about could be believed too early.
        let note = Note { sha256: bundle.sha256().to_string(), not_after: bundle.not_after() };
        let mut metadata = self.metadata().await?;
        metadata.members.insert(NOTE.to_owned(), serde_json::to_value(note).unwrap_or(Value::Null));
        self.client.metadata().update(&self.site, metadata).await?;
        Ok(certificate::Outcome::Changed)
    }

    async fn superseded(&self, _: &CertBundle) -> Result<Vec<HeldCertificate>> {
        Ok(Vec::new())
    }

    async fn retire(&self, _: &CertBundle) -> Result<Retired> {
        Ok(Retired::default())
    }
}
