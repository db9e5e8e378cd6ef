//! Signing a zone and stopping it, with the signer and the registrar at different companies.

use std::sync::Arc;

use crate::common::{World, blocked, complete, domain, name, waiting};
use howdah_core::{
    dns::{DigestType, DnsProvider, DnssecSigner, SigningStatus},
    registrar::RegistrarCapabilities,
    testing::MemoryDns,
};
use howdah_workflows::{
    detectors::{self, Kind, Subject},
    disable_dnssec::DisableDnssec,
    enable_dnssec::EnableDnssec,
    engine::{Verdict, Workflow as _},
};

fn enable(world: &World) -> EnableDnssec {
    let hosting = Arc::new(world.old.clone());
    EnableDnssec::new(domain(), hosting.clone(), hosting, Arc::new(world.one.clone()), world.lookout())
}

fn disable(world: &World) -> DisableDnssec {
    let hosting = Arc::new(world.old.clone());
    DisableDnssec::new(domain(), hosting.clone(), hosting, Arc::new(world.one.clone()), world.lookout())
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_signed_then_its_parent_told() {
    let world = World::new().await;
    let outcome = world.stay(&enable(&world)).await.unwrap();
    complete(&outcome);
    assert_eq!(outcome.acted, ["sign", "publish"]);
    assert!(outcome.checks.len() > 3 && outcome.checks.iter().all(|check| check.verdict == Verdict::Passed));
    let key = world.old.keys(&domain()).await.unwrap()[0].dnskey.clone().unwrap();
    assert_eq!(world.registry.domain(&domain()).unwrap().delegation.ds, [key.to_ds(&domain(), DigestType::Sha256)]);
    let again = world.run(&enable(&world)).await.unwrap();
    complete(&again);
    assert!(again.acted.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_must_wait_ends_and_the_next_goes_on() {
    let world = World::new().await;
    let first = world.run(&enable(&world)).await.unwrap();
    assert_eq!(first.acted, ["sign", "publish"]);
    assert_eq!(waiting(&first).0, "parent");
    assert!(first.checks.is_empty(), "nothing is proven before the end");
    tokio::time::sleep(std::time::Duration::from_secs(20 * 60)).await;
    complete(&world.run(&enable(&world)).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_fresh_delegation_is_left_to_settle_first() {
    let world = World::new().await;
    let servers = world.old.name_servers(&domain()).await.unwrap();
    // Yesterday the domain was delegated elsewhere.
    world.registry.delegate(&domain(), "one", |parent| parent.name_servers = vec![name("ns1.new.example")]).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let job = enable(&world);
    assert_eq!(blocked(&world.run(&job).await.unwrap()).0, "delegated");
    world.registry.delegate(&domain(), "one", |parent| parent.name_servers = servers).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let outcome = world.run(&job).await.unwrap();
    let (step, what_for) = waiting(&outcome);
    assert_eq!((step, what_for), ("delegated", "earlier delegations to leave all caches"));
    assert!(outcome.acted.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_vouches_for_is_not_published() {
    let world = World::new().await;
    // Somebody else's signer: the keys that it tells of are not served.
    let stranger = MemoryDns::new().named("stranger");
    crate::common::fill(&stranger).await;
    stranger.enable(&domain()).await.unwrap();
    world.old.enable(&domain()).await.unwrap();
    let job = EnableDnssec::new(
        domain(),
        Arc::new(world.old.clone()),
        Arc::new(stranger),
        Arc::new(world.one.clone()),
        world.lookout(),
    );
    let outcome = world.run(&job).await.unwrap();
    assert_eq!(blocked(&outcome).0, "served");
    assert!(world.registry.domain(&domain()).unwrap().delegation.ds.is_empty());
}

#[tokio::test(start_paused = true)]
async fn where_the_registrar_takes_no_keys_the_ds_is_published_by_hand_and_then_seen() {
    let world = World::new().await;
    let poor = Arc::new(world.one.clone().with_capabilities(RegistrarCapabilities::read_only()));
    let hosting = Arc::new(world.old.clone());
    let job = EnableDnssec::new(domain(), hosting.clone(), hosting.clone(), poor.clone(), world.lookout());
    let (step, _, remedy) = {
        let outcome = world.stay(&job).await.unwrap();
        let (step, because, remedy) = blocked(&outcome);
        (step.to_owned(), because.to_owned(), remedy.to_owned())
    };
    assert_eq!((step.as_str(), remedy.as_str()), ("publish", "publish the DS there by hand"));
    let key = world.old.keys(&domain()).await.unwrap()[0].dnskey.clone().unwrap();
    let ds = key.to_ds(&domain(), DigestType::Sha256);
    world.registry.delegate(&domain(), "one", |parent| parent.ds.push(ds)).unwrap();
    assert_eq!(blocked(&world.run(&job).await.unwrap()).0, "publish", "it is not at the parent yet");
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    complete(&world.stay(&job).await.unwrap());

    let undo = DisableDnssec::new(domain(), hosting.clone(), hosting, poor, world.lookout());
    assert_eq!(blocked(&world.run(&undo).await.unwrap()).0, "withdraw");
    world.registry.delegate(&domain(), "one", |parent| parent.ds.clear()).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    complete(&world.stay(&undo).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn the_standing_job_follows_the_rotation_of_keys() {
    let world = World::new().await;
    let job = enable(&world);
    complete(&world.stay(&job).await.unwrap());
    let ds = || world.registry.domain(&domain()).unwrap().delegation.ds;
    let first = ds();

    world.old.begin_rotation(&domain()).unwrap();
    let outcome = world.stay(&job).await.unwrap();
    complete(&outcome);
    assert_eq!(outcome.acted, ["publish"]);
    assert_eq!(ds().len(), 2, "the old DS stays as long as its key");

    tokio::time::sleep(std::time::Duration::from_secs(7 * 24 * 3600)).await;
    world.old.end_rotation(&domain()).unwrap();
    let outcome = world.stay(&job).await.unwrap();
    complete(&outcome);
    assert_eq!(outcome.acted, ["withdraw"]);
    assert!(ds().len() == 1 && ds() != first);
}

#[tokio::test(start_paused = true)]
async fn the_old_ds_is_not_withdrawn_while_caches_know_no_other() {
    let world = World::new().await;
    let job = enable(&world);
    complete(&world.stay(&job).await.unwrap());
    world.old.begin_rotation(&domain()).unwrap();
    assert_eq!(waiting(&world.run(&job).await.unwrap()).0, "parent");
    tokio::time::sleep(std::time::Duration::from_secs(16 * 60)).await;
    // The signer is in a hurry: the old key goes as soon as the new DS is seen.
    complete(&world.run(&job).await.unwrap());
    world.old.end_rotation(&domain()).unwrap();
    let outcome = world.run(&job).await.unwrap();
    assert_eq!(waiting(&outcome), ("withdraw", "the earlier DS set to leave all caches"));
    complete(&world.stay(&job).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn signing_is_never_stopped_while_a_ds_stands() {
    let world = World::new().await;
    complete(&world.stay(&enable(&world)).await.unwrap());
    let job = disable(&world);

    let first = world.run(&job).await.unwrap();
    assert_eq!((first.acted.as_slice(), waiting(&first).0), (&["withdraw".to_owned()][..], "parent"));
    // Whoever asks for the last step at once is refused.
    let seen = job.observe().await.unwrap();
    let step = first.steps.iter().find(|step| step.id == "stop").unwrap();
    let refused = job.act(step, &seen).await.unwrap_err();
    assert!(refused.to_string().contains("still signed"), "{refused}");

    tokio::time::sleep(std::time::Duration::from_secs(20 * 60)).await;
    let second = world.run(&job).await.unwrap();
    assert_eq!(waiting(&second), ("caches", "the DS to leave all caches"));
    assert_eq!(world.old.status(&domain()).await.unwrap(), SigningStatus::Active);
    let third = world.stay(&job).await.unwrap();
    complete(&third);
    assert_eq!(third.acted, ["stop"]);
    assert_eq!(world.old.status(&domain()).await.unwrap(), SigningStatus::Off);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_observed_does_not_pass() {
    let world = World::new().await;
    world.internet.unplug_port_53();
    let failed = world.run(&enable(&world)).await.unwrap_err();
    assert_eq!(failed.doing, "see where things stand");
    assert_eq!(world.old.status(&domain()).await.unwrap(), SigningStatus::Off);
    assert_eq!(world.one.changes_made(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_was_missed_is_found_after_three_days() {
    let world = World::new().await;
    complete(&world.stay(&enable(&world)).await.unwrap());
    world.old.begin_rotation(&domain()).unwrap();
    let (lookout, subject) = (world.lookout(), Subject::new(domain()));
    let found = async || {
        let troubles = detectors::examine(&lookout, &subject).await.unwrap();
        troubles.into_iter().map(|trouble| trouble.kind).collect::<Vec<_>>()
    };
    assert_eq!(found().await, []);
    tokio::time::sleep(std::time::Duration::from_secs(73 * 3600)).await;
    assert_eq!(found().await, [Kind::RotationMissed]);
    complete(&world.stay(&enable(&world)).await.unwrap());
    assert_eq!(found().await, []);
}
