//! Gandi as a registrar.

use std::time::Duration;

use async_trait::async_trait;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use futures::TryStreamExt;
use howdah_core::{
    Error, ErrorKind, Outcome, Result, Secret,
    dns::{DigestType, Dnskey, Ds, KeyInfo, Name},
    http::Call,
    registrar::{
        AuthCode, AuthCodeDelivery, Confirm, GlueHost, KeyInput, Money, OperationState, PublishedKey, Purchase, Quote,
        Registrar, RegistrarCapabilities, Registration, Transfer, TransferCheck, TransferOrder,
    },
};
use tokio::time::{Instant, sleep};

use crate::{
    Gandi,
    contacts::NewContact,
    delegation::{Key, KeyId, KeyType, NewHost, NewKey},
    domains::{AutoRenewChange, PriceQuery, Prices, Process, ProductStatus},
    dry_run::DryRun,
    transfers::{self, NewTransfer, Step},
};

/// The status of a domain that cannot be transferred away.
const LOCKED: &str = "clientTransferProhibited";

/// How long what was accepted may take to be seen.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often it is looked for.
const PAUSE: Duration = Duration::from_secs(5);

/// Gandi as a [`Registrar`].
///
/// It takes keys and makes the digests itself; [`add_key`](Registrar::add_key) reads them back and holds them against its
/// own. Authorization codes are returned, once a domain is unlocked. A domain takes one change at a time: a second one
/// waits up to two minutes for the first. A transfer to Gandi needs its [owner](Self::with_owner).
///
/// ```
/// use howdah_core::{dns::Name, registrar::{Confirm, Purchase, Registrar, TransferOrder}, Secret};
/// use howdah_gandi::{GandiRegistrar, contacts::{ContactType, NewContact}};
/// # use howdah_gandi::testing::FakeGandi;
/// # use howdah_core::Clock;
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let fake = FakeGandi::at(Clock::system());
/// # fake.register_elsewhere("example.com", "a-code", &["ns1.example.net", "ns2.example.net"]);
/// # let gandi = fake.client();
/// let owner =
///     NewContact::new("GB", "ada@example.org", "Lovelace", "Ada", "12 St James's Square", ContactType::Individual);
/// let registrar = GandiRegistrar::new(gandi).with_owner(owner);
///
/// let domain = Name::parse("example.com").unwrap();
/// let servers = ["ns1.example.net", "ns2.example.net"].map(|server| Name::parse(server).unwrap());
/// let order = TransferOrder::new(domain.clone(), servers).with_auth_code(Secret::from("a-code"));
/// let quote = registrar.quote(&domain, Purchase::Transfer(1)).await?;
/// let confirm = Confirm::up_to("25.00 EUR".parse()?, &quote)?;
/// let transfer = registrar.transfer_in(&order, &confirm).await?;
/// println!("{:?}", transfer.state);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct GandiRegistrar {
    gandi: Gandi,
    owner: Option<NewContact>,
    currency: Option<String>,
    capabilities: RegistrarCapabilities,
}

impl GandiRegistrar {
    /// What the client can see.
    pub fn new(gandi: Gandi) -> Self {
        let mut capabilities = RegistrarCapabilities::read_only();
        capabilities.transfer_in = true;
        capabilities.name_servers = true;
        capabilities.transfer_lock = true;
        capabilities.auto_renew = true;
        capabilities.auth_code = AuthCodeDelivery::Returned;
        capabilities.keys = KeyInput::Key;
        capabilities.glue = true;
        Self { gandi, owner: None, currency: None, capabilities }
    }

    /// Says who owns the domains that are transferred here.
    pub fn with_owner(mut self, owner: NewContact) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Asks for prices in this currency, such as `EUR`, and not in the account's.
    pub fn with_currency(mut self, currency: impl Into<String>) -> Self {
        self.currency = Some(currency.into());
        self
    }

    /// The client below.
    pub fn gandi(&self) -> &Gandi {
        &self.gandi
    }
}

#[async_trait]
impl Registrar for GandiRegistrar {
    fn name(&self) -> &'static str {
        "gandi"
    }

    fn capabilities(&self) -> &RegistrarCapabilities {
        &self.capabilities
    }

    async fn registration(&self, domain: &Name) -> Result<Registration> {
        let held = self.gandi.domains().get(&plain(domain)).await?;
        let dates = held.dates.unwrap_or_default();
        let mut registration = Registration::new(domain.clone());
        registration.name_servers = held.nameservers.iter().map(|server| read(server)).collect::<Result<_>>()?;
        registration.transfer_lock = Some(held.status.iter().any(|status| status == LOCKED));
        registration.auto_renew = held.autorenew.and_then(|renewal| renewal.enabled);
        registration.created_at = dates.registry_created_at.or(dates.created_at);
        registration.expires_at = dates.registry_ends_at;
        registration.statuses = held.status;
        Ok(registration)
    }

    async fn quote(&self, domain: &Name, purchase: Purchase) -> Result<Quote> {
        let (process, years) = match purchase {
            Purchase::Registration(years) => (Process::Create, years),
            Purchase::Transfer(years) => (Process::Transfer, years),
            Purchase::Renewal(years) => (Process::Renew, years),
            other => return Err(ours(Error::unsupported(format!("there is no price for {other:?}")))),
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let query = PriceQuery::new(plain(domain), [process.clone()]).with_currency(self.currency.clone());
            let prices = self.gandi.domains().check(query).await?;
            match priced(domain, purchase, &process, years, &prices) {
                Priced::Now(quote) => return Ok(quote),
                Priced::Refused(error) => return Err(ours(error)),
                Priced::Later if Instant::now() < deadline => sleep(PAUSE).await,
                Priced::Later => {
                    let message = format!("Gandi does not know yet whether there is a {process} of {domain}");
                    return Err(ours(Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::Refused)));
                }
            }
        }
    }

    async fn check_transfer(&self, domain: &Name, auth_code: Option<&Secret>) -> Result<TransferCheck> {
        let domain = plain(domain);
        let found = self.gandi.transfers().available(&domain, auth_code.cloned()).await?;
        // It is an extra: not knowing it is no reason to say nothing of the rest.
        let tld = self.gandi.tlds().get(&domain).await.ok();
        let needs = tld.and_then(|tld| tld.authinfo_for_transfer);
        let check = if found.internal == Some(true) {
            TransferCheck::refused("the domain is at Gandi already, and changes its owner instead")
        } else if found.available {
            TransferCheck::feasible()
        } else {
            TransferCheck::refused(found.msg.unwrap_or_else(|| "Gandi does not say why".to_owned()))
        };
        Ok(check.with_needs_auth_code(needs))
    }

    async fn transfer_in(&self, order: &TransferOrder, confirm: &Confirm) -> Result<Transfer> {
        let domain = &order.domain;
        let before = self.transfer(domain).await?;
        if let Some(running) = before.as_ref().filter(|transfer| !transfer.state.has_ended()) {
            return Ok(running.clone());
        }
        let owner = self.owner.clone().ok_or_else(|| {
            let message = "a transfer needs the domain's owner: give it to GandiRegistrar::with_owner";
            ours(Error::new(ErrorKind::Config, message))
        })?;
        let quote = self.quote(domain, Purchase::Transfer(order.years)).await?;
        confirm.require(&quote).map_err(|error| ours(error.with_outcome(Outcome::NotSent)))?;

        let new = ordered(order, owner, &quote);
        let tried = self.gandi.transfers().check_start(new.clone()).await?;
        if !tried.is_accepted() {
            return Err(ours(would_be_refused(domain, tried)));
        }
        let started = self.gandi.transfers().start(new).await;
        // It may be there although the answer was lost, and it is there when the answer was good.
        match (self.transfer(domain).await, started) {
            (Ok(Some(found)), Ok(_)) => Ok(found),
            (_, Ok(_)) => Ok(Transfer::new(domain.clone(), plain(domain), OperationState::Pending)),
            (Ok(Some(found)), Err(error)) if may_have_happened(&error) && Some(&found) != before.as_ref() => Ok(found),
            (_, Err(error)) => Err(error),
        }
    }

    async fn transfer(&self, domain: &Name) -> Result<Option<Transfer>> {
        match self.gandi.transfers().get(&plain(domain)).await {
            Ok(found) => {
                let state = state_of(&found);
                let transfer = Transfer::new(domain.clone(), plain(domain), state);
                Ok(Some(transfer.with_started_at(found.created_at.or(found.start_at))))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn correct_transfer(&self, domain: &Name, auth_code: &Secret) -> Result<()> {
        let domain = plain(domain);
        self.gandi.transfers().set_authinfo(&domain, auth_code.clone()).await?;
        self.gandi.transfers().relaunch(&domain).await.map(|_| ())
    }

    async fn set_name_servers(&self, domain: &Name, servers: &[Name]) -> Result<()> {
        let (delegation, domain) = (self.gandi.delegation(), plain(domain));
        patiently(|| delegation.set_name_servers(&domain, servers.iter().map(plain))).await.map(|_| ())
    }

    async fn set_transfer_lock(&self, domain: &Name, locked: bool) -> Result<()> {
        let (domains, domain) = (self.gandi.domains(), plain(domain));
        patiently(|| domains.set_transfer_lock(&domain, locked)).await.map(|_| ())
    }

    async fn set_auto_renew(&self, domain: &Name, on: bool) -> Result<()> {
        self.gandi.domains().set_auto_renew(&plain(domain), AutoRenewChange::new(on)).await.map(|_| ())
    }

    async fn auth_code(&self, domain: &Name) -> Result<AuthCode> {
        let (domains, name) = (self.gandi.domains(), plain(domain));
        let held = domains.get(&name).await?;
        if let Some(code) = held.authinfo {
            return Ok(AuthCode::Returned(code));
        }
        let refused = |message: String| ours(Error::new(ErrorKind::Precondition, message));
        if held.status.iter().any(|status| status == LOCKED) {
            let message = format!("{domain} has no authorization code while it is locked against transfers");
            return Err(refused(message).with_outcome(Outcome::Refused));
        }
        match domains.reset_authinfo(&name).await {
            // Something goes on, such as the unlocking that makes a code.
            Err(error) if !error.is_conflict() && !may_have_happened(&error) => return Err(error),
            _ => {}
        }
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            sleep(PAUSE).await;
            if let Some(code) = domains.get(&name).await?.authinfo {
                return Ok(AuthCode::Returned(code));
            }
        }
        let message = format!(
            "the authorization code of {domain} was asked for and is not there yet: ask again later, it can take up to 72 hours"
        );
        Err(refused(message).with_outcome(Outcome::Applied))
    }

    async fn keys(&self, domain: &Name) -> Result<Vec<PublishedKey>> {
        let mut keys = self.gandi.delegation().list_keys(&plain(domain));
        let mut published = Vec::new();
        while let Some(key) = keys.try_next().await? {
            published.push(PublishedKey { id: key.id.to_string(), key: key_info(&key, domain) });
        }
        Ok(published)
    }

    async fn add_key(&self, domain: &Name, key: &KeyInfo) -> Result<()> {
        let Some(dnskey) = &key.dnskey else {
            let message = format!(
                "Gandi makes the DS of {domain} from the key and takes no digest: ask the zone's name servers for the \
                 DNSKEY with flags 257 whose digest this is"
            );
            return Err(ours(Error::new(ErrorKind::Precondition, message).with_outcome(Outcome::NotSent)));
        };
        if dnskey.flags != 257 {
            let message =
                format!("a parent publishes the DS of a key with flags 257, and this one has {}", dnskey.flags);
            return Err(ours(Error::invalid(message)));
        }
        if let Some(own) = key.ds.iter().find(|ds| is_other(ds, dnskey, domain)) {
            let message = format!("`{own}` is no digest of the key {} of {domain}", dnskey.key_tag());
            return Err(ours(Error::invalid(message)));
        }
        let created = if self.find_key(domain, dnskey).await?.is_none() {
            let (delegation, domain) = (self.gandi.delegation(), plain(domain));
            let new = NewKey::new(dnskey.algorithm, KeyType::Ksk, BASE64.encode(&dnskey.public_key));
            patiently(|| delegation.create_key(&domain, new.clone())).await.map(|_| ())
        } else {
            Ok(())
        };
        match created {
            Err(error) if !may_have_happened(&error) => Err(error),
            // Whether it was carried out is seen when the key is, or is not, there in the end.
            _ if self.see_key(domain, dnskey).await? => Ok(()),
            Err(error) => Err(error),
            Ok(()) => {
                let message = format!(
                    "the key {} was accepted for {domain} and cannot be seen {} s later: look at the keys before adding \
                     it again",
                    dnskey.key_tag(),
                    PATIENCE.as_secs(),
                );
                Err(ours(Error::new(ErrorKind::Timeout, message).with_outcome(Outcome::Unknown)))
            }
        }
    }

    async fn remove_key(&self, domain: &Name, key: &PublishedKey) -> Result<()> {
        let id: u64 = key.id.parse().map_err(|_| {
            let message = format!("`{}` is not the id of a key at Gandi, which is a number", key.id);
            ours(Error::invalid(message))
        })?;
        let (delegation, domain) = (self.gandi.delegation(), plain(domain));
        match patiently(|| delegation.delete_key(&domain, KeyId::new(id))).await {
            Err(error) if error.is_not_found() => {
                // It is the key that is gone, and not the domain.
                self.gandi.domains().get(&domain).await.map(|_| ())
            }
            deleted => deleted,
        }
    }

    async fn glue(&self, domain: &Name) -> Result<Vec<GlueHost>> {
        let hosts = self.gandi.delegation().list_hosts(&plain(domain)).all().await?;
        let hosts = hosts.into_iter().map(|host| {
            let name = match &host.fqdn {
                Some(fqdn) => read(fqdn)?,
                None => read(&format!("{}.{}", host.name, plain(domain)))?,
            };
            Ok(GlueHost { host: name, addresses: host.ips })
        });
        hosts.collect()
    }

    async fn set_glue(&self, domain: &Name, host: &GlueHost) -> Result<()> {
        let below = host.host.relative_to(domain).filter(|name| name != "@");
        let name = below.ok_or_else(|| {
            let message = format!("{} is not below {domain}, so its addresses are not {domain}'s to set", host.host);
            ours(Error::invalid(message))
        })?;
        let (delegation, domain) = (self.gandi.delegation(), plain(domain));
        let present = match delegation.get_host(&domain, &name).await {
            Ok(present) => Some(present),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        match (present, host.addresses.is_empty()) {
            (None, true) => self.gandi.domains().get(&domain).await.map(|_| ()),
            (Some(_), true) => patiently(|| delegation.delete_host(&domain, &name)).await,
            (Some(present), false) if same(&present.ips, &host.addresses) => Ok(()),
            (Some(_), false) => {
                let addresses = &host.addresses;
                patiently(|| delegation.update_host(&domain, &name, addresses.clone())).await.map(|_| ())
            }
            (None, false) => {
                let new = NewHost::new(name, host.addresses.clone());
                patiently(|| delegation.create_host(&domain, new.clone())).await.map(|_| ())
            }
        }
    }
}

impl GandiRegistrar {
    async fn find_key(&self, domain: &Name, dnskey: &Dnskey) -> Result<Option<Key>> {
        let keys = self.gandi.delegation().list_keys(&plain(domain)).all().await?;
        let tag = dnskey.key_tag();
        Ok(keys.into_iter().find(|key| match &key.public_key {
            Some(_) => public_key(key).as_ref() == Some(&dnskey.public_key) && key.algorithm == Some(dnskey.algorithm),
            None => key.keytag == Some(tag),
        }))
    }

    /// Waits for the key and its digest, and says whether they came.
    async fn see_key(&self, domain: &Name, dnskey: &Dnskey) -> Result<bool> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.find_key(domain, dnskey).await?;
            if let Some(found) = found.filter(|key| key.digest.is_some() && key.keytag.is_some()) {
                return checked(domain, dnskey, &found).map(|()| true);
            }
            if Instant::now() >= deadline {
                return Ok(false);
            }
            sleep(PAUSE).await;
        }
    }
}

/// Waits for the operation that a domain has already, since it takes one at a time. For calls that may be repeated.
async fn patiently<T>(call: impl Fn() -> Call<T>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Err(error) if error.is_conflict() && Instant::now() < deadline => sleep(PAUSE).await,
            answered => return answered,
        }
    }
}

/// A name as Gandi writes it.
fn plain(name: &Name) -> String {
    name.to_fqdn_without_dot()
}

fn read(name: &str) -> Result<Name> {
    Name::parse(name).map_err(|error| {
        let message = format!("Gandi names a host `{name}`, which is no name");
        ours(Error::new(ErrorKind::Decode, message).with_outcome(Outcome::Refused).with_source(error))
    })
}

fn ours(error: Error) -> Error {
    error.with_provider("gandi")
}

fn may_have_happened(error: &Error) -> bool {
    matches!(error.outcome(), Outcome::Unknown | Outcome::Applied)
}

enum Priced {
    Now(Quote),
    Later,
    Refused(Error),
}

fn priced(domain: &Name, purchase: Purchase, process: &Process, years: u32, prices: &Prices) -> Priced {
    let refused = |kind, message: String| Priced::Refused(Error::new(kind, message).with_outcome(Outcome::Refused));
    let product = prices.products.iter().find(|product| product.process.as_ref() == Some(process));
    let Some(product) = product else {
        return refused(ErrorKind::Unsupported, format!("Gandi offers no {process} of {domain}"));
    };
    let fits = |price: &&crate::domains::Price| {
        price.duration_unit.as_deref().unwrap_or("y") == "y"
            && price.min_duration.unwrap_or(1) <= years
            && years <= price.max_duration.unwrap_or(u32::MAX)
    };
    let price = product.prices.iter().find(fits);
    match &product.status {
        Some(ProductStatus::Pending) => return Priced::Later,
        Some(ProductStatus::Available) | None => {}
        // What cannot be done may have a price all the same.
        Some(status) => {
            let message = format!("Gandi calls the {process} of {domain} `{status}`");
            return refused(ErrorKind::Precondition, message);
        }
    }
    let amount = price.and_then(|price| price.price_after_taxes.or(price.price_before_taxes));
    let (Some(price), Some(amount), Some(currency)) = (price, amount, &prices.currency) else {
        return refused(
            ErrorKind::Decode,
            format!("Gandi tells no price of a {process} of {domain} for {years} years"),
        );
    };
    // A price is that of one year.
    match Money::from_float(amount * f64::from(years), currency.as_str()) {
        Ok(money) => {
            let premium = price.price_type.as_deref() == Some("premium");
            Priced::Now(Quote { domain: domain.clone(), purchase, price: money, premium })
        }
        Err(error) => Priced::Refused(error.with_kind(ErrorKind::Decode).with_outcome(Outcome::Refused)),
    }
}

fn ordered(order: &TransferOrder, owner: NewContact, quote: &Quote) -> NewTransfer {
    let mut new = NewTransfer::new(plain(&order.domain), owner)
        .with_duration(order.years)
        .with_currency(quote.price.currency.clone());
    new.authinfo.clone_from(&order.auth_code);
    if !order.name_servers.is_empty() {
        new = new.with_nameservers(order.name_servers.iter().map(plain).collect::<Vec<_>>());
    }
    if quote.premium {
        // Hundredths of any price there is are exact enough.
        #[allow(clippy::cast_precision_loss)]
        let price = quote.price.cents as f64 / 100.0;
        new = new.with_enforce_premium(true).with_price(price);
    }
    new
}

fn would_be_refused(domain: &Name, tried: DryRun) -> Error {
    let field = |error: crate::dry_run::DryRunError| howdah_core::FieldError {
        field: error.name.unwrap_or_default(),
        message: error.description.unwrap_or_default(),
    };
    let message = format!("the transfer of {domain} would be refused");
    Error::new(ErrorKind::Invalid, message)
        .with_outcome(Outcome::Refused)
        .with_fields(tried.errors.into_iter().map(field).collect())
}

fn state_of(transfer: &transfers::Transfer) -> OperationState {
    let label = transfer.errortype_label.clone().or_else(|| transfer.errortype.clone());
    let stopped = matches!(transfer.step, Some(Step::Error | Step::Support));
    if transfer.step == Some(Step::Done) {
        return OperationState::Succeeded;
    }
    if stopped || label.is_some() {
        return OperationState::Blocked { why: label.unwrap_or_else(|| "Gandi does not say why".to_owned()) };
    }
    let unanswered = transfer.foa.iter().flatten().find(|foa| foa.answer.is_none());
    if let Some(foa) = unanswered {
        let who = foa.email.clone().unwrap_or_else(|| "the owner".to_owned());
        return OperationState::ActionRequired { what: "agree to the transfer in the mail from Gandi".to_owned(), who };
    }
    match &transfer.step {
        None | Some(Step::Bill) => OperationState::Pending,
        Some(step) => {
            let inner = transfer.inner_step.as_ref().map(|inner| format!(": {inner}")).unwrap_or_default();
            OperationState::InProgress { step: format!("{step}{inner}") }
        }
    }
}

fn key_info(key: &Key, domain: &Name) -> KeyInfo {
    let digest = key.digest.as_ref().and_then(|digest| HEXLOWER_PERMISSIVE.decode(digest.as_bytes()).ok());
    let ds = match (key.keytag, key.algorithm, key.digest_type, digest) {
        (Some(key_tag), Some(algorithm), Some(digest_type), Some(digest)) => {
            Some(Ds { key_tag, algorithm, digest_type, digest })
        }
        _ => None,
    };
    let flags = if key.key_type == Some(KeyType::Zsk) { 256 } else { 257 };
    let dnskey = public_key(key).zip(key.algorithm);
    let dnskey = dnskey.map(|(public_key, algorithm)| Dnskey { flags, protocol: 3, algorithm, public_key });
    // A digest that is not that of the key belongs to something else than what is told of the key.
    let dnskey = dnskey.filter(|dnskey| ds.as_ref().is_none_or(|ds| !is_other(ds, dnskey, domain)));
    KeyInfo::new(dnskey, ds)
}

fn public_key(key: &Key) -> Option<Vec<u8>> {
    let text: String = key.public_key.as_ref()?.split_ascii_whitespace().collect();
    BASE64.decode(text.as_bytes()).ok()
}

/// Whether a digest can be compared with the key, and is not the key's.
fn is_other(ds: &Ds, dnskey: &Dnskey, domain: &Name) -> bool {
    DigestType::from_number(ds.digest_type).is_some() && !ds.covers(dnskey, domain)
}

/// Holds what Gandi made of a key against one's own computation.
fn checked(domain: &Name, dnskey: &Dnskey, found: &Key) -> Result<()> {
    let info = key_info(found, domain);
    let made = info.ds.first();
    if found.keytag == Some(dnskey.key_tag()) && made.is_none_or(|ds| !is_other(ds, dnskey, domain)) {
        return Ok(());
    }
    let message = format!(
        "Gandi made the digest `{}` of the key {} of {domain}, which is not the key's: remove the key {} at once",
        made.map(ToString::to_string).unwrap_or_default(),
        dnskey.key_tag(),
        found.id,
    );
    Err(ours(Error::new(ErrorKind::Decode, message).with_outcome(Outcome::Applied)))
}

fn same(some: &[std::net::IpAddr], others: &[std::net::IpAddr]) -> bool {
    some.len() == others.len() && some.iter().all(|one| others.contains(one))
}
