//! Code that is put into a site's pages.
//!
//! ```
//! use howdah_netlify::snippets::SnippetSettings;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let snippet = SnippetSettings::new().with_title("hello").with_general("<!-- hello -->").with_general_position("footer");
//! let snippet = netlify.snippets().create(&site.id, snippet).await?;
//! netlify.snippets().delete(&site.id, snippet.id).await?;
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call},
    input,
};
use serde::{Deserialize, Serialize};

use crate::sites::SiteId;

endpoints! {
    LIST:   ()              => Vec<Snippet> = get("/sites/{site_id}/snippets");
    CREATE: SnippetSettings => Snippet      = post("/sites/{site_id}/snippets").status(201);
    GET:    ()              => Snippet      = get("/sites/{site_id}/snippets/{snippet_id}");
    UPDATE: SnippetSettings => ()           = put("/sites/{site_id}/snippets/{snippet_id}").status(204);
    DELETE: ()              => ()           = delete("/sites/{site_id}/snippets/{snippet_id}").status(204);
}

/// The snippets of a site. Reach them through [`Netlify::snippets`](crate::Netlify::snippets).
#[derive(Clone, Debug)]
pub struct Snippets(pub(crate) Api);

impl Snippets {
    /// Lists a site's snippets.
    ///
    /// `GET /sites/{site_id}/snippets`
    pub fn list(&self, site: &SiteId) -> Call<Vec<Snippet>> {
        self.0.send(&LIST, [site], ())
    }

    /// Puts code into a site's pages.
    ///
    /// `POST /sites/{site_id}/snippets`
    pub fn create(&self, site: &SiteId, settings: SnippetSettings) -> Call<Snippet> {
        self.0.send(&CREATE, [site], settings)
    }

    /// Reads a snippet.
    ///
    /// `GET /sites/{site_id}/snippets/{snippet_id}`
    pub fn get(&self, site: &SiteId, snippet: SnippetId) -> Call<Snippet> {
        self.0.send(&GET, [site, &snippet], ())
    }

    /// Changes a snippet.
    ///
    /// `PUT /sites/{site_id}/snippets/{snippet_id}`
    pub fn update(&self, site: &SiteId, snippet: SnippetId, settings: SnippetSettings) -> Call<()> {
        self.0.send(&UPDATE, [site, &snippet], settings)
    }

    /// Removes a snippet.
    ///
    /// `DELETE /sites/{site_id}/snippets/{snippet_id}`
    pub fn delete(&self, site: &SiteId, snippet: SnippetId) -> Call<()> {
        self.0.send(&DELETE, [site, &snippet], ())
    }
}

/// The number of a snippet.
pub type SnippetId = Id<Snippet>;

/// Code that is put into a site's pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Snippet {
    pub id: SnippetId,
    pub site_id: Option<SiteId>,
    pub title: Option<String>,
    pub general: Option<String>,
    pub general_position: Option<String>,
    pub goal: Option<String>,
    pub goal_position: Option<String>,
}

input! {
    /// Code that is to be put into a site's pages.
    pub struct SnippetSettings {} optional {
        title: String,
        /// What is put into all pages.
        general: String,
        /// `head` or `footer`.
        general_position: String,
        /// What is put into the page after a form.
        goal: String,
        /// `head` or `footer`.
        goal_position: String,
    }
}
