//! What can be done with Droplets, against the fake.

use howdah_core::{ErrorKind, Outcome};
use howdah_digitalocean::{
    DigitalOcean,
    actions::ActionStatus,
    droplets::{
        Droplet, DropletId, DropletSnapshotType, DropletStatus, Kernel, NewDroplet,
        actions::{BulkAction, DropletAction},
        associated_resources::ResourceSelection,
        backups::{BackupPlan, BackupPolicy, Weekday},
    },
    firewalls::{FirewallSettings, InboundRule, Peers},
    images::{ImageFilter, ImageType},
    reserved_ips::NewReservedIp,
    testing::FakeDigitalOcean,
    volumes::NewVolume,
};

async fn running(ocean: &DigitalOcean, name: &str) -> Droplet {
    let new = NewDroplet::new(name, "s-1vcpu-1gb", "debian-12-x64").with_region("tor1").with_tags(["web".to_owned()]);
    let created = ocean.droplets().create(new).await.unwrap();
    ocean.droplets().follow(created.droplet.id).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn power_name_and_address_change() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let droplets = ocean.droplets();
    let id = running(&ocean, "web-1").await.id;
    let status = async || droplets.get(id).await.unwrap().status;

    let action = droplets.power_off(id).await.unwrap();
    // Another is refused while this one goes on.
    assert!(droplets.get(id).await.unwrap().locked);
    let error = droplets.power_on(id).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
    let action = action.await.unwrap();
    assert_eq!((action.action_type.as_deref(), action.status.clone()), (Some("power_off"), ActionStatus::Completed));
    assert_eq!(status().await, DropletStatus::Off);

    droplets.power_on(id).await.unwrap().await.unwrap();
    assert_eq!(status().await, DropletStatus::Active);
    droplets.shutdown(id).await.unwrap().await.unwrap();
    assert_eq!(status().await, DropletStatus::Off);
    droplets.power_cycle(id).await.unwrap().await.unwrap();
    droplets.reboot(id).await.unwrap().await.unwrap();
    droplets.password_reset(id).await.unwrap().await.unwrap();
    assert_eq!(status().await, DropletStatus::Active);

    droplets.rename(id, "front-1").await.unwrap().await.unwrap();
    droplets.enable_ipv6(id).await.unwrap().await.unwrap();
    let droplet = droplets.get(id).await.unwrap();
    assert_eq!((droplet.name.as_str(), droplet.networks.v6.len()), ("front-1", 1));

    let all = droplets.list_actions(id).all().await.unwrap();
    let types: Vec<_> = all.iter().filter_map(|action| action.action_type.as_deref()).collect();
    let expected = [
        "enable_ipv6",
        "rename",
        "password_reset",
        "reboot",
        "power_cycle",
        "shutdown",
        "power_on",
        "power_off",
        "create",
    ];
    assert_eq!(types, expected);
    assert_eq!(droplets.get_action(id, action.id).await.unwrap(), action);
    assert_eq!(droplets.follow_action(id, action.id).await.unwrap(), action);
    assert!(droplets.get_action(DropletId::new(1), action.id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_droplet_grows_and_its_disk_never_shrinks() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let droplets = ocean.droplets();
    let id = running(&ocean, "web-1").await.id;
    let error = droplets.resize(id, "s-2vcpu-4gb", false).await.unwrap_err();
    assert!(error.is_invalid() && error.to_string().contains("powered off"), "{error}");

    droplets.power_off(id).await.unwrap().await.unwrap();
    droplets.resize(id, "s-2vcpu-4gb", false).await.unwrap().await.unwrap();
    let droplet = droplets.get(id).await.unwrap();
    assert_eq!((droplet.memory, droplet.disk, droplet.status), (Some(4096), Some(25), DropletStatus::Off));
    droplets.resize(id, "s-4vcpu-8gb", true).await.unwrap().await.unwrap();
    assert_eq!(droplets.get(id).await.unwrap().disk, Some(160));
    assert!(droplets.resize(id, "s-1vcpu-1gb", false).await.unwrap_err().is_invalid());
    assert!(droplets.resize(id, "s-1000vcpu", false).await.unwrap_err().is_invalid());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_an_image_and_comes_back() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let droplets = ocean.droplets();
    let id = running(&ocean, "web-1").await.id;
    droplets.snapshot(id, "before").await.unwrap().await.unwrap();
    let snapshots = droplets.list_snapshots(id).all().await.unwrap();
    assert_eq!((snapshots.len(), snapshots[0].name.as_deref()), (1, Some("before")));
    assert_eq!(snapshots[0].snapshot_type, Some(DropletSnapshotType::Snapshot));
    let image = snapshots[0].id;
    assert_eq!(droplets.get(id).await.unwrap().snapshot_ids, [image]);

    droplets.restore(id, image).await.unwrap().await.unwrap();
    assert_eq!(droplets.get(id).await.unwrap().image.unwrap().id, image);
    droplets.rebuild(id, "ubuntu-24-04-x64").await.unwrap().await.unwrap();
    assert_eq!(droplets.get(id).await.unwrap().image.unwrap().slug.as_deref(), Some("ubuntu-24-04-x64"));
    assert!(droplets.restore(id, 5.into()).await.unwrap_err().is_invalid());

    let other = NewDroplet::new("web-2", "s-1vcpu-1gb", image).with_region("tor1");
    let other = droplets.create(other).await.unwrap().droplet;
    assert_eq!(other.image.unwrap().name.as_deref(), Some("before"));

    fake.fail_action("snapshot");
    let error = droplets.act(id, DropletAction::Snapshot { name: None }).await.unwrap().await.unwrap_err();
    assert!(error.to_string().contains("errored"), "{error}");
    assert!(!droplets.get(id).await.unwrap().locked);
    assert_eq!(droplets.list_snapshots(id).all().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn backups_follow_their_policy() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let droplets = ocean.droplets();
    let (one, other) = (running(&ocean, "db-1").await.id, running(&ocean, "db-2").await.id);
    let weekly = BackupPolicy::weekly(Weekday::Sunday, 4);
    assert!(droplets.change_backup_policy(one, weekly.clone()).await.unwrap_err().is_invalid());
    assert!(droplets.enable_backups(one, Some(BackupPolicy::daily(5))).await.unwrap_err().is_invalid());

    droplets.enable_backups(one, None).await.unwrap().await.unwrap();
    let settings = droplets.get_backup_settings(one).await.unwrap();
    assert!(settings.backup_enabled && settings.next_backup_window.is_some());
    assert_eq!(settings.backup_policy.unwrap().plan, Some(BackupPlan::Daily));
    droplets.change_backup_policy(one, weekly).await.unwrap().await.unwrap();
    let all = droplets.list_backup_settings().await.unwrap();
    assert_eq!(all[&one].backup_policy.as_ref().unwrap().weekday, Some(Weekday::Sunday));
    assert!(!all[&other].backup_enabled);

    let image = fake.make_backup(one).unwrap();
    let backups = droplets.list_backups(one).all().await.unwrap();
    assert_eq!((backups.len(), backups[0].id), (1, image));
    assert_eq!(backups[0].snapshot_type, Some(DropletSnapshotType::Backup));
    ocean.images().convert(image).await.unwrap().await.unwrap();
    let own = ocean.images().list(ImageFilter::new().with_private(true)).all().await.unwrap();
    assert_eq!(own[0].image_type, Some(ImageType::Snapshot));

    droplets.disable_backups(one).await.unwrap().await.unwrap();
    assert!(!droplets.get_backup_settings(one).await.unwrap().backup_enabled);
    let plans = droplets.list_supported_backup_policies().await.unwrap();
    assert_eq!(plans.iter().map(|plan| plan.name.clone()).collect::<Vec<_>>(), [BackupPlan::Weekly, BackupPlan::Daily]);
}

#[tokio::test(start_paused = true)]
async fn all_of_a_tag_act_at_once() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let droplets = ocean.droplets();
    for name in ["web-1", "web-2"] {
        running(&ocean, name).await;
    }
    let actions = droplets.act_on_tagged("web", BulkAction::PowerOff).await.unwrap();
    assert_eq!(actions.len(), 2);
    for action in actions {
        ocean.actions().follow(action.id).await.unwrap();
    }
    assert!(fake.droplets().iter().all(|droplet| droplet.status == DropletStatus::Off));
    let error = droplets.act_on_tagged(" ", BulkAction::PowerOff).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(error.to_string().contains("tag_name"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn kernels_neighbors_and_firewalls_are_told() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let droplets = ocean.droplets();
    let (one, other) = (running(&ocean, "web-1").await.id, running(&ocean, "web-2").await.id);
    assert_eq!(droplets.list_kernels(one).all().await.unwrap(), []);
    let kernel = |id| Kernel { id, name: Some("old".to_owned()), version: Some("3.13".to_owned()) };
    fake.set_kernels(one, vec![kernel(7515), kernel(7516)]);
    assert_eq!(droplets.list_kernels(one).all().await.unwrap().len(), 2);
    droplets.change_kernel(one, 7516).await.unwrap().await.unwrap();
    assert_eq!(droplets.get(one).await.unwrap().kernel.unwrap().id, 7516);
    assert!(droplets.change_kernel(one, 1).await.unwrap_err().is_invalid());

    assert_eq!(droplets.list_neighbors(one).await.unwrap(), []);
    fake.put_on_one_machine(&[one, other]);
    assert_eq!(droplets.list_neighbors(one).await.unwrap()[0].id, other);

    let ssh = InboundRule::new("tcp", "22", Peers::addresses(["192.0.2.1".to_owned()]));
    let settings = FirewallSettings::new("web").with_tags(["web".to_owned()]).with_inbound_rules(vec![ssh]);
    let firewall = ocean.firewalls().create(settings).await.unwrap();
    assert_eq!(droplets.list_firewalls(one).all().await.unwrap()[0].id, firewall.id);
}

#[tokio::test(start_paused = true)]
async fn a_droplet_goes_with_what_belongs_to_it() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let (droplets, volumes) = (ocean.droplets(), ocean.volumes());
    let id = running(&ocean, "web-1").await.id;
    let volume = volumes.create(NewVolume::new("media", "tor1", 10u64)).await.unwrap().id;
    volumes.attach(&volume, id).await.unwrap().await.unwrap();
    volumes.snapshot(&volume, "media-1", []).await.unwrap();
    droplets.snapshot(id, "web").await.unwrap().await.unwrap();
    let created = ocean.reserved_ips().create(NewReservedIp::for_droplet(id)).await.unwrap();
    ocean.actions().follow(created.action().unwrap()).await.unwrap();

    let all = droplets.list_associated_resources(id).await.unwrap();
    let counts = [&all.reserved_ips, &all.snapshots, &all.volumes, &all.volume_snapshots].map(Vec::len);
    assert_eq!(counts, [1, 1, 1, 1]);
    assert_eq!(all.volumes[0].cost.unwrap().to_string(), "1.00");

    let stranger = ResourceSelection::new().with_volumes(["nobody".to_owned()]);
    assert!(droplets.delete_with_selected(id, stranger).await.unwrap_err().is_invalid());
    fake.fail_destruction(volume.get().as_str());
    let selection = ResourceSelection::new().with_volumes([volume.to_string()]);
    let pending = droplets.delete_with_selected(id, selection).await.unwrap();
    assert_eq!(droplets.delete_with_everything(id).await.unwrap_err().kind(), ErrorKind::Conflict);
    let error = pending.await.unwrap_err();
    assert!(error.to_string().contains("media"), "{error}");
    assert_eq!(droplets.get_delete_status(id).await.unwrap().failures, Some(1));
    // The rest is tried again, by whoever knows the number.
    drop(droplets.retry_delete(id).await.unwrap());
    let status = droplets.follow_delete(id).await.unwrap();
    assert!(status.completed_at.is_some() && status.failures == Some(0));
    assert!(droplets.get(id).await.unwrap_err().is_not_found());
    assert!(volumes.get(&volume).await.unwrap_err().is_not_found());
    assert_eq!(ocean.reserved_ips().list().all().await.unwrap().len(), 1);

    let id = running(&ocean, "web-2").await.id;
    droplets.snapshot(id, "web-2").await.unwrap().await.unwrap();
    droplets.delete_with_everything(id).await.unwrap().await.unwrap();
    let own = ocean.images().list(ImageFilter::new().with_private(true)).all().await.unwrap();
    assert_eq!(own.len(), 1, "the first one's snapshot stays");
}
