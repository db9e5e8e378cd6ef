//! Topics of Kafka, and the schemas of what is in them.
//!
//! ```
//! use howdah_digitalocean::databases::kafka::{NewTopic, TopicConfig};
//! # use howdah_digitalocean::{databases::DatabaseId, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let databases = FakeDigitalOcean::new().client().databases();
//! # let id = DatabaseId::new("9cc10173-e9ea-4176-9dbc-a4cee4c4ff30".to_owned());
//! let config = TopicConfig::new().with_retention_ms(86_400_000i64);
//! let topic = NewTopic::new().with_name("customer-events").with_partition_count(3u32).with_config(config);
//! let topic = databases.create_topic(&id, topic).await?;
//! println!("{} partitions", topic.partitions.len());
//! # Ok(()) }
//! ```

use howdah_core::{
    endpoints,
    http::{Call, null_as_default, string_or_number},
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use super::{DatabaseId, Databases};

endpoints! {
    LIST_TOPICS:               ()                    => Vec<TopicSummary>    = get("/v2/databases/{database_cluster_uuid}/topics").envelope("topics");
    CREATE_TOPIC:              NewTopic              => Topic                = post("/v2/databases/{database_cluster_uuid}/topics").envelope("topic").status(201);
    GET_TOPIC:                 ()                    => Topic                = get("/v2/databases/{database_cluster_uuid}/topics/{topic_name}").envelope("topic");
    UPDATE_TOPIC:              TopicUpdate           => Topic                = put("/v2/databases/{database_cluster_uuid}/topics/{topic_name}").envelope("topic");
    DELETE_TOPIC:              ()                    => ()                   = delete("/v2/databases/{database_cluster_uuid}/topics/{topic_name}").status(204);
    LIST_SUBJECTS:             ()                    => Vec<Schema>          = get("/v2/databases/{database_cluster_uuid}/schema-registry").envelope("subjects");
    CREATE_SCHEMA:             NewSchema             => Schema               = post("/v2/databases/{database_cluster_uuid}/schema-registry").status(201);
    GET_SCHEMA:                ()                    => Schema               = get("/v2/databases/{database_cluster_uuid}/schema-registry/{subject_name}");
    DELETE_SCHEMA:             ()                    => ()                   = delete("/v2/databases/{database_cluster_uuid}/schema-registry/{subject_name}").status(204);
    GET_SCHEMA_VERSION:        ()                    => Schema               = get("/v2/databases/{database_cluster_uuid}/schema-registry/{subject_name}/versions/{version}");
    GET_COMPATIBILITY:         ()                    => Compatibility        = get("/v2/databases/{database_cluster_uuid}/schema-registry/config");
    SET_COMPATIBILITY:         NewCompatibility      => Compatibility        = put("/v2/databases/{database_cluster_uuid}/schema-registry/config");
    GET_SUBJECT_COMPATIBILITY: ()                    => Compatibility        = get("/v2/databases/{database_cluster_uuid}/schema-registry/config/{subject_name}");
    SET_SUBJECT_COMPATIBILITY: NewCompatibility      => Compatibility        = put("/v2/databases/{database_cluster_uuid}/schema-registry/config/{subject_name}");
}

impl Databases {
    /// Reads a Kafka cluster's topics.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/topics`
    pub fn list_topics(&self, database: &DatabaseId) -> Call<Vec<TopicSummary>> {
        self.0.pages(&LIST_TOPICS, [database], ()).all()
    }

    /// Adds a topic.
    ///
    /// `POST /v2/databases/{database_cluster_uuid}/topics`
    pub fn create_topic(&self, database: &DatabaseId, topic: NewTopic) -> Call<Topic> {
        self.0.send(&CREATE_TOPIC, [database], topic)
    }

    /// Reads a topic with its partitions.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/topics/{topic_name}`
    pub fn topic(&self, database: &DatabaseId, name: &str) -> Call<Topic> {
        self.0.send(&GET_TOPIC, [database, &name], ())
    }

    /// Changes a topic. Partitions can only become more.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/topics/{topic_name}`
    pub fn update_topic(&self, database: &DatabaseId, name: &str, update: TopicUpdate) -> Call<Topic> {
        self.0.send(&UPDATE_TOPIC, [database, &name], update)
    }

    /// Deletes a topic with all that is in it.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}/topics/{topic_name}`
    pub fn delete_topic(&self, database: &DatabaseId, name: &str) -> Call<()> {
        self.0.send(&DELETE_TOPIC, [database, &name], ())
    }

    /// Reads the schemas of all subjects.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/schema-registry`
    pub fn list_subjects(&self, database: &DatabaseId) -> Call<Vec<Schema>> {
        self.0.pages(&LIST_SUBJECTS, [database], ()).all()
    }

    /// Registers a schema for a subject.
    ///
    /// `POST /v2/databases/{database_cluster_uuid}/schema-registry`
    pub fn create_schema(&self, database: &DatabaseId, schema: NewSchema) -> Call<Schema> {
        self.0.send(&CREATE_SCHEMA, [database], schema)
    }

    /// Reads the latest schema of a subject.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/schema-registry/{subject_name}`
    pub fn schema(&self, database: &DatabaseId, subject: &str) -> Call<Schema> {
        self.0.send(&GET_SCHEMA, [database, &subject], ())
    }

    /// Deletes the schemas of a subject.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}/schema-registry/{subject_name}`
    pub fn delete_schema(&self, database: &DatabaseId, subject: &str) -> Call<()> {
        self.0.send(&DELETE_SCHEMA, [database, &subject], ())
    }

    /// Reads a version of a subject's schema, by its number or as `latest`.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/schema-registry/{subject_name}/versions/{version}`
    pub fn schema_version(&self, database: &DatabaseId, subject: &str, version: &str) -> Call<Schema> {
        self.0.send(&GET_SCHEMA_VERSION, [database, &subject, &version], ())
    }

    /// Reads how far versions of schemas may differ.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/schema-registry/config`
    pub fn compatibility(&self, database: &DatabaseId) -> Call<Compatibility> {
        self.0.send(&GET_COMPATIBILITY, [database], ())
    }

    /// Sets how far versions of schemas may differ.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/schema-registry/config`
    pub fn set_compatibility(&self, database: &DatabaseId, level: CompatibilityLevel) -> Call<Compatibility> {
        self.0.send(&SET_COMPATIBILITY, [database], NewCompatibility { compatibility_level: level })
    }

    /// Reads how far versions of a subject's schema may differ.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/schema-registry/config/{subject_name}`
    pub fn subject_compatibility(&self, database: &DatabaseId, subject: &str) -> Call<Compatibility> {
        self.0.send(&GET_SUBJECT_COMPATIBILITY, [database, &subject], ())
    }

    /// Sets how far versions of a subject's schema may differ.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/schema-registry/config/{subject_name}`
    pub fn set_subject_compatibility(
        &self,
        database: &DatabaseId,
        subject: &str,
        level: CompatibilityLevel,
    ) -> Call<Compatibility> {
        let level = NewCompatibility { compatibility_level: level };
        self.0.send(&SET_SUBJECT_COMPATIBILITY, [database, &subject], level)
    }
}

/// A topic in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TopicSummary {
    pub name: String,
    pub state: Option<TopicState>,
    pub replication_factor: Option<u32>,
    pub partition_count: Option<u32>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Topic {
    pub name: String,
    pub state: Option<TopicState>,
    pub replication_factor: Option<u32>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub partitions: Vec<Partition>,
    pub config: Option<TopicConfig>,
}

open_enum! {
    /// What state a topic is in.
    pub enum TopicState {
        /// It is in use.
        Active = "active",
        /// It is being made or changed.
        Configuring = "configuring",
        /// It is being deleted.
        Deleting = "deleting",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

/// A part of a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Partition {
    pub id: u32,
    /// Bytes.
    pub size: Option<u64>,
    pub in_sync_replicas: Option<u32>,
    pub earliest_offset: Option<u64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub consumer_groups: Vec<ConsumerGroup>,
}

/// Those who read a partition together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ConsumerGroup {
    #[serde(alias = "group_name")]
    pub name: Option<String>,
    pub offset: Option<u64>,
}

input! {
    /// A topic to add.
    pub struct NewTopic {} optional {
        name: String,
        partition_count: u32,
        replication_factor: u32,
        config: TopicConfig,
    }
}

input! {
    /// What a topic is to be.
    pub struct TopicUpdate {} optional {
        partition_count: u32,
        replication_factor: u32,
        config: TopicConfig,
    }
}

input! {
    /// The settings of a topic.
    pub struct TopicConfig {} optional {
        /// One of `delete`, `compact`, `compact_delete`.
        cleanup_policy: String,
        /// Such as `producer`, `gzip` or `zstd`.
        compression_type: String,
        delete_retention_ms: u64,
        file_delete_delay_ms: u64,
        flush_messages: u64,
        flush_ms: u64,
        index_interval_bytes: u64,
        max_compaction_lag_ms: u64,
        max_message_bytes: u64,
        message_down_conversion_enable: bool,
        /// Such as `3.0-IV1`.
        message_format_version: String,
        message_timestamp_difference_max_ms: u64,
        /// `create_time` or `log_append_time`.
        message_timestamp_type: String,
        /// 0 to 1.
        min_cleanable_dirty_ratio: f64,
        min_compaction_lag_ms: u64,
        min_insync_replicas: u32,
        preallocate: bool,
        /// -1 for no limit.
        retention_bytes: i64,
        /// -1 for no limit.
        retention_ms: i64,
        segment_bytes: u64,
        segment_index_bytes: u64,
        segment_jitter_ms: u64,
        segment_ms: u64,
    }
}

/// What is in a topic is written as this says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Schema {
    pub schema_id: Option<u64>,
    /// Where one version was asked for.
    #[serde(default, deserialize_with = "string_or_number", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    pub subject_name: Option<String>,
    pub schema_type: Option<SchemaType>,
    /// In the language of its type.
    pub schema: Option<String>,
}

open_enum! {
    /// The language of a schema.
    pub enum SchemaType {
        /// Avro.
        Avro = "AVRO",
        /// JSON Schema.
        Json = "JSON",
        /// Protocol Buffers.
        Protobuf = "PROTOBUF",
    }
}

input! {
    /// A schema to register.
    pub struct NewSchema {
        subject_name: String,
        schema_type: SchemaType,
        schema: String,
    } optional {}
}

/// How far versions of schemas may differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Compatibility {
    /// Of one subject, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_name: Option<String>,
    pub compatibility_level: CompatibilityLevel,
}

/// How far versions of schemas are to differ at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NewCompatibility {
    pub compatibility_level: CompatibilityLevel,
}

open_enum! {
    /// How far versions of a schema may differ.
    pub enum CompatibilityLevel {
        /// In any way.
        None = "NONE",
        /// The new one reads what the last one wrote.
        Backward = "BACKWARD",
        /// The new one reads what any before wrote.
        BackwardTransitive = "BACKWARD_TRANSITIVE",
        /// The last one reads what the new one writes.
        Forward = "FORWARD",
        /// Any before reads what the new one writes.
        ForwardTransitive = "FORWARD_TRANSITIVE",
        /// Both ways, with the last one.
        Full = "FULL",
        /// Both ways, with all before.
        FullTransitive = "FULL_TRANSITIVE",
    }
}
