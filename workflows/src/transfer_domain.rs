//! Transfers a domain to another registrar, and keeps its name servers.
//!
//! What must not change, the delegation and the DS set, is looked at before and afterwards where resolvers look: at the
//! parent's name servers. Nothing is paid without a limit.
//!
//! ```
//! use std::sync::Arc;
//! use howdah_core::dns::Name;
//! use howdah_workflows::{engine::{self, Run}, transfer_domain::{Options, TransferDomain}};
//! # use howdah_core::{Clock, dns::DnsProvider, testing::{FakeRdap, Internet, MemoryDns, MemoryRegistrar, Registry}};
//! # use howdah_workflows::lookout::Lookout;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (clock, domain) = (Clock::system(), Name::parse("example.org")?);
//! # let (registry, hosting) = (Registry::new(clock.clone()), Arc::new(MemoryDns::new()));
//! # hosting.create_zone(&domain).await?;
//! # registry.register(&domain, "one", &hosting.name_servers(&domain).await?, "2400h".parse()?);
//! # let internet = Internet::new(&registry).hosting(hosting.clone());
//! # let registrar = Arc::new(MemoryRegistrar::new(&registry, "one"));
//! # let lookout = Lookout::new(internet.observer(), clock.clone()).with_rdap(FakeRdap::of(&registry).client());
//! # let other = Arc::new(MemoryRegistrar::new(&registry, "two"));
//!
//! let mut options = Options::default();
//! options.max_price = Some("12.00 EUR".parse()?);
//! let job = TransferDomain::new(domain.clone(), registrar, other, lookout).with_options(options);
//! let outcome = engine::apply(&job, &Run::on(clock).waiting(true)).await?;
//! assert!(outcome.is_complete());
//! println!("{}", outcome.steps);
//! # Ok(()) }
//! ```

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result, Secret,
    dns::Name,
    registrar::{
        AuthCode, AuthCodeDelivery, Confirm, GlueHost, Money, OperationState, Purchase, Quote, Registrar, Registration,
        Transfer, TransferCheck, TransferOrder,
    },
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{Check, Step, Steps, Workflow},
    lookout::{Lookout, Parent, names},
};

/// The job.
#[derive(Debug)]
pub struct TransferDomain {
    domain: Name,
    from: Arc<dyn Registrar>,
    to: Arc<dyn Registrar>,
    lookout: Lookout,
    options: Options,
}

/// What the operator allows and knows.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The most that the transfer may cost; without it nothing is bought.
    pub max_price: Option<Money>,
    /// The losing registrar's code, where its API does not tell it.
    pub auth_code: Option<Secret>,
    /// What the domain is to be delegated to afterwards; what it is delegated to before when nothing is said.
    pub name_servers: Vec<Name>,
    /// Whether a domain with a DS may be transferred: its DS may be lost or stay behind without the key.
    pub keep_ds: bool,
    /// How old a registration must be, or how long ago its last transfer.
    pub min_age: SignedDuration,
    /// How far away its end must be.
    pub min_left: SignedDuration,
    /// Whether the gaining registrar renews the domain by itself.
    pub auto_renew: bool,
    /// Whether a transfer that failed or was cancelled may be ordered, and paid, once more.
    pub order_again: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_price: None,
            auth_code: None,
            name_servers: Vec::new(),
            keep_ds: false,
            min_age: SignedDuration::from_hours(60 * 24),
            min_left: SignedDuration::from_hours(15 * 24),
            auto_renew: true,
            order_again: false,
        }
    }
}

/// What is known of the domain.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Observed {
    pub parent: Parent,
    /// At the losing registrar, as long as it has it.
    pub from: Option<Registration>,
    /// At the gaining registrar, once it has it.
    pub to: Option<Registration>,
    /// The hosts with glue at the gaining registrar, once it has the domain.
    pub glue: Vec<GlueHost>,
    /// The hosts with glue that the domain had before.
    pub glue_to_keep: Vec<GlueHost>,
    /// The transfer, once it was ordered.
    pub transfer: Option<Transfer>,
    /// What it costs.
    pub quote: Option<Quote>,
    /// What the gaining registrar thinks of it; only asked when everything else is in order.
    pub check: Option<TransferCheck>,
    /// What the domain is to be delegated to.
    pub name_servers: BTreeSet<Name>,
    /// The code, once it is known.
    pub auth_code: Option<Secret>,
}

/// What is noted before anything is changed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    name_servers: BTreeSet<Name>,
    glue: Vec<GlueHost>,
}

impl TransferDomain {
    /// From one registrar to another. Nothing can be bought before [`with_options`](Self::with_options) gives a limit.
    pub fn new(domain: Name, from: Arc<dyn Registrar>, to: Arc<dyn Registrar>, lookout: Lookout) -> Self {
        Self { domain, from, to, lookout, options: Options::default() }
    }

    /// With what the operator allows and knows.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The name servers to keep, and the addresses of those below the domain: what was said, or what was there when the
    /// job was first looked at.
    fn kept(&self, parent: &Parent, moved: bool) -> Result<(BTreeSet<Name>, Vec<GlueHost>)> {
        let what = format!("{} delegation to keep", self.domain);
        let sightings = self.lookout.sightings();
        let noted = match (sightings.last(&what), parent.view()) {
            (Some(noted), _) => serde_json::from_str(&noted.value).ok(),
            (None, Some(view)) if !moved => {
                let hosts = view.glue.iter().map(|(host, addresses)| GlueHost {
                    host: host.clone(),
                    addresses: addresses.iter().copied().collect(),
                });
                let hosts = hosts.filter(|host| host.host.is_within(&self.domain)).collect();
                let kept = Kept { name_servers: view.name_servers.clone(), glue: hosts };
                let text = serde_json::to_string(&kept).unwrap_or_default();
                sightings.see(&what, text, 0, self.lookout.now())?;
                Some(kept)
            }
            _ => None,
        };
        let mut kept: Kept = noted.unwrap_or_default();
        if !self.options.name_servers.is_empty() {
            kept.name_servers = self.options.name_servers.iter().cloned().collect();
        }
        Ok((kept.name_servers, kept.glue))
    }

    async fn held_by(&self, registrar: &dyn Registrar) -> Result<Option<Registration>> {
        match registrar.registration(&self.domain).await {
            Ok(registration) => Ok(Some(registration)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The code that the operator gave, or the one that the losing registrar tells.
    async fn auth_code(&self, unlocked: bool) -> Result<Option<Secret>> {
        if self.options.auth_code.is_some() {
            return Ok(self.options.auth_code.clone());
        }
        if !unlocked || self.from.capabilities().auth_code != AuthCodeDelivery::Returned {
            return Ok(None);
        }
        match self.from.auth_code(&self.domain).await {
            Ok(AuthCode::Returned(code)) => Ok(Some(code)),
            Ok(_) => Ok(None),
            // Some registrars take days until there is one.
            Err(error) if error.kind() == ErrorKind::Precondition => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How the steps before the order stand: once it was ordered, nobody asks any more.
    fn before_order(&self, seen: &Observed, now: Timestamp) -> Vec<Step> {
        let steps = [
            self.unsigned(seen, now),
            self.allowed(seen, now),
            self.unlocked(seen),
            self.coded(seen, now),
            self.feasible(seen),
            self.affordable(seen),
        ];
        let ordered = seen.is_ordered();
        steps
            .into_iter()
            .map(|step| if ordered { Step { detail: String::new(), ..step.done() } } else { step })
            .collect()
    }

    fn unsigned(&self, seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("unsigned", "see that the parent has no DS");
        if self.options.keep_ds {
            return step.done().with_detail("whatever DS there is stays, as allowed");
        }
        let because = format!("{} is signed, and its DS may not survive the transfer", self.domain);
        seen.parent.unsigned(step, because, now)
    }

    fn allowed(&self, seen: &Observed, now: Timestamp) -> Step {
        const FORBIDDING: [&str; 3] = ["serverTransferProhibited", "pendingDelete", "redemptionPeriod"];
        let step = Step::new("allowed", "see that the registry allows a transfer");
        let status = match &seen.parent.registry {
            Ok(status) => status,
            // What the gaining registrar finds comes later, and counts as well.
            Err(why) => return step.done().with_detail(format!("not observed: {why}")),
        };
        if let Some(forbidding) = FORBIDDING.into_iter().find(|code| status.statuses.contains(*code)) {
            return step.blocked(
                format!("the registry says {forbidding}"),
                format!("ask {} what to do about that", self.from.name()),
            );
        }
        if status.statuses.contains("pendingTransfer") {
            // Ordered by somebody, and perhaps by this job through a registrar that does not tell.
            return step.waiting(now + SignedDuration::from_hours(24), "a transfer that goes on already");
        }
        for (what, at) in [("registered", status.registered_at), ("transferred", status.transferred_at)] {
            if let Some(until) = at.and_then(|at| at.checked_add(self.options.min_age).ok())
                && until > now
            {
                let days = self.options.min_age.as_hours() / 24;
                return step.waiting(until, format!("{days} days to have passed since the domain was {what}"));
            }
        }
        match status.expires_at {
            Some(expires_at) if expires_at.duration_since(now) < self.options.min_left => step.blocked(
                format!("the registration ends on {expires_at}, too soon for a transfer"),
                format!("renew it at {} first", self.from.name()),
            ),
            _ => step.done(),
        }
    }

    fn unlocked(&self, seen: &Observed) -> Step {
        let from = self.from.name();
        let step = Step::new("unlock", format!("unlock the domain at {from}"));
        if !seen.is_locked() {
            return step.done();
        }
        let capabilities = self.from.capabilities();
        match capabilities.auth_code {
            AuthCodeDelivery::Mailed => step.with_detail("the authorization code is mailed to the registrant"),
            _ if capabilities.transfer_lock => step,
            _ => step.blocked(
                format!("{from} locks it, and has no API to unlock it"),
                format!("unlock {} on the web site of {from}, and note the authorization code it shows", self.domain),
            ),
        }
    }

    fn coded(&self, seen: &Observed, now: Timestamp) -> Step {
        let from = self.from.name();
        let step = Step::new("code", "have the authorization code");
        if seen.auth_code.is_some() {
            return step.done();
        }
        let remedy = "run this again with the code";
        match self.from.capabilities().auth_code {
            AuthCodeDelivery::Returned => {
                step.waiting(now + SignedDuration::from_hours(1), format!("{from} to make an authorization code"))
            }
            AuthCodeDelivery::Mailed => step.blocked(format!("{from} mailed the code to the registrant"), remedy),
            _ => step.blocked(format!("{from} shows the code on its web site only"), remedy),
        }
    }

    fn feasible(&self, seen: &Observed) -> Step {
        let to = self.to.name();
        let step = Step::new("check", format!("ask {to} whether it can take the domain"));
        match &seen.check {
            Some(check) if check.feasible => step.done(),
            Some(check) => step.blocked(
                format!("{to} cannot: {}", check.because.as_deref().unwrap_or("it does not say why")),
                "put that right, and run this again",
            ),
            // It is asked once everything before is in order.
            None => step.blocked("it was not asked yet", "do the steps before"),
        }
    }

    fn affordable(&self, seen: &Observed) -> Step {
        let step = Step::new("price", "agree to the price");
        let Some(quote) = &seen.quote else {
            return step.blocked("there is no quote yet", "do the steps before");
        };
        let Some(limit) = &self.options.max_price else {
            return step.blocked(
                format!("the transfer costs {}, and no limit was given", quote.price),
                "say how much it may cost",
            );
        };
        match Confirm::up_to(limit.clone(), quote) {
            Ok(_) => step.done().with_detail(format!("{} of at most {limit}", quote.price)),
            Err(error) => step.blocked(error.message(), "raise the limit if that is meant"),
        }
    }

    fn ordered(&self, seen: &Observed) -> Step {
        let step = Step::new("order", format!("order the transfer to {}", self.to.name()));
        match &seen.transfer {
            _ if seen.is_ordered() => step.done(),
            Some(Transfer { state: OperationState::Failed { why }, .. }) if !self.options.order_again => step.blocked(
                format!("the transfer that was ordered failed: {why}"),
                "allow to order it again, which may be charged again",
            ),
            Some(Transfer { state: OperationState::Cancelled, .. }) if !self.options.order_again => step.blocked(
                "the transfer that was ordered was cancelled",
                "allow to order it again, which may be charged again",
            ),
            _ => match &seen.quote {
                Some(quote) => step.with_detail(quote.price.to_string()),
                None => step,
            },
        }
    }

    fn transferred(seen: &Observed, now: Timestamp) -> Step {
        const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(24);
        let step = Step::new("transfer", "wait until the registrars have handed the domain over");
        if seen.to.is_some() {
            return step.done();
        }
        match seen.transfer.as_ref().map(|transfer| &transfer.state) {
            Some(OperationState::ActionRequired { what, who }) => {
                step.blocked(what.clone(), format!("{who} has to do that"))
            }
            Some(OperationState::Blocked { why }) => match &seen.check {
                Some(check) if check.feasible && seen.auth_code.is_some() => {
                    step.with_detail(format!("it stopped ({why}); set it going with the code that was given"))
                }
                _ => step.blocked(format!("the transfer stopped: {why}"), "run this again with the right code"),
            },
            _ => step.waiting(now + LOOK_AGAIN, "the losing registrar, which has five days to object"),
        }
    }

    /// The delegation afterwards: a registrar that was not told, or did not listen, has set its own name servers.
    fn delegated(&self, seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("delegation", "keep the name servers");
        let (Some(here), kept) = (&seen.to, &seen.name_servers) else {
            return step;
        };
        if kept.is_empty() {
            return step.blocked(
                "it is not known which name servers the domain had before",
                "say which name servers it is to have",
            );
        }
        if here.name_servers.iter().cloned().collect::<BTreeSet<_>>() != *kept {
            return step.with_detail(format!("{} has set {}", self.to.name(), names(&here.name_servers)));
        }
        match &seen.parent.name_servers {
            None => seen.parent.wait(step, now),
            Some((served, _)) if served != kept => {
                step.waiting(now + SignedDuration::from_mins(10), "the parent to delegate as the registrar says")
            }
            Some(_) => step.done().with_detail(names(kept)),
        }
    }

    fn glued(seen: &Observed) -> Option<Step> {
        if seen.glue_to_keep.is_empty() {
            return None;
        }
        let step = Step::new("glue", "keep the addresses of name servers below the domain");
        Some(if seen.lost_glue().next().is_none() { step.done() } else { step })
    }

    fn locked_again(&self, seen: &Observed) -> Step {
        let step = Step::new("lock", format!("lock the domain at {}", self.to.name()));
        let locked = seen.to.as_ref().is_some_and(|here| here.transfer_lock == Some(true));
        if locked || !self.to.capabilities().transfer_lock { step.done() } else { step }
    }

    fn renewing(&self, seen: &Observed) -> Step {
        let on = self.options.auto_renew;
        let step = Step::new("renewal", if on { "let it renew by itself" } else { "do not let it renew by itself" });
        let set = seen.to.as_ref().is_some_and(|here| here.auto_renew == Some(on));
        if set || !self.to.capabilities().auto_renew { step.done() } else { step }
    }

    async fn order(&self, seen: &Observed) -> Result<()> {
        let (Some(quote), Some(limit)) = (&seen.quote, &self.options.max_price) else {
            return Err(Error::invalid("nothing is bought without a quote and a limit"));
        };
        if seen.name_servers.is_empty() {
            // A registrar that is told nothing would set its own.
            return Err(Error::invalid("nothing is ordered without the name servers to keep"));
        }
        let confirm = Confirm::up_to(limit.clone(), quote)?;
        let order = TransferOrder::new(self.domain.clone(), seen.name_servers.iter().cloned());
        self.to.transfer_in(&order.with_auth_code(seen.auth_code.clone()), &confirm).await.map(drop)
    }
}

#[async_trait]
impl Workflow for TransferDomain {
    type Observed = Observed;

    async fn observe(&self) -> Result<Observed> {
        let parent = self.lookout.parent(&self.domain).await?;
        let to = self.held_by(self.to.as_ref()).await?;
        let from = if to.is_some() { None } else { self.held_by(self.from.as_ref()).await? };
        let transfer = match &to {
            Some(_) => None,
            None => self.to.transfer(&self.domain).await?,
        };
        let (name_servers, glue_to_keep) = self.kept(&parent, to.is_some())?;
        let mut seen = Observed {
            parent,
            from,
            to,
            transfer,
            quote: None,
            check: None,
            auth_code: None,
            name_servers,
            glue_to_keep,
            glue: Vec::new(),
        };
        if seen.to.is_some() {
            if !seen.glue_to_keep.is_empty() {
                seen.glue = self.to.glue(&self.domain).await?;
            }
            return Ok(seen);
        }
        if seen.from.is_none() && seen.transfer.is_none() {
            let message = format!("neither {} nor {} has {}", self.from.name(), self.to.name(), self.domain);
            return Err(Error::new(ErrorKind::NotFound, message).with_outcome(Outcome::NotSent));
        }
        let stopped = matches!(seen.transfer, Some(Transfer { state: OperationState::Blocked { .. }, .. }));
        if stopped || !seen.is_ordered() {
            // Who asks may be given a new code, and the one that was ordered with is good no more.
            seen.auth_code = self.auth_code(!seen.is_locked()).await?;
            seen.quote = Some(self.to.quote(&self.domain, Purchase::Transfer(1)).await?);
        }
        if seen.auth_code.is_some() && !seen.is_locked() && (stopped || !seen.is_ordered()) {
            seen.check = Some(self.to.check_transfer(&self.domain, seen.auth_code.as_ref()).await?);
        }
        Ok(seen)
    }

    fn plan(&self, seen: &Observed, now: Timestamp) -> Steps {
        let mut steps = self.before_order(seen, now);
        steps.push(self.ordered(seen));
        steps.push(Self::transferred(seen, now));
        steps.push(self.delegated(seen, now));
        steps.extend(Self::glued(seen));
        steps.push(self.locked_again(seen));
        steps.push(self.renewing(seen));
        Steps::in_sequence(steps)
    }

    async fn act(&self, step: &Step, seen: &Observed) -> Result<()> {
        let domain = &self.domain;
        match step.id.as_str() {
            "unlock" => {
                if self.from.capabilities().auth_code == AuthCodeDelivery::Mailed && seen.auth_code.is_none() {
                    self.from.auth_code(domain).await?;
                }
                self.from.set_transfer_lock(domain, false).await
            }
            "order" => self.order(seen).await,
            "transfer" => match &seen.auth_code {
                Some(code) => self.to.correct_transfer(domain, code).await,
                None => Err(Error::invalid("there is no code to correct the transfer with")),
            },
            "delegation" => {
                let servers: Vec<_> = seen.name_servers.iter().cloned().collect();
                self.to.set_name_servers(domain, &servers).await
            }
            "glue" => {
                for host in seen.lost_glue() {
                    self.to.set_glue(domain, host).await?;
                }
                Ok(())
            }
            "lock" => self.to.set_transfer_lock(domain, true).await,
            "renewal" => self.to.set_auto_renew(domain, self.options.auto_renew).await,
            other => Err(Error::invalid(format!("the step `{other}` is none of this workflow's"))),
        }
    }

    async fn verify(&self, seen: &Observed) -> Result<Vec<Check>> {
        let to = self.to.name();
        let what = format!("the registry says that {to} has it");
        let registry = match &seen.parent.registry {
            Err(why) => Check::not_observed(what, why),
            Ok(status) => {
                let registrar = status.registrar.as_deref().unwrap_or("nobody");
                Check::holds(what, registrar.to_lowercase().contains(to)).with_detail(registrar)
            }
        };
        let servers: Vec<_> = seen.name_servers.iter().cloned().collect();
        let mut checks = vec![registry];
        checks.extend(self.lookout.answering(&self.domain, &servers).await?);
        Ok(checks)
    }
}

impl Observed {
    /// Whether the transfer was ordered, and did not fail.
    fn is_ordered(&self) -> bool {
        let running =
            |transfer: &Transfer| !matches!(transfer.state, OperationState::Failed { .. } | OperationState::Cancelled);
        self.to.is_some() || self.transfer.as_ref().is_some_and(running)
    }

    /// Whether the registry, or else the registrar, says that the domain cannot be transferred away.
    fn is_locked(&self) -> bool {
        match &self.parent.registry {
            Ok(status) => status.statuses.contains("clientTransferProhibited"),
            Err(_) => self.from.as_ref().is_some_and(|here| here.transfer_lock == Some(true)),
        }
    }

    /// The hosts that the gaining registrar does not have as they were.
    fn lost_glue(&self) -> impl Iterator<Item = &GlueHost> {
        let same = |kept: &&GlueHost| {
            let addresses = |host: &GlueHost| host.addresses.iter().copied().collect::<BTreeSet<_>>();
            self.glue.iter().any(|host| host.host == kept.host && addresses(host) == addresses(kept))
        };
        self.glue_to_keep.iter().filter(move |kept| !same(kept))
    }
}
