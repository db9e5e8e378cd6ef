//! App Platform: sites and services built from a repository.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::apps`](crate::DigitalOcean::apps).
#[derive(Clone, Debug)]
pub struct Apps(pub(crate) Api);
