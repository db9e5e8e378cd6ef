use std::{collections::BTreeMap, net::Ipv4Addr};

use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    State as World,
    actions::{self, Subject},
    catalog, droplets, not_found, unprocessable,
};
use crate::{
    actions::{Action, ActionLinks},
    droplets::DropletId,
    regions::RegionSlug,
    reserved_ips::{
        ACT, CREATE, CreatedReservedIp, DELETE, DropletLink, GET, GET_ACTION, LIST, LIST_ACTIONS, NewReservedIp,
        ReservedIp, ReservedIpAction, ReservedIpLinks,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    addresses: BTreeMap<Ipv4Addr, Held>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    region: RegionSlug,
    droplet: Option<DropletId>,
    locked: bool,
    project_id: Option<String>,
}

/// What happens when an action ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Effect {
    Assign(DropletId),
    Unassign,
}

const TAKES: SignedDuration = SignedDuration::from_secs(5);

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| world.reserved_ips.addresses.keys().map(|address| shown(world, *address)).collect())
        .on(&CREATE, |world, [], new| {
            let (region, droplet, project_id) = match new {
                NewReservedIp::Droplet(one) => {
                    let droplet =
                        droplets::find(world, one.droplet_id).map_err(|_| unprocessable("Droplet not found"))?;
                    let region = droplet.region.as_ref().map(|region| region.slug.clone());
                    (region.unwrap_or(RegionSlug::Nyc3), Some(one.droplet_id), None)
                }
                NewReservedIp::Region(place) => (place.region, None, place.project_id),
            };
            if catalog::region(&region).is_none() {
                return Err(unprocessable("region is invalid"));
            }
            let id: howdah_core::Id<()> = world.new_id();
            let [.., high, low] = id.get().to_be_bytes();
            let address = Ipv4Addr::new(192, 0, high.wrapping_add(2), low);
            let held = Held { region, droplet: None, locked: false, project_id };
            world.reserved_ips.addresses.insert(address, held);
            let mut links = ReservedIpLinks::default();
            if let Some(droplet) = droplet {
                let action = act(world, address, &ReservedIpAction::Assign { droplet_id: droplet })?;
                let href = format!("{}/v2/droplets/{droplet}", crate::PRODUCTION);
                links.droplets.push(DropletLink { id: droplet, rel: Some("droplet".to_owned()), href: Some(href) });
                links.actions = ActionLinks { actions: vec![actions::link(&action, "assign_ip")] };
            }
            Ok(CreatedReservedIp { reserved_ip: shown(world, address)?, links })
        })
        .on(&GET, |world, [address], ()| shown(world, parse(address)?))
        .on(&DELETE, |world, [address], ()| {
            let address = parse(address)?;
            if held(world, address)?.locked {
                return Err(unprocessable("The reserved IP has a pending event."));
            }
            world.reserved_ips.addresses.remove(&address);
            Ok(())
        })
        .on(&LIST_ACTIONS, |world, [address], ()| {
            held(world, parse(address)?)?;
            Ok(actions::on(world, "reserved_ip", address))
        })
        .on(&ACT, |world, [address], action| act(world, parse(address)?, &action))
        .on(&GET_ACTION, |world, [address, action], ()| {
            held(world, parse(address)?)?;
            actions::one_on(world, "reserved_ip", address, action)
        })
}

fn parse(address: &str) -> Result<Ipv4Addr, Answer> {
    address.parse().map_err(|_| not_found())
}

fn held(world: &mut World, address: Ipv4Addr) -> Result<&mut Held, Answer> {
    world.reserved_ips.addresses.get_mut(&address).ok_or_else(not_found)
}

fn shown(world: &World, address: Ipv4Addr) -> Result<ReservedIp, Answer> {
    let held = world.reserved_ips.addresses.get(&address).ok_or_else(not_found)?;
    let droplet = held.droplet.and_then(|id| droplets::find(world, id).ok()).cloned().map(Box::new);
    Ok(ReservedIp {
        ip: address,
        region: catalog::region(&held.region),
        droplet,
        locked: held.locked,
        project_id: held.project_id.clone(),
    })
}

fn act(world: &mut World, address: Ipv4Addr, action: &ReservedIpAction) -> Result<Action, Answer> {
    let held = held(world, address)?;
    if held.locked {
        return Err(unprocessable("The reserved IP has a pending event."));
    }
    let region = held.region.clone();
    let assigned = held.droplet.is_some();
    let (name, effect) = match action {
        ReservedIpAction::Assign { droplet_id } => {
            let droplet = droplets::find(world, *droplet_id).map_err(|_| unprocessable("Droplet not found"))?;
            if droplet.region.as_ref().map(|region| &region.slug) != Some(&region) {
                return Err(unprocessable("The Droplet is in another region than the reserved IP."));
            }
            ("assign_ip", Effect::Assign(*droplet_id))
        }
        ReservedIpAction::Unassign if assigned => ("unassign_ip", Effect::Unassign),
        ReservedIpAction::Unassign => return Err(unprocessable("The reserved IP is not assigned.")),
    };
    if let Some(held) = world.reserved_ips.addresses.get_mut(&address) {
        held.locked = true;
    }
    let subject = Subject { resource_type: "reserved_ip".to_owned(), id: address.to_string(), region: Some(region) };
    Ok(actions::begin(world, name, subject, TAKES, actions::Effect::ReservedIp(effect)))
}

pub(super) fn end(world: &mut World, subject: &Subject, effect: &Effect, done: bool, _: Timestamp) {
    let Ok(address) = subject.id.parse() else { return };
    let Ok(held) = held(world, address) else { return };
    held.locked = false;
    match *effect {
        Effect::Assign(droplet) if done => held.droplet = Some(droplet),
        Effect::Unassign if done => held.droplet = None,
        _ => {}
    }
}

/// A Droplet is destroyed.
pub(super) fn droplet_gone(world: &mut World, droplet: DropletId) {
    for held in world.reserved_ips.addresses.values_mut() {
        held.droplet.take_if(|assigned| *assigned == droplet);
    }
}

/// The addresses of a Droplet: id, address, dollars a month.
pub(super) fn of_droplet(world: &World, droplet: DropletId) -> Vec<(String, String, Decimal)> {
    let addresses = world.reserved_ips.addresses.iter().filter(|(_, held)| held.droplet == Some(droplet));
    addresses.map(|(address, _)| (address.to_string(), address.to_string(), Decimal::new(5, 0))).collect()
}

/// Is there such an address?
pub(super) fn exists(world: &World, address: &str) -> bool {
    address.parse().is_ok_and(|address| world.reserved_ips.addresses.contains_key(&address))
}

/// Gives an address back, assigned or not.
pub(super) fn remove(world: &mut World, address: &str) {
    if let Ok(address) = address.parse() {
        world.reserved_ips.addresses.remove(&address);
    }
}
