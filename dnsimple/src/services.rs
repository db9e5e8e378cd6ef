//! Placeholder.
/// Placeholder.
#[derive(Clone, Debug)]
pub struct Services(pub(crate) howdah_core::http::Api);
/// Placeholder.
pub const OPERATIONS: &[&dyn howdah_core::http::Operation] = &[];
/// Placeholder.
#[derive(Clone, Debug)]
pub struct AppliedServices(pub(crate) crate::Account);
