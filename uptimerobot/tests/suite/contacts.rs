//! Who is told, and whose account it is.

use howdah_core::ErrorKind;
use howdah_uptimerobot::{
    alert_contacts::{
        AlertContact, AlertContactStatus, AlertContactType, AlertContactUpdate, NewAlertContact, NotificationsFor,
    },
    testing::FakeUptimeRobot,
};
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn contacts_come_change_and_go() {
    let robot = FakeUptimeRobot::new().client();
    let contacts = robot.alert_contacts();
    let new = NewAlertContact::email("ada@example.com")
        .with_friendly_name("Ada")
        .with_enable_notifications_for(NotificationsFor::Down);
    let ada = contacts.create(new).await.unwrap();
    assert_eq!(
        (ada.status.clone(), ada.contact_type.clone()),
        (Some(AlertContactStatus::NotActivated), Some(AlertContactType::Email))
    );
    let update = AlertContactUpdate::new()
        .with_enable_notifications_for(NotificationsFor::UpAndDown)
        .with_is_active(true)
        .with_ssl_expiration_reminder(true);
    let ada = contacts.update(ada.id, update).await.unwrap();
    assert_eq!(ada.status, Some(AlertContactStatus::Active));
    assert_eq!(contacts.list().all().await.unwrap().len(), 2);
    assert_eq!(robot.user().alert_contacts().await.unwrap().len(), 2);
    assert_eq!(robot.user().all_alert_contacts().await.unwrap()[0].alert_contacts.len(), 2);
    contacts.delete(ada.id).await.unwrap();
    assert_eq!(contacts.get(ada.id).await.unwrap_err().kind(), ErrorKind::NotFound);
    let owner = contacts.list().all().await.unwrap().remove(0);
    assert_eq!(contacts.get(owner.id).await.unwrap(), owner);
    let me = robot.user().me().await.unwrap();
    assert_eq!((me.monitors_count, me.monitor_limit), (Some(0), Some(100)));
    let nobody = contacts.create(NewAlertContact::email("nobody")).await.unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::Invalid);
}

#[test]
fn a_contact_is_read_however_it_is_written() {
    let by_numbers = json!({ "id": "0123456", "type": 2, "status": 1, "enableNotificationsFor": 3 });
    let by_numbers: AlertContact = serde_json::from_value(by_numbers).unwrap();
    assert_eq!(*by_numbers.id.get(), 123_456);
    assert_eq!(by_numbers.contact_type, Some(AlertContactType::Email));
    assert_eq!(by_numbers.status, Some(AlertContactStatus::Paused));
    assert_eq!(by_numbers.enable_notifications_for, Some(NotificationsFor::None));
    let unknown: AlertContact = serde_json::from_value(json!({ "id": 7, "type": 99, "status": "Napping" })).unwrap();
    assert_eq!(unknown.contact_type, Some(AlertContactType::Other("99".into())));
    assert_eq!(unknown.status, Some(AlertContactStatus::Other("Napping".into())));
}
