//! Withdraws a zone's DS from its parent, waits, and stops signing; never the other way round.
//!
//! ```
//! use std::sync::Arc;
//! use howdah_core::dns::Name;
//! use howdah_workflows::{disable_dnssec::DisableDnssec, engine::{self, Run}};
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
//! # let enable = howdah_workflows::enable_dnssec::EnableDnssec::new(
//! #     domain.clone(), hosting.clone(), hosting.clone(), registrar.clone(), lookout.clone());
//! # engine::apply(&enable, &Run::on(clock.clone()).waiting(true)).await?;
//!
//! let job = DisableDnssec::new(domain.clone(), hosting.clone(), hosting, registrar, lookout);
//! let outcome = engine::apply(&job, &Run::on(clock).waiting(true)).await?;
//! assert!(outcome.is_complete());
//! assert_eq!(outcome.acted, ["withdraw", "stop"]);
//! # Ok(()) }
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    dns::{DnsProvider, DnssecSigner, Name, SigningStatus},
    registrar::{KeyInput, Registrar},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    dnssec::{Parties, ds_tags},
    engine::{Check, Step, Steps, Workflow},
    lookout::Lookout,
};

pub use crate::dnssec::Observed;

/// The job.
#[derive(Debug)]
pub struct DisableDnssec {
    parties: Parties,
}

impl DisableDnssec {
    /// For a zone that `hosting` answers for and `signer` signs, and a domain that `registrar` holds.
    pub fn new(
        zone: Name,
        hosting: Arc<dyn DnsProvider>,
        signer: Arc<dyn DnssecSigner>,
        registrar: Arc<dyn Registrar>,
        lookout: Lookout,
    ) -> Self {
        Self { parties: Parties { zone, hosting, signer, registrar, lookout } }
    }

    fn withdrawn(&self, seen: &Observed) -> Step {
        let registrar = self.parties.registrar.name();
        let step = Step::new("withdraw", format!("withdraw the DS through {registrar}"));
        let stands = seen.parent.ds.as_ref().is_some_and(|(ds, _)| !ds.is_empty());
        if seen.published.is_empty() {
            return if stands && self.parties.registrar.capabilities().keys == KeyInput::None {
                step.blocked(format!("{registrar} withdraws no DS through its API"), "withdraw it there by hand")
            } else {
                step.done()
            };
        }
        step.with_detail(format!("key {}", ds_tags(seen.published.iter().flat_map(|key| &key.key.ds))))
    }

    fn gone(seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("parent", "see that no name server of the parent has a DS");
        match &seen.parent.ds {
            None => seen.parent.wait(step, now),
            Some((ds, _)) if ds.is_empty() => step.done(),
            Some((ds, _)) => step.waiting(
                now + SignedDuration::from_mins(5),
                format!("the parent to drop the DS of key {}", ds_tags(ds)),
            ),
        }
    }

    fn forgotten(seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("caches", "wait until no cache has the DS");
        match &seen.parent.ds {
            // A zone that nobody signs needs no patience.
            _ if seen.signing == SigningStatus::Off => step.done(),
            Some((ds, sighting)) if ds.is_empty() && sighting.settled_at() <= now => step.done(),
            Some((_, sighting)) => step.waiting(sighting.settled_at(), "the DS to leave all caches"),
            None => seen.parent.wait(step, now),
        }
    }

    fn stopped(&self, seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("stop", format!("stop signing at {}", self.parties.hosting.name()));
        match seen.signing {
            SigningStatus::Off => step.done(),
            SigningStatus::Disabling => step.waiting(now + SignedDuration::from_mins(1), "the signer"),
            _ => step,
        }
    }

    /// Signing stops only when the parent, asked at this moment, has no DS, and has had none for long enough.
    async fn stop(&self) -> Result<()> {
        let Parties { zone, signer, lookout, .. } = &self.parties;
        let parent = lookout.parent(zone).await?;
        let view = parent.require_certain()?;
        let settled = parent.ds.as_ref().is_some_and(|(_, sighting)| sighting.settled_at() <= lookout.now());
        if !view.ds.is_empty() || !settled {
            let why = "a DS stands at the parent, or in caches: without its key the zone would be bogus";
            let message = format!("{zone} is still signed: {why}");
            return Err(Error::new(ErrorKind::Precondition, message).with_outcome(Outcome::NotSent));
        }
        signer.disable(zone).await
    }
}

#[async_trait]
impl Workflow for DisableDnssec {
    type Observed = Observed;

    async fn observe(&self) -> Result<Observed> {
        self.parties.observe().await
    }

    fn plan(&self, seen: &Observed, now: Timestamp) -> Steps {
        Steps::in_sequence([
            self.withdrawn(seen),
            Self::gone(seen, now),
            Self::forgotten(seen, now),
            self.stopped(seen, now),
        ])
    }

    async fn act(&self, step: &Step, seen: &Observed) -> Result<()> {
        let Parties { zone, registrar, .. } = &self.parties;
        match step.id.as_str() {
            "withdraw" => {
                for key in &seen.published {
                    registrar.remove_key(zone, key).await?;
                }
                Ok(())
            }
            "stop" => self.stop().await,
            other => Err(Error::invalid(format!("the step `{other}` is none of this workflow's"))),
        }
    }

    async fn verify(&self, seen: &Observed) -> Result<Vec<Check>> {
        let what = "no name server of the parent has a DS";
        let parent = match &seen.parent.ds {
            None => Check::not_observed(what, seen.parent.uncertain().unwrap_or_default()),
            Some((ds, _)) => Check::holds(what, ds.is_empty()),
        };
        let mut checks = vec![parent];
        let servers: Vec<_> = seen.name_servers.iter().cloned().collect();
        checks.extend(self.parties.lookout.answering(&self.parties.zone, &servers).await?);
        Ok(checks)
    }
}
