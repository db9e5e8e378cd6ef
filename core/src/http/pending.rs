//! Work that goes on at the provider after the call has been answered.

use std::{fmt, future::IntoFuture, sync::Arc, time::Duration};

use super::call::Call;
use crate::{Error, ErrorKind, Outcome, Result, clock::after};

/// How far a piece of work has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It goes on. A state that is not known counts as this.
    Running,
    /// It is done.
    Done,
    /// It ended without success, for this reason.
    Failed(String),
}

/// A value that tells how far the work it stands for has come.
pub trait Staged {
    /// The stage that this state is.
    fn stage(&self) -> Stage;
}

/// Work that goes on at the provider: await it, look at it once, or keep its id and attach to it later.
///
/// Awaiting asks again and again, at growing intervals, until the work is done (the last state is the result), has
/// failed (an error with [`Outcome::Refused`]) or takes longer than is allowed ([`ErrorKind::Timeout`], and the work
/// goes on). Dropping it stops the asking, not the work.
///
/// ```
/// use howdah_core::http::{Call, Pending, Stage, Staged};
///
/// #[derive(Clone)]
/// struct Transfer(&'static str);
/// impl Staged for Transfer {
///     fn stage(&self) -> Stage {
///         if self.0 == "transferred" { Stage::Done } else { Stage::Running }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// let pending = Pending::attached(|| Call::new(async { Ok(Transfer("transferred")) })).seen(Transfer("new"));
/// assert_eq!(pending.latest().unwrap().0, "new");
/// assert_eq!(pending.await?.0, "transferred");
/// # Ok(()) }
/// ```
#[must_use = "the work goes on whether or not it is awaited; await it to know how it ends"]
pub struct Pending<T> {
    what: String,
    fetch: Arc<dyn Fn() -> Call<T> + Send + Sync>,
    latest: Option<T>,
    every: Duration,
    at_most: Duration,
    within: Duration,
    appearing: Duration,
}

impl<T: Staged + Send + 'static> Pending<T> {
    /// Work that was begun by a call of this process or of another; `fetch` asks how far it has come.
    pub fn attached(fetch: impl Fn() -> Call<T> + Send + Sync + 'static) -> Self {
        Self {
            what: "the work".to_owned(),
            fetch: Arc::new(fetch),
            latest: None,
            every: Duration::from_secs(1),
            at_most: Duration::from_secs(30),
            within: Duration::from_secs(30 * 60),
            appearing: Duration::ZERO,
        }
    }

    /// Says in errors what the work is, such as `dnsimple: the transfer of example.com`.
    pub fn named(mut self, what: impl Into<String>) -> Self {
        self.what = what.into();
        self
    }

    /// A state that is known already, such as the answer of the call that began the work.
    pub fn seen(mut self, state: T) -> Self {
        self.latest = Some(state);
        self
    }

    /// Asks after this time first; the intervals double from there to `at_most`. One second to 30 by default.
    pub fn every(mut self, first: Duration, at_most: Duration) -> Self {
        (self.every, self.at_most) = (first, at_most.max(first));
        self
    }

    /// How long to wait in all; half an hour by default.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// For providers whose new things are not found everywhere at once: `NotFound` in this time means that the work goes on.
    pub fn appearing_within(mut self, time: Duration) -> Self {
        self.appearing = time;
        self
    }

    /// The state that was seen last.
    pub fn latest(&self) -> Option<&T> {
        self.latest.as_ref()
    }

    /// Asks once, whatever the state was.
    pub async fn refresh(&mut self) -> Result<&T> {
        let state = (self.fetch)().await?;
        Ok(self.latest.insert(state))
    }

    async fn wait(mut self) -> Result<T> {
        let (deadline, appeared) = (after(self.within), after(self.appearing));
        let mut pause = self.every;
        loop {
            let known = match self.latest.take() {
                Some(state) => Ok(state),
                None => (self.fetch)().await,
            };
            match known {
                Ok(state) => match state.stage() {
                    Stage::Done => return Ok(state),
                    Stage::Failed(why) => {
                        let message = format!("{} ended without success: {why}", self.what);
                        return Err(Error::new(ErrorKind::Other, message).with_outcome(Outcome::Refused));
                    }
                    Stage::Running => {}
                },
                Err(error) if error.is_not_found() && after(pause) <= appeared => {}
                Err(error) => return Err(error),
            }
            if after(pause) > deadline {
                let message =
                    format!("{} was still going on after {} s: look again later", self.what, self.within.as_secs());
                return Err(Error::new(ErrorKind::Timeout, message).with_outcome(Outcome::Unknown));
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(self.at_most);
        }
    }
}

impl<T: Staged + Send + 'static> IntoFuture for Pending<T> {
    type Output = Result<T>;
    type IntoFuture = Call<T>;

    fn into_future(self) -> Call<T> {
        Call::new(self.wait())
    }
}

impl<T: fmt::Debug> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("latest", &self.latest).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::Instant;

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct State(&'static str);

    impl Staged for State {
        fn stage(&self) -> Stage {
            match self.0 {
                "done" => Stage::Done,
                "failed" => Stage::Failed("no".into()),
                _ => Stage::Running,
            }
        }
    }

    fn answered_after(asked: usize, last: &'static str) -> (Arc<AtomicUsize>, Pending<State>) {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = count.clone();
        let pending = Pending::attached(move || {
            let now = counter.fetch_add(1, Ordering::SeqCst) + 1;
            Call::new(async move { Ok(State(if now >= asked { last } else { "a state of the future" })) })
        });
        (count, pending)
    }

    #[tokio::test(start_paused = true)]
    async fn asks_at_growing_intervals_until_done() {
        let (count, pending) = answered_after(5, "done");
        let started = Instant::now();
        assert_eq!(pending.await.unwrap(), State("done"));
        assert_eq!(count.load(Ordering::SeqCst), 5);
        assert_eq!(started.elapsed(), Duration::from_secs(1 + 2 + 4 + 8));
    }

    #[tokio::test(start_paused = true)]
    async fn failure_and_impatience_are_told_apart() {
        let (_, pending) = answered_after(2, "failed");
        let error = pending.await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Refused);
        let (count, pending) = answered_after(usize::MAX, "done");
        let error = pending.within(Duration::from_secs(60)).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
        assert!(count.load(Ordering::SeqCst) < 10);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_there_yet_is_waited_for_if_it_may_be_late() {
        let late = || {
            let asked = AtomicUsize::new(0);
            Pending::attached(move || {
                let now = asked.fetch_add(1, Ordering::SeqCst);
                Call::new(async move {
                    if now < 3 { Err(Error::new(ErrorKind::NotFound, "not here")) } else { Ok(State("done")) }
                })
            })
        };
        assert!(late().await.unwrap_err().is_not_found());
        assert!(late().appearing_within(Duration::from_secs(3)).await.unwrap_err().is_not_found());
        assert_eq!(late().appearing_within(Duration::from_secs(10)).await.unwrap(), State("done"));
    }

    #[tokio::test(start_paused = true)]
    async fn looking_once_does_not_wait() {
        let (_, mut pending) = answered_after(2, "done");
        assert_eq!(pending.refresh().await.unwrap().stage(), Stage::Running);
        assert_eq!(pending.refresh().await.unwrap(), &State("done"));
        assert_eq!(pending.latest(), Some(&State("done")));
    }
}
