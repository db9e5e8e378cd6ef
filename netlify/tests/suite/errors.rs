//! What is refused, how it is told, and the quota in its unusual form.

use howdah_core::{ErrorKind, http::RetryPolicy};
use howdah_netlify::{
    Netlify,
    sites::SiteFilter,
    testing::{FakeNetlify, TOKEN},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

#[tokio::test(start_paused = true)]
async fn a_wrong_token_is_told() {
    let fake = FakeNetlify::new();
    let api = Netlify::builder("nfp_wrong").transport(fake.world().clone()).build().unwrap();
    let error = Netlify::from(api).users().current().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(!error.to_string().contains("nfp_wrong"));
}

#[tokio::test]
async fn text_and_hypertext_are_no_json() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(502).set_body_raw("<html>Bad gateway</html>", "text/html");
    Mock::given(method("GET")).respond_with(page).mount(&server).await;
    let api = Netlify::builder("token").base_url(server.uri()).retry(RetryPolicy::never()).build().unwrap();
    let error = Netlify::from(api).users().current().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.body().is_some());
}

#[tokio::test(start_paused = true)]
async fn the_quota_is_foreseen_in_the_form_that_it_comes_in() {
    let fake = FakeNetlify::new();
    let sites = fake.client().sites();
    for _ in 0..1200 {
        sites.list(SiteFilter::new()).all().await.unwrap();
    }
    let journal = fake.world().journal();
    assert!(journal.iter().all(|exchange| exchange.status == 200));
}

#[tokio::test]
async fn it_is_served_on_loopback() {
    let fake = FakeNetlify::new();
    let server = fake.serve().await.unwrap();
    let api = Netlify::builder(TOKEN).base_url(server.base_url()).build().unwrap();
    let netlify = Netlify::from(api);
    for name in ["a", "b", "c"] {
        crate::site(&netlify, name).await;
    }
    assert_eq!(netlify.sites().list(SiteFilter::new()).all().await.unwrap().len(), 3);
}
