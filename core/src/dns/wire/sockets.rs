//! The network itself.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use super::{Exchange, ExchangeError, message};

/// The network: UDP with repeats, then TCP where an answer does not fit.
///
/// A server that refuses the port is told at once. One that is silent is asked three times.
#[derive(Clone, Debug)]
pub struct Sockets {
    timeout: Duration,
}

const TRIES: u32 = 3;

impl Sockets {
    /// Waits two seconds for each answer.
    pub fn new() -> Self {
        Self { timeout: Duration::from_secs(2) }
    }

    /// How long to wait for an answer before asking again.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout }
    }

    async fn over_udp(&self, server: SocketAddr, query: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
        // A connected socket hears of refusals, and hears nobody else.
        socket.connect(server).await?;
        for _ in 0..TRIES {
            socket.send(query).await?;
            if let Ok(reply) = timeout(self.timeout, reply_to(query, &socket)).await {
                return Ok(reply?);
            }
        }
        Err(ExchangeError::Timeout)
    }

    async fn over_tcp(&self, server: SocketAddr, query: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        let talk = async {
            let mut stream = TcpStream::connect(server).await?;
            let length = u16::try_from(query.len()).map_err(io::Error::other)?;
            stream.write_all(&[&length.to_be_bytes(), query].concat()).await?;
            let mut reply = vec![0; stream.read_u16().await?.into()];
            stream.read_exact(&mut reply).await?;
            if message::answers(query, &reply) {
                Ok(reply)
            } else {
                Err(io::Error::other("the answer over TCP is one to another question"))
            }
        };
        Ok(timeout(self.timeout * TRIES, talk).await.map_err(|_| ExchangeError::Timeout)??)
    }
}

impl Default for Sockets {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Exchange for Sockets {
    async fn exchange(&self, server: SocketAddr, query: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        match self.over_udp(server, query).await {
            Ok(reply) if message::is_truncated(&reply) => self.over_tcp(server, query).await,
            Err(ExchangeError::Io(error)) if server.is_ipv6() && is_unroutable(&error) => Err(ExchangeError::NoIpv6),
            outcome => outcome,
        }
    }
}

/// The first datagram that answers this query; others may be late or forged.
async fn reply_to(query: &[u8], socket: &UdpSocket) -> io::Result<Vec<u8>> {
    // The query asks for far less; some servers do not care.
    let mut buffer = vec![0; 4096];
    loop {
        let length = socket.recv(&mut buffer).await?;
        if message::answers(query, &buffer[..length]) {
            buffer.truncate(length);
            return Ok(buffer);
        }
    }
}

fn is_unroutable(error: &io::Error) -> bool {
    // A system built without IPv6 knows no such family of addresses: 97 on Linux, 47 on the BSDs.
    matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable)
        || matches!(error.raw_os_error(), Some(97 | 47))
}
