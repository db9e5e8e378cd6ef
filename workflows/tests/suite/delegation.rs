//! Moves of zones that go on until the parent delegates to the new name servers.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::common::{World, blocked, complete, domain, hours, name, waiting};
use howdah_core::{
    dns::{DnsProvider, DnsProviderExt as _, DnssecSigner, RecordData, RecordSet, Ttl},
    registrar::RegistrarCapabilities,
    testing::{MemoryRegistrar, Ttls},
};
use howdah_workflows::{
    enable_dnssec::EnableDnssec,
    engine::Verdict,
    move_dns::{MoveDns, Options, Source},
};

fn job(world: &World) -> MoveDns {
    with_registrar(world, world.one.clone())
}

fn with_registrar(world: &World, registrar: MemoryRegistrar) -> MoveDns {
    let source = Source::Provider { provider: Arc::new(world.old.clone()), zone: domain() };
    MoveDns::new(source, Arc::new(world.new.clone())).delegating(Arc::new(registrar), world.lookout())
}

async fn delegated_to(world: &World) -> BTreeSet<String> {
    let delegation = world.observer().delegation(&domain()).await.unwrap();
    delegation.agreed().unwrap().name_servers.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn the_world_follows_and_the_old_zone_stays_until_nobody_asks_it() {
    let world = World::new().await;
    world.internet.set_ttls(&name("org"), Ttls { ns: 172_800, ds: 86_400, negative: 900 });
    let started = world.clock.now();
    let first = world.run(&job(&world)).await.unwrap();
    assert_eq!(first.acted, ["create", "load", "delegate"]);
    assert_eq!(waiting(&first), ("delegate", "the parent to delegate as the registrar says"));

    tokio::time::sleep(Duration::from_secs(16 * 60)).await;
    let second = world.run(&job(&world)).await.unwrap();
    assert_eq!(waiting(&second).0, "soak");
    let (until, _) = second.steps.come_back().unwrap();
    // The parent's TTL of two days, then an hour for the longest record.
    assert_eq!(until.duration_since(started), hours(48) + hours(1) + jiff::SignedDuration::from_mins(16));
    assert!(world.old.zone_exists(&domain()).await.unwrap());

    let last = world.stay(&job(&world)).await.unwrap();
    complete(&last);
    assert!(last.checks.iter().all(|check| check.verdict == Verdict::Passed), "{:?}", last.checks);
    assert_eq!(delegated_to(&world).await, ["ns1.new.example.".to_owned(), "ns2.new.example.".to_owned()].into());
}

#[tokio::test(start_paused = true)]
async fn the_old_zone_is_deleted_only_when_asked_and_last() {
    let world = World::new().await;
    let asked = || job(&world).with_options(Options::default().with_delete_source(true));
    let first = world.run(&asked()).await.unwrap();
    assert_eq!(first.acted, ["create", "load", "delegate"]);
    assert!(world.old.zone_exists(&domain()).await.unwrap());
    let last = world.stay(&asked()).await.unwrap();
    complete(&last);
    assert_eq!(last.acted, ["delete"]);
    assert!(!world.old.zone_exists(&domain()).await.unwrap());
    let again = world.run(&asked()).await.unwrap();
    complete(&again);
    assert!(again.acted.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_difference_on_the_wire_stops_the_move() {
    let world = World::new().await;
    let hidden =
        RecordSet::new(name("www.example.org"), Ttl::Seconds(300), [RecordData::A([192, 0, 2, 99].into())]).unwrap();
    world
        .run(&MoveDns::new(
            Source::Provider { provider: Arc::new(world.old.clone()), zone: domain() },
            Arc::new(world.new.clone()),
        ))
        .await
        .unwrap();
    let zone = world.old.snapshot(&domain()).await.unwrap().zone;
    // The old servers go on with something else than what was read.
    let edited = world.old.edit(&domain(), |zone| {
        zone.remove(&name("www.example.org"), &howdah_core::dns::RecordType::Cname);
        zone.insert(hidden).unwrap();
    });
    edited.unwrap();
    let stale = MoveDns::new(Source::Zone(zone), Arc::new(world.new.clone()))
        .delegating(Arc::new(world.one.clone()), world.lookout());
    let outcome = world.run(&stale).await.unwrap();
    let (step, because, _) = blocked(&outcome);
    assert_eq!(step, "compare");
    assert!(because.contains("www.example.org"), "{because}");
    assert_eq!(world.one.changes_made(), 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_delegated_to_servers_that_do_not_answer() {
    for silent in [true, false] {
        let world = World::new().await;
        let server = name("ns2.new.example");
        if silent {
            world.internet.silence(&server);
        } else {
            world.internet.lame(&server);
        }
        let outcome = world.run(&job(&world)).await.unwrap();
        assert_eq!(blocked(&outcome).0, "compare", "{}", outcome.steps);
        assert_eq!(world.one.changes_made(), 0);
        world.internet.mend();
        complete(&world.stay(&job(&world)).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_signed_zone_is_not_delegated_to_servers_without_its_key() {
    let world = World::new().await;
    let hosting = Arc::new(world.old.clone());
    let sign = EnableDnssec::new(domain(), hosting.clone(), hosting, Arc::new(world.one.clone()), world.lookout());
    complete(&world.stay(&sign).await.unwrap());
    let changes = world.one.changes_made();
    let outcome = world.run(&job(&world)).await.unwrap();
    assert_eq!(blocked(&outcome).0, "unsigned", "{}", outcome.steps);
    assert_eq!(world.one.changes_made(), changes);
    assert!(!world.old.keys(&domain()).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_seen_is_not_acted_upon() {
    let world = World::new().await;
    world.internet.silence(&name("b.nic.org"));
    let outcome = world.run(&job(&world)).await.unwrap();
    assert!(!outcome.is_complete());
    assert_eq!(world.one.changes_made(), 0, "{}", outcome.steps);
}

#[tokio::test(start_paused = true)]
async fn a_registrar_without_an_api_for_it_is_told_by_hand() {
    let world = World::new().await;
    let poor = world.one.clone().with_capabilities(RegistrarCapabilities::read_only());
    let outcome = world.run(&with_registrar(&world, poor)).await.unwrap();
    let (step, _, remedy) = blocked(&outcome);
    assert_eq!((step, remedy), ("delegate", "set them there by hand: ns1.new.example, ns2.new.example"));
    let servers = world.new.name_servers(&domain()).await.unwrap();
    world.registry.delegate(&domain(), "one", |parent| parent.name_servers = servers).unwrap();
    complete(&world.stay(&job(&world)).await.unwrap());
}
