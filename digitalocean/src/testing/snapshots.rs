use howdah_core::testing::{Answer, Fake};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{State as World, images, not_found, volumes};
use crate::{
    images::Image,
    snapshots::{DELETE, GET, LIST, Snapshot, SnapshotId, SnapshotResource},
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], filter| {
        let wanted = filter.resource_type;
        let is_wanted = |snapshot: &Snapshot| wanted.is_none() || snapshot.resource_type == wanted;
        Ok(all(world).into_iter().filter(is_wanted).collect())
    })
    .on(&GET, |world, [id], ()| find(world, id))
    .on(&DELETE, |world, [id], ()| {
        find(world, id)?;
        remove(world, id);
        Ok(())
    })
}

fn all(world: &World) -> Vec<Snapshot> {
    let of_droplets = images::snapshots(world).map(|(image, made_of)| of_droplet(image, made_of));
    of_droplets.chain(volumes::snapshots(world).cloned()).collect()
}

fn find(world: &World, id: &str) -> Result<Snapshot, Answer> {
    all(world).into_iter().find(|snapshot| snapshot.id.as_str() == id).ok_or_else(not_found)
}

fn of_droplet(image: &Image, made_of: Option<crate::droplets::DropletId>) -> Snapshot {
    Snapshot {
        id: SnapshotId::from(image.id),
        name: image.name.clone().unwrap_or_default(),
        created_at: image.created_at,
        regions: image.regions.clone(),
        min_disk_size: image.min_disk_size.unwrap_or_default(),
        size_gigabytes: image.size_gigabytes.unwrap_or_default(),
        resource_id: Some(made_of.map(|droplet| droplet.to_string()).unwrap_or_default()),
        resource_type: Some(SnapshotResource::Droplet),
        tags: image.tags.clone(),
    }
}

/// The snapshots of a volume: id, name, dollars a month.
pub(super) fn of_volume(world: &World, volume: &str) -> Vec<(String, String, Decimal)> {
    let snapshots = volumes::snapshots(world).filter(|snapshot| snapshot.resource_id.as_deref() == Some(volume));
    snapshots.map(|snapshot| (snapshot.id.to_string(), snapshot.name.clone(), Decimal::new(6, 2))).collect()
}

/// Destroys a snapshot, of a Droplet or of a volume.
pub(super) fn remove(world: &mut World, id: &str) {
    volumes::remove_snapshot(world, id);
    images::remove(world, id);
}
