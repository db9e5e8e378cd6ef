//! One DNS message to a server, and its answer.

use std::{fmt, io, net::SocketAddr};

use async_trait::async_trait;

/// A way to name servers: the network, or a world in memory.
#[async_trait]
pub trait Exchange: Send + Sync + fmt::Debug {
    /// Sends a message in wire format to a server and returns its whole answer, over TCP where UDP truncates it.
    async fn exchange(&self, server: SocketAddr, query: &[u8]) -> Result<Vec<u8>, ExchangeError>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// Nothing came in time.
    #[error("no answer")]
    Timeout,
    /// The address is one of IPv6, which this machine has no way to.
    #[error("this machine has no IPv6")]
    NoIpv6,
    /// The network says no.
    #[error("{0}")]
    Io(#[from] io::Error),
}
