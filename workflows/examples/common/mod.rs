//! What the examples share.

// Each example uses its part of this, and each is a crate of its own.
#![allow(dead_code, unreachable_pub)]

pub mod demo;
pub mod house;
pub mod job;
pub mod providers;
pub mod stores;
pub mod terminal;

use std::{ffi::OsString, fmt, fs, io::Write, path::Path, process::ExitCode};

use clap::{Parser, error::ErrorKind};
use howdah_core::dns::{Name, zonefile};
use howdah_workflows::{
    engine::{Outcome, RunError, State},
    instance::Instance,
};

/// Why a command ends without success: what is told on standard error.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An error and all its sources in one line.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            let text = error.to_string();
            // Some errors have their source in their message already.
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            source = error.source();
        }
        Self(message)
    }
}

/// Tells a failure and gives the status to exit with.
#[allow(clippy::print_stderr)]
pub fn exit(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the command line; nothing when help was asked for, which is printed.
pub fn parse<Args: Parser>(
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
) -> Result<Option<Args>, Failure> {
    match Args::try_parse_from(args) {
        Ok(args) => Ok(Some(args)),
        Err(help) if matches!(help.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            write!(out, "{help}")?;
            Ok(None)
        }
        Err(error) => {
            let text = error.to_string();
            let told = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
            let told: Vec<_> =
                told.filter(|line| !line.is_empty() && !line.starts_with("For more information")).collect();
            let told = told.join(" ");
            Err(Failure::new(format!("{} (--help explains)", told.trim_start_matches("error: "))))
        }
    }
}

/// Reads a zone file, or says where its first error is.
pub fn read_zone_file(file: &Path, zone: &Name) -> Result<zonefile::ZoneFile, Failure> {
    zonefile::read(&read(file)?, zone).map_err(|errors| {
        let first = errors.iter().next().map(ToString::to_string).unwrap_or_default();
        let more = match errors.iter().len() {
            0 | 1 => String::new(),
            all => format!(" (and {} more)", all - 1),
        };
        Failure::new(format!("{}, {first}{more}", file.display()))
    })
}

/// Reads an `instance.toml`.
pub fn read_instance(file: &Path) -> Result<Instance, Failure> {
    Ok(Instance::read(&read(file)?)?)
}

pub fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| Failure::new(format!("cannot read {}: {error}", file.display())))
}

/// What an account has not, with the names of what it has of the kind.
pub fn missing<'n>(what: &str, there: impl Iterator<Item = &'n str>) -> Failure {
    let there: Vec<_> = there.collect();
    let there = if there.is_empty() { "there are none".to_owned() } else { format!("there is {}", there.join(", ")) };
    Failure::new(format!("there is no {what}; {there}"))
}

/// A run that stopped half way, and what to do about it.
pub fn interrupted(error: RunError) -> Failure {
    let begun = !error.acted.is_empty() || error.error.outcome() == howdah_core::Outcome::Unknown;
    let Failure(message) = error.into();
    Failure(if begun {
        format!("{message}; the same command again looks first, and goes on from what it finds")
    } else {
        message
    })
}

/// Whether a run ended well: one that waits did, one that is blocked or found something wrong did not.
pub fn ended<Observed>(outcome: &Outcome<Observed>) -> Result<(), Failure> {
    let failed: Vec<_> = outcome.failed().map(|check| format!("{} ({})", check.what, check.detail)).collect();
    if !failed.is_empty() {
        return Err(Failure::new(format!("this does not hold: {}", failed.join("; "))));
    }
    match outcome.steps.blocked().next().map(|step| &step.state) {
        Some(State::Blocked { because, remedy }) => Err(Failure::new(format!("not done: {because}; {remedy}"))),
        _ => Ok(()),
    }
}
