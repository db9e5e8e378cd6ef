//! Templates of a domain's configuration.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The templates group. Reach it through [`Gandi::templates`](crate::Gandi::templates).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Templates(pub(crate) Api);
