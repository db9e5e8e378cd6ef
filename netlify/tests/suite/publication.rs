//! A folder published as a site: what is uploaded, and what of it after being killed.

use std::{fs, path::Path};

use howdah_core::{ErrorKind, http::RetryPolicy, testing::Fault};
use howdah_netlify::{
    Netlify,
    deploys::{DeployFilter, DeployState},
    sites::SiteId,
    testing::FakeNetlify,
};
use tempfile::TempDir;

use crate::site;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        write(folder.path(), path, content);
    }
    folder
}

fn write(folder: &Path, path: &str, content: &str) {
    let place = folder.join(path);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(place, content).unwrap();
}

fn uploads(fake: &FakeNetlify) -> usize {
    fake.world()
        .journal()
        .iter()
        .filter(|exchange| exchange.method == "PUT" && exchange.path.contains("/files/"))
        .count()
}

async fn published(fake: &FakeNetlify) -> (Netlify, SiteId) {
    let netlify = fake.client();
    let id = site(&netlify, "docs").await.id;
    (netlify, id)
}

#[tokio::test(start_paused = true)]
async fn a_folder_is_published_and_published_again() {
    let fake = FakeNetlify::new();
    let (netlify, id) = published(&fake).await;
    let folder = folder(&[
        ("index.html", "<h1>Rules</h1>"),
        ("copy.html", "<h1>Rules</h1>"),
        ("about/a b ü.html", "about"),
        (".well-known/security.txt", "mail"),
        (".git/config", "secret"),
        (".env", "secret"),
    ]);
    let functions = tempfile::tempdir().unwrap();
    fs::write(functions.path().join("hello.zip"), "PK").unwrap();
    let publish = || netlify.deploys().publish(&id, folder.path()).with_functions(functions.path()).with_title("Docs");
    let first = publish().await.unwrap();
    assert_eq!(first.uploaded, ["/.well-known/security.txt", "/about/a b ü.html", "/copy.html", "hello"]);
    assert_eq!(first.state, Some(DeployState::Ready));
    let paths: Vec<_> = netlify.files().list(&id).await.unwrap().into_iter().filter_map(|file| file.path).collect();
    assert_eq!(paths, ["/.well-known/security.txt", "/about/a b ü.html", "/copy.html", "/index.html"]);

    let again = publish().await.unwrap();
    assert!(again.unchanged && again.uploaded.is_empty());
    assert_eq!(again.id, first.id);

    write(folder.path(), "index.html", "<h1>New rules</h1>");
    let changed = publish().await.unwrap();
    assert_eq!(changed.uploaded, ["/index.html"]);
    assert_eq!(netlify.sites().get(&id).await.unwrap().published_deploy.unwrap().id, changed.id);

    // What was seen before is not what is seen now: it is deployed anew, and nothing has to be uploaded.
    write(folder.path(), "index.html", "<h1>Rules</h1>");
    let back = publish().await.unwrap();
    assert!(!back.unchanged && back.uploaded.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_draft_is_not_seen() {
    let fake = FakeNetlify::new();
    let (netlify, id) = published(&fake).await;
    let folder = folder(&[("index.html", "draft")]);
    let draft = netlify.deploys().publish(&id, folder.path()).draft().await.unwrap();
    assert_eq!(netlify.sites().get(&id).await.unwrap().published_deploy, None);
    netlify.deploys().restore(&id, &draft.id).await.unwrap();
    assert!(netlify.sites().get(&id).await.unwrap().published_deploy.is_some());
}

#[tokio::test(start_paused = true)]
async fn of_five_thousand_files_only_the_hundred_that_changed_are_uploaded() {
    let fake = FakeNetlify::new();
    let (netlify, id) = published(&fake).await;
    let folder = tempfile::tempdir().unwrap();
    for number in 0..5000 {
        write(folder.path(), &format!("{}/{number}.html", number % 50), &format!("page {number}"));
    }
    let publish = || netlify.deploys().publish(&id, folder.path()).with_files_at_a_time(10);
    assert_eq!(publish().await.unwrap().uploaded.len(), 5000);
    for number in (0..5000).step_by(50) {
        write(folder.path(), &format!("{}/{number}.html", number % 50), &format!("page {number}, changed"));
    }
    let before = uploads(&fake);
    let changed = publish().await.unwrap();
    assert_eq!((changed.uploaded.len(), uploads(&fake) - before), (100, 100));
    assert!(changed.uploaded.iter().all(|path| path.starts_with("/0/")));
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_request_a_run_uploads_the_rest() {
    let files: Vec<(String, String)> =
        (0..12).map(|number| (format!("{number}.html"), format!("page {number}"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
    for applied in [true, false] {
        for killed_at in 1.. {
            let fake = FakeNetlify::new();
            let (netlify, id) = published(&fake).await;
            let folder = folder(&files);
            let before = fake.world().requests();
            fake.world().fail_nth(killed_at, Fault::Lost { applied });
            for later in killed_at + 1..killed_at + 200 {
                fake.world().fail_nth(later, Fault::NotSent);
            }
            let hasty = Netlify::from(fake.builder().retry(RetryPolicy::never()).build().unwrap());
            let first = hasty.deploys().publish(&id, folder.path()).with_files_at_a_time(1).await;
            let reached = fake.world().requests() - before >= killed_at;
            // The faults that were not met are waited out.
            while fake.world().requests() - before < killed_at + 200 {
                let _ = hasty.sites().get(&id).await;
            }
            let second = netlify.deploys().publish(&id, folder.path()).await.unwrap();
            assert_eq!(second.state, Some(DeployState::Ready));
            assert_eq!(netlify.files().list(&id).await.unwrap().len(), 12);
            let deploys = netlify.deploys().list(&id, DeployFilter::new()).all().await.unwrap();
            assert_eq!(deploys.len(), 1, "killed at request {killed_at}, applied: {applied}");
            assert_eq!(uploads(&fake), 12, "killed at request {killed_at}, applied: {applied}");
            if !reached {
                assert!(first.is_ok());
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_published_is_refused_before_anything_is_sent() {
    let fake = FakeNetlify::new();
    let (netlify, id) = published(&fake).await;
    let before = fake.world().requests();
    for (files, why) in
        [(&[("a#b.html", "x")][..], "neither `#` nor `?`"), (&[], "no files"), (&[(".env", "x")], "no files")]
    {
        let folder = folder(files);
        let error = netlify.deploys().publish(&id, folder.path()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(why), "{error}");
    }
    let error = netlify.deploys().publish(&id, "/nowhere/at/all").await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all cannot be read"), "{error}");
    assert_eq!(fake.world().requests(), before);
}
