//! Block storage: disks that outlive the Droplet that they are attached to.
//!
//! ```
//! use howdah_digitalocean::volumes::{NewVolume, VolumeFilter};
//! # use howdah_digitalocean::{droplets::NewDroplet, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1");
//! # let droplet = ocean.droplets().create(new).await?.droplet.id;
//! # ocean.droplets().follow(droplet).await?;
//! let volumes = ocean.volumes();
//! let media = volumes.create(NewVolume::new("media", "tor1", 100u64).with_filesystem_type("ext4")).await?;
//! volumes.attach(&media.id, droplet).await?.await?;
//! volumes.resize(&media.id, 200).await?.await?;
//! volumes.snapshot(&media.id, "media-2026-11-01", []).await?;
//! volumes.detach(&media.id, droplet).await?.await?;
//! assert_eq!(volumes.list(VolumeFilter::new().with_name("media")).all().await?[0].size_gigabytes, 200);
//! # Ok(()) }
//! ```
//!
//! A volume is attached to one Droplet at a time, in its own region, and a Droplet has at most fifteen. It grows and never
//! shrinks, and the file system on it has to be made to follow. One that is attached cannot be deleted. What is refused is
//! [`Invalid`](howdah_core::ErrorKind::Invalid).

use howdah_core::{
    Error, Id, endpoints,
    http::{Api, Call, Pages, Pending, Query, null_as_default},
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use crate::{
    PAGES,
    actions::{Action, ActionId, Actions},
    droplets::DropletId,
    regions::{Region, RegionSlug},
    snapshots::{Snapshot, SnapshotId},
};

endpoints! {
    LIST:            VolumeFilter        => Vec<Volume>   = get("/v2/volumes").envelope("volumes").pages(PAGES);
    CREATE:          NewVolume           => Volume        = post("/v2/volumes").envelope("volume").status(201);
    DELETE_NAMED:    Query<VolumeName>   => ()            = delete("/v2/volumes").status(204);
    ACT_ON_NAMED:    NamedVolumeAction   => Action        = post("/v2/volumes/actions").envelope("action").status(202);
    GET_SNAPSHOT:    ()                  => Snapshot      = get("/v2/volumes/snapshots/{snapshot_id}").envelope("snapshot");
    DELETE_SNAPSHOT: ()                  => ()            = delete("/v2/volumes/snapshots/{snapshot_id}").status(204);
    GET:             ()                  => Volume        = get("/v2/volumes/{volume_id}").envelope("volume");
    DELETE:          ()                  => ()            = delete("/v2/volumes/{volume_id}").status(204);
    LIST_ACTIONS:    ()                  => Vec<Action>   = get("/v2/volumes/{volume_id}/actions").envelope("actions").pages(PAGES);
    ACT:             VolumeAction        => Action        = post("/v2/volumes/{volume_id}/actions").envelope("action").status(202);
    GET_ACTION:      ()                  => Action        = get("/v2/volumes/{volume_id}/actions/{action_id}").envelope("action");
    LIST_SNAPSHOTS:  ()                  => Vec<Snapshot> = get("/v2/volumes/{volume_id}/snapshots").envelope("snapshots").pages(PAGES);
    SNAPSHOT:        NewVolumeSnapshot   => Snapshot      = post("/v2/volumes/{volume_id}/snapshots").envelope("snapshot").status(201);
}

/// The volumes group. Reach it through [`DigitalOcean::volumes`](crate::DigitalOcean::volumes).
#[derive(Clone, Debug)]
pub struct Volumes(pub(crate) Api);

impl Volumes {
    /// Streams the account's volumes.
    ///
    /// `GET /v2/volumes`
    pub fn list(&self, filter: VolumeFilter) -> Pages<Volume> {
        self.0.pages(&LIST, [], filter)
    }

    /// Makes a volume.
    ///
    /// `POST /v2/volumes`
    pub fn create(&self, volume: NewVolume) -> Call<Volume> {
        self.0.send(&CREATE, [], volume)
    }

    /// Reads a volume.
    ///
    /// `GET /v2/volumes/{volume_id}`
    pub fn get(&self, volume: &VolumeId) -> Call<Volume> {
        self.0.send(&GET, [volume], ())
    }

    /// Deletes a volume with all that is on it. Its snapshots stay.
    ///
    /// `DELETE /v2/volumes/{volume_id}`
    pub fn delete(&self, volume: &VolumeId) -> Call<()> {
        self.0.send(&DELETE, [volume], ())
    }

    /// Deletes the volume of a name in a region. An empty name is refused before anything is sent.
    ///
    /// `DELETE /v2/volumes`
    pub fn delete_named(&self, name: &str, region: impl Into<RegionSlug>) -> Call<()> {
        if name.is_empty() {
            let error = Error::invalid("`name` is empty: it names the volume that is to be deleted");
            return Call::new(std::future::ready(Err(error.with_provider("digitalocean"))));
        }
        self.0.send(&DELETE_NAMED, [], Query(VolumeName { name: name.to_owned(), region: region.into() }))
    }

    /// Attaches a volume to a Droplet.
    ///
    /// `POST /v2/volumes/{volume_id}/actions`
    pub fn attach(&self, volume: &VolumeId, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(volume, VolumeAction::Attach { droplet_id: droplet })
    }

    /// Detaches a volume from a Droplet. Unmount it there first: what was not written is lost.
    ///
    /// `POST /v2/volumes/{volume_id}/actions`
    pub fn detach(&self, volume: &VolumeId, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(volume, VolumeAction::Detach { droplet_id: droplet })
    }

    /// Makes a volume larger, up to 16,384 GiB.
    ///
    /// `POST /v2/volumes/{volume_id}/actions`
    pub fn resize(&self, volume: &VolumeId, size_gigabytes: u64) -> Call<Pending<Action>> {
        self.act(volume, VolumeAction::Resize { size_gigabytes })
    }

    fn act(&self, volume: &VolumeId, action: VolumeAction) -> Call<Pending<Action>> {
        let actions = Actions(self.0.clone());
        self.0.send(&ACT, [volume], action).map(move |action| actions.begun(action))
    }

    /// Attaches the volume of a name in a region to a Droplet.
    ///
    /// `POST /v2/volumes/actions`
    pub fn attach_named(&self, name: &str, region: impl Into<RegionSlug>, droplet: DropletId) -> Call<Pending<Action>> {
        self.act_on_named(name, region.into(), VolumeAction::Attach { droplet_id: droplet })
    }

    /// Detaches the volume of a name in a region from a Droplet.
    ///
    /// `POST /v2/volumes/actions`
    pub fn detach_named(&self, name: &str, region: impl Into<RegionSlug>, droplet: DropletId) -> Call<Pending<Action>> {
        self.act_on_named(name, region.into(), VolumeAction::Detach { droplet_id: droplet })
    }

    fn act_on_named(&self, name: &str, region: RegionSlug, action: VolumeAction) -> Call<Pending<Action>> {
        let actions = Actions(self.0.clone());
        let named = NamedVolumeAction { volume_name: name.to_owned(), region, action };
        self.0.send(&ACT_ON_NAMED, [], named).map(move |action| actions.begun(action))
    }

    /// Streams what was ever done with a volume, the latest first.
    ///
    /// `GET /v2/volumes/{volume_id}/actions`
    pub fn list_actions(&self, volume: &VolumeId) -> Pages<Action> {
        self.0.pages(&LIST_ACTIONS, [volume], ())
    }

    /// Reads how far an action on a volume has come.
    ///
    /// `GET /v2/volumes/{volume_id}/actions/{action_id}`
    pub fn get_action(&self, volume: &VolumeId, action: ActionId) -> Call<Action> {
        self.0.send(&GET_ACTION, [volume, &action], ())
    }

    /// Streams the snapshots of a volume.
    ///
    /// `GET /v2/volumes/{volume_id}/snapshots`
    pub fn list_snapshots(&self, volume: &VolumeId) -> Pages<Snapshot> {
        self.0.pages(&LIST_SNAPSHOTS, [volume], ())
    }

    /// Makes a snapshot of a volume.
    ///
    /// `POST /v2/volumes/{volume_id}/snapshots`
    pub fn snapshot(&self, volume: &VolumeId, name: &str, tags: impl Into<Vec<String>>) -> Call<Snapshot> {
        let tags = Some(tags.into()).filter(|tags: &Vec<_>| !tags.is_empty());
        self.0.send(&SNAPSHOT, [volume], NewVolumeSnapshot { name: name.to_owned(), tags })
    }

    /// Reads a snapshot of a volume.
    ///
    /// `GET /v2/volumes/snapshots/{snapshot_id}`
    pub fn get_snapshot(&self, snapshot: &SnapshotId) -> Call<Snapshot> {
        self.0.send(&GET_SNAPSHOT, [snapshot], ())
    }

    /// Deletes a snapshot of a volume.
    ///
    /// `DELETE /v2/volumes/snapshots/{snapshot_id}`
    pub fn delete_snapshot(&self, snapshot: &SnapshotId) -> Call<()> {
        self.0.send(&DELETE_SNAPSHOT, [snapshot], ())
    }
}

/// The UUID of a volume.
pub type VolumeId = Id<Volume, String>;

/// A volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Volume {
    pub id: VolumeId,
    pub name: String,
    pub region: Option<Region>,
    /// The Droplet that it is attached to: none or one.
    #[serde(default, deserialize_with = "null_as_default")]
    pub droplet_ids: Vec<DropletId>,
    pub description: Option<String>,
    /// GiB.
    pub size_gigabytes: u64,
    /// RFC 3339.
    pub created_at: Option<String>,
    pub filesystem_type: Option<String>,
    pub filesystem_label: Option<String>,
    /// Empty for a token that may not read tags.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
}

input! {
    /// Narrows the list of volumes.
    pub struct VolumeFilter {} optional {
        name: String,
        region: RegionSlug,
    }
}

/// Which volume is meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VolumeName {
    pub name: String,
    pub region: RegionSlug,
}

input! {
    /// A volume to make.
    pub struct NewVolume {
        /// Unique in its region: lower-case letters, digits and dashes, at most 64.
        name: String,
        region: RegionSlug,
        /// GiB, at most 16,384; of one made from a snapshot at least as much as that.
        size_gigabytes: u64,
    } optional {
        description: String,
        snapshot_id: SnapshotId,
        /// What it is formatted with; not at all, if it is not said.
        filesystem_type: FilesystemType,
        /// At most 16 characters on ext4, 12 on XFS.
        filesystem_label: String,
        tags: Vec<String>,
    }
}

open_enum! {
    /// What a volume is formatted with.
    pub enum FilesystemType {
        /// ext4.
        Ext4 = "ext4",
        /// XFS.
        Xfs = "xfs",
    }
}

/// Something to do with a volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum VolumeAction {
    Attach { droplet_id: DropletId },
    Detach { droplet_id: DropletId },
    Resize { size_gigabytes: u64 },
}

/// Something to do with the volume of a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NamedVolumeAction {
    pub volume_name: String,
    pub region: RegionSlug,
    #[serde(flatten)]
    pub action: VolumeAction,
}

/// A snapshot to make of a volume.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NewVolumeSnapshot {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}
