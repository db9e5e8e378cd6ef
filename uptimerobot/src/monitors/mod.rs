//! Monitors: what is looked at, how often, and what is seen.
//!
//! ```
//! use howdah_uptimerobot::monitors::{HttpMonitor, MonitorFilter, MonitorUpdate};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! let monitors = robot.monitors();
//! let site = monitors.create(HttpMonitor::new("vmst.io", 60u32, "https://vmst.io/health", 30u32)).await?;
//! monitors.update(site.id, MonitorUpdate::new().with_interval(300u32)).await?;
//! monitors.pause(site.id).await?;
//!
//! for monitor in monitors.list(MonitorFilter::new().with_name("vmst")).all().await? {
//!     println!("{} {:?}", monitor.friendly_name, monitor.status);
//! }
//! # Ok(()) }
//! ```
//!
//! What a plan does not include, such as an interval below five minutes, is
//! [`PlanRequired`](howdah_core::ErrorKind::PlanRequired); a monitor that is not there, or another account's, is
//! [`NotFound`](howdah_core::ErrorKind::NotFound) or [`Forbidden`](howdah_core::ErrorKind::Forbidden). A reading right after
//! a change may show what was before it: see [`settled`](Monitors::settled).

pub mod bulk;
mod kinds;
mod models;
pub mod stats;
pub mod storm_protection;

use std::{collections::BTreeMap, time::Duration};

use howdah_core::{
    Error, ErrorKind, Id, Outcome, Secret, endpoints,
    http::{Api, Call, Pages},
    input,
};
use serde_json::Value;

pub use kinds::{
    ApiMonitor, DnsMonitor, HeartbeatMonitor, HttpMonitor, KeywordMonitor, NewMonitor, PingMonitor, PortMonitor,
    UdpMonitor, VisualComparisonMonitor,
};
pub use models::*;

use crate::{Empty, PAGES, monitor_groups::MonitorGroupId, texts::case_number};

endpoints! {
    LIST:   MonitorFilter => Vec<Monitor> = get("/monitors").envelope("data").pages(PAGES);
    CREATE: NewMonitor    => Monitor      = post("/monitors").status(201);
    GET:    ()            => Monitor      = get("/monitors/{id}");
    UPDATE: MonitorUpdate => Monitor      = patch("/monitors/{id}");
    DELETE: ()            => ()           = delete("/monitors/{id}");
    RESET:  Empty         => ()           = post("/monitors/{id}/reset").status(201);
    PAUSE:  Empty         => Monitor      = post("/monitors/{id}/pause").status(201).idempotent();
    START:  Empty         => Monitor      = post("/monitors/{id}/start").status(201).idempotent();
}

/// The monitors group. Reach it through [`UptimeRobot::monitors`](crate::UptimeRobot::monitors).
#[derive(Clone, Debug)]
pub struct Monitors(pub(crate) Api);

impl Monitors {
    /// Streams the account's monitors.
    ///
    /// `GET /monitors`
    pub fn list(&self, filter: MonitorFilter) -> Pages<Monitor> {
        self.0.pages(&LIST, [], filter)
    }

    /// Begins to look at something. Not repeated when the answer is lost: a second monitor would be made.
    ///
    /// `POST /monitors`
    pub fn create(&self, monitor: impl Into<NewMonitor>) -> Call<Monitor> {
        self.0.send(&CREATE, [], monitor.into())
    }

    /// Reads a monitor.
    ///
    /// `GET /monitors/{id}`
    pub fn get(&self, monitor: MonitorId) -> Call<Monitor> {
        self.0.send(&GET, [&monitor], ())
    }

    /// Changes what is set in the update and leaves the rest.
    ///
    /// `PATCH /monitors/{id}`
    pub fn update(&self, monitor: MonitorId, update: MonitorUpdate) -> Call<Monitor> {
        self.0.send(&UPDATE, [&monitor], update)
    }

    /// Removes a monitor and what it saw.
    ///
    /// `DELETE /monitors/{id}`
    pub fn delete(&self, monitor: MonitorId) -> Call<()> {
        self.0.send(&DELETE, [&monitor], ())
    }

    /// Forgets what a monitor saw, and begins anew.
    ///
    /// `POST /monitors/{id}/reset`
    pub fn reset(&self, monitor: MonitorId) -> Call<()> {
        self.0.send(&RESET, [&monitor], Empty {})
    }

    /// Stops looking.
    ///
    /// `POST /monitors/{id}/pause`
    pub fn pause(&self, monitor: MonitorId) -> Call<Monitor> {
        self.0.send(&PAUSE, [&monitor], Empty {})
    }

    /// Looks again.
    ///
    /// `POST /monitors/{id}/start`
    pub fn start(&self, monitor: MonitorId) -> Call<Monitor> {
        self.0.send(&START, [&monitor], Empty {})
    }

    /// Reads a monitor until it shows what was written: a reading may be some seconds behind. After two minutes it is a
    /// [`Timeout`](howdah_core::ErrorKind::Timeout), although what was written is known to be applied.
    pub fn settled(
        &self,
        monitor: MonitorId,
        shows: impl Fn(&Monitor) -> bool + Send + Sync + 'static,
    ) -> Call<Monitor> {
        let monitors = self.clone();
        Call::new(async move {
            for attempt in 0..SETTLING {
                let seen = monitors.get(monitor).await?;
                if shows(&seen) {
                    return Ok(seen);
                }
                tokio::time::sleep(Duration::from_secs(1 << attempt)).await;
            }
            let why = "the change was applied, and reading it still shows what was before it: look again later";
            Err(Error::new(ErrorKind::Timeout, why).with_outcome(Outcome::Applied).with_provider("uptimerobot"))
        })
    }

    /// Reads the list until it has a monitor for which `is` holds, as a new one may not be in it at once; `None` after a
    /// quarter of a minute. For finding out whether a creation whose answer was lost was carried out.
    pub fn find(
        &self,
        filter: MonitorFilter,
        is: impl Fn(&Monitor) -> bool + Send + Sync + 'static,
    ) -> Call<Option<Monitor>> {
        let monitors = self.clone();
        Call::new(async move {
            for attempt in 0..4 {
                let all = monitors.list(filter.clone()).all().await?;
                if let Some(found) = all.into_iter().find(&is) {
                    return Ok(Some(found));
                }
                tokio::time::sleep(Duration::from_secs(1 << attempt)).await;
            }
            Ok(None)
        })
    }

    /// Changes to many monitors at a time.
    pub fn bulk(&self) -> bulk::Bulk {
        bulk::Bulk(self.0.clone())
    }

    /// What monitors saw, in numbers.
    pub fn stats(&self) -> stats::Stats {
        stats::Stats(self.0.clone())
    }

    /// Whether one message stands for many when much fails at a time.
    pub fn storm_protection(&self) -> storm_protection::StormProtection {
        storm_protection::StormProtection(self.0.clone())
    }
}

/// How often a change is looked for: waits of 1 to 64 seconds.
const SETTLING: u32 = 7;

/// The number of a monitor.
pub type MonitorId = Id<Monitor>;

input! {
    /// Narrows a list of monitors.
    #[serde(rename_all = "camelCase")]
    pub struct MonitorFilter {} optional {
        /// `key:value`, all of which must fit.
        #[serde(rename = "customField")]
        custom_fields: Vec<String>,
        group_id: MonitorGroupId,
        /// Any of these, with commas between them, such as `UP,DOWN`.
        status: String,
        /// A part of the name, in any case.
        name: String,
        /// A part of the URL, in any case.
        url: String,
        /// Any of these tags, with commas between them.
        tags: String,
        /// How many to fetch at a time: 200 at most.
        limit: u32,
    }
}

input! {
    /// What changes in a monitor. Lists and maps replace what was there; of the configuration only what is named.
    #[serde(rename_all = "camelCase")]
    pub struct MonitorUpdate {} optional {
        friendly_name: String,
        url: String,
        #[serde(rename = "type")]
        monitor_type: MonitorType,
        port: u16,
        keyword_type: KeywordType,
        #[serde(with = "case_number")]
        keyword_case_type: KeywordCaseType,
        keyword_value: String,
        /// Seconds, from 15 on; up to 31 days for a heartbeat.
        interval: u32,
        /// Seconds: up to 60.
        timeout: u32,
        /// Seconds that a heartbeat may be late: up to a day.
        grace_period: u32,
        http_username: String,
        #[serde(serialize_with = "howdah_core::secret::expose_option")]
        http_password: Secret,
        http_method_type: HttpMethodType,
        auth_type: AuthType,
        /// What is sent: text or an object.
        post_value_data: Value,
        post_value_type: PostValueType,
        assigned_alert_contacts: Vec<AssignedAlertContact>,
        #[serde(serialize_with = "crate::texts::expose_map_option")]
        custom_http_headers: BTreeMap<String, Secret>,
        /// Such as `2xx` or `404`; an empty list is `2xx` and `3xx`.
        success_http_response_codes: Vec<String>,
        #[serde(rename = "checkSSLErrors")]
        check_ssl_errors: bool,
        tag_names: Vec<String>,
        maintenance_windows_ids: Vec<crate::maintenance_windows::MaintenanceWindowId>,
        domain_expiration_reminder: bool,
        ssl_expiration_reminder: bool,
        follow_redirections: bool,
        /// Milliseconds above which an answer is slow: up to 60,000.
        response_time_threshold: u32,
        /// A single region, in the older manner.
        regional_data: Region,
        region_data: RegionData,
        /// 0 for none.
        group_id: MonitorGroupId,
        /// Up to 20.
        custom_fields: BTreeMap<String, String>,
        config: MonitorConfigUpdate,
    }
}
