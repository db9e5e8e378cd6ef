//! Who asks: one authorization for all, renewed once; versions, caps, trouble on demand.

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use howdah_backblaze::{
    Backblaze,
    account::{Capability, TestMode},
    buckets::{BucketFilter, BucketType, NewBucket},
    keys::NewKey,
    testing::{ACCOUNT, Cap, FakeBackblaze, KEY, KEY_ID, Settings},
};
use howdah_core::{
    ErrorKind,
    http::{Body, Transport},
    testing::{Answer, Fault},
};
use serde_json::{Value, json};
use tokio::time::Instant;

const AUTHORIZE: &str = "b2_authorize_account";

fn calls(fake: &FakeBackblaze, operation: &str) -> usize {
    fake.world().journal().iter().filter(|one| one.path.ends_with(operation)).count()
}

/// What anyone's client gets, in process.
async fn ask(fake: &FakeBackblaze, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { Body::Empty } else { Body::Bytes(body.to_string().into()) };
    let request = http::Request::builder().method(method).uri(format!("https://api.backblazeb2.com{path}"));
    let request = request.header("authorization", token).body(body).unwrap();
    let response = fake.world().send(request).await.unwrap();
    let status = response.status().as_u16();
    let body: Bytes = response.into_body().collect().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn basic(id: &str, key: &str) -> String {
    format!("Basic {}", data_encoding::BASE64.encode(format!("{id}:{key}").as_bytes()))
}

#[tokio::test(start_paused = true)]
async fn fifty_calls_share_one_authorization_and_renew_it_once() {
    let fake = FakeBackblaze::new();
    let client = fake.client();
    assert_eq!(fake.world().requests(), 0);
    let fifty = || join_all((0..50).map(|_| client.buckets().list(BucketFilter::new())));
    for answer in fifty().await {
        assert_eq!(answer.unwrap(), []);
    }
    assert_eq!(calls(&fake, AUTHORIZE), 1);

    fake.expire_tokens();
    for answer in fifty().await {
        assert_eq!(answer.unwrap(), []);
    }
    assert_eq!(calls(&fake, AUTHORIZE), 2);

    // A day later it has expired by itself.
    tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
    client.buckets().list(BucketFilter::new()).await.unwrap();
    client.buckets().list(BucketFilter::new()).await.unwrap();
    assert_eq!(calls(&fake, AUTHORIZE), 3);
}

#[tokio::test(start_paused = true)]
async fn an_authorization_tells_where_and_what() {
    let mut settings = Settings::default();
    (settings.absolute_minimum_part_size, settings.recommended_part_size) = (100, 200);
    let fake = FakeBackblaze::new().with_settings(settings);
    let all = fake.client().account().authorization().await.unwrap();
    let storage = &all.api_info.storage_api;
    assert_eq!((storage.absolute_minimum_part_size, storage.recommended_part_size), (100, 200));
    assert_eq!((all.account_id.get().as_str(), storage.allowed.buckets.is_none()), (ACCOUNT, true));
    assert!(storage.allowed.may(&Capability::BypassGovernance));

    let bucket = fake.create_bucket("vmst-backup");
    let key = NewKey::new("one", [Capability::ListFiles]).with_bucket_ids(vec![bucket.clone()]).with_name_prefix("db/");
    let key = fake.client().keys().create(key).await.unwrap();
    let one = fake.client_with(&key).account().authorization().await.unwrap();
    let allowed = one.api_info.storage_api.allowed;
    let buckets = allowed.buckets.unwrap();
    assert_eq!((&buckets[0].id, buckets[0].name.as_deref()), (&bucket, Some("vmst-backup")));
    assert_eq!((allowed.capabilities, allowed.name_prefix.as_deref()), (vec![Capability::ListFiles], Some("db/")));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_told_once() {
    let fake = FakeBackblaze::new();
    for (id, key) in [(KEY_ID, "K001wrong"), ("0011nobody", KEY)] {
        let client = Backblaze::builder(id, key).transport(fake.world().clone()).build().unwrap();
        let before = fake.world().requests();
        let error = client.buckets().list(BucketFilter::new()).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (ErrorKind::Unauthenticated, Some("bad_auth_token")));
        assert_eq!(fake.world().requests(), before + 1);
        assert!(!error.to_string().contains(key), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_expires_takes_its_tokens_with_it() {
    let fake = FakeBackblaze::new();
    let key = NewKey::new("short", [Capability::ListBuckets]).with_valid_duration_in_seconds(60u32);
    let key = fake.client().keys().create(key).await.unwrap();
    let client = fake.client_with(&key);
    client.buckets().list(BucketFilter::new()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(61)).await;
    let error = client.buckets().list(BucketFilter::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(calls(&fake, AUTHORIZE), 3);
}

#[tokio::test(start_paused = true)]
async fn a_missing_capability_is_forbidden_and_no_reason_to_authorize_again() {
    let fake = FakeBackblaze::new();
    let key = fake.client().keys().create(NewKey::new("reader", [Capability::ReadFiles])).await.unwrap();
    let client = fake.client_with(&key);
    let before = calls(&fake, AUTHORIZE);
    let error = client.buckets().list(BucketFilter::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Forbidden, Some("unauthorized")));
    assert!(error.to_string().contains("listBuckets"), "{error}");
    assert_eq!((calls(&fake, AUTHORIZE), calls(&fake, "b2_list_buckets")), (before + 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_cap_is_not_tried_again() {
    let fake = FakeBackblaze::new();
    let client = fake.client();
    fake.set_cap(Cap::Transactions(3));
    client.buckets().create(NewBucket::new("vmst-media", BucketType::AllPrivate)).await.unwrap();
    client.buckets().list(BucketFilter::new()).await.unwrap();
    let before = fake.world().requests();
    let error = client.buckets().list(BucketFilter::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::QuotaExceeded, Some("transaction_cap_exceeded")));
    assert_eq!(fake.world().requests(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_too_busy_is_asked_again_when_it_says_or_soon() {
    let fake = FakeBackblaze::new();
    let client = fake.client();
    client.account().authorization().await.unwrap();
    let busy = json!({ "status": 503, "code": "service_unavailable", "message": "c001_v0001 is too busy" });
    let busy = Answer::json(503, busy);
    for (answer, waited) in [(busy.clone(), 0..4), (busy.with_header("retry-after", "17"), 17..20)] {
        let start = Instant::now();
        fake.world().fail_next(Fault::Answer { applied: false, answer });
        let name = format!("bucket-{}", waited.start);
        // Nothing was changed by the refused attempt, so that even this is repeated.
        client.buckets().create(NewBucket::new(name, BucketType::AllPrivate)).await.unwrap();
        let seconds = start.elapsed().as_secs();
        assert!(waited.contains(&seconds), "{seconds}");
        assert!(start.elapsed() > Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_comes_when_a_client_wishes_it() {
    let fake = FakeBackblaze::new();
    let client = fake.builder().test_mode(TestMode::ExpireSomeAccountAuthorizationTokens).build().unwrap();
    for _ in 0..12 {
        client.buckets().list(BucketFilter::new()).await.unwrap();
    }
    assert_eq!(calls(&fake, AUTHORIZE), 3);

    let client = fake.builder().test_mode(TestMode::ForceCapExceeded).build().unwrap();
    let error = client.buckets().list(BucketFilter::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
}

#[tokio::test(start_paused = true)]
async fn every_version_of_the_api_has_its_own_authorization() {
    let fake = FakeBackblaze::new();
    let bucket = fake.create_bucket("vmst-backup");
    let other = fake.create_bucket("vmst-media");
    let key = NewKey::new("one", [Capability::ListBuckets]).with_bucket_ids(vec![bucket.clone()]);
    let key = fake.client().keys().create(key).await.unwrap();
    let basic_one = basic(key.key.application_key_id.get(), key.application_key.expose());
    for (version, method, body) in [(1, "GET", Value::Null), (2, "POST", json!({}))] {
        let path = format!("/b2api/v{version}/{AUTHORIZE}");
        let (status, flat) = ask(&fake, method, &path, &basic_one, &body).await;
        assert_eq!((status, &flat["minimumPartSize"]), (200, &json!(100_000_000)));
        assert_eq!(flat["absoluteMinimumPartSize"], 5_000_000);
        let allowed = json!({ "bucketId": bucket, "bucketName": "vmst-backup",
            "capabilities": ["listBuckets"], "namePrefix": null });
        assert_eq!(flat["allowed"], allowed);
        assert_eq!(flat["apiUrl"], flat["downloadUrl"]);
    }
    let (_, third) = ask(&fake, "GET", "/b2api/v3/b2_authorize_account", &basic_one, &Value::Null).await;
    assert_eq!(third["apiInfo"]["storageApi"]["bucketId"], json!(bucket));
    assert_eq!(third["apiInfo"]["storageApi"]["capabilities"], json!(["listBuckets"]));
    assert!(third["apiInfo"]["storageApi"].get("allowed").is_none());
    let (_, fourth) = ask(&fake, "POST", "/b2api/v4/b2_authorize_account", &basic_one, &json!({})).await;
    let expected = json!([{ "id": bucket, "name": "vmst-backup" }]);
    assert_eq!(fourth["apiInfo"]["storageApi"]["allowed"]["buckets"], expected);

    let two = NewKey::new("two", [Capability::ListBuckets]).with_bucket_ids(vec![bucket, other]);
    let two = fake.client().keys().create(two).await.unwrap();
    let basic_two = basic(two.key.application_key_id.get(), two.application_key.expose());
    for (version, expected) in [(1, 401), (2, 401), (3, 401), (4, 200)] {
        let path = format!("/b2api/v{version}/{AUTHORIZE}");
        let (status, body) = ask(&fake, "GET", &path, &basic_two, &Value::Null).await;
        assert_eq!(status, expected);
        assert!(status == 200 || body["code"] == "unsupported", "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn older_versions_and_queries_are_answered_as_they_were() {
    let fake = FakeBackblaze::new();
    let bucket = fake.create_bucket("vmst-backup");
    let other = fake.create_bucket("vmst-media");
    let (_, body) = ask(&fake, "GET", "/b2api/v1/b2_authorize_account", &basic(KEY_ID, KEY), &Value::Null).await;
    let token = body["authorizationToken"].as_str().unwrap().to_owned();
    let new = |fields: Value| {
        let mut new = json!({ "accountId": ACCOUNT, "keyName": "old", "capabilities": ["listFiles"] });
        new.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        new
    };
    // A bucket's id in one field or in several.
    let one = new(json!({ "bucketId": bucket }));
    let several = new(json!({ "bucketIds": [bucket, other] }));
    let (status, created) = ask(&fake, "POST", "/b2api/v2/b2_create_key", &token, &one).await;
    assert_eq!((status, &created["bucketId"], created.get("bucketIds")), (200, &json!(bucket), None));
    for (version, fields) in [(4, &one), (3, &several)] {
        let (status, body) = ask(&fake, "POST", &format!("/b2api/v{version}/b2_create_key"), &token, fields).await;
        assert_eq!((status, &body["code"]), (400, &json!("bad_request")));
    }
    assert_eq!(ask(&fake, "POST", "/b2api/v4/b2_create_key", &token, &several).await.0, 200);
    // What has several buckets is hidden from those who do not know of it.
    for (version, expected) in [(1, 1), (3, 1), (4, 2)] {
        let path = format!("/b2api/v{version}/b2_list_keys?accountId={ACCOUNT}&maxKeyCount=10");
        let (_, body) = ask(&fake, "GET", &path, &token, &Value::Null).await;
        assert_eq!(body["keys"].as_array().unwrap().len(), expected);
    }
    let path = format!("/b2api/v2/b2_list_buckets?accountId={ACCOUNT}&bucketTypes=allPublic,allPrivate");
    let (status, body) = ask(&fake, "GET", &path, &token, &Value::Null).await;
    assert_eq!((status, body["buckets"].as_array().unwrap().len()), (200, 2));
    let asked = json!({ "bucketId": bucket });
    let (status, body) = ask(&fake, "POST", "/b2api/v4/b2_get_bucket_notification_rules", &token, &asked).await;
    assert_eq!((status, &body["eventNotificationRules"]), (200, &json!([])));
    // Neither a route nor an input.
    for (path, status, code) in [("b2_nothing", 404, "not_found"), ("b2_create_bucket", 400, "bad_request")] {
        let (found, body) = ask(&fake, "POST", &format!("/b2api/v4/{path}"), &token, &json!({})).await;
        assert_eq!((found, &body["code"], &body["status"]), (status, &json!(code), &json!(status)));
    }
}

#[tokio::test]
async fn what_a_directory_keeps_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let clock = howdah_core::Clock::system();
    let fake = FakeBackblaze::kept_in(directory.path(), clock.clone()).unwrap();
    let bucket = fake.create_bucket("vmst-media");
    let key = fake.client().keys().create(NewKey::new("reader", [Capability::ListBuckets])).await.unwrap();
    drop(fake);
    let fake = FakeBackblaze::kept_in(directory.path(), clock).unwrap();
    let server = fake.serve().await.unwrap();
    let client = Backblaze::builder(key.key.application_key_id.get(), key.application_key.clone());
    let client = client.base_url(server.origin()).build().unwrap();
    let listed = client.buckets().list(BucketFilter::new()).await.unwrap();
    assert_eq!(listed.iter().map(|bucket| &bucket.bucket_id).collect::<Vec<_>>(), [&bucket]);
    let storage = client.account().authorization().await.unwrap().api_info.storage_api;
    assert_eq!((&storage.api_url, &storage.download_url), (&server.origin(), &server.origin()));
}
