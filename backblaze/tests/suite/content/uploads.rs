//! Uploads, and the URLs that they go to.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use howdah_backblaze::{
    ContentSha1, CustomerKey, Encryption, FileInfo, Sha1,
    account::Capability,
    buckets::BucketId,
    downloads::DownloadOptions,
    keys::NewKey,
    large_files::NewLargeFile,
    testing::{Cap, FakeBackblaze, KEY, KEY_ID, Settings},
    uploads::NewFile,
};
use howdah_core::{
    Clock, ErrorKind,
    http::{Body, Transport},
    testing::Fault,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
};

use super::{content, place, place_at, refused, why};

#[tokio::test(start_paused = true)]
async fn the_sha1_is_told_before_or_behind_or_not_at_all() {
    let place = place();
    let uploads = place.client.uploads();
    let url = uploads.get_upload_url(&place.bucket).await.unwrap();
    assert_eq!(url.bucket_id, place.bucket);
    let digits = Sha1::of(b"content");
    let upload = |sha1| uploads.upload_file(&url, &NewFile::new("a"), "content".into(), sha1);
    for sha1 in [Sha1::AtEnd, Sha1::Known(digits.clone()), Sha1::Known(digits.to_uppercase())] {
        let file = upload(sha1).await.unwrap();
        assert_eq!((file.content_sha1, file.content_length), (Some(ContentSha1::Verified(digits.clone())), 7));
    }
    assert_eq!(upload(Sha1::Unverified).await.unwrap().content_sha1, Some(ContentSha1::Unverified(digits)));
    for empty in [Sha1::AtEnd, Sha1::Known(Sha1::of(b""))] {
        let file = uploads.upload_file(&url, &NewFile::new("empty"), Body::Empty, empty).await.unwrap();
        assert_eq!(file.content_sha1, Some(ContentSha1::Verified(Sha1::of(b""))));
    }
    assert_eq!(place.versions().await.len(), 6);

    // Content that changed on its way is not kept, and the URL is good for nothing any more.
    let before = place.rows().await;
    refused(upload(Sha1::Known(Sha1::of(b"other"))).await, ErrorKind::Invalid, "bad_request");
    refused(upload(Sha1::AtEnd).await, ErrorKind::Unauthenticated, "bad_auth_token");
    assert_eq!(place.rows().await, before);
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_a_file_is_kept() {
    let place = place();
    let info = FileInfo::new().with("author", "Ada Ü & co").with("b2-cache-control", "max-age=1");
    let sent = NewFile::new("d/a+b ü&,.png")
        .with_info(info.clone())
        .with_upload_timestamp("2020-02-02T02:02:02.002Z".parse().unwrap())
        .with_encryption(Encryption::B2);
    let file = place.upload(sent, "content").await.unwrap();
    assert_eq!((file.file_name.as_str(), &file.file_info), ("d/a+b ü&,.png", &info));
    assert_eq!(file.content_type.as_deref(), Some("image/png"));
    assert_eq!(file.upload_timestamp.to_string(), "2020-02-02T02:02:02.002Z");
    assert_eq!(file.server_side_encryption.unwrap().algorithm.as_deref(), Some("AES256"));

    let mut settings = Settings::default();
    settings.custom_upload_timestamps = false;
    let _ = place.fake.clone().with_settings(settings);
    let dated = NewFile::new("a").with_upload_timestamp("2020-02-02T02:02:02Z".parse().unwrap());
    refused(place.upload(dated, "content").await, ErrorKind::Invalid, "custom_timestamp_not_allowed");
}

#[tokio::test(start_paused = true)]
async fn names_are_read_as_the_service_writes_them() {
    let place = place();
    // Everything that is printed in ASCII, and some beyond: what must be encoded and what may be.
    let plain = (' '..='~').filter(|c| *c != '/').chain(['ü', '自', '𝄞']);
    for one in plain {
        let name = format!("x/{one}y");
        let file = place.upload(NewFile::new(&*name).with_info(FileInfo::new().with("k", &*name)), "content").await;
        let file = file.unwrap();
        assert_eq!((file.file_name.as_str(), file.file_info.get("k")), (name.as_str(), Some(name.as_str())));
        let got = place.client.downloads().by_name("vmst-media", &name, DownloadOptions::new()).await.unwrap();
        assert_eq!((got.file.file_name, got.file.file_info.get("k")), (name.clone(), Some(name.as_str())));
        place.client.files().hide(&place.bucket, &name).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_url_takes_one_upload_at_a_time() {
    let place = place();
    let uploads = place.client.uploads();
    let url = uploads.get_upload_url(&place.bucket).await.unwrap();
    let (go, wait) = oneshot::channel::<()>();
    let slow = stream::once(async { Ok(Bytes::from("con")) }).chain(stream::once(async {
        wait.await.unwrap();
        Ok(Bytes::from("tent"))
    }));
    let first = {
        let (uploads, url) = (uploads.clone(), url.clone());
        let slow = Body::once(slow, 7);
        tokio::spawn(async move { uploads.upload_file(&url, &NewFile::new("a"), slow, Sha1::AtEnd).await })
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    let second = || uploads.upload_file(&url, &NewFile::new("b"), "content".into(), Sha1::AtEnd);
    assert_eq!(second().await.unwrap_err().code(), Some("auth_token_limit"));
    go.send(()).unwrap();
    assert_eq!(first.await.unwrap().unwrap().content_length, 7);
    second().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_breaks_off_leaves_nothing() {
    let place = place();
    let uploads = place.client.uploads();
    place.fake.set_cap(Cap::Storage(200_000));
    for after in [0, 10, 100_000] {
        let url = uploads.get_upload_url(&place.bucket).await.unwrap();
        let upload = || uploads.upload_file(&url, &NewFile::new("a"), content(150_000).into(), Sha1::AtEnd);
        place.fake.world().fail_next(Fault::CutRequest { after });
        assert_eq!(upload().await.unwrap_err().kind(), ErrorKind::Transport);
        refused(upload().await, ErrorKind::Unauthenticated, "bad_auth_token");
    }
    assert_eq!(place.rows().await, []);
    // Nor does it count.
    place.upload(NewFile::new("a"), content(150_000)).await.unwrap();
    let more = place.upload(NewFile::new("b"), content(150_000)).await;
    refused(more, ErrorKind::QuotaExceeded, "storage_cap_exceeded");
}

#[tokio::test(start_paused = true)]
async fn urls_are_for_what_they_were_asked_for() {
    let place = place();
    let uploads = place.client.uploads();
    refused(uploads.get_upload_url(&BucketId::new("none".into())).await, ErrorKind::NotFound, "bad_bucket_id");
    let reader = place.with_key(&[Capability::ReadFiles]).await.uploads();
    refused(reader.get_upload_url(&place.bucket).await, ErrorKind::Forbidden, "unauthorized");
    let key = NewKey::new("in", [Capability::WriteFiles]);
    let inside = place.with_new_key(key.with_bucket_ids([place.bucket.clone()]).with_name_prefix("in/")).await;
    let url = inside.uploads().get_upload_url(&place.bucket).await.unwrap();
    let outside = inside.uploads().upload_file(&url, &NewFile::new("a"), "content".into(), Sha1::AtEnd).await;
    refused(outside, ErrorKind::Forbidden, "unauthorized");

    let large = NewLargeFile::new(place.bucket.clone(), "large", "b2/x-auto");
    let large = place.client.large_files().start(large).await.unwrap().file_id.unwrap();
    refused(reader.get_upload_part_url(&large).await, ErrorKind::Forbidden, "unauthorized");
    let small = place.fake.put(&place.bucket, "small", "content");
    refused(uploads.get_upload_part_url(&small).await, ErrorKind::NotFound, "no_such_file");
    let parts = uploads.get_upload_part_url(&large).await.unwrap();
    assert_eq!(parts.file_id, large);
    for number in [0, 10_001] {
        let url = uploads.get_upload_part_url(&large).await.unwrap();
        let part = uploads.upload_part(&url, number, "content".into(), Sha1::AtEnd, None).await;
        refused(part, ErrorKind::Invalid, "bad_request");
    }
    let empty = uploads.upload_part(&parts, 1, Body::Empty, Sha1::AtEnd, None).await;
    refused(empty, ErrorKind::Invalid, "bad_request");
}

#[tokio::test(start_paused = true)]
async fn urls_expire() {
    let place = place_at(FakeBackblaze::at(Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap())));
    let uploads = place.client.uploads();
    let url = uploads.get_upload_url(&place.bucket).await.unwrap();
    let upload = || uploads.upload_file(&url, &NewFile::new("a"), "content".into(), Sha1::AtEnd);
    tokio::time::advance(Duration::from_secs(24 * 3600 - 60)).await;
    upload().await.unwrap();
    tokio::time::advance(Duration::from_secs(60)).await;
    refused(upload().await, ErrorKind::Unauthenticated, "expired_auth_token");
    tokio::time::advance(Duration::from_secs(2 * 3600)).await;
    refused(upload().await, ErrorKind::Unauthenticated, "bad_auth_token");
    let url = uploads.get_upload_url(&place.bucket).await.unwrap();
    place.fake.expire_tokens();
    let upload = uploads.upload_file(&url, &NewFile::new("a"), "content".into(), Sha1::AtEnd).await;
    refused(upload, ErrorKind::Unauthenticated, "expired_auth_token");
}

/// What the client would not send.
#[tokio::test(start_paused = true)]
async fn headers_are_checked() {
    let place = place();
    let good = [
        ("x-bz-file-name", "a"),
        ("content-type", "text/plain"),
        ("content-length", "7"),
        ("x-bz-content-sha1", "do_not_verify"),
    ];
    let worse: [&[(&str, &str)]; 14] = [
        &[("x-bz-file-name", "")],
        &[("x-bz-file-name", "a//b")],
        &[("x-bz-file-name", "a%")],
        &[("content-type", "")],
        &[("content-length", "x")],
        &[("content-length", "5000000001")],
        &[("content-length", "6")],
        &[("x-bz-content-sha1", "abc")],
        &[("x-bz-content-sha1", "hex_digits_at_end")],
        &[("x-bz-info-b2-mine", "x")],
        &[("x-bz-custom-upload-timestamp", "soon")],
        &[("x-bz-server-side-encryption", "AES128")],
        &[("x-bz-file-retention-mode", "governance")],
        &[
            ("x-bz-server-side-encryption-customer-algorithm", "AES256"),
            ("x-bz-server-side-encryption-customer-key", "BwcH"),
            ("x-bz-server-side-encryption-customer-key-md5", "BwcH"),
        ],
    ];
    for bad in std::iter::once(&[][..]).chain(worse) {
        let url = place.client.uploads().get_upload_url(&place.bucket).await.unwrap();
        let mut request = http::Request::post(url.upload_url.expose());
        let headers = request.headers_mut().unwrap();
        headers.insert("authorization", url.authorization_token.expose().parse().unwrap());
        for (name, value) in good.iter().chain(bad) {
            headers.insert(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        let answer = place.fake.world().send(request.body("content".into()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), if bad.is_empty() { 200 } else { 400 }, "{bad:?}");
    }
    assert_eq!(place.versions().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn too_many_bytes_about_a_file_are_refused() {
    let place = place();
    let much = NewFile::new("a").with_info(FileInfo::new().with("k", "v".repeat(3000)));
    place.upload(much.clone(), "content").await.unwrap();
    let with_key = much.with_encryption(Encryption::Customer(CustomerKey::new(&[7; 32])));
    assert!(place.upload(with_key, "content").await.unwrap_err().is_invalid());
}

#[tokio::test]
async fn two_hundred_megabytes_go_through_a_socket() {
    const CHUNK: usize = 1 << 20;
    let fake = FakeBackblaze::new();
    let server = fake.serve().await.unwrap();
    let bucket = fake.create_bucket("vmst-media");
    let client = howdah_backblaze::Backblaze::builder(KEY_ID, KEY).base_url(server.origin()).build().unwrap();
    let chunk = content(CHUNK);
    let whole = {
        let chunk = chunk.clone();
        Body::replayable(move || stream::iter(vec![chunk.clone(); 200]).map(Ok).boxed(), 200 * CHUNK as u64)
    };
    let url = client.uploads().get_upload_url(&bucket).await.unwrap();
    let sent = client.uploads().upload_file(&url, &NewFile::new("big"), whole, Sha1::AtEnd).await.unwrap();
    assert_eq!(sent.content_length, 200 << 20);
    // Contents are in no journal.
    let journal = format!("{:?}", fake.world().journal());
    assert!(journal.len() < 100_000, "{}", journal.len());

    let got = client.downloads().by_id(&sent.file_id.unwrap(), DownloadOptions::new()).await.unwrap();
    let (mut body, mut length) = (got.body.into_stream(), 0_u64);
    while let Some(chunk) = body.next().await {
        length += chunk.unwrap().len() as u64;
    }
    assert_eq!(length, 200 << 20);
}

/// As programs of other languages write them.
#[tokio::test]
async fn headers_in_any_case_and_chunks_without_a_length() {
    let fake = FakeBackblaze::new();
    let server = fake.serve().await.unwrap();
    let bucket = fake.create_bucket("vmst-media");
    let client = howdah_backblaze::Backblaze::builder(KEY_ID, KEY).base_url(server.origin()).build().unwrap();
    let send = async |framing: &str, body: &str| {
        let url = client.uploads().get_upload_url(&bucket).await.unwrap();
        let path = url.upload_url.expose().strip_prefix(&server.origin()).unwrap().to_owned();
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let token = url.authorization_token.expose();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAUTHORIZATION: {token}\r\n\
             X-Bz-File-Name: a+b%20c\r\nContent-Type: text/plain\r\nX-Bz-Content-Sha1: do_not_verify\r\n\
             X-Bz-Info-Src_last_modified_millis: 1670144400000\r\n{framing}\r\n\r\n{body}",
            server.address()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = send("Content-Length: 7", "content").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(r#""fileName":"a b c""#) && answer.contains("src_last_modified_millis"), "{answer}");
    let answer = send("Transfer-Encoding: chunked", "7\r\ncontent\r\n0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("Content-Length"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_kept_has_its_length_and_sha1() {
    let mut settings = Settings::default();
    settings.discard_contents = true;
    let place = place_at(FakeBackblaze::new().with_settings(settings));
    let file = place.upload(NewFile::new("a"), content(100_000)).await.unwrap();
    assert_eq!(file.content_sha1, Some(ContentSha1::Verified(Sha1::of(&content(100_000)))));
    let got = place.client.downloads().by_id(&file.file_id.unwrap(), DownloadOptions::new().with_range(5..90_000));
    assert!(got.await.unwrap().body.collect().await.unwrap() == vec![0; 89_995]);
    let error = place.upload(NewFile::new("a/"), "content").await.unwrap_err();
    assert_eq!(why(&error), (ErrorKind::Invalid, ""));
}
