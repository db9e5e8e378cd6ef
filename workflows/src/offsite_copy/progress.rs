//! How far a run is.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Is told how far a run is, a few times a second at most. It is called between two operations, so it must be quick.
pub trait Observer: Send + Sync {
    /// So far.
    fn progress(&self, progress: &Progress);
}

/// Nobody looks.
impl Observer for () {
    fn progress(&self, _: &Progress) {}
}

/// What a run does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Phase {
    /// All places are listed; what there is to do is not known yet.
    Listing,
    /// Objects are copied.
    Copying,
    /// Objects are deleted at destinations.
    Deleting,
    /// Destinations are listed again, and objects are read again where that is wanted.
    Verifying,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// What it does.
    pub phase: Phase,
    /// Objects that are done; listed ones of all places together while listing.
    pub objects: u64,
    /// Objects there are to do; none while it is not known.
    pub objects_total: Option<u64>,
    /// Bytes read from the source.
    pub bytes: u64,
    /// Bytes there are to read; none while it is not known.
    pub bytes_total: Option<u64>,
    /// Bytes in a second, over the last ten.
    pub rate: f64,
    /// Time left at that rate, where it can be told.
    pub left: Option<Duration>,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(total) = self.objects_total else {
            return write!(f, "at least {} objects listed", self.objects);
        };
        let verb = match self.phase {
            Phase::Listing => "listed",
            Phase::Copying => "copied",
            Phase::Deleting => "deleted",
            Phase::Verifying => "verified",
        };
        write!(f, "{} of {total} objects {verb}, {}", self.objects, Bytes(self.bytes))?;
        if let Some(total) = self.bytes_total {
            write!(f, " of {}", Bytes(total))?;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        write!(f, ", {}/s", Bytes(self.rate as u64))?;
        match self.left {
            Some(left) => write!(f, ", {} s left", left.as_secs()),
            None => Ok(()),
        }
    }
}

/// A number of bytes, for people.
#[derive(Clone, Copy, Debug)]
pub struct Bytes(
    /// How many.
    pub u64,
);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        if self.0 < 1024 {
            return write!(f, "{} B", self.0);
        }
        #[allow(clippy::cast_precision_loss)]
        let mut value = self.0 as f64;
        let mut unit = "B";
        for one in UNITS {
            if value < 1024.0 {
                break;
            }
            value /= 1024.0;
            unit = one;
        }
        write!(f, "{value:.1} {unit}")
    }
}

/// Counts, and tells the observer now and then.
pub(super) struct Meter<'a> {
    observer: &'a dyn Observer,
    state: Mutex<State>,
}

struct State {
    now: Progress,
    told: Option<Instant>,
    /// When so many bytes had been read.
    marks: VecDeque<(Instant, u64)>,
}

const WINDOW: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);

impl<'a> Meter<'a> {
    pub(super) fn new(observer: &'a dyn Observer) -> Self {
        let state = State { now: fresh(Phase::Listing, None, None), told: None, marks: VecDeque::new() };
        Self { observer, state: Mutex::new(state) }
    }

    pub(super) fn start(&self, phase: Phase, objects: Option<u64>, bytes: Option<u64>) {
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.now = fresh(phase, objects, bytes);
            state.marks.clear();
            state.told = None;
        }
        self.add(0, 0);
    }

    pub(super) fn listed(&self) {
        self.add(1, 0);
    }

    pub(super) fn add(&self, objects: u64, bytes: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.now.objects += objects;
        state.now.bytes += bytes;
        // The clock is not looked at for each of a million listed objects.
        if objects == 1 && bytes == 0 && !state.now.objects.is_multiple_of(64) {
            return;
        }
        let now = Instant::now();
        if state.told.is_some_and(|told| now - told < PAUSE) {
            return;
        }
        state.tell(now);
        let progress = state.now.clone();
        drop(state);
        self.observer.progress(&progress);
    }
}

impl State {
    fn tell(&mut self, now: Instant) {
        self.told = Some(now);
        self.marks.push_back((now, self.now.bytes));
        while self.marks.front().is_some_and(|(at, _)| now - *at > WINDOW) {
            self.marks.pop_front();
        }
        let (since, bytes) = self.marks.front().copied().unwrap_or((now, self.now.bytes));
        let seconds = (now - since).as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        if seconds > 0.0 {
            self.now.rate = (self.now.bytes - bytes) as f64 / seconds;
            let left = self.now.bytes_total.map(|total| total.saturating_sub(self.now.bytes) as f64 / self.now.rate);
            self.now.left = left.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        }
    }
}

fn fresh(phase: Phase, objects_total: Option<u64>, bytes_total: Option<u64>) -> Progress {
    Progress { phase, objects: 0, objects_total, bytes: 0, bytes_total, rate: 0.0, left: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Seen(Mutex<Vec<Progress>>);

    impl Observer for Seen {
        fn progress(&self, progress: &Progress) {
            self.0.lock().unwrap().push(progress.clone());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_times_a_second_with_rate_and_time_left() {
        let seen = Seen(Mutex::default());
        let meter = Meter::new(&seen);
        meter.start(Phase::Copying, Some(100), Some(100 * 1024));
        for _ in 0..50 {
            tokio::time::advance(Duration::from_millis(20)).await;
            meter.add(1, 1024);
        }
        let seen = seen.0.into_inner().unwrap();
        assert_eq!(seen.len(), 6, "at the start and each 200 ms of one second");
        let last = seen.last().unwrap();
        assert_eq!((last.objects, last.left), (50, Some(Duration::from_secs(1))));
        assert_eq!(last.to_string(), "50 of 100 objects copied, 50.0 KiB of 100.0 KiB, 50.0 KiB/s, 1 s left");
    }

    #[test]
    fn bytes_for_people() {
        assert_eq!([0, 1023, 1024, 5 << 30].map(|n| Bytes(n).to_string()), ["0 B", "1023 B", "1.0 KiB", "5.0 GiB"]);
    }
}
