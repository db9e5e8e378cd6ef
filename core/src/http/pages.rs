//! Lists that come in pages.

use std::{
    collections::HashSet,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures::{FutureExt, Stream, StreamExt, TryStreamExt, future::BoxFuture, stream};
use http::header;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::{
    api::{Api, Prepared},
    body::Body,
    call::Call,
    endpoint::Endpoint,
    json,
    kinds::{Draft, Input, Place, Received},
};
use crate::{Error, ErrorKind, Outcome, Result};

/// How a list goes on after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pagination {
    /// Pages have numbers.
    Numbered {
        /// The parameter of the number, such as `page`.
        page: &'static str,
        /// The parameter of the size and the largest size, such as `("per_page", 100)`.
        size: (&'static str, u32),
        /// JSON pointer to the number of pages, such as `/pagination/total_pages`. Without it, or when an answer does not
        /// have it, the list ends with the first empty page.
        total: Option<&'static str>,
    },
    /// Pages begin at a number of items.
    Offset {
        /// The parameter of the number of items to skip.
        offset: &'static str,
        /// The parameter of the size and the largest size.
        size: (&'static str, u32),
    },
    /// The answer's body holds the URL of the next page at a JSON pointer.
    Link {
        /// JSON pointer to the URL, such as `/links/pages/next`.
        next: &'static str,
        /// The parameter of the size and the largest size.
        size: (&'static str, u32),
    },
    /// A `Link` header with `rel="next"` holds the URL of the next page.
    LinkHeader {
        /// The parameter of the size and the largest size.
        size: (&'static str, u32),
    },
    /// The answer's body holds what to send for the next page.
    Cursor {
        /// JSON pointers into the answer and the parameters that their values go into, such as
        /// `[("/nextFileName", "startFileName")]`. They go where the operation's input goes: query or JSON body.
        next: &'static [(&'static str, &'static str)],
        /// The parameter of the size and the largest size.
        size: (&'static str, u32),
    },
}

impl Pagination {
    fn size(self) -> (&'static str, u32) {
        match self {
            Self::Numbered { size, .. }
            | Self::Offset { size, .. }
            | Self::Link { size, .. }
            | Self::LinkHeader { size }
            | Self::Cursor { size, .. } => size,
        }
    }

    /// The members beside the list that tell how it goes on.
    fn kept(self) -> Vec<&'static str> {
        let pointers: Vec<_> = match self {
            Self::Numbered { total, .. } => total.into_iter().collect(),
            Self::Link { next, .. } => vec![next],
            Self::Cursor { next, .. } => next.iter().map(|(pointer, _)| *pointer).collect(),
            Self::Offset { .. } | Self::LinkHeader { .. } => Vec::new(),
        };
        pointers.into_iter().filter_map(|pointer| pointer.split('/').nth(1)).collect()
    }
}

/// A list, fetched page by page as it is read.
///
/// It is a `Stream` of items. After an error it ends. It does not follow a link to another server, and a provider that
/// repeats a cursor is an error instead of an endless list.
///
/// ```
/// # use howdah_core::{Result, http::Pages};
/// use futures::TryStreamExt;
///
/// # async fn example(zones: Pages<String>) -> Result<()> {
/// let mut zones = zones;
/// while let Some(zone) = zones.try_next().await? {
///     println!("{zone}");
/// }
/// # Ok(()) }
/// ```
#[must_use = "nothing is fetched before the stream is polled"]
pub struct Pages<T> {
    fetcher: Option<Box<Fetcher>>,
    read: Read<T>,
    ready: vec::IntoIter<T>,
    fetching: Option<Fetching<T>>,
}

type Read<T> = fn(&Fetcher, Received) -> Result<(Vec<T>, Map<String, Value>)>;
type Fetching<T> = BoxFuture<'static, Result<(Vec<T>, Option<Box<Fetcher>>)>>;

/// What fetches the next page.
struct Fetcher {
    api: Api,
    first: Result<Prepared, Option<Error>>,
    style: Pagination,
    next: Position,
    seen: HashSet<Position>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Position {
    First,
    Number(u64),
    Offset(u64),
    /// Path and query.
    Link(String, String),
    Cursor(Vec<(&'static str, String)>),
}

impl Api {
    /// Lists: like [`send`](Self::send), page after page, for an operation whose route says how its list goes on.
    pub fn pages<In: Input, T: DeserializeOwned + Send + 'static, const N: usize>(
        &self,
        endpoint: &Endpoint<In, Vec<T>, N>,
        args: [&dyn fmt::Display; N],
        input: In,
    ) -> Pages<T> {
        let route = *endpoint.route();
        let mut draft = Draft::default();
        let first = input
            .write_once(&mut draft, Place::of(&route))
            .and_then(|()| self.prepare(route, &args, draft, Some("application/json")))
            .map_err(|error| Some(error.with_provider(self.provider()).with_route(route.to_string())));
        // A list that comes whole is one page.
        let style = route.pages.unwrap_or(Pagination::LinkHeader { size: ("", 0) });
        let fetcher = Fetcher { api: self.clone(), first, style, next: Position::First, seen: HashSet::new() };
        Pages { fetcher: Some(Box::new(fetcher)), read: read_page::<T>, ready: Vec::new().into_iter(), fetching: None }
    }
}

fn read_page<T: DeserializeOwned>(fetcher: &Fetcher, received: Received) -> Result<(Vec<T>, Map<String, Value>)> {
    let Ok(first) = &fetcher.first else {
        return Ok((Vec::new(), Map::new()));
    };
    fetcher.api.decode(&first.route, received, |route, received| {
        json::read_keeping(received.bytes(), route.envelope, &fetcher.style.kept())
    })
}

impl Fetcher {
    async fn fetch<T>(mut self: Box<Self>, read: Read<T>) -> Result<(Vec<T>, Option<Box<Self>>)> {
        let first = match &mut self.first {
            Ok(first) => first,
            Err(error) => {
                let gone = || Error::invalid("the list failed before");
                return Err(error.take().unwrap_or_else(gone));
            }
        };
        let mut call = first.again()?;
        place(&mut call, self.style, &self.next)?;
        let received = self.api.execute(call, false).await?;
        let link = next_of(&received.headers);
        let (items, beside) = read(&self, received)?;
        let next = self.following(items.len(), &Value::Object(beside), link)?;
        let Some(next) = next else {
            return Ok((items, None));
        };
        if !self.seen.insert(next.clone()) {
            return Err(self.wrong("the provider sent the same cursor twice, so the list would not end"));
        }
        self.next = next;
        Ok((items, Some(self)))
    }

    /// Where the next page is, if there is one.
    fn following(&self, items: usize, beside: &Value, link: Option<String>) -> Result<Option<Position>> {
        let text = |pointer: &str| match beside.pointer(pointer)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        match self.style {
            Pagination::Numbered { total, .. } => {
                let current = match self.next {
                    Position::Number(number) => number,
                    _ => 1,
                };
                let last = total.and_then(|pointer| text(pointer)?.parse::<u64>().ok());
                let more = items > 0 && last.is_none_or(|last| current < last);
                Ok(more.then_some(Position::Number(current + 1)))
            }
            Pagination::Offset { .. } => {
                let current = match self.next {
                    Position::Offset(offset) => offset,
                    _ => 0,
                };
                Ok((items > 0).then_some(Position::Offset(current + items as u64)))
            }
            Pagination::Link { next, .. } => text(next).map(|link| self.link(&link)).transpose(),
            Pagination::LinkHeader { .. } => link.map(|link| self.link(&link)).transpose(),
            Pagination::Cursor { next, .. } => {
                let values = next.iter().filter_map(|(pointer, name)| Some((*name, text(pointer)?)));
                let values: Vec<_> = values.collect();
                Ok((!values.is_empty()).then_some(Position::Cursor(values)))
            }
        }
    }

    /// A link is followed on the same server only, since the token goes with it.
    fn link(&self, link: &str) -> Result<Position> {
        let base = Url::parse(self.api.base_url()).map_err(|_| self.wrong("the base URL cannot be read"))?;
        let url = base.join(link).map_err(|_| self.wrong("the link to the next page cannot be read"))?;
        if url.origin() != base.origin() {
            let host = url.host_str().unwrap_or("nowhere");
            return Err(self.wrong(&format!("the next page is said to be at another server, {host}: not followed")));
        }
        let path = url.path().strip_prefix(base.path().trim_end_matches('/')).unwrap_or(url.path());
        Ok(Position::Link(path.to_owned(), url.query().unwrap_or_default().to_owned()))
    }

    fn wrong(&self, message: &str) -> Error {
        let error = Error::new(ErrorKind::Decode, message).with_outcome(Outcome::Refused);
        let error = error.with_provider(self.api.provider());
        match &self.first {
            Ok(first) => error.with_route(first.route.to_string()),
            Err(_) => error,
        }
    }
}

/// Turns the request of the first page into that of another.
fn place(call: &mut Prepared, style: Pagination, position: &Position) -> Result<()> {
    if let Position::Link(path, query) = position {
        call.path.clone_from(path);
        call.query.clone_from(query);
        return Ok(());
    }
    let in_body = matches!(&call.body, Body::Bytes(_));
    let (size, largest) = style.size();
    let mut parameters = Vec::new();
    if !size.is_empty() {
        parameters.push((size, largest.to_string(), false));
    }
    match (style, position) {
        (Pagination::Numbered { page, .. }, Position::Number(number)) => {
            parameters.push((page, number.to_string(), true))
        }
        (Pagination::Offset { offset, .. }, Position::Offset(number)) => {
            parameters.push((offset, number.to_string(), true));
        }
        (_, Position::Cursor(values)) => {
            parameters.extend(values.iter().map(|(name, value)| (*name, value.clone(), true)));
        }
        _ => {}
    }
    if in_body { place_in_body(call, &parameters) } else { Ok(place_in_query(call, &parameters)) }
}

/// A size that the caller chose stays.
fn place_in_query(call: &mut Prepared, parameters: &[(&str, String, bool)]) {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(call.query.as_bytes()).into_owned().collect();
    for (name, value, replace) in parameters {
        match pairs.iter_mut().find(|(present, _)| present == name) {
            Some((_, present)) if *replace => present.clone_from(value),
            Some(_) => {}
            None => pairs.push(((*name).to_owned(), value.clone())),
        }
    }
    call.query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
}

fn place_in_body(call: &mut Prepared, parameters: &[(&str, String, bool)]) -> Result<()> {
    let Body::Bytes(bytes) = &call.body else {
        return Ok(());
    };
    let mut body: Map<String, Value> = serde_json::from_slice(bytes)
        .map_err(|error| Error::invalid("a list's request body is an object").with_source(error))?;
    for (name, value, replace) in parameters {
        let value = value.parse().map_or_else(|_| Value::String(value.clone()), |number: u64| Value::from(number));
        if *replace || !body.contains_key(*name) {
            body.insert((*name).to_owned(), value);
        }
    }
    call.body = Body::Bytes(Value::Object(body).to_string().into());
    Ok(())
}

/// The target of `rel="next"` in the `Link` headers.
fn next_of(headers: &http::HeaderMap) -> Option<String> {
    headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok()).find_map(|value| {
        let mut rest = value;
        while let Some((_, after)) = rest.split_once('<') {
            let (target, after) = after.split_once('>')?;
            let parameters = after.split('<').next().unwrap_or_default();
            let next = parameters.split([';', ',']).any(|parameter| {
                let Some((name, value)) = parameter.split_once('=') else {
                    return false;
                };
                let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
                name.trim().eq_ignore_ascii_case("rel") && relations.any(|one| one.eq_ignore_ascii_case("next"))
            });
            if next {
                return Some(target.to_owned());
            }
            rest = after;
        }
        None
    })
}

impl<T: Send + 'static> Pages<T> {
    /// The pages as they come.
    pub fn by_page(self) -> impl Stream<Item = Result<Vec<T>>> + Send + Unpin + 'static {
        let read = self.read;
        let pages = stream::try_unfold(self.fetcher, move |fetcher| async move {
            match fetcher {
                Some(fetcher) => fetcher.fetch(read).await.map(Some),
                None => Ok(None),
            }
        });
        pages.boxed()
    }

    /// All items.
    pub fn all(self) -> Call<Vec<T>> {
        Call::new(async move {
            let mut pages = self.by_page();
            let mut all = pages.try_next().await?.unwrap_or_default();
            while let Some(page) = pages.try_next().await? {
                all.extend(page);
            }
            Ok(all)
        })
    }
}

impl<T: Send + 'static> Stream for Pages<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.ready.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            if this.fetching.is_none() {
                let Some(fetcher) = this.fetcher.take() else {
                    return Poll::Ready(None);
                };
                this.fetching = Some(fetcher.fetch(this.read).boxed());
            }
            let Some(fetching) = &mut this.fetching else {
                return Poll::Ready(None);
            };
            let page = ready!(fetching.poll_unpin(cx));
            this.fetching = None;
            match page {
                Ok((items, fetcher)) => {
                    this.ready = items.into_iter();
                    this.fetcher = fetcher;
                }
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}

// Items are handed out by value; nothing here is pinned.
impl<T> Unpin for Pages<T> {}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages")
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        let next = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::LINK, HeaderValue::from_static(value));
            next_of(&headers)
        };
        assert_eq!(
            next(r#"<https://a/1>; rel="prev", <https://a/3?x=1,2>; rel="next""#).as_deref(),
            Some("https://a/3?x=1,2")
        );
        assert_eq!(next("<https://a/3>; title=x; rel=next").as_deref(), Some("https://a/3"));
        assert_eq!(next(r#"<https://a/3>; rel="last next""#).as_deref(), Some("https://a/3"));
        assert_eq!(next(r#"<https://a/3>; rel="last""#), None);
        assert_eq!(next("<broken"), None);
        assert_eq!(next(""), None);
    }
}
