//! E-mail against the fake.

use howdah_core::{ErrorKind, Outcome, testing::Fault};
use howdah_gandi::{
    email::{Email, MailboxChange, MailboxId, MailboxRenewal, MailboxType, NewMailbox, NewSlot, SlotId, SlotStatus},
    testing::FakeGandi,
};

const DOMAIN: &str = "example.org";
const PASSWORD: &str = "correct-horse";

fn with_domain() -> (FakeGandi, Email) {
    let fake = FakeGandi::new();
    fake.register_domain(DOMAIN);
    let email = fake.client().email();
    (fake, email)
}

async fn with_mailbox() -> (FakeGandi, Email, MailboxId) {
    let (fake, email) = with_domain();
    let mailbox = NewMailbox::new("ada", PASSWORD, MailboxType::Standard).with_aliases(["countess".to_owned()]);
    let accepted = email.create_mailbox(DOMAIN, mailbox).await.unwrap();
    let id = MailboxId::new(accepted.id().unwrap().to_owned());
    (fake, email, id)
}

#[tokio::test(start_paused = true)]
async fn a_forward_lives() {
    let (_, email) = with_domain();
    email.create_forward(DOMAIN, "abuse", ["admin@example.net"]).await.unwrap();
    email.create_forward(DOMAIN, "hello", ["a@example.net", "b@example.net"]).await.unwrap();
    email.update_forward(DOMAIN, "abuse", ["other@example.net"]).await.unwrap();
    let forwards = email.list_forwards(DOMAIN).all().await.unwrap();
    assert_eq!(forwards[0].destinations, ["other@example.net"]);
    assert_eq!((forwards.len(), forwards[1].destinations.len()), (2, 2));

    email.delete_forward(DOMAIN, "abuse").await.unwrap();
    assert_eq!(email.list_forwards(DOMAIN).all().await.unwrap(), forwards[1..]);
    assert!(email.delete_forward(DOMAIN, "abuse").await.unwrap_err().is_not_found());
    assert!(email.update_forward(DOMAIN, "abuse", ["a@example.net"]).await.unwrap_err().is_not_found());
    assert!(email.list_forwards("example.net").all().await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_forward_that_cannot_be_is_refused_with_its_field() {
    let (_, email) = with_domain();
    for (source, destinations, field) in [
        ("", vec!["admin@example.net"], "source"),
        ("a@b", vec!["admin@example.net"], "source"),
        ("abuse", vec![], "destinations"),
        ("abuse", vec!["admin@example.net", "nobody"], "destinations"),
    ] {
        let error = email.create_forward(DOMAIN, source, destinations).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
        assert_eq!(error.fields()[0].field, field, "{source}");
    }
    email.create_forward(DOMAIN, "abuse", ["admin@example.net"]).await.unwrap();
    let again = email.create_forward(DOMAIN, "abuse", ["admin@example.net"]).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_lives() {
    let (fake, email, id) = with_mailbox().await;
    let mailbox = email.mailbox(DOMAIN, &id).await.unwrap();
    assert_eq!(mailbox.address.as_deref(), Some("ada@example.org"));
    assert_eq!(mailbox.aliases.as_deref(), Some(&["countess".to_owned()][..]));
    assert!(fake.mailbox_opens(DOMAIN, &id, PASSWORD));
    let listed = email.list_mailboxes(DOMAIN).all().await.unwrap();
    assert_eq!((listed.len(), &listed[0].id, &listed[0].aliases), (1, &id, &None));

    let change = MailboxChange::new().with_login("lovelace").with_password("battery-staple").with_aliases(Vec::new());
    email.update_mailbox(DOMAIN, &id, change).await.unwrap();
    let mailbox = email.mailbox(DOMAIN, &id).await.unwrap();
    assert_eq!(mailbox.address.as_deref(), Some("lovelace@example.org"));
    assert_eq!(mailbox.aliases, Some(Vec::new()));
    assert!(fake.mailbox_opens(DOMAIN, &id, "battery-staple") && !fake.mailbox_opens(DOMAIN, &id, PASSWORD));
    let wrong = MailboxChange::new().with_aliases(["a b".to_owned()]);
    assert_eq!(email.update_mailbox(DOMAIN, &id, wrong).await.unwrap_err().fields()[0].field, "aliases");

    fake.deliver_mail(DOMAIN, &id, 12.0);
    assert_eq!(email.mailbox(DOMAIN, &id).await.unwrap().quota_used, Some(12.0));
    email.purge_mailbox(DOMAIN, &id).await.unwrap();
    assert_eq!(email.mailbox(DOMAIN, &id).await.unwrap().quota_used, Some(0.0));

    email.delete_mailbox(DOMAIN, &id).await.unwrap();
    assert!(email.mailbox(DOMAIN, &id).await.unwrap_err().is_not_found());
    assert!(email.delete_mailbox(DOMAIN, &id).await.unwrap_err().is_not_found());
    assert!(email.purge_mailbox(DOMAIN, &id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_cannot_be_is_refused_with_its_field() {
    let (_, email, _) = with_mailbox().await;
    let standard = MailboxType::Standard;
    for (mailbox, field) in [
        (NewMailbox::new("a b", PASSWORD, standard.clone()), "login"),
        (NewMailbox::new("grace", "short", standard.clone()), "password"),
        (NewMailbox::new("grace", PASSWORD, MailboxType::Premium), "mailbox_type"),
        (NewMailbox::new("grace", PASSWORD, standard.clone()).with_aliases(["@".to_owned()]), "aliases"),
    ] {
        let error = email.create_mailbox(DOMAIN, mailbox).await.unwrap_err();
        assert_eq!((error.kind(), error.fields()[0].field.as_str()), (ErrorKind::Invalid, field));
    }
    let taken = email.create_mailbox(DOMAIN, NewMailbox::new("ada", PASSWORD, standard)).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_is_renewed_once_although_the_answer_was_lost() {
    let (fake, email, id) = with_mailbox().await;
    email.renew_mailbox(DOMAIN, &id, MailboxRenewal::new().with_duration(2_u32)).await.unwrap();
    assert_eq!(fake.mailbox_renewed(DOMAIN, &id), 2);
    fake.world().fail_next(Fault::Lost { applied: true });
    let lost = email.renew_mailbox(DOMAIN, &id, MailboxRenewal::new()).await.unwrap_err();
    assert_eq!((lost.outcome(), lost.attempts()), (Outcome::Unknown, 1));
    assert_eq!(fake.mailbox_renewed(DOMAIN, &id), 3);
    let never = email.renew_mailbox(DOMAIN, &id, MailboxRenewal::new().with_duration(0_u32)).await.unwrap_err();
    assert_eq!(never.fields()[0].field, "duration");
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_bought_taken_and_given_back() {
    use MailboxType::{Premium, Standard};
    use SlotStatus::{Active, Inactive};

    let (fake, email, ada) = with_mailbox().await;
    let states = async || {
        let slots = email.list_slots(DOMAIN).all().await.unwrap();
        slots.into_iter().map(|slot| (slot.mailbox_type.unwrap(), slot.status.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(states().await, [(Standard, Active), (Standard, Inactive)]);
    email.create_slot(DOMAIN, NewSlot::new(Premium)).await.unwrap();
    email.create_mailbox(DOMAIN, NewMailbox::new("grace", PASSWORD, Premium)).await.unwrap();
    assert_eq!(states().await, [(Standard, Active), (Standard, Inactive), (Premium, Active)]);

    email.delete_mailbox(DOMAIN, &ada).await.unwrap();
    assert_eq!(states().await[0], (Standard, Inactive));
    let slots = email.list_slots(DOMAIN).all().await.unwrap();
    assert_eq!(email.slot(DOMAIN, slots[2].id).await.unwrap(), slots[2]);
    assert_eq!((slots[0].refundable, slots[2].refundable), (Some(false), Some(true)));
    email.delete_slot(DOMAIN, slots[0].id).await.unwrap();
    assert_eq!(email.delete_slot(DOMAIN, slots[2].id).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(email.slot(DOMAIN, slots[0].id).await.unwrap_err().is_not_found());
    assert!(email.delete_slot(DOMAIN, SlotId::new(99)).await.unwrap_err().is_not_found());

    fake.world().fail_next(Fault::Lost { applied: true });
    let lost = email.create_slot(DOMAIN, NewSlot::new(Standard)).await.unwrap_err();
    assert_eq!((lost.outcome(), lost.attempts()), (Outcome::Unknown, 1));
    assert_eq!(states().await, [(Standard, Inactive), (Premium, Active), (Standard, Inactive)]);
}

#[tokio::test(start_paused = true)]
async fn an_offer_goes_forward_only() {
    let (_, email) = with_domain();
    let offer = email.offer(DOMAIN).await.unwrap();
    assert_eq!((offer.version.as_deref(), offer.status.as_deref()), (Some("1"), Some("active")));
    email.update_offer(DOMAIN, 2).await.unwrap();
    assert_eq!(email.offer(DOMAIN).await.unwrap().version.as_deref(), Some("2"));
    assert_eq!(email.update_offer(DOMAIN, 1).await.unwrap_err().fields()[0].field, "version");
}

#[tokio::test(start_paused = true)]
async fn a_password_is_in_no_output() {
    let mailbox = NewMailbox::new("ada", PASSWORD, MailboxType::Standard);
    let change = MailboxChange::new().with_password(PASSWORD);
    assert!(!format!("{mailbox:?}{change:?}").contains(PASSWORD));
    let (_, email) = with_domain();
    let error = email.create_mailbox("example.net", mailbox).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(PASSWORD));
}
