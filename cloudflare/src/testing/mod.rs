//! A stateful fake of Cloudflare, in process and on loopback.
//!
//! ```
//! use howdah_cloudflare::{dns_records::NewRecord, testing::FakeCloudflare, zones::{ZoneFilter, ZoneStatus}};
//! use howdah_core::dns::Name;
//! use jiff::SignedDuration;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! let fake = FakeCloudflare::new();
//! let zone = fake.create_zone("example.com");
//! fake.add_record(&zone, NewRecord::new("A", "www").with_content("192.0.2.1").with_proxied(true));
//!
//! // Its zones are served as soon as the registry delegates them to it.
//! let domain = Name::parse("example.com").unwrap();
//! fake.registry().register(&domain, "elsewhere", &fake.name_servers(), SignedDuration::from_hours(24 * 400));
//! assert_eq!(fake.client().zones().get(&zone).await?.status, Some(ZoneStatus::Active));
//! # Ok(()) }
//! ```
//!
//! It looks at the registry as the service looks at the parent's name servers: what is delegated elsewhere becomes `moved`,
//! and what was never delegated to it goes after four weeks. As a registrar it does in the registry what its customers do in
//! the dashboard, see [`FakeCloudflare::unlock_in_dashboard`].

#![allow(clippy::expect_used)]

mod dns_records;
mod dnssec;
mod hosting;
mod inventory;
mod registrar;
mod tokens;
mod zones;

use std::{fs, io, path::Path, time::Duration};

use howdah_core::{
    Clock,
    dns::Name,
    http::{ApiBuilder, Pagination, RetryPolicy, Route},
    testing::{
        Answer, Asked, Fake, Registry, Reply, Server, World,
        quota_server::{QuotaFormat, QuotaServer, QuotaWindow},
    },
};
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Cloudflare, PRODUCTION,
    dns_records::{DnsRecord, NewRecord, RecordId, RecordMeta},
    zones::{AccountId, ZoneId},
};

/// The registrar's name in the registry.
pub const NAME: &str = "cloudflare";

/// The token that the fake accepts.
pub const TOKEN: &str = "cloudflare_a_fake0123456789";

/// The user whose Global API Key the fake accepts, and the key.
pub const GLOBAL_KEY: (&str, &str) = ("admin@example.com", "0123456789abcdef0123456789abcdef01234");

/// What the fake's account is called.
pub const ACCOUNT: &str = "01a7362d577a6c3019a474fd6f485823";

/// The name servers that the account's zones are given.
const NAME_SERVERS: [&str; 2] = ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"];

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
        let clock = registry.clock();
        let quota = QuotaServer::new(1200, Duration::from_secs(300), QuotaWindow::Fixed)
            .with_format(QuotaFormat::Structured)
            .with_clock(clock.now());
        let fake = Fake::new("cloudflare", state)
            .below("/client/v4")
            .with_clock(clock.clone())
            .with_quota(quota)
            .with_gate(gate)
            .with_pages(paginate);
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

    /// The account.
    pub fn account(&self) -> AccountId {
        AccountId::new(ACCOUNT.to_owned())
    }

    /// The name servers that its zones are to be delegated to.
    pub fn name_servers(&self) -> Vec<Name> {
        name_servers()
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
        self.adapt(Cloudflare::builder(TOKEN))
    }

    /// Sets up a client with other credentials.
    pub fn adapt(&self, builder: ApiBuilder) -> ApiBuilder {
        let patient = RetryPolicy::default().with_total(Duration::from_secs(2 * 3600));
        builder.base_url(PRODUCTION).transport(self.world.clone()).clock(self.registry.clock().clone()).retry(patient)
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<Server> {
        self.world.serve().await
    }

    /// Adds a zone without records, without a request.
    ///
    /// # Panics
    ///
    /// When there is one of this name, or the name cannot be a zone's.
    pub fn create_zone(&self, name: &str) -> ZoneId {
        let parsed = Name::parse(name).unwrap_or_else(|error| panic!("{error}"));
        self.world.state(|state| {
            let created = zones::create(state, &parsed);
            created.unwrap_or_else(|| panic!("there is a zone {name} already"))
        })
    }

    /// What a zone is called, without a request.
    pub fn zone_id(&self, name: &str) -> Option<ZoneId> {
        let name = Name::parse(name).ok()?;
        self.world.state(|state| {
            let id = zones::all(state).find(|(_, one, ..)| **one == name).map(|(id, ..)| id.to_owned());
            id.map(ZoneId::new)
        })
    }

    /// Adds a record, without a request.
    ///
    /// # Panics
    ///
    /// When it would be refused.
    pub fn add_record(&self, zone: &ZoneId, record: NewRecord) -> DnsRecord {
        let created = self.world.state(|state| dns_records::create(state, zone.get(), record));
        created.unwrap_or_else(|answer| panic!("the record is refused: {}", String::from_utf8_lossy(&answer.body)))
    }

    /// Says where a record comes from, as other services of Cloudflare's do with theirs.
    pub fn set_meta(&self, zone: &ZoneId, record: &RecordId, meta: &RecordMeta) {
        self.world.state(|state| dns_records::set_meta(state, zone.get(), record, meta));
    }

    /// The records of a zone, without a request.
    pub fn records(&self, zone: &ZoneId) -> Vec<DnsRecord> {
        self.world.state(|state| dns_records::of(state, zone.get()).to_vec())
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
            zones: zones::State::default(),
        }
    }

    /// 32 hexadecimal digits that were not given before.
    fn new_id(&mut self) -> String {
        self.last_id += 1;
        // Ids are in no order, so that nobody relies on one. The second half alone is unique.
        format!("{:016x}{:016x}", self.last_id.wrapping_mul(0x9e37_79b9_7f4a_7c15), self.last_id)
    }
}

impl World for State {
    fn pass(&mut self, now: Timestamp) {
        self.now = whole_seconds(now);
        zones::pass(self);
        dnssec::pass(self);
    }
}

fn name_servers() -> Vec<Name> {
    NAME_SERVERS.iter().map(|server| Name::parse(server).expect("its names are names")).collect()
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    moment.round(Unit::Second).unwrap_or(moment)
}

/// A token, or a user with the Global API Key.
fn gate(_: &mut State, asked: &Asked) -> Result<(), Answer> {
    let header = |name| asked.headers.get(name).and_then(|value| value.to_str().ok());
    let (email, key) = (header("x-auth-email"), header("x-auth-key"));
    match header("authorization") {
        Some(value) if value == format!("Bearer {TOKEN}") => Ok(()),
        Some(value) if value.starts_with("Bearer ") => Err(refused(401, 1000, "Invalid API Token")),
        Some(_) => Err(refused(400, 6003, "Invalid request headers")),
        None if (email, key) == (Some(GLOBAL_KEY.0), Some(GLOBAL_KEY.1)) => Ok(()),
        None if email.is_some() => Err(refused(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")),
        None => Err(refused(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")),
    }
}

/// Sorts by `?order=` and `?direction=`, and cuts by number or by cursor. A page past the end is empty.
fn paginate(asked: &Asked, route: &Route, mut items: Vec<Value>) -> Answer {
    let number = |name: &str| asked.parameter(name).and_then(|text| text.parse::<usize>().ok());
    if let Some(order) = asked.parameter("order") {
        let key = |item: &Value| item.get(order.as_str()).map(ToString::to_string);
        items.sort_by_key(key);
        if asked.parameter("direction").as_deref() == Some("desc") {
            items.reverse();
        }
    }
    let total = items.len();
    let (usual, largest) = if route.path.ends_with("/dns_records") { (100, 5_000_000) } else { (20, 50) };
    let per_page = number("per_page").unwrap_or(usual).clamp(1, largest);
    let by_cursor = matches!(route.pages, Some(Pagination::Cursor { .. }));
    let page = number("page").unwrap_or(1).max(1);
    let from = if by_cursor { number("cursor").unwrap_or(0) } else { (page - 1).saturating_mul(per_page) };
    let items: Vec<_> = items.into_iter().skip(from).take(per_page).collect();
    let count = items.len();
    let info = if by_cursor {
        let next = from + count;
        json!({ "count": count, "per_page": per_page, "cursor": if next < total { next.to_string() } else { String::new() } })
    } else {
        let pages = total.div_ceil(per_page);
        json!({ "page": page, "per_page": per_page, "count": count, "total_count": total, "total_pages": pages })
    };
    Answer::json(200, json!({ "result": items, "success": true, "errors": [], "messages": [], "result_info": info }))
}

/// An answer in its envelope.
fn answer<T>(result: impl Serialize) -> Reply<T> {
    Err(Answer::json(200, json!({ "result": result, "success": true, "errors": [], "messages": [] })))
}

/// A refusal in its envelope.
fn refused(status: u16, code: u32, message: &str) -> Answer {
    let errors = json!([{ "code": code, "message": message }]);
    Answer::json(status, json!({ "result": null, "success": false, "errors": errors, "messages": [] }))
}

/// What is wrong with a record.
fn invalid(code: u32, message: &str) -> Answer {
    let chain = json!([{ "code": code, "message": message }]);
    let errors = json!([{ "code": 1004, "message": "DNS Validation Error", "error_chain": chain }]);
    Answer::json(400, json!({ "result": null, "success": false, "errors": errors, "messages": [] }))
}

/// Identifiers that are not there are told like paths that are not.
fn not_found(path: &str) -> Answer {
    refused(404, 7003, &format!("Could not route to {path}, perhaps your object identifier is invalid?"))
}
