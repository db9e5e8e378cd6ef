//! What was seen, in numbers.

use howdah_core::ErrorKind;
use howdah_uptimerobot::{
    monitors::{
        HttpMonitor,
        stats::{Period, RegionsFilter, ResponseTimeFilter, StatsRegion, TimeFrame, UptimeStatsFilter},
    },
    testing::FakeUptimeRobot,
};
use jiff::Timestamp;

#[tokio::test(start_paused = true)]
async fn a_failure_is_counted() {
    let fake = FakeUptimeRobot::new();
    let monitors = fake.client().monitors();
    let id = monitors.create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await.unwrap().id;
    let stats = monitors.stats();
    assert_eq!(stats.uptime(id, Period::new()).await.unwrap().uptime, Some(100.0));
    fake.set_down(id, "Connection refused");

    let (from, to): (Timestamp, Timestamp) =
        ("2026-11-01T00:00:00Z".parse().unwrap(), "2026-11-08T00:00:00Z".parse().unwrap());
    let seen = stats.uptime(id, Period::new().with_from(from).with_to(to)).await.unwrap();
    assert_eq!((seen.incident_count, seen.from.as_deref()), (Some(1), Some("2026-11-01T00:00:00.000Z")));

    let filter = ResponseTimeFilter::new().with_include_time_series(true).with_region(StatsRegion::All);
    let times = stats.response_time(id, filter.with_from(from).with_to(to)).await.unwrap();
    assert_eq!((times.summary.unwrap().avg, times.time_series.len()), (Some(200.0), 1));
    let regions = stats.response_time_by_region(id, RegionsFilter::new()).await.unwrap();
    assert!(regions.na.is_some() && regions.asia.is_none());

    let all = stats.account(UptimeStatsFilter::new(TimeFrame::Week).with_log_limit(10u32)).await.unwrap();
    assert_eq!((all.total_incidents, all.affected_monitors, all.logs.len()), (Some(1), Some(1), 1));
    let custom = UptimeStatsFilter::new(TimeFrame::Custom);
    assert_eq!(stats.account(custom.clone()).await.unwrap_err().kind(), ErrorKind::Invalid);
    stats.account(custom.with_start(1_700_000_000).with_end(1_700_086_400)).await.unwrap();
}
