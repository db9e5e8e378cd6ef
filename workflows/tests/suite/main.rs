//! One program for all of these tests: each one more would be linked against the whole crate again.
#![allow(clippy::expect_used, clippy::unwrap_used, unreachable_pub)]

mod common;
mod copying;
mod delegation;
mod detectors;
mod dnssec;
mod front_ends;
mod gandi;
mod install_certificate;
mod killed;
mod move_dns;
mod offsite_b2;
mod offsite_copy;
mod transfer_domain;
