//! Block storage.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::volumes`](crate::DigitalOcean::volumes).
#[derive(Clone, Debug)]
pub struct Volumes(pub(crate) Api);
