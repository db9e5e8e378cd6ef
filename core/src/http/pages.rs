//! Lists that come in pages.

use std::{
    collections::HashSet,
    fmt, mem,
    ops::RangeInclusive,
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures::{
    FutureExt, Stream, StreamExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, FuturesOrdered},
};
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
        /// How a page is asked for by its number, where that is possible too.
        numbers: Option<PageNumbers>,
    },
    /// The same, and only the cursor of that URL counts: it is sent with the request of the first page again, so that
    /// wherever the link leads, nothing else is asked.
    CursorOfLink {
        /// JSON pointer to the URL, such as `/nextLink`.
        next: &'static str,
        /// The parameter of the cursor, in the URL and in the request.
        cursor: &'static str,
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

/// Pages that have links and numbers: several can be asked for at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageNumbers {
    /// The parameter of the number, such as `page`.
    pub page: &'static str,
    /// JSON pointer to the number of items on all pages, such as `/meta/total`.
    pub items: &'static str,
}

impl Pagination {
    fn size(self) -> (&'static str, u32) {
        match self {
            Self::Numbered { size, .. }
            | Self::Offset { size, .. }
            | Self::Link { size, .. }
            | Self::CursorOfLink { size, .. }
            | Self::LinkHeader { size }
            | Self::Cursor { size, .. } => size,
        }
    }

    /// The members beside the list that tell how it goes on.
    fn kept(self) -> Vec<&'static str> {
        let pointers: Vec<_> = match self {
            Self::Numbered { total, .. } => total.into_iter().collect(),
            Self::Link { next, numbers, .. } => {
                numbers.into_iter().map(|numbers| numbers.items).chain([next]).collect()
            }
            Self::CursorOfLink { next, .. } => vec![next],
            Self::Cursor { next, .. } => next.iter().map(|(pointer, _)| *pointer).collect(),
            Self::Offset { .. } | Self::LinkHeader { .. } => Vec::new(),
        };
        pointers.into_iter().filter_map(|pointer| pointer.split('/').nth(1)).collect()
    }
}

/// A list, fetched page by page as it is read, or some [pages ahead](Self::ahead).
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
    /// How many pages are fetched at a time, where their number is known.
    ahead: usize,
    /// Pages on their way, and those to follow.
    wave: Option<Wave<T>>,
}

/// The pages after the first, of which several are on their way at once.
struct Wave<T> {
    fetcher: Box<Fetcher>,
    numbers: RangeInclusive<u64>,
    running: FuturesOrdered<Fetching<T>>,
}

/// So many pages are fetched at a time when all are wanted.
const AHEAD: usize = 8;

type Read<T> = fn(&Fetcher, Received) -> Result<(Vec<T>, Map<String, Value>)>;
type Fetching<T> = BoxFuture<'static, Result<Page<T>>>;

/// A page, and what fetches the one after it.
struct Page<T> {
    items: Vec<T>,
    next: Option<Box<Fetcher>>,
    /// The number of the last page, where this one is the first and tells it.
    last: Option<u64>,
}

/// What fetches the next page.
struct Fetcher {
    api: Api,
    first: Result<Box<Prepared>, Option<Error>>,
    style: Pagination,
    next: Position,
    seen: HashSet<Position>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Position {
    First,
    Number(u64),
    Offset(u64),
    Link { origin: String, path: String, query: String },
    Cursor(Vec<(&'static str, Value)>),
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
            .and_then(|()| Self::prepare(route, &args, draft, Some("application/json")))
            .map_err(|error| Some(self.named(&route, error)));
        // A list that comes whole is one page.
        let style = route.pages.unwrap_or(Pagination::LinkHeader { size: ("", 0) });
        let fetcher = Fetcher { api: self.clone(), first, style, next: Position::First, seen: HashSet::new() };
        Pages { fetcher: Some(Box::new(fetcher)), ..Pages::empty() }
    }
}

impl<T: DeserializeOwned + Send + 'static> Pages<T> {
    /// A list whose first request depends on what another call answers.
    pub fn after(first: impl Future<Output = Result<Self>> + Send + 'static) -> Self {
        let fetching = async move { Ok(Page { items: Vec::new(), next: first.await?.fetcher, last: None }) };
        Self { fetching: Some(fetching.boxed()), ..Self::empty() }
    }

    fn empty() -> Self {
        let ready = Vec::new().into_iter();
        Self { fetcher: None, read: read_page::<T>, ready, fetching: None, ahead: 1, wave: None }
    }
}

fn read_page<T: DeserializeOwned>(fetcher: &Fetcher, received: Received) -> Result<(Vec<T>, Map<String, Value>)> {
    let Ok(first) = &fetcher.first else {
        return Ok((Vec::new(), Map::new()));
    };
    fetcher.api.decode(&first.route, received, |route, received| {
        let (items, beside) = json::read_keeping::<Option<_>>(received.bytes(), route.envelope, &fetcher.style.kept())?;
        Ok((items.unwrap_or_default(), beside))
    })
}

impl Fetcher {
    async fn fetch<T>(mut self: Box<Self>, read: Read<T>) -> Result<Page<T>> {
        let call = self.request()?;
        let sent = call.again()?;
        let received = self.api.execute(call, false).await?;
        let next_header = next_of(&received.headers);
        let (items, beside) = read(&self, received)?;

        let beside = Value::Object(beside);
        let Some(next) = self.following(&sent, items.len(), &beside, next_header)? else {
            return Ok(Page { items, next: None, last: None });
        };
        let last = if self.next == Position::First { self.last(&sent, items.len(), &beside) } else { None };
        if !self.seen.insert(next.clone()) {
            return Err(self.wrong("the provider sent the same cursor twice, so the list would not end"));
        }
        self.next = next;
        Ok(Page { items, next: Some(self), last })
    }

    /// The number of the last page, as the first one tells it. What it holds is the size that pages have.
    fn last(&self, sent: &Prepared, items: usize, beside: &Value) -> Option<u64> {
        let told = |pointer: &str| number(beside.pointer(pointer)?);
        match self.style {
            Pagination::Numbered { page, total, .. } if chosen(sent, page).unwrap_or(1) == 1 => told(total?),
            Pagination::Link { numbers: Some(PageNumbers { page, items: all }), .. } => {
                let first = chosen(sent, page).unwrap_or(1) == 1;
                Some(told(all)?.div_ceil(items as u64)).filter(|_| first && items > 0)
            }
            _ => None,
        }
    }

    /// The same list at the page of a number.
    fn at(&self, page: u64) -> Result<Box<Self>> {
        let first = match &self.first {
            Ok(first) => first.again()?,
            Err(_) => return Err(self.wrong("the list failed before")),
        };
        let (api, next) = (self.api.clone(), Position::Number(page));
        Ok(Box::new(Self { api, first: Ok(first), style: self.style, next, seen: HashSet::new() }))
    }

    /// The request of the next page.
    fn request(&mut self) -> Result<Box<Prepared>> {
        let first = match &mut self.first {
            Ok(first) => first,
            Err(error) => {
                let gone = || Error::invalid("the list failed before");
                return Err(error.take().unwrap_or_else(gone));
            }
        };
        let placed = first.again().and_then(|mut call| {
            place(&mut call, self.style, &self.next)?;
            Ok(call)
        });
        placed.map_err(|error| self.api.named(&first.route, error))
    }

    /// Where the page after the one that was asked for is, if there is one.
    fn following(
        &mut self,
        sent: &Prepared,
        items: usize,
        beside: &Value,
        next_header: Option<String>,
    ) -> Result<Option<Position>> {
        let value = |pointer: &str| match beside.pointer(pointer)? {
            Value::String(text) if text.is_empty() => None,
            value @ (Value::String(_) | Value::Number(_)) => Some(value.clone()),
            _ => None,
        };
        let link = match self.style {
            Pagination::Numbered { page, total, .. } => {
                let current = chosen(sent, page).unwrap_or(1);
                let last = total.and_then(|pointer| number(&value(pointer)?));
                let more = last.map_or(items > 0, |last| current < last);
                return Ok(more.then_some(Position::Number(current + 1)));
            }
            Pagination::Offset { offset, .. } => {
                let current = chosen(sent, offset).unwrap_or(0);
                return Ok((items > 0).then_some(Position::Offset(current + items as u64)));
            }
            Pagination::Cursor { next, .. } => {
                let values = next.iter().filter_map(|(pointer, name)| Some((*name, value(pointer)?)));
                let values: Vec<_> = values.collect();
                return Ok((!values.is_empty()).then_some(Position::Cursor(values)));
            }
            Pagination::CursorOfLink { next, cursor, .. } => {
                let Some(link) = value(next).map(|link| plain(&link)) else { return Ok(None) };
                let query = link.split_once('?').map_or("", |(_, query)| query).split('#').next().unwrap_or_default();
                let value = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == cursor);
                let Some((_, value)) = value else {
                    return Err(self.wrong("the link to the next page has no cursor"));
                };
                return Ok(Some(Position::Cursor(vec![(cursor, Value::String(value.into_owned()))])));
            }
            Pagination::Link { next, .. } => value(next).map(|link| plain(&link)),
            Pagination::LinkHeader { .. } => next_header,
        };
        link.map(|link| self.link(sent, &link)).transpose()
    }

    /// A link is relative to the page it is on, and is followed on the same server only, since the token goes with it.
    fn link(&mut self, sent: &Prepared, link: &str) -> Result<Position> {
        let page = self.api.uri_of(sent)?.to_string();
        let page = Url::parse(&page).map_err(|_| self.wrong("the URL of the page cannot be read"))?;
        let next = page.join(link).map_err(|_| self.wrong("the link to the next page cannot be read"))?;
        if next.origin() != page.origin() {
            let origin = next.origin().ascii_serialization();
            return Err(self.wrong(&format!("the next page is said to be at another server, {origin}: not followed")));
        }
        let position = |url: &Url| Position::Link {
            origin: url.origin().ascii_serialization(),
            path: url.path().to_owned(),
            query: url.query().unwrap_or_default().to_owned(),
        };
        self.seen.insert(position(&page));
        Ok(position(&next))
    }

    fn wrong(&self, message: &str) -> Error {
        let error = Error::new(ErrorKind::Decode, message).with_outcome(Outcome::Refused);
        match &self.first {
            Ok(first) => self.api.named(&first.route, error),
            Err(_) => error.with_provider(self.api.provider()),
        }
    }
}

/// Turns the request of the first page into that of another.
fn place(call: &mut Prepared, style: Pagination, position: &Position) -> Result<()> {
    let (size, largest) = style.size();
    let mut parameters = Vec::new();
    if !size.is_empty() {
        parameters.push(Parameter::unless_chosen(size, largest.into()));
    }
    match (style, position) {
        (_, Position::Link { origin, path, query }) => {
            call.origin = Some(origin.clone());
            call.path.clone_from(path);
            call.query.clone_from(query);
            return Ok(());
        }
        (
            Pagination::Numbered { page: name, .. }
            | Pagination::Link { numbers: Some(PageNumbers { page: name, .. }), .. },
            Position::Number(number),
        )
        | (Pagination::Offset { offset: name, .. }, Position::Offset(number)) => {
            parameters.push(Parameter::always(name, (*number).into()));
        }
        (_, Position::Cursor(values)) => {
            let values = values.iter();
            parameters.extend(values.map(|(name, value)| Parameter::always(name, value.clone())));
        }
        _ => {}
    }
    match &call.body {
        Body::Bytes(body) => {
            let body = place_in_body(body, parameters)?;
            call.body = Body::Bytes(body.into());
        }
        _ => call.query = place_in_query(&call.query, parameters),
    }
    Ok(())
}

/// A parameter of the request; the caller's own choice of a size stays.
struct Parameter {
    name: &'static str,
    value: Value,
    replaces: bool,
}

impl Parameter {
    fn always(name: &'static str, value: Value) -> Self {
        Self { name, value, replaces: true }
    }

    fn unless_chosen(name: &'static str, value: Value) -> Self {
        Self { name, value, replaces: false }
    }
}

fn place_in_query(query: &str, parameters: Vec<Parameter>) -> String {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    for parameter in parameters {
        let present = pairs.iter_mut().find(|(name, _)| name == parameter.name);
        match present {
            Some((_, value)) if parameter.replaces => *value = plain(&parameter.value),
            Some(_) => {}
            None => pairs.push((parameter.name.to_owned(), plain(&parameter.value))),
        }
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn place_in_body(body: &[u8], parameters: Vec<Parameter>) -> Result<String> {
    let mut body: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| Error::invalid("a list's request body is an object").with_source(error))?;
    for parameter in parameters {
        if parameter.replaces || !body.contains_key(parameter.name) {
            body.insert(parameter.name.to_owned(), parameter.value);
        }
    }
    Ok(Value::Object(body).to_string())
}

/// The number that a request gives to a parameter.
fn chosen(sent: &Prepared, name: &str) -> Option<u64> {
    match &sent.body {
        Body::Bytes(body) => {
            let body: Map<String, Value> = serde_json::from_slice(body).ok()?;
            number(body.get(name)?)
        }
        _ => form_urlencoded::parse(sent.query.as_bytes())
            .find(|(present, _)| present == name)
            .and_then(|(_, value)| value.parse().ok()),
    }
}

fn number(value: &Value) -> Option<u64> {
    plain(value).parse().ok()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
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
    /// The pages as they come. What is left of a page whose first items were read is the first.
    pub fn by_page(mut self) -> impl Stream<Item = Result<Vec<T>>> + Send + Unpin + 'static {
        let rest: Vec<T> = mem::take(&mut self.ready).collect();
        let rest = (!rest.is_empty()).then_some(Ok(rest));
        stream::iter(rest).chain(stream::poll_fn(move |cx| self.poll_page(cx)))
    }

    /// Fetches so many pages at a time once the first has told how many there are, and hands them out in their order.
    ///
    /// A list whose pages are not numbered, or which does not tell how many it has, is fetched one page after another. So
    /// is every list by default, since its reader may stop at any item.
    ///
    /// ```
    /// # use howdah_core::{Result, http::Pages};
    /// # fn example(zones: Pages<String>) -> Pages<String> {
    /// zones.ahead(4)
    /// # }
    /// ```
    pub fn ahead(mut self, pages: usize) -> Self {
        self.ahead = pages;
        self
    }

    /// All items. Where pages have numbers, several are fetched at a time.
    pub fn all(self) -> Call<Vec<T>> {
        let ahead = self.ahead.max(AHEAD);
        Call::new(async move {
            let mut pages = self.ahead(ahead).by_page();
            let mut all = pages.try_next().await?.unwrap_or_default();
            while let Some(page) = pages.try_next().await? {
                all.extend(page);
            }
            Ok(all)
        })
    }
}

impl<T: Send + 'static> Pages<T> {
    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<T>>>> {
        let page = if let Some(wave) = &mut self.wave {
            wave.fill(self.ahead, self.read);
            let page = ready!(wave.running.poll_next_unpin(cx));
            page.map(|page| page.map(|page| self.in_wave(page)))
        } else {
            if let Some(fetcher) = self.fetcher.take() {
                self.fetching = Some(fetcher.fetch(self.read).boxed());
            }
            let Some(fetching) = &mut self.fetching else {
                return Poll::Ready(None);
            };
            let page = ready!(fetching.poll_unpin(cx));
            self.fetching = None;
            Some(page.map(|page| self.alone(page)))
        };
        if matches!(page, Some(Err(_))) {
            self.wave = None;
        }
        Poll::Ready(page)
    }

    /// A page that came by itself; more may be fetched together from here.
    fn alone(&mut self, page: Page<T>) -> Vec<T> {
        match (page.next, page.last) {
            (Some(fetcher), Some(last)) if self.ahead > 1 && last > 1 => {
                self.wave = Some(Wave { fetcher, numbers: 2..=last, running: FuturesOrdered::new() });
            }
            (next, _) => self.fetcher = next,
        }
        page.items
    }

    /// A page that was fetched ahead. What follows the last of them is found by its link; where the list has become
    /// shorter, the rest is not waited for.
    fn in_wave(&mut self, page: Page<T>) -> Vec<T> {
        let more = self.wave.as_ref().is_some_and(|wave| !wave.numbers.is_empty() || !wave.running.is_empty());
        if !more || page.next.is_none() {
            self.wave = None;
            self.fetcher = page.next;
        }
        page.items
    }
}

impl<T: Send + 'static> Wave<T> {
    fn fill(&mut self, ahead: usize, read: Read<T>) {
        while self.running.len() < ahead
            && let Some(number) = self.numbers.next()
        {
            let fetcher = self.fetcher.at(number);
            self.running.push_back(async move { fetcher?.fetch(read).await }.boxed());
        }
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
            match ready!(this.poll_page(cx)) {
                Some(Ok(items)) => this.ready = items.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
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
