//! The test kit: stateful fakes, faults, and what they are served with.

// A test that is set up wrongly ends; answers are large because they are whole answers.
#![allow(clippy::expect_used, clippy::result_large_err)]

mod answer;
mod authority;
pub mod conformance;
pub mod contents;
mod edge;
mod fake;
mod faults;
mod hosting;
#[cfg(feature = "internet")]
mod internet;
mod journal;
mod memory;
mod memory_cert_target;
mod memory_monitor;
mod memory_registrar;
pub mod quota_server;
mod rdap;
mod registry;
mod server;
mod upload;

pub use answer::{Answer, Reply, Streamed};
pub use authority::{Issued, TestAuthority};
pub use edge::{Edge, EdgeServer, Hello, Listening};
pub use fake::{Fake, World};
/// What draws faults for [`Fake::fail_randomly`].
pub use fastrand::Rng;
pub use faults::{Fault, KillSwitch, Mortal};
pub use hosting::{HostedZone, Hosting, ZoneKey};
#[cfg(feature = "internet")]
pub use internet::{Internet, Served, Ttls};
pub use journal::Exchange;
pub use memory::{MemoryDns, MemoryFault};
pub use memory_cert_target::MemoryCertTarget;
pub use memory_monitor::MemoryMonitor;
pub use memory_registrar::MemoryRegistrar;
pub use rdap::FakeRdap;
pub use registry::{
    Delegated, Paid, PendingTransfer, PlannedChange, RegisteredDomain, Registry, RegistryRefusal, TRANSFER_PROHIBITED,
};
pub use server::Server;

pub use crate::http::kinds::Asked;
