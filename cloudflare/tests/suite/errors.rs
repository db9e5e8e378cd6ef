//! What becomes of everything that is not a good answer, and of the quota.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use howdah_cloudflare::{
    Cloudflare,
    dns_records::NewRecord,
    testing::{FakeCloudflare, TOKEN},
    zones::{Zone, ZoneFilter, ZoneId},
};
use howdah_core::{
    Error, ErrorKind, Outcome,
    http::RetryPolicy,
    testing::{Answer, Fault},
};
use serde_json::{Value, json};
use tokio::time::Instant;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path},
};

fn envelope(errors: &Value) -> Value {
    json!({ "success": false, "errors": errors, "messages": [], "result": null })
}

/// Creates a record, which is answered like this, and expects an error.
async fn creating(answer: Answer) -> Error {
    let fake = FakeCloudflare::new();
    let zone = fake.create_zone("example.com");
    fake.world().fail_next(Fault::Answer { applied: false, answer });
    let client = Cloudflare::from(fake.builder().retry(RetryPolicy::never()).build().unwrap());
    let record = NewRecord::new("A", "www").with_content("192.0.2.1");
    let error = client.dns_records().create(&zone, record).await.unwrap_err();
    let line = error.to_string();
    assert!(line.starts_with("cloudflare: POST /zones/{zone_id}/dns_records: "), "{line}");
    assert!(!line.contains('\n') && !line.contains(TOKEN), "{line}");
    error
}

#[tokio::test(start_paused = true)]
async fn an_error_tells_its_code_its_chain_and_its_request() {
    let chain = json!([{ "code": 9005, "message": "Content for A record is invalid" }]);
    let errors = json!([{ "code": 1004, "message": "DNS Validation Error", "error_chain": chain }]);
    let error = creating(Answer::json(400, envelope(&errors)).with_header("cf-ray", "8f1e-FRA")).await;
    assert_eq!((error.kind(), error.outcome(), error.code()), (ErrorKind::Invalid, Outcome::Refused, Some("1004")));
    assert_eq!(
        error.to_string(),
        "cloudflare: POST /zones/{zone_id}/dns_records: 400 DNS Validation Error: Content for A record is invalid [9005] \
         (refused, nothing was changed; request 8f1e-FRA)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_success_that_is_none_is_a_refusal() {
    for (code, kind) in [(81057, ErrorKind::Conflict), (9109, ErrorKind::Forbidden), (4711, ErrorKind::Invalid)] {
        let error = creating(Answer::json(200, envelope(&json!([{ "code": code, "message": "no" }])))).await;
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Refused), "{error}");
    }
    let silent = creating(Answer::json(200, envelope(&json!([])))).await;
    assert_eq!(silent.outcome(), Outcome::Refused);
}

#[tokio::test(start_paused = true)]
async fn statuses_are_told_apart() {
    for (status, code, kind, outcome) in [
        (400, 6003, ErrorKind::Unauthenticated, Outcome::Refused),
        (401, 1000, ErrorKind::Unauthenticated, Outcome::Refused),
        (403, 10000, ErrorKind::Forbidden, Outcome::Refused),
        (404, 7003, ErrorKind::NotFound, Outcome::Refused),
        (429, 10429, ErrorKind::RateLimited, Outcome::Refused),
        (500, 1, ErrorKind::Unavailable, Outcome::Unknown),
    ] {
        let error = creating(Answer::json(status, envelope(&json!([{ "code": code, "message": "no" }])))).await;
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{error}");
    }
    let page = creating(Answer::text(502, "text/html", "<html>502</html>")).await;
    assert_eq!(
        (page.kind(), page.outcome(), page.message()),
        (ErrorKind::Unavailable, Outcome::Unknown, "Bad Gateway")
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_job_waits_for_its_quota_and_meets_no_refusal() {
    let fake = FakeCloudflare::new();
    let zone = fake.create_zone("example.com");
    let (client, begun) = (fake.client(), Instant::now());
    let read = |_| client.zones().get(&zone);
    let read: Vec<Zone> = stream::iter(0..1500).map(read).buffer_unordered(20).try_collect().await.unwrap();
    assert_eq!((read.len(), fake.world().journal().iter().filter(|one| one.status == 429).count()), (1500, 0));
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(299) && took < Duration::from_secs(320), "{took:?}");
}

#[tokio::test]
async fn what_goes_over_the_wire() {
    let server = MockServer::start().await;
    let client = |builder: howdah_core::http::ApiBuilder| {
        let api = builder.base_url(format!("{}/client/v4", server.uri())).retry(RetryPolicy::never()).build();
        Cloudflare::from(api.unwrap())
    };
    let record = json!({
        "id": "023e105f4ecef8ad9ca31a8372d0c353", "zone_id": "z", "name": "example.com", "type": "MX",
        "content": "mx.example.net", "priority": 10, "proxiable": false, "proxied": false, "ttl": 600, "settings": {},
        "meta": {}, "comment": null, "tags": [], "created_on": "2024-08-01T10:00:00.12345Z",
        "modified_on": "2024-08-01T10:00:00.12345Z", "of_the_future": {},
    });
    Mock::given(method("POST"))
        .and(path("/client/v4/zones/z/dns_records"))
        .and(header("authorization", "Bearer the-token"))
        .and(body_json(json!({ "type": "MX", "name": "@", "content": "mx.example.net", "priority": 10, "ttl": 600 })))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "success": true, "errors": [], "messages": [], "result": record })),
        )
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/client/v4/zones"))
        .and(header("x-auth-email", "ada@example.com"))
        .and(header("x-auth-key", "the-key"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(envelope(&json!([{ "code": 9999, "message": "the-key is odd" }]))),
        )
        .expect(1)
        .mount(&server)
        .await;
    let new = NewRecord::new("MX", "@").with_content("mx.example.net").with_priority(10u16).with_ttl(600u32);
    let records = client(Cloudflare::builder("the-token")).dns_records();
    let made = records.create(&ZoneId::new("z".to_owned()), new).await.unwrap();
    assert_eq!((made.priority, made.settings.unwrap().flatten_cname), (Some(10), None));

    let zones = client(Cloudflare::global_key_builder("ada@example.com", "the-key")).zones();
    let error = zones.list(ZoneFilter::new()).all().await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.kind()), (200, ErrorKind::Invalid));
    assert!(error.to_string().starts_with("cloudflare: GET /zones: 200 … is odd (refused"), "{error}");
}
