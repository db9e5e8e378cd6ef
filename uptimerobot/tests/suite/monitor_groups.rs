//! Monitors that belong together.

use howdah_core::ErrorKind;
use howdah_uptimerobot::{
    monitor_groups::{MonitorGroupId, MonitorGroupName, NewMonitorGroup},
    monitors::{HttpMonitor, MonitorFilter},
    testing::FakeUptimeRobot,
};

#[tokio::test(start_paused = true)]
async fn the_monitors_of_a_group_go_where_they_are_told() {
    let robot = FakeUptimeRobot::new().client();
    let (groups, monitors) = (robot.monitor_groups(), robot.monitors());
    let id = monitors.create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await.unwrap().id;
    let old = groups.create(NewMonitorGroup::new("old").with_monitor_ids(vec![id])).await.unwrap();
    let new = groups.create(NewMonitorGroup::new("new")).await.unwrap();
    let named = groups.update(new.id, MonitorGroupName::new().with_name("web")).await.unwrap();
    assert_eq!(named.name.as_deref(), Some("web"));
    assert_eq!(groups.get(new.id).await.unwrap(), named);
    assert_eq!(groups.list().all().await.unwrap().len(), 2);
    assert_eq!(monitors.list(MonitorFilter::new().with_group_id(old.id)).all().await.unwrap().len(), 1);
    groups.delete(old.id, Some(new.id)).await.unwrap();
    assert_eq!(monitors.get(id).await.unwrap().group_id, Some(new.id));
    groups.delete(new.id, None).await.unwrap();
    assert_eq!(monitors.get(id).await.unwrap().group_id, Some(MonitorGroupId::new(0)));
    assert_eq!(groups.get(new.id).await.unwrap_err().kind(), ErrorKind::NotFound);
}
