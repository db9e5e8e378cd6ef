//! Zones on the LiveDNS name servers.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The livedns group. Reach it through [`Gandi::livedns`](crate::Gandi::livedns).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct LiveDns(pub(crate) Api);
