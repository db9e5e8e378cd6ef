//! What a monitor is.

use std::collections::BTreeMap;

use howdah_core::{Id, Secret, http::null_as_default, input, open_enum, secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MonitorId;
use crate::{
    alert_contacts::AlertContactId,
    incidents::{IncidentId, IncidentStatus},
    maintenance_windows::MaintenanceWindow,
    monitor_groups::MonitorGroupId,
    psps::Psp,
    tags::TagId,
    texts,
};

/// A monitor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Monitor {
    #[serde(deserialize_with = "texts::number")]
    pub id: MonitorId,
    /// As it was given, or with `&`, `<` and `>` written as HTML does.
    #[serde(default, deserialize_with = "null_as_default")]
    pub friendly_name: String,
    #[serde(rename = "type")]
    pub monitor_type: Option<MonitorType>,
    pub status: Option<MonitorStatus>,
    /// What is looked at; the token of a heartbeat.
    pub url: Option<String>,
    /// Seconds.
    pub interval: Option<u32>,
    /// Seconds.
    pub timeout: Option<u32>,
    pub port: Option<u16>,
    /// Seconds that a heartbeat may be late.
    pub grace_period: Option<u32>,
    pub keyword_type: Option<KeywordType>,
    #[serde(default, with = "texts::case_number")]
    pub keyword_case_type: Option<KeywordCaseType>,
    pub keyword_value: Option<String>,
    pub http_method_type: Option<HttpMethodType>,
    pub auth_type: Option<AuthType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_username: Option<String>,
    #[serde(default, serialize_with = "secret::expose_option", skip_serializing_if = "Option::is_none")]
    pub http_password: Option<Secret>,
    #[serde(default, deserialize_with = "texts::headers", serialize_with = "texts::expose_map_option")]
    pub custom_http_headers: Option<BTreeMap<String, Secret>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub success_http_response_codes: Vec<String>,
    /// What is sent: text, a number, an object or a list.
    pub post_value_data: Option<Value>,
    pub post_value_type: Option<PostValueType>,
    pub follow_redirections: Option<bool>,
    #[serde(rename = "checkSSLErrors")]
    pub check_ssl_errors: Option<bool>,
    pub ssl_expiration_reminder: Option<bool>,
    pub domain_expiration_reminder: Option<bool>,
    pub ssl_brand: Option<String>,
    /// As the service writes it.
    pub ssl_expiry_date_time: Option<String>,
    /// As the service writes it.
    pub domain_expire_date: Option<String>,
    /// Always 0: the threshold is in [`RegionalData::threshold`].
    pub response_time_threshold: Option<f64>,
    pub config: Option<MonitorConfig>,
    pub regional_data: Option<RegionalData>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub maintenance_windows: Vec<MaintenanceWindow>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub psps: Vec<Psp>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<MonitorTag>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub assigned_alert_contacts: Vec<AssignedAlertContact>,
    /// Seconds since the status changed.
    pub current_state_duration: Option<f64>,
    pub last_incident_id: Option<IncidentId>,
    pub last_incident: Option<LastIncident>,
    pub last_day_uptimes: Option<LastDayUptimes>,
    /// As the service writes it.
    pub create_date_time: Option<String>,
    pub user_id: Option<u64>,
    /// A key that reads this monitor alone.
    #[serde(default, serialize_with = "secret::expose_option")]
    pub api_key: Option<Secret>,
    /// 0 for none.
    pub group_id: Option<MonitorGroupId>,
    pub custom_fields: Option<BTreeMap<String, String>>,
}

impl Monitor {
    /// The URL that what is watched by a heartbeat calls; `None` for other kinds. Whoever has it may call it.
    pub fn heartbeat_url(&self) -> Option<Secret> {
        let token = self.url.as_deref().filter(|token| !token.is_empty())?;
        (self.monitor_type == Some(MonitorType::Heartbeat))
            .then(|| format!("https://heartbeat.uptimerobot.com/m{}-{token}", self.id).into())
    }
}

open_enum! {
    /// What is looked at.
    pub enum MonitorType {
        /// The status of an answer.
        Http = "HTTP",
        /// Words in an answer.
        Keyword = "KEYWORD",
        /// An ICMP echo.
        Ping = "PING",
        /// A TCP port.
        Port = "PORT",
        /// A call that comes, or does not.
        Heartbeat = "HEARTBEAT",
        /// Records of a name.
        Dns = "DNS",
        /// JSON in an answer.
        Api = "API",
        /// Packets.
        Udp = "UDP",
        /// How a page looks.
        VisualComparison = "VISUAL_COMPARISON",
    }
}

open_enum! {
    /// What was seen last.
    pub enum MonitorStatus {
        /// Nobody looks.
        Paused = "PAUSED",
        /// Nobody has looked yet.
        Started = "STARTED",
        /// It answers.
        Up = "UP",
        /// It did not answer, and is asked from elsewhere before it is told.
        LooksDown = "LOOKS_DOWN",
        /// It does not answer.
        Down = "DOWN",
    }
}

open_enum! {
    /// The method of a request.
    #[allow(missing_docs)]
    pub enum HttpMethodType {
        Head = "HEAD",
        Get = "GET",
        Post = "POST",
        Put = "PUT",
        Patch = "PATCH",
        Delete = "DELETE",
        Options = "OPTIONS",
        Query = "QUERY",
    }
}

open_enum! {
    /// How a request says who asks.
    pub enum AuthType {
        /// Not at all.
        None = "NONE",
        /// A name and a password.
        HttpBasic = "HTTP_BASIC",
        /// The same, hashed.
        Digest = "DIGEST",
        /// A token.
        Bearer = "BEARER",
    }
}

open_enum! {
    /// When words are a failure.
    pub enum KeywordType {
        /// When they are there.
        AlertExists = "ALERT_EXISTS",
        /// When they are not.
        AlertNotExists = "ALERT_NOT_EXISTS",
    }
}

open_enum! {
    /// Whether `A` is `a`.
    pub enum KeywordCaseType {
        /// It is not.
        CaseSensitive = "CaseSensitive",
        /// It is.
        CaseInsensitive = "CaseInsensitive",
    }
}

open_enum! {
    /// How data is sent.
    pub enum PostValueType {
        /// As a form.
        KeyValue = "KEY_VALUE",
        /// As JSON.
        RawJson = "RAW_JSON",
    }
}

open_enum! {
    /// From where it is looked.
    #[allow(missing_docs)]
    pub enum Region {
        NorthAmerica = "na",
        Europe = "eu",
        Asia = "as",
        Oceania = "oc",
    }
}

/// Who is told, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct AssignedAlertContact {
    #[serde(deserialize_with = "texts::number")]
    pub alert_contact_id: AlertContactId,
    /// Minutes of failure before it is told. 0 in the free plan.
    pub threshold: f64,
    /// Minutes until it is told again; 0 for once. 0 in the free plan.
    pub recurrence: f64,
}

impl AssignedAlertContact {
    /// Told at once, and once.
    pub fn at_once(contact: AlertContactId) -> Self {
        Self { alert_contact_id: contact, threshold: 0.0, recurrence: 0.0 }
    }
}

input! {
    /// From where it is looked.
    pub struct RegionData {
        #[serde(rename = "REGION")]
        region: Vec<Region>,
    } optional {
        /// Milliseconds above which an answer is slow.
        #[serde(rename = "THRESHOLD")]
        threshold: BTreeMap<String, f64>,
        #[serde(rename = "MANUAL_SELECTED")]
        manual_selected: bool,
    }
}

/// From where it is looked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub struct RegionalData {
    #[serde(default, deserialize_with = "null_as_default")]
    pub region: Vec<Region>,
    pub manual_selected: Option<bool>,
    pub infrastructure: Option<Infrastructure>,
    /// Milliseconds above which an answer is slow, by region.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub threshold: BTreeMap<String, f64>,
}

open_enum! {
    /// Which machines look.
    pub enum Infrastructure {
        /// The older ones.
        Legacy = "Legacy",
        /// The newer ones.
        New = "New",
    }
}

/// What some kinds of monitors go by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct MonitorConfig {
    pub dns_records: Option<DnsRecords>,
    pub api_assertions: Option<ApiAssertions>,
    /// Days before a certificate's end at which it is told: up to 10 of them, up to 365 each.
    pub ssl_expiration_period_days: Option<Vec<u16>>,
    pub udp: Option<UdpFields>,
    pub ip_version: Option<IpVersion>,
    /// How often a failure of the application is tried again: up to 3 times.
    pub application_error_retries: Option<u8>,
    pub visual_comparison: Option<VisualComparison>,
}

/// What changes in a monitor's configuration: what is not set stays, and what is set to `null` is removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MonitorConfigUpdate(serde_json::Map<String, Value>);

impl MonitorConfigUpdate {
    /// Sets all that is set in `config`.
    pub fn new(config: &MonitorConfig) -> Self {
        let Ok(Value::Object(members)) = serde_json::to_value(config) else { return Self::default() };
        Self(members.into_iter().filter(|(_, value)| !value.is_null()).collect())
    }

    /// Removes a member of the configuration, by the name that the service has for it, such as `ipVersion`.
    #[must_use]
    pub fn without(mut self, member: impl Into<String>) -> Self {
        self.0.insert(member.into(), Value::Null);
        self
    }
}

input! {
    /// How a request is made.
    #[serde(rename_all = "camelCase")]
    pub struct HttpConfig {} optional {
        /// Days before a certificate's end at which it is told: up to 10 of them, up to 365 each.
        ssl_expiration_period_days: Vec<u16>,
        ip_version: IpVersion,
        /// How often a failure of the application is tried again: up to 3 times.
        application_error_retries: u8,
    }
}

input! {
    /// How a host is reached.
    #[serde(rename_all = "camelCase")]
    pub struct IpConfig {} optional {
        ip_version: IpVersion,
    }
}

open_enum! {
    /// Which of a host's addresses are used.
    pub enum IpVersion {
        /// Those of IPv4.
        Ipv4Only = "ipv4Only",
        /// Those of IPv6.
        Ipv6Only = "ipv6Only",
    }
}

input! {
    /// What a name's records are to be.
    #[serde(rename_all = "camelCase")]
    pub struct DnsConfig {} optional {
        dns_records: DnsRecords,
    }
}

/// Records by their type, in the form of a zone file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DnsRecords(pub BTreeMap<String, Vec<String>>);

input! {
    /// What is to be in the JSON of an answer.
    #[serde(rename_all = "camelCase")]
    pub struct ApiConfig {
        api_assertions: ApiAssertions,
    } optional {
        /// Days before a certificate's end at which it is told: up to 10 of them, up to 365 each.
        ssl_expiration_period_days: Vec<u16>,
        ip_version: IpVersion,
        /// How often a failure of the application is tried again: up to 3 times.
        application_error_retries: u8,
    }
}

/// What is to be in the JSON of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ApiAssertions {
    pub logic: Logic,
    /// Up to five.
    pub checks: Vec<AssertionCheck>,
}

open_enum! {
    /// How many of several must hold.
    pub enum Logic {
        /// All.
        And = "AND",
        /// One.
        Or = "OR",
    }
}

input! {
    /// What a value is to be.
    pub struct AssertionCheck {
        /// A path into the JSON, such as `$.data.status`.
        property: String,
        comparison: Comparison,
    } optional {
        /// What it is held against: text, a number, `true` or `false`.
        target: Value,
    }
}

open_enum! {
    /// How a value is held against another.
    #[allow(missing_docs)]
    pub enum Comparison {
        Equals = "equals",
        NotEquals = "not_equals",
        Contains = "contains",
        NotContains = "not_contains",
        GreaterThan = "greater_than",
        LessThan = "less_than",
        IsNull = "is_null",
        IsNotNull = "is_not_null",
    }
}

input! {
    /// Which packets are sent.
    #[serde(rename_all = "camelCase")]
    pub struct UdpConfig {} optional {
        udp: UdpFields,
        ip_version: IpVersion,
    }
}

/// Which packets are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct UdpFields {
    pub payload: Option<String>,
    /// Per cent of the packets that may be lost.
    pub packet_loss_threshold: f64,
}

input! {
    /// How much a page may change.
    #[serde(rename_all = "camelCase")]
    pub struct VisualConfig {
        visual_comparison: VisualComparison,
    } optional {}
}

input! {
    /// How much a page may change.
    #[serde(rename_all = "camelCase")]
    pub struct VisualComparison {
        /// 0 to 100.
        sensitivity_threshold: u8,
        viewport: Viewport,
    } optional {
        area_coordinates: AreaCoordinates,
        refresh_baseline: bool,
        user_baseline_path: String,
        last_check_baseline_path: String,
    }
}

open_enum! {
    /// How wide the window is.
    pub enum Viewport {
        /// As on a desk.
        Desktop = "desktop",
        /// As in a hand.
        Mobile = "mobile",
    }
}

/// Which part of a page, in per cent of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct AreaCoordinates {
    pub percent_x: f64,
    pub percent_y: f64,
    pub percent_width: f64,
    pub percent_height: f64,
}

/// A tag, as a monitor has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MonitorTag {
    pub id: TagId,
    pub name: String,
    pub color: Option<String>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub monitors: Vec<TaggedMonitor>,
}

/// A monitor, as its tag has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct TaggedMonitor {
    pub id: Id<Monitor>,
    pub friendly_name: Option<String>,
    pub status: Option<MonitorStatus>,
    pub url: Option<String>,
}

/// What failed last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct LastIncident {
    pub id: IncidentId,
    pub status: Option<IncidentStatus>,
    /// An HTTP status, or one of the service's own numbers: see [`IncidentSummary::cause`](crate::incidents::IncidentSummary::cause).
    pub cause: Option<i64>,
    pub reason: Option<String>,
    /// As the service writes it.
    pub started_at: Option<String>,
    /// Seconds.
    pub duration: Option<f64>,
}

/// How a day went, in equal parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct LastDayUptimes {
    /// Seconds.
    pub bucket_size: Option<f64>,
    pub total_changes: Option<u64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub histogram: Vec<UptimeBucket>,
}

/// A part of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UptimeBucket {
    /// Seconds since 1970.
    pub timestamp: Option<i64>,
    /// Per cent.
    pub uptime: Option<f64>,
    pub changes: Option<u64>,
}
