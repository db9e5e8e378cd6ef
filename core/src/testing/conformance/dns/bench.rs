//! A case's zone at the provider, and what is asked of it.

use std::collections::BTreeMap;

use super::Subject;
use crate::{
    Error, ErrorKind, Outcome, Result,
    dns::{
        DnsCapabilities, DnsProvider, DnsProviderExt as _, Finding, Name, Plan, RecordData, RecordSet, RecordType,
        Scope, Ttl, Txt, Zone, ZoneSnapshot,
    },
    testing::conformance::Stop,
};

/// Whether the audit may block what a case wants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// The capabilities promise it.
    Promised,
    /// It is awkward; a provider may say that it cannot, as long as it says so.
    Awkward,
}

/// One case's zone at the provider.
pub(super) struct Bench<'a> {
    pub(super) provider: &'a dyn DnsProvider,
    pub(super) zone: Name,
    /// What is in the zone before anything was put there: nothing, or the NS set of the apex.
    pub(super) base: Zone,
}

impl<'a> Bench<'a> {
    pub(super) async fn new(subject: &'a dyn Subject, case: &str) -> Result<Self, Stop> {
        let zone = subject.empty_zone(case).await?;
        let base = subject.provider().snapshot(&zone).await?.zone;
        let bench = Self { provider: subject.provider(), zone, base };
        let mut users = bench.base.clone();
        let authority = users.split_off_authority();
        ensure(users.is_empty(), || format!("the zone {} is not empty before the case", bench.zone))?;
        let is_own = authority.iter().all(|set| *set.record_type() == RecordType::Ns && bench.capabilities().apex_ns);
        ensure(is_own, || "what the provider keeps for itself belongs into `left_alone`".into())?;
        Ok(bench)
    }

    pub(super) fn capabilities(&self) -> &DnsCapabilities {
        self.provider.capabilities()
    }

    pub(super) async fn snapshot(&self) -> Result<ZoneSnapshot, Stop> {
        Ok(self.provider.snapshot(&self.zone).await?)
    }

    /// The base and what the lines say.
    pub(super) fn zone_of(&self, lines: &str) -> Result<Zone, Stop> {
        let (short, long) = short_and_long(self.capabilities());
        let mut sets: BTreeMap<(Name, RecordType), (Ttl, Vec<RecordData>)> = BTreeMap::new();
        for line in lines.lines() {
            let [owner, ttl, record_type, data] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
                return Err(Stop::Failed(format!("the suite is wrong: `{line}`")));
            };
            let record_type: RecordType = record_type.parse()?;
            let ttl = match ttl {
                "auto" => Ttl::Auto,
                "short" => Ttl::Seconds(short),
                "long" => Ttl::Seconds(long),
                seconds => Ttl::Seconds(seconds.parse()?),
            };
            let data = RecordData::parse(&record_type, data, &self.zone)?;
            let key = (Name::parse_in(owner, &self.zone)?, record_type);
            sets.entry(key).or_insert((ttl, Vec::new())).1.push(data);
        }
        let mut zone = self.base.clone();
        for ((name, _), (ttl, data)) in sets {
            zone.insert(RecordSet::new(name, ttl, data)?)?;
        }
        Ok(zone)
    }

    pub(super) fn zone_with_text(&self, text: &[u8]) -> Result<Zone, Stop> {
        let (_, long) = short_and_long(self.capabilities());
        let mut zone = self.base.clone();
        zone.insert(RecordSet::new(
            self.zone.child("text")?,
            Ttl::Seconds(long),
            [RecordData::Txt(Txt::from_bytes(text))],
        )?)?;
        Ok(zone)
    }

    pub(super) async fn wish(&self, wish: Wish, desired: &Zone) -> Result<(), Stop> {
        match self.provider.audit(desired).into_iter().find(Finding::is_blocking) {
            None => self.reach(desired).await,
            Some(finding) if wish == Wish::Promised => {
                Err(Stop::Failed(format!("the audit blocks what the capabilities declare: {finding}")))
            }
            Some(finding) => {
                self.is_refused(desired).await?;
                Err(Stop::Ignored(format!("the audit says {finding}")))
            }
        }
    }

    /// Makes the zone what is desired, and holds that it is; then planning again is empty.
    pub(super) async fn reach(&self, desired: &Zone) -> Result<(), Stop> {
        let (plan, before) = self.provider.plan_to(desired, &Scope::WholeZone).await?;
        let receipt = self.provider.apply(&self.zone, &plan, &before).await?;
        ensure(receipt.applied == plan.changes().len(), || format!("applied {} of\n{plan}", receipt.applied))?;
        let (again, after) = self.provider.plan_to(desired, &Scope::WholeZone).await?;
        ensure(again.is_empty(), || format!("after it was applied, planning again gives\n{again}"))?;
        for set in desired.iter() {
            let held = after.zone.get(set.name(), set.record_type());
            let same = held
                .is_some_and(|held| held.data() == set.data() && (held.ttl() == set.ttl() || set.ttl() == Ttl::Auto));
            ensure(same, || format!("wanted `{set}`, the provider holds {}", shown(held)))?;
        }
        let (held, wanted) = (after.zone.len(), desired.len());
        ensure(held == wanted, || format!("the provider holds {held} sets instead of {wanted}"))
    }

    /// Holds that the audit blocks it and that apply refuses it before anything is sent.
    pub(super) async fn is_refused(&self, desired: &Zone) -> Result<(), Stop> {
        let blocking = self.provider.audit(desired).into_iter().any(|finding| finding.is_blocking());
        ensure(blocking, || "the audit finds nothing that is blocking".into())?;
        let (plan, before) = self.provider.plan_to(desired, &Scope::WholeZone).await?;
        let Err(refusal) = self.provider.apply(&self.zone, &plan, &before).await else {
            return Err(Stop::Failed("it was applied although it is not declared".into()));
        };
        is_kind(&refusal.error, ErrorKind::Unsupported, Some(Outcome::NotSent))?;
        ensure(refusal.zone_unchanged(), || "the refusal does not say that the zone is unchanged".into())?;
        self.is_unchanged_since(&before).await
    }

    pub(super) async fn is_unchanged_since(&self, before: &ZoneSnapshot) -> Result<(), Stop> {
        let now = self.snapshot().await?;
        ensure(now.zone == before.zone, || {
            let changes = Plan::between(&before.zone, &now.zone, &Scope::WholeZone);
            format!("the zone was changed nevertheless\n{changes}")
        })
    }
}

pub(super) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Stop> {
    if holds { Ok(()) } else { Err(Stop::Failed(otherwise())) }
}

pub(super) fn is_kind(error: &Error, kind: ErrorKind, outcome: Option<Outcome>) -> Result<(), Stop> {
    let fits = error.kind() == kind && outcome.is_none_or(|outcome| error.outcome() == outcome);
    let wanted = outcome.map_or_else(|| format!("{kind:?}"), |outcome| format!("{kind:?} and {outcome:?}"));
    ensure(fits, || format!("wanted {wanted}, got {:?} and {:?}: {error}", error.kind(), error.outcome()))
}

pub(super) fn shown<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"))
}

/// Two TTLs of the provider's range, different if it has two.
pub(super) fn short_and_long(capabilities: &DnsCapabilities) -> (u32, u32) {
    let (least, most) = (*capabilities.ttl.start(), *capabilities.ttl.end());
    let short = 600.clamp(least, most);
    let long = 3600.clamp(least, most);
    if short == long && least < most { (least, most) } else { (short, long) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttls_are_of_the_providers_range() {
        let mut capabilities = DnsCapabilities::new([RecordType::A]);
        for (range, expected) in [
            (0..=u32::MAX, (600, 3600)),
            (3600..=86400, (3600, 86400)),
            (60..=60, (60, 60)),
            (1000..=2000, (1000, 2000)),
        ] {
            capabilities.ttl = range;
            assert_eq!(short_and_long(&capabilities), expected);
        }
    }
}
