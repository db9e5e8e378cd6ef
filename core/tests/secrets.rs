//! One canary, sung by every credential and echoed by the provider wherever it can: nobody may hear it. Alone in its program, since it listens to all that is logged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::result_large_err)]

use std::{
    error::Error as _,
    fmt::{self, Write},
    sync::{Arc, Mutex},
};

use howdah_core::{
    Error, FieldError, Secret, endpoints,
    http::{Api, Auth, Dialect, Explanation, Form, Multipart, Query, Refusal, RetryPolicy, Upload},
    secret,
    testing::{Answer, Fake, Fault, World},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::{Subscriber, field::Visit, span};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

/// With characters that are written otherwise in a query and in a quoted string.
const CANARY: &str = "canary+\"sings/loud\" 17";
/// What is left of it however it is written.
const TRACES: [&str; 2] = ["canary", "sings"];

static LOUD: Dialect = Dialect { explain: everything, request_id: &["x-request-id"], ..Dialect::new("loud") };

/// A provider whose every word may hold what it was sent.
fn everything(refusal: &Refusal<'_>) -> Explanation {
    let text = |member: &str| Some(refusal.json?.get(member)?.as_str()?.to_owned());
    Explanation {
        kind: None,
        code: text("code"),
        message: text("message").or_else(|| Some(refusal.text.to_owned())),
        fields: vec![FieldError {
            field: text("field").unwrap_or_default(),
            message: text("field_message").unwrap_or_default(),
        }],
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Credentials {
    #[serde(serialize_with = "secret::expose")]
    password: Secret,
    #[serde(serialize_with = "secret::expose_option")]
    token: Option<Secret>,
}

fn credentials() -> Credentials {
    Credentials { password: Secret::from(CANARY), token: Some(Secret::from(CANARY)) }
}

#[derive(Debug, Deserialize, Serialize)]
#[allow(dead_code)]
struct Shaped {
    count: u32,
    #[serde(serialize_with = "secret::expose")]
    key: Secret,
}

endpoints! {
    PLAIN: ()                 => Shaped = get("/plain");
    BODY:  Credentials        => Shaped = put("/body");
    QUERY: Query<Credentials> => Shaped = put("/query");
    FORM:  Form<Credentials>  => Shaped = put("/form");
    BYTES: Upload             => Shaped = put("/bytes");
    PAGES: Query<Credentials> => Vec<Shaped> = get("/pages");
}

struct Nothing;

impl World for Nothing {
    fn pass(&mut self, _: jiff::Timestamp) {}
}

/// Answers that echo the canary in each place an answer has.
fn echoes() -> Vec<Fault> {
    let encoded: String = url::form_urlencoded::byte_serialize(CANARY.as_bytes()).collect();
    let loud = |status: u16, body: Value| {
        Answer::json(status, body).with_header("x-request-id", CANARY).with_header("x-echo", CANARY)
    };
    let told = json!({ "message": format!("no {CANARY}, {CANARY}!"), "code": CANARY, "field": CANARY, "field_message": CANARY });
    let mut answers: Vec<_> =
        [400, 401, 403, 404, 409, 422, 429, 500, 503].map(|status| loud(status, told.clone())).into();
    answers.push(loud(422, json!({ "message": format!("no such page: /query?password={encoded}") })));
    answers.push(Answer::text(502, "text/plain", format!("bad gateway for {CANARY:?}")));
    answers.push(Answer::text(200, "text/plain", CANARY));
    answers.push(loud(200, json!({ "count": CANARY, "key": "k" })));
    answers.push(loud(200, json!({ "count": 5, "key": { CANARY: CANARY } })));
    let mut faults: Vec<_> = answers.into_iter().map(|answer| Fault::Answer { applied: false, answer }).collect();
    faults.push(Fault::NotSent);
    faults.push(Fault::Lost { applied: false });
    faults.push(Fault::Silence { applied: false });
    faults
}

/// Writes down everything that is traced.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<String>>);

impl Visit for Ear {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl<S: Subscriber> Layer<S> for Ear {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        attributes.record(&mut self.clone());
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        values.record(&mut self.clone());
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        event.record(&mut self.clone());
    }
}

fn quiet(what: &str, text: &str) {
    for trace in TRACES {
        assert!(!text.contains(trace), "{what} sings: {text}");
    }
}

fn quiet_error(error: &Error) {
    quiet("Display", &error.to_string());
    quiet("Debug", &format!("{error:?} {error:#?}"));
    quiet("the message", error.message());
    quiet("the parts", &format!("{:?} {:?} {:?}", error.code(), error.fields(), error.request_id()));
    let mut source = error.source();
    while let Some(cause) = source {
        quiet("a source", &format!("{cause} {cause:?}"));
        source = cause.source();
    }
}

#[tokio::test(start_paused = true)]
async fn the_canary_is_not_heard() {
    let ear = Ear::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(ear.clone()));
    let bearers = [
        Auth::None,
        Auth::bearer(CANARY),
        Auth::Basic("user".into(), Secret::from(CANARY)),
        Auth::Header("X-Api-Key", Secret::from(CANARY)),
    ];
    let mut errors = 0;
    for auth in bearers {
        quiet("Auth", &format!("{auth:?}"));
        for fault in echoes() {
            let fake = Fake::new("loud", Nothing);
            let api = Api::builder(&LOUD, "https://api.example.com")
                .auth(auth.clone())
                .transport(fake.clone())
                .retry(RetryPolicy::default().with_attempts(2))
                .build()
                .unwrap();
            quiet("Api", &format!("{api:?}"));
            for which in 0..6 {
                if which == 0 && matches!(auth, Auth::None) {
                    continue; // without a secret there is none to keep
                }
                fake.fail_nth(1, fault.clone());
                fake.fail_nth(2, fault.clone());
                let ended = match which {
                    0 => api.send(&PLAIN, [], ()).await,
                    1 => api.send(&BODY, [], credentials()).await,
                    2 => api.send(&QUERY, [], Query(credentials())).await,
                    3 => api.send(&FORM, [], Form(credentials())).await,
                    4 => {
                        let upload = Upload::new("a").with_secret_header("x-upload-token", CANARY);
                        quiet("Upload", &format!("{upload:?}"));
                        api.send(&BYTES, [], upload).await
                    }
                    _ => {
                        let pages = api.pages(&PAGES, [], Query(credentials()));
                        quiet("Pages", &format!("{pages:?}"));
                        pages.all().await.map(|mut all| all.remove(0))
                    }
                };
                quiet_error(&ended.unwrap_err());
                errors += 1;
            }
        }
    }
    assert!(errors > 300, "{errors}");
    let heard = ear.0.lock().unwrap();
    assert!(heard.contains("PUT /query") && heard.contains("repeating the call"), "nothing was traced");
    quiet("tracing", &heard);
}

#[test]
fn inputs_are_quiet_before_they_are_sent() {
    quiet("a struct", &format!("{:?} {:?}", credentials(), Query(credentials())));
    quiet("a form", &format!("{:?}", Form(credentials())));
    let form = Multipart::new().with_field("password", CANARY);
    quiet("a multipart form", &format!("{form:?}"));
    let upload = Upload::new(CANARY).with_header("authorization", CANARY);
    quiet("an upload", &format!("{upload:?}"));
}
