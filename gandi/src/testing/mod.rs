//! A stateful fake of Gandi, in process and on loopback.

mod billing;
mod certificates;
mod change_owner;
mod claims;
mod contacts;
mod csr;
mod delegation;
mod domain_livedns;
mod domains;
mod email;
mod livedns;
mod organizations;
mod simple_hosting;
mod tags;
mod templates;
mod tlds;
mod transfers;
mod web_redirections;

use std::{fs, io, path::Path, time::Duration};

use howdah_core::{
    Clock,
    dns::Name,
    http::{ApiBuilder, RetryPolicy, Route},
    testing::{Answer, Asked, Fake, RegisteredDomain, Registry, Server, World},
};
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Gandi, PRODUCTION};

/// The registrar's name in the registry.
pub const NAME: &str = "gandi";

/// The token that the fake accepts.
pub const TOKEN: &str = "pat_gandi_a_fake0123456789";

/// The key of the old kind that the fake accepts.
pub const API_KEY: &str = "afakekey0123456789abcdef";

/// A fake of Gandi. Clones are the same one.
#[derive(Clone, Debug)]
pub struct FakeGandi {
    world: Fake<State>,
    registry: Registry,
}

/// What the fake holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    now: Timestamp,
    last_id: u64,
    /// Where the client that asks sees the fake: URLs in answers are below it.
    #[serde(skip)]
    base: String,
    /// The registry of the domains, which other fakes may share. It is kept elsewhere.
    #[serde(skip)]
    registry: Registry,
    billing: billing::State,
    certificates: certificates::State,
    change_owner: change_owner::State,
    claims: claims::State,
    contacts: contacts::State,
    domain_livedns: domain_livedns::State,
    domains: domains::State,
    email: email::State,
    livedns: livedns::State,
    organizations: organizations::State,
    delegation: delegation::State,
    simple_hosting: simple_hosting::State,
    tags: tags::State,
    templates: templates::State,
    transfers: transfers::State,
    web_redirections: web_redirections::State,
}

impl FakeGandi {
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
        let fake = Fake::new("gandi", state).below("/v5").with_clock(registry.clock().clone()).with_gate(gate);
        let fake = fake.with_pages(paginate);
        let fake = set_up(fake);
        let groups = [
            billing::serve,
            certificates::serve,
            change_owner::serve,
            claims::serve,
            contacts::serve,
            domain_livedns::serve,
            domains::serve,
            email::serve,
            livedns::serve,
            organizations::serve,
            delegation::serve,
            simple_hosting::serve,
            tags::serve,
            templates::serve,
            tlds::serve,
            transfers::serve,
            web_redirections::serve,
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

    /// A client of it, in process, patient enough to wait for its quota.
    ///
    /// # Panics
    ///
    /// Never: its setup is known to be right.
    pub fn client(&self) -> Gandi {
        let api = self.builder().build().unwrap_or_else(|error| panic!("{error}"));
        Gandi::from(api)
    }

    /// Sets up a client of it, for another transport around it or another patience.
    pub fn builder(&self) -> ApiBuilder {
        let patient = RetryPolicy::default().with_total(Duration::from_secs(2 * 3600));
        Gandi::builder(TOKEN)
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

impl Default for FakeGandi {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn new(registry: &Registry) -> Self {
        Self {
            now: whole_seconds(registry.clock().now()),
            last_id: 1000,
            base: PRODUCTION.to_owned(),
            registry: registry.clone(),
            billing: billing::State::default(),
            certificates: certificates::State::default(),
            change_owner: change_owner::State::default(),
            claims: claims::State::default(),
            contacts: contacts::State::default(),
            domain_livedns: domain_livedns::State::default(),
            domains: domains::State::default(),
            email: email::State::default(),
            livedns: livedns::State::default(),
            organizations: organizations::State::default(),
            delegation: delegation::State::default(),
            simple_hosting: simple_hosting::State::default(),
            tags: tags::State::default(),
            templates: templates::State::default(),
            transfers: transfers::State::default(),
            web_redirections: web_redirections::State::default(),
        }
    }

    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

impl World for State {
    fn pass(&mut self, now: Timestamp) {
        self.now = whole_seconds(now);
        certificates::pass(self);
        change_owner::pass(self);
        contacts::pass(self);
        domain_livedns::pass(self);
        domains::pass(self);
        transfers::pass(self);
    }
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    moment.round(Unit::Second).unwrap_or(moment)
}

fn gate(state: &mut State, asked: &Asked) -> Result<(), Answer> {
    state.base = format!("{}/v5", origin(asked));
    // The one operation that asks nobody who they are.
    if asked.path.starts_with("/v5/livedns/nameservers/") {
        return Ok(());
    }
    let sent = asked.headers.get("authorization").and_then(|value| value.to_str().ok());
    if [format!("Bearer {TOKEN}"), format!("Apikey {API_KEY}")].iter().any(|accepted| sent == Some(accepted)) {
        return Ok(());
    }
    let message = "The server could not verify that you authorized to access the document you requested.";
    Err(error(401, "HTTPUnauthorized", "Unauthorized", message))
}

fn origin(asked: &Asked) -> String {
    match asked.headers.get("host").and_then(|host| host.to_str().ok()) {
        Some(host) => format!("http://{host}"),
        // In process there is no other host than the one that the client believes to talk to.
        None => PRODUCTION.trim_end_matches("/v5").to_owned(),
    }
}

/// A page of a list, with how many items there are and where the next page is in headers; beyond the end it is empty.
fn paginate(asked: &Asked, _: &Route, items: Vec<Value>) -> Answer {
    let number = |name: &str| asked.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let per_page = number("per_page").unwrap_or(100).clamp(1, 100);
    let page = number("page").unwrap_or(1).max(1);
    let total = items.len();
    let last = total.div_ceil(per_page).max(1);
    let link = |page: usize, relation: &str| {
        let others = asked.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("page="));
        let query: Vec<_> = others.map(str::to_owned).chain([format!("page={page}")]).collect();
        format!("<{}{}?{}>; rel=\"{relation}\"", origin(asked), asked.path, query.join("&"))
    };
    let next = (page < last).then(|| link(page + 1, "next"));
    let links: Vec<_> = next.into_iter().chain([link(last, "last")]).collect();
    let items: Vec<_> = items.into_iter().skip((page - 1).saturating_mul(per_page)).take(per_page).collect();
    Answer::json(200, items)
        .with_header("total-count", total.to_string())
        .with_header("filtered-count", total.to_string())
        .with_header("link", links.join(", "))
}

/// A domain that is registered through the account; 404 otherwise.
fn registered(state: &State, domain: &str) -> Result<(Name, RegisteredDomain), Answer> {
    let found = Name::parse(domain).ok().and_then(|name| Some((name.clone(), state.registry.domain(&name)?)));
    found.filter(|(_, held)| held.registrar == NAME).ok_or_else(|| not_found("domain", domain))
}

/// A refusal as most are.
fn error(code: u16, object: &str, cause: &str, message: &str) -> Answer {
    Answer::json(code, json!({ "code": code, "message": message, "object": object, "cause": cause }))
}

fn not_found(object: &str, which: &str) -> Answer {
    error(404, object, "Not Found", &format!("Can't find the {object} {which}"))
}

/// A refusal of one field: `location` is `body`, `querystring`, `path` or `header`.
fn invalid(location: &str, name: &str, description: &str) -> Answer {
    let errors = json!([{ "location": location, "name": name, "description": description }]);
    Answer::json(400, json!({ "status": "error", "errors": errors }))
}

/// The answer of most writes: 200 when it is done, 201 when something was created, 202 when it will be done.
fn message(status: u16, message: &str) -> Answer {
    Answer::json(status, json!({ "message": message }))
}

/// What a dry run makes of the checks of the real thing.
fn tried<T>(checked: Result<T, Answer>) -> Answer {
    match checked {
        Ok(_) => Answer::json(200, json!({ "status": "success", "errors": [] })),
        Err(refusal) if refusal.status == 400 => Answer { status: Answer::empty(200).status, ..refusal },
        Err(refusal) => refusal,
    }
}
