//! What goes wrong with a transfer to Gandi, seen in its fake.

use std::{sync::Arc, time::Duration};

use crate::common::{World, blocked, complete, domain, name, price, waiting};
use howdah_core::{
    dns::DnsProvider as _,
    registrar::{Purchase, Registrar as _},
};
use howdah_gandi::{
    GandiRegistrar,
    contacts::{ContactType, NewContact},
    testing::FakeGandi,
    transfers::NewTransfer,
};
use howdah_workflows::{
    detectors::{self, Kind, Subject},
    transfer_domain::{Options, TransferDomain},
};

fn owner() -> NewContact {
    NewContact::new("GB", "ada@example.org", "Lovelace", "Ada", "12 St James's Square", ContactType::Individual)
}

/// The world with Gandi in it.
async fn world() -> (World, FakeGandi) {
    let mut world = World::new().await;
    let gandi = FakeGandi::on(&world.registry);
    world.internet = world.internet.hosting(Arc::new(gandi.clone()));
    (world, gandi)
}

fn job(world: &World, gandi: &FakeGandi) -> TransferDomain {
    let to = GandiRegistrar::new(gandi.client()).with_owner(owner());
    let mut options = Options::default();
    options.max_price = Some(price("30.00 EUR"));
    TransferDomain::new(domain(), Arc::new(world.one.clone()), Arc::new(to), world.lookout()).with_options(options)
}

#[tokio::test(start_paused = true)]
async fn an_owner_who_does_not_answer_is_told_of() {
    let (world, gandi) = world().await;
    gandi.require_foa(true);
    let first = world.run(&job(&world, &gandi)).await.unwrap();
    assert!(first.acted.contains(&"order".to_owned()), "{}", first.steps);
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    let second = world.run(&job(&world, &gandi)).await.unwrap();
    let (step, _, remedy) = blocked(&second);
    assert_eq!(step, "transfer");
    assert!(remedy.contains("has to do that"), "{remedy}");
    gandi.answer_foa("example.org", true);
    let last = world.stay(&job(&world, &gandi)).await.unwrap();
    complete(&last);
    assert_eq!(world.registry.domain(&domain()).unwrap().paid.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_owner_who_answers_is_not_waited_for() {
    let (world, gandi) = world().await;
    let first = world.run(&job(&world, &gandi)).await.unwrap();
    assert_eq!(waiting(&first).0, "transfer");
    complete(&world.stay(&job(&world, &gandi)).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn name_servers_that_gandi_set_in_silence_are_found_and_put_right() {
    let (world, gandi) = world().await;
    let kept = world.old.name_servers(&domain()).await.unwrap();
    let subject = Subject::new(domain()).with_name_servers(kept.clone());
    complete(&world.stay(&job(&world, &gandi)).await.unwrap());
    assert_eq!(detectors::examine(&world.lookout(), &subject).await.unwrap(), []);
    let registrar = GandiRegistrar::new(gandi.client());
    let livedns = ["ns-1-a.gandi.net", "ns-2-b.gandi.net"].map(name);
    registrar.set_name_servers(&domain(), &livedns).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let found = detectors::examine(&world.lookout(), &subject).await.unwrap();
    assert!(found.iter().any(|trouble| trouble.kind == Kind::DelegatedElsewhere), "{found:?}");

    complete(&world.stay(&job(&world, &gandi)).await.unwrap());
    assert_eq!(detectors::examine(&world.lookout(), &subject).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn an_order_without_name_servers_would_have_lost_them() {
    let (world, gandi) = world().await;
    world.one.set_transfer_lock(&domain(), false).await.unwrap();
    let howdah_core::registrar::AuthCode::Returned(code) = world.one.auth_code(&domain()).await.unwrap() else {
        panic!("the code is returned");
    };
    let quote = GandiRegistrar::new(gandi.client()).quote(&domain(), Purchase::Transfer(1)).await.unwrap();
    assert_eq!(quote.price.currency, "EUR");
    gandi.client().transfers().start(NewTransfer::new("example.org", owner()).with_authinfo(code)).await.unwrap();
    // The registrar's work goes on when somebody asks how far it has come.
    while gandi.client().domains().get("example.org").await.is_err() {
        tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
        let _ = gandi.client().transfers().get("example.org").await;
    }
    let kept = world.old.name_servers(&domain()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let found = detectors::examine(&world.lookout(), &Subject::new(domain()).with_name_servers(kept)).await.unwrap();
    assert!(found.iter().any(|trouble| trouble.kind == Kind::DelegatedElsewhere), "{found:?}");
    complete(&world.stay(&job(&world, &gandi).with_options(kept_by_hand(&world).await)).await.unwrap());
}

async fn kept_by_hand(world: &World) -> Options {
    let mut options = Options::default();
    options.name_servers = world.old.name_servers(&domain()).await.unwrap();
    options
}
