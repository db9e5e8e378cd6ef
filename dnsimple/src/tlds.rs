//! Placeholder.
/// Placeholder.
#[derive(Clone, Debug)]
pub struct Tlds(pub(crate) howdah_core::http::Api);
/// Placeholder.
pub const OPERATIONS: &[&dyn howdah_core::http::Operation] = &[];
