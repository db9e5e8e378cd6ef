//! Webhooks against the fake.

use howdah_core::testing::{Answer, Fault};
use howdah_dnsimple::{
    testing::FakeDnSimple,
    webhooks::{NewWebhook, WebhookFilter},
};
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn a_webhook_lives() {
    let webhooks = FakeDnSimple::new().account().webhooks();
    let one = NewWebhook::new("https://example.com/hooks/4f6b0a");
    let one = webhooks.create(one).await.unwrap();
    assert_eq!(one.url.expose(), "https://example.com/hooks/4f6b0a");
    assert_eq!(one.suppressed_at, None);
    let two = NewWebhook::new("https://example.net/hooks/91c3d2");
    let two = webhooks.create(two).await.unwrap();
    assert_eq!(webhooks.get(one.id).await.unwrap(), one);

    let list = webhooks.list(WebhookFilter::new()).await.unwrap();
    assert_eq!(list, [one.clone(), two.clone()]);
    let latest_first = WebhookFilter::new().with_sort("id:desc");
    let list = webhooks.list(latest_first).await.unwrap();
    assert_eq!(list, [two.clone(), one.clone()]);

    webhooks.delete(one.id).await.unwrap();
    assert!(webhooks.get(one.id).await.unwrap_err().is_not_found());
    let gone = webhooks.delete(one.id).await.unwrap_err();
    assert!(gone.is_not_found());
    assert_eq!(webhooks.list(WebhookFilter::new()).await.unwrap(), [two]);
}

#[tokio::test(start_paused = true)]
async fn the_url_is_a_secret() {
    let webhooks = FakeDnSimple::new().account().webhooks();
    let new = NewWebhook::new("https://example.com/4f6b0a");
    assert!(!format!("{new:?}").contains("4f6b0a"));
    let webhook = webhooks.create(new).await.unwrap();
    assert!(!format!("{webhook:?}").contains("4f6b0a"));

    let error = webhooks.create(NewWebhook::new("4f6b0a")).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "url");
    assert!(!format!("{error} {error:?}").contains("4f6b0a"));
}

#[tokio::test(start_paused = true)]
async fn a_suppressed_webhook_says_since_when() {
    let fake = FakeDnSimple::new();
    let suppressed = json!({ "id": 1, "url": "https://example.com", "suppressed_at": "2022-06-07T17:45:13Z" });
    let answer = Answer::json(200, json!({ "data": suppressed }));
    let applied = false;
    fake.world().fail_next(Fault::Answer { applied, answer });
    let webhook = fake.account().webhooks().get(1.into()).await.unwrap();
    let since = webhook.suppressed_at.unwrap().to_string();
    assert_eq!(since, "2022-06-07T17:45:13Z");
}
