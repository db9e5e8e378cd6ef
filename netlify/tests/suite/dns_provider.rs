//! The conformance suite, and what it cannot know of Netlify.

use howdah_core::{
    Outcome,
    dns::{DnsProvider, DnsProviderExt, Name, RecordData, RecordSet, RecordType, Scope, Ttl, Zone},
    testing::{
        Fault, Hosting,
        conformance::dns::{self, Subject},
    },
};
use howdah_netlify::{NetlifyDns, accounts::AccountId, sites::SiteSettings, testing::FakeNetlify};

use crate::site;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn set(owner: &str, record_type: &RecordType, ttl: u32, data: &[&str]) -> RecordSet {
    let data = data.iter().map(|data| RecordData::parse(record_type, data, &Name::root()).unwrap());
    RecordSet::new(name(owner), Ttl::Seconds(ttl), data).unwrap()
}

fn zone(sets: impl IntoIterator<Item = RecordSet>) -> Zone {
    Zone::try_from_sets(name("example.com"), sets).unwrap()
}

fn provider(fake: &FakeNetlify) -> NetlifyDns {
    NetlifyDns::new(fake.client(), AccountId::from("vmst"))
}

async fn applied(dns: &NetlifyDns, desired: &Zone) {
    let (plan, expected) = dns.plan_to(desired, &Scope::WholeZone).await.unwrap();
    dns.apply(desired.name(), &plan, &expected).await.unwrap();
    assert_eq!(dns.snapshot(desired.name()).await.unwrap().zone, *desired);
}

struct Plain(NetlifyDns);

impl Subject for Plain {
    fn provider(&self) -> &dyn DnsProvider {
        &self.0
    }
}

#[tokio::test(start_paused = true)]
async fn conforms() {
    dns::run_all(&Plain(provider(&FakeNetlify::new()))).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn a_set_of_several_is_never_empty_while_it_changes() {
    let fake = FakeNetlify::new();
    let dns = provider(&fake);
    dns.create_zone(&name("example.com")).await.unwrap();
    applied(&dns, &zone([set("www.example.com", &RecordType::A, 300, &["192.0.2.1", "192.0.2.2"])])).await;
    let begun = fake.world().journal().len();
    applied(&dns, &zone([set("www.example.com", &RecordType::A, 300, &["192.0.2.3", "192.0.2.4"])])).await;
    let (mut there, mut least) = (2_i32, 2);
    for exchange in &fake.world().journal()[begun..] {
        match exchange.method.as_str() {
            "POST" => there += 1,
            "DELETE" => there -= 1,
            _ => {}
        }
        least = least.min(there);
    }
    assert_eq!((there, least), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn ttls_change_although_a_record_cannot() {
    let fake = FakeNetlify::new();
    let dns = provider(&fake);
    dns.create_zone(&name("example.com")).await.unwrap();
    for ttl in [300, 3600] {
        let desired = zone([
            set("www.example.com", &RecordType::A, ttl, &["192.0.2.1", "192.0.2.2"]),
            set("docs.example.com", &RecordType::Cname, ttl, &["docs.netlify.app"]),
            set("example.com", &RecordType::Mx, ttl, &["10 mx.example.net"]),
            set("_sip._tcp.example.com", &RecordType::Srv, ttl, &["1 2 5060 sip.example.net"]),
            set("example.com", &RecordType::Caa, ttl, &["0 issue \"letsencrypt.org\""]),
        ]);
        applied(&dns, &desired).await;
        let server = fake.name_servers().remove(0);
        let hosted = fake.zone(&server, desired.name()).unwrap().zone;
        for set in desired.iter() {
            assert_eq!(hosted.get(set.name(), set.record_type()), Some(set));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_service_looks_after_is_left_alone() {
    let fake = FakeNetlify::new();
    let netlify = fake.client();
    let id = site(&netlify, "docs").await.id;
    netlify.sites().update(&id, SiteSettings::new().with_custom_domain("example.com")).await.unwrap();
    netlify.dns_zones().configure_for_site(&id).await.unwrap();
    let dns = provider(&fake);
    let snapshot = dns.snapshot(&name("example.com")).await.unwrap();
    assert_eq!((snapshot.zone.iter().count(), snapshot.left_alone.len()), (0, 2));
    assert!(snapshot.left_alone[0].reason.contains("Netlify looks after it"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_told_and_a_second_run_ends_it() {
    let fake = FakeNetlify::new();
    let dns = provider(&fake);
    let apex = name("example.com");
    dns.create_zone(&apex).await.unwrap();
    let desired = zone([set("www.example.com", &RecordType::A, 300, &["192.0.2.1", "192.0.2.2"])]);
    let (plan, expected) = dns.plan_to(&desired, &Scope::WholeZone).await.unwrap();
    // Two requests read the zone; the third one is a creation.
    fake.world().fail_nth(3, Fault::Lost { applied: true });
    let error = dns.apply(&apex, &plan, &expected).await.unwrap_err();
    assert_eq!(error.error.outcome(), Outcome::Unknown);
    applied(&dns, &desired).await;
}
