use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::{Ipv4Addr, Ipv6Addr},
};

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{State as World, not_found, number, plan_required, refused};
use crate::zones::{
    ACTIVATE, BatchChange, BatchChanged, BatchDelete, CHANGE_BATCH, CHECK_DISTRIBUTION, CHECK_RECORD_DISTRIBUTION,
    CREATE_RECORD, DEACTIVATE, DELETE_RECORD, GET, GET_FILE, GET_RECORD, LIST, LIST_RECORDS, NewRecord, RecordId,
    RecordType, RecordUpdate, Region, UPDATE_NS_RECORDS, UPDATE_RECORD, Zone, ZoneDistribution, ZoneFile, ZoneRecord,
};

pub(super) const NAME_SERVERS: [&str; 4] =
    ["ns1.dnsimple-edge.com", "ns2.dnsimple-edge.net", "ns3.dnsimple-edge.io", "ns4.dnsimple-edge.org"];

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    zones: BTreeMap<String, Hosted>,
    /// Zones whose name servers cannot be asked just now.
    pub(super) unreachable: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Hosted {
    zone: Zone,
    records: Vec<ZoneRecord>,
}

impl State {
    pub(super) fn remove(&mut self, zone: &str) {
        self.zones.remove(zone);
    }
}

/// What is wrong with the fields of a record.
pub(super) type Wrong = BTreeMap<&'static str, Vec<String>>;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [_], filter| {
        let wanted = |zone: &&Zone| filter.name_like.as_ref().is_none_or(|part| zone.name.contains(part));
        Ok(world.zones.zones.values().map(|hosted| &hosted.zone).filter(wanted).cloned().collect())
    })
    .on(&GET, |world, [_, zone], ()| Ok(find(world, zone)?.zone.clone()))
    .on(&GET_FILE, |world, [_, zone], ()| Ok(ZoneFile { zone: zone_file(find(world, zone)?) }))
    .on(&CHECK_DISTRIBUTION, |world, [_, zone], ()| distribution(world, zone))
    .on(&UPDATE_NS_RECORDS, |world, [_, zone], wanted| {
        let names = match (wanted.ns_names, wanted.ns_set_ids) {
            (Some(names), _) if !names.is_empty() => names,
            (None, Some(_)) => NAME_SERVERS.map(str::to_owned).to_vec(),
            _ => return Err(refused(400, "Either ns_names or ns_set_ids is required")),
        };
        let name = find(world, zone)?.zone.name.clone();
        let records: Vec<_> = names.iter().map(|server| system_record(world, &name, RecordType::Ns, server)).collect();
        let hosted = find_mut(world, zone)?;
        hosted.records.retain(|record| !(record.system_record && record.record_type == RecordType::Ns));
        hosted.records.extend(records.iter().cloned());
        Ok(records)
    })
    .on(&LIST_RECORDS, |world, [_, zone], filter| {
        let wanted = |record: &&ZoneRecord| {
            filter.name.as_ref().is_none_or(|name| record.name == *name)
                && filter.name_like.as_ref().is_none_or(|part| record.name.contains(part))
                && filter.record_type.as_ref().is_none_or(|record_type| record.record_type == *record_type)
        };
        let mut records: Vec<_> = find(world, zone)?.records.iter().filter(wanted).cloned().collect();
        records.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(records)
    })
    .on(&CREATE_RECORD, |world, [_, zone], record| {
        find(world, zone)?;
        create_record(world, zone, record).map_err(validation_failed)
    })
    .on(&GET_RECORD, |world, [_, zone, record], ()| {
        let id = number(record, "Record")?;
        find(world, zone)?.records.iter().find(|one| one.id == id).cloned().ok_or_else(|| not_found("Record", record))
    })
    .on(&UPDATE_RECORD, |world, [_, zone, record], update| {
        editable(world, zone, number(record, "Record")?)?;
        update_record(world, zone, number(record, "Record")?, update).map_err(validation_failed)
    })
    .on(&DELETE_RECORD, |world, [_, zone, record], ()| {
        let id = number(record, "Record")?;
        editable(world, zone, id)?;
        delete_record(world, zone, id);
        Ok(())
    })
    .on(&CHECK_RECORD_DISTRIBUTION, |world, [_, zone, record], ()| {
        let id: RecordId = number(record, "Record")?;
        if !find(world, zone)?.records.iter().any(|one| one.id == id) {
            return Err(not_found("Record", record));
        }
        distribution(world, zone)
    })
    .on(&CHANGE_BATCH, |world, [_, zone], change| change_batch(world, zone, change))
    .on(&ACTIVATE, |world, [_, zone], ()| activate(world, zone, true))
    .on(&DEACTIVATE, |world, [_, zone], ()| activate(world, zone, false))
}

/// Adds a zone with its SOA and NS records.
pub(super) fn create(world: &mut World, name: &str, secondary: bool) -> Zone {
    let now = world.now();
    let zone = Zone {
        id: world.new_id(),
        account_id: Some(world.account.id),
        name: name.to_owned(),
        reverse: Some(name.rsplit('.').next() == Some("arpa")),
        secondary: Some(secondary),
        last_transferred_at: None,
        active: Some(true),
        created_at: Some(now),
        updated_at: Some(now),
    };
    let soa = format!("{} admin.dnsimple.com {} 86400 7200 604800 300", NAME_SERVERS[0], now.as_second());
    let mut records = vec![system_record(world, name, RecordType::Soa, &soa)];
    records.extend(NAME_SERVERS.map(|server| system_record(world, name, RecordType::Ns, server)));
    world.zones.zones.insert(name.to_owned(), Hosted { zone: zone.clone(), records });
    zone
}

/// A zone by its name.
pub(super) fn zone<'w>(world: &'w World, name: &str) -> Result<&'w Zone, Answer> {
    find(world, name).map(|hosted| &hosted.zone)
}

/// The names of the zones that are answered for.
pub(super) fn active(world: &World) -> Vec<String> {
    let zones = world.zones.zones.values().map(|hosted| &hosted.zone);
    zones.filter(|zone| zone.active == Some(true)).map(|zone| zone.name.clone()).collect()
}

/// All records of a zone.
pub(super) fn records(world: &World, zone: &str) -> Vec<ZoneRecord> {
    find(world, zone).map(|hosted| hosted.records.clone()).unwrap_or_default()
}

/// Adds a record as if it had been asked for.
pub(super) fn create_record(world: &mut World, zone: &str, record: NewRecord) -> Result<ZoneRecord, Wrong> {
    let regions = record.regions.unwrap_or_else(|| vec![Region::Global]);
    let now = world.now();
    let record = ZoneRecord {
        id: world.new_id(),
        zone_id: zone.to_owned(),
        parent_id: None,
        name: record.name.to_ascii_lowercase(),
        content: content(&record.record_type, &record.content)?,
        ttl: Some(record.ttl.unwrap_or(3600)),
        priority: record.priority.or_else(|| priority_by_default(&record.record_type)),
        record_type: record.record_type,
        regions,
        system_record: false,
        created_at: Some(now),
        updated_at: Some(now),
    };
    check(world, zone, &record)?;
    let child = (record.record_type == RecordType::Alias).then(|| ZoneRecord {
        id: world.new_id(),
        parent_id: Some(record.id),
        content: format!("\"ALIAS for {}\"", record.content),
        record_type: RecordType::Txt,
        ..record.clone()
    });
    if let Ok(hosted) = find_mut(world, zone) {
        hosted.records.push(record.clone());
        hosted.records.extend(child);
    }
    Ok(record)
}

fn update_record(world: &mut World, zone: &str, id: RecordId, update: RecordUpdate) -> Result<ZoneRecord, Wrong> {
    let now = world.now();
    let Ok(hosted) = find(world, zone) else {
        return Err(Wrong::new());
    };
    let Some(mut record) = hosted.records.iter().find(|record| record.id == id).cloned() else {
        return Err(Wrong::new());
    };
    if let Some(name) = update.name {
        record.name = name.to_ascii_lowercase();
    }
    if let Some(new) = update.content {
        record.content = content(&record.record_type, &new)?;
    }
    record.ttl = update.ttl.or(record.ttl);
    record.priority = update.priority.or(record.priority);
    record.regions = update.regions.unwrap_or(record.regions);
    record.updated_at = Some(now);
    check(world, zone, &record)?;
    if let Ok(hosted) = find_mut(world, zone) {
        for one in &mut hosted.records {
            if one.id == id {
                *one = record.clone();
            } else if one.parent_id == Some(id) {
                one.name.clone_from(&record.name);
                one.content = format!("\"ALIAS for {}\"", record.content);
                one.ttl = record.ttl;
            }
        }
    }
    Ok(record)
}

/// Takes a record away, with those that belong to it.
pub(super) fn delete_record(world: &mut World, zone: &str, id: RecordId) {
    if let Ok(hosted) = find_mut(world, zone) {
        hosted.records.retain(|record| record.id != id && record.parent_id != Some(id));
    }
}

/// All or nothing: deletes, then updates, then creates, on a copy that takes the zone's place if every one is good.
fn change_batch(world: &mut World, zone: &str, change: BatchChange) -> Result<BatchChanged, Answer> {
    let before = find(world, zone)?.clone();
    if !world.plan.batch {
        return Err(plan_required());
    }
    let mut done = BatchChanged::default();
    let mut errors: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut fail = |operation, index: usize, message: String, wrong: Wrong| {
        let mut error = Map::from_iter([("index".to_owned(), index.into()), ("message".to_owned(), message.into())]);
        if !wrong.is_empty() {
            error.insert("errors".to_owned(), json!(wrong));
        }
        errors.entry(operation).or_default().push(Value::Object(error));
    };
    let missing = |id: &RecordId| format!("Record not found ID={id}");
    for (index, BatchDelete { id }) in change.deletes.unwrap_or_default().into_iter().enumerate() {
        if editable(world, zone, id).is_err() {
            fail("deletes", index, missing(&id), Wrong::new());
        } else {
            delete_record(world, zone, id);
            done.deletes.push(id.into());
        }
    }
    for (index, update) in change.updates.unwrap_or_default().into_iter().enumerate() {
        if editable(world, zone, update.id).is_err() {
            fail("updates", index, missing(&update.id), Wrong::new());
            continue;
        }
        let mut fields = RecordUpdate::new();
        (fields.name, fields.content, fields.ttl) = (update.name, update.content, update.ttl);
        (fields.priority, fields.regions) = (update.priority, update.regions);
        match update_record(world, zone, update.id, fields) {
            Ok(record) => done.updates.push(record),
            Err(wrong) => fail("updates", index, "Validation failed".to_owned(), wrong),
        }
    }
    for (index, record) in change.creates.unwrap_or_default().into_iter().enumerate() {
        match create_record(world, zone, record) {
            Ok(record) => done.creates.push(record),
            Err(wrong) => fail("creates", index, "Validation failed".to_owned(), wrong),
        }
    }
    if errors.is_empty() {
        return Ok(done);
    }
    *find_mut(world, zone)? = before;
    Err(Answer::json(400, json!({ "message": "Validation failed", "errors": errors })))
}

fn activate(world: &mut World, zone: &str, active: bool) -> Result<Zone, Answer> {
    let now = world.now();
    let hosted = find_mut(world, zone)?;
    hosted.zone.active = Some(active);
    hosted.zone.updated_at = Some(now);
    Ok(hosted.zone.clone())
}

fn distribution(world: &World, zone: &str) -> Result<ZoneDistribution, Answer> {
    let hosted = find(world, zone)?;
    if world.zones.unreachable {
        return Err(refused(504, "Could not query zone, connection timed out"));
    }
    Ok(ZoneDistribution { distributed: hosted.zone.active == Some(true) })
}

fn find<'w>(world: &'w World, zone: &str) -> Result<&'w Hosted, Answer> {
    world.zones.zones.get(&zone.to_ascii_lowercase()).ok_or_else(|| not_found("Zone", zone))
}

fn find_mut<'w>(world: &'w mut World, zone: &str) -> Result<&'w mut Hosted, Answer> {
    world.zones.zones.get_mut(&zone.to_ascii_lowercase()).ok_or_else(|| not_found("Zone", zone))
}

/// A record that exists and is not the provider's own.
fn editable(world: &World, zone: &str, id: RecordId) -> Result<(), Answer> {
    let record = find(world, zone)?.records.iter().find(|record| record.id == id);
    match record.ok_or_else(|| not_found("Record", id))? {
        record if record.system_record || record.parent_id.is_some() => {
            Err(refused(400, "This record is managed by DNSimple and cannot be edited"))
        }
        _ => Ok(()),
    }
}

fn system_record(world: &mut World, zone: &str, record_type: RecordType, content: &str) -> ZoneRecord {
    ZoneRecord {
        id: world.new_id(),
        zone_id: zone.to_owned(),
        parent_id: None,
        name: String::new(),
        content: content.to_owned(),
        ttl: Some(3600),
        priority: None,
        record_type,
        regions: vec![Region::Global],
        system_record: true,
        created_at: Some(world.now()),
        updated_at: Some(world.now()),
    }
}

fn priority_by_default(record_type: &RecordType) -> Option<u16> {
    matches!(record_type, RecordType::Mx | RecordType::Srv).then_some(0)
}

fn wrong(field: &'static str, message: &str) -> Wrong {
    Wrong::from([(field, vec![message.to_owned()])])
}

#[allow(clippy::needless_pass_by_value)] // for `map_err`
pub(super) fn validation_failed(wrong: Wrong) -> Answer {
    Answer::json(400, json!({ "message": "Validation failed", "errors": wrong }))
}

fn check(world: &World, zone: &str, record: &ZoneRecord) -> Result<(), Wrong> {
    let owner = if record.name.is_empty() { zone.to_owned() } else { format!("{}.{zone}", record.name) };
    if Name::parse(&owner).is_err() || record.name.ends_with('.') {
        return Err(wrong("name", "is invalid"));
    }
    if !world.plan.regions && record.regions != [Region::Global] {
        return Err(wrong("regions", "are not available on your plan"));
    }
    let Ok(hosted) = find(world, zone) else {
        return Ok(());
    };
    let is_alone = |record_type: &RecordType| *record_type == RecordType::Cname;
    let others = hosted.records.iter().filter(|one| one.id != record.id && one.name == record.name);
    for other in others {
        if is_alone(&record.record_type) || is_alone(&other.record_type) {
            return Err(wrong("base", "A CNAME record cannot exist beside another record of the same name"));
        }
    }
    Ok(())
}

/// The content as it is stored, or what is wrong with it. Host names lose a final dot; the data of rarer types is taken as
/// it is.
fn content(record_type: &RecordType, content: &str) -> Result<String, Wrong> {
    let invalid = || wrong("content", "is invalid");
    if content.is_empty() {
        return Err(wrong("content", "can't be blank"));
    }
    match record_type {
        RecordType::A => content.parse::<Ipv4Addr>().map(|_| content.to_owned()).map_err(|_| invalid()),
        RecordType::Aaaa => content.parse::<Ipv6Addr>().map(|_| content.to_owned()).map_err(|_| invalid()),
        RecordType::Alias | RecordType::Cname | RecordType::Mx | RecordType::Ns | RecordType::Ptr => {
            if content != "." && Name::parse(content).is_err() {
                return Err(invalid());
            }
            Ok(if content == "." { content } else { content.trim_end_matches('.') }.to_owned())
        }
        RecordType::Srv => match content.split_ascii_whitespace().collect::<Vec<_>>().as_slice() {
            [weight, port, _] if weight.parse::<u16>().is_ok() && port.parse::<u16>().is_ok() => Ok(content.to_owned()),
            _ => Err(invalid()),
        },
        RecordType::Txt | RecordType::Spf => text(content),
        RecordType::Soa | RecordType::Dnskey | RecordType::Ds => Err(wrong("record_type", "cannot be created")),
        RecordType::Other(other) if !["HTTPS", "SVCB", "TLSA"].contains(&other.as_str()) => {
            Err(wrong("record_type", "unsupported"))
        }
        _ => Ok(content.to_owned()),
    }
}

/// Quoted text is stored as it is; other text is escaped, cut into strings of 255 and quoted.
fn text(content: &str) -> Result<String, Wrong> {
    if content.chars().count() > 1000 {
        return Err(wrong("content", "is too long (maximum is 1000 characters)"));
    }
    if content.ends_with(' ') {
        return Err(wrong("content", "cannot end with a space"));
    }
    let quotes = content.replace("\\\\", "").replace("\\\"", "").matches('"').count();
    if content.starts_with('"') {
        return if quotes.is_multiple_of(2) && content.len() > 2 {
            Ok(content.to_owned())
        } else {
            Err(wrong("content", "has unpaired quotes"))
        };
    }
    if quotes % 2 == 1 {
        return Err(wrong("content", "has unpaired quotes"));
    }
    let strings = content.as_bytes().chunks(255).map(|chunk| {
        let chunk = String::from_utf8_lossy(chunk).replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{chunk}\"")
    });
    Ok(strings.collect::<Vec<_>>().join(" "))
}

/// As the service writes it: what has no counterpart in DNS is a comment.
fn zone_file(hosted: &Hosted) -> String {
    let zone = &hosted.zone.name;
    let mut file = format!("$ORIGIN {zone}.\n$TTL 1h\n");
    for record in &hosted.records {
        let owner = if record.name.is_empty() { format!("{zone}.") } else { format!("{}.{zone}.", record.name) };
        let dotted = |host: &str| {
            if host.ends_with('.') { host.to_owned() } else { format!("{host}.") }
        };
        let priority = record.priority.unwrap_or_default();
        let data = match &record.record_type {
            RecordType::Cname | RecordType::Ns | RecordType::Ptr | RecordType::Alias => dotted(&record.content),
            RecordType::Mx | RecordType::Srv => format!("{priority} {}", dotted(&record.content)),
            RecordType::Soa => {
                let parts: Vec<_> = record.content.split(' ').collect();
                let names = parts.iter().take(2).map(|name| dotted(name));
                names.chain(parts.iter().skip(2).map(ToString::to_string)).collect::<Vec<_>>().join(" ")
            }
            _ => record.content.clone(),
        };
        let comment = match record.record_type {
            RecordType::Alias | RecordType::Pool | RecordType::Url => "; ",
            _ => "",
        };
        let ttl = record.ttl.unwrap_or(3600);
        let _ = writeln!(file, "{comment}{owner} {ttl} IN {} {data}", record.record_type);
    }
    file
}
