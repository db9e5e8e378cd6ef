//! Times in which nobody is told of a failure.
//!
//! ```
//! use howdah_uptimerobot::maintenance_windows::{MaintenanceInterval, NewMaintenanceWindow};
//! use jiff::civil::{date, time};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! let windows = robot.maintenance_windows();
//! let window = NewMaintenanceWindow::new(
//!     "updates", MaintenanceInterval::Once, date(2026, 12, 1), time(3, 0, 0, 0), 30u32,
//! );
//! let window = windows.create(window.with_auto_add_monitors(true)).await?;
//! windows.delete(window.id).await?;
//! # Ok(()) }
//! ```
//!
//! Dates and times are in the time zone that the account is set to. A window that is not there is
//! [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, null_as_default},
    input, open_enum,
};
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::{CURSOR, monitors::MonitorId};

endpoints! {
    LIST:   ()                      => Vec<MaintenanceWindow> = get("/maintenance-windows").envelope("data").pages(CURSOR);
    CREATE: NewMaintenanceWindow    => MaintenanceWindow      = post("/maintenance-windows").status(201);
    GET:    ()                      => MaintenanceWindow      = get("/maintenance-windows/{id}");
    UPDATE: MaintenanceWindowUpdate => MaintenanceWindow      = patch("/maintenance-windows/{id}");
    DELETE: ()                      => ()                     = delete("/maintenance-windows/{id}").status(204);
}

/// The maintenance windows. Reach them through [`UptimeRobot::maintenance_windows`](crate::UptimeRobot::maintenance_windows).
#[derive(Clone, Debug)]
pub struct MaintenanceWindows(pub(crate) Api);

impl MaintenanceWindows {
    /// Streams the account's windows.
    ///
    /// `GET /maintenance-windows`
    pub fn list(&self) -> Pages<MaintenanceWindow> {
        self.0.pages(&LIST, [], ())
    }

    /// Makes a window.
    ///
    /// `POST /maintenance-windows`
    pub fn create(&self, window: NewMaintenanceWindow) -> Call<MaintenanceWindow> {
        self.0.send(&CREATE, [], window)
    }

    /// Reads a window.
    ///
    /// `GET /maintenance-windows/{id}`
    pub fn get(&self, window: MaintenanceWindowId) -> Call<MaintenanceWindow> {
        self.0.send(&GET, [&window], ())
    }

    /// Changes what is set in the update and leaves the rest.
    ///
    /// `PATCH /maintenance-windows/{id}`
    pub fn update(&self, window: MaintenanceWindowId, update: MaintenanceWindowUpdate) -> Call<MaintenanceWindow> {
        self.0.send(&UPDATE, [&window], update)
    }

    /// Removes a window.
    ///
    /// `DELETE /maintenance-windows/{id}`
    pub fn delete(&self, window: MaintenanceWindowId) -> Call<()> {
        self.0.send(&DELETE, [&window], ())
    }
}

/// The number of a maintenance window.
pub type MaintenanceWindowId = Id<MaintenanceWindow>;

/// A time in which nobody is told of a failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct MaintenanceWindow {
    pub id: MaintenanceWindowId,
    pub user_id: Option<u64>,
    pub name: Option<String>,
    pub interval: Option<MaintenanceInterval>,
    /// As the service writes it, such as `2026-12-01`.
    pub date: Option<String>,
    /// As the service writes it, such as `03:00:00`.
    pub time: Option<String>,
    /// Minutes.
    pub duration: Option<f64>,
    /// Whether all monitors are in it, those to come too.
    pub auto_add_monitors: Option<bool>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub monitor_ids: Vec<MonitorId>,
    /// As in [`NewMaintenanceWindow::days`].
    #[serde(default, deserialize_with = "null_as_default")]
    pub days: Vec<i8>,
    pub status: Option<MaintenanceStatus>,
    /// As the service writes it.
    pub created: Option<String>,
}

open_enum! {
    /// How often a window comes.
    pub enum MaintenanceInterval {
        /// Once.
        Once = "once",
        /// Each day.
        Daily = "daily",
        /// On days of the week.
        Weekly = "weekly",
        /// On days of the month.
        Monthly = "monthly",
    }
}

open_enum! {
    /// Whether a window is heeded.
    pub enum MaintenanceStatus {
        /// It is.
        Active = "active",
        /// It is not.
        Paused = "paused",
    }
}

input! {
    /// A window to make.
    #[serde(rename_all = "camelCase")]
    pub struct NewMaintenanceWindow {
        /// At least three characters.
        name: String,
        interval: MaintenanceInterval,
        date: Date,
        time: Time,
        /// Minutes.
        duration: u32,
    } optional {
        /// Whether all monitors are in it, those to come too.
        auto_add_monitors: bool,
        /// Of a week 1 for Monday to 7, of a month 1 to 31, or -1 for its last.
        days: Vec<i8>,
        monitor_ids: Vec<MonitorId>,
    }
}

input! {
    /// What changes in a window.
    #[serde(rename_all = "camelCase")]
    pub struct MaintenanceWindowUpdate {} optional {
        name: String,
        interval: MaintenanceInterval,
        date: Date,
        time: Time,
        /// Minutes.
        duration: u32,
        /// As in [`NewMaintenanceWindow::days`].
        days: Vec<i8>,
        monitor_ids: Vec<MonitorId>,
        status: MaintenanceStatus,
    }
}
