//! What a workflow's plan and proof are made of.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A part of a job, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Step {
    /// One word, the same in every run.
    pub id: String,
    /// What is done, as in "create the zone".
    pub title: String,
    /// What a reader of the plan wants to know besides: numbers, names.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    #[serde(flatten)]
    pub state: State,
}

/// Where a step stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum State {
    /// It can be seen to be done.
    Done,
    /// It can be done now.
    Ready,
    /// A step before it comes first.
    Later,
    /// Nothing can be done before a moment.
    Waiting { until: Timestamp, what_for: String },
    /// Somebody has to decide or to do something elsewhere.
    Blocked { because: String, remedy: String },
}

/// The steps of a job in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Steps(Vec<Step>);

/// One thing that was looked at to verify a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Check {
    /// What should be so, as a sentence.
    pub what: String,
    pub verdict: Verdict,
    /// What was seen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What came of a [`Check`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is so.
    Passed,
    /// It is not so.
    Failed,
    /// It could not be looked at, which is not the same as passed.
    NotObserved,
}

impl Step {
    /// A step that is ready.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), detail: String::new(), state: State::Ready }
    }

    /// Says more about it.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// The step can be seen to be done.
    pub fn done(self) -> Self {
        Self { state: State::Done, ..self }
    }

    /// The step can be done now.
    pub fn ready(self) -> Self {
        Self { state: State::Ready, ..self }
    }

    /// Nothing can be done before `until`.
    pub fn waiting(self, until: Timestamp, what_for: impl Into<String>) -> Self {
        Self { state: State::Waiting { until, what_for: what_for.into() }, ..self }
    }

    /// Somebody has to do what `remedy` says.
    pub fn blocked(self, because: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Blocked { because: because.into(), remedy: remedy.into() }, ..self }
    }
}

impl State {
    /// The state in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Ready => "ready",
            Self::Later => "later",
            Self::Waiting { .. } => "waiting",
            Self::Blocked { .. } => "blocked",
        }
    }
}

impl Steps {
    /// Steps of which each needs those before it: what follows the first that is not done, and is not done either,
    /// comes later.
    pub fn in_sequence(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut open = false;
        let in_turn = |mut step: Step| {
            if step.state != State::Done {
                if open {
                    step.state = State::Later;
                }
                open = true;
            }
            step
        };
        Self(steps.into_iter().map(in_turn).collect())
    }

    /// Steps that do not depend on each other.
    pub fn in_any_order(steps: impl IntoIterator<Item = Step>) -> Self {
        Self(steps.into_iter().collect())
    }

    /// All of them in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.0.iter()
    }

    /// Those that can be done now.
    pub fn ready(&self) -> impl Iterator<Item = &Step> {
        self.iter().filter(|step| step.state == State::Ready)
    }

    /// Those that somebody has to decide upon.
    pub fn blocked(&self) -> impl Iterator<Item = &Step> {
        self.iter().filter(|step| matches!(step.state, State::Blocked { .. }))
    }

    /// Whether nothing is left.
    pub fn all_done(&self) -> bool {
        self.iter().all(|step| step.state == State::Done)
    }

    /// The first moment at which a step that waits may go on, and what it waits for.
    pub fn come_back(&self) -> Option<(Timestamp, &str)> {
        let waits = self.iter().filter_map(|step| match &step.state {
            State::Waiting { until, what_for } => Some((*until, what_for.as_str())),
            _ => None,
        });
        waits.min()
    }
}

/// A line for each step, and below it what is waited for, or why it is blocked and what to do.
impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.iter().map(|step| step.title.chars().count()).max().unwrap_or_default();
        for step in self.iter() {
            let line = format!("{:7}  {:width$}  {}", step.state.word(), step.title, step.detail);
            writeln!(f, "{}", line.trim_end())?;
            match &step.state {
                State::Waiting { until, what_for } => writeln!(f, "         until {until}: {what_for}")?,
                State::Blocked { because, remedy } => {
                    writeln!(f, "         because {because}\n         to do: {remedy}")?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Check {
    /// It is so, or is not.
    pub fn holds(what: impl Into<String>, so: bool) -> Self {
        let verdict = if so { Verdict::Passed } else { Verdict::Failed };
        Self { what: what.into(), verdict, detail: String::new() }
    }

    /// It could not be looked at.
    pub fn not_observed(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), verdict: Verdict::NotObserved, detail: why.into() }
    }

    /// Says what was seen.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }
}
