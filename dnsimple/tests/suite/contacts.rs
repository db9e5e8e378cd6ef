//! Contacts against the fake.

use howdah_core::{ErrorKind, Outcome, testing::Fault};
use howdah_dnsimple::{
    contacts::{ContactFilter, ContactUpdate},
    testing::{ACCOUNT, FakeDnSimple},
};

use crate::common::contact;

#[tokio::test(start_paused = true)]
async fn a_contact_lives() {
    let contacts = FakeDnSimple::new().account().contacts();
    let new = contact("Ada")
        .with_label("Registrant")
        .with_organization_name("Engines")
        .with_job_title("Analyst")
        .with_address2("Second floor")
        .with_fax("+442079460001");
    let created = contacts.create(new).await.unwrap();
    assert_eq!(created.account_id, Some(ACCOUNT));
    assert_eq!(created.organization_name.as_deref(), Some("Engines"));
    assert_eq!(created.fax.as_deref(), Some("+442079460001"));
    assert_eq!(contacts.get(created.id).await.unwrap(), created);

    let update = ContactUpdate::new().with_city("Paris").with_country("FR");
    let updated = contacts.update(created.id, update).await.unwrap();
    assert_eq!(updated.city.as_deref(), Some("Paris"));
    assert_eq!(updated.country.as_deref(), Some("FR"));
    assert_eq!(updated.last_name.as_deref(), Some("Lovelace"));
    assert_eq!(contacts.get(created.id).await.unwrap(), updated);

    contacts.delete(created.id).await.unwrap();
    let gone = contacts.get(created.id).await.unwrap_err();
    assert!(gone.is_not_found());
    let again = contacts.delete(created.id).await.unwrap_err();
    assert_eq!((again.kind(), again.outcome()), (ErrorKind::NotFound, Outcome::Refused));
}

#[tokio::test(start_paused = true)]
async fn contacts_are_listed_in_the_order_asked_for() {
    let contacts = FakeDnSimple::new().account().contacts();
    for label in ["b", "c", "a"] {
        contacts.create(contact("Ada").with_label(label)).await.unwrap();
    }
    let labels = async |filter| -> Vec<_> {
        let list = contacts.list(filter).all().await.unwrap();
        list.into_iter().filter_map(|one| one.label).collect()
    };
    assert_eq!(labels(ContactFilter::new()).await, ["b", "c", "a"]);
    let by_label = ContactFilter::new().with_sort("label:desc");
    assert_eq!(labels(by_label).await, ["c", "b", "a"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_told_by_field() {
    let contacts = FakeDnSimple::new().account().contacts();
    let mut bad = contact("Ada").with_organization_name("Engines");
    bad.email = String::new();
    bad.country = "England".to_owned();
    let error = contacts.create(bad).await.unwrap_err();
    assert!(error.is_invalid());
    let fields: Vec<_> = error.fields().iter().map(|one| (one.field.as_str(), one.message.as_str())).collect();
    assert_eq!(
        fields,
        [
            ("country", "is not a two-letter country code"),
            ("email", "can't be blank"),
            ("email", "is an invalid email address"),
            ("job_title", "can't be blank"),
        ]
    );
    let none = contacts.list(ContactFilter::new()).all().await.unwrap();
    assert!(none.is_empty());

    let good = contacts.create(contact("Ada")).await.unwrap();
    let update = ContactUpdate::new().with_phone("");
    let error = contacts.update(good.id, update).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "phone");
    assert_eq!(contacts.get(good.id).await.unwrap(), good);
}

#[tokio::test(start_paused = true)]
async fn a_lost_update_is_repeated_and_a_lost_creation_is_not() {
    let fake = FakeDnSimple::new();
    let contacts = fake.account().contacts();
    fake.world().fail_next(Fault::Lost { applied: true });
    let error = contacts.create(contact("Ada")).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    let there = contacts.list(ContactFilter::new()).all().await.unwrap();
    assert_eq!(there.len(), 1);

    fake.world().fail_next(Fault::Lost { applied: true });
    let update = ContactUpdate::new().with_label("Found");
    let updated = contacts.update(there[0].id, update).await.unwrap();
    assert_eq!(updated.label.as_deref(), Some("Found"));
}
