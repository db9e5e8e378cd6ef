use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{FakeDigitalOcean, State as World, not_found, unprocessable};
use crate::uptime::{
    Alert, AlertId, AlertSettings, AlertType, CREATE, CREATE_ALERT, Check, CheckId, CheckState, CheckType, DELETE,
    DELETE_ALERT, GET, GET_ALERT, GET_STATE, LIST, LIST_ALERTS, Outage, RegionState, RegionStatus, UPDATE,
    UPDATE_ALERT,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    checks: BTreeMap<String, Held>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    check: Check,
    /// Whether it answers, and since when that is so.
    up: bool,
    since: String,
    outage: Option<Outage>,
    alerts: BTreeMap<String, Alert>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| Ok(world.uptime.checks.values().map(|held| held.check.clone()).collect()))
        .on(&CREATE, |world, [], new| {
            check_target(&new.check_type, &new.target)?;
            let check = Check {
                id: CheckId::new(world.new_uuid()),
                name: Some(new.name),
                check_type: Some(new.check_type),
                target: Some(new.target),
                regions: new.regions,
                enabled: Some(new.enabled),
            };
            let since = world.now().to_string();
            let held = Held { check: check.clone(), up: true, since, outage: None, alerts: BTreeMap::new() };
            world.uptime.checks.insert(check.id.to_string(), held);
            Ok(check)
        })
        .on(&GET, |world, [id], ()| held(world, id).map(|held| held.check.clone()))
        .on(&UPDATE, |world, [id], update| {
            let check = &mut held(world, id)?.check;
            let mut new = check.clone();
            new.name = update.name.or(new.name);
            new.check_type = update.check_type.or(new.check_type);
            new.target = update.target.or(new.target);
            new.regions = update.regions.unwrap_or(new.regions);
            new.enabled = update.enabled.or(new.enabled);
            if let (Some(check_type), Some(target)) = (&new.check_type, &new.target) {
                check_target(check_type, target)?;
            }
            *check = new;
            Ok(check.clone())
        })
        .on(&DELETE, |world, [id], ()| world.uptime.checks.remove(id).map(drop).ok_or_else(not_found))
        .on(&GET_STATE, |world, [id], ()| {
            let held = held(world, id)?;
            let state = RegionState {
                status: Some(if held.up { RegionStatus::Up } else { RegionStatus::Down }),
                status_changed_at: Some(held.since.clone()),
                thirty_day_uptime_percentage: Some(if held.outage.is_some() { 99.9 } else { 100.0 }),
            };
            let regions = held.check.regions.iter().map(|region| (region.to_string(), state.clone())).collect();
            Ok(CheckState { regions, previous_outage: held.outage.clone() })
        })
        .on(&LIST_ALERTS, |world, [id], ()| Ok(held(world, id)?.alerts.values().cloned().collect()))
        .on(&CREATE_ALERT, |world, [id], new| {
            held(world, id)?;
            let needs_threshold = matches!(new.alert_type, AlertType::Latency | AlertType::SslExpiry);
            if needs_threshold && new.threshold.is_none() {
                return Err(unprocessable("threshold is required"));
            }
            let alert = alert_of(AlertId::new(world.new_uuid()), new);
            held(world, id)?.alerts.insert(alert.id.to_string(), alert.clone());
            Ok(alert)
        })
        .on(&GET_ALERT, |world, [id, alert], ()| held(world, id)?.alerts.get(alert).cloned().ok_or_else(not_found))
        .on(&UPDATE_ALERT, |world, [id, alert], update| {
            let alert = held(world, id)?.alerts.get_mut(alert).ok_or_else(not_found)?;
            *alert = alert_of(alert.id.clone(), update);
            Ok(alert.clone())
        })
        .on(&DELETE_ALERT, |world, [id, alert], ()| {
            held(world, id)?.alerts.remove(alert).map(drop).ok_or_else(not_found)
        })
}

fn alert_of(id: AlertId, settings: AlertSettings) -> Alert {
    Alert {
        id,
        name: Some(settings.name),
        alert_type: Some(settings.alert_type),
        threshold: settings.threshold,
        comparison: settings.comparison,
        notifications: Some(settings.notifications),
        period: Some(settings.period),
    }
}

fn held<'w>(world: &'w mut World, id: &str) -> Result<&'w mut Held, Answer> {
    world.uptime.checks.get_mut(id).ok_or_else(not_found)
}

fn check_target(check_type: &CheckType, target: &str) -> Result<(), Answer> {
    let fits = match check_type {
        CheckType::Http => target.starts_with("http://"),
        CheckType::Https => target.starts_with("https://"),
        _ => !target.is_empty(),
    };
    if fits { Ok(()) } else { Err(unprocessable("target is invalid")) }
}

impl FakeDigitalOcean {
    /// Makes what a check looks at answer, or not, from now on.
    pub fn set_up(&self, check: &CheckId, up: bool) {
        self.world().state(|world| {
            let now = world.now();
            let Ok(held) = held(world, check.get()) else { return };
            if held.up != up {
                let since = std::mem::replace(&mut held.since, now.to_string());
                held.up = up;
                if up {
                    let began = since.parse().unwrap_or(now);
                    held.outage = Some(Outage {
                        region: held.check.regions.first().map(ToString::to_string),
                        started_at: Some(since),
                        ended_at: Some(now.to_string()),
                        duration_seconds: u64::try_from(now.duration_since(began).as_secs()).ok(),
                    });
                }
            }
        });
    }
}
