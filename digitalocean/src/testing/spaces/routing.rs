//! Which operation a request is for, and on what.

use howdah_core::{
    http::Route,
    testing::{Asked, contents::Received},
};
use http::{HeaderName, HeaderValue, header};

use super::{
    Digests, State, buckets, multipart, objects,
    refused::{Refused, Reply, not_implemented, refused},
    request::{Call, Right},
    signature,
};

/// Where a request's path is while another stands for its operation.
const PATH: HeaderName = HeaderName::from_static("x-fake-path");

pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) route: Route,
    pub(super) right: Right,
    pub(super) handle: Handle,
}

#[derive(Clone, Copy)]
pub(super) enum Handle {
    Whole(fn(&mut State, &Call<'_>) -> Reply),
    Upload(fn(&mut State, &Call<'_>) -> Result<(), Refused>, fn(&mut State, &Call<'_>, Received<Digests>) -> Reply),
}

macro_rules! operations {
    ($( $method:ident $path:literal $right:ident $kind:ident($($handle:path),+); )+) => {
        pub(super) const OPERATIONS: &[Operation] = &[$( Operation {
            name: $path,
            route: Route::$method($path),
            right: Right::$right,
            handle: Handle::$kind($($handle),+),
        } ),+];
    };
}

operations! {
    get    "/ListBuckets"               Account Whole(buckets::list);
    put    "/CreateBucket"              Account Whole(buckets::create);
    head   "/HeadBucket"                Read    Whole(buckets::head);
    delete "/DeleteBucket"              Owner   Whole(buckets::delete);
    get    "/GetBucketLocation"         Read    Whole(buckets::location);
    get    "/GetBucketVersioning"       Read    Whole(buckets::versioning);
    get    "/GetBucketAcl"              Owner   Whole(buckets::acl);
    put    "/PutBucketAcl"              Owner   Whole(buckets::set_acl);
    get    "/GetBucketCors"             Owner   Whole(buckets::cors);
    put    "/PutBucketCors"             Owner   Whole(buckets::set_cors);
    delete "/DeleteBucketCors"          Owner   Whole(buckets::delete_cors);
    get    "/GetBucketLifecycle"        Owner   Whole(buckets::lifecycle);
    put    "/PutBucketLifecycle"        Owner   Whole(buckets::set_lifecycle);
    delete "/DeleteBucketLifecycle"     Owner   Whole(buckets::delete_lifecycle);
    get    "/GetBucketPolicy"           Owner   Whole(buckets::policy);
    put    "/PutBucketPolicy"           Owner   Whole(buckets::set_policy);
    delete "/DeleteBucketPolicy"        Owner   Whole(buckets::delete_policy);
    get    "/ListObjects"               Public  Whole(buckets::list_objects);
    get    "/ListObjectsV2"             Public  Whole(buckets::list_objects_v2);
    post   "/DeleteObjects"             Write   Whole(objects::delete_all);
    get    "/GetObject"                 Public  Whole(objects::get);
    head   "/HeadObject"                Public  Whole(objects::get);
    put    "/PutObject"                 Write   Upload(objects::begin_put, objects::put);
    put    "/CopyObject"                Write   Whole(objects::copy);
    delete "/DeleteObject"              Write   Whole(objects::delete);
    get    "/GetObjectAcl"              Read    Whole(objects::acl);
    put    "/PutObjectAcl"              Write   Whole(objects::set_acl);
    post   "/CreateMultipartUpload"     Write   Whole(multipart::create);
    put    "/UploadPart"                Write   Upload(multipart::begin_part, multipart::put_part);
    put    "/UploadPartCopy"            Write   Whole(multipart::copy_part);
    post   "/CompleteMultipartUpload"   Write   Whole(multipart::complete);
    delete "/AbortMultipartUpload"      Write   Whole(multipart::abort);
    get    "/ListParts"                 Read    Whole(multipart::list_parts);
    get    "/ListMultipartUploads"      Read    Whole(multipart::list);
    get    "/NotImplemented"            Account Whole(elsewhere);
    put    "/NotImplemented"            Account Whole(elsewhere);
    post   "/NotImplemented"            Account Whole(elsewhere);
    delete "/NotImplemented"            Account Whole(elsewhere);
    get    "/MethodNotAllowed"          Account Whole(not_allowed);
    put    "/MethodNotAllowed"          Account Whole(not_allowed);
    post   "/MethodNotAllowed"          Account Whole(not_allowed);
    delete "/MethodNotAllowed"          Account Whole(not_allowed);
}

fn elsewhere(_: &mut State, call: &Call<'_>) -> Reply {
    Err(not_implemented(format!("{} with `?{}` is not faked.", call.asked.method, call.asked.query)))
}

fn not_allowed(_: &mut State, _: &Call<'_>) -> Reply {
    Err(refused(405, "MethodNotAllowed"))
}

/// What a request is about.
pub(super) struct Place {
    /// As it was sent.
    pub(super) path: String,
    /// With the bucket, wherever that was.
    pub(super) resource: String,
    pub(super) bucket: String,
    pub(super) key: String,
}

impl Place {
    pub(super) fn of(asked: &Asked) -> Self {
        let kept = asked.headers.get(PATH).and_then(|path| path.to_str().ok());
        let path = kept.unwrap_or(&asked.path).to_owned();
        let host = asked.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let (bucket, resource) = match bucket_of(host) {
            Some(bucket) => (Some(bucket), format!("/{bucket}{path}")),
            None => (None, path.clone()),
        };
        let inner = resource.trim_start_matches('/');
        let (first, key) = inner.split_once('/').unwrap_or((inner, ""));
        let text = |part: &str| String::from_utf8_lossy(&signature::decoded(part)).into_owned();
        let bucket = bucket.map_or_else(|| text(first), str::to_owned);
        let key = text(key);
        Self { path, resource, bucket, key }
    }
}

/// The bucket in front of a host's name.
fn bucket_of(host: &str) -> Option<&str> {
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    if let Some(bucket) = host.strip_suffix(".localhost") {
        return Some(bucket);
    }
    let inner = host.strip_suffix(".digitaloceanspaces.com")?;
    let inner = inner.strip_suffix(".cdn").unwrap_or(inner);
    inner.rsplit_once('.').map(|(bucket, _)| bucket)
}

/// What makes a request of a bucket or an object one of something that belongs to it.
const ASPECTS: &str = "accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold \
    lifecycle location logging metrics notification object-lock ownershipControls policy policyStatus \
    publicAccessBlock replication requestPayment restore retention select tagging torrent uploads \
    versioning versions website";

/// Puts the name of the operation into the place of the path.
pub(super) fn before(asked: &mut Asked) {
    asked.headers.remove(PATH);
    let place = Place::of(asked);
    let name = operation(asked, &place);
    let mut path = HeaderValue::from_str(&asked.path).unwrap_or(HeaderValue::from_static("/"));
    path.set_sensitive(true);
    asked.headers.insert(PATH, path);
    asked.path = format!("/{name}");
}

fn operation(asked: &Asked, place: &Place) -> &'static str {
    let names: Vec<&str> =
        asked.query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name)).collect();
    let has = |name: &str| names.contains(&name);
    let aspect = ASPECTS.split(' ').find(|aspect| has(aspect)).unwrap_or_default();
    let copies = asked.headers.contains_key("x-amz-copy-source");
    let method = asked.method.as_str();
    match (method, place.bucket.is_empty(), place.key.is_empty()) {
        ("GET", true, _) => "ListBuckets",
        (_, true, _) => "MethodNotAllowed",
        (_, _, true) => match (method, aspect) {
            ("GET", "") if has("list-type") => "ListObjectsV2",
            ("GET", "") => "ListObjects",
            ("GET", "location") => "GetBucketLocation",
            ("GET", "versioning") => "GetBucketVersioning",
            ("GET", "acl") => "GetBucketAcl",
            ("PUT", "acl") => "PutBucketAcl",
            ("GET", "cors") => "GetBucketCors",
            ("PUT", "cors") => "PutBucketCors",
            ("DELETE", "cors") => "DeleteBucketCors",
            ("GET", "lifecycle") => "GetBucketLifecycle",
            ("PUT", "lifecycle") => "PutBucketLifecycle",
            ("DELETE", "lifecycle") => "DeleteBucketLifecycle",
            ("GET", "policy") => "GetBucketPolicy",
            ("PUT", "policy") => "PutBucketPolicy",
            ("DELETE", "policy") => "DeleteBucketPolicy",
            ("GET", "uploads") => "ListMultipartUploads",
            ("POST", "delete") => "DeleteObjects",
            ("PUT", "") => "CreateBucket",
            ("HEAD", "") => "HeadBucket",
            ("DELETE", "") => "DeleteBucket",
            _ => "NotImplemented",
        },
        _ if has("versionId") => "NotImplemented",
        _ => match (method, aspect) {
            ("GET", "") if has("uploadId") => "ListParts",
            ("GET" | "HEAD", "") if has("partNumber") => "NotImplemented",
            ("GET", "") => "GetObject",
            ("HEAD", "") => "HeadObject",
            ("PUT", "") if has("uploadId") && copies => "UploadPartCopy",
            ("PUT", "") if has("uploadId") => "UploadPart",
            ("PUT", "") if copies => "CopyObject",
            ("PUT", "") => "PutObject",
            ("DELETE", "") if has("uploadId") => "AbortMultipartUpload",
            ("DELETE", "") => "DeleteObject",
            ("GET", "acl") => "GetObjectAcl",
            ("PUT", "acl") => "PutObjectAcl",
            ("POST", "uploads") => "CreateMultipartUpload",
            ("POST", "") if has("uploadId") => "CompleteMultipartUpload",
            _ => "NotImplemented",
        },
    }
}
