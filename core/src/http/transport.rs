//! How a request reaches a provider.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use http::{Method, header};

use super::body::{Body, Incoming};
use crate::{Error, ErrorKind, Result};

/// Carries one request to its server and its answer back: no retry, no redirect, no waiting.
///
/// The network is [`Network`]; a fake, a recorder or a fault injector is another implementation.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends a request whose URI is absolute. The answer's body may still be arriving.
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        (**self).send(request).await
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Box<dyn StdError + Send + Sync>,
}

/// What is known about a request that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// It never left, or nobody took it.
    NotSent,
    /// It was sent, at least in part, and the connection broke.
    Lost,
    /// It was sent, and no answer came in time.
    Timeout,
    /// Something else; it may have been sent.
    Other,
}

impl TransportError {
    /// With the cause.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind, source: source.into() }
    }

    /// What is known about the request.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    pub(crate) fn into_source(self) -> Box<dyn StdError + Send + Sync> {
        self.source
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::NotSent => "the server could not be reached",
            TransportErrorKind::Lost => "the connection broke before the answer was complete",
            TransportErrorKind::Timeout => "no answer came in time",
            TransportErrorKind::Other => "the request failed on its way",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// The network: HTTP/1.1 and HTTP/2 over TLS, with the operating system's trusted certificates.
#[derive(Clone, Debug)]
pub struct Network {
    client: reqwest::Client,
}

impl Network {
    /// A connection pool of its own.
    pub fn new() -> Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
            .user_agent(concat!("howdah/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::new(ErrorKind::Config, "the HTTP client could not be set up").with_source(error))?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Transport for Network {
    async fn send(&self, mut request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        // Some servers refuse a request that could have a body and does not say that it has none.
        if request.body().is_empty() && !matches!(*request.method(), Method::GET | Method::HEAD | Method::DELETE) {
            request.headers_mut().insert(header::CONTENT_LENGTH, 0.into());
        }
        let request = request.map(|body| match body {
            empty if empty.is_empty() => reqwest::Body::default(),
            Body::Bytes(bytes) => bytes.into(),
            stream => reqwest::Body::wrap(stream.into_stream()),
        });
        let request = reqwest::Request::try_from(request)
            .map_err(|error| TransportError::new(TransportErrorKind::NotSent, error.without_url()))?;
        let mut response = self.client.execute(request).await.map_err(classify)?;

        let length = response.content_length();
        let mut answer = http::Response::new(());
        (*answer.status_mut(), *answer.version_mut()) = (response.status(), response.version());
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        let body = response.bytes_stream().map_err(|error| std::io::Error::other(error.without_url())).boxed();
        Ok(answer.map(|()| Incoming::Stream(body, length)))
    }
}

/// The URL is left out of what is kept, since a query may hold a secret.
fn classify(error: reqwest::Error) -> TransportError {
    let kind = if error.is_connect() || error.is_builder() {
        TransportErrorKind::NotSent
    } else if error.is_timeout() {
        TransportErrorKind::Timeout
    } else if error.is_request() || error.is_body() || error.is_decode() {
        TransportErrorKind::Lost
    } else {
        TransportErrorKind::Other
    };
    TransportError::new(kind, error.without_url())
}
