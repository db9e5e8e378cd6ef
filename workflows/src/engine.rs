//! Observe, plan, act, verify: how every workflow is run.
//!
//! A workflow keeps no notes of what it did. What is done is what can be seen to be done, so a run that was killed at any
//! moment is continued by starting it again.
//!
//! ```
//! use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
//! use howdah_core::Result;
//! use howdah_workflows::engine::{self, Check, Run, Step, Steps, Workflow};
//! use jiff::Timestamp;
//!
//! /// Brings a lamp's brightness to what it should be.
//! struct Lamp { brightness: AtomicU32, desired: u32 }
//!
//! #[async_trait::async_trait]
//! impl Workflow for Lamp {
//!     type Observed = u32;
//!
//!     async fn observe(&self) -> Result<u32> {
//!         Ok(self.brightness.load(SeqCst))
//!     }
//!
//!     fn plan(&self, seen: &u32, _now: Timestamp) -> Steps {
//!         let step = Step::new("light", "light the lamp");
//!         Steps::in_sequence([if *seen == self.desired { step.done() } else { step.ready() }])
//!     }
//!
//!     async fn act(&self, _step: &Step, _seen: &u32) -> Result<()> {
//!         self.brightness.store(self.desired, SeqCst);
//!         Ok(())
//!     }
//!
//!     async fn verify(&self, seen: &u32) -> Result<Vec<Check>> {
//!         Ok(vec![Check::holds("the lamp is lit", *seen > 0)])
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let lamp = Lamp { brightness: AtomicU32::new(0), desired: 7 };
//! let first = engine::apply(&lamp, &Run::default()).await?;
//! assert!(first.is_complete() && first.acted == ["light"]);
//!
//! let second = engine::apply(&lamp, &Run::default()).await?;
//! assert!(second.acted.is_empty(), "there is nothing left to do");
//! # Ok(()) }
//! ```

mod steps;

use std::{collections::BTreeMap, fmt, time::Duration};

use async_trait::async_trait;
use howdah_core::{Clock, Error, ErrorKind, Outcome as ErrorOutcome, Result};
use jiff::{SignedDuration, Timestamp};

pub use steps::{Check, State, Step, Steps, Verdict};

/// A job that leads from whatever is observed to what is wanted.
#[async_trait]
pub trait Workflow: Send + Sync {
    /// Everything that plans are made from.
    type Observed: Send + Sync;

    /// Looks, and changes nothing.
    async fn observe(&self) -> Result<Self::Observed>;

    /// Says where the job stands. Nobody is asked: the same observation at the same time gives the same steps.
    fn plan(&self, observed: &Self::Observed, now: Timestamp) -> Steps;

    /// Does one step that [`plan`](Self::plan) called ready.
    ///
    /// An error of the kind [`Conflict`](ErrorKind::Conflict) means that the world is no longer what was observed; the
    /// engine then looks again.
    async fn act(&self, step: &Step, observed: &Self::Observed) -> Result<()>;

    /// Looks for proof that the finished job is as it should be.
    async fn verify(&self, observed: &Self::Observed) -> Result<Vec<Check>>;
}

/// What happens in a run, as it happens.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Event<'a> {
    /// The world is looked at.
    Observing,
    /// This is where the job stands; told after every look.
    Planned(&'a Steps),
    /// The step is being done.
    Started(&'a Step),
    /// The step was done.
    Finished(&'a Step),
    /// The world changed under the step: it is looked at again.
    Disturbed { step: &'a Step, error: &'a Error },
    /// The run sleeps.
    Sleeping { until: Timestamp, what_for: &'a str },
    /// All steps are done; proof is looked for.
    Verifying,
}

/// How a job is run.
pub struct Run {
    clock: Clock,
    wait: bool,
    progress: Box<dyn Fn(&Event<'_>) + Send + Sync>,
}

/// How a run ended.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Outcome<Observed> {
    /// What was seen last.
    pub observed: Observed,
    /// Where the job stands.
    pub steps: Steps,
    /// The ids of the steps that this run did, in order.
    pub acted: Vec<String>,
    /// What was verified; nothing while steps are left.
    pub checks: Vec<Check>,
}

/// A run that could not go on. Running it again continues from what can be observed.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing}")]
#[allow(missing_docs)]
pub struct RunError {
    /// The title of the step, or what else was being done.
    pub doing: String,
    /// The ids of the steps that this run had done before.
    pub acted: Vec<String>,
    #[source]
    pub error: Error,
}

/// How often one step is tried in a run before the engine gives up on it.
const TRIES: u32 = 3;

/// How long what was done may take to be seen, before it is tried again.
const SETTLING: Duration = Duration::from_secs(30);

/// Where a job stands, with what was seen; nothing is changed.
pub async fn plan<W: Workflow>(workflow: &W, clock: &Clock) -> Result<(W::Observed, Steps)> {
    let observed = workflow.observe().await?;
    let steps = workflow.plan(&observed, clock.now());
    Ok((observed, steps))
}

/// Does what is ready, one step after another, and looks again after each, until nothing is ready.
///
/// A job with all steps done is verified. One that has to wait ends here, unless [`Run::waiting`] was said;
/// [`Steps::come_back`] says when it goes on.
pub async fn apply<W: Workflow>(workflow: &W, run: &Run) -> Result<Outcome<W::Observed>, RunError> {
    let mut acted = Vec::new();
    let mut tries: BTreeMap<String, u32> = BTreeMap::new();
    let mut unseen: Option<String> = None;
    loop {
        run.tell(&Event::Observing);
        let observed = match workflow.observe().await {
            Ok(observed) => observed,
            Err(error) => return Err(RunError::new("see where things stand", acted, error)),
        };
        let steps = workflow.plan(&observed, run.clock.now());
        run.tell(&Event::Planned(&steps));

        if let Some(step) = steps.ready().next() {
            // Some providers accept a change before they show it.
            if unseen.take_if(|id| *id == step.id).is_some() {
                let until = run.clock.now() + SignedDuration::try_from(SETTLING).unwrap_or_default();
                run.tell(&Event::Sleeping { until, what_for: "what was done to be seen" });
                tokio::time::sleep(SETTLING).await;
                continue;
            }
            let attempt = tries.entry(step.id.clone()).or_default();
            if *attempt == TRIES {
                let error = Error::new(
                    ErrorKind::Conflict,
                    format!("after {TRIES} attempts it can still not be seen to be done"),
                );
                return Err(RunError::new(&step.title, acted, error.with_outcome(ErrorOutcome::Unknown)));
            }
            *attempt += 1;
            run.tell(&Event::Started(step));
            match workflow.act(step, &observed).await {
                Ok(()) => {
                    acted.push(step.id.clone());
                    unseen = Some(step.id.clone());
                    run.tell(&Event::Finished(step));
                }
                Err(error) if error.is_conflict() && *attempt < TRIES => {
                    run.tell(&Event::Disturbed { step, error: &error });
                }
                Err(error) => return Err(RunError::new(&step.title, acted, error)),
            }
            continue;
        }
        if let Some((until, what_for)) = steps.come_back().filter(|_| run.wait) {
            run.tell(&Event::Sleeping { until, what_for });
            let left = until.duration_since(run.clock.now());
            // What was waited for may be late: look again, but not in a busy loop.
            let left = Duration::try_from(left).unwrap_or_default();
            tokio::time::sleep(left.max(Duration::from_secs(1))).await;
            tries.clear();
            continue;
        }
        let checks = if steps.all_done() {
            run.tell(&Event::Verifying);
            match workflow.verify(&observed).await {
                Ok(checks) => checks,
                Err(error) => return Err(RunError::new("verify what was done", acted, error)),
            }
        } else {
            Vec::new()
        };
        return Ok(Outcome { observed, steps, acted, checks });
    }
}

impl Run {
    /// With a clock of the caller's.
    pub fn on(clock: Clock) -> Self {
        Self { clock, wait: false, progress: Box::new(|_| {}) }
    }

    /// Whether to sleep until a waiting step may go on, instead of ending the run.
    #[must_use]
    pub fn waiting(self, wait: bool) -> Self {
        Self { wait, ..self }
    }

    /// Tells what happens as it happens.
    #[must_use]
    pub fn telling(self, progress: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self { progress: Box::new(progress), ..self }
    }

    fn tell(&self, event: &Event<'_>) {
        (self.progress)(event);
    }
}

/// On the machine's clock, silently, without sleeping.
impl Default for Run {
    fn default() -> Self {
        Self::on(Clock::system())
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("wait", &self.wait).finish_non_exhaustive()
    }
}

impl<Observed> Outcome<Observed> {
    /// Whether every step is done and no check failed.
    pub fn is_complete(&self) -> bool {
        self.steps.all_done() && self.failed().next().is_none()
    }

    /// The checks that found something wrong.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.verdict == Verdict::Failed)
    }
}

impl RunError {
    fn new(doing: &str, acted: Vec<String>, error: Error) -> Self {
        Self { doing: doing.to_owned(), acted, error }
    }
}

#[cfg(test)]
mod tests;
