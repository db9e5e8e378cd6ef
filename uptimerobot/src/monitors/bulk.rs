//! Changes to all monitors of a group or with a tag at a time.
//!
//! ```
//! use howdah_uptimerobot::{monitor_groups::NewMonitorGroup, monitors::{HttpMonitor, bulk::Selection}};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! # let group = robot.monitor_groups().create(NewMonitorGroup::new("web")).await?;
//! # let site = HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32).with_group_id(group.id);
//! # robot.monitors().create(site).await?;
//! let done = robot.monitors().bulk().pause(Selection::new().with_group_id(group.id)).await?;
//! for failed in done.failed() {
//!     println!("{}: {:?}", failed.monitor_id, failed.error);
//! }
//! # assert_eq!(done.total_success, 1);
//! # Ok(()) }
//! ```
//!
//! Such a call succeeds even when it could change nothing: look at [`BulkResult::failed`]. All of the account's monitors are
//! meant when neither a group nor a tag is given.

use std::collections::BTreeMap;

use howdah_core::{
    endpoints,
    http::{Api, Call, null_as_default},
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use super::{MonitorId, RegionData};
use crate::{monitor_groups::MonitorGroupId, tags::TagId};

endpoints! {
    PAUSE:  Selection  => BulkResult = post("/monitors/bulk/pause").status(201).idempotent();
    START:  Selection  => BulkResult = post("/monitors/bulk/start").status(201).idempotent();
    UPDATE: BulkUpdate => BulkResult = post("/monitors/bulk/update").status(201);
}

/// The bulk operations. Reach them through [`Monitors::bulk`](super::Monitors::bulk).
#[derive(Clone, Debug)]
pub struct Bulk(pub(super) Api);

impl Bulk {
    /// Stops looking.
    ///
    /// `POST /monitors/bulk/pause`
    pub fn pause(&self, selection: Selection) -> Call<BulkResult> {
        self.0.send(&PAUSE, [], selection)
    }

    /// Looks again.
    ///
    /// `POST /monitors/bulk/start`
    pub fn start(&self, selection: Selection) -> Call<BulkResult> {
        self.0.send(&START, [], selection)
    }

    /// Changes the same in all.
    ///
    /// `POST /monitors/bulk/update`
    pub fn update(&self, update: BulkUpdate) -> Call<BulkResult> {
        self.0.send(&UPDATE, [], update)
    }
}

input! {
    /// Which monitors are meant.
    #[serde(rename_all = "camelCase")]
    pub struct Selection {} optional {
        /// 0 for those in no group.
        group_id: MonitorGroupId,
        tag_id: TagId,
    }
}

input! {
    /// Which monitors are meant, and what changes in them.
    #[serde(rename_all = "camelCase")]
    pub struct BulkUpdate {} optional {
        /// 0 for those in no group.
        group_id: MonitorGroupId,
        tag_id: TagId,
        /// Seconds, from 15 on.
        interval: u32,
        /// Seconds: up to 60.
        timeout: u32,
        /// Seconds: up to a day.
        grace_period: u32,
        #[serde(rename = "checkSSLErrors")]
        check_ssl_errors: bool,
        domain_expiration_reminder: bool,
        ssl_expiration_reminder: bool,
        /// Milliseconds: up to 60,000.
        response_time_threshold: u32,
        regional_data: RegionData,
        custom_fields: BTreeMap<String, String>,
    }
}

/// What became of each monitor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct BulkResult {
    #[serde(default, deserialize_with = "null_as_default")]
    pub results: Vec<BulkItem>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_success: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_error: u64,
}

impl BulkResult {
    /// Those that were not changed.
    pub fn failed(&self) -> impl Iterator<Item = &BulkItem> {
        self.results.iter().filter(|item| item.status != BulkStatus::Success)
    }
}

/// What became of a monitor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct BulkItem {
    pub monitor_id: MonitorId,
    pub monitor_name: Option<String>,
    pub status: BulkStatus,
    /// Why it was not changed.
    pub error: Option<String>,
    pub code: Option<String>,
}

open_enum! {
    /// Whether a monitor was changed.
    pub enum BulkStatus {
        /// It was.
        Success = "success",
        /// It was not.
        Error = "error",
    }
}
