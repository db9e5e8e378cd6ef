use std::{collections::BTreeMap, fmt::Write as _};

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};

use super::{State as World, not_found, number, unprocessable};
use crate::{
    dns_provider::read_record,
    domains::{
        CREATE, CREATE_RECORD, DELETE, DELETE_RECORD, Domain, DomainRecord, GET, GET_RECORD, LIST, LIST_RECORDS,
        NewRecord, REPLACE_RECORD, RecordId, RecordType, RecordUpdate, UPDATE_RECORD,
    },
};

pub(super) const NAME_SERVERS: [&str; 3] = ["ns1.digitalocean.com", "ns2.digitalocean.com", "ns3.digitalocean.com"];

const DEFAULT_TTL: u32 = 1800;
const LEAST_TTL: u32 = 30;
const LONGEST_TXT: usize = 512;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    domains: BTreeMap<String, BTreeMap<RecordId, DomainRecord>>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| world.domains.domains.keys().map(|name| shown(world, name)).collect())
        .on(&CREATE, |world, [], new| {
            let name = new.name.to_ascii_lowercase();
            if Name::parse(&name).is_err() || !name.contains('.') {
                return Err(unprocessable("Name is not a valid domain name"));
            }
            if exists(world, &name) {
                return Err(unprocessable("Name The domain name already exists"));
            }
            world.domains.domains.insert(name.clone(), BTreeMap::new());
            own_record(world, &name, RecordType::Soa, &DEFAULT_TTL.to_string());
            for server in NAME_SERVERS {
                own_record(world, &name, RecordType::Ns, server);
            }
            if let Some(address) = new.ip_address.filter(|address| !address.is_empty()) {
                create_record(world, &name, NewRecord::new("A", "@", address))?;
            }
            // The zone file is written later.
            Ok(Domain { name, ip_address: None, ttl: Some(DEFAULT_TTL), zone_file: None })
        })
        .on(&GET, |world, [domain], ()| shown(world, domain))
        .on(&DELETE, |world, [domain], ()| {
            world.domains.domains.remove(&domain.to_ascii_lowercase()).map(drop).ok_or_else(not_found)
        })
        .on(&LIST_RECORDS, |world, [domain], filter| {
            let whole = |record: &DomainRecord| match record.name.as_str() {
                "@" => domain.to_owned(),
                name => format!("{name}.{domain}"),
            };
            let is_wanted = |record: &&DomainRecord| {
                filter.name.as_ref().is_none_or(|name| whole(record).eq_ignore_ascii_case(name))
                    && filter.record_type.as_ref().is_none_or(|wanted| record.record_type == *wanted)
            };
            Ok(find(world, domain)?.values().filter(is_wanted).cloned().collect())
        })
        .on(&CREATE_RECORD, |world, [domain], new| {
            find(world, domain)?;
            create_record(world, domain, new)
        })
        .on(&GET_RECORD, |world, [domain, record], ()| {
            find(world, domain)?.get(&number(record)?).cloned().ok_or_else(not_found)
        })
        .on(&UPDATE_RECORD, |world, [domain, record], update| update_record(world, domain, record, update))
        .on(&REPLACE_RECORD, |world, [domain, record], update| update_record(world, domain, record, update))
        .on(&DELETE_RECORD, |world, [domain, record], ()| {
            let id = number(record)?;
            if find(world, domain)?.get(&id).ok_or_else(not_found)?.record_type == RecordType::Soa {
                return Err(unprocessable("The SOA record cannot be deleted"));
            }
            find_mut(world, domain)?.remove(&id);
            Ok(())
        })
}

fn find<'w>(world: &'w World, domain: &str) -> Result<&'w BTreeMap<RecordId, DomainRecord>, Answer> {
    world.domains.domains.get(&domain.to_ascii_lowercase()).ok_or_else(not_found)
}

fn find_mut<'w>(world: &'w mut World, domain: &str) -> Result<&'w mut BTreeMap<RecordId, DomainRecord>, Answer> {
    world.domains.domains.get_mut(&domain.to_ascii_lowercase()).ok_or_else(not_found)
}

fn shown(world: &World, domain: &str) -> Result<Domain, Answer> {
    let records = find(world, domain)?;
    let name = domain.to_ascii_lowercase();
    Ok(Domain { zone_file: Some(zone_file(&name, records)), name, ip_address: None, ttl: Some(DEFAULT_TTL) })
}

fn zone_file(name: &str, records: &BTreeMap<RecordId, DomainRecord>) -> String {
    let mut file = format!("$ORIGIN {name}.\n$TTL {DEFAULT_TTL}\n");
    let Ok(zone) = Name::parse(name) else { return file };
    for record in records.values() {
        let ttl = record.ttl.unwrap_or(DEFAULT_TTL);
        let line = match (&record.record_type, read_record(&zone, record)) {
            (RecordType::Soa, _) => {
                let [server, ..] = NAME_SERVERS;
                format!("{name}. IN SOA {server}. hostmaster.{name}. 1700000000 10800 3600 604800 1800")
            }
            (RecordType::Ns, _) if record.name == "@" => format!("{name}. {ttl} IN NS {}.", record.data),
            (_, Ok((owner, data))) => format!("{owner} {ttl} IN {} {data}", record.record_type),
            (_, Err(_)) => continue,
        };
        let _ = writeln!(file, "{line}");
    }
    file
}

fn own_record(world: &mut World, domain: &str, record_type: RecordType, data: &str) {
    let record = DomainRecord {
        id: world.new_id(),
        record_type,
        name: "@".to_owned(),
        data: data.to_owned(),
        priority: None,
        port: None,
        ttl: Some(DEFAULT_TTL),
        weight: None,
        flags: None,
        tag: None,
    };
    if let Ok(records) = find_mut(world, domain) {
        records.insert(record.id, record);
    }
}

fn create_record(world: &mut World, domain: &str, new: NewRecord) -> Result<DomainRecord, Answer> {
    let record = DomainRecord {
        id: world.new_id(),
        record_type: new.record_type,
        name: new.name,
        data: new.data,
        priority: new.priority,
        port: new.port,
        ttl: Some(new.ttl.unwrap_or(DEFAULT_TTL)),
        weight: new.weight,
        flags: new.flags,
        tag: new.tag,
    };
    if record.record_type == RecordType::Soa {
        return Err(unprocessable("Type is not included in the list"));
    }
    let record = checked(world, domain, record)?;
    find_mut(world, domain)?.insert(record.id, record.clone());
    Ok(record)
}

fn update_record(world: &mut World, domain: &str, id: &str, update: RecordUpdate) -> Result<DomainRecord, Answer> {
    let mut record = find(world, domain)?.get(&number(id)?).cloned().ok_or_else(not_found)?;
    if record.record_type == RecordType::Soa {
        record.ttl = update.ttl.or(record.ttl);
    } else {
        let kept = record.data.clone();
        record.record_type = update.record_type;
        record.name = update.name.unwrap_or(record.name);
        record.data = update.data.unwrap_or_else(|| written(&record.record_type, kept));
        record.priority = update.priority.or(record.priority);
        record.port = update.port.or(record.port);
        record.ttl = update.ttl.or(record.ttl);
        record.weight = update.weight.or(record.weight);
        record.flags = update.flags.or(record.flags);
        record.tag = update.tag.or(record.tag);
        record = checked(world, domain, record)?;
    }
    find_mut(world, domain)?.insert(record.id, record.clone());
    Ok(record)
}

/// Data as they are shown, as they would be written.
fn written(record_type: &RecordType, data: String) -> String {
    if has_host(record_type) && data != "@" { format!("{data}.") } else { data }
}

fn has_host(record_type: &RecordType) -> bool {
    use RecordType::{Caa, Cname, Mx, Ns, Srv};
    matches!(record_type, Caa | Cname | Mx | Ns | Srv)
}

/// A record as the service keeps it, or why it does not.
fn checked(world: &World, domain: &str, mut record: DomainRecord) -> Result<DomainRecord, Answer> {
    use RecordType::{A, Aaaa, Caa, Cname, Mx, Srv, Txt};
    let apex = record.name.is_empty() || record.name == "@" || record.name.eq_ignore_ascii_case(domain);
    record.name = if apex { "@".to_owned() } else { record.name.to_ascii_lowercase() };
    if record.ttl.is_some_and(|ttl| ttl < LEAST_TTL) {
        return Err(unprocessable("TTL must be greater than or equal to 30"));
    }
    let zone = Name::parse(domain).map_err(|_| not_found())?;
    if !apex && zone.child(&record.name).is_err() {
        return Err(unprocessable("Name is invalid"));
    }
    if has_host(&record.record_type) && record.data != "@" {
        let Some(host) = record.data.strip_suffix('.').filter(|host| !host.is_empty()) else {
            return Err(unprocessable("Data needs to end with a dot (.)"));
        };
        if record.record_type != Caa && Name::parse(host).is_err() {
            return Err(unprocessable("Data is not a valid host name"));
        }
        record.data = if host.eq_ignore_ascii_case(domain) { "@".to_owned() } else { host.to_owned() };
    }
    match record.record_type {
        A if record.data.parse::<std::net::Ipv4Addr>().is_err() => {
            return Err(unprocessable("IP address is invalid"));
        }
        Aaaa if record.data.parse::<std::net::Ipv6Addr>().is_err() => {
            return Err(unprocessable("IPv6 address is invalid"));
        }
        Cname if apex => return Err(unprocessable("CNAME records cannot be at the apex")),
        Mx if record.priority.is_none() => return Err(unprocessable("Priority can't be blank")),
        Srv if record.priority.is_none() || record.port.is_none() => {
            return Err(unprocessable("Priority and port can't be blank"));
        }
        Caa if record.flags.is_none() || record.tag.is_none() || record.data.contains(';') => {
            return Err(unprocessable("Flags, tag and data must be valid"));
        }
        Txt if record.data.is_empty() => return Err(unprocessable("Data can't be blank")),
        Txt if record.data.contains('\\') || record.data.len() > LONGEST_TXT => {
            return Err(unprocessable("Data is invalid"));
        }
        RecordType::Other(_) => return Err(unprocessable("Type is not included in the list")),
        _ => {}
    }
    // What a type has no use for is not kept, whatever was sent.
    record.priority = record.priority.filter(|_| matches!(record.record_type, Mx | Srv));
    record.port = record.port.filter(|_| record.record_type == Srv);
    record.weight = Some(record.weight.unwrap_or(0)).filter(|_| record.record_type == Srv);
    record.flags = record.flags.filter(|_| record.record_type == Caa);
    record.tag = record.tag.filter(|_| record.record_type == Caa);
    let beside = find(world, domain)?.values().filter(|other| other.id != record.id && other.name == record.name);
    let (mut is_there, mut alias) = (false, false);
    for other in beside {
        is_there = true;
        alias |= other.record_type == Cname;
    }
    if alias || (record.record_type == Cname && is_there) {
        return Err(unprocessable("CNAME records cannot share a name with other records"));
    }
    Ok(record)
}

/// Is there such a domain in the account?
pub(super) fn exists(world: &World, name: &str) -> bool {
    world.domains.domains.contains_key(&name.to_ascii_lowercase())
}

/// The names of all domains.
pub(super) fn names(world: &World) -> Vec<String> {
    world.domains.domains.keys().cloned().collect()
}

/// All records of a domain.
pub(super) fn records(world: &World, domain: &str) -> Vec<DomainRecord> {
    find(world, domain).map(|records| records.values().cloned().collect()).unwrap_or_default()
}
