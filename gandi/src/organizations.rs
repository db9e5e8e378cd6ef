//! Organisations and the user of the token.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The organizations group. Reach it through [`Gandi::organizations`](crate::Gandi::organizations).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Organizations(pub(crate) Api);
