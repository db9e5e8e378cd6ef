//! Domains that are registered at Cloudflare, against the fake and the registry.

use howdah_cloudflare::{
    CloudflareRegistrar,
    registrar::RegistrationStatus,
    testing::{FakeCloudflare, NAME},
    zones::AccountId,
};
use howdah_core::{
    Error, ErrorKind, Outcome, Secret,
    dns::{KeyInfo, Name},
    registrar::{
        AuthCodeDelivery, Confirm, GlueHost, Money, PublishedKey, Purchase, Quote, Registrar, RegistrarCapabilities,
        TransferOrder,
    },
    testing::{RegistryRefusal, TRANSFER_PROHIBITED},
};
use jiff::SignedDuration;

const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

fn registered() -> (FakeCloudflare, Name, CloudflareRegistrar) {
    let fake = FakeCloudflare::new();
    let domain = Name::parse("example.com").unwrap();
    fake.register(&domain, YEAR);
    let registrar = CloudflareRegistrar::new(fake.client(), fake.account());
    (fake, domain, registrar)
}

#[tokio::test(start_paused = true)]
async fn registrations_are_read() {
    let (fake, domain, registrar) = registered();
    let elsewhere = Name::parse("example.net").unwrap();
    fake.registry().register(&elsewhere, "elsewhere", &[], YEAR);
    for number in 0..60 {
        fake.register(&Name::parse(&format!("d{number}.example")).unwrap(), YEAR);
    }
    let (group, account) = (fake.client().registrar(), fake.account());
    let all = group.list(&account).all().await.unwrap();
    assert_eq!((all.len(), fake.world().requests()), (61, 2));
    let one = group.get(&account, "example.com").await.unwrap();
    assert_eq!((one.locked, one.status.clone()), (Some(true), Some(RegistrationStatus::Active)));
    assert!(all.contains(&one));
    assert!(group.get(&account, "example.net").await.unwrap_err().is_not_found());
    let stranger = AccountId::new("another".to_owned());
    assert!(group.get(&stranger, "example.com").await.unwrap_err().is_not_found());
    assert!(group.list(&stranger).all().await.unwrap_err().is_not_found());

    let held = fake.registry().domain(&domain).unwrap();
    let read = registrar.registration(&domain).await.unwrap();
    assert_eq!((read.transfer_lock, read.auto_renew, read.expires_at), (Some(true), Some(true), Some(held.expires_at)));
    assert_eq!(read.name_servers, []);
    fake.create_zone("example.com");
    assert_eq!(registrar.registration(&domain).await.unwrap().name_servers, fake.name_servers());
    assert!(registrar.registration(&elsewhere).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_domain_leaves_by_hand() {
    let (fake, domain, registrar) = registered();
    let registry = fake.registry();
    let refused = registry.check_transfer(&domain, "elsewhere", None);
    assert_eq!(refused, Err(RegistryRefusal::Prohibited(TRANSFER_PROHIBITED.to_owned())));
    let code = fake.unlock_in_dashboard(&domain);
    assert_eq!(registrar.registration(&domain).await.unwrap().transfer_lock, Some(false));
    fake.lock_in_dashboard(&domain);
    assert_eq!(registrar.registration(&domain).await.unwrap().transfer_lock, Some(true));
    let newer = fake.unlock_in_dashboard(&domain);
    assert_ne!(code, newer);
    assert_eq!(registry.check_transfer(&domain, "elsewhere", Some(&code)), Err(RegistryRefusal::WrongAuthCode));
    registry.request_transfer(&domain, "elsewhere", &newer, 1).unwrap();
    assert_eq!(registry.domain(&domain).unwrap().registrar, NAME);
    fake.release_in_dashboard(&domain);
    assert_eq!(registry.domain(&domain).unwrap().registrar, "elsewhere");
    assert!(registrar.registration(&domain).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_is_done_by_hand_is_refused_with_the_way_there() {
    let (fake, domain, registrar) = registered();
    assert_eq!(registrar.name(), "cloudflare");
    assert_eq!(*registrar.capabilities(), RegistrarCapabilities::read_only());
    assert_eq!(registrar.capabilities().auth_code, AuthCodeDelivery::Manual);
    let (purchase, price) = (Purchase::Transfer(1), Money::new(1000, "USD"));
    let quote = Quote { domain: domain.clone(), purchase, price: price.clone(), premium: false };
    let confirm = Confirm::up_to(price, &quote).unwrap();
    let order = TransferOrder::new(domain.clone(), []);
    let secret = Secret::from("canary");
    let key = KeyInfo::new(None, []);
    let published = PublishedKey { id: "1".to_owned(), key: key.clone() };
    let glue = GlueHost { host: domain.child("ns1").unwrap(), addresses: Vec::new() };
    let unlock = "Unlock";
    for (error, told) in [
        (registrar.auth_code(&domain).await.unwrap_err(), unlock),
        (registrar.set_transfer_lock(&domain, false).await.unwrap_err(), unlock),
        (registrar.set_transfer_lock(&domain, true).await.unwrap_err(), "press Lock"),
        (registrar.set_auto_renew(&domain, false).await.unwrap_err(), "Manage Domains"),
        (registrar.set_name_servers(&domain, &[]).await.unwrap_err(), "transfer it first"),
        (registrar.quote(&domain, purchase).await.unwrap_err(), "dashboard"),
        (registrar.check_transfer(&domain, Some(&secret)).await.unwrap_err(), "transfers to Cloudflare"),
        (registrar.transfer_in(&order, &confirm).await.unwrap_err(), "transfers to Cloudflare"),
        (registrar.transfer(&domain).await.unwrap_err(), "transfers to Cloudflare"),
        (registrar.correct_transfer(&domain, &secret).await.unwrap_err(), "transfers to Cloudflare"),
        (registrar.keys(&domain).await.unwrap_err(), "DNSSEC of its zone"),
        (registrar.add_key(&domain, &key).await.unwrap_err(), "DNSSEC of its zone"),
        (registrar.remove_key(&domain, &published).await.unwrap_err(), "DNSSEC of its zone"),
        (registrar.glue(&domain).await.unwrap_err(), "hosts below"),
        (registrar.set_glue(&domain, &glue).await.unwrap_err(), "hosts below"),
    ] {
        check(&error, told);
    }
    assert_eq!(fake.world().requests(), 0, "refused before anything is sent");
}

fn check(error: &Error, told: &str) {
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    let line = error.to_string();
    assert!(
        line.starts_with("cloudflare: example.com.: ") && line.contains(told) && !line.contains("canary"),
        "{line}"
    );
}
