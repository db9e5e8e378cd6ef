//! Holds what an instance's processes ask for against the connections of its database.
//!
//! `cargo run --example capacity -- --instance workflows/examples/vmst.io/instance.toml --database mastodon --demo`

mod common;

use std::{ffi::OsString, io::Write, path::PathBuf};

use clap::Parser;
use common::{Failure, providers::Providers, read_instance};
use howdah_digitalocean::{
    DigitalOcean,
    databases::{
        Database as Cluster, DatabaseFilter, NewDatabase, connection_limit,
        pools::{NewPool, PoolMode},
    },
    testing::FakeDigitalOcean,
};
use howdah_workflows::capacity::{Capacity, Database, Mode, Pool};

/// Holds what an instance's processes ask for against the connections of its database at DigitalOcean.
///
/// Nothing is changed. The token is taken from the environment: DIGITALOCEAN_TOKEN.
#[derive(Parser, Debug)]
#[command(name = "capacity")]
// The text is shown in a terminal.
#[allow(clippy::doc_markdown)]
struct Args {
    /// What connects to the database: the [[process]] tables of an instance.toml
    #[arg(long, value_name = "FILE")]
    instance: PathBuf,
    /// The name of the database cluster
    #[arg(long, value_name = "NAME")]
    database: String,
    /// How many connections the cluster has, where its size does not tell
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// JSON instead of a report
    #[arg(long)]
    json: bool,
    /// A cluster of this name on a fake in this process
    #[arg(long)]
    demo: bool,
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
    let instance = read_instance(&args.instance)?;
    if instance.processes.is_empty() {
        let file = args.instance.display();
        return Err(Failure::new(format!("{file} has no [[process]]: say what connects to the database")));
    }
    let ocean = if args.demo {
        demo(&args.database).await?
    } else {
        Providers { env, demo: None, sandbox: false }.digitalocean()?
    };
    let database = read_database(&ocean, &args).await?;
    let capacity = Capacity::of(&instance.processes, &database);
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&capacity)?)?;
    } else {
        write!(out, "{capacity}")?;
        if capacity.fits() {
            writeln!(out, "It fits.")?;
        }
    }
    if capacity.fits() { Ok(()) } else { Err(Failure::new("what is asked for does not fit the database")) }
}

/// What the cluster offers.
async fn read_database(ocean: &DigitalOcean, args: &Args) -> Result<Database, Failure> {
    let clusters = ocean.databases().list(DatabaseFilter::new()).await?;
    let found = clusters.iter().find(|cluster| cluster.name == args.database);
    let names = clusters.iter().map(|cluster| cluster.name.as_str());
    let cluster = found.ok_or_else(|| common::missing(&format!("database {}", args.database), names))?;
    let limit = args.limit.or_else(|| limit_of(cluster)).ok_or_else(|| {
        let size = cluster.size.as_deref().unwrap_or("unknown");
        Failure::new(format!("the size {size} does not tell how many connections there are: say so with --limit"))
    })?;
    let mut pools = Vec::new();
    for pool in ocean.databases().list_pools(&cluster.id).await? {
        let mode = match pool.mode {
            PoolMode::Transaction => Mode::Transaction,
            PoolMode::Statement => Mode::Statement,
            // The strictest of those that work.
            _ => Mode::Session,
        };
        pools.push(Pool { name: pool.name, mode, size: pool.size });
    }
    Ok(Database { limit, pools })
}

fn limit_of(cluster: &Cluster) -> Option<u32> {
    connection_limit(cluster.size.as_deref()?)
}

/// A cluster with a pool for Sidekiq.
async fn demo(name: &str) -> Result<DigitalOcean, Failure> {
    let ocean = FakeDigitalOcean::new().client();
    let databases = ocean.databases();
    let cluster = databases.create(NewDatabase::new(name, "pg", 1u32, "db-s-2vcpu-4gb", "tor1")).await?;
    databases.create_pool(&cluster.id, NewPool::new("sidekiq", "transaction", 20u32, "defaultdb")).await?;
    Ok(ocean)
}
