//! How Apache's S3 client reaches its server: over a [`Transport`], each attempt signed anew.

use std::{
    error::Error as StdError,
    fmt,
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use async_trait::async_trait;
use aws_lc_rs::digest;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body::{Body as _, Frame, SizeHint};
use object_store::{
    ClientOptions,
    aws::{AwsAuthorizer, AwsCredentialProvider},
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
        HttpResponseBody, HttpService,
    },
};
use tokio::time::timeout;

use crate::{
    Secret,
    http::{Body, ByteStream, Incoming, RetryPolicy, Transport, TransportError, TransportErrorKind},
    secret,
};

const ACL: HeaderName = HeaderName::from_static("x-amz-acl");
const SESSION_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// How much of a refusal is read.
const REFUSAL: usize = 16 * 1024;

/// Apache's client prepares requests and repeats them; here they get their ACL and signature, and are sent once.
///
/// The client would sign a request once for all its attempts, and could add an ACL only to all requests alike, one of
/// which it would then forget to sign.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) retry: RetryPolicy,
    pub(super) credentials: AwsCredentialProvider,
    pub(super) secrets: Arc<[Secret]>,
    pub(super) region: Arc<str>,
    pub(super) acl: Option<HeaderValue>,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let chunks = chunks(body).await?;
        let mut request = HttpRequest::from_parts(parts, HttpRequestBody::empty());
        self.sign(&mut request, &chunks).await.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let request = request.map(|_| body_of(chunks));

        let silence = self.retry.attempt;
        let allowed = self.retry.attempt_for(request.body().len());
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let answer = timeout(allowed, self.transport.send(request)).await.unwrap_or_else(|_| {
            Err(TransportError::new(TransportErrorKind::Timeout, format!("waited for {} s", allowed.as_secs_f32())))
        });
        match &answer {
            Ok(answer) => tracing::debug!(provider = "s3", %method, %uri, status = answer.status().as_u16(), "sent"),
            Err(error) => tracing::debug!(provider = "s3", %method, %uri, %error, "sent in vain"),
        }
        let (parts, body) = answer.map_err(unanswered)?.into_parts();
        let body = body.guarded(silence);
        let body = if parts.status.is_client_error() || parts.status.is_server_error() {
            self.refusal(parts.status, body).await.into()
        } else {
            HttpResponseBody::new(Answer { left: body.len(), stream: Mutex::new(body.into_stream()) })
        };
        Ok(HttpResponse::from_parts(parts, body))
    }
}

impl Connector {
    async fn sign(&self, request: &mut HttpRequest, chunks: &[Bytes]) -> object_store::Result<()> {
        if let Some(acl) = self.acl.as_ref().filter(|_| creates(request)) {
            request.headers_mut().insert(ACL, acl.clone());
        }
        let mut hash = digest::Context::new(&digest::SHA256);
        for chunk in chunks {
            hash.update(chunk);
        }
        let credential = self.credentials.get_credential().await?;
        AwsAuthorizer::new(&credential, "s3", &self.region).try_authorize(request, Some(hash.finish().as_ref()))?;
        conceal(request.headers_mut());
        Ok(())
    }

    /// What the server says about a request it does not carry out. It may repeat the request's headers.
    async fn refusal(&self, status: StatusCode, body: Incoming) -> String {
        let mut said = Vec::new();
        let mut stream = body.into_stream();
        // A refusal whose end is lost is still one.
        while let Some(Ok(chunk)) = stream.next().await {
            said.extend_from_slice(&chunk);
            if said.len() > REFUSAL {
                break;
            }
        }
        let said = secret::redact(&String::from_utf8_lossy(&said), &self.secrets);
        explained(&said).unwrap_or_else(|| {
            // A page that something in between wrote for a browser.
            let page = said.trim_start().starts_with('<') && !said.trim_start().starts_with("<?xml");
            if page {
                format!("({} bytes that are no answer of S3, status {status})", said.len())
            } else {
                one_line(&said)
            }
        })
    }
}

/// A refusal of S3 in one line.
fn explained(said: &str) -> Option<String> {
    let element = |name: &str| {
        let (_, rest) = said.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once(&format!("</{name}>"))?;
        let text = text.replace("&quot;", "\"").replace("&apos;", "'").replace("&lt;", "<").replace("&gt;", ">");
        Some(one_line(&text.replace("&amp;", "&")))
    };
    let code = element("Code")?;
    let message = element("Message").filter(|it| !it.is_empty()).map(|it| format!(": {it}")).unwrap_or_default();
    let request = element("RequestId").map(|it| format!(" (request {it})")).unwrap_or_default();
    Some(format!("{code}{message}{request}"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether this writes an object or begins to, which is when an object gets its ACL.
fn creates(request: &HttpRequest) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let has = |wanted: &str| query.split('&').any(|it| it.split('=').next() == Some(wanted));
    match *request.method() {
        Method::PUT => !has("uploadId"),
        Method::POST => has("uploads"),
        _ => false,
    }
}

/// Keeps headers out of whatever prints them.
fn conceal(headers: &mut HeaderMap) {
    for name in [header::AUTHORIZATION, SESSION_TOKEN] {
        if let Some(value) = headers.get_mut(name) {
            value.set_sensitive(true);
        }
    }
}

/// What is to be sent, as the caller cut it.
async fn chunks(mut body: HttpRequestBody) -> Result<Vec<Bytes>, HttpError> {
    let mut chunks = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        chunks.extend(frame?.into_data().ok().filter(|chunk| !chunk.is_empty()));
    }
    Ok(chunks)
}

fn body_of(mut chunks: Vec<Bytes>) -> Body {
    match chunks.as_mut_slice() {
        [] => Body::Empty,
        [only] => Body::Bytes(std::mem::take(only)),
        several => {
            let length = several.iter().map(|chunk| chunk.len() as u64).sum();
            Body::once(stream::iter(chunks.into_iter().map(Ok)), length)
        }
    }
}

/// Decides what Apache's client repeats: what never left always, what may have been carried out only if twice is the
/// same as once.
fn unanswered(error: TransportError) -> HttpError {
    let kind = match error.kind() {
        TransportErrorKind::NotSent => HttpErrorKind::Connect,
        TransportErrorKind::Timeout => HttpErrorKind::Timeout,
        TransportErrorKind::Lost | TransportErrorKind::Other => HttpErrorKind::Interrupted,
    };
    HttpError::new(kind, WithCause(Box::new(error)))
}

fn broken(error: io::Error) -> HttpError {
    if error.kind() == io::ErrorKind::TimedOut {
        return HttpError::new(HttpErrorKind::Timeout, TransportError::new(TransportErrorKind::Timeout, error));
    }
    HttpError::new(HttpErrorKind::Interrupted, WithCause(Box::new(error)))
}

/// An error that ends with its first cause, since nobody below Apache's client prints causes.
#[derive(Debug)]
struct WithCause(Box<dyn StdError + Send + Sync>);

impl fmt::Display for WithCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = self.0.to_string();
        f.write_str(&said)?;
        let mut cause = self.0.source();
        while let Some(deeper) = cause.and_then(StdError::source) {
            cause = Some(deeper);
        }
        match cause.map(ToString::to_string) {
            Some(cause) if !said.contains(&cause) => write!(f, ": {cause}"),
            _ => Ok(()),
        }
    }
}

impl StdError for WithCause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// The body of an answer, handed on as it comes.
struct Answer {
    /// `get_mut` takes no lock; the mutex only makes the stream `Sync`.
    stream: Mutex<ByteStream>,
    left: Option<u64>,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let Self { stream, left } = &mut *self;
        let stream = stream.get_mut().unwrap_or_else(PoisonError::into_inner);
        Poll::Ready(ready!(stream.poll_next_unpin(cx)).map(|chunk| {
            let chunk = chunk.map_err(broken)?;
            *left = left.map(|left| left.saturating_sub(chunk.len() as u64));
            Ok(Frame::data(chunk))
        }))
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map(SizeHint::with_exact).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_line() {
        let said = "<?xml version=\"1.0\"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>It &amp;lt;\n differs</Message>\
                    <CanonicalRequest>PUT\n/\nx-amz-security-token:t</CanonicalRequest><RequestId>17</RequestId></Error>";
        assert_eq!(explained(said).as_deref(), Some("SignatureDoesNotMatch: It &lt; differs (request 17)"));
        assert_eq!(explained("<Error><Code>Slow</Code></Error>").as_deref(), Some("Slow"));
        assert_eq!(explained("<html>Bad gateway</html>"), None);
    }

    #[test]
    fn objects_are_created_by_three_requests() {
        for (method, uri, expected) in [
            (Method::PUT, "http://s/b/k", true),
            (Method::POST, "http://s/b/k?uploads=", true),
            (Method::PUT, "http://s/b/uploadId?x-id=PutObject", true),
            (Method::PUT, "http://s/b/k?partNumber=1&uploadId=u", false),
            (Method::POST, "http://s/b/k?uploadId=u", false),
            (Method::POST, "http://s/b?delete", false),
            (Method::GET, "http://s/b?list-type=2", false),
            (Method::DELETE, "http://s/b/k", false),
        ] {
            let request = http::Request::builder().method(&method).uri(uri).body(HttpRequestBody::empty()).unwrap();
            assert_eq!(creates(&request), expected, "{method} {uri}");
        }
    }
}
