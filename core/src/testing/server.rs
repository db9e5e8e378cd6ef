//! A fake on a loopback port.

use std::{fmt, io, net::SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

use super::fake::{Fake, World};
use crate::http::kinds::Asked;

/// A fake that listens on loopback until this is dropped.
pub struct Server {
    address: SocketAddr,
    prefix: String,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start<S: World>(fake: Fake<S>, port: u16, prefix: String) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            // Dropped with this task, and all connections with it.
            let mut connections = JoinSet::new();
            loop {
                while connections.try_join_next().is_some() {}
                let Ok((stream, _)) = listener.accept().await else {
                    continue;
                };
                let _ = stream.set_nodelay(true);
                let fake = fake.clone();
                connections.spawn(async move {
                    let service = service_fn(move |request| respond(fake.clone(), request));
                    let mut http = hyper::server::conn::http1::Builder::new();
                    // A connection that ends early is the client's affair, or a fault that was asked for.
                    let _ = http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Ok(Self { address, prefix, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL with the provider's path, such as `http://127.0.0.1:40123/v2`.
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.address, self.prefix)
    }

    /// The base URL without it.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.base_url())
    }
}

/// An error here makes hyper close the connection without an answer.
async fn respond<S: World>(fake: Fake<S>, request: http::Request<Incoming>) -> io::Result<http::Response<Full<Bytes>>> {
    let (parts, body) = request.into_parts();
    let asked = Asked {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.collect().await.map_err(io::Error::other)?.to_bytes(),
    };
    let answer = fake.answer(asked, false).await.map_err(io::Error::other)?;
    let mut response = http::Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}
