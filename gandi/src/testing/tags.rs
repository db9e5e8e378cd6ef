use std::collections::{BTreeMap, BTreeSet};

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};

use super::{State as World, invalid, message, registered};
use crate::tags::{ADD, CLEAR, LIST, REPLACE, UPDATE};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    domains: BTreeMap<Name, BTreeSet<String>>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [domain], ()| Ok(of(world, domain)?.iter().cloned().collect()))
        .on(&ADD, |world, [domain], new| change(of(world, domain)?, [new.tag], &[]))
        .on(&REPLACE, |world, [domain], set| replace(of(world, domain)?, set.tags))
        .on(&UPDATE, |world, [domain], tags| change(of(world, domain)?, tags.add, &tags.remove))
        .on(&CLEAR, |world, [domain], ()| replace(of(world, domain)?, []))
}

/// The tags of a domain.
pub(super) fn of_domain(world: &World, domain: &Name) -> Vec<String> {
    world.tags.domains.get(domain).into_iter().flatten().cloned().collect()
}

fn of<'w>(world: &'w mut World, domain: &str) -> Result<&'w mut BTreeSet<String>, Answer> {
    let (name, _) = registered(world, domain)?;
    Ok(world.tags.domains.entry(name).or_default())
}

/// Adds tags and removes others.
pub(super) fn change<T>(
    tags: &mut BTreeSet<String>,
    add: impl IntoIterator<Item = String>,
    remove: &[String],
) -> Result<T, Answer> {
    tags.extend(checked(add)?);
    tags.retain(|tag| !remove.contains(tag));
    Err(message(200, "The tags were updated"))
}

/// Replaces all tags.
pub(super) fn replace<T>(tags: &mut BTreeSet<String>, by: impl IntoIterator<Item = String>) -> Result<T, Answer> {
    *tags = checked(by)?;
    Err(message(200, "The tags were replaced"))
}

fn checked(tags: impl IntoIterator<Item = String>) -> Result<BTreeSet<String>, Answer> {
    let tags: BTreeSet<_> = tags.into_iter().collect();
    if tags.iter().any(|tag| tag.trim().is_empty()) {
        return Err(invalid("body", "tags", "a tag must not be empty"));
    }
    Ok(tags)
}
