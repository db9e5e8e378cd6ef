use std::collections::BTreeMap;

use howdah_core::{
    dns::{DigestType, Dnskey, Ds, Name},
    testing::{Answer, Fake, ZoneKey},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{FakeCloudflare, NAME, State as World, answer, zones};
use crate::{
    dnssec::{DELETE, DnssecState, DnssecStatus, DnssecUpdate, GET, UPDATE},
    zones::ZoneId,
};

/// How long a zone stays signed after it was to be no more, while a DS of it may be cached.
const LINGERING: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By the zone's id.
    signed: BTreeMap<String, Signed>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Signed {
    status: DnssecStatus,
    since: Timestamp,
    /// One that the parent's DS refers to, and one that it does not.
    keys: [ZoneKey; 2],
}

impl State {
    pub(super) fn remove(&mut self, zone: &str) {
        self.signed.remove(zone);
    }

    /// What a zone is signed with now.
    pub(super) fn keys(&self, zone: &str) -> &[ZoneKey] {
        match self.signed.get(zone) {
            Some(signed) if signed.status != DnssecStatus::Disabled => &signed.keys,
            _ => &[],
        }
    }
}

impl Signed {
    fn ds(&self, apex: &Name) -> Ds {
        self.keys[0].dnskey().to_ds(apex, DigestType::Sha256)
    }
}

impl FakeCloudflare {
    /// The keys that the zone is signed with: the one that the parent's DS refers to, and the other.
    pub fn dnssec_keys(&self, zone: &ZoneId) -> Vec<Dnskey> {
        self.world.state(|state| state.dnssec.keys(zone.get()).iter().map(ZoneKey::dnskey).collect())
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&GET, |world, [zone], ()| answer(read(world, zone)?))
        .on(&UPDATE, |world, [zone], update| {
            change(world, zone, &update)?;
            pass(world);
            answer(read(world, zone)?)
        })
        .on(&DELETE, |world, [zone], ()| {
            let apex = zones::name(world, zone)?.clone();
            if let Some(signed) = world.dnssec.signed.remove(zone) {
                tell_the_registry(world, &apex, &signed.ds(&apex), false);
            }
            answer("")
        })
}

/// What completes by itself, as the parent goes.
pub(super) fn pass(world: &mut World) {
    let names: BTreeMap<_, _> = zones::all(world).map(|(id, name, ..)| (id.to_owned(), name.clone())).collect();
    let World { dnssec, registry, now, .. } = world;
    for (id, signed) in &mut dnssec.signed {
        let Some(apex) = names.get(id) else { continue };
        let published = registry.published(apex, 0).is_some_and(|parent| parent.ds.contains(&signed.ds(apex)));
        let lingered = signed.since.checked_add(LINGERING).is_ok_and(|end| end <= *now);
        let status = match signed.status {
            DnssecStatus::Pending if published => DnssecStatus::Active,
            DnssecStatus::PendingDisabled if !published && lingered => DnssecStatus::Disabled,
            _ => continue,
        };
        (signed.status, signed.since) = (status, *now);
    }
}

fn change(world: &mut World, zone: &str, update: &DnssecUpdate) -> Result<(), Answer> {
    let apex = zones::name(world, zone)?.clone();
    let now = world.now;
    match update.status {
        Some(DnssecStatus::Active) => {
            let fresh =
                || Signed { status: DnssecStatus::Disabled, since: now, keys: [257, 256].map(ZoneKey::generate) };
            let signed = world.dnssec.signed.entry(zone.to_owned()).or_insert_with(fresh);
            if signed.status != DnssecStatus::Active {
                (signed.status, signed.since) = (DnssecStatus::Pending, now);
            }
            let ds = signed.ds(&apex);
            tell_the_registry(world, &apex, &ds, true);
        }
        Some(DnssecStatus::Disabled) => {
            let registered_here = is_registered_here(world, &apex);
            let Some(signed) = world.dnssec.signed.get_mut(zone) else { return Ok(()) };
            if matches!(signed.status, DnssecStatus::Active | DnssecStatus::Pending) {
                // With a registrar elsewhere nobody looks whether the parent still has the DS.
                let status = if registered_here { DnssecStatus::PendingDisabled } else { DnssecStatus::Disabled };
                (signed.status, signed.since) = (status, now);
                let ds = signed.ds(&apex);
                tell_the_registry(world, &apex, &ds, false);
            }
        }
        _ => {}
    }
    Ok(())
}

fn is_registered_here(world: &World, apex: &Name) -> bool {
    world.registry.domain(apex).is_some_and(|domain| domain.registrar == NAME)
}

/// Of a domain that is registered here the DS comes and goes by itself. Its parent takes its time.
fn tell_the_registry(world: &World, apex: &Name, ds: &Ds, there: bool) {
    if is_registered_here(world, apex) {
        // During a transfer nothing can be changed; then the status shows that it was not.
        let _ = world.registry.delegate(apex, NAME, |delegated| {
            delegated.ds.retain(|one| one != ds);
            if there {
                delegated.ds.push(ds.clone());
            }
        });
    }
}

fn read(world: &World, zone: &str) -> Result<DnssecState, Answer> {
    let apex = zones::name(world, zone)?;
    let signed = world.dnssec.signed.get(zone).filter(|signed| signed.status != DnssecStatus::Disabled);
    let Some(signed) = signed else {
        return Ok(DnssecState { status: Some(DnssecStatus::Disabled), ..DnssecState::default() });
    };
    let (key, ds) = (signed.keys[0].dnskey(), signed.ds(apex));
    let last = |text: String| text.rsplit(' ').next().map(str::to_owned);
    Ok(DnssecState {
        status: Some(signed.status.clone()),
        flags: Some(key.flags),
        algorithm: Some(key.algorithm.to_string()),
        key_type: Some("ECDSAP256SHA256".to_owned()),
        digest_type: Some(ds.digest_type.to_string()),
        digest_algorithm: Some("SHA256".to_owned()),
        digest: last(ds.to_string()),
        ds: Some(format!("{apex} 3600 IN DS {ds}")),
        key_tag: Some(ds.key_tag),
        public_key: last(key.to_string()),
        modified_on: Some(signed.since),
        dnssec_multi_signer: Some(false),
        dnssec_presigned: Some(false),
        dnssec_use_nsec3: None,
    })
}
