//! The token that is used.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The tokens group. Reach it through [`Cloudflare::tokens`](crate::Cloudflare::tokens).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Tokens(pub(crate) Api);
