//! Checks from outside, and their alerts.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::uptime`](crate::DigitalOcean::uptime).
#[derive(Clone, Debug)]
pub struct Uptime(pub(crate) Api);
