use howdah_core::testing::Fake;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {}

pub(super) fn serve(fake: Fake<super::State>) -> Fake<super::State> {
    fake
}

pub(super) fn expire_tokens(_: &mut super::State) {}
