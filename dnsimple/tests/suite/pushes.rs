//! Pushes against the fake.

use howdah_core::{ErrorKind, Id};
use howdah_dnsimple::{domains::DomainState, pushes::NewPush, testing::FakeDnSimple};

use crate::common::contact;

const DOMAIN: &str = "example.com";

#[tokio::test(start_paused = true)]
async fn a_domain_is_taken_or_declined() {
    let fake = FakeDnSimple::new();
    let account = fake.account();
    let pushes = account.pushes();
    let (wanted, unwanted) = (fake.offer_push(DOMAIN), fake.offer_push("example.org"));
    let offered = pushes.list().all().await.unwrap();
    assert_eq!(offered.iter().map(|push| push.id).collect::<Vec<_>>(), [wanted, unwanted]);
    assert_eq!(offered[0].account_id, Some(account.id()));
    assert_eq!((offered[0].contact_id, offered[0].accepted_at), (None, None));
    assert!(account.domains().get(DOMAIN).await.unwrap_err().is_not_found());

    let contact = account.contacts().create(contact("Ada")).await.unwrap().id;

    pushes.reject(unwanted).await.unwrap();
    let unknown = pushes.accept(wanted, Id::new(1)).await.unwrap_err();
    assert_eq!(unknown.fields()[0].field, "contact_id");
    pushes.accept(wanted, contact).await.unwrap();
    let domain = account.domains().get(DOMAIN).await.unwrap();
    assert_eq!(Some(domain.id), offered[0].domain_id);
    assert_eq!((domain.state, domain.registrant_id), (DomainState::Registered, Some(contact)));
    assert!(account.zones().get(DOMAIN).await.is_ok());
    assert_eq!(pushes.list().all().await.unwrap(), []);
    for answered in [pushes.accept(wanted, contact).await.unwrap_err(), pushes.reject(unwanted).await.unwrap_err()] {
        assert!(answered.is_not_found());
    }
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_given_away() {
    let fake = FakeDnSimple::new();
    let account = fake.account();
    let pushes = account.pushes();
    for name in [DOMAIN, "example.org"] {
        fake.create_zone(name);
    }
    let to = NewPush::new().with_new_account_identifier("01938000-0000-7000-8000-000000000000");
    let push = pushes.initiate(DOMAIN, to.clone()).await.unwrap();
    assert_ne!(push.account_id, Some(account.id()));
    assert_eq!(pushes.list().all().await.unwrap(), [], "it is not ours to answer");
    let again = pushes.initiate(DOMAIN, to.clone()).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Invalid);

    fake.answer_push(push.id, false);
    assert!(account.domains().get(DOMAIN).await.is_ok());
    let by_email = NewPush::new().with_new_account_email("jim@example.net");
    let push = pushes.initiate(DOMAIN, by_email).await.unwrap();
    fake.answer_push(push.id, true);
    assert!(account.domains().get(DOMAIN).await.unwrap_err().is_not_found());
    assert!(account.zones().get(DOMAIN).await.unwrap_err().is_not_found());
    assert!(account.domains().get("example.org").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_push_needs_somebody_to_go_to() {
    let fake = FakeDnSimple::new();
    fake.create_zone(DOMAIN);
    let pushes = fake.account().pushes();
    let nobody = pushes.initiate(DOMAIN, NewPush::new()).await.unwrap_err();
    assert_eq!(nobody.fields()[0].field, "new_account_identifier");
    let own = NewPush::new().with_new_account_email("admin@example.com");
    let own = pushes.initiate(DOMAIN, own).await.unwrap_err();
    assert_eq!(own.fields()[0].field, "new_account_email");
    let to = NewPush::new().with_new_account_email("jim@example.net");
    let missing = pushes.initiate("example.net", to).await.unwrap_err();
    assert!(missing.is_not_found());
}
