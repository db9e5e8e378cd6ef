//! Signs a zone and tells its parent, with the signer and the registrar at different companies.
//!
//! A DS goes to the parent only when every name server of the zone serves its key and signatures that hold, and when what
//! they serve agrees with what the signer says. Run again later, it follows the signer's key rotation: the new key's DS
//! is published beside the old one, and the old one is withdrawn when its key is gone and the new DS has been there
//! longer than any cache remembers. So the standing form of this job is to run it every day.
//!
//! ```
//! use std::sync::Arc;
//! use howdah_core::dns::Name;
//! use howdah_workflows::{enable_dnssec::EnableDnssec, engine::{self, Run}};
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
//!
//! // The zone is hosted and signed by one company, and registered through another.
//! let job = EnableDnssec::new(domain.clone(), hosting.clone(), hosting, registrar, lookout);
//! let outcome = engine::apply(&job, &Run::on(clock).waiting(true)).await?;
//! assert!(outcome.is_complete());
//! assert_eq!(outcome.acted, ["sign", "publish"]);
//! # Ok(()) }
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use howdah_core::{
    Error, Result,
    dns::{DigestType, DnsProvider, Dnskey, DnssecSigner, KeyInfo, Name, SigningStatus, wire::Link},
    registrar::{KeyInput, PublishedKey, Registrar},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    dnssec::{Parties, ds_tags, is_of, tags},
    engine::{Check, Step, Steps, Workflow},
    lookout::{Lookout, names},
};

pub use crate::dnssec::Observed;

/// The job.
#[derive(Debug)]
pub struct EnableDnssec {
    parties: Parties,
}

impl EnableDnssec {
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

    fn zone(&self) -> &Name {
        &self.parties.zone
    }

    /// Signing begins when all the world asks the provider that signs.
    fn delegated(&self, seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("delegated", format!("see that the parent delegates to {}", self.parties.hosting.name()));
        let Some((served, sighting)) = &seen.parent.name_servers else {
            return seen.parent.wait(step, now);
        };
        if *served != seen.name_servers {
            return step.blocked(
                format!("the parent delegates to {}", names(served)),
                format!("let the registrar delegate to {} first", names(&seen.name_servers)),
            );
        }
        if self.is_published(seen) {
            return step.done();
        }
        match sighting.settled_at() {
            until if until > now => step.waiting(until, "earlier delegations to leave all caches"),
            _ => step.done(),
        }
    }

    /// Whether the parent has a DS that fits already: then this is a later run.
    fn is_published(&self, seen: &Observed) -> bool {
        seen.keys_anywhere().into_iter().any(|key| seen.has_ds(key, self.zone()))
    }

    /// Keys of whoever signed the zone before would make it bogus as soon as they are believed.
    fn cleared(&self, seen: &Observed) -> Step {
        let step = Step::new("cleared", "see that no key is left from before");
        let stale = seen.published.len() + seen.parent.ds.as_ref().map_or(0, |(ds, _)| ds.len());
        if self.is_published(seen) || stale == 0 {
            return step.done();
        }
        let served = seen.keys_anywhere();
        let ours = |key: &PublishedKey| served.iter().any(|served| is_of(&key.key, served, self.zone()));
        let foreign_ds = seen.parent.ds.iter().flat_map(|(set, _)| set).any(|ds| {
            let ours = served.iter().any(|key| ds.covers(key, self.zone()));
            !ours
        });
        if seen.published.iter().all(ours) && !foreign_ds {
            return step.done();
        }
        step.blocked("there is a DS without its key", "run disable_dnssec, and this again")
    }

    fn signed(&self, seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("sign", format!("sign the zone at {}", self.parties.hosting.name()));
        match seen.signing {
            SigningStatus::Active => step.done(),
            SigningStatus::Off => step,
            SigningStatus::Disabling => step.blocked("signing is being stopped", "wait until it has ended"),
            _ => step.waiting(now + SignedDuration::from_mins(1), "the signer"),
        }
    }

    fn served(&self, seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("served", "see that every name server serves keys and signatures that hold");
        if let Some(why) = seen.unsigned_server() {
            return step.waiting(now + SignedDuration::from_mins(1), why);
        }
        match seen.vouched(self.zone()) {
            Some(keys) if !keys.is_empty() => step.done().with_detail(format!("keys {}", tags(&keys))),
            _ => step.blocked(
                "the keys that are served are not those that the signer tells of",
                "look at who answers for the zone: nothing is published for a key that nobody vouches for",
            ),
        }
    }

    /// The served keys that the parent is to know and the registrar was not told of.
    fn to_publish(&self, seen: &Observed) -> Vec<Dnskey> {
        let mut keys = seen.vouched(self.zone()).unwrap_or_default();
        keys.retain(|key| {
            let told = seen.published.iter().any(|known| is_of(&known.key, key, self.zone()));
            !told && !seen.has_ds(key, self.zone())
        });
        keys
    }

    /// What the registrar was told of keys that no name server serves any more.
    fn to_withdraw<'a>(&'a self, seen: &'a Observed) -> impl Iterator<Item = &'a PublishedKey> {
        let served = seen.keys_anywhere();
        seen.published.iter().filter(move |known| !served.iter().any(|key| is_of(&known.key, key, self.zone())))
    }

    fn published(&self, seen: &Observed) -> Step {
        let registrar = self.parties.registrar.name();
        let step = Step::new("publish", format!("give the key to the parent through {registrar}"));
        let missing = self.to_publish(seen);
        if missing.is_empty() && seen.vouched(self.zone()).is_some_and(|keys| !keys.is_empty()) {
            step.done()
        } else if self.parties.registrar.capabilities().keys == KeyInput::None {
            step.blocked(format!("{registrar} takes no keys through its API"), "publish the DS there by hand")
        } else {
            step.with_detail(format!("key {}", tags(&missing)))
        }
    }

    fn at_parent(&self, seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("parent", "see that every name server of the parent publishes the DS");
        let keys = seen.vouched(self.zone()).unwrap_or_default();
        if keys.is_empty() || seen.parent.ds.is_none() {
            return seen.parent.wait(step, now);
        }
        match keys.iter().find(|key| !seen.has_ds(key, self.zone())) {
            None => step.done(),
            Some(key) => step.waiting(
                now + SignedDuration::from_mins(5),
                format!("the parent to publish the DS of key {}", key.key_tag()),
            ),
        }
    }

    fn withdrawn(&self, seen: &Observed, now: Timestamp) -> Step {
        let step = Step::new("withdraw", "withdraw the DS of keys that are no longer used");
        let old: Vec<_> = self.to_withdraw(seen).flat_map(|key| &key.key.ds).collect();
        if self.to_withdraw(seen).next().is_none() {
            let foreign = seen.parent.ds.iter().flat_map(|(set, _)| set);
            let served = seen.keys_anywhere();
            let mut gone = foreign.filter(|ds| !served.iter().any(|key| ds.covers(key, self.zone())));
            return match gone.next() {
                None => step.done(),
                Some(ds) => step.waiting(
                    now + SignedDuration::from_mins(5),
                    format!("the parent to drop the DS of key {}", ds.key_tag),
                ),
            };
        }
        let step = step.with_detail(format!("key {}", ds_tags(old)));
        // A cache may hold the DS set in which only the old key was.
        match &seen.parent.ds {
            Some((_, sighting)) if sighting.settled_at() <= now => step,
            Some((_, sighting)) => step.waiting(sighting.settled_at(), "the earlier DS set to leave all caches"),
            None => seen.parent.wait(step, now),
        }
    }
}

#[async_trait]
impl Workflow for EnableDnssec {
    type Observed = Observed;

    async fn observe(&self) -> Result<Observed> {
        self.parties.observe().await
    }

    fn plan(&self, seen: &Observed, now: Timestamp) -> Steps {
        Steps::in_sequence([
            self.delegated(seen, now),
            self.cleared(seen),
            self.signed(seen, now),
            self.served(seen, now),
            self.published(seen),
            self.at_parent(seen, now),
            self.withdrawn(seen, now),
        ])
    }

    async fn act(&self, step: &Step, seen: &Observed) -> Result<()> {
        let Parties { zone, signer, registrar, .. } = &self.parties;
        match step.id.as_str() {
            "sign" => signer.enable(zone).await,
            "publish" => {
                for key in self.to_publish(seen) {
                    let ds = [DigestType::Sha256].map(|digest_type| key.to_ds(zone, digest_type));
                    registrar.add_key(zone, &KeyInfo::new(key, ds)).await?;
                }
                Ok(())
            }
            "withdraw" => {
                for key in self.to_withdraw(seen) {
                    registrar.remove_key(zone, key).await?;
                }
                Ok(())
            }
            other => Err(Error::invalid(format!("the step `{other}` is none of this workflow's"))),
        }
    }

    async fn verify(&self, seen: &Observed) -> Result<Vec<Check>> {
        let zone = self.zone();
        let chain = "the parent's DS leads to a key that every name server serves";
        let chain = match (&seen.parent.ds, seen.keys_everywhere()) {
            (Some((ds, _)), Some(keys)) => match howdah_core::dns::wire::chain(ds, &keys, zone) {
                Link::Secure { .. } => Check::holds(chain, true).with_detail(format!("DS {}", ds_tags(ds))),
                Link::Broken { why } => Check::holds(chain, false).with_detail(why),
                _ => Check::holds(chain, false).with_detail("there is no DS"),
            },
            (None, _) => Check::not_observed(chain, seen.parent.uncertain().unwrap_or_default()),
            (_, None) => Check::holds(chain, false).with_detail(seen.unsigned_server().unwrap_or_default()),
        };
        let mut checks = vec![chain];
        let servers: Vec<_> = seen.name_servers.iter().cloned().collect();
        checks.extend(self.parties.lookout.answering(zone, &servers).await?);
        Ok(checks)
    }
}
