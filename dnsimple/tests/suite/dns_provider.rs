//! The conformance suite, and what it cannot know of DNSimple.

use std::time::Duration;

use howdah_core::{
    Outcome,
    dns::{
        DnsProvider, DnsProviderExt, DnssecSigner, Name, RecordData, RecordSet, RecordType, Scope, SigningStatus, Ttl,
        Zone,
    },
    testing::{
        Fault,
        conformance::dns::{self, Subject},
    },
};
use howdah_dnsimple::{
    DnSimpleDns,
    testing::{FakeDnSimple, Plan},
    zones::{NewRecord, Region},
};

fn without_batch() -> Plan {
    let mut plan = Plan::default();
    plan.batch = false;
    plan
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[allow(clippy::needless_pass_by_value)]
fn set(owner: &str, record_type: RecordType, data: &[&str]) -> RecordSet {
    let data = data.iter().map(|data| RecordData::parse(&record_type, data, &Name::root()).unwrap());
    RecordSet::new(name(owner), Ttl::Seconds(300), data).unwrap()
}

fn zone(sets: impl IntoIterator<Item = RecordSet>) -> Zone {
    Zone::try_from_sets(name("example.com"), sets).unwrap()
}

fn provider() -> (FakeDnSimple, DnSimpleDns) {
    let fake = FakeDnSimple::new();
    fake.create_zone("example.com");
    let dns = DnSimpleDns::new(fake.account());
    (fake, dns)
}

/// A provider that signs as well.
struct Signing(DnSimpleDns);

impl Subject for Signing {
    fn provider(&self) -> &dyn DnsProvider {
        &self.0
    }

    fn signer(&self) -> Option<&dyn DnssecSigner> {
        Some(&self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn conforms_with_batches() {
    dns::run_all(&Signing(DnSimpleDns::new(FakeDnSimple::new().account()))).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn conforms_without_batches() {
    let fake = FakeDnSimple::new();
    fake.set_plan(without_batch());
    dns::run_all(&Signing(DnSimpleDns::new(fake.account()))).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_a_signed_zone_are_told() {
    let (fake, dns) = provider();
    let apex = name("example.com");
    assert_eq!(dns.keys(&apex).await.unwrap(), []);
    dns.enable(&apex).await.unwrap();
    assert_eq!(dns.status(&apex).await.unwrap(), SigningStatus::Enabling);
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(dns.status(&apex).await.unwrap(), SigningStatus::Active);
    let keys = dns.keys(&apex).await.unwrap();
    let real = fake.dnssec_keys("example.com");
    assert_eq!((keys.len(), real.len()), (1, 1));
    assert!(keys[0].ds.iter().all(|ds| ds.covers(&real[0], &apex)));
    assert!(!keys[0].ds.is_empty());

    fake.world().fail_next(Fault::Lost { applied: true });
    dns.disable(&apex).await.unwrap();
    assert_eq!(dns.status(&apex).await.unwrap(), SigningStatus::Off);
    assert!(dns.status(&name("example.net")).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_is_the_providers_own_is_left_alone() {
    let (fake, dns) = provider();
    let zones = fake.account().zones();
    for record in [
        NewRecord::new("", "ALIAS", "lb.example.net"),
        NewRecord::new("pool", "POOL", "a.example.net"),
        NewRecord::new("go", "URL", "https://example.net/"),
        NewRecord::new("here", "A", "192.0.2.1").with_regions([Region::Ams]),
    ] {
        zones.create_record("example.com", record).await.unwrap();
    }
    let snapshot = dns.snapshot(&name("example.com")).await.unwrap();
    assert_eq!(
        snapshot.zone,
        zone([set("example.com", RecordType::Alias, &["lb.example.net."]).with_ttl(Ttl::Seconds(3600))])
    );
    let mut kept: Vec<_> = snapshot.left_alone.iter().map(|one| one.record_type.as_str()).collect();
    kept.sort_unstable();
    assert_eq!(kept, ["A", "NS", "NS", "NS", "NS", "POOL", "SOA", "TXT", "URL"]);

    let before = fake.records("example.com").len();
    let (plan, expected) = dns.plan_to(&zone([]), &Scope::WholeZone).await.unwrap();
    dns.apply(&name("example.com"), &plan, &expected).await.unwrap();
    assert_eq!(fake.records("example.com").len(), before - 2, "only the ALIAS and its TXT are gone");
}

#[tokio::test(start_paused = true)]
async fn a_set_is_changed_with_as_few_operations_as_there_can_be() {
    let (fake, dns) = provider();
    let apex = name("example.com");
    for (addresses, created, updated, deleted) in [
        (&["192.0.2.1", "192.0.2.2"][..], 2, 0, 0),
        (&["192.0.2.1", "192.0.2.3"], 0, 1, 0),
        (&["192.0.2.3"], 0, 0, 1),
        (&["192.0.2.4", "192.0.2.5"], 1, 1, 0),
    ] {
        let desired = zone([set("www.example.com", RecordType::A, addresses)]);
        let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
        dns.apply(&apex, &plan, &expected).await.unwrap();
        let last = fake.world().journal().pop().unwrap();
        let count = |what: &str| last.request[what].as_array().map_or(0, Vec::len);
        assert_eq!(
            (count("creates"), count("updates"), count("deletes")),
            (created, updated, deleted),
            "{addresses:?}"
        );
        assert_eq!(dns.snapshot(&apex).await.unwrap().zone, desired);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_batch_is_unknown_and_planning_again_tells() {
    for applied in [true, false] {
        let (fake, dns) = provider();
        let apex = name("example.com");
        let desired = zone([set("www.example.com", RecordType::A, &["192.0.2.1"])]);
        let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
        fake.world().fail_nth(2, Fault::Lost { applied });
        let failed = dns.apply(&apex, &plan, &expected).await.unwrap_err();
        assert_eq!((failed.unknown.len(), failed.error.outcome()), (1, Outcome::Unknown));
        let (again, _) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
        assert_eq!(again.is_empty(), applied);
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_set_is_not_called_refused() {
    let (fake, dns) = provider();
    fake.set_plan(without_batch());
    let desired = zone([set("www.example.com", RecordType::A, &["192.0.2.1", "192.0.2.2"])]);
    let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
    // List, batch (412), first create, second create.
    let refuse = howdah_core::testing::Answer::json(400, serde_json::json!({ "message": "Validation failed" }));
    fake.world().fail_nth(4, Fault::Answer { applied: false, answer: refuse });
    let failed = dns.apply(&name("example.com"), &plan, &expected).await.unwrap_err();
    assert_eq!((failed.failed.len(), failed.unknown.len()), (0, 1));
    assert!(!failed.zone_unchanged());
}

#[test]
fn a_text_is_measured_with_its_quotes() {
    let dns = DnSimpleDns::new(FakeDnSimple::new().account());
    let text = |length: usize| {
        zone([set("example.com", RecordType::Txt, &[&format!("\"{}\"", "x".repeat(200)).repeat(length / 200)])])
    };
    assert!(dns.audit(&text(800)).is_empty());
    assert_eq!(dns.audit(&text(1000)).len(), 1);
}
