use std::collections::BTreeMap;

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ACCOUNT, NAME_SERVERS, State as World, answer, name_servers, not_found};
use crate::zones::{
    AccountId, DELETE, GET, LIST, Zone, ZoneAccount, ZoneId, ZoneMeta, ZoneOwner, ZonePlan, ZoneStatus, ZoneType,
};

/// How long a zone waits to be delegated, and how long it stays after it was delegated elsewhere.
const PATIENCE: SignedDuration = SignedDuration::from_hours(28 * 24);

const ACCOUNT_NAME: &str = "The account";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By their ids.
    zones: BTreeMap<String, Held>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    name: Name,
    zone: Zone,
    /// When the present status began.
    since: Timestamp,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], filter| {
        let name = filter.name.map(|name| name.to_ascii_lowercase());
        let wanted = |zone: &&Zone| {
            name.as_ref().is_none_or(|name| zone.name == *name)
                && filter.status.as_ref().is_none_or(|status| zone.status.as_ref() == Some(status))
                && filter.account_id.as_ref().is_none_or(|account| account == ACCOUNT)
        };
        let mut zones: Vec<_> = world.zones.zones.values().map(|held| &held.zone).filter(wanted).cloned().collect();
        zones.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(zones)
    })
    .on(&GET, |world, [zone], ()| answer(find(world, zone)?))
    .on(&DELETE, |world, [zone], ()| {
        find(world, zone)?;
        remove(world, zone);
        answer(json!({ "id": zone }))
    })
}

/// Adds a zone; none when there is one of this name.
pub(super) fn create(world: &mut World, name: &Name) -> Option<ZoneId> {
    if world.zones.zones.values().any(|held| held.name == *name) {
        return None;
    }
    let id = ZoneId::new(world.new_id());
    let delegated = world.registry.published(name, 0).map(|delegated| delegated.name_servers).unwrap_or_default();
    let before = delegated.iter().filter(|server| !name_servers().contains(server));
    let before: Vec<_> = before.map(Name::to_fqdn_without_dot).collect();
    let owner = ZoneOwner {
        id: Some(ACCOUNT.to_owned()),
        name: Some(ACCOUNT_NAME.to_owned()),
        owner_type: Some("organization".to_owned()),
    };
    let zone = Zone {
        id: id.clone(),
        name: name.to_fqdn_without_dot(),
        status: Some(ZoneStatus::Pending),
        paused: Some(false),
        zone_type: Some(ZoneType::Full),
        name_servers: Some(NAME_SERVERS.map(str::to_owned).to_vec()),
        original_name_servers: Some(before).filter(|before| !before.is_empty()),
        original_registrar: world.registry.domain(name).map(|domain| domain.registrar),
        original_dnshost: None,
        vanity_name_servers: None,
        account: Some(ZoneAccount { id: AccountId::new(ACCOUNT.to_owned()), name: Some(ACCOUNT_NAME.to_owned()) }),
        owner: Some(owner),
        plan: Some(ZonePlan {
            id: Some("0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee".to_owned()),
            name: Some("Free Website".to_owned()),
            legacy_id: Some("free".to_owned()),
        }),
        meta: Some(ZoneMeta { step: Some(2), page_rule_quota: Some(3), ..ZoneMeta::default() }),
        development_mode: Some(0),
        activated_on: None,
        created_on: Some(world.now),
        modified_on: Some(world.now),
    };
    let since = world.now;
    world.zones.zones.insert(id.get().clone(), Held { name: name.clone(), zone, since });
    look_at_the_parent(world);
    Some(id)
}

/// A zone by its id.
pub(super) fn find<'w>(world: &'w World, id: &str) -> Result<&'w Zone, Answer> {
    let held = world.zones.zones.get(id).map(|held| &held.zone);
    held.ok_or_else(|| not_found(&format!("/client/v4/zones/{id}")))
}

/// The name of a zone by its id.
pub(super) fn name<'w>(world: &'w World, id: &str) -> Result<&'w Name, Answer> {
    find(world, id)?;
    world.zones.zones.get(id).map(|held| &held.name).ok_or_else(|| not_found(id))
}

/// Every zone: its id, its name, its status, and when that began.
pub(super) fn all(world: &World) -> impl Iterator<Item = (&str, &Name, &ZoneStatus, Timestamp)> {
    let zones = world.zones.zones.iter();
    zones.filter_map(|(id, held)| Some((id.as_str(), &held.name, held.zone.status.as_ref()?, held.since)))
}

/// What the parent delegates decides what becomes of a zone.
pub(super) fn pass(world: &mut World) {
    look_at_the_parent(world);
    let now = world.now;
    let is_over = |since: Timestamp| since.checked_add(PATIENCE).is_ok_and(|end| end <= now);
    let over = all(world).filter(|(_, _, status, since)| **status != ZoneStatus::Active && is_over(*since));
    let over: Vec<_> = over.map(|(id, ..)| id.to_owned()).collect();
    for id in over {
        remove(world, &id);
    }
}

fn look_at_the_parent(world: &mut World) {
    let World { zones, registry, now, .. } = world;
    let ours = name_servers();
    for held in zones.zones.values_mut() {
        // A domain that nobody registered is as it was.
        let Some(delegated) = registry.published(&held.name, 0) else { continue };
        let all_ours = ours.iter().all(|server| delegated.name_servers.contains(server));
        let status = match (&held.zone.status, all_ours) {
            (Some(ZoneStatus::Active), true) | (Some(ZoneStatus::Pending | ZoneStatus::Moved), false) => continue,
            (_, true) => ZoneStatus::Active,
            (_, false) => ZoneStatus::Moved,
        };
        if status == ZoneStatus::Active {
            held.zone.activated_on = held.zone.activated_on.or(Some(*now));
        }
        held.zone.status = Some(status);
        held.zone.modified_on = Some(*now);
        held.since = *now;
    }
}

fn remove(world: &mut World, id: &str) {
    world.zones.zones.remove(id);
    world.dns_records.remove(id);
    world.dnssec.remove(id);
    world.inventory.remove(id);
}
