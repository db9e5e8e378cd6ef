//! `cargo xtask ci`: the steps in order, named and timed.

use std::time::Instant;

use crate::process::{Result, Status, cargo, run as run_command};
use crate::{checks, coverage};

struct Step {
    name: &'static str,
    /// What to do when it fails.
    advice: &'static str,
    run: fn() -> Result<Status>,
}

/// The quick ones first, as far as that makes sense.
const STEPS: &[Step] = &[
    Step { name: "format", advice: "run `cargo fmt --all`", run: || command(&["fmt", "--all", "--check"]) },
    Step {
        name: "docs-tidy",
        advice: "give each method one sentence in your own words and, on a line of its own, its route in backticks",
        run: checks::docs::check,
    },
    Step {
        name: "signatures",
        advice: "wrap the foreign type, or make the item `pub(crate)`",
        run: checks::signatures::check,
    },
    Step {
        name: "dependencies",
        advice: "put the dependency behind a feature, or into the crate that needs it",
        run: checks::dependencies::check,
    },
    Step {
        name: "rust-version",
        advice: "set `rust-version` in the workspace's Cargo.toml to the highest that a dependency asks for",
        run: checks::rust_version::check,
    },
    Step {
        name: "clippy",
        advice: "fix the warnings; an `allow` carries its reason",
        run: || command(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]),
    },
    Step {
        name: "test",
        advice: "run the failing test alone: `cargo test -p CRATE NAME`",
        run: || command(&["test", "--workspace"]),
    },
    Step { name: "doc", advice: "run `cargo doc --no-deps --workspace --all-features` and fix its warnings", run: doc },
    Step { name: "deny", advice: "see deny.toml for what is allowed and why", run: checks::deny::check },
    Step {
        name: "package",
        advice: "a published crate carries its description and both licences",
        run: checks::package::check,
    },
    Step {
        name: "coverage",
        advice: "fix the crate; or say why the document is wrong, in deviations.toml, omitted.toml or losses.toml",
        run: || coverage::run(&[]),
    },
];

pub(crate) fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Runs the steps with these names, or all.
pub(crate) fn run(names: &[String]) -> Result {
    let chosen: Vec<_> =
        STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name)).collect();
    let mut summary = Vec::new();
    for (index, step) in chosen.iter().enumerate() {
        println!("[{}/{}] {}", index + 1, chosen.len(), step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        let seconds = start.elapsed().as_secs_f32();
        let verdict = match outcome {
            Ok(Status::Passed) => "passed".to_owned(),
            Ok(Status::NotChecked(why)) => format!("not checked: {why}"),
            Err(problem) => {
                let Step { name, advice, .. } = step;
                return Err(format!(
                    "{problem}\n\n{name} failed after {seconds:.1} s. What to do: {advice}.\nAgain: `cargo xtask ci {name}`"
                ));
            }
        };
        summary.push(format!("{:14}{seconds:7.1} s  {verdict}", step.name));
    }
    println!("\n{}", summary.join("\n"));
    Ok(())
}

fn command(arguments: &[&str]) -> Result<Status> {
    run_command(&mut cargo(arguments)).map(|()| Status::Passed)
}

fn doc() -> Result<Status> {
    let mut cargo = cargo(&["doc", "--no-deps", "--workspace", "--all-features"]);
    run_command(cargo.env("RUSTDOCFLAGS", "-D warnings")).map(|()| Status::Passed)
}
