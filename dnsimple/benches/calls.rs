//! The processor time of a call, beside the same request by bare reqwest and a direct serde decode.
//!
//! The server is a process of its own, so that only the client is measured.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use cpu_time::ProcessTime;
use howdah_dnsimple::{
    Account, DnSimple,
    testing::{ACCOUNT, FakeDnSimple, TOKEN},
    zones::{NewRecord, RecordFilter, RecordId, ZoneRecord},
};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const ZONE: &str = "example.com";
const ROUNDS: usize = 41;
const CALLS: u32 = 400;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if env::args().any(|argument| argument == "--serve") {
        return serve().await;
    }
    let mut server = start_server();
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let base = line.trim().to_owned();

    let ours = DnSimple::from(DnSimple::builder(TOKEN).base_url(&base).build().unwrap()).account(ACCOUNT);
    let reqwest = reqwest::Client::builder().tcp_nodelay(true).build().unwrap();
    let list = format!("{base}/{ACCOUNT}/zones/{ZONE}/records?per_page=100");
    let single = format!("{base}/{ACCOUNT}/zones/{ZONE}/records/1");

    println!("processor time a call, ours over bare reqwest, {ROUNDS} pairs of {CALLS} calls");
    compare("a list of 100 records", async || list_ours(&ours).await, async || list_bare(&reqwest, &list).await).await;
    compare("a single record", async || record_ours(&ours).await, async || record_bare(&reqwest, &single).await).await;
}

async fn list_ours(account: &Account) {
    let records = account.zones().list_records(ZONE, RecordFilter::new()).all().await.unwrap();
    assert_eq!(records.len(), 100);
}

async fn record_ours(account: &Account) {
    let record = account.zones().record(ZONE, RecordId::new(1)).await.unwrap();
    assert_eq!(record.zone_id, ZONE);
}

#[derive(Deserialize)]
struct List {
    data: Vec<ZoneRecord>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    total_pages: u32,
}

#[derive(Deserialize)]
struct Single {
    data: ZoneRecord,
}

async fn list_bare(client: &reqwest::Client, url: &str) {
    let answer = client.get(url).bearer_auth(TOKEN).send().await.unwrap().error_for_status().unwrap();
    let list: List = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!((list.data.len(), list.pagination.total_pages), (100, 1));
}

async fn record_bare(client: &reqwest::Client, url: &str) {
    let answer = client.get(url).bearer_auth(TOKEN).send().await.unwrap().error_for_status().unwrap();
    let single: Single = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(single.data.zone_id, ZONE);
}

/// Pairs of rounds, one of each in turn, so that a machine whose speed drifts slows both.
async fn compare(what: &str, ours: impl AsyncFn(), bare: impl AsyncFn()) {
    let mut pairs = Vec::new();
    for round in 0..=ROUNDS {
        let pair = (measure(&ours).await, measure(&bare).await);
        if round > 0 {
            pairs.push(pair);
        }
    }
    let mut ratios: Vec<_> = pairs.iter().map(|(ours, bare)| ours.as_secs_f64() / bare.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let mut times: Vec<_> = pairs.iter().map(|(ours, _)| ours.as_secs_f64() * 1e6 / f64::from(CALLS)).collect();
    times.sort_by(f64::total_cmp);
    let (low, high) = (ratios[ROUNDS / 4], ratios[ROUNDS * 3 / 4]);
    println!(
        "{what:22} {:.3} (half of the pairs between {low:.3} and {high:.3}), {:.0} µs",
        ratios[ROUNDS / 2],
        times[ROUNDS / 2]
    );
}

async fn measure(call: &impl AsyncFn()) -> Duration {
    let started = ProcessTime::now();
    for _ in 0..CALLS {
        call().await;
    }
    started.elapsed()
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_server() -> Server {
    let program = env::current_exe().unwrap();
    Server(Command::new(program).arg("--serve").stdout(Stdio::piped()).spawn().unwrap())
}

/// Answers of the fake, made once and then repeated as they are: the server costs next to nothing.
async fn serve() {
    let fake = FakeDnSimple::new();
    fake.create_zone(ZONE);
    for number in 0..95 {
        let record = NewRecord::new(format!("host{number}"), "A", "192.0.2.1");
        fake.account().zones().create_record(ZONE, record).await.unwrap();
    }
    fake.account().zones().list_records(ZONE, RecordFilter::new()).all().await.unwrap();
    let id = fake.records(ZONE)[0].id;
    fake.account().zones().record(ZONE, id).await.unwrap();
    let bodies: Vec<_> = fake.world().journal().iter().rev().take(2).map(|one| one.response.to_string()).collect();
    let answer = |body: &String| {
        let reset = jiff::Timestamp::now().as_second() + 3600;
        let length = body.len();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nx-request-id: 1\r\n\
             x-ratelimit-limit: 1000000\r\nx-ratelimit-remaining: 999999\r\nx-ratelimit-reset: {reset}\r\n\r\n{body}"
        )
    };
    let (record, list) = (answer(&bodies[0]), answer(&bodies[1]));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}/v2", listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(answer_all(stream, list.clone(), record.clone()));
    }
}

async fn answer_all(mut stream: TcpStream, list: String, record: String) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 8192];
    let mut asked = Vec::new();
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => asked.extend_from_slice(&buffer[..count]),
        }
        if asked.ends_with(b"\r\n\r\n") {
            let answer = if asked.windows(9).any(|part| part == b"/records/") { &record } else { &list };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            asked.clear();
        }
    }
}
