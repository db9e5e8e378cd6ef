//! One-click services against the fake.

use howdah_core::ErrorKind;
use howdah_dnsimple::{
    services::{ServiceFilter, ServiceSettings},
    testing::FakeDnSimple,
    zones::{NewRecord, RecordType},
};

const DOMAIN: &str = "example.com";

#[tokio::test(start_paused = true)]
async fn the_catalogue_is_listed_and_read() {
    let services = FakeDnSimple::new().client().services();
    let list = services.list(ServiceFilter::new()).all().await.unwrap();
    assert!(list.len() > 1);
    let by_sid = ServiceFilter::new().with_sort("sid:desc");
    let reversed = services.list(by_sid).all().await.unwrap();
    assert_eq!(reversed.first(), list.last());

    let heroku = services.get("heroku").await.unwrap();
    assert_eq!(heroku.requires_setup, Some(true));
    assert_eq!(heroku.settings[0].name, "app");
    assert_eq!(heroku.settings[0].append.as_deref(), Some(".herokuapp.com"));
    assert_eq!(services.get(&heroku.id.to_string()).await.unwrap(), heroku);
    assert!(services.get("nonesuch").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_service_brings_its_records_and_takes_them_away() {
    let fake = FakeDnSimple::new();
    fake.create_zone(DOMAIN);
    let before = fake.records(DOMAIN);
    let applied = fake.account().applied_services();

    let settings = ServiceSettings::new().with("app", "my-app");
    applied.apply(DOMAIN, "heroku", settings).await.unwrap();
    applied.apply(DOMAIN, "fastmail", ServiceSettings::new()).await.unwrap();
    let names: Vec<_> =
        applied.list(DOMAIN).all().await.unwrap().into_iter().filter_map(|service| service.sid).collect();
    assert_eq!(names, ["fastmail", "heroku"]);
    let www = fake.records(DOMAIN).into_iter().find(|record| record.record_type == RecordType::Cname);
    assert_eq!(www.unwrap().content, "my-app.herokuapp.com");

    applied.unapply(DOMAIN, "heroku").await.unwrap();
    applied.unapply(DOMAIN, "fastmail").await.unwrap();
    assert!(applied.list(DOMAIN).all().await.unwrap().is_empty());
    assert_eq!(fake.records(DOMAIN), before);
    let gone = applied.unapply(DOMAIN, "heroku").await.unwrap_err();
    assert!(gone.is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_applied_changes_nothing() {
    let fake = FakeDnSimple::new();
    fake.create_zone(DOMAIN);
    let applied = fake.account().applied_services();
    let error = applied.apply(DOMAIN, "heroku", ServiceSettings::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.fields()[0].field, "app");

    let www = NewRecord::new("www", "A", "192.0.2.1");
    let zones = fake.account().zones();
    zones.create_record(DOMAIN, www).await.unwrap();
    let before = fake.records(DOMAIN);
    let settings = ServiceSettings::new().with("app", "my-app");
    let error = applied.apply(DOMAIN, "heroku", settings).await.unwrap_err();
    assert!(error.is_invalid(), "there is a record at www already");
    assert_eq!(fake.records(DOMAIN), before);
    assert!(applied.list(DOMAIN).all().await.unwrap().is_empty());

    let nowhere = applied.list("example.org").all().await.unwrap_err();
    assert!(nowhere.is_not_found());
}

#[test]
fn settings_are_not_printed() {
    let settings = ServiceSettings::new().with("password", "hunter2");
    assert_eq!(settings.get("password").unwrap().expose(), "hunter2");
    assert!(!format!("{settings:?}").contains("hunter2"));
}
