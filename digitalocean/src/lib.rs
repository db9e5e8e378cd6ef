//! A typed client of the [DigitalOcean API](https://docs.digitalocean.com/reference/api/): what an operator of servers,
//! databases, load balancers, domains and object storage uses of it.
//!
//! ```
//! use futures::TryStreamExt;
//! use howdah_digitalocean::{DigitalOcean, droplets::DropletFilter};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDigitalOcean::new();
//! # let ocean = fake.client();
//! # if false {
//! let ocean = DigitalOcean::new(std::env::var("DIGITALOCEAN_TOKEN").unwrap())?;
//! # }
//! let mut droplets = ocean.droplets().list(DropletFilter::new());
//! while let Some(droplet) = droplets.try_next().await? {
//!     println!("{} {}", droplet.id, droplet.name);
//! }
//! # Ok(()) }
//! ```
//!
//! Each group of operations is reached through a method named after it. What an answer leaves out is `None` or empty, which
//! is what a token of limited scope sees; what a later version of the API adds is ignored, and a new value of an
//! enumeration is kept as `Other`.
//!
//! # Work that goes on
//!
//! What takes minutes is answered at once and goes on: a method that begins it returns a
//! [`Pending`](howdah_core::http::Pending) or has a `follow` beside it, which can be awaited, looked at once, or attached to
//! from another process by the id alone.
//!
//! # Limits
//!
//! An account has 5,000 calls an hour and 250 a minute, the CDN's endpoints five in ten seconds and the list of SSH keys ten
//! a minute. The client counts, spends freely what there is, and then waits, as long as its
//! [`RetryPolicy`](howdah_core::http::RetryPolicy) allows.
//!
//! # Errors
//!
//! One type for everything: [`howdah_core::Error`]. Its [`code`](howdah_core::Error::code) is the service's own, such as
//! `unprocessable_entity`; its [`outcome`](howdah_core::Error::outcome) tells whether a change may have happened all the
//! same. What creates is never repeated when its answer was lost, since the service would create twice.
//!
//! # Testing
//!
//! With the feature `testing` there is a stateful fake of all of this, in process and on loopback.

#[cfg(feature = "certificate")]
mod cert_target;
mod dialect;
mod dns_provider;
#[cfg(feature = "testing")]
pub mod testing;
mod texts;
mod uptime_monitor;

pub mod account;
pub mod actions;
pub mod apps;
pub mod autoscale_pools;
pub mod billing;
pub mod cdn;
pub mod certificates;
pub mod databases;
pub mod domains;
pub mod droplets;
pub mod firewalls;
pub mod images;
pub mod load_balancers;
pub mod monitoring;
pub mod projects;
pub mod regions;
pub mod reserved_ips;
pub mod reserved_ipv6;
pub mod sizes;
pub mod snapshots;
#[cfg(feature = "spaces")]
pub mod spaces;
pub mod spaces_keys;
pub mod ssh_keys;
pub mod tags;
pub mod uptime;
pub mod volumes;
pub mod vpcs;

use howdah_core::{
    Result, Secret,
    http::{Api, ApiBuilder, Auth, Operation, PageNumbers, Pagination},
};

#[cfg(feature = "certificate")]
pub use cert_target::{CdnCertTarget, LoadBalancerCertTarget};
pub use dns_provider::DigitalOceanDns;
/// What prices are told in.
pub use rust_decimal::Decimal;
pub use uptime_monitor::DigitalOceanMonitor;

/// The base URL of the service.
pub const PRODUCTION: &str = "https://api.digitalocean.com";

/// Lists come 200 items at a time, the most that there can be.
const PAGES: Pagination = Pagination::Link {
    next: "/links/pages/next",
    size: ("per_page", 200),
    numbers: Some(PageNumbers { page: "page", items: "/meta/total" }),
};

/// Every operation of the API by its group, for tools.
pub const OPERATIONS: &[(&str, &[&dyn Operation])] = &[
    ("account", account::OPERATIONS),
    ("actions", actions::OPERATIONS),
    ("apps", apps::OPERATIONS),
    ("apps/alerts", apps::alerts::OPERATIONS),
    ("apps/deployments", apps::deployments::OPERATIONS),
    ("apps/invocations", apps::invocations::OPERATIONS),
    ("apps/logs", apps::logs::OPERATIONS),
    ("apps/tiers", apps::tiers::OPERATIONS),
    ("autoscale_pools", autoscale_pools::OPERATIONS),
    ("billing", billing::OPERATIONS),
    ("cdn", cdn::OPERATIONS),
    ("certificates", certificates::OPERATIONS),
    ("databases", databases::OPERATIONS),
    ("databases/config", databases::config::OPERATIONS),
    ("databases/indexes", databases::indexes::OPERATIONS),
    ("databases/kafka", databases::kafka::OPERATIONS),
    ("databases/logsinks", databases::logsinks::OPERATIONS),
    ("databases/migrations", databases::migrations::OPERATIONS),
    ("databases/pools", databases::pools::OPERATIONS),
    ("databases/replicas", databases::replicas::OPERATIONS),
    ("databases/settings", databases::settings::OPERATIONS),
    ("databases/users", databases::users::OPERATIONS),
    ("domains", domains::OPERATIONS),
    ("droplets", droplets::OPERATIONS),
    ("droplets/actions", droplets::actions::OPERATIONS),
    ("droplets/associated_resources", droplets::associated_resources::OPERATIONS),
    ("droplets/backups", droplets::backups::OPERATIONS),
    ("firewalls", firewalls::OPERATIONS),
    ("images", images::OPERATIONS),
    ("load_balancers", load_balancers::OPERATIONS),
    ("monitoring", monitoring::OPERATIONS),
    ("monitoring/droplet_health", monitoring::droplet_health::OPERATIONS),
    ("monitoring/metrics", monitoring::metrics::OPERATIONS),
    ("monitoring/sinks", monitoring::sinks::OPERATIONS),
    ("projects", projects::OPERATIONS),
    ("regions", regions::OPERATIONS),
    ("reserved_ips", reserved_ips::OPERATIONS),
    ("reserved_ipv6", reserved_ipv6::OPERATIONS),
    ("sizes", sizes::OPERATIONS),
    ("snapshots", snapshots::OPERATIONS),
    ("spaces_keys", spaces_keys::OPERATIONS),
    ("ssh_keys", ssh_keys::OPERATIONS),
    ("tags", tags::OPERATIONS),
    ("uptime", uptime::OPERATIONS),
    ("volumes", volumes::OPERATIONS),
    ("vpcs", vpcs::OPERATIONS),
];

/// The client. Clones share connections, quotas and credentials.
#[derive(Clone, Debug)]
pub struct DigitalOcean {
    api: Api,
}

impl DigitalOcean {
    /// The service, with a personal access token or one that was handed out by OAuth.
    pub fn new(token: impl Into<Secret>) -> Result<Self> {
        Self::builder(token).build().map(Self::from)
    }

    /// For another base URL, transport, patience or clock: `DigitalOcean::from(DigitalOcean::builder(token)….build()?)`.
    pub fn builder(token: impl Into<Secret>) -> ApiBuilder {
        Api::builder(&dialect::DIGITALOCEAN, PRODUCTION).auth(Auth::bearer(token))
    }

    /// The API below, for operations that this crate does not have.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The account that the token is for.
    pub fn account(&self) -> account::Accounts {
        account::Accounts(self.api.clone())
    }

    /// What was done, and what goes on.
    pub fn actions(&self) -> actions::Actions {
        actions::Actions(self.api.clone())
    }

    /// App Platform: sites and services built from a repository.
    pub fn apps(&self) -> apps::Apps {
        apps::Apps(self.api.clone())
    }

    /// Droplets whose number follows their load.
    pub fn autoscale_pools(&self) -> autoscale_pools::AutoscalePools {
        autoscale_pools::AutoscalePools(self.api.clone())
    }

    /// Balance, invoices and what was charged.
    pub fn billing(&self) -> billing::Billing {
        billing::Billing(self.api.clone())
    }

    /// Caches in front of Spaces.
    pub fn cdn(&self) -> cdn::Endpoints {
        cdn::Endpoints(self.api.clone())
    }

    /// Certificates of load balancers and the CDN.
    pub fn certificates(&self) -> certificates::Certificates {
        certificates::Certificates(self.api.clone())
    }

    /// Managed databases.
    pub fn databases(&self) -> databases::Databases {
        databases::Databases(self.api.clone())
    }

    /// Domains and their records.
    pub fn domains(&self) -> domains::Domains {
        domains::Domains(self.api.clone())
    }

    /// Virtual machines.
    pub fn droplets(&self) -> droplets::Droplets {
        droplets::Droplets(self.api.clone())
    }

    /// Rules of who reaches what.
    pub fn firewalls(&self) -> firewalls::Firewalls {
        firewalls::Firewalls(self.api.clone())
    }

    /// What Droplets start from.
    pub fn images(&self) -> images::Images {
        images::Images(self.api.clone())
    }

    /// Load balancers.
    pub fn load_balancers(&self) -> load_balancers::LoadBalancers {
        load_balancers::LoadBalancers(self.api.clone())
    }

    /// Metrics, alerts and where they go.
    pub fn monitoring(&self) -> monitoring::Monitoring {
        monitoring::Monitoring(self.api.clone())
    }

    /// What belongs together.
    pub fn projects(&self) -> projects::Projects {
        projects::Projects(self.api.clone())
    }

    /// Places where things can be.
    pub fn regions(&self) -> regions::Regions {
        regions::Regions(self.api.clone())
    }

    /// Addresses that outlive a Droplet.
    pub fn reserved_ips(&self) -> reserved_ips::ReservedIps {
        reserved_ips::ReservedIps(self.api.clone())
    }

    /// The same, of the newer kind.
    pub fn reserved_ipv6(&self) -> reserved_ipv6::ReservedIpv6 {
        reserved_ipv6::ReservedIpv6(self.api.clone())
    }

    /// What a Droplet can be, and its price.
    pub fn sizes(&self) -> sizes::Sizes {
        sizes::Sizes(self.api.clone())
    }

    /// Images of Droplets and volumes at a moment.
    pub fn snapshots(&self) -> snapshots::Snapshots {
        snapshots::Snapshots(self.api.clone())
    }

    /// Keys to object storage.
    pub fn spaces_keys(&self) -> spaces_keys::SpacesKeys {
        spaces_keys::SpacesKeys(self.api.clone())
    }

    /// Public keys that new Droplets let in.
    pub fn ssh_keys(&self) -> ssh_keys::SshKeys {
        ssh_keys::SshKeys(self.api.clone())
    }

    /// Names by which things are found.
    pub fn tags(&self) -> tags::Tags {
        tags::Tags(self.api.clone())
    }

    /// Checks from outside, and their alerts.
    pub fn uptime(&self) -> uptime::Uptime {
        uptime::Uptime(self.api.clone())
    }

    /// Block storage.
    pub fn volumes(&self) -> volumes::Volumes {
        volumes::Volumes(self.api.clone())
    }

    /// Private networks.
    pub fn vpcs(&self) -> vpcs::Vpcs {
        vpcs::Vpcs(self.api.clone())
    }
}

impl From<Api> for DigitalOcean {
    fn from(api: Api) -> Self {
        Self { api }
    }
}
