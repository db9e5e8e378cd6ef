//! One program for all of these tests: each one more would be linked against the whole crate again.
#![allow(clippy::unwrap_used)]

mod account;
mod addresses;
mod apps;
mod autoscale_pools;
mod billing;
mod cert_target;
mod databases;
mod dns_provider;
mod domains;
mod droplet_actions;
mod droplets;
#[cfg(feature = "testing")]
mod edge;
mod house;
mod load_balancers;
mod monitoring;
mod repeat;
mod spaces;
mod spaces_fake;
mod storage;
mod uptime_monitor;
