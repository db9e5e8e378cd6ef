//! Uploads that bear what uploads meet.

mod large;
mod pods;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, future, stream};
use howdah_backblaze::{FileInfo, Sha1, uploads::NewFile};
use howdah_core::{
    ErrorKind, Outcome,
    http::{Body, RetryPolicy},
};
use tokio::time::Instant;

use self::pods::{Fault, Pods};

const GET_URL: &str = "b2_get_upload_url";
const UPLOAD: &str = "b2_upload_file";
const LOOK: &str = "b2_list_file_versions";

fn once(content: &'static str) -> Body {
    Body::once(stream::iter([Ok(Bytes::from(&content[..1])), Ok(Bytes::from(&content[1..]))]), content.len() as u64)
}

fn replay(content: &'static str) -> Body {
    let open = move || stream::iter([Ok(Bytes::from(&content[..1])), Ok(Bytes::from(&content[1..]))]).boxed();
    Body::replayable(open, content.len() as u64)
}

fn kinds(content: &'static str) -> [Body; 3] {
    [content.into(), replay(content), once(content)]
}

#[tokio::test(start_paused = true)]
async fn a_url_is_kept_after_a_success_and_never_shared() {
    let pods = Pods::new();
    let uploader = pods.uploader();
    for round in 0..5 {
        let version = uploader.upload(NewFile::new(format!("a{round}")), "abc").await.unwrap();
        assert_eq!(version.content_sha1.unwrap().verified(), Some(Sha1::of(b"abc").as_str()));
    }
    assert_eq!((pods.count(GET_URL), pods.count(UPLOAD)), (1, 5));

    for round in 0..3 {
        let five = (0..5).map(|one| uploader.clone().upload(NewFile::new(format!("b{round}/{one}")), "abc"));
        future::try_join_all(five).await.unwrap();
    }
    assert_eq!((pods.count(GET_URL), pods.state().most), (5, 5));

    // A day later they are gone.
    tokio::time::advance(Duration::from_secs(23 * 3600)).await;
    uploader.upload(NewFile::new("c"), "abc").await.unwrap();
    assert_eq!(pods.count(GET_URL), 6);
}

#[tokio::test(start_paused = true)]
async fn the_url_of_an_upload_that_was_dropped_is_not_used_again() {
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Silence);
    let uploader = pods.uploader();
    let upload = uploader.upload(NewFile::new("a"), "abc");
    assert!(tokio::time::timeout(Duration::from_secs(1), upload).await.is_err());
    uploader.upload(NewFile::new("a"), "abc").await.unwrap();
    assert_eq!(pods.count(GET_URL), 2);
}

/// Each row of the service's errors: whether it is tried again, and at another URL.
#[tokio::test(start_paused = true)]
async fn what_is_tried_again() {
    let again = [
        (400, "auth_token_limit"),
        (401, "expired_auth_token"),
        (401, "bad_auth_token"),
        (408, "request_timeout"),
        (500, "internal_error"),
        (502, ""),
        (503, "service_unavailable"),
        (503, "too_busy"),
    ];
    for (status, code) in again {
        for content in kinds("abc") {
            let pods = Pods::new();
            pods.fault(UPLOAD, Fault::Answer(status, code));
            let started = Instant::now();
            let version = pods.uploader().upload(NewFile::new("a"), content).await.unwrap();
            assert_eq!(version.content_length, 3);
            let counts = (pods.count(GET_URL), pods.count(UPLOAD), pods.versions());
            assert_eq!(counts, (2, 2, 1), "{status} {code}");
            assert!(started.elapsed() < Duration::from_secs(1), "{status} {code}: at once");
            assert_eq!(pods.count("b2_authorize_account"), 1, "{status} {code}");
        }
    }
    for fault in [Fault::NotSent, Fault::Cut, Fault::Lost(false), Fault::Silence] {
        for content in kinds("abc") {
            let pods = Pods::new();
            pods.fault(UPLOAD, fault.clone());
            pods.uploader().upload(NewFile::new("a"), content).await.unwrap();
            let counts = (pods.count(GET_URL), pods.count(UPLOAD), pods.versions());
            assert_eq!(counts, (2, 2, 1), "{fault:?}");
        }
    }
    let never = [
        (400, "bad_request", ErrorKind::Invalid),
        (400, "bad_bucket_id", ErrorKind::NotFound),
        (401, "unauthorized", ErrorKind::Forbidden),
        (403, "storage_cap_exceeded", ErrorKind::QuotaExceeded),
        (403, "access_denied", ErrorKind::Forbidden),
        (404, "not_found", ErrorKind::NotFound),
        (501, "", ErrorKind::Unsupported),
    ];
    for (status, code, kind) in never {
        let pods = Pods::new();
        pods.fault(UPLOAD, Fault::Answer(status, code));
        let uploader = pods.uploader();
        let error = uploader.upload(NewFile::new("a"), "abc").await.unwrap_err();
        assert_eq!((error.outcome(), error.attempts()), (Outcome::Refused, 1), "{error}");
        assert!(error.kind() == kind || status == 501, "{error:?}");
        assert_eq!(pods.count(UPLOAD), 1, "{status} {code}");
        uploader.upload(NewFile::new("a"), "abc").await.unwrap();
        assert_eq!(pods.count(GET_URL), 2, "the URL is dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn it_waits_as_it_is_told() {
    // Too many calls: later, at the same URL.
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Later(429, "too_many_requests", 7));
    let started = Instant::now();
    pods.uploader().upload(NewFile::new("a"), "abc").await.unwrap();
    assert!((7..9).contains(&started.elapsed().as_secs()));
    assert_eq!((pods.count(GET_URL), pods.count(UPLOAD)), (1, 2));

    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Later(503, "too_busy", 7));
    let started = Instant::now();
    pods.uploader().upload(NewFile::new("a"), "abc").await.unwrap();
    assert!((7..9).contains(&started.elapsed().as_secs()));
    assert_eq!((pods.count(GET_URL), pods.count(UPLOAD)), (2, 2));

    // Longer than the upload may take.
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Later(503, "too_busy", 3600));
    let error = pods.uploader().upload(NewFile::new("a"), "abc").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unavailable, 1));
}

#[tokio::test(start_paused = true)]
async fn it_gives_up() {
    let pods = Pods::new();
    for _ in 0..20 {
        pods.fault(UPLOAD, Fault::Answer(503, "too_busy"));
    }
    let error = pods.uploader().upload(NewFile::new("a"), "abc").await.unwrap_err();
    assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Unavailable, Outcome::Refused, 8));
    assert_eq!(pods.count(UPLOAD), 8);

    // As patient as the client.
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Answer(503, "too_busy"));
    let once = pods.backblaze(RetryPolicy::never()).uploader(&pods::bucket());
    assert_eq!(once.upload(NewFile::new("a"), "abc").await.unwrap_err().attempts(), 1);

    let pods = Pods::new();
    for _ in 0..20 {
        pods.fault(UPLOAD, Fault::Silence);
    }
    let started = Instant::now();
    let error = pods.uploader().upload(NewFile::new("a"), "abc").await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Refused), "it was looked for");
    assert!((150..=310).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_upload_whose_answer_was_lost_is_looked_for() {
    for content in kinds("abc") {
        let pods = Pods::new();
        let uploader = pods.uploader();
        let file = || NewFile::new("a").with_info(FileInfo::new().with("author", "ada"));
        // These are others.
        uploader.upload(NewFile::new("a"), "abc").await.unwrap();
        uploader.upload(file(), "abd").await.unwrap();
        uploader.upload(NewFile::new("a/b").with_info(file().info), "abc").await.unwrap();
        pods.fault(UPLOAD, Fault::Lost(true));
        let version = uploader.upload(file(), content).await.unwrap();
        assert_eq!(version.file_info, file().info);
        assert_eq!(version.file_id.unwrap().get(), &pods.state().versions[3]["fileId"]);
        assert_eq!((pods.versions(), pods.count(UPLOAD)), (4, 4));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_there_long_before_is_not_the_answer() {
    let pods = Pods::new();
    let uploader = pods.uploader();
    uploader.upload(NewFile::new("a"), "abc").await.unwrap();
    tokio::time::advance(Duration::from_secs(3600)).await;
    pods.fault(UPLOAD, Fault::Lost(false));
    let version = uploader.upload(NewFile::new("a"), "abc").await.unwrap();
    assert_eq!(pods.versions(), 2);
    assert_eq!(version.file_id.unwrap().get(), &pods.state().versions[1]["fileId"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_not_list_repeats() {
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Lost(true)).fault(LOOK, Fault::Answer(401, "unauthorized"));
    pods.uploader().upload(NewFile::new("a"), "abc").await.unwrap();
    assert_eq!(pods.versions(), 2);

    // An attempt that may have been carried out is not forgotten.
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Lost(true)).fault(LOOK, Fault::Answer(401, "unauthorized"));
    pods.fault(UPLOAD, Fault::Answer(403, "cap_exceeded"));
    let error = pods.uploader().upload(NewFile::new("a"), "abc").await.unwrap_err();
    assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::QuotaExceeded, Outcome::Unknown, 2));

    // Nobody knows what content without a SHA-1 is.
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Lost(true));
    pods.uploader().upload_small(NewFile::new("a"), "abc", Sha1::Unverified).await.unwrap();
    assert_eq!((pods.versions(), pods.count(LOOK)), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_begun_is_not_repeated() {
    for fault in [Fault::Answer(503, "too_busy"), Fault::Cut, Fault::Lost(false)] {
        let pods = Pods::new();
        pods.fault(UPLOAD, fault);
        let error = pods.uploader().upload_small(NewFile::new("a"), once("abc"), Sha1::AtEnd).await.unwrap_err();
        assert_eq!((error.outcome(), error.attempts()), (Outcome::Refused, 1), "{error}");
        assert!(error.message().ends_with("the content can be read only once, so it was not repeated"), "{error}");
        assert!(pods.state().versions.is_empty());
    }
    // Lost, and yet carried out.
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::Lost(true));
    pods.uploader().upload_small(NewFile::new("a"), once("abc"), Sha1::AtEnd).await.unwrap();
    // Not begun.
    let pods = Pods::new();
    pods.fault(UPLOAD, Fault::NotSent);
    pods.uploader().upload_small(NewFile::new("a"), once("abc"), Sha1::AtEnd).await.unwrap();
    assert_eq!((pods.versions(), pods.count(UPLOAD)), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn content_that_cannot_be_read_is_not_tried_again() {
    let opened = Arc::new(AtomicUsize::new(0));
    let bad = |chunks: fn() -> Vec<io::Result<Bytes>>, length| {
        let opened = opened.clone();
        let open = move || {
            opened.fetch_add(1, Ordering::Relaxed);
            stream::iter(chunks()).boxed()
        };
        Body::replayable(open, length)
    };
    for (content, kind) in [
        (bad(|| vec![Ok(Bytes::from("ab"))], 3), ErrorKind::Invalid),
        (bad(|| vec![Ok(Bytes::from("abcd"))], 3), ErrorKind::Invalid),
        (bad(|| vec![Ok(Bytes::from("ab")), Err(io::ErrorKind::PermissionDenied.into())], 3), ErrorKind::Other),
        (bad(|| vec![Ok(Bytes::from("0123456789abc"))], 15), ErrorKind::Invalid),
    ] {
        opened.store(0, Ordering::Relaxed);
        let pods = Pods::new();
        let error = pods.uploader().upload(NewFile::new("a"), content).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome(), error.provider()), (kind, Outcome::Refused, Some("backblaze")));
        assert!(std::error::Error::source(&error).is_some());
        assert_eq!((opened.load(Ordering::Relaxed), pods.versions()), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_not_sent() {
    let pods = Pods::new();
    let error = pods.uploader().upload(NewFile::new("a//b"), "abc").await.unwrap_err();
    assert_eq!((error.is_invalid(), error.outcome()), (true, Outcome::NotSent));
    let huge = Body::once(stream::empty(), 5_000_000_001);
    let error = pods.uploader().upload_small(NewFile::new("a"), huge, Sha1::AtEnd).await.unwrap_err();
    assert_eq!((error.is_invalid(), error.outcome()), (true, Outcome::NotSent));
    assert!(pods.state().asked.is_empty());

    pods.uploader().upload(NewFile::new("a"), Body::Empty).await.unwrap();
    assert_eq!(pods.state().versions[0]["contentLength"], 0);
}
