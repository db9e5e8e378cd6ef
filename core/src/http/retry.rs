//! Whether a call is made again, and what is known of it when it is not: three questions, in the order they are asked.
//!
//! 1. Was it sent? What was not sent may always be sent again.
//! 2. Was it refused? What was refused for now (429, or what a provider's own [`Rule`] says) may be sent again.
//! 3. May it be repeated? What may have been carried out is repeated only if twice is the same as once.

use std::time::Duration;

use http::StatusCode;

use super::{endpoint::Repeat, transport::TransportErrorKind};
use crate::Outcome;

/// How patiently a client tries.
///
/// The default tries up to 5 times within 2 minutes and gives each attempt 30 seconds. Waits between attempts are drawn
/// from zero up to a bound that doubles from half a second to 20 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How many attempts are made at most.
    pub attempts: u32,
    /// How long the call may take in all, waits for quota included.
    pub total: Duration,
    /// How long one attempt may take until its answer is there; a large body gets more, by its length.
    pub attempt: Duration,
    /// The bound of the first wait.
    pub first_wait: Duration,
    /// The highest bound of a wait.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            total: Duration::from_secs(120),
            attempt: Duration::from_secs(30),
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
        }
    }
}

impl RetryPolicy {
    /// One attempt, and whatever comes of it.
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// Sets how many attempts are made at most.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Sets how long a call may take in all.
    #[must_use]
    pub fn with_total(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// Sets how long one attempt may take.
    #[must_use]
    pub fn with_attempt(mut self, attempt: Duration) -> Self {
        self.attempt = attempt;
        self
    }

    /// The bound of the wait after the given attempt; the wait itself is drawn evenly below it.
    pub fn bound(&self, attempt: u32) -> Duration {
        let factor = 1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first_wait.saturating_mul(factor).min(self.longest_wait)
    }

    /// How long to wait after the given attempt; never less than the provider asks for.
    pub fn wait(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        let drawn = self.bound(attempt).mul_f64(fastrand::f64());
        asked.map_or(drawn, |asked| asked.saturating_add(drawn))
    }

    /// How long an attempt with a body of so many bytes may take: a slow line still moves 64 KiB a second.
    pub fn attempt_for(&self, body: u64) -> Duration {
        self.attempt.saturating_add(Duration::from_secs(body / (64 * 1024)))
    }
}

/// What a provider's status means when it means something else than it does elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The status it is about.
    pub status: u16,
    /// The provider's error code it is about; any when it is `None`.
    pub code: Option<&'static str>,
    /// What it means.
    pub means: Means,
}

/// The meaning of an answer that is not a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// Nothing was changed, and the same call may succeed later: repeated whatever the route.
    RefusedForNow,
    /// Nothing was changed, and the same call will not succeed.
    Refused,
    /// Something may have been changed, and the same call may succeed later.
    Unknown,
}

/// How one attempt ended, when it was not a success.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attempt<'a> {
    Failed(TransportErrorKind),
    Answered(StatusCode, Option<&'a str>),
}

/// What is known after an attempt, and whether there may be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) outcome: Outcome,
    pub(crate) again: bool,
}

/// Judges one attempt by itself.
pub(crate) fn judge(repeat: Repeat, attempt: Attempt<'_>, rules: &[Rule]) -> Verdict {
    match attempt {
        Attempt::Failed(TransportErrorKind::NotSent) => Verdict { outcome: Outcome::NotSent, again: true },
        Attempt::Failed(_) => verdict(repeat, Means::Unknown),
        Attempt::Answered(status, code) => verdict(repeat, meaning(status, code, rules)),
    }
}

fn meaning(status: StatusCode, code: Option<&str>, rules: &[Rule]) -> Means {
    let said = |rule: &&Rule| rule.status == status.as_u16() && (rule.code.is_none() || rule.code == code);
    if let Some(rule) = rules.iter().find(said) {
        return rule.means;
    }
    match status.as_u16() {
        429 => Means::RefusedForNow,
        501 | 505 => Means::Refused,
        408 | 425 | 500.. => Means::Unknown,
        _ => Means::Refused,
    }
}

fn verdict(repeat: Repeat, means: Means) -> Verdict {
    match (means, repeat) {
        (Means::Refused, _) => Verdict { outcome: Outcome::Refused, again: false },
        // A call that only reads has changed nothing, however it ended.
        (Means::RefusedForNow, _) | (Means::Unknown, Repeat::Safe) => {
            Verdict { outcome: Outcome::Refused, again: true }
        }
        (Means::Unknown, Repeat::Idempotent) => Verdict { outcome: Outcome::Unknown, again: true },
        (Means::Unknown, Repeat::Once) => Verdict { outcome: Outcome::Unknown, again: false },
    }
}

/// What is known of a call after all its attempts, given what was known before the last one.
pub(crate) fn outcome_after(before: Outcome, last: Outcome) -> Outcome {
    match (before, last) {
        (Outcome::Applied, _) | (_, Outcome::Applied) => Outcome::Applied,
        (Outcome::Unknown, _) => Outcome::Unknown,
        (Outcome::Refused, Outcome::NotSent) => Outcome::Refused,
        (_, last) => last,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: &[Rule] = &[
        Rule { status: 503, code: Some("busy"), means: Means::RefusedForNow },
        Rule { status: 409, code: None, means: Means::Unknown },
    ];

    fn answered(repeat: Repeat, status: u16, code: Option<&str>) -> Verdict {
        judge(repeat, Attempt::Answered(StatusCode::from_u16(status).unwrap(), code), RULES)
    }

    #[test]
    fn the_three_questions() {
        use Outcome::{NotSent, Refused, Unknown};
        use Repeat::{Idempotent, Once, Safe};
        for (repeat, attempt, outcome, again) in [
            (Once, Attempt::Failed(TransportErrorKind::NotSent), NotSent, true),
            (Once, Attempt::Failed(TransportErrorKind::Lost), Unknown, false),
            (Once, Attempt::Failed(TransportErrorKind::Timeout), Unknown, false),
            (Once, Attempt::Failed(TransportErrorKind::Other), Unknown, false),
            (Idempotent, Attempt::Failed(TransportErrorKind::Lost), Unknown, true),
            (Safe, Attempt::Failed(TransportErrorKind::Timeout), Refused, true),
        ] {
            assert_eq!(judge(repeat, attempt, RULES), Verdict { outcome, again }, "{repeat:?} {attempt:?}");
        }
        for (repeat, status, code, outcome, again) in [
            (Once, 429, None, Refused, true),
            (Once, 503, None, Unknown, false),
            (Once, 503, Some("busy"), Refused, true),
            (Idempotent, 502, None, Unknown, true),
            (Safe, 500, None, Refused, true),
            (Once, 400, None, Refused, false),
            (Safe, 404, None, Refused, false),
            (Once, 409, None, Unknown, false),
            (Idempotent, 501, None, Refused, false),
        ] {
            let verdict = answered(repeat, status, code);
            assert_eq!(verdict, Verdict { outcome, again }, "{repeat:?} {status}");
        }
    }

    proptest! {
        #[test]
        fn what_may_have_happened_once_is_never_repeated(status in 400u16..600, lost in 0usize..4) {
            let kinds = [TransportErrorKind::NotSent, TransportErrorKind::Lost, TransportErrorKind::Timeout, TransportErrorKind::Other];
            let attempts = [
                Attempt::Failed(kinds[lost]),
                Attempt::Answered(StatusCode::from_u16(status).unwrap(), None),
            ];
            for attempt in attempts {
                let verdict = judge(Repeat::Once, attempt, &[]);
                prop_assert!(!(verdict.again && verdict.outcome == Outcome::Unknown));
            }
        }

        #[test]
        fn waits_grow_to_their_bound_and_honour_the_provider(attempt in 1u32..100, asked in 0u64..10_000) {
            let policy = RetryPolicy::default();
            prop_assert!(policy.bound(attempt) <= policy.longest_wait);
            prop_assert!(policy.bound(attempt + 1) >= policy.bound(attempt));
            prop_assert!(policy.wait(attempt, None) <= policy.bound(attempt));
            let asked = Duration::from_secs(asked);
            prop_assert!(policy.wait(attempt, Some(asked)) >= asked);
        }

        #[test]
        fn an_unknown_attempt_is_not_forgotten(outcomes in prop::collection::vec(0usize..4, 1..8)) {
            let all = [Outcome::NotSent, Outcome::Refused, Outcome::Applied, Outcome::Unknown];
            let end = outcomes.iter().fold(Outcome::NotSent, |before, &next| outcome_after(before, all[next]));
            let has = |wanted| outcomes.iter().any(|&index| all[index] == wanted);
            if has(Outcome::Unknown) {
                prop_assert!(matches!(end, Outcome::Unknown | Outcome::Applied));
            }
            if end == Outcome::NotSent {
                prop_assert!(outcomes.iter().all(|&index| all[index] == Outcome::NotSent));
            }
        }
    }
}
