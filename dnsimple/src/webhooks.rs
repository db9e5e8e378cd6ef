//! Placeholder.
/// Placeholder.
#[derive(Clone, Debug)]
pub struct Webhooks(pub(crate) crate::Account);
/// Placeholder.
pub const OPERATIONS: &[&dyn howdah_core::http::Operation] = &[];
