//! Since when something has been seen.
//!
//! Caches keep what name servers said before a change, for as long as its TTL allows. How long ago the change was, no
//! server tells: it has to be remembered when the new answer was first seen. That is all that a workflow ever notes. A
//! note that is lost makes a wait begin anew, and never makes it shorter.
//!
//! ```
//! use howdah_workflows::sightings::Sightings;
//!
//! let sightings = Sightings::in_memory();
//! let monday = "2022-12-05T09:00:00Z".parse()?;
//! sightings.see("the delegation of example.org", "ns1.old.example", 7200, monday)?;
//!
//! let tuesday = "2022-12-06T09:00:00Z".parse()?;
//! let seen = sightings.see("the delegation of example.org", "ns1.new.example", 3600, tuesday)?;
//! assert_eq!(seen.since, tuesday);
//! // The old answer could be cached for two hours.
//! assert_eq!(seen.settled_at().to_string(), "2022-12-06T11:00:00Z");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use howdah_core::{Error, ErrorKind, Outcome, Result};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Notes of what was seen since when, in a file or in memory.
#[derive(Debug, Default)]
pub struct Sightings {
    file: Option<PathBuf>,
    notes: Mutex<BTreeMap<String, Sighting>>,
}

/// What is seen of something, and since when without interruption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Sighting {
    pub value: String,
    pub since: Timestamp,
    /// The longest TTL in seconds that this answer was seen with.
    pub ttl: u32,
    /// The TTL in seconds of what was seen before; none when this is the first that was ever seen.
    pub ttl_before: Option<u32>,
}

impl Sighting {
    /// When no cache can have what was there before. What was there before the first sighting is not known: it is
    /// taken to have had the same TTL.
    pub fn settled_at(&self) -> Timestamp {
        self.after(self.ttl_before.unwrap_or(self.ttl))
    }

    /// So many seconds after it was first seen.
    pub fn after(&self, seconds: u32) -> Timestamp {
        self.since.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
    }
}

impl Sightings {
    /// Forgotten with this value.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// Kept in a file, which need not be there yet.
    pub fn kept_in(file: impl Into<PathBuf>) -> Result<Self> {
        let file = file.into();
        let notes = match fs::read(&file) {
            Ok(content) => serde_json::from_slice(&content).map_err(|error| broken(&file, &error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(broken(&file, &error)),
        };
        Ok(Self { file: Some(file), notes: Mutex::new(notes?) })
    }

    /// Notes what is seen of something now, with its TTL in seconds, and tells since when it has been so.
    pub fn see(&self, what: &str, value: impl Into<String>, ttl: u32, now: Timestamp) -> Result<Sighting> {
        let value = value.into();
        let mut notes = self.lock();
        let before = notes.get(what);
        let sighting = match before {
            Some(before) if before.value == value => Sighting { ttl: before.ttl.max(ttl), ..before.clone() },
            // Changes that follow each other quickly leave the oldest answer in caches.
            Some(before) => {
                let left = before.settled_at().duration_since(now).as_secs();
                let left = u32::try_from(left).unwrap_or(0);
                Sighting { value, since: now, ttl, ttl_before: Some(before.ttl.max(left)) }
            }
            None => Sighting { value, since: now, ttl, ttl_before: None },
        };
        if before != Some(&sighting) {
            notes.insert(what.to_owned(), sighting.clone());
            self.keep(&notes)?;
        }
        Ok(sighting)
    }

    /// What was noted last.
    pub fn last(&self, what: &str) -> Option<Sighting> {
        self.lock().get(what).cloned()
    }

    fn keep(&self, notes: &BTreeMap<String, Sighting>) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let json = serde_json::to_vec_pretty(notes).map_err(|error| broken(file, &error))?;
        // Half a file is worse than an old one.
        let beside = file.with_extension("new");
        fs::write(&beside, json).and_then(|()| fs::rename(&beside, file)).map_err(|error| broken(file, &error))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Sighting>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn broken(file: &Path, error: &dyn std::error::Error) -> Error {
    let message = format!("the notes in {} cannot be kept: {error}", file.display());
    Error::new(ErrorKind::Config, message).with_outcome(Outcome::NotSent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        "2022-12-05T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
    }

    #[test]
    fn an_answer_that_stays_keeps_its_beginning_and_its_longest_ttl() {
        let sightings = Sightings::in_memory();
        sightings.see("ds", "none", 300, at(0)).unwrap();
        sightings.see("ds", "none", 7200, at(1)).unwrap();
        let seen = sightings.see("ds", "none", 60, at(2)).unwrap();
        assert_eq!((seen.since, seen.ttl, seen.settled_at()), (at(0), 7200, at(2)));
    }

    #[test]
    fn a_change_waits_for_the_ttl_of_what_was_there_before() {
        let sightings = Sightings::in_memory();
        sightings.see("ns", "old", 7200, at(0)).unwrap();
        assert_eq!(sightings.see("ns", "new", 60, at(5)).unwrap().settled_at(), at(7));
        // And back again: the oldest answer may still be cached for an hour.
        assert_eq!(sightings.see("ns", "old", 60, at(6)).unwrap().settled_at(), at(7));
        assert_eq!(sightings.see("ns", "old", 60, at(9)).unwrap().since, at(6));
    }

    #[test]
    fn notes_outlive_the_program() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("sightings.json");
        let seen = Sightings::kept_in(&file).unwrap().see("ns", "one", 60, at(0)).unwrap();
        assert_eq!(Sightings::kept_in(&file).unwrap().see("ns", "one", 60, at(9)).unwrap(), seen);
        fs::write(&file, "{").unwrap();
        let error = Sightings::kept_in(&file).unwrap_err();
        assert!(error.to_string().contains("sightings.json"), "{error}");
    }
}
