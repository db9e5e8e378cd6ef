//! What DigitalOcean's name servers answer.

use std::collections::BTreeMap;

use howdah_core::{
    dns::{Name, RecordData, RecordSet, RecordType, Ttl, Zone},
    testing::{HostedZone, Hosting},
};

use super::{FakeDigitalOcean, State as World, domains};
use crate::{
    dns_provider::read_record,
    domains::{DomainRecord, RecordType as Written},
};

impl Hosting for FakeDigitalOcean {
    fn name_servers(&self) -> Vec<Name> {
        domains::NAME_SERVERS.iter().filter_map(|server| Name::parse(server).ok()).collect()
    }

    fn zones(&self, server: &Name) -> Vec<Name> {
        if !self.name_servers().contains(server) {
            return Vec::new();
        }
        self.world().state(|world| domains::names(world).iter().filter_map(|zone| Name::parse(zone).ok()).collect())
    }

    fn zone(&self, server: &Name, apex: &Name) -> Option<HostedZone> {
        let is_there = self.zones(server).contains(apex);
        is_there.then(|| HostedZone { zone: self.world().state(|world| hosted(world, apex)), keys: Vec::new() })
    }
}

fn hosted(world: &World, apex: &Name) -> Zone {
    let mut sets: BTreeMap<(Name, RecordType), (u32, Vec<RecordData>)> = BTreeMap::new();
    for record in domains::records(world, &apex.to_fqdn_without_dot()) {
        if let Some((owner, data)) = served(apex, &record) {
            let set = sets.entry((owner, data.record_type())).or_default();
            set.0 = record.ttl.unwrap_or(1800);
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
    zone
}

fn served(apex: &Name, record: &DomainRecord) -> Option<(Name, RecordData)> {
    let data = match record.record_type {
        Written::Soa => {
            let [server, ..] = domains::NAME_SERVERS;
            let text = format!("{server}. hostmaster.{apex} 1700000000 10800 3600 604800 1800");
            RecordData::parse(&RecordType::Soa, &text, &Name::root()).ok()?
        }
        Written::Ns if record.name == "@" => RecordData::Ns(Name::parse(&record.data).ok()?),
        _ => return read_record(apex, record).ok(),
    };
    Some((apex.clone(), data))
}
