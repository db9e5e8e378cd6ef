//! Forgetting what is cached.
//!
//! ```
//! use howdah_netlify::purge::Purge;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! netlify.purge().purge(Purge::new().with_site_id(site.id).with_cache_tags(vec!["rules".to_owned()])).await?;
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    endpoints,
    http::{Api, Call},
    input,
};

use crate::sites::SiteId;

endpoints! {
    PURGE: Purge => () = post("/purge").status(202).idempotent();
}

/// The purge group. Reach it through [`Netlify::purge`](crate::Netlify::purge).
#[derive(Clone, Debug)]
pub struct Purges(pub(crate) Api);

impl Purges {
    /// Forgets what is cached of a site: all, or what has one of the tags.
    ///
    /// `POST /purge`
    pub fn purge(&self, purge: Purge) -> Call<()> {
        self.0.send(&PURGE, [], purge)
    }
}

input! {
    /// What is to be forgotten: by the site's id or its name below `netlify.app`.
    pub struct Purge {} optional {
        site_id: SiteId,
        site_slug: String,
        cache_tags: Vec<String>,
    }
}
