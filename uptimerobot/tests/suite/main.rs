//! One program for all of these tests: each one more would be linked against the whole crate again.
#![allow(clippy::unwrap_used)]

mod contacts;
mod errors;
mod incidents;
mod integrations;
mod maintenance_windows;
mod monitor;
mod monitor_groups;
mod monitors;
mod psps;
mod repeat;
mod stats;
