//! Each workflow is killed at every request that it makes, before and after the request is carried out, and started again.
//! It has to end as if nothing had been, and nothing may be bought twice. All the while the domain is watched: at no moment
//! may it lead anybody astray who resolves it.

mod world;

use howdah_core::{Secret, dns::Name, testing::KillSwitch};
use howdah_workflows::{
    disable_dnssec::DisableDnssec,
    enable_dnssec::EnableDnssec,
    engine::Workflow,
    move_dns::{self, MoveDns, Source},
    transfer_domain::{self, TransferDomain},
};
use world::{Clients, World, days, domain};

/// Kills a job at every request that it makes in a world, once for each, and has it run again, and once more.
async fn killed_at_every_request<W: Workflow>(
    applied: bool,
    world: impl AsyncFn() -> World,
    job: impl Fn(&World, &Clients) -> W,
) {
    let undisturbed = world().await;
    let counting = KillSwitch::never();
    let outcome = undisturbed.run(&job, &counting).await.unwrap();
    assert!(outcome.is_complete(), "{}\n{:?}", outcome.steps, outcome.checks);
    assert!(!outcome.acted.is_empty() && counting.requests() > 5);
    assert_eq!(undisturbed.watch.violations(), [] as [String; 0]);
    assert!(undisturbed.watch.observations() > 0);
    let expected = undisturbed.end();

    let mut faults = Vec::new();
    for k in 1..=counting.requests() {
        let world = world().await;
        let switch = KillSwitch::at(k, applied);
        let killed = world.run(&job, &switch).await;
        let mut fault = |what: String| faults.push(format!("killed at {k}: {what}"));
        if !switch.is_dead() {
            fault("nobody died".to_owned());
        }
        // A look at the registry is a help and no condition: who dies of the last one has done all the work.
        if let Ok(outcome) = killed
            && !outcome.steps.all_done()
        {
            fault(format!("the dead went on: {}", outcome.steps));
        }
        match world.run(&job, &KillSwitch::never()).await {
            Ok(outcome) if outcome.is_complete() => {}
            Ok(outcome) => fault(format!("the second run did not end it: {}\n{:?}", outcome.steps, outcome.checks)),
            Err(error) => fault(format!("the second run failed: {error}: {}", error.error)),
        }
        let end = world.end();
        if end != expected {
            fault(format!("it ended as\n{end:#?}\nand not as\n{expected:#?}"));
        }
        match world.run(&job, &KillSwitch::never()).await {
            Ok(outcome) if outcome.is_complete() && outcome.acted.is_empty() => {}
            Ok(outcome) => fault(format!("the third run did {:?}: {}", outcome.acted, outcome.steps)),
            Err(error) => fault(format!("the third run failed: {error}: {}", error.error)),
        }
        if world.end() != expected {
            fault("the third run changed something".to_owned());
        }
        for violation in world.watch.violations() {
            fault(violation);
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(5)].join("\n"));
}

fn moving(_: &World, clients: &Clients) -> MoveDns {
    let source = Source::Provider { provider: clients.cloudflare.clone(), zone: domain() };
    MoveDns::new(source, clients.dnsimple.clone())
        .with_options(move_dns::Options::default().with_delete_source(true))
        .delegating(clients.gandi.clone(), clients.lookout.clone())
}

fn transferring(world: &World, clients: &Clients) -> TransferDomain {
    let mut options = transfer_domain::Options::default();
    options.max_price = Some("100.00 EUR".parse().unwrap());
    options.auth_code = world.codes_in_the_mail().pop().map(Secret::from);
    let (from, to) = (clients.dnsimple_registrar.clone(), clients.gandi.clone());
    TransferDomain::new(domain(), from, to, clients.lookout.clone()).with_options(options)
}

fn enabling(_: &World, clients: &Clients) -> EnableDnssec {
    let signer = clients.dnsimple.clone();
    EnableDnssec::new(domain(), signer.clone(), signer, clients.gandi.clone(), clients.lookout.clone())
}

fn disabling(_: &World, clients: &Clients) -> DisableDnssec {
    let signer = clients.dnsimple.clone();
    DisableDnssec::new(domain(), signer.clone(), signer, clients.gandi.clone(), clients.lookout.clone())
}

async fn signed() -> World {
    let world = World::at_dnsimple().await;
    assert!(world.run(enabling, &KillSwitch::never()).await.unwrap().is_complete());
    world
}

/// The signer has made its next key, which the parent does not know yet.
async fn with_a_new_key() -> World {
    let world = signed().await;
    world.pass(days(83)).await;
    world
}

/// The parent was told of the new key, and the signer has dropped the old one.
async fn without_the_old_key() -> World {
    let world = with_a_new_key().await;
    let outcome = world.run(enabling, &KillSwitch::never()).await.unwrap();
    assert!(outcome.is_complete() && outcome.acted == ["publish"], "{}", outcome.steps);
    world.pass(days(14)).await;
    world
}

/// Twice the same tests: the request that kills is carried out, or not. They run side by side.
macro_rules! killed {
    ($($name:ident: $world:expr, $job:expr;)*) => {$(
        mod $name {
            #[allow(clippy::wildcard_imports)]
            use super::*;

            #[tokio::test(start_paused = true)]
            async fn before_any_request() {
                killed_at_every_request(false, $world, $job).await;
            }

            #[tokio::test(start_paused = true)]
            async fn after_any_request() {
                killed_at_every_request(true, $world, $job).await;
            }
        }
    )*};
}

killed! {
    a_move: async || World::at_cloudflare(), moving;
    a_transfer: World::registered_at_dnsimple, transferring;
    signing: World::at_dnsimple, enabling;
    publishing_the_next_key: with_a_new_key, enabling;
    withdrawing_the_last_key: without_the_old_key, enabling;
    unsigning: signed, disabling;
}

#[tokio::test(start_paused = true)]
async fn the_watch_sees_a_ds_without_its_key() {
    let world = World::at_dnsimple().await;
    world.watch.look().await;
    assert_eq!(world.watch.violations(), [] as [String; 0]);
    let stranger = howdah_core::testing::ZoneKey::generate(257).dnskey();
    let ds = stranger.to_ds(&domain(), howdah_core::dns::DigestType::Sha256);
    world.registry.edit(&domain(), |held| held.delegation.ds = vec![ds]);
    world.watch.look().await;
    assert_eq!(world.watch.violations(), [] as [String; 0], "no server of the parent has it yet");
    // One of the two has it now.
    world.pass(std::time::Duration::from_secs(7 * 60)).await;
    let violations = world.watch.violations();
    assert!(!violations.is_empty() && violations.iter().all(|one| one.contains("a DS, and no signature")));
}

#[tokio::test(start_paused = true)]
async fn the_watch_sees_a_ds_of_another_key() {
    let world = signed().await;
    let stranger = howdah_core::testing::ZoneKey::generate(257).dnskey();
    let ds = stranger.to_ds(&domain(), howdah_core::dns::DigestType::Sha256);
    world.registry.edit(&domain(), |held| held.delegation.ds = vec![ds]);
    world.pass(days(1)).await;
    let violations = world.watch.violations();
    assert!(
        !violations.is_empty() && violations.iter().all(|one| one.contains("no DS of example.org")),
        "{violations:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_watch_sees_a_delegation_to_a_server_without_the_zone() {
    let world = World::at_dnsimple().await;
    let lame = Name::parse("ada.ns.cloudflare.com").unwrap();
    world.registry.edit(&domain(), |held| held.delegation.name_servers.push(lame));
    world.pass(days(1)).await;
    let violations = world.watch.violations();
    assert!(!violations.is_empty(), "a server without the zone was not seen");
    assert!(violations.iter().all(|one| one.contains("ada.ns.cloudflare.com")), "{violations:?}");
}

#[tokio::test(start_paused = true)]
async fn the_watch_remembers_what_caches_do() {
    let world = signed().await;
    let switch = KillSwitch::never();
    let clients = world.clients(&switch);
    // The DS goes, and the signatures with it although caches still have the DS.
    world.registry.edit(&domain(), |held| held.delegation.ds.clear());
    world.pass(std::time::Duration::from_secs(20 * 60)).await;
    assert_eq!(world.watch.violations(), [] as [String; 0]);
    howdah_core::dns::DnssecSigner::disable(clients.dnsimple.as_ref(), &domain()).await.unwrap();
    let violations = world.watch.violations();
    assert!(violations.iter().any(|one| one.contains("a DS, and no signature")), "{violations:?}");
}
