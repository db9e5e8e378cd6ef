//! Where a cluster sends its log.
//!
//! ```
//! use howdah_digitalocean::databases::logsinks::{LogsinkConfig, LogsinkType, NewLogsink, Rsyslog};
//! # use howdah_digitalocean::{databases::DatabaseId, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let databases = FakeDigitalOcean::new().client().databases();
//! # let id = DatabaseId::new("9cc10173-e9ea-4176-9dbc-a4cee4c4ff30".to_owned());
//! let config = LogsinkConfig::Rsyslog(Rsyslog::new("logs.example.com", 6514u16, true, "rfc5424"));
//! let sink = databases.create_logsink(&id, NewLogsink::new("logs", LogsinkType::Rsyslog, config)).await?;
//! # let _ = sink;
//! # Ok(()) }
//! ```

use howdah_core::{Id, Secret, endpoints, http::Call, input, open_enum, secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DatabaseId, Databases};

endpoints! {
    LIST_LOGSINKS:  ()            => Vec<Logsink> = get("/v2/databases/{database_cluster_uuid}/logsink").envelope("sinks");
    CREATE_LOGSINK: NewLogsink    => Logsink      = post("/v2/databases/{database_cluster_uuid}/logsink").envelope("sink").status(201);
    GET_LOGSINK:    ()            => Logsink      = get("/v2/databases/{database_cluster_uuid}/logsink/{logsink_id}");
    UPDATE_LOGSINK: LogsinkUpdate => ()           = put("/v2/databases/{database_cluster_uuid}/logsink/{logsink_id}");
    DELETE_LOGSINK: ()            => ()           = delete("/v2/databases/{database_cluster_uuid}/logsink/{logsink_id}");
}

impl Databases {
    /// Reads where a cluster sends its log.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/logsink`
    pub fn list_logsinks(&self, database: &DatabaseId) -> Call<Vec<Logsink>> {
        self.0.pages(&LIST_LOGSINKS, [database], ()).all()
    }

    /// Sends a cluster's log somewhere.
    ///
    /// `POST /v2/databases/{database_cluster_uuid}/logsink`
    pub fn create_logsink(&self, database: &DatabaseId, sink: NewLogsink) -> Call<Logsink> {
        self.0.send(&CREATE_LOGSINK, [database], sink)
    }

    /// Reads one of the places that a cluster's log is sent to.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/logsink/{logsink_id}`
    pub fn logsink(&self, database: &DatabaseId, sink: &LogsinkId) -> Call<Logsink> {
        self.0.send(&GET_LOGSINK, [database, sink], ())
    }

    /// Sends a cluster's log elsewhere from now on. The kind of place stays.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/logsink/{logsink_id}`
    pub fn update_logsink(&self, database: &DatabaseId, sink: &LogsinkId, config: LogsinkConfig) -> Call<()> {
        self.0.send(&UPDATE_LOGSINK, [database, sink], LogsinkUpdate { config })
    }

    /// Sends a cluster's log there no longer.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}/logsink/{logsink_id}`
    pub fn delete_logsink(&self, database: &DatabaseId, sink: &LogsinkId) -> Call<()> {
        self.0.send(&DELETE_LOGSINK, [database, sink], ())
    }
}

/// The id of a place that logs are sent to.
pub type LogsinkId = Id<Logsink, String>;

/// A place that a cluster's log is sent to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Logsink {
    pub sink_id: LogsinkId,
    pub sink_name: Option<String>,
    pub sink_type: Option<LogsinkType>,
    pub config: Option<LogsinkConfig>,
}

open_enum! {
    /// What takes in a log.
    pub enum LogsinkType {
        /// A syslog server.
        Rsyslog = "rsyslog",
        /// Elasticsearch.
        Elasticsearch = "elasticsearch",
        /// OpenSearch.
        Opensearch = "opensearch",
        /// Datadog.
        Datadog = "datadog",
    }
}

/// How a place that takes in a log is reached; each kind by what it must have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum LogsinkConfig {
    /// A syslog server.
    Rsyslog(Rsyslog),
    /// Elasticsearch or OpenSearch.
    Search(Search),
    /// Datadog.
    Datadog(Datadog),
    /// A kind that this version does not know.
    Other(Map<String, Value>),
}

input! {
    /// A syslog server.
    pub struct Rsyslog {
        server: String,
        port: u16,
        tls: bool,
        /// `rfc5424`, `rfc3164` or `custom`.
        format: String,
    } optional {
        /// The template of a line, where the format is `custom`.
        logline: String,
        /// Structured data that each line of RFC 5424 has.
        sd: String,
        /// PEM.
        ca: String,
        /// PEM.
        #[serde(serialize_with = "secret::expose_option")]
        key: Secret,
        /// PEM.
        cert: String,
    }
}

input! {
    /// Elasticsearch or OpenSearch.
    pub struct Search {
        /// With the name and password in it.
        #[serde(serialize_with = "secret::expose")]
        url: Secret,
        index_prefix: String,
    } optional {
        /// How many days are kept: 1 to 10,000.
        index_days_max: u32,
        /// Seconds: 10 to 120.
        timeout: f64,
        /// PEM.
        ca: String,
    }
}

input! {
    /// Datadog.
    pub struct Datadog {
        /// The host that takes in logs.
        site: String,
        #[serde(serialize_with = "secret::expose")]
        datadog_api_key: Secret,
    } optional {}
}

input! {
    /// A place to send a cluster's log to.
    pub struct NewLogsink {
        sink_name: String,
        sink_type: LogsinkType,
        config: LogsinkConfig,
    } optional {}
}

/// How a place is to be reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LogsinkUpdate {
    pub config: LogsinkConfig,
}
