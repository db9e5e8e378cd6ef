//! Pages that are fetched before they are wanted.

use std::time::Duration;

use crate::support::builder;
use futures::{StreamExt, TryStreamExt};
use howdah_core::{
    endpoints,
    http::{Api, PageNumbers, Pages, Pagination, RetryPolicy, Route},
    testing::{Answer, Asked, Fake, Fault, World},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::Instant;

const LATENCY: Duration = Duration::from_millis(50);

endpoints! {
    LINKED:  () => Vec<u32> = get("/linked").envelope("items").pages(Pagination::Link {
        next: "/links/next",
        size: ("size", 10),
        numbers: Some(PageNumbers { page: "page", items: "/meta/total" }),
    });
    COUNTED: () => Vec<u32> = get("/counted").envelope("items")
        .pages(Pagination::Numbered { page: "page", size: ("size", 10), total: Some("/meta/pages") });
}

/// How many items there are, after each request anew.
struct Items(Vec<u32>);

impl World for Items {
    fn pass(&mut self, _: jiff::Timestamp) {}
}

// What pages are cut by hands over its items.
#[allow(clippy::needless_pass_by_value)]
fn cut(asked: &Asked, route: &Route, items: Vec<Value>) -> Answer {
    let number = |name: &str| asked.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let (size, page) = (number("size").unwrap(), number("page").unwrap_or(1));
    let pages = items.len().div_ceil(size);
    let here: Vec<_> = items.iter().skip((page - 1) * size).take(size).collect();
    match route.path {
        "/counted" => Answer::json(200, json!({ "items": here, "meta": { "pages": pages } })),
        _ if page < pages => {
            let next = format!("{}?page={}&size={size}", asked.path, page + 1);
            Answer::json(200, json!({ "links": { "next": next }, "items": here, "meta": { "total": items.len() } }))
        }
        _ => Answer::json(200, json!({ "links": {}, "items": here, "meta": { "total": items.len() } })),
    }
}

/// A provider whose list has these lengths at the first request, the second, and so on; the last one stays.
fn provider(lengths: Vec<u32>) -> (Api, Fake<Items>) {
    let next = |items: &mut Items| {
        let now = if items.0.len() > 1 { items.0.remove(0) } else { items.0[0] };
        Ok((0..now).collect())
    };
    let fake = Fake::new("example", Items(lengths)).below("/v1").with_latency(LATENCY).with_pages(cut);
    let fake = fake.on(&LINKED, move |items, [], ()| next(items)).on(&COUNTED, move |items, [], ()| next(items));
    (builder(fake.clone()).retry(RetryPolicy::never()).build().unwrap(), fake)
}

fn lists(api: &Api) -> [Pages<u32>; 2] {
    [api.pages(&LINKED, [], ()), api.pages(&COUNTED, [], ())]
}

proptest! {
    #[test]
    fn every_item_comes_once_and_in_order(count in 0u32..120, ahead in 1usize..12) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (api, fake) = provider(vec![count]);
            for list in lists(&api) {
                let (before, started) = (fake.requests(), Instant::now());
                let items: Vec<_> = list.ahead(ahead).try_collect().await.unwrap();
                assert_eq!(items, (0..count).collect::<Vec<_>>());
                let pages = u64::from(count).div_ceil(10).max(1);
                assert_eq!(fake.requests() - before, pages);
                let rounds = 1 + (pages as usize - 1).div_ceil(ahead) as u32;
                assert_eq!(started.elapsed(), LATENCY * rounds);
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn all_are_fetched_together_and_a_reader_gets_them_one_by_one() {
    let (api, _) = provider(vec![90]);
    let started = Instant::now();
    assert_eq!(api.pages(&LINKED, [], ()).all().await.unwrap().len(), 90);
    assert_eq!(started.elapsed(), LATENCY * 2);

    let (api, fake) = provider(vec![90]);
    let mut list = api.pages(&LINKED, [], ());
    for _ in 0..11 {
        list.next().await.unwrap().unwrap();
    }
    assert_eq!(fake.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_has_grown_is_read_to_its_end() {
    let (api, _) = provider(vec![25, 45]);
    let items = api.pages(&LINKED, [], ()).all().await.unwrap();
    assert_eq!(items, (0..45).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_has_shrunk_ends_where_it_ends() {
    let (api, _) = provider(vec![60, 25]);
    let items = api.pages(&LINKED, [], ()).all().await.unwrap();
    assert_eq!(items, (0..25).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn an_error_ends_the_list_where_it_occurs() {
    let (api, fake) = provider(vec![60]);
    fake.fail_nth(4, Fault::Lost { applied: true });
    let mut list = api.pages(&LINKED, [], ()).ahead(8);
    for item in 0..30 {
        assert_eq!(list.next().await.unwrap().unwrap(), item);
    }
    assert!(list.next().await.unwrap().is_err());
    assert!(list.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn no_items_may_be_written_as_null() {
    let fake = Fake::new("example", Items(vec![0])).below("/v1");
    let fake = fake.on(&LINKED, |_, [], ()| Err(Answer::json(200, json!({ "items": null }))));
    let api = builder(fake).build().unwrap();
    assert_eq!(api.pages(&LINKED, [], ()).all().await.unwrap(), [0u32; 0]);
}
