//! Jobs that are killed at every request that they make, once for each, and have to end all the same.

use std::fmt::Debug;

use howdah_core::testing::KillSwitch;
use howdah_workflows::engine::{Outcome, RunError};

/// A world in which a job is run, and that is watched all the while.
pub trait Killable {
    /// What the job observes.
    type Observed;
    /// What it leaves behind.
    type End: PartialEq + Debug;

    /// Runs the job by a program that a switch kills.
    async fn run(&self, switch: &KillSwitch) -> Result<Outcome<Self::Observed>, RunError>;

    /// What was left behind, so that two worlds can be compared.
    async fn end(&self) -> Self::End;

    /// What the watch has seen and should not have.
    fn violations(&self) -> Vec<String>;
}

/// Kills the job before or after each request is carried out, and has it run again, and once more.
pub async fn killed_at_every_request<W: Killable>(applied: bool, world: impl AsyncFn() -> W) {
    let undisturbed = world().await;
    let counting = KillSwitch::never();
    assert!(undisturbed.run(&counting).await.unwrap().is_complete());
    assert!(counting.requests() > 10);
    assert_eq!(undisturbed.violations(), [] as [String; 0]);
    let expected = undisturbed.end().await;

    let mut faults = Vec::new();
    for k in 1..=counting.requests() {
        let world = world().await;
        let switch = KillSwitch::at(k, applied);
        let killed = world.run(&switch).await;
        let mut fault = |what: String| faults.push(format!("killed at {k}: {what}"));
        if killed.is_ok() || !switch.is_dead() {
            fault("nobody died".to_owned());
        }
        match world.run(&KillSwitch::never()).await {
            Ok(outcome) if outcome.is_complete() => {}
            Ok(outcome) => fault(format!("the second run did not end it: {}\n{:?}", outcome.steps, outcome.checks)),
            Err(error) => fault(format!("the second run failed: {error}: {}", error.error)),
        }
        let end = world.end().await;
        if end != expected {
            fault(format!("it ended as {end:#?} and not as {expected:#?}"));
        }
        match world.run(&KillSwitch::never()).await {
            Ok(outcome) if outcome.is_complete() && outcome.acted.is_empty() => {}
            Ok(outcome) => fault(format!("the third run did {:?}: {}", outcome.acted, outcome.steps)),
            Err(error) => fault(format!("the third run failed: {error}: {}", error.error)),
        }
        world.violations().into_iter().for_each(fault);
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(5)].join("\n"));
}
