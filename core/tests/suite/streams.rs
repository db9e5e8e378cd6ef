//! Bodies that pass through a fake, and what breaks them.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::support::{ADD, EXAMPLE, READ, note, notes};
use bytes::Bytes;
use futures::{StreamExt, future::join_all, stream};
use howdah_core::{
    ErrorKind, Outcome, endpoints,
    http::{Api, Body, ByteStream, Download, RetryPolicy, Upload},
    testing::{Answer, Asked, Fake, Fault, Server, World},
};
use http::Method;
use serde_json::{Value, json};

endpoints! {
    PUT:   Upload => Value    = post("/files/{name}");
    FETCH: ()     => Download = get("/files/{name}");
    HEAD:  ()     => Download = head("/files/{name}");
    LIST:  ()     => Vec<String> = get("/files");
}

#[derive(Default)]
struct Files {
    stored: Vec<(String, u64)>,
    open: u64,
    broken: Vec<io::ErrorKind>,
}

impl World for Files {
    fn pass(&mut self, _: jiff::Timestamp) {}
}

/// Counts, and is full at some point.
#[derive(Default)]
struct Counter {
    bytes: u64,
    full: Option<u64>,
}

impl Write for Counter {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        self.bytes += chunk.len() as u64;
        if self.full.is_some_and(|full| self.bytes > full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const CHUNK: Bytes = Bytes::from_static(&[7; 64 * 1024]);

fn chunks(count: usize) -> ByteStream {
    stream::repeat_with(|| Ok(CHUNK)).take(count).boxed()
}

fn length(count: usize) -> u64 {
    (count * CHUNK.len()) as u64
}

fn files() -> Fake<Files> {
    let begin = |files: &mut Files, asked: &Asked, [name]: [&str; 1]| {
        assert!(asked.body.is_empty());
        if name == "refused" || !asked.headers.contains_key("content-length") {
            return Err(Answer::json(411, json!({ "message": "not so" })));
        }
        files.open += 1;
        Ok(Counter { full: (name == "full").then_some(100_000), ..Counter::default() })
    };
    Fake::new("example", Files::default())
        .below("/v1")
        .on_upload(&PUT, begin, |files, _, [name], read| {
            files.open -= 1;
            match read {
                Ok(counter) => {
                    files.stored.push((name.to_owned(), counter.bytes));
                    Ok(json!({ "length": counter.bytes }))
                }
                Err(error) => {
                    files.broken.push(error.kind());
                    Err(Answer::json(507, json!({ "message": "no room" })))
                }
            }
        })
        .on(&FETCH, |_, [name], ()| {
            let count: usize = name.parse().map_err(|_| Answer::empty(404))?;
            Err(Answer::stream(200, length(count), move || chunks(count)).with_header("x-name", name))
        })
        .on(&LIST, |files, [], ()| Ok(files.stored.iter().map(|(name, _)| name.clone()).collect()))
}

fn inside(fake: &Fake<Files>) -> Api {
    crate::support::builder(fake.clone()).retry(RetryPolicy::never()).build().unwrap()
}

async fn outside(fake: &Fake<Files>) -> (Api, Server) {
    let server = fake.serve().await.unwrap();
    let retry = RetryPolicy::never().with_attempt(Duration::from_secs(10));
    (Api::builder(&EXAMPLE, server.base_url()).retry(retry).build().unwrap(), server)
}

fn upload(count: usize) -> Upload {
    Upload::new(Body::replayable(move || chunks(count), length(count)))
        .with_header("x-file", "a b")
        .with_secret_header("x-ticket", "hush")
}

async fn bodies_pass(fake: &Fake<Files>, api: &Api, count: usize) {
    let stored = api.send(&PUT, [&"big"], upload(count)).await.unwrap();
    assert_eq!(stored["length"], length(count));
    let download = api.send(&FETCH, [&count], ()).await.unwrap();
    assert_eq!(download.body.len(), Some(length(count)));
    assert_eq!(download.headers["content-length"], length(count).to_string());
    let mut read = 0;
    let mut body = download.body.into_stream();
    while let Some(chunk) = body.next().await {
        read += chunk.unwrap().len() as u64;
    }
    assert_eq!(read, length(count));
    for exchange in fake.journal() {
        assert_eq!((exchange.status, exchange.request), (200, Value::Null));
        assert_eq!(exchange.response.is_null(), exchange.method == "GET");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_of_ten_gigabytes_passes_through_in_process() {
    let fake = files();
    bodies_pass(&fake, &inside(&fake), 160 * 1024).await;
    let told = &fake.journal()[0].headers;
    assert_eq!((told["x-file"].as_str(), told["content-length"].as_str()), ("a b", "10737418240"));
    assert!(!told.contains_key("x-ticket"), "{told:?}");
}

#[tokio::test]
async fn a_body_passes_through_a_server() {
    let fake = files();
    let (api, _server) = outside(&fake).await;
    bodies_pass(&fake, &api, 1024).await;
    let told = fake.journal().remove(0).headers;
    assert_eq!(told["x-file"], "a b");
    assert!(!told.contains_key("host") && !told.contains_key("user-agent"), "{told:?}");
}

/// A body that counts what was read of it.
fn watched(count: usize) -> (Upload, Arc<AtomicU64>) {
    let read = Arc::new(AtomicU64::new(0));
    let seen = read.clone();
    let body = chunks(count).inspect(move |chunk| {
        seen.fetch_add(chunk.as_ref().unwrap().len() as u64, Ordering::SeqCst);
    });
    (Upload::new(Body::once(body, length(count))), read)
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_not_read() {
    let fake = files();
    let api = inside(&fake);
    let (body, read) = watched(4);
    let error = api.send(&PUT, [&"refused"], body).await.unwrap_err();
    assert_eq!((error.message(), read.load(Ordering::SeqCst)), ("not so", 0));

    fake.fail_next(Fault::Answer { applied: false, answer: Answer::json(503, json!({ "message": "elsewhere" })) });
    let (body, read) = watched(4);
    let error = api.send(&PUT, [&"a"], body).await.unwrap_err();
    assert_eq!((error.message(), read.load(Ordering::SeqCst)), ("elsewhere", 0));

    fake.fail_next(Fault::Answer { applied: true, answer: Answer::json(503, json!({ "message": "elsewhere" })) });
    let (body, read) = watched(4);
    api.send(&PUT, [&"a"], body).await.unwrap_err();
    assert_eq!(read.load(Ordering::SeqCst), length(4));
    assert_eq!(fake.state(|files| files.stored.clone()), [("a".to_owned(), length(4))]);
}

#[tokio::test]
async fn a_server_refuses_before_it_reads() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let fake = files();
    let server = fake.serve().await.unwrap();
    for head in ["content-length: 1000000000", "transfer-encoding: chunked"] {
        let name = if head.starts_with("content") { "refused" } else { "chunked" };
        let mut connection = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let request = format!("POST /v1/files/{name} HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        connection.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 411");
    }
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_fails_is_answered() {
    let fake = files();
    let (body, read) = watched(100);
    let error = inside(&fake).send(&PUT, [&"full"], body).await.unwrap_err();
    assert_eq!(error.message(), "no room");
    assert_eq!(read.load(Ordering::SeqCst), length(2));
    assert_eq!(fake.state(|files| (files.open, files.broken.clone())), (0, vec![io::ErrorKind::StorageFull]));
    assert_eq!(fake.journal()[0].status, 507);
}

async fn broken_uploads(fake: &Fake<Files>, api: &Api) {
    fake.fail_next(Fault::CutRequest { after: 100_000 });
    let error = api.send(&PUT, [&"a"], upload(1000)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::Unknown));
    let breaks = async {
        // Once the beginning has arrived.
        tokio::time::sleep(Duration::from_millis(200)).await;
        Err(io::ErrorKind::PermissionDenied.into())
    };
    let source = stream::iter([Ok(CHUNK)]).chain(stream::once(breaks));
    let error = api.send(&PUT, [&"a"], Upload::new(Body::once(source, length(3)))).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::Unknown));
    // A server learns of it in its own time.
    for _ in 0..100 {
        if fake.state(|files| files.broken.len()) == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(fake.state(|files| (files.open, files.broken.len(), files.stored.len())), (0, 2, 0));
    assert_eq!(fake.state(|files| files.broken[0]), io::ErrorKind::ConnectionReset);
    assert!(fake.journal().is_empty(), "nobody was answered");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_tidied_up() {
    let fake = files();
    let api = inside(&fake);
    broken_uploads(&fake, &api).await;

    // So is one that nobody waits for any more.
    let stuck = stream::iter([Ok(CHUNK)]).chain(stream::pending());
    let error = api.send(&PUT, [&"a"], Upload::new(Body::once(stuck, length(2)))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(fake.state(|files| (files.open, files.broken[2])), (0, io::ErrorKind::ConnectionAborted));
}

#[tokio::test]
async fn a_body_that_breaks_off_on_its_way_to_a_server_is_tidied_up() {
    let fake = files();
    let (api, _server) = outside(&fake).await;
    broken_uploads(&fake, &api).await;
}

async fn broken_answers(fake: &Fake<Files>, api: &Api) {
    for after in [0, 1, 70_000] {
        fake.fail_next(Fault::CutAnswer { after });
        let download = api.send(&FETCH, [&4], ()).await.unwrap();
        assert_eq!(download.body.len(), Some(length(4)));
        let mut body = download.body.into_stream();
        let mut read = 0;
        let broken = loop {
            match body.next().await {
                Some(Ok(chunk)) => read += chunk.len() as u64,
                other => break other,
            }
        };
        assert!(broken.unwrap().is_err());
        assert_eq!(read, after);
    }
    fake.fail_next(Fault::CutAnswer { after: 3 });
    let error = api.send(&PUT, [&"a"], upload(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Transport, Outcome::Unknown));
    assert_eq!(fake.state(|files| files.stored.len()), 1);
    fake.fail_next(Fault::CutAnswer { after: 3000 });
    api.send(&PUT, [&"a"], upload(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_breaks_off() {
    let fake = files();
    broken_answers(&fake, &inside(&fake)).await;
}

#[tokio::test]
async fn an_answer_of_a_server_breaks_off() {
    let fake = files();
    let (api, _server) = outside(&fake).await;
    broken_answers(&fake, &api).await;
}

async fn heads(fake: &Fake<Files>, api: &Api) {
    let head = api.send(&HEAD, [&3], ()).await.unwrap();
    assert_eq!((head.status.as_u16(), head.body.len()), (200, Some(0)));
    assert_eq!(
        (&head.headers["content-length"], &head.headers["x-name"]),
        (&"196608".parse().unwrap(), &"3".parse().unwrap())
    );
    let error = api.send(&HEAD, [&"none"], ()).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let journal = fake.journal();
    assert_eq!(journal[0].route.as_deref(), Some("HEAD /files/{name}"));
    assert_eq!((journal[0].method.as_str(), &journal[0].response), ("HEAD", &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_head_is_answered_by_the_route_of_the_get() {
    let fake = files();
    heads(&fake, &inside(&fake)).await;
}

#[tokio::test]
async fn a_head_is_answered_by_a_server() {
    let fake = files();
    let (api, _server) = outside(&fake).await;
    heads(&fake, &api).await;
    // The connection is still in step.
    assert!(api.send(&LIST, [], ()).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_own_head_goes_before_the_get() {
    let fake = files().on(&HEAD, |_, [_], ()| Err(Answer::empty(200).with_header("content-length", "5")));
    let head = inside(&fake).send(&HEAD, [&3], ()).await.unwrap();
    assert_eq!(head.headers["content-length"], "5");
}

#[tokio::test(start_paused = true)]
async fn versions_of_an_api_are_one() {
    fn before(asked: &mut Asked) {
        if let Some(path) = asked.path.strip_prefix("/v0") {
            asked.path = format!("/v1{path}").replace("/message", "/notes");
            asked.headers.insert("x-version", "0".parse().unwrap());
            if asked.method == Method::POST {
                let old: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
                asked.body = json!({ "text": old["words"] }).to_string().into();
            }
        }
    }
    fn after(notes: &mut crate::support::Notes, asked: &Asked, answer: Answer) -> Answer {
        if !asked.headers.contains_key("x-version") {
            return answer;
        }
        notes.set += 1;
        let new: Value = serde_json::from_slice(&answer.body).unwrap();
        Answer { headers: answer.headers, ..Answer::json(answer.status.as_u16(), json!({ "words": new["text"] })) }
    }
    endpoints! { OLD: Value => Value = post("/message").status(201); }

    let fake = notes().below("/v1").with_translation(before, after);
    let old = Api::builder(&EXAMPLE, "https://api.example.com/v0").transport(fake.clone()).build().unwrap();
    assert_eq!(old.send(&OLD, [], json!({ "words": "a" })).await.unwrap(), json!({ "words": "a" }));
    let new = crate::support::builder(fake.clone()).build().unwrap();
    assert_eq!(new.send(&ADD, [], note("b")).await.unwrap(), note("b"));
    assert_eq!(fake.state(|notes| (notes.added, notes.set)), (2, 1));
    let exchange = fake.journal().remove(0);
    assert_eq!((exchange.path.as_str(), exchange.route.as_deref()), ("/v0/message", Some("POST /notes")));
    assert_eq!((exchange.request, exchange.response), (json!({ "words": "a" }), json!({ "words": "a" })));
    assert!(!exchange.headers.contains_key("x-version"));
    assert_eq!(exchange.answer_headers["content-type"], "application/json");
    assert_eq!((exchange.translated, fake.journal()[1].translated), (true, false));
}

#[tokio::test(start_paused = true)]
async fn without_a_journal_requests_are_counted() {
    let fake = notes().below("/v1").without_journal();
    crate::support::builder(fake.clone()).build().unwrap().send(&READ, [&1], ()).await.unwrap();
    assert_eq!((fake.journal().len(), fake.requests()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn drawn_faults_are_the_same_for_the_same_seed() {
    async fn outcomes(share: f64, seed: u64) -> Vec<bool> {
        let fake = notes().below("/v1");
        fake.fail_randomly(share, seed, |rng, asked| {
            assert_eq!(asked.path, "/v1/notes/1");
            [Fault::NotSent, Fault::Lost { applied: true }].get(rng.usize(..2)).cloned()
        });
        let api = crate::support::builder(fake).retry(RetryPolicy::never()).build().unwrap();
        let mut outcomes = Vec::new();
        for _ in 0..400 {
            outcomes.push(api.send(&READ, [&1], ()).await.is_ok());
        }
        outcomes
    }
    let one = outcomes(0.25, 1).await;
    assert_eq!(one, outcomes(0.25, 1).await);
    assert_ne!(one, outcomes(0.25, 2).await);
    let failed = one.iter().filter(|&&good| !good).count();
    assert!((60..140).contains(&failed), "{failed}");
    assert!(outcomes(0.0, 1).await.into_iter().all(|good| good));
}

#[tokio::test(start_paused = true)]
async fn uploads_come_at_once() {
    let fake = files().with_latency(Duration::from_secs(1));
    let api = inside(&fake);
    let slowly = || {
        let body = chunks(10).then(|chunk| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            chunk
        });
        Upload::new(Body::once(body, length(10)))
    };
    let started = tokio::time::Instant::now();
    let uploads = join_all((0..20).map(|name| api.send(&PUT, [&name], slowly())));
    let watching = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(fake.state(|files| files.open), 20);
    };
    let (ended, ()) = tokio::join!(uploads, watching);
    assert!(ended.iter().all(Result::is_ok));
    assert_eq!(started.elapsed().as_secs(), 11);
}
