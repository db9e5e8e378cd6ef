//! Running other programs, and how a check ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A failure is one text that says what is wrong and what to do.
pub(crate) type Result<T = ()> = std::result::Result<T, String>;

/// How a check ended that did not fail.
#[derive(Debug, PartialEq)]
pub(crate) enum Status {
    Passed,
    /// It could not be made here; the text says why.
    NotChecked(String),
}

impl Status {
    pub(crate) fn print(self, check: &str) {
        if let Self::NotChecked(why) = self {
            println!("{check}: not checked: {why}");
        }
    }
}

/// The workspace's directory.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command whose output the developer reads.
pub(crate) fn run(command: &mut Command) -> Result {
    let line = line(command);
    let status = command.status().map_err(|error| format!("`{line}` did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
}

/// Runs a command whose output we read. If it fails, all that it said is part of the failure.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("`{line}` did not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        let complained = String::from_utf8_lossy(&output.stderr);
        Err(format!("{said}{complained}`{line}` failed ({})", output.status))
    }
}

/// Is there such a program, and does it run?
pub(crate) fn is_available(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What `cargo metadata` says, all dependencies included.
pub(crate) fn metadata() -> Result<Value> {
    let text = output(&mut cargo(&["metadata", "--format-version", "1", "--all-features"]))?;
    serde_json::from_str(&text).map_err(|error| format!("`cargo metadata` printed no JSON: {error}"))
}

/// A member of the workspace that is published.
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    pub(crate) description: String,
    pub(crate) dependencies: Vec<String>,
}

pub(crate) fn publishable_crates() -> Result<Vec<Crate>> {
    let metadata = metadata()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    Ok(packages
        .filter(|package| package["source"].is_null() && package["publish"].as_array().is_none_or(|to| !to.is_empty()))
        .map(|package| Crate {
            name: text(&package["name"]),
            directory: Path::new(&text(&package["manifest_path"])).parent().unwrap_or(root()).to_owned(),
            description: text(&package["description"]),
            dependencies: package["dependencies"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|it| text(&it["name"]))
                .collect(),
        })
        .collect())
}

fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    command.get_args().fold(program, |line, argument| format!("{line} {}", argument.to_string_lossy()))
}
