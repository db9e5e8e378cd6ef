//! Who may connect, when there is maintenance, and what else a cluster is told.

use howdah_core::{
    Secret, endpoints,
    http::{Call, null_as_default},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{DatabaseId, Databases};

endpoints! {
    GET_CA:                     ()                 => CaCertificate      = get("/v2/databases/{database_cluster_uuid}/ca").envelope("ca");
    LIST_TRUSTED_SOURCES:       ()                 => Vec<TrustedSource> = get("/v2/databases/{database_cluster_uuid}/firewall").envelope("rules");
    SET_TRUSTED_SOURCES:        TrustedSources     => ()                 = put("/v2/databases/{database_cluster_uuid}/firewall").status(204);
    GET_DO_SETTINGS:            ()                 => DoSettings         = get("/v2/databases/{database_cluster_uuid}/do_settings").envelope("do_settings");
    SET_DO_SETTINGS:            DoSettingsUpdate   => ()                 = put("/v2/databases/{database_cluster_uuid}/do_settings").status(204);
    SET_MAINTENANCE:            MaintenanceWindow  => ()                 = put("/v2/databases/{database_cluster_uuid}/maintenance").status(204);
    INSTALL_UPDATE:             ()                 => ()                 = put("/v2/databases/{database_cluster_uuid}/install_update").status(204).once();
    GET_EVICTION_POLICY:        ()                 => EvictionPolicy     = get("/v2/databases/{database_cluster_uuid}/eviction_policy").envelope("eviction_policy");
    SET_EVICTION_POLICY:        NewEvictionPolicy  => ()                 = put("/v2/databases/{database_cluster_uuid}/eviction_policy").status(204);
    GET_SQL_MODE:               ()                 => String             = get("/v2/databases/{database_cluster_uuid}/sql_mode").envelope("sql_mode");
    SET_SQL_MODE:               NewSqlMode         => ()                 = put("/v2/databases/{database_cluster_uuid}/sql_mode").status(204);
    UPGRADE:                    Upgrade            => ()                 = put("/v2/databases/{database_cluster_uuid}/upgrade").status(204).once();
    GET_AUTOSCALE:              ()                 => Autoscale          = get("/v2/databases/{database_cluster_uuid}/autoscale").envelope("autoscale");
    SET_AUTOSCALE:              Autoscale          => ()                 = put("/v2/databases/{database_cluster_uuid}/autoscale").status(204);
    GET_METRICS_CREDENTIALS:    ()                 => MetricsCredentials = get("/v2/databases/metrics/credentials").envelope("credentials");
    SET_METRICS_CREDENTIALS:    NewMetricsCredentials => ()              = put("/v2/databases/metrics/credentials").status(204);
}

impl Databases {
    /// Reads the certificate of the authority that a cluster's own is signed by.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/ca`
    pub fn ca(&self, database: &DatabaseId) -> Call<CaCertificate> {
        self.0.send(&GET_CA, [database], ())
    }

    /// Reads who may connect to a cluster.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/firewall`
    pub fn trusted_sources(&self, database: &DatabaseId) -> Call<Vec<TrustedSource>> {
        self.0.pages(&LIST_TRUSTED_SOURCES, [database], ()).all()
    }

    /// Says who may connect to a cluster, in place of all that was said before. An empty list lets everyone.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/firewall`
    pub fn set_trusted_sources(&self, database: &DatabaseId, sources: Vec<TrustedSource>) -> Call<()> {
        self.0.send(&SET_TRUSTED_SOURCES, [database], TrustedSources { rules: sources })
    }

    /// Reads the names of one's own that a cluster is reached by.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/do_settings`
    pub fn do_settings(&self, database: &DatabaseId) -> Call<DoSettings> {
        self.0.send(&GET_DO_SETTINGS, [database], ())
    }

    /// Sets the names of one's own that a cluster is reached by.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/do_settings`
    pub fn set_do_settings(&self, database: &DatabaseId, settings: DoSettings) -> Call<()> {
        self.0.send(&SET_DO_SETTINGS, [database], DoSettingsUpdate { do_settings: settings })
    }

    /// Sets when a cluster is maintained.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/maintenance`
    pub fn set_maintenance(&self, database: &DatabaseId, window: MaintenanceWindow) -> Call<()> {
        self.0.send(&SET_MAINTENANCE, [database], window)
    }

    /// Begins the maintenance that is due, without waiting for its window.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/install_update`
    pub fn install_update(&self, database: &DatabaseId) -> Call<()> {
        self.0.send(&INSTALL_UPDATE, [database], ())
    }

    /// Reads what a cache does when it is full.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/eviction_policy`
    pub fn eviction_policy(&self, database: &DatabaseId) -> Call<EvictionPolicy> {
        self.0.send(&GET_EVICTION_POLICY, [database], ())
    }

    /// Sets what a cache does when it is full. Sidekiq's has to be [`EvictionPolicy::Noeviction`], or jobs are lost.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/eviction_policy`
    pub fn set_eviction_policy(&self, database: &DatabaseId, policy: EvictionPolicy) -> Call<()> {
        self.0.send(&SET_EVICTION_POLICY, [database], NewEvictionPolicy { eviction_policy: policy })
    }

    /// Reads the modes of a MySQL cluster, with commas between them.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/sql_mode`
    pub fn sql_mode(&self, database: &DatabaseId) -> Call<String> {
        self.0.send(&GET_SQL_MODE, [database], ())
    }

    /// Sets the modes of a MySQL cluster, with commas between them.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/sql_mode`
    pub fn set_sql_mode(&self, database: &DatabaseId, modes: impl Into<String>) -> Call<()> {
        self.0.send(&SET_SQL_MODE, [database], NewSqlMode { sql_mode: modes.into() })
    }

    /// Begins to bring a cluster to a later major version. There is no way back.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/upgrade`
    pub fn upgrade(&self, database: &DatabaseId, version: impl Into<String>) -> Call<()> {
        self.0.send(&UPGRADE, [database], Upgrade { version: version.into() })
    }

    /// Reads whether a cluster's storage grows by itself.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/autoscale`
    pub fn autoscale(&self, database: &DatabaseId) -> Call<Autoscale> {
        self.0.send(&GET_AUTOSCALE, [database], ())
    }

    /// Sets whether a cluster's storage grows by itself.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/autoscale`
    pub fn set_autoscale(&self, database: &DatabaseId, autoscale: Autoscale) -> Call<()> {
        self.0.send(&SET_AUTOSCALE, [database], autoscale)
    }

    /// Reads what opens the metrics of all the account's clusters.
    ///
    /// `GET /v2/databases/metrics/credentials`
    pub fn metrics_credentials(&self) -> Call<MetricsCredentials> {
        self.0.send(&GET_METRICS_CREDENTIALS, [], ())
    }

    /// Sets what opens the metrics of all the account's clusters.
    ///
    /// `PUT /v2/databases/metrics/credentials`
    pub fn set_metrics_credentials(&self, credentials: MetricsCredentials) -> Call<()> {
        self.0.send(&SET_METRICS_CREDENTIALS, [], NewMetricsCredentials { credentials })
    }
}

/// The certificate of an authority.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CaCertificate {
    /// PEM, in base64 once more.
    pub certificate: String,
}

/// Who may connect to a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TrustedSource {
    /// In answers, and to keep one that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// In answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_uuid: Option<String>,
    #[serde(rename = "type")]
    pub source_type: TrustedSourceType,
    /// The number of a Droplet, the UUID of a Kubernetes cluster or an app, a tag, an address or a range of addresses.
    pub value: String,
    /// In answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl TrustedSource {
    /// A source to add.
    pub fn new(source_type: impl Into<TrustedSourceType>, value: impl Into<String>) -> Self {
        let (source_type, value) = (source_type.into(), value.into());
        Self { uuid: None, cluster_uuid: None, source_type, value, created_at: None, description: None }
    }
}

open_enum! {
    /// What a trusted source is.
    pub enum TrustedSourceType {
        /// A Droplet.
        Droplet = "droplet",
        /// A Kubernetes cluster.
        K8s = "k8s",
        /// An address, or a range of them.
        IpAddr = "ip_addr",
        /// All Droplets and clusters with a tag.
        Tag = "tag",
        /// An app.
        App = "app",
    }
}

/// All who may connect to a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TrustedSources {
    pub rules: Vec<TrustedSource>,
}

/// Names of one's own that a cluster is reached by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DoSettings {
    #[serde(default, deserialize_with = "null_as_default")]
    pub service_cnames: Vec<String>,
}

/// Names of one's own that a cluster is to be reached by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DoSettingsUpdate {
    pub do_settings: DoSettings,
}

/// When a cluster is maintained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MaintenanceWindow {
    /// Such as `tuesday`.
    pub day: String,
    /// UTC, such as `14:00`.
    pub hour: String,
    /// In answers: whether something is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<bool>,
    /// In answers: what is due.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub description: Vec<String>,
}

impl MaintenanceWindow {
    /// On a day of the week, from an hour on.
    pub fn new(day: impl Into<String>, hour: impl Into<String>) -> Self {
        Self { day: day.into(), hour: hour.into(), pending: None, description: Vec::new() }
    }
}

open_enum! {
    /// What a cache does when it is full.
    pub enum EvictionPolicy {
        /// It refuses what is new.
        Noeviction = "noeviction",
        /// It forgets what was used longest ago.
        AllkeysLru = "allkeys_lru",
        /// It forgets anything.
        AllkeysRandom = "allkeys_random",
        /// Of what expires, it forgets what was used longest ago.
        VolatileLru = "volatile_lru",
        /// Of what expires, it forgets anything.
        VolatileRandom = "volatile_random",
        /// It forgets what expires next.
        VolatileTtl = "volatile_ttl",
    }
}

/// What a cache is to do when it is full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NewEvictionPolicy {
    pub eviction_policy: EvictionPolicy,
}

/// The modes that a MySQL cluster is to have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NewSqlMode {
    pub sql_mode: String,
}

/// The version that a cluster is to have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Upgrade {
    pub version: String,
}

/// What of a cluster grows by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Autoscale {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageAutoscale>,
}

input! {
    /// How a cluster's storage grows by itself.
    pub struct StorageAutoscale {
        enabled: bool,
    } optional {
        /// How full it has to be, per cent: 15 to 95.
        threshold_percent: u32,
        /// By how much it grows, GiB: 10 to 500.
        increment_gib: u32,
    }
}

/// What opens the metrics of all the account's clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MetricsCredentials {
    pub basic_auth_username: String,
    #[serde(serialize_with = "secret::expose")]
    pub basic_auth_password: Secret,
}

/// What is to open the metrics of all the account's clusters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NewMetricsCredentials {
    pub credentials: MetricsCredentials,
}
