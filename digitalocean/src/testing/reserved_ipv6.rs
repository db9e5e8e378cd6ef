use std::{collections::BTreeMap, net::Ipv6Addr};

use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    State as World,
    actions::{self, Subject},
    catalog, droplets, not_found, unprocessable,
};
use crate::{
    droplets::DropletId,
    regions::RegionSlug,
    reserved_ips::ReservedIpAction,
    reserved_ipv6::{ACT, CREATE, DELETE, GET, LIST, ReservedIpv6Address},
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    addresses: BTreeMap<Ipv6Addr, Held>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    region: RegionSlug,
    reserved_at: Timestamp,
    droplet: Option<DropletId>,
}

/// What happens when an action ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Effect {
    Assign(DropletId),
    Unassign,
}

const TAKES: SignedDuration = SignedDuration::from_secs(5);

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| world.reserved_ipv6.addresses.keys().map(|address| shown(world, *address)).collect())
        .on(&CREATE, |world, [], new| {
            if catalog::region(&new.region_slug).is_none() {
                return Err(unprocessable("region is invalid"));
            }
            let id: howdah_core::Id<()> = world.new_id();
            let [.., high, low] = id.get().to_be_bytes();
            let address = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, high.into(), low.into());
            let held = Held { region: new.region_slug, reserved_at: world.now(), droplet: None };
            world.reserved_ipv6.addresses.insert(address, held);
            shown(world, address)
        })
        .on(&GET, |world, [address], ()| shown(world, parse(address)?))
        .on(&DELETE, |world, [address], ()| {
            let address = parse(address)?;
            if held(world, address)?.droplet.is_some() {
                return Err(unprocessable("The reserved IPv6 is assigned to a Droplet."));
            }
            world.reserved_ipv6.addresses.remove(&address);
            Ok(())
        })
        .on(&ACT, |world, [address], action| {
            let address = parse(address)?;
            let held = held(world, address)?;
            let (region, assigned) = (held.region.clone(), held.droplet.is_some());
            let (name, effect) = match action {
                ReservedIpAction::Assign { droplet_id } => {
                    let droplet = droplets::find(world, droplet_id).map_err(|_| unprocessable("Droplet not found"))?;
                    if droplet.region.as_ref().map(|region| &region.slug) != Some(&region) {
                        return Err(unprocessable("The Droplet is in another region than the reserved IPv6."));
                    }
                    ("assign_ip", Effect::Assign(droplet_id))
                }
                ReservedIpAction::Unassign if assigned => ("unassign_ip", Effect::Unassign),
                ReservedIpAction::Unassign => return Err(unprocessable("The reserved IPv6 is not assigned.")),
            };
            let subject =
                Subject { resource_type: "reserved_ipv6".to_owned(), id: address.to_string(), region: Some(region) };
            Ok(actions::begin(world, name, subject, TAKES, actions::Effect::ReservedIpv6(effect)))
        })
}

fn parse(address: &str) -> Result<Ipv6Addr, Answer> {
    address.parse().map_err(|_| not_found())
}

fn held(world: &mut World, address: Ipv6Addr) -> Result<&mut Held, Answer> {
    world.reserved_ipv6.addresses.get_mut(&address).ok_or_else(not_found)
}

fn shown(world: &World, address: Ipv6Addr) -> Result<ReservedIpv6Address, Answer> {
    let held = world.reserved_ipv6.addresses.get(&address).ok_or_else(not_found)?;
    let droplet = held.droplet.and_then(|id| droplets::find(world, id).ok()).cloned().map(Box::new);
    Ok(ReservedIpv6Address {
        ip: address,
        region_slug: Some(held.region.clone()),
        reserved_at: Some(held.reserved_at),
        droplet,
    })
}

pub(super) fn end(world: &mut World, subject: &Subject, effect: &Effect, done: bool, _: Timestamp) {
    let Ok(address) = subject.id.parse() else { return };
    let Ok(held) = held(world, address) else { return };
    match *effect {
        Effect::Assign(droplet) if done => held.droplet = Some(droplet),
        Effect::Unassign if done => held.droplet = None,
        _ => {}
    }
}

/// A Droplet is destroyed.
pub(super) fn droplet_gone(world: &mut World, droplet: DropletId) {
    for held in world.reserved_ipv6.addresses.values_mut() {
        held.droplet.take_if(|assigned| *assigned == droplet);
    }
}
