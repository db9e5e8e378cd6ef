use std::{
    future::{Future, poll_fn},
    ops::Range,
    sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed},
};

use ::http::HeaderValue;
use proptest::prelude::*;
use tokio::{task::JoinSet, time::sleep};

use super::*;
use crate::{
    Clock,
    testing::quota_server::{QuotaFormat, QuotaServer, QuotaWindow},
};

const NAMED: Announced = Announced::Headers { remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset" };
const HEADERS: &[QuotaRule] = &[QuotaRule { bucket: "", announced: NAMED, declared: None }];
const STRUCTURED: &[QuotaRule] =
    &[QuotaRule { bucket: "", announced: Announced::Structured("ratelimit"), declared: None }];
const HOUR: Duration = Duration::from_secs(3600);

/// What a job does to a provider.
#[derive(Clone, Debug)]
struct Job {
    calls: u32,
    concurrency: u32,
    /// Milliseconds on the way there, and again on the way back.
    latency: Range<u64>,
    /// The share of calls whose caller goes away, in percent.
    drops: u8,
    seed: u64,
}

impl Job {
    fn new(calls: u32, concurrency: u32, latency: Range<u64>) -> Self {
        Self { calls, concurrency, latency, drops: 0, seed: 1 }
    }

    /// Does the job. Returns how many probes were given up after they may have been sent.
    async fn run(&self, quota: &Quota, server: &Arc<QuotaServer>, clock: &Clock) -> u32 {
        let left = Arc::new(AtomicU32::new(self.calls));
        let mut clients = JoinSet::new();
        for client in 0..self.concurrency {
            let (job, quota, server, clock) = (self.clone(), quota.clone(), Arc::clone(server), clock.clone());
            let left = Arc::clone(&left);
            let mut random = fastrand::Rng::with_seed(self.seed.wrapping_add(u64::from(client)));
            clients.spawn(async move {
                let mut lost_probes = 0;
                while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                    let permit = quota.acquire("", None).await.unwrap();
                    let probe = permit.0.as_ref().is_some_and(|(_, call)| call.probe.is_some());
                    let lost = job.call(permit, &server, &clock, &mut random).await;
                    lost_probes += u32::from(probe && lost);
                }
                lost_probes
            });
        }
        clients.join_all().await.into_iter().sum()
    }

    async fn call(&self, permit: Permit, server: &Arc<QuotaServer>, clock: &Clock, random: &mut fastrand::Rng) -> bool {
        let there = Duration::from_millis(random.u64(self.latency.clone()));
        let back = Duration::from_millis(random.u64(self.latency.clone()));
        if random.u8(0..100) < self.drops {
            match random.u8(0..4) {
                0 => {
                    permit.not_sent();
                    return false;
                }
                1 => drop(permit),
                _ => {
                    let server = Arc::clone(server);
                    let on_its_way = tokio::spawn(async move {
                        sleep(there).await;
                        server.call();
                    });
                    sleep((there + back).mul_f64(random.f64())).await;
                    drop(permit);
                    drop(on_its_way);
                }
            }
            return true;
        }
        sleep(there).await;
        let (status, headers) = server.call();
        sleep(back).await;
        permit.answered(status, &headers, clock.now());
        false
    }
}

fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(test)
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_str(value).unwrap())).collect()
}

fn answer(permit: Permit, status: u16, pairs: &[(&'static str, &str)]) {
    permit.answered(StatusCode::from_u16(status).unwrap(), &headers(pairs), Timestamp::UNIX_EPOCH);
}

/// Whether a permit is granted without waiting; if so it counts as in flight.
async fn granted(quota: &Quota) -> Option<Permit> {
    tokio::time::timeout(Duration::ZERO, quota.acquire("", None)).await.ok().map(Result::unwrap)
}

#[test]
fn ten_thousand_calls_take_as_long_as_the_limit_makes_them() {
    for window in [QuotaWindow::Fixed, QuotaWindow::Sliding] {
        for (concurrency, latency) in [(1, 20..60), (8, 50..250), (50, 100..2_000), (400, 1..4_000)] {
            in_virtual_time(async {
                let server = Arc::new(QuotaServer::new(2_400, HOUR, window));
                let (start, ideal) =
                    (Instant::now(), server.ideal(10_000, Instant::now(), Duration::ZERO, Duration::ZERO));
                let job = Job::new(10_000, concurrency, latency);
                job.run(&Quota::new(HEADERS), &server, &Clock::system()).await;
                assert_eq!((server.refused(), server.accepted()), (0, 10_000), "{window:?}, {concurrency} at once");
                let ratio = (server.last_accepted().unwrap() - start).as_secs_f64() / (ideal - start).as_secs_f64();
                assert!(ratio <= 1.02, "{window:?}, {concurrency} at once: {ratio}");
            });
        }
    }
}

#[derive(Clone, Debug)]
struct Provider {
    limit: u32,
    period: Duration,
    window: QuotaWindow,
    format: QuotaFormat,
    rounds_up: bool,
    dated: bool,
    /// How many calls others have made, over which share of a period.
    used: u32,
    since: f64,
    /// Milliseconds that its clock is ahead of ours.
    skew: i64,
}

prop_compose! {
    fn providers()(
        limit in 1..200_u32,
        period in 10_000..4_000_000_u64,
        window in prop::sample::select(&[QuotaWindow::Fixed, QuotaWindow::Sliding]),
        format in prop::sample::select(&[
            QuotaFormat::Epoch, QuotaFormat::Delta, QuotaFormat::HttpDate, QuotaFormat::UtcText, QuotaFormat::Structured,
        ]),
        rounds_up: bool,
        dated in prop::bool::weighted(0.7),
        used in 0.0..1.0_f64,
        since in 0.0..1.0_f64,
        skew in -40_000_000..40_000_000_i64,
    ) -> Provider {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let used = (f64::from(limit) * used) as u32;
        // Without a Date, both clocks have to agree.
        let skew = if dated { skew } else { 0 };
        Provider { limit, period: Duration::from_millis(period), window, format, rounds_up, dated, used, since, skew }
    }
}

prop_compose! {
    fn jobs()(
        calls in 1..800_u32,
        concurrency in 1..60_u32,
        fastest in 0..2_000_u64,
        spread in 1..2_500_u64,
        seed: u64,
    ) -> Job {
        Job { calls, concurrency, latency: fastest..fastest + spread, drops: 0, seed }
    }
}

impl Provider {
    fn server(&self) -> QuotaServer {
        let local = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let mut server = QuotaServer::new(self.limit, self.period, self.window)
            .with_format(self.format)
            .with_clock(local + jiff::SignedDuration::from_millis(self.skew))
            .used_by_others(self.used, self.period.mul_f64(self.since));
        if self.rounds_up {
            server = server.rounding_up();
        }
        if !self.dated {
            server = server.without_date();
        }
        server
    }

    /// Holds that the job is never refused and idles no longer than it has to.
    fn serve(&self, job: &Job) -> Result<(), TestCaseError> {
        in_virtual_time(async {
            let server = Arc::new(self.server());
            let quota = Quota::new(if self.format == QuotaFormat::Structured { STRUCTURED } else { HEADERS });
            let clock = Clock::starting_at(Timestamp::from_millisecond(1_700_000_000_123).unwrap());
            // A call that is given up may cost its own place and that of one more.
            let calls = u64::from(job.calls + job.calls * u32::from(job.drops) / 50);
            let round_trip = Duration::from_millis(2 * job.latency.end);
            // Seconds to go do not tell neighbouring resets apart.
            let exact = matches!(self.format, QuotaFormat::Epoch | QuotaFormat::HttpDate | QuotaFormat::UtcText);
            let doubt = if exact { Duration::ZERO } else { SAME_RESET * 2 + round_trip };
            let lag = Duration::from_secs(3) + round_trip * 3 + doubt;
            let misfortune = if job.drops > 0 { self.period } else { Duration::ZERO };
            // By then even the first answer, before which nobody else goes, is here.
            let start = Instant::now() + lag;
            let bound = server.ideal(calls, start, round_trip / job.concurrency, lag) + lag + misfortune;

            let lost_probes = job.run(&quota, &server, &clock).await;
            // In a sliding window, only one place is certain to be free for a probe. If a first one is lost with it, the
            // second may be refused.
            let excused = if self.window == QuotaWindow::Sliding { lost_probes } else { 0 };
            prop_assert!(server.refused() <= u64::from(excused), "{} refused", server.refused());
            let late = Instant::now().saturating_duration_since(bound);
            prop_assert!(
                late.is_zero(),
                "{late:?} later than {:?} from now",
                bound.saturating_duration_since(Instant::now())
            );
            Ok(())
        })
    }
}

const NOON: &str = "Wed, 31 Jan 2024 12:00:00 GMT";

#[tokio::test(start_paused = true)]
async fn a_reset_can_be_written_in_any_way() {
    for reset in
        ["3600", "3600.5", "1706706000", "1706706000000", "Wed, 31 Jan 2024 13:00:00 GMT", "2024-01-31 13:00:00 UTC"]
    {
        let quota = Quota::new(HEADERS);
        let permit = quota.acquire("", None).await.unwrap();
        answer(permit, 200, &[("date", NOON), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)]);
        let spent = quota.acquire("", Some(Instant::now() + HOUR)).await.unwrap_err();
        assert_eq!(spent, Exhausted { until: Instant::now() + HOUR + ROUNDING, bucket: "" }, "{reset}");
        assert_eq!(spent.to_string(), "the provider's quota is spent for another 3601 s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_senseless_reset_is_found_out_by_a_probe() {
    for reset in ["", "soon", "-5", "0", "9999999999", "99999999999999999999999", "Mon, 01 Jan 1990 00:00:00 GMT"] {
        let quota = Quota::new(HEADERS);
        let permit = quota.acquire("", None).await.unwrap();
        answer(permit, 200, &[("date", NOON), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)]);
        let (asked, _probe) = (Instant::now(), quota.acquire("", None).await.unwrap());
        assert_eq!(asked.elapsed(), ROUNDING, "{reset:?}");
        assert!(granted(&quota).await.is_none(), "{reset:?}: the probe goes alone");
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_structured_policies_the_tightest_counts() {
    let quota = Quota::new(STRUCTURED);
    let permit = quota.acquire("", None).await.unwrap();
    answer(permit, 200, &[("ratelimit", r#""hour";r=900;t=3000, "burst";r=1;t=60"#)]);
    let _only = granted(&quota).await.unwrap();
    let start = Instant::now();
    let _next = quota.acquire("", None).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(61));
}

#[tokio::test(start_paused = true)]
async fn the_first_call_goes_alone_and_an_answer_without_news_frees_the_rest() {
    let quota = Quota::new(HEADERS);
    let first = granted(&quota).await.unwrap();
    assert!(granted(&quota).await.is_none());
    answer(first, 502, &[]);
    let second = granted(&quota).await.unwrap();
    assert!(granted(&quota).await.is_none(), "a gateway's error page says nothing about the provider");
    drop(second);
    answer(granted(&quota).await.unwrap(), 200, &[]);
    let mut free = Vec::new();
    for _ in 0..100 {
        free.push(granted(&quota).await.unwrap());
    }
    answer(free.pop().unwrap(), 200, &[("x-ratelimit-remaining", "50"), ("x-ratelimit-reset", "60")]);
    assert!(granted(&quota).await.is_none(), "99 are in flight");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_overtaken_grants_no_more_than_the_one_that_overtook_it() {
    let left = |remaining, reset| [("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)];
    let quota = Quota::new(HEADERS);
    answer(quota.acquire("", None).await.unwrap(), 200, &left("50", "10"));
    sleep(Duration::from_secs(3)).await;
    let slow = granted(&quota).await.unwrap();
    let fast = granted(&quota).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    answer(fast, 200, &left("5", "8"));
    answer(slow, 200, &left("30", "10"));
    let mut permits = Vec::new();
    while let Some(permit) = granted(&quota).await {
        permits.push(permit);
    }
    assert_eq!(permits.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_429_stops_its_bucket_until_it_may_be_repeated() {
    for (retry, wait) in
        [("90", 91), ("Wed, 31 Jan 2024 12:05:00 GMT", 301), ("2024-01-31 12:10:00 UTC", 601), ("?", 1)]
    {
        let quota = Quota::new(HEADERS);
        answer(quota.acquire("", None).await.unwrap(), 200, &[]);
        let late = granted(&quota).await.unwrap();
        answer(granted(&quota).await.unwrap(), 429, &[("date", NOON), ("retry-after", retry)]);
        answer(late, 200, &[("date", NOON), ("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "3600")]);
        let start = Instant::now();
        let probe = quota.acquire("", None).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), wait, "{retry}");
        assert!(granted(&quota).await.is_none());
        answer(probe, 200, &[]);
        assert!(granted(&quota).await.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_about_one_call_stops_no_other() {
    let quota = Quota::new(HEADERS);
    let left = [("date", NOON), ("x-ratelimit-remaining", "2000"), ("x-ratelimit-reset", "1706706000")];
    let capped = [&left[..], &[("retry-after", "Thu, 29 Feb 2024 12:00:00 GMT")]].concat();
    answer(quota.acquire("", None).await.unwrap(), 200, &left);
    answer(quota.acquire("", None).await.unwrap(), 429, &capped);
    assert!(granted(&quota).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_declared_limit_is_kept_by_our_own_count() {
    const BURST: &[QuotaRule] = &[
        QuotaRule {
            bucket: "",
            announced: Announced::Nowhere,
            declared: Some(Declared { calls: 5, per: Duration::from_secs(60) }),
        },
        QuotaRule { bucket: "free", announced: Announced::Nowhere, declared: None },
    ];
    let server =
        Arc::new(QuotaServer::new(5, Duration::from_secs(60), QuotaWindow::Sliding).with_format(QuotaFormat::Silent));
    let (quota, start) = (Quota::new(BURST), Instant::now());
    Job::new(100, 20, 10..800).run(&quota, &server, &Clock::system()).await;
    assert_eq!((server.refused(), server.accepted()), (0, 100));
    assert!(start.elapsed() < Duration::from_secs(19 * 62), "{:?}", start.elapsed());

    let spent = quota.acquire("unheard of", Some(Instant::now())).await.unwrap_err();
    assert_eq!(spent.bucket, "", "an unknown bucket is the default one");
    assert!(quota.acquire("free", Some(Instant::now())).await.is_ok(), "buckets are apart");
    assert!(Quota::unlimited().acquire("", Some(Instant::now())).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_wait_for_a_probe() {
    let quota = Quota::new(HEADERS);
    let _probe = quota.acquire("", None).await.unwrap();
    let (start, wait) = (Instant::now(), Duration::from_secs(30));
    assert!(quota.acquire("", Some(start + wait)).await.is_err());
    assert_eq!(start.elapsed(), wait);
}

#[tokio::test(start_paused = true)]
async fn thousands_who_wait_are_not_all_woken_for_each_place() {
    const WAITERS: usize = 5_000;
    let server = Arc::new(QuotaServer::new(1_000, HOUR, QuotaWindow::Sliding));
    let (quota, polls) = (Quota::new(HEADERS), Arc::new(AtomicUsize::new(0)));
    let mut waiters = JoinSet::new();
    for waiter in 0..WAITERS {
        let (quota, server, polls) = (quota.clone(), Arc::clone(&server), Arc::clone(&polls));
        waiters.spawn(async move {
            let permit = {
                let mut acquired = Box::pin(quota.acquire("", None));
                poll_fn(|context| {
                    polls.fetch_add(1, Relaxed);
                    acquired.as_mut().poll(context)
                })
                .await
                .unwrap()
            };
            if waiter % 10 != 0 {
                sleep(Duration::from_millis(100)).await;
                let (status, headers) = server.call();
                permit.answered(status, &headers, Timestamp::UNIX_EPOCH);
            }
        });
    }
    waiters.join_all().await;
    assert_eq!(server.refused(), 0);
    assert!(polls.load(Relaxed) < 6 * WAITERS, "{} polls", polls.load(Relaxed));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_job_meets_a_429_or_idles(provider in providers(), job in jobs()) {
        provider.serve(&job)?;
    }

    #[test]
    fn nor_does_one_whose_callers_go_away(provider in providers(), job in jobs(), drops in 1..30_u8) {
        let job = Job { drops, ..job };
        // The quota has to have room for what is on its way when a window ends.
        let provider = Provider { limit: provider.limit + 2 * job.concurrency, ..provider };
        provider.serve(&job)?;
    }
}
