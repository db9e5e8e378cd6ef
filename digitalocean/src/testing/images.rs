use howdah_core::testing::Fake;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{State as World, actions::Subject, catalog};
use crate::images::{Image, ImageRef};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// The account's own.
    images: Vec<Image>,
}

/// What happens when an action on an image ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Effect {}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake
}

pub(super) fn end(_: &mut World, _: &Subject, effect: Effect, _: bool, _: Timestamp) {
    match effect {}
}

/// The image that a request names: a public one by its slug or number, the account's own by its number.
pub(super) fn named(world: &World, wanted: &ImageRef) -> Option<Image> {
    let is_it = |image: &Image| match wanted {
        ImageRef::Id(id) => image.id == *id,
        ImageRef::Slug(slug) => image.slug.as_ref() == Some(slug),
    };
    world.images.images.iter().find(|image| is_it(image)).cloned().or_else(|| catalog::images().into_iter().find(is_it))
}
