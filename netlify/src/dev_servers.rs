//! Servers that show a site while it is worked on.
//!
//! ```
//! use howdah_netlify::dev_servers::BranchOption;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let servers = netlify.dev_servers().create(&site.id, BranchOption::new().with_branch("next")).await?;
//! netlify.dev_servers().mark_activity(&site.id, &servers[0].id).await?;
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pages, Query},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{PAGES, sites::SiteId};

endpoints! {
    LIST:          ()                    => Vec<DevServer>     = get("/sites/{site_id}/dev_servers").pages(PAGES);
    CREATE:        Query<BranchOption>   => Vec<DevServer>     = post("/sites/{site_id}/dev_servers");
    DELETE:        Query<BranchOption>   => ()                 = delete("/sites/{site_id}/dev_servers").status(202);
    GET:           ()                    => DevServer          = get("/sites/{site_id}/dev_servers/{dev_server_id}");
    MARK_ACTIVITY: ()                    => ()                 = post("/sites/{site_id}/dev_servers/{dev_server_id}/activity").idempotent();
    UPDATE_STATE:  DevServerStateUpdate  => DevServer          = post("/sites/{site_id}/dev_servers/{dev_server_id}/state");
    LIST_HOOKS:    ()                    => Vec<DevServerHook> = get("/sites/{site_id}/dev_server_hooks");
    CREATE_HOOK:   DevServerHookSettings => DevServerHook      = post("/sites/{site_id}/dev_server_hooks").status(201);
    GET_HOOK:      ()                    => DevServerHook      = get("/sites/{site_id}/dev_server_hooks/{id}");
    UPDATE_HOOK:   DevServerHookSettings => ()                 = put("/sites/{site_id}/dev_server_hooks/{id}").status(204);
    DELETE_HOOK:   ()                    => ()                 = delete("/sites/{site_id}/dev_server_hooks/{id}").status(204);
}

/// The development servers of a site. Reach them through [`Netlify::dev_servers`](crate::Netlify::dev_servers).
#[derive(Clone, Debug)]
pub struct DevServers(pub(crate) Api);

impl DevServers {
    /// Streams a site's development servers.
    ///
    /// `GET /sites/{site_id}/dev_servers`
    pub fn list(&self, site: &SiteId) -> Pages<DevServer> {
        self.0.pages(&LIST, [site], ())
    }

    /// Starts a development server.
    ///
    /// `POST /sites/{site_id}/dev_servers`
    pub fn create(&self, site: &SiteId, branch: BranchOption) -> Call<Vec<DevServer>> {
        self.0.send(&CREATE, [site], Query(branch))
    }

    /// Ends the development servers of a site, or of a branch.
    ///
    /// `DELETE /sites/{site_id}/dev_servers`
    pub fn delete(&self, site: &SiteId, branch: BranchOption) -> Call<()> {
        self.0.send(&DELETE, [site], Query(branch))
    }

    /// Reads a development server.
    ///
    /// `GET /sites/{site_id}/dev_servers/{dev_server_id}`
    pub fn get(&self, site: &SiteId, server: &DevServerId) -> Call<DevServer> {
        self.0.send(&GET, [site, server], ())
    }

    /// Tells that a development server is used.
    ///
    /// `POST /sites/{site_id}/dev_servers/{dev_server_id}/activity`
    pub fn mark_activity(&self, site: &SiteId, server: &DevServerId) -> Call<()> {
        self.0.send(&MARK_ACTIVITY, [site, server], ())
    }

    /// Tells how far a development server is.
    ///
    /// `POST /sites/{site_id}/dev_servers/{dev_server_id}/state`
    pub fn update_state(&self, site: &SiteId, server: &DevServerId, state: DevServerStateUpdate) -> Call<DevServer> {
        self.0.send(&UPDATE_STATE, [site, server], state)
    }

    /// Lists the URLs that start or refresh a development server.
    ///
    /// `GET /sites/{site_id}/dev_server_hooks`
    pub fn list_hooks(&self, site: &SiteId) -> Call<Vec<DevServerHook>> {
        self.0.send(&LIST_HOOKS, [site], ())
    }

    /// Makes such a URL.
    ///
    /// `POST /sites/{site_id}/dev_server_hooks`
    pub fn create_hook(&self, site: &SiteId, settings: DevServerHookSettings) -> Call<DevServerHook> {
        self.0.send(&CREATE_HOOK, [site], settings)
    }

    /// Reads such a URL.
    ///
    /// `GET /sites/{site_id}/dev_server_hooks/{id}`
    pub fn get_hook(&self, site: &SiteId, hook: &DevServerHookId) -> Call<DevServerHook> {
        self.0.send(&GET_HOOK, [site, hook], ())
    }

    /// Changes such a URL.
    ///
    /// `PUT /sites/{site_id}/dev_server_hooks/{id}`
    pub fn update_hook(&self, site: &SiteId, hook: &DevServerHookId, settings: DevServerHookSettings) -> Call<()> {
        self.0.send(&UPDATE_HOOK, [site, hook], settings)
    }

    /// Removes such a URL.
    ///
    /// `DELETE /sites/{site_id}/dev_server_hooks/{id}`
    pub fn delete_hook(&self, site: &SiteId, hook: &DevServerHookId) -> Call<()> {
        self.0.send(&DELETE_HOOK, [site, hook], ())
    }
}

/// The id of a development server.
pub type DevServerId = Id<DevServer, String>;

/// The id of a URL that starts or refreshes one.
pub type DevServerHookId = Id<DevServerHook, String>;

/// A development server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DevServer {
    pub id: DevServerId,
    pub site_id: Option<SiteId>,
    pub branch: Option<String>,
    pub url: Option<String>,
    pub state: Option<DevServerState>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub starting_at: Option<Timestamp>,
    pub error_at: Option<Timestamp>,
    pub live_at: Option<Timestamp>,
    pub done_at: Option<Timestamp>,
    pub title: Option<String>,
}

open_enum! {
    /// How far a development server is.
    pub enum DevServerState {
        /// It is started.
        Starting = "starting",
        /// It can be used.
        Live = "live",
        /// It failed.
        Error = "error",
        /// It has ended.
        Done = "done",
    }
}

input! {
    /// How far a development server is.
    pub struct DevServerStateUpdate {
        state: DevServerState,
    } optional {
        task_id: String,
        error: String,
    }
}

input! {
    /// Which branch.
    pub struct BranchOption {} optional {
        branch: String,
    }
}

/// A URL that starts or refreshes a development server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DevServerHook {
    pub id: DevServerHookId,
    pub title: Option<String>,
    pub branch: Option<String>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub url: Option<Secret>,
    pub site_id: Option<SiteId>,
    pub created_at: Option<Timestamp>,
    #[serde(rename = "type")]
    pub hook_type: Option<DevServerHookType>,
}

open_enum! {
    /// What a URL does.
    pub enum DevServerHookType {
        /// It starts one.
        NewDevServer = "new_dev_server",
        /// It refreshes one.
        ContentRefresh = "content_refresh",
    }
}

input! {
    /// What such a URL is to be.
    pub struct DevServerHookSettings {} optional {
        title: String,
        branch: String,
        #[serde(rename = "type")]
        hook_type: DevServerHookType,
    }
}
