//! `S3`: what goes over the wire, and what an operator is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::unnecessary_wraps)] // an answer is a result here

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use howdah_core::{
    http::{Body, Incoming, RetryPolicy, Transport, TransportError, TransportErrorKind},
    store::{
        Acl, S3, S3Builder,
        object_store::{
            Error, ObjectStore, ObjectStoreExt, PutMode, PutPayload,
            list::{PaginatedListOptions, PaginatedListStore},
            multipart::MultipartStore,
            path::Path,
            signer::Signer,
        },
    },
};
use http::Method;
use tokio::net::TcpListener;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

const SECRET: &str = "wJalrXUtnFEMI-EXAMPLEKEY";
const TOKEN: &str = "FwoGZXIvYXdzEXAMPLETOKEN";

fn retry() -> RetryPolicy {
    let mut policy = RetryPolicy::default().with_attempts(2).with_attempt(Duration::from_secs(5));
    policy.first_wait = Duration::from_millis(1);
    policy.longest_wait = Duration::from_millis(5);
    policy
}

fn bucket_at(endpoint: &str) -> S3Builder {
    S3::builder(endpoint, "media").access_key("AKIAEXAMPLE", SECRET).retry(retry())
}

fn over(transport: &Script) -> S3 {
    bucket_at("https://s3.example.com").transport(transport.clone()).build().unwrap()
}

/// A bucket that takes everything.
fn willing(request: &Request) -> ResponseTemplate {
    let has = |name: &str| request.url.query_pairs().any(|(it, _)| it == name);
    let xml = |text: &str| ResponseTemplate::new(200).set_body_raw(text.to_owned(), "application/xml");
    match request.method.as_str() {
        "PUT" if request.headers.contains_key("x-amz-copy-source") => {
            xml("<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>")
        }
        "PUT" => ResponseTemplate::new(200).insert_header("etag", "\"e\""),
        "POST" if has("uploads") => {
            xml("<InitiateMultipartUploadResult><UploadId>u-1</UploadId></InitiateMultipartUploadResult>")
        }
        "POST" if has("uploadId") => xml(
            "<CompleteMultipartUploadResult><Location>l</Location><Bucket>media</Bucket><Key>k</Key><ETag>\"e\"</ETag>\
             </CompleteMultipartUploadResult>",
        ),
        "POST" if has("delete") => xml("<DeleteResult><Deleted><Key>dir/k</Key></Deleted></DeleteResult>"),
        "DELETE" => ResponseTemplate::new(204),
        "GET" if has("list-type") => {
            xml("<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>k</Key><Size>3</Size>\
             <LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>\"e\"</ETag></Contents></ListBucketResult>")
        }
        "GET" | "HEAD" => ResponseTemplate::new(200)
            .insert_header("etag", "\"e\"")
            .insert_header("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT")
            .set_body_string("abc"),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_acl_goes_with_what_creates_an_object_and_is_signed() {
    let server = MockServer::start().await;
    for acl in [Some(Acl::PublicRead), Some(Acl::Other("aws-exec-read".into())), None] {
        server.reset().await;
        Mock::given(matchers::any()).respond_with(willing).mount(&server).await;
        let mut builder = bucket_at(&server.uri()).session_token(TOKEN);
        if let Some(acl) = &acl {
            builder = builder.acl(acl.clone());
        }
        let store = builder.build().unwrap();
        let at = Path::from("dir/k");
        store.put(&at, "abc".into()).await.unwrap();
        store.copy(&at, &Path::from("copy")).await.unwrap();
        let mut upload = store.put_multipart(&at).await.unwrap();
        upload.put_part("abc".into()).await.unwrap();
        upload.complete().await.unwrap();
        let id = store.create_multipart(&at).await.unwrap();
        store.put_part(&at, &id, 0, "abc".into()).await.unwrap();
        store.abort_multipart(&at, &id).await.unwrap();
        assert_eq!(store.get(&at).await.unwrap().bytes().await.unwrap(), "abc");
        store.head(&at).await.unwrap();
        assert_eq!(store.list(None).try_collect::<Vec<_>>().await.unwrap().len(), 1);
        store.list_with_delimiter(None).await.unwrap();
        store.list_paginated(None, PaginatedListOptions::default()).await.unwrap();
        store.delete(&at).await.unwrap();

        let mut created = 0;
        let requests = server.received_requests().await.unwrap();
        for request in &requests {
            let seen = format!("{} {}", request.method, request.url);
            let query = request.url.query().unwrap_or_default();
            let writes = match request.method.as_str() {
                "PUT" => !query.contains("uploadId"),
                "POST" => query.starts_with("uploads"),
                _ => false,
            };
            let said = request.headers.get("x-amz-acl").map(|value| value.to_str().unwrap());
            assert_eq!(said, acl.as_ref().filter(|_| writes).map(Acl::as_str), "{seen}");
            created += usize::from(writes);

            let authorization = request.headers["authorization"].to_str().unwrap();
            let signed = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
            let signed: Vec<_> = signed.split(';').collect();
            assert!(signed.contains(&"host"), "{seen}");
            for name in request.headers.keys().map(http::HeaderName::as_str).filter(|it| it.starts_with("x-amz-")) {
                assert!(signed.contains(&name), "{seen}: {name} is not signed");
            }
            assert_eq!(request.headers["x-amz-security-token"], TOKEN, "{seen}");
        }
        assert_eq!((created, requests.len()), (4, 14));
    }
}

/// A transport that answers as it is told, and remembers what it was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// What came in the bodies, chunk by chunk.
    sent: Arc<Mutex<Vec<Bytes>>>,
}

/// Method, URI and `Range`.
type Asked = (Method, String, Option<String>);

type Answer = Result<http::Response<Incoming>, TransportError>;

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Script")
    }
}

impl Script {
    fn of(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Self::default() }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: http::Request<Body>) -> Answer {
        let (parts, body) = request.into_parts();
        let range = parts.headers.get("range").map(|it| it.to_str().unwrap().to_owned());
        self.asked.lock().unwrap().push((parts.method, parts.uri.to_string(), range));
        let chunks: Vec<_> = body.into_stream().try_collect().await.unwrap();
        self.sent.lock().unwrap().extend(chunks);
        self.answers.lock().unwrap().pop_front().expect("no answer is left")
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: Incoming) -> http::Response<Incoming> {
    let builder = http::Response::builder().status(status).header("etag", "\"e\"");
    let builder = builder.header("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT");
    headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value)).body(body).unwrap()
}

fn done() -> Answer {
    Ok(answer(200, &[], Bytes::new().into()))
}

fn failed(kind: TransportErrorKind) -> Answer {
    Err(TransportError::new(kind, "the cable was cut"))
}

#[tokio::test]
async fn the_bucket_is_in_the_host_when_that_is_wanted() {
    let transport = Script::of([done(), done(), done()]);
    let builder = bucket_at("https://nyc3.example.com").transport(transport.clone()).virtual_hosted();
    let store = builder.build().unwrap();
    store.put(&Path::from("dir/a b"), "v".into()).await.unwrap();
    let _ = store.list(None).next().await;
    over(&transport).put(&Path::from("dir/a b"), "v".into()).await.unwrap();
    let asked: Vec<_> = transport.asked().into_iter().map(|(_, uri, _)| uri).collect();
    assert_eq!(asked[0], "https://media.nyc3.example.com/dir/a%20b");
    assert!(asked[1].starts_with("https://media.nyc3.example.com/?list-type=2"), "{}", asked[1]);
    assert_eq!(asked[2], "https://s3.example.com/media/dir/a%20b");

    let url = store.signed_url(Method::GET, &Path::from("k"), Duration::from_secs(60)).await.unwrap();
    assert_eq!(url.host_str(), Some("media.nyc3.example.com"));
    assert!(url.query().unwrap().contains("X-Amz-Signature="));
}

#[tokio::test]
async fn a_download_is_handed_on_as_it_comes() {
    const CHUNK: usize = 1 << 20;
    let given = Arc::new(AtomicUsize::new(0));
    let counter = given.clone();
    let body = stream::iter(0..20).map(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(Bytes::from(vec![b'x'; CHUNK]))
    });
    let length = (20 * CHUNK).to_string();
    let incoming = Incoming::Stream(body.boxed(), Some(20 * CHUNK as u64));
    let store = over(&Script::of([Ok(answer(200, &[("content-length", &length)], incoming))]));

    let mut download = store.get(&Path::from("large")).await.unwrap().into_stream();
    assert_eq!(given.load(Ordering::Relaxed), 0);
    for taken in 1..=20 {
        assert_eq!(download.next().await.unwrap().unwrap().len(), CHUNK);
        assert_eq!(given.load(Ordering::Relaxed), taken);
    }
    assert!(download.next().await.is_none());
}

#[tokio::test]
async fn an_upload_is_sent_in_its_own_chunks() {
    let transport = Script::of([done()]);
    let chunks = [Bytes::from(vec![b'a'; 5000]), Bytes::from(vec![b'b'; 7000])];
    over(&transport).put(&Path::from("k"), PutPayload::from_iter(chunks.clone())).await.unwrap();
    let sent = transport.sent.lock().unwrap();
    // The same memory, not the same content elsewhere.
    assert!(sent.iter().map(|it| it.as_ptr()).eq(chunks.iter().map(|it| it.as_ptr())));
}

#[tokio::test]
async fn a_download_that_breaks_goes_on_where_it_broke() {
    let broken = stream::iter([Ok(Bytes::from("0123")), Err(io::Error::other("reset"))]).boxed();
    let transport = Script::of([
        Ok(answer(200, &[("content-length", "10")], Incoming::Stream(broken, Some(10)))),
        Ok(answer(206, &[("content-length", "6"), ("content-range", "bytes 4-9/10")], Bytes::from("456789").into())),
    ]);
    let read = over(&transport).get(&Path::from("k")).await.unwrap().bytes().await.unwrap();
    assert_eq!(read, "0123456789");
    assert_eq!(transport.asked()[1].2.as_deref(), Some("bytes=4-9"));
}

#[tokio::test]
async fn what_may_have_been_carried_out_is_repeated_only_if_twice_is_once() {
    use TransportErrorKind::{Lost, NotSent, Other, Timeout};
    let at = Path::from("k");
    for (kind, mode, attempts) in [
        (NotSent, PutMode::Create, 2),
        (Lost, PutMode::Create, 1),
        (Timeout, PutMode::Create, 1),
        (Other, PutMode::Create, 1),
        (NotSent, PutMode::Overwrite, 2),
        (Lost, PutMode::Overwrite, 2),
        (Timeout, PutMode::Overwrite, 2),
        (Other, PutMode::Overwrite, 2),
    ] {
        let transport = Script::of([failed(kind), done()]);
        let put = over(&transport).put_opts(&at, "v".into(), mode.clone().into()).await;
        assert_eq!((put.is_ok(), transport.asked().len()), (attempts == 2, attempts), "{kind:?} {mode:?}");
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_once_more_and_there_is_one_layer_of_that() {
    let server = MockServer::start().await;
    let busy = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
    let refusal = ResponseTemplate::new(503).set_body_string(busy);
    Mock::given(matchers::any()).respond_with(refusal.clone()).up_to_n_times(1).mount(&server).await;
    Mock::given(matchers::any()).respond_with(willing).mount(&server).await;
    let store = bucket_at(&server.uri()).build().unwrap();
    store.put(&Path::from("k"), "v".into()).await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 2);

    server.reset().await;
    Mock::given(matchers::any()).respond_with(refusal).expect(2).mount(&server).await;
    let error = store.put(&Path::from("k"), "v".into()).await.unwrap_err().to_string();
    assert!(error.contains("503") && error.contains("SlowDown: Please reduce your request rate."), "{error}");
}

#[tokio::test]
async fn an_operator_is_told_what_is_wrong() {
    let refused = |status, body: &str| Ok(answer(status, &[], Bytes::from(body.to_owned()).into()));
    let at = Path::from("k");
    for (status, body, said) in [
        (
            403,
            "<?xml version=\"1.0\"?><Error><Code>InvalidAccessKeyId</Code><Message>There is no such key.</Message>\
             <RequestId>R1</RequestId></Error>",
            "InvalidAccessKeyId: There is no such key. (request R1)",
        ),
        (404, "<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>", "NoSuchBucket: none"),
        (403, "<!DOCTYPE html>\n<html>Access\ndenied by policy</html>", "no answer of S3"),
        (400, "plain\ntext", "plain text"),
    ] {
        let error = over(&Script::of([refused(status, body)])).get(&at).await.unwrap_err();
        assert!(error.to_string().contains(said) && !error.to_string().contains('\n'), "{error}");
        assert_eq!(matches!(error, Error::PermissionDenied { .. }), status == 403);
        assert_eq!(matches!(error, Error::NotFound { .. }), status == 404);
    }
    // Bytes that are no text hide no status.
    let garbled = Ok(answer(403, &[], Bytes::from_static(b"\xff\xfe").into()));
    let error = over(&Script::of([garbled])).get(&at).await.unwrap_err();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = bucket_at(&format!("http://{closed}")).build().unwrap().get(&at).await.unwrap_err().to_string();
    assert!(error.contains("the server could not be reached: Connection refused"), "{error}");

    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let impatient = retry().with_attempt(Duration::from_millis(50));
    let error = bucket_at(&endpoint).retry(impatient).build().unwrap().get(&at).await.unwrap_err().to_string();
    assert!(error.contains("no answer came in time"), "{error}");
}

#[tokio::test]
async fn a_body_that_falls_silent_is_given_up() {
    let stalled = || {
        let body = stream::iter([Ok(Bytes::from("01"))]).chain(stream::pending()).boxed();
        Ok(answer(200, &[("content-length", "4")], Incoming::Stream(body, Some(4))))
    };
    let policy = RetryPolicy::never().with_attempt(Duration::from_millis(50));
    let store = bucket_at("https://s3.example.com").transport(Script::of([stalled()])).retry(policy).build().unwrap();
    let error = store.get(&Path::from("k")).await.unwrap().bytes().await.unwrap_err().to_string();
    assert!(error.contains("no answer came in time"), "{error}");
}

#[tokio::test]
async fn a_secret_is_in_no_output() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Log {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(text);
            Ok(text.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For the whole process: what threads without a subscriber meet first may stay silent for the one that has it.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    // A signature that does not match is answered with all that was signed.
    let server = MockServer::start().await;
    Mock::given(matchers::any())
        .respond_with(|request: &Request| {
            let token = request.headers["x-amz-security-token"].to_str().unwrap();
            ResponseTemplate::new(403).set_body_string(format!("PUT /k x-amz-security-token:{token} {SECRET}"))
        })
        .mount(&server)
        .await;
    let builder = bucket_at(&server.uri()).session_token(TOKEN);
    let mut output = vec![format!("{builder:?}")];
    let store = builder.build().unwrap();
    let error = store.put(&Path::from("k"), "v".into()).await.unwrap_err();
    output.push(format!("{store:?} {store} {error} {error:?}"));
    let lost = over(&Script::of([failed(TransportErrorKind::Lost), failed(TransportErrorKind::Lost)]));
    let error = lost.head(&Path::from("k")).await.unwrap_err();
    output.push(format!("{error} {error:?}"));
    server.reset().await;
    Mock::given(matchers::any()).respond_with(willing).mount(&server).await;
    let upload = store.put_multipart(&Path::from("k")).await.unwrap();
    output.push(format!("{upload:?}"));

    let output = output.concat();
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(output.contains("x-amz-security-token:…") && logged.contains("sent"), "{output}\n{logged}");
    for secret in [SECRET, TOKEN] {
        assert!(!output.contains(secret) && !logged.contains(secret), "{output}\n{logged}");
    }
}
