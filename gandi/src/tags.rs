//! Words that domains are sorted by.
//!
//! ```
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::new();
//! # let domain = howdah_core::dns::Name::parse("example.org").unwrap();
//! # fake.registry().register(&domain, howdah_gandi::testing::NAME, &[], jiff::SignedDuration::from_hours(24));
//! # let gandi = fake.client();
//! let tags = gandi.tags();
//! tags.replace("example.org", ["mastodon", "old"]).await?;
//! tags.update("example.org", ["production"], ["old"]).await?;
//! assert_eq!(tags.list("example.org").await?, ["mastodon", "production"]);
//! # Ok(()) }
//! ```
//!
//! Certificates have tags of their own, see [`certificates`](crate::certificates).

use howdah_core::{
    endpoints,
    http::{Api, Call},
};
use serde::{Deserialize, Serialize};

endpoints! {
    LIST:    ()        => Vec<String> = get("/domain/domains/{domain}/tags");
    ADD:     NewTag    => ()          = post("/domain/domains/{domain}/tags");
    REPLACE: TagSet    => ()          = put("/domain/domains/{domain}/tags");
    UPDATE:  TagChange => ()          = patch("/domain/domains/{domain}/tags").idempotent();
    CLEAR:   ()        => ()          = delete("/domain/domains/{domain}/tags");
}

/// The tags group. Reach it through [`Gandi::tags`](crate::Gandi::tags).
#[derive(Clone, Debug)]
pub struct Tags(pub(crate) Api);

impl Tags {
    /// Reads the tags of a domain.
    ///
    /// `GET /domain/domains/{domain}/tags`
    pub fn list(&self, domain: &str) -> Call<Vec<String>> {
        self.0.send(&LIST, [&domain], ())
    }

    /// Adds a tag to a domain.
    ///
    /// `POST /domain/domains/{domain}/tags`
    pub fn add(&self, domain: &str, tag: &str) -> Call<()> {
        self.0.send(&ADD, [&domain], NewTag { tag: tag.to_owned() })
    }

    /// Replaces all tags of a domain.
    ///
    /// `PUT /domain/domains/{domain}/tags`
    pub fn replace(&self, domain: &str, tags: impl IntoIterator<Item = impl Into<String>>) -> Call<()> {
        self.0.send(&REPLACE, [&domain], TagSet::of(tags))
    }

    /// Adds tags to a domain and removes others.
    ///
    /// `PATCH /domain/domains/{domain}/tags`
    pub fn update(
        &self,
        domain: &str,
        add: impl IntoIterator<Item = impl Into<String>>,
        remove: impl IntoIterator<Item = impl Into<String>>,
    ) -> Call<()> {
        self.0.send(&UPDATE, [&domain], TagChange::of(add, remove))
    }

    /// Removes all tags from a domain.
    ///
    /// `DELETE /domain/domains/{domain}/tags`
    pub fn clear(&self, domain: &str) -> Call<()> {
        self.0.send(&CLEAR, [&domain], ())
    }
}

/// A tag to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NewTag {
    pub tag: String,
}

/// The tags to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TagSet {
    pub tags: Vec<String>,
}

impl TagSet {
    pub(crate) fn of(tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { tags: tags.into_iter().map(Into::into).collect() }
    }
}

/// Tags to add and to remove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TagChange {
    pub add: Vec<String>,
    pub remove: Vec<String>,
}

impl TagChange {
    pub(crate) fn of(
        add: impl IntoIterator<Item = impl Into<String>>,
        remove: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let add = add.into_iter().map(Into::into).collect();
        Self { add, remove: remove.into_iter().map(Into::into).collect() }
    }
}
