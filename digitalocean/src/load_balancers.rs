//! Load balancers.
//!
//! ```
//! use howdah_digitalocean::load_balancers::{EntryProtocol, ForwardingRule, NewLoadBalancer};
//! # use howdah_digitalocean::{certificates::NewCertificate, testing::{FakeDigitalOcean, certificate_for}};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let (leaf, chain, key) = certificate_for(&["vmst.io"]);
//! # let certificate = ocean.certificates().create(NewCertificate::custom("web", key, leaf, chain)).await?;
//! let balancers = ocean.load_balancers();
//! let https = ForwardingRule::new("https", 443u16, "http", 80u16).with_certificate(certificate.id);
//! let new = NewLoadBalancer::new("web", vec![https]).with_region("tor1").with_tag("web");
//! let ordered = balancers.create(new).await?;
//! let web = balancers.follow(ordered.id).await?;
//! println!("{} is at {}", web.name, web.ip.as_deref().unwrap());
//!
//! // An update says everything: begin with what is there.
//! let mut update = web.clone().into_update();
//! update.settings.forwarding_rules[0].entry_protocol = EntryProtocol::Http2;
//! let web = balancers.update(&web.id, update).await?;
//! assert_eq!(web.forwarding_rules[0].entry_protocol, EntryProtocol::Http2);
//! # Ok(()) }
//! ```
//!
//! An update replaces everything, and what it leaves out goes back to its default: [`LoadBalancer::into_update`] keeps all
//! that there is, fields that this version does not know included. Two who update at once overwrite each other. Droplets
//! are chosen by a tag or by their numbers, and adding a number where a tag chooses is refused
//! ([`Invalid`](howdah_core::ErrorKind::Invalid)).

use std::collections::BTreeMap;

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, Pending, Stage, Staged, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    PAGES,
    actions::{APPEARING, FIRST_LOOK, LAST_LOOK},
    certificates::CertificateId,
    droplets::DropletId,
    regions::{Region, RegionSlug},
};

endpoints! {
    LIST:            ()                 => Vec<LoadBalancer> = get("/v2/load_balancers").envelope("load_balancers").pages(PAGES);
    CREATE:          NewLoadBalancer    => LoadBalancer      = post("/v2/load_balancers").envelope("load_balancer").status(202);
    GET:             ()                 => LoadBalancer      = get("/v2/load_balancers/{lb_id}").envelope("load_balancer");
    UPDATE:          LoadBalancerUpdate => LoadBalancer      = put("/v2/load_balancers/{lb_id}").envelope("load_balancer");
    DELETE:          ()                 => ()                = delete("/v2/load_balancers/{lb_id}").status(204);
    PURGE_CACHE:     ()                 => ()                = delete("/v2/load_balancers/{lb_id}/cache").status(204);
    ADD_DROPLETS:    DropletIds         => ()                = post("/v2/load_balancers/{lb_id}/droplets").status(204).idempotent();
    REMOVE_DROPLETS: DropletIds         => ()                = delete("/v2/load_balancers/{lb_id}/droplets").status(204);
    ADD_RULES:       ForwardingRules    => ()                = post("/v2/load_balancers/{lb_id}/forwarding_rules").status(204);
    REMOVE_RULES:    ForwardingRules    => ()                = delete("/v2/load_balancers/{lb_id}/forwarding_rules").status(204);
}

/// The load balancers group. Reach it through [`DigitalOcean::load_balancers`](crate::DigitalOcean::load_balancers).
#[derive(Clone, Debug)]
pub struct LoadBalancers(pub(crate) Api);

impl LoadBalancers {
    /// Streams the account's load balancers.
    ///
    /// `GET /v2/load_balancers`
    pub fn list(&self) -> Pages<LoadBalancer> {
        self.0.pages(&LIST, [], ())
    }

    /// Orders a load balancer: [`follow`](Self::follow) it until it works.
    ///
    /// `POST /v2/load_balancers`
    pub fn create(&self, load_balancer: NewLoadBalancer) -> Call<LoadBalancer> {
        self.0.send(&CREATE, [], load_balancer)
    }

    /// Reads a load balancer.
    ///
    /// `GET /v2/load_balancers/{lb_id}`
    pub fn get(&self, load_balancer: &LoadBalancerId) -> Call<LoadBalancer> {
        self.0.send(&GET, [load_balancer], ())
    }

    /// Waits until a load balancer that was ordered works.
    ///
    /// `GET /v2/load_balancers/{lb_id}`
    pub fn follow(&self, load_balancer: LoadBalancerId) -> Pending<LoadBalancer> {
        let balancers = self.clone();
        let what = format!("digitalocean: the load balancer {load_balancer}");
        let pending = Pending::attached(move || balancers.get(&load_balancer)).appearing_within(APPEARING);
        pending.named(what).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Makes a load balancer what the update says, and resets what it does not say: see [`LoadBalancer::into_update`].
    ///
    /// `PUT /v2/load_balancers/{lb_id}`
    pub fn update(&self, load_balancer: &LoadBalancerId, update: LoadBalancerUpdate) -> Call<LoadBalancer> {
        self.0.send(&UPDATE, [load_balancer], update)
    }

    /// Removes a load balancer; its address is lost. Its Droplets stay.
    ///
    /// `DELETE /v2/load_balancers/{lb_id}`
    pub fn delete(&self, load_balancer: &LoadBalancerId) -> Call<()> {
        self.0.send(&DELETE, [load_balancer], ())
    }

    /// Forgets what a global load balancer has cached.
    ///
    /// `DELETE /v2/load_balancers/{lb_id}/cache`
    pub fn purge_cache(&self, load_balancer: &LoadBalancerId) -> Call<()> {
        self.0.send(&PURGE_CACHE, [load_balancer], ())
    }

    /// Puts Droplets behind a load balancer. Those that are there already stay.
    ///
    /// `POST /v2/load_balancers/{lb_id}/droplets`
    pub fn add_droplets(&self, load_balancer: &LoadBalancerId, droplets: impl Into<Vec<DropletId>>) -> Call<()> {
        self.0.send(&ADD_DROPLETS, [load_balancer], DropletIds { droplet_ids: droplets.into() })
    }

    /// Takes Droplets from behind a load balancer.
    ///
    /// `DELETE /v2/load_balancers/{lb_id}/droplets`
    pub fn remove_droplets(&self, load_balancer: &LoadBalancerId, droplets: impl Into<Vec<DropletId>>) -> Call<()> {
        self.0.send(&REMOVE_DROPLETS, [load_balancer], DropletIds { droplet_ids: droplets.into() })
    }

    /// Adds rules to a load balancer.
    ///
    /// `POST /v2/load_balancers/{lb_id}/forwarding_rules`
    pub fn add_forwarding_rules(&self, load_balancer: &LoadBalancerId, rules: Vec<ForwardingRule>) -> Call<()> {
        self.0.send(&ADD_RULES, [load_balancer], ForwardingRules { forwarding_rules: rules })
    }

    /// Takes rules from a load balancer. To change one without a gap, [`update`](Self::update).
    ///
    /// `DELETE /v2/load_balancers/{lb_id}/forwarding_rules`
    pub fn remove_forwarding_rules(&self, load_balancer: &LoadBalancerId, rules: Vec<ForwardingRule>) -> Call<()> {
        self.0.send(&REMOVE_RULES, [load_balancer], ForwardingRules { forwarding_rules: rules })
    }
}

/// The UUID of a load balancer.
pub type LoadBalancerId = Id<LoadBalancer, String>;

/// A load balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LoadBalancer {
    pub id: LoadBalancerId,
    pub name: String,
    /// `None` or empty while it is new.
    pub ip: Option<String>,
    pub ipv6: Option<String>,
    pub status: Option<LoadBalancerStatus>,
    pub created_at: Option<Timestamp>,
    /// `None` for a global one.
    pub region: Option<Region>,
    /// How many nodes it has.
    pub size_unit: Option<u32>,
    /// The older way to say how large it is.
    pub size: Option<LoadBalancerSize>,
    pub algorithm: Option<Algorithm>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub forwarding_rules: Vec<ForwardingRule>,
    pub health_check: Option<HealthCheck>,
    pub sticky_sessions: Option<StickySessions>,
    /// The tag whose Droplets are behind it; empty where they are chosen by their numbers.
    pub tag: Option<String>,
    /// Where a tag chooses, those that have it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub droplet_ids: Vec<DropletId>,
    pub redirect_http_to_https: Option<bool>,
    pub enable_proxy_protocol: Option<bool>,
    pub enable_backend_keepalive: Option<bool>,
    /// 30 to 600.
    pub http_idle_timeout_seconds: Option<u32>,
    pub vpc_uuid: Option<String>,
    pub disable_lets_encrypt_dns_records: Option<bool>,
    pub project_id: Option<String>,
    pub firewall: Option<LoadBalancerFirewall>,
    pub network: Option<Network>,
    pub network_stack: Option<NetworkStack>,
    #[serde(rename = "type")]
    pub load_balancer_type: Option<LoadBalancerType>,
    /// Of a global one.
    pub domains: Option<Vec<LoadBalancerDomain>>,
    /// Of a global one.
    pub glb_settings: Option<GlbSettings>,
    /// Those behind a global one.
    pub target_load_balancer_ids: Option<Vec<LoadBalancerId>>,
    pub tls_cipher_policy: Option<TlsCipherPolicy>,
    /// What this version does not know, and an update sends back.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl LoadBalancer {
    /// All that it is, as an update says it: with what is not known here, and with either the tag or the Droplets.
    pub fn into_update(self) -> LoadBalancerUpdate {
        let Self { tag, droplet_ids, extra, .. } = self;
        let tag = tag.filter(|tag| !tag.is_empty());
        let by_number = tag.is_none() && self.load_balancer_type != Some(LoadBalancerType::Global);
        let settings = NewLoadBalancer {
            name: self.name,
            forwarding_rules: self.forwarding_rules,
            region: self.region.map(|region| region.slug),
            droplet_ids: by_number.then_some(droplet_ids),
            tag,
            // Of the two ways to say how large it is, one may be sent.
            size: self.size.filter(|_| self.size_unit.is_none()),
            size_unit: self.size_unit,
            // It has no effect any more.
            algorithm: None,
            health_check: self.health_check,
            sticky_sessions: self.sticky_sessions,
            redirect_http_to_https: self.redirect_http_to_https,
            enable_proxy_protocol: self.enable_proxy_protocol,
            enable_backend_keepalive: self.enable_backend_keepalive,
            http_idle_timeout_seconds: self.http_idle_timeout_seconds,
            vpc_uuid: self.vpc_uuid.filter(|uuid| !uuid.is_empty()),
            disable_lets_encrypt_dns_records: self.disable_lets_encrypt_dns_records,
            project_id: self.project_id.filter(|id| !id.is_empty()),
            firewall: self.firewall,
            network: self.network,
            network_stack: self.network_stack,
            load_balancer_type: self.load_balancer_type,
            domains: self.domains,
            glb_settings: self.glb_settings,
            target_load_balancer_ids: self.target_load_balancer_ids,
            tls_cipher_policy: self.tls_cipher_policy,
        };
        LoadBalancerUpdate { settings, extra }
    }
}

impl Staged for LoadBalancer {
    fn stage(&self) -> Stage {
        match self.status {
            Some(LoadBalancerStatus::Active) => Stage::Done,
            Some(LoadBalancerStatus::Errored) => Stage::Failed("its status is `errored`".to_owned()),
            _ => Stage::Running,
        }
    }
}

open_enum! {
    /// What state a load balancer is in.
    pub enum LoadBalancerStatus {
        /// It is being made.
        New = "new",
        /// It works.
        Active = "active",
        /// It could not be made.
        Errored = "errored",
    }
}

open_enum! {
    /// How large a load balancer is, in the older way.
    pub enum LoadBalancerSize {
        /// One node.
        Small = "lb-small",
        /// Three nodes.
        Medium = "lb-medium",
        /// Six nodes.
        Large = "lb-large",
    }
}

open_enum! {
    /// Whose turn it is; without effect by now.
    pub enum Algorithm {
        /// One after another.
        RoundRobin = "round_robin",
        /// That with the fewest connections.
        LeastConnections = "least_connections",
    }
}

open_enum! {
    /// From where a load balancer is reached.
    pub enum Network {
        /// From everywhere.
        External = "EXTERNAL",
        /// From its VPC.
        Internal = "INTERNAL",
    }
}

open_enum! {
    /// Which addresses a load balancer has.
    pub enum NetworkStack {
        /// The older kind.
        Ipv4 = "IPV4",
        /// Both kinds.
        Dualstack = "DUALSTACK",
    }
}

open_enum! {
    /// What kind of load balancer it is.
    pub enum LoadBalancerType {
        /// It understands HTTP, in one region.
        Regional = "REGIONAL",
        /// It hands on packets, in one region.
        RegionalNetwork = "REGIONAL_NETWORK",
        /// It is in front of those of several regions.
        Global = "GLOBAL",
    }
}

open_enum! {
    /// Which ciphers are offered.
    pub enum TlsCipherPolicy {
        /// Those that old clients need, too.
        Default = "DEFAULT",
        /// The strong ones.
        Strong = "STRONG",
    }
}

/// What comes in at a port, and where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
#[non_exhaustive]
pub struct ForwardingRule {
    pub entry_protocol: EntryProtocol,
    pub entry_port: u16,
    pub target_protocol: TargetProtocol,
    pub target_port: u16,
    /// Empty where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<CertificateId>,
    /// Whether the Droplets do TLS themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_passthrough: Option<bool>,
    /// What this version does not know, and an update sends back.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ForwardingRule {
    /// From a port to another.
    pub fn new(
        entry_protocol: impl Into<EntryProtocol>,
        entry_port: u16,
        target_protocol: impl Into<TargetProtocol>,
        target_port: u16,
    ) -> Self {
        Self {
            entry_protocol: entry_protocol.into(),
            entry_port,
            target_protocol: target_protocol.into(),
            target_port,
            certificate_id: None,
            tls_passthrough: None,
            extra: Map::new(),
        }
    }

    /// Does TLS with a certificate.
    #[must_use]
    pub fn with_certificate(mut self, certificate: CertificateId) -> Self {
        self.certificate_id = Some(certificate);
        self
    }

    /// Leaves TLS to the Droplets.
    #[must_use]
    pub fn with_tls_passthrough(mut self) -> Self {
        self.tls_passthrough = Some(true);
        self
    }

    /// The certificate, where there is one.
    pub fn certificate(&self) -> Option<&CertificateId> {
        self.certificate_id.as_ref().filter(|id| !id.get().is_empty())
    }
}

open_enum! {
    /// How clients speak to a load balancer.
    pub enum EntryProtocol {
        /// HTTP/1.1.
        Http = "http",
        /// HTTP/1.1 in TLS.
        Https = "https",
        /// HTTP/2 and HTTP/1.1 in TLS.
        Http2 = "http2",
        /// HTTP/3, beside one of the former.
        Http3 = "http3",
        /// Any bytes.
        Tcp = "tcp",
        /// Datagrams.
        Udp = "udp",
    }
}

open_enum! {
    /// How a load balancer speaks to its Droplets.
    pub enum TargetProtocol {
        /// HTTP/1.1.
        Http = "http",
        /// HTTP/1.1 in TLS.
        Https = "https",
        /// HTTP/2.
        Http2 = "http2",
        /// Any bytes.
        Tcp = "tcp",
        /// Datagrams.
        Udp = "udp",
    }
}

/// How a load balancer finds out which Droplets work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HealthCheck {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<HealthCheckProtocol>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Of HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_interval_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_timeout_seconds: Option<u32>,
    /// So many failures in a row take a Droplet out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unhealthy_threshold: Option<u32>,
    /// So many successes in a row take it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy_threshold: Option<u32>,
    /// What this version does not know, and an update sends back.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

open_enum! {
    /// How a Droplet is asked whether it works.
    pub enum HealthCheckProtocol {
        /// By a request.
        Http = "http",
        /// By a request in TLS.
        Https = "https",
        /// By a connection.
        Tcp = "tcp",
    }
}

/// Whether a client comes to the same Droplet again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct StickySessions {
    /// `cookies` or `none`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub session_type: Option<StickySessionType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie_ttl_seconds: Option<u32>,
}

open_enum! {
    /// How a client is known again.
    pub enum StickySessionType {
        /// By a cookie.
        Cookies = "cookies",
        /// Not at all.
        None = "none",
    }
}

/// Who reaches a load balancer: addresses as `ip:192.0.2.1`, ranges as `cidr:192.0.2.0/24`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LoadBalancerFirewall {
    #[serde(default, deserialize_with = "null_as_default")]
    pub deny: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub allow: Vec<String>,
}

/// A name that a global load balancer answers for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LoadBalancerDomain {
    pub name: Option<String>,
    /// Whether its records are in the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_managed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<CertificateId>,
    /// What this version does not know, and an update sends back.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What a global load balancer does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct GlbSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_protocol: Option<TargetProtocol>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cdn: Option<GlbCdn>,
    /// Which region comes first, from 1 on.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub region_priorities: BTreeMap<String, u32>,
    /// Per cent of a region's Droplets that must work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failover_threshold: Option<u32>,
}

/// Whether a global load balancer caches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct GlbCdn {
    pub is_enabled: Option<bool>,
}

input! {
    /// A load balancer to order. It has either Droplets or a tag, and either a size or a number of nodes.
    pub struct NewLoadBalancer {
        name: String,
        forwarding_rules: Vec<ForwardingRule>,
    } optional {
        region: RegionSlug,
        /// At most ten.
        droplet_ids: Vec<DropletId>,
        tag: String,
        size: LoadBalancerSize,
        /// Nodes: 1 to 100.
        size_unit: u32,
        algorithm: Algorithm,
        health_check: HealthCheck,
        sticky_sessions: StickySessions,
        redirect_http_to_https: bool,
        enable_proxy_protocol: bool,
        enable_backend_keepalive: bool,
        /// 30 to 600.
        http_idle_timeout_seconds: u32,
        vpc_uuid: String,
        disable_lets_encrypt_dns_records: bool,
        project_id: String,
        firewall: LoadBalancerFirewall,
        network: Network,
        network_stack: NetworkStack,
        #[serde(rename = "type")]
        load_balancer_type: LoadBalancerType,
        domains: Vec<LoadBalancerDomain>,
        glb_settings: GlbSettings,
        target_load_balancer_ids: Vec<LoadBalancerId>,
        tls_cipher_policy: TlsCipherPolicy,
    }
}

/// All that a load balancer is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LoadBalancerUpdate {
    #[serde(flatten)]
    pub settings: NewLoadBalancer,
    /// What this version does not know, as it was read.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Droplets by their numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DropletIds {
    pub droplet_ids: Vec<DropletId>,
}

/// Rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ForwardingRules {
    pub forwarding_rules: Vec<ForwardingRule>,
}
