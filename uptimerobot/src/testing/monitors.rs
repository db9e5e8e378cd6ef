use std::collections::BTreeMap;

use howdah_core::{
    Id,
    testing::{Answer, Fake},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    State as World, invalid, maintenance_windows, monitor_groups, not_found, number, plan_lacks, psps, written,
};
use crate::{
    incidents::IncidentId,
    meta,
    monitors::{
        CREATE, DELETE, GET, LIST, LastIncident, Monitor, MonitorFilter, MonitorId, MonitorStatus, MonitorTag,
        MonitorType, NewMonitor, PAUSE, RESET, START, UPDATE,
        bulk::{self, BulkItem, BulkResult, BulkStatus},
        stats::{
            self, MonitorUptimeStats, RegionalStats, ResponseTime, ResponseTimeStats, ResponseTimeSummary, UptimeLog,
            UptimeLogType, UptimeStats,
        },
        storm_protection::{self, StormProtectionSettings, ThresholdType},
    },
    tags::{self, Tag, TagId},
};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    monitors: BTreeMap<u64, Held>,
    tags: BTreeMap<u64, String>,
    storm_protection: StormProtectionSettings,
}

impl Default for State {
    fn default() -> Self {
        let storm_protection = StormProtectionSettings {
            is_enabled: Some(false),
            threshold_type: Some(ThresholdType::Count),
            threshold_value: Some(5.0),
            window_minutes: Some(5.0),
            config: None,
        };
        Self { monitors: BTreeMap::new(), tags: BTreeMap::new(), storm_protection }
    }
}

/// A monitor and what it sees.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) monitor: Monitor,
    tags: Vec<u64>,
    windows: Vec<u64>,
    /// Since when it is as it is.
    since: Timestamp,
    /// When a heartbeat was called last, or its monitor made or started.
    beaten: Timestamp,
    /// What is wrong where it looks.
    down: Option<String>,
    incident: Option<IncidentId>,
    /// What readings still show, and until when.
    before: Option<(Box<Monitor>, Timestamp)>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = fake
        .on(&LIST, |world, [], filter| {
            let ids: Vec<u64> = world.monitors.monitors.keys().copied().collect();
            let shown = ids.into_iter().filter_map(|id| read(world, id));
            Ok(shown.filter(|monitor| fits(monitor, &filter)).collect())
        })
        .on(&CREATE, |world, [], new| create(world, &new))
        .on(&GET, |world, [id], ()| {
            let id = number::<Monitor>(id, "Monitor")?;
            read(world, *id.get()).ok_or_else(|| not_found("Monitor"))
        })
        .on(&UPDATE, |world, [id], update| {
            let id = find(world, id)?;
            let Ok(Value::Object(update)) = serde_json::to_value(&update) else { return Err(invalid([])) };
            change(world, id, update)
        })
        .on(&DELETE, |world, [id], ()| {
            let id = find(world, id)?;
            world.monitors.monitors.remove(&id);
            psps::forget_monitor(world, Id::new(id));
            maintenance_windows::forget_monitor(world, Id::new(id));
            Ok(())
        })
        .on(&RESET, |world, [id], _| {
            let id = find(world, id)?;
            super::incidents::forget(world, Id::new(id));
            let now = world.now;
            if let Some(held) = world.monitors.monitors.get_mut(&id) {
                (held.since, held.incident) = (now, None);
            }
            Ok(())
        })
        .on(&PAUSE, |world, [id], _| {
            let id = find(world, id)?;
            set_paused(world, id, true);
            Ok(shown(world, id))
        })
        .on(&START, |world, [id], _| {
            let id = find(world, id)?;
            set_paused(world, id, false);
            Ok(shown(world, id))
        });
    let fake = serve_bulk(fake);
    let fake = serve_stats(fake);
    fake.on(&storm_protection::GET, |world, [], ()| Ok(world.monitors.storm_protection.clone()))
        .on(&storm_protection::UPDATE, |world, [], update| {
            let settings = &mut world.monitors.storm_protection;
            settings.is_enabled = update.is_enabled.or(settings.is_enabled);
            settings.threshold_type = update.threshold_type.or(settings.threshold_type.take());
            settings.threshold_value = update.threshold_value.map(f64::from).or(settings.threshold_value);
            settings.window_minutes = update.window_minutes.map(f64::from).or(settings.window_minutes);
            Ok(settings.clone())
        })
        .on(&tags::LIST, |world, [], ()| {
            let tags = world.monitors.tags.iter();
            Ok(tags.map(|(id, name)| Tag { id: Id::new(*id), name: name.clone() }).collect())
        })
        .on(&tags::DELETE, |world, [id], ()| {
            let id: TagId = number(id, "Tag")?;
            world.monitors.tags.remove(id.get()).ok_or_else(|| not_found("Tag"))?;
            for held in world.monitors.monitors.values_mut() {
                held.tags.retain(|tag| tag != id.get());
            }
            Ok(())
        })
        .on_any(&meta::IPS, |_, _, _| {
            let prefixes = json!([{ "ip_prefix": "192.0.2.7/32" }, { "ip_prefix": "2001:db8:7::/64" }]);
            Answer::json(200, json!({ "prefixes": prefixes }))
        })
}

fn serve_bulk(fake: Fake<World>) -> Fake<World> {
    fn all(
        world: &mut World,
        group: Option<u64>,
        tag: Option<u64>,
        mut change: impl FnMut(&mut World, u64) -> Result<(), Answer>,
    ) -> BulkResult {
        let chosen = world.monitors.monitors.iter().filter(|(_, held)| {
            group.is_none_or(|group| held.monitor.group_id.is_some_and(|id| *id.get() == group))
                && tag.is_none_or(|tag| held.tags.contains(&tag))
        });
        let chosen: Vec<u64> = chosen.map(|(id, _)| *id).collect();
        let mut done = BulkResult { results: Vec::new(), total_success: 0, total_error: 0 };
        for id in chosen {
            let outcome = change(world, id);
            let name = world.monitors.monitors.get(&id).map(|held| held.monitor.friendly_name.clone());
            let (status, error) = match outcome {
                Ok(()) => (BulkStatus::Success, None),
                Err(answer) => (BulkStatus::Error, Some(String::from_utf8_lossy(&answer.body).into_owned())),
            };
            *if status == BulkStatus::Success { &mut done.total_success } else { &mut done.total_error } += 1;
            done.results.push(BulkItem { monitor_id: Id::new(id), monitor_name: name, status, error, code: None });
        }
        done
    }

    fake.on(&bulk::PAUSE, |world, [], of| {
        let (group, tag) = (of.group_id.map(|id| *id.get()), of.tag_id.map(|id| *id.get()));
        Ok(all(world, group, tag, |world, id| {
            set_paused(world, id, true);
            Ok(())
        }))
    })
    .on(&bulk::START, |world, [], of| {
        let (group, tag) = (of.group_id.map(|id| *id.get()), of.tag_id.map(|id| *id.get()));
        Ok(all(world, group, tag, |world, id| {
            set_paused(world, id, false);
            Ok(())
        }))
    })
    .on(&bulk::UPDATE, |world, [], of| {
        let (group, tag) = (of.group_id.map(|id| *id.get()), of.tag_id.map(|id| *id.get()));
        let Ok(Value::Object(mut update)) = serde_json::to_value(&of) else { return Err(invalid([])) };
        update.retain(|name, _| name != "groupId" && name != "tagId");
        if let Some(region) = update.remove("regionalData") {
            update.insert("regionData".into(), region);
        }
        Ok(all(world, group, tag, |world, id| change(world, id, update.clone()).map(|_| ())))
    })
}

/// What was seen is that everything was up but for what incidents say, and answered in a fifth of a second.
fn serve_stats(fake: Fake<World>) -> Fake<World> {
    const ANSWERED: f64 = 200.0;

    fn period(world: &World, from: Option<Timestamp>, to: Option<Timestamp>) -> (Timestamp, Timestamp) {
        (from.unwrap_or_else(|| world.in_seconds(-86_400)), to.unwrap_or(world.now))
    }

    fn times(world: &World, from: Option<Timestamp>, to: Option<Timestamp>, series: Option<bool>) -> ResponseTimeStats {
        let (from, to) = period(world, from, to);
        let summary = ResponseTimeSummary { min: Some(ANSWERED), max: Some(ANSWERED), avg: Some(ANSWERED) };
        let one = ResponseTime { timestamp: Some(written(from)), value: Some(ANSWERED) };
        ResponseTimeStats {
            summary: Some(summary),
            data_points: Some(1),
            from: Some(written(from)),
            to: Some(written(to)),
            time_series: if series == Some(true) { vec![one] } else { Vec::new() },
        }
    }

    fake.on(&stats::ACCOUNT, |world, [], filter| {
        if filter.time_frame == stats::TimeFrame::Custom && (filter.start.is_none() || filter.end.is_none()) {
            return Err(invalid(["start must be given with CUSTOM".to_owned()]));
        }
        let incidents = super::incidents::all(world);
        let logs = incidents.iter().take(filter.log_limit.unwrap_or(50) as usize).map(|incident| UptimeLog {
            log_type: Some(UptimeLogType::Downtime),
            datetime: incident.started_at.clone(),
            duration: incident.duration,
        });
        let mut affected: Vec<_> = incidents.iter().filter_map(|it| Some(*it.monitor.as_ref()?.id.get())).collect();
        affected.sort_unstable();
        affected.dedup();
        Ok(UptimeStats {
            overall_uptime: Some(if affected.is_empty() { 1.0 } else { 0.999 }),
            total_incidents: Some(incidents.len() as u64),
            total_time_without_incidents: Some(86_400.0),
            affected_monitors: Some(affected.len() as u64),
            logs: logs.collect(),
            mtbf: None,
        })
    })
    .on(&stats::UPTIME, |world, [id], of| {
        let id = find(world, id)?;
        let (from, to) = period(world, of.from, of.to);
        let incidents = super::incidents::all(world);
        let count = incidents.iter().filter(|it| it.monitor.as_ref().is_some_and(|it| *it.id.get() == id)).count();
        Ok(MonitorUptimeStats {
            uptime: Some(if count == 0 { 100.0 } else { 99.9 }),
            total_downtime_seconds: Some(if count == 0 { 0.0 } else { 86.4 }),
            incident_count: Some(count as u64),
            mtbf: None,
            from: Some(written(from)),
            to: Some(written(to)),
        })
    })
    .on(&stats::RESPONSE_TIME, |world, [id], of| {
        find(world, id)?;
        Ok(times(world, of.from, of.to, of.include_time_series))
    })
    .on(&stats::BY_REGION, |world, [id], of| {
        find(world, id)?;
        let (from, to) = period(world, of.from, of.to);
        let all = times(world, of.from, of.to, of.include_time_series);
        Ok(RegionalStats {
            na: Some(all.clone()),
            eu: None,
            asia: None,
            oc: None,
            all: Some(all),
            from: Some(written(from)),
            to: Some(written(to)),
        })
    })
}

fn find(world: &World, id: &str) -> Result<u64, Answer> {
    let id: MonitorId = number(id, "Monitor")?;
    world.monitors.monitors.contains_key(id.get()).then_some(*id.get()).ok_or_else(|| not_found("Monitor"))
}

pub(super) fn exists(world: &World, id: MonitorId) -> bool {
    world.monitors.monitors.contains_key(id.get())
}

pub(super) fn name(world: &World, id: MonitorId) -> Option<String> {
    world.monitors.monitors.get(id.get()).map(|held| held.monitor.friendly_name.clone())
}

pub(super) fn all_ids(world: &World) -> Vec<MonitorId> {
    world.monitors.monitors.keys().map(|id| Id::new(*id)).collect()
}

pub(super) fn count(world: &World) -> u64 {
    world.monitors.monitors.len() as u64
}

/// Which monitors are in a window because of what they say.
pub(super) fn in_window(world: &World, window: u64) -> Vec<MonitorId> {
    let with = world.monitors.monitors.iter().filter(|(_, held)| held.windows.contains(&window));
    with.map(|(id, _)| Id::new(*id)).collect()
}

pub(super) fn set_window(world: &mut World, window: u64, monitors: &[MonitorId]) {
    for (id, held) in &mut world.monitors.monitors {
        held.windows.retain(|one| *one != window);
        if monitors.iter().any(|monitor| monitor.get() == id) {
            held.windows.push(window);
        }
    }
}

pub(super) fn set_group(world: &mut World, from: Option<u64>, monitors: &[MonitorId], to: u64) {
    for (id, held) in &mut world.monitors.monitors {
        let moved = match from {
            Some(from) => held.monitor.group_id.is_some_and(|group| *group.get() == from),
            None => monitors.iter().any(|monitor| monitor.get() == id),
        };
        if moved {
            held.monitor.group_id = Some(Id::new(to));
        }
    }
}

/// A monitor as a reading shows it, which may be behind.
fn read(world: &mut World, id: u64) -> Option<Monitor> {
    let now = world.now;
    let held = world.monitors.monitors.get_mut(&id)?;
    if held.before.as_ref().is_some_and(|(_, until)| *until <= now) {
        held.before = None;
    }
    Some(match &held.before {
        Some((before, _)) => (**before).clone(),
        None => shown(world, id),
    })
}

/// A monitor as it is.
fn shown(world: &World, id: u64) -> Monitor {
    let held = &world.monitors.monitors[&id];
    let mut monitor = held.monitor.clone();
    let tags = held.tags.iter().filter_map(|tag| Some((*tag, world.monitors.tags.get(tag)?)));
    monitor.tags = tags
        .map(|(tag, name)| MonitorTag {
            id: Id::new(tag),
            name: name.clone(),
            color: Some("#3498DB".into()),
            monitors: Vec::new(),
        })
        .collect();
    monitor.maintenance_windows = maintenance_windows::of_monitor(world, Id::new(id), &held.windows);
    monitor.psps = psps::of_monitor(world, Id::new(id));
    monitor.current_state_duration = Some(seconds(world.now.duration_since(held.since)));
    monitor.last_incident_id.clone_from(&held.incident);
    monitor.last_incident = held.incident.as_ref().and_then(|incident| last_incident(world, incident));
    monitor
}

#[allow(clippy::cast_precision_loss)] // a century of seconds fits
fn seconds(duration: SignedDuration) -> f64 {
    duration.as_secs() as f64
}

fn last_incident(world: &World, id: &IncidentId) -> Option<LastIncident> {
    let incidents = super::incidents::all(world);
    let incident = incidents.iter().find(|incident| incident.id == *id)?;
    Some(LastIncident {
        id: incident.id.clone(),
        status: incident.status.clone(),
        cause: incident.cause,
        reason: incident.reason.clone(),
        started_at: incident.started_at.clone(),
        duration: incident.duration,
    })
}

fn fits(monitor: &Monitor, filter: &MonitorFilter) -> bool {
    let within = |text: Option<&str>, part: &Option<String>| {
        part.as_deref().is_none_or(|part| text.is_some_and(|text| text.to_lowercase().contains(&part.to_lowercase())))
    };
    let one_of = |list: &Option<String>, any: &dyn Fn(&str) -> bool| {
        list.as_deref().is_none_or(|list| list.split(',').map(str::trim).any(any))
    };
    within(Some(&monitor.friendly_name), &filter.name)
        && within(monitor.url.as_deref(), &filter.url)
        && filter.group_id.is_none_or(|group| monitor.group_id == Some(group))
        && one_of(&filter.status, &|status| {
            monitor.status.as_ref().is_some_and(|is| is.as_str().eq_ignore_ascii_case(status))
        })
        && one_of(&filter.tags, &|name| monitor.tags.iter().any(|tag| tag.name == name))
        && filter.custom_fields.iter().flatten().all(|pair| {
            let (key, value) = pair.split_once(':').unwrap_or((pair, ""));
            monitor.custom_fields.as_ref().and_then(|fields| fields.get(key)).is_some_and(|is| is == value)
        })
}

fn create(world: &mut World, new: &NewMonitor) -> Result<Monitor, Answer> {
    let Ok(Value::Object(mut new)) = serde_json::to_value(new) else { return Err(invalid([])) };
    if count(world) >= u64::from(world.plan.monitors) {
        return Err(plan_lacks("You have reached the limit of monitors of your plan"));
    }
    let id = world.new_id::<Monitor>();
    let is_heartbeat = new["type"] == "HEARTBEAT";
    if is_heartbeat {
        if new.contains_key("url") {
            return Err(invalid(["property url should not exist".to_owned()]));
        }
        let token = id.get().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        new.insert("url".into(), format!("{token:016x}").into());
    }
    let now = world.now();
    let mut monitor = json!({
        "id": id,
        "status": "STARTED",
        "checkSSLErrors": false,
        "followRedirections": true,
        "successHttpResponseCodes": ["2xx", "3xx"],
        "responseTimeThreshold": 0,
        "regionalData": { "REGION": ["na"], "MANUAL_SELECTED": false },
        "lastDayUptimes": { "bucketSize": 3600, "histogram": [] },
        "createDateTime": now,
        "userId": 1_234_567,
        "groupId": 0,
        "sslExpirationReminder": false,
        "domainExpirationReminder": false,
    });
    merge(world, monitor_members(&mut monitor), new.clone())?;
    let monitor = decoded(monitor)?;
    check(world, &monitor, 30)?;
    let (tags, windows) = (tags_of(world, &new), windows_of(&new));
    let now = world.now;
    let held = Held {
        monitor,
        tags: tags.unwrap_or_default(),
        windows: windows.unwrap_or_default(),
        since: now,
        beaten: now,
        down: None,
        incident: None,
        before: None,
    };
    world.monitors.monitors.insert(*id.get(), held);
    Ok(shown(world, *id.get()))
}

fn change(world: &mut World, id: u64, update: Map<String, Value>) -> Result<Monitor, Answer> {
    let before = shown(world, id);
    let mut monitor = serde_json::to_value(&world.monitors.monitors[&id].monitor).unwrap_or_default();
    let (tags, windows) = (tags_of(world, &update), windows_of(&update));
    merge(world, monitor_members(&mut monitor), update)?;
    let monitor = decoded(monitor)?;
    check(world, &monitor, 15)?;
    let until = world.in_seconds(world.lag);
    let lags = world.lag > 0;
    if let Some(held) = world.monitors.monitors.get_mut(&id) {
        held.monitor = monitor;
        held.tags = tags.unwrap_or(std::mem::take(&mut held.tags));
        held.windows = windows.unwrap_or(std::mem::take(&mut held.windows));
        held.before = lags.then(|| (Box::new(before), until));
    }
    Ok(shown(world, id))
}

fn monitor_members(monitor: &mut Value) -> &mut Map<String, Value> {
    monitor.as_object_mut().expect("a monitor is an object")
}

fn decoded(monitor: Value) -> Result<Monitor, Answer> {
    serde_json::from_value(monitor).map_err(|error| invalid([error.to_string()]))
}

/// Writes what a request says over what there is: maps and lists whole, the configuration member by member.
fn merge(world: &World, monitor: &mut Map<String, Value>, new: Map<String, Value>) -> Result<(), Answer> {
    for (name, value) in new {
        match name.as_str() {
            "tagNames" | "maintenanceWindowsIds" => {}
            "regionData" => {
                monitor.insert("regionalData".into(), value);
            }
            "regionalData" => {
                monitor.insert(name, json!({ "REGION": [value], "MANUAL_SELECTED": true }));
            }
            "responseTimeThreshold" => {
                let regions = monitor["regionalData"]["REGION"].clone();
                let regions = regions.as_array().into_iter().flatten().filter_map(Value::as_str);
                let threshold: Map<_, _> = regions.map(|region| (region.to_owned(), value.clone())).collect();
                monitor["regionalData"]["THRESHOLD"] = threshold.into();
            }
            "groupId" => {
                let id = value.as_u64().unwrap_or_default();
                if id != 0 && !monitor_groups::exists(world, id) {
                    return Err(not_found("Monitor group"));
                }
                monitor.insert(name, value);
            }
            "successHttpResponseCodes" if value == json!([]) => {
                monitor.insert(name, json!(["2xx", "3xx"]));
            }
            "friendlyName" => {
                let text = value.as_str().unwrap_or_default();
                monitor.insert(name, text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").into());
            }
            "config" => {
                let config = monitor.entry("config").or_insert(Value::Null);
                if !config.is_object() {
                    *config = json!({});
                }
                for (member, value) in value.as_object().into_iter().flatten() {
                    config[member] = value.clone();
                }
            }
            _ => {
                monitor.insert(name, value);
            }
        }
    }
    Ok(())
}

fn check(world: &World, monitor: &Monitor, least: u32) -> Result<(), Answer> {
    let mut wrong = Vec::new();
    let interval = monitor.interval.unwrap_or_default();
    if monitor.friendly_name.is_empty() {
        wrong.push("friendlyName should not be empty".to_owned());
    }
    if monitor.friendly_name.chars().count() > 250 {
        wrong.push("friendlyName must be shorter than or equal to 250 characters".to_owned());
    }
    if monitor.url.as_deref().is_none_or(str::is_empty) {
        wrong.push("url should not be empty".to_owned());
    }
    if interval < least {
        wrong.push(format!("interval must not be less than {least}"));
    }
    if monitor.timeout.is_some_and(|timeout| timeout > 60) {
        wrong.push("timeout must not be greater than 60".to_owned());
    }
    if !wrong.is_empty() {
        return Err(invalid(wrong));
    }
    if interval < world.plan.interval {
        return Err(plan_lacks("Your plan does not include an interval as short as that"));
    }
    Ok(())
}

/// The tags that a request names; those that are new are made.
fn tags_of(world: &mut World, request: &Map<String, Value>) -> Option<Vec<u64>> {
    let names: Vec<String> = serde_json::from_value(request.get("tagNames")?.clone()).ok()?;
    let ids = names.into_iter().map(|name| {
        let known = world.monitors.tags.iter().find(|(_, one)| **one == name).map(|(id, _)| *id);
        known.unwrap_or_else(|| {
            let id = *world.new_id::<Tag>().get();
            world.monitors.tags.insert(id, name);
            id
        })
    });
    Some(ids.collect())
}

fn windows_of(request: &Map<String, Value>) -> Option<Vec<u64>> {
    serde_json::from_value(request.get("maintenanceWindowsIds")?.clone()).ok()
}

fn set_paused(world: &mut World, id: u64, paused: bool) {
    let now = world.now;
    if let Some(held) = world.monitors.monitors.get_mut(&id) {
        let is_paused = held.monitor.status == Some(MonitorStatus::Paused);
        if is_paused != paused {
            held.monitor.status = Some(if paused { MonitorStatus::Paused } else { MonitorStatus::Started });
            (held.since, held.beaten) = (now, now);
        }
    }
}

pub(super) fn set_down(world: &mut World, id: MonitorId, reason: Option<&str>) {
    let held = world.monitors.monitors.get_mut(id.get()).expect("the monitor is there");
    held.down = reason.map(str::to_owned);
    look(world, *id.get(), true);
}

/// Takes a call of a heartbeat's URL, which ends in `/m<id>-<token>`.
pub(super) fn beat(world: &mut World, url: &str) -> bool {
    let called = url.rsplit_once("/m").and_then(|(_, rest)| rest.split_once('-'));
    let Some((id, token)) = called.and_then(|(id, token)| Some((id.parse::<u64>().ok()?, token))) else {
        return false;
    };
    let now = world.now;
    let Some(held) = world.monitors.monitors.get_mut(&id) else { return false };
    if held.monitor.url.as_deref() != Some(token) || held.monitor.monitor_type != Some(MonitorType::Heartbeat) {
        return false;
    }
    (held.beaten, held.down) = (now, None);
    look(world, id, true);
    true
}

/// Looks where it is time to.
pub(super) fn pass(world: &mut World) {
    let ids: Vec<u64> = world.monitors.monitors.keys().copied().collect();
    for id in ids {
        look(world, id, false);
    }
}

fn look(world: &mut World, id: u64, at_once: bool) {
    let now = world.now;
    let Some(held) = world.monitors.monitors.get_mut(&id) else { return };
    let is_heartbeat = held.monitor.monitor_type == Some(MonitorType::Heartbeat);
    let after = |seconds: u32| held.since.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(now);
    if is_heartbeat {
        let late = held.monitor.interval.unwrap_or_default() + held.monitor.grace_period.unwrap_or_default();
        let late = held.beaten.saturating_add(SignedDuration::from_secs(late.into())).unwrap_or(now);
        if now > late {
            held.down = Some("No heartbeat received".into());
        }
    }
    let status = match (held.monitor.status.clone(), held.down.clone()) {
        (Some(MonitorStatus::Paused), _) => return,
        (_, Some(_)) => MonitorStatus::Down,
        (Some(MonitorStatus::Started), None)
            if !at_once && (is_heartbeat || now < after(held.monitor.interval.unwrap_or_default())) =>
        {
            return;
        }
        _ => MonitorStatus::Up,
    };
    if held.monitor.status.as_ref() == Some(&status) {
        return;
    }
    held.monitor.status = Some(status.clone());
    held.since = now;
    let (reason, incident) = (held.down.clone(), held.incident.clone());
    if status == MonitorStatus::Down {
        let incident = super::incidents::begin(world, Id::new(id), &reason.unwrap_or_default());
        if let Some(held) = world.monitors.monitors.get_mut(&id) {
            held.incident = Some(incident);
        }
    } else if let Some(incident) = incident {
        super::incidents::end(world, &incident);
    }
}
