//! UptimeRobot as a [`Monitor`].

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
    time::Duration,
};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    monitor::{
        Check, CheckKind, CheckState, CheckSubject, HeldCheck, HeldPage, HeldWindow, MaintenanceWindow, Monitor,
        MonitorCapabilities, MonitorExt as _, PageCapabilities, StatusPage,
    },
};
use jiff::{SignedDuration, civil::DateTime, tz::TimeZone};

use crate::{
    UptimeRobot,
    maintenance_windows::{self, MaintenanceInterval, MaintenanceStatus, MaintenanceWindowId, NewMaintenanceWindow},
    monitors::{
        self, DnsConfig, DnsMonitor, DnsRecords, HeartbeatMonitor, HttpConfig, HttpMonitor, KeywordCaseType,
        KeywordMonitor, KeywordType, MonitorConfig, MonitorConfigUpdate, MonitorFilter, MonitorId, MonitorStatus,
        MonitorType, MonitorUpdate, NewMonitor, PortMonitor,
    },
    psps::{NewPsp, Psp, PspId, PspUpdate},
};

const NAME: &str = "uptimerobot";

/// How long it is waited for an answer, in seconds.
const TIMEOUT: u32 = 30;

static CAPABILITIES: LazyLock<MonitorCapabilities> = LazyLock::new(|| {
    let every = Duration::from_secs(30)..=Duration::from_secs(31 * 24 * 3600);
    let mut capabilities = MonitorCapabilities::new(CheckKind::ALL, every);
    capabilities.windows = true;
    capabilities.pages = Some(PageCapabilities::new().with_domain());
    capabilities
});

/// The monitors, maintenance windows and status pages of an account.
///
/// What of this a plan includes is told by the service when it is asked for
/// ([`PlanRequired`](ErrorKind::PlanRequired)). A status page at a name of one's own has a certificate of Let's Encrypt; there
/// is no place for another one. What was changed is read until it shows.
///
/// ```
/// use howdah_core::monitor::{Check, CheckSubject, Monitor};
/// use howdah_uptimerobot::UptimeRobotMonitor;
/// # use howdah_uptimerobot::testing::FakeUptimeRobot;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let robot = FakeUptimeRobot::new().client();
/// let monitor = UptimeRobotMonitor::new(robot);
/// let certificate = CheckSubject::TlsExpiry { host: "vmst.io".into(), days: 14 };
/// let held = monitor.create_check(&Check::new("certificate", certificate)).await?;
/// println!("{} is {:?}", held.name, held.state);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct UptimeRobotMonitor {
    client: UptimeRobot,
    time_zone: TimeZone,
}

impl UptimeRobotMonitor {
    /// An account whose time zone is UTC.
    pub fn new(client: UptimeRobot) -> Self {
        Self { client, time_zone: TimeZone::UTC }
    }

    /// Says which time zone the account is set to, which maintenance windows are written in and no answer tells.
    #[must_use]
    pub fn with_time_zone(self, time_zone: TimeZone) -> Self {
        Self { time_zone, ..self }
    }

    /// The client.
    pub fn client(&self) -> &UptimeRobot {
        &self.client
    }

    fn local(&self, window: &MaintenanceWindow) -> DateTime {
        self.time_zone.to_datetime(window.begins)
    }

    /// A window that is once, and for all.
    fn described(&self, window: &maintenance_windows::MaintenanceWindow) -> Option<MaintenanceWindow> {
        let is_plain = window.interval == Some(MaintenanceInterval::Once)
            && window.auto_add_monitors == Some(true)
            && window.status != Some(MaintenanceStatus::Paused);
        let at: DateTime = format!("{}T{}", window.date.as_deref()?, window.time.as_deref()?).parse().ok()?;
        let begins = self.time_zone.to_timestamp(at).ok()?;
        let lasts = SignedDuration::try_from_secs_f64(window.duration? * 60.0).ok()?.unsigned_abs();
        is_plain.then(|| MaintenanceWindow::new(plain(window.name.as_deref().unwrap_or_default()), begins, lasts))
    }

    fn held_window(&self, window: &maintenance_windows::MaintenanceWindow) -> HeldWindow {
        let name = plain(window.name.as_deref().unwrap_or_default());
        HeldWindow::new(window.id.to_string(), name, self.described(window))
    }
}

impl From<UptimeRobot> for UptimeRobotMonitor {
    fn from(client: UptimeRobot) -> Self {
        Self::new(client)
    }
}

#[async_trait]
impl Monitor for UptimeRobotMonitor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &MonitorCapabilities {
        &CAPABILITIES
    }

    async fn checks(&self) -> Result<Vec<HeldCheck>> {
        let all = self.client.monitors().list(MonitorFilter::new()).all().await?;
        Ok(all.iter().map(held).collect())
    }

    async fn create_check(&self, check: &Check) -> Result<HeldCheck> {
        self.require(check)?;
        let monitors = self.client.monitors();
        match monitors.create(new(check)).await {
            Err(error) if error.outcome() == Outcome::Unknown => {
                let wanted = check.clone();
                let found = monitors.find(MonitorFilter::new(), move |one| describe(one).as_ref() == Some(&wanted));
                found.await?.map_or(Err(error), |found| Ok(held(&found)))
            }
            created => created.map(|created| held(&created)),
        }
    }

    async fn update_check(&self, id: &str, check: &Check) -> Result<HeldCheck> {
        self.require(check)?;
        let id = number::<monitors::Monitor>(id, "monitor")?;
        let monitors = self.client.monitors();
        monitors.update(id, update(check)).await?;
        let wanted = check.clone();
        let settled = monitors.settled(id, move |seen| describe(seen).as_ref() == Some(&wanted)).await?;
        Ok(held(&settled))
    }

    async fn delete_check(&self, id: &str) -> Result<()> {
        gone(self.client.monitors().delete(number(id, "monitor")?).await)
    }

    async fn windows(&self) -> Result<Vec<HeldWindow>> {
        let all = self.client.maintenance_windows().list().all().await?;
        Ok(all.iter().map(|window| self.held_window(window)).collect())
    }

    async fn create_window(&self, window: &MaintenanceWindow) -> Result<HeldWindow> {
        let (at, minutes) = (self.local(window), window.lasts.as_secs().div_ceil(60));
        let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
        let name = window.name.as_str();
        let new = NewMaintenanceWindow::new(name, MaintenanceInterval::Once, at.date(), at.time(), minutes);
        let windows = self.client.maintenance_windows();
        match windows.create(new.with_auto_add_monitors(true)).await {
            Err(error) if error.outcome() == Outcome::Unknown => {
                let all = self.windows().await?;
                all.into_iter().find(|held| held.window.as_ref() == Some(window)).ok_or(error)
            }
            created => created.map(|created| self.held_window(&created)),
        }
    }

    async fn delete_window(&self, id: &str) -> Result<()> {
        let id: MaintenanceWindowId = number(id, "maintenance window")?;
        gone(self.client.maintenance_windows().delete(id).await)
    }

    async fn pages(&self) -> Result<Vec<HeldPage>> {
        Ok(self.client.psps().list().all().await?.iter().map(held_page).collect())
    }

    async fn create_page(&self, page: &StatusPage) -> Result<HeldPage> {
        let mut new = NewPsp::new(page.name.as_str()).with_monitor_ids(shown(page)?);
        new.custom_domain.clone_from(&page.domain);
        match self.client.psps().create(new).await {
            Err(error) if error.outcome() == Outcome::Unknown => {
                self.pages().await?.into_iter().find(|held| held.page == *page).ok_or(error)
            }
            created => created.map(|created| held_page(&created)),
        }
    }

    async fn update_page(&self, id: &str, page: &StatusPage) -> Result<HeldPage> {
        let id: PspId = number(id, "status page")?;
        let before = self.client.psps().get(id).await?;
        let mut update = PspUpdate::new().with_friendly_name(page.name.as_str()).with_monitor_ids(shown(page)?);
        if is_of_all(&before) {
            update = update.with_auto_add_monitors(false);
        }
        if before.custom_domain != page.domain {
            update = update.with_custom_domain(page.domain.clone().unwrap_or_default());
        }
        Ok(held_page(&self.client.psps().update(id, update).await?))
    }

    async fn delete_page(&self, id: &str) -> Result<()> {
        gone(self.client.psps().delete(number(id, "status page")?).await)
    }
}

fn gone(deleted: Result<()>) -> Result<()> {
    match deleted {
        Err(error) if error.is_not_found() => Ok(()),
        deleted => deleted,
    }
}

fn number<T>(id: &str, what: &str) -> Result<howdah_core::Id<T>> {
    id.parse().map(howdah_core::Id::new).map_err(|_| {
        let message = format!("`{id}` is not the number of a {what}");
        Error::new(ErrorKind::NotFound, message).with_provider(NAME).with_outcome(Outcome::NotSent)
    })
}

fn shown(page: &StatusPage) -> Result<Vec<MonitorId>> {
    page.checks.iter().map(|id| number(id, "monitor")).collect()
}

/// 0 alone stands for all.
fn is_of_all(page: &Psp) -> bool {
    page.monitor_ids == [MonitorId::new(0)]
}

fn held_page(page: &Psp) -> HeldPage {
    let all = is_of_all(page);
    let checks = page.monitor_ids.iter().filter(|_| !all).map(ToString::to_string);
    let mut described = StatusPage::new(plain(&page.friendly_name), checks);
    described.domain = page.custom_domain.clone().filter(|domain| !domain.is_empty());
    let mut held = HeldPage::new(page.id.to_string(), described);
    held.shows_all = all;
    held
}

/// Names can come back as a page of HTML has them.
fn plain(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&#39;", "'").replace("&#039;", "'").replace("&amp;", "&")
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

/// A certificate is looked at by a request to its host's root.
fn url_of(host: &str) -> String {
    format!("https://{host}/")
}

fn keyword_type(wanted: bool) -> KeywordType {
    if wanted { KeywordType::AlertNotExists } else { KeywordType::AlertExists }
}

fn records(record_type: &str, data: &BTreeSet<String>) -> DnsRecords {
    DnsRecords(BTreeMap::from([(record_type.to_owned(), data.iter().cloned().collect())]))
}

fn new(check: &Check) -> NewMonitor {
    let (name, every) = (check.name.as_str(), seconds(check.every));
    match &check.subject {
        CheckSubject::Keyword { url, words, wanted } => {
            let case = KeywordCaseType::CaseSensitive;
            KeywordMonitor::new(name, every, url, TIMEOUT, keyword_type(*wanted), case, words).into()
        }
        CheckSubject::TlsExpiry { host, days } => HttpMonitor::new(name, every, url_of(host), TIMEOUT)
            .with_check_ssl_errors(true)
            .with_ssl_expiration_reminder(true)
            .with_config(HttpConfig::new().with_ssl_expiration_period_days(vec![*days]))
            .into(),
        CheckSubject::Port { host, port } => PortMonitor::new(name, every, host, *port, TIMEOUT).into(),
        CheckSubject::Dns { name: owner, record_type, data } => {
            DnsMonitor::new(name, every, owner, DnsConfig::new().with_dns_records(records(record_type, data))).into()
        }
        CheckSubject::Heartbeat { grace } => {
            HeartbeatMonitor::new(name, every).with_grace_period(seconds(*grace)).into()
        }
        CheckSubject::Http { url } => HttpMonitor::new(name, every, url, TIMEOUT).into(),
        // What is not declared was refused before.
        _ => HttpMonitor::new(name, every, String::new(), TIMEOUT).into(),
    }
}

fn update(check: &Check) -> MonitorUpdate {
    let update = MonitorUpdate::new().with_friendly_name(check.name.as_str()).with_interval(seconds(check.every));
    let config = |config| MonitorConfigUpdate::new(&config);
    match &check.subject {
        CheckSubject::Http { url } => update
            .with_url(url)
            .with_check_ssl_errors(false)
            .with_ssl_expiration_reminder(false)
            .with_config(MonitorConfigUpdate::default().without("sslExpirationPeriodDays")),
        CheckSubject::Keyword { url, words, wanted } => {
            update.with_url(url).with_keyword_value(words).with_keyword_type(keyword_type(*wanted))
        }
        CheckSubject::TlsExpiry { host, days } => {
            update.with_url(url_of(host)).with_check_ssl_errors(true).with_ssl_expiration_reminder(true).with_config(
                config(MonitorConfig { ssl_expiration_period_days: Some(vec![*days]), ..Default::default() }),
            )
        }
        CheckSubject::Port { host, port } => update.with_url(host).with_port(*port),
        CheckSubject::Dns { name, record_type, data } => {
            let records = Some(records(record_type, data));
            update.with_url(name).with_config(config(MonitorConfig { dns_records: records, ..Default::default() }))
        }
        CheckSubject::Heartbeat { grace } => update.with_grace_period(seconds(*grace)),
        _ => update,
    }
}

fn held(monitor: &monitors::Monitor) -> HeldCheck {
    let state = match monitor.status {
        Some(MonitorStatus::Up) => CheckState::Up,
        Some(MonitorStatus::Down | MonitorStatus::LooksDown) => CheckState::Down,
        Some(MonitorStatus::Paused) => CheckState::Paused,
        _ => CheckState::Unknown,
    };
    let id = monitor.id.to_string();
    match describe(monitor) {
        Some(check) => HeldCheck::new(id, check, state).with_heartbeat_url(monitor.heartbeat_url()),
        None => HeldCheck::foreign(id, plain(&monitor.friendly_name), state),
    }
}

/// What a monitor looks at, where a check can say it.
fn describe(monitor: &monitors::Monitor) -> Option<Check> {
    let url = monitor.url.clone().unwrap_or_default();
    let config = monitor.config.as_ref();
    let subject = match monitor.monitor_type.as_ref()? {
        MonitorType::Http => match expiry(monitor) {
            Some((host, days)) => CheckSubject::TlsExpiry { host, days },
            None => CheckSubject::Http { url },
        },
        MonitorType::Keyword => CheckSubject::Keyword {
            url,
            words: monitor.keyword_value.clone()?,
            wanted: monitor.keyword_type.as_ref()? == &KeywordType::AlertNotExists,
        },
        MonitorType::Port => CheckSubject::Port { host: url, port: monitor.port? },
        MonitorType::Dns => {
            let records = config?.dns_records.as_ref()?;
            // One type is what can be said.
            let mut types = records.0.iter().filter(|(_, data)| !data.is_empty());
            let ((record_type, data), None) = (types.next()?, types.next()) else { return None };
            CheckSubject::Dns { name: url, record_type: record_type.clone(), data: data.iter().cloned().collect() }
        }
        MonitorType::Heartbeat => {
            CheckSubject::Heartbeat { grace: Duration::from_secs(monitor.grace_period.unwrap_or_default().into()) }
        }
        _ => return None,
    };
    let every = Duration::from_secs(monitor.interval?.into());
    Some(Check::new(plain(&monitor.friendly_name), subject).every(every))
}

/// The host whose certificate is looked at, and how many days before its end it is told.
fn expiry(monitor: &monitors::Monitor) -> Option<(String, u16)> {
    let days = monitor.config.as_ref()?.ssl_expiration_period_days.as_ref()?;
    let host = monitor.url.as_deref()?.strip_prefix("https://")?.strip_suffix('/')?;
    let is_plain = monitor.check_ssl_errors == Some(true) && !host.contains('/') && days.len() == 1;
    is_plain.then(|| Some((host.to_owned(), *days.first()?)))?
}
