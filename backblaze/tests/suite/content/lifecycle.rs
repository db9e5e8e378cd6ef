//! What becomes of files by themselves.

use std::time::Duration;

use howdah_backblaze::{
    FileRetention,
    buckets::{BucketUpdate, LifecycleRule},
    files::VersionFilter,
    large_files::NewLargeFile,
    testing::FakeBackblaze,
    uploads::NewFile,
};
use howdah_core::Clock;

use super::{Place, place_at};

fn dated() -> Place {
    place_at(FakeBackblaze::at(Clock::starting_at("2026-01-01T12:00:00Z".parse().unwrap())))
}

async fn days(number: u64) {
    tokio::time::advance(Duration::from_secs(number * 24 * 3600)).await;
}

impl Place {
    async fn ruled(&self, rule: LifecycleRule) {
        let update = BucketUpdate::new(self.bucket.clone()).with_lifecycle_rules([rule]);
        self.client.buckets().update(update).await.unwrap();
    }

    async fn actions(&self) -> Vec<String> {
        self.rows().await.into_iter().map(|(name, action, length)| format!("{name} {action} {length}")).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn files_are_hidden_and_deleted_by_days() {
    let place = dated();
    let rule = LifecycleRule::new("logs/").with_days_from_uploading_to_hiding(3u32);
    place.ruled(rule.with_days_from_hiding_to_deleting(2u32)).await;
    place.fake.put(&place.bucket, "logs/a", "1");
    place.fake.put(&place.bucket, "kept", "1");
    days(2).await;
    assert_eq!(place.actions().await, ["kept upload 1", "logs/a upload 1"]);
    days(1).await;
    assert_eq!(place.actions().await, ["kept upload 1", "logs/a hide 0", "logs/a upload 1"]);
    days(1).await;
    assert_eq!(place.actions().await.len(), 3);
    days(1).await;
    assert_eq!(place.actions().await, ["kept upload 1"]);
}

#[tokio::test(start_paused = true)]
async fn old_versions_go_and_the_newest_stays() {
    let place = dated();
    place.ruled(LifecycleRule::new("").with_days_from_hiding_to_deleting(2u32)).await;
    place.fake.put(&place.bucket, "a", "1");
    days(5).await;
    // It counts from the day on which it was no longer the newest.
    place.fake.put(&place.bucket, "a", "22");
    days(1).await;
    assert_eq!(place.actions().await, ["a upload 2", "a upload 1"]);
    days(1).await;
    assert_eq!(place.actions().await, ["a upload 2"]);
    days(100).await;
    assert_eq!(place.actions().await, ["a upload 2"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_locked_outlives_the_rule() {
    let place = dated();
    let bucket = place.lockable().await;
    let rule = LifecycleRule::new("").with_days_from_hiding_to_deleting(1u32);
    let update = BucketUpdate::new(bucket.clone()).with_lifecycle_rules([rule]);
    place.client.buckets().update(update).await.unwrap();
    let until = FileRetention::governance("2026-01-11T00:00:00Z".parse().unwrap());
    place.upload_to(&bucket, NewFile::new("a").with_retention(until), "1").await.unwrap();
    place.client.files().hide(&bucket, "a").await.unwrap();
    let count = async || {
        let filter = VersionFilter::new(bucket.clone());
        place.client.files().list_versions(filter).all().await.unwrap().len()
    };
    days(8).await;
    assert_eq!(count().await, 2);
    days(3).await;
    assert_eq!(count().await, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_never_finished_is_cancelled() {
    let place = dated();
    place.ruled(LifecycleRule::new("").with_days_from_starting_to_canceling_unfinished_large_files(1u32)).await;
    let new = NewLargeFile::new(place.bucket.clone(), "a", "text/plain");
    place.client.large_files().start(new).await.unwrap();
    assert_eq!(place.actions().await, ["a start 0"]);
    days(1).await;
    assert_eq!(place.actions().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn rules_are_applied_at_a_word() {
    let place = dated();
    place.fake.put(&place.bucket, "a", "1");
    tokio::time::advance(Duration::from_secs(10 * 24 * 3600)).await;
    assert_eq!(place.actions().await, ["a upload 1"]);
    place.ruled(LifecycleRule::new("").with_days_from_uploading_to_hiding(7u32)).await;
    assert_eq!(place.actions().await, ["a upload 1"]);
    place.fake.apply_lifecycle_rules();
    assert_eq!(place.actions().await, ["a hide 0", "a upload 1"]);
}
