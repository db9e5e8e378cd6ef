#![allow(clippy::result_large_err)]

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{State as World, domains, invalid, not_found, number};
use crate::email_forwards::{CREATE, DELETE, EmailForward, EmailForwardId, GET, LIST};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    forwards: Vec<EmailForward>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [_, domain], _| {
        let domain = Some(domains::find(world, domain)?.id);
        let forwards = &world.email_forwards.forwards;
        Ok(forwards.iter().filter(|forward| forward.domain_id == domain).cloned().collect())
    })
    .on(&CREATE, |world, [_, domain], new| {
        let domain = domains::find(world, domain)?;
        if new.alias_name.is_empty() {
            return Err(invalid("alias_name", "can't be blank"));
        }
        let alias = format!("{}@{}", new.alias_name, domain.name).to_ascii_lowercase();
        if !is_address(&alias) {
            return Err(invalid("alias_name", "is invalid"));
        }
        if !is_address(&new.destination_email) {
            return Err(invalid("destination_email", "is an invalid email address"));
        }
        let forward = EmailForward {
            domain_id: Some(domain.id),
            id: world.new_id(),
            alias_email: Some(alias),
            destination_email: Some(new.destination_email),
            active: Some(true),
            created_at: Some(world.now()),
            updated_at: Some(world.now()),
        };
        let same = |one: &EmailForward| {
            one.alias_email == forward.alias_email && one.destination_email == forward.destination_email
        };
        if world.email_forwards.forwards.iter().any(same) {
            return Err(invalid("alias_name", "has already been taken"));
        }
        world.email_forwards.forwards.push(forward.clone());
        Ok(forward)
    })
    .on(&GET, |world, [_, domain, forward], ()| {
        let at = find(world, domain, forward)?;
        Ok(world.email_forwards.forwards[at].clone())
    })
    .on(&DELETE, |world, [_, domain, forward], ()| {
        let at = find(world, domain, forward)?;
        world.email_forwards.forwards.remove(at);
        Ok(())
    })
}

fn find(world: &World, domain: &str, forward: &str) -> Result<usize, Answer> {
    let domain = Some(domains::find(world, domain)?.id);
    let id: EmailForwardId = number(forward, "Email forward")?;
    let forwards = &world.email_forwards.forwards;
    forwards
        .iter()
        .position(|one| one.id == id && one.domain_id == domain)
        .ok_or_else(|| not_found("Email forward", forward))
}

fn is_address(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains(|one: char| one.is_whitespace() || one == '@');
    text.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host) && host.contains('.'))
}
