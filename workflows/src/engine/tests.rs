use std::sync::{Arc, Mutex};

use super::*;

/// Cooks: the pot is filled, stands an hour, is served. `salt` is somebody else's decision.
#[derive(Default)]
struct Kitchen {
    world: Mutex<Pot>,
    conflicts: Mutex<u32>,
    leaky: bool,
}

#[derive(Clone, Debug, Default)]
struct Pot {
    filled: Option<Timestamp>,
    served: bool,
    salted: bool,
}

#[async_trait]
impl Workflow for Kitchen {
    type Observed = Pot;

    async fn observe(&self) -> Result<Pot> {
        Ok(self.world.lock().unwrap().clone())
    }

    fn plan(&self, pot: &Pot, now: Timestamp) -> Steps {
        let salt = Step::new("salt", "salt it");
        let fill = Step::new("fill", "fill the pot").with_detail("5 l");
        let stand = Step::new("stand", "let it stand");
        let serve = Step::new("serve", "serve it");
        let ready_at = pot.filled.map(|at| at + jiff::SignedDuration::from_hours(1));
        Steps::in_sequence([
            if pot.salted { salt.done() } else { salt.blocked("nobody knows how much", "ask the cook") },
            if pot.filled.is_some() { fill.done() } else { fill },
            match ready_at {
                Some(at) if at > now => stand.waiting(at, "the soup"),
                Some(_) => stand.done(),
                None => stand,
            },
            if pot.served { serve.done() } else { serve },
        ])
    }

    async fn act(&self, step: &Step, _: &Pot) -> Result<()> {
        let mut conflicts = self.conflicts.lock().unwrap();
        if *conflicts > 0 {
            *conflicts -= 1;
            return Err(Error::new(ErrorKind::Conflict, "somebody else stirs"));
        }
        let mut pot = self.world.lock().unwrap();
        match step.id.as_str() {
            "fill" if !self.leaky => pot.filled = Some(start()),
            "serve" => pot.served = true,
            _ => {}
        }
        Ok(())
    }

    async fn verify(&self, pot: &Pot) -> Result<Vec<Check>> {
        Ok(vec![Check::holds("the guests are fed", pot.served)])
    }
}

fn start() -> Timestamp {
    "2022-12-04T09:00:00Z".parse().unwrap()
}

fn kitchen(salted: bool) -> Kitchen {
    let kitchen = Kitchen::default();
    kitchen.world.lock().unwrap().salted = salted;
    kitchen
}

fn states(steps: &Steps) -> Vec<&'static str> {
    steps.iter().map(|step| step.state.word()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_the_run_and_says_when_to_come_back() {
    let kitchen = kitchen(true);
    let outcome = apply(&kitchen, &Run::on(Clock::starting_at(start()))).await.unwrap();
    assert_eq!(states(&outcome.steps), ["done", "done", "waiting", "later"]);
    let hour = start() + jiff::SignedDuration::from_hours(1);
    assert_eq!(outcome.steps.come_back(), Some((hour, "the soup")));
    assert_eq!(outcome.acted, ["fill"]);
    assert!(!outcome.is_complete() && outcome.checks.is_empty());

    let later = apply(&kitchen, &Run::on(Clock::starting_at(hour))).await.unwrap();
    assert_eq!(later.acted, ["serve"]);
    assert!(later.is_complete() && later.checks.len() == 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_sleeps_and_goes_on() {
    let kitchen = kitchen(true);
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = told.clone();
    let run = Run::on(Clock::starting_at(start())).waiting(true).telling(move |event| {
        notes.lock().unwrap().push(match event {
            Event::Started(step) => format!("start {}", step.id),
            Event::Finished(step) => format!("finish {}", step.id),
            Event::Sleeping { until, what_for } => {
                format!("sleep until {until} for {what_for}")
            }
            Event::Verifying => "verify".to_owned(),
            _ => return,
        });
    });
    assert!(apply(&kitchen, &run).await.unwrap().is_complete());
    let expected = [
        "start fill",
        "finish fill",
        "sleep until 2022-12-04T10:00:00Z for the soup",
        "start serve",
        "finish serve",
        "verify",
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_is_blocked_stops_what_follows() {
    let kitchen = kitchen(false);
    let outcome = apply(&kitchen, &Run::default()).await.unwrap();
    assert_eq!(states(&outcome.steps), ["blocked", "later", "later", "later"]);
    assert_eq!(outcome.steps.blocked().count(), 1);
    assert!(outcome.acted.is_empty());
    assert!(kitchen.world.lock().unwrap().filled.is_none());
    assert_eq!(
        outcome.steps.to_string(),
        "blocked  salt it\n         because nobody knows how much\n         to do: ask the cook\n\
         later    fill the pot  5 l\nlater    let it stand\nlater    serve it\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_looked_at_again_but_not_for_ever() {
    for (conflicts, acted) in [(1, true), (2, true), (3, false)] {
        let kitchen = kitchen(true);
        *kitchen.conflicts.lock().unwrap() = conflicts;
        let outcome = apply(&kitchen, &Run::on(Clock::starting_at(start()))).await;
        assert_eq!(outcome.is_ok(), acted, "{conflicts}");
        if let Err(failed) = outcome {
            assert_eq!(failed.to_string(), "could not fill the pot");
            assert!(failed.error.is_conflict());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_never_shows_is_given_up() {
    let kitchen = Kitchen { leaky: true, ..kitchen(true) };
    let failed = apply(&kitchen, &Run::default()).await.unwrap_err();
    assert_eq!(failed.acted, ["fill", "fill", "fill"]);
    assert!(failed.error.message().contains("still not be seen"), "{}", failed.error);
}

#[test]
fn steps_as_json() {
    let steps = kitchen(true).plan(&Pot { filled: Some(start()), salted: true, served: false }, start());
    let json = serde_json::to_value(&steps).unwrap();
    assert_eq!(json[2]["state"], "waiting");
    assert_eq!(json[2]["what_for"], "the soup");
    assert_eq!(serde_json::from_value::<Steps>(json).unwrap(), steps);
}

/// Two lamps that have nothing to do with each other; the first wants somebody's decision.
struct Lamps(Mutex<bool>);

#[async_trait]
impl Workflow for Lamps {
    type Observed = bool;

    async fn observe(&self) -> Result<bool> {
        Ok(*self.0.lock().unwrap())
    }

    fn plan(&self, lit: &bool, _: Timestamp) -> Steps {
        let second = Step::new("second", "light the second");
        Steps::in_any_order([
            Step::new("first", "light the first").blocked("it is red", "choose a colour"),
            if *lit { second.done() } else { second },
        ])
    }

    async fn act(&self, _: &Step, _: &bool) -> Result<()> {
        *self.0.lock().unwrap() = true;
        Ok(())
    }

    async fn verify(&self, _: &bool) -> Result<Vec<Check>> {
        unreachable!("a step is left")
    }
}

#[tokio::test]
async fn a_blocked_step_does_not_hold_up_what_does_not_need_it() {
    let outcome = apply(&Lamps(Mutex::new(false)), &Run::default()).await.unwrap();
    assert_eq!((states(&outcome.steps), outcome.acted), (vec!["blocked", "done"], vec!["second".to_owned()]));
}

#[test]
fn what_was_not_observed_did_not_fail_and_did_not_pass() {
    let outcome =
        |check| Outcome { observed: (), steps: Steps::in_sequence([]), acted: Vec::new(), checks: vec![check] };
    assert!(outcome(Check::not_observed("it is dark", "the window is shut")).is_complete());
    assert!(!outcome(Check::holds("it is dark", false)).is_complete());
    assert_ne!(Check::not_observed("x", "y").verdict, Verdict::Passed);
}
