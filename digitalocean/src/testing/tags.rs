use std::collections::BTreeSet;

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{State as World, unprocessable};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    tags: BTreeSet<String>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake
}

/// Makes sure that there are such tags, as a request that uses them does.
pub(super) fn used(world: &mut World, tags: &[String]) -> Result<(), Answer> {
    for tag in tags {
        let legal = |c: char| c.is_ascii_alphanumeric() || "_-:".contains(c);
        if tag.is_empty() || tag.len() > 255 || !tag.chars().all(legal) {
            return Err(unprocessable(format!("Tags `{tag}` is invalid")));
        }
    }
    world.tags.tags.extend(tags.iter().cloned());
    Ok(())
}
