//! A typed client of the [UptimeRobot API](https://uptimerobot.com/api/v3/): monitors, incidents, maintenance windows and
//! public status pages.
//!
//! ```
//! use howdah_uptimerobot::{UptimeRobot, monitors::{HttpMonitor, MonitorFilter}};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeUptimeRobot::new();
//! # let robot = fake.client();
//! # if false {
//! let robot = UptimeRobot::new(std::env::var("UPTIMEROBOT_API_KEY").unwrap())?;
//! # }
//! robot.monitors().create(HttpMonitor::new("vmst.io", 60u32, "https://vmst.io/health", 30u32)).await?;
//! for monitor in robot.monitors().list(MonitorFilter::new()).all().await? {
//!     println!("{} {:?}", monitor.friendly_name, monitor.status);
//! }
//! # Ok(()) }
//! ```
//!
//! Each group of operations is reached through a method named after it. What an answer leaves out is `None` or empty; what a
//! later version of the API adds is ignored, and a new value of an enumeration is kept as `Other`. Enumerations that the
//! service sometimes writes as numbers are read either way.
//!
//! # Limits
//!
//! A free account has 10 calls a minute, a paid one twice its number of monitors. The client reads from each answer what is
//! left, spends it freely, and then waits, as long as its [`RetryPolicy`](howdah_core::http::RetryPolicy) allows.
//!
//! # What was written is not read at once
//!
//! A reading right after a change may show what was before it. [`Monitors::settled`](monitors::Monitors::settled) reads until
//! it shows what was written.
//!
//! # Errors
//!
//! One type for everything: [`howdah_core::Error`]. Its [`code`](howdah_core::Error::code) is the service's own, such as
//! `000-004`. What makes something is never repeated when its answer was lost, since it would be made twice;
//! [`Monitors::find`](monitors::Monitors::find) tells whether it was.
//!
//! # Testing
//!
//! With the feature `testing` there is a stateful fake of all of this, in process and on loopback.

mod dialect;
mod monitor;
#[cfg(feature = "testing")]
pub mod testing;
mod texts;

pub mod alert_contacts;
pub mod incidents;
pub mod integrations;
pub mod maintenance_windows;
pub mod meta;
pub mod monitor_groups;
pub mod monitors;
pub mod psps;
pub mod tags;
pub mod user;

use howdah_core::{
    Result, Secret,
    http::{Api, ApiBuilder, Auth, Operation, Pagination},
    input,
};

pub use monitor::UptimeRobotMonitor;

/// The base URL of the service.
pub const PRODUCTION: &str = "https://api.uptimerobot.com/v3";

/// What is beside the versions of the API.
const ORIGIN: &str = "origin";

/// Monitors come 200 at a time, the most that there can be.
const PAGES: Pagination = pages("limit", 200);

/// Other lists come as many at a time as the service likes.
const CURSOR: Pagination = pages("", 0);

/// The link to the next page is taken for its cursor alone: the service writes it in more than one way.
const fn pages(size: &'static str, largest: u32) -> Pagination {
    Pagination::CursorOfLink { next: "/nextLink", cursor: "cursor", size: (size, largest) }
}

/// Every operation of the API by its group, for tools.
pub const OPERATIONS: &[(&str, &[&dyn Operation])] = &[
    ("alert_contacts", alert_contacts::OPERATIONS),
    ("incidents", incidents::OPERATIONS),
    ("integrations", integrations::OPERATIONS),
    ("maintenance_windows", maintenance_windows::OPERATIONS),
    ("meta", meta::OPERATIONS),
    ("monitor_groups", monitor_groups::OPERATIONS),
    ("monitors", monitors::OPERATIONS),
    ("monitors/bulk", monitors::bulk::OPERATIONS),
    ("monitors/stats", monitors::stats::OPERATIONS),
    ("monitors/storm_protection", monitors::storm_protection::OPERATIONS),
    ("psps", psps::OPERATIONS),
    ("psps/announcements", psps::announcements::OPERATIONS),
    ("tags", tags::OPERATIONS),
    ("user", user::OPERATIONS),
];

/// The client. Clones share connections, quotas and credentials.
#[derive(Clone, Debug)]
pub struct UptimeRobot {
    api: Api,
}

impl UptimeRobot {
    /// The service, with the account's main key, one that only reads, or one of a single monitor.
    pub fn new(key: impl Into<Secret>) -> Result<Self> {
        Self::builder(key).build().map(Self::from)
    }

    /// For another base URL, transport, patience or clock: `UptimeRobot::from(UptimeRobot::builder(key)….build()?)`.
    pub fn builder(key: impl Into<Secret>) -> ApiBuilder {
        Api::builder(&dialect::UPTIMEROBOT, PRODUCTION).auth(Auth::bearer(key))
    }

    /// The API below, for operations that this crate does not have.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// People who are told of failures.
    pub fn alert_contacts(&self) -> alert_contacts::AlertContacts {
        alert_contacts::AlertContacts(self.api.clone())
    }

    /// What failed.
    pub fn incidents(&self) -> incidents::Incidents {
        incidents::Incidents(self.api.clone())
    }

    /// Services that are told of failures.
    pub fn integrations(&self) -> integrations::Integrations {
        integrations::Integrations(self.api.clone())
    }

    /// Times in which nobody is told of a failure.
    pub fn maintenance_windows(&self) -> maintenance_windows::MaintenanceWindows {
        maintenance_windows::MaintenanceWindows(self.api.clone())
    }

    /// What the service tells of itself.
    pub fn meta(&self) -> meta::Meta {
        meta::Meta(self.api.clone())
    }

    /// Monitors that belong together.
    pub fn monitor_groups(&self) -> monitor_groups::MonitorGroups {
        monitor_groups::MonitorGroups(self.api.clone())
    }

    /// What is looked at.
    pub fn monitors(&self) -> monitors::Monitors {
        monitors::Monitors(self.api.clone())
    }

    /// Public status pages.
    pub fn psps(&self) -> psps::Psps {
        psps::Psps(self.api.clone())
    }

    /// Names by which monitors are found.
    pub fn tags(&self) -> tags::Tags {
        tags::Tags(self.api.clone())
    }

    /// The account.
    pub fn user(&self) -> user::Users {
        user::Users(self.api.clone())
    }
}

impl From<Api> for UptimeRobot {
    fn from(api: Api) -> Self {
        let base = api.base_url().trim_end_matches('/');
        let origin = base.strip_suffix("/v3").unwrap_or(base).to_owned();
        // It is a part of what was checked already.
        let _ = api.set_base(ORIGIN, &origin);
        Self { api }
    }
}

input! {
    /// A body that says nothing, where the service wants one.
    pub struct Empty {} optional {}
}
