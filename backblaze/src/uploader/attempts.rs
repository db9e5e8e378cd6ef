//! One upload, attempt by attempt.

use std::time::Duration;

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    http::{Body, Call, RetryPolicy},
};
use tokio::time::{Instant, sleep};

use super::{
    content::{Content, unreadable},
    pool::{Leased, Pool},
};
use crate::sha1::{Passage, Passed};

/// Where content goes, with what is known of it there.
#[async_trait]
pub(super) trait Target: Sync {
    type Url: Send + Sync;
    type Uploaded: Send;

    fn pool(&self) -> &Pool<Self::Url>;

    fn fetch(&self, policy: RetryPolicy) -> Call<Self::Url>;

    fn send(&self, policy: RetryPolicy, url: &Self::Url, body: (Body, String)) -> Call<Self::Uploaded>;

    /// Looks whether content whose answer was lost is there.
    async fn look(&self, policy: RetryPolicy, length: u64, sha1: Option<&str>) -> Result<Looked<Self::Uploaded>>;
}

/// What looking for an upload found.
pub(super) enum Looked<T> {
    There(T),
    NotThere,
    /// Nobody can say, and to repeat it does no harm.
    Unknown,
}

/// Uploads; answers the SHA-1, too, where it is known.
pub(super) async fn upload<T: Target>(
    target: &T,
    policy: RetryPolicy,
    content: &Content,
) -> Result<(T::Uploaded, Option<String>)> {
    let mut patience = Patience::new(policy, content.len());
    let mut leased = target.pool().take();
    // Whether an attempt may have been carried out after all.
    let mut unknown = false;
    let passage = Passage::default();
    while let Some(body) = content.attempt(&passage) {
        let url = match leased.take() {
            Some(leased) => leased,
            None => Leased::new(target.fetch(patience.policy()).await.map_err(|error| patience.end(error, unknown))?),
        };
        let error = match target.send(patience.policy(), &url.url, body).await {
            Ok(uploaded) => {
                target.pool().give_back(url);
                let sha1 = match passage.take() {
                    Passed::Whole(sha1) => sha1,
                    Passed::Partly | Passed::Broken(_) => None,
                };
                return Ok((uploaded, sha1));
            }
            Err(error) => error,
        };
        let passed = passage.take();
        let error = match (error.outcome(), passed) {
            (Outcome::Unknown | Outcome::NotSent, Passed::Broken(source)) => {
                return Err(patience.end(unreadable(source), unknown));
            }
            // What never passed whole cannot have been taken.
            (Outcome::Unknown, Passed::Partly) => error.with_outcome(Outcome::Refused),
            (Outcome::Unknown, Passed::Whole(sha1)) => {
                match target.look(patience.policy(), content.len(), sha1.as_deref()).await {
                    Ok(Looked::There(uploaded)) => return Ok((uploaded, sha1)),
                    Ok(Looked::NotThere) => error.with_outcome(Outcome::Refused),
                    Ok(Looked::Unknown) => {
                        unknown = true;
                        error
                    }
                    Err(looking) => {
                        tracing::warn!(%looking, "it could not be seen whether the upload succeeded");
                        return Err(patience.end(error, true));
                    }
                }
            }
            _ => error,
        };
        let Some(wait) = patience.wait(&error) else {
            return Err(patience.end(error, unknown));
        };
        patience.last = Some(error);
        tracing::warn!(?wait, "repeating the upload");
        // Too many calls say nothing about the URL.
        if patience.last.as_ref().is_some_and(|error| error.kind() == ErrorKind::RateLimited) {
            leased = Some(url);
        }
        sleep(wait).await;
    }
    let error = patience.last.take().unwrap_or_else(|| Error::invalid("the content was read already"));
    let message = format!("{}; the content can be read only once, so it was not repeated", error.message());
    Err(patience.end(error.with_message(message), unknown))
}

/// How often and how long an upload is tried.
pub(super) struct Patience {
    policy: RetryPolicy,
    deadline: Instant,
    failures: u32,
    last: Option<Error>,
}

impl Patience {
    /// The time that the policy gives, besides what a slow line needs for that many bytes.
    pub(super) fn new(policy: RetryPolicy, bytes: u64) -> Self {
        let moving = policy.attempt_for(bytes).saturating_sub(policy.attempt);
        let total = policy.total.saturating_add(moving).min(Duration::from_secs(365 * 24 * 60 * 60));
        Self { policy, deadline: Instant::now() + total, failures: 0, last: None }
    }

    /// For the calls of the next attempt.
    pub(super) fn policy(&self) -> RetryPolicy {
        let left = self.left().max(Duration::from_secs(1));
        self.policy.with_attempt(self.policy.attempt.min(left)).with_total(self.policy.total.min(left))
    }

    /// How long to wait before another attempt, if there is to be one after this failure.
    pub(super) fn wait(&mut self, error: &Error) -> Option<Duration> {
        self.failures += 1;
        if !passes(error) || self.failures >= self.policy.attempts {
            return None;
        }
        let asked = error.retry_after();
        let wait = match (asked, error.kind()) {
            // Another URL is another server.
            (None, kind) if self.failures == 1 && kind != ErrorKind::RateLimited => Duration::ZERO,
            _ => self.policy.wait(self.failures.saturating_sub(1).max(1), asked),
        };
        // There may be time for what the service asks for, and none to spread the calls.
        [Some(wait), asked].into_iter().flatten().find(|&wait| wait < self.left())
    }

    /// The error that ends it.
    pub(super) fn end(&self, error: Error, unknown: bool) -> Error {
        let outcome = match error.outcome() {
            _ if unknown => Outcome::Unknown,
            Outcome::NotSent if self.failures > 1 => Outcome::Refused,
            outcome => outcome,
        };
        error.with_outcome(outcome).with_attempts(self.failures.max(1))
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// Whether the same upload may succeed at another URL, or later.
fn passes(error: &Error) -> bool {
    match (error.status().map(|status| status.as_u16()), error.code()) {
        (None, _) => matches!(error.kind(), ErrorKind::Transport | ErrorKind::Timeout),
        (Some(501 | 505), _) => false,
        (Some(408 | 429 | 500..), _) | (Some(400), Some("auth_token_limit")) => true,
        // The URL's token, which the next URL does not share.
        (Some(401), _) => error.kind() == ErrorKind::Unauthenticated,
        _ => false,
    }
}
