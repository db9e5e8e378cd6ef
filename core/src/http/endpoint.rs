//! An operation of a provider as a typed constant.

use std::{
    fmt::{self, Write as _},
    marker::PhantomData,
};

use serde_json::Value;

use super::{
    kinds::{Input, Output, Received, Served, ServedInput, ServedOutput},
    pages::Pagination,
};

/// The method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Reads.
    Get,
    /// Reads what comes before the body.
    Head,
    /// Creates, or does what no other method fits.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

impl Verb {
    /// The method as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Verb> for http::Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Head => Self::HEAD,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

/// Whether a call may be repeated when its answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// It changes nothing.
    Safe,
    /// Twice is the same as once.
    Idempotent,
    /// Twice may be twice: two records, two invoices.
    Once,
}

/// What is known of an operation before its types: method, path, and how the provider treats it.
///
/// Built from its method and path, in a `const`; each method sets one fact.
///
/// ```
/// use howdah_core::http::{Repeat, Route};
///
/// const RENEW: Route = Route::put("/{account}/domains/{domain}/whois_privacy").envelope("data").once();
/// assert_eq!(RENEW.to_string(), "PUT /{account}/domains/{domain}/whois_privacy");
/// assert_eq!(RENEW.repeat, Repeat::Once);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Route {
    /// The method.
    pub method: Verb,
    /// The path below the base URL, with its parameters in braces; `{name*}` is a tail that keeps its slashes.
    pub path: &'static str,
    /// May it be repeated?
    pub repeat: Repeat,
    /// The member of the answer's object that holds the value.
    pub envelope: Option<&'static str>,
    /// The status of success that the document names, when it is not 200.
    pub status: u16,
    /// Which of the provider's bases the path is below, when it is not the first one.
    pub base: Option<&'static str>,
    /// Headers that every such request carries.
    pub headers: &'static [(&'static str, &'static str)],
    /// How a list goes on.
    pub pages: Option<Pagination>,
    /// The quota that a call counts against; the default one is `""`.
    pub bucket: &'static str,
}

impl Route {
    const fn new(method: Verb, path: &'static str) -> Self {
        let repeat = match method {
            Verb::Get | Verb::Head => Repeat::Safe,
            Verb::Put | Verb::Delete => Repeat::Idempotent,
            Verb::Post | Verb::Patch => Repeat::Once,
        };
        Self { method, path, repeat, envelope: None, status: 200, base: None, headers: &[], pages: None, bucket: "" }
    }

    /// A route that reads: [`Repeat::Safe`].
    pub const fn get(path: &'static str) -> Self {
        Self::new(Verb::Get, path)
    }

    /// A route that reads status and headers alone: [`Repeat::Safe`]. Its output is a [`Download`](super::Download) whose
    /// body is empty, whatever length the headers tell.
    pub const fn head(path: &'static str) -> Self {
        Self::new(Verb::Head, path)
    }

    /// A route that creates or acts: [`Repeat::Once`].
    pub const fn post(path: &'static str) -> Self {
        Self::new(Verb::Post, path)
    }

    /// A route that replaces: [`Repeat::Idempotent`].
    pub const fn put(path: &'static str) -> Self {
        Self::new(Verb::Put, path)
    }

    /// A route that changes in part: [`Repeat::Once`].
    pub const fn patch(path: &'static str) -> Self {
        Self::new(Verb::Patch, path)
    }

    /// A route that removes: [`Repeat::Idempotent`].
    pub const fn delete(path: &'static str) -> Self {
        Self::new(Verb::Delete, path)
    }

    /// The value is in this member of the answer.
    pub const fn envelope(mut self, member: &'static str) -> Self {
        self.envelope = Some(member);
        self
    }

    /// Success is this status. A client accepts any 2xx; fakes answer, and coverage checks, this one.
    pub const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The path is below another base URL of the provider, set with [`Api::set_base`](super::Api::set_base).
    pub const fn base(mut self, name: &'static str) -> Self {
        self.base = Some(name);
        self
    }

    /// Headers that every such request carries.
    pub const fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    /// The list goes on in this manner.
    pub const fn pages(mut self, pages: Pagination) -> Self {
        self.pages = Some(pages);
        self
    }

    /// Calls count against a quota of their own.
    pub const fn bucket(mut self, name: &'static str) -> Self {
        self.bucket = name;
        self
    }

    /// It changes nothing, whatever its method.
    pub const fn safe(mut self) -> Self {
        self.repeat = Repeat::Safe;
        self
    }

    /// The provider says that twice is the same as once.
    pub const fn idempotent(mut self) -> Self {
        self.repeat = Repeat::Idempotent;
        self
    }

    /// It pays or relaunches: never repeated, whatever its method.
    pub const fn once(mut self) -> Self {
        self.repeat = Repeat::Once;
        self
    }

    /// The path with its parameters filled in, or the name of the parameter that cannot stand there and why.
    pub(crate) fn render(&self, args: &[&dyn fmt::Display]) -> Result<String, (&'static str, String, &'static str)> {
        let mut path = String::with_capacity(self.path.len() + 32);
        let mut rest = self.path;
        for arg in args {
            let Some((before, (name, after))) =
                rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
            else {
                break;
            };
            path.push_str(before);
            let start = path.len();
            let tail = name.ends_with('*');
            // Writing to a string does not fail.
            let _ = write!(Escaping { path: &mut path, tail }, "{arg}");
            let written = &path[start..];
            let refused = if tail { written.split('/').find_map(refusal) } else { refusal(written) };
            if let Some(why) = refused {
                return Err((name, arg.to_string(), why));
            }
            rest = after;
        }
        path.push_str(rest);
        Ok(path)
    }

    /// The arguments of a path that this route describes, decoded.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn matches(&self, path: &str) -> Option<Vec<String>> {
        let mut args = Vec::new();
        let mut rest = path.strip_prefix('/')?.split('/');
        for segment in self.path.split('/').skip(1) {
            match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(tail) if tail.ends_with('*') => {
                    let parts: Option<Vec<_>> = rest.by_ref().map(percent_decode).collect();
                    args.push(Some(parts?.join("/")).filter(|tail| !tail.is_empty())?);
                }
                Some(_) => args.push(percent_decode(rest.next().filter(|part| !part.is_empty())?)?),
                None if rest.next()? == segment => {}
                None => return None,
            }
        }
        rest.next().is_none().then_some(args)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Why a segment cannot stand in a path. Dots are refused and not encoded, since a URL parser reads `%2e%2e` as `..`.
fn refusal(segment: &str) -> Option<&'static str> {
    match segment {
        "" => Some("it is empty"),
        "." | ".." => Some("it would leave the path"),
        _ => None,
    }
}

/// Percent-encodes what is written; a tail keeps its slashes.
struct Escaping<'a> {
    path: &'a mut String,
    tail: bool,
}

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => self.path.push(byte.into()),
                b'/' if self.tail => self.path.push('/'),
                _ => write!(self.path, "%{byte:02X}")?,
            }
        }
        Ok(())
    }
}

#[cfg(any(test, feature = "testing"))]
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Counts the parameters of a path; a malformed path does not compile.
///
/// # Panics
///
/// In a `const`, which is where it belongs: as an error of the compiler.
#[doc(hidden)]
pub const fn parameters(path: &str) -> usize {
    let bytes = path.as_bytes();
    assert!(!bytes.is_empty() && bytes[0] == b'/', "a path begins with a slash");
    let (mut count, mut at) = (0, 1);
    while at < bytes.len() {
        match bytes[at] {
            b'{' => {
                assert!(bytes[at - 1] == b'/', "a parameter is a whole segment");
                let name = at + 1;
                while at < bytes.len() && bytes[at] != b'}' {
                    assert!(bytes[at] != b'/', "a parameter is not closed");
                    at += 1;
                }
                assert!(at < bytes.len(), "a parameter is not closed");
                assert!(at > name, "a parameter has no name");
                let last = at + 1 == bytes.len();
                assert!(last || bytes[at + 1] == b'/', "a parameter is a whole segment");
                assert!(last || bytes[at - 1] != b'*', "a tail is the last segment");
                count += 1;
            }
            b'}' => panic!("a closing brace has no opening one"),
            b'?' | b'#' | b'%' | b' ' => {
                panic!("a path is plain: no query, fragment, escape or space")
            }
            b'/' => assert!(bytes[at - 1] != b'/', "a segment is empty"),
            _ => {}
        }
        at += 1;
    }
    count
}

/// A typed operation: what it takes, what it answers, and how many parameters its path has.
///
/// Written with [`endpoints!`](crate::endpoints); called with [`Api::send`](super::Api::send), served by a fake.
pub struct Endpoint<In, Out, const N: usize> {
    name: &'static str,
    route: Route,
    types: PhantomData<fn(In) -> Out>,
}

impl<In, Out, const N: usize> Endpoint<In, Out, N> {
    /// An operation with its name for reports. A number of parameters that is not the path's does not compile.
    ///
    /// # Panics
    ///
    /// In a `const`, which is where it belongs: as an error of the compiler.
    ///
    /// ```
    /// use howdah_core::http::{Endpoint, Route};
    ///
    /// const REBOOT: Endpoint<(), (), 1> = Endpoint::new("REBOOT", Route::post("/machines/{id}/reboot"));
    /// ```
    ///
    /// ```compile_fail
    /// use howdah_core::http::{Endpoint, Route};
    ///
    /// const REBOOT: Endpoint<(), (), 2> = Endpoint::new("REBOOT", Route::post("/machines/{id}/reboot"));
    /// # let _ = REBOOT;
    /// ```
    pub const fn new(name: &'static str, route: Route) -> Self {
        assert!(parameters(route.path) == N, "the path has another number of parameters");
        Self { name, route, types: PhantomData }
    }

    /// What is known of it besides its types.
    pub const fn route(&self) -> &Route {
        &self.route
    }
}

impl<In, Out, const N: usize> Clone for Endpoint<In, Out, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<In, Out, const N: usize> Copy for Endpoint<In, Out, N> {}

impl<In, Out, const N: usize> fmt::Debug for Endpoint<In, Out, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.name, self.route)
    }
}

/// An operation without its types, as tools see it: they list a crate's operations and hold them against a document.
pub trait Operation: Send + Sync + fmt::Debug {
    /// The constant's name.
    fn name(&self) -> &'static str;

    /// Method, path and the rest.
    fn route(&self) -> &Route;

    /// Reads a request body as this operation's input and writes it again.
    fn round_trip_input(&self, body: &Value) -> Result<Value, String>;

    /// Reads an answer's body as this operation's output and writes it again, envelope included.
    fn round_trip_output(&self, body: &Value) -> Result<Value, String>;
}

impl<In, Out, const N: usize> Operation for Endpoint<In, Out, N>
where
    In: Input + ServedInput,
    Out: Output + ServedOutput,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn route(&self) -> &Route {
        &self.route
    }

    fn round_trip_input(&self, body: &Value) -> Result<Value, String> {
        In::round_trip(body)
    }

    fn round_trip_output(&self, body: &Value) -> Result<Value, String> {
        let mut received = Received::json(body);
        let value = Out::receive(&self.route, &mut received).map_err(|error| error.to_string())?;
        match value.serve(&self.route) {
            Served::Json(value) => Ok(value),
            Served::Bytes(..) => Err("the answer is not JSON".to_owned()),
        }
    }
}

/// Declares the operations of one API group, a line each.
///
/// `NAME: Input => Output = method("/path/{parameter}").option(value);` — the input is the query of a `get` and the JSON
/// body otherwise, unless it is one of the [input kinds](super::kinds). The options are the methods of [`Route`].
/// It also declares `OPERATIONS`, the list of the group for tools.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// use howdah_core::endpoints;
///
/// #[derive(Serialize, Deserialize)]
/// pub struct Zone { name: String }
///
/// endpoints! {
///     LIST:   ()   => Vec<Zone> = get("/zones").envelope("data");
///     CREATE: Zone => Zone      = post("/zones").envelope("data").status(201);
///     DELETE: ()   => ()        = delete("/zones/{zone}").status(204);
/// }
/// assert_eq!(OPERATIONS.len(), 3);
/// assert_eq!(DELETE.route().to_string(), "DELETE /zones/{zone}");
/// ```
///
/// A path that is malformed does not compile, nor does a call with the wrong number of arguments:
///
/// ```compile_fail
/// howdah_core::endpoints! { BROKEN: () => () = get("/zones/{zone"); }
/// ```
///
/// ```
/// # use howdah_core::http::{Api, Call};
/// howdah_core::endpoints! { SHOW: () => String = get("/zones/{zone}/records/{record}"); }
/// fn show(api: &Api) -> Call<String> { api.send(&SHOW, [&"example.com", &7], ()) }
/// ```
///
/// ```compile_fail
/// # use howdah_core::http::{Api, Call};
/// howdah_core::endpoints! { SHOW: () => String = get("/zones/{zone}/records/{record}"); }
/// fn show(api: &Api) -> Call<String> { api.send(&SHOW, [&"example.com"], ()) }
/// ```
#[macro_export]
macro_rules! endpoints {
    ( $(
        $(#[$meta:meta])*
        $name:ident : $in:ty => $out:ty = $method:ident ( $path:literal ) $( . $option:ident ( $($value:tt)* ) )* ;
    )+ ) => {
        $(
            $(#[$meta])*
            #[doc = concat!("`", stringify!($method), " ", $path, "`")]
            pub const $name: $crate::http::Endpoint<$in, $out, { $crate::http::parameters($path) }> =
                $crate::http::Endpoint::new(
                    stringify!($name),
                    $crate::http::Route::$method($path) $( . $option ( $($value)* ) )*,
                );
        )+

        /// Every operation of this group.
        pub const OPERATIONS: &[&dyn $crate::http::Operation] = &[ $( &$name ),+ ];
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Route = Route::get("/file/{bucket}/{name*}");

    #[test]
    fn arguments_are_encoded() {
        let path = FILE.render(&[&"b ü", &"a/b c/..d"]);
        assert_eq!(path.unwrap(), "/file/b%20%C3%BC/a/b%20c/..d");
        assert_eq!(FILE.matches("/file/b%20%C3%BC/a/b%20c").unwrap(), ["b ü", "a/b c"]);
        assert!(FILE.matches("/file/b").is_none());
        assert!(FILE.matches("/file/b/").is_none());
        assert!(FILE.matches("/other/b/c").is_none());
        assert!(Route::get("/a/{b}").matches("/a/").is_none());
        assert!(Route::get("/a/{b}").matches("/a/b/c").is_none());
    }

    #[test]
    fn what_would_leave_the_path_is_refused() {
        for tail in ["", "..", "a/../b", "a//b", "a/", "."] {
            let (name, value, _) = FILE.render(&[&"b", &tail]).unwrap_err();
            assert_eq!((name, value.as_str()), ("name*", tail));
        }
        assert!(FILE.render(&[&"", &"x"]).is_err());
    }

    #[test]
    fn parameters_are_counted() {
        assert_eq!(parameters("/"), 0);
        assert_eq!(parameters("/a/{b}/c/{d*}"), 2);
        for malformed in ["", "a", "/{", "/{}", "/{a}b", "/x{a}", "/a}", "/{a/b}", "/{a*}/b", "/a?b", "//a"] {
            assert!(std::panic::catch_unwind(|| parameters(malformed)).is_err(), "{malformed}");
        }
    }
}
