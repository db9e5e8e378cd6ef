//! Gandi as a `Registrar`.

use std::time::Duration;

use crate::common::{A_WHILE, fake, fields, owner};
use howdah_core::{
    ErrorKind, Outcome, Secret,
    dns::{DigestType, Dnskey, KeyInfo, Name},
    registrar::{
        AuthCode, AuthCodeDelivery, Confirm, GlueHost, KeyInput, Money, OperationState, Purchase, Registrar,
        TransferOrder,
    },
    testing::{Answer, Fault, TRANSFER_PROHIBITED},
};
use howdah_gandi::{GandiRegistrar, domains::Process, testing::FakeGandi};
use serde_json::json;
use tokio::time::{Instant, sleep};

const CODE: &str = "the-code";
const FIVE_DAYS: Duration = Duration::from_secs(5 * 24 * 3600);

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn domain() -> Name {
    name("example.com")
}

fn servers() -> [Name; 2] {
    ["ns1.example.net", "ns2.example.net"].map(name)
}

/// A fake where the domain is registered, and its registrar.
fn here() -> (FakeGandi, GandiRegistrar) {
    let fake = fake();
    fake.register_domain("example.com");
    let registrar = GandiRegistrar::new(fake.client());
    (fake, registrar)
}

/// A fake of which the domain is not, a registrar that may own it, and an order with its consent.
async fn elsewhere() -> (FakeGandi, GandiRegistrar, TransferOrder, Confirm) {
    let fake = fake();
    fake.register_elsewhere("example.com", CODE, &["ns1.example.net", "ns2.example.net"]);
    let registrar = GandiRegistrar::new(fake.client()).with_owner(owner());
    let order = TransferOrder::new(domain(), servers()).with_auth_code(Secret::from(CODE));
    let quote = registrar.quote(&domain(), Purchase::Transfer(1)).await.unwrap();
    let confirm = Confirm::up_to(quote.price.clone(), &quote).unwrap();
    (fake, registrar, order, confirm)
}

fn paid(fake: &FakeGandi) -> usize {
    fake.registry().domain(&domain()).unwrap().paid.len()
}

/// How often something that pays was asked for, carried out or not.
fn orders(fake: &FakeGandi) -> usize {
    let journal = fake.world().journal();
    // A dry run is answered with 200, and the real thing with 202 or a refusal.
    journal.iter().filter(|one| one.route.as_deref() == Some("POST /domain/transferin") && one.status != 200).count()
}

fn dnskey(fill: u8) -> Dnskey {
    Dnskey { flags: 257, protocol: 3, algorithm: 13, public_key: vec![fill; 64] }
}

fn key(fill: u8) -> KeyInfo {
    KeyInfo::new(dnskey(fill), [dnskey(fill).to_ds(&domain(), DigestType::Sha256)])
}

#[tokio::test(start_paused = true)]
async fn a_registration_is_read() {
    let (fake, registrar) = here();
    assert_eq!((registrar.name(), registrar.gandi().api().provider()), ("gandi", "gandi"));
    let capabilities = registrar.capabilities();
    assert_eq!((capabilities.auth_code, capabilities.keys), (AuthCodeDelivery::Returned, KeyInput::Key));
    assert!(capabilities.transfer_in && capabilities.glue && capabilities.name_servers);

    let held = fake.registry().domain(&domain()).unwrap();
    let registration = registrar.registration(&domain()).await.unwrap();
    assert_eq!(registration.name_servers, held.delegation.name_servers);
    assert_eq!((registration.transfer_lock, registration.auto_renew), (Some(true), Some(false)));
    assert_eq!((registration.created_at, registration.expires_at), (Some(held.created_at), Some(held.expires_at)));
    assert_eq!(registration.statuses, [TRANSFER_PROHIBITED]);
    assert!(registrar.registration(&name("example.org")).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn name_servers_lock_and_renewal_are_changed() {
    let (fake, registrar) = here();
    registrar.set_name_servers(&domain(), &servers()).await.unwrap();
    // One change waits for the other.
    registrar.set_transfer_lock(&domain(), false).await.unwrap();
    sleep(A_WHILE).await;
    registrar.set_auto_renew(&domain(), true).await.unwrap();
    let registration = registrar.registration(&domain()).await.unwrap();
    assert_eq!(registration.name_servers, servers());
    assert_eq!((registration.transfer_lock, registration.auto_renew), (Some(false), Some(true)));
    assert_eq!(fake.registry().published(&domain(), 0).unwrap().name_servers, servers());
}

#[tokio::test(start_paused = true)]
async fn a_change_does_not_wait_for_ever() {
    let (fake, registrar) = here();
    fake.registry().set_status(&domain(), "gandi", TRANSFER_PROHIBITED, false).unwrap();
    fake.registry().set_auth_code(&domain(), "gandi", CODE).unwrap();
    fake.registry().request_transfer(&domain(), "another", CODE, 1).unwrap();
    let started = Instant::now();
    let error = registrar.set_name_servers(&domain(), &servers()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Refused));
    assert_eq!(started.elapsed(), Duration::from_secs(120));
}

#[tokio::test(start_paused = true)]
async fn a_code_is_returned_once_the_domain_is_unlocked() {
    let (fake, registrar) = here();
    let locked = registrar.auth_code(&domain()).await.unwrap_err();
    assert_eq!((locked.kind(), locked.outcome()), (ErrorKind::Precondition, Outcome::Refused));
    registrar.set_transfer_lock(&domain(), false).await.unwrap();
    sleep(A_WHILE).await;
    let AuthCode::Returned(code) = registrar.auth_code(&domain()).await.unwrap() else {
        panic!("the code was not returned");
    };
    assert_eq!(fake.registry().check_transfer(&domain(), "another", Some(code.expose())), Ok(()));

    // A domain that came here unlocked has none until it is asked for.
    fake.registry().edit(&domain(), |held| held.auth_code = None);
    assert!(matches!(registrar.auth_code(&domain()).await.unwrap(), AuthCode::Returned(new) if new != code));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_added_verified_and_removed() {
    let (fake, registrar) = here();
    registrar.add_key(&domain(), &key(7)).await.unwrap();
    let held = fake.registry().domain(&domain()).unwrap();
    assert_eq!(held.delegation.ds, key(7).ds);
    let keys = registrar.keys(&domain()).await.unwrap();
    assert_eq!(keys.iter().map(|one| one.key.clone()).collect::<Vec<_>>(), [key(7)]);

    let before = fake.world().journal().len();
    registrar.add_key(&domain(), &key(7)).await.unwrap();
    let after = fake.world().journal();
    assert!(after[before..].iter().all(|one| one.method == "GET"), "a key that is there was added again");

    registrar.add_key(&domain(), &KeyInfo::new(dnskey(8), [])).await.unwrap();
    assert_eq!(registrar.keys(&domain()).await.unwrap().len(), 2);
    registrar.remove_key(&domain(), &keys[0]).await.unwrap();
    sleep(A_WHILE).await;
    assert_eq!(fake.registry().domain(&domain()).unwrap().delegation.ds, key(8).ds);
    registrar.remove_key(&domain(), &keys[0]).await.unwrap();
    let error = registrar.remove_key(&name("example.org"), &keys[0]).await.unwrap_err();
    assert!(error.is_not_found(), "the domain is not there, which is not the same as the key");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_key_for_a_parent_is_refused_before_it_is_sent() {
    let (fake, registrar) = here();
    let digest_only = KeyInfo::new(None, key(7).ds);
    let error = registrar.add_key(&domain(), &digest_only).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Precondition, Outcome::NotSent));
    assert!(error.to_string().contains("DNSKEY with flags 257"), "{error}");
    let signing = KeyInfo::new(Dnskey { flags: 256, ..dnskey(7) }, []);
    let mismatched = KeyInfo::new(dnskey(7), key(8).ds);
    for wrong in [signing, mismatched] {
        let error = registrar.add_key(&domain(), &wrong).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
    }
    assert_eq!(fake.world().requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_answer_was_lost_is_looked_for() {
    let (fake, registrar) = here();
    fake.world().fail_nth(2, Fault::Lost { applied: true });
    registrar.add_key(&domain(), &key(7)).await.unwrap();
    assert_eq!(fake.registry().domain(&domain()).unwrap().delegation.ds, key(7).ds);

    let started = Instant::now();
    fake.world().fail_nth(2, Fault::Lost { applied: false });
    let error = registrar.add_key(&domain(), &key(8)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::Unknown));
    assert!(started.elapsed() >= Duration::from_secs(120));
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_is_not_the_keys_is_an_alarm() {
    let (fake, registrar) = here();
    let wrong = json!([{
        "id": 5,
        "algorithm": 13,
        "digest": "00".repeat(32),
        "digest_type": 2,
        "keytag": dnskey(7).key_tag(),
        "type": "ksk",
        "public_key": data_encoding::BASE64.encode(&[7; 64]),
    }]);
    let answer = Answer::json(200, wrong);
    fake.world().fail_nth(3, Fault::Answer { applied: true, answer });
    let error = registrar.add_key(&domain(), &key(7)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Applied));
    assert!(error.to_string().contains("remove the key 5 at once"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_quote_has_taxes_and_years() {
    let (fake, registrar) = here();
    fake.set_price(&Process::Renew, 18.12);
    let quote = registrar.quote(&domain(), Purchase::Renewal(2)).await.unwrap();
    assert_eq!((quote.price, quote.premium), (Money::new(3624, "EUR"), false));
    let dollars = registrar.clone().with_currency("USD");
    assert_eq!(dollars.quote(&domain(), Purchase::Renewal(1)).await.unwrap().price, Money::new(1812, "USD"));
    fake.set_premium_price("example.net", 500.0);
    let quote = registrar.quote(&name("example.net"), Purchase::Registration(1)).await.unwrap();
    assert_eq!((quote.price, quote.premium), (Money::new(50_000, "EUR"), true));
    let error = registrar.quote(&domain(), Purchase::Transfer(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Precondition, Outcome::Refused));
    assert_eq!(error.message(), "Gandi calls the transfer of example.com. `unavailable`");

    // What is not known yet is asked for again.
    let pending = json!({ "currency": "EUR", "products": [{ "process": "renew", "status": "pending" }] });
    fake.world().fail_next(Fault::Answer { applied: false, answer: Answer::json(200, pending) });
    assert!(registrar.quote(&domain(), Purchase::Renewal(1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_checked() {
    let (fake, registrar, ..) = elsewhere().await;
    let right = registrar.check_transfer(&domain(), Some(&CODE.into())).await.unwrap();
    assert_eq!((right.feasible, right.needs_auth_code), (true, Some(true)));
    let wrong = registrar.check_transfer(&domain(), Some(&"wrong".into())).await.unwrap();
    assert_eq!((wrong.feasible, wrong.because.as_deref()), (false, Some("invalid authorization information")));
    fake.register_domain("example.net");
    let ours = registrar.check_transfer(&name("example.net"), None).await.unwrap();
    assert!(!ours.feasible && ours.because.unwrap().contains("at Gandi already"));
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_paid_once_and_ends_with_the_servers_it_names() {
    let (fake, registrar, order, confirm) = elsewhere().await;
    assert_eq!(registrar.transfer(&domain()).await.unwrap(), None);
    let begun = registrar.transfer_in(&order, &confirm).await.unwrap();
    assert_eq!((begun.id.as_str(), begun.state.clone()), ("example.com", OperationState::Pending));
    assert!(begun.started_at.is_some());
    assert_eq!(registrar.transfer_in(&order, &confirm).await.unwrap(), begun);
    sleep(A_WHILE).await;
    let running = registrar.transfer(&domain()).await.unwrap().unwrap();
    assert_eq!(running.state, OperationState::InProgress { step: "RUN: wait_registry".to_owned() });
    assert_eq!(registrar.transfer_in(&order, &confirm).await.unwrap(), running);
    assert_eq!((orders(&fake), paid(&fake)), (1, 1));

    sleep(FIVE_DAYS).await;
    assert_eq!(registrar.transfer(&domain()).await.unwrap().unwrap().state, OperationState::Succeeded);
    assert_eq!(registrar.registration(&domain()).await.unwrap().name_servers, servers());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_paid_without_consent_or_owner() {
    let (fake, registrar, order, confirm) = elsewhere().await;
    let nobody = GandiRegistrar::new(fake.client());
    let error = nobody.transfer_in(&order, &confirm).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Config, Outcome::NotSent));
    assert!(error.message().contains("with_owner"));

    fake.set_price(&Process::Transfer, 15.01);
    let error = registrar.transfer_in(&order, &confirm).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Payment, Outcome::NotSent));
    fake.set_price(&Process::Transfer, 15.0);

    let longer = order.clone().with_years(2);
    assert_eq!(registrar.transfer_in(&longer, &confirm).await.unwrap_err().kind(), ErrorKind::Invalid);
    let codeless = TransferOrder::new(domain(), servers());
    let error = registrar.transfer_in(&codeless, &confirm).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), fields(&error)[0].0),
        (ErrorKind::Invalid, Outcome::Refused, "authinfo")
    );
    assert_eq!((orders(&fake), paid(&fake)), (0, 0));

    fake.refuse_payment(true);
    let error = registrar.transfer_in(&order, &confirm).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Payment, Outcome::Refused));
    assert_eq!(registrar.transfer(&domain()).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_resolved_by_looking() {
    // The fourth request is the one that pays: a look, the price, a dry run, and then.
    for fault in [Fault::Lost { applied: true }, Fault::Silence { applied: true }] {
        let (fake, registrar, order, confirm) = elsewhere().await;
        fake.world().fail_nth(4, fault);
        let found = registrar.transfer_in(&order, &confirm).await.unwrap();
        assert_eq!(found.id, "example.com");
        sleep(A_WHILE).await;
        registrar.transfer(&domain()).await.unwrap().unwrap();
        assert_eq!((orders(&fake), paid(&fake)), (1, 1));
    }
    let (fake, registrar, order, confirm) = elsewhere().await;
    fake.world().fail_nth(4, Fault::Lost { applied: false });
    let error = registrar.transfer_in(&order, &confirm).await.unwrap_err();
    assert_eq!((error.outcome(), error.route()), (Outcome::Unknown, Some("POST /domain/transferin")));
    assert_eq!(orders(&fake), 0);

    let (fake, registrar, order, confirm) = elsewhere().await;
    let answer = Answer::json(200, json!({ "status": "success", "errors": [] }));
    fake.world().fail_nth(4, Fault::Answer { applied: false, answer });
    let error = registrar.transfer_in(&order, &confirm).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Refused));
}

#[tokio::test(start_paused = true)]
async fn a_transfer_that_stopped_says_why_and_is_corrected() {
    let (fake, registrar, order, confirm) = elsewhere().await;
    let order = order.with_auth_code(Secret::from("wrong"));
    registrar.transfer_in(&order, &confirm).await.unwrap();
    sleep(A_WHILE).await;
    let stopped = registrar.transfer(&domain()).await.unwrap().unwrap();
    assert_eq!(stopped.state, OperationState::Blocked { why: "The authorization code is wrong".to_owned() });
    // It was paid for: another order does not pay again.
    assert_eq!(registrar.transfer_in(&order, &confirm).await.unwrap(), stopped);
    registrar.correct_transfer(&domain(), &CODE.into()).await.unwrap();
    sleep(A_WHILE).await;
    let running = registrar.transfer(&domain()).await.unwrap().unwrap();
    assert!(matches!(running.state, OperationState::InProgress { .. }), "{running:?}");
    assert_eq!((orders(&fake), paid(&fake)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn somebody_may_have_to_agree() {
    let (fake, registrar, order, confirm) = elsewhere().await;
    fake.require_foa(true);
    registrar.transfer_in(&order, &confirm).await.unwrap();
    sleep(A_WHILE).await;
    let waiting = registrar.transfer(&domain()).await.unwrap().unwrap();
    let OperationState::ActionRequired { what, who } = waiting.state else {
        panic!("nobody is asked: {waiting:?}");
    };
    assert_eq!((what.as_str(), who.as_str()), ("agree to the transfer in the mail from Gandi", "ada@example.org"));
    fake.answer_foa("example.com", true);
    let running = registrar.transfer(&domain()).await.unwrap().unwrap();
    assert!(matches!(running.state, OperationState::InProgress { .. }), "{running:?}");
}

#[tokio::test(start_paused = true)]
async fn a_premium_domain_is_ordered_with_its_price() {
    let (fake, registrar, order, _) = elsewhere().await;
    fake.set_premium_price("example.com", 500.0);
    let quote = registrar.quote(&domain(), Purchase::Transfer(1)).await.unwrap();
    assert!(quote.premium);
    let confirm = Confirm::up_to("500.00 EUR".parse().unwrap(), &quote).unwrap();
    registrar.transfer_in(&order, &confirm).await.unwrap();
    assert_eq!(orders(&fake), 1);
}

#[tokio::test(start_paused = true)]
async fn glue_comes_changes_and_goes() {
    let (fake, registrar) = here();
    let host = |addresses: &[&str]| GlueHost {
        host: name("ns1.example.com"),
        addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
    };
    for addresses in [&["192.0.2.1", "2001:db8::1"][..], &["192.0.2.2"]] {
        registrar.set_glue(&domain(), &host(addresses)).await.unwrap();
        sleep(A_WHILE).await;
        assert_eq!(registrar.glue(&domain()).await.unwrap(), [host(addresses)]);
    }
    let before = fake.world().journal().len();
    registrar.set_glue(&domain(), &host(&["192.0.2.2"])).await.unwrap();
    assert_eq!(fake.world().journal().len(), before + 1, "what is there already was set again");
    for _ in 0..2 {
        registrar.set_glue(&domain(), &host(&[])).await.unwrap();
        sleep(A_WHILE).await;
        assert_eq!(registrar.glue(&domain()).await.unwrap(), []);
    }
    let outside = GlueHost { host: name("ns1.example.net"), addresses: vec!["192.0.2.1".parse().unwrap()] };
    let error = registrar.set_glue(&domain(), &outside).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
}
