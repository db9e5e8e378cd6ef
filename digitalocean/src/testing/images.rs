use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    FakeDigitalOcean, State as World,
    actions::{self, Subject},
    catalog, droplets, not_found, number, refused, tags, unprocessable,
};
use crate::{
    droplets::DropletId,
    images::{
        ACCEPT_TRANSFER, ACT, CANCEL_TRANSFER, CREATE, DECLINE_TRANSFER, DELETE, GET, GET_ACTION, Image, ImageAction,
        ImageFilter, ImageId, ImageRef, ImageStatus, ImageType, LIST, LIST_ACTIONS, NewImage, OFFER, PublicImages,
        Transfer, TransferId, UPDATE,
    },
    regions::RegionSlug,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// The account's own.
    images: BTreeMap<ImageId, Held>,
    offers: BTreeMap<TransferId, ImageId>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    image: Image,
    /// The Droplet that it was made of.
    made_of: Option<DropletId>,
    /// When it is taken in.
    due: Option<Timestamp>,
}

/// What happens when an action on an image ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Effect {
    Convert,
    Transfer(RegionSlug),
}

const TAKING_IN: SignedDuration = SignedDuration::from_secs(120);
const COPYING: SignedDuration = SignedDuration::from_secs(60);

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], filter| Ok(listed(world, &filter)))
        .on(&CREATE, |world, [], new| take_in(world, new))
        .on(&GET, |world, [image], ()| named(world, &reference(image)).ok_or_else(not_found))
        .on(&UPDATE, |world, [image], update| {
            let image = &mut own(world, image)?.image;
            image.name = update.name.or(image.name.take());
            image.distribution = update.distribution.or(image.distribution.take());
            image.description = update.description.or(image.description.take());
            Ok(image.clone())
        })
        .on(&DELETE, |world, [image], ()| {
            let id = own(world, image)?.image.id;
            remove(world, &id.to_string());
            Ok(())
        })
        .on(&LIST_ACTIONS, |world, [image], ()| {
            own(world, image)?;
            Ok(actions::on(world, "image", image))
        })
        .on(&ACT, |world, [image], action| act(world, image, action))
        .on(&GET_ACTION, |world, [image, action], ()| {
            own(world, image)?;
            actions::one_on(world, "image", image, action)
        })
        .on(&OFFER, |world, [image], _| {
            let id = own(world, image)?.image.id;
            if world.images.offers.values().any(|offered| *offered == id) {
                return Err(unprocessable("The image is being transferred already."));
            }
            let transfer_id = world.new_id();
            world.images.offers.insert(transfer_id, id);
            Ok(Transfer { transfer_id })
        })
        .on(&ACCEPT_TRANSFER, |world, [image], accepted| end_offer(world, image, accepted.transfer_id))
        .on(&CANCEL_TRANSFER, |world, [image], transfer| end_offer(world, image, transfer.transfer_id))
        .on(&DECLINE_TRANSFER, |world, [image], transfer| end_offer(world, image, transfer.transfer_id))
}

fn reference(text: &str) -> ImageRef {
    text.parse().map_or_else(|_| ImageRef::Slug(text.to_owned()), |number: u64| ImageRef::Id(number.into()))
}

fn listed(world: &World, filter: &ImageFilter) -> Vec<Image> {
    let own = world.images.images.values().map(|held| held.image.clone());
    match (&filter.tag_name, filter.private, &filter.kind) {
        (Some(tag), ..) => own.filter(|image| image.tags.contains(tag)).collect(),
        (_, Some(true), _) => own.collect(),
        (.., Some(PublicImages::Distribution)) => catalog::images(),
        // No program that is set up already is offered here.
        (.., Some(_)) => Vec::new(),
        _ => catalog::images().into_iter().chain(own).collect(),
    }
}

fn take_in(world: &mut World, new: NewImage) -> Result<Image, Answer> {
    if catalog::region(&new.region).is_none() {
        return Err(unprocessable("Region is not available"));
    }
    if !new.url.starts_with("https://") && !new.url.starts_with("http://") {
        return Err(unprocessable("URL is invalid"));
    }
    let new_tags = new.tags.unwrap_or_default();
    tags::used(world, &new_tags)?;
    let now = world.now();
    let image = Image {
        id: world.new_id(),
        name: Some(new.name),
        image_type: Some(ImageType::Custom),
        distribution: Some(new.distribution.unwrap_or_else(|| "Unknown".to_owned())),
        slug: None,
        public: Some(false),
        regions: vec![new.region],
        created_at: Some(now),
        min_disk_size: None,
        size_gigabytes: None,
        description: Some(new.description.unwrap_or_default()),
        tags: new_tags,
        status: Some(ImageStatus::New),
        error_message: Some(String::new()),
    };
    let held = Held { image: image.clone(), made_of: None, due: Some(now + TAKING_IN) };
    world.images.images.insert(image.id, held);
    Ok(image)
}

/// Ends what is taken in.
pub(super) fn pass(world: &mut World) {
    let now = world.now();
    for held in world.images.images.values_mut() {
        let Some(due) = held.due else { continue };
        if due <= now {
            held.due = None;
            held.image.status = Some(ImageStatus::Available);
            (held.image.min_disk_size, held.image.size_gigabytes) = (Some(20), Some(2.34));
        } else if due <= now + TAKING_IN / 2 {
            held.image.status = Some(ImageStatus::Pending);
        }
    }
}

/// One of the account's own; a public one is not the account's to change.
fn own<'w>(world: &'w mut World, image: &str) -> Result<&'w mut Held, Answer> {
    let id = number(image)?;
    if catalog::images().iter().any(|image| image.id == id) {
        return Err(refused(403, "forbidden", "You do not have access for the attempted action."));
    }
    world.images.images.get_mut(&id).ok_or_else(not_found)
}

fn act(world: &mut World, image: &str, action: ImageAction) -> Result<crate::actions::Action, Answer> {
    let held = own(world, image)?;
    if held.image.status != Some(ImageStatus::Available) {
        return Err(unprocessable("The image is not available yet."));
    }
    let (name, effect) = match action {
        ImageAction::Convert if held.image.image_type == Some(ImageType::Backup) => ("convert", Effect::Convert),
        ImageAction::Convert => return Err(unprocessable("Only a backup can be converted.")),
        ImageAction::Transfer { region } if catalog::region(&region).is_some() => {
            ("transfer", Effect::Transfer(region))
        }
        ImageAction::Transfer { .. } => return Err(unprocessable("Region is not available")),
    };
    let region = held.image.regions.first().cloned();
    let subject = Subject { resource_type: "image".to_owned(), id: image.to_owned(), region };
    Ok(actions::begin(world, name, subject, COPYING, actions::Effect::Image(effect)))
}

/// An action on an image has ended.
pub(super) fn end(world: &mut World, subject: &Subject, effect: Effect, done: bool, _: Timestamp) {
    let Ok(held) = own(world, &subject.id) else { return };
    match effect {
        Effect::Convert if done => held.image.image_type = Some(ImageType::Snapshot),
        Effect::Transfer(region) if done && !held.image.regions.contains(&region) => held.image.regions.push(region),
        _ => {}
    }
}

/// There is no second account: an offer that is accepted leaves the image where it is.
fn end_offer(world: &mut World, image: &str, transfer: TransferId) -> Result<(), Answer> {
    let id = number(image)?;
    if world.images.offers.get(&transfer) != Some(&id) {
        return Err(not_found());
    }
    world.images.offers.remove(&transfer);
    Ok(())
}

/// Puts a private image into the account.
pub(super) fn add(world: &mut World, image: Image, made_of: Option<DropletId>) {
    world.images.images.insert(image.id, Held { image, made_of, due: None });
}

/// Destroys a private image, and tells the Droplet that it was made of.
pub(super) fn remove(world: &mut World, id: &str) {
    if let Ok(id) = number(id) {
        world.images.images.remove(&id);
    }
    droplets::image_gone(world, id);
}

/// The snapshots among the account's images, with the Droplet that each was made of.
pub(super) fn snapshots(world: &World) -> impl Iterator<Item = (&Image, Option<DropletId>)> {
    let images = world.images.images.values().map(|held| (&held.image, held.made_of));
    images.filter(|(image, _)| image.image_type == Some(ImageType::Snapshot))
}

/// Tags one of the account's images, or takes the tag away.
pub(super) fn set_tag(world: &mut World, image: &str, tag: &str, on: bool) -> Result<(), Answer> {
    tags::set(&mut own(world, image)?.image.tags, tag, on);
    Ok(())
}

/// The account's images that have a tag.
pub(super) fn tagged(world: &World, tag: &str) -> Vec<String> {
    let images = world.images.images.values().filter(|held| held.image.tags.iter().any(|one| one == tag));
    images.map(|held| held.image.id.to_string()).collect()
}

/// The image that a request names: a public one by its slug or number, the account's own by its number.
pub(super) fn named(world: &World, wanted: &ImageRef) -> Option<Image> {
    if let ImageRef::Id(id) = wanted
        && let Some(held) = world.images.images.get(id)
    {
        return Some(held.image.clone());
    }
    catalog::images().into_iter().find(|image| match wanted {
        ImageRef::Id(id) => image.id == *id,
        ImageRef::Slug(slug) => image.slug.as_ref() == Some(slug),
    })
}

impl FakeDigitalOcean {
    /// The snapshots of Droplets that there are, without a request.
    pub fn snapshots(&self) -> Vec<Image> {
        self.world().state(|world| snapshots(world).map(|(image, _)| image.clone()).collect())
    }

    /// Puts a snapshot into the account, as if it had been made of a Droplet that is gone.
    pub fn add_snapshot(&self, name: &str, region: impl Into<RegionSlug>) -> ImageId {
        let region = region.into();
        self.world().state(|world| {
            let image = Image {
                id: world.new_id(),
                name: Some(name.to_owned()),
                image_type: Some(ImageType::Snapshot),
                distribution: Some("Debian".to_owned()),
                slug: None,
                public: Some(false),
                regions: vec![region],
                created_at: Some(world.now()),
                min_disk_size: Some(25),
                size_gigabytes: Some(4.2),
                description: None,
                tags: Vec::new(),
                status: Some(ImageStatus::Available),
                error_message: None,
            };
            let id = image.id;
            add(world, image, None);
            id
        })
    }
}
