//! Webhooks: URLs that are told what happens in the account.
//!
//! ```
//! use howdah_dnsimple::webhooks::{NewWebhook, WebhookFilter};
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let account = FakeDnSimple::new().client().account(1010);
//! let webhooks = account.webhooks();
//! webhooks.create(NewWebhook::new("https://example.com/dnsimple/4f6b0a")).await?;
//! for webhook in webhooks.list(WebhookFilter::new()).await? {
//!     if let Some(since) = webhook.suppressed_at {
//!         println!("webhook {} is suppressed since {since}", webhook.id);
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! Notices are not signed: what shows that one comes from DNSimple is a secret in the URL, so the whole URL is a
//! [`Secret`] here. A notice is tried ten times within two hours; after fifteen failures the webhook is suppressed.

use howdah_core::{Id, Secret, endpoints, http::Call, input, secret};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Account;

endpoints! {
    LIST:   WebhookFilter => Vec<Webhook> = get("/{account}/webhooks").envelope("data");
    CREATE: NewWebhook    => Webhook      = post("/{account}/webhooks").envelope("data").status(201);
    GET:    ()            => Webhook      = get("/{account}/webhooks/{webhook}").envelope("data");
    DELETE: ()            => ()           = delete("/{account}/webhooks/{webhook}").status(204);
}

/// The webhooks group. Reach it through [`Account::webhooks`].
#[derive(Clone, Debug)]
pub struct Webhooks(pub(crate) Account);

impl Webhooks {
    /// Lists the account's webhooks, all at once.
    ///
    /// `GET /{account}/webhooks`
    pub fn list(&self, filter: WebhookFilter) -> Call<Vec<Webhook>> {
        self.0.api.send(&LIST, [&self.0.id], filter)
    }

    /// Creates a webhook.
    ///
    /// `POST /{account}/webhooks`
    pub fn create(&self, webhook: NewWebhook) -> Call<Webhook> {
        self.0.api.send(&CREATE, [&self.0.id], webhook)
    }

    /// Reads a webhook.
    ///
    /// `GET /{account}/webhooks/{webhook}`
    pub fn get(&self, webhook: WebhookId) -> Call<Webhook> {
        self.0.api.send(&GET, [&self.0.id, &webhook], ())
    }

    /// Deletes a webhook.
    ///
    /// `DELETE /{account}/webhooks/{webhook}`
    pub fn delete(&self, webhook: WebhookId) -> Call<()> {
        self.0.api.send(&DELETE, [&self.0.id, &webhook], ())
    }
}

/// The number of a webhook.
pub type WebhookId = Id<Webhook>;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Webhook {
    pub id: WebhookId,
    #[serde(serialize_with = "secret::expose")]
    pub url: Secret,
    /// Since when it is told nothing, after too many failures.
    pub suppressed_at: Option<Timestamp>,
}

input! {
    /// Sorts the list of webhooks.
    pub struct WebhookFilter {} optional {
        /// Such as `id:desc`.
        sort: String,
    }
}

input! {
    /// A webhook to create.
    pub struct NewWebhook {
        #[serde(serialize_with = "secret::expose")]
        url: Secret,
    } optional {}
}
