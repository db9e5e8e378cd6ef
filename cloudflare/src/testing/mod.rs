//! A stateful fake of Cloudflare, in process and on loopback.

mod dns_records;
mod dnssec;
mod inventory;
mod registrar;
mod tokens;
mod zones;

use std::{fs, io, path::Path, time::Duration};

use howdah_core::{
    Clock,
    http::{ApiBuilder, RetryPolicy},
    testing::{Answer, Asked, Fake, Registry, Server, World},
};
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Cloudflare, PRODUCTION};

/// The registrar's name in the registry.
pub const NAME: &str = "cloudflare";

/// The token that the fake accepts.
pub const TOKEN: &str = "cloudflare_a_fake0123456789";

/// A fake of Cloudflare. Clones are the same one.
#[derive(Clone, Debug)]
pub struct FakeCloudflare {
    world: Fake<State>,
    registry: Registry,
}

/// What the fake holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    now: Timestamp,
    last_id: u64,
    /// The registry of the domains, which other fakes may share. It is kept elsewhere.
    #[serde(skip)]
    registry: Registry,
    dns_records: dns_records::State,
    dnssec: dnssec::State,
    inventory: inventory::State,
    registrar: registrar::State,
    tokens: tokens::State,
    zones: zones::State,
}

impl FakeCloudflare {
    /// An empty account and a registry of its own, on the machine's clock.
    pub fn new() -> Self {
        Self::at(Clock::system())
    }

    /// The same on a clock of the test's.
    pub fn at(clock: Clock) -> Self {
        Self::on(&Registry::new(clock))
    }

    /// An empty account whose domains are in a registry that others share, on the registry's clock.
    pub fn on(registry: &Registry) -> Self {
        Self::with(State::new(registry), registry, |fake| fake)
    }

    /// The account that a file holds, or a new one where there is no file yet; every change is written to it. The
    /// registry is kept by whoever made it.
    pub fn kept_in(file: &Path, registry: &Registry) -> io::Result<Self> {
        let state = match fs::read(file) {
            Ok(content) => State { registry: registry.clone(), ..serde_json::from_slice(&content)? },
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(registry),
            Err(error) => return Err(error),
        };
        Ok(Self::with(state, registry, |fake| fake.kept_in(file)))
    }

    fn with(state: State, registry: &Registry, set_up: impl FnOnce(Fake<State>) -> Fake<State>) -> Self {
        let fake =
            Fake::new("cloudflare", state).below("/client/v4").with_clock(registry.clock().clone()).with_gate(gate);
        let fake = set_up(fake);
        let groups =
            [dns_records::serve, dnssec::serve, inventory::serve, registrar::serve, tokens::serve, zones::serve];
        Self { world: groups.into_iter().fold(fake, |fake, serve| serve(fake)), registry: registry.clone() }
    }

    /// The fake below: its journal, its faults, its state.
    pub fn world(&self) -> &Fake<State> {
        &self.world
    }

    /// The registry of its domains.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A client of it, in process, patient enough to wait for its quota.
    ///
    /// # Panics
    ///
    /// Never: its setup is known to be right.
    pub fn client(&self) -> Cloudflare {
        let api = self.builder().build().unwrap_or_else(|error| panic!("{error}"));
        Cloudflare::from(api)
    }

    /// Sets up a client of it, for another transport around it or another patience.
    pub fn builder(&self) -> ApiBuilder {
        let patient = RetryPolicy::default().with_total(Duration::from_secs(2 * 3600));
        Cloudflare::builder(TOKEN)
            .base_url(PRODUCTION)
            .transport(self.world.clone())
            .clock(self.registry.clock().clone())
            .retry(patient)
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<Server> {
        self.world.serve().await
    }
}

impl Default for FakeCloudflare {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn new(registry: &Registry) -> Self {
        Self {
            now: whole_seconds(registry.clock().now()),
            last_id: 1000,
            registry: registry.clone(),
            dns_records: dns_records::State::default(),
            dnssec: dnssec::State::default(),
            inventory: inventory::State::default(),
            registrar: registrar::State::default(),
            tokens: tokens::State::default(),
            zones: zones::State::default(),
        }
    }
}

impl World for State {
    fn pass(&mut self, now: Timestamp) {
        self.now = whole_seconds(now);
    }
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    moment.round(Unit::Second).unwrap_or(moment)
}

fn gate(_: &mut State, asked: &Asked) -> Result<(), Answer> {
    let sent = asked.headers.get("authorization").and_then(|value| value.to_str().ok());
    if sent == Some(&format!("Bearer {TOKEN}")) { Ok(()) } else { Err(Answer::json(401, json!({}))) }
}
