//! Name servers, keys and hosts at the parent.

use std::net::IpAddr;

use crate::common::{A_WHILE, fake, fields};
use data_encoding::BASE64;
use howdah_core::{
    ErrorKind, Id, Outcome,
    dns::{DigestType, Dnskey, Name},
};
use howdah_gandi::{
    Gandi,
    delegation::{Delegation, KeyId, KeyType, NewHost, NewKey},
    testing::FakeGandi,
};
use tokio::time::sleep;

const DOMAIN: &str = "example.com";

fn registered() -> (FakeGandi, Delegation) {
    let fake = fake();
    fake.register_domain(DOMAIN);
    let delegation = fake.client().delegation();
    (fake, delegation)
}

fn dnskey(fill: u8) -> Dnskey {
    Dnskey { flags: 257, protocol: 3, algorithm: 13, public_key: vec![fill; 64] }
}

fn new_key(fill: u8) -> NewKey {
    NewKey::new(13, KeyType::Ksk, BASE64.encode(&[fill; 64]))
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn name_servers_change_a_while_later() {
    let (fake, delegation) = registered();
    let before = delegation.name_servers(DOMAIN).await.unwrap();
    assert!(before.len() == 3 && before.iter().all(|server| server.ends_with(".gandi.net")), "{before:?}");

    let wanted = ["ns1.example.net", "ns2.example.net"];
    let accepted = delegation.set_name_servers(DOMAIN, wanted).await.unwrap();
    assert!(!accepted.message.is_empty());
    assert_eq!(delegation.name_servers(DOMAIN).await.unwrap(), before);

    let error = delegation.set_name_servers(DOMAIN, wanted).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome(), error.code()), (ErrorKind::Conflict, Outcome::Refused, Some("domain")));

    // The parent learns of it whether or not anybody asks Gandi again.
    sleep(A_WHILE).await;
    let published = fake.registry().published(&name(DOMAIN), 0).unwrap();
    assert_eq!(published.name_servers, wanted.map(name));
    assert_eq!(delegation.name_servers(DOMAIN).await.unwrap(), wanted);
}

#[tokio::test(start_paused = true)]
async fn name_servers_are_checked() {
    let (_, delegation) = registered();
    for (servers, why) in [
        (vec!["ns1.example.net"], "Shorter than minimum length 2"),
        (vec!["ns1.example.net", "NS1.example.net."], "There are duplicates"),
    ] {
        let error = delegation.set_name_servers(DOMAIN, servers).await.unwrap_err();
        assert_eq!((error.kind(), fields(&error)), (ErrorKind::Invalid, vec![("nameservers", why)]));
    }
    assert!(delegation.name_servers("example.org").await.unwrap_err().is_not_found());
    assert!(delegation.set_name_servers("example.org", ["a.example", "b.example"]).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_key_is_digested_and_published() {
    let (fake, delegation) = registered();
    let accepted = delegation.create_key(DOMAIN, new_key(7)).await.unwrap();
    assert_eq!(delegation.list_keys(DOMAIN).all().await.unwrap(), []);
    sleep(A_WHILE).await;

    let keys = delegation.list_keys(DOMAIN).all().await.unwrap();
    let ds = dnskey(7).to_ds(&name(DOMAIN), DigestType::Sha256);
    assert_eq!(keys.len(), 1);
    assert_eq!(accepted.id(), Some(keys[0].id.to_string().as_str()));
    assert_eq!((keys[0].keytag, keys[0].digest_type), (Some(ds.key_tag), Some(2)));
    assert_eq!((keys[0].algorithm, keys[0].key_type.clone()), (Some(13), Some(KeyType::Ksk)));
    assert_eq!(fake.registry().domain(&name(DOMAIN)).unwrap().delegation.ds, std::slice::from_ref(&ds));

    let error = delegation.create_key(DOMAIN, new_key(7)).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");

    delegation.replace_keys(DOMAIN, [new_key(8), new_key(9)]).await.unwrap();
    sleep(A_WHILE).await;
    let keys = delegation.list_keys(DOMAIN).all().await.unwrap();
    assert_eq!(keys.iter().map(|key| key.keytag).collect::<Vec<_>>(), [8, 9].map(|fill| Some(dnskey(fill).key_tag())));

    delegation.delete_key(DOMAIN, keys[0].id).await.unwrap();
    sleep(A_WHILE).await;
    let left = fake.registry().domain(&name(DOMAIN)).unwrap().delegation.ds;
    assert_eq!(left, [dnskey(9).to_ds(&name(DOMAIN), DigestType::Sha256)]);
    let gone: KeyId = Id::new(1);
    assert!(delegation.delete_key(DOMAIN, gone).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn keys_are_checked() {
    let (_, delegation) = registered();
    for (key, field) in [
        (NewKey::new(3, KeyType::Ksk, "AAAA"), "algorithm"),
        (NewKey::new(13, KeyType::from("both"), "AAAA"), "type"),
        (NewKey::new(13, KeyType::Ksk, "no Base64"), "public_key"),
    ] {
        let error = delegation.create_key(DOMAIN, key.clone()).await.unwrap_err();
        assert_eq!((error.kind(), fields(&error)[0].0), (ErrorKind::Invalid, field));
        let error = delegation.replace_keys(DOMAIN, [key]).await.unwrap_err();
        assert_eq!(fields(&error)[0].0, field);
    }
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_somebody_else_published_stays() {
    let (fake, delegation) = registered();
    let foreign = dnskey(1).to_ds(&name(DOMAIN), DigestType::Sha384);
    fake.registry().edit(&name(DOMAIN), |held| held.delegation.ds.push(foreign.clone()));
    assert_eq!(delegation.list_keys(DOMAIN).all().await.unwrap(), []);
    delegation.replace_keys(DOMAIN, []).await.unwrap();
    sleep(A_WHILE).await;
    assert_eq!(fake.registry().domain(&name(DOMAIN)).unwrap().delegation.ds, [foreign]);
}

#[tokio::test(start_paused = true)]
async fn hosts_come_change_and_go() {
    let (fake, delegation) = registered();
    let addresses: Vec<IpAddr> = ["192.0.2.1", "2001:db8::1"].map(|text| text.parse().unwrap()).to_vec();
    let accepted = delegation.create_host(DOMAIN, NewHost::new("ns1", addresses.clone())).await.unwrap();
    assert_eq!(accepted.id(), Some("ns1"));
    assert!(delegation.get_host(DOMAIN, "ns1").await.unwrap_err().is_not_found());
    sleep(A_WHILE).await;
    let host = delegation.get_host(DOMAIN, "ns1").await.unwrap();
    assert_eq!((host.fqdn.as_deref(), host.ips.clone()), (Some("ns1.example.com"), addresses.clone()));
    assert_eq!(delegation.list_hosts(DOMAIN).all().await.unwrap(), [host]);
    assert!(delegation.create_host(DOMAIN, NewHost::new("ns1", addresses)).await.unwrap_err().is_conflict());

    let other: IpAddr = "192.0.2.9".parse().unwrap();
    delegation.update_host(DOMAIN, "ns1", [other]).await.unwrap();
    sleep(A_WHILE).await;
    let glue = fake.registry().domain(&name(DOMAIN)).unwrap().delegation.glue;
    assert_eq!(glue[&name("ns1.example.com")], [other]);

    let error = delegation.update_host(DOMAIN, "ns1", []).await.unwrap_err();
    assert_eq!((error.kind(), fields(&error)[0].0), (ErrorKind::Invalid, "ips"));
    delegation.delete_host(DOMAIN, "ns1").await.unwrap();
    sleep(A_WHILE).await;
    assert!(delegation.delete_host(DOMAIN, "ns1").await.unwrap_err().is_not_found());
    assert!(delegation.update_host(DOMAIN, "ns1", [other]).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_survives_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gandi.json");
    let first = fake();
    let registry = first.registry();
    let kept = FakeGandi::kept_in(&file, registry).unwrap();
    kept.register_domain(DOMAIN);
    kept.client().delegation().create_key(DOMAIN, new_key(7)).await.unwrap();

    let again = FakeGandi::kept_in(&file, registry).unwrap();
    sleep(A_WHILE).await;
    let gandi: Gandi = again.client();
    assert_eq!(gandi.delegation().list_keys(DOMAIN).all().await.unwrap().len(), 1);
}
