//! Calls, handles and the kinds of what is sent and read; and the fake that answers them.

use std::{collections::BTreeMap, time::Duration};

use crate::support::{ADD, EXAMPLE, LIST, Note, Notes, READ, REMOVE, SET, note, notes};
use bytes::Bytes;
use futures::{StreamExt, stream};
use howdah_core::{
    ErrorKind, Outcome, Secret, endpoints,
    http::{
        Api, Auth, Binary, Body, Detailed, Download, Form, Multipart, Pages, Pending, Query, RetryPolicy, Stage,
        Staged, Text, Upload, With,
    },
    testing::{Answer, Fake, Fault, KillSwitch, World},
};
use serde_json::{Value, json};
use tokio::time::Instant;

fn api_of(fake: &Fake<impl World>) -> Api {
    Api::builder(&EXAMPLE, "https://api.example.com").transport(fake.clone()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn calls_own_what_they_need() {
    let fake = notes().with_latency(Duration::from_secs(1));
    let api = || api_of(&fake);

    let started = Instant::now();
    let (one, two) = tokio::join!(api().send(&READ, [&"1"], ()), {
        let id = String::from("2");
        api().send(&READ, [&id], ())
    });
    assert_eq!((one.unwrap(), two.unwrap()), (note("1"), note("2")));
    let three = tokio::spawn(api().send(&READ, [&3], ())).await.unwrap();
    assert_eq!(three.unwrap(), note("3"));
    let calls = stream::iter(4..20).map(|id| api().send(&READ, [&id], ()));
    let read: Vec<_> = calls.buffer_unordered(8).collect().await;
    assert!(read.iter().all(Result::is_ok));
    assert_eq!(started.elapsed(), Duration::from_secs(1 + 1 + 2));
}

#[test]
fn handles_can_be_sent_and_kept() {
    fn owned<T: Send + 'static>() {}
    #[derive(Clone)]
    struct Work;
    impl Staged for Work {
        fn stage(&self) -> Stage {
            Stage::Done
        }
    }
    owned::<Api>();
    owned::<Pages<Note>>();
    owned::<Pending<Work>>();
    owned::<howdah_core::http::Call<Note>>();
    owned::<howdah_core::Error>();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_it_is_awaited() {
    let fake = notes();
    drop(api_of(&fake).send(&ADD, [], note("a")));
    drop(api_of(&fake).pages(&LIST, [], ()));
    assert_eq!(fake.requests(), 0);
}

endpoints! {
    FIND:     BTreeMap<String, String>                         => Value          = get("/find");
    PURGE:    Query<BTreeMap<String, String>>                  => ()             = delete("/purge").status(204);
    COPY:     With<BTreeMap<String, String>, Note>             => Value          = post("/copy").headers(&[("X-Dangerous", "yes")]);
    SIGN_IN:  Form<BTreeMap<String, String>>                   => Value          = post("/sign-in");
    STORE:    Upload                                           => Value          = post("/store/{name*}");
    STORE_AT: With<BTreeMap<String, String>, Upload>           => ()             = put("/store-at").status(204);
    SEND:     Multipart                                        => Value          = post("/send");
    ZONE:     ()                                               => Text           = get("/zone");
    INVOICE:  ()                                               => Binary         = get("/invoice");
    FETCH:    ()                                               => Download       = get("/fetch");
    LOOK:     ()                                               => Detailed<Note> = get("/look").envelope("data");
    MAYBE:    ()                                               => Option<Note>   = get("/maybe");
    NOTHING:  ()                                               => ()             = post("/nothing").status(204);
    ORDER:    ()                                               => String         = post("/orders");
    TRY:      ()                                               => String         = post("/orders").headers(&[("dry-run", "1")]);
}

struct Nowhere;

impl World for Nowhere {
    fn pass(&mut self, _: jiff::Timestamp) {}
}

fn kinds() -> (Api, Fake<Nowhere>) {
    let fake = Fake::new("example", Nowhere)
        .on(&FIND, |_, [], query| Ok(json!(query)))
        .on(&PURGE, |_, [], Query(query)| if query["sure"] == "yes & no" { Ok(()) } else { Err(Answer::empty(400)) })
        .on(&COPY, |_, [], With { query, body }| Ok(json!({ "query": query, "body": body })))
        .on(&SIGN_IN, |_, [], Form(form)| Ok(json!(form)))
        .on(&STORE, |_, [name], upload| {
            Ok(json!([name, upload.header("X-Name"), upload.header("content-type"), upload.content().map(Bytes::len)]))
        })
        .on(&SEND, |_, [], form| Ok(json!([form.part("a\"b").map(Bytes::len), form.file("file")])))
        .on(&STORE_AT, |_, [], With { .. }| Ok(()))
        .on(&ZONE, |_, [], ()| Ok(Text("$TTL 1h\n".into())))
        .on(&INVOICE, |_, [], ()| Ok(Binary(Bytes::from_static(b"%PDF\xff\x00"))))
        .on(&LOOK, |_, [], ()| {
            Err(Answer::json(203, json!({ "data": { "text": "a" }, "more": 1 })).with_header("x-total", "5"))
        })
        .on(&NOTHING, |_, [], ()| Ok(()));
    (api_of(&fake), fake)
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_plain_input_is_the_query_of_a_get_and_the_body_otherwise() {
    let (api, fake) = kinds();
    let odd = pairs(&[("name_like", "a b&c=d+e%"), ("ü", "")]);
    assert_eq!(api.send(&FIND, [], odd.clone()).await.unwrap(), json!(odd));
    assert_eq!(fake.journal()[0].request, Value::Null);

    let fake = notes();
    let added = api_of(&fake).send(&ADD, [], note("ü\"")).await.unwrap();
    assert_eq!(added, note("ü\""));
    assert_eq!(fake.journal()[0].query, "");
}

#[tokio::test(start_paused = true)]
async fn no_input_is_no_body_and_no_query() {
    let (api, fake) = kinds();
    api.send(&NOTHING, [], ()).await.unwrap();
    api.send(&ZONE, [], ()).await.unwrap();
    for exchange in fake.journal() {
        assert_eq!((exchange.query.as_str(), exchange.request), ("", Value::Null));
    }
}

#[tokio::test(start_paused = true)]
async fn queries_bodies_forms_and_headers_go_where_they_belong() {
    let (api, fake) = kinds();
    api.send(&PURGE, [], Query(pairs(&[("sure", "yes & no")]))).await.unwrap();
    let both = With { query: pairs(&[("dry", "1")]), body: note("a") };
    let seen = api.send(&COPY, [], both).await.unwrap();
    assert_eq!(seen, json!({ "query": { "dry": "1" }, "body": { "text": "a" } }));
    let form = pairs(&[("user", "a&b"), ("word", "c d")]);
    assert_eq!(api.send(&SIGN_IN, [], Form(form.clone())).await.unwrap(), json!(form));
    assert_eq!(fake.journal()[2].request, "user=a%26b&word=c+d");
}

#[tokio::test(start_paused = true)]
async fn what_every_query_has_is_added_where_it_is_not() {
    let (_, fake) = kinds();
    let builder = || Api::builder(&EXAMPLE, "https://api.example.com").transport(fake.clone());
    let api = builder().query("payer", "none").query("payer", "a & b").build().unwrap();
    let asked = |said: &[(&str, &str)]| api.send(&FIND, [], pairs(said));
    assert_eq!(asked(&[]).await.unwrap(), json!({ "payer": "a & b" }));
    assert_eq!(asked(&[("page", "2")]).await.unwrap(), json!({ "page": "2", "payer": "a & b" }));
    assert_eq!(asked(&[("payer", "another")]).await.unwrap(), json!({ "payer": "another" }));
    api.send(&NOTHING, [], ()).await.unwrap();
    let single = api.at("https://api.example.com/once?signature=1").unwrap();
    single.send(&FIND, [], pairs(&[])).await.unwrap_err();
    let queries: Vec<_> = fake.journal().into_iter().skip(3).map(|exchange| exchange.query).collect();
    assert_eq!(queries, ["payer=a+%26+b", "signature=1"]);
}

#[tokio::test(start_paused = true)]
async fn a_fake_tells_operations_apart_by_their_headers() {
    for dry_first in [true, false] {
        let fake = Fake::new("example", Nowhere);
        let dry = |fake: Fake<Nowhere>| fake.on(&TRY, |_, [], ()| Ok("tried".to_owned()));
        let plain = |fake: Fake<Nowhere>| fake.on(&ORDER, |_, [], ()| Ok("ordered".to_owned()));
        let fake = if dry_first { plain(dry(fake)) } else { dry(plain(fake)) };
        let api = api_of(&fake);
        assert_eq!(api.send(&TRY, [], ()).await.unwrap(), "tried");
        assert_eq!(api.send(&ORDER, [], ()).await.unwrap(), "ordered");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_is_bytes_with_headers_of_its_own() {
    let (api, fake) = kinds();
    let upload = Upload::new("hello").with_content_type("text/plain").with_header("X-Name", "a.txt");
    let seen = api.send(&STORE, [&"a/b c"], upload).await.unwrap();
    assert_eq!(seen, json!(["a/b c", "a.txt", "text/plain", 5]));
    assert_eq!(fake.journal()[0].request, "hello");

    let both =
        With { query: pairs(&[("part", "1")]), body: Upload::new(Body::once(stream::iter([Ok("xyz".into())]), 3)) };
    api.send(&STORE_AT, [], both).await.unwrap();
    let exchange = fake.journal().remove(1);
    assert_eq!((exchange.query.as_str(), exchange.request), ("part=1", json!("xyz")));

    for (name, value) in [("x name", "v"), ("x-name", "line\nbreak"), ("", "v")] {
        let error = api.send(&STORE, [&"a"], Upload::new("").with_header(name, value)).await.unwrap_err();
        assert!(error.is_invalid() && error.outcome() == Outcome::NotSent, "{error}");
    }
    assert_eq!(fake.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_form_of_many_parts_is_read_back() {
    let (api, _) = kinds();
    let file = b"\r\n--x\r\n\r\n\xff".to_vec();
    let form = Multipart::new().with_field("a\"b", "ü\r\n").with_file("file", "a\nb.txt", "text/plain", file);
    let seen = api.send(&SEND, [], form).await.unwrap();
    assert_eq!(seen, json!([4, ["a\nb.txt", "text/plain"]]));
    let broken = Multipart::new().with_file("f", "f", "text/plain\r\nx: y", "");
    assert!(api.send(&SEND, [], broken).await.unwrap_err().is_invalid());
}

#[tokio::test(start_paused = true)]
async fn answers_are_read_in_every_kind() {
    let (api, fake) = kinds();
    assert_eq!(api.send(&ZONE, [], ()).await.unwrap(), Text("$TTL 1h\n".into()));
    assert_eq!(api.send(&INVOICE, [], ()).await.unwrap().0, &b"%PDF\xff\x00"[..]);
    let look = api.send(&LOOK, [], ()).await.unwrap();
    assert_eq!((look.status.as_u16(), &look.headers["x-total"], look.value), (203, &"5".parse().unwrap(), note("a")));

    let answer = |answer: Answer| {
        fake.fail_next(Fault::Answer { applied: false, answer });
    };
    for (body, expected) in [("", None), (" \n", None), ("null", None), (r#"{"text":"a","new":[]}"#, Some(note("a")))] {
        answer(Answer::text(200, "application/json", body));
        assert_eq!(api.send(&MAYBE, [], ()).await.unwrap(), expected, "{body:?}");
    }
    for body in ["", "{}", r#"{"unexpected":true}"#, "deleted"] {
        answer(Answer::text(200, "text/plain", body));
        api.send(&NOTHING, [], ()).await.unwrap();
    }
    answer(Answer::text(206, "application/zip", "abc"));
    let download = api.send(&FETCH, [], ()).await.unwrap();
    assert_eq!((download.status.as_u16(), download.body.len()), (206, Some(3)));
    assert_eq!(download.body.collect().await.unwrap(), "abc");
    answer(Answer::json(404, json!({ "message": "no such file" })));
    let error = api.send(&FETCH, [], ()).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "no such file"));
}

#[test]
fn a_bad_setup_is_told_before_anything_is_sent() {
    let build = |base: &str, auth: Auth| Api::builder(&EXAMPLE, base).auth(auth).transport(notes()).build();
    for (base, why) in [
        ("http://api.example.com", "use https"),
        ("http://localhost.example.com", "use https"),
        ("http://10.0.0.1", "use https"),
        ("ftp://api.example.com", "use https"),
        ("api.example.com", "cannot be read"),
        ("https://user:hunter2@api.example.com", "credentials"),
        ("http://user:hunter2@api.example.com", "credentials"),
        ("https://user:hunter2@api example.com", "cannot be read"),
        ("https://hunter2@api.example.com/", "credentials"),
        ("https://api.example.com/?token=hunter2", "query"),
        ("https://api.example.com/#a", "fragment"),
    ] {
        let error = build(base, Auth::None).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Config, Outcome::NotSent));
        assert!(error.message().contains(why), "{base}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
    for good in ["http://localhost:8080", "http://127.0.0.1:1/v2/", "http://[::1]", "https://api.example.com/v1/"] {
        let api = build(good, Auth::None).unwrap();
        assert_eq!(api.base_url(), good.trim_end_matches('/'));
    }
    for (token, why) in [("", "empty"), (" ", "empty"), ("hunter2\n", "line break")] {
        let error = build("https://a", Auth::bearer(token)).unwrap_err();
        assert!(error.message().contains(why) && !error.to_string().contains("hunter2"), "{error}");
    }
    assert!(build("https://a", Auth::Header("X-Api-Key", Secret::from("k"))).is_ok());
    assert_eq!(build("https://a", Auth::Header("X Api", Secret::from("k"))).unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn a_url_for_a_single_use_is_taken_whole() {
    let fake = notes();
    let api = api_of(&fake);
    let upload: howdah_core::http::Endpoint<Upload, (), 0> =
        howdah_core::http::Endpoint::new("UPLOAD", howdah_core::http::Route::post("/"));
    let once = api.at("https://pod.example.com/upload/here?token=t0k3n").unwrap();
    assert!(!format!("{once:?}").contains("t0k3n"));
    let _ = once.send(&upload, [], Upload::new("a")).await;
    let exchange = fake.journal().remove(0);
    assert_eq!((exchange.path.as_str(), exchange.query.as_str()), ("/upload/here", "token=t0k3n"));
}

// The fake itself.

mod routes {
    use serde_json::Value;

    howdah_core::endpoints! {
        ONE:    () => Value = get("/a/{id}");
        LATEST: () => Value = get("/a/latest");
        PAIR:   () => Value = get("/a/{x}/{y}");
        TAIL:   () => Value = get("/a/{rest*}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_most_exact_route_answers_whatever_the_order() {
    use routes::{LATEST, ONE, PAIR, TAIL};
    for reversed in [false, true] {
        let mut fake = Fake::new("example", Nowhere);
        let mut routes = [(TAIL, "tail"), (ONE, "one")].map(|(endpoint, name)| (endpoint, name));
        if reversed {
            routes.reverse();
        }
        fake = fake.on(&LATEST, |_, [], ()| Ok(json!("latest")));
        for (endpoint, name) in routes {
            fake = fake.on(&endpoint, move |_, [_], ()| Ok(json!(name)));
        }
        fake = fake.on(&PAIR, |_, [_, _], ()| Ok(json!("pair")));
        let api = api_of(&fake);
        let read = |path: &'static str| api.send(&TAIL, [&path], ());
        for (path, expected) in [("latest", "latest"), ("5", "one"), ("5/6", "pair"), ("5/6/7", "tail")] {
            assert_eq!(read(path).await.unwrap(), expected);
        }
        assert!(api.send(&NOTHING, [], ()).await.unwrap_err().is_not_found());
    }
}

#[tokio::test(start_paused = true)]
async fn the_journal_tells_what_was_carried_out() {
    let fake = notes();
    let api = api_of(&fake);
    fake.fail_nth(2, Fault::Lost { applied: true });
    fake.fail_nth(3, Fault::Lost { applied: false });
    api.send(&READ, [&"x y"], ()).await.unwrap();
    api.send(&SET, [&1], note("a")).await.unwrap();
    assert_eq!(fake.requests(), 4);
    let journal = fake.journal();
    let told: Vec<_> = journal.iter().map(|one| (one.route.as_deref().unwrap(), one.status, one.client)).collect();
    assert_eq!(told, [("GET /notes/{id}", 200, true), ("PUT /notes/{id}", 200, true), ("PUT /notes/{id}", 200, true)]);
    assert_eq!(journal[0].path, "/notes/x%20y");
    assert_eq!((&journal[1].request, &journal[1].response), (&json!({ "text": "a" }), &json!({ "text": "a" })));
}

#[tokio::test(start_paused = true)]
async fn a_kept_world_is_on_disk_after_every_change() {
    let file = std::env::temp_dir().join(format!("howdah-kept-{}.json", std::process::id()));
    let fake = notes().kept_in(&file);
    let kept = || serde_json::from_slice::<Value>(&std::fs::read(&file).unwrap()).unwrap();
    let api = api_of(&fake);
    api.send(&ADD, [], note("a")).await.unwrap();
    assert_eq!(kept()["added"], 1);
    fake.fail_next(Fault::Lost { applied: true });
    let _ = api.send(&ADD, [], note("a")).await;
    assert_eq!(kept()["added"], 2);
    fake.state(|notes| notes.added = 7);
    assert_eq!(kept()["added"], 7);
    std::fs::remove_file(&file).unwrap();
}

fn mortal(fake: &Fake<Notes>, switch: &KillSwitch) -> Api {
    Api::builder(&EXAMPLE, "https://api.example.com")
        .transport(switch.guard(fake.clone()))
        .retry(RetryPolicy::default())
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn after_the_kill_nothing_gets_through() {
    for applied in [false, true] {
        let fake = notes();
        let switch = KillSwitch::at(2, applied);
        let api = mortal(&fake, &switch);
        api.send(&ADD, [], note("a")).await.unwrap();
        assert!(!switch.is_dead());
        let error = api.send(&ADD, [], note("b")).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(switch.is_dead());

        // Not through another client behind the switch, nor from a task, nor again and again.
        let other = mortal(&fake, &switch.clone());
        assert!(tokio::spawn(other.send(&SET, [&1], note("c"))).await.unwrap().is_err());
        assert!(api.send(&REMOVE, [&1], ()).await.is_err());
        let (added, rest) = fake.state(|notes| (notes.added, notes.set + notes.removed));
        assert_eq!((added, rest), (1 + u32::from(applied), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_dead_see_no_answers() {
    let fake = notes().with_latency(Duration::from_secs(1));
    let switch = KillSwitch::at(2, false);
    let api = mortal(&fake, &switch);
    let under_way = tokio::spawn(api.send(&ADD, [], note("a")));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(api.send(&ADD, [], note("b")).await.is_err());
    // It was on the wire when the program died: carried out, and its answer read by nobody.
    assert!(under_way.await.unwrap().is_err());
    assert_eq!(fake.state(|notes| notes.added), 1);
}
