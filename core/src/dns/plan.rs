//! What has to change so that a zone becomes what is desired: pure, deterministic and printable.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use super::{Name, OutOfZone, RecordSet, RecordType, Ttl, Zone};
use crate::{Error, ErrorKind, Outcome, Result};

/// The changes that lead from what a provider holds to what is desired.
///
/// A set is changed when its data or its TTL differ. [`Ttl::Auto`] agrees with every TTL, since what a provider makes
/// of it is the provider's choice, and [`RecordSet::is_proxied`] is not compared, since only one kind of provider has
/// it. Planning again after the changes were made gives an empty plan.
///
/// The order is safe when the changes are made one by one: creates, updates, deletes, except that a name that turns
/// into a CNAME, or back from one, has its old sets deleted immediately before the new ones are created. At no moment is
/// there a CNAME beside another type, provided that there was none before and that none is desired.
///
/// ```
/// use howdah_core::dns::{Name, Plan, RecordData, RecordSet, RecordType, Safety, Scope, Ttl, Zone};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let apex = Name::parse("example.org")?;
/// let address = RecordData::parse(&RecordType::A, "192.0.2.1", &apex)?;
/// let current = Zone::new(apex.clone());
/// let desired = Zone::try_from_sets(apex.clone(), [RecordSet::new(apex.child("www")?, Ttl::Seconds(300), [address])?])?;
///
/// let plan = Plan::between(&current, &desired, &Scope::WholeZone);
/// plan.check(&Safety::default())?;
/// assert_eq!(
///     plan.to_string(),
///     "example.org.: 1 to create, 0 to update, 0 to delete, 0 unchanged\n\
///      create  www.example.org.  A  300  192.0.2.1\n"
/// );
/// assert!(Plan::between(&plan.outcome(&current)?, &desired, &Scope::WholeZone).is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Plan {
    zone: Name,
    existing: usize,
    changes: Vec<Change>,
}

/// One record set that is to change. Whatever the provider holds under its name and type, `to` is what stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Change {
    /// There was no such set.
    Create(RecordSet),
    /// Data or TTL differ.
    Update { from: RecordSet, to: RecordSet },
    /// The set goes; where it is gone already, nothing is to be done.
    Delete(RecordSet),
}

/// What a plan may touch. Everything else stays as it is, whatever is desired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Scope {
    /// All sets: what is not desired is deleted.
    WholeZone,
    /// The sets at these names, and not those below.
    Names(BTreeSet<Name>),
    /// The sets of these types. Whether the outcome is a legal zone depends on the types out of scope: audit
    /// [`Plan::outcome`].
    Types(BTreeSet<RecordType>),
}

/// How many sets a plan touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PlanStats {
    pub creates: usize,
    pub updates: usize,
    pub deletes: usize,
    /// Sets in scope that stay as they are.
    pub unchanged: usize,
}

/// How much a plan may change before somebody has to say that it is meant.
///
/// By default: at most 30 % of the sets in scope deleted and at most 30 % updated, counted from 10 sets on, and no
/// change to the NS set of the apex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Safety {
    /// Percent of the existing sets in scope.
    pub max_delete: u8,
    /// Percent of the existing sets in scope.
    pub max_update: u8,
    /// In a smaller scope the two percentages are not looked at.
    pub min_existing: usize,
    /// Whether the NS set of the apex may change.
    pub apex_ns: bool,
}

/// A plan changes more than is allowed without force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plan for {zone} is refused: {}; force it if that is meant", Listed(.violations))]
pub struct SafetyViolation {
    zone: Name,
    violations: Vec<Violation>,
}

/// One reason to refuse a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Violation {
    /// More sets would go than [`Safety::max_delete`] allows.
    #[error("{deletes} of {existing} record sets would be deleted, more than {limit} %")]
    Deletes { deletes: usize, existing: usize, limit: u8 },
    /// More sets would change than [`Safety::max_update`] allows.
    #[error("{updates} of {existing} record sets would be updated, more than {limit} %")]
    Updates { updates: usize, existing: usize, limit: u8 },
    /// The zone would name other servers for itself.
    #[error("the NS set of the apex would change")]
    ApexNs,
}

impl Plan {
    /// Compares two states of one zone, in one walk through both.
    pub fn between(current: &Zone, desired: &Zone, scope: &Scope) -> Self {
        let mut existing = 0;
        let mut changes = Vec::new();
        let mut olds = current.iter().filter(|set| scope.covers(set)).inspect(|_| existing += 1).peekable();
        let mut news = desired.iter().filter(|set| scope.covers(set)).peekable();
        loop {
            let order = match (olds.peek(), news.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => key(old).cmp(&key(new)),
            };
            let old = if order.is_le() { olds.next() } else { None };
            let new = if order.is_ge() { news.next() } else { None };
            changes.extend(match (old, new) {
                (Some(old), Some(new)) if agree(old, new) => None,
                (Some(old), Some(new)) => Some(Change::Update { from: old.clone(), to: new.clone() }),
                (Some(old), None) => Some(Change::Delete(old.clone())),
                (None, Some(new)) => Some(Change::Create(new.clone())),
                (None, None) => None,
            });
        }
        drop(olds);
        Self { zone: current.name().clone(), existing, changes: in_safe_order(changes) }
    }

    /// The zone that is to change.
    pub fn zone(&self) -> &Name {
        &self.zone
    }

    /// The changes, in the order in which they are to be made.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many sets are touched.
    pub fn stats(&self) -> PlanStats {
        let mut stats = PlanStats::default();
        for change in &self.changes {
            match change {
                Change::Create(_) => stats.creates += 1,
                Change::Update { .. } => stats.updates += 1,
                Change::Delete(_) => stats.deletes += 1,
            }
        }
        stats.unchanged = self.existing.saturating_sub(stats.updates + stats.deletes);
        stats
    }

    /// Refuses a plan that changes more than `safety` allows; every reason is told at once.
    pub fn check(&self, safety: &Safety) -> Result<(), SafetyViolation> {
        let existing = self.existing;
        let PlanStats { updates, deletes, .. } = self.stats();
        let exceeds = |count: usize, limit: u8| {
            existing >= safety.min_existing && count.saturating_mul(100) > existing.saturating_mul(limit.into())
        };
        let mut violations = Vec::new();
        if exceeds(deletes, safety.max_delete) {
            violations.push(Violation::Deletes { deletes, existing, limit: safety.max_delete });
        }
        if exceeds(updates, safety.max_update) {
            violations.push(Violation::Updates { updates, existing, limit: safety.max_update });
        }
        let is_apex_ns = |change: &Change| *change.name() == self.zone && *change.record_type() == RecordType::Ns;
        if !safety.apex_ns && self.changes.iter().any(is_apex_ns) {
            violations.push(Violation::ApexNs);
        }
        if violations.is_empty() { Ok(()) } else { Err(SafetyViolation { zone: self.zone.clone(), violations }) }
    }

    /// What a zone becomes when all changes are made to it.
    pub fn outcome(&self, current: &Zone) -> Result<Zone, OutOfZone> {
        let mut zone = current.clone();
        for change in &self.changes {
            change.apply_to(&mut zone)?;
        }
        Ok(zone)
    }

    /// The sets that the provider is to hold where it did not: what has to be audited before the plan is applied.
    pub fn writes(&self) -> impl Iterator<Item = &RecordSet> {
        self.changes.iter().filter_map(Change::after)
    }
}

impl Change {
    /// The owner of the set.
    pub fn name(&self) -> &Name {
        self.set().name()
    }

    /// The type of the set.
    pub fn record_type(&self) -> &RecordType {
        self.set().record_type()
    }

    /// The set as it was.
    pub fn before(&self) -> Option<&RecordSet> {
        match self {
            Self::Create(_) => None,
            Self::Update { from: set, .. } | Self::Delete(set) => Some(set),
        }
    }

    /// The set as it is to be.
    pub fn after(&self) -> Option<&RecordSet> {
        match self {
            Self::Create(set) | Self::Update { to: set, .. } => Some(set),
            Self::Delete(_) => None,
        }
    }

    /// Makes this change to a zone in memory.
    pub fn apply_to(&self, zone: &mut Zone) -> Result<(), OutOfZone> {
        match self {
            Self::Create(set) | Self::Update { to: set, .. } => {
                zone.insert(set.clone())?;
            }
            Self::Delete(set) => {
                zone.remove(set.name(), set.record_type());
            }
        }
        Ok(())
    }

    fn set(&self) -> &RecordSet {
        match self {
            Self::Create(set) | Self::Update { to: set, .. } | Self::Delete(set) => set,
        }
    }

    fn verb(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Update { .. } => "update",
            Self::Delete(_) => "delete",
        }
    }
}

impl Scope {
    /// The names that own something in `zone`: what else another zone holds is left alone.
    pub fn names_of(zone: &Zone) -> Self {
        Self::Names(zone.names().cloned().collect())
    }

    /// Whether a plan of this scope may touch the set.
    pub fn covers(&self, set: &RecordSet) -> bool {
        match self {
            Self::WholeZone => true,
            Self::Names(names) => names.contains(set.name()),
            Self::Types(types) => types.contains(set.record_type()),
        }
    }
}

impl Default for Safety {
    fn default() -> Self {
        Self { max_delete: 30, max_update: 30, min_existing: 10, apex_ns: false }
    }
}

impl Safety {
    /// Everything is allowed: the explicit force.
    pub fn none() -> Self {
        Self { max_delete: 100, max_update: 100, min_existing: 0, apex_ns: true }
    }

    /// Allows to delete this many percent of the existing sets in scope.
    pub fn with_max_delete(mut self, percent: u8) -> Self {
        self.max_delete = percent;
        self
    }

    /// Allows to update this many percent of the existing sets in scope.
    pub fn with_max_update(mut self, percent: u8) -> Self {
        self.max_update = percent;
        self
    }

    /// Looks at percentages only when there are at least this many sets in scope.
    pub fn with_min_existing(mut self, sets: usize) -> Self {
        self.min_existing = sets;
        self
    }

    /// Allows or denies changes to the NS set of the apex.
    pub fn with_apex_ns(mut self, allowed: bool) -> Self {
        self.apex_ns = allowed;
        self
    }
}

impl SafetyViolation {
    /// Every reason, at least one.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl From<SafetyViolation> for Error {
    fn from(violation: SafetyViolation) -> Self {
        Self::new(ErrorKind::Precondition, violation.to_string()).with_outcome(Outcome::NotSent).with_source(violation)
    }
}

impl From<OutOfZone> for Error {
    fn from(error: OutOfZone) -> Self {
        Self::invalid(error.to_string()).with_source(error)
    }
}

/// `create www.example.org. A`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.verb(), self.name(), self.record_type())
    }
}

/// A line of totals, then a table: a row for each record that comes (`+` in an update) or goes (`-`).
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PlanStats { creates, updates, deletes, unchanged } = self.stats();
        let zone = &self.zone;
        writeln!(f, "{zone}: {creates} to create, {updates} to update, {deletes} to delete, {unchanged} unchanged")?;

        let heads: Vec<[String; 3]> = self.changes.iter().map(head).collect();
        let mut widths = [0; 3];
        for head in &heads {
            for (width, cell) in widths.iter_mut().zip(head) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let [name_width, type_width, ttl_width] = widths;
        for (change, [name, record_type, ttl]) in self.changes.iter().zip(&heads) {
            let lead = format!("{}  {name:name_width$}  {record_type:type_width$}  {ttl:ttl_width$}", change.verb());
            let indent = lead.chars().count();
            let rows = rows(change);
            if rows.is_empty() {
                writeln!(f, "{}", lead.trim_end())?;
            }
            for (index, row) in rows.iter().enumerate() {
                let lead = if index == 0 { lead.as_str() } else { "" };
                writeln!(f, "{lead:indent$}  {row}")?;
            }
        }
        Ok(())
    }
}

fn head(change: &Change) -> [String; 3] {
    let ttl = match change {
        Change::Update { from, to } if !same_ttl(from.ttl(), to.ttl()) => {
            format!("{} -> {}", from.ttl(), to.ttl())
        }
        _ => change.set().ttl().to_string(),
    };
    [change.name().to_string(), change.record_type().to_string(), ttl]
}

fn rows(change: &Change) -> Vec<String> {
    match change {
        Change::Create(set) | Change::Delete(set) => set.data().iter().map(ToString::to_string).collect(),
        Change::Update { from, to } => {
            let gone = from.data().difference(to.data()).map(|data| format!("- {data}"));
            let new = to.data().difference(from.data()).map(|data| format!("+ {data}"));
            gone.chain(new).collect()
        }
    }
}

fn key(set: &RecordSet) -> (&Name, &RecordType) {
    (set.name(), set.record_type())
}

/// Whether a provider that holds `old` needs no change to hold `new`.
fn agree(old: &RecordSet, new: &RecordSet) -> bool {
    old.same_data(new) && same_ttl(old.ttl(), new.ttl())
}

fn same_ttl(old: Ttl, new: Ttl) -> bool {
    old == new || old == Ttl::Auto || new == Ttl::Auto
}

/// Takes changes in canonical order; keeps that order within creates, updates and deletes.
fn in_safe_order(changes: Vec<Change>) -> Vec<Change> {
    let mut creates = Vec::new();
    let mut updates = Vec::new();
    let mut deletes = Vec::new();
    for change in changes {
        match change {
            Change::Create(_) => creates.push(change),
            Change::Update { .. } => updates.push(change),
            Change::Delete(_) => deletes.push(change),
        }
    }

    let is_cname = |change: &&Change| *change.record_type() == RecordType::Cname;
    let names_of =
        |changes: &[Change]| changes.iter().filter(is_cname).map(|c| c.name().clone()).collect::<BTreeSet<_>>();
    let (to_cname, from_cname) = (names_of(&creates), names_of(&deletes));
    let named_anew: BTreeSet<Name> = creates.iter().map(|change| change.name().clone()).collect();
    let mut first: BTreeMap<Name, Vec<Change>> = BTreeMap::new();
    let mut last = Vec::new();
    for change in deletes {
        let name = change.name();
        if to_cname.contains(name) || (from_cname.contains(name) && named_anew.contains(name)) {
            first.entry(name.clone()).or_default().push(change);
        } else {
            last.push(change);
        }
    }

    let mut ordered = Vec::with_capacity(creates.len() + updates.len() + last.len());
    for change in creates {
        ordered.extend(first.remove(change.name()).into_iter().flatten());
        ordered.push(change);
    }
    ordered.extend(updates);
    ordered.extend(last);
    ordered
}

struct Listed<'a>(&'a [Violation]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.0.iter().enumerate() {
            write!(f, "{}{violation}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// A plan as it was stored, which may have been edited since.
#[derive(Deserialize)]
struct Unchecked {
    zone: Name,
    existing: usize,
    changes: Vec<Change>,
}

impl TryFrom<Unchecked> for Plan {
    type Error = String;

    fn try_from(plan: Unchecked) -> Result<Self, String> {
        let Unchecked { zone, existing, changes } = plan;
        for change in &changes {
            if !change.name().is_within(&zone) {
                return Err(format!("`{change}` is outside of the zone {zone}"));
            }
            if let Change::Update { from, to } = change
                && key(from) != key(to)
            {
                return Err(format!(
                    "`{change}` was {} {}: name and type of a set stay",
                    from.name(),
                    from.record_type()
                ));
            }
        }
        Ok(Self { zone, existing, changes })
    }
}

#[cfg(test)]
mod tests;
