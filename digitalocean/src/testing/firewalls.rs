use howdah_core::testing::Fake;
use serde::{Deserialize, Serialize};

use super::State as World;
use crate::droplets::DropletId;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake
}

/// A Droplet is destroyed.
pub(super) fn droplet_gone(_: &mut World, _: DropletId) {}
