//! Event notifications: who is told when files come and go, and whether what one is told is true.
//!
//! ```
//! use howdah_backblaze::notifications;
//!
//! let body = br#"{"events":[]}"#;
//! let header = notifications::sign(body, &"0123456789abcdefghijABCDEFGHIJ01".into());
//! assert!(notifications::verify(&header, body, &"0123456789abcdefghijABCDEFGHIJ01".into()).is_ok());
//! assert!(notifications::verify(&header, b"{}", &"0123456789abcdefghijABCDEFGHIJ01".into()).is_err());
//! ```

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use howdah_core::{
    Error, ErrorKind, Result, Secret, endpoints,
    http::{Api, Call},
    open_enum, secret,
};
use serde::{Deserialize, Serialize};

use crate::{
    buckets::{BucketId, BucketRef},
    models::or_default,
    session::API_URL,
};

endpoints! {
    GET_RULES: BucketRef => NotificationRules = get("/b2api/v4/b2_get_bucket_notification_rules").base(API_URL);
    SET_RULES: NotificationRules => NotificationRules = post("/b2api/v4/b2_set_bucket_notification_rules").base(API_URL).idempotent();
}

/// The notifications group. Reach it through [`Backblaze::notifications`](crate::Backblaze::notifications).
#[derive(Clone, Debug)]
pub struct Notifications(pub(crate) Api);

impl Notifications {
    /// Reads a bucket's rules.
    ///
    /// `GET /b2api/v4/b2_get_bucket_notification_rules`
    pub fn get_rules(&self, bucket: &BucketId) -> Call<Vec<NotificationRule>> {
        let rules = self.0.send(&GET_RULES, [], BucketRef { bucket_id: bucket.clone() });
        rules.map(|rules| rules.event_notification_rules)
    }

    /// Replaces all of a bucket's rules.
    ///
    /// `POST /b2api/v4/b2_set_bucket_notification_rules`
    pub fn set_rules(&self, bucket: &BucketId, rules: Vec<NotificationRule>) -> Call<Vec<NotificationRule>> {
        if let Err(error) = rules.iter().try_for_each(NotificationRule::check) {
            return Call::new(async { Err(error) });
        }
        let rules = NotificationRules { bucket_id: bucket.clone(), event_notification_rules: rules };
        self.0.send(&SET_RULES, [], rules).map(|rules| rules.event_notification_rules)
    }
}

/// The rules of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct NotificationRules {
    pub bucket_id: BucketId,
    #[serde(default, deserialize_with = "or_default")]
    pub event_notification_rules: Vec<NotificationRule>,
}

/// Which events are told to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct NotificationRule {
    /// 6 to 63 characters, unique in the bucket.
    pub name: String,
    pub event_types: Vec<EventType>,
    pub is_enabled: bool,
    /// Whether the service has stopped telling. Only read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_suspended: Option<bool>,
    /// Only read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension_reason: Option<String>,
    #[serde(default)]
    pub object_name_prefix: String,
    /// 1 to 50; 1 unless it is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_events_per_batch: Option<u32>,
    pub target_configuration: Target,
}

impl NotificationRule {
    /// A rule that is on, for all names.
    pub fn new(name: impl Into<String>, events: impl IntoIterator<Item = EventType>, target: Target) -> Self {
        Self {
            name: name.into(),
            event_types: events.into_iter().collect(),
            is_enabled: true,
            is_suspended: None,
            suspension_reason: None,
            object_name_prefix: String::new(),
            max_events_per_batch: Some(1),
            target_configuration: target,
        }
    }

    /// Only files whose names begin with this.
    #[must_use]
    pub fn with_object_name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.object_name_prefix = prefix.into();
        self
    }

    /// Sets how many events come together at most.
    #[must_use]
    pub fn with_max_events_per_batch(mut self, events: u32) -> Self {
        self.max_events_per_batch = Some(events);
        self
    }

    fn check(&self) -> Result<()> {
        let secret = self.target_configuration.hmac_sha256_signing_secret.as_ref();
        let plain = |secret: &Secret| {
            secret.expose().len() == 32 && secret.expose().bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let why = match () {
            () if !(6..=63).contains(&self.name.len()) => "has a name that is not 6 to 63 characters long",
            () if self.event_types.is_empty() => "is about no events",
            () if self.max_events_per_batch.is_some_and(|most| !(1..=50).contains(&most)) => {
                "has `maxEventsPerBatch` that is not between 1 and 50"
            }
            () if !self.target_configuration.url.starts_with("https://") => "has a URL that is not https",
            () if !secret.is_none_or(plain) => "has a signing secret that is not 32 letters and digits",
            () => return Ok(()),
        };
        Err(Error::invalid(format!("the notification rule `{}` {why}", self.name)))
    }
}

open_enum! {
    /// What happened to a file.
    pub enum EventType {
        /// It came, in any way.
        Created = "b2:ObjectCreated:*",
        /// It was uploaded.
        Uploaded = "b2:ObjectCreated:Upload",
        /// It was uploaded in parts.
        MultipartUploaded = "b2:ObjectCreated:MultipartUpload",
        /// It is a copy.
        Copied = "b2:ObjectCreated:Copy",
        /// It is a copy that the service made for replication.
        Replicated = "b2:ObjectCreated:Replica",
        /// A marker hides it.
        Hidden = "b2:ObjectCreated:Hide",
        /// It went, in any way.
        Deleted = "b2:ObjectDeleted:*",
        /// It was deleted.
        DeletedByHand = "b2:ObjectDeleted:Delete",
        /// A lifecycle rule deleted it.
        DeletedByLifecycleRule = "b2:ObjectDeleted:LifecycleRule",
    }
}

/// Where events are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Target {
    pub target_type: TargetType,
    pub url: String,
    #[serde(default)]
    pub custom_headers: Option<Vec<CustomHeader>>,
    /// 32 letters and digits: what the service signs with.
    #[serde(default, serialize_with = "secret::expose_option")]
    pub hmac_sha256_signing_secret: Option<Secret>,
}

impl Target {
    /// A web hook, by its https URL.
    pub fn webhook(url: impl Into<String>) -> Self {
        Self {
            target_type: TargetType::Webhook,
            url: url.into(),
            custom_headers: None,
            hmac_sha256_signing_secret: None,
        }
    }

    /// Sets headers that the service sends.
    #[must_use]
    pub fn with_custom_headers(mut self, headers: Vec<CustomHeader>) -> Self {
        self.custom_headers = Some(headers);
        self
    }

    /// Lets the service sign what it sends.
    #[must_use]
    pub fn with_signing_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.hmac_sha256_signing_secret = Some(secret.into());
        self
    }
}

open_enum! {
    /// How events are told.
    pub enum TargetType {
        /// By a request to a URL.
        Webhook = "webhook",
    }
}

/// A header that the service sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CustomHeader {
    pub name: String,
    /// May be a credential.
    #[serde(serialize_with = "secret::expose")]
    pub value: Secret,
}

/// The header of a web hook's request that holds its signature.
pub const SIGNATURE: &str = "x-bz-event-notification-signature";

/// Checks that a request to a web hook comes from who knows the secret: `header` is that of [`SIGNATURE`], `body` is the
/// request's, byte by byte.
pub fn verify(header: &str, body: &[u8], secret: &Secret) -> Result<()> {
    let wrong = |why: &str| Error::new(ErrorKind::Unauthenticated, format!("the signature of the notification {why}"));
    let Some(digits) = header.trim().strip_prefix("v1=") else {
        return Err(wrong("has a form that is not known: it does not begin with `v1=`"));
    };
    let signature =
        data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| wrong("is not hexadecimal"))?;
    let key = key(secret).ok_or_else(|| wrong("cannot be checked: the secret is empty"))?;
    // Takes the same time whatever is wrong.
    hmac::verify(&key, body, &signature).map_err(|_| wrong("is not that of its body and this secret"))
}

/// The signature that the service sends with a body: for tests of a web hook.
pub fn sign(body: &[u8], secret: &Secret) -> String {
    let signature = key(secret).map(|key| data_encoding::HEXLOWER.encode(hmac::sign(&key, body).as_ref()));
    format!("v1={}", signature.unwrap_or_default())
}

fn key(secret: &Secret) -> Option<hmac::Key> {
    let secret = secret.expose();
    (!secret.is_empty()).then(|| hmac::Key::new(HMAC_SHA256, secret.as_bytes()))
}
