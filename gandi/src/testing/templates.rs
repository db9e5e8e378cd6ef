#![allow(clippy::result_large_err)]

use std::collections::BTreeMap;

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{FakeGandi, NAME, State as World, invalid, message, not_found, registered};
use crate::templates::{
    APPLY, CREATE, DELETE, DISPATCH, Dispatch, DispatchId, DispatchState, GET, LIST, Template, TemplateId,
    TemplatePayload, UPDATE,
};

/// How long a dispatch waits, and how long it runs then.
const STAGE: SignedDuration = SignedDuration::from_secs(10);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    templates: Vec<Template>,
    dispatches: BTreeMap<String, Work>,
    /// The next dispatch ends like this.
    failing: Option<String>,
}

/// A template that is being applied, as it was then.
#[derive(Debug, Serialize, Deserialize)]
struct Work {
    since: Timestamp,
    failure: Option<String>,
}

impl FakeGandi {
    /// Lets the next template that is applied fail for this reason.
    pub fn fail_dispatch(&self, why: &str) {
        self.world().state(|world| world.templates.failing = Some(why.to_owned()));
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| {
        // The list is shorter about each of them.
        Ok(world.templates.templates.iter().map(|one| Template { payload: None, ..one.clone() }).collect())
    })
    .on(&CREATE, |world, [], new| {
        if new.name.trim().is_empty() {
            return Err(invalid("body", "name", "Required"));
        }
        let payload = checked(new.payload)?;
        let template = Template {
            id: TemplateId::new(world.new_id().to_string()),
            name: Some(new.name),
            description: new.description,
            payload: Some(payload),
        };
        world.templates.templates.push(template);
        Err(message(201, "The template was created"))
    })
    .on(&GET, |world, [id], ()| find(world, id).cloned())
    .on(&UPDATE, |world, [id], change| {
        let payload = change.payload.map(checked).transpose()?;
        let template = find(world, id)?;
        template.name = change.name.or(template.name.take());
        template.description = change.description.or(template.description.take());
        template.payload = payload.or(template.payload.take());
        Err(message(200, "The template was updated"))
    })
    .on(&DELETE, |world, [id], ()| {
        find(world, id)?;
        world.templates.templates.retain(|one| one.id.get() != id);
        Err(Answer::empty(204))
    })
    .on(&APPLY, |world, [id], target| {
        let payload = find(world, id)?.payload.clone().unwrap_or_default();
        if target.object_type != "domain" {
            return Err(invalid("body", "object_type", "is not \"domain\""));
        }
        let (name, _) = registered(world, &target.object_id)?;
        let failure = world.templates.failing.take();
        if let (None, Some(wanted)) = (&failure, payload.name_servers.filter(|wanted| wanted.service == "custom")) {
            let servers = parsed(&wanted.addresses)?;
            let answer = world.registry.delegate(&name, NAME, |delegation| delegation.name_servers = servers);
            answer.map_err(|refusal| invalid("body", "payload", &refusal.to_string()))?;
        }
        let dispatch = world.new_id().to_string();
        world.templates.dispatches.insert(dispatch.clone(), Work { since: world.now, failure });
        let href = format!("https://api.gandi.net/v5/template/dispatch/{dispatch}");
        Err(Answer::json(202, json!({ "message": "The template is being applied", "dispatch_href": href })))
    })
    .on(&DISPATCH, |world, [id], ()| {
        let now = world.now;
        let work = world.templates.dispatches.get(id).ok_or_else(|| not_found("dispatch", id))?;
        let passed = now.duration_since(work.since);
        let state = match &work.failure {
            _ if passed < STAGE => DispatchState::Pending,
            _ if passed < STAGE * 2 => DispatchState::Running,
            Some(_) => DispatchState::Error,
            None => DispatchState::Done,
        };
        let state_message = work.failure.clone().filter(|_| state == DispatchState::Error);
        Ok(Dispatch { id: DispatchId::new(id.to_owned()), state, state_message })
    })
}

fn find<'w>(world: &'w mut World, id: &str) -> Result<&'w mut Template, Answer> {
    let mut templates = world.templates.templates.iter_mut();
    templates.find(|one| one.id.get() == id).ok_or_else(|| not_found("template", id))
}

fn checked(payload: TemplatePayload) -> Result<TemplatePayload, Answer> {
    if let Some(wanted) = &payload.name_servers {
        let is_whole = match wanted.service.as_str() {
            "livedns" => wanted.addresses.is_empty(),
            "custom" => !wanted.addresses.is_empty() && parsed(&wanted.addresses).is_ok(),
            _ => false,
        };
        if !is_whole {
            return Err(invalid("body", "payload", "the name servers are neither Gandi's nor named"));
        }
    }
    Ok(payload)
}

fn parsed(names: &[String]) -> Result<Vec<Name>, Answer> {
    let parsed: Option<_> = names.iter().map(|name| Name::parse(name).ok()).collect();
    parsed.ok_or_else(|| invalid("body", "payload", "a name server has no name"))
}
