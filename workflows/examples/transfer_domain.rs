//! Transfers a domain to another registrar and keeps its name servers: shows where that stands, and does it with `--apply`.
//!
//! `cargo run --example transfer_domain -- --domain vmst.io --from dnsimple --to gandi --max-price '40.00 EUR' --demo`

mod common;

use std::{ffi::OsString, io::Write};

use clap::Parser;
use common::{Failure, job};
use howdah_core::{Secret, dns::Name, registrar::Money};
use howdah_workflows::transfer_domain::{Options, TransferDomain};

/// Transfers a domain to another registrar, and keeps its name servers.
///
/// Without --apply nothing is changed, and without --max-price nothing is bought. A transfer takes days: the job ends
/// with what it waits for, and the same command goes on later. Tokens are taken from the environment: DNSIMPLE_TOKEN
/// (and DNSIMPLE_ACCOUNT, DNSIMPLE_REGISTRANT), GANDI_PAT (and GANDI_SHARING_ID), CLOUDFLARE_API_TOKEN. The losing
/// registrar's authorization code, where it has to be given, is taken from TRANSFER_AUTH_CODE.
#[derive(Parser, Debug)]
#[command(name = "transfer_domain")]
// The text is shown in a terminal.
#[allow(clippy::doc_markdown)]
struct Args {
    /// The domain to transfer
    #[arg(long, value_name = "NAME")]
    domain: Name,
    /// The registrar that has it
    #[arg(long, value_name = "REGISTRAR")]
    from: String,
    /// The registrar that is to have it
    #[arg(long, value_name = "REGISTRAR")]
    to: String,
    /// The most that it may cost, such as '40.00 EUR'
    #[arg(long, value_name = "PRICE")]
    max_price: Option<Money>,
    /// A name server to delegate to afterwards; those that there are, without this
    #[arg(long = "name-server", value_name = "HOST")]
    name_servers: Vec<Name>,
    /// Transfer although the parent has a DS, which may be lost
    #[arg(long)]
    keep_ds: bool,
    /// Order and pay once more after a transfer that failed
    #[arg(long)]
    order_again: bool,
    #[command(flatten)]
    how: job::DnsHow,
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
    let around = args.how.surroundings(env).await?;
    let providers = around.providers();
    let (from, to) = (providers.registrar(&args.from).await?, providers.registrar(&args.to).await?);
    let mut options = Options::default();
    options.max_price = args.max_price;
    options.auth_code = env("TRANSFER_AUTH_CODE").filter(|code| !code.is_empty()).map(Secret::from);
    options.name_servers = args.name_servers;
    (options.keep_ds, options.order_again) = (args.keep_ds, args.order_again);
    let lookout = args.how.lookout(&around, &args.domain)?;
    let title = format!("{} from {} to {}", args.domain.to_fqdn_without_dot(), args.from, args.to);
    let job = TransferDomain::new(args.domain, from, to, lookout).with_options(options);
    around.run(&job, &title, &args.how.how, out).await
}
