//! Images of Droplets and volumes at a moment, in one list.
//!
//! ```
//! use howdah_digitalocean::{snapshots::SnapshotFilter, volumes::NewVolume};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let volume = ocean.volumes().create(NewVolume::new("media", "tor1", 10u64)).await?;
//! # ocean.volumes().snapshot(&volume.id, "media-2026-11-01", []).await?;
//! let snapshots = ocean.snapshots();
//! for snapshot in snapshots.list(SnapshotFilter::new().with_resource_type("volume")).all().await? {
//!     println!("{} takes {} GB", snapshot.name, snapshot.size_gigabytes);
//!     snapshots.delete(&snapshot.id).await?;
//! }
//! # Ok(()) }
//! ```
//!
//! A snapshot of a Droplet is an image: its id here is the image's number, written as a text.

use std::fmt;

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{PAGES, images::ImageId, regions::RegionSlug, texts};

endpoints! {
    LIST:   SnapshotFilter => Vec<Snapshot> = get("/v2/snapshots").envelope("snapshots").pages(PAGES);
    GET:    ()             => Snapshot      = get("/v2/snapshots/{snapshot_id}").envelope("snapshot");
    DELETE: ()             => ()            = delete("/v2/snapshots/{snapshot_id}").status(204);
}

/// The snapshots group. Reach it through [`DigitalOcean::snapshots`](crate::DigitalOcean::snapshots).
#[derive(Clone, Debug)]
pub struct Snapshots(pub(crate) Api);

impl Snapshots {
    /// Streams the account's snapshots.
    ///
    /// `GET /v2/snapshots`
    pub fn list(&self, filter: SnapshotFilter) -> Pages<Snapshot> {
        self.0.pages(&LIST, [], filter)
    }

    /// Reads a snapshot.
    ///
    /// `GET /v2/snapshots/{snapshot_id}`
    pub fn get(&self, snapshot: &SnapshotId) -> Call<Snapshot> {
        self.0.send(&GET, [snapshot], ())
    }

    /// Deletes a snapshot.
    ///
    /// `DELETE /v2/snapshots/{snapshot_id}`
    pub fn delete(&self, snapshot: &SnapshotId) -> Call<()> {
        self.0.send(&DELETE, [snapshot], ())
    }
}

/// The id of a snapshot: an image's number, or the UUID of a snapshot of a volume. Some answers have the number as a number,
/// and some as a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct SnapshotId(String);

impl SnapshotId {
    /// An id that is known from elsewhere.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The image that a snapshot of a Droplet is.
    pub fn image(&self) -> Option<ImageId> {
        self.0.parse().ok().map(Id::new)
    }
}

impl From<ImageId> for SnapshotId {
    fn from(image: ImageId) -> Self {
        Self(image.to_string())
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for SnapshotId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        texts::one(deserializer).map(Self)
    }
}

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub name: String,
    pub created_at: Option<Timestamp>,
    /// Where it can be used.
    #[serde(default, deserialize_with = "null_as_default")]
    pub regions: Vec<RegionSlug>,
    /// GB that a Droplet's disk or a volume must have.
    #[serde(default)]
    pub min_disk_size: u64,
    /// What is charged for.
    #[serde(default)]
    pub size_gigabytes: f64,
    /// What it was made of: a number or a UUID.
    pub resource_id: Option<String>,
    pub resource_type: Option<SnapshotResource>,
    /// Empty for a token that may not read tags.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
}

open_enum! {
    /// What a snapshot was made of.
    pub enum SnapshotResource {
        /// A Droplet.
        Droplet = "droplet",
        /// A volume.
        Volume = "volume",
    }
}

input! {
    /// Narrows the list of snapshots.
    pub struct SnapshotFilter {} optional {
        resource_type: SnapshotResource,
    }
}
