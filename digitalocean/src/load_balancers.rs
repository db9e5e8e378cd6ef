//! Load balancers.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::load_balancers`](crate::DigitalOcean::load_balancers).
#[derive(Clone, Debug)]
pub struct LoadBalancers(pub(crate) Api);
