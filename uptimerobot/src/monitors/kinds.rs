//! What can be looked at: a type for each kind of monitor, with what it takes.

use std::collections::BTreeMap;

use howdah_core::{Secret, input, secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::models::{
    ApiConfig, AssignedAlertContact, AuthType, DnsConfig, HttpConfig, HttpMethodType, IpConfig, KeywordCaseType,
    KeywordType, PostValueType, Region, RegionData, UdpConfig, VisualConfig,
};
use crate::{maintenance_windows::MaintenanceWindowId, monitor_groups::MonitorGroupId};

/// Something to look at. Each kind converts into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum NewMonitor {
    /// A request, and the status of its answer.
    #[serde(rename = "HTTP")]
    Http(HttpMonitor),
    /// A request, and whether its answer has some words in it.
    #[serde(rename = "KEYWORD")]
    Keyword(KeywordMonitor),
    /// An ICMP echo.
    #[serde(rename = "PING")]
    Ping(PingMonitor),
    /// Whether a TCP port opens.
    #[serde(rename = "PORT")]
    Port(PortMonitor),
    /// A URL that is to be called at an interval by whatever is watched: see [`Monitor::heartbeat_url`](super::Monitor::heartbeat_url).
    #[serde(rename = "HEARTBEAT")]
    Heartbeat(HeartbeatMonitor),
    /// What the DNS says of a name.
    #[serde(rename = "DNS")]
    Dns(DnsMonitor),
    /// A request, and what is in the JSON of its answer.
    #[serde(rename = "API")]
    Api(ApiMonitor),
    /// Whether packets are answered.
    #[serde(rename = "UDP")]
    Udp(UdpMonitor),
    /// A page, and whether it looks as it did.
    #[serde(rename = "VISUAL_COMPARISON")]
    VisualComparison(VisualComparisonMonitor),
}

impl From<HttpMonitor> for NewMonitor {
    fn from(monitor: HttpMonitor) -> Self {
        Self::Http(monitor)
    }
}

impl From<KeywordMonitor> for NewMonitor {
    fn from(monitor: KeywordMonitor) -> Self {
        Self::Keyword(monitor)
    }
}

impl From<PingMonitor> for NewMonitor {
    fn from(monitor: PingMonitor) -> Self {
        Self::Ping(monitor)
    }
}

impl From<PortMonitor> for NewMonitor {
    fn from(monitor: PortMonitor) -> Self {
        Self::Port(monitor)
    }
}

impl From<HeartbeatMonitor> for NewMonitor {
    fn from(monitor: HeartbeatMonitor) -> Self {
        Self::Heartbeat(monitor)
    }
}

impl From<DnsMonitor> for NewMonitor {
    fn from(monitor: DnsMonitor) -> Self {
        Self::Dns(monitor)
    }
}

impl From<ApiMonitor> for NewMonitor {
    fn from(monitor: ApiMonitor) -> Self {
        Self::Api(monitor)
    }
}

impl From<UdpMonitor> for NewMonitor {
    fn from(monitor: UdpMonitor) -> Self {
        Self::Udp(monitor)
    }
}

impl From<VisualComparisonMonitor> for NewMonitor {
    fn from(monitor: VisualComparisonMonitor) -> Self {
        Self::VisualComparison(monitor)
    }
}

input! {
    /// A request, and the status of its answer.
    #[serde(rename_all = "camelCase")]
    pub struct HttpMonitor {
        friendly_name: String,
        /// Seconds, from 30 on.
        interval: u32,
        url: String,
        /// Seconds: up to 60.
        timeout: u32,
    } optional {
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<MaintenanceWindowId>,
        region_data: RegionData,
        /// A single region, in the older manner.
        regional_data: Region,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
        http_method_type: HttpMethodType,
        auth_type: AuthType,
        http_username: String,
        #[serde(serialize_with = "secret::expose_option")]
        http_password: Secret,
        /// What is sent: text or an object.
        post_value_data: Value,
        post_value_type: PostValueType,
        #[serde(serialize_with = "crate::texts::expose_map_option")]
        custom_http_headers: BTreeMap<String, Secret>,
        /// Such as `2xx` or `404`; `2xx` and `3xx` if it is not said.
        success_http_response_codes: Vec<String>,
        /// Whether what is wrong with a certificate is a failure.
        #[serde(rename = "checkSSLErrors")]
        check_ssl_errors: bool,
        ssl_expiration_reminder: bool,
        domain_expiration_reminder: bool,
        follow_redirections: bool,
        config: HttpConfig,
    }
}

input! {
    /// A request, and whether its answer has some words in it.
    #[serde(rename_all = "camelCase")]
    pub struct KeywordMonitor {
        friendly_name: String,
        /// Seconds, from 30 on.
        interval: u32,
        url: String,
        /// Seconds: up to 60.
        timeout: u32,
        keyword_type: KeywordType,
        keyword_case_type: KeywordCaseType,
        keyword_value: String,
    } optional {
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<MaintenanceWindowId>,
        region_data: RegionData,
        /// A single region, in the older manner.
        regional_data: Region,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
        http_method_type: HttpMethodType,
        auth_type: AuthType,
        http_username: String,
        #[serde(serialize_with = "secret::expose_option")]
        http_password: Secret,
        /// What is sent: text or an object.
        post_value_data: Value,
        post_value_type: PostValueType,
        #[serde(serialize_with = "crate::texts::expose_map_option")]
        custom_http_headers: BTreeMap<String, Secret>,
        /// Such as `2xx` or `404`; `2xx` and `3xx` if it is not said.
        success_http_response_codes: Vec<String>,
        /// Whether what is wrong with a certificate is a failure.
        #[serde(rename = "checkSSLErrors")]
        check_ssl_errors: bool,
        ssl_expiration_reminder: bool,
        domain_expiration_reminder: bool,
        follow_redirections: bool,
        config: HttpConfig,
    }
}

input! {
    /// An ICMP echo.
    #[serde(rename_all = "camelCase")]
    pub struct PingMonitor {
        friendly_name: String,
        /// Seconds, from 30 on.
        interval: u32,
        /// A host or an address.
        url: String,
        /// Seconds: up to 60.
        timeout: u32,
    } optional {
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<MaintenanceWindowId>,
        region_data: RegionData,
        /// A single region, in the older manner.
        regional_data: Region,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
        config: IpConfig,
    }
}

input! {
    /// Whether a TCP port opens.
    #[serde(rename_all = "camelCase")]
    pub struct PortMonitor {
        friendly_name: String,
        /// Seconds, from 30 on.
        interval: u32,
        /// A host or an address.
        url: String,
        port: u16,
        /// Seconds: up to 60.
        timeout: u32,
    } optional {
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<MaintenanceWindowId>,
        region_data: RegionData,
        /// A single region, in the older manner.
        regional_data: Region,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
        config: IpConfig,
    }
}

input! {
    /// A URL that is to be called at an interval by whatever is watched: see [`Monitor::heartbeat_url`](super::Monitor::heartbeat_url).
    #[serde(rename_all = "camelCase")]
    pub struct HeartbeatMonitor {
        friendly_name: String,
        /// Seconds between two calls, from 30 on.
        interval: u32,
    } optional {
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<MaintenanceWindowId>,
        region_data: RegionData,
        /// A single region, in the older manner.
        regional_data: Region,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
        /// Seconds that a call may be late: up to a day.
        grace_period: u32,
    }
}

input! {
    /// What the DNS says of a name.
    #[serde(rename_all = "camelCase")]
    pub struct DnsMonitor {
        friendly_name: String,
        /// Seconds, from 30 on.
        interval: u32,
        /// The name.
        url: String,
        config: DnsConfig,
    } optional {
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<MaintenanceWindowId>,
        region_data: RegionData,
        /// A single region, in the older manner.
        regional_data: Region,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
    }
}

input! {
    /// A request, and what is in the JSON of its answer.
    #[serde(rename_all = "camelCase")]
    pub struct ApiMonitor {
        friendly_name: String,
        /// Seconds, from 30 on.
        interval: u32,
        url: String,
        /// Seconds: up to 60.
        timeout: u32,
        config: ApiConfig,
    } optional {
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<MaintenanceWindowId>,
        region_data: RegionData,
        /// A single region, in the older manner.
        regional_data: Region,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
        http_method_type: HttpMethodType,
        auth_type: AuthType,
        http_username: String,
        #[serde(serialize_with = "secret::expose_option")]
        http_password: Secret,
        /// What is sent: text or an object.
        post_value_data: Value,
        post_value_type: PostValueType,
        #[serde(serialize_with = "crate::texts::expose_map_option")]
        custom_http_headers: BTreeMap<String, Secret>,
        /// Such as `2xx` or `404`; `2xx` and `3xx` if it is not said.
        success_http_response_codes: Vec<String>,
        /// Whether what is wrong with a certificate is a failure.
        #[serde(rename = "checkSSLErrors")]
        check_ssl_errors: bool,
        ssl_expiration_reminder: bool,
        domain_expiration_reminder: bool,
        follow_redirections: bool,
    }
}

input! {
    /// Whether packets are answered.
    #[serde(rename_all = "camelCase")]
    pub struct UdpMonitor {
        friendly_name: String,
        /// Seconds, from 30 on.
        interval: u32,
        /// A host or an address.
        url: String,
        port: u16,
        /// Seconds: up to 60.
        timeout: u32,
        config: UdpConfig,
    } optional {
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<MaintenanceWindowId>,
        region_data: RegionData,
        /// A single region, in the older manner.
        regional_data: Region,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
    }
}

input! {
    /// A page, and whether it looks as it did.
    #[serde(rename_all = "camelCase")]
    pub struct VisualComparisonMonitor {
        friendly_name: String,
        /// Seconds, from 30 on.
        interval: u32,
        url: String,
        config: VisualConfig,
    } optional {
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<MaintenanceWindowId>,
        region_data: RegionData,
        /// A single region, in the older manner.
        regional_data: Region,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
    }
}
