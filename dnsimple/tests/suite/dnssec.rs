//! DNSSEC against the fake.

use std::{slice::from_ref, time::Duration};

use howdah_core::{
    Clock, ErrorKind, Outcome,
    dns::{DigestType, Dnskey, Ds, Name},
    testing::Fault,
};
use howdah_dnsimple::{
    dnssec::{Dnssec, DsRecord, DsRecordFilter, NewDsRecord},
    testing::FakeDnSimple,
};

const DOMAIN: &str = "example.com";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn with_domain(name: &str) -> (FakeDnSimple, Dnssec) {
    let fake = FakeDnSimple::new();
    fake.create_zone(name);
    let dnssec = fake.account().dnssec();
    (fake, dnssec)
}

async fn records(dnssec: &Dnssec, domain: &str) -> Vec<DsRecord> {
    let list = dnssec.list_ds_records(domain, DsRecordFilter::new());
    list.all().await.unwrap()
}

/// Whether these are the digests of the zone's keys.
fn cover(records: &[DsRecord], keys: &[Dnskey], owner: &str) -> bool {
    let owner = Name::parse(owner).unwrap();
    let mut pairs = records.iter().zip(keys);
    records.len() == keys.len() && pairs.all(|(record, key)| record.ds().unwrap().covers(key, &owner))
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_signed_and_unsigned() {
    let (fake, dnssec) = with_domain(DOMAIN);
    let never = dnssec.status(DOMAIN).await.unwrap();
    assert_eq!((never.enabled, never.active), (Some(false), Some(false)));
    assert_eq!(records(&dnssec, DOMAIN).await, []);

    let enabled = dnssec.enable(DOMAIN).await.unwrap();
    assert_eq!((enabled.enabled, enabled.active), (Some(true), Some(false)));
    tokio::time::sleep(Duration::from_secs(60)).await;
    let active = dnssec.status(DOMAIN).await.unwrap();
    assert_eq!((active.enabled, active.active), (Some(true), Some(true)));

    let list = records(&dnssec, DOMAIN).await;
    assert!(cover(&list, &fake.dnssec_keys(DOMAIN), DOMAIN));
    assert_eq!((list[0].algorithm.as_deref(), list[0].digest_type.as_deref()), (Some("13"), Some("2")));
    assert_eq!(list[0].public_key, None, "the registry of com takes digests");
    assert_eq!(dnssec.ds_record(DOMAIN, list[0].id).await.unwrap(), list[0]);

    assert_eq!(dnssec.enable(DOMAIN).await.unwrap(), active);
    assert_eq!(records(&dnssec, DOMAIN).await, list, "once more makes no new key");

    dnssec.disable(DOMAIN).await.unwrap();
    let off = dnssec.status(DOMAIN).await.unwrap();
    assert_eq!((off.enabled, off.active), (Some(false), Some(false)));
    assert_eq!(records(&dnssec, DOMAIN).await, []);
    assert_eq!(fake.dnssec_keys(DOMAIN), []);

    dnssec.enable(DOMAIN).await.unwrap();
    assert_ne!(records(&dnssec, DOMAIN).await[0].digest, list[0].digest);
}

#[tokio::test(start_paused = true)]
async fn disabling_what_is_off_is_a_precondition() {
    let (fake, dnssec) = with_domain(DOMAIN);
    let never = dnssec.disable(DOMAIN).await.unwrap_err();
    assert_eq!(
        (never.kind(), never.outcome(), never.status().unwrap().as_u16()),
        (ErrorKind::Precondition, Outcome::Refused, 428)
    );
    dnssec.enable(DOMAIN).await.unwrap();
    dnssec.disable(DOMAIN).await.unwrap();
    let twice = dnssec.disable(DOMAIN).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Precondition);

    // Enabling is not repeated by itself when its answer is lost: look first.
    fake.world().fail_next(Fault::Lost { applied: true });
    let lost = dnssec.enable(DOMAIN).await.unwrap_err();
    assert_eq!((lost.outcome(), lost.attempts()), (Outcome::Unknown, 1));
    let status = dnssec.status(DOMAIN).await.unwrap();
    assert_eq!(status.enabled, Some(true));

    for error in [
        dnssec.status("example.org").await.unwrap_err(),
        dnssec.enable("example.org").await.unwrap_err(),
        dnssec.disable("example.org").await.unwrap_err(),
    ] {
        assert!(error.is_not_found());
    }
}

#[tokio::test(start_paused = true)]
async fn keys_rotate_after_83_days() {
    let (fake, dnssec) = with_domain(DOMAIN);
    dnssec.enable(DOMAIN).await.unwrap();
    let first = records(&dnssec, DOMAIN).await.remove(0);

    tokio::time::sleep(82 * DAY).await;
    assert_eq!(records(&dnssec, DOMAIN).await, from_ref(&first));
    tokio::time::sleep(DAY).await;
    let both = records(&dnssec, DOMAIN).await;
    assert_eq!(both[0], first);
    assert!(cover(&both, &fake.dnssec_keys(DOMAIN), DOMAIN));
    assert_eq!(both.len(), 2);

    tokio::time::sleep(13 * DAY).await;
    assert_eq!(records(&dnssec, DOMAIN).await, both);
    tokio::time::sleep(DAY).await;
    assert_eq!(records(&dnssec, DOMAIN).await, both[1..]);
    assert!(cover(&both[1..], &fake.dnssec_keys(DOMAIN), DOMAIN));

    // Whoever looks away for a year finds one key or two, as if it had looked all the time.
    tokio::time::sleep(365 * DAY).await;
    let later = records(&dnssec, DOMAIN).await;
    assert!(cover(&later, &fake.dnssec_keys(DOMAIN), DOMAIN));
    assert!(later.iter().all(|record| record.id > both[1].id));
    let newest_first = DsRecordFilter::new().with_sort("created_at:desc");
    let newest = dnssec.list_ds_records(DOMAIN, newest_first).all();
    assert_eq!(newest.await.unwrap().first(), later.last());
}

#[tokio::test(start_paused = true)]
async fn a_registry_of_keys_gets_keys() {
    let (fake, dnssec) = with_domain("example.de");
    dnssec.enable("example.de").await.unwrap();
    let list = records(&dnssec, "example.de").await;
    let keys = fake.dnssec_keys("example.de");
    assert_eq!(list[0].dnskey().as_ref(), keys.first());
    assert!(cover(&list, &keys, "example.de"));

    let key = Dnskey { flags: 257, protocol: 3, algorithm: 15, public_key: vec![7; 32] };
    let added = dnssec.create_ds_record("example.de", NewDsRecord::from(&key));
    let added = added.await.unwrap();
    assert_eq!((added.dnskey(), added.ds()), (Some(key), None));
    for wrong in [NewDsRecord::new().with_algorithm("15"), NewDsRecord::new().with_algorithm("15").with_public_key("?")]
    {
        let error = dnssec.create_ds_record("example.de", wrong).await;
        assert_eq!(error.unwrap_err().fields()[0].field, "public_key");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ds_record_of_another_signer_lives() {
    let (_, dnssec) = with_domain(DOMAIN);
    let key = Dnskey { flags: 257, protocol: 3, algorithm: 13, public_key: vec![9; 64] };
    let ds = key.to_ds(&Name::parse(DOMAIN).unwrap(), DigestType::Sha384);
    let added = dnssec.create_ds_record(DOMAIN, NewDsRecord::from(&ds));
    let added = added.await.unwrap();
    assert_eq!((added.ds(), added.dnskey()), (Some(ds.clone()), None));
    assert_eq!(dnssec.ds_record(DOMAIN, added.id).await.unwrap(), added);

    dnssec.enable(DOMAIN).await.unwrap();
    assert_eq!(records(&dnssec, DOMAIN).await.len(), 2);
    dnssec.disable(DOMAIN).await.unwrap();
    assert_eq!(records(&dnssec, DOMAIN).await, from_ref(&added), "it is not of a key here");

    dnssec.delete_ds_record(DOMAIN, added.id).await.unwrap();
    assert_eq!(records(&dnssec, DOMAIN).await, []);
    for gone in [
        dnssec.ds_record(DOMAIN, added.id).await.unwrap_err(),
        dnssec.delete_ds_record(DOMAIN, added.id).await.unwrap_err(),
    ] {
        assert!(gone.is_not_found());
    }

    let good = NewDsRecord::from(&ds);
    for (wrong, field) in [
        (NewDsRecord::new(), "algorithm"),
        (good.clone().with_algorithm("thirteen"), "algorithm"),
        (good.clone().with_digest_type("256"), "digest_type"),
        (good.clone().with_keytag("65536"), "keytag"),
        (good.clone().with_digest("xyz"), "digest"),
        (good.clone().with_digest(""), "digest"),
    ] {
        let error = dnssec.create_ds_record(DOMAIN, wrong).await.unwrap_err();
        assert_eq!((error.kind(), error.fields()[0].field.as_str()), (ErrorKind::Invalid, field));
    }
}

#[tokio::test(start_paused = true)]
async fn a_kept_world_goes_on_rotating() {
    let file = std::env::temp_dir().join(format!("howdah-dnssec-{}.json", std::process::id()));
    let open = |at: &str| {
        let clock = Clock::starting_at(at.parse().unwrap());
        FakeDnSimple::kept_in(&file, clock).unwrap()
    };
    let fake = open("2024-02-01T12:00:00Z");
    fake.create_zone(DOMAIN);
    let before = fake.account().dnssec();
    before.enable(DOMAIN).await.unwrap();
    let first = records(&before, DOMAIN).await.remove(0);

    let after = open("2024-05-01T12:00:00Z").account().dnssec();
    let both = records(&after, DOMAIN).await;
    assert_eq!((both.len(), &both[0]), (2, &first));
    for file in [file.clone(), file.with_extension("registry.json")] {
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn numbers_may_come_as_numbers_or_not_at_all() {
    let record: DsRecord = serde_json::from_str(
        r#"{"id":1,"algorithm":8,"digest_type":2,"keytag":44620,"public_key":null,
            "digest":"C1F6E04A5A61FBF65BF9DC8294C363CF11C89E802D926BDAB79C55D27BEFA94F"}"#,
    )
    .unwrap();
    let Ds { key_tag, algorithm, .. } = record.ds().unwrap();
    assert_eq!((key_tag, algorithm), (44620, 8));
    let record: DsRecord = serde_json::from_str(r#"{"id":1}"#).unwrap();
    assert_eq!((record.ds(), record.dnskey()), (None, None));
}
