//! Objects.

use std::{collections::BTreeMap, ops::Range};

use data_encoding::HEXLOWER;
use howdah_core::testing::{
    Answer,
    contents::{Content, Received},
};
use http::{HeaderName, HeaderValue};
use jiff::{Timestamp, Unit, fmt::strtime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    Digests, State,
    buckets::{read_acl, tell_acl},
    in_xml, quoted,
    refused::{Refused, Reply, denied, not_implemented, refused},
    request::{Access, Call, Caller, Right},
    signature, xml as answer,
    xml::{Document, Element},
};

const LONGEST_KEY: usize = 1024;

/// Headers that an object keeps and is told with, besides `x-amz-meta-*`.
const KEPT: &[&str] =
    &["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Object {
    pub(super) content: Content,
    /// Without its quotation marks.
    pub(super) etag: String,
    pub(super) modified: Timestamp,
    pub(super) look: Look,
}

/// What is said of an object when it is begun.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Look {
    pub(super) access: Access,
    headers: BTreeMap<String, String>,
}

impl Look {
    /// Refuses what the fake cannot keep.
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Refused> {
        if call.key.len() > LONGEST_KEY {
            return Err(refused(400, "InvalidObjectName"));
        }
        for (header, what) in [
            ("if-match", "Conditional writes are"),
            ("if-none-match", "Conditional writes are"),
            ("x-amz-object-lock-mode", "Locks are"),
            ("x-amz-server-side-encryption", "Server-side encryption is"),
            ("x-amz-server-side-encryption-customer-algorithm", "Server-side encryption is"),
            ("x-amz-tagging", "Tags are"),
            ("x-amz-website-redirect-location", "Websites are"),
        ] {
            if call.asked.headers.contains_key(header) {
                return Err(not_implemented(format!("{what} not faked.")));
            }
        }
        if call.header("x-amz-storage-class").is_some_and(|class| class != "STANDARD") {
            return Err(refused(400, "InvalidStorageClass"));
        }
        let mut headers = BTreeMap::new();
        for (name, value) in &call.asked.headers {
            let name = name.as_str();
            if !KEPT.contains(&name) && !name.starts_with("x-amz-meta-") {
                continue;
            }
            // Several of one name are one.
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers
                .entry(name.to_owned())
                .and_modify(|all: &mut String| *all = format!("{all},{text}"))
                .or_insert(text);
        }
        // How it came says nothing of what it is.
        if let Some(encodings) = headers.remove("content-encoding") {
            let rest: Vec<_> = encodings.split(',').map(str::trim).filter(|it| *it != "aws-chunked").collect();
            if !rest.is_empty() {
                headers.insert("content-encoding".into(), rest.join(","));
            }
        }
        Ok(Self { access: Access::said(&call.asked.headers)?.unwrap_or_default(), headers })
    }
}

impl State {
    fn object(&self, bucket: &str, key: &str) -> Result<&Object, Refused> {
        self.bucket(bucket)?.objects.get(key).ok_or_else(|| refused(404, "NoSuchKey"))
    }

    pub(super) fn put_object(
        &mut self,
        call: &Call<'_>,
        content: Content,
        etag: String,
        look: Look,
    ) -> Result<(), Refused> {
        let object = Object { content, etag, modified: self.now, look };
        let replaced = match self.bucket_mut(&call.bucket) {
            Ok(bucket) => bucket.objects.insert(call.key.clone(), object),
            // It went while the content came.
            Err(refusal) => {
                self.free([object.content]);
                return Err(refusal);
            }
        };
        self.free(replaced.map(|object| object.content));
        Ok(())
    }

    /// The object that a copy is made of.
    pub(super) fn source(&self, call: &Call<'_>) -> Result<&Object, Refused> {
        let source = call.header("x-amz-copy-source").ok_or_else(|| refused(400, "InvalidArgument"))?;
        if source.contains("?versionId=") {
            return Err(not_implemented("Versions are not faked."));
        }
        let source = String::from_utf8_lossy(&signature::decoded(source)).into_owned();
        let (bucket, key) =
            source.trim_start_matches('/').split_once('/').ok_or_else(|| refused(400, "InvalidArgument"))?;
        let object = self.bucket(bucket)?.objects.get(key);
        let open =
            object.is_some_and(|object| object.look.access == Access::PublicRead) || self.bucket(bucket)?.is_open();
        if !call.caller.may(Right::Read, bucket) && !open {
            return Err(denied());
        }
        let object = object.ok_or_else(|| refused(404, "NoSuchKey"))?;
        let conditions = Conditions::of(call, "x-amz-copy-source-if-")?;
        match conditions.met_by(object) {
            Met::Yes => Ok(object),
            Met::Unchanged | Met::No => Err(refused(412, "PreconditionFailed")),
        }
    }
}

pub(super) fn begin_put(_: &mut State, call: &Call<'_>) -> Result<(), Refused> {
    Look::of(call).map(drop)
}

pub(super) fn put(state: &mut State, call: &Call<'_>, received: Received<Digests>) -> Reply {
    let look = Look::of(call)?;
    let etag = HEXLOWER.encode(&received.digest.md5);
    state.put_object(call, received.content, etag.clone(), look)?;
    Ok(Answer::empty(200).with_header("etag", quoted(&etag)))
}

/// Also what a `HEAD` is answered with: its body is left out elsewhere.
pub(super) fn get(state: &mut State, call: &Call<'_>) -> Reply {
    let bucket = state.bucket(&call.bucket)?;
    let object = bucket.objects.get(&call.key);
    let mine = call.caller.may(Right::Read, &call.bucket);
    let open = object.is_some_and(|object| object.look.access == Access::PublicRead) || bucket.is_open();
    if !mine && !open {
        // Whether there is anything is told to those who may see the list.
        return Err(if object.is_none() && bucket.is_listed() { refused(404, "NoSuchKey") } else { denied() });
    }
    let object = object.ok_or_else(|| refused(404, "NoSuchKey"))?;
    if call.asked.headers.contains_key("x-amz-server-side-encryption-customer-algorithm") {
        return Err(not_implemented("Server-side encryption is not faked."));
    }
    let length = object.content.len();
    let mut answer = match Conditions::of(call, "if-")?.met_by(object) {
        Met::Unchanged => return Ok(told(Answer::empty(304), object)),
        Met::No => return Err(refused(412, "PreconditionFailed")),
        Met::Yes => match call.header("range").map_or(Ranged::Whole, |range| asked_range(range, length)) {
            Ranged::Nothing => return Err(refused(416, "InvalidRange")),
            Ranged::Part(range) => {
                let at = format!("bytes {}-{}/{length}", range.start, range.end - 1);
                let part = (range.end - range.start).to_string();
                object
                    .content
                    .slice(range)
                    .answer(206)
                    .with_header("content-range", at)
                    .with_header("content-length", part)
            }
            Ranged::Whole => object.content.clone().answer(200).with_header("content-length", length.to_string()),
        },
    };
    answer = told(answer, object).with_header("accept-ranges", "bytes");
    answer.headers.entry("content-type").or_insert(HeaderValue::from_static("binary/octet-stream"));
    for (name, value) in &object.look.headers {
        set(&mut answer, name, value);
    }
    for name in KEPT {
        if let Some(value) = call.parameter(&format!("response-{name}")) {
            // An anonymous link could otherwise make a page of anything.
            if matches!(call.caller, Caller::Anyone) {
                return Err(refused(400, "InvalidRequest"));
            }
            set(&mut answer, name, &value);
        }
    }
    Ok(answer)
}

fn told(answer: Answer, object: &Object) -> Answer {
    let modified = object.modified.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.with_header("etag", quoted(&object.etag)).with_header("last-modified", modified)
}

fn set(answer: &mut Answer, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
        answer.headers.insert(name, value);
    }
}

/// What a `Range` asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Ranged {
    /// It is no single range of bytes, and takes no effect.
    Whole,
    Part(Range<u64>),
    /// There is nothing there.
    Nothing,
}

pub(super) fn asked_range(text: &str, length: u64) -> Ranged {
    let read = || {
        let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
        match (from.trim(), to.trim()) {
            ("", last) => Some(length.saturating_sub(last.parse().ok()?)..length),
            (from, "") => Some(from.parse().ok()?..length),
            (from, to) => {
                let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
                (from <= to).then(|| from..length.min(to.saturating_add(1)))
            }
        }
    };
    match read() {
        None => Ranged::Whole,
        Some(range) if range.start < range.end => Ranged::Part(range),
        Some(_) => Ranged::Nothing,
    }
}

/// What a request makes its being carried out depend on.
struct Conditions {
    matches: Option<String>,
    none_matches: Option<String>,
    modified: Option<Timestamp>,
    unmodified: Option<Timestamp>,
}

enum Met {
    Yes,
    No,
    /// It is known to the one who asks.
    Unchanged,
}

impl Conditions {
    fn of(call: &Call<'_>, prefix: &str) -> Result<Self, Refused> {
        let text = |name: &str| call.header(&format!("{prefix}{name}")).map(str::to_owned);
        let date = |name: &str| {
            let date = text(name).map(|text| http_date(&text).ok_or_else(|| refused(400, "InvalidArgument")));
            date.transpose()
        };
        Ok(Self {
            matches: text("match"),
            none_matches: text("none-match"),
            modified: date("modified-since")?,
            unmodified: date("unmodified-since")?,
        })
    }

    fn met_by(&self, object: &Object) -> Met {
        let among = |wanted: &String| {
            let mut tags = wanted.split(',').map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'));
            tags.any(|tag| tag == "*" || tag == object.etag)
        };
        let modified = object.modified.round(Unit::Second).unwrap_or(object.modified);
        let modified = modified.min(object.modified);
        let seconds = |moment: Timestamp| moment.as_second();
        match (&self.matches, self.unmodified) {
            (Some(wanted), _) if !among(wanted) => return Met::No,
            (None, Some(date)) if seconds(modified) > seconds(date) => return Met::No,
            _ => {}
        }
        match (&self.none_matches, self.modified) {
            (Some(wanted), _) if among(wanted) => Met::Unchanged,
            (None, Some(date)) if seconds(modified) <= seconds(date) => Met::Unchanged,
            _ => Met::Yes,
        }
    }
}

fn http_date(text: &str) -> Option<Timestamp> {
    let date = strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text).ok()?.to_datetime().ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

pub(super) fn copy(state: &mut State, call: &Call<'_>) -> Reply {
    let source = state.source(call)?.clone();
    let new = Look::of(call)?;
    let replaces = match call.header("x-amz-metadata-directive") {
        None | Some("COPY") => false,
        Some("REPLACE") => true,
        Some(_) => return Err(refused(400, "InvalidArgument")),
    };
    let from = call.header("x-amz-copy-source").unwrap_or_default();
    let from = String::from_utf8_lossy(&signature::decoded(from)).into_owned();
    if !replaces && from.trim_start_matches('/') == format!("{}/{}", call.bucket, call.key) {
        return Err(refused(400, "InvalidRequest"));
    }
    // Who may read is not copied.
    let look = if replaces { new } else { Look { access: new.access, ..source.look } };
    state.put_object(call, source.content, source.etag.clone(), look)?;
    let mut document = Document::new("CopyObjectResult");
    document.text("LastModified", in_xml(state.now)).text("ETag", quoted(&source.etag));
    Ok(answer(document))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Reply {
    remove(state, &call.bucket, &call.key)?;
    Ok(Answer::empty(204))
}

/// What is not there is as good as deleted.
fn remove(state: &mut State, bucket: &str, key: &str) -> Result<(), Refused> {
    let removed = state.bucket_mut(bucket)?.objects.remove(key);
    state.free(removed.map(|object| object.content));
    Ok(())
}

pub(super) fn delete_all(state: &mut State, call: &Call<'_>) -> Reply {
    const MOST: usize = 1000;
    let malformed = || refused(400, "MalformedXML");
    let wanted = Element::read(&call.body).filter(|it| it.name == "Delete").ok_or_else(malformed)?;
    let keys: Option<Vec<_>> = wanted.all("Object").map(|object| object.text_of("Key")).collect();
    let keys = keys.filter(|keys| (1..=MOST).contains(&keys.len())).ok_or_else(malformed)?;
    if wanted.all("Object").any(|object| object.text_of("VersionId").is_some_and(|id| !matches!(id, "" | "null"))) {
        return Err(not_implemented("Versions are not faked."));
    }
    let quiet = wanted.text_of("Quiet") == Some("true");
    let mut document = Document::new("DeleteResult");
    for key in keys {
        remove(state, &call.bucket, key)?;
        if !quiet {
            document.within("Deleted", |it| {
                it.text("Key", key);
            });
        }
    }
    Ok(answer(document))
}

pub(super) fn acl(state: &mut State, call: &Call<'_>) -> Reply {
    Ok(tell_acl(state.object(&call.bucket, &call.key)?.look.access))
}

pub(super) fn set_acl(state: &mut State, call: &Call<'_>) -> Reply {
    let access = read_acl(call)?;
    let object = state.bucket_mut(&call.bucket)?.objects.get_mut(&call.key);
    object.ok_or_else(|| refused(404, "NoSuchKey"))?.look.access = access;
    Ok(Answer::empty(200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_within_the_length() {
        let part = Ranged::Part;
        for (text, expected) in [
            ("bytes=0-0", part(0..1)),
            ("bytes=2-", part(2..10)),
            ("bytes=8-99", part(8..10)),
            ("bytes=-3", part(7..10)),
            ("bytes=-99", part(0..10)),
            ("bytes=-0", Ranged::Nothing),
            ("bytes=10-", Ranged::Nothing),
            ("bytes=3-2", Ranged::Whole),
            ("bytes=0-1,3-4", Ranged::Whole),
            ("items=0-1", Ranged::Whole),
        ] {
            assert_eq!(asked_range(text, 10), expected, "{text}");
        }
        assert_eq!(asked_range("bytes=0-", 0), Ranged::Nothing);
    }
}
