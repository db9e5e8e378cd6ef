//! App Platform: sites and services built from a repository.
//!
//! ```
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! // What a site that is to be built elsewhere needs to know.
//! let apps = ocean.apps();
//! for app in apps.list().all().await? {
//!     for site in app.spec.static_sites.iter().flatten() {
//!         println!("{}: {:?}, built by {:?}", app.spec.name, site.github, site.build_command);
//!     }
//!     for domain in app.spec.domains.iter().flatten() {
//!         println!("{} is reached at {}", app.spec.name, domain.domain);
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! Creating, updating and restarting begin a [deployment](deployments): what a method answers is not live yet. An update
//! replaces the whole [spec](spec::AppSpec): begin with the one that there is. Deleting an app cannot be taken back.

pub mod alerts;
pub mod deployments;
pub mod invocations;
pub mod logs;
pub mod spec;
pub mod tiers;

use howdah_core::{
    Error, Id, endpoints,
    http::{Api, Call, Pages, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::{
    deployments::{Deployment, ProgressStep},
    spec::{AppSpec, AppVpc, DomainSpec},
    tiers::AppRegion,
};
use crate::{PAGES, texts};

endpoints! {
    LIST:             AppFilter       => Vec<App>      = get("/v2/apps").envelope("apps").pages(PAGES);
    CREATE:           NewApp          => App           = post("/v2/apps").envelope("app");
    GET:              ()              => App           = get("/v2/apps/{id}").envelope("app");
    UPDATE:           AppUpdate       => App           = put("/v2/apps/{id}").envelope("app").once();
    DELETE:           ()              => Deleted       = delete("/v2/apps/{id}");
    RESTART:          Restart         => Deployment    = post("/v2/apps/{app_id}/restart").envelope("deployment");
    LIST_INSTANCES:   ()              => Vec<Instance> = get("/v2/apps/{app_id}/instances").envelope("instances");
    GET_HEALTH:       ()              => AppHealth     = get("/v2/apps/{app_id}/health").envelope("app_health");
    GET_BANDWIDTH:    BandwidthDay    => Bandwidth     = get("/v2/apps/{app_id}/metrics/bandwidth_daily");
    GET_BANDWIDTH_OF: BandwidthOf     => Bandwidth     = post("/v2/apps/metrics/bandwidth_daily").idempotent();
    PROPOSE:          Proposal        => Proposed      = post("/v2/apps/propose").idempotent();
}

/// The apps group. Reach it through [`DigitalOcean::apps`](crate::DigitalOcean::apps).
#[derive(Clone, Debug)]
pub struct Apps(pub(crate) Api);

impl Apps {
    /// Streams the account's apps.
    ///
    /// `GET /v2/apps`
    pub fn list(&self) -> Pages<App> {
        self.0.pages(&LIST, [], AppFilter::new().with_with_projects(true))
    }

    /// Makes an app and begins its first deployment.
    ///
    /// `POST /v2/apps`
    pub fn create(&self, app: NewApp) -> Call<App> {
        self.0.send(&CREATE, [], app)
    }

    /// Reads an app.
    ///
    /// `GET /v2/apps/{id}`
    pub fn get(&self, app: &AppId) -> Call<App> {
        self.0.send(&GET, [app], ())
    }

    /// Replaces an app's spec and begins a deployment.
    ///
    /// `PUT /v2/apps/{id}`
    pub fn update(&self, app: &AppId, update: AppUpdate) -> Call<App> {
        self.0.send(&UPDATE, [app], update)
    }

    /// Deletes an app with all of its components.
    ///
    /// `DELETE /v2/apps/{id}`
    pub fn delete(&self, app: &AppId) -> Call<Deleted> {
        self.0.send(&DELETE, [app], ())
    }

    /// Starts components anew, or all of them.
    ///
    /// `POST /v2/apps/{app_id}/restart`
    pub fn restart(&self, app: &AppId, restart: Restart) -> Call<Deployment> {
        self.0.send(&RESTART, [app], restart)
    }

    /// Lists what of an app runs.
    ///
    /// `GET /v2/apps/{app_id}/instances`
    pub fn list_instances(&self, app: &AppId) -> Call<Vec<Instance>> {
        self.0.pages(&LIST_INSTANCES, [app], ()).all()
    }

    /// Reads how an app's components do.
    ///
    /// `GET /v2/apps/{app_id}/health`
    pub fn health(&self, app: &AppId) -> Call<AppHealth> {
        self.0.send(&GET_HEALTH, [app], ())
    }

    /// Reads what an app has sent on a day.
    ///
    /// `GET /v2/apps/{app_id}/metrics/bandwidth_daily`
    pub fn bandwidth(&self, app: &AppId, day: BandwidthDay) -> Call<Bandwidth> {
        self.0.send(&GET_BANDWIDTH, [app], day)
    }

    /// Reads what several apps have sent on a day: at most 100.
    ///
    /// `POST /v2/apps/metrics/bandwidth_daily`
    pub fn bandwidth_of(&self, apps: BandwidthOf) -> Call<Bandwidth> {
        self.0.send(&GET_BANDWIDTH_OF, [], apps)
    }

    /// Checks a spec and tells what it would cost. Nothing is made.
    ///
    /// `POST /v2/apps/propose`
    pub fn propose(&self, proposal: Proposal) -> Call<Proposed> {
        self.0.send(&PROPOSE, [], proposal)
    }

    /// Refuses a call that would mean more than was meant.
    fn refused<T: Send + 'static>(message: &str) -> Call<T> {
        let error = Error::invalid(message.to_owned()).with_provider("digitalocean");
        Call::new(std::future::ready(Err(error)))
    }
}

/// The UUID of an app.
pub type AppId = Id<App, String>;

/// An app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct App {
    pub id: AppId,
    pub owner_uuid: Option<String>,
    pub spec: AppSpec,
    pub active_deployment: Option<Deployment>,
    pub in_progress_deployment: Option<Deployment>,
    pub pending_deployment: Option<Deployment>,
    /// The one that is held to after a rollback.
    pub pinned_deployment: Option<Deployment>,
    pub last_deployment_created_at: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// The provider's own URL of it.
    pub default_ingress: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub domains: Vec<AppDomain>,
    pub live_domain: Option<String>,
    pub live_url: Option<String>,
    pub live_url_base: Option<String>,
    pub project_id: Option<String>,
    pub region: Option<AppRegion>,
    pub tier_slug: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub dedicated_ips: Vec<DedicatedIp>,
    pub vpc: Option<AppVpc>,
}

/// A domain of an app, and how far it is set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AppDomain {
    pub id: Option<String>,
    pub phase: Option<Phase>,
    pub spec: Option<DomainSpec>,
    pub progress: Option<DomainProgress>,
    /// TXT records that show that the domain is the account's.
    #[serde(default, deserialize_with = "null_as_default")]
    pub validations: Vec<DomainValidation>,
    pub rotate_validation_records: Option<bool>,
    pub certificate_expires_at: Option<Timestamp>,
}

/// How far a domain is set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainProgress {
    #[serde(default, deserialize_with = "null_as_default")]
    pub steps: Vec<ProgressStep>,
}

/// A TXT record that shows that a domain is the account's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainValidation {
    pub txt_name: Option<String>,
    pub txt_value: Option<String>,
}

open_enum! {
    /// How far something is set up.
    pub enum Phase {
        /// It is not known.
        Unknown = "UNKNOWN",
        /// It waits.
        Pending = "PENDING",
        /// It is being set up.
        Configuring = "CONFIGURING",
        /// It is there.
        Active = "ACTIVE",
        /// It could not be set up.
        Error = "ERROR",
    }
}

/// An address of an app's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DedicatedIp {
    pub ip: Option<String>,
    pub id: Option<String>,
    /// Such as `ASSIGNED`.
    pub status: Option<String>,
}

input! {
    /// What the list of apps tells.
    pub struct AppFilter {} optional {
        /// Whether it tells which project each is in.
        with_projects: bool,
    }
}

input! {
    /// An app to make.
    pub struct NewApp {
        spec: AppSpec,
    } optional {
        /// The default project, if it is not said.
        project_id: String,
    }
}

input! {
    /// What an app is to be.
    pub struct AppUpdate {
        spec: AppSpec,
    } optional {
        /// Whether the newest sources are built, though nothing of theirs has changed in the spec.
        update_all_source_versions: bool,
    }
}

/// What was deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Deleted {
    pub id: Option<AppId>,
}

input! {
    /// What is started anew.
    pub struct Restart {} optional {
        /// All of them, if it is not said.
        components: Vec<String>,
    }
}

/// Something that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Instance {
    pub component_name: Option<String>,
    /// Such as `SERVICE`.
    pub component_type: Option<String>,
    pub instance_name: Option<String>,
    pub instance_alias: Option<String>,
}

/// How an app's components do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AppHealth {
    #[serde(default, deserialize_with = "null_as_default")]
    pub components: Vec<ComponentHealth>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub functions_components: Vec<FunctionsHealth>,
}

/// How a component does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ComponentHealth {
    pub name: Option<String>,
    pub cpu_usage_percent: Option<f64>,
    pub memory_usage_percent: Option<f64>,
    pub replicas_desired: Option<u64>,
    pub replicas_ready: Option<u64>,
    pub state: Option<HealthState>,
}

open_enum! {
    /// How a component does.
    pub enum HealthState {
        /// Nobody knows.
        Unknown = "UNKNOWN",
        /// Well.
        Healthy = "HEALTHY",
        /// Not well.
        Unhealthy = "UNHEALTHY",
    }
}

/// How functions do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FunctionsHealth {
    pub name: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub functions_component_health_metrics: Vec<FunctionsMetric>,
}

/// A measure of functions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FunctionsMetric {
    pub metric_label: Option<String>,
    pub metric_value: Option<f64>,
    pub time_window: Option<String>,
}

input! {
    /// A day.
    pub struct BandwidthDay {} optional {
        /// Any moment of it; yesterday, if it is not said.
        date: Timestamp,
    }
}

input! {
    /// Some apps, and a day.
    pub struct BandwidthOf {
        app_ids: Vec<AppId>,
    } optional {
        /// Any moment of it; yesterday, if it is not said.
        date: Timestamp,
    }
}

/// What apps have sent on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Bandwidth {
    #[serde(default, deserialize_with = "null_as_default")]
    pub app_bandwidth_usage: Vec<AppBandwidth>,
    pub date: Option<Timestamp>,
}

/// What an app has sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AppBandwidth {
    pub app_id: AppId,
    #[serde(default, with = "texts::number")]
    pub bandwidth_bytes: Option<u64>,
}

input! {
    /// A spec to be checked.
    pub struct Proposal {
        spec: AppSpec,
    } optional {
        /// The app that it is for.
        app_id: AppId,
    }
}

/// What a spec would come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Proposed {
    #[serde(default)]
    pub app_is_static: bool,
    #[serde(default)]
    pub app_name_available: bool,
    pub app_name_suggestion: Option<String>,
    /// How many static apps there are.
    #[serde(default, with = "texts::number")]
    pub existing_static_apps: Option<u64>,
    pub spec: Option<AppSpec>,
    /// US dollars a month.
    pub app_cost: Option<f64>,
    /// US dollars a month, in the tier below.
    pub app_tier_downgrade_cost: Option<f64>,
}
