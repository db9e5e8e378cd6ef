//! How many calls a provider still grants, and whose turn it is.
//!
//! A client asks for a [`Permit`] before each call and hands it the answer afterwards. From what the answers announce, a
//! [`Quota`] knows what is left: it spends that freely, then waits for the reset. A long job neither meets a 429 nor idles.
//!
//! What a bucket knows is one window: the least `remaining` that any answer has reported in it, and its reset. The least
//! was counted last at the provider, so whatever is counted after it is still on its way back here, and
//! `least - in flight` never grants too much, however the answers are reordered. When a window has passed, one call goes
//! alone, a probe, and its answer opens the next one. This holds for fixed and for sliding windows: in a sliding one the
//! reset is the moment the oldest call expires, and the probe learns how many others have.
//!
//! Which of two answers was counted later is certain where resets are moments of the calendar. Where they are seconds to
//! go, or missing, it is not: an answer that seems to open a window is then held against those that overtook it.

mod announcement;
#[cfg(test)]
mod tests;

use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use tokio::{
    sync::{Notify, Semaphore},
    time::{Instant, timeout_at},
};

use announcement::{Answer, Report, Reset};

/// One bucket of calls that a provider counts together, and where it announces them.
#[derive(Clone, Copy, Debug)]
pub struct QuotaRule {
    /// The name that endpoints refer to; `""` is the bucket of every endpoint that names none.
    pub bucket: &'static str,
    /// Where answers say how much is left.
    pub announced: Announced,
    /// A published limit that no answer announces, held by counting our own calls.
    pub declared: Option<Declared>,
}

/// Where a provider's answers say how much of a quota is left.
///
/// How a reset is written needs no declaration: seconds to go, seconds or milliseconds since 1970, an HTTP date and
/// `2024-01-31 10:00:00 UTC` cannot be mistaken for one another, and providers differ from their own documents.
#[derive(Clone, Copy, Debug)]
pub enum Announced {
    /// Nowhere.
    Nowhere,
    /// In two headers, such as `X-RateLimit-Remaining` and `X-RateLimit-Reset`.
    Headers {
        /// The header with the number of calls left.
        remaining: &'static str,
        /// The header with the time of the reset.
        reset: &'static str,
    },
    /// In one structured header, such as `Ratelimit: "default";r=50;t=30`. Of several policies the tightest counts.
    Structured(&'static str),
}

/// A published limit: so many calls in any period of this length.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// The most calls in one period, at least 1.
    pub calls: u32,
    /// The length of the period.
    pub per: Duration,
}

/// The quotas of one account at one provider. Clones share them.
#[derive(Clone, Debug)]
pub struct Quota(Arc<[Arc<Bucket>]>);

impl Quota {
    /// A quota that always grants, and learns nothing.
    pub fn unlimited() -> Self {
        Self::new(&[])
    }

    /// The quotas that `rules` describe, with nothing known of them yet.
    pub fn new(rules: &'static [QuotaRule]) -> Self {
        Self(rules.iter().map(|rule| Arc::new(Bucket::new(rule))).collect())
    }

    /// Waits until `bucket` has room for a call. First come, first served.
    ///
    /// Where no rule has that name, the call counts in the bucket `""`, and where there is none, it is granted.
    ///
    /// # Errors
    ///
    /// [`Exhausted`], without waiting, as soon as it is known that there is no room before `deadline`; at the deadline
    /// itself if that could not be known.
    pub async fn acquire(&self, bucket: &'static str, deadline: Option<Instant>) -> Result<Permit, Exhausted> {
        let named = |name| self.0.iter().find(|candidate| candidate.rule.bucket == name);
        match named(bucket).or_else(|| named("")) {
            Some(bucket) => bucket.acquire(deadline).await,
            None => Ok(Permit(None)),
        }
    }
}

/// There is no room for a call in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// When there will be room, as far as is known.
    pub until: Instant,
    /// The bucket that is spent.
    pub bucket: &'static str,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.until.saturating_duration_since(Instant::now()).as_secs_f64().ceil();
        match self.bucket {
            "" => write!(f, "the provider's quota is spent for another {left} s"),
            bucket => write!(f, "the provider's quota for {bucket} is spent for another {left} s"),
        }
    }
}

impl std::error::Error for Exhausted {}

/// The right to make one call.
///
/// Hand it the answer with [`answered`](Self::answered). A permit that is dropped gives its place up to the next caller,
/// but its call is held against the quota until the provider's own count is sure to include it.
#[derive(Debug)]
#[must_use = "dropping a permit gives up the call it is for"]
pub struct Permit(Option<(Arc<Bucket>, Call)>);

impl Permit {
    /// Feeds back what the provider answered. `now` is today's date, for the rare reset that comes without a `Date`.
    pub fn answered(mut self, status: StatusCode, headers: &HeaderMap, now: Timestamp) {
        if let Some((bucket, call)) = self.0.take() {
            let received = Instant::now();
            let answer = Answer::read(&bucket.rule.announced, status, headers, call.acquired, received, now);
            bucket.change(call, |state| {
                state.log(bucket.rule.declared, received);
                state.answered(call, answer, received);
            });
        }
    }

    /// Gives the permit back: its call never left this machine.
    pub fn not_sent(mut self) {
        if let Some((bucket, call)) = self.0.take() {
            bucket.change(call, |_| ());
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some((bucket, call)) = self.0.take() {
            let counted_by = Instant::now() + STRAGGLER;
            bucket.change(call, |state| {
                state.log(bucket.rule.declared, counted_by);
                state.leave_unreported(counted_by);
            });
        }
    }
}

/// Headers have whole seconds: what they call a reset may be up to this much before it.
const ROUNDING: Duration = Duration::from_secs(1);

/// Resets this close together are one reset, announced twice in seconds to go.
const SAME_RESET: Duration = Duration::from_secs(2);

/// A call whose caller has gone is counted by the provider at most this much later.
const STRAGGLER: Duration = Duration::from_secs(5);

/// So many reports are remembered.
const MEMORY: usize = 4096;

#[derive(Debug)]
struct Bucket {
    rule: &'static QuotaRule,
    state: Mutex<State>,
    /// Held by the one caller whose turn is next; the others queue for it, so that a change wakes one and not thousands.
    turn: Semaphore,
    /// Tells the caller whose turn it is that the state has changed.
    changed: Notify,
}

impl Bucket {
    fn new(rule: &'static QuotaRule) -> Self {
        let knowledge = match rule.announced {
            Announced::Nowhere => Knowledge::Free,
            Announced::Headers { .. } | Announced::Structured(_) => Knowledge::Nothing,
        };
        let state = State {
            knowledge,
            generation: 0,
            answers: 0,
            in_flight: 0,
            probing: false,
            capacity: 0,
            recent: VecDeque::new(),
            unreported: VecDeque::new(),
            own: BinaryHeap::new(),
        };
        Self { rule, state: Mutex::new(state), turn: Semaphore::new(1), changed: Notify::new() }
    }

    async fn acquire(self: &Arc<Self>, deadline: Option<Instant>) -> Result<Permit, Exhausted> {
        // Those whose deadline is hopeless need not queue behind those who can wait.
        self.in_time(deadline)?;
        let _turn = match deadline {
            None => self.turn.acquire().await,
            Some(deadline) => match timeout_at(deadline, self.turn.acquire()).await {
                Ok(turn) => turn,
                Err(_) => {
                    return Err(self.exhausted(self.state().room(self.rule.declared, Instant::now()), deadline));
                }
            },
        };
        loop {
            // Created before the look at the state: a change after that look is not missed.
            let changed = self.changed.notified();
            let room = {
                let now = Instant::now();
                let mut state = self.state();
                let room = state.room(self.rule.declared, now);
                if let Room::Now { probe } = room {
                    state.in_flight += 1;
                    state.probing |= probe;
                    let call = Call { acquired: now, answers: state.answers, probe: probe.then_some(state.generation) };
                    return Ok(Permit(Some((Arc::clone(self), call))));
                }
                room
            };
            match (room, deadline) {
                (Room::At(at), Some(deadline)) if deadline < at => {
                    return Err(self.exhausted(room, deadline));
                }
                (Room::At(at), _) => {
                    let _ = timeout_at(at, changed).await;
                }
                (_, None) => changed.await,
                (_, Some(deadline)) => {
                    if timeout_at(deadline, changed).await.is_err() {
                        return Err(self.exhausted(room, deadline));
                    }
                }
            }
        }
    }

    fn in_time(&self, deadline: Option<Instant>) -> Result<(), Exhausted> {
        let Some(deadline) = deadline else {
            return Ok(());
        };
        match self.state().room(self.rule.declared, Instant::now()) {
            room @ Room::At(at) if deadline < at => Err(self.exhausted(room, deadline)),
            _ => Ok(()),
        }
    }

    fn exhausted(&self, room: Room, deadline: Instant) -> Exhausted {
        let until = match room {
            Room::At(at) => at.max(deadline),
            Room::Now { .. } | Room::AfterAnswer => deadline,
        };
        Exhausted { until, bucket: self.rule.bucket }
    }

    /// Ends `call`, in whichever way `change` says, and lets the next caller look.
    fn change(&self, call: Call, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        state.in_flight -= 1;
        if call.probe.is_some() {
            state.probing = false;
        }
        change(&mut state);
        drop(state);
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, Debug)]
struct Call {
    acquired: Instant,
    /// How many answers had come before it went.
    answers: u64,
    /// The generation of the window that had passed when this call went to find the next.
    probe: Option<u64>,
}

/// When a bucket has room for a call.
#[derive(Clone, Copy, Debug)]
enum Room {
    Now { probe: bool },
    At(Instant),
    AfterAnswer,
}

#[derive(Debug)]
struct State {
    knowledge: Knowledge,
    /// Counts the windows.
    generation: u64,
    /// Counts the answers.
    answers: u64,
    in_flight: u32,
    probing: bool,
    /// The provider's limit is at least this.
    capacity: u32,
    /// The last reports, oldest first, as far back as a call in flight may have been overtaken by them.
    recent: VecDeque<Recent>,
    /// Calls that may have been counted although no answer said so, each as the moment from which it is certain: a call
    /// made after that reports a number that includes it. In order of time but for the slack of [`STRAGGLER`].
    unreported: VecDeque<Instant>,
    /// Our own calls, as the moments when each no longer counts towards the declared limit.
    own: BinaryHeap<Reverse<Instant>>,
}

#[derive(Clone, Copy, Debug)]
struct Recent {
    /// Which of all answers it was.
    number: u64,
    remaining: u32,
    reset: Reset,
}

#[derive(Debug)]
enum Knowledge {
    /// No answer yet.
    Nothing,
    /// The provider answers without announcing anything.
    Free,
    Window(Window),
}

#[derive(Clone, Copy, Debug)]
struct Window {
    least: u32,
    /// As the answer that opened it announced it.
    reset: Reset,
    /// When that is here, but for rounding.
    until: Instant,
    /// Opened by a 429: only the probe that goes after its end can say anything new.
    refused: bool,
}

impl Window {
    fn end(&self) -> Instant {
        self.until + ROUNDING
    }
}

impl State {
    fn room(&mut self, declared: Option<Declared>, now: Instant) -> Room {
        if let Some(declared) = declared {
            while self.own.peek().is_some_and(|Reverse(expiry)| *expiry <= now) {
                self.own.pop();
            }
            if self.own.len() + self.in_flight as usize >= declared.calls.max(1) as usize {
                return self.own.peek().map_or(Room::AfterAnswer, |Reverse(expiry)| Room::At(*expiry));
            }
        }
        if matches!(self.knowledge, Knowledge::Nothing) {
            // Whatever is counted by now, the first answer will include.
            self.settle(now);
        }
        let owed = self.in_flight as usize + self.unreported.len();
        match &self.knowledge {
            Knowledge::Free => Room::Now { probe: false },
            Knowledge::Window(window) if now < window.end() => {
                if window.least as usize > owed {
                    Room::Now { probe: false }
                } else {
                    Room::At(window.end())
                }
            }
            Knowledge::Nothing | Knowledge::Window(_) => {
                // Calls of the last window may yet be counted in the next: they must leave room for the probe.
                let full = self.in_flight > 0 && owed >= self.capacity as usize;
                if self.probing || full { Room::AfterAnswer } else { Room::Now { probe: true } }
            }
        }
    }

    fn answered(&mut self, call: Call, answer: Answer, now: Instant) {
        self.answers += 1;
        match answer {
            Answer::Report(report) => self.learn(call, report, now),
            Answer::Refusal { until, window } => self.refuse(call, until, window),
            Answer::Silence { from_provider: true } if call.probe.is_some() => {
                self.knowledge = Knowledge::Free;
                self.unreported.clear();
            }
            Answer::Silence { .. } => self.leave_unreported(now),
        }
    }

    fn learn(&mut self, call: Call, report: Report, now: Instant) {
        let reset = report.reset.unwrap_or_else(|| Reset::at(now, call.acquired));
        self.capacity = self.capacity.max(report.remaining.saturating_add(1));
        let overtaken = usize::try_from(self.answers - call.answers - 1).unwrap_or(usize::MAX);
        let found = call.probe == Some(self.generation);
        match &mut self.knowledge {
            Knowledge::Window(window) if window.refused && !found => return,
            Knowledge::Window(window) => match reset.order(&window.reset, SAME_RESET) {
                Ordering::Less if !found => return,
                Ordering::Equal if !found => {
                    window.least = window.least.min(report.remaining);
                    // Of the very same moment the shortest way here tells most; of two that may differ the later counts.
                    let exact = reset.is_exact() && window.reset.is_exact();
                    window.until = if exact { window.until.min(reset.at) } else { window.until.max(reset.at) };
                }
                _ => {
                    let least = if overtaken > self.recent.len() {
                        window.least.min(report.remaining)
                    } else {
                        let overtakers = self.recent.iter().rev().take_while(|recent| recent.number > call.answers);
                        let perhaps_later = overtakers.filter(|recent| recent.reset.order(&reset, SAME_RESET).is_ge());
                        perhaps_later.map(|recent| recent.remaining).fold(report.remaining, u32::min)
                    };
                    self.open(Window { least, reset, until: reset.at, refused: false });
                }
            },
            Knowledge::Nothing | Knowledge::Free => {
                let least = report.remaining.saturating_sub(u32::try_from(overtaken).unwrap_or(u32::MAX));
                self.open(Window { least, reset, until: reset.at, refused: false });
            }
        }
        self.remember(Recent { number: self.answers, remaining: report.remaining, reset });
        self.settle(call.acquired);
    }

    fn open(&mut self, window: Window) {
        self.knowledge = Knowledge::Window(window);
        self.generation += 1;
    }

    fn remember(&mut self, report: Recent) {
        if self.in_flight == 0 {
            self.recent.clear();
        } else {
            if self.recent.len() == MEMORY {
                self.recent.pop_front();
            }
            self.recent.push_back(report);
        }
    }

    fn refuse(&mut self, call: Call, until: Reset, announced: Option<Reset>) {
        let mut refused = Window { least: 0, reset: until, until: until.at, refused: true };
        if let Knowledge::Window(known) = &self.knowledge
            && call.probe != Some(self.generation)
        {
            if known.refused {
                refused.until = refused.until.max(known.until);
            } else if announced.is_some_and(|reset| reset.order(&known.reset, SAME_RESET).is_lt()) {
                return;
            }
        }
        self.open(refused);
    }

    /// Holds a call against the quota that no answer has accounted for.
    fn leave_unreported(&mut self, counted_by: Instant) {
        if !matches!(self.knowledge, Knowledge::Free) {
            self.unreported.push_back(counted_by);
        }
    }

    /// Forgets the unreported calls that a call made at `moment` was counted after.
    fn settle(&mut self, moment: Instant) {
        while self.unreported.front().is_some_and(|counted_by| *counted_by <= moment) {
            self.unreported.pop_front();
        }
    }

    fn log(&mut self, declared: Option<Declared>, counted_by: Instant) {
        if let Some(declared) = declared {
            self.own.push(Reverse(counted_by + declared.per));
        }
    }
}
