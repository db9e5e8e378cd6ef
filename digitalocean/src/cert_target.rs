//! Load balancers and CDN endpoints as targets of certificates.

use std::collections::BTreeSet;

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    certificate::{self, CertBundle, CertTarget, HeldCertificate, Installed, Retired, TlsEndpoint},
};

use crate::{
    DigitalOcean,
    cdn::{self, EndpointUpdate},
    certificates::{Certificate, CertificateFilter, CertificateId, CertificateState, NewCertificate},
    load_balancers::{EntryProtocol, ForwardingRule, LoadBalancer, LoadBalancerId},
};

const NAME: &str = "digitalocean";

/// The listeners of a load balancer that do TLS.
///
/// A new certificate takes the old one's place in all rules, and in those domains of a global load balancer that the target
/// is reached at, by one update that keeps everything else: there is no moment without TLS. A load balancer whose rules do no TLS has no
/// listener to install on, and is refused ([`Precondition`](ErrorKind::Precondition)).
///
/// An uploaded certificate is called after its first name, its fingerprint and what it takes the place of, so that a run
/// which is interrupted finds it again and knows what to retire.
///
/// ```
/// # use howdah_core::certificate::CertBundle;
/// use howdah_core::certificate::CertTarget;
/// use howdah_digitalocean::LoadBalancerCertTarget;
/// # use howdah_digitalocean::{certificates::NewCertificate, load_balancers::{ForwardingRule, NewLoadBalancer}};
/// # use howdah_digitalocean::testing::{FakeDigitalOcean, certificate_for};
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let ocean = FakeDigitalOcean::new().client();
/// # let (leaf, chain, key) = certificate_for(&["vmst.io"]);
/// # let old = ocean.certificates().create(NewCertificate::custom("old", key, leaf, chain)).await?;
/// # let rule = ForwardingRule::new("https", 443u16, "http", 80u16).with_certificate(old.id.clone());
/// # let new = NewLoadBalancer::new("web", vec![rule]).with_region("tor1").with_tag("web");
/// # let id = ocean.load_balancers().create(new).await?.id;
/// # let (leaf, chain, key) = certificate_for(&["vmst.io"]);
/// # let bundle = CertBundle::read([leaf.as_str(), &chain, &key], jiff::Timestamp::now())?;
/// let target = LoadBalancerCertTarget::new(ocean, id, ["vmst.io"]);
/// target.install(&bundle).await?;
/// for listener in target.installed().await? {
///     println!("{} is valid until {:?}", listener.listener, listener.certificate.unwrap().not_after);
/// }
/// // What it replaced counts as used for a while.
/// let retired = target.retire(&bundle).await?;
/// println!("{} deleted, {} left for later", retired.deleted.len(), retired.in_use.len());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct LoadBalancerCertTarget {
    client: DigitalOcean,
    load_balancer: LoadBalancerId,
    what: String,
    hosts: Vec<String>,
}

impl LoadBalancerCertTarget {
    /// A load balancer and the hosts that it is reached at, which the service does not know.
    pub fn new(
        client: DigitalOcean,
        load_balancer: LoadBalancerId,
        hosts: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let what = format!("the load balancer {load_balancer}");
        Self { client, load_balancer, what, hosts: hosts.into_iter().map(Into::into).collect() }
    }

    /// Says what people call it, in place of its id.
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        Self { what: format!("the load balancer {name}"), ..self }
    }

    async fn read(&self) -> Result<LoadBalancer> {
        self.client.load_balancers().get(&self.load_balancer).await
    }

    async fn used(&self) -> Result<Vec<Option<CertificateId>>> {
        Ok(listeners(&self.read().await?, &self.hosts).into_iter().map(|listener| listener.certificate).collect())
    }
}

/// Whether a rule does TLS with a certificate.
fn does_tls(rule: &ForwardingRule) -> bool {
    let tls = matches!(rule.entry_protocol, EntryProtocol::Https | EntryProtocol::Http2 | EntryProtocol::Http3);
    tls && rule.tls_passthrough != Some(true)
}

/// A listener, and the certificate that it is told to present.
struct Listener {
    name: String,
    certificate: Option<CertificateId>,
    endpoints: Vec<TlsEndpoint>,
}

/// Every listener of a load balancer that is reached at these hosts.
fn listeners(balancer: &LoadBalancer, hosts: &[String]) -> Vec<Listener> {
    let reached = |host: &str, port: u16| {
        let endpoint = TlsEndpoint::new(host).with_port(port);
        match balancer.ip.as_deref().filter(|ip| !ip.is_empty()) {
            Some(ip) => endpoint.with_address(ip),
            None => endpoint,
        }
    };
    let rules = balancer.forwarding_rules.iter().filter(|rule| does_tls(rule)).map(|rule| {
        // QUIC is no TCP.
        let hosts = if rule.entry_protocol == EntryProtocol::Http3 { &[] } else { hosts };
        Listener {
            name: format!("{} {}", rule.entry_protocol, rule.entry_port),
            certificate: rule.certificate().cloned(),
            endpoints: hosts.iter().map(|host| reached(host, rule.entry_port)).collect(),
        }
    });
    let domains = balancer.domains.iter().flatten().filter_map(|domain| {
        let name = domain.name.clone().filter(|name| hosts.contains(name))?;
        let certificate = domain.certificate_id.clone().filter(|id| !id.get().is_empty())?;
        let endpoints = vec![TlsEndpoint::new(name.as_str())];
        Some(Listener { name, certificate: Some(certificate), endpoints })
    });
    rules.chain(domains).collect()
}

#[async_trait]
impl CertTarget for LoadBalancerCertTarget {
    fn name(&self) -> &'static str {
        NAME
    }

    fn what(&self) -> String {
        self.what.clone()
    }

    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    async fn installed(&self) -> Result<Vec<Installed>> {
        let listeners = listeners(&self.read().await?, &self.hosts);
        let kept = Kept::read(&self.client).await?;
        let installed = listeners.into_iter().map(|listener| {
            let held = listener.certificate.map(|id| kept.held(&id));
            Installed::new(listener.name, held).with_endpoints(listener.endpoints)
        });
        Ok(installed.collect())
    }

    async fn install(&self, bundle: &CertBundle) -> Result<certificate::Outcome> {
        bundle.require_names(self.hosts.iter().map(String::as_str))?;
        let balancer = self.read().await?;
        let listeners = listeners(&balancer, &self.hosts);
        if listeners.is_empty() {
            let message = format!("{} has no rule that does TLS: add one for HTTPS first", self.what());
            return Err(Error::new(ErrorKind::Precondition, message)
                .with_provider(NAME)
                .with_outcome(Outcome::Refused));
        }
        let kept = Kept::read(&self.client).await?;
        let is_new = |id: &Option<CertificateId>| id.as_ref().is_some_and(|id| kept.is(id, bundle));
        if listeners.iter().all(|listener| is_new(&listener.certificate)) {
            return Ok(certificate::Outcome::Unchanged);
        }
        let shown = listeners.into_iter().map(|listener| listener.certificate);
        let replaced = shown.filter(|id| !is_new(id)).flatten().collect();
        let id = kept.provide(bundle, &replaced, None).await?;
        let mut update = balancer.into_update();
        for rule in update.settings.forwarding_rules.iter_mut().filter(|rule| does_tls(rule)) {
            rule.certificate_id = Some(id.clone());
        }
        for domain in update.settings.domains.iter_mut().flatten() {
            let is_meant = domain.name.as_ref().is_some_and(|name| self.hosts.contains(name));
            let has_one = domain.certificate_id.as_ref().is_some_and(|id| !id.get().is_empty());
            if is_meant && has_one {
                domain.certificate_id = Some(id.clone());
            }
        }
        self.client.load_balancers().update(&self.load_balancer, update).await?;
        Ok(certificate::Outcome::Changed)
    }

    async fn superseded(&self, bundle: &CertBundle) -> Result<Vec<HeldCertificate>> {
        let used = self.used().await?;
        let kept = Kept::read(&self.client).await?;
        Ok(kept.superseded(bundle, used).await?.into_iter().map(|certificate| kept.held(&certificate.id)).collect())
    }

    async fn retire(&self, bundle: &CertBundle) -> Result<Retired> {
        let used = self.used().await?;
        Kept::read(&self.client).await?.retire(bundle, used).await
    }
}

/// The name of one's own that a CDN endpoint is reached at.
///
/// A wildcard certificate that is used elsewhere in the account cannot be used here: such a one is uploaded once more, under
/// a name of its own.
///
/// ```
/// use howdah_core::certificate::CertTarget;
/// use howdah_digitalocean::CdnCertTarget;
/// # use howdah_core::certificate::CertBundle;
/// # use howdah_digitalocean::cdn::NewEndpoint;
/// # use howdah_digitalocean::testing::{FakeDigitalOcean, certificate_for};
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let ocean = FakeDigitalOcean::new().client();
/// # let id = ocean.cdn().create(NewEndpoint::new("media.nyc3.digitaloceanspaces.com")).await?.id;
/// # let (leaf, chain, key) = certificate_for(&["files.vmst.io"]);
/// # let bundle = CertBundle::read([leaf.as_str(), &chain, &key], jiff::Timestamp::now())?;
/// let target = CdnCertTarget::new(ocean, id, "files.vmst.io");
/// target.install(&bundle).await?;
/// assert!(target.installed().await?[0].has(&bundle));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct CdnCertTarget {
    client: DigitalOcean,
    endpoint: cdn::EndpointId,
    hosts: [String; 1],
}

impl CdnCertTarget {
    /// An endpoint and the name of one's own that it is reached at, which it gets with its first certificate.
    pub fn new(client: DigitalOcean, endpoint: cdn::EndpointId, custom_domain: impl Into<String>) -> Self {
        Self { client, endpoint, hosts: [custom_domain.into()] }
    }

    async fn read(&self) -> Result<cdn::Endpoint> {
        self.client.cdn().get(&self.endpoint).await
    }
}

/// The certificate of an endpoint; where there is none, its id may be empty or a word.
fn certificate_of(endpoint: &cdn::Endpoint) -> Option<CertificateId> {
    let id = endpoint.certificate_id.clone()?;
    let is_uuid = id.get().len() == 36 && id.get().bytes().filter(|byte| *byte == b'-').count() == 4;
    let is_digits = id.get().bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    (is_uuid && is_digits).then_some(id)
}

#[async_trait]
impl CertTarget for CdnCertTarget {
    fn name(&self) -> &'static str {
        NAME
    }

    fn what(&self) -> String {
        format!("the CDN endpoint of {}", self.hosts[0])
    }

    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    async fn installed(&self) -> Result<Vec<Installed>> {
        let endpoint = self.read().await?;
        let id = certificate_of(&endpoint);
        let kept = Kept::read(&self.client).await?;
        let reached = TlsEndpoint::new(self.hosts[0].as_str());
        let reached = match endpoint.endpoint {
            Some(address) => reached.with_address(address),
            None => reached,
        };
        Ok(vec![Installed::new(self.hosts[0].as_str(), id.map(|id| kept.held(&id))).with_endpoints([reached])])
    }

    async fn install(&self, bundle: &CertBundle) -> Result<certificate::Outcome> {
        bundle.require_names(self.hosts.iter().map(String::as_str))?;
        let endpoint = self.read().await?;
        let old = certificate_of(&endpoint);
        let kept = Kept::read(&self.client).await?;
        let named = endpoint.custom_domain.as_ref() == Some(&self.hosts[0]);
        if named && old.as_ref().is_some_and(|id| kept.is(id, bundle)) {
            return Ok(certificate::Outcome::Unchanged);
        }
        let copy = bundle.has_wildcard().then(|| format!("cdn-{}", short(self.endpoint.get())));
        let replaced = old.into_iter().filter(|id| !kept.is(id, bundle)).collect();
        let id = kept.provide(bundle, &replaced, copy.as_deref()).await?;
        let domain = self.hosts[0].as_str();
        let update = EndpointUpdate::of(&endpoint).with_certificate_id(id).with_custom_domain(domain);
        self.client.cdn().update(&self.endpoint, update).await?;
        Ok(certificate::Outcome::Changed)
    }

    async fn superseded(&self, bundle: &CertBundle) -> Result<Vec<HeldCertificate>> {
        let used = vec![certificate_of(&self.read().await?)];
        let kept = Kept::read(&self.client).await?;
        Ok(kept.superseded(bundle, used).await?.into_iter().map(|certificate| kept.held(&certificate.id)).collect())
    }

    async fn retire(&self, bundle: &CertBundle) -> Result<Retired> {
        let used = vec![certificate_of(&self.read().await?)];
        Kept::read(&self.client).await?.retire(bundle, used).await
    }
}

/// The certificates that an account keeps.
struct Kept {
    client: DigitalOcean,
    certificates: Vec<Certificate>,
}

/// What a name has before the ids of those that it replaces.
const AFTER: &str = "-after-";

impl Kept {
    async fn read(client: &DigitalOcean) -> Result<Self> {
        let certificates = client.certificates().list(CertificateFilter::new()).all().await?;
        Ok(Self { client: client.clone(), certificates })
    }

    fn find(&self, id: &CertificateId) -> Option<&Certificate> {
        self.certificates.iter().find(|certificate| certificate.id == *id)
    }

    fn held(&self, id: &CertificateId) -> HeldCertificate {
        let held = HeldCertificate::new(id.get().as_str());
        let Some(certificate) = self.find(id) else { return held };
        let fingerprint = certificate.sha1_fingerprint.as_ref().and_then(|text| text.parse().ok());
        held.with_fingerprint(fingerprint).with_not_after(certificate.not_after)
    }

    fn is(&self, id: &CertificateId, bundle: &CertBundle) -> bool {
        self.find(id).is_some_and(|certificate| is(certificate, bundle))
    }

    /// The bundle as a certificate of the account that says what it replaces; uploaded unless it is there.
    async fn provide(
        &self,
        bundle: &CertBundle,
        replaced: &BTreeSet<CertificateId>,
        copy: Option<&str>,
    ) -> Result<CertificateId> {
        let name = name_of(bundle, replaced, copy);
        let is_it = |certificate: &&Certificate| certificate.name == name && is(certificate, bundle);
        if let Some(certificate) = self.certificates.iter().find(is_it) {
            return Ok(certificate.id.clone());
        }
        let certificates = self.client.certificates();
        let new =
            NewCertificate::custom(name.as_str(), bundle.key_pem().clone(), bundle.leaf_pem(), bundle.chain_pem());
        let certificate = match certificates.create(new).await {
            Ok(certificate) => certificate,
            // Whether it was uploaded, the list tells.
            Err(error) if error.outcome() == Outcome::Unknown || error.is_invalid() => {
                let filter = CertificateFilter::new().with_name(name.as_str());
                let found = certificates.list(filter).all().await?.into_iter().find(|found| is_it(&found));
                found.ok_or(error)?
            }
            Err(error) => return Err(error),
        };
        if certificate.state != Some(CertificateState::Verified) {
            certificates.follow(certificate.id.clone()).await?;
        }
        Ok(certificate.id)
    }

    /// What the bundle has replaced, once all listeners use the bundle, and nothing else in the account uses.
    async fn superseded(&self, bundle: &CertBundle, used: Vec<Option<CertificateId>>) -> Result<Vec<&Certificate>> {
        let used: Option<BTreeSet<_>> = used.into_iter().collect();
        let used = used.filter(|ids| ids.iter().all(|id| self.is(id, bundle))).unwrap_or_default();
        let names = used.iter().filter_map(|id| self.find(id)).map(|certificate| certificate.name.as_str());
        let replaced: BTreeSet<_> = names.flat_map(replaced_by).collect();
        let is_replaced = |certificate: &&Certificate| replaced.contains(short(certificate.id.get()));
        let mut superseded: Vec<_> =
            self.certificates.iter().filter(is_replaced).filter(|certificate| !is(certificate, bundle)).collect();
        if superseded.is_empty() {
            return Ok(superseded);
        }
        let mut elsewhere = BTreeSet::new();
        for balancer in self.client.load_balancers().list().all().await? {
            elsewhere.extend(balancer.forwarding_rules.iter().filter_map(|rule| rule.certificate().cloned()));
            elsewhere.extend(balancer.domains.into_iter().flatten().filter_map(|domain| domain.certificate_id));
        }
        elsewhere.extend(self.client.cdn().list().all().await?.iter().filter_map(certificate_of));
        superseded.retain(|certificate| !elsewhere.contains(&certificate.id));
        Ok(superseded)
    }

    async fn retire(&self, bundle: &CertBundle, used: Vec<Option<CertificateId>>) -> Result<Retired> {
        let mut retired = Retired::default();
        for certificate in self.superseded(bundle, used).await? {
            match self.client.certificates().delete(&certificate.id).await {
                Ok(()) => retired.deleted.push(certificate.id.to_string()),
                Err(error) if error.is_not_found() => {}
                // It was used until a moment ago.
                Err(error) if error.is_invalid() => retired.in_use.push(certificate.id.to_string()),
                Err(error) => return Err(error),
            }
        }
        Ok(retired)
    }
}

fn is(certificate: &Certificate, bundle: &CertBundle) -> bool {
    let fingerprint = certificate.sha1_fingerprint.as_ref().and_then(|text| text.parse().ok());
    fingerprint.is_some_and(|fingerprint| bundle.has_fingerprint(&fingerprint))
}

/// What is enough of a UUID to tell it from the others of an account.
fn short(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

fn name_of(bundle: &CertBundle, replaced: &BTreeSet<CertificateId>, copy: Option<&str>) -> String {
    let names = bundle.names();
    let first = names.first().map(|name| name.trim_start_matches("*.")).unwrap_or_default();
    let mut name = format!("{first}-{:.12}", bundle.sha256().to_string());
    if let Some(copy) = copy {
        name.push('-');
        name.push_str(copy);
    }
    if !replaced.is_empty() {
        let ids: Vec<_> = replaced.iter().map(|id| short(id.get())).collect();
        name.push_str(AFTER);
        name.push_str(&ids.join("-"));
    }
    name
}

/// What a certificate of this name replaces.
fn replaced_by(name: &str) -> impl Iterator<Item = &str> {
    name.split_once(AFTER).map(|(_, ids)| ids).into_iter().flat_map(|ids| ids.split('-'))
}
