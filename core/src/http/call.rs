//! A call on its way.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures::future::BoxFuture;

use crate::Result;

/// A call to a provider: await it.
///
/// It owns all it needs, so it can be joined with others, spawned, or kept in a stream of futures. Nothing is sent
/// before it is polled; arguments are checked when it is made, and what is wrong with them is its result.
#[must_use = "nothing is sent before the call is awaited"]
pub struct Call<T>(BoxFuture<'static, Result<T>>);

impl<T> Call<T> {
    /// A call made of a future.
    pub fn new(future: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl<T: Send + 'static> Call<T> {
    /// The same call with another result.
    pub fn map<U>(self, into: impl FnOnce(T) -> U + Send + 'static) -> Call<U> {
        Call::new(async move { self.await.map(into) })
    }
}

impl<T> Future for Call<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Call")
    }
}
