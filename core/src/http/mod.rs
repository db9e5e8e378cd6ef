//! The HTTP kit.

pub mod quota;
