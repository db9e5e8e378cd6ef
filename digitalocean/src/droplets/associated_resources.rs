//! What is charged along with a Droplet and outlives it, and destroying the Droplet with some or all of it.
//!
//! ```
//! use howdah_digitalocean::droplets::associated_resources::ResourceSelection;
//! # use howdah_digitalocean::{droplets::NewDroplet, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let droplet = ocean.droplets().create(NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64")).await?.droplet;
//! # ocean.droplets().follow(droplet.id).await?;
//! # ocean.droplets().snapshot(droplet.id, "web-1").await?.await?;
//! let droplets = ocean.droplets();
//! let associated = droplets.list_associated_resources(droplet.id).await?;
//! for snapshot in &associated.snapshots {
//!     println!("{:?} would go on costing {:?} dollars a month", snapshot.name, snapshot.cost);
//! }
//! let snapshots: Vec<_> = associated.snapshots.into_iter().map(|snapshot| snapshot.id).collect();
//! let selection = ResourceSelection::new().with_snapshots(snapshots);
//! let status = droplets.delete_with_selected(droplet.id, selection).await?.await?;
//! assert!(status.completed_at.is_some());
//! # Ok(()) }
//! ```
//!
//! Destroying goes on after the call. When something could not be destroyed, what waits for it fails and says what, and
//! [`retry_delete`](Droplets::retry_delete) tries the rest again. One that goes on already keeps another out:
//! [`Conflict`](howdah_core::ErrorKind::Conflict) (409).

use howdah_core::{
    endpoints,
    http::{Call, Pending, Stage, Staged, null_as_default},
    input,
};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{DropletId, Droplets};
use crate::actions::{APPEARING, FIRST_LOOK, LAST_LOOK};

endpoints! {
    LIST:             ()                => AssociatedResources = get("/v2/droplets/{droplet_id}/destroy_with_associated_resources");
    DELETE_SELECTIVE: ResourceSelection => ()                  = delete("/v2/droplets/{droplet_id}/destroy_with_associated_resources/selective").status(202);
    DELETE_DANGEROUS: ()                => ()                  = delete("/v2/droplets/{droplet_id}/destroy_with_associated_resources/dangerous").status(202).headers(DANGEROUS);
    GET_STATUS:       ()                => DestroyStatus       = get("/v2/droplets/{droplet_id}/destroy_with_associated_resources/status");
    RETRY:            ()                => ()                  = post("/v2/droplets/{droplet_id}/destroy_with_associated_resources/retry").status(202);
}

/// Without it, what destroys everything is refused.
pub(crate) const DANGEROUS: &[(&str, &str)] = &[("x-dangerous", "true")];

impl Droplets {
    /// Reads what is charged along with a Droplet, as far as the token may see it, and would stay without it.
    ///
    /// `GET /v2/droplets/{droplet_id}/destroy_with_associated_resources`
    pub fn list_associated_resources(&self, droplet: DropletId) -> Call<AssociatedResources> {
        self.0.send(&LIST, [&droplet], ())
    }

    /// Destroys a Droplet and what is selected with it. The rest stays, and is still charged.
    ///
    /// `DELETE /v2/droplets/{droplet_id}/destroy_with_associated_resources/selective`
    pub fn delete_with_selected(
        &self,
        droplet: DropletId,
        selection: ResourceSelection,
    ) -> Call<Pending<DestroyStatus>> {
        let droplets = self.clone();
        let begun = self.0.send(&DELETE_SELECTIVE, [&droplet], selection);
        begun.map(move |()| droplets.follow_delete(droplet))
    }

    /// Destroys a Droplet with its snapshots, its volumes and theirs, and its reserved addresses. Nothing brings them back.
    ///
    /// `DELETE /v2/droplets/{droplet_id}/destroy_with_associated_resources/dangerous`
    pub fn delete_with_everything(&self, droplet: DropletId) -> Call<Pending<DestroyStatus>> {
        let droplets = self.clone();
        let begun = self.0.send(&DELETE_DANGEROUS, [&droplet], ());
        begun.map(move |()| droplets.follow_delete(droplet))
    }

    /// Reads how far destroying a Droplet with what belongs to it has come.
    ///
    /// `GET /v2/droplets/{droplet_id}/destroy_with_associated_resources/status`
    pub fn get_delete_status(&self, droplet: DropletId) -> Call<DestroyStatus> {
        self.0.send(&GET_STATUS, [&droplet], ())
    }

    /// Waits until a Droplet is destroyed with what belongs to it.
    ///
    /// `GET /v2/droplets/{droplet_id}/destroy_with_associated_resources/status`
    pub fn follow_delete(&self, droplet: DropletId) -> Pending<DestroyStatus> {
        let droplets = self.clone();
        let pending = Pending::attached(move || droplets.get_delete_status(droplet)).appearing_within(APPEARING);
        let what = format!("digitalocean: destroying the Droplet {droplet} with what belongs to it");
        pending.named(what).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Tries again to destroy what could not be destroyed.
    ///
    /// `POST /v2/droplets/{droplet_id}/destroy_with_associated_resources/retry`
    pub fn retry_delete(&self, droplet: DropletId) -> Call<Pending<DestroyStatus>> {
        let droplets = self.clone();
        self.0.send(&RETRY, [&droplet], ()).map(move |()| droplets.follow_delete(droplet))
    }
}

/// What is charged along with a Droplet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AssociatedResources {
    #[serde(default, deserialize_with = "null_as_default")]
    pub reserved_ips: Vec<AssociatedResource>,
    /// The same as `reserved_ips`, by their old name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub floating_ips: Vec<AssociatedResource>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub snapshots: Vec<AssociatedResource>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub volumes: Vec<AssociatedResource>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub volume_snapshots: Vec<AssociatedResource>,
}

/// Something that is charged along with a Droplet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AssociatedResource {
    /// A number or a UUID, by its kind.
    pub id: String,
    pub name: Option<String>,
    /// US dollars a month, if it stays.
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub cost: Option<Decimal>,
}

input! {
    /// What is destroyed with a Droplet, by the ids that [`list_associated_resources`](Droplets::list_associated_resources)
    /// tells.
    pub struct ResourceSelection {} optional {
        reserved_ips: Vec<String>,
        /// The old name of `reserved_ips`.
        floating_ips: Vec<String>,
        snapshots: Vec<String>,
        volumes: Vec<String>,
        volume_snapshots: Vec<String>,
    }
}

/// How far destroying a Droplet with what belongs to it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DestroyStatus {
    pub droplet: Option<DestroyedResource>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub resources: DestroyedResources,
    /// `None` while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// How much could not be destroyed.
    pub failures: Option<u64>,
}

impl Staged for DestroyStatus {
    fn stage(&self) -> Stage {
        if self.completed_at.is_none() {
            return Stage::Running;
        }
        let failed: Vec<_> = self.all().filter_map(DestroyedResource::failure).collect();
        match (failed.as_slice(), self.failures.unwrap_or(0)) {
            ([], 0) => Stage::Done,
            ([], failures) => Stage::Failed(format!("{failures} could not be destroyed, and no more is said")),
            (failed, _) => Stage::Failed(failed.join("; ")),
        }
    }
}

impl DestroyStatus {
    fn all(&self) -> impl Iterator<Item = &DestroyedResource> {
        let resources = &self.resources;
        let lists = [&resources.reserved_ips, &resources.snapshots, &resources.volumes, &resources.volume_snapshots];
        self.droplet.iter().chain(lists.into_iter().flatten())
    }
}

/// What is destroyed with a Droplet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DestroyedResources {
    #[serde(default, deserialize_with = "null_as_default")]
    pub reserved_ips: Vec<DestroyedResource>,
    /// The same as `reserved_ips`, by their old name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub floating_ips: Vec<DestroyedResource>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub snapshots: Vec<DestroyedResource>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub volumes: Vec<DestroyedResource>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub volume_snapshots: Vec<DestroyedResource>,
}

/// Something that was to be destroyed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DestroyedResource {
    pub id: String,
    pub name: Option<String>,
    /// `None` while it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed_at: Option<Timestamp>,
    /// Why it could not be destroyed; may be blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

impl DestroyedResource {
    fn failure(&self) -> Option<String> {
        let why = self.error_message.as_deref().map(str::trim).filter(|why| !why.is_empty())?;
        let name = self.name.as_deref().unwrap_or("without a name");
        Some(format!("{} ({name}) could not be destroyed: {why}", self.id))
    }
}
