//! How a spec becomes what runs, and back.
//!
//! ```
//! use howdah_digitalocean::apps::{AppId, deployments::NewDeployment};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let (ocean, app) = (FakeDigitalOcean::new().client(), AppId::new("4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf".to_owned()));
//! let apps = ocean.apps();
//! let begun = apps.deploy(&app, NewDeployment::new().with_force_build(true)).await?;
//! println!("{:?}", begun.phase);
//! # Ok(()) }
//! ```
//!
//! A deployment that fails leaves the one before it in place. After a rollback the app is pinned: nothing else is deployed
//! until it is committed or reverted.

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages, Pending, Stage, Staged, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AppId, Apps, spec::AppSpec};
use crate::{
    PAGES,
    actions::{APPEARING, FIRST_LOOK, LAST_LOOK},
};

endpoints! {
    LIST:     DeploymentFilter => Vec<Deployment>    = get("/v2/apps/{app_id}/deployments").envelope("deployments").pages(PAGES);
    CREATE:   NewDeployment    => Deployment         = post("/v2/apps/{app_id}/deployments").envelope("deployment");
    GET:      ()               => Deployment         = get("/v2/apps/{app_id}/deployments/{deployment_id}").envelope("deployment");
    CANCEL:   ()               => Deployment         = post("/v2/apps/{app_id}/deployments/{deployment_id}/cancel").envelope("deployment").idempotent();
    ROLLBACK: Rollback         => Deployment         = post("/v2/apps/{app_id}/rollback").envelope("deployment");
    VALIDATE: Rollback         => RollbackValidation = post("/v2/apps/{app_id}/rollback/validate").idempotent();
    COMMIT:   ()               => ()                 = post("/v2/apps/{app_id}/rollback/commit");
    REVERT:   ()               => Deployment         = post("/v2/apps/{app_id}/rollback/revert").envelope("deployment");
}

impl Apps {
    /// Streams an app's deployments, the latest first.
    ///
    /// `GET /v2/apps/{app_id}/deployments`
    pub fn list_deployments(&self, app: &AppId, filter: DeploymentFilter) -> Pages<Deployment> {
        self.0.pages(&LIST, [app], filter)
    }

    /// Begins a deployment: [`follow_deployment`](Self::follow_deployment) it until it is live.
    ///
    /// `POST /v2/apps/{app_id}/deployments`
    pub fn deploy(&self, app: &AppId, deployment: NewDeployment) -> Call<Deployment> {
        self.0.send(&CREATE, [app], deployment)
    }

    /// Reads how far a deployment has come.
    ///
    /// `GET /v2/apps/{app_id}/deployments/{deployment_id}`
    pub fn get_deployment(&self, app: &AppId, deployment: &DeploymentId) -> Call<Deployment> {
        self.0.send(&GET, [app, deployment], ())
    }

    /// Waits until a deployment is live.
    ///
    /// `GET /v2/apps/{app_id}/deployments/{deployment_id}`
    pub fn follow_deployment(&self, app: AppId, deployment: DeploymentId) -> Pending<Deployment> {
        let apps = self.clone();
        let what = format!("digitalocean: the deployment {deployment}");
        let pending = Pending::attached(move || apps.get_deployment(&app, &deployment)).appearing_within(APPEARING);
        pending.named(what).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Ends a deployment that goes on.
    ///
    /// `POST /v2/apps/{app_id}/deployments/{deployment_id}/cancel`
    pub fn cancel_deployment(&self, app: &AppId, deployment: &DeploymentId) -> Call<Deployment> {
        self.0.send(&CANCEL, [app, deployment], ())
    }

    /// Goes back to what a deployment was, and pins the app to it.
    ///
    /// `POST /v2/apps/{app_id}/rollback`
    pub fn roll_back(&self, app: &AppId, rollback: Rollback) -> Call<Deployment> {
        self.0.send(&ROLLBACK, [app], rollback)
    }

    /// Tells whether an app can go back to what a deployment was. Nothing is done.
    ///
    /// `POST /v2/apps/{app_id}/rollback/validate`
    pub fn validate_rollback(&self, app: &AppId, rollback: Rollback) -> Call<RollbackValidation> {
        self.0.send(&VALIDATE, [app], rollback)
    }

    /// Stays with what a rollback went back to, for good.
    ///
    /// `POST /v2/apps/{app_id}/rollback/commit`
    pub fn commit_rollback(&self, app: &AppId) -> Call<()> {
        self.0.send(&COMMIT, [app], ())
    }

    /// Undoes a rollback.
    ///
    /// `POST /v2/apps/{app_id}/rollback/revert`
    pub fn revert_rollback(&self, app: &AppId) -> Call<Deployment> {
        self.0.send(&REVERT, [app], ())
    }
}

/// The UUID of a deployment.
pub type DeploymentId = Id<Deployment, String>;

/// A deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Deployment {
    pub id: Option<DeploymentId>,
    pub cause: Option<String>,
    pub cloned_from: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub phase: Option<DeploymentPhase>,
    pub phase_last_updated_at: Option<Timestamp>,
    pub progress: Option<DeploymentProgress>,
    pub spec: Option<AppSpec>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<DeployedComponent>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub static_sites: Vec<DeployedComponent>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub workers: Vec<DeployedComponent>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<DeployedComponent>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<DeployedComponent>,
    pub tier_slug: Option<String>,
}

impl Staged for Deployment {
    fn stage(&self) -> Stage {
        match &self.phase {
            // A later one has taken its place since.
            Some(DeploymentPhase::Active | DeploymentPhase::Superseded) => Stage::Done,
            Some(DeploymentPhase::Error) => Stage::Failed(self.first_failure()),
            Some(DeploymentPhase::Canceled) => Stage::Failed("it was cancelled".to_owned()),
            _ => Stage::Running,
        }
    }
}

impl Deployment {
    fn first_failure(&self) -> String {
        fn failed(steps: &[ProgressStep]) -> Option<&ProgressStep> {
            let mut steps = steps.iter().filter(|step| step.status.as_deref() == Some("ERROR"));
            steps.find_map(|step| failed(&step.steps).or(Some(step)))
        }
        let steps = self.progress.as_ref().map_or(&[][..], |progress| &progress.steps);
        let Some(step) = failed(steps) else { return "its phase is `ERROR`".to_owned() };
        let why = step.reason.as_ref().and_then(|reason| reason.message.as_deref()).unwrap_or("no more is said");
        format!("the step {} failed: {why}", step.name.as_deref().unwrap_or("without a name"))
    }
}

open_enum! {
    /// How far a deployment has come.
    pub enum DeploymentPhase {
        /// It is not known.
        Unknown = "UNKNOWN",
        /// It waits to be built.
        PendingBuild = "PENDING_BUILD",
        /// It is being built.
        Building = "BUILDING",
        /// It waits to be put in place.
        PendingDeploy = "PENDING_DEPLOY",
        /// It is being put in place.
        Deploying = "DEPLOYING",
        /// It is live.
        Active = "ACTIVE",
        /// It was live, and a later one is now.
        Superseded = "SUPERSEDED",
        /// It failed.
        Error = "ERROR",
        /// It was cancelled.
        Canceled = "CANCELED",
    }
}

/// The steps of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DeploymentProgress {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_steps: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_steps: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_steps: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_steps: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_steps: Option<u32>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<ProgressStep>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub summary_steps: Vec<ProgressStep>,
}

/// A step, and those that it consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ProgressStep {
    pub name: Option<String>,
    /// Such as `RUNNING`, `SUCCESS` or `ERROR`.
    pub status: Option<String>,
    pub component_name: Option<String>,
    pub message_base: Option<String>,
    pub reason: Option<StepReason>,
    /// RFC 3339, mostly.
    pub started_at: Option<String>,
    /// RFC 3339, mostly.
    pub ended_at: Option<String>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<ProgressStep>,
}

/// Why a step ended as it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct StepReason {
    pub code: Option<String>,
    pub message: Option<String>,
}

/// A component that was deployed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DeployedComponent {
    pub name: Option<String>,
    pub source_commit_hash: Option<String>,
    /// Of functions.
    pub namespace: Option<String>,
}

input! {
    /// Narrows the list of deployments.
    pub struct DeploymentFilter {} optional {
        deployment_types: Vec<DeploymentType>,
    }
}

open_enum! {
    /// Why a deployment was begun.
    pub enum DeploymentType {
        /// Someone asked for it.
        Manual = "MANUAL",
        /// Something was pushed.
        DeployOnPush = "DEPLOY_ON_PUSH",
        /// The provider maintains something.
        Maintenance = "MAINTENANCE",
        /// Someone went back.
        ManualRollback = "MANUAL_ROLLBACK",
        /// It went back by itself.
        AutoRollback = "AUTO_ROLLBACK",
        /// A database lets others in.
        UpdateDatabaseTrustedSources = "UPDATE_DATABASE_TRUSTED_SOURCES",
        /// The number followed the load.
        Autoscaled = "AUTOSCALED",
    }
}

input! {
    /// A deployment to begin.
    pub struct NewDeployment {} optional {
        /// Whether it is built though nothing has changed.
        force_build: bool,
    }
}

input! {
    /// What to go back to.
    pub struct Rollback {} optional {
        deployment_id: DeploymentId,
        /// Whether the app is not pinned.
        skip_pin: bool,
    }
}

/// Whether an app can go back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RollbackValidation {
    #[serde(default)]
    pub valid: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RollbackCondition>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<RollbackCondition>,
}

/// What is in the way of going back, or to be known before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RollbackCondition {
    /// Such as `app_pinned`.
    pub code: Option<String>,
    pub message: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub components: Vec<String>,
}
