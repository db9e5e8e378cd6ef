#![allow(clippy::expect_used, clippy::result_large_err)]

use std::collections::BTreeMap;

use howdah_core::{
    dns::{DigestType, Dnskey, Ds, Name},
    testing::{Answer, Delegated, Fake, ZoneKey},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{FakeDnSimple, NAME, State as World, domains, invalid, not_found, number, refused, registrar};
use crate::{
    dnssec::{
        CREATE_DS_RECORD, DELETE_DS_RECORD, DISABLE, DnssecStatus, DsRecord, DsRecordId, ENABLE, GET, GET_DS_RECORD,
        LIST_DS_RECORDS, NewDsRecord, last_field,
    },
    domains::{Domain, DomainId},
};

/// Registries that take keys and make the digests themselves.
const TAKE_KEYS: [&str; 4] = ["be", "de", "eu", "nl"];

/// How long it takes until a zone is signed.
const SIGNING: SignedDuration = SignedDuration::from_mins(1);

/// The age at which a key gets its successor.
const ROTATION: SignedDuration = SignedDuration::from_hours(83 * 24);

/// How long two keys are there: a week for publishing the new DS, a week for withdrawing the old one.
const OVERLAP: SignedDuration = SignedDuration::from_hours(14 * 24);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    signed: BTreeMap<DomainId, Signed>,
    records: Vec<DsRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Signed {
    owner: String,
    status: DnssecStatus,
    /// From the oldest to the newest; none once signing was disabled.
    keys: Vec<Key>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Key {
    /// The number of its DS record.
    record: DsRecordId,
    created_at: Timestamp,
    pair: ZoneKey,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&GET, |world, [_, domain], ()| {
        let domain = domains::find(world, domain)?;
        let known = world.dnssec.signed.get(&domain.id);
        Ok(known.map_or_else(
            || DnssecStatus {
                enabled: Some(false),
                active: Some(false),
                created_at: domain.created_at,
                updated_at: domain.updated_at,
            },
            |signed| signed.status.clone(),
        ))
    })
    .on(&ENABLE, |world, [_, domain], ()| {
        let domain = domains::find(world, domain)?.clone();
        Ok(enable(world, &domain))
    })
    .on(&DISABLE, |world, [_, domain], ()| {
        let (domain, now) = (domains::find(world, domain)?.id, world.now());
        let signed = world.dnssec.signed.get_mut(&domain);
        let Some(signed) = signed.filter(|signed| signed.status.enabled == Some(true)) else {
            return Err(refused(428, "DNSSEC cannot be disabled because it is not enabled"));
        };
        signed.status.enabled = Some(false);
        signed.status.active = Some(false);
        signed.status.updated_at = Some(now);
        for key in std::mem::take(&mut signed.keys) {
            remove(world, key.record)?;
        }
        Ok(())
    })
    .on(&LIST_DS_RECORDS, |world, [_, domain], _| {
        let domain = Some(domains::find(world, domain)?.id);
        let records = world.dnssec.records.iter();
        Ok(records.filter(|record| record.domain_id == domain).cloned().collect())
    })
    .on(&CREATE_DS_RECORD, |world, [_, domain], new| {
        let domain = domains::find(world, domain)?.clone();
        let record = added(world, &domain, new)?;
        if let Some(ds) = registrar::held(world, &domain.name).and_then(|_| digest(&domain.name, &record)) {
            let name = registrar::name(&domain.name);
            let published = world.registry.delegate(&name, NAME, |delegated| delegated.ds.push(ds));
            published.map_err(|refusal| registrar::told(&refusal))?;
        }
        world.dnssec.records.push(record.clone());
        Ok(record)
    })
    .on(&GET_DS_RECORD, |world, [_, domain, record], ()| {
        let at = find(world, domain, record)?;
        Ok(world.dnssec.records[at].clone())
    })
    .on(&DELETE_DS_RECORD, |world, [_, domain, record], ()| {
        let at = find(world, domain, record)?;
        let id = world.dnssec.records[at].id;
        remove(world, id)
    })
}

/// What completes by itself: the signing, and the keys' rotation.
pub(super) fn pass(world: &mut World) {
    let now = world.now();
    let domains: Vec<_> = world.dnssec.signed.keys().copied().collect();
    for domain in domains {
        rotate(world, domain, now);
        let Some(signed) = world.dnssec.signed.get_mut(&domain) else {
            continue;
        };
        if signed.status.enabled == Some(true)
            && signed.status.active == Some(false)
            && signed.status.updated_at.is_some_and(|at| at + SIGNING <= now)
        {
            signed.status.active = Some(true);
            signed.status.updated_at = Some(now);
        }
        publish(world, domain);
    }
}

/// Lists what the parent publishes for a domain that has just come, and publishes its zone's keys.
pub(super) fn adopt(world: &mut World, domain: &str) {
    let (Ok(found), Some(held)) = (domains::find(world, domain).cloned(), registrar::held(world, domain)) else {
        return;
    };
    for ds in held.delegation.ds {
        let mut known = world.dnssec.records.iter().filter(|record| record.domain_id == Some(found.id));
        if known.any(|record| digest(domain, record).as_ref() == Some(&ds)) {
            continue;
        }
        let new = NewDsRecord::from(&ds);
        let record = listed(world, found.id, new);
        world.dnssec.records.push(record);
    }
    publish(world, found.id);
}

/// Keeps the DS of the zone's own keys at the parent, if the domain is registered here and the signatures are there.
fn publish(world: &World, id: DomainId) {
    let Some(signed) = world.dnssec.signed.get(&id).filter(|signed| signed.status.active == Some(true)) else {
        return;
    };
    let Some(held) = registrar::held(world, &signed.owner) else {
        return;
    };
    let is_own = |record: &&DsRecord| signed.keys.iter().any(|key| key.record == record.id);
    let own = world.dnssec.records.iter().filter(is_own).filter_map(DsRecord::ds);
    let missing: Vec<_> = own.filter(|ds| !held.delegation.ds.contains(ds)).collect();
    if !missing.is_empty() {
        // While a transfer keeps the registry from it, it waits.
        let _ = world.registry.delegate(&registrar::name(&signed.owner), NAME, |parent| parent.ds.extend(missing));
    }
}

/// Takes a record away, and its DS from the parent.
fn remove(world: &mut World, id: DsRecordId) -> Result<(), Answer> {
    let Some(at) = world.dnssec.records.iter().position(|record| record.id == id) else {
        return Ok(());
    };
    let record = &world.dnssec.records[at];
    let domain = world.domains.domains.iter().find(|domain| Some(domain.id) == record.domain_id);
    if let Some(domain) = domain.filter(|domain| registrar::held(world, &domain.name).is_some())
        && let Some(ds) = digest(&domain.name, record)
    {
        let withdraw = |parent: &mut Delegated| parent.ds.retain(|one| *one != ds);
        let withdrawn = world.registry.delegate(&registrar::name(&domain.name), NAME, withdraw);
        withdrawn.map_err(|refusal| registrar::told(&refusal))?;
    }
    world.dnssec.records.remove(at);
    Ok(())
}

/// What the parent publishes for a record.
fn digest(domain: &str, record: &DsRecord) -> Option<Ds> {
    let of_key = || Some(record.dnskey()?.to_ds(&Name::parse(domain).ok()?, DigestType::Sha256));
    record.ds().or_else(of_key)
}

impl FakeDnSimple {
    /// The keys that a zone is signed with, the newest last: what its DNSKEY records would be.
    pub fn dnssec_keys(&self, domain: &str) -> Vec<Dnskey> {
        self.world().state(|world| {
            let signed = domains::find(world, domain).ok().and_then(|domain| world.dnssec.signed.get(&domain.id));
            signed.map_or_else(Vec::new, |signed| signed.keys.iter().map(|key| key.pair.dnskey()).collect())
        })
    }
}

/// What a zone is signed with, once the signatures are there.
pub(super) fn zone_keys(world: &World, domain: &str) -> Vec<ZoneKey> {
    let signed = domains::find(world, domain).ok().and_then(|domain| world.dnssec.signed.get(&domain.id));
    let signed = signed.filter(|signed| signed.status.active == Some(true));
    signed.map_or_else(Vec::new, |signed| signed.keys.iter().map(|key| key.pair.clone()).collect())
}

/// Signs a zone; once more changes nothing.
fn enable(world: &mut World, domain: &Domain) -> DnssecStatus {
    let now = world.now();
    if let Some(signed) = world.dnssec.signed.get(&domain.id)
        && signed.status.enabled == Some(true)
    {
        return signed.status.clone();
    }
    let status =
        DnssecStatus { enabled: Some(true), active: Some(false), created_at: Some(now), updated_at: Some(now) };
    let signed = Signed { owner: domain.name.clone(), status: status.clone(), keys: Vec::new() };
    world.dnssec.signed.insert(domain.id, signed);
    add_key(world, domain.id, now);
    status
}

/// Catches up with every rotation that was due until now.
fn rotate(world: &mut World, domain: DomainId, now: Timestamp) {
    while let Some(newest) = world.dnssec.signed.get(&domain).and_then(|signed| signed.keys.last())
        && newest.created_at + ROTATION <= now
    {
        let due = newest.created_at + ROTATION;
        add_key(world, domain, due);
    }
    while let Some([oldest, next, ..]) = world.dnssec.signed.get(&domain).map(|signed| signed.keys.as_slice())
        && next.created_at + OVERLAP <= now
        && remove(world, oldest.record).is_ok()
    {
        if let Some(signed) = world.dnssec.signed.get_mut(&domain) {
            signed.keys.remove(0);
        }
    }
}

/// Makes a key and its DS record.
fn add_key(world: &mut World, domain: DomainId, created_at: Timestamp) {
    let key = Key { record: world.new_id(), created_at, pair: ZoneKey::generate(257) };
    let Some(signed) = world.dnssec.signed.get_mut(&domain) else {
        return;
    };
    let (id, public) = (key.record, key.pair.dnskey());
    signed.keys.push(key);
    let owner = Name::parse(&signed.owner).expect("the name of a domain is a name");
    let digest = NewDsRecord::from(&public.to_ds(&owner, DigestType::Sha256));
    let record = DsRecord {
        id,
        domain_id: Some(domain),
        algorithm: digest.algorithm,
        digest: digest.digest,
        digest_type: digest.digest_type,
        keytag: digest.keytag,
        public_key: takes_keys(&signed.owner).then(|| last_field(&public)),
        created_at: Some(created_at),
        updated_at: Some(created_at),
    };
    world.dnssec.records.push(record);
}

fn takes_keys(domain: &str) -> bool {
    domain.rsplit('.').next().is_some_and(|last| TAKE_KEYS.contains(&last))
}

/// A record as it was asked for, if the registry takes it.
fn added(world: &mut World, domain: &Domain, new: NewDsRecord) -> Result<DsRecord, Answer> {
    let wanted: &[(&str, &Option<String>)] = if takes_keys(&domain.name) {
        &[("algorithm", &new.algorithm), ("public_key", &new.public_key)]
    } else {
        &[
            ("algorithm", &new.algorithm),
            ("digest", &new.digest),
            ("digest_type", &new.digest_type),
            ("keytag", &new.keytag),
        ]
    };
    for (field, value) in wanted {
        if value.as_ref().is_none_or(String::is_empty) {
            return Err(invalid(field, "can't be blank"));
        }
    }
    let digits = |digest: &String| digest.bytes().all(|digit| digit.is_ascii_hexdigit());
    let right = [
        ("algorithm", is_number::<u8>(new.algorithm.as_ref())),
        ("digest_type", is_number::<u8>(new.digest_type.as_ref())),
        ("keytag", is_number::<u16>(new.keytag.as_ref())),
        ("digest", new.digest.as_ref().is_none_or(digits)),
    ];
    if let Some((field, _)) = right.iter().find(|(_, right)| !right) {
        return Err(invalid(field, "is invalid"));
    }
    let record = listed(world, domain.id, new);
    if record.digest.is_some() && record.ds().is_none() {
        return Err(invalid("digest", "is invalid"));
    }
    if record.public_key.is_some() && record.dnskey().is_none() {
        return Err(invalid("public_key", "is invalid"));
    }
    Ok(record)
}

fn listed(world: &mut World, domain: DomainId, new: NewDsRecord) -> DsRecord {
    DsRecord {
        id: world.new_id(),
        domain_id: Some(domain),
        algorithm: new.algorithm,
        digest: new.digest,
        digest_type: new.digest_type,
        keytag: new.keytag,
        public_key: new.public_key,
        created_at: Some(world.now()),
        updated_at: Some(world.now()),
    }
}

fn is_number<N: std::str::FromStr>(text: Option<&String>) -> bool {
    text.is_none_or(|text| text.parse::<N>().is_ok())
}

fn find(world: &World, domain: &str, record: &str) -> Result<usize, Answer> {
    let domain = Some(domains::find(world, domain)?.id);
    let id: DsRecordId = number(record, "Delegation signer record")?;
    let records = &world.dnssec.records;
    records
        .iter()
        .position(|one| one.id == id && one.domain_id == domain)
        .ok_or_else(|| not_found("Delegation signer record", record))
}
