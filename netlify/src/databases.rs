//! The database of a site, its branches and snapshots.
//!
//! ```
//! use howdah_netlify::databases::{NewDatabase, NewSnapshot};
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let databases = netlify.databases();
//! databases.create(&site.id, NewDatabase::new().with_region("us-east-2")).await?;
//! let snapshot = databases.create_snapshot(&site.id, NewSnapshot::new().with_name("before")).await?;
//! databases.restore_snapshot(&site.id, &snapshot.id, Default::default()).await?;
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, With},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{deploys::DeployId, sites::SiteId};

endpoints! {
    CREATE:             NewDatabase                     => Database          = post("/sites/{site_id}/database");
    GET:                RoleOption                      => Database          = get("/sites/{site_id}/database");
    DELETE:             ()                              => ()                = delete("/sites/{site_id}/database").status(204);
    CREATE_BRANCH:      NewBranch                       => DatabaseBranch    = post("/sites/{site_id}/database/branch");
    LIST_BRANCHES:      ()                              => Vec<BranchDetail> = get("/sites/{site_id}/database/branches").envelope("branches");
    GET_BRANCH:         RoleOption                      => DatabaseBranch    = get("/sites/{site_id}/database/branch/{branch_id}");
    DELETE_BRANCH:      ()                              => ()                = delete("/sites/{site_id}/database/branch/{branch_id}").status(204);
    RESET_BRANCH:       With<ResetOptions, BranchReset> => ResetBranch       = post("/sites/{site_id}/database/branch/{branch_id}/reset");
    SET_BRANCH_COMPUTE: ComputeSettings                 => ComputeSettings   = put("/sites/{site_id}/database/branch/{branch_id}/compute/settings");
    SET_COMPUTE:        ComputeSettings                 => ComputeSettings   = put("/sites/{site_id}/database/compute/settings");
    GET_COMPUTE:        ()                              => ComputeSettings   = get("/sites/{site_id}/database/compute/settings");
    CLEAR_COMPUTE:      ()                              => ()                = delete("/sites/{site_id}/database/compute/settings").status(204);
    LIST_MIGRATIONS:    MigrationFilter                 => Vec<Migration>    = get("/sites/{site_id}/database/migrations").envelope("migrations");
    GET_MIGRATION:      MigrationFilter                 => MigrationDetail   = get("/sites/{site_id}/database/migrations/{name}");
    RUN_MIGRATIONS:     MigrationRun                    => ()                = post("/sites/{site_id}/database/migrations/{deploy_id}");
    CREATE_SNAPSHOT:    NewSnapshot                     => Snapshot          = post("/sites/{site_id}/database/snapshot").status(201);
    LIST_SNAPSHOTS:     ()                              => Vec<Snapshot>     = get("/sites/{site_id}/database/snapshots").envelope("snapshots");
    DELETE_SNAPSHOT:    ()                              => ()                = delete("/sites/{site_id}/database/snapshot/{snapshot_id}").status(204);
    RESTORE_SNAPSHOT:   SnapshotRestore                 => ()                = post("/sites/{site_id}/database/snapshot/{snapshot_id}/restore");
}

/// The databases of a site. Reach them through [`Netlify::databases`](crate::Netlify::databases).
#[derive(Clone, Debug)]
pub struct Databases(pub(crate) Api);

impl Databases {
    /// Makes a site's database, or tells how to reach the one that is there.
    ///
    /// `POST /sites/{site_id}/database`
    pub fn create(&self, site: &SiteId, database: NewDatabase) -> Call<Database> {
        self.0.send(&CREATE, [site], database)
    }

    /// Tells how to reach a site's database.
    ///
    /// `GET /sites/{site_id}/database`
    pub fn get(&self, site: &SiteId, role: RoleOption) -> Call<Database> {
        self.0.send(&GET, [site], role)
    }

    /// Removes a site's database and all that is in it.
    ///
    /// `DELETE /sites/{site_id}/database`
    pub fn delete(&self, site: &SiteId) -> Call<()> {
        self.0.send(&DELETE, [site], ())
    }

    /// Makes a branch, or tells how to reach the one that is there.
    ///
    /// `POST /sites/{site_id}/database/branch`
    pub fn create_branch(&self, site: &SiteId, branch: NewBranch) -> Call<DatabaseBranch> {
        self.0.send(&CREATE_BRANCH, [site], branch)
    }

    /// Lists the branches.
    ///
    /// `GET /sites/{site_id}/database/branches`
    pub fn list_branches(&self, site: &SiteId) -> Call<Vec<BranchDetail>> {
        self.0.send(&LIST_BRANCHES, [site], ())
    }

    /// Tells how to reach a branch.
    ///
    /// `GET /sites/{site_id}/database/branch/{branch_id}`
    pub fn get_branch(&self, site: &SiteId, branch: &str, role: RoleOption) -> Call<DatabaseBranch> {
        self.0.send(&GET_BRANCH, [site, &branch], role)
    }

    /// Removes a branch and all that is in it.
    ///
    /// `DELETE /sites/{site_id}/database/branch/{branch_id}`
    pub fn delete_branch(&self, site: &SiteId, branch: &str) -> Call<()> {
        self.0.send(&DELETE_BRANCH, [site, &branch], ())
    }

    /// Makes a branch what its parent is; what was in it is lost.
    ///
    /// `POST /sites/{site_id}/database/branch/{branch_id}/reset`
    pub fn reset_branch(
        &self,
        site: &SiteId,
        branch: &str,
        options: ResetOptions,
        reset: BranchReset,
    ) -> Call<ResetBranch> {
        self.0.send(&RESET_BRANCH, [site, &branch], With { query: options, body: reset })
    }

    /// Says how much a branch may use.
    ///
    /// `PUT /sites/{site_id}/database/branch/{branch_id}/compute/settings`
    pub fn set_branch_compute_settings(
        &self,
        site: &SiteId,
        branch: &str,
        settings: ComputeSettings,
    ) -> Call<ComputeSettings> {
        self.0.send(&SET_BRANCH_COMPUTE, [site, &branch], settings)
    }

    /// Says how much a database may use.
    ///
    /// `PUT /sites/{site_id}/database/compute/settings`
    pub fn set_compute_settings(&self, site: &SiteId, settings: ComputeSettings) -> Call<ComputeSettings> {
        self.0.send(&SET_COMPUTE, [site], settings)
    }

    /// Reads how much a database may use.
    ///
    /// `GET /sites/{site_id}/database/compute/settings`
    pub fn compute_settings(&self, site: &SiteId) -> Call<ComputeSettings> {
        self.0.send(&GET_COMPUTE, [site], ())
    }

    /// Lets a database use as much as is usual.
    ///
    /// `DELETE /sites/{site_id}/database/compute/settings`
    pub fn clear_compute_settings(&self, site: &SiteId) -> Call<()> {
        self.0.send(&CLEAR_COMPUTE, [site], ())
    }

    /// Lists the migrations, and which were applied.
    ///
    /// `GET /sites/{site_id}/database/migrations`
    pub fn list_migrations(&self, site: &SiteId, filter: MigrationFilter) -> Call<Vec<Migration>> {
        self.0.send(&LIST_MIGRATIONS, [site], filter)
    }

    /// Reads a migration.
    ///
    /// `GET /sites/{site_id}/database/migrations/{name}`
    pub fn get_migration(&self, site: &SiteId, migration: &str, filter: MigrationFilter) -> Call<MigrationDetail> {
        self.0.send(&GET_MIGRATION, [site, &migration], filter)
    }

    /// Applies the migrations of a deploy.
    ///
    /// `POST /sites/{site_id}/database/migrations/{deploy_id}`
    pub fn run_migrations(&self, site: &SiteId, deploy: &DeployId, run: MigrationRun) -> Call<()> {
        self.0.send(&RUN_MIGRATIONS, [site, deploy], run)
    }

    /// Keeps a branch as it is now.
    ///
    /// `POST /sites/{site_id}/database/snapshot`
    pub fn create_snapshot(&self, site: &SiteId, snapshot: NewSnapshot) -> Call<Snapshot> {
        self.0.send(&CREATE_SNAPSHOT, [site], snapshot)
    }

    /// Lists the snapshots.
    ///
    /// `GET /sites/{site_id}/database/snapshots`
    pub fn list_snapshots(&self, site: &SiteId) -> Call<Vec<Snapshot>> {
        self.0.send(&LIST_SNAPSHOTS, [site], ())
    }

    /// Removes a snapshot.
    ///
    /// `DELETE /sites/{site_id}/database/snapshot/{snapshot_id}`
    pub fn delete_snapshot(&self, site: &SiteId, snapshot: &SnapshotId) -> Call<()> {
        self.0.send(&DELETE_SNAPSHOT, [site, snapshot], ())
    }

    /// Makes a branch what it was; what came since is lost.
    ///
    /// `POST /sites/{site_id}/database/snapshot/{snapshot_id}/restore`
    pub fn restore_snapshot(&self, site: &SiteId, snapshot: &SnapshotId, restore: SnapshotRestore) -> Call<()> {
        self.0.send(&RESTORE_SNAPSHOT, [site, snapshot], restore)
    }
}

/// The id of a snapshot.
pub type SnapshotId = Id<Snapshot, String>;

/// How to reach a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Database {
    #[serde(default, serialize_with = "secret::expose_option")]
    pub connection_string: Option<Secret>,
}

input! {
    /// A database to make.
    pub struct NewDatabase {} optional {
        region: String,
    }
}

input! {
    /// As whom one connects.
    pub struct RoleOption {} optional {
        role: DatabaseRole,
    }
}

open_enum! {
    /// As whom one connects.
    pub enum DatabaseRole {
        /// As who may change everything.
        NetlifydbOwner = "netlifydb_owner",
        /// As who may only read.
        NetlifydbReadonly = "netlifydb_readonly",
    }
}

input! {
    /// A branch to make.
    pub struct NewBranch {
        branch_id: String,
    } optional {
        parent_branch_id: String,
        metadata: Map<String, Value>,
    }
}

/// How to reach a branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DatabaseBranch {
    #[serde(default, serialize_with = "secret::expose_option")]
    pub connection_string: Option<Secret>,
    pub metadata: Option<Map<String, Value>>,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BranchDetail {
    pub branch_id: Option<String>,
    pub name: Option<String>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub connection_string: Option<Secret>,
    pub state: Option<BranchState>,
    /// Of what is in it.
    pub logical_size_bytes: Option<i64>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub last_active_at: Option<Timestamp>,
    pub compute: Option<BranchCompute>,
    pub metadata: Option<Map<String, Value>>,
}

open_enum! {
    /// How far a branch is.
    pub enum BranchState {
        /// It was asked for.
        Init = "init",
        /// It is made.
        Creating = "creating",
        /// It is made what its parent is.
        Resetting = "resetting",
        /// It can be used.
        Ready = "ready",
        /// It was put away.
        Archived = "archived",
    }
}

/// How much a branch uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BranchCompute {
    pub current_state: Option<ComputeState>,
    /// Compute units.
    pub autoscaling_limit_min_cu: Option<f64>,
    /// Compute units.
    pub autoscaling_limit_max_cu: Option<f64>,
    pub suspend_timeout_seconds: Option<i64>,
    pub last_active: Option<Timestamp>,
}

open_enum! {
    /// Whether a branch is used.
    pub enum ComputeState {
        /// It is.
        Active = "active",
        /// It sleeps.
        Idle = "idle",
    }
}

input! {
    /// What a branch is made.
    pub struct BranchReset {} optional {
        source_branch_id: String,
    }
}

input! {
    /// How a branch is made what its parent is.
    pub struct ResetOptions {} optional {
        force: bool,
        role: DatabaseRole,
    }
}

/// What became of a branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ResetBranch {
    pub reset: Option<bool>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub connection_string: Option<Secret>,
    pub metadata: Option<Map<String, Value>>,
}

input! {
    /// How much may be used.
    pub struct ComputeSettings {} optional {
        /// Compute units: 0.25 to 16.
        min_cu: f64,
        /// Compute units: 0.25 to 16.
        max_cu: f64,
        /// -1 for never.
        sleep_timeout_seconds: i64,
    }
}

input! {
    /// Of which branch.
    pub struct MigrationFilter {} optional {
        branch: String,
    }
}

/// A step of a schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Migration {
    pub version: Option<i64>,
    pub name: Option<String>,
    pub path: Option<String>,
    pub applied: Option<bool>,
}

/// A step of a schema, and what it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MigrationDetail {
    pub version: Option<i64>,
    pub name: Option<String>,
    pub path: Option<String>,
    pub content: Option<String>,
}

input! {
    /// How migrations are applied.
    pub struct MigrationRun {} optional {
        dry_run: bool,
    }
}

input! {
    /// A snapshot to make.
    pub struct NewSnapshot {} optional {
        branch_id: String,
        name: String,
        metadata: SnapshotMetadata,
    }
}

/// A branch as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub source_branch_id: Option<String>,
    pub manual: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub timestamp: Option<Timestamp>,
    pub metadata: Option<SnapshotMetadata>,
}

input! {
    /// What a snapshot is of.
    pub struct SnapshotMetadata {} optional {
        deploy: Map<String, Value>,
        source: String,
    }
}

input! {
    /// Which branch is made what it was.
    pub struct SnapshotRestore {} optional {
        branch_id: String,
    }
}
