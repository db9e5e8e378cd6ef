//! What can be done with a Droplet: power, size, image, name, backups and snapshots.
//!
//! ```
//! # use howdah_digitalocean::{droplets::NewDroplet, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64");
//! # let droplet = ocean.droplets().create(new).await?.droplet;
//! # ocean.droplets().follow(droplet.id).await?;
//! let droplets = ocean.droplets();
//! // Memory and processors grow and can shrink again, since the disk stays as it is.
//! droplets.shutdown(droplet.id).await?.await?;
//! droplets.resize(droplet.id, "s-2vcpu-4gb", false).await?.await?;
//! droplets.power_on(droplet.id).await?.await?;
//!
//! // The action does not tell the snapshot's number: it is found by its name.
//! droplets.snapshot(droplet.id, "web-1 before the upgrade").await?.await?;
//! let snapshots = droplets.list_snapshots(droplet.id).all().await?;
//! assert!(snapshots.iter().any(|snapshot| snapshot.name.as_deref() == Some("web-1 before the upgrade")));
//! # Ok(()) }
//! ```
//!
//! The call ends when the action has begun, and what it returns is awaited until the action is done. Meanwhile the Droplet
//! is locked, and another action is refused as [`Invalid`](howdah_core::ErrorKind::Invalid) (422), as is resizing a
//! Droplet that is not powered off. None is repeated on a lost answer: [`list_actions`](Droplets::list_actions) tells
//! whether it has begun.

use std::future::ready;

use howdah_core::{
    endpoints,
    http::{Call, Pages, Pending, With},
};
use serde::{Deserialize, Serialize};

use super::{DropletId, Droplets, TaggedWith, backups::BackupPolicy};
use crate::{
    PAGES,
    actions::{APPEARING, Action, ActionId, Actions, FIRST_LOOK, LAST_LOOK},
    images::{ImageId, ImageRef},
};

endpoints! {
    LIST:          ()                           => Vec<Action> = get("/v2/droplets/{droplet_id}/actions").envelope("actions").pages(PAGES);
    CREATE:        DropletAction                => Action      = post("/v2/droplets/{droplet_id}/actions").envelope("action").status(201);
    CREATE_TAGGED: With<TaggedWith, BulkAction> => Vec<Action> = post("/v2/droplets/actions").envelope("actions").status(201);
    GET:           ()                           => Action      = get("/v2/droplets/{droplet_id}/actions/{action_id}").envelope("action");
}

impl Droplets {
    /// Powers a Droplet on.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn power_on(&self, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::PowerOn)
    }

    /// Cuts a Droplet's power, as pulling the plug does. Try [`shutdown`](Self::shutdown) first.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn power_off(&self, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::PowerOff)
    }

    /// Asks a Droplet's operating system to shut down. It may not heed that: the action fails, and the Droplet runs on.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn shutdown(&self, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::Shutdown)
    }

    /// Asks a Droplet's operating system to start anew.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn reboot(&self, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::Reboot)
    }

    /// Cuts a Droplet's power and powers it on again.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn power_cycle(&self, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::PowerCycle)
    }

    /// Gives root a new password, which comes by mail.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn password_reset(&self, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::PasswordReset)
    }

    /// Gives a Droplet an address of the newer kind. Its operating system has to be told of it by hand.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn enable_ipv6(&self, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::EnableIpv6)
    }

    /// Has backups made of a Droplet from now on: daily, unless the policy says otherwise.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn enable_backups(&self, droplet: DropletId, backup_policy: Option<BackupPolicy>) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::EnableBackups { backup_policy })
    }

    /// Has no more backups made of a Droplet.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn disable_backups(&self, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::DisableBackups)
    }

    /// Changes when backups are made of a Droplet that has them enabled.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn change_backup_policy(&self, droplet: DropletId, backup_policy: BackupPolicy) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::ChangeBackupPolicy { backup_policy })
    }

    /// Puts a Droplet's disk back to one of its backups or snapshots. What was written since is lost.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn restore(&self, droplet: DropletId, image: ImageId) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::Restore { image })
    }

    /// Changes the size of a Droplet that is powered off, and stays so. With `disk` the disk grows too, for good: it never
    /// shrinks, so that smaller sizes are out of reach from then on.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn resize(&self, droplet: DropletId, size: &str, disk: bool) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::Resize { size: size.to_owned(), disk })
    }

    /// Makes a Droplet anew from an image, with its addresses and number. What is on its disk is lost.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn rebuild(&self, droplet: DropletId, image: impl Into<ImageRef>) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::Rebuild { image: image.into() })
    }

    /// Gives a Droplet another name.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn rename(&self, droplet: DropletId, name: &str) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::Rename { name: name.to_owned() })
    }

    /// Has an old Droplet boot from another of [its kernels](Self::list_kernels).
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn change_kernel(&self, droplet: DropletId, kernel: u64) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::ChangeKernel { kernel })
    }

    /// Makes a snapshot of a Droplet, running or not. Afterwards it is found by its name, which should be unique, in
    /// [`list_snapshots`](Self::list_snapshots).
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn snapshot(&self, droplet: DropletId, name: &str) -> Call<Pending<Action>> {
        self.act(droplet, DropletAction::Snapshot { name: Some(name.to_owned()) })
    }

    /// Begins an action of any type.
    ///
    /// `POST /v2/droplets/{droplet_id}/actions`
    pub fn act(&self, droplet: DropletId, action: DropletAction) -> Call<Pending<Action>> {
        let actions = Actions(self.0.clone());
        self.0.send(&CREATE, [&droplet], action).map(move |action| actions.begun(action))
    }

    /// Begins an action on each of the Droplets that have a tag. An empty tag is refused before anything is sent.
    ///
    /// `POST /v2/droplets/actions`
    pub fn act_on_tagged(&self, tag: &str, action: BulkAction) -> Call<Vec<Action>> {
        match Self::tagged(tag, "acted on") {
            Ok(query) => self.0.send(&CREATE_TAGGED, [], With { query, body: action }),
            Err(error) => Call::new(ready(Err(error))),
        }
    }

    /// Streams what was ever done with a Droplet, the latest first.
    ///
    /// `GET /v2/droplets/{droplet_id}/actions`
    pub fn list_actions(&self, droplet: DropletId) -> Pages<Action> {
        self.0.pages(&LIST, [&droplet], ())
    }

    /// Reads how far an action on a Droplet has come.
    ///
    /// `GET /v2/droplets/{droplet_id}/actions/{action_id}`
    pub fn get_action(&self, droplet: DropletId, action: ActionId) -> Call<Action> {
        self.0.send(&GET, [&droplet, &action], ())
    }

    /// Waits for an action on a Droplet that was begun elsewhere.
    ///
    /// `GET /v2/droplets/{droplet_id}/actions/{action_id}`
    pub fn follow_action(&self, droplet: DropletId, action: ActionId) -> Pending<Action> {
        let droplets = self.clone();
        let pending = Pending::attached(move || droplets.get_action(droplet, action)).appearing_within(APPEARING);
        let what = format!("digitalocean: the action {action} on the Droplet {droplet}");
        pending.named(what).every(FIRST_LOOK, LAST_LOOK)
    }
}

/// Something to do with a Droplet. The methods of [`Droplets`] say what each does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum DropletAction {
    PowerOn,
    PowerOff,
    Shutdown,
    Reboot,
    PowerCycle,
    PasswordReset,
    EnableIpv6,
    EnableBackups {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backup_policy: Option<BackupPolicy>,
    },
    DisableBackups,
    ChangeBackupPolicy {
        backup_policy: BackupPolicy,
    },
    Restore {
        image: ImageId,
    },
    Resize {
        /// The slug of a size.
        size: String,
        /// Whether the disk grows too, for good.
        #[serde(default)]
        disk: bool,
    },
    Rebuild {
        image: ImageRef,
    },
    Rename {
        name: String,
    },
    ChangeKernel {
        kernel: u64,
    },
    Snapshot {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}

impl DropletAction {
    /// The type of the [`Action`] that it becomes, such as `power_on`.
    pub fn action_type(&self) -> &'static str {
        match self {
            Self::PowerOn => "power_on",
            Self::PowerOff => "power_off",
            Self::Shutdown => "shutdown",
            Self::Reboot => "reboot",
            Self::PowerCycle => "power_cycle",
            Self::PasswordReset => "password_reset",
            Self::EnableIpv6 => "enable_ipv6",
            Self::EnableBackups { .. } => "enable_backups",
            Self::DisableBackups => "disable_backups",
            Self::ChangeBackupPolicy { .. } => "change_backup_policy",
            Self::Restore { .. } => "restore",
            Self::Resize { .. } => "resize",
            Self::Rebuild { .. } => "rebuild",
            Self::Rename { .. } => "rename",
            Self::ChangeKernel { .. } => "change_kernel",
            Self::Snapshot { .. } => "snapshot",
        }
    }
}

/// Something to do with every Droplet that has a tag: the service allows no more than this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum BulkAction {
    PowerOn,
    PowerOff,
    Shutdown,
    PowerCycle,
    EnableIpv6,
    /// With the plan that is the default.
    EnableBackups,
    DisableBackups,
    Snapshot {
        /// All snapshots have the same one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}

impl From<BulkAction> for DropletAction {
    fn from(action: BulkAction) -> Self {
        match action {
            BulkAction::PowerOn => Self::PowerOn,
            BulkAction::PowerOff => Self::PowerOff,
            BulkAction::Shutdown => Self::Shutdown,
            BulkAction::PowerCycle => Self::PowerCycle,
            BulkAction::EnableIpv6 => Self::EnableIpv6,
            BulkAction::EnableBackups => Self::EnableBackups { backup_policy: None },
            BulkAction::DisableBackups => Self::DisableBackups,
            BulkAction::Snapshot { name } => Self::Snapshot { name },
        }
    }
}
