//! Downloads, and the right to download given to others.

use std::{collections::BTreeMap, ops};

use howdah_core::{
    http::{Download, WithHeaders},
    testing::{Answer, Fake},
};
use http::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Cap, State as World, bad_request, buckets,
    catalog::{Cipher, Version},
    contents::Content,
    error,
    new_version::{encryption, opens},
};
use crate::{
    FileInfo,
    account::Capability,
    buckets::{BucketId, BucketType},
    downloads::{self, AuthorizationRequest, DownloadAuthorization, IdQuery, Overrides},
    file_name,
};

/// The authorizations that were given, by their tokens.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    tokens: BTreeMap<String, Given>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Given {
    bucket: BucketId,
    prefix: String,
    overrides: Overrides,
    expires: Timestamp,
}

/// Lets all authorizations expire now.
pub(super) fn expire_tokens(state: &mut World) {
    let now = state.now;
    state.downloads.tokens.values_mut().for_each(|given| given.expires = given.expires.min(now));
}

/// Forgets what expired an hour ago or earlier: until then it is known as expired.
pub(super) fn forget_tokens(state: &mut World) {
    let now = state.now;
    state.downloads.tokens.retain(|_, given| given.expires + SignedDuration::from_hours(1) > now);
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&downloads::BY_ID, |state, [], asked| by_id(state, &asked))
        .on(&downloads::BY_NAME, |state, [bucket, name], asked| {
            let missing = || error(404, "not_found", format!("bucket {bucket} does not have file: {name}"));
            let found = state.buckets.named(bucket).ok_or_else(missing)?;
            let id = found.bucket_id.clone();
            authorize(state, &id, Some(name), &asked.input)?;
            let newest = state.files.catalog(&id).and_then(|catalog| catalog.newest(name));
            let version = newest.filter(|version| version.has_content()).ok_or_else(missing)?.clone();
            Err(answer(state, &id, name, &version, &asked, &asked.input)?)
        })
        .on(&downloads::GET_AUTHORIZATION, |state, [], request| give(state, request))
}

fn by_id(state: &mut World, asked: &WithHeaders<IdQuery>) -> Result<Download, Answer> {
    let id = &asked.input.file_id;
    let found = state.find(id).filter(|(.., version)| version.has_content());
    let missing = || error(404, "not_found", format!("file {id} does not exist"));
    let (bucket, _, name, version) = found.ok_or_else(missing)?;
    let (name, version) = (name.to_owned(), version.clone());
    if state.token.is_some() && state.caller.is_none() {
        return Err(error(401, "unauthorized", "A download authorization is for downloads by name"));
    }
    authorize(state, &bucket, Some(&name), &asked.input.overrides)?;
    Err(answer(state, &bucket, &name, &version, asked, &asked.input.overrides)?)
}

fn give(state: &mut World, request: AuthorizationRequest) -> Result<DownloadAuthorization, Answer> {
    let bucket = request.bucket_id;
    buckets::find(state, &bucket)?;
    state.may(Capability::ShareFiles, Some(&bucket), Some(&request.file_name_prefix))?;
    let seconds = request.valid_duration_in_seconds;
    if !(1..=604_800).contains(&seconds) {
        return Err(bad_request("validDurationInSeconds is not between 1 and 604800"));
    }
    let token = state.next_id("3_d");
    let given = Given {
        bucket: bucket.clone(),
        prefix: request.file_name_prefix.clone(),
        overrides: Overrides {
            b2_content_disposition: request.b2_content_disposition,
            b2_content_language: request.b2_content_language,
            b2_content_encoding: request.b2_content_encoding,
            b2_content_type: request.b2_content_type,
            b2_cache_control: request.b2_cache_control,
            b2_expires: request.b2_expires,
        },
        expires: state.now + SignedDuration::from_secs(seconds.into()),
    };
    state.downloads.tokens.insert(token.clone(), given);
    Ok(DownloadAuthorization {
        bucket_id: bucket,
        file_name_prefix: request.file_name_prefix,
        authorization_token: token.into(),
    })
}

/// Whether whoever asks may download it: by a key, by an authorization, or because all may.
fn authorize(state: &World, bucket: &BucketId, name: Option<&str>, overrides: &Overrides) -> Result<(), Answer> {
    if state.caller.is_some() {
        return state.may(Capability::ReadFiles, Some(bucket), name);
    }
    let Some(token) = &state.token else {
        let public = buckets::find(state, bucket)?.bucket_type == BucketType::AllPublic;
        if public && *overrides == Overrides::default() {
            return Ok(());
        }
        return Err(error(401, "unauthorized", "The download needs an authorization"));
    };
    let given = state.downloads.tokens.get(token);
    let given = given.ok_or_else(|| error(401, "bad_auth_token", "Invalid authorization token"))?;
    if given.expires <= state.now {
        return Err(error(401, "expired_auth_token", "Authorization token has expired"));
    }
    if given.bucket != *bucket || !name.unwrap_or_default().starts_with(&given.prefix) {
        return Err(error(401, "unauthorized", "The authorization is for other files"));
    }
    let repeated = headers_of(&given.overrides).into_iter().zip(headers_of(overrides));
    if repeated.into_iter().any(|((_, wanted), (_, asked))| wanted.is_some() && wanted != asked) {
        return Err(error(401, "unauthorized", "The authorization is for a download with other headers"));
    }
    Ok(())
}

/// The headers of HTTP and what the answer shall have there.
fn headers_of(overrides: &Overrides) -> [(&'static str, Option<&str>); 6] {
    [
        ("content-disposition", overrides.b2_content_disposition.as_deref()),
        ("content-language", overrides.b2_content_language.as_deref()),
        ("content-encoding", overrides.b2_content_encoding.as_deref()),
        ("content-type", overrides.b2_content_type.as_deref()),
        ("cache-control", overrides.b2_cache_control.as_deref()),
        ("expires", overrides.b2_expires.as_deref()),
    ]
}

fn answer<I>(
    state: &mut World,
    bucket: &BucketId,
    name: &str,
    version: &Version,
    asked: &WithHeaders<I>,
    overrides: &Overrides,
) -> Result<Answer, Answer> {
    let mut sent = http::HeaderMap::new();
    for header in [
        "x-bz-server-side-encryption-customer-algorithm",
        "x-bz-server-side-encryption-customer-key",
        "x-bz-server-side-encryption-customer-key-md5",
    ] {
        if let Some(value) = asked.header(header).and_then(|value| HeaderValue::from_str(value).ok()) {
            sent.insert(header, value);
        }
    }
    opens(version.cipher(), encryption(&sent)?.as_ref())?;

    let length = version.content.len();
    let range = match asked.header("range").and_then(parse_range) {
        None => None,
        Some(range) => Some(range.within(length).ok_or_else(|| {
            error(416, "range_not_satisfiable", format!("The file has {length} bytes"))
                .with_header("content-range", format!("bytes */{length}"))
        })?),
    };
    let answered = range.as_ref().map_or(length, |range| range.end - range.start);
    state.spend(Cap::Downloads(answered))?;
    let mut answer = match range {
        None => version.content.clone().answer(200),
        Some(range) => {
            let told = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            Content::answer(version.content.slice(range), 206).with_header("content-range", told)
        }
    };
    let mut put = |header: &str, value: &str| {
        // What cannot stand in a header is left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(header), HeaderValue::try_from(value)) {
            answer.headers.insert(name, value);
        }
    };
    put("accept-ranges", "bytes");
    put("content-length", &answered.to_string());
    tell(state, bucket, name, version, &mut put);
    for (header, value) in headers_of(overrides) {
        if let Some(value) = value {
            put(header, value);
        }
    }
    Ok(answer)
}

/// The headers that tell of a version.
fn tell(state: &World, bucket: &BucketId, name: &str, version: &Version, set: &mut impl FnMut(&str, &str)) {
    let told = state.tell(bucket, name, version);
    let id = told.file_id.map(|id| id.to_string()).unwrap_or_default();
    set("content-type", told.content_type.as_deref().unwrap_or_default());
    set("x-bz-file-id", &id);
    set("x-bz-file-name", &file_name::encode(name));
    set("x-bz-content-sha1", &version.sha1.told().to_string());
    set("x-bz-upload-timestamp", &version.uploaded.to_string());
    if let Some(cached) =
        buckets::find(state, bucket).ok().and_then(|bucket| info(&bucket.bucket_info, "cache-control"))
    {
        set("cache-control", cached);
    }
    tell_info(&told.file_info, set);
    match version.cipher() {
        Cipher::Plain => {}
        Cipher::B2 => set("x-bz-server-side-encryption", "AES256"),
        Cipher::Customer(md5) => {
            set("x-bz-server-side-encryption-customer-algorithm", "AES256");
            set("x-bz-server-side-encryption-customer-key-md5", md5);
        }
    }
    let mut hidden = Vec::new();
    let more = version.more.as_deref();
    if state.sees(Capability::ReadFileRetentions, bucket) {
        let retention = more.and_then(|more| more.retention.as_ref());
        if let Some((mode, until)) = retention.and_then(|one| Some((one.mode.as_ref()?, one.retain_until_timestamp?))) {
            set("x-bz-file-retention-mode", mode.as_str());
            set("x-bz-file-retention-retain-until-timestamp", &until.as_millisecond().to_string());
        }
    } else {
        hidden.extend(["X-Bz-File-Retention-Mode", "X-Bz-File-Retention-Retain-Until-Timestamp"]);
    }
    if state.sees(Capability::ReadFileLegalHolds, bucket) {
        if let Some(legal_hold) = more.and_then(|more| more.legal_hold.as_ref()) {
            set("x-bz-file-legal-hold", legal_hold.as_str());
        }
    } else {
        hidden.push("X-Bz-File-Legal-Hold");
    }
    if !hidden.is_empty() {
        set("x-bz-client-unauthorized-to-read", &hidden.join(","));
    }
}

fn info<'a>(info: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let found = info.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

/// What is one of HTTP's own headers is sent as that.
fn tell_info(info: &FileInfo, set: &mut impl FnMut(&str, &str)) {
    for (name, value) in info.iter() {
        match name.strip_prefix("b2-") {
            Some(header) => set(header, value),
            None => set(&format!("x-bz-info-{name}"), &file_name::encode(value)),
        }
    }
}

/// Bytes that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// From the first to the last.
    Between(u64, u64),
    From(u64),
    Last(u64),
}

/// Reads a range; what is none is none.
pub(super) fn parse_range(text: &str) -> Option<Wanted> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", last) => Some(Wanted::Last(last.parse().ok()?)),
        (first, "") => Some(Wanted::From(first.parse().ok()?)),
        (first, last) => {
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then_some(Wanted::Between(first, last))
        }
    }
}

impl Wanted {
    /// Which bytes of so many these are, if any.
    pub(super) fn within(self, length: u64) -> Option<ops::Range<u64>> {
        let range = match self {
            Self::Between(first, last) => first..last.saturating_add(1).min(length),
            Self::From(first) => first..length,
            Self::Last(count) => length.saturating_sub(count)..length,
        };
        (range.start < range.end).then_some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_at_the_end() {
        let of_ten = |text: &str| parse_range(text).and_then(|range| range.within(10));
        assert_eq!(of_ten("bytes=0-0"), Some(0..1));
        assert_eq!(of_ten("bytes=8-99"), Some(8..10));
        assert_eq!(of_ten("bytes=9-"), Some(9..10));
        assert_eq!(of_ten("bytes=-3"), Some(7..10));
        assert_eq!(of_ten("bytes=-30"), Some(0..10));
        for none in ["bytes=10-", "bytes=10-11", "bytes=-0", "bytes=3-2", "items=0-1", "bytes=a-b", "bytes=1"] {
            assert_eq!(of_ten(none), None, "{none}");
        }
    }
}
