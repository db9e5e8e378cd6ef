//! Listeners of TLS in memory and on loopback.

use std::{convert::Infallible, fmt, io, net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::Acceptor,
};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::LazyConfigAcceptor;

use crate::{
    Secret,
    certificate::tls::{Connection, Dial},
};

/// What a fake's listeners present, asked at each handshake. Clones are the same one.
///
/// In process it is a [`Dial`]; on loopback one port stands for all listeners, and the name that a client asks for tells
/// which is meant.
///
/// ```
/// use std::sync::Arc;
/// use howdah_core::{
///     certificate::{TlsEndpoint, tls::{Observer, Roots}},
///     testing::{Edge, Listening, TestAuthority},
/// };
/// use jiff::{SignedDuration, Timestamp};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// let now = Timestamp::now();
/// let authority = TestAuthority::new(now);
/// let issued = authority.issue(&["example.org"], SignedDuration::from_hours(24));
/// let edge = Edge::new(move |hello| {
///     let listens = hello.address == "203.0.113.7" && hello.port == 443;
///     listens.then(|| Listening::new(issued.full_chain(), issued.key.clone()).with_http2(true))
/// });
/// let observer = Observer::new(Arc::new(edge), Roots::from_pem(authority.root())?)?;
/// let endpoint = TlsEndpoint::new("example.org").with_address("203.0.113.7");
/// let presented = observer.look(&endpoint, now).await?;
/// assert_eq!((presented.distrust, presented.protocol.as_deref()), (None, Some("h2")));
/// assert!(observer.look(&endpoint.with_port(8443), now).await.is_err());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Edge {
    #[allow(clippy::type_complexity)]
    listening: Arc<dyn Fn(&Hello<'_>) -> Option<Listening> + Send + Sync>,
}

/// How a client begins.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Hello<'a> {
    /// What it connected to; on loopback the name that it asks for.
    pub address: &'a str,
    pub port: u16,
    /// The name that it asks for.
    pub server_name: Option<&'a str>,
}

/// A listener that does TLS.
#[derive(Clone, Debug)]
pub struct Listening {
    chain: String,
    key: Secret,
    http2: bool,
    status: u16,
}

impl Listening {
    /// Presents a chain, the leaf first, and proves it with a key; both are PEM. It speaks HTTP/1.1 and answers 200.
    pub fn new(chain: impl Into<String>, key: impl Into<Secret>) -> Self {
        Self { chain: chain.into(), key: key.into(), http2: false, status: 200 }
    }

    /// Whether it speaks HTTP/2 too.
    #[must_use]
    pub fn with_http2(self, http2: bool) -> Self {
        Self { http2, ..self }
    }

    /// What it answers to every request.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// What it answers to every request.
    pub fn status(&self) -> u16 {
        self.status
    }

    fn config(&self) -> io::Result<ServerConfig> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(self.chain.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(io::Error::other)?;
        let key = PrivateKeyDer::from_pem_slice(self.key.expose().as_bytes()).map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if self.http2 {
            config.alpn_protocols.insert(0, b"h2".to_vec());
        }
        Ok(config)
    }
}

impl Edge {
    /// Asks `listening` at each handshake who answers it; `None` hangs up.
    pub fn new(listening: impl Fn(&Hello<'_>) -> Option<Listening> + Send + Sync + 'static) -> Self {
        Self { listening: Arc::new(listening) }
    }

    /// Who answers a client that begins so.
    pub fn answering(&self, hello: &Hello<'_>) -> Option<Listening> {
        (self.listening)(hello)
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<EdgeServer> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (address, edge) = (listener.local_addr()?, self.clone());
        let task = tokio::spawn(async move {
            // Dropped with this task, and all connections with it.
            let mut connections = JoinSet::new();
            loop {
                while connections.try_join_next().is_some() {}
                let Ok((stream, _)) = listener.accept().await else { continue };
                let edge = edge.clone();
                connections.spawn(async move { edge.answer(stream, None).await });
            }
        });
        Ok(EdgeServer { address, task })
    }

    /// Hangs up where something is not as it should be, as a listener does.
    async fn answer(&self, stream: impl Connection + 'static, dialled: Option<(String, u16)>) -> io::Result<()> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let server_name = start.client_hello().server_name().map(str::to_owned);
        let server_name = server_name.as_deref();
        let (address, port) = match &dialled {
            Some((address, port)) => (address.as_str(), *port),
            None => (server_name.unwrap_or_default(), 443),
        };
        let listening = self.answering(&Hello { address, port, server_name });
        let listening = listening.ok_or_else(|| io::Error::other("nothing listens there"))?;
        let stream = start.into_stream(Arc::new(listening.config()?)).await?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let status = http::StatusCode::from_u16(listening.status).unwrap_or_default();
        let service = service_fn(move |_| async move {
            let mut response = http::Response::new(Full::new(Bytes::new()));
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        });
        let stream = TokioIo::new(stream);
        let served = if http2 {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await
        } else {
            hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await
        };
        served.map_err(io::Error::other)
    }
}

#[async_trait]
impl Dial for Edge {
    async fn dial(&self, address: &str, port: u16) -> io::Result<Box<dyn Connection>> {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (edge, dialled) = (self.clone(), (address.to_owned(), port));
        tokio::spawn(async move { edge.answer(theirs, Some(dialled)).await });
        Ok(Box::new(ours))
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edge")
    }
}

/// An edge that listens on loopback until this is dropped.
#[derive(Debug)]
pub struct EdgeServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl EdgeServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for EdgeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
