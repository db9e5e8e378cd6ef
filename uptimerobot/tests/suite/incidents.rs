//! What failed, and what is said about it.

use howdah_core::ErrorKind;
use howdah_uptimerobot::{
    incidents::{ActivityType, CommentText, DeliveryStatus, IncidentFilter, IncidentStatus},
    monitors::HttpMonitor,
    testing::FakeUptimeRobot,
};
use jiff::Timestamp;

#[tokio::test(start_paused = true)]
async fn an_incident_is_found_spoken_of_and_resolved() {
    let fake = FakeUptimeRobot::new();
    let robot = fake.client();
    let id = robot.monitors().create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await.unwrap().id;
    fake.set_down(id, "Connection timeout");
    let incidents = robot.incidents();
    let filter = IncidentFilter::new()
        .with_monitor_id(id)
        .with_monitor_name("si")
        .with_started_after("2020-01-01T00:00:00Z".parse::<Timestamp>().unwrap())
        .with_started_before("2100-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let found = incidents.list(filter).all().await.unwrap();
    let [incident] = &found[..] else { panic!("{found:?}") };
    assert_eq!((incident.status.clone(), incident.cause), (Some(IncidentStatus::Ongoing), Some(333_333)));
    let id_of_18_digits = &incident.id;
    assert_eq!(id_of_18_digits.get().len(), 18);

    let said = CommentText::new("We are on it.").with_publish_on_status_page(true);
    assert_eq!(incidents.create_comment(id_of_18_digits, said).await.unwrap(), None);
    let comment = incidents.list_comments(id_of_18_digits).all().await.unwrap().remove(0);
    assert_eq!(comment.comment.as_deref(), Some("We are on it."));
    let mended = CommentText::new("It is mended.");
    let mended = incidents.update_comment(id_of_18_digits, comment.id, mended).await.unwrap();
    assert_eq!(mended.publish_on_status_page, Some(true));

    let log = incidents.activity_log(id_of_18_digits).await.unwrap();
    assert!(log.iter().any(|activity| activity.activity_type == Some(ActivityType::Comment)));
    let alerts = incidents.alerts(id_of_18_digits).await.unwrap();
    assert_eq!(alerts[0].status, Some(DeliveryStatus::Success));

    incidents.delete_comment(id_of_18_digits, comment.id).await.unwrap();
    let gone = incidents.delete_comment(id_of_18_digits, comment.id).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    fake.set_up(id);
    assert_eq!(incidents.get(id_of_18_digits).await.unwrap().status, Some(IncidentStatus::Resolved));
}

#[tokio::test(start_paused = true)]
async fn many_incidents_are_paged_by_their_long_numbers() {
    let fake = FakeUptimeRobot::new();
    let robot = fake.client();
    let id = robot.monitors().create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await.unwrap().id;
    for _ in 0..120 {
        fake.set_down(id, "Connection timeout");
        fake.set_up(id);
    }
    let all = robot.incidents().list(IncidentFilter::new()).all().await.unwrap();
    assert_eq!(all.len(), 120);
    assert!(all.windows(2).all(|pair| pair[0].id.get() > pair[1].id.get()));
}
