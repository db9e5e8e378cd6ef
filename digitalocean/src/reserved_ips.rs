//! Addresses that outlive a Droplet.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::reserved_ips`](crate::DigitalOcean::reserved_ips).
#[derive(Clone, Debug)]
pub struct ReservedIps(pub(crate) Api);
