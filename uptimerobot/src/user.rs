//! The account, and who is told of failures.
//!
//! ```
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! let me = robot.user().me().await?;
//! println!("{:?} of {:?} monitors", me.monitors_count, me.monitor_limit);
//! for contact in robot.user().alert_contacts().await? {
//!     println!("{:?}", contact.value);
//! }
//! # Ok(()) }
//! ```

use howdah_core::{
    endpoints,
    http::{Api, Call, null_as_default},
};
use serde::{Deserialize, Serialize};

use crate::{
    alert_contacts::{AlertContact, AlertContactId, AlertContactStatus, AlertContactType},
    texts,
};

endpoints! {
    ME:                 () => User                   = get("/user/me");
    ALERT_CONTACTS:     () => Vec<AlertContact>      = get("/user/alert-contacts");
    ALL_ALERT_CONTACTS: () => Vec<UserAlertContacts> = get("/user/all-alert-contacts");
}

/// The user group. Reach it through [`UptimeRobot::user`](crate::UptimeRobot::user).
#[derive(Clone, Debug)]
pub struct Users(pub(crate) Api);

impl Users {
    /// Reads whose key it is, and what the plan includes.
    ///
    /// `GET /user/me`
    pub fn me(&self) -> Call<User> {
        self.0.send(&ME, [], ())
    }

    /// Lists the contacts of the key's owner.
    ///
    /// `GET /user/alert-contacts`
    pub fn alert_contacts(&self) -> Call<Vec<AlertContact>> {
        self.0.send(&ALERT_CONTACTS, [], ())
    }

    /// Lists the contacts of everyone in the account.
    ///
    /// `GET /user/all-alert-contacts`
    pub fn all_alert_contacts(&self) -> Call<Vec<UserAlertContacts>> {
        self.0.send(&ALL_ALERT_CONTACTS, [], ())
    }
}

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct User {
    pub email: Option<String>,
    pub full_name: Option<String>,
    pub monitors_count: Option<u64>,
    pub monitor_limit: Option<u64>,
    pub sms_credits: Option<f64>,
    pub active_subscription: Option<Subscription>,
}

/// What is paid for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Subscription {
    /// A name for people, which may change.
    pub plan: Option<String>,
    pub monitor_limit: Option<u64>,
    /// As the service writes it.
    pub expiration_date: Option<String>,
    pub status: Option<String>,
}

/// The contacts of someone in the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct UserAlertContacts {
    pub notify_only: Option<bool>,
    pub org_alert_contact_id: Option<u64>,
    pub user: Option<UserName>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub alert_contacts: Vec<UserAlertContact>,
}

/// Someone in the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UserName {
    pub id: u64,
    pub name: Option<String>,
}

/// A contact of someone in the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UserAlertContact {
    #[serde(deserialize_with = "texts::number")]
    pub id: AlertContactId,
    pub name: Option<String>,
    pub value: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "texts::name")]
    pub contact_type: Option<AlertContactType>,
    #[serde(default, deserialize_with = "texts::name")]
    pub status: Option<AlertContactStatus>,
    /// Minutes of failure before it is told.
    pub threshold: Option<f64>,
    /// Minutes until it is told again.
    pub recurrence: Option<f64>,
}
