use std::collections::BTreeMap;

use howdah_core::{dns::Name, testing::Fake};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{FakeGandi, State as World, contacts, error, invalid, message, not_found, registered, tried};
use crate::{
    change_owner::{CHECK_START, GET, NewOwner, OwnerChange, OwnerChangeParams, RESEND_FOA, START},
    contacts::NewContact,
    transfers::{Foa, Step},
};

/// How long the registry takes when both owners have agreed.
const REGISTRY: SignedDuration = SignedDuration::from_mins(10);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    changes: BTreeMap<Name, Held>,
    /// What both owners answer as soon as they are asked.
    answer: Option<bool>,
    reminders: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    change: OwnerChange,
    owner: NewContact,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&START, |world, [domain], NewOwner { owner }| {
        let name = check(world, domain, &owner)?;
        let old = contacts::of(world, &name).owner.and_then(|owner| owner.email);
        let foa = |email: &Option<String>| Foa { email: email.clone(), answer: None };
        let new = Some(owner.email.clone());
        let change = OwnerChange {
            created_at: Some(world.now),
            updated_at: Some(world.now),
            date_start: None,
            step: Step::Wait,
            step_nb: Some(1),
            inner_step: Some("foa".to_owned()),
            params: Some(OwnerChangeParams {
                inner_step: Some("foa".to_owned()),
                answer_new_owner: None,
                answer_old_owner: None,
                new_owner_email: new.clone(),
                old_owner_email: old.clone(),
                old_admin_email: old.clone(),
            }),
            errortype: None,
            errortype_label: None,
            foa: vec![foa(&old), foa(&new)],
        };
        world.change_owner.changes.insert(name, Held { change, owner });
        let location = format!("{}/domain/changeowner/{domain}", world.base);
        Err(message(202, "The owner is being changed").with_header("location", location))
    })
    .on(&CHECK_START, |world, [domain], NewOwner { owner }| Err(tried(check(world, domain, &owner))))
    .on(&GET, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        let held = world.change_owner.changes.get(&name);
        held.map(|held| held.change.clone()).ok_or_else(|| not_found("changeowner", domain))
    })
    .on(&RESEND_FOA, |world, [domain], resend| {
        let (name, _) = registered(world, domain)?;
        let state = &mut world.change_owner;
        let held = state.changes.get(&name).ok_or_else(|| not_found("changeowner", domain))?;
        let mut asked = held.change.foa.iter();
        if !asked.any(|foa| foa.answer.is_none() && foa.email.as_ref() == Some(&resend.email)) {
            return Err(invalid("body", "email", "nobody with this address has still to answer"));
        }
        state.reminders.push(resend.email);
        Err(message(200, "The mail was sent again"))
    })
}

/// What completes by itself: the owners answer, and the registry follows.
pub(super) fn pass(world: &mut World) {
    let (now, answer) = (world.now, world.change_owner.answer);
    let mut owners = Vec::new();
    for (domain, Held { change, owner }) in &mut world.change_owner.changes {
        if change.step == Step::Wait && answer.is_some() {
            let said = answer.map(|agreed| agreed.to_string());
            change.foa.iter_mut().for_each(|foa| foa.answer.clone_from(&said));
            if let Some(params) = &mut change.params {
                (params.answer_old_owner, params.answer_new_owner) = (said.clone(), said);
            }
            change.updated_at = Some(now);
            if answer == Some(true) {
                (change.step, change.step_nb, change.inner_step) = (Step::Run, Some(2), None);
            } else {
                change.step = Step::Error;
                change.errortype = Some("foa_refused".to_owned());
                change.errortype_label = Some("An owner did not agree".to_owned());
            }
        }
        let due = change.updated_at.map(|at| at + REGISTRY);
        if change.step == Step::Run && due.is_some_and(|due| due <= now) {
            (change.step, change.step_nb, change.updated_at) = (Step::Done, Some(3), due);
            owners.push((domain.clone(), owner.clone()));
        }
    }
    for (domain, owner) in owners {
        contacts::own(world, &domain, owner);
    }
}

impl FakeGandi {
    /// Has the old and the new owner of every domain agree to a change, or refuse it; nobody answers otherwise.
    pub fn answer_owner_changes(&self, agree: bool) {
        self.world().state(|world| world.change_owner.answer = Some(agree));
    }

    /// Who was asked again to agree to a change of owner, in order.
    pub fn change_of_owner_reminders(&self) -> Vec<String> {
        self.world().state(|world| world.change_owner.reminders.clone())
    }
}

fn check(world: &World, domain: &str, owner: &NewContact) -> Result<Name, howdah_core::testing::Answer> {
    let (name, _) = registered(world, domain)?;
    contacts::check(owner).map_err(|wrong| wrong.below("owner"))?;
    let running =
        world.change_owner.changes.get(&name).is_some_and(|held| matches!(held.change.step, Step::Wait | Step::Run));
    if running {
        return Err(error(409, "domain", "Conflict", "Another operation is running on this domain"));
    }
    Ok(name)
}
