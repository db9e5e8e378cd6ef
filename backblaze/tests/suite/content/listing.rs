//! Listings, held against what a naive one would be.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use howdah_backblaze::{
    Action,
    files::{NameFilter, VersionFilter},
};
use howdah_core::ErrorKind;
use proptest::prelude::*;

use super::{place, refused};

/// What was done to a bucket: each name is uploaded, or hidden if it can be.
type History = Vec<(String, bool)>;

/// Name, action and the serial of the step, which is also the content.
type Row = (String, Action, Option<u64>);

fn model(history: &History, versions: bool, start: &str, prefix: &str, delimiter: &str) -> Vec<Row> {
    let mut names: BTreeMap<&str, Vec<(Action, u64)>> = BTreeMap::new();
    for (step, (name, hide)) in history.iter().enumerate() {
        let before = names.entry(name).or_default();
        match before.first() {
            Some((Action::Upload, _)) if *hide => before.insert(0, (Action::Hide, 0)),
            _ if *hide => {}
            _ => before.insert(0, (Action::Upload, step as u64)),
        }
    }
    let (mut rows, mut folders) = (Vec::new(), BTreeSet::new());
    for (name, found) in names {
        if name < start || !name.starts_with(prefix) {
            continue;
        }
        let wanted: Vec<_> = match found.first() {
            _ if versions => found,
            Some((Action::Upload, step)) => vec![(Action::Upload, *step)],
            _ => continue,
        };
        if wanted.is_empty() {
            continue;
        }
        match name[prefix.len()..].find(delimiter).filter(|_| !delimiter.is_empty()) {
            Some(at) => {
                let folder = name[..prefix.len() + at + delimiter.len()].to_owned();
                if folders.insert(folder.clone()) {
                    rows.push((folder, Action::Folder, None));
                }
            }
            None => rows.extend(wanted.into_iter().map(|(action, step)| (name.to_owned(), action, Some(step)))),
        }
    }
    rows
}

fn names() -> impl Strategy<Value = String> {
    "[ab]{1,2}(/[ab~é]{1,2}){0,2}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_page_of_any_listing_is_as_it_should_be(
        history in prop::collection::vec((names(), prop::bool::weighted(0.3)), 0..30),
        start in prop_oneof![Just(String::new()), names()],
        prefix in prop_oneof![Just(String::new()), Just("a".to_owned()), Just("a/".to_owned()), Just("b/a".to_owned())],
        delimiter in prop_oneof![Just(""), Just("/"), Just("a/"), Just("é")],
        size in 1_u32..8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let place = place();
            let files = place.client.files();
            for (step, (name, hide)) in history.iter().enumerate() {
                match hide {
                    // What cannot be hidden is not.
                    true => drop(files.hide(&place.bucket, name).await),
                    false => drop(place.fake.put(&place.bucket, name, vec![0; step])),
                }
            }
            let filter = NameFilter::new(place.bucket.clone()).with_max_file_count(size);
            let filter = filter.with_start_file_name(&*start).with_prefix(&*prefix).with_delimiter(delimiter);
            let row = |file: howdah_backblaze::FileVersion| {
                let length = (file.action != Action::Folder).then_some(file.content_length);
                (file.file_name, file.action, length)
            };
            let mut pages = files.list_names(filter).by_page();
            let mut listed = Vec::new();
            while let Some(page) = pages.next().await {
                let page = page.unwrap();
                assert!(page.len() <= size as usize);
                listed.extend(page.into_iter().map(row));
            }
            assert_eq!(listed, model(&history, false, &start, &prefix, delimiter));

            let filter = VersionFilter::new(place.bucket.clone()).with_max_file_count(size);
            let filter = filter.with_start_file_name(&*start).with_prefix(&*prefix).with_delimiter(delimiter);
            let listed: Vec<_> = files.list_versions(filter).all().await.unwrap().into_iter().map(row).collect();
            assert_eq!(listed, model(&history, true, &start, &prefix, delimiter));
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_begins_with_a_version() {
    let place = place();
    let ids: Vec<_> = (0..4).map(|n| place.fake.put(&place.bucket, "a", vec![n])).collect();
    let filter = VersionFilter::new(place.bucket.clone()).with_start_file_name("a").with_start_file_id(ids[1].clone());
    let listed = place.client.files().list_versions(filter).all().await.unwrap();
    let listed: Vec<_> = listed.into_iter().filter_map(|one| one.file_id).collect();
    assert_eq!(listed, [ids[1].clone(), ids[0].clone()]);
}

#[tokio::test(start_paused = true)]
async fn a_page_has_one_to_ten_thousand_names() {
    let place = place();
    for count in [0_u32, 10_001] {
        let filter = NameFilter::new(place.bucket.clone()).with_max_file_count(count);
        refused(place.client.files().list_names(filter).all().await, ErrorKind::Invalid, "out_of_range");
    }
}

#[tokio::test(start_paused = true)]
async fn many_names_are_listed_and_folders_skipped() {
    let place = place();
    for number in 0..25_000 {
        place.fake.put(&place.bucket, &format!("{}/{number:05}", number / 5000), "");
    }
    let before = place.fake.world().requests();
    let filter = NameFilter::new(place.bucket.clone()).with_max_file_count(10_000u32);
    assert_eq!(place.client.files().list_names(filter).all().await.unwrap().len(), 25_000);
    // One of them authorizes.
    assert_eq!(place.fake.world().requests() - before, 4);
    let filter = NameFilter::new(place.bucket.clone()).with_delimiter("/");
    let folders = place.client.files().list_names(filter).all().await.unwrap();
    let folders: Vec<_> = folders.iter().map(|folder| folder.file_name.as_str()).collect();
    assert_eq!(folders, ["0/", "1/", "2/", "3/", "4/"]);
}
