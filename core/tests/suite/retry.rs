//! What is repeated, what is not, and what a caller is told about a call that did not succeed.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use crate::support::{ADD, EXAMPLE, Notes, READ, REMOVE, SET, note, notes};
use futures::{StreamExt, stream};
use howdah_core::{
    Clock, Error, ErrorKind, Outcome, Result, Secret,
    http::{Api, Auth, Authorize, Body, Dialect, Endpoint, Means, RetryPolicy, Route, Rule, Upload},
    testing::{Answer, Fake, Fault},
};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::json;
use tokio::time::Instant;

/// An API, its fake as their guest sees them, both at the same made-up date.
fn provider() -> (Api, Fake<Notes>) {
    with(&EXAMPLE, RetryPolicy::default())
}

fn with(dialect: &'static Dialect, retry: RetryPolicy) -> (Api, Fake<Notes>) {
    let clock = Clock::starting_at("2022-12-04T09:00:00Z".parse().unwrap());
    let fake = notes().below("/v1").with_clock(clock.clone());
    let api = Api::builder(dialect, "https://api.example.com/v1").transport(fake.clone()).retry(retry).clock(clock);
    (api.build().unwrap(), fake)
}

fn instead(status: u16, header: &[(&'static str, &str)]) -> Fault {
    let answer = Answer::json(status, json!({ "message": "not now" }));
    let answer = header.iter().fold(answer, |answer, (name, value)| answer.with_header(name, value));
    Fault::Answer { applied: false, answer }
}

const LOST: Fault = Fault::Lost { applied: true };

#[tokio::test(start_paused = true)]
async fn a_post_that_never_left_is_sent_again() {
    let (api, fake) = provider();
    fake.fail_next(Fault::NotSent);
    fake.fail_nth(2, Fault::NotSent);
    api.send(&ADD, [], note("a")).await.unwrap();
    assert_eq!(fake.requests(), 3);
    assert_eq!(fake.state(|notes| notes.added), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_listens_for_as_many_attempts_as_are_allowed() {
    let (api, fake) = provider();
    for n in 1..=5 {
        fake.fail_nth(n, Fault::NotSent);
    }
    let error = api.send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::NotSent));
    assert_eq!((error.attempts(), fake.requests()), (5, 5));
}

#[tokio::test(start_paused = true)]
async fn a_post_whose_answer_was_lost_is_not_repeated() {
    let (api, fake) = provider();
    fake.fail_next(LOST);
    let error = api.send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::Unknown));
    assert_eq!((error.attempts(), fake.requests()), (1, 1));
    assert!(error.to_string().contains("look before you repeat it"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_put_whose_answer_was_lost_is_repeated() {
    let (api, fake) = provider();
    fake.fail_next(LOST);
    api.send(&SET, [&1], note("a")).await.unwrap();
    assert_eq!(fake.state(|notes| notes.set), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_lost_delete_removed_is_removed() {
    let (api, fake) = provider();
    fake.fail_next(LOST);
    api.send(&REMOVE, [&1], ()).await.unwrap();
    assert_eq!(fake.requests(), 2);
    // Without a lost attempt the same answer means that there never was such a note.
    let error = api.send(&REMOVE, [&1], ()).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.outcome(), Outcome::Refused);
}

#[tokio::test(start_paused = true)]
async fn a_429_is_waited_out_for_every_route() {
    let (api, fake) = provider();
    fake.fail_next(instead(429, &[("retry-after", "7")]));
    let started = Instant::now();
    api.send(&ADD, [], note("a")).await.unwrap();
    let waited = started.elapsed();
    assert!((7.0..7.6).contains(&waited.as_secs_f64()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_date_to_wait_for_is_held_against_the_servers_own_clock() {
    let (api, fake) = provider();
    // The server believes it is three o'clock; here it is nine.
    fake.fail_next(instead(
        429,
        &[("date", "Sun, 04 Dec 2022 03:00:00 GMT"), ("retry-after", "Sun, 04 Dec 2022 03:00:09 GMT")],
    ));
    let started = Instant::now();
    api.send(&ADD, [], note("a")).await.unwrap();
    let waited = started.elapsed();
    assert!((9.0..9.6).contains(&waited.as_secs_f64()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_429_that_is_weeks_long_is_told_at_once() {
    let (api, fake) = provider();
    fake.fail_next(instead(429, &[("retry-after", "1814400")]));
    let started = Instant::now();
    let error = api.send(&READ, [&1], ()).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::QuotaExceeded, Outcome::Refused));
    assert_eq!(fake.requests(), 1);
    assert!(error.to_string().contains("try again after 2022-12-25T09:00:00Z"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_time_left_fails_at_once_and_says_until_when() {
    let (api, fake) = with(&EXAMPLE, RetryPolicy::default().with_total(Duration::from_secs(60)));
    fake.fail_next(instead(503, &[("retry-after", "61")]));
    let started = Instant::now();
    let error = api.send(&READ, [&1], ()).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.retry_at().unwrap().to_string(), "2022-12-04T09:01:01Z");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_just_fits_is_waited_without_jitter() {
    let (api, fake) = with(&EXAMPLE, RetryPolicy::default().with_total(Duration::from_secs(60)));
    fake.fail_next(instead(429, &[("retry-after", "59.9999999")]));
    api.send(&READ, [&1], ()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_absurd_wait_is_an_answer_like_any_other() {
    for absurd in ["18446744073709551615", "1e18", "9223372036854775807", "1e15"] {
        let (api, fake) = provider();
        fake.fail_next(instead(429, &[("retry-after", absurd)]));
        let error = api.send(&READ, [&1], ()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::QuotaExceeded, "{absurd}: {error}");
    }
    for nonsense in ["-5", "NaN", "soon", ""] {
        let (api, fake) = provider();
        fake.fail_next(instead(429, &[("retry-after", nonsense)]));
        api.send(&READ, [&1], ()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn patience_without_end_is_allowed() {
    let patient = RetryPolicy::default().with_total(Duration::MAX).with_attempt(Duration::MAX);
    let (api, fake) = with(&EXAMPLE, patient);
    fake.fail_next(instead(429, &[("retry-after", "80000")]));
    api.send(&READ, [&1], ()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_post_is_repeated_after_a_503_only_where_the_provider_says_it_was_refused() {
    static POLITE: Dialect =
        Dialect { rules: &[Rule { status: 503, code: None, means: Means::RefusedForNow }], ..Dialect::new("example") };
    let busy = || instead(503, &[("retry-after", "1")]);

    let (api, fake) = provider();
    fake.fail_next(busy());
    let error = api.send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!((error.outcome(), fake.requests()), (Outcome::Unknown, 1));

    let (api, fake) = with(&POLITE, RetryPolicy::default());
    fake.fail_next(busy());
    api.send(&ADD, [], note("a")).await.unwrap();
    assert_eq!(fake.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn silence_ends_with_the_attempt_and_with_the_call() {
    let (api, fake) = provider();
    fake.fail_next(Fault::Silence { applied: true });
    let started = Instant::now();
    let error = api.send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
    assert_eq!(started.elapsed().as_secs(), 30);

    for n in 1..=5 {
        fake.fail_nth(n, Fault::Silence { applied: false });
    }
    let started = Instant::now();
    let error = api.send(&SET, [&1], note("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
    assert!(started.elapsed() <= Duration::from_millis(120_001), "{:?}", started.elapsed());
    assert_eq!(error.attempts(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_clean_refusal_does_not_make_an_unknown_attempt_certain() {
    let (api, fake) = provider();
    fake.fail_next(LOST);
    fake.fail_nth(2, instead(422, &[]));
    let error = api.send(&SET, [&1], note("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Unknown));
    assert_eq!(error.attempts(), 2);

    fake.fail_next(instead(422, &[]));
    let error = api.send(&SET, [&1], note("a")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
}

const STORE: Endpoint<Upload, (), 0> = Endpoint::new("STORE", Route::put("/store"));

fn chunks() -> stream::BoxStream<'static, std::io::Result<bytes::Bytes>> {
    stream::iter([Ok("ab".into()), Ok("cd".into())]).boxed()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_can_be_read_once_is_sent_once() {
    for fault in [Fault::NotSent, Fault::Lost { applied: false }, instead(429, &[])] {
        let (api, fake) = provider();
        fake.fail_next(fault.clone());
        let upload = Upload::new(Body::once(chunks(), 4));
        let error = api.send(&STORE, [], upload).await.unwrap_err();
        assert_eq!((error.attempts(), fake.requests()), (1, 1), "{fault:?}");
        let certain = !matches!(fault, Fault::Lost { .. });
        assert_eq!(error.outcome() != Outcome::Unknown, certain, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_can_be_opened_again_is_sent_again_whole() {
    let fake = notes().on(&STORE, |_, [], _: Upload| Ok(()));
    let api = crate::support::builder(fake.clone()).base_url("https://api.example.com").build().unwrap();
    fake.fail_next(Fault::NotSent);
    fake.fail_nth(2, LOST);
    fake.fail_nth(3, instead(500, &[]));
    let upload = Upload::new(Body::replayable(chunks, 4));
    api.send(&STORE, [], upload).await.unwrap();
    assert_eq!(fake.requests(), 4);
    let bodies: Vec<_> = fake.journal().into_iter().map(|one| one.request).collect();
    assert_eq!(bodies, ["abcd", "abcd"]);
}

/// Credentials that are good after so many renewals.
#[derive(Debug, Default)]
struct Session {
    renewals: AtomicU32,
    broken: bool,
}

#[async_trait::async_trait]
impl Authorize for Session {
    async fn authorize(&self, _: &Api, _: &Route, headers: &mut HeaderMap) -> Result<()> {
        if self.broken {
            return Err(Error::new(ErrorKind::Transport, "the login did not work"));
        }
        let renewals = self.renewals.load(Ordering::SeqCst);
        headers.insert("x-session", HeaderValue::from(renewals));
        Ok(())
    }

    async fn renew(&self, refused: &Error, _: &Route, _: Option<&HeaderValue>) -> Result<bool> {
        assert_eq!(refused.kind(), ErrorKind::Unauthenticated);
        self.renewals.fetch_add(1, Ordering::SeqCst);
        Ok(true)
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }
}

/// A token that is bought, with the host it is good for.
#[derive(Debug, Default)]
struct Bought {
    token: tokio::sync::Mutex<u32>,
}

#[async_trait::async_trait]
impl Authorize for Bought {
    async fn authorize(&self, api: &Api, _: &Route, headers: &mut HeaderMap) -> Result<()> {
        api.set_base("host", "https://handed.example.com/v1")?;
        headers.insert("authorization", HeaderValue::from(*self.token.lock().await));
        Ok(())
    }

    async fn renew(&self, _: &Error, route: &Route, used: Option<&HeaderValue>) -> Result<bool> {
        assert_eq!(route.path, "/notes/{id}");
        let mut token = self.token.lock().await;
        if used == Some(&HeaderValue::from(*token)) {
            tokio::time::sleep(Duration::from_secs(1)).await;
            *token += 1;
        }
        Ok(true)
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }
}

#[tokio::test(start_paused = true)]
async fn fifty_calls_whose_token_expired_together_renew_once() {
    const THERE: Endpoint<(), crate::support::Note, 1> = Endpoint::new("THERE", Route::get("/notes/{id}").base("host"));
    // All are sent before the first is refused.
    let fake = notes().below("/v1").with_latency(Duration::from_millis(50));
    let fake = fake.with_gate(|_, asked| match asked.headers["authorization"].to_str() {
        Ok("1") => Ok(()),
        _ => Err(Answer::empty(401)),
    });
    let session = std::sync::Arc::new(Bought::default());
    let api = crate::support::builder(fake.clone()).auth(Auth::Custom(session.clone())).build().unwrap();
    let calls: Vec<_> = (0..50).map(|n| api.send(&THERE, [&n], ())).collect();
    for ended in futures::future::join_all(calls).await {
        ended.unwrap();
    }
    assert_eq!(*session.token.lock().await, 1);
    assert_eq!(fake.requests(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_clone_has_its_own_patience() {
    let (api, fake) = provider();
    fake.fail_next(instead(503, &[]));
    let error = api.with_retry(RetryPolicy::never()).send(&READ, [&1], ()).await.unwrap_err();
    assert_eq!((error.kind(), fake.requests()), (ErrorKind::Unavailable, 1));
    fake.fail_next(instead(503, &[]));
    api.send(&READ, [&1], ()).await.unwrap();
    assert_eq!(fake.requests(), 3);
}

async fn with_session(good_after: u32, broken: bool) -> (Result<crate::support::Note>, Fake<Notes>) {
    let fake = notes().with_gate(move |_, asked| {
        let session: u32 = asked.headers["x-session"].to_str().unwrap().parse().unwrap();
        if session >= good_after { Ok(()) } else { Err(Answer::empty(401)) }
    });
    let session = Session { broken, ..Session::default() };
    let api = crate::support::builder(fake.clone())
        .base_url("https://api.example.com")
        .auth(Auth::Custom(std::sync::Arc::new(session)))
        .build()
        .unwrap();
    (api.send(&ADD, [], note("a")).await, fake)
}

#[tokio::test(start_paused = true)]
async fn credentials_are_renewed_once_a_call() {
    let (added, fake) = with_session(1, false).await;
    assert_eq!(added.unwrap(), note("a"));
    assert_eq!(fake.requests(), 2);

    let (added, fake) = with_session(2, false).await;
    let error = added.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unauthenticated, Outcome::Refused));
    assert_eq!((error.attempts(), fake.requests()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn without_credentials_nothing_is_sent() {
    let (added, fake) = with_session(0, true).await;
    let error = added.unwrap_err();
    // The login's own outcome is unknown; that of the call is not.
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert_eq!((error.attempts(), fake.requests()), (0, 0));
    assert_eq!(error.to_string(), "example: POST /notes: the login did not work (nothing was sent)");
}

#[tokio::test(start_paused = true)]
async fn a_page_of_html_is_no_answer() {
    let html =
        || Fault::Answer { applied: false, answer: Answer::text(200, "text/html", "<html>\n<h1>Maintenance</h1>") };
    let (api, fake) = provider();
    fake.fail_next(html());
    let error = api.send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Unknown));
    fake.fail_next(html());
    let error = api.send(&READ, [&1], ()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Refused));
    assert!(error.to_string().contains("nothing was changed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_shape_says_where() {
    const NEST: Endpoint<crate::support::Note, Vec<crate::support::Note>, 0> =
        Endpoint::new("NEST", Route::post("/nest").envelope("data").idempotent());
    let (api, fake) = provider();
    let wrong = Answer::json(201, json!({ "data": [{ "text": "a" }, { "text": 5 }] }));
    fake.fail_next(Fault::NotSent);
    fake.fail_nth(2, Fault::Answer { applied: false, answer: wrong });
    let error = api.send(&NEST, [], note("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Applied));
    assert!(error.message().contains("data[1].text"), "{error}");
    assert_eq!(error.status().unwrap(), 201);
    assert_eq!(error.attempts(), 2);
    assert!(error.body().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_no_json_is_kept_and_told_in_one_line() {
    let (api, fake) = provider();
    let body = "upstream\r\nconnect\u{1b}[31m error\u{2028}!";
    let answer = Answer::text(502, "text/plain", body).with_header("x-request-id", "abc");
    fake.fail_next(Fault::Answer { applied: true, answer });
    let error = api.send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!(error.body().unwrap(), body);
    assert_eq!(
        error.to_string(),
        "example: POST /notes: 502 Bad Gateway (outcome unknown: look before you repeat it; request abc)"
    );
    let answer = Answer::json(400, json!({ "message": body, "code": 17 }));
    fake.fail_next(Fault::Answer { applied: false, answer });
    let error = api.send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!(error.code(), Some("17"));
    assert!(!error.to_string().contains(['\r', '\n', '\u{1b}', '\u{2028}']), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_may_refuse_with_200() {
    static ODD: Dialect = Dialect { refused: Some(|body| body.ends_with(br#""stat":"fail"}"#)), ..Dialect::new("odd") };
    let (api, fake) = with(&ODD, RetryPolicy::default());
    let answer = Answer::json(200, json!({ "stat": "fail", "message": "no such monitor" }));
    fake.fail_next(Fault::Answer { applied: false, answer });
    let error = api.send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
    assert_eq!((error.message(), fake.requests()), ("no such monitor", 1));
}

// Whatever a network does.

#[derive(Clone, Copy, Debug)]
enum Call {
    Post,
    Put,
    Delete,
}

fn fault() -> impl Strategy<Value = Option<Fault>> {
    let gateway = |applied, status: u16, wait: Option<u32>| {
        let answer = Answer::text(status, "text/plain", "gateway");
        let answer = match wait {
            Some(wait) => answer.with_header("retry-after", wait.to_string()),
            None => answer,
        };
        Some(Fault::Answer { applied, answer })
    };
    let wait = || prop::option::of(0u32..200);
    let broken = prop::sample::select(vec![500u16, 502, 503, 504, 408]);
    let refusing = prop::sample::select(vec![400u16, 403, 409, 422, 429]);
    prop_oneof![
        2 => Just(None),
        3 => Just(Some(Fault::NotSent)),
        3 => any::<bool>().prop_map(|applied| Some(Fault::Lost { applied })),
        2 => any::<bool>().prop_map(|applied| Some(Fault::Silence { applied })),
        3 => (any::<bool>(), broken, wait()).prop_map(move |(applied, status, wait)| gateway(applied, status, wait)),
        3 => (refusing, wait()).prop_map(move |(status, wait)| gateway(false, status, wait)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_weather_makes_a_call_lie(
        call in prop::sample::select(vec![Call::Post, Call::Put, Call::Delete]),
        faults in prop::collection::vec(fault(), 0..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (api, fake) = provider();
            for (index, fault) in faults.iter().enumerate() {
                if let Some(fault) = fault {
                    fake.fail_nth(index as u64 + 1, fault.clone());
                }
            }
            let started = Instant::now();
            let ended = match call {
                Call::Post => api.send(&ADD, [], note("a")).await.map(|_| ()),
                Call::Put => api.send(&SET, [&1], note("a")).await.map(|_| ()),
                Call::Delete => api.send(&REMOVE, [&1], ()).await,
            };
            prop_assert!(started.elapsed() <= Duration::from_millis(120_001), "took {:?}", started.elapsed());
            let carried_out = fake.state(|notes| notes.added + notes.set + notes.removed);
            if matches!(call, Call::Post) {
                prop_assert!(carried_out <= 1, "a POST was carried out {carried_out} times");
            }
            match ended {
                Ok(()) => prop_assert!(carried_out >= 1, "a success that never was"),
                Err(error) => match error.outcome() {
                    Outcome::NotSent | Outcome::Refused => prop_assert_eq!(carried_out, 0, "{}", error),
                    Outcome::Applied => prop_assert!(carried_out >= 1, "{}", error),
                    Outcome::Unknown => {}
                },
            }
            Ok(())
        })?;
    }
}
