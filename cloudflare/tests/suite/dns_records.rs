//! Records against the fake.

use howdah_cloudflare::{
    CloudflareDns,
    dns_records::{DnsRecords, NewRecord, RecordFilter, RecordId, RecordMeta, RecordSettings, RecordUpdate},
    testing::FakeCloudflare,
    zones::ZoneId,
};
use howdah_core::{
    ErrorKind, Outcome,
    dns::{DnsProvider, Name, RecordData, RecordSet, RecordType, zonefile},
    testing::Fault,
};
use serde_json::json;

fn with_zone() -> (FakeCloudflare, ZoneId, DnsRecords) {
    let fake = FakeCloudflare::new();
    let zone = fake.create_zone("example.com");
    let records = fake.client().dns_records();
    (fake, zone, records)
}

fn address(name: &str) -> NewRecord {
    NewRecord::new("A", name).with_content("192.0.2.1")
}

#[tokio::test(start_paused = true)]
async fn a_record_lives() {
    let (fake, zone, records) = with_zone();
    let made =
        records.create(&zone, address("www").with_comment("the site").with_tags(["a:b".to_owned()])).await.unwrap();
    assert_eq!((made.name.as_str(), made.ttl, made.proxied), ("www.example.com", Some(1), Some(false)));
    assert_eq!(made.id.get().len(), 32);
    assert_eq!(records.get(&zone, &made.id).await.unwrap(), made);

    let lower = records.update(&zone, &made.id, RecordUpdate::new().with_ttl(300u32)).await.unwrap();
    assert_eq!((lower.ttl, lower.content.as_deref()), (Some(300), Some("192.0.2.1")));
    assert_eq!((lower.comment.as_deref(), lower.tags.len()), (Some("the site"), 1));

    let proxied = records.update(&zone, &made.id, RecordUpdate::new().with_proxied(true)).await.unwrap();
    assert_eq!((proxied.ttl, proxied.proxied), (Some(1), Some(true)), "what is proxied has the provider's TTL");

    let other = RecordUpdate::new().with_record_type("AAAA");
    let error = records.update(&zone, &made.id, other.clone()).await.unwrap_err();
    assert!(error.is_invalid() && error.to_string().contains("[9005]"), "the old content is no IPv6 address: {error}");
    let other = records.update(&zone, &made.id, other.with_content("2001:db8::1")).await.unwrap();
    assert_eq!((other.record_type.as_str(), other.content.as_deref()), ("AAAA", Some("2001:db8::1")));

    let replaced = records.replace(&zone, &made.id, address("www").with_ttl(600u32)).await.unwrap();
    assert_eq!((replaced.id.clone(), replaced.ttl, replaced.comment), (made.id.clone(), Some(600), None));

    records.delete(&zone, &made.id).await.unwrap();
    assert!(records.get(&zone, &made.id).await.unwrap_err().is_not_found());
    assert_eq!(fake.records(&zone), []);
}

#[tokio::test(start_paused = true)]
async fn lists_are_paged_filtered_and_sorted() {
    let (fake, zone, records) = with_zone();
    for number in 0..250 {
        fake.add_record(&zone, address(&format!("host{number:03}")));
    }
    let filter = RecordFilter::new().with_per_page(100u32).with_order("name").with_direction("desc");
    let all = records.list(&zone, filter).all().await.unwrap();
    assert_eq!((all.len(), all[0].name.as_str(), fake.world().requests()), (250, "host249.example.com", 3));
    fake.add_record(&zone, NewRecord::new("TXT", "@").with_content("\"x\"").with_comment("spf"));
    fake.add_record(&zone, address("@").with_proxied(true));
    for (filter, found) in [
        (RecordFilter::new(), 252),
        (RecordFilter::new().with_name("host007.example.com"), 1),
        (RecordFilter::new().with_record_type("TXT"), 1),
        (RecordFilter::new().with_content("192.0.2.1"), 251),
        (RecordFilter::new().with_proxied(true), 1),
        (RecordFilter::new().with_search("host00"), 10),
        (RecordFilter::new().with_search("spf"), 1),
    ] {
        assert_eq!(records.list(&zone, filter.clone()).all().await.unwrap().len(), found, "{filter:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let (fake, zone, records) = with_zone();
    fake.add_record(&zone, address("www"));
    for (record, kind, told) in [
        (address("www"), ErrorKind::Conflict, "identical"),
        (NewRecord::new("CNAME", "www").with_content("a.example.net"), ErrorKind::Conflict, "host"),
        (NewRecord::new("A", "x").with_content("nonsense"), ErrorKind::Invalid, "[9005]"),
        (address("x").with_ttl(59u32), ErrorKind::Invalid, "[9021]"),
        (address("x").with_ttl(86_401u32), ErrorKind::Invalid, "[9021]"),
        (address("a..b"), ErrorKind::Invalid, "[9000]"),
        (address(""), ErrorKind::Invalid, "[9000]"),
        (NewRecord::new("TXT", "x").with_content("y").with_proxied(true), ErrorKind::Invalid, "[9004]"),
        (NewRecord::new("TXT", "x").with_content("y".repeat(2049)), ErrorKind::Invalid, "[9207]"),
        (NewRecord::new("TLSA", "x").with_data(json!({ "usage": 3 })), ErrorKind::Invalid, "[9005]"),
    ] {
        let error = records.create(&zone, record.clone()).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Refused), "{record:?}: {error}");
        assert!(error.to_string().contains(told), "{error}");
    }
    let nowhere = ZoneId::new("nowhere".to_owned());
    assert!(records.create(&nowhere, address("www")).await.unwrap_err().is_not_found());
    assert!(records.list(&nowhere, RecordFilter::new()).all().await.unwrap_err().is_not_found());
    assert!(records.export(&nowhere).await.unwrap_err().is_not_found());
    let none = RecordId::new("none".to_owned());
    assert!(records.replace(&zone, &none, address("www")).await.unwrap_err().is_not_found());
    assert!(records.delete(&zone, &none).await.unwrap_err().is_not_found());

    // A record of another service is its own.
    let mail = NewRecord::new("MX", "@").with_content("route1.mx.cloudflare.net").with_priority(5u16);
    let mail = fake.add_record(&zone, mail).id;
    fake.set_meta(&zone, &mail, &RecordMeta { read_only: Some(true), ..RecordMeta::default() });
    assert!(records.delete(&zone, &mail).await.unwrap_err().is_invalid());
    assert!(records.update(&zone, &mail, RecordUpdate::new().with_ttl(60u32)).await.unwrap_err().is_invalid());
    assert_eq!(fake.records(&zone).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_does_not_double_a_record() {
    let (fake, zone, records) = with_zone();
    fake.world().fail_next(Fault::Lost { applied: true });
    let error = records.create(&zone, address("www")).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    let made = fake.records(&zone);
    assert_eq!(made.len(), 1);
    fake.world().fail_next(Fault::Lost { applied: true });
    records.update(&zone, &made[0].id, RecordUpdate::new().with_ttl(300u32)).await.unwrap();
    fake.world().fail_next(Fault::Lost { applied: true });
    records.delete(&zone, &made[0].id).await.unwrap();
    assert_eq!(fake.records(&zone), []);
}

#[tokio::test(start_paused = true)]
async fn the_export_says_what_the_snapshot_says() {
    let (fake, zone, records) = with_zone();
    let flattened = RecordSettings { flatten_cname: Some(true), ..RecordSettings::default() };
    for record in [
        address("www").with_proxied(true).with_comment("the site").with_tags(["owner:web".to_owned()]),
        address("api").with_ttl(3600u32),
        NewRecord::new("CNAME", "@").with_content("lb.example.net").with_proxied(true),
        NewRecord::new("CNAME", "flat").with_content("lb.example.net").with_settings(flattened),
        NewRecord::new("MX", "@").with_content("mx.example.net").with_priority(10u16),
        NewRecord::new("TXT", "@").with_content("v=spf1 -all"),
        NewRecord::new("TXT", "www").with_content("\"one\" \"two; three\""),
        NewRecord::new("SRV", "_sip._tcp")
            .with_data(json!({ "priority": 1, "weight": 2, "port": 5060, "target": "sip.example.net" })),
        NewRecord::new("CAA", "@").with_data(json!({ "flags": 0, "tag": "issue", "value": "ca.example.net" })),
    ] {
        fake.add_record(&zone, record);
    }
    let text = records.export(&zone).await.unwrap().0;
    assert!(text.contains("\nexample.com\t3600\tIN\tSOA\t"), "{text}");
    assert!(text.contains("192.0.2.1 ; the site cf_tags=owner:web,cf-proxied:true\n"), "{text}");
    let apex = Name::parse("example.com").unwrap();
    let mut exported = zonefile::read(&text, &apex).unwrap().zone;
    let authority = exported.split_off_authority();
    assert_eq!(authority.iter().filter(|set| *set.record_type() == RecordType::Ns).count(), 1);

    let snapshot = CloudflareDns::new(fake.client()).snapshot(&apex).await.unwrap().zone;
    assert_eq!(exported.len(), snapshot.len());
    for set in snapshot.iter() {
        // A zone file has no ALIAS.
        let alias = |data: &RecordData| match data {
            RecordData::Alias(target) => RecordData::Cname(target.clone()),
            other => other.clone(),
        };
        let plain = RecordSet::new(set.name().clone(), set.ttl(), set.data().iter().map(alias)).unwrap();
        let read = exported.get(set.name(), plain.record_type()).unwrap();
        assert!(read.same_data(&plain), "{read} is not {plain}");
        assert_eq!(read.is_proxied(), set.is_proxied(), "{read}");
        assert_eq!(read.ttl(), set.ttl(), "{read}");
    }
}
