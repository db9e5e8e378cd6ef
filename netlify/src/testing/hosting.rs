//! What Netlify's name servers answer.

use std::collections::BTreeMap;

use howdah_core::{
    dns::{Name, RecordData, RecordSet, RecordType, Ttl, Zone},
    testing::{HostedZone, Hosting},
};

use super::{
    FakeNetlify, State as World,
    dns_zones::{NAME_SERVERS, records_of, zone_named},
};
use crate::{dns_provider::read_record, dns_zones::DnsRecord};

impl Hosting for FakeNetlify {
    fn name_servers(&self) -> Vec<Name> {
        NAME_SERVERS.iter().filter_map(|server| Name::parse(server).ok()).collect()
    }

    fn zones(&self, server: &Name) -> Vec<Name> {
        if !self.name_servers().contains(server) {
            return Vec::new();
        }
        self.world().state(|world| {
            let zones = world.things.all("zone").iter();
            zones.filter_map(|zone| Name::parse(zone["name"].as_str()?).ok()).collect()
        })
    }

    fn zone(&self, server: &Name, apex: &Name) -> Option<HostedZone> {
        let is_there = self.zones(server).contains(apex);
        is_there.then(|| HostedZone { zone: self.world().state(|world| hosted(world, apex)), keys: Vec::new() })
    }
}

fn hosted(world: &World, apex: &Name) -> Zone {
    let mut sets: BTreeMap<(Name, RecordType), (u32, Vec<RecordData>)> = BTreeMap::new();
    let mut add = |owner: Name, ttl: u32, data: RecordData| {
        let set = sets.entry((owner, data.record_type())).or_default();
        set.0 = ttl;
        set.1.push(data);
    };
    let [first, ..] = NAME_SERVERS;
    let soa = format!("{first}. hostmaster.nsone.net. 1700000000 43200 7200 1209600 3600");
    if let Ok(soa) = RecordData::parse(&RecordType::Soa, &soa, &Name::root()) {
        add(apex.clone(), 3600, soa);
    }
    for server in NAME_SERVERS {
        if let Ok(server) = Name::parse(server) {
            add(apex.clone(), 3600, RecordData::Ns(server));
        }
    }
    let zone = zone_named(world, &apex.to_fqdn_without_dot());
    for record in zone.iter().flat_map(|zone| records_of(world, zone)) {
        let record = serde_json::from_value::<DnsRecord>(record).ok();
        if let Some((Ok((owner, data)), ttl)) = record.map(|record| (read_record(apex, &record), record.ttl)) {
            add(owner, ttl.and_then(|ttl| ttl.try_into().ok()).unwrap_or(3600), data);
        }
    }
    let mut hosted = Zone::new(apex.clone());
    for ((owner, _), (ttl, data)) in sets {
        if let Ok(set) = RecordSet::new(owner, Ttl::Seconds(ttl), data) {
            // Names below the zone's are in the zone.
            let _ = hosted.insert(set);
        }
    }
    hosted
}
