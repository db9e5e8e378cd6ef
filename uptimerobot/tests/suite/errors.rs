//! What is refused, and how it is told.

use howdah_core::{ErrorKind, Outcome, http::RetryPolicy};
use howdah_uptimerobot::{
    UptimeRobot,
    monitors::{HttpMonitor, MonitorFilter, MonitorId},
    testing::{FakeUptimeRobot, READ_ONLY_KEY},
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

fn with_key(fake: &FakeUptimeRobot, key: &str) -> UptimeRobot {
    let builder = UptimeRobot::builder(key).transport(fake.world().clone());
    UptimeRobot::from(builder.build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_and_one_that_only_reads_are_told_apart() {
    let fake = FakeUptimeRobot::new();
    let wrong = with_key(&fake, "u1-wrong").user().me().await.unwrap_err();
    assert_eq!((wrong.kind(), wrong.code()), (ErrorKind::Unauthenticated, Some("003-005")));
    assert!(!wrong.to_string().contains("u1-wrong"));
    let reader = with_key(&fake, READ_ONLY_KEY).monitors();
    assert!(reader.list(MonitorFilter::new()).all().await.unwrap().is_empty());
    let refused = reader.create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await.unwrap_err();
    assert_eq!((refused.kind(), refused.outcome()), (ErrorKind::Forbidden, Outcome::Refused));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_told_field_by_field() {
    let monitors = FakeUptimeRobot::new().client().monitors();
    let error = monitors.create(HttpMonitor::new("", 10u32, "https://vmst.io", 30u32)).await.unwrap_err();
    let fields: Vec<_> = error.fields().iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["friendlyName", "interval"]);
    let missing = monitors.get(MonitorId::new(7)).await.unwrap_err();
    assert_eq!((missing.kind(), missing.code()), (ErrorKind::NotFound, Some("000-004")));
    let short = monitors.create(HttpMonitor::new("site", 30u32, "https://vmst.io", 30u32)).await.unwrap_err();
    assert_eq!(short.kind(), ErrorKind::PlanRequired);
}

/// The service writes its links in more than one way; only their cursor counts, so that the key goes nowhere else.
#[tokio::test]
async fn the_cursor_of_a_link_is_taken_and_the_rest_of_it_is_not() {
    let server = MockServer::start().await;
    let monitor = |id: u64| serde_json::json!({ "id": id, "friendlyName": "one", "unknown": {} });
    let page = |id: u64, next: serde_json::Value| {
        ResponseTemplate::new(200).set_body_json(serde_json::json!({ "data": [monitor(id)], "nextLink": next }))
    };
    let at = |cursor: &str| Mock::given(method("GET")).and(path("/v3/monitors")).and(query_param("cursor", cursor));
    let first = Mock::given(method("GET")).and(path("/v3/monitors")).and(query_param_is_missing("cursor"));
    first.respond_with(page(1, "https://elsewhere.example/v3/monitors?cursor=1".into())).mount(&server).await;
    at("1").respond_with(page(2, "/v3/monitors?limit=50&cursor=2".into())).mount(&server).await;
    at("2").respond_with(page(3, "?cursor=3#top".into())).mount(&server).await;
    at("3").respond_with(page(4, serde_json::Value::Null)).mount(&server).await;
    let api = UptimeRobot::builder("key").base_url(format!("{}/v3", server.uri())).build().unwrap();
    let all = UptimeRobot::from(api).monitors().list(MonitorFilter::new()).all().await.unwrap();
    assert_eq!(all.iter().map(|monitor| *monitor.id.get()).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn the_plain_words_of_the_throttle_are_understood() {
    let server = MockServer::start().await;
    let throttled = ResponseTemplate::new(429)
        .insert_header("retry-after", "40")
        .set_body_string("ThrottlerException: Too Many Requests");
    Mock::given(method("GET")).respond_with(throttled).mount(&server).await;
    let builder = UptimeRobot::builder("key").base_url(format!("{}/v3", server.uri())).retry(RetryPolicy::never());
    let error = UptimeRobot::from(builder.build().unwrap()).user().me().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.body().map(AsRef::as_ref), Some(&b"ThrottlerException: Too Many Requests"[..]));
}
