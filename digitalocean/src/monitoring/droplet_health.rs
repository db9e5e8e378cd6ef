//! Whether the Droplets behind a load balancer are well: the only place where the service tells that.
//!
//! ```
//! use howdah_digitalocean::monitoring::metrics::Span;
//! # use howdah_digitalocean::{load_balancers::{ForwardingRule, NewLoadBalancer}, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let rule = ForwardingRule::new("http", 80u16, "http", 80u16);
//! # let new = NewLoadBalancer::new("web", vec![rule]).with_region("tor1").with_tag("web");
//! # let balancer = ocean.load_balancers().create(new).await?;
//! let now = jiff::Timestamp::now();
//! let checks = ocean.monitoring().droplets_health_checks(&balancer.id, Span::last_hour(now)).await?;
//! for series in &checks.data.result {
//!     println!("{:?} is {}", series.metric, if series.latest() == Some(1.0) { "well" } else { "not well" });
//! }
//! # Ok(()) }
//! ```
//!
//! Which label names the Droplet is not published.

use howdah_core::{endpoints, http::Call};

use super::{
    Monitoring,
    metrics::{LoadBalancerQuery, Metrics, Span},
};
use crate::load_balancers::LoadBalancerId;

endpoints! {
    HEALTH_CHECKS: LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_health_checks");
    DOWNTIME:      LoadBalancerQuery => Metrics = get("/v2/monitoring/metrics/load_balancer/droplets_downtime");
}

impl Monitoring {
    /// Whether each Droplet passed its health checks: 1, or 0.
    ///
    /// `GET /v2/monitoring/metrics/load_balancer/droplets_health_checks`
    pub fn droplets_health_checks(&self, load_balancer: &LoadBalancerId, span: Span) -> Call<Metrics> {
        self.0.send(&HEALTH_CHECKS, [], LoadBalancerQuery { lb_id: load_balancer.clone(), span })
    }

    /// Whether each Droplet was down.
    ///
    /// `GET /v2/monitoring/metrics/load_balancer/droplets_downtime`
    pub fn droplets_downtime(&self, load_balancer: &LoadBalancerId, span: Span) -> Call<Metrics> {
        self.0.send(&DOWNTIME, [], LoadBalancerQuery { lb_id: load_balancer.clone(), span })
    }
}
