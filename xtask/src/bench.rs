//! `cargo xtask bench`: what the kit costs, each figure a ratio against a named alternative in the same run.

use crate::process::{Result, cargo, run as run_command};

const BENCHES: &[(&str, &str)] = &[("howdah-dnsimple", "calls"), ("howdah-core", "quota"), ("howdah-core", "plan")];

pub(crate) fn run() -> Result {
    for (package, bench) in BENCHES {
        println!("\n{package}: {bench}");
        run_command(&mut cargo(&["bench", "--quiet", "--package", package, "--bench", bench]))?;
    }
    Ok(())
}
