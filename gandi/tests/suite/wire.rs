//! What goes over the wire: single exchanges with a server that knows nothing of our types, and the fake on a port.

use howdah_core::{ErrorKind, Outcome, dns::RecordType, http::RetryPolicy};
use howdah_gandi::{
    Gandi,
    livedns::{LiveDns, NewKey, NewRrset, RecordFilter, RrsetValues},
    testing::{FakeGandi, TOKEN},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, body_string, header, method, path, query_param},
};

fn livedns(server: &MockServer) -> LiveDns {
    let api = Gandi::builder("the-token").base_url(server.uri() + "/v5").retry(RetryPolicy::never()).build();
    Gandi::from(api.unwrap()).livedns()
}

#[tokio::test]
async fn a_set_is_sent_as_documented() {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(path("/v5/livedns/domains/example.com/records/%2A.sub/MX"))
        .and(header("authorization", "Bearer the-token"))
        .and(header("content-type", "application/json"))
        .and(body_json(json!({ "rrset_values": ["10 mx.example.net."], "rrset_ttl": 600 })))
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({ "message": "DNS Record Created" })))
        .expect(1)
        .mount(&server)
        .await;
    let values = RrsetValues::new("10 mx.example.net.").with_ttl(600u32);
    let said = livedns(&server).replace_rrset("example.com", "*.sub", &RecordType::Mx, values).await.unwrap();
    assert_eq!(said.message.as_deref(), Some("DNS Record Created"));
}

#[tokio::test]
async fn a_zone_file_is_asked_for_and_sent_as_text() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v5/livedns/domains/example.com/records"))
        .and(header("accept", "text/plain"))
        .respond_with(ResponseTemplate::new(200).set_body_string("www 300 IN A 192.0.2.1\n"))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("PUT"))
        .and(path("/v5/livedns/domains/example.com/records"))
        .and(header("content-type", "text/plain"))
        .and(body_string("www 300 IN A 192.0.2.1\n"))
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({ "message": "DNS Zone Record Created" })))
        .expect(1)
        .mount(&server)
        .await;
    let livedns = livedns(&server);
    let file = livedns.zone_file("example.com").await.unwrap();
    livedns.replace_zone_file("example.com", file).await.unwrap();
}

#[tokio::test]
async fn the_list_follows_the_links_in_the_header() {
    let server = MockServer::start().await;
    let records = "/v5/livedns/domains/example.com/records";
    for page in 1..=2 {
        let matcher = Mock::given(method("GET")).and(path(records)).and(query_param("per_page", "100"));
        let matcher = matcher.and(header("accept", "application/json"));
        let matcher = if page == 1 { matcher } else { matcher.and(query_param("page", "2")) };
        let rrset = json!([{
            "rrset_name": format!("h{page}"), "rrset_type": "OF-THE-FUTURE", "rrset_values": ["x"], "rrset_more": {},
        }]);
        let answer = ResponseTemplate::new(200).set_body_json(rrset).insert_header("total-count", "2");
        let last = format!("<{}{records}?per_page=100&page=2>; rel=\"last\"", server.uri());
        let links = if page == 1 { format!("{}, {last}", last.replace("last", "next")) } else { last };
        let answer = answer.insert_header("link", links);
        matcher.respond_with(answer).up_to_n_times(1).expect(1).with_priority(3 - page).mount(&server).await;
    }
    let rrsets = livedns(&server).rrsets("example.com", RecordFilter::new()).all().await.unwrap();
    assert_eq!(rrsets.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["h1", "h2"]);
    assert_eq!(rrsets[0].ttl, None);
}

#[tokio::test]
async fn a_new_key_is_known_by_its_location() {
    let server = MockServer::start().await;
    let created = |location: Option<&'static str>| {
        let answer = ResponseTemplate::new(201).set_body_json(json!({ "message": "Domain Key Created" }));
        match location {
            Some(location) => answer.insert_header("location", location),
            None => answer,
        }
    };
    let href = "https://api.gandi.net/v5/livedns/domains/example.com/keys/0a1b";
    for (location, expected) in [(Some(href), Some("0a1b")), (None, None)] {
        server.reset().await;
        let matcher = Mock::given(method("POST")).and(body_json(json!({ "flags": 257 })));
        matcher.respond_with(created(location)).expect(1).mount(&server).await;
        let key = livedns(&server).create_key("example.com", NewKey::new(257u16)).await.unwrap();
        assert_eq!(key.id.as_ref().map(|id| id.get().as_str()), expected);
    }
}

#[tokio::test]
async fn a_page_of_something_in_between_is_no_success() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>Please log in</html>", "text/html");
    Mock::given(method("POST")).respond_with(page).mount(&server).await;
    let new = NewRrset::new("www", RecordType::A, "192.0.2.1");
    let error = livedns(&server).create_rrset("example.com", new).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Unknown));
}

#[tokio::test]
async fn the_fake_on_a_port_gives_urls_that_can_be_reached() {
    let fake = FakeGandi::new();
    fake.create_zone("example.com");
    let server = fake.serve().await.unwrap();
    let api = Gandi::builder(TOKEN).base_url(server.base_url()).build().unwrap();
    let livedns = Gandi::from(api).livedns();
    let items = (0..101).map(|n| NewRrset::new(format!("h{n}"), RecordType::A, "192.0.2.1"));
    livedns.replace_rrsets("example.com", items).await.unwrap();
    let rrsets = livedns.rrsets("example.com", RecordFilter::new()).all().await.unwrap();
    assert_eq!(rrsets.len(), 101, "the link to the second page leads there");
    let zone = livedns.get("example.com").await.unwrap();
    let href = format!("{}/livedns/domains/example.com", server.base_url());
    assert_eq!(zone.domain_href, Some(href));

    // The one operation without credentials.
    let stranger = Gandi::from(Gandi::builder("another").base_url(server.base_url()).build().unwrap()).livedns();
    assert_eq!(stranger.predicted_name_servers("example.com").await.unwrap().len(), 3);
    assert_eq!(stranger.get("example.com").await.unwrap_err().kind(), ErrorKind::Unauthenticated);
}
