//! The conformance suite, and what it cannot know of UptimeRobot.

use std::time::Duration;

use howdah_core::{
    Clock, ErrorKind,
    monitor::{Check, CheckState, CheckSubject, MaintenanceWindow, Monitor, StatusPage},
    testing::{
        Fault,
        conformance::monitor::{self, Subject},
    },
};
use howdah_uptimerobot::{
    UptimeRobotMonitor,
    maintenance_windows::{MaintenanceInterval, NewMaintenanceWindow},
    monitors::PingMonitor,
    psps::NewPsp,
    testing::{FakeUptimeRobot, Plan},
};
use jiff::{
    Timestamp,
    civil::{date, time},
    tz::{TimeZone, offset},
};

struct Of(UptimeRobotMonitor);

impl Subject for Of {
    fn monitor(&self) -> &dyn Monitor {
        &self.0
    }
}

fn site() -> Check {
    Check::new("site", CheckSubject::Http { url: "https://vmst.io/health".into() })
}

#[tokio::test(start_paused = true)]
async fn conforms() {
    let robot = FakeUptimeRobot::new().client();
    monitor::run_all(&Of(UptimeRobotMonitor::new(robot))).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn conforms_although_readings_lag() {
    let fake = FakeUptimeRobot::new();
    fake.set_lag(Duration::from_secs(5));
    monitor::run_all(&Of(UptimeRobotMonitor::new(fake.client()))).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_made_twice_although_its_answer_was_lost() {
    let fake = FakeUptimeRobot::new();
    let monitor = UptimeRobotMonitor::new(fake.client());
    let window = MaintenanceWindow::new("updates", "2026-12-01T03:00:00Z".parse().unwrap(), Duration::from_secs(1800));
    fake.world().fail_next(Fault::Lost { applied: true });
    let made = monitor.create_check(&site()).await.unwrap();
    fake.world().fail_next(Fault::Lost { applied: true });
    monitor.create_window(&window).await.unwrap();
    fake.world().fail_next(Fault::Lost { applied: true });
    monitor.create_page(&StatusPage::new("vmst.io", [&made.id])).await.unwrap();
    let counts = (
        monitor.checks().await.unwrap().len(),
        monitor.windows().await.unwrap().len(),
        monitor.pages().await.unwrap().len(),
    );
    assert_eq!(counts, (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_described_is_told_and_nothing_more() {
    let fake = FakeUptimeRobot::new();
    let robot = fake.client();
    let ping = robot.monitors().create(PingMonitor::new("ping", 60u32, "vmst.io", 5u32)).await.unwrap();
    let weekly =
        NewMaintenanceWindow::new("weekly", MaintenanceInterval::Weekly, date(2026, 12, 1), time(3, 0, 0, 0), 30u32);
    robot.maintenance_windows().create(weekly.with_days(vec![1i8])).await.unwrap();
    robot.psps().create(NewPsp::new("all").with_auto_add_monitors(true)).await.unwrap();
    let monitor = UptimeRobotMonitor::from(robot);
    fake.set_down(ping.id, "no answer");
    let held = monitor.checks().await.unwrap().remove(0);
    assert_eq!((held.name.as_str(), held.check, held.state), ("ping", None, CheckState::Down));
    assert_eq!(monitor.windows().await.unwrap()[0].window, None);
    let page = monitor.pages().await.unwrap().remove(0);
    assert!(page.shows_all && page.page.checks.is_empty());
    let single = StatusPage::new("one", [&held.id]);
    let page = monitor.update_page(&page.id, &single).await.unwrap();
    assert!(!page.shows_all && page.page == single);
}

#[tokio::test(start_paused = true)]
async fn windows_are_written_in_the_accounts_time_zone() {
    let fake = FakeUptimeRobot::new();
    let toronto = TimeZone::fixed(offset(-5));
    let monitor = UptimeRobotMonitor::new(fake.client()).with_time_zone(toronto);
    let begins: Timestamp = "2026-12-01T03:00:00Z".parse().unwrap();
    let window = MaintenanceWindow::new("updates", begins, Duration::from_secs(1800));
    let held = monitor.create_window(&window).await.unwrap();
    assert_eq!(held.window, Some(window));
    let written = fake.client().maintenance_windows().list().all().await.unwrap().remove(0);
    assert_eq!((written.date.as_deref(), written.time.as_deref()), (Some("2026-11-30"), Some("22:00:00")));
}

#[tokio::test(start_paused = true)]
async fn what_the_plan_does_not_include_is_told() {
    let fake = FakeUptimeRobot::of(Plan::FREE, Clock::system());
    let monitor = UptimeRobotMonitor::new(fake.client());
    assert_eq!(monitor.create_check(&site()).await.unwrap_err().kind(), ErrorKind::PlanRequired);
    let page = StatusPage::new("vmst.io", [""; 0]).with_domain("status.vmst.io");
    assert_eq!(monitor.create_page(&page).await.unwrap_err().kind(), ErrorKind::PlanRequired);
    assert!(!monitor.capabilities().pages.unwrap().certificate);
}
