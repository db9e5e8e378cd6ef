//! Names by which monitors are found.
//!
//! ```
//! # use howdah_uptimerobot::{monitors::HttpMonitor, testing::FakeUptimeRobot};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! # let site = HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32).with_tag_names(vec!["web".to_owned()]);
//! # robot.monitors().create(site).await?;
//! for tag in robot.tags().list().all().await? {
//!     println!("{} {}", tag.id, tag.name);
//! }
//! # Ok(()) }
//! ```
//!
//! A tag is made by giving it to a monitor. One that is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, Pagination},
};
use serde::{Deserialize, Serialize};

endpoints! {
    LIST:   () => Vec<Tag> = get("/tags").envelope("data").pages(PAGES);
    DELETE: () => ()       = delete("/tags/{id}").status(204);
}

const PAGES: Pagination = Pagination::Cursor { next: &[("/nextCursorId", "cursor")], size: ("", 0) };

/// The tags. Reach them through [`UptimeRobot::tags`](crate::UptimeRobot::tags).
#[derive(Clone, Debug)]
pub struct Tags(pub(crate) Api);

impl Tags {
    /// Streams the account's tags.
    ///
    /// `GET /tags`
    pub fn list(&self) -> Pages<Tag> {
        self.0.pages(&LIST, [], ())
    }

    /// Removes a tag from all monitors.
    ///
    /// `DELETE /tags/{id}`
    pub fn delete(&self, tag: TagId) -> Call<()> {
        self.0.send(&DELETE, [&tag], ())
    }
}

/// The number of a tag.
pub type TagId = Id<Tag>;

/// A name by which monitors are found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
}
