use std::collections::BTreeMap;

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};

use super::{State as World, error, invalid, livedns, message, not_found, registered};
use crate::web_redirections::{
    CREATE, DELETE, GET, LIST, RedirectionProtocol, RedirectionType, UPDATE, WebRedirection,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By domain and host.
    domains: BTreeMap<Name, BTreeMap<Name, WebRedirection>>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [domain], ()| Ok(of(world, domain)?.1.values().cloned().collect()))
        .on(&CREATE, |world, [domain], new| {
            let now = Some(world.now);
            let (name, held) = of(world, domain)?;
            let host = Name::parse(&new.host).ok().filter(|host| host.is_within(&name));
            let host = host.ok_or_else(|| invalid("body", "host", "is not a name of the domain"))?;
            check(Some(&new.url), Some(&new.protocol), Some(&new.redirection_type))?;
            if held.contains_key(&host) {
                return Err(error(409, "webredir", "Conflict", "A redirection of this host exists already"));
            }
            livedns::records::redirect(world, &name, &host, new.override_records)?;
            let redirection = WebRedirection {
                host: new.host.to_ascii_lowercase(),
                redirection_type: Some(new.redirection_type),
                url: Some(new.url),
                protocol: Some(new.protocol),
                cert_status: None,
                cert_uuid: None,
                created_at: now,
                updated_at: now,
            };
            of(world, domain)?.1.insert(host, redirection);
            Err(message(201, "The redirection was created"))
        })
        .on(&GET, |world, [domain, host], ()| find(world, domain, host).cloned())
        .on(&UPDATE, |world, [domain, host], change| {
            let now = world.now;
            find(world, domain, host)?;
            check(change.url.as_deref(), change.protocol.as_ref(), change.redirection_type.as_ref())?;
            let (zone, _) = registered(world, domain)?;
            let name = Name::parse(host).map_err(|_| not_found("webredir", host))?;
            livedns::records::redirect(world, &zone, &name, change.override_records.unwrap_or(false))?;
            let held = find(world, domain, host)?;
            held.url = change.url.or(held.url.take());
            held.protocol = change.protocol.or(held.protocol.take());
            held.redirection_type = change.redirection_type.or(held.redirection_type.take());
            held.updated_at = Some(now);
            Err(message(200, "The redirection was updated"))
        })
        .on(&DELETE, |world, [domain, host], ()| {
            find(world, domain, host)?;
            let (_, held) = of(world, domain)?;
            held.retain(|name, _| Name::parse(host).as_ref() != Ok(name));
            Err(message(200, "The redirection was deleted"))
        })
}

type Redirections = BTreeMap<Name, WebRedirection>;

fn of<'w>(world: &'w mut World, domain: &str) -> Result<(Name, &'w mut Redirections), Answer> {
    let (name, _) = registered(world, domain)?;
    Ok((name.clone(), world.web_redirections.domains.entry(name).or_default()))
}

fn find<'w>(world: &'w mut World, domain: &str, host: &str) -> Result<&'w mut WebRedirection, Answer> {
    let (_, held) = of(world, domain)?;
    let name = Name::parse(host).ok();
    name.and_then(|name| held.get_mut(&name)).ok_or_else(|| not_found("webredir", host))
}

fn check(
    url: Option<&str>,
    protocol: Option<&RedirectionProtocol>,
    redirection_type: Option<&RedirectionType>,
) -> Result<(), Answer> {
    if url.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(invalid("body", "url", "is not a URL of the web"));
    }
    if matches!(protocol, Some(RedirectionProtocol::Other(_))) {
        return Err(invalid("body", "protocol", "is not one of http, https, httpsonly"));
    }
    if matches!(redirection_type, Some(RedirectionType::Other(_))) {
        return Err(invalid("body", "type", "is not one of cloak, http301, http302"));
    }
    Ok(())
}
