//! A domain's switch to LiveDNS against the fake.

use std::time::Duration;

use howdah_core::{
    Clock, ErrorKind,
    dns::{DigestType, Name, RecordType},
    testing::Hosting,
};
use howdah_gandi::{
    Gandi,
    domain_livedns::{DnssecState, NameServerKind},
    livedns::NewRrset,
    testing::{FakeGandi, NAME},
};
use jiff::SignedDuration;

const DOMAIN: &str = "example.org";

fn name() -> Name {
    Name::parse(DOMAIN).unwrap()
}

fn with_domain() -> (FakeGandi, Gandi) {
    let fake = FakeGandi::at(Clock::starting_at("2024-02-01T12:00:00Z".parse().unwrap()));
    let server = Name::parse("ns1.example.net").unwrap();
    fake.registry().register(&name(), NAME, &[server], SignedDuration::from_hours(24 * 90));
    let gandi = fake.client();
    (fake, gandi)
}

/// How many keys each of the zone's name servers has.
fn keys(fake: &FakeGandi) -> Vec<usize> {
    let servers = fake.registry().domain(&name()).unwrap().delegation.name_servers;
    servers.iter().map(|server| fake.zone(server, &name()).unwrap().keys.len()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_domain_goes_to_livedns() {
    let (fake, gandi) = with_domain();
    let livedns = gandi.domain_livedns();
    let before = livedns.get(DOMAIN).await.unwrap();
    assert_eq!((before.current, before.nameservers), (NameServerKind::Elsewhere, vec!["ns1.example.net".to_owned()]));
    assert_eq!(before.livednssec_available, Some(false));

    livedns.enable(DOMAIN).await.unwrap();
    let after = livedns.get(DOMAIN).await.unwrap();
    assert_eq!((after.current, after.livednssec_available), (NameServerKind::LiveDns, Some(true)));
    let delegated = fake.registry().domain(&name()).unwrap().delegation.name_servers;
    assert_eq!(delegated.iter().map(Name::to_fqdn_without_dot).collect::<Vec<_>>(), after.nameservers);
    assert_eq!(delegated.len(), 3);
    for server in &delegated {
        assert!(fake.zone(server, &name()).is_some(), "{server} does not answer for the zone");
    }
    assert!(gandi.livedns().get(DOMAIN).await.is_ok());

    fake.registry().edit(&name(), |held| held.delegation.name_servers = vec![Name::parse("a.dns.gandi.net").unwrap()]);
    assert_eq!(livedns.get(DOMAIN).await.unwrap().current, NameServerKind::Classic);
}

#[tokio::test(start_paused = true)]
async fn signing_goes_from_the_zone_to_the_parent_and_back() {
    let (fake, gandi) = with_domain();
    let livedns = gandi.domain_livedns();
    livedns.enable(DOMAIN).await.unwrap();
    assert_eq!(livedns.dnssec(DOMAIN).await.unwrap().state, DnssecState::Inactive);
    let ds = || fake.registry().domain(&name()).unwrap().delegation.ds;

    assert_eq!(livedns.enable_dnssec(DOMAIN).await.unwrap().state, DnssecState::Activating);
    assert_eq!((keys(&fake), ds()), (vec![1; 3], vec![]));
    assert_eq!(livedns.enable_dnssec(DOMAIN).await.unwrap().state, DnssecState::Activating);
    let done = livedns.follow_dnssec(DOMAIN).await.unwrap();
    assert_eq!(done.state, DnssecState::Active);
    let server = fake.registry().domain(&name()).unwrap().delegation.name_servers[0].clone();
    let key = fake.zone(&server, &name()).unwrap().keys[0].dnskey();
    assert_eq!(ds(), [key.to_ds(&name(), DigestType::Sha256)]);
    assert_eq!(keys(&fake), [1; 3]);

    assert_eq!(livedns.disable_dnssec(DOMAIN).await.unwrap().state, DnssecState::Deactivating);
    // The zone stays signed while the DS may be remembered.
    assert_eq!((keys(&fake), ds()), (vec![1; 3], vec![]));
    assert_eq!(livedns.follow_dnssec(DOMAIN).await.unwrap().state, DnssecState::Inactive);
    assert_eq!(keys(&fake), [0; 3]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_signed_says_why() {
    let (fake, gandi) = with_domain();
    let livedns = gandi.domain_livedns();
    let off = livedns.disable_dnssec(DOMAIN).await.unwrap();
    assert_eq!((off.state, off.error.is_some()), (DnssecState::Inactive, true));
    let elsewhere = livedns.enable_dnssec(DOMAIN).await.unwrap();
    assert_eq!(elsewhere.state, DnssecState::ActivationError);
    assert_eq!(elsewhere.error.as_deref(), Some("the domain is not on LiveDNS"));

    fake.create_zone(DOMAIN);
    let alias = NewRrset::new("@", RecordType::Alias, vec!["www.example.net."]);
    gandi.livedns().create_rrset(DOMAIN, alias).await.unwrap();
    livedns.enable(DOMAIN).await.unwrap();
    let alias = livedns.enable_dnssec(DOMAIN).await.unwrap();
    assert!(alias.error.unwrap().contains("ALIAS"));
    assert_eq!(fake.registry().domain(&name()).unwrap().delegation.ds, []);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_away_holds_everything_up() {
    let (fake, gandi) = with_domain();
    let livedns = gandi.domain_livedns();
    livedns.enable(DOMAIN).await.unwrap();
    livedns.enable_dnssec(DOMAIN).await.unwrap();
    let registry = fake.registry();
    registry.set_auth_code(&name(), NAME, "code").unwrap();
    registry.set_status(&name(), NAME, "clientTransferProhibited", false).unwrap();
    registry.request_transfer(&name(), "another", "code", 1).unwrap();

    let error = livedns.follow_dnssec(DOMAIN).await.unwrap_err();
    assert!(error.to_string().contains("activation_error: object pending transfer"), "{error}");
    assert_eq!(livedns.enable(DOMAIN).await.unwrap_err().kind(), ErrorKind::Conflict);

    tokio::time::sleep(Duration::from_secs(6 * 24 * 3600)).await;
    for error in [
        livedns.get(DOMAIN).await.unwrap_err(),
        livedns.enable(DOMAIN).await.unwrap_err(),
        livedns.dnssec(DOMAIN).await.unwrap_err(),
        livedns.enable_dnssec(DOMAIN).await.unwrap_err(),
        livedns.disable_dnssec(DOMAIN).await.unwrap_err(),
    ] {
        assert!(error.is_not_found(), "{error}");
    }
}
