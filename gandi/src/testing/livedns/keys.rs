use howdah_core::{
    dns::{DigestType, Dnskey, Name},
    testing::{Answer, Fake, ZoneKey},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Hosted, World, error, find, find_mut, invalid, new_id, not_found, said};
use crate::livedns::{CREATE_KEY, DELETE_KEY, GET_KEY, Key, KeyId, KeyStatus, LIST_KEYS, RESTORE_KEY};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Held {
    id: KeyId,
    key: ZoneKey,
    deleted: bool,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_KEYS, |world, [fqdn], ()| {
        let hosted = find(world, fqdn)?;
        let brief = |held: &Held| Key { fingerprint: None, public_key: None, tag: None, ..shown(world, hosted, held) };
        Ok(hosted.keys.iter().map(brief).collect())
    })
    .on(&CREATE_KEY, |world, [fqdn], new| {
        require_no_alias(find(world, fqdn)?)?;
        if !matches!(new.flags, 256 | 257) {
            return Err(invalid("body", "flags", &format!("{} is neither 256 nor 257", new.flags)));
        }
        let id: KeyId = new_id(world);
        let location = format!("{}/livedns/domains/{fqdn}/keys/{id}", world.base);
        let hosted = find_mut(world, fqdn)?;
        hosted.keys.push(Held { id, key: ZoneKey::generate(new.flags), deleted: false });
        hosted.serial += 1;
        // With a header, so written as it goes on the wire.
        Err(Answer::json(201, json!({ "message": "Domain Key Created" })).with_header("location", location))
    })
    .on(&GET_KEY, |world, [fqdn, id], ()| {
        let hosted = find(world, fqdn)?;
        let held = hosted.keys.iter().find(|held| held.id.get() == id);
        Ok(shown(world, hosted, held.ok_or_else(|| not_found("dns-key", id))?))
    })
    .on(&RESTORE_KEY, |world, [fqdn, id], restored| {
        if restored.deleted {
            return Err(invalid("body", "deleted", "can be set to false only"));
        }
        require_no_alias(find(world, fqdn)?)?;
        set_deleted(world, fqdn, id, false)?;
        Ok(said("Domain Key Updated"))
    })
    .on(&DELETE_KEY, |world, [fqdn, id], ()| set_deleted(world, fqdn, id, true))
}

/// The key of a domain that its parent is to know of: one that signs already, or a new one.
pub(in crate::testing) fn sign(world: &mut World, domain: &Name) -> Result<Dnskey, &'static str> {
    let id: KeyId = new_id(world);
    let hosted = find_mut(world, &domain.to_fqdn_without_dot()).map_err(|_| "the domain has no zone at LiveDNS")?;
    if hosted.has_alias() {
        return Err("DNSSEC is not possible in a zone with an ALIAS");
    }
    if let Some(key) = hosted.keys_in_use().find(|key| key.flags == 257) {
        return Ok(key.dnskey());
    }
    let key = ZoneKey::generate(257);
    let dnskey = key.dnskey();
    hosted.keys.push(Held { id, key, deleted: false });
    hosted.serial += 1;
    Ok(dnskey)
}

/// Signs a domain no longer.
pub(in crate::testing) fn unsign(world: &mut World, domain: &Name) {
    if let Ok(hosted) = find_mut(world, &domain.to_fqdn_without_dot()) {
        hosted.keys.iter_mut().for_each(|held| held.deleted = true);
        hosted.serial += 1;
    }
}

impl Hosted {
    pub(super) fn keys_in_use(&self) -> impl Iterator<Item = &ZoneKey> {
        self.keys.iter().filter(|held| !held.deleted).map(|held| &held.key)
    }
}

fn require_no_alias(hosted: &Hosted) -> Result<(), Answer> {
    if hosted.has_alias() {
        return Err(error(409, "dns-key", "Conflict", "DNSSEC is not possible in a zone with an ALIAS"));
    }
    Ok(())
}

fn set_deleted(world: &mut World, fqdn: &str, id: &str, deleted: bool) -> Result<(), Answer> {
    let hosted = find_mut(world, fqdn)?;
    let held = hosted.keys.iter_mut().find(|held| held.id.get() == id).ok_or_else(|| not_found("dns-key", id))?;
    held.deleted = deleted;
    hosted.serial += 1;
    Ok(())
}

fn shown(world: &World, hosted: &Hosted, held: &Held) -> Key {
    let (fqdn, key) = (hosted.name.to_fqdn_without_dot(), held.key.dnskey());
    let ds = key.to_ds(&hosted.name, DigestType::Sha256);
    let text = key.to_string();
    Key {
        id: held.id.clone(),
        algorithm: Some(key.algorithm),
        algorithm_name: Some("ECDSAP256SHA256".to_owned()),
        deleted: Some(held.deleted),
        ds: Some(format!("{fqdn}. 3600 IN DS {ds}")),
        flags: Some(key.flags),
        key_href: Some(format!("{}/livedns/domains/{fqdn}/keys/{}", world.base, held.id)),
        fqdn: Some(fqdn),
        status: Some(if held.deleted { "deleted".into() } else { KeyStatus::Active }),
        fingerprint: ds.to_string().rsplit(' ').next().map(str::to_owned),
        public_key: text.rsplit(' ').next().map(str::to_owned),
        tag: Some(key.key_tag()),
    }
}
