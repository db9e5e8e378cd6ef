//! Properties of names, records and zone files, and the judgement of another parser.

mod judge;
mod properties;
pub(crate) mod strategies;

const SAMPLE: &str = include_str!("../../data/sample.zone");
