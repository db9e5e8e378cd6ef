//! The conformance suite of monitors, and what it cannot know of `DigitalOcean`.

use howdah_core::{
    monitor::{Check, CheckState, CheckSubject, Monitor},
    testing::{
        Fault,
        conformance::monitor::{self, Subject},
    },
};
use howdah_digitalocean::{
    DigitalOceanMonitor,
    testing::FakeDigitalOcean,
    uptime::{AlertType, CheckId, CheckRegion, CheckType, NewCheck, Notifications},
};

fn monitor_of(fake: &FakeDigitalOcean) -> DigitalOceanMonitor {
    let to = Notifications { email: vec!["admin@example.com".into()], ..Notifications::default() };
    DigitalOceanMonitor::new(fake.client(), [CheckRegion::UsEast, CheckRegion::EuWest], to)
}

struct Of(DigitalOceanMonitor);

impl Subject for Of {
    fn monitor(&self) -> &dyn Monitor {
        &self.0
    }
}

#[tokio::test(start_paused = true)]
async fn conforms() {
    monitor::run_all(&Of(monitor_of(&FakeDigitalOcean::new()))).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn someone_is_told_of_what_a_check_is_about() {
    let fake = FakeDigitalOcean::new();
    let monitor = monitor_of(&fake);
    let http = Check::new("site", CheckSubject::Http { url: "https://vmst.io/health".into() });
    let held = monitor.create_check(&http).await.unwrap();
    assert_eq!(held.state, CheckState::Up);
    let uptime = fake.client().uptime();
    let told = || async {
        let alerts = uptime.list_alerts(&CheckId::from(held.id.as_str())).all().await.unwrap();
        alerts.into_iter().map(|alert| (alert.alert_type.unwrap(), alert.threshold)).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [(AlertType::DownGlobal, None)]);
    for days in [14, 30] {
        let expiry = Check::new("site", CheckSubject::TlsExpiry { host: "vmst.io".into(), days });
        monitor.update_check(&held.id, &expiry).await.unwrap();
        assert_eq!(told().await, [(AlertType::SslExpiry, Some(u64::from(days)))]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_check_and_a_ping_is_left_alone() {
    let fake = FakeDigitalOcean::new();
    let ping = NewCheck::new("ping", CheckType::Ping, "192.0.2.7", [CheckRegion::UsEast], true);
    fake.client().uptime().create(ping).await.unwrap();
    let monitor = monitor_of(&fake);
    fake.world().fail_next(Fault::Lost { applied: true });
    let http = Check::new("site", CheckSubject::Http { url: "http://vmst.io".into() });
    monitor.create_check(&http).await.unwrap();
    let mut held = monitor.checks().await.unwrap();
    held.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(held.len(), 2);
    assert_eq!((held[0].check.clone(), held[1].check.clone()), (None, Some(http)));
}
