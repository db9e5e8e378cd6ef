//! DNSSEC against the fake and the registry.

use std::time::Duration;

use howdah_cloudflare::{
    CloudflareDns,
    dnssec::{Dnssec, DnssecStatus, DnssecUpdate},
    testing::FakeCloudflare,
    zones::ZoneId,
};
use howdah_core::{
    ErrorKind, Outcome,
    dns::{DnssecSigner, Name, SigningStatus},
    testing::{Answer, Fault, Registry},
};
use jiff::SignedDuration;
use serde_json::json;

const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
const HOUR: Duration = Duration::from_secs(3600);

fn with_zone() -> (FakeCloudflare, Name, ZoneId, Dnssec) {
    let fake = FakeCloudflare::new();
    let zone = fake.create_zone("example.com");
    let dnssec = fake.client().dnssec();
    (fake, Name::parse("example.com").unwrap(), zone, dnssec)
}

fn to(status: DnssecStatus) -> DnssecUpdate {
    DnssecUpdate::new().with_status(status)
}

fn published(registry: &Registry, domain: &Name) -> usize {
    registry.published(domain, 0).unwrap().ds.len()
}

#[tokio::test(start_paused = true)]
async fn with_a_registrar_elsewhere_the_ds_is_its_affair() {
    let (fake, domain, zone, dnssec) = with_zone();
    let registry = fake.registry();
    registry.register(&domain, "elsewhere", &fake.name_servers(), YEAR);
    let off = dnssec.get(&zone).await.unwrap();
    assert_eq!((off.status.clone(), off.ds(), off.dnskey()), (Some(DnssecStatus::Disabled), None, None));

    let on = dnssec.update(&zone, to(DnssecStatus::Active)).await.unwrap();
    assert_eq!((on.status.clone(), published(registry, &domain)), (Some(DnssecStatus::Pending), 0));
    let (key, ds) = (on.dnskey().unwrap(), on.ds().unwrap());
    assert!(ds.covers(&key, &domain) && fake.dnssec_keys(&zone).contains(&key));
    assert_eq!(on.ds, Some(format!("example.com. 3600 IN DS {ds}")));

    registry.delegate(&domain, "elsewhere", |delegated| delegated.ds.push(ds)).unwrap();
    assert_eq!(dnssec.get(&zone).await.unwrap().status, Some(DnssecStatus::Active));

    // Nobody looks at the parent: this breaks the domain.
    let off = dnssec.update(&zone, to(DnssecStatus::Disabled)).await.unwrap();
    assert_eq!((off.status, published(registry, &domain)), (Some(DnssecStatus::Disabled), 1));
    assert_eq!(fake.dnssec_keys(&zone), []);
    let again = dnssec.update(&zone, to(DnssecStatus::Active)).await.unwrap();
    assert_eq!(again.dnskey(), Some(key), "the same keys come back");
    dnssec.delete(&zone).await.unwrap();
    assert_eq!(dnssec.get(&zone).await.unwrap().status, Some(DnssecStatus::Disabled));
}

#[tokio::test(start_paused = true)]
async fn with_cloudflare_as_registrar_the_ds_comes_and_goes() {
    let (fake, domain, zone, dnssec) = with_zone();
    let registry = fake.registry();
    fake.register(&domain, YEAR);
    registry.publish_after([SignedDuration::from_mins(30)]);
    tokio::time::sleep(HOUR).await;
    let on = dnssec.update(&zone, to(DnssecStatus::Active)).await.unwrap();
    assert_eq!((on.status, published(registry, &domain)), (Some(DnssecStatus::Pending), 0));
    tokio::time::sleep(HOUR).await;
    assert_eq!(dnssec.get(&zone).await.unwrap().status, Some(DnssecStatus::Active));
    assert_eq!(published(registry, &domain), 1);

    let off = dnssec.update(&zone, to(DnssecStatus::Disabled)).await.unwrap();
    assert_eq!((off.status, published(registry, &domain)), (Some(DnssecStatus::PendingDisabled), 1));
    tokio::time::sleep(HOUR).await;
    assert_eq!(published(registry, &domain), 0);
    assert_eq!(dnssec.get(&zone).await.unwrap().status, Some(DnssecStatus::PendingDisabled));
    assert_eq!(fake.dnssec_keys(&zone).len(), 2, "a DS that was cached still finds its key");
    tokio::time::sleep(24 * HOUR).await;
    assert_eq!(dnssec.get(&zone).await.unwrap().status, Some(DnssecStatus::Disabled));
    assert_eq!(fake.dnssec_keys(&zone), []);
}

#[tokio::test(start_paused = true)]
async fn a_signer_tells_its_states_and_keys() {
    let (fake, domain, zone, dnssec) = with_zone();
    fake.register(&domain, YEAR);
    let dns = CloudflareDns::new(fake.client());
    assert_eq!((dns.status(&domain).await.unwrap(), dns.keys(&domain).await.unwrap()), (SigningStatus::Off, vec![]));
    // What may be repeated is: the answer is lost once.
    fake.world().fail_nth(3, Fault::Lost { applied: true });
    dns.enable(&domain).await.unwrap();
    assert_eq!(dns.status(&domain).await.unwrap(), SigningStatus::Active);
    let keys = dns.keys(&domain).await.unwrap();
    assert_eq!(keys[0].dnskey.as_ref(), fake.dnssec_keys(&zone).first());
    assert!(keys[0].ds[0].covers(keys[0].dnskey.as_ref().unwrap(), &domain));
    dns.disable(&domain).await.unwrap();
    assert_eq!(dns.status(&domain).await.unwrap(), SigningStatus::Disabling);
    assert_eq!(dns.keys(&domain).await.unwrap().len(), 1);

    let state = json!({ "success": true, "errors": [], "messages": [], "result": { "status": "error" } });
    fake.world().fail_nth(2, Fault::Answer { applied: false, answer: Answer::json(200, state) });
    let error = dns.status(&domain).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Precondition, Outcome::Refused));

    let nowhere = ZoneId::new("nowhere".to_owned());
    assert!(dnssec.get(&nowhere).await.unwrap_err().is_not_found());
    assert!(dnssec.update(&nowhere, to(DnssecStatus::Active)).await.unwrap_err().is_not_found());
    assert!(dnssec.delete(&nowhere).await.unwrap_err().is_not_found());
}
