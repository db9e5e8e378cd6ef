//! Application keys.

use std::{collections::BTreeSet, time::Duration};

use howdah_backblaze::{
    account::Capability,
    buckets::{BucketFilter, BucketId},
    keys::{ApplicationKeyId, NewKey},
    testing::{ACCOUNT, FakeBackblaze},
};
use howdah_core::{ErrorKind, testing::Fault};

#[tokio::test(start_paused = true)]
async fn a_key_opens_until_it_is_deleted() {
    let fake = FakeBackblaze::new();
    let keys = fake.client().keys();
    let bucket = fake.create_bucket("vmst-media");
    let new = NewKey::new("nightly", [Capability::ListBuckets, Capability::WriteFiles])
        .with_bucket_ids(vec![bucket.clone()])
        .with_name_prefix("db/")
        .with_valid_duration_in_seconds(3600u32);
    let created = keys.create(new).await.unwrap();
    assert_eq!((created.key.account_id.get().as_str(), created.key.key_name.as_str()), (ACCOUNT, "nightly"));
    assert_eq!(created.key.bucket_ids, Some(vec![bucket.clone()]));
    assert!(created.key.expiration_timestamp.is_some());
    assert_eq!(keys.list().all().await.unwrap(), std::slice::from_ref(&created.key));

    let client = fake.client_with(&created);
    let mine = || BucketFilter::new().with_bucket_id(bucket.clone());
    client.buckets().list(mine()).await.unwrap();
    let id = created.key.application_key_id.clone();
    assert_eq!(keys.delete(&id).await.unwrap(), Some(created.key));
    assert_eq!(client.buckets().list(mine()).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    assert!(keys.delete(&id).await.unwrap_err().is_invalid());
    assert_eq!(keys.list().all().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_has_expired_is_not_listed() {
    let fake = FakeBackblaze::new();
    let keys = fake.client().keys();
    let new = NewKey::new("short", [Capability::ListFiles]).with_valid_duration_in_seconds(60u32);
    keys.create(new).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(keys.list().all().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_list_goes_on_to_the_next_page() {
    let fake = FakeBackblaze::new();
    let keys = fake.client().keys();
    let mut ids = BTreeSet::new();
    for number in 0..1001 {
        let key = keys.create(NewKey::new(format!("key-{number}"), [Capability::ListFiles])).await.unwrap();
        ids.insert(key.key.application_key_id);
    }
    let before = fake.world().requests();
    let listed = keys.list().all().await.unwrap();
    assert_eq!((listed.len(), fake.world().requests() - before), (1001, 2));
    assert_eq!(listed.into_iter().map(|key| key.application_key_id).collect::<BTreeSet<_>>(), ids);
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_are_refused() {
    let fake = FakeBackblaze::new();
    let keys = fake.client().keys();
    let bucket = fake.create_bucket("vmst-media");
    let plain = |name: &str| NewKey::new(name, [Capability::ListFiles]);
    let unsent = [
        plain(""),
        plain("with space"),
        NewKey::new("nothing", []),
        plain("long").with_valid_duration_in_seconds(86_400_001u32),
        plain("prefix").with_name_prefix("db/"),
    ];
    for wrong in unsent {
        assert!(keys.create(wrong).await.unwrap_err().is_invalid());
    }
    assert_eq!(fake.world().requests(), 0);
    let refused = [
        (NewKey::new("unknown", [Capability::from("flyFiles")]), ErrorKind::Invalid),
        (plain("none").with_bucket_ids(vec![]), ErrorKind::Invalid),
        (plain("lost").with_bucket_ids(vec![BucketId::new("nowhere".to_owned())]), ErrorKind::NotFound),
        (NewKey::new("keys", [Capability::WriteKeys]).with_bucket_ids(vec![bucket]), ErrorKind::Invalid),
    ];
    for (wrong, kind) in refused {
        let shown = format!("{wrong:?}");
        assert_eq!(keys.create(wrong).await.unwrap_err().kind(), kind, "{shown}");
    }
    assert_eq!(keys.list().all().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn each_operation_needs_its_capability() {
    let fake = FakeBackblaze::new();
    let powerless = fake.client().keys().create(NewKey::new("none", [Capability::ReadFiles])).await.unwrap();
    let keys = fake.client_with(&powerless).keys();
    let errors = [
        keys.list().all().await.unwrap_err(),
        keys.create(NewKey::new("more", [Capability::WriteKeys])).await.unwrap_err(),
        keys.delete(&powerless.key.application_key_id).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.code()), (ErrorKind::Forbidden, Some("unauthorized")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_answer_was_lost_is_not_created_twice() {
    let fake = FakeBackblaze::new();
    let client = fake.client();
    client.account().authorization().await.unwrap();
    fake.world().fail_next(Fault::Lost { applied: true });
    let error = client.keys().create(NewKey::new("once", [Capability::ListFiles])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(client.keys().list().all().await.unwrap().len(), 1);
    let unknown = ApplicationKeyId::new("0011nobody".to_owned());
    assert!(client.keys().delete(&unknown).await.unwrap_err().is_invalid());
}
