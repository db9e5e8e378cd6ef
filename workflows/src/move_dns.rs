//! Moves a zone from where it is to another provider of DNS hosting.
//!
//! Nothing is dropped in silence: the [`Translation`] accounts for every record set of the source, and what would be
//! lost blocks the job until the operator agrees. The old provider is only read. When the job is done, the domain can
//! be delegated to [`Observed::name_servers`].
//!
//! With a registrar and a way to look at the DNS ([`MoveDns::delegating`]) the job goes on: what old and new name servers
//! answer is compared record set by record set, the delegation is changed, and the job ends when no cache can know the
//! old one any more. Until then the old zone is needed.
//!
//! ```
//! use std::sync::Arc;
//! use howdah_core::{dns::{Name, zonefile}, testing::MemoryDns};
//! use howdah_workflows::{engine::{self, Run}, move_dns::{MoveDns, Source}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = "@ 3600 IN CNAME lb.example.net.\n@ 3600 IN MX 10 mail.example.net.";
//! let file = zonefile::read(text, &Name::parse("example.org")?)?;
//! let job = MoveDns::new(Source::Zone(file.zone), Arc::new(MemoryDns::new()));
//!
//! let outcome = engine::apply(&job, &Run::default()).await?;
//! assert!(outcome.is_complete());
//! assert_eq!(outcome.acted, ["create", "load"]);
//! println!("delegate to {:?}", outcome.observed.name_servers);
//! # Ok(()) }
//! ```

mod crossing;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use howdah_core::{
    Error, Result,
    dns::{
        DnsProvider, DnsProviderExt as _, LeftAlone, Name, Plan, PlanStats, RecordSet, RecordType, Safety,
        SafetyViolation, Scope, Zone, ZoneSnapshot,
    },
    registrar::Registrar,
};
use jiff::Timestamp;

use self::crossing::Crossing;
pub use self::crossing::Seam;
use crate::{
    caa::{self, CaaProblem},
    engine::{Check, Step, Steps, Workflow},
    instance::Instance,
    lookout::Lookout,
    translate::Translation,
};

/// The job.
#[derive(Debug)]
pub struct MoveDns {
    source: Source,
    target: Arc<dyn DnsProvider>,
    options: Options,
    instance: Option<Instance>,
    checks: Vec<Arc<dyn ZoneCheck>>,
    crossing: Option<Crossing>,
}

/// Where the record sets come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A zone at hand, such as one that was read from a file.
    Zone(Zone),
    /// A zone at a provider, which is read afresh at every look.
    Provider {
        /// Where it is.
        provider: Arc<dyn DnsProvider>,
        /// Its name.
        zone: Name,
    },
}

/// What the operator allows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// What of the target's zone may change.
    pub reach: Reach,
    /// How much of a zone that has records already may change.
    pub safety: Safety,
    /// Whether sets that the target cannot hold may be left out although something is lost by that.
    pub leave_out_unsupported: bool,
    /// Whether a host whose CAA set forbids its own issuer blocks the move.
    pub require_caa: bool,
    /// The TTL in seconds of sets whose old provider chose it.
    pub moving_ttl: u32,
    /// Whether the zone is deleted at its old provider when nobody asks there any more.
    pub delete_source: bool,
}

/// What of the target's zone a move may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Everything: what the source has not is deleted.
    #[default]
    WholeZone,
    /// The names that own something in the source.
    NamesOfSource,
}

/// Something more to verify at the target than [`DnsProvider`] can tell.
#[async_trait]
pub trait ZoneCheck: Send + Sync + fmt::Debug {
    /// Looks whether the provider serves this zone.
    async fn check(&self, zone: &Zone) -> Result<Vec<Check>>;
}

/// What is known of source and target.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Observed {
    /// The record sets of the source.
    pub source: Zone,
    /// What the source's provider holds besides, and keeps.
    pub left_alone: Vec<LeftAlone>,
    /// What becomes of each set.
    pub translation: Translation,
    /// The target's zone, if it is there.
    pub target: Option<ZoneSnapshot>,
    /// What has to change at the target.
    pub plan: Plan,
    /// What the plan may touch.
    pub scope: Scope,
    /// The name servers to delegate to; none while there is no zone.
    pub name_servers: Vec<Name>,
    /// Hosts that could not renew their certificates.
    pub caa: Vec<CaaProblem>,
    /// What the world sees, when the job is to change the delegation as well.
    pub seam: Option<Seam>,
    /// Whether the old provider has the zone no longer; then [`source`](Self::source) is the target's.
    pub source_is_gone: bool,
    chosen_ttl: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reach: Reach::default(),
            safety: Safety::default(),
            leave_out_unsupported: false,
            require_caa: false,
            moving_ttl: 300,
            delete_source: false,
        }
    }
}

impl Options {
    /// What of the target's zone may change.
    #[must_use]
    pub fn with_reach(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// How much of it may change.
    #[must_use]
    pub fn with_safety(self, safety: Safety) -> Self {
        Self { safety, ..self }
    }

    /// Whether what the target cannot hold may be left out.
    #[must_use]
    pub fn with_leave_out_unsupported(self, allowed: bool) -> Self {
        Self { leave_out_unsupported: allowed, ..self }
    }

    /// Whether a CAA set that forbids a host's issuer blocks the move.
    #[must_use]
    pub fn with_require_caa(self, required: bool) -> Self {
        Self { require_caa: required, ..self }
    }

    /// The TTL in seconds where the old provider chose it.
    #[must_use]
    pub fn with_moving_ttl(self, seconds: u32) -> Self {
        Self { moving_ttl: seconds, ..self }
    }

    /// Whether the zone is deleted at its old provider in the end.
    #[must_use]
    pub fn with_delete_source(self, delete: bool) -> Self {
        Self { delete_source: delete, ..self }
    }
}

impl MoveDns {
    /// A move of the source's zone, with cautious options.
    pub fn new(source: Source, target: Arc<dyn DnsProvider>) -> Self {
        Self { source, target, options: Options::default(), instance: None, checks: Vec::new(), crossing: None }
    }

    /// Allows more, or less.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Holds CAA sets against the issuers of the instance's hosts.
    #[must_use]
    pub fn with_instance(self, instance: Instance) -> Self {
        Self { instance: Some(instance), ..self }
    }

    /// Verifies more.
    #[must_use]
    pub fn with_check(mut self, check: Arc<dyn ZoneCheck>) -> Self {
        self.checks.push(check);
        self
    }

    /// Goes on until the registrar delegates to the target, and the old delegation is forgotten.
    #[must_use]
    pub fn delegating(self, registrar: Arc<dyn Registrar>, lookout: Lookout) -> Self {
        Self { crossing: Some(Crossing { registrar, lookout }), ..self }
    }

    /// The zone that moves.
    pub fn zone(&self) -> &Name {
        match &self.source {
            Source::Zone(zone) => zone.name(),
            Source::Provider { zone, .. } => zone,
        }
    }

    async fn read_source(&self) -> Result<(Zone, Vec<LeftAlone>)> {
        match &self.source {
            Source::Zone(zone) => Ok((zone.clone(), Vec::new())),
            Source::Provider { provider, zone } => {
                let snapshot = provider.snapshot(zone).await?;
                Ok((snapshot.zone, snapshot.left_alone))
            }
        }
    }

    fn source_name(&self) -> &'static str {
        match &self.source {
            Source::Zone(_) => "the old provider",
            Source::Provider { provider, .. } => provider.name(),
        }
    }

    async fn delete_source(&self) -> Result<()> {
        match &self.source {
            Source::Zone(_) => Err(Error::invalid("a zone that was read from a file is deleted by hand")),
            Source::Provider { provider, zone } => provider.delete_zone(zone).await,
        }
    }

    fn decisions(&self, observed: &Observed) -> Option<Step> {
        let lost: Vec<String> = observed
            .translation
            .undecided()
            .map(|entry| format!("{} {}", entry.set.name(), entry.set.record_type()))
            .chain(observed.kept_behind().map(|kept| format!("{} {}", kept.name, kept.record_type)))
            .collect();
        if lost.is_empty() {
            return None;
        }
        let step = Step::new("decide", "decide what may be left out");
        Some(if self.options.leave_out_unsupported {
            step.done().with_detail(format!("{}, as allowed", count(lost.len(), "record set")))
        } else {
            step.blocked(
                format!("{} cannot be held by {}", listed(&lost), self.target.name()),
                "change them at the source, or allow to leave them out",
            )
        })
    }

    fn certificates(&self, observed: &Observed) -> Option<Step> {
        self.instance.as_ref()?;
        let step = Step::new("caa", "see that certificates can be issued");
        let hosts: Vec<String> = observed.caa.iter().map(|problem| problem.host.to_string()).collect();
        Some(match observed.caa.first() {
            None => step.done(),
            Some(first) if self.options.require_caa => {
                step.blocked(first.to_string(), format!("correct the CAA sets for {}", listed(&hosts)))
            }
            Some(_) => step.done().with_detail(format!("a warning for {}", listed(&hosts))),
        })
    }

    fn create(&self, observed: &Observed) -> Step {
        let target = self.target.name();
        let step = Step::new("create", format!("create the zone at {target}"));
        if observed.target.is_some() {
            step.done()
        } else if self.target.capabilities().create_zone {
            step
        } else {
            step.blocked(format!("{target} creates no zones through its API"), "create it there by hand")
        }
    }

    fn load(&self, observed: &Observed) -> Step {
        let step = Step::new("load", "load the record sets");
        let PlanStats { creates, updates, deletes, unchanged } = observed.plan.stats();
        if observed.target.is_some() && observed.plan.is_empty() {
            return step.done().with_detail(format!("{} there", count(unchanged, "set")));
        }
        match observed.plan.check(&self.options.safety) {
            Ok(()) => step.with_detail(format!("{creates} to create, {updates} to update, {deletes} to delete")),
            Err(violation) => {
                let because: Vec<String> =
                    SafetyViolation::violations(&violation).iter().map(ToString::to_string).collect();
                step.blocked(because.join("; "), "look at the plan, and force it if that is meant")
            }
        }
    }
}

#[async_trait]
impl Workflow for MoveDns {
    type Observed = Observed;

    async fn observe(&self) -> Result<Observed> {
        let zone = self.zone();
        let (target, name_servers) = if self.target.zone_exists(zone).await? {
            (Some(self.target.snapshot(zone).await?), self.target.name_servers(zone).await?)
        } else {
            (None, Vec::new())
        };
        let (source, left_alone, source_is_gone) = match (self.read_source().await, &target) {
            (Ok((source, left_alone)), _) => (source, left_alone, false),
            (Err(error), Some(target)) if self.options.delete_source && error.is_not_found() => {
                (target.zone.clone(), Vec::new(), true)
            }
            (Err(error), _) => return Err(error),
        };
        let translation = Translation::of(&source, self.target.as_ref(), self.options.moving_ttl);
        let scope = match self.options.reach {
            Reach::WholeZone => Scope::WholeZone,
            Reach::NamesOfSource => Scope::names_of(&translation.zone),
        };
        let mut current = target.as_ref().map_or_else(|| Zone::new(zone.clone()), |snapshot| snapshot.zone.clone());
        // The target's own name servers stay, even where they could be changed.
        current.split_off_authority();
        let plan = Plan::between(&current, &translation.zone, &scope);
        let hosts = self.instance.iter().flat_map(|instance| &instance.hosts);
        let caa = caa::problems(&translation.zone, hosts);
        let mut observed = Observed {
            source,
            left_alone,
            translation,
            target,
            plan,
            scope,
            name_servers,
            caa,
            seam: None,
            source_is_gone,
            chosen_ttl: self.options.moving_ttl,
        };
        if let Some(crossing) = &self.crossing {
            observed.seam = Some(crossing.observe(zone, &observed).await?);
        }
        Ok(observed)
    }

    fn plan(&self, observed: &Observed, now: Timestamp) -> Steps {
        let read = Step::new("read", "read the source").done();
        let read = read.with_detail(count(observed.source.len(), "record set"));
        let steps = [
            Some(read),
            self.decisions(observed),
            self.certificates(observed),
            Some(self.create(observed)),
            Some(self.load(observed)),
        ];
        Steps::in_sequence(steps.into_iter().flatten().chain(self.crossing_steps(observed, now)))
    }

    async fn act(&self, step: &Step, observed: &Observed) -> Result<()> {
        match (step.id.as_str(), &observed.target) {
            ("create", _) => self.target.create_zone(self.zone()).await.map(drop),
            ("delegate", _) => self.delegate(observed).await,
            ("delete", _) => self.delete_source().await,
            ("load", Some(expected)) => {
                let applied = self.target.apply(self.zone(), &observed.plan, expected).await;
                applied.map(drop).map_err(Error::from)
            }
            _ => Err(Error::invalid(format!("the step `{}` is none of this workflow's", step.id))),
        }
    }

    async fn verify(&self, observed: &Observed) -> Result<Vec<Check>> {
        let wanted = &observed.translation.zone;
        let held = self.target.snapshot(self.zone()).await?.zone;
        let missing: Vec<String> = wanted
            .iter()
            .filter(|set| !holds(&held, set))
            .map(|set| format!("{} {}", set.name(), set.record_type()))
            .collect();
        let mut current = held.clone();
        current.split_off_authority();
        let again = Plan::between(&current, wanted, &observed.scope);
        let mut checks = vec![
            Check::holds("every record set reads back as it should", missing.is_empty()).with_detail(
                if missing.is_empty() {
                    format!("{0} of {0}", wanted.len())
                } else {
                    format!("not {}", listed(&missing))
                },
            ),
            Check::holds("planning again finds nothing to do", again.is_empty()),
        ];
        for check in &self.checks {
            checks.extend(check.check(wanted).await?);
        }
        checks.extend(self.crossing_checks(observed).await?);
        Ok(checks)
    }
}

impl Observed {
    /// What the source's provider keeps of what a visitor of the zone sees: records without a counterpart in DNS, say.
    ///
    /// Name servers and keys are no loss, and neither is the TXT that a provider puts beside an ALIAS.
    pub fn kept_behind(&self) -> impl Iterator<Item = &LeftAlone> {
        self.left_alone.iter().filter(|kept| {
            let beside_alias = || self.source.contains(&kept.name, &RecordType::Alias);
            match kept.record_type.as_str() {
                "SOA" | "DNSKEY" | "DS" | "CDS" | "CDNSKEY" | "RRSIG" | "NSEC" | "NSEC3" | "NSEC3PARAM" => false,
                "NS" => kept.name != *self.source.name(),
                "TXT" => !beside_alias(),
                _ => true,
            }
        })
    }
}

fn holds(zone: &Zone, set: &RecordSet) -> bool {
    zone.get(set.name(), set.record_type()).is_some_and(|held| held.same_data(set) && held.ttl() == set.ttl())
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The first few of many.
fn listed(items: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = items.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
