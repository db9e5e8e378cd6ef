//! Metrics, alerts and where they go.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::monitoring`](crate::DigitalOcean::monitoring).
#[derive(Clone, Debug)]
pub struct Monitoring(pub(crate) Api);
