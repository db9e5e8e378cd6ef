//! Bringing the databases of a server elsewhere into a cluster.

use howdah_core::{
    Id, Secret, endpoints,
    http::{Call, Pending, Stage, Staged},
    input, open_enum, secret,
};
use serde::{Deserialize, Serialize};

use super::{DatabaseId, Databases};
use crate::actions::{FIRST_LOOK, LAST_LOOK};

endpoints! {
    GET_ONLINE_MIGRATION:   ()                 => OnlineMigration = get("/v2/databases/{database_cluster_uuid}/online-migration");
    START_ONLINE_MIGRATION: NewOnlineMigration => OnlineMigration = put("/v2/databases/{database_cluster_uuid}/online-migration").once();
    STOP_ONLINE_MIGRATION:  ()                 => ()              = delete("/v2/databases/{database_cluster_uuid}/online-migration/{migration_id}").status(204);
}

impl Databases {
    /// Reads how far the latest migration into a cluster has come.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/online-migration`
    pub fn online_migration(&self, database: &DatabaseId) -> Call<OnlineMigration> {
        self.0.send(&GET_ONLINE_MIGRATION, [database], ())
    }

    /// Waits for the latest migration into a cluster.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/online-migration`
    pub fn follow_online_migration(&self, database: DatabaseId) -> Pending<OnlineMigration> {
        let databases = self.clone();
        let what = format!("digitalocean: the migration into the database cluster {database}");
        Pending::attached(move || databases.online_migration(&database)).named(what).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Begins to bring the databases of a server elsewhere into a cluster, while they are in use.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/online-migration`
    pub fn start_online_migration(&self, database: &DatabaseId, from: NewOnlineMigration) -> Call<OnlineMigration> {
        self.0.send(&START_ONLINE_MIGRATION, [database], from)
    }

    /// Stops a migration; what was brought over stays.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}/online-migration/{migration_id}`
    pub fn stop_online_migration(&self, database: &DatabaseId, migration: &OnlineMigrationId) -> Call<()> {
        self.0.send(&STOP_ONLINE_MIGRATION, [database, migration], ())
    }
}

/// The UUID of a migration.
pub type OnlineMigrationId = Id<OnlineMigration, String>;

/// A migration into a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OnlineMigration {
    pub id: OnlineMigrationId,
    pub status: Option<OnlineMigrationStatus>,
    pub created_at: Option<String>,
}

impl Staged for OnlineMigration {
    fn stage(&self) -> Stage {
        match &self.status {
            // All is there, and what changes at the source follows.
            Some(OnlineMigrationStatus::Done | OnlineMigrationStatus::Syncing) => Stage::Done,
            Some(failed @ (OnlineMigrationStatus::Canceled | OnlineMigrationStatus::Error)) => {
                Stage::Failed(format!("its status is `{failed}`"))
            }
            _ => Stage::Running,
        }
    }
}

open_enum! {
    /// How far a migration has come.
    pub enum OnlineMigrationStatus {
        /// What is at the source is brought over.
        Running = "running",
        /// All is there, and what changes at the source follows.
        Syncing = "syncing",
        /// It was stopped.
        Canceled = "canceled",
        /// It failed.
        Error = "error",
        /// It is over.
        Done = "done",
    }
}

input! {
    /// Where databases are brought from.
    pub struct NewOnlineMigration {
        source: MigrationSource,
    } optional {
        /// Whether the source is reached without TLS.
        disable_ssl: bool,
        /// Databases of the source that stay there.
        ignore_dbs: Vec<String>,
    }
}

input! {
    /// A server that databases are brought from.
    pub struct MigrationSource {
        host: String,
        port: u16,
        dbname: String,
        username: String,
        #[serde(serialize_with = "secret::expose")]
        password: Secret,
    } optional {}
}
