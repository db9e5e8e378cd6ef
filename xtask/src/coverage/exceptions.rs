//! What a crate leaves out or does otherwise than the document on purpose, with the reason: `omitted.toml`, `deviations.toml`
//! and `losses.toml` beside its manifest.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::process::Result;

#[derive(Default)]
pub(super) struct Exceptions {
    omitted: Omitted,
    deviations: Deviations,
    losses: Losses,
}

/// `omitted.toml`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Omitted {
    /// Operations of the document that the crate does not have: all that one reason keeps out.
    operation: Vec<OnRoutes>,
    /// Groups of which the crate has nothing.
    group: Vec<Group>,
    /// Routes of the crate that the document does not have.
    route: Vec<OnRoute>,
    /// Routes whose status of success is not the document's.
    status: Vec<OnRoute>,
    /// Routes that the crate has twice, for two forms of their body.
    twice: Vec<OnRoute>,
    /// Public fields that hold any JSON, as `Struct.field`.
    untyped: Vec<Untyped>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnRoute {
    route: String,
    reason: String,
    #[serde(skip)]
    used: Cell<bool>,
}

/// The operations that are left out for one reason; each must be needed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnRoutes {
    #[serde(rename = "route", deserialize_with = "one_or_several")]
    routes: Vec<String>,
    reason: String,
    #[serde(skip)]
    used: RefCell<BTreeSet<String>>,
}

/// All operations whose path is this or below it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    path: String,
    reason: String,
    #[serde(skip)]
    used: Cell<bool>,
}

impl Group {
    fn holds(&self, route: &str) -> bool {
        let path = route.split_once(' ').map_or(route, |(_, path)| path);
        path.strip_prefix(&self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::One(route) => vec![route],
        Either::Several(routes) => routes,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Untyped {
    field: String,
    reason: String,
    #[serde(skip)]
    used: Cell<bool>,
}

/// `deviations.toml`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Deviations {
    deviation: Vec<Deviation>,
}

/// One way in which the provider departs from its document. A route of `*` stands for all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviation {
    route: String,
    /// An answer's status. Without a pointer: the document does not know it.
    status: Option<u16>,
    /// Into the answer, where it departs; `*` stands for one segment.
    pointer: Option<String>,
    /// The same into the request.
    request: Option<String>,
    /// A query parameter that the document does not know, or knows otherwise.
    query: Option<String>,
    /// The same of a header: of the answer where there is a status, of the request otherwise.
    header: Option<String>,
    fact: String,
    #[serde(skip)]
    used: Cell<bool>,
}

/// `losses.toml`
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Losses {
    loss: Vec<Loss>,
}

/// What of an example does not survive decoding and encoding.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Loss {
    route: String,
    pointer: String,
    reason: String,
    #[serde(skip)]
    used: Cell<bool>,
}

impl Exceptions {
    /// Reads the files there are.
    pub(super) fn read(directory: &Path) -> Result<Self> {
        let text = |file: &str| match fs::read_to_string(directory.join(file)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            read => read.map_err(|error| format!("{}: {error}", directory.join(file).display())),
        };
        Self::parse(&text("omitted.toml")?, &text("deviations.toml")?, &text("losses.toml")?)
    }

    pub(super) fn parse(omitted: &str, deviations: &str, losses: &str) -> Result<Self> {
        let read = Self {
            omitted: parsed("omitted.toml", omitted)?,
            deviations: parsed("deviations.toml", deviations)?,
            losses: parsed("losses.toml", losses)?,
        };
        read.complete().map(|()| read)
    }

    /// Why the crate does not have an operation.
    pub(super) fn omits(&self, route: &str) -> Option<&str> {
        if let Some(entry) = self.omitted.operation.iter().find(|it| it.routes.iter().any(|one| one == route)) {
            entry.used.borrow_mut().insert(route.to_owned());
            return Some(&entry.reason);
        }
        let group = self.omitted.group.iter().find(|it| it.holds(route))?;
        group.used.set(true);
        Some(&group.reason)
    }

    pub(super) fn adds(&self, route: &str) -> bool {
        use_entries(&self.omitted.route, |it| it.route == route)
    }

    pub(super) fn changes_status(&self, route: &str) -> bool {
        use_entries(&self.omitted.status, |it| it.route == route)
    }

    pub(super) fn repeats(&self, route: &str) -> bool {
        use_entries(&self.omitted.twice, |it| it.route == route)
    }

    pub(super) fn leaves_untyped(&self, field: &str) -> bool {
        use_entries(&self.omitted.untyped, |it| it.field == field)
    }

    pub(super) fn allows_status(&self, route: &str, status: u16) -> bool {
        self.allows(route, |it| it.status == Some(status) && it.pointer.is_none() && it.header.is_none())
    }

    pub(super) fn allows_in_answer(&self, route: &str, status: u16, pointer: &str) -> bool {
        self.allows(route, |it| {
            it.status == Some(status) && it.pointer.as_deref().is_some_and(|pattern| covers(pattern, pointer))
        })
    }

    pub(super) fn allows_in_request(&self, route: &str, pointer: &str) -> bool {
        self.allows(route, |it| it.request.as_deref().is_some_and(|pattern| covers(pattern, pointer)))
    }

    pub(super) fn allows_query(&self, route: &str, parameter: &str) -> bool {
        self.allows(route, |it| it.query.as_deref() == Some(parameter))
    }

    pub(super) fn allows_header(&self, route: &str, name: &str) -> bool {
        self.allows(route, |it| it.status.is_none() && it.header.as_deref() == Some(name))
    }

    pub(super) fn allows_answer_header(&self, route: &str, status: u16, name: &str) -> bool {
        self.allows(route, |it| it.status == Some(status) && it.header.as_deref() == Some(name))
    }

    pub(super) fn allows_loss(&self, route: &str, pointer: &str) -> bool {
        use_entries(&self.losses.loss, |it| is_on(&it.route, route) && covers(&it.pointer, pointer))
    }

    /// The entries that no question was answered with.
    pub(super) fn unused(&self) -> Vec<String> {
        let Omitted { operation, group, route, status, twice, untyped } = &self.omitted;
        let mut unused = Vec::new();
        unused.extend(left(group).map(|it| format!("omitted.toml, [[group]] {}", it.path)));
        for it in operation {
            let used = it.used.borrow();
            let idle = it.routes.iter().filter(|route| !used.contains(*route));
            unused.extend(idle.map(|route| format!("omitted.toml, [[operation]] {route}")));
        }
        for (kind, entries) in [("route", route), ("status", status), ("twice", twice)] {
            unused.extend(left(entries).map(|it| format!("omitted.toml, [[{kind}]] {}", it.route)));
        }
        unused.extend(left(untyped).map(|it| format!("omitted.toml, [[untyped]] {}", it.field)));
        unused.extend(left(&self.deviations.deviation).map(Deviation::label));
        unused.extend(left(&self.losses.loss).map(|it| format!("losses.toml, {} {}", it.route, it.pointer)));
        unused
    }

    fn allows(&self, route: &str, applies: impl Fn(&Deviation) -> bool) -> bool {
        use_entries(&self.deviations.deviation, |it| is_on(&it.route, route) && applies(it))
    }

    /// An entry without its reason, or that says two things at once, is no entry.
    fn complete(&self) -> Result {
        let Omitted { operation, group, route, status, twice, untyped } = &self.omitted;
        let on_routes = route.iter().chain(status).chain(twice).map(|it| (&it.route, &it.reason));
        let left_out = operation.iter().flat_map(|it| it.routes.iter().map(|route| (route, &it.reason)));
        let mut reasons = on_routes
            .chain(left_out)
            .chain(group.iter().map(|it| (&it.path, &it.reason)))
            .chain(untyped.iter().map(|it| (&it.field, &it.reason)));
        let silent =
            reasons.find(|(_, reason)| reason.trim().is_empty()).map(|(about, _)| format!("omitted.toml, {about}"));
        let silent = silent
            .or_else(|| self.deviations.deviation.iter().find(|it| it.fact.trim().is_empty()).map(Deviation::label));
        let silent = silent.or_else(|| {
            let loss = self.losses.loss.iter().find(|it| it.reason.trim().is_empty())?;
            Some(format!("losses.toml, {} {}", loss.route, loss.pointer))
        });
        if let Some(entry) = silent {
            return Err(format!("{entry}: the reason is empty"));
        }
        for it in &self.deviations.deviation {
            let of_request = [it.request.is_some(), it.query.is_some(), it.header.is_some() && it.status.is_none()];
            let parts = of_request.iter().filter(|part| **part).count() + usize::from(it.status.is_some());
            let into_answer = [it.pointer.is_some(), it.header.is_some() && it.status.is_some()];
            if parts != 1 || it.pointer.is_some() && it.status.is_none() || into_answer == [true, true] {
                return Err(format!(
                    "{}: say one of `status` (alone, or with `pointer` or `header`), `request`, `query` and `header`",
                    it.label()
                ));
            }
        }
        Ok(())
    }
}

impl Deviation {
    fn label(&self) -> String {
        let mut label = format!("deviations.toml, {}", self.route);
        label.extend(self.status.map(|status| format!(" {status}")));
        label.extend(self.pointer.iter().map(|pointer| format!(" {pointer}")));
        label.extend(self.request.iter().map(|pointer| format!(" request {pointer}")));
        label.extend(self.query.iter().map(|name| format!(" ?{name}")));
        label.extend(self.header.iter().map(|name| format!(" {name}:")));
        label
    }
}

trait Entry {
    fn used(&self) -> &Cell<bool>;
}

macro_rules! entries {
    ($($entry:ty),+) => {
        $(impl Entry for $entry {
            fn used(&self) -> &Cell<bool> {
                &self.used
            }
        })+
    };
}

entries!(Group, OnRoute, Untyped, Deviation, Loss);

/// Does an entry apply? Every one that does is marked as needed.
fn use_entries<T: Entry>(entries: &[T], applies: impl Fn(&T) -> bool) -> bool {
    entries.iter().filter(|entry| applies(entry)).map(|entry| entry.used().set(true)).count() > 0
}

fn left<T: Entry>(entries: &[T]) -> impl Iterator<Item = &T> {
    entries.iter().filter(|entry| !entry.used().get())
}

fn is_on(pattern: &str, route: &str) -> bool {
    pattern == "*" || pattern == route
}

fn covers(pattern: &str, pointer: &str) -> bool {
    let (pattern, pointer) = (pattern.split('/'), pointer.split('/'));
    pattern.clone().count() == pointer.clone().count()
        && pattern.zip(pointer).all(|(pattern, segment)| pattern == "*" || pattern == segment)
}

fn parsed<T: DeserializeOwned>(file: &str, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| format!("{file}: {error}"))
}
