//! Certificates that Gandi resells.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The certificates group. Reach it through [`Gandi::certificates`](crate::Gandi::certificates).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Certificates(pub(crate) Api);
