//! Keys to object storage.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::spaces_keys`](crate::DigitalOcean::spaces_keys).
#[derive(Clone, Debug)]
pub struct SpacesKeys(pub(crate) Api);
