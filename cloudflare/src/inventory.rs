//! What a zone has at Cloudflare besides its records, to be reported and not moved.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The inventory group. Reach it through [`Cloudflare::inventory`](crate::Cloudflare::inventory).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Inventory(pub(crate) Api);
