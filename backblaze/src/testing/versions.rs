//! Versions 1 to 4 of the API are one: requests get the shape of version 4, answers that of the version that was asked for.

use howdah_core::testing::{Answer, Asked};
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::{Map, Value, json};

use super::{State, error};
use crate::buckets::BucketId;

/// Which version was asked for, beside a request on its way through the fake.
static VERSION: HeaderName = HeaderName::from_static("x-howdah-version");

/// A field that the version that was asked for does not have.
static REFUSED: HeaderName = HeaderName::from_static("x-howdah-refused");

/// Called by GET here, whatever a client calls them by.
const BY_GET: [&str; 3] = ["b2_authorize_account", "b2_download_file_by_id", "b2_get_bucket_notification_rules"];

/// Reads: a client may call them by GET, with a query.
const BY_POST: [&str; 9] = [
    "b2_get_download_authorization",
    "b2_get_file_info",
    "b2_get_upload_part_url",
    "b2_get_upload_url",
    "b2_list_buckets",
    "b2_list_file_names",
    "b2_list_file_versions",
    "b2_list_keys",
    "b2_list_parts",
];

const UNFINISHED: &str = "b2_list_unfinished_large_files";

/// Numbers in a query.
const NUMBERS: [&str; 5] = ["maxFileCount", "maxKeyCount", "maxPartCount", "startPartNumber", "validDurationInSeconds"];

pub(super) fn before(asked: &mut Asked) {
    asked.headers.remove(&VERSION);
    asked.headers.remove(&REFUSED);
    let Some((version, rest)) = versioned(&asked.path) else {
        // In a name a plus is a space.
        asked.path = asked.path.replace('+', "%20");
        return;
    };
    let operation = rest.split('/').next().unwrap_or_default().to_owned();
    asked.path = format!("/b2api/v4/{rest}");
    note(asked, &VERSION, version.to_string());
    if BY_GET.contains(&operation.as_str()) && asked.method == Method::POST {
        asked.method = Method::GET;
        let body = std::mem::take(&mut asked.body);
        if let Ok(Value::Object(fields)) = serde_json::from_slice(&body) {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            let pairs: Vec<(&String, String)> = fields.map(|(name, value)| (name, text(value))).collect();
            asked.query = form(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        }
    } else if asked.method == Method::GET && (BY_POST.contains(&operation.as_str()) || operation == UNFINISHED) {
        asked.method = Method::POST;
        asked.body = serde_json::to_vec(&queried(&asked.query)).unwrap_or_default().into();
        asked.query.clear();
        asked.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    } else if operation == "b2_create_key" {
        one_bucket(asked, version);
    }
}

/// The version of a path, and what comes behind it.
fn versioned(path: &str) -> Option<(u8, &str)> {
    let (version, rest) = path.strip_prefix("/b2api/v")?.split_once('/')?;
    let version = version.parse().ok().filter(|version| (1..=4).contains(version))?;
    Some((version, rest))
}

fn note(asked: &mut Asked, name: &HeaderName, text: String) {
    if let Ok(mut value) = HeaderValue::try_from(text) {
        value.set_sensitive(true);
        asked.headers.insert(name.clone(), value);
    }
}

/// A query as the fields of a body.
fn queried(query: &str) -> Map<String, Value> {
    let pairs = pairs(query);
    let value = |name: &str, text: String| match text.parse::<u64>() {
        Ok(number) if NUMBERS.contains(&name) => json!(number),
        _ if name == "bucketTypes" => text.split(',').map(str::to_owned).collect(),
        _ => Value::String(text),
    };
    pairs.into_iter().map(|(name, text)| (name.clone(), value(&name, text))).collect()
}

/// A key is for one bucket before version 4, and for several since.
fn one_bucket(asked: &mut Asked, version: u8) {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(&asked.body) else {
        return;
    };
    let foreign = if version < 4 { "bucketIds" } else { "bucketId" };
    if fields.get(foreign).is_some_and(|value| !value.is_null()) {
        note(asked, &REFUSED, foreign.to_owned());
    }
    if version < 4 {
        if let Some(bucket) = fields.remove("bucketId").filter(|bucket| !bucket.is_null()) {
            fields.insert("bucketIds".to_owned(), json!([bucket]));
        }
        asked.body = serde_json::to_vec(&fields).unwrap_or_default().into();
    }
}

/// Why a request cannot be one of its version.
pub(super) fn refused(asked: &Asked) -> Option<String> {
    let field = asked.headers.get(&REFUSED)?.to_str().ok()?;
    Some(format!("{field} is not known to version {} of the API", version(asked)))
}

/// A key of several buckets is unknown to the versions before the one that has such keys.
pub(super) fn check_key(asked: &Asked, buckets: Option<&[BucketId]>) -> Result<(), Answer> {
    if version(asked) < 4 && buckets.is_some_and(|buckets| buckets.len() > 1) {
        return Err(error(401, "unsupported", "a key of several buckets needs version 4 of the API"));
    }
    Ok(())
}

fn version(asked: &Asked) -> u8 {
    let version = asked.headers.get(&VERSION).and_then(|version| version.to_str().ok());
    version.and_then(|version| version.parse().ok()).unwrap_or(4)
}

pub(super) fn after(_: &mut State, asked: &Asked, answer: Answer) -> Answer {
    let json = answer.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if answer.status.is_client_error() {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        return match (body.get("code"), answer.status.as_u16()) {
            (Some(_), _) => answer,
            (None, 404) => error(404, "not_found", format!("there is no {} {}", asked.method, asked.path)),
            // What could not be read.
            (None, status) => error(status, "bad_request", String::from_utf8_lossy(&answer.body)),
        };
    }
    let version = version(asked);
    let operation = asked.path.strip_prefix("/b2api/v4/").unwrap_or_default().split('/').next().unwrap_or_default();
    // Lists of files are long, and nothing is to be done about them but for clients of the first version.
    let shaped = version < 4 || operation.ends_with("_bucket") || operation == "b2_list_buckets";
    if !json || !shaped || operation.is_empty() {
        return answer;
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else {
        return answer;
    };
    match operation {
        "b2_authorize_account" => body = authorization(version, body),
        "b2_list_keys" if version < 4 => {
            if let Some(keys) = body.get_mut("keys").and_then(Value::as_array_mut) {
                keys.retain(|key| key["bucketIds"].as_array().is_none_or(|ids| ids.len() == 1));
                keys.iter_mut().for_each(old_key);
            }
        }
        "b2_create_key" | "b2_delete_key" if version < 4 => old_key(&mut body),
        "b2_get_upload_url" | "b2_get_upload_part_url" => {
            if let Some(Value::String(url)) = body.get_mut("uploadUrl") {
                *url = url.replacen("/b2api/v4/", &format!("/b2api/v{version}/"), 1);
            }
        }
        "b2_list_buckets" => {
            let buckets = body.get_mut("buckets").and_then(Value::as_array_mut);
            buckets.into_iter().flatten().for_each(with_nulls);
        }
        _ if operation.ends_with("_bucket") => with_nulls(&mut body),
        _ if version == 1 => with_size(&mut body),
        _ => return answer,
    }
    Answer { body: body.to_string().into(), ..answer }
}

/// Flat in versions 1 and 2, below `apiInfo` in version 3.
fn authorization(version: u8, mut body: Value) -> Value {
    let mut storage = body["apiInfo"]["storageApi"].take();
    let allowed = storage["allowed"].take();
    let (capabilities, prefix) = (&allowed["capabilities"], &allowed["namePrefix"]);
    let bucket = allowed["buckets"].get(0).cloned().unwrap_or_default();
    let (id, name) = (&bucket["id"], &bucket["name"]);
    match version {
        3 => {
            let fields =
                [("bucketId", id), ("bucketName", name), ("capabilities", capabilities), ("namePrefix", prefix)];
            let storage_fields = fields.map(|(field, value)| (field.to_owned(), value.clone()));
            if let Some(storage) = storage.as_object_mut() {
                storage.remove("allowed");
                storage.extend(storage_fields);
                storage.insert("infoType".to_owned(), json!("storageApi"));
            }
            body["apiInfo"]["storageApi"] = storage;
            body
        }
        1 | 2 => json!({
            "accountId": body["accountId"],
            "authorizationToken": body["authorizationToken"],
            "apiUrl": storage["apiUrl"],
            "downloadUrl": storage["downloadUrl"],
            "s3ApiUrl": storage["s3ApiUrl"],
            "minimumPartSize": storage["recommendedPartSize"],
            "recommendedPartSize": storage["recommendedPartSize"],
            "absoluteMinimumPartSize": storage["absoluteMinimumPartSize"],
            "allowed": { "bucketId": id, "bucketName": name, "capabilities": capabilities, "namePrefix": prefix },
        }),
        _ => {
            storage["allowed"] = allowed;
            body["apiInfo"]["storageApi"] = storage;
            body
        }
    }
}

fn old_key(key: &mut Value) {
    let Some(fields) = key.as_object_mut() else {
        return;
    };
    if let Some(ids) = fields.remove("bucketIds") {
        fields.insert("bucketId".to_owned(), ids.get(0).cloned().unwrap_or_default());
    }
}

/// Clients want the fields of a rule to be there, whatever it does.
fn with_nulls(bucket: &mut Value) {
    const DAYS: [&str; 3] =
        ["daysFromUploadingToHiding", "daysFromHidingToDeleting", "daysFromStartingToCancelingUnfinishedLargeFiles"];
    let rules = bucket.get_mut("lifecycleRules").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten().filter_map(Value::as_object_mut) {
        for field in DAYS {
            rule.entry(field).or_insert(Value::Null);
        }
    }
}

/// The first version called the length of a file its size.
fn with_size(body: &mut Value) {
    match body {
        Value::Array(items) => items.iter_mut().for_each(with_size),
        Value::Object(fields) => {
            if let Some(length) = fields.get("contentLength").cloned() {
                fields.insert("size".to_owned(), length);
            }
            if let Some(files) = fields.get_mut("files") {
                with_size(files);
            }
        }
        _ => {}
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    crate::file_name::decode(text).unwrap_or_else(|| text.to_owned())
}

fn form<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", crate::file_name::encode(value))).collect();
    pairs.join("&")
}
