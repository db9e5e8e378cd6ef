use std::{collections::BTreeSet, fmt::Write as _};

use howdah_core::{
    dns::{Name, RecordData, RecordType, Txt, zonefile},
    http::{Endpoint, Upload, With},
    testing::{Answer, Fake, Reply},
};
use serde_json::json;

use super::{Hosted, World, error, find, find_mut, invalid, said, snapshots};
use crate::livedns::{
    CREATE_RRSET, CREATE_RRSET_AT, CREATE_RRSET_OF, DELETE_RRSET, DELETE_RRSETS_AT, GET_RRSET, Items, LIST_RRSETS,
    LIST_RRSETS_AT, Message, NewRrset, REPLACE_RRSET, REPLACE_RRSETS_AT, REPLACE_ZONE_FILE, RESET_RRSETS, RecordFilter,
    Rrset, UPDATE_RRSET, Values,
};

/// Seconds.
pub(super) const DEFAULT_TTL: u32 = 10_800;

const TYPES: &str = "A AAAA ALIAS CAA CDS CNAME DNAME DS HTTPS KEY LOC MX NAPTR NS OPENPGPKEY PTR RP SOA SPF SRV SSHFP \
                     SVCB TLSA TXT WKS";

pub(super) fn types() -> impl Iterator<Item = RecordType> {
    TYPES.split_ascii_whitespace().filter_map(|name| name.parse().ok())
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    // The same path answers in JSON and as text, by the header of the request.
    let list: Endpoint<With<RecordFilter, Upload>, Vec<Rrset>, 1> = Endpoint::new("LIST_RRSETS", *LIST_RRSETS.route());
    fake.on(&list, |world, [fqdn], With { query, body }| {
        let hosted = find(world, fqdn)?;
        if wants_text(&body) {
            return Err(Answer::text(200, "text/plain", hosted.zone_file(&hosted.rrsets)));
        }
        let wanted = |rrset: &&Rrset| query.record_type.as_ref().is_none_or(|wanted| rrset.record_type == *wanted);
        let mut rrsets: Vec<_> = hosted.rrsets.iter().filter(wanted).map(|rrset| shown(world, fqdn, rrset)).collect();
        if let Some(key) = &query.sort_by {
            rrsets.sort_by_key(|rrset| match key.trim_start_matches('-') {
                "rrset_type" => rrset.record_type.to_string(),
                _ => rrset.name.clone(),
            });
            if key.starts_with('-') {
                rrsets.reverse();
            }
        }
        Ok(rrsets)
    })
    .on(&CREATE_RRSET, |world, [fqdn], new| create(world, fqdn, new))
    .on(&REPLACE_ZONE_FILE, |world, [fqdn], upload| {
        let content = upload.content().map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
        let is_text = upload.header("content-type").is_some_and(|header| header.starts_with("text/plain"));
        let items = if is_text {
            items_of(&find(world, fqdn)?.name, &content)?
        } else {
            let read: Result<Items<NewRrset>, _> = serde_json::from_str(&content);
            read.map_err(|why| invalid("body", "items", &why.to_string()))?.items
        };
        change(world, fqdn, |hosted| whole_zone(hosted, items))
    })
    .on(&RESET_RRSETS, |world, [fqdn], ()| change(world, fqdn, |hosted| whole_zone(hosted, default_items())).map(drop))
    .on(&LIST_RRSETS_AT, |world, [fqdn, name], ()| {
        let here = find(world, fqdn)?.rrsets.iter().filter(|rrset| rrset.name == name);
        Ok(here.map(|rrset| shown(world, fqdn, rrset)).collect())
    })
    .on(&CREATE_RRSET_AT, |world, [fqdn, name], new| {
        create(
            world,
            fqdn,
            NewRrset { name: name.to_owned(), record_type: new.record_type, values: new.values, ttl: new.ttl },
        )
    })
    .on(&REPLACE_RRSETS_AT, |world, [fqdn, name], items| {
        change(world, fqdn, |hosted| {
            let mut rrsets = hosted.rrsets.clone();
            rrsets.retain(|rrset| rrset.name != name);
            for item in items.items {
                let (record_type, values, ttl) = (item.record_type, item.values, item.ttl);
                rrsets.push(hosted.accepted(NewRrset { name: name.to_owned(), record_type, values, ttl })?);
            }
            Ok(rrsets)
        })
    })
    .on(&DELETE_RRSETS_AT, |world, [fqdn, name], ()| remove(world, fqdn, |rrset| rrset.name == name))
    .on(&GET_RRSET, |world, [fqdn, name, record_type], ()| {
        let rrset = find(world, fqdn)?.held(name, record_type)?;
        Ok(shown(world, fqdn, rrset))
    })
    .on(&CREATE_RRSET_OF, |world, [fqdn, name, record_type], new| {
        let record_type = type_of(record_type)?;
        create(world, fqdn, NewRrset { name: name.to_owned(), record_type, values: new.values, ttl: new.ttl })
    })
    .on(&REPLACE_RRSET, |world, [fqdn, name, record_type], new| {
        let record_type = type_of(record_type)?;
        let new = NewRrset { name: name.to_owned(), record_type, values: new.values, ttl: new.ttl };
        change(world, fqdn, |hosted| Ok(hosted.with(hosted.accepted(new)?)))
    })
    .on(&UPDATE_RRSET, |world, [fqdn, name, record_type], update| {
        let mut new = NewRrset::from(find(world, fqdn)?.held(name, record_type)?.clone());
        let gone = update.remove_values.unwrap_or_default().0;
        new.values.0.retain(|value| !gone.contains(value));
        for value in update.add_values.unwrap_or_default().0 {
            if !new.values.0.contains(&value) {
                new.values.0.push(value);
            }
        }
        new.ttl = update.ttl.or(new.ttl);
        change(world, fqdn, |hosted| Ok(hosted.with(hosted.accepted(new)?)))?;
        let rrset = find(world, fqdn)?.held(name, record_type)?;
        Ok(shown(world, fqdn, rrset))
    })
    .on(&DELETE_RRSET, |world, [fqdn, name, record_type], ()| {
        let record_type = type_of(record_type)?;
        remove(world, fqdn, |rrset| rrset.name == name && rrset.record_type == record_type)
    })
}

/// Lets a host lead to Gandi's web redirections, where the domain is on LiveDNS. What is in the way gives way, if it may.
pub(in crate::testing) fn redirect(world: &mut World, zone: &Name, host: &Name, force: bool) -> Result<(), Answer> {
    let fqdn = zone.to_fqdn_without_dot();
    if find(world, &fqdn).is_err() {
        return Ok(());
    }
    let new = match host.relative_to(zone) {
        Some(label) if !label.is_empty() => NewRrset::new(label, RecordType::Cname, vec!["webredir.vip.gandi.net."]),
        _ => NewRrset::new("@", RecordType::A, vec!["192.0.2.38"]),
    };
    let new_type = new.record_type.clone();
    let leads = |record_type: &RecordType| {
        [&RecordType::A, &RecordType::Aaaa, &RecordType::Cname, &RecordType::Alias].contains(&record_type)
    };
    change(world, &fqdn, |hosted| {
        let new = hosted.accepted(new)?;
        let mut rrsets = hosted.rrsets.clone();
        rrsets.retain(|rrset| {
            let in_the_way = new_type == RecordType::Cname || leads(&rrset.record_type);
            rrset.name != new.name || !in_the_way || rrset.values == new.values
        });
        if rrsets.len() < hosted.rrsets.len() && !force {
            return Err(error(409, "webredir", "Conflict", "Records of this host exist already"));
        }
        if !rrsets.iter().any(|rrset| rrset.name == new.name && rrset.record_type == new_type) {
            rrsets.push(new);
        }
        Ok(rrsets)
    })
    .map(drop)
}

/// What a zone begins with when nobody says otherwise.
pub(super) fn default_items() -> Vec<NewRrset> {
    let item = |name: &str, record_type, values: &[&str]| NewRrset::new(name, record_type, values.to_vec());
    vec![
        item("@", RecordType::A, &["192.0.2.38"]),
        item("@", RecordType::Mx, &["10 spool.mail.gandi.net.", "50 fb.mail.gandi.net."]),
        item("@", RecordType::Txt, &["\"v=spf1 include:_mailcust.gandi.net ?all\""]),
        item("webmail", RecordType::Cname, &["webmail.gandi.net."]),
        item("www", RecordType::Cname, &["webredir.vip.gandi.net."]),
    ]
}

pub(super) fn with_default_ttl(mut item: NewRrset, ttl: Option<u32>) -> NewRrset {
    item.ttl = item.ttl.or(ttl);
    item
}

/// The items as a zone; SOA and NS of the apex are passed over, since LiveDNS has its own.
pub(super) fn whole_zone(hosted: &Hosted, items: Vec<NewRrset>) -> Result<Vec<Rrset>, Answer> {
    let users = items.into_iter().filter(|item| !is_authority(&item.name, &item.record_type));
    let rrsets = users.map(|item| hosted.accepted(item)).collect::<Result<Vec<_>, _>>()?;
    hosted.require_legal(&rrsets)?;
    Ok(rrsets)
}

pub(super) fn wants_text(request: &Upload) -> bool {
    request.header("accept").is_some_and(|accept| accept.starts_with("text/plain"))
}

/// Puts other sets in the place of those that are there, or leaves all as it is.
fn change(
    world: &mut World,
    fqdn: &str,
    make: impl FnOnce(&Hosted) -> Result<Vec<Rrset>, Answer>,
) -> Result<Message, Answer> {
    let hosted = find(world, fqdn)?;
    let rrsets = make(hosted)?;
    hosted.require_legal(&rrsets)?;
    if hosted.automatic_snapshots {
        snapshots::take(world, fqdn, None, true)?;
    }
    let hosted = find_mut(world, fqdn)?;
    hosted.rrsets = rrsets;
    hosted.serial += 1;
    Ok(said("DNS Record Created"))
}

fn create(world: &mut World, fqdn: &str, new: NewRrset) -> Reply<Message> {
    let hosted = find(world, fqdn)?;
    let new = hosted.accepted(new)?;
    let present =
        hosted.rrsets.iter().find(|present| present.name == new.name && present.record_type == new.record_type);
    if let Some(present) = present {
        let sorted = |rrset: &Rrset| rrset.values.0.iter().cloned().collect::<BTreeSet<_>>();
        let same = sorted(present) == sorted(&new) && present.ttl == new.ttl;
        return Err(if same {
            Answer::json(200, json!({ "message": "A DNS Record already exists with same value" }))
        } else {
            error(409, "dns-record", "Conflict", "A DNS Record already exists with different value")
        });
    }
    change(world, fqdn, |hosted| Ok(hosted.with(new)))
}

fn remove(world: &mut World, fqdn: &str, gone: impl Fn(&Rrset) -> bool) -> Reply<()> {
    if !find(world, fqdn)?.rrsets.iter().any(&gone) {
        return Err(no_record());
    }
    change(world, fqdn, |hosted| Ok(hosted.rrsets.iter().filter(|rrset| !gone(rrset)).cloned().collect())).map(drop)
}

impl Hosted {
    /// The set as it is kept, or what is wrong with it.
    fn accepted(&self, new: NewRrset) -> Result<Rrset, Answer> {
        let wrong = |field: &str, why: &str| Err(invalid("body", field, why));
        let NewRrset { name, record_type, values: Values(given), ttl, .. } = new;
        let Some(owner) = Name::parse_in(&name, &self.name).ok().filter(|_| !name.ends_with('.')) else {
            return wrong("rrset_name", &format!("`{name}` is not a name in the zone {}", self.name));
        };
        if !types().any(|known| known == record_type) {
            return wrong("rrset_type", &format!("`{record_type}` is not one of {TYPES}"));
        }
        if is_authority(&name, &record_type) {
            return wrong("rrset_type", &format!("{record_type} of the zone's apex cannot be changed"));
        }
        if record_type == RecordType::Alias && owner != self.name {
            return wrong("rrset_type", "ALIAS is possible at the apex of the zone only");
        }
        let ttl = ttl.unwrap_or(DEFAULT_TTL);
        if !(300..=2_592_000).contains(&ttl) {
            return wrong("rrset_ttl", &format!("{ttl} is not between 300 and 2592000"));
        }
        let mut values = Vec::new();
        for value in given {
            if value.is_empty() || value.len() > 16_384 || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                return wrong("rrset_values", "is longer than 16384 characters or does not match ^[\\x20-\\x7E]+$");
            }
            let value = if is_text(&record_type) && !value.starts_with('"') {
                Txt::from_bytes(&value).to_string()
            } else {
                value
            };
            if let Err(why) = RecordData::parse(&record_type, &value, &self.name) {
                return wrong("rrset_values", &why.to_string());
            }
            values.push(value);
        }
        match values.len() {
            0 => return wrong("rrset_values", "at least one value is required"),
            2.. if matches!(record_type, RecordType::Cname | RecordType::Alias) => {
                return wrong("rrset_values", &format!("{record_type} has one value"));
            }
            _ => {}
        }
        Ok(Rrset { name, record_type, values: values.into(), ttl: Some(ttl), href: None })
    }

    /// All sets with this one in the place of the one of its name and type.
    fn with(&self, new: Rrset) -> Vec<Rrset> {
        let mut rrsets = self.rrsets.clone();
        match rrsets.iter_mut().find(|held| held.name == new.name && held.record_type == new.record_type) {
            Some(held) => *held = new,
            None => rrsets.push(new),
        }
        rrsets
    }

    /// What holds for the sets together.
    fn require_legal(&self, rrsets: &[Rrset]) -> Result<(), Answer> {
        let key = |rrset: &Rrset| (rrset.name.to_ascii_lowercase(), rrset.record_type.clone());
        let mut seen = BTreeSet::new();
        if let Some(twice) = rrsets.iter().find(|rrset| !seen.insert(key(rrset))) {
            let message = format!("There are two sets of {} {}", twice.name, twice.record_type);
            return Err(error(409, "dns-record", "Conflict", &message));
        }
        for cname in rrsets.iter().filter(|rrset| rrset.record_type == RecordType::Cname) {
            let name = cname.name.to_ascii_lowercase();
            let first = seen.range((name.clone(), RecordType::A)..).take_while(|(other, _)| *other == name);
            if first.count() > 1 || name == "@" {
                let why = format!("a CNAME cannot be beside other records at {name}");
                return Err(invalid("body", "rrset_type", &why));
            }
        }
        let aliased = rrsets.iter().any(|rrset| rrset.record_type == RecordType::Alias);
        if aliased && self.keys_in_use().next().is_some() {
            return Err(error(409, "dns-record", "Conflict", "ALIAS is not possible in a zone with DNSSEC keys"));
        }
        Ok(())
    }

    /// The path's name is the one that was stored, letter by letter.
    fn held(&self, name: &str, record_type: &str) -> Result<&Rrset, Answer> {
        let record_type = type_of(record_type)?;
        let mut rrsets = self.rrsets.iter();
        rrsets.find(|rrset| rrset.name == name && rrset.record_type == record_type).ok_or_else(no_record)
    }

    pub(super) fn zone_file(&self, rrsets: &[Rrset]) -> String {
        let mut file = String::new();
        for set in self.authority() {
            for data in set.data() {
                let _ = writeln!(file, "@ {} IN {} {data}", set.ttl(), set.record_type());
            }
        }
        for rrset in rrsets {
            for value in &rrset.values.0 {
                let ttl = rrset.ttl.unwrap_or(DEFAULT_TTL);
                let _ = writeln!(file, "{} {ttl} IN {} {value}", rrset.name, rrset.record_type);
            }
        }
        file
    }
}

/// The sets of a zone file.
fn items_of(zone: &Name, text: &str) -> Result<Vec<NewRrset>, Answer> {
    let file = zonefile::read(text, zone).map_err(|why| invalid("body", "zone", &why.to_string()))?;
    let item = |set: &howdah_core::dns::RecordSet| {
        let name = set.name().relative_to(zone).filter(|name| !name.is_empty()).unwrap_or_else(|| "@".to_owned());
        let values: Vec<_> = set.data().iter().map(ToString::to_string).collect();
        let item = NewRrset::new(name, set.record_type().clone(), values);
        with_default_ttl(item, Some(set.ttl().seconds_or(DEFAULT_TTL)))
    };
    Ok(file.zone.iter().map(item).collect())
}

fn shown(world: &World, fqdn: &str, rrset: &Rrset) -> Rrset {
    let name = rrset.name.replace('@', "%40").replace('*', "%2A");
    let href = format!("{}/livedns/domains/{fqdn}/records/{name}/{}", world.base, rrset.record_type);
    Rrset { href: Some(href), ..rrset.clone() }
}

fn type_of(text: &str) -> Result<RecordType, Answer> {
    text.parse().map_err(|_| invalid("path", "rrset_type", &format!("`{text}` is not one of {TYPES}")))
}

fn is_authority(name: &str, record_type: &RecordType) -> bool {
    name == "@" && matches!(record_type, RecordType::Ns | RecordType::Soa)
}

fn is_text(record_type: &RecordType) -> bool {
    matches!(record_type, RecordType::Txt) || record_type.as_str() == "SPF"
}

fn no_record() -> Answer {
    error(404, "dns-record", "Not Found", "Can't find the DNS Record")
}
