//! E-mail forwards against the fake.

use howdah_core::{ErrorKind, Outcome, testing::Fault};
use howdah_dnsimple::{
    email_forwards::{EmailForwardFilter, EmailForwards, NewEmailForward},
    testing::FakeDnSimple,
};

const DOMAIN: &str = "example.com";

fn with_domain() -> (FakeDnSimple, EmailForwards) {
    let fake = FakeDnSimple::new();
    fake.create_zone(DOMAIN);
    let forwards = fake.account().email_forwards();
    (fake, forwards)
}

#[tokio::test(start_paused = true)]
async fn a_forward_lives() {
    let (fake, forwards) = with_domain();
    let abuse = forwards.create(DOMAIN, NewEmailForward::new("Abuse", "admin@example.net")).await.unwrap();
    assert_eq!(abuse.alias_email.as_deref(), Some("abuse@example.com"));
    assert_eq!(abuse.destination_email.as_deref(), Some("admin@example.net"));
    assert_eq!(abuse.active, Some(true));
    assert_eq!(forwards.get(DOMAIN, abuse.id).await.unwrap(), abuse);

    let other = forwards.create(DOMAIN, NewEmailForward::new("hello", "help@example.net")).await.unwrap();
    let list = |filter| forwards.list(DOMAIN, filter).all();
    let by_id = list(EmailForwardFilter::new()).await.unwrap();
    assert_eq!(by_id, [abuse.clone(), other.clone()]);
    let sorted = EmailForwardFilter::new().with_sort("destination_email:desc");
    assert_eq!(list(sorted).await.unwrap(), [other.clone(), abuse.clone()]);

    forwards.delete(DOMAIN, abuse.id).await.unwrap();
    assert_eq!(list(EmailForwardFilter::new()).await.unwrap(), [other]);
    for gone in
        [forwards.get(DOMAIN, abuse.id).await.unwrap_err(), forwards.delete(DOMAIN, abuse.id).await.unwrap_err()]
    {
        assert!(gone.is_not_found());
    }

    fake.create_zone("example.org");
    let elsewhere = forwards.list("example.org", EmailForwardFilter::new());
    assert_eq!(elsewhere.all().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_address_is_refused_with_its_field() {
    let (_, forwards) = with_domain();
    for (alias, destination, field) in [
        ("", "admin@example.net", "alias_name"),
        ("a b", "admin@example.net", "alias_name"),
        ("a@b", "admin@example.net", "alias_name"),
        ("abuse", "nobody", "destination_email"),
        ("abuse", "", "destination_email"),
        ("abuse", "admin@localhost", "destination_email"),
    ] {
        let forward = NewEmailForward::new(alias, destination);
        let error = forwards.create(DOMAIN, forward).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
        assert_eq!(error.fields()[0].field, field, "{alias} {destination}");
    }
    let forward = NewEmailForward::new("abuse", "admin@example.net");
    let nowhere = forwards.create("example.org", forward).await.unwrap_err();
    assert!(nowhere.is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_does_not_double_a_forward() {
    let (fake, forwards) = with_domain();
    fake.world().fail_next(Fault::Lost { applied: true });
    let forward = NewEmailForward::new("abuse", "admin@example.net");
    let lost = forwards.create(DOMAIN, forward.clone()).await.unwrap_err();
    assert_eq!((lost.outcome(), lost.attempts()), (Outcome::Unknown, 1));
    let taken = forwards.create(DOMAIN, forward).await.unwrap_err();
    assert_eq!(taken.fields()[0].message, "has already been taken");
    let created = forwards.list(DOMAIN, EmailForwardFilter::new()).all();
    assert_eq!(created.await.unwrap().len(), 1);
}
