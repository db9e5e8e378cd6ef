//! Monitors that belong together.
//!
//! ```
//! use howdah_uptimerobot::monitor_groups::{MonitorGroupName, NewMonitorGroup};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! let groups = robot.monitor_groups();
//! let web = groups.create(NewMonitorGroup::new("web")).await?;
//! groups.update(web.id, MonitorGroupName::new().with_name("front ends")).await?;
//! groups.delete(web.id, None).await?;
//! # Ok(()) }
//! ```
//!
//! A group that is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, Query},
    input,
};
use serde::{Deserialize, Serialize};

use crate::{CURSOR, monitors::MonitorId};

endpoints! {
    LIST:   ()               => Vec<MonitorGroup> = get("/monitor-groups").envelope("data").pages(CURSOR);
    CREATE: NewMonitorGroup  => MonitorGroup      = post("/monitor-groups").status(201);
    GET:    ()               => MonitorGroup      = get("/monitor-groups/{id}");
    UPDATE: MonitorGroupName => MonitorGroup      = patch("/monitor-groups/{id}");
    DELETE: Query<Successor> => ()                = delete("/monitor-groups/{id}").status(204);
}

/// The monitor groups. Reach them through [`UptimeRobot::monitor_groups`](crate::UptimeRobot::monitor_groups).
#[derive(Clone, Debug)]
pub struct MonitorGroups(pub(crate) Api);

impl MonitorGroups {
    /// Streams the account's groups.
    ///
    /// `GET /monitor-groups`
    pub fn list(&self) -> Pages<MonitorGroup> {
        self.0.pages(&LIST, [], ())
    }

    /// Makes a group.
    ///
    /// `POST /monitor-groups`
    pub fn create(&self, group: NewMonitorGroup) -> Call<MonitorGroup> {
        self.0.send(&CREATE, [], group)
    }

    /// Reads a group.
    ///
    /// `GET /monitor-groups/{id}`
    pub fn get(&self, group: MonitorGroupId) -> Call<MonitorGroup> {
        self.0.send(&GET, [&group], ())
    }

    /// Gives a group another name.
    ///
    /// `PATCH /monitor-groups/{id}`
    pub fn update(&self, group: MonitorGroupId, name: MonitorGroupName) -> Call<MonitorGroup> {
        self.0.send(&UPDATE, [&group], name)
    }

    /// Removes a group. Its monitors go to another one, or to none.
    ///
    /// `DELETE /monitor-groups/{id}`
    pub fn delete(&self, group: MonitorGroupId, monitors_go_to: Option<MonitorGroupId>) -> Call<()> {
        self.0.send(&DELETE, [&group], Query(Successor { monitors_new_group_id: monitors_go_to }))
    }
}

/// The number of a group; 0 stands for none.
pub type MonitorGroupId = Id<MonitorGroup>;

/// Monitors that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct MonitorGroup {
    pub id: MonitorGroupId,
    pub name: Option<String>,
    /// As the service writes it.
    pub created_at: Option<String>,
    /// As the service writes it.
    pub updated_at: Option<String>,
}

input! {
    /// A group to make.
    #[serde(rename_all = "camelCase")]
    pub struct NewMonitorGroup {
        name: String,
    } optional {
        monitor_ids: Vec<MonitorId>,
        /// Groups whose monitors it takes over.
        group_ids: Vec<MonitorGroupId>,
    }
}

input! {
    /// Another name for a group.
    pub struct MonitorGroupName {} optional {
        name: String,
    }
}

input! {
    /// Where a group's monitors go.
    #[serde(rename_all = "camelCase")]
    pub struct Successor {} optional {
        monitors_new_group_id: MonitorGroupId,
    }
}
