//! Contacts, and changes of owner, against the fake.

use std::time::Duration;

use howdah_core::{
    Clock, ErrorKind, Outcome,
    dns::Name,
    http::{Repeat, Stage, Staged},
    testing::Fault,
};
use howdah_gandi::{
    Gandi, change_owner,
    contacts::{self, ContactType, ContactsChange, NewContact},
    dry_run::DryRunStatus,
    testing::{FakeGandi, NAME},
    transfers::Step,
};
use jiff::SignedDuration;

const DOMAIN: &str = "example.org";

fn with_domain() -> (FakeGandi, Gandi) {
    let fake = FakeGandi::at(Clock::starting_at("2024-02-01T12:00:00Z".parse().unwrap()));
    let server = Name::parse("ns1.example.net").unwrap();
    fake.registry().register(&Name::parse(DOMAIN).unwrap(), NAME, &[server], SignedDuration::from_hours(24 * 90));
    let gandi = fake.client();
    (fake, gandi)
}

fn contact(given: &str) -> NewContact {
    let email = format!("{}@example.com", given.to_lowercase());
    NewContact::new("GB", email, "Lovelace", given, "12 St James's Square", ContactType::Individual)
        .with_city("London")
        .with_phone("+44.2079460000")
}

/// The same but for what is changed about it.
fn but<T: Clone>(value: &T, change: impl FnOnce(&mut T)) -> T {
    let mut value = value.clone();
    change(&mut value);
    value
}

async fn minutes(minutes: u64) {
    tokio::time::sleep(Duration::from_secs(60 * minutes)).await;
}

#[test]
fn nothing_that_may_cost_money_is_repeated() {
    let all = contacts::OPERATIONS.iter().chain(change_owner::OPERATIONS);
    let once: Vec<_> = all.filter(|operation| operation.route().repeat == Repeat::Once).map(|o| o.name()).collect();
    assert_eq!(once, ["UPDATE", "SET_OWNER", "RESEND_REACHABILITY", "START", "RESEND_FOA"]);
}

#[tokio::test(start_paused = true)]
async fn contacts_change_a_while_after_they_were_asked_to() {
    let (_, gandi) = with_domain();
    let contacts = gandi.contacts();
    let before = contacts.get(DOMAIN).await.unwrap();
    assert_eq!(before.owner.as_ref().unwrap().contact_type, Some(ContactType::Individual));

    let change =
        ContactsChange::new().with_tech(contact("Ada")).with_bill(contact("Byron").with_data_obfuscated(false));
    let accepted = contacts.update(DOMAIN, change).await.unwrap();
    assert!(!accepted.message.is_empty());
    assert_eq!(contacts.get(DOMAIN).await.unwrap(), before);
    let second = contacts.update(DOMAIN, ContactsChange::new().with_admin(contact("Ada"))).await.unwrap_err();
    assert_eq!((second.kind(), second.outcome()), (ErrorKind::Conflict, Outcome::Refused));

    minutes(1).await;
    let after = contacts.get(DOMAIN).await.unwrap();
    assert_eq!(gandi.domains().get(DOMAIN).await.unwrap().contacts.as_ref(), Some(&after));
    assert_eq!((&after.owner, &after.admin), (&before.owner, &before.admin));
    let (tech, bill) = (after.tech.unwrap(), after.bill.unwrap());
    assert_eq!((tech.given.as_deref(), tech.data_obfuscated), (Some("Ada"), Some(true)));
    assert_eq!((bill.given.as_deref(), bill.data_obfuscated), (Some("Byron"), Some(false)));
}

#[tokio::test(start_paused = true)]
async fn an_owner_is_tried_before_it_is_set() {
    let (_, gandi) = with_domain();
    let contacts = gandi.contacts();
    let company = but(&contact("Ada"), |contact| contact.contact_type = ContactType::Company);
    let tried = contacts.check_set_owner(DOMAIN, company.clone()).await.unwrap();
    assert_eq!((tried.status.clone(), tried.is_accepted()), (DryRunStatus::Error, false));
    assert_eq!(tried.errors[0].name.as_deref(), Some("orgname"));
    let refused = contacts.set_owner(DOMAIN, company.clone()).await.unwrap_err();
    assert_eq!(refused.fields()[0].field, "orgname");

    let company = company.with_orgname("Analytical Engines");
    assert!(contacts.check_set_owner(DOMAIN, company.clone()).await.unwrap().is_accepted());
    minutes(1).await;
    assert_eq!(contacts.get(DOMAIN).await.unwrap().owner.unwrap().orgname, None);
    contacts.set_owner(DOMAIN, company).await.unwrap();
    minutes(1).await;
    let owner = contacts.get(DOMAIN).await.unwrap().owner.unwrap();
    assert_eq!(owner.orgname.as_deref(), Some("Analytical Engines"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_new_owner_is_not_asked_for_again() {
    let (fake, gandi) = with_domain();
    fake.world().fail_next(Fault::Lost { applied: true });
    let lost = gandi.contacts().set_owner(DOMAIN, contact("Ada")).await.unwrap_err();
    assert_eq!((lost.outcome(), lost.attempts(), fake.world().requests()), (Outcome::Unknown, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_contact_is_refused_by_its_field() {
    let (_, gandi) = with_domain();
    let contacts = gandi.contacts();
    for (field, wrong) in [
        ("country", but(&contact("Ada"), |contact| contact.country = "Britain".to_owned())),
        ("email", but(&contact("Ada"), |contact| contact.email = "ada".to_owned())),
        ("streetaddr", but(&contact("Ada"), |contact| contact.streetaddr = String::new())),
        ("phone", contact("Ada").with_phone("0207 946 0000")),
        ("type", but(&contact("Ada"), |contact| contact.contact_type = "robot".into())),
    ] {
        let error = contacts.set_owner(DOMAIN, wrong.clone()).await.unwrap_err();
        assert_eq!((error.kind(), error.fields()[0].field.as_str()), (ErrorKind::Invalid, field));
        let error = contacts.update(DOMAIN, ContactsChange::new().with_admin(wrong)).await.unwrap_err();
        assert_eq!(error.fields()[0].field, format!("admin.{field}"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_owner_is_reminded_to_confirm_the_address() {
    let (fake, gandi) = with_domain();
    assert_eq!(fake.reachability_reminders(DOMAIN), 0);
    gandi.contacts().resend_reachability(DOMAIN).await.unwrap();
    assert_eq!(fake.reachability_reminders(DOMAIN), 1);
}

#[tokio::test(start_paused = true)]
async fn domains_of_others_have_no_contacts_here() {
    let (fake, gandi) = with_domain();
    fake.registry().register(&Name::parse("example.net").unwrap(), "another", &[], SignedDuration::from_hours(24));
    let (contacts, change) = (gandi.contacts(), gandi.change_owner());
    for domain in ["example.net", "nowhere.org"] {
        assert!(contacts.get(domain).await.unwrap_err().is_not_found());
        assert!(contacts.update(domain, ContactsChange::new()).await.unwrap_err().is_not_found());
        assert!(contacts.set_owner(domain, contact("Ada")).await.unwrap_err().is_not_found());
        assert!(contacts.check_set_owner(domain, contact("Ada")).await.unwrap_err().is_not_found());
        assert!(contacts.resend_reachability(domain).await.unwrap_err().is_not_found());
        assert!(change.start(domain, contact("Ada")).await.unwrap_err().is_not_found());
        assert!(change.check_start(domain, contact("Ada")).await.unwrap_err().is_not_found());
        assert!(change.get(domain).await.unwrap_err().is_not_found());
        assert!(change.resend_foa(domain, "ada@example.com").await.unwrap_err().is_not_found());
    }
}

#[tokio::test(start_paused = true)]
async fn both_owners_agree_to_a_change() {
    let (fake, gandi) = with_domain();
    let change = gandi.change_owner();
    assert!(change.get(DOMAIN).await.unwrap_err().is_not_found());
    assert!(change.check_start(DOMAIN, contact("Ada")).await.unwrap().is_accepted());
    assert!(change.get(DOMAIN).await.unwrap_err().is_not_found(), "a dry run began a change");

    let accepted = change.start(DOMAIN, contact("Ada")).await.unwrap();
    assert_eq!(accepted.id(), Some(DOMAIN));
    let waiting = change.get(DOMAIN).await.unwrap();
    assert_eq!((waiting.step.clone(), waiting.stage()), (Step::Wait, Stage::Running));
    let asked: Vec<_> = waiting.foa.iter().map(|foa| (foa.email.as_deref().unwrap(), foa.answer.as_deref())).collect();
    assert_eq!(asked, [("owner@example.com", None), ("ada@example.com", None)]);

    change.resend_foa(DOMAIN, "ada@example.com").await.unwrap();
    assert_eq!(fake.change_of_owner_reminders(), ["ada@example.com"]);
    let nobody = change.resend_foa(DOMAIN, "eve@example.com").await.unwrap_err();
    assert_eq!(nobody.fields()[0].field, "email");
    let second = change.check_start(DOMAIN, contact("Byron")).await.unwrap_err();
    assert_eq!(second.kind(), ErrorKind::Conflict);
    assert_eq!(change.start(DOMAIN, contact("Byron")).await.unwrap_err().kind(), ErrorKind::Conflict);

    fake.answer_owner_changes(true);
    assert_eq!(change.get(DOMAIN).await.unwrap().step, Step::Run);
    let done = change.follow(DOMAIN).await.unwrap();
    assert_eq!(done.step, Step::Done);
    let params = done.params.unwrap();
    assert_eq!((params.answer_new_owner.as_deref(), params.answer_old_owner.as_deref()), (Some("true"), Some("true")));
    let owner = gandi.contacts().get(DOMAIN).await.unwrap().owner.unwrap();
    assert_eq!(owner.given.as_deref(), Some("Ada"));
}

#[tokio::test(start_paused = true)]
async fn an_owner_who_refuses_ends_a_change() {
    let (fake, gandi) = with_domain();
    let change = gandi.change_owner();
    change.start(DOMAIN, contact("Ada")).await.unwrap();
    fake.answer_owner_changes(false);
    let error = change.follow(DOMAIN).await.unwrap_err();
    assert!(error.to_string().contains("the change of owner of example.org ended"), "{error}");
    assert!(error.to_string().contains("did not agree"), "{error}");
    assert_ne!(gandi.contacts().get(DOMAIN).await.unwrap().owner.unwrap().given.as_deref(), Some("Ada"));
    change.start(DOMAIN, contact("Byron")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wrong_owner_is_refused_by_its_field() {
    let (_, gandi) = with_domain();
    let wrong = but(&contact("Ada"), |contact| contact.country = "Britain".to_owned());
    let tried = gandi.change_owner().check_start(DOMAIN, wrong.clone()).await.unwrap();
    assert_eq!(tried.errors[0].name.as_deref(), Some("owner.country"));
    let refused = gandi.change_owner().start(DOMAIN, wrong).await.unwrap_err();
    assert_eq!((refused.outcome(), refused.fields()[0].field.as_str()), (Outcome::Refused, "owner.country"));
}
