use std::{collections::BTreeMap, net::Ipv4Addr};

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{State as World, catalog, databases, droplets, load_balancers, not_found, refused, unprocessable};
use crate::{
    regions::RegionSlug,
    vpcs::{
        CREATE, CREATE_PEERING, DELETE, GET, LIST, LIST_MEMBERS, LIST_PEERINGS, MODIFY, NewVpc, RENAME_PEERING, UPDATE,
        Vpc, VpcId, VpcMember, VpcPeering, VpcPeeringId, VpcPeeringStatus, VpcUpdate,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    vpcs: BTreeMap<String, Vpc>,
    peerings: BTreeMap<String, VpcPeering>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| Ok(world.vpcs.vpcs.values().cloned().collect()))
        .on(&CREATE, |world, [], new| create(world, new))
        .on(&GET, |world, [id], ()| find(world, id).cloned())
        .on(&UPDATE, |world, [id], update| {
            let description = Some(update.description.clone().unwrap_or_default());
            change(world, id, VpcUpdate { description, ..update })
        })
        .on(&MODIFY, |world, [id], update| change(world, id, update))
        .on(&DELETE, |world, [id], ()| {
            if find(world, id)?.default {
                return Err(refused(403, "forbidden", "Can not delete the default VPC of a region"));
            }
            if !members(world, id).is_empty() {
                return Err(refused(403, "forbidden", "Can not delete VPC with members"));
            }
            world.vpcs.vpcs.remove(id);
            world.vpcs.peerings.retain(|_, peering| peering.vpc_ids.iter().all(|vpc| vpc.get() != id));
            Ok(())
        })
        .on(&LIST_MEMBERS, |world, [id], filter| {
            find(world, id)?;
            let kind = filter.resource_type.map(|kind| format!("do:{kind}:"));
            let is_wanted = |member: &VpcMember| kind.as_ref().is_none_or(|kind| member.urn.starts_with(kind));
            Ok(members(world, id).into_iter().filter(is_wanted).collect())
        })
        .on(&LIST_PEERINGS, |world, [id], ()| {
            find(world, id)?;
            let peerings = world.vpcs.peerings.values();
            Ok(peerings.filter(|peering| peering.vpc_ids.iter().any(|vpc| vpc.get() == id)).cloned().collect())
        })
        .on(&CREATE_PEERING, |world, [id], new| {
            let (one, other) = (find(world, id)?.id.clone(), find(world, new.vpc_id.get())?.id.clone());
            if one == other {
                return Err(unprocessable("a VPC cannot be peered with itself"));
            }
            let peering = VpcPeering {
                id: VpcPeeringId::new(world.new_uuid()),
                name: Some(new.name),
                vpc_ids: vec![one, other],
                status: Some(VpcPeeringStatus::Provisioning),
                created_at: Some(world.now()),
            };
            let active = VpcPeering { status: Some(VpcPeeringStatus::Active), ..peering.clone() };
            world.vpcs.peerings.insert(peering.id.to_string(), active);
            Ok(peering)
        })
        .on(&RENAME_PEERING, |world, [id, peering], renamed| {
            find(world, id)?;
            let peering = world.vpcs.peerings.get_mut(peering).ok_or_else(not_found)?;
            peering.name = Some(renamed.name);
            Ok(peering.clone())
        })
}

fn find<'w>(world: &'w World, id: &str) -> Result<&'w Vpc, Answer> {
    world.vpcs.vpcs.get(id).ok_or_else(not_found)
}

fn create(world: &mut World, new: NewVpc) -> Result<Vpc, Answer> {
    check_name(world, &new.name, None)?;
    if catalog::region(&new.region).is_none() {
        return Err(unprocessable("region is invalid"));
    }
    let ip_range = match new.ip_range {
        Some(range) => checked(world, range)?,
        None => free_range(world),
    };
    Ok(add(world, new.name, new.region, ip_range, new.description.unwrap_or_default(), false))
}

fn check_name(world: &World, name: &str, own: Option<&str>) -> Result<(), Answer> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    if name.is_empty() || !name.chars().all(legal) {
        return Err(unprocessable("name is invalid"));
    }
    let taken = world.vpcs.vpcs.iter().any(|(id, vpc)| vpc.name == name && own != Some(id));
    if taken { Err(unprocessable("name is already taken")) } else { Ok(()) }
}

fn add(
    world: &mut World,
    name: String,
    region: RegionSlug,
    ip_range: String,
    description: String,
    default: bool,
) -> Vpc {
    let id = world.new_uuid();
    let vpc = Vpc {
        urn: Some(format!("do:vpc:{id}")),
        id: VpcId::new(id.clone()),
        name,
        description: Some(description),
        region: Some(region),
        ip_range: Some(ip_range),
        default,
        created_at: Some(world.now()),
    };
    world.vpcs.vpcs.insert(id, vpc.clone());
    vpc
}

fn change(world: &mut World, id: &str, update: VpcUpdate) -> Result<Vpc, Answer> {
    let region = find(world, id)?.region.clone();
    if let Some(name) = &update.name {
        check_name(world, name, Some(id))?;
    }
    match update.default {
        Some(false) if find(world, id)?.default => return Err(unprocessable("a region needs a default VPC")),
        Some(true) => {
            let others = world.vpcs.vpcs.values_mut().filter(|vpc| vpc.region == region);
            others.for_each(|vpc| vpc.default = false);
        }
        _ => {}
    }
    let vpc = world.vpcs.vpcs.get_mut(id).ok_or_else(not_found)?;
    vpc.default |= update.default == Some(true);
    vpc.name = update.name.unwrap_or_else(|| vpc.name.clone());
    vpc.description = update.description.or(vpc.description.take());
    Ok(vpc.clone())
}

/// First address and number of bits.
fn parse(range: &str) -> Option<(u32, u32)> {
    let (address, bits) = range.split_once('/')?;
    let (address, bits): (Ipv4Addr, u32) = (address.parse().ok()?, bits.parse().ok()?);
    (16..=28).contains(&bits).then(|| (u32::from(address) & (u32::MAX << (32 - bits)), bits))
}

fn overlap((one, bits): (u32, u32), (other, other_bits): (u32, u32)) -> bool {
    let mask = u32::MAX << (32 - bits.min(other_bits));
    one & mask == other & mask
}

fn checked(world: &World, range: String) -> Result<String, Answer> {
    let wanted = parse(&range).ok_or_else(|| unprocessable("ip_range must be between /16 and /28"))?;
    if !Ipv4Addr::from(wanted.0).is_private() {
        return Err(unprocessable("ip_range must be a private network"));
    }
    let mut others = world.vpcs.vpcs.values().filter_map(|vpc| parse(vpc.ip_range.as_deref()?));
    if others.any(|other| overlap(wanted, other)) {
        return Err(unprocessable("This range/size overlaps with another VPC network in your account"));
    }
    Ok(range)
}

fn free_range(world: &World) -> String {
    let ranges = (100..=255).flat_map(|second| (0..16).map(move |third| format!("10.{second}.{}.0/20", third * 16)));
    ranges.into_iter().find(|range| checked(world, range.clone()).is_ok()).unwrap_or_default()
}

fn members(world: &World, id: &str) -> Vec<VpcMember> {
    let member = |kind: &str, id: &str, name: &str, created_at: Option<jiff::Timestamp>| VpcMember {
        urn: format!("do:{kind}:{id}"),
        name: Some(name.to_owned()),
        created_at: created_at.map(|moment| moment.to_string()),
    };
    let droplets = droplets::all(world).iter().filter(|droplet| droplet.vpc_uuid.as_deref() == Some(id));
    let droplets =
        droplets.map(|droplet| member("droplet", &droplet.id.to_string(), &droplet.name, droplet.created_at));
    let balancers = load_balancers::in_vpc(world, id);
    let balancers =
        balancers.map(|balancer| member("loadbalancer", balancer.id.get(), &balancer.name, balancer.created_at));
    let clusters = databases::in_vpc(world, id);
    let clusters = clusters.map(|cluster| member("dbaas", cluster.id.get(), &cluster.name, cluster.created_at));
    droplets.chain(balancers).chain(clusters).collect()
}

/// The VPC of a region for what names none, made when it is first needed.
pub(super) fn default_of(world: &mut World, region: &RegionSlug) -> String {
    let mut vpcs = world.vpcs.vpcs.values();
    if let Some(vpc) = vpcs.find(|vpc| vpc.default && vpc.region.as_ref() == Some(region)) {
        return vpc.id.to_string();
    }
    let ip_range = free_range(world);
    add(world, format!("default-{region}"), region.clone(), ip_range, String::new(), true).id.to_string()
}

/// Is there such a VPC in the region?
pub(super) fn exists(world: &World, uuid: &str, region: &RegionSlug) -> bool {
    world.vpcs.vpcs.get(uuid).is_some_and(|vpc| vpc.region.as_ref() == Some(region))
}

/// Is there such a VPC in any region?
pub(super) fn is_there(world: &World, uuid: &str) -> bool {
    world.vpcs.vpcs.contains_key(uuid)
}
