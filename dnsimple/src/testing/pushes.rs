#![allow(clippy::expect_used, clippy::result_large_err)]

use howdah_core::{
    Id,
    testing::{Answer, Fake},
};
use jiff::{SignedDuration, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{FakeDnSimple, State as World, contacts, domains, invalid, not_found, number, refused, zones};
use crate::{
    domains::{DomainId, DomainState},
    identity::AccountId,
    pushes::{ACCEPT, INITIATE, LIST, Push, PushId, REJECT},
};

/// Every other account is this one.
const ELSEWHERE: AccountId = Id::new(2020);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// Domains of this account that another one has to answer for.
    given: Vec<Push>,
    /// Domains of another account, by name, that this one has to answer for.
    offered: Vec<(String, Push)>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&INITIATE, |world, [_, domain], new| {
        let domain = domains::find(world, domain)?.id;
        let set = |text: Option<String>| text.filter(|text| !text.is_empty());
        if set(new.new_account_identifier).is_none() {
            match set(new.new_account_email) {
                None => return Err(invalid("new_account_identifier", "can't be blank")),
                Some(own) if own.eq_ignore_ascii_case(&world.account.email) => {
                    return Err(invalid("new_account_email", "is this account's own"));
                }
                Some(_) => {}
            }
        }
        let given = &world.pushes.given;
        if given.iter().any(|push| push.domain_id == Some(domain)) {
            return Err(refused(400, "The domain is being pushed already"));
        }
        let push = begin(world, domain, ELSEWHERE);
        world.pushes.given.push(push.clone());
        Ok(push)
    })
    .on(&LIST, |world, [_], ()| {
        let offered = world.pushes.offered.iter();
        Ok(offered.map(|(_, push)| push.clone()).collect())
    })
    .on(&ACCEPT, |world, [_, push], acceptance| {
        let at = find(world, push)?;
        if !contacts::exists(world, acceptance.contact_id) {
            return Err(invalid("contact_id", "is not a contact of this account"));
        }
        let (name, push) = world.pushes.offered[at].clone();
        domains::add(world, &name, DomainState::Registered)?;
        zones::create(world, &name, false);
        let expires_at = world.now() + SignedDuration::from_hours(24 * 365);
        let domain = domains::find_mut(world, &name)?;
        domain.id = push.domain_id.unwrap_or(domain.id);
        domain.registrant_id = Some(acceptance.contact_id);
        domain.expires_at = Some(expires_at);
        domain.expires_on = Some(expires_at.to_zoned(TimeZone::UTC).date());
        world.pushes.offered.remove(at);
        Ok(())
    })
    .on(&REJECT, |world, [_, push], ()| {
        let at = find(world, push)?;
        world.pushes.offered.remove(at);
        Ok(())
    })
}

impl FakeDnSimple {
    /// Lets another account push a domain of its own to this one.
    pub fn offer_push(&self, domain: &str) -> PushId {
        self.world().state(|world| {
            let (id, to) = (world.new_id(), world.account.id);
            let push = begin(world, id, to);
            world.pushes.offered.push((domain.to_owned(), push.clone()));
            push.id
        })
    }

    /// Lets the other account answer a push of this one: what it accepts leaves with its zone.
    ///
    /// # Panics
    ///
    /// When there is no such push, or it was answered.
    pub fn answer_push(&self, push: PushId, accept: bool) {
        self.world().state(|world| {
            let given = &mut world.pushes.given;
            let at = given.iter().position(|one| one.id == push);
            let push = given.remove(at.expect("the push is this account's and open"));
            let gone = |world: &World| {
                let domains = &mut world.domains.domains.iter();
                let domain = domains.find(|domain| Some(domain.id) == push.domain_id)?;
                Some(domain.name.clone())
            };
            if let Some(name) = gone(world).filter(|_| accept) {
                world.domains.domains.retain(|domain| domain.name != name);
                world.zones.remove(&name);
            }
        });
    }
}

fn begin(world: &mut World, domain: DomainId, to: AccountId) -> Push {
    Push {
        id: world.new_id(),
        domain_id: Some(domain),
        contact_id: None,
        account_id: Some(to),
        created_at: Some(world.now()),
        updated_at: Some(world.now()),
        accepted_at: None,
    }
}

fn find(world: &World, push: &str) -> Result<usize, Answer> {
    let id: PushId = number(push, "Push")?;
    let offered = &world.pushes.offered;
    offered.iter().position(|(_, one)| one.id == id).ok_or_else(|| not_found("Push", push))
}
