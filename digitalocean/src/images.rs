//! What a Droplet starts from: distributions, applications, snapshots, backups and images of one's own.

use std::fmt;

use howdah_core::{
    Id,
    http::{Api, Operation, null_as_default},
    open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::regions::RegionSlug;

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The images group. Reach it through [`DigitalOcean::images`](crate::DigitalOcean::images).
#[derive(Clone, Debug)]
pub struct Images(pub(crate) Api);

/// The number of an image.
pub type ImageId = Id<Image>;

/// An image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Image {
    pub id: ImageId,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub image_type: Option<ImageType>,
    /// Such as `Debian`.
    pub distribution: Option<String>,
    /// What a public image is called in requests.
    pub slug: Option<String>,
    pub public: Option<bool>,
    /// Where a Droplet can be made from it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub regions: Vec<RegionSlug>,
    pub created_at: Option<Timestamp>,
    /// GB of disk that a Droplet must have.
    pub min_disk_size: Option<u64>,
    pub size_gigabytes: Option<f64>,
    pub description: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    pub status: Option<ImageStatus>,
    /// Why an image of one's own could not be taken in.
    pub error_message: Option<String>,
}

open_enum! {
    /// Where an image comes from.
    pub enum ImageType {
        /// A distribution or an application.
        Base = "base",
        /// Made of a Droplet on request.
        Snapshot = "snapshot",
        /// Made of a Droplet by the schedule.
        Backup = "backup",
        /// Brought along.
        Custom = "custom",
        /// The provider's own.
        Admin = "admin",
    }
}

open_enum! {
    /// What state an image is in.
    pub enum ImageStatus {
        /// It was asked for.
        New = "NEW",
        /// Droplets can be made of it.
        Available = "available",
        /// It is being taken in.
        Pending = "pending",
        /// It is gone, or could not be taken in.
        Deleted = "deleted",
        /// It is offered no longer.
        Retired = "retired",
    }
}

/// What an image is called in requests: a private one by its number only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ImageRef {
    /// Its number.
    Id(ImageId),
    /// Its slug.
    Slug(String),
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Slug(slug) => slug.fmt(f),
        }
    }
}

impl From<ImageId> for ImageRef {
    fn from(id: ImageId) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for ImageRef {
    fn from(slug: &str) -> Self {
        Self::Slug(slug.to_owned())
    }
}

impl From<String> for ImageRef {
    fn from(slug: String) -> Self {
        Self::Slug(slug)
    }
}
