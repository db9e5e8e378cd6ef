//! A provider in memory.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    fmt, fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{faults::Fault, quota_server::QuotaServer, server::Server};
use crate::{
    Clock,
    http::{
        Body, Endpoint, Incoming, Route, Transport, TransportError, TransportErrorKind,
        kinds::{Asked, Place, Served, ServedInput, ServedOutput},
    },
};

/// What a fake holds between requests.
pub trait World: Send + 'static {
    /// Lets the time pass to `now`: what completes by itself completes here. Called before each request.
    fn pass(&mut self, now: Timestamp);
}

/// An answer as it goes on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    /// An answer without a body.
    ///
    /// # Panics
    ///
    /// When the status is none.
    pub fn empty(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a status has three digits");
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// JSON.
    pub fn json(status: u16, body: impl Serialize) -> Self {
        let body = serde_json::to_vec(&body).unwrap_or_default();
        Self { body: body.into(), ..Self::empty(status) }.with_header("content-type", "application/json")
    }

    /// Anything else.
    pub fn text(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::empty(status) }.with_header("content-type", content_type)
    }

    /// Sets a header.
    ///
    /// # Panics
    ///
    /// When the name or the value cannot stand in a header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        let value = HeaderValue::from_str(value.as_ref()).expect("a header's value is visible ASCII");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    fn into_response(self) -> http::Response<Incoming> {
        let mut response = http::Response::new(Incoming::Bytes(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// What a handler returns: the operation's output, or any other answer, success or not, as it is to go on the wire.
pub type Reply<Out> = Result<Out, Answer>;

/// A request and its answer, for tests to look at.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// The operation, such as `GET /{account}/zones`, or nothing when there is none.
    pub route: Option<String>,
    /// Whether our own client made it, and not someone else's over the network.
    pub client: bool,
    /// Method.
    pub method: String,
    /// The path as it came.
    pub path: String,
    /// The query as it came.
    pub query: String,
    /// The body: as JSON where it is, a string otherwise, null when there is none.
    pub request: Value,
    /// Status.
    pub status: u16,
    /// The answer's body, likewise.
    pub response: Value,
    /// The answer's content type.
    pub content_type: String,
}

/// A provider in memory: its operations over a state `S`, with a clock, a quota, a journal and faults on demand.
///
/// Handlers stand on the same [`Endpoint`] constants as the client's methods. It is a [`Transport`] for tests in process,
/// and [`serve`](Self::serve) puts it on a loopback port for any client. Clones share everything.
///
/// ```
/// use howdah_core::http::{Api, Auth, Dialect, Endpoint, Route};
/// use howdah_core::testing::{Answer, Fake, World};
///
/// const GET: Endpoint<(), String, 1> = Endpoint::new("GET", Route::get("/names/{id}"));
///
/// struct Names(Vec<&'static str>);
/// impl World for Names {
///     fn pass(&mut self, _: jiff::Timestamp) {}
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// let fake = Fake::new("example", Names(vec!["ada"])).on(&GET, |names, [id], ()| {
///     let name = id.parse().ok().and_then(|index: usize| names.0.get(index));
///     name.map(ToString::to_string).ok_or_else(|| Answer::empty(404))
/// });
///
/// static EXAMPLE: Dialect = Dialect::new("example");
/// let api = Api::builder(&EXAMPLE, "https://example.com").transport(fake.clone()).build()?;
/// assert_eq!(api.send(&GET, [&0], ()).await?, "ada");
/// assert!(api.send(&GET, [&1], ()).await.unwrap_err().is_not_found());
/// assert_eq!(fake.journal().len(), 2);
/// # Ok(()) }
/// ```
pub struct Fake<S> {
    shared: Arc<Shared<S>>,
}

type Handler<S> = Box<dyn Fn(&mut S, &Asked, Vec<String>) -> Reply<Answer> + Send + Sync>;
type Gate<S> = Box<dyn Fn(&mut S, &Asked) -> Result<(), Answer> + Send + Sync>;
type Write<S> = fn(&S) -> Value;
type Paginate = fn(&Asked, &Route, Vec<Value>) -> Answer;

struct Shared<S> {
    provider: &'static str,
    setup: Setup<S>,
    held: Mutex<Held<S>>,
}

struct Setup<S> {
    prefix: String,
    routes: Vec<(Route, Handler<S>)>,
    gate: Option<Gate<S>>,
    paginate: Option<Paginate>,
    clock: Clock,
    latency: Duration,
    keep: Option<(PathBuf, Write<S>)>,
}

struct Held<S> {
    state: S,
    quota: Option<QuotaServer>,
    journal: Vec<Exchange>,
    requests: u64,
    faults: BTreeMap<u64, Fault>,
}

impl<S> Clone for Fake<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<S> fmt::Debug for Fake<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fake({})", self.shared.provider)
    }
}

impl<S: World> Fake<S> {
    /// A fake without operations.
    pub fn new(provider: &'static str, state: S) -> Self {
        let setup = Setup {
            prefix: String::new(),
            routes: Vec::new(),
            gate: None,
            paginate: None,
            clock: Clock::system(),
            latency: Duration::ZERO,
            keep: None,
        };
        let held = Held { state, quota: None, journal: Vec::new(), requests: 0, faults: BTreeMap::new() };
        Self { shared: Arc::new(Shared { provider, setup, held: Mutex::new(held) }) }
    }

    /// Setting up comes before sharing.
    fn set(mut self, change: impl FnOnce(&mut Setup<S>)) -> Self {
        let shared = Arc::get_mut(&mut self.shared).expect("a fake is set up before it is cloned");
        change(&mut shared.setup);
        self
    }

    /// Paths begin with this, such as `/v2`.
    #[must_use]
    pub fn below(self, prefix: &str) -> Self {
        self.set(|setup| prefix.clone_into(&mut setup.prefix))
    }

    /// The clock that dates, quotas and completions go by.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        self.set(|setup| setup.clock = clock)
    }

    /// How long each answer takes.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        self.set(|setup| setup.latency = latency)
    }

    /// What every request must pass before its handler: credentials, mostly.
    #[must_use]
    pub fn with_gate(self, gate: impl Fn(&mut S, &Asked) -> Result<(), Answer> + Send + Sync + 'static) -> Self {
        self.set(|setup| setup.gate = Some(Box::new(gate)))
    }

    /// How a list is cut into pages: for routes with [`Route::pages`] whose handler returned all items.
    #[must_use]
    pub fn with_pages(self, paginate: Paginate) -> Self {
        self.set(|setup| setup.paginate = Some(paginate))
    }

    /// Counts calls and refuses those beyond the quota.
    #[must_use]
    pub fn with_quota(self, quota: QuotaServer) -> Self {
        self.held().quota = Some(quota);
        self
    }

    /// Keeps the state in a file: written after every request that may have changed it.
    ///
    /// # Panics
    ///
    /// A request panics when the state cannot be written.
    #[must_use]
    pub fn kept_in(self, file: impl Into<PathBuf>) -> Self
    where
        S: Serialize,
    {
        let write = |state: &S| serde_json::to_value(state).expect("a world can be written as JSON");
        self.set(|setup| setup.keep = Some((file.into(), write)))
    }

    /// Serves an operation.
    #[must_use]
    pub fn on<In, Out, const N: usize>(
        self,
        endpoint: &Endpoint<In, Out, N>,
        handler: impl Fn(&mut S, [&str; N], In) -> Reply<Out> + Send + Sync + 'static,
    ) -> Self
    where
        In: ServedInput + 'static,
        Out: ServedOutput + 'static,
    {
        let route = *endpoint.route();
        let handler: Handler<S> = Box::new(move |state, asked, args| {
            let input = In::read(asked, Place::of(&route)).map_err(|why| Answer::text(400, "text/plain", why))?;
            let args = std::array::from_fn(|index| args.get(index).map_or("", String::as_str));
            let served = handler(state, args, input)?.serve(&route);
            Ok(match served {
                Served::Json(Value::Null) => Answer::empty(route.status),
                Served::Json(value) => Answer::json(route.status, value),
                Served::Bytes(bytes, content_type) => Answer::text(route.status, content_type, bytes),
            })
        });
        self.set(|setup| setup.routes.push((route, handler)))
    }

    fn held(&self) -> MutexGuard<'_, Held<S>> {
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state, or changes it behind everybody's back.
    pub fn state<T>(&self, look: impl FnOnce(&mut S) -> T) -> T {
        let mut held = self.held();
        held.state.pass(self.shared.setup.clock.now());
        let seen = look(&mut held.state);
        self.keep(&held.state);
        seen
    }

    /// Every request that was carried out and what its handler answered, whether or not the answer arrived.
    pub fn journal(&self) -> Vec<Exchange> {
        self.held().journal.clone()
    }

    /// How many requests have come, those that met a fault included.
    pub fn requests(&self) -> u64 {
        self.held().requests
    }

    /// The next request meets this fault.
    pub fn fail_next(&self, fault: Fault) {
        self.fail_nth(1, fault);
    }

    /// The `n`th request from now meets this fault; the next one is the first.
    pub fn fail_nth(&self, n: u64, fault: Fault) {
        let mut held = self.held();
        let at = held.requests + n;
        held.faults.insert(at, fault);
    }

    /// Puts the fake on a loopback port that the system chooses, until the server is dropped.
    pub async fn serve(&self) -> io::Result<Server> {
        Server::start(self.clone(), 0, self.shared.setup.prefix.clone()).await
    }

    /// The same on a port of your choice.
    pub async fn serve_on(&self, port: u16) -> io::Result<Server> {
        Server::start(self.clone(), port, self.shared.setup.prefix.clone()).await
    }

    /// Answers a request, or fails it.
    pub(super) async fn answer(&self, asked: Asked, client: bool) -> Result<Answer, TransportError> {
        let fault = {
            let mut held = self.held();
            held.requests += 1;
            let now = held.requests;
            held.faults.remove(&now)
        };
        if !self.shared.setup.latency.is_zero() {
            tokio::time::sleep(self.shared.setup.latency).await;
        }
        let lost =
            || Err(TransportError::new(TransportErrorKind::Lost, io::Error::from(io::ErrorKind::ConnectionReset)));
        match fault {
            None => Ok(self.carry_out(&asked, client)),
            Some(Fault::NotSent) => {
                let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
                Err(TransportError::new(TransportErrorKind::NotSent, refused))
            }
            Some(Fault::Lost { applied }) => {
                if applied {
                    self.carry_out(&asked, client);
                }
                lost()
            }
            Some(Fault::Silence { applied }) => {
                if applied {
                    self.carry_out(&asked, client);
                }
                std::future::pending().await
            }
            Some(Fault::Answer { applied, answer }) => {
                if applied {
                    self.carry_out(&asked, client);
                }
                Ok(answer)
            }
        }
    }

    fn carry_out(&self, asked: &Asked, client: bool) -> Answer {
        let setup = &self.shared.setup;
        let mut held = self.held();
        let now = setup.clock.now();
        held.state.pass(now);

        let (allowed, announced) = match &held.quota {
            Some(quota) => {
                let (status, headers) = quota.call();
                (status == StatusCode::OK, headers)
            }
            None => (true, HeaderMap::new()),
        };
        let path = asked.path.strip_prefix(setup.prefix.as_str());
        let matched = path.and_then(|path| {
            let by_method = setup.routes.iter().filter(|(route, _)| http::Method::from(route.method) == asked.method);
            // A path of plain segments wins over one with a parameter in its place, and of two operations on one path the
            // one whose own headers were sent.
            let matching = by_method.filter_map(|(route, handler)| Some((route, handler, route.matches(path)?)));
            matching.min_by_key(|(route, ..)| (generality(route), unlikeness(route, &asked.headers)))
        });
        let route = matched.as_ref().map(|(route, ..)| route.to_string());
        let state = &mut held.state;
        let answered = match matched {
            _ if !allowed => Err(Answer::json(429, serde_json::json!({ "message": "quota exceeded" }))),
            None => Err(Answer::json(404, serde_json::json!({ "message": "no such route" }))),
            Some((route, handler, args)) => {
                let open = setup.gate.as_ref().map_or(Ok(()), |gate| gate(state, asked));
                let answered = open.and_then(|()| handler(state, asked, args));
                answered.map(|answer| paginated(setup.paginate, asked, route, answer))
            }
        };
        let mut answer = answered.unwrap_or_else(|answer| answer);
        for (name, value) in &announced {
            answer.headers.insert(name.clone(), value.clone());
        }
        answer.headers.entry("x-request-id").or_insert(HeaderValue::from(held.requests));
        let date = httpdate::fmt_http_date(now.into());
        answer.headers.entry(header::DATE).or_insert(HeaderValue::from_str(&date).expect("a date is ASCII"));
        let exchange = exchange(route, client, asked, &answer);
        export(self.shared.provider, &exchange);
        held.journal.push(exchange);
        if asked.method != http::Method::GET {
            self.keep(&held.state);
        }
        answer
    }

    fn keep(&self, state: &S) {
        if let Some((file, write)) = &self.shared.setup.keep {
            replace_file(file, write(state).to_string().as_bytes()).expect("the world's file can be written");
        }
    }
}

/// Written beside and renamed, so that the file is whole at every moment.
fn replace_file(file: &Path, content: &[u8]) -> io::Result<()> {
    let beside = file.with_extension("new");
    fs::write(&beside, content)?;
    fs::rename(beside, file)
}

/// Compared segment by segment: a plain one comes before a parameter, a parameter before a tail.
fn generality(route: &Route) -> Vec<u8> {
    let of = |segment: &str| match segment {
        tail if tail.ends_with("*}") => 2,
        parameter if parameter.starts_with('{') => 1,
        _ => 0,
    };
    route.path.split('/').map(of).collect()
}

/// How many of the route's own headers were not sent, and then the fewer of them were.
fn unlikeness(route: &Route, sent: &HeaderMap) -> (usize, Reverse<usize>) {
    let missing = route.headers.iter().filter(|(name, value)| sent.get(*name).is_none_or(|sent| sent != value));
    (missing.count(), Reverse(route.headers.len()))
}

fn paginated(paginate: Option<Paginate>, asked: &Asked, route: &Route, answer: Answer) -> Answer {
    let Some(paginate) = paginate.filter(|_| route.pages.is_some() && answer.status.is_success()) else {
        return answer;
    };
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let items = match route.envelope {
        Some(member) => body.get_mut(member).map(Value::take).unwrap_or_default(),
        None => body,
    };
    match items {
        Value::Array(items) => paginate(asked, route, items),
        _ => answer,
    }
}

fn exchange(route: Option<String>, client: bool, asked: &Asked, answer: &Answer) -> Exchange {
    let value = |bytes: &[u8]| match bytes {
        [] => Value::Null,
        bytes => {
            serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
        }
    };
    let content_type = answer.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Exchange {
        route,
        client,
        method: asked.method.to_string(),
        path: asked.path.clone(),
        query: asked.query.clone(),
        request: value(&asked.body),
        status: answer.status.as_u16(),
        response: value(&answer.body),
        content_type: content_type.unwrap_or_default().to_owned(),
    }
}

/// Appends the exchange to a file in the directory that `HOWDAH_JOURNAL` names, for whoever holds it against a document.
fn export(provider: &str, exchange: &Exchange) {
    let Some(directory) = std::env::var_os("HOWDAH_JOURNAL") else {
        return;
    };
    let file = Path::new(&directory).join(format!("{provider}-{}.jsonl", std::process::id()));
    let mut line = serde_json::to_vec(exchange).unwrap_or_default();
    line.push(b'\n');
    let written =
        fs::OpenOptions::new().create(true).append(true).open(&file).and_then(|mut file| file.write_all(&line));
    written.unwrap_or_else(|error| panic!("the journal {} cannot be written: {error}", file.display()));
}

#[async_trait]
impl<S: World> Transport for Fake<S> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(|error| TransportError::new(TransportErrorKind::Lost, error))?;
        let asked = Asked {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
        };
        self.answer(asked, true).await.map(Answer::into_response)
    }
}
