//! Indexes of OpenSearch.
//!
//! ```
//! # use howdah_digitalocean::{databases::DatabaseId, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let databases = FakeDigitalOcean::new().client().databases();
//! # let id = DatabaseId::new("9cc10173-e9ea-4176-9dbc-a4cee4c4ff30".to_owned());
//! let indexes = databases.list_indexes(&id).await?;
//! let bytes: u64 = indexes.iter().filter_map(|index| index.size).sum();
//! # assert!(bytes > 0);
//! # Ok(()) }
//! ```

use howdah_core::{endpoints, http::Call, open_enum};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DatabaseId, Databases};

endpoints! {
    LIST_INDEXES: () => Vec<Index> = get("/v2/databases/{database_cluster_uuid}/indexes").envelope("indexes");
    DELETE_INDEX: () => ()         = delete("/v2/databases/{database_cluster_uuid}/indexes/{index_name}").status(204);
}

impl Databases {
    /// Reads an OpenSearch cluster's indexes.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/indexes`
    pub fn list_indexes(&self, database: &DatabaseId) -> Call<Vec<Index>> {
        self.0.pages(&LIST_INDEXES, [database], ()).all()
    }

    /// Deletes an index with all that is in it.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}/indexes/{index_name}`
    pub fn delete_index(&self, database: &DatabaseId, name: &str) -> Call<()> {
        self.0.send(&DELETE_INDEX, [database, &name], ())
    }
}

/// An index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Index {
    pub index_name: String,
    pub number_of_shards: Option<u32>,
    pub number_of_replicas: Option<u32>,
    /// Bytes.
    pub size: Option<u64>,
    pub created_time: Option<Timestamp>,
    pub status: Option<IndexStatus>,
    pub health: Option<IndexHealth>,
}

open_enum! {
    /// What state an index is in.
    pub enum IndexStatus {
        /// Nobody knows.
        Unknown = "unknown",
        /// It is in use.
        Open = "open",
        /// It is put away.
        Close = "close",
        /// It has none.
        None = "none",
    }
}

open_enum! {
    /// How an index is.
    pub enum IndexHealth {
        /// Nobody knows.
        Unknown = "unknown",
        /// All shards are there.
        Green = "green",
        /// Replicas are missing.
        Yellow = "yellow",
        /// Shards are missing.
        Red = "red",
    }
}
