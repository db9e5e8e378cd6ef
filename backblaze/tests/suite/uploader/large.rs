//! Files in parts.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use howdah_backblaze::{ContentSha1, CustomerKey, Encryption, FileInfo, uploads::NewFile};
use howdah_core::{
    ErrorKind, Outcome,
    http::{Body, RetryPolicy},
};

use super::pods::{Fault, Pods, bucket};

const START: &str = "b2_start_large_file";
const GET_URL: &str = "b2_get_upload_part_url";
const UPLOAD: &str = "b2_upload_part";
const FINISH: &str = "b2_finish_large_file";
const UNFINISHED: &str = "b2_list_unfinished_large_files";

/// In chunks that have nothing to do with parts.
fn chunks(content: &'static [u8]) -> Vec<std::io::Result<Bytes>> {
    content.chunks(7).map(|chunk| Ok(Bytes::from_static(chunk))).collect()
}

fn replay(content: &'static [u8]) -> Body {
    Body::replayable(move || stream::iter(chunks(content)).boxed(), content.len() as u64)
}

fn kinds(content: &'static [u8]) -> [Body; 3] {
    [
        Bytes::from_static(content).into(),
        replay(content),
        Body::once(stream::iter(chunks(content)), content.len() as u64),
    ]
}

const CONTENT: &[u8] = b"What is large goes up in several parts.";

#[tokio::test(start_paused = true)]
async fn content_is_cut_into_parts() {
    for content in kinds(CONTENT) {
        let pods = Pods::new();
        let info = FileInfo::new().with(FileInfo::LARGE_FILE_SHA1, howdah_backblaze::Sha1::of(CONTENT));
        let uploader = pods.uploader().with_concurrency(2);
        let version = uploader.upload(NewFile::new("a").with_info(info.clone()), content).await.unwrap();
        assert_eq!((version.content_length, version.content_sha1), (39, Some(ContentSha1::None)));
        assert_eq!(version.file_info, info);
        let state = pods.state();
        assert_eq!(state.contents.values().next().unwrap(), CONTENT);
        assert_eq!(
            (state.stored.len(), state.most, state.count(GET_URL), state.count("b2_get_upload_url")),
            (4, 2, 2, 0)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_fits_into_one_part_goes_up_in_one_piece() {
    for content in kinds(&CONTENT[..10]) {
        let pods = Pods::new();
        pods.uploader().upload(NewFile::new("a"), content).await.unwrap();
        assert_eq!((pods.count(START), pods.versions()), (0, 1));
    }
    // The content of these is below the cutoff; what is read once is never held beyond a part.
    let larges = [0, 0, 1];
    for (content, large) in kinds(CONTENT).into_iter().zip(larges) {
        let pods = Pods::new();
        pods.uploader().with_cutoff(1000).upload(NewFile::new("a"), content).await.unwrap();
        assert_eq!((pods.count(START), pods.versions()), (large, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_is_repeated_alone() {
    let faults = [
        Fault::Answer(503, "too_busy"),
        Fault::Answer(500, "internal_error"),
        Fault::Answer(401, "expired_auth_token"),
        Fault::Lost(false),
        Fault::Lost(true),
        Fault::Cut,
        Fault::Silence,
    ];
    for fault in faults {
        for content in kinds(CONTENT) {
            let pods = Pods::new();
            pods.fault(UPLOAD, fault.clone());
            pods.uploader().with_concurrency(1).upload(NewFile::new("a"), content).await.unwrap();
            let state = pods.state();
            assert_eq!(state.contents.values().next().unwrap(), CONTENT);
            assert_eq!((state.count(UPLOAD), state.count(GET_URL)), (5, 2), "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_fails_stops_the_others_and_all_of_it_stays() {
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Lost(true)).fault(UPLOAD, Fault::Answer(403, "storage_cap_exceeded"));
    let error = pods.uploader().with_concurrency(2).upload(NewFile::new("a"), CONTENT.to_vec()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::QuotaExceeded, Outcome::Refused));
    let id = pods.state().unfinished.keys().next().unwrap().clone();
    assert_eq!(
        error.message(),
        format!(
            "`a` is unfinished as the large file {id}, which stays: upload it again to take it up, or cancel it: part 2: as \
             the test asked"
        )
    );
    assert!(pods.count(UPLOAD) <= 3);
}

/// Killed at each part, before or after it was stored, the next run sends what is missing and nothing else.
#[tokio::test(start_paused = true)]
async fn what_was_killed_is_taken_up() {
    for killed in 0..4 {
        for applied in [false, true] {
            for concurrency in 1..4 {
                for content in [replay(CONTENT), Bytes::from_static(CONTENT).into()] {
                    let pods = Pods::new();
                    for _ in 0..killed {
                        // Nothing that is stored is lost by a repetition.
                        pods.fault(UPLOAD, Fault::Later(429, "too_many_requests", 0));
                    }
                    pods.fault(UPLOAD, Fault::Killed(applied));
                    let uploader = pods.uploader().with_concurrency(concurrency);
                    uploader.upload(NewFile::new("a"), replay(CONTENT)).await.unwrap_err();
                    pods.revive();

                    let uploader = pods.uploader().with_concurrency(concurrency);
                    uploader.upload(NewFile::new("a"), content).await.unwrap();
                    let mut state = pods.state();
                    assert_eq!(state.contents.values().next().unwrap(), CONTENT);
                    assert_eq!((state.count(START), state.unfinished.len(), state.versions.len()), (0, 0, 1));
                    state.stored.sort_unstable();
                    assert_eq!(state.stored, [1, 2, 3, 4], "killed at {killed}, {applied}, {concurrency} at once");
                }
            }
        }
    }
}

async fn left_unfinished(pods: &Pods, file: NewFile) {
    pods.fault(UPLOAD, Fault::Later(429, "too_many_requests", 0)).fault(UPLOAD, Fault::Killed(true));
    pods.uploader().with_concurrency(1).upload(file, CONTENT.to_vec()).await.unwrap_err();
    assert_eq!(pods.unfinished(), 1);
    pods.revive();
}

#[tokio::test(start_paused = true)]
async fn what_is_another_file_is_not_taken_up() {
    let file = || NewFile::new("a").with_content_type("text/plain");
    let others = [
        (file().with_content_type("text/html"), file(), 10),
        (file().with_info(FileInfo::new().with("author", "ada")), file(), 10),
        (NewFile::new("ab").with_content_type("text/plain"), file(), 10),
        (file(), file().with_encryption(Encryption::B2), 10),
        (file(), file(), 12),
    ];
    for (left, wanted, size) in others {
        let pods = Pods::new();
        left_unfinished(&pods, left).await;
        pods.uploader().with_part_size(size).upload(wanted, CONTENT.to_vec()).await.unwrap();
        let state = pods.state();
        assert_eq!((state.unfinished.len(), state.count(START)), (1, 1));
        assert_eq!(state.contents.values().next().unwrap(), CONTENT);
    }

    let pods = Pods::new();
    left_unfinished(&pods, file()).await;
    pods.uploader().with_resume(false).upload(file(), CONTENT.to_vec()).await.unwrap();
    assert_eq!((pods.unfinished(), pods.count(UNFINISHED)), (1, 0));

    // A key that may not look.
    let pods = Pods::new();
    left_unfinished(&pods, file()).await;
    pods.fault(UNFINISHED, Fault::Answer(401, "unauthorized"));
    pods.uploader().upload(file(), CONTENT.to_vec()).await.unwrap();
    assert_eq!(pods.unfinished(), 1);

    // Another content: what differs replaces what is there.
    let pods = Pods::new();
    left_unfinished(&pods, file()).await;
    let changed = b"what IS large GOES UP IN several parts.";
    pods.uploader().upload(file(), changed.to_vec()).await.unwrap();
    assert_eq!(pods.state().contents.values().next().unwrap(), changed);
    assert_eq!(pods.unfinished(), 0);
}

#[tokio::test(start_paused = true)]
async fn parts_are_put_by_several_tasks() {
    let pods = Pods::new();
    let large = pods.uploader().start_large(NewFile::new("a")).await.unwrap();
    let error = large.finish().await.unwrap_err();
    assert_eq!((error.is_invalid(), error.outcome()), (true, Outcome::NotSent));
    assert_eq!(error.message(), "a large file has at least one part");

    for number in [0, 10_001] {
        assert!(large.put_part(number, "abcde").await.unwrap_err().is_invalid());
    }
    assert!(large.put_part(1, Body::Empty).await.unwrap_err().is_invalid());

    let third = tokio::spawn(large.put_part(3, "three"));
    large.put_part(1, replay(b"wrong")).await.unwrap();
    third.await.unwrap().unwrap();
    let error = large.finish().await.unwrap_err();
    assert!(error.message().ends_with("part 2 of 3 was not put"), "{error}");

    let second = large.put_part(2, Body::once(stream::iter(chunks(b"second")), 6)).await.unwrap();
    assert_eq!((second.part_number, second.content_length), (2, 6));
    let again = large.clone().put_part(1, replay(b"first")).await.unwrap();
    assert_eq!(again.content_sha1.unwrap().verified(), Some(howdah_backblaze::Sha1::of(b"first").as_str()));
    // The same once more is not sent.
    large.put_part(1, replay(b"first")).await.unwrap();
    assert_eq!(pods.state().stored.len(), 4);
    let version = large.finish().await.unwrap();
    assert_eq!(version.file_id.as_ref(), Some(large.id()));
    assert_eq!(pods.state().contents.values().next().unwrap(), b"firstsecondthree");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_failed_is_a_gap() {
    let pods = Pods::new();
    let large = pods.uploader().start_large(NewFile::new("a")).await.unwrap();
    large.put_part(1, "first").await.unwrap();
    large.put_part(2, "second").await.unwrap();
    pods.fault(UPLOAD, Fault::Answer(400, "bad_request"));
    large.put_part(1, "other").await.unwrap_err();
    let error = large.finish().await.unwrap_err();
    assert!(error.message().ends_with("part 1 of 2 was not put"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn parts_that_were_taken_up_and_not_put_are_not_finished() {
    let pods = Pods::new();
    left_unfinished(&pods, NewFile::new("a")).await;
    pods.revive();
    pods.state().unfinished.values_mut().for_each(|(_, parts)| {
        parts.insert(2, CONTENT[10..20].to_vec());
    });
    let large = pods.uploader().start_large(NewFile::new("a")).await.unwrap();
    assert!(pods.state().unfinished.contains_key(large.id().get()));
    large.put_part(1, CONTENT[..10].to_vec()).await.unwrap();
    assert_eq!(pods.count(UPLOAD), 0, "it was there");
    let error = large.finish().await.unwrap_err();
    assert!(error.message().contains("part 2 is there from an earlier run"), "{error}");
    large.put_part(2, replay(&CONTENT[10..20])).await.unwrap();
    large.finish().await.unwrap();
    assert_eq!(pods.count(UPLOAD), 0);
}

#[tokio::test(start_paused = true)]
async fn lost_answers_around_the_parts() {
    for (operation, applied, starts, finishes) in
        [(START, false, 2, 1), (START, true, 2, 1), (FINISH, false, 1, 2), (FINISH, true, 1, 1)]
    {
        let pods = Pods::new();
        pods.fault(operation, Fault::Lost(applied));
        pods.uploader().upload(NewFile::new("a"), CONTENT.to_vec()).await.unwrap();
        let state = pods.state();
        assert_eq!(
            (state.count(START), state.count(FINISH), state.versions.len()),
            (starts, finishes, 1),
            "{operation}"
        );
    }
    let pods = Pods::new();
    pods.fault(START, Fault::Answer(403, "cap_exceeded"));
    assert_eq!(pods.uploader().start_large(NewFile::new("a")).await.unwrap_err().kind(), ErrorKind::QuotaExceeded);
    assert_eq!(pods.count(START), 1);
}

#[tokio::test(start_paused = true)]
async fn a_customers_key_goes_with_each_part() {
    let pods = Pods::new();
    let encryption = Encryption::Customer(CustomerKey::new(&[7; 32]));
    let file = || NewFile::new("a").with_encryption(encryption.clone());
    left_unfinished(&pods, file()).await;
    pods.uploader().upload(file(), CONTENT.to_vec()).await.unwrap();
    let large = pods.uploader().start_large(file()).await.unwrap();
    let large = pods.uploader().attach(large.id().clone(), Some(encryption));
    large.put_part(1, "first").await.unwrap();
    let state = pods.state();
    assert!(state.part_headers.len() > 5);
    for headers in &state.part_headers {
        assert_eq!(headers["x-bz-server-side-encryption-customer-algorithm"], "AES256");
        assert!(headers.contains_key("x-bz-server-side-encryption-customer-key"));
    }
    assert_eq!(state.count(UNFINISHED), 0, "whether the key is the same cannot be seen");
}

#[tokio::test(start_paused = true)]
async fn what_was_abandoned_is_found_and_cancelled() {
    let pods = Pods::new();
    let uploader = pods.uploader().with_resume(false);
    for name in ["a/1", "a/2", "b"] {
        uploader.start_large(NewFile::new(name)).await.unwrap().put_part(1, "first").await.unwrap();
    }
    tokio::time::advance(std::time::Duration::from_secs(3600)).await;
    let before = pods.clock.now();
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    let young = uploader.start_large(NewFile::new("a/3")).await.unwrap();

    let found: Vec<_> = uploader.abandoned("a/", before).try_collect().await.unwrap();
    assert_eq!(found.iter().map(|file| file.file_name.as_str()).collect::<Vec<_>>(), ["a/1", "a/2"]);
    let cancelled = uploader.cancel_abandoned("a/", before).await.unwrap();
    assert_eq!(cancelled, found);
    assert_eq!(pods.unfinished(), 2);
    assert!(uploader.cancel_abandoned("a/", before).await.unwrap().is_empty());

    young.cancel().await.unwrap();
    assert!(!pods.state().unfinished.contains_key(young.id().get()));
}

/// Bytes that are counted as long as somebody holds them.
struct Counted(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(self.0.len(), Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_is_held_than_the_parts_on_their_way() {
    for concurrency in [1, 3] {
        let pods = Pods::new();
        let (held, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, highest) = (held.clone(), most.clone());
        let source = stream::iter(0..1000).map(move |_| {
            let now = counted.fetch_add(10, Ordering::Relaxed) + 10;
            highest.fetch_max(now, Ordering::Relaxed);
            Ok(Bytes::from_owner(Counted(vec![b'x'; 10], counted.clone())))
        });
        // Failures do not make it more.
        for _ in 0..5 {
            pods.fault(UPLOAD, Fault::Answer(503, "too_busy"));
        }
        let uploader = pods.uploader().with_part_size(100).with_concurrency(concurrency);
        uploader.upload(NewFile::new("a"), Body::once(source, 10_000)).await.unwrap();
        assert_eq!(pods.state().contents.values().next().unwrap().len(), 10_000);
        let most = most.load(Ordering::Relaxed);
        assert!(most <= concurrency * 100, "{most} bytes for {concurrency} parts");
        assert_eq!(held.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_parts_suffice() {
    let pods = Pods::new();
    let uploader = pods.backblaze(RetryPolicy::default()).uploader(&bucket()).with_cutoff(1).with_part_size(5);
    uploader.upload(NewFile::new("a"), vec![b'x'; 50_001]).await.unwrap();
    let state = pods.state();
    assert_eq!(state.stored.len(), 50_001_usize.div_ceil(6));
    assert_eq!(state.contents.values().next().unwrap().len(), 50_001);
}
