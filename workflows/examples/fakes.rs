//! Serves the fakes of all providers on loopback until it is stopped, for anyone's client.
//!
//! `cargo run --example fakes`, or `-- --json` for one line of JSON for each provider.

mod common;

use std::{ffi::OsString, future::Future, io::Write, path::PathBuf};

use clap::Parser;
use common::{Failure, demo::Demo, terminal};
use howdah_core::Clock;
use howdah_dnsimple::testing::{ACCOUNT, TOKEN};
use serde::Serialize;

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
    /// Keep what the fakes hold in this directory, and begin with what is there
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

#[derive(Serialize)]
struct Served {
    provider: &'static str,
    base_url: String,
    origin: String,
    token: &'static str,
    account: u64,
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
    let demo = Demo::open(args.state.as_deref(), Clock::system())?;
    let dnsimple = demo
        .dnsimple
        .world()
        .serve_on(args.port)
        .await
        .map_err(|error| Failure::new(format!("cannot listen on port {}: {error}", args.port)))?;
    let served = [Served {
        provider: "dnsimple",
        base_url: dnsimple.base_url(),
        origin: dnsimple.origin(),
        token: TOKEN,
        account: *ACCOUNT.get(),
    }];
    if args.json {
        for one in &served {
            writeln!(out, "{}", serde_json::to_string(one)?)?;
        }
    } else {
        let mut table = terminal::table(["Provider", "Base URL", "Token", "Account"]);
        for one in &served {
            table.add_row([one.provider, &one.base_url, one.token, &one.account.to_string()]);
        }
        writeln!(out, "{}\n\nStop with Ctrl-C.", terminal::shown(&table))?;
    }
    out.flush()?;
    stopped.await;
    Ok(())
}
