use std::net::IpAddr;

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};

use super::{State as World, invalid, not_found, number, zones};
use crate::secondary_dns::{
    CREATE_PRIMARY, CREATE_ZONE, DELETE_PRIMARY, GET_PRIMARY, LINK_PRIMARY, LIST_PRIMARIES, PrimaryServer,
    UNLINK_PRIMARY,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    primaries: Vec<PrimaryServer>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_PRIMARIES, |world, [_], _| Ok(world.secondary_dns.primaries.clone()))
        .on(&CREATE_PRIMARY, |world, [_], new| {
            let port = new.port.as_deref().unwrap_or("53").parse::<u16>();
            let port = port.ok().filter(|port| *port > 0);
            if new.name.is_empty() {
                return Err(invalid("name", "can't be blank"));
            } else if new.ip.parse::<IpAddr>().is_err() {
                return Err(invalid("ip", "is not a valid IP address"));
            } else if port.is_none() {
                return Err(invalid("port", "is not a valid port"));
            }
            let primary = PrimaryServer {
                id: world.new_id(),
                account_id: Some(world.account.id),
                name: new.name,
                ip: Some(new.ip),
                port,
                linked_secondary_zones: Vec::new(),
                created_at: Some(world.now()),
                updated_at: Some(world.now()),
            };
            world.secondary_dns.primaries.push(primary.clone());
            Ok(primary)
        })
        .on(&GET_PRIMARY, |world, [_, primary], ()| find_mut(world, primary).cloned())
        .on(&DELETE_PRIMARY, |world, [_, primary], ()| {
            let id = find_mut(world, primary)?.id;
            world.secondary_dns.primaries.retain(|one| one.id != id);
            Ok(())
        })
        .on(&LINK_PRIMARY, |world, [_, primary], link| {
            find_mut(world, primary)?;
            let zone = zones::zone(world, &link.zone)?;
            if zone.secondary != Some(true) {
                return Err(invalid("zone", "is not a secondary zone"));
            }
            let (name, now) = (zone.name.clone(), world.now());
            let primary = find_mut(world, primary)?;
            if !primary.linked_secondary_zones.contains(&name) {
                primary.linked_secondary_zones.push(name);
                primary.updated_at = Some(now);
            }
            Ok(primary.clone())
        })
        .on(&UNLINK_PRIMARY, |world, [_, primary], link| {
            let now = world.now();
            let primary = find_mut(world, primary)?;
            let linked = &mut primary.linked_secondary_zones;
            let before = linked.len();
            linked.retain(|zone| !zone.eq_ignore_ascii_case(&link.zone));
            if linked.len() == before {
                return Err(invalid("zone", "is not linked with this primary server"));
            }
            primary.updated_at = Some(now);
            Ok(primary.clone())
        })
        .on(&CREATE_ZONE, |world, [_], new| {
            let Some(name) = Name::parse(&new.name).ok().filter(|_| new.name.contains('.') && !new.name.ends_with('.'))
            else {
                return Err(invalid("name", "is an invalid zone name"));
            };
            let name = name.to_fqdn_without_dot();
            if zones::zone(world, &name).is_ok() {
                return Err(invalid("name", "has already been taken"));
            }
            Ok(zones::create(world, &name, true))
        })
}

fn find_mut<'w>(world: &'w mut World, primary: &str) -> Result<&'w mut PrimaryServer, Answer> {
    let id = number(primary, "Primary server")?;
    let mut primaries = world.secondary_dns.primaries.iter_mut();
    primaries.find(|one| one.id == id).ok_or_else(|| not_found("Primary server", primary))
}
