//! The jobs of an instance's operator.

pub mod engine;
