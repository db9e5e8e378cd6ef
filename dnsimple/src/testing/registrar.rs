mod registry;

use std::{
    collections::BTreeMap,
    mem,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use howdah_core::{
    Secret,
    dns::Name,
    testing::{Answer, Delegated, Fake, RegisteredDomain, RegistryRefusal, TRANSFER_PROHIBITED},
};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) use self::registry::pass;
use super::{
    FakeDnSimple, NAME, State as World, contacts, domains, invalid, not_found, number, plan_required, refused, tlds,
    zones,
};
use crate::{
    contacts::ContactId,
    domains::{Domain, DomainId, DomainState},
    registrar::{
        AUTHORIZE_TRANSFER_OUT, CANCEL_TRANSFER, CHANGE_DELEGATION, CHECK, DELEGATE_FROM_VANITY, DELEGATE_TO_VANITY,
        DISABLE_AUTO_RENEWAL, DISABLE_TRANSFER_LOCK, DISABLE_WHOIS_PRIVACY, DomainCheck, DomainPrices,
        DomainRegistration, DomainRenewal, DomainRestore, DomainTransfer, ENABLE_AUTO_RENEWAL, ENABLE_TRANSFER_LOCK,
        ENABLE_WHOIS_PRIVACY, GET_DELEGATION, GET_PRICES, GET_REGISTRATION, GET_RENEWAL, GET_RESTORE, GET_TRANSFER,
        GET_TRANSFER_LOCK, NameServer, NewRegistration, NewRenewal, NewTransfer, REGISTER, RENEW, RESTORE,
        RegistrationState, RenewalState, RestoreState, TRANSFER, TransferLock, TransferState, WhoisPrivacy,
    },
    tlds::Tld,
    zones::RecordType,
};

/// How long a domain that has run out can be renewed, and does not have to be restored.
const GRACE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The most years ahead that registries go.
const YEARS: i16 = 10;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    registrations: Vec<Work<DomainRegistration>>,
    transfers: Vec<Transferring>,
    renewals: Vec<Work<DomainRenewal>>,
    restores: Vec<Work<DomainRestore>>,
    registered: BTreeMap<DomainId, Registered>,
    premium: BTreeMap<String, String>,
    /// The domains whose work at the registry fails, and why.
    failing: BTreeMap<String, String>,
    refuse_payment: bool,
}

/// Work that the registry has been asked for.
#[derive(Debug, Serialize, Deserialize)]
struct Work<T> {
    domain: String,
    since: Timestamp,
    state: T,
}

#[derive(Debug, Serialize, Deserialize)]
struct Transferring {
    domain: String,
    since: Timestamp,
    state: DomainTransfer,
    /// What the registry said at once, which the account is told a while later.
    refused: Option<String>,
    cancelled: Option<Timestamp>,
}

/// What the account has of a domain that is registered here, besides what the registry has.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Registered {
    vanity: bool,
    privacy: Option<WhoisPrivacy>,
    mailed: Vec<String>,
}

impl FakeDnSimple {
    /// Adds a domain that is registered here for another year, delegated to DNSimple and locked, without a request. One
    /// that the registry has for `dnsimple` already is taken as it is.
    ///
    /// # Panics
    ///
    /// When the name is none that a domain can have, or another registrar holds it.
    pub fn register_domain(&self, domain: &str, registrant: ContactId) {
        let added = self.world().state(|world| {
            in_account(world, domain)?;
            if at_registry(world, domain).is_none() {
                buy(world, domain, 1).map_err(|refusal| refused(400, &refusal.to_string()))?;
            }
            if at_registry(world, domain).is_none_or(|at_registry| at_registry.registrar != NAME) {
                return Err(refused(400, "another registrar holds it"));
            }
            let wanted = Wanted { registrant_id: Some(registrant), ..Wanted::default() };
            registry::own(world, domain, &wanted, world.now());
            Ok(())
        });
        assert!(added.is_ok(), "`{domain}` cannot be registered: {added:?}");
    }

    /// Lets a domain be registered at another registrar, `elsewhere`, from where it can be transferred with this code.
    ///
    /// # Panics
    ///
    /// When it is registered already, or one of the names is none.
    pub fn register_elsewhere(&self, domain: &str, auth_code: &str, name_servers: &[&str]) {
        const AGE: SignedDuration = SignedDuration::from_hours(200 * 24);
        let servers: Vec<_> = name_servers.iter().map(|server| name(server)).collect();
        let (registry, domain) = (self.registry(), name(domain));
        registry.register(&domain, "elsewhere", &servers, AGE);
        let coded = registry.set_auth_code(&domain, "elsewhere", auth_code);
        let opened = registry.set_status(&domain, "elsewhere", TRANSFER_PROHIBITED, false);
        assert!(coded.and(opened).is_ok(), "nobody else has {domain}");
    }

    /// Lets the work at the registry that goes on for a domain, or begins next, end without success.
    pub fn fail_at_registry(&self, domain: &str, why: &str) {
        let (domain, why) = (domain.to_owned(), why.to_owned());
        self.world().state(|world| world.registrar.failing.insert(domain, why));
    }

    /// Gives a domain a price of its own in USD, such as `109.00`, for whatever is done with it.
    pub fn set_premium_price(&self, domain: &str, price: &str) {
        let (domain, price) = (domain.to_owned(), price.to_owned());
        self.world().state(|world| world.registrar.premium.insert(domain, price));
    }

    /// Says whether what is charged by the registrar is refused (402).
    pub fn refuse_payment(&self, refused: bool) {
        self.world().state(|world| world.registrar.refuse_payment = refused);
    }

    /// The authorization codes that were e-mailed to a domain's registrant.
    pub fn mailed_auth_codes(&self, domain: &str) -> Vec<String> {
        self.world().state(|world| {
            let registered = registered(world, domain).map(|(_, registered)| registered);
            registered.map_or_else(|_| Vec::new(), |registered| registered.mailed.clone())
        })
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    serve_switches(serve_delegation(serve_work(fake)))
}

fn serve_work(fake: Fake<World>) -> Fake<World> {
    fake.on(&CHECK, |world, [_, domain], ()| {
        let (domain, tld) = wanted_domain(world, domain)?;
        Ok(DomainCheck {
            available: domains::find(world, &domain).is_err() && !is_elsewhere(world, &domain),
            premium: Some(world.registrar.premium.contains_key(&domain)),
            trustee: tld.trustee_service_enabled,
            domain,
        })
    })
    .on(&GET_PRICES, |world, [_, domain], ()| {
        let (domain, _) = wanted_domain(world, domain)?;
        let premium = world.registrar.premium.get(&domain);
        let premium = premium.and_then(|price| price.parse::<f64>().ok());
        Ok(DomainPrices {
            domain,
            premium: Some(premium.is_some()),
            registration_price: premium.or(Some(16.5)),
            renewal_price: premium.or(Some(16.5)),
            transfer_price: premium.or(Some(16.5)),
            restore_price: premium.or(Some(120.0)),
            trustee_price: Some(24.0),
        })
    })
    .on(&REGISTER, |world, [_, domain], new| register(world, domain, &new))
    .on(&GET_REGISTRATION, |world, [_, domain, id], ()| {
        let found = domains::find(world, domain)?.id;
        let wanted = (number(id, "Registration")?, Some(found));
        let mut works = world.registrar.registrations.iter().map(|work| &work.state);
        let state = works.find(|state| (state.id, state.domain_id) == wanted);
        state.cloned().ok_or_else(|| not_found("Registration", id))
    })
    .on(&TRANSFER, |world, [_, domain], new| transfer(world, domain, &new))
    .on(&GET_TRANSFER, |world, [_, domain, id], ()| Ok(transferring(world, domain, id)?.state.clone()))
    .on(&CANCEL_TRANSFER, |world, [_, domain, id], ()| {
        let now = world.now();
        let work = transferring(world, domain, id)?;
        match work.state.state {
            TransferState::New | TransferState::Transferring => {
                work.cancelled.get_or_insert(now);
                Ok(work.state.clone())
            }
            _ => Err(refused(400, "The transfer has ended and cannot be cancelled")),
        }
    })
    .on(&RENEW, |world, [_, domain], new| renew(world, domain, &new))
    .on(&GET_RENEWAL, |world, [_, domain, id], ()| {
        let found = domains::find(world, domain)?.id;
        let wanted = (number(id, "Renewal")?, Some(found));
        let mut works = world.registrar.renewals.iter().map(|work| &work.state);
        let state = works.find(|state| (state.id, state.domain_id) == wanted);
        state.cloned().ok_or_else(|| not_found("Renewal", id))
    })
    .on(&RESTORE, |world, [_, domain], new| {
        let domain = registered(world, domain)?.0;
        let now = world.now();
        if domain.expires_at.is_none_or(|at| now <= at + GRACE) {
            return Err(refused(400, "The domain does not have to be restored"));
        }
        pay(world, &domain.name, new.premium_price.as_deref())?;
        let state = DomainRestore {
            id: world.new_id(),
            domain_id: Some(domain.id),
            state: RestoreState::New,
            created_at: Some(now),
            updated_at: Some(now),
        };
        world.registrar.restores.push(Work::new(&domain.name, now, state.clone()));
        Ok(state)
    })
    .on(&GET_RESTORE, |world, [_, domain, id], ()| {
        let found = domains::find(world, domain)?.id;
        let wanted = (number(id, "Restore")?, Some(found));
        let mut works = world.registrar.restores.iter().map(|work| &work.state);
        let state = works.find(|state| (state.id, state.domain_id) == wanted);
        state.cloned().ok_or_else(|| not_found("Restore", id))
    })
}

fn serve_delegation(fake: Fake<World>) -> Fake<World> {
    fake.on(&GET_DELEGATION, |world, [_, domain], ()| {
        let (found, _) = registered(world, domain).map_err(|_| not_registered(404, domain))?;
        Ok(name_servers(world, &found.name))
    })
    .on(&CHANGE_DELEGATION, |world, [_, domain], servers| {
        let (found, registered) = registered(world, domain)?;
        let servers = checked(&servers)?;
        registered.vanity = false;
        delegate(world, &found.name, &servers, [])?;
        Ok(name_servers(world, &found.name))
    })
    .on(&DELEGATE_TO_VANITY, |world, [_, domain], servers| {
        let found = registered(world, domain)?.0;
        if !world.plan.vanity {
            return Err(plan_required());
        }
        let servers = checked(&servers)?;
        let hosts: Result<Vec<_>, _> = servers.iter().map(|server| glue(world, server)).collect();
        let hosts = hosts?;
        delegate(world, &found.name, &servers, hosts.iter().filter(|host| host.name.ends_with(&found.name)))?;
        registered(world, domain)?.1.vanity = true;
        Ok(hosts)
    })
    .on(&DELEGATE_FROM_VANITY, |world, [_, domain], ()| {
        if !world.plan.vanity {
            return Err(plan_required());
        }
        let (found, registered) = registered(world, domain)?;
        if mem::take(&mut registered.vanity) {
            delegate(world, &found.name, &zones::NAME_SERVERS.map(str::to_owned), [])?;
        }
        Ok(())
    })
}

fn serve_switches(fake: Fake<World>) -> Fake<World> {
    fake.on(&AUTHORIZE_TRANSFER_OUT, |world, [_, domain], ()| {
        let code = format!("code-{}", world.new_id::<Registered>());
        let (found, registered) = registered(world, domain)?;
        registered.mailed.push(code.clone());
        let coded = world.registry.set_auth_code(&name(&found.name), NAME, &code);
        coded.map_err(|refusal| told(&refusal))?;
        lock(world, domain, false).map(drop)
    })
    .on(&GET_TRANSFER_LOCK, |world, [_, domain], ()| {
        let (found, _) = registered(world, domain).map_err(|_| not_registered(404, domain))?;
        let locked = |at: RegisteredDomain| at.statuses.contains(TRANSFER_PROHIBITED);
        Ok(TransferLock { enabled: at_registry(world, &found.name).is_some_and(locked) })
    })
    .on(&ENABLE_TRANSFER_LOCK, |world, [_, domain], ()| lock(world, domain, true))
    .on(&DISABLE_TRANSFER_LOCK, |world, [_, domain], ()| lock(world, domain, false))
    .on(&ENABLE_AUTO_RENEWAL, |world, [_, domain], ()| {
        registered(world, domain)?;
        domains::find_mut(world, domain)?.auto_renew = Some(true);
        Ok(())
    })
    .on(&DISABLE_AUTO_RENEWAL, |world, [_, domain], ()| {
        registered(world, domain)?;
        domains::find_mut(world, domain)?.auto_renew = Some(false);
        Ok(())
    })
    .on(&ENABLE_WHOIS_PRIVACY, |world, [_, domain], ()| {
        let (domain, registered) = registered(world, domain).map_err(|_| not_registered(404, domain))?;
        let bought = registered.privacy.take();
        let now = world.now();
        let bought = bought.filter(|bought| bought.expires_on >= Some(date(now)));
        if bought.is_none() && world.registrar.refuse_payment {
            return Err(payment_required());
        }
        let new = bought.is_none();
        let privacy = WhoisPrivacy {
            enabled: Some(true),
            updated_at: Some(now),
            ..bought.unwrap_or_else(|| buy_privacy(world, domain.id, now))
        };
        keep_privacy(world, &domain, &privacy);
        if new {
            // What was just bought has yet to be enabled.
            let privacy = WhoisPrivacy { enabled: None, ..privacy };
            return Err(Answer::json(201, json!({ "data": privacy })));
        }
        Ok(privacy)
    })
    .on(&DISABLE_WHOIS_PRIVACY, |world, [_, domain], ()| {
        let (found, registered) = registered(world, domain).map_err(|_| not_registered(404, domain))?;
        let Some(bought) = registered.privacy.clone() else {
            return Err(not_found("Whois privacy", domain));
        };
        let privacy = WhoisPrivacy { enabled: Some(false), updated_at: Some(world.now()), ..bought };
        keep_privacy(world, &found, &privacy);
        Ok(privacy)
    })
}

impl<T> Work<T> {
    fn new(domain: &str, since: Timestamp, state: T) -> Self {
        Self { domain: domain.to_owned(), since, state }
    }
}

/// What becomes of a domain when it gets registered here.
#[derive(Default)]
struct Wanted {
    registrant_id: Option<ContactId>,
    auto_renew: Option<bool>,
    whois_privacy: Option<bool>,
    trustee: Option<bool>,
}

fn register(world: &mut World, domain: &str, new: &NewRegistration) -> Result<DomainRegistration, Answer> {
    let (name, tld) = wanted_domain(world, domain)?;
    if tld.registration_enabled == Some(false) {
        return Err(refused(400, "Domains of this TLD cannot be registered here"));
    }
    if is_registered(world, &name) || is_elsewhere(world, &name) {
        return Err(refused(400, &format!("{name} is not available")));
    }
    check_registrant(world, new.registrant_id)?;
    check_extended(&tld, new.extended_attributes.as_ref())?;
    check_trustee(&tld, new.trustee)?;
    if new.linked_provider.is_some() {
        return Err(invalid("linked_provider", "is not linked to the account"));
    }
    refuse_second(world, &name)?;
    pay(world, &name, new.premium_price.as_deref())?;
    let now = world.now();
    let state = DomainRegistration {
        id: world.new_id(),
        domain_id: Some(in_account(world, &name)?),
        registrant_id: Some(new.registrant_id),
        period: Some(1),
        state: RegistrationState::New,
        auto_renew: Some(new.auto_renew.unwrap_or(false)),
        whois_privacy: Some(new.whois_privacy.unwrap_or(false)),
        trustee: Some(new.trustee.unwrap_or(false)),
        created_at: Some(now),
        updated_at: Some(now),
    };
    world.registrar.registrations.push(Work::new(&name, now, state.clone()));
    Ok(state)
}

fn transfer(world: &mut World, domain: &str, new: &NewTransfer) -> Result<DomainTransfer, Answer> {
    let (domain, tld) = wanted_domain(world, domain)?;
    if is_registered(world, &domain) {
        return Err(refused(400, &format!("{domain} is registered here already")));
    }
    if at_registry(world, &domain).is_none() {
        return Err(refused(400, &format!("{domain} is not registered")));
    }
    check_registrant(world, new.registrant_id)?;
    check_extended(&tld, new.extended_attributes.as_ref())?;
    check_trustee(&tld, new.trustee)?;
    let auth_code = new.auth_code.as_ref().map_or("", Secret::expose);
    if auth_code.is_empty() {
        return Err(invalid("auth_code", "is needed for this TLD"));
    }
    refuse_second(world, &domain)?;
    pay(world, &domain, new.premium_price.as_deref())?;
    let now = world.now();
    // The registry is asked at once; what it says is seen a while later.
    let asked = world.registry.request_transfer(&name(&domain), NAME, auth_code, 1);
    let state = DomainTransfer {
        id: world.new_id(),
        domain_id: Some(in_account(world, &domain)?),
        registrant_id: Some(new.registrant_id),
        state: TransferState::New,
        auto_renew: Some(new.auto_renew.unwrap_or(false)),
        whois_privacy: Some(new.whois_privacy.unwrap_or(false)),
        trustee: Some(new.trustee.unwrap_or(false)),
        status_description: None,
        created_at: Some(now),
        updated_at: Some(now),
    };
    world.registrar.transfers.push(Transferring {
        domain,
        since: now,
        state: state.clone(),
        refused: asked.err().map(|refusal| match refusal {
            RegistryRefusal::WrongAuthCode => "The authorization code is invalid".to_owned(),
            RegistryRefusal::Prohibited(_) => "The domain is locked at its registrar".to_owned(),
            other => format!("The registry refused: {other}"),
        }),
        cancelled: None,
    });
    Ok(state)
}

fn renew(world: &mut World, domain: &str, new: &NewRenewal) -> Result<DomainRenewal, Answer> {
    let domain = registered(world, domain)?.0;
    let (_, tld) = wanted_domain(world, &domain.name)?;
    let now = world.now();
    let expires_at = domain.expires_at.unwrap_or(now);
    if tld.renewal_enabled == Some(false) {
        return Err(refused(400, "Domains of this TLD renew by themselves only"));
    }
    if now > expires_at + GRACE {
        return Err(refused(400, "The domain has run out and has to be restored"));
    }
    if !(1..=9).contains(&new.period) {
        return Err(invalid("period", "must be from 1 to 9 years"));
    }
    let period = i16::try_from(new.period).unwrap_or(YEARS);
    if years_after(expires_at, period) > years_after(now, YEARS) {
        let message = format!("{} cannot be renewed for that long yet", domain.name);
        return Err(refused(400, &message));
    }
    pay(world, &domain.name, new.premium_price.as_deref())?;
    let state = DomainRenewal {
        id: world.new_id(),
        domain_id: Some(domain.id),
        period: Some(new.period),
        state: RenewalState::New,
        created_at: Some(now),
        updated_at: Some(now),
    };
    world.registrar.renewals.push(Work::new(&domain.name, now, state.clone()));
    Ok(state)
}

/// A domain as the registry writes it, by its name or its number in the account, and its TLD.
fn wanted_domain(world: &World, domain: &str) -> Result<(String, Tld), Answer> {
    let name = match domains::find(world, domain) {
        Ok(domain) => domain.name.clone(),
        Err(_) => Name::parse(domain)
            .ok()
            .filter(|_| domain.contains('.') && !domain.ends_with('.'))
            .ok_or_else(|| invalid("name", "is an invalid domain"))?
            .to_fqdn_without_dot(),
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let tld = tlds::find(last).map_err(|_| refused(400, &format!("The TLD .{last} is not supported")))?;
    Ok((name, tld))
}

fn is_registered(world: &World, domain: &str) -> bool {
    domains::find(world, domain).is_ok_and(|domain| domain.state != DomainState::Hosted)
}

pub(super) fn is_elsewhere(world: &World, domain: &str) -> bool {
    world.domains.others.contains(domain) || at_registry(world, domain).is_some_and(|at| at.registrar != NAME)
}

/// A domain as the registry has it, whoever holds it.
fn at_registry(world: &World, domain: &str) -> Option<RegisteredDomain> {
    world.registry.domain(&Name::parse(domain).ok()?)
}

/// A domain of the account's as the registry has it, if it is registered here.
pub(super) fn held(world: &World, domain: &str) -> Option<RegisteredDomain> {
    at_registry(world, domain).filter(|at| at.registrar == NAME)
}

/// Buys a new domain at the registry.
fn buy(world: &World, domain: &str, years: u32) -> Result<(), RegistryRefusal> {
    world.registry.create(&name(domain), NAME, &zones::NAME_SERVERS.map(name), years)
}

fn name_servers(world: &World, domain: &str) -> Vec<String> {
    let held = held(world, domain).map(|held| held.delegation.name_servers).unwrap_or_default();
    held.iter().map(Name::to_fqdn_without_dot).collect()
}

/// Tells the registry what to delegate to; hosts of the domain with their addresses.
fn delegate<'h>(
    world: &World,
    domain: &str,
    servers: &[String],
    hosts: impl IntoIterator<Item = &'h NameServer>,
) -> Result<(), Answer> {
    let addresses = |host: &NameServer| [host.ipv4.map(IpAddr::from), host.ipv6.map(IpAddr::from)];
    let glue = hosts.into_iter().map(|host| (name(&host.name), addresses(host).into_iter().flatten().collect()));
    let (servers, glue) = (servers.iter().map(|server| name(server)).collect(), glue.collect());
    let change = |delegated: &mut Delegated| (delegated.name_servers, delegated.glue) = (servers, glue);
    world.registry.delegate(&name(domain), NAME, change).map_err(|refusal| told(&refusal))
}

/// A refusal of the registry's, handed on.
pub(super) fn told(refusal: &RegistryRefusal) -> Answer {
    refused(400, &format!("The registry refused: {refusal}"))
}

/// Names were checked when they came.
pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap_or_else(|error| panic!("`{text}` is in the account: {error}"))
}

/// A domain that is registered here, whether or not it has run out.
fn registered<'w>(world: &'w mut World, domain: &str) -> Result<(Domain, &'w mut Registered), Answer> {
    let found = domains::find(world, domain)?.clone();
    let registered = world.registrar.registered.get_mut(&found.id);
    match registered {
        Some(registered) => Ok((found, registered)),
        None => Err(not_registered(400, domain)),
    }
}

fn not_registered(status: u16, domain: &str) -> Answer {
    refused(status, &format!("The domain `{domain}` is not registered here"))
}

fn check_registrant(world: &World, registrant: ContactId) -> Result<(), Answer> {
    if contacts::exists(world, registrant) {
        Ok(())
    } else {
        Err(invalid("registrant_id", "is not a contact of the account"))
    }
}

/// What is wrong with extended attributes is one text a field, and not a list.
pub(super) fn check_extended(tld: &Tld, given: Option<&BTreeMap<String, String>>) -> Result<(), Answer> {
    let known = tlds::extended_attributes(tld);
    let given = given.cloned().unwrap_or_default();
    let mut wrong = BTreeMap::new();
    for attribute in &known {
        match given.get(&attribute.name) {
            None if attribute.required == Some(true) => {
                wrong.insert(attribute.name.clone(), "it's required");
            }
            Some(value) if attribute.options.iter().all(|one| one.value != *value) => {
                wrong.insert(attribute.name.clone(), "it's not one of the options");
            }
            _ => {}
        }
    }
    for name in given.keys() {
        if known.iter().all(|attribute| attribute.name != *name) {
            wrong.insert(name.clone(), "it's unknown");
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let message = "Invalid extended attributes";
    Err(Answer::json(400, json!({ "message": message, "errors": wrong })))
}

fn check_trustee(tld: &Tld, wanted: Option<bool>) -> Result<(), Answer> {
    if wanted == Some(true) && tld.trustee_service_enabled != Some(true) {
        return Err(invalid("trustee", "is not available for this TLD"));
    }
    Ok(())
}

/// One piece of work at a time.
fn refuse_second(world: &World, domain: &str) -> Result<(), Answer> {
    let registering = world.registrar.registrations.iter().any(|work| {
        let state = &work.state.state;
        work.domain == domain && matches!(state, RegistrationState::New | RegistrationState::Registering)
    });
    let transferring = world.registrar.transfers.iter().any(|work| {
        let state = &work.state.state;
        work.domain == domain && matches!(state, TransferState::New | TransferState::Transferring)
    });
    if registering || transferring {
        let message = format!("There is work going on for {domain} already");
        return Err(refused(400, &message));
    }
    Ok(())
}

fn pay(world: &World, domain: &str, confirmed: Option<&str>) -> Result<(), Answer> {
    match (world.registrar.premium.get(domain), confirmed) {
        (Some(_), None) => Err(invalid("premium_price", "has to be confirmed")),
        (Some(price), Some(confirmed)) if price != confirmed => {
            Err(invalid("premium_price", "is not the price of the domain"))
        }
        _ if world.registrar.refuse_payment => Err(payment_required()),
        _ => Ok(()),
    }
}

fn payment_required() -> Answer {
    refused(402, "The account's payment method was declined")
}

/// The domain in the account: what is registered or transferred is hosted from the start.
fn in_account(world: &mut World, domain: &str) -> Result<DomainId, Answer> {
    if let Ok(domain) = domains::find(world, domain) {
        return Ok(domain.id);
    }
    let added = domains::add(world, domain, DomainState::Hosted)?;
    zones::create(world, &added.name, false);
    Ok(added.id)
}

fn transferring<'w>(world: &'w mut World, domain: &str, id: &str) -> Result<&'w mut Transferring, Answer> {
    let (domain, wanted) = (domains::find(world, domain)?.id, number(id, "Transfer")?);
    let mut works = world.registrar.transfers.iter_mut();
    works
        .find(|work| work.state.id == wanted && work.state.domain_id == Some(domain))
        .ok_or_else(|| not_found("Transfer", id))
}

/// Names of hosts without their final dots, if there are enough and not too many.
fn checked(servers: &[String]) -> Result<Vec<String>, Answer> {
    if !(2..=13).contains(&servers.len()) {
        return Err(invalid("name_servers", "must be from 2 to 13"));
    }
    let hosts = servers.iter().map(|server| Name::parse(server));
    let hosts: Result<Vec<_>, _> = hosts.map(|host| host.map(|it| it.to_fqdn_without_dot())).collect();
    hosts.map_err(|_| invalid("name_servers", "are not all names of hosts"))
}

/// A name server in one of the account's zones, by the addresses that the zone has for it.
fn glue(world: &mut World, server: &str) -> Result<NameServer, Answer> {
    let zones = world.domains.domains.iter().map(|domain| domain.name.clone());
    let addresses: Vec<_> = zones
        .filter_map(|zone| Some((server.strip_suffix(&zone)?.strip_suffix('.')?, zone)))
        .flat_map(|(host, zone)| {
            let mut records = zones::records(world, &zone);
            records.retain(|record| record.name == host);
            records
        })
        .collect();
    let of = |wanted: RecordType| {
        let mut found = addresses.iter().filter(|record| record.record_type == wanted);
        found.next().map(|record| record.content.clone())
    };
    let ipv4 = of(RecordType::A).and_then(|text| text.parse::<Ipv4Addr>().ok());
    let ipv6 = of(RecordType::Aaaa).and_then(|text| text.parse::<Ipv6Addr>().ok());
    if ipv4.is_none() || ipv6.is_none() {
        let message = format!("{server} is not a vanity name server");
        return Err(refused(400, &message));
    }
    Ok(NameServer {
        id: world.new_id(),
        name: server.to_owned(),
        ipv4,
        ipv6,
        created_at: Some(world.now()),
        updated_at: Some(world.now()),
    })
}

fn lock(world: &mut World, domain: &str, locked: bool) -> Result<TransferLock, Answer> {
    let found = registered(world, domain)?.0;
    let set = world.registry.set_status(&name(&found.name), NAME, TRANSFER_PROHIBITED, locked);
    set.map_err(|refusal| told(&refusal))?;
    Ok(TransferLock { enabled: locked })
}

fn buy_privacy(world: &mut World, domain: DomainId, now: Timestamp) -> WhoisPrivacy {
    WhoisPrivacy {
        id: world.new_id(),
        domain_id: Some(domain),
        enabled: Some(true),
        expires_on: Some(date(years_after(now, 1))),
        created_at: Some(now),
        updated_at: Some(now),
    }
}

fn keep_privacy(world: &mut World, domain: &Domain, privacy: &WhoisPrivacy) {
    if let Ok(domain) = domains::find_mut(world, &domain.name) {
        domain.private_whois = privacy.enabled;
    }
    if let Some(registered) = world.registrar.registered.get_mut(&domain.id) {
        registered.privacy = Some(privacy.clone());
    }
}

fn years_after(moment: Timestamp, years: i16) -> Timestamp {
    let later = moment.to_zoned(TimeZone::UTC).saturating_add(years.years());
    later.timestamp()
}

fn date(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}
