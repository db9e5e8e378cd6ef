use std::collections::BTreeMap;

use howdah_core::{
    http::Query,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};

use super::{State as World, invalid, monitors, not_found, number};
use crate::monitor_groups::{CREATE, DELETE, GET, LIST, MonitorGroup, MonitorGroupId, UPDATE};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    groups: BTreeMap<u64, MonitorGroup>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| Ok(world.monitor_groups.groups.values().cloned().collect()))
        .on(&CREATE, |world, [], new| {
            check(&new.name)?;
            let id = world.new_id();
            let now = Some(world.now());
            let group = MonitorGroup { id, name: Some(new.name), created_at: now.clone(), updated_at: now };
            world.monitor_groups.groups.insert(*id.get(), group.clone());
            monitors::set_group(world, None, &new.monitor_ids.unwrap_or_default(), *id.get());
            for from in new.group_ids.into_iter().flatten() {
                monitors::set_group(world, Some(*from.get()), &[], *id.get());
            }
            Ok(group)
        })
        .on(&GET, |world, [id], ()| find(world, id).cloned())
        .on(&UPDATE, |world, [id], update| {
            let now = world.now();
            let group = find(world, id)?;
            if let Some(name) = update.name {
                check(&name)?;
                group.name = Some(name);
            }
            group.updated_at = Some(now);
            Ok(group.clone())
        })
        .on(&DELETE, |world, [id], Query(to)| {
            let id = *find(world, id)?.id.get();
            let to = to.monitors_new_group_id.map_or(0, |to| *to.get());
            if to != 0 && !exists(world, to) {
                return Err(not_found("Monitor group"));
            }
            monitors::set_group(world, Some(id), &[], to);
            world.monitor_groups.groups.remove(&id);
            Ok(())
        })
}

pub(super) fn exists(world: &World, id: u64) -> bool {
    world.monitor_groups.groups.contains_key(&id)
}

fn check(name: &str) -> Result<(), Answer> {
    if name.is_empty() { Err(invalid(["name should not be empty".to_owned()])) } else { Ok(()) }
}

fn find<'a>(world: &'a mut World, id: &str) -> Result<&'a mut MonitorGroup, Answer> {
    let id: MonitorGroupId = number(id, "Monitor group")?;
    world.monitor_groups.groups.get_mut(id.get()).ok_or_else(|| not_found("Monitor group"))
}
