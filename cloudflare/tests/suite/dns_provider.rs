//! The conformance suite, and what it cannot know of Cloudflare.

use async_trait::async_trait;
use howdah_cloudflare::{
    CloudflareDns,
    dns_records::{NewRecord, RecordSettings},
    testing::FakeCloudflare,
    zones::ZoneId,
};
use howdah_core::{
    Error, Outcome, Result,
    dns::{
        DnsProvider, DnsProviderExt, DnssecSigner, Name, RecordData, RecordSet, RecordType, Scope, Severity, Ttl, Zone,
    },
    testing::{
        Answer, Fault,
        conformance::dns::{self, Subject},
    },
};

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

fn provider() -> (FakeCloudflare, ZoneId, CloudflareDns) {
    let fake = FakeCloudflare::new();
    let zone = fake.create_zone("example.com");
    let dns = CloudflareDns::from(fake.client());
    (fake, zone, dns)
}

/// Zones come into being in the dashboard, and are signed as well.
struct Dashboard(FakeCloudflare, CloudflareDns);

#[async_trait]
impl Subject for Dashboard {
    fn provider(&self) -> &dyn DnsProvider {
        &self.1
    }

    fn signer(&self) -> Option<&dyn DnssecSigner> {
        Some(&self.1)
    }

    async fn empty_zone(&self, case: &str) -> Result<Name> {
        let zone = format!("{case}.example");
        self.0.create_zone(&zone);
        Name::parse(&zone).map_err(|error| Error::invalid(error.to_string()))
    }
}

#[tokio::test(start_paused = true)]
async fn conforms() {
    let fake = FakeCloudflare::new();
    let dns = CloudflareDns::new(fake.client());
    let report = dns::run_all(&Dashboard(fake, dns)).await;
    report.assert_passed();
    let ignored = report.ignored();
    let expected = |name: &&&str| {
        ["ALIAS below", "NS set of the apex", "DNAME", "DNSKEY", "HINFO", "SPF", "created twice", "text: "]
            .iter()
            .any(|part| name.contains(part))
    };
    let unexpected: Vec<_> = ignored.iter().filter(|name| !expected(name)).collect();
    assert_eq!(unexpected, [&""; 0], "ignored without being known here");
}

#[tokio::test(start_paused = true)]
async fn a_source_is_read_as_its_user_wrote_it() {
    let (fake, id, dns) = provider();
    let flattened = RecordSettings { flatten_cname: Some(true), ..RecordSettings::default() };
    for record in [
        NewRecord::new("CNAME", "@").with_content("lb.example.net").with_proxied(true),
        NewRecord::new("CNAME", "flat").with_content("lb.example.net").with_settings(flattened),
        NewRecord::new("CNAME", "plain").with_content("lb.example.net").with_ttl(600u32),
        NewRecord::new("A", "www").with_content("192.0.2.1").with_proxied(true),
        NewRecord::new("A", "www").with_content("192.0.2.2"),
        NewRecord::new("NS", "@").with_content("ns1.example.net"),
        NewRecord::new("DNSKEY", "@").with_content("257 3 13 AQID"),
        NewRecord::new("TYPE65280", "odd").with_content("\\# 1 00"),
    ] {
        fake.add_record(&id, record);
    }
    let snapshot = dns.snapshot(&name("example.com")).await.unwrap();
    let auto = |set: RecordSet| set.with_ttl(Ttl::Auto);
    let expected = zone([
        auto(set("example.com", RecordType::Alias, &["lb.example.net"])).with_proxied(true),
        auto(set("flat.example.com", RecordType::Alias, &["lb.example.net"])),
        set("plain.example.com", RecordType::Cname, &["lb.example.net"]).with_ttl(Ttl::Seconds(600)),
        auto(set("www.example.com", RecordType::A, &["192.0.2.1", "192.0.2.2"])).with_proxied(true),
        auto(set("odd.example.com", RecordType::Other("TYPE65280".to_owned()), &["\\# 1 00"])),
    ]);
    assert_eq!(snapshot.zone, expected);
    let mut alone: Vec<_> = snapshot.left_alone.iter().map(|one| one.record_type.as_str()).collect();
    alone.sort_unstable();
    assert_eq!(alone, ["DNSKEY", "NS"]);
    let zones = dns.zones().await.unwrap();
    assert_eq!((zones.len(), zones[0].active, zones[0].id.as_str()), (1, Some(false), id.get().as_str()));
}

#[tokio::test(start_paused = true)]
async fn ttls_are_lowered_without_touching_anything_else() {
    let (fake, id, dns) = provider();
    fake.add_record(&id, NewRecord::new("A", "www").with_content("192.0.2.1").with_ttl(3600u32).with_comment("kept"));
    fake.add_record(&id, NewRecord::new("A", "proxied").with_content("192.0.2.1").with_proxied(true));
    let apex = name("example.com");
    let mut desired = dns.snapshot(&apex).await.unwrap().zone;
    for set in desired.clone().iter() {
        desired.insert(set.clone().with_ttl(Ttl::Seconds(300))).unwrap();
    }
    let warned = dns.audit(&desired);
    assert_eq!((warned.len(), warned[0].severity), (1, Severity::Warning), "{warned:?}");
    let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
    assert_eq!(dns.apply(&apex, &plan, &expected).await.unwrap().applied, 1);
    let sent = fake.world().journal().pop().unwrap();
    assert_eq!((sent.method.as_str(), sent.request), ("PATCH", serde_json::json!({ "ttl": 300 })));
    let records = fake.records(&id);
    assert_eq!((records[0].ttl, records[0].comment.as_deref(), records[1].ttl), (Some(300), Some("kept"), Some(1)));
    assert!(dns.plan_to(&desired, &Scope::WholeZone).await.unwrap().0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn half_a_set_is_not_called_refused() {
    let (fake, _, dns) = provider();
    let desired = zone([set("www.example.com", RecordType::A, &["192.0.2.1", "192.0.2.2"])]);
    let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
    // Zone, records, first create, second create.
    let refuse = Answer::json(400, serde_json::json!({ "success": false, "errors": [] }));
    fake.world().fail_nth(4, Fault::Answer { applied: false, answer: refuse });
    let failed = dns.apply(&name("example.com"), &plan, &expected).await.unwrap_err();
    assert_eq!((failed.failed.len(), failed.unknown.len(), failed.zone_unchanged()), (0, 1, false));
    assert_eq!(failed.error.outcome(), Outcome::Unknown);
}

#[test]
fn the_audit_knows_what_cloudflare_cannot_hold() {
    let (_, _, dns) = provider();
    let blocked = |sets: Vec<RecordSet>| {
        let findings = dns.audit(&zone(sets));
        findings
            .iter()
            .filter(|finding| finding.is_blocking())
            .map(|finding| finding.reason.clone())
            .collect::<Vec<_>>()
    };
    let alias = || set("example.com", RecordType::Alias, &["lb.example.net"]);
    assert_eq!(blocked(vec![alias(), set("example.com", RecordType::Mx, &["10 mx.example.net"])]), [""; 0]);
    assert_eq!(blocked(vec![alias(), set("example.com", RecordType::A, &["192.0.2.1"])]).len(), 1);
    assert_eq!(blocked(vec![set("x.example.com", RecordType::Txt, &["x"]).with_proxied(true)]).len(), 1);
    let quotes = format!("\"{}\"", "\\\"".repeat(200)).repeat(6);
    assert_eq!(blocked(vec![set("x.example.com", RecordType::Txt, &[&quotes])]).len(), 1, "longer by its escapes");
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_deleted_and_once_more_is_no_error() {
    let (fake, _, dns) = provider();
    dns.delete_zone(&name("example.com")).await.unwrap();
    assert_eq!(fake.zone_id("example.com"), None);
    dns.delete_zone(&name("example.com")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn texts_may_stand_beside_a_proxied_cname_alone() {
    let (_, _, dns) = provider();
    let cname = || set("media.example.com", RecordType::Cname, &["cdn.example.net."]);
    let text = || set("media.example.com", RecordType::Txt, &["\"verified\""]);
    assert!(dns.audit(&zone([cname().with_ttl(Ttl::Auto).with_proxied(true), text().with_ttl(Ttl::Auto)])).is_empty());
    assert_eq!(dns.audit(&zone([cname(), text()])).len(), 1);
    let address = set("media.example.com", RecordType::A, &["192.0.2.1"]);
    assert!(!dns.audit(&zone([cname().with_proxied(true), address])).is_empty());
}
