//! A stateful fake of DigitalOcean, in process and on loopback.
//!
//! ```
//! use howdah_digitalocean::{droplets::{DropletFilter, NewDroplet}, testing::FakeDigitalOcean};
//! use howdah_core::{Outcome, testing::Fault};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! let fake = FakeDigitalOcean::new();
//! let droplets = fake.client().droplets();
//!
//! // The answer to the next call is lost, although the Droplet is ordered.
//! fake.world().fail_next(Fault::Lost { applied: true });
//! let web = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64");
//! let error = droplets.create(web).await.unwrap_err();
//! assert_eq!(error.outcome(), Outcome::Unknown);
//! assert_eq!(droplets.list(DropletFilter::new()).all().await?.len(), 1);
//! # Ok(()) }
//! ```
//!
//! Its time is its clock's: actions complete as it goes on. Names that must be unique, what is in use and what is locked is
//! refused as the service refuses it. The groups listed in [`FROM_EXAMPLES`] hold nothing: whatever they are asked, they
//! answer with the example that the service publishes, and say so in the header `x-fake-answer`.

// A test that is set up wrongly ends.
#![allow(clippy::expect_used)]

mod account;
mod actions;
mod catalog;
mod cdn;
mod certificates;
mod databases;
mod domains;
mod droplets;
mod examples;
mod firewalls;
mod hosting;
mod images;
mod load_balancers;
mod monitoring;
mod projects;
mod regions;
mod reserved_ips;
mod reserved_ipv6;
mod sizes;
mod snapshots;
#[cfg(feature = "spaces")]
pub mod spaces;
mod spaces_keys;
mod ssh_keys;
mod tags;
mod uptime;
mod volumes;
mod vpcs;

use std::{fs, io, path::Path, time::Duration};

use howdah_core::{
    Clock, Id,
    http::{ApiBuilder, Endpoint, Operation, RetryPolicy, Route},
    testing::{
        Answer, Asked, Edge, Fake, Server, World,
        quota_server::{QuotaServer, QuotaWindow},
    },
};
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use certificates::certificate_for;

use crate::{DigitalOcean, PRODUCTION};

/// The token that the fake accepts.
pub const TOKEN: &str = "dop_v1_fake0123456789";

/// The groups that are answered from the published examples.
pub const FROM_EXAMPLES: &[(&str, &[&dyn Operation])] = &[
    ("apps", crate::apps::OPERATIONS),
    ("apps/alerts", crate::apps::alerts::OPERATIONS),
    ("apps/deployments", crate::apps::deployments::OPERATIONS),
    ("apps/invocations", crate::apps::invocations::OPERATIONS),
    ("apps/logs", crate::apps::logs::OPERATIONS),
    ("apps/tiers", crate::apps::tiers::OPERATIONS),
    ("autoscale_pools", crate::autoscale_pools::OPERATIONS),
    ("billing", crate::billing::OPERATIONS),
    ("databases/config", crate::databases::config::OPERATIONS),
    ("databases/indexes", crate::databases::indexes::OPERATIONS),
    ("databases/kafka", crate::databases::kafka::OPERATIONS),
    ("databases/logsinks", crate::databases::logsinks::OPERATIONS),
    ("monitoring", crate::monitoring::OPERATIONS),
    ("monitoring/metrics", crate::monitoring::metrics::OPERATIONS),
    ("monitoring/sinks", crate::monitoring::sinks::OPERATIONS),
];

/// A fake of DigitalOcean. Clones are the same one.
#[derive(Clone, Debug)]
pub struct FakeDigitalOcean {
    world: Fake<State>,
    clock: Clock,
}

/// What the fake holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    now: Timestamp,
    last_id: u64,
    account: account::State,
    actions: actions::State,
    cdn: cdn::State,
    certificates: certificates::State,
    databases: databases::State,
    domains: domains::State,
    droplets: droplets::State,
    firewalls: firewalls::State,
    images: images::State,
    load_balancers: load_balancers::State,
    projects: projects::State,
    regions: regions::State,
    reserved_ips: reserved_ips::State,
    reserved_ipv6: reserved_ipv6::State,
    sizes: sizes::State,
    snapshots: snapshots::State,
    spaces_keys: spaces_keys::State,
    ssh_keys: ssh_keys::State,
    tags: tags::State,
    uptime: uptime::State,
    volumes: volumes::State,
    vpcs: vpcs::State,
}

impl FakeDigitalOcean {
    /// An empty account, on the machine's clock.
    pub fn new() -> Self {
        Self::at(Clock::system())
    }

    /// An empty account, on a clock of the test's.
    pub fn at(clock: Clock) -> Self {
        Self::with(State::new(clock.now()), clock, |fake| fake)
    }

    /// The account that a file holds, or a new one where there is no file yet; every change is written to it.
    pub fn kept_in(file: &Path, clock: Clock) -> io::Result<Self> {
        let state = match fs::read(file) {
            Ok(content) => serde_json::from_slice(&content)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(clock.now()),
            Err(error) => return Err(error),
        };
        Ok(Self::with(state, clock, |fake| fake.kept_in(file)))
    }

    fn with(state: State, clock: Clock, set_up: impl FnOnce(Fake<State>) -> Fake<State>) -> Self {
        let quota = |calls, seconds| {
            QuotaServer::new(calls, Duration::from_secs(seconds), QuotaWindow::Sliding)
                .with_headers(["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"])
                .with_clock(clock.now())
        };
        let fake = Fake::new("digitalocean", state)
            .with_clock(clock.clone())
            .with_quota_of(is_of_cdn, quota(5, 10))
            .with_quota_of(is_list_of_keys, quota(10, 60))
            .with_quota_of(is_common, quota(5000, 3600))
            .with_quota_of(is_common, quota(250, 60))
            .with_gate(gate)
            .with_pages(paginate)
            .with_translation(|_| {}, |_, _, answer| without_nulls(answer));
        let fake = set_up(fake);
        let groups = [
            account::serve,
            actions::serve,
            cdn::serve,
            certificates::serve,
            databases::serve,
            domains::serve,
            droplets::serve,
            examples::serve,
            firewalls::serve,
            images::serve,
            load_balancers::serve,
            monitoring::serve,
            projects::serve,
            regions::serve,
            reserved_ips::serve,
            reserved_ipv6::serve,
            sizes::serve,
            snapshots::serve,
            spaces_keys::serve,
            ssh_keys::serve,
            tags::serve,
            uptime::serve,
            volumes::serve,
            vpcs::serve,
        ];
        Self { world: groups.into_iter().fold(fake, |fake, serve| serve(fake)), clock }
    }

    /// Lets every answer take so long. To be said before anyone uses the fake.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        Self { world: self.world.with_latency(latency), ..self }
    }

    /// Writes no journal, for long runs and benchmarks. To be said before anyone uses the fake.
    #[must_use]
    pub fn without_journal(self) -> Self {
        Self { world: self.world.without_journal(), ..self }
    }

    /// The fake below: its journal, its faults, its state.
    pub fn world(&self) -> &Fake<State> {
        &self.world
    }

    /// A client of it, in process, patient enough to wait for the next hour's quota.
    ///
    /// # Panics
    ///
    /// Never: its setup is known to be right.
    pub fn client(&self) -> DigitalOcean {
        let api = self.builder().build().unwrap_or_else(|error| panic!("{error}"));
        DigitalOcean::from(api)
    }

    /// Sets up a client of it, for another transport around it or another patience.
    pub fn builder(&self) -> ApiBuilder {
        let patient = RetryPolicy::default().with_total(Duration::from_secs(2 * 3600));
        DigitalOcean::builder(TOKEN).transport(self.world.clone()).clock(self.clock.clone()).retry(patient)
    }

    /// The listeners of its load balancers and CDN endpoints: at port 443 of an endpoint's address, for the name that it
    /// was given, and at the ports of a load balancer's rules, each with the certificate that it holds at that moment.
    /// What is behind a load balancer answers while one of its Droplets is healthy.
    pub fn edge(&self) -> Edge {
        let world = self.world.clone();
        Edge::new(move |hello| {
            world.state(|world| cdn::listening(world, hello).or_else(|| load_balancers::listening(world, hello)))
        })
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<Server> {
        self.world.serve().await
    }
}

impl Default for FakeDigitalOcean {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn new(now: Timestamp) -> Self {
        Self {
            now: whole_seconds(now),
            last_id: 1000,
            account: account::State::default(),
            actions: actions::State::default(),
            cdn: cdn::State::default(),
            certificates: certificates::State::default(),
            databases: databases::State::default(),
            domains: domains::State::default(),
            droplets: droplets::State::default(),
            firewalls: firewalls::State::default(),
            images: images::State::default(),
            load_balancers: load_balancers::State::default(),
            projects: projects::State::default(),
            regions: regions::State::default(),
            reserved_ips: reserved_ips::State::default(),
            reserved_ipv6: reserved_ipv6::State::default(),
            sizes: sizes::State::default(),
            snapshots: snapshots::State::default(),
            spaces_keys: spaces_keys::State::default(),
            ssh_keys: ssh_keys::State::default(),
            tags: tags::State::default(),
            uptime: uptime::State::default(),
            volumes: volumes::State::default(),
            vpcs: vpcs::State::default(),
        }
    }

    /// A number that was not given before.
    fn new_id<T>(&mut self) -> Id<T> {
        self.last_id += 1;
        Id::new(self.last_id)
    }

    /// A UUID that was not given before.
    fn new_uuid(&mut self) -> String {
        self.last_id += 1;
        let serial = self.last_id;
        // Looks like one that was drawn, and differs from all others in its last part.
        let mixed = serial.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{serial:012x}",
            mixed >> 32,
            (mixed >> 16) & 0xffff,
            mixed & 0xfff,
            (mixed >> 12) & 0xfff
        )
    }

    /// The present moment as the service writes it.
    fn now(&self) -> Timestamp {
        self.now
    }
}

impl World for State {
    fn pass(&mut self, now: Timestamp) {
        let before = std::mem::replace(&mut self.now, whole_seconds(now));
        actions::pass(self);
        certificates::pass(self);
        databases::pass(self);
        load_balancers::pass(self, before);
        droplets::pass(self);
        firewalls::pass(self);
        images::pass(self);
    }
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    moment.round(Unit::Second).unwrap_or(moment)
}

fn is_of_cdn(asked: &Asked) -> bool {
    asked.path.starts_with("/v2/cdn/endpoints")
}

fn is_list_of_keys(asked: &Asked) -> bool {
    asked.path == "/v2/account/keys" && asked.method == "GET"
}

fn is_common(asked: &Asked) -> bool {
    !is_of_cdn(asked) && !is_list_of_keys(asked)
}

/// Every operation wants the token.
fn gate(_: &mut State, asked: &Asked) -> Result<(), Answer> {
    let sent = asked.headers.get("authorization").and_then(|value| value.to_str().ok());
    if sent == Some(&format!("Bearer {TOKEN}")) {
        return Ok(());
    }
    Err(refused(401, "unauthorized", "Unable to authenticate you"))
}

/// Cuts by `?page=` and `?per_page=`, and says how much there is and where it goes on.
// What pages are cut by hands over its items.
#[allow(clippy::needless_pass_by_value)]
fn paginate(asked: &Asked, route: &Route, items: Vec<Value>) -> Answer {
    page_of(asked, route, &items)
}

/// The page that is asked for, of a list whose other pages need not be written.
fn page_of<T: Serialize>(asked: &Asked, route: &Route, items: &[T]) -> Answer {
    let number = |name: &str| asked.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(20).clamp(1, 200);
    let page = number("page").unwrap_or(1).max(1);
    let total = items.len();
    let last = total.div_ceil(per_page).max(1);
    let from = (page - 1).saturating_mul(per_page).min(total);
    let items = &items[from..(from + per_page).min(total)];

    let pairs = url::form_urlencoded::parse(asked.query.as_bytes()).into_owned();
    let others: Vec<(String, String)> = pairs.filter(|(name, _)| name != "page" && name != "per_page").collect();
    let link = |page: usize| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .extend_pairs(&others)
            .append_pair("page", &page.to_string())
            .append_pair("per_page", &per_page.to_string());
        format!("{}{}?{}", origin(asked), asked.path, query.finish())
    };
    let mut pages = serde_json::Map::new();
    if page > 1 {
        pages.insert("first".into(), link(1).into());
        pages.insert("prev".into(), link(page - 1).into());
    }
    if page < last {
        pages.insert("next".into(), link(page + 1).into());
        pages.insert("last".into(), link(last).into());
    }
    let links = if pages.is_empty() { json!({}) } else { json!({ "pages": pages }) };
    let member = route.envelope.unwrap_or_default();
    if member == "data_points" {
        let pages = json!({ member: items, "total_items": total, "total_pages": last, "current_page": page });
        return Answer::json(200, pages);
    }
    Answer::json(200, json!({ member: items, "links": links, "meta": { "total": total } }))
}

/// The same route for a list that is cut into pages before it is written, since there may be thousands of its items.
const fn cut(mut route: Route) -> Endpoint<(), (), 0> {
    route.pages = None;
    Endpoint::new("LIST", route)
}

/// What is shown as `null` while there is nothing. Other fields are left out.
const NULLABLE: &[&str] = &[
    "completed_at",
    "droplet",
    "flags",
    "kernel",
    "min_disk_size",
    "next_backup_window",
    "port",
    "priority",
    "region_slug",
    "resource_id",
    "size_gigabytes",
    "slug",
    "tag",
    "ttl",
    "weight",
    "zone_file",
];

fn without_nulls(answer: Answer) -> Answer {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return answer };
    strip_nulls(&mut body);
    Answer { body: body.to_string().into(), ..answer }
}

fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, member| !member.is_null() || NULLABLE.contains(&name.as_str()));
            members.values_mut().for_each(strip_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}

/// Where the one who asks sees the fake.
fn origin(asked: &Asked) -> String {
    let host = asked.headers.get("host").and_then(|value| value.to_str().ok());
    host.map_or_else(|| PRODUCTION.to_owned(), |host| format!("http://{host}"))
}

fn refused(status: u16, id: &str, message: &str) -> Answer {
    Answer::json(status, json!({ "id": id, "message": message }))
}

fn not_found() -> Answer {
    refused(404, "not_found", "The resource you requested could not be found.")
}

/// The usual refusal of what is wrong, taken, in use or locked.
fn unprocessable(message: impl AsRef<str>) -> Answer {
    refused(422, "unprocessable_entity", message.as_ref())
}

fn bad_request(message: impl AsRef<str>) -> Answer {
    refused(400, "bad_request", message.as_ref())
}

/// A number in a path.
fn number<T>(text: &str) -> Result<Id<T>, Answer> {
    text.parse().map(Id::new).map_err(|_| not_found())
}
