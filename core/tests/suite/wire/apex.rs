//! What a zone's own servers show, and whether its signatures hold.

use howdah_core::{
    dns::{
        DigestType, Dnskey, Ds, RecordData, RecordType,
        wire::{ApexView, Link, Rcode, Signing, View, chain},
    },
    testing::ZoneKey,
};
use jiff::SignedDuration;

use super::world::{Manner, World, Zone, name, now, server};

async fn apex(world: &World) -> View<ApexView> {
    let server = server("ns1.example.org", "192.0.2.1");
    world.observer().apex(&name("example.org"), &[server]).await.remove(0)
}

async fn answered(world: &World) -> ApexView {
    apex(world).await.seen.answered().cloned().expect("the server answers")
}

#[tokio::test(start_paused = true)]
async fn a_signed_zone() {
    let key = ZoneKey::generate(257);
    let view = answered(&World::new(&key)).await;
    assert!(view.authoritative && !view.is_lame());
    assert_eq!(view.rcode, Rcode::NOERROR);
    assert_eq!(view.soa.as_ref().map(|soa| (soa.serial, soa.minimum)), Some((7, 300)));
    assert_eq!((view.name_servers.len(), view.ns_ttl, view.keys_ttl), (2, Some(3600), Some(3600)));
    assert_eq!(view.keys, [key.dnskey()]);
    let expires_at = now() + SignedDuration::from_hours(24 * 7);
    assert_eq!(view.signing, Signing::Signed { keys: vec![key.dnskey()], expires_at });
    let json = serde_json::to_value(&view).unwrap();
    assert_eq!(json["signing"]["signed"]["expires_at"], "2022-12-11T12:00:00Z");
    assert_eq!(json["soa"], "ns.example.org. hostmaster.example.org. 7 7200 3600 1209600 300");
}

#[tokio::test(start_paused = true)]
async fn an_unsigned_zone() {
    let world = World::default();
    world.serve("192.0.2.1", Zone::new("example.org", "@ 60 NS ns1"));
    let view = answered(&world).await;
    assert_eq!((view.signing, view.keys, view.keys_ttl, view.ns_ttl), (Signing::Unsigned, vec![], None, Some(60)));
}

#[tokio::test(start_paused = true)]
async fn the_key_that_a_ds_refers_to_is_the_one_that_signs_the_keys() {
    let (signs_keys, signs_zone) = (ZoneKey::generate(257), ZoneKey::generate(256));
    let world = World::new(&signs_zone);
    world.edit("192.0.2.1", "example.org", |zone| {
        zone.records.push((name("example.org"), 3600, RecordData::Dnskey(signs_keys.dnskey())));
        zone.key_signing_key = Some(signs_keys.clone());
    });
    let view = answered(&world).await;
    assert_eq!(view.keys.len(), 2);
    assert!(matches!(view.signing, Signing::Signed { keys, .. } if keys == [signs_keys.dnskey()]));
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_answers_for_absent_names() {
    let world = World::new(&ZoneKey::generate(257));
    let wildcard = || (name("*.example.org"), 300, RecordData::A([203, 0, 113, 5].into()));
    world.edit("192.0.2.1", "example.org", |zone| zone.records.push(wildcard()));
    assert!(matches!(answered(&world).await.signing, Signing::Signed { .. }));
    world.edit("192.0.2.1", "example.org", |zone| zone.bare = Some(RecordType::A));
    match answered(&world).await.signing {
        Signing::Bogus { why } => {
            assert!(why.starts_with("the A set of howdah-") && why.ends_with("is not signed"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_algorithm_that_is_not_understood() {
    let world = World::new(&ZoneKey::generate(257));
    world.edit("192.0.2.1", "example.org", |zone| {
        for (_, _, data) in &mut zone.records {
            if let RecordData::Dnskey(key) = data {
                key.algorithm = 16;
            }
        }
    });
    match answered(&world).await.signing {
        Signing::NotObserved { why } => assert!(why.contains("not understood here"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_validator_would_refuse() {
    type Edit = fn(&mut Zone);
    let day = || SignedDuration::from_hours(24);
    let cases: [(Edit, &str); 10] = [
        (
            |zone| zone.signed.1 = now() - SignedDuration::from_hours(1),
            "the DNSKEY set of example.org.: the signature by key",
        ),
        (|zone| zone.signed.1 = now() - SignedDuration::from_hours(1), "expired at 2022-12-04T11:00:00Z"),
        (|zone| zone.signed.0 = now() + SignedDuration::from_hours(1), "holds only from 2022-12-04T13:00:00Z on"),
        (|zone| zone.key = Some(ZoneKey::generate(257)), "is by a key that is not in the zone"),
        (|zone| zone.signer = Some(name("org")), "is in the name of org. instead of example.org."),
        (|zone| zone.bare = Some(RecordType::Dnskey), "the DNSKEY set of example.org. is not signed"),
        (|zone| zone.bare = Some(RecordType::Soa), "the SOA set of example.org. is not signed"),
        (|zone| zone.bare = Some(RecordType::from_number(47)), "the NSEC set of example.org. is not signed"),
        (|zone| zone.proves_absence = false, "is not proven: no NSEC and no NSEC3 come with it"),
        (
            |zone| zone.records.retain(|(_, _, data)| data.record_type() != RecordType::Dnskey),
            "example.org. is signed and shows no keys",
        ),
    ];
    for (edit, expected) in cases {
        let world = World::new(&ZoneKey::generate(257));
        world.edit("192.0.2.1", "example.org", edit);
        match answered(&world).await.signing {
            Signing::Bogus { why } => assert!(why.contains(expected), "{why}"),
            other => panic!("{expected}: {other:?}"),
        }
    }
    // A key that is revoked, or none of the zone's, may not sign.
    for flags in [0x0181, 0] {
        match answered(&World::new(&ZoneKey::generate(flags))).await.signing {
            Signing::Bogus { why } => assert!(why.contains("may not sign zones"), "{why}"),
            other => panic!("{flags}: {other:?}"),
        }
    }
    let world = World::new(&ZoneKey::generate(257));
    world.edit("192.0.2.1", "example.org", |zone| zone.signed = (now() - day(), now()));
    assert!(matches!(answered(&world).await.signing, Signing::Signed { expires_at, .. } if expires_at == now()));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_was_changed_after_signing() {
    let world = World::new(&ZoneKey::generate(257));
    let honest = world.observer();
    let forging = howdah_core::dns::wire::Observer::over(std::sync::Arc::new(Forger(world)))
        .with_clock(howdah_core::Clock::starting_at(now()));
    let servers = [server("ns1.example.org", "192.0.2.1")];
    let signing = |views: Vec<View<ApexView>>| views[0].seen.answered().unwrap().signing.clone();
    assert!(matches!(signing(honest.apex(&name("example.org"), &servers).await), Signing::Signed { .. }));
    match signing(forging.apex(&name("example.org"), &servers).await) {
        Signing::Bogus { why } => {
            assert!(
                why.starts_with("the SOA set of example.org.") && why.contains("does not fit the records"),
                "{why}"
            );
        }
        other => panic!("{other:?}"),
    }
}

/// Changes the last byte of the data of the first record in answers about the SOA.
#[derive(Debug)]
struct Forger(World);

#[async_trait::async_trait]
impl howdah_core::dns::wire::Exchange for Forger {
    async fn exchange(
        &self,
        server: std::net::SocketAddr,
        query: &[u8],
    ) -> Result<Vec<u8>, howdah_core::dns::wire::ExchangeError> {
        let mut reply = self.0.exchange(server, query).await?;
        let (owner, record_type, end) = super::world::question(query);
        if record_type == RecordType::Soa {
            let header = end + owner.to_wire().len() + 8;
            let length = usize::from(u16::from_be_bytes([reply[header], reply[header + 1]]));
            reply[header + 1 + length] ^= 1;
        }
        Ok(reply)
    }
}

#[tokio::test(start_paused = true)]
async fn lame_and_silent_servers() {
    let world = World::new(&ZoneKey::generate(257));
    world.behave("192.0.2.1", Manner::Code(5));
    let view = answered(&world).await;
    assert!(view.is_lame());
    let why = "asked for the SOA set of example.org. it answers REFUSED".to_owned();
    assert_eq!((view.rcode, view.soa, view.signing), (Rcode::REFUSED, None, Signing::NotObserved { why }));
    world.behave("192.0.2.1", Manner::WithoutAuthority);
    assert!(answered(&world).await.is_lame());
    world.behave("192.0.2.1", Manner::Silent);
    assert_eq!(apex(&world).await.seen.why(), Some("no answer"));
    world.behave("192.0.2.1", Manner::RefusesPort);
    assert_eq!(apex(&world).await.seen.why(), Some("connection refused"));
}

#[test]
fn a_chain_from_the_parent() {
    let zone = name("example.org");
    let (key, other) = (ZoneKey::generate(257).dnskey(), ZoneKey::generate(257).dnskey());
    let ds = |key: &Dnskey| key.to_ds(&zone, DigestType::Sha256);
    assert_eq!(chain(&[], &[], &zone), Link::Insecure);
    assert_eq!(chain(&[], std::slice::from_ref(&key), &zone), Link::Insecure);
    assert_eq!(
        chain(&[ds(&other), ds(&key)], std::slice::from_ref(&key), &zone),
        Link::Secure { matched: vec![ds(&key)], unmatched: vec![ds(&other)] }
    );
    let mut digest = ds(&key).digest;
    digest[0] ^= 1;
    let broken: [(Vec<Ds>, Vec<Dnskey>, &str); 5] = [
        (vec![Ds { digest, ..ds(&key) }], vec![key.clone()], "no DS of example.org. is that of one of its keys"),
        (vec![ds(&other)], vec![key.clone()], "no DS"),
        (vec![ds(&key)], vec![], "the zone has no key to go with it"),
        (vec![Ds { digest_type: 1, ..ds(&key) }], vec![key.clone()], "not to be relied upon"),
        (vec![ds(&Dnskey { flags: 1, ..key.clone() })], vec![Dnskey { flags: 1, ..key.clone() }], "no DS"),
    ];
    for (digests, keys, expected) in broken {
        match chain(&digests, &keys, &zone) {
            Link::Broken { why } => assert!(why.contains(expected), "{why}"),
            link => panic!("{expected}: {link:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_parents_ds_and_the_zones_keys_meet() {
    let world = World::new(&ZoneKey::generate(257));
    let zone = name("example.org");
    let link = async || {
        let delegation = world.observer().delegation(&zone).await.unwrap();
        let Signing::Signed { keys, .. } = answered(&world).await.signing else { panic!("it is signed") };
        chain(&delegation.agreed().unwrap().ds, &keys, &zone)
    };
    assert!(matches!(link().await, Link::Secure { .. }));
    for at in ["198.51.100.2", "198.51.100.3"] {
        world.edit(at, "org", |org| {
            for (_, _, data) in &mut org.records {
                if let RecordData::Ds(ds) = data {
                    ds.digest = vec![0; 32];
                }
            }
        });
    }
    assert!(matches!(link().await, Link::Broken { .. }));
}
