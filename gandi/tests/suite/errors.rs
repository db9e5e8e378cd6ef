//! What becomes of everything that is not a good answer; credentials, the payer and the quota.

use std::time::Duration;

use crate::common::{fake, fields, owner};
use futures::{StreamExt, stream};
use howdah_core::{
    Error, ErrorKind, Outcome,
    http::RetryPolicy,
    testing::{Answer, Fault},
};
use howdah_gandi::{
    Gandi, PRODUCTION, SHARING_ID,
    domains::{DomainFilter, NewDomain},
    testing::{API_KEY, TOKEN},
};
use serde_json::json;
use tokio::time::Instant;

const DOMAIN: &str = "example.com";

/// Reads a domain with a client that tries once, and expects an error.
async fn reading(answer: Answer) -> Error {
    let fake = fake();
    fake.world().fail_next(Fault::Answer { applied: false, answer });
    let once = Gandi::from(fake.builder().retry(RetryPolicy::never()).build().unwrap());
    once.domains().get(DOMAIN).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_whole() {
    let answer = json!({
        "code": 404,
        "message": "Can't find the domain example.com",
        "object": "domain",
        "cause": "Not Found",
    });
    let error = reading(Answer::json(404, answer)).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::NotFound, Some("domain")));
    assert_eq!(
        error.to_string(),
        "gandi: GET /domain/domains/{domain}: 404 Can't find the domain example.com (refused, nothing was changed)"
    );
    let error =
        reading(Answer::json(403, json!({ "code": 403, "cause": "Forbidden", "object": "HTTPForbidden" }))).await;
    assert_eq!((error.kind(), error.message()), (ErrorKind::Forbidden, "Forbidden"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_fields() {
    let answer = json!({
        "status": "error",
        "errors": [
            { "location": "body", "name": "fqdn", "description": "Missing required value" },
            { "location": "querystring", "name": "page", "description": "\"x\" is not a number" },
            { "description": "Something else" },
        ],
    });
    let error = reading(Answer::json(400, answer)).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        fields(&error),
        [("fqdn", "Missing required value"), ("querystring.page", "\"x\" is not a number"), ("", "Something else")]
    );
    assert_eq!(
        error.to_string(),
        "gandi: GET /domain/domains/{domain}: 400 Bad Request: `fqdn` Missing required value; `querystring.page` \"x\" is \
         not a number; Something else (refused, nothing was changed)"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_json() {
    for (answer, kind, message) in [
        (Answer::text(502, "text/html", "<html>"), ErrorKind::Unavailable, "Bad Gateway"),
        (Answer::text(403, "text/plain", "no"), ErrorKind::Forbidden, "Forbidden"),
        (Answer::empty(404), ErrorKind::NotFound, "Not Found"),
        (Answer::json(500, json!(["?"])), ErrorKind::Unavailable, "Internal Server Error"),
        (Answer::json(400, json!({ "errors": "all wrong" })), ErrorKind::Invalid, "Bad Request"),
    ] {
        let error = reading(answer).await;
        assert_eq!((error.kind(), error.message()), (kind, message));
    }
    let error = reading(Answer::text(200, "text/html", "<html>")).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Refused));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_what_pays_is_unknown_and_not_repeated() {
    for applied in [true, false] {
        let fake = fake();
        fake.world().fail_next(Fault::Silence { applied });
        let error = fake.client().domains().create(NewDomain::new(DOMAIN, owner())).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Timeout, Outcome::Unknown, 1));
        assert_eq!(fake.world().requests(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_wait_as_long_as_is_asked() {
    let fake = fake();
    fake.register_domain(DOMAIN);
    let answer = Answer::json(429, json!({ "code": 429, "message": "Rate limited" })).with_header("retry-after", "40");
    fake.world().fail_next(Fault::Answer { applied: false, answer });
    let started = Instant::now();
    fake.client().domains().create(NewDomain::new("example.net", owner())).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_a_minute() {
    let fake = fake();
    fake.register_domain(DOMAIN);
    let gandi = fake.client();
    let started = Instant::now();
    let calls = stream::iter(0..1000).map(|_| gandi.domains().get(DOMAIN));
    assert_eq!(calls.buffer_unordered(50).filter(|read| std::future::ready(read.is_ok())).count().await, 1000);
    assert_eq!(started.elapsed(), Duration::ZERO);
    gandi.domains().get(DOMAIN).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn tokens_and_the_old_keys() {
    let fake = fake();
    fake.register_domain(DOMAIN);
    let built = |builder: howdah_core::http::ApiBuilder| {
        Gandi::from(builder.base_url(PRODUCTION).transport(fake.world().clone()).build().unwrap())
    };
    built(Gandi::builder(TOKEN)).domains().get(DOMAIN).await.unwrap();
    built(Gandi::builder_with_api_key(API_KEY)).domains().get(DOMAIN).await.unwrap();
    for wrong in [Gandi::builder("hunter2"), Gandi::builder_with_api_key("hunter2")] {
        let error = built(wrong).domains().get(DOMAIN).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unauthenticated, Outcome::Refused));
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    for empty in [Gandi::builder(""), Gandi::builder_with_api_key("")] {
        assert_eq!(empty.build().unwrap_err().kind(), ErrorKind::Config);
    }
    assert!(Gandi::new("token").is_ok() && Gandi::sandbox("token").is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_organization_pays_for_every_call_and_is_named_once() {
    let fake = fake();
    for number in 0..101 {
        fake.register_domain(&format!("example-{number}.net"));
    }
    let gandi = Gandi::from(fake.builder().query(SHARING_ID, "5dd38b10").build().unwrap());
    assert_eq!(gandi.domains().list(DomainFilter::new().with_tld("net")).all().await.unwrap().len(), 101);
    gandi.domains().create(NewDomain::new(DOMAIN, owner())).await.unwrap();
    let journal = fake.world().journal();
    assert_eq!(journal.len(), 3);
    for exchange in journal {
        assert_eq!(exchange.query.matches("sharing_id=5dd38b10").count(), 1, "{}", exchange.query);
    }
}
