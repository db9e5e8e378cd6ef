//! Changes of registrants against the fake.

use std::{collections::BTreeMap, time::Duration};

use howdah_core::{
    Clock, ErrorKind, Outcome,
    http::{Repeat, Verb},
    testing::Fault,
};
use howdah_dnsimple::{
    Account,
    contacts::ContactId,
    registrant_changes::{
        self, NewRegistrantChange, RegistrantChangeFilter, RegistrantChangeQuery, RegistrantChangeState,
    },
    testing::{ACCOUNT, FakeDnSimple},
};
use jiff::civil::date;

use crate::common::contact;

/// A registry that changes registrants at once, and one that takes a day.
const AT_ONCE: &str = "example.com";
const IN_TIME: &str = "example.eu";

/// Two domains, and the contact that becomes their registrant.
async fn with_domains() -> (FakeDnSimple, Account, ContactId) {
    let clock = Clock::starting_at("2024-02-01T12:00:00Z".parse().unwrap());
    let fake = FakeDnSimple::at(clock);
    let account = fake.account();
    let created = |name: &str| account.contacts().create(contact(name));
    let old = created("Ada").await.unwrap().id;
    let new = created("Byron").await.unwrap().id;
    fake.register_domain(AT_ONCE, old);
    fake.register_domain(IN_TIME, old);
    (fake, account, new)
}

fn citizenship(value: &str) -> BTreeMap<String, String> {
    [("x-eu-registrant-citizenship".to_owned(), value.to_owned())].into()
}

async fn registrant(account: &Account, domain: &str) -> Option<ContactId> {
    account.domains().get(domain).await.unwrap().registrant_id
}

#[test]
fn a_change_is_never_repeated() {
    let once: Vec<_> = registrant_changes::OPERATIONS
        .iter()
        .filter(|operation| operation.route().repeat == Repeat::Once)
        .map(|operation| operation.name())
        .collect();
    assert_eq!(once, ["CREATE"]);
    let check = registrant_changes::CHECK.route();
    assert_eq!((check.method, check.repeat), (Verb::Post, Repeat::Safe));
}

#[tokio::test(start_paused = true)]
async fn what_a_change_needs_is_asked_first() {
    let (fake, account, contact) = with_domains().await;
    let changes = account.registrant_changes();
    let query = RegistrantChangeQuery::new(AT_ONCE, contact);
    let needed = changes.check(query).await.unwrap();
    assert_eq!(needed.contact_id, Some(contact));
    assert_eq!(needed.registry_owner_change, Some(false));
    assert_eq!(needed.extended_attributes.unwrap(), []);

    // It only asks, so it is asked again.
    fake.world().fail_next(Fault::Lost { applied: false });
    let query = RegistrantChangeQuery::new(IN_TIME, contact.to_string());
    let needed = changes.check(query).await.unwrap();
    assert_eq!(needed.registry_owner_change, Some(true));
    let attributes = needed.extended_attributes.unwrap();
    assert_eq!(attributes[0].name, "x-eu-registrant-citizenship");
    assert!(attributes[0].options.iter().any(|option| option.value == "it"));

    for query in [RegistrantChangeQuery::new("nowhere.com", contact), RegistrantChangeQuery::new(AT_ONCE, "7")] {
        assert!(changes.check(query).await.unwrap_err().is_not_found());
    }
    assert_eq!(changes.list(RegistrantChangeFilter::new()).all().await.unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_changes_at_once() {
    let (_, account, contact) = with_domains().await;
    let changes = account.registrant_changes();
    let begun = changes.create(NewRegistrantChange::new(AT_ONCE, contact)).await.unwrap();
    let change = begun.await.unwrap();
    assert_eq!(change.state, RegistrantChangeState::Completed);
    assert_eq!(change.account_id, Some(ACCOUNT));
    assert_eq!(change.irt_lock_lifted_by, Some(date(2024, 4, 1)));
    assert_eq!(changes.get(change.id).await.unwrap(), change);
    assert_eq!(registrant(&account, AT_ONCE).await, Some(contact));

    let late = changes.cancel(change.id).await.unwrap_err();
    assert_eq!((late.kind(), late.outcome()), (ErrorKind::Invalid, Outcome::Refused));
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_takes_its_time() {
    let (fake, account, contact) = with_domains().await;
    let changes = account.registrant_changes();
    let id = account.domains().get(IN_TIME).await.unwrap().id;
    let new = NewRegistrantChange::new(id, contact).with_extended_attributes(citizenship("it"));
    let begun = changes.create(new).await.unwrap();
    let first = begun.latest().unwrap().clone();
    assert_eq!((first.state, first.irt_lock_lifted_by), (RegistrantChangeState::New, None));
    assert_eq!(first.extended_attributes, Some(citizenship("it")));
    assert_ne!(registrant(&account, IN_TIME).await, Some(contact));

    let second = changes.create(NewRegistrantChange::new(id, contact)).await.unwrap_err();
    assert_eq!(second.fields()[0].field, "domain_id");

    // Another process, which kept the change's number.
    let pending = fake.account().registrant_changes().follow(first.id);
    let done = pending.await.unwrap();
    assert_eq!(done.state, RegistrantChangeState::Completed);
    assert_eq!(registrant(&account, IN_TIME).await, Some(contact));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_cancelled_at_once_or_in_time() {
    let (_, account, contact) = with_domains().await;
    let changes = account.registrant_changes();
    let create = || changes.create(NewRegistrantChange::new(IN_TIME, contact));

    let begun = create().await.unwrap();
    let id = begun.latest().unwrap().id;
    assert_eq!(changes.cancel(id).await.unwrap(), None);
    let state = changes.get(id).await.unwrap().state;
    assert_eq!(state, RegistrantChangeState::Cancelled);

    let begun = create().await.unwrap();
    let id = begun.latest().unwrap().id;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let state = changes.get(id).await.unwrap().state;
    assert_eq!(state, RegistrantChangeState::Pending);
    for _ in 0..2 {
        let cancelling = changes.cancel(id).await.unwrap().unwrap();
        assert_eq!(cancelling.state, RegistrantChangeState::Cancelling);
    }
    let error = begun.await.unwrap_err();
    assert!(error.to_string().contains("the registrant change was cancelled"), "{error}");
    assert_ne!(registrant(&account, IN_TIME).await, Some(contact));
    assert!(changes.cancel(1u64.into()).await.unwrap_err().is_not_found());
    assert!(changes.get(1u64.into()).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_change_is_refused() {
    let (fake, account, contact) = with_domains().await;
    fake.create_zone("hosted.com");
    let changes = account.registrant_changes();
    let wrong = NewRegistrantChange::new(IN_TIME, contact);
    let wrong = changes.create(wrong.with_extended_attributes(citizenship("us"))).await.unwrap_err();
    assert_eq!(wrong.fields()[0].field, "x-eu-registrant-citizenship");
    assert_eq!(wrong.fields()[0].message, "it's not one of the options");
    let hosted = changes.create(NewRegistrantChange::new("hosted.com", contact)).await.unwrap_err();
    assert_eq!(hosted.fields()[0].message, "is not registered here");
}

#[tokio::test(start_paused = true)]
async fn changes_are_listed() {
    let (_, account, contact) = with_domains().await;
    let changes = account.registrant_changes();
    for domain in [AT_ONCE, IN_TIME] {
        let begun = changes.create(NewRegistrantChange::new(domain, contact)).await.unwrap();
        drop(begun);
    }
    let domain = account.domains().get(IN_TIME).await.unwrap().id;
    let count = async |filter: RegistrantChangeFilter| changes.list(filter).all().await.unwrap().len();
    let filter = RegistrantChangeFilter::new;
    assert_eq!(count(filter()).await, 2);
    assert_eq!(count(filter().with_state("new")).await, 1);
    assert_eq!(count(filter().with_state(RegistrantChangeState::Cancelled)).await, 0);
    assert_eq!(count(filter().with_domain_id(domain)).await, 1);
    assert_eq!(count(filter().with_contact_id(contact)).await, 2);
    assert_eq!(count(filter().with_contact_id(1u64)).await, 0);

    let list = changes.list(filter().with_sort("id:desc")).all().await.unwrap();
    assert!(list[0].id > list[1].id);
}
