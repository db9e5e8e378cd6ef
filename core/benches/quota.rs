//! A long job under a quota, on a paused clock: how many calls are refused, and how long it takes beside a client that
//! knows the server from inside.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::Duration;

use futures::{StreamExt, stream};
use howdah_core::{
    http::{Announced, Api, Dialect, Endpoint, QuotaRule, RetryPolicy, Route},
    testing::{
        Fake, World,
        quota_server::{QuotaServer, QuotaWindow},
    },
};
use tokio::time::Instant;

const CALLS: u64 = 10_000;
const LIMIT: u32 = 2_400;
const HOUR: Duration = Duration::from_secs(3600);
const LATENCY: Duration = Duration::from_millis(80);

const PING: Endpoint<(), (), 0> = Endpoint::new("PING", Route::get("/ping"));

static EXAMPLE: Dialect = Dialect {
    quotas: &[QuotaRule {
        bucket: "",
        announced: Announced::Headers { remaining: "x-ratelimit-remaining", reset: "x-ratelimit-reset" },
        declared: None,
    }],
    ..Dialect::new("example")
};

struct Nothing;

impl World for Nothing {
    fn pass(&mut self, _: jiff::Timestamp) {}
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    println!("{CALLS} calls under {LIMIT} an hour, {} ms each", LATENCY.as_millis());
    for window in [QuotaWindow::Fixed, QuotaWindow::Sliding] {
        for concurrency in [1, 16] {
            let ideal = QuotaServer::new(LIMIT, HOUR, window);
            let started = Instant::now();
            let best = ideal.ideal(CALLS, started, LATENCY / concurrency, Duration::ZERO) - started;

            let server = QuotaServer::new(LIMIT, HOUR, window);
            let fake =
                Fake::new("example", Nothing).on(&PING, |_, [], ()| Ok(())).with_latency(LATENCY).with_quota(server);
            let patient = RetryPolicy::default().with_total(HOUR * 24);
            let api = Api::builder(&EXAMPLE, "https://api.example.com").transport(fake.clone()).retry(patient).build();
            let api = api.unwrap();
            let calls = stream::iter(0..CALLS).map(|_| api.send(&PING, [], ())).buffer_unordered(concurrency as usize);
            let started = Instant::now();
            calls.for_each(|answer| async { answer.unwrap() }).await;
            let took = started.elapsed();

            let refused = fake.journal().iter().filter(|exchange| exchange.status == 429).count();
            println!(
                "{:8} {concurrency:2} at a time: {refused} refused; {:.0} s, {:.4} of the best possible {:.0} s",
                format!("{window:?}"),
                took.as_secs_f64(),
                took.as_secs_f64() / best.as_secs_f64(),
                best.as_secs_f64(),
            );
        }
    }
}
