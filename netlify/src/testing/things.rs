//! All that the service holds, as it answers it: kinds of things, each with an id.

use std::collections::BTreeMap;

use howdah_core::{
    http::Operation,
    testing::{Answer, Asked, Fake},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{State as World, body, either, not_found};

/// Things by their kind, in the order in which they were made.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Things(BTreeMap<String, Vec<Value>>);

impl Things {
    pub(super) fn all(&self, kind: &str) -> &[Value] {
        self.0.get(kind).map_or(&[], Vec::as_slice)
    }

    /// Those whose member has this value.
    pub(super) fn of(&self, kind: &str, member: &str, value: &str) -> Vec<Value> {
        self.all(kind).iter().filter(|thing| thing[member] == value).cloned().collect()
    }

    pub(super) fn add(&mut self, kind: &str, thing: Value) {
        self.0.entry(kind.to_owned()).or_default().push(thing);
    }

    pub(super) fn get(&self, kind: &str, id: &str) -> Result<&Value, Answer> {
        self.all(kind).iter().find(|thing| is(thing, id)).ok_or_else(not_found)
    }

    pub(super) fn get_mut(&mut self, kind: &str, id: &str) -> Result<&mut Value, Answer> {
        let things = self.0.get_mut(kind).ok_or_else(not_found)?;
        things.iter_mut().find(|thing| is(thing, id)).ok_or_else(not_found)
    }

    pub(super) fn each(&mut self, kind: &str) -> impl Iterator<Item = &mut Value> {
        self.0.get_mut(kind).into_iter().flatten()
    }

    pub(super) fn remove(&mut self, kind: &str, id: &str) -> Result<(), Answer> {
        self.get(kind, id)?;
        self.retain(kind, |thing| !is(thing, id));
        Ok(())
    }

    pub(super) fn retain(&mut self, kind: &str, keep: impl Fn(&Value) -> bool) {
        if let Some(things) = self.0.get_mut(kind) {
            things.retain(keep);
        }
    }
}

fn is(thing: &Value, id: &str) -> bool {
    thing["id"].as_str() == Some(id) || thing["id"].as_u64().is_some_and(|number| number.to_string() == id)
}

/// Writes what a request says over what there is.
pub(super) fn merge(thing: &mut Value, request: &Value) {
    if let (Some(members), Some(new)) = (thing.as_object_mut(), request.as_object()) {
        members.extend(new.iter().map(|(name, value)| (name.clone(), value.clone())));
        members.retain(|_, value| !value.is_null());
    }
}

/// What a query says, as text.
pub(super) fn query(asked: &Asked) -> Map<String, Value> {
    let pairs = url::form_urlencoded::parse(asked.query.as_bytes()).into_owned();
    pairs.map(|(name, value)| (name, Value::from(value))).collect()
}

/// A kind of things that are made, read, changed and removed, and do nothing else.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// What one has beside what the request said: made from the path's arguments and the body.
    pub(super) make: fn(&mut World, &[String], &Value) -> Result<Value, Answer>,
    /// The member that holds the first argument of the path, where things are listed below something.
    pub(super) below: Option<&'static str>,
    pub(super) list: Option<&'static dyn Operation>,
    pub(super) create: Option<&'static dyn Operation>,
    pub(super) get: Option<&'static dyn Operation>,
    pub(super) update: Option<&'static dyn Operation>,
    pub(super) delete: Option<&'static dyn Operation>,
}

impl Kind {
    pub(super) fn serve(self, fake: Fake<World>) -> Fake<World> {
        let Self { name, make, below, .. } = self;
        let mut fake = fake;
        if let Some(list) = self.list {
            let paged = list.route().pages.is_some();
            fake = fake.on_any(list, move |world, asked, args| {
                let of = below.and_then(|member| Some((member, world.resolve(args.first()?))));
                let things = match of {
                    Some((member, value)) => world.things.of(name, member, &value),
                    None => world.things.all(name).to_vec(),
                };
                if paged { super::page_of(asked, &things) } else { Answer::json(200, things) }
            });
        }
        if let Some(create) = self.create {
            let status = create.route().status;
            fake = fake.on_any(create, move |world, asked, args| {
                either((|| {
                    let args: Vec<String> = args.iter().map(|arg| world.resolve(arg)).collect();
                    let request = body(asked)?;
                    let mut thing = make(world, &args, &request)?;
                    merge(&mut thing, &Value::Object(query(asked)));
                    merge(&mut thing, &request);
                    world.things.add(name, thing.clone());
                    Ok(Answer::json(status, thing))
                })())
            });
        }
        if let Some(get) = self.get {
            fake = fake.on_any(get, move |world, _, args| {
                either(world.things.get(name, last(args)).map(|thing| Answer::json(200, thing)))
            });
        }
        if let Some(update) = self.update {
            let status = update.route().status;
            fake = fake.on_any(update, move |world, asked, args| {
                either((|| {
                    let (now, request) = (world.now(), body(asked)?);
                    let thing = world.things.get_mut(name, last(args))?;
                    merge(thing, &Value::Object(query(asked)));
                    merge(thing, &request);
                    if thing.get("updated_at").is_some() {
                        thing["updated_at"] = now.into();
                    }
                    Ok(if status == 204 { Answer::empty(204) } else { Answer::json(status, &*thing) })
                })())
            });
        }
        if let Some(delete) = self.delete {
            let status = delete.route().status;
            fake = fake.on_any(delete, move |world, _, args| {
                either(world.things.remove(name, last(args)).map(|()| Answer::empty(status)))
            });
        }
        fake
    }
}

fn last(args: &[String]) -> &str {
    args.last().map_or("", String::as_str)
}
