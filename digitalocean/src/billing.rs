//! Balance, invoices and what was charged.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::billing`](crate::DigitalOcean::billing).
#[derive(Clone, Debug)]
pub struct Billing(pub(crate) Api);
