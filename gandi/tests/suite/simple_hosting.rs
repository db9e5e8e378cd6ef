//! Simple Hosting against the fake.

use howdah_core::{ErrorKind, Outcome, testing::Fault};
use howdah_gandi::{
    simple_hosting::{
        InstanceAction, InstanceChange, InstanceId, LinkedDnsZone, NewInstance, NewVhost, SimpleHosting,
        VhostApplication, VhostChange,
    },
    testing::FakeGandi,
};

const SITE: &str = "www.example.org";

async fn with_instance() -> (FakeGandi, SimpleHosting, InstanceId) {
    let fake = FakeGandi::new();
    let hosting = fake.client().simple_hosting();
    let accepted = hosting.create(NewInstance::new("web", "s").with_language("php")).await.unwrap();
    let id = InstanceId::new(accepted.id().unwrap().to_owned());
    (fake, hosting, id)
}

fn wordpress() -> VhostApplication {
    VhostApplication { name: "wordpress".to_owned() }
}

#[tokio::test(start_paused = true)]
async fn applications_are_listed() {
    let hosting = FakeGandi::new().client().simple_hosting();
    let all = hosting.list_applications().all().await.unwrap();
    let id = all[0].id.clone().unwrap();
    assert_eq!(hosting.application(&id).await.unwrap(), all[0]);
    assert_eq!(all[0].name.as_deref(), Some("wordpress"));
    assert!(hosting.application("99").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn an_instance_lives() {
    let (fake, hosting, id) = with_instance().await;
    let instance = hosting.get(&id).await.unwrap();
    assert_eq!((instance.name.as_deref(), instance.size.as_deref()), (Some("web"), Some("s")));
    assert_eq!(hosting.list().all().await.unwrap(), [instance]);

    hosting.update(&id, InstanceChange::new().with_size("m")).await.unwrap();
    let instance = hosting.get(&id).await.unwrap();
    assert_eq!((instance.name.as_deref(), instance.size.as_deref()), (Some("web"), Some("m")));
    let wrong = hosting.update(&id, InstanceChange::new().with_size("tiny")).await.unwrap_err();
    assert_eq!(wrong.fields()[0].field, "size");

    hosting.act(&id, InstanceAction::Reboot).await.unwrap();
    hosting.act(&id, InstanceAction::ResetDatabasePassword).await.unwrap();
    assert_eq!(fake.instance_actions(&id), [InstanceAction::Reboot, InstanceAction::ResetDatabasePassword]);
    let unknown = hosting.act(&id, InstanceAction::from("dance")).await.unwrap_err();
    assert_eq!(unknown.fields()[0].field, "action");

    hosting.delete(&id).await.unwrap();
    assert!(hosting.get(&id).await.unwrap_err().is_not_found());
    assert!(hosting.delete(&id).await.unwrap_err().is_not_found());
    assert!(hosting.act(&id, InstanceAction::Console).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_tried_before_it_is_bought() {
    let (fake, hosting, _) = with_instance().await;
    assert!(hosting.check_create(NewInstance::new("other", "s")).await.unwrap().is_accepted());
    for (wanted, field) in [(NewInstance::new("web", "s"), "name"), (NewInstance::new("other", "tiny"), "size")] {
        let tried = hosting.check_create(wanted.clone()).await.unwrap();
        assert_eq!((tried.is_accepted(), tried.errors[0].name.as_deref()), (false, Some(field)));
        let error = hosting.create(wanted).await.unwrap_err();
        assert_eq!((error.kind(), error.fields()[0].field.as_str()), (ErrorKind::Invalid, field));
    }
    assert_eq!(hosting.list().all().await.unwrap().len(), 1);

    fake.world().fail_next(Fault::Lost { applied: true });
    let lost = hosting.create(NewInstance::new("other", "s")).await.unwrap_err();
    assert_eq!((lost.outcome(), lost.attempts()), (Outcome::Unknown, 1));
    assert_eq!(hosting.list().all().await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_virtual_host_lives() {
    let (fake, hosting, id) = with_instance().await;
    let zone = LinkedDnsZone { allow_alteration: true, allow_alteration_override: false };
    hosting.create_vhost(&id, NewVhost::new(SITE).with_linked_dns_zone(zone)).await.unwrap();
    let vhost = hosting.vhost(&id, SITE).await.unwrap();
    assert_eq!((vhost.fqdn.as_str(), vhost.status.as_deref()), (SITE, Some("running")));
    assert_eq!(hosting.list_vhosts(&id).all().await.unwrap(), [vhost]);

    hosting.update_vhost(&id, SITE, VhostChange::new().with_application(wordpress())).await.unwrap();
    assert_eq!(fake.vhost_application(&id, SITE).as_deref(), Some("wordpress"));
    let other = VhostApplication { name: "solitaire".to_owned() };
    let wrong = hosting.update_vhost(&id, SITE, VhostChange::new().with_application(other)).await.unwrap_err();
    assert_eq!(wrong.fields()[0].field, "application");

    hosting.delete_vhost(&id, SITE).await.unwrap();
    assert!(hosting.vhost(&id, SITE).await.unwrap_err().is_not_found());
    assert!(hosting.update_vhost(&id, SITE, VhostChange::new()).await.unwrap_err().is_not_found());
    assert!(hosting.delete_vhost(&id, SITE).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_name_is_served_by_one_instance() {
    let (_, hosting, first) = with_instance().await;
    let accepted = hosting.create(NewInstance::new("second", "s")).await.unwrap();
    let second = InstanceId::new(accepted.id().unwrap().to_owned());
    hosting.create_vhost(&first, NewVhost::new(SITE)).await.unwrap();
    let taken = hosting.create_vhost(&second, NewVhost::new(SITE)).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    hosting.create_vhost(&second, NewVhost::new(SITE).with_override(true)).await.unwrap();
    assert_eq!(hosting.list_vhosts(&first).all().await.unwrap(), []);
    assert_eq!(hosting.list_vhosts(&second).all().await.unwrap().len(), 1);
}
