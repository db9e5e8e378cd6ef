//! What a workflow sees of a domain in the world: at its parent, at its registry, and since when.

use std::{collections::BTreeSet, sync::Arc};

use howdah_core::{
    Clock, Error, ErrorKind, Outcome, Result,
    dns::{
        Ds, Name,
        wire::{ApexView, Delegation, Observer, ParentView, Unresolved, View},
    },
    rdap::{DomainStatus, Rdap},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    detectors::{self, Kind, Subject},
    engine::{Check, Step},
    sightings::{Sighting, Sightings},
};

/// How long a registry takes at most until its name servers say what its database says.
const PUBLICATION: SignedDuration = SignedDuration::from_hours(24);

/// Looks at a domain: through the DNS, through RDAP, and through what was noted before.
#[derive(Clone, Debug)]
pub struct Lookout {
    observer: Observer,
    rdap: Option<Rdap>,
    sightings: Arc<Sightings>,
    clock: Clock,
}

/// What the parent's name servers and the registry say of a domain.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Parent {
    pub delegation: Delegation,
    /// What the registry says; an error is told as text, since it need not stop anybody.
    pub registry: std::result::Result<DomainStatus, String>,
    /// The name servers that all servers of the parent agree on, and since when.
    pub name_servers: Option<(BTreeSet<Name>, Sighting)>,
    /// The DS set that all servers of the parent agree on, empty for none, and since when.
    pub ds: Option<(Vec<Ds>, Sighting)>,
}

/// What the name servers of a zone say of its apex.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Apex {
    /// One view for each address of each server.
    pub views: Vec<View<ApexView>>,
    /// The servers whose addresses could not be found.
    pub unresolved: Vec<Unresolved>,
}

impl Apex {
    /// What was answered, server by server.
    pub fn answered(&self) -> impl Iterator<Item = &ApexView> {
        self.views.iter().filter_map(|view| view.seen.answered())
    }

    /// The first server that was not observed, and why.
    pub fn unobserved(&self) -> Option<String> {
        let unresolved = self.unresolved.iter().map(|one| format!("{} has no address: {}", one.name, one.why));
        let silent = self.views.iter().filter_map(|view| {
            let why = view.seen.why()?;
            Some(format!("{} was not observed: {why}", view.server))
        });
        unresolved.chain(silent).next()
    }

    /// The first server that was observed and does not answer for the zone.
    pub fn lame(&self) -> Option<String> {
        let lame = |view: &&View<ApexView>| view.seen.answered().is_some_and(ApexView::is_lame);
        self.views.iter().find(lame).map(|view| format!("{} does not answer for the zone", view.server))
    }
}

impl Lookout {
    /// Without RDAP, and with notes in memory.
    pub fn new(observer: Observer, clock: Clock) -> Self {
        Self { observer, rdap: None, sightings: Arc::default(), clock }
    }

    /// Asks registries as well.
    #[must_use]
    pub fn with_rdap(self, rdap: Rdap) -> Self {
        Self { rdap: Some(rdap), ..self }
    }

    /// With notes of earlier runs.
    #[must_use]
    pub fn with_sightings(self, sightings: Arc<Sightings>) -> Self {
        Self { sightings, ..self }
    }

    /// What asks the name servers.
    pub fn observer(&self) -> &Observer {
        &self.observer
    }

    /// What was noted.
    pub fn sightings(&self) -> &Sightings {
        &self.sightings
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the registry says of a domain.
    pub async fn registry(&self, domain: &Name) -> std::result::Result<DomainStatus, String> {
        match &self.rdap {
            None => Err("the registry was not asked".to_owned()),
            Some(rdap) => rdap.domain(domain).await.map_err(|error| error.to_string()),
        }
    }

    /// Asks every name server of the parent, and notes what they agree on.
    pub async fn parent(&self, domain: &Name) -> Result<Parent> {
        let delegation = self.observer.delegation(domain).await.map_err(|error| {
            let message = format!("{}; see that name servers can be asked from here over UDP and TCP", error.message());
            Error::new(error.kind(), message).with_outcome(Outcome::NotSent)
        })?;
        let registry = self.registry(domain).await;
        let mut parent = Parent { delegation, registry, name_servers: None, ds: None };
        let Some(view) = parent.delegation.agreed().cloned() else {
            return Ok(parent);
        };
        let unchanged_since = parent.unchanged_since();
        let names: Vec<_> = view.name_servers.iter().map(Name::to_string).collect();
        let note = format!("{domain} NS at the parent");
        let ttl = parent.delegation.ns_ttl().unwrap_or_default();
        let seen = self.note(&note, names.join(" "), ttl, unchanged_since)?;
        parent.name_servers = Some((view.name_servers.clone(), seen));

        let mut ds: Vec<_> = view.ds.iter().map(Ds::to_string).collect();
        ds.sort();
        let ttl = parent.delegation.ds_ttl().unwrap_or(view.negative_ttl);
        let seen = self.note(&format!("{domain} DS at the parent"), ds.join(", "), ttl, unchanged_since)?;
        parent.ds = Some((view.ds, seen));
        Ok(parent)
    }

    /// Asks every one of these name servers for the apex of a zone.
    pub async fn apex(&self, zone: &Name, servers: &[Name]) -> Apex {
        let servers = self.observer.servers(servers).await;
        Apex { views: self.observer.apex(zone, &servers.found).await, unresolved: servers.unresolved }
    }

    /// Proof that the world can use a domain: that its servers answer, agree with the parent, and are signed as it says.
    pub async fn answering(&self, domain: &Name, servers: &[Name]) -> Result<Vec<Check>> {
        let subject = Subject::new(domain.clone()).with_name_servers(servers.iter().cloned());
        let found = detectors::examine(self, &subject).await?;
        let check = |what: &str, kinds: &[Kind]| {
            let mut troubles =
                found.iter().filter(|trouble| kinds.contains(&trouble.kind)).map(|trouble| &trouble.what);
            let unseen = found.iter().find(|trouble| trouble.kind == Kind::NotObserved);
            match (troubles.next(), unseen) {
                (Some(trouble), _) => Check::holds(what, false).with_detail(trouble),
                (None, Some(unseen)) => Check::not_observed(what, &unseen.what),
                (None, None) => Check::holds(what, true),
            }
        };
        Ok(vec![
            check(
                "all of the parent's servers delegate as they should",
                &[Kind::ParentDisagrees, Kind::DelegatedElsewhere],
            ),
            check("every name server answers for the zone", &[Kind::LameServer]),
            check(
                "zone and parent name the same servers at the same addresses",
                &[Kind::NameServersDiffer, Kind::StaleGlue],
            ),
            check("a validating resolver finds nothing wrong", &[Kind::Bogus, Kind::RotationMissed]),
        ])
    }

    /// Notes what is seen now. What the registry has not changed for long was so before it was first looked at.
    fn note(&self, what: &str, value: String, ttl: u32, unchanged_since: Option<Timestamp>) -> Result<Sighting> {
        let now = self.now();
        let first = self.sightings.last(what).is_none();
        let since = unchanged_since.filter(|since| first && *since < now).unwrap_or(now);
        self.sightings.see(what, value, ttl, since)
    }
}

impl Parent {
    /// Since when the parent's name servers must have said the same, going by the registry's last change.
    fn unchanged_since(&self) -> Option<Timestamp> {
        let changed = self.registry.as_ref().ok()?.changed_at?;
        changed.checked_add(PUBLICATION).ok()
    }

    /// What the parent's servers agree on.
    pub fn view(&self) -> Option<&ParentView> {
        self.delegation.agreed()
    }

    /// Why nothing can be said for certain: some servers were not observed, or they differ.
    pub fn uncertain(&self) -> Option<String> {
        if self.view().is_some() {
            return None;
        }
        let unobserved: Vec<_> = self.delegation.unobserved().map(|(server, why)| format!("{server}: {why}")).collect();
        Some(match unobserved.as_slice() {
            [] => format!("the name servers of {} do not agree", self.delegation.parent),
            [one, ..] => format!("not observed: {one}{}", more(unobserved.len())),
        })
    }

    /// A step that waits until the parent can be seen, or that nobody can take while it cannot.
    pub(crate) fn wait(&self, step: Step, now: Timestamp) -> Step {
        let why = self.uncertain().unwrap_or_default();
        if self.delegation.unobserved().next().is_some() {
            return step
                .blocked(why, "see that name servers can be asked from here, over UDP and TCP, and run this again");
        }
        step.waiting(now + SignedDuration::from_mins(5), why)
    }

    /// A step that is done when the parent has had no DS for as long as one may be cached.
    pub(crate) fn unsigned(&self, step: Step, because: String, now: Timestamp) -> Step {
        match &self.ds {
            None => self.wait(step, now),
            Some((ds, _)) if !ds.is_empty() => {
                step.blocked(because, "run disable_dnssec first, and enable_dnssec afterwards")
            }
            Some((_, sighting)) if sighting.ttl_before.is_some() && sighting.settled_at() > now => {
                step.waiting(sighting.settled_at(), "the DS that was there to leave all caches")
            }
            Some(_) => step.done(),
        }
    }

    /// The same as an error of a step that must not be taken without certainty.
    pub(crate) fn require_certain(&self) -> Result<&ParentView> {
        self.view().ok_or_else(|| {
            let why = self.uncertain().unwrap_or_default();
            Error::new(ErrorKind::Precondition, why).with_outcome(Outcome::NotSent)
        })
    }
}

fn more(all: usize) -> String {
    match all {
        1 => String::new(),
        all => format!(" (and {} more)", all - 1),
    }
}

/// Names for people.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
    let names: Vec<_> = names.into_iter().map(Name::to_fqdn_without_dot).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}
