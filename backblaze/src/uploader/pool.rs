//! URLs to upload to, each for one upload at a time.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The service takes a URL for 24 hours; an upload that has just begun wants some of them.
const AGE: Duration = Duration::from_secs(23 * 60 * 60);

/// The URLs that nobody uploads to at the moment.
///
/// Whoever takes one has it alone, and gives it back after a success. After a failure, and when an upload is dropped on
/// its way, nobody does: such a URL is good for nothing.
pub(super) struct Pool<U>(Mutex<Vec<Leased<U>>>);

/// A URL, and since when there is one.
pub(super) struct Leased<U> {
    pub(super) url: U,
    since: Instant,
}

impl<U> Leased<U> {
    pub(super) fn new(url: U) -> Self {
        Self { url, since: Instant::now() }
    }
}

impl<U> Pool<U> {
    /// The one that was given back last: the others may grow too old, and connections with them.
    pub(super) fn take(&self) -> Option<Leased<U>> {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.retain(|leased| leased.since.elapsed() < AGE);
        free.pop()
    }

    pub(super) fn give_back(&self, leased: Leased<U>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(leased);
    }
}

impl<U> Default for Pool<U> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// URLs are secret.
impl<U> fmt::Debug for Pool<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} free)", self.0.lock().unwrap_or_else(PoisonError::into_inner).len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_old_url_is_not_taken() {
        let pool = Pool::default();
        pool.give_back(Leased::new("old"));
        tokio::time::advance(AGE.saturating_sub(Duration::from_secs(1))).await;
        pool.give_back(Leased::new("new"));
        pool.give_back(pool.take().unwrap());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(pool.take().unwrap().url, "new");
        assert!(pool.take().is_none());
    }
}
