//! Takes a zone's DS away from the parent, waits until no cache has it, and stops signing; never the other way round.
//!
//! `cargo run --example disable_dnssec -- --zone vmst.io --signer dnsimple --registrar gandi --demo`

mod common;

use std::{ffi::OsString, io::Write};

use clap::Parser;
use common::{Failure, job, providers::Signer};
use howdah_core::dns::Name;
use howdah_workflows::disable_dnssec::DisableDnssec;

/// Takes a zone's DS away from the parent, waits until no cache has it, and stops signing.
///
/// Without --apply nothing is changed. Tokens are taken from the environment: DNSIMPLE_TOKEN (and DNSIMPLE_ACCOUNT),
/// GANDI_PAT (and GANDI_SHARING_ID), CLOUDFLARE_API_TOKEN.
#[derive(Parser, Debug)]
#[command(name = "disable_dnssec")]
// The text is shown in a terminal.
#[allow(clippy::doc_markdown)]
struct Args {
    /// The zone
    #[arg(long, value_name = "NAME")]
    zone: Name,
    /// The provider that signs it
    #[arg(long, value_name = "PROVIDER")]
    signer: String,
    /// The registrar of the domain
    #[arg(long, value_name = "REGISTRAR")]
    registrar: String,
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
    let Signer { hosting, signer } = providers.signer(&args.signer).await?;
    let registrar = providers.registrar(&args.registrar).await?;
    let lookout = args.how.lookout(&around, &args.zone)?;
    let title = format!(
        "DNSSEC off: {} at {}, with its DS by {}",
        args.zone.to_fqdn_without_dot(),
        args.signer,
        args.registrar
    );
    let job = DisableDnssec::new(args.zone, hosting, signer, registrar, lookout);
    around.run(&job, &title, &args.how.how, out).await
}
