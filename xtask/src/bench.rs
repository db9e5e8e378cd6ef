//! `cargo xtask bench`: what the kit costs, each figure a ratio against a named alternative in the same run.

use std::process::Command;

use crate::{
    process::{Result, cargo, root, run as run_command},
    third_party::{build_release, python},
};

const BENCHES: &[(&str, &str)] = &[("howdah-dnsimple", "calls"), ("howdah-core", "quota"), ("howdah-core", "plan")];

pub(crate) fn run() -> Result {
    for (package, bench) in BENCHES {
        println!("\n{package}: {bench}");
        run_command(&mut cargo(&["bench", "--quiet", "--package", package, "--bench", bench]))?;
    }
    offsite_copy()
}

/// Our copy of a bucket beside rclone's, on the same servers.
fn offsite_copy() -> Result {
    println!("\nhowdah-workflows: offsite_copy");
    let python = python()?;
    let (fakes, copy) =
        (build_release("howdah-workflows", "fakes")?, build_release("howdah-workflows", "offsite_copy")?);
    let mut script = Command::new(python);
    script.arg(root().join("xtask/bench/offsite_copy.py")).env("HOWDAH_FAKES", fakes).env("HOWDAH_OFFSITE_COPY", copy);
    run_command(&mut script)
}
