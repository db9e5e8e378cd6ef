use std::collections::BTreeMap;

use howdah_core::testing::Fake;
use serde::{Deserialize, Serialize};

use super::State as World;
use crate::regions::RegionSlug;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    defaults: BTreeMap<String, String>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake
}

/// The VPC of a region for what names none, made when it is first needed.
pub(super) fn default_of(world: &mut World, region: &RegionSlug) -> String {
    if let Some(uuid) = world.vpcs.defaults.get(region.as_str()) {
        return uuid.clone();
    }
    let uuid = world.new_uuid();
    world.vpcs.defaults.insert(region.as_str().to_owned(), uuid.clone());
    uuid
}

/// Is there such a VPC in the region?
pub(super) fn exists(world: &World, uuid: &str, region: &RegionSlug) -> bool {
    world.vpcs.defaults.get(region.as_str()).is_some_and(|known| known == uuid)
}
