//! Buckets, their settings and what these may be.

use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake, Reply};
use serde::{Deserialize, Serialize};

use super::{ACCOUNT, account, bad_request, error, files};
use crate::{
    Encryption, EncryptionMode, Readable, RetentionMode, ServerSideEncryption,
    account::Capability,
    buckets::{
        Bucket, BucketFilter, BucketId, BucketRef, BucketType, BucketUpdate, CREATE, CorsRule, DELETE,
        DefaultRetention, FileLockConfiguration, InAccount, LIST, LifecycleRule, NewBucket, PeriodUnit,
        ReplicationConfiguration, UPDATE,
    },
};

/// How many an account has at most.
const MOST: usize = 100;

/// What CORS rules may be about.
const OPERATIONS: [&str; 9] = [
    "b2_download_file_by_name",
    "b2_download_file_by_id",
    "b2_upload_file",
    "b2_upload_part",
    "s3_delete",
    "s3_get",
    "s3_head",
    "s3_post",
    "s3_put",
];

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    by_id: BTreeMap<BucketId, Bucket>,
}

impl State {
    /// A bucket with all its settings, whoever asks.
    pub(super) fn get(&self, id: &BucketId) -> Option<&Bucket> {
        self.by_id.get(id)
    }

    /// The same by its name, the case of which does not matter.
    pub(super) fn named(&self, name: &str) -> Option<&Bucket> {
        self.by_id.values().find(|bucket| bucket.bucket_name.eq_ignore_ascii_case(name))
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Bucket> {
        self.by_id.values()
    }
}

pub(super) fn serve(fake: Fake<super::State>) -> Fake<super::State> {
    fake.on(&LIST, |state, [], InAccount { account_id, input }| {
        account::check(&account_id)?;
        list(state, &input)
    })
    .on(&CREATE, |state, [], InAccount { account_id, input }| {
        account::check(&account_id)?;
        state.may(Capability::WriteBuckets, None, None)?;
        if state.caller.as_ref().is_some_and(|caller| caller.buckets.is_some()) {
            return Err(error(401, "unauthorized", "the key is for some buckets only and creates none"));
        }
        if input.default_server_side_encryption.is_some() {
            state.may(Capability::WriteBucketEncryption, None, None)?;
        }
        if input.replication_configuration.is_some() {
            state.may(Capability::WriteBucketReplications, None, None)?;
        }
        if input.file_lock_enabled.is_some() {
            state.may(Capability::WriteBucketRetentions, None, None)?;
        }
        let created = create(state, input)?;
        Ok(shown(state, &created))
    })
    .on(&UPDATE, |state, [], InAccount { account_id, input }| {
        account::check(&account_id)?;
        let updated = update(state, input)?;
        Ok(shown(state, &updated))
    })
    .on(&DELETE, |state, [], InAccount { account_id, input: BucketRef { bucket_id } }| {
        account::check(&account_id)?;
        state.may(Capability::DeleteBuckets, Some(&bucket_id), None)?;
        find(state, &bucket_id)?;
        if !files::is_empty(state, &bucket_id) {
            return Err(error(400, "cannot_delete_non_empty_bucket", "the bucket still has files in it"));
        }
        let deleted = state.buckets.by_id.remove(&bucket_id).ok_or_else(|| no_bucket(&bucket_id))?;
        state.notifications.forget(&bucket_id);
        Ok(shown(state, &deleted))
    })
}

/// A bucket by its id, or the refusal of an id that is none.
pub(super) fn find<'a>(state: &'a super::State, id: &BucketId) -> Result<&'a Bucket, Answer> {
    state.buckets.get(id).ok_or_else(|| no_bucket(id))
}

fn no_bucket(id: &BucketId) -> Answer {
    error(400, "bad_bucket_id", format!("there is no bucket {id}"))
}

fn list(state: &super::State, filter: &BucketFilter) -> Reply<Vec<Bucket>> {
    state.may(Capability::ListBuckets, None, None)?;
    let types = filter.bucket_types.as_deref().unwrap_or(&[BucketType::AllPublic, BucketType::AllPrivate]);
    let all = types.contains(&BucketType::All);
    if types.is_empty() || all && types.len() > 1 {
        return Err(bad_request("bucketTypes is empty, or has others beside all"));
    }
    let asked_for = |bucket: &&Bucket| {
        filter.bucket_id.as_ref().is_none_or(|id| *id == bucket.bucket_id)
            && filter.bucket_name.as_ref().is_none_or(|name| bucket.bucket_name.eq_ignore_ascii_case(name))
    };
    let allowed = state.caller.as_ref().and_then(|caller| caller.buckets.as_ref());
    if let Some(allowed) = allowed {
        // A restricted key names its bucket: what others there are is not its business.
        let named = filter.bucket_id.is_some() || filter.bucket_name.is_some();
        let found = state.buckets.iter().find(asked_for);
        if !named || found.is_none_or(|bucket| !allowed.contains(&bucket.bucket_id)) {
            return Err(error(401, "unauthorized", "the key is for some buckets only: name one of them"));
        }
    }
    let listed = state.buckets.iter().filter(asked_for);
    let listed = listed.filter(|bucket| all || types.contains(&bucket.bucket_type));
    let mut listed: Vec<_> = listed.map(|bucket| shown(state, bucket)).collect();
    listed.sort_by(|one, other| one.bucket_name.cmp(&other.bucket_name));
    Ok(listed)
}

/// A bucket as whoever asks may see it.
fn shown(state: &super::State, bucket: &Bucket) -> Bucket {
    let may = |capability| state.sees(capability, &bucket.bucket_id);
    let mut shown = bucket.clone();
    if !may(Capability::ReadBucketEncryption) {
        shown.default_server_side_encryption = hidden();
    }
    if !may(Capability::ReadBucketRetentions) {
        shown.file_lock_configuration = hidden();
    }
    if !may(Capability::ReadBucketReplications) {
        shown.replication_configuration = hidden();
    }
    shown
}

#[allow(clippy::unnecessary_wraps)]
fn hidden<T>() -> Option<Readable<T>> {
    Some(Readable { is_client_authorized_to_read: false, value: None })
}

#[allow(clippy::unnecessary_wraps)]
fn readable<T>(value: T) -> Option<Readable<T>> {
    Some(Readable { is_client_authorized_to_read: true, value: Some(value) })
}

pub(super) fn create(state: &mut super::State, new: NewBucket) -> Reply<Bucket> {
    check_name(&new.bucket_name)?;
    check_type(&new.bucket_type)?;
    if state.buckets.named(&new.bucket_name).is_some() {
        return Err(error(400, "duplicate_bucket_name", "the name is in use, by this account or by another one"));
    }
    if state.buckets.by_id.len() >= MOST {
        return Err(error(400, "too_many_buckets", format!("an account has at most {MOST} buckets")));
    }
    check_settings(new.bucket_info.as_ref(), new.cors_rules.as_deref(), new.lifecycle_rules.as_deref())?;
    let lock = FileLockConfiguration {
        is_file_lock_enabled: new.file_lock_enabled.unwrap_or_default(),
        default_retention: Some(DefaultRetention { mode: None, period: None }),
    };
    let encryption = encryption(new.default_server_side_encryption.as_ref())?;
    let replication = new.replication_configuration.unwrap_or_default();
    check_replication(state, &replication)?;
    let bucket_id = BucketId::new(state.next_id("e73ede99"));
    let bucket = Bucket {
        account_id: ACCOUNT.to_owned().into(),
        bucket_id: bucket_id.clone(),
        bucket_name: new.bucket_name,
        bucket_type: new.bucket_type,
        bucket_info: new.bucket_info.unwrap_or_default(),
        cors_rules: new.cors_rules.unwrap_or_default(),
        lifecycle_rules: new.lifecycle_rules.unwrap_or_default(),
        options: vec!["s3".to_owned()],
        revision: 2,
        default_server_side_encryption: readable(encryption),
        file_lock_configuration: readable(lock),
        replication_configuration: readable(replication),
    };
    state.buckets.by_id.insert(bucket_id, bucket.clone());
    Ok(bucket)
}

fn update(state: &mut super::State, update: BucketUpdate) -> Reply<Bucket> {
    let id = &update.bucket_id;
    let needed = [
        (Capability::WriteBuckets, true),
        (Capability::WriteBucketEncryption, update.default_server_side_encryption.is_some()),
        (Capability::WriteBucketRetentions, update.default_retention.is_some() || update.file_lock_enabled.is_some()),
        (Capability::WriteBucketReplications, update.replication_configuration.is_some()),
    ];
    for (capability, _) in needed.into_iter().filter(|(_, needed)| *needed) {
        state.may(capability, Some(id), None)?;
    }
    let mut bucket = find(state, id)?.clone();
    if let Some(expected) = update.if_revision_is
        && expected != bucket.revision
    {
        let message = format!("the bucket has revision {}, not {expected}", bucket.revision);
        return Err(error(409, "conflict", message));
    }
    check_settings(update.bucket_info.as_ref(), update.cors_rules.as_deref(), update.lifecycle_rules.as_deref())?;
    if let Some(kind) = update.bucket_type {
        check_type(&kind)?;
        bucket.bucket_type = kind;
    }
    let lock = bucket.file_lock_configuration.as_mut().and_then(|lock| lock.value.as_mut());
    if let Some(lock) = lock {
        match update.file_lock_enabled {
            Some(false) if lock.is_file_lock_enabled => {
                return Err(bad_request("fileLockEnabled cannot be switched off again"));
            }
            Some(enabled) => lock.is_file_lock_enabled = enabled,
            None => {}
        }
        if let Some(retention) = update.default_retention {
            check_retention(&retention)?;
            if !lock.is_file_lock_enabled {
                return Err(bad_request("defaultRetention needs a bucket with file lock"));
            }
            let unretained = retention.mode == Some(RetentionMode::Unretained);
            lock.default_retention =
                Some(if unretained { DefaultRetention { mode: None, period: None } } else { retention });
        }
    }
    if let Some(default) = &update.default_server_side_encryption {
        bucket.default_server_side_encryption = readable(encryption(Some(default))?);
    }
    if let Some(replication) = update.replication_configuration {
        check_replication(state, &replication)?;
        bucket.replication_configuration = readable(replication);
    }
    bucket.bucket_info = update.bucket_info.unwrap_or(bucket.bucket_info);
    bucket.cors_rules = update.cors_rules.unwrap_or(bucket.cors_rules);
    bucket.lifecycle_rules = update.lifecycle_rules.unwrap_or(bucket.lifecycle_rules);
    bucket.revision += 1;
    state.buckets.by_id.insert(bucket.bucket_id.clone(), bucket.clone());
    Ok(bucket)
}

fn check_name(name: &str) -> Result<(), Answer> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(6..=63).contains(&name.len()) || !name.bytes().all(plain) || name.to_ascii_lowercase().starts_with("b2-") {
        return Err(bad_request("bucketName is not 6 to 63 letters, digits and -, or begins with b2-"));
    }
    Ok(())
}

fn check_type(kind: &BucketType) -> Result<(), Answer> {
    match kind {
        BucketType::AllPublic | BucketType::AllPrivate => Ok(()),
        other => Err(bad_request(format!("bucketType cannot be {}", other.as_str()))),
    }
}

fn check_settings(
    info: Option<&BTreeMap<String, String>>,
    cors: Option<&[CorsRule]>,
    lifecycle: Option<&[LifecycleRule]>,
) -> Result<(), Answer> {
    for name in info.into_iter().flat_map(BTreeMap::keys) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let unusual = !(1..=50).contains(&name.len()) || !name.bytes().all(plain);
        if unusual || name.to_ascii_lowercase().starts_with("b2-") {
            return Err(bad_request(format!("bucketInfo cannot have the name {name}")));
        }
    }
    if info.is_some_and(|info| info.len() > 10) {
        return Err(bad_request("bucketInfo has more than 10 names"));
    }
    check_cors(cors.unwrap_or_default())?;
    check_lifecycle(lifecycle.unwrap_or_default())
}

fn check_cors(rules: &[CorsRule]) -> Result<(), Answer> {
    if rules.len() > 100 {
        return Err(bad_request("corsRules has more than 100 rules"));
    }
    for (index, rule) in rules.iter().enumerate() {
        let wrong = |why: &str| Err(bad_request(format!("the CORS rule {} {why}", rule.cors_rule_name)));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let (name, earlier) = (&rule.cors_rule_name, &rules[..index]);
        match () {
            () if !(6..=63).contains(&name.len()) || !name.bytes().all(plain) || name.starts_with("b2-") => {
                return wrong("has a name that is not 6 to 63 letters, digits and -");
            }
            () if earlier.iter().any(|other| other.cors_rule_name == *name) => return wrong("is there twice"),
            () if rule.allowed_origins.is_empty() => return wrong("has no allowedOrigins"),
            () if rule.allowed_operations.is_empty() => return wrong("has no allowedOperations"),
            () if !rule.allowed_operations.iter().all(|operation| OPERATIONS.contains(&operation.as_str())) => {
                return wrong("has an operation that is not known");
            }
            () if rule.max_age_seconds > 86_400 => return wrong("has a maxAgeSeconds of more than a day"),
            () => {}
        }
    }
    Ok(())
}

fn check_lifecycle(rules: &[LifecycleRule]) -> Result<(), Answer> {
    if rules.len() > 100 {
        return Err(bad_request("lifecycleRules has more than 100 rules"));
    }
    for (index, rule) in rules.iter().enumerate() {
        let days = [
            rule.days_from_uploading_to_hiding,
            rule.days_from_hiding_to_deleting,
            rule.days_from_starting_to_canceling_unfinished_large_files,
        ];
        let wrong = |why: &str| Err(bad_request(format!("the lifecycle rule for `{}` {why}", rule.file_name_prefix)));
        if days.iter().all(Option::is_none) || days.contains(&Some(0)) {
            return wrong("has no number of days, or one that is not positive");
        }
        if rules[..index].iter().any(|other| other.file_name_prefix == rule.file_name_prefix) {
            return wrong("is there twice");
        }
    }
    Ok(())
}

fn check_retention(retention: &DefaultRetention) -> Result<(), Answer> {
    let retained = matches!(retention.mode, Some(RetentionMode::Governance | RetentionMode::Compliance));
    match &retention.period {
        None if retained => Err(bad_request("defaultRetention has a mode and no period")),
        Some(_) if !retained => Err(bad_request("defaultRetention has a period and no mode")),
        Some(period) => {
            let days = match period.unit {
                PeriodUnit::Days => u64::from(period.duration),
                PeriodUnit::Years => u64::from(period.duration) * 365,
                _ => 0,
            };
            match days {
                1..=3000 => Ok(()),
                _ => Err(bad_request("defaultRetention has a period that is not 1 to 3,000 days")),
            }
        }
        None => Ok(()),
    }
}

fn encryption(default: Option<&Encryption>) -> Reply<ServerSideEncryption> {
    match default {
        None | Some(Encryption::Unencrypted) => Ok(ServerSideEncryption { mode: None, algorithm: None }),
        Some(Encryption::B2) => {
            Ok(ServerSideEncryption { mode: Some(EncryptionMode::B2), algorithm: Some("AES256".to_owned()) })
        }
        Some(Encryption::Customer(_)) => Err(bad_request("a bucket's default encryption is SSE-B2 or none")),
    }
}

fn check_replication(state: &super::State, replication: &ReplicationConfiguration) -> Result<(), Answer> {
    let Some(source) = &replication.as_replication_source else {
        return Ok(());
    };
    let rules = &source.replication_rules;
    for (index, rule) in rules.iter().enumerate() {
        find(state, &rule.destination_bucket_id)?;
        if rules[..index].iter().any(|other| other.priority == rule.priority) {
            return Err(bad_request("two replication rules have the same priority"));
        }
    }
    Ok(())
}
