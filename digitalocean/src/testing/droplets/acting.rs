use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, Timestamp};

use super::{
    super::{
        State as World,
        actions::{self, Subject},
        catalog, images, number, unprocessable,
    },
    Effect, backups, check_name, find, find_mut, image_for, network_v6, tagged,
};
use crate::{
    actions::Action,
    droplets::{
        Droplet, DropletId, DropletStatus,
        actions::{CREATE, CREATE_TAGGED, DropletAction, GET, LIST},
    },
    images::{Image, ImageStatus, ImageType},
};

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [droplet], ()| {
        let id = find(world, number(droplet)?)?.id;
        Ok(actions::on(world, "droplet", &id.to_string()))
    })
    .on(&CREATE, |world, [droplet], action| {
        let id = find(world, number(droplet)?)?.id;
        check(world, id, &action)?;
        begin(world, id, action)
    })
    .on(&CREATE_TAGGED, |world, [], with| {
        let action = DropletAction::from(with.body);
        let droplets = tagged(world, &with.query.tag_name);
        for id in &droplets {
            check(world, *id, &action)?;
        }
        droplets.into_iter().map(|id| begin(world, id, action.clone())).collect()
    })
    .on(&GET, |world, [droplet, action], ()| {
        let id = find(world, number(droplet)?)?.id;
        actions::one_on(world, "droplet", &id.to_string(), action)
    })
}

fn region_of(droplet: &Droplet) -> crate::regions::RegionSlug {
    droplet.region.as_ref().map_or_else(|| "nyc3".into(), |region| region.slug.clone())
}

/// Can that be done now?
fn check(world: &World, id: DropletId, action: &DropletAction) -> Result<(), Answer> {
    let droplet = find(world, id)?;
    if droplet.locked {
        return Err(unprocessable("Droplet already has a pending event."));
    }
    let disk = droplet.disk.unwrap_or(0);
    match action {
        DropletAction::EnableBackups { backup_policy } => backups::whole(backup_policy.clone()).map(drop),
        DropletAction::ChangeBackupPolicy { backup_policy } => {
            if !world.droplets.backup_policies.contains_key(&id) {
                return Err(unprocessable("Backups are not enabled for this Droplet."));
            }
            backups::whole(Some(backup_policy.clone())).map(drop)
        }
        DropletAction::Restore { image } => {
            if !droplet.backup_ids.contains(image) && !droplet.snapshot_ids.contains(image) {
                return Err(unprocessable("The image is neither a backup nor a snapshot of this Droplet."));
            }
            image_for(world, &(*image).into(), &region_of(droplet), disk).map(drop)
        }
        DropletAction::Resize { size, .. } => {
            let size = catalog::size(size).filter(|size| size.regions.contains(&region_of(droplet)));
            let size = size.ok_or_else(|| unprocessable("You specified an invalid size for Droplet resize."))?;
            if droplet.status != DropletStatus::Off {
                return Err(unprocessable("The Droplet must be powered off to be resized."));
            }
            if size.disk < disk {
                return Err(unprocessable("This size is not available because it has a smaller disk."));
            }
            Ok(())
        }
        DropletAction::Rebuild { image } => image_for(world, image, &region_of(droplet), disk).map(drop),
        DropletAction::Rename { name } => check_name(name),
        DropletAction::ChangeKernel { kernel } => {
            let mut kernels = world.droplets.kernels.get(&id).into_iter().flatten();
            let known = kernels.any(|known| known.id == *kernel);
            known.then_some(()).ok_or_else(|| unprocessable("The kernel is not available to this Droplet."))
        }
        _ => Ok(()),
    }
}

fn begin(world: &mut World, id: DropletId, action: DropletAction) -> Result<Action, Answer> {
    let droplet = find_mut(world, id)?;
    droplet.locked = true;
    let region = Some(region_of(droplet));
    let subject = Subject { resource_type: "droplet".to_owned(), id: id.to_string(), region };
    let takes = SignedDuration::from_secs(match &action {
        DropletAction::Rename { .. } | DropletAction::EnableBackups { .. } | DropletAction::DisableBackups => 2,
        DropletAction::Snapshot { .. } | DropletAction::Rebuild { .. } | DropletAction::Restore { .. } => 60,
        DropletAction::Resize { disk: true, .. } => 90,
        DropletAction::Resize { .. } => 45,
        _ => 10,
    });
    let action_type = action.action_type();
    Ok(actions::begin(world, action_type, subject, takes, actions::Effect::Droplet(Effect::Acted(action))))
}

/// That was done with a Droplet.
pub(super) fn end(world: &mut World, id: DropletId, action: DropletAction, at: Timestamp) {
    let image = match &action {
        DropletAction::Rebuild { image } => images::named(world, image),
        DropletAction::Restore { image } => images::named(world, &(*image).into()),
        _ => None,
    };
    let kernel = match &action {
        DropletAction::ChangeKernel { kernel } => {
            world.droplets.kernels.get(&id).into_iter().flatten().find(|known| known.id == *kernel).cloned()
        }
        _ => None,
    };
    let Ok(droplet) = find_mut(world, id) else { return };
    match action {
        DropletAction::PowerOn | DropletAction::PowerCycle | DropletAction::Reboot => {
            droplet.status = DropletStatus::Active;
            world.droplets.active_since.insert(id, at);
        }
        DropletAction::PowerOff | DropletAction::Shutdown => droplet.status = DropletStatus::Off,
        DropletAction::PasswordReset => {}
        DropletAction::EnableIpv6 => {
            if droplet.networks.v6.is_empty() {
                droplet.networks.v6.push(network_v6(id));
                droplet.features.push("ipv6".to_owned());
            }
        }
        DropletAction::EnableBackups { backup_policy } => {
            if let Ok(policy) = backups::whole(backup_policy) {
                backups::enable(world, id, policy);
            }
        }
        DropletAction::ChangeBackupPolicy { backup_policy } => {
            if let Ok(policy) = backups::whole(Some(backup_policy)) {
                backups::enable(world, id, policy);
            }
        }
        DropletAction::DisableBackups => backups::disable(world, id),
        DropletAction::Restore { .. } | DropletAction::Rebuild { .. } => {
            droplet.image = image.or_else(|| droplet.image.take());
            droplet.status = DropletStatus::Active;
            world.droplets.active_since.insert(id, at);
        }
        DropletAction::Resize { size, disk } => {
            if let Some(size) = catalog::size(&size) {
                (droplet.memory, droplet.vcpus) = (Some(size.memory), Some(size.vcpus));
                if disk {
                    droplet.disk = Some(size.disk);
                    droplet.disk_info.clone_from(&size.disk_info);
                }
                droplet.size_slug = Some(size.slug.clone());
                droplet.size = Some(size);
            }
        }
        DropletAction::Rename { name } => droplet.name = name,
        DropletAction::ChangeKernel { .. } => droplet.kernel = kernel.or_else(|| droplet.kernel.take()),
        DropletAction::Snapshot { name } => {
            let name = name.unwrap_or_else(|| format!("{}-{}", droplet.name, at.as_millisecond()));
            let image = image_of(world, id, name, ImageType::Snapshot, at);
            if let (Some(image), Ok(droplet)) = (image, find_mut(world, id)) {
                droplet.snapshot_ids.push(image);
            }
        }
    }
}

/// Puts an image of a Droplet into the account.
pub(super) fn image_of(
    world: &mut World,
    id: DropletId,
    name: String,
    image_type: ImageType,
    at: Timestamp,
) -> Option<crate::images::ImageId> {
    let number = world.new_id();
    let droplet = find(world, id).ok()?;
    let image = Image {
        id: number,
        name: Some(name),
        image_type: Some(image_type),
        distribution: droplet.image.as_ref().and_then(|image| image.distribution.clone()),
        slug: None,
        public: Some(false),
        regions: vec![region_of(droplet)],
        created_at: Some(at),
        min_disk_size: droplet.disk,
        // What is used of the disk, and not the disk, is charged for.
        size_gigabytes: Some(2.34),
        description: None,
        tags: Vec::new(),
        status: Some(ImageStatus::Available),
        error_message: None,
    };
    images::add(world, image, Some(id));
    Some(number)
}
