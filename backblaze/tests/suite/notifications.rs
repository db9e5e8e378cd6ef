//! Event notifications: their rules, and the signatures that come with them.

use howdah_backblaze::{
    account::Capability,
    buckets::BucketId,
    keys::NewKey,
    notifications::{CustomHeader, EventType, NotificationRule, Target, TargetType},
    testing::FakeBackblaze,
};
use howdah_core::{ErrorKind, Secret};

const SECRET: &str = "0123456789abcdefghijABCDEFGHIJ01";

fn rule(name: &str, event: EventType) -> NotificationRule {
    NotificationRule::new(name, [event], Target::webhook("https://vmst.io/hooks/b2"))
}

#[tokio::test(start_paused = true)]
async fn rules_are_replaced_as_a_whole() {
    let fake = FakeBackblaze::new();
    let (notifications, bucket) = (fake.client().notifications(), fake.create_bucket("vmst-media"));
    assert_eq!(notifications.get_rules(&bucket).await.unwrap(), []);
    let header = CustomHeader { name: "X-Token".to_owned(), value: "t".into() };
    let target = Target::webhook("https://vmst.io/hooks/b2").with_signing_secret(SECRET);
    let uploads = NotificationRule::new("new-media", [EventType::Created], target.with_custom_headers(vec![header]))
        .with_object_name_prefix("media/")
        .with_max_events_per_batch(50);
    let set = notifications.set_rules(&bucket, vec![uploads, rule("deletions", EventType::Deleted)]).await.unwrap();
    assert_eq!((set.len(), set[0].is_suspended, set[0].max_events_per_batch), (2, Some(false), Some(50)));
    let signing = set[0].target_configuration.hmac_sha256_signing_secret.as_ref().map(Secret::expose);
    assert_eq!(signing, Some(SECRET));
    assert_eq!(notifications.get_rules(&bucket).await.unwrap(), set);
    notifications.set_rules(&bucket, vec![]).await.unwrap();
    assert_eq!(notifications.get_rules(&bucket).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn rules_that_cannot_be_are_refused() {
    let fake = FakeBackblaze::new();
    let (notifications, bucket) = (fake.client().notifications(), fake.create_bucket("vmst-media"));
    let target = || Target::webhook("https://vmst.io/hooks/b2");
    let unsent = [
        rule("short", EventType::Created),
        NotificationRule::new("about-nothing", [], target()),
        rule("too-many", EventType::Created).with_max_events_per_batch(51),
        NotificationRule::new("in-the-open", [EventType::Created], Target::webhook("http://vmst.io/")),
        NotificationRule::new("short-secret", [EventType::Created], target().with_signing_secret("short")),
    ];
    for wrong in unsent {
        assert!(notifications.set_rules(&bucket, vec![wrong]).await.unwrap_err().is_invalid());
    }
    assert_eq!(fake.world().requests(), 0);
    let mut elsewhere = target();
    elsewhere.target_type = TargetType::from("pigeon");
    let headers = vec![CustomHeader { name: "X".to_owned(), value: "y".into() }; 11];
    let both = [EventType::Created, EventType::Uploaded];
    let refused = [
        vec![rule("not plain", EventType::Created)],
        vec![rule("deletions", EventType::Deleted), rule("deletions", EventType::Created)],
        vec![rule("deletions", EventType::Deleted), rule("all-deletions", EventType::DeletedByHand)],
        vec![rule("unknown", EventType::from("b2:ObjectPainted:*"))],
        vec![NotificationRule::new("one-in-other", both, target())],
        vec![NotificationRule::new("by-pigeon", [EventType::Created], elsewhere)],
        vec![NotificationRule::new("headers", [EventType::Created], target().with_custom_headers(headers))],
        (0..26)
            .map(|n| rule(&format!("rule-{n}"), EventType::Created).with_object_name_prefix(format!("{n:02}/")))
            .collect(),
    ];
    for rules in refused {
        let shown = format!("{rules:?}");
        assert!(notifications.set_rules(&bucket, rules).await.unwrap_err().is_invalid(), "{shown}");
    }
    assert_eq!(notifications.get_rules(&bucket).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn rules_are_for_who_may_and_for_buckets_that_are() {
    let fake = FakeBackblaze::new();
    let (client, bucket) = (fake.client(), fake.create_bucket("vmst-media"));
    let reader = NewKey::new("reader", [Capability::ReadBucketNotifications]).with_bucket_ids(vec![bucket.clone()]);
    let reader = fake.client_with(&client.keys().create(reader).await.unwrap()).notifications();
    reader.get_rules(&bucket).await.unwrap();
    let rules = vec![rule("deletions", EventType::Deleted)];
    assert_eq!(reader.set_rules(&bucket, rules.clone()).await.unwrap_err().kind(), ErrorKind::Forbidden);
    let other = fake.create_bucket("vmst-other");
    assert_eq!(reader.get_rules(&other).await.unwrap_err().kind(), ErrorKind::Forbidden);
    let nowhere = BucketId::new("nowhere".to_owned());
    for error in [
        client.notifications().get_rules(&nowhere).await.unwrap_err(),
        client.notifications().set_rules(&nowhere, rules.clone()).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.code()), (ErrorKind::NotFound, Some("bad_bucket_id")));
    }
    client.notifications().set_rules(&bucket, rules).await.unwrap();
    client.buckets().delete(bucket.clone()).await.unwrap();
    assert!(client.notifications().get_rules(&bucket).await.unwrap_err().is_not_found());
}
