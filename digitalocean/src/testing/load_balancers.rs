use std::collections::{BTreeMap, BTreeSet};

use howdah_core::testing::{Answer, Fake, Hello, Listening};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{FakeDigitalOcean, State as World, catalog, cdn, certificates, droplets, not_found, unprocessable, vpcs};
use crate::{
    certificates::CertificateId,
    droplets::{DropletId, DropletStatus},
    load_balancers::{
        ADD_DROPLETS, ADD_RULES, Algorithm, CREATE, DELETE, EntryProtocol, ForwardingRule, GET, HealthCheck,
        HealthCheckProtocol, LIST, LoadBalancer, LoadBalancerId, LoadBalancerSize, LoadBalancerStatus,
        LoadBalancerType, Network, NetworkStack, NewLoadBalancer, PURGE_CACHE, REMOVE_DROPLETS, REMOVE_RULES,
        StickySessionType, StickySessions, TlsCipherPolicy, UPDATE,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    balancers: BTreeMap<LoadBalancerId, Held>,
    /// Droplets that do not answer health checks.
    ailing: BTreeSet<DropletId>,
    /// Since when Droplets do again.
    recovered: BTreeMap<DropletId, Timestamp>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    balancer: LoadBalancer,
    /// When it works.
    due: Option<Timestamp>,
    resized_at: Timestamp,
    /// Since when each Droplet is behind it.
    members: BTreeMap<DropletId, Timestamp>,
}

const STARTING: SignedDuration = SignedDuration::from_secs(60);
const BETWEEN_SIZES: SignedDuration = SignedDuration::from_hours(1);
const MOST_BY_NUMBER: usize = 10;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| {
        let ids: Vec<_> = world.load_balancers.balancers.keys().cloned().collect();
        ids.iter().map(|id| shown(world, id.get())).collect()
    })
    .on(&CREATE, |world, [], new| {
        let id = LoadBalancerId::new(world.new_uuid());
        let balancer = made(world, id.clone(), new, Map::new())?;
        let now = world.now();
        let held = Held { balancer, due: Some(now + STARTING), resized_at: now, members: BTreeMap::new() };
        world.load_balancers.balancers.insert(id.clone(), held);
        shown(world, id.get())
    })
    .on(&GET, |world, [id], ()| shown(world, id))
    .on(&UPDATE, |world, [id], update| {
        let old = held(world, id)?.clone();
        let mut new = made(world, old.balancer.id.clone(), update.settings, update.extra)?;
        if (&new.network, &new.network_stack) != (&old.balancer.network, &old.balancer.network_stack) {
            return Err(unprocessable("network and network_stack cannot be changed"));
        }
        let now = world.now();
        let resized = new.size_unit != old.balancer.size_unit;
        if resized && old.resized_at + BETWEEN_SIZES > now {
            return Err(unprocessable("a load balancer can be resized once an hour"));
        }
        new.ip.clone_from(&old.balancer.ip);
        new.status.clone_from(&old.balancer.status);
        new.created_at = old.balancer.created_at;
        let held = held(world, id)?;
        held.balancer = new;
        if resized {
            held.resized_at = now;
        }
        release(world, id, &old.balancer);
        shown(world, id)
    })
    .on(&DELETE, |world, [id], ()| {
        let old = held(world, id)?.balancer.clone();
        world.load_balancers.balancers.remove(&old.id);
        release(world, id, &old);
        Ok(())
    })
    .on(&PURGE_CACHE, |world, [id], ()| {
        let global = held(world, id)?.balancer.load_balancer_type == Some(LoadBalancerType::Global);
        if global { Ok(()) } else { Err(unprocessable("only a global load balancer has a cache")) }
    })
    .on(&ADD_DROPLETS, |world, [id], droplets| {
        let mut wanted = by_number(world, id)?;
        wanted.extend(droplets.droplet_ids.iter().filter(|id| !wanted.contains(id)).copied().collect::<Vec<_>>());
        let region = held(world, id)?.balancer.region.clone().map(|region| region.slug);
        check_droplets(world, &wanted, region.as_ref())?;
        held(world, id)?.balancer.droplet_ids = wanted;
        Ok(())
    })
    .on(&REMOVE_DROPLETS, |world, [id], droplets| {
        let mut left = by_number(world, id)?;
        left.retain(|id| !droplets.droplet_ids.contains(id));
        held(world, id)?.balancer.droplet_ids = left;
        Ok(())
    })
    .on(&ADD_RULES, |world, [id], added| {
        let mut rules = held(world, id)?.balancer.forwarding_rules.clone();
        rules.extend(added.forwarding_rules);
        let rules = checked_rules(world, rules)?;
        held(world, id)?.balancer.forwarding_rules = rules;
        Ok(())
    })
    .on(&REMOVE_RULES, |world, [id], removed| {
        let old = held(world, id)?.balancer.clone();
        let entry = |rule: &ForwardingRule| (rule.entry_protocol.clone(), rule.entry_port);
        let gone: Vec<_> = removed.forwarding_rules.iter().map(entry).collect();
        let left: Vec<_> = old.forwarding_rules.iter().filter(|rule| !gone.contains(&entry(rule))).cloned().collect();
        let left = checked_rules(world, left)?;
        held(world, id)?.balancer.forwarding_rules = left;
        release(world, id, &old);
        Ok(())
    })
}

/// What begins to work, and which Droplets are behind it: those that the last request put there, since then.
pub(super) fn pass(world: &mut World, last_request: Timestamp) {
    let now = world.now();
    let mut balancers = std::mem::take(&mut world.load_balancers.balancers);
    for held in balancers.values_mut() {
        if held.due.take_if(|due| *due <= now).is_some() {
            held.balancer.status = Some(LoadBalancerStatus::Active);
            let address = held.balancer.id.get().bytes().fold(0u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
            held.balancer.ip = Some(format!("203.0.113.{}", address.clamp(1, 254)));
        }
        let members: BTreeSet<_> = members(world, &held.balancer).into_iter().collect();
        held.members.retain(|id, _| members.contains(id));
        for id in members {
            held.members.entry(id).or_insert(last_request);
        }
    }
    world.load_balancers.balancers = balancers;
}

/// A load balancer as a request describes it, with the defaults for all that it leaves out.
fn made(
    world: &mut World,
    id: LoadBalancerId,
    new: NewLoadBalancer,
    extra: Map<String, Value>,
) -> Result<LoadBalancer, Answer> {
    if new.name.is_empty() {
        return Err(unprocessable("name is required"));
    }
    let kind = new.load_balancer_type.unwrap_or(LoadBalancerType::Regional);
    let tag = new.tag.filter(|tag| !tag.is_empty());
    let droplet_ids = new.droplet_ids.unwrap_or_default();
    if tag.is_some() && !droplet_ids.is_empty() {
        return Err(unprocessable("droplet_ids and tag cannot both be set"));
    }
    if new.size.is_some() && new.size_unit.is_some() {
        return Err(unprocessable("size and size_unit cannot both be set"));
    }
    let region = match (&new.region, &kind) {
        (None, LoadBalancerType::Global) => None,
        (None, _) => return Err(unprocessable("region is required")),
        (Some(region), _) => Some(catalog::region(region).ok_or_else(|| unprocessable("region is invalid"))?),
    };
    check_droplets(world, &droplet_ids, region.as_ref().map(|region| &region.slug))?;
    let timeout = new.http_idle_timeout_seconds.unwrap_or(60);
    if !(30..=600).contains(&timeout) {
        return Err(unprocessable("http_idle_timeout_seconds is out of range"));
    }
    let size_unit = new.size_unit.unwrap_or(match new.size {
        Some(LoadBalancerSize::Medium) => 3,
        Some(LoadBalancerSize::Large) => 6,
        _ => 1,
    });
    if !(1..=100).contains(&size_unit) {
        return Err(unprocessable("size_unit is out of range"));
    }
    let vpc_uuid = match (&region, new.vpc_uuid) {
        (Some(region), Some(uuid)) if vpcs::exists(world, &uuid, &region.slug) => Some(uuid),
        (Some(_), Some(_)) => return Err(unprocessable("vpc_uuid is invalid")),
        (Some(region), None) => Some(vpcs::default_of(world, &region.slug)),
        (None, _) => None,
    };
    Ok(LoadBalancer {
        id,
        name: new.name,
        ip: Some(String::new()),
        ipv6: None,
        status: Some(LoadBalancerStatus::New),
        created_at: Some(world.now()),
        region,
        size_unit: Some(size_unit),
        size: Some(match size_unit {
            1 => LoadBalancerSize::Small,
            3 => LoadBalancerSize::Medium,
            6 => LoadBalancerSize::Large,
            _ => LoadBalancerSize::Other(String::new()),
        })
        .filter(|size| !size.as_str().is_empty()),
        algorithm: Some(Algorithm::RoundRobin),
        forwarding_rules: checked_rules(world, new.forwarding_rules)?,
        health_check: Some(checked_health(new.health_check.unwrap_or_default())),
        sticky_sessions: Some(
            new.sticky_sessions
                .unwrap_or(StickySessions { session_type: Some(StickySessionType::None), ..StickySessions::default() }),
        ),
        tag: Some(tag.unwrap_or_default()),
        droplet_ids,
        redirect_http_to_https: Some(new.redirect_http_to_https.unwrap_or(false)),
        enable_proxy_protocol: Some(new.enable_proxy_protocol.unwrap_or(false)),
        enable_backend_keepalive: Some(new.enable_backend_keepalive.unwrap_or(false)),
        http_idle_timeout_seconds: Some(timeout),
        vpc_uuid,
        disable_lets_encrypt_dns_records: Some(new.disable_lets_encrypt_dns_records.unwrap_or(false)),
        project_id: new.project_id,
        firewall: Some(new.firewall.unwrap_or_default()),
        network: Some(new.network.unwrap_or(Network::External)),
        network_stack: Some(new.network_stack.unwrap_or(NetworkStack::Ipv4)),
        load_balancer_type: Some(kind),
        domains: new.domains,
        glb_settings: new.glb_settings,
        target_load_balancer_ids: new.target_load_balancer_ids,
        tls_cipher_policy: Some(new.tls_cipher_policy.unwrap_or(TlsCipherPolicy::Default)),
        extra,
    })
}

fn checked_health(check: HealthCheck) -> HealthCheck {
    HealthCheck {
        protocol: check.protocol.or(Some(HealthCheckProtocol::Http)),
        port: check.port.or(Some(80)),
        path: check.path.or_else(|| Some("/".to_owned())),
        check_interval_seconds: check.check_interval_seconds.or(Some(10)),
        response_timeout_seconds: check.response_timeout_seconds.or(Some(5)),
        unhealthy_threshold: check.unhealthy_threshold.or(Some(3)),
        healthy_threshold: check.healthy_threshold.or(Some(5)),
        extra: check.extra,
    }
}

fn checked_rules(world: &World, rules: Vec<ForwardingRule>) -> Result<Vec<ForwardingRule>, Answer> {
    if rules.is_empty() {
        return Err(unprocessable("at least one forwarding rule is required"));
    }
    let mut entries = BTreeSet::new();
    let mut checked = Vec::new();
    for mut rule in rules {
        let udp = matches!(rule.entry_protocol, EntryProtocol::Http3 | EntryProtocol::Udp);
        if !entries.insert((udp, rule.entry_port)) {
            return Err(unprocessable("forwarding rules must have unique entry ports"));
        }
        let passes = rule.tls_passthrough == Some(true);
        let tls = matches!(rule.entry_protocol, EntryProtocol::Https | EntryProtocol::Http2 | EntryProtocol::Http3);
        match rule.certificate() {
            Some(_) if passes || !tls => return Err(unprocessable("the rule cannot have a certificate")),
            Some(id) => certificates::usable(world, id)?,
            None if tls && !passes => return Err(unprocessable("certificate_id or tls_passthrough is required")),
            None => {}
        }
        rule.certificate_id = Some(rule.certificate_id.unwrap_or_else(|| CertificateId::new(String::new())));
        rule.tls_passthrough = Some(passes);
        checked.push(rule);
    }
    Ok(checked)
}

fn check_droplets(world: &World, ids: &[DropletId], region: Option<&crate::regions::RegionSlug>) -> Result<(), Answer> {
    if ids.len() > MOST_BY_NUMBER {
        return Err(unprocessable("a load balancer can have up to 10 Droplets by their ids"));
    }
    for id in ids {
        let droplet = droplets::find(world, *id).map_err(|_| unprocessable(format!("Droplet {id} does not exist")))?;
        if droplet.region.as_ref().map(|region| &region.slug) != region {
            return Err(unprocessable(format!("Droplet {id} is in another region")));
        }
    }
    Ok(())
}

/// The Droplets that were chosen by their numbers, or the refusal where a tag chooses.
fn by_number(world: &mut World, id: &str) -> Result<Vec<DropletId>, Answer> {
    let balancer = &held(world, id)?.balancer;
    if balancer.tag.as_ref().is_some_and(|tag| !tag.is_empty()) {
        return Err(unprocessable("cannot specify both Droplet ids and a tag"));
    }
    Ok(balancer.droplet_ids.clone())
}

fn members(world: &World, balancer: &LoadBalancer) -> Vec<DropletId> {
    let region = balancer.region.as_ref().map(|region| &region.slug);
    match balancer.tag.as_deref().filter(|tag| !tag.is_empty()) {
        Some(tag) => {
            let here = |id: &DropletId| {
                let droplet = droplets::find(world, *id);
                droplet.is_ok_and(|droplet| droplet.region.as_ref().map(|region| &region.slug) == region)
            };
            droplets::tagged(world, tag).into_iter().filter(here).collect()
        }
        None => balancer.droplet_ids.clone(),
    }
}

/// A load balancer as it is answered, with the Droplets that its tag chooses.
fn shown(world: &mut World, id: &str) -> Result<LoadBalancer, Answer> {
    let balancer = held(world, id)?.balancer.clone();
    let droplet_ids = members(world, &balancer);
    Ok(LoadBalancer { droplet_ids, ..balancer })
}

/// Says of the certificates that a load balancer had and has no longer that they were let go.
fn release(world: &mut World, id: &str, old: &LoadBalancer) {
    let now: Vec<_> = held(world, id).map(|held| used(&held.balancer)).unwrap_or_default();
    for left in used(old).into_iter().filter(|one| !now.contains(one)) {
        certificates::released(world, left);
    }
}

fn used(balancer: &LoadBalancer) -> Vec<CertificateId> {
    let of_rules = balancer.forwarding_rules.iter().filter_map(|rule| rule.certificate().cloned());
    let of_domains = balancer.domains.iter().flatten().filter_map(|domain| domain.certificate_id.clone());
    of_rules.chain(of_domains).collect()
}

fn held<'w>(world: &'w mut World, id: &str) -> Result<&'w mut Held, Answer> {
    world.load_balancers.balancers.get_mut(&LoadBalancerId::new(id.to_owned())).ok_or_else(not_found)
}

pub(super) fn uses_certificate(world: &World, id: &CertificateId) -> bool {
    world.load_balancers.balancers.values().any(|held| used(&held.balancer).contains(id))
}

/// Is there such a load balancer?
pub(super) fn exists(world: &World, id: &str) -> bool {
    world.load_balancers.balancers.contains_key(&LoadBalancerId::new(id.to_owned()))
}

/// The load balancers that are in a VPC.
pub(super) fn in_vpc<'w>(world: &'w World, vpc: &str) -> impl Iterator<Item = &'w LoadBalancer> {
    let balancers = world.load_balancers.balancers.values().map(|held| &held.balancer);
    balancers.filter(move |balancer| balancer.vpc_uuid.as_deref() == Some(vpc))
}

/// A Droplet is destroyed.
pub(super) fn droplet_gone(world: &mut World, droplet: DropletId) {
    for held in world.load_balancers.balancers.values_mut() {
        held.balancer.droplet_ids.retain(|id| *id != droplet);
        held.members.remove(&droplet);
    }
}

/// The Droplets behind a load balancer, and whether each passes its health check.
pub(super) fn health(world: &World, id: &LoadBalancerId) -> Option<Vec<(DropletId, bool)>> {
    let held = world.load_balancers.balancers.get(id)?;
    let check = held.balancer.health_check.clone().unwrap_or_default();
    let seconds = check.healthy_threshold.unwrap_or(5) * check.check_interval_seconds.unwrap_or(10);
    let convinced = SignedDuration::from_secs(seconds.into());
    let members = members(world, &held.balancer).into_iter();
    let is_well = |id: &DropletId| {
        let runs = droplets::find(world, *id).is_ok_and(|droplet| droplet.status == DropletStatus::Active);
        let joined = held.members.get(id).copied().unwrap_or_else(|| world.now());
        let since = [droplets::active_since(world, *id), world.load_balancers.recovered.get(id).copied()];
        let since = since.into_iter().flatten().fold(joined, Timestamp::max);
        runs && !world.load_balancers.ailing.contains(id) && since + convinced <= world.now()
    };
    Some(members.map(|id| (id, is_well(&id))).collect())
}

impl FakeDigitalOcean {
    /// The Droplets behind a load balancer, and whether each passes its health check; without a request.
    pub fn health(&self, load_balancer: &LoadBalancerId) -> Vec<(DropletId, bool)> {
        self.world().state(|world| health(world, load_balancer)).unwrap_or_default()
    }

    /// Makes a Droplet fail its health checks from now on, or pass them again.
    pub fn set_ailing(&self, droplet: DropletId, ailing: bool) {
        self.world().state(|world| {
            if ailing {
                world.load_balancers.ailing.insert(droplet);
            } else {
                world.load_balancers.ailing.remove(&droplet);
                let now = world.now();
                world.load_balancers.recovered.insert(droplet, now);
            }
        });
    }
}

/// What a load balancer's listener presents to whoever connects to its address, or on loopback to one of its hosts.
pub(super) fn listening(world: &World, hello: &Hello<'_>) -> Option<Listening> {
    let name = hello.server_name.unwrap_or_default();
    world.load_balancers.balancers.values().find_map(|held| {
        let balancer = &held.balancer;
        let active = balancer.status == Some(LoadBalancerStatus::Active);
        let addressed = balancer.ip.as_deref() == Some(hello.address);
        if !active || !(addressed || hello.address == name) {
            return None;
        }
        let rule = balancer.forwarding_rules.iter().find(|rule| {
            let tls = matches!(rule.entry_protocol, EntryProtocol::Https | EntryProtocol::Http2);
            tls && rule.entry_port == hello.port && rule.tls_passthrough != Some(true)
        })?;
        let mut domains = balancer.domains.iter().flatten();
        let domain = domains.find(|domain| domain.name.as_deref() == Some(name));
        let of_domain = domain.and_then(|domain| domain.certificate_id.as_ref()).filter(|id| !id.get().is_empty());
        let material = certificates::material(world, of_domain.or(rule.certificate())?)?;
        if !addressed && !material.names.iter().any(|covering| cdn::covers(covering, name)) {
            return None;
        }
        let up = health(world, &balancer.id)?.iter().any(|(_, healthy)| *healthy);
        let listening = Listening::new(material.chain.as_str(), material.key.as_str())
            .with_http2(rule.entry_protocol == EntryProtocol::Http2);
        Some(listening.with_status(if up { 200 } else { 503 }))
    })
}
