use std::collections::BTreeSet;

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{FakeDnSimple, State as World, invalid, not_found, refused, registrar, zones};
use crate::domains::{Availability, CREATE, DELETE, Domain, DomainResearch, DomainState, GET, LIST, RESEARCH};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) domains: Vec<Domain>,
    /// Domains that others hold: creating one asks for a proof of ownership.
    pub(super) others: BTreeSet<String>,
}

impl FakeDnSimple {
    /// Lets others hold a domain: it cannot be registered, and hosting it asks for a proof of ownership (406).
    pub fn hold_elsewhere(&self, domain: &str) {
        self.world().state(|world| world.domains.others.insert(domain.to_owned()));
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [_], filter| {
        let wanted = |domain: &&Domain| {
            filter.name_like.as_ref().is_none_or(|part| domain.name.contains(part))
                && filter.registrant_id.is_none_or(|registrant| domain.registrant_id == Some(registrant))
        };
        let mut domains: Vec<_> = world.domains.domains.iter().filter(wanted).cloned().collect();
        domains.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(domains)
    })
    .on(&CREATE, |world, [_], domain| create(world, &domain.name))
    .on(&GET, |world, [_, domain], ()| find(world, domain).cloned())
    .on(&DELETE, |world, [_, domain], ()| {
        let name = find(world, domain)?.name.clone();
        world.domains.domains.retain(|domain| domain.name != name);
        world.zones.remove(&name);
        Ok(())
    })
    .on(&RESEARCH, |world, [_], query| {
        let research = |availability, errors: Vec<String>| DomainResearch {
            request_id: Some("25dd77cb-2f71-48b9-b6be-1dacd2881418".to_owned()),
            domain: query.domain.clone(),
            availability,
            errors,
        };
        if Name::parse(&query.domain).is_err() || !query.domain.contains('.') {
            let unknown = research(Availability::Unknown, vec!["Invalid domain name".to_owned()]);
            return Err(Answer::json(400, json!({ "data": unknown })));
        }
        let taken = find(world, &query.domain).is_ok() || registrar::is_elsewhere(world, &query.domain);
        Ok(research(if taken { Availability::Unavailable } else { Availability::Available }, Vec::new()))
    })
}

/// Adds a domain and its zone.
pub(super) fn create(world: &mut World, name: &str) -> Result<Domain, Answer> {
    if world.domains.others.contains(name) {
        let message = "The domain is in use elsewhere. Delegate it to ns1.dnsimple-edge.com and \
                       ns2.dnsimple-edge.net within 48 hours to show that it is yours.";
        return Err(refused(406, message));
    }
    let domain = add(world, name, DomainState::Hosted)?;
    zones::create(world, &domain.name, false);
    Ok(domain)
}

/// Adds a domain without a zone.
pub(super) fn add(world: &mut World, name: &str, state: DomainState) -> Result<Domain, Answer> {
    let Some(name) = Name::parse(name).ok().filter(|_| name.contains('.') && !name.ends_with('.')) else {
        return Err(invalid("name", "is an invalid domain"));
    };
    let ascii = name.to_fqdn_without_dot();
    if find(world, &ascii).is_ok() {
        return Err(invalid("name", "has already been taken"));
    }
    let domain = Domain {
        id: world.new_id(),
        account_id: Some(world.account.id),
        registrant_id: None,
        unicode_name: Some(name.to_unicode().trim_end_matches('.').to_owned()),
        name: ascii,
        state,
        auto_renew: Some(false),
        private_whois: Some(false),
        trustee: Some(false),
        expires_on: None,
        expires_at: None,
        created_at: Some(world.now()),
        updated_at: Some(world.now()),
    };
    world.domains.domains.push(domain.clone());
    Ok(domain)
}

/// A domain by its name or its number.
pub(super) fn find<'w>(world: &'w World, domain: &str) -> Result<&'w Domain, Answer> {
    let number = domain.parse::<u64>().ok();
    let is_it = |one: &&Domain| one.name.eq_ignore_ascii_case(domain) || number == Some(*one.id.get());
    world.domains.domains.iter().find(is_it).ok_or_else(|| not_found("Domain", domain))
}

/// The same, to change it.
pub(super) fn find_mut<'w>(world: &'w mut World, domain: &str) -> Result<&'w mut Domain, Answer> {
    let id = find(world, domain)?.id;
    world.domains.domains.iter_mut().find(|one| one.id == id).ok_or_else(|| not_found("Domain", domain))
}
