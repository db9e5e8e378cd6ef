//! The test kit: stateful fakes, faults, and what they are served with.

pub mod conformance;
mod fake;
mod faults;
mod memory;
pub mod quota_server;
mod server;

pub use fake::{Answer, Exchange, Fake, Reply, World};
pub use faults::{Fault, KillSwitch, Mortal};
pub use memory::{MemoryDns, MemoryFault};
pub use server::Server;

pub use crate::http::kinds::Asked;
