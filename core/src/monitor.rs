//! Looking from outside whether something answers: checks, times in which nobody is told, and status pages.
//!
//! ```
//! use howdah_core::{monitor::{Check, CheckSubject, Monitor, MonitorExt}, testing::MemoryMonitor};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> howdah_core::Result<()> {
//! let monitor = MemoryMonitor::new();
//! let site = Check::new("site", CheckSubject::Http { url: "https://vmst.io/health".into() });
//! if let Some(reason) = monitor.refusal(&site) {
//!     println!("it cannot look there: {reason}");
//! }
//! monitor.create_check(&site).await?;
//! assert_eq!(monitor.checks().await?[0].check, Some(site));
//! # Ok(()) }
//! ```

use std::{collections::BTreeSet, fmt, ops::RangeInclusive, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result, Secret};

/// A provider that looks from outside.
///
/// What it holds of others is told and left alone: a check that cannot be described here has no description. Deleting what is
/// not there is no error. What is not among the [capabilities](Self::capabilities) is refused
/// ([`Unsupported`](ErrorKind::Unsupported)) before a request is sent.
#[async_trait]
pub trait Monitor: Send + Sync + fmt::Debug {
    /// The provider's name in one lower-case word, as in [`Error::provider`].
    fn name(&self) -> &'static str;

    /// What it can do.
    fn capabilities(&self) -> &MonitorCapabilities;

    /// All checks of the account.
    async fn checks(&self) -> Result<Vec<HeldCheck>>;

    /// Begins to look. When the answer is lost, the list is read, so that there are never two for one call.
    async fn create_check(&self, check: &Check) -> Result<HeldCheck>;

    /// Makes a check what is described, and keeps its id.
    async fn update_check(&self, id: &str, check: &Check) -> Result<HeldCheck>;

    /// Looks no more.
    async fn delete_check(&self, id: &str) -> Result<()>;

    /// All times in which nobody is told.
    async fn windows(&self) -> Result<Vec<HeldWindow>>;

    /// Lets nobody be told for a time.
    async fn create_window(&self, window: &MaintenanceWindow) -> Result<HeldWindow>;

    /// Ends such a time.
    async fn delete_window(&self, id: &str) -> Result<()>;

    /// All status pages of the account.
    async fn pages(&self) -> Result<Vec<HeldPage>>;

    /// Makes a status page.
    async fn create_page(&self, page: &StatusPage) -> Result<HeldPage>;

    /// Makes a status page what is described, and keeps its id.
    async fn update_page(&self, id: &str, page: &StatusPage) -> Result<HeldPage>;

    /// Removes a status page.
    async fn delete_page(&self, id: &str) -> Result<()>;
}

/// What every [`Monitor`] can do besides.
pub trait MonitorExt: Monitor {
    /// Why the provider cannot look so, if it cannot.
    fn refusal(&self, check: &Check) -> Option<String> {
        self.capabilities().refusal(check)
    }

    /// The same as an error.
    fn require(&self, check: &Check) -> Result<()> {
        self.refusal(check)
            .map_or(Ok(()), |reason| Err(unsupported(self.name(), &format!("the check `{}`: {reason}", check.name))))
    }

    /// An error unless there are maintenance windows.
    fn require_windows(&self) -> Result<()> {
        if self.capabilities().windows {
            Ok(())
        } else {
            Err(unsupported(self.name(), "there are no maintenance windows"))
        }
    }

    /// An error unless there are status pages.
    fn require_pages(&self, page: Option<&StatusPage>) -> Result<()> {
        match (self.capabilities().pages, page) {
            (None, _) => Err(unsupported(self.name(), "there are no status pages")),
            (Some(pages), Some(StatusPage { domain: Some(domain), .. })) if !pages.domain => {
                Err(unsupported(self.name(), &format!("a status page cannot be at `{domain}`")))
            }
            _ => Ok(()),
        }
    }
}

impl<M: Monitor + ?Sized> MonitorExt for M {}

fn unsupported(provider: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, message).with_provider(provider)
}

/// What a provider can do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MonitorCapabilities {
    /// How it can look.
    pub kinds: BTreeSet<CheckKind>,
    /// How often it can look; other intervals are refused.
    pub every: RangeInclusive<Duration>,
    /// Whether there are maintenance windows.
    pub windows: bool,
    /// What status pages can be, if there are any.
    pub pages: Option<PageCapabilities>,
}

/// What a provider's status pages can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageCapabilities {
    /// Whether one can be at a name of one's own.
    pub domain: bool,
    /// Whether a certificate of one's own can be served there. Where it cannot, the provider gets one itself, which the CAA
    /// records of the name have to allow.
    pub certificate: bool,
}

impl PageCapabilities {
    /// At the provider's address alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// At a name of one's own too, with the provider's certificate.
    #[must_use]
    pub fn with_domain(self) -> Self {
        Self { domain: true, ..self }
    }

    /// At a name of one's own too, with one's own certificate.
    #[must_use]
    pub fn with_certificate(self) -> Self {
        Self { domain: true, certificate: true }
    }
}

impl MonitorCapabilities {
    /// Checks of these kinds, and nothing else.
    pub fn new(kinds: impl IntoIterator<Item = CheckKind>, every: RangeInclusive<Duration>) -> Self {
        Self { kinds: kinds.into_iter().collect(), every, windows: false, pages: None }
    }

    /// Why a check is not possible, if it is not.
    pub fn refusal(&self, check: &Check) -> Option<String> {
        let kind = check.subject.kind();
        if !self.kinds.contains(&kind) {
            return Some(format!("{kind} cannot be checked here"));
        }
        if !self.every.contains(&check.every) {
            let (least, most) = (self.every.start().as_secs(), self.every.end().as_secs());
            let wanted = check.every.as_secs();
            return Some(match most {
                most if most == least => format!("it is looked every {least} seconds, not every {wanted}"),
                most => format!("it can be looked every {least} to {most} seconds, not every {wanted}"),
            });
        }
        None
    }
}

/// What is looked at, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Check {
    /// What people call it.
    pub name: String,
    /// What is looked at.
    pub subject: CheckSubject,
    /// The time between two looks; of a heartbeat, between two calls.
    pub every: Duration,
}

impl Check {
    /// Looks once a minute.
    pub fn new(name: impl Into<String>, subject: CheckSubject) -> Self {
        Self { name: name.into(), subject, every: Duration::from_secs(60) }
    }

    /// Sets how often.
    #[must_use]
    pub fn every(self, every: Duration) -> Self {
        Self { every, ..self }
    }
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckSubject {
    /// A request is answered with success.
    Http {
        /// `https` or `http`.
        url: String,
    },
    /// The answer to a request has some words in it, or has not.
    Keyword {
        /// `https` or `http`.
        url: String,
        /// The words.
        words: String,
        /// Whether they are to be there.
        wanted: bool,
    },
    /// A certificate is valid, and for a while.
    TlsExpiry {
        /// The host, at port 443.
        host: String,
        /// So many days before its end it is told.
        days: u16,
    },
    /// A TCP port opens.
    Port {
        /// A host or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// The DNS has these data for a name.
    Dns {
        /// The name.
        name: String,
        /// The type of the records, such as `A`.
        record_type: String,
        /// Their data, as a zone file has them.
        data: BTreeSet<String>,
    },
    /// Whatever is watched calls a URL.
    Heartbeat {
        /// By how much a call may be late.
        grace: Duration,
    },
}

/// A kind of check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum CheckKind {
    Http,
    Keyword,
    TlsExpiry,
    Port,
    Dns,
    Heartbeat,
}

impl CheckKind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Http, Self::Keyword, Self::TlsExpiry, Self::Port, Self::Dns, Self::Heartbeat];
}

impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Http => "an answer",
            Self::Keyword => "words in an answer",
            Self::TlsExpiry => "a certificate",
            Self::Port => "a port",
            Self::Dns => "the DNS",
            Self::Heartbeat => "a heartbeat",
        })
    }
}

impl CheckSubject {
    /// Its kind.
    pub fn kind(&self) -> CheckKind {
        match self {
            Self::Http { .. } => CheckKind::Http,
            Self::Keyword { .. } => CheckKind::Keyword,
            Self::TlsExpiry { .. } => CheckKind::TlsExpiry,
            Self::Port { .. } => CheckKind::Port,
            Self::Dns { .. } => CheckKind::Dns,
            Self::Heartbeat { .. } => CheckKind::Heartbeat,
        }
    }
}

/// A check that the provider holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HeldCheck {
    /// The provider's id of it.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is; nothing where it cannot be described here.
    pub check: Option<Check>,
    /// What was seen last.
    pub state: CheckState,
    /// What is to be called, of a heartbeat. Whoever has it may call it.
    pub heartbeat_url: Option<Secret>,
}

impl HeldCheck {
    /// A check that can be described here.
    pub fn new(id: impl Into<String>, check: Check, state: CheckState) -> Self {
        Self { id: id.into(), name: check.name.clone(), check: Some(check), state, heartbeat_url: None }
    }

    /// A check that cannot.
    pub fn foreign(id: impl Into<String>, name: impl Into<String>, state: CheckState) -> Self {
        Self { id: id.into(), name: name.into(), check: None, state, heartbeat_url: None }
    }

    /// Sets what is to be called.
    #[must_use]
    pub fn with_heartbeat_url(self, url: impl Into<Option<Secret>>) -> Self {
        Self { heartbeat_url: url.into(), ..self }
    }
}

/// What was seen last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckState {
    /// All is well.
    Up,
    /// It is not.
    Down,
    /// Nobody looks.
    Paused,
    /// Nobody has looked yet.
    Unknown,
}

/// A time in which nobody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MaintenanceWindow {
    /// What people call it: three characters at least.
    pub name: String,
    /// When it begins; to the second.
    pub begins: Timestamp,
    /// How long it lasts; to the minute.
    pub lasts: Duration,
}

impl MaintenanceWindow {
    /// For all checks of the account.
    pub fn new(name: impl Into<String>, begins: Timestamp, lasts: Duration) -> Self {
        Self { name: name.into(), begins, lasts }
    }
}

/// A maintenance window that the provider holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldWindow {
    /// The provider's id of it.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is; nothing where it comes again and again, or is for some checks only.
    pub window: Option<MaintenanceWindow>,
}

impl HeldWindow {
    /// A window, and what it is where it can be described here.
    pub fn new(id: impl Into<String>, name: impl Into<String>, window: Option<MaintenanceWindow>) -> Self {
        Self { id: id.into(), name: name.into(), window }
    }
}

/// A page that shows everyone what is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusPage {
    /// What is above it.
    pub name: String,
    /// The name of one's own that it is at.
    pub domain: Option<String>,
    /// The ids of the checks that it shows.
    pub checks: BTreeSet<String>,
}

impl StatusPage {
    /// A page at the provider's own address.
    pub fn new(name: impl Into<String>, checks: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { name: name.into(), domain: None, checks: checks.into_iter().map(Into::into).collect() }
    }

    /// Sets the name of one's own that it is at.
    #[must_use]
    pub fn with_domain(self, domain: impl Into<String>) -> Self {
        Self { domain: Some(domain.into()), ..self }
    }
}

/// A status page that the provider holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldPage {
    /// The provider's id of it.
    pub id: String,
    /// What it is.
    pub page: StatusPage,
    /// Whether it shows all checks of the account, whatever it says of single ones.
    pub shows_all: bool,
}

impl HeldPage {
    /// A page that shows what it says.
    pub fn new(id: impl Into<String>, page: StatusPage) -> Self {
        Self { id: id.into(), page, shows_all: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_possible_is_told() {
        let every = Duration::from_secs(60)..=Duration::from_secs(60);
        let capabilities = MonitorCapabilities::new([CheckKind::Http], every);
        let http = Check::new("site", CheckSubject::Http { url: "https://vmst.io".into() });
        assert_eq!(capabilities.refusal(&http), None);
        let often = http.clone().every(Duration::from_secs(30));
        assert_eq!(capabilities.refusal(&often).as_deref(), Some("it is looked every 60 seconds, not every 30"));
        let port = Check::new("mail", CheckSubject::Port { host: "vmst.io".into(), port: 25 });
        assert_eq!(capabilities.refusal(&port).as_deref(), Some("a port cannot be checked here"));
    }
}
