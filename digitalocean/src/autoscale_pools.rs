//! Droplets whose number follows their load.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::autoscale_pools`](crate::DigitalOcean::autoscale_pools).
#[derive(Clone, Debug)]
pub struct AutoscalePools(pub(crate) Api);
