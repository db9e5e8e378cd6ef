//! What can go wrong between a client and a provider.

use std::{
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;

use super::answer::Answer;
use crate::http::{Body, Incoming, Transport, TransportError, TransportErrorKind};

/// What one request meets instead of its answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Nobody listens.
    NotSent,
    /// The connection breaks; the request was carried out or was not.
    Lost {
        /// Whether it was carried out.
        applied: bool,
    },
    /// No answer ever comes.
    Silence {
        /// Whether the request was carried out.
        applied: bool,
    },
    /// The connection breaks when the server has read so many bytes of the request's body, or all of it; nothing is
    /// carried out.
    CutRequest {
        /// How many bytes are read.
        after: u64,
    },
    /// The request is carried out; of its answer come status, headers and so many bytes of the body, and then the
    /// connection breaks. An answer that is no longer than that comes whole.
    CutAnswer {
        /// How many bytes come.
        after: u64,
    },
    /// Another answer comes, as from a gateway. If the request was not carried out, the body of an upload is not read.
    Answer {
        /// Whether the request was carried out.
        applied: bool,
        /// The answer.
        answer: Answer,
    },
}

impl Fault {
    /// Whether the request is carried out.
    pub(super) fn applies(&self) -> bool {
        match self {
            Self::NotSent | Self::CutRequest { .. } => false,
            Self::Lost { applied } | Self::Silence { applied } | Self::Answer { applied, .. } => *applied,
            Self::CutAnswer { .. } => true,
        }
    }
}

/// Kills a program, as far as its providers can tell: from a given request on nothing gets through, whatever task or
/// destructor it comes from. Clones are the same switch; the requests of all transports behind it are counted together.
///
/// ```
/// use howdah_core::testing::KillSwitch;
///
/// let switch = KillSwitch::at(3, true); // the third request is carried out, and its answer never seen
/// # let _ = switch;
/// ```
#[derive(Clone, Debug)]
pub struct KillSwitch {
    count: Arc<AtomicU64>,
    at: u64,
    applied: bool,
}

impl KillSwitch {
    /// Kills at the `at`th request; `applied` tells whether that one still reaches its provider.
    pub fn at(at: u64, applied: bool) -> Self {
        Self { count: Arc::default(), at, applied }
    }

    /// Kills nobody, and counts.
    pub fn never() -> Self {
        Self::at(u64::MAX, true)
    }

    /// A transport behind this switch.
    pub fn guard<T: Transport>(&self, transport: T) -> Mortal<T> {
        Mortal { switch: self.clone(), transport }
    }

    /// How many requests were tried.
    pub fn requests(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Whether it has killed.
    pub fn is_dead(&self) -> bool {
        self.requests() >= self.at
    }
}

/// A transport behind a [`KillSwitch`].
pub struct Mortal<T> {
    switch: KillSwitch,
    transport: T,
}

impl<T> fmt::Debug for Mortal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mortal").field("switch", &self.switch).finish_non_exhaustive()
    }
}

#[async_trait]
impl<T: Transport> Transport for Mortal<T> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        let now = self.switch.count.fetch_add(1, Ordering::SeqCst) + 1;
        if now < self.switch.at {
            let answer = self.transport.send(request).await;
            // The program died while it waited.
            return if self.switch.is_dead() { Err(killed()) } else { answer };
        }
        if now == self.switch.at && self.switch.applied {
            // Whatever comes of it, nobody is there to see it.
            let _ = self.transport.send(request).await;
        }
        Err(killed())
    }
}

fn killed() -> TransportError {
    TransportError::new(TransportErrorKind::Other, io::Error::other("the program was killed"))
}
