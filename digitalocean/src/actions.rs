//! What was done in the account, and what is still going on.
//!
//! ```
//! # use howdah_digitalocean::{droplets::NewDroplet, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let created = ocean.droplets().create(NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1")).await?;
//! # let id = created.action().unwrap();
//! // The number of an action is all that another process needs to wait for it.
//! let action = ocean.actions().follow(id).await?;
//! assert!(action.completed_at.is_some());
//! # Ok(()) }
//! ```
//!
//! An action that is waited for and fails is an error with [`Outcome::Refused`](howdah_core::Outcome::Refused).

use std::time::Duration;

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, Pending, Stage, Staged, null_as_default},
    open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    PAGES,
    regions::{Region, RegionSlug},
};

endpoints! {
    LIST: () => Vec<Action> = get("/v2/actions").envelope("actions").pages(PAGES).headers(RESERVED);
    GET:  () => Action      = get("/v2/actions/{action_id}").envelope("action").headers(RESERVED);
}

/// Addresses are called reserved in the answers, and not floating.
const RESERVED: &[(&str, &str)] = &[("accept", "application/vnd.digitalocean.reserveip+json")];

/// The actions group. Reach it through [`DigitalOcean::actions`](crate::DigitalOcean::actions).
#[derive(Clone, Debug)]
pub struct Actions(pub(crate) Api);

impl Actions {
    /// Streams everything that was ever done in the account, the latest first.
    ///
    /// `GET /v2/actions`
    pub fn list(&self) -> Pages<Action> {
        self.0.pages(&LIST, [], ())
    }

    /// Reads how far an action has come.
    ///
    /// `GET /v2/actions/{action_id}`
    pub fn get(&self, action: ActionId) -> Call<Action> {
        self.0.send(&GET, [&action], ())
    }

    /// Waits for an action that was begun elsewhere.
    ///
    /// `GET /v2/actions/{action_id}`
    pub fn follow(&self, action: ActionId) -> Pending<Action> {
        let actions = self.clone();
        let pending = Pending::attached(move || actions.get(action)).appearing_within(APPEARING);
        pending.named(format!("digitalocean: the action {action}")).every(FIRST_LOOK, LAST_LOOK)
    }

    /// An action that was just begun.
    pub(crate) fn begun(&self, action: Action) -> Pending<Action> {
        self.follow(action.id).seen(action)
    }
}

/// What was just made may not be found everywhere for so long.
pub(crate) const APPEARING: Duration = Duration::from_secs(60);

/// Looking costs calls of everyone's quota.
pub(crate) const FIRST_LOOK: Duration = Duration::from_secs(5);
pub(crate) const LAST_LOOK: Duration = Duration::from_secs(20);

/// The number of an action.
pub type ActionId = Id<Action>;

/// Something that takes its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Action {
    pub id: ActionId,
    pub status: ActionStatus,
    /// Such as `create`, `power_off` or `transfer`.
    #[serde(rename = "type")]
    pub action_type: Option<String>,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    /// The number of what it is about, where that has one.
    pub resource_id: Option<u64>,
    /// Such as `droplet`, `image`, `volume` or `reserved_ip`.
    pub resource_type: Option<String>,
    pub region: Option<Region>,
    pub region_slug: Option<RegionSlug>,
    /// Of one on a reserved address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
}

open_enum! {
    /// How far an action has come.
    pub enum ActionStatus {
        /// It goes on.
        InProgress = "in-progress",
        /// It is done.
        Completed = "completed",
        /// It failed.
        Errored = "errored",
    }
}

impl Staged for Action {
    fn stage(&self) -> Stage {
        match self.status {
            ActionStatus::Completed => Stage::Done,
            ActionStatus::Errored => {
                let what = self.action_type.as_deref().unwrap_or("action");
                Stage::Failed(format!("the {what} has the status `errored`, and no more is said"))
            }
            _ => Stage::Running,
        }
    }
}

/// An action that an answer names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ActionLink {
    pub id: ActionId,
    /// What the action does, such as `create`.
    pub rel: Option<String>,
    /// Where it can be read.
    pub href: Option<String>,
}

/// The actions that a request began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ActionLinks {
    #[serde(default, deserialize_with = "null_as_default")]
    pub actions: Vec<ActionLink>,
}
