use std::collections::BTreeMap;

use howdah_core::{
    Secret,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};

#[cfg(feature = "spaces")]
use super::{FakeDigitalOcean, spaces::FakeSpaces};
use super::{State as World, bad_request, not_found, unprocessable};
#[cfg(feature = "spaces")]
use crate::regions::RegionSlug;
use crate::spaces_keys::{
    CREATE, DELETE, GET, Grant, LIST, Permission, REPLACE, SpacesKey, SpacesKeyFilter, SpacesKeyUpdate, UPDATE,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    keys: BTreeMap<String, SpacesKey>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], filter| listed(world, &filter))
        .on(&CREATE, |world, [], new| {
            check_grants(&new.grants)?;
            if new.name.is_empty() {
                return Err(unprocessable("name is required"));
            }
            let seed = world.new_uuid().replace('-', "").to_uppercase();
            let key = SpacesKey {
                name: Some(new.name),
                access_key: format!("DO00{}", &seed[..16]),
                secret_key: Some(Secret::from(format!("{seed}{}", &seed[..11]))),
                grants: new.grants,
                created_at: Some(world.now()),
            };
            world.spaces_keys.keys.insert(key.access_key.clone(), key.clone());
            Ok(key)
        })
        .on(&GET, |world, [key], ()| world.spaces_keys.keys.get(key).map(shown).ok_or_else(not_found))
        .on(&REPLACE, |world, [key], update| rename(world, key, update))
        .on(&UPDATE, |world, [key], update| rename(world, key, update))
        .on(&DELETE, |world, [key], ()| world.spaces_keys.keys.remove(key).map(drop).ok_or_else(not_found))
}

/// The secret is told once.
fn shown(key: &SpacesKey) -> SpacesKey {
    SpacesKey { secret_key: None, ..key.clone() }
}

fn listed(world: &World, filter: &SpacesKeyFilter) -> Result<Vec<SpacesKey>, Answer> {
    if filter.sort.is_some() != filter.sort_direction.is_some() {
        return Err(bad_request("sort and sort_direction must be given together"));
    }
    let matches = |grant: &Grant| {
        filter.bucket.as_ref().is_none_or(|bucket| grant.bucket == *bucket)
            && filter.permission.as_ref().is_none_or(|permission| grant.permission == *permission)
    };
    let is_wanted = |key: &&SpacesKey| {
        filter.name.as_ref().is_none_or(|name| key.name.as_ref() == Some(name)) && key.grants.iter().any(matches)
    };
    let mut keys: Vec<_> = world.spaces_keys.keys.values().filter(is_wanted).map(shown).collect();
    match filter.sort.as_deref() {
        Some("name") => keys.sort_by(|one, other| one.name.cmp(&other.name)),
        _ => keys.sort_by_key(|key| key.created_at),
    }
    if filter.sort_direction.as_deref() == Some("desc") {
        keys.reverse();
    }
    Ok(keys)
}

fn check_grants(grants: &[Grant]) -> Result<(), Answer> {
    if grants.is_empty() {
        return Err(bad_request("at least one grant is required"));
    }
    let full = |grant: &&Grant| grant.permission == Permission::Fullaccess;
    if grants.iter().any(|grant| full(&grant)) && grants.len() > 1 {
        return Err(bad_request("fullaccess cannot be mixed with other grants"));
    }
    let fits = |grant: &Grant| full(&grant) == grant.bucket.is_empty();
    if grants.iter().all(fits) { Ok(()) } else { Err(bad_request("fullaccess is for all buckets, the others for one")) }
}

fn rename(world: &mut World, key: &str, update: SpacesKeyUpdate) -> Result<SpacesKey, Answer> {
    let key = world.spaces_keys.keys.get_mut(key).ok_or_else(not_found)?;
    key.name = Some(update.name);
    Ok(shown(key))
}

/// What a key opens, and its secret.
#[cfg(feature = "spaces")]
fn secret_of(world: &World, access_key: &str) -> Option<(String, Vec<Grant>)> {
    let key = world.spaces_keys.keys.get(access_key)?;
    Some((key.secret_key.as_ref()?.expose().to_owned(), key.grants.clone()))
}

#[cfg(feature = "spaces")]
impl FakeDigitalOcean {
    /// The Spaces of a region, empty, which the keys open that are made here.
    pub fn spaces(&self, region: impl Into<RegionSlug>) -> FakeSpaces {
        let fake = self.clone();
        let keys = move |id: &str| fake.world().state(|world| secret_of(world, id));
        FakeSpaces::at(region, self.clock.clone(), keys)
    }
}
