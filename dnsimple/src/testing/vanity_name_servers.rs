#![allow(clippy::result_large_err)]

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
};

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{State as World, domains, not_found, plan_required, zones};
use crate::{
    domains::DomainId,
    vanity_name_servers::{DISABLE, ENABLE, VanityNameServer},
    zones::{NewRecord, RecordId},
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    enabled: BTreeMap<DomainId, Vanity>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Vanity {
    servers: Vec<VanityNameServer>,
    records: Vec<RecordId>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&ENABLE, |world, [_, domain], ()| {
        let domain = domains::find(world, domain)?.clone();
        if !world.plan.vanity {
            return Err(plan_required());
        }
        if let Some(vanity) = world.vanity_name_servers.enabled.get(&domain.id) {
            return Ok(vanity.servers.clone());
        }
        if zones::records(world, &domain.name).is_empty() {
            return Err(not_found("Zone", &domain.name));
        }
        let mut vanity = Vanity::default();
        for number in 1..=4 {
            if let Err(refused) = add(world, &domain.name, number, &mut vanity) {
                take_away(world, &domain.name, vanity.records);
                return Err(refused);
            }
        }
        let servers = vanity.servers.clone();
        world.vanity_name_servers.enabled.insert(domain.id, vanity);
        Ok(servers)
    })
    .on(&DISABLE, |world, [_, domain], ()| {
        let domain = domains::find(world, domain)?.clone();
        if !world.plan.vanity {
            return Err(plan_required());
        }
        if let Some(vanity) = world.vanity_name_servers.enabled.remove(&domain.id) {
            take_away(world, &domain.name, vanity.records);
        }
        Ok(())
    })
}

fn add(world: &mut World, zone: &str, number: u8, vanity: &mut Vanity) -> Result<(), Answer> {
    let ipv4 = Ipv4Addr::new(192, 0, 2, number);
    let ipv6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number.into());
    let label = format!("ns{number}");
    for (record_type, content) in [("A", ipv4.to_string()), ("AAAA", ipv6.to_string())] {
        let record = NewRecord::new(label.as_str(), record_type, content);
        let record = zones::create_record(world, zone, record)
            .map_err(|wrong| Answer::json(400, json!({ "message": "Validation failed", "errors": wrong })))?;
        vanity.records.push(record.id);
    }
    vanity.servers.push(VanityNameServer {
        id: world.new_id(),
        name: format!("{label}.{zone}"),
        ipv4: Some(ipv4.to_string()),
        ipv6: Some(ipv6.to_string()),
        created_at: Some(world.now()),
        updated_at: Some(world.now()),
    });
    Ok(())
}

fn take_away(world: &mut World, zone: &str, records: Vec<RecordId>) {
    for record in records {
        zones::delete_record(world, zone, record);
    }
}
