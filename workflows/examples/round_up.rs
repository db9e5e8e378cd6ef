//! The story of the round-up, told on fakes of all providers in this process. No network is used.
//!
//! `cargo run --example round_up`

mod common;

use std::{
    io::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use common::{Failure, demo::Demo, providers::Providers, terminal};
use howdah_core::{Clock, dns::Name, testing::KillSwitch};
use howdah_dnsimple::{
    DnSimple, DnSimpleDns,
    testing::{ACCOUNT, Plan},
};
use howdah_workflows::{
    engine::{self, Event, Run},
    instance::Instance,
    move_dns::{MoveDns, Source},
};

/// The instance's own files.
const INSTANCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vmst.io/instance.toml");
const ZONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vmst.io/vmst.io.zone");

/// The request after which nothing gets through: in the midst of the records.
const POWER_FAILS_AT: u64 = 36;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    common::exit(tell(Story::on(std::io::stdout())).await)
}

/// Tells the whole story.
pub(crate) async fn tell(story: Story) -> Result<(), Failure> {
    let instance = common::read_instance(Path::new(INSTANCE))?;
    let demo = Demo::open(None, Clock::system())?;
    story.say(format_args!(
        "THE ROUND-UP\n\n\
         A month after it went live, {} changes nearly everything that it stands on. Here that month is\n\
         played on fakes of its providers, inside this process: no network, no account, no money.",
        instance.domain.to_fqdn_without_dot(),
    ))?;
    leaving_cloudflare(&story, &instance, &demo).await
}

/// The zone moves from Cloudflare to `DNSimple`.
async fn leaving_cloudflare(story: &Story, instance: &Instance, demo: &Demo) -> Result<(), Failure> {
    story.chapter(
        1,
        "The zone leaves Cloudflare",
        "Registration and DNS were both at Cloudflare, and for a while its firewall stood before the\n\
         site. That ends: DNSimple will answer for the domain, another company will hold its\n\
         registration, and browsers will speak TLS with the instance's own load balancer and CDN.",
    )?;
    let file = common::read_zone_file(Path::new(ZONE), &instance.domain)?;
    let job = |target| MoveDns::new(Source::Zone(file.zone.clone()), target).with_instance(instance.clone());

    let providers = Providers { env: &|_| None, demo: Some(demo), sandbox: false };
    let dnsimple = providers.dns("dnsimple").await?;
    let whole = dnsimple.checks.into_iter().fold(job(dnsimple.provider), MoveDns::with_check);

    let (seen, steps) = engine::plan(&whole, &Clock::system()).await?;
    story.heading("What becomes of the records that Cloudflare exported")?;
    story.say(terminal::translation(&seen.translation))?;
    match seen.caa.as_slice() {
        [] => story.say("Every host's certificate authority is allowed to issue for it: the CAA records agree.")?,
        problems => problems.iter().try_for_each(|problem| story.say(problem))?,
    }
    story.heading("The plan")?;
    story.say(terminal::steps(&steps))?;

    story.heading("The move, and the power fails")?;
    // This account's plan has no batches, so the records are created one by one.
    demo.dnsimple.set_plan(without_batches());
    let switch = KillSwitch::at(POWER_FAILS_AT, true);
    let doomed = demo.dnsimple.builder().transport(switch.guard(demo.dnsimple.world().clone())).build()?;
    let doomed = DnSimpleDns::new(DnSimple::from(doomed).account(ACCOUNT));
    match engine::apply(&job(Arc::new(doomed)), &story.run()).await {
        Ok(_) => return Err(Failure::new("the power did not fail")),
        Err(error) => story.say(format_args!("  ✗ {error}: nothing got through after request {POWER_FAILS_AT}"))?,
    }
    story.say("Nobody wrote down how far it had come. The same command again looks, and goes on from there:")?;
    let outcome = engine::apply(&whole, &story.run()).await?;
    common::ended(&outcome)?;

    story.heading("How do we know?")?;
    story.say(terminal::checks(&outcome.checks))?;
    let again = engine::apply(&whole, &Run::default()).await?;
    common::ended(&again)?;
    if again.acted.is_empty() {
        story.say("A third run finds nothing to do.")?;
    }

    story.heading("What comes next")?;
    let servers: Vec<_> = outcome.observed.name_servers.iter().map(Name::to_fqdn_without_dot).collect();
    story.say(format_args!(
        "The registrar delegates {} to\n  {}\n\
         Until every resolver has noticed, Cloudflare goes on answering too: nothing is deleted there.",
        instance.domain.to_fqdn_without_dot(),
        servers.join("\n  "),
    ))
}

fn without_batches() -> Plan {
    let mut plan = Plan::default();
    plan.batch = false;
    plan
}

/// Where the story is told: one writer for its text and for the progress of what happens in it.
#[derive(Clone)]
pub(crate) struct Story(Arc<Mutex<dyn Write + Send>>);

impl Story {
    pub(crate) fn on(out: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(out)))
    }

    fn line(&self, text: impl std::fmt::Display) -> Result<(), Failure> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(writeln!(out, "{text}")?)
    }

    /// A paragraph.
    fn say(&self, text: impl std::fmt::Display) -> Result<(), Failure> {
        self.line(format_args!("{text}\n"))
    }

    fn chapter(&self, number: u32, title: &str, lead: &str) -> Result<(), Failure> {
        let title = format!("{number}. {title}");
        self.line(format_args!("\n{title}\n{}\n", "━".repeat(title.chars().count())))?;
        self.say(lead)
    }

    fn heading(&self, title: &str) -> Result<(), Failure> {
        self.line(format_args!("{title}\n{}", "─".repeat(title.chars().count())))
    }

    /// A run whose steps are told as they are done.
    fn run(&self) -> Run {
        let story = self.clone();
        Run::default().telling(move |event| {
            // A story that cannot be written fails at its next sentence.
            let _ = match event {
                Event::Started(step) if step.detail.is_empty() => story.line(format_args!("  … {}", step.title)),
                Event::Started(step) => story.line(format_args!("  … {}: {}", step.title, step.detail)),
                Event::Finished(step) => story.line(format_args!("  ✓ {}", step.title)),
                Event::Verifying => story.line("  … verify\n"),
                _ => Ok(()),
            };
        })
    }
}
