//! Rules of who reaches what.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::firewalls`](crate::DigitalOcean::firewalls).
#[derive(Clone, Debug)]
pub struct Firewalls(pub(crate) Api);
