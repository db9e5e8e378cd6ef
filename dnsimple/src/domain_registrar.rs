//! DNSimple as a [`Registrar`].

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result, Secret,
    dns::{DigestType, Ds, KeyInfo, Name},
    registrar::{
        AuthCode, AuthCodeDelivery, Confirm, GlueHost, KeyInput, Money, OperationState, PublishedKey, Purchase, Quote,
        Registrar, RegistrarCapabilities, Registration, Transfer, TransferCheck, TransferOrder,
    },
};

use crate::{
    Account,
    contacts::ContactId,
    dns_provider::host,
    dnssec::{DsRecord, DsRecordFilter, DsRecordId, NewDsRecord},
    domains::{Domain, DomainState},
    registrar::{DomainTransfer, NewTransfer, TransferId, TransferState},
    tlds::{DnssecInterface, Tld, Tlds},
};

/// The registrations of an account.
///
/// DNSimple reads a transfer by its number and lists none, so what began elsewhere is not seen here: keep
/// [`Transfer::id`], and say it with [`with_transfer`](Self::with_transfer) in another process. When the answer to the
/// order is lost there is no number; then the domain's appearance in the account tells that the transfer goes on. For a
/// domain that was hosted in the account before, nothing tells until it has arrived: reading the transfer, and ordering
/// it again, is an error with [`Outcome::Unknown`] until then.
///
/// A transfer leaves the delegation as it was, whatever the order says; change it before or afterwards. One that failed
/// cannot be corrected: order it again.
///
/// Asking for the authorization code unlocks the domain, and the code is mailed to the registrant.
///
/// ```
/// use howdah_core::{dns::Name, registrar::Registrar};
/// use howdah_dnsimple::DnSimpleRegistrar;
/// # use howdah_dnsimple::testing::FakeDnSimple;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let fake = FakeDnSimple::new();
/// # fake.register_domain("example.com", 17u64.into());
/// # let account = fake.account();
/// // The contact to whom domains are registered that are transferred here.
/// let registrar = DnSimpleRegistrar::new(account).with_registrant(17);
/// let registration = registrar.registration(&Name::parse("example.com").unwrap()).await?;
/// assert_eq!(registration.transfer_lock, Some(true));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct DnSimpleRegistrar {
    account: Account,
    registrant: Option<ContactId>,
    capabilities: RegistrarCapabilities,
    begun: Arc<Mutex<BTreeMap<Name, Begun>>>,
}

/// What is known of a transfer.
#[derive(Clone, Copy, Debug)]
enum Begun {
    Known(TransferId),
    /// The order's answer was lost.
    Unseen {
        hosted_before: bool,
    },
}

const PROVIDER: &str = "dnsimple";

impl DnSimpleRegistrar {
    /// The registrations of this account. Without a [registrant](Self::with_registrant) no domain can be transferred here.
    pub fn new(account: Account) -> Self {
        let mut capabilities = RegistrarCapabilities::read_only();
        capabilities.name_servers = true;
        capabilities.transfer_lock = true;
        capabilities.auto_renew = true;
        capabilities.auth_code = AuthCodeDelivery::Mailed;
        capabilities.keys = KeyInput::Either;
        Self { account, registrant: None, capabilities, begun: Arc::default() }
    }

    /// The contact to whom domains are registered that are transferred here.
    #[must_use]
    pub fn with_registrant(mut self, registrant: impl Into<ContactId>) -> Self {
        self.registrant = Some(registrant.into());
        self.capabilities.transfer_in = true;
        self
    }

    /// Tells of a transfer that another process began, by its number.
    #[must_use]
    pub fn with_transfer(self, domain: Name, transfer: impl Into<TransferId>) -> Self {
        self.remember(domain, Begun::Known(transfer.into()));
        self
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    fn remember(&self, domain: Name, begun: Begun) {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert(domain, begun);
    }

    fn known(&self, domain: &Name) -> Option<Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).get(domain).copied()
    }

    fn registrant(&self) -> Result<ContactId> {
        self.registrant.ok_or_else(|| {
            let message =
                "no domains are transferred here without a contact to register them to: see `with_registrant`";
            Error::unsupported(message).with_provider(PROVIDER)
        })
    }

    /// The domain in the account, registered here or not.
    async fn in_account(&self, domain: &Name) -> Result<Option<Domain>> {
        match self.account.domains().get(&domain.to_fqdn_without_dot()).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A domain that is registered here.
    async fn registered(&self, domain: &Name) -> Result<Domain> {
        let found = self.account.domains().get(&domain.to_fqdn_without_dot()).await?;
        if found.state == DomainState::Hosted {
            let message = format!("{domain} is hosted at DNSimple, and is registered elsewhere");
            return Err(refused(ErrorKind::NotFound, message));
        }
        Ok(found)
    }

    /// The top-level domain, or another suffix, below which a domain is registered.
    async fn tld(&self, domain: &Name) -> Result<Tld> {
        let tlds = Tlds(self.account.api.clone());
        let mut suffix = domain.parent();
        while let Some(tld) = suffix.take_if(|suffix| !suffix.is_root()) {
            match tlds.get(&tld.to_fqdn_without_dot()).await {
                Err(error) if error.is_not_found() => suffix = tld.parent(),
                other => return other,
            }
        }
        Err(refused(ErrorKind::NotFound, format!("DNSimple has no domains like {domain}")))
    }

    async fn ds_records(&self, domain: &Name) -> Result<Vec<DsRecord>> {
        self.registered(domain).await?;
        self.account.dnssec().list_ds_records(&domain.to_fqdn_without_dot(), DsRecordFilter::new()).all().await
    }

    /// What became of an order whose answer was lost, as far as the domain tells.
    async fn look_for(&self, domain: &Name, hosted_before: bool) -> Result<Option<Transfer>> {
        let id = format!("{}, of unknown number", domain.to_fqdn_without_dot());
        match self.in_account(domain).await? {
            Some(found) if found.state != DomainState::Hosted => {
                Ok(Some(Transfer::new(domain.clone(), id, OperationState::Succeeded)))
            }
            Some(_) if hosted_before => {
                let message = format!(
                    "whether the transfer of {domain} began is not known: the answer was lost, and DNSimple lists no \
                     transfers; see its web site, and tell its number to `with_transfer`"
                );
                Err(Error::new(ErrorKind::Other, message).with_outcome(Outcome::Unknown).with_provider(PROVIDER))
            }
            Some(_) => {
                let step = "it began, and its number was lost with the answer".to_owned();
                Ok(Some(Transfer::new(domain.clone(), id, OperationState::InProgress { step })))
            }
            // A transfer that begins puts the domain into the account.
            None => Ok(None),
        }
    }
}

#[async_trait]
impl Registrar for DnSimpleRegistrar {
    fn name(&self) -> &'static str {
        PROVIDER
    }

    fn capabilities(&self) -> &RegistrarCapabilities {
        &self.capabilities
    }

    async fn registration(&self, domain: &Name) -> Result<Registration> {
        let found = self.registered(domain).await?;
        let name = domain.to_fqdn_without_dot();
        let servers = self.account.registrar().delegation(&name).await?;
        let lock = self.account.registrar().transfer_lock(&name).await?;
        let mut registration = Registration::new(domain.clone());
        registration.name_servers = servers.iter().map(|server| host(server)).collect::<Result<_>>()?;
        registration.transfer_lock = Some(lock.enabled);
        registration.auto_renew = found.auto_renew;
        // What DNSimple calls its creation is the day when it came into the account.
        registration.expires_at = found.expires_at;
        Ok(registration)
    }

    async fn quote(&self, domain: &Name, purchase: Purchase) -> Result<Quote> {
        self.registrant()?;
        let prices = self.account.registrar().prices(&domain.to_fqdn_without_dot()).await?;
        let (year, years) = match purchase {
            Purchase::Registration(1) => (prices.registration_price, 1),
            Purchase::Transfer(1) => (prices.transfer_price, 1),
            Purchase::Renewal(years) => (prices.renewal_price, years),
            _ => (None, 1),
        };
        let year = year.ok_or_else(|| {
            let message = format!("DNSimple has no price for {purchase:?} of {domain}");
            Error::unsupported(message).with_outcome(Outcome::Refused).with_provider(PROVIDER)
        })?;
        let price = Money::from_float(year * f64::from(years), "USD")?;
        Ok(Quote { domain: domain.clone(), purchase, price, premium: prices.premium == Some(true) })
    }

    /// Sees whether the domain is registered at all, and whether DNSimple takes its like; not its lock, nor the code.
    async fn check_transfer(&self, domain: &Name, _auth_code: Option<&Secret>) -> Result<TransferCheck> {
        self.registrant()?;
        if self.in_account(domain).await?.is_some_and(|found| found.state != DomainState::Hosted) {
            return Ok(TransferCheck::refused(format!("{domain} is registered at DNSimple already")));
        }
        if self.tld(domain).await?.transfer_enabled == Some(false) {
            return Ok(TransferCheck::refused(format!("DNSimple takes no domains like {domain} over")));
        }
        if self.account.registrar().check(&domain.to_fqdn_without_dot()).await?.available {
            return Ok(TransferCheck::refused(format!("{domain} is not registered")));
        }
        Ok(TransferCheck::feasible())
    }

    async fn transfer_in(&self, order: &TransferOrder, confirm: &Confirm) -> Result<Transfer> {
        let (registrant, domain) = (self.registrant()?, &order.domain);
        if let Some(going_on) = self.transfer(domain).await?.filter(|transfer| !transfer.state.has_ended()) {
            return Ok(going_on);
        }
        let quote = self.quote(domain, Purchase::Transfer(order.years)).await?;
        confirm.require(&quote).map_err(|error| error.with_provider(PROVIDER))?;
        let hosted_before = self.in_account(domain).await?.is_some();
        let mut new = NewTransfer::new(registrant);
        new.auth_code.clone_from(&order.auth_code);
        new.premium_price =
            quote.premium.then(|| format!("{}.{:02}", quote.price.cents / 100, quote.price.cents % 100));
        match self.account.registrar().transfer_domain(&domain.to_fqdn_without_dot(), new).await {
            Ok(pending) => {
                let begun = pending.latest().ok_or_else(|| {
                    let message = format!("the transfer of {domain} began, and DNSimple did not say its number");
                    Error::new(ErrorKind::Decode, message).with_outcome(Outcome::Applied).with_provider(PROVIDER)
                })?;
                self.remember(domain.clone(), Begun::Known(begun.id));
                Ok(transfer(domain, begun))
            }
            Err(error) => {
                if !matches!(error.outcome(), Outcome::NotSent | Outcome::Refused) {
                    self.remember(domain.clone(), Begun::Unseen { hosted_before });
                }
                Err(error)
            }
        }
    }

    async fn transfer(&self, domain: &Name) -> Result<Option<Transfer>> {
        self.registrant()?;
        match self.known(domain) {
            None => Ok(None),
            Some(Begun::Unseen { hosted_before }) => self.look_for(domain, hosted_before).await,
            Some(Begun::Known(id)) => {
                let read = self.account.registrar().transfer(&domain.to_fqdn_without_dot(), id).await?;
                Ok(Some(transfer(domain, &read)))
            }
        }
    }

    async fn correct_transfer(&self, _domain: &Name, _auth_code: &Secret) -> Result<()> {
        let message = "a transfer to DNSimple cannot be corrected: once it has failed, order it again";
        Err(Error::unsupported(message).with_provider(PROVIDER))
    }

    async fn set_name_servers(&self, domain: &Name, servers: &[Name]) -> Result<()> {
        if servers.is_empty() {
            return Err(Error::invalid(format!("no name servers are given for {domain}")).with_provider(PROVIDER));
        }
        let servers = servers.iter().map(Name::to_fqdn_without_dot);
        self.account.registrar().change_delegation(&domain.to_fqdn_without_dot(), servers).await.map(drop)
    }

    async fn set_transfer_lock(&self, domain: &Name, locked: bool) -> Result<()> {
        let (registrar, domain) = (self.account.registrar(), domain.to_fqdn_without_dot());
        let lock =
            if locked { registrar.enable_transfer_lock(&domain) } else { registrar.disable_transfer_lock(&domain) };
        lock.await.map(drop)
    }

    async fn set_auto_renew(&self, domain: &Name, on: bool) -> Result<()> {
        let (registrar, domain) = (self.account.registrar(), domain.to_fqdn_without_dot());
        if on { registrar.enable_auto_renewal(&domain).await } else { registrar.disable_auto_renewal(&domain).await }
    }

    async fn auth_code(&self, domain: &Name) -> Result<AuthCode> {
        self.account.registrar().authorize_transfer_out(&domain.to_fqdn_without_dot()).await?;
        Ok(AuthCode::Mailed)
    }

    async fn keys(&self, domain: &Name) -> Result<Vec<PublishedKey>> {
        let published = |record: &DsRecord| PublishedKey {
            id: record.id.to_string(),
            key: KeyInfo::new(record.dnskey(), record.ds()),
        };
        Ok(self.ds_records(domain).await?.iter().map(published).collect())
    }

    async fn add_key(&self, domain: &Name, key: &KeyInfo) -> Result<()> {
        if key.dnskey.is_none() && key.ds.is_empty() {
            let message = format!("neither the key of {domain} nor a digest of it is given");
            return Err(Error::invalid(message).with_provider(PROVIDER));
        }
        let published = self.ds_records(domain).await?;
        if published.iter().any(|record| is_of(record, key, domain)) {
            return Ok(());
        }
        let tld = self.tld(domain).await?;
        let new = match (&key.dnskey, tld.dnssec_interface_type) {
            (Some(key), Some(DnssecInterface::Key)) => NewDsRecord::from(key),
            (None, Some(DnssecInterface::Key)) => {
                let message = format!(
                    "the registry of .{} wants the key of {domain} itself, and only a digest is known: ask a name \
                     server of the zone for its DNSKEY",
                    tld.tld
                );
                return Err(refused(ErrorKind::Precondition, message));
            }
            (dnskey, _) => {
                let sha256 = |ds: &&Ds| ds.digest_type == DigestType::Sha256.number();
                let given = key.ds.iter().find(sha256).or(key.ds.first()).cloned();
                let ds = given.or_else(|| dnskey.as_ref().map(|key| key.to_ds(domain, DigestType::Sha256)));
                ds.as_ref().map(NewDsRecord::from).unwrap_or_default()
            }
        };
        self.account.dnssec().create_ds_record(&domain.to_fqdn_without_dot(), new).await.map(drop)
    }

    async fn remove_key(&self, domain: &Name, key: &PublishedKey) -> Result<()> {
        let id: DsRecordId = key.id.parse::<u64>().map(DsRecordId::new).map_err(|_| {
            Error::invalid(format!("`{}` is not the number of a DS record of {domain}", key.id)).with_provider(PROVIDER)
        })?;
        self.registered(domain).await?;
        match self.account.dnssec().delete_ds_record(&domain.to_fqdn_without_dot(), id).await {
            Err(error) if error.is_not_found() => Ok(()),
            other => other,
        }
    }

    async fn glue(&self, _domain: &Name) -> Result<Vec<GlueHost>> {
        Err(no_glue())
    }

    async fn set_glue(&self, _domain: &Name, _host: &GlueHost) -> Result<()> {
        Err(no_glue())
    }
}

fn transfer(domain: &Name, read: &DomainTransfer) -> Transfer {
    let described = |otherwise: &str| read.status_description.clone().unwrap_or_else(|| otherwise.to_owned());
    let state = match &read.state {
        TransferState::New => OperationState::Pending,
        TransferState::Transferred => OperationState::Succeeded,
        TransferState::Failed => OperationState::Failed { why: described("DNSimple does not say why") },
        TransferState::Cancelled => OperationState::Cancelled,
        other => OperationState::InProgress { step: described(&other.to_string()) },
    };
    Transfer::new(domain.clone(), read.id.to_string(), state).with_started_at(read.created_at)
}

/// Whether a DS record stands for a key, by the key or by any digest.
fn is_of(record: &DsRecord, key: &KeyInfo, domain: &Name) -> bool {
    let (published, ds) = (record.dnskey(), record.ds());
    let covers = |ds: &Ds| key.dnskey.as_ref().is_some_and(|key| ds.covers(key, domain));
    (published.is_some() && published == key.dnskey)
        || ds.is_some_and(|ds| key.ds.contains(&ds) || covers(&ds))
        || published.is_some_and(|published| key.ds.iter().any(|ds| ds.covers(&published, domain)))
}

fn refused(kind: ErrorKind, message: impl Into<String>) -> Error {
    Error::new(kind, message).with_outcome(Outcome::Refused).with_provider(PROVIDER)
}

fn no_glue() -> Error {
    let message = "DNSimple keeps no hosts with glue but those of vanity name servers, whose addresses are in the zone";
    Error::unsupported(message).with_provider(PROVIDER)
}
