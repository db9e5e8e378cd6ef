//! Brings the front ends behind a load balancer to a number and a size, from an image, one after the other.
//!
//! `cargo run --example front_ends -- --pool web --count 2 --size s-2vcpu-4gb --image mastodon-web --region nyc3
//! --load-balancer web --http2 --demo`

mod common;

use std::{ffi::OsString, io::Write, path::PathBuf};

use clap::Parser;
use common::{Failure, job};
use howdah_core::Secret;
use howdah_digitalocean::ssh_keys::SshKeyRef;
use howdah_workflows::{
    engine,
    front_ends::{Desired, FrontEnds},
};
use jiff::SignedDuration;

/// Brings the front ends behind a load balancer at DigitalOcean to a number and a size, from an image.
///
/// Without --apply nothing is changed. New ones are ordered, put behind the load balancer and seen to be healthy before an
/// old one is drained and destroyed: there are never fewer healthy ones than asked for. Droplets that are behind the load
/// balancer already are front ends too, and are replaced unless they are as wanted. The token is taken from the environment:
/// DIGITALOCEAN_TOKEN.
#[derive(Parser, Debug)]
#[command(name = "front_ends")]
// The text is shown in a terminal.
#[allow(clippy::doc_markdown, clippy::struct_excessive_bools)]
struct Args {
    /// What they are called: their names and their tag begin with it
    #[arg(long, value_name = "NAME")]
    pool: String,
    /// How many are to be healthy
    #[arg(long, value_name = "N")]
    count: usize,
    /// The slug of their size
    #[arg(long, value_name = "SLUG")]
    size: String,
    /// The name of a snapshot, of which the newest is taken, or the number of an image
    #[arg(long, value_name = "NAME")]
    image: String,
    /// The slug of the region
    #[arg(long, value_name = "SLUG")]
    region: String,
    /// The name or the id of the load balancer
    #[arg(long, value_name = "NAME")]
    load_balancer: String,
    /// One more, for the time of a maintenance; without this it goes again
    #[arg(long)]
    spare: bool,
    /// Let the load balancer speak HTTP/2
    #[arg(long)]
    http2: bool,
    /// Let the load balancer speak HTTP/3
    #[arg(long)]
    http3: bool,
    /// See by a handshake for this host that HTTP/2 is spoken
    #[arg(long, value_name = "HOST", requires = "http2")]
    host: Option<String>,
    /// Let requests end for so many seconds before a front end is destroyed
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    drain: u32,
    /// The UUID of their network, instead of the region's default one
    #[arg(long, value_name = "UUID")]
    vpc: Option<String>,
    /// The number or the fingerprint of a key that may log in as root
    #[arg(long, value_name = "KEY")]
    ssh_key: Vec<String>,
    /// What cloud-init is given at the first start
    #[arg(long, value_name = "FILE")]
    user_data: Option<PathBuf>,
    /// Install the agent for metrics
    #[arg(long)]
    monitoring: bool,
    #[command(flatten)]
    how: job::How,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    let env = |name: &str| std::env::var(name).ok();
    common::exit(run(std::env::args_os(), &env, &mut std::io::stdout()).await)
}

/// The command, with everything that it takes from its surroundings.
pub(crate) async fn run(
    args: impl IntoIterator<Item = OsString>,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
    out: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let Some(args) = common::parse::<Args>(args, out)? else {
        return Ok(());
    };
    let desired = desired(&args)?;
    let around = args.how.surroundings(env).await?;
    if let Some(demo) = &around.demo {
        around.in_time(demo.house()).await?;
    }
    let providers = around.providers();
    let mut job = FrontEnds::new(providers.digitalocean()?, desired, around.clock.clone())?;
    if let Some(host) = args.host {
        job = job.seen_by(providers.tls_observer()?, host);
    }
    let (seen, _) = around.in_time(async { Ok(engine::plan(&job, &around.clock).await?) }).await?;
    let title = format!(
        "Front ends {}: {} of {} behind {}; {:.2} USD a month now, {:.2} then",
        args.pool,
        args.count + usize::from(args.spare),
        args.size,
        args.load_balancer,
        seen.monthly_cost(),
        job.monthly_cost(&seen)
    );
    around.run(&job, &title, &args.how, out).await
}

fn desired(args: &Args) -> Result<Desired, Failure> {
    let Args { pool, count, size, image, region, load_balancer, .. } = args;
    let mut desired = Desired::new(pool, *count, size, image, region, load_balancer);
    desired.vpc_uuid.clone_from(&args.vpc);
    desired.ssh_keys = args.ssh_key.iter().map(|key| SshKeyRef::from(key.as_str())).collect();
    desired.user_data = args.user_data.as_deref().map(common::read).transpose()?.map(Secret::from);
    desired.monitoring = args.monitoring;
    (desired.http2, desired.http3, desired.spare) = (args.http2, args.http3, args.spare);
    desired.drain = SignedDuration::from_secs(args.drain.into());
    Ok(desired)
}
