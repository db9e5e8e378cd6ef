use std::{collections::BTreeMap, fmt::Write as _};

use howdah_core::{
    dns::{Name, RecordData, Soa},
    http::Text,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{NAME_SERVERS, State as World, answer, invalid, refused, zones};
use crate::{
    dns_records::{
        CREATE, DELETE, DnsRecord, EXPORT, GET, LIST, NewRecord, REPLACE, RecordId, RecordMeta, RecordUpdate, UPDATE,
    },
    presentation::{self, Written},
    zones::Zone,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By the zone's id.
    records: BTreeMap<String, Vec<DnsRecord>>,
    /// How often a zone was changed.
    changes: BTreeMap<String, u32>,
}

impl State {
    pub(super) fn remove(&mut self, zone: &str) {
        self.records.remove(zone);
        self.changes.remove(zone);
    }
}

/// The first serial of a zone.
const FIRST_SERIAL: u32 = 2_380_000_000;

const CAN_BE_PROXIED: [&str; 3] = ["A", "AAAA", "CNAME"];

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [zone], filter| {
        zones::find(world, zone)?;
        let name = filter.name.map(|name| name.to_ascii_lowercase());
        let wanted = |record: &&DnsRecord| {
            let content = record.content.as_deref().unwrap_or_default();
            let texts = [&record.name, content, record.comment.as_deref().unwrap_or_default()];
            name.as_ref().is_none_or(|name| record.name == *name)
                && filter.record_type.as_ref().is_none_or(|one| record.record_type == *one)
                && filter.content.as_ref().is_none_or(|one| content == one)
                && filter.proxied.is_none_or(|one| record.proxied == Some(one))
                && filter.search.as_ref().is_none_or(|part| texts.iter().any(|text| text.contains(part)))
        };
        Ok(of(world, zone).iter().filter(wanted).cloned().collect())
    })
    .on(&CREATE, |world, [zone], record| answer(create(world, zone, record)?))
    .on(&GET, |world, [zone, record], ()| answer(find(world, zone, record)?))
    .on(&UPDATE, |world, [zone, record], update| {
        let before = find(world, zone, record)?.clone();
        let RecordUpdate { record_type, name, content, data, priority, ttl, proxied, comment, tags, settings } = update;
        let record_type = record_type.unwrap_or_else(|| before.record_type.clone());
        let mut wanted = NewRecord::new(record_type, name.unwrap_or_else(|| before.name.clone()));
        // Of the two forms of a content, the one that is given counts.
        let given = content.is_some() || data.is_some();
        wanted.content = if given { content } else { before.content.clone() };
        wanted.data = if given { data } else { before.data.clone() };
        wanted.priority = priority.or(before.priority);
        wanted.ttl = ttl.or(before.ttl);
        wanted.proxied = proxied.or(before.proxied);
        wanted.comment = comment.or_else(|| before.comment.clone());
        wanted.tags = Some(tags.unwrap_or_else(|| before.tags.clone()));
        wanted.settings = settings.or_else(|| before.settings.clone());
        answer(replace(world, zone, before, wanted)?)
    })
    .on(&REPLACE, |world, [zone, record], wanted| {
        let before = find(world, zone, record)?.clone();
        answer(replace(world, zone, before, wanted)?)
    })
    .on(&DELETE, |world, [zone, record], ()| {
        let id = editable(world, zone, record)?.id.clone();
        if let Some(records) = world.dns_records.records.get_mut(zone) {
            records.retain(|one| one.id != id);
        }
        changed(world, zone);
        answer(json!({ "id": record }))
    })
    .on(&EXPORT, |world, [zone], ()| Ok(Text(export(world, zones::find(world, zone)?))))
}

/// All records of a zone.
pub(super) fn of<'w>(world: &'w World, zone: &str) -> &'w [DnsRecord] {
    world.dns_records.records.get(zone).map_or(&[], Vec::as_slice)
}

/// Adds a record as if it had been asked for.
pub(super) fn create(world: &mut World, zone: &str, wanted: NewRecord) -> Result<DnsRecord, Answer> {
    let id = RecordId::new(world.new_id());
    let record = checked(world, zone, &id, wanted)?;
    world.dns_records.records.entry(zone.to_owned()).or_default().push(record.clone());
    changed(world, zone);
    Ok(record)
}

pub(super) fn set_meta(world: &mut World, zone: &str, record: &RecordId, meta: &RecordMeta) {
    let records = world.dns_records.records.get_mut(zone).into_iter().flatten();
    for one in records.filter(|one| one.id == *record) {
        one.meta = Some(meta.clone());
    }
}

/// The SOA as it is served.
pub(super) fn soa(world: &World, zone: &str) -> Soa {
    let name = |text| Name::parse(text).expect("its names are names");
    let changes = world.dns_records.changes.get(zone).copied().unwrap_or_default();
    Soa {
        mname: name(NAME_SERVERS[0]),
        rname: name("dns.cloudflare.com"),
        serial: FIRST_SERIAL + changes,
        refresh: 10_000,
        retry: 2400,
        expire: 604_800,
        minimum: 1800,
    }
}

fn changed(world: &mut World, zone: &str) {
    *world.dns_records.changes.entry(zone.to_owned()).or_default() += 1;
}

fn find<'w>(world: &'w World, zone: &str, record: &str) -> Result<&'w DnsRecord, Answer> {
    zones::find(world, zone)?;
    let found = of(world, zone).iter().find(|one| one.id.get() == record);
    found.ok_or_else(|| refused(404, 81044, "Record does not exist."))
}

/// A record that belongs to no other service.
fn editable<'w>(world: &'w World, zone: &str, record: &str) -> Result<&'w DnsRecord, Answer> {
    let found = find(world, zone, record)?;
    match found.meta.as_ref().and_then(|meta| meta.read_only) {
        Some(true) => Err(refused(400, 1043, "This record is managed by another service.")),
        _ => Ok(found),
    }
}

fn replace(world: &mut World, zone: &str, before: DnsRecord, wanted: NewRecord) -> Result<DnsRecord, Answer> {
    editable(world, zone, before.id.get())?;
    let mut record = checked(world, zone, &before.id, wanted)?;
    record.created_on = before.created_on;
    record.meta = before.meta;
    let records = world.dns_records.records.entry(zone.to_owned()).or_default();
    for one in records.iter_mut().filter(|one| one.id == record.id) {
        *one = record.clone();
    }
    changed(world, zone);
    Ok(record)
}

/// The record as it is stored, or what is wrong with it.
fn checked(world: &World, zone: &str, id: &RecordId, wanted: NewRecord) -> Result<DnsRecord, Answer> {
    let apex = zones::name(world, zone)?;
    let owner = owner(apex, &wanted.name)?;
    let record_type = wanted.record_type.to_ascii_uppercase();
    let can_be_proxied = CAN_BE_PROXIED.contains(&record_type.as_str());
    let proxied = wanted.proxied == Some(true);
    if proxied && !can_be_proxied {
        return Err(invalid(9004, "records of this type cannot be proxied"));
    }
    if wanted.ttl.is_some_and(|ttl| ttl != 1 && !(60..=86_400).contains(&ttl)) {
        return Err(invalid(9021, "the TTL has to be 1, or between 60 and 86400"));
    }
    let longest = wanted.content.as_ref().map_or(0, String::len);
    if record_type == "TXT" && (longest == 0 || longest > 2048) {
        return Err(invalid(9207, "a text has between 1 and 2048 characters"));
    }
    let given = Written { content: wanted.content.clone(), data: wanted.data, priority: wanted.priority };
    let data = presentation::read(&record_type, &given)
        .map_err(|error| invalid(9005, &format!("the content of the {record_type} record cannot be read: {error}")))?;
    let stored = stored(&record_type, wanted.content, &data);
    let record = DnsRecord {
        id: id.clone(),
        name: owner.to_fqdn_without_dot(),
        content: stored.content,
        data: stored.data,
        priority: stored.priority,
        // What is proxied has the provider's TTL.
        ttl: Some(if proxied { 1 } else { wanted.ttl.unwrap_or(1) }),
        proxied: Some(proxied),
        proxiable: Some(can_be_proxied),
        record_type,
        comment: wanted.comment.filter(|comment| !comment.is_empty()),
        tags: wanted.tags.unwrap_or_default(),
        settings: wanted.settings,
        meta: Some(RecordMeta { auto_added: Some(false), source: Some("primary".to_owned()), ..RecordMeta::default() }),
        created_on: Some(world.now),
        modified_on: Some(world.now),
    };
    let at_name = of(world, zone).iter().filter(|one| one.id != *id && one.name == record.name);
    for other in at_name {
        if same(&record, other) {
            return Err(refused(400, 81058, "An identical record already exists."));
        }
        let (one, two) = (record.record_type.as_str(), other.record_type.as_str());
        // The apex has name servers anyway.
        let has_target = |name: &str| CAN_BE_PROXIED.contains(&name) || (name == "NS" && owner != *apex);
        if (one == "CNAME" && has_target(two)) || (two == "CNAME" && has_target(one)) {
            return Err(refused(400, 81053, "An A, AAAA, or CNAME record with that host already exists."));
        }
    }
    Ok(record)
}

/// Names are whole or below the zone's; `@` is the apex.
fn owner(apex: &Name, name: &str) -> Result<Name, Answer> {
    let wrong = |error: &dyn std::fmt::Display| invalid(9000, &format!("the name cannot be read: {error}"));
    if name.is_empty() {
        return Err(wrong(&"it is empty"));
    }
    if name == "@" {
        return Ok(apex.clone());
    }
    let whole = Name::parse(name).map_err(|error| wrong(&error))?;
    if whole.is_within(apex) {
        return Ok(whole);
    }
    apex.child(name.trim_end_matches('.')).map_err(|error| wrong(&error))
}

/// A content is stored as it was given, or made of the parts that were.
fn stored(record_type: &str, given: Option<String>, data: &RecordData) -> Written {
    let mut written = presentation::write(data);
    if written.content.is_none() {
        let line = data.to_string();
        let line = match (record_type, line.split_once(' ')) {
            ("SRV" | "URI", Some((_, rest))) => rest,
            _ => &line,
        };
        written.content = Some(line.to_owned());
        if let RecordData::Srv(srv) = data {
            written.priority = Some(srv.priority);
        }
    } else if record_type == "TXT" {
        written.content = given;
    }
    written
}

fn same(one: &DnsRecord, other: &DnsRecord) -> bool {
    let key = |record: &DnsRecord| (record.record_type.clone(), record.content.clone(), record.priority);
    key(one) == key(other)
}

/// The zone as a file, by types. The owner of the SOA lacks its final dot there.
fn export(world: &World, zone: &Zone) -> String {
    let id = zone.id.get();
    let mut file = format!(";;\n;; Domain:     {}.\n;; Exported:   {}\n;;\n", zone.name, world.now);
    let line = |file: &mut String, owner: &str, ttl: u32, data: &RecordData, comment: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(file, "{owner}\t{ttl}\tIN\t{}\t{data}{comment}", data.record_type());
    };
    file.push_str("\n;; SOA Record\n");
    line(&mut file, &zone.name, 3600, &RecordData::Soa(soa(world, id)), "");
    file.push_str("\n;; NS Records\n");
    for server in super::name_servers() {
        line(&mut file, &format!("{}.", zone.name), 86_400, &RecordData::Ns(server), "");
    }
    let mut by_type: BTreeMap<&str, Vec<&DnsRecord>> = BTreeMap::new();
    for record in of(world, id) {
        by_type.entry(&record.record_type).or_default().push(record);
    }
    for (record_type, records) in by_type {
        let _ = writeln!(file, "\n;; {record_type} Records");
        for record in records {
            let written =
                Written { content: record.content.clone(), data: record.data.clone(), priority: record.priority };
            if let Ok(data) = presentation::read(record_type, &written) {
                let comment = comment(record);
                line(&mut file, &format!("{}.", record.name), record.ttl.unwrap_or(1), &data, &comment);
            }
        }
    }
    file
}

fn comment(record: &DnsRecord) -> String {
    let mut parts = Vec::new();
    parts.extend(record.comment.clone());
    let mut tags = record.tags.clone();
    match record.proxied {
        Some(true) => tags.push("cf-proxied:true".to_owned()),
        _ if record.proxiable == Some(true) => tags.push("cf-proxied:false".to_owned()),
        _ => {}
    }
    if !tags.is_empty() {
        parts.push(format!("cf_tags={}", tags.join(",")));
    }
    if parts.is_empty() { String::new() } else { format!(" ; {}", parts.join(" ")) }
}
