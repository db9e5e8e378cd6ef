//! Tags, projects, uptime checks and keys to Spaces against the fake.

use howdah_core::{ErrorKind, testing::Fault};
use howdah_digitalocean::{
    databases::NewDatabase,
    droplets::NewDroplet,
    projects::{Environment, NewProject, ProjectUpdate, ReplacedProject, ResourceStatus},
    spaces_keys::{Grant, NewSpacesKey, Permission, SpacesKeyFilter, SpacesKeyUpdate},
    tags::{ResourceType, TaggedResource},
    testing::FakeDigitalOcean,
    uptime::{
        AlertSettings, AlertType, CheckRegion, CheckType, CheckUpdate, Comparison, NewCheck, Notifications, Period,
        RegionStatus, SlackChannel,
    },
    volumes::NewVolume,
};

#[tokio::test(start_paused = true)]
async fn tags_are_on_things_of_every_kind() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let tags = ocean.tags();
    let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1");
    let droplet = ocean.droplets().create(new).await.unwrap().droplet.id;
    let image = fake.add_snapshot("web", "tor1");
    let volume = ocean.volumes().create(NewVolume::new("media", "tor1", 10u64)).await.unwrap().id;
    let snapshot = ocean.volumes().snapshot(&volume, "media-1", []).await.unwrap().id;
    let new = NewDatabase::new("mastodon", "pg", 1u32, "db-s-1vcpu-1gb", "tor1");
    let database = ocean.databases().create(new).await.unwrap().id;

    tags.create("Production").await.unwrap();
    // The same in other letters.
    assert_eq!(tags.create("production").await.unwrap().name, "Production");
    assert!(tags.create("no spaces").await.unwrap_err().is_invalid());
    let all = [
        TaggedResource::new(ResourceType::Droplet, droplet),
        TaggedResource::new(ResourceType::Image, image),
        TaggedResource::new(ResourceType::Volume, &volume),
        TaggedResource::new(ResourceType::VolumeSnapshot, &snapshot),
        TaggedResource::new(ResourceType::Database, &database),
    ];
    tags.tag("production", all.clone()).await.unwrap();
    let counts = tags.get("production").await.unwrap().resources.unwrap();
    assert_eq!((counts.count, counts.databases.unwrap().count), (Some(5), Some(1)));
    tags.untag("production", &all[..1]).await.unwrap();
    assert_eq!(tags.get("production").await.unwrap().resources.unwrap().droplets.unwrap().count, Some(0));
    assert_eq!(ocean.volumes().get(&volume).await.unwrap().tags, ["Production"]);
    assert_eq!(tags.list().all().await.unwrap().len(), 1);
    let stranger = TaggedResource::new("kubernetes", 1);
    assert_eq!(tags.tag("production", [stranger]).await.unwrap_err().kind(), ErrorKind::Invalid);
    tags.delete("production").await.unwrap();
    assert!(ocean.volumes().get(&volume).await.unwrap().tags.is_empty());
    assert!(tags.get("production").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn projects_hold_what_is_moved_into_them() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let projects = ocean.projects();
    let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1");
    let droplet = format!("do:droplet:{}", ocean.droplets().create(new).await.unwrap().droplet.id);
    let default = projects.default_project().await.unwrap();
    assert_eq!(default.is_default, Some(true));
    assert_eq!(projects.list_default_resources().all().await.unwrap()[0].urn, droplet);

    let new = NewProject::new("mastodon", "a Mastodon instance").with_environment(Environment::Staging);
    let project = projects.create(new.clone()).await.unwrap();
    assert_eq!(project.purpose.as_deref(), Some("Other: a Mastodon instance"));
    assert_eq!(projects.create(new).await.unwrap_err().kind(), ErrorKind::Conflict);
    let moved = projects.assign(&project.id, [droplet.clone(), "do:droplet:1".to_owned()]).await.unwrap();
    let statuses: Vec<_> = moved.iter().map(|resource| resource.status.clone().unwrap()).collect();
    assert_eq!(statuses, [ResourceStatus::Assigned, ResourceStatus::NotFound]);
    assert_eq!(projects.list_resources(&project.id).all().await.unwrap().len(), 1);
    let error = projects.delete(&project.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Precondition);
    projects.assign_to_default([droplet.clone()]).await.unwrap();
    assert_eq!(projects.list_default_resources().all().await.unwrap().len(), 1);

    let updated = projects.update(&project.id, ProjectUpdate::new().with_environment("Production")).await.unwrap();
    assert_eq!((updated.environment, updated.name.as_str()), (Some(Environment::Production), "mastodon"));
    let whole = ReplacedProject::new("vmst.io", "all of it", "Web Application", "Production", false);
    assert_eq!(projects.replace(&project.id, whole.clone()).await.unwrap().name, "vmst.io");
    assert_eq!(projects.get(&project.id).await.unwrap().description.as_deref(), Some("all of it"));
    let update = ProjectUpdate::new().with_description("the rest");
    assert_eq!(projects.update_default(update).await.unwrap().description.as_deref(), Some("the rest"));
    let whole = ReplacedProject::new("rest", "the rest", "IoT", "Development", true);
    assert_eq!(projects.replace_default(whole).await.unwrap().purpose.as_deref(), Some("IoT"));
    projects.delete(&project.id).await.unwrap();
    assert_eq!(projects.list().all().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_check_sees_an_outage_and_alerts_are_kept() {
    let fake = FakeDigitalOcean::new();
    let uptime = fake.client().uptime();
    let regions = vec![CheckRegion::UsEast, CheckRegion::SeAsia];
    let new = NewCheck::new("web", CheckType::Https, "https://vmst.io/health", regions, true);
    let check = uptime.create(new).await.unwrap();
    assert_eq!(uptime.get(&check.id).await.unwrap(), check);
    assert_eq!(uptime.list().all().await.unwrap(), std::slice::from_ref(&check));
    let update = CheckUpdate::new().with_target("http://vmst.io");
    assert!(uptime.update(&check.id, update).await.unwrap_err().is_invalid());
    let update = CheckUpdate::new().with_name("front").with_enabled(false);
    assert_eq!(uptime.update(&check.id, update).await.unwrap().name.as_deref(), Some("front"));

    fake.set_up(&check.id, false);
    let state = uptime.state(&check.id).await.unwrap();
    assert_eq!(state.regions["se_asia"].status, Some(RegionStatus::Down));
    fake.set_up(&check.id, true);
    let state = uptime.state(&check.id).await.unwrap();
    assert_eq!(state.regions["us_east"].status, Some(RegionStatus::Up));
    assert_eq!(state.previous_outage.unwrap().region.as_deref(), Some("us_east"));

    let slack = SlackChannel { channel: "ops".to_owned(), url: "https://hooks.slack.com/services/T/B/x".into() };
    let told = Notifications { email: vec!["ops@vmst.io".to_owned()], slack: vec![slack] };
    assert!(!format!("{told:?}").contains("hooks"));
    let slow = AlertSettings::new("slow", AlertType::Latency, Period::FiveMinutes, told.clone());
    assert!(uptime.create_alert(&check.id, slow.clone()).await.unwrap_err().is_invalid(), "than what?");
    let slow = slow.with_threshold(300u64).with_comparison(Comparison::GreaterThan);
    let alert = uptime.create_alert(&check.id, slow.clone()).await.unwrap();
    assert_eq!(uptime.alert(&check.id, &alert.id).await.unwrap().threshold, Some(300));
    let slower = slow.with_threshold(500u64);
    assert_eq!(uptime.update_alert(&check.id, &alert.id, slower).await.unwrap().threshold, Some(500));
    assert_eq!(uptime.list_alerts(&check.id).all().await.unwrap().len(), 1);
    uptime.delete_alert(&check.id, &alert.id).await.unwrap();
    assert!(uptime.alert(&check.id, &alert.id).await.unwrap_err().is_not_found());
    uptime.delete(&check.id).await.unwrap();
    assert!(uptime.state(&check.id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn the_secret_of_a_key_is_told_once() {
    let fake = FakeDigitalOcean::new();
    let keys = fake.client().spaces_keys();
    let grants = vec![Grant::new("media", Permission::Readwrite), Grant::new("backups", Permission::Read)];
    let key = keys.create(NewSpacesKey::new("mastodon", grants.clone())).await.unwrap();
    let secret = key.secret_key.as_ref().unwrap();
    assert!(!secret.expose().is_empty() && !format!("{key:?}").contains(secret.expose()));
    let read = keys.get(&key.access_key).await.unwrap();
    assert_eq!((read.secret_key, &read.grants), (None, &grants));
    let full = NewSpacesKey::new("all", vec![Grant::full_access()]);
    keys.create(full).await.unwrap();
    let mixed = vec![Grant::full_access(), Grant::new("media", "read")];
    assert!(keys.create(NewSpacesKey::new("mixed", mixed)).await.unwrap_err().is_invalid());

    let filter = SpacesKeyFilter::new().with_bucket("media");
    assert_eq!(keys.list(filter).all().await.unwrap().len(), 1);
    let filter = SpacesKeyFilter::new().with_sort("name").with_sort_direction("desc");
    let names: Vec<_> = keys.list(filter).all().await.unwrap().into_iter().filter_map(|key| key.name).collect();
    assert_eq!(names, ["mastodon", "all"]);
    let half = SpacesKeyFilter::new().with_sort("name");
    assert!(keys.list(half).all().await.unwrap_err().is_invalid());

    let updated = keys.update(&key.access_key, SpacesKeyUpdate::new("instance")).await.unwrap();
    assert_eq!(updated.name.as_deref(), Some("instance"));
    let replaced = keys.replace(&key.access_key, SpacesKeyUpdate::new("vmst.io")).await.unwrap();
    assert_eq!(replaced.name.as_deref(), Some("vmst.io"));
    fake.world().fail_next(Fault::Lost { applied: true });
    keys.delete(&key.access_key).await.unwrap();
    assert!(keys.get(&key.access_key).await.unwrap_err().is_not_found());
}
