//! A stateful fake of DNSimple: all its operations, in process and on loopback.
//!
//! ```
//! use howdah_dnsimple::{testing::FakeDnSimple, zones::NewRecord};
//! use howdah_core::testing::Fault;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! let fake = FakeDnSimple::new();
//! fake.create_zone("example.com");
//!
//! // The answer to the next call is lost, although the record is created.
//! fake.world().fail_next(Fault::Lost { applied: true });
//! let zones = fake.account().zones();
//! let error = zones.create_record("example.com", NewRecord::new("www", "A", "192.0.2.1")).await.unwrap_err();
//! assert_eq!(error.outcome(), howdah_core::Outcome::Unknown);
//! assert_eq!(fake.records("example.com").iter().filter(|record| record.name == "www").count(), 1);
//! # Ok(()) }
//! ```
//!
//! Its answers are those of the real service as far as they are known, nulls and strings for numbers included. Its time is
//! its clock's: transfers, certificates and the like complete as it goes on.

mod billing;
mod certificates;
mod contacts;
mod dnssec;
mod domains;
mod email_forwards;
mod hosting;
mod identity;
mod pushes;
mod registrant_changes;
mod registrar;
mod secondary_dns;
mod services;
mod templates;
mod tlds;
mod vanity_name_servers;
mod webhooks;
mod zones;

use std::{fs, io, path::Path, time::Duration};

use howdah_core::{
    Clock, Id,
    http::{ApiBuilder, RetryPolicy, Route},
    testing::{
        Answer, Asked, Fake, Registry, Server, World,
        quota_server::{QuotaServer, QuotaWindow},
    },
};
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Account, DnSimple, PRODUCTION,
    identity::{AccountId, User},
    zones::ZoneRecord,
};

/// The token that the fake accepts.
pub const TOKEN: &str = "dnsimple_a_fake0123456789";

/// What it is called at the registry.
const NAME: &str = "dnsimple";

/// The number of the fake's account.
pub const ACCOUNT: AccountId = Id::new(1010);

/// A fake of DNSimple. Clones are the same one.
#[derive(Clone, Debug)]
pub struct FakeDnSimple {
    world: Fake<State>,
    registry: Registry,
}

/// What the fake holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    #[serde(skip)]
    registry: Registry,
    now: Timestamp,
    last_id: u64,
    /// What the account's plan includes.
    pub plan: Plan,
    account: crate::identity::Account,
    /// Set when the token is a user's and not an account's.
    pub user: Option<User>,
    /// Accounts that a user's token can see besides the one that is held here. They are listed, and no more.
    #[serde(default)]
    pub other_accounts: Vec<crate::identity::Account>,
    billing: billing::State,
    certificates: certificates::State,
    contacts: contacts::State,
    dnssec: dnssec::State,
    domains: domains::State,
    email_forwards: email_forwards::State,
    pushes: pushes::State,
    registrant_changes: registrant_changes::State,
    registrar: registrar::State,
    secondary_dns: secondary_dns::State,
    services: services::State,
    templates: templates::State,
    vanity_name_servers: vanity_name_servers::State,
    webhooks: webhooks::State,
    zones: zones::State,
}

/// What a plan includes beyond the common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)] // each is a feature of its own
pub struct Plan {
    /// Several record changes in one call.
    pub batch: bool,
    /// Records that are served in some regions only.
    pub regions: bool,
    /// Vanity name servers.
    pub vanity: bool,
    /// Certificates for several names or a wildcard.
    pub certificate_names: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self { batch: true, regions: true, vanity: true, certificate_names: true }
    }
}

impl FakeDnSimple {
    /// An empty account, on the machine's clock.
    pub fn new() -> Self {
        Self::at(Clock::system())
    }

    /// An empty account, on a clock of the test's.
    pub fn at(clock: Clock) -> Self {
        Self::on(&Registry::new(clock))
    }

    /// An empty account whose domains are in a registry that others share, on the registry's clock.
    pub fn on(registry: &Registry) -> Self {
        Self::with(State::new(registry), registry, |fake| fake)
    }

    /// The account that a file holds, or a new one where there is no file yet; every change is written to it. A registry
    /// of its own is kept in a file beside it, whose name ends in `registry.json` instead.
    pub fn kept_in(file: &Path, clock: Clock) -> io::Result<Self> {
        Self::kept_on(file, &Registry::kept_in(&file.with_extension("registry.json"), clock)?)
    }

    /// The same with a registry that others share, which is kept by whoever made it.
    pub fn kept_on(file: &Path, registry: &Registry) -> io::Result<Self> {
        let state = match fs::read(file) {
            Ok(content) => State { registry: registry.clone(), ..serde_json::from_slice(&content)? },
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(registry),
            Err(error) => return Err(error),
        };
        Ok(Self::with(state, registry, |fake| fake.kept_in(file)))
    }

    fn with(state: State, registry: &Registry, set_up: impl FnOnce(Fake<State>) -> Fake<State>) -> Self {
        let clock = registry.clock().clone();
        let hourly = QuotaServer::new(2400, Duration::from_secs(3600), QuotaWindow::Fixed).with_clock(clock.now());
        let fake = Fake::new(NAME, state)
            .below("/v2")
            .with_clock(clock)
            .with_quota(hourly)
            .with_gate(gate)
            .with_pages(paginate);
        let fake = set_up(fake);
        let groups = [
            billing::serve,
            certificates::serve,
            contacts::serve,
            dnssec::serve,
            domains::serve,
            email_forwards::serve,
            identity::serve,
            pushes::serve,
            registrant_changes::serve,
            registrar::serve,
            secondary_dns::serve,
            services::serve,
            templates::serve,
            tlds::serve,
            vanity_name_servers::serve,
            webhooks::serve,
            zones::serve,
        ];
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

    /// A client of it, in process, patient enough to wait for the next hour's quota.
    ///
    /// # Panics
    ///
    /// Never: its setup is known to be right.
    pub fn client(&self) -> DnSimple {
        let api = self.builder().build().unwrap_or_else(|error| panic!("{error}"));
        DnSimple::from(api)
    }

    /// Sets up a client of it, for another transport around it or another patience.
    pub fn builder(&self) -> ApiBuilder {
        let patient = RetryPolicy::default().with_total(Duration::from_secs(2 * 3600));
        DnSimple::builder(TOKEN)
            .base_url(PRODUCTION)
            .transport(self.world.clone())
            .clock(self.registry.clock().clone())
            .retry(patient)
    }

    /// The account, through such a client.
    pub fn account(&self) -> Account {
        self.client().account(ACCOUNT)
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<Server> {
        self.world.serve().await
    }

    /// Adds a domain and its zone, without a request.
    ///
    /// # Panics
    ///
    /// When the zone is there already, or the name cannot be a domain's.
    pub fn create_zone(&self, name: &str) {
        let created = self.world.state(|state| domains::create(state, name));
        assert!(created.is_ok(), "`{name}` cannot be created: {created:?}");
    }

    /// The records of a zone, the provider's own included, without a request.
    pub fn records(&self, zone: &str) -> Vec<ZoneRecord> {
        self.world.state(|state| zones::records(state, zone))
    }

    /// Says what the account's plan includes.
    pub fn set_plan(&self, plan: Plan) {
        self.world.state(|state| state.plan = plan);
    }
}

impl Default for FakeDnSimple {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn new(registry: &Registry) -> Self {
        let now = whole_seconds(registry.clock().now());
        Self {
            registry: registry.clone(),
            now,
            last_id: 1000,
            plan: Plan::default(),
            account: crate::identity::Account {
                id: ACCOUNT,
                email: "admin@example.com".to_owned(),
                plan_identifier: Some("teams-v1-monthly".to_owned()),
                created_at: Some(now),
                updated_at: Some(now),
            },
            user: None,
            other_accounts: Vec::new(),
            billing: billing::State::default(),
            certificates: certificates::State::default(),
            contacts: contacts::State::default(),
            dnssec: dnssec::State::default(),
            domains: domains::State::default(),
            email_forwards: email_forwards::State::default(),
            pushes: pushes::State::default(),
            registrant_changes: registrant_changes::State::default(),
            registrar: registrar::State::default(),
            secondary_dns: secondary_dns::State::default(),
            services: services::State::default(),
            templates: templates::State::default(),
            vanity_name_servers: vanity_name_servers::State::default(),
            webhooks: webhooks::State::default(),
            zones: zones::State::default(),
        }
    }

    /// A number that was not given before.
    fn new_id<T>(&mut self) -> Id<T> {
        self.last_id += 1;
        Id::new(self.last_id)
    }

    /// The present moment as the service writes it.
    fn now(&self) -> Timestamp {
        self.now
    }
}

impl World for State {
    fn pass(&mut self, now: Timestamp) {
        self.now = whole_seconds(now);
        certificates::pass(self);
        registrar::pass(self);
        dnssec::pass(self);
        registrant_changes::pass(self);
    }
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    moment.round(Unit::Second).unwrap_or(moment)
}

/// Every operation but the exchange of a code for a token wants the token, and nearly every one the account.
fn gate(state: &mut State, asked: &Asked) -> Result<(), Answer> {
    if asked.path == "/v2/oauth/access_token" {
        return Ok(());
    }
    let sent = asked.headers.get("authorization").and_then(|value| value.to_str().ok());
    if sent != Some(&format!("Bearer {TOKEN}")) {
        return Err(Answer::json(401, json!({ "message": "Authentication failed" })));
    }
    let first = asked.path.split('/').nth(2).unwrap_or_default();
    match first.parse::<u64>() {
        Ok(number) if number != *state.account.id.get() => Err(not_found("Account", first)),
        _ => Ok(()),
    }
}

/// Sorts by `?sort=`, cuts by `?page=` and `?per_page=`, and says how much there is.
fn paginate(asked: &Asked, _: &Route, mut items: Vec<Value>) -> Answer {
    let parameter = |name: &str| asked.parameter(name);
    for key in parameter("sort").unwrap_or_default().rsplit(',') {
        let (field, direction) = key.split_once(':').unwrap_or((key, "asc"));
        let field = if field == "expiration" { "expires_at" } else { field };
        items.sort_by(|one, other| {
            let order = compare(one.get(field), other.get(field));
            if direction == "desc" { order.reverse() } else { order }
        });
    }
    let number = |name: &str| parameter(name).and_then(|text| text.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(30).clamp(1, 100);
    let page = number("page").unwrap_or(1).max(1);
    let total = items.len();
    let items: Vec<_> = items.into_iter().skip((page - 1).saturating_mul(per_page)).take(per_page).collect();
    let pagination = json!({
        "current_page": page,
        "per_page": per_page,
        "total_entries": total,
        "total_pages": total.div_ceil(per_page).max(1),
    });
    Answer::json(200, json!({ "data": items, "pagination": pagination }))
}

fn compare(one: Option<&Value>, other: Option<&Value>) -> std::cmp::Ordering {
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => one.as_u64().cmp(&other.as_u64()),
        (Some(Value::String(one)), Some(Value::String(other))) => one.cmp(other),
        _ => std::cmp::Ordering::Equal,
    }
}

fn not_found(what: &str, which: impl std::fmt::Display) -> Answer {
    Answer::json(404, json!({ "message": format!("{what} `{which}` not found") }))
}

/// The usual refusal of a request: what is wrong with one field.
fn invalid(field: &str, message: &str) -> Answer {
    Answer::json(400, json!({ "message": "Validation failed", "errors": { field: [message] } }))
}

/// A refusal without fields.
fn refused(status: u16, message: &str) -> Answer {
    Answer::json(status, json!({ "message": message }))
}

fn plan_required() -> Answer {
    refused(412, "Your account's plan does not include this feature. Please upgrade to use it.")
}

fn number<T>(text: &str, what: &str) -> Result<Id<T>, Answer> {
    text.parse().map(Id::new).map_err(|_| not_found(what, text))
}
