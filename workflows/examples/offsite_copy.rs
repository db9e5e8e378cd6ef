//! Copies a bucket to other places, reading it once: shows what would be copied, and does it with `--apply`.
//!
//! `cargo run --release --example offsite_copy -- s3://media b2://vmst-media file:///srv/media --apply`

mod common;

use std::{ffi::OsString, io::Write, path::PathBuf};

use clap::Parser;
use common::{Failure, demo::Demo, stores, stores::Stores, terminal};
use howdah_workflows::offsite_copy::{
    Copied, Deletions, Guard, Observer, OffsiteCopy, Options, Plan, PlannedCopy, Progress, Report, Shard, Verification,
};
use indicatif::ProgressBar;
use serde::Serialize;

/// Copies the objects of one place to any number of others.
///
/// Without --apply nothing is changed. What was copied before and has not changed is not read again; a run that was
/// interrupted is continued by the same command. Restoring is the same the other way round.
#[derive(Parser, Debug)]
#[command(name = "offsite_copy", after_long_help = stores::URLS)]
#[allow(clippy::doc_markdown, clippy::struct_excessive_bools)]
struct Args {
    /// Where the objects are
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Where copies of them are to be
    #[arg(value_name = "DESTINATION", required = true)]
    destinations: Vec<String>,
    /// Do it, instead of showing what would be done
    #[arg(long)]
    apply: bool,
    /// Delete at the destinations what the source has no longer, after everything is copied
    #[arg(long)]
    delete: bool,
    /// Delete more than is usually meant
    #[arg(long, requires = "delete")]
    force: bool,
    /// What to verify: none, listing, sampled:N or full
    #[arg(long, value_name = "WHAT", default_value = "listing", value_parser = verification)]
    verify: Verification,
    /// Only a share of the keys, counted from 0, such as 0/4: n processes with one each do the whole
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Note here what is done, so that a run that was killed goes on without looking again
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,
    /// Copy so many objects at once
    #[arg(long, value_name = "N")]
    concurrency: Option<usize>,
    /// Hold so many MiB of contents in memory; 64 without this, and more for a fast and long line
    #[arg(long, value_name = "MIB")]
    budget: Option<u64>,
    /// Copy larger objects in parts of so many MiB; 8 without this
    #[arg(long, value_name = "MIB")]
    part_size: Option<u64>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
    /// Use fakes in this process instead of the real services
    #[arg(long)]
    demo: bool,
    /// Keep the demo's world in this directory
    #[arg(long, value_name = "DIR", requires = "demo")]
    state: Option<PathBuf>,
}

fn verification(text: &str) -> Result<Verification, String> {
    match text.split_once(':') {
        None if text == "none" => Ok(Verification::Nothing),
        None if text == "listing" => Ok(Verification::Listing),
        None if text == "full" => Ok(Verification::Full),
        Some(("sampled", number)) => {
            number.parse().map(Verification::Sampled).map_err(|_| format!("`{number}` is no number of objects"))
        }
        _ => Err("none, listing, sampled:N or full is meant".to_owned()),
    }
}

fn main() -> std::process::ExitCode {
    let demo = std::env::args_os().any(|arg| arg == "--demo");
    // The demo's time is made to pass, which only one thread can do.
    let mut runtime =
        if demo { tokio::runtime::Builder::new_current_thread() } else { tokio::runtime::Builder::new_multi_thread() };
    let env = |name: &str| std::env::var(name).ok();
    common::exit(match runtime.enable_all().build() {
        Ok(runtime) => runtime.block_on(run(std::env::args_os(), &env, &mut std::io::stdout())),
        Err(error) => Err(error.into()),
    })
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
    let demo = args.demo.then(|| Demo::open(args.state.as_deref())).transpose()?;
    let stores = Stores { env, demo: demo.as_ref() };
    stores::apart([&args.source].into_iter().chain(&args.destinations))?;
    let source = stores.open(&args.source).await?;
    let mut destinations = Vec::new();
    for url in &args.destinations {
        destinations.push(stores.open(url).await?);
    }
    let job = OffsiteCopy::new(source, destinations).with_options(options(&args));
    let told = Told::new();
    if !args.apply {
        let plan = job.plan(&told).await?;
        told.0.finish_and_clear();
        return show_plan(&plan, &args, out);
    }
    let report = job.apply(&told).await?;
    told.0.finish_and_clear();
    if let Some(demo) = &demo {
        demo.close()?;
    }
    show_report(&report, &args, out)?;
    // What became of each object is told; the whole has no outcome of its own.
    report.into_result().map(drop).map_err(|error| Failure::new(error.message()))
}

fn options(args: &Args) -> Options {
    const MIB: u64 = 1024 * 1024;
    let mut options = Options::default().with_verification(args.verify);
    if args.delete {
        let guard = if args.force { Guard::none() } else { Guard::default() };
        options = options.with_deletions(Deletions::Mirror(guard));
    }
    if let Some(shard) = args.shard {
        options = options.with_shard(shard);
    }
    if let Some(directory) = &args.spool {
        options = options.with_spool(directory);
    }
    if let Some(objects) = args.concurrency {
        options = options.with_concurrency(objects);
    }
    if let Some(budget) = args.budget {
        options = options.with_budget(budget.saturating_mul(MIB));
    }
    if let Some(part) = args.part_size {
        options = options.with_part_size(part.saturating_mul(MIB));
    }
    options
}

/// Progress on a terminal.
struct Told(ProgressBar);

impl Told {
    fn new() -> Self {
        Self(terminal::spinner())
    }
}

impl Observer for Told {
    fn progress(&self, progress: &Progress) {
        self.0.set_message(progress.to_string());
    }
}

#[derive(Serialize)]
struct Document<'a> {
    job: String,
    apply: bool,
    plan: &'a Plan,
    copied: &'a [Copied],
    vanished: u64,
}

fn title(args: &Args) -> String {
    let shown = |url: &str| url.split('?').next().unwrap_or_default().to_owned();
    let to: Vec<_> = args.destinations.iter().map(|url| shown(url)).collect();
    format!("Copy {} to {}", shown(&args.source), to.join(" and "))
}

fn show_plan(plan: &Plan, args: &Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    if args.json {
        let document = Document { job: title(args), apply: false, plan, copied: &[], vanished: 0 };
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        return Ok(());
    }
    writeln!(out, "{}\n\n{} objects there.\n", title(args), plan.source)?;
    warn(plan, out)?;
    let mut table = terminal::table(["destination", "new", "changed", "unchanged", "by size and time", "surplus"]);
    for PlannedCopy { name, new, changed, unchanged, unchanged_by_time, surplus, .. } in &plan.destinations {
        let counts = [new, changed, unchanged, unchanged_by_time, surplus].map(ToString::to_string);
        table.add_row([name.clone()].into_iter().chain(counts));
    }
    writeln!(out, "{}\n", terminal::shown(&table))?;
    for destination in &plan.destinations {
        let PlannedCopy { name, new, changed, surplus, delete, .. } = destination;
        let surplus = (*delete).then_some(surplus);
        for (sign, tally) in [("+", Some(new)), ("~", Some(changed)), ("-", surplus)] {
            let Some(tally) = tally else { continue };
            for key in &tally.first {
                writeln!(out, "{sign} {name}/{key}")?;
            }
            let named = tally.first.len() as u64;
            if tally.objects > named && named > 0 {
                writeln!(out, "{sign} and {} more", tally.objects - named)?;
            }
        }
    }
    let next = if plan.is_empty() { "There is nothing to do." } else { "Run it again with --apply to do it." };
    writeln!(out, "{next}")?;
    Ok(())
}

fn show_report(report: &Report, args: &Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    if args.json {
        let Report { plan, destinations, vanished, .. } = report;
        let document = Document { job: title(args), apply: true, plan, copied: destinations, vanished: *vanished };
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        return Ok(());
    }
    writeln!(out, "{}\n", title(args))?;
    warn(&report.plan, out)?;
    let mut table = terminal::table(["destination", "copied", "unchanged", "deleted", "failed", "verified"]);
    for (copied, planned) in report.destinations.iter().zip(&report.plan.destinations) {
        let verified = match &copied.verified {
            None => "not".to_owned(),
            Some(verified) if verified.failures.count > 0 => format!("{} wrong", verified.failures.count),
            Some(verified) if verified.read > 0 => format!("{} listed, {} read", verified.listed, verified.read),
            Some(verified) => format!("{} listed", verified.listed),
        };
        table.add_row([
            copied.name.clone(),
            copied.copied.to_string(),
            (planned.unchanged.objects + planned.unchanged_by_time.objects).to_string(),
            copied.deleted.to_string(),
            copied.failures.count.to_string(),
            verified,
        ]);
    }
    writeln!(out, "{}\n", terminal::shown(&table))?;
    if report.vanished > 0 {
        writeln!(out, "{} objects were listed at the source and gone when they were to be read.", report.vanished)?;
    }
    for copied in &report.destinations {
        let verified = copied.verified.iter().flat_map(|verified| &verified.failures.first);
        for failure in copied.failures.first.iter().chain(verified) {
            writeln!(out, "! {}/{}: {}", copied.name, failure.key, failure.message)?;
        }
        if copied.attributes_not_kept > 0 {
            let Copied { name, attributes_not_kept, .. } = copied;
            writeln!(
                out,
                "{name} keeps no attributes: those of {attributes_not_kept} objects are in its manifest only."
            )?;
        }
    }
    Ok(())
}

fn warn(plan: &Plan, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    for warning in &plan.warnings {
        writeln!(out, "Mind: {warning}\n")?;
    }
    for PlannedCopy { name, refused, .. } in &plan.destinations {
        if let Some(refused) = refused {
            writeln!(out, "Not deleted at {name}: {refused} (--force).\n")?;
        }
    }
    Ok(())
}
