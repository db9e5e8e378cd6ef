//! Spaces as an object store, against the fake: Apache's own checks of stores, and what is particular to Spaces.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use howdah_core::{
    Clock, ErrorKind,
    http::{Body, RetryPolicy, Transport},
    store::Acl,
    testing::Fault,
};
use howdah_digitalocean::{
    spaces::Spaces,
    spaces_keys::{Grant, NewSpacesKey, Permission, SpacesKey},
    testing::{
        FakeDigitalOcean,
        spaces::{ACCESS_KEY, FakeSpaces, SECRET_KEY},
    },
};
use http::{Method, Request, StatusCode};
use object_store::{
    Attribute, Attributes, Error, MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions,
    PutOptions, PutPayload, TagSet, UpdateVersion, integration,
    list::{PaginatedListOptions, PaginatedListStore},
    multipart::MultipartStore,
    path::Path,
    signer::Signer,
};

const BUCKET: &str = "vmst-media";

fn place() -> (FakeSpaces, Spaces) {
    let fake = FakeSpaces::default();
    fake.create_bucket(BUCKET);
    let store = fake.client(BUCKET);
    (fake, store)
}

/// A fake with a second key, `scoped` with the secret `secret`.
fn place_for(grants: Vec<Grant>) -> (FakeSpaces, Spaces) {
    let fake = FakeSpaces::new(move |id| match id {
        ACCESS_KEY => Some((SECRET_KEY.to_owned(), vec![Grant::full_access()])),
        "scoped" => Some(("secret".to_owned(), grants.clone())),
        _ => None,
    });
    fake.create_bucket(BUCKET);
    let store = fake.builder(BUCKET, "scoped", "secret").retry(RetryPolicy::never()).build().unwrap();
    (fake, store)
}

/// A GET by somebody without a key.
async fn anonymous(fake: &FakeSpaces, url: &str) -> (StatusCode, Bytes) {
    let answer = fake.send(Request::get(url).body(Body::Empty).unwrap()).await.unwrap();
    let status = answer.status();
    (status, answer.into_body().collect().await.unwrap())
}

/// Apache's checks, each in a bucket of its own, since they leave things behind. Those that do not apply are `put_opts` and
/// `copy_if_not_exists`, which are about conditional writes, and `copy_rename_nonexistent_object`, which ends with one;
/// `what_spaces_do_not_promise_is_refused` and `a_copy_of_nothing_is_not_found` stand in for them.
macro_rules! conformance {
    ($( $name:ident ( $($argument:expr),* ) ;)+) => {
        mod conformance {
            use super::*;
            $(
                #[tokio::test(start_paused = true)]
                async fn $name() {
                    let (_, store) = place();
                    conformance!(@call $name, store, $($argument),*);
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
    multipart_race_condition(true);
    multipart_out_of_order();
}

#[tokio::test(start_paused = true)]
async fn get_nonexistent_object() {
    let error = integration::get_nonexistent_object(&place().1, None).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_spaces_do_not_promise_is_refused() {
    let (fake, store) = place();
    let at = Path::from("k");
    let update = PutMode::Update(UpdateVersion { e_tag: Some("e".into()), version: None });
    let mut tags = TagSet::default();
    tags.push("a", "b");
    for options in [PutMode::Create.into(), update.into(), PutOptions::from(tags.clone())] {
        let error = store.put_opts(&at, "v".into(), options).await.unwrap_err();
        assert!(matches!(error, Error::NotSupported { .. }), "{error}");
    }
    let tagged = PutMultipartOptions { tags, ..PutMultipartOptions::default() };
    for error in [
        store.put_multipart_opts(&at, tagged.clone()).await.unwrap_err(),
        store.create_multipart_opts(&at, tagged).await.unwrap_err(),
        store.copy_if_not_exists(&at, &Path::from("l")).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NotSupported { .. }), "{error}");
    }
    assert_eq!(fake.world().requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_copy_of_nothing_is_not_found() {
    let (fake, store) = place();
    let (missing, there) = (Path::from("missing"), Path::from("there"));
    store.put(&there, "kept".into()).await.unwrap();
    for error in [store.copy(&missing, &there).await, store.rename(&missing, &there).await] {
        assert!(matches!(error.unwrap_err(), Error::NotFound { .. }));
    }
    assert_eq!(store.get(&there).await.unwrap().bytes().await.unwrap(), "kept");
    assert_eq!(fake.keys(BUCKET), ["there"]);
}

/// What is written into a path one way and signed another way is refused.
#[tokio::test(start_paused = true)]
async fn unusual_keys() {
    let (fake, store) = place();
    for key in ["a b+c", "ü/ö", "100%/%41", "q?x=1&y#z", "(1)!*'~$@=,;:", "日本/語.png"] {
        let at = Path::parse(key).unwrap();
        store.put(&at, key.as_bytes().to_vec().into()).await.unwrap();
        assert_eq!(store.get(&at).await.unwrap().bytes().await.unwrap(), key.as_bytes(), "{key}");
        let to = Path::parse(format!("copy/{key}")).unwrap();
        store.copy(&at, &to).await.unwrap();
        assert_eq!(store.head(&to).await.unwrap().size, key.len() as u64);
        let listed: Vec<_> = store.list(Some(&Path::from("copy"))).try_collect().await.unwrap();
        assert_eq!(listed.iter().map(|it| it.location.as_ref()).collect::<Vec<_>>(), [to.as_ref()]);
        let url = store.signed_url(Method::GET, &to, Duration::from_secs(60)).await.unwrap();
        let fetched = anonymous(&fake, url.as_str()).await;
        assert_eq!(fetched.0, StatusCode::OK, "{key}");
        store.delete(&to).await.unwrap();
    }
}

#[test]
fn a_wrong_setup_is_refused_with_its_reason() {
    let with = |region: &str, bucket: &str| Spaces::new(region, bucket, "id", "secret");
    assert_eq!(with("ams3", "a.b").unwrap().to_string(), "s3://a.b at https://ams3.digitaloceanspaces.com");
    assert_eq!(with("mars1", "media").unwrap().origin(), "media.mars1.digitaloceanspaces.com");
    for (built, reason) in [
        (with("https://ams3.digitaloceanspaces.com", "media"), "`https://ams3.digitaloceanspaces.com` is no region"),
        (with("", "media"), "`` is no region"),
        (with("ams3", "media.ams3.digitaloceanspaces.com"), "give the bucket's name alone"),
        (with("ams3", "a/b"), "cannot be the name of a bucket"),
        (Spaces::builder("ams3", "media").build(), "there is no access key"),
        (
            Spaces::builder("ams3", "media").access_key("id", "s").endpoint("https://media.example.com").build(),
            "begins with the bucket's name",
        ),
    ] {
        let error = built.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(reason), "{error}");
    }
    let builder = Spaces::builder("ams3", "media").access_key("id", "hidden-thing");
    assert!(!format!("{builder:?} {:?}", builder.clone().build().unwrap()).contains("hidden-thing"));
}

#[tokio::test(start_paused = true)]
async fn an_operator_is_told_what_is_wrong() {
    let (fake, store) = place();
    let at = Path::from("dir/k");
    let never =
        |builder: howdah_digitalocean::spaces::SpacesBuilder| builder.retry(RetryPolicy::never()).build().unwrap();
    for (store, code, advice) in [
        (
            never(fake.builder(BUCKET, ACCESS_KEY, "wrong")),
            "SignatureDoesNotMatch",
            "the secret is not that of the access key",
        ),
        (never(fake.builder(BUCKET, "nobody", "wrong")), "InvalidAccessKeyId", "there is no such access key"),
    ] {
        let error = store.put(&at, "v".into()).await.unwrap_err();
        let said = error.to_string();
        assert!(matches!(error, Error::PermissionDenied { .. }), "{said}");
        assert!(
            said.contains("the Space `vmst-media` in nyc3") && said.contains(code) && said.contains(advice),
            "{said}"
        );
        assert!(said.contains(" (request tx0000"), "{said}");
    }
    let nowhere = fake.client("no-such-bucket");
    let mut said = vec![
        nowhere.put(&at, "v".into()).await.unwrap_err(),
        nowhere.get(&at).await.unwrap_err(),
        nowhere.list(None).next().await.unwrap().unwrap_err(),
        nowhere.list_with_offset(None, &at).next().await.unwrap().unwrap_err(),
        nowhere.list_with_delimiter(None).await.unwrap_err(),
        nowhere.list_paginated(None, PaginatedListOptions::default()).await.unwrap_err(),
        nowhere.copy(&at, &at).await.unwrap_err(),
        nowhere.create_multipart(&at).await.unwrap_err(),
        nowhere.delete(&at).await.unwrap_err(),
    ];
    said.extend(nowhere.put_multipart(&at).await.err());
    assert_eq!(said.len(), 10);
    for error in said {
        let told = error.to_string();
        assert!(told.contains("`no-such-bucket` in nyc3: there is no such bucket"), "{told}");
        // The error below is still to be had.
        assert!(std::error::Error::source(&error).unwrap().source().is_some(), "{error:?}");
    }

    let mut upload = store.put_multipart(&at).await.unwrap();
    upload.put_part("v".into()).await.unwrap();
    upload.abort().await.unwrap();
    let error = upload.complete().await.unwrap_err().to_string();
    assert!(error.contains("`vmst-media`") && error.contains("the upload was completed or given up"), "{error}");
    let error = upload.put_part("w".into()).await.unwrap_err().to_string();
    assert!(error.contains("NoSuchUpload") && error.contains("in nyc3"), "{error}");

    let long_ago = FakeSpaces::at("ams3", Clock::starting_at("2020-01-01T00:00:00Z".parse().unwrap()), |id| {
        (id == ACCESS_KEY).then(|| (SECRET_KEY.to_owned(), vec![Grant::full_access()]))
    });
    long_ago.create_bucket(BUCKET);
    let error = long_ago.client(BUCKET).get(&at).await.unwrap_err().to_string();
    assert!(error.contains("in ams3: this machine's clock is wrong"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn busy_spaces_are_asked_again_later() {
    let (fake, store) = place();
    let busy = || Fault::Answer { applied: false, answer: FakeSpaces::slow_down() };
    fake.world().fail_nth(1, busy());
    fake.world().fail_nth(2, busy());
    store.put(&Path::from("k"), "v".into()).await.unwrap();
    assert_eq!(fake.world().requests(), 3);

    let hasty = fake.builder(BUCKET, ACCESS_KEY, SECRET_KEY).retry(RetryPolicy::never()).build().unwrap();
    fake.world().fail_next(busy());
    let error = hasty.head(&Path::from("k")).await.unwrap_err().to_string();
    assert!(error.contains("503"), "{error}");
    fake.world().fail_next(busy());
    let error = hasty.get(&Path::from("k")).await.unwrap_err().to_string();
    assert!(error.contains("too many requests came at once") && error.contains("SlowDown"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn more_than_1500_a_second_is_too_much() {
    let (fake, store) = place();
    let hasty = fake.builder(BUCKET, ACCESS_KEY, SECRET_KEY).retry(RetryPolicy::never()).build().unwrap();
    let at = Path::from("k");
    store.put(&at, "v".into()).await.unwrap();
    for _ in 1..1500 {
        hasty.get(&at).await.unwrap();
    }
    let error = hasty.get(&at).await.unwrap_err().to_string();
    assert!(error.contains("SlowDown"), "{error}");
    // The patient wait until it is not.
    store.get(&at).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn everyone_reads_what_is_public_and_nothing_else() {
    let (fake, private) = place();
    let public = fake.builder(BUCKET, ACCESS_KEY, SECRET_KEY).acl(Acl::PublicRead).build().unwrap();
    let (open, closed) = (Path::from("open"), Path::from("closed"));
    let url = |key: &Path| format!("https://{}/{key}", public.origin());
    public.put(&open, "for all".into()).await.unwrap();
    private.put(&closed, "for me".into()).await.unwrap();
    assert_eq!(anonymous(&fake, &url(&open)).await, (StatusCode::OK, "for all".into()));
    let (status, said) = anonymous(&fake, &url(&closed)).await;
    let said = String::from_utf8(said.to_vec()).unwrap();
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        said.contains("<Code>AccessDenied</Code>")
            && said.contains("<BucketName>vmst-media</BucketName><RequestId>tx0000"),
        "{said}"
    );
    // Nor is anyone told what is not there, nor what is.
    assert_eq!(anonymous(&fake, &url(&Path::from("missing"))).await.0, StatusCode::FORBIDDEN);
    assert_eq!(anonymous(&fake, &format!("https://{}/", public.origin())).await.0, StatusCode::FORBIDDEN);

    // A copy is as public as the one who makes it says, and what is replaced is what it is replaced with.
    private.copy(&open, &Path::from("copy")).await.unwrap();
    assert_eq!(anonymous(&fake, &url(&Path::from("copy"))).await.0, StatusCode::FORBIDDEN);
    public.copy(&closed, &Path::from("copy")).await.unwrap();
    assert_eq!(anonymous(&fake, &url(&Path::from("copy"))).await.0, StatusCode::OK);
    private.put(&open, "no more".into()).await.unwrap();
    assert_eq!(anonymous(&fake, &url(&open)).await.0, StatusCode::FORBIDDEN);
    let mut upload = public.put_multipart(&closed).await.unwrap();
    upload.put_part("in parts".into()).await.unwrap();
    upload.complete().await.unwrap();
    // The CDN has the same.
    let cdn = format!("https://{BUCKET}.nyc3.cdn.digitaloceanspaces.com/closed");
    assert_eq!(anonymous(&fake, &cdn).await, (StatusCode::OK, "in parts".into()));

    let error =
        fake.builder(BUCKET, ACCESS_KEY, SECRET_KEY).acl(Acl::Other("public-read-write".into())).build().unwrap();
    let error = error.put(&open, "v".into()).await.unwrap_err().to_string();
    assert!(error.contains("NotImplemented: The ACL `public-read-write` is not faked."), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_signed_url_opens_one_thing_for_a_while() {
    let (fake, store) = place();
    let at = Path::from("dir/signed");
    store.put(&at, "shared".into()).await.unwrap();
    let url = store.signed_url(Method::GET, &at, Duration::from_secs(60)).await.unwrap().to_string();
    assert_eq!(anonymous(&fake, &url).await, (StatusCode::OK, "shared".into()));
    for forged in [url.replace("dir/signed", "dir/other"), url.replace("X-Amz-Expires=60", "X-Amz-Expires=600")] {
        assert_ne!(forged, url);
        let (status, said) = anonymous(&fake, &forged).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(String::from_utf8_lossy(&said).contains("SignatureDoesNotMatch"));
    }
    let put = store.signed_url(Method::PUT, &at, Duration::from_secs(60)).await.unwrap().to_string();
    let request = Request::put(&put).body(Body::Bytes("brought".into())).unwrap();
    assert_eq!(fake.send(request).await.unwrap().status(), StatusCode::OK);
    assert_eq!(store.get(&at).await.unwrap().bytes().await.unwrap(), "brought");
    assert_eq!(anonymous(&fake, &put).await.0, StatusCode::FORBIDDEN);

    tokio::time::advance(Duration::from_secs(62)).await;
    let (status, said) = anonymous(&fake, &url).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(String::from_utf8_lossy(&said).contains("AccessDenied"));
}

#[tokio::test(start_paused = true)]
async fn a_key_does_what_it_has_grants_for() {
    let (_, reader) = {
        let (fake, reader) = place_for(vec![Grant::new(BUCKET, Permission::Read)]);
        fake.client(BUCKET).put(&Path::from("k"), "v".into()).await.unwrap();
        (fake, reader)
    };
    let at = Path::from("k");
    assert_eq!(reader.get(&at).await.unwrap().bytes().await.unwrap(), "v");
    assert_eq!(reader.list(None).try_collect::<Vec<_>>().await.unwrap().len(), 1);
    for error in [
        reader.put(&at, "w".into()).await.unwrap_err(),
        reader.delete(&at).await.unwrap_err(),
        reader.copy(&at, &Path::from("l")).await.unwrap_err(),
        reader.create_multipart(&at).await.unwrap_err(),
    ] {
        let said = error.to_string();
        assert!(matches!(error, Error::PermissionDenied { .. }), "{said}");
        assert!(said.contains("AccessDenied") && said.contains("the access key has no grant for this"), "{said}");
    }
    let (_, writer) = place_for(vec![Grant::new("other", Permission::Read), Grant::new(BUCKET, Permission::Readwrite)]);
    writer.put(&at, "w".into()).await.unwrap();
    writer.delete(&at).await.unwrap();
    let (_, stranger) = place_for(vec![Grant::new("other", Permission::Readwrite)]);
    assert!(matches!(stranger.get(&at).await.unwrap_err(), Error::PermissionDenied { .. }));
    let (_, nobody) = place_for(vec![]);
    assert!(matches!(nobody.put(&at, "w".into()).await.unwrap_err(), Error::PermissionDenied { .. }));
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_an_object_is_kept_with_it() {
    let (fake, store) = place();
    let at = Path::from("k");
    let said = Attributes::from_iter([
        (Attribute::ContentType, "image/png"),
        (Attribute::CacheControl, "max-age=60"),
        (Attribute::ContentDisposition, "attachment; filename=\"x\""),
        (Attribute::ContentEncoding, "gzip"),
        (Attribute::ContentLanguage, "de"),
        (Attribute::Metadata("origin".into()), "test"),
    ]);
    let put = store.put_opts(&at, "abc".into(), said.clone().into()).await.unwrap();
    assert_eq!(put.e_tag.as_deref(), Some("\"900150983cd24fb0d6963f7d28e17f72\""));
    store.copy(&at, &Path::from("copy")).await.unwrap();
    let mut upload = store.put_multipart_opts(&Path::from("parts"), said.clone().into()).await.unwrap();
    upload.put_part("abc".into()).await.unwrap();
    let whole = upload.complete().await.unwrap();
    assert_eq!(whole.e_tag.as_deref(), Some("\"af5da9f45af7a300e3aded972f8ff687-1\""));
    for key in ["k", "copy", "parts"] {
        assert_eq!(store.get(&Path::from(key)).await.unwrap().attributes, said, "{key}");
    }
    assert_eq!(fake.keys(BUCKET), ["copy", "k", "parts"]);
    assert_eq!(fake.buckets(), [BUCKET]);
}

#[tokio::test(start_paused = true)]
async fn many_are_deleted_at_once() {
    let (fake, store) = place();
    for number in 0..1100 {
        store.put(&Path::from(format!("k/{number}")), PutPayload::new()).await.unwrap();
    }
    let before = fake.world().requests();
    let paths = (0..1100).map(|number| Ok(Path::from(format!("k/{number}"))));
    let deleted: Vec<_> = store.delete_stream(stream::iter(paths).boxed()).try_collect().await.unwrap();
    assert_eq!((deleted.len(), fake.keys(BUCKET).len()), (1100, 0));
    assert_eq!(fake.world().requests() - before, 2);
    let calls: Vec<_> = fake.world().journal().into_iter().filter_map(|one| one.route).collect();
    assert_eq!(calls.iter().filter(|call| *call == "POST /DeleteObjects").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_breaks_on_its_way_is_asked_for_again_from_there() {
    let (fake, store) = place();
    let at = Path::from("k");
    let content: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    fake.world().fail_next(Fault::CutRequest { after: 1000 });
    store.put(&at, content.clone().into()).await.unwrap();
    fake.world().fail_next(Fault::CutAnswer { after: 100_000 });
    assert_eq!(store.get(&at).await.unwrap().bytes().await.unwrap(), content);
    assert_eq!(fake.world().requests(), 4);
}

#[tokio::test]
async fn it_works_over_the_network_too() {
    let (fake, _) = place();
    let server = fake.serve().await.unwrap();
    let store = Spaces::builder("nyc3", BUCKET).access_key(ACCESS_KEY, SECRET_KEY).endpoint(server.base_url());
    let store = store.build().unwrap();
    let at = Path::from("dir/large");
    let content = vec![b'x'; 6 << 20];
    let mut upload = store.put_multipart(&at).await.unwrap();
    upload.put_part(content.clone().into()).await.unwrap();
    upload.put_part("end".into()).await.unwrap();
    upload.complete().await.unwrap();
    let read = store.get(&at).await.unwrap().bytes().await.unwrap();
    assert_eq!((read.len(), read.ends_with(b"xend")), ((6 << 20) + 3, true));
    assert_eq!(store.head(&at).await.unwrap().size, (6 << 20) + 3);
    store.put(&at, PutPayload::new()).await.unwrap();
    assert_eq!(store.head(&at).await.unwrap().size, 0);
    store.delete(&at).await.unwrap();
    assert!(fake.keys(BUCKET).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_made_by_the_api_opens_what_it_grants() {
    let fake = FakeDigitalOcean::new();
    let spaces = fake.spaces("nyc3");
    spaces.create_bucket("media");
    let keys = fake.client().spaces_keys();
    let store = |key: &SpacesKey| {
        let secret = key.secret_key.clone().unwrap();
        Spaces::builder("nyc3", "media")
            .access_key(key.access_key.as_str(), secret)
            .transport(spaces.clone())
            .build()
            .unwrap()
    };
    let writer = keys.create(NewSpacesKey::new("writer", vec![Grant::new("media", "readwrite")])).await.unwrap();
    let reader = keys.create(NewSpacesKey::new("reader", vec![Grant::new("media", "read")])).await.unwrap();
    let at = Path::from("a.txt");
    store(&writer).put(&at, "content".into()).await.unwrap();
    assert_eq!(store(&reader).get(&at).await.unwrap().bytes().await.unwrap(), "content");
    let error = store(&reader).put(&at, "other".into()).await.unwrap_err();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");
    keys.delete(&writer.access_key).await.unwrap();
    assert!(store(&writer).get(&at).await.is_err());
}
