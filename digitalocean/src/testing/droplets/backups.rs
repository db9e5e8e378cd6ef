use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, Timestamp, ToSpan, civil, tz::TimeZone};

use super::{
    super::{FakeDigitalOcean, State as World, number, unprocessable},
    acting::image_of,
    all, find, find_mut, snapshot, snapshots,
};
use crate::{
    droplets::{
        BackupWindow, Droplet, DropletId,
        backups::{
            BackupPlan, BackupPolicy, BackupSettings, GET_POLICY, LIST, LIST_POLICIES, LIST_SUPPORTED_POLICIES,
            PageLinks, PageMeta, PageUrls, PolicyPage, SupportedBackupPolicy, Weekday,
        },
    },
    images::{ImageId, ImageType},
};

const HOURS: [u8; 6] = [0, 4, 8, 12, 16, 20];
const WINDOW_HOURS: u32 = 4;
const DAYS: [Weekday; 7] = [
    Weekday::Sunday,
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
];

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [droplet], ()| {
        let ids = find(world, number(droplet)?)?.backup_ids.clone();
        Ok(snapshots(world, &ids).iter().map(snapshot).collect())
    })
    .on(&GET_POLICY, |world, [droplet], ()| Ok(settings(world, find(world, number(droplet)?)?)))
    .on(&LIST_POLICIES, |world, [], asked| {
        let per_page = asked.per_page.unwrap_or(20).clamp(1, 200) as usize;
        let page = asked.page.unwrap_or(1).max(1) as usize;
        let (droplets, from) = (all(world), (page - 1).saturating_mul(per_page));
        let shown = droplets.iter().skip(from).take(per_page);
        let policies: BTreeMap<_, _> =
            shown.map(|droplet| (droplet.id.to_string(), settings(world, droplet))).collect();
        let more = from.saturating_add(per_page) < droplets.len();
        let next = format!("{}/v2/droplets/backups/policies?page={}&per_page={per_page}", crate::PRODUCTION, page + 1);
        let pages = more.then(|| PageUrls { next: Some(next), ..PageUrls::default() });
        let meta = PageMeta { total: droplets.len() as u64 };
        Ok(PolicyPage { policies, links: PageLinks { pages }, meta: Some(meta) })
    })
    .on(&LIST_SUPPORTED_POLICIES, |_, [], ()| {
        let plans = [(BackupPlan::Weekly, DAYS.to_vec()), (BackupPlan::Daily, Vec::new())];
        let policies = plans.into_iter().map(|(name, possible_days)| SupportedBackupPolicy {
            retention_period_days: Some(retention(&name)),
            name,
            possible_window_starts: HOURS.to_vec(),
            window_length_hours: Some(WINDOW_HOURS),
            possible_days,
        });
        Ok(policies.collect())
    })
}

fn retention(plan: &BackupPlan) -> u32 {
    if *plan == BackupPlan::Weekly { 28 } else { 7 }
}

fn settings(world: &World, droplet: &Droplet) -> BackupSettings {
    let policy = world.droplets.backup_policies.get(&droplet.id);
    BackupSettings {
        droplet_id: droplet.id,
        backup_enabled: policy.is_some(),
        backup_policy: policy.cloned(),
        next_backup_window: droplet.next_backup_window.clone(),
    }
}

/// A policy with what the service adds; daily, if nothing was said.
pub(super) fn whole(policy: Option<BackupPolicy>) -> Result<BackupPolicy, Answer> {
    let mut policy = policy.unwrap_or_else(|| BackupPolicy::daily(0));
    let plan = policy.plan.get_or_insert(BackupPlan::Daily).clone();
    if !HOURS.contains(policy.hour.get_or_insert(0)) {
        return Err(unprocessable("The hour of the backup policy must be one of 0, 4, 8, 12, 16 and 20."));
    }
    match (&plan, &policy.weekday) {
        (BackupPlan::Daily, _) => policy.weekday = None,
        (BackupPlan::Weekly, Some(day)) if DAYS.contains(day) => {}
        _ => return Err(unprocessable("The backup policy is invalid.")),
    }
    policy.window_length_hours = Some(WINDOW_HOURS);
    policy.retention_period_days = Some(retention(&plan));
    Ok(policy)
}

/// From now on backups are made.
pub(super) fn enable(world: &mut World, id: DropletId, policy: BackupPolicy) {
    let window = next_window(&policy, world.now());
    let Ok(droplet) = find_mut(world, id) else { return };
    droplet.next_backup_window = window;
    if !droplet.features.iter().any(|feature| feature == "backups") {
        droplet.features.insert(0, "backups".to_owned());
    }
    world.droplets.backup_policies.insert(id, policy);
}

/// From now on no backups are made.
pub(super) fn disable(world: &mut World, id: DropletId) {
    let Ok(droplet) = find_mut(world, id) else { return };
    droplet.next_backup_window = None;
    droplet.features.retain(|feature| feature != "backups");
    world.droplets.backup_policies.remove(&id);
}

/// The first window that begins after a moment.
fn next_window(policy: &BackupPolicy, now: Timestamp) -> Option<BackupWindow> {
    let hour = i8::try_from(policy.hour?).ok()?;
    let today = now.to_zoned(TimeZone::UTC).date();
    let starts = (0..=7).filter_map(|days| {
        let date = today.checked_add(days.days()).ok()?;
        let day = DAYS.get(usize::try_from(date.weekday().to_sunday_zero_offset()).ok()?)?;
        let meant = policy.weekday.as_ref().is_none_or(|wanted| wanted == day);
        meant.then(|| civil::DateTime::from_parts(date, civil::time(hour, 0, 0, 0)).to_zoned(TimeZone::UTC).ok())?
    });
    let start = starts.map(|start| start.timestamp()).find(|start| *start > now)?;
    Some(BackupWindow { start: Some(start), end: Some(start + SignedDuration::from_hours(WINDOW_HOURS.into())) })
}

/// Windows that have begun give way to the next ones.
pub(super) fn pass(world: &mut World) {
    let now = world.now();
    let begun = |droplet: &Droplet| {
        droplet.next_backup_window.as_ref().and_then(|window| window.start).is_some_and(|start| start <= now)
    };
    let ids = world.droplets.backup_policies.keys();
    let due: Vec<_> = ids.filter(|id| find(world, **id).is_ok_and(begun)).copied().collect();
    for id in due {
        let window = world.droplets.backup_policies.get(&id).and_then(|policy| next_window(policy, now));
        if let Ok(droplet) = find_mut(world, id) {
            droplet.next_backup_window = window;
        }
    }
}

impl FakeDigitalOcean {
    /// Makes a backup of a Droplet, as the schedule does; `None` where there is no such Droplet.
    pub fn make_backup(&self, droplet: DropletId) -> Option<ImageId> {
        self.world().state(|world| {
            let now = world.now();
            let date = now.to_zoned(TimeZone::UTC).date();
            let name = format!("{} {date}", find(world, droplet).ok()?.name);
            let image = image_of(world, droplet, name, ImageType::Backup, now)?;
            find_mut(world, droplet).ok()?.backup_ids.push(image);
            Some(image)
        })
    }
}
