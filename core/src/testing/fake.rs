//! A provider in memory.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use fastrand::Rng;
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::coop::consume_budget;

use super::{
    answer::{Answer, Reply},
    faults::Fault,
    journal::Exchange,
    quota_server::QuotaServer,
    server::Server,
    upload::{self, Sink},
};
use crate::{
    Clock,
    http::{
        Body, Endpoint, Incoming, Operation, Route, Transport, TransportError, TransportErrorKind,
        kinds::{Asked, Place, Served, ServedInput, ServedOutput},
    },
};

/// What a fake holds between requests.
pub trait World: Send + 'static {
    /// Lets the time pass to `now`: what completes by itself completes here. Called before each request.
    fn pass(&mut self, now: Timestamp);
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

enum Handler<S> {
    Whole(Whole<S>),
    Upload(upload::Begin<S>),
}

type Whole<S> = Box<dyn Fn(&mut S, &Asked, &[String]) -> Reply<Answer> + Send + Sync>;
type Gate<S> = Box<dyn Fn(&mut S, &Asked) -> Result<(), Answer> + Send + Sync>;
type Draw = Box<dyn Fn(&mut Rng, &Asked) -> Option<Fault> + Send>;
type Counts = fn(&Asked) -> bool;
type Write<S> = fn(&S) -> Value;
type Paginate = fn(&Asked, &Route, Vec<Value>) -> Answer;

/// What makes several versions of an API one.
struct Translation<S> {
    before: fn(&mut Asked),
    after: fn(&mut S, &Asked, Answer) -> Answer,
}

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
    translation: Option<Translation<S>>,
    clock: Clock,
    latency: Duration,
    journal: bool,
    keep: Option<(PathBuf, Write<S>)>,
}

struct Held<S> {
    state: S,
    quotas: Vec<(Counts, QuotaServer)>,
    journal: Vec<Exchange>,
    requests: u64,
    faults: BTreeMap<u64, Fault>,
    weather: Option<Weather>,
}

/// Faults that are drawn.
struct Weather {
    share: f64,
    seed: u64,
    draw: Draw,
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
            translation: None,
            clock: Clock::system(),
            latency: Duration::ZERO,
            journal: true,
            keep: None,
        };
        let held = Held {
            state,
            quotas: Vec::new(),
            journal: Vec::new(),
            requests: 0,
            faults: BTreeMap::new(),
            weather: None,
        };
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

    /// Makes one API of a provider's several versions: `before` brings a request into the shape that the operations have,
    /// `after` gives the answer, whatever it is, the shape that the caller knows. `before` may change all of a request and
    /// leave a header for `after`, which sees the request as changed; marked sensitive it stays out of the journal.
    ///
    /// `before` sees a request twice when it has a body: first without, for the operation that it is for.
    #[must_use]
    pub fn with_translation(self, before: fn(&mut Asked), after: fn(&mut S, &Asked, Answer) -> Answer) -> Self {
        self.set(|setup| setup.translation = Some(Translation { before, after }))
    }

    /// Writes nothing down, for long runs and benchmarks; requests are still counted.
    #[must_use]
    pub fn without_journal(self) -> Self {
        self.set(|setup| setup.journal = false)
    }

    /// Counts calls and refuses those beyond the quota.
    #[must_use]
    pub fn with_quota(self, quota: QuotaServer) -> Self {
        self.with_quota_of(|_| true, quota)
    }

    /// The same for the calls that `counts` chooses. Of several quotas that count a call, the first is announced, or the
    /// one that refuses it.
    #[must_use]
    pub fn with_quota_of(self, counts: fn(&Asked) -> bool, quota: QuotaServer) -> Self {
        self.held().quotas.push((counts, quota));
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
        let handler = move |state: &mut S, asked: &Asked, args: &[String]| {
            let input = In::read(asked, Place::of(&route)).map_err(|why| Answer::text(400, "text/plain", why))?;
            Ok(served(&route, handler(state, parameters(args), input)?))
        };
        self.set(|setup| setup.routes.push((route, Handler::Whole(Box::new(handler)))))
    }

    /// Serves an operation whose types do not matter, with whatever `handler` answers.
    #[must_use]
    pub fn on_any(
        self,
        operation: &dyn Operation,
        handler: impl Fn(&mut S, &Asked, &[String]) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let handler = move |state: &mut S, asked: &Asked, args: &[String]| Ok(handler(state, asked, args));
        self.set(|setup| setup.routes.push((*operation.route(), Handler::Whole(Box::new(handler)))))
    }

    /// Serves an operation whose body is read as it comes, and is held nowhere.
    ///
    /// `begin` says where it goes, or refuses it before it is read; the request that it and `end` see has no body. Each
    /// chunk is written while others use the state. `end` gets the writer back when all of it is there. When it is not,
    /// `end` gets the error and tidies up: what it replies then is the answer if the writer failed, and seen by nobody if
    /// the connection did.
    #[must_use]
    pub fn on_upload<In, Out, W, const N: usize>(
        self,
        endpoint: &Endpoint<In, Out, N>,
        begin: impl Fn(&mut S, &Asked, [&str; N]) -> Result<W, Answer> + Send + Sync + 'static,
        end: impl Fn(&mut S, &Asked, [&str; N], io::Result<W>) -> Reply<Out> + Send + Sync + 'static,
    ) -> Self
    where
        Out: ServedOutput + 'static,
        W: io::Write + Send + 'static,
    {
        let route = *endpoint.route();
        let begin = move |state: &mut S, asked: &Asked, args: &[String]| begin(state, asked, parameters(args));
        let end = move |state: &mut S, asked: &Asked, args: &[String], read: io::Result<W>| {
            Ok(served(&route, end(state, asked, parameters(args), read)?))
        };
        self.set(|setup| setup.routes.push((route, Handler::Upload(upload::begin(begin, end)))))
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

    /// From now on each request that no other fault is planned for meets, with the probability `share`, the fault that is
    /// drawn for it, if any. The same seed draws the same for the same requests; they are seen as they came and without
    /// their bodies. A share of zero ends it.
    pub fn fail_randomly(
        &self,
        share: f64,
        seed: u64,
        draw: impl Fn(&mut Rng, &Asked) -> Option<Fault> + Send + 'static,
    ) {
        self.held().weather = Some(Weather { share, seed, draw: Box::new(draw) });
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
    pub(super) async fn answer(
        &self,
        mut asked: Asked,
        body: Incoming,
        client: bool,
    ) -> Result<Answer, TransportError> {
        let setup = &self.shared.setup;
        let (number, fault) = self.met(&asked);
        if !setup.latency.is_zero() {
            tokio::time::sleep(setup.latency).await;
        }
        if fault == Some(Fault::NotSent) {
            let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
            return Err(TransportError::new(TransportErrorKind::NotSent, refused));
        }
        let came = setup.translation.as_ref().map(|translation| {
            let came = asked.clone();
            (translation.before)(&mut asked);
            came
        });
        let matched = setup.find(&asked);
        let mut request = Request { asked, came, matched, number, client, announced: HeaderMap::new() };

        let applied = fault.as_ref().is_none_or(Fault::applies);
        let cut = match &fault {
            Some(Fault::CutRequest { after }) => Some(*after),
            _ => None,
        };
        let answer = match setup.upload(&request) {
            // What is answered otherwise, or not at all, is not read.
            Some(_) if !applied && cut.is_none() => None,
            Some(begin) => Some(self.take_in(begin, request, body, cut).await?),
            None if cut.is_some() => None,
            None => {
                setup.complete(&mut request, body.collect().await.map_err(lost)?);
                applied.then(|| self.carry_out(request))
            }
        };
        match (fault, answer) {
            (Some(Fault::CutAnswer { after }), Some(answer)) => Ok(answer.cut(after)),
            (None, Some(answer)) | (Some(Fault::Answer { answer, .. }), _) => Ok(answer),
            (Some(Fault::Silence { .. }), _) => std::future::pending().await,
            _ => Err(lost(io::ErrorKind::ConnectionReset.into())),
        }
    }

    /// Counts a request, and tells the fault that it meets.
    fn met(&self, asked: &Asked) -> (u64, Option<Fault>) {
        let mut held = self.held();
        held.requests += 1;
        let number = held.requests;
        let planned = held.faults.remove(&number);
        let fault = planned.or_else(|| held.weather.as_ref()?.fault(number, asked));
        (number, fault)
    }

    fn carry_out(&self, mut request: Request) -> Answer {
        let setup = &self.shared.setup;
        let held = &mut *self.held();
        let admitted = self.admit(held, &mut request);
        let answered = admitted.and_then(|()| match setup.matched(&request) {
            Some((route, Handler::Whole(handler), args)) => {
                let answer = handler(&mut held.state, &request.asked, args)?;
                Ok(paginated(setup.paginate, &request.asked, route, answer))
            }
            _ => Err(Answer::json(404, json!({ "message": "no such route" }))),
        });
        self.finish(held, &request, answered)
    }

    /// Reads a body as it comes, up to where it is cut.
    async fn take_in(
        &self,
        begin: &upload::Begin<S>,
        mut request: Request,
        body: Incoming,
        cut: Option<u64>,
    ) -> Result<Answer, TransportError> {
        let sink = {
            let held = &mut *self.held();
            let admitted = self.admit(held, &mut request);
            let args = request.matched.as_ref().map_or(&[][..], |matched| &matched.args);
            match admitted.and_then(|()| begin(&mut held.state, &request.asked, args)) {
                Ok(sink) => sink,
                Err(refusal) => return Ok(self.finish(held, &request, Err(refusal))),
            }
        };
        let mut receiving = Receiving { fake: self, open: Some((sink, request)) };
        let mut stream = body.into_stream();
        let mut left = cut.unwrap_or(u64::MAX);
        while left > 0 {
            // A body that is all there does not keep others waiting.
            consume_budget().await;
            let chunk = match stream.next().await {
                Some(Ok(chunk)) => chunk,
                Some(Err(error)) => {
                    receiving.broken(io::Error::new(error.kind(), error.to_string()));
                    return Err(lost(error));
                }
                None => break,
            };
            let kept = usize::try_from(left).map_or(chunk.len(), |left| left.min(chunk.len()));
            left -= kept as u64;
            if let Err(error) = receiving.write(&chunk[..kept]) {
                return Ok(receiving.end(Err(error)));
            }
        }
        if cut.is_some() {
            receiving.broken(io::ErrorKind::ConnectionReset.into());
            return Err(lost(io::ErrorKind::ConnectionReset.into()));
        }
        Ok(receiving.end(Ok(())))
    }

    /// Lets the time pass, and refuses what is beyond the quota or does not pass the gate.
    fn admit(&self, held: &mut Held<S>, request: &mut Request) -> Result<(), Answer> {
        held.state.pass(self.shared.setup.clock.now());
        for (counts, quota) in &held.quotas {
            if !counts(&request.asked) {
                continue;
            }
            let (status, announced) = quota.call();
            if status != StatusCode::OK {
                request.announced = announced;
                return Err(Answer::json(429, json!({ "message": "quota exceeded" })));
            }
            if request.announced.is_empty() {
                request.announced = announced;
            }
        }
        match &self.shared.setup.gate {
            Some(gate) if request.matched.is_some() => gate(&mut held.state, &request.asked),
            _ => Ok(()),
        }
    }

    /// What every answer has, and what is kept of it.
    fn finish(&self, held: &mut Held<S>, request: &Request, answered: Reply<Answer>) -> Answer {
        let setup = &self.shared.setup;
        let mut answer = answered.unwrap_or_else(|answer| answer);
        if let Some(translation) = &setup.translation {
            answer = (translation.after)(&mut held.state, &request.asked, answer);
        }
        if request.asked.method == Method::HEAD {
            answer = answer.without_body();
        }
        answer.headers.extend(request.announced.clone());
        answer.headers.entry("x-request-id").or_insert(HeaderValue::from(request.number));
        let date = httpdate::fmt_http_date(setup.clock.now().into());
        answer.headers.entry(header::DATE).or_insert(HeaderValue::from_str(&date).expect("a date is ASCII"));
        let changing = request.asked.method != Method::GET && request.asked.method != Method::HEAD;
        if setup.journal {
            let route = setup.matched(request).map(|(route, ..)| match request.asked.method {
                Method::HEAD => format!("HEAD {}", route.path),
                _ => route.to_string(),
            });
            let came = request.came.as_ref().unwrap_or(&request.asked);
            let exchange = Exchange::new(route, request.client, came, &request.asked, &answer);
            exchange.export(self.shared.provider);
            held.journal.push(exchange);
        }
        if changing {
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

impl<S> Setup<S> {
    /// The operation that a request is for: a `HEAD` that has none is that of the `GET`.
    fn find(&self, asked: &Asked) -> Option<Matched> {
        let below = asked.path.strip_prefix(self.prefix.as_str());
        let of = |method: &str| {
            let by_method = self.routes.iter().enumerate().filter(|(_, (route, _))| route.method.as_str() == method);
            // A path of plain segments wins over one with a parameter in its place, and of two operations on one path the
            // one whose own headers were sent.
            // What is below another base is told by its whole path.
            let matching = by_method.filter_map(|(index, (route, _))| {
                let path = if route.base.is_some() { asked.path.as_str() } else { below? };
                Some((index, route, route.matches(path)?))
            });
            let best = matching.min_by_key(|(_, route, _)| (generality(route), unlikeness(route, &asked.headers)));
            best.map(|(index, _, args)| Matched { index, args })
        };
        of(asked.method.as_str()).or_else(|| of("GET").filter(|_| asked.method == Method::HEAD))
    }

    fn matched<'a>(&'a self, request: &'a Request) -> Option<(&'a Route, &'a Handler<S>, &'a [String])> {
        let Matched { index, args } = request.matched.as_ref()?;
        self.routes.get(*index).map(|(route, handler)| (route, handler, args.as_slice()))
    }

    /// Where the request's body goes, if it is read as it comes.
    fn upload(&self, request: &Request) -> Option<&upload::Begin<S>> {
        match &self.routes.get(request.matched.as_ref()?.index)?.1 {
            Handler::Upload(begin) => Some(begin),
            Handler::Whole(_) => None,
        }
    }

    /// Gives a request its body.
    fn complete(&self, request: &mut Request, body: Bytes) {
        match (&self.translation, &mut request.came) {
            // What it has, it has from the translation.
            (Some(_), Some(_)) if body.is_empty() => {}
            (Some(translation), Some(came)) => {
                came.body = body;
                request.asked = came.clone();
                (translation.before)(&mut request.asked);
            }
            _ => request.asked.body = body,
        }
    }
}

impl Weather {
    fn fault(&self, number: u64, asked: &Asked) -> Option<Fault> {
        // Each request has its own generator, so that what is drawn for one does not hang on how much others drew.
        let mut rng = Rng::with_seed(self.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        (rng.f64() < self.share).then(|| (self.draw)(&mut rng, asked)).flatten()
    }
}

/// A request on its way through a fake.
struct Request {
    asked: Asked,
    /// As it was before it was translated.
    came: Option<Asked>,
    matched: Option<Matched>,
    number: u64,
    client: bool,
    /// What the quota says.
    announced: HeaderMap,
}

/// An operation, and the arguments of the path.
struct Matched {
    index: usize,
    args: Vec<String>,
}

/// A body that is being read. When nobody waits for its end any more, it has broken off.
struct Receiving<'a, S: World> {
    fake: &'a Fake<S>,
    open: Option<(Box<dyn Sink<S>>, Request)>,
}

impl<'a, S: World> Receiving<'a, S> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.open.as_mut().map_or(Ok(()), |(sink, _)| sink.write(chunk))
    }

    /// The answer to what was read, or to what could not be written.
    fn end(mut self, read: io::Result<()>) -> Answer {
        let (answered, request, mut held) = self.close(read).expect("it ends once");
        self.fake.finish(&mut held, &request, answered)
    }

    /// The connection broke: the state is tidied, and nobody is answered.
    fn broken(&mut self, error: io::Error) {
        if let Some((_, _, held)) = self.close(Err(error)) {
            self.fake.keep(&held.state);
        }
    }

    fn close(&mut self, read: io::Result<()>) -> Option<(Reply<Answer>, Request, MutexGuard<'a, Held<S>>)> {
        let (sink, request) = self.open.take()?;
        let mut held = self.fake.held();
        held.state.pass(self.fake.shared.setup.clock.now());
        let args = request.matched.as_ref().map_or(&[][..], |matched| &matched.args);
        let answered = sink.end(&mut held.state, &request.asked, args, read);
        Some((answered, request, held))
    }
}

impl<S: World> Drop for Receiving<'_, S> {
    fn drop(&mut self) {
        self.broken(io::ErrorKind::ConnectionAborted.into());
    }
}

fn lost(error: io::Error) -> TransportError {
    TransportError::new(TransportErrorKind::Lost, error)
}

fn parameters<const N: usize>(args: &[String]) -> [&str; N] {
    std::array::from_fn(|index| args.get(index).map_or("", String::as_str))
}

fn served(route: &Route, output: impl ServedOutput) -> Answer {
    match output.serve(route) {
        Served::Json(Value::Null) => Answer::empty(route.status),
        Served::Json(value) => Answer::json(route.status, value),
        Served::Bytes(bytes, content_type) => Answer::text(route.status, content_type, bytes),
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

#[async_trait]
impl<S: World> Transport for Fake<S> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        let (mut parts, body) = request.into_parts();
        // As the network has it.
        if !body.is_empty() || !matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE) {
            parts.headers.entry(header::CONTENT_LENGTH).or_insert(body.len().into());
        }
        let asked = asked(parts);
        let body = match body {
            Body::Empty => Incoming::Bytes(Bytes::new()),
            Body::Bytes(bytes) => Incoming::Bytes(bytes),
            stream => Incoming::Stream(stream.into_stream().boxed(), None),
        };
        self.answer(asked, body, true).await.map(Answer::into_response)
    }
}

/// A request before its body is read.
pub(super) fn asked(parts: http::request::Parts) -> Asked {
    Asked {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: Bytes::new(),
    }
}
