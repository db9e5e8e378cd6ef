//! The conformance suite of monitors finds what is wrong, and has nothing against the reference.

use std::time::Duration;

use async_trait::async_trait;
use howdah_core::{
    Result,
    monitor::{
        Check, CheckKind, HeldCheck, HeldPage, HeldWindow, MaintenanceWindow, Monitor, MonitorCapabilities, StatusPage,
    },
    testing::{
        MemoryMonitor,
        conformance::monitor::{self, Subject},
    },
};

struct Of<M>(M);

impl<M: Monitor> Subject for Of<M> {
    fn monitor(&self) -> &dyn Monitor {
        &self.0
    }
}

#[tokio::test(start_paused = true)]
async fn the_reference_conforms() {
    let monitor = MemoryMonitor::new();
    monitor.add_foreign("of someone else");
    let report = monitor::run_all(&Of(monitor.clone())).await;
    report.assert_passed();
    // What is ignored is that nothing has to be refused.
    assert!(report.ignored().iter().all(|name| name.starts_with("honesty")), "{report}");
    assert_eq!(monitor.checks().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_declared_is_refused_by_the_reference() {
    let minute = Duration::from_secs(60);
    let few = MemoryMonitor::with(MonitorCapabilities::new([CheckKind::Http], minute..=minute));
    let report = monitor::run_all(&Of(few)).await;
    report.assert_passed();
    let honest = report.passed().iter().filter(|name| name.starts_with("honesty")).count();
    assert_eq!(honest, 8, "{report}");
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// An update makes another check.
    Replaces,
    /// Names come back as a page of HTML has them.
    Escapes,
    /// What is not declared is done all the same.
    Overreaches,
    /// Deleting is an error the second time.
    Strict,
    /// A window is for some other time.
    Shifts,
    /// A page shows what it showed before.
    Sticks,
}

#[derive(Debug)]
struct Faulty {
    inner: MemoryMonitor,
    fault: Fault,
    declared: MonitorCapabilities,
}

impl Faulty {
    fn new(fault: Fault) -> Self {
        let inner = MemoryMonitor::new();
        let mut declared = inner.capabilities().clone();
        if fault == Fault::Overreaches {
            declared.kinds.remove(&CheckKind::Port);
            declared.windows = false;
        }
        Self { inner, fault, declared }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

#[async_trait]
impl Monitor for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn capabilities(&self) -> &MonitorCapabilities {
        &self.declared
    }

    async fn checks(&self) -> Result<Vec<HeldCheck>> {
        let mut checks = self.inner.checks().await?;
        if self.is(Fault::Escapes) {
            for held in &mut checks {
                held.name = held.name.replace('&', "&amp;");
            }
        }
        Ok(checks)
    }

    async fn create_check(&self, check: &Check) -> Result<HeldCheck> {
        self.inner.create_check(check).await
    }

    async fn update_check(&self, id: &str, check: &Check) -> Result<HeldCheck> {
        if self.is(Fault::Replaces) {
            self.inner.delete_check(id).await?;
            return self.inner.create_check(check).await;
        }
        self.inner.update_check(id, check).await
    }

    async fn delete_check(&self, id: &str) -> Result<()> {
        let there = self.inner.checks().await?.iter().any(|held| held.id == id);
        if self.is(Fault::Strict) && !there {
            return Err(howdah_core::Error::new(howdah_core::ErrorKind::NotFound, "gone"));
        }
        self.inner.delete_check(id).await
    }

    async fn windows(&self) -> Result<Vec<HeldWindow>> {
        self.inner.windows().await
    }

    async fn create_window(&self, window: &MaintenanceWindow) -> Result<HeldWindow> {
        let mut window = window.clone();
        if self.is(Fault::Shifts) {
            window.begins -= jiff::SignedDuration::from_hours(5);
        }
        self.inner.create_window(&window).await
    }

    async fn delete_window(&self, id: &str) -> Result<()> {
        self.inner.delete_window(id).await
    }

    async fn pages(&self) -> Result<Vec<HeldPage>> {
        self.inner.pages().await
    }

    async fn create_page(&self, page: &StatusPage) -> Result<HeldPage> {
        self.inner.create_page(page).await
    }

    async fn update_page(&self, id: &str, page: &StatusPage) -> Result<HeldPage> {
        if self.is(Fault::Sticks) {
            return Ok(HeldPage::new(id, page.clone()));
        }
        self.inner.update_page(id, page).await
    }

    async fn delete_page(&self, id: &str) -> Result<()> {
        self.inner.delete_page(id).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_found() {
    for (fault, case) in [
        (Fault::Replaces, "check: an answer"),
        (Fault::Escapes, "check: names that a page of HTML would write otherwise"),
        (Fault::Overreaches, "honesty: a port is refused where it is not declared"),
        (Fault::Overreaches, "honesty: windows are refused where there are none"),
        (Fault::Strict, "check: deleted twice is the same"),
        (Fault::Shifts, "window: comes and goes"),
        (Fault::Sticks, "page: comes, changes and goes"),
    ] {
        let report = monitor::run_all(&Of(Faulty::new(fault))).await;
        assert!(report.failed().contains(&case), "{fault:?} was not found: {report}");
    }
}
