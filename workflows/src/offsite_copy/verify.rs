//! Whether what should be there is there.

use std::{collections::hash_map::RandomState, hash::BuildHasher as _};

use futures::{StreamExt as _, stream};
use howdah_core::{
    Result,
    store::object_store::{self, ObjectStoreExt as _},
};

use super::{
    OffsiteCopy, Phase, Place, Verification,
    failure::text,
    join::{Holding, Snapshot},
    listing::{self, Listed, location},
    progress::Meter,
    report::{Report, Verified},
    transfer::chunks,
};

struct Reading {
    index: usize,
    key: String,
    blake3: Option<String>,
}

impl OffsiteCopy {
    /// Lists the destinations again and compares them with what the source had.
    pub(super) async fn verify_snapshot(
        &self,
        snapshot: &mut Snapshot,
        report: &mut Report,
        meter: &Meter<'_>,
    ) -> Result<()> {
        meter.start(Phase::Verifying, None, None);
        for (shelf, (place, one)) in snapshot.shelves.iter_mut().zip(self.destinations.iter().zip(&report.destinations))
        {
            // What was listed a moment ago and not written to since need not be listed again.
            if one.copied.objects > 0 || one.deleted > 0 {
                shelf.listing = listing::take(place, &snapshot.cuts, &self.options, meter).await?;
            }
        }
        let mut total = 0;
        for row in snapshot.rows()? {
            total += u64::from(row?.source.is_some());
        }
        let mut verified = vec![Verified::default(); self.destinations.len()];
        let chosen = RandomState::new();
        let mut rows = snapshot.rows()?;
        loop {
            let mut readings = Vec::new();
            let mut more = false;
            for row in rows.by_ref().take(1000) {
                more = true;
                let row = row?;
                let Some(source) = &row.source else { continue };
                let read = match self.options.verification {
                    Verification::Nothing | Verification::Listing => false,
                    Verification::Sampled(some) => chosen.hash_one(&row.key) % total.max(1) < some,
                    Verification::Full => true,
                };
                for (index, holding) in row.at.into_iter().enumerate() {
                    if holding.known.as_ref().is_some_and(|known| known.gone) {
                        continue;
                    }
                    let verified = &mut verified[index];
                    verified.listed += 1;
                    if let Some(problem) = problem(&holding, source) {
                        verified.failures.add(&row.key, problem, self.options.named);
                    } else if read && holding.listed.is_some() {
                        let blake3 = holding.known.and_then(|known| known.blake3);
                        readings.push(Reading { index, key: row.key.clone(), blake3 });
                    }
                }
            }
            let mut results = stream::iter(readings.into_iter().map(|reading| self.read_again(reading)))
                .buffer_unordered(self.options.concurrency);
            while let Some((reading, problem)) = results.next().await {
                meter.add(1, 0);
                let verified = &mut verified[reading.index];
                verified.read += 1;
                if let Some(problem) = problem {
                    verified.failures.add(&reading.key, problem, self.options.named);
                }
            }
            if !more {
                break;
            }
        }
        for (one, verified) in report.destinations.iter_mut().zip(verified) {
            one.verified = Some(verified);
        }
        Ok(())
    }

    async fn read_again(&self, reading: Reading) -> (Reading, Option<String>) {
        let place = &self.destinations[reading.index];
        let digests = async {
            let there = digest(place, &reading.key).await?;
            let expected = match &reading.blake3 {
                Some(known) => known.clone(),
                None => digest(&self.source, &reading.key).await?,
            };
            Ok::<_, String>((there, expected))
        };
        let problem = match digests.await {
            Ok((there, expected)) if there == expected => None,
            Ok(_) => Some(format!(
                "its contents at {} are not the source's; delete it there and run again, and it is copied anew",
                place.name
            )),
            Err(problem) => Some(problem),
        };
        (reading, problem)
    }
}

fn problem(holding: &Holding, source: &Listed) -> Option<String> {
    let Some(listed) = &holding.listed else {
        return Some("it is missing; run again to copy it".to_owned());
    };
    // An object may have been changed between its listing and its copying: the newer one is what was copied.
    let size = holding.known.as_ref().map_or(source.size, |known| known.size);
    if listed.size != size {
        return Some(format!("it has {} bytes and should have {size}", listed.size));
    }
    let replaced = holding.known.as_ref().is_some_and(|known| !known.is_at(listed));
    replaced.then(|| "something else has written to it since it was copied".to_owned())
}

async fn digest(place: &Place, key: &str) -> Result<String, String> {
    let read = async {
        let mut chunks = chunks(place.store.get(&location(key)?).await?);
        let mut hasher = blake3::Hasher::new();
        while let Some(chunk) = chunks.next().await {
            hasher.update(&chunk?);
        }
        Ok::<_, object_store::Error>(hasher.finalize().to_string())
    };
    read.await.map_err(|error| format!("it could not be read again from {}: {}", place.name, text(&error)))
}
