//! Droplets against the fake.

use howdah_core::{Outcome, testing::Fault};
use howdah_digitalocean::{
    actions::ActionStatus,
    droplets::{DropletFilter, DropletStatus, NewDroplet, NewDroplets},
    testing::FakeDigitalOcean,
};

fn web(name: &str) -> NewDroplet {
    NewDroplet::new(name, "s-1vcpu-1gb", "debian-12-x64").with_region("tor1")
}

#[tokio::test(start_paused = true)]
async fn a_droplet_lives() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let droplets = ocean.droplets();
    let new = web("web-1").with_tags(["web".to_owned()]).with_ipv6(true).with_monitoring(true);
    let created = droplets.create(new).await.unwrap();
    assert_eq!(created.droplet.status, DropletStatus::New);
    assert!(created.droplet.locked && created.droplet.networks.v4.is_empty());

    let action = ocean.actions().follow(created.action().unwrap()).await.unwrap();
    assert_eq!((action.status.clone(), action.resource_id), (ActionStatus::Completed, Some(*created.droplet.id.get())));
    let droplet = droplets.follow(created.droplet.id).await.unwrap();
    assert!(droplet.public_v4().is_some() && droplet.private_v4().is_some() && droplet.networks.v6.len() == 1);
    assert_eq!(droplets.get(droplet.id).await.unwrap(), droplet);
    assert_eq!(ocean.actions().list().all().await.unwrap(), [action]);

    droplets.delete(droplet.id).await.unwrap();
    assert!(droplets.get(droplet.id).await.unwrap_err().is_not_found());
    assert!(droplets.delete(droplet.id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn several_come_at_once_and_go_by_their_tag() {
    let fake = FakeDigitalOcean::new();
    let droplets = fake.client().droplets();
    let names = ["web-1".to_owned(), "web-2".to_owned()];
    let new = NewDroplets::new(names, "s-1vcpu-1gb", "debian-12-x64").with_tags(["web".to_owned()]);
    let created = droplets.create_several(new).await.unwrap();
    assert_eq!((created.droplets.len(), created.links.actions.len()), (2, 2));
    droplets.create(web("db-1")).await.unwrap();

    let tagged = droplets.list(DropletFilter::new().with_tag_name("web")).all().await.unwrap();
    assert_eq!(tagged.len(), 2);
    let database = droplets.list(DropletFilter::new().with_name("DB-1")).all().await.unwrap();
    assert_eq!(database.len(), 1);

    let error = droplets.delete_tagged(" ").await.unwrap_err();
    assert_eq!((error.outcome(), fake.droplets().len()), (Outcome::NotSent, 3));
    droplets.delete_tagged("web").await.unwrap();
    let left: Vec<_> = fake.droplets().into_iter().map(|droplet| droplet.name).collect();
    assert_eq!(left, ["db-1"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let fake = FakeDigitalOcean::new();
    let droplets = fake.client().droplets();
    let wrong = [
        web("under_score"),
        web(""),
        NewDroplet::new("a", "s-0vcpu", "debian-12-x64"),
        NewDroplet::new("a", "s-1vcpu-1gb", "plan-9"),
        web("a").with_region("mars1"),
        web("a").with_ssh_keys([7.into()].map(howdah_digitalocean::ssh_keys::SshKeyRef::Id)),
        web("a").with_vpc_uuid("nowhere"),
        web("a").with_ipv6(true).with_public_networking(false),
        web("a").with_tags(["a b".to_owned()]),
    ];
    for new in wrong {
        let error = droplets.create(new.clone()).await.unwrap_err();
        assert!(error.is_invalid(), "{new:?}: {error}");
    }
    fake.set_droplet_limit(0);
    assert!(droplets.create(web("a")).await.unwrap_err().is_invalid());
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_answer_is_lost_is_not_repeated() {
    let fake = FakeDigitalOcean::new();
    let droplets = fake.client().droplets();
    fake.world().fail_next(Fault::Lost { applied: true });
    let error = droplets.create(web("web-1")).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    assert_eq!(fake.droplets().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_fails_says_so() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    fake.fail_action("create");
    let created = ocean.droplets().create(web("web-1")).await.unwrap();
    let error = ocean.actions().follow(created.action().unwrap()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
    assert!(error.to_string().contains("create"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn all_pages_come_and_in_order() {
    let fake = FakeDigitalOcean::new();
    fake.set_droplet_limit(1000);
    let droplets = fake.client().droplets();
    for number in 0..450 {
        droplets.create(web(&format!("web-{number}"))).await.unwrap();
    }
    let before = fake.world().requests();
    let all = droplets.list(DropletFilter::new()).all().await.unwrap();
    assert_eq!(fake.world().requests() - before, 3);
    let names: Vec<_> = all.iter().map(|droplet| droplet.name.clone()).collect();
    let expected: Vec<_> = (0..450).map(|number| format!("web-{number}")).collect();
    assert_eq!(names, expected);
    let refused = fake.world().journal().iter().filter(|exchange| exchange.status == 429).count();
    assert_eq!(refused, 0);
}

#[test]
fn what_cloud_init_is_given_is_not_shown() {
    let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_user_data("password: hunter2");
    assert!(!format!("{new:?}").contains("hunter2"));
    assert!(serde_json::to_string(&new).unwrap().contains("hunter2"));
}
