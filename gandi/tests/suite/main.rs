//! One program for all of these tests: each one more would be linked against the whole crate again.
#![allow(clippy::unwrap_used)]

mod billing;
mod certificates;
mod claims;
mod common;
mod contacts;
mod delegation;
mod dns_provider;
mod domain_livedns;
mod domains;
mod dry_run;
mod email;
mod errors;
mod livedns;
mod organizations;
mod registrar;
mod registrar_conformance;
mod repeat;
mod simple_hosting;
mod tags;
mod templates;
mod transfers;
mod web_redirections;
mod wire;
