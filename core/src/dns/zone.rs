//! A zone's record sets.

use std::collections::BTreeMap;

use super::{Name, RecordSet, RecordType};

/// A zone's record sets: at most one set for a name and type, in canonical order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: Name,
    sets: BTreeMap<(Name, RecordType), RecordSet>,
}

/// A record set whose name is not within the zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is not within the zone {zone}")]
pub struct OutOfZone {
    /// The record set's name.
    pub name: Name,
    /// The zone's name.
    pub zone: Name,
}

impl Zone {
    /// An empty zone.
    pub fn new(name: Name) -> Zone {
        Zone {
            name,
            sets: BTreeMap::new(),
        }
    }

    /// The name of the zone, which is that of its apex.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Adds a set and returns the one it replaces.
    pub fn insert(&mut self, set: RecordSet) -> Result<Option<RecordSet>, OutOfZone> {
        if !set.name().is_within(&self.name) {
            return Err(OutOfZone {
                name: set.name().clone(),
                zone: self.name.clone(),
            });
        }
        Ok(self
            .sets
            .insert((set.name().clone(), set.record_type().clone()), set))
    }

    /// The set of a name and type.
    pub fn get(&self, name: &Name, record_type: &RecordType) -> Option<&RecordSet> {
        self.sets.get(&(name.clone(), record_type.clone()))
    }

    /// The sets in canonical order of their names, then by type.
    pub fn iter(&self) -> impl Iterator<Item = &RecordSet> {
        self.sets.values()
    }

    /// How many sets there are.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether there are no sets.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}
