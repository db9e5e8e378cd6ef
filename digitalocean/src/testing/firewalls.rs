use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{State as World, droplets, not_found, refused, tags, unprocessable};
use crate::{
    droplets::DropletId,
    firewalls::{
        ADD_DROPLETS, ADD_RULES, ADD_TAGS, CREATE, DELETE, Firewall, FirewallId, FirewallSettings, FirewallStatus, GET,
        LIST, PendingChange, Protocol, REMOVE_DROPLETS, REMOVE_RULES, REMOVE_TAGS, UPDATE,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    firewalls: BTreeMap<String, Held>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    firewall: Firewall,
    /// When it is in force.
    due: Option<Timestamp>,
}

const TAKES: SignedDuration = SignedDuration::from_secs(5);
const MOST_DROPLETS: usize = 10;
const MOST_TAGS: usize = 5;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| Ok(world.firewalls.firewalls.values().map(|held| held.firewall.clone()).collect()))
        .on(&CREATE, |world, [], settings| {
            if world.firewalls.firewalls.values().any(|held| held.firewall.name == settings.name) {
                return Err(refused(409, "conflict", "duplicate name"));
            }
            let id = world.new_uuid();
            let created_at = world.now();
            put(world, &id, settings, created_at)
        })
        .on(&GET, |world, [id], ()| find(world, id).cloned())
        .on(&UPDATE, |world, [id], settings| {
            let created_at = find(world, id)?.created_at.unwrap_or(Timestamp::UNIX_EPOCH);
            put(world, id, settings, created_at)
        })
        .on(&DELETE, |world, [id], ()| world.firewalls.firewalls.remove(id).map(drop).ok_or_else(not_found))
        .on(&ADD_DROPLETS, |world, [id], added| {
            change(world, id, |settings| {
                let ids = settings.droplet_ids.get_or_insert_default();
                ids.extend(added.droplet_ids.iter().filter(|id| !ids.contains(id)).copied().collect::<Vec<_>>());
            })
        })
        .on(&REMOVE_DROPLETS, |world, [id], removed| {
            change(world, id, |settings| {
                settings.droplet_ids.get_or_insert_default().retain(|id| !removed.droplet_ids.contains(id));
            })
        })
        .on(&ADD_TAGS, |world, [id], added| {
            change(world, id, |settings| {
                for tag in &added.tags {
                    tags::set(settings.tags.get_or_insert_default(), tag, true);
                }
            })
        })
        .on(&REMOVE_TAGS, |world, [id], removed| {
            change(world, id, |settings| {
                settings.tags.get_or_insert_default().retain(|tag| !removed.tags.contains(tag));
            })
        })
        .on(&ADD_RULES, |world, [id], added| {
            change(world, id, |settings| {
                settings.inbound_rules.get_or_insert_default().extend(added.inbound_rules.unwrap_or_default());
                settings.outbound_rules.get_or_insert_default().extend(added.outbound_rules.unwrap_or_default());
            })
        })
        .on(&REMOVE_RULES, |world, [id], removed| {
            let (inbound, outbound) =
                (removed.inbound_rules.unwrap_or_default(), removed.outbound_rules.unwrap_or_default());
            change(world, id, |settings| {
                settings.inbound_rules.get_or_insert_default().retain(|rule| !inbound.contains(rule));
                settings.outbound_rules.get_or_insert_default().retain(|rule| !outbound.contains(rule));
            })
        })
}

fn find<'w>(world: &'w World, id: &str) -> Result<&'w Firewall, Answer> {
    world.firewalls.firewalls.get(id).map(|held| &held.firewall).ok_or_else(not_found)
}

/// Changes a part of a firewall.
fn change(world: &mut World, id: &str, change: impl FnOnce(&mut FirewallSettings)) -> Result<(), Answer> {
    let firewall = find(world, id)?.clone();
    let created_at = firewall.created_at.unwrap_or(Timestamp::UNIX_EPOCH);
    let mut settings = firewall.into_settings();
    change(&mut settings);
    put(world, id, settings, created_at).map(drop)
}

/// Makes a firewall what the settings say.
fn put(world: &mut World, id: &str, settings: FirewallSettings, created_at: Timestamp) -> Result<Firewall, Answer> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    if !settings.name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !settings.name.chars().all(legal) {
        return Err(unprocessable("name is invalid"));
    }
    let (inbound_rules, outbound_rules) =
        (settings.inbound_rules.unwrap_or_default(), settings.outbound_rules.unwrap_or_default());
    if inbound_rules.is_empty() && outbound_rules.is_empty() {
        return Err(unprocessable("must have at least one inbound or outbound rule"));
    }
    let ports = inbound_rules.iter().map(|rule| (&rule.protocol, &rule.ports));
    for (protocol, ports) in ports.chain(outbound_rules.iter().map(|rule| (&rule.protocol, &rule.ports))) {
        if *protocol != Protocol::Icmp && !are_ports(ports) {
            return Err(unprocessable(format!("ports `{ports}` are invalid")));
        }
    }
    let (droplet_ids, own_tags) = (settings.droplet_ids.unwrap_or_default(), settings.tags.unwrap_or_default());
    if droplet_ids.len() > MOST_DROPLETS || own_tags.len() > MOST_TAGS {
        return Err(unprocessable("a firewall can have up to 10 Droplets and 5 tags"));
    }
    if let Some(stranger) = droplet_ids.iter().find(|id| droplets::find(world, **id).is_err()) {
        return Err(unprocessable(format!("Droplet {stranger} does not exist")));
    }
    tags::used(world, &own_tags)?;
    let pending =
        |id: &DropletId| PendingChange { droplet_id: *id, removing: false, status: Some("waiting".to_owned()) };
    let firewall = Firewall {
        id: FirewallId::new(id.to_owned()),
        name: settings.name,
        status: Some(FirewallStatus::Waiting),
        created_at: Some(created_at),
        pending_changes: droplet_ids.iter().map(pending).collect(),
        droplet_ids,
        tags: own_tags,
        inbound_rules,
        outbound_rules,
    };
    let due = Some(world.now() + TAKES);
    world.firewalls.firewalls.insert(id.to_owned(), Held { firewall: firewall.clone(), due });
    Ok(firewall)
}

fn are_ports(ports: &str) -> bool {
    let is_port = |text: &str| text.parse::<u16>().is_ok();
    ports == "all" || is_port(ports) || ports.split_once('-').is_some_and(|(low, high)| is_port(low) && is_port(high))
}

/// What comes into force.
pub(super) fn pass(world: &mut World) {
    let now = world.now();
    for held in world.firewalls.firewalls.values_mut() {
        if held.due.take_if(|due| *due <= now).is_some() {
            held.firewall.status = Some(FirewallStatus::Succeeded);
            held.firewall.pending_changes.clear();
        }
    }
}

/// A Droplet is destroyed.
pub(super) fn droplet_gone(world: &mut World, droplet: DropletId) {
    for held in world.firewalls.firewalls.values_mut() {
        held.firewall.droplet_ids.retain(|id| *id != droplet);
        held.firewall.pending_changes.retain(|change| change.droplet_id != droplet);
    }
}

/// The firewalls in front of a Droplet, by its number or a tag.
pub(super) fn of_droplet(world: &World, id: DropletId) -> Vec<Firewall> {
    let own_tags = droplets::find(world, id).map(|droplet| droplet.tags.clone()).unwrap_or_default();
    let firewalls = world.firewalls.firewalls.values().map(|held| &held.firewall);
    let covers = |firewall: &&Firewall| {
        firewall.droplet_ids.contains(&id) || firewall.tags.iter().any(|tag| own_tags.contains(tag))
    };
    firewalls.filter(covers).cloned().collect()
}
