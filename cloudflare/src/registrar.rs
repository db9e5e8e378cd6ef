//! Domains registered at Cloudflare.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The registrar group. Reach it through [`Cloudflare::registrar`](crate::Cloudflare::registrar).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Registrar(pub(crate) Api);
