//! `cargo xtask bench`: what the kit costs, each figure a ratio against a named alternative in the same run.

use std::process::Command;

use crate::{
    process::{Result, cargo, root, run as run_command},
    third_party::{build_release, python},
};

const BENCHES: &[(&str, &str)] = &[
    ("howdah-dnsimple", "calls"),
    ("howdah-core", "quota"),
    ("howdah-core", "plan"),
    ("howdah-digitalocean", "pages"),
];

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
    let mut script = Command::new(python);
    script.arg(root().join("xtask/bench/offsite_copy.py"));
    for (variable, package, example) in [
        ("HOWDAH_FAKES", "howdah-workflows", "fakes"),
        ("HOWDAH_OFFSITE_COPY", "howdah-workflows", "offsite_copy"),
        ("HOWDAH_UPLOAD", "howdah-backblaze", "upload"),
    ] {
        script.env(variable, build_release(package, example)?);
    }
    run_command(&mut script)
}
