//! Zones.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The zones group. Reach it through [`Cloudflare::zones`](crate::Cloudflare::zones).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Zones(pub(crate) Api);
