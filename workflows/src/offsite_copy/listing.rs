//! What a store lists, taken down to disk, sorted by key.

use std::{iter, panic::resume_unwind};

use futures::{
    Stream, StreamExt as _,
    future::{ready, try_join_all},
    stream,
    stream::BoxStream,
};
use howdah_core::{
    Result,
    store::object_store::{self, ObjectMeta, path::Path},
};
use serde::{Deserialize, Serialize};
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    FOLDER, Options, Place,
    failure::{at, on_disk},
    manifest::Entry,
    progress::Meter,
    spool::{self, Keyed, Merged, Run, Sorter},
};

/// So many parts of a store are listed at once,
const PARTS: usize = 8;
/// if each has so many objects.
const WORTHWHILE: usize = 5_000;
/// So many objects are handed on at once.
const BATCH: usize = 1000;

/// One object as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    #[serde(rename = "k")]
    pub(super) key: String,
    #[serde(rename = "n")]
    pub(super) size: u64,
    /// In milliseconds.
    #[serde(rename = "t")]
    pub(super) time: i64,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub(super) e_tag: Option<String>,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
}

/// Keys that divide what a manifest knows into parts of about as many objects each.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Cuts(Vec<String>);

/// The keys after the first of these and up to the second.
type Range<'a> = (Option<&'a str>, Option<&'a str>);

/// Where the object is that was listed by this key. It is taken as it is: `Path::from` would encode what is in it.
pub(super) fn location(key: &str) -> Result<Path, object_store::Error> {
    Ok(Path::parse(key)?)
}

impl From<ObjectMeta> for Listed {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            time: meta.last_modified.timestamp_millis(),
            key: meta.location.into(),
            size: meta.size,
            e_tag: meta.e_tag,
            version: meta.version,
        }
    }
}

impl Keyed for Listed {
    fn key(&self) -> &str {
        &self.key
    }
}

impl Cuts {
    pub(super) fn of(known: &[Run]) -> std::io::Result<Self> {
        let mut sample = Vec::new();
        let (mut count, mut step) = (0, 1);
        for entry in Merged::<Entry>::new(known)? {
            if count % step == 0 {
                sample.push(entry?.key);
            }
            count += 1;
            if sample.len() == 64 * PARTS {
                step *= 2;
                sample = sample.into_iter().step_by(2).collect();
            }
        }
        let parts = (count / WORTHWHILE).clamp(1, PARTS);
        Ok(Self((1..parts).map(|part| sample[part * sample.len() / parts].clone()).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn ranges(&self) -> impl Iterator<Item = Range<'_>> {
        let cuts = self.0.iter().map(|cut| Some(cut.as_str()));
        iter::once(None).chain(cuts.clone()).zip(cuts.chain([None]))
    }
}

/// Lists everything and keeps what belongs to the shard.
pub(super) async fn take(place: &Place, cuts: &Cuts, options: &Options, meter: &Meter<'_>) -> Result<Vec<Run>> {
    if place.lists_from_offsets && !cuts.is_empty() {
        let parts = cuts.ranges().map(|range| take_range(place, range, options, meter));
        let parts: Option<Vec<_>> = try_join_all(parts).await?.into_iter().collect();
        if let Some(parts) = parts {
            return Ok(parts.into_iter().flatten().collect());
        }
    }
    Ok(take_range(place, (None, None), options, meter).await?.unwrap_or_default())
}

/// Lists a range, unless the store turns out to know no order.
async fn take_range(
    place: &Place,
    (after, last): Range<'_>,
    options: &Options,
    meter: &Meter<'_>,
) -> Result<Option<Vec<Run>>> {
    let failed = |error| at(place, "list the objects", error);
    let mut sorter = Sorter::<Listed>::new(options.spool.as_deref(), spool::CHUNK).map_err(on_disk)?;
    let objects = match after {
        Some(after) => place.store.list_with_offset(None, &location(after).map_err(failed)?),
        None => place.store.list(None),
    };
    let folder = format!("{FOLDER}/");
    let end = last.map(str::to_owned);
    let is_within = move |listed: &Result<ObjectMeta, _>| match (listed, &end) {
        (Ok(meta), Some(end)) => meta.location.as_ref() <= end.as_str(),
        _ => true,
    };
    let mut batches = read_ahead(objects.take_while(move |listed| ready(is_within(listed))).boxed());
    while let Some(batch) = batches.next().await {
        for meta in batch {
            let listed = Listed::from(meta.map_err(failed)?);
            if after.is_some_and(|after| *listed.key <= *after) {
                return Ok(None);
            }
            if listed.key.starts_with(&folder) {
                continue;
            }
            if options.shard.holds(&listed.key) {
                sorter.push(listed).map_err(on_disk)?;
            }
            meter.listed();
        }
    }
    if (after.is_some() || last.is_some()) && !sorter.is_in_order() {
        return Ok(None);
    }
    sorter.finish().map(Some).map_err(on_disk)
}

/// Asks for the next page while one is taken down.
fn read_ahead<T: Send + 'static>(objects: BoxStream<'static, T>) -> impl Stream<Item = Vec<T>> + Unpin {
    let (sender, receiver) = mpsc::channel(1);
    let mut reading = JoinSet::new();
    reading.spawn(async move {
        let mut batches = objects.ready_chunks(BATCH);
        while let Some(batch) = batches.next().await {
            if sender.send(batch).await.is_err() {
                break;
            }
        }
    });
    // Dropped together, they end together.
    Box::pin(stream::unfold(
        (receiver, reading),
        async |(mut receiver, mut reading): (mpsc::Receiver<_>, JoinSet<_>)| {
            let Some(batch) = receiver.recv().await else {
                // A listing that broke off is not one that ended: what it lacks would count as deleted.
                if let Some(Err(broken)) = reading.join_next().await {
                    resume_unwind(broken.into_panic());
                }
                return None;
            };
            Some((batch, (receiver, reading)))
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offsite_copy::spool::Writer;

    fn cuts(count: usize) -> Cuts {
        let mut writer = Writer::new(None, 1).unwrap();
        for n in 0..count {
            writer.write(&Entry { key: format!("{n:06}"), ..Entry::default() }).unwrap();
        }
        Cuts::of(&[writer.finish(false).unwrap()]).unwrap()
    }

    #[test]
    fn what_is_large_is_cut_evenly() {
        assert!(cuts(0).is_empty() && cuts(2 * WORTHWHILE - 1).is_empty());
        for (count, parts) in [(2 * WORTHWHILE, 2), (9 * WORTHWHILE + 7, PARTS)] {
            let cuts = cuts(count);
            let bounds = cuts.0.iter().map(|key| key.parse().unwrap()).chain([count]);
            let sizes: Vec<_> = bounds.scan(0, |from, to| Some(to - std::mem::replace(from, to))).collect();
            assert_eq!(sizes.len(), parts);
            assert!(sizes.iter().all(|size| size.abs_diff(count / parts) <= count / parts / 20), "{sizes:?}");
        }
    }

    #[tokio::test]
    #[should_panic(expected = "the store fell over")]
    async fn a_listing_that_breaks_off_does_not_end() {
        let objects = stream::iter(0..2 * BATCH).inspect(|n| assert!(*n < BATCH, "the store fell over"));
        let _ = read_ahead(objects.boxed()).count().await;
    }

    #[test]
    fn ranges_leave_nothing_out() {
        let cuts = Cuts(vec!["f".into(), "m".into()]);
        let ranges: Vec<_> = cuts.ranges().collect();
        assert_eq!(ranges, [(None, Some("f")), (Some("f"), Some("m")), (Some("m"), None)]);
    }
}
