//! Caches in front of Spaces.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::cdn`](crate::DigitalOcean::cdn).
#[derive(Clone, Debug)]
pub struct Cdn(pub(crate) Api);
