//! What becomes of files by themselves, and of tokens.

use super::{State as World, catalog::Kind, catalog::Version, downloads, files, uploads};
use crate::buckets::{BucketId, LifecycleRule};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// Lets tokens be forgotten by the hour and rules act by the day, as at the service.
pub(super) fn pass(state: &mut World) {
    let hour = state.now.as_second().div_euclid(HOUR);
    let last = std::mem::replace(state.files.hour_mut(), hour);
    if last == hour {
        return;
    }
    uploads::forget_tokens(state);
    downloads::forget_tokens(state);
    if last * HOUR / DAY != hour * HOUR / DAY {
        apply(state);
    }
}

/// What a rule does to a file.
#[derive(Debug, PartialEq, Eq)]
enum Act {
    Hide(String),
    Delete(u64),
}

/// Does what the rules of all buckets say.
pub(super) fn apply(state: &mut World) {
    let with_rules = state.buckets.iter().filter(|bucket| !bucket.lifecycle_rules.is_empty());
    let rules: Vec<_> = with_rules.map(|bucket| (bucket.bucket_id.clone(), bucket.lifecycle_rules.clone())).collect();
    for (bucket, rules) in rules {
        for rule in rules {
            for act in due(state, &bucket, &rule) {
                match act {
                    Act::Hide(name) => {
                        files::add_marker(state, &bucket, &name);
                    }
                    Act::Delete(serial) => state.remove(&bucket, serial),
                }
            }
        }
    }
}

fn due(state: &World, bucket: &BucketId, rule: &LifecycleRule) -> Vec<Act> {
    let mut acts = Vec::new();
    let now = state.now.as_millisecond();
    let over = |since: i64, days: Option<u32>| days.is_some_and(|days| since + i64::from(days) * DAY * 1000 <= now);
    let files = state.files.catalog(bucket).into_iter().flat_map(|catalog| catalog.with_prefix(&rule.file_name_prefix));
    for (name, versions) in files {
        let (begun, finished): (Vec<&Version>, Vec<_>) = versions.iter().partition(|one| one.kind == Kind::Start);
        let cancelling = rule.days_from_starting_to_canceling_unfinished_large_files;
        acts.extend(begun.iter().filter(|one| over(one.uploaded, cancelling)).map(|one| Act::Delete(one.serial)));

        let Some((newest, older)) = finished.split_first() else { continue };
        if newest.has_content() && over(newest.uploaded, rule.days_from_uploading_to_hiding) {
            acts.push(Act::Hide(name.to_owned()));
        }
        // A version is hidden by the one behind which it stands.
        let deleting = rule.days_from_hiding_to_deleting;
        let hidden = finished.iter().zip(older);
        let gone = hidden.filter(|(hiding, one)| over(hiding.uploaded, deleting) && !state.locked(one, false));
        let gone: Vec<_> = gone.map(|(_, one)| Act::Delete(one.serial)).collect();
        if newest.kind == Kind::Hide && gone.len() == older.len() && over(newest.uploaded, deleting) {
            acts.push(Act::Delete(newest.serial));
        }
        acts.extend(gone);
    }
    acts
}
