use howdah_core::testing::Fake;
use serde::{Deserialize, Serialize};

use super::State as World;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake
}

/// Is there such a domain in the account?
pub(super) fn exists(_: &World, _: &str) -> bool {
    true
}
