//! What goes over the wire: single exchanges with a server that knows nothing of our types.

use howdah_core::{ErrorKind, Outcome, http::RetryPolicy};
use howdah_dnsimple::{
    Account, DnSimple,
    identity::AccountId,
    zones::{NewRecord, ZoneFilter},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path, query_param},
};

fn account(server: &MockServer) -> Account {
    let api = DnSimple::builder("the-token").base_url(server.uri() + "/v2").retry(RetryPolicy::never()).build();
    DnSimple::from(api.unwrap()).account(AccountId::new(1010))
}

#[tokio::test]
async fn a_create_is_sent_as_documented() {
    let server = MockServer::start().await;
    let sent = json!({ "name": "", "type": "MX", "content": "mx.example.net", "ttl": 600, "priority": 10 });
    let record = json!({
        "id": 5, "zone_id": "example.com", "parent_id": null, "name": "", "content": "mx.example.net", "ttl": 600,
        "priority": 10, "type": "MX", "regions": ["global"], "system_record": false,
        "created_at": "2016-10-05T09:51:35Z", "updated_at": "2016-10-05T09:51:35Z", "of_the_future": {},
    });
    Mock::given(method("POST"))
        .and(path("/v2/1010/zones/example.com/records"))
        .and(header("authorization", "Bearer the-token"))
        .and(header("accept", "application/json"))
        .and(header("content-type", "application/json"))
        .and(body_json(sent))
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({ "data": record })))
        .expect(1)
        .mount(&server)
        .await;

    let new = NewRecord::new("", "MX", "mx.example.net").with_ttl(600u32).with_priority(10u16);
    let created = account(&server).zones().create_record("example.com", new).await.unwrap();
    assert_eq!((*created.id.get(), created.priority), (5, Some(10)));
}

#[tokio::test]
async fn a_list_asks_for_the_largest_pages_and_ends_with_the_last() {
    let server = MockServer::start().await;
    for page in 1..=2 {
        let matcher = Mock::given(method("GET")).and(path("/v2/1010/zones")).and(query_param("per_page", "100"));
        let matcher = if page == 1 { matcher } else { matcher.and(query_param("page", "2")) };
        let zone = json!({ "id": page, "name": format!("zone{page}.example") });
        let pagination = json!({ "current_page": page, "per_page": 100, "total_entries": 2, "total_pages": 2 });
        let answer = ResponseTemplate::new(200).set_body_json(json!({ "data": [zone], "pagination": pagination }));
        matcher.respond_with(answer).up_to_n_times(1).expect(1).with_priority(3 - page).mount(&server).await;
    }
    let zones = account(&server).zones().list(ZoneFilter::new()).all().await.unwrap();
    assert_eq!(zones.iter().map(|zone| zone.name.as_str()).collect::<Vec<_>>(), ["zone1.example", "zone2.example"]);
}

#[tokio::test]
async fn a_page_of_something_in_between_is_no_success() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>Please log in</html>", "text/html");
    Mock::given(method("POST")).respond_with(page).mount(&server).await;
    let new = NewRecord::new("www", "A", "192.0.2.1");
    let error = account(&server).zones().create_record("example.com", new).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Unknown));
    assert_eq!(error.body().unwrap(), "<html>Please log in</html>");
}
