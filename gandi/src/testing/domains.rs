use std::collections::BTreeMap;

use howdah_core::{
    Secret,
    dns::Name,
    testing::{Answer, Fake, PlannedChange, RegisteredDomain, RegistryRefusal, TRANSFER_PROHIBITED},
};
use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    FakeGandi, NAME, State as World, contacts,
    delegation::{self, HeldKey, checked_servers},
    error, invalid, livedns, message, not_found, organizations, registered, tags, tlds, tried,
};
use crate::{
    domains::{
        ANSWER_TRANSFER, AutoRenew, CHECK, CHECK_CREATE, CHECK_RENEW, CREATE, CREATE_STATUS, Creation, DELETE, Dates,
        Domain, GET, GET_RENEWAL, GET_RESTORE, LIST, ListedDomain, NameServerChoice, NewDomain, Price, PriceQuery,
        Prices, Process, Product, ProductStatus, RENEW, RESET_AUTHINFO, RESTORE, RenewalOptions, RestoreOptions,
        SET_AUTO_RENEW, SET_STATUS, Tax,
    },
    transfers::Step,
};

/// How long the registry takes for a change.
const CHANGING: SignedDuration = SignedDuration::from_secs(20);

/// How long it takes for a registration.
const CREATING: SignedDuration = SignedDuration::from_secs(60);

/// The status of a domain that was given up.
const GIVEN_UP: &str = "pendingDelete";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    held: BTreeMap<Name, Held>,
    running: BTreeMap<Name, Running>,
    creating: BTreeMap<Name, Creating>,
    /// After taxes, by what is bought.
    prices: BTreeMap<String, f64>,
    premium: BTreeMap<Name, f64>,
    refuse_payment: bool,
}

/// What the account knows of a domain beside the registry.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Held {
    auto_renew: Option<AutoRenew>,
}

/// The one operation of a domain.
#[derive(Debug, Serialize, Deserialize)]
struct Running {
    until: Timestamp,
    keys: Option<Vec<HeldKey>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Creating {
    since: Timestamp,
    name_servers: Vec<Name>,
    years: u32,
    error: Option<String>,
}

impl FakeGandi {
    /// Adds a domain that was registered through the account 400 days ago, delegated to LiveDNS and locked, without a
    /// request.
    ///
    /// # Panics
    ///
    /// When the name is none, or is registered already.
    pub fn register_domain(&self, domain: &str) {
        let name = parsed(domain);
        let age = SignedDuration::from_hours(24 * 400);
        self.registry().register(&name, NAME, &default_servers(&name), age);
    }

    /// Says what something costs after taxes, in whatever currency is asked for.
    pub fn set_price(&self, process: &Process, price: f64) {
        self.world().state(|world| world.domains.prices.insert(process.to_string(), price));
    }

    /// Gives a domain a price of its own, whatever is done with it.
    ///
    /// # Panics
    ///
    /// When the name is none.
    pub fn set_premium_price(&self, domain: &str, price: f64) {
        self.world().state(|world| world.domains.premium.insert(parsed(domain), price));
    }

    /// Says whether what costs money is refused (402).
    pub fn refuse_payment(&self, refused: bool) {
        self.world().state(|world| world.domains.refuse_payment = refused);
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    serve_changes(serve_purchases(fake))
        .on(&LIST, |world, [], filter| {
            let names = world.registry.domains();
            let mut listed: Vec<_> = names.iter().filter_map(|name| listed(world, name)).collect();
            listed.retain(|domain| {
                let tld = filter.tld.as_ref().is_none_or(|tld| domain.tld.as_ref() == Some(tld));
                let current = domain.nameserver.as_ref().and_then(|choice| choice.current.as_ref());
                let servers = filter.nameserver.as_ref().is_none_or(|wanted| current == Some(wanted));
                tld && servers && filter.fqdn.as_ref().is_none_or(|pattern| fits(&domain.fqdn, pattern))
            });
            Ok(listed)
        })
        .on(&GET, |world, [domain], ()| {
            let (name, held) = registered(world, domain)?;
            Ok(shown(world, &name, &held))
        })
}

fn serve_purchases(fake: Fake<World>) -> Fake<World> {
    fake.on(&CHECK, |world, [], query| prices(world, &query))
        .on(&CREATE, |world, [], new| {
            let (name, creating) = creatable(world, &new)?;
            pay(world, &name, new.price)?;
            contacts::own(world, &name, new.owner);
            let location = format!("{}/domain/domains/{}", world.base, new.fqdn);
            world.domains.creating.insert(name, creating);
            Err(message(202, "The domain will be created").with_header("location", location))
        })
        .on(&CHECK_CREATE, |world, [], new| Err(tried(creatable(world, &new))))
        .on(&CREATE_STATUS, |world, [domain], ()| {
            if registered(world, domain).is_ok() {
                let location = format!("{}/domain/domains/{domain}", world.base);
                return Err(Answer::empty(303).with_header("location", location));
            }
            let creating = Name::parse(domain).ok().and_then(|name| world.domains.creating.get(&name));
            let creating = creating.ok_or_else(|| not_found("domain", domain))?;
            let step = if creating.error.is_some() {
                Step::Error
            } else if world.now < creating.since + CHANGING {
                Step::Bill
            } else {
                Step::Run
            };
            let errortype_label = creating.error.clone();
            let errortype = errortype_label.as_ref().map(|_| "registry_refused".to_owned());
            Ok(Creation { step: Some(step), step_nb: Some(1), errortype, errortype_label })
        })
        .on(&GET_RENEWAL, |world, [domain], ()| {
            let (_, held) = registered(world, domain)?;
            Ok(renewal(world, &held))
        })
        .on(&RENEW, |world, [domain], new| {
            let (name, years) = renewable(world, domain, new.duration)?;
            let price = world.domains.premium.get(&name).copied();
            pay(world, &name, price)?;
            begin(world, &name, None)?;
            world.registry.renew(&name, NAME, years).map_err(|why| refused_by_registry(&why))?;
            Err(message(202, "The domain will be renewed"))
        })
        .on(&CHECK_RENEW, |world, [domain], new| Err(tried(renewable(world, domain, new.duration))))
        .on(&GET_RESTORE, |world, [domain], ()| {
            let (_, held) = registered(world, domain)?;
            Ok(RestoreOptions { restorable: Some(held.statuses.contains(GIVEN_UP)), contracts: Vec::new() })
        })
        .on(&RESTORE, |world, [domain], _| {
            let (name, held) = registered(world, domain)?;
            if !held.statuses.contains(GIVEN_UP) {
                return Err(error(409, "domain", "Conflict", "The domain does not have to be restored"));
            }
            pay(world, &name, None)?;
            let at = begin(world, &name, None)?;
            plan(world, &name, at, PlannedChange::Status(GIVEN_UP.to_owned(), false))?;
            Err(message(202, "The domain will be restored"))
        })
}

fn serve_changes(fake: Fake<World>) -> Fake<World> {
    fake.on(&DELETE, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        let at = begin(world, &name, None)?;
        plan(world, &name, at, PlannedChange::Status(GIVEN_UP.to_owned(), true))?;
        Err(message(202, "The domain will be deleted"))
    })
    .on(&RESET_AUTHINFO, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        let at = begin(world, &name, None)?;
        new_code(world, &name, at)?;
        Err(message(202, "The authorization code will be changed"))
    })
    .on(&SET_AUTO_RENEW, |world, [domain], change| {
        let (name, _) = registered(world, domain)?;
        if change.duration.is_some_and(|years| !(1..=9).contains(&years)) {
            return Err(invalid("body", "duration", "Must be between 1 and 9"));
        }
        let held = world.domains.held.entry(name).or_default();
        if held.auto_renew.is_none() && !change.enabled {
            return Err(error(400, "autorenew", "Bad Request", "no autorenew record"));
        }
        held.auto_renew = Some(AutoRenew {
            enabled: Some(change.enabled),
            duration: change.duration.or(Some(1)),
            org_id: change.org_id,
            ..AutoRenew::default()
        });
        Err(message(200, "The automatic renewal was changed"))
    })
    .on(&SET_STATUS, |world, [domain], change| {
        let (name, held) = registered(world, domain)?;
        if tlds::find(world, domain)?.lock != Some(true) {
            return Err(error(403, "domain", "Forbidden", "The TLD has no lock"));
        }
        let locked = change.client_transfer_prohibited;
        let at = begin(world, &name, None)?;
        plan(world, &name, at, PlannedChange::Status(TRANSFER_PROHIBITED.to_owned(), locked))?;
        if !locked && held.auth_code.is_none() {
            new_code(world, &name, at)?;
        }
        Err(message(202, "The status will be changed"))
    })
    .on(&ANSWER_TRANSFER, |world, [domain], answer| {
        let (name, held) = registered(world, domain)?;
        if held.auth_code.as_deref() != Some(answer.authinfo.expose()) {
            return Err(invalid("body", "authinfo", "The authorization code is wrong"));
        }
        let answered = world.registry.answer_transfer(&name, NAME, answer.accept);
        answered.map_err(|_| not_found("transfer", domain))?;
        Err(message(200, "The transfer was answered"))
    })
}

/// Begins the one operation that a domain may have, and tells when it is done: what becomes of its keys then, and what it
/// [plans](plan) at the registry.
pub(super) fn begin(world: &mut World, domain: &Name, keys: Option<Vec<HeldKey>>) -> Result<Timestamp, Answer> {
    let pending = world.registry.domain(domain).is_some_and(|held| held.pending.is_some());
    if pending || world.domains.running.contains_key(domain) {
        let why = format!("An operation is already running on {}", domain.to_fqdn_without_dot());
        return Err(error(409, "domain", "Conflict", &why));
    }
    let until = world.now + CHANGING;
    world.domains.running.insert(domain.clone(), Running { until, keys });
    Ok(until)
}

/// What the registry is told at that moment.
pub(super) fn plan(world: &World, domain: &Name, at: Timestamp, change: PlannedChange) -> Result<(), Answer> {
    world.registry.plan(domain, NAME, at, change).map_err(|why| refused_by_registry(&why))
}

/// What completes by itself.
pub(super) fn pass(world: &mut World) {
    let now = world.now;
    let (done, running) = std::mem::take(&mut world.domains.running).into_iter().partition(|(_, one)| one.until <= now);
    world.domains.running = running;
    let done: BTreeMap<Name, Running> = done;
    for (domain, one) in done {
        if let Some(keys) = one.keys {
            delegation::take_over(world, &domain, keys);
        }
    }
    let registry = world.registry.clone();
    world.domains.creating.retain(|domain, creating| {
        if creating.error.is_some() || now < creating.since + CREATING {
            return true;
        }
        let created = registry.create(domain, NAME, &creating.name_servers, creating.years);
        // Whoever was faster has it.
        creating.error = created.err().map(|why| why.to_string());
        creating.error.is_some()
    });
}

/// Takes the money, or does not: a premium domain wants its price back.
pub(super) fn pay(world: &World, domain: &Name, agreed: Option<f64>) -> Result<(), Answer> {
    if world.domains.refuse_payment {
        return Err(error(402, "payment", "Payment Required", "The prepaid account does not suffice"));
    }
    match world.domains.premium.get(domain) {
        Some(price) if agreed.is_none_or(|agreed| agreed < *price) => {
            Err(invalid("body", "price", "The price of a premium domain has to be confirmed"))
        }
        _ => Ok(()),
    }
}

pub(super) fn refused_by_registry(why: &RegistryRefusal) -> Answer {
    error(409, "domain", "Conflict", &why.to_string())
}

/// What a domain is delegated to when nobody says otherwise.
pub(super) fn default_servers(domain: &Name) -> Vec<Name> {
    livedns::name_servers(domain).iter().filter_map(|server| Name::parse(server).ok()).collect()
}

fn parsed(domain: &str) -> Name {
    Name::parse(domain).unwrap_or_else(|error| panic!("{error}"))
}

fn new_code(world: &mut World, domain: &Name, at: Timestamp) -> Result<(), Answer> {
    let code = format!("gandi-code-{}", world.new_id());
    plan(world, domain, at, PlannedChange::AuthCode(code))
}

fn prices(world: &World, query: &PriceQuery) -> Result<Prices, Answer> {
    let name = Name::parse(&query.name).map_err(|why| invalid("querystring", "name", &why.reason()))?;
    tlds::find(world, &query.name)?;
    let taxes = vec![Tax { tax_type: Some("service".to_owned()), rate: Some(20.0), name: Some("vat".to_owned()) }];
    let held = world.registry.domain(&name);
    let processes = if query.processes.is_empty() { vec![Process::Create] } else { query.processes.clone() };
    let products = processes.into_iter().map(|process| {
        let available = match (&process, &held) {
            (Process::Create, held) => held.is_none(),
            (Process::Transfer, Some(held)) => held.registrar != NAME,
            (Process::Renew, Some(held)) => held.registrar == NAME,
            (Process::Restore, Some(held)) => held.registrar == NAME && held.statuses.contains(GIVEN_UP),
            _ => false,
        };
        let premium = world.domains.premium.get(&name).copied();
        let usual = match process {
            Process::Restore => 90.0,
            _ => 15.0,
        };
        let after = premium.or(world.domains.prices.get(process.as_str()).copied()).unwrap_or(usual);
        let before = (after / 1.2 * 100.0).round() / 100.0;
        let price = Price {
            min_duration: Some(1),
            max_duration: Some(10),
            duration_unit: Some("y".to_owned()),
            price_before_taxes: Some(before),
            price_after_taxes: Some(after),
            normal_price_before_taxes: Some(before),
            normal_price_after_taxes: Some(after),
            discount: Some(false),
            price_type: premium.map(|_| "premium".to_owned()),
        };
        Product {
            name: Some(query.name.clone()),
            status: Some(if available { ProductStatus::Available } else { ProductStatus::Unavailable }),
            process: Some(process),
            prices: if available { vec![price] } else { Vec::new() },
            periods: Vec::new(),
            taxes: taxes.clone(),
        }
    });
    Ok(Prices {
        currency: Some(query.currency.clone().unwrap_or_else(|| "EUR".to_owned())),
        grid: Some("A".to_owned()),
        products: products.collect(),
        taxes: taxes.clone(),
    })
}

fn creatable(world: &World, new: &NewDomain) -> Result<(Name, Creating), Answer> {
    let name = Name::parse(&new.fqdn).map_err(|why| invalid("body", "fqdn", &why.reason()))?;
    tlds::find(world, &new.fqdn).map_err(|_| invalid("body", "fqdn", "The TLD is not sold"))?;
    if world.registry.domain(&name).is_some() {
        return Err(invalid("body", "fqdn", "The domain is not available"));
    }
    if world.domains.creating.get(&name).is_some_and(|creating| creating.error.is_none()) {
        return Err(error(409, "domain", "Conflict", "The domain is being created"));
    }
    let years = new.duration.unwrap_or(1);
    if !(1..=10).contains(&years) {
        return Err(invalid("body", "duration", "Must be between 1 and 10"));
    }
    let name_servers = match &new.nameservers {
        Some(servers) => checked_servers(servers)?,
        None => default_servers(&name),
    };
    let creating = Creating { since: world.now, name_servers, years, error: None };
    Ok((name, creating))
}

fn renewable(world: &World, domain: &str, years: Option<u32>) -> Result<(Name, u32), Answer> {
    let (name, held) = registered(world, domain)?;
    let years = years.unwrap_or(1);
    if !renewal(world, &held).durations.contains(&years) {
        return Err(invalid("body", "duration", "The domain cannot be renewed for so long"));
    }
    Ok((name, years))
}

/// Registries go ten years ahead.
fn renewal(world: &World, held: &RegisteredDomain) -> RenewalOptions {
    let horizon = world.now.to_zoned(TimeZone::UTC).checked_add(10.years()).map_or(world.now, |at| at.timestamp());
    let reaches = |years: &u32| {
        let ends = held.expires_at.to_zoned(TimeZone::UTC).checked_add(i64::from(*years).years());
        ends.is_ok_and(|ends| ends.timestamp() <= horizon)
    };
    let durations: Vec<u32> = (1..=9).filter(reaches).collect();
    RenewalOptions {
        begins_at: Some(held.created_at),
        ends_at: Some(held.expires_at),
        minimum: durations.first().copied(),
        maximum: durations.last().copied(),
        prohibited: Some(durations.is_empty()),
        in_renew_period: Some(true),
        durations,
    }
}

fn shown(world: &World, name: &Name, held: &RegisteredDomain) -> Domain {
    let fqdn = name.to_fqdn_without_dot();
    let tld = tlds::find(world, &fqdn).ok();
    let locked = held.statuses.contains(TRANSFER_PROHIBITED);
    Domain {
        id: Some(format!("id-of-{fqdn}")),
        fqdn_unicode: Some(name.to_unicode().trim_end_matches('.').to_owned()),
        tld: tld.as_ref().map(|tld| tld.name.clone()),
        status: held.statuses.iter().cloned().collect(),
        dates: Some(dates(held)),
        can_tld_lock: tld.and_then(|tld| tld.lock),
        tags: tags::of_domain(world, name),
        reachability: Some("done".to_owned()),
        nameservers: held.delegation.name_servers.iter().map(Name::to_fqdn_without_dot).collect(),
        contacts: Some(contacts::of(world, name)),
        autorenew: Some(auto_renew(world, name)),
        authinfo: held.auth_code.as_deref().filter(|_| !locked).map(Secret::from),
        sharing_space: organizations::own(world),
        services: Vec::new(),
        trustee_roles: Vec::new(),
        href: Some(format!("{}/domain/domains/{fqdn}", world.base)),
        fqdn,
    }
}

fn listed(world: &World, name: &Name) -> Option<ListedDomain> {
    let held = world.registry.domain(name).filter(|held| held.registrar == NAME)?;
    let whole = shown(world, name, &held);
    let live = default_servers(name) == held.delegation.name_servers;
    Some(ListedDomain {
        id: whole.id,
        fqdn: whole.fqdn,
        fqdn_unicode: whole.fqdn_unicode,
        tld: whole.tld,
        status: whole.status,
        dates: whole.dates,
        tags: whole.tags,
        autorenew: auto_renew(world, name).enabled,
        owner: Some("alice".to_owned()),
        orga_owner: Some("alice".to_owned()),
        domain_owner: Some("Alice".to_owned()),
        nameserver: Some(NameServerChoice {
            current: Some(if live { "livedns" } else { "other" }.to_owned()),
            hosts: whole.nameservers,
        }),
        href: whole.href,
    })
}

fn auto_renew(world: &World, name: &Name) -> AutoRenew {
    let known = world.domains.held.get(name).and_then(|held| held.auto_renew.clone());
    known.unwrap_or(AutoRenew { enabled: Some(false), ..AutoRenew::default() })
}

fn dates(held: &RegisteredDomain) -> Dates {
    Dates {
        created_at: Some(held.transferred_at.unwrap_or(held.created_at)),
        updated_at: Some(held.updated_at),
        registry_created_at: Some(held.created_at),
        registry_ends_at: Some(held.expires_at),
        ..Dates::default()
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn fits(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((start, rest)) => {
            let Some(left) = name.strip_prefix(start) else {
                return false;
            };
            (0..=left.len()).any(|at| left.is_char_boundary(at) && fits(&left[at..], rest))
        }
    }
}
