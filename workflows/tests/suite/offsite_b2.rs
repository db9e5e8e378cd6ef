//! The copy to B2 while B2 fails in every way it can, and killed at any request.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::TryStreamExt as _;
use howdah_backblaze::{
    Action, B2, Backblaze, FileVersion, buckets::BucketId, files::VersionFilter, testing::FakeBackblaze,
};
use howdah_core::{
    http::RetryPolicy,
    store::object_store::{ObjectStore, ObjectStoreExt as _, memory::InMemory, path::Path},
    testing::{Answer, Asked, Fault, KillSwitch, Rng},
};
use howdah_workflows::offsite_copy::{OffsiteCopy, Options, Place, Report, SourceTime, Verification};
use serde_json::json;

const PART: u64 = 5 * 1024 * 1024;
const CONCURRENCY: usize = 16;

/// Objects of a few bytes, and large ones.
async fn media(small: usize, large: usize) -> Arc<InMemory> {
    let media = Arc::new(InMemory::new());
    for n in 0..small {
        let path = Path::from(format!("cache/{:02}/{n:05}.jpg", n % 50));
        media.put(&path, format!("the image number {n}").into()).await.unwrap();
    }
    for n in 0..large {
        let content = vec![u8::try_from(n).unwrap(); 12_000_000 + n];
        media.put(&Path::from(format!("films/{n}.mp4")), content.into()).await.unwrap();
    }
    media
}

fn patient() -> RetryPolicy {
    RetryPolicy::default().with_attempts(12).with_total(Duration::from_secs(3600))
}

async fn copy(media: &Arc<InMemory>, backblaze: &Backblaze, bucket: &BucketId, verification: Verification) -> Report {
    let store = B2::new(backblaze, bucket.clone(), "vmst-media").with_source_times().with_resume();
    let options = Options::default().with_concurrency(CONCURRENCY).with_part_size(PART).with_verification(verification);
    let backup = Place::new("b2://vmst-media", Arc::new(store))
        .with_source_time(SourceTime::Millis("src_last_modified_millis".into()));
    let job = OffsiteCopy::new(Place::new("media", media.clone()), [backup]).with_options(options);
    job.apply(&()).await.unwrap()
}

/// What the table of errors has, and what the network does.
fn storm(rng: &mut Rng, asked: &Asked, used: &Mutex<HashMap<String, u32>>) -> Option<Fault> {
    let authorizing = asked.path.ends_with("b2_authorize_account");
    // No authorization expires as soon as it was given; upload URLs may.
    let token = asked.headers.get("authorization").and_then(|token| token.to_str().ok());
    let token = token.unwrap_or_default().to_owned();
    let count = { *used.lock().unwrap().entry(token).and_modify(|count| *count += 1).or_insert(1) };
    let may_expire = asked.path.contains("b2_upload_") || (!authorizing && count > 10);
    let answer =
        |status: u16, code: &str| Answer::json(status, json!({ "status": status, "code": code, "message": "" }));
    let refused = |answer| Some(Fault::Answer { applied: false, answer });
    match rng.u8(0..10) {
        0 => refused(answer(503, "service_unavailable")),
        1 => refused(answer(503, "service_unavailable").with_header("retry-after", "3")),
        2 if may_expire => refused(answer(401, "expired_auth_token")),
        3 => Some(Fault::Lost { applied: true }),
        4 => Some(Fault::Lost { applied: false }),
        5 => Some(Fault::CutRequest { after: rng.u64(0..3000) }),
        6 => Some(Fault::CutAnswer { after: rng.u64(0..60) }),
        7 => refused(answer(500, "internal_error")),
        8 => refused(answer(408, "request_timeout")),
        _ => refused(answer(429, "too_many_requests").with_header("retry-after", "1")),
    }
}

/// Names and sizes in the copy, and how many versions with content there are in all. What was begun is none.
async fn held(fake: &FakeBackblaze, bucket: &BucketId) -> (BTreeMap<String, u64>, usize) {
    let versions = fake.client().files().list_versions(VersionFilter::new(bucket.clone())).all().await.unwrap();
    let content =
        |version: &FileVersion| version.action == Action::Upload && !version.file_name.starts_with(".offsite-copy/");
    let versions: Vec<_> = versions.into_iter().filter(content).collect();
    let names = versions.iter().map(|version| (version.file_name.clone(), version.content_length)).collect();
    (names, versions.len())
}

async fn sizes(media: &InMemory) -> BTreeMap<String, u64> {
    let listed: Vec<_> = media.list(None).try_collect().await.unwrap();
    listed.into_iter().map(|meta| (meta.location.to_string(), meta.size)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_storm_delays_the_copy_and_nothing_else() {
    let fake = FakeBackblaze::new();
    let bucket = fake.create_bucket("vmst-media");
    let media = media(5_000, 3).await;
    let used = Mutex::default();
    fake.world().fail_randomly(0.1, 20_221_204, move |rng, asked| storm(rng, asked, &used));
    let backblaze = fake.builder().retry(patient()).build().unwrap();

    let report = copy(&media, &backblaze, &bucket, Verification::Full).await;
    fake.world().fail_randomly(0.0, 0, |_, _| None);

    let report = report.into_result().unwrap();
    let verified = report.destinations[0].verified.as_ref().unwrap();
    assert_eq!((verified.listed, verified.read, verified.failures.count), (5_003, 5_003, 0));
    let (held, versions) = held(&fake, &bucket).await;
    assert!(held == sizes(&media).await, "not what the source has");
    // What was carried out and not answered was found, and not sent again.
    assert_eq!(versions, 5_003);
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_request_it_goes_on() {
    let media = media(200, 2).await;
    let expected = sizes(&media).await;

    // How many requests there are to be killed at.
    let requests = {
        let fake = FakeBackblaze::new();
        let bucket = fake.create_bucket("vmst-media");
        let switch = KillSwitch::never();
        let backblaze = fake.builder().transport(switch.guard(fake.world().clone())).build().unwrap();
        copy(&media, &backblaze, &bucket, Verification::Listing).await.into_result().unwrap();
        switch.requests()
    };
    let mut rng = Rng::with_seed(50);
    for round in 0..50 {
        let (at, applied) = (rng.u64(1..=requests), round % 2 == 0);
        let fake = FakeBackblaze::new();
        let bucket = fake.create_bucket("vmst-media");
        let switch = KillSwitch::at(at, applied);
        let backblaze = fake
            .builder()
            .transport(switch.guard(fake.world().clone()))
            .retry(RetryPolicy::default().with_attempts(2).with_total(Duration::from_secs(60)))
            .build()
            .unwrap();
        let store = B2::new(&backblaze, bucket.clone(), "vmst-media").with_source_times().with_resume();
        let place = Place::new("b2://vmst-media", Arc::new(store))
            .with_source_time(SourceTime::Millis("src_last_modified_millis".into()));
        let options = Options::default().with_concurrency(CONCURRENCY).with_part_size(PART);
        let job = OffsiteCopy::new(Place::new("media", media.clone()), [place]).with_options(options);
        // However it ends: nobody is there to see it.
        drop(job.apply(&()).await);
        drop(job);
        assert!(switch.is_dead(), "at {at} of {requests}");

        let report = copy(&media, &fake.client(), &bucket, Verification::Full).await;
        let report = report.into_result().unwrap_or_else(|error| panic!("killed at {at}, {applied}: {error}"));
        assert_eq!(report.destinations[0].verified.as_ref().unwrap().read, 202);
        let (held, versions) = held(&fake, &bucket).await;
        assert!(held == expected, "killed at {at}, {applied}: not what the source has");
        assert!(versions <= 202 + CONCURRENCY, "killed at {at}, {applied}: {versions} versions");

        let third = copy(&media, &fake.client(), &bucket, Verification::Nothing).await;
        assert_eq!(third.destinations[0].copied.objects, 0, "killed at {at}, {applied}");
    }
}
