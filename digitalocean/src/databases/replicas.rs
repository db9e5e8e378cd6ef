//! Copies that follow a cluster and can only be read.

use howdah_core::{
    Id, endpoints,
    http::{Call, Pending, Stage, Staged, null_as_default},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Connection, DatabaseId, DatabaseStatus, Databases, settings::DoSettings};
use crate::{
    actions::{APPEARING, FIRST_LOOK, LAST_LOOK},
    regions::RegionSlug,
};

endpoints! {
    LIST_REPLICAS:   ()         => Vec<Replica> = get("/v2/databases/{database_cluster_uuid}/replicas").envelope("replicas");
    CREATE_REPLICA:  NewReplica => Replica      = post("/v2/databases/{database_cluster_uuid}/replicas").envelope("replica").status(201);
    GET_REPLICA:     ()         => Replica      = get("/v2/databases/{database_cluster_uuid}/replicas/{replica_name}").envelope("replica");
    DELETE_REPLICA:  ()         => ()           = delete("/v2/databases/{database_cluster_uuid}/replicas/{replica_name}").status(204);
    PROMOTE_REPLICA: ()         => ()           = put("/v2/databases/{database_cluster_uuid}/replicas/{replica_name}/promote").status(204).once();
}

impl Databases {
    /// Reads a cluster's replicas.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/replicas`
    pub fn list_replicas(&self, database: &DatabaseId) -> Call<Vec<Replica>> {
        self.0.pages(&LIST_REPLICAS, [database], ()).all()
    }

    /// Orders a copy that follows the cluster and can only be read: [`follow_replica`](Self::follow_replica) it.
    ///
    /// `POST /v2/databases/{database_cluster_uuid}/replicas`
    pub fn create_replica(&self, database: &DatabaseId, replica: NewReplica) -> Call<Replica> {
        self.0.send(&CREATE_REPLICA, [database], replica)
    }

    /// Reads a replica.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/replicas/{replica_name}`
    pub fn replica(&self, database: &DatabaseId, name: &str) -> Call<Replica> {
        self.0.send(&GET_REPLICA, [database, &name], ())
    }

    /// Waits until a replica that was ordered is online.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/replicas/{replica_name}`
    pub fn follow_replica(&self, database: DatabaseId, name: impl Into<String>) -> Pending<Replica> {
        let (databases, name) = (self.clone(), name.into());
        let what = format!("digitalocean: the replica {name} of the database cluster {database}");
        let pending = Pending::attached(move || databases.replica(&database, &name)).appearing_within(APPEARING);
        pending.named(what).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Destroys a replica.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}/replicas/{replica_name}`
    pub fn delete_replica(&self, database: &DatabaseId, name: &str) -> Call<()> {
        self.0.send(&DELETE_REPLICA, [database, &name], ())
    }

    /// Makes a replica a cluster of its own, which no longer follows.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/replicas/{replica_name}/promote`
    pub fn promote_replica(&self, database: &DatabaseId, name: &str) -> Call<()> {
        self.0.send(&PROMOTE_REPLICA, [database, &name], ())
    }
}

/// The UUID of a replica.
pub type ReplicaId = Id<Replica, String>;

/// A copy that follows a cluster and can only be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Replica {
    pub id: Option<ReplicaId>,
    pub name: String,
    pub region: Option<RegionSlug>,
    pub size: Option<String>,
    pub status: Option<DatabaseStatus>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub private_network_uuid: Option<String>,
    pub connection: Option<Connection>,
    pub private_connection: Option<Connection>,
    /// MiB.
    pub storage_size_mib: Option<u64>,
    pub do_settings: Option<DoSettings>,
}

impl Staged for Replica {
    fn stage(&self) -> Stage {
        // No state tells of a failure.
        if self.status == Some(DatabaseStatus::Online) { Stage::Done } else { Stage::Running }
    }
}

input! {
    /// A replica to order.
    pub struct NewReplica {
        name: String,
        /// The slug of a size.
        size: String,
    } optional {
        /// Where the cluster is, without it.
        region: RegionSlug,
        tags: Vec<String>,
        private_network_uuid: String,
        /// MiB.
        storage_size_mib: u64,
        do_settings: DoSettings,
    }
}
