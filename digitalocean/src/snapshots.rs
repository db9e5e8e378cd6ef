//! Images of Droplets and volumes at a moment.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::snapshots`](crate::DigitalOcean::snapshots).
#[derive(Clone, Debug)]
pub struct Snapshots(pub(crate) Api);
