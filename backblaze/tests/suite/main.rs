//! One program for all of these tests: each one more would be linked against the whole crate again.
#![allow(clippy::cast_possible_truncation, clippy::expect_used, clippy::unwrap_used, unreachable_pub)]

mod account;
mod buckets;
mod canary;
mod content;
mod keys;
mod notifications;
mod object_store;
mod repeat;
mod uploader;
