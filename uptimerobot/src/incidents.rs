//! What failed, when, and what was said about it.
//!
//! ```
//! use howdah_uptimerobot::incidents::{CommentText, IncidentFilter};
//! # use howdah_uptimerobot::{monitors::HttpMonitor, testing::FakeUptimeRobot};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeUptimeRobot::new();
//! # let robot = fake.client();
//! # let site = robot.monitors().create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await?;
//! # fake.set_down(site.id, "Connection timeout");
//! let incidents = robot.incidents();
//! for incident in incidents.list(IncidentFilter::new()).all().await? {
//!     println!("{}: {:?}", incident.id, incident.reason);
//!     incidents.create_comment(&incident.id, CommentText::new("We are on it.").with_publish_on_status_page(true)).await?;
//! }
//! # Ok(()) }
//! ```
//!
//! An incident or comment that is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use std::collections::BTreeMap;

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    CURSOR,
    monitors::{MonitorId, Region},
};

endpoints! {
    LIST:           IncidentFilter => Vec<IncidentSummary> = get("/incidents").envelope("data").pages(CURSOR);
    GET:            ()             => Incident             = get("/incidents/{id}");
    LIST_COMMENTS:  CommentFilter  => Vec<Comment>         = get("/incidents/{id}/comments").envelope("data").pages(COMMENTS);
    CREATE_COMMENT: CommentText    => Option<Comment>      = post("/incidents/{id}/comments").status(201);
    UPDATE_COMMENT: CommentText    => Comment              = patch("/incidents/{id}/comments/{commentId}");
    DELETE_COMMENT: ()             => ()                   = delete("/incidents/{id}/comments/{commentId}").status(204);
    ACTIVITY_LOG:   ()             => Vec<Activity>        = get("/incidents/{id}/activity-log").envelope("data");
    ALERTS:         ()             => Vec<SentAlert>       = get("/incidents/{id}/alerts").envelope("data");
}

/// Comments come a hundred at a time.
const COMMENTS: howdah_core::http::Pagination = crate::pages("limit", 100);

/// The incidents group. Reach it through [`UptimeRobot::incidents`](crate::UptimeRobot::incidents).
#[derive(Clone, Debug)]
pub struct Incidents(pub(crate) Api);

impl Incidents {
    /// Streams what failed, the latest first.
    ///
    /// `GET /incidents`
    pub fn list(&self, filter: IncidentFilter) -> Pages<IncidentSummary> {
        self.0.pages(&LIST, [], filter)
    }

    /// Reads an incident with what was asked and answered.
    ///
    /// `GET /incidents/{id}`
    pub fn get(&self, incident: &IncidentId) -> Call<Incident> {
        self.0.send(&GET, [incident], ())
    }

    /// Streams what was said about an incident.
    ///
    /// `GET /incidents/{id}/comments`
    pub fn list_comments(&self, incident: &IncidentId) -> Pages<Comment> {
        self.0.pages(&LIST_COMMENTS, [incident], CommentFilter {})
    }

    /// Says something about an incident. The service may answer with nothing: [`list_comments`](Self::list_comments) tells
    /// the comment's number.
    ///
    /// `POST /incidents/{id}/comments`
    pub fn create_comment(&self, incident: &IncidentId, comment: CommentText) -> Call<Option<Comment>> {
        self.0.send(&CREATE_COMMENT, [incident], comment)
    }

    /// Says something else instead.
    ///
    /// `PATCH /incidents/{id}/comments/{commentId}`
    pub fn update_comment(&self, incident: &IncidentId, comment: CommentId, text: CommentText) -> Call<Comment> {
        self.0.send(&UPDATE_COMMENT, [incident, &comment], text)
    }

    /// Removes what was said.
    ///
    /// `DELETE /incidents/{id}/comments/{commentId}`
    pub fn delete_comment(&self, incident: &IncidentId, comment: CommentId) -> Call<()> {
        self.0.send(&DELETE_COMMENT, [incident, &comment], ())
    }

    /// Lists what happened in an incident. The list comes whole.
    ///
    /// `GET /incidents/{id}/activity-log`
    pub fn activity_log(&self, incident: &IncidentId) -> Call<Vec<Activity>> {
        self.0.send(&ACTIVITY_LOG, [incident], ())
    }

    /// Lists who was told.
    ///
    /// `GET /incidents/{id}/alerts`
    pub fn alerts(&self, incident: &IncidentId) -> Call<Vec<SentAlert>> {
        self.0.send(&ALERTS, [incident], ())
    }
}

/// The number of an incident: up to 18 digits, as text.
pub type IncidentId = Id<Incident, String>;

/// The number of a comment.
pub type CommentId = Id<Comment>;

input! {
    /// Narrows a list of incidents.
    pub struct IncidentFilter {} optional {
        monitor_id: MonitorId,
        /// A part of the name.
        monitor_name: String,
        started_after: Timestamp,
        started_before: Timestamp,
    }
}

input! {
    /// Comments, as many as there are.
    pub(crate) struct CommentFilter {} optional {}
}

/// An incident in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct IncidentSummary {
    pub id: IncidentId,
    pub status: Option<IncidentStatus>,
    #[serde(rename = "type")]
    pub incident_type: Option<IncidentType>,
    /// An HTTP status, or 333333 for a time that ran out, 444444 for no answer, 0 for a slow one.
    pub cause: Option<i64>,
    pub reason: Option<String>,
    pub monitor: Option<IncidentMonitor>,
    pub comments_count: Option<u64>,
    /// As the service writes it.
    pub started_at: Option<String>,
    /// As the service writes it.
    pub resolved_at: Option<String>,
    /// Seconds.
    pub duration: Option<f64>,
    pub include_in_reports: Option<bool>,
}

/// The monitor that saw an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct IncidentMonitor {
    pub id: MonitorId,
    pub friendly_name: Option<String>,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Incident {
    pub id: IncidentId,
    pub status: Option<IncidentStatus>,
    /// As in [`IncidentSummary::cause`].
    pub cause: Option<i64>,
    pub reason: Option<String>,
    /// Seconds.
    pub duration: Option<f64>,
    /// As the service writes it.
    pub started_at: Option<String>,
    /// As the service writes it.
    pub resolved_at: Option<String>,
    pub root_cause: Option<RootCause>,
}

open_enum! {
    /// Whether something still fails.
    pub enum IncidentStatus {
        /// It does.
        Ongoing = "Ongoing",
        /// It does not.
        Resolved = "Resolved",
    }
}

open_enum! {
    /// What failed.
    pub enum IncidentType {
        /// There was no answer, or a wrong one.
        Downtime = "Downtime",
        /// It came late.
        SlowResponse = "SlowResponse",
    }
}

/// What was asked and answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct RootCause {
    pub url: Option<String>,
    pub request_headers: Option<BTreeMap<String, Value>>,
    pub response_headers: Option<BTreeMap<String, Value>>,
    pub http_response_code: Option<u16>,
    pub response_download_url: Option<String>,
}

input! {
    /// What is said about an incident.
    #[serde(rename_all = "camelCase")]
    pub struct CommentText {
        /// Up to 10,000 characters.
        content: String,
    } optional {
        publish_on_status_page: bool,
    }
}

/// What was said about an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Comment {
    pub id: CommentId,
    pub comment: Option<String>,
    pub publish_on_status_page: Option<bool>,
    /// As the service writes it.
    pub created: Option<String>,
    pub user: Option<CommentAuthor>,
}

/// Who said it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct CommentAuthor {
    pub id: u64,
    pub full_name: Option<String>,
}

/// Something that happened in an incident. Which of its fields there are depends on what it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Activity {
    #[serde(rename = "type")]
    pub activity_type: Option<ActivityType>,
    /// As the service writes it.
    pub date: Option<String>,
    pub region: Option<Region>,
    pub incident_status: Option<IncidentStatus>,
    pub alert_log_type: Option<String>,
    /// As in [`IncidentSummary::cause`].
    pub cause: Option<i64>,
    pub reason: Option<String>,
    pub remote_node: Option<RemoteNode>,
    /// Milliseconds.
    pub response_time: Option<f64>,
    pub comment_id: Option<CommentId>,
    pub comment_full_name: Option<String>,
    pub comment_email: Option<String>,
    pub sent_to_full_name: Option<String>,
    pub sent_to_value: Option<String>,
    pub notification_type: Option<String>,
    pub notification_status: Option<DeliveryStatus>,
}

open_enum! {
    /// What happened in an incident.
    pub enum ActivityType {
        /// It was looked.
        StatusUpdate = "STATUS_UPDATE",
        /// Something was said.
        Comment = "COMMENT",
        /// Someone was told.
        Notification = "NOTIFICATION",
    }
}

/// The machine that looked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct RemoteNode {
    pub id: u64,
    pub status: Option<bool>,
    #[serde(rename = "IP")]
    pub ip: Option<String>,
    #[serde(rename = "IPv6")]
    pub ipv6: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    #[serde(rename = "privateIP")]
    pub private_ip: Option<String>,
}

/// Who was told of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct SentAlert {
    /// As the service writes it.
    pub timestamp: Option<String>,
    pub recipient_name: Option<String>,
    pub recipient_value: Option<String>,
    pub channel_type: Option<String>,
    pub status: Option<DeliveryStatus>,
}

open_enum! {
    /// Whether a message arrived.
    pub enum DeliveryStatus {
        /// It did.
        Success = "SUCCESS",
        /// It did not.
        NotDelivered = "NOT_DELIVERED",
    }
}
