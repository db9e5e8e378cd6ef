//! Where an app's logs can be read, and its consoles.
//!
//! ```
//! use howdah_digitalocean::apps::{AppId, logs::{LogFilter, LogType}};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let (ocean, app) = (FakeDigitalOcean::new().client(), AppId::new("4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf".to_owned()));
//! let logs = ocean.apps().logs(&app, LogFilter::new(LogType::Build)).await?;
//! println!("{} files", logs.historic_urls.len());
//! # Ok(()) }
//! ```
//!
//! The URLs open for whoever has them, for a while: they are shown nowhere.

use howdah_core::{
    Secret, endpoints,
    http::{Call, null_as_default},
    input, open_enum, secret,
};
use serde::{Deserialize, Serialize};

use super::{
    AppId, Apps,
    deployments::DeploymentId,
    invocations::{EventId, InvocationId},
};
use crate::texts;

endpoints! {
    OF_APP:                  LogFilter           => Logs    = get("/v2/apps/{app_id}/logs");
    OF_COMPONENT:            LogFilter           => Logs    = get("/v2/apps/{app_id}/components/{component_name}/logs");
    OF_DEPLOYMENT:           LogFilter           => Logs    = get("/v2/apps/{app_id}/deployments/{deployment_id}/logs");
    OF_DEPLOYMENT_COMPONENT: LogFilter           => Logs    = get("/v2/apps/{app_id}/deployments/{deployment_id}/components/{component_name}/logs");
    OF_INVOCATION:           InvocationLogFilter => Logs    = get("/v2/apps/{app_id}/jobs/{job_name}/invocations/{job_invocation_id}/logs");
    OF_EVENT:                LogFilter           => Logs    = get("/v2/apps/{app_id}/events/{event_id}/logs");
    CONSOLE:                 ConsoleFilter       => Console = get("/v2/apps/{app_id}/components/{component_name}/exec");
    DEPLOYMENT_CONSOLE:      ConsoleFilter       => Console = get("/v2/apps/{app_id}/deployments/{deployment_id}/components/{component_name}/exec");
}

impl Apps {
    /// Asks where the logs of what is live can be read.
    ///
    /// `GET /v2/apps/{app_id}/logs`
    pub fn logs(&self, app: &AppId, filter: LogFilter) -> Call<Logs> {
        self.0.send(&OF_APP, [app], filter)
    }

    /// Asks where the logs of a component that is live can be read.
    ///
    /// `GET /v2/apps/{app_id}/components/{component_name}/logs`
    pub fn component_logs(&self, app: &AppId, component: &str, filter: LogFilter) -> Call<Logs> {
        if component.is_empty() {
            return Self::refused("the name of the component is empty");
        }
        self.0.send(&OF_COMPONENT, [app, &component], filter)
    }

    /// Asks where the logs of a deployment can be read.
    ///
    /// `GET /v2/apps/{app_id}/deployments/{deployment_id}/logs`
    pub fn deployment_logs(&self, app: &AppId, deployment: &DeploymentId, filter: LogFilter) -> Call<Logs> {
        self.0.send(&OF_DEPLOYMENT, [app, deployment], filter)
    }

    /// Asks where the logs of a component of a deployment can be read.
    ///
    /// `GET /v2/apps/{app_id}/deployments/{deployment_id}/components/{component_name}/logs`
    pub fn deployment_component_logs(
        &self,
        app: &AppId,
        deployment: &DeploymentId,
        component: &str,
        filter: LogFilter,
    ) -> Call<Logs> {
        if component.is_empty() {
            return Self::refused("the name of the component is empty");
        }
        self.0.send(&OF_DEPLOYMENT_COMPONENT, [app, deployment, &component], filter)
    }

    /// Asks where the logs of a job's run can be read.
    ///
    /// `GET /v2/apps/{app_id}/jobs/{job_name}/invocations/{job_invocation_id}/logs`
    pub fn invocation_logs(
        &self,
        app: &AppId,
        job: &str,
        invocation: &InvocationId,
        filter: InvocationLogFilter,
    ) -> Call<Logs> {
        self.0.send(&OF_INVOCATION, [app, &job, invocation], filter)
    }

    /// Asks where the logs of an event can be read.
    ///
    /// `GET /v2/apps/{app_id}/events/{event_id}/logs`
    pub fn event_logs(&self, app: &AppId, event: &EventId, filter: LogFilter) -> Call<Logs> {
        self.0.send(&OF_EVENT, [app, event], filter)
    }

    /// Asks for a console in a component that is live.
    ///
    /// `GET /v2/apps/{app_id}/components/{component_name}/exec`
    pub fn console(&self, app: &AppId, component: &str, filter: ConsoleFilter) -> Call<Console> {
        self.0.send(&CONSOLE, [app, &component], filter)
    }

    /// Asks for a console in a component of a deployment.
    ///
    /// `GET /v2/apps/{app_id}/deployments/{deployment_id}/components/{component_name}/exec`
    pub fn deployment_console(
        &self,
        app: &AppId,
        deployment: &DeploymentId,
        component: &str,
        filter: ConsoleFilter,
    ) -> Call<Console> {
        self.0.send(&DEPLOYMENT_CONSOLE, [app, deployment, &component], filter)
    }
}

input! {
    /// Which logs.
    pub struct LogFilter {
        #[serde(rename = "type")]
        log_type: LogType,
    } optional {
        /// Whether what comes later is wanted too.
        follow: bool,
        /// How long a component is waited for, such as `3m`.
        pod_connection_timeout: String,
    }
}

open_enum! {
    /// Which logs.
    pub enum LogType {
        /// It is not said.
        Unspecified = "UNSPECIFIED",
        /// Of being built.
        Build = "BUILD",
        /// Of being put in place.
        Deploy = "DEPLOY",
        /// Of running.
        Run = "RUN",
        /// Of running, before it was started again.
        RunRestarted = "RUN_RESTARTED",
        /// Of following the load.
        AutoscaleEvent = "AUTOSCALE_EVENT",
        /// Of a job's run.
        JobInvocation = "JOB_INVOCATION",
    }
}

input! {
    /// Which logs of a job's run.
    pub struct InvocationLogFilter {
        /// Only [`LogType::JobInvocation`].
        #[serde(rename = "type")]
        log_type: LogType,
    } optional {
        deployment_id: DeploymentId,
        /// Whether what comes later is wanted too.
        follow: bool,
        /// How long a component is waited for, such as `3m`.
        pod_connection_timeout: String,
        /// How many of the last lines.
        tail_lines: String,
    }
}

/// Where logs can be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Logs {
    /// Files, the latest first.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        serialize_with = "texts::secrets",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub historic_urls: Vec<Secret>,
    /// What comes later, by WebSocket or HTTP.
    #[serde(default, serialize_with = "secret::expose_option", skip_serializing_if = "Option::is_none")]
    pub live_url: Option<Secret>,
}

input! {
    /// Where a console is wanted.
    pub struct ConsoleFilter {} optional {
        /// Any, if it is not said.
        instance_name: String,
    }
}

/// A console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Console {
    /// By WebSocket.
    #[serde(serialize_with = "secret::expose")]
    pub url: Secret,
}
