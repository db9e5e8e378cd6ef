//! Files and their versions.

use std::{collections::BTreeMap, io};

use howdah_core::testing::{Answer, Fake};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ACCOUNT, Cap, FakeBackblaze, State as World,
    account::Caller,
    bad_request as bad, buckets,
    catalog::{self, Catalog, Cipher, Entry, Kind, Range, StoredSha1, Version, newest},
    contents::Content,
    error,
    new_version::{NewVersion, check_legal_hold, opens},
};
use crate::{
    AccountId, Action, ContentSha1, EncryptionMode, FileId, FileInfo, FileRetention, FileVersion, LegalHold, Readable,
    RetentionMode, ServerSideEncryption,
    account::Capability,
    buckets::BucketId,
    files::{self, DeletedVersion, MetadataDirective, NameFilter, UpdatedLegalHold, UpdatedRetention, VersionFilter},
    sha1::Hasher,
};

/// The files of all buckets.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    catalogs: BTreeMap<BucketId, Catalog>,
    last: u64,
    /// The hour, since the epoch, of the last request.
    hour: i64,
}

impl State {
    pub(super) fn catalog(&self, bucket: &BucketId) -> Option<&Catalog> {
        self.catalogs.get(bucket)
    }

    pub(super) fn catalog_mut(&mut self, bucket: &BucketId) -> &mut Catalog {
        if !self.catalogs.contains_key(bucket) {
            self.catalogs.insert(bucket.clone(), Catalog::default());
        }
        self.catalogs.entry(bucket.clone()).or_default()
    }

    pub(super) fn hour_mut(&mut self) -> &mut i64 {
        &mut self.hour
    }
}

/// After the state was read: finds the contents, and the names of versions.
pub(super) fn adopt(state: &mut World) -> io::Result<()> {
    let World { files, contents, .. } = state;
    files.catalogs.values_mut().for_each(Catalog::index);
    contents.adopt(files.catalogs.values_mut().flat_map(Catalog::contents_mut))
}

/// Whether a bucket has no version of any file, nor a large file that is not finished.
pub(super) fn is_empty(state: &World, bucket: &BucketId) -> bool {
    state.files.catalog(bucket).is_none_or(Catalog::is_empty)
}

/// Puts a file there, whoever asks.
pub(super) fn put(state: &mut World, bucket: &BucketId, name: &str, content: &[u8]) -> Result<FileId, Answer> {
    state.caller = Some(Caller::master());
    let new = NewVersion { name: name.to_owned(), content_type: "b2/x-auto".to_owned(), ..NewVersion::default() };
    let (name, mut version) = state.admit(bucket, Kind::Upload, new)?;
    state.spend(Cap::Storage(content.len() as u64))?;
    let stored = state.contents.store(content).map_err(|why| error(500, "internal_error", why.to_string()))?;
    version.sha1 = StoredSha1::Verified(stored.digest);
    version.content = stored.content;
    let added = state.add(bucket, &name, version);
    added.file_id.ok_or_else(|| error(500, "internal_error", "The file has no id"))
}

impl World {
    /// A version by its id, wherever it is.
    pub(super) fn find(&self, id: &FileId) -> Option<(BucketId, u64, &str, &Version)> {
        let (bucket, serial) = catalog::parse(id)?;
        let (name, version) = self.files.catalog(&bucket)?.get(serial)?;
        Some((bucket, serial, name, version))
    }

    /// Adds a version.
    pub(super) fn add(&mut self, bucket: &BucketId, name: &str, mut version: Version) -> FileVersion {
        self.files.last += 1;
        version.serial = self.files.last;
        let told = self.tell(bucket, name, &version);
        self.files.catalog_mut(bucket).insert(name, version);
        told
    }

    /// Deletes a version, or a large file that is not finished, for good.
    pub(super) fn remove(&mut self, bucket: &BucketId, serial: u64) {
        let removed = self.files.catalog_mut(bucket).remove(serial);
        for content in removed.into_iter().flat_map(|(_, contents)| contents) {
            self.release(content.len());
            self.contents.free(content);
        }
    }

    /// A version as the caller may see it.
    pub(super) fn tell(&self, bucket: &BucketId, name: &str, version: &Version) -> FileVersion {
        Eyes::of(self, bucket).tell(name, version)
    }

    /// Whether a version may be deleted now, by whoever may bypass a governance or may not.
    pub(super) fn locked(&self, version: &Version, bypass: bool) -> bool {
        let Some(more) = &version.more else { return false };
        let retained = more.retention.as_ref().is_some_and(|retention| self.retains(retention, bypass));
        retained || more.legal_hold == Some(LegalHold::On)
    }

    fn retains(&self, retention: &FileRetention, bypass: bool) -> bool {
        let active = retention.retain_until_timestamp.is_some_and(|until| until > self.now);
        match &retention.mode {
            Some(RetentionMode::Compliance) => active,
            Some(RetentionMode::Governance) => active && !bypass,
            _ => false,
        }
    }

    /// Whether the caller may bypass governance, if that is asked for.
    fn bypass(&self, wanted: Option<bool>, bucket: &BucketId, name: &str) -> Result<bool, Answer> {
        let wanted = wanted.unwrap_or(false);
        if wanted {
            self.may(Capability::BypassGovernance, Some(bucket), Some(name))?;
        }
        Ok(wanted)
    }

    /// The source of a copy and what is wanted of it, if the caller may read it.
    pub(super) fn source(
        &self,
        id: &FileId,
        range: Option<&str>,
        key: Option<&crate::Encryption>,
    ) -> Result<(BucketId, String, Version, Content), Answer> {
        let found = self.find(id).filter(|(.., version)| version.has_content());
        let missing = || error(400, "file_not_present", format!("File not present: {id}"));
        let (bucket, _, name, version) = found.ok_or_else(missing)?;
        self.may(Capability::ReadFiles, Some(&bucket), Some(name))?;
        opens(version.cipher(), key)?;
        let length = version.content.len();
        let content = match range {
            None => version.content.clone(),
            Some(range) => {
                let range = super::downloads::parse_range(range).ok_or_else(|| bad("Bad range"))?;
                let range = range
                    .within(length)
                    .ok_or_else(|| error(416, "range_not_satisfiable", format!("The source has {length} bytes")))?;
                version.content.slice(range)
            }
        };
        Ok((bucket, name.to_owned(), version.clone(), content))
    }
}

/// What a caller may see of the versions of a bucket.
pub(super) struct Eyes<'a> {
    bucket: &'a BucketId,
    account: AccountId,
    retentions: bool,
    legal_holds: bool,
}

impl<'a> Eyes<'a> {
    pub(super) fn of(state: &World, bucket: &'a BucketId) -> Self {
        let may = |capability| state.sees(capability, bucket);
        Self {
            bucket,
            account: AccountId::new(ACCOUNT.to_owned()),
            retentions: may(Capability::ReadFileRetentions),
            legal_holds: may(Capability::ReadFileLegalHolds),
        }
    }

    pub(super) fn tell(&self, name: &str, version: &Version) -> FileVersion {
        let more = version.more.as_deref();
        let retention = more.and_then(|more| more.retention.clone()).unwrap_or_default();
        FileVersion {
            action: match version.kind {
                Kind::Start => Action::Start,
                Kind::Upload => Action::Upload,
                Kind::Hide => Action::Hide,
                Kind::Copy => Action::Copy,
            },
            content_length: version.content.len(),
            content_sha1: (version.kind != Kind::Hide).then(|| version.sha1.told()),
            content_type: Some(version.content_type.to_string()),
            file_id: Some(catalog::file_id(self.bucket, version.serial)),
            file_info: version.info(),
            file_retention: Some(readable(self.retentions, Some(retention))),
            legal_hold: Some(readable(self.legal_holds, more.and_then(|more| more.legal_hold.clone()))),
            server_side_encryption: Some(encryption(version.cipher())),
            upload_timestamp: Timestamp::from_millisecond(version.uploaded).unwrap_or_default(),
            ..self.nothing(Action::Upload, name)
        }
    }

    fn folder(&self, name: &str) -> FileVersion {
        self.nothing(Action::Folder, name)
    }

    fn nothing(&self, action: Action, name: &str) -> FileVersion {
        FileVersion {
            account_id: Some(self.account.clone()),
            action,
            bucket_id: Some(self.bucket.clone()),
            content_length: 0,
            content_md5: None,
            content_sha1: None::<ContentSha1>,
            content_type: None,
            file_id: None,
            file_info: FileInfo::new(),
            file_name: name.to_owned(),
            file_retention: None,
            legal_hold: None,
            replication_status: None,
            server_side_encryption: None,
            upload_timestamp: Timestamp::UNIX_EPOCH,
        }
    }
}

fn readable<T>(authorized: bool, value: Option<T>) -> Readable<T> {
    Readable { is_client_authorized_to_read: authorized, value: value.filter(|_| authorized) }
}

/// How an answer tells of an encryption.
pub(super) fn encryption(cipher: &Cipher) -> ServerSideEncryption {
    let mode = match cipher {
        Cipher::Plain => return ServerSideEncryption::default(),
        Cipher::B2 => EncryptionMode::B2,
        Cipher::Customer(_) => EncryptionMode::Customer,
    };
    ServerSideEncryption { mode: Some(mode), algorithm: Some("AES256".to_owned()) }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&files::LIST_NAMES, |state, [], filter| Err(list_names(state, &filter)?))
        .on(&files::LIST_VERSIONS, |state, [], filter| Err(list_versions(state, &filter)?))
        .on(&files::GET_INFO, |state, [], file| {
            let found = state.find(&file.file_id);
            let missing = || error(404, "not_found", format!("file_id: {}", file.file_id));
            let (bucket, _, name, version) = found.ok_or_else(missing)?;
            state.may(Capability::ReadFiles, Some(&bucket), Some(name))?;
            Ok(state.tell(&bucket, name, version))
        })
        .on(&files::HIDE, |state, [], file| hide(state, &file.bucket_id, &file.file_name))
        .on(&files::DELETE_VERSION, |state, [], version| {
            let (bucket, serial, found) = named(state, &version.file_id, &version.file_name, Capability::DeleteFiles)?;
            if found.kind == Kind::Start {
                return Err(bad("The large file is not finished: b2_cancel_large_file gives it up"));
            }
            let bypass = state.bypass(version.bypass_governance, &bucket, &version.file_name)?;
            if state.locked(found, bypass) {
                return Err(error(403, "access_denied", "The file is protected by its retention or a legal hold"));
            }
            state.remove(&bucket, serial);
            Ok(DeletedVersion { file_id: version.file_id, file_name: version.file_name })
        })
        .on(&files::COPY, |state, [], copy| self::copy(state, copy))
        .on(&files::UPDATE_RETENTION, |state, [], update| update_retention(state, update))
        .on(&files::UPDATE_LEGAL_HOLD, |state, [], update| {
            let (id, name) = (&update.file_id, &update.file_name);
            let (bucket, serial, _) = named(state, id, name, Capability::WriteFileLegalHolds)?;
            lockable(state, &bucket)?;
            check_legal_hold(&update.legal_hold)?;
            if let Some(version) = state.files.catalog_mut(&bucket).get_mut(serial) {
                version.more.get_or_insert_default().legal_hold = Some(update.legal_hold.clone());
            }
            let files::LegalHoldUpdate { file_id, file_name, legal_hold } = update;
            Ok(UpdatedLegalHold { file_id, file_name, legal_hold })
        })
}

/// A version by its id and its name, if the caller may do this to it.
fn named<'a>(
    state: &'a World,
    id: &FileId,
    name: &str,
    capability: Capability,
) -> Result<(BucketId, u64, &'a Version), Answer> {
    let (bucket, serial) = catalog::parse(id).ok_or_else(|| bad(format!("Bad fileId: {id}")))?;
    state.may(capability, Some(&bucket), Some(name))?;
    let found = state.find(id).filter(|(_, _, found, _)| *found == name);
    let missing = || error(400, "file_not_present", format!("File not present: {name} {id}"));
    let (.., version) = found.ok_or_else(missing)?;
    Ok((bucket, serial, version))
}

fn lockable(state: &World, bucket: &BucketId) -> Result<(), Answer> {
    let lock = buckets::find(state, bucket)?.file_lock_configuration.as_ref();
    if lock.and_then(|lock| lock.value.as_ref()).is_some_and(|lock| lock.is_file_lock_enabled) {
        return Ok(());
    }
    Err(error(400, "file_lock_not_enabled", "File lock is not enabled on the bucket"))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NamePage {
    files: Vec<FileVersion>,
    next_file_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionPage {
    files: Vec<FileVersion>,
    next_file_name: Option<String>,
    next_file_id: Option<FileId>,
}

fn page_size(wanted: Option<u32>) -> Result<usize, Answer> {
    match wanted.unwrap_or(100) {
        count @ 1..=10_000 => Ok(count as usize),
        count => Err(error(400, "out_of_range", format!("maxFileCount is {count}, and not between 1 and 10000"))),
    }
}

fn list_names(state: &World, filter: &NameFilter) -> Result<Answer, Answer> {
    let (bucket, prefix) = (&filter.bucket_id, filter.prefix.as_deref().unwrap_or_default());
    state.may(Capability::ListFiles, Some(bucket), Some(prefix))?;
    buckets::find(state, bucket)?;
    let size = page_size(filter.max_file_count)?;
    let eyes = Eyes::of(state, bucket);
    let range = Range {
        start: filter.start_file_name.as_deref().unwrap_or_default(),
        prefix,
        delimiter: filter.delimiter.as_deref().unwrap_or_default(),
    };
    let visible = |versions: &[Version]| newest(versions).is_some_and(Version::has_content);
    let mut entries = state.files.catalog(bucket).into_iter().flat_map(|catalog| catalog.list(range, visible));
    let files = entries.by_ref().take(size).map(|entry| match entry {
        Entry::Folder(name) => eyes.folder(name),
        Entry::File(name, versions) => {
            newest(versions).map_or_else(|| eyes.folder(name), |version| eyes.tell(name, version))
        }
    });
    let files = files.collect();
    let next_file_name = entries.next().map(|entry| entry.name().to_owned());
    Ok(Answer::json(200, NamePage { files, next_file_name }))
}

fn list_versions(state: &World, filter: &VersionFilter) -> Result<Answer, Answer> {
    let (bucket, prefix) = (&filter.bucket_id, filter.prefix.as_deref().unwrap_or_default());
    state.may(Capability::ListFiles, Some(bucket), Some(prefix))?;
    buckets::find(state, bucket)?;
    let size = page_size(filter.max_file_count)?;
    let start = filter.start_file_name.as_deref().unwrap_or_default();
    if filter.start_file_id.is_some() && filter.start_file_name.is_none() {
        return Err(bad("startFileId needs startFileName"));
    }
    let from = filter.start_file_id.as_ref().and_then(catalog::parse).map(|(_, serial)| serial);
    let eyes = Eyes::of(state, bucket);
    let range = Range { start, prefix, delimiter: filter.delimiter.as_deref().unwrap_or_default() };
    let entries = state.files.catalog(bucket).into_iter().flat_map(|catalog| catalog.list(range, |_| true));
    let mut rows = entries.flat_map(|entry| {
        let (name, versions) = match entry {
            Entry::Folder(name) => (name, None),
            Entry::File(name, versions) => {
                let from = from.filter(|_| name == start);
                let first = from.and_then(|from| versions.iter().position(|version| version.serial == from));
                (name, Some(&versions[first.unwrap_or(0)..]))
            }
        };
        let folder = versions.is_none().then_some((name, None));
        let files = versions.unwrap_or_default().iter().map(move |version| (name, Some(version)));
        folder.into_iter().chain(files)
    });
    let files = rows.by_ref().take(size);
    let files = files.map(|(name, version)| version.map_or_else(|| eyes.folder(name), |one| eyes.tell(name, one)));
    let files = files.collect();
    let next = rows.next();
    let page = VersionPage {
        files,
        next_file_name: next.map(|(name, _)| name.to_owned()),
        next_file_id: next.and_then(|(_, version)| Some(catalog::file_id(bucket, version?.serial))),
    };
    Ok(Answer::json(200, page))
}

fn hide(state: &mut World, bucket: &BucketId, name: &str) -> Result<FileVersion, Answer> {
    buckets::find(state, bucket)?;
    state.may(Capability::WriteFiles, Some(bucket), Some(name))?;
    match state.files.catalog(bucket).and_then(|catalog| catalog.newest(name)) {
        None => Err(error(400, "no_such_file", format!("File not present: {name}"))),
        Some(newest) if newest.kind == Kind::Hide => {
            Err(error(400, "already_hidden", format!("File already hidden: {name}")))
        }
        Some(_) => Ok(add_marker(state, bucket, name)),
    }
}

/// Hides a file.
pub(super) fn add_marker(state: &mut World, bucket: &BucketId, name: &str) -> FileVersion {
    let marker = Version {
        serial: 0,
        kind: Kind::Hide,
        uploaded: state.now.as_millisecond(),
        dated: false,
        sha1: StoredSha1::Unknown,
        content_type: "application/x-bz-hide-marker".to_owned().into(),
        content: Content::default(),
        more: None,
    };
    state.add(bucket, name, marker)
}

fn copy(state: &mut World, copy: files::NewCopy) -> Result<FileVersion, Answer> {
    let key = copy.source_server_side_encryption.as_ref();
    let (source_bucket, _, source, content) = state.source(&copy.source_file_id, copy.range.as_deref(), key)?;
    if source.content.len() > state.settings.largest_copy {
        return Err(error(400, "source_too_large", "The source is too large to be copied at once"));
    }
    let replace = match copy.metadata_directive {
        None | Some(MetadataDirective::Copy) => false,
        Some(MetadataDirective::Replace) => true,
        Some(MetadataDirective::Other(other)) => return Err(bad(format!("Bad metadataDirective: {other}"))),
    };
    let (content_type, info) = match (replace, copy.content_type, copy.file_info) {
        (true, Some(content_type), info) => (content_type, info.unwrap_or_default()),
        (true, None, _) => return Err(bad("contentType is required with metadataDirective REPLACE")),
        (false, None, None) => (source.content_type.to_string(), source.info()),
        (false, ..) => return Err(bad("contentType and fileInfo must not be given with metadataDirective COPY")),
    };
    let bucket = copy.destination_bucket_id.unwrap_or(source_bucket);
    let new = NewVersion {
        name: copy.file_name,
        content_type,
        info,
        timestamp: None,
        retention: copy.file_retention,
        legal_hold: copy.legal_hold,
        encryption: copy.destination_server_side_encryption,
    };
    let (name, mut version) = state.admit(&bucket, Kind::Copy, new)?;
    state.spend(Cap::Storage(content.len()))?;
    version.sha1 = match copy.range {
        None => source.sha1,
        Some(_) => StoredSha1::Verified(
            content.digest::<Hasher>().map_err(|why| error(500, "internal_error", why.to_string()))?,
        ),
    };
    version.content = content;
    Ok(state.add(&bucket, &name, version))
}

fn update_retention(state: &mut World, update: files::RetentionUpdate) -> Result<UpdatedRetention, Answer> {
    let files::RetentionUpdate { file_name, file_id, file_retention: new, bypass_governance } = update;
    let (bucket, serial, version) = named(state, &file_id, &file_name, Capability::WriteFileRetentions)?;
    lockable(state, &bucket)?;
    if !version.has_content() {
        return Err(bad("Only a file with content is retained"));
    }
    state.check_retention(&new)?;
    let bypass = state.bypass(bypass_governance, &bucket, &file_name)?;
    let old = version.more.as_ref().and_then(|more| more.retention.as_ref());
    if let Some(old) = old.filter(|old| state.retains(old, bypass)) {
        let longer = new.mode.is_some() && new.retain_until_timestamp >= old.retain_until_timestamp;
        let as_strict = old.mode != Some(RetentionMode::Compliance) || new.mode == old.mode;
        if !longer || !as_strict {
            return Err(error(403, "access_denied", "The retention can only be made longer"));
        }
    }
    if let Some(version) = state.files.catalog_mut(&bucket).get_mut(serial) {
        version.more.get_or_insert_default().retention = Some(new.clone()).filter(|new| new.mode.is_some());
    }
    Ok(UpdatedRetention { file_id, file_name, file_retention: new })
}

impl FakeBackblaze {
    /// Changes the first byte of a version's content, as a disk that fails would. Copies of it that share its bytes change
    /// with it where these are on disk.
    ///
    /// # Panics
    ///
    /// When there is no such version or its content cannot be changed.
    pub fn damage(&self, id: &FileId) {
        self.world.state(|state| {
            let version = catalog::parse(id).and_then(|(bucket, serial)| {
                let catalog = state.files.catalogs.get_mut(&bucket)?;
                catalog.get_mut(serial)
            });
            let version = version.unwrap_or_else(|| panic!("there is no file {id}"));
            version.content.damage().unwrap_or_else(|why| panic!("{id} cannot be damaged: {why}"));
        });
    }
}
