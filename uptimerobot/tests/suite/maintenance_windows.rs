//! Times in which nobody is told.

use howdah_core::{Clock, ErrorKind};
use howdah_uptimerobot::{
    maintenance_windows::{MaintenanceInterval, MaintenanceStatus, MaintenanceWindowUpdate, NewMaintenanceWindow},
    monitors::HttpMonitor,
    testing::{FakeUptimeRobot, Plan},
};
use jiff::civil::{date, time};

fn window(name: &str, interval: MaintenanceInterval) -> NewMaintenanceWindow {
    NewMaintenanceWindow::new(name, interval, date(2026, 12, 1), time(3, 0, 0, 0), 30u32)
}

#[tokio::test(start_paused = true)]
async fn windows_come_change_and_go() {
    let robot = FakeUptimeRobot::new().client();
    let windows = robot.maintenance_windows();
    let id = robot.monitors().create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await.unwrap().id;
    let once = windows.create(window("updates", MaintenanceInterval::Once).with_monitor_ids(vec![id])).await.unwrap();
    assert_eq!((once.date.as_deref(), once.time.as_deref()), (Some("2026-12-01"), Some("03:00:00")));
    assert_eq!(robot.monitors().get(id).await.unwrap().maintenance_windows.len(), 1);

    let weekly = window("weekly", MaintenanceInterval::Weekly).with_days(vec![2i8, 5]).with_auto_add_monitors(true);
    let weekly = windows.create(weekly).await.unwrap();
    assert_eq!((weekly.days, weekly.monitor_ids), (vec![2, 5], vec![id]));

    let update = MaintenanceWindowUpdate::new()
        .with_name("longer")
        .with_duration(60u32)
        .with_time(time(4, 30, 0, 0))
        .with_status(MaintenanceStatus::Paused)
        .with_monitor_ids(Vec::new());
    let changed = windows.update(once.id, update).await.unwrap();
    assert_eq!((changed.duration, changed.status), (Some(60.0), Some(MaintenanceStatus::Paused)));
    assert!(changed.monitor_ids.is_empty());
    assert_eq!(windows.list().all().await.unwrap().len(), 2);
    windows.delete(once.id).await.unwrap();
    assert_eq!(windows.get(once.id).await.unwrap_err().kind(), ErrorKind::NotFound);
    windows.get(weekly.id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let windows = FakeUptimeRobot::new().client().maintenance_windows();
    let error = windows.create(window("up", MaintenanceInterval::Weekly)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let fields: Vec<_> = error.fields().iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["name", "days"]);
    let free = FakeUptimeRobot::of(Plan::FREE, Clock::system()).client().maintenance_windows();
    let error = free.create(window("updates", MaintenanceInterval::Once)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PlanRequired, Some("000-003")));
}
