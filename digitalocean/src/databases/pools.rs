//! Pools of connections in front of PostgreSQL.

use howdah_core::{endpoints, http::Call, input, open_enum};
use serde::{Deserialize, Serialize};

use super::{Connection, DatabaseId, Databases};

endpoints! {
    LIST_POOLS:  ()         => Vec<Pool> = get("/v2/databases/{database_cluster_uuid}/pools").envelope("pools");
    CREATE_POOL: NewPool    => Pool      = post("/v2/databases/{database_cluster_uuid}/pools").envelope("pool").status(201);
    GET_POOL:    ()         => Pool      = get("/v2/databases/{database_cluster_uuid}/pools/{pool_name}").envelope("pool");
    UPDATE_POOL: PoolUpdate => ()        = put("/v2/databases/{database_cluster_uuid}/pools/{pool_name}").status(204);
    DELETE_POOL: ()         => ()        = delete("/v2/databases/{database_cluster_uuid}/pools/{pool_name}").status(204);
}

impl Databases {
    /// Reads a PostgreSQL cluster's pools.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/pools`
    pub fn list_pools(&self, database: &DatabaseId) -> Call<Vec<Pool>> {
        self.0.pages(&LIST_POOLS, [database], ()).all()
    }

    /// Puts a pool of connections in front of a PostgreSQL cluster.
    ///
    /// `POST /v2/databases/{database_cluster_uuid}/pools`
    pub fn create_pool(&self, database: &DatabaseId, pool: NewPool) -> Call<Pool> {
        self.0.send(&CREATE_POOL, [database], pool)
    }

    /// Reads a pool.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/pools/{pool_name}`
    pub fn pool(&self, database: &DatabaseId, name: &str) -> Call<Pool> {
        self.0.send(&GET_POOL, [database, &name], ())
    }

    /// Changes a pool. What connects through it connects again.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/pools/{pool_name}`
    pub fn update_pool(&self, database: &DatabaseId, name: &str, update: PoolUpdate) -> Call<()> {
        self.0.send(&UPDATE_POOL, [database, &name], update)
    }

    /// Removes a pool.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}/pools/{pool_name}`
    pub fn delete_pool(&self, database: &DatabaseId, name: &str) -> Call<()> {
        self.0.send(&DELETE_POOL, [database, &name], ())
    }
}

/// A pool of connections in front of a PostgreSQL cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Pool {
    pub name: String,
    pub mode: PoolMode,
    /// Connections that it holds to the database.
    pub size: u32,
    pub db: String,
    /// Who it logs in as; without one, whoever connects through it.
    pub user: Option<String>,
    pub connection: Option<Connection>,
    pub private_connection: Option<Connection>,
    pub standby_connection: Option<Connection>,
    pub standby_private_connection: Option<Connection>,
}

open_enum! {
    /// How long a pool lends a connection.
    pub enum PoolMode {
        /// As long as the client stays.
        Session = "session",
        /// For a transaction.
        Transaction = "transaction",
        /// For a statement; transactions do not work.
        Statement = "statement",
    }
}

input! {
    /// A pool to create.
    pub struct NewPool {
        name: String,
        mode: PoolMode,
        /// Connections that it is to hold to the database.
        size: u32,
        db: String,
    } optional {
        /// Who it logs in as; without one, whoever connects through it.
        user: String,
    }
}

input! {
    /// What a pool is to be.
    pub struct PoolUpdate {
        mode: PoolMode,
        /// Connections that it is to hold to the database.
        size: u32,
        db: String,
    } optional {
        /// Who it logs in as; without one, whoever connects through it.
        user: String,
    }
}
