//! Sites: what is served under a name.
//!
//! ```
//! use howdah_netlify::sites::{SiteFilter, SiteOptions, SiteSettings};
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! let sites = netlify.sites();
//! let docs = SiteSettings::new().with_name("vmst-docs").with_custom_domain("docs.vmst.io");
//! let docs = sites.create(SiteOptions::new(), docs).await?;
//! sites.update(&docs.id, SiteSettings::new().with_force_ssl(true)).await?;
//! assert_eq!(sites.list(SiteFilter::new()).all().await?.len(), 1);
//! # Ok(()) }
//! ```
//!
//! Wherever a site is named, its domain does as well as its id: `SiteId::from("docs.vmst.io")`.
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use std::collections::BTreeMap;

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pages, Query, With, null_as_default},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{PAGES, accounts::AccountId, deploys::Deploy};

endpoints! {
    LIST:             SiteFilter                      => Vec<Site> = get("/sites").pages(PAGES);
    LIST_FOR_ACCOUNT: AccountSiteFilter               => Vec<Site> = get("/{account_slug}/sites").pages(PAGES);
    CREATE:           With<SiteOptions, SiteSettings> => Site      = post("/sites").status(201);
    CREATE_IN_TEAM:   With<SiteOptions, SiteSettings> => Site      = post("/{account_slug}/sites").status(201);
    GET:              ()                              => Site      = get("/sites/{site_id}");
    UPDATE:           SiteSettings                    => Site      = patch("/sites/{site_id}");
    DELETE:           ()                              => ()        = delete("/sites/{site_id}").status(204);
    ENABLE:           ()                              => ()        = put("/sites/{site_id}/enable").status(204);
    DISABLE:          Query<DisableReason>            => ()        = put("/sites/{site_id}/disable").status(204);
    UNLINK_REPO:      ()                              => Site      = put("/sites/{site_id}/unlink_repo");
}

/// The sites group. Reach it through [`Netlify::sites`](crate::Netlify::sites).
#[derive(Clone, Debug)]
pub struct Sites(pub(crate) Api);

impl Sites {
    /// Streams the sites that the token may see.
    ///
    /// `GET /sites`
    pub fn list(&self, filter: SiteFilter) -> Pages<Site> {
        self.0.pages(&LIST, [], filter)
    }

    /// Streams the sites of an account.
    ///
    /// `GET /{account_slug}/sites`
    pub fn list_for_account(&self, account: &AccountId, filter: AccountSiteFilter) -> Pages<Site> {
        self.0.pages(&LIST_FOR_ACCOUNT, [account], filter)
    }

    /// Makes a site in the account of the token's owner. Not repeated when the answer is lost.
    ///
    /// `POST /sites`
    pub fn create(&self, options: SiteOptions, settings: SiteSettings) -> Call<Site> {
        self.0.send(&CREATE, [], With { query: options, body: settings })
    }

    /// Makes a site in an account. Not repeated when the answer is lost.
    ///
    /// `POST /{account_slug}/sites`
    pub fn create_in_team(&self, account: &AccountId, options: SiteOptions, settings: SiteSettings) -> Call<Site> {
        self.0.send(&CREATE_IN_TEAM, [account], With { query: options, body: settings })
    }

    /// Reads a site.
    ///
    /// `GET /sites/{site_id}`
    pub fn get(&self, site: &SiteId) -> Call<Site> {
        self.0.send(&GET, [site], ())
    }

    /// Changes what is set in the settings and leaves the rest.
    ///
    /// `PATCH /sites/{site_id}`
    pub fn update(&self, site: &SiteId, settings: SiteSettings) -> Call<Site> {
        self.0.send(&UPDATE, [site], settings)
    }

    /// Removes a site and all its deploys.
    ///
    /// `DELETE /sites/{site_id}`
    pub fn delete(&self, site: &SiteId) -> Call<()> {
        self.0.send(&DELETE, [site], ())
    }

    /// Lets a site be seen again.
    ///
    /// `PUT /sites/{site_id}/enable`
    pub fn enable(&self, site: &SiteId) -> Call<()> {
        self.0.send(&ENABLE, [site], ())
    }

    /// Lets a site be seen no more.
    ///
    /// `PUT /sites/{site_id}/disable`
    pub fn disable(&self, site: &SiteId, reason: DisableReason) -> Call<()> {
        self.0.send(&DISABLE, [site], Query(reason))
    }

    /// Builds a site from its repository no more.
    ///
    /// `PUT /sites/{site_id}/unlink_repo`
    pub fn unlink_repo(&self, site: &SiteId) -> Call<Site> {
        self.0.send(&UNLINK_REPO, [site], ())
    }
}

/// The UUID of a site, or a domain of it.
pub type SiteId = Id<Site, String>;

/// A site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Site {
    pub id: SiteId,
    pub state: Option<String>,
    pub plan: Option<String>,
    pub name: Option<String>,
    pub custom_domain: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub domain_aliases: Vec<String>,
    pub branch_deploy_custom_domain: Option<String>,
    pub deploy_preview_custom_domain: Option<String>,
    /// What visitors are asked for.
    #[serde(default, serialize_with = "secret::expose_option")]
    pub password: Option<Secret>,
    pub notification_email: Option<String>,
    /// Where it is seen.
    pub url: Option<String>,
    pub ssl_url: Option<String>,
    pub admin_url: Option<String>,
    pub screenshot_url: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub user_id: Option<String>,
    pub session_id: Option<String>,
    pub ssl: Option<bool>,
    pub force_ssl: Option<bool>,
    pub managed_dns: Option<bool>,
    pub deploy_url: Option<String>,
    pub published_deploy: Option<Box<Deploy>>,
    pub account_id: Option<AccountId>,
    pub account_name: Option<String>,
    pub account_slug: Option<String>,
    pub git_provider: Option<String>,
    /// Whoever has it may begin a build.
    #[serde(default, serialize_with = "secret::expose_option")]
    pub deploy_hook: Option<Secret>,
    /// What the plan lets it do.
    pub capabilities: Option<Map<String, Value>>,
    pub processing_settings: Option<ProcessingSettings>,
    pub build_settings: Option<RepoInfo>,
    pub id_domain: Option<String>,
    pub default_hooks_data: Option<DefaultHooksData>,
    pub build_image: Option<String>,
    pub prerender: Option<String>,
    pub functions_region: Option<String>,
    pub prevent_non_git_prod_deploys: Option<bool>,
}

/// What is done to files before they are served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ProcessingSettings {
    pub html: Option<HtmlProcessing>,
}

/// What is done to pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HtmlProcessing {
    /// Whether `/about.html` is seen as `/about`.
    pub pretty_urls: Option<bool>,
}

/// What hooks are made with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DefaultHooksData {
    #[serde(default, serialize_with = "secret::expose_option")]
    pub access_token: Option<Secret>,
}

input! {
    /// Where a site is built from.
    pub struct RepoInfo {} optional {
        id: i64,
        provider: String,
        deploy_key_id: String,
        repo_path: String,
        repo_branch: String,
        /// What is served of the result.
        dir: String,
        functions_dir: String,
        /// What builds it.
        cmd: String,
        allowed_branches: Vec<String>,
        public_repo: bool,
        private_logs: bool,
        repo_url: String,
        /// Variables of the build, in the older manner.
        env: BTreeMap<String, String>,
        installation_id: i64,
        stop_builds: bool,
    }
}

input! {
    /// What a site is to be, or what changes in it.
    pub struct SiteSettings {} optional {
        /// The first part of its name below `netlify.app`.
        name: String,
        custom_domain: String,
        domain_aliases: Vec<String>,
        branch_deploy_custom_domain: String,
        deploy_preview_custom_domain: String,
        #[serde(serialize_with = "secret::expose_option")]
        password: Secret,
        notification_email: String,
        ssl: bool,
        force_ssl: bool,
        managed_dns: bool,
        account_slug: String,
        processing_settings: ProcessingSettings,
        build_settings: RepoInfo,
        build_image: String,
        /// What makes pages for search engines, such as `netlify`.
        prerender: String,
        functions_region: String,
        prevent_non_git_prod_deploys: bool,
        repo: RepoInfo,
    }
}

input! {
    /// Narrows a list of sites.
    pub struct SiteFilter {} optional {
        name: String,
        filter: SiteRelation,
    }
}

input! {
    /// Narrows a list of an account's sites.
    pub struct AccountSiteFilter {} optional {
        name: String,
    }
}

input! {
    /// How a site is made.
    pub struct SiteOptions {} optional {
        /// Whether records for its domain are made where the service has the zone.
        configure_dns: bool,
    }
}

input! {
    /// Why a site is to be seen no more.
    pub struct DisableReason {
        reason: String,
    } optional {}
}

open_enum! {
    /// Whose sites.
    pub enum SiteRelation {
        /// All that the token may see.
        All = "all",
        /// Those of the token's owner.
        Owner = "owner",
        /// Those of others.
        Guest = "guest",
    }
}
