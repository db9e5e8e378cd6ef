//! The conformance suite, and what it cannot know of LiveDNS.

use howdah_core::{
    ErrorKind, Outcome,
    dns::{
        AliasScope, DnsProvider, DnsProviderExt, DnssecSigner, Name, Plan, RecordData, RecordSet, RecordType, Scope,
        SigningStatus, Ttl, Zone,
    },
    testing::{
        Answer, Fault, Hosting,
        conformance::dns::{self, Subject},
    },
};
use howdah_gandi::{
    GandiDns,
    livedns::{NewDomain, NewRrset, RecordFilter, SnapshotFilter},
    testing::FakeGandi,
};
use serde_json::json;

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

fn provider() -> (FakeGandi, GandiDns) {
    let fake = FakeGandi::new();
    fake.create_zone("example.com");
    let dns = GandiDns::new(fake.client());
    (fake, dns)
}

/// What is asked of the fake from now on, by method and path.
fn asked_since(fake: &FakeGandi, earlier: usize) -> Vec<String> {
    fake.world().journal().iter().skip(earlier).map(|one| format!("{} {}", one.method, one.path)).collect()
}

async fn reach(dns: &GandiDns, desired: &Zone) -> Result<(), howdah_core::dns::ApplyError> {
    let (plan, expected) = dns.plan_to(desired, &Scope::WholeZone).await.unwrap();
    dns.apply(desired.name(), &plan, &expected).await.map(drop)
}

/// A provider that signs as well.
struct Signing(GandiDns);

impl Subject for Signing {
    fn provider(&self) -> &dyn DnsProvider {
        &self.0
    }

    fn signer(&self) -> Option<&dyn DnssecSigner> {
        Some(&self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn conforms() {
    dns::run_all(&Signing(GandiDns::new(FakeGandi::new().client()))).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn every_type_that_is_declared_is_one_of_livedns() {
    let dns = GandiDns::new(FakeGandi::new().client());
    let mut theirs = dns.gandi().livedns().record_types().await.unwrap();
    theirs.retain(|one| !matches!(one, RecordType::Soa | RecordType::Alias));
    theirs.sort();
    assert_eq!(dns.capabilities().record_types.iter().cloned().collect::<Vec<_>>(), theirs);
    assert_eq!(dns.capabilities().alias, AliasScope::Apex);
}

/// Those that the suite has no samples of.
#[tokio::test(start_paused = true)]
async fn rare_types_come_back_as_they_were() {
    let (_, dns) = provider();
    let digest = "be74359954660069d5c63d200c39f5603827d7dd02b56f120ee9f3a86764247c";
    let key = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==";
    let desired = [
        ("CDS", format!("370 13 2 {digest}")),
        ("KEY", format!("512 3 13 {key}")),
        ("OPENPGPKEY", key.to_owned()),
        ("RP", "ada.example.net. text.example.net.".to_owned()),
        ("WKS", "192.0.2.1 6 smtp".to_owned()),
    ];
    let desired =
        zone(desired.map(|(record_type, data)| {
            set(&format!("{record_type}.example.com"), record_type.parse().unwrap(), &[&data])
        }));
    reach(&dns, &desired).await.unwrap();
    assert_eq!(dns.snapshot(&name("example.com")).await.unwrap().zone, desired);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_taken_before_each_change_and_restores_it() {
    let (fake, dns) = provider();
    let before = zone([set("www.example.com", RecordType::A, &["192.0.2.1"])]);
    reach(&dns, &before).await.unwrap();
    reach(&dns, &zone([set("mail.example.com", RecordType::A, &["192.0.2.2"])])).await.unwrap();

    let livedns = fake.client().livedns();
    let snapshots = livedns.snapshots("example.com", SnapshotFilter::new()).all().await.unwrap();
    let names: Vec<_> = snapshots.iter().map(|one| one.name.clone().unwrap()).collect();
    assert_eq!(names.len(), 2);
    assert!(names[0].starts_with(GandiDns::SNAPSHOT) && names[0].ends_with(", before 1 change"), "{names:?}");
    assert!(names[1].ends_with(", before 2 changes"), "{names:?}");

    let kept = livedns.snapshot("example.com", &snapshots[1].id).await.unwrap().zone_data.unwrap();
    livedns.replace_rrsets("example.com", kept.into_iter().map(NewRrset::from)).await.unwrap();
    assert_eq!(dns.snapshot(&name("example.com")).await.unwrap().zone, before);

    let dns = dns.without_snapshots();
    reach(&dns, &zone([])).await.unwrap();
    assert_eq!(livedns.snapshots("example.com", SnapshotFilter::new()).all().await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_snapshot_nothing_is_changed() {
    let (fake, dns) = provider();
    let desired = zone([set("www.example.com", RecordType::A, &["192.0.2.1"])]);
    let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
    let refuse = Answer::json(403, json!({ "code": 403, "message": "no more snapshots" }));
    fake.world().fail_nth(2, Fault::Answer { applied: false, answer: refuse });
    let failed = dns.apply(&name("example.com"), &plan, &expected).await.unwrap_err();
    assert!(failed.zone_unchanged());
    assert_eq!((failed.error.kind(), failed.error.outcome()), (ErrorKind::Forbidden, Outcome::NotSent));
    assert!(failed.error.to_string().contains("nothing was changed, since no snapshot"), "{failed}");
    assert!(dns.snapshot(&name("example.com")).await.unwrap().zone.is_empty());

    // Whether a snapshot whose answer was lost was taken, its name tells.
    for applied in [true, false] {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        fake.world().fail_nth(2, Fault::Lost { applied });
        let done = dns.apply(&name("example.com"), &plan, &expected).await;
        assert_eq!(done.is_ok(), applied, "{done:?}");
        reach(&dns.clone().without_snapshots(), &zone([])).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn one_set_is_changed_alone_and_several_with_the_whole_zone() {
    let (fake, dns) = provider();
    let dns = dns.without_snapshots();
    let livedns = fake.client().livedns();
    let at = "/v5/livedns/domains/example.com/records";
    livedns.create_rrset("example.com", NewRrset::new("WWW", RecordType::A, "192.0.2.1")).await.unwrap();
    for (desired, change) in [
        (vec![set("www.example.com", RecordType::A, &["192.0.2.9"])], format!("PUT {at}/WWW/A")),
        (vec![], format!("DELETE {at}/WWW/A")),
        (vec![set("example.com", RecordType::A, &["192.0.2.9"])], format!("PUT {at}/%40/A")),
        (vec![set("*.example.com", RecordType::A, &["192.0.2.9"])], format!("PUT {at}")),
    ] {
        let earlier = fake.world().journal().len();
        reach(&dns, &zone(desired.clone())).await.unwrap();
        let asked = asked_since(&fake, earlier);
        assert_eq!(asked, [format!("GET {at}"), format!("GET {at}"), change]);
        assert_eq!(dns.snapshot(&name("example.com")).await.unwrap().zone, zone(desired));
    }
}

#[tokio::test(start_paused = true)]
async fn targets_are_absolute_on_the_name_servers() {
    let (fake, dns) = provider();
    let desired = zone([
        set("example.com", RecordType::Mx, &["10 mx.example.net."]),
        set("www.example.com", RecordType::Cname, &["host.example.net."]),
    ]);
    reach(&dns, &desired).await.unwrap();
    let (apex, server) = (name("example.com"), dns.name_servers(&name("example.com")).await.unwrap().remove(0));
    let hosted = Hosting::zone(&fake, &server, &apex).unwrap();
    let mut users = hosted.zone;
    let authority = users.split_off_authority();
    assert_eq!((users, authority.len(), hosted.keys.len()), (desired, 2, 0));

    // Without its dot it is relative, which is what a direct call can still do.
    let relative = NewRrset::new("mail", RecordType::Cname, "mx.example.com");
    fake.client().livedns().create_rrset("example.com", relative).await.unwrap();
    let hosted = Hosting::zone(&fake, &server, &apex).unwrap();
    let mail = hosted.zone.get(&name("mail.example.com"), &RecordType::Cname).unwrap().to_string();
    assert_eq!(mail, "mail.example.com. 10800 IN CNAME mx.example.com.example.com.");

    assert_eq!(fake.zones(&server), std::slice::from_ref(&apex));
    assert!(Hosting::name_servers(&fake).contains(&server));
    assert!(fake.zones(&name("ns1.example.net")).is_empty());
    assert!(Hosting::zone(&fake, &name("ns1.example.net"), &apex).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_understood_is_left_alone_and_written_back() {
    let (fake, dns) = provider();
    let dns = dns.without_snapshots();
    let records = json!([
        { "rrset_name": "@", "rrset_type": "SOA", "rrset_values": ["a. b. 1 2 3 4 5"], "rrset_ttl": 10800 },
        { "rrset_name": "@", "rrset_type": "NS", "rrset_values": ["ns-1-a.gandi.net."], "rrset_ttl": 10800 },
        { "rrset_name": "odd", "rrset_type": "MX", "rrset_values": ["ten mx"], "rrset_ttl": 600 },
        { "rrset_name": "short", "rrset_type": "CNAME", "rrset_values": ["www"], "rrset_ttl": 600 },
        { "rrset_name": "www", "rrset_type": "A", "rrset_values": ["192.0.2.1"], "rrset_ttl": 300 },
    ]);
    let listed = || Fault::Answer { applied: false, answer: Answer::json(200, &records) };
    fake.world().fail_next(listed());
    let before = dns.snapshot(&name("example.com")).await.unwrap();
    let mut kept: Vec<_> = before.left_alone.iter().map(|one| one.record_type.as_str()).collect();
    kept.sort_unstable();
    assert_eq!((kept, before.zone.len()), (vec!["MX", "NS", "SOA"], 2));

    let mut desired = before.zone.clone();
    desired.insert(set("a.example.com", RecordType::A, &["192.0.2.1"])).unwrap();
    desired.insert(set("www.example.com", RecordType::A, &["192.0.2.2"])).unwrap();
    let plan = Plan::between(&before.zone, &desired, &Scope::WholeZone);
    fake.world().fail_next(listed());
    let failed = dns.apply(&name("example.com"), &plan, &before).await.unwrap_err();
    assert!(failed.error.is_invalid(), "the fake takes no such MX: {failed}");
    let sent = fake.world().journal().pop().unwrap().request;
    let names: Vec<_> =
        sent["items"].as_array().unwrap().iter().map(|item| item["rrset_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["odd", "short", "a", "www"], "all but what LiveDNS writes itself");
    assert_eq!(
        sent["items"][0],
        json!({
            "rrset_name": "odd", "rrset_type": "MX", "rrset_values": ["ten mx"], "rrset_ttl": 600,
        })
    );
    assert_eq!(sent["items"][1]["rrset_values"], json!(["www"]), "what does not change goes back letter by letter");

    let over = zone([set("odd.example.com", RecordType::Mx, &["10 mx.example.net."])]);
    let plan = Plan::between(&zone([]), &over, &Scope::WholeZone);
    fake.world().fail_next(listed());
    let failed = dns.apply(&name("example.com"), &plan, &before).await.unwrap_err();
    assert_eq!((failed.error.kind(), failed.zone_unchanged()), (ErrorKind::Precondition, true));
    assert!(failed.error.message().contains("odd MX"), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_change_is_unknown_until_one_looks() {
    for applied in [true, false] {
        let fake = FakeGandi::new();
        fake.create_zone("example.com");
        let once = howdah_core::http::RetryPolicy::never();
        let dns = GandiDns::from(howdah_gandi::Gandi::from(fake.builder().retry(once).build().unwrap()));
        let desired = zone([set("www.example.com", RecordType::A, &["192.0.2.1"])]);
        let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
        fake.world().fail_nth(3, Fault::Lost { applied });
        let failed = dns.apply(&name("example.com"), &plan, &expected).await.unwrap_err();
        assert_eq!((failed.unknown.len(), failed.error.outcome()), (1, Outcome::Unknown));
        let (again, _) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
        assert_eq!(again.is_empty(), applied);
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_zone_has_none_of_the_default_records() {
    let fake = FakeGandi::new();
    let dns = GandiDns::new(fake.client());
    // The answer to the creation is lost.
    fake.world().fail_nth(2, Fault::Lost { applied: true });
    let info = dns.create_zone(&name("example.com")).await.unwrap();
    assert_eq!((info.name, info.id.as_str()), (name("example.com"), "example.com"));
    assert!(dns.snapshot(&name("example.com")).await.unwrap().zone.is_empty());

    fake.client().livedns().create(NewDomain::new("example.net")).await.unwrap();
    assert!(!dns.snapshot(&name("example.net")).await.unwrap().zone.is_empty());
    dns.create_zone(&name("example.net")).await.unwrap();
    assert!(!dns.snapshot(&name("example.net")).await.unwrap().zone.is_empty(), "what is there stays");

    fake.world().fail_nth(2, Fault::Lost { applied: false });
    let lost = dns.create_zone(&name("example.org")).await.unwrap_err();
    assert_eq!(lost.outcome(), Outcome::Unknown);
}

#[tokio::test(start_paused = true)]
async fn an_alias_and_keys_exclude_each_other() {
    let (fake, dns) = provider();
    let apex = name("example.com");
    let alias = zone([set("example.com", RecordType::Alias, &["host.example.net."])]);
    reach(&dns, &alias).await.unwrap();
    let refused = dns.enable(&apex).await.unwrap_err();
    assert_eq!((refused.kind(), refused.outcome()), (ErrorKind::Precondition, Outcome::NotSent));
    assert!(refused.message().contains("host.example.net."), "{refused}");
    assert_eq!(dns.status(&apex).await.unwrap(), SigningStatus::Off);

    reach(&dns, &zone([])).await.unwrap();
    dns.enable(&apex).await.unwrap();
    let earlier = fake.world().journal().len();
    let refused = reach(&dns, &alias).await.unwrap_err();
    assert_eq!((refused.error.kind(), refused.zone_unchanged()), (ErrorKind::Precondition, true));
    assert!(asked_since(&fake, earlier).iter().all(|one| one.starts_with("GET")), "nothing was changed");
    dns.disable(&apex).await.unwrap();
    reach(&dns, &alias).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_keys_told_are_those_that_the_name_servers_sign_with() {
    let (fake, dns) = provider();
    let apex = name("example.com");
    let server = dns.name_servers(&apex).await.unwrap().remove(2);
    let in_use = || Hosting::zone(&fake, &server, &apex).unwrap().keys;
    assert_eq!(dns.keys(&apex).await.unwrap(), []);

    // Keys, ALIAS, then the creation, whose answer is lost.
    fake.world().fail_nth(3, Fault::Lost { applied: true });
    dns.enable(&apex).await.unwrap();
    assert_eq!(dns.status(&apex).await.unwrap(), SigningStatus::Active);
    let keys = dns.keys(&apex).await.unwrap();
    assert_eq!((keys.len(), in_use().len()), (1, 1), "no second key");
    assert_eq!(keys[0].dnskey, Some(in_use()[0].dnskey()));
    assert!(keys[0].ds.len() == 1 && keys[0].ds[0].covers(&in_use()[0].dnskey(), &apex));

    fake.world().fail_nth(2, Fault::Lost { applied: true });
    dns.disable(&apex).await.unwrap();
    assert_eq!((dns.status(&apex).await.unwrap(), in_use().len()), (SigningStatus::Off, 0));

    fake.world().fail_nth(3, Fault::Lost { applied: false });
    assert_eq!(dns.enable(&apex).await.unwrap_err().outcome(), Outcome::Unknown);
    // A key for the zone alone is no beginning of trust, but the zone is signed with it.
    fake.client().livedns().create_key("example.com", howdah_gandi::livedns::NewKey::new(256u16)).await.unwrap();
    assert_eq!((dns.status(&apex).await.unwrap(), dns.keys(&apex).await.unwrap().len()), (SigningStatus::Active, 0));
    dns.enable(&apex).await.unwrap();
    assert_eq!(dns.keys(&apex).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn labels_that_differ_in_case_only_are_one_name() {
    let (fake, dns) = provider();
    let records = json!([
        { "rrset_name": "WWW", "rrset_type": "A", "rrset_values": ["192.0.2.1"], "rrset_ttl": 300 },
        { "rrset_name": "www", "rrset_type": "A", "rrset_values": ["192.0.2.2"], "rrset_ttl": 300 },
    ]);
    let listed = || Fault::Answer { applied: false, answer: Answer::json(200, &records) };
    fake.world().fail_next(listed());
    let before = dns.snapshot(&name("example.com")).await.unwrap();
    let both = zone([set("www.example.com", RecordType::A, &["192.0.2.1", "192.0.2.2"])]);
    assert_eq!(before.zone, both);

    // To change one of them would leave the other.
    let desired = zone([set("www.example.com", RecordType::A, &["192.0.2.3"])]);
    let plan = Plan::between(&both, &desired, &Scope::WholeZone);
    fake.world().fail_next(listed());
    dns.without_snapshots().apply(&name("example.com"), &plan, &before).await.unwrap();
    let there = fake.client().livedns().rrsets("example.com", RecordFilter::new()).all().await.unwrap();
    assert_eq!((there.len(), &there[0].values.0[..]), (1, &["192.0.2.3".to_owned()][..]));
    assert_eq!(fake.world().journal().iter().filter(|one| one.path.ends_with("/records")).count(), 2);
}

#[test]
fn a_text_is_measured_with_its_quotes() {
    let dns = GandiDns::new(FakeGandi::new().client());
    let text = |octets: &str, length: usize| {
        let text = RecordData::Txt(howdah_core::dns::Txt::from_bytes(octets.repeat(length)));
        zone([RecordSet::new(name("example.com"), Ttl::Seconds(300), [text]).unwrap()])
    };
    assert!(dns.audit(&text("x", 16_193)).is_empty());
    assert_eq!(dns.audit(&text("x", 16_194)).len(), 1);
    assert_eq!(dns.audit(&text("\"", 10_000)).len(), 1, "each quote takes two characters");
    assert!(dns.audit(&text("\"", 8_000)).is_empty());
}
