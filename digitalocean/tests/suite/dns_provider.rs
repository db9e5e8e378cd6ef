//! The conformance suite, and what it cannot know of DigitalOcean.

use howdah_core::{
    Outcome,
    dns::{DnsProvider, DnsProviderExt, Name, RecordData, RecordSet, RecordType, Scope, Ttl, Zone},
    testing::{
        Fault, Hosting,
        conformance::dns::{self, Subject},
    },
};
use howdah_digitalocean::{DigitalOceanDns, testing::FakeDigitalOcean};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn set(owner: &str, record_type: &RecordType, data: &[&str]) -> RecordSet {
    let data = data.iter().map(|data| RecordData::parse(record_type, data, &Name::root()).unwrap());
    RecordSet::new(name(owner), Ttl::Seconds(300), data).unwrap()
}

fn zone(sets: impl IntoIterator<Item = RecordSet>) -> Zone {
    Zone::try_from_sets(name("example.com"), sets).unwrap()
}

struct Plain(DigitalOceanDns);

impl Subject for Plain {
    fn provider(&self) -> &dyn DnsProvider {
        &self.0
    }
}

#[tokio::test(start_paused = true)]
async fn conforms() {
    dns::run_all(&Plain(DigitalOceanDns::new(FakeDigitalOcean::new().client()))).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn long_texts_and_the_apex_as_a_target_survive() {
    let fake = FakeDigitalOcean::new();
    let dns = DigitalOceanDns::from(fake.client());
    dns.create_zone(&name("example.com")).await.unwrap();
    let key = format!("\"v=DKIM1; p={}\" \"{}\"", "a".repeat(240), "b".repeat(180));
    let desired = zone([
        set("example.com", &RecordType::Mx, &["10 example.com"]),
        set("www.example.com", &RecordType::Cname, &["example.com"]),
        set("key._domainkey.example.com", &RecordType::Txt, &[&key]),
        set("example.com", &RecordType::Caa, &["0 issue \"letsencrypt.org\""]),
    ]);
    let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
    dns.apply(desired.name(), &plan, &expected).await.unwrap();
    assert_eq!(dns.snapshot(desired.name()).await.unwrap().zone, desired);
    assert_eq!(dns.client().domains().list().all().await.unwrap().len(), 1);

    // Its name servers answer the same.
    let server = fake.name_servers().remove(0);
    let hosted = fake.zone(&server, desired.name()).unwrap().zone;
    for set in desired.iter() {
        assert_eq!(hosted.get(set.name(), set.record_type()), Some(set));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_held_is_found_before() {
    let dns = DigitalOceanDns::new(FakeDigitalOcean::new().client());
    let desired = zone([
        set("a.example.com", &RecordType::Txt, &[r#""say \"hello\"""#]),
        set("b.example.com", &RecordType::Caa, &["0 issue \"ca.example; account=5\""]),
        set("c.example.com", &RecordType::Mx, &["0 ."]),
        set("d.example.com", &RecordType::Txt, &[&format!("\"{}\" \"{}\" \"x\"", "a".repeat(255), "b".repeat(250))]),
        set("e.example.com", &RecordType::Txt, &["\"plain\""]),
    ]);
    let findings = dns.audit(&desired);
    let mut names: Vec<_> = findings.iter().map(|finding| finding.name.to_fqdn_without_dot()).collect();
    names.sort();
    assert_eq!(names, ["a.example.com", "b.example.com", "c.example.com", "d.example.com"]);
    assert!(findings.iter().all(howdah_core::dns::Finding::is_blocking));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_told_and_a_second_run_ends_it() {
    let fake = FakeDigitalOcean::new();
    let dns = DigitalOceanDns::new(fake.client());
    let apex = name("example.com");
    dns.create_zone(&apex).await.unwrap();
    let desired = zone([set("www.example.com", &RecordType::A, &["192.0.2.1", "192.0.2.2"])]);
    let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
    // The first request reads the zone; the second one is a creation.
    fake.world().fail_nth(2, Fault::Lost { applied: true });
    let error = dns.apply(&apex, &plan, &expected).await.unwrap_err();
    assert_eq!(error.error.outcome(), Outcome::Unknown);
    let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
    dns.apply(&apex, &plan, &expected).await.unwrap();
    assert_eq!(dns.snapshot(&apex).await.unwrap().zone, desired);
}
