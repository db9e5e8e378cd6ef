//! Zones and records against the fake.

use futures::TryStreamExt;
use howdah_core::{ErrorKind, Outcome, testing::Fault};
use howdah_dnsimple::{
    testing::{FakeDnSimple, Plan},
    zones::{
        BatchChange, BatchUpdate, NewRecord, RecordFilter, RecordType, RecordUpdate, ZoneFilter, ZoneNsRecords, Zones,
    },
};

const ZONE: &str = "example.com";

fn with_zone() -> (FakeDnSimple, Zones) {
    let fake = FakeDnSimple::new();
    fake.create_zone(ZONE);
    let zones = fake.account().zones();
    (fake, zones)
}

#[tokio::test(start_paused = true)]
async fn a_record_lives() {
    let (fake, zones) = with_zone();
    let created = zones.create_record(ZONE, NewRecord::new("www", "A", "192.0.2.1").with_ttl(300u32)).await.unwrap();
    assert_eq!((created.ttl, created.record_type.clone()), (Some(300), RecordType::A));
    assert_eq!(zones.record(ZONE, created.id).await.unwrap(), created);

    let update = RecordUpdate::new().with_content("192.0.2.2");
    let updated = zones.update_record(ZONE, created.id, update).await.unwrap();
    assert_eq!((updated.content.as_str(), updated.ttl), ("192.0.2.2", Some(300)));

    zones.delete_record(ZONE, created.id).await.unwrap();
    let gone = zones.record(ZONE, created.id).await.unwrap_err();
    assert!(gone.is_not_found());
    assert_eq!(fake.records(ZONE).len(), 5, "the provider's own records stay");
}

#[tokio::test(start_paused = true)]
async fn lists_are_paged_filtered_and_sorted() {
    let (fake, zones) = with_zone();
    for number in 0..101 {
        let record = NewRecord::new(format!("host{number:03}"), "A", "192.0.2.1");
        zones.create_record(ZONE, record).await.unwrap();
    }
    let before = fake.world().requests();
    let names: Vec<_> = zones
        .list_records(ZONE, RecordFilter::new().with_record_type("A").with_sort("name:desc"))
        .map_ok(|record| record.name)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(fake.world().requests() - before, 2);
    assert_eq!(names.len(), 101);
    assert_eq!((names[0].as_str(), names[100].as_str()), ("host100", "host000"));

    let apex = zones.list_records(ZONE, RecordFilter::new().with_name("")).all().await.unwrap();
    assert_eq!(apex.len(), 5);
    let like = zones.list_records(ZONE, RecordFilter::new().with_name_like("host09")).all().await.unwrap();
    assert_eq!(like.len(), 10);

    fake.create_zone("example.net");
    let list = zones.list(ZoneFilter::new().with_sort("name:desc")).all().await.unwrap();
    assert_eq!(list.iter().map(|zone| zone.name.as_str()).collect::<Vec<_>>(), ["example.net", ZONE]);
    assert_eq!(zones.list(ZoneFilter::new().with_name_like("net")).all().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_all_or_nothing() {
    let (fake, zones) = with_zone();
    let old = zones.create_record(ZONE, NewRecord::new("old", "A", "192.0.2.1")).await.unwrap();
    let kept = zones.create_record(ZONE, NewRecord::new("kept", "TXT", "one")).await.unwrap();
    let before = fake.records(ZONE);

    let bad = BatchChange::new()
        .with_deletes([old.id.into()])
        .with_creates([NewRecord::new("a", "A", "192.0.2.3"), NewRecord::new("b", "A", "nonsense")]);
    let error = zones.change_batch(ZONE, bad).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
    assert_eq!(error.fields()[0].field, "creates[1].content");
    assert_eq!(fake.records(ZONE), before);

    let good = BatchChange::new()
        .with_deletes([old.id.into()])
        .with_updates([BatchUpdate::new(kept.id).with_content("two")])
        .with_creates([NewRecord::new("old", "CNAME", "kept.example.com")]);
    let done = zones.change_batch(ZONE, good).await.unwrap();
    assert_eq!((done.creates.len(), done.updates.len(), done.deletes.len()), (1, 1, 1));
    assert_eq!(done.updates[0].content, "\"two\"");

    fake.set_plan({
        let mut plan = Plan::default();
        plan.batch = false;
        plan
    });
    let error = zones.change_batch(ZONE, BatchChange::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PlanRequired);
}

#[tokio::test(start_paused = true)]
async fn the_providers_own_records_are_told_apart() {
    let (fake, zones) = with_zone();
    let alias = zones.create_record(ZONE, NewRecord::new("", "ALIAS", "lb.example.net.")).await.unwrap();
    assert_eq!(alias.content, "lb.example.net");
    let records = fake.records(ZONE);
    let child = records.iter().find(|record| record.parent_id == Some(alias.id)).unwrap();
    assert_eq!(child.content, "\"ALIAS for lb.example.net\"");
    let soa = records.iter().find(|record| record.record_type == RecordType::Soa).unwrap();
    for id in [child.id, soa.id] {
        assert!(zones.delete_record(ZONE, id).await.unwrap_err().is_invalid());
    }
    zones.delete_record(ZONE, alias.id).await.unwrap();
    assert_eq!(fake.records(ZONE).len(), 5, "the child went with its parent");

    let vanity = ZoneNsRecords::new().with_ns_names(["ns1.example.net".to_owned()]);
    let replaced = zones.update_ns_records(ZONE, vanity).await.unwrap();
    assert_eq!(replaced.len(), 1);
    assert!(replaced[0].system_record);
}

#[tokio::test(start_paused = true)]
async fn text_is_quoted_by_the_provider() {
    let (_, zones) = with_zone();
    for (sent, stored) in [
        ("v=spf1 -all", "\"v=spf1 -all\""),
        ("\"as it is\" \"in two\"", "\"as it is\" \"in two\""),
        ("back\\slash", "\"back\\\\slash\""),
    ] {
        let record = zones.create_record(ZONE, NewRecord::new("txt", "TXT", sent)).await.unwrap();
        assert_eq!(record.content, stored);
    }
    let long = zones.create_record(ZONE, NewRecord::new("txt", "TXT", "x".repeat(300))).await.unwrap();
    assert_eq!(long.content, format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
    for refused in ["", "\"", "a \" b", "x ", &"x".repeat(1001)] {
        let error = zones.create_record(ZONE, NewRecord::new("txt", "TXT", refused)).await.unwrap_err();
        assert_eq!(error.fields()[0].field, "content", "{refused}");
    }
}

#[tokio::test(start_paused = true)]
async fn zones_are_read_checked_and_switched() {
    let (_, zones) = with_zone();
    zones.create_record(ZONE, NewRecord::new("", "MX", "mx.example.net").with_priority(10u16)).await.unwrap();
    let file = zones.file(ZONE).await.unwrap().zone;
    assert!(file.contains("example.com. 3600 IN MX 10 mx.example.net.\n"), "{file}");
    assert!(zones.check_distribution(ZONE).await.unwrap().distributed);
    assert_eq!(zones.deactivate(ZONE).await.unwrap().active, Some(false));
    assert_eq!(zones.get(ZONE).await.unwrap().active, Some(false));
    assert!(!zones.check_distribution(ZONE).await.unwrap().distributed);
    assert_eq!(zones.activate(ZONE).await.unwrap().active, Some(true));
    let record = zones.list_records(ZONE, RecordFilter::new().with_record_type("MX")).all().await.unwrap().remove(0);
    assert!(zones.check_record_distribution(ZONE, record.id).await.unwrap().distributed);
    assert!(zones.get("example.org").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_does_not_double_a_record() {
    let (fake, zones) = with_zone();
    fake.world().fail_next(Fault::Lost { applied: true });
    let error = zones.create_record(ZONE, NewRecord::new("www", "A", "192.0.2.1")).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    let www = || fake.records(ZONE).into_iter().filter(|record| record.name == "www").collect::<Vec<_>>();
    assert_eq!(www().len(), 1);

    fake.world().fail_next(Fault::Lost { applied: true });
    zones.delete_record(ZONE, www()[0].id).await.unwrap();
    assert_eq!(www().len(), 0);
}
