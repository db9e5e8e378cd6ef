use data_encoding::BASE64;
use howdah_core::testing::{Answer, Fake};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::{State as World, not_found, unprocessable};
use crate::ssh_keys::{CREATE, DELETE, GET, LIST, SshKey, SshKeyRef, UPDATE};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    keys: Vec<SshKey>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| Ok(world.ssh_keys.keys.clone()))
        .on(&CREATE, |world, [], new| {
            let fingerprint = fingerprint(&new.public_key)
                .ok_or_else(|| unprocessable("Key invalid, key should be of the format `type key [comment]`"))?;
            if world.ssh_keys.keys.iter().any(|key| key.fingerprint.as_ref() == Some(&fingerprint)) {
                return Err(unprocessable("SSH Key is already in use on your account"));
            }
            if new.name.is_empty() {
                return Err(unprocessable("Name can't be blank"));
            }
            let key = SshKey {
                id: world.new_id(),
                fingerprint: Some(fingerprint),
                public_key: new.public_key,
                name: new.name,
            };
            world.ssh_keys.keys.push(key.clone());
            Ok(key)
        })
        .on(&GET, |world, [key], ()| find(world, key).map(|key| key.clone()))
        .on(&UPDATE, |world, [key], update| {
            let key = find(world, key)?;
            key.name = update.name.unwrap_or_else(|| key.name.clone());
            Ok(key.clone())
        })
        .on(&DELETE, |world, [key], ()| {
            let id = find(world, key)?.id;
            world.ssh_keys.keys.retain(|key| key.id != id);
            Ok(())
        })
}

fn find<'w>(world: &'w mut World, wanted: &str) -> Result<&'w mut SshKey, Answer> {
    let mut keys = world.ssh_keys.keys.iter_mut();
    let is_it = |key: &SshKey| key.id.to_string() == wanted || key.fingerprint.as_deref() == Some(wanted);
    keys.find(|key| is_it(key)).ok_or_else(not_found)
}

/// Is there such a key in the account?
pub(super) fn exists(world: &World, wanted: &SshKeyRef) -> bool {
    let mut keys = world.ssh_keys.keys.iter();
    keys.any(|key| match wanted {
        SshKeyRef::Id(id) => key.id == *id,
        SshKeyRef::Fingerprint(fingerprint) => key.fingerprint.as_ref() == Some(fingerprint),
    })
}

/// The digest of the key's own bytes, as the service shows it.
fn fingerprint(public_key: &str) -> Option<String> {
    let mut words = public_key.split_ascii_whitespace();
    let _kind = words
        .next()
        .filter(|kind| kind.starts_with("ssh-") || kind.starts_with("ecdsa-") || kind.starts_with("sk-"))?;
    let key = BASE64.decode(words.next()?.as_bytes()).ok()?;
    let digest = Md5::digest(key);
    let pairs: Vec<_> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(pairs.join(":"))
}
