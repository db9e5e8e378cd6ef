//! People who are told of failures.
//!
//! ```
//! use howdah_uptimerobot::alert_contacts::{AlertContactUpdate, NewAlertContact, NotificationsFor};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! let contacts = robot.alert_contacts();
//! let admin = contacts.create(NewAlertContact::email("admin@vmst.io").with_friendly_name("admin")).await?;
//! contacts.update(admin.id, AlertContactUpdate::new().with_enable_notifications_for(NotificationsFor::Down)).await?;
//! # Ok(()) }
//! ```
//!
//! A contact that is not there is [`NotFound`](howdah_core::ErrorKind::NotFound). Numbers for messages and calls are added on
//! the service's pages, since they have to be verified.

use std::collections::BTreeMap;

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pages},
    input, open_enum, secret,
};
use serde::{Deserialize, Serialize};

use crate::{
    CURSOR,
    texts::{self, Numbered, notifications_number},
};

endpoints! {
    LIST:   ()                 => Vec<AlertContact> = get("/alert-contacts").envelope("data").pages(CURSOR);
    CREATE: NewAlertContact    => AlertContact      = post("/alert-contacts").status(201);
    GET:    ()                 => AlertContact      = get("/alert-contacts/{id}");
    UPDATE: AlertContactUpdate => AlertContact      = patch("/alert-contacts/{id}");
    DELETE: ()                 => ()                = delete("/alert-contacts/{id}");
}

/// The alert contacts. Reach them through [`UptimeRobot::alert_contacts`](crate::UptimeRobot::alert_contacts).
#[derive(Clone, Debug)]
pub struct AlertContacts(pub(crate) Api);

impl AlertContacts {
    /// Streams the account's contacts.
    ///
    /// `GET /alert-contacts`
    pub fn list(&self) -> Pages<AlertContact> {
        self.0.pages(&LIST, [], ())
    }

    /// Adds a contact. One by email is asked whether it agrees.
    ///
    /// `POST /alert-contacts`
    pub fn create(&self, contact: NewAlertContact) -> Call<AlertContact> {
        self.0.send(&CREATE, [], contact)
    }

    /// Reads a contact.
    ///
    /// `GET /alert-contacts/{id}`
    pub fn get(&self, contact: AlertContactId) -> Call<AlertContact> {
        self.0.send(&GET, [&contact], ())
    }

    /// Changes what is set in the update and leaves the rest.
    ///
    /// `PATCH /alert-contacts/{id}`
    pub fn update(&self, contact: AlertContactId, update: AlertContactUpdate) -> Call<AlertContact> {
        self.0.send(&UPDATE, [&contact], update)
    }

    /// Removes a contact.
    ///
    /// `DELETE /alert-contacts/{id}`
    pub fn delete(&self, contact: AlertContactId) -> Call<()> {
        self.0.send(&DELETE, [&contact], ())
    }
}

/// The number of a contact, which answers may write as text.
pub type AlertContactId = Id<AlertContact>;

/// Someone who is told of failures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct AlertContact {
    #[serde(deserialize_with = "texts::number")]
    pub id: AlertContactId,
    pub friendly_name: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "texts::name")]
    pub contact_type: Option<AlertContactType>,
    /// An address, a number, or a URL.
    pub value: Option<String>,
    pub custom_value: Option<String>,
    #[serde(default, deserialize_with = "texts::name")]
    pub enable_notifications_for: Option<NotificationsFor>,
    pub ssl_expiration_reminder: Option<bool>,
    pub http_username: Option<String>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub http_password: Option<Secret>,
    pub auth_type: Option<bool>,
    #[serde(
        default,
        deserialize_with = "texts::headers",
        serialize_with = "texts::expose_map_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub custom_headers: Option<BTreeMap<String, Secret>>,
    pub mobile_provider_id: Option<u64>,
    #[serde(default, deserialize_with = "texts::name")]
    pub status: Option<AlertContactStatus>,
    pub org_alert_contact_id: Option<u64>,
    pub config: Option<AlertContactConfig>,
}

/// Which channels of an Android telephone are used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AlertContactConfig {
    pub android_push_up_channel: Option<String>,
    pub android_push_down_channel: Option<String>,
}

open_enum! {
    /// How someone is told.
    #[allow(missing_docs)]
    pub enum AlertContactType {
        EmailToSms = "EmailToSms",
        Email = "Email",
        Webhook = "Webhook",
        PushBullet = "PushBullet",
        Zapier = "Zapier",
        ProSms = "ProSms",
        Pushover = "Pushover",
        Slack = "Slack",
        MobileAppIos = "MobileAppIOS",
        MobileAppAndroid = "MobileAppAndroid",
        MobileAppOld = "MobileAppOld",
        MobileApp = "MobileApp",
        Voice = "Voice",
        Splunk = "Splunk",
        Pagerduty = "Pagerduty",
        OpsGenie = "OpsGenie",
        Telegram = "Telegram",
        MsTeams = "MSTeams",
        GoogleChat = "GoogleChat",
        Discord = "Discord",
        Mattermost = "Mattermost",
    }
}

impl Numbered for AlertContactType {
    const NUMBERS: &[(&str, &str)] = &[
        ("1", "EmailToSms"),
        ("2", "Email"),
        ("5", "Webhook"),
        ("6", "PushBullet"),
        ("7", "Zapier"),
        ("8", "ProSms"),
        ("9", "Pushover"),
        ("11", "Slack"),
        ("12", "MobileAppIOS"),
        ("13", "MobileAppAndroid"),
        ("14", "Voice"),
        ("15", "Splunk"),
        ("16", "Pagerduty"),
        ("17", "OpsGenie"),
        ("18", "Telegram"),
        ("20", "MSTeams"),
        ("21", "GoogleChat"),
        ("23", "Discord"),
        ("24", "Mattermost"),
    ];
}

open_enum! {
    /// Whether someone is told.
    pub enum AlertContactStatus {
        /// Not before they agree.
        NotActivated = "NotActivated",
        /// Not now.
        Paused = "Paused",
        /// Yes.
        Active = "Active",
        /// It is to be set up anew.
        ToMigrate = "ToMigrate",
    }
}

impl Numbered for AlertContactStatus {
    const NUMBERS: &[(&str, &str)] = &[("0", "NotActivated"), ("1", "Paused"), ("2", "Active"), ("5", "ToMigrate")];
}

open_enum! {
    /// What someone is told of.
    pub enum NotificationsFor {
        /// Failures and their end.
        UpAndDown = "UpAndDown",
        /// Failures.
        Down = "Down",
        /// The end of failures.
        Up = "Up",
        /// Nothing.
        None = "None",
    }
}

impl Numbered for NotificationsFor {
    const NUMBERS: &[(&str, &str)] = &[("0", "UpAndDown"), ("1", "Down"), ("2", "Up"), ("3", "None")];
}

input! {
    /// A contact to add.
    #[serde(rename_all = "camelCase")]
    pub struct NewAlertContact {
        #[serde(rename = "type")]
        contact_type: AlertContactType,
    } optional {
        friendly_name: String,
        #[serde(with = "notifications_number")]
        enable_notifications_for: NotificationsFor,
        /// An address, for one by email.
        value: String,
        device_name: String,
        one_signal_subscription_id: String,
        one_signal_user_id: String,
        device_fingerprint: String,
        #[serde(serialize_with = "secret::expose_option")]
        push_token: Secret,
        platform: Platform,
        config: AlertContactConfig,
    }
}

impl NewAlertContact {
    /// Someone who is told by email.
    pub fn email(address: impl Into<String>) -> Self {
        Self::new(AlertContactType::Email).with_value(address)
    }
}

open_enum! {
    /// What a telephone runs.
    #[allow(missing_docs)]
    pub enum Platform {
        Ios = "ios",
        Android = "android",
    }
}

input! {
    /// What changes in a contact.
    #[serde(rename_all = "camelCase")]
    pub struct AlertContactUpdate {} optional {
        friendly_name: String,
        #[serde(with = "notifications_number")]
        enable_notifications_for: NotificationsFor,
        ssl_expiration_reminder: bool,
        is_active: bool,
    }
}
