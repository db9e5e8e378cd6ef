//! What an operation takes and what it answers, when that is not plain JSON.
//!
//! | input | what is sent |
//! |---|---|
//! | a plain type | the query of a `GET` or `HEAD`, the JSON body otherwise |
//! | `()` | nothing |
//! | [`Query`] | the query, whatever the method |
//! | [`With`] | a query and a body |
//! | [`Form`] | a form-encoded body |
//! | [`Multipart`] | a multipart form |
//! | [`Upload`] | bytes as they are |
//! | [`WithHeaders`] | headers beside any of the above |
//!
//! | output | what is read |
//! |---|---|
//! | a plain type | JSON, out of the route's envelope |
//! | `()` | nothing, whatever comes |
//! | `Option<T>` | JSON, or nothing at all |
//! | [`Text`] | a string |
//! | [`Binary`] | bytes, in memory |
//! | [`Download`] | bytes, as a stream |
//! | [`Detailed`] | status and headers beside any of the above but a stream |

use std::{any::TypeId, fmt};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    body::{Body, Incoming},
    endpoint::{Route, Verb},
    json,
};
use crate::{Error, Result, Secret, secret};

/// A request being written.
#[derive(Default)]
pub struct Draft {
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) secrets: Vec<Secret>,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draft")
    }
}

impl Draft {
    fn push_query<Q: Serialize>(&mut self, query: &Q) -> Result<()> {
        let (query, secrets) = secret::collect(|| serde_html_form::to_string(query));
        let query = query.map_err(|error| Error::invalid("the query cannot be written").with_source(error))?;
        if !self.query.is_empty() && !query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(&query);
        self.secrets.extend(secrets);
        Ok(())
    }

    fn set_body<B: Serialize>(&mut self, body: &B) -> Result<()> {
        let (json, secrets) = secret::collect(|| serde_json::to_vec(body));
        let json = json.map_err(|error| Error::invalid("the body cannot be written as JSON").with_source(error))?;
        if json != b"null" {
            self.set_bytes(json.into(), HeaderValue::from_static("application/json"));
        }
        self.secrets.extend(secrets);
        Ok(())
    }

    fn set_bytes(&mut self, body: Bytes, content_type: HeaderValue) {
        self.headers.insert(header::CONTENT_TYPE, content_type);
        self.body = Body::Bytes(body);
    }
}

/// Where a plain type goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Place {
    Query,
    Body,
}

impl Place {
    pub(crate) fn of(route: &Route) -> Self {
        if matches!(route.method, Verb::Get | Verb::Head) { Self::Query } else { Self::Body }
    }
}

/// What an operation takes. Sealed: the kinds are those of this [module](self).
///
/// ```compile_fail
/// struct Mine;
/// impl howdah_core::http::Input for Mine {}
/// ```
pub trait Input: sealed::Input {}

/// What an operation answers. Sealed: the kinds are those of this [module](self).
///
/// ```compile_fail
/// struct Mine;
/// impl howdah_core::http::Output for Mine {}
/// ```
pub trait Output: sealed::Output {}

/// An input that a fake can read back.
pub trait ServedInput: sealed::ServedInput {}

/// An output that a fake can write.
pub trait ServedOutput: sealed::ServedOutput {}

impl<T: sealed::Input> Input for T {}
impl<T: sealed::Output> Output for T {}
impl<T: sealed::ServedInput> ServedInput for T {}
impl<T: sealed::ServedOutput> ServedOutput for T {}

/// A request as a server sees it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method.
    pub method: http::Method,
    /// The path as it came, encoded.
    pub path: String,
    /// The query without its question mark, encoded.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Asked {
    /// A parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// An answer's body as a server writes it.
#[derive(Debug)]
#[doc(hidden)]
pub enum Served {
    Json(Value),
    Bytes(Bytes, &'static str),
}

/// An answer as it was received.
#[derive(Debug)]
#[doc(hidden)]
pub struct Received {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Incoming,
    /// How many attempts it took.
    pub(crate) attempts: u32,
    /// What the request held that must not appear in an error.
    pub(crate) secrets: Vec<Secret>,
}

impl Received {
    pub(crate) fn json(body: &Value) -> Self {
        let body = Incoming::Bytes(body.to_string().into());
        Self { status: StatusCode::OK, headers: HeaderMap::new(), body, attempts: 1, secrets: Vec::new() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.body {
            Incoming::Bytes(bytes) => bytes,
            Incoming::Stream(..) => &[],
        }
    }
}

/// Why an answer could not be read; `json` tells a body of the wrong shape from one that is no JSON at all.
#[derive(Debug)]
#[doc(hidden)]
pub struct Unreadable {
    pub(crate) message: String,
    pub(crate) json: bool,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

mod sealed {
    use super::{Asked, Draft, Place, Received, Result, Route, Served, Unreadable, Value};

    pub trait Input: Send + 'static {
        fn write(&self, draft: &mut Draft, place: Place) -> Result<()>;
        /// A body that is a stream is taken out of the input.
        fn write_once(self, draft: &mut Draft, place: Place) -> Result<()>
        where
            Self: Sized,
        {
            self.write(draft, place)
        }
    }

    pub trait Output: Sized + Send + 'static {
        const STREAMED: bool = false;
        const ACCEPT: Option<&'static str> = Some("application/json");
        fn receive(route: &Route, received: &mut Received) -> Result<Self, Unreadable>;
        /// What stands for the value when there is nothing, if anything can.
        fn nothing() -> Option<Self> {
            None
        }
    }

    pub trait ServedInput: Sized {
        fn read(asked: &Asked, place: Place) -> Result<Self, String>;
        fn round_trip(body: &Value) -> Result<Value, String>;
    }

    pub trait ServedOutput {
        fn serve(self, route: &Route) -> Served;
    }
}

// Plain types and `()`.

impl<T: Serialize + Send + 'static> sealed::Input for T {
    fn write(&self, draft: &mut Draft, place: Place) -> Result<()> {
        match place {
            Place::Query => draft.push_query(self),
            Place::Body => draft.set_body(self),
        }
    }
}

impl<T: Serialize + DeserializeOwned> sealed::ServedInput for T {
    fn read(asked: &Asked, place: Place) -> Result<Self, String> {
        match place {
            Place::Query => read_query(asked),
            Place::Body => read_body(asked),
        }
    }

    fn round_trip(body: &Value) -> Result<Value, String> {
        let value: T = read_json(body.to_string().as_bytes())?;
        serde_json::to_value(&value).map_err(|error| error.to_string())
    }
}

impl<T: DeserializeOwned + Send + 'static> sealed::Output for T {
    fn receive(route: &Route, received: &mut Received) -> Result<Self, Unreadable> {
        if let Some(nothing) = unit::<T>() {
            return Ok(nothing);
        }
        json::read(received.bytes(), route.envelope)
    }

    fn nothing() -> Option<Self> {
        T::deserialize(serde::de::value::UnitDeserializer::<serde::de::value::Error>::new()).ok()
    }
}

impl<T: Serialize> sealed::ServedOutput for T {
    fn serve(self, route: &Route) -> Served {
        let value = serde_json::to_value(self).unwrap_or(Value::Null);
        Served::Json(match route.envelope {
            Some(member) => Value::Object([(member.to_owned(), value)].into_iter().collect()),
            None => value,
        })
    }
}

/// `()` reads nothing, so that an answer nobody asked for cannot fail a call that succeeded.
fn unit<T: DeserializeOwned + 'static>() -> Option<T> {
    (TypeId::of::<T>() == TypeId::of::<()>())
        .then(|| T::deserialize(serde::de::value::UnitDeserializer::<serde::de::value::Error>::new()).ok())
        .flatten()
}

fn read_query<T: DeserializeOwned>(asked: &Asked) -> Result<T, String> {
    let pairs = serde_html_form::Deserializer::new(url::form_urlencoded::parse(asked.query.as_bytes()));
    match T::deserialize(pairs) {
        Ok(value) => Ok(value),
        // A list without a filter is asked with `()`.
        Err(error) => T::deserialize(serde::de::value::UnitDeserializer::<serde::de::value::Error>::new())
            .map_err(|_| format!("query: {error}")),
    }
}

fn read_body<T: DeserializeOwned>(asked: &Asked) -> Result<T, String> {
    // Some clients send an empty object where no body is wanted.
    match read_json(&asked.body) {
        Err(_) if asked.body.trim_ascii() == b"{}" || asked.body.is_empty() => read_json(b"null"),
        read => read,
    }
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(if bytes.is_empty() { b"null" } else { bytes });
    serde_path_to_error::deserialize(&mut json).map_err(|error| format!("{}: {}", error.path(), error.inner()))
}

// The input kinds.

/// A query, whatever the method.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query<Q>(pub Q);

impl<Q: Serialize + Send + 'static> sealed::Input for Query<Q> {
    fn write(&self, draft: &mut Draft, _: Place) -> Result<()> {
        draft.push_query(&self.0)
    }
}

impl<Q: Serialize + DeserializeOwned> sealed::ServedInput for Query<Q> {
    fn read(asked: &Asked, _: Place) -> Result<Self, String> {
        read_query(asked).map(Self)
    }

    fn round_trip(_: &Value) -> Result<Value, String> {
        Err("the operation takes no body".to_owned())
    }
}

/// A query and a body: `B` is a plain type or one of the other kinds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct With<Q, B> {
    /// Goes into the query.
    pub query: Q,
    /// Goes into the body.
    pub body: B,
}

impl<Q: Serialize + Send + 'static, B: sealed::Input> sealed::Input for With<Q, B> {
    fn write(&self, draft: &mut Draft, _: Place) -> Result<()> {
        draft.push_query(&self.query)?;
        self.body.write(draft, Place::Body)
    }

    fn write_once(self, draft: &mut Draft, _: Place) -> Result<()> {
        draft.push_query(&self.query)?;
        self.body.write_once(draft, Place::Body)
    }
}

impl<Q: DeserializeOwned, B: sealed::ServedInput> sealed::ServedInput for With<Q, B> {
    fn read(asked: &Asked, _: Place) -> Result<Self, String> {
        Ok(Self { query: read_query(asked)?, body: B::read(asked, Place::Body)? })
    }

    fn round_trip(body: &Value) -> Result<Value, String> {
        B::round_trip(body)
    }
}

/// A form-encoded body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form<B>(pub B);

impl<B: Serialize + Send + 'static> sealed::Input for Form<B> {
    fn write(&self, draft: &mut Draft, _: Place) -> Result<()> {
        let (form, secrets) = secret::collect(|| serde_html_form::to_string(&self.0));
        let form = form.map_err(|error| Error::invalid("the form cannot be written").with_source(error))?;
        draft.set_bytes(form.into(), HeaderValue::from_static("application/x-www-form-urlencoded"));
        draft.secrets.extend(secrets);
        Ok(())
    }
}

impl<B: Serialize + DeserializeOwned> sealed::ServedInput for Form<B> {
    fn read(asked: &Asked, _: Place) -> Result<Self, String> {
        let pairs = serde_html_form::Deserializer::new(url::form_urlencoded::parse(&asked.body));
        B::deserialize(pairs).map(Self).map_err(|error| format!("form: {error}"))
    }

    fn round_trip(body: &Value) -> Result<Value, String> {
        <B as sealed::ServedInput>::round_trip(body)
    }
}

/// Bytes as they are, with a content type and headers of their own.
///
/// ```
/// use howdah_core::http::Upload;
///
/// let upload = Upload::new("hello").with_content_type("text/plain").with_header("x-bz-file-name", "a.txt");
/// ```
#[derive(Default)]
pub struct Upload {
    body: Body,
    own: OwnHeaders,
}

impl Upload {
    /// Bytes, or a stream that may or may not be read again.
    pub fn new(body: impl Into<Body>) -> Self {
        Self { body: body.into(), own: OwnHeaders::default() }.with_content_type("application/octet-stream")
    }

    /// The body, where it is in memory, as a fake sees it.
    pub fn content(&self) -> Option<&Bytes> {
        match &self.body {
            Body::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The value of a header, as a fake sees it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.own.header(name)
    }

    /// Sets the content type.
    #[must_use]
    pub fn with_content_type(self, content_type: impl Into<String>) -> Self {
        self.with_header("content-type", content_type)
    }

    /// Sets a header; a name or value that cannot stand in a header is an error of the call.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.own.push(name.into(), value.into().into(), false);
        self
    }

    /// Sets a header that is a credential, as an upload's own token; a call's own credentials go before the client's.
    #[must_use]
    pub fn with_secret_header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.own.push(name.into(), value.into(), true);
        self
    }
}

/// The value of a header may be secret.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("body", &self.body).field("headers", &self.own).finish()
    }
}

impl sealed::Input for Upload {
    fn write(&self, draft: &mut Draft, _: Place) -> Result<()> {
        self.own.write(draft)?;
        if let Some(body) = self.body.replay() {
            draft.body = body;
        }
        Ok(())
    }

    fn write_once(mut self, draft: &mut Draft, place: Place) -> Result<()> {
        let body = std::mem::take(&mut self.body);
        self.write(draft, place)?;
        draft.body = body;
        Ok(())
    }
}

impl sealed::ServedInput for Upload {
    fn read(asked: &Asked, _: Place) -> Result<Self, String> {
        Ok(Self { body: Body::Bytes(asked.body.clone()), own: OwnHeaders::read(asked) })
    }

    fn round_trip(_: &Value) -> Result<Value, String> {
        Err("the body is not JSON".to_owned())
    }
}

/// Another input, and headers of this call's own.
///
/// ```
/// use howdah_core::http::WithHeaders;
///
/// let first_kilobyte = WithHeaders::new(()).with_header("range", "bytes=0-1023");
/// ```
#[derive(Clone, Default)]
pub struct WithHeaders<I> {
    /// The other input.
    pub input: I,
    own: OwnHeaders,
}

impl<I> WithHeaders<I> {
    /// Without headers yet.
    pub fn new(input: I) -> Self {
        Self { input, own: OwnHeaders::default() }
    }

    /// The value of a header, as a fake sees it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.own.header(name)
    }

    /// Sets a header; a name or value that cannot stand in a header is an error of the call.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.own.push(name.into(), value.into().into(), false);
        self
    }

    /// Sets a header that is a credential; a call's own credentials go before the client's.
    #[must_use]
    pub fn with_secret_header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.own.push(name.into(), value.into(), true);
        self
    }
}

impl<I: fmt::Debug> fmt::Debug for WithHeaders<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithHeaders").field("input", &self.input).field("headers", &self.own).finish()
    }
}

impl<I: sealed::Input> sealed::Input for WithHeaders<I> {
    fn write(&self, draft: &mut Draft, place: Place) -> Result<()> {
        self.own.write(draft)?;
        self.input.write(draft, place)
    }

    fn write_once(self, draft: &mut Draft, place: Place) -> Result<()> {
        self.own.write(draft)?;
        self.input.write_once(draft, place)
    }
}

impl<I: sealed::ServedInput> sealed::ServedInput for WithHeaders<I> {
    fn read(asked: &Asked, place: Place) -> Result<Self, String> {
        Ok(Self { input: I::read(asked, place)?, own: OwnHeaders::read(asked) })
    }

    fn round_trip(body: &Value) -> Result<Value, String> {
        I::round_trip(body)
    }
}

/// Headers of one call: name, value, and whether it is a credential.
#[derive(Clone, Default)]
struct OwnHeaders(Vec<(String, Secret, bool)>);

impl fmt::Debug for OwnHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, ..)| name)).finish()
    }
}

impl OwnHeaders {
    fn push(&mut self, name: String, value: Secret, credential: bool) {
        self.0.push((name, value, credential));
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.0.iter();
        let found = headers.find(|(present, ..)| present.eq_ignore_ascii_case(name))?;
        Some(found.1.expose())
    }

    fn write(&self, draft: &mut Draft) -> Result<()> {
        for (name, secret, credential) in &self.0 {
            let wrong = || Error::invalid(format!("the header `{name}` has a name or a value that cannot be sent"));
            let header = HeaderName::try_from(name).map_err(|_| wrong())?;
            let mut value = HeaderValue::try_from(secret.expose()).map_err(|_| wrong())?;
            if *credential {
                value.set_sensitive(true);
                draft.secrets.push(secret.clone());
            }
            draft.headers.insert(header, value);
        }
        Ok(())
    }

    fn read(asked: &Asked) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self(asked.headers.iter().map(|(name, value)| (name.to_string(), text(value).into(), false)).collect())
    }
}

/// A multipart form, held in memory.
#[derive(Clone, Debug, Default)]
pub struct Multipart {
    parts: Vec<Part>,
}

#[derive(Clone)]
struct Part {
    name: String,
    file: Option<(String, String)>,
    content: Bytes,
}

/// What is in a part may be secret.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({}, {} bytes)", self.name, self.content.len())
    }
}

impl Multipart {
    /// A form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// The content of a field or a file, as a fake sees it.
    pub fn part(&self, name: &str) -> Option<&Bytes> {
        let part = self.parts.iter().find(|part| part.name == name)?;
        Some(&part.content)
    }

    /// The form that a request has, as a fake sees it, or what is wrong with it.
    pub fn of(asked: &Asked) -> std::result::Result<Self, String> {
        sealed::ServedInput::read(asked, Place::Body)
    }

    /// The names of the parts, each once, in their order.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for part in &self.parts {
            if !names.contains(&part.name.as_str()) {
                names.push(part.name.as_str());
            }
        }
        names
    }

    /// The contents of all parts of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> {
        self.parts.iter().filter(move |part| part.name == name).map(|part| &part.content)
    }

    /// The name and the content type of a file.
    pub fn file(&self, name: &str) -> Option<(&str, &str)> {
        let part = self.parts.iter().find(|part| part.name == name)?;
        let (file_name, content_type) = part.file.as_ref()?;
        Some((file_name, content_type))
    }

    /// Adds a field.
    #[must_use]
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parts.push(Part { name: name.into(), file: None, content: value.into().into() });
        self
    }

    /// Adds a file with its name and content type.
    #[must_use]
    pub fn with_file(
        mut self,
        name: impl Into<String>,
        file_name: impl Into<String>,
        content_type: impl Into<String>,
        content: impl Into<Bytes>,
    ) -> Self {
        let file = Some((file_name.into(), content_type.into()));
        self.parts.push(Part { name: name.into(), file, content: content.into() });
        self
    }
}

impl sealed::Input for Multipart {
    fn write(&self, draft: &mut Draft, _: Place) -> Result<()> {
        let boundary = format!("howdah-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let mut body = Vec::new();
        for part in &self.parts {
            // As browsers do: these three would end the quoted name.
            let quoted = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
            let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(&part.name));
            if let Some((file_name, content_type)) = &part.file {
                if content_type.contains(['\r', '\n']) {
                    return Err(Error::invalid(format!(
                        "the content type of the part `{}` has a line break",
                        part.name
                    )));
                }
                head.push_str("; filename=\"");
                head.push_str(&quoted(file_name));
                head.push_str("\"\r\nContent-Type: ");
                head.push_str(content_type);
            }
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(&part.content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
        draft.set_bytes(body.into(), content_type.map_err(|_| Error::invalid("the boundary cannot be sent"))?);
        Ok(())
    }
}

impl sealed::ServedInput for Multipart {
    fn read(asked: &Asked, _: Place) -> Result<Self, String> {
        let boundary = asked
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok()?.split_once("boundary="))
            .map(|(_, rest)| rest.split(';').next().unwrap_or(rest).trim_matches('"'))
            .ok_or("the form has no boundary")?;
        // The first boundary has no line break of its own.
        let body = [b"\r\n", asked.body.as_ref()].concat();
        let pieces = split_at(&body, format!("\r\n--{boundary}").as_bytes());
        let (_, pieces) = pieces.split_first().ok_or("the form is empty")?;
        let parts = pieces.iter().take_while(|piece| !piece.starts_with(b"--"));
        let parts: Option<Vec<_>> = parts.map(|piece| Part::read(piece)).collect();
        Ok(Self { parts: parts.ok_or("a part of the form has no name")? })
    }

    fn round_trip(_: &Value) -> Result<Value, String> {
        Err("the body is not JSON".to_owned())
    }
}

impl Part {
    fn read(piece: &[u8]) -> Option<Self> {
        let pieces = split_at(piece, b"\r\n\r\n");
        let (head, _) = pieces.split_first()?;
        let content = piece.get(head.len() + 4..)?;
        let head = String::from_utf8_lossy(head);
        let quoted = |name: &str| {
            let (_, rest) = head.split_once(&format!("; {name}=\""))?;
            let value = rest.split('"').next()?;
            Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
        };
        let content_type = head.split("\r\nContent-Type: ").nth(1).unwrap_or_default();
        Some(Self {
            name: quoted("name")?,
            file: quoted("filename").map(|file| (file, content_type.to_owned())),
            content: Bytes::copy_from_slice(content),
        })
    }
}

fn split_at<'a>(bytes: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let (mut pieces, mut start, mut at) = (Vec::new(), 0, 0);
    while at + mark.len() <= bytes.len() {
        if bytes[at..].starts_with(mark) {
            pieces.push(&bytes[start..at]);
            at += mark.len();
            start = at;
        } else {
            at += 1;
        }
    }
    pieces.push(&bytes[start..]);
    pieces
}

// The output kinds.

/// A string, such as a zone file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl sealed::Output for Text {
    const ACCEPT: Option<&'static str> = None;

    fn receive(_: &Route, received: &mut Received) -> Result<Self, Unreadable> {
        match String::from_utf8(received.bytes().to_vec()) {
            Ok(text) => Ok(Self(text)),
            Err(error) => Err(Unreadable { message: format!("the text is not UTF-8: {error}"), json: false }),
        }
    }
}

impl sealed::ServedOutput for Text {
    fn serve(self, _: &Route) -> Served {
        Served::Bytes(self.0.into(), "text/plain; charset=utf-8")
    }
}

/// Bytes, in memory: a PDF, a CSV file, a small archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Binary(pub Bytes);

impl sealed::Output for Binary {
    const ACCEPT: Option<&'static str> = None;

    fn receive(_: &Route, received: &mut Received) -> Result<Self, Unreadable> {
        Ok(Self(match &received.body {
            Incoming::Bytes(bytes) => bytes.clone(),
            Incoming::Stream(..) => Bytes::new(),
        }))
    }
}

impl sealed::ServedOutput for Binary {
    fn serve(self, _: &Route) -> Served {
        Served::Bytes(self.0, "application/octet-stream")
    }
}

/// A body that is read as it arrives. What goes wrong while it is read is an error of the stream.
#[derive(Debug)]
pub struct Download {
    /// Status: 206 when a range was asked for and given.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Incoming,
}

impl sealed::Output for Download {
    const STREAMED: bool = true;
    const ACCEPT: Option<&'static str> = None;

    fn receive(_: &Route, received: &mut Received) -> Result<Self, Unreadable> {
        let body = std::mem::replace(&mut received.body, Incoming::Bytes(Bytes::new()));
        Ok(Self { status: received.status, headers: received.headers.clone(), body })
    }
}

impl sealed::ServedOutput for Download {
    fn serve(self, _: &Route) -> Served {
        let bytes = match self.body {
            Incoming::Bytes(bytes) => bytes,
            Incoming::Stream(..) => Bytes::new(),
        };
        Served::Bytes(bytes, "application/octet-stream")
    }
}

/// A value with the status and the headers that came with it.
#[derive(Clone, Debug)]
pub struct Detailed<T> {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// What the body said.
    pub value: T,
}

impl<T: sealed::Output> sealed::Output for Detailed<T> {
    const ACCEPT: Option<&'static str> = T::ACCEPT;

    fn receive(route: &Route, received: &mut Received) -> Result<Self, Unreadable> {
        let (status, headers) = (received.status, received.headers.clone());
        Ok(Self { status, headers, value: T::receive(route, received)? })
    }
}

impl<T: sealed::ServedOutput> sealed::ServedOutput for Detailed<T> {
    fn serve(self, route: &Route) -> Served {
        self.value.serve(route)
    }
}

/// Reads a number that a provider sometimes writes as a string, or the reverse: for `#[serde(deserialize_with)]`.
pub fn string_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(serde_json::Number),
    }
    Ok(Option::<Either>::deserialize(deserializer)?.map(|either| match either {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    }))
}

/// Reads `null` as what stands for nothing, such as an empty list: for `#[serde(default, deserialize_with)]`.
pub fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
