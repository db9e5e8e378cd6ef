use howdah_core::testing::Fake;
use serde_json::json;

use super::{State as World, answer};
use crate::tokens::VERIFY;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&VERIFY, |_, [], ()| answer(json!({ "id": "ed17574386854bf78a67040be0a770b0", "status": "active" })))
}
