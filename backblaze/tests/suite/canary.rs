//! Secrets that go through the client, echoed by the service wherever it can: nobody may hear them.

use std::{
    error::Error as _,
    fmt::{self, Write},
    sync::{Arc, Mutex},
};

use howdah_backblaze::{
    Backblaze, CustomerKey, Encryption, FileInfo, Sha1,
    account::TestMode,
    buckets::{BucketFilter, BucketId},
    notifications::{EventType, NotificationRule, Target},
    testing::FakeBackblaze,
    uploads::{NewFile, UploadUrl},
};
use howdah_core::{
    Error,
    testing::{Answer, Fault},
};
use serde_json::json;
use tracing::{Subscriber, field::Visit, span};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

const KEY: &str = "K001canarysings1";
const TOKEN: &str = "4_canarysings2";
const UPLOAD: &str = "3_canarysings3";
const SIGNING: &str = "canarysings4abcdefghijABCDEFGH01";

/// What is heard of a customer's key: base64 of what is in the test.
fn customer_key() -> CustomerKey {
    CustomerKey::new(b"canarysings5canarysings5canarys5")
}

fn quiet(what: &str, text: &str) {
    let customer = data_encoding::BASE64.encode(b"canarysings5canarysings5canarys5");
    for trace in ["canarysings", &customer] {
        assert!(!text.contains(trace), "{what} sings: {text}");
    }
}

fn quiet_error(error: &Error) {
    quiet("Display", &error.to_string());
    quiet("Debug", &format!("{error:?} {error:#?} {:?} {:?}", error.code(), error.request_id()));
    let mut source = error.source();
    while let Some(cause) = source {
        quiet("a source", &format!("{cause} {cause:?}"));
        source = cause.source();
    }
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

fn fault(answer: Answer) -> Fault {
    Fault::Answer { applied: false, answer }
}

/// How many ways there are to fail.
const FAILURES: usize = 7;

/// A failure that says what was sent, where it says anything.
fn echo(which: usize, sent: &[&str]) -> Fault {
    let all = format!("not {}", sent.join(" nor "));
    let json = |status: u16| {
        fault(
            Answer::json(status, json!({ "status": status, "code": all, "message": all }))
                .with_header("x-bz-request-id", &all),
        )
    };
    match which {
        0 => json(400),
        1 => json(401),
        2 => json(403),
        3 => json(503),
        4 => fault(Answer::text(502, "text/plain", all)),
        5 => Fault::Lost { applied: false },
        _ => Fault::NotSent,
    }
}

/// An authorization with the canary, for a fake that would give another one.
fn authorization() -> Answer {
    let storage = json!({ "absoluteMinimumPartSize": 5_000_000, "recommendedPartSize": 100_000_000,
        "apiUrl": "https://api.backblazeb2.com", "downloadUrl": "https://api.backblazeb2.com",
        "allowed": { "buckets": null, "capabilities": ["listBuckets"], "namePrefix": null } });
    let body =
        json!({ "accountId": "11aa22bb33cc", "authorizationToken": TOKEN, "apiInfo": { "storageApi": storage } });
    Answer::json(200, body)
}

#[tokio::test(start_paused = true)]
async fn the_canary_is_not_heard() {
    let ear = Ear::default();
    let _listening = tracing::subscriber::set_default(tracing_subscriber::registry().with(ear.clone()));
    let customer = data_encoding::BASE64.encode(b"canarysings5canarysings5canarys5");
    for which in 0..FAILURES {
        let fake = FakeBackblaze::new();
        let bucket = BucketId::new("e73ede99".to_owned());
        let builder = Backblaze::builder("0011aa22bb33", KEY).transport(fake.world().clone());
        let builder = builder.test_mode(TestMode::FailSomeUploads);
        quiet("the builder", &format!("{builder:?}"));
        let client = builder.retry(howdah_core::http::RetryPolicy::default().with_attempts(1)).build().unwrap();

        fake.world().fail_next(echo(which, &[KEY]));
        quiet_error(&client.account().authorization().await.unwrap_err());
        fake.world().fail_next(fault(authorization()));
        let authorization = client.account().authorization().await.unwrap();
        assert_eq!(authorization.authorization_token.expose(), TOKEN);
        quiet("the authorization", &format!("{authorization:?} {client:?}"));

        fake.world().fail_next(echo(which, &[TOKEN, KEY]));
        quiet_error(&client.buckets().list(BucketFilter::new()).await.unwrap_err());

        let target = Target::webhook("https://vmst.io/").with_signing_secret(SIGNING);
        let rule = NotificationRule::new("everything", [EventType::Created], target);
        quiet("the rule", &format!("{rule:?}"));
        fake.world().fail_next(echo(which, &[TOKEN, SIGNING]));
        quiet_error(&client.notifications().set_rules(&bucket, vec![rule]).await.unwrap_err());

        let url = json!({ "bucketId": bucket, "uploadUrl": "https://api.backblazeb2.com/b2api/v4/b2_upload_file/1/2",
            "authorizationToken": UPLOAD });
        let url: UploadUrl = serde_json::from_value(url).unwrap();
        let file = NewFile::new("dump.sql").with_info(FileInfo::new());
        let file = file.with_encryption(Encryption::Customer(customer_key()));
        quiet("the upload", &format!("{url:?} {file:?} {client:?}"));
        fake.world().fail_next(echo(which, &[UPLOAD, &customer]));
        quiet_error(&client.uploads().upload_file(&url, &file, "content".into(), Sha1::AtEnd).await.unwrap_err());
    }
    let heard = ear.0.lock().unwrap();
    assert!(heard.contains("b2_list_buckets"), "nothing was traced: {heard}");
    quiet("tracing", &heard);
}
