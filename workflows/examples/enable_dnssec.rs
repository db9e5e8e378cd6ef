//! Signs a zone and gives its key to the parent, with the signer and the registrar at different companies; follows the
//! rotation of keys when it is run again. `disable_dnssec` takes it back.
//!
//! `cargo run --example enable_dnssec -- --zone vmst.io --signer dnsimple --registrar gandi --demo`

mod common;

use std::{ffi::OsString, io::Write, time::Duration};

use clap::Parser;
use common::{Failure, job, providers::Signer};
use howdah_core::dns::Name;
use howdah_workflows::enable_dnssec::EnableDnssec;

/// Signs a zone and gives its key to the parent.
///
/// Without --apply nothing is changed. Run it every day, or once with --standing, and it follows the signer's key
/// rotation. Tokens are taken from the environment: DNSIMPLE_TOKEN (and DNSIMPLE_ACCOUNT), GANDI_PAT (and
/// GANDI_SHARING_ID), CLOUDFLARE_API_TOKEN.
#[derive(Parser, Debug)]
#[command(name = "enable_dnssec")]
// The text is shown in a terminal.
#[allow(clippy::doc_markdown)]
struct Args {
    /// The zone to sign
    #[arg(long, value_name = "NAME")]
    zone: Name,
    /// The provider that hosts and signs it
    #[arg(long, value_name = "PROVIDER")]
    signer: String,
    /// The registrar of the domain
    #[arg(long, value_name = "REGISTRAR")]
    registrar: String,
    /// Stay for ever, and look once a day whether a key has changed
    #[arg(long, requires = "wait")]
    standing: bool,
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
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let Some(args) = common::parse::<Args>(args, out)? else {
        return Ok(());
    };
    let around = args.how.surroundings(env).await?;
    let providers = around.providers();
    let Signer { hosting, signer } = providers.signer(&args.signer).await?;
    let registrar = providers.registrar(&args.registrar).await?;
    let lookout = args.how.lookout(&around, &args.zone)?;
    let title =
        format!("DNSSEC on: {} at {}, with its DS by {}", args.zone.to_fqdn_without_dot(), args.signer, args.registrar);
    let job = EnableDnssec::new(args.zone, hosting, signer, registrar, lookout);
    loop {
        around.run(&job, &title, &args.how.how, out).await?;
        if !args.standing {
            return Ok(());
        }
        tokio::time::sleep(DAY).await;
    }
}
