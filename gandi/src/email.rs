//! Mailboxes, forwards and their slots.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The email group. Reach it through [`Gandi::email`](crate::Gandi::email).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct Email(pub(crate) Api);
