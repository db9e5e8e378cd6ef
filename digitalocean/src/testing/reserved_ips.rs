use howdah_core::testing::Fake;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{State as World, actions::Subject};
use crate::droplets::DropletId;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {}

/// What happens when an action ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Effect {}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake
}

pub(super) fn end(_: &mut World, _: &Subject, effect: Effect, _: bool, _: Timestamp) {
    match effect {}
}

/// A Droplet is destroyed.
pub(super) fn droplet_gone(_: &mut World, _: DropletId) {}
