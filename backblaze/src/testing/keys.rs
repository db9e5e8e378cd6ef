//! Application keys.

use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake, Reply};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    ACCOUNT,
    account::{self, Caller},
    bad_request, buckets,
};
use crate::{
    account::Capability,
    buckets::InAccount,
    keys::{ApplicationKey, ApplicationKeyId, CREATE, CreatedKey, DELETE, KeyRef, LIST, NewKey},
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    by_id: BTreeMap<ApplicationKeyId, CreatedKey>,
}

impl State {
    /// Who has a key, with the secret if it is asked for.
    pub(super) fn caller(&self, id: &str, secret: Option<&str>) -> Option<Caller> {
        let CreatedKey { key, application_key } = self.by_id.get(&ApplicationKeyId::new(id.to_owned()))?;
        let right = secret.is_none_or(|secret| secret == application_key.expose());
        right.then(|| Caller {
            key_id: id.to_owned(),
            capabilities: key.capabilities.clone(),
            buckets: key.bucket_ids.clone(),
            name_prefix: key.name_prefix.clone(),
            expires: key.expiration_timestamp,
        })
    }
}

pub(super) fn serve(fake: Fake<super::State>) -> Fake<super::State> {
    fake.on(&LIST, |state, [], InAccount { account_id, input }| {
        account::check(&account_id)?;
        state.may(Capability::ListKeys, None, None)?;
        let most = input.max_key_count.unwrap_or(100);
        if !(1..=10_000).contains(&most) {
            return Err(bad_request("maxKeyCount is not between 1 and 10,000"));
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let valid = |key: &&CreatedKey| key.key.expiration_timestamp.is_none_or(|ends| ends > state.now);
        let start = input.start_application_key_id;
        let from = state.keys.by_id.values().filter(valid);
        let mut from = from.filter(|key| start.as_ref().is_none_or(|start| key.key.application_key_id >= *start));
        let keys: Vec<&ApplicationKey> = from.by_ref().take(most).map(|created| &created.key).collect();
        let next = from.next().map(|created| &created.key.application_key_id);
        Err::<Vec<ApplicationKey>, _>(Answer::json(200, json!({ "keys": keys, "nextApplicationKeyId": next })))
    })
    .on(&CREATE, |state, [], InAccount { account_id, input }| {
        account::check(&account_id)?;
        state.may(Capability::WriteKeys, None, None)?;
        create(state, input)
    })
    .on(&DELETE, |state, [], KeyRef { application_key_id }| {
        state.may(Capability::DeleteKeys, None, None)?;
        let deleted = state.keys.by_id.remove(&application_key_id);
        deleted.map(|deleted| deleted.key).ok_or_else(|| bad_request(format!("there is no key {application_key_id}")))
    })
}

fn create(state: &mut super::State, new: NewKey) -> Reply<CreatedKey> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(1..=100).contains(&new.key_name.len()) || !new.key_name.bytes().all(plain) {
        return Err(bad_request("keyName is not 1 to 100 letters, digits and -"));
    }
    if new.capabilities.is_empty() {
        return Err(bad_request("capabilities is empty"));
    }
    if let Some(unknown) = new.capabilities.iter().find(|capability| !account::CAPABILITIES.contains(capability)) {
        return Err(bad_request(format!("{} is no capability", unknown.as_str())));
    }
    if new.valid_duration_in_seconds.is_some_and(|seconds| !(1..=86_400_000).contains(&seconds)) {
        return Err(bad_request("validDurationInSeconds is not between 1 and 86,400,000"));
    }
    if new.name_prefix.is_some() && new.bucket_ids.is_none() {
        return Err(bad_request("namePrefix needs a bucket"));
    }
    if let Some(ids) = &new.bucket_ids {
        if ids.is_empty() {
            return Err(bad_request("bucketIds is empty"));
        }
        ids.iter().try_for_each(|id| buckets::find(state, id).map(drop))?;
        let anywhere = [
            Capability::ListKeys,
            Capability::WriteKeys,
            Capability::DeleteKeys,
            Capability::WriteBuckets,
            Capability::DeleteBuckets,
        ];
        if let Some(capability) = new.capabilities.iter().find(|capability| anywhere.contains(capability)) {
            let message = format!("a key that is for some buckets only cannot have {}", capability.as_str());
            return Err(bad_request(message));
        }
    }
    let id = ApplicationKeyId::new(state.next_id("0011aa22bb33"));
    let lifetime = new.valid_duration_in_seconds.map(|seconds| SignedDuration::from_secs(seconds.into()));
    let key = ApplicationKey {
        account_id: ACCOUNT.to_owned().into(),
        application_key_id: id.clone(),
        key_name: new.key_name,
        capabilities: new.capabilities,
        bucket_ids: new.bucket_ids,
        name_prefix: new.name_prefix,
        expiration_timestamp: lifetime.map(|lifetime| state.now + lifetime),
        options: vec!["s3".to_owned()],
    };
    let created = CreatedKey { key, application_key: state.next_id("K001afakesecret").into() };
    state.keys.by_id.insert(id, created.clone());
    Ok(created)
}
