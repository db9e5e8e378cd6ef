//! Copies between stores in memory and on disk, some of which fail, disorder or count.

use std::sync::Arc;

use crate::copying::{Shaky, get, keys, put};
use howdah_core::store::object_store::{
    Attribute, Attributes, ObjectStore, ObjectStoreExt as _, PutOptions, local::LocalFileSystem, memory::InMemory,
    path::Path,
};
use howdah_workflows::offsite_copy::{Deletions, Guard, OffsiteCopy, Options, Place, Shard, SourceTime, Verification};

async fn world(objects: usize) -> Arc<InMemory> {
    let source = Arc::new(InMemory::new());
    for n in 0..objects {
        put(&source, &format!("media/{n:03}"), format!("contents {n}")).await;
    }
    source
}

fn job(source: &Arc<InMemory>, destination: &Arc<InMemory>) -> OffsiteCopy {
    OffsiteCopy::new(Place::new("media", source.clone()), [Place::new("backup", destination.clone())])
}

fn mirror(guard: Guard) -> Options {
    Options::default().with_deletions(Deletions::Mirror(guard))
}

#[tokio::test]
async fn first_everything_then_nothing_then_what_changed() {
    let (source, backup) = (world(20).await, Arc::new(InMemory::new()));
    let job = job(&source, &backup);
    let report = job.apply(&()).await.unwrap().into_result().unwrap();
    assert_eq!((report.destinations[0].copied.objects, report.destinations[0].manifest), (20, true));
    assert_eq!(report.destinations[0].verified.as_ref().unwrap().listed, 20);
    assert_eq!(keys(&backup).await, keys(&source).await);

    let report = job.apply(&()).await.unwrap().into_result().unwrap();
    assert!(report.plan.is_empty() && !report.destinations[0].manifest);
    assert_eq!(report.plan.destinations[0].unchanged.objects, 20);

    // The same size, so that only tag and time tell.
    put(&source, "media/003", "CONTENTS 3").await;
    put(&source, "new", "new").await;
    let plan = job.plan(&()).await.unwrap();
    assert_eq!(plan.destinations[0].changed.first, ["media/003"]);
    assert_eq!(plan.destinations[0].new.first, ["new"]);
    let report = job.apply(&()).await.unwrap().into_result().unwrap();
    assert_eq!(report.destinations[0].copied.objects, 2);
    assert_eq!(get(&backup, "media/003").await, "CONTENTS 3");
}

/// Each holds something that `Path::from` would encode, and a key is what the store says it is. Windows has no such files.
#[cfg(unix)]
#[tokio::test]
async fn keys_are_taken_as_they_are() {
    const KEYS: [&str; 5] =
        ["a%20b", "a b/[x]~{y}^`z`|.txt", "ünïcode/日本語", "quote'\"<and>#hash?*.bin", "back\\slash"];
    let (source, backup, directory) = (world(20).await, Arc::new(InMemory::new()), tempfile::tempdir().unwrap());
    for key in KEYS {
        source.put(&Path::parse(key).unwrap(), key.into()).await.unwrap();
    }
    let files = Arc::new(LocalFileSystem::new_with_prefix(directory.path()).unwrap());
    let job = OffsiteCopy::new(
        Place::new("media", source.clone()),
        [Place::new("backup", backup.clone()), Place::new("files", files).without_attributes()],
    )
    .with_options(mirror(Guard::default()).with_verification(Verification::Full));
    let report = job.apply(&()).await.unwrap().into_result().unwrap();
    assert_eq!(report.vanished, 0);
    assert!(report.destinations.iter().all(|one| one.verified.as_ref().unwrap().read == 25), "{report:?}");
    assert_eq!(keys(&backup).await, keys(&source).await);
    for key in KEYS {
        assert_eq!(std::fs::read_to_string(directory.path().join(key)).unwrap(), key);
    }
    assert!(job.plan(&()).await.unwrap().is_empty());

    source.delete(&Path::parse(KEYS[0]).unwrap()).await.unwrap();
    let report = job.apply(&()).await.unwrap().into_result().unwrap();
    assert!(report.destinations.iter().all(|one| one.deleted == 1), "{report:?}");
    assert_eq!(keys(&backup).await, keys(&source).await);
    assert!(!directory.path().join(KEYS[0]).exists());
}

#[tokio::test]
async fn a_store_whose_headers_know_seconds_only_is_not_copied_twice() {
    let (source, backup) = (world(5).await, Arc::new(InMemory::new()));
    let coarse = Arc::new(Shaky::new(source.clone()).coarse());
    let job = OffsiteCopy::new(Place::new("media", coarse), [Place::new("backup", backup.clone())]);
    job.apply(&()).await.unwrap().into_result().unwrap();
    assert_eq!(job.plan(&()).await.unwrap().destinations[0].unchanged.objects, 5);
    put(&source, "media/003", "CONTENTS 3").await;
    assert_eq!(job.plan(&()).await.unwrap().destinations[0].changed.first, ["media/003"]);
}

#[tokio::test]
async fn without_a_manifest_size_and_time_decide() {
    let (source, backup) = (world(5).await, Arc::new(InMemory::new()));
    for n in 0..5 {
        put(&backup, &format!("media/{n:03}"), format!("contents {n}")).await;
    }
    let report = job(&source, &backup).apply(&()).await.unwrap().into_result().unwrap();
    assert_eq!(report.plan.destinations[0].unchanged_by_time.objects, 5);
    assert!(report.destinations[0].manifest, "it is known from now on");
    assert_eq!(job(&source, &backup).plan(&()).await.unwrap().destinations[0].unchanged.objects, 5);
}

#[tokio::test]
async fn deletions_are_asked_for_and_guarded() {
    let (source, backup) = (world(20).await, Arc::new(InMemory::new()));
    job(&source, &backup).apply(&()).await.unwrap();
    source.delete(&Path::from("media/000")).await.unwrap();
    assert!(job(&source, &backup).apply(&()).await.unwrap().is_complete());
    assert_eq!(keys(&backup).await.len(), 20, "nobody asked");

    let report = job(&source, &backup).with_options(mirror(Guard::default())).apply(&()).await.unwrap();
    assert_eq!(report.into_result().unwrap().destinations[0].deleted, 1);
    assert_eq!(keys(&backup).await, keys(&source).await);

    let empty = Arc::new(InMemory::new());
    put(&empty, "new", "new").await;
    let report = job(&empty, &backup).with_options(mirror(Guard::default())).apply(&()).await.unwrap();
    assert_eq!((report.destinations[0].deleted, report.destinations[0].copied.objects), (0, 1));
    let error = report.into_result().unwrap_err().to_string();
    assert!(error.contains("19 of 19 objects would be deleted, and the source has 1"), "{error}");
    let report = job(&empty, &backup).with_options(mirror(Guard::none())).apply(&()).await.unwrap();
    assert_eq!(report.destinations[0].deleted, 19);
    assert_eq!(keys(&backup).await, ["new"]);
}

#[tokio::test]
async fn killed_at_each_operation_and_run_again() {
    for spooled in [false, true] {
        for applied in [false, true] {
            let mut finished = false;
            for k in 0..100 {
                let (source, backup) = (world(4).await, Arc::new(InMemory::new()));
                let spool = tempfile::tempdir().unwrap();
                let mut options = Options::default().with_concurrency(2);
                if spooled {
                    options = options.with_spool(spool.path());
                }
                let job = |shaky: &Arc<Shaky>| {
                    OffsiteCopy::new(Place::new("media", source.clone()), [Place::new("backup", shaky.clone())])
                        .with_options(options.clone())
                };
                let dying = Arc::new(Shaky::new(backup.clone()).dying_at(k, applied));
                finished = job(&dying).apply(&()).await.is_ok_and(|report| report.is_complete());
                let well = Arc::new(Shaky::new(backup.clone()));
                job(&well).apply(&()).await.unwrap().into_result().unwrap();
                assert_eq!(keys(&backup).await, keys(&source).await, "killed at {k}");
                let again = dying.puts() + well.puts();
                assert!(again <= 4 + 2 + 2, "killed at {k}: {again} uploads of 4 objects and 2 manifests");
                let plan = job(&well).plan(&()).await.unwrap();
                assert_eq!(plan.destinations[0].unchanged.objects, 4, "killed at {k}");
                if finished {
                    break;
                }
            }
            assert!(finished);
        }
    }
}

#[tokio::test]
async fn one_bad_object_stops_no_other() {
    let (source, backup, other) = (world(6).await, Arc::new(InMemory::new()), Arc::new(InMemory::new()));
    let shaky = Arc::new(Shaky::new(backup.clone()).refusing("media/002"));
    let job = OffsiteCopy::new(
        Place::new("media", source.clone()),
        [Place::new("shaky", shaky), Place::new("other", other.clone())],
    );
    let report = job.apply(&()).await.unwrap();
    assert_eq!((keys(&backup).await.len(), keys(&other).await.len()), (5, 6));
    assert_eq!(report.destinations[0].failures.first[0].key, "media/002");
    assert!(report.into_result().unwrap_err().to_string().contains("media/002"));
}

#[tokio::test]
async fn a_listing_in_any_order_is_sorted() {
    let (source, backup) = (world(50).await, Arc::new(InMemory::new()));
    let place = || Place::new("media", Arc::new(Shaky::new(source.clone()).disordered()));
    let to = || Place::new("backup", Arc::new(Shaky::new(backup.clone()).disordered()));
    let job = OffsiteCopy::new(place(), [to()]);
    job.apply(&()).await.unwrap().into_result().unwrap();
    assert_eq!(job.plan(&()).await.unwrap().destinations[0].unchanged.objects, 50);
}

/// A store that does not keep its word is listed as a whole.
#[tokio::test]
async fn what_is_known_to_be_large_is_listed_in_parts() {
    const GONE: [&str; 3] = ["media/00000", "media/05000", "media/14999"];
    const NEW: [&str; 3] = ["a", "media/07500x", "z"];
    let (source, backup) = (Arc::new(InMemory::new()), Arc::new(InMemory::new()));
    for n in 0..15_000 {
        put(&source, &format!("in/media/{n:05}"), "").await;
    }
    let shaky = || Shaky::new(source.clone());
    let job = |shaky: &Arc<Shaky>| {
        let from = Place::new("media", shaky.clone()).below("in").with_parallel_listing();
        let to = Place::new("backup", backup.clone()).below("out").with_parallel_listing();
        OffsiteCopy::new(from, [to])
    };
    job(&Arc::new(shaky())).apply(&()).await.unwrap().into_result().unwrap();
    for key in NEW {
        put(&source, &format!("in/{key}"), "new").await;
    }
    for key in GONE {
        source.delete(&Path::from(format!("in/{key}"))).await.unwrap();
    }
    for outside in ["i", "into", "media/07500"] {
        put(&source, outside, "").await;
        put(&backup, outside, "").await;
    }
    for (shaky, listings) in [(shaky(), 3), (shaky().disordered(), 3 + 1), (shaky().ignoring_offsets(), 3 + 1)] {
        let shaky = Arc::new(shaky);
        let plan = job(&shaky).plan(&()).await.unwrap();
        let planned = &plan.destinations[0];
        assert_eq!((plan.source.objects, planned.unchanged.objects), (15_000, 14_997), "{shaky:?}");
        assert_eq!(
            (&planned.new.first[..], &planned.surplus.first[..]),
            (&NEW.map(String::from)[..], &GONE.map(String::from)[..])
        );
        assert_eq!(shaky.listings(), listings, "{shaky:?}");
    }
}

#[tokio::test]
async fn large_objects_are_streamed_within_the_budget() {
    const MIB: usize = 1024 * 1024;
    let (source, backup) = (world(3).await, Arc::new(InMemory::new()));
    let large: Vec<u8> = (0..41 * MIB).map(|n| u8::try_from(n % 251).unwrap()).collect();
    for n in 0..2 {
        put(&source, &format!("large/{n}"), large.clone()).await;
    }
    let shaky = Arc::new(Shaky::new(backup.clone()));
    let options = Options::default().with_part_size(5 << 20).with_budget(15 << 20);
    let job = OffsiteCopy::new(Place::new("media", source.clone()), [Place::new("backup", shaky.clone())]);
    let report = job.with_options(options).apply(&()).await.unwrap().into_result().unwrap();
    assert_eq!(report.destinations[0].copied.objects, 5);
    assert!(backup.get(&Path::from("large/1")).await.unwrap().bytes().await.unwrap() == large);
    assert!(shaky.most_in_flight() <= 15 * MIB, "{} bytes were in flight", shaky.most_in_flight());
    assert!(shaky.most_in_flight() >= 10 * MIB, "parts go up side by side");
}

#[tokio::test]
async fn attributes_come_back_from_a_place_that_keeps_none() {
    let (source, directory, restored) = (world(1).await, tempfile::tempdir().unwrap(), Arc::new(InMemory::new()));
    let attributes = Attributes::from_iter([
        (Attribute::ContentType, "image/png"),
        (Attribute::CacheControl, "max-age=1"),
        (Attribute::Metadata("a".into()), "b"),
    ]);
    let options = PutOptions { attributes: attributes.clone(), ..PutOptions::default() };
    source.put_opts(&Path::from("picture"), "pixels".into(), options).await.unwrap();
    let files: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(directory.path()).unwrap());
    let files = Place::new("files", files).without_attributes();
    let out = OffsiteCopy::new(Place::new("media", source.clone()), [files.clone()]);
    let report = out.apply(&()).await.unwrap().into_result().unwrap();
    assert_eq!(report.destinations[0].attributes_not_kept, 1);
    assert_eq!(out.plan(&()).await.unwrap().destinations[0].unchanged.objects, 2);

    let time = SourceTime::Millis("src_last_modified_millis".into());
    let back = OffsiteCopy::new(files, [Place::new("media", restored.clone()).with_source_time(time)]);
    back.apply(&()).await.unwrap().into_result().unwrap();
    let mut kept = restored.get(&Path::from("picture")).await.unwrap().attributes;
    let then = source.head(&Path::from("picture")).await.unwrap().last_modified.timestamp_millis();
    let time = kept.remove(&Attribute::Metadata("src_last_modified_millis".into())).unwrap();
    assert_eq!(*time, then.to_string());
    assert_eq!(kept, attributes);
}

#[tokio::test]
async fn reading_again_finds_what_the_listing_does_not_show() {
    let (source, backup) = (world(8).await, Arc::new(InMemory::new()));
    job(&source, &backup).apply(&()).await.unwrap();
    let damaged = Arc::new(Shaky::new(backup.clone()).damaging("media/005"));
    for (verification, found) in [(Verification::Listing, 0), (Verification::Full, 1), (Verification::Sampled(8), 1)] {
        let job = OffsiteCopy::new(Place::new("media", source.clone()), [Place::new("backup", damaged.clone())]);
        let options = Options::default().with_verification(verification);
        let report = job.with_options(options).verify(&()).await.unwrap();
        let verified = report.destinations[0].verified.clone().unwrap();
        assert_eq!((verified.listed, verified.failures.count), (8, found), "{verification:?}");
    }
    put(&backup, "media/001", "x").await;
    backup.delete(&Path::from("media/002")).await.unwrap();
    let verified = job(&source, &backup).verify(&()).await.unwrap().destinations[0].verified.clone().unwrap();
    assert_eq!(verified.failures.count, 2);
}

#[tokio::test]
async fn shards_share_the_work_and_another_number_of_them_knows_it() {
    let (source, backup) = (world(40).await, Arc::new(InMemory::new()));
    let mut copied = 0;
    for index in 0..3 {
        let options = mirror(Guard::default()).with_shard(Shard::new(index, 3).unwrap());
        let report = job(&source, &backup).with_options(options).apply(&()).await.unwrap().into_result().unwrap();
        copied += report.destinations[0].copied.objects;
    }
    assert_eq!((copied, keys(&backup).await), (40, keys(&source).await));
    for index in 0..2 {
        let options = mirror(Guard::default()).with_shard(Shard::new(index, 2).unwrap());
        let report = job(&source, &backup).with_options(options).apply(&()).await.unwrap().into_result().unwrap();
        let planned = &report.plan.destinations[0];
        assert_eq!(planned.unchanged.objects, report.plan.source.objects);
        assert_eq!((report.destinations[0].deleted, report.destinations[0].copied.objects), (0, 0));
    }
}

#[tokio::test]
async fn the_same_provider_is_warned_of() {
    let store = || Arc::new(InMemory::new());
    let at = |name| Place::new(name, store()).at_provider("exoscale", Some("ch-gva-2".into()));
    let plan = OffsiteCopy::new(at("media"), [at("backup"), Place::new("away", store())]).plan(&()).await.unwrap();
    assert_eq!(plan.warnings.len(), 1);
    assert!(plan.warnings[0].contains("backup is at exoscale"));
}

#[tokio::test]
async fn a_key_that_may_not_delete_leaves_a_copy_that_stands() {
    let (source, backup) = (world(20).await, Arc::new(InMemory::new()));
    job(&source, &backup).apply(&()).await.unwrap();
    source.delete(&Path::from("media/000")).await.unwrap();
    put(&source, "new", "new").await;
    let place = Place::new("backup", Arc::new(Shaky::new(backup.clone()).undeletable()));
    let job = OffsiteCopy::new(Place::new("media", source.clone()), [place]).with_options(mirror(Guard::default()));
    let report = job.apply(&()).await.unwrap();
    assert_eq!((report.destinations[0].deleted, report.destinations[0].manifest), (0, true));
    assert_eq!(get(&backup, "new").await, "new");
    let error = report.into_result().unwrap_err().to_string();
    assert!(error.contains("the copy is there, but its key may not delete"), "{error}");
}
