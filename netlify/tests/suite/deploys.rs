//! Deploys, step by step.

use std::{collections::BTreeMap, time::Duration};

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use howdah_core::{ErrorKind, Outcome, http::Staged};
use howdah_netlify::{
    deploys::{
        Deploy, DeployFiles, DeployFilter, DeployId, DeployOptions, DeployState, FunctionConfig, FunctionOptions,
        UpdateOptions, ValidationsReportUpdate,
    },
    functions::FunctionFilter,
    sites::SiteId,
    testing::FakeNetlify,
};
use serde_json::{Map, json};

use crate::site;

fn sha1(content: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, content.as_bytes()).as_ref())
}

fn files(files: &[(&str, &str)]) -> DeployFiles {
    let digests: BTreeMap<_, _> = files.iter().map(|(path, content)| ((*path).to_owned(), sha1(content))).collect();
    DeployFiles::new().with_files(digests)
}

async fn deployed(fake: &FakeNetlify, id: &SiteId, content: &str) -> Deploy {
    let deploys = fake.client().deploys();
    let deploy = deploys.create(id, DeployOptions::new(), files(&[("/index.html", content)])).await.unwrap();
    for _ in &deploy.required {
        deploys.upload_file(&deploy.id, "/index.html", content.to_owned()).await.unwrap();
    }
    deploys.follow(&deploy.id).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn only_what_is_missing_is_wanted() {
    let fake = FakeNetlify::new();
    let netlify = fake.client();
    let id = site(&netlify, "docs").await.id;
    let deploys = netlify.deploys();
    let function = HEXLOWER.encode(digest::digest(&digest::SHA256, b"PK").as_ref());
    let config =
        BTreeMap::from([("hello".to_owned(), FunctionConfig::new().with_memory(256).with_region("us-east-2"))]);
    let new = files(&[("/index.html", "one"), ("/copy.html", "one"), ("/a b/c.html", "two")])
        .with_functions(BTreeMap::from([("hello".to_owned(), function.clone())]))
        .with_functions_config(config)
        .with_branch("main");
    let options = DeployOptions::new().with_title("first").with_production(true);
    let deploy = deploys.create(&id, options, new).await.unwrap();
    // The same content is wanted once.
    assert_eq!((deploy.required.len(), deploy.required_functions), (2, vec![function]));
    let wrong = deploys.upload_file(&deploy.id, "/index.html", "other").await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Invalid);
    deploys.upload_file(&deploy.id, "/index.html", "one").await.unwrap();
    let two = deploys.upload_file(&deploy.id, "a b/c.html", "two").await.unwrap();
    assert_eq!((two.path.as_deref(), two.size), (Some("/a b/c.html"), Some(3)));
    deploys.upload_function(&deploy.id, "hello", FunctionOptions::new().with_runtime("js"), "PK").await.unwrap();
    let ready = deploys.follow(&deploy.id).await.unwrap();
    assert_eq!(ready.state, Some(DeployState::Ready));
    assert!(ready.published_at.is_some());
    assert_eq!(netlify.files().list(&id).await.unwrap().len(), 3);
    assert_eq!(netlify.files().get(&id, "copy.html").await.unwrap().sha, Some(sha1("one")));
    assert_eq!(netlify.functions().search(&id, FunctionFilter::new()).await.unwrap()[0].functions.len(), 1);
    assert_eq!(netlify.deployed_branches().list(&id).await.unwrap()[0].name.as_deref(), Some("main"));

    let next = deploys.create(&id, DeployOptions::new(), files(&[("/index.html", "two")])).await.unwrap();
    assert!(next.required.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_earlier_one_is_seen_again() {
    let fake = FakeNetlify::new();
    let netlify = fake.client();
    let id = site(&netlify, "docs").await.id;
    let deploys = netlify.deploys();
    let (first, second) = (deployed(&fake, &id, "one").await, deployed(&fake, &id, "two").await);
    let seen = || async { netlify.sites().get(&id).await.unwrap().published_deploy.unwrap().id };
    assert_eq!(seen().await, second.id);
    deploys.rollback(&id).await.unwrap();
    assert_eq!(seen().await, first.id);
    deploys.restore(&id, &second.id).await.unwrap();
    assert_eq!(seen().await, second.id);

    deploys.lock(&second.id).await.unwrap();
    let third = deployed(&fake, &id, "three").await;
    assert_eq!(seen().await, second.id);
    deploys.unlock(&second.id).await.unwrap();
    assert_eq!(deploys.get_of_site(&id, &third.id).await.unwrap().id, third.id);
    deploys.delete_of_site(&id, &third.id).await.unwrap();
    deploys.delete(&first.id).await.unwrap();
    assert_eq!(deploys.get(&first.id).await.unwrap_err().kind(), ErrorKind::NotFound);
    let ready = DeployFilter::new().with_state(DeployState::Ready).with_production(true);
    assert_eq!(deploys.list(&id, ready).all().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_given_up_fails_and_says_so() {
    let fake = FakeNetlify::new();
    let netlify = fake.client();
    let id = site(&netlify, "docs").await.id;
    let deploys = netlify.deploys();
    let deploy = deploys.create(&id, DeployOptions::new(), files(&[("/a", "one")]).with_is_async(true)).await.unwrap();
    assert_eq!(deploy.state, Some(DeployState::Preparing));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(deploys.get(&deploy.id).await.unwrap().state, Some(DeployState::Prepared));
    let again = deploys.update(&id, &deploy.id, UpdateOptions::new(), files(&[("/a", "two")])).await.unwrap();
    assert_eq!(again.required, [sha1("two")]);
    let scan = Map::from_iter([("scannedFilesCount".to_owned(), json!(1))]);
    let report =
        deploys.update_validations_report(&deploy.id, ValidationsReportUpdate::new().with_secrets_scan(scan)).await;
    assert_eq!(report.unwrap().secret_scan_result.unwrap().scanned_files_count, Some(1));
    deploys.cancel(&deploy.id).await.unwrap();
    let error = deploys.follow(&deploy.id).await.unwrap_err();
    assert!(error.to_string().contains("Canceled"), "{error}");
    assert_ne!(error.outcome(), Outcome::NotSent);
}

#[test]
fn a_state_that_is_not_known_goes_on() {
    let deploy = |state: &str| -> Deploy { serde_json::from_value(json!({ "id": "5f", "state": state })).unwrap() };
    assert_eq!(deploy("dreaming").stage(), howdah_core::http::Stage::Running);
    assert_eq!(deploy("ready").stage(), howdah_core::http::Stage::Done);
}

#[tokio::test(start_paused = true)]
async fn more_than_three_a_minute_wait() {
    let fake = FakeNetlify::new();
    let id = site(&fake.client(), "docs").await.id;
    let deploys = fake.client().deploys();
    let began = tokio::time::Instant::now();
    for number in 0..7 {
        deploys.create(&id, DeployOptions::new(), files(&[("/a", &number.to_string())])).await.unwrap();
    }
    assert!(began.elapsed() >= Duration::from_secs(120), "{:?}", began.elapsed());
    assert!(fake.world().journal().iter().all(|exchange| exchange.status != 429));
    assert_eq!(deploys.get(&DeployId::from("none")).await.unwrap_err().kind(), ErrorKind::NotFound);
}
