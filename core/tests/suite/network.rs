//! The real transport, over real sockets.

use std::time::Duration;

use crate::support::{ADD, EXAMPLE, READ, SET, note, notes};
use bytes::Bytes;
use futures::{StreamExt, stream};
use howdah_core::{
    ErrorKind, Outcome, endpoints,
    http::{Api, Auth, Body, Download, Multipart, RetryPolicy, Upload},
    testing::{Answer, Fake, World},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

fn api_at(base: &str) -> Api {
    let retry = RetryPolicy::never().with_attempt(Duration::from_secs(5));
    Api::builder(&EXAMPLE, base).auth(Auth::bearer("t")).retry(retry).build().unwrap()
}

endpoints! {
    ONE:    ()     => Vec<String> = get("/one/{name}");
    TWO:    ()     => Vec<String> = post("/two/{name}/then/{other}");
    TAIL:   ()     => Vec<String> = get("/tail/{rest*}");
    STORE:  Upload => Value       = put("/store");
    SEND:   Multipart => Value    = post("/send");
    BARE:   ()     => Value       = post("/bare");
    FETCH:  ()     => Download    = get("/fetch");
}

struct Echo;

impl World for Echo {
    fn pass(&mut self, _: jiff::Timestamp) {}
}

fn echo() -> Fake<Echo> {
    let all = |args: &[&str]| Ok(args.iter().map(ToString::to_string).collect());
    Fake::new("example", Echo)
        .below("/v1")
        .on(&ONE, move |_, args, ()| all(&args))
        .on(&TWO, move |_, args, ()| all(&args))
        .on(&TAIL, move |_, args, ()| all(&args))
        .on(&FETCH, |_, [], ()| Err(Answer::text(200, "text/plain", vec![b'x'; 3_000_000])))
}

fn argument() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<String>(),
        2 => "[./%\\\\?#&;:@ \t\r\n\u{0}a2eE]{0,6}",
        1 => prop::sample::select(vec!["", ".", "..", "%2e%2e", "%2E.", "../..", "a/../b", "/", "//", "..;", "a?b#c", "ü", "\u{feff}"])
            .prop_map(str::to_owned),
    ]
}

/// What a segment can never be.
fn impossible(segment: &str) -> bool {
    matches!(segment, "" | "." | "..")
}

#[test]
fn an_argument_arrives_as_it_is_or_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (fake, api, _server) = runtime.block_on(async {
        let fake = echo();
        let server = fake.serve().await.unwrap();
        (fake, api_at(&server.base_url()), server)
    });
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    let test = |(one, other): (String, String)| {
        runtime.block_on(async {
            let before = fake.requests();
            let checked = |ended: howdah_core::Result<Vec<String>>, expected: &[&str], refused: bool| {
                match ended {
                    Ok(seen) => {
                        prop_assert!(!refused, "{expected:?} was sent");
                        prop_assert_eq!(seen, expected);
                    }
                    Err(error) => {
                        prop_assert!(refused, "{expected:?}: {error}");
                        prop_assert!(error.is_invalid() && error.outcome() == Outcome::NotSent, "{}", error);
                        prop_assert_eq!(fake.requests(), before, "it was refused and sent");
                    }
                }
                Ok(())
            };
            let refused = impossible(&one);
            checked(api.send(&ONE, [&one], ()).await, &[&one], refused)?;
            let before = fake.requests();
            let tail = format!("{one}/{other}");
            let refused = tail.split('/').any(impossible);
            let ended = api.send(&TAIL, [&tail], ()).await;
            prop_assert_eq!(ended.is_err(), refused, "{:?}: {:?}", tail, ended);
            if let Ok(seen) = ended {
                prop_assert_eq!(seen, [tail]);
            } else {
                prop_assert_eq!(fake.requests(), before);
            }
            let ended = api.send(&TWO, [&one, &other], ()).await;
            prop_assert_eq!(ended.is_err(), impossible(&one) || impossible(&other));
            if let Ok(seen) = ended {
                prop_assert_eq!(seen, [one, other]);
            }
            Ok(())
        })
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner.run(&(argument(), argument()), test).unwrap();
}

#[tokio::test]
async fn a_fake_is_served_until_its_server_is_dropped() {
    let fake = notes().below("/v1");
    let server = fake.serve().await.unwrap();
    let api = api_at(&server.base_url());
    assert_eq!(api.send(&READ, [&"a/b"], ()).await.unwrap(), note("a/b"));
    assert_eq!(api.send(&ADD, [], note("c")).await.unwrap(), note("c"));
    assert!(!fake.journal()[0].client, "over the network nobody knows who asks");
    drop(server);
    // Neither a new connection nor the pooled one.
    assert!(api.send(&READ, [&1], ()).await.is_err());
    assert_eq!(fake.requests(), 2);
}

/// Answers one connection with these bytes after a whole request, and tells what the request was.
async fn answering(answer: Vec<u8>) -> (String, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        stream.write_all(&answer).await.unwrap();
        stream.shutdown().await.unwrap();
        request
    });
    (base, task)
}

/// Reads a request as its `Content-Length` says, or until the client gives up.
async fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if request.len() >= head.len() + 4 + length {
                return request;
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return request,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
}

const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = elsewhere.local_addr().unwrap();
    let answer = format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{target}/\r\ncontent-length: 0\r\n\r\n");
    let (base, server) = answering(answer.into()).await;
    let error = api_at(&base).send(&READ, [&1], ()).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 307);
    assert_eq!(error.outcome(), Outcome::Refused);
    server.await.unwrap();
    let nobody = tokio::time::timeout(Duration::from_millis(100), elsewhere.accept()).await;
    assert!(nobody.is_err(), "the redirect was followed");
}

fn pieces(pieces: &'static [&'static str]) -> stream::BoxStream<'static, std::io::Result<Bytes>> {
    stream::iter(pieces).map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).boxed()
}

#[tokio::test]
async fn every_body_has_its_length_and_no_chunks() {
    for body in
        [Body::from("hello"), Body::once(pieces(&["he", "", "llo"]), 5), Body::replayable(|| pieces(&["hell", "o"]), 5)]
    {
        let (base, server) = answering(EMPTY.into()).await;
        let told = format!("{body:?}");
        api_at(&base).send(&STORE, [], Upload::new(body)).await.unwrap();
        let request = String::from_utf8(server.await.unwrap()).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("\r\ncontent-length: 5"), "{told}: {head}");
        assert!(!head.contains("transfer-encoding"), "{told}: {head}");
        assert_eq!(body, "hello", "{told}");
    }
    for body in [Body::Empty, Body::once(pieces(&[]), 0)] {
        let (base, server) = answering(EMPTY.into()).await;
        api_at(&base).send(&STORE, [], Upload::new(body)).await.unwrap();
        let request = String::from_utf8(server.await.unwrap()).unwrap();
        assert!(request.contains("\r\ncontent-length: 0"), "{request}");
        assert!(!request.contains("transfer-encoding"), "{request}");
    }
    let (base, server) = answering(EMPTY.into()).await;
    api_at(&base).send(&BARE, [], ()).await.unwrap();
    let request = String::from_utf8(server.await.unwrap()).unwrap();
    assert!(request.contains("\r\ncontent-length: 0") && request.ends_with("\r\n\r\n"), "{request}");
    assert!(!request.contains("content-type") && request.contains("authorization: Bearer t"), "{request}");
}

#[tokio::test]
async fn a_body_of_another_length_than_announced_is_an_error() {
    for chunks in [&["abc"] as &[_], &["abc", "defghi"], &["abcde", "f"], &[]] {
        let fake = echo().on(&STORE, |_, [], _| Ok(json!("stored")));
        let server = fake.serve().await.unwrap();
        let upload = Upload::new(Body::once(pieces(chunks), 5));
        let error = api_at(&server.base_url()).send(&STORE, [], upload).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::Unknown), "{chunks:?}");
        assert!(fake.journal().is_empty(), "{chunks:?} was stored");
    }
}

#[tokio::test]
async fn a_download_streams_and_a_broken_one_is_an_error() {
    let server = echo().serve().await.unwrap();
    let download = api_at(&server.base_url()).send(&FETCH, [], ()).await.unwrap();
    assert_eq!(download.body.len(), Some(3_000_000));
    let chunks: Vec<_> = download.body.into_stream().collect().await;
    assert!(chunks.len() > 1, "it came in one piece");
    let length: usize = chunks.into_iter().map(|chunk| chunk.unwrap().len()).sum();
    assert_eq!(length, 3_000_000);

    let (base, _server) = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".into()).await;
    let download = api_at(&base).send(&FETCH, [], ()).await.unwrap();
    assert!(download.body.collect().await.is_err());
}

#[tokio::test]
async fn a_download_that_falls_silent_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await.unwrap();
        std::future::pending::<()>().await;
    });
    let retry = RetryPolicy::never().with_attempt(Duration::from_millis(200));
    let api = Api::builder(&EXAMPLE, base).retry(retry).build().unwrap();
    let download = api.send(&FETCH, [], ()).await.unwrap();
    let error = download.body.collect().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    server.abort();
}

#[tokio::test]
async fn a_refused_connection_means_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = api_at(&base).send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::NotSent));
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_leaves_the_outcome_open() {
    for answer in ["", "HTTP/1.1 20", "HTTP/1.1 201 Created\r\ncontent-length: 9\r\n\r\n{\"te"] {
        let (base, server) = answering(answer.into()).await;
        let error = api_at(&base).send(&ADD, [], note("a")).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::Unknown), "{answer:?}");
        server.await.unwrap();
    }
    let (base, server) = answering("SSH-2.0-OpenSSH\r\n".into()).await;
    let error = api_at(&base).send(&SET, [&1], note("a")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    server.await.unwrap();
}

#[tokio::test]
async fn silence_on_the_wire_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let retry = RetryPolicy::never().with_attempt(Duration::from_millis(200));
    let api = Api::builder(&EXAMPLE, base).retry(retry).build().unwrap();
    let error = api.send(&ADD, [], note("a")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
}

#[tokio::test]
async fn a_multipart_form_is_what_a_server_expects() {
    let (base, server) = answering(EMPTY.into()).await;
    let form =
        Multipart::new().with_field("na\"me", "v\r\nw").with_file("file", "ü.pem", "application/x-pem-file", "-----\n");
    api_at(&base).send(&SEND, [], form).await.unwrap();
    let request = String::from_utf8(server.await.unwrap()).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let content_type = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"na%22me\"\r\n\r\nv\r\nw\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ü.pem\"\r\n\
         Content-Type: application/x-pem-file\r\n\r\n-----\n\r\n--{boundary}--\r\n"
    );
    assert_eq!(body, expected);
}
