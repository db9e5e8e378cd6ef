//! The same, of the newer kind.

use howdah_core::http::{Api, Operation};

pub const OPERATIONS: &[&dyn Operation] = &[];

/// The group. Reach it through [`DigitalOcean::reserved_ipv6`](crate::DigitalOcean::reserved_ipv6).
#[derive(Clone, Debug)]
pub struct ReservedIpv6(pub(crate) Api);
