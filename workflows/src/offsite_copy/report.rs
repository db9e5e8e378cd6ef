//! What would be done, and what was done.

use std::fmt;

use howdah_core::{Error, ErrorKind, Outcome};
use serde::Serialize;

use super::progress::Bytes;

/// What there is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// What the source has.
    pub source: Tally,
    /// What is missing somewhere, each object once: it is read once.
    pub to_read: Tally,
    /// What there is to do at each destination.
    pub destinations: Vec<PlannedCopy>,
    /// What an operator should know before.
    pub warnings: Vec<String>,
}

/// What there is to do at one destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedCopy {
    /// The destination.
    pub name: String,
    /// It has no such object.
    pub new: Tally,
    /// It has another one.
    pub changed: Tally,
    /// It has them, as its manifest says.
    pub unchanged: Tally,
    /// It has them, as far as sizes and times tell.
    pub unchanged_by_time: Tally,
    /// It has them and the source has not.
    pub surplus: Tally,
    /// Whether the surplus is to be deleted.
    pub delete: bool,
    /// Why it is not deleted although that was asked for.
    pub refused: Option<String>,
}

/// Objects, their bytes, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Tally {
    pub objects: u64,
    pub bytes: u64,
    /// Keys, as many as [`Options::named`](super::Options::named) says.
    pub first: Vec<String>,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What there was to do.
    pub plan: Plan,
    /// What was done at each destination.
    pub destinations: Vec<Copied>,
    /// Why the run ended before its end.
    pub stopped: Option<String>,
    /// Objects that were listed at the source and gone when they were to be read.
    pub vanished: u64,
}

/// What was done at one destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Copied {
    /// The destination.
    pub name: String,
    /// Written there.
    pub copied: Tally,
    /// Deleted there.
    pub deleted: u64,
    /// Objects whose attributes only the manifest keeps.
    pub attributes_not_kept: u64,
    /// What could not be written or deleted.
    pub failures: Failures,
    /// Why nothing more was written there.
    pub stopped: Option<String>,
    /// Whether a new manifest was written.
    pub manifest: bool,
    /// What was verified; none if it was not tried.
    pub verified: Option<Verified>,
}

/// What was verified at one destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// Objects whose presence, size and version were looked at.
    pub listed: u64,
    /// Objects whose contents were read again.
    pub read: u64,
    /// What is not as it should be.
    pub failures: Failures,
}

/// How many failures there were, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Failures {
    pub count: u64,
    pub first: Vec<Failure>,
}

/// One object that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Failure {
    pub key: String,
    pub message: String,
}

impl Plan {
    /// Whether there is nothing to copy and nothing to delete.
    pub fn is_empty(&self) -> bool {
        self.to_read.objects == 0 && self.destinations.iter().all(|one| !one.delete || one.surplus.objects == 0)
    }
}

impl Report {
    /// Whether everything was done and found right.
    pub fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.destinations.iter().all(Copied::is_complete) && self.refusals().next().is_none()
    }

    /// The report, or an error that sums up why it is not complete.
    pub fn into_result(self) -> Result<Self, Error> {
        if self.is_complete() {
            return Ok(self);
        }
        let mut reasons: Vec<_> = self.stopped.iter().cloned().collect();
        reasons.extend(self.refusals().map(|(name, refusal)| format!("{name}: {refusal}")));
        for one in &self.destinations {
            reasons.extend(one.stopped.iter().map(|stopped| format!("{}: {stopped}", one.name)));
            let verified = one.verified.as_ref().map(|verified| &verified.failures);
            for (what, failures) in [("failed", Some(&one.failures)), ("are not as they should be", verified)] {
                if let Some(failures) = failures
                    && let Some(first) = failures.first.first()
                {
                    let Failure { key, message } = first;
                    reasons.push(format!("{}: {} objects {what}, first `{key}`: {message}", one.name, failures.count));
                }
            }
        }
        let message = format!("the copy is not complete; run it again to continue: {}", reasons.join("; "));
        Err(Error::new(ErrorKind::Other, message).with_outcome(Outcome::Applied))
    }

    fn refusals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.plan.destinations.iter().filter_map(|one| Some((one.name.as_str(), one.refused.as_deref()?)))
    }
}

impl Copied {
    fn is_complete(&self) -> bool {
        let verified = self.verified.as_ref().is_none_or(|verified| verified.failures.count == 0);
        self.stopped.is_none() && self.failures.count == 0 && verified
    }
}

impl Tally {
    pub(super) fn add(&mut self, key: &str, bytes: u64, named: usize) {
        self.objects += 1;
        self.bytes += bytes;
        if self.first.len() < named {
            self.first.push(key.to_owned());
        }
    }
}

impl Failures {
    pub(super) fn add(&mut self, key: &str, message: impl Into<String>, named: usize) {
        self.count += 1;
        if self.first.len() < named.max(1) {
            self.first.push(Failure { key: key.to_owned(), message: message.into() });
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.objects, Bytes(self.bytes))
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "source: {} objects", self.source)?;
        for one in &self.destinations {
            writeln!(
                f,
                "{}: {} new, {} changed, {} unchanged by manifest, {} unchanged by size and time, {} surplus{}",
                one.name,
                one.new,
                one.changed,
                one.unchanged,
                one.unchanged_by_time,
                one.surplus,
                if one.delete { " to delete" } else { ", kept" }
            )?;
            for (sign, tally) in [("+", &one.new), ("~", &one.changed), ("-", &one.surplus)] {
                tally.first.iter().try_for_each(|key| writeln!(f, "  {sign} {key}"))?;
            }
            one.refused.iter().try_for_each(|refused| writeln!(f, "  refused: {refused}"))?;
        }
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}
