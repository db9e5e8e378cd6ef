//! Lists that come in pages, in every manner a provider may cut them.

use std::collections::BTreeMap;

use crate::support::builder;
use futures::{StreamExt, TryStreamExt};
use howdah_core::{
    ErrorKind, Outcome, endpoints,
    http::{Api, Pages, Pagination, RetryPolicy, Route},
    testing::{Answer, Asked, Fake, Fault, World},
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A filter, as far as these lists care: whatever the caller wrote.
type Filter = BTreeMap<String, Value>;

const SIZE: (&str, u32) = ("size", 7);

endpoints! {
    COUNTED:  Filter => Vec<u32> = get("/{kind}/counted").envelope("items")
        .pages(Pagination::Numbered { page: "page", size: SIZE, total: Some("/meta/pages") });
    NUMBERED: Filter => Vec<u32> = get("/{kind}/numbered").pages(Pagination::Numbered { page: "page", size: SIZE, total: None });
    OFFSET:   Filter => Vec<u32> = get("/{kind}/offset").pages(Pagination::Offset { offset: "skip", size: SIZE });
    LINKED:   Filter => Vec<u32> = get("/{kind}/linked").envelope("items")
        .pages(Pagination::Link { next: "/links/next", size: SIZE, numbers: None });
    HEADER:   Filter => Vec<u32> = get("/{kind}/header").pages(Pagination::LinkHeader { size: SIZE });
    CURSOR:   Filter => Vec<u32> = get("/{kind}/cursor").envelope("items")
        .pages(Pagination::Cursor { next: &[("/next", "after")], size: SIZE });
    POSTED:   Filter => Vec<u32> = post("/{kind}/posted").envelope("items").safe()
        .pages(Pagination::Cursor { next: &[("/nextName", "startName"), ("/nextId", "startId")], size: SIZE });
    WHOLE:    Filter => Vec<u32> = get("/{kind}/whole");
}

const ALL: [howdah_core::http::Endpoint<Filter, Vec<u32>, 1>; 8] =
    [COUNTED, NUMBERED, OFFSET, LINKED, HEADER, CURSOR, POSTED, WHOLE];

/// How providers write links: `{}` stands for path and query, `{query}` for the query alone.
const WRITTEN: [&str; 17] = [
    "{}",
    "https://api.example.com{}",
    "//api.example.com{}",
    "{query}",
    "https://evil.example.com{}",
    "https://api.example.com.evil.org{}",
    "https://api.example.com:8443{}",
    "http://api.example.com{}",
    "//evil.example.com{}",
    "https://api.example.com@evil.org{}",
    "\\\\evil.org{}",
    "file:///etc/passwd",
    "https://",
    "/v2/elsewhere?at=7&size=7",
    "?size=7",
    "https://api.example.com/v1/a%20b/linked?size=7",
    "?at=7&size=7",
];

struct Items {
    count: u32,
    /// Ends a list with an empty page when its last page is full.
    generous: bool,
    /// How a link is written: `{}` stands for its path and query.
    link: &'static str,
}

impl World for Items {
    fn pass(&mut self, _: jiff::Timestamp) {}
}

/// Cuts a list as the route says; every tenth item is there to say how links are to be written.
fn cut(asked: &Asked, route: &Route, mut items: Vec<Value>) -> Answer {
    let link = WRITTEN[items.pop().unwrap().as_u64().unwrap() as usize];
    let generous = items.pop().unwrap() == 1;
    let mut said: BTreeMap<String, String> = match asked.body.as_ref() {
        [] => serde_json::from_value(query_of(&asked.query)).unwrap(),
        body => serde_json::from_slice::<BTreeMap<String, Value>>(body)
            .unwrap()
            .into_iter()
            .map(|(name, value)| (name, value.as_str().map_or(value.to_string(), str::to_owned)))
            .collect(),
    };
    let mut number = |name: &str| said.remove(name).map(|text| text.parse::<usize>().unwrap());
    let size = number("size").expect("a size is always asked for");
    let start = match route.pages.unwrap() {
        Pagination::Numbered { page, .. } => (number(page).unwrap_or(1) - 1) * size,
        Pagination::Offset { offset, .. } => number(offset).unwrap_or(0),
        Pagination::Cursor { next: [(_, name)], .. } => number(name).unwrap_or(0),
        Pagination::Cursor { .. } => {
            // A name that looks like a number is a name all the same.
            if let Some(name) = serde_json::from_slice::<Value>(&asked.body).unwrap().get("startName") {
                assert!(name.is_string(), "the name was sent as {name}");
            }
            assert_eq!(number("startName"), number("startId").map(|id| id - 1_000));
            serde_json::from_slice::<Value>(&asked.body).unwrap()["startId"]
                .as_u64()
                .map_or(0, |id| id as usize - 1_000)
        }
        _ => number("at").unwrap_or(0),
    };
    let end = items.len().min(start + size);
    let page = &items[start.min(end)..end];
    let more = end < items.len() || (generous && page.len() == size);
    let pages = items.len().div_ceil(size);
    let target = format!("{}?at={end}&size={size}", asked.path);
    let link = link.replace("{}", &target).replace("{query}", &format!("?at={end}&size={size}"));
    let page = json!(page);
    match route.pages.unwrap() {
        Pagination::Link { .. } if more => Answer::json(200, json!({ "items": page, "links": { "next": link } })),
        Pagination::Link { .. } => Answer::json(200, json!({ "links": { "next": null }, "items": page })),
        Pagination::LinkHeader { .. } if more => {
            Answer::json(200, page).with_header("link", format!("<{link}>; rel=\"next\""))
        }
        Pagination::Numbered { total: Some(_), .. } => {
            Answer::json(200, json!({ "items": page, "meta": { "pages": pages } }))
        }
        Pagination::Cursor { next: [_], .. } => {
            Answer::json(200, json!({ "next": if more { json!(end) } else { json!("") }, "items": page }))
        }
        Pagination::Cursor { .. } if more => {
            Answer::json(200, json!({ "items": page, "nextName": end.to_string(), "nextId": end + 1_000 }))
        }
        Pagination::Cursor { .. } => Answer::json(200, json!({ "items": page, "nextName": null, "nextId": null })),
        _ => Answer::json(200, page),
    }
}

fn query_of(query: &str) -> Value {
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
    Value::Object(pairs.map(|(name, value)| (name, Value::String(value))).collect())
}

fn provider(items: Items) -> (Api, Fake<Items>) {
    let mut fake = Fake::new("example", items).below("/v1").with_pages(cut);
    for endpoint in ALL {
        let paged = endpoint.route().pages.is_some();
        // What `cut` needs to know travels at the end of the list.
        let numbers = move |items: &mut Items, [_]: [&str; 1], _: Filter| {
            let mut all: Vec<u32> = (0..items.count).collect();
            if paged {
                let link = WRITTEN.iter().position(|link| *link == items.link);
                all.extend([items.generous.into(), link.unwrap() as u32]);
            }
            Ok(all)
        };
        fake = fake.on(&endpoint, numbers);
    }
    let retry = RetryPolicy::never();
    (builder(fake.clone()).retry(retry).build().unwrap(), fake)
}

fn simple(count: u32, link: &'static str) -> (Api, Fake<Items>) {
    provider(Items { count, generous: false, link })
}

fn list(api: &Api, which: usize, filter: Filter) -> Pages<u32> {
    api.pages(&ALL[which], [&"a b"], filter)
}

fn sized(size: u32) -> Filter {
    Filter::from([("size".to_owned(), json!(size))])
}

#[tokio::test(start_paused = true)]
async fn what_every_query_has_is_not_added_twice() {
    for (link, query) in [("{}", "at=7&size=7&payer=me"), ("{query}&payer=me", "at=7&size=7&payer=me")] {
        let (_, fake) = simple(8, "{}");
        let api = builder(fake.clone()).query("payer", "me").build().unwrap();
        let next = link.replace("{}", "/v1/a%20b/header?at=7&size=7").replace("{query}", "?at=7&size=7");
        let answer = Answer::json(200, [0]).with_header("link", format!("<{next}>; rel=\"next\""));
        fake.fail_next(Fault::Answer { applied: true, answer });
        assert_eq!(list(&api, 4, Filter::new()).all().await.unwrap(), [0, 7]);
        let queries: Vec<_> = fake.journal().into_iter().map(|exchange| exchange.query).collect();
        assert_eq!(queries, ["size=7&payer=me", query]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_item_comes_once_and_in_order(
        which in 0..ALL.len(), count in 0u32..60, size in prop::option::of(1u32..13), generous: bool, link in prop::sample::select(&WRITTEN[..4]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (api, fake) = provider(Items { count, generous, link });
            let filter = || size.map(sized).unwrap_or_default();
            let expected: Vec<_> = (0..count).collect();

            let all = list(&api, which, filter()).all().await.unwrap();
            prop_assert_eq!(&all, &expected);
            let requests = fake.requests();
            let needed = if which == ALL.len() - 1 { 1 } else { u64::from(count.div_ceil(size.unwrap_or(7))) };
            prop_assert!((needed..=needed + 1).contains(&requests), "{requests} requests for {needed} pages");

            let streamed: Vec<_> = list(&api, which, filter()).try_collect().await.unwrap();
            prop_assert_eq!(&streamed, &expected);
            let pages: Vec<_> = list(&api, which, filter()).by_page().try_collect().await.unwrap();
            prop_assert_eq!(pages.concat(), expected.clone());
            if which < ALL.len() - 1 {
                for exchange in fake.journal() {
                    let asked = if exchange.method == "POST" { exchange.request } else { query_of(&exchange.query) };
                    prop_assert_eq!(support_text(&asked["size"]), size.unwrap_or(7).to_string());
                }
            }

            // What was read as items does not come again as pages, nor is it lost.
            let mut begun = list(&api, which, filter());
            let taken = 3.min(count as usize);
            for expected in 0..taken {
                prop_assert_eq!(begun.try_next().await.unwrap(), Some(expected as u32));
            }
            let rest: Vec<_> = begun.by_page().try_collect().await.unwrap();
            prop_assert_eq!(rest.concat(), &expected[taken..]);
            Ok(())
        })?;
    }
}

fn support_text(value: &Value) -> String {
    value.as_str().map_or(value.to_string(), str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn a_list_may_begin_where_the_caller_says() {
    let (api, _) = simple(20, "{}");
    let page = Filter::from([("page".to_owned(), json!(2))]);
    assert_eq!(list(&api, 1, page).all().await.unwrap(), (7..20).collect::<Vec<_>>());
    let skip = Filter::from([("skip".to_owned(), json!(15))]);
    assert_eq!(list(&api, 2, skip).all().await.unwrap(), (15..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_link_to_another_server_is_not_followed() {
    for foreign in &WRITTEN[4..13] {
        for which in [3, 4] {
            let (api, fake) = simple(20, foreign);
            let mut pages = list(&api, which, Filter::new());
            let error = pages.next().await.unwrap().unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Refused), "{foreign}: {error}");
            assert_eq!(error.route(), Some(ALL[which].route().to_string()).as_deref());
            assert_eq!(fake.requests(), 1, "{foreign}");
            assert!(pages.next().await.is_none());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_outside_the_base_path_is_followed_as_it_is() {
    let (api, fake) = simple(8, "/v2/elsewhere?at=7&size=7");
    let error = list(&api, 3, Filter::new()).all().await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(fake.journal()[1].path, "/v2/elsewhere");
}

#[tokio::test(start_paused = true)]
async fn a_repeated_cursor_is_an_error_and_not_an_endless_list() {
    // The page links to itself, to itself in another spelling, or every page to the second one.
    for link in ["?size=7", "https://api.example.com/v1/a%20b/linked?size=7", "?at=7&size=7"] {
        for which in [3, 4] {
            if which == 4 && link.contains("linked") {
                continue;
            }
            let (api, fake) = simple(100, link);
            let ended: Vec<_> = list(&api, which, Filter::new()).collect().await;
            let error = ended.last().unwrap().as_ref().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
            let items: Vec<_> = ended.iter().filter_map(|item| item.as_ref().ok()).copied().collect();
            assert_eq!(items, (0..items.len() as u32).collect::<Vec<_>>(), "an item came twice");
            assert_eq!(ended.len(), items.len() + 1, "one error, at the end");
            assert!(fake.requests() <= 2, "{link}: {}", fake.requests());
        }
    }
    let (api, fake) = simple(100, "{}");
    for n in 1..=3 {
        let stuck = Answer::json(200, json!({ "items": [n], "next": "same" }));
        fake.fail_nth(n, Fault::Answer { applied: false, answer: stuck });
    }
    let error = list(&api, 5, Filter::new()).all().await.unwrap_err();
    assert!(error.message().contains("same cursor twice"), "{error}");
    assert_eq!(fake.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_error_in_the_middle_ends_the_list() {
    for which in 0..7 {
        let (api, fake) = simple(30, "{}");
        fake.fail_nth(3, Fault::Answer { applied: false, answer: Answer::empty(403) });
        let items: Vec<_> = list(&api, which, Filter::new()).collect().await;
        let good: Vec<_> = items.iter().filter_map(|item| item.as_ref().ok()).copied().collect();
        assert_eq!(good, (0..14).collect::<Vec<_>>());
        assert_eq!(items.len(), 15);
        assert_eq!(items[14].as_ref().unwrap_err().kind(), ErrorKind::Forbidden);
        assert_eq!(fake.requests(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn bad_arguments_are_the_first_and_only_item() {
    let (api, fake) = simple(30, "{}");
    let mut pages = api.pages(&LINKED, [&".."], Filter::new());
    let error = pages.next().await.unwrap().unwrap_err();
    assert!(error.is_invalid());
    assert_eq!(
        error.to_string(),
        "example: GET /{kind}/linked: the path parameter `kind` cannot be `..`: it would leave the path (nothing was sent)"
    );
    assert!(pages.next().await.is_none());
    assert_eq!(fake.requests(), 0);
}
