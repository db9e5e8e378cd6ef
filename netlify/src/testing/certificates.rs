use std::collections::BTreeMap;

use howdah_core::{
    Secret,
    certificate::CertBundle,
    secret,
    testing::{Answer, Asked, Fake, Hello, Listening},
};
use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    State as World, body, deploys, either, not_found, refused,
    sites::{self, domains},
    things::query,
    unprocessable,
};
use crate::ssl::{GET, LIST, PROVISION};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// By site.
    held: BTreeMap<String, Held>,
    authority: Authority,
}

/// Who stands for Let's Encrypt.
#[derive(Debug, Serialize, Deserialize)]
struct Authority {
    pem: String,
    #[serde(serialize_with = "secret::expose")]
    key: Secret,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    state: String,
    domains: Vec<String>,
    chain: String,
    #[serde(serialize_with = "secret::expose")]
    key: Secret,
    created: String,
    expires: Timestamp,
    /// When it is issued.
    until: Option<Timestamp>,
}

impl State {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().expect("keys can be made");
        let pem = issuing().self_signed(&key).expect("the authority can sign itself").pem();
        Self { held: BTreeMap::new(), authority: Authority { pem, key: key.serialize_pem().into() } }
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority.pem
    }

    pub(super) fn forget(&mut self, site: &str) {
        self.held.remove(site);
    }
}

fn issuing() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Fake authority of a CDN");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// A certificate for these names, its chain and its key, in PEM; valid for a year from now.
///
/// # Panics
///
/// When a name cannot stand in a certificate.
pub fn certificate_for(names: &[&str]) -> (String, String, String) {
    let (root, intermediate) =
        (KeyPair::generate().expect("keys can be made"), KeyPair::generate().expect("keys can be made"));
    let mut above = issuing();
    above.distinguished_name.push(DnType::OrganizationName, "Root");
    let chain = issuing().signed_by(&intermediate, &Issuer::new(above, root)).expect("it can be signed").pem();
    let now = Timestamp::now();
    let (leaf, key) = issue(names, intermediate, now, now + SignedDuration::from_hours(365 * 24));
    (leaf, chain, key)
}

fn issue(names: &[&str], authority: KeyPair, from: Timestamp, until: Timestamp) -> (String, String) {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let key = KeyPair::generate().expect("keys can be made");
    let mut params = CertificateParams::new(names).expect("the names are ASCII");
    params.not_before = std::time::SystemTime::from(from - SignedDuration::from_hours(1)).into();
    params.not_after = std::time::SystemTime::from(until).into();
    let leaf = params.signed_by(&key, &Issuer::new(issuing(), authority)).expect("the certificate can be signed");
    (leaf.pem(), key.serialize_pem())
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&PROVISION, |world, asked, args| either(provision(world, asked, &args[0])))
        .on_any(&GET, |world, _, args| {
            either((|| {
                let site = sites::id(&world.site(&args[0])?);
                world.certificates.held.get(&site).map(|held| Answer::json(200, shown(held))).ok_or_else(not_found)
            })())
        })
        .on_any(&LIST, |world, asked, args| {
            either((|| {
                let site = world.site(&args[0])?;
                let domain = asked.parameter("domain").ok_or_else(|| unprocessable("domain is missing"))?;
                if !domains(&site).contains(&domain) {
                    return Err(refused(404, "Not Found"));
                }
                let held = world.certificates.held.get(&sites::id(&site));
                let held: Vec<_> = held.into_iter().map(shown).collect();
                Ok(Answer::json(200, held))
            })())
        })
}

/// A certificate of Let's Encrypt, or the one that is brought: in the body, or in the query as some clients do it.
fn provision(world: &mut World, asked: &Asked, site: &str) -> Result<Answer, Answer> {
    let site = world.site(site)?;
    let id = sites::id(&site);
    let mut request = body(asked)?;
    if request == json!({}) {
        request = Value::Object(query(asked));
    }
    let own: Vec<String> = domains(&site).into_iter().filter(|domain| !domain.ends_with(".netlify.app")).collect();
    let created = world.now();
    let held = if request == json!({}) {
        if own.is_empty() {
            return Err(unprocessable("the site has no custom domain"));
        }
        let names: Vec<&str> = own.iter().map(String::as_str).collect();
        let authority = KeyPair::from_pem(world.certificates.authority.key.expose()).expect("a key is a key");
        let expires = world.in_seconds(90 * 86_400);
        let (leaf, key) = issue(&names, authority, world.now, expires);
        let chain = format!("{leaf}{}", world.certificates.authority.pem);
        let until = Some(world.in_seconds(5));
        Held { state: "pending".into(), domains: own, chain, key: key.into(), created, expires, until }
    } else {
        let text = |member: &str| request[member].as_str().unwrap_or_default();
        let (leaf, key, chain) = (text("certificate"), text("key"), text("ca_certificates"));
        let bundle = CertBundle::read([leaf, chain, key], world.now)
            .map_err(|problem| unprocessable(&format!("the certificate is not valid: {problem}")))?;
        if !own.iter().any(|domain| bundle.covers(domain)) {
            return Err(unprocessable("the certificate is for none of the site's domains"));
        }
        Held {
            state: "custom".into(),
            domains: bundle.names().into_iter().map(str::to_owned).collect(),
            chain: bundle.full_chain_pem(),
            key: bundle.key_pem().clone(),
            created,
            expires: bundle.not_after(),
            until: None,
        }
    };
    let answer = Answer::json(200, shown(&held));
    // What is asked for does not take away what is there before it is issued.
    let is_replaced_later = held.until.is_some() && world.certificates.held.contains_key(&id);
    if !is_replaced_later {
        world.certificates.held.insert(id.clone(), held);
        world.things.get_mut("site", &id)?["ssl"] = true.into();
    }
    Ok(answer)
}

fn shown(held: &Held) -> Value {
    json!({
        "state": held.state,
        "domains": held.domains,
        "created_at": held.created,
        "updated_at": held.created,
        "expires_at": held.expires.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
    })
}

pub(super) fn pass(world: &mut World) {
    let now = world.now;
    for held in world.certificates.held.values_mut() {
        if held.until.is_some_and(|until| until <= now) {
            held.until = None;
            held.state = "issued".into();
        }
    }
}

/// What is presented to whoever asks for a domain of a site.
pub(super) fn listening(world: &World, hello: &Hello<'_>) -> Option<Listening> {
    let name = hello.server_name.filter(|_| hello.port == 443)?.to_ascii_lowercase();
    let site = world.site(&name).ok()?;
    if hello.address != name && !hello.address.ends_with(".netlify.app") {
        return None;
    }
    let status = if deploys::serves(world, &site) { 200 } else { 404 };
    let held = world.certificates.held.get(&sites::id(&site)).filter(|held| held.until.is_none())?;
    Some(Listening::new(held.chain.as_str(), held.key.expose()).with_http2(true).with_status(status))
}
