use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};

use super::{State as World, load_balancers, not_found};
use crate::{
    load_balancers::LoadBalancerId,
    monitoring::{
        droplet_health::{DOWNTIME, HEALTH_CHECKS},
        metrics::{Metrics, MetricsData, Sample, Series},
    },
};

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&HEALTH_CHECKS, |world, [], query| measured(world, &query.lb_id, |is_well| is_well))
        .on(&DOWNTIME, |world, [], query| measured(world, &query.lb_id, |is_well| !is_well))
}

/// A series for each Droplet, with one measure: the present one.
fn measured(world: &World, id: &LoadBalancerId, measure: impl Fn(bool) -> bool) -> Result<Metrics, Answer> {
    let health = load_balancers::health(world, id).ok_or_else(not_found)?;
    let series = health.into_iter().map(|(droplet, is_well)| {
        let labels = [("lb_id".to_owned(), id.to_string()), ("droplet_id".to_owned(), droplet.to_string())];
        let value = if measure(is_well) { 1.0 } else { 0.0 };
        Series { metric: BTreeMap::from(labels), values: vec![Sample::new(world.now(), value)] }
    });
    let data = MetricsData { result: series.collect(), result_type: Some("matrix".to_owned()) };
    Ok(Metrics { status: Some("success".to_owned()), data })
}
