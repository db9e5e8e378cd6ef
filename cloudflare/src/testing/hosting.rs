use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
};

use howdah_core::{
    dns::{Name, RecordData, RecordSet, Ttl, Zone},
    testing::{HostedZone, Hosting},
};
use jiff::{SignedDuration, Timestamp};

use super::{FakeCloudflare, State as World, dns_records, name_servers, zones};
use crate::{
    dns_provider::{read_record, read_ttl},
    zones::ZoneStatus,
};

/// How long a zone is still answered that was delegated elsewhere.
const AFTER_MOVED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The TTL, in seconds, that is Cloudflare's choice.
const AUTO: u32 = 300;

/// Proxied names are answered with addresses of the proxies, and nothing else tells of their origins.
impl Hosting for FakeCloudflare {
    fn name_servers(&self) -> Vec<Name> {
        name_servers()
    }

    fn zones(&self, server: &Name) -> Vec<Name> {
        if !name_servers().contains(server) {
            return Vec::new();
        }
        self.world.state(|world| {
            let answered = zones::all(world).filter(|(_, _, status, since)| is_answered(world, status, *since));
            answered.map(|(_, name, ..)| name.clone()).collect()
        })
    }

    fn zone(&self, server: &Name, apex: &Name) -> Option<HostedZone> {
        if !name_servers().contains(server) {
            return None;
        }
        self.world.state(|world| {
            let (id, _, status, since) = zones::all(world).find(|(_, name, ..)| *name == apex)?;
            is_answered(world, status, since)
                .then(|| HostedZone { zone: answers(world, id, apex), keys: world.dnssec.keys(id).to_vec() })
        })
    }
}

fn is_answered(world: &World, status: &ZoneStatus, since: Timestamp) -> bool {
    match status {
        ZoneStatus::Active => true,
        ZoneStatus::Moved => since.checked_add(AFTER_MOVED).is_ok_and(|end| world.now < end),
        _ => false,
    }
}

fn answers(world: &World, id: &str, apex: &Name) -> Zone {
    let mut sets: BTreeMap<_, (u32, Vec<RecordData>)> = BTreeMap::new();
    let mut add = |name: &Name, ttl: u32, data: RecordData| {
        sets.entry((name.clone(), data.record_type())).or_insert((ttl, Vec::new())).1.push(data);
    };
    add(apex, 1800, RecordData::Soa(dns_records::soa(world, id)));
    for server in name_servers() {
        add(apex, 86_400, RecordData::Ns(server));
    }
    let records = || dns_records::of(world, id).iter().filter_map(|one| Some((one, read_record(apex, one).ok()?)));
    let proxied: Vec<Name> =
        records().filter(|(one, _)| one.proxied == Some(true)).map(|(_, (name, _))| name).collect();
    for (record, (name, data)) in records() {
        let is_address = matches!(data, RecordData::A(_) | RecordData::Aaaa(_));
        if record.proxied == Some(true) || (is_address && proxied.contains(&name)) {
            for data in proxies(&name) {
                add(&name, AUTO, data);
            }
        } else {
            add(&name, read_ttl(record.ttl).seconds_or(AUTO), data);
        }
    }
    let mut zone = Zone::new(apex.clone());
    for ((name, _), (ttl, data)) in sets {
        if let Ok(set) = RecordSet::new(name, Ttl::Seconds(ttl), data) {
            // Its names are in the zone.
            let _ = zone.insert(set);
        }
    }
    zone
}

/// The addresses of the proxies that answer for a name: always the same, and others for most other names.
fn proxies(name: &Name) -> [RecordData; 4] {
    let mixed = name.to_wire().iter().fold(0_u16, |mixed, octet| mixed.wrapping_mul(31).wrapping_add((*octet).into()));
    let [high, low] = mixed.to_be_bytes();
    let (one, other) = (Ipv4Addr::new(104, 21, high, low), Ipv4Addr::new(172, 67, high, low));
    let six = |block: u16, four: Ipv4Addr| {
        let bits = four.to_bits();
        let [high, low] = [bits >> 16, bits & 0xffff].map(|half| u16::try_from(half).unwrap_or_default());
        RecordData::Aaaa(Ipv6Addr::new(0x2606, 0x4700, block, 0, 0, 0, high, low))
    };
    [RecordData::A(one), RecordData::A(other), six(0x3030, one), six(0x3031, other)]
}
