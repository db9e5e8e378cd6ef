//! What is measured: time series of Droplets, load balancers, apps, autoscale pools and MySQL clusters.
//!
//! ```
//! use howdah_digitalocean::monitoring::metrics::{DropletMetric, Span};
//! # use howdah_digitalocean::{droplets::DropletId, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let (ocean, droplet) = (FakeDigitalOcean::new().client(), DropletId::new(19201920));
//! let hour = Span::last_hour(jiff::Timestamp::now());
//! let load = ocean.monitoring().droplet(DropletMetric::Load5, droplet, hour).await?;
//! for series in &load.data.result {
//!     println!("{:?} {:?}", series.metric, series.latest());
//! }
//! # Ok(()) }
//! ```
//!
//! What is not known is an empty series and no error.

use std::collections::BTreeMap;

use howdah_core::{
    endpoints,
    http::{Call, Endpoint, null_as_default},
    open_enum,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Monitoring;
use crate::{
    autoscale_pools::AutoscalePoolId, databases::DatabaseId, droplets::DropletId, load_balancers::LoadBalancerId, texts,
};

endpoints! {
    DROPLET_BANDWIDTH:                                BandwidthQuery    => Metrics = get("/v2/monitoring/metrics/droplet/bandwidth");
    DROPLET_CPU:                                      DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/cpu");
    DROPLET_FILESYSTEM_FREE:                          DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/filesystem_free");
    DROPLET_FILESYSTEM_SIZE:                          DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/filesystem_size");
    DROPLET_LOAD_1:                                   DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/load_1");
    DROPLET_LOAD_5:                                   DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/load_5");
    DROPLET_LOAD_15:                                  DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/load_15");
    DROPLET_MEMORY_CACHED:                            DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/memory_cached");
    DROPLET_MEMORY_FREE:                              DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/memory_free");
    DROPLET_MEMORY_TOTAL:                             DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/memory_total");
    DROPLET_MEMORY_AVAILABLE:                         DropletQuery      => Metrics = get("/v2/monitoring/metrics/droplet/memory_available");
    APP_MEMORY_PERCENTAGE:                            AppQuery          => Metrics = get("/v2/monitoring/metrics/apps/memory_percentage");
    APP_CPU_PERCENTAGE:                               AppQuery          => Metrics = get("/v2/monitoring/metrics/apps/cpu_percentage");
    APP_RESTART_COUNT:                                AppQuery          => Metrics = get("/v2/monitoring/metrics/apps/restart_count");
    LB_FRONTEND_CONNECTIONS_CURRENT:                  LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_connections_current");
    LB_FRONTEND_CONNECTIONS_LIMIT:                    LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_connections_limit");
    LB_FRONTEND_CPU_UTILIZATION:                      LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_cpu_utilization");
    LB_FRONTEND_FIREWALL_DROPPED_BYTES:               LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_firewall_dropped_bytes");
    LB_FRONTEND_FIREWALL_DROPPED_PACKETS:             LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_firewall_dropped_packets");
    LB_FRONTEND_HTTP_RESPONSES:                       LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_http_responses");
    LB_FRONTEND_HTTP_REQUESTS_PER_SECOND:             LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_http_requests_per_second");
    LB_FRONTEND_NETWORK_THROUGHPUT_HTTP:              LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_network_throughput_http");
    LB_FRONTEND_NETWORK_THROUGHPUT_UDP:               LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_network_throughput_udp");
    LB_FRONTEND_NETWORK_THROUGHPUT_TCP:               LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_network_throughput_tcp");
    LB_FRONTEND_NLB_TCP_NETWORK_THROUGHPUT:           LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_nlb_tcp_network_throughput");
    LB_FRONTEND_NLB_UDP_NETWORK_THROUGHPUT:           LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_nlb_udp_network_throughput");
    LB_FRONTEND_TLS_CONNECTIONS_CURRENT:              LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_tls_connections_current");
    LB_FRONTEND_TLS_CONNECTIONS_LIMIT:                LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_tls_connections_limit");
    LB_FRONTEND_TLS_CONNECTIONS_EXCEEDING_RATE_LIMIT: LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/frontend_tls_connections_exceeding_rate_limit");
    LB_DROPLETS_HTTP_SESSION_DURATION_AVG:            LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_http_session_duration_avg");
    LB_DROPLETS_HTTP_SESSION_DURATION_50P:            LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_http_session_duration_50p");
    LB_DROPLETS_HTTP_SESSION_DURATION_95P:            LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_http_session_duration_95p");
    LB_DROPLETS_HTTP_RESPONSE_TIME_AVG:               LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_http_response_time_avg");
    LB_DROPLETS_HTTP_RESPONSE_TIME_50P:               LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_http_response_time_50p");
    LB_DROPLETS_HTTP_RESPONSE_TIME_95P:               LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_http_response_time_95p");
    LB_DROPLETS_HTTP_RESPONSE_TIME_99P:               LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_http_response_time_99p");
    LB_DROPLETS_QUEUE_SIZE:                           LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_queue_size");
    LB_DROPLETS_HTTP_RESPONSES:                       LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_http_responses");
    LB_DROPLETS_CONNECTIONS:                          LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_connections");
    AUTOSCALE_CURRENT_INSTANCES:                      AutoscaleQuery    => Metrics = get("/v2/monitoring/metrics/droplet_autoscale/current_instances");
    AUTOSCALE_TARGET_INSTANCES:                       AutoscaleQuery    => Metrics = get("/v2/monitoring/metrics/droplet_autoscale/target_instances");
    AUTOSCALE_CURRENT_CPU_UTILIZATION:                AutoscaleQuery    => Metrics = get("/v2/monitoring/metrics/droplet_autoscale/current_cpu_utilization");
    AUTOSCALE_TARGET_CPU_UTILIZATION:                 AutoscaleQuery    => Metrics = get("/v2/monitoring/metrics/droplet_autoscale/target_cpu_utilization");
    AUTOSCALE_CURRENT_MEMORY_UTILIZATION:             AutoscaleQuery    => Metrics = get("/v2/monitoring/metrics/droplet_autoscale/current_memory_utilization");
    AUTOSCALE_TARGET_MEMORY_UTILIZATION:              AutoscaleQuery    => Metrics = get("/v2/monitoring/metrics/droplet_autoscale/target_memory_utilization");
    MYSQL_THREADS_CONNECTED:                          MysqlQuery        => Metrics = get("/v2/monitoring/metrics/database/mysql/threads_connected");
    MYSQL_THREADS_CREATED_RATE:                       MysqlQuery        => Metrics = get("/v2/monitoring/metrics/database/mysql/threads_created_rate");
    MYSQL_THREADS_ACTIVE:                             MysqlQuery        => Metrics = get("/v2/monitoring/metrics/database/mysql/threads_active");
    MYSQL_INDEX_VS_SEQUENTIAL_READS:                  MysqlQuery        => Metrics = get("/v2/monitoring/metrics/database/mysql/index_vs_sequential_reads");
    MYSQL_CPU_USAGE:                                  MysqlUsageQuery   => Metrics = get("/v2/monitoring/metrics/database/mysql/cpu_usage");
    MYSQL_MEMORY_USAGE:                               MysqlUsageQuery   => Metrics = get("/v2/monitoring/metrics/database/mysql/memory_usage");
    MYSQL_DISK_USAGE:                                 MysqlUsageQuery   => Metrics = get("/v2/monitoring/metrics/database/mysql/disk_usage");
    MYSQL_LOAD:                                       MysqlLoadQuery    => Metrics = get("/v2/monitoring/metrics/database/mysql/load");
    MYSQL_OP_RATES:                                   MysqlRateQuery    => Metrics = get("/v2/monitoring/metrics/database/mysql/op_rates");
    MYSQL_SCHEMA_THROUGHPUT:                          MysqlSchemaQuery  => Metrics = get("/v2/monitoring/metrics/database/mysql/schema_throughput");
    MYSQL_SCHEMA_LATENCY:                             MysqlSchemaQuery  => Metrics = get("/v2/monitoring/metrics/database/mysql/schema_latency");
}

impl Monitoring {
    /// Measures of a Droplet.
    ///
    /// Each has a route of its own, such as
    ///
    /// `GET /v2/monitoring/metrics/droplet/cpu`
    pub fn droplet(&self, metric: DropletMetric, droplet: DropletId, span: Span) -> Call<Metrics> {
        self.0.send(metric.endpoint(), [], DropletQuery { host_id: droplet.to_string(), span })
    }

    /// Megabits in a second through one of a Droplet's interfaces.
    ///
    /// `GET /v2/monitoring/metrics/droplet/bandwidth`
    pub fn droplet_bandwidth(
        &self,
        interface: Interface,
        direction: Direction,
        droplet: DropletId,
        span: Span,
    ) -> Call<Metrics> {
        let query = BandwidthQuery { host_id: droplet.to_string(), interface, direction, span };
        self.0.send(&DROPLET_BANDWIDTH, [], query)
    }

    /// Measures of an app, or of one of its components.
    ///
    /// Each has a route of its own, such as
    ///
    /// `GET /v2/monitoring/metrics/apps/memory_percentage`
    pub fn app(&self, metric: AppMetric, app: &str, component: Option<&str>, span: Span) -> Call<Metrics> {
        let query = AppQuery { app_id: app.to_owned(), app_component: component.map(str::to_owned), span };
        self.0.send(metric.endpoint(), [], query)
    }

    /// Measures of a load balancer. Whether its Droplets are well, [`super::droplet_health`] tells.
    ///
    /// Each has a route of its own, such as
    ///
    /// `GET /v2/monitoring/metrics/load_balancer/frontend_connections_current`
    pub fn load_balancer(&self, metric: LoadBalancerMetric, id: &LoadBalancerId, span: Span) -> Call<Metrics> {
        self.0.send(metric.endpoint(), [], LoadBalancerQuery { lb_id: id.clone(), span })
    }

    /// Measures of an autoscale pool.
    ///
    /// Each has a route of its own, such as
    ///
    /// `GET /v2/monitoring/metrics/droplet_autoscale/current_instances`
    pub fn autoscale_pool(&self, metric: AutoscaleMetric, pool: &AutoscalePoolId, span: Span) -> Call<Metrics> {
        self.0.send(metric.endpoint(), [], AutoscaleQuery { autoscale_pool_id: pool.clone(), span })
    }

    /// Measures of a MySQL cluster.
    ///
    /// Each has a route of its own, such as
    ///
    /// `GET /v2/monitoring/metrics/database/mysql/threads_connected`
    pub fn mysql(&self, metric: MysqlMetric, database: &DatabaseId, span: Span) -> Call<Metrics> {
        self.0.send(metric.endpoint(), [], MysqlQuery { db_id: database.clone(), span })
    }

    /// How much of what a MySQL cluster has is used.
    ///
    /// Each has a route of its own, such as
    ///
    /// `GET /v2/monitoring/metrics/database/mysql/cpu_usage`
    pub fn mysql_usage(
        &self,
        usage: MysqlUsage,
        aggregate: Aggregate,
        database: &DatabaseId,
        span: Span,
    ) -> Call<Metrics> {
        self.0.send(usage.endpoint(), [], MysqlUsageQuery { db_id: database.clone(), aggregate, span })
    }

    /// The load of a MySQL cluster: its average or its maximum.
    ///
    /// `GET /v2/monitoring/metrics/database/mysql/load`
    pub fn mysql_load(&self, load: Load, aggregate: Aggregate, database: &DatabaseId, span: Span) -> Call<Metrics> {
        self.0.send(&MYSQL_LOAD, [], MysqlLoadQuery { db_id: database.clone(), metric: load, aggregate, span })
    }

    /// Operations of a MySQL cluster in a second.
    ///
    /// `GET /v2/monitoring/metrics/database/mysql/op_rates`
    pub fn mysql_op_rates(&self, operation: SqlOperation, database: &DatabaseId, span: Span) -> Call<Metrics> {
        self.0.send(&MYSQL_OP_RATES, [], MysqlRateQuery { db_id: database.clone(), metric: operation, span })
    }

    /// Rows of a schema's tables that are read or written in a second.
    ///
    /// `GET /v2/monitoring/metrics/database/mysql/schema_throughput`
    pub fn mysql_schema_throughput(
        &self,
        schema: &str,
        access: TableAccess,
        database: &DatabaseId,
        span: Span,
    ) -> Call<Metrics> {
        self.0.send(&MYSQL_SCHEMA_THROUGHPUT, [], MysqlSchemaQuery::new(schema, access, database, span))
    }

    /// Seconds that reading or writing a schema's tables takes.
    ///
    /// `GET /v2/monitoring/metrics/database/mysql/schema_latency`
    pub fn mysql_schema_latency(
        &self,
        schema: &str,
        access: TableAccess,
        database: &DatabaseId,
        span: Span,
    ) -> Call<Metrics> {
        self.0.send(&MYSQL_SCHEMA_LATENCY, [], MysqlSchemaQuery::new(schema, access, database, span))
    }
}

/// From when to when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Span {
    #[serde(with = "texts::seconds")]
    pub start: Timestamp,
    #[serde(with = "texts::seconds")]
    pub end: Timestamp,
}

impl Span {
    /// The hour before a moment.
    pub fn last_hour(now: Timestamp) -> Self {
        Self::last(SignedDuration::from_hours(1), now)
    }

    /// So long before a moment.
    pub fn last(length: SignedDuration, now: Timestamp) -> Self {
        Self { start: now.saturating_sub(length).unwrap_or(now), end: now }
    }
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Metrics {
    pub status: Option<String>,
    pub data: MetricsData,
}

/// Series of measures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MetricsData {
    #[serde(default, deserialize_with = "null_as_default")]
    pub result: Vec<Series>,
    /// `matrix`.
    #[serde(rename = "resultType")]
    pub result_type: Option<String>,
}

/// Measures of one thing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Series {
    /// What is measured, such as `host_id`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metric: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub values: Vec<Sample>,
}

impl Series {
    /// The last measure.
    pub fn latest(&self) -> Option<f64> {
        self.values.last().map(Sample::value)
    }
}

/// A measure at a moment: seconds since 1970 and a number in a text, as they come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample(serde_json::Number, String);

impl Sample {
    /// A measure at a moment.
    pub fn new(at: Timestamp, value: f64) -> Self {
        Self(at.as_second().into(), value.to_string())
    }

    /// When it was measured.
    pub fn at(&self) -> Option<Timestamp> {
        let seconds =
            self.0.as_i64().or_else(|| self.0.as_f64().and_then(|seconds| format!("{seconds:.0}").parse().ok()));
        Timestamp::from_second(seconds?).ok()
    }

    /// What was measured; not a number where that is what was measured.
    pub fn value(&self) -> f64 {
        self.1.parse().unwrap_or(f64::NAN)
    }
}

open_enum! {
    /// A network interface of a Droplet.
    pub enum Interface {
        /// To the VPC.
        Private = "private",
        /// To everyone.
        Public = "public",
    }
}

open_enum! {
    /// Which way.
    pub enum Direction {
        /// To the Droplet.
        Inbound = "inbound",
        /// From the Droplet.
        Outbound = "outbound",
    }
}

open_enum! {
    /// What is told of several measures.
    pub enum Aggregate {
        /// Their average.
        Avg = "avg",
        /// The largest.
        Max = "max",
        /// The smallest; not of a load.
        Min = "min",
    }
}

open_enum! {
    /// Over how long a load is taken.
    pub enum Load {
        /// A minute.
        Load1 = "load1",
        /// Five minutes.
        Load5 = "load5",
        /// A quarter of an hour.
        Load15 = "load15",
    }
}

open_enum! {
    /// What statements do.
    pub enum SqlOperation {
        /// They read.
        Select = "select",
        /// They add.
        Insert = "insert",
        /// They change.
        Update = "update",
        /// They delete.
        Delete = "delete",
    }
}

open_enum! {
    /// What is done to tables.
    pub enum TableAccess {
        /// Adding rows.
        Insert = "insert",
        /// Reading rows.
        Fetch = "fetch",
        /// Changing rows.
        Update = "update",
        /// Deleting rows.
        Delete = "delete",
    }
}

/// What is measured of a Droplet whose agent is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropletMetric {
    /// Seconds of processor time, by mode.
    Cpu,
    /// Bytes free, by file system.
    FilesystemFree,
    /// Bytes of each file system.
    FilesystemSize,
    /// The load over a minute.
    Load1,
    /// The load over five minutes.
    Load5,
    /// The load over a quarter of an hour.
    Load15,
    /// Bytes of memory that cache files.
    MemoryCached,
    /// Bytes of memory that nothing uses.
    MemoryFree,
    /// Bytes of memory.
    MemoryTotal,
    /// Bytes of memory that programs could have.
    MemoryAvailable,
}

impl DropletMetric {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Cpu,
        Self::FilesystemFree,
        Self::FilesystemSize,
        Self::Load1,
        Self::Load5,
        Self::Load15,
        Self::MemoryCached,
        Self::MemoryFree,
        Self::MemoryTotal,
        Self::MemoryAvailable,
    ];

    fn endpoint(self) -> &'static Endpoint<DropletQuery, Metrics, 0> {
        match self {
            Self::Cpu => &DROPLET_CPU,
            Self::FilesystemFree => &DROPLET_FILESYSTEM_FREE,
            Self::FilesystemSize => &DROPLET_FILESYSTEM_SIZE,
            Self::Load1 => &DROPLET_LOAD_1,
            Self::Load5 => &DROPLET_LOAD_5,
            Self::Load15 => &DROPLET_LOAD_15,
            Self::MemoryCached => &DROPLET_MEMORY_CACHED,
            Self::MemoryFree => &DROPLET_MEMORY_FREE,
            Self::MemoryTotal => &DROPLET_MEMORY_TOTAL,
            Self::MemoryAvailable => &DROPLET_MEMORY_AVAILABLE,
        }
    }
}

/// What is measured of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AppMetric {
    /// Per cent of the memory.
    MemoryPercentage,
    /// Per cent of the processors.
    CpuPercentage,
    /// How often it was started again.
    RestartCount,
}

impl AppMetric {
    /// All of them.
    pub const ALL: &[Self] = &[Self::MemoryPercentage, Self::CpuPercentage, Self::RestartCount];

    fn endpoint(self) -> &'static Endpoint<AppQuery, Metrics, 0> {
        match self {
            Self::MemoryPercentage => &APP_MEMORY_PERCENTAGE,
            Self::CpuPercentage => &APP_CPU_PERCENTAGE,
            Self::RestartCount => &APP_RESTART_COUNT,
        }
    }
}

/// What is measured of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoadBalancerMetric {
    /// Connections that are open.
    FrontendConnectionsCurrent,
    /// How many may be open.
    FrontendConnectionsLimit,
    /// Per cent of the processors.
    FrontendCpuUtilization,
    /// Bytes that the firewall drops; of a network load balancer.
    FrontendFirewallDroppedBytes,
    /// Packets that the firewall drops in a second; of a network load balancer.
    FrontendFirewallDroppedPackets,
    /// Answers in a second, by status.
    FrontendHttpResponses,
    /// Requests in a second.
    FrontendHttpRequestsPerSecond,
    /// Bytes of HTTP in a second.
    FrontendNetworkThroughputHttp,
    /// Bytes over UDP in a second.
    FrontendNetworkThroughputUdp,
    /// Bytes over TCP in a second.
    FrontendNetworkThroughputTcp,
    /// Bytes over TCP in a second, of a network load balancer.
    FrontendNlbTcpNetworkThroughput,
    /// Bytes over UDP in a second, of a network load balancer.
    FrontendNlbUdpNetworkThroughput,
    /// Connections in TLS that are begun in a second.
    FrontendTlsConnectionsCurrent,
    /// How many may be begun in a second.
    FrontendTlsConnectionsLimit,
    /// Those that were closed since there were too many.
    FrontendTlsConnectionsExceedingRateLimit,
    /// Seconds of a session, on average.
    DropletsHttpSessionDurationAvg,
    /// Seconds that half of the sessions stay below.
    DropletsHttpSessionDuration50p,
    /// Seconds that 95 per cent of the sessions stay below.
    DropletsHttpSessionDuration95p,
    /// Seconds until an answer, on average.
    DropletsHttpResponseTimeAvg,
    /// Seconds that half of the answers stay below.
    DropletsHttpResponseTime50p,
    /// Seconds that 95 per cent of the answers stay below.
    DropletsHttpResponseTime95p,
    /// Seconds that 99 per cent of the answers stay below.
    DropletsHttpResponseTime99p,
    /// Requests that wait for a Droplet.
    DropletsQueueSize,
    /// The Droplets' answers in a second, by status.
    DropletsHttpResponses,
    /// Connections to the Droplets that are open.
    DropletsConnections,
}

impl LoadBalancerMetric {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::FrontendConnectionsCurrent,
        Self::FrontendConnectionsLimit,
        Self::FrontendCpuUtilization,
        Self::FrontendFirewallDroppedBytes,
        Self::FrontendFirewallDroppedPackets,
        Self::FrontendHttpResponses,
        Self::FrontendHttpRequestsPerSecond,
        Self::FrontendNetworkThroughputHttp,
        Self::FrontendNetworkThroughputUdp,
        Self::FrontendNetworkThroughputTcp,
        Self::FrontendNlbTcpNetworkThroughput,
        Self::FrontendNlbUdpNetworkThroughput,
        Self::FrontendTlsConnectionsCurrent,
        Self::FrontendTlsConnectionsLimit,
        Self::FrontendTlsConnectionsExceedingRateLimit,
        Self::DropletsHttpSessionDurationAvg,
        Self::DropletsHttpSessionDuration50p,
        Self::DropletsHttpSessionDuration95p,
        Self::DropletsHttpResponseTimeAvg,
        Self::DropletsHttpResponseTime50p,
        Self::DropletsHttpResponseTime95p,
        Self::DropletsHttpResponseTime99p,
        Self::DropletsQueueSize,
        Self::DropletsHttpResponses,
        Self::DropletsConnections,
    ];

    fn endpoint(self) -> &'static Endpoint<LoadBalancerQuery, Metrics, 0> {
        match self {
            Self::FrontendConnectionsCurrent => &LB_FRONTEND_CONNECTIONS_CURRENT,
            Self::FrontendConnectionsLimit => &LB_FRONTEND_CONNECTIONS_LIMIT,
            Self::FrontendCpuUtilization => &LB_FRONTEND_CPU_UTILIZATION,
            Self::FrontendFirewallDroppedBytes => &LB_FRONTEND_FIREWALL_DROPPED_BYTES,
            Self::FrontendFirewallDroppedPackets => &LB_FRONTEND_FIREWALL_DROPPED_PACKETS,
            Self::FrontendHttpResponses => &LB_FRONTEND_HTTP_RESPONSES,
            Self::FrontendHttpRequestsPerSecond => &LB_FRONTEND_HTTP_REQUESTS_PER_SECOND,
            Self::FrontendNetworkThroughputHttp => &LB_FRONTEND_NETWORK_THROUGHPUT_HTTP,
            Self::FrontendNetworkThroughputUdp => &LB_FRONTEND_NETWORK_THROUGHPUT_UDP,
            Self::FrontendNetworkThroughputTcp => &LB_FRONTEND_NETWORK_THROUGHPUT_TCP,
            Self::FrontendNlbTcpNetworkThroughput => &LB_FRONTEND_NLB_TCP_NETWORK_THROUGHPUT,
            Self::FrontendNlbUdpNetworkThroughput => &LB_FRONTEND_NLB_UDP_NETWORK_THROUGHPUT,
            Self::FrontendTlsConnectionsCurrent => &LB_FRONTEND_TLS_CONNECTIONS_CURRENT,
            Self::FrontendTlsConnectionsLimit => &LB_FRONTEND_TLS_CONNECTIONS_LIMIT,
            Self::FrontendTlsConnectionsExceedingRateLimit => &LB_FRONTEND_TLS_CONNECTIONS_EXCEEDING_RATE_LIMIT,
            Self::DropletsHttpSessionDurationAvg => &LB_DROPLETS_HTTP_SESSION_DURATION_AVG,
            Self::DropletsHttpSessionDuration50p => &LB_DROPLETS_HTTP_SESSION_DURATION_50P,
            Self::DropletsHttpSessionDuration95p => &LB_DROPLETS_HTTP_SESSION_DURATION_95P,
            Self::DropletsHttpResponseTimeAvg => &LB_DROPLETS_HTTP_RESPONSE_TIME_AVG,
            Self::DropletsHttpResponseTime50p => &LB_DROPLETS_HTTP_RESPONSE_TIME_50P,
            Self::DropletsHttpResponseTime95p => &LB_DROPLETS_HTTP_RESPONSE_TIME_95P,
            Self::DropletsHttpResponseTime99p => &LB_DROPLETS_HTTP_RESPONSE_TIME_99P,
            Self::DropletsQueueSize => &LB_DROPLETS_QUEUE_SIZE,
            Self::DropletsHttpResponses => &LB_DROPLETS_HTTP_RESPONSES,
            Self::DropletsConnections => &LB_DROPLETS_CONNECTIONS,
        }
    }
}

/// What is measured of an autoscale pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AutoscaleMetric {
    /// Droplets that there are.
    CurrentInstances,
    /// Droplets that there should be.
    TargetInstances,
    /// Share of the processors, on average.
    CurrentCpuUtilization,
    /// The share that is aimed at.
    TargetCpuUtilization,
    /// Share of the memory, on average.
    CurrentMemoryUtilization,
    /// The share that is aimed at.
    TargetMemoryUtilization,
}

impl AutoscaleMetric {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::CurrentInstances,
        Self::TargetInstances,
        Self::CurrentCpuUtilization,
        Self::TargetCpuUtilization,
        Self::CurrentMemoryUtilization,
        Self::TargetMemoryUtilization,
    ];

    fn endpoint(self) -> &'static Endpoint<AutoscaleQuery, Metrics, 0> {
        match self {
            Self::CurrentInstances => &AUTOSCALE_CURRENT_INSTANCES,
            Self::TargetInstances => &AUTOSCALE_TARGET_INSTANCES,
            Self::CurrentCpuUtilization => &AUTOSCALE_CURRENT_CPU_UTILIZATION,
            Self::TargetCpuUtilization => &AUTOSCALE_TARGET_CPU_UTILIZATION,
            Self::CurrentMemoryUtilization => &AUTOSCALE_CURRENT_MEMORY_UTILIZATION,
            Self::TargetMemoryUtilization => &AUTOSCALE_TARGET_MEMORY_UTILIZATION,
        }
    }
}

/// What is measured of a MySQL cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MysqlMetric {
    /// Threads that are connected.
    ThreadsConnected,
    /// Threads made in a second.
    ThreadsCreatedRate,
    /// Threads that run.
    ThreadsActive,
    /// Per cent of reads that use an index.
    IndexVsSequentialReads,
}

impl MysqlMetric {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::ThreadsConnected, Self::ThreadsCreatedRate, Self::ThreadsActive, Self::IndexVsSequentialReads];

    fn endpoint(self) -> &'static Endpoint<MysqlQuery, Metrics, 0> {
        match self {
            Self::ThreadsConnected => &MYSQL_THREADS_CONNECTED,
            Self::ThreadsCreatedRate => &MYSQL_THREADS_CREATED_RATE,
            Self::ThreadsActive => &MYSQL_THREADS_ACTIVE,
            Self::IndexVsSequentialReads => &MYSQL_INDEX_VS_SEQUENTIAL_READS,
        }
    }
}

/// How much of what a MySQL cluster has is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MysqlUsage {
    /// Per cent of the processors.
    CpuUsage,
    /// Per cent of the memory.
    MemoryUsage,
    /// Per cent of the disk.
    DiskUsage,
}

impl MysqlUsage {
    /// All of them.
    pub const ALL: &[Self] = &[Self::CpuUsage, Self::MemoryUsage, Self::DiskUsage];

    fn endpoint(self) -> &'static Endpoint<MysqlUsageQuery, Metrics, 0> {
        match self {
            Self::CpuUsage => &MYSQL_CPU_USAGE,
            Self::MemoryUsage => &MYSQL_MEMORY_USAGE,
            Self::DiskUsage => &MYSQL_DISK_USAGE,
        }
    }
}

/// Which Droplet, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DropletQuery {
    pub host_id: String,
    #[serde(flatten)]
    pub span: Span,
}

/// Which interface of which Droplet, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BandwidthQuery {
    pub host_id: String,
    pub interface: Interface,
    pub direction: Direction,
    #[serde(flatten)]
    pub span: Span,
}

/// Which app or component, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AppQuery {
    pub app_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_component: Option<String>,
    #[serde(flatten)]
    pub span: Span,
}

/// Which load balancer, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LoadBalancerQuery {
    pub lb_id: LoadBalancerId,
    #[serde(flatten)]
    pub span: Span,
}

/// Which pool, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AutoscaleQuery {
    pub autoscale_pool_id: AutoscalePoolId,
    #[serde(flatten)]
    pub span: Span,
}

/// Which cluster, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MysqlQuery {
    pub db_id: DatabaseId,
    #[serde(flatten)]
    pub span: Span,
}

/// Which cluster and what of its measures, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MysqlUsageQuery {
    pub db_id: DatabaseId,
    pub aggregate: Aggregate,
    #[serde(flatten)]
    pub span: Span,
}

/// Which load of which cluster, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MysqlLoadQuery {
    pub db_id: DatabaseId,
    pub metric: Load,
    pub aggregate: Aggregate,
    #[serde(flatten)]
    pub span: Span,
}

/// Which operations of which cluster, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MysqlRateQuery {
    pub db_id: DatabaseId,
    pub metric: SqlOperation,
    #[serde(flatten)]
    pub span: Span,
}

/// Which schema of which cluster, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MysqlSchemaQuery {
    pub db_id: DatabaseId,
    pub schema: String,
    pub metric: TableAccess,
    #[serde(flatten)]
    pub span: Span,
}

impl MysqlSchemaQuery {
    fn new(schema: &str, access: TableAccess, database: &DatabaseId, span: Span) -> Self {
        Self { db_id: database.clone(), schema: schema.to_owned(), metric: access, span }
    }
}
