//! A zone as a collection of record sets.

use std::collections::{BTreeMap, btree_map::Entry};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeStruct as _};

use super::{Name, Plan, RecordSet, RecordType, Scope};
use crate::{Error, ErrorKind, Outcome, Result};

/// A zone's record sets: at most one for each name and type.
///
/// It iterates in canonical order (RFC 4034, section 6.1), at one name by type.
///
/// ```
/// use howdah_core::dns::{Name, RecordData, RecordSet, RecordType, Ttl, Zone};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let apex = Name::parse("example.org")?;
/// let address = RecordData::parse(&RecordType::A, "192.0.2.1", &apex)?;
/// let mut zone = Zone::new(apex.clone());
/// zone.insert(RecordSet::new(apex.child("www")?, Ttl::Seconds(300), [address])?)?;
///
/// assert!(zone.get(&apex.child("www")?, &RecordType::A).is_some());
/// assert_eq!(zone.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: Name,
    sets: BTreeMap<Name, BTreeMap<RecordType, RecordSet>>,
}

/// A record set does not belong into the zone that it was to be put into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} {record_type} is outside of the zone {zone}")]
#[allow(missing_docs)]
pub struct OutOfZone {
    pub name: Name,
    pub record_type: RecordType,
    pub zone: Name,
}

impl Zone {
    /// A zone without any records.
    pub fn new(name: Name) -> Self {
        Self { name, sets: BTreeMap::new() }
    }

    /// A zone of the given sets; of two for the same name and type the later one stays.
    pub fn try_from_sets(name: Name, sets: impl IntoIterator<Item = RecordSet>) -> Result<Self, OutOfZone> {
        let mut zone = Self::new(name);
        for set in sets {
            zone.insert(set)?;
        }
        Ok(zone)
    }

    /// The name of the apex.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Puts a set in place of the one of its name and type, which is returned.
    pub fn insert(&mut self, set: RecordSet) -> Result<Option<RecordSet>, OutOfZone> {
        if !set.name().is_within(&self.name) {
            return Err(OutOfZone {
                name: set.name().clone(),
                record_type: set.record_type().clone(),
                zone: self.name.clone(),
            });
        }
        Ok(self.sets.entry(set.name().clone()).or_default().insert(set.record_type().clone(), set))
    }

    /// Takes a set out.
    pub fn remove(&mut self, name: &Name, record_type: &RecordType) -> Option<RecordSet> {
        let Entry::Occupied(mut entry) = self.sets.entry(name.clone()) else {
            return None;
        };
        let removed = entry.get_mut().remove(record_type);
        if entry.get().is_empty() {
            entry.remove();
        }
        removed
    }

    /// The set of this name and type.
    pub fn get(&self, name: &Name, record_type: &RecordType) -> Option<&RecordSet> {
        self.sets.get(name)?.get(record_type)
    }

    /// Whether there is a set of this name and type.
    pub fn contains(&self, name: &Name, record_type: &RecordType) -> bool {
        self.get(name, record_type).is_some()
    }

    /// The sets at one name, by type.
    pub fn at(&self, name: &Name) -> impl Iterator<Item = &RecordSet> {
        self.sets.get(name).into_iter().flat_map(BTreeMap::values)
    }

    /// All sets in canonical order.
    pub fn iter(&self) -> impl Iterator<Item = &RecordSet> {
        self.sets.values().flat_map(BTreeMap::values)
    }

    /// The names that own records, in canonical order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &Name> {
        self.sets.keys()
    }

    /// How many sets there are.
    pub fn len(&self) -> usize {
        self.sets.values().map(BTreeMap::len).sum()
    }

    /// Whether there is no set at all.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Keeps the sets for which `keep` says so, and returns the others.
    pub fn split_off(&mut self, mut keep: impl FnMut(&RecordSet) -> bool) -> Vec<RecordSet> {
        let (kept, dropped) = std::mem::take(&mut self.sets)
            .into_values()
            .flat_map(BTreeMap::into_values)
            .partition::<Vec<_>, _>(|set| keep(set));
        for set in kept {
            self.sets.entry(set.name().clone()).or_default().insert(set.record_type().clone(), set);
        }
        dropped
    }

    /// Takes out what says who serves the zone, its SOA and the NS set of its apex, and returns it.
    ///
    /// A zone that moves leaves these behind: the new provider has its own.
    pub fn split_off_authority(&mut self) -> Vec<RecordSet> {
        let apex = self.name.clone();
        self.split_off(|set| !is_authority(&apex, set))
    }
}

/// Whether this set says who serves the zone.
pub(crate) fn is_authority(apex: &Name, set: &RecordSet) -> bool {
    *set.record_type() == RecordType::Soa || (*set.record_type() == RecordType::Ns && set.name() == apex)
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Sets<'a>(&'a Zone);
        impl Serialize for Sets<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter())
            }
        }
        let mut zone = serializer.serialize_struct("Zone", 2)?;
        zone.serialize_field("name", &self.name)?;
        zone.serialize_field("sets", &Sets(self))?;
        zone.end()
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Plain {
            name: Name,
            sets: Vec<RecordSet>,
        }
        let plain = Plain::deserialize(deserializer)?;
        let mut zone = Self::new(plain.name);
        for set in plain.sets {
            if let Some(earlier) = zone.insert(set).map_err(D::Error::custom)? {
                let (name, record_type) = (earlier.name(), earlier.record_type());
                return Err(D::Error::custom(format!("{name} {record_type} occurs twice in the zone {}", zone.name)));
            }
        }
        Ok(zone)
    }
}

/// What a provider holds for a zone at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ZoneSnapshot {
    /// The sets that are the user's: what plans are made from.
    pub zone: Zone,
    /// What the provider holds besides and keeps for itself, such as the SOA.
    pub left_alone: Vec<LeftAlone>,
    /// The provider's mark of this state of the zone, where it has one: a serial, a date, an entity tag.
    pub version: Option<String>,
}

/// A record that is no part of any plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LeftAlone {
    pub name: Name,
    /// The provider's word for it: it may have no counterpart in the DNS.
    pub record_type: String,
    /// Its content as the provider wrote it.
    pub text: String,
    /// Why it is left alone, such as `the provider writes its own SOA`.
    pub reason: String,
}

impl ZoneSnapshot {
    /// A snapshot of nothing but the user's sets.
    pub fn new(zone: Zone) -> Self {
        Self { zone, left_alone: Vec::new(), version: None }
    }

    /// Refuses with [`ErrorKind::Conflict`] when the user's sets differ from those of an earlier snapshot, and names
    /// the first differences.
    ///
    /// Providers call this in `apply` with what they just read, before they change anything.
    ///
    /// ```
    /// use howdah_core::dns::{Name, Zone, ZoneSnapshot};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let earlier = ZoneSnapshot::new(Zone::new(Name::parse("example.org")?));
    /// let now = earlier.clone();
    /// now.require_unchanged_since(&earlier)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn require_unchanged_since(&self, earlier: &Self) -> Result<()> {
        const SHOWN: usize = 3;
        if self.zone == earlier.zone {
            return Ok(());
        }
        let plan = Plan::between(&earlier.zone, &self.zone, &Scope::WholeZone);
        let mut seen: Vec<_> = plan.changes().iter().take(SHOWN).map(ToString::to_string).collect();
        match plan.changes().len() {
            0 => seen.push("only in what a plan does not compare".to_owned()),
            count if count > SHOWN => seen.push(format!("{} more", count - SHOWN)),
            _ => {}
        }
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "the zone {} was changed since the plan was made ({}): plan again",
                self.zone.name,
                seen.join(", ")
            ),
        )
        .with_outcome(Outcome::NotSent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{RecordData, Ttl};

    #[allow(clippy::needless_pass_by_value)]
    fn set(name: &str, record_type: RecordType, data: &str) -> RecordSet {
        let apex = Name::parse("example.org").unwrap();
        let name = Name::parse_in(name, &apex).unwrap();
        RecordSet::new(name, Ttl::Seconds(300), [RecordData::parse(&record_type, data, &apex).unwrap()]).unwrap()
    }

    fn sample() -> Zone {
        let sets = [
            set("www", RecordType::A, "192.0.2.1"),
            set("@", RecordType::Soa, "ns.example.net. host.example.net. 1 2 3 4 5"),
            set("@", RecordType::Ns, "ns.example.net."),
            set("sub", RecordType::Ns, "ns.example.net."),
            set("@", RecordType::A, "192.0.2.1"),
        ];
        Zone::try_from_sets(Name::parse("example.org").unwrap(), sets).unwrap()
    }

    #[test]
    fn one_set_for_each_name_and_type() {
        let mut zone = sample();
        let newer = set("www", RecordType::A, "192.0.2.9");
        assert_eq!(zone.insert(newer.clone()).unwrap(), Some(set("www", RecordType::A, "192.0.2.1")));
        assert_eq!(zone.len(), 5);
        assert_eq!(zone.at(newer.name()).collect::<Vec<_>>(), [&newer]);
        assert_eq!(zone.remove(newer.name(), &RecordType::A), Some(newer.clone()));
        assert_eq!(zone.remove(newer.name(), &RecordType::A), None);
        assert!(zone.names().all(|name| name != newer.name()), "a name without sets is gone");
    }

    #[test]
    fn the_apex_comes_first() {
        let names: Vec<_> = sample().names().map(ToString::to_string).collect();
        assert_eq!(names, ["example.org.", "sub.example.org.", "www.example.org."]);
    }

    #[test]
    fn foreign_names_are_refused() {
        let mut zone = Zone::new(Name::parse("example.net").unwrap());
        let error = zone.insert(set("www", RecordType::A, "192.0.2.1")).unwrap_err();
        assert_eq!(error.to_string(), "www.example.org. A is outside of the zone example.net.");
    }

    #[test]
    fn the_authority_is_soa_and_apex_ns_only() {
        let mut zone = sample();
        let authority: Vec<_> = zone.split_off_authority().iter().map(|set| set.record_type().clone()).collect();
        assert_eq!(authority.len(), 2);
        assert!(authority.contains(&RecordType::Soa) && authority.contains(&RecordType::Ns));
        assert!(zone.contains(&Name::parse("sub.example.org").unwrap(), &RecordType::Ns));
        assert_eq!(zone.len(), 3);
    }

    #[test]
    fn json_and_back() {
        let zone = sample();
        let json = serde_json::to_string(&zone).unwrap();
        assert_eq!(serde_json::from_str::<Zone>(&json).unwrap(), zone);
        let mut twice: serde_json::Value = serde_json::from_str(&json).unwrap();
        let again = twice["sets"][0].clone();
        twice["sets"].as_array_mut().unwrap().push(again);
        let error = serde_json::from_value::<Zone>(twice).unwrap_err().to_string();
        assert!(error.contains("twice"), "{error}");
    }

    #[test]
    fn a_conflict_names_what_changed() {
        let earlier = ZoneSnapshot::new(sample());
        let mut now = earlier.clone();
        assert!(now.require_unchanged_since(&earlier).is_ok());
        now.zone.insert(set("new", RecordType::A, "192.0.2.5")).unwrap();
        let error = now.require_unchanged_since(&earlier).unwrap_err();
        assert!(error.is_conflict());
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert!(error.to_string().contains("create new.example.org. A"), "{error}");
    }
}
