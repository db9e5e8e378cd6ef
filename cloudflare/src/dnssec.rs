//! DNSSEC of a zone.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The dnssec group. Reach it through [`Cloudflare::dnssec`](crate::Cloudflare::dnssec).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Dnssec(pub(crate) Api);
