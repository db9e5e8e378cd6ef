//! Domains that come from another registrar.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The transfers group. Reach it through [`Gandi::transfers`](crate::Gandi::transfers).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Transfers(pub(crate) Api);
