//! What every [`Monitor`] has to do.
//!
//! ```
//! use howdah_core::{monitor::Monitor, testing::{MemoryMonitor, conformance::monitor::{self, Subject}}};
//!
//! struct Memory(MemoryMonitor);
//!
//! impl Subject for Memory {
//!     fn monitor(&self) -> &dyn Monitor {
//!         &self.0
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! monitor::run_all(&Memory(MemoryMonitor::new())).await.assert_passed();
//! # }
//! ```
//!
//! An implementor has this as one test, on the paused clock when the provider is a fake in process. The cases tidy up after
//! themselves; run against a live account they make and delete a dozen checks whose names begin with `howdah`.

use std::{collections::BTreeSet, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use jiff::{SignedDuration, Timestamp, Unit};

use super::{Case, Report, Stop, slug};
use crate::{
    ErrorKind,
    monitor::{Check, CheckKind, CheckSubject, HeldCheck, MaintenanceWindow, Monitor, MonitorExt as _, StatusPage},
};

/// The implementation that the cases are run against.
pub trait Subject: Send + Sync {
    /// The monitor.
    fn monitor(&self) -> &dyn Monitor;
}

/// Runs all cases.
pub async fn run_all(subject: &(dyn Subject + 'static)) -> Report {
    let monitor = subject.monitor();
    Report::of(format!("{} as a monitor", monitor.name()), &cases(monitor), subject).await
}

/// All cases, with those ignored that the implementation has no capability for.
pub fn cases(monitor: &dyn Monitor) -> Vec<Case<dyn Subject>> {
    let capabilities = monitor.capabilities();
    let mut cases = Vec::new();
    for kind in CheckKind::ALL {
        let missing = (!capabilities.kinds.contains(&kind)).then(|| format!("{kind} as a subject"));
        let honest = missing.clone();
        cases.push(case(format!("check: {kind}"), move |it| comes_and_goes(it, kind).boxed()).with_missing(missing));
        let named = format!("honesty: {kind} is refused where it is not declared");
        let declared = honest.is_none().then(|| "it is declared".to_owned());
        cases.push(case(named, move |it| refuses_kind(it, kind).boxed()).with_missing(declared));
    }
    let windows = (!capabilities.windows).then(|| "maintenance windows".to_owned());
    let no_windows = windows.is_none().then(|| "they are declared".to_owned());
    let pages = capabilities.pages.is_none().then(|| "status pages".to_owned());
    let no_pages = pages.is_none().then(|| "they are declared".to_owned());
    let domains = (!capabilities.pages.is_some_and(|pages| pages.domain))
        .then(|| "status pages at a name of one's own".to_owned());
    cases.extend([
        case("check: names that a page of HTML would write otherwise", |it| awkward_name(it).boxed()),
        case("check: an update that changes nothing", |it| same_again(it).boxed()),
        case("check: deleted twice is the same", |it| deleted_twice(it).boxed()),
        case("check: an unknown one cannot be changed", |it| unknown(it).boxed()),
        case("honesty: an interval that is not declared is refused", |it| refuses_interval(it).boxed()),
        case("window: comes and goes", |it| window(it).boxed()).with_missing(windows),
        case("honesty: windows are refused where there are none", |it| refuses_windows(it).boxed())
            .with_missing(no_windows),
        case("page: comes, changes and goes", |it| page(it).boxed()).with_missing(pages),
        case("page: at a name of one's own", |it| page_at(it).boxed()).with_missing(domains),
        case("honesty: pages are refused where there are none", |it| refuses_pages(it).boxed()).with_missing(no_pages),
    ]);
    cases
}

fn case<F>(name: impl Into<String>, run: F) -> Case<dyn Subject>
where
    F: for<'a> Fn(&'a dyn Subject) -> BoxFuture<'a, Result<(), Stop>> + Send + Sync + 'static,
{
    Case::new(name, move |subject: &(dyn Subject + 'static)| run(subject))
}

fn failed(why: impl Into<String>) -> Stop {
    Stop::Failed(why.into())
}

fn subject_of(kind: CheckKind, number: u16) -> CheckSubject {
    let host = format!("host-{number}.example.org");
    match kind {
        CheckKind::Http => CheckSubject::Http { url: format!("https://{host}/health") },
        CheckKind::Keyword => {
            CheckSubject::Keyword { url: format!("https://{host}/"), words: "all is well".into(), wanted: number == 1 }
        }
        CheckKind::TlsExpiry => CheckSubject::TlsExpiry { host, days: 14 + number },
        CheckKind::Port => CheckSubject::Port { host, port: 25 + number },
        CheckKind::Dns => {
            let data = BTreeSet::from([format!("192.0.2.{number}")]);
            CheckSubject::Dns { name: host, record_type: "A".into(), data }
        }
        CheckKind::Heartbeat => CheckSubject::Heartbeat { grace: Duration::from_secs(3600 * u64::from(number)) },
    }
}

/// A check of a kind, as often as the provider can look most slowly below a day.
fn check(monitor: &dyn Monitor, name: &str, kind: CheckKind, number: u16) -> Check {
    let every = &monitor.capabilities().every;
    let hour = Duration::from_secs(3600).clamp(*every.start(), *every.end());
    Check::new(format!("howdah {name}"), subject_of(kind, number)).every(hour)
}

/// A kind that there is.
fn any_kind(monitor: &dyn Monitor) -> Result<CheckKind, Stop> {
    monitor.capabilities().kinds.first().copied().ok_or_else(|| failed("it declares no kind of check"))
}

async fn find(monitor: &dyn Monitor, id: &str) -> Result<Option<HeldCheck>, Stop> {
    Ok(monitor.checks().await?.into_iter().find(|held| held.id == id))
}

/// The provider holds this check, and says so in its list and in the answer to what made it so.
async fn holds(monitor: &dyn Monitor, answered: &HeldCheck, check: &Check) -> Result<(), Stop> {
    if answered.check.as_ref() != Some(check) {
        return Err(failed(format!("the answer describes {:?}, not {check:?}", answered.check)));
    }
    let Some(held) = find(monitor, &answered.id).await? else {
        return Err(failed(format!("the check {} is not in the list", answered.id)));
    };
    if held.check.as_ref() != Some(check) || held.name != check.name {
        return Err(failed(format!("the list describes {:?}, not {check:?}", held.check)));
    }
    let wants_url = check.subject.kind() == CheckKind::Heartbeat;
    if held.heartbeat_url.is_some() != wants_url {
        return Err(failed("a heartbeat has a URL, and nothing else has"));
    }
    Ok(())
}

async fn comes_and_goes(subject: &dyn Subject, kind: CheckKind) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let name = slug(&kind.to_string());
    let first = check(monitor, &name, kind, 1);
    let made = monitor.create_check(&first).await?;
    let second = check(monitor, &format!("{name} changed"), kind, 2);
    let outcome = async {
        holds(monitor, &made, &first).await?;
        let changed = monitor.update_check(&made.id, &second).await?;
        if changed.id != made.id {
            return Err(failed("an update has given it another id"));
        }
        holds(monitor, &changed, &second).await
    }
    .await;
    monitor.delete_check(&made.id).await?;
    outcome?;
    match find(monitor, &made.id).await? {
        None => Ok(()),
        Some(_) => Err(failed("it is there after it was deleted")),
    }
}

async fn refuses_kind(subject: &dyn Subject, kind: CheckKind) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let refused = monitor.create_check(&check(monitor, "unsupported", kind, 1)).await;
    unsupported(refused.map(|_| ()))
}

fn unsupported(outcome: crate::Result<()>) -> Result<(), Stop> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::Unsupported && error.outcome() == crate::Outcome::NotSent => Ok(()),
        Err(error) => Err(failed(format!("it was refused otherwise: {error}"))),
        Ok(()) => Err(failed("it was done")),
    }
}

async fn awkward_name(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let check = check(monitor, "<site> & \"more\"", any_kind(monitor)?, 1);
    let made = monitor.create_check(&check).await?;
    let outcome = holds(monitor, &made, &check).await;
    monitor.delete_check(&made.id).await?;
    outcome
}

async fn same_again(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let check = check(monitor, "the same", any_kind(monitor)?, 1);
    let made = monitor.create_check(&check).await?;
    let again = monitor.update_check(&made.id, &check).await?;
    let outcome = holds(monitor, &again, &check).await;
    monitor.delete_check(&made.id).await?;
    outcome
}

async fn deleted_twice(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let made = monitor.create_check(&check(monitor, "twice", any_kind(monitor)?, 1)).await?;
    monitor.delete_check(&made.id).await?;
    Ok(monitor.delete_check(&made.id).await?)
}

async fn unknown(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let check = check(monitor, "unknown", any_kind(monitor)?, 1);
    let made = monitor.create_check(&check).await?;
    monitor.delete_check(&made.id).await?;
    match monitor.update_check(&made.id, &check).await {
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => Err(failed(format!("it was refused otherwise: {error}"))),
        Ok(_) => Err(failed("a check that is not there was changed")),
    }
}

async fn refuses_interval(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let check = check(monitor, "too often", any_kind(monitor)?, 1).every(Duration::from_secs(1));
    if monitor.capabilities().every.contains(&check.every) {
        return Err(Stop::Ignored("every interval is declared".to_owned()));
    }
    if monitor.refusal(&check).is_none() {
        return Err(failed("the audit has nothing against it"));
    }
    unsupported(monitor.create_check(&check).await.map(|_| ()))
}

fn tomorrow() -> Timestamp {
    let now = Timestamp::now().round(Unit::Second).unwrap_or_default();
    now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(now)
}

async fn window(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let window = MaintenanceWindow::new("howdah window", tomorrow(), Duration::from_secs(30 * 60));
    let made = monitor.create_window(&window).await?;
    let listed = monitor.windows().await?.into_iter().find(|held| held.id == made.id);
    monitor.delete_window(&made.id).await?;
    monitor.delete_window(&made.id).await?;
    let Some(listed) = listed else {
        return Err(failed("it is not in the list"));
    };
    if listed.window.as_ref() != Some(&window) || made != listed {
        return Err(failed(format!("the list describes {:?}, not {window:?}", listed.window)));
    }
    match monitor.windows().await?.into_iter().find(|held| held.id == made.id) {
        None => Ok(()),
        Some(_) => Err(failed("it is there after it was deleted")),
    }
}

async fn refuses_windows(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let window = MaintenanceWindow::new("howdah window", tomorrow(), Duration::from_secs(30 * 60));
    unsupported(monitor.create_window(&window).await.map(|_| ()))
}

async fn page(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let kind = any_kind(monitor)?;
    let first = monitor.create_check(&check(monitor, "on a page", kind, 1)).await?;
    let second = monitor.create_check(&check(monitor, "on a page too", kind, 2)).await?;
    let outcome = async {
        let made = monitor.create_page(&StatusPage::new("howdah <page>", [&first.id])).await?;
        let both = StatusPage::new("howdah page", [&first.id, &second.id]);
        let changed = monitor.update_page(&made.id, &both).await?;
        let listed = monitor.pages().await?.into_iter().find(|held| held.id == made.id);
        monitor.delete_page(&made.id).await?;
        monitor.delete_page(&made.id).await?;
        if made.page.name != "howdah <page>" || made.page.checks != BTreeSet::from([first.id.clone()]) {
            return Err(failed(format!("what was made is {:?}", made.page)));
        }
        match listed {
            Some(listed) if listed.page == both && changed.page == both => Ok(()),
            listed => Err(failed(format!("the list has {listed:?}, the answer {:?}", changed.page))),
        }
    }
    .await;
    monitor.delete_check(&first.id).await?;
    monitor.delete_check(&second.id).await?;
    outcome
}

async fn page_at(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let shown = monitor.create_check(&check(monitor, "at a name", any_kind(monitor)?, 1)).await?;
    let page = StatusPage::new("howdah page", [&shown.id]).with_domain("status.example.org");
    let made = monitor.create_page(&page).await;
    let deleted = match &made {
        Ok(made) => monitor.delete_page(&made.id).await,
        Err(_) => Ok(()),
    };
    monitor.delete_check(&shown.id).await?;
    deleted?;
    let made = made?;
    if made.page == page { Ok(()) } else { Err(failed(format!("what was made is {:?}", made.page))) }
}

async fn refuses_pages(subject: &dyn Subject) -> Result<(), Stop> {
    let monitor = subject.monitor();
    let page = StatusPage::new("howdah page", BTreeSet::<String>::new());
    unsupported(monitor.create_page(&page).await.map(|_| ()))
}
