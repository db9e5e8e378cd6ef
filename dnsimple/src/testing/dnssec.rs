#![allow(clippy::expect_used, clippy::result_large_err)]

use std::collections::BTreeMap;

use howdah_core::{
    dns::{DigestType, Dnskey, Name},
    testing::{Answer, Fake},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{FakeDnSimple, State as World, domains, invalid, not_found, number, refused};
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

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Key {
    /// The number of its DS record, which it is made from as well.
    record: DsRecordId,
    created_at: Timestamp,
}

impl Key {
    /// The public half, as an ECDSA P-256 key looks.
    fn public(self) -> Dnskey {
        let mut state = *self.record.get();
        let words = std::iter::repeat_with(|| {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word ^ (word >> 31)
        });
        Dnskey {
            flags: 257,
            protocol: 3,
            algorithm: 13,
            public_key: words.take(8).flat_map(u64::to_be_bytes).collect(),
        }
    }
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
        let keys = std::mem::take(&mut signed.keys);
        let of_a_key = |record: &DsRecord| keys.iter().any(|key| key.record == record.id);
        world.dnssec.records.retain(|record| !of_a_key(record));
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
        world.dnssec.records.push(record.clone());
        Ok(record)
    })
    .on(&GET_DS_RECORD, |world, [_, domain, record], ()| {
        let at = find(world, domain, record)?;
        Ok(world.dnssec.records[at].clone())
    })
    .on(&DELETE_DS_RECORD, |world, [_, domain, record], ()| {
        let at = find(world, domain, record)?;
        world.dnssec.records.remove(at);
        Ok(())
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
    }
}

impl FakeDnSimple {
    /// The keys that a zone is signed with, the newest last: what its DNSKEY records would be.
    pub fn dnssec_keys(&self, domain: &str) -> Vec<Dnskey> {
        self.world().state(|world| {
            let signed = domains::find(world, domain).ok().and_then(|domain| world.dnssec.signed.get(&domain.id));
            signed.map_or_else(Vec::new, |signed| signed.keys.iter().map(|key| key.public()).collect())
        })
    }
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
    let Some(signed) = world.dnssec.signed.get_mut(&domain) else {
        return;
    };
    while let [oldest, next, ..] = signed.keys.as_slice()
        && next.created_at + OVERLAP <= now
    {
        let gone = oldest.record;
        world.dnssec.records.retain(|record| record.id != gone);
        signed.keys.remove(0);
    }
}

/// Makes a key and its DS record.
fn add_key(world: &mut World, domain: DomainId, created_at: Timestamp) {
    let key = Key { record: world.new_id(), created_at };
    let Some(signed) = world.dnssec.signed.get_mut(&domain) else {
        return;
    };
    signed.keys.push(key);
    let public = key.public();
    let owner = Name::parse(&signed.owner).expect("the name of a domain is a name");
    let digest = NewDsRecord::from(&public.to_ds(&owner, DigestType::Sha256));
    let record = DsRecord {
        id: key.record,
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
    let record = DsRecord {
        id: world.new_id(),
        domain_id: Some(domain.id),
        algorithm: new.algorithm,
        digest: new.digest,
        digest_type: new.digest_type,
        keytag: new.keytag,
        public_key: new.public_key,
        created_at: Some(world.now()),
        updated_at: Some(world.now()),
    };
    if record.digest.is_some() && record.ds().is_none() {
        return Err(invalid("digest", "is invalid"));
    }
    if record.public_key.is_some() && record.dnskey().is_none() {
        return Err(invalid("public_key", "is invalid"));
    }
    Ok(record)
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
