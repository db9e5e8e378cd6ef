//! Images, snapshots and volumes against the fake.

use howdah_core::{ErrorKind, Outcome};
use howdah_digitalocean::{
    DigitalOcean,
    actions::ActionStatus,
    droplets::{DropletId, NewDroplet},
    images::{
        AcceptTransfer, ImageFilter, ImageRef, ImageStatus, ImageType, ImageUpdate, NewImage, PublicImages, Recipient,
        TransferId,
    },
    snapshots::{Snapshot, SnapshotFilter, SnapshotId, SnapshotResource},
    testing::FakeDigitalOcean,
    volumes::{NewVolume, VolumeFilter},
};

async fn droplet(ocean: &DigitalOcean, region: &str) -> DropletId {
    let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region(region);
    let created = ocean.droplets().create(new).await.unwrap();
    ocean.droplets().follow(created.droplet.id).await.unwrap().id
}

#[tokio::test(start_paused = true)]
async fn an_image_is_taken_in_and_copied() {
    let fake = FakeDigitalOcean::new();
    let images = fake.client().images();
    let new = NewImage::new("mastodon", "https://example.org/mastodon.qcow2", "tor1")
        .with_distribution("Debian")
        .with_description("front end")
        .with_tags(["web".to_owned()]);
    let taken = images.create(new).await.unwrap();
    assert_eq!((taken.status.clone(), taken.image_type.clone()), (Some(ImageStatus::New), Some(ImageType::Custom)));
    assert!(images.transfer(taken.id, "ams3").await.unwrap_err().is_invalid(), "not before it is there");
    let image = images.follow(taken.id).await.unwrap();
    assert_eq!((image.status, image.min_disk_size), (Some(ImageStatus::Available), Some(20)));

    let action = images.transfer(image.id, "ams3").await.unwrap().await.unwrap();
    assert_eq!(images.get(image.id).await.unwrap().regions.len(), 2);
    assert_eq!(images.list_actions(image.id).all().await.unwrap(), std::slice::from_ref(&action));
    assert_eq!(images.get_action(image.id, action.id).await.unwrap(), action);
    assert!(images.convert(image.id).await.unwrap_err().is_invalid(), "it is no backup");

    let renamed = images.update(image.id, ImageUpdate::new().with_name("front-end")).await.unwrap();
    assert_eq!((renamed.name.as_deref(), renamed.description.as_deref()), (Some("front-end"), Some("front end")));
    let tagged = images.list(ImageFilter::new().with_tag_name("web")).all().await.unwrap();
    assert_eq!(tagged, [renamed]);
    images.delete(image.id).await.unwrap();
    assert!(images.get(image.id).await.unwrap_err().is_not_found());
    let wrong = NewImage::new("x", "ftp://example.org/x", "tor1");
    assert!(images.create(wrong).await.unwrap_err().is_invalid());
}

#[tokio::test(start_paused = true)]
async fn public_images_are_everyones() {
    let images = FakeDigitalOcean::new().client().images();
    let debian = images.get("debian-12-x64").await.unwrap();
    assert_eq!(images.get(debian.id).await.unwrap(), debian);
    assert_eq!(debian.public, Some(true));
    let public = images.list(ImageFilter::new().with_kind(PublicImages::Distribution)).all().await.unwrap();
    assert!(public.contains(&debian));
    let programs = images.list(ImageFilter::new().with_kind("application")).all().await.unwrap();
    assert_eq!(programs, []);
    assert_eq!(images.delete(debian.id).await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!(ImageRef::from(String::from("debian-12-x64")).to_string(), "debian-12-x64");
}

#[tokio::test(start_paused = true)]
async fn an_image_is_offered_to_another_account() {
    let fake = FakeDigitalOcean::new();
    let images = fake.client().images();
    let image = fake.add_snapshot("web", "tor1");
    let to = Recipient::RecipientEmail("eva@example.org".to_owned());
    let offer = images.offer(image, to.clone()).await.unwrap().transfer_id;
    assert!(images.offer(image, to.clone()).await.unwrap_err().is_invalid());
    images.cancel_transfer(image, offer).await.unwrap();
    assert!(images.decline_transfer(image, offer).await.unwrap_err().is_not_found());
    let offer = images.offer(image, Recipient::RecipientUuid("a-team".to_owned())).await.unwrap().transfer_id;
    images.decline_transfer(image, offer).await.unwrap();
    let offer = images.offer(image, to).await.unwrap().transfer_id;
    images.accept_transfer(image, AcceptTransfer::new(offer, "a-team")).await.unwrap();
    assert!(images.cancel_transfer(image, TransferId::new(1)).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn snapshots_of_both_kinds_are_one_list() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let (snapshots, volumes) = (ocean.snapshots(), ocean.volumes());
    let image = fake.add_snapshot("web", "tor1");
    let volume = volumes.create(NewVolume::new("media", "tor1", 10u64)).await.unwrap();
    let of_volume = volumes.snapshot(&volume.id, "media-1", ["nightly".to_owned()]).await.unwrap();
    assert_eq!(snapshots.list(SnapshotFilter::new()).all().await.unwrap().len(), 2);
    let filter = SnapshotFilter::new().with_resource_type(SnapshotResource::Droplet);
    let of_droplets = snapshots.list(filter).all().await.unwrap();
    assert_eq!((of_droplets.len(), of_droplets[0].id.image()), (1, Some(image)));
    assert_eq!(snapshots.get(&SnapshotId::from(image)).await.unwrap(), of_droplets[0]);
    assert_eq!(snapshots.get(&of_volume.id).await.unwrap(), of_volume);
    assert_eq!(of_volume.id.image(), None);

    snapshots.delete(&of_volume.id).await.unwrap();
    snapshots.delete(&SnapshotId::from(image)).await.unwrap();
    assert!(ocean.images().get(image).await.unwrap_err().is_not_found(), "it is the same thing");
    assert!(snapshots.delete(&SnapshotId::new("5")).await.unwrap_err().is_not_found());

    let with_number = r#"{"id": 6372321, "name": "web", "created_at": "2020-07-28T16:47:44Z", "regions": null}"#;
    let decoded: Snapshot = serde_json::from_str(with_number).unwrap();
    assert_eq!((decoded.id.as_str(), decoded.regions.len()), ("6372321", 0));
}

#[tokio::test(start_paused = true)]
async fn a_volume_is_attached_grows_and_goes() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let volumes = ocean.volumes();
    let (here, elsewhere) = (droplet(&ocean, "tor1").await, droplet(&ocean, "ams3").await);
    let new = NewVolume::new("media", "tor1", 10u64)
        .with_description("uploads")
        .with_filesystem_type("ext4")
        .with_filesystem_label("media")
        .with_tags(["nightly".to_owned()]);
    let volume = volumes.create(new).await.unwrap();
    assert_eq!(volumes.get(&volume.id).await.unwrap(), volume);
    assert_eq!(
        volumes.list(VolumeFilter::new().with_name("media")).all().await.unwrap(),
        std::slice::from_ref(&volume)
    );
    assert_eq!(volumes.list(VolumeFilter::new().with_region("ams3")).all().await.unwrap(), []);
    let taken = volumes.create(NewVolume::new("media", "tor1", 10u64)).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    assert!(volumes.create(NewVolume::new("Media", "tor1", 10u64)).await.unwrap_err().is_invalid());
    assert!(volumes.create(NewVolume::new("huge", "tor1", 20_000u64)).await.unwrap_err().is_invalid());

    assert!(volumes.attach(&volume.id, elsewhere).await.unwrap_err().is_invalid());
    let action = volumes.attach(&volume.id, here).await.unwrap();
    assert!(volumes.resize(&volume.id, 20).await.unwrap_err().is_invalid(), "one after the other");
    let action = action.await.unwrap();
    assert_eq!((action.status.clone(), action.resource_id), (ActionStatus::Completed, None));
    assert_eq!(volumes.get(&volume.id).await.unwrap().droplet_ids, [here]);
    assert_eq!(ocean.droplets().get(here).await.unwrap().volume_ids, [volume.id.to_string()]);
    assert_eq!(volumes.delete(&volume.id).await.unwrap_err().kind(), ErrorKind::Conflict);

    volumes.resize(&volume.id, 20).await.unwrap().await.unwrap();
    assert!(volumes.resize(&volume.id, 10).await.unwrap_err().is_invalid(), "it does not shrink");
    volumes.detach_named("media", "tor1", here).await.unwrap().await.unwrap();
    volumes.attach_named("media", "tor1", here).await.unwrap().await.unwrap();
    volumes.detach(&volume.id, here).await.unwrap().await.unwrap();
    assert!(volumes.detach(&volume.id, here).await.unwrap_err().is_invalid());
    let all = volumes.list_actions(&volume.id).all().await.unwrap();
    assert_eq!(all.len(), 5);
    assert_eq!(volumes.get_action(&volume.id, action.id).await.unwrap(), action);

    let snapshot = volumes.snapshot(&volume.id, "media-1", []).await.unwrap();
    assert_eq!(volumes.list_snapshots(&volume.id).all().await.unwrap(), std::slice::from_ref(&snapshot));
    assert_eq!(volumes.get_snapshot(&snapshot.id).await.unwrap(), snapshot);
    let copy = NewVolume::new("copy", "tor1", 20u64).with_snapshot_id(snapshot.id.clone());
    volumes.create(copy).await.unwrap();
    let small = NewVolume::new("small", "tor1", 10u64).with_snapshot_id(snapshot.id.clone());
    assert!(volumes.create(small).await.unwrap_err().is_invalid());
    volumes.delete_snapshot(&snapshot.id).await.unwrap();
    assert!(volumes.get_snapshot(&snapshot.id).await.unwrap_err().is_not_found());

    volumes.delete_named("copy", "tor1").await.unwrap();
    volumes.delete(&volume.id).await.unwrap();
    assert_eq!(volumes.list(VolumeFilter::new()).all().await.unwrap(), []);
    let error = volumes.delete_named("", "tor1").await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
}
