//! Placeholder.
/// Placeholder.
#[derive(Clone, Debug)]
pub struct Registrar(pub(crate) crate::Account);
/// Placeholder.
pub const OPERATIONS: &[&dyn howdah_core::http::Operation] = &[];
