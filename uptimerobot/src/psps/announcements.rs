//! What a status page announces.
//!
//! ```
//! use howdah_uptimerobot::psps::{NewPsp, announcements::{AnnouncementStatus, AnnouncementText, AnnouncementType}};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! # let page = robot.psps().create(NewPsp::new("vmst.io")).await?;
//! let announcements = robot.psps().announcements(page.id);
//! let updates = AnnouncementText::new()
//!     .with_title("Updates")
//!     .with_content("The site is away for half an hour.")
//!     .with_announcement_type(AnnouncementType::Maintenance)
//!     .with_status(AnnouncementStatus::Published);
//! let updates = announcements.create(updates).await?;
//! announcements.pin(updates.id).await?;
//! // None can be removed; one that is over is put away.
//! announcements.update(updates.id, AnnouncementText::new().with_status(AnnouncementStatus::Archived)).await?;
//! # Ok(()) }
//! ```
//!
//! An announcement that is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PspId;
use crate::CURSOR;

endpoints! {
    LIST:   AnnouncementFilter => Vec<Announcement> = get("/psps/{pspId}/announcements").envelope("data").pages(CURSOR);
    CREATE: AnnouncementText   => Announcement      = post("/psps/{pspId}/announcements").status(201);
    GET:    ()                 => Announcement      = get("/psps/{pspId}/announcements/{id}");
    UPDATE: AnnouncementText   => Announcement      = patch("/psps/{pspId}/announcements/{id}");
    PIN:    ()                 => ()                = post("/psps/{pspId}/announcements/{id}/pin").idempotent();
    UNPIN:  ()                 => ()                = post("/psps/{pspId}/announcements/{id}/unpin").idempotent();
}

/// The announcements of a page. Reach them through [`Psps::announcements`](super::Psps::announcements).
#[derive(Clone, Debug)]
pub struct Announcements(pub(super) Api, pub(super) PspId);

impl Announcements {
    /// Streams the page's announcements.
    ///
    /// `GET /psps/{pspId}/announcements`
    pub fn list(&self, filter: AnnouncementFilter) -> Pages<Announcement> {
        self.0.pages(&LIST, [&self.1], filter)
    }

    /// Writes an announcement, and shows it if its status is so.
    ///
    /// `POST /psps/{pspId}/announcements`
    pub fn create(&self, announcement: AnnouncementText) -> Call<Announcement> {
        self.0.send(&CREATE, [&self.1], announcement)
    }

    /// Reads an announcement.
    ///
    /// `GET /psps/{pspId}/announcements/{id}`
    pub fn get(&self, announcement: AnnouncementId) -> Call<Announcement> {
        self.0.send(&GET, [&self.1, &announcement], ())
    }

    /// Changes what is set and leaves the rest.
    ///
    /// `PATCH /psps/{pspId}/announcements/{id}`
    pub fn update(&self, announcement: AnnouncementId, text: AnnouncementText) -> Call<Announcement> {
        self.0.send(&UPDATE, [&self.1, &announcement], text)
    }

    /// Keeps an announcement above the others.
    ///
    /// `POST /psps/{pspId}/announcements/{id}/pin`
    pub fn pin(&self, announcement: AnnouncementId) -> Call<()> {
        self.0.send(&PIN, [&self.1, &announcement], ())
    }

    /// Puts an announcement among the others again.
    ///
    /// `POST /psps/{pspId}/announcements/{id}/unpin`
    pub fn unpin(&self, announcement: AnnouncementId) -> Call<()> {
        self.0.send(&UNPIN, [&self.1, &announcement], ())
    }
}

/// The number of an announcement.
pub type AnnouncementId = Id<Announcement>;

input! {
    /// Narrows a list of announcements.
    pub struct AnnouncementFilter {} optional {
        status: StatusFilter,
    }
}

open_enum! {
    /// How far an announcement is, as lists are narrowed by it.
    pub enum StatusFilter {
        /// Not shown.
        Offline = "OFFLINE",
        /// To be shown later.
        Pending = "PENDING",
        /// Shown.
        Published = "PUBLISHED",
        /// Put away.
        Archived = "ARCHIVED",
    }
}

open_enum! {
    /// How far an announcement is.
    pub enum AnnouncementStatus {
        /// Not shown.
        Offline = "Offline",
        /// To be shown later.
        Pending = "Pending",
        /// Shown.
        Published = "Published",
        /// Put away.
        Archived = "Archived",
    }
}

open_enum! {
    /// What an announcement is about.
    pub enum AnnouncementType {
        /// Anything.
        Info = "Info",
        /// Work that is planned.
        Maintenance = "Maintenance",
        /// Something that fails.
        Issue = "Issue",
    }
}

/// What a status page announces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Announcement {
    pub id: AnnouncementId,
    pub psp_id: Option<PspId>,
    pub user_id: Option<u64>,
    pub title: Option<String>,
    pub content: Option<String>,
    pub status: Option<AnnouncementStatus>,
    #[serde(rename = "type")]
    pub announcement_type: Option<AnnouncementType>,
    /// Whether those who asked were told: `CantSend`, `InQueue` or `Sent`.
    pub delivery_status: Option<String>,
    /// As the service writes it.
    pub start_date: Option<String>,
    /// As the service writes it.
    pub end_date: Option<String>,
    /// As the service writes it.
    pub creation_date: Option<String>,
    /// As the service writes it.
    pub submit_date: Option<String>,
    pub sent_count: Option<u64>,
}

input! {
    /// What is to be announced, or what changes in it.
    #[serde(rename_all = "camelCase")]
    pub struct AnnouncementText {} optional {
        /// Up to 255 characters.
        title: String,
        /// Up to 2,000 characters.
        content: String,
        status: AnnouncementStatus,
        #[serde(rename = "type")]
        announcement_type: AnnouncementType,
        start_date: Timestamp,
        end_date: Timestamp,
    }
}
