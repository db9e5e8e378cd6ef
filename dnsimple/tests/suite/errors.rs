//! What becomes of everything that is not a good answer, and of the quota.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use howdah_core::{
    Clock, Error, ErrorKind, Outcome,
    http::RetryPolicy,
    testing::{Answer, Fault},
};
use howdah_dnsimple::{
    Account, DnSimple,
    domains::{DomainFilter, NewDomain},
    testing::{ACCOUNT, FakeDnSimple},
    zones::{BatchChange, NewRecord},
};
use serde_json::json;
use tokio::time::Instant;

const ZONE: &str = "example.com";

/// A fake that answers the next call like this, and an account whose client tries only once.
fn answering(answer: Answer) -> (FakeDnSimple, Account) {
    let fake = FakeDnSimple::at(Clock::starting_at("2024-03-01T10:00:00Z".parse().unwrap()));
    fake.create_zone(ZONE);
    let applied = false;
    fake.world().fail_next(Fault::Answer { applied, answer });
    let once = fake.builder().retry(RetryPolicy::never());
    let account = DnSimple::from(once.build().unwrap()).account(ACCOUNT);
    (fake, account)
}

/// Creates a record and expects an error.
async fn creating(answer: Answer) -> Error {
    let (_, account) = answering(answer);
    let record = NewRecord::new("www", "A", "192.0.2.1");
    checked(account.zones().create_record(ZONE, record).await)
}

/// Reads a zone and expects an error.
async fn reading(answer: Answer) -> Error {
    let (_, account) = answering(answer);
    checked(account.zones().get(ZONE).await)
}

/// What holds for every error.
fn checked<T: std::fmt::Debug>(result: Result<T, Error>) -> Error {
    let error = result.unwrap_err();
    let line = error.to_string();
    assert!(line.starts_with("dnsimple: "), "{line}");
    assert!(!line.contains(['\n', '\r']), "{line}");
    assert_eq!((error.provider(), error.attempts()), (Some("dnsimple"), 1));
    error
}

fn fields(error: &Error) -> Vec<(&str, &str)> {
    let fields = error.fields().iter();
    fields.map(|one| (one.field.as_str(), one.message.as_str())).collect()
}

fn body(error: &Error) -> &[u8] {
    error.body().unwrap()
}

const REFUSED: &str = "(refused, nothing was changed)";
const UNKNOWN: &str = "(outcome unknown: look before you repeat it)";

#[tokio::test(start_paused = true)]
async fn statuses_are_told_apart() {
    for (status, kind, message) in [
        (400, ErrorKind::Invalid, "The request is invalid"),
        (401, ErrorKind::Unauthenticated, "Authentication failed"),
        (402, ErrorKind::Payment, "Payment is required"),
        (403, ErrorKind::Forbidden, "Permission Denied. Required Scope: zone_records:*"),
        (404, ErrorKind::NotFound, "Zone `example.com` not found"),
        (406, ErrorKind::Precondition, "The ownership has to be verified"),
        (412, ErrorKind::PlanRequired, "Please upgrade your account"),
        (428, ErrorKind::Precondition, "DNSSEC is not enabled"),
    ] {
        let error = creating(Answer::json(status, json!({ "message": message }))).await;
        assert_eq!(error.kind(), kind, "{status}");
        assert_eq!(error.outcome(), Outcome::Refused, "{status}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!((error.message(), fields(&error)), (message, vec![]));
        assert_eq!(body(&error), json!({ "message": message }).to_string().as_bytes());
        assert_eq!(
            error.to_string(),
            format!("dnsimple: POST /{{account}}/zones/{{zone}}/records: {status} {message} {REFUSED}")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn lists_of_texts_by_field() {
    let answer = json!({
        "message": "Validation failed",
        "errors": { "content": ["can't be blank", "is invalid"], "name": ["is too long"] },
    });
    let error = creating(Answer::json(400, &answer)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
    assert_eq!(fields(&error), [("content", "can't be blank"), ("content", "is invalid"), ("name", "is too long")]);
    assert_eq!(body(&error), answer.to_string().as_bytes());
    assert_eq!(
        error.to_string(),
        "dnsimple: POST /{account}/zones/{zone}/records: 400 Validation failed: `content` can't be blank; \
         `content` is invalid; `name` is too long (refused, nothing was changed)"
    );
}

#[tokio::test(start_paused = true)]
async fn one_text_by_field() {
    let answer = json!({
        "message": "Invalid extended attributes",
        "errors": { "x-eu-registrant-citizenship": "it's required" },
    });
    let error = creating(Answer::json(400, &answer)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
    assert_eq!(error.message(), "Invalid extended attributes");
    assert_eq!(fields(&error), [("x-eu-registrant-citizenship", "it's required")]);
    assert_eq!(body(&error), answer.to_string().as_bytes());
    assert!(
        error
            .to_string()
            .contains("400 Invalid extended attributes: `x-eu-registrant-citizenship` it's required (refused")
    );
}

#[tokio::test(start_paused = true)]
async fn the_operations_of_a_batch() {
    let answer = json!({
        "message": "Validation failed",
        "errors": {
            "creates": [{ "index": 2, "message": "Validation failed", "errors": { "content": ["is invalid"] } }],
            "updates": [{ "index": 0, "message": "Record not found ID=17" }],
        },
    });
    let (_, account) = answering(Answer::json(400, &answer));
    let error = checked(account.zones().change_batch(ZONE, BatchChange::new()).await);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
    assert_eq!(fields(&error), [("creates[2].content", "is invalid"), ("updates[0]", "Record not found ID=17")]);
    assert_eq!(body(&error), answer.to_string().as_bytes());
    assert_eq!(
        error.to_string(),
        "dnsimple: POST /{account}/zones/{zone}/batch: 400 Validation failed: `creates[2].content` is invalid; \
         `updates[0]` Record not found ID=17 (refused, nothing was changed)"
    );
}

#[tokio::test(start_paused = true)]
async fn errors_beside_the_data() {
    let answer = json!({ "data": {
        "request_id": "25dd77cb-2f71-48b9-b6be-1dacd2881418",
        "domain": "x",
        "availability": "unknown",
        "errors": ["Invalid domain name", "Unknown TLD"],
    } });
    let (_, account) = answering(Answer::json(400, &answer));
    let error = checked(account.domains().research("x").await);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
    assert_eq!(fields(&error), [("", "Invalid domain name"), ("", "Unknown TLD")]);
    assert_eq!(body(&error), answer.to_string().as_bytes());
    assert_eq!(
        error.to_string(),
        "dnsimple: GET /{account}/domains/research/status: 400 Bad Request: Invalid domain name; Unknown TLD \
         (refused, nothing was changed)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_body() {
    let error = creating(Answer::empty(405)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::Refused));
    assert_eq!((error.message(), body(&error)), ("Method Not Allowed", &b""[..]));
    assert_eq!(
        error.to_string(),
        format!("dnsimple: POST /{{account}}/zones/{{zone}}/records: 405 Method Not Allowed {REFUSED}")
    );
}

const HTML: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>\r\n";

#[tokio::test(start_paused = true)]
async fn the_page_of_a_gateway() {
    let error = creating(Answer::text(502, "text/html", HTML)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::Unknown));
    assert_eq!((error.message(), fields(&error)), ("Bad Gateway", vec![]));
    assert_eq!(body(&error), HTML.as_bytes());
    assert_eq!(
        error.to_string(),
        format!("dnsimple: POST /{{account}}/zones/{{zone}}/records: 502 Bad Gateway {UNKNOWN}")
    );
    let read = reading(Answer::text(502, "text/html", HTML)).await;
    assert_eq!(read.outcome(), Outcome::Refused, "reading changes nothing");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_claims_success() {
    for status in [200, 201] {
        let error = creating(Answer::text(status, "text/html", HTML)).await;
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Unknown));
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert!(error.message().starts_with("the answer is not JSON"), "{error}");
        assert_eq!(body(&error), HTML.as_bytes());
        assert!(error.to_string().ends_with(UNKNOWN), "{error}");
        assert!(!error.to_string().contains("<html>"), "{error}");
    }
    let read = reading(Answer::text(200, "text/html", HTML)).await;
    assert_eq!((read.kind(), read.outcome()), (ErrorKind::Decode, Outcome::Refused));
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_shape_was_still_carried_out() {
    let answer = json!({ "data": { "id": 1, "zone_id": ZONE, "name": "www", "type": "A" } });
    let error = creating(Answer::json(201, &answer)).await;
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Applied));
    assert!(error.message().contains("content"), "{error}");
    assert_eq!(body(&error), answer.to_string().as_bytes());
    assert!(error.to_string().ends_with("(it was carried out)"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_cap_that_lasts_for_weeks_is_no_reason_to_wait() {
    let capped = Answer::json(429, json!({ "message": "cap exceeded" }))
        .with_header("x-ratelimit-limit", "2400")
        .with_header("x-ratelimit-remaining", "2290")
        .with_header("x-ratelimit-reset", "1709290800")
        .with_header("retry-after", "Mon, 01 Apr 2024 00:00:00 GMT")
        .with_header("date", "Fri, 01 Mar 2024 10:00:00 GMT");
    let (fake, _) = answering(capped);
    let domains = fake.account().domains();
    let started = Instant::now();
    let error = checked(domains.create(NewDomain::new("example.net")).await);
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::QuotaExceeded, Outcome::Refused));
    assert_eq!(error.message(), "cap exceeded");
    let weeks = Duration::from_secs(30 * 24 * 3600 + 14 * 3600);
    assert_eq!(error.retry_after(), Some(weeks));
    assert_eq!(error.retry_at().unwrap().to_string(), "2024-04-01T00:00:00Z");
    assert_eq!(
        error.to_string(),
        "dnsimple: POST /{account}/domains: 429 cap exceeded \
         (refused, nothing was changed; try again after 2024-04-01T00:00:00Z)"
    );

    domains.list(DomainFilter::new()).all().await.unwrap();
    assert_eq!(started.elapsed(), Duration::ZERO, "other calls go on");
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_is_waited_for() {
    let spent = Answer::json(429, json!({ "message": "quota exceeded" }))
        .with_header("x-ratelimit-limit", "2400")
        .with_header("x-ratelimit-remaining", "0")
        .with_header("x-ratelimit-reset", "1709287800")
        .with_header("date", "Fri, 01 Mar 2024 10:00:00 GMT");
    let (fake, _) = answering(spent.clone());
    let started = Instant::now();
    let record = NewRecord::new("www", "A", "192.0.2.1");
    let zones = fake.account().zones();
    zones.create_record(ZONE, record.clone()).await.unwrap();
    let waited = started.elapsed().as_secs();
    assert!((600..605).contains(&waited), "{waited} s until the reset");
    let www = fake.records(ZONE).into_iter().filter(|one| one.name == "www");
    assert_eq!(www.count(), 1);

    let (fake, _) = answering(spent);
    let impatient = fake.builder().retry(RetryPolicy::default());
    let client = DnSimple::from(impatient.build().unwrap());
    let zones = client.account(ACCOUNT).zones();
    let started = Instant::now();
    let error = zones.create_record(ZONE, record).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::Refused));
    let at = error.retry_at().unwrap().as_second();
    assert!((1_709_287_800..1_709_287_803).contains(&at), "{error}");
    assert_eq!(fake.world().requests(), 1, "and nobody asks before");
}

#[tokio::test(start_paused = true)]
async fn name_servers_that_cannot_be_asked() {
    let answer = json!({ "message": "Could not query zone, connection timed out" });
    let (_, account) = answering(Answer::json(504, &answer));
    let error = checked(account.zones().check_distribution(ZONE).await);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Refused));
    assert_eq!(body(&error), answer.to_string().as_bytes());
    assert_eq!(
        error.to_string(),
        "dnsimple: GET /{account}/zones/{zone}/distribution: 504 Could not query zone, connection timed out \
         (refused, nothing was changed)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_text_that_would_break_the_line_or_the_terminal() {
    let message = "Nein\n\x1b[31m — \u{1f418}";
    let error = creating(Answer::json(400, json!({ "message": message }))).await;
    assert_eq!(error.message(), message);
    assert!(!error.to_string().contains('\x1b'));
}

/// More calls than two hours' quota, one after the other and then many at once.
#[tokio::test(start_paused = true)]
async fn a_long_job_neither_meets_a_429_nor_idles() {
    for at_once in [1, 50] {
        let fake = FakeDnSimple::new();
        let identity = fake.client().identity();
        let started = Instant::now();
        stream::iter(0..5000)
            .map(|_| identity.whoami())
            .buffer_unordered(at_once)
            .try_for_each(async |_| Ok(()))
            .await
            .unwrap();
        let took = started.elapsed();
        // 2,400 at once, 2,400 after the first reset, 200 after the second; a reset is announced in whole seconds.
        let (least, most) = (Duration::from_secs(7200), Duration::from_secs(7203));
        assert!((least..=most).contains(&took), "{at_once} at once: {took:?}");
        let journal = fake.world().journal();
        assert_eq!(journal.len(), 5000);
        assert!(journal.iter().all(|exchange| exchange.status == 200));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_request() {
    let fake = FakeDnSimple::new();
    let error = fake.account().zones().get("example.com").await.unwrap_err();
    assert_eq!(error.request_id(), Some("1"));
    assert!(error.to_string().contains("request 1"), "{error}");
}
