use std::collections::BTreeMap;

use howdah_core::{
    Secret,
    dns::Name,
    testing::{Answer, Fake, RegistryRefusal},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    FakeGandi, NAME, State as World,
    delegation::{self, checked_servers},
    domains::{default_servers, pay},
    error, invalid, message, not_found, tlds, tried,
};
use crate::transfers::{
    AVAILABLE, CHECK_START, Foa, GET, NewTransfer, RELAUNCH, RESEND_FOA, SET_AUTHINFO, START, Step, Transfer,
    TransferAvailability, TransferParameters,
};

/// How long the bill takes.
const BILLING: SignedDuration = SignedDuration::from_secs(10);

/// How long the losing registrar may take.
const ACKNOWLEDGEMENT: SignedDuration = SignedDuration::from_hours(5 * 24);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    incoming: BTreeMap<Name, Incoming>,
    require_foa: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Incoming {
    created_at: Timestamp,
    updated_at: Timestamp,
    auth_code: String,
    name_servers: Vec<Name>,
    years: u32,
    foa: Vec<Foa>,
    reminders: u32,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// Paid for, and not brought to the registry yet.
    Begun,
    /// The registry was asked.
    Asked(Timestamp),
    /// It stopped: a word and a sentence.
    Stopped(String, String),
    Done,
}

impl FakeGandi {
    /// Lets a domain be registered at another registrar for 400 days already, unlocked, with this code and these servers.
    ///
    /// # Panics
    ///
    /// When a name is none, or the domain is registered already.
    pub fn register_elsewhere(&self, domain: &str, auth_code: &str, name_servers: &[&str]) {
        let name = |text: &str| Name::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let (domain, servers) = (name(domain), name_servers.iter().map(|server| name(server)).collect::<Vec<_>>());
        self.registry().register(&domain, "elsewhere", &servers, SignedDuration::from_hours(24 * 400));
        self.registry().edit(&domain, |held| {
            held.statuses.clear();
            held.auth_code = Some(auth_code.to_owned());
        });
    }

    /// Says whether the owner has to agree to the transfers that begin from now on.
    pub fn require_foa(&self, required: bool) {
        self.world().state(|world| world.transfers.require_foa = required);
    }

    /// Lets everybody who was asked agree to a transfer, or refuse it.
    ///
    /// # Panics
    ///
    /// When there is no such transfer.
    pub fn answer_foa(&self, domain: &str, agree: bool) {
        self.world().state(|world| {
            let incoming = find(world, domain).unwrap_or_else(|_| panic!("there is no transfer of {domain}"));
            for foa in &mut incoming.foa {
                foa.answer = Some(if agree { "yes" } else { "no" }.to_owned());
            }
        });
    }

    /// How often somebody was mailed once more because of a transfer.
    pub fn foa_reminders(&self, domain: &str) -> u32 {
        self.world().state(|world| find(world, domain).map_or(0, |incoming| incoming.reminders))
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&START, |world, [], new| {
        let (name, incoming) = startable(world, &new)?;
        pay(world, &name, new.price.filter(|_| new.enforce_premium == Some(true)))?;
        let location = format!("{}/domain/transferin/{}", world.base, new.fqdn);
        world.transfers.incoming.insert(name, incoming);
        Err(message(202, "The transfer was accepted").with_header("location", location))
    })
    .on(&CHECK_START, |world, [], new| Err(tried(startable(world, &new))))
    .on(&GET, |world, [domain], ()| {
        let incoming = find(world, domain)?;
        Ok(shown(domain, incoming))
    })
    .on(&RELAUNCH, |world, [domain], ()| {
        let now = world.now;
        let incoming = find(world, domain)?;
        if !matches!(incoming.stage, Stage::Stopped(..)) {
            return Err(error(409, "transfer", "Conflict", "The transfer has not stopped"));
        }
        (incoming.stage, incoming.updated_at) = (Stage::Begun, now);
        Err(message(202, "The transfer will be relaunched"))
    })
    .on(&SET_AUTHINFO, |world, [domain], code| {
        let incoming = find(world, domain)?;
        if !matches!(incoming.stage, Stage::Begun | Stage::Stopped(..)) {
            return Err(error(409, "transfer", "Conflict", "The code was used already"));
        }
        code.authinfo.expose().clone_into(&mut incoming.auth_code);
        Err(message(202, "The authorization code was changed"))
    })
    .on(&AVAILABLE, |world, [domain], asked| {
        let name = Name::parse(domain).map_err(|why| invalid("path", "domain", &why.reason()))?;
        tlds::find(world, domain)?;
        let code = asked.authinfo.as_ref().map(Secret::expose);
        let internal = world.registry.domain(&name).is_some_and(|held| held.registrar == NAME);
        let checked = world.registry.check_transfer(&name, NAME, code);
        Ok(TransferAvailability {
            available: checked.is_ok(),
            fqdn: Some(domain.to_owned()),
            fqdn_alabel: Some(name.to_fqdn_without_dot()),
            fqdn_ulabel: Some(name.to_unicode().trim_end_matches('.').to_owned()),
            corporate: Some(false),
            durations: Some(vec![1]),
            internal: Some(internal),
            maximum_duration: Some(1),
            minimum_duration: Some(1),
            msg: checked.err().map(|why| why.to_string()),
        })
    })
    .on(&RESEND_FOA, |world, [domain], asked| {
        let incoming = find(world, domain)?;
        let known = |foa: &Foa| foa.email.as_deref() == Some(asked.email.as_str()) && foa.answer.is_none();
        if !incoming.foa.iter().any(known) {
            return Err(invalid("body", "email", "Nobody with this address is waited for"));
        }
        incoming.reminders += 1;
        Err(message(202, "The mail was sent again"))
    })
}

/// What goes on by itself.
pub(super) fn pass(world: &mut World) {
    let (now, registry) = (world.now, world.registry.clone());
    let mut come = Vec::new();
    for (domain, incoming) in &mut world.transfers.incoming {
        if incoming.stage == Stage::Begun && now >= incoming.updated_at + BILLING {
            let answers: Vec<_> = incoming.foa.iter().map(|foa| foa.answer.as_deref()).collect();
            if answers.contains(&Some("no")) {
                incoming.stop("foa_refused", "The transfer was refused by mail");
            } else if answers.iter().all(Option::is_some) {
                match registry.request_transfer(domain, NAME, &incoming.auth_code, incoming.years) {
                    Ok(()) => incoming.stage = Stage::Asked(now),
                    Err(RegistryRefusal::WrongAuthCode) => {
                        incoming.stop("wrong_authinfo", "The authorization code is wrong");
                    }
                    Err(RegistryRefusal::Prohibited(status)) => {
                        incoming.stop("locked", &format!("The domain is locked: {status}"));
                    }
                    Err(why) => incoming.stop("registry_refused", &why.to_string()),
                }
            }
        }
        if let Stage::Asked(_) = incoming.stage {
            match registry.domain(domain) {
                Some(held) if held.registrar == NAME => {
                    // What was asked for takes effect, and nothing that was there before does.
                    let servers = incoming.name_servers.clone();
                    let delegated = registry.delegate(domain, NAME, |delegation| delegation.name_servers = servers);
                    incoming.stage = Stage::Done;
                    if let Err(why) = delegated {
                        incoming.stop("delegation", &why.to_string());
                    }
                    come.push(domain.clone());
                }
                Some(held) if held.pending.is_none() => {
                    incoming.stop("registrar_refused", "The losing registrar refused the transfer");
                }
                _ => {}
            }
        }
    }
    for domain in come {
        delegation::forget(world, &domain);
    }
}

impl Incoming {
    fn stop(&mut self, errortype: &str, label: &str) {
        self.stage = Stage::Stopped(errortype.to_owned(), label.to_owned());
    }
}

fn find<'a>(world: &'a mut World, domain: &str) -> Result<&'a mut Incoming, Answer> {
    let name = Name::parse(domain).ok();
    let found = name.and_then(|name| world.transfers.incoming.get_mut(&name));
    found.ok_or_else(|| not_found("transfer", domain))
}

fn startable(world: &World, new: &NewTransfer) -> Result<(Name, Incoming), Answer> {
    let name = Name::parse(&new.fqdn).map_err(|why| invalid("body", "fqdn", &why.reason()))?;
    let tld = tlds::find(world, &new.fqdn).map_err(|_| invalid("body", "fqdn", "The TLD is not sold"))?;
    match world.registry.domain(&name) {
        None => return Err(invalid("body", "fqdn", "The domain is not registered")),
        Some(held) if held.registrar == NAME => return Err(invalid("body", "fqdn", "The domain is at Gandi already")),
        Some(_) => {}
    }
    if world.transfers.incoming.get(&name).is_some_and(|incoming| incoming.stage != Stage::Done) {
        return Err(error(409, "transfer", "Conflict", "The transfer goes on already"));
    }
    let auth_code = new.authinfo.as_ref().map_or("", Secret::expose);
    if auth_code.is_empty() && tld.authinfo_for_transfer == Some(true) {
        return Err(invalid("body", "authinfo", "Missing required value"));
    }
    let years = new.duration.unwrap_or(1);
    if years != 1 {
        return Err(invalid("body", "duration", "A transfer adds one year"));
    }
    let name_servers = match &new.nameservers {
        Some(servers) => checked_servers(servers)?,
        None => default_servers(&name),
    };
    let owner = Foa { email: Some(new.owner.email.clone()), answer: None };
    let incoming = Incoming {
        created_at: world.now,
        updated_at: world.now,
        auth_code: auth_code.to_owned(),
        name_servers,
        years,
        foa: if world.transfers.require_foa { vec![owner] } else { Vec::new() },
        reminders: 0,
        stage: Stage::Begun,
    };
    Ok((name, incoming))
}

fn shown(domain: &str, incoming: &Incoming) -> Transfer {
    let waits = incoming.foa.iter().any(|foa| foa.answer.is_none());
    let (step, number, inner, error) = match &incoming.stage {
        Stage::Begun if waits => (Step::Wait, 2, Some("wait_foa"), None),
        Stage::Begun => (Step::Bill, 1, None, None),
        Stage::Asked(_) => (Step::Run, 3, Some("wait_registry"), None),
        Stage::Stopped(errortype, label) => (Step::Error, 3, None, Some((errortype.clone(), label.clone()))),
        Stage::Done => (Step::Done, 4, None, None),
    };
    let (errortype, errortype_label) = error.unzip();
    Transfer {
        created_at: Some(incoming.created_at),
        updated_at: Some(incoming.updated_at),
        owner_contact: None,
        params: Some(TransferParameters {
            domain: Some(domain.to_owned()),
            duration: Some(incoming.years),
            tld: domain.rsplit('.').next().map(str::to_owned),
            ..TransferParameters::default()
        }),
        step: Some(step),
        step_nb: Some(number),
        inner_step: inner.map(str::to_owned),
        errortype,
        errortype_label,
        foa: Some(incoming.foa.clone()),
        regac_at: match incoming.stage {
            Stage::Asked(at) => Some(at + ACKNOWLEDGEMENT),
            _ => None,
        },
        start_at: Some(incoming.created_at),
        transfer_link: None,
        transfer_procedure: None,
    }
}
