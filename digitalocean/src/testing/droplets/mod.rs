mod acting;
mod backups;
mod destroying;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
};

use howdah_core::{
    Id,
    http::Endpoint,
    testing::{Answer, Fake},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    FakeDigitalOcean, State as World, account,
    actions::{self, Subject},
    bad_request, catalog, cut, firewalls, images, load_balancers, not_found, number, page_of, reserved_ips,
    reserved_ipv6, ssh_keys, tags, unprocessable, volumes, vpcs,
};
use crate::{
    actions::{Action, ActionLinks},
    droplets::{
        CREATE, CreatedDroplet, CreatedDroplets, DELETE, DELETE_TAGGED, Droplet, DropletFilter, DropletId,
        DropletSnapshot, DropletSnapshotType, DropletStatus, DropletType, GET, Kernel, LIST, LIST_FIREWALLS,
        LIST_KERNELS, LIST_NEIGHBORS, LIST_SNAPSHOTS, NetworkType, NetworkV4, NetworkV6, Networks, NewDroplet,
        NewDroplets, actions::DropletAction, backups::BackupPolicy,
    },
    images::{Image, ImageId, ImageRef, ImageType},
    regions::RegionSlug,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// In the order of their numbers.
    droplets: Vec<Droplet>,
    /// Since when each one runs that was started at least once.
    active_since: BTreeMap<DropletId, Timestamp>,
    /// Of those whose backups are enabled.
    backup_policies: BTreeMap<DropletId, BackupPolicy>,
    /// Of old Droplets.
    kernels: BTreeMap<DropletId, Vec<Kernel>>,
    /// Which machine a Droplet is on, where it is not alone there.
    machines: BTreeMap<DropletId, u64>,
    destroying: destroying::State,
}

/// What happens when an action on a Droplet ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Effect {
    /// It runs; with an address of the newer kind, if that was asked for.
    Created { ipv6: bool, public: bool },
    /// That was done with it.
    Acted(DropletAction),
}

/// One route takes a name or several.
const ORDER: Endpoint<Ordered, Created, 0> = Endpoint::new("ORDER", *CREATE.route());

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Ordered {
    One(Box<NewDroplet>),
    Several(Box<NewDroplets>),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Created {
    One(Box<CreatedDroplet>),
    Several(CreatedDroplets),
}

const LISTED: Endpoint<(), (), 0> = cut(*LIST.route());

const CREATING: SignedDuration = SignedDuration::from_secs(30);

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = destroying::serve(backups::serve(acting::serve(fake)));
    fake.on_any(&LISTED, |world, asked, _| {
        let filter = DropletFilter {
            tag_name: asked.parameter("tag_name"),
            name: asked.parameter("name"),
            droplet_type: asked.parameter("type").map(DropletType::from),
        };
        let droplets: Vec<_> = all(world).iter().filter(|droplet| is_listed(droplet, &filter)).collect();
        page_of(asked, LISTED.route(), &droplets)
    })
    .on(&ORDER, |world, [], ordered| match ordered {
        Ordered::One(new) => {
            let (droplet, action) = order(world, *new)?;
            let links = ActionLinks { actions: vec![actions::link(&action, "create")] };
            Ok(Created::One(Box::new(CreatedDroplet { droplet, links })))
        }
        Ordered::Several(new) => {
            if new.names.is_empty() || new.names.len() > 10 {
                return Err(unprocessable("You can create up to 10 Droplets at once."));
            }
            let mut created = CreatedDroplets { droplets: Vec::new(), links: ActionLinks::default() };
            for name in &new.names {
                let (droplet, action) = order(world, one_of(&new, name))?;
                created.droplets.push(droplet);
                created.links.actions.push(actions::link(&action, "create"));
            }
            Ok(Created::Several(created))
        }
    })
    .on(&GET, |world, [droplet], ()| find(world, number(droplet)?).cloned())
    .on(&DELETE_TAGGED, |world, [], query| {
        for id in tagged(world, &query.0.tag_name) {
            remove(world, id);
        }
        Ok(())
    })
    .on(&DELETE, |world, [droplet], ()| {
        let id = find(world, number(droplet)?)?.id;
        remove(world, id);
        Ok(())
    })
    .on(&LIST_SNAPSHOTS, |world, [droplet], ()| {
        let ids = find(world, number(droplet)?)?.snapshot_ids.clone();
        Ok(snapshots(world, &ids).iter().map(snapshot).collect())
    })
    .on(&LIST_KERNELS, |world, [droplet], ()| {
        let id = find(world, number(droplet)?)?.id;
        Ok(world.droplets.kernels.get(&id).cloned().unwrap_or_default())
    })
    .on(&LIST_FIREWALLS, |world, [droplet], ()| {
        let id = find(world, number(droplet)?)?.id;
        Ok(firewalls::of_droplet(world, id))
    })
    .on(&LIST_NEIGHBORS, |world, [droplet], ()| {
        let id = find(world, number(droplet)?)?.id;
        let machines = &world.droplets.machines;
        let is_beside = |other: &&Droplet| other.id != id && machines.get(&other.id) == machines.get(&id);
        let others = all(world).iter().filter(|_| machines.contains_key(&id));
        Ok(others.filter(is_beside).cloned().collect())
    })
}

/// The images of these numbers that are still there.
fn snapshots(world: &World, ids: &[ImageId]) -> Vec<Image> {
    ids.iter().filter_map(|id| images::named(world, &ImageRef::Id(*id))).collect()
}

/// An image as a Droplet's own lists show it; of a backup there is more.
fn snapshot(image: &Image) -> DropletSnapshot {
    let is_backup = image.image_type == Some(ImageType::Backup);
    let snapshot_type = if is_backup { DropletSnapshotType::Backup } else { DropletSnapshotType::Snapshot };
    DropletSnapshot {
        id: image.id,
        name: image.name.clone(),
        snapshot_type: Some(snapshot_type),
        regions: image.regions.clone(),
        created_at: image.created_at,
        min_disk_size: image.min_disk_size,
        size_gigabytes: image.size_gigabytes,
        distribution: image.distribution.clone().filter(|_| is_backup),
        slug: None,
        public: Some(false).filter(|_| is_backup),
    }
}

fn is_listed(droplet: &Droplet, filter: &DropletFilter) -> bool {
    let has_gpu = droplet.gpu_info.is_some();
    has_gpu == (filter.droplet_type == Some(DropletType::Gpus))
        && filter.tag_name.as_ref().is_none_or(|tag| droplet.tags.contains(tag))
        && filter.name.as_ref().is_none_or(|name| droplet.name.eq_ignore_ascii_case(name))
}

fn one_of(several: &NewDroplets, name: &str) -> NewDroplet {
    NewDroplet {
        name: name.to_owned(),
        size: several.size.clone(),
        image: several.image.clone(),
        region: several.region.clone(),
        ssh_keys: several.ssh_keys.clone(),
        backups: several.backups,
        backup_policy: several.backup_policy.clone(),
        ipv6: several.ipv6,
        monitoring: several.monitoring,
        tags: several.tags.clone(),
        user_data: several.user_data.clone(),
        private_networking: several.private_networking,
        volumes: several.volumes.clone(),
        vpc_uuid: several.vpc_uuid.clone(),
        with_droplet_agent: several.with_droplet_agent,
        public_networking: several.public_networking,
    }
}

fn check_name(name: &str) -> Result<(), Answer> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    let ends_well = name.ends_with(|c: char| c.is_ascii_alphanumeric()) && !name.starts_with(['.', '-']);
    if ends_well && name.len() <= 255 && name.chars().all(legal) {
        return Ok(());
    }
    Err(unprocessable("Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)"))
}

/// The image that a Droplet of this disk is to start from.
fn image_for(world: &World, wanted: &ImageRef, region: &RegionSlug, disk: u64) -> Result<Image, Answer> {
    // A number may be written as a text.
    let wanted = match wanted {
        ImageRef::Slug(slug) => slug.parse().map_or(wanted.clone(), |number: u64| ImageRef::Id(number.into())),
        ImageRef::Id(_) => wanted.clone(),
    };
    let image = images::named(world, &wanted).ok_or_else(|| unprocessable("You specified an invalid image."))?;
    if !image.regions.contains(region) {
        return Err(unprocessable("The image is not available in the selected region."));
    }
    if image.min_disk_size.is_some_and(|least| least > disk) {
        return Err(unprocessable("The image is larger than the disk of the selected size."));
    }
    Ok(image)
}

fn order(world: &mut World, new: NewDroplet) -> Result<(Droplet, Action), Answer> {
    check_name(&new.name)?;
    if world.droplets.droplets.len() as u64 >= account::droplet_limit(world) {
        return Err(unprocessable("creating this/these droplet(s) will exceed your droplet limit"));
    }
    let size =
        catalog::size(&new.size).ok_or_else(|| unprocessable("You specified an invalid size for Droplet creation."))?;
    let wanted = new.region.unwrap_or(RegionSlug::Nyc3);
    let mut regions = catalog::regions().into_iter().filter(|region| region.available == Some(true));
    let region = regions
        .find(|region| region.slug.as_str().starts_with(wanted.as_str()) && size.regions.contains(&region.slug))
        .ok_or_else(|| unprocessable("Region is not available"))?;
    let image = image_for(world, &new.image, &region.slug, size.disk)?;
    if let Some(key) = new.ssh_keys.iter().flatten().find(|key| !ssh_keys::exists(world, key)) {
        return Err(unprocessable(format!("{key} are invalid key identifiers for Droplet creation.")));
    }
    if new.user_data.as_ref().is_some_and(|data| data.expose().len() > 64 * 1024) {
        return Err(unprocessable("User data is too long (maximum is 64KiB)"));
    }
    let (ipv6, public) = (new.ipv6 == Some(true), new.public_networking != Some(false));
    if ipv6 && !public {
        return Err(bad_request("IPv6 needs public networking"));
    }
    let vpc_uuid = match new.vpc_uuid {
        Some(uuid) if vpcs::exists(world, &uuid, &region.slug) => uuid,
        Some(_) => return Err(unprocessable("VPC is not found in the region")),
        None => vpcs::default_of(world, &region.slug),
    };
    let tags = new.tags.unwrap_or_default();
    tags::used(world, &tags)?;

    let policy = match new.backups {
        Some(true) => Some(backups::whole(new.backup_policy)?),
        _ => None,
    };
    let asked = [(Some(ipv6), "ipv6"), (new.monitoring, "monitoring"), (Some(true), "private_networking")];
    let features = asked.iter().filter(|(asked, _)| *asked == Some(true)).map(|(_, feature)| (*feature).to_owned());
    let droplet = Droplet {
        id: world.new_id(),
        name: new.name,
        memory: Some(size.memory),
        vcpus: Some(size.vcpus),
        disk: Some(size.disk),
        disk_info: size.disk_info.clone(),
        locked: true,
        status: DropletStatus::New,
        kernel: None,
        created_at: Some(world.now()),
        features: features.chain(["droplet_agent".to_owned()]).collect(),
        backup_ids: Vec::new(),
        next_backup_window: None,
        snapshot_ids: Vec::new(),
        image: Some(image),
        volume_ids: Vec::new(),
        size_slug: Some(size.slug.clone()),
        size: Some(size),
        networks: Networks::default(),
        region: Some(region.clone()),
        tags,
        vpc_uuid: Some(vpc_uuid),
        gpu_info: None,
    };
    let id = droplet.id;
    world.droplets.droplets.push(droplet);
    if let Some(policy) = policy {
        backups::enable(world, id, policy);
    }
    for volume in new.volumes.unwrap_or_default() {
        if let Err(refusal) = volumes::attach(world, &volume, id) {
            remove(world, id);
            return Err(refusal);
        }
    }
    let subject = Subject { resource_type: "droplet".to_owned(), id: id.to_string(), region: Some(region.slug) };
    let effect = actions::Effect::Droplet(Effect::Created { ipv6, public });
    let action = actions::begin(world, "create", subject, CREATING, effect);
    find(world, id).cloned().map(|droplet| (droplet, action))
}

/// An action on a Droplet has ended.
pub(super) fn end(world: &mut World, subject: &Subject, effect: Effect, done: bool, at: Timestamp) {
    let Ok(id) = number(&subject.id) else { return };
    let Ok(droplet) = find_mut(world, id) else { return };
    droplet.locked = false;
    match effect {
        Effect::Created { ipv6, public } if done => {
            droplet.status = DropletStatus::Active;
            droplet.networks = networks(id, ipv6, public);
            world.droplets.active_since.insert(id, at);
        }
        Effect::Created { .. } => remove(world, id),
        Effect::Acted(action) if done => acting::end(world, id, action, at),
        Effect::Acted(_) => {}
    }
}

/// What goes on without an action.
pub(super) fn pass(world: &mut World) {
    backups::pass(world);
    destroying::pass(world);
}

/// An image is destroyed: Droplets that it was made of forget it.
pub(super) fn image_gone(world: &mut World, image: &str) {
    let Ok(id) = image.parse().map(ImageId::new) else { return };
    for droplet in &mut world.droplets.droplets {
        droplet.snapshot_ids.retain(|other| *other != id);
        droplet.backup_ids.retain(|other| *other != id);
    }
}

/// Addresses that no one has, a pair for each Droplet.
fn networks(id: DropletId, ipv6: bool, public: bool) -> Networks {
    let [.., high, middle, low] = id.get().to_be_bytes();
    let v4 = |ip_address: Ipv4Addr, netmask: &str, gateway: Option<&str>, network_type| NetworkV4 {
        ip_address,
        netmask: Some(netmask.to_owned()),
        gateway: gateway.map(str::to_owned),
        network_type: Some(network_type),
    };
    let private = v4(Ipv4Addr::new(10, 0x76 | high & 1, middle, low), "255.255.240.0", None, NetworkType::Private);
    let shown =
        v4(Ipv4Addr::new(198, 0x12 | high & 1, middle, low), "255.255.240.0", Some("198.18.0.1"), NetworkType::Public);
    Networks {
        v4: [public.then_some(shown), Some(private)].into_iter().flatten().collect(),
        v6: ipv6.then(|| network_v6(id)).into_iter().collect(),
    }
}

fn network_v6(id: DropletId) -> NetworkV6 {
    let [.., high, middle, low] = id.get().to_be_bytes();
    NetworkV6 {
        ip_address: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, high.into(), middle.into(), low.into()),
        netmask: Some(64),
        gateway: Some("2001:db8::1".to_owned()),
        network_type: Some(NetworkType::Public),
    }
}

fn index_of(world: &World, id: DropletId) -> Result<usize, Answer> {
    world.droplets.droplets.binary_search_by_key(&id, |droplet| droplet.id).map_err(|_| not_found())
}

pub(super) fn find(world: &World, id: DropletId) -> Result<&Droplet, Answer> {
    index_of(world, id).map(|index| &world.droplets.droplets[index])
}

pub(super) fn find_mut(world: &mut World, id: DropletId) -> Result<&mut Droplet, Answer> {
    index_of(world, id).map(|index| &mut world.droplets.droplets[index])
}

/// Since when a Droplet runs.
pub(super) fn active_since(world: &World, id: DropletId) -> Option<Timestamp> {
    world.droplets.active_since.get(&id).copied()
}

/// All of them.
pub(super) fn all(world: &World) -> &[Droplet] {
    &world.droplets.droplets
}

/// The Droplets that have a tag.
pub(super) fn tagged(world: &World, tag: &str) -> Vec<DropletId> {
    let droplets = world.droplets.droplets.iter();
    droplets.filter(|droplet| droplet.tags.iter().any(|one| one == tag)).map(|droplet| droplet.id).collect()
}

/// Destroys a Droplet, and tells all that knew it.
pub(super) fn remove(world: &mut World, id: DropletId) {
    if let Ok(index) = index_of(world, id) {
        world.droplets.droplets.remove(index);
    }
    world.droplets.active_since.remove(&id);
    world.droplets.backup_policies.remove(&id);
    world.droplets.kernels.remove(&id);
    world.droplets.machines.remove(&id);
    load_balancers::droplet_gone(world, id);
    firewalls::droplet_gone(world, id);
    volumes::droplet_gone(world, id);
    reserved_ips::droplet_gone(world, id);
    reserved_ipv6::droplet_gone(world, id);
}

impl FakeDigitalOcean {
    /// Orders a Droplet without a request.
    ///
    /// # Panics
    ///
    /// When the order is refused.
    pub fn order_droplet(&self, droplet: NewDroplet) -> DropletId {
        let ordered = self.world().state(|world| order(world, droplet));
        ordered.map(|(droplet, _)| droplet.id).expect("the Droplet can be ordered")
    }

    /// Sets how many Droplets there may be at one time; 25 at first.
    pub fn set_droplet_limit(&self, limit: u64) {
        self.world().state(|world| account::set_droplet_limit(world, limit));
    }

    /// The Droplets that there are, without a request.
    pub fn droplets(&self) -> Vec<Droplet> {
        self.world().state(|world| world.droplets.droplets.clone())
    }

    /// Makes a Droplet an old one, that boots from a kernel outside its disk: the first of these, and it can change to the
    /// others.
    pub fn set_kernels(&self, droplet: DropletId, kernels: Vec<Kernel>) {
        self.world().state(|world| {
            if let Ok(droplet) = find_mut(world, droplet) {
                let id = droplet.id;
                droplet.kernel = kernels.first().cloned();
                world.droplets.kernels.insert(id, kernels);
            }
        });
    }

    /// Puts Droplets on the same machine.
    pub fn put_on_one_machine(&self, droplets: &[DropletId]) {
        self.world().state(|world| {
            let machine: Id<()> = world.new_id();
            world.droplets.machines.extend(droplets.iter().map(|droplet| (*droplet, *machine.get())));
        });
    }
}
