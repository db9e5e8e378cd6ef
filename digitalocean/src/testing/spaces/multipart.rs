//! Objects that come in parts.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use howdah_core::testing::{
    Answer,
    contents::{Content, Received},
};
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use super::{
    Digests, Hashes, OWNER, State,
    buckets::{Wanted, told_key},
    in_xml,
    objects::{Look, Ranged, asked_range},
    quoted,
    refused::{Refused, Reply, refused},
    request::Call,
    xml as answer,
    xml::{Document, Element},
};

/// What each part but the last must have.
const SMALLEST_PART: u64 = 5 << 20;

const MOST_PARTS: usize = 10_000;

/// A page of a list.
const PAGE: usize = 1000;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Upload {
    key: String,
    pub(super) begun: Timestamp,
    look: Look,
    parts: BTreeMap<usize, Part>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Part {
    content: Content,
    etag: String,
    modified: Timestamp,
}

impl Upload {
    pub(super) fn contents_mut(&mut self) -> impl Iterator<Item = &mut Content> {
        self.parts.values_mut().map(|part| &mut part.content)
    }

    pub(super) fn into_contents(self) -> impl Iterator<Item = Content> {
        self.parts.into_values().map(|part| part.content)
    }
}

impl State {
    fn upload(&mut self, call: &Call<'_>) -> Result<&mut Upload, Refused> {
        let id = call.parameter("uploadId").unwrap_or_default();
        let upload = self.bucket_mut(&call.bucket)?.uploads.get_mut(&id);
        upload.filter(|upload| upload.key == call.key).ok_or_else(|| refused(404, "NoSuchUpload"))
    }

    fn take_upload(&mut self, call: &Call<'_>) -> Result<Upload, Refused> {
        self.upload(call)?;
        let id = call.parameter("uploadId").unwrap_or_default();
        self.bucket_mut(&call.bucket)?.uploads.remove(&id).ok_or_else(|| refused(404, "NoSuchUpload"))
    }

    fn store_part(&mut self, call: &Call<'_>, content: Content, md5: [u8; 16]) -> Result<String, Refused> {
        let etag = HEXLOWER.encode(&md5);
        let part = Part { content, etag: etag.clone(), modified: self.now };
        let number = number(call)?;
        let replaced = match self.upload(call) {
            Ok(upload) => upload.parts.insert(number, part),
            // It was given up while the part came.
            Err(refusal) => {
                self.free([part.content]);
                return Err(refusal);
            }
        };
        self.free(replaced.map(|part| part.content));
        Ok(etag)
    }
}

fn number(call: &Call<'_>) -> Result<usize, Refused> {
    let number = call.number("partNumber")?.filter(|number| (1..=MOST_PARTS).contains(number));
    number.ok_or_else(|| refused(400, "InvalidArgument"))
}

pub(super) fn create(state: &mut State, call: &Call<'_>) -> Reply {
    let look = Look::of(call)?;
    let serial = state.new_id();
    // Looks like one that was drawn, and differs from all others.
    let id = format!("2~{:016x}{serial:016x}", serial.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let upload = Upload { key: call.key.clone(), begun: state.now, look, parts: BTreeMap::new() };
    state.bucket_mut(&call.bucket)?.uploads.insert(id.clone(), upload);
    let mut document = Document::new("InitiateMultipartUploadResult");
    document.text("Bucket", &call.bucket).text("Key", &call.key).text("UploadId", id);
    Ok(answer(document))
}

pub(super) fn begin_part(state: &mut State, call: &Call<'_>) -> Result<(), Refused> {
    number(call)?;
    state.upload(call).map(drop)
}

pub(super) fn put_part(state: &mut State, call: &Call<'_>, received: Received<Digests>) -> Reply {
    let etag = state.store_part(call, received.content, received.digest.md5)?;
    Ok(Answer::empty(200).with_header("etag", quoted(&etag)))
}

pub(super) fn copy_part(state: &mut State, call: &Call<'_>) -> Reply {
    number(call)?;
    state.upload(call)?;
    let source = state.source(call)?;
    let content = match call.header("x-amz-copy-source-range") {
        None => source.content.clone(),
        Some(range) => {
            let length = source.content.len();
            match asked_range(range, length) {
                Ranged::Part(range) => source.content.slice(range),
                Ranged::Nothing => return Err(refused(416, "InvalidRange")),
                Ranged::Whole => return Err(refused(400, "InvalidArgument")),
            }
        }
    };
    let digests = content.digest::<Hashes>()?;
    let etag = state.store_part(call, content, digests.md5)?;
    let mut document = Document::new("CopyPartResult");
    document.text("LastModified", in_xml(state.now)).text("ETag", quoted(&etag));
    Ok(answer(document))
}

pub(super) fn complete(state: &mut State, call: &Call<'_>) -> Reply {
    let malformed = || refused(400, "MalformedXML");
    let wanted = Element::read(&call.body).filter(|it| it.name == "CompleteMultipartUpload").ok_or_else(malformed)?;
    let wanted: Option<Vec<(usize, &str)>> = wanted
        .all("Part")
        .map(|part| Some((part.text_of("PartNumber")?.trim().parse().ok()?, part.text_of("ETag")?.trim())))
        .collect();
    let wanted = wanted.filter(|wanted| (1..=MOST_PARTS).contains(&wanted.len())).ok_or_else(malformed)?;
    if !wanted.is_sorted_by(|(one, _), (other, _)| one < other) {
        return Err(refused(400, "InvalidPartOrder"));
    }
    let upload = state.upload(call)?;
    let mut hash = Md5::new();
    for (at, (number, etag)) in wanted.iter().enumerate() {
        let part = upload.parts.get(number).filter(|part| part.etag == etag.trim_matches('"'));
        let part = part.ok_or_else(|| refused(400, "InvalidPart"))?;
        if part.content.len() < SMALLEST_PART && at + 1 < wanted.len() {
            return Err(refused(400, "EntityTooSmall"));
        }
        hash.update(HEXLOWER.decode(part.etag.as_bytes()).unwrap_or_default());
    }
    let etag = format!("{}-{}", HEXLOWER.encode(&hash.finalize()), wanted.len());

    let Upload { look, mut parts, .. } = state.take_upload(call)?;
    let used: Vec<_> = wanted.iter().filter_map(|(number, _)| parts.remove(number)).map(|part| part.content).collect();
    state.free(parts.into_values().map(|part| part.content));
    state.put_object(call, Content::join(used), etag.clone(), look)?;
    let mut document = Document::new("CompleteMultipartUploadResult");
    let location = format!("https://{}.digitaloceanspaces.com/{}/{}", state.region, call.bucket, call.key);
    document.text("Location", location).text("Bucket", &call.bucket).text("Key", &call.key).text("ETag", quoted(&etag));
    Ok(answer(document))
}

pub(super) fn abort(state: &mut State, call: &Call<'_>) -> Reply {
    let upload = state.take_upload(call)?;
    state.free(upload.into_contents());
    Ok(Answer::empty(204))
}

fn people(document: &mut Document) {
    for who in ["Initiator", "Owner"] {
        document.within(who, |it| {
            it.text("ID", OWNER).text("DisplayName", OWNER);
        });
    }
}

pub(super) fn list_parts(state: &mut State, call: &Call<'_>) -> Reply {
    let most = call.number("max-parts")?.unwrap_or(PAGE).min(PAGE);
    let marker = call.number("part-number-marker")?.unwrap_or_default();
    let upload = state.upload(call)?;
    let mut parts: Vec<_> = upload.parts.range(marker + 1..).take(most + 1).collect();
    let truncated = parts.len() > most;
    parts.truncate(most);
    let mut document = Document::new("ListPartsResult");
    document.text("Bucket", &call.bucket).text("Key", &call.key);
    document.text("UploadId", call.parameter("uploadId").unwrap_or_default()).text("StorageClass", "STANDARD");
    document.number("PartNumberMarker", marker);
    document.number("NextPartNumberMarker", parts.last().map_or(marker, |(number, _)| **number));
    document.number("MaxParts", most).text("IsTruncated", truncated.to_string());
    people(&mut document);
    for (number, part) in parts {
        document.within("Part", |it| {
            it.text("LastModified", in_xml(part.modified)).number("PartNumber", number);
            it.text("ETag", quoted(&part.etag)).number("Size", part.content.len());
        });
    }
    Ok(answer(document))
}

/// By key, and those of one key by their ids.
pub(super) fn list(state: &mut State, call: &Call<'_>) -> Reply {
    /// Comes before every other character that a key may have.
    const BETWEEN: char = '\0';
    let of = |name| call.parameter(name).unwrap_or_default();
    let (key_marker, id_marker) = (of("key-marker"), of("upload-id-marker"));
    let after = match (key_marker.as_str(), id_marker.as_str()) {
        ("", _) => String::new(),
        // Behind all of this key.
        (key, "") => format!("{key}{BETWEEN}{}", char::MAX),
        (key, id) => format!("{key}{BETWEEN}{id}"),
    };
    let wanted = Wanted::of(call, after, "max-uploads")?;
    let key = told_key(call)?;
    let bucket = state.bucket(&call.bucket)?;
    let all: BTreeMap<String, (&String, &Upload)> =
        bucket.uploads.iter().map(|(id, upload)| (format!("{}{BETWEEN}{id}", upload.key), (id, upload))).collect();
    let listed = wanted.list(&all);
    let mut document = Document::new("ListMultipartUploadsResult");
    document.text("Bucket", &call.bucket).text("Prefix", key(&wanted.prefix));
    document.text("KeyMarker", key(&key_marker)).text("UploadIdMarker", id_marker);
    if let Some(next) = &listed.next {
        let (name, id) = next.split_once(BETWEEN).unwrap_or((next, ""));
        document.text("NextKeyMarker", key(name)).text("NextUploadIdMarker", id);
    }
    if !wanted.delimiter.is_empty() {
        document.text("Delimiter", key(&wanted.delimiter));
    }
    document.number("MaxUploads", wanted.most).text("IsTruncated", listed.next.is_some().to_string());
    for (_, (id, upload)) in &listed.items {
        document.within("Upload", |it| {
            it.text("Key", key(&upload.key)).text("UploadId", *id);
            people(it);
            it.text("StorageClass", "STANDARD").text("Initiated", in_xml(upload.begun));
        });
    }
    for folder in &listed.folders {
        document.within("CommonPrefixes", |it| {
            it.text("Prefix", folder);
        });
    }
    Ok(answer(document))
}
