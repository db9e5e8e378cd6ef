//! Moves a zone to another provider of DNS hosting: shows what would happen, and does it with `--apply`.
//!
//! `cargo run --example move_dns -- --zone-file example.org.zone --zone example.org --to dnsimple --demo --apply`

mod common;

use std::{ffi::OsString, io::Write, path::PathBuf, sync::Arc};

use clap::{Parser, ValueEnum};
use common::{
    Failure,
    job::{DnsHow, Surroundings},
    providers::Hosting,
    terminal,
};
use howdah_core::dns::{DnsProviderExt as _, Name, Safety};
use howdah_workflows::{
    engine::{self, Check, Run, Steps},
    move_dns::{MoveDns, Observed, Options, Reach, Source},
    translate::{Entry, Fate},
};
use serde::Serialize;

/// Moves a zone to another provider of DNS hosting.
///
/// Without --apply nothing is changed. Tokens are taken from the environment: DNSIMPLE_TOKEN (and DNSIMPLE_ACCOUNT for
/// a token of several accounts), CLOUDFLARE_API_TOKEN, GANDI_PERSONAL_ACCESS_TOKEN. A run that was interrupted, or that
/// waits, is continued by the same command.
#[derive(Parser, Debug)]
#[command(name = "move_dns")]
// The text is shown in a terminal, and each option is a switch of its own.
#[allow(clippy::doc_markdown, clippy::struct_excessive_bools)]
struct Args {
    /// Read the records from this zone file
    #[arg(long, value_name = "FILE", conflicts_with = "from", required_unless_present = "from")]
    zone_file: Option<PathBuf>,
    /// Read the records from this provider
    #[arg(long, value_name = "PROVIDER")]
    from: Option<String>,
    /// The zone to move
    #[arg(long, value_name = "NAME")]
    zone: Name,
    /// The provider to move it to
    #[arg(long, value_name = "PROVIDER")]
    to: String,
    /// Go on: let this registrar delegate to the new name servers, and wait until the old ones are forgotten
    #[arg(long, value_name = "REGISTRAR")]
    registrar: Option<String>,
    /// Delete the zone at its old provider when nobody asks there any more
    #[arg(long, requires = "registrar", requires = "from")]
    delete_source: bool,
    /// Check the hosts of this instance.toml: may their issuers issue for them?
    #[arg(long, value_name = "FILE")]
    instance: Option<PathBuf>,
    /// Do nothing as long as a host's CAA records forbid its issuer, instead of a warning
    #[arg(long, requires = "instance")]
    require_caa: bool,
    /// What of a zone that has records already may change
    #[arg(long, value_enum, default_value_t = Scope::Whole)]
    scope: Scope,
    /// Change more of an existing zone than is usually meant
    #[arg(long)]
    force: bool,
    /// Leave out what the provider cannot hold
    #[arg(long)]
    leave_out: bool,
    #[command(flatten)]
    how: DnsHow,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum Scope {
    /// The whole zone: what the source has not is deleted
    Whole,
    /// The names of the source: others are left alone
    Names,
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
    let (job, repairs) = set_up(&args, &around).await?;

    let mut report = Report::new(&args, repairs);
    let ended = around.in_time(run_job(&job, &args, &around, &mut report)).await?;
    if args.how.how.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        report.print(out)?;
    }
    ended
}

/// Shows where the job stands, or runs it as far as it goes.
async fn run_job(
    job: &MoveDns,
    args: &Args,
    around: &Surroundings<'_>,
    report: &mut Report,
) -> Result<Result<(), Failure>, Failure> {
    if !args.how.how.apply {
        let (observed, steps) = engine::plan(job, &around.clock).await?;
        report.fill(&observed, &steps);
        return Ok(Ok(()));
    }
    let run = Run::on(around.clock.clone()).waiting(args.how.how.wait).telling(terminal::progress());
    let outcome = engine::apply(job, &run).await.map_err(common::interrupted)?;
    let ended = common::ended(&outcome);
    report.fill(&outcome.observed, &outcome.steps);
    (report.acted, report.checks) = (outcome.acted, outcome.checks);
    Ok(ended)
}

async fn set_up(args: &Args, around: &Surroundings<'_>) -> Result<(MoveDns, Vec<String>), Failure> {
    let providers = around.providers();
    let mut repairs = Vec::new();
    let source = match (&args.zone_file, &args.from) {
        (Some(file), _) => {
            let read = common::read_zone_file(file, &args.zone)?;
            repairs = read.warnings.iter().map(ToString::to_string).collect();
            Source::Zone(read.zone)
        }
        (None, Some(name)) => {
            let provider = providers.dns(name).await?.provider;
            if !provider.zone_exists(&args.zone).await? {
                return Err(Failure::new(format!("there is no zone {} at {name}", args.zone)));
            }
            Source::Provider { provider, zone: args.zone.clone() }
        }
        (None, None) => return Err(Failure::new("nothing to read from: --zone-file or --from is needed")),
    };
    let Hosting { provider, checks } = providers.dns(&args.to).await?;
    let reach = match args.scope {
        Scope::Whole => Reach::WholeZone,
        Scope::Names => Reach::NamesOfSource,
    };
    let options = Options::default()
        .with_reach(reach)
        .with_safety(if args.force { Safety::none() } else { Safety::default() })
        .with_leave_out_unsupported(args.leave_out)
        .with_require_caa(args.require_caa)
        .with_delete_source(args.delete_source);
    let mut job = MoveDns::new(source, Arc::clone(&provider)).with_options(options);
    if let Some(file) = &args.instance {
        job = job.with_instance(common::read_instance(file)?);
    }
    if let Some(registrar) = &args.registrar {
        let lookout = args.how.lookout(around, &args.zone)?;
        job = job.delegating(providers.registrar(registrar).await?, lookout);
    }
    Ok((checks.into_iter().fold(job, MoveDns::with_check), repairs))
}

/// What the command tells, for people and for programs.
#[derive(Serialize, Default)]
struct Report {
    zone: String,
    source: String,
    target: String,
    /// Whether changes were allowed.
    apply: bool,
    /// Whether the delegation is changed as well.
    delegates: bool,
    carried: usize,
    translated: usize,
    left_out: usize,
    /// Every record set of the source.
    record_sets: Vec<SetView>,
    /// What the source's provider keeps besides.
    kept_by_source: Vec<String>,
    /// What was repaired or is doubtful in the zone file.
    zone_file_warnings: Vec<String>,
    certificate_warnings: Vec<String>,
    /// What is left to be changed at the target.
    changes: Vec<String>,
    steps: Option<Steps>,
    /// The steps that this run did.
    acted: Vec<String>,
    checks: Vec<Check>,
    name_servers: Vec<String>,
    /// For people.
    #[serde(skip)]
    account: String,
}

#[derive(Serialize)]
struct SetView {
    name: String,
    #[serde(rename = "type")]
    record_type: String,
    records: Vec<String>,
    fate: &'static str,
    /// What stands in its place at the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    becomes: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl From<&Entry> for SetView {
    fn from(entry: &Entry) -> Self {
        let (fate, becomes, why) = match &entry.fate {
            Fate::Carried => ("carried", None, Vec::new()),
            Fate::Translated { to, changes } => ("translated", Some(to.to_string()), changes.clone()),
            Fate::LeftOut { reason, .. } => ("left out", None, vec![reason.clone()]),
        };
        Self {
            name: entry.set.name().to_string(),
            record_type: entry.set.record_type().to_string(),
            records: entry.set.data().iter().map(ToString::to_string).collect(),
            fate,
            becomes,
            why,
            warnings: entry.warnings.clone(),
        }
    }
}

impl Report {
    fn new(args: &Args, zone_file_warnings: Vec<String>) -> Self {
        let file = args.zone_file.as_deref().map(|file| file.display().to_string());
        Self {
            zone: args.zone.to_string(),
            source: file.or_else(|| args.from.clone()).unwrap_or_default(),
            target: args.to.clone(),
            apply: args.how.how.apply,
            delegates: args.registrar.is_some(),
            zone_file_warnings,
            ..Self::default()
        }
    }

    fn fill(&mut self, observed: &Observed, steps: &Steps) {
        let translation = &observed.translation;
        (self.carried, self.translated, self.left_out) = translation.count();
        self.account = terminal::translation(translation);
        self.record_sets = translation.entries.iter().map(SetView::from).collect();
        let kept = observed.left_alone.iter();
        self.kept_by_source = kept.map(|one| format!("{} {}: {}", one.name, one.record_type, one.reason)).collect();
        self.certificate_warnings = observed.caa.iter().map(ToString::to_string).collect();
        self.changes = observed.plan.changes().iter().map(ToString::to_string).collect();
        self.name_servers = observed.name_servers.iter().map(Name::to_fqdn_without_dot).collect();
        self.steps = Some(steps.clone());
    }

    fn print(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let Self { zone, source, target, .. } = self;
        writeln!(out, "{zone} from {source} to {target}\n")?;
        writeln!(out, "{}\n", self.account)?;
        // What is created is told above; what an existing zone loses has to be seen.
        let touched: Vec<_> = self.changes.iter().filter(|change| !change.starts_with("create")).cloned().collect();
        for (heading, lines) in [
            ("Kept by the source's provider", &self.kept_by_source),
            ("In the zone file", &self.zone_file_warnings),
            ("Certificates", &self.certificate_warnings),
            (&format!("Of what is at {target} already"), &touched),
        ] {
            if !lines.is_empty() {
                writeln!(out, "{}\n", terminal::list(heading, lines))?;
            }
        }
        if let Some(steps) = &self.steps {
            writeln!(out, "{}\n", terminal::steps(steps))?;
        }
        if !self.checks.is_empty() {
            writeln!(out, "{}\n", terminal::checks(&self.checks))?;
        }
        self.print_what_next(out)
    }

    fn print_what_next(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let done = self.steps.as_ref().is_some_and(Steps::all_done);
        if !self.apply {
            let next = if done { "There is nothing to do." } else { "Run it again with --apply to do what is ready." };
            return Ok(writeln!(out, "Nothing was changed. {next}")?);
        }
        if let Some((until, what_for)) = self.steps.as_ref().and_then(Steps::come_back) {
            writeln!(out, "{}", terminal::come_back(until, what_for))?;
        }
        if done {
            let done = if self.acted.is_empty() { "There was nothing to do." } else { "Done." };
            if self.delegates {
                return Ok(writeln!(out, "{done} The world asks:\n  {}", self.name_servers.join("\n  "))?);
            }
            writeln!(out, "{done} Next, let the registrar delegate {} to:", self.zone)?;
            self.name_servers.iter().try_for_each(|server| writeln!(out, "  {server}"))?;
        }
        Ok(())
    }
}
