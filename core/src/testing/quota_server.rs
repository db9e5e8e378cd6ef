//! The side of a provider that counts calls.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use tokio::time::Instant;

/// How a [`QuotaServer`] forgets calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaWindow {
    /// All at once, at the end of each period.
    Fixed,
    /// Each one period after it was made. The announced reset is that of the oldest.
    Sliding,
}

/// How a [`QuotaServer`] announces what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaFormat {
    /// `X-RateLimit-Reset` in seconds since 1970.
    Epoch,
    /// `X-RateLimit-Reset` in seconds to go.
    Delta,
    /// `X-RateLimit-Reset` as an HTTP date.
    HttpDate,
    /// `X-RateLimit-Reset` as `2024-01-31 10:00:00 UTC`.
    UtcText,
    /// `Ratelimit: "default";r=50;t=30`.
    Structured,
    /// Not at all.
    Silent,
}

/// Counts calls at tokio's present moment, as a provider does, and answers with its status and headers.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use howdah_core::testing::quota_server::{QuotaServer, QuotaWindow};
/// use std::time::Duration;
///
/// let server = QuotaServer::new(2, Duration::from_secs(60), QuotaWindow::Fixed);
/// assert_eq!(server.call().1["x-ratelimit-remaining"], "1");
/// assert_eq!(server.call().0, 200);
/// assert_eq!(server.call().0, 429);
/// tokio::time::sleep(Duration::from_secs(60)).await;
/// assert_eq!(server.call().0, 200);
/// # }
/// ```
#[derive(Debug)]
pub struct QuotaServer {
    limit: u32,
    period: Duration,
    window: QuotaWindow,
    format: QuotaFormat,
    names: [&'static str; 3],
    rounds_up: bool,
    dated: bool,
    wall: Timestamp,
    started: Instant,
    /// One of the moments when a fixed window ends and the next begins.
    boundary: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When each counted call is forgotten, earliest first.
    expiries: VecDeque<Instant>,
    accepted: u64,
    refused: u64,
    last_accepted: Option<Instant>,
}

impl QuotaServer {
    /// A server that grants `limit` calls a `period` and announces resets as [`QuotaFormat::Epoch`].
    pub fn new(limit: u32, period: Duration, window: QuotaWindow) -> Self {
        Self {
            limit,
            period,
            window,
            format: QuotaFormat::Epoch,
            names: ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
            rounds_up: false,
            dated: true,
            wall: Timestamp::now(),
            started: Instant::now(),
            boundary: Instant::now(),
            state: Mutex::default(),
        }
    }

    /// Announces what is left in another way.
    pub fn with_format(mut self, format: QuotaFormat) -> Self {
        self.format = format;
        self
    }

    /// Announces the limit, what is left and the reset in headers of these names.
    pub fn with_headers(mut self, names: [&'static str; 3]) -> Self {
        self.names = names;
        self
    }

    /// Sets the server's own clock.
    pub fn with_clock(mut self, now: Timestamp) -> Self {
        self.wall = now;
        self
    }

    /// Rounds resets up to whole seconds, not down.
    pub fn rounding_up(mut self) -> Self {
        self.rounds_up = true;
        self
    }

    /// Leaves the `Date` header out.
    pub fn without_date(mut self) -> Self {
        self.dated = false;
        self
    }

    /// Lets others have made `calls` evenly over the time `before` now; a fixed window began that long ago.
    pub fn used_by_others(mut self, calls: u32, before: Duration) -> Self {
        let before = before.min(self.period);
        let now = Instant::now();
        let first_expiry = now + self.period.saturating_sub(before);
        self.boundary = first_expiry;
        self.state().expiries = (0..calls)
            .map(|call| match self.window {
                QuotaWindow::Fixed => first_expiry,
                QuotaWindow::Sliding => first_expiry + before * call / calls,
            })
            .collect();
        self
    }

    /// Counts a call and answers it.
    pub fn call(&self) -> (StatusCode, HeaderMap) {
        let now = Instant::now();
        let mut state = self.state();
        while state.expiries.front().is_some_and(|expiry| *expiry <= now) {
            state.expiries.pop_front();
        }
        let granted = state.expiries.len() < self.limit as usize;
        if granted {
            let expiry = self.expiry(now);
            state.expiries.push_back(expiry);
            state.accepted += 1;
            state.last_accepted = Some(now);
        } else {
            state.refused += 1;
        }
        let remaining = self.limit as usize - state.expiries.len().min(self.limit as usize);
        let reset = state.expiries.front().copied().unwrap_or_else(|| self.expiry(now));
        drop(state);
        let status = if granted { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
        (status, self.headers(now, remaining, reset))
    }

    /// How many calls it has granted.
    pub fn accepted(&self) -> u64 {
        self.state().accepted
    }

    /// How many calls it has answered with 429.
    pub fn refused(&self) -> u64 {
        self.state().refused
    }

    /// When it last granted a call.
    pub fn last_accepted(&self) -> Option<Instant> {
        self.state().last_accepted
    }

    /// When a client that knows this server from inside makes the last of `calls` if it begins at `start`, takes `pace`
    /// from one to the next, and `lag` after a wait. Without the latter two it is the best that any client could do.
    pub fn ideal(&self, calls: u64, start: Instant, pace: Duration, lag: Duration) -> Instant {
        let mut now = start;
        let mut expiries = self.state().expiries.clone();
        for _ in 0..calls {
            now += pace;
            if expiries.len() >= self.limit as usize {
                now = expiries.front().map_or(now, |expiry| now.max(*expiry + lag));
            }
            while expiries.front().is_some_and(|expiry| *expiry <= now) {
                expiries.pop_front();
            }
            expiries.push_back(self.expiry(now));
        }
        now
    }

    fn expiry(&self, now: Instant) -> Instant {
        match self.window {
            QuotaWindow::Sliding => now + self.period,
            QuotaWindow::Fixed if now < self.boundary => self.boundary,
            QuotaWindow::Fixed => {
                let into = (now - self.boundary).as_nanos() % self.period.as_nanos();
                now + self.period - Duration::from_nanos(u64::try_from(into).unwrap_or(0))
            }
        }
    }

    fn headers(&self, now: Instant, remaining: usize, reset: Instant) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        if self.dated {
            set(header::DATE.as_str(), http_date(self.wall_seconds(now, false)));
        }
        let to_go = whole_seconds((reset - now).as_millis(), self.rounds_up);
        let at = self.wall_seconds(reset, self.rounds_up);
        let reset = match self.format {
            QuotaFormat::Silent => return headers,
            QuotaFormat::Structured => {
                set("ratelimit", format!("\"default\";r={remaining};t={to_go}"));
                return headers;
            }
            QuotaFormat::Epoch => at.to_string(),
            QuotaFormat::Delta => to_go.to_string(),
            QuotaFormat::HttpDate => http_date(at),
            QuotaFormat::UtcText => {
                Timestamp::from_second(at).map(|at| at.strftime("%F %T UTC").to_string()).unwrap_or_default()
            }
        };
        let [limit, left, resets] = self.names;
        set(limit, self.limit.to_string());
        set(left, remaining.to_string());
        set(resets, reset);
        headers
    }

    /// `moment` on the server's own clock.
    fn wall_seconds(&self, moment: Instant, up: bool) -> i64 {
        let ahead = moment.saturating_duration_since(self.started).as_millis();
        let behind = self.started.saturating_duration_since(moment).as_millis();
        let millis = i128::from(self.wall.as_millisecond()) + ahead.cast_signed() - behind.cast_signed();
        let seconds = if up { -(-millis).div_euclid(1000) } else { millis.div_euclid(1000) };
        i64::try_from(seconds).unwrap_or(i64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole_seconds(millis: u128, up: bool) -> u128 {
    if up { millis.div_ceil(1000) } else { millis / 1000 }
}

fn http_date(seconds: i64) -> String {
    let since = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since)
}
