//! One program for all of these tests: each one more would be linked against the whole crate again.
#![allow(clippy::unwrap_used)]

mod billing;
mod certificates;
mod common;
mod contacts;
mod dns_provider;
mod dnssec;
mod domain_registrar;
mod domains;
mod email_forwards;
mod errors;
mod identity;
mod pushes;
mod registrant_changes;
mod registrar;
mod repeat;
mod secondary_dns;
mod services;
mod templates;
mod tlds;
mod vanity_name_servers;
mod webhooks;
mod wire;
mod zones;
