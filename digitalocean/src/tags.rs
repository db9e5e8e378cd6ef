//! Names by which Droplets, images, volumes and databases are found.
//!
//! ```
//! use howdah_digitalocean::tags::{ResourceType, TaggedResource};
//! # use howdah_digitalocean::{droplets::NewDroplet, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let created = ocean.droplets().create(NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64")).await?;
//! # let droplet = created.droplet.id;
//! let tags = ocean.tags();
//! tags.create("web").await?;
//! tags.tag("web", [TaggedResource::new(ResourceType::Droplet, droplet)]).await?;
//! let resources = tags.get("web").await?.resources.unwrap();
//! assert_eq!(resources.droplets.unwrap().count, Some(1));
//! # Ok(()) }
//! ```
//!
//! A tag keeps the case it was created with and is found in any. A name that cannot be one is refused as
//! [`Invalid`](howdah_core::ErrorKind::Invalid) (400 or 422).

use std::fmt;

use howdah_core::{
    endpoints,
    http::{Api, Call, Pages},
    open_enum,
};
use serde::{Deserialize, Serialize};

use crate::PAGES;

endpoints! {
    LIST:   ()              => Vec<Tag> = get("/v2/tags").envelope("tags").pages(PAGES);
    CREATE: NewTag          => Tag      = post("/v2/tags").envelope("tag").status(201).idempotent();
    GET:    ()              => Tag      = get("/v2/tags/{tag_id}").envelope("tag");
    DELETE: ()              => ()       = delete("/v2/tags/{tag_id}").status(204);
    TAG:    TaggedResources => ()       = post("/v2/tags/{tag_id}/resources").status(204).idempotent();
    UNTAG:  TaggedResources => ()       = delete("/v2/tags/{tag_id}/resources").status(204);
}

/// The tags group. Reach it through [`DigitalOcean::tags`](crate::DigitalOcean::tags).
#[derive(Clone, Debug)]
pub struct Tags(pub(crate) Api);

impl Tags {
    /// Streams the account's tags.
    ///
    /// `GET /v2/tags`
    pub fn list(&self) -> Pages<Tag> {
        self.0.pages(&LIST, [], ())
    }

    /// Makes sure that there is a tag.
    ///
    /// `POST /v2/tags`
    pub fn create(&self, name: impl Into<String>) -> Call<Tag> {
        self.0.send(&CREATE, [], NewTag { name: name.into() })
    }

    /// Reads what has a tag: how many of each kind.
    ///
    /// `GET /v2/tags/{tag_id}`
    pub fn get(&self, tag: &str) -> Call<Tag> {
        self.0.send(&GET, [&tag], ())
    }

    /// Deletes a tag, and takes it from all that has it.
    ///
    /// `DELETE /v2/tags/{tag_id}`
    pub fn delete(&self, tag: &str) -> Call<()> {
        self.0.send(&DELETE, [&tag], ())
    }

    /// Gives a tag to resources; those that have it already keep it.
    ///
    /// `POST /v2/tags/{tag_id}/resources`
    pub fn tag(&self, tag: &str, resources: impl Into<Vec<TaggedResource>>) -> Call<()> {
        self.0.send(&TAG, [&tag], TaggedResources { resources: resources.into() })
    }

    /// Takes a tag from resources.
    ///
    /// `DELETE /v2/tags/{tag_id}/resources`
    pub fn untag(&self, tag: &str, resources: impl Into<Vec<TaggedResource>>) -> Call<()> {
        self.0.send(&UNTAG, [&tag], TaggedResources { resources: resources.into() })
    }
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Tag {
    pub name: String,
    pub resources: Option<TagResources>,
}

/// What has a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TagResources {
    /// Of all kinds.
    pub count: Option<u64>,
    pub last_tagged_uri: Option<String>,
    pub droplets: Option<TagCount>,
    pub images: Option<TagCount>,
    pub volumes: Option<TagCount>,
    pub volume_snapshots: Option<TagCount>,
    pub databases: Option<TagCount>,
}

/// How many of a kind have a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TagCount {
    pub count: Option<u64>,
    pub last_tagged_uri: Option<String>,
}

/// A tag to create.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewTag {
    /// Letters, digits, colons, dashes and underscores: at most 255.
    pub name: String,
}

/// Something that a tag is given to, or taken from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TaggedResource {
    /// A number or a UUID.
    pub resource_id: String,
    pub resource_type: ResourceType,
}

impl TaggedResource {
    /// Something by its kind and its id.
    pub fn new(resource_type: impl Into<ResourceType>, id: impl fmt::Display) -> Self {
        Self { resource_id: id.to_string(), resource_type: resource_type.into() }
    }
}

open_enum! {
    /// What can have a tag.
    pub enum ResourceType {
        /// A Droplet.
        Droplet = "droplet",
        /// An image.
        Image = "image",
        /// A volume.
        Volume = "volume",
        /// A snapshot of a volume.
        VolumeSnapshot = "volume_snapshot",
        /// A database cluster.
        Database = "database",
    }
}

/// What a tag is given to, or taken from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TaggedResources {
    pub resources: Vec<TaggedResource>,
}
