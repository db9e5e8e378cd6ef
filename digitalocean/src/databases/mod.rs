//! Managed databases: PostgreSQL, Valkey, MySQL and others.
//!
//! ```
//! use howdah_digitalocean::databases::{Engine, NewDatabase, pools::NewPool};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let databases = ocean.databases();
//! let new = NewDatabase::new("mastodon", Engine::Pg, 1u32, "db-s-2vcpu-4gb", "tor1").with_version("16");
//! let ordered = databases.create(new).await?;
//! let database = databases.follow(ordered.id.clone()).await?;
//!
//! let pool = databases.create_pool(&database.id, NewPool::new("web", "transaction", 40u32, "defaultdb")).await?;
//! let uri = pool.private_connection.and_then(|connection| connection.uri).unwrap();
//! assert!(uri.expose().starts_with("postgresql://"));
//! # Ok(()) }
//! ```
//!
//! A cluster is known by its UUID; users, databases, pools and replicas in it by their names. Passwords, and addresses that
//! hold them, are [`Secret`]s, and missing for a token that may not see credentials. What an engine does not have is
//! refused as [`Invalid`](howdah_core::ErrorKind::Invalid). Deleting a cluster deletes its backups.

pub mod config;
pub mod indexes;
pub mod kafka;
pub mod logsinks;
pub mod migrations;
pub mod pools;
pub mod replicas;
pub mod settings;
pub mod users;

use std::collections::BTreeMap;

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pending, Stage, Staged, null_as_default},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::{
    settings::{Autoscale, DoSettings, MaintenanceWindow, TrustedSource},
    users::DatabaseUser,
};
use crate::{
    actions::{APPEARING, FIRST_LOOK, LAST_LOOK},
    regions::RegionSlug,
};

endpoints! {
    OPTIONS:      ()             => DatabaseOptions = get("/v2/databases/options");
    LIST:         DatabaseFilter => Vec<Database>   = get("/v2/databases").envelope("databases");
    CREATE:       NewDatabase    => Database        = post("/v2/databases").envelope("database").status(201);
    GET:          ()             => Database        = get("/v2/databases/{database_cluster_uuid}").envelope("database");
    DELETE:       ()             => ()              = delete("/v2/databases/{database_cluster_uuid}").status(204);
    MIGRATE:      Migration      => ()              = put("/v2/databases/{database_cluster_uuid}/migrate").status(202).once();
    RESIZE:       Resize         => ()              = put("/v2/databases/{database_cluster_uuid}/resize").status(202).once();
    LIST_BACKUPS: ()             => Backups         = get("/v2/databases/{database_cluster_uuid}/backups");
    LIST_EVENTS:  ()             => Vec<Event>      = get("/v2/databases/{database_cluster_uuid}/events").envelope("events");
}

/// The databases group. Reach it through [`DigitalOcean::databases`](crate::DigitalOcean::databases).
#[derive(Clone, Debug)]
pub struct Databases(pub(crate) Api);

impl Databases {
    /// Reads what can be had: engines, versions, regions, sizes and numbers of nodes.
    ///
    /// `GET /v2/databases/options`
    pub fn options(&self) -> Call<DatabaseOptions> {
        self.0.send(&OPTIONS, [], ())
    }

    /// Reads the account's clusters.
    ///
    /// `GET /v2/databases`
    pub fn list(&self, filter: DatabaseFilter) -> Call<Vec<Database>> {
        self.0.pages(&LIST, [], filter).all()
    }

    /// Orders a cluster, anew or from a backup of another: [`follow`](Self::follow) it until it is online.
    ///
    /// `POST /v2/databases`
    pub fn create(&self, database: NewDatabase) -> Call<Database> {
        self.0.send(&CREATE, [], database)
    }

    /// Reads a cluster.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}`
    pub fn get(&self, database: &DatabaseId) -> Call<Database> {
        self.0.send(&GET, [database], ())
    }

    /// Waits until a cluster is online: after it was ordered, resized or migrated.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}`
    pub fn follow(&self, database: DatabaseId) -> Pending<Database> {
        let databases = self.clone();
        let what = format!("digitalocean: the work on the database cluster {database}");
        let pending = Pending::attached(move || databases.get(&database)).appearing_within(APPEARING);
        pending.named(what).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Destroys a cluster, its backups and its replicas.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}`
    pub fn delete(&self, database: &DatabaseId) -> Call<()> {
        self.0.send(&DELETE, [database], ())
    }

    /// Begins to move a cluster to another region. It stays in use meanwhile.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/migrate`
    pub fn migrate(&self, database: &DatabaseId, to: Migration) -> Call<()> {
        self.0.send(&MIGRATE, [database], to)
    }

    /// Begins to give a cluster another size. It stays in use but for a short break at the end.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/resize`
    pub fn resize(&self, database: &DatabaseId, to: Resize) -> Call<()> {
        self.0.send(&RESIZE, [database], to)
    }

    /// Reads which moments a cluster can be restored to; Redis and Valkey have none.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/backups`
    pub fn list_backups(&self, database: &DatabaseId) -> Call<Backups> {
        self.0.send(&LIST_BACKUPS, [database], ())
    }

    /// Reads what happened to a cluster.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/events`
    pub fn list_events(&self, database: &DatabaseId) -> Call<Vec<Event>> {
        self.0.pages(&LIST_EVENTS, [database], ()).all()
    }
}

/// The UUID of a cluster.
pub type DatabaseId = Id<Database, String>;

/// A cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Database {
    pub id: DatabaseId,
    pub name: String,
    pub engine: Engine,
    /// The major one, such as `16`.
    pub version: Option<String>,
    /// The whole one, such as `16.4`.
    pub semantic_version: Option<String>,
    pub num_nodes: Option<u32>,
    /// The slug of its nodes' size, such as `db-s-2vcpu-4gb`.
    pub size: Option<String>,
    pub region: Option<RegionSlug>,
    pub status: Option<DatabaseStatus>,
    pub created_at: Option<Timestamp>,
    /// The VPC; may be empty.
    pub private_network_uuid: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub db_names: Vec<String>,
    /// Of OpenSearch: its dashboard.
    pub ui_connection: Option<Connection>,
    /// Of Kafka.
    pub schema_registry_connection: Option<Connection>,
    /// From anywhere that the trusted sources allow.
    pub connection: Option<Connection>,
    /// From the VPC.
    pub private_connection: Option<Connection>,
    /// To the standby, where there is one.
    pub standby_connection: Option<Connection>,
    pub standby_private_connection: Option<Connection>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub users: Vec<DatabaseUser>,
    pub maintenance_window: Option<MaintenanceWindow>,
    pub project_id: Option<String>,
    /// The trusted sources: who may connect.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rules: Vec<TrustedSource>,
    pub version_end_of_life: Option<String>,
    pub version_end_of_availability: Option<String>,
    /// MiB.
    pub storage_size_mib: Option<u64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub metrics_endpoints: Vec<MetricsEndpoint>,
    pub do_settings: Option<DoSettings>,
}

impl Staged for Database {
    fn stage(&self) -> Stage {
        // No state tells of a failure.
        if self.status == Some(DatabaseStatus::Online) { Stage::Done } else { Stage::Running }
    }
}

open_enum! {
    /// The software of a cluster.
    pub enum Engine {
        /// PostgreSQL.
        Pg = "pg",
        /// MySQL.
        Mysql = "mysql",
        /// Redis; no new ones can be had.
        Redis = "redis",
        /// Valkey, in place of Redis.
        Valkey = "valkey",
        /// MongoDB.
        Mongodb = "mongodb",
        /// Kafka.
        Kafka = "kafka",
        /// OpenSearch.
        Opensearch = "opensearch",
        /// PostgreSQL whose storage grows by itself.
        AdvancedPg = "advanced_pg",
        /// MySQL whose storage grows by itself.
        AdvancedMysql = "advanced_mysql",
    }
}

open_enum! {
    /// What state a cluster or a replica is in.
    pub enum DatabaseStatus {
        /// It is being made.
        Creating = "creating",
        /// It is in use.
        Online = "online",
        /// It is given another size, and in use.
        Resizing = "resizing",
        /// It moves to another region, and is in use.
        Migrating = "migrating",
        /// It is made from a backup of another.
        Forking = "forking",
    }
}

/// How to reach a database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Connection {
    /// All of the following in one, the password included.
    #[serde(default, serialize_with = "secret::expose_option")]
    pub uri: Option<Secret>,
    pub database: Option<String>,
    pub host: Option<String>,
    pub port: Option<u16>,
    pub user: Option<String>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub password: Option<Secret>,
    pub ssl: Option<bool>,
    /// Such as `postgresql`.
    pub protocol: Option<String>,
}

/// Where a cluster tells its metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MetricsEndpoint {
    pub host: Option<String>,
    pub port: Option<u16>,
}

input! {
    /// Narrows the list of clusters.
    pub struct DatabaseFilter {} optional {
        tag_name: String,
    }
}

input! {
    /// A cluster to order.
    pub struct NewDatabase {
        name: String,
        engine: Engine,
        /// One, or one more for each standby.
        num_nodes: u32,
        /// The slug of a size, such as `db-s-2vcpu-4gb`.
        size: String,
        region: RegionSlug,
    } optional {
        /// The major one; the newest without it.
        version: String,
        /// The VPC.
        private_network_uuid: String,
        tags: Vec<String>,
        maintenance_window: MaintenanceWindow,
        project_id: String,
        /// Who may connect; everyone without them.
        rules: Vec<TrustedSource>,
        /// MiB.
        storage_size_mib: u64,
        autoscale: Autoscale,
        do_settings: DoSettings,
        /// The backup of another cluster that it is made from.
        backup_restore: BackupRestore,
    }
}

input! {
    /// The backup that a new cluster is made from.
    pub struct BackupRestore {
        /// The name of the other cluster.
        database_name: String,
    } optional {
        /// As [`Databases::list_backups`] tells it; the latest without it.
        backup_created_at: Timestamp,
    }
}

input! {
    /// Where a cluster is to move to.
    pub struct Migration {
        region: RegionSlug,
    } optional {}
}

input! {
    /// What size a cluster is to have.
    pub struct Resize {
        size: String,
        num_nodes: u32,
    } optional {
        /// MiB.
        storage_size_mib: u64,
    }
}

/// The moments that a cluster can be restored to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Backups {
    #[serde(default, deserialize_with = "null_as_default")]
    pub backups: Vec<Backup>,
    pub scheduled_backup_time: Option<ScheduledBackupTime>,
    /// Per cent of the one that is being made.
    pub backup_progress: Option<String>,
}

/// A moment that a cluster can be restored to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Backup {
    pub created_at: Timestamp,
    pub size_gigabytes: Option<f64>,
    /// Whether it holds only what changed since the one before.
    pub incremental: Option<bool>,
}

/// When backups are made, UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ScheduledBackupTime {
    pub backup_hour: Option<u8>,
    pub backup_minute: Option<u8>,
    pub backup_interval_hours: Option<u32>,
}

/// Something that happened to a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Event {
    pub id: String,
    pub cluster_name: Option<String>,
    pub event_type: Option<EventType>,
    pub create_time: Option<String>,
}

open_enum! {
    /// What happened to a cluster.
    pub enum EventType {
        /// It was maintained.
        MaintenancePerform = "cluster_maintenance_perform",
        /// A standby took over.
        MasterPromotion = "cluster_master_promotion",
        /// It was made.
        Create = "cluster_create",
        /// It was changed.
        Update = "cluster_update",
        /// It was deleted.
        Delete = "cluster_delete",
        /// It was started.
        Poweron = "cluster_poweron",
        /// It was stopped.
        Poweroff = "cluster_poweroff",
    }
}

/// What can be had, by engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DatabaseOptions {
    pub options: BTreeMap<String, EngineOptions>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub version_availability: BTreeMap<String, Vec<VersionAvailability>>,
}

impl DatabaseOptions {
    /// What can be had of an engine.
    pub fn of(&self, engine: &Engine) -> Option<&EngineOptions> {
        self.options.get(engine.as_str())
    }
}

/// What can be had of an engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct EngineOptions {
    #[serde(default, deserialize_with = "null_as_default")]
    pub regions: Vec<RegionSlug>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub versions: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub layouts: Vec<Layout>,
    pub default_version: Option<String>,
}

/// The sizes that a number of nodes can have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Layout {
    pub num_nodes: u32,
    #[serde(default, deserialize_with = "null_as_default")]
    pub sizes: Vec<String>,
}

/// Until when a version can be had and is maintained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VersionAvailability {
    pub version: String,
    pub end_of_life: Option<String>,
    pub end_of_availability: Option<String>,
    /// Whether it is taken where none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
}

/// How many connections a PostgreSQL or MySQL cluster of a size gives to its users, as far as the slug tells its memory.
///
/// The service publishes 25 connections for each GiB of memory up to 1,000, of which it reserves three for itself.
///
/// ```
/// use howdah_digitalocean::databases::connection_limit;
///
/// assert_eq!(connection_limit("db-s-2vcpu-4gb"), Some(97));
/// assert_eq!(connection_limit("db-custom"), None);
/// ```
pub fn connection_limit(size: &str) -> Option<u32> {
    const A_GIBIBYTE: u32 = 25;
    const MOST: u32 = 1000;
    const RESERVED: u32 = 3;
    let memory: u32 = size.split('-').find_map(|part| part.strip_suffix("gb")?.parse().ok())?;
    Some(memory.saturating_mul(A_GIBIBYTE).min(MOST).saturating_sub(RESERVED))
}
