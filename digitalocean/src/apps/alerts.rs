//! Who is told of what happens to an app.
//!
//! ```
//! use howdah_digitalocean::apps::{AppId, alerts::AlertDestinations};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let (ocean, app) = (FakeDigitalOcean::new().client(), AppId::new("4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf".to_owned()));
//! let apps = ocean.apps();
//! for alert in apps.list_alerts(&app).await? {
//!     let told = AlertDestinations::new().with_emails(["ops@vmst.io".to_owned()]);
//!     apps.set_alert_destinations(&app, &alert.id, told).await?;
//! }
//! # Ok(()) }
//! ```
//!
//! What is watched is in the app's [spec](super::spec::AlertSpec).

use howdah_core::{
    Id, Secret, endpoints,
    http::{Call, null_as_default},
    input, secret,
};
use serde::{Deserialize, Serialize};

use super::{AppId, Apps, Phase, deployments::ProgressStep, spec::AlertSpec};

endpoints! {
    LIST:             ()                => Vec<Alert> = get("/v2/apps/{app_id}/alerts").envelope("alerts");
    SET_DESTINATIONS: AlertDestinations => Alert      = post("/v2/apps/{app_id}/alerts/{alert_id}/destinations").envelope("alert").idempotent();
}

impl Apps {
    /// Lists an app's alerts.
    ///
    /// `GET /v2/apps/{app_id}/alerts`
    pub fn list_alerts(&self, app: &AppId) -> Call<Vec<Alert>> {
        self.0.pages(&LIST, [app], ()).all()
    }

    /// Says who is told.
    ///
    /// `POST /v2/apps/{app_id}/alerts/{alert_id}/destinations`
    pub fn set_alert_destinations(&self, app: &AppId, alert: &AlertId, to: AlertDestinations) -> Call<Alert> {
        self.0.send(&SET_DESTINATIONS, [app, alert], to)
    }
}

/// The UUID of an alert.
pub type AlertId = Id<Alert, String>;

/// Who is told of what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Alert {
    pub id: AlertId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_name: Option<String>,
    pub spec: Option<AlertSpec>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub slack_webhooks: Vec<SlackWebhook>,
    pub phase: Option<Phase>,
    pub progress: Option<AlertProgress>,
}

/// How far an alert is set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AlertProgress {
    #[serde(default, deserialize_with = "null_as_default")]
    pub steps: Vec<ProgressStep>,
}

/// A channel at Slack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SlackWebhook {
    /// Whoever has it may write there.
    #[serde(serialize_with = "secret::expose")]
    pub url: Secret,
    pub channel: Option<String>,
}

input! {
    /// Who is to be told.
    pub struct AlertDestinations {} optional {
        emails: Vec<String>,
        slack_webhooks: Vec<SlackWebhook>,
    }
}
