//! The registry of domains in memory, which the fakes of several registrars share.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    Clock,
    dns::{Ds, Name},
};

/// The status that forbids a transfer at the registrar's wish.
pub const TRANSFER_PROHIBITED: &str = "clientTransferProhibited";

/// How long the losing registrar has before a transfer goes through by itself.
const ACKNOWLEDGEMENT: SignedDuration = SignedDuration::from_hours(5 * 24);

/// A registry, as its registrars and its own name servers see it: who holds a domain, what the parent delegates it to,
/// which DS it publishes, its locks and its transfers. Clones are the same one.
///
/// What a registrar changes is served by the parent's name servers a while later, see
/// [`publish_after`](Self::publish_after).
#[derive(Clone)]
pub struct Registry {
    clock: Clock,
    held: Arc<Mutex<Held>>,
}

#[derive(Default, Serialize, Deserialize)]
struct Held {
    domains: BTreeMap<Name, RegisteredDomain>,
    /// How long the parent's name servers take, each one in turn; the last stands for all that follow.
    #[serde(default)]
    lag: Vec<SignedDuration>,
    #[serde(skip)]
    file: Option<PathBuf>,
}

/// A domain at the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RegisteredDomain {
    /// The registrar by its name, as in [`Registrar::name`](crate::registrar::Registrar::name).
    pub registrar: String,
    pub delegation: Delegated,
    /// EPP status codes without `ok`.
    pub statuses: BTreeSet<String>,
    pub auth_code: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub transferred_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub pending: Option<PendingTransfer>,
    /// Every transfer and renewal that was ever paid for.
    pub paid: Vec<Paid>,
    /// What the parent was told, and when.
    history: Vec<(Timestamp, Delegated)>,
    /// What the registrar passes on later.
    #[serde(default)]
    planned: Vec<(Timestamp, PlannedChange)>,
}

/// What a registrar has accepted and passes on a while later, see [`Registry::plan`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlannedChange {
    /// Delegates like this.
    Delegation(Delegated),
    /// Sets a status, or removes it.
    Status(String, bool),
    /// Sets the code that a transfer wants.
    AuthCode(String),
}

/// What the parent zone holds for a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Delegated {
    pub name_servers: Vec<Name>,
    pub ds: Vec<Ds>,
    /// Hosts below the domain and their addresses.
    pub glue: BTreeMap<Name, Vec<IpAddr>>,
}

/// A transfer that waits for the losing registrar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PendingTransfer {
    pub gaining: String,
    pub requested_at: Timestamp,
    /// When it goes through unless the losing registrar says otherwise.
    pub completes_at: Timestamp,
    pub years: u32,
}

/// Something that was paid for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Paid {
    pub at: Timestamp,
    pub registrar: String,
    /// `registration`, `transfer` or `renewal`.
    pub what: String,
    pub years: u32,
}

/// Why the registry refuses a registrar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryRefusal {
    /// The domain is not registered.
    #[error("object does not exist")]
    NotFound,
    /// The domain is registered already.
    #[error("object exists")]
    Exists,
    /// Another registrar holds it.
    #[error("authorization error")]
    NotYours,
    /// The code does not fit.
    #[error("invalid authorization information")]
    WrongAuthCode,
    /// A status forbids it.
    #[error("object status prohibits operation: {0}")]
    Prohibited(String),
    /// A transfer goes on.
    #[error("object pending transfer")]
    PendingTransfer,
}

type Answer<T = ()> = Result<T, RegistryRefusal>;

impl Registry {
    /// Without domains.
    pub fn new(clock: Clock) -> Self {
        Self { clock, held: Arc::default() }
    }

    /// The registry that a file holds, or a new one where there is no file yet; every change is written to it.
    pub fn kept_in(file: &Path, clock: Clock) -> io::Result<Self> {
        let mut held: Held = match fs::read(file) {
            Ok(content) => serde_json::from_slice(&content)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Held::default(),
            Err(error) => return Err(error),
        };
        held.file = Some(file.to_owned());
        Ok(Self { clock, held: Arc::new(Mutex::new(held)) })
    }

    /// The clock that dates and delays go by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// How long the parent's name servers take to serve a change: the first, the second, and so on; the last time
    /// stands for all that follow. Nothing is changed at once otherwise.
    pub fn publish_after(&self, lag: impl IntoIterator<Item = SignedDuration>) {
        self.change(|held, _| held.lag = lag.into_iter().collect());
    }

    /// Adds a domain for a year, locked, delegated to these servers, created as long ago as is said.
    ///
    /// # Panics
    ///
    /// When the domain is registered already.
    pub fn register(&self, domain: &Name, registrar: &str, name_servers: &[Name], age: SignedDuration) {
        let done = self.change(|held, now| {
            let created_at = now.checked_sub(age).unwrap_or(now);
            held.create(domain, registrar, name_servers, 1, created_at)?;
            let domain = held.find(domain)?;
            domain.paid.clear();
            while domain.expires_at <= now {
                domain.expires_at = years_after(domain.expires_at, 1);
            }
            domain.statuses.insert(TRANSFER_PROHIBITED.to_owned());
            Ok::<_, RegistryRefusal>(())
        });
        assert!(done.is_ok(), "{domain} cannot be registered: {done:?}");
    }

    /// All domains.
    pub fn domains(&self) -> Vec<Name> {
        self.change(|held, _| held.domains.keys().cloned().collect())
    }

    /// A domain as it is now.
    pub fn domain(&self, domain: &Name) -> Option<RegisteredDomain> {
        self.change(|held, _| held.domains.get(domain).cloned())
    }

    /// What the parent's `server`th name server, counted from 0, says of a domain now.
    pub fn published(&self, domain: &Name, server: usize) -> Option<Delegated> {
        self.change(|held, now| {
            let lag = held.lag.get(server).or(held.lag.last()).copied().unwrap_or_default();
            let history = &held.domains.get(domain)?.history;
            let visible = history.iter().rev().find(|(at, _)| at.checked_add(lag).is_ok_and(|at| at <= now));
            visible.map(|(_, delegated)| delegated.clone())
        })
    }

    /// Buys a new domain.
    pub fn create(&self, domain: &Name, registrar: &str, name_servers: &[Name], years: u32) -> Answer {
        self.change(|held, now| held.create(domain, registrar, name_servers, years, now))
    }

    /// Buys more time.
    pub fn renew(&self, domain: &Name, registrar: &str, years: u32) -> Answer {
        self.change(|held, now| {
            let domain = held.of(domain, registrar)?;
            domain.expires_at = years_after(domain.expires_at, years);
            domain.updated_at = now;
            domain.paid.push(Paid { at: now, registrar: registrar.to_owned(), what: "renewal".to_owned(), years });
            Ok(())
        })
    }

    /// Changes the delegation.
    pub fn delegate(&self, domain: &Name, registrar: &str, change: impl FnOnce(&mut Delegated)) -> Answer {
        self.change(|held, now| {
            let domain = held.of(domain, registrar)?;
            domain.require_not_pending()?;
            domain.redelegate(now, change);
            Ok(())
        })
    }

    /// Lets a change happen at that moment, whether or not anybody looks then. For registrars that take their time.
    pub fn plan(&self, domain: &Name, registrar: &str, at: Timestamp, change: PlannedChange) -> Answer {
        self.change(|held, _| {
            let domain = held.of(domain, registrar)?;
            domain.require_not_pending()?;
            domain.planned.push((at, change));
            Ok(())
        })
    }

    /// Sets or removes a status.
    pub fn set_status(&self, domain: &Name, registrar: &str, status: &str, set: bool) -> Answer {
        self.change(|held, now| {
            let domain = held.of(domain, registrar)?;
            domain.require_not_pending()?;
            if set {
                domain.statuses.insert(status.to_owned());
            } else {
                domain.statuses.remove(status);
            }
            domain.updated_at = now;
            Ok(())
        })
    }

    /// Sets the code that a transfer wants.
    pub fn set_auth_code(&self, domain: &Name, registrar: &str, auth_code: &str) -> Answer {
        self.change(|held, now| {
            let domain = held.of(domain, registrar)?;
            domain.auth_code = Some(auth_code.to_owned());
            domain.updated_at = now;
            Ok(())
        })
    }

    /// Whether [`request_transfer`](Self::request_transfer) would be accepted.
    pub fn check_transfer(&self, domain: &Name, gaining: &str, auth_code: Option<&str>) -> Answer {
        self.change(|held, _| held.find(domain)?.require_transferable(gaining, auth_code))
    }

    /// Asks for a domain, and pays. It changes hands when the losing registrar agrees, or five days later.
    pub fn request_transfer(&self, domain: &Name, gaining: &str, auth_code: &str, years: u32) -> Answer {
        self.change(|held, now| {
            let domain = held.find(domain)?;
            domain.require_transferable(gaining, Some(auth_code))?;
            domain.pending = Some(PendingTransfer {
                gaining: gaining.to_owned(),
                requested_at: now,
                completes_at: now.checked_add(ACKNOWLEDGEMENT).unwrap_or(now),
                years,
            });
            domain.statuses.insert("pendingTransfer".to_owned());
            domain.paid.push(Paid { at: now, registrar: gaining.to_owned(), what: "transfer".to_owned(), years });
            domain.updated_at = now;
            Ok(())
        })
    }

    /// The losing registrar agrees to a transfer at once, or refuses it.
    pub fn answer_transfer(&self, domain: &Name, losing: &str, agree: bool) -> Answer {
        self.change(|held, now| {
            let domain = held.of(domain, losing)?;
            let pending = domain.pending.as_mut().ok_or(RegistryRefusal::NotFound)?;
            if agree {
                pending.completes_at = now;
                domain.pass(now);
            } else {
                domain.end_transfer(now);
            }
            Ok(())
        })
    }

    /// The gaining registrar gives a transfer up.
    pub fn cancel_transfer(&self, domain: &Name, gaining: &str) -> Answer {
        self.change(|held, now| {
            let domain = held.find(domain)?;
            if domain.pending.as_ref().is_none_or(|pending| pending.gaining != gaining) {
                return Err(RegistryRefusal::NotFound);
            }
            domain.end_transfer(now);
            Ok(())
        })
    }

    /// Changes a domain behind every registrar's back, without asking whether that is allowed. What it makes of the
    /// delegation is told to the parent.
    ///
    /// # Panics
    ///
    /// When there is no such domain.
    pub fn edit(&self, domain: &Name, edit: impl FnOnce(&mut RegisteredDomain)) {
        let done = self.change(|held, now| {
            let found = held.find(domain)?;
            edit(found);
            found.redelegate(now, |_| {});
            Ok::<_, RegistryRefusal>(())
        });
        assert!(done.is_ok(), "{domain} cannot be edited: {done:?}");
    }

    fn change<T>(&self, change: impl FnOnce(&mut Held, Timestamp) -> T) -> T {
        let mut held = self.lock();
        let now = self.clock.now();
        for domain in held.domains.values_mut() {
            domain.pass(now);
        }
        let result = change(&mut held, now);
        if let Some(file) = &held.file {
            let json = serde_json::to_vec_pretty(&*held).expect("a registry can be written as JSON");
            // Half a file is worse than an old one.
            let beside = file.with_extension("new");
            fs::write(&beside, json).and_then(|()| fs::rename(&beside, file)).expect("the registry can be kept");
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without domains, on the machine's clock.
impl Default for Registry {
    fn default() -> Self {
        Self::new(Clock::system())
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.lock().domains.keys()).finish()
    }
}

impl Held {
    fn find(&mut self, domain: &Name) -> Answer<&mut RegisteredDomain> {
        self.domains.get_mut(domain).ok_or(RegistryRefusal::NotFound)
    }

    fn of(&mut self, domain: &Name, registrar: &str) -> Answer<&mut RegisteredDomain> {
        let domain = self.find(domain)?;
        if domain.registrar == registrar { Ok(domain) } else { Err(RegistryRefusal::NotYours) }
    }

    fn create(&mut self, domain: &Name, registrar: &str, servers: &[Name], years: u32, at: Timestamp) -> Answer {
        if self.domains.contains_key(domain) {
            return Err(RegistryRefusal::Exists);
        }
        let delegation = Delegated { name_servers: servers.to_vec(), ..Delegated::default() };
        let paid = Paid { at, registrar: registrar.to_owned(), what: "registration".to_owned(), years };
        let registered = RegisteredDomain {
            registrar: registrar.to_owned(),
            history: vec![(at, delegation.clone())],
            delegation,
            statuses: BTreeSet::new(),
            auth_code: None,
            created_at: at,
            updated_at: at,
            transferred_at: None,
            expires_at: years_after(at, years),
            pending: None,
            paid: vec![paid],
            planned: Vec::new(),
        };
        self.domains.insert(domain.clone(), registered);
        Ok(())
    }
}

impl RegisteredDomain {
    fn require_not_pending(&self) -> Answer {
        if self.pending.is_some() { Err(RegistryRefusal::PendingTransfer) } else { Ok(()) }
    }

    fn require_transferable(&self, gaining: &str, auth_code: Option<&str>) -> Answer {
        self.require_not_pending()?;
        if self.registrar == gaining {
            return Err(RegistryRefusal::NotYours);
        }
        if let Some(status) = self.statuses.iter().find(|status| status.ends_with("TransferProhibited")) {
            return Err(RegistryRefusal::Prohibited(status.clone()));
        }
        match auth_code {
            Some(code) if self.auth_code.as_deref() != Some(code) => Err(RegistryRefusal::WrongAuthCode),
            _ => Ok(()),
        }
    }

    fn redelegate(&mut self, now: Timestamp, change: impl FnOnce(&mut Delegated)) {
        change(&mut self.delegation);
        self.updated_at = now;
        if self.history.last().is_none_or(|(_, last)| *last != self.delegation) {
            self.history.push((now, self.delegation.clone()));
        }
    }

    fn end_transfer(&mut self, now: Timestamp) {
        self.pending = None;
        self.statuses.remove("pendingTransfer");
        self.updated_at = now;
    }

    /// What completes by itself. The delegation, its DS and its glue stay as they are.
    fn pass(&mut self, now: Timestamp) {
        let (due, later) = std::mem::take(&mut self.planned).into_iter().partition(|(at, _)| *at <= now);
        self.planned = later;
        let due: Vec<(Timestamp, PlannedChange)> = due;
        for (at, change) in due {
            self.updated_at = at;
            match change {
                PlannedChange::Delegation(delegation) => self.redelegate(at, |present| *present = delegation),
                PlannedChange::Status(status, true) => _ = self.statuses.insert(status),
                PlannedChange::Status(status, false) => _ = self.statuses.remove(&status),
                PlannedChange::AuthCode(code) => self.auth_code = Some(code),
            }
        }
        if let Some(pending) = self.pending.take_if(|pending| pending.completes_at <= now) {
            self.end_transfer(pending.completes_at);
            self.registrar = pending.gaining;
            self.transferred_at = Some(pending.completes_at);
            self.expires_at = years_after(self.expires_at, pending.years);
            // The old code is known to the former registrar.
            self.auth_code = None;
            self.planned.clear();
        }
    }
}

fn years_after(moment: Timestamp, years: u32) -> Timestamp {
    let years = i16::try_from(years).unwrap_or(i16::MAX);
    let later = moment.to_zoned(TimeZone::UTC).checked_add(years.years());
    later.map_or(moment, |later| later.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn hours(hours: i64) -> SignedDuration {
        SignedDuration::from_hours(hours)
    }

    #[tokio::test(start_paused = true)]
    async fn the_parent_follows_at_its_own_pace() {
        let registry = Registry::new(Clock::starting_at("2022-12-01T00:00:00Z".parse().unwrap()));
        let (domain, old, new) = (name("example.org"), name("ns.old.example"), name("ns.new.example"));
        registry.register(&domain, "one", std::slice::from_ref(&old), hours(24 * 400));
        registry.publish_after([hours(1), hours(2)]);
        registry.delegate(&domain, "one", |delegated| delegated.name_servers = vec![new.clone()]).unwrap();
        let published = |server| registry.published(&domain, server).unwrap().name_servers[0].clone();
        assert_eq!([published(0), published(1), published(7)], [&old, &old, &old].map(Clone::clone));
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        assert_eq!([published(0), published(1), published(7)], [&new, &old, &old].map(Clone::clone));
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        assert_eq!([published(0), published(1), published(7)], [&new, &new, &new].map(Clone::clone));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_planned_happens_at_its_time() {
        let registry = Registry::new(Clock::starting_at("2022-12-01T00:00:00Z".parse().unwrap()));
        let (domain, new) = (name("example.org"), name("ns.new.example"));
        registry.register(&domain, "one", &[name("ns.old.example")], hours(24 * 400));
        let at = registry.clock().now() + hours(1);
        let plan = |change| registry.plan(&domain, "one", at, change).unwrap();
        plan(PlannedChange::Delegation(Delegated { name_servers: vec![new.clone()], ..Delegated::default() }));
        plan(PlannedChange::Status(TRANSFER_PROHIBITED.to_owned(), false));
        plan(PlannedChange::AuthCode("code".to_owned()));
        tokio::time::sleep(std::time::Duration::from_secs(3599)).await;
        let before = registry.domain(&domain).unwrap();
        assert_eq!((before.delegation.name_servers == [new.clone()], before.statuses.len()), (false, 1));
        tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
        let after = registry.domain(&domain).unwrap();
        assert_eq!((after.statuses.len(), after.auth_code.as_deref(), after.updated_at), (0, Some("code"), at));
        assert_eq!(registry.published(&domain, 0).unwrap().name_servers, [new]);
        let gone = registry.plan(&domain, "two", at, PlannedChange::AuthCode("code".to_owned()));
        assert_eq!(gone, Err(RegistryRefusal::NotYours));
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_wants_an_unlocked_domain_the_code_and_five_days() {
        let registry = Registry::new(Clock::starting_at("2022-12-01T00:00:00Z".parse().unwrap()));
        let domain = name("example.org");
        registry.register(&domain, "one", &[name("ns.example.net")], hours(24 * 400));
        let before = registry.domain(&domain).unwrap();
        assert!(before.expires_at > registry.clock().now());
        registry.set_auth_code(&domain, "one", "right").unwrap();
        let ask = |code| registry.request_transfer(&domain, "two", code, 1);
        assert_eq!(ask("right"), Err(RegistryRefusal::Prohibited(TRANSFER_PROHIBITED.to_owned())));
        assert_eq!(registry.set_status(&domain, "two", TRANSFER_PROHIBITED, false), Err(RegistryRefusal::NotYours));
        registry.set_status(&domain, "one", TRANSFER_PROHIBITED, false).unwrap();
        assert_eq!(ask("wrong"), Err(RegistryRefusal::WrongAuthCode));
        ask("right").unwrap();
        assert_eq!(ask("right"), Err(RegistryRefusal::PendingTransfer));
        assert_eq!(registry.delegate(&domain, "one", |_| {}), Err(RegistryRefusal::PendingTransfer));
        tokio::time::sleep(std::time::Duration::from_secs(5 * 24 * 3600)).await;
        let after = registry.domain(&domain).unwrap();
        assert_eq!((after.registrar.as_str(), after.paid.len()), ("two", 1));
        assert_eq!(after.expires_at, years_after(before.expires_at, 1));
        assert_eq!(after.delegation, before.delegation);
    }
}
