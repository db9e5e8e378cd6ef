//! Zones and the token against the fake.

use std::time::Duration;

use howdah_cloudflare::{
    Cloudflare,
    dns_records::NewRecord,
    dnssec::{DnssecStatus, DnssecUpdate},
    testing::{FakeCloudflare, GLOBAL_KEY},
    tokens::TokenStatus,
    zones::{ZoneFilter, ZoneId, ZoneStatus, ZoneType},
};
use howdah_core::{
    ErrorKind, Outcome,
    dns::Name,
    testing::{Fault, Registry},
};
use jiff::SignedDuration;

const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

#[tokio::test(start_paused = true)]
async fn a_zone_goes_where_its_parent_delegates_it() {
    let fake = FakeCloudflare::new();
    let (zones, domain) = (fake.client().zones(), Name::parse("example.com").unwrap());
    let elsewhere = [Name::parse("ns1.example.net").unwrap()];
    fake.registry().register(&domain, "elsewhere", &elsewhere, YEAR);
    let id = fake.create_zone("example.com");
    let zone = zones.get(&id).await.unwrap();
    assert_eq!((zone.status, zone.zone_type), (Some(ZoneStatus::Pending), Some(ZoneType::Full)));
    assert_eq!(zone.original_name_servers.unwrap(), ["ns1.example.net"]);
    assert_eq!(zone.original_registrar.as_deref(), Some("elsewhere"));
    assert_eq!((zone.activated_on, zone.account.unwrap().id), (None, fake.account()));

    let delegate = |servers: Vec<Name>| {
        fake.registry().delegate(&domain, "elsewhere", |delegated| delegated.name_servers = servers).unwrap();
    };
    delegate(fake.name_servers());
    let zone = zones.get(&id).await.unwrap();
    assert_eq!(zone.status, Some(ZoneStatus::Active));
    assert!(zone.activated_on.is_some());

    delegate(elsewhere.to_vec());
    assert_eq!(zones.get(&id).await.unwrap().status, Some(ZoneStatus::Moved));
    tokio::time::sleep(Duration::from_secs(28 * 24 * 3600)).await;
    assert!(zones.get(&id).await.unwrap_err().is_not_found(), "a zone that has moved goes by itself");
}

#[tokio::test(start_paused = true)]
async fn zones_are_listed_filtered_and_deleted() {
    let fake = FakeCloudflare::new();
    let zones = fake.client().zones();
    for number in 0..55 {
        fake.create_zone(&format!("zone{number:02}.example"));
    }
    let all = zones.list(ZoneFilter::new().with_order("name").with_direction("desc")).all().await.unwrap();
    assert_eq!((all.len(), all[0].name.as_str(), fake.world().requests()), (55, "zone54.example", 2));
    for (filter, found) in [
        (ZoneFilter::new().with_name("ZONE07.example"), 1),
        (ZoneFilter::new().with_name("zone7.example"), 0),
        (ZoneFilter::new().with_status(ZoneStatus::Active), 0),
        (ZoneFilter::new().with_account_id(fake.account().get().as_str()).with_per_page(20u32), 55),
        (ZoneFilter::new().with_account_id("another"), 0),
    ] {
        assert_eq!(zones.list(filter.clone()).all().await.unwrap().len(), found, "{filter:?}");
    }

    // The answer is lost, the second attempt finds nothing to delete any more.
    fake.world().fail_next(Fault::Lost { applied: true });
    zones.delete(&all[0].id).await.unwrap();
    assert!(zones.get(&all[0].id).await.unwrap_err().is_not_found());
    let error = zones.delete(&ZoneId::new("none".to_owned())).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome(), error.code()), (ErrorKind::NotFound, Outcome::Refused, Some("7003")));
}

#[tokio::test(start_paused = true)]
async fn credentials_are_a_token_or_a_user_with_a_key() {
    let fake = FakeCloudflare::new();
    fake.create_zone("example.com");
    assert_eq!(fake.client().tokens().verify().await.unwrap().status, TokenStatus::Active);

    let wrong = Cloudflare::from(fake.adapt(Cloudflare::builder("canary-4711")).build().unwrap());
    let error = wrong.tokens().verify().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unauthenticated, Outcome::Refused));

    let with_key = |email: &str, key: &str| {
        Cloudflare::from(fake.adapt(Cloudflare::global_key_builder(email, key)).build().unwrap())
    };
    let (email, key) = GLOBAL_KEY;
    assert_eq!(with_key(email, key).zones().list(ZoneFilter::new()).all().await.unwrap().len(), 1);
    let stranger = with_key(email, "canary-4711");
    let error = stranger.zones().list(ZoneFilter::new()).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(!format!("{stranger:?} {error:?} {error}").contains("canary"));
    for (email, key) in [("", key), (email, " "), (email, "line\nbreak")] {
        let error = with_key(email, key).zones().list(ZoneFilter::new()).all().await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Config, Outcome::NotSent), "{error}");
    }
    assert!(Cloudflare::with_global_key(email, key).is_ok() && Cloudflare::new("token").is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_it_holds_is_kept_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.json");
    let registry = Registry::default();
    let first = FakeCloudflare::kept_in(&file, &registry).unwrap();
    let zone = first.create_zone("example.com");
    first.add_record(&zone, NewRecord::new("A", "www").with_content("192.0.2.1").with_proxied(true));
    first.add_worker_route(&zone, "example.com/*", "greeter");
    let update = DnssecUpdate::new().with_status(DnssecStatus::Active);
    first.client().dnssec().update(&zone, update).await.unwrap();

    let again = FakeCloudflare::kept_in(&file, &registry).unwrap();
    assert_eq!(again.zone_id("example.com"), Some(zone.clone()));
    assert_eq!(again.records(&zone), first.records(&zone));
    assert_eq!(again.dnssec_keys(&zone), first.dnssec_keys(&zone));
    assert_eq!(again.client().inventory().worker_routes(&zone).await.unwrap().len(), 1);
    assert_eq!(again.zone_id("example.net"), None);
}
