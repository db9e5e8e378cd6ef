//! What cannot be deleted.

use std::time::Duration;

use howdah_backblaze::{
    FileRetention, LegalHold, RetentionMode,
    account::Capability,
    buckets::{BucketUpdate, DefaultRetention, PeriodUnit, RetentionPeriod},
    files::{LegalHoldUpdate, RetentionUpdate, VersionRef},
    testing::FakeBackblaze,
    uploads::NewFile,
};
use howdah_core::{Clock, ErrorKind};
use jiff::{SignedDuration, Timestamp};

use super::{place_at, refused};

const START: &str = "2026-01-01T00:00:00Z";

fn day(number: i64) -> Timestamp {
    START.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * number)
}

#[tokio::test(start_paused = true)]
async fn what_is_retained_goes_when_its_time_has_come() {
    let place = place_at(FakeBackblaze::at(Clock::starting_at(day(0))));
    let bucket = place.lockable().await;
    let files = place.client.files();
    let retained = |retention| place.upload_to(&bucket, NewFile::new("a").with_retention(retention), "content");
    let strict = retained(FileRetention::compliance(day(10))).await.unwrap().file_id.unwrap();
    let soft = retained(FileRetention::governance(day(10))).await.unwrap().file_id.unwrap();
    let read = files.get_info(&strict).await.unwrap().file_retention.unwrap();
    assert_eq!(read.value, Some(FileRetention::compliance(day(10))));
    let past = retained(FileRetention::compliance(day(0))).await;
    refused(past, ErrorKind::Invalid, "bad_request");

    let delete = |id: &_| VersionRef::new("a", <howdah_backblaze::FileId as Clone>::clone(id));
    for id in [&strict, &soft] {
        refused(files.delete_version(delete(id)).await, ErrorKind::Forbidden, "access_denied");
    }
    let anyway = delete(&strict).with_bypass_governance(true);
    refused(files.delete_version(anyway).await, ErrorKind::Forbidden, "access_denied");
    let weak = place.with_key(&[Capability::DeleteFiles, Capability::WriteFileRetentions]).await;
    let bypass = delete(&soft).with_bypass_governance(true);
    refused(weak.files().delete_version(bypass.clone()).await, ErrorKind::Forbidden, "unauthorized");

    // Longer is fine; shorter is not, or only past the governance.
    let update =
        |id: &_, retention| RetentionUpdate::new("a", <howdah_backblaze::FileId as Clone>::clone(id), retention);
    let longer = files.update_retention(update(&strict, FileRetention::compliance(day(20)))).await.unwrap();
    assert_eq!((longer.file_id, longer.file_name.as_str()), (strict.clone(), "a"));
    for worse in [FileRetention::compliance(day(19)), FileRetention::governance(day(30)), FileRetention::none()] {
        let worse = update(&strict, worse).with_bypass_governance(true);
        refused(files.update_retention(worse).await, ErrorKind::Forbidden, "access_denied");
    }
    let shorter = update(&soft, FileRetention::governance(day(5)));
    refused(files.update_retention(shorter.clone()).await, ErrorKind::Forbidden, "access_denied");
    let past_it = shorter.with_bypass_governance(true);
    refused(weak.files().update_retention(past_it.clone()).await, ErrorKind::Forbidden, "unauthorized");
    assert_eq!(files.update_retention(past_it).await.unwrap().file_retention, FileRetention::governance(day(5)));
    weak.files().update_retention(update(&soft, FileRetention::governance(day(6)))).await.unwrap();
    files.delete_version(bypass).await.unwrap();

    tokio::time::advance(Duration::from_secs(20 * 24 * 3600)).await;
    files.delete_version(delete(&strict)).await.unwrap();
    let gone = update(&strict, FileRetention::compliance(day(40)));
    refused(files.update_retention(gone).await, ErrorKind::NotFound, "file_not_present");
}

#[tokio::test(start_paused = true)]
async fn what_is_held_stays_until_it_is_not() {
    let place = place_at(FakeBackblaze::at(Clock::starting_at(day(0))));
    let bucket = place.lockable().await;
    let files = place.client.files();
    let file = place.upload_to(&bucket, NewFile::new("a").with_legal_hold(LegalHold::On), "content").await.unwrap();
    assert_eq!(file.legal_hold.unwrap().value, Some(LegalHold::On));
    let id = file.file_id.unwrap();
    let delete = VersionRef::new("a", id.clone()).with_bypass_governance(true);
    refused(files.delete_version(delete.clone()).await, ErrorKind::Forbidden, "access_denied");
    let hold = |legal_hold| LegalHoldUpdate { file_name: "a".to_owned(), file_id: id.clone(), legal_hold };
    refused(files.update_legal_hold(hold("perhaps".into())).await, ErrorKind::Invalid, "bad_request");
    let weak = place.with_key(&[Capability::WriteFiles]).await;
    refused(weak.files().update_legal_hold(hold(LegalHold::Off)).await, ErrorKind::Forbidden, "unauthorized");
    let lifted = files.update_legal_hold(hold(LegalHold::Off)).await.unwrap();
    assert_eq!((lifted.file_id, lifted.legal_hold), (id.clone(), LegalHold::Off));
    files.delete_version(delete).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_bucket_without_locks_takes_none() {
    let place = place_at(FakeBackblaze::at(Clock::starting_at(day(0))));
    let files = place.client.files();
    let id = place.fake.put(&place.bucket, "a", "content");
    let retention = FileRetention::governance(day(1));
    let upload = place.upload(NewFile::new("b").with_retention(retention.clone()), "content").await;
    refused(upload, ErrorKind::Invalid, "file_lock_not_enabled");
    let update = RetentionUpdate::new("a", id.clone(), retention);
    refused(files.update_retention(update).await, ErrorKind::Invalid, "file_lock_not_enabled");
    let hold = LegalHoldUpdate { file_name: "a".to_owned(), file_id: id, legal_hold: LegalHold::On };
    refused(files.update_legal_hold(hold).await, ErrorKind::Invalid, "file_lock_not_enabled");

    // Whoever may write need not be allowed to lock.
    let lockable = place.lockable().await;
    let weak = place.with_key(&[Capability::WriteFiles]).await;
    let url = weak.uploads().get_upload_url(&lockable).await.unwrap();
    let on = NewFile::new("b").with_legal_hold(LegalHold::On);
    let upload = weak.uploads().upload_file(&url, &on, "content".into(), howdah_backblaze::Sha1::AtEnd).await;
    refused(upload, ErrorKind::Forbidden, "unauthorized");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_locks_by_default() {
    let place = place_at(FakeBackblaze::at(Clock::starting_at(day(0))));
    let bucket = place.lockable().await;
    let default = DefaultRetention {
        mode: Some(RetentionMode::Governance),
        period: Some(RetentionPeriod { duration: 3, unit: PeriodUnit::Days }),
    };
    place.client.buckets().update(BucketUpdate::new(bucket.clone()).with_default_retention(default)).await.unwrap();
    let file = place.upload_to(&bucket, NewFile::new("a"), "content").await.unwrap();
    let until = file.file_retention.unwrap().value.unwrap();
    assert_eq!(until.mode, Some(RetentionMode::Governance));
    assert!(until.retain_until_timestamp.unwrap().duration_since(day(3)) < SignedDuration::from_secs(60));
}
