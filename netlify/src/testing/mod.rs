//! A stateful fake of Netlify, in process and on loopback.
//!
//! ```
//! use howdah_core::{Outcome, testing::Fault};
//! use howdah_netlify::{sites::{SiteFilter, SiteOptions, SiteSettings}, testing::FakeNetlify};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! let fake = FakeNetlify::new();
//! let sites = fake.client().sites();
//!
//! // The answer to the next call is lost, although the site is made.
//! fake.world().fail_next(Fault::Lost { applied: true });
//! let error = sites.create(SiteOptions::new(), SiteSettings::new().with_name("docs")).await.unwrap_err();
//! assert_eq!(error.outcome(), Outcome::Unknown);
//! assert_eq!(sites.list(SiteFilter::new()).all().await?.len(), 1);
//! # Ok(()) }
//! ```
//!
//! Its time is its clock's: deploys are prepared and become ready as it goes on. A deploy wants the files that the site does
//! not have yet and takes no others, names are unique, and a certificate has to fit its key, its chain and the site's domain.

// A test that is set up wrongly ends.
#![allow(clippy::expect_used)]

mod accounts;
mod agent_runners;
mod certificates;
mod databases;
mod deploys;
mod dev_servers;
mod dns_zones;
mod env;
mod hosting;
mod others;
mod services;
mod sites;
mod split_tests;
mod things;

use std::{fs, io, path::Path, time::Duration};

use howdah_core::{
    Clock,
    http::{ApiBuilder, RetryPolicy},
    testing::{
        Answer, Asked, Edge, Fake, Server, World,
        quota_server::{QuotaFormat, QuotaServer, QuotaWindow},
    },
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use certificates::certificate_for;
use things::Things;

use crate::{Netlify, PRODUCTION};

/// The token that the fake accepts.
pub const TOKEN: &str = "nfp_fake0123456789abcdefghijklmnopqrstuv";

/// The slug of the account that the fake has.
pub const ACCOUNT: &str = "vmst";

/// A fake of Netlify. Clones are the same one.
#[derive(Clone, Debug)]
pub struct FakeNetlify {
    world: Fake<State>,
    clock: Clock,
}

/// What the fake holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    now: Timestamp,
    last_id: u64,
    /// All that there is, as it is answered.
    things: Things,
    deploys: deploys::State,
    certificates: certificates::State,
}

impl FakeNetlify {
    /// An account without sites, on the machine's clock.
    pub fn new() -> Self {
        Self::at(Clock::system())
    }

    /// An account without sites, on a clock of the test's.
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
        let quota = |calls| {
            QuotaServer::new(calls, Duration::from_secs(60), QuotaWindow::Fixed)
                .with_format(QuotaFormat::UtcText)
                .with_clock(clock.now())
        };
        let fake = Fake::new("netlify", state)
            .below("/api/v1")
            .with_clock(clock.clone())
            .with_quota_of(begins_no_deploy, quota(500))
            .with_quota_of(begins_deploy, quota(3))
            .with_gate(gate);
        let fake = set_up(fake);
        let groups = [
            accounts::serve,
            agent_runners::serve,
            certificates::serve,
            databases::serve,
            deploys::serve,
            dev_servers::serve,
            dns_zones::serve,
            env::serve,
            others::serve,
            services::serve,
            sites::serve,
            split_tests::serve,
        ];
        Self { world: groups.into_iter().fold(fake, |fake, serve| serve(fake)), clock }
    }

    /// The fake below: its journal, its faults, its state.
    pub fn world(&self) -> &Fake<State> {
        &self.world
    }

    /// A client of it, in process, patient enough to wait for the next minute's quota.
    ///
    /// # Panics
    ///
    /// Never: its setup is known to be right.
    pub fn client(&self) -> Netlify {
        let api = self.builder().build().unwrap_or_else(|error| panic!("{error}"));
        Netlify::from(api)
    }

    /// Sets up a client of it, for another transport around it or another patience.
    pub fn builder(&self) -> ApiBuilder {
        let patient = RetryPolicy::default().with_total(Duration::from_secs(3600));
        Netlify::builder(TOKEN)
            .base_url(PRODUCTION)
            .transport(self.world.clone())
            .clock(self.clock.clone())
            .retry(patient)
    }

    /// The listener of all sites: at port 443 for each of their domains, with the certificate that the site has at that
    /// moment. What is published answers.
    pub fn edge(&self) -> Edge {
        let world = self.world.clone();
        Edge::new(move |hello| world.state(|world| certificates::listening(world, hello)))
    }

    /// The certificate of the authority that stands for Let's Encrypt, in PEM.
    pub fn lets_encrypt(&self) -> String {
        self.world.state(|world| world.certificates.authority().to_owned())
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<Server> {
        self.world.serve().await
    }
}

impl Default for FakeNetlify {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn new(now: Timestamp) -> Self {
        let mut state = Self {
            now,
            last_id: 0,
            things: Things::default(),
            deploys: deploys::State::default(),
            certificates: certificates::State::new(),
        };
        accounts::begin(&mut state);
        state
    }

    fn serial(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// An id of 24 digits that was not given before.
    fn new_id(&mut self) -> String {
        let serial = self.serial();
        format!("{:016x}{serial:08x}", serial.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A UUID that was not given before.
    fn new_uuid(&mut self) -> String {
        let serial = self.serial();
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
    fn now(&self) -> String {
        self.now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }

    fn in_seconds(&self, seconds: i64) -> Timestamp {
        self.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(self.now)
    }
}

impl World for State {
    fn pass(&mut self, now: Timestamp) {
        self.now = now;
        deploys::pass(self);
        certificates::pass(self);
    }
}

fn begins_deploy(asked: &Asked) -> bool {
    asked.method == "POST" && asked.path.starts_with("/api/v1/sites/") && asked.path.ends_with("/deploys")
}

fn begins_no_deploy(asked: &Asked) -> bool {
    !begins_deploy(asked)
}

/// Every operation but those that hand out a token wants one.
fn gate(_: &mut State, asked: &Asked) -> Result<(), Answer> {
    let sent = asked.headers.get("authorization").and_then(|value| value.to_str().ok());
    if asked.path.starts_with("/api/v1/oauth/") || sent == Some(&format!("Bearer {TOKEN}")) {
        return Ok(());
    }
    Err(refused(401, "Access Denied: Invalid token"))
}

/// The page that is asked for by `?page=` and `?per_page=`; where it goes on is in a header.
fn page_of(asked: &Asked, items: &[Value]) -> Answer {
    let number = |name: &str| asked.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(100).clamp(1, 100);
    let page = number("page").unwrap_or(1).max(1);
    let last = items.len().div_ceil(per_page).max(1);
    let from = (page - 1).saturating_mul(per_page).min(items.len());
    let answer = Answer::json(200, &items[from..(from + per_page).min(items.len())]);
    let link = |page: usize, relation: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = url::form_urlencoded::parse(asked.query.as_bytes()).into_owned();
        query
            .extend_pairs(pairs.filter(|(name, _)| name != "page" && name != "per_page"))
            .append_pair("page", &page.to_string())
            .append_pair("per_page", &per_page.to_string());
        format!("<{}{}?{}>; rel=\"{relation}\"", origin(asked), asked.path, query.finish())
    };
    let mut links = Vec::new();
    if page > 1 {
        links.extend([link(1, "first"), link(page - 1, "prev")]);
    }
    if page < last {
        links.extend([link(page + 1, "next"), link(last, "last")]);
    }
    if links.is_empty() { answer } else { answer.with_header("link", links.join(", ")) }
}

/// Where the one who asks sees the fake.
fn origin(asked: &Asked) -> String {
    let host = asked.headers.get("host").and_then(|value| value.to_str().ok());
    host.map_or_else(|| "https://api.netlify.com".to_owned(), |host| format!("http://{host}"))
}

fn refused(status: u16, message: &str) -> Answer {
    Answer::json(status, json!({ "code": status, "message": message }))
}

fn not_found() -> Answer {
    refused(404, "Not Found")
}

fn unprocessable(message: &str) -> Answer {
    refused(422, message)
}

/// What a request's body says, or nothing where it has none.
fn body(asked: &Asked) -> Result<Value, Answer> {
    if asked.body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(&asked.body).map_err(|_| refused(400, "The body is not JSON"))
}

/// An answer, whether it is what was wanted or a refusal.
fn either(result: Result<Answer, Answer>) -> Answer {
    result.unwrap_or_else(|refusal| refusal)
}
