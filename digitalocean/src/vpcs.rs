//! Private networks.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::vpcs`](crate::DigitalOcean::vpcs).
#[derive(Clone, Debug)]
pub struct Vpcs(pub(crate) Api);
