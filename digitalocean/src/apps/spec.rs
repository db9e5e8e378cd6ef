//! What an app is made of.
//!
//! ```
//! use howdah_digitalocean::apps::spec::{AppSpec, DomainSpec, DomainType, HostedSource, StaticSite, Variable};
//!
//! let site = StaticSite::new("docs")
//!     .with_github(HostedSource::new().with_repo("vmstan/docs").with_branch("main"))
//!     .with_build_command("mkdocs build")
//!     .with_envs(vec![Variable::secret("TOKEN", "hush")]);
//! let domain = DomainSpec::new("docs.vmst.io").with_domain_type(DomainType::Primary);
//! let spec = AppSpec::new("docs").with_static_sites(vec![site]).with_domains(vec![domain]);
//! assert!(!format!("{spec:?}").contains("hush"));
//! ```
//!
//! What is secret comes back encrypted, and can be sent back so. An update replaces all of a spec: what this version does not
//! know of the one that was read is kept as `extra`, and goes back with it.

use std::fmt;

use howdah_core::{Secret, input, open_enum, secret};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::{Map, Value};

use crate::texts;

input! {
    /// An app as it is to be.
    pub struct AppSpec {
        /// Lower-case letters, digits and dashes: 2 to 32.
        name: String,
    } optional {
        /// Such as `tor`.
        region: String,
        disable_edge_cache: bool,
        disable_email_obfuscation: bool,
        enhanced_threat_control_enabled: bool,
        domains: Vec<DomainSpec>,
        services: Vec<Service>,
        static_sites: Vec<StaticSite>,
        jobs: Vec<Job>,
        workers: Vec<Worker>,
        functions: Vec<Functions>,
        databases: Vec<AppDatabase>,
        /// Of all components.
        envs: Vec<Variable>,
        /// Of deployments and domains.
        alerts: Vec<AlertSpec>,
        ingress: Ingress,
        egress: Egress,
        maintenance: Maintenance,
        vpc: AppVpc,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

/// What this version does not know of a part of a spec, by the names of the fields. It prints the names alone.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct UnknownFields(pub Map<String, Value>);

impl<'de> Deserialize<'de> for UnknownFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Map::deserialize(deserializer)?;
        // An error is how a flattened field says that it is not there.
        if fields.is_empty() { Err(D::Error::custom("every field is known")) } else { Ok(Self(fields)) }
    }
}

impl fmt::Debug for UnknownFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

input! {
    /// A domain that an app is reached at.
    pub struct DomainSpec {
        domain: String,
    } optional {
        #[serde(rename = "type")]
        domain_type: DomainType,
        /// Whether all names below it are meant too.
        wildcard: bool,
        /// The domain of the account that gets the records.
        zone: String,
        /// `1.2` or `1.3`.
        minimum_tls_version: String,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

open_enum! {
    /// What a domain is to an app.
    pub enum DomainType {
        /// It is not said.
        Unspecified = "UNSPECIFIED",
        /// The provider's own name of the app.
        Default = "DEFAULT",
        /// What the app calls itself.
        Primary = "PRIMARY",
        /// Another name.
        Alias = "ALIAS",
    }
}

input! {
    /// A program that answers requests.
    pub struct Service {
        /// Lower-case letters, digits and dashes: 2 to 32.
        name: String,
    } optional {
        git: GitSource,
        github: HostedSource,
        gitlab: HostedSource,
        bitbucket: HostedSource,
        image: ImageSource,
        dockerfile_path: String,
        build_command: String,
        run_command: String,
        /// Within the repository.
        source_dir: String,
        envs: Vec<Variable>,
        /// Such as `node-js`.
        environment_slug: String,
        log_destinations: Vec<LogDestination>,
        alerts: Vec<AlertSpec>,
        /// How many of it run.
        instance_count: u32,
        /// Such as `apps-s-1vcpu-0.5gb`.
        instance_size_slug: String,
        autoscaling: Autoscaling,
        cors: Cors,
        health_check: HealthCheck,
        liveness_health_check: HealthCheck,
        protocol: ServiceProtocol,
        http_port: u16,
        internal_ports: Vec<u16>,
        routes: Vec<Route>,
        termination: Termination,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

open_enum! {
    /// What a program understands.
    pub enum ServiceProtocol {
        /// HTTP/1.1.
        Http = "HTTP",
        /// HTTP/2.
        Http2 = "HTTP2",
    }
}

input! {
    /// Files that are built once and handed out.
    pub struct StaticSite {
        /// Lower-case letters, digits and dashes: 2 to 32.
        name: String,
    } optional {
        git: GitSource,
        github: HostedSource,
        gitlab: HostedSource,
        bitbucket: HostedSource,
        image: ImageSource,
        dockerfile_path: String,
        build_command: String,
        run_command: String,
        /// Within the repository.
        source_dir: String,
        envs: Vec<Variable>,
        /// Such as `node-js`.
        environment_slug: String,
        log_destinations: Vec<LogDestination>,
        /// `index.html`, if it is not said.
        index_document: String,
        /// `404.html`, if it is not said.
        error_document: String,
        /// What is handed out where there is nothing.
        catchall_document: String,
        /// Where the build leaves them.
        output_dir: String,
        cors: Cors,
        routes: Vec<Route>,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

input! {
    /// A program that runs at a deployment.
    pub struct Job {
        /// Lower-case letters, digits and dashes: 2 to 32.
        name: String,
    } optional {
        git: GitSource,
        github: HostedSource,
        gitlab: HostedSource,
        bitbucket: HostedSource,
        image: ImageSource,
        dockerfile_path: String,
        build_command: String,
        run_command: String,
        /// Within the repository.
        source_dir: String,
        envs: Vec<Variable>,
        /// Such as `node-js`.
        environment_slug: String,
        log_destinations: Vec<LogDestination>,
        alerts: Vec<AlertSpec>,
        /// How many of it run.
        instance_count: u32,
        /// Such as `apps-s-1vcpu-0.5gb`.
        instance_size_slug: String,
        kind: JobKind,
        termination: Termination,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

open_enum! {
    /// When a job runs.
    pub enum JobKind {
        /// It is not said.
        Unspecified = "UNSPECIFIED",
        /// Before a deployment.
        PreDeploy = "PRE_DEPLOY",
        /// After a deployment.
        PostDeploy = "POST_DEPLOY",
        /// After a deployment that failed.
        FailedDeploy = "FAILED_DEPLOY",
    }
}

input! {
    /// A program that nobody reaches.
    pub struct Worker {
        /// Lower-case letters, digits and dashes: 2 to 32.
        name: String,
    } optional {
        git: GitSource,
        github: HostedSource,
        gitlab: HostedSource,
        bitbucket: HostedSource,
        image: ImageSource,
        dockerfile_path: String,
        build_command: String,
        run_command: String,
        /// Within the repository.
        source_dir: String,
        envs: Vec<Variable>,
        /// Such as `node-js`.
        environment_slug: String,
        log_destinations: Vec<LogDestination>,
        alerts: Vec<AlertSpec>,
        /// How many of it run.
        instance_count: u32,
        /// Such as `apps-s-1vcpu-0.5gb`.
        instance_size_slug: String,
        autoscaling: Autoscaling,
        termination: Termination,
        liveness_health_check: HealthCheck,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

input! {
    /// Functions without servers.
    pub struct Functions {
        /// Lower-case letters, digits and dashes: 2 to 32.
        name: String,
    } optional {
        git: GitSource,
        github: HostedSource,
        gitlab: HostedSource,
        bitbucket: HostedSource,
        /// Within the repository.
        source_dir: String,
        cors: Cors,
        routes: Vec<Route>,
        alerts: Vec<AlertSpec>,
        envs: Vec<Variable>,
        log_destinations: Vec<LogDestination>,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

input! {
    /// A database that components use.
    pub struct AppDatabase {
        /// Lower-case letters, digits and dashes: 2 to 32.
        name: String,
    } optional {
        /// A managed cluster; without it a small one of the app's own is made.
        cluster_name: String,
        db_name: String,
        db_user: String,
        engine: DatabaseEngine,
        /// Whether it is a managed cluster.
        production: bool,
        version: String,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

open_enum! {
    /// What a database is.
    pub enum DatabaseEngine {
        /// It is not said.
        Unset = "UNSET",
        /// MySQL.
        Mysql = "MYSQL",
        /// PostgreSQL.
        Pg = "PG",
        /// Redis.
        Redis = "REDIS",
        /// MongoDB.
        Mongodb = "MONGODB",
        /// Kafka.
        Kafka = "KAFKA",
        /// OpenSearch.
        Opensearch = "OPENSEARCH",
        /// Valkey.
        Valkey = "VALKEY",
    }
}

input! {
    /// A repository that can be cloned by everyone.
    pub struct GitSource {
    } optional {
        branch: String,
        repo_clone_url: String,
    }
}

input! {
    /// A repository at a host that the account is linked to.
    pub struct HostedSource {
    } optional {
        /// Such as `vmstan/docs`.
        repo: String,
        branch: String,
        /// Whether a push begins a deployment.
        deploy_on_push: bool,
    }
}

input! {
    /// An image of a container.
    pub struct ImageSource {
    } optional {
        registry: String,
        registry_type: RegistryType,
        #[serde(serialize_with = "secret::expose_option")]
        registry_credentials: Secret,
        repository: String,
        /// `latest`, if neither this nor the digest is said.
        tag: String,
        digest: String,
        deploy_on_push: DeployOnPush,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

open_enum! {
    /// Where an image is kept.
    pub enum RegistryType {
        /// Docker Hub.
        DockerHub = "DOCKER_HUB",
        /// The provider's own registry.
        Docr = "DOCR",
        /// GitHub's registry.
        Ghcr = "GHCR",
    }
}

input! {
    /// Whether a new image begins a deployment.
    pub struct DeployOnPush {
    } optional {
        enabled: bool,
    }
}

input! {
    /// A variable of the environment.
    pub struct Variable {
        key: String,
    } optional {
        scope: VariableScope,
        #[serde(rename = "type")]
        variable_type: VariableType,
        #[serde(serialize_with = "secret::expose_option")]
        value: Secret,
    }
}

impl Variable {
    /// One that everybody may see who may see the app.
    pub fn general(key: impl Into<String>, value: impl Into<Secret>) -> Self {
        Self::new(key).with_value(value).with_variable_type(VariableType::General)
    }

    /// One that comes back encrypted.
    pub fn secret(key: impl Into<String>, value: impl Into<Secret>) -> Self {
        Self::new(key).with_value(value).with_variable_type(VariableType::Secret)
    }
}

open_enum! {
    /// When a variable is set.
    pub enum VariableScope {
        /// It is not said.
        Unset = "UNSET",
        /// While it runs.
        RunTime = "RUN_TIME",
        /// While it is built.
        BuildTime = "BUILD_TIME",
        /// Always.
        RunAndBuildTime = "RUN_AND_BUILD_TIME",
    }
}

open_enum! {
    /// Who may see a variable.
    pub enum VariableType {
        /// Whoever may see the app.
        General = "GENERAL",
        /// Nobody: it is encrypted.
        Secret = "SECRET",
    }
}

input! {
    /// Where logs go.
    pub struct LogDestination {
        name: String,
    } optional {
        papertrail: Papertrail,
        datadog: Datadog,
        logtail: Logtail,
        open_search: OpenSearch,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

input! {
    /// Papertrail.
    pub struct Papertrail {
        endpoint: String,
    } optional {
    }
}

input! {
    /// Datadog.
    pub struct Datadog {
        #[serde(serialize_with = "secret::expose")]
        api_key: Secret,
    } optional {
        endpoint: String,
    }
}

input! {
    /// Logtail.
    pub struct Logtail {
    } optional {
        #[serde(serialize_with = "secret::expose_option")]
        token: Secret,
    }
}

input! {
    /// OpenSearch.
    pub struct OpenSearch {
    } optional {
        endpoint: String,
        basic_auth: BasicAuth,
        /// `logs`, if it is not said.
        index_name: String,
        /// A managed cluster, in place of an endpoint.
        cluster_name: String,
    }
}

input! {
    /// A name and its password.
    pub struct BasicAuth {
    } optional {
        user: String,
        #[serde(serialize_with = "secret::expose_option")]
        password: Secret,
    }
}

input! {
    /// How many run, by the load.
    pub struct Autoscaling {
    } optional {
        min_instance_count: u32,
        /// At most 250.
        max_instance_count: u32,
        metrics: AutoscalingMetrics,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

input! {
    /// What load is aimed at.
    pub struct AutoscalingMetrics {
    } optional {
        cpu: CpuTarget,
        /// Of services.
        requests_per_second: RequestTarget,
        /// Of services.
        request_duration: DurationTarget,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

input! {
    /// How busy processors are to be.
    pub struct CpuTarget {
    } optional {
        /// Per cent; 80, if it is not said.
        percent: u32,
    }
}

input! {
    /// How many requests each is to answer.
    pub struct RequestTarget {
    } optional {
        /// In a second.
        per_instance: u32,
    }
}

input! {
    /// How long answers are to take.
    pub struct DurationTarget {
    } optional {
        /// What 95 per cent stay below.
        p95_milliseconds: u32,
    }
}

input! {
    /// Who may ask from other sites.
    pub struct Cors {
    } optional {
        allow_origins: Vec<StringMatch>,
        allow_methods: Vec<String>,
        allow_headers: Vec<String>,
        expose_headers: Vec<String>,
        /// Such as `5h30m`.
        max_age: String,
        allow_credentials: bool,
    }
}

input! {
    /// A text in one of these ways.
    pub struct StringMatch {
    } optional {
        exact: String,
        /// Use a regular expression in its place.
        prefix: String,
        regex: String,
    }
}

input! {
    /// How it is seen whether something works.
    pub struct HealthCheck {
    } optional {
        failure_threshold: u32,
        port: u16,
        http_path: String,
        initial_delay_seconds: u32,
        period_seconds: u32,
        success_threshold: u32,
        timeout_seconds: u32,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

input! {
    /// Which requests a component gets.
    pub struct Route {
    } optional {
        path: String,
        /// Whether the component sees the path as it came.
        preserve_path_prefix: bool,
    }
}

input! {
    /// How something is ended.
    pub struct Termination {
    } optional {
        /// Of services: while nothing new comes, 1 to 110.
        drain_seconds: u32,
        /// Until it is killed, 1 to 600.
        grace_period_seconds: u32,
    }
}

input! {
    /// Which requests go where.
    pub struct Ingress {
    } optional {
        rules: Vec<IngressRule>,
        /// With `https://`.
        custom_error_page_url: String,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

input! {
    /// Which requests go to a component, or elsewhere.
    pub struct IngressRule {
    } optional {
        #[serde(rename = "match")]
        matching: IngressMatch,
        cors: Cors,
        component: IngressComponent,
        redirect: IngressRedirect,
        #[serde(flatten)]
        extra: UnknownFields,
    }
}

input! {
    /// Which requests are meant.
    pub struct IngressMatch {
    } optional {
        path: PathMatch,
        authority: AuthorityMatch,
    }
}

input! {
    /// A path.
    pub struct PathMatch {
        prefix: String,
    } optional {
    }
}

input! {
    /// A host.
    pub struct AuthorityMatch {
        exact: String,
    } optional {
    }
}

input! {
    /// The component that requests go to.
    pub struct IngressComponent {
        name: String,
    } optional {
        /// Whether the component sees the path as it came.
        #[serde(deserialize_with = "texts::flag")]
        preserve_path_prefix: bool,
        /// What the component sees in place of the path's prefix.
        rewrite: String,
    }
}

input! {
    /// Where requests are sent on to.
    pub struct IngressRedirect {
    } optional {
        uri: String,
        authority: String,
        port: u16,
        scheme: String,
        /// 300 to 308.
        redirect_code: u16,
    }
}

input! {
    /// From where an app reaches others.
    pub struct Egress {
    } optional {
        #[serde(rename = "type")]
        egress_type: EgressType,
    }
}

open_enum! {
    /// Which addresses an app reaches others from.
    pub enum EgressType {
        /// Any.
        Autoassign = "AUTOASSIGN",
        /// Its own.
        DedicatedIp = "DEDICATED_IP",
    }
}

input! {
    /// Whether an app is closed for work.
    pub struct Maintenance {
    } optional {
        enabled: bool,
        /// Whether it is shut down meanwhile.
        archive: bool,
        offline_page_url: String,
    }
}

input! {
    /// The VPC that an app is in.
    pub struct AppVpc {
    } optional {
        id: String,
        egress_ips: Vec<EgressIp>,
    }
}

input! {
    /// An address that an app reaches others from.
    pub struct EgressIp {
    } optional {
        ip: String,
    }
}

input! {
    /// What someone is told of.
    pub struct AlertSpec {
    } optional {
        rule: AlertRule,
        disabled: bool,
        operator: AlertOperator,
        value: f64,
        window: AlertWindow,
    }
}

open_enum! {
    /// What is watched.
    pub enum AlertRule {
        /// It is not said.
        UnspecifiedRule = "UNSPECIFIED_RULE",
        /// Per cent of the processors.
        CpuUtilization = "CPU_UTILIZATION",
        /// Per cent of the memory.
        MemUtilization = "MEM_UTILIZATION",
        /// How often it was started again.
        RestartCount = "RESTART_COUNT",
        /// A deployment failed.
        DeploymentFailed = "DEPLOYMENT_FAILED",
        /// A deployment is there.
        DeploymentLive = "DEPLOYMENT_LIVE",
        /// A domain could not be set up.
        DomainFailed = "DOMAIN_FAILED",
        /// A domain is there.
        DomainLive = "DOMAIN_LIVE",
        /// The number could not follow the load.
        AutoscaleFailed = "AUTOSCALE_FAILED",
        /// The number followed the load.
        AutoscaleSucceeded = "AUTOSCALE_SUCCEEDED",
        /// How often functions were called.
        FunctionsActivationCount = "FUNCTIONS_ACTIVATION_COUNT",
        /// Milliseconds that functions take.
        FunctionsAverageDurationMs = "FUNCTIONS_AVERAGE_DURATION_MS",
        /// Failures of functions in a minute.
        FunctionsErrorRatePerMinute = "FUNCTIONS_ERROR_RATE_PER_MINUTE",
        /// Milliseconds that functions wait.
        FunctionsAverageWaitTimeMs = "FUNCTIONS_AVERAGE_WAIT_TIME_MS",
        /// Failures of functions.
        FunctionsErrorCount = "FUNCTIONS_ERROR_COUNT",
        /// GB of functions in a second.
        FunctionsGbRatePerSecond = "FUNCTIONS_GB_RATE_PER_SECOND",
        /// Requests in a second.
        RequestsPerSecond = "REQUESTS_PER_SECOND",
        /// Milliseconds that 95 per cent of answers stay below.
        RequestDurationP95Ms = "REQUEST_DURATION_P95_MS",
    }
}

open_enum! {
    /// On which side of the value.
    pub enum AlertOperator {
        /// It is not said.
        UnspecifiedOperator = "UNSPECIFIED_OPERATOR",
        /// Above.
        GreaterThan = "GREATER_THAN",
        /// Below.
        LessThan = "LESS_THAN",
    }
}

open_enum! {
    /// How long something must last.
    pub enum AlertWindow {
        /// It is not said.
        UnspecifiedWindow = "UNSPECIFIED_WINDOW",
        /// Five minutes.
        FiveMinutes = "FIVE_MINUTES",
        /// Ten minutes.
        TenMinutes = "TEN_MINUTES",
        /// Half an hour.
        ThirtyMinutes = "THIRTY_MINUTES",
        /// An hour.
        OneHour = "ONE_HOUR",
    }
}
