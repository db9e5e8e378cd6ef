//! What the fake's name servers answer.

use std::time::Duration;

use howdah_cloudflare::{
    addresses::is_cloudflare_address,
    dns_records::{NewRecord, RecordSettings},
    dnssec::{DnssecStatus, DnssecUpdate},
    testing::FakeCloudflare,
    zones::ZoneId,
};
use howdah_core::{
    dns::{Name, RecordData, RecordType, Ttl},
    testing::Hosting,
};
use jiff::SignedDuration;

fn served() -> (FakeCloudflare, Name, ZoneId) {
    let fake = FakeCloudflare::new();
    let domain = Name::parse("example.com").unwrap();
    fake.registry().register(&domain, "elsewhere", &fake.name_servers(), SignedDuration::from_hours(24 * 400));
    let zone = fake.create_zone("example.com");
    (fake, domain, zone)
}

#[test]
fn proxied_names_are_answered_with_proxies() {
    let (fake, domain, zone) = served();
    let flattened = RecordSettings { flatten_cname: Some(true), ..RecordSettings::default() };
    for record in [
        NewRecord::new("CNAME", "@").with_content("lb.example.net"),
        NewRecord::new("A", "www").with_content("192.0.2.1").with_proxied(true),
        NewRecord::new("A", "www").with_content("192.0.2.2"),
        NewRecord::new("CNAME", "shop").with_content("www.example.com").with_proxied(true),
        NewRecord::new("TXT", "shop").with_content("\"beside a proxied CNAME\""),
        NewRecord::new("CNAME", "flat").with_content("lb.example.net").with_settings(flattened),
        NewRecord::new("CNAME", "plain").with_content("lb.example.net").with_ttl(600u32),
        NewRecord::new("A", "plain-a").with_content("192.0.2.3"),
    ] {
        fake.add_record(&zone, record);
    }
    let server = &fake.name_servers()[0];
    assert_eq!(Hosting::name_servers(&fake).len(), 2);
    assert_eq!(Hosting::zones(&fake, server), std::slice::from_ref(&domain));
    let hosted = Hosting::zone(&fake, server, &domain).unwrap();
    assert_eq!(hosted.keys, []);
    let get = |name: &str, record_type| hosted.zone.get(&Name::parse(name).unwrap(), &record_type);
    for (name, six) in [("www.example.com", true), ("shop.example.com", true), ("plain-a.example.com", false)] {
        let set = get(name, RecordType::A).unwrap();
        assert_eq!(set.ttl(), Ttl::Seconds(300), "{set}");
        let proxied =
            set.data().iter().all(|data| matches!(data, RecordData::A(one) if is_cloudflare_address((*one).into())));
        assert_eq!((proxied, get(name, RecordType::Aaaa).is_some()), (six, six), "{set}");
    }
    assert!(get("shop.example.com", RecordType::Cname).is_none() && get("shop.example.com", RecordType::Txt).is_some());
    assert!(get("example.com", RecordType::Alias).is_some() && get("flat.example.com", RecordType::Alias).is_some());
    assert_eq!(get("plain.example.com", RecordType::Cname).unwrap().ttl(), Ttl::Seconds(600));
    assert_eq!(get("example.com", RecordType::Ns).unwrap().data().len(), 2);
    let serial = |zone: &howdah_core::dns::Zone| match zone.get(&domain, &RecordType::Soa).unwrap().data().first() {
        Some(RecordData::Soa(soa)) => soa.serial,
        other => panic!("{other:?}"),
    };
    let before = serial(&hosted.zone);
    fake.add_record(&zone, NewRecord::new("A", "new").with_content("192.0.2.4"));
    assert!(serial(&Hosting::zone(&fake, server, &domain).unwrap().zone) > before);

    let stranger = Name::parse("ns1.example.net").unwrap();
    assert!(Hosting::zone(&fake, &stranger, &domain).is_none() && Hosting::zones(&fake, &stranger).is_empty());
    assert!(Hosting::zone(&fake, server, &stranger).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_signed_zone_has_keys_and_a_zone_that_moved_is_answered_for_a_while() {
    let (fake, domain, zone) = served();
    let server = fake.name_servers()[1].clone();
    let hosted = || Hosting::zone(&fake, &server, &domain);
    let update = DnssecUpdate::new().with_status(DnssecStatus::Active);
    fake.client().dnssec().update(&zone, update).await.unwrap();
    let flags: Vec<_> = hosted().unwrap().keys.iter().map(|key| key.flags).collect();
    assert_eq!(flags, [257, 256]);

    let elsewhere = vec![Name::parse("ns1.example.net").unwrap()];
    fake.registry().delegate(&domain, "elsewhere", |delegated| delegated.name_servers = elsewhere).unwrap();
    assert!(hosted().is_some());
    tokio::time::sleep(Duration::from_secs(6 * 24 * 3600)).await;
    assert!(hosted().is_some());
    tokio::time::sleep(Duration::from_secs(2 * 24 * 3600)).await;
    assert!(hosted().is_none());

    let pending = FakeCloudflare::new();
    pending.create_zone("example.com");
    assert!(Hosting::zone(&pending, &server, &domain).is_none(), "nothing is delegated to it");
}
