use howdah_core::testing::{Answer, Fake, Hello, Listening};
use serde::{Deserialize, Serialize};

use super::{State as World, certificates, load_balancers, not_found, unprocessable};
use crate::{
    cdn::{CREATE, DELETE, Endpoint, EndpointId, EndpointUpdate, GET, LIST, PURGE, UPDATE},
    certificates::CertificateId,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    endpoints: Vec<Endpoint>,
}

const TTLS: [u32; 5] = [60, 600, 3600, 86_400, 604_800];
const USUAL_TTL: u32 = 3600;
const SPACES: &str = ".digitaloceanspaces.com";

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| Ok(world.cdn.endpoints.clone()))
        .on(&CREATE, |world, [], new| {
            let host = new.origin.strip_suffix(SPACES).and_then(|host| host.split_once('.'));
            let Some((bucket, region)) = host.filter(|(bucket, region)| !bucket.is_empty() && !region.contains('.'))
            else {
                return Err(unprocessable("The origin is not a Space"));
            };
            if world.cdn.endpoints.iter().any(|endpoint| endpoint.origin == new.origin) {
                return Err(unprocessable("A CDN endpoint already exists for this origin"));
            }
            let endpoint = Endpoint {
                id: EndpointId::new(world.new_uuid()),
                endpoint: Some(format!("{bucket}.{region}.cdn{SPACES}")),
                ttl: Some(USUAL_TTL),
                certificate_id: None,
                custom_domain: None,
                created_at: Some(world.now()),
                origin: new.origin,
            };
            let mut update = EndpointUpdate::new();
            (update.ttl, update.certificate_id, update.custom_domain) =
                (new.ttl, new.certificate_id, new.custom_domain);
            let endpoint = changed(world, endpoint, update)?;
            world.cdn.endpoints.push(endpoint.clone());
            Ok(endpoint)
        })
        .on(&GET, |world, [id], ()| find(world, id))
        .on(&UPDATE, |world, [id], update| {
            let old = find(world, id)?;
            let new = changed(world, old.clone(), update)?;
            if let Some(left) = old.certificate_id.filter(|id| new.certificate_id.as_ref() != Some(id)) {
                certificates::released(world, left);
            }
            for endpoint in world.cdn.endpoints.iter_mut().filter(|endpoint| endpoint.id == new.id) {
                endpoint.clone_from(&new);
            }
            Ok(new)
        })
        .on(&DELETE, |world, [id], ()| {
            let endpoint = find(world, id)?;
            if let Some(left) = endpoint.certificate_id {
                certificates::released(world, left);
            }
            world.cdn.endpoints.retain(|one| one.id != endpoint.id);
            Ok(())
        })
        .on(&PURGE, |world, [id], purge| {
            find(world, id)?;
            if purge.files.is_empty() || purge.files.len() > 50 {
                return Err(unprocessable("The list of files is not valid"));
            }
            Ok(())
        })
}

/// An endpoint with what an update says: the pair of name and certificate together, or neither.
fn changed(world: &World, mut endpoint: Endpoint, update: EndpointUpdate) -> Result<Endpoint, Answer> {
    if let Some(ttl) = update.ttl {
        if !TTLS.contains(&ttl) {
            return Err(unprocessable("The TTL is not valid"));
        }
        endpoint.ttl = Some(ttl);
    }
    let is_set = |text: &str| !text.is_empty();
    let (domain, certificate) = match (update.custom_domain, update.certificate_id) {
        (None, None) => return Ok(endpoint),
        (domain, certificate) => {
            (domain.filter(|domain| is_set(domain)), certificate.filter(|certificate| is_set(certificate.get())))
        }
    };
    let (Some(domain), Some(certificate)) = (&domain, &certificate) else {
        if domain.is_some() || certificate.is_some() {
            return Err(unprocessable("A custom domain needs a certificate, and a certificate a custom domain"));
        }
        (endpoint.custom_domain, endpoint.certificate_id) = (None, None);
        return Ok(endpoint);
    };
    let material = certificates::material(world, certificate)
        .ok_or_else(|| unprocessable("The certificate does not exist or is not verified"))?;
    if !material.names.iter().any(|name| covers(name, domain)) {
        return Err(unprocessable("The certificate is not for the custom domain"));
    }
    let wildcard = material.names.iter().any(|name| name.starts_with("*."));
    let elsewhere = load_balancers::uses_certificate(world, certificate)
        || world
            .cdn
            .endpoints
            .iter()
            .any(|one| one.id != endpoint.id && one.certificate_id.as_ref() == Some(certificate));
    if wildcard && elsewhere {
        return Err(unprocessable("A wildcard certificate that is in use cannot be used for a CDN subdomain"));
    }
    (endpoint.custom_domain, endpoint.certificate_id) = (Some(domain.clone()), Some(certificate.clone()));
    Ok(endpoint)
}

/// Is a host one of those that a certificate's name is for?
pub(super) fn covers(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(parent) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => name.eq_ignore_ascii_case(host),
    }
}

/// What an endpoint presents to whoever asks for its own name at its address, or on loopback for that name.
pub(super) fn listening(world: &World, hello: &Hello<'_>) -> Option<Listening> {
    let asked = |name: &Option<String>, by: &str| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(by));
    let name = hello.server_name.filter(|_| hello.port == 443)?;
    let endpoint = world.cdn.endpoints.iter().find(|endpoint| asked(&endpoint.custom_domain, name))?;
    if !asked(&endpoint.endpoint, hello.address) && hello.address != name {
        return None;
    }
    let material = certificates::material(world, endpoint.certificate_id.as_ref()?)?;
    Some(Listening::new(material.chain.as_str(), material.key.as_str()).with_http2(true))
}

fn find(world: &World, id: &str) -> Result<Endpoint, Answer> {
    world.cdn.endpoints.iter().find(|endpoint| endpoint.id.get() == id).cloned().ok_or_else(not_found)
}

pub(super) fn uses_certificate(world: &World, id: &CertificateId) -> bool {
    world.cdn.endpoints.iter().any(|endpoint| endpoint.certificate_id.as_ref() == Some(id))
}
