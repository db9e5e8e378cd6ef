//! What the parent zone holds for a domain: name servers, keys, hosts.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The delegation group. Reach it through [`Gandi::delegation`](crate::Gandi::delegation).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Delegation(pub(crate) Api);
