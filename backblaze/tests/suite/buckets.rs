//! Buckets: what they may be, who may see and change them.

use std::collections::BTreeMap;

use howdah_backblaze::{
    Backblaze, Encryption, EncryptionMode, RetentionMode,
    account::Capability,
    buckets::{
        BucketFilter, BucketId, BucketType, BucketUpdate, CorsRule, DefaultRetention, LifecycleRule, NewBucket,
        PeriodUnit, ReplicationConfiguration, ReplicationRule, ReplicationSource, RetentionPeriod,
    },
    keys::NewKey,
    testing::FakeBackblaze,
};
use howdah_core::{Error, ErrorKind};

async fn with_key(fake: &FakeBackblaze, bucket: Option<&BucketId>, capabilities: &[Capability]) -> Backblaze {
    let new = NewKey::new("some", capabilities.to_vec());
    let new = match bucket {
        Some(bucket) => new.with_bucket_ids(vec![bucket.clone()]),
        None => new,
    };
    fake.client_with(&fake.client().keys().create(new).await.unwrap())
}

fn told(error: &Error) -> (ErrorKind, &str) {
    (error.kind(), error.code().unwrap_or_default())
}

fn cors(name: &str) -> CorsRule {
    CorsRule {
        cors_rule_name: name.to_owned(),
        allowed_origins: vec!["https://vmst.io".to_owned()],
        allowed_operations: vec!["b2_download_file_by_name".to_owned()],
        allowed_headers: None,
        expose_headers: None,
        max_age_seconds: 3600,
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_comes_is_found_and_goes() {
    let fake = FakeBackblaze::new();
    let buckets = fake.client().buckets();
    let info = BTreeMap::from([("Cache-Control".to_owned(), "max-age=3600".to_owned())]);
    let new = NewBucket::new("vmst-media", BucketType::AllPublic)
        .with_bucket_info(info.clone())
        .with_cors_rules(vec![cors("vmst-io")])
        .with_lifecycle_rules(vec![LifecycleRule::new("cache/").with_days_from_uploading_to_hiding(7u32)])
        .with_default_server_side_encryption(Encryption::B2)
        .with_file_lock_enabled(true);
    let made = buckets.create(new).await.unwrap();
    assert_eq!((&made.bucket_info, &made.cors_rules), (&info, &vec![cors("vmst-io")]));
    assert_eq!(made.lifecycle_rules[0].days_from_uploading_to_hiding, Some(7));
    let encryption = made.default_server_side_encryption.clone().unwrap().value.unwrap();
    assert_eq!(encryption.mode, Some(EncryptionMode::B2));
    assert!(made.file_lock_configuration.clone().unwrap().value.unwrap().is_file_lock_enabled);

    let error = buckets.create(NewBucket::new("VMST-media", BucketType::AllPrivate)).await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::Conflict, "duplicate_bucket_name"));
    assert_eq!(buckets.find("vmst-media").await.unwrap(), Some(made.clone()));
    assert_eq!(buckets.find("vmst-other").await.unwrap(), None);

    let private = buckets.list(BucketFilter::new().with_bucket_types(vec![BucketType::AllPrivate])).await.unwrap();
    assert_eq!(private, []);
    let all = buckets.list(BucketFilter::new().with_bucket_types(vec![BucketType::All])).await.unwrap();
    assert_eq!(all, std::slice::from_ref(&made));
    let mixed = BucketFilter::new().with_bucket_types(vec![BucketType::All, BucketType::AllPublic]);
    assert_eq!(told(&buckets.list(mixed).await.unwrap_err()), (ErrorKind::Invalid, "bad_request"));

    assert_eq!(buckets.delete(made.bucket_id.clone()).await.unwrap(), Some(made.clone()));
    let error = buckets.delete(made.bucket_id).await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::NotFound, "bad_bucket_id"));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_an_unseen_attempt_deleted_is_gone() {
    let fake = FakeBackblaze::new();
    let client = fake.client();
    let bucket = fake.create_bucket("vmst-media");
    client.account().authorization().await.unwrap();
    fake.world().fail_next(howdah_core::testing::Fault::Lost { applied: true });
    assert_eq!(client.buckets().delete(bucket).await.unwrap(), None);
    assert_eq!(client.buckets().find("vmst-media").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn an_account_has_a_hundred_buckets() {
    let fake = FakeBackblaze::new();
    for number in 0..100 {
        fake.create_bucket(&format!("bucket-{number}"));
    }
    let one_more = NewBucket::new("bucket-100", BucketType::AllPrivate);
    let error = fake.client().buckets().create(one_more).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Invalid, Some("too_many_buckets")));
}

#[tokio::test(start_paused = true)]
async fn a_change_raises_the_revision_and_replaces_lists() {
    let fake = FakeBackblaze::new();
    let buckets = fake.client().buckets();
    let rules = vec![LifecycleRule::new("").with_days_from_hiding_to_deleting(30u32)];
    let made = NewBucket::new("vmst-media", BucketType::AllPrivate).with_lifecycle_rules(rules.clone());
    let made = buckets.create(made).await.unwrap();
    let update = || BucketUpdate::new(made.bucket_id.clone());
    let public = buckets.update(update().with_bucket_type(BucketType::AllPublic)).await.unwrap();
    assert_eq!((public.revision, &public.bucket_type), (made.revision + 1, &BucketType::AllPublic));
    assert_eq!(public.lifecycle_rules, rules);

    let late = update().with_lifecycle_rules(vec![]).with_if_revision_is(made.revision);
    let error = buckets.update(late).await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::Precondition, "conflict"));
    let timely = update().with_lifecycle_rules(vec![]).with_if_revision_is(public.revision);
    assert_eq!(buckets.update(timely).await.unwrap().lifecycle_rules, []);
    let gone = BucketUpdate::new(BucketId::new("nowhere".to_owned()));
    assert_eq!(told(&buckets.update(gone).await.unwrap_err()), (ErrorKind::NotFound, "bad_bucket_id"));
}

#[tokio::test(start_paused = true)]
async fn settings_that_cannot_be_are_refused() {
    let fake = FakeBackblaze::new();
    let buckets = fake.client().buckets();
    let id = fake.create_bucket("vmst-media");
    let update = || BucketUpdate::new(id.clone());
    let retention = |mode, duration| DefaultRetention {
        mode: Some(mode),
        period: Some(RetentionPeriod { duration, unit: PeriodUnit::Days }),
    };
    let twice = LifecycleRule::new("a/").with_days_from_hiding_to_deleting(1u32);
    let customer = Encryption::Customer(howdah_backblaze::CustomerKey::new(&[1; 32]));
    let reserved = BTreeMap::from([("b2-mine".to_owned(), String::new())]);
    let wrong = [
        update().with_bucket_type(BucketType::Snapshot),
        update().with_cors_rules(vec![cors("short")]),
        update().with_cors_rules(vec![cors("vmst-io"), cors("vmst-io")]),
        update().with_cors_rules(vec![CorsRule { max_age_seconds: 86_401, ..cors("vmst-io") }]),
        update().with_cors_rules(vec![CorsRule { allowed_operations: vec!["b2_all".to_owned()], ..cors("vmst-io") }]),
        update().with_cors_rules(vec![CorsRule { allowed_origins: vec![], ..cors("vmst-io") }]),
        update().with_lifecycle_rules(vec![twice.clone(), twice]),
        update().with_bucket_info(reserved),
        update().with_default_server_side_encryption(customer),
        // Without file lock.
        update().with_default_retention(retention(RetentionMode::Governance, 7)),
        update().with_file_lock_enabled(true).with_default_retention(retention(RetentionMode::Compliance, 3001)),
        update().with_file_lock_enabled(true).with_default_retention(retention(RetentionMode::Unretained, 7)),
    ];
    for wrong in wrong {
        let shown = format!("{wrong:?}");
        let error = buckets.update(wrong).await.unwrap_err();
        assert_eq!(told(&error), (ErrorKind::Invalid, "bad_request"), "{shown}");
    }
    let before = fake.world().requests();
    let unsent = buckets.update(update().with_lifecycle_rules(vec![LifecycleRule::new("")])).await.unwrap_err();
    assert_eq!((unsent.is_invalid(), fake.world().requests()), (true, before));
    assert_eq!(buckets.find("vmst-media").await.unwrap().unwrap().revision, 2, "nothing was changed");

    let locked = update().with_file_lock_enabled(true);
    let locked = buckets.update(locked.with_default_retention(retention(RetentionMode::Governance, 7))).await.unwrap();
    let lock = locked.file_lock_configuration.unwrap().value.unwrap();
    assert_eq!(lock.default_retention, Some(retention(RetentionMode::Governance, 7)));
    let error = buckets.update(update().with_file_lock_enabled(false)).await.unwrap_err();
    assert!(error.is_invalid(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn replication_is_kept_and_goes_somewhere() {
    let fake = FakeBackblaze::new();
    let buckets = fake.client().buckets();
    let (from, to) = (fake.create_bucket("vmst-media"), fake.create_bucket("vmst-copy"));
    let to_bucket = |bucket: &BucketId| ReplicationConfiguration {
        as_replication_source: Some(ReplicationSource {
            replication_rules: vec![ReplicationRule {
                replication_rule_name: "everything".to_owned(),
                destination_bucket_id: bucket.clone(),
                file_name_prefix: String::new(),
                include_existing_files: false,
                is_enabled: true,
                priority: 1,
            }],
            source_application_key_id: "0011".to_owned(),
        }),
        as_replication_destination: None,
    };
    let update = |bucket: &BucketId| BucketUpdate::new(from.clone()).with_replication_configuration(to_bucket(bucket));
    let updated = buckets.update(update(&to)).await.unwrap();
    assert_eq!(updated.replication_configuration.unwrap().value, Some(to_bucket(&to)));
    let error = buckets.update(update(&BucketId::new("nowhere".to_owned()))).await.unwrap_err();
    assert_eq!(told(&error), (ErrorKind::NotFound, "bad_bucket_id"));
}

#[tokio::test(start_paused = true)]
async fn a_restricted_key_names_its_bucket() {
    let fake = FakeBackblaze::new();
    let (mine, other) = (fake.create_bucket("vmst-media"), fake.create_bucket("vmst-other"));
    let client = with_key(&fake, Some(&mine), &[Capability::ListBuckets]).await;
    let buckets = client.buckets();
    for filter in [BucketFilter::new(), BucketFilter::new().with_bucket_id(other)] {
        let error = buckets.list(filter).await.unwrap_err();
        assert_eq!(told(&error), (ErrorKind::Forbidden, "unauthorized"));
    }
    assert_eq!(told(&buckets.find("vmst-other").await.unwrap_err()), (ErrorKind::Forbidden, "unauthorized"));
    let found = buckets.find("vmst-media").await.unwrap().unwrap();
    let encryption = found.default_server_side_encryption.unwrap();
    assert!(!encryption.is_client_authorized_to_read && encryption.value.is_none());
    assert!(!found.file_lock_configuration.unwrap().is_client_authorized_to_read);
    assert!(!found.replication_configuration.unwrap().is_client_authorized_to_read);
}

#[tokio::test(start_paused = true)]
async fn each_change_needs_its_capability() {
    let fake = FakeBackblaze::new();
    let id = fake.create_bucket("vmst-media");
    let reader = with_key(&fake, None, &[Capability::ListBuckets]).await;
    let writer = with_key(&fake, None, &[Capability::WriteBuckets]).await;
    let encrypted = || BucketUpdate::new(id.clone()).with_default_server_side_encryption(Encryption::B2);
    let forbidden = [
        reader.buckets().create(NewBucket::new("vmst-new", BucketType::AllPrivate)).await.unwrap_err(),
        reader.buckets().update(BucketUpdate::new(id.clone())).await.unwrap_err(),
        reader.buckets().delete(id.clone()).await.unwrap_err(),
        writer.buckets().list(BucketFilter::new()).await.unwrap_err(),
        writer.buckets().update(encrypted()).await.unwrap_err(),
        writer.buckets().update(BucketUpdate::new(id.clone()).with_file_lock_enabled(true)).await.unwrap_err(),
    ];
    for error in forbidden {
        assert_eq!(told(&error), (ErrorKind::Forbidden, "unauthorized"), "{error}");
    }
    writer.buckets().update(BucketUpdate::new(id.clone()).with_bucket_type(BucketType::AllPublic)).await.unwrap();
    let both = with_key(&fake, None, &[Capability::WriteBuckets, Capability::WriteBucketEncryption]).await;
    both.buckets().update(encrypted()).await.unwrap();
}
