//! What monitors saw, in numbers.
//!
//! ```
//! use howdah_uptimerobot::monitors::stats::{Period, ResponseTimeFilter, TimeFrame, UptimeStatsFilter};
//! # use howdah_uptimerobot::{monitors::HttpMonitor, testing::FakeUptimeRobot};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! # let site = robot.monitors().create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await?;
//! let stats = robot.monitors().stats();
//! let month = stats.account(UptimeStatsFilter::new(TimeFrame::Month)).await?;
//! let site_up = stats.uptime(site.id, Period::new()).await?;
//! println!("{:.3} % of all, {:.3} % of the site", 100.0 * month.overall_uptime.unwrap_or(0.0), site_up.uptime.unwrap_or(0.0));
//! let times = stats.response_time(site.id, ResponseTimeFilter::new().with_include_time_series(true)).await?;
//! # assert!(times.summary.is_some());
//! # Ok(()) }
//! ```
//!
//! The account's uptime is a part of one; a monitor's is per cent. A monitor that is not there is
//! [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    endpoints,
    http::{Api, Call, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::MonitorId;

endpoints! {
    ACCOUNT:       UptimeStatsFilter     => UptimeStats         = get("/monitors/uptime-stats");
    UPTIME:        Period                => MonitorUptimeStats  = get("/monitors/{id}/stats/uptime");
    RESPONSE_TIME: ResponseTimeFilter    => ResponseTimeStats   = get("/monitors/{id}/stats/response-time");
    BY_REGION:     RegionsFilter         => RegionalStats       = get("/monitors/{id}/stats/response-time/all");
}

/// The statistics. Reach them through [`Monitors::stats`](super::Monitors::stats).
#[derive(Clone, Debug)]
pub struct Stats(pub(super) Api);

impl Stats {
    /// Sums up all monitors.
    ///
    /// `GET /monitors/uptime-stats`
    pub fn account(&self, filter: UptimeStatsFilter) -> Call<UptimeStats> {
        self.0.send(&ACCOUNT, [], filter)
    }

    /// Tells how much of a time a monitor was up: the last day, if none is given.
    ///
    /// `GET /monitors/{id}/stats/uptime`
    pub fn uptime(&self, monitor: MonitorId, period: Period) -> Call<MonitorUptimeStats> {
        self.0.send(&UPTIME, [&monitor], period)
    }

    /// Tells how quickly a monitor was answered: in the last day, if no other time is given.
    ///
    /// `GET /monitors/{id}/stats/response-time`
    pub fn response_time(&self, monitor: MonitorId, filter: ResponseTimeFilter) -> Call<ResponseTimeStats> {
        self.0.send(&RESPONSE_TIME, [&monitor], filter)
    }

    /// The same for each region.
    ///
    /// `GET /monitors/{id}/stats/response-time/all`
    pub fn response_time_by_region(&self, monitor: MonitorId, filter: RegionsFilter) -> Call<RegionalStats> {
        self.0.send(&BY_REGION, [&monitor], filter)
    }
}

input! {
    /// Which time is summed up.
    #[serde(rename_all = "camelCase")]
    pub struct UptimeStatsFilter {
        time_frame: TimeFrame,
    } optional {
        /// Seconds since 1970; with [`TimeFrame::Custom`] alone.
        start: i64,
        /// Seconds since 1970; with [`TimeFrame::Custom`] alone.
        end: i64,
        /// 1 to 500; 50 if it is not said.
        log_limit: u32,
    }
}

open_enum! {
    /// A time that ends now.
    pub enum TimeFrame {
        /// A day.
        Day = "DAY",
        /// A week.
        Week = "WEEK",
        /// A month of the calendar.
        Month = "MONTH",
        /// Thirty days.
        Days30 = "DAYS_30",
        /// A year.
        Year = "YEAR",
        /// As long as there are monitors.
        All = "ALL",
        /// From a start to an end.
        Custom = "CUSTOM",
    }
}

input! {
    /// From when to when.
    pub struct Period {} optional {
        from: Timestamp,
        to: Timestamp,
    }
}

input! {
    /// From when to when, and from where.
    #[serde(rename_all = "camelCase")]
    pub struct ResponseTimeFilter {} optional {
        from: Timestamp,
        to: Timestamp,
        include_time_series: bool,
        region: StatsRegion,
    }
}

input! {
    /// From when to when.
    #[serde(rename_all = "camelCase")]
    pub struct RegionsFilter {} optional {
        from: Timestamp,
        to: Timestamp,
        include_time_series: bool,
    }
}

open_enum! {
    /// From where it was looked.
    #[allow(missing_docs)]
    pub enum StatsRegion {
        NorthAmerica = "na",
        Europe = "eu",
        Asia = "as",
        Oceania = "oc",
        All = "all",
    }
}

/// All monitors, summed up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct UptimeStats {
    /// 0 to 1.
    pub overall_uptime: Option<f64>,
    pub total_incidents: Option<u64>,
    /// Seconds.
    pub total_time_without_incidents: Option<f64>,
    pub affected_monitors: Option<u64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub logs: Vec<UptimeLog>,
    /// Seconds between two failures.
    pub mtbf: Option<f64>,
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UptimeLog {
    #[serde(rename = "type")]
    pub log_type: Option<UptimeLogType>,
    /// As the service writes it.
    pub datetime: Option<String>,
    /// Seconds.
    pub duration: Option<f64>,
}

open_enum! {
    /// What went wrong.
    pub enum UptimeLogType {
        /// There was no answer.
        Downtime = "DOWNTIME",
        /// It came late.
        SlowResponse = "SLOW_RESPONSE",
    }
}

/// How much of a time a monitor was up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MonitorUptimeStats {
    /// Per cent.
    pub uptime: Option<f64>,
    pub total_downtime_seconds: Option<f64>,
    pub incident_count: Option<u64>,
    /// Seconds between two failures.
    pub mtbf: Option<f64>,
    /// As the service writes it.
    pub from: Option<String>,
    /// As the service writes it.
    pub to: Option<String>,
}

/// How quickly a monitor was answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ResponseTimeStats {
    pub summary: Option<ResponseTimeSummary>,
    /// How many answers it is about.
    pub data_points: Option<u64>,
    /// As the service writes it.
    pub from: Option<String>,
    /// As the service writes it.
    pub to: Option<String>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub time_series: Vec<ResponseTime>,
}

/// Milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ResponseTimeSummary {
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub avg: Option<f64>,
}

/// How quickly a monitor was answered at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ResponseTime {
    /// As the service writes it.
    pub timestamp: Option<String>,
    /// Milliseconds.
    pub value: Option<f64>,
}

/// How quickly a monitor was answered, by region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RegionalStats {
    pub na: Option<ResponseTimeStats>,
    pub eu: Option<ResponseTimeStats>,
    #[serde(rename = "as")]
    pub asia: Option<ResponseTimeStats>,
    pub oc: Option<ResponseTimeStats>,
    pub all: Option<ResponseTimeStats>,
    /// As the service writes it.
    pub from: Option<String>,
    /// As the service writes it.
    pub to: Option<String>,
}
