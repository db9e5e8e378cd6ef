//! Checks from outside whether something answers, and who is told when it does not.
//!
//! ```
//! use howdah_digitalocean::uptime::{AlertSettings, AlertType, CheckType, NewCheck, Notifications, Period};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let uptime = ocean.uptime();
//! let check = NewCheck::new("site", CheckType::Https, "https://vmst.io/health", ["us_east".into(), "eu_west".into()], true);
//! let check = uptime.create(check).await?;
//! let to = Notifications { email: vec!["admin@vmst.io".into()], ..Notifications::default() };
//! uptime.create_alert(&check.id, AlertSettings::new("down", AlertType::DownGlobal, Period::TwoMinutes, to)).await?;
//!
//! let state = uptime.state(&check.id).await?;
//! for (region, seen) in &state.regions {
//!     println!("{region}: {:?}", seen.status);
//! }
//! # Ok(()) }
//! ```
//!
//! A check or alert that is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use std::collections::BTreeMap;

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pages, null_as_default},
    input, open_enum, secret,
};
use serde::{Deserialize, Serialize};

use crate::PAGES;

endpoints! {
    LIST:         ()          => Vec<Check> = get("/v2/uptime/checks").envelope("checks").pages(PAGES);
    CREATE:       NewCheck    => Check      = post("/v2/uptime/checks").envelope("check").status(201);
    GET:          ()          => Check      = get("/v2/uptime/checks/{check_id}").envelope("check");
    UPDATE:       CheckUpdate => Check      = put("/v2/uptime/checks/{check_id}").envelope("check");
    DELETE:       ()          => ()         = delete("/v2/uptime/checks/{check_id}").status(204);
    GET_STATE:    ()          => CheckState = get("/v2/uptime/checks/{check_id}/state").envelope("state");
    LIST_ALERTS:  ()          => Vec<Alert> = get("/v2/uptime/checks/{check_id}/alerts").envelope("alerts").pages(PAGES);
    CREATE_ALERT: AlertSettings => Alert      = post("/v2/uptime/checks/{check_id}/alerts").envelope("alert").status(201);
    GET_ALERT:    ()          => Alert      = get("/v2/uptime/checks/{check_id}/alerts/{alert_id}").envelope("alert");
    UPDATE_ALERT: AlertSettings => Alert      = put("/v2/uptime/checks/{check_id}/alerts/{alert_id}").envelope("alert");
    DELETE_ALERT: ()          => ()         = delete("/v2/uptime/checks/{check_id}/alerts/{alert_id}").status(204);
}

/// The uptime group. Reach it through [`DigitalOcean::uptime`](crate::DigitalOcean::uptime).
#[derive(Clone, Debug)]
pub struct Uptime(pub(crate) Api);

impl Uptime {
    /// Streams the account's checks.
    ///
    /// `GET /v2/uptime/checks`
    pub fn list(&self) -> Pages<Check> {
        self.0.pages(&LIST, [], ())
    }

    /// Begins to check something.
    ///
    /// `POST /v2/uptime/checks`
    pub fn create(&self, check: NewCheck) -> Call<Check> {
        self.0.send(&CREATE, [], check)
    }

    /// Reads what a check looks at.
    ///
    /// `GET /v2/uptime/checks/{check_id}`
    pub fn get(&self, check: &CheckId) -> Call<Check> {
        self.0.send(&GET, [check], ())
    }

    /// Changes a check.
    ///
    /// `PUT /v2/uptime/checks/{check_id}`
    pub fn update(&self, check: &CheckId, update: CheckUpdate) -> Call<Check> {
        self.0.send(&UPDATE, [check], update)
    }

    /// Ends a check, and its alerts.
    ///
    /// `DELETE /v2/uptime/checks/{check_id}`
    pub fn delete(&self, check: &CheckId) -> Call<()> {
        self.0.send(&DELETE, [check], ())
    }

    /// Reads what a check sees, region by region.
    ///
    /// `GET /v2/uptime/checks/{check_id}/state`
    pub fn state(&self, check: &CheckId) -> Call<CheckState> {
        self.0.send(&GET_STATE, [check], ())
    }

    /// Streams a check's alerts.
    ///
    /// `GET /v2/uptime/checks/{check_id}/alerts`
    pub fn list_alerts(&self, check: &CheckId) -> Pages<Alert> {
        self.0.pages(&LIST_ALERTS, [check], ())
    }

    /// Says who is told of what.
    ///
    /// `POST /v2/uptime/checks/{check_id}/alerts`
    pub fn create_alert(&self, check: &CheckId, alert: AlertSettings) -> Call<Alert> {
        self.0.send(&CREATE_ALERT, [check], alert)
    }

    /// Reads an alert.
    ///
    /// `GET /v2/uptime/checks/{check_id}/alerts/{alert_id}`
    pub fn alert(&self, check: &CheckId, alert: &AlertId) -> Call<Alert> {
        self.0.send(&GET_ALERT, [check, alert], ())
    }

    /// Replaces an alert.
    ///
    /// `PUT /v2/uptime/checks/{check_id}/alerts/{alert_id}`
    pub fn update_alert(&self, check: &CheckId, alert: &AlertId, settings: AlertSettings) -> Call<Alert> {
        self.0.send(&UPDATE_ALERT, [check, alert], settings)
    }

    /// Ends an alert.
    ///
    /// `DELETE /v2/uptime/checks/{check_id}/alerts/{alert_id}`
    pub fn delete_alert(&self, check: &CheckId, alert: &AlertId) -> Call<()> {
        self.0.send(&DELETE_ALERT, [check, alert], ())
    }
}

/// The UUID of a check.
pub type CheckId = Id<Check, String>;

/// A check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Check {
    pub id: CheckId,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub check_type: Option<CheckType>,
    /// A URL, or a host for `ping`.
    pub target: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub regions: Vec<CheckRegion>,
    pub enabled: Option<bool>,
}

open_enum! {
    /// How something is checked.
    pub enum CheckType {
        /// By ICMP.
        Ping = "ping",
        /// By a request.
        Http = "http",
        /// By a request in TLS.
        Https = "https",
    }
}

open_enum! {
    /// From where something is checked.
    pub enum CheckRegion {
        /// The east of the United States.
        UsEast = "us_east",
        /// The west of the United States.
        UsWest = "us_west",
        /// The west of Europe.
        EuWest = "eu_west",
        /// The south-east of Asia.
        SeAsia = "se_asia",
    }
}

input! {
    /// Something to check.
    pub struct NewCheck {
        name: String,
        #[serde(rename = "type")]
        check_type: CheckType,
        /// A URL, or a host for `ping`.
        target: String,
        regions: Vec<CheckRegion>,
        enabled: bool,
    } optional {}
}

input! {
    /// What changes in a check.
    pub struct CheckUpdate {} optional {
        name: String,
        #[serde(rename = "type")]
        check_type: CheckType,
        target: String,
        regions: Vec<CheckRegion>,
        enabled: bool,
    }
}

/// What a check sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CheckState {
    #[serde(default, deserialize_with = "null_as_default")]
    pub regions: BTreeMap<String, RegionState>,
    pub previous_outage: Option<Outage>,
}

/// What a check sees from a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RegionState {
    pub status: Option<RegionStatus>,
    pub status_changed_at: Option<String>,
    /// Per cent.
    pub thirty_day_uptime_percentage: Option<f64>,
}

open_enum! {
    /// Whether something answers.
    pub enum RegionStatus {
        /// It does not.
        Down = "DOWN",
        /// It does.
        Up = "UP",
        /// It is being asked for the first time.
        Checking = "CHECKING",
    }
}

/// The last time that something did not answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Outage {
    pub region: Option<String>,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub duration_seconds: Option<u64>,
}

/// The UUID of an alert.
pub type AlertId = Id<Alert, String>;

/// Who is told of what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Alert {
    pub id: AlertId,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub alert_type: Option<AlertType>,
    /// Milliseconds of latency, or days until a certificate expires.
    pub threshold: Option<u64>,
    pub comparison: Option<Comparison>,
    pub notifications: Option<Notifications>,
    /// How long it must last.
    pub period: Option<Period>,
}

open_enum! {
    /// What someone is told of.
    pub enum AlertType {
        /// It answers slowly.
        Latency = "latency",
        /// A region gets no answer.
        Down = "down",
        /// No region gets an answer.
        DownGlobal = "down_global",
        /// Its certificate expires soon.
        SslExpiry = "ssl_expiry",
    }
}

open_enum! {
    /// On which side of the threshold.
    pub enum Comparison {
        /// Above.
        GreaterThan = "greater_than",
        /// Below.
        LessThan = "less_than",
    }
}

open_enum! {
    /// How long something must last.
    pub enum Period {
        /// Two minutes.
        TwoMinutes = "2m",
        /// Three minutes.
        ThreeMinutes = "3m",
        /// Five minutes.
        FiveMinutes = "5m",
        /// Ten minutes.
        TenMinutes = "10m",
        /// A quarter of an hour.
        FifteenMinutes = "15m",
        /// Half an hour.
        ThirtyMinutes = "30m",
        /// An hour.
        OneHour = "1h",
    }
}

/// Who is told, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Notifications {
    #[serde(default, deserialize_with = "null_as_default")]
    pub email: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub slack: Vec<SlackChannel>,
}

/// A channel at Slack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SlackChannel {
    pub channel: String,
    /// Whoever has it may write there.
    #[serde(serialize_with = "secret::expose")]
    pub url: Secret,
}

input! {
    /// Who is to be told of what. An update says all of it.
    pub struct AlertSettings {
        name: String,
        #[serde(rename = "type")]
        alert_type: AlertType,
        /// How long it must last.
        period: Period,
        notifications: Notifications,
    } optional {
        /// Milliseconds of latency, or days until a certificate expires.
        threshold: u64,
        comparison: Comparison,
    }
}
