//! A stateful fake of UptimeRobot, in process and on loopback.
//!
//! ```
//! use howdah_core::{Outcome, testing::Fault};
//! use howdah_uptimerobot::{monitors::{HttpMonitor, MonitorFilter, MonitorStatus}, testing::FakeUptimeRobot};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! let fake = FakeUptimeRobot::new();
//! let monitors = fake.client().monitors();
//!
//! // The answer to the next call is lost, although the monitor is made.
//! fake.world().fail_next(Fault::Lost { applied: true });
//! let site = HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32);
//! let error = monitors.create(site).await.unwrap_err();
//! assert_eq!(error.outcome(), Outcome::Unknown);
//! let site = monitors.find(MonitorFilter::new(), |one| one.friendly_name == "site").await?.unwrap();
//!
//! fake.set_down(site.id, "Connection timeout");
//! assert_eq!(monitors.get(site.id).await?.status, Some(MonitorStatus::Down));
//! # Ok(()) }
//! ```
//!
//! Its time is its clock's: a monitor is seen up after its first interval, unless the test says that it is down; a heartbeat
//! is down when it is late. What lists and readings show may be [behind](FakeUptimeRobot::set_lag) what was written, as at
//! the service.

// A test that is set up wrongly ends.
#![allow(clippy::expect_used)]

mod contacts;
mod incidents;
mod maintenance_windows;
mod monitor_groups;
mod monitors;
mod psps;

use std::{fs, io, path::Path, time::Duration};

use howdah_core::{
    Clock, Id,
    http::{ApiBuilder, RetryPolicy, Route},
    testing::{
        Answer, Asked, Fake, Server, World,
        quota_server::{QuotaFormat, QuotaServer, QuotaWindow},
    },
};
use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{PRODUCTION, UptimeRobot, monitors::MonitorId};

/// The key that the fake accepts.
pub const KEY: &str = "u1234567-fake0123456789abcdef012345";

/// A key that only reads.
pub const READ_ONLY_KEY: &str = "ur1234567-fake0123456789abcdef01234";

/// What an account has paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// How many monitors there may be. Calls a minute are twice as many, and ten where nothing is paid.
    pub monitors: u32,
    /// Seconds that an interval has at least.
    pub interval: u32,
    /// Whether there are maintenance windows and custom domains.
    pub paid: bool,
}

impl Plan {
    /// Fifty monitors, every five minutes, ten calls a minute.
    pub const FREE: Self = Self { monitors: 50, interval: 300, paid: false };

    /// A hundred monitors, every minute, two hundred calls a minute.
    pub const TEAM: Self = Self { monitors: 100, interval: 60, paid: true };

    /// The same for so many monitors.
    #[must_use]
    pub fn with_monitors(self, monitors: u32) -> Self {
        Self { monitors, ..self }
    }

    fn calls(self) -> u32 {
        if self.paid { (2 * self.monitors).min(5000) } else { 10 }
    }

    fn name(self) -> &'static str {
        if self.paid { "Team" } else { "Free" }
    }
}

/// A fake of UptimeRobot. Clones are the same one.
#[derive(Clone, Debug)]
pub struct FakeUptimeRobot {
    world: Fake<State>,
    clock: Clock,
}

/// What the fake holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    now: Timestamp,
    plan: Plan,
    /// Seconds for which a reading is behind.
    lag: i64,
    last_id: u64,
    contacts: contacts::State,
    incidents: incidents::State,
    maintenance_windows: maintenance_windows::State,
    monitor_groups: monitor_groups::State,
    monitors: monitors::State,
    psps: psps::State,
}

impl FakeUptimeRobot {
    /// An account of the plan [`Plan::TEAM`] with nothing in it but its owner's contact, on the machine's clock.
    pub fn new() -> Self {
        Self::at(Clock::system())
    }

    /// The same on a clock of the test's.
    pub fn at(clock: Clock) -> Self {
        Self::of(Plan::TEAM, clock)
    }

    /// The same with another plan.
    pub fn of(plan: Plan, clock: Clock) -> Self {
        Self::with(State::new(plan, clock.now()), clock, |fake| fake)
    }

    /// The account that a file holds, or a new one where there is no file yet; every change is written to it.
    pub fn kept_in(file: &Path, clock: Clock) -> io::Result<Self> {
        let state = match fs::read(file) {
            Ok(content) => serde_json::from_slice(&content)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(Plan::TEAM, clock.now()),
            Err(error) => return Err(error),
        };
        Ok(Self::with(state, clock, |fake| fake.kept_in(file)))
    }

    fn with(state: State, clock: Clock, set_up: impl FnOnce(Fake<State>) -> Fake<State>) -> Self {
        let quota = QuotaServer::new(state.plan.calls(), Duration::from_secs(60), QuotaWindow::Fixed)
            .with_format(QuotaFormat::Delta)
            .with_clock(clock.now());
        let fake = Fake::new("uptimerobot", state)
            .below("/v3")
            .with_clock(clock.clone())
            .with_quota(quota)
            .with_gate(gate)
            .with_pages(paginate)
            .with_translation(|_| {}, |_, asked, answer| as_it_is_written(asked, answer));
        let fake = set_up(fake);
        let groups = [
            contacts::serve,
            incidents::serve,
            maintenance_windows::serve,
            monitor_groups::serve,
            monitors::serve,
            psps::serve,
        ];
        Self { world: groups.into_iter().fold(fake, |fake, serve| serve(fake)), clock }
    }

    /// The fake below: its journal, its faults, its state.
    pub fn world(&self) -> &Fake<State> {
        &self.world
    }

    /// A client of it, in process, patient enough to wait for the next minute's quota.
    ///
    /// # Panics
    ///
    /// Never: its setup is known to be right.
    pub fn client(&self) -> UptimeRobot {
        let api = self.builder().build().unwrap_or_else(|error| panic!("{error}"));
        UptimeRobot::from(api)
    }

    /// Sets up a client of it, for another transport around it or another patience.
    pub fn builder(&self) -> ApiBuilder {
        let patient = RetryPolicy::default().with_total(Duration::from_secs(3600));
        UptimeRobot::builder(KEY)
            .base_url(PRODUCTION)
            .transport(self.world.clone())
            .clock(self.clock.clone())
            .retry(patient)
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<Server> {
        self.world.serve().await
    }

    /// From now on nothing answers where this monitor looks.
    ///
    /// # Panics
    ///
    /// When there is no such monitor.
    pub fn set_down(&self, monitor: MonitorId, reason: &str) {
        self.world.state(|world| monitors::set_down(world, monitor, Some(reason)));
    }

    /// From now on there is an answer again.
    ///
    /// # Panics
    ///
    /// When there is no such monitor.
    pub fn set_up(&self, monitor: MonitorId) {
        self.world.state(|world| monitors::set_down(world, monitor, None));
    }

    /// Calls a heartbeat's URL; `false` when no monitor has it.
    pub fn beat(&self, url: &str) -> bool {
        let now = self.clock.now();
        self.world.state(|world| {
            world.pass(now);
            monitors::beat(world, url)
        })
    }

    /// For how long a reading shows what was before a change: not at all by default.
    pub fn set_lag(&self, lag: Duration) {
        self.world.state(|world| world.lag = lag.as_secs().try_into().unwrap_or(i64::MAX));
    }
}

impl Default for FakeUptimeRobot {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn new(plan: Plan, now: Timestamp) -> Self {
        Self {
            now: whole_seconds(now),
            plan,
            lag: 0,
            last_id: 801_000_000,
            contacts: contacts::State::default(),
            incidents: incidents::State::default(),
            maintenance_windows: maintenance_windows::State::default(),
            monitor_groups: monitor_groups::State::default(),
            monitors: monitors::State::default(),
            psps: psps::State::default(),
        }
    }

    /// A number that was not given before.
    fn new_id<T>(&mut self) -> Id<T> {
        self.last_id += 1;
        Id::new(self.last_id)
    }

    /// The present moment as the service writes it.
    fn now(&self) -> String {
        written(self.now)
    }

    fn in_seconds(&self, seconds: i64) -> Timestamp {
        self.now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(self.now)
    }
}

impl World for State {
    fn pass(&mut self, now: Timestamp) {
        self.now = whole_seconds(now);
        monitors::pass(self);
    }
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    moment.round(Unit::Second).unwrap_or(moment)
}

fn written(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// Every operation wants a key, and one that only reads does not change.
fn gate(_: &mut State, asked: &Asked) -> Result<(), Answer> {
    if asked.path.starts_with("/meta/") {
        return Ok(());
    }
    let sent = asked.headers.get("authorization").and_then(|value| value.to_str().ok());
    match sent.and_then(|sent| sent.strip_prefix("Bearer ")) {
        Some(KEY) => Ok(()),
        Some(READ_ONLY_KEY) if asked.method == "GET" => Ok(()),
        Some(READ_ONLY_KEY) => Err(forbidden("This API key is read-only")),
        _ => Err(refused(401, "003-005", "Invalid API key")),
    }
}

/// Cuts by `?cursor=` and, for monitors and comments, `?limit=`; a page that is full has a link to the next, which may be
/// empty.
// What pages are cut by hands over its items.
#[allow(clippy::needless_pass_by_value)]
fn paginate(asked: &Asked, route: &Route, items: Vec<Value>) -> Answer {
    let (size, most) = match route.path {
        "/monitors" => (50, 200),
        path if path.ends_with("/comments") => (50, 100),
        _ => (50, 50),
    };
    let size = asked.parameter("limit").and_then(|text| text.parse().ok()).unwrap_or(size).clamp(1, most);
    let id = |item: &Value| item.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    let after = asked.parameter("cursor");
    let from = match &after {
        Some(cursor) => {
            items.iter().position(|item| id(item).as_ref() == Some(cursor)).map_or(items.len(), |at| at + 1)
        }
        None => 0,
    };
    let page: Vec<_> = items.into_iter().skip(from).take(size).collect();
    let cursor = page.last().filter(|_| page.len() == size).and_then(id);
    if route.path == "/tags" {
        let next = cursor.and_then(|cursor| cursor.parse::<u64>().ok());
        return Answer::json(200, json!({ "data": page, "nextCursorId": next }));
    }
    let next = cursor.map(|cursor| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let pairs = url::form_urlencoded::parse(asked.query.as_bytes()).into_owned();
        query.extend_pairs(pairs.filter(|(name, _)| name != "cursor")).append_pair("cursor", &cursor);
        format!("{}{}?{}", origin(asked), asked.path, query.finish())
    });
    Answer::json(200, json!({ "data": page, "nextLink": next }))
}

/// Where the one who asks sees the fake.
fn origin(asked: &Asked) -> String {
    let host = asked.headers.get("host").and_then(|value| value.to_str().ok());
    host.map_or_else(|| "https://api.uptimerobot.com".to_owned(), |host| format!("http://{host}"))
}

/// What is left out while there is nothing. Other fields are shown as `null`.
const LEFT_OUT: &[&str] = &[
    "INFRASTRUCTURE",
    "THRESHOLD",
    "alertLogType",
    "apiAssertions",
    "applicationErrorRetries",
    "areaCoordinates",
    "cause",
    "code",
    "commentEmail",
    "commentFullName",
    "commentId",
    "dnsRecords",
    "error",
    "incidentStatus",
    "ipVersion",
    "lastCheckBaselinePath",
    "monitorName",
    "notificationStatus",
    "notificationType",
    "page",
    "payload",
    "reason",
    "refreshBaseline",
    "remoteNode",
    "responseTime",
    "sentToFullName",
    "sentToValue",
    "sslExpirationPeriodDays",
    "target",
    "totalChanges",
    "udp",
    "userBaselinePath",
    "visualComparison",
];

fn as_it_is_written(asked: &Asked, answer: Answer) -> Answer {
    if answer.status == 429 {
        return Answer {
            headers: answer.headers,
            ..Answer::text(429, "text/plain", "ThrottlerException: Too Many Requests")
        };
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return answer };
    strip_nulls(&mut body);
    if asked.path.ends_with("/activity-log") && answer.status == 200 {
        // It has a link to the next page, which never is.
        body["nextLink"] = Value::Null;
    }
    Answer { body: body.to_string().into(), ..answer }
}

fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, member| !member.is_null() || !LEFT_OUT.contains(&name.as_str()));
            members.values_mut().for_each(strip_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, json!({ "message": message, "code": code }))
}

fn not_found(what: &str) -> Answer {
    refused(404, "000-004", &format!("{what} not found"))
}

fn forbidden(message: &str) -> Answer {
    Answer::json(403, json!({ "message": message, "error": "Forbidden", "statusCode": 403 }))
}

/// The plan does not include it.
fn plan_lacks(message: &str) -> Answer {
    refused(403, "000-003", message)
}

/// What is wrong with a request, one sentence for each field.
fn invalid(messages: impl IntoIterator<Item = String>) -> Answer {
    let messages: Vec<_> = messages.into_iter().collect();
    Answer::json(400, json!({ "message": messages, "error": "Bad Request", "statusCode": 400 }))
}

/// A number in a path.
fn number<T>(text: &str, what: &str) -> Result<Id<T>, Answer> {
    text.parse().map(Id::new).map_err(|_| not_found(what))
}
