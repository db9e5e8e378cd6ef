//! All that is known of one key after another, and what follows from it.

use std::iter::{self, Peekable};

use futures::future::{try_join, try_join_all};
use howdah_core::{Error, Result};

use super::{
    Deletions, OffsiteCopy,
    failure::on_disk,
    listing::{self, Cuts, Listed},
    manifest::{self, Entry, Journal},
    progress::Meter,
    report::{Plan, PlannedCopy},
    spool::{Keyed, Merged, Run},
};

/// What all places say, on disk.
pub(super) struct Snapshot {
    source: Vec<Run>,
    /// What a source that keeps no attributes has noted of them.
    recorded: Vec<Run>,
    pub(super) shelves: Vec<Shelf>,
    pub(super) cuts: Cuts,
}

/// What one destination says.
pub(super) struct Shelf {
    pub(super) listing: Vec<Run>,
    /// Manifests, then the journal.
    pub(super) known: Vec<Run>,
    /// Whether a manifest has to be written even if nothing is copied.
    pub(super) stale: bool,
}

/// All that is known of one key.
pub(super) struct Row {
    pub(super) key: String,
    pub(super) source: Option<Listed>,
    pub(super) recorded: Option<Entry>,
    pub(super) at: Vec<Holding>,
}

/// What is known of one key at one destination.
#[derive(Default)]
pub(super) struct Holding {
    pub(super) listed: Option<Listed>,
    pub(super) known: Option<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    New,
    Changed,
    Unchanged,
    UnchangedByTime,
    Surplus,
    /// Neither place has it.
    Nothing,
}

/// Reads a snapshot row by row.
pub(super) struct Rows {
    source: Input<Listed>,
    recorded: Input<Entry>,
    at: Vec<(Input<Listed>, Input<Entry>)>,
}

struct Input<T: Keyed + serde::de::DeserializeOwned>(Peekable<Merged<T>>);

impl Snapshot {
    pub(super) async fn take(job: &OffsiteCopy, journals: &[Journal], meter: &Meter<'_>) -> Result<Self> {
        let options = &job.options;
        let known = try_join_all(job.destinations.iter().zip(journals).map(|(place, journal)| async move {
            let found = manifest::find(place).await?;
            let mut known = manifest::fetch(place, &found, Some(options.shard), options).await?;
            let journaled = journal.sorted(options)?;
            let stale = journaled.is_some() || !found.contains(&options.shard.manifest());
            known.extend(journaled.into_iter().flatten());
            Ok::<_, Error>((known, stale))
        }));
        let recorded = async {
            if job.source.keeps_attributes {
                return Ok(Vec::new());
            }
            let found = manifest::find(&job.source).await?;
            manifest::fetch(&job.source, &found, None, options).await
        };
        let (known, recorded) = try_join(known, recorded).await?;
        let mut cuts = Cuts::default();
        for runs in known.iter().map(|(runs, _)| runs).chain([&recorded]) {
            if cuts.is_empty() {
                cuts = Cuts::of(runs).map_err(on_disk)?;
            }
        }
        let places = iter::once(&job.source).chain(&job.destinations);
        let mut listings = try_join_all(places.map(|place| listing::take(place, &cuts, options, meter))).await?;
        let source = listings.remove(0);
        let shelves = listings.into_iter().zip(known).map(|(listing, (known, stale))| Shelf { listing, known, stale });
        Ok(Self { source, recorded, shelves: shelves.collect(), cuts })
    }

    pub(super) fn rows(&self) -> Result<Rows> {
        let at = self.shelves.iter().map(|shelf| Ok((Input::new(&shelf.listing)?, Input::new(&shelf.known)?)));
        Ok(Rows {
            source: Input::new(&self.source)?,
            recorded: Input::new(&self.recorded)?,
            at: at.collect::<Result<_>>()?,
        })
    }

    /// Counts what there is to do.
    pub(super) fn plan(&self, job: &OffsiteCopy) -> Result<Plan> {
        let named = job.options.named;
        let destination = |place: &super::Place| PlannedCopy { name: place.name.clone(), ..PlannedCopy::default() };
        let mut plan = Plan {
            destinations: job.destinations.iter().map(destination).collect(),
            warnings: job.warnings(),
            ..Plan::default()
        };
        let mut existing = vec![0u64; plan.destinations.len()];
        for row in self.rows()? {
            let row = row?;
            let size = row.source.as_ref().map_or(0, |source| source.size);
            if row.source.is_some() {
                plan.source.add(&row.key, size, 0);
            }
            let mut wanted = false;
            for (index, one) in plan.destinations.iter_mut().enumerate() {
                let holding = &row.at[index];
                existing[index] += u64::from(holding.listed.is_some());
                let tally = match holding.verdict(row.source.as_ref()) {
                    Verdict::New => &mut one.new,
                    Verdict::Changed => &mut one.changed,
                    Verdict::Unchanged => &mut one.unchanged,
                    Verdict::UnchangedByTime => &mut one.unchanged_by_time,
                    Verdict::Surplus => {
                        one.surplus.add(&row.key, holding.listed.as_ref().map_or(0, |listed| listed.size), named);
                        continue;
                    }
                    Verdict::Nothing => continue,
                };
                tally.add(&row.key, size, named);
                wanted |= holding.verdict(row.source.as_ref()).is_work();
            }
            if wanted {
                plan.to_read.add(&row.key, size, named);
            }
        }
        if let Deletions::Mirror(guard) = job.options.deletions {
            for (one, existing) in plan.destinations.iter_mut().zip(existing) {
                one.refused = guard.refusal(one.surplus.objects, existing, plan.source.objects);
                one.delete = one.refused.is_none();
            }
        }
        Ok(plan)
    }
}

impl Verdict {
    /// Whether the object has to be copied.
    pub(super) fn is_work(self) -> bool {
        matches!(self, Self::New | Self::Changed)
    }
}

impl Holding {
    pub(super) fn verdict(&self, source: Option<&Listed>) -> Verdict {
        match (source, &self.listed) {
            (None, None) => Verdict::Nothing,
            (None, Some(_)) => Verdict::Surplus,
            (Some(_), None) => Verdict::New,
            (Some(source), Some(listed)) => match &self.known {
                Some(known) if known.is_at(listed) => {
                    if known.is_of(source) {
                        Verdict::Unchanged
                    } else {
                        Verdict::Changed
                    }
                }
                _ if source.size == listed.size && source.time <= listed.time => Verdict::UnchangedByTime,
                _ => Verdict::Changed,
            },
        }
    }

    /// What a manifest is to say of it.
    pub(super) fn entry(self, source: Option<&Listed>) -> Option<Entry> {
        match (self.verdict(source), self.known, self.listed, source) {
            // What is kept at the destination only is remembered as long as it is what was written.
            (Verdict::Unchanged | Verdict::Surplus, Some(known), Some(listed), _) => {
                known.is_at(&listed).then_some(known)
            }
            (Verdict::UnchangedByTime, _, Some(listed), Some(source)) => Some(Entry {
                key: listed.key,
                size: listed.size,
                source_e_tag: source.e_tag.clone(),
                source_time: source.time,
                e_tag: listed.e_tag,
                version: listed.version,
                ..Entry::default()
            }),
            _ => None,
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut least = self.source.peek();
        let others = self.at.iter_mut().flat_map(|(listed, known)| [listed.peek(), known.peek()]);
        for key in others.chain([self.recorded.peek()]).flatten() {
            if least.is_none_or(|least| key < least) {
                least = Some(key);
            }
        }
        let key = least?.to_owned();
        let mut row = || {
            let at = self
                .at
                .iter_mut()
                .map(|(listed, known)| Ok(Holding { listed: listed.take(&key)?, known: known.take(&key)? }));
            let at = at.collect::<Result<_>>()?;
            Ok((self.source.take(&key)?, self.recorded.take(&key)?, at))
        };
        Some(row().map(|(source, recorded, at)| Row { key, source, recorded, at }))
    }
}

impl<T: Keyed + serde::de::DeserializeOwned> Input<T> {
    fn new(runs: &[Run]) -> Result<Self> {
        Ok(Self(Merged::new(runs).map_err(on_disk)?.peekable()))
    }

    /// A line that cannot be read sorts first, so that it is met.
    fn peek(&mut self) -> Option<&str> {
        self.0.peek().map(|entry| entry.as_ref().map_or("", Keyed::key))
    }

    fn take(&mut self, key: &str) -> Result<Option<T>> {
        let entry = self.0.next_if(|entry| entry.as_ref().map_or(true, |entry| entry.key() == key));
        entry.transpose().map_err(on_disk)
    }
}

impl OffsiteCopy {
    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for place in &self.destinations {
            if place.provider.is_some() && place.provider == self.source.provider {
                let provider = place.provider.as_deref().unwrap_or_default();
                let region = if place.region == self.source.region { " and in the same region" } else { "" };
                warnings.push(format!(
                    "{} is at {provider}, as {} is{region}: a closed account takes both",
                    place.name, self.source.name
                ));
            }
        }
        warnings
    }
}
