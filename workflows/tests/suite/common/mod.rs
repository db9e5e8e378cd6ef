//! A small world for tests: two providers of DNS hosting, two registrars, a registry, and the internet between them.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

pub(crate) mod killing;
pub(crate) mod watched;

use std::sync::Arc;

use howdah_core::{
    Clock,
    dns::{DnsProvider, DnsProviderExt as _, Name, Scope, wire::Observer, zonefile},
    registrar::Money,
    testing::{FakeRdap, Internet, MemoryDns, MemoryRegistrar, Registry},
};
use howdah_workflows::{
    engine::{self, Outcome, Run, RunError, State, Workflow},
    lookout::Lookout,
    sightings::Sightings,
};
use jiff::SignedDuration;

pub const ZONE: &str = r#"
@     300 IN A     192.0.2.1
@     300 IN AAAA  2001:db8::1
@     300 IN MX    10 mail
@     300 IN TXT   "v=spf1 mx -all"
www   300 IN CNAME @
mail 3600 IN A     192.0.2.25
_sip._tcp 60 IN SRV 1 2 5060 sip.example.net.
"#;

pub struct World {
    pub clock: Clock,
    pub registry: Registry,
    pub old: MemoryDns,
    pub new: MemoryDns,
    pub one: MemoryRegistrar,
    pub two: MemoryRegistrar,
    pub internet: Internet,
    pub rdap: FakeRdap,
    pub sightings: Arc<Sightings>,
}

pub fn domain() -> Name {
    Name::parse("example.org").unwrap()
}

pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

impl World {
    /// The zone is at `old`, `one` is the registrar, and the registry publishes after a quarter of an hour.
    pub async fn new() -> Self {
        let clock = Clock::system();
        let registry = Registry::new(clock.clone());
        let (old, new) = (MemoryDns::new().named("old"), MemoryDns::new().named("new"));
        fill(&old).await;
        let servers = old.name_servers(&domain()).await.unwrap();
        registry.register(&domain(), "one", &servers, hours(24 * 400));
        registry.publish_after([SignedDuration::from_mins(10), SignedDuration::from_mins(15)]);
        let internet = Internet::new(&registry).hosting(Arc::new(old.clone())).hosting(Arc::new(new.clone()));
        Self {
            one: MemoryRegistrar::new(&registry, "one"),
            two: MemoryRegistrar::new(&registry, "two"),
            rdap: FakeRdap::of(&registry),
            sightings: Arc::default(),
            clock,
            registry,
            old,
            new,
            internet,
        }
    }

    pub fn observer(&self) -> Observer {
        Observer::over(Arc::new(self.internet.clone())).with_roots(self.internet.roots())
    }

    pub fn lookout(&self) -> Lookout {
        Lookout::new(self.observer(), self.clock.clone())
            .with_rdap(self.rdap.client())
            .with_sightings(self.sightings.clone())
    }

    pub async fn run<W: Workflow>(&self, job: &W) -> Result<Outcome<W::Observed>, RunError> {
        engine::apply(job, &Run::on(self.clock.clone())).await
    }

    /// Runs a job until it is done or blocked, however long that takes.
    pub async fn stay<W: Workflow>(&self, job: &W) -> Result<Outcome<W::Observed>, RunError> {
        engine::apply(job, &Run::on(self.clock.clone()).waiting(true)).await
    }
}

pub async fn fill(provider: &MemoryDns) {
    provider.create_zone(&domain()).await.unwrap();
    let zone = zonefile::read(ZONE, &domain()).unwrap().zone;
    let (plan, expected) = provider.plan_to(&zone, &Scope::WholeZone).await.unwrap();
    provider.apply(&domain(), &plan, &expected).await.unwrap();
}

/// The id of the only step that waits, and what for.
pub fn waiting<O>(outcome: &Outcome<O>) -> (&str, &str) {
    let step = outcome.steps.iter().find(|step| matches!(step.state, State::Waiting { .. }));
    match step.map(|step| (&step.id, &step.state)) {
        Some((id, State::Waiting { what_for, .. })) => (id, what_for),
        _ => panic!("nothing waits:\n{}", outcome.steps),
    }
}

/// The id of the only blocked step, why, and what to do.
pub fn blocked<O>(outcome: &Outcome<O>) -> (&str, &str, &str) {
    match outcome.steps.blocked().next().map(|step| (&step.id, &step.state)) {
        Some((id, State::Blocked { because, remedy })) => (id, because, remedy),
        _ => panic!("nothing is blocked:\n{}", outcome.steps),
    }
}

#[track_caller]
pub fn complete<O>(outcome: &Outcome<O>) {
    assert!(outcome.is_complete(), "{}\n{:?}", outcome.steps, outcome.checks);
}

pub fn price(text: &str) -> Money {
    text.parse().unwrap()
}
