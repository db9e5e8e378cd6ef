use std::collections::BTreeSet;

use howdah_core::{
    http::Endpoint,
    testing::{Answer, Fake},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    FakeDigitalOcean, State as World, catalog, cut, droplets, images, not_found, number, page_of, reserved_ips,
    reserved_ipv6, volumes,
};
use crate::{
    actions::{Action, ActionId, ActionLink, ActionStatus, GET, LIST},
    regions::RegionSlug,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// In the order of their numbers.
    actions: Vec<Held>,
    /// Those that go on, in the order of their ends.
    running: BTreeSet<(Timestamp, ActionId)>,
    /// The types of actions whose next one fails.
    failing: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    action: Action,
    subject: Subject,
    due: Timestamp,
    effect: Effect,
}

/// What an action is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Subject {
    /// Such as `droplet`.
    pub(super) resource_type: String,
    /// A number or a UUID.
    pub(super) id: String,
    pub(super) region: Option<RegionSlug>,
}

/// What happens when an action ends: each group has its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Effect {
    Droplet(droplets::Effect),
    Image(images::Effect),
    ReservedIp(reserved_ips::Effect),
    ReservedIpv6(reserved_ipv6::Effect),
    Volume(volumes::Effect),
}

const LISTED: Endpoint<(), (), 0> = cut(*LIST.route());

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&LISTED, |world, asked, _| {
        let actions: Vec<_> = world.actions.actions.iter().rev().map(|held| &held.action).collect();
        page_of(asked, LISTED.route(), &actions)
    })
    .on(&GET, |world, [action], ()| {
        let index = index_of(world, number(action)?).ok_or_else(not_found)?;
        Ok(world.actions.actions[index].action.clone())
    })
}

fn index_of(world: &World, id: ActionId) -> Option<usize> {
    world.actions.actions.binary_search_by_key(&id, |held| held.action.id).ok()
}

/// Begins an action that ends, with its effect, when that time has passed.
pub(super) fn begin(
    world: &mut World,
    action_type: &str,
    subject: Subject,
    takes: SignedDuration,
    effect: Effect,
) -> Action {
    let action = Action {
        id: world.new_id(),
        status: ActionStatus::InProgress,
        action_type: Some(action_type.to_owned()),
        started_at: Some(world.now()),
        completed_at: None,
        // A UUID is no number, so what has one is not named.
        resource_id: subject.id.parse().ok(),
        resource_type: Some(subject.resource_type.clone()),
        region: subject.region.as_ref().and_then(catalog::region),
        region_slug: subject.region.clone(),
        project_id: None,
    };
    let due = world.now() + takes;
    world.actions.running.insert((due, action.id));
    world.actions.actions.push(Held { action: action.clone(), subject, due, effect });
    action
}

/// The actions on something, the latest first.
pub(super) fn on(world: &World, resource_type: &str, id: &str) -> Vec<Action> {
    let actions = world.actions.actions.iter().rev();
    let about = actions.filter(|held| held.subject.resource_type == resource_type && held.subject.id == id);
    about.map(|held| held.action.clone()).collect()
}

/// One action on something.
pub(super) fn one_on(world: &World, resource_type: &str, id: &str, action: &str) -> Result<Action, Answer> {
    let held = index_of(world, number(action)?).map(|index| &world.actions.actions[index]);
    let about = held.filter(|held| held.subject.resource_type == resource_type && held.subject.id == id);
    about.map(|held| held.action.clone()).ok_or_else(not_found)
}

/// What an answer says of an action that it began.
pub(super) fn link(action: &Action, rel: &str) -> ActionLink {
    let href = format!("{}/v2/actions/{}", crate::PRODUCTION, action.id);
    ActionLink { id: action.id, rel: Some(rel.to_owned()), href: Some(href) }
}

/// Ends what is due, in the order of time.
pub(super) fn pass(world: &mut World) {
    let now = world.now();
    while let Some((due, id)) = world.actions.running.first().copied().filter(|(due, _)| *due <= now) {
        world.actions.running.remove(&(due, id));
        let Some(index) = index_of(world, id) else { continue };
        let held = &mut world.actions.actions[index];
        let fails = world.actions.failing.iter().position(|failing| Some(failing) == held.action.action_type.as_ref());
        held.action.status = if fails.is_some() { ActionStatus::Errored } else { ActionStatus::Completed };
        held.action.completed_at = Some(held.due);
        let (effect, subject, at) = (held.effect.clone(), held.subject.clone(), held.due);
        if let Some(index) = fails {
            world.actions.failing.remove(index);
        }
        let done = fails.is_none();
        match effect {
            Effect::Droplet(effect) => droplets::end(world, &subject, effect, done, at),
            Effect::Image(effect) => images::end(world, &subject, effect, done, at),
            Effect::ReservedIp(effect) => reserved_ips::end(world, &subject, &effect, done, at),
            Effect::ReservedIpv6(effect) => reserved_ipv6::end(world, &subject, &effect, done, at),
            Effect::Volume(effect) => volumes::end(world, &subject, &effect, done, at),
        }
    }
}

impl FakeDigitalOcean {
    /// Makes the next action of a type, such as `snapshot`, that is under way or to come end as `errored`.
    pub fn fail_action(&self, action_type: &str) {
        self.world().state(|world| world.actions.failing.push(action_type.to_owned()));
    }
}
