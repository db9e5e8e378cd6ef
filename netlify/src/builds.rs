//! Builds: a site made anew from its repository.
//!
//! ```
//! use howdah_netlify::builds::BuildOptions;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let build = netlify.builds().create(&site.id, BuildOptions::new().with_clear_cache(true)).await?;
//! assert_eq!(netlify.builds().get(&build.id).await?.done, Some(false));
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use bytes::Bytes;
use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Multipart, Pages, Query, With},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{PAGES, accounts::AccountId, deploys::DeployId, sites::SiteId};

endpoints! {
    LIST:            ()                            => Vec<Build>       = get("/sites/{site_id}/builds").pages(PAGES);
    CREATE:          Query<BuildOptions>           => Build            = post("/sites/{site_id}/builds");
    CREATE_FROM_ZIP: With<BuildOptions, Multipart> => Build            = post("/sites/{site_id}/builds");
    GET:             ()                            => Build            = get("/builds/{build_id}");
    LOG:             BuildLogMessage               => ()               = post("/builds/{build_id}/log").status(204);
    START:           Query<BuildStart>             => ()               = post("/builds/{build_id}/start").status(204);
    STATUS:          ()                            => Vec<BuildStatus> = get("/{account_id}/builds/status");
}

/// The builds group. Reach it through [`Netlify::builds`](crate::Netlify::builds).
#[derive(Clone, Debug)]
pub struct Builds(pub(crate) Api);

impl Builds {
    /// Streams a site's builds.
    ///
    /// `GET /sites/{site_id}/builds`
    pub fn list(&self, site: &SiteId) -> Pages<Build> {
        self.0.pages(&LIST, [site], ())
    }

    /// Builds a site.
    ///
    /// `POST /sites/{site_id}/builds`
    pub fn create(&self, site: &SiteId, options: BuildOptions) -> Call<Build> {
        self.0.send(&CREATE, [site], Query(options))
    }

    /// Reads a build.
    ///
    /// `GET /builds/{build_id}`
    pub fn get(&self, build: &BuildId) -> Call<Build> {
        self.0.send(&GET, [build], ())
    }

    /// Writes into a build's log.
    ///
    /// `POST /builds/{build_id}/log`
    pub fn write_log(&self, build: &BuildId, message: BuildLogMessage) -> Call<()> {
        self.0.send(&LOG, [build], message)
    }

    /// Tells that a build has begun: for those who build elsewhere.
    ///
    /// `POST /builds/{build_id}/start`
    pub fn notify_start(&self, build: &BuildId, start: BuildStart) -> Call<()> {
        self.0.send(&START, [build], Query(start))
    }

    /// Tells how many builds of an account there are, and how long they took.
    ///
    /// `GET /{account_id}/builds/status`
    pub fn account_status(&self, account: &AccountId) -> Call<Vec<BuildStatus>> {
        self.0.send(&STATUS, [account], ())
    }
}

impl Builds {
    /// Builds a site from an archive of its sources.
    ///
    /// `POST /sites/{site_id}/builds`
    pub fn create_from_zip(&self, site: &SiteId, options: BuildOptions, zip: impl Into<Bytes>) -> Call<Build> {
        let form = Multipart::new().with_file("zip", "site.zip", "application/zip", zip);
        self.0.send(&CREATE_FROM_ZIP, [site], With { query: options, body: form })
    }
}

/// The id of a build.
pub type BuildId = Id<Build, String>;

/// A site made anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Build {
    pub id: BuildId,
    pub deploy_id: Option<DeployId>,
    /// The commit.
    pub sha: Option<String>,
    pub done: Option<bool>,
    pub error: Option<String>,
    pub created_at: Option<Timestamp>,
}

input! {
    /// How a site is built.
    pub struct BuildOptions {} optional {
        branch: String,
        clear_cache: bool,
        /// The image that it is built in.
        image: String,
        template_id: String,
        title: String,
    }
}

input! {
    /// Who builds.
    pub struct BuildStart {} optional {
        buildbot_version: String,
        build_version: String,
        task_id: String,
    }
}

input! {
    /// A line of a build's log.
    pub struct BuildLogMessage {} optional {
        message: String,
        error: bool,
        section: BuildSection,
    }
}

open_enum! {
    /// What a build is at.
    pub enum BuildSection {
        /// Its beginning.
        Initializing = "initializing",
        /// The work itself.
        Building = "building",
        /// The deploy.
        Deploying = "deploying",
        /// Its end.
        Cleanup = "cleanup",
        /// What is done to its files.
        Postprocessing = "postprocessing",
    }
}

/// How many builds of an account there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BuildStatus {
    pub active: Option<i64>,
    pub pending_concurrency: Option<i64>,
    pub enqueued: Option<i64>,
    pub build_count: Option<i64>,
    pub minutes: Option<BuildMinutes>,
}

/// How long an account's builds took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BuildMinutes {
    pub current: Option<i64>,
    pub current_average_sec: Option<i64>,
    pub previous: Option<i64>,
    pub period_start_date: Option<Timestamp>,
    pub period_end_date: Option<Timestamp>,
    pub last_updated_at: Option<Timestamp>,
    pub included_minutes: Option<String>,
    pub included_minutes_with_packs: Option<String>,
}
