//! One program for all of these tests: each one more would be linked against the whole crate again.
#![allow(clippy::cast_possible_truncation, clippy::expect_used, clippy::result_large_err, clippy::unwrap_used)]

mod calls;
mod certificate;
mod conformance;
mod conformance_monitor;
mod conformance_registrar;
mod dns;
mod internet;
mod network;
mod pages;
mod pages_ahead;
mod retry;
mod streams;
mod support;
mod tls;
mod wire;
