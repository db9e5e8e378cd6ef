//! Test kit.

pub mod quota_server;
