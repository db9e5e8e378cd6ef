//! A list of many pages, with pages fetched ahead and one after the other, under the service's own limits.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use howdah_core::http::{Body, Incoming, Transport, TransportError};
use howdah_digitalocean::{
    DigitalOcean,
    droplets::{DropletFilter, NewDroplet},
    testing::{FakeDigitalOcean, TOKEN},
};
use http::{Request, Response};

const DROPLETS: usize = 10_000;
const LATENCY: Duration = Duration::from_millis(50);
const AHEAD: usize = 8;

/// A service that takes a while and has no work: it answers as the fake did the first time.
#[derive(Clone, Debug)]
struct Remembering {
    fake: FakeDigitalOcean,
    answers: Arc<Mutex<HashMap<String, Response<Bytes>>>>,
}

#[async_trait]
impl Transport for Remembering {
    async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, TransportError> {
        let uri = request.uri().to_string();
        let known = self.answers.lock().unwrap().get(&uri).cloned();
        let answer = if let Some(answer) = known {
            answer
        } else {
            let (parts, body) = self.fake.world().send(request).await?.into_parts();
            let answer = Response::from_parts(parts, body.collect().await.unwrap());
            self.answers.lock().unwrap().insert(uri, answer.clone());
            answer
        };
        tokio::time::sleep(LATENCY).await;
        Ok(answer.map(Incoming::from))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let fake = FakeDigitalOcean::new();
    fake.set_droplet_limit(DROPLETS as u64);
    for number in 0..DROPLETS {
        fake.order_droplet(NewDroplet::new(format!("web-{number}"), "s-1vcpu-1gb", "debian-12-x64"));
    }
    let service = Remembering { fake: fake.clone(), answers: Arc::default() };
    let client = DigitalOcean::from(DigitalOcean::builder(TOKEN).transport(service).build().unwrap());
    let list = async |ahead: usize| {
        let started = Instant::now();
        let pages = client.droplets().list(DropletFilter::new()).ahead(ahead);
        let droplets: Vec<_> = pages.try_collect().await.unwrap();
        assert_eq!(droplets.len(), DROPLETS);
        started.elapsed()
    };
    // For the service to remember.
    list(AHEAD).await;
    println!("{DROPLETS} Droplets, 200 a page, {} ms an answer", LATENCY.as_millis());
    let (one_by_one, ahead) = (list(1).await, list(AHEAD).await);
    let refused = fake.world().journal().iter().filter(|exchange| exchange.status == 429).count();
    println!("  one page after another  {:>6.2} s", one_by_one.as_secs_f64());
    println!("  {AHEAD} pages ahead           {:>6.2} s; refused: {refused}", ahead.as_secs_f64());
    println!("  ratio                   {:>6.1}", one_by_one.as_secs_f64() / ahead.as_secs_f64());
}
