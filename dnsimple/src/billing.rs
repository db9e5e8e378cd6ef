//! Placeholder.
/// Placeholder.
#[derive(Clone, Debug)]
pub struct Billing(pub(crate) crate::Account);
/// Placeholder.
pub const OPERATIONS: &[&dyn howdah_core::http::Operation] = &[];
