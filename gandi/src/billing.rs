//! What the organisation owes, and what products cost.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The billing group. Reach it through [`Gandi::billing`](crate::Gandi::billing).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Billing(pub(crate) Api);
