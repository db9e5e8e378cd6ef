//! The registry: what it does by itself as time goes on.

use std::mem;

use jiff::{SignedDuration, Timestamp};

use super::{Registered, Wanted, World, buy_privacy, date, domains, years_after, zones};
use crate::{
    domains::DomainState,
    registrar::{RegistrationState, RenewalState, RestoreState, TransferState},
};

/// When work at the registry begins and ends, counted from the request.
const REGISTERING: [SignedDuration; 2] = [SignedDuration::from_secs(5), SignedDuration::from_mins(1)];
const TRANSFERRING: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_hours(120)];
const RENEWING: [SignedDuration; 2] = [SignedDuration::from_secs(5), SignedDuration::from_mins(1)];
const RESTORING: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(10)];
const CANCELLING: SignedDuration = SignedDuration::from_mins(5);

/// What completes by itself.
pub(in crate::testing) fn pass(world: &mut World) {
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
    Failed(Timestamp, String),
}

fn progress(world: &mut World, domain: &str, since: Timestamp, [begins, ends]: [SignedDuration; 2]) -> Progress {
    let (begins, ends) = (since + begins, since + ends);
    match world.now() {
        now if now < begins => Progress::Asked,
        now if now < ends => Progress::Begun(begins),
        _ => match world.registrar.failing.remove(domain) {
            Some(why) => Progress::Failed(ends, why),
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
            Progress::Failed(at, _) => (RegistrationState::Failed, at),
            Progress::Done(at) => {
                let wanted = Wanted {
                    registrant_id: state.registrant_id,
                    auto_renew: state.auto_renew,
                    whois_privacy: state.whois_privacy,
                    trustee: state.trustee,
                };
                own(world, &work.domain, &wanted, at);
                (RegistrationState::Registered, at)
            }
        };
        (state.state, state.updated_at) = (now, Some(at));
    }
    world.registrar.registrations = works;
}

fn pass_transfers(world: &mut World) {
    let mut works = mem::take(&mut world.registrar.transfers);
    for work in &mut works {
        let state = &mut work.state;
        if !matches!(state.state, TransferState::New | TransferState::Transferring) {
            continue;
        }
        if let Some(cancelled) = work.cancelled.map(|at| at + CANCELLING)
            && cancelled <= world.now()
        {
            (state.state, state.updated_at) = (TransferState::Cancelled, Some(cancelled));
            continue;
        }
        let begins = work.since + TRANSFERRING[0];
        let code = world.registrar.elsewhere.get(&work.domain).map(|it| &it.auth_code);
        let (now, at) = if world.now() >= begins && code.is_some_and(|code| *code != work.auth_code) {
            state.status_description = Some("The authorization code is invalid".to_owned());
            (TransferState::Failed, begins)
        } else {
            match progress(world, &work.domain, work.since, TRANSFERRING) {
                Progress::Asked => continue,
                Progress::Begun(at) => (TransferState::Transferring, at),
                Progress::Failed(at, why) => {
                    state.status_description = Some(why);
                    (TransferState::Failed, at)
                }
                Progress::Done(at) => {
                    let wanted = Wanted {
                        registrant_id: state.registrant_id,
                        auto_renew: state.auto_renew,
                        whois_privacy: state.whois_privacy,
                        trustee: state.trustee,
                    };
                    own(world, &work.domain, &wanted, at);
                    (TransferState::Transferred, at)
                }
            }
        };
        (state.state, state.updated_at) = (now, Some(at));
    }
    world.registrar.transfers = works;
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
            Progress::Failed(at, _) => (RenewalState::Failed, at),
            Progress::Done(at) => {
                let years = state.period.and_then(|period| i16::try_from(period).ok());
                extend(world, &work.domain, years.unwrap_or(1));
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
            Progress::Failed(at, _) => (RestoreState::Cancelled, at),
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
    let elsewhere = world.registrar.elsewhere.remove(domain);
    world.domains.others.remove(domain);
    let Ok(found) = domains::find_mut(world, domain) else {
        return;
    };
    let (id, expires_at) = (found.id, years_after(at, 1));
    found.state = DomainState::Registered;
    found.registrant_id = wanted.registrant_id;
    found.auto_renew = Some(wanted.auto_renew.unwrap_or(false));
    found.private_whois = Some(wanted.whois_privacy.unwrap_or(false));
    found.trustee = Some(wanted.trustee.unwrap_or(false));
    found.expires_at = Some(expires_at);
    found.expires_on = Some(date(expires_at));
    found.updated_at = Some(at);
    let privacy = (wanted.whois_privacy == Some(true)).then(|| buy_privacy(world, id, at));
    let dnsimple = || zones::NAME_SERVERS.map(str::to_owned).to_vec();
    let registered = Registered {
        name_servers: elsewhere.map_or_else(dnsimple, |elsewhere| elsewhere.name_servers),
        vanity: false,
        locked: true,
        privacy,
        mailed: Vec::new(),
    };
    world.registrar.registered.insert(id, registered);
}

fn extend(world: &mut World, domain: &str, years: i16) {
    let now = world.now();
    if let Ok(domain) = domains::find_mut(world, domain) {
        let expires_at = years_after(domain.expires_at.unwrap_or(now), years);
        domain.state = DomainState::Registered;
        domain.expires_at = Some(expires_at);
        domain.expires_on = Some(date(expires_at));
        domain.updated_at = Some(now);
    }
}

/// What runs out is renewed if it is to be and can be paid.
fn run_out(world: &mut World) {
    let now = world.now();
    let payable = !world.registrar.refuse_payment;
    for domain in &mut world.domains.domains {
        while let Some(expires_at) = domain.expires_at
            && expires_at <= now
            && domain.state == DomainState::Registered
        {
            if payable && domain.auto_renew == Some(true) {
                let expires_at = years_after(expires_at, 1);
                (domain.expires_at, domain.expires_on) = (Some(expires_at), Some(date(expires_at)));
            } else {
                domain.state = DomainState::Expired;
            }
            domain.updated_at = Some(now);
        }
    }
}
