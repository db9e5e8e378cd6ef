//! The registry: what it does by itself as time goes on.

use std::mem;

use howdah_core::testing::TRANSFER_PROHIBITED;
use jiff::{SignedDuration, Timestamp};

use super::super::dnssec;
use super::{NAME, Wanted, World, at_registry, buy, buy_privacy, date, domains, held, name};
use crate::{
    domains::{Domain, DomainState},
    registrar::{RegistrationState, RenewalState, RestoreState, TransferState},
};

/// When work at the registry begins and ends, counted from the request.
const REGISTERING: [SignedDuration; 2] = [SignedDuration::from_secs(5), SignedDuration::from_mins(1)];
const TRANSFERRING: SignedDuration = SignedDuration::from_mins(1);
const RENEWING: [SignedDuration; 2] = [SignedDuration::from_secs(5), SignedDuration::from_mins(1)];
const RESTORING: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(10)];
const CANCELLING: SignedDuration = SignedDuration::from_mins(5);

/// What completes by itself.
pub(in crate::testing) fn pass(world: &mut World) {
    leave(world);
    pass_registrations(world);
    pass_transfers(world);
    pass_renewals(world);
    pass_restores(world);
    run_out(world);
}

/// How far work at the registry has come, and since when.
enum Progress {
    Asked,
    Begun(Timestamp),
    Done(Timestamp),
    Failed(Timestamp),
}

fn progress(world: &mut World, domain: &str, since: Timestamp, [begins, ends]: [SignedDuration; 2]) -> Progress {
    let (begins, ends) = (since + begins, since + ends);
    match world.now() {
        now if now < begins => Progress::Asked,
        now if now < ends => Progress::Begun(begins),
        _ => match world.registrar.failing.remove(domain) {
            Some(_) => Progress::Failed(ends),
            None => Progress::Done(ends),
        },
    }
}

fn pass_registrations(world: &mut World) {
    let mut works = mem::take(&mut world.registrar.registrations);
    for work in &mut works {
        let state = &mut work.state;
        if !matches!(state.state, RegistrationState::New | RegistrationState::Registering) {
            continue;
        }
        let (now, at) = match progress(world, &work.domain, work.since, REGISTERING) {
            Progress::Asked => continue,
            Progress::Begun(at) => (RegistrationState::Registering, at),
            Progress::Failed(at) => (RegistrationState::Failed, at),
            Progress::Done(at) => {
                let wanted = Wanted {
                    registrant_id: state.registrant_id,
                    auto_renew: state.auto_renew,
                    whois_privacy: state.whois_privacy,
                    trustee: state.trustee,
                };
                if buy(world, &work.domain, state.period.unwrap_or(1)).is_ok() {
                    own(world, &work.domain, &wanted, at);
                    (RegistrationState::Registered, at)
                } else {
                    (RegistrationState::Failed, at)
                }
            }
        };
        (state.state, state.updated_at) = (now, Some(at));
    }
    world.registrar.registrations = works;
}

fn pass_transfers(world: &mut World) {
    let mut works = mem::take(&mut world.registrar.transfers);
    for work in &mut works {
        let (state, now) = (&mut work.state, world.now());
        if !matches!(state.state, TransferState::New | TransferState::Transferring) {
            continue;
        }
        let at_registry = at_registry(world, &work.domain);
        let pending = at_registry.as_ref().and_then(|at| at.pending.as_ref()).is_some_and(|one| one.gaining == NAME);
        let arrived = at_registry.filter(|at| at.registrar == NAME);
        let give_up = || world.registry.cancel_transfer(&name(&work.domain), NAME);
        let (next, at) = if let Some(arrived) = arrived {
            let at = super::super::whole_seconds(arrived.transferred_at.unwrap_or(now));
            let wanted = Wanted {
                registrant_id: state.registrant_id,
                auto_renew: state.auto_renew,
                whois_privacy: state.whois_privacy,
                trustee: state.trustee,
            };
            own(world, &work.domain, &wanted, at);
            (TransferState::Transferred, at)
        } else if let Some(cancelled) = work.cancelled.map(|at| at + CANCELLING).filter(|at| *at <= now) {
            // What the registry does not know cannot go on there.
            let _ = give_up();
            (TransferState::Cancelled, cancelled)
        } else if pending && let Some(why) = world.registrar.failing.remove(&work.domain) {
            let _ = give_up();
            state.status_description = Some(why);
            (TransferState::Failed, now)
        } else if now < work.since + TRANSFERRING {
            continue;
        } else if pending {
            (TransferState::Transferring, work.since + TRANSFERRING)
        } else {
            let losing = || "The losing registrar refused the transfer".to_owned();
            state.status_description = Some(work.refused.take().unwrap_or_else(losing));
            (TransferState::Failed, now)
        };
        (state.state, state.updated_at) = (next, Some(at));
    }
    world.registrar.transfers = works;
}

/// What another registrar has taken over is hosted here, and no more.
fn leave(world: &mut World) {
    let ids: Vec<_> = world.registrar.registered.keys().copied().collect();
    for id in ids {
        let Some(domain) = world.domains.domains.iter().position(|domain| domain.id == id) else {
            continue;
        };
        if held(world, &world.domains.domains[domain].name).is_some() {
            continue;
        }
        world.registrar.registered.remove(&id);
        let domain = &mut world.domains.domains[domain];
        domain.state = DomainState::Hosted;
        (domain.registrant_id, domain.expires_at, domain.expires_on) = (None, None, None);
        (domain.auto_renew, domain.private_whois, domain.trustee) = (Some(false), Some(false), Some(false));
        domain.updated_at = Some(world.now);
    }
}

fn pass_renewals(world: &mut World) {
    let mut works = mem::take(&mut world.registrar.renewals);
    for work in &mut works {
        let state = &mut work.state;
        if !matches!(state.state, RenewalState::New | RenewalState::Renewing) {
            continue;
        }
        let (now, at) = match progress(world, &work.domain, work.since, RENEWING) {
            Progress::Asked => continue,
            Progress::Begun(at) => (RenewalState::Renewing, at),
            Progress::Failed(at) => (RenewalState::Failed, at),
            Progress::Done(at) => {
                extend(world, &work.domain, state.period.unwrap_or(1));
                (RenewalState::Renewed, at)
            }
        };
        (state.state, state.updated_at) = (now, Some(at));
    }
    world.registrar.renewals = works;
}

fn pass_restores(world: &mut World) {
    let mut works = mem::take(&mut world.registrar.restores);
    for work in &mut works {
        let state = &mut work.state;
        if !matches!(state.state, RestoreState::New | RestoreState::Restoring) {
            continue;
        }
        let (now, at) = match progress(world, &work.domain, work.since, RESTORING) {
            Progress::Asked => continue,
            Progress::Begun(at) => (RestoreState::Restoring, at),
            Progress::Failed(at) => (RestoreState::Cancelled, at),
            Progress::Done(at) => {
                extend(world, &work.domain, 1);
                (RestoreState::Restored, at)
            }
        };
        (state.state, state.updated_at) = (now, Some(at));
    }
    world.registrar.restores = works;
}

/// From now on the domain is registered here. Its delegation stays as it was.
pub(super) fn own(world: &mut World, domain: &str, wanted: &Wanted, at: Timestamp) {
    world.domains.others.remove(domain);
    // A transfer that goes on keeps it from being locked, and then it is about to leave.
    let _ = world.registry.set_status(&name(domain), NAME, TRANSFER_PROHIBITED, true);
    let expires_at = expiry(world, domain);
    let Ok(found) = domains::find_mut(world, domain) else {
        return;
    };
    let id = found.id;
    found.state = DomainState::Registered;
    found.registrant_id = wanted.registrant_id;
    found.auto_renew = Some(wanted.auto_renew.unwrap_or(false));
    found.private_whois = Some(wanted.whois_privacy.unwrap_or(false));
    found.trustee = Some(wanted.trustee.unwrap_or(false));
    (found.expires_at, found.expires_on) = (expires_at, expires_at.map(date));
    found.updated_at = Some(at);
    let privacy = (wanted.whois_privacy == Some(true)).then(|| buy_privacy(world, id, at));
    let registered = super::Registered { privacy, ..super::Registered::default() };
    world.registrar.registered.insert(id, registered);
    dnssec::adopt(world, domain);
}

/// When a domain runs out, as the registry has it.
fn expiry(world: &World, domain: &str) -> Option<Timestamp> {
    held(world, domain).map(|held| super::super::whole_seconds(held.expires_at))
}

fn extend(world: &mut World, domain: &str, years: u32) {
    // Where it is not registered here any more, nothing is extended.
    let _ = world.registry.renew(&name(domain), NAME, years);
    let (now, expires_at) = (world.now(), expiry(world, domain));
    if let Ok(domain) = domains::find_mut(world, domain) {
        domain.state = DomainState::Registered;
        (domain.expires_at, domain.expires_on) = (expires_at, expires_at.map(date));
        domain.updated_at = Some(now);
    }
}

/// What runs out is renewed if it is to be and can be paid.
fn run_out(world: &mut World) {
    let now = world.now();
    let payable = !world.registrar.refuse_payment;
    let over =
        |domain: &Domain| domain.state == DomainState::Registered && domain.expires_at.is_some_and(|at| at <= now);
    while let Some(domain) = world.domains.domains.iter_mut().find(|domain| over(domain)) {
        domain.state = DomainState::Expired;
        domain.updated_at = Some(now);
        if payable && domain.auto_renew == Some(true) {
            let domain = domain.name.clone();
            extend(world, &domain, 1);
        }
    }
}
