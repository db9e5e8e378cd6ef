//! The wall clock, as one value that can be handed around.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The wall clock that a client and the fakes it talks to share.
///
/// It is a moment of the real calendar plus the time that has passed on tokio's clock since, so a test that pauses
/// tokio's clock moves the calendar with it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use howdah_core::Clock;
/// use std::time::Duration;
///
/// let clock = Clock::starting_at("2022-12-04T09:00:00Z".parse().unwrap());
/// tokio::time::sleep(Duration::from_secs(3600)).await;
/// assert_eq!(clock.now().to_string(), "2022-12-04T10:00:00Z");
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Clock {
    wall: Timestamp,
    started: Instant,
}

impl Clock {
    /// A clock that shows the machine's own date and time.
    pub fn system() -> Self {
        Self::starting_at(Timestamp::now())
    }

    /// A clock that shows `wall` now and goes on from there.
    pub fn starting_at(wall: Timestamp) -> Self {
        Self { wall, started: Instant::now() }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        self.wall.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

/// The moment after this time; one that is too far away to be told is thirty years away.
pub(crate) fn after(wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    Instant::now() + wait.min(FAR)
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}
