//! What is looked at: every kind, every change, and readings that lag behind.

use std::{collections::BTreeMap, time::Duration};

use howdah_core::{Clock, ErrorKind, Outcome, Secret, http::Call, testing::Fault};
use howdah_uptimerobot::{
    monitor_groups::{MonitorGroupId, NewMonitorGroup},
    monitors::{
        ApiAssertions, ApiConfig, ApiMonitor, AssertionCheck, AssignedAlertContact, AuthType, Comparison, DnsConfig,
        DnsMonitor, DnsRecords, HeartbeatMonitor, HttpConfig, HttpMethodType, HttpMonitor, IpConfig, IpVersion,
        KeywordCaseType, KeywordMonitor, KeywordType, Logic, Monitor, MonitorConfigUpdate, MonitorFilter,
        MonitorStatus, MonitorType, MonitorUpdate, Monitors, PingMonitor, PortMonitor, PostValueType, Region,
        RegionData, UdpConfig, UdpFields, UdpMonitor, Viewport, VisualComparison, VisualComparisonMonitor,
        VisualConfig,
        bulk::{BulkUpdate, Selection},
        storm_protection::{StormProtectionUpdate, ThresholdType},
    },
    testing::{FakeUptimeRobot, KEY, Plan},
};
use serde_json::json;

fn site(name: &str) -> HttpMonitor {
    HttpMonitor::new(name, 60u32, format!("https://{name}"), 30u32)
}

async fn made(monitors: &Monitors, name: &str) -> Monitor {
    monitors.create(site(name)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_kind_is_made() {
    let robot = FakeUptimeRobot::new().client();
    let monitors = robot.monitors();
    let group = robot.monitor_groups().create(NewMonitorGroup::new("web")).await.unwrap();
    let owner = robot.user().alert_contacts().await.unwrap().remove(0);
    let headers = BTreeMap::from([("Authorization".to_owned(), Secret::from("Bearer hush"))]);
    let full = site("vmst.io")
        .with_assigned_alert_contacts(vec![AssignedAlertContact::at_once(owner.id)])
        .with_tag_names(vec!["web".to_owned(), "vmst".to_owned()])
        .with_region_data(RegionData::new(vec![Region::Europe]).with_manual_selected(true))
        .with_response_time_threshold(2000u32)
        .with_group_id(group.id)
        .with_custom_fields(BTreeMap::from([("environment".to_owned(), "production".to_owned())]))
        .with_http_method_type(HttpMethodType::Post)
        .with_auth_type(AuthType::HttpBasic)
        .with_http_username("ada")
        .with_http_password("hush")
        .with_post_value_data(json!({ "ping": true }))
        .with_post_value_type(PostValueType::RawJson)
        .with_custom_http_headers(headers)
        .with_success_http_response_codes(vec!["2xx".to_owned()])
        .with_check_ssl_errors(true)
        .with_ssl_expiration_reminder(true)
        .with_domain_expiration_reminder(true)
        .with_follow_redirections(false)
        .with_config(HttpConfig::new().with_ssl_expiration_period_days(vec![30u16, 7]));
    let full = monitors.create(full).await.unwrap();
    assert_eq!(full.monitor_type, Some(MonitorType::Http));
    assert_eq!(full.http_password.as_ref().unwrap().expose(), "hush");
    assert_eq!(full.config.as_ref().unwrap().ssl_expiration_period_days, Some(vec![30, 7]));
    let tags: Vec<_> = full.tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!((tags, full.group_id), (vec!["web", "vmst"], Some(group.id)));
    assert_eq!(full.regional_data.as_ref().unwrap().threshold, BTreeMap::from([("eu".to_owned(), 2000.0)]));
    assert!(!format!("{full:?}").contains("hush"));

    let keyword = KeywordMonitor::new(
        "word",
        60u32,
        "https://vmst.io",
        30u32,
        KeywordType::AlertNotExists,
        KeywordCaseType::CaseInsensitive,
        "Mastodon",
    );
    let keyword = monitors.create(keyword).await.unwrap();
    assert_eq!(keyword.keyword_case_type, Some(KeywordCaseType::CaseInsensitive));

    let ipv6 = IpConfig::new().with_ip_version(IpVersion::Ipv6Only);
    monitors.create(PingMonitor::new("ping", 60u32, "vmst.io", 5u32).with_config(ipv6)).await.unwrap();
    let port = monitors.create(PortMonitor::new("smtp", 60u32, "vmst.io", 25u16, 5u32)).await.unwrap();
    assert_eq!(port.port, Some(25));

    let beat = monitors.create(HeartbeatMonitor::new("backup", 86_400u32).with_grace_period(3600u32)).await.unwrap();
    let url = beat.heartbeat_url().unwrap();
    assert!(url.expose().starts_with(&format!("https://heartbeat.uptimerobot.com/m{}-", beat.id)));
    assert_eq!(full.heartbeat_url().map(|_| ()), None);

    let records = DnsRecords(BTreeMap::from([("A".to_owned(), vec!["192.0.2.1".to_owned()])]));
    let dns = DnsMonitor::new("dns", 60u32, "vmst.io", DnsConfig::new().with_dns_records(records.clone()));
    assert_eq!(monitors.create(dns).await.unwrap().config.unwrap().dns_records, Some(records));

    let check = AssertionCheck::new("$.status", Comparison::Equals).with_target(json!("ok"));
    let assertions = ApiAssertions { logic: Logic::And, checks: vec![check] };
    monitors
        .create(ApiMonitor::new("api", 60u32, "https://vmst.io/api", 30u32, ApiConfig::new(assertions)))
        .await
        .unwrap();

    let udp = UdpFields { payload: Some("hello".into()), packet_loss_threshold: 10.0 };
    monitors
        .create(UdpMonitor::new("udp", 60u32, "vmst.io", 53u16, 5u32, UdpConfig::new().with_udp(udp)))
        .await
        .unwrap();
    let looks = VisualConfig::new(VisualComparison::new(10u8, Viewport::Desktop));
    monitors.create(VisualComparisonMonitor::new("looks", 3600u32, "https://vmst.io", looks)).await.unwrap();

    assert_eq!(monitors.list(MonitorFilter::new()).all().await.unwrap().len(), 9);
    for (filter, count) in [
        (MonitorFilter::new().with_name("WORD"), 1),
        (MonitorFilter::new().with_url("/api"), 1),
        (MonitorFilter::new().with_tags("web,other"), 1),
        (MonitorFilter::new().with_group_id(group.id), 1),
        (MonitorFilter::new().with_group_id(MonitorGroupId::new(0)), 8),
        (MonitorFilter::new().with_custom_fields(vec!["environment:production".to_owned()]), 1),
        (MonitorFilter::new().with_status("paused,down"), 0),
        (MonitorFilter::new().with_limit(1u32), 9),
    ] {
        assert_eq!(monitors.list(filter.clone()).all().await.unwrap().len(), count, "{filter:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_changes_what_it_names() {
    let robot = FakeUptimeRobot::new().client();
    let monitors = robot.monitors();
    let config = HttpConfig::new().with_ip_version(IpVersion::Ipv4Only).with_application_error_retries(2u8);
    let id = monitors.create(site("vmst.io").with_config(config)).await.unwrap().id;
    let update = MonitorUpdate::new()
        .with_friendly_name("site & more")
        .with_interval(300u32)
        .with_tag_names(vec!["web".to_owned()])
        .with_success_http_response_codes(Vec::new())
        .with_keyword_case_type(KeywordCaseType::CaseSensitive)
        .with_custom_http_headers(BTreeMap::from([("X-Key".to_owned(), Secret::from("hush"))]))
        .with_http_password("hush")
        .with_response_time_threshold(1000u32)
        .with_config(MonitorConfigUpdate::default().without("ipVersion"));
    let monitor = monitors.update(id, update).await.unwrap();
    // As the service writes it.
    assert_eq!(monitor.friendly_name, "site &amp; more");
    assert_eq!((monitor.interval, monitor.success_http_response_codes.len()), (Some(300), 2));
    let config = monitor.config.unwrap();
    assert_eq!((config.ip_version, config.application_error_retries), (None, Some(2)));
    assert_eq!(monitors.get(id).await.unwrap().tags.len(), 1);

    let tags = robot.tags().list().all().await.unwrap();
    robot.tags().delete(tags[0].id).await.unwrap();
    assert!(monitors.get(id).await.unwrap().tags.is_empty());
    monitors.delete(id).await.unwrap();
    assert_eq!(monitors.delete(id).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_monitor_is_seen_up_paused_down_and_up_again() {
    let fake = FakeUptimeRobot::new();
    let monitors = fake.client().monitors();
    let id = made(&monitors, "vmst.io").await.id;
    let status = || async { monitors.get(id).await.unwrap().status.unwrap() };
    assert_eq!(status().await, MonitorStatus::Started);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(status().await, MonitorStatus::Up);
    monitors.pause(id).await.unwrap();
    fake.set_down(id, "Connection refused");
    assert_eq!(status().await, MonitorStatus::Paused);
    assert_eq!(monitors.start(id).await.unwrap().status, Some(MonitorStatus::Started));
    assert_eq!(status().await, MonitorStatus::Down);
    let incident = monitors.get(id).await.unwrap().last_incident.unwrap();
    assert_eq!(incident.reason.as_deref(), Some("Connection refused"));
    fake.set_up(id);
    assert_eq!(status().await, MonitorStatus::Up);
    monitors.reset(id).await.unwrap();
    assert_eq!(monitors.get(id).await.unwrap().last_incident, None);
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_is_late_is_down() {
    let fake = FakeUptimeRobot::at(Clock::starting_at("2026-11-01T00:00:00Z".parse().unwrap()));
    let monitors = fake.client().monitors();
    let backup = HeartbeatMonitor::new("backup", 86_400u32).with_grace_period(3600u32);
    let backup = monitors.create(backup).await.unwrap();
    let url = backup.heartbeat_url().unwrap();
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert!(fake.beat(url.expose()));
    assert_eq!(monitors.get(backup.id).await.unwrap().status, Some(MonitorStatus::Up));
    tokio::time::sleep(Duration::from_secs(90_001)).await;
    assert_eq!(monitors.get(backup.id).await.unwrap().status, Some(MonitorStatus::Down));
    assert!(fake.beat(url.expose()));
    assert_eq!(monitors.get(backup.id).await.unwrap().status, Some(MonitorStatus::Up));
    assert!(!fake.beat("https://heartbeat.uptimerobot.com/m1-unknown"));
}

#[tokio::test(start_paused = true)]
async fn readings_that_lag_are_waited_for() {
    let fake = FakeUptimeRobot::new();
    let monitors = fake.client().monitors();
    let id = made(&monitors, "vmst.io").await.id;
    fake.set_lag(Duration::from_secs(5));
    monitors.update(id, MonitorUpdate::new().with_interval(300u32)).await.unwrap();
    assert_eq!(monitors.get(id).await.unwrap().interval, Some(60));
    let settled = monitors.settled(id, |monitor| monitor.interval == Some(300)).await.unwrap();
    assert_eq!(settled.interval, Some(300));
    let error = monitors.settled(id, |monitor| monitor.interval == Some(7)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Applied));
}

#[tokio::test(start_paused = true)]
async fn long_lists_are_paged_and_a_full_last_page_ends_them() {
    let fake = FakeUptimeRobot::of(Plan::TEAM.with_monitors(1000), Clock::system());
    let monitors = fake.client().monitors();
    for count in [0u32, 99, 100, 101] {
        let have = monitors.list(MonitorFilter::new()).all().await.unwrap().len();
        for number in have..usize::try_from(4 * count).unwrap() {
            made(&monitors, &format!("site-{number}.example")).await;
        }
        let before = fake.world().requests();
        let all = monitors.list(MonitorFilter::new()).all().await.unwrap();
        assert_eq!(all.len(), usize::try_from(4 * count).unwrap());
        // A page that is full may be the last one, so that one more is asked for.
        assert_eq!(fake.world().requests() - before, u64::from(4 * count / 200 + 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_made_although_the_answer_was_lost_is_found() {
    let fake = FakeUptimeRobot::new();
    let monitors = fake.client().monitors();
    fake.world().fail_next(Fault::Lost { applied: true });
    let error = monitors.create(site("vmst.io")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let named = |name: &'static str| monitors.find(MonitorFilter::new(), move |it| it.friendly_name == name);
    assert!(named("vmst.io").await.unwrap().is_some());
    assert!(named("other.example").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn many_are_changed_at_a_time() {
    let robot = FakeUptimeRobot::new().client();
    let monitors = robot.monitors();
    let group = robot.monitor_groups().create(NewMonitorGroup::new("web")).await.unwrap();
    for name in ["a.example", "b.example"] {
        monitors.create(site(name).with_group_id(group.id)).await.unwrap();
    }
    monitors.create(PingMonitor::new("ping", 60u32, "vmst.io", 5u32)).await.unwrap();
    let bulk = monitors.bulk();
    let in_group = Selection::new().with_group_id(group.id);
    assert_eq!(bulk.pause(in_group.clone()).await.unwrap().total_success, 2);
    assert_eq!(monitors.list(MonitorFilter::new().with_status("PAUSED")).all().await.unwrap().len(), 2);
    assert_eq!(bulk.start(in_group).await.unwrap().total_success, 2);
    let update = BulkUpdate::new()
        .with_interval(300u32)
        .with_check_ssl_errors(true)
        .with_regional_data(RegionData::new(vec![Region::Asia]));
    let done = bulk.update(update).await.unwrap();
    assert_eq!((done.total_success, done.failed().count()), (3, 0));
    // It succeeds as a whole although nothing could be changed.
    let too_often = bulk.update(BulkUpdate::new().with_interval(30u32)).await.unwrap();
    assert_eq!((too_often.total_success, too_often.failed().count()), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn one_message_may_stand_for_many() {
    let storm = FakeUptimeRobot::new().client().monitors().storm_protection();
    assert_eq!(storm.get().await.unwrap().is_enabled, Some(false));
    let update = StormProtectionUpdate::new()
        .with_is_enabled(true)
        .with_threshold_type(ThresholdType::Percentage)
        .with_threshold_value(20u32)
        .with_window_minutes(10u32);
    let settings = storm.update(update).await.unwrap();
    assert_eq!(settings.threshold_type, Some(ThresholdType::Percentage));
}

#[tokio::test(start_paused = true)]
async fn a_free_account_is_slow_and_never_refused() {
    let fake = FakeUptimeRobot::of(Plan::FREE, Clock::system());
    let monitors = fake.client().monitors();
    let began = tokio::time::Instant::now();
    for number in 0..25 {
        monitors.create(HttpMonitor::new(format!("{number}"), 300u32, "https://vmst.io", 30u32)).await.unwrap();
    }
    assert!(began.elapsed() >= Duration::from_secs(120), "{:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(200), "{:?}", began.elapsed());
    assert!(fake.world().journal().iter().all(|exchange| exchange.status != 429));
}

#[tokio::test(start_paused = true)]
async fn the_addresses_to_let_in_are_told_without_a_key() {
    let fake = FakeUptimeRobot::new();
    let ranges = fake.client().meta().ips().await.unwrap();
    assert_eq!(ranges, ["192.0.2.7/32", "2001:db8:7::/64"]);
    assert_eq!(fake.world().journal()[0].path, "/meta/ips");
}

#[tokio::test]
async fn it_is_served_on_loopback() {
    let fake = FakeUptimeRobot::new();
    let server = fake.serve().await.unwrap();
    let api = howdah_uptimerobot::UptimeRobot::builder(KEY).base_url(server.base_url()).build().unwrap();
    let robot = howdah_uptimerobot::UptimeRobot::from(api);
    made(&robot.monitors(), "vmst.io").await;
    let all: Call<Vec<Monitor>> = robot.monitors().list(MonitorFilter::new().with_limit(1u32)).all();
    assert_eq!(all.await.unwrap().len(), 1);
    assert_eq!(robot.meta().ips().await.unwrap().len(), 2);
}
