//! Domains, their registration and all that belongs to it.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The domains group. Reach it through [`Gandi::domains`](crate::Gandi::domains).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Domains(pub(crate) Api);
