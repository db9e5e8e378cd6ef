//! Services that are told of failures: chats, pagers, hooks.
//!
//! ```
//! use howdah_uptimerobot::integrations::{IntegrationFilter, MattermostChanges, NewMattermost};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! let integrations = robot.integrations();
//! let chat = NewMattermost::new("https://chat.example.org/hooks/hush", "The instance:").with_friendly_name("admins");
//! let chat = integrations.create(chat).await?;
//! integrations.update(chat.id, MattermostChanges::new().with_custom_value("vmst.io:")).await?;
//! assert_eq!(integrations.list(IntegrationFilter::new()).all().await?.len(), 1);
//! # Ok(()) }
//! ```
//!
//! The same once more is [`Conflict`](howdah_core::ErrorKind::Conflict), a service that the plan does not include
//! [`PlanRequired`](howdah_core::ErrorKind::PlanRequired), one that is not there
//! [`NotFound`](howdah_core::ErrorKind::NotFound).

use std::collections::BTreeMap;

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pages},
    input, open_enum, secret,
};
use serde::{Deserialize, Serialize};

use crate::{
    CURSOR,
    alert_contacts::{AlertContactStatus, AlertContactType, NotificationsFor},
    texts,
};

endpoints! {
    LIST:   IntegrationFilter => Vec<Integration> = get("/integrations").envelope("data").pages(CURSOR);
    CREATE: NewIntegration    => Integration      = post("/integrations").status(201);
    GET:    ()                => Integration      = get("/integrations/{id}");
    UPDATE: IntegrationUpdate => Integration      = patch("/integrations/{id}");
    DELETE: ()                => ()               = delete("/integrations/{id}");
}

/// The integrations. Reach them through [`UptimeRobot::integrations`](crate::UptimeRobot::integrations).
#[derive(Clone, Debug)]
pub struct Integrations(pub(crate) Api);

impl Integrations {
    /// Streams the account's integrations.
    ///
    /// `GET /integrations`
    pub fn list(&self, filter: IntegrationFilter) -> Pages<Integration> {
        self.0.pages(&LIST, [], filter)
    }

    /// Adds a service.
    ///
    /// `POST /integrations`
    pub fn create(&self, integration: impl Into<NewIntegration>) -> Call<Integration> {
        self.0.send(&CREATE, [], integration.into())
    }

    /// Reads an integration.
    ///
    /// `GET /integrations/{id}`
    pub fn get(&self, integration: IntegrationId) -> Call<Integration> {
        self.0.send(&GET, [&integration], ())
    }

    /// Changes what is set in the update and leaves the rest. Its kind has to be the integration's.
    ///
    /// `PATCH /integrations/{id}`
    pub fn update(&self, integration: IntegrationId, update: impl Into<IntegrationUpdate>) -> Call<Integration> {
        self.0.send(&UPDATE, [&integration], update.into())
    }

    /// Removes an integration.
    ///
    /// `DELETE /integrations/{id}`
    pub fn delete(&self, integration: IntegrationId) -> Call<()> {
        self.0.send(&DELETE, [&integration], ())
    }
}

/// The number of an integration.
pub type IntegrationId = Id<Integration>;

input! {
    /// Whose integrations are listed.
    #[serde(rename_all = "camelCase")]
    pub struct IntegrationFilter {} optional {
        /// Those of the organisation's other members too.
        include_org_members: bool,
    }
}

/// A service that is told of failures. Its values are what its kind needs; they may let anyone write there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Integration {
    #[serde(deserialize_with = "texts::number")]
    pub id: IntegrationId,
    pub friendly_name: Option<String>,
    #[serde(default, deserialize_with = "texts::name")]
    pub enable_notifications_for: Option<NotificationsFor>,
    #[serde(rename = "type", default, deserialize_with = "texts::name")]
    pub integration_type: Option<AlertContactType>,
    #[serde(default, deserialize_with = "texts::name")]
    pub status: Option<AlertContactStatus>,
    pub ssl_expiration_reminder: Option<bool>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub value: Option<Secret>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub custom_value: Option<Secret>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub custom_value2: Option<Secret>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub custom_value3: Option<Secret>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub custom_value4: Option<Secret>,
    #[serde(
        default,
        deserialize_with = "texts::headers",
        serialize_with = "texts::expose_map_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub custom_headers: Option<BTreeMap<String, Secret>>,
}

open_enum! {
    /// Where an account at PagerDuty is.
    #[allow(missing_docs)]
    pub enum PagerdutyLocation {
        UnitedStates = "us",
        Europe = "eu",
    }
}

open_enum! {
    /// How loud a device at Pushover is.
    #[allow(missing_docs)]
    pub enum PushoverPriority {
        Lowest = "Lowest",
        Low = "Low",
        Normal = "Normal",
        High = "High",
        Emergency = "Emergency",
    }
}

/// A service to add. Each kind converts into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
#[non_exhaustive]
pub enum NewIntegration {
    /// A channel at Slack.
    Slack(NewSlack),
    /// A chat at Telegram.
    Telegram(NewTelegram),
    /// A channel at Microsoft Teams.
    #[serde(rename = "MSTeams")]
    MsTeams(NewMsTeams),
    /// A URL that is called.
    Webhook(NewWebhook),
    /// A hook at Zapier.
    Zapier(NewZapier),
    /// A service at PagerDuty.
    Pagerduty(NewPagerduty),
    /// A room at Google Chat.
    GoogleChat(NewGoogleChat),
    /// A channel at Discord.
    Discord(NewDiscord),
    /// Splunk On-Call.
    Splunk(NewSplunk),
    /// A device at Pushbullet.
    #[serde(rename = "PushBullet")]
    Pushbullet(NewPushbullet),
    /// A device at Pushover.
    Pushover(NewPushover),
    /// A channel at Mattermost.
    Mattermost(NewMattermost),
}

impl From<NewSlack> for NewIntegration {
    fn from(data: NewSlack) -> Self {
        Self::Slack(data)
    }
}

impl From<NewTelegram> for NewIntegration {
    fn from(data: NewTelegram) -> Self {
        Self::Telegram(data)
    }
}

impl From<NewMsTeams> for NewIntegration {
    fn from(data: NewMsTeams) -> Self {
        Self::MsTeams(data)
    }
}

impl From<NewWebhook> for NewIntegration {
    fn from(data: NewWebhook) -> Self {
        Self::Webhook(data)
    }
}

impl From<NewZapier> for NewIntegration {
    fn from(data: NewZapier) -> Self {
        Self::Zapier(data)
    }
}

impl From<NewPagerduty> for NewIntegration {
    fn from(data: NewPagerduty) -> Self {
        Self::Pagerduty(data)
    }
}

impl From<NewGoogleChat> for NewIntegration {
    fn from(data: NewGoogleChat) -> Self {
        Self::GoogleChat(data)
    }
}

impl From<NewDiscord> for NewIntegration {
    fn from(data: NewDiscord) -> Self {
        Self::Discord(data)
    }
}

impl From<NewSplunk> for NewIntegration {
    fn from(data: NewSplunk) -> Self {
        Self::Splunk(data)
    }
}

impl From<NewPushbullet> for NewIntegration {
    fn from(data: NewPushbullet) -> Self {
        Self::Pushbullet(data)
    }
}

impl From<NewPushover> for NewIntegration {
    fn from(data: NewPushover) -> Self {
        Self::Pushover(data)
    }
}

impl From<NewMattermost> for NewIntegration {
    fn from(data: NewMattermost) -> Self {
        Self::Mattermost(data)
    }
}

/// What changes in an integration. Each kind converts into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
#[non_exhaustive]
pub enum IntegrationUpdate {
    /// A channel at Slack.
    Slack(SlackChanges),
    /// A chat at Telegram.
    Telegram(TelegramChanges),
    /// A channel at Microsoft Teams.
    #[serde(rename = "MSTeams")]
    MsTeams(MsTeamsChanges),
    /// A URL that is called.
    Webhook(WebhookChanges),
    /// A hook at Zapier.
    Zapier(ZapierChanges),
    /// A service at PagerDuty.
    Pagerduty(PagerdutyChanges),
    /// A room at Google Chat.
    GoogleChat(GoogleChatChanges),
    /// A channel at Discord.
    Discord(DiscordChanges),
    /// Splunk On-Call.
    Splunk(SplunkChanges),
    /// A device at Pushbullet.
    #[serde(rename = "PushBullet")]
    Pushbullet(PushbulletChanges),
    /// A device at Pushover.
    Pushover(PushoverChanges),
    /// A channel at Mattermost.
    Mattermost(MattermostChanges),
}

impl From<SlackChanges> for IntegrationUpdate {
    fn from(data: SlackChanges) -> Self {
        Self::Slack(data)
    }
}

impl From<TelegramChanges> for IntegrationUpdate {
    fn from(data: TelegramChanges) -> Self {
        Self::Telegram(data)
    }
}

impl From<MsTeamsChanges> for IntegrationUpdate {
    fn from(data: MsTeamsChanges) -> Self {
        Self::MsTeams(data)
    }
}

impl From<WebhookChanges> for IntegrationUpdate {
    fn from(data: WebhookChanges) -> Self {
        Self::Webhook(data)
    }
}

impl From<ZapierChanges> for IntegrationUpdate {
    fn from(data: ZapierChanges) -> Self {
        Self::Zapier(data)
    }
}

impl From<PagerdutyChanges> for IntegrationUpdate {
    fn from(data: PagerdutyChanges) -> Self {
        Self::Pagerduty(data)
    }
}

impl From<GoogleChatChanges> for IntegrationUpdate {
    fn from(data: GoogleChatChanges) -> Self {
        Self::GoogleChat(data)
    }
}

impl From<DiscordChanges> for IntegrationUpdate {
    fn from(data: DiscordChanges) -> Self {
        Self::Discord(data)
    }
}

impl From<SplunkChanges> for IntegrationUpdate {
    fn from(data: SplunkChanges) -> Self {
        Self::Splunk(data)
    }
}

impl From<PushbulletChanges> for IntegrationUpdate {
    fn from(data: PushbulletChanges) -> Self {
        Self::Pushbullet(data)
    }
}

impl From<PushoverChanges> for IntegrationUpdate {
    fn from(data: PushoverChanges) -> Self {
        Self::Pushover(data)
    }
}

impl From<MattermostChanges> for IntegrationUpdate {
    fn from(data: MattermostChanges) -> Self {
        Self::Mattermost(data)
    }
}

input! {
    /// A channel at Slack.
    #[serde(rename_all = "camelCase")]
    pub struct NewSlack {
        #[serde(serialize_with = "secret::expose", rename = "webhookURL")]
        webhook_url: Secret,
        /// What is said besides.
        custom_value: String,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// A channel at Slack: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct SlackChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option", rename = "webhookURL")]
        webhook_url: Secret,
        /// What is said besides.
        custom_value: String,
    }
}

input! {
    /// A chat at Telegram.
    #[serde(rename_all = "camelCase")]
    pub struct NewTelegram {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// A chat at Telegram: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct TelegramChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// A channel at Microsoft Teams.
    #[serde(rename_all = "camelCase")]
    pub struct NewMsTeams {
        #[serde(serialize_with = "secret::expose", rename = "webhookURL")]
        webhook_url: Secret,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// A channel at Microsoft Teams: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct MsTeamsChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option", rename = "webhookURL")]
        webhook_url: Secret,
    }
}

input! {
    /// A URL that is called.
    #[serde(rename_all = "camelCase")]
    pub struct NewWebhook {
        #[serde(serialize_with = "secret::expose")]
        url_to_notify: Secret,
        /// What is sent.
        post_value: String,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        send_as_query_string: bool,
        #[serde(rename = "sendAsJSON")]
        send_as_json: bool,
        send_as_post_parameters: bool,
        #[serde(deserialize_with = "texts::headers", serialize_with = "texts::expose_map_option")]
        custom_headers: BTreeMap<String, Secret>,
    }
}

input! {
    /// A URL that is called: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct WebhookChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option")]
        url_to_notify: Secret,
        /// What is sent.
        post_value: String,
        send_as_query_string: bool,
        #[serde(rename = "sendAsJSON")]
        send_as_json: bool,
        send_as_post_parameters: bool,
        #[serde(deserialize_with = "texts::headers", serialize_with = "texts::expose_map_option")]
        custom_headers: BTreeMap<String, Secret>,
    }
}

input! {
    /// A hook at Zapier.
    #[serde(rename_all = "camelCase")]
    pub struct NewZapier {
        #[serde(serialize_with = "secret::expose", rename = "hookURL")]
        hook_url: Secret,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// A hook at Zapier: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct ZapierChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option", rename = "hookURL")]
        hook_url: Secret,
    }
}

input! {
    /// A service at PagerDuty.
    #[serde(rename_all = "camelCase")]
    pub struct NewPagerduty {
        #[serde(serialize_with = "secret::expose")]
        integration_key: Secret,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        location: PagerdutyLocation,
        /// Whether the end of a failure ends the incident there.
        auto_resolve: bool,
    }
}

input! {
    /// A service at PagerDuty: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct PagerdutyChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option")]
        integration_key: Secret,
        location: PagerdutyLocation,
        /// Whether the end of a failure ends the incident there.
        auto_resolve: bool,
    }
}

input! {
    /// A room at Google Chat.
    #[serde(rename_all = "camelCase")]
    pub struct NewGoogleChat {
        #[serde(serialize_with = "secret::expose", rename = "roomURL")]
        room_url: Secret,
        /// What is said besides.
        custom_message: String,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// A room at Google Chat: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct GoogleChatChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option", rename = "roomURL")]
        room_url: Secret,
        /// What is said besides.
        custom_message: String,
    }
}

input! {
    /// A channel at Discord.
    #[serde(rename_all = "camelCase")]
    pub struct NewDiscord {
        #[serde(serialize_with = "secret::expose", rename = "webhookURL")]
        webhook_url: Secret,
        /// What is said besides.
        custom_value: String,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// A channel at Discord: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct DiscordChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option", rename = "webhookURL")]
        webhook_url: Secret,
        /// What is said besides.
        custom_value: String,
    }
}

input! {
    /// Splunk On-Call.
    #[serde(rename_all = "camelCase")]
    pub struct NewSplunk {
        #[serde(serialize_with = "secret::expose")]
        url_to_notify: Secret,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// Splunk On-Call: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct SplunkChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option")]
        url_to_notify: Secret,
    }
}

input! {
    /// A device at Pushbullet.
    #[serde(rename_all = "camelCase")]
    pub struct NewPushbullet {
        #[serde(serialize_with = "secret::expose")]
        access_token: Secret,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// A device at Pushbullet: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct PushbulletChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option")]
        access_token: Secret,
    }
}

input! {
    /// A device at Pushover.
    #[serde(rename_all = "camelCase")]
    pub struct NewPushover {
        #[serde(serialize_with = "secret::expose")]
        user_key: Secret,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        priority: PushoverPriority,
    }
}

input! {
    /// A device at Pushover: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct PushoverChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option")]
        user_key: Secret,
        priority: PushoverPriority,
    }
}

input! {
    /// A channel at Mattermost.
    #[serde(rename_all = "camelCase")]
    pub struct NewMattermost {
        #[serde(serialize_with = "secret::expose", rename = "webhookURL")]
        webhook_url: Secret,
        /// What is said besides.
        custom_value: String,
    } optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
    }
}

input! {
    /// A channel at Mattermost: what changes.
    #[serde(rename_all = "camelCase")]
    pub struct MattermostChanges {} optional {
        /// Up to 60 characters.
        friendly_name: String,
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        #[serde(serialize_with = "secret::expose_option", rename = "webhookURL")]
        webhook_url: Secret,
        /// What is said besides.
        custom_value: String,
    }
}
