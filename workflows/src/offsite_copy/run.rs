//! A run: look, copy, delete, write manifests, verify.

use futures::{FutureExt as _, StreamExt as _, stream, stream::FuturesUnordered};
use howdah_core::{Result, store::object_store::Error};

use super::{
    Observer, OffsiteCopy, Phase, Reach, Verification,
    failure::{on_disk, reach, text},
    join::{Rows, Snapshot, Verdict},
    listing::location,
    manifest::{self, Entry, Journal},
    progress::Meter,
    report::{Copied, Plan, Report},
    spool::Writer,
    transfer::{Copier, Done, ReadError, Work},
};

/// So many rows are looked at before operations under way get their turn.
const ROWS_AT_ONCE: usize = 256;
/// So many deletions are handed to a store at once.
const DELETIONS_AT_ONCE: usize = 1000;

impl OffsiteCopy {
    /// Says what there is to do, and changes nothing at any place.
    pub async fn plan(&self, observer: &dyn Observer) -> Result<Plan> {
        let meter = Meter::new(observer);
        Snapshot::take(self, &self.journals()?, &meter).await?.plan(self)
    }

    /// Does it. An error is returned only if nothing was copied; what fails later is in the report.
    pub async fn apply(&self, observer: &dyn Observer) -> Result<Report> {
        let meter = Meter::new(observer);
        let mut journals = self.journals()?;
        let mut snapshot = Snapshot::take(self, &journals, &meter).await?;
        let plan = snapshot.plan(self)?;
        let mut report = Report {
            destinations: self
                .destinations
                .iter()
                .map(|place| Copied { name: place.name.clone(), ..Copied::default() })
                .collect(),
            plan,
            ..Report::default()
        };
        if report.plan.to_read.objects > 0 {
            self.copy_all(&snapshot, &mut journals, &mut report, &meter).await?;
        }
        self.delete_all(&snapshot, &mut report, &meter).await?;
        for (index, journal) in journals.into_iter().enumerate() {
            self.settle(index, journal, &mut snapshot, &mut report).await?;
        }
        if self.options.verification != Verification::Nothing && report.stopped.is_none() {
            self.verify_snapshot(&mut snapshot, &mut report, &meter).await?;
        }
        Ok(report)
    }

    /// Verifies what is at the destinations, and changes nothing there.
    pub async fn verify(&self, observer: &dyn Observer) -> Result<Report> {
        let meter = Meter::new(observer);
        let mut snapshot = Snapshot::take(self, &self.journals()?, &meter).await?;
        let destinations =
            self.destinations.iter().map(|place| Copied { name: place.name.clone(), ..Copied::default() });
        let mut report = Report { destinations: destinations.collect(), ..Report::default() };
        self.verify_snapshot(&mut snapshot, &mut report, &meter).await?;
        Ok(report)
    }

    fn journals(&self) -> Result<Vec<Journal>> {
        self.destinations.iter().map(|place| Journal::open(place, self.options.shard, &self.options)).collect()
    }

    async fn copy_all(
        &self,
        snapshot: &Snapshot,
        journals: &mut [Journal],
        report: &mut Report,
        meter: &Meter<'_>,
    ) -> Result<()> {
        meter.start(Phase::Copying, Some(report.plan.to_read.objects), Some(report.plan.to_read.bytes));
        let copier = Copier::new(self, meter);
        let mut rows = snapshot.rows()?;
        let mut running = FuturesUnordered::new();
        let mut more = true;
        while more || !running.is_empty() {
            let mut looked_at = 0;
            while more && running.len() < self.options.concurrency && looked_at < ROWS_AT_ONCE {
                looked_at += 1;
                more = match next_work(&mut rows, report)? {
                    Next::End => false,
                    Next::Nothing => true,
                    Next::Copy(work) => {
                        running.push(copier.copy(*work));
                        true
                    }
                };
            }
            let done = if looked_at == ROWS_AT_ONCE && running.len() < self.options.concurrency {
                tokio::task::yield_now().await;
                running.next().now_or_never().flatten()
            } else {
                running.next().await
            };
            if let Some(done) = done {
                self.note(done, journals, report)?;
                if report.stopped.is_some() || report.destinations.iter().all(|one| one.stopped.is_some()) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn note(&self, done: Done, journals: &mut [Journal], report: &mut Report) -> Result<()> {
        let named = self.options.named;
        let key = done.key;
        let written = match done.result {
            Ok(written) => written,
            Err(ReadError::Vanished) => {
                report.vanished += 1;
                let gone = Entry { key, gone: true, ..Entry::default() };
                return journals.iter_mut().try_for_each(|journal| journal.append(&gone));
            }
            Err(error) => {
                let message = match error {
                    ReadError::Failed(error) => {
                        if reach(&error) == Reach::Place {
                            report.stopped.get_or_insert_with(|| stopped(&self.source.name, "read", &error));
                        }
                        format!("it could not be read from {}: {}", self.source.name, text(&error))
                    }
                    _ => "it was changed while it was read, twice; run again when it is at rest".to_owned(),
                };
                let places = report.destinations.iter_mut().filter(|one| one.stopped.is_none());
                places.for_each(|one| one.failures.add(&key, message.clone(), named));
                return Ok(());
            }
        };
        for (index, result) in written {
            let (one, place) = (&mut report.destinations[index], &self.destinations[index]);
            match result {
                Ok(entry) => {
                    one.copied.add(&key, entry.size, named);
                    one.attributes_not_kept += u64::from(!place.keeps_attributes && !entry.attributes.is_empty());
                    journals[index].append(&entry)?;
                }
                Err(error) => {
                    if reach(&error) != Reach::Object {
                        one.stopped.get_or_insert_with(|| stopped("it", "written to", &error));
                    }
                    one.failures.add(&key, text(&error), named);
                }
            }
        }
        Ok(())
    }

    async fn delete_all(&self, snapshot: &Snapshot, report: &mut Report, meter: &Meter<'_>) -> Result<()> {
        if report.stopped.is_some() {
            return Ok(());
        }
        for (index, place) in self.destinations.iter().enumerate() {
            let planned = &report.plan.destinations[index];
            let one = &mut report.destinations[index];
            if !planned.delete || planned.surplus.objects == 0 || one.failures.count > 0 || one.stopped.is_some() {
                continue;
            }
            meter.start(Phase::Deleting, Some(planned.surplus.objects), None);
            let mut surplus = snapshot.rows()?.filter_map(|row| match row {
                Ok(row) => (row.at[index].verdict(row.source.as_ref()) == Verdict::Surplus).then_some(Ok(row.key)),
                Err(error) => Some(Err(error)),
            });
            loop {
                let keys = surplus.by_ref().take(DELETIONS_AT_ONCE).collect::<Result<Vec<_>>>()?;
                if keys.is_empty() || one.stopped.is_some() {
                    break;
                }
                let paths: Vec<_> = keys.iter().map(|key| location(key)).collect();
                let mut results = place.store.delete_stream(stream::iter(paths).boxed());
                while let Some(result) = results.next().await {
                    match result {
                        Ok(_) | Err(Error::NotFound { .. }) => one.deleted += 1,
                        Err(error) if reach(&error) == Reach::Object => {
                            one.failures.add(
                                &keys[0],
                                format!("deleting it, or one after it: {}", text(&error)),
                                self.options.named,
                            );
                        }
                        Err(error) => {
                            one.stopped = Some(format!(
                                "the copy is there, but its key may not delete: {}; give it a key that may, or do not \
                                 ask for deletions",
                                text(&error)
                            ));
                            break;
                        }
                    }
                    meter.add(1, 0);
                }
            }
        }
        Ok(())
    }

    /// Takes what was copied to what is known, and writes the manifest.
    async fn settle(&self, index: usize, journal: Journal, snapshot: &mut Snapshot, report: &mut Report) -> Result<()> {
        let (place, options) = (&self.destinations[index], &self.options);
        let (planned, one) = (&report.plan.destinations[index], &mut report.destinations[index]);
        let journaled = journal.sorted(options)?;
        let stale = snapshot.shelves[index].stale
            || planned.unchanged_by_time.objects > 0
            || one.deleted > 0
            || one.copied.objects > 0;
        if !stale {
            return journal.forget();
        }
        let copied = journaled.unwrap_or_default();
        let mut fresh = super::spool::Merged::<Entry>::new(&copied).map_err(on_disk)?.peekable();
        let mut writer = Writer::new(options.spool.as_deref(), 3).map_err(on_disk)?;
        writer.write(&manifest::header()).map_err(on_disk)?;
        for row in snapshot.rows()? {
            let mut row = row?;
            let mut new = None;
            while let Some(entry) = fresh.next_if(|entry| entry.as_ref().map_or(true, |entry| entry.key <= row.key)) {
                new = Some(entry.map_err(on_disk)?).filter(|entry| entry.key == row.key);
            }
            // What the journal of an earlier run says may be overtaken by what is listed; what this run wrote is not
            // listed yet.
            let holding = std::mem::take(&mut row.at[index]);
            let entry = match new {
                Some(new) if row.source.is_some() && !new.gone => Some(new),
                Some(new) if new.gone => None,
                _ if one.deleted > 0 && row.source.is_none() => None,
                _ => holding.entry(row.source.as_ref()),
            };
            if let Some(entry) = entry {
                writer.write(&entry).map_err(on_disk)?;
            }
        }
        let run = writer.finish(true).map_err(on_disk)?;
        // A place that takes nothing any more does not take a manifest either: the journal stays.
        if one.stopped.is_none() || one.deleted > 0 || one.failures.count == 0 {
            match manifest::put(place, options.shard, &run).await {
                Ok(()) => {
                    one.manifest = true;
                    journal.forget()?;
                }
                Err(error) => one.stopped = Some(format!("{}; the next run goes by size and time", error.message())),
            }
        }
        snapshot.shelves[index].known = vec![run];
        snapshot.shelves[index].known.extend(copied);
        Ok(())
    }
}

/// What the next row asks for.
enum Next {
    Copy(Box<Work>),
    Nothing,
    End,
}

fn next_work(rows: &mut Rows, report: &Report) -> Result<Next> {
    let Some(row) = rows.next().transpose()? else {
        return Ok(Next::End);
    };
    let wanted = |(index, holding): (usize, &super::join::Holding)| {
        let open = report.destinations[index].stopped.is_none();
        (open && holding.verdict(row.source.as_ref()).is_work()).then_some(index)
    };
    let wanted: Vec<_> = row.at.iter().enumerate().filter_map(wanted).collect();
    let work = row.source.filter(|_| !wanted.is_empty());
    Ok(work.map_or(Next::Nothing, |source| Next::Copy(Box::new(Work { source, recorded: row.recorded, wanted }))))
}

fn stopped(what: &str, doing: &str, error: &Error) -> String {
    format!("{what} can no longer be {doing}: {}", text(error))
}
