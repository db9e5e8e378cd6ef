//! How a job is asked for on the command line, run, and told of.

use std::{future::Future, io::Write, path::PathBuf, sync::Arc};

use clap::Args;
use howdah_core::{Clock, dns::Name};
use howdah_workflows::{
    engine::{self, Check, Run, Steps, Workflow},
    lookout::Lookout,
    sightings::Sightings,
};
use serde::Serialize;

use super::{Failure, demo::Demo, ended, interrupted, providers::Providers, terminal};

/// The options that all jobs have.
#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub struct How {
    /// Do it, instead of showing what would be done
    #[arg(long)]
    pub apply: bool,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    /// Use fakes in this process instead of the real services
    #[arg(long)]
    pub demo: bool,
    /// Keep the demo's world in this directory
    #[arg(long, value_name = "DIR", requires = "demo")]
    pub state: Option<PathBuf>,
    /// Stay until everything is done, however long that takes
    #[arg(long, requires = "apply")]
    pub wait: bool,
}

/// The options of jobs that look at the DNS.
#[derive(Args, Debug)]
pub struct DnsHow {
    #[command(flatten)]
    pub how: How,
    /// Use the providers' sandboxes
    #[arg(long, conflicts_with = "demo")]
    pub sandbox: bool,
    /// Note here since when the world is as it is seen; what is lost of it makes waits begin anew [default: DOMAIN.notes.json]
    #[arg(long, value_name = "FILE")]
    pub notes: Option<PathBuf>,
}

/// What a job is run with.
pub struct Surroundings<'a> {
    pub clock: Clock,
    pub demo: Option<Demo>,
    pub env: &'a (dyn Fn(&str) -> Option<String> + Sync),
    sandbox: bool,
}

impl How {
    /// The real services, or a demo's world whose time passes as fast as it is waited for.
    pub async fn surroundings<'a>(
        &self,
        env: &'a (dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Surroundings<'a>, Failure> {
        let demo = self.demo.then(|| Demo::open(self.state.as_deref())).transpose()?;
        if let Some(demo) = &demo {
            demo.begin().await?;
        }
        let clock = demo.as_ref().map_or_else(Clock::system, |demo| demo.clock.clone());
        Ok(Surroundings { clock, demo, env, sandbox: false })
    }
}

impl DnsHow {
    /// The same, or the providers' sandboxes.
    pub async fn surroundings<'a>(
        &self,
        env: &'a (dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Surroundings<'a>, Failure> {
        Ok(Surroundings { sandbox: self.sandbox, ..self.how.surroundings(env).await? })
    }

    /// A look at the real world, or at the demo's.
    pub fn lookout(&self, around: &Surroundings<'_>, domain: &Name) -> Result<Lookout, Failure> {
        let sightings = match (&self.notes, &around.demo, &self.how.state) {
            (Some(file), ..) => Sightings::kept_in(file)?,
            (None, Some(_), Some(directory)) => Sightings::kept_in(directory.join("notes.json"))?,
            (None, Some(_), None) => Sightings::in_memory(),
            (None, None, _) => Sightings::kept_in(format!("{}.notes.json", domain.to_fqdn_without_dot()))?,
        };
        Ok(around.providers().lookout(&around.clock)?.with_sightings(Arc::new(sightings)))
    }
}

impl Surroundings<'_> {
    /// Runs a job here. In a demo waits take no time, and the world goes on from its end the next time.
    pub async fn run<W: Workflow>(
        &self,
        job: &W,
        title: &str,
        how: &How,
        out: &mut (dyn Write + Send),
    ) -> Result<(), Failure> {
        self.in_time(run(job, title, how, &self.clock, out)).await
    }

    /// In a demo, time passes as soon as everybody waits.
    pub async fn in_time<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let Some(demo) = &self.demo else {
            return work.await;
        };
        tokio::time::pause();
        let done = work.await;
        tokio::time::resume();
        demo.close()?;
        done
    }

    pub fn providers(&self) -> Providers<'_> {
        Providers { env: self.env, demo: self.demo.as_ref(), sandbox: self.sandbox }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    job: &'a str,
    /// Whether changes were allowed.
    apply: bool,
    steps: Steps,
    /// The steps that this run did.
    acted: Vec<String>,
    checks: Vec<Check>,
}

/// Shows where a job stands, or runs it as far as it goes, and tells of it.
async fn run<W: Workflow>(
    job: &W,
    title: &str,
    how: &How,
    clock: &Clock,
    out: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let (report, ended) = if how.apply {
        let run = Run::on(clock.clone()).waiting(how.wait).telling(terminal::progress());
        let outcome = engine::apply(job, &run).await.map_err(interrupted)?;
        let ended = ended(&outcome);
        let engine::Outcome { steps, acted, checks, .. } = outcome;
        (Report { job: title, apply: true, steps, acted, checks }, ended)
    } else {
        let (_, steps) = engine::plan(job, clock).await?;
        (Report { job: title, apply: false, steps, acted: Vec::new(), checks: Vec::new() }, Ok(()))
    };
    if how.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        print(&report, out)?;
    }
    ended
}

fn print(report: &Report<'_>, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    writeln!(out, "{}\n\n{}\n", report.job, terminal::steps(&report.steps))?;
    if !report.checks.is_empty() {
        writeln!(out, "{}\n", terminal::checks(&report.checks))?;
    }
    let done = report.steps.all_done();
    if !report.apply {
        let next = if done { "There is nothing to do." } else { "Run it again with --apply to do what is ready." };
        return Ok(writeln!(out, "Nothing was changed. {next}")?);
    }
    if let Some((until, what_for)) = report.steps.come_back() {
        writeln!(out, "{}", terminal::come_back(until, what_for))?;
    }
    if done {
        writeln!(out, "{}", if report.acted.is_empty() { "There was nothing to do." } else { "Done." })?;
    }
    Ok(())
}
