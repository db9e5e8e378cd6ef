//! Domains and their records.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::domains`](crate::DigitalOcean::domains).
#[derive(Clone, Debug)]
pub struct Domains(pub(crate) Api);
