//! Transfers between registrars.

use std::{sync::Arc, time::Duration};

use crate::common::{World, blocked, complete, domain, hours, name, price, waiting};
use howdah_core::{
    Secret,
    dns::{DnsProvider, DnssecSigner},
    registrar::{AuthCodeDelivery, GlueHost, Registrar},
    testing::{MemoryRegistrar, TRANSFER_PROHIBITED},
};
use howdah_workflows::{
    disable_dnssec::DisableDnssec,
    enable_dnssec::EnableDnssec,
    engine::Verdict,
    transfer_domain::{Options, TransferDomain},
};

fn affordable() -> Options {
    let mut options = Options::default();
    options.max_price = Some(price("10.00 EUR"));
    options
}

fn with(change: impl FnOnce(&mut Options)) -> Options {
    let mut options = affordable();
    change(&mut options);
    options
}

fn job(world: &World, options: Options) -> TransferDomain {
    from(world, world.one.clone(), options)
}

fn from(world: &World, losing: MemoryRegistrar, options: Options) -> TransferDomain {
    TransferDomain::new(domain(), Arc::new(losing), Arc::new(world.two.clone()), world.lookout()).with_options(options)
}

/// One that cannot give the code away, or not to a program.
fn reticent(world: &World, delivery: AuthCodeDelivery, lock: bool) -> MemoryRegistrar {
    let mut capabilities = MemoryRegistrar::full_capabilities();
    (capabilities.auth_code, capabilities.transfer_lock) = (delivery, lock);
    world.one.clone().with_capabilities(capabilities)
}

fn paid(world: &World) -> usize {
    world.registry.domain(&domain()).unwrap().paid.len()
}

#[tokio::test(start_paused = true)]
async fn a_domain_changes_hands_and_nothing_else_changes() {
    let world = World::new().await;
    let before = world.registry.domain(&domain()).unwrap();
    let outcome = world.stay(&job(&world, affordable())).await.unwrap();
    complete(&outcome);
    assert!(outcome.checks.iter().all(|check| check.verdict == Verdict::Passed), "{:?}", outcome.checks);
    let after = world.registry.domain(&domain()).unwrap();
    assert_eq!((after.registrar.as_str(), after.paid.len()), ("two", 1));
    assert_eq!(after.delegation.name_servers, before.delegation.name_servers);
    assert!(after.statuses.contains(TRANSFER_PROHIBITED), "it is locked again");
    assert!(after.expires_at > before.expires_at);

    let again = world.run(&job(&world, affordable())).await.unwrap();
    complete(&again);
    assert!(again.acted.is_empty() && paid(&world) == 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_bought_without_a_limit_or_above_it() {
    let world = World::new().await;
    let outcome = world.run(&job(&world, Options::default())).await.unwrap();
    let (step, because, _) = blocked(&outcome);
    assert_eq!((step, because), ("price", "the transfer costs 10.00 EUR, and no limit was given"));
    let outcome = world.run(&job(&world, with(|options| options.max_price = Some(price("9.99 EUR"))))).await.unwrap();
    assert_eq!(blocked(&outcome).0, "price");
    assert_eq!(paid(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_registry_forbids_is_told_first() {
    let world = World::new().await;
    let job = job(&world, affordable());
    world.registry.edit(&domain(), |domain| {
        domain.statuses.insert("serverTransferProhibited".to_owned());
    });
    assert_eq!(blocked(&world.run(&job).await.unwrap()).1, "the registry says serverTransferProhibited");

    let now = world.clock.now();
    world.registry.edit(&domain(), |domain| {
        domain.statuses.remove("serverTransferProhibited");
        domain.created_at = now - hours(59 * 24);
    });
    let outcome = world.run(&job).await.unwrap();
    assert_eq!(waiting(&outcome), ("allowed", "60 days to have passed since the domain was registered"));

    world.registry.edit(&domain(), |domain| {
        domain.created_at = now - hours(61 * 24);
        domain.expires_at = now + hours(14 * 24);
    });
    let outcome = world.run(&job).await.unwrap();
    assert!(blocked(&outcome).1.ends_with("too soon for a transfer"), "{}", outcome.steps);
    assert_eq!((paid(&world), world.one.changes_made()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_signed_domain_is_unsigned_first() {
    let world = World::new().await;
    let hosting = Arc::new(world.old.clone());
    let (zone, registrar) = (domain(), Arc::new(world.one.clone()));
    let sign = EnableDnssec::new(zone.clone(), hosting.clone(), hosting.clone(), registrar.clone(), world.lookout());
    complete(&world.stay(&sign).await.unwrap());
    assert_eq!(blocked(&world.run(&job(&world, affordable())).await.unwrap()).0, "unsigned");

    let unsign = DisableDnssec::new(zone, hosting, Arc::new(world.old.clone()), registrar, world.lookout());
    complete(&world.stay(&unsign).await.unwrap());
    complete(&world.stay(&job(&world, affordable())).await.unwrap());
    assert!(world.old.keys(&domain()).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_mailed_is_asked_for_once_and_given_to_the_next_run() {
    let world = World::new().await;
    let losing = reticent(&world, AuthCodeDelivery::Mailed, true);
    for _ in 0..3 {
        let outcome = world.run(&from(&world, losing.clone(), affordable())).await.unwrap();
        assert_eq!(blocked(&outcome).1, "one mailed the code to the registrant");
    }
    let mailed = losing.mailed_auth_codes(&domain());
    assert_eq!(mailed.len(), 1);
    let options = with(|options| options.auth_code = Some(mailed[0].clone()));
    complete(&world.stay(&from(&world, losing, options)).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_only_a_person_can_do_is_described_and_then_seen() {
    let world = World::new().await;
    let losing = reticent(&world, AuthCodeDelivery::Manual, false);
    let outcome = world.run(&from(&world, losing.clone(), affordable())).await.unwrap();
    let (step, _, remedy) = blocked(&outcome);
    assert_eq!(step, "unlock");
    assert!(remedy.contains("web site of one"), "{remedy}");

    world.registry.set_status(&domain(), "one", TRANSFER_PROHIBITED, false).unwrap();
    world.registry.set_auth_code(&domain(), "one", "from the web site").unwrap();
    let outcome = world.run(&from(&world, losing.clone(), affordable())).await.unwrap();
    assert_eq!(blocked(&outcome).0, "code");
    let options = with(|options| options.auth_code = Some(Secret::from("from the web site")));
    complete(&world.stay(&from(&world, losing, options)).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_costs_nothing() {
    let world = World::new().await;
    let options = with(|options| options.auth_code = Some(Secret::from("wrong")));
    let outcome = world.run(&job(&world, options)).await.unwrap();
    assert_eq!(blocked(&outcome).0, "check");
    assert_eq!(paid(&world), 0);
    complete(&world.stay(&job(&world, affordable())).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn name_servers_that_the_new_registrar_set_are_put_right() {
    let world = World::new().await;
    let first = world.run(&job(&world, affordable())).await.unwrap();
    assert_eq!(waiting(&first).0, "transfer");
    tokio::time::sleep(Duration::from_secs(6 * 24 * 3600)).await;
    complete(&world.run(&job(&world, affordable())).await.unwrap());
    // The gaining registrar changed its mind.
    world.registry.edit(&domain(), |domain| domain.delegation.name_servers = vec![name("ns1.new.example")]);
    let outcome = world.stay(&job(&world, affordable())).await.unwrap();
    complete(&outcome);
    assert!(outcome.acted.contains(&"delegation".to_owned()), "{:?}", outcome.acted);
    let kept = world.old.name_servers(&domain()).await.unwrap();
    assert_eq!(world.registry.domain(&domain()).unwrap().delegation.name_servers, kept);
}

#[tokio::test(start_paused = true)]
async fn lost_glue_is_given_again() {
    let world = World::new().await;
    let host =
        GlueHost { host: name("ns1.example.org"), addresses: vec![world.internet.address(&name("ns1.old.example"))] };
    world.one.set_glue(&domain(), &host).await.unwrap();
    let mut servers = world.old.name_servers(&domain()).await.unwrap();
    servers.push(host.host.clone());
    world.registry.delegate(&domain(), "one", |parent| parent.name_servers = servers).unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(waiting(&world.run(&job(&world, affordable())).await.unwrap()).0, "transfer");
    tokio::time::sleep(Duration::from_secs(6 * 24 * 3600)).await;
    world.registry.edit(&domain(), |domain| domain.delegation.glue.clear());
    let outcome = world.stay(&job(&world, affordable())).await.unwrap();
    assert!(outcome.acted.contains(&"glue".to_owned()), "{:?}\n{}", outcome.acted, outcome.steps);
    assert_eq!(world.two.glue(&domain()).await.unwrap(), [host]);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_that_was_refused_is_not_paid_again_unasked() {
    let world = World::new().await;
    assert_eq!(waiting(&world.run(&job(&world, affordable())).await.unwrap()).0, "transfer");
    world.registry.answer_transfer(&domain(), "one", false).unwrap();
    let outcome = world.run(&job(&world, affordable())).await.unwrap();
    assert_eq!((blocked(&outcome).0, paid(&world)), ("order", 1));
    complete(&world.stay(&job(&world, with(|options| options.order_again = true))).await.unwrap());
    assert_eq!(paid(&world), 2);
}

#[tokio::test(start_paused = true)]
async fn neither_registrar_has_it() {
    let world = World::new().await;
    world.registry.edit(&domain(), |domain| "three".clone_into(&mut domain.registrar));
    let error = world.run(&job(&world, affordable())).await.unwrap_err();
    assert!(error.error.to_string().contains("neither one nor two has example.org"), "{}", error.error);
}
