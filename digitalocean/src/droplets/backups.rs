//! The backups of a Droplet, and when they are made.
//!
//! ```
//! use howdah_digitalocean::droplets::backups::{BackupPolicy, Weekday};
//! # use howdah_digitalocean::{droplets::NewDroplet, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let created = ocean.droplets().create(NewDroplet::new("db-1", "s-1vcpu-1gb", "debian-12-x64")).await?;
//! let droplets = ocean.droplets();
//! let droplet = droplets.follow(created.droplet.id).await?;
//! droplets.enable_backups(droplet.id, Some(BackupPolicy::weekly(Weekday::Sunday, 4))).await?.await?;
//!
//! let settings = droplets.get_backup_settings(droplet.id).await?;
//! assert!(settings.backup_enabled && settings.next_backup_window.is_some());
//! for backup in droplets.list_backups(droplet.id).all().await? {
//!     println!("{} of {:?}", backup.id, backup.created_at);
//! }
//! # Ok(()) }
//! ```
//!
//! Changing when backups are made of a Droplet that has none enabled is refused as
//! [`Invalid`](howdah_core::ErrorKind::Invalid) (422).

use std::collections::BTreeMap;

use howdah_core::{
    endpoints,
    http::{Call, Pages, null_as_default},
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use super::{BackupWindow, DropletId, DropletSnapshot, Droplets};
use crate::PAGES;

endpoints! {
    LIST:                    ()   => Vec<DropletSnapshot>       = get("/v2/droplets/{droplet_id}/backups").envelope("backups").pages(PAGES);
    GET_POLICY:              ()   => BackupSettings             = get("/v2/droplets/{droplet_id}/backups/policy").envelope("policy");
    LIST_POLICIES:           Page => PolicyPage                 = get("/v2/droplets/backups/policies");
    LIST_SUPPORTED_POLICIES: ()   => Vec<SupportedBackupPolicy> = get("/v2/droplets/backups/supported_policies").envelope("supported_policies");
}

impl Droplets {
    /// Streams the backups that there are of a Droplet.
    ///
    /// `GET /v2/droplets/{droplet_id}/backups`
    pub fn list_backups(&self, droplet: DropletId) -> Pages<DropletSnapshot> {
        self.0.pages(&LIST, [&droplet], ())
    }

    /// Reads whether and when backups of a Droplet are made.
    ///
    /// `GET /v2/droplets/{droplet_id}/backups/policy`
    pub fn get_backup_settings(&self, droplet: DropletId) -> Call<BackupSettings> {
        self.0.send(&GET_POLICY, [&droplet], ())
    }

    /// Reads the same of every Droplet in the account, page after page.
    ///
    /// `GET /v2/droplets/backups/policies`
    pub fn list_backup_settings(&self) -> Call<BTreeMap<DropletId, BackupSettings>> {
        let api = self.0.clone();
        Call::new(async move {
            let mut settings = BTreeMap::new();
            for number in 1u32.. {
                let page = api.send(&LIST_POLICIES, [], Page::new().with_page(number).with_per_page(200u32)).await?;
                let is_last = page.is_last();
                settings.extend(page.policies.into_values().map(|settings| (settings.droplet_id, settings)));
                if is_last {
                    break;
                }
            }
            Ok(settings)
        })
    }

    /// Lists the plans that there are for backups, and what can be chosen of each.
    ///
    /// `GET /v2/droplets/backups/supported_policies`
    pub fn list_supported_backup_policies(&self) -> Call<Vec<SupportedBackupPolicy>> {
        self.0.pages(&LIST_SUPPORTED_POLICIES, [], ()).all()
    }
}

/// When backups are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BackupPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<BackupPlan>,
    /// Of a weekly plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekday: Option<Weekday>,
    /// UTC, when the window begins: 0, 4, 8, 12, 16 or 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hour: Option<u8>,
    /// In answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_length_hours: Option<u32>,
    /// In answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_period_days: Option<u32>,
}

impl BackupPolicy {
    /// Every day, in the four hours from `hour` UTC on.
    pub fn daily(hour: u8) -> Self {
        Self {
            plan: Some(BackupPlan::Daily),
            weekday: None,
            hour: Some(hour),
            window_length_hours: None,
            retention_period_days: None,
        }
    }

    /// On one day of the week, in the four hours from `hour` UTC on.
    pub fn weekly(weekday: Weekday, hour: u8) -> Self {
        Self { plan: Some(BackupPlan::Weekly), weekday: Some(weekday), ..Self::daily(hour) }
    }
}

open_enum! {
    /// How often backups are made.
    pub enum BackupPlan {
        /// Every day.
        Daily = "daily",
        /// Once a week.
        Weekly = "weekly",
    }
}

open_enum! {
    /// A day of the week.
    pub enum Weekday {
        /// Sunday.
        Sunday = "SUN",
        /// Monday.
        Monday = "MON",
        /// Tuesday.
        Tuesday = "TUE",
        /// Wednesday.
        Wednesday = "WED",
        /// Thursday.
        Thursday = "THU",
        /// Friday.
        Friday = "FRI",
        /// Saturday.
        Saturday = "SAT",
    }
}

/// Whether and when backups of a Droplet are made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BackupSettings {
    pub droplet_id: DropletId,
    #[serde(default)]
    pub backup_enabled: bool,
    /// `None` while backups are disabled, as `next_backup_window`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_policy: Option<BackupPolicy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_backup_window: Option<BackupWindow>,
}

input! {
    /// A part of a list.
    pub struct Page {} optional {
        /// From 1.
        page: u32,
        /// At most 200.
        per_page: u32,
    }
}

/// A part of the list of settings, which is an object by the numbers of the Droplets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PolicyPage {
    #[serde(default, deserialize_with = "null_as_default")]
    pub policies: BTreeMap<String, BackupSettings>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub links: PageLinks,
    pub meta: Option<PageMeta>,
}

impl PolicyPage {
    /// Does the list end here? An empty page is the last one too.
    pub fn is_last(&self) -> bool {
        let next = self.links.pages.as_ref().and_then(|pages| pages.next.as_ref());
        self.policies.is_empty() || next.is_none_or(String::is_empty)
    }
}

/// Where a list goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PageLinks {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<PageUrls>,
}

/// The URLs of other parts of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PageUrls {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

/// How long a list is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PageMeta {
    pub total: u64,
}

/// A plan for backups, and what can be chosen of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SupportedBackupPolicy {
    pub name: BackupPlan,
    /// Hours of the day, UTC.
    #[serde(default, deserialize_with = "null_as_default")]
    pub possible_window_starts: Vec<u8>,
    pub window_length_hours: Option<u32>,
    pub retention_period_days: Option<u32>,
    /// Empty for a plan that has no day to choose.
    #[serde(default, deserialize_with = "null_as_default")]
    pub possible_days: Vec<Weekday>,
}
