//! Web hosting instances.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The simple hosting group. Reach it through [`Gandi::simple_hosting`](crate::Gandi::simple_hosting).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct SimpleHosting(pub(crate) Api);
