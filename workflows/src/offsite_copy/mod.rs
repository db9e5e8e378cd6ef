//! Copies the objects of one store to any number of others, again and again, and moves only what changed.
//!
//! [`OffsiteCopy::plan`] looks and changes nothing. [`OffsiteCopy::apply`] looks, copies, deletes what the source has no
//! longer (only if that is [asked for](Deletions::Mirror)), writes a manifest beside each copy and verifies.
//!
//! **What is unchanged.** The manifest of a destination, below `.offsite-copy/`, remembers of each object what the source
//! and the destination said of it when it was copied. It is left alone as long as both still say so. What no manifest knows
//! is left alone if the sizes are equal and the copy is not older than the source; the plan counts these separately.
//!
//! **Listings** are taken down to disk before anything is changed: the plan is whole, totals are known, and no listing
//! goes on while what it lists is written to. Memory is bounded whatever the number of objects.
//!
//! **A run that was killed** is continued by running it again. With [`Options::with_spool`] each copied object is noted in a
//! journal in that directory, which the next run takes up. Without it the next run finds in the destination's listing what
//! is there already, and goes by size and time. Either way, only what was in flight is copied twice.
//!
//! **Shards.** With [`Options::with_shard`] several processes share the work: each lists everything, and handles the keys
//! that are its own by their hash. Each has its manifest; those of another number of shards are read as well.
//!
//! **Restoring** is a copy the other way round. Attributes that a store cannot keep, such as a file's content type, come
//! from the manifest that was written beside the copy.
//!
//! A key that [`Path`] cannot hold, such as one with an empty segment
//! (`a//b`), is not seen as it is by any store of that kind, and cannot be copied by this job.
//!
//! ```
//! use std::sync::Arc;
//! use howdah_core::store::object_store::{ObjectStoreExt as _, memory::InMemory, path::Path};
//! use howdah_workflows::offsite_copy::{OffsiteCopy, Place};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let media = Arc::new(InMemory::new());
//! media.put(&Path::from("avatars/1.png"), "pixels".into()).await?;
//! let backup = Arc::new(InMemory::new());
//!
//! let job = OffsiteCopy::new(Place::new("media", media), [Place::new("backup", backup.clone())]);
//! assert_eq!(job.plan(&()).await?.destinations[0].new.objects, 1);
//! assert!(job.apply(&()).await?.is_complete());
//! assert_eq!(backup.get(&Path::from("avatars/1.png")).await?.bytes().await?, "pixels");
//! assert!(job.plan(&()).await?.is_empty());
//! # Ok(()) }
//! ```

mod failure;
mod join;
mod listing;
mod manifest;
mod progress;
mod report;
mod run;
mod spool;
mod transfer;
mod verify;

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use howdah_core::{
    Error, Result,
    store::object_store::{ObjectStore, path::Path, prefix::PrefixStore},
};

pub use self::{
    failure::{Reach, reach},
    progress::{Bytes, Observer, Phase, Progress},
    report::{Copied, Failure, Failures, Plan, PlannedCopy, Report, Tally, Verified},
};

const FOLDER: &str = ".offsite-copy";

/// The job.
#[derive(Clone, Debug)]
pub struct OffsiteCopy {
    source: Place,
    destinations: Vec<Place>,
    options: Options,
}

/// A store, or what is below a prefix of one.
#[derive(Clone, Debug)]
pub struct Place {
    name: String,
    store: Arc<dyn ObjectStore>,
    keeps_attributes: bool,
    source_time: SourceTime,
    content_sha1: Option<Cow<'static, str>>,
    lists_from_offsets: bool,
    provider: Option<String>,
    region: Option<String>,
}

/// Where a place keeps when the source's object was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceTime {
    /// Nowhere.
    #[default]
    Unkept,
    /// In this metadata key, as milliseconds since 1970, such as B2's `src_last_modified_millis`.
    Millis(Cow<'static, str>),
    /// In this metadata key, as seconds since 1970 with a fraction, such as `mtime`.
    Seconds(Cow<'static, str>),
}

/// How the job is done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What becomes of objects that the source has no longer.
    pub deletions: Deletions,
    /// What is verified after a run.
    pub verification: Verification,
    /// Objects that are copied at once.
    pub concurrency: usize,
    /// Bytes of contents in memory.
    pub budget: u64,
    /// Objects larger than this are copied in parts of this size, or of more where 10,000 parts would not do.
    pub part_size: u64,
    /// Which keys are this process's.
    pub shard: Shard,
    /// A directory for listings and journals; it makes a killed run continue where it was.
    pub spool: Option<PathBuf>,
    /// How many keys of each sort, and how many failures, are named in plans and reports.
    pub named: usize,
}

/// What becomes of objects that the source has no longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deletions {
    /// They stay.
    #[default]
    Keep,
    /// They are deleted after everything is copied, unless there are too many.
    Mirror(Guard),
}

/// How much may be deleted before somebody has to say that it is meant.
///
/// By default at most 10 % of what the destination has, counted from 10 objects on, at most 10,000 objects, and nothing if
/// the source is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Guard {
    /// Percent of the destination's objects.
    pub max_percent: u8,
    /// Objects.
    pub max_objects: u64,
    /// At a smaller destination the percentage is not looked at.
    pub min_existing: u64,
    /// Whether an empty source is believed.
    pub empty_source: bool,
}

/// What is verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// Nothing.
    Nothing,
    /// Every object is listed with its size, and is the one that was written.
    #[default]
    Listing,
    /// About so many objects are read again besides, chosen anew each time.
    Sampled(u64),
    /// Every object is read again besides.
    Full,
}

/// One of several parts of all keys, told by a hash of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl OffsiteCopy {
    /// A copy of the source at each destination.
    pub fn new(source: Place, destinations: impl IntoIterator<Item = Place>) -> Self {
        Self { source, destinations: destinations.into_iter().collect(), options: Options::default() }
    }

    /// Does it otherwise.
    #[must_use]
    pub fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }
}

impl Place {
    /// A store that keeps attributes. The name is what reports call it, and journals are told apart by it.
    pub fn new(name: impl Into<String>, store: Arc<dyn ObjectStore>) -> Self {
        Self {
            name: name.into(),
            store,
            keeps_attributes: true,
            source_time: SourceTime::Unkept,
            content_sha1: None,
            lists_from_offsets: false,
            provider: None,
            region: None,
        }
    }

    /// Only what is below this prefix.
    #[must_use]
    pub fn below(self, prefix: impl Into<Path>) -> Self {
        Self { store: Arc::new(PrefixStore::new(self.store, prefix)), ..self }
    }

    /// A store that refuses attributes, such as a directory of files: manifests remember them.
    #[must_use]
    pub fn without_attributes(self) -> Self {
        Self { keeps_attributes: false, ..self }
    }

    /// Where it keeps when the source's object was changed.
    #[must_use]
    pub fn with_source_time(self, source_time: SourceTime) -> Self {
        Self { source_time, ..self }
    }

    /// In this metadata key it keeps the SHA-1 of what goes there in parts, such as B2's `large_file_sha1`. It is known of what
    /// comes with it, and of files of this machine, which are read once more for it.
    #[must_use]
    pub fn with_content_sha1(self, key: impl Into<Cow<'static, str>>) -> Self {
        Self { content_sha1: Some(key.into()), ..self }
    }

    /// A store that lists in the order of its keys and begins at any of them at no cost, as S3 and B2 do: what a manifest
    /// knows to be large is listed in several parts at once.
    #[must_use]
    pub fn with_parallel_listing(self) -> Self {
        Self { lists_from_offsets: true, ..self }
    }

    /// Whose it is, and where.
    #[must_use]
    pub fn at_provider(self, provider: impl Into<String>, region: Option<String>) -> Self {
        Self { provider: Some(provider.into()), region, ..self }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deletions: Deletions::default(),
            verification: Verification::default(),
            concurrency: 32,
            budget: 64 * 1024 * 1024,
            part_size: 8 * 1024 * 1024,
            shard: Shard::WHOLE,
            spool: None,
            named: 10,
        }
    }
}

impl Options {
    /// What becomes of objects that the source has no longer.
    #[must_use]
    pub fn with_deletions(self, deletions: Deletions) -> Self {
        Self { deletions, ..self }
    }

    /// What is verified after a run.
    #[must_use]
    pub fn with_verification(self, verification: Verification) -> Self {
        Self { verification, ..self }
    }

    /// Objects that are copied at once, at least 1.
    #[must_use]
    pub fn with_concurrency(self, objects: usize) -> Self {
        Self { concurrency: objects.max(1), ..self }
    }

    /// Bytes of contents in memory. A part is held whole, however small the budget.
    #[must_use]
    pub fn with_budget(self, bytes: u64) -> Self {
        Self { budget: bytes, ..self }
    }

    /// Bytes in a part, at least 5 MiB.
    #[must_use]
    pub fn with_part_size(self, bytes: u64) -> Self {
        Self { part_size: bytes.max(5 * 1024 * 1024), ..self }
    }

    /// Which keys are this process's.
    #[must_use]
    pub fn with_shard(self, shard: Shard) -> Self {
        Self { shard, ..self }
    }

    /// A directory for listings and journals. It must be another one for another job.
    #[must_use]
    pub fn with_spool(self, directory: impl Into<PathBuf>) -> Self {
        Self { spool: Some(directory.into()), ..self }
    }

    /// How many keys of each sort, and how many failures, are named.
    #[must_use]
    pub fn with_named(self, named: usize) -> Self {
        Self { named, ..self }
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self { max_percent: 10, max_objects: 10_000, min_existing: 10, empty_source: false }
    }
}

impl Guard {
    /// Everything may be deleted: the explicit force.
    pub fn none() -> Self {
        Self { max_percent: 100, max_objects: u64::MAX, min_existing: 0, empty_source: true }
    }

    /// Says why so many deletions are refused.
    fn refusal(&self, deletions: u64, existing: u64, source: u64) -> Option<String> {
        let mut reasons = Vec::new();
        if source == 0 && !self.empty_source {
            reasons.push("the source is empty".to_owned());
        }
        let over = u128::from(deletions) * 100 > u128::from(existing) * u128::from(self.max_percent);
        if existing >= self.min_existing && over {
            reasons.push(format!("more than {} %", self.max_percent));
        }
        if deletions > self.max_objects {
            reasons.push(format!("more than {} objects", self.max_objects));
        }
        (deletions > 0 && !reasons.is_empty()).then(|| {
            format!(
                "{deletions} of {existing} objects would be deleted, and the source has {source}: {}; nothing is \
                 deleted; force it if that is meant",
                reasons.join(", ")
            )
        })
    }
}

impl Shard {
    /// All keys.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// The part `index`, counted from 0, of `count` parts.
    pub fn new(index: u32, count: u32) -> Result<Self> {
        if index < count {
            return Ok(Self { index, count });
        }
        Err(Error::invalid(format!(
            "shard {index}/{count}: shards are counted from 0, so the index is less than {count}"
        )))
    }

    /// Whether a key is this shard's.
    pub fn holds(self, key: &str) -> bool {
        if self.count == 1 {
            return true;
        }
        let hash =
            blake3::hash(key.as_bytes()).as_bytes()[..8].iter().fold(0, |hash, byte| (hash << 8) | u64::from(*byte));
        hash % u64::from(self.count) == u64::from(self.index)
    }
}

impl std::str::FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parsed = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        let (index, count) =
            parsed.ok_or_else(|| Error::invalid(format!("shard {text:?}: write it as 0/3, the first of three")))?;
        Self::new(index, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_one_shard() {
        let shards = [0, 1, 2].map(|index| Shard::new(index, 3).unwrap());
        let mut held = [0; 3];
        for n in 0..300 {
            let holders: Vec<_> = (0..3).filter(|index| shards[*index].holds(&format!("key/{n}"))).collect();
            assert_eq!(holders.len(), 1);
            held[holders[0]] += 1;
        }
        assert!(held.iter().all(|held| *held > 60), "{held:?}");
        assert!("3/3".parse::<Shard>().is_err() && "x".parse::<Shard>().is_err());
        assert_eq!("0/1".parse::<Shard>().unwrap(), Shard::WHOLE);
    }

    #[test]
    fn the_guard_says_its_numbers() {
        let guard = Guard::default();
        assert_eq!(guard.refusal(1, 10, 9), None);
        assert_eq!(guard.refusal(0, 10, 0), None);
        assert_eq!(
            guard.refusal(20, 20, 0).as_deref(),
            Some(
                "20 of 20 objects would be deleted, and the source has 0: the source is empty, more than 10 %; nothing \
                 is deleted; force it if that is meant"
            )
        );
        assert_eq!(Guard::none().refusal(20, 20, 0), None);
    }
}
