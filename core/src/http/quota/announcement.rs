//! What an answer's headers say about a quota.

use std::{cmp::Ordering, time::Duration};

use ::http::{HeaderMap, StatusCode, header};
use jiff::{Timestamp, civil, tz::TimeZone};
use tokio::time::Instant;

use super::{Announced, SAME_RESET};

/// What one answer says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    /// So much is left.
    Report(Report),
    /// A 429 that stops the whole bucket; `window` is the reset that it announced.
    Refusal { until: Reset, window: Option<Reset> },
    /// Nothing. Of a gateway's error page that is no news, of the provider itself it is.
    Silence { from_provider: bool },
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    pub(super) remaining: u32,
    /// `None` where it is missing, makes no sense or is absurdly far.
    pub(super) reset: Option<Reset>,
}

impl Answer {
    pub(super) fn read(
        announced: &Announced,
        status: StatusCode,
        headers: &HeaderMap,
        acquired: Instant,
        received: Instant,
        now: Timestamp,
    ) -> Self {
        let date = text(headers, header::DATE.as_str()).and_then(calendar_seconds);
        let moment = Moment { acquired, received, date, today: now.as_second() };
        let report = match *announced {
            Announced::Nowhere => None,
            Announced::Headers { remaining, reset } => text(headers, remaining)
                .and_then(count)
                .map(|remaining| Report { remaining, reset: text(headers, reset).and_then(|it| moment.reset(it)) }),
            Announced::Structured(name) => text(headers, name).and_then(|list| tightest(list, &moment)),
        };
        if status == StatusCode::TOO_MANY_REQUESTS {
            let retry = text(headers, header::RETRY_AFTER.as_str()).and_then(|it| moment.reset(it));
            return Self::refusal(report, retry, &moment);
        }
        report.map_or(Self::Silence { from_provider: !status.is_server_error() }, Self::Report)
    }

    /// A 429 with something left that is not lifted by the reset is about its own call, not about the bucket: an account
    /// at some cap may be told to come back in weeks.
    fn refusal(report: Option<Report>, retry: Option<Reset>, moment: &Moment) -> Self {
        let window = report.and_then(|report| report.reset);
        match report {
            Some(report) if report.remaining > 0 => match (retry, window) {
                (Some(until), Some(window)) if until.at <= window.at + SAME_RESET => {
                    Self::Refusal { until, window: Some(window) }
                }
                _ => Self::Report(report),
            },
            _ => {
                let until = retry.or(window).unwrap_or_else(|| Reset::at(moment.received, moment.acquired));
                Self::Refusal { until, window }
            }
        }
    }
}

/// The end of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reset {
    /// It is not after this, but for rounding.
    pub(super) at: Instant,
    /// It is not before this, but for rounding.
    from: Instant,
    /// The same on the provider's clock.
    stamp: Option<Stamp>,
}

#[derive(Clone, Copy, Debug)]
struct Stamp {
    seconds: i64,
    /// The provider wrote this very moment; otherwise it is a sum of two roundings.
    exact: bool,
}

impl Reset {
    pub(super) fn at(at: Instant, from: Instant) -> Self {
        Self { at, from, stamp: None }
    }

    /// Whether this reset is certainly later or certainly earlier than `other`, where `slack` is still the same.
    pub(super) fn order(&self, other: &Self, slack: Duration) -> Ordering {
        match (self.stamp, other.stamp) {
            (Some(one), Some(two)) if one.exact && two.exact => one.seconds.cmp(&two.seconds),
            (Some(one), Some(two)) if one.seconds.abs_diff(two.seconds) <= slack.as_secs() => Ordering::Equal,
            (Some(one), Some(two)) => one.seconds.cmp(&two.seconds),
            _ if self.from > other.at + slack => Ordering::Greater,
            _ if self.at + slack < other.from => Ordering::Less,
            _ => Ordering::Equal,
        }
    }

    /// Whether the provider wrote the very moment.
    pub(super) fn is_exact(&self) -> bool {
        self.stamp.is_some_and(|stamp| stamp.exact)
    }
}

/// When an answer was given, by both clocks.
struct Moment {
    acquired: Instant,
    received: Instant,
    /// The provider's own clock, in seconds since 1970.
    date: Option<i64>,
    /// Ours.
    today: i64,
}

impl Moment {
    /// Reads a reset in any way of writing it: a small number counts seconds to go, a larger one seconds since 1970, a
    /// still larger one milliseconds; anything else is a date.
    fn reset(&self, text: &str) -> Option<Reset> {
        const YEAR: i64 = 366 * 86_400;
        const LEAST_EPOCH: i64 = 100_000_000;
        const LEAST_MILLIS: i64 = 100_000_000_000;
        let number = text.split('.').next().and_then(|whole| whole.parse::<u64>().ok());
        let (delta, stamp) = match number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)) {
            Some(delta @ ..LEAST_EPOCH) => {
                (delta, self.date.map(|date| Stamp { seconds: date.saturating_add(delta), exact: false }))
            }
            Some(epoch @ LEAST_EPOCH..LEAST_MILLIS) => self.until(epoch),
            Some(millis) => self.until(millis / 1000),
            None => self.until(calendar_seconds(text)?),
        };
        if delta > YEAR {
            return None;
        }
        let delta = Duration::from_secs(u64::try_from(delta).unwrap_or(0));
        Some(Reset { at: self.received + delta, from: self.acquired + delta, stamp })
    }

    /// Seconds to go by the provider's own clock, so that an error of ours changes nothing.
    fn until(&self, seconds: i64) -> (i64, Option<Stamp>) {
        (seconds.saturating_sub(self.date.unwrap_or(self.today)), Some(Stamp { seconds, exact: true }))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn count(text: &str) -> Option<u32> {
    let number = text.parse::<i64>().ok()?;
    Some(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
}

/// Seconds since 1970 of an HTTP date or `2024-01-31 10:00:00 UTC`.
fn calendar_seconds(text: &str) -> Option<i64> {
    if let Ok(date) = httpdate::parse_http_date(text) {
        return Timestamp::try_from(date).ok().map(Timestamp::as_second);
    }
    let civil = text.strip_suffix("UTC")?.trim_end().parse::<civil::DateTime>().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok().map(Timestamp::as_second)
}

/// The policy with the least left in `"burst";r=9;t=1, "hour";r=50;t=30`.
fn tightest(list: &str, moment: &Moment) -> Option<Report> {
    let policies = list.split(',').filter_map(|policy| {
        let parameter = |name| policy.split(';').find_map(|part| part.trim().strip_prefix(name));
        let remaining = count(parameter("r=")?)?;
        Some(Report { remaining, reset: parameter("t=").and_then(|it| moment.reset(it)) })
    });
    policies.min_by_key(|report| report.remaining)
}
