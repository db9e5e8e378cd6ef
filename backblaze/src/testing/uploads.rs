//! Upload URLs, and uploads.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use howdah_core::{
    Secret,
    testing::{Answer, Asked, Fake},
};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Cap, State as World,
    account::Caller,
    bad_request as bad, buckets,
    catalog::{Cipher, Kind, StoredPart, StoredSha1, Version},
    contents::{Digest, Received, Receiver},
    error,
    new_version::{self, NewVersion, header, required},
};
use crate::{
    FileId, Part,
    account::Capability,
    buckets::BucketId,
    models::is_sha1,
    uploads::{self, UploadPartUrl, UploadUrl},
};

/// The URLs that were handed out, by the last segment of their paths.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    slots: BTreeMap<String, Slot>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Slot {
    token: String,
    target: Target,
    /// Whoever asked for it; not known any more after the state was read.
    #[serde(skip)]
    caller: Option<Caller>,
    expires: Timestamp,
    /// The bytes that the present upload needs.
    #[serde(skip)]
    busy: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Target {
    Bucket(BucketId),
    LargeFile(FileId),
}

/// Lets all URLs expire now.
pub(super) fn expire_tokens(state: &mut World) {
    let now = state.now;
    state.uploads.slots.values_mut().for_each(|slot| slot.expires = slot.expires.min(now));
}

/// Forgets what expired an hour ago or earlier: until then it is known as expired.
pub(super) fn forget_tokens(state: &mut World) {
    let now = state.now;
    state.uploads.slots.retain(|_, slot| slot.busy.is_some() || slot.expires + SignedDuration::from_hours(1) > now);
}

/// How the SHA-1 of an upload is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    Known(Digest),
    AtEnd,
    None,
}

/// An upload on its way in.
struct Incoming {
    receiver: Receiver,
    claim: Claim,
    /// Bytes of the content itself.
    length: u64,
    /// The digits that follow it.
    digits: Vec<u8>,
    what: What,
}

/// What an upload is to become.
enum What {
    File(BucketId, String, Box<Version>),
    Part(BucketId, u64, u32),
}

impl Write for Incoming {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        let left = self.length - self.receiver.len();
        let content = usize::try_from(left).map_or(chunk.len(), |left| left.min(chunk.len()));
        if content > 0 {
            self.receiver.write_all(&chunk[..content])?;
        }
        // One byte too many is enough to tell.
        let room = 41_usize.saturating_sub(self.digits.len());
        self.digits.extend(chunk[content..].iter().take(room));
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&uploads::GET_UPLOAD_URL, |state, [], bucket| {
        let id = bucket.bucket_id;
        buckets::find(state, &id)?;
        state.may(Capability::WriteFiles, Some(&id), None)?;
        let (url, token) = state.hand_out("b2_upload_file", id.get(), Target::Bucket(id.clone()));
        Ok(UploadUrl { bucket_id: id, upload_url: url, authorization_token: token })
    })
    .on(&uploads::GET_UPLOAD_PART_URL, |state, [], file| {
        let id = file.file_id;
        let (bucket, serial) = super::large_files::open(state, &id)?;
        let name = state.files.catalog(&bucket).and_then(|catalog| Some(catalog.get(serial)?.0));
        state.may(Capability::WriteFiles, Some(&bucket), name)?;
        let (url, token) = state.hand_out("b2_upload_part", id.get(), Target::LargeFile(id.clone()));
        Ok(UploadPartUrl { file_id: id, upload_url: url, authorization_token: token })
    })
    .on_upload(
        &uploads::UPLOAD_FILE,
        |state, asked, [_, slot]| begin(state, asked, slot, begin_file),
        |state, _, [_, slot], read| {
            let (received, claim, what) = end(state, slot, read)?;
            let What::File(bucket, name, mut version) = what else { return Err(bad("This URL is for files")) };
            version.sha1 = stored_sha1(claim, received.digest);
            version.content = received.content;
            Ok(state.add(&bucket, &name, *version))
        },
    )
    .on_upload(
        &uploads::UPLOAD_PART,
        |state, asked, [_, slot]| begin(state, asked, slot, begin_part),
        |state, _, [_, slot], read| {
            let (received, claim, what) = end(state, slot, read)?;
            let What::Part(bucket, serial, number) = what else { return Err(bad("This URL is for parts")) };
            state.put_part(&bucket, serial, number, received, claim == Claim::None)
        },
    )
}

fn stored_sha1(claim: Claim, sha1: Digest) -> StoredSha1 {
    match claim {
        Claim::None => StoredSha1::Unverified(sha1),
        _ => StoredSha1::Verified(sha1),
    }
}

impl World {
    fn hand_out(&mut self, operation: &str, id: &str, target: Target) -> (Secret, Secret) {
        let caller = self.caller.clone();
        let slot = self.next_id("c");
        let token = self.next_id("3_");
        let url = format!("{}/b2api/v4/{operation}/{id}/{slot}", self.origin);
        let expires = self.expiry();
        self.uploads.slots.insert(slot, Slot { token: token.clone(), target, caller, expires, busy: None });
        (url.into(), token.into())
    }

    /// Keeps a part, instead of one with the same number if there is one.
    pub(super) fn put_part(
        &mut self,
        bucket: &BucketId,
        serial: u64,
        number: u32,
        received: Received,
        unverified: bool,
    ) -> Result<Part, Answer> {
        let claim = if unverified { Claim::None } else { Claim::AtEnd };
        let Received { content, digest: sha1 } = received;
        let part = StoredPart {
            sha1: stored_sha1(claim, sha1),
            uploaded: self.now.as_millisecond(),
            content: content.clone(),
        };
        let told = super::large_files::tell(self, bucket, serial, number, &part);
        let Some(parts) = self.files.catalog_mut(bucket).parts_mut(serial) else {
            drop(part);
            self.release(content.len());
            self.contents.free(content);
            return Err(bad("The large file was finished or cancelled meanwhile"));
        };
        drop(content);
        if let Some(replaced) = parts.insert(number, part) {
            self.release(replaced.content.len());
            self.contents.free(replaced.content);
        }
        Ok(told)
    }
}

/// Checks what is asked for a URL, from the token on; whatever is wrong makes the URL useless.
fn begin(
    state: &mut World,
    asked: &Asked,
    name: &str,
    what: fn(&World, &HeaderMap, &Target, u64) -> Result<What, Answer>,
) -> Result<Incoming, Answer> {
    let now = state.now;
    let slot = state.uploads.slots.get(name);
    let token = header(&asked.headers, "authorization")?.unwrap_or_default();
    let unknown = || error(401, "bad_auth_token", "Invalid authorization token");
    let slot = slot.filter(|slot| slot.token == token && slot.caller.is_some()).ok_or_else(unknown)?;
    if slot.expires <= now {
        return Err(error(401, "expired_auth_token", "Authorization token has expired"));
    }
    if slot.busy.is_some() {
        return Err(error(400, "auth_token_limit", "more than one upload using auth token"));
    }
    let target = slot.target.clone();
    state.caller = slot.caller.clone();
    match admit(state, &asked.headers, &target, what) {
        Ok(incoming) => {
            if let Some(slot) = state.uploads.slots.get_mut(name) {
                slot.busy = Some(incoming.length);
            }
            Ok(incoming)
        }
        Err(refusal) => {
            state.uploads.slots.remove(name);
            Err(refusal)
        }
    }
}

fn admit(
    state: &mut World,
    headers: &HeaderMap,
    target: &Target,
    what: fn(&World, &HeaderMap, &Target, u64) -> Result<What, Answer>,
) -> Result<Incoming, Answer> {
    let length: u64 = match header(headers, "content-length")? {
        Some(length) => length.parse().map_err(|_| bad("Bad Content-Length"))?,
        None if headers.contains_key("transfer-encoding") => return Err(bad("Content-Length is required")),
        // Nothing comes.
        None => 0,
    };
    let (claim, length) = match required(headers, "x-bz-content-sha1")? {
        "hex_digits_at_end" => {
            let content = length.checked_sub(40).ok_or_else(|| bad("Content-Length is less than 40"))?;
            (Claim::AtEnd, content)
        }
        "do_not_verify" => (Claim::None, length),
        sha1 => (Claim::Known(digest(sha1.as_bytes()).ok_or_else(|| bad("Bad X-Bz-Content-Sha1"))?), length),
    };
    if length > state.settings.largest_upload {
        return Err(bad("The content is too large to be uploaded at once"));
    }
    let what = what(state, headers, target, length)?;
    state.spend(Cap::Storage(length))?;
    let receiver = state.contents.receive(length, state.settings.discard_contents);
    let receiver = receiver.map_err(|why| error(500, "internal_error", why.to_string()))?;
    Ok(Incoming { receiver, claim, length, digits: Vec::new(), what })
}

fn digest(text: &[u8]) -> Option<Digest> {
    let text = std::str::from_utf8(text).ok().filter(|text| is_sha1(text))?;
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn begin_file(state: &World, headers: &HeaderMap, target: &Target, _: u64) -> Result<What, Answer> {
    let Target::Bucket(bucket) = target else { return Err(bad("This URL is for parts of a large file")) };
    let (name, version) = state.admit(bucket, Kind::Upload, NewVersion::read(headers)?)?;
    Ok(What::File(bucket.clone(), name, Box::new(version)))
}

fn begin_part(state: &World, headers: &HeaderMap, target: &Target, length: u64) -> Result<What, Answer> {
    let Target::LargeFile(id) = target else { return Err(bad("This URL is for files")) };
    let (bucket, serial) = super::large_files::open(state, id)?;
    let number = required(headers, "x-bz-part-number")?;
    let number = number.parse().ok().filter(|number| (1..=10_000).contains(number));
    let number = number.ok_or_else(|| bad("X-Bz-Part-Number is not between 1 and 10000"))?;
    if length == 0 {
        return Err(bad("A part has at least one byte"));
    }
    let key = new_version::encryption(headers)?;
    let cipher = state.find(id).map_or(&Cipher::Plain, |(.., version)| version.cipher());
    new_version::opens(cipher, key.as_ref())?;
    Ok(What::Part(bucket, serial, number))
}

/// What came, if it is what was announced. Otherwise nothing of it is kept, and the URL is useless from now on.
fn end(state: &mut World, name: &str, read: io::Result<Incoming>) -> Result<(Received, Claim, What), Answer> {
    let whole = read.map_err(|_| error(408, "request_timeout", "The content broke off")).and_then(|incoming| {
        let Incoming { receiver, claim, length, digits, what } = incoming;
        let wanted = if claim == Claim::AtEnd { 40 } else { 0 };
        if receiver.len() < length || digits.len() != wanted {
            return Err(bad("The content is not as long as Content-Length says"));
        }
        let received = receiver.finish().map_err(|why| error(500, "internal_error", why.to_string()))?;
        let claimed = match claim {
            Claim::Known(sha1) => Some(sha1),
            Claim::AtEnd => digest(&digits),
            Claim::None => Some(received.digest),
        };
        if claimed != Some(received.digest) {
            state.contents.free(received.content);
            return Err(bad("Sha1 did not match data received"));
        }
        Ok((received, claim, what))
    });
    if let (Some(slot), Ok(_)) = (state.uploads.slots.get_mut(name), &whole) {
        slot.busy = None;
        state.caller = slot.caller.clone();
    } else {
        let bytes = state.uploads.slots.remove(name).and_then(|slot| slot.busy);
        state.release(bytes.unwrap_or(0));
    }
    whole
}
