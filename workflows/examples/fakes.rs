//! Serves the fakes of all providers on loopback until it is stopped, for anyone's client.
//!
//! `cargo run --example fakes`, or `-- --json` for one line of JSON for each provider.

mod common;

use std::{ffi::OsString, future::Future, io::Write, net::SocketAddr, path::PathBuf};

use clap::Parser;
use common::{Failure, demo::Demo, terminal};
use howdah_backblaze::testing as backblaze;
use howdah_cloudflare::testing as cloudflare;
use howdah_core::testing::Server;
use howdah_digitalocean::testing::{self as digitalocean, spaces};
use howdah_dnsimple::testing as dnsimple;
use howdah_gandi::testing as gandi;
use howdah_netlify::testing as netlify;
use howdah_uptimerobot::testing as uptimerobot;
use serde::Serialize;
use serde_json::Value;

/// Serves stateful fakes of the providers on loopback until stopped with Ctrl-C.
#[derive(Parser, Debug)]
#[command(name = "fakes")]
struct Args {
    /// One line of JSON for each provider instead of a table
    #[arg(long)]
    json: bool,
    /// The port of the first fake; the system chooses the others, and all of them without this
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// A bucket `many-objects` with so many empty files, one in a hundred below `one-percent/`, to measure with
    #[arg(long, value_name = "N", default_value_t = 0, hide = true)]
    backblaze_objects: u32,
    /// Keep length and SHA-1 only of what is uploaded to Backblaze, to measure with
    #[arg(long, hide = true)]
    backblaze_discard: bool,
    /// Keep what the fakes hold in this directory, and begin with what is there
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

/// The snapshot that the fake of DigitalOcean has from the beginning, and how many Droplets it allows.
const DIGITALOCEAN_SNAPSHOT: (&str, &str) = ("mastodon-web", "tor1");
const DIGITALOCEAN_DROPLETS: u64 = 1000;

/// The zone that the fake of Cloudflare has from the beginning.
const CLOUDFLARE_ZONE: &str = "example.com";

#[derive(Serialize)]
struct Served {
    provider: &'static str,
    base_url: String,
    origin: String,
    token: &'static str,
    /// A number here, a text there.
    account: Value,
    /// Where the listeners of load balancers, CDN endpoints or sites are, told apart by the name that a client asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    edge: Option<SocketAddr>,
}

impl Served {
    fn new(provider: &'static str, server: &Server, token: &'static str, account: impl Into<Value>) -> Self {
        let (base_url, origin) = (server.base_url(), server.origin());
        Self { provider, base_url, origin, token, account: account.into(), edge: None }
    }
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    // Where there is no Ctrl-C, the fakes are stopped otherwise.
    let stopped = async { drop(tokio::signal::ctrl_c().await) };
    common::exit(serve(std::env::args_os(), &mut std::io::stdout(), stopped).await)
}

/// Serves until `stopped` is.
pub(crate) async fn serve(
    args: impl IntoIterator<Item = OsString>,
    out: &mut (impl Write + Send),
    stopped: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let Some(args) = common::parse::<Args>(args, out)? else {
        return Ok(());
    };
    let demo = Demo::open(args.state.as_deref())?;
    // Zones are made in Cloudflare's dashboard, and without one there is nothing to leave.
    if demo.cloudflare.zone_id(CLOUDFLARE_ZONE).is_none() {
        demo.cloudflare.create_zone(CLOUDFLARE_ZONE);
    }
    demo.digitalocean.set_droplet_limit(DIGITALOCEAN_DROPLETS);
    if demo.digitalocean.snapshots().is_empty() {
        let (name, region) = DIGITALOCEAN_SNAPSHOT;
        demo.digitalocean.add_snapshot(name, region);
    }
    // Clients take it for the least that a large file has, and a test's files are small.
    let mut settings = backblaze::Settings::default();
    settings.recommended_part_size = settings.absolute_minimum_part_size;
    settings.discard_contents = args.backblaze_discard;
    if args.backblaze_objects > 0 {
        let bucket = demo.backblaze.create_bucket("many-objects");
        for n in 0..args.backblaze_objects {
            let folder = if n % 100 == 0 { "one-percent" } else { "others" };
            demo.backblaze.put(&bucket, &format!("{folder}/{:03}/{n:07}.jpg", n / 100 % 1000), "");
        }
    }
    let first = demo.dnsimple.world().serve_on(args.port).await;
    let first = first.map_err(|error| Failure::new(format!("cannot listen on port {}: {error}", args.port)))?;
    let (second, third) = (demo.cloudflare.serve().await?, demo.gandi.serve().await?);
    let fifth = demo.digitalocean.serve().await?;
    let sixth = demo.spaces.serve().await?;
    let (seventh, eighth) = (demo.netlify.serve().await?, demo.uptimerobot.serve().await?);
    let (edge, sites) = (demo.digitalocean.edge().serve().await?, demo.netlify.edge().serve().await?);
    let fourth = demo.backblaze.clone().with_settings(settings).serve().await?;
    let served = [
        Served::new("dnsimple", &first, dnsimple::TOKEN, *dnsimple::ACCOUNT.get()),
        Served::new("cloudflare", &second, cloudflare::TOKEN, cloudflare::ACCOUNT),
        Served::new("gandi", &third, gandi::TOKEN, Value::Null),
        // Whose clients call them application key and its id.
        Served::new("backblaze", &fourth, backblaze::KEY, backblaze::KEY_ID),
        Served { edge: Some(edge.address()), ..Served::new("digitalocean", &fifth, digitalocean::TOKEN, Value::Null) },
        Served::new("spaces", &sixth, spaces::SECRET_KEY, spaces::ACCESS_KEY),
        Served { edge: Some(sites.address()), ..Served::new("netlify", &seventh, netlify::TOKEN, netlify::ACCOUNT) },
        Served::new("uptimerobot", &eighth, uptimerobot::KEY, Value::Null),
    ];
    if args.json {
        for one in &served {
            writeln!(out, "{}", serde_json::to_string(one)?)?;
        }
    } else {
        let mut table = terminal::table(["Provider", "Base URL", "Token", "Account"]);
        for one in &served {
            let account = one.account.as_str().map_or_else(|| one.account.to_string(), str::to_owned);
            table.add_row([one.provider, &one.base_url, one.token, &account]);
        }
        writeln!(out, "{}\n", terminal::shown(&table))?;
        let edge = edge.address();
        writeln!(
            out,
            "What DigitalOcean's load balancers and CDN endpoints present: curl --connect-to ::{edge} https://…"
        )?;
        writeln!(out, "What Netlify's sites present: curl --connect-to ::{} https://…", sites.address())?;
        writeln!(out, "\nStop with Ctrl-C.")?;
    }
    out.flush()?;
    stopped.await;
    Ok(())
}
