use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{State as World, invalid, monitors, not_found, number, plan_lacks};
use crate::{
    maintenance_windows::{
        CREATE, DELETE, GET, LIST, MaintenanceInterval, MaintenanceStatus, MaintenanceWindow, MaintenanceWindowId,
        UPDATE,
    },
    monitors::MonitorId,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    windows: BTreeMap<u64, MaintenanceWindow>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| {
        let ids: Vec<u64> = world.maintenance_windows.windows.keys().copied().collect();
        Ok(ids.into_iter().map(|id| shown(world, id)).collect())
    })
    .on(&CREATE, |world, [], new| {
        if !world.plan.paid {
            return Err(plan_lacks("Your plan does not include maintenance windows"));
        }
        let id = world.new_id();
        let window = MaintenanceWindow {
            id,
            user_id: Some(1_234_567),
            name: Some(new.name),
            interval: Some(new.interval),
            date: Some(new.date.to_string()),
            time: Some(new.time.strftime("%H:%M:%S").to_string()),
            duration: Some(new.duration.into()),
            auto_add_monitors: Some(new.auto_add_monitors.unwrap_or_default()),
            monitor_ids: Vec::new(),
            days: new.days.unwrap_or_default(),
            status: Some(MaintenanceStatus::Active),
            created: Some(world.now()),
        };
        check(&window)?;
        world.maintenance_windows.windows.insert(*id.get(), window);
        if let Some(monitors) = new.monitor_ids {
            assign(world, *id.get(), &monitors)?;
        }
        Ok(shown(world, *id.get()))
    })
    .on(&GET, |world, [id], ()| {
        let id = *find(world, id)?.id.get();
        Ok(shown(world, id))
    })
    .on(&UPDATE, |world, [id], update| {
        let held = find(world, id)?;
        let mut window = held.clone();
        window.name = update.name.or(window.name);
        window.interval = update.interval.or(window.interval);
        window.date = update.date.map(|date| date.to_string()).or(window.date);
        window.time = update.time.map(|time| time.strftime("%H:%M:%S").to_string()).or(window.time);
        window.duration = update.duration.map(f64::from).or(window.duration);
        window.days = update.days.unwrap_or(window.days);
        window.status = update.status.or(window.status);
        check(&window)?;
        let id = *window.id.get();
        *held = window;
        if let Some(monitors) = update.monitor_ids {
            assign(world, id, &monitors)?;
        }
        Ok(shown(world, id))
    })
    .on(&DELETE, |world, [id], ()| {
        let id = *find(world, id)?.id.get();
        world.maintenance_windows.windows.remove(&id);
        monitors::set_window(world, id, &[]);
        Ok(())
    })
}

fn assign(world: &mut World, window: u64, monitors: &[MonitorId]) -> Result<(), Answer> {
    if monitors.iter().any(|monitor| !monitors::exists(world, *monitor)) {
        return Err(not_found("Monitor"));
    }
    monitors::set_window(world, window, monitors);
    Ok(())
}

/// A window with the monitors that are in it.
fn shown(world: &World, id: u64) -> MaintenanceWindow {
    let window = world.maintenance_windows.windows[&id].clone();
    let all = window.auto_add_monitors == Some(true);
    let monitor_ids = if all { monitors::all_ids(world) } else { monitors::in_window(world, id) };
    MaintenanceWindow { monitor_ids, ..window }
}

pub(super) fn of_monitor(world: &World, monitor: MonitorId, windows: &[u64]) -> Vec<MaintenanceWindow> {
    let held = world.maintenance_windows.windows.iter();
    let with = held.filter(|(id, window)| {
        windows.contains(id) || window.auto_add_monitors == Some(true) && monitors::exists(world, monitor)
    });
    with.map(|(id, _)| shown(world, *id)).collect()
}

pub(super) fn forget_monitor(world: &mut World, monitor: MonitorId) {
    for window in world.maintenance_windows.windows.values_mut() {
        window.monitor_ids.retain(|one| *one != monitor);
    }
}

fn check(window: &MaintenanceWindow) -> Result<(), Answer> {
    let mut wrong = Vec::new();
    if window.name.as_deref().is_none_or(|name| name.chars().count() < 3) {
        wrong.push("name must be longer than or equal to 3 characters".to_owned());
    }
    if window.duration.is_none_or(|minutes| minutes < 1.0) {
        wrong.push("duration must not be less than 1".to_owned());
    }
    let needs_days = matches!(window.interval, Some(MaintenanceInterval::Weekly | MaintenanceInterval::Monthly));
    if needs_days && window.days.is_empty() {
        wrong.push("days must contain at least 1 elements".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(invalid(wrong)) }
}

fn find<'a>(world: &'a mut World, id: &str) -> Result<&'a mut MaintenanceWindow, Answer> {
    let id: MaintenanceWindowId = number(id, "Maintenance window")?;
    world.maintenance_windows.windows.get_mut(id.get()).ok_or_else(|| not_found("Maintenance window"))
}
