//! A registrar in memory: what [`Registrar`] means, in the fewest words.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{MemoryFault, Registry, RegistryRefusal, TRANSFER_PROHIBITED, registry::RegisteredDomain};
use crate::{
    Error, ErrorKind, Outcome, Result, Secret,
    dns::{DigestType, Dnskey, Ds, KeyInfo, Name},
    registrar::{
        AuthCode, AuthCodeDelivery, Confirm, GlueHost, KeyInput, Money, OperationState, PublishedKey, Purchase, Quote,
        Registrar, RegistrarCapabilities, Registration, Transfer, TransferCheck, TransferOrder,
    },
};

/// A registrar over a [`Registry`] that others share: the reference of [`Registrar`]. Clones are the same one.
///
/// What it declares can be cut down, so that a caller meets the poorest registrar in a test, and faults can be set.
/// Everything is done at once, but a transfer, which takes the five days that the registry gives the losing registrar.
///
/// ```
/// use howdah_core::{dns::Name, registrar::Registrar, testing::{MemoryRegistrar, Registry}};
/// use jiff::SignedDuration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::default();
/// let registrar = MemoryRegistrar::new(&registry, "one");
/// let (domain, server) = (Name::parse("example.org")?, Name::parse("ns.example.net")?);
/// registry.register(&domain, "one", &[server.clone()], SignedDuration::from_hours(24 * 100));
/// assert_eq!(registrar.registration(&domain).await?.name_servers, [server]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryRegistrar {
    name: &'static str,
    registry: Registry,
    capabilities: Arc<RegistrarCapabilities>,
    state: Arc<Mutex<State>>,
}

struct State {
    price: Money,
    auto_renew: BTreeMap<Name, bool>,
    transfers: BTreeMap<Name, Begun>,
    /// The keys of DS records, where they were told.
    known_keys: Vec<Dnskey>,
    mailed: BTreeMap<Name, Vec<Secret>>,
    last_number: u64,
    changes_made: usize,
    fault: Option<(usize, MemoryFault)>,
}

struct Begun {
    number: u64,
    started_at: Timestamp,
    order: TransferOrder,
    step: Step,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    WrongAuthCode,
    Asked,
    Done,
}

impl MemoryRegistrar {
    /// The registrar of this name, with [`full_capabilities`](Self::full_capabilities).
    pub fn new(registry: &Registry, name: &'static str) -> Self {
        let state = State {
            price: Money::new(1000, "EUR"),
            auto_renew: BTreeMap::new(),
            transfers: BTreeMap::new(),
            known_keys: Vec::new(),
            mailed: BTreeMap::new(),
            last_number: 0,
            changes_made: 0,
            fault: None,
        };
        let capabilities = Arc::new(Self::full_capabilities());
        Self { name, registry: registry.clone(), capabilities, state: Arc::new(Mutex::new(state)) }
    }

    /// Declares something else; what is not declared is refused.
    #[must_use]
    pub fn with_capabilities(self, capabilities: RegistrarCapabilities) -> Self {
        Self { capabilities: Arc::new(capabilities), ..self }
    }

    /// Everything that this registrar can do, to be cut down.
    pub fn full_capabilities() -> RegistrarCapabilities {
        RegistrarCapabilities {
            transfer_in: true,
            name_servers: true,
            transfer_lock: true,
            auto_renew: true,
            auth_code: AuthCodeDelivery::Returned,
            keys: KeyInput::Either,
            glue: true,
        }
    }

    /// The registry below.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What a year costs from now on, whatever is done with it.
    pub fn set_price(&self, price: Money) {
        self.lock().price = price;
    }

    /// Lets the change fail that comes after `skipped` further ones, once.
    pub fn fail_after(&self, skipped: usize, fault: MemoryFault) {
        self.lock().fault = Some((skipped, fault));
    }

    /// How many changes were ever made.
    pub fn changes_made(&self) -> usize {
        self.lock().changes_made
    }

    /// The authorization codes that were mailed to a domain's registrant.
    pub fn mailed_auth_codes(&self, domain: &Name) -> Vec<Secret> {
        self.lock().mailed.get(domain).cloned().unwrap_or_default()
    }

    /// A panic in a test leaves the state usable for the others.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn require(&self, declared: bool, what: &str) -> Result<()> {
        if declared {
            return Ok(());
        }
        Err(Error::unsupported(format!("the registrar cannot {what}")).with_provider(self.name))
    }

    fn refused(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, message).with_outcome(Outcome::Refused).with_provider(self.name)
    }

    fn invalid(&self, message: impl Into<String>) -> Error {
        Error::invalid(message).with_provider(self.name)
    }

    fn told(&self, domain: &Name, refusal: &RegistryRefusal) -> Error {
        let kind = match refusal {
            RegistryRefusal::NotFound | RegistryRefusal::NotYours => ErrorKind::NotFound,
            RegistryRefusal::Exists | RegistryRefusal::PendingTransfer => ErrorKind::Conflict,
            RegistryRefusal::WrongAuthCode | RegistryRefusal::Prohibited(_) => ErrorKind::Precondition,
        };
        self.refused(kind, format!("{domain}: the registry says: {refusal}"))
    }

    /// A domain that is registered here, after what completes by itself.
    fn held(&self, domain: &Name) -> Result<RegisteredDomain> {
        self.pass(domain);
        let held = self.registry.domain(domain).filter(|held| held.registrar == self.name);
        held.ok_or_else(|| self.refused(ErrorKind::NotFound, format!("{domain} is not registered here")))
    }

    /// A transfer that went through leaves the domain as it was ordered.
    fn pass(&self, domain: &Name) {
        let mut state = self.lock();
        let arrived = self.registry.domain(domain).is_some_and(|held| held.registrar == self.name);
        let Some(begun) = state.transfers.get_mut(domain).filter(|begun| arrived && begun.step == Step::Asked) else {
            return;
        };
        begun.step = Step::Done;
        let servers = match begun.order.name_servers.as_slice() {
            [] => self.own_name_servers(),
            ordered => ordered.to_vec(),
        };
        let lock = self.registry.set_status(domain, self.name, TRANSFER_PROHIBITED, true);
        // It has just arrived, and nothing forbids either.
        let _ = lock.and(self.registry.delegate(domain, self.name, |delegated| delegated.name_servers = servers));
    }

    fn own_name_servers(&self) -> Vec<Name> {
        ["ns1", "ns2"].iter().filter_map(|host| Name::parse(&format!("{host}.{}.example", self.name)).ok()).collect()
    }

    /// Makes a change, or fails as it was told to.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut state = self.lock();
        let fault = match state.fault.take() {
            Some((0, fault)) => Some(fault),
            later => {
                state.fault = later.map(|(skipped, fault)| (skipped - 1, fault));
                None
            }
        };
        let lost = || Error::new(ErrorKind::Timeout, "no answer").with_provider(self.name);
        match fault {
            Some(MemoryFault::Refused) => return Err(self.refused(ErrorKind::Unavailable, "out of order")),
            Some(MemoryFault::LostBefore) => return Err(lost()),
            Some(MemoryFault::LostAfter) | None => {}
        }
        let done = change(&mut state)?;
        state.changes_made += 1;
        if fault.is_some() { Err(lost()) } else { Ok(done) }
    }

    /// Changes what the parent is told of a domain.
    fn delegate(&self, domain: &Name, change: impl FnOnce(&mut super::Delegated)) -> Result<()> {
        self.held(domain)?;
        self.change(|_| {
            let told = self.registry.delegate(domain, self.name, change);
            told.map_err(|refusal| self.told(domain, &refusal))
        })
    }

    fn published(&self, ds: &Ds, domain: &Name) -> PublishedKey {
        let known = self.lock().known_keys.iter().find(|key| ds.covers(key, domain)).cloned();
        PublishedKey { id: ds.to_string(), key: KeyInfo::new(known, [ds.clone()]) }
    }

    /// The DS that the parent is given for a key.
    fn digest(&self, domain: &Name, key: &KeyInfo) -> Result<Ds> {
        let of_key = || key.dnskey.as_ref().map(|key| key.to_ds(domain, DigestType::Sha256));
        let told = || key.ds.first().cloned();
        let (ds, wanted) = match self.capabilities.keys {
            KeyInput::None => (None, "nothing"),
            KeyInput::Key => (of_key(), "the key itself: ask a name server of the zone for its DNSKEY"),
            KeyInput::Digest => (told().or_else(of_key), "a digest"),
            KeyInput::Either => (of_key().or_else(told), "a key or a digest"),
        };
        let message = || format!("the key of {domain} cannot be published: the registrar wants {wanted}");
        ds.ok_or_else(|| Error::new(ErrorKind::Precondition, message()).with_outcome(Outcome::NotSent))
            .map_err(|error| error.with_provider(self.name))
    }
}

impl fmt::Debug for MemoryRegistrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRegistrar").field("name", &self.name).finish_non_exhaustive()
    }
}

#[async_trait]
impl Registrar for MemoryRegistrar {
    fn name(&self) -> &'static str {
        self.name
    }

    fn capabilities(&self) -> &RegistrarCapabilities {
        &self.capabilities
    }

    async fn registration(&self, domain: &Name) -> Result<Registration> {
        let held = self.held(domain)?;
        let mut registration = Registration::new(domain.clone());
        registration.transfer_lock = Some(held.statuses.contains(TRANSFER_PROHIBITED));
        registration.auto_renew = Some(self.lock().auto_renew.get(domain).copied().unwrap_or(false));
        registration.name_servers = held.delegation.name_servers;
        registration.created_at = Some(held.created_at);
        registration.expires_at = Some(held.expires_at);
        registration.statuses = held.statuses.into_iter().collect();
        Ok(registration)
    }

    async fn quote(&self, domain: &Name, purchase: Purchase) -> Result<Quote> {
        self.require(self.capabilities.transfer_in, "quote prices")?;
        let (Purchase::Registration(years) | Purchase::Transfer(years) | Purchase::Renewal(years)) = purchase;
        let year = self.lock().price.clone();
        let price = Money::new(year.cents * u64::from(years), year.currency);
        Ok(Quote { domain: domain.clone(), purchase, price, premium: false })
    }

    async fn check_transfer(&self, domain: &Name, auth_code: Option<&Secret>) -> Result<TransferCheck> {
        self.require(self.capabilities.transfer_in, "take domains over")?;
        let check = match self.registry.check_transfer(domain, self.name, auth_code.map(Secret::expose)) {
            Ok(()) => TransferCheck::feasible(),
            Err(refusal) => TransferCheck::refused(refusal.to_string()),
        };
        Ok(check.with_needs_auth_code(true))
    }

    async fn transfer_in(&self, order: &TransferOrder, confirm: &Confirm) -> Result<Transfer> {
        let domain = &order.domain;
        if let Some(going_on) = self.transfer(domain).await?.filter(|transfer| !transfer.state.has_ended()) {
            return Ok(going_on);
        }
        confirm.require(&self.quote(domain, Purchase::Transfer(order.years)).await?)?;
        self.change(|state| {
            let auth_code = order.auth_code.as_ref().map_or("", Secret::expose);
            let step = match self.registry.request_transfer(domain, self.name, auth_code, order.years) {
                Ok(()) => Step::Asked,
                Err(RegistryRefusal::WrongAuthCode) => Step::WrongAuthCode,
                Err(refusal) => return Err(self.told(domain, &refusal)),
            };
            let (number, started_at) = (state.number(), self.registry.clock().now());
            state.transfers.insert(domain.clone(), Begun { number, started_at, order: order.clone(), step });
            Ok(())
        })?;
        let begun = self.transfer(domain).await?;
        begun.ok_or_else(|| self.refused(ErrorKind::Other, format!("the transfer of {domain} is gone")))
    }

    async fn transfer(&self, domain: &Name) -> Result<Option<Transfer>> {
        self.require(self.capabilities.transfer_in, "take domains over")?;
        self.pass(domain);
        let state = self.lock();
        let Some(begun) = state.transfers.get(domain) else {
            return Ok(None);
        };
        let pending = self.registry.domain(domain).and_then(|held| held.pending);
        let state = match begun.step {
            Step::Done => OperationState::Succeeded,
            Step::WrongAuthCode => OperationState::Blocked { why: RegistryRefusal::WrongAuthCode.to_string() },
            Step::Asked if pending.is_some_and(|pending| pending.gaining == self.name) => {
                OperationState::InProgress { step: "the losing registrar is asked".to_owned() }
            }
            Step::Asked => OperationState::Failed { why: "the losing registrar refused".to_owned() },
        };
        Ok(Some(Transfer::new(domain.clone(), begun.number.to_string(), state).with_started_at(begun.started_at)))
    }

    async fn correct_transfer(&self, domain: &Name, auth_code: &Secret) -> Result<()> {
        self.require(self.capabilities.transfer_in, "take domains over")?;
        self.change(|state| {
            let begun = state.transfers.get_mut(domain).filter(|begun| begun.step == Step::WrongAuthCode);
            let begun = begun.ok_or_else(|| {
                let message = format!("no transfer of {domain} waits for an authorization code");
                self.refused(ErrorKind::Precondition, message)
            })?;
            let asked = self.registry.request_transfer(domain, self.name, auth_code.expose(), begun.order.years);
            asked.map_err(|refusal| self.told(domain, &refusal))?;
            begun.step = Step::Asked;
            Ok(())
        })
    }

    async fn set_name_servers(&self, domain: &Name, servers: &[Name]) -> Result<()> {
        self.require(self.capabilities.name_servers, "change name servers")?;
        if servers.is_empty() {
            return Err(self.invalid(format!("no name servers are given for {domain}")));
        }
        self.delegate(domain, |delegated| delegated.name_servers = servers.to_vec())
    }

    async fn set_transfer_lock(&self, domain: &Name, locked: bool) -> Result<()> {
        self.require(self.capabilities.transfer_lock, "change the transfer lock")?;
        self.held(domain)?;
        self.change(|_| {
            let set = self.registry.set_status(domain, self.name, TRANSFER_PROHIBITED, locked);
            set.map_err(|refusal| self.told(domain, &refusal))
        })
    }

    async fn set_auto_renew(&self, domain: &Name, on: bool) -> Result<()> {
        self.require(self.capabilities.auto_renew, "change renewal by itself")?;
        self.held(domain)?;
        self.change(|state| {
            state.auto_renew.insert(domain.clone(), on);
            Ok(())
        })
    }

    async fn auth_code(&self, domain: &Name) -> Result<AuthCode> {
        let delivery = self.capabilities.auth_code;
        self.require(delivery != AuthCodeDelivery::Manual, "hand out authorization codes through its API")?;
        self.held(domain)?;
        self.change(|state| {
            let code = format!("{}-{:05}", self.name, state.number());
            let set = self.registry.set_auth_code(domain, self.name, &code);
            set.map_err(|refusal| self.told(domain, &refusal))?;
            if delivery == AuthCodeDelivery::Returned {
                return Ok(AuthCode::Returned(code.into()));
            }
            state.mailed.entry(domain.clone()).or_default().push(code.into());
            Ok(AuthCode::Mailed)
        })
    }

    async fn keys(&self, domain: &Name) -> Result<Vec<PublishedKey>> {
        self.require(self.capabilities.keys != KeyInput::None, "publish keys")?;
        let held = self.held(domain)?;
        Ok(held.delegation.ds.iter().map(|ds| self.published(ds, domain)).collect())
    }

    async fn add_key(&self, domain: &Name, key: &KeyInfo) -> Result<()> {
        self.require(self.capabilities.keys != KeyInput::None, "publish keys")?;
        let ds = self.digest(domain, key)?;
        let is_it = |one: &Ds| *one == ds || key.dnskey.as_ref().is_some_and(|key| one.covers(key, domain));
        if self.held(domain)?.delegation.ds.iter().any(is_it) {
            return Ok(());
        }
        self.delegate(domain, |delegated| delegated.ds.push(ds))?;
        self.lock().known_keys.extend(key.dnskey.clone());
        Ok(())
    }

    async fn remove_key(&self, domain: &Name, key: &PublishedKey) -> Result<()> {
        self.require(self.capabilities.keys != KeyInput::None, "publish keys")?;
        let is_it =
            |one: &Ds| key.key.ds.contains(one) || key.key.dnskey.as_ref().is_some_and(|key| one.covers(key, domain));
        if !self.held(domain)?.delegation.ds.iter().any(is_it) {
            return Ok(());
        }
        self.delegate(domain, |delegated| delegated.ds.retain(|one| !is_it(one)))
    }

    async fn glue(&self, domain: &Name) -> Result<Vec<GlueHost>> {
        self.require(self.capabilities.glue, "keep hosts with glue")?;
        let glue = self.held(domain)?.delegation.glue;
        Ok(glue.into_iter().map(|(host, addresses)| GlueHost { host, addresses }).collect())
    }

    async fn set_glue(&self, domain: &Name, host: &GlueHost) -> Result<()> {
        self.require(self.capabilities.glue, "keep hosts with glue")?;
        if host.host == *domain || !host.host.is_within(domain) {
            return Err(self.invalid(format!("the host {} is not below {domain}", host.host)));
        }
        let GlueHost { host, addresses } = host.clone();
        self.delegate(domain, |delegated| {
            if addresses.is_empty() {
                delegated.glue.remove(&host);
            } else {
                delegated.glue.insert(host, addresses);
            }
        })
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::Clock;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn registrar() -> (MemoryRegistrar, Name) {
        let registry = Registry::new(Clock::starting_at("2022-12-01T00:00:00Z".parse().unwrap()));
        let domain = name("example.org");
        registry.register(&domain, "one", &[name("ns.example.net")], SignedDuration::from_hours(24 * 100));
        (MemoryRegistrar::new(&registry, "one"), domain)
    }

    #[tokio::test(start_paused = true)]
    async fn faults_strike_where_they_are_set() {
        let (registrar, domain) = registrar();
        for (fault, outcome, changed) in [
            (MemoryFault::Refused, Outcome::Refused, false),
            (MemoryFault::LostBefore, Outcome::Unknown, false),
            (MemoryFault::LostAfter, Outcome::Unknown, true),
        ] {
            registrar.set_auto_renew(&domain, false).await.unwrap();
            registrar.fail_after(1, fault);
            registrar.set_transfer_lock(&domain, true).await.unwrap();
            let made = registrar.changes_made();
            let error = registrar.set_auto_renew(&domain, true).await.unwrap_err();
            assert_eq!(error.outcome(), outcome, "{fault:?}");
            assert_eq!(registrar.registration(&domain).await.unwrap().auto_renew, Some(changed), "{fault:?}");
            assert_eq!(registrar.changes_made(), made + usize::from(changed));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_price_that_rose_since_it_was_confirmed_is_not_paid() {
        let (losing, domain) = registrar();
        let gaining = MemoryRegistrar::new(losing.registry(), "two");
        losing.set_transfer_lock(&domain, false).await.unwrap();
        let AuthCode::Returned(code) = losing.auth_code(&domain).await.unwrap() else {
            panic!("the code is returned");
        };
        let order = TransferOrder::new(domain.clone(), [name("ns.example.net")]).with_auth_code(code);
        let quote = gaining.quote(&domain, Purchase::Transfer(1)).await.unwrap();
        let confirm = Confirm::up_to(quote.price.clone(), &quote).unwrap();
        gaining.set_price(Money::new(quote.price.cents + 1, "EUR"));
        let error = gaining.transfer_in(&order, &confirm).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Payment);
        assert_eq!(gaining.transfer(&domain).await.unwrap(), None);

        gaining.set_price(quote.price);
        gaining.transfer_in(&order, &confirm).await.unwrap();
        gaining.registry().answer_transfer(&domain, "one", false).unwrap();
        let refused = gaining.transfer(&domain).await.unwrap().unwrap();
        assert!(matches!(refused.state, OperationState::Failed { .. }), "{refused:?}");
        assert_eq!(losing.registration(&domain).await.unwrap().transfer_lock, Some(false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_mailed_code_fits() {
        let (losing, domain) = registrar();
        let mut mails = MemoryRegistrar::full_capabilities();
        mails.auth_code = AuthCodeDelivery::Mailed;
        let losing = losing.with_capabilities(mails);
        assert!(matches!(losing.auth_code(&domain).await.unwrap(), AuthCode::Mailed));
        losing.set_transfer_lock(&domain, false).await.unwrap();
        let code = losing.mailed_auth_codes(&domain).pop().unwrap();
        assert_eq!(losing.registry().check_transfer(&domain, "two", Some(code.expose())), Ok(()));
    }
}
