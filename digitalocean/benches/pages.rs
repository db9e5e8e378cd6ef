//! A list of many pages, with pages fetched ahead and one after the other, under the service's own limits.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use futures::TryStreamExt;
use howdah_digitalocean::{
    DigitalOcean,
    droplets::{DropletFilter, NewDroplet},
    testing::{FakeDigitalOcean, TOKEN},
};

const DROPLETS: usize = 10_000;
const PAGES: u64 = 50;
const LATENCY: Duration = Duration::from_millis(50);
const AHEAD: usize = 8;

fn main() {
    let fake = FakeDigitalOcean::new().with_latency(LATENCY).without_journal();
    fake.set_droplet_limit(DROPLETS as u64);
    for number in 0..DROPLETS {
        fake.order_droplet(NewDroplet::new(format!("web-{number}"), "s-1vcpu-1gb", "debian-12-x64"));
    }
    // The service's work is done elsewhere.
    let (send, receive) = mpsc::channel();
    let service = fake.clone();
    thread::spawn(move || {
        runtime().block_on(async {
            let server = service.serve().await.unwrap();
            send.send(server.base_url()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let url = receive.recv().unwrap();
    println!("{DROPLETS} Droplets, 200 a page, {} ms an answer", LATENCY.as_millis());
    runtime().block_on(measure(&fake, &url));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn measure(fake: &FakeDigitalOcean, url: &str) {
    let client = DigitalOcean::from(DigitalOcean::builder(TOKEN).base_url(url).build().unwrap());
    let list = async |ahead: usize| {
        let before = fake.world().requests();
        let started = Instant::now();
        let droplets: Vec<_> = client.droplets().list(DropletFilter::new()).ahead(ahead).try_collect().await.unwrap();
        assert_eq!(droplets.len(), DROPLETS);
        // A call that was refused would have been made again.
        assert_eq!(fake.world().requests() - before, PAGES);
        started.elapsed()
    };
    let (one_by_one, ahead) = (list(1).await, list(AHEAD).await);
    println!("  one page after another  {:>6.2} s", one_by_one.as_secs_f64());
    println!("  {AHEAD} pages ahead           {:>6.2} s", ahead.as_secs_f64());
    println!("  ratio                   {:>6.1}", one_by_one.as_secs_f64() / ahead.as_secs_f64());
}
