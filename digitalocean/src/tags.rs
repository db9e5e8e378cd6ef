//! Names by which things are found.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::tags`](crate::DigitalOcean::tags).
#[derive(Clone, Debug)]
pub struct Tags(pub(crate) Api);
