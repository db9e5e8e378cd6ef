//! What a Droplet starts from: distributions, applications, snapshots, backups and images of one's own.
//!
//! ```
//! use howdah_digitalocean::images::{ImageFilter, NewImage};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let images = ocean.images();
//! let new = NewImage::new("mastodon", "https://example.org/mastodon.qcow2", "tor1").with_distribution("Debian");
//! let taken = images.create(new).await?;
//! let image = images.follow(taken.id).await?;
//! images.transfer(image.id, "ams3").await?.await?;
//!
//! let own = images.list(ImageFilter::new().with_private(true)).all().await?;
//! assert_eq!(own[0].regions.len(), 2);
//! # Ok(()) }
//! ```
//!
//! A private image is named by its number alone, a public one by its slug too. An image can be used only in the regions
//! that it is in. Changing or deleting a public one is refused.

use std::fmt;

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, Pending, Stage, Staged, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    PAGES,
    actions::{APPEARING, Action, ActionId, Actions, FIRST_LOOK, LAST_LOOK},
    regions::RegionSlug,
};

endpoints! {
    LIST:             ImageFilter    => Vec<Image>  = get("/v2/images").envelope("images").pages(PAGES);
    CREATE:           NewImage       => Image       = post("/v2/images").envelope("image").status(202);
    GET:              ()             => Image       = get("/v2/images/{image_id}").envelope("image");
    UPDATE:           ImageUpdate    => Image       = put("/v2/images/{image_id}").envelope("image");
    DELETE:           ()             => ()          = delete("/v2/images/{image_id}").status(204);
    LIST_ACTIONS:     ()             => Vec<Action> = get("/v2/images/{image_id}/actions").envelope("actions").pages(PAGES);
    ACT:              ImageAction    => Action      = post("/v2/images/{image_id}/actions").envelope("action").status(201);
    GET_ACTION:       ()             => Action      = get("/v2/images/{image_id}/actions/{action_id}").envelope("action");
    OFFER:            Recipient      => Transfer    = post("/v2/images/{image_id}/account_transfer").status(201);
    ACCEPT_TRANSFER:  AcceptTransfer => ()          = post("/v2/images/{image_id}/account_transfer/accept").status(201);
    CANCEL_TRANSFER:  Transfer       => ()          = post("/v2/images/{image_id}/account_transfer/cancel").status(204);
    DECLINE_TRANSFER: Transfer       => ()          = post("/v2/images/{image_id}/account_transfer/decline").status(204);
}

/// The images group. Reach it through [`DigitalOcean::images`](crate::DigitalOcean::images).
#[derive(Clone, Debug)]
pub struct Images(pub(crate) Api);

impl Images {
    /// Streams the public images and the account's own, or those that the filter leaves.
    ///
    /// `GET /v2/images`
    pub fn list(&self, filter: ImageFilter) -> Pages<Image> {
        self.0.pages(&LIST, [], filter)
    }

    /// Has an image of one's own taken in from a URL: [`follow`](Self::follow) it until it can be used.
    ///
    /// `POST /v2/images`
    pub fn create(&self, image: NewImage) -> Call<Image> {
        self.0.send(&CREATE, [], image)
    }

    /// Reads an image.
    ///
    /// `GET /v2/images/{image_id}`
    pub fn get(&self, image: impl Into<ImageRef>) -> Call<Image> {
        self.0.send(&GET, [&image.into()], ())
    }

    /// Waits until an image that is taken in can be used.
    ///
    /// `GET /v2/images/{image_id}`
    pub fn follow(&self, image: ImageId) -> Pending<Image> {
        let images = self.clone();
        let pending = Pending::attached(move || images.get(image)).appearing_within(APPEARING);
        pending.named(format!("digitalocean: taking in the image {image}")).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Changes what an image is called and said to be.
    ///
    /// `PUT /v2/images/{image_id}`
    pub fn update(&self, image: ImageId, update: ImageUpdate) -> Call<Image> {
        self.0.send(&UPDATE, [&image], update)
    }

    /// Deletes an image. Droplets that were made from it stay.
    ///
    /// `DELETE /v2/images/{image_id}`
    pub fn delete(&self, image: ImageId) -> Call<()> {
        self.0.send(&DELETE, [&image], ())
    }

    /// Streams what was ever done with an image, the latest first.
    ///
    /// `GET /v2/images/{image_id}/actions`
    pub fn list_actions(&self, image: ImageId) -> Pages<Action> {
        self.0.pages(&LIST_ACTIONS, [&image], ())
    }

    /// Turns a backup into a snapshot, which stays when its Droplet goes.
    ///
    /// `POST /v2/images/{image_id}/actions`
    pub fn convert(&self, image: ImageId) -> Call<Pending<Action>> {
        self.act(image, ImageAction::Convert)
    }

    /// Copies an image into another region.
    ///
    /// `POST /v2/images/{image_id}/actions`
    pub fn transfer(&self, image: ImageId, region: impl Into<RegionSlug>) -> Call<Pending<Action>> {
        self.act(image, ImageAction::Transfer { region: region.into() })
    }

    fn act(&self, image: ImageId, action: ImageAction) -> Call<Pending<Action>> {
        let actions = Actions(self.0.clone());
        self.0.send(&ACT, [&image], action).map(move |action| actions.begun(action))
    }

    /// Reads how far an action on an image has come.
    ///
    /// `GET /v2/images/{image_id}/actions/{action_id}`
    pub fn get_action(&self, image: ImageId, action: ActionId) -> Call<Action> {
        self.0.send(&GET_ACTION, [&image, &action], ())
    }

    /// Offers an image to another account, which accepts or declines.
    ///
    /// `POST /v2/images/{image_id}/account_transfer`
    pub fn offer(&self, image: ImageId, recipient: Recipient) -> Call<Transfer> {
        self.0.send(&OFFER, [&image], recipient)
    }

    /// Takes an image that another account offers.
    ///
    /// `POST /v2/images/{image_id}/account_transfer/accept`
    pub fn accept_transfer(&self, image: ImageId, transfer: AcceptTransfer) -> Call<()> {
        self.0.send(&ACCEPT_TRANSFER, [&image], transfer)
    }

    /// Takes back the offer of an image.
    ///
    /// `POST /v2/images/{image_id}/account_transfer/cancel`
    pub fn cancel_transfer(&self, image: ImageId, transfer: TransferId) -> Call<()> {
        self.0.send(&CANCEL_TRANSFER, [&image], Transfer { transfer_id: transfer })
    }

    /// Declines an image that another account offers.
    ///
    /// `POST /v2/images/{image_id}/account_transfer/decline`
    pub fn decline_transfer(&self, image: ImageId, transfer: TransferId) -> Call<()> {
        self.0.send(&DECLINE_TRANSFER, [&image], Transfer { transfer_id: transfer })
    }
}

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

impl Staged for Image {
    fn stage(&self) -> Stage {
        let why = || self.error_message.clone().unwrap_or_else(|| "no more is said".to_owned());
        match self.status {
            Some(ImageStatus::Available) => Stage::Done,
            Some(ImageStatus::Deleted) => Stage::Failed(format!("it was not taken in: {}", why())),
            _ => Stage::Running,
        }
    }
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

input! {
    /// Narrows the list of images. A tag goes with nothing else.
    pub struct ImageFilter {} optional {
        #[serde(rename = "type")]
        kind: PublicImages,
        /// Only the account's own.
        private: bool,
        tag_name: String,
    }
}

open_enum! {
    /// Public images of a kind.
    pub enum PublicImages {
        /// Operating systems.
        Distribution = "distribution",
        /// Programs that are set up already.
        Application = "application",
    }
}

input! {
    /// An image to take in.
    pub struct NewImage {
        name: String,
        /// Where it is: raw, qcow2, vhdx, vdi or vmdk, perhaps compressed by gzip or bzip2; at most 100 GB unpacked.
        url: String,
        region: RegionSlug,
    } optional {
        /// Such as `Debian`.
        distribution: String,
        description: String,
        tags: Vec<String>,
    }
}

input! {
    /// What of an image changes.
    pub struct ImageUpdate {} optional {
        name: String,
        /// Such as `Debian`.
        distribution: String,
        description: String,
    }
}

/// Something to do with an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ImageAction {
    Convert,
    Transfer { region: RegionSlug },
}

/// Whom an image is offered to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Recipient {
    /// A person, by the address that they log in with.
    RecipientEmail(String),
    /// A team.
    RecipientUuid(String),
}

/// The number of an offer.
pub type TransferId = Id<Transfer>;

/// An image that is offered to another account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Transfer {
    pub transfer_id: TransferId,
}

input! {
    /// An offer to take.
    pub struct AcceptTransfer {
        transfer_id: TransferId,
        /// The team that it is for.
        recipient_uuid: String,
    } optional {}
}
