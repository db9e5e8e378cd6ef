//! One call, from its arguments to its answer: quota, authorisation, transport, classification, repetition.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Uri, header};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span, field};
use url::{Host, Url, form_urlencoded};

use super::{
    body::{Body, Incoming},
    call::Call,
    dialect::{Dialect, Refusal, kind_of},
    endpoint::{Endpoint, Repeat, Route, Verb},
    kinds::{Draft, Input, Output, Place, Received, Unreadable},
    quota::{Permit, Quota},
    retry::{Attempt, RetryPolicy, judge, outcome_after},
    transport::{Network, Transport, TransportError, TransportErrorKind},
};
use crate::{Clock, Error, ErrorKind, FieldError, Outcome, Result, Secret, clock::after, secret};

/// A provider's API: where it is, who asks, how patiently.
///
/// Clones share the connection pool, the quota and the credentials. The typed clients are made of it; with an
/// [`Endpoint`] of one's own it reaches whatever they leave out:
///
/// ```
/// use howdah_core::http::{Api, Auth, Dialect, Endpoint, Route};
///
/// # async fn example() -> howdah_core::Result<()> {
/// static EXAMPLE: Dialect = Dialect::new("example");
/// const STATUS: Endpoint<(), serde_json::Value, 1> = Endpoint::new("STATUS", Route::get("/machines/{id}/status"));
///
/// let api = Api::builder(&EXAMPLE, "https://api.example.com/v1").auth(Auth::bearer("token")).build()?;
/// let status = api.send(&STATUS, [&17], ()).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Api {
    shared: Arc<Shared>,
    /// A base for this clone alone.
    at: Option<Arc<str>>,
    retry: RetryPolicy,
}

struct Shared {
    dialect: &'static Dialect,
    base: Arc<str>,
    bases: RwLock<BTreeMap<&'static str, Arc<str>>>,
    auth: Auth,
    authorization: Option<(header::HeaderName, HeaderValue)>,
    transport: Arc<dyn Transport>,
    quota: Quota,
    clock: Clock,
    /// What every query has.
    query: Vec<(&'static str, String)>,
}

/// How a client shows who asks.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// `Authorization: Bearer …`
    Bearer(Secret),
    /// `Authorization: Basic …`
    Basic(String, Secret),
    /// A header of the provider's own and its whole value.
    Header(&'static str, Secret),
    /// Something that changes while the client lives.
    Custom(Arc<dyn Authorize>),
}

impl Auth {
    /// A bearer token.
    pub fn bearer(token: impl Into<Secret>) -> Self {
        Self::Bearer(token.into())
    }

    fn header(&self) -> Result<Option<(header::HeaderName, HeaderValue)>> {
        let (name, value) = match self {
            Self::None | Self::Custom(_) => return Ok(None),
            Self::Bearer(token) => (header::AUTHORIZATION, format!("Bearer {}", token.expose())),
            Self::Basic(user, password) => {
                let pair = format!("{user}:{}", password.expose());
                (header::AUTHORIZATION, format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes())))
            }
            Self::Header(name, value) => (
                header::HeaderName::try_from(*name).map_err(|_| {
                    let message = format!("`{name}` cannot be the name of a header");
                    Error::new(ErrorKind::Config, message)
                })?,
                value.expose().to_owned(),
            ),
        };
        if self.secrets().iter().any(|secret| secret.expose().trim().is_empty()) {
            return Err(Error::new(ErrorKind::Config, "the token is empty"));
        }
        let mut value = HeaderValue::try_from(value).map_err(|_| {
            Error::new(ErrorKind::Config, "the token has characters that cannot be sent, such as a line break")
        })?;
        value.set_sensitive(true);
        Ok(Some((name, value)))
    }

    fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::None => Vec::new(),
            Self::Bearer(secret) => vec![secret.clone()],
            Self::Basic(user, secret) => {
                let pair = format!("{user}:{}", secret.expose());
                let encoded = data_encoding::BASE64.encode(pair.as_bytes());
                vec![secret.clone(), encoded.into()]
            }
            // The value may be a scheme and the token: each is looked for.
            Self::Header(_, secret) => {
                let token = secret.expose().rsplit(' ').next().unwrap_or_default();
                vec![secret.clone(), token.into()]
            }
            Self::Custom(custom) => custom.secrets(),
        }
    }
}

/// Credentials that are fetched, expire and are renewed.
#[async_trait]
pub trait Authorize: Send + Sync + fmt::Debug {
    /// Adds what this request needs; called before each attempt. A login that hands out hosts tells them to the API with
    /// [`Api::set_base`].
    async fn authorize(&self, api: &Api, route: &Route, headers: &mut HeaderMap) -> Result<()>;

    /// Called when the provider answered 401; `true` if there are other credentials now and the call may be made once
    /// more. `used` is the `Authorization` header of the refused attempt: of many calls that are refused together the
    /// first one renews, and the others see that what they used has been replaced.
    async fn renew(&self, refused: &Error, route: &Route, used: Option<&HeaderValue>) -> Result<bool>;

    /// What must not appear in an error.
    fn secrets(&self) -> Vec<Secret>;
}

/// Sets up an [`Api`].
#[derive(Debug)]
#[must_use]
pub struct ApiBuilder {
    dialect: &'static Dialect,
    base: String,
    auth: Auth,
    transport: Option<Arc<dyn Transport>>,
    retry: RetryPolicy,
    clock: Option<Clock>,
    query: Vec<(&'static str, String)>,
}

impl ApiBuilder {
    /// Another base URL: `https`, or `http` to this machine.
    pub fn base_url(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    /// Who asks.
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    /// Another way to the provider than the network.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How patiently.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Another clock than the machine's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// A parameter of every query, such as whom a call is for. A query that has it already keeps its own: that of a call
    /// which says otherwise, or of a link to the next page.
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.retain(|(present, _)| *present != name);
        self.query.push((name, value.into()));
        self
    }

    /// The API, or what is wrong with its setup. Nothing is sent yet.
    pub fn build(self) -> Result<Api> {
        let named = |error: Error| error.with_provider(self.dialect.provider);
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(Network::new().map_err(named)?),
        };
        let shared = Shared {
            dialect: self.dialect,
            base: checked_base(&self.base, false).map_err(named)?,
            bases: RwLock::default(),
            authorization: self.auth.header().map_err(named)?,
            auth: self.auth,
            transport,
            quota: Quota::new(self.dialect.quotas),
            clock: self.clock.unwrap_or_default(),
            query: self.query,
        };
        Ok(Api { shared: Arc::new(shared), at: None, retry: self.retry })
    }
}

/// A base URL without its closing slash.
pub(crate) fn checked_base(base: &str, query: bool) -> Result<Arc<str>> {
    // What may be a credential is not shown.
    let shown = base.split(['?', '#']).next().unwrap_or_default();
    let shown = shown.rsplit('@').next().unwrap_or_default();
    let wrong = |why: &str| Error::new(ErrorKind::Config, format!("the base URL `{shown}` {why}"));
    let url = Url::parse(base).map_err(|error| wrong("cannot be read").with_source(error))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds credentials: give them as a token"));
    }
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(wrong("would carry the token in the clear: use https")),
    }
    if url.fragment().is_some() || (url.query().is_some() && !query) {
        return Err(wrong("has a query or a fragment"));
    }
    let base = url.as_str();
    Ok(match base.split_once('?') {
        None => base.trim_end_matches('/').into(),
        Some((path, query)) => format!("{}?{query}", path.trim_end_matches('/')).into(),
    })
}

impl Api {
    /// Sets up an API with its usual base URL.
    pub fn builder(dialect: &'static Dialect, base: impl Into<String>) -> ApiBuilder {
        ApiBuilder {
            dialect,
            base: base.into(),
            auth: Auth::None,
            transport: None,
            retry: RetryPolicy::default(),
            clock: None,
            query: Vec::new(),
        }
    }

    /// The provider's name.
    pub fn provider(&self) -> &'static str {
        self.shared.dialect.provider
    }

    /// The base URL.
    pub fn base_url(&self) -> &str {
        self.at.as_ref().unwrap_or(&self.shared.base)
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Sets the base URL that routes with [`Route::base`] of this name are below. For providers that hand out hosts.
    pub fn set_base(&self, name: &'static str, base: &str) -> Result<()> {
        let base = checked_base(base, false).map_err(|error| error.with_provider(self.provider()))?;
        self.shared.bases.write().unwrap_or_else(PoisonError::into_inner).insert(name, base);
        Ok(())
    }

    /// The same API at another base URL, for URLs that are handed out for a single use. It may have a query.
    pub fn at(&self, base: &str) -> Result<Self> {
        let base = checked_base(base, true).map_err(|error| error.with_provider(self.provider()))?;
        Ok(Self { at: Some(base), ..self.clone() })
    }

    /// How patiently it tries.
    pub fn retry(&self) -> RetryPolicy {
        self.retry
    }

    /// The same API with another patience, for calls that must end soon or may take long.
    #[must_use]
    pub fn with_retry(&self, retry: RetryPolicy) -> Self {
        Self { retry, ..self.clone() }
    }

    /// Calls an operation: the arguments fill the path's parameters in their order.
    pub fn send<In: Input, Out: Output, const N: usize>(
        &self,
        endpoint: &Endpoint<In, Out, N>,
        args: [&dyn fmt::Display; N],
        input: In,
    ) -> Call<Out> {
        let route = *endpoint.route();
        let mut draft = Draft::default();
        let prepared = input
            .write_once(&mut draft, Place::of(&route))
            .and_then(|()| Self::prepare(route, &args, draft, Out::ACCEPT));
        self.clone().call(route, prepared)
    }

    /// Calls an operation at a URL that was handed out whole, such as one for a single upload: the route's path is not
    /// added to it.
    pub fn send_at<In: Input, Out: Output, const N: usize>(
        &self,
        url: &str,
        endpoint: &Endpoint<In, Out, N>,
        input: In,
    ) -> Call<Out> {
        let route = *endpoint.route();
        let mut draft = Draft::default();
        let prepared = input
            .write_once(&mut draft, Place::of(&route))
            .and_then(|()| Self::prepare_path(route, "/".to_owned(), draft, Out::ACCEPT));
        match self.at(url) {
            Ok(api) => api.call(route, prepared),
            Err(error) => self.clone().call(route, Err(error)),
        }
    }

    fn call<Out: Output>(self, route: Route, prepared: Result<Box<Prepared>>) -> Call<Out> {
        let api = self;
        let prepared = prepared.map_err(|error| api.named(&route, error));
        Call::new(async move {
            match api.execute(prepared?, Out::STREAMED).await {
                Ok(received) => api.decode(&route, received, Out::receive),
                // Deleted by an attempt whose answer was lost.
                Err(error) if error.is_not_found() && error.outcome() == Outcome::Applied => {
                    Out::nothing().ok_or(error)
                }
                Err(error) => Err(error),
            }
        })
    }

    pub(crate) fn prepare(
        route: Route,
        args: &[&dyn fmt::Display],
        draft: Draft,
        accept: Option<&'static str>,
    ) -> Result<Box<Prepared>> {
        let path = route.render(args).map_err(|(name, value, why)| {
            Error::invalid(format!("the path parameter `{name}` cannot be `{value}`: {why}"))
        })?;
        Self::prepare_path(route, path, draft, accept)
    }

    fn prepare_path(route: Route, path: String, draft: Draft, accept: Option<&'static str>) -> Result<Box<Prepared>> {
        let mut headers = draft.headers;
        for (name, value) in route.headers {
            let wrong = || Error::invalid(format!("the route's header `{name}` cannot be sent"));
            let header = header::HeaderName::try_from(*name).map_err(|_| wrong())?;
            let value = HeaderValue::try_from(*value).map_err(|_| wrong())?;
            headers.insert(header, value);
        }
        Ok(Box::new(Prepared {
            route,
            origin: None,
            path,
            query: draft.query,
            headers,
            accept,
            body: draft.body,
            secrets: draft.secrets,
            spent: false,
            used: None,
        }))
    }

    /// The whole URL of a request.
    pub(crate) fn uri_of(&self, call: &Prepared) -> Result<Uri> {
        let base = match &call.origin {
            Some(origin) => origin.as_str().into(),
            None => self.base_of(&call.route)?,
        };
        // What was handed out for a single use is complete.
        let always = if self.at.is_some() { &[] } else { self.shared.query.as_slice() };
        call.uri(&base, always)
    }

    fn base_of(&self, route: &Route) -> Result<Arc<str>> {
        match (route.base, &self.at) {
            (None, None) => Ok(self.shared.base.clone()),
            (None, Some(at)) => Ok(at.clone()),
            (Some(name), _) => {
                let bases = self.shared.bases.read().unwrap_or_else(PoisonError::into_inner);
                let missing = || Error::new(ErrorKind::Config, format!("the base URL `{name}` is not known yet"));
                bases.get(name).cloned().ok_or_else(missing)
            }
        }
    }

    /// Makes a call until it succeeds, may not be repeated, or has no time left.
    pub(crate) async fn execute(&self, mut call: Box<Prepared>, streamed: bool) -> Result<Received> {
        let route = call.route;
        let mut state = Progress::new(self.retry.total);
        loop {
            state.attempts += 1;
            let span = tracing::debug_span!(
                "call",
                provider = self.provider(),
                route = %route,
                attempt = state.attempts,
                status = field::Empty,
                request_id = field::Empty,
            );
            let wait = match self.attempt(&mut call, streamed, &state).instrument(span.clone()).await {
                Ok(received) => {
                    return Ok(Received { attempts: state.attempts, secrets: call.secrets, ..received });
                }
                // Boxed, so that the calls that succeed stay small.
                Err(failed) => {
                    match Box::pin(self.consider(&call, failed, &mut state)).instrument(span.clone()).await {
                        Next::Wait(wait) => {
                            tracing::warn!(parent: &span, ?wait, "repeating the call");
                            wait
                        }
                        Next::End(error) => return Err(self.named(&route, error)),
                    }
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, call: &mut Prepared, streamed: bool, state: &Progress) -> Result<Received, Failed> {
        let shared = &*self.shared;
        let permit = shared.quota.acquire(call.route.bucket, Some(state.deadline)).await.map_err(|exhausted| {
            let at = self.moment(exhausted.until.saturating_duration_since(Instant::now()));
            let message = "the quota is spent until then, which is longer than the call may take";
            Failed::Final(Error::new(ErrorKind::RateLimited, message).with_outcome(Outcome::NotSent).with_retry_at(at))
        })?;

        let time = self.retry.attempt_for(call.body.len());
        let request = match self.signed(call, state.deadline).await {
            Ok(request) => request,
            Err(error) => {
                permit.not_sent();
                return Err(Failed::Final(error));
            }
        };
        let until = after(time).min(state.deadline);
        timeout_at(until, self.exchange(call, shared.transport.send(request), permit, streamed)).await.unwrap_or_else(
            |_| {
                let error = std::io::Error::from(std::io::ErrorKind::TimedOut);
                Err(Failed::Transport(TransportError::new(TransportErrorKind::Timeout, error)))
            },
        )
    }

    /// Awaits the answer to a request that is on its way, and reads it.
    async fn exchange(
        &self,
        call: &Prepared,
        sending: BoxFuture<'_, Result<http::Response<Incoming>, TransportError>>,
        permit: Permit,
        streamed: bool,
    ) -> Result<Received, Failed> {
        let shared = &*self.shared;
        let response = match sending.await {
            Ok(response) => response,
            Err(error) => {
                if error.kind() == TransportErrorKind::NotSent {
                    permit.not_sent();
                }
                return Err(Failed::Transport(error));
            }
        };
        let (parts, body) = response.into_parts();
        permit.answered(parts.status, &parts.headers, shared.clock.now());
        let span = Span::current();
        if !span.is_disabled() {
            span.record("status", parts.status.as_u16());
            self.request_id(&parts.headers, &self.secrets(&call.secrets)).map(|id| span.record("request_id", id));
            tracing::debug!("answered");
        }

        let body = if call.route.method == Verb::Head {
            // Its headers speak of a body that does not come.
            Incoming::Bytes(Bytes::new())
        } else if streamed && parts.status.is_success() {
            body.guarded(self.retry.attempt)
        } else {
            let broken = |error| Failed::Transport(TransportError::new(TransportErrorKind::Lost, error));
            Incoming::Bytes(body.collect().await.map_err(broken)?)
        };
        let received =
            Received { status: parts.status, headers: parts.headers, body, attempts: 0, secrets: Vec::new() };
        let refused = match (shared.dialect.refused, &received.body) {
            (Some(refused), Incoming::Bytes(body)) => refused(body),
            _ => false,
        };
        if received.status.is_success() && !refused { Ok(received) } else { Err(Failed::Answered(received)) }
    }

    /// The request of one attempt. Credentials come first: fetching them may be what makes the base URL known.
    async fn signed(&self, call: &mut Prepared, deadline: Instant) -> Result<http::Request<Body>> {
        let shared = &*self.shared;
        let mut headers = HeaderMap::with_capacity(call.headers.len() + 2);
        headers.extend(call.headers.clone());
        if let Some(accept) = call.accept {
            headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static(accept));
        }
        match (&shared.auth, &shared.authorization) {
            (_, Some((name, value))) => {
                headers.entry(name).or_insert_with(|| value.clone());
            }
            (Auth::Custom(custom), None) => {
                timeout_at(deadline, custom.authorize(self, &call.route, &mut headers)).await.map_err(|_| {
                    let message = "the credentials could not be fetched in time";
                    Error::new(ErrorKind::Timeout, message)
                })??;
                call.used = headers.get(header::AUTHORIZATION).cloned();
            }
            _ => {}
        }
        let uri = self.uri_of(call)?;
        let mut request = http::Request::new(call.take_body()?);
        *request.method_mut() = call.route.method.into();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// What comes after an attempt that did not succeed.
    async fn consider(&self, call: &Prepared, failed: Failed, state: &mut Progress) -> Next {
        let (error, verdict) = match failed {
            Failed::Final(error) => {
                // Whatever became of fetching credentials, this attempt was not made.
                let outcome = outcome_after(state.outcome, Outcome::NotSent);
                return Next::End(error.with_outcome(outcome).with_attempts(state.attempts - 1));
            }
            Failed::Transport(error) => {
                let attempt = Attempt::Failed(error.kind());
                let verdict = judge(call.route.repeat, attempt, self.shared.dialect.rules);
                let kind = match error.kind() {
                    TransportErrorKind::Timeout => ErrorKind::Timeout,
                    _ => ErrorKind::Transport,
                };
                (Error::new(kind, error.to_string()).with_source(error.into_source()), verdict)
            }
            Failed::Answered(received) => {
                let error = self.refusal(&received, &call.secrets);
                let attempt = Attempt::Answered(received.status, error.code());
                let verdict = judge(call.route.repeat, attempt, self.shared.dialect.rules);
                (error, verdict)
            }
        };

        let gone = call.route.method == Verb::Delete && error.is_not_found() && state.outcome == Outcome::Unknown;
        state.outcome = if gone { Outcome::Applied } else { outcome_after(state.outcome, verdict.outcome) };
        let error = error.with_outcome(state.outcome).with_attempts(state.attempts);
        if let (Auth::Custom(custom), ErrorKind::Unauthenticated, false) =
            (&self.shared.auth, error.kind(), state.renewed)
        {
            state.renewed = true;
            return match timeout_at(state.deadline, custom.renew(&error, &call.route, call.used.as_ref())).await {
                Ok(Ok(true)) if !call.spent => Next::Wait(Duration::ZERO),
                Ok(Ok(_)) | Err(_) => Next::End(error),
                Ok(Err(renewal)) => Next::End(error.with_source(renewal)),
            };
        }
        if !verdict.again || call.spent || state.attempts >= self.retry.attempts {
            return Next::End(error);
        }
        let left = state.deadline.saturating_duration_since(Instant::now());
        let wait = self.retry.wait(state.attempts, error.retry_after());
        match error.retry_after() {
            _ if wait < left => Next::Wait(wait),
            // There is time for what the provider asks for, and none to spread the calls.
            Some(asked) if asked < left => Next::Wait(asked),
            _ => Next::End(error),
        }
    }

    /// The error that an answer stands for.
    fn refusal(&self, received: &Received, secrets: &[Secret]) -> Error {
        let dialect = self.shared.dialect;
        let text = String::from_utf8_lossy(received.bytes());
        let json = serde_json::from_slice(received.bytes()).ok();
        let refusal = Refusal { status: received.status, headers: &received.headers, json: json.as_ref(), text: &text };
        let explained = (dialect.explain)(&refusal);

        let secrets = self.secrets(secrets);
        let clean = |text: &str| secret::redact(text, &secrets);
        let fields = explained.fields.iter();
        let fields = fields.map(|one| FieldError { field: clean(&one.field), message: clean(&one.message) }).collect();
        let message = match explained.message.filter(|message| !message.is_empty()) {
            Some(message) => clean(&message),
            None => received.status.canonical_reason().unwrap_or("an unknown status").to_owned(),
        };
        let retry_after = retry_after(&received.headers, self.shared.clock.now());
        let kind = explained.kind.unwrap_or_else(|| match kind_of(received.status) {
            ErrorKind::RateLimited if retry_after.is_some_and(|wait| wait > DAY) => ErrorKind::QuotaExceeded,
            kind => kind,
        });
        let mut error = Error::new(kind, message).with_status(received.status).with_fields(fields);
        if let Incoming::Bytes(body) = &received.body {
            error = error.with_body(body);
        }
        if let Some(code) = explained.code {
            error = error.with_code(clean(&code));
        }
        if let Some(wait) = retry_after {
            error = error.with_retry_after(wait).with_retry_at(self.moment(wait));
        }
        self.identified(&received.headers, &secrets, error)
    }

    /// Reads an answer as a value, or says why it is not one.
    pub(crate) fn decode<T>(
        &self,
        route: &Route,
        mut received: Received,
        read: impl FnOnce(&Route, &mut Received) -> Result<T, Unreadable>,
    ) -> Result<T> {
        read(route, &mut received).map_err(|unreadable| {
            let outcome = match (route.repeat, unreadable.json) {
                (Repeat::Safe, _) => Outcome::Refused,
                (_, true) => Outcome::Applied,
                // A page from something between us and the provider.
                (_, false) => Outcome::Unknown,
            };
            let secrets = self.secrets(&received.secrets);
            let message = secret::redact(&unreadable.message, &secrets);
            let error = Error::new(ErrorKind::Decode, message)
                .with_outcome(outcome)
                .with_status(received.status)
                .with_attempts(received.attempts);
            let error = match &received.body {
                Incoming::Bytes(body) => error.with_body(body),
                Incoming::Stream(..) => error,
            };
            self.named(route, self.identified(&received.headers, &secrets, error))
        })
    }

    pub(crate) fn named(&self, route: &Route, error: Error) -> Error {
        error.with_provider(self.provider()).with_route(route.to_string())
    }

    /// What an answer may repeat and an error may not: the client's credentials and the call's own secrets.
    fn secrets(&self, own: &[Secret]) -> Vec<Secret> {
        let mut secrets = self.shared.auth.secrets();
        secrets.extend_from_slice(own);
        secrets
    }

    fn identified(&self, headers: &HeaderMap, secrets: &[Secret], error: Error) -> Error {
        match self.request_id(headers, secrets) {
            Some(id) => error.with_request_id(id),
            None => error,
        }
    }

    fn request_id(&self, headers: &HeaderMap, secrets: &[Secret]) -> Option<String> {
        let mut names = self.shared.dialect.request_id.iter();
        let id = names.find_map(|name| headers.get(*name)?.to_str().ok())?;
        Some(secret::redact(id, secrets))
    }

    fn moment(&self, wait: Duration) -> Timestamp {
        let ahead = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        self.shared.clock.now().checked_add(ahead).unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("provider", &self.provider())
            // The query of a URL for a single use may be a credential.
            .field("base_url", &self.base_url().split('?').next())
            .finish_non_exhaustive()
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A request that can be made again.
pub(crate) struct Prepared {
    pub(crate) route: Route,
    /// What the path is below when it is not the route's base.
    pub(crate) origin: Option<String>,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Headers of this call's own; what every call carries is added when it is signed.
    pub(crate) headers: HeaderMap,
    pub(crate) accept: Option<&'static str>,
    pub(crate) body: Body,
    pub(crate) secrets: Vec<Secret>,
    /// The body was read and cannot be read again.
    pub(crate) spent: bool,
    /// The `Authorization` header of the latest attempt, where credentials change.
    pub(crate) used: Option<HeaderValue>,
}

impl Prepared {
    /// The same request for another page.
    pub(crate) fn again(&self) -> Result<Box<Self>> {
        let body = self.body.replay().ok_or_else(|| Error::invalid("a list cannot be asked for with a stream"))?;
        Ok(Box::new(Self {
            route: self.route,
            origin: self.origin.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: self.headers.clone(),
            accept: self.accept,
            body,
            secrets: self.secrets.clone(),
            spent: false,
            used: None,
        }))
    }

    fn uri(&self, base: &str, always: &[(&'static str, String)]) -> Result<Uri> {
        let (base, own) = base.split_once('?').unwrap_or((base, ""));
        let mut uri = String::with_capacity(base.len() + self.path.len() + self.query.len() + 1);
        uri.push_str(base);
        // A URL that was handed out for a single use is complete.
        if self.path != "/" {
            uri.push_str(&self.path);
        }
        let queries = [own, &self.query].into_iter().filter(|one| !one.is_empty());
        for (query, lead) in queries.zip(['?', '&']) {
            uri.push(lead);
            uri.push_str(query);
        }
        for (name, value) in always {
            if form_urlencoded::parse(self.query.as_bytes()).all(|(present, _)| present != *name) {
                uri.push(if uri.contains('?') { '&' } else { '?' });
                uri.push_str(&form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish());
            }
        }
        Uri::try_from(uri).map_err(|error| Error::invalid("the URL cannot be sent").with_source(error))
    }

    fn take_body(&mut self) -> Result<Body> {
        if self.spent {
            return Err(Error::invalid("the body was read already"));
        }
        Ok(self.body.replay().unwrap_or_else(|| {
            self.spent = true;
            std::mem::take(&mut self.body)
        }))
    }
}

/// What is known of a call after some attempts.
struct Progress {
    attempts: u32,
    outcome: Outcome,
    deadline: Instant,
    renewed: bool,
}

impl Progress {
    fn new(total: Duration) -> Self {
        Self { attempts: 0, outcome: Outcome::NotSent, deadline: after(total), renewed: false }
    }
}

enum Failed {
    /// Nothing more can be done.
    Final(Error),
    Transport(TransportError),
    Answered(Received),
}

enum Next {
    Wait(Duration),
    End(Error),
}

/// How long the provider asks to wait: seconds, or a date held against the answer's own.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        return (seconds >= 0.0).then_some(wait);
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let date = headers.get(header::DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let now = date.unwrap_or_else(|| now.into());
    Some(until.duration_since(now).unwrap_or_default())
}
