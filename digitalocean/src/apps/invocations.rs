//! The runs of jobs, and what else happened to an app.
//!
//! ```
//! use howdah_digitalocean::apps::{AppId, invocations::InvocationFilter};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let (ocean, app) = (FakeDigitalOcean::new().client(), AppId::new("4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf".to_owned()));
//! for run in ocean.apps().list_invocations(&app, InvocationFilter::new()).all().await? {
//!     println!("{:?} {:?}", run.job_name, run.phase);
//! }
//! # Ok(()) }
//! ```
//!
//! What has ended cannot be cancelled.

use std::collections::BTreeMap;

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages, Query, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AppId, Apps,
    deployments::{Deployment, DeploymentId},
};
use crate::PAGES;

endpoints! {
    LIST:         InvocationFilter => Vec<Invocation> = get("/v2/apps/{app_id}/job-invocations").envelope("job_invocations").pages(PAGES);
    GET:          JobName          => Invocation      = get("/v2/apps/{app_id}/job-invocations/{job_invocation_id}").envelope("job_invocation");
    CANCEL:       Query<JobName>   => Invocation      = post("/v2/apps/{app_id}/job-invocations/{job_invocation_id}/cancel").envelope("job_invocation").idempotent();
    LIST_EVENTS:  EventFilter      => Vec<Event>      = get("/v2/apps/{app_id}/events").envelope("events").pages(PAGES);
    GET_EVENT:    ()               => Event           = get("/v2/apps/{app_id}/events/{event_id}").envelope("event");
    CANCEL_EVENT: ()               => Event           = post("/v2/apps/{app_id}/events/{event_id}/cancel").envelope("event").idempotent();
}

impl Apps {
    /// Streams the runs of jobs.
    ///
    /// `GET /v2/apps/{app_id}/job-invocations`
    pub fn list_invocations(&self, app: &AppId, filter: InvocationFilter) -> Pages<Invocation> {
        self.0.pages(&LIST, [app], filter)
    }

    /// Reads how far a run has come.
    ///
    /// `GET /v2/apps/{app_id}/job-invocations/{job_invocation_id}`
    pub fn get_invocation(&self, app: &AppId, invocation: &InvocationId, job: JobName) -> Call<Invocation> {
        self.0.send(&GET, [app, invocation], job)
    }

    /// Ends a run that goes on.
    ///
    /// `POST /v2/apps/{app_id}/job-invocations/{job_invocation_id}/cancel`
    pub fn cancel_invocation(&self, app: &AppId, invocation: &InvocationId, job: JobName) -> Call<Invocation> {
        self.0.send(&CANCEL, [app, invocation], Query(job))
    }

    /// Streams what happened to an app, the latest first.
    ///
    /// `GET /v2/apps/{app_id}/events`
    pub fn list_events(&self, app: &AppId, filter: EventFilter) -> Pages<Event> {
        self.0.pages(&LIST_EVENTS, [app], filter)
    }

    /// Reads what happened to an app.
    ///
    /// `GET /v2/apps/{app_id}/events/{event_id}`
    pub fn get_event(&self, app: &AppId, event: &EventId) -> Call<Event> {
        self.0.send(&GET_EVENT, [app, event], ())
    }

    /// Ends a change of the number that goes on.
    ///
    /// `POST /v2/apps/{app_id}/events/{event_id}/cancel`
    pub fn cancel_event(&self, app: &AppId, event: &EventId) -> Call<Event> {
        self.0.send(&CANCEL_EVENT, [app, event], ())
    }
}

/// The UUID of a run.
pub type InvocationId = Id<Invocation, String>;

/// A run of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Invocation {
    pub id: Option<InvocationId>,
    pub job_name: Option<String>,
    pub deployment_id: Option<DeploymentId>,
    pub phase: Option<InvocationPhase>,
    pub trigger: Option<Trigger>,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
}

open_enum! {
    /// How far a run has come.
    pub enum InvocationPhase {
        /// It is not known.
        Unknown = "UNKNOWN",
        /// It waits.
        Pending = "PENDING",
        /// It goes on.
        Running = "RUNNING",
        /// It is done.
        Succeeded = "SUCCEEDED",
        /// It failed.
        Failed = "FAILED",
        /// It was cancelled.
        Canceled = "CANCELED",
        /// It was left out.
        Skipped = "SKIPPED",
    }
}

/// Why a job ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Trigger {
    /// Such as `MANUAL` or `SCHEDULE`.
    #[serde(rename = "type")]
    pub trigger_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<ScheduledTrigger>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<ManualTrigger>,
}

/// By a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ScheduledTrigger {
    pub schedule: Option<Schedule>,
}

/// When a job runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Schedule {
    pub cron: Option<String>,
    pub time_zone: Option<String>,
}

/// By someone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ManualTrigger {
    pub user: Option<TriggerUser>,
}

/// Who had a job run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TriggerUser {
    pub uuid: Option<String>,
    pub email: Option<String>,
    pub full_name: Option<String>,
}

input! {
    /// Narrows the list of runs.
    pub struct InvocationFilter {} optional {
        job_names: Vec<String>,
        deployment_id: DeploymentId,
    }
}

input! {
    /// The job that a run is of.
    pub struct JobName {} optional {
        job_name: String,
    }
}

/// The UUID of an event.
pub type EventId = Id<Event, String>;

/// What happened to an app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Event {
    pub id: Option<EventId>,
    #[serde(rename = "type")]
    pub event_type: Option<EventType>,
    pub created_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<DeploymentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaling: Option<AutoscalingEvent>,
}

open_enum! {
    /// What happened.
    pub enum EventType {
        /// It is not known.
        Unknown = "UNKNOWN",
        /// A deployment.
        Deployment = "DEPLOYMENT",
        /// The number followed the load.
        Autoscaling = "AUTOSCALING",
    }
}

/// How the number followed the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AutoscalingEvent {
    /// Such as `SUCCEEDED`.
    pub phase: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub components: BTreeMap<String, ComponentScaling>,
}

/// How the number of a component followed the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ComponentScaling {
    pub from: Option<u32>,
    pub to: Option<u32>,
    /// Such as `CPU`.
    pub triggering_metric: Option<String>,
}

input! {
    /// Narrows the list of events.
    pub struct EventFilter {} optional {
        event_types: Vec<EventType>,
    }
}
