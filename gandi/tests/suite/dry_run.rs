//! What is tried and what is done, over the wire.

use howdah_core::{ErrorKind, Outcome, http::RetryPolicy};
use howdah_gandi::{
    Gandi,
    certificates::{CertificateChange, CertificateId, CertificateRenewal, NewCertificate},
    contacts::{ContactType, NewContact},
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_json, header, method, path},
};

fn gandi(server: &MockServer) -> Gandi {
    let api = Gandi::builder("the-token").base_url(server.uri() + "/v5").retry(RetryPolicy::never()).build();
    Gandi::from(api.unwrap())
}

fn order() -> NewCertificate {
    NewCertificate::new("cert_std_1_0_0").with_cn("example.org")
}

async fn answering(status: u16, body: Value) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(&server).await;
    server
}

#[tokio::test]
async fn a_dry_run_differs_by_its_header_alone() {
    let server = MockServer::start().await;
    let sent = json!({ "package": "cert_std_1_0_0", "cn": "example.org" });
    let tried = ResponseTemplate::new(200)
        .set_body_json(json!({ "status": "success", "errors": [], "of_the_future": 1 }))
        .insert_header("Warning", "199 - \"the price has changed\"");
    Mock::given(method("POST"))
        .and(path("/v5/certificate/issued-certs"))
        .and(header("dry-run", "1"))
        .and(header("authorization", "Bearer the-token"))
        .and(body_json(&sent))
        .respond_with(tried)
        .expect(1)
        .mount(&server)
        .await;
    let tried = gandi(&server).certificates().check_issue(order()).await.unwrap();
    assert!(tried.is_accepted());
    assert_eq!(tried.warning.as_deref(), Some("199 - \"the price has changed\""));

    let real = gandi(&server).certificates().issue(order()).await.unwrap_err();
    assert!(real.is_not_found(), "the order carried the header of a dry run: {real}");
    let received = server.received_requests().await.unwrap();
    assert_eq!(received[1].headers.get("dry-run"), None);
    assert_eq!(received[1].body_json::<Value>().unwrap(), sent);
}

#[tokio::test]
async fn an_order_that_was_only_tried_is_not_taken_for_done() {
    let server = answering(200, json!({ "status": "success", "errors": [] })).await;
    let gandi = gandi(&server);
    let ada =
        NewContact::new("GB", "ada@example.com", "Lovelace", "Ada", "12 St James's Square", ContactType::Individual);
    let id = CertificateId::new("a1".to_owned());
    for error in [
        gandi.certificates().issue(order()).await.unwrap_err(),
        gandi.certificates().renew(&id, CertificateRenewal::new()).await.unwrap_err(),
        gandi.certificates().update(&id, CertificateChange::new()).await.unwrap_err(),
        gandi.change_owner().start("example.org", ada.clone()).await.unwrap_err(),
        gandi.contacts().set_owner("example.org", ada).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Refused));
        assert_eq!(error.body().unwrap(), r#"{"errors":[],"status":"success"}"#);
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 5);
}

#[tokio::test]
async fn a_dry_run_that_was_carried_out_is_an_error() {
    let server = answering(202, json!({ "id": "a1", "href": "/a1", "message": "Ordered" })).await;
    let error = gandi(&server).certificates().check_issue(order()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.body().is_some_and(|body| body.windows(7).any(|window| window == b"Ordered")));
}

#[tokio::test]
async fn a_certificate_comes_as_text() {
    let server = MockServer::start().await;
    let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    for (at, content_type) in [("issued-certs/a1/crt", "text/plain"), ("pem/cert_std", "application/x-pem-file")] {
        Mock::given(method("GET"))
            .and(path(format!("/v5/certificate/{at}")))
            .respond_with(ResponseTemplate::new(200).set_body_raw(pem, content_type))
            .mount(&server)
            .await;
    }
    let certificates = gandi(&server).certificates();
    assert_eq!(certificates.pem(&CertificateId::new("a1".to_owned())).await.unwrap(), pem);
    assert_eq!(certificates.intermediate("cert_std", None).await.unwrap(), pem);
    for request in server.received_requests().await.unwrap() {
        let accepts_json = request.headers.get("accept").is_some_and(|accept| accept == "application/json");
        assert!(!accepts_json, "{} asks for JSON", request.url);
    }
}
