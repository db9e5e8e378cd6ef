//! What belongs together.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::projects`](crate::DigitalOcean::projects).
#[derive(Clone, Debug)]
pub struct Projects(pub(crate) Api);
