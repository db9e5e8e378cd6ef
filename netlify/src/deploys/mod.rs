//! Deploys: a site's files as they were at a time.
//!
//! ```
//! use howdah_netlify::deploys::DeployFilter;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! # let folder = tempfile::tempdir().unwrap();
//! # std::fs::write(folder.path().join("index.html"), "<h1>Rules</h1>").unwrap();
//! let deploy = netlify.deploys().publish(&site.id, folder.path()).await?;
//! println!("{:?} is seen at {:?}", deploy.id, deploy.deploy_ssl_url);
//! assert_eq!(netlify.deploys().list(&site.id, DeployFilter::new()).all().await?.len(), 1);
//! # Ok(()) }
//! ```
//!
//! [`Deploys::publish`](crate::deploys::Deploys::publish) hashes a folder, asks what of it is missing, uploads that and waits
//! until all of it can be seen. Deploys are limited to three a minute and a hundred a day.
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

mod publication;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Body, Call, Pages, Pending, Stage, Staged, Upload, With, null_as_default},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use publication::{Publication, Published};

use crate::{PAGES, dialect::DEPLOYS, files::File, functions::Function, sites::SiteId};

endpoints! {
    LIST:            DeployFilter                     => Vec<Deploy>       = get("/sites/{site_id}/deploys").pages(PAGES);
    CREATE:          With<DeployOptions, DeployFiles> => Deploy            = post("/sites/{site_id}/deploys").bucket(DEPLOYS);
    GET_OF_SITE:     ()                               => Deploy            = get("/sites/{site_id}/deploys/{deploy_id}");
    UPDATE:          With<UpdateOptions, DeployFiles> => Deploy            = put("/sites/{site_id}/deploys/{deploy_id}");
    DELETE_OF_SITE:  ()                               => ()                = delete("/sites/{site_id}/deploys/{deploy_id}").status(204);
    GET:             ()                               => Deploy            = get("/deploys/{deploy_id}");
    DELETE:          ()                               => ()                = delete("/deploys/{deploy_id}").status(204);
    CANCEL:          ()                               => Deploy            = post("/deploys/{deploy_id}/cancel").status(201).idempotent();
    RESTORE:         ()                               => Deploy            = post("/sites/{site_id}/deploys/{deploy_id}/restore").status(201).idempotent();
    ROLLBACK:        ()                               => ()                = put("/sites/{site_id}/rollback").status(204).once();
    LOCK:            ()                               => Deploy            = post("/deploys/{deploy_id}/lock").idempotent();
    UNLOCK:          ()                               => Deploy            = post("/deploys/{deploy_id}/unlock").idempotent();
    REPORT:          ValidationsReportUpdate          => ValidationsReport = patch("/deploys/{deploy_id}/validations_report");
    UPLOAD_FILE:     With<SizeOption, Upload>         => File              = put("/deploys/{deploy_id}/files/{path*}");
    UPLOAD_FUNCTION: With<FunctionOptions, Upload>    => Function          = put("/deploys/{deploy_id}/functions/{name}");
}

/// The deploys group. Reach it through [`Netlify::deploys`](crate::Netlify::deploys).
#[derive(Clone, Debug)]
pub struct Deploys(pub(crate) Api);

impl Deploys {
    /// Streams a site's deploys, the latest first.
    ///
    /// `GET /sites/{site_id}/deploys`
    pub fn list(&self, site: &SiteId, filter: DeployFilter) -> Pages<Deploy> {
        self.0.pages(&LIST, [site], filter)
    }

    /// Begins a deploy. The answer names what has to be uploaded. Not repeated when the answer is lost.
    ///
    /// `POST /sites/{site_id}/deploys`
    pub fn create(&self, site: &SiteId, options: DeployOptions, files: DeployFiles) -> Call<Deploy> {
        self.0.send(&CREATE, [site], With { query: options, body: files })
    }

    /// Reads a deploy of a site.
    ///
    /// `GET /sites/{site_id}/deploys/{deploy_id}`
    pub fn get_of_site(&self, site: &SiteId, deploy: &DeployId) -> Call<Deploy> {
        self.0.send(&GET_OF_SITE, [site, deploy], ())
    }

    /// Says what a deploy consists of, after it was begun without that.
    ///
    /// `PUT /sites/{site_id}/deploys/{deploy_id}`
    pub fn update(&self, site: &SiteId, deploy: &DeployId, options: UpdateOptions, files: DeployFiles) -> Call<Deploy> {
        self.0.send(&UPDATE, [site, deploy], With { query: options, body: files })
    }

    /// Removes a deploy of a site.
    ///
    /// `DELETE /sites/{site_id}/deploys/{deploy_id}`
    pub fn delete_of_site(&self, site: &SiteId, deploy: &DeployId) -> Call<()> {
        self.0.send(&DELETE_OF_SITE, [site, deploy], ())
    }

    /// Reads a deploy.
    ///
    /// `GET /deploys/{deploy_id}`
    pub fn get(&self, deploy: &DeployId) -> Call<Deploy> {
        self.0.send(&GET, [deploy], ())
    }

    /// Removes a deploy.
    ///
    /// `DELETE /deploys/{deploy_id}`
    pub fn delete(&self, deploy: &DeployId) -> Call<()> {
        self.0.send(&DELETE, [deploy], ())
    }

    /// Gives a deploy up that is not yet done.
    ///
    /// `POST /deploys/{deploy_id}/cancel`
    pub fn cancel(&self, deploy: &DeployId) -> Call<Deploy> {
        self.0.send(&CANCEL, [deploy], ())
    }

    /// Lets an earlier deploy be seen again, or a draft for the first time.
    ///
    /// `POST /sites/{site_id}/deploys/{deploy_id}/restore`
    pub fn restore(&self, site: &SiteId, deploy: &DeployId) -> Call<Deploy> {
        self.0.send(&RESTORE, [site, deploy], ())
    }

    /// Lets the deploy before the present one be seen. Never repeated: it would go back once more.
    ///
    /// `PUT /sites/{site_id}/rollback`
    pub fn rollback(&self, site: &SiteId) -> Call<()> {
        self.0.send(&ROLLBACK, [site], ())
    }

    /// Keeps a deploy seen, whatever is deployed after it.
    ///
    /// `POST /deploys/{deploy_id}/lock`
    pub fn lock(&self, deploy: &DeployId) -> Call<Deploy> {
        self.0.send(&LOCK, [deploy], ())
    }

    /// Lets the next deploy be seen again.
    ///
    /// `POST /deploys/{deploy_id}/unlock`
    pub fn unlock(&self, deploy: &DeployId) -> Call<Deploy> {
        self.0.send(&UNLOCK, [deploy], ())
    }

    /// Writes what was found when secrets were looked for.
    ///
    /// `PATCH /deploys/{deploy_id}/validations_report`
    pub fn update_validations_report(
        &self,
        deploy: &DeployId,
        report: ValidationsReportUpdate,
    ) -> Call<ValidationsReport> {
        self.0.send(&REPORT, [deploy], report)
    }
}

impl Deploys {
    /// Uploads a file that a deploy wants, for one of the paths that have it.
    ///
    /// `PUT /deploys/{deploy_id}/files/{path*}`
    pub fn upload_file(&self, deploy: &DeployId, path: &str, content: impl Into<Body>) -> Call<File> {
        let upload = With { query: SizeOption::new(), body: Upload::new(content) };
        self.0.send(&UPLOAD_FILE, [deploy, &path.trim_start_matches('/')], upload)
    }

    /// Uploads the archive of a function that a deploy wants.
    ///
    /// `PUT /deploys/{deploy_id}/functions/{name}`
    pub fn upload_function(
        &self,
        deploy: &DeployId,
        name: &str,
        options: FunctionOptions,
        archive: impl Into<Body>,
    ) -> Call<Function> {
        let upload = With { query: options, body: Upload::new(archive) };
        self.0.send(&UPLOAD_FUNCTION, [deploy, &name], upload)
    }

    /// A deploy on its way, begun here or elsewhere: await it until it can be seen.
    pub fn follow(&self, deploy: &DeployId) -> Pending<Deploy> {
        let (deploys, id) = (self.clone(), deploy.clone());
        Pending::attached(move || deploys.get(&id))
            .named(format!("netlify: the deploy {deploy}"))
            .every(Duration::from_secs(1), Duration::from_secs(10))
    }

    /// Publishes a folder: await what is returned, or set it up further before.
    pub fn publish(&self, site: &SiteId, folder: impl Into<PathBuf>) -> Publication {
        Publication::new(self.clone(), site.clone(), folder.into())
    }
}

impl Staged for Deploy {
    fn stage(&self) -> Stage {
        match &self.state {
            Some(DeployState::Ready) => Stage::Done,
            Some(DeployState::Error | DeployState::Rejected) => {
                Stage::Failed(self.error_message.clone().unwrap_or_else(|| "it was not said why".to_owned()))
            }
            _ => Stage::Running,
        }
    }
}

/// The id of a deploy.
pub type DeployId = Id<Deploy, String>;

/// A site's files as they were at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Deploy {
    pub id: DeployId,
    pub site_id: Option<SiteId>,
    pub user_id: Option<String>,
    pub build_id: Option<String>,
    pub state: Option<DeployState>,
    pub name: Option<String>,
    pub url: Option<String>,
    pub ssl_url: Option<String>,
    pub admin_url: Option<String>,
    pub deploy_url: Option<String>,
    pub deploy_ssl_url: Option<String>,
    pub screenshot_url: Option<String>,
    pub review_id: Option<f64>,
    pub draft: Option<bool>,
    /// The SHA-1 of each file that has to be uploaded.
    #[serde(default, deserialize_with = "null_as_default")]
    pub required: Vec<String>,
    /// The SHA-256 of each function that has to be uploaded.
    #[serde(default, deserialize_with = "null_as_default")]
    pub required_functions: Vec<String>,
    pub error_message: Option<String>,
    pub branch: Option<String>,
    pub commit_ref: Option<String>,
    pub commit_url: Option<String>,
    pub skipped: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub published_at: Option<Timestamp>,
    pub title: Option<String>,
    pub context: Option<String>,
    pub locked: Option<bool>,
    pub review_url: Option<String>,
    pub framework: Option<String>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub skew_protection_token: Option<Secret>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub function_schedules: Vec<FunctionSchedule>,
    pub functions_region: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub functions_region_overrides: Vec<FunctionRegion>,
}

open_enum! {
    /// How far a deploy is.
    pub enum DeployState {
        /// It was asked for.
        New = "new",
        /// Someone is to agree.
        PendingReview = "pending_review",
        /// Someone agreed.
        Accepted = "accepted",
        /// Someone did not agree.
        Rejected = "rejected",
        /// It waits for a build.
        Enqueued = "enqueued",
        /// It is built.
        Building = "building",
        /// It waits for files.
        Uploading = "uploading",
        /// All files are there.
        Uploaded = "uploaded",
        /// What is missing is found out.
        Preparing = "preparing",
        /// What is missing is known.
        Prepared = "prepared",
        /// The files are worked on.
        Processing = "processing",
        /// The files were worked on.
        Processed = "processed",
        /// It can be seen.
        Ready = "ready",
        /// It failed.
        Error = "error",
        /// It is tried again.
        Retrying = "retrying",
    }
}

/// Where a function runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FunctionRegion {
    pub name: Option<String>,
    pub region: Option<String>,
}

/// When a function runs by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FunctionSchedule {
    pub name: String,
    /// Such as `0 3 * * *` or `@daily`.
    pub cron: String,
}

input! {
    /// What a deploy consists of.
    pub struct DeployFiles {} optional {
        /// The SHA-1 of each file, by its path from `/` on.
        files: BTreeMap<String, String>,
        /// Whether it is seen at an address of its own alone.
        draft: bool,
        /// Whether what is missing is found out after the answer: for many files.
        #[serde(rename = "async")]
        is_async: bool,
        /// The SHA-256 of each function's archive, by its name.
        functions: BTreeMap<String, String>,
        function_schedules: Vec<FunctionSchedule>,
        functions_config: BTreeMap<String, FunctionConfig>,
        branch: String,
        framework: String,
        framework_version: String,
        environment: Vec<DeployVariable>,
    }
}

input! {
    /// A variable of a deploy's environment.
    pub struct DeployVariable {
        key: String,
        #[serde(serialize_with = "secret::expose")]
        value: Secret,
        is_secret: bool,
        scopes: Vec<crate::env::Scope>,
    } optional {}
}

input! {
    /// How a function runs.
    pub struct FunctionConfig {} optional {
        display_name: String,
        generator: String,
        build_data: Map<String, Value>,
        /// Megabytes.
        memory: i64,
        routes: Vec<FunctionRoute>,
        excluded_routes: Vec<ExcludedFunctionRoute>,
        priority: i64,
        region: String,
        traffic_rules: TrafficRulesConfig,
        vcpu: f64,
        event_subscriptions: Vec<String>,
    }
}

input! {
    /// A path that a function answers.
    pub struct FunctionRoute {} optional {
        pattern: String,
        literal: String,
        expression: String,
        methods: Vec<String>,
        prefer_static: bool,
    }
}

input! {
    /// A path that a function does not answer.
    pub struct ExcludedFunctionRoute {} optional {
        pattern: String,
        literal: String,
        expression: String,
    }
}

input! {
    /// What becomes of too many calls.
    pub struct TrafficRulesConfig {} optional {
        action: TrafficAction,
    }
}

input! {
    /// What is done.
    pub struct TrafficAction {} optional {
        #[serde(rename = "type")]
        action_type: String,
        config: TrafficActionConfig,
    }
}

input! {
    /// What is done, and when.
    pub struct TrafficActionConfig {} optional {
        /// Where such calls go.
        to: String,
        rate_limit_config: TrafficRulesRateLimitConfig,
        aggregate: TrafficRulesAggregateConfig,
    }
}

input! {
    /// How many calls are too many.
    pub struct TrafficRulesRateLimitConfig {} optional {
        /// `sliding_window`.
        algorithm: String,
        /// Seconds.
        window_size: i64,
        window_limit: i64,
    }
}

input! {
    /// Which calls are counted together.
    pub struct TrafficRulesAggregateConfig {} optional {
        keys: Vec<AggregateKey>,
    }
}

input! {
    /// By what calls are counted.
    pub struct AggregateKey {} optional {
        /// `ip` or `domain`.
        #[serde(rename = "type")]
        key_type: String,
    }
}

input! {
    /// Narrows a list of deploys.
    pub struct DeployFilter {} optional {
        #[serde(rename = "deploy-previews")]
        deploy_previews: bool,
        production: bool,
        state: DeployState,
        branch: String,
        #[serde(rename = "latest-published")]
        latest_published: bool,
    }
}

input! {
    /// How a deploy is begun.
    pub struct DeployOptions {} optional {
        #[serde(rename = "deploy-previews")]
        deploy_previews: bool,
        production: bool,
        state: DeployState,
        branch: String,
        #[serde(rename = "latest-published")]
        latest_published: bool,
        title: String,
    }
}

input! {
    /// What a deploy was made of.
    pub struct UpdateOptions {} optional {
        /// The commit.
        commit_ref: String,
    }
}

input! {
    /// How long a file is.
    pub struct SizeOption {} optional {
        /// Bytes.
        size: i64,
    }
}

input! {
    /// How a function runs.
    pub struct FunctionOptions {} optional {
        /// Such as `js` or `go`.
        runtime: String,
        /// `stream` or `background`.
        invocation_mode: String,
        /// Seconds.
        timeout: i64,
        /// Bytes.
        size: i64,
    }
}

/// What was found when secrets were looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ValidationsReport {
    pub id: Option<String>,
    pub deploy_id: Option<DeployId>,
    pub secret_scan_result: Option<SecretScanResult>,
}

/// How many files were looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SecretScanResult {
    #[serde(rename = "scannedFilesCount")]
    pub scanned_files_count: Option<i64>,
    #[serde(rename = "secretsScanMatches", default, deserialize_with = "null_as_default")]
    pub secrets_scan_matches: Vec<String>,
}

input! {
    /// What was found when secrets were looked for.
    pub struct ValidationsReportUpdate {} optional {
        /// As whoever looked writes it.
        secrets_scan: Map<String, Value>,
    }
}
