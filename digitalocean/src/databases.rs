//! Managed databases.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::databases`](crate::DigitalOcean::databases).
#[derive(Clone, Debug)]
pub struct Databases(pub(crate) Api);
