use std::collections::BTreeMap;

use howdah_core::{
    dns::{DigestType, Ds, Name},
    testing::{Fake, Registry, RegistryRefusal, ZoneKey},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{NAME, State as World, error, message, registered};
use crate::domain_livedns::{
    DISABLE_DNSSEC, Dnssec, DnssecState, DomainNameServers, ENABLE, ENABLE_DNSSEC, GET, GET_DNSSEC, NameServerKind,
};

/// How long it takes until the parent knows.
const SIGNING: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    dnssec: BTreeMap<Name, Held>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    dnssec: Dnssec,
    key: ZoneKey,
    due: Option<Timestamp>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&GET, |world, [domain], ()| {
        let (_, held) = registered(world, domain)?;
        let servers = &held.delegation.name_servers;
        let current = kind(servers);
        Ok(DomainNameServers {
            dnssec_available: Some(true),
            livednssec_available: Some(current == NameServerKind::LiveDns),
            current,
            nameservers: servers.iter().map(Name::to_fqdn_without_dot).collect(),
        })
    })
    .on(&ENABLE, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        let servers = name_servers(&name);
        let done = world.registry.delegate(&name, NAME, |delegated| delegated.name_servers = servers);
        done.map_err(|refusal| error(409, "domain", "Conflict", &refusal.to_string()))?;
        Err(message(200, "The domain is on LiveDNS"))
    })
    .on(&GET_DNSSEC, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        let held = world.domain_livedns.dnssec.get(&name);
        Ok(held.map_or(Dnssec { state: DnssecState::Inactive, cause: None, error: None }, |held| held.dnssec.clone()))
    })
    .on(&ENABLE_DNSSEC, |world, [domain], ()| {
        let (name, held) = registered(world, domain)?;
        if kind(&held.delegation.name_servers) != NameServerKind::LiveDns {
            return Ok(failed(DnssecState::ActivationError, "the domain is not on LiveDNS"));
        }
        let due = Some(world.now + SIGNING);
        let held = world.domain_livedns.dnssec.entry(name).or_insert_with(|| Held {
            dnssec: in_state(DnssecState::Inactive),
            key: ZoneKey::generate(257),
            due: None,
        });
        if matches!(held.dnssec.state, DnssecState::Inactive | DnssecState::ActivationError) {
            (held.dnssec, held.due) = (in_state(DnssecState::Activating), due);
        }
        Ok(held.dnssec.clone())
    })
    .on(&DISABLE_DNSSEC, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        let due = Some(world.now + SIGNING);
        let Some(held) = world.domain_livedns.dnssec.get_mut(&name) else {
            return Ok(failed(DnssecState::Inactive, "DNSSEC is not active"));
        };
        if matches!(held.dnssec.state, DnssecState::Active | DnssecState::DeactivationError) {
            (held.dnssec, held.due) = (in_state(DnssecState::Deactivating), due);
        }
        Ok(held.dnssec.clone())
    })
}

/// What completes by itself: the parent gets the key, or forgets it.
pub(super) fn pass(world: &mut World) {
    let now = world.now;
    for (domain, held) in &mut world.domain_livedns.dnssec {
        if held.due.take_if(|due| *due <= now).is_none() {
            continue;
        }
        let ds = held.key.dnskey().to_ds(domain, DigestType::Sha256);
        let on = held.dnssec.state == DnssecState::Activating;
        held.dnssec = match (publish(&world.registry, domain, ds, on), on) {
            (Ok(()), true) => in_state(DnssecState::Active),
            (Ok(()), false) => in_state(DnssecState::Inactive),
            (Err(refusal), true) => failed(DnssecState::ActivationError, &refusal.to_string()),
            (Err(refusal), false) => failed(DnssecState::DeactivationError, &refusal.to_string()),
        };
    }
}

fn publish(registry: &Registry, domain: &Name, ds: Ds, on: bool) -> Result<(), RegistryRefusal> {
    registry.delegate(domain, NAME, |delegated| {
        delegated.ds.retain(|present| *present != ds);
        if on {
            delegated.ds.push(ds);
        }
    })
}

/// The LiveDNS servers of a domain: a triple that its name decides.
pub(super) fn name_servers(domain: &Name) -> Vec<Name> {
    let sum: u32 = domain.to_wire().iter().map(|byte| u32::from(*byte)).sum();
    let server = |letter| Name::parse(&format!("ns-{}-{letter}.gandi.net", sum % 255 + 1));
    ['a', 'b', 'c'].into_iter().filter_map(|letter| server(letter).ok()).collect()
}

fn kind(servers: &[Name]) -> NameServerKind {
    let is = |prefix: &str, suffix: &str| {
        let mut names = servers.iter().map(Name::to_fqdn_without_dot);
        !servers.is_empty() && names.all(|name| name.starts_with(prefix) && name.ends_with(suffix))
    };
    if is("ns-", ".gandi.net") {
        NameServerKind::LiveDns
    } else if is("", ".dns.gandi.net") {
        NameServerKind::Classic
    } else {
        NameServerKind::Elsewhere
    }
}

fn in_state(state: DnssecState) -> Dnssec {
    Dnssec { state, cause: None, error: None }
}

fn failed(state: DnssecState, error: &str) -> Dnssec {
    Dnssec { error: Some(error.to_owned()), ..in_state(state) }
}
