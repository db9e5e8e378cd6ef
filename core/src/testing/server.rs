//! A fake on a loopback port.

use std::{fmt, io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::{body::Incoming as Received, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

use super::fake::{Fake, World, asked};
use crate::http::{Body, Exact, Incoming};

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
async fn respond<S: World>(fake: Fake<S>, request: http::Request<Received>) -> io::Result<http::Response<Exact>> {
    let (parts, body) = request.into_parts();
    let body = if body.is_end_stream() {
        Incoming::Bytes(Bytes::new())
    } else {
        Incoming::Stream(body.into_data_stream().map_err(io::Error::other).boxed(), None)
    };
    let answer = fake.answer(asked(parts), body, false).await.map_err(io::Error::other)?;
    let body = match answer.stream {
        Some(stream) => {
            // What was written before a body breaks still leaves: hyper drops it with the connection.
            let broken = |error| tokio::time::sleep(Duration::from_millis(20)).map(|()| Err(error));
            Body::once(stream.open().or_else(broken), stream.length())
        }
        None => Body::Bytes(answer.body),
    };
    let mut response = http::Response::new(body.into_stream());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}
