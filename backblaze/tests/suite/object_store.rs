//! B2 as an object store: Apache's own checks of stores, and what is particular to B2.

use std::{collections::BTreeSet, error::Error as _, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use howdah_backblaze::{
    Backblaze, CustomerKey, Encryption, FileVersion, RetentionMode,
    account::Capability,
    buckets::{BucketId, BucketType, NewBucket},
    files::VersionFilter,
    keys::NewKey,
    large_files::UnfinishedFilter,
    object_store::{B2, Deletion},
    testing::{Cap, FakeBackblaze, Settings},
};
use howdah_core::{
    ErrorKind,
    http::{Body, Incoming, Transport, TransportError},
    testing::Fault,
};
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetRange, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, TagSet, UpdateVersion, integration,
    list::{PaginatedListOptions, PaginatedListStore},
    multipart::MultipartStore,
    path::Path,
};
use proptest::prelude::*;

const BUCKET: &str = "vmst-media";

/// A fake with a bucket of its own, and the store over it.
struct Place {
    fake: FakeBackblaze,
    bucket: BucketId,
    client: Backblaze,
    store: B2,
}

fn place() -> Place {
    place_with(Settings::default())
}

/// Parts may have a thousand bytes.
fn small_parts() -> Place {
    let mut settings = Settings::default();
    (settings.absolute_minimum_part_size, settings.recommended_part_size) = (1000, 1000);
    place_with(settings)
}

fn place_with(settings: Settings) -> Place {
    let fake = FakeBackblaze::new().with_settings(settings);
    let bucket = fake.create_bucket(BUCKET);
    let client = fake.client();
    let store = B2::new(&client, bucket.clone(), BUCKET);
    Place { fake, bucket, client, store }
}

impl Place {
    /// The operations that were called since so many exchanges, such as `b2_hide_file`, or `GET` for a download by name.
    fn calls_since(&self, start: usize) -> Vec<String> {
        let journal = self.fake.world().journal();
        let name = |path: &str| path.split('/').find(|part| part.starts_with("b2_")).map(str::to_owned);
        let calls = journal[start..].iter().map(|one| name(&one.path).unwrap_or_else(|| one.method.clone()));
        calls.filter(|call| call != "b2_authorize_account").collect()
    }

    fn mark(&self) -> usize {
        self.fake.world().journal().len()
    }

    async fn versions(&self) -> Vec<FileVersion> {
        self.client.files().list_versions(VersionFilter::new(self.bucket.clone())).all().await.unwrap()
    }

    async fn unfinished(&self) -> Vec<FileVersion> {
        self.client.large_files().list_unfinished(UnfinishedFilter::new(self.bucket.clone())).all().await.unwrap()
    }

    /// What the store is to a key with these capabilities only.
    async fn with_key(&self, capabilities: &[Capability]) -> B2 {
        let key = self.client.keys().create(NewKey::new("store", capabilities.to_vec())).await.unwrap();
        B2::new(&self.fake.client_with(&key), self.bucket.clone(), BUCKET)
    }
}

fn source(error: &Error) -> &howdah_core::Error {
    error.source().and_then(|source| source.downcast_ref()).unwrap_or_else(|| panic!("{error:?} has no source"))
}

async fn read(store: &B2, path: &str) -> Bytes {
    store.get(&Path::from(path)).await.unwrap().bytes().await.unwrap()
}

/// Apache's checks, each in a store of its own, since they leave things behind. Those that do not apply are
/// `put_opts` and `copy_if_not_exists`, which are about conditional writes, and `copy_rename_nonexistent_object`, which ends
/// with one; `what_b2_cannot_do_is_refused` and `a_copy_of_nothing_is_not_found` stand in for them. Nor does
/// `multipart_race_condition`: which of two large files of one name is the newer is not published, the one that was begun
/// later or the one that was finished later.
macro_rules! conformance {
    ($( $name:ident ( $($argument:expr),* ) ;)+) => {
        mod conformance {
            use super::*;
            $(
                #[tokio::test(start_paused = true)]
                async fn $name() {
                    let place = place();
                    conformance!(@call $name, place.store, $($argument),*);
                }
            )+
        }
    };
    (@call multipart, $store:expr,) => { integration::multipart(&$store, &$store).await };
    (@call multipart_with_opts, $store:expr,) => { integration::multipart_with_opts(&$store, &$store).await };
    (@call multipart_put_part_out_of_order, $store:expr,) => {
        integration::multipart_put_part_out_of_order(&$store, &$store).await
    };
    (@call list_paginated, $store:expr,) => { integration::list_paginated(&$store, &$store).await };
    (@call $name:ident, $store:expr, $($argument:expr),*) => { integration::$name(&$store $(, $argument)*).await };
}

conformance! {
    put_get_delete_list();
    put_get_attributes();
    get_opts();
    stream_get();
    list_uses_directories_correctly();
    list_with_delimiter();
    list_with_offset_exclusivity();
    list_paginated();
    rename_and_copy();
    multipart();
    multipart_with_opts();
    multipart_put_part_out_of_order();
    multipart_out_of_order();
}

#[tokio::test(start_paused = true)]
async fn get_nonexistent_object() {
    let error = integration::get_nonexistent_object(&place().store, None).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    assert_eq!(source(&error).status().map(|status| status.as_u16()), Some(404));
}

#[tokio::test(start_paused = true)]
async fn what_b2_cannot_do_is_refused() {
    let place = place();
    let (store, path) = (&place.store, Path::from("a"));
    let attributes = Attributes::from_iter([(Attribute::StorageClass, "COLD")]);
    let mut tags = TagSet::default();
    tags.push("colour", "red");
    let twice = [(Attribute::Metadata("Name".into()), "1"), (Attribute::Metadata("name".into()), "2")];
    let put = |options: PutOptions| store.put_opts(&path, "x".into(), options);
    let multipart = |options: PutMultipartOptions| store.put_multipart_opts(&path, options);
    let update = UpdateVersion { e_tag: Some("1".into()), version: None };
    let refused = [
        put(PutMode::Create.into()).await.unwrap_err(),
        put(PutMode::Update(update).into()).await.unwrap_err(),
        put(tags.clone().into()).await.unwrap_err(),
        put(attributes.clone().into()).await.unwrap_err(),
        multipart(tags.into()).await.unwrap_err(),
        multipart(attributes.into()).await.unwrap_err(),
        store.copy_if_not_exists(&path, &path).await.unwrap_err(),
        store.rename_if_not_exists(&path, &path).await.unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(error, Error::NotSupported { .. }), "{error}");
        assert!(source(&error).is_unsupported() && error.to_string().contains("`a`"), "{error}");
    }
    let twice = put(Attributes::from_iter(twice).into()).await.unwrap_err();
    assert!(source(&twice).is_invalid() && twice.to_string().contains("`name`"), "{twice}");
    assert_eq!(place.fake.world().requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_copy_of_nothing_is_not_found() {
    let place = place();
    let (from, to) = (Path::from("a"), Path::from("b"));
    for error in [place.store.copy(&from, &to).await, place.store.rename(&from, &to).await] {
        assert!(matches!(error, Err(Error::NotFound { path, .. }) if path == "a"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_opened_by_its_name() {
    let place = place();
    let store = B2::open(&place.client, BUCKET).await.unwrap();
    assert_eq!((store.bucket_id(), store.bucket_name()), (&place.bucket, BUCKET));
    assert_eq!(store.to_string(), "B2(vmst-media)");
    let error = B2::open(&place.client, "vmst-other").await.unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("`vmst-other`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_put_is_one_call() {
    let place = place();
    place.store.put(&Path::from("first"), "1".into()).await.unwrap();
    let mark = place.mark();
    for number in 0..20 {
        place.store.put(&Path::from(format!("{number}")), "content".into()).await.unwrap();
    }
    assert_eq!(place.calls_since(mark), ["b2_upload_file"; 20]);
    // Content in several chunks is one as well.
    let chunks: PutPayload = ["ab", "cd", "e"].map(Bytes::from).into_iter().collect();
    place.store.put(&Path::from("chunks"), chunks).await.unwrap();
    assert_eq!(place.calls_since(mark).len(), 21);
    assert_eq!(read(&place.store, "chunks").await, "abcde");
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_an_object_is_read_back() {
    let place = small_parts();
    let attributes = [
        (Attribute::ContentType, "image/jpeg"),
        (Attribute::CacheControl, "max-age=60"),
        (Attribute::Metadata("src_last_modified_millis".into()), "1700000000123"),
        (Attribute::Metadata("Title".into()), "Grüße + 100 %"),
    ];
    let given = Attributes::from_iter(attributes);
    let put = place.store.put_opts(&Path::from("small"), "x".into(), given.clone().into()).await.unwrap();
    let mut upload = place.store.put_multipart_opts(&Path::from("large"), given.into()).await.unwrap();
    for _ in 0..2 {
        upload.put_part(vec![7; 1000].into()).await.unwrap();
    }
    let large = upload.complete().await.unwrap();

    for (name, version) in [("small", put.version), ("large", large.version)] {
        let got = place.store.get_opts(&Path::from(name), GetOptions::new().with_head(true)).await.unwrap();
        assert_eq!((&got.meta.version, &got.meta.e_tag), (&version, &version));
        let attribute = |attribute| got.attributes.get(&attribute).map(|value| value.to_string());
        assert_eq!(attribute(Attribute::ContentType).as_deref(), Some("image/jpeg"));
        assert_eq!(attribute(Attribute::CacheControl).as_deref(), Some("max-age=60"));
        // B2 keeps names in lower case.
        assert_eq!(attribute(Attribute::Metadata("title".into())).as_deref(), Some("Grüße + 100 %"));
        assert_eq!(got.attributes.len(), 4, "{:?}", got.attributes);
    }

    let times = place.store.clone().with_source_times();
    let small = times.head(&Path::from("small")).await.unwrap();
    assert_eq!(small.last_modified.timestamp_millis(), 1_700_000_000_123);
    let uploaded = place.store.head(&Path::from("small")).await.unwrap().last_modified;
    assert_ne!(small.last_modified, uploaded);
    let listed = |store: &B2| store.list(None).map_ok(|meta| meta.last_modified).try_collect::<Vec<_>>();
    assert_eq!(listed(&times).await.unwrap(), [small.last_modified; 2]);
    assert_eq!(listed(&place.store).await.unwrap()[1], uploaded);
    // An object without that time says when it was uploaded.
    place.store.put(&Path::from("timeless"), "x".into()).await.unwrap();
    let timeless = Path::from("timeless");
    assert_eq!(times.head(&timeless).await.unwrap(), place.store.head(&timeless).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_object_is_hidden_or_deleted_for_good() {
    let place = place();
    let path = Path::from("a");
    let twice = async || {
        place.store.put(&path, "1".into()).await.unwrap();
        place.store.put(&path, "2".into()).await.unwrap();
    };
    place.store.put(&Path::from("ab"), "longer name".into()).await.unwrap();
    twice().await;
    place.store.delete(&path).await.unwrap();
    assert_eq!(place.versions().await.len(), 4); // two, the marker that hides them, and the other object
    let again = place.store.delete(&path).await.unwrap_err();
    assert!(matches!(again, Error::NotFound { .. }), "{again}");

    let thorough = place.store.clone().with_deletion(Deletion::AllVersions);
    twice().await;
    let mark = place.mark();
    thorough.delete(&path).await.unwrap();
    assert_eq!(place.versions().await.iter().map(|version| &*version.file_name).collect::<Vec<_>>(), ["ab"]);
    let deleted =
        place.fake.world().journal()[mark..].iter().filter(|one| one.path.ends_with("delete_file_version")).count();
    assert_eq!(deleted, 5);
    let again = thorough.delete(&path).await.unwrap_err();
    assert!(matches!(again, Error::NotFound { .. }), "{again}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_not_delete_can_hide() {
    let place = place();
    let store = place.with_key(&[Capability::ListFiles, Capability::ReadFiles, Capability::WriteFiles]).await;
    let path = Path::from("a");
    store.put(&path, "x".into()).await.unwrap();
    let error = store.clone().with_deletion(Deletion::AllVersions).delete(&path).await.unwrap_err();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");
    assert_eq!((source(&error).kind(), source(&error).code()), (ErrorKind::Forbidden, Some("unauthorized")));
    store.delete(&path).await.unwrap();
    assert!(matches!(store.head(&path).await, Err(Error::NotFound { .. })));
}

#[tokio::test(start_paused = true)]
async fn many_are_deleted_at_once_and_in_order() {
    let place = place();
    let paths: Vec<_> = (0..50).map(|number| Path::from(format!("{number:02}"))).collect();
    for path in paths.iter().filter(|path| path.as_ref() != "20") {
        place.store.put(path, "x".into()).await.unwrap();
    }
    let deleted: Vec<_> = place.store.delete_stream(stream::iter(paths.clone()).map(Ok).boxed()).collect().await;
    for (path, deleted) in paths.iter().zip(&deleted) {
        match deleted {
            Ok(deleted) => assert_eq!(path, deleted),
            Err(error) => assert!(path.as_ref() == "20" && matches!(error, Error::NotFound { .. }), "{path}: {error}"),
        }
    }
    assert_eq!(deleted.len(), 50);
    assert!(place.store.list(None).next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn ranges_are_asked_for_with_both_ends() {
    let place = place();
    let path = Path::from("a");
    place.store.put(&path, "0123456789".into()).await.unwrap();
    place.store.put(&Path::from("empty"), PutPayload::new()).await.unwrap();
    let get = async |path: &str, range: GetRange| {
        let got = place.store.get_opts(&Path::from(path), GetOptions::new().with_range(Some(range))).await?;
        let range = got.range.clone();
        Ok::<_, Error>((range, got.bytes().await?))
    };
    let cases = [
        (GetRange::Bounded(2..5), 2..5, vec!["bytes=2-4"]),
        (GetRange::Bounded(8..100), 8..10, vec!["bytes=8-99"]),
        (GetRange::Offset(4), 4..10, vec!["-", "bytes=4-9"]),
        (GetRange::Suffix(3), 7..10, vec!["-", "bytes=7-9"]),
        (GetRange::Suffix(30), 0..10, vec!["-", "-"]),
        (GetRange::Suffix(0), 10..10, vec!["-"]),
    ];
    for (range, expected, asked) in cases {
        let mark = place.mark();
        let (got, bytes) = get("a", range.clone()).await.unwrap();
        assert_eq!(got, expected, "{range}");
        let content = &b"0123456789"[usize::try_from(expected.start).unwrap()..usize::try_from(expected.end).unwrap()];
        assert_eq!(bytes, content, "{range}");
        let journal = place.fake.world().journal();
        let ranges = journal[mark..].iter().map(|one| one.headers.get("range").map_or("-", String::as_str));
        assert_eq!(ranges.collect::<Vec<_>>(), asked, "{range}");
    }
    for range in [GetRange::Bounded(10..11), GetRange::Bounded(3..3), GetRange::Offset(10)] {
        let error = get("a", range).await.unwrap_err();
        assert!(source(&error).is_invalid(), "{error}");
    }
    assert_eq!(get("empty", GetRange::Suffix(5)).await.unwrap(), (0..0, Bytes::new()));
    assert!(get("empty", GetRange::Bounded(0..1)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_version_is_read_by_its_id() {
    let place = place();
    let (path, other) = (Path::from("a"), Path::from("b"));
    let old = place.store.put(&path, "old".into()).await.unwrap().version;
    place.store.put(&path, "new".into()).await.unwrap();
    let version = |version| GetOptions::new().with_version(version);
    let got = place.store.get_opts(&path, version(old.clone())).await.unwrap();
    assert_eq!(got.bytes().await.unwrap(), "old");
    // What is hidden can still be had.
    place.store.delete(&path).await.unwrap();
    place.store.get_opts(&path, version(old.clone()).with_head(true)).await.unwrap();
    let error = place.store.get_opts(&other, version(old)).await.unwrap_err();
    assert!(matches!(&error, Error::NotFound { .. }) && error.to_string().contains("is of `a`"), "{error}");
}

/// Changes the first byte of each download.
#[derive(Debug)]
struct Damaging<T>(T);

#[async_trait]
impl<T: Transport> Transport for Damaging<T> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        let download = request.method() == http::Method::GET && request.uri().path().starts_with("/file/");
        let (parts, body) = self.0.send(request).await?.into_parts();
        if !download {
            return Ok(http::Response::from_parts(parts, body));
        }
        let mut content = body.collect().await.unwrap().to_vec();
        content[0] ^= 1;
        let length = content.len() as u64;
        let body = Incoming::Stream(stream::iter([Ok(Bytes::from(content))]).boxed(), Some(length));
        Ok(http::Response::from_parts(parts, body))
    }
}

#[tokio::test(start_paused = true)]
async fn damaged_content_is_noticed_at_its_end() {
    let place = place();
    let path = Path::from("a");
    place.store.put(&path, "content".into()).await.unwrap();
    let client = place.fake.builder().transport(Damaging(place.fake.world().clone())).build().unwrap();
    let store = B2::new(&client, place.bucket.clone(), BUCKET);
    let error = store.get(&path).await.unwrap().bytes().await.unwrap_err();
    assert!(error.to_string().contains("`a`") && error.to_string().contains("SHA-1"), "{error}");
    assert_eq!(source(&error).kind(), ErrorKind::Decode);
    // Nobody knows the SHA-1 of a part.
    assert_eq!(store.get_range(&path, 0..3).await.unwrap(), "bon");
}

#[tokio::test(start_paused = true)]
async fn a_broken_download_goes_on_where_it_broke() {
    let place = place();
    let path = Path::from("a");
    let content: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
    place.store.put(&path, content.clone().into()).await.unwrap();
    let (mark, world) = (place.mark(), place.fake.world());
    world.fail_nth(1, Fault::CutAnswer { after: 1000 });
    let got = place.store.get(&path).await.unwrap();
    // Another version by now, which is not mixed in.
    place.store.put(&path, "other".into()).await.unwrap();
    world.fail_nth(1, Fault::Lost { applied: false });
    world.fail_nth(2, Fault::CutAnswer { after: 500 });
    assert_eq!(got.bytes().await.unwrap(), content);
    let journal = world.journal();
    let ranges = journal[mark..].iter().filter_map(|one| one.headers.get("range"));
    assert_eq!(ranges.collect::<Vec<_>>(), ["bytes=1000-99999", "bytes=1500-99999"]);

    place.store.put(&path, content.clone().into()).await.unwrap();
    (1..=9).for_each(|n| world.fail_nth(n, Fault::CutAnswer { after: 10 }));
    let error = place.store.get(&path).await.unwrap().bytes().await.unwrap_err();
    assert!(source(&error).message().contains("`a` could not be read to its end"), "{error}");
    assert_eq!(source(&error).kind(), ErrorKind::Transport);
}

#[tokio::test(start_paused = true)]
async fn what_is_small_is_copied_in_one_piece() {
    let place = place();
    let attributes = Attributes::from_iter([(Attribute::Metadata("author".into()), "ada")]);
    place.store.put_opts(&Path::from("a"), "content".into(), attributes.into()).await.unwrap();
    let mark = place.mark();
    place.store.copy(&Path::from("a"), &Path::from("b")).await.unwrap();
    assert_eq!(place.calls_since(mark), ["HEAD", "b2_copy_file"]);
    let copy = place.store.get(&Path::from("b")).await.unwrap();
    assert_eq!(copy.attributes.get(&Attribute::Metadata("author".into())).map(|value| &**value), Some("ada"));
    assert_eq!(copy.bytes().await.unwrap(), "content");
}

#[tokio::test(start_paused = true)]
async fn what_is_large_is_copied_in_parts() {
    let place = small_parts();
    let store = place.store.clone().with_copy_limit(2000);
    let content: Vec<u8> = (0..5001u32).map(|n| (n % 251) as u8).collect();
    let attributes = Attributes::from_iter([(Attribute::ContentType, "video/mp4")]);
    store.put_opts(&Path::from("a"), content.clone().into(), attributes.into()).await.unwrap();
    let mark = place.mark();
    store.copy(&Path::from("a"), &Path::from("b")).await.unwrap();
    let calls = place.calls_since(mark);
    assert_eq!(
        calls,
        ["HEAD", "b2_start_large_file", "b2_copy_part", "b2_copy_part", "b2_copy_part", "b2_finish_large_file"]
    );
    let copy = store.get(&Path::from("b")).await.unwrap();
    assert_eq!(copy.attributes.get(&Attribute::ContentType).map(|value| &**value), Some("video/mp4"));
    // B2 knows no SHA-1 of a large file: the source's goes with it, and is what the copy is held against.
    assert!(copy.attributes.get(&Attribute::Metadata("large_file_sha1".into())).is_some());
    assert_eq!(copy.bytes().await.unwrap(), content);

    // A copy that fails leaves nothing behind.
    let mark = place.fake.world().requests();
    place.fake.world().fail_nth(
        4,
        Fault::Answer {
            applied: false,
            answer: howdah_core::testing::Answer::json(
                400,
                serde_json::json!({ "status": 400, "code": "bad_request", "message": "no" }),
            ),
        },
    );
    let error = store.copy(&Path::from("a"), &Path::from("c")).await.unwrap_err();
    assert_eq!(source(&error).code(), Some("bad_request"));
    assert!(place.fake.world().requests() > mark + 4);
    assert_eq!(place.unfinished().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_multipart_without_a_second_part_is_a_plain_upload() {
    let place = place();
    let mark = place.mark();
    let mut none = place.store.put_multipart(&Path::from("none")).await.unwrap();
    none.complete().await.unwrap();
    let mut one = place.store.put_multipart(&Path::from("one")).await.unwrap();
    one.put_part("part".into()).await.unwrap();
    one.complete().await.unwrap();
    let calls = place.calls_since(mark);
    assert!(calls.iter().all(|call| !call.contains("large") && !call.contains("part")), "{calls:?}");
    assert_eq!((read(&place.store, "none").await, read(&place.store, "one").await), (Bytes::new(), "part".into()));
}

#[tokio::test(start_paused = true)]
async fn a_multipart_is_aborted_or_left() {
    let place = small_parts();
    let path = Path::from("a");
    let mut upload = place.store.put_multipart(&path).await.unwrap();
    upload.put_part(vec![1; 1000].into()).await.unwrap();
    upload.put_part(vec![2; 1000].into()).await.unwrap();
    upload.abort().await.unwrap();
    assert_eq!(place.unfinished().await, []);

    let mut upload = place.store.put_multipart(&path).await.unwrap();
    upload.put_part(vec![1; 1000].into()).await.unwrap();
    upload.put_part(vec![2; 1000].into()).await.unwrap();
    drop(upload);
    assert_eq!(place.unfinished().await.len(), 1);

    let mut upload = place.store.put_multipart(&path).await.unwrap();
    drop((upload.put_part(vec![1; 1000].into()), upload.put_part(vec![2; 1000].into())));
    let error = upload.complete().await.unwrap_err();
    assert!(error.to_string().contains("2 parts"), "{error}");
    assert!(matches!(place.store.head(&path).await, Err(Error::NotFound { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_multipart_goes_on_where_it_was_left() {
    let place = small_parts();
    let path = Path::from("a");
    let parts: Vec<Vec<u8>> = (0..4u8).map(|n| vec![n; 1000]).collect();
    let put = async |store: &B2, parts: &[Vec<u8>]| {
        let mut upload = store.put_multipart(&path).await.unwrap();
        for part in parts {
            upload.put_part(part.clone().into()).await.unwrap();
        }
        upload
    };
    drop(put(&place.store, &parts[..3]).await);

    // Another process, which knows nothing of the first one.
    let store = B2::new(&place.fake.client(), place.bucket.clone(), BUCKET).with_resume();
    let mark = place.mark();
    let put = put(&store, &parts).await.complete().await.unwrap();
    let calls = place.calls_since(mark);
    assert_eq!(calls.iter().filter(|call| *call == "b2_upload_part").count(), 1, "{calls:?}");
    assert!(!calls.contains(&"b2_start_large_file".to_owned()), "{calls:?}");
    assert_eq!(read(&store, "a").await, parts.concat());
    assert_eq!(place.store.head(&path).await.unwrap().version, put.version);
    assert_eq!(place.unfinished().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_multipart_is_gone_on_with_by_its_id() {
    let place = small_parts();
    let path = Path::from("a");
    let attributes = Attributes::from_iter([(Attribute::Metadata("author".into()), "ada")]);
    let options = || PutMultipartOptions { attributes: attributes.clone(), ..PutMultipartOptions::default() };
    let id = place.store.create_multipart_opts(&path, options()).await.unwrap();
    let first = place.store.put_part(&path, &id, 0, vec![1; 1000].into()).await.unwrap();
    let other = B2::new(&place.fake.client(), place.bucket.clone(), BUCKET);
    let second = other.put_part(&path, &id, 1, vec![2; 500].into()).await.unwrap();
    assert_eq!(first.content_id.len(), 40);
    let put = other.complete_multipart(&path, &id, vec![first, second]).await.unwrap();
    assert_eq!(put.version.as_ref(), Some(&id));
    assert_eq!(read(&place.store, "a").await.len(), 1500);

    // Without parts it is an ordinary file that says the same.
    let id = place.store.create_multipart_opts(&Path::from("empty"), options()).await.unwrap();
    place.store.complete_multipart(&Path::from("empty"), &id, vec![]).await.unwrap();
    let empty = place.store.get(&Path::from("empty")).await.unwrap();
    assert!(empty.attributes.get(&Attribute::Metadata("author".into())).is_some());
    assert_eq!(empty.bytes().await.unwrap(), "");
    assert_eq!(place.unfinished().await, []);

    let id = place.store.create_multipart(&path).await.unwrap();
    place.store.abort_multipart(&path, &id).await.unwrap();
    assert_eq!(place.unfinished().await, []);
    let gone = place.store.abort_multipart(&path, &id).await.unwrap_err();
    assert!(source(&gone).status().is_some(), "{gone}");
}

#[tokio::test(start_paused = true)]
async fn many_objects_are_listed_in_pages() {
    let place = place();
    for number in 0..2500 {
        place.fake.put(&place.bucket, &format!("d/{number:04}"), "x");
    }
    place.fake.put(&place.bucket, "e", "x");
    let mark = place.mark();
    let all: Vec<ObjectMeta> = place.store.list(Some(&Path::from("d"))).try_collect().await.unwrap();
    assert_eq!(place.calls_since(mark), ["b2_list_file_names"; 2]);
    assert_eq!(all.len(), 2500);
    assert!(all.windows(2).all(|pair| pair[0].location < pair[1].location));
    let mark = place.mark();
    let folder = place.store.list_with_delimiter(Some(&Path::from("d"))).await.unwrap();
    assert_eq!((folder.objects, folder.common_prefixes), (all, vec![]));
    assert_eq!(place.calls_since(mark).len(), 2);
    let root = place.store.list_with_delimiter(None).await.unwrap();
    assert_eq!((root.objects.len(), root.common_prefixes), (1, vec![Path::from("d")]));
    // Who looks at the first few pays for one page.
    let mark = place.mark();
    let few: Vec<_> = place.store.list(None).take(3).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!((few.len(), place.calls_since(mark).len()), (3, 1));
    let behind = place.store.list_with_offset(None, &Path::from("d/2497"));
    let behind: Vec<String> = behind.map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
    assert_eq!(behind, ["d/2498", "d/2499", "e"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_no_path_is_an_error_of_its_own() {
    let place = place();
    for name in ["a", "b/../c", "d"] {
        place.fake.put(&place.bucket, name, "x");
    }
    let listed: Vec<_> = place.store.list(None).collect().await;
    assert!(matches!(&listed[1], Err(error) if error.to_string().contains("b/../c")), "{listed:?}");
    assert_eq!(listed.iter().filter(|one| one.is_ok()).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn new_versions_are_retained() {
    let place = small_parts();
    let bucket = NewBucket::new("vmst-locked", BucketType::AllPrivate).with_file_lock_enabled(true);
    let bucket = place.client.buckets().create(bucket).await.unwrap().bucket_id;
    let week = Duration::from_secs(7 * 86_400);
    let store = B2::new(&place.client, bucket.clone(), "vmst-locked").with_retention(RetentionMode::Compliance, week);
    let store = store.with_copy_limit(1500).with_deletion(Deletion::AllVersions);
    store.put(&Path::from("a"), vec![1; 1200].into()).await.unwrap();
    store.copy(&Path::from("a"), &Path::from("copied")).await.unwrap();
    let mut upload = store.put_multipart(&Path::from("large")).await.unwrap();
    for _ in 0..2 {
        upload.put_part(vec![1; 1000].into()).await.unwrap();
    }
    upload.complete().await.unwrap();
    store.copy(&Path::from("large"), &Path::from("large copied")).await.unwrap();
    let versions = place.client.files().list_versions(VersionFilter::new(bucket)).all().await.unwrap();
    assert_eq!(versions.len(), 4);
    for version in versions {
        let retention = version.file_retention.unwrap().value.unwrap();
        assert_eq!(retention.mode, Some(RetentionMode::Compliance), "{}", version.file_name);
        let kept = retention.retain_until_timestamp.unwrap().duration_since(version.upload_timestamp);
        assert!((7 * 86_400 - 5..=8 * 86_400).contains(&kept.as_secs()), "{}", version.file_name);
    }
    let error = store.delete(&Path::from("a")).await.unwrap_err();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");
    assert!(store.head(&Path::from("a")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_customers_key_goes_with_everything() {
    let place = small_parts();
    let key = Encryption::Customer(CustomerKey::new(&[7; 32]));
    let store = place.store.clone().with_encryption(key).with_copy_limit(1500);
    store.put(&Path::from("small"), "secret".into()).await.unwrap();
    let mut upload = store.put_multipart(&Path::from("large")).await.unwrap();
    for _ in 0..2 {
        upload.put_part(vec![1; 1000].into()).await.unwrap();
    }
    upload.complete().await.unwrap();
    for (from, to) in [("small", "small copy"), ("large", "large copy")] {
        store.copy(&Path::from(from), &Path::from(to)).await.unwrap();
        assert_eq!(read(&store, to).await, read(&store, from).await);
        assert!(store.head(&Path::from(to)).await.is_ok());
        assert!(place.store.get(&Path::from(to)).await.is_err());
    }
    let id = store.create_multipart(&Path::from("by id")).await.unwrap();
    let other = B2::new(&place.fake.client(), place.bucket.clone(), BUCKET);
    let other = other.with_encryption(Encryption::Customer(CustomerKey::new(&[7; 32])));
    let part = other.put_part(&Path::from("by id"), &id, 0, "part".into()).await.unwrap();
    store.complete_multipart(&Path::from("by id"), &id, vec![part]).await.unwrap();
    assert_eq!(read(&store, "by id").await, "part");
}

#[tokio::test(start_paused = true)]
async fn errors_keep_what_b2_said() {
    let place = place();
    let path = Path::from("a");
    place.fake.set_cap(Cap::Storage(1));
    let error = place.store.put(&path, "more".into()).await.unwrap_err();
    assert!(matches!(error, Error::Generic { store: "B2", .. }), "{error}");
    assert_eq!(source(&error).kind(), ErrorKind::QuotaExceeded);

    let long = Path::from("x".repeat(251));
    for error in [place.store.put(&long, "x".into()).await.err(), place.store.get(&long).await.err()] {
        assert!(error.is_some_and(|error| source(&error).is_invalid()));
    }
    let reader = place.with_key(&[Capability::ReadFiles]).await;
    let error = reader.put(&path, "x".into()).await.unwrap_err();
    assert!(matches!(&error, Error::PermissionDenied { path, .. } if path == "a"), "{error}");
    let error = reader.list(None).next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");

    // A missing bucket is not a missing object.
    let gone = B2::new(&place.client, BucketId::new("e73ede9969c64355b".into()), "vmst-gone");
    for error in [gone.list(None).next().await.unwrap().err(), gone.put(&path, "x".into()).await.err()] {
        assert!(error.is_some_and(|error| matches!(error, Error::Generic { .. })));
    }
}

#[derive(Clone, Debug)]
struct Names(BTreeSet<String>);

fn names() -> impl Strategy<Value = Names> {
    let segment = prop_oneof!["[a-c]{1,2}", "[ -~üß日😀]{1,6}"];
    let path = prop::collection::vec(segment, 1..4).prop_map(|parts| Path::from_iter(parts).to_string());
    let path = path.prop_filter("no segment", |path| !path.is_empty());
    prop::collection::btree_set(path, 1..12).prop_map(Names)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any path is a name, and listings agree with a set of names.
    #[test]
    fn listings_are_what_a_set_of_names_would_give(Names(names) in names(), prefix in "[a-c]?", size in 1usize..5) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let place = place();
            for name in &names {
                let path = Path::parse(name).unwrap();
                place.store.put(&path, name.clone().into()).await.unwrap();
                assert_eq!(read_path(&place.store, &path).await, name.as_bytes());
                assert_eq!(place.store.head(&path).await.unwrap().location, path);
            }
            let folder = Path::from(prefix.as_str());
            let listed = place.store.list(Some(&folder)).map_ok(|meta| meta.location.to_string());
            let listed: Vec<_> = listed.try_collect().await.unwrap();
            let below = |name: &&String| prefix.is_empty() || name.starts_with(&format!("{prefix}/"));
            assert_eq!(listed, names.iter().filter(below).cloned().collect::<Vec<_>>());

            for offset in &names {
                let behind = place.store.list_with_offset(Some(&folder), &Path::parse(offset).unwrap());
                let behind: Vec<_> = behind.map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
                assert_eq!(behind, names.iter().filter(below).filter(|name| *name > offset).cloned().collect::<Vec<_>>());
            }

            // Pages with a prefix that ends anywhere.
            let mut paged = Vec::new();
            let mut options = PaginatedListOptions { max_keys: Some(size), ..PaginatedListOptions::default() };
            loop {
                let page = place.store.list_paginated(Some(&prefix), options.clone()).await.unwrap();
                assert!(page.result.objects.len() <= size);
                paged.extend(page.result.objects.into_iter().map(|meta| meta.location.to_string()));
                options.page_token = page.page_token;
                if options.page_token.is_none() {
                    break;
                }
            }
            assert_eq!(paged, names.iter().filter(|name| name.starts_with(&prefix)).cloned().collect::<Vec<_>>());
        });
    }
}

async fn read_path(store: &B2, path: &Path) -> Bytes {
    store.get(path).await.unwrap().bytes().await.unwrap()
}
