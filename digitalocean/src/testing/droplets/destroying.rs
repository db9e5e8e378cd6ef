use std::collections::{BTreeMap, BTreeSet};

use howdah_core::testing::{Answer, Asked, Fake};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        FakeDigitalOcean, State as World, bad_request, not_found, number, refused, reserved_ips, snapshots,
        unprocessable, volumes,
    },
    find, remove,
};
use crate::droplets::{
    DropletId,
    associated_resources::{
        AssociatedResource, AssociatedResources, DELETE_DANGEROUS, DELETE_SELECTIVE, DestroyStatus, DestroyedResource,
        DestroyedResources, GET_STATUS, LIST, RETRY, ResourceSelection,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// Destroyed Droplets are known here still.
    statuses: BTreeMap<DropletId, DestroyStatus>,
    running: BTreeSet<(Timestamp, DropletId)>,
    /// The ids of what cannot be destroyed the next time.
    failing: BTreeSet<String>,
}

/// What takes something of a kind away.
type Destroy = fn(&mut World, &str);

const DESTROYING: SignedDuration = SignedDuration::from_secs(15);

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [droplet], ()| {
        let id = find(world, number(droplet)?)?.id;
        Ok(associated(world, id))
    })
    .on(&DELETE_SELECTIVE, |world, [droplet], selection| {
        let id = find(world, number(droplet)?)?.id;
        let chosen = chosen(associated(world, id), selection)?;
        let status = destroying(world, id, chosen)?;
        begin(world, id, status)
    })
    .on_any(&DELETE_DANGEROUS, |world, asked, args| {
        let begun = dangerous(world, asked, args.first().map_or("", String::as_str));
        begun.map_or_else(|refusal| refusal, |()| Answer::empty(DELETE_DANGEROUS.route().status))
    })
    .on(&GET_STATUS, |world, [droplet], ()| {
        world.droplets.destroying.statuses.get(&number(droplet)?).cloned().ok_or_else(not_found)
    })
    .on(&RETRY, |world, [droplet], ()| {
        let id = number(droplet)?;
        let status = world.droplets.destroying.statuses.get(&id).cloned().ok_or_else(not_found)?;
        begin(world, id, status)
    })
}

fn dangerous(world: &mut World, asked: &Asked, droplet: &str) -> Result<(), Answer> {
    let id = find(world, number(droplet)?)?.id;
    let sent = asked.headers.get("x-dangerous").and_then(|value| value.to_str().ok());
    if sent.is_none_or(|sent| !sent.eq_ignore_ascii_case("true")) {
        return Err(bad_request("The header X-Dangerous must be true."));
    }
    let everything = destroying(world, id, associated(world, id))?;
    begin(world, id, everything)
}

/// What would be charged without the Droplet.
fn associated(world: &World, id: DropletId) -> AssociatedResources {
    let resource = |(id, name, cost): (String, String, Decimal)| {
        let mut cost = cost.round_dp(2);
        cost.rescale(2);
        AssociatedResource { id, name: Some(name), cost: Some(cost) }
    };
    let resources = |of: Vec<_>| of.into_iter().map(resource).collect::<Vec<_>>();
    // Cents a month for each GiB.
    let price = Decimal::new(6, 2);
    let ids = find(world, id).map(|droplet| droplet.snapshot_ids.clone()).unwrap_or_default();
    let images = super::snapshots(world, &ids).into_iter().map(|image| {
        let size = image.size_gigabytes.and_then(|size| Decimal::try_from(size).ok()).unwrap_or_default();
        (image.id.to_string(), image.name.unwrap_or_default(), size * price)
    });
    let of_volumes = volumes::of_droplet(world, id);
    let of_snapshots = of_volumes.iter().flat_map(|(volume, ..)| snapshots::of_volume(world, volume));
    let addresses = resources(reserved_ips::of_droplet(world, id));
    AssociatedResources {
        floating_ips: addresses.clone(),
        reserved_ips: addresses,
        snapshots: resources(images.collect()),
        volume_snapshots: resources(of_snapshots.collect()),
        volumes: resources(of_volumes),
    }
}

/// What of it is selected; the rest stays.
fn chosen(all: AssociatedResources, selection: ResourceSelection) -> Result<AssociatedResources, Answer> {
    let of = |all: Vec<AssociatedResource>, ids: Option<Vec<String>>| {
        let ids = ids.unwrap_or_default();
        if let Some(stranger) = ids.iter().find(|id| all.iter().all(|resource| resource.id != **id)) {
            return Err(unprocessable(format!("{stranger} is not associated with the Droplet.")));
        }
        Ok(all.into_iter().filter(|resource| ids.contains(&resource.id)).collect::<Vec<_>>())
    };
    let addresses = of(all.reserved_ips, selection.reserved_ips.or(selection.floating_ips))?;
    Ok(AssociatedResources {
        floating_ips: addresses.clone(),
        reserved_ips: addresses,
        snapshots: of(all.snapshots, selection.snapshots)?,
        volumes: of(all.volumes, selection.volumes)?,
        volume_snapshots: of(all.volume_snapshots, selection.volume_snapshots)?,
    })
}

fn destroying(world: &World, id: DropletId, all: AssociatedResources) -> Result<DestroyStatus, Answer> {
    let named = |id: String, name| DestroyedResource { id, name, destroyed_at: None, error_message: None };
    let of = |all: Vec<AssociatedResource>| all.into_iter().map(|resource| named(resource.id, resource.name)).collect();
    let resources = DestroyedResources {
        reserved_ips: of(all.reserved_ips),
        floating_ips: of(all.floating_ips),
        snapshots: of(all.snapshots),
        volumes: of(all.volumes),
        volume_snapshots: of(all.volume_snapshots),
    };
    let droplet = named(id.to_string(), Some(find(world, id)?.name.clone()));
    Ok(DestroyStatus { droplet: Some(droplet), resources, completed_at: None, failures: Some(0) })
}

/// Begins to destroy what is not destroyed yet, unless that goes on already.
fn begin(world: &mut World, id: DropletId, mut status: DestroyStatus) -> Result<(), Answer> {
    let due = world.now() + DESTROYING;
    let state = &mut world.droplets.destroying;
    if state.running.iter().any(|(_, other)| *other == id) {
        return Err(refused(409, "conflict", "The Droplet is being destroyed already."));
    }
    (status.completed_at, status.failures) = (None, Some(0));
    state.running.insert((due, id));
    state.statuses.insert(id, status);
    Ok(())
}

/// Ends what is due: the Droplet goes last, and stays while something else does.
pub(super) fn pass(world: &mut World) {
    let now = world.now();
    while let Some((due, id)) = world.droplets.destroying.running.first().copied().filter(|(due, _)| *due <= now) {
        world.droplets.destroying.running.remove(&(due, id));
        let Some(mut status) = world.droplets.destroying.statuses.remove(&id) else { continue };
        let resources = &mut status.resources;
        let lists: [(_, Destroy); 4] = [
            (&mut resources.reserved_ips, reserved_ips::remove),
            (&mut resources.snapshots, snapshots::remove),
            (&mut resources.volume_snapshots, snapshots::remove),
            (&mut resources.volumes, volumes::remove),
        ];
        let mut failures = 0;
        for (list, destroy) in lists {
            for resource in list.iter_mut().filter(|resource| resource.destroyed_at.is_none()) {
                resource.error_message = None;
                if world.droplets.destroying.failing.remove(&resource.id) {
                    resource.error_message = Some("The resource could not be destroyed.".to_owned());
                    failures += 1;
                } else {
                    destroy(world, &resource.id);
                    resource.destroyed_at = Some(due);
                }
            }
        }
        resources.floating_ips.clone_from(&resources.reserved_ips);
        if failures == 0 {
            remove(world, id);
            status.droplet.iter_mut().for_each(|droplet| droplet.destroyed_at = Some(due));
        }
        (status.completed_at, status.failures) = (Some(due), Some(failures));
        world.droplets.destroying.statuses.insert(id, status);
    }
}

impl FakeDigitalOcean {
    /// Makes destroying something with its Droplet fail the next time; it is named by its id.
    pub fn fail_destruction(&self, resource: impl Into<String>) {
        let resource = resource.into();
        self.world().state(|world| world.droplets.destroying.failing.insert(resource));
    }
}
