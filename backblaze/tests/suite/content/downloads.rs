//! Downloads, and the right to download given to others.

use std::{collections::BTreeMap, time::Duration};

use howdah_backblaze::{
    CustomerKey, Encryption, FileId, FileInfo, FileRetention, LegalHold, Sha1,
    account::Capability,
    buckets::{BucketType, BucketUpdate},
    downloads::{AuthorizationRequest, DownloadOptions, Overrides},
    files::NewCopy,
    testing::{Cap, FakeBackblaze},
    uploads::NewFile,
};
use howdah_core::{
    Clock, ErrorKind, Result,
    http::{Body, Transport},
};

use super::{BUCKET, Place, content, place, place_at, refused};

fn all() -> DownloadOptions {
    DownloadOptions::new()
}

impl Place {
    async fn get(&self, name: &str, options: DownloadOptions) -> Result<String> {
        let got = self.client.downloads().by_name(BUCKET, name, options).await?;
        Ok(String::from_utf8_lossy(&got.body.collect().await.unwrap()).into_owned())
    }

    /// The status of a bare request.
    async fn status(&self, method: &str, path: &str, authorization: Option<&str>) -> (u16, http::HeaderMap) {
        let mut request = http::Request::builder().method(method).uri(format!("https://f.example{path}"));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = self.fake.world().send(request.body(Body::Empty).unwrap()).await.unwrap();
        (answer.status().as_u16(), answer.headers().clone())
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_file_is_comes_with_it() {
    let place = place();
    let bucket = place.lockable().await;
    let retention = FileRetention::governance("2999-01-01T00:00:00Z".parse().unwrap());
    let info = FileInfo::new().with("author", "Ada Ü").with("b2-content-disposition", "attachment; filename=\"a\"");
    let file = NewFile::new("d/a+b ü.txt")
        .with_info(info.clone())
        .with_retention(retention.clone())
        .with_legal_hold(LegalHold::On)
        .with_encryption(Encryption::B2);
    let sent = place.upload_to(&bucket, file, content(5000)).await.unwrap();
    let id = sent.file_id.unwrap();
    let downloads = place.client.downloads();
    let looked = downloads.look_at_id(&id, all()).await.unwrap();
    assert_eq!(looked, downloads.look_at_name("vmst-locked", "d/a+b ü.txt", all()).await.unwrap());
    let by_id = downloads.by_id(&id, all()).await.unwrap();
    let by_name = downloads.by_name("vmst-locked", "d/a+b ü.txt", all()).await.unwrap();
    assert_eq!((&by_id.file, &by_name.file), (&looked, &looked));
    assert_eq!(by_id.body.collect().await.unwrap(), content(5000));
    assert_eq!((&looked.file_id, looked.file_name.as_str(), looked.content_length), (&id, "d/a+b ü.txt", 5000));
    assert_eq!((looked.content_type.as_deref(), &looked.file_info), (Some("text/plain"), &info));
    assert_eq!(looked.content_sha1.verified(), Some(Sha1::of(&content(5000)).as_str()));
    assert_eq!(looked.upload_timestamp, sent.upload_timestamp);
    assert_eq!((looked.retention, looked.legal_hold), (Some(retention), Some(LegalHold::On)));
    assert_eq!(looked.encryption_algorithm.as_deref(), Some("AES256"));
    assert_eq!(looked.unauthorized_to_read, Vec::<String>::new());

    let reader = place.with_key(&[Capability::ReadFiles]).await;
    let seen = reader.downloads().look_at_id(&id, all()).await.unwrap();
    assert_eq!((seen.retention, seen.legal_hold, seen.unauthorized_to_read.len()), (None, None, 3));
}

#[tokio::test(start_paused = true)]
async fn ranges_are_parts() {
    let place = place();
    place.fake.put(&place.bucket, "a", "0123456789");
    place.fake.put(&place.bucket, "empty", "");
    let downloads = place.client.downloads();
    for (range, expected) in [(0..1, "0"), (3..7, "3456"), (8..100, "89"), (0..10, "0123456789")] {
        let got = downloads.by_name(BUCKET, "a", all().with_range(range)).await.unwrap();
        assert_eq!(got.file.content_length, 10);
        assert_eq!(got.body.collect().await.unwrap(), expected);
    }
    let past = downloads.look_at_name(BUCKET, "a", all().with_range(10..11)).await;
    assert_eq!(past.unwrap_err().status().map(|status| status.as_u16()), Some(416));
    refused(place.get("a", all().with_range(10..11)).await, ErrorKind::Invalid, "range_not_satisfiable");
    assert_eq!(place.get("empty", all()).await.unwrap(), "");
    assert_eq!(downloads.look_at_name(BUCKET, "empty", all()).await.unwrap().content_length, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_or_hidden_is_not_found() {
    let place = place();
    let id = place.fake.put(&place.bucket, "a", "content");
    refused(place.get("b", all()).await, ErrorKind::NotFound, "not_found");
    let downloads = place.client.downloads();
    let nowhere = downloads.by_name("vmst-none", "a", all()).await;
    refused(nowhere.map(|got| got.file), ErrorKind::NotFound, "not_found");
    assert!(downloads.look_at_name(BUCKET, "b", all()).await.unwrap_err().is_not_found());
    let unknown = downloads.look_at_id(&FileId::new("4_zx_f1".into()), all()).await;
    assert!(unknown.unwrap_err().is_not_found());
    let marker = place.client.files().hide(&place.bucket, "a").await.unwrap();
    refused(place.get("a", all()).await, ErrorKind::NotFound, "not_found");
    let hidden = downloads.by_id(&marker.file_id.unwrap(), all()).await;
    refused(hidden.map(|got| got.file), ErrorKind::NotFound, "not_found");
    assert_eq!(downloads.by_id(&id, all()).await.unwrap().body.collect().await.unwrap(), "content");
}

#[tokio::test(start_paused = true)]
async fn damage_is_noticed_at_the_end_of_what_is_whole() {
    let place = place();
    for length in [1000, 100_000] {
        let id = place.fake.put(&place.bucket, "a", content(length));
        place.fake.damage(&id);
        let get = |options| place.client.downloads().by_id(&id, options);
        let error = get(all()).await.unwrap().body.collect().await.unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
        let part = get(all().with_range(0..10)).await.unwrap().body.collect().await.unwrap();
        assert_eq!((part[0], &part[1..]), (content(length)[0] ^ 1, &content(length)[1..10]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_customers_key_opens_what_it_closed() {
    let place = place();
    let key = |byte| Encryption::Customer(CustomerKey::new(&[byte; 32]));
    place.upload(NewFile::new("a").with_encryption(key(7)), "secret").await.unwrap();
    assert_eq!(place.get("a", all().with_encryption(key(7))).await.unwrap(), "secret");
    refused(place.get("a", all()).await, ErrorKind::Invalid, "bad_request");
    refused(place.get("a", all().with_encryption(key(8))).await, ErrorKind::Forbidden, "access_denied");
    let seen = place.client.downloads().look_at_name(BUCKET, "a", all().with_encryption(key(7))).await.unwrap();
    assert_eq!(seen.encryption_algorithm.as_deref(), Some("AES256"));
    place.fake.put(&place.bucket, "open", "content");
    refused(place.get("open", all().with_encryption(key(7))).await, ErrorKind::Invalid, "bad_request");
}

#[tokio::test(start_paused = true)]
async fn an_authorization_opens_its_prefix() {
    let place = place_at(FakeBackblaze::at(Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap())));
    let id = place.fake.put(&place.bucket, "in/a", "content");
    place.fake.put(&place.bucket, "out/a", "content");
    let downloads = place.client.downloads();
    let request = |seconds: u32| AuthorizationRequest::new(place.bucket.clone(), "in/", seconds);
    let given = downloads.get_authorization(request(60)).await.unwrap();
    assert_eq!((&given.bucket_id, given.file_name_prefix.as_str()), (&place.bucket, "in/"));
    let token = given.authorization_token;
    let with = || all().with_authorization(token.clone());
    assert_eq!(place.get("in/a", with()).await.unwrap(), "content");
    refused(place.get("out/a", with()).await, ErrorKind::Forbidden, "unauthorized");
    let by_id = downloads.by_id(&id, with()).await;
    refused(by_id.map(|got| got.file), ErrorKind::Forbidden, "unauthorized");
    let query = format!("/file/{BUCKET}/in/a?Authorization={}", token.expose());
    assert_eq!(place.status("GET", &query, None).await.0, 200);
    assert_eq!(place.status("GET", &format!("/file/{BUCKET}/in/a"), None).await.0, 401);
    assert_eq!(place.status("GET", &format!("/file/{BUCKET}/in/a"), Some("3_nonsense")).await.0, 401);

    // What it asks for must be asked for.
    let named = request(60).with_b2_content_disposition("attachment");
    let token = downloads.get_authorization(named).await.unwrap().authorization_token;
    let with = || all().with_authorization(token.clone());
    refused(place.get("in/a", with()).await, ErrorKind::Forbidden, "unauthorized");
    let overrides = Overrides::default().with_b2_content_disposition("attachment").with_b2_content_type("text/x");
    let got = downloads.look_at_name(BUCKET, "in/a", with().with_overrides(overrides)).await.unwrap();
    assert_eq!(got.file_info.get("b2-content-disposition"), Some("attachment"));
    assert_eq!(got.content_type.as_deref(), Some("text/x"));

    tokio::time::advance(Duration::from_secs(60)).await;
    refused(place.get("in/a", with()).await, ErrorKind::Unauthenticated, "expired_auth_token");
    for seconds in [0, 604_801] {
        assert!(downloads.get_authorization(request(seconds)).await.unwrap_err().is_invalid());
    }
    let reader = place.with_key(&[Capability::ReadFiles]).await;
    let shared = reader.downloads().get_authorization(request(60)).await;
    refused(shared.map(|given| given.file_name_prefix), ErrorKind::Forbidden, "unauthorized");
    let nowhere = AuthorizationRequest::new(howdah_backblaze::buckets::BucketId::new("none".into()), "", 60u32);
    let nowhere = downloads.get_authorization(nowhere).await;
    refused(nowhere.map(|given| given.file_name_prefix), ErrorKind::NotFound, "bad_bucket_id");
}

#[tokio::test(start_paused = true)]
async fn what_is_public_needs_no_token() {
    let place = place();
    let id = place.fake.put(&place.bucket, "a b", "content");
    let (path, by_id) = (format!("/file/{BUCKET}/a%20b"), format!("/b2api/v4/b2_download_file_by_id?fileId={id}"));
    for private in [&path, &by_id] {
        assert_eq!(place.status("GET", private, None).await.0, 401);
    }
    let update = BucketUpdate::new(place.bucket.clone()).with_bucket_type(BucketType::AllPublic);
    let info = BTreeMap::from([("Cache-Control".to_owned(), "max-age=60".to_owned())]);
    place.client.buckets().update(update.with_bucket_info(info)).await.unwrap();
    for public in [&path, &by_id, &format!("/file/{BUCKET}/a+b")] {
        for method in ["GET", "HEAD"] {
            let (status, headers) = place.status(method, public, None).await;
            assert_eq!((status, &headers["content-length"]), (200, &"7".parse().unwrap()), "{method} {public}");
            assert_eq!(headers["cache-control"], "max-age=60");
        }
    }
    // A token that is not good is refused all the same.
    assert_eq!(place.status("GET", &path, Some("3_nonsense")).await.0, 401);
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_downloads_nothing() {
    let place = place();
    let id = place.fake.put(&place.bucket, "a", "content");
    let writer = place.with_key(&[Capability::WriteFiles]).await;
    let got = writer.downloads().by_name(BUCKET, "a", all()).await;
    refused(got.map(|got| got.file), ErrorKind::Forbidden, "unauthorized");
    let got = writer.downloads().by_id(&id, all()).await;
    refused(got.map(|got| got.file), ErrorKind::Forbidden, "unauthorized");
    refused(writer.files().copy(NewCopy::new(id, "b")).await, ErrorKind::Forbidden, "unauthorized");
    place.fake.set_cap(Cap::Downloads(10));
    assert_eq!(place.get("a", all()).await.unwrap(), "content");
    refused(place.get("a", all()).await, ErrorKind::QuotaExceeded, "download_cap_exceeded");
}
