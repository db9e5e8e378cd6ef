//! The registrar against the fake.

use std::{collections::BTreeMap, time::Duration};

use howdah_core::{
    Clock, ErrorKind, Outcome,
    http::{Repeat, Stage, Staged, Verb},
    testing::Fault,
};
use howdah_dnsimple::{
    Account,
    contacts::ContactId,
    domains::DomainState,
    registrar::{
        self, DomainTransfer, NewRegistration, NewRenewal, NewRestore, NewTransfer, Registrar, RegistrationState,
        RenewalState, RestoreState, TransferState,
    },
    testing::{FakeDnSimple, Plan},
    zones::NewRecord,
};
use jiff::civil::date;

use crate::common::contact;

const DOMAIN: &str = "example.com";
const DNSIMPLE: [&str; 4] =
    ["ns1.dnsimple-edge.com", "ns2.dnsimple-edge.net", "ns3.dnsimple-edge.io", "ns4.dnsimple-edge.org"];

async fn with_contact() -> (FakeDnSimple, Account, ContactId) {
    let clock = Clock::starting_at("2024-02-01T12:00:00Z".parse().unwrap());
    let fake = FakeDnSimple::at(clock);
    let account = fake.account();
    let contact = account.contacts().create(contact("Ada")).await.unwrap().id;
    (fake, account, contact)
}

/// With a domain that is registered here.
async fn with_domain() -> (FakeDnSimple, Account, Registrar) {
    let (fake, account, contact) = with_contact().await;
    fake.register_domain(DOMAIN, contact);
    let registrar = account.registrar();
    (fake, account, registrar)
}

async fn sleep_days(days: u64) {
    tokio::time::sleep(Duration::from_secs(days * 24 * 3600)).await;
}

fn attributes(name: &str, value: &str) -> BTreeMap<String, String> {
    [(name.to_owned(), value.to_owned())].into()
}

fn names(repeat: Repeat) -> Vec<&'static str> {
    let writing = registrar::OPERATIONS.iter().filter(|operation| operation.route().method != Verb::Get);
    writing.filter(|operation| operation.route().repeat == repeat).map(|operation| operation.name()).collect()
}

/// A new operation that writes is in neither list, and somebody has to say whether it pays.
#[test]
fn what_pays_is_never_repeated() {
    let paying = ["REGISTER", "TRANSFER", "RENEW", "RESTORE", "ENABLE_WHOIS_PRIVACY"];
    let once = names(Repeat::Once);
    assert!(paying.iter().all(|operation| once.contains(operation)));
    let others: Vec<_> = once.into_iter().filter(|operation| !paying.contains(operation)).collect();
    assert_eq!(others, ["AUTHORIZE_TRANSFER_OUT", "ENABLE_TRANSFER_LOCK"]);
    assert_eq!(
        names(Repeat::Idempotent),
        [
            "CANCEL_TRANSFER",
            "CHANGE_DELEGATION",
            "DELEGATE_TO_VANITY",
            "DELEGATE_FROM_VANITY",
            "DISABLE_TRANSFER_LOCK",
            "ENABLE_AUTO_RENEWAL",
            "DISABLE_AUTO_RENEWAL",
            "DISABLE_WHOIS_PRIVACY",
        ]
    );
    assert_eq!(names(Repeat::Safe), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_registered() {
    let (_, account, contact) = with_contact().await;
    let registrar = account.registrar();
    let check = registrar.check("example.eu").await.unwrap();
    assert!(check.available);
    assert_eq!((check.premium, check.trustee), (Some(false), Some(true)));
    let prices = registrar.prices("example.eu").await.unwrap();
    assert_eq!(
        (prices.premium, prices.registration_price, prices.restore_price),
        (Some(false), Some(16.5), Some(120.0))
    );

    let new = NewRegistration::new(contact)
        .with_auto_renew(true)
        .with_whois_privacy(true)
        .with_trustee(true)
        .with_extended_attributes(attributes("x-eu-registrant-citizenship", "it"));
    let mut begun = registrar.register_domain("example.eu", new).await.unwrap();
    let first = begun.latest().unwrap().clone();
    assert_eq!((first.state, first.period), (RegistrationState::New, Some(1)));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(begun.refresh().await.unwrap().state, RegistrationState::Registering);
    let hosted = account.domains().get("example.eu").await.unwrap();
    assert_eq!((hosted.state, hosted.expires_on), (DomainState::Hosted, None));

    let registered = begun.await.unwrap();
    assert_eq!(registered.state, RegistrationState::Registered);
    assert_eq!(
        (registered.auto_renew, registered.whois_privacy, registered.trustee),
        (Some(true), Some(true), Some(true))
    );
    let again = registrar.registration("example.eu", first.id).await.unwrap();
    assert_eq!(again, registered);
    assert_eq!(registrar.follow_registration("example.eu", first.id).await.unwrap(), again);

    let domain = account.domains().get("example.eu").await.unwrap();
    assert_eq!((domain.state, domain.registrant_id), (DomainState::Registered, Some(contact)));
    assert_eq!(domain.expires_on, Some(date(2025, 2, 1)));
    assert_eq!((domain.auto_renew, domain.private_whois), (Some(true), Some(true)));
    assert!(!registrar.check("example.eu").await.unwrap().available);
    assert_eq!(registrar.delegation("example.eu").await.unwrap(), DNSIMPLE);
    let other = registrar.registration("example.eu", 1u64.into()).await.unwrap_err();
    assert!(other.is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_registered_is_refused() {
    let (fake, account, contact) = with_contact().await;
    let registrar = account.registrar();
    let plain = || NewRegistration::new(contact);
    for (domain, new, field, message) in [
        ("example.eu", NewRegistration::new(7u64), "registrant_id", "is not a contact of the account"),
        ("example.com", plain().with_trustee(true), "trustee", "is not available for this TLD"),
        ("example.com", plain().with_linked_provider("other"), "linked_provider", "is not linked to the account"),
        ("nonsense", plain(), "name", "is an invalid domain"),
        (
            "example.eu",
            plain().with_extended_attributes(attributes("x-eu-registrant-citizenship", "us")),
            "x-eu-registrant-citizenship",
            "it's not one of the options",
        ),
        (
            "example.com",
            plain().with_extended_attributes(attributes("x-shoe-size", "43")),
            "x-shoe-size",
            "it's unknown",
        ),
    ] {
        let error = registrar.register_domain(domain, new).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
        assert_eq!(error.fields()[0].field, field);
        assert_eq!(error.fields()[0].message, message);
    }

    fake.hold_elsewhere("taken.com");
    assert!(!registrar.check("taken.com").await.unwrap().available);
    let taken = registrar.register_domain("taken.com", plain()).await.unwrap_err();
    assert_eq!(taken.message(), "taken.com is not available");
    for unknown in [
        registrar.prices("example.pineapple").await.unwrap_err(),
        registrar.check("example.pineapple").await.unwrap_err(),
    ] {
        assert_eq!(unknown.message(), "The TLD .pineapple is not supported");
    }

    let begun = registrar.register_domain(DOMAIN, plain()).await.unwrap();
    let second = registrar.register_domain(DOMAIN, plain()).await.unwrap_err();
    assert_eq!(second.message(), "There is work going on for example.com already");
    begun.await.unwrap();
    let third = registrar.register_domain(DOMAIN, plain()).await.unwrap_err();
    assert_eq!(third.message(), "example.com is not available");
}

#[tokio::test(start_paused = true)]
async fn a_premium_price_has_to_be_confirmed() {
    let (fake, account, contact) = with_contact().await;
    let registrar = account.registrar();
    fake.set_premium_price("ruby.social", "2640.00");
    assert_eq!(registrar.check("ruby.social").await.unwrap().premium, Some(true));
    let prices = registrar.prices("ruby.social").await.unwrap();
    assert_eq!((prices.premium, prices.registration_price), (Some(true), Some(2640.0)));

    for price in [None, Some("16.50")] {
        let mut new = NewRegistration::new(contact);
        new.premium_price = price.map(str::to_owned);
        let error = registrar.register_domain("ruby.social", new).await.unwrap_err();
        assert_eq!(error.fields()[0].field, "premium_price");
    }
    let new = NewRegistration::new(contact).with_premium_price("2640.00");
    let registered = registrar.register_domain("ruby.social", new).await.unwrap();
    assert_eq!(registered.await.unwrap().state, RegistrationState::Registered);
    let renewal = NewRenewal::new(1u32).with_premium_price("2640.00");
    let renewal = registrar.renew_domain("ruby.social", renewal).await.unwrap();
    assert_eq!(renewal.await.unwrap().state, RenewalState::Renewed);
}

#[tokio::test(start_paused = true)]
async fn a_failure_at_the_registry_ends_the_waiting() {
    let (fake, account, contact) = with_contact().await;
    let registrar = account.registrar();
    fake.fail_at_registry(DOMAIN, "The registry refused the name");
    let begun = registrar.register_domain(DOMAIN, NewRegistration::new(contact)).await.unwrap();
    let id = begun.latest().unwrap().id;
    let error = begun.await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
    assert!(error.to_string().contains("the registration failed"), "{error}");
    let failed = registrar.registration(DOMAIN, id).await.unwrap();
    assert_eq!(failed.state, RegistrationState::Failed);
    let domain = account.domains().get(DOMAIN).await.unwrap();
    assert_eq!(domain.state, DomainState::Hosted);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_does_not_pay_twice() {
    let (fake, account, contact) = with_contact().await;
    let registrar = account.registrar();
    let asked = |route: &str| {
        let journal = fake.world().journal().into_iter();
        journal.filter(|one| one.route.as_deref() == Some(route)).count()
    };

    fake.world().fail_next(Fault::Lost { applied: true });
    let new = NewRegistration::new(contact);
    let error = registrar.register_domain(DOMAIN, new).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    assert_eq!(asked("POST /{account}/registrar/domains/{domain}/registrations"), 1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let domain = account.domains().get(DOMAIN).await.unwrap();
    assert_eq!(domain.state, DomainState::Registered);

    fake.world().fail_next(Fault::Lost { applied: true });
    let error = registrar.renew_domain(DOMAIN, NewRenewal::new(1u32)).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    tokio::time::sleep(Duration::from_secs(60)).await;
    let domain = account.domains().get(DOMAIN).await.unwrap();
    assert_eq!(domain.expires_on, Some(date(2026, 2, 1)));

    fake.world().fail_next(Fault::Lost { applied: true });
    let error = registrar.enable_whois_privacy(DOMAIN).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    assert_eq!(asked("PUT /{account}/registrar/domains/{domain}/whois_privacy"), 1);

    // What does not pay is repeated.
    fake.world().fail_next(Fault::Lost { applied: true });
    registrar.enable_auto_renewal(DOMAIN).await.unwrap();
    assert_eq!(asked("PUT /{account}/registrar/domains/{domain}/auto_renewal"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_declined_payment_changes_nothing() {
    let (fake, account, registrar) = with_domain().await;
    let contact = account.domains().get(DOMAIN).await.unwrap().registrant_id.unwrap();
    fake.register_elsewhere("example.net", "a-code", &["ns1.example.org", "ns2.example.org"]);
    fake.refuse_payment(true);
    let transfer = NewTransfer::new(contact).with_auth_code("a-code");
    for error in [
        registrar.register_domain("new.com", NewRegistration::new(contact)).await.unwrap_err(),
        registrar.transfer_domain("example.net", transfer).await.unwrap_err(),
        registrar.renew_domain(DOMAIN, NewRenewal::new(1u32)).await.unwrap_err(),
        registrar.enable_whois_privacy(DOMAIN).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Payment, Outcome::Refused));
    }
    assert!(account.domains().get("new.com").await.unwrap_err().is_not_found());
    assert!(account.domains().get("example.net").await.unwrap_err().is_not_found());

    sleep_days(400).await;
    let error = registrar.restore_domain(DOMAIN, NewRestore::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Payment);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_takes_days_and_keeps_the_delegation() {
    let (fake, account, contact) = with_contact().await;
    let registrar = account.registrar();
    let servers = ["ns1.example.org", "ns2.example.org"];
    fake.register_elsewhere(DOMAIN, "a-code", &servers);
    assert!(!registrar.check(DOMAIN).await.unwrap().available);

    let new = NewTransfer::new(contact)
        .with_auth_code("a-code")
        .with_auto_renew(true)
        .with_whois_privacy(true)
        .with_trustee(false)
        .with_extended_attributes(BTreeMap::new());
    assert!(!format!("{new:?}").contains("a-code"), "the code is a secret");
    let begun = registrar.transfer_domain(DOMAIN, new).await.unwrap();
    let first = begun.latest().unwrap().clone();
    assert_eq!((first.state, first.status_description), (TransferState::New, None));
    drop(begun);
    sleep_days(1).await;
    let under_way = registrar.transfer(DOMAIN, first.id).await.unwrap();
    assert_eq!(under_way.state, TransferState::Transferring);
    let second = NewTransfer::new(contact).with_auth_code("a-code");
    let second = registrar.transfer_domain(DOMAIN, second).await.unwrap_err();
    assert_eq!(second.message(), "There is work going on for example.com already");

    // Another process, which kept the transfer's number.
    let elsewhere = fake.account().registrar();
    let transfer = elsewhere.follow_transfer(DOMAIN, first.id).await.unwrap();
    assert_eq!(transfer.state, TransferState::Transferred);
    let domain = account.domains().get(DOMAIN).await.unwrap();
    assert_eq!((domain.state, domain.auto_renew), (DomainState::Registered, Some(true)));
    assert_eq!(registrar.delegation(DOMAIN).await.unwrap(), servers);
    assert!(registrar.transfer_lock(DOMAIN).await.unwrap().enabled);

    let late = registrar.cancel_transfer(DOMAIN, first.id).await.unwrap_err();
    assert!(late.is_invalid());
    let again = NewTransfer::new(contact).with_auth_code("a-code");
    let again = registrar.transfer_domain(DOMAIN, again).await.unwrap_err();
    assert_eq!(again.message(), "example.com is registered here already");
}

#[tokio::test(start_paused = true)]
async fn a_hosted_domain_is_transferred_to_where_it_is_hosted() {
    let (fake, account, contact) = with_contact().await;
    fake.create_zone(DOMAIN);
    fake.register_elsewhere(DOMAIN, "any", &DNSIMPLE);
    let before = fake.records(DOMAIN);
    let transfer = NewTransfer::new(contact).with_auth_code("any");
    let transfer = account.registrar().transfer_domain(DOMAIN, transfer).await.unwrap();
    assert_eq!(transfer.await.unwrap().state, TransferState::Transferred);
    assert_eq!(fake.records(DOMAIN), before);
    assert_eq!(account.registrar().delegation(DOMAIN).await.unwrap(), DNSIMPLE);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_fails_or_is_cancelled() {
    let (fake, account, contact) = with_contact().await;
    let registrar = account.registrar();
    fake.register_elsewhere(DOMAIN, "a-code", &["ns1.example.org", "ns2.example.org"]);
    let transfer = |code: &str| NewTransfer::new(contact).with_auth_code(code);

    let error = registrar.transfer_domain(DOMAIN, NewTransfer::new(contact)).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "auth_code");
    let error = registrar.transfer_domain("new.com", transfer("a-code")).await.unwrap_err();
    assert_eq!(error.message(), "new.com is not registered");

    let begun = registrar.transfer_domain(DOMAIN, transfer("wrong")).await.unwrap();
    let error = begun.await.unwrap_err();
    assert!(error.to_string().contains("the transfer failed: The authorization code is invalid"), "{error}");

    let mut begun = registrar.transfer_domain(DOMAIN, transfer("a-code")).await.unwrap();
    let id = begun.latest().unwrap().id;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let answer = registrar.cancel_transfer(DOMAIN, id).await.unwrap();
    assert_eq!(answer.state, TransferState::Transferring);
    assert_eq!(begun.refresh().await.unwrap().state, TransferState::Transferring);
    let error = begun.await.unwrap_err();
    assert!(error.to_string().contains("the transfer was cancelled"), "{error}");
    let cancelled = registrar.transfer(DOMAIN, id).await.unwrap();
    assert_eq!(cancelled.state, TransferState::Cancelled);
    assert!(registrar.cancel_transfer(DOMAIN, 1u64.into()).await.unwrap_err().is_not_found());

    let begun = registrar.transfer_domain(DOMAIN, transfer("a-code")).await.unwrap();
    fake.fail_at_registry(DOMAIN, "The other registrar said no");
    let error = begun.await.unwrap_err();
    assert!(error.to_string().contains("The other registrar said no"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_adds_years() {
    let (fake, account, registrar) = with_domain().await;
    let begun = registrar.renew_domain(DOMAIN, NewRenewal::new(2u32)).await.unwrap();
    let id = begun.latest().unwrap().id;
    let renewed = begun.await.unwrap();
    assert_eq!((renewed.state.clone(), renewed.period), (RenewalState::Renewed, Some(2)));
    assert_eq!(registrar.renewal(DOMAIN, id).await.unwrap(), renewed);
    assert_eq!(registrar.follow_renewal(DOMAIN, id).await.unwrap(), renewed);
    let domain = account.domains().get(DOMAIN).await.unwrap();
    assert_eq!(domain.expires_on, Some(date(2027, 2, 1)));

    let error = registrar.renew_domain(DOMAIN, NewRenewal::new(10u32)).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "period");
    let error = registrar.renew_domain(DOMAIN, NewRenewal::new(8u32)).await.unwrap_err();
    assert_eq!(error.message(), "example.com cannot be renewed for that long yet");
    fake.register_domain("example.de", domain.registrant_id.unwrap());
    let error = registrar.renew_domain("example.de", NewRenewal::new(1u32)).await.unwrap_err();
    assert_eq!(error.message(), "Domains of this TLD renew by themselves only");

    fake.fail_at_registry(DOMAIN, "no");
    let begun = registrar.renew_domain(DOMAIN, NewRenewal::new(1u32)).await.unwrap();
    let error = begun.await.unwrap_err();
    assert!(error.to_string().contains("the renewal failed"), "{error}");
    assert!(registrar.renewal(DOMAIN, 1u64.into()).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_domain_runs_out_and_is_restored() {
    let (fake, account, registrar) = with_domain().await;
    let contact = account.domains().get(DOMAIN).await.unwrap().registrant_id.unwrap();
    fake.register_domain("kept.com", contact);
    registrar.enable_auto_renewal("kept.com").await.unwrap();
    registrar.enable_auto_renewal(DOMAIN).await.unwrap();
    registrar.disable_auto_renewal(DOMAIN).await.unwrap();
    let error = registrar.restore_domain(DOMAIN, NewRestore::new()).await.unwrap_err();
    assert_eq!(error.message(), "The domain does not have to be restored");

    sleep_days(400).await;
    let kept = account.domains().get("kept.com").await.unwrap();
    assert_eq!((kept.state, kept.expires_on), (DomainState::Registered, Some(date(2026, 2, 1))));
    let domain = account.domains().get(DOMAIN).await.unwrap();
    assert_eq!(domain.state, DomainState::Expired);
    let error = registrar.renew_domain(DOMAIN, NewRenewal::new(1u32)).await.unwrap_err();
    assert_eq!(error.message(), "The domain has run out and has to be restored");

    fake.fail_at_registry(DOMAIN, "no");
    let begun = registrar.restore_domain(DOMAIN, NewRestore::new()).await.unwrap();
    let error = begun.await.unwrap_err();
    assert!(error.to_string().contains("the restore was cancelled"), "{error}");

    fake.set_premium_price(DOMAIN, "109.00");
    let restore = NewRestore::new().with_premium_price("109.00");
    let begun = registrar.restore_domain(DOMAIN, restore).await.unwrap();
    let id = begun.latest().unwrap().id;
    let restored = begun.await.unwrap();
    assert_eq!(restored.state, RestoreState::Restored);
    assert_eq!(registrar.restore(DOMAIN, id).await.unwrap(), restored);
    assert_eq!(registrar.follow_restore(DOMAIN, id).await.unwrap(), restored);
    let domain = account.domains().get(DOMAIN).await.unwrap();
    assert_eq!((domain.state, domain.expires_on), (DomainState::Registered, Some(date(2026, 2, 1))));
    assert!(registrar.restore(DOMAIN, 1u64.into()).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn the_delegation_changes() {
    let (_, _, registrar) = with_domain().await;
    assert_eq!(registrar.delegation(DOMAIN).await.unwrap(), DNSIMPLE);
    let changed = registrar.change_delegation(DOMAIN, ["ns1.example.net.", "NS2.example.net"]);
    assert_eq!(changed.await.unwrap(), ["ns1.example.net", "ns2.example.net"]);
    assert_eq!(registrar.delegation(DOMAIN).await.unwrap(), ["ns1.example.net", "ns2.example.net"]);
    for servers in [vec!["ns1.example.net"], vec!["a..b", "ns2.example.net"]] {
        let error = registrar.change_delegation(DOMAIN, servers).await.unwrap_err();
        assert_eq!(error.fields()[0].field, "name_servers");
    }
    assert_eq!(registrar.delegation(DOMAIN).await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn vanity_name_servers_need_addresses_and_a_plan() {
    let (fake, account, registrar) = with_domain().await;
    let servers = ["ns1.example.com", "ns2.example.com"];
    let error = registrar.delegate_to_vanity(DOMAIN, servers).await.unwrap_err();
    assert_eq!(error.message(), "ns1.example.com is not a vanity name server");
    for (host, ipv4, ipv6) in [("ns1", "192.0.2.1", "2001:db8::1"), ("ns2", "192.0.2.2", "2001:db8::2")] {
        for record in [NewRecord::new(host, "A", ipv4), NewRecord::new(host, "AAAA", ipv6)] {
            account.zones().create_record(DOMAIN, record).await.unwrap();
        }
    }
    let delegated = registrar.delegate_to_vanity(DOMAIN, servers).await.unwrap();
    assert_eq!(delegated.len(), 2);
    assert_eq!(delegated[1].name, "ns2.example.com");
    assert_eq!(delegated[1].ipv4, "192.0.2.2".parse().ok());
    assert_eq!(delegated[1].ipv6, "2001:db8::2".parse().ok());
    assert_eq!(registrar.delegation(DOMAIN).await.unwrap(), servers);
    registrar.delegate_from_vanity(DOMAIN).await.unwrap();
    assert_eq!(registrar.delegation(DOMAIN).await.unwrap(), DNSIMPLE);

    fake.set_plan({
        let mut plan = Plan::default();
        plan.vanity = false;
        plan
    });
    for error in [
        registrar.delegate_to_vanity(DOMAIN, servers).await.unwrap_err(),
        registrar.delegate_from_vanity(DOMAIN).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::PlanRequired);
    }
}

#[tokio::test(start_paused = true)]
async fn the_lock_is_opened_and_the_code_is_mailed() {
    let (fake, _, registrar) = with_domain().await;
    assert!(registrar.transfer_lock(DOMAIN).await.unwrap().enabled);
    assert!(!registrar.disable_transfer_lock(DOMAIN).await.unwrap().enabled);
    assert!(!registrar.transfer_lock(DOMAIN).await.unwrap().enabled);
    assert!(registrar.enable_transfer_lock(DOMAIN).await.unwrap().enabled);
    assert_eq!(fake.mailed_auth_codes(DOMAIN).len(), 0);

    registrar.authorize_transfer_out(DOMAIN).await.unwrap();
    assert!(!registrar.transfer_lock(DOMAIN).await.unwrap().enabled);
    let codes = fake.mailed_auth_codes(DOMAIN);
    assert_eq!(codes.len(), 1);
    let shown = serde_json::to_string(&fake.world().journal()).unwrap();
    assert!(!shown.contains(&codes[0]), "the code is in no answer");
}

#[tokio::test(start_paused = true)]
async fn whois_privacy_is_bought_by_the_year() {
    let (fake, account, registrar) = with_domain().await;
    assert!(registrar.disable_whois_privacy(DOMAIN).await.unwrap_err().is_not_found());
    let bought = registrar.enable_whois_privacy(DOMAIN).await.unwrap();
    assert_eq!((bought.enabled, bought.expires_on), (None, Some(date(2025, 2, 1))));
    assert_eq!(account.domains().get(DOMAIN).await.unwrap().private_whois, Some(true));
    let disabled = registrar.disable_whois_privacy(DOMAIN).await.unwrap();
    assert_eq!((disabled.enabled, disabled.id), (Some(false), bought.id));
    assert_eq!(account.domains().get(DOMAIN).await.unwrap().private_whois, Some(false));

    // What was bought is enabled again for nothing.
    fake.refuse_payment(true);
    let enabled = registrar.enable_whois_privacy(DOMAIN).await.unwrap();
    assert_eq!((enabled.enabled, enabled.id), (Some(true), bought.id));
    sleep_days(380).await;
    let error = registrar.enable_whois_privacy(DOMAIN).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Payment);
    fake.refuse_payment(false);
    let new = registrar.enable_whois_privacy(DOMAIN).await.unwrap();
    assert_ne!(new.id, bought.id);
}

#[tokio::test(start_paused = true)]
async fn a_hosted_domain_has_no_registration() {
    let (fake, account, _) = with_contact().await;
    fake.create_zone(DOMAIN);
    let registrar = account.registrar();
    for error in [
        registrar.delegation(DOMAIN).await.unwrap_err(),
        registrar.transfer_lock(DOMAIN).await.unwrap_err(),
        registrar.enable_whois_privacy(DOMAIN).await.unwrap_err(),
        registrar.disable_whois_privacy(DOMAIN).await.unwrap_err(),
        registrar.enable_auto_renewal("nowhere.com").await.unwrap_err(),
    ] {
        assert!(error.is_not_found());
    }
    for error in [
        registrar.change_delegation(DOMAIN, DNSIMPLE).await.unwrap_err(),
        registrar.delegate_from_vanity(DOMAIN).await.unwrap_err(),
        registrar.enable_transfer_lock(DOMAIN).await.unwrap_err(),
        registrar.disable_transfer_lock(DOMAIN).await.unwrap_err(),
        registrar.enable_auto_renewal(DOMAIN).await.unwrap_err(),
        registrar.disable_auto_renewal(DOMAIN).await.unwrap_err(),
        registrar.authorize_transfer_out(DOMAIN).await.unwrap_err(),
        registrar.renew_domain(DOMAIN, NewRenewal::new(1u32)).await.unwrap_err(),
        registrar.restore_domain(DOMAIN, NewRestore::new()).await.unwrap_err(),
    ] {
        assert_eq!(error.message(), "The domain `example.com` is not registered here");
    }
}

#[tokio::test(start_paused = true)]
async fn a_world_goes_on_where_it_was_left() {
    let file = std::env::temp_dir().join(format!("howdah-dnsimple-registrar-{}.json", std::process::id()));
    let open = |at: &str| FakeDnSimple::kept_in(&file, Clock::starting_at(at.parse().unwrap())).unwrap();
    let fake = open("2024-02-01T12:00:00Z");
    let account = fake.account();
    let contact = account.contacts().create(contact("Ada")).await.unwrap().id;
    fake.register_domain("kept.com", contact);
    fake.register_elsewhere(DOMAIN, "a-code", &["ns1.example.org", "ns2.example.org"]);
    let transfer = NewTransfer::new(contact).with_auth_code("a-code");
    let transfer = account.registrar().transfer_domain(DOMAIN, transfer).await.unwrap();
    let id = transfer.latest().unwrap().id;

    let later = open("2024-02-08T12:00:00Z").account().registrar();
    assert_eq!(later.transfer(DOMAIN, id).await.unwrap().state, TransferState::Transferred);
    assert_eq!(later.delegation(DOMAIN).await.unwrap(), ["ns1.example.org", "ns2.example.org"]);
    assert!(later.transfer_lock("kept.com").await.unwrap().enabled);
    for file in [file.clone(), file.with_extension("registry.json")] {
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn unknown_states_are_running() {
    let sparse = r#"{"id":1,"state":"waiting_for_the_moon","status_description":null}"#;
    let transfer: DomainTransfer = serde_json::from_str(sparse).unwrap();
    assert_eq!(transfer.stage(), Stage::Running);
}
