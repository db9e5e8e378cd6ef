//! Virtual machines.
//!
//! ```
//! use futures::TryStreamExt;
//! use howdah_digitalocean::droplets::{DropletFilter, NewDroplet};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let droplets = ocean.droplets();
//! let web = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1").with_tags(["web".to_owned()]);
//! let created = droplets.create(web).await?;
//! let droplet = droplets.follow(created.droplet.id).await?;
//! println!("{} is at {}", droplet.name, droplet.public_v4().unwrap());
//!
//! let mut tagged = droplets.list(DropletFilter::new().with_tag_name("web"));
//! while let Some(droplet) = tagged.try_next().await? {
//!     println!("{} costs {} dollars a month", droplet.name, droplet.size.unwrap().price_monthly);
//! }
//! # Ok(()) }
//! ```
//!
//! What takes its time is an [`Action`](crate::actions::Action). While one goes on its Droplet is locked, and another is
//! refused as [`Invalid`](howdah_core::ErrorKind::Invalid) (422). Creating is never repeated on a lost answer: then the
//! error's outcome is [`Unknown`](howdah_core::Outcome::Unknown), and the list tells whether the Droplet exists.

pub mod actions;
pub mod associated_resources;
pub mod backups;

use std::{
    future::ready,
    net::{Ipv4Addr, Ipv6Addr},
};

use howdah_core::{
    Error, Id, Secret, endpoints,
    http::{Api, Call, Pages, Pending, Query, Stage, Staged, null_as_default},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    PAGES,
    actions::{APPEARING, ActionId, ActionLinks, FIRST_LOOK, LAST_LOOK},
    droplets::backups::BackupPolicy,
    firewalls::Firewall,
    images::{Image, ImageId, ImageRef},
    regions::{Region, RegionSlug},
    sizes::{DiskInfo, GpuInfo, Size},
    ssh_keys::SshKeyRef,
};

endpoints! {
    LIST:           DropletFilter     => Vec<Droplet>         = get("/v2/droplets").envelope("droplets").pages(PAGES);
    CREATE:         NewDroplet        => CreatedDroplet       = post("/v2/droplets").status(202);
    CREATE_SEVERAL: NewDroplets       => CreatedDroplets      = post("/v2/droplets").status(202);
    DELETE_TAGGED:  Query<TaggedWith> => ()                   = delete("/v2/droplets").status(204);
    GET:            ()                => Droplet              = get("/v2/droplets/{droplet_id}").envelope("droplet");
    DELETE:         ()                => ()                   = delete("/v2/droplets/{droplet_id}").status(204);
    LIST_SNAPSHOTS: ()                => Vec<DropletSnapshot> = get("/v2/droplets/{droplet_id}/snapshots").envelope("snapshots").pages(PAGES);
    LIST_KERNELS:   ()                => Vec<Kernel>          = get("/v2/droplets/{droplet_id}/kernels").envelope("kernels").pages(PAGES);
    LIST_FIREWALLS: ()                => Vec<Firewall>        = get("/v2/droplets/{droplet_id}/firewalls").envelope("firewalls").pages(PAGES);
    LIST_NEIGHBORS: ()                => Vec<Droplet>         = get("/v2/droplets/{droplet_id}/neighbors").envelope("droplets");
}

/// The Droplets group. Reach it through [`DigitalOcean::droplets`](crate::DigitalOcean::droplets).
#[derive(Clone, Debug)]
pub struct Droplets(pub(crate) Api);

impl Droplets {
    /// Streams the account's Droplets; those with graphics processors only when the filter asks for them.
    ///
    /// `GET /v2/droplets`
    pub fn list(&self, filter: DropletFilter) -> Pages<Droplet> {
        self.0.pages(&LIST, [], filter)
    }

    /// Orders a Droplet. It has neither address nor disk yet: [`follow`](Self::follow) it until it runs.
    ///
    /// `POST /v2/droplets`
    pub fn create(&self, droplet: NewDroplet) -> Call<CreatedDroplet> {
        self.0.send(&CREATE, [], droplet)
    }

    /// Orders up to ten Droplets that differ in nothing but their names.
    ///
    /// `POST /v2/droplets`
    pub fn create_several(&self, droplets: NewDroplets) -> Call<CreatedDroplets> {
        self.0.send(&CREATE_SEVERAL, [], droplets)
    }

    /// Destroys every Droplet that has a tag, with its disk. An empty tag is refused before anything is sent.
    ///
    /// `DELETE /v2/droplets`
    pub fn delete_tagged(&self, tag: &str) -> Call<()> {
        match Self::tagged(tag, "destroyed") {
            Ok(tagged) => self.0.send(&DELETE_TAGGED, [], Query(tagged)),
            Err(error) => Call::new(ready(Err(error))),
        }
    }

    /// Reads a Droplet.
    ///
    /// `GET /v2/droplets/{droplet_id}`
    pub fn get(&self, droplet: DropletId) -> Call<Droplet> {
        self.0.send(&GET, [&droplet], ())
    }

    /// Waits until a Droplet that was ordered runs and has an address.
    ///
    /// `GET /v2/droplets/{droplet_id}`
    pub fn follow(&self, droplet: DropletId) -> Pending<Droplet> {
        let droplets = self.clone();
        let pending = Pending::attached(move || droplets.get(droplet)).appearing_within(APPEARING);
        pending.named(format!("digitalocean: the start of the Droplet {droplet}")).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Destroys a Droplet with its disk. Its snapshots, volumes and reserved addresses stay, and are still charged.
    ///
    /// `DELETE /v2/droplets/{droplet_id}`
    pub fn delete(&self, droplet: DropletId) -> Call<()> {
        self.0.send(&DELETE, [&droplet], ())
    }

    /// Streams the snapshots that were made of a Droplet.
    ///
    /// `GET /v2/droplets/{droplet_id}/snapshots`
    pub fn list_snapshots(&self, droplet: DropletId) -> Pages<DropletSnapshot> {
        self.0.pages(&LIST_SNAPSHOTS, [&droplet], ())
    }

    /// Streams the kernels that an old Droplet can boot from. One that boots from its own disk has no choice.
    ///
    /// `GET /v2/droplets/{droplet_id}/kernels`
    pub fn list_kernels(&self, droplet: DropletId) -> Pages<Kernel> {
        self.0.pages(&LIST_KERNELS, [&droplet], ())
    }

    /// Streams the firewalls in front of a Droplet, those that are so by a tag included.
    ///
    /// `GET /v2/droplets/{droplet_id}/firewalls`
    pub fn list_firewalls(&self, droplet: DropletId) -> Pages<Firewall> {
        self.0.pages(&LIST_FIREWALLS, [&droplet], ())
    }

    /// Lists the account's other Droplets on the same machine, which fail with it.
    ///
    /// `GET /v2/droplets/{droplet_id}/neighbors`
    pub fn list_neighbors(&self, droplet: DropletId) -> Call<Vec<Droplet>> {
        self.0.pages(&LIST_NEIGHBORS, [&droplet], ()).all()
    }

    /// Refuses an empty tag, which would stand for more than was meant.
    fn tagged(tag: &str, what: &str) -> Result<TaggedWith, Error> {
        if tag.trim().is_empty() {
            let error =
                Error::invalid(format!("`tag_name` is empty: it names the tag whose Droplets are to be {what}"));
            return Err(error.with_provider("digitalocean"));
        }
        Ok(TaggedWith { tag_name: tag.to_owned() })
    }
}

/// The number of a Droplet.
pub type DropletId = Id<Droplet>;

/// A virtual machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Droplet {
    pub id: DropletId,
    pub name: String,
    /// MiB.
    pub memory: Option<u64>,
    pub vcpus: Option<u32>,
    /// GiB.
    pub disk: Option<u64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub disk_info: Vec<DiskInfo>,
    /// Whether an action goes on that keeps others out.
    #[serde(default)]
    pub locked: bool,
    pub status: DropletStatus,
    pub kernel: Option<Kernel>,
    pub created_at: Option<Timestamp>,
    /// Such as `backups`, `ipv6`, `monitoring` or `private_networking`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub features: Vec<String>,
    /// Empty for a token that may not read images, as `snapshot_ids`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub backup_ids: Vec<ImageId>,
    pub next_backup_window: Option<BackupWindow>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub snapshot_ids: Vec<ImageId>,
    /// What it was made of; `None` for a token that may not read images.
    pub image: Option<Image>,
    /// Empty for a token that may not read volumes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub volume_ids: Vec<String>,
    pub size: Option<Size>,
    pub size_slug: Option<String>,
    #[serde(default)]
    pub networks: Networks,
    pub region: Option<Region>,
    /// Empty for a token that may not read tags.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    pub vpc_uuid: Option<String>,
    pub gpu_info: Option<GpuInfo>,
}

impl Droplet {
    /// The address that the public reaches it at.
    pub fn public_v4(&self) -> Option<Ipv4Addr> {
        self.networks.v4(&NetworkType::Public)
    }

    /// The address in its VPC.
    pub fn private_v4(&self) -> Option<Ipv4Addr> {
        self.networks.v4(&NetworkType::Private)
    }
}

impl Staged for Droplet {
    fn stage(&self) -> Stage {
        match self.status {
            DropletStatus::Active if !self.networks.v4.is_empty() => Stage::Done,
            DropletStatus::Archive => Stage::Failed("it was put into the archive".to_owned()),
            _ => Stage::Running,
        }
    }
}

open_enum! {
    /// What state a Droplet is in.
    pub enum DropletStatus {
        /// It is being made.
        New = "new",
        /// It runs.
        Active = "active",
        /// It is powered off, and charged all the same.
        Off = "off",
        /// It is put away.
        Archive = "archive",
    }
}

/// A kernel that an old Droplet boots from outside its disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Kernel {
    pub id: u64,
    pub name: Option<String>,
    pub version: Option<String>,
}

/// When the next backup is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BackupWindow {
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
}

/// A snapshot or backup of a Droplet: an image under the same number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DropletSnapshot {
    pub id: ImageId,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub snapshot_type: Option<DropletSnapshotType>,
    /// Where a Droplet can be made from it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub regions: Vec<RegionSlug>,
    pub created_at: Option<Timestamp>,
    /// GiB of disk that a Droplet must have.
    pub min_disk_size: Option<u64>,
    /// What is charged for.
    pub size_gigabytes: Option<f64>,
    /// Such as `Debian`. Of backups, as are `slug` and `public`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
}

open_enum! {
    /// How a snapshot of a Droplet came to be.
    pub enum DropletSnapshotType {
        /// On request.
        Snapshot = "snapshot",
        /// By the schedule.
        Backup = "backup",
    }
}

/// The networks that a Droplet is in; empty while it is new.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Networks {
    #[serde(default, deserialize_with = "null_as_default")]
    pub v4: Vec<NetworkV4>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub v6: Vec<NetworkV6>,
}

impl Networks {
    fn v4(&self, wanted: &NetworkType) -> Option<Ipv4Addr> {
        let mut networks = self.v4.iter();
        networks.find(|network| network.network_type.as_ref() == Some(wanted)).map(|network| network.ip_address)
    }
}

/// An address of the older kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NetworkV4 {
    pub ip_address: Ipv4Addr,
    /// Such as `255.255.240.0`.
    pub netmask: Option<String>,
    /// A private network may have none.
    pub gateway: Option<String>,
    #[serde(rename = "type")]
    pub network_type: Option<NetworkType>,
}

/// An address of the newer kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NetworkV6 {
    pub ip_address: Ipv6Addr,
    /// Bits.
    pub netmask: Option<u8>,
    pub gateway: Option<String>,
    #[serde(rename = "type")]
    pub network_type: Option<NetworkType>,
}

open_enum! {
    /// Who reaches an address.
    pub enum NetworkType {
        /// Everyone.
        Public = "public",
        /// What is in the same VPC.
        Private = "private",
    }
}

input! {
    /// Narrows the list of Droplets. A tag goes with neither a name nor a type.
    pub struct DropletFilter {} optional {
        tag_name: String,
        /// The whole name, in letters of either case.
        name: String,
        #[serde(rename = "type")]
        droplet_type: DropletType,
    }
}

open_enum! {
    /// Which Droplets a list has.
    pub enum DropletType {
        /// Those without graphics processors.
        Droplets = "droplets",
        /// Those with graphics processors.
        Gpus = "gpus",
    }
}

/// Which Droplets are meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TaggedWith {
    pub tag_name: String,
}

input! {
    /// A Droplet to order.
    pub struct NewDroplet {
        /// Letters, digits, dots and dashes.
        name: String,
        /// The slug of a size.
        size: String,
        image: ImageRef,
    } optional {
        /// Where; a prefix such as `nyc` or nothing leaves the choice to the provider.
        region: RegionSlug,
        /// Who may log in as root.
        ssh_keys: Vec<SshKeyRef>,
        backups: bool,
        backup_policy: BackupPolicy,
        ipv6: bool,
        /// Whether the agent for metrics is installed.
        monitoring: bool,
        tags: Vec<String>,
        /// At most 64 KiB: what cloud-init is given at the first start.
        #[serde(serialize_with = "secret::expose_option")]
        user_data: Secret,
        private_networking: bool,
        volumes: Vec<String>,
        vpc_uuid: String,
        /// Whether the agent for the console is installed: required, forbidden, or as the image allows.
        with_droplet_agent: bool,
        /// Without it the Droplet is in its VPC alone; `ipv6` must not be set then.
        public_networking: bool,
    }
}

input! {
    /// Several Droplets to order that differ in their names alone.
    pub struct NewDroplets {
        /// At most ten.
        names: Vec<String>,
        /// The slug of a size.
        size: String,
        image: ImageRef,
    } optional {
        /// Where; a prefix such as `nyc` or nothing leaves the choice to the provider.
        region: RegionSlug,
        /// Who may log in as root.
        ssh_keys: Vec<SshKeyRef>,
        backups: bool,
        backup_policy: BackupPolicy,
        ipv6: bool,
        /// Whether the agent for metrics is installed.
        monitoring: bool,
        tags: Vec<String>,
        /// At most 64 KiB: what cloud-init is given at the first start.
        #[serde(serialize_with = "secret::expose_option")]
        user_data: Secret,
        private_networking: bool,
        volumes: Vec<String>,
        vpc_uuid: String,
        /// Whether the agent for the console is installed: required, forbidden, or as the image allows.
        with_droplet_agent: bool,
        /// Without it the Droplets are in their VPC alone; `ipv6` must not be set then.
        public_networking: bool,
    }
}

/// A Droplet that was ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CreatedDroplet {
    pub droplet: Droplet,
    #[serde(default)]
    pub links: ActionLinks,
}

impl CreatedDroplet {
    /// The action that makes it.
    pub fn action(&self) -> Option<ActionId> {
        self.links.actions.first().map(|link| link.id)
    }
}

/// Droplets that were ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CreatedDroplets {
    pub droplets: Vec<Droplet>,
    #[serde(default)]
    pub links: ActionLinks,
}
