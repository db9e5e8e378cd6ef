//! Rules of event notifications. Nobody is told anything: what happened is in the journal.

use std::collections::BTreeMap;

use howdah_core::{
    Secret,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};

use super::{bad_request, buckets, error};
use crate::{
    account::Capability,
    buckets::{BucketId, BucketRef},
    notifications::{EventType, GET_RULES, NotificationRule, NotificationRules, SET_RULES, TargetType},
};

/// How many a bucket has at most.
const MOST: usize = 25;

/// How many headers a rule has at most, and how many bytes they have in all.
const HEADERS: (usize, usize) = (10, 2048);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    by_bucket: BTreeMap<BucketId, Vec<NotificationRule>>,
}

impl State {
    /// The bucket is gone.
    pub(super) fn forget(&mut self, bucket: &BucketId) {
        self.by_bucket.remove(bucket);
    }
}

pub(super) fn serve(fake: Fake<super::State>) -> Fake<super::State> {
    fake.on(&GET_RULES, |state, [], BucketRef { bucket_id }| {
        state.may(Capability::ReadBucketNotifications, Some(&bucket_id), None)?;
        buckets::find(state, &bucket_id)?;
        let event_notification_rules = state.notifications.by_bucket.get(&bucket_id).cloned().unwrap_or_default();
        Ok(NotificationRules { bucket_id, event_notification_rules })
    })
    .on(&SET_RULES, |state, [], NotificationRules { bucket_id, mut event_notification_rules }| {
        state.may(Capability::WriteBucketNotifications, Some(&bucket_id), None)?;
        buckets::find(state, &bucket_id)?;
        check(&event_notification_rules)?;
        for rule in &mut event_notification_rules {
            // What only the service says.
            (rule.is_suspended, rule.suspension_reason) = (Some(false), Some(String::new()));
            rule.max_events_per_batch = rule.max_events_per_batch.or(Some(1));
        }
        state.notifications.by_bucket.insert(bucket_id.clone(), event_notification_rules.clone());
        Ok(NotificationRules { bucket_id, event_notification_rules })
    })
}

fn check(rules: &[NotificationRule]) -> Result<(), Answer> {
    if rules.len() > MOST {
        return Err(bad_request(format!("a bucket has at most {MOST} rules")));
    }
    for (index, rule) in rules.iter().enumerate() {
        let wrong = |why: &str| Err(bad_request(format!("the rule {} {why}", rule.name)));
        let target = &rule.target_configuration;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let signing = target.hmac_sha256_signing_secret.as_ref().map(Secret::expose);
        let headers = target.custom_headers.as_deref().unwrap_or_default();
        let size: usize = headers.iter().map(|header| header.name.len() + header.value.expose().len()).sum();
        match () {
            () if !(6..=63).contains(&rule.name.len())
                || !rule.name.bytes().all(plain)
                || rule.name.starts_with("b2-") =>
            {
                return wrong("has a name that is not 6 to 63 letters, digits and -, or begins with b2-");
            }
            () if rules[..index].iter().any(|other| other.name == rule.name) => return wrong("is there twice"),
            () if rule.event_types.is_empty() => return wrong("is about no events"),
            () if rule.max_events_per_batch.is_some_and(|most| !(1..=50).contains(&most)) => {
                return wrong("has maxEventsPerBatch that is not between 1 and 50");
            }
            () if target.target_type != TargetType::Webhook => return wrong("has a target that is no webhook"),
            () if !target.url.starts_with("https://") => return wrong("has a URL that is not https"),
            () if signing
                .is_some_and(|key| key.len() != 32 || !key.bytes().all(|byte| byte.is_ascii_alphanumeric())) =>
            {
                return wrong("has a signing secret that is not 32 letters and digits");
            }
            () if headers.len() > HEADERS.0 || size > HEADERS.1 => return wrong("has too many headers"),
            () => {}
        }
        check_events(rule)?;
        let overlapping = rules[..index].iter().find(|other| overlap(rule, other));
        if let Some(other) = overlapping {
            return wrong(&format!("is about events and names that the rule {} is about", other.name));
        }
    }
    Ok(())
}

fn check_events(rule: &NotificationRule) -> Result<(), Answer> {
    for (index, event) in rule.event_types.iter().enumerate() {
        let name = event.as_str();
        if matches!(event, EventType::Other(_)) {
            return Err(error(400, "event_type_unknown", format!("there is no event {name}")));
        }
        if rule.event_types[..index].iter().any(|other| same_event(event, other)) {
            return Err(error(400, "event_type_conflict", format!("{name} is there twice")));
        }
    }
    Ok(())
}

/// Whether one is the other, or among the others.
fn same_event(one: &EventType, other: &EventType) -> bool {
    let within = |one: &EventType, all: &EventType| {
        all.as_str().strip_suffix('*').is_some_and(|group| one.as_str().starts_with(group))
    };
    one == other || within(one, other) || within(other, one)
}

fn overlap(one: &NotificationRule, other: &NotificationRule) -> bool {
    let (mine, theirs) = (&one.object_name_prefix, &other.object_name_prefix);
    let names = mine.starts_with(theirs.as_str()) || theirs.starts_with(mine.as_str());
    names && one.event_types.iter().any(|event| other.event_types.iter().any(|theirs| same_event(event, theirs)))
}
