use std::mem;

use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{State as World, contacts, domains, invalid, not_found, number, refused, registrar, tlds};
use crate::{
    contacts::ContactId,
    domains::{Domain, DomainState},
    registrant_changes::{
        CHECK, CREATE, DELETE, GET, LIST, NewRegistrantChange, Reference, RegistrantChange, RegistrantChangeCheck,
        RegistrantChangeId, RegistrantChangeState,
    },
    tlds::Tld,
};

/// When the registry begins, and when it is done, where it takes its time.
const BEGINS: SignedDuration = SignedDuration::from_mins(1);
const ENDS: SignedDuration = SignedDuration::from_hours(24);
const CANCELLING: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    changes: Vec<RegistrantChange>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [_], filter| {
        let wanted = |change: &&RegistrantChange| {
            filter.state.as_ref().is_none_or(|state| change.state == *state)
                && filter.domain_id.is_none_or(|id| change.domain_id == Some(id))
                && filter.contact_id.is_none_or(|id| change.contact_id == Some(id))
        };
        let changes = world.registrant_changes.changes.iter().filter(wanted);
        Ok(changes.cloned().collect())
    })
    .on(&CREATE, |world, [_], new| create(world, &new))
    .on(&CHECK, |world, [_], query| {
        let asked = asked(world, &query.domain_id, &query.contact_id)?;
        Ok(RegistrantChangeCheck {
            contact_id: Some(asked.contact),
            domain_id: Some(asked.domain.id),
            extended_attributes: Some(tlds::extended_attributes(&asked.tld)),
            registry_owner_change: Some(asked.owner_change),
        })
    })
    .on(&GET, |world, [_, id], ()| find(world, id).cloned())
    .on(&DELETE, |world, [_, id], ()| {
        let now = world.now();
        let change = find(world, id)?;
        match change.state {
            RegistrantChangeState::New => {
                (change.state, change.updated_at) = (RegistrantChangeState::Cancelled, Some(now));
                Err(Answer::empty(204))
            }
            RegistrantChangeState::Pending => {
                (change.state, change.updated_at) = (RegistrantChangeState::Cancelling, Some(now));
                Err(Answer::json(202, json!({ "data": change })))
            }
            RegistrantChangeState::Cancelling => Err(Answer::json(202, json!({ "data": change }))),
            _ => Err(refused(400, "The registrant change has ended and cannot be cancelled")),
        }
    })
}

/// The parts of a change that was asked for or about.
struct Asked {
    domain: Domain,
    contact: ContactId,
    tld: Tld,
    /// The registries of countries take their time.
    owner_change: bool,
}

fn asked(world: &World, domain: &Reference, contact: &Reference) -> Result<Asked, Answer> {
    let domain = domains::find(world, &text(domain))?.clone();
    if domain.state != DomainState::Registered {
        return Err(invalid("domain_id", "is not registered here"));
    }
    let contact_text = text(contact);
    let contact = number(&contact_text, "Contact")?;
    if !contacts::exists(world, contact) {
        return Err(not_found("Contact", contact_text));
    }
    let tld = tlds::find(domain.name.rsplit('.').next().unwrap_or_default())?;
    Ok(Asked { domain, contact, owner_change: tld.tld_type == Some(2), tld })
}

fn text(reference: &Reference) -> String {
    match reference {
        Reference::Number(number) => number.to_string(),
        Reference::Name(name) => name.clone(),
    }
}

fn create(world: &mut World, new: &NewRegistrantChange) -> Result<RegistrantChange, Answer> {
    let asked = asked(world, &new.domain_id, &new.contact_id)?;
    registrar::check_extended(&asked.tld, new.extended_attributes.as_ref())?;
    let going_on = world.registrant_changes.changes.iter().any(|change| {
        change.domain_id == Some(asked.domain.id)
            && !matches!(change.state, RegistrantChangeState::Completed | RegistrantChangeState::Cancelled)
    });
    if going_on {
        return Err(invalid("domain_id", "has a registrant change going on"));
    }
    let now = world.now();
    // Generic TLDs lock the domain against transfers after a change.
    let lifted = now.to_zoned(TimeZone::UTC).date().saturating_add(60.days());
    let change = RegistrantChange {
        id: world.new_id(),
        account_id: Some(world.account.id),
        contact_id: Some(asked.contact),
        domain_id: Some(asked.domain.id),
        state: if asked.owner_change { RegistrantChangeState::New } else { RegistrantChangeState::Completed },
        extended_attributes: Some(new.extended_attributes.clone().unwrap_or_default()),
        registry_owner_change: Some(asked.owner_change),
        irt_lock_lifted_by: (!asked.owner_change).then_some(lifted),
        created_at: Some(now),
        updated_at: Some(now),
    };
    world.registrant_changes.changes.push(change.clone());
    if asked.owner_change {
        return Err(Answer::json(202, json!({ "data": change })));
    }
    domains::find_mut(world, &asked.domain.name)?.registrant_id = Some(asked.contact);
    Ok(change)
}

fn find<'w>(world: &'w mut World, id: &str) -> Result<&'w mut RegistrantChange, Answer> {
    let wanted: RegistrantChangeId = number(id, "Registrant change")?;
    let mut changes = world.registrant_changes.changes.iter_mut();
    changes.find(|change| change.id == wanted).ok_or_else(|| not_found("Registrant change", id))
}

/// What completes by itself.
pub(super) fn pass(world: &mut World) {
    let now = world.now();
    let mut changes = mem::take(&mut world.registrant_changes.changes);
    for change in &mut changes {
        let (Some(created_at), Some(updated_at)) = (change.created_at, change.updated_at) else {
            continue;
        };
        let (state, at) = match change.state {
            RegistrantChangeState::New | RegistrantChangeState::Pending if created_at + ENDS <= now => {
                let domain = change.domain_id.map(|id| id.to_string()).unwrap_or_default();
                if let Ok(domain) = domains::find_mut(world, &domain) {
                    domain.registrant_id = change.contact_id;
                }
                (RegistrantChangeState::Completed, created_at + ENDS)
            }
            RegistrantChangeState::New if created_at + BEGINS <= now => {
                (RegistrantChangeState::Pending, created_at + BEGINS)
            }
            RegistrantChangeState::Cancelling if updated_at + CANCELLING <= now => {
                (RegistrantChangeState::Cancelled, updated_at + CANCELLING)
            }
            _ => continue,
        };
        (change.state, change.updated_at) = (state, Some(at));
    }
    world.registrant_changes.changes = changes;
}
