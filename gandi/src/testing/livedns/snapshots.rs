use howdah_core::{
    http::{Endpoint, Upload},
    testing::{Answer, Fake},
};

use super::{World, find, find_mut, new_id, not_found, records::wants_text, said};
use crate::livedns::{
    CREATE_SNAPSHOT, CreatedSnapshot, DELETE_SNAPSHOT, GET_SNAPSHOT, LIST_SNAPSHOTS, RENAME_SNAPSHOT, Snapshot,
    SnapshotId,
};

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    // The same path answers in JSON and as text, by the header of the request.
    let get: Endpoint<Upload, Snapshot, 2> = Endpoint::new("GET_SNAPSHOT", *GET_SNAPSHOT.route());
    fake.on(&LIST_SNAPSHOTS, |world, [fqdn], filter| {
        let wanted = |one: &&Snapshot| filter.automatic.is_none_or(|automatic| one.automatic == Some(automatic));
        let mut snapshots: Vec<_> = find(world, fqdn)?.snapshots.iter().filter(wanted).cloned().collect();
        if filter.sort_by.is_some_and(|key| key.starts_with('-')) {
            snapshots.reverse();
        }
        Ok(snapshots.into_iter().map(|one| Snapshot { zone_data: None, ..shown(world, fqdn, one) }).collect())
    })
    .on(&CREATE_SNAPSHOT, |world, [fqdn], new| {
        let id = take(world, fqdn, new.name, false)?;
        Ok(CreatedSnapshot { id, message: said("Snapshot Created").message })
    })
    .on(&get, |world, [fqdn, id], request| {
        let hosted = find(world, fqdn)?;
        let found = hosted.snapshots.iter().find(|one| one.id.get() == id).ok_or_else(|| no_snapshot(id))?;
        if wants_text(&request) {
            let file = hosted.zone_file(found.zone_data.as_deref().unwrap_or_default());
            return Err(Answer::text(200, "text/plain", file));
        }
        Ok(shown(world, fqdn, found.clone()))
    })
    .on(&RENAME_SNAPSHOT, |world, [fqdn, id], new| {
        let mut snapshots = find_mut(world, fqdn)?.snapshots.iter_mut();
        snapshots.find(|one| one.id.get() == id).ok_or_else(|| no_snapshot(id))?.name = Some(new.name);
        Ok(said("Snapshot Updated"))
    })
    .on(&DELETE_SNAPSHOT, |world, [fqdn, id], ()| {
        let snapshots = &mut find_mut(world, fqdn)?.snapshots;
        let at = snapshots.iter().position(|one| one.id.get() == id).ok_or_else(|| no_snapshot(id))?;
        snapshots.remove(at);
        Ok(())
    })
}

/// Keeps the zone as it is now.
pub(super) fn take(world: &mut World, fqdn: &str, name: Option<String>, automatic: bool) -> Result<SnapshotId, Answer> {
    let (id, now): (SnapshotId, _) = (new_id(world), world.now);
    let hosted = find_mut(world, fqdn)?;
    hosted.snapshots.push(Snapshot {
        id: id.clone(),
        name: name.or_else(|| Some(now.to_string())),
        created_at: Some(now),
        automatic: Some(automatic),
        href: None,
        zone_data: Some(hosted.rrsets.clone()),
    });
    Ok(id)
}

fn shown(world: &World, fqdn: &str, snapshot: Snapshot) -> Snapshot {
    let href = format!("{}/livedns/domains/{fqdn}/snapshots/{}", world.base, snapshot.id);
    Snapshot { href: Some(href), ..snapshot }
}

fn no_snapshot(id: &str) -> Answer {
    not_found("dns-snapshot", id)
}
