//! One program for all of these tests: each one more would be linked against the whole crate again.
#![allow(clippy::unwrap_used)]

mod dns_provider;
mod dns_records;
mod dnssec;
mod errors;
mod hosting;
mod inventory;
mod registrar;
mod registrar_conformance;
mod repeat;
mod zones;
