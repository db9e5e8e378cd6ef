//! The files of a bucket by name, each with its versions, newest first.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap},
    fmt,
    ops::Bound,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::contents::{Content, Digest};
use crate::{ContentSha1, FileId, FileInfo, FileRetention, LegalHold, buckets::BucketId};

/// The files of a bucket.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Catalog {
    names: BTreeMap<Name, Vec<Version>>,
    /// The parts of large files that are not finished.
    open: BTreeMap<u64, BTreeMap<u32, StoredPart>>,
    /// The name of each version. Found out again when the state is read.
    #[serde(skip)]
    serials: HashMap<u64, Name>,
}

/// A name, which two collections share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub(super) struct Name(Arc<str>);

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.to_string()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a version stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    Start,
    Upload,
    Hide,
    Copy,
}

/// A version of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    pub(super) serial: u64,
    pub(super) kind: Kind,
    /// Milliseconds since the epoch.
    pub(super) uploaded: i64,
    /// By whoever uploaded it.
    pub(super) dated: bool,
    pub(super) sha1: StoredSha1,
    pub(super) content_type: Name,
    pub(super) content: Content,
    /// What most versions have little of.
    pub(super) more: Option<Box<More>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct More {
    pub(super) info: FileInfo,
    pub(super) cipher: Cipher,
    pub(super) retention: Option<FileRetention>,
    pub(super) legal_hold: Option<LegalHold>,
}

/// How a version is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cipher {
    #[default]
    Plain,
    B2,
    /// With a customer's key, of which this is the MD5.
    Customer(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum StoredSha1 {
    Verified(Digest),
    Unverified(Digest),
    Unknown,
}

impl StoredSha1 {
    pub(super) fn told(self) -> ContentSha1 {
        let hex = |digest: Digest| data_encoding::HEXLOWER.encode(&digest);
        match self {
            Self::Verified(digest) => ContentSha1::Verified(hex(digest)),
            Self::Unverified(digest) => ContentSha1::Unverified(hex(digest)),
            Self::Unknown => ContentSha1::None,
        }
    }
}

/// A part of a large file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredPart {
    pub(super) sha1: StoredSha1,
    pub(super) uploaded: i64,
    pub(super) content: Content,
}

impl Version {
    pub(super) fn has_content(&self) -> bool {
        matches!(self.kind, Kind::Upload | Kind::Copy)
    }

    pub(super) fn cipher(&self) -> &Cipher {
        self.more.as_ref().map_or(&Cipher::Plain, |more| &more.cipher)
    }

    /// The file info of a version that has some.
    pub(super) fn info(&self) -> FileInfo {
        self.more.as_ref().map(|more| more.info.clone()).unwrap_or_default()
    }
}

/// The id of a version.
pub(super) fn file_id(bucket: &BucketId, serial: u64) -> FileId {
    FileId::new(format!("4_z{bucket}_f{serial:016x}"))
}

/// The bucket and the number of a version, if that is what its id says.
pub(super) fn parse(id: &FileId) -> Option<(BucketId, u64)> {
    let (bucket, serial) = id.get().strip_prefix("4_z")?.rsplit_once("_f")?;
    Some((BucketId::new(bucket.to_owned()), u64::from_str_radix(serial, 16).ok()?))
}

/// Which names to list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range<'a> {
    pub(super) start: &'a str,
    pub(super) prefix: &'a str,
    pub(super) delimiter: &'a str,
}

/// An entry of a listing.
#[derive(Debug)]
pub(super) enum Entry<'a> {
    File(&'a str, &'a [Version]),
    Folder(&'a str),
}

impl<'a> Entry<'a> {
    pub(super) fn name(&self) -> &'a str {
        match self {
            Self::File(name, _) | Self::Folder(name) => name,
        }
    }
}

impl Catalog {
    /// After the state was read.
    pub(super) fn index(&mut self) {
        let pairs =
            self.names.iter().flat_map(|(name, versions)| versions.iter().map(|one| (one.serial, name.clone())));
        self.serials = pairs.collect();
    }

    pub(super) fn contents_mut(&mut self) -> impl Iterator<Item = &mut Content> {
        let versions = self.names.values_mut().flatten().map(|version| &mut version.content);
        versions.chain(self.open.values_mut().flat_map(BTreeMap::values_mut).map(|part| &mut part.content))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Adds a version: of two at the same time the one that comes later is newer.
    pub(super) fn insert(&mut self, name: &str, version: Version) {
        let name = match self.names.get_key_value(name) {
            Some((name, _)) => name.clone(),
            None => Name(name.into()),
        };
        self.serials.insert(version.serial, name.clone());
        if version.kind == Kind::Start {
            self.open.insert(version.serial, BTreeMap::new());
        }
        put_in_order(self.names.entry(name).or_default(), version);
    }

    /// Takes a version out, and the parts of one that is not finished.
    pub(super) fn remove(&mut self, serial: u64) -> Option<(Name, Vec<Content>)> {
        let name = self.serials.remove(&serial)?;
        let versions = self.names.get_mut(&name)?;
        let at = versions.iter().position(|version| version.serial == serial)?;
        let version = versions.remove(at);
        if versions.is_empty() {
            self.names.remove(&name);
        }
        let parts = self.open.remove(&serial).unwrap_or_default();
        let contents = parts.into_values().map(|part| part.content).chain([version.content]).collect();
        Some((name, contents))
    }

    pub(super) fn get(&self, serial: u64) -> Option<(&str, &Version)> {
        let name = self.serials.get(&serial)?;
        let version = self.names.get(name)?.iter().find(|version| version.serial == serial)?;
        Some((&name.0, version))
    }

    pub(super) fn get_mut(&mut self, serial: u64) -> Option<&mut Version> {
        let versions = self.names.get_mut(self.serials.get(&serial)?)?;
        versions.iter_mut().find(|version| version.serial == serial)
    }

    pub(super) fn versions(&self, name: &str) -> &[Version] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }

    /// The newest version that is finished: content, or what hides it.
    pub(super) fn newest(&self, name: &str) -> Option<&Version> {
        newest(self.versions(name))
    }

    /// The parts of a large file that is not finished.
    pub(super) fn parts(&self, serial: u64) -> Option<&BTreeMap<u32, StoredPart>> {
        self.open.get(&serial)
    }

    pub(super) fn parts_mut(&mut self, serial: u64) -> Option<&mut BTreeMap<u32, StoredPart>> {
        self.open.get_mut(&serial)
    }

    /// Makes a large file of its parts. It counts from its end: whether the service counts from its beginning is not published.
    pub(super) fn finish(&mut self, serial: u64, now: i64) -> Option<()> {
        let versions = self.names.get_mut(self.serials.get(&serial)?)?;
        let at = versions.iter().position(|version| version.serial == serial)?;
        let parts = self.open.remove(&serial)?;
        let mut version = versions.remove(at);
        version.kind = Kind::Upload;
        version.content = Content::join(parts.into_values().map(|part| part.content));
        if !version.dated {
            version.uploaded = now;
        }
        put_in_order(versions, version);
        Some(())
    }

    /// Large files that are not finished, in the order in which they were begun.
    pub(super) fn unfinished(&self, from: u64) -> impl Iterator<Item = (&str, &Version)> {
        self.open.range(from..).filter_map(|(serial, _)| self.get(*serial))
    }

    /// All names with a prefix, for what is done rarely.
    pub(super) fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a [Version])> {
        let from = self.names.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        from.take_while(move |(name, _)| name.0.starts_with(prefix))
            .map(|(name, versions)| (&*name.0, versions.as_slice()))
    }

    /// Entries in the order of their names, `wanted` of them; those in a folder are not looked at one by one.
    pub(super) fn list<'a>(
        &'a self,
        range: Range<'a>,
        wanted: impl Fn(&[Version]) -> bool,
    ) -> impl Iterator<Item = Entry<'a>> {
        let Range { start, prefix, delimiter } = range;
        let from = |bound: Bound<&str>| self.names.range::<str, _>((bound, Bound::Unbounded));
        let mut rest = from(Bound::Included(start.max(prefix)));
        std::iter::from_fn(move || {
            loop {
                let (name, versions) = rest.next().filter(|(name, _)| name.0.starts_with(prefix))?;
                if !wanted(versions) {
                    continue;
                }
                let below = &name.0[prefix.len()..];
                let folder = below.find(delimiter).filter(|_| !delimiter.is_empty());
                let Some(end) = folder.map(|at| prefix.len() + at + delimiter.len()) else {
                    return Some(Entry::File(&name.0, versions));
                };
                let folder = &name.0[..end];
                match behind(folder) {
                    Some(next) => rest = from(Bound::Included(&next)),
                    None => {
                        while rest.clone().next().is_some_and(|(name, _)| name.0.starts_with(folder)) {
                            rest.next();
                        }
                    }
                }
                return Some(Entry::Folder(folder));
            }
        })
    }
}

pub(super) fn newest(versions: &[Version]) -> Option<&Version> {
    versions.iter().find(|version| version.kind != Kind::Start)
}

fn put_in_order(versions: &mut Vec<Version>, version: Version) {
    let at = versions.partition_point(|other| other.uploaded > version.uploaded);
    if versions.is_empty() {
        // Most names have one version, and there may be a million of them.
        versions.reserve_exact(1);
    }
    versions.insert(at, version);
}

/// The first string behind all those with a prefix.
fn behind(prefix: &str) -> Option<String> {
    let last = prefix.chars().next_back()?;
    let next = (last..=char::MAX).nth(1)?;
    Some(format!("{}{next}", &prefix[..prefix.len() - last.len_utf8()]))
}
