//! A typed client of the [Netlify API](https://open-api.netlify.com): sites and their deploys, domains, DNS zones,
//! certificates, functions, forms and accounts.
//!
//! ```
//! use howdah_netlify::{Netlify, sites::SiteFilter};
//! # use howdah_netlify::testing::FakeNetlify;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeNetlify::new();
//! # let netlify = fake.client();
//! # if false {
//! let netlify = Netlify::new(std::env::var("NETLIFY_AUTH_TOKEN").unwrap())?;
//! # }
//! for site in netlify.sites().list(SiteFilter::new()).all().await? {
//!     println!("{:?} at {:?}", site.name, site.ssl_url);
//! }
//! # Ok(()) }
//! ```
//!
//! Each group of operations is reached through a method named after it. What an answer leaves out is `None` or empty; what a
//! later version of the API adds is ignored, and a new value of an enumeration is kept as `Other`.
//!
//! # A folder to a site
//!
//! [`Deploys::publish`](deploys::Deploys::publish) hashes a folder, uploads what of it is missing, several files at a time, and
//! waits until it can be seen. Killed and run again, it uploads the rest.
//!
//! # Limits
//!
//! A token has 500 calls a minute and three deploys a minute. The client counts, spends freely what there is, and then waits,
//! as long as its [`RetryPolicy`](howdah_core::http::RetryPolicy) allows.
//!
//! # Errors
//!
//! One type for everything: [`howdah_core::Error`]. What makes something is never repeated when its answer was lost, since it
//! would be made twice.
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

pub mod accounts;
pub mod agent_runners;
pub mod ai_gateway;
pub mod assets;
pub mod build_hooks;
pub mod builds;
pub mod databases;
pub mod deploy_keys;
pub mod deployed_branches;
pub mod deploys;
pub mod dev_servers;
pub mod dns_zones;
pub mod env;
pub mod files;
pub mod forms;
pub mod functions;
pub mod hooks;
pub mod metadata;
pub mod oauth;
pub mod purge;
pub mod services;
pub mod sites;
pub mod snippets;
pub mod split_tests;
pub mod ssl;
pub mod users;

use howdah_core::{
    Result, Secret,
    http::{Api, ApiBuilder, Auth, Operation, Pagination},
};

#[cfg(feature = "certificate")]
pub use cert_target::SiteCertTarget;
pub use dns_provider::NetlifyDns;

/// The base URL of the service.
pub const PRODUCTION: &str = "https://api.netlify.com/api/v1";

/// Lists come 100 items at a time, the most that there can be.
const PAGES: Pagination = Pagination::LinkHeader { size: ("per_page", 100) };

/// Every operation of the API by its group, for tools.
pub const OPERATIONS: &[(&str, &[&dyn Operation])] = &[
    ("accounts", accounts::OPERATIONS),
    ("agent_runners", agent_runners::OPERATIONS),
    ("ai_gateway", ai_gateway::OPERATIONS),
    ("assets", assets::OPERATIONS),
    ("build_hooks", build_hooks::OPERATIONS),
    ("builds", builds::OPERATIONS),
    ("databases", databases::OPERATIONS),
    ("deploy_keys", deploy_keys::OPERATIONS),
    ("deployed_branches", deployed_branches::OPERATIONS),
    ("deploys", deploys::OPERATIONS),
    ("dev_servers", dev_servers::OPERATIONS),
    ("dns_zones", dns_zones::OPERATIONS),
    ("env", env::OPERATIONS),
    ("files", files::OPERATIONS),
    ("forms", forms::OPERATIONS),
    ("functions", functions::OPERATIONS),
    ("hooks", hooks::OPERATIONS),
    ("metadata", metadata::OPERATIONS),
    ("oauth", oauth::OPERATIONS),
    ("purge", purge::OPERATIONS),
    ("services", services::OPERATIONS),
    ("sites", sites::OPERATIONS),
    ("snippets", snippets::OPERATIONS),
    ("split_tests", split_tests::OPERATIONS),
    ("ssl", ssl::OPERATIONS),
    ("users", users::OPERATIONS),
];

/// The client. Clones share connections, quotas and credentials.
#[derive(Clone, Debug)]
pub struct Netlify {
    api: Api,
}

impl Netlify {
    /// The service, with a personal access token or one that was handed out by OAuth.
    pub fn new(token: impl Into<Secret>) -> Result<Self> {
        Self::builder(token).build().map(Self::from)
    }

    /// For another base URL, transport, patience or clock: `Netlify::from(Netlify::builder(token)….build()?)`.
    pub fn builder(token: impl Into<Secret>) -> ApiBuilder {
        Api::builder(&dialect::NETLIFY, PRODUCTION).auth(Auth::bearer(token))
    }

    /// The API below, for operations that this crate does not have.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Accounts, who is in them, and what they pay.
    pub fn accounts(&self) -> accounts::Accounts {
        accounts::Accounts(self.api.clone())
    }

    /// Agents that work on sites.
    pub fn agent_runners(&self) -> agent_runners::AgentRunners {
        agent_runners::AgentRunners(self.api.clone())
    }

    /// Models that functions may ask.
    pub fn ai_gateway(&self) -> ai_gateway::AiGateway {
        ai_gateway::AiGateway(self.api.clone())
    }

    /// Files of a site beside its deploys.
    pub fn assets(&self) -> assets::Assets {
        assets::Assets(self.api.clone())
    }

    /// URLs that begin a build.
    pub fn build_hooks(&self) -> build_hooks::BuildHooks {
        build_hooks::BuildHooks(self.api.clone())
    }

    /// Sites made anew from their repositories.
    pub fn builds(&self) -> builds::Builds {
        builds::Builds(self.api.clone())
    }

    /// Databases of sites.
    pub fn databases(&self) -> databases::Databases {
        databases::Databases(self.api.clone())
    }

    /// Keys with which repositories are read.
    pub fn deploy_keys(&self) -> deploy_keys::DeployKeys {
        deploy_keys::DeployKeys(self.api.clone())
    }

    /// Branches that can be seen.
    pub fn deployed_branches(&self) -> deployed_branches::DeployedBranches {
        deployed_branches::DeployedBranches(self.api.clone())
    }

    /// A site's files as they were at a time.
    pub fn deploys(&self) -> deploys::Deploys {
        deploys::Deploys(self.api.clone())
    }

    /// Servers that show a site while it is worked on.
    pub fn dev_servers(&self) -> dev_servers::DevServers {
        dev_servers::DevServers(self.api.clone())
    }

    /// DNS zones and their records.
    pub fn dns_zones(&self) -> dns_zones::DnsZones {
        dns_zones::DnsZones(self.api.clone())
    }

    /// Variables that builds and functions see.
    pub fn env(&self) -> env::EnvironmentVariables {
        env::EnvironmentVariables(self.api.clone())
    }

    /// The files that a site serves.
    pub fn files(&self) -> files::Files {
        files::Files(self.api.clone())
    }

    /// Forms, and what was written into them.
    pub fn forms(&self) -> forms::Forms {
        forms::Forms(self.api.clone())
    }

    /// Functions that a site runs.
    pub fn functions(&self) -> functions::Functions {
        functions::Functions(self.api.clone())
    }

    /// Who is told of what happens to a site.
    pub fn hooks(&self) -> hooks::Hooks {
        hooks::Hooks(self.api.clone())
    }

    /// What is noted of a site.
    pub fn metadata(&self) -> metadata::SiteMetadata {
        metadata::SiteMetadata(self.api.clone())
    }

    /// Tokens for programs that someone lets in.
    pub fn oauth(&self) -> oauth::Tickets {
        oauth::Tickets(self.api.clone())
    }

    /// Forgetting what is cached.
    pub fn purge(&self) -> purge::Purges {
        purge::Purges(self.api.clone())
    }

    /// Add-ons.
    pub fn services(&self) -> services::Services {
        services::Services(self.api.clone())
    }

    /// What is served under a name.
    pub fn sites(&self) -> sites::Sites {
        sites::Sites(self.api.clone())
    }

    /// Code that is put into a site's pages.
    pub fn snippets(&self) -> snippets::Snippets {
        snippets::Snippets(self.api.clone())
    }

    /// Several branches of a site, each for a part of its visitors.
    pub fn split_tests(&self) -> split_tests::SplitTests {
        split_tests::SplitTests(self.api.clone())
    }

    /// Certificates of sites.
    pub fn ssl(&self) -> ssl::SniCertificates {
        ssl::SniCertificates(self.api.clone())
    }

    /// Whose token it is.
    pub fn users(&self) -> users::Users {
        users::Users(self.api.clone())
    }
}

impl From<Api> for Netlify {
    fn from(api: Api) -> Self {
        Self { api }
    }
}
