//! Droplets whose number follows their load.
//!
//! ```
//! use howdah_digitalocean::autoscale_pools::{AutoscalePoolSpec, DropletTemplate, PoolConfig};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let pools = ocean.autoscale_pools();
//! let keys = ["3b:16:e4:bf:8b:00:8b:b8:59:8c:a9:d3:f0:19:fa:45".to_owned()];
//! let template = DropletTemplate::new("tor1", "c-2", "debian-12-x64", keys).with_with_droplet_agent(true);
//! let config = PoolConfig::between(2, 8).with_target_cpu_utilization(0.6);
//! let pool = pools.create(AutoscalePoolSpec::new("sidekiq", config, template)).await?;
//! println!("{} of {} run", pool.active_resources_count.unwrap_or(0), pool.config.min_instances.unwrap_or(0));
//! # Ok(()) }
//! ```
//!
//! Updating replaces everything: begin with [`AutoscalePool::into_spec`]. Deleting goes on after the call, and the pool is
//! [`Deleting`](PoolStatus::Deleting) until it is not found any more.

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pages, null_as_default},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{PAGES, droplets::DropletId, regions::RegionSlug};

endpoints! {
    LIST:             AutoscalePoolFilter => Vec<AutoscalePool> = get("/v2/droplets/autoscale").envelope("autoscale_pools").pages(PAGES);
    CREATE:           AutoscalePoolSpec   => AutoscalePool      = post("/v2/droplets/autoscale").envelope("autoscale_pool").status(202);
    GET:              ()                  => AutoscalePool      = get("/v2/droplets/autoscale/{autoscale_pool_id}").envelope("autoscale_pool");
    UPDATE:           AutoscalePoolSpec   => AutoscalePool      = put("/v2/droplets/autoscale/{autoscale_pool_id}").envelope("autoscale_pool");
    DELETE:           ()                  => ()                 = delete("/v2/droplets/autoscale/{autoscale_pool_id}").status(202);
    DELETE_DANGEROUS: ()                  => ()                 = delete("/v2/droplets/autoscale/{autoscale_pool_id}/dangerous").status(202).headers(DANGEROUS);
    LIST_MEMBERS:     ()                  => Vec<PoolMember>    = get("/v2/droplets/autoscale/{autoscale_pool_id}/members").envelope("droplets").pages(PAGES);
    LIST_HISTORY:     ()                  => Vec<ScalingEvent>  = get("/v2/droplets/autoscale/{autoscale_pool_id}/history").envelope("history").pages(PAGES);
}

/// Without it, what destroys everything is refused.
const DANGEROUS: &[(&str, &str)] = &[("x-dangerous", "true")];

/// The autoscale pools group. Reach it through [`DigitalOcean::autoscale_pools`](crate::DigitalOcean::autoscale_pools).
#[derive(Clone, Debug)]
pub struct AutoscalePools(pub(crate) Api);

impl AutoscalePools {
    /// Streams the account's pools.
    ///
    /// `GET /v2/droplets/autoscale`
    pub fn list(&self, filter: AutoscalePoolFilter) -> Pages<AutoscalePool> {
        self.0.pages(&LIST, [], filter)
    }

    /// Makes a pool. Its Droplets follow.
    ///
    /// `POST /v2/droplets/autoscale`
    pub fn create(&self, pool: AutoscalePoolSpec) -> Call<AutoscalePool> {
        self.0.send(&CREATE, [], pool)
    }

    /// Reads a pool.
    ///
    /// `GET /v2/droplets/autoscale/{autoscale_pool_id}`
    pub fn get(&self, pool: &AutoscalePoolId) -> Call<AutoscalePool> {
        self.0.send(&GET, [pool], ())
    }

    /// Replaces what a pool is like; what is left out goes back to its default. The name stays as it was.
    ///
    /// `PUT /v2/droplets/autoscale/{autoscale_pool_id}`
    pub fn update(&self, pool: &AutoscalePoolId, spec: AutoscalePoolSpec) -> Call<AutoscalePool> {
        self.0.send(&UPDATE, [pool], spec)
    }

    /// Destroys a pool. Its Droplets stay, and are still charged.
    ///
    /// `DELETE /v2/droplets/autoscale/{autoscale_pool_id}`
    pub fn delete(&self, pool: &AutoscalePoolId) -> Call<()> {
        self.0.send(&DELETE, [pool], ())
    }

    /// Destroys a pool with all of its Droplets.
    ///
    /// `DELETE /v2/droplets/autoscale/{autoscale_pool_id}/dangerous`
    pub fn delete_with_droplets(&self, pool: &AutoscalePoolId) -> Call<()> {
        self.0.send(&DELETE_DANGEROUS, [pool], ())
    }

    /// Streams the Droplets of a pool and how they do.
    ///
    /// `GET /v2/droplets/autoscale/{autoscale_pool_id}/members`
    pub fn list_members(&self, pool: &AutoscalePoolId) -> Pages<PoolMember> {
        self.0.pages(&LIST_MEMBERS, [pool], ())
    }

    /// Streams when and why the number of a pool's Droplets changed.
    ///
    /// `GET /v2/droplets/autoscale/{autoscale_pool_id}/history`
    pub fn list_history(&self, pool: &AutoscalePoolId) -> Pages<ScalingEvent> {
        self.0.pages(&LIST_HISTORY, [pool], ())
    }
}

/// The UUID of a pool.
pub type AutoscalePoolId = Id<AutoscalePool, String>;

input! {
    /// Narrows the list of pools.
    pub struct AutoscalePoolFilter {} optional {
        name: String,
    }
}

/// A pool of Droplets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AutoscalePool {
    pub id: AutoscalePoolId,
    pub name: String,
    pub config: PoolConfig,
    pub droplet_template: DropletTemplate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_utilization: Option<Utilization>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub status: Option<PoolStatus>,
    /// Droplets that run.
    pub active_resources_count: Option<u32>,
}

impl AutoscalePool {
    /// What an update of it begins with.
    pub fn into_spec(self) -> AutoscalePoolSpec {
        AutoscalePoolSpec { name: self.name, config: self.config, droplet_template: self.droplet_template }
    }
}

open_enum! {
    /// What state a pool is in.
    pub enum PoolStatus {
        /// It is looked after.
        Active = "active",
        /// It is being destroyed.
        Deleting = "deleting",
        /// Something is wrong with it.
        Error = "error",
    }
}

input! {
    /// A pool as it is to be.
    pub struct AutoscalePoolSpec {
        /// For good.
        name: String,
        config: PoolConfig,
        droplet_template: DropletTemplate,
    } optional {}
}

input! {
    /// How many Droplets there are: [a number](Self::fixed) or [a range](Self::between), not both.
    pub struct PoolConfig {} optional {
        /// 1 to 1000.
        target_number_instances: u32,
        /// 1 to 500.
        min_instances: u32,
        /// 1 to 1000.
        max_instances: u32,
        /// From 0.05 to 1, which is all of it.
        target_cpu_utilization: f64,
        /// From 0.05 to 1, which is all of it.
        target_memory_utilization: f64,
        /// From one change of the number to the next, 5 to 20; 10 unless it says otherwise.
        cooldown_minutes: u32,
    }
}

impl PoolConfig {
    /// Always so many Droplets.
    pub fn fixed(instances: u32) -> Self {
        Self::new().with_target_number_instances(instances)
    }

    /// As many Droplets as the load needs, in a range. What load is aimed at is to be set too.
    pub fn between(min_instances: u32, max_instances: u32) -> Self {
        Self::new().with_min_instances(min_instances).with_max_instances(max_instances)
    }
}

input! {
    /// What the Droplets of a pool are like.
    pub struct DropletTemplate {
        region: RegionSlug,
        /// The slug of a size.
        size: String,
        /// A slug or a number.
        image: String,
        /// Fingerprints or numbers of the keys that may log in as root. Empty for a token that may not read keys.
        #[serde(default, deserialize_with = "null_as_default")]
        ssh_keys: Vec<String>,
    } optional {
        /// What the Droplets are called.
        name: String,
        tags: Vec<String>,
        vpc_uuid: String,
        /// Whether the agent is installed, without which the load is not known.
        with_droplet_agent: bool,
        project_id: String,
        backups: bool,
        ipv6: bool,
        /// Whether the agent for metrics is installed.
        monitoring: bool,
        /// At most 64 KiB: what cloud-init is given at the first start.
        #[serde(serialize_with = "secret::expose_option")]
        user_data: Secret,
        /// Without it the Droplets are in their VPC alone.
        public_networking: bool,
    }
}

/// How much of what there is is used, from 0 to 1, on average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Utilization {
    pub memory: Option<f64>,
    pub cpu: Option<f64>,
}

/// A Droplet of a pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PoolMember {
    pub droplet_id: DropletId,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub health_status: Option<MemberHealth>,
    /// Of one that is unhealthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhealthy_reason: Option<String>,
    pub status: Option<MemberStatus>,
    pub current_utilization: Option<Utilization>,
}

open_enum! {
    /// How a Droplet of a pool does.
    pub enum MemberHealth {
        /// Well.
        Healthy = "healthy",
        /// Not well.
        Unhealthy = "unhealthy",
    }
}

open_enum! {
    /// What state a Droplet of a pool is in.
    pub enum MemberStatus {
        /// It is being made.
        Provisioning = "provisioning",
        /// It runs.
        Active = "active",
        /// It is being destroyed.
        Deleting = "deleting",
        /// It is powered off.
        Off = "off",
    }
}

/// A change of the number of a pool's Droplets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ScalingEvent {
    pub history_event_id: String,
    pub current_instance_count: Option<u32>,
    pub desired_instance_count: Option<u32>,
    pub reason: Option<ScalingReason>,
    pub status: Option<ScalingStatus>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// Why the number of a pool's Droplets changed.
    pub enum ScalingReason {
        /// The pool was created or updated.
        ConfigurationChange = "CONFIGURATION_CHANGE",
        /// There was more load.
        ScaleUp = "SCALE_UP",
        /// There was less load.
        ScaleDown = "SCALE_DOWN",
    }
}

open_enum! {
    /// How far a change of the number has come.
    pub enum ScalingStatus {
        /// It goes on.
        InProgress = "in_progress",
        /// It is done.
        Success = "success",
        /// It failed.
        Error = "error",
    }
}
