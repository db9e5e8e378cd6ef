//! The uptime checks of `DigitalOcean` as a [`Monitor`].

use std::{sync::LazyLock, time::Duration};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    monitor::{
        Check, CheckKind, CheckState, CheckSubject, HeldCheck, HeldPage, HeldWindow, MaintenanceWindow, Monitor,
        MonitorCapabilities, MonitorExt as _, StatusPage,
    },
};

use crate::{
    DigitalOcean,
    uptime::{
        self, Alert, AlertSettings, AlertType, CheckId, CheckRegion, CheckType, CheckUpdate, Comparison, NewCheck,
        Notifications, Period, RegionStatus,
    },
};

const NAME: &str = "digitalocean";

/// It is looked once a minute, and nothing says otherwise.
const EVERY: Duration = Duration::from_secs(60);

static CAPABILITIES: LazyLock<MonitorCapabilities> =
    LazyLock::new(|| MonitorCapabilities::new([CheckKind::Http, CheckKind::TlsExpiry], EVERY..=EVERY));

/// The uptime checks of an account, each with the alert that tells someone: that nobody gets an answer, or that a certificate
/// ends soon. There are neither maintenance windows nor status pages.
///
/// ```
/// use howdah_core::monitor::{Check, CheckSubject, Monitor};
/// use howdah_digitalocean::{DigitalOceanMonitor, uptime::{CheckRegion, Notifications}};
/// # use howdah_digitalocean::testing::FakeDigitalOcean;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let ocean = FakeDigitalOcean::new().client();
/// let to = Notifications { email: vec!["admin@vmst.io".into()], ..Notifications::default() };
/// let monitor = DigitalOceanMonitor::new(ocean, [CheckRegion::UsEast, CheckRegion::EuWest], to);
/// let certificate = CheckSubject::TlsExpiry { host: "vmst.io".into(), days: 14 };
/// monitor.create_check(&Check::new("certificate", certificate)).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct DigitalOceanMonitor {
    client: DigitalOcean,
    regions: Vec<CheckRegion>,
    notifications: Notifications,
}

impl DigitalOceanMonitor {
    /// The checks of this client's account: from where it is looked, and who is told.
    pub fn new(
        client: DigitalOcean,
        regions: impl IntoIterator<Item = CheckRegion>,
        notifications: Notifications,
    ) -> Self {
        Self { client, regions: regions.into_iter().collect(), notifications }
    }

    /// The client.
    pub fn client(&self) -> &DigitalOcean {
        &self.client
    }

    /// What a check is and what it saw.
    async fn held(&self, check: uptime::Check) -> Result<HeldCheck> {
        let alerts = self.client.uptime().list_alerts(&check.id).all().await?;
        let state = match check.enabled {
            Some(false) => CheckState::Paused,
            _ => self.state(&check.id).await?,
        };
        let id = check.id.to_string();
        Ok(match describe(&check, &alerts) {
            Some(check) => HeldCheck::new(id, check, state),
            None => HeldCheck::foreign(id, check.name.unwrap_or_default(), state),
        })
    }

    async fn state(&self, id: &CheckId) -> Result<CheckState> {
        let state = self.client.uptime().state(id).await?;
        let seen: Vec<_> = state.regions.values().filter_map(|region| region.status.as_ref()).collect();
        Ok(if seen.contains(&&RegionStatus::Down) {
            CheckState::Down
        } else if seen.contains(&&RegionStatus::Up) {
            CheckState::Up
        } else {
            CheckState::Unknown
        })
    }

    /// Lets someone be told of what the check is about, and of nothing else.
    async fn tell(&self, id: &CheckId, check: &Check) -> Result<()> {
        let uptime = self.client.uptime();
        let wanted = alert(check, &self.notifications);
        let mut there = false;
        for alert in uptime.list_alerts(id).all().await? {
            if !matches!(alert.alert_type, Some(AlertType::SslExpiry | AlertType::DownGlobal)) {
                continue;
            }
            if alert.alert_type.as_ref() == Some(&wanted.alert_type) && !there {
                there = true;
                uptime.update_alert(id, &alert.id, wanted.clone()).await?;
            } else {
                uptime.delete_alert(id, &alert.id).await?;
            }
        }
        if !there {
            uptime.create_alert(id, wanted).await?;
        }
        Ok(())
    }

    async fn find(&self, check: &Check) -> Result<Option<uptime::Check>> {
        let (_, target) = looks_at(check);
        let all = self.client.uptime().list().all().await?;
        let is = |one: &uptime::Check| one.name.as_ref() == Some(&check.name) && one.target.as_ref() == Some(&target);
        Ok(all.into_iter().find(is))
    }
}

#[async_trait]
impl Monitor for DigitalOceanMonitor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &MonitorCapabilities {
        &CAPABILITIES
    }

    async fn checks(&self) -> Result<Vec<HeldCheck>> {
        let mut held = Vec::new();
        for check in self.client.uptime().list().all().await? {
            held.push(self.held(check).await?);
        }
        Ok(held)
    }

    async fn create_check(&self, check: &Check) -> Result<HeldCheck> {
        self.require(check)?;
        let (check_type, target) = looks_at(check);
        let new = NewCheck::new(check.name.as_str(), check_type, target, self.regions.clone(), true);
        let made = match self.client.uptime().create(new).await {
            Err(error) if error.outcome() == Outcome::Unknown => self.find(check).await?.ok_or(error)?,
            made => made?,
        };
        self.tell(&made.id, check).await?;
        self.held(made).await
    }

    async fn update_check(&self, id: &str, check: &Check) -> Result<HeldCheck> {
        self.require(check)?;
        let (check_type, target) = looks_at(check);
        let update = CheckUpdate::new()
            .with_name(check.name.as_str())
            .with_check_type(check_type)
            .with_target(target)
            .with_regions(self.regions.clone())
            .with_enabled(true);
        let updated = self.client.uptime().update(&CheckId::from(id), update).await?;
        self.tell(&updated.id, check).await?;
        self.held(updated).await
    }

    async fn delete_check(&self, id: &str) -> Result<()> {
        match self.client.uptime().delete(&CheckId::from(id)).await {
            Err(error) if error.is_not_found() => Ok(()),
            deleted => deleted,
        }
    }

    async fn windows(&self) -> Result<Vec<HeldWindow>> {
        Err(none_of("maintenance windows"))
    }

    async fn create_window(&self, _: &MaintenanceWindow) -> Result<HeldWindow> {
        Err(none_of("maintenance windows"))
    }

    async fn delete_window(&self, _: &str) -> Result<()> {
        Err(none_of("maintenance windows"))
    }

    async fn pages(&self) -> Result<Vec<HeldPage>> {
        Err(none_of("status pages"))
    }

    async fn create_page(&self, _: &StatusPage) -> Result<HeldPage> {
        Err(none_of("status pages"))
    }

    async fn update_page(&self, _: &str, _: &StatusPage) -> Result<HeldPage> {
        Err(none_of("status pages"))
    }

    async fn delete_page(&self, _: &str) -> Result<()> {
        Err(none_of("status pages"))
    }
}

fn none_of(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("there are no {what}")).with_provider(NAME)
}

/// How a check is made, and its target. A certificate is looked at by a request to its host's root.
fn looks_at(check: &Check) -> (CheckType, String) {
    match &check.subject {
        CheckSubject::TlsExpiry { host, .. } => (CheckType::Https, format!("https://{host}/")),
        CheckSubject::Http { url } if url.starts_with("http://") => (CheckType::Http, url.clone()),
        CheckSubject::Http { url } => (CheckType::Https, url.clone()),
        // What is not declared was refused before.
        _ => (CheckType::Https, String::new()),
    }
}

fn alert(check: &Check, to: &Notifications) -> AlertSettings {
    let name = check.name.as_str();
    match &check.subject {
        CheckSubject::TlsExpiry { days, .. } => {
            AlertSettings::new(name, AlertType::SslExpiry, Period::TwoMinutes, to.clone())
                .with_threshold(*days)
                .with_comparison(Comparison::LessThan)
        }
        _ => AlertSettings::new(name, AlertType::DownGlobal, Period::TwoMinutes, to.clone()),
    }
}

fn describe(check: &uptime::Check, alerts: &[Alert]) -> Option<Check> {
    let (name, url) = (check.name.clone()?, check.target.clone()?);
    let days = alerts.iter().find(|alert| alert.alert_type == Some(AlertType::SslExpiry)).and_then(|it| it.threshold);
    let host = url.strip_prefix("https://").and_then(|rest| rest.strip_suffix('/')).filter(|host| !host.contains('/'));
    let subject = match (check.check_type.as_ref()?, host, days.and_then(|days| u16::try_from(days).ok())) {
        (CheckType::Https, Some(host), Some(days)) => CheckSubject::TlsExpiry { host: host.to_owned(), days },
        (CheckType::Https | CheckType::Http, ..) => CheckSubject::Http { url },
        _ => return None,
    };
    Some(Check::new(name, subject).every(EVERY))
}
