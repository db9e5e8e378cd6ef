use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{State as World, monitors, not_found, number, written};
use crate::{
    incidents::{
        ACTIVITY_LOG, ALERTS, Activity, ActivityType, CREATE_COMMENT, Comment, CommentAuthor, CommentId,
        DELETE_COMMENT, DeliveryStatus, GET, Incident, IncidentId, IncidentMonitor, IncidentStatus, IncidentSummary,
        IncidentType, LIST, LIST_COMMENTS, RootCause, SentAlert, UPDATE_COMMENT,
    },
    monitors::{MonitorId, Region},
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    incidents: BTreeMap<u64, Held>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    monitor: MonitorId,
    reason: String,
    started: Timestamp,
    ended: Option<Timestamp>,
    comments: Vec<Comment>,
}

/// What the service writes for a time that ran out.
const TIMEOUT: i64 = 333_333;
/// Longer than what a number of JSON is sure to hold.
const FIRST: u64 = 100_000_000_000_000_000;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    serve_log(fake)
        .on(&LIST, |world, [], filter| {
            let mut found = all(world);
            found.retain(|incident| {
                let monitor = incident.monitor.as_ref();
                let started = incident.started_at.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
                filter.monitor_id.is_none_or(|id| monitor.is_some_and(|monitor| monitor.id == id))
                    && filter.monitor_name.as_deref().is_none_or(|part| {
                        monitor
                            .and_then(|monitor| monitor.friendly_name.as_deref())
                            .is_some_and(|name| name.contains(part))
                    })
                    && filter.started_after.is_none_or(|after| started > Some(after))
                    && filter.started_before.is_none_or(|before| started < Some(before))
            });
            Ok(found)
        })
        .on(&GET, |world, [id], ()| {
            let held = &world.incidents.incidents[&find(world, id)?];
            Ok(Incident {
                id: IncidentId::new(id.to_owned()),
                status: Some(status(held)),
                cause: Some(TIMEOUT),
                reason: Some(held.reason.clone()),
                duration: Some(duration(world, held)),
                started_at: Some(written(held.started)),
                resolved_at: held.ended.map(written),
                root_cause: Some(RootCause {
                    url: None,
                    request_headers: None,
                    response_headers: None,
                    http_response_code: None,
                    response_download_url: None,
                }),
            })
        })
        .on(&LIST_COMMENTS, |world, [id], _| Ok(world.incidents.incidents[&find(world, id)?].comments.clone()))
        .on(&CREATE_COMMENT, |world, [id], text| {
            let incident = find(world, id)?;
            let comment = Comment {
                id: world.new_id(),
                comment: Some(text.content),
                publish_on_status_page: Some(text.publish_on_status_page.unwrap_or_default()),
                created: Some(world.now()),
                user: Some(CommentAuthor { id: 1_234_567, full_name: Some("Ada Lovelace".into()) }),
            };
            world.incidents.incidents.get_mut(&incident).expect("it was found").comments.push(comment);
            // The service answers with nothing.
            Ok(None)
        })
        .on(&UPDATE_COMMENT, |world, [id, comment], text| {
            let comment = comment_of(world, id, comment)?;
            comment.comment = Some(text.content);
            comment.publish_on_status_page = text.publish_on_status_page.or(comment.publish_on_status_page);
            Ok(comment.clone())
        })
        .on(&DELETE_COMMENT, |world, [id, comment], ()| {
            let gone = comment_of(world, id, comment)?.id;
            let incident = find(world, id)?;
            world.incidents.incidents.get_mut(&incident).expect("it was found").comments.retain(|one| one.id != gone);
            Ok(())
        })
}

fn serve_log(fake: Fake<World>) -> Fake<World> {
    fake.on(&ACTIVITY_LOG, |world, [id], ()| {
        let held = &world.incidents.incidents[&find(world, id)?];
        let nothing = Activity {
            activity_type: None,
            date: None,
            region: Some(Region::NorthAmerica),
            incident_status: None,
            alert_log_type: None,
            cause: None,
            reason: None,
            remote_node: None,
            response_time: None,
            comment_id: None,
            comment_full_name: None,
            comment_email: None,
            sent_to_full_name: None,
            sent_to_value: None,
            notification_type: None,
            notification_status: None,
        };
        let began = Activity {
            activity_type: Some(ActivityType::StatusUpdate),
            date: Some(written(held.started)),
            incident_status: Some(IncidentStatus::Ongoing),
            cause: Some(TIMEOUT),
            reason: Some(held.reason.clone()),
            ..nothing.clone()
        };
        let said = held.comments.iter().map(|comment| Activity {
            activity_type: Some(ActivityType::Comment),
            date: comment.created.clone(),
            comment_id: Some(comment.id),
            comment_full_name: Some("Ada Lovelace".into()),
            ..nothing.clone()
        });
        let told = Activity {
            activity_type: Some(ActivityType::Notification),
            date: Some(written(held.started)),
            sent_to_full_name: Some("Ada Lovelace".into()),
            sent_to_value: Some("admin@example.com".into()),
            notification_type: Some("Email".into()),
            notification_status: Some(DeliveryStatus::Success),
            ..nothing.clone()
        };
        Ok([began, told].into_iter().chain(said).collect())
    })
    .on(&ALERTS, |world, [id], ()| {
        let held = &world.incidents.incidents[&find(world, id)?];
        Ok(vec![SentAlert {
            timestamp: Some(written(held.started)),
            recipient_name: Some("Ada Lovelace".into()),
            recipient_value: Some("admin@example.com".into()),
            channel_type: Some("Email".into()),
            status: Some(DeliveryStatus::Success),
        }])
    })
}

/// The latest first.
pub(super) fn all(world: &World) -> Vec<IncidentSummary> {
    let incidents = world.incidents.incidents.iter().rev();
    incidents
        .map(|(id, held)| IncidentSummary {
            id: IncidentId::new(id.to_string()),
            status: Some(status(held)),
            incident_type: Some(IncidentType::Downtime),
            cause: Some(TIMEOUT),
            reason: Some(held.reason.clone()),
            monitor: Some(IncidentMonitor { id: held.monitor, friendly_name: monitors::name(world, held.monitor) }),
            comments_count: Some(held.comments.len() as u64),
            started_at: Some(written(held.started)),
            resolved_at: held.ended.map(written),
            duration: Some(duration(world, held)),
            include_in_reports: Some(true),
        })
        .collect()
}

pub(super) fn begin(world: &mut World, monitor: MonitorId, reason: &str) -> IncidentId {
    let id = world.incidents.incidents.keys().last().map_or(FIRST, |last| last + 1);
    let held = Held { monitor, reason: reason.to_owned(), started: world.now, ended: None, comments: Vec::new() };
    world.incidents.incidents.insert(id, held);
    IncidentId::new(id.to_string())
}

pub(super) fn end(world: &mut World, incident: &IncidentId) {
    let now = world.now;
    let held = incident.get().parse().ok().and_then(|id: u64| world.incidents.incidents.get_mut(&id));
    if let Some(held) = held {
        held.ended = held.ended.or(Some(now));
    }
}

pub(super) fn forget(world: &mut World, monitor: MonitorId) {
    world.incidents.incidents.retain(|_, held| held.monitor != monitor);
}

fn status(held: &Held) -> IncidentStatus {
    if held.ended.is_some() { IncidentStatus::Resolved } else { IncidentStatus::Ongoing }
}

#[allow(clippy::cast_precision_loss)] // a century of seconds fits
fn duration(world: &World, held: &Held) -> f64 {
    held.ended.unwrap_or(world.now).duration_since(held.started).as_secs() as f64
}

fn find(world: &World, id: &str) -> Result<u64, Answer> {
    let id = id.parse().map_err(|_| not_found("Incident"))?;
    world.incidents.incidents.contains_key(&id).then_some(id).ok_or_else(|| not_found("Incident"))
}

fn comment_of<'a>(world: &'a mut World, incident: &str, comment: &str) -> Result<&'a mut Comment, Answer> {
    let incident = find(world, incident)?;
    let comment: CommentId = number(comment, "Comment")?;
    let comments = &mut world.incidents.incidents.get_mut(&incident).expect("it was found").comments;
    comments.iter_mut().find(|one| one.id == comment).ok_or_else(|| not_found("Comment"))
}
