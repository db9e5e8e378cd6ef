//! A monitor in memory: what [`Monitor`] means, in the fewest words.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    Error, ErrorKind, Outcome, Result,
    monitor::{
        Check, CheckKind, CheckState, HeldCheck, HeldPage, HeldWindow, MaintenanceWindow, Monitor, MonitorCapabilities,
        MonitorExt as _, PageCapabilities, StatusPage,
    },
};

/// Checks, windows and pages that nobody looks at: the reference of [`Monitor`]. Clones are the same one.
#[derive(Clone, Debug)]
pub struct MemoryMonitor {
    capabilities: MonitorCapabilities,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    checks: BTreeMap<String, Check>,
    foreign: BTreeMap<String, String>,
    windows: BTreeMap<String, MaintenanceWindow>,
    pages: BTreeMap<String, StatusPage>,
}

impl State {
    fn id(&mut self) -> String {
        self.last += 1;
        format!("{:06}", self.last)
    }
}

impl MemoryMonitor {
    /// One that can do everything.
    pub fn new() -> Self {
        let day = Duration::from_secs(31 * 24 * 3600);
        let mut capabilities = MonitorCapabilities::new(CheckKind::ALL, Duration::from_secs(30)..=day);
        capabilities.windows = true;
        capabilities.pages = Some(PageCapabilities::new().with_certificate());
        Self::with(capabilities)
    }

    /// One that can do this and refuses the rest.
    pub fn with(capabilities: MonitorCapabilities) -> Self {
        Self { capabilities, state: Arc::default() }
    }

    /// Adds a check that cannot be described.
    pub fn add_foreign(&self, name: &str) {
        let mut state = self.state();
        let id = state.id();
        state.foreign.insert(id, name.to_owned());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryMonitor {
    fn default() -> Self {
        Self::new()
    }
}

fn held(id: &str, check: &Check) -> HeldCheck {
    let is_heartbeat = check.subject.kind() == CheckKind::Heartbeat;
    let url = is_heartbeat.then(|| format!("https://heartbeat.invalid/{id}").into());
    HeldCheck::new(id, check.clone(), CheckState::Unknown).with_heartbeat_url(url)
}

fn missing(what: &str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no {what} {id}"))
        .with_provider("memory")
        .with_outcome(Outcome::Refused)
}

#[async_trait]
impl Monitor for MemoryMonitor {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn capabilities(&self) -> &MonitorCapabilities {
        &self.capabilities
    }

    async fn checks(&self) -> Result<Vec<HeldCheck>> {
        let state = self.state();
        let foreign = state.foreign.iter().map(|(id, name)| HeldCheck::foreign(id, name, CheckState::Unknown));
        Ok(state.checks.iter().map(|(id, check)| held(id, check)).chain(foreign).collect())
    }

    async fn create_check(&self, check: &Check) -> Result<HeldCheck> {
        self.require(check)?;
        let mut state = self.state();
        let id = state.id();
        state.checks.insert(id.clone(), check.clone());
        Ok(held(&id, check))
    }

    async fn update_check(&self, id: &str, check: &Check) -> Result<HeldCheck> {
        self.require(check)?;
        let mut state = self.state();
        *state.checks.get_mut(id).ok_or_else(|| missing("check", id))? = check.clone();
        Ok(held(id, check))
    }

    async fn delete_check(&self, id: &str) -> Result<()> {
        let mut state = self.state();
        state.checks.remove(id);
        for page in state.pages.values_mut() {
            page.checks.remove(id);
        }
        Ok(())
    }

    async fn windows(&self) -> Result<Vec<HeldWindow>> {
        self.require_windows()?;
        let windows = self.state().windows.clone();
        Ok(windows.into_iter().map(|(id, window)| HeldWindow::new(id, window.name.clone(), Some(window))).collect())
    }

    async fn create_window(&self, window: &MaintenanceWindow) -> Result<HeldWindow> {
        self.require_windows()?;
        let mut state = self.state();
        let id = state.id();
        state.windows.insert(id.clone(), window.clone());
        Ok(HeldWindow::new(id, window.name.clone(), Some(window.clone())))
    }

    async fn delete_window(&self, id: &str) -> Result<()> {
        self.require_windows()?;
        self.state().windows.remove(id);
        Ok(())
    }

    async fn pages(&self) -> Result<Vec<HeldPage>> {
        self.require_pages(None)?;
        Ok(self.state().pages.iter().map(|(id, page)| HeldPage::new(id, page.clone())).collect())
    }

    async fn create_page(&self, page: &StatusPage) -> Result<HeldPage> {
        self.require_pages(Some(page))?;
        let mut state = self.state();
        let id = state.id();
        state.pages.insert(id.clone(), page.clone());
        Ok(HeldPage::new(id, page.clone()))
    }

    async fn update_page(&self, id: &str, page: &StatusPage) -> Result<HeldPage> {
        self.require_pages(Some(page))?;
        let mut state = self.state();
        *state.pages.get_mut(id).ok_or_else(|| missing("status page", id))? = page.clone();
        Ok(HeldPage::new(id, page.clone()))
    }

    async fn delete_page(&self, id: &str) -> Result<()> {
        self.require_pages(None)?;
        self.state().pages.remove(id);
        Ok(())
    }
}
