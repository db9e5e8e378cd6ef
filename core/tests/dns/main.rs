//! Properties of names, records and zone files, and the judgement of another parser.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod judge;
mod properties;
mod strategies;

const SAMPLE: &str = include_str!("../data/sample.zone");
