//! The observer before name servers that are as good and as bad as they come.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "dns/strategies.rs"]
#[allow(dead_code)]
mod strategies;
#[path = "wire/world.rs"]
mod world;

#[path = "wire/apex.rs"]
mod apex;
#[path = "wire/comparison.rs"]
mod comparison;
#[path = "wire/delegation.rs"]
mod delegation;
#[path = "wire/sockets.rs"]
mod sockets;
