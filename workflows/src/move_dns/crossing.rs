//! How a move goes on once the target holds the zone: compared on the wire, delegated to, and left time.

use std::{collections::BTreeSet, sync::Arc};

use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    dns::{
        Name, RecordData, RecordSet, RecordType, Txt,
        wire::{Comparison, Difference, Found},
    },
    registrar::Registrar,
};
use jiff::{SignedDuration, Timestamp};

use super::{MoveDns, Observed, count, listed};
use crate::{
    engine::{Check, Step},
    lookout::{Lookout, Parent, names},
    translate::Fate,
};

/// Who changes the delegation, and what looks at it.
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    pub(super) registrar: Arc<dyn Registrar>,
    pub(super) lookout: Lookout,
}

/// What the world sees of a zone that moves.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Seam {
    pub parent: Parent,
    /// What the registrar says it has told the parent.
    pub registered: Vec<Name>,
    /// The name servers that the parent delegates to, or did before the target's.
    pub old: Vec<Name>,
    /// The TTL in seconds of the NS set that the old name servers serve themselves.
    pub old_ttl: u32,
    /// What old and new name servers answer, as long as the parent delegates to the old ones.
    pub comparison: Option<Comparison>,
    /// The name servers, old or new, whose addresses could not be found.
    pub unresolved: Vec<String>,
}

impl Crossing {
    pub(super) async fn observe(&self, zone: &Name, seen: &Observed) -> Result<Seam> {
        let parent = self.lookout.parent(zone).await?;
        let registered = self.registrar.registration(zone).await?.name_servers;
        let new: BTreeSet<_> = seen.name_servers.iter().cloned().collect();
        let note = format!("{zone} NS at its old name servers");
        let mut seam =
            Seam { parent, registered, old: Vec::new(), old_ttl: 0, comparison: None, unresolved: Vec::new() };
        let served = seam.parent.name_servers.as_ref().map(|(served, _)| served.clone());
        if let Some(old) = served.filter(|served| *served != new) {
            seam.old = old.into_iter().collect();
            let ttl = self.lookout.apex(zone, &seam.old).await.answered().filter_map(|view| view.ns_ttl).max();
            let names: Vec<_> = seam.old.iter().map(Name::to_string).collect();
            let ttl = ttl.unwrap_or_default();
            self.lookout.sightings().see(&note, names.join(" "), ttl, self.lookout.now())?;
        }
        if let Some(noted) = self.lookout.sightings().last(&note) {
            seam.old_ttl = noted.ttl;
            seam.old = noted.value.split(' ').filter_map(|name| Name::parse(name).ok()).collect();
        }
        let loaded = seen.target.is_some() && seen.plan.is_empty();
        if loaded && !seam.is_delegated(&new) {
            let observer = self.lookout.observer();
            let (old, new) = (observer.servers(&seam.old).await, observer.servers(&seen.name_servers).await);
            let nowhere = old.unresolved.iter().chain(&new.unresolved);
            seam.unresolved = nowhere.map(|one| format!("{} has no address: {}", one.name, one.why)).collect();
            let mut comparison = observer.compare(seen.comparable(), &old.found, &new.found).await;
            comparison.differences.retain(|difference| !seen.tells_of_alias(difference));
            seam.comparison = Some(comparison);
        }
        Ok(seam)
    }
}

impl Seam {
    fn is_delegated(&self, new: &BTreeSet<Name>) -> bool {
        self.parent.name_servers.as_ref().is_some_and(|(served, _)| served == new)
    }
}

impl Observed {
    /// What old and new name servers must answer alike. What the old provider answers in a way of its own cannot be
    /// compared: addresses of its proxy instead of the origin's, and addresses that it follows a name to.
    fn comparable(&self) -> Vec<(Name, RecordType)> {
        let alike = self.translation.entries.iter().filter_map(|entry| match &entry.fate {
            Fate::Carried => Some(&entry.set),
            Fate::Translated { to, .. } if !entry.set.is_proxied() && to.record_type() == entry.set.record_type() => {
                Some(to)
            }
            _ => None,
        });
        let alike = alike.filter(|set| *set.record_type() != RecordType::Alias);
        alike.map(|set| (set.name().clone(), set.record_type().clone())).collect()
    }
}

/// The steps after the zone is loaded.
impl MoveDns {
    pub(super) fn crossing_steps(&self, seen: &Observed, now: Timestamp) -> Vec<Step> {
        let (Some(crossing), Some(seam)) = (&self.crossing, &seen.seam) else {
            return Vec::new();
        };
        let new: BTreeSet<_> = seen.name_servers.iter().cloned().collect();
        let unsigned = Step::new("unsigned", "see that the parent has no DS");
        let mut steps = vec![
            compared(seam, &new),
            seam.parent.unsigned(unsigned, "the parent has a DS, and the target has not its key".to_owned(), now),
            delegated(crossing, seam, &new, now),
            soaked(seam, seen.source_ttl(), &new, now),
        ];
        if self.options.delete_source {
            steps.push(self.deleted(seen));
        }
        steps
    }

    fn deleted(&self, seen: &Observed) -> Step {
        let step = Step::new("delete", format!("delete the zone at {}", self.source_name()));
        if seen.source_is_gone { step.done() } else { step }
    }

    /// The parent delegates only to servers that were seen, at this moment, to answer.
    pub(super) async fn delegate(&self, seen: &Observed) -> Result<()> {
        let Some(crossing) = &self.crossing else {
            return Err(Error::invalid("there is no registrar to delegate with"));
        };
        let zone = self.zone();
        let apex = crossing.lookout.apex(zone, &seen.name_servers).await;
        if let Some(why) = apex.unobserved().or(apex.lame()) {
            let message = format!("the delegation was not changed: {why}");
            return Err(Error::new(ErrorKind::Precondition, message).with_outcome(Outcome::NotSent));
        }
        crossing.registrar.set_name_servers(zone, &seen.name_servers).await
    }

    pub(super) async fn crossing_checks(&self, seen: &Observed) -> Result<Vec<Check>> {
        match &self.crossing {
            None => Ok(Vec::new()),
            Some(crossing) => crossing.lookout.answering(self.zone(), &seen.name_servers).await,
        }
    }
}

fn compared(seam: &Seam, new: &BTreeSet<Name>) -> Step {
    let step = Step::new("compare", "compare what old and new name servers answer");
    if seam.is_delegated(new) {
        return step.done();
    }
    let Some(comparison) = &seam.comparison else {
        return step.blocked("nothing can be compared before the zone is loaded", "do the steps before");
    };
    let mut unseen = seam.unresolved.clone();
    unseen.extend(comparison.not_compared.iter().map(ToString::to_string));
    if !unseen.is_empty() {
        return step.blocked(listed(&unseen), "see that name servers can be asked from here, and run this again");
    }
    let differences: Vec<_> = comparison.differences.iter().map(ToString::to_string).collect();
    if differences.is_empty() {
        return step.done().with_detail(format!("{} alike", count(comparison.compared, "answer")));
    }
    step.blocked(listed(&differences), "if the old zone was changed, run this again; else correct it where it is wrong")
}

fn delegated(crossing: &Crossing, seam: &Seam, new: &BTreeSet<Name>, now: Timestamp) -> Step {
    let registrar = crossing.registrar.name();
    let step = Step::new("delegate", format!("let {registrar} delegate to the new name servers"));
    if seam.is_delegated(new) {
        return step.done();
    }
    if seam.registered.iter().cloned().collect::<BTreeSet<_>>() == *new {
        return match seam.parent.name_servers {
            None => seam.parent.wait(step, now),
            Some(_) => step.waiting(now + SignedDuration::from_mins(5), "the parent to delegate as the registrar says"),
        };
    }
    if crossing.registrar.capabilities().name_servers {
        step
    } else {
        step.blocked(
            format!("{registrar} changes no name servers through its API"),
            format!("set them there by hand: {}", names(new)),
        )
    }
}

/// Until then resolvers may ask the old name servers, which must not go before.
fn soaked(seam: &Seam, record_ttl: u32, new: &BTreeSet<Name>, now: Timestamp) -> Step {
    let step = Step::new("soak", "leave caches the time to forget the old name servers");
    let Some((_, sighting)) = seam.parent.name_servers.as_ref().filter(|_| seam.is_delegated(new)) else {
        return step;
    };
    let forgotten = sighting.settled_at().max(sighting.after(seam.old_ttl));
    let until = forgotten.checked_add(SignedDuration::from_secs(record_ttl.into())).unwrap_or(forgotten);
    if until > now {
        step.waiting(until, "the old delegation and its records to leave all caches")
    } else {
        step.done()
    }
}

impl Observed {
    /// Whether a difference is the text that a provider puts beside an ALIAS to tell of it.
    fn tells_of_alias(&self, difference: &Difference) -> bool {
        let (Found::Records(expected), Found::Records(found)) = (&difference.expected, &difference.found) else {
            return false;
        };
        let told =
            |data: &RecordData| matches!(data, RecordData::Txt(text) if Txt::concat(text).starts_with(b"ALIAS for "));
        difference.record_type == RecordType::Txt
            && self.translation.zone.contains(&difference.name, &RecordType::Alias)
            && found.iter().filter(|data| !told(data)).eq(expected)
    }

    /// The longest that a record of the old zone is cached, in seconds.
    fn source_ttl(&self) -> u32 {
        self.source.iter().map(RecordSet::ttl).map(|ttl| ttl.seconds_or(self.chosen_ttl)).max().unwrap_or_default()
    }
}
