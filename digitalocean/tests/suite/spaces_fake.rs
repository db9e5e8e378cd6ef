//! What the fake of Spaces answers to S3 clients other than the store.

use std::time::Duration;

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;
use howdah_core::{
    Clock,
    http::{Body, Transport},
    store::object_store::{
        ObjectStoreExt,
        aws::{AwsAuthorizer, AwsCredential},
        client::{HttpRequest, HttpRequestBody},
        path::Path,
    },
};
use howdah_digitalocean::{
    spaces_keys::{Grant, Permission},
    testing::spaces::{ACCESS_KEY, FakeSpaces, SECRET_KEY},
};
use http::{HeaderMap, Method, Request};

const HOST: &str = "https://nyc3.digitaloceanspaces.com";

fn place() -> FakeSpaces {
    let fake = FakeSpaces::new(|id| match id {
        ACCESS_KEY => Some((SECRET_KEY.to_owned(), vec![Grant::full_access()])),
        "writer" => Some(("secret".to_owned(), vec![Grant::new("b", Permission::Readwrite)])),
        _ => None,
    });
    fake.create_bucket("b");
    fake
}

struct Said {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Said {
    /// The first element of that name.
    fn of(&self, name: &str) -> &str {
        let (_, rest) =
            self.body.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name}: {}", self.body));
        rest.split_once(&format!("</{name}>")).unwrap().0
    }

    /// All of them.
    fn all(&self, name: &str) -> Vec<&str> {
        let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
        self.body.split(begin.as_str()).skip(1).map(|rest| rest.split_once(end.as_str()).unwrap().0).collect()
    }

    fn refusal(&self) -> (u16, &str) {
        (self.status, self.of("Code"))
    }
}

/// A request that is not signed yet.
fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> HttpRequest {
    let uri = if target.starts_with("https:") { target.to_owned() } else { format!("{HOST}{target}") };
    let builder = Request::builder().method(method).uri(uri);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(HttpRequestBody::from(body.to_owned())).unwrap()
}

fn sign(request: &mut HttpRequest, key: (&str, &str), region: &str) {
    let credential = AwsCredential { key_id: key.0.into(), secret_key: key.1.into(), token: None };
    AwsAuthorizer::new(&credential, "s3", region).try_authorize(request, None).unwrap();
}

async fn send(fake: &FakeSpaces, request: HttpRequest) -> Said {
    let body = request.body().as_bytes().cloned().unwrap_or_default();
    let answer =
        fake.send(request.map(|_| if body.is_empty() { Body::Empty } else { Body::Bytes(body) })).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_vec()).unwrap();
    Said { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// By the owner.
async fn ask(fake: &FakeSpaces, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Said {
    let mut request = request(method, target, headers, body);
    sign(&mut request, (ACCESS_KEY, SECRET_KEY), "nyc3");
    send(fake, request).await
}

async fn get(fake: &FakeSpaces, target: &str) -> Said {
    ask(fake, "GET", target, &[], "").await
}

#[tokio::test(start_paused = true)]
async fn buckets_come_and_go() {
    let fake = place();
    assert_eq!(ask(&fake, "PUT", "/new-bucket", &[], "").await.status, 200);
    assert_eq!(get(&fake, "/").await.all("Name"), ["b", "new-bucket"]);
    assert_eq!(ask(&fake, "HEAD", "/new-bucket", &[], "").await.status, 200);
    assert_eq!(ask(&fake, "HEAD", "/other", &[], "").await.status, 404);
    assert_eq!(ask(&fake, "PUT", "/new-bucket", &[], "").await.refusal(), (409, "BucketAlreadyExists"));
    assert_eq!(get(&fake, "/b?location").await.body.matches(">nyc3<").count(), 1);
    for name in ["ab", "Upper", "-a-", "a..b", "under_score"] {
        let said = ask(&fake, "PUT", &format!("/{name}"), &[], "").await;
        assert_eq!(said.refusal(), (400, "InvalidBucketName"), "{name}");
    }
    let place = |region: &str| {
        format!(
            "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        )
    };
    let elsewhere = ask(&fake, "PUT", "/elsewhere", &[], &place("ams3")).await;
    assert_eq!(elsewhere.refusal(), (400, "InvalidLocationConstraint"));
    assert_eq!(ask(&fake, "PUT", "/here", &[], &place("nyc3")).await.status, 200);

    ask(&fake, "PUT", "/new-bucket/k", &[], "v").await;
    assert_eq!(ask(&fake, "DELETE", "/new-bucket", &[], "").await.refusal(), (409, "BucketNotEmpty"));
    assert_eq!(ask(&fake, "DELETE", "/new-bucket/k", &[], "").await.status, 204);
    assert_eq!(ask(&fake, "DELETE", "/new-bucket", &[], "").await.status, 204);
    assert_eq!(get(&fake, "/new-bucket").await.refusal(), (404, "NoSuchBucket"));
    // Its name is not to be had for a week.
    assert_eq!(ask(&fake, "PUT", "/new-bucket", &[], "").await.refusal(), (409, "BucketAlreadyExists"));
    for number in 2..100 {
        fake.create_bucket(&format!("bucket-{number}"));
    }
    assert_eq!(ask(&fake, "PUT", "/one-more", &[], "").await.refusal(), (400, "TooManyBuckets"));
}

#[tokio::test(start_paused = true)]
async fn what_time_does() {
    // Requests are signed by the machine's clock, and the fake's goes on without it.
    let directory = tempfile::tempdir().unwrap();
    let key = |id: &str| (id == ACCESS_KEY).then(|| (SECRET_KEY.to_owned(), vec![Grant::full_access()]));
    let now = jiff::Timestamp::now();
    {
        let fake = FakeSpaces::kept_in(directory.path(), "nyc3", Clock::starting_at(now), key).unwrap();
        ask(&fake, "PUT", "/bucket", &[], "").await;
        ask(&fake, "PUT", "/gone", &[], "").await;
        ask(&fake, "DELETE", "/gone", &[], "").await;
        ask(&fake, "PUT", "/bucket/kept", &[("x-amz-meta-a", "b")], "content").await;
        let id = ask(&fake, "POST", "/bucket/parts?uploads", &[], "").await.of("UploadId").to_owned();
        ask(&fake, "PUT", &format!("/bucket/parts?partNumber=1&uploadId={id}"), &[], "part").await;
    }
    let fake = FakeSpaces::kept_in(directory.path(), "ignored", Clock::starting_at(now), key).unwrap();
    let said = get(&fake, "/bucket/kept").await;
    assert_eq!((said.body.as_str(), &said.headers["x-amz-meta-a"]), ("content", &"b".parse().unwrap()));
    assert_eq!(get(&fake, "/bucket?uploads").await.all("Key"), ["parts"]);
    assert_eq!(ask(&fake, "PUT", "/gone", &[], "").await.refusal(), (409, "BucketAlreadyExists"));
    let files = || std::fs::read_dir(directory.path().join("contents")).unwrap().count();
    assert_eq!(files(), 2);

    tokio::time::advance(Duration::from_secs(31 * 24 * 3600)).await;
    assert_eq!(ask(&fake, "PUT", "/gone", &[], "").await.refusal(), (403, "RequestTimeTooSkewed"));
    assert_eq!(files(), 1);
    drop(fake);
    let fake = FakeSpaces::kept_in(directory.path(), "nyc3", Clock::starting_at(now), key).unwrap();
    assert!(get(&fake, "/bucket?uploads").await.all("Key").is_empty());
    assert_eq!(get(&fake, "/bucket/kept").await.body, "content");
    assert_eq!(ask(&fake, "PUT", "/gone", &[], "").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_signed_rightly_is_refused() {
    let fake = place();
    let owner = (ACCESS_KEY, SECRET_KEY);
    for (key, region, expected) in [
        (owner, "us-east-1", None),
        (owner, "ams3", Some((400, "AuthorizationHeaderMalformed"))),
        ((ACCESS_KEY, "other"), "nyc3", Some((403, "SignatureDoesNotMatch"))),
        (("nobody", SECRET_KEY), "nyc3", Some((403, "InvalidAccessKeyId"))),
    ] {
        let mut request = request("PUT", "/b/k", &[], "v");
        sign(&mut request, key, region);
        let said = send(&fake, request).await;
        match expected {
            None => assert_eq!(said.status, 200),
            Some(expected) => assert_eq!(said.refusal(), expected),
        }
    }
    let signed = || {
        let mut request = request("PUT", "/b/k", &[("x-amz-acl", "private")], "v");
        sign(&mut request, owner, "nyc3");
        request
    };
    let mut other = signed();
    *other.body_mut() = HttpRequestBody::from("w".to_owned());
    assert_eq!(send(&fake, other).await.refusal(), (400, "XAmzContentSHA256Mismatch"));
    let mut other = signed();
    *other.method_mut() = Method::DELETE;
    assert_eq!(send(&fake, other).await.refusal(), (403, "SignatureDoesNotMatch"));
    let mut other = signed();
    *other.uri_mut() = format!("{HOST}/b/l").parse().unwrap();
    assert_eq!(send(&fake, other).await.refusal(), (403, "SignatureDoesNotMatch"));
    let mut other = signed();
    other.headers_mut().insert("x-amz-acl", "public-read".parse().unwrap());
    assert_eq!(send(&fake, other).await.refusal(), (403, "SignatureDoesNotMatch"));
    let mut other = signed();
    other.headers_mut().insert("x-amz-meta-more", "x".parse().unwrap());
    assert_eq!(send(&fake, other).await.refusal(), (403, "AccessDenied"));
    let mut other = signed();
    other.headers_mut().insert("x-amz-date", "20200101T000000Z".parse().unwrap());
    assert_eq!(send(&fake, other).await.refusal(), (403, "RequestTimeTooSkewed"));
    let mut other = signed();
    other.headers_mut().insert("authorization", "AWS id:signature".parse().unwrap());
    assert_eq!(send(&fake, other).await.refusal(), (400, "InvalidArgument"));
    assert_eq!(send(&fake, request("GET", "/b/k", &[], "")).await.refusal(), (403, "AccessDenied"));
    let target = "/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x";
    assert_eq!(
        send(&fake, request("GET", target, &[], "")).await.refusal(),
        (400, "AuthorizationQueryParametersError")
    );
    // None of it was written.
    assert_eq!(get(&fake, "/b/k").await.body, "v");
    assert_eq!(fake.keys("b"), ["k"]);
}

#[tokio::test(start_paused = true)]
async fn urls_of_version_2_are_taken() {
    let fake = place();
    ask(&fake, "PUT", "/b/dir/a%20b", &[], "old").await;
    // Until the year 2100.
    let signed = "/b/dir/a%20b?AWSAccessKeyId=DO00FAKE0123456789AB&Signature=OUXX%2F9Ud%2FPB%2FX6Tjs1zKuMtmzWw%3D&Expires=4102444800";
    let said = send(&fake, request("GET", signed, &[], "")).await;
    assert_eq!((said.status, said.body.as_str()), (200, "old"));
    assert_eq!(
        send(&fake, request("GET", &signed.replace("dir", "div"), &[], "")).await.refusal(),
        (403, "SignatureDoesNotMatch")
    );
    let ended = signed.replace("4102444800", "1000000000");
    assert_eq!(send(&fake, request("GET", &ended, &[], "")).await.refusal(), (403, "AccessDenied"));
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes()).as_ref().to_vec()
}

fn sha256(content: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, content.as_bytes()).as_ref())
}

/// A PUT of chunks, which Apache's client cannot sign: `payload` is what its header says of them, and `body` is made of
/// how a chunk is signed.
fn in_chunks(payload: &str, length: &str, body: impl Fn(&dyn Fn(&str, &str) -> String) -> String) -> HttpRequest {
    let now = jiff::Timestamp::now();
    let (day, date) = (now.strftime("%Y%m%d").to_string(), now.strftime("%Y%m%dT%H%M%SZ").to_string());
    let scope = format!("{day}/nyc3/s3/aws4_request");
    let headers = [
        ("content-encoding", "aws-chunked,gzip"),
        ("host", "nyc3.digitaloceanspaces.com"),
        ("x-amz-content-sha256", payload),
        ("x-amz-date", &date),
        ("x-amz-decoded-content-length", length),
    ];
    let signed = headers.map(|(name, _)| name).join(";");
    let listed = headers.map(|(name, value)| format!("{name}:{value}\n")).concat();
    let canonical = format!("PUT\n/b/k\n\n{listed}\n{signed}\n{payload}");
    let key = [day.as_str(), "nyc3", "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{SECRET_KEY}").into_bytes(), |key, part| hmac(&key, part));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(&canonical));
    let signature = HEXLOWER.encode(&hmac(&key, &to_sign));
    let chunk = |previous: &str, data: &str| {
        let previous = if previous.is_empty() { &signature } else { previous };
        let hashes = format!("{}\n{}", sha256(""), sha256(data));
        HEXLOWER.encode(&hmac(&key, &format!("AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{previous}\n{hashes}")))
    };
    let mut request = request("PUT", "/b/k", &headers, &body(&chunk));
    let credential = format!("Credential={ACCESS_KEY}/{scope}");
    let authorization = format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders={signed}, Signature={signature}");
    request.headers_mut().insert("authorization", authorization.parse().unwrap());
    request
}

#[tokio::test(start_paused = true)]
async fn a_body_in_chunks_is_put_together() {
    const UNSIGNED: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    let fake = place();
    let chunks = "3\r\nabc\r\n4\r\ndefg\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
    assert_eq!(send(&fake, in_chunks(UNSIGNED, "7", |_| chunks.into())).await.status, 200);
    let said = get(&fake, "/b/k").await;
    assert_eq!((said.body.as_str(), &said.headers["content-encoding"]), ("abcdefg", &"gzip".parse().unwrap()));
    for (length, body) in [("8", chunks), ("6", chunks), ("3", "3\r\nabc\r\n"), ("3", "3\r\nabcd\r\n0\r\n\r\n")] {
        let said = send(&fake, in_chunks(UNSIGNED, length, |_| body.into())).await;
        assert_eq!(said.refusal(), (400, "IncompleteBody"), "{length} {body}");
    }
    let said = send(&fake, in_chunks(UNSIGNED, "x", |_| chunks.into())).await;
    assert_eq!(said.refusal(), (411, "MissingContentLength"));
    assert_eq!(get(&fake, "/b/k").await.body, "abcdefg");

    let signed = |first: &'static str, sent: &'static str| {
        in_chunks(SIGNED, "3", move |sign| {
            let one = sign("", first);
            let end = sign(&one, "");
            format!("3;chunk-signature={one}\r\n{sent}\r\n0;chunk-signature={end}\r\n\r\n")
        })
    };
    assert_eq!(send(&fake, signed("xyz", "xyz")).await.status, 200);
    assert_eq!(send(&fake, signed("xyz", "xyY")).await.refusal(), (403, "SignatureDoesNotMatch"));
    assert_eq!(get(&fake, "/b/k").await.body, "xyz");
}

#[tokio::test(start_paused = true)]
async fn lists_have_pages() {
    let fake = place();
    for key in ["a", "d/1", "d/2 +ü", "d/e/3", "z"] {
        fake.client("b").put(&Path::parse(key).unwrap(), "xy".into()).await.unwrap();
    }
    let said = get(&fake, "/b?delimiter=/&max-keys=2").await;
    assert_eq!((said.all("Key"), said.of("NextMarker"), said.of("IsTruncated")), (vec!["a"], "d/", "true"));
    assert_eq!(said.body.matches("<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>").count(), 1);
    let said = get(&fake, "/b?delimiter=/&max-keys=2&marker=d/").await;
    assert_eq!((said.all("Key"), said.of("IsTruncated"), said.of("ID")), (vec!["z"], "false", "7130845"));
    assert!(!said.body.contains("CommonPrefixes"));

    let said = get(&fake, "/b?list-type=2&prefix=d/&max-keys=1").await;
    assert_eq!((said.all("Key"), said.of("KeyCount"), said.of("Size")), (vec!["d/1"], "1", "2"));
    assert!(!said.body.contains("<Owner>"));
    let next = format!("/b?list-type=2&prefix=d/&continuation-token={}", said.of("NextContinuationToken"));
    assert_eq!(get(&fake, &next).await.all("Key"), ["d/2 +ü", "d/e/3"]);
    // The keys are encoded, and as with Ceph the common prefixes are not.
    let said = get(&fake, "/b?list-type=2&encoding-type=url&prefix=d/").await;
    assert_eq!(said.all("Key"), ["d%2F1", "d%2F2%20%2B%C3%BC", "d%2Fe%2F3"]);
    assert_eq!(
        get(&fake, "/b?list-type=2&encoding-type=url&prefix=d/&delimiter=/").await.all("Prefix"),
        ["d%2F", "d/e/"]
    );
    assert_eq!(get(&fake, "/b?list-type=2&start-after=d/2").await.all("Key").len(), 3);
    assert_eq!(get(&fake, "/b?list-type=2&max-keys=0").await.of("IsTruncated"), "false");
    for wrong in ["max-keys=many", "list-type=3", "encoding-type=base64", "list-type=2&continuation-token=%20"] {
        assert_eq!(get(&fake, &format!("/b?{wrong}")).await.refusal(), (400, "InvalidArgument"), "{wrong}");
    }
    let journal = fake.world().journal();
    let last = journal.iter().filter_map(|one| one.route.as_deref()).next_back();
    assert_eq!(last, Some("GET /ListObjectsV2"));
    assert_eq!(journal.last().unwrap().path, "/b");
}

#[tokio::test(start_paused = true)]
async fn objects_are_answered_as_they_are_asked_for() {
    let fake = place();
    let put =
        ask(&fake, "PUT", "/b/k", &[("content-type", "text/plain"), ("cache-control", "no-cache")], "0123456789").await;
    let etag = put.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(etag, "\"781e5e245d69b566979b86e28d23f2c7\"");
    let with = async |name: &str, value: &str| ask(&fake, "GET", "/b/k", &[(name, value)], "").await;
    let part = with("range", "bytes=2-4").await;
    assert_eq!(
        (part.status, part.body.as_str(), &part.headers["content-range"]),
        (206, "234", &"bytes 2-4/10".parse().unwrap())
    );
    assert_eq!(with("range", "bytes=-3").await.body, "789");
    assert_eq!(with("range", "bytes=10-").await.refusal(), (416, "InvalidRange"));
    assert_eq!(with("range", "bytes=0-1,3-4").await.status, 200);
    assert_eq!(with("if-none-match", &etag).await.status, 304);
    assert_eq!(with("if-none-match", "\"other\"").await.status, 200);
    assert_eq!(with("if-match", &etag).await.status, 200);
    assert_eq!(with("if-match", "\"other\"").await.refusal(), (412, "PreconditionFailed"));
    assert_eq!(with("if-modified-since", "Fri, 02 Jan 2099 03:04:05 GMT").await.status, 304);
    assert_eq!(with("if-modified-since", "Fri, 02 Jan 2015 03:04:05 GMT").await.status, 200);
    assert_eq!(
        with("if-unmodified-since", "Fri, 02 Jan 2015 03:04:05 GMT").await.refusal(),
        (412, "PreconditionFailed")
    );

    let head = ask(&fake, "HEAD", "/b/k", &[], "").await;
    assert_eq!((head.status, head.body.as_str(), &head.headers["content-length"]), (200, "", &"10".parse().unwrap()));
    assert_eq!(
        (&head.headers["content-type"], &head.headers["cache-control"]),
        (&"text/plain".parse().unwrap(), &"no-cache".parse().unwrap())
    );
    let renamed = get(&fake, "/b/k?response-content-type=text%2Fx").await;
    assert_eq!(renamed.headers["content-type"], "text/x");
    assert_eq!(get(&fake, "/b/missing").await.refusal(), (404, "NoSuchKey"));

    for (header, value, expected) in [
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", (400, "BadDigest")),
        ("content-md5", "x", (400, "InvalidDigest")),
        ("x-amz-storage-class", "GLACIER", (400, "InvalidStorageClass")),
        ("x-amz-acl", "nonsense", (400, "InvalidArgument")),
        ("x-amz-acl", "authenticated-read", (501, "NotImplemented")),
        ("if-none-match", "*", (501, "NotImplemented")),
        ("x-amz-tagging", "a=b", (501, "NotImplemented")),
        ("x-amz-server-side-encryption", "AES256", (501, "NotImplemented")),
    ] {
        assert_eq!(ask(&fake, "PUT", "/b/k", &[(header, value)], "v").await.refusal(), expected, "{header}: {value}");
    }
    assert_eq!(
        ask(&fake, "PUT", &format!("/b/{}", "k".repeat(1025)), &[], "v").await.refusal(),
        (400, "InvalidObjectName")
    );
    assert_eq!(get(&fake, "/b/k").await.body, "0123456789");
    // Slashes are part of a key, wherever they are.
    assert_eq!(ask(&fake, "PUT", "/b//a//b/", &[], "odd").await.status, 200);
    assert_eq!(
        (get(&fake, "/b//a//b/").await.body.as_str(), fake.keys("b")),
        ("odd", vec!["/a//b/".to_owned(), "k".to_owned()])
    );
    let in_host = ask(&fake, "GET", "https://b.nyc3.digitaloceanspaces.com//a//b/", &[], "").await;
    assert_eq!(in_host.body, "odd");
    assert_eq!(ask(&fake, "GET", "https://b.localhost:1234/k", &[], "").await.body, "0123456789");
}

#[tokio::test(start_paused = true)]
async fn copies_keep_what_is_not_replaced() {
    let fake = place();
    fake.create_bucket("other");
    ask(&fake, "PUT", "/b/k", &[("content-type", "text/plain"), ("x-amz-acl", "public-read")], "v").await;
    let from = ("x-amz-copy-source", "/b/k");
    assert_eq!(ask(&fake, "PUT", "/b/copy", &[from], "").await.of("ETag").len(), "&quot;".len() * 2 + 32);
    assert_eq!(get(&fake, "/b/copy").await.headers["content-type"], "text/plain");
    assert!(!get(&fake, "/b/copy?acl").await.body.contains("AllUsers"));
    let replace = [from, ("x-amz-metadata-directive", "REPLACE"), ("content-type", "text/x")];
    assert_eq!(ask(&fake, "PUT", "/b/k", &replace, "").await.status, 200);
    assert_eq!(get(&fake, "/b/k").await.headers["content-type"], "text/x");
    assert_eq!(ask(&fake, "PUT", "/b/k", &[from], "").await.refusal(), (400, "InvalidRequest"));
    for (source, expected) in [
        ("/b/missing", (404, "NoSuchKey")),
        ("/missing/k", (404, "NoSuchBucket")),
        ("k", (400, "InvalidArgument")),
        ("/b/k?versionId=1", (501, "NotImplemented")),
    ] {
        assert_eq!(
            ask(&fake, "PUT", "/b/copy", &[("x-amz-copy-source", source)], "").await.refusal(),
            expected,
            "{source}"
        );
    }
    let condition = ("x-amz-copy-source-if-match", "\"other\"");
    assert_eq!(ask(&fake, "PUT", "/b/copy", &[from, condition], "").await.refusal(), (412, "PreconditionFailed"));
    // What a key may not read it may not copy.
    ask(&fake, "PUT", "/other/k", &[], "v").await;
    let mut copy = request("PUT", "/b/stolen", &[("x-amz-copy-source", "/other/k")], "");
    sign(&mut copy, ("writer", "secret"), "nyc3");
    assert_eq!(send(&fake, copy).await.refusal(), (403, "AccessDenied"));
}

#[tokio::test(start_paused = true)]
async fn uploads_come_in_parts() {
    let fake = place();
    let id = ask(&fake, "POST", "/b/k?uploads", &[("x-amz-acl", "public-read")], "").await.of("UploadId").to_owned();
    let part = |number: &str| format!("/b/k?partNumber={number}&uploadId={id}");
    let large = "x".repeat(5 << 20);
    let first = ask(&fake, "PUT", &part("1"), &[], &large).await.headers["etag"].to_str().unwrap().to_owned();
    ask(&fake, "PUT", "/b/source", &[], "0123456789").await;
    let copied = [("x-amz-copy-source", "b/source"), ("x-amz-copy-source-range", "bytes=2-4")];
    let second = ask(&fake, "PUT", &part("7"), &copied, "").await.of("ETag").replace("&quot;", "\"");
    ask(&fake, "PUT", &part("9"), &[], "small").await;
    for wrong in ["0", "10001", "x"] {
        assert_eq!(ask(&fake, "PUT", &part(wrong), &[], "v").await.refusal(), (400, "InvalidArgument"), "{wrong}");
    }
    let said = get(&fake, &format!("/b/k?uploadId={id}&max-parts=2")).await;
    assert_eq!(
        (said.all("PartNumber"), said.of("NextPartNumberMarker"), said.of("IsTruncated")),
        (vec!["1", "7"], "7", "true")
    );
    assert_eq!(said.all("Size"), ["5242880", "3"]);
    let rest = get(&fake, &format!("/b/k?uploadId={id}&part-number-marker=7")).await;
    assert_eq!(rest.all("PartNumber"), ["9"]);

    let complete = async |parts: &[(u32, &str)]| {
        let part = |(n, etag): &(u32, &str)| format!("<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>");
        let parts = parts.iter().map(part).collect::<Vec<_>>().concat();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        ask(&fake, "POST", &format!("/b/k?uploadId={id}"), &[], &body).await
    };
    assert_eq!(complete(&[]).await.refusal(), (400, "MalformedXML"));
    assert_eq!(complete(&[(7, &second), (1, &first)]).await.refusal(), (400, "InvalidPartOrder"));
    assert_eq!(complete(&[(1, &first), (8, &second)]).await.refusal(), (400, "InvalidPart"));
    assert_eq!(complete(&[(1, &second)]).await.refusal(), (400, "InvalidPart"));
    let small = "\"eb5c1399a871211c7e7ed732d15e3a8b\"";
    assert_eq!(complete(&[(7, &second), (9, small)]).await.refusal(), (400, "EntityTooSmall"));
    assert!(fake.keys("b").iter().all(|key| key != "k"));
    let whole = complete(&[(1, &first), (7, &second)]).await;
    assert!(whole.of("ETag").ends_with("-2&quot;"), "{}", whole.body);
    assert_eq!(ask(&fake, "HEAD", "/b/k", &[], "").await.headers["content-length"], "5242883");
    assert_eq!(ask(&fake, "GET", "/b/k", &[("range", "bytes=5242879-")], "").await.body, "x234");
    assert!(get(&fake, "/b/k?acl").await.body.contains("AllUsers"));
    assert_eq!(complete(&[(1, &first)]).await.refusal(), (404, "NoSuchUpload"));

    let mut ids = Vec::new();
    for key in ["a/1", "a/1", "c"] {
        ids.push(ask(&fake, "POST", &format!("/b/{key}?uploads"), &[], "").await.of("UploadId").to_owned());
    }
    let page = get(&fake, "/b?uploads&max-uploads=1").await;
    let next = format!(
        "/b?uploads&key-marker={}&upload-id-marker={}",
        page.of("NextKeyMarker"),
        page.of("NextUploadIdMarker")
    );
    assert_eq!((page.all("Key"), get(&fake, &next).await.all("Key")), (vec!["a/1"], vec!["a/1", "c"]));
    assert_eq!(get(&fake, "/b?uploads&key-marker=a/1").await.all("Key"), ["c"]);
    let folders = get(&fake, "/b?uploads&delimiter=/").await;
    assert_eq!((folders.all("Key"), folders.all("Prefix")), (vec!["c"], vec!["", "a/"]));
    assert_eq!(ask(&fake, "DELETE", &format!("/b/a/1?uploadId={}", ids[0]), &[], "").await.status, 204);
    assert_eq!(
        ask(&fake, "DELETE", &format!("/b/a/1?uploadId={}", ids[0]), &[], "").await.refusal(),
        (404, "NoSuchUpload")
    );
    assert_eq!(
        ask(&fake, "DELETE", &format!("/b/c?uploadId={}", ids[1]), &[], "").await.refusal(),
        (404, "NoSuchUpload")
    );
}

#[tokio::test(start_paused = true)]
async fn who_may_see_what_can_be_changed() {
    let fake = place();
    ask(&fake, "PUT", "/b/k", &[], "v").await;
    let everyone = async |target: &str| send(&fake, request("GET", target, &[], "")).await.status;
    assert_eq!((everyone("/b/k").await, everyone("/b").await), (403, 403));
    ask(&fake, "PUT", "/b/k?acl", &[("x-amz-acl", "public-read")], "").await;
    assert_eq!((everyone("/b/k").await, everyone("/b").await), (200, 403));
    ask(&fake, "PUT", "/b?acl", &[("x-amz-acl", "public-read")], "").await;
    assert_eq!((everyone("/b/missing").await, everyone("/b").await), (404, 200));
    // What is told can be sent back, and without the grant to everyone it is private.
    let told = get(&fake, "/b/k?acl").await.body;
    assert_eq!(ask(&fake, "PUT", "/b/k?acl", &[], &told).await.status, 200);
    assert_eq!(everyone("/b/k").await, 200);
    let (before, rest) = told.split_once("<Grant>").unwrap();
    let private = format!("{before}{}", rest.split_once("</Grant>").unwrap().1);
    assert_eq!(ask(&fake, "PUT", "/b/k?acl", &[], &private).await.status, 200);
    assert_eq!(everyone("/b/k").await, 403);
    assert_eq!(
        ask(&fake, "PUT", "/b/k?acl", &[], &told.replace(">READ<", ">WRITE<")).await.refusal(),
        (501, "NotImplemented")
    );
    assert_eq!(ask(&fake, "PUT", "/b/k?acl", &[], "<x/>").await.refusal(), (400, "MalformedACLError"));

    let policy =
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::b/*"}]}"#;
    assert_eq!(get(&fake, "/b?policy").await.refusal(), (404, "NoSuchBucketPolicy"));
    assert_eq!(ask(&fake, "PUT", "/b?policy", &[], policy).await.status, 204);
    assert_eq!((get(&fake, "/b?policy").await.body.as_str(), everyone("/b/k").await), (policy, 200));
    for other in
        [policy.replace("Allow", "Deny"), policy.replace("GetObject", "PutObject"), policy.replace("b/*", "c/*")]
    {
        assert_eq!(ask(&fake, "PUT", "/b?policy", &[], &other).await.refusal(), (501, "NotImplemented"), "{other}");
    }
    assert_eq!(ask(&fake, "PUT", "/b?policy", &[], "x").await.refusal(), (400, "MalformedPolicy"));
    assert_eq!(ask(&fake, "DELETE", "/b?policy", &[], "").await.status, 204);
    assert_eq!(everyone("/b/k").await, 403);

    // A key for the objects is none for the bucket.
    for (method, target) in [("GET", "/"), ("DELETE", "/b"), ("PUT", "/new"), ("GET", "/b?acl"), ("PUT", "/b?cors")] {
        let mut request = request(method, target, &[], "");
        sign(&mut request, ("writer", "secret"), "nyc3");
        assert_eq!(send(&fake, request).await.refusal(), (403, "AccessDenied"), "{method} {target}");
    }
}

#[tokio::test(start_paused = true)]
async fn rules_are_kept_and_the_rest_is_refused() {
    let fake = place();
    let cors = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>";
    let lifecycle = "<LifecycleConfiguration><Rule><ID>x</ID></Rule></LifecycleConfiguration>";
    for (aspect, rules, missing) in
        [("cors", cors, "NoSuchCORSConfiguration"), ("lifecycle", lifecycle, "NoSuchLifecycleConfiguration")]
    {
        let target = format!("/b?{aspect}");
        assert_eq!(get(&fake, &target).await.refusal(), (404, missing));
        assert_eq!(ask(&fake, "PUT", &target, &[], "<x><y/></x>").await.refusal(), (400, "MalformedXML"));
        assert_eq!(ask(&fake, "PUT", &target, &[], rules).await.status, 200);
        assert_eq!(get(&fake, &target).await.body, rules);
        assert_eq!(ask(&fake, "DELETE", &target, &[], "").await.status, 204);
        assert_eq!(get(&fake, &target).await.refusal(), (404, missing));
    }
    let tagged = lifecycle.replace("<ID>x</ID>", "<Filter><Tag><Key>a</Key></Tag></Filter>");
    assert_eq!(ask(&fake, "PUT", "/b?lifecycle", &[], &tagged).await.refusal(), (501, "NotImplemented"));
    assert!(get(&fake, "/b?versioning").await.body.contains("VersioningConfiguration"));
    for (method, target) in [
        ("PUT", "/b?versioning"),
        ("GET", "/b?versions"),
        ("GET", "/b?website"),
        ("PUT", "/b/k?tagging"),
        ("GET", "/b/k?versionId=1"),
        ("POST", "/b"),
        ("OPTIONS", "/b/k"),
        ("PATCH", "/b/k"),
    ] {
        assert_eq!(ask(&fake, method, target, &[], "").await.refusal(), (501, "NotImplemented"), "{method} {target}");
    }
    assert_eq!(ask(&fake, "PUT", "/", &[], "").await.refusal(), (405, "MethodNotAllowed"));

    ask(&fake, "PUT", "/b/a&b", &[], "v").await;
    let wanted = "<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>never</Key></Object>QUIET</Delete>";
    let said = ask(&fake, "POST", "/b?delete", &[], &wanted.replace("QUIET", "")).await;
    assert_eq!((said.all("Key"), fake.keys("b").len()), (vec!["a&amp;b", "never"], 0));
    let said = ask(&fake, "POST", "/b?delete", &[], &wanted.replace("QUIET", "<Quiet>true</Quiet>")).await;
    assert_eq!((said.status, said.all("Key").len()), (200, 0));
    assert_eq!(ask(&fake, "POST", "/b?delete", &[], "<Delete></Delete>").await.refusal(), (400, "MalformedXML"));
}
