//! Tags of domains against the fake.

use howdah_core::{ErrorKind, dns::Name, testing::Fault};
use howdah_gandi::testing::{FakeGandi, NAME};
use jiff::SignedDuration;

const DOMAIN: &str = "example.org";

fn with_domain() -> FakeGandi {
    let fake = FakeGandi::new();
    fake.registry().register(&Name::parse(DOMAIN).unwrap(), NAME, &[], SignedDuration::from_hours(24));
    fake
}

#[tokio::test(start_paused = true)]
async fn tags_come_and_go() {
    let fake = with_domain();
    let tags = fake.client().tags();
    assert_eq!(tags.list(DOMAIN).await.unwrap(), [""; 0]);
    tags.add(DOMAIN, "mastodon").await.unwrap();
    tags.add(DOMAIN, "2024").await.unwrap();
    assert_eq!(tags.list(DOMAIN).await.unwrap(), ["2024", "mastodon"]);
    tags.update(DOMAIN, ["2025"], ["2024"]).await.unwrap();
    assert_eq!(tags.list(DOMAIN).await.unwrap(), ["2025", "mastodon"]);
    assert_eq!(fake.client().domains().get(DOMAIN).await.unwrap().tags, ["2025", "mastodon"]);
    tags.replace(DOMAIN, ["old", "sold"]).await.unwrap();
    assert_eq!(tags.list(DOMAIN).await.unwrap(), ["old", "sold"]);
    tags.clear(DOMAIN).await.unwrap();
    assert_eq!(tags.list(DOMAIN).await.unwrap(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_answer_was_lost_is_made_again() {
    let fake = with_domain();
    let tags = fake.client().tags();
    fake.world().fail_next(Fault::Lost { applied: true });
    tags.update(DOMAIN, ["mastodon"], ["old"]).await.unwrap();
    assert_eq!((tags.list(DOMAIN).await.unwrap(), fake.world().requests()), (vec!["mastodon".to_owned()], 3));
}

#[tokio::test(start_paused = true)]
async fn empty_tags_and_unknown_domains_are_refused() {
    let fake = with_domain();
    let tags = fake.client().tags();
    tags.add(DOMAIN, "kept").await.unwrap();
    for error in [
        tags.add(DOMAIN, " ").await.unwrap_err(),
        tags.replace(DOMAIN, [""]).await.unwrap_err(),
        tags.update(DOMAIN, [""], ["kept"]).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.fields()[0].field.as_str()), (ErrorKind::Invalid, "tags"));
    }
    assert_eq!(tags.list(DOMAIN).await.unwrap(), ["kept"]);
    for error in [
        tags.list("example.net").await.unwrap_err(),
        tags.add("example.net", "a").await.unwrap_err(),
        tags.replace("example.net", ["a"]).await.unwrap_err(),
        tags.update("example.net", ["a"], ["b"]).await.unwrap_err(),
        tags.clear("example.net").await.unwrap_err(),
    ] {
        assert!(error.is_not_found(), "{error}");
    }
}
