use std::collections::BTreeMap;

use howdah_core::{
    dns::{DigestType, Dnskey, Name},
    testing::Fake,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{NAME, State as World, domains, error, livedns, message, registered};
use crate::domain_livedns::{
    DISABLE_DNSSEC, Dnssec, DnssecState, DomainNameServers, ENABLE, ENABLE_DNSSEC, GET, GET_DNSSEC, NameServerKind,
};

/// How long the zone is signed before the parent says so.
const SIGNING: SignedDuration = SignedDuration::from_mins(5);

/// How long the zone stays signed when the parent says so no longer.
const UNSIGNING: SignedDuration = SignedDuration::from_hours(1);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    dnssec: BTreeMap<Name, Held>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    dnssec: Dnssec,
    key: Dnskey,
    /// When it is done, while it goes on.
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
        domains::begin(world, &name, None)?;
        livedns::host(world, &name)?;
        let servers = livedns::name_servers(&name);
        let servers = servers.iter().filter_map(|server| Name::parse(server).ok()).collect();
        let done = world.registry.delegate(&name, NAME, |delegated| delegated.name_servers = servers);
        done.map_err(|refusal| error(409, "domain", "Conflict", &refusal.to_string()))?;
        Err(message(200, "The domain is on LiveDNS"))
    })
    .on(&GET_DNSSEC, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        let held = world.domain_livedns.dnssec.get(&name);
        Ok(held.map_or_else(|| in_state(DnssecState::Inactive), |held| held.dnssec.clone()))
    })
    .on(&ENABLE_DNSSEC, |world, [domain], ()| {
        let (name, registered) = registered(world, domain)?;
        if let Some(held) = world.domain_livedns.dnssec.get(&name)
            && !matches!(held.dnssec.state, DnssecState::Inactive | DnssecState::ActivationError)
        {
            return Ok(held.dnssec.clone());
        }
        if kind(&registered.delegation.name_servers) != NameServerKind::LiveDns {
            return Ok(failed(DnssecState::ActivationError, "the domain is not on LiveDNS"));
        }
        let key = match livedns::keys::sign(world, &name) {
            Ok(key) => key,
            Err(why) => return Ok(failed(DnssecState::ActivationError, why)),
        };
        let dnssec = in_state(DnssecState::Activating);
        let due = Some(world.now + SIGNING);
        world.domain_livedns.dnssec.insert(name, Held { dnssec: dnssec.clone(), key, due });
        Ok(dnssec)
    })
    .on(&DISABLE_DNSSEC, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        let Some(held) = world.domain_livedns.dnssec.get_mut(&name) else {
            return Ok(failed(DnssecState::Inactive, "DNSSEC is not active"));
        };
        if matches!(held.dnssec.state, DnssecState::Active | DnssecState::DeactivationError) {
            let ds = held.key.to_ds(&name, DigestType::Sha256);
            let dropped = world.registry.delegate(&name, NAME, |parent| parent.ds.retain(|present| *present != ds));
            (held.dnssec, held.due) = match dropped {
                Ok(()) => (in_state(DnssecState::Deactivating), Some(world.now + UNSIGNING)),
                Err(refusal) => (failed(DnssecState::DeactivationError, &refusal.to_string()), None),
            };
        }
        Ok(held.dnssec.clone())
    })
}

/// What completes by itself: the parent says that the zone is signed, or the zone is no longer.
pub(super) fn pass(world: &mut World) {
    let now = world.now;
    let mut unsigned = Vec::new();
    for (domain, held) in &mut world.domain_livedns.dnssec {
        if held.due.take_if(|due| *due <= now).is_none() {
            continue;
        }
        if held.dnssec.state == DnssecState::Deactivating {
            held.dnssec = in_state(DnssecState::Inactive);
            unsigned.push(domain.clone());
            continue;
        }
        let ds = held.key.to_ds(domain, DigestType::Sha256);
        let published = world.registry.delegate(domain, NAME, |parent| {
            parent.ds.retain(|present| *present != ds);
            parent.ds.push(ds);
        });
        held.dnssec = match published {
            Ok(()) => in_state(DnssecState::Active),
            Err(refusal) => failed(DnssecState::ActivationError, &refusal.to_string()),
        };
    }
    for domain in unsigned {
        livedns::keys::unsign(world, &domain);
    }
}

fn kind(servers: &[Name]) -> NameServerKind {
    let are = |prefix: &str, suffix: &str| {
        let mut names = servers.iter().map(Name::to_fqdn_without_dot);
        !servers.is_empty() && names.all(|name| name.starts_with(prefix) && name.ends_with(suffix))
    };
    if are("ns-", ".gandi.net") {
        NameServerKind::LiveDns
    } else if are("", ".dns.gandi.net") {
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
