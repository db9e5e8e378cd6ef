//! Claims against the fake.

use howdah_core::{ErrorKind, Outcome, http::Repeat, testing::Fault};
use howdah_gandi::{claims, testing::FakeGandi};
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn claims_are_read_and_gone_through() {
    let fake = FakeGandi::new();
    let claim = json!({ "mark": "EXAMPLE", "jurisdiction": "FR" });
    fake.claim("example.shop", [claim.clone()]);
    let claims = fake.client().claims();
    assert_eq!(claims.get("example.shop").await.unwrap().claims, [claim]);
    claims.create("example.shop").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_name_that_nobody_claims_is_not_found() {
    let claims = FakeGandi::new().client().claims();
    let error = claims.get("example.org").await.unwrap_err();
    assert!(error.is_not_found());
    // The body is JSON under a content type that is misspelt.
    assert_eq!(error.message(), "No claims");
    assert_eq!(claims.create("example.org").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn the_procedure_is_begun_once() {
    assert_eq!(claims::CREATE.route().repeat, Repeat::Once);
    let fake = FakeGandi::new();
    fake.claim("example.shop", [json!({})]);
    fake.world().fail_next(Fault::Lost { applied: true });
    let lost = fake.client().claims().create("example.shop").await.unwrap_err();
    assert_eq!((lost.outcome(), fake.world().requests()), (Outcome::Unknown, 1));
}
