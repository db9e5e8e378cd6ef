use std::net::IpAddr;

use howdah_core::{
    Secret,
    http::Text,
    testing::{Answer, Fake},
};

use super::{World, find, find_mut, invalid, new_id, not_found, said};
use crate::livedns::{
    ADD_SECONDARY, ADD_ZONE_TSIG_KEY, CREATE_TSIG_KEY, ConfigSamples, GET_TSIG_CONFIG, GET_TSIG_KEY, LIST_SECONDARIES,
    LIST_TSIG_KEYS, LIST_ZONE_TSIG_KEYS, NameServerSoftware, REMOVE_SECONDARY, REMOVE_ZONE_TSIG_KEY, TsigKey,
    TsigKeyId,
};

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_TSIG_KEYS, |world, [], ()| {
        Ok(world.livedns.tsig_keys.values().map(|key| shown(world, key)).collect())
    })
    .on(&CREATE_TSIG_KEY, |world, [], ()| {
        let id: TsigKeyId = new_id(world);
        let key = TsigKey {
            key_name: Some(format!("key-{id}")),
            secret: Some(format!("c2VjcmV0{}==", id.get().replace('-', "")).into()),
            href: None,
            config_samples: None,
            id: id.clone(),
        };
        let created = without_secret(shown(world, &key));
        world.livedns.tsig_keys.insert(id.to_string(), key);
        Ok(created)
    })
    .on(&GET_TSIG_KEY, |world, [id], ()| {
        let key = find_key(world, id)?;
        let sample = |software| Some(config(key, &software).into());
        let samples = ConfigSamples {
            bind: sample(NameServerSoftware::Bind),
            knot: sample(NameServerSoftware::Knot),
            nsd: sample(NameServerSoftware::Nsd),
            powerdns: sample(NameServerSoftware::PowerDns),
        };
        Ok(TsigKey { config_samples: Some(samples), ..shown(world, key) })
    })
    .on(&GET_TSIG_CONFIG, |world, [id, software], ()| match NameServerSoftware::from(software) {
        NameServerSoftware::Other(other) => Err(invalid("path", "software", &format!("`{other}` is not known"))),
        known => Ok(Text(config(find_key(world, id)?, &known))),
    })
    .on(&LIST_SECONDARIES, |world, [fqdn], ()| {
        Ok(find(world, fqdn)?.secondaries.iter().map(ToString::to_string).collect())
    })
    .on(&ADD_SECONDARY, |world, [fqdn, ip], ()| {
        let ip = address(ip)?;
        find_mut(world, fqdn)?.secondaries.insert(ip);
        Ok(said("Slave Created"))
    })
    .on(&REMOVE_SECONDARY, |world, [fqdn, ip], ()| {
        let removed = find_mut(world, fqdn)?.secondaries.remove(&address(ip)?);
        if removed { Ok(()) } else { Err(not_found("dns-slave", ip)) }
    })
    .on(&LIST_ZONE_TSIG_KEYS, |world, [fqdn], ()| {
        let keys = find(world, fqdn)?.tsig_keys.iter().filter_map(|id| world.livedns.tsig_keys.get(id));
        Ok(keys.map(|key| without_secret(shown(world, key))).collect())
    })
    .on(&ADD_ZONE_TSIG_KEY, |world, [fqdn, id], ()| {
        find_key(world, id)?;
        find_mut(world, fqdn)?.tsig_keys.insert(id.to_owned());
        Ok(said("Tsig key added"))
    })
    .on(&REMOVE_ZONE_TSIG_KEY, |world, [fqdn, id], ()| {
        let removed = find_mut(world, fqdn)?.tsig_keys.remove(id);
        if removed { Ok(()) } else { Err(not_found("dns-tsig", id)) }
    })
}

fn find_key<'w>(world: &'w World, id: &str) -> Result<&'w TsigKey, Answer> {
    world.livedns.tsig_keys.get(id).ok_or_else(|| not_found("dns-tsig", id))
}

fn shown(world: &World, key: &TsigKey) -> TsigKey {
    TsigKey { href: Some(format!("{}/livedns/axfr/tsig/{}", world.base, key.id)), ..key.clone() }
}

fn without_secret(key: TsigKey) -> TsigKey {
    TsigKey { secret: None, ..key }
}

fn address(text: &str) -> Result<IpAddr, Answer> {
    text.parse().map_err(|_| invalid("path", "ip", &format!("`{text}` is not an IP address")))
}

fn config(key: &TsigKey, software: &NameServerSoftware) -> String {
    let name = key.key_name.as_deref().unwrap_or_default();
    let secret = key.secret.as_ref().map(Secret::expose).unwrap_or_default();
    match software {
        NameServerSoftware::Bind => format!("key \"{name}\" {{ algorithm hmac-sha512; secret \"{secret}\"; }};\n"),
        NameServerSoftware::Knot => format!("key:\n  - id: {name}\n    algorithm: hmac-sha512\n    secret: {secret}\n"),
        NameServerSoftware::Nsd => {
            format!("key:\n  name: \"{name}\"\n  algorithm: hmac-sha512\n  secret: \"{secret}\"\n")
        }
        _ => format!("{name} hmac-sha512 {secret}\n"),
    }
}
