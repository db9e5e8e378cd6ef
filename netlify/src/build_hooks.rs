//! URLs that begin a build.
//!
//! ```
//! use howdah_netlify::build_hooks::BuildHookSettings;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let hook = BuildHookSettings::new().with_title("from the wiki").with_branch("main");
//! let hook = netlify.build_hooks().create(&site.id, hook).await?;
//! // Whoever has the URL may begin a build.
//! assert!(hook.url.is_some());
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call},
    input, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sites::SiteId;

endpoints! {
    LIST:   ()                => Vec<BuildHook> = get("/sites/{site_id}/build_hooks");
    CREATE: BuildHookSettings => BuildHook      = post("/sites/{site_id}/build_hooks").status(201);
    GET:    ()                => BuildHook      = get("/sites/{site_id}/build_hooks/{id}");
    UPDATE: BuildHookSettings => ()             = put("/sites/{site_id}/build_hooks/{id}").status(204);
    DELETE: ()                => ()             = delete("/sites/{site_id}/build_hooks/{id}").status(204);
}

/// The build hooks of a site. Reach them through [`Netlify::build_hooks`](crate::Netlify::build_hooks).
#[derive(Clone, Debug)]
pub struct BuildHooks(pub(crate) Api);

impl BuildHooks {
    /// Lists a site's build hooks.
    ///
    /// `GET /sites/{site_id}/build_hooks`
    pub fn list(&self, site: &SiteId) -> Call<Vec<BuildHook>> {
        self.0.send(&LIST, [site], ())
    }

    /// Makes a build hook.
    ///
    /// `POST /sites/{site_id}/build_hooks`
    pub fn create(&self, site: &SiteId, settings: BuildHookSettings) -> Call<BuildHook> {
        self.0.send(&CREATE, [site], settings)
    }

    /// Reads a build hook.
    ///
    /// `GET /sites/{site_id}/build_hooks/{id}`
    pub fn get(&self, site: &SiteId, hook: &BuildHookId) -> Call<BuildHook> {
        self.0.send(&GET, [site, hook], ())
    }

    /// Changes a build hook.
    ///
    /// `PUT /sites/{site_id}/build_hooks/{id}`
    pub fn update(&self, site: &SiteId, hook: &BuildHookId, settings: BuildHookSettings) -> Call<()> {
        self.0.send(&UPDATE, [site, hook], settings)
    }

    /// Removes a build hook.
    ///
    /// `DELETE /sites/{site_id}/build_hooks/{id}`
    pub fn delete(&self, site: &SiteId, hook: &BuildHookId) -> Call<()> {
        self.0.send(&DELETE, [site, hook], ())
    }
}

/// The id of a build hook.
pub type BuildHookId = Id<BuildHook, String>;

/// A URL that begins a build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BuildHook {
    pub id: BuildHookId,
    pub title: Option<String>,
    pub branch: Option<String>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub url: Option<Secret>,
    pub site_id: Option<SiteId>,
    pub created_at: Option<Timestamp>,
}

input! {
    /// What a build hook is to be.
    pub struct BuildHookSettings {} optional {
        title: String,
        branch: String,
    }
}
