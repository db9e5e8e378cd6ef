//! Certificates of load balancers and the CDN.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::certificates`](crate::DigitalOcean::certificates).
#[derive(Clone, Debug)]
pub struct Certificates(pub(crate) Api);
