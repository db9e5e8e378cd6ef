//! The project's developer commands: `cargo xtask ci`, `cargo xtask coverage`, `cargo xtask third-party`,
//! `cargo xtask bench`.
#![allow(clippy::print_stdout, clippy::print_stderr)] // its output is what it is for

mod bench;
mod checks;
mod ci;
mod coverage;
mod process;
mod source;
mod third_party;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of the Howdah workspace")]
enum Command {
    /// Everything that CI checks, stopping at the first failure.
    Ci {
        /// Only these steps, in the usual order.
        #[arg(value_name = "STEP", value_parser = clap::builder::PossibleValuesParser::new(ci::step_names()))]
        steps: Vec<String>,
    },
    /// What of the documents that the providers publish is implemented, called by a test and in accord with them.
    ///
    /// `HOWDAH_DOCUMENTS` names the directory that holds the documents.
    Coverage {
        /// Only these providers.
        #[arg(value_name = "PROVIDER", value_parser = clap::builder::PossibleValuesParser::new(coverage::provider_names()))]
        providers: Vec<String>,
    },
    /// Writes the examples of DigitalOcean's document that its fake answers with where it holds nothing.
    Examples,
    /// Runs programs that this project did not write against its fakes.
    ThirdParty,
    /// What the kit costs: a call beside bare reqwest, a long job under a quota, planning large zones.
    Bench,
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Ci { steps } => ci::run(&steps),
        Command::Coverage { providers } => coverage::run(&providers).map(|status| status.print("coverage")),
        Command::Examples => coverage::write_examples().map(|status| status.print("examples")),
        Command::ThirdParty => third_party::run().map(|status| status.print("third-party")),
        Command::Bench => bench::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\n{message}");
            ExitCode::FAILURE
        }
    }
}
