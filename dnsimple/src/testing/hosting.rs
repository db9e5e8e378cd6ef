//! What DNSimple's name servers answer.

use std::collections::BTreeMap;

use howdah_core::{
    dns::{Name, RecordData, RecordSet, RecordType, Ttl, Zone},
    testing::{HostedZone, Hosting},
};

use super::{FakeDnSimple, State as World, dnssec, zones};
use crate::{
    dns_provider::read_record,
    zones::{RecordType as Written, Region, ZoneRecord},
};

impl Hosting for FakeDnSimple {
    fn name_servers(&self) -> Vec<Name> {
        zones::NAME_SERVERS.iter().filter_map(|server| Name::parse(server).ok()).collect()
    }

    fn zones(&self, server: &Name) -> Vec<Name> {
        if !self.name_servers().contains(server) {
            return Vec::new();
        }
        self.world().state(|world| zones::active(world).iter().filter_map(|zone| Name::parse(zone).ok()).collect())
    }

    fn zone(&self, server: &Name, apex: &Name) -> Option<HostedZone> {
        let is_active = self.zones(server).contains(apex);
        is_active.then(|| self.world().state(|world| hosted(world, apex)))
    }
}

fn hosted(world: &World, apex: &Name) -> HostedZone {
    let name = apex.to_fqdn_without_dot();
    let mut sets: BTreeMap<(Name, RecordType), (u32, Vec<RecordData>)> = BTreeMap::new();
    for record in zones::records(world, &name) {
        // POOL and URL have no counterpart in DNS.
        if let Some((owner, data)) = served(apex, &record) {
            let set = sets.entry((owner, data.record_type())).or_default();
            set.0 = record.ttl.unwrap_or(3600);
            set.1.push(data);
        }
    }
    let mut zone = Zone::new(apex.clone());
    for ((owner, _), (ttl, data)) in sets {
        if let Ok(set) = RecordSet::new(owner, Ttl::Seconds(ttl), data) {
            // Names below the zone's are in the zone.
            let _ = zone.insert(set);
        }
    }
    HostedZone { zone, keys: dnssec::zone_keys(world, &name) }
}

fn served(apex: &Name, record: &ZoneRecord) -> Option<(Name, RecordData)> {
    let data = match record.record_type {
        Written::Soa => {
            let mut fields = record.content.splitn(3, ' ');
            let absolute = format!("{}. {}. {}", fields.next()?, fields.next()?, fields.next()?);
            RecordData::parse(&RecordType::Soa, &absolute, &Name::root()).ok()?
        }
        Written::Ns if record.name.is_empty() => RecordData::Ns(Name::parse(&record.content).ok()?),
        _ => {
            let plain =
                ZoneRecord { system_record: false, parent_id: None, regions: vec![Region::Global], ..record.clone() };
            return read_record(apex, &plain).ok();
        }
    };
    Some((apex.clone(), data))
}
