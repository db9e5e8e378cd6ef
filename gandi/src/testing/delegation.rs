use std::{collections::BTreeMap, net::IpAddr};

use data_encoding::{BASE64, HEXUPPER};
use howdah_core::{
    Id,
    dns::{DigestType, Dnskey, Ds, Name},
    testing::{Answer, Delegated, Fake, PlannedChange},
};
use serde::{Deserialize, Serialize};

use super::{State as World, domains, error, invalid, message, not_found, registered};
use crate::delegation::{
    CREATE_HOST, CREATE_KEY, DELETE_HOST, DELETE_KEY, GET_HOST, Host, Key, KeyType, LIST_HOSTS, LIST_KEYS,
    NAME_SERVERS, NewKey, REPLACE_KEYS, SET_NAME_SERVERS, UPDATE_HOST,
};

/// The algorithms that the registries take.
const ALGORITHMS: [u8; 6] = [8, 10, 13, 14, 15, 16];

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    keys: BTreeMap<Name, Vec<HeldKey>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeldKey {
    id: u64,
    dnskey: Dnskey,
    ds: Ds,
    key_type: KeyType,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    serve_hosts(serve_keys(fake))
        .on(&NAME_SERVERS, |world, [domain], ()| {
            let (_, held) = registered(world, domain)?;
            Ok(held.delegation.name_servers.iter().map(Name::to_fqdn_without_dot).collect())
        })
        .on(&SET_NAME_SERVERS, |world, [domain], servers| {
            let (name, _) = registered(world, domain)?;
            let servers = checked_servers(&servers.nameservers)?;
            delegate(world, &name, |delegation| delegation.name_servers = servers)?;
            Err(message(202, "The request to change the nameservers was accepted"))
        })
}

fn serve_keys(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_KEYS, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        Ok(keys_of(world, &name).iter().map(|key| shown(world, domain, key)).collect())
    })
    .on(&CREATE_KEY, |world, [domain], new| {
        let (name, _) = registered(world, domain)?;
        let key = made(world, &name, &new)?;
        let mut keys = keys_of(world, &name);
        if keys.iter().any(|present| present.dnskey == key.dnskey) {
            return Err(error(409, "dnskey", "Conflict", "The key is there already"));
        }
        let location = format!("{}/domain/domains/{domain}/dnskeys/{}", world.base, key.id);
        keys.push(key);
        set_keys(world, &name, keys)?;
        Err(message(202, "The key will be added").with_header("location", location))
    })
    .on(&REPLACE_KEYS, |world, [domain], new| {
        let (name, _) = registered(world, domain)?;
        let keys: Result<Vec<_>, _> = new.keys.iter().map(|new| made(world, &name, new)).collect();
        set_keys(world, &name, keys?)?;
        Err(message(202, "The keys will be replaced"))
    })
    .on(&DELETE_KEY, |world, [domain, id], ()| {
        let (name, _) = registered(world, domain)?;
        let mut keys = keys_of(world, &name);
        let before = keys.len();
        keys.retain(|key| key.id.to_string() != id);
        if keys.len() == before {
            return Err(not_found("dnskey", id));
        }
        set_keys(world, &name, keys)?;
        Err(message(202, "The key will be deleted"))
    })
}

fn serve_hosts(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_HOSTS, |world, [domain], ()| {
        let (name, held) = registered(world, domain)?;
        Ok(held.delegation.glue.iter().filter_map(|(host, ips)| shown_host(world, &name, host, ips)).collect())
    })
    .on(&CREATE_HOST, |world, [domain], new| {
        let (name, held) = registered(world, domain)?;
        let host = name.child(&new.name).map_err(|why| invalid("body", "name", &why.to_string()))?;
        if held.delegation.glue.contains_key(&host) {
            return Err(error(409, "host", "Conflict", "The host exists already"));
        }
        let location = format!("{}/domain/domains/{domain}/hosts/{}", world.base, new.name);
        set_host(world, &name, host, new.ips)?;
        Err(message(202, "The host will be created").with_header("location", location))
    })
    .on(&GET_HOST, |world, [domain, below], ()| {
        let (name, host, ips) = find_host(world, domain, below)?;
        shown_host(world, &name, &host, &ips).ok_or_else(|| not_found("host", below))
    })
    .on(&UPDATE_HOST, |world, [domain, below], new| {
        let (name, host, _) = find_host(world, domain, below)?;
        set_host(world, &name, host, new.ips)?;
        Err(message(202, "The host will be changed"))
    })
    .on(&DELETE_HOST, |world, [domain, below], ()| {
        let (name, host, _) = find_host(world, domain, below)?;
        delegate(world, &name, |delegation| drop(delegation.glue.remove(&host)))?;
        Err(message(202, "The host will be deleted"))
    })
}

/// Takes over what was begun: the keys as the account has them from now on.
pub(super) fn take_over(world: &mut World, domain: &Name, keys: Vec<HeldKey>) {
    world.delegation.keys.insert(domain.clone(), keys);
}

/// A domain that comes or goes takes no keys with it.
pub(super) fn forget(world: &mut World, domain: &Name) {
    world.delegation.keys.remove(domain);
}

/// Name servers as they may be given.
pub(super) fn checked_servers(servers: &[String]) -> Result<Vec<Name>, Answer> {
    let wrong = |why: &str| invalid("body", "nameservers", why);
    let names: Vec<Name> = servers
        .iter()
        .map(|server| Name::parse(server))
        .collect::<Result<_, _>>()
        .map_err(|why| wrong(&why.reason()))?;
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    match names.len() {
        0 | 1 => Err(wrong("Shorter than minimum length 2")),
        14.. => Err(wrong("Longer than maximum length 13")),
        count if count > distinct.len() => Err(wrong("There are duplicates")),
        _ => Ok(names),
    }
}

fn delegate(world: &mut World, domain: &Name, change: impl FnOnce(&mut Delegated)) -> Result<(), Answer> {
    let at = domains::begin(world, domain, None)?;
    let held = world.registry.domain(domain).ok_or_else(|| not_found("domain", &domain.to_string()))?;
    let mut delegation = held.delegation;
    change(&mut delegation);
    domains::plan(world, domain, at, PlannedChange::Delegation(delegation))
}

/// The digests of keys that were published by somebody else stay.
fn set_keys(world: &mut World, domain: &Name, keys: Vec<HeldKey>) -> Result<(), Answer> {
    let before = keys_of(world, domain);
    let at = domains::begin(world, domain, Some(keys.clone()))?;
    let held = world.registry.domain(domain).ok_or_else(|| not_found("domain", &domain.to_string()))?;
    let mut delegation = held.delegation;
    delegation.ds.retain(|ds| before.iter().all(|key| key.ds != *ds));
    for key in keys {
        if !delegation.ds.contains(&key.ds) {
            delegation.ds.push(key.ds);
        }
    }
    domains::plan(world, domain, at, PlannedChange::Delegation(delegation))
}

fn keys_of(world: &World, domain: &Name) -> Vec<HeldKey> {
    world.delegation.keys.get(domain).cloned().unwrap_or_default()
}

/// The key with the digest that the registry makes of it.
fn made(world: &mut World, domain: &Name, new: &NewKey) -> Result<HeldKey, Answer> {
    if !ALGORITHMS.contains(&new.algorithm) {
        return Err(invalid("body", "algorithm", "The registry does not take this algorithm"));
    }
    let flags = match new.key_type {
        KeyType::Zsk => 256,
        KeyType::Ksk | KeyType::None => 257,
        KeyType::Other(_) => return Err(invalid("body", "type", "Value is not one of none, zsk, ksk")),
    };
    let public_key = BASE64.decode(new.public_key.as_bytes()).ok().filter(|key| !key.is_empty());
    let public_key = public_key.ok_or_else(|| invalid("body", "public_key", "Not in Base64"))?;
    let dnskey = Dnskey { flags, protocol: 3, algorithm: new.algorithm, public_key };
    let ds = dnskey.to_ds(domain, DigestType::Sha256);
    Ok(HeldKey { id: world.new_id(), dnskey, ds, key_type: new.key_type.clone() })
}

fn shown(world: &World, domain: &str, key: &HeldKey) -> Key {
    Key {
        id: Id::new(key.id),
        algorithm: Some(key.dnskey.algorithm),
        digest: Some(HEXUPPER.encode(&key.ds.digest)),
        digest_type: Some(key.ds.digest_type),
        keytag: Some(key.ds.key_tag),
        key_type: Some(key.key_type.clone()),
        public_key: Some(BASE64.encode(&key.dnskey.public_key)),
        href: Some(format!("{}/domain/domains/{domain}/dnskeys/{}", world.base, key.id)),
    }
}

fn set_host(world: &mut World, domain: &Name, host: Name, ips: Vec<IpAddr>) -> Result<(), Answer> {
    if ips.is_empty() {
        return Err(invalid("body", "ips", "Shorter than minimum length 1"));
    }
    delegate(world, domain, |delegation| drop(delegation.glue.insert(host, ips)))
}

fn find_host(world: &World, domain: &str, below: &str) -> Result<(Name, Name, Vec<IpAddr>), Answer> {
    let (name, held) = registered(world, domain)?;
    let host = Name::parse_in(below, &name).map_err(|_| not_found("host", below))?;
    let ips = held.delegation.glue.get(&host).cloned().ok_or_else(|| not_found("host", below))?;
    Ok((name, host, ips))
}

fn shown_host(world: &World, domain: &Name, host: &Name, ips: &[IpAddr]) -> Option<Host> {
    let (below, domain) = (host.relative_to(domain)?, domain.to_fqdn_without_dot());
    Some(Host {
        href: Some(format!("{}/domain/domains/{domain}/hosts/{below}", world.base)),
        name: below,
        ips: ips.to_vec(),
        fqdn: Some(host.to_fqdn_without_dot()),
        fqdn_unicode: Some(host.to_unicode()),
    })
}
