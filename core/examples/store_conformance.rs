//! Holds `S3` against a server that others wrote, with the suite that Apache's `object_store` holds its own stores
//! against.
//!
//! The server is named by `AWS_ENDPOINT_URL_S3`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. Each check gets a new
//! bucket, which stays behind. The arguments name checks to leave out, because the server cannot pass them whoever asks.
//! It prints what it checked and what of the suite is never checked, and at last `N passed, M failed`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::{
    env,
    future::Future,
    panic::AssertUnwindSafe,
    process::ExitCode,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use futures::FutureExt;
use howdah_core::{
    http::{Body, Network, Transport},
    store::{
        S3,
        object_store::{
            Error, ObjectStore, ObjectStoreExt, PutPayload,
            aws::{AwsAuthorizer, AwsCredential},
            client::{HttpRequest, HttpRequestBody},
            integration as suite,
            path::Path,
            signer::Signer,
        },
    },
};
use http::{Method, Request, StatusCode};

/// What the suite has and this does not run, and why.
const NEVER: &[(&str, &str)] = &[
    ("copy_if_not_exists", "S3 has no copy that never overwrites; ours refuses it, see refuses_conditional_copy"),
    ("copy_rename_nonexistent_object", "it wants that copy too; the rest of it is copies_nothing"),
    ("response_extensions", "it needs a connector that Apache's client has only with reqwest"),
];

#[tokio::main]
async fn main() -> ExitCode {
    let mut run = Run { left_out: env::args().skip(1).collect(), passed: 0, failed: 0 };

    run.check("put_get_delete_list", async |s| suite::put_get_delete_list(&s).await).await;
    run.check("put_get_attributes", async |s| suite::put_get_attributes(&s).await).await;
    run.check("get_opts", async |s| suite::get_opts(&s).await).await;
    run.check("put_opts", async |s| suite::put_opts(&s, true).await).await;
    run.check("stream_get", async |s| suite::stream_get(&s).await).await;
    run.check("list_uses_directories_correctly", async |s| suite::list_uses_directories_correctly(&s).await).await;
    run.check("list_with_delimiter", async |s| suite::list_with_delimiter(&s).await).await;
    run.check("list_with_offset_exclusivity", async |s| suite::list_with_offset_exclusivity(&s).await).await;
    run.check("list_paginated", async |s| suite::list_paginated(&s, &s).await).await;
    run.check("rename_and_copy", async |s| suite::rename_and_copy(&s).await).await;
    run.check("multipart", async |s| suite::multipart(&s, &s).await).await;
    run.check("multipart_with_opts", async |s| suite::multipart_with_opts(&s, &s).await).await;
    run.check("multipart_put_part_out_of_order", async |s| suite::multipart_put_part_out_of_order(&s, &s).await).await;
    run.check("multipart_race_condition", async |s| suite::multipart_race_condition(&s, true).await).await;
    run.check("multipart_out_of_order", async |s| suite::multipart_out_of_order(&s).await).await;
    run.check("get_nonexistent_object", async |s| {
        let error = suite::get_nonexistent_object(&s, None).await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
    })
    .await;

    run.check("refuses_conditional_copy", refuses_conditional_copy).await;
    run.check("copies_nothing", copies_nothing).await;
    run.check("unusual_keys", unusual_keys).await;
    run.check("chunks", chunks).await;
    run.check("signed_url", signed_url).await;
    run.check("wrong_secret", wrong_secret).await;
    run.check("no_bucket", no_bucket).await;

    for (name, why) in NEVER {
        println!("not checked: {name}: {why}");
    }
    println!("{} passed, {} failed", run.passed, run.failed);
    if run.passed > 0 && run.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Run {
    left_out: Vec<String>,
    passed: u32,
    failed: u32,
}

impl Run {
    /// The suite panics where something is wrong, and that prints what.
    async fn check<F: Future<Output = ()>>(&mut self, name: &str, check: impl FnOnce(S3) -> F) {
        if self.left_out.iter().any(|it| it == name) {
            return;
        }
        let store = S3::from_env(new_bucket().await).unwrap().build().unwrap();
        if AssertUnwindSafe(check(store)).catch_unwind().await.is_ok() {
            self.passed += 1;
            println!("{name}");
        } else {
            self.failed += 1;
            println!("FAILED: {name}");
        }
    }
}

/// Makes a bucket, which an object store is no more asked for than a directory is asked for a disk.
async fn new_bucket() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let name = format!("conformance-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let of = |name| env::var(name).unwrap();
    let (key_id, secret_key) = (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY"));
    let credential = AwsCredential { key_id, secret_key, token: None };
    let uri = format!("{}/{name}", of("AWS_ENDPOINT_URL_S3"));
    let mut request: HttpRequest = Request::put(uri).body(HttpRequestBody::empty()).unwrap();
    AwsAuthorizer::new(&credential, "s3", "us-east-1").try_authorize(&mut request, None).unwrap();
    let answer = Network::new().unwrap().send(request.map(|_| Body::Empty)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    name
}

async fn refuses_conditional_copy(store: S3) {
    let (one, two) = (Path::from("one"), Path::from("two"));
    store.put(&one, "1".into()).await.unwrap();
    let error = store.copy_if_not_exists(&one, &two).await.unwrap_err();
    assert!(matches!(error, Error::NotSupported { .. }), "{error}");
    assert!(matches!(store.head(&two).await, Err(Error::NotFound { .. })));
}

async fn copies_nothing(store: S3) {
    let (missing, there) = (Path::from("missing"), Path::from("there"));
    store.put(&there, "kept".into()).await.unwrap();
    for error in [store.copy(&missing, &there).await, store.rename(&missing, &there).await] {
        let error = error.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
    }
    assert_eq!(store.get(&there).await.unwrap().bytes().await.unwrap(), "kept");
}

/// What is written into a path one way and signed another way is refused.
async fn unusual_keys(store: S3) {
    let keys = ["a b+c", "ü/ö", "100%/%41", "q?x=1&y#z", "(1)!*'~$@=,;:", "日本/語.png"];
    for key in keys {
        let at = Path::parse(key).unwrap();
        store.put(&at, key.as_bytes().to_vec().into()).await.unwrap();
        assert_eq!(store.get(&at).await.unwrap().bytes().await.unwrap(), key.as_bytes(), "{key}");
        let to = Path::parse(format!("copy/{key}")).unwrap();
        store.copy(&at, &to).await.unwrap();
        assert_eq!(store.head(&to).await.unwrap().size, key.len() as u64);
        let listed = store.list_with_delimiter(Some(&Path::from("copy"))).await.unwrap();
        assert!(!listed.objects.is_empty() || !listed.common_prefixes.is_empty());
        store.delete(&to).await.unwrap();
    }
    for key in keys {
        store.delete(&Path::parse(key).unwrap()).await.unwrap();
    }
}

/// A payload of several chunks is signed and sent as one.
async fn chunks(store: S3) {
    let at = Path::from("chunks");
    let payload: PutPayload = [vec![b'a'; 70_000], vec![], vec![b'b'; 1]].map(bytes::Bytes::from).into_iter().collect();
    store.put(&at, payload).await.unwrap();
    assert_eq!(store.get_range(&at, 69_999..70_001).await.unwrap(), "ab");
    store.put(&at, PutPayload::new()).await.unwrap();
    assert_eq!(store.head(&at).await.unwrap().size, 0);
}

async fn signed_url(store: S3) {
    let at = Path::from("dir/signed");
    store.put(&at, "shared".into()).await.unwrap();
    let url = store.signed_url(Method::GET, &at, Duration::from_secs(60)).await.unwrap();
    let get = |url: &str| Request::get(url).body(Body::Empty).unwrap();
    let network = Network::new().unwrap();
    let answer = network.send(get(url.as_str())).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap(), "shared");
    let forged = network.send(get(&url.as_str().replace("dir/signed", "dir/other"))).await.unwrap();
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
}

async fn wrong_secret(store: S3) {
    let bucket = store.to_string().split(['/', ' ']).nth(2).unwrap().to_owned();
    let key = env::var("AWS_ACCESS_KEY_ID").unwrap();
    let wrong = S3::from_env(bucket).unwrap().access_key(key, "not-the-secret").build().unwrap();
    let error = wrong.put(&Path::from("k"), "v".into()).await.unwrap_err();
    println!("  a wrong secret: {error}");
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");
}

async fn no_bucket(_: S3) {
    let nowhere = S3::from_env("there-is-no-such-bucket").unwrap().build().unwrap();
    let error = nowhere.put(&Path::from("k"), "v".into()).await.unwrap_err();
    println!("  no such bucket: {error}");
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}
