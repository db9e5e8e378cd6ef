//! The settings of a database's own software, engine by engine.
//!
//! ```
//! use howdah_digitalocean::databases::config::PostgresConfig;
//! # use howdah_digitalocean::{databases::DatabaseId, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let databases = FakeDigitalOcean::new().client().databases();
//! # let id = DatabaseId::new("9cc10173-e9ea-4176-9dbc-a4cee4c4ff30".to_owned());
//! databases.update_config(&id, &PostgresConfig::new().with_work_mem(8u32)).await?;
//! # Ok(()) }
//! ```
//!
//! An answer does not say which engine its settings are of: whoever asks does, by the type. What is not set is left as it is.

use howdah_core::{Error, ErrorKind, Outcome, Result, endpoints, http::Call, input};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{DatabaseId, Databases, pools::PoolMode, settings::EvictionPolicy};

endpoints! {
    GET_CONFIG:    ()           => DatabaseConfig = get("/v2/databases/{database_cluster_uuid}/config").envelope("config");
    UPDATE_CONFIG: ConfigUpdate => ()             = patch("/v2/databases/{database_cluster_uuid}/config").idempotent();
}

impl Databases {
    /// Reads the settings of a cluster's software, as those of one engine.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/config`
    pub fn config<C: EngineConfig>(&self, database: &DatabaseId) -> Call<C> {
        let config = self.any_config(database);
        Call::new(async move { config.await?.read() })
    }

    /// Reads the settings of a cluster's software, whatever its engine.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/config`
    pub fn any_config(&self, database: &DatabaseId) -> Call<DatabaseConfig> {
        self.0.send(&GET_CONFIG, [database], ())
    }

    /// Changes those settings of a cluster's software that are set. Some restart it.
    ///
    /// `PATCH /v2/databases/{database_cluster_uuid}/config`
    pub fn update_config(&self, database: &DatabaseId, config: &impl EngineConfig) -> Call<()> {
        let settings = match serde_json::to_value(config) {
            Ok(Value::Object(settings)) => settings,
            _ => Map::new(),
        };
        let update = ConfigUpdate { config: DatabaseConfig(settings) };
        self.0.send(&UPDATE_CONFIG, [database], update)
    }
}

/// Settings of an engine that is not known, as they came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DatabaseConfig(pub Map<String, Value>);

impl DatabaseConfig {
    /// The settings as those of one engine; others are left out.
    pub fn read<C: EngineConfig>(self) -> Result<C> {
        serde_json::from_value(Value::Object(self.0)).map_err(|error| {
            let message = format!("the settings are not those of the engine: {error}");
            Error::new(ErrorKind::Decode, message).with_provider("digitalocean").with_outcome(Outcome::Applied)
        })
    }
}

/// Settings to change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ConfigUpdate {
    pub config: DatabaseConfig,
}

/// The settings of one engine. Sealed: these are the structs of this [module](self).
pub trait EngineConfig: Serialize + DeserializeOwned + Send + 'static + sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! engines {
    ($($config:ty),+) => {
        $(
            impl EngineConfig for $config {}
            impl sealed::Sealed for $config {}
        )+
    };
}

engines!(PostgresConfig, MysqlConfig, ValkeyConfig, RedisConfig, MongoConfig, KafkaConfig, OpensearchConfig);

input! {
    /// The settings of PostgreSQL.
    pub struct PostgresConfig {} optional {
        /// 200000000 to 1500000000.
        autovacuum_freeze_max_age: u32,
        /// 1 to 20.
        autovacuum_max_workers: u32,
        /// 0 to 86400.
        autovacuum_naptime: u32,
        /// 0 to 2147483647.
        autovacuum_vacuum_threshold: u32,
        /// 0 to 2147483647.
        autovacuum_analyze_threshold: u32,
        /// 0 to 1.
        autovacuum_vacuum_scale_factor: f64,
        /// 0 to 1.
        autovacuum_analyze_scale_factor: f64,
        /// -1 to 100.
        autovacuum_vacuum_cost_delay: i32,
        /// -1 to 10000.
        autovacuum_vacuum_cost_limit: i32,
        /// 0 to 23.
        backup_hour: u32,
        /// 0 to 59.
        backup_minute: u32,
        /// 10 to 10000.
        bgwriter_delay: u32,
        /// 0 to 2048.
        bgwriter_flush_after: u32,
        /// 0 to 1073741823.
        bgwriter_lru_maxpages: u32,
        /// 0 to 10.
        bgwriter_lru_multiplier: f64,
        /// 500 to 1800000.
        deadlock_timeout: u32,
        /// One of `lz4`, `pglz`.
        default_toast_compression: String,
        /// 0 to 604800000.
        idle_in_transaction_session_timeout: u32,
        jit: bool,
        /// -1 to 2147483647.
        log_autovacuum_min_duration: i32,
        /// One of `TERSE`, `DEFAULT`, `VERBOSE`.
        log_error_verbosity: String,
        /// One of `pid=%p,user=%u,db=%d,app=%a,client=%h`, `%m [%p] %q[user=%u,db=%d,app=%a]`, `%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h`.
        log_line_prefix: String,
        /// -1 to 86400000.
        log_min_duration_statement: i32,
        /// 1000 to 4096.
        max_files_per_process: u32,
        /// 0 to 10000.
        max_prepared_transactions: u32,
        /// 64 to 640.
        max_pred_locks_per_transaction: u32,
        /// 64 to 6400.
        max_locks_per_transaction: u32,
        /// 2097152 to 6291456.
        max_stack_depth: u32,
        /// 1 to 43200000.
        max_standby_archive_delay: u32,
        /// 1 to 43200000.
        max_standby_streaming_delay: u32,
        /// 8 to 64.
        max_replication_slots: u32,
        /// 4 to 64.
        max_logical_replication_workers: u32,
        /// 0 to 96.
        max_parallel_workers: u32,
        /// 0 to 96.
        max_parallel_workers_per_gather: u32,
        /// 8 to 96.
        max_worker_processes: u32,
        /// At most 64 characters.
        #[serde(rename = "pg_partman_bgw.role")]
        pg_partman_bgw_role: String,
        /// 3600 to 604800.
        #[serde(rename = "pg_partman_bgw.interval")]
        pg_partman_bgw_interval: u32,
        /// One of `all`, `top`, `none`.
        #[serde(rename = "pg_stat_statements.track")]
        pg_stat_statements_track: String,
        /// -1 to 2147483647.
        temp_file_limit: i32,
        /// At most 64 characters.
        timezone: String,
        /// 1024 to 10240.
        track_activity_query_size: u32,
        /// One of `off`, `on`.
        track_commit_timestamp: String,
        /// One of `all`, `pl`, `none`.
        track_functions: String,
        /// One of `off`, `on`.
        track_io_timing: String,
        /// 20 to 64.
        max_wal_senders: u32,
        /// 0 to 10800000.
        wal_sender_timeout: u32,
        /// 10 to 200.
        wal_writer_delay: u32,
        /// Per cent: 20 to 60.
        shared_buffers_percentage: f64,
        pgbouncer: PgbouncerConfig,
        /// 1 to 1024.
        work_mem: u32,
        timescaledb: TimescaledbConfig,
        /// One of `off`, `quorum`.
        synchronous_replication: String,
        stat_monitor_enable: bool,
        /// 10 or more.
        max_failover_replication_time_lag: u64,
        /// 25 or more.
        max_connections: u32,
        /// -1 to 2147483647.
        max_slot_wal_keep_size: i32,
    }
}

input! {
    /// The settings of the pools in front of PostgreSQL.
    pub struct PgbouncerConfig {} optional {
        server_reset_query_always: bool,
        /// Some of `extra_float_digits`, `search_path`.
        ignore_startup_parameters: Vec<String>,
        /// 0 to 10000.
        min_pool_size: u32,
        /// 60 to 86400.
        server_lifetime: u32,
        /// 0 to 86400.
        server_idle_timeout: u32,
        /// 0 to 10000.
        autodb_pool_size: u32,
        autodb_pool_mode: PoolMode,
        /// 0 to 2147483647.
        autodb_max_db_connections: u32,
        /// 0 to 86400.
        autodb_idle_timeout: u32,
    }
}

input! {
    /// The settings of TimescaleDB.
    pub struct TimescaledbConfig {} optional {
        /// 1 to 4096.
        max_background_workers: u32,
    }
}

input! {
    /// The settings of MySQL.
    pub struct MysqlConfig {} optional {
        /// 0 to 23.
        backup_hour: u32,
        /// 0 to 59.
        backup_minute: u32,
        automatic_sp_privileges: bool,
        /// At most 1024 characters.
        sql_mode: String,
        /// 2 to 3600.
        connect_timeout: u32,
        /// At most 100 characters.
        default_time_zone: String,
        /// 0 to 30.
        div_precision_increment: u32,
        end_markers_in_json: bool,
        /// 0 to 4294967295.
        eq_range_index_dive_limit: u32,
        /// 4 or more.
        group_concat_max_len: u64,
        /// 900 to 31536000.
        information_schema_stats_expiry: u32,
        innodb_ft_enable_stopword: bool,
        /// 10 to 84.
        innodb_ft_max_token_size: u32,
        /// 0 to 16.
        innodb_ft_min_token_size: u32,
        /// 1000 to 10000.
        innodb_ft_num_word_optimize: u32,
        /// 1000000 to 4294967295.
        innodb_ft_result_cache_limit: u32,
        /// At most 1024 characters.
        innodb_ft_server_stopword_table: String,
        /// At most 1024 characters.
        innodb_ft_user_stopword_table: String,
        /// 1 to 3600.
        innodb_lock_wait_timeout: u32,
        /// 1048576 to 4294967295.
        innodb_log_buffer_size: u32,
        /// 65536 to 1099511627776.
        innodb_online_alter_log_max_size: u64,
        innodb_optimize_fulltext_only: bool,
        innodb_print_all_deadlocks: bool,
        innodb_rollback_on_timeout: bool,
        /// 30 to 604800.
        interactive_timeout: u32,
        /// One of `TempTable`, `MEMORY`.
        internal_tmp_mem_storage_engine: String,
        /// 1 to 3600.
        net_read_timeout: u32,
        /// 1 to 3600.
        net_write_timeout: u32,
        sql_require_primary_key: bool,
        /// 1 to 2147483.
        wait_timeout: u32,
        windowing_use_high_precision: bool,
        /// 102400 to 1073741824.
        max_allowed_packet: u32,
        /// 0 to 4294967295.
        max_execution_time: u32,
        /// 1048576 to 1073741824.
        max_heap_table_size: u32,
        /// 1 or more.
        max_seeks_for_key: u64,
        /// 0 to 1.
        optimizer_prune_level: u32,
        /// 0 to 62.
        optimizer_search_depth: u32,
        optimizer_switch: String,
        /// 32768 to 1073741824.
        sort_buffer_size: u32,
        /// 1048576 to 1073741824.
        tmp_table_size: u32,
        slow_query_log: bool,
        /// 0 to 3600.
        long_query_time: f64,
        /// 600 to 604800.
        binlog_retention_period: f64,
        /// 0 to 50.
        innodb_change_buffer_max_size: u32,
        /// One of `0`, `1`, `2`.
        innodb_flush_neighbors: u8,
        /// 1 to 64.
        innodb_read_io_threads: u32,
        /// 1 to 64.
        innodb_write_io_threads: u32,
        /// 0 to 1000.
        innodb_thread_concurrency: u32,
        /// 1024 to 1048576.
        net_buffer_length: u32,
        /// One of `INSIGHTS`, `TABLE`, `INSIGHTS,TABLE`, `NONE`.
        log_output: String,
        mysql_incremental_backup: IncrementalBackupConfig,
    }
}

input! {
    /// Whether backups of MySQL hold what changed since the one before.
    pub struct IncrementalBackupConfig {} optional {
        enabled: bool,
        full_backup_week_schedule: String,
    }
}

input! {
    /// The settings of Valkey.
    pub struct ValkeyConfig {} optional {
        valkey_maxmemory_policy: EvictionPolicy,
        /// 32 to 512.
        valkey_pubsub_client_output_buffer_limit: u32,
        /// 1 to 128.
        valkey_number_of_databases: u32,
        /// 1 to 32.
        valkey_io_threads: u32,
        /// 0 to 100.
        valkey_lfu_log_factor: u32,
        /// 1 to 120.
        valkey_lfu_decay_time: u32,
        valkey_ssl: bool,
        /// 0 to 31536000.
        valkey_timeout: u32,
        /// At most 32 characters.
        valkey_notify_keyspace_events: String,
        /// One of `off`, `rdb`.
        valkey_persistence: String,
        /// One of `allchannels`, `resetchannels`.
        valkey_acl_channels_default: String,
        frequent_snapshots: bool,
        /// 1 to 10.
        valkey_active_expire_effort: u32,
    }
}

input! {
    /// The settings of Redis.
    pub struct RedisConfig {} optional {
        /// One of `noeviction`, `allkeys-lru`, `allkeys-random`, `volatile-lru`, `volatile-random`, `volatile-ttl`.
        redis_maxmemory_policy: String,
        /// 32 to 512.
        redis_pubsub_client_output_buffer_limit: u32,
        /// 1 to 128.
        redis_number_of_databases: u32,
        /// 1 to 32.
        redis_io_threads: u32,
        /// 0 to 100.
        redis_lfu_log_factor: u32,
        /// 1 to 120.
        redis_lfu_decay_time: u32,
        redis_ssl: bool,
        /// 0 to 31536000.
        redis_timeout: u32,
        /// At most 32 characters.
        redis_notify_keyspace_events: String,
        /// One of `off`, `rdb`.
        redis_persistence: String,
        /// One of `allchannels`, `resetchannels`.
        redis_acl_channels_default: String,
    }
}

input! {
    /// The settings of MongoDB.
    pub struct MongoConfig {} optional {
        /// One of `local`, `available`, `majority`.
        default_read_concern: String,
        default_write_concern: String,
        /// Seconds: 1 or more.
        transaction_lifetime_limit_seconds: u32,
        /// ms: 0 or more.
        slow_op_threshold_ms: u32,
        /// 0 to 5.
        verbosity: u32,
    }
}

input! {
    /// The settings of Kafka.
    pub struct KafkaConfig {} optional {
        /// One of `gzip`, `snappy`, `lz4`, `zstd`, `uncompressed`, `producer`.
        compression_type: String,
        /// ms: 0 to 300000.
        group_initial_rebalance_delay_ms: u32,
        /// ms: 0 to 60000.
        group_min_session_timeout_ms: u32,
        /// ms: 0 to 1800000.
        group_max_session_timeout_ms: u32,
        /// ms: 1000 to 3600000.
        connections_max_idle_ms: u32,
        /// 1000 to 10000.
        max_incremental_fetch_session_cache_slots: u32,
        /// Bytes: 0 to 100001200.
        message_max_bytes: u32,
        /// Minutes: 1 to 2147483647.
        offsets_retention_minutes: u32,
        /// ms: 0 to 315569260000.
        log_cleaner_delete_retention_ms: u64,
        /// 0.2 to 0.9.
        log_cleaner_min_cleanable_ratio: f64,
        /// ms: 30000 or more.
        log_cleaner_max_compaction_lag_ms: u64,
        /// ms: 0 or more.
        log_cleaner_min_compaction_lag_ms: u64,
        /// One of `delete`, `compact`, `compact,delete`.
        log_cleanup_policy: String,
        /// 1 or more.
        log_flush_interval_messages: u64,
        /// ms: 0 or more.
        log_flush_interval_ms: u64,
        /// Bytes: 0 to 104857600.
        log_index_interval_bytes: u32,
        /// Bytes: 1048576 to 104857600.
        log_index_size_max_bytes: u32,
        log_message_downconversion_enable: bool,
        /// One of `CreateTime`, `LogAppendTime`.
        log_message_timestamp_type: String,
        /// ms: 0 or more.
        log_message_timestamp_difference_max_ms: u64,
        log_preallocate: bool,
        /// Bytes: -1 or more.
        log_retention_bytes: i128,
        /// Hours: -1 to 2147483647.
        log_retention_hours: i32,
        /// ms: -1 or more.
        log_retention_ms: i128,
        /// ms: 0 or more.
        log_roll_jitter_ms: u64,
        /// ms: 1 or more.
        log_roll_ms: u64,
        /// Bytes: 10485760 to 1073741824.
        log_segment_bytes: u32,
        /// ms: 0 to 3600000.
        log_segment_delete_delay_ms: u32,
        auto_create_topics_enable: bool,
        /// 1 to 7.
        min_insync_replicas: u32,
        /// 1 to 1000.
        num_partitions: u32,
        /// 1 to 10.
        default_replication_factor: u32,
        /// Bytes: 1048576 to 104857600.
        replica_fetch_max_bytes: u32,
        /// Bytes: 10485760 to 1048576000.
        replica_fetch_response_max_bytes: u32,
        /// 256 to 2147483647.
        max_connections_per_ip: u32,
        /// 10 to 10000.
        producer_purgatory_purge_interval_requests: u32,
        /// Bytes: 10485760 to 209715200.
        socket_request_max_bytes: u32,
        /// Bytes: 1048576 to 2147483647.
        transaction_state_log_segment_bytes: u32,
        /// ms: 600000 to 3600000.
        transaction_remove_expired_transaction_cleanup_interval_ms: u32,
        schema_registry: bool,
    }
}

input! {
    /// The settings of OpenSearch.
    pub struct OpensearchConfig {} optional {
        /// Bytes: 1 to 2147483647.
        http_max_content_length_bytes: u32,
        /// Bytes: 1024 to 262144.
        http_max_header_size_bytes: u32,
        /// Bytes: 1024 to 65536.
        http_max_initial_line_length_bytes: u32,
        /// 64 to 4096.
        indices_query_bool_max_clause_count: u32,
        /// Per cent: 3 to 100.
        indices_fielddata_cache_size_percentage: u32,
        /// Per cent: 3 to 40.
        indices_memory_index_buffer_size_percentage: u32,
        /// MB: 3 to 2048.
        indices_memory_min_index_buffer_size_mb: u32,
        /// MB: 3 to 2048.
        indices_memory_max_index_buffer_size_mb: u32,
        /// Per cent: 3 to 40.
        indices_queries_cache_size_percentage: u32,
        /// 40 to 400.
        indices_recovery_max_mb_per_sec: u32,
        /// 2 to 5.
        indices_recovery_max_concurrent_file_chunks: u32,
        /// 1 to 128.
        thread_pool_search_size: u32,
        /// 1 to 128.
        thread_pool_search_throttled_size: u32,
        /// 1 to 128.
        thread_pool_get_size: u32,
        /// 1 to 128.
        thread_pool_analyze_size: u32,
        /// 1 to 128.
        thread_pool_write_size: u32,
        /// 1 to 128.
        thread_pool_force_merge_size: u32,
        /// 10 to 2000.
        thread_pool_search_queue_size: u32,
        /// 10 to 2000.
        thread_pool_search_throttled_queue_size: u32,
        /// 10 to 2000.
        thread_pool_get_queue_size: u32,
        /// 10 to 2000.
        thread_pool_analyze_queue_size: u32,
        /// 10 to 2000.
        thread_pool_write_queue_size: u32,
        ism_enabled: bool,
        ism_history_enabled: bool,
        /// Hours: 1 to 2147483647.
        ism_history_max_age_hours: u32,
        /// 1 or more.
        ism_history_max_docs: u64,
        /// Hours: 1 to 2147483647.
        ism_history_rollover_check_period_hours: u32,
        /// Days: 1 to 2147483647.
        ism_history_rollover_retention_period_days: u32,
        /// 1 to 1000000.
        search_max_buckets: u32,
        action_auto_create_index_enabled: bool,
        enable_security_audit: bool,
        action_destructive_requires_name: bool,
        /// 100 to 10000.
        cluster_max_shards_per_node: u32,
        override_main_response_version: bool,
        script_max_compilations_rate: String,
        /// 2 to 16.
        cluster_routing_allocation_node_concurrent_recoveries: u32,
        reindex_remote_whitelist: Vec<String>,
        plugins_alerting_filter_by_backend_roles_enabled: bool,
        knn_memory_circuit_breaker_enabled: bool,
        /// 0 to 100.
        knn_memory_circuit_breaker_limit: u32,
        keep_index_refresh_interval: bool,
    }
}
