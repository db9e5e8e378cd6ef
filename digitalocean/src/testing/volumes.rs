use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    State as World,
    actions::{self, Subject},
    catalog, droplets, not_found, refused, tags, unprocessable,
};
use crate::{
    actions::{Action, ActionStatus},
    droplets::DropletId,
    regions::RegionSlug,
    snapshots::{Snapshot, SnapshotId, SnapshotResource},
    volumes::{
        ACT, ACT_ON_NAMED, CREATE, DELETE, DELETE_NAMED, DELETE_SNAPSHOT, FilesystemType, GET, GET_ACTION,
        GET_SNAPSHOT, LIST, LIST_ACTIONS, LIST_SNAPSHOTS, NewVolume, SNAPSHOT, Volume, VolumeAction, VolumeId,
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    volumes: BTreeMap<String, Volume>,
    snapshots: BTreeMap<String, Snapshot>,
}

/// What happens when an action ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Effect {
    Attach(DropletId),
    Detach(DropletId),
    Resize(u64),
}

const TAKES: SignedDuration = SignedDuration::from_secs(10);
const MOST_GIB: u64 = 16_384;
const MOST_OF_A_DROPLET: usize = 15;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], filter| {
        let volumes = world.volumes.volumes.values();
        let is_wanted = |volume: &&Volume| {
            filter.name.as_ref().is_none_or(|name| volume.name == *name)
                && filter.region.as_ref().is_none_or(|region| region_of(volume) == Some(region))
        };
        Ok(volumes.filter(is_wanted).cloned().collect())
    })
    .on(&CREATE, |world, [], new| create(world, new))
    .on(&GET, |world, [volume], ()| find(world, volume).cloned())
    .on(&DELETE, |world, [volume], ()| delete(world, volume))
    .on(&DELETE_NAMED, |world, [], query| {
        let id = of_name(world, &query.0.name, &query.0.region)?;
        delete(world, &id)
    })
    .on(&ACT, |world, [volume], action| act(world, volume, &action))
    .on(&ACT_ON_NAMED, |world, [], named| {
        let id = of_name(world, &named.volume_name, &named.region)?;
        act(world, &id, &named.action)
    })
    .on(&LIST_ACTIONS, |world, [volume], ()| {
        find(world, volume)?;
        Ok(actions::on(world, "volume", volume))
    })
    .on(&GET_ACTION, |world, [volume, action], ()| {
        find(world, volume)?;
        actions::one_on(world, "volume", volume, action)
    })
    .on(&LIST_SNAPSHOTS, |world, [volume], ()| {
        find(world, volume)?;
        let snapshots = world.volumes.snapshots.values();
        Ok(snapshots.filter(|snapshot| snapshot.resource_id.as_deref() == Some(volume)).cloned().collect())
    })
    .on(&SNAPSHOT, |world, [volume], new| {
        let volume = find(world, volume)?.clone();
        if world.volumes.snapshots.values().any(|snapshot| snapshot.name == new.name) {
            return Err(refused(409, "conflict", "a snapshot of this name exists already"));
        }
        let new_tags = new.tags.unwrap_or_default();
        tags::used(world, &new_tags)?;
        let snapshot = Snapshot {
            id: SnapshotId::new(world.new_uuid()),
            name: new.name,
            created_at: Some(world.now()),
            regions: region_of(&volume).cloned().into_iter().collect(),
            min_disk_size: volume.size_gigabytes,
            size_gigabytes: 0.0,
            resource_id: Some(volume.id.to_string()),
            resource_type: Some(SnapshotResource::Volume),
            tags: new_tags,
        };
        world.volumes.snapshots.insert(snapshot.id.to_string(), snapshot.clone());
        Ok(snapshot)
    })
    .on(&GET_SNAPSHOT, |world, [id], ()| world.volumes.snapshots.get(id).cloned().ok_or_else(not_found))
    .on(&DELETE_SNAPSHOT, |world, [id], ()| world.volumes.snapshots.remove(id).map(drop).ok_or_else(not_found))
}

fn region_of(volume: &Volume) -> Option<&RegionSlug> {
    volume.region.as_ref().map(|region| &region.slug)
}

fn create(world: &mut World, new: NewVolume) -> Result<Volume, Answer> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if new.name.is_empty() || new.name.len() > 64 || !new.name.chars().all(legal) {
        return Err(unprocessable("name must be lowercase letters, numbers and dashes, up to 64"));
    }
    let region = catalog::region(&new.region).ok_or_else(|| unprocessable("region is invalid"))?;
    if of_name(world, &new.name, &new.region).is_ok() {
        return Err(refused(409, "conflict", "a volume of this name exists in the region already"));
    }
    if !(1..=MOST_GIB).contains(&new.size_gigabytes) {
        return Err(unprocessable("size_gigabytes must be between 1 and 16384"));
    }
    let longest = if new.filesystem_type == Some(FilesystemType::Xfs) { 12 } else { 16 };
    if new.filesystem_label.as_ref().is_some_and(|label| label.len() > longest) {
        return Err(unprocessable(format!("filesystem_label can have up to {longest} characters")));
    }
    if let Some(id) = &new.snapshot_id {
        let snapshot =
            world.volumes.snapshots.get(id.as_str()).ok_or_else(|| unprocessable("the snapshot is not found"))?;
        if !snapshot.regions.contains(&new.region) || snapshot.min_disk_size > new.size_gigabytes {
            return Err(unprocessable("the snapshot does not fit the volume"));
        }
    }
    let new_tags = new.tags.unwrap_or_default();
    tags::used(world, &new_tags)?;
    let volume = Volume {
        id: VolumeId::new(world.new_uuid()),
        name: new.name,
        region: Some(region),
        droplet_ids: Vec::new(),
        description: Some(new.description.unwrap_or_default()),
        size_gigabytes: new.size_gigabytes,
        created_at: Some(world.now().to_string()),
        filesystem_type: Some(new.filesystem_type.map(|kind| kind.as_str().to_owned()).unwrap_or_default()),
        filesystem_label: Some(new.filesystem_label.unwrap_or_default()),
        tags: new_tags,
    };
    world.volumes.volumes.insert(volume.id.to_string(), volume.clone());
    Ok(volume)
}

fn delete(world: &mut World, id: &str) -> Result<(), Answer> {
    if !find(world, id)?.droplet_ids.is_empty() {
        return Err(refused(409, "conflict", "the volume is attached to a Droplet"));
    }
    world.volumes.volumes.remove(id);
    Ok(())
}

fn of_name(world: &World, name: &str, region: &RegionSlug) -> Result<String, Answer> {
    let mut volumes = world.volumes.volumes.values();
    let found = volumes.find(|volume| volume.name == name && region_of(volume) == Some(region));
    found.map(|volume| volume.id.to_string()).ok_or_else(not_found)
}

fn find<'w>(world: &'w World, id: &str) -> Result<&'w Volume, Answer> {
    world.volumes.volumes.get(id).ok_or_else(not_found)
}

fn act(world: &mut World, id: &str, action: &VolumeAction) -> Result<Action, Answer> {
    let volume = find(world, id)?.clone();
    if actions::on(world, "volume", id).iter().any(|action| action.status == ActionStatus::InProgress) {
        return Err(unprocessable("Volume already has a pending event."));
    }
    let (name, effect) = match *action {
        VolumeAction::Attach { droplet_id } => {
            check_attachable(world, &volume, droplet_id)?;
            ("attach_volume", Effect::Attach(droplet_id))
        }
        VolumeAction::Detach { droplet_id } => {
            if !volume.droplet_ids.contains(&droplet_id) {
                return Err(unprocessable("The volume is not attached to the Droplet."));
            }
            ("detach_volume", Effect::Detach(droplet_id))
        }
        VolumeAction::Resize { size_gigabytes } => {
            if size_gigabytes <= volume.size_gigabytes || size_gigabytes > MOST_GIB {
                return Err(unprocessable("A volume can grow, to 16384 GiB at most."));
            }
            ("resize_volume", Effect::Resize(size_gigabytes))
        }
    };
    let subject =
        Subject { resource_type: "volume".to_owned(), id: id.to_owned(), region: region_of(&volume).cloned() };
    Ok(actions::begin(world, name, subject, TAKES, actions::Effect::Volume(effect)))
}

fn check_attachable(world: &World, volume: &Volume, droplet: DropletId) -> Result<(), Answer> {
    let droplet = droplets::find(world, droplet)?;
    if !volume.droplet_ids.is_empty() {
        return Err(unprocessable("The volume is attached to a Droplet already."));
    }
    if droplet.region.as_ref().map(|region| &region.slug) != region_of(volume) {
        return Err(unprocessable("The volume is in another region than the Droplet."));
    }
    if droplet.volume_ids.len() >= MOST_OF_A_DROPLET {
        return Err(unprocessable("A Droplet can have up to 15 volumes."));
    }
    Ok(())
}

pub(super) fn end(world: &mut World, subject: &Subject, effect: &Effect, done: bool, _: Timestamp) {
    if !done {
        return;
    }
    match *effect {
        Effect::Attach(droplet) => put(world, &subject.id, droplet),
        Effect::Detach(droplet) => {
            if let Some(volume) = world.volumes.volumes.get_mut(&subject.id) {
                volume.droplet_ids.clear();
            }
            if let Ok(droplet) = droplets::find_mut(world, droplet) {
                droplet.volume_ids.retain(|id| *id != subject.id);
            }
        }
        Effect::Resize(size) => {
            if let Some(volume) = world.volumes.volumes.get_mut(&subject.id) {
                volume.size_gigabytes = size;
            }
        }
    }
}

fn put(world: &mut World, id: &str, droplet: DropletId) {
    let Some(volume) = world.volumes.volumes.get_mut(id) else { return };
    volume.droplet_ids = vec![droplet];
    if let Ok(droplet) = droplets::find_mut(world, droplet) {
        droplet.volume_ids.push(id.to_owned());
    }
}

/// A Droplet is destroyed.
pub(super) fn droplet_gone(world: &mut World, droplet: DropletId) {
    for volume in world.volumes.volumes.values_mut() {
        volume.droplet_ids.retain(|id| *id != droplet);
    }
}

/// Attaches a volume to a Droplet that is being made.
pub(super) fn attach(world: &mut World, id: &str, droplet: DropletId) -> Result<(), Answer> {
    let volume = find(world, id).map_err(|_| unprocessable(format!("The volume {id} is not found.")))?.clone();
    check_attachable(world, &volume, droplet)?;
    put(world, id, droplet);
    Ok(())
}

/// The volumes of a Droplet: id, name, dollars a month.
pub(super) fn of_droplet(world: &World, droplet: DropletId) -> Vec<(String, String, Decimal)> {
    let volumes = world.volumes.volumes.values().filter(|volume| volume.droplet_ids.contains(&droplet));
    let cost = |volume: &Volume| Decimal::from(volume.size_gigabytes) / Decimal::TEN;
    volumes.map(|volume| (volume.id.to_string(), volume.name.clone(), cost(volume))).collect()
}

/// Is there such a volume?
pub(super) fn exists(world: &World, id: &str) -> bool {
    world.volumes.volumes.contains_key(id)
}

/// Destroys a volume, attached or not.
pub(super) fn remove(world: &mut World, id: &str) {
    world.volumes.volumes.remove(id);
}

pub(super) fn snapshots(world: &World) -> impl Iterator<Item = &Snapshot> {
    world.volumes.snapshots.values()
}

pub(super) fn remove_snapshot(world: &mut World, id: &str) {
    world.volumes.snapshots.remove(id);
}

/// Tags a volume, or takes the tag away.
pub(super) fn set_tag(world: &mut World, id: &str, tag: &str, on: bool) -> Result<(), Answer> {
    tags::set(&mut world.volumes.volumes.get_mut(id).ok_or_else(not_found)?.tags, tag, on);
    Ok(())
}

/// Tags a snapshot of a volume, or takes the tag away.
pub(super) fn set_snapshot_tag(world: &mut World, id: &str, tag: &str, on: bool) -> Result<(), Answer> {
    tags::set(&mut world.volumes.snapshots.get_mut(id).ok_or_else(not_found)?.tags, tag, on);
    Ok(())
}

/// The volumes that have a tag.
pub(super) fn tagged(world: &World, tag: &str) -> Vec<String> {
    let volumes = world.volumes.volumes.iter().filter(|(_, volume)| volume.tags.iter().any(|one| one == tag));
    volumes.map(|(id, _)| id.clone()).collect()
}

/// The snapshots of volumes that have a tag.
pub(super) fn tagged_snapshots(world: &World, tag: &str) -> Vec<String> {
    let snapshots = world.volumes.snapshots.iter().filter(|(_, snapshot)| snapshot.tags.iter().any(|one| one == tag));
    snapshots.map(|(id, _)| id.clone()).collect()
}
