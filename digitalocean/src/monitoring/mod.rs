//! Metrics, alerts and where they go.
//!
//! ```
//! use howdah_digitalocean::monitoring::{AlertComparison, AlertKind, AlertPolicySettings, AlertReceivers, AlertWindow};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let told = AlertReceivers::by_email(["ops@vmst.io".to_owned()]);
//! let settings = AlertPolicySettings::new("front ends are busy", AlertKind::DropletCpu, AlertComparison::GreaterThan, 80.0)
//!     .over(AlertWindow::TenMinutes)
//!     .on_tags(["web".to_owned()])
//!     .telling(told);
//! let policy = ocean.monitoring().create_alert(settings).await?;
//! println!("{}", policy.uuid);
//! # Ok(()) }
//! ```
//!
//! [`metrics`] has what is measured, [`droplet_health`] whether Droplets pass the checks of their load balancer, and
//! [`sinks`] where logs go. An update says everything: begin with [`AlertPolicy::into_settings`].

pub mod droplet_health;
pub mod metrics;
pub mod sinks;

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pages, null_as_default},
    open_enum, secret,
};
use serde::{Deserialize, Serialize};

use crate::{PAGES, texts};

endpoints! {
    LIST:   ()                  => Vec<AlertPolicy> = get("/v2/monitoring/alerts").envelope("policies").pages(PAGES);
    CREATE: AlertPolicySettings => AlertPolicy      = post("/v2/monitoring/alerts").envelope("policy");
    GET:    ()                  => AlertPolicy      = get("/v2/monitoring/alerts/{alert_uuid}").envelope("policy");
    UPDATE: AlertPolicySettings => AlertPolicy      = put("/v2/monitoring/alerts/{alert_uuid}").envelope("policy");
    DELETE: ()                  => ()               = delete("/v2/monitoring/alerts/{alert_uuid}").status(204);
}

/// The monitoring group. Reach it through [`DigitalOcean::monitoring`](crate::DigitalOcean::monitoring).
#[derive(Clone, Debug)]
pub struct Monitoring(pub(crate) Api);

impl Monitoring {
    /// Streams the account's alert policies.
    ///
    /// `GET /v2/monitoring/alerts`
    pub fn list_alerts(&self) -> Pages<AlertPolicy> {
        self.0.pages(&LIST, [], ())
    }

    /// Says who is told of what.
    ///
    /// `POST /v2/monitoring/alerts`
    pub fn create_alert(&self, settings: AlertPolicySettings) -> Call<AlertPolicy> {
        self.0.send(&CREATE, [], settings)
    }

    /// Reads an alert policy.
    ///
    /// `GET /v2/monitoring/alerts/{alert_uuid}`
    pub fn get_alert(&self, policy: &AlertPolicyId) -> Call<AlertPolicy> {
        self.0.send(&GET, [policy], ())
    }

    /// Replaces an alert policy.
    ///
    /// `PUT /v2/monitoring/alerts/{alert_uuid}`
    pub fn update_alert(&self, policy: &AlertPolicyId, settings: AlertPolicySettings) -> Call<AlertPolicy> {
        self.0.send(&UPDATE, [policy], settings)
    }

    /// Deletes an alert policy.
    ///
    /// `DELETE /v2/monitoring/alerts/{alert_uuid}`
    pub fn delete_alert(&self, policy: &AlertPolicyId) -> Call<()> {
        self.0.send(&DELETE, [policy], ())
    }
}

/// The UUID of an alert policy.
pub type AlertPolicyId = Id<AlertPolicy, String>;

/// Who is told of what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AlertPolicy {
    pub uuid: AlertPolicyId,
    #[serde(flatten)]
    pub settings: AlertPolicySettings,
}

impl AlertPolicy {
    /// What an update of it begins with.
    pub fn into_settings(self) -> AlertPolicySettings {
        self.settings
    }
}

/// Who is to be told of what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AlertPolicySettings {
    pub description: String,
    #[serde(rename = "type")]
    pub kind: AlertKind,
    pub compare: AlertComparison,
    /// In the unit of the kind.
    pub value: f64,
    /// How long it must last.
    pub window: AlertWindow,
    pub enabled: bool,
    /// The ids of what is watched.
    #[serde(default, deserialize_with = "texts::several")]
    pub entities: Vec<String>,
    /// The tags of what is watched.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    pub alerts: AlertReceivers,
}

impl AlertPolicySettings {
    /// Enabled, over five minutes, on nothing yet and telling nobody.
    pub fn new(
        description: impl Into<String>,
        kind: impl Into<AlertKind>,
        compare: impl Into<AlertComparison>,
        value: f64,
    ) -> Self {
        Self {
            description: description.into(),
            kind: kind.into(),
            compare: compare.into(),
            value,
            window: AlertWindow::FiveMinutes,
            enabled: true,
            entities: Vec::new(),
            tags: Vec::new(),
            alerts: AlertReceivers::default(),
        }
    }

    /// Sets how long it must last.
    #[must_use]
    pub fn over(self, window: impl Into<AlertWindow>) -> Self {
        Self { window: window.into(), ..self }
    }

    /// Sets what is watched, by its ids.
    #[must_use]
    pub fn on_entities(self, ids: impl Into<Vec<String>>) -> Self {
        Self { entities: ids.into(), ..self }
    }

    /// Sets what is watched, by its tags.
    #[must_use]
    pub fn on_tags(self, tags: impl Into<Vec<String>>) -> Self {
        Self { tags: tags.into(), ..self }
    }

    /// Sets who is told.
    #[must_use]
    pub fn telling(self, alerts: AlertReceivers) -> Self {
        Self { alerts, ..self }
    }
}

open_enum! {
    /// What is watched of something.
    pub enum AlertKind {
        /// The load over a minute.
        DropletLoad1 = "v1/insights/droplet/load_1",
        /// The load over five minutes.
        DropletLoad5 = "v1/insights/droplet/load_5",
        /// The load over a quarter of an hour.
        DropletLoad15 = "v1/insights/droplet/load_15",
        /// Per cent of a Droplet's memory.
        DropletMemoryUtilizationPercent = "v1/insights/droplet/memory_utilization_percent",
        /// Per cent of a Droplet's disk.
        DropletDiskUtilizationPercent = "v1/insights/droplet/disk_utilization_percent",
        /// Per cent of a Droplet's processors.
        DropletCpu = "v1/insights/droplet/cpu",
        /// MB read in a second.
        DropletDiskRead = "v1/insights/droplet/disk_read",
        /// MB written in a second.
        DropletDiskWrite = "v1/insights/droplet/disk_write",
        /// Mbit sent to everyone in a second.
        DropletPublicOutboundBandwidth = "v1/insights/droplet/public_outbound_bandwidth",
        /// Mbit received from everyone in a second.
        DropletPublicInboundBandwidth = "v1/insights/droplet/public_inbound_bandwidth",
        /// Mbit sent to the VPC in a second.
        DropletPrivateOutboundBandwidth = "v1/insights/droplet/private_outbound_bandwidth",
        /// Mbit received from the VPC in a second.
        DropletPrivateInboundBandwidth = "v1/insights/droplet/private_inbound_bandwidth",
        /// Per cent of a load balancer's processors.
        LoadBalancerAvgCpuUtilizationPercent = "v1/insights/lbaas/avg_cpu_utilization_percent",
        /// Per cent of a load balancer's connections.
        LoadBalancerConnectionUtilizationPercent = "v1/insights/lbaas/connection_utilization_percent",
        /// Per cent of the Droplets that are well.
        LoadBalancerDropletHealth = "v1/insights/lbaas/droplet_health",
        /// Per cent of the new connections in TLS.
        LoadBalancerTlsConnectionsPerSecondUtilizationPercent = "v1/insights/lbaas/tls_connections_per_second_utilization_percent",
        /// By how many per cent there are more errors of the servers.
        LoadBalancerIncreaseInHttpErrorRatePercentage5xx = "v1/insights/lbaas/increase_in_http_error_rate_percentage_5xx",
        /// By how many per cent there are more errors of the clients.
        LoadBalancerIncreaseInHttpErrorRatePercentage4xx = "v1/insights/lbaas/increase_in_http_error_rate_percentage_4xx",
        /// By how many there are more errors of the servers.
        LoadBalancerIncreaseInHttpErrorRateCount5xx = "v1/insights/lbaas/increase_in_http_error_rate_count_5xx",
        /// By how many there are more errors of the clients.
        LoadBalancerIncreaseInHttpErrorRateCount4xx = "v1/insights/lbaas/increase_in_http_error_rate_count_4xx",
        /// Seconds until an answer, on average.
        LoadBalancerHighHttpRequestResponseTime = "v1/insights/lbaas/high_http_request_response_time",
        /// Seconds that half of the answers stay below.
        LoadBalancerHighHttpRequestResponseTime50p = "v1/insights/lbaas/high_http_request_response_time_50p",
        /// Seconds that 95 per cent of the answers stay below.
        LoadBalancerHighHttpRequestResponseTime95p = "v1/insights/lbaas/high_http_request_response_time_95p",
        /// Seconds that 99 per cent of the answers stay below.
        LoadBalancerHighHttpRequestResponseTime99p = "v1/insights/lbaas/high_http_request_response_time_99p",
        /// The load of a database over a quarter of an hour.
        DatabaseLoad15 = "v1/dbaas/alerts/load_15_alerts",
        /// Per cent of a database's memory.
        DatabaseMemoryUtilization = "v1/dbaas/alerts/memory_utilization_alerts",
        /// Per cent of a database's disk.
        DatabaseDiskUtilization = "v1/dbaas/alerts/disk_utilization_alerts",
        /// Per cent of a database's processors.
        DatabaseCpu = "v1/dbaas/alerts/cpu_alerts",
        /// Droplets of a pool.
        AutoscaleCurrentInstances = "v1/droplet/autoscale_alerts/current_instances",
        /// Droplets that a pool should have.
        AutoscaleTargetInstances = "v1/droplet/autoscale_alerts/target_instances",
        /// Per cent of a pool's processors.
        AutoscaleCurrentCpuUtilization = "v1/droplet/autoscale_alerts/current_cpu_utilization",
        /// Per cent of a pool's processors that is aimed at.
        AutoscaleTargetCpuUtilization = "v1/droplet/autoscale_alerts/target_cpu_utilization",
        /// Per cent of a pool's memory.
        AutoscaleCurrentMemoryUtilization = "v1/droplet/autoscale_alerts/current_memory_utilization",
        /// Per cent of a pool's memory that is aimed at.
        AutoscaleTargetMemoryUtilization = "v1/droplet/autoscale_alerts/target_memory_utilization",
        /// A pool gets more Droplets.
        AutoscaleScaleUp = "v1/droplet/autoscale_alerts/scale_up",
        /// A pool gets fewer Droplets.
        AutoscaleScaleDown = "v1/droplet/autoscale_alerts/scale_down",
    }
}

open_enum! {
    /// On which side of the value.
    pub enum AlertComparison {
        /// Above.
        GreaterThan = "GreaterThan",
        /// Below.
        LessThan = "LessThan",
    }
}

open_enum! {
    /// How long something must last.
    pub enum AlertWindow {
        /// Five minutes.
        FiveMinutes = "5m",
        /// Ten minutes.
        TenMinutes = "10m",
        /// Half an hour.
        ThirtyMinutes = "30m",
        /// An hour.
        OneHour = "1h",
    }
}

/// Who is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AlertReceivers {
    #[serde(default, deserialize_with = "null_as_default")]
    pub email: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub slack: Vec<AlertChannel>,
}

impl AlertReceivers {
    /// Some addresses.
    pub fn by_email(addresses: impl Into<Vec<String>>) -> Self {
        Self { email: addresses.into(), slack: Vec::new() }
    }
}

/// A channel at Slack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AlertChannel {
    pub channel: String,
    /// Whoever has it may write there.
    #[serde(serialize_with = "secret::expose")]
    pub url: Secret,
}
