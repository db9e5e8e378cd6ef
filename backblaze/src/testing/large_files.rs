//! Large files, part by part.

use howdah_core::testing::{Answer, Fake};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    ACCOUNT, Cap, State as World, bad_request as bad, buckets,
    catalog::{self, Kind, StoredPart, StoredSha1},
    contents::Received,
    error,
    files::{Eyes, encryption},
    new_version::{NewVersion, opens},
};
use crate::{
    AccountId, FileId, FileVersion, Part,
    account::Capability,
    buckets::BucketId,
    large_files::{self, CancelledFile, Finish, NewPartCopy, PartFilter, UnfinishedFilter},
    sha1::Hasher,
};

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&large_files::START, |state, [], file| {
        let bucket = file.bucket_id;
        let new = NewVersion {
            name: file.file_name,
            content_type: file.content_type,
            info: file.file_info.unwrap_or_default(),
            timestamp: file.custom_upload_timestamp,
            retention: file.file_retention,
            legal_hold: file.legal_hold,
            encryption: file.server_side_encryption,
        };
        let (name, version) = state.admit(&bucket, Kind::Start, new)?;
        Ok(state.add(&bucket, &name, version))
    })
    .on(&large_files::COPY_PART, |state, [], part| copy_part(state, &part))
    .on(&large_files::FINISH, |state, [], finish| self::finish(state, &finish))
    .on(&large_files::CANCEL, |state, [], file| {
        let (bucket, serial) = open(state, &file.file_id)?;
        let name = name(state, &bucket, serial);
        state.may(Capability::WriteFiles, Some(&bucket), Some(&name))?;
        state.remove(&bucket, serial);
        let account_id = AccountId::new(ACCOUNT.to_owned());
        Ok(CancelledFile { file_id: file.file_id, account_id, bucket_id: bucket, file_name: name })
    })
    .on(&large_files::LIST_PARTS, |state, [], filter| Err(list_parts(state, &filter)?))
    .on(&large_files::LIST_UNFINISHED, |state, [], filter| Err(list_unfinished(state, &filter)?))
}

/// A large file that is not finished.
pub(super) fn open(state: &World, id: &FileId) -> Result<(BucketId, u64), Answer> {
    let (bucket, serial) = catalog::parse(id).ok_or_else(|| bad(format!("Bad fileId: {id}")))?;
    match state.find(id) {
        Some((.., version)) if version.kind == Kind::Start => Ok((bucket, serial)),
        Some(_) => Err(error(400, "no_such_file", format!("No active upload for: {id}"))),
        None => Err(error(400, "file_not_present", format!("File not present: {id}"))),
    }
}

fn name(state: &World, bucket: &BucketId, serial: u64) -> String {
    let found = state.files.catalog(bucket).and_then(|catalog| catalog.get(serial));
    found.map(|(name, _)| name.to_owned()).unwrap_or_default()
}

/// A part as it is told of.
pub(super) fn tell(state: &World, bucket: &BucketId, serial: u64, number: u32, part: &StoredPart) -> Part {
    let file = state.files.catalog(bucket).and_then(|catalog| catalog.get(serial));
    Part {
        file_id: catalog::file_id(bucket, serial),
        part_number: number,
        content_length: part.content.len(),
        content_sha1: Some(part.sha1.told()),
        content_md5: None,
        server_side_encryption: file.map(|(_, version)| encryption(version.cipher())),
        upload_timestamp: Timestamp::from_millisecond(part.uploaded).unwrap_or_default(),
    }
}

fn copy_part(state: &mut World, part: &NewPartCopy) -> Result<Part, Answer> {
    let (bucket, serial) = open(state, &part.large_file_id)?;
    state.may(Capability::WriteFiles, Some(&bucket), Some(&name(state, &bucket, serial)))?;
    let number = part.part_number;
    if !(1..=10_000).contains(&number) {
        return Err(error(400, "out_of_range", format!("partNumber is {number}, and not between 1 and 10000")));
    }
    if let Some((.., file)) = state.find(&part.large_file_id) {
        opens(file.cipher(), part.destination_server_side_encryption.as_ref())?;
    }
    let (key, range) = (part.source_server_side_encryption.as_ref(), part.range.as_deref());
    let (_, _, source, content) = state.source(&part.source_file_id, range, key)?;
    if content.len() > state.settings.largest_copy {
        return Err(error(400, "source_too_large", "The part is too large to be copied"));
    }
    if content.is_empty() {
        return Err(bad("A part has at least one byte"));
    }
    state.spend(Cap::Storage(content.len()))?;
    let sha1 = match source.sha1 {
        StoredSha1::Verified(sha1) if content.len() == source.content.len() => Ok(sha1),
        _ => content.digest::<Hasher>(),
    };
    let sha1 = sha1.map_err(|why| error(500, "internal_error", why.to_string()))?;
    drop(source);
    state.put_part(&bucket, serial, number, Received { content, digest: sha1 }, false)
}

fn finish(state: &mut World, finish: &Finish) -> Result<FileVersion, Answer> {
    let (bucket, serial) = open(state, &finish.file_id)?;
    let name = name(state, &bucket, serial);
    state.may(Capability::WriteFiles, Some(&bucket), Some(&name))?;
    let wanted = &finish.part_sha1_array;
    if wanted.is_empty() {
        return Err(bad("A large file has at least one part"));
    }
    let parts = state.files.catalog(&bucket).and_then(|catalog| catalog.parts(serial));
    let parts = parts.into_iter().flatten();
    let missing = |number: u32| error(400, "missing_part", format!("Part number {number} has not been uploaded"));
    let mut given = 0;
    for ((number, part), expected) in parts.clone().zip(1..) {
        if *number != expected {
            return Err(missing(expected));
        }
        let Some(sha1) = wanted.get(given) else {
            return Err(bad(format!("partSha1Array has {given} parts, and there are more")));
        };
        given += 1;
        let found = part.sha1.told().to_string();
        if !found.trim_start_matches("unverified:").eq_ignore_ascii_case(sha1.trim_start_matches("unverified:")) {
            let message = format!("sha1 did not match for part number {number}");
            return Err(error(400, "part_sha1_mismatch", message));
        }
    }
    if given < wanted.len() {
        return Err(missing(u32::try_from(given + 1).unwrap_or(u32::MAX)));
    }
    let minimum = state.settings.absolute_minimum_part_size;
    let small = parts.take(given - 1).find(|(_, part)| part.content.len() < minimum);
    if let Some((number, _)) = small {
        return Err(bad(format!("Part number {number} is smaller than {minimum} bytes")));
    }
    let now = state.now.as_millisecond();
    state.files.catalog_mut(&bucket).finish(serial, now);
    let finished = state.find(&finish.file_id).map(|(.., version)| state.tell(&bucket, &name, version));
    finished.ok_or_else(|| error(500, "internal_error", "The file is gone"))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PartPage {
    parts: Vec<Part>,
    next_part_number: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FilePage {
    files: Vec<FileVersion>,
    next_file_id: Option<FileId>,
}

fn list_parts(state: &World, filter: &PartFilter) -> Result<Answer, Answer> {
    let (bucket, serial) = open(state, &filter.file_id)?;
    state.may(Capability::WriteFiles, Some(&bucket), Some(&name(state, &bucket, serial)))?;
    let count = filter.max_part_count.unwrap_or(100);
    if !(1..=10_000).contains(&count) {
        return Err(error(400, "out_of_range", format!("maxPartCount is {count}, and not between 1 and 10000")));
    }
    let parts = state.files.catalog(&bucket).and_then(|catalog| catalog.parts(serial));
    let start = filter.start_part_number.unwrap_or(1);
    let mut parts = parts.into_iter().flat_map(|parts| parts.range(start..));
    let page = parts.by_ref().take(count as usize);
    let page = page.map(|(number, part)| tell(state, &bucket, serial, *number, part)).collect();
    Ok(Answer::json(200, PartPage { parts: page, next_part_number: parts.next().map(|(number, _)| *number) }))
}

fn list_unfinished(state: &World, filter: &UnfinishedFilter) -> Result<Answer, Answer> {
    let (bucket, prefix) = (&filter.bucket_id, filter.name_prefix.as_deref().unwrap_or_default());
    state.may(Capability::ListFiles, Some(bucket), Some(prefix))?;
    buckets::find(state, bucket)?;
    let count = filter.max_file_count.unwrap_or(100);
    if !(1..=100).contains(&count) {
        return Err(error(400, "out_of_range", format!("maxFileCount is {count}, and not between 1 and 100")));
    }
    let from = filter.start_file_id.as_ref().and_then(catalog::parse).map_or(0, |(_, serial)| serial);
    let unfinished = state.files.catalog(bucket).into_iter().flat_map(|catalog| catalog.unfinished(from));
    let mut unfinished = unfinished.filter(|(name, _)| name.starts_with(prefix));
    let eyes = Eyes::of(state, bucket);
    let files = unfinished.by_ref().take(count as usize).map(|(name, version)| eyes.tell(name, version)).collect();
    let next_file_id = unfinished.next().map(|(_, version)| catalog::file_id(bucket, version.serial));
    Ok(Answer::json(200, FilePage { files, next_file_id }))
}
