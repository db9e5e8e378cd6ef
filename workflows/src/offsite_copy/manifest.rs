//! What a destination is known to hold: lines of JSON sorted by key, compressed, kept beside the copy.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path as FilePath, PathBuf},
};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use howdah_core::{
    Error, ErrorKind, Result,
    store::object_store::{Attribute, AttributeValue, Attributes, ObjectStoreExt as _, PutPayload, path::Path},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    FOLDER, Options, Place, Shard,
    failure::{at, on_disk, text},
    listing::Listed,
    spool::{self, Keyed, Run, Sorter},
};

/// One object of a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "k")]
    pub(super) key: String,
    /// Bytes, at both places.
    #[serde(rename = "n")]
    pub(super) size: u64,
    /// The source's.
    #[serde(rename = "se", default, skip_serializing_if = "Option::is_none")]
    pub(super) source_e_tag: Option<String>,
    /// The source's, in milliseconds.
    #[serde(rename = "st")]
    pub(super) source_time: i64,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub(super) e_tag: Option<String>,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    #[serde(rename = "a", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, String>,
    /// Of the contents, hexadecimal; none where the copy was found and not made.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub(super) blake3: Option<String>,
    /// The source had it when it was listed and not when it was read: only in journals.
    #[serde(rename = "gone", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) gone: bool,
}

/// The first line of a manifest.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    /// In milliseconds.
    pub(super) written: i64,
}

/// What was copied since the manifest was written.
pub(super) struct Journal {
    file: File,
    path: Option<PathBuf>,
    line: Vec<u8>,
}

const FORMAT: u32 = 1;

impl Entry {
    /// Whether the source's object is the one that was copied.
    pub(super) fn is_of(&self, source: &Listed) -> bool {
        !self.gone
            && self.size == source.size
            && self.source_time == source.time
            && agree(self.source_e_tag.as_deref(), source.e_tag.as_deref())
    }

    /// Whether the destination's object is the one that was written.
    pub(super) fn is_at(&self, listed: &Listed) -> bool {
        !self.gone
            && self.size == listed.size
            && agree(self.e_tag.as_deref(), listed.e_tag.as_deref())
            && agree(self.version.as_deref(), listed.version.as_deref())
    }

    pub(super) fn attributes(&self) -> Attributes {
        self.attributes
            .iter()
            .filter_map(|(name, value)| Some((attribute(name)?, AttributeValue::from(value.clone()))))
            .collect()
    }
}

impl Keyed for Entry {
    fn key(&self) -> &str {
        &self.key
    }
}

/// What a store does not say cannot differ; some list an `ETag` without its quotes.
pub(super) fn agree(known: Option<&str>, seen: Option<&str>) -> bool {
    match (known, seen) {
        (Some(known), Some(seen)) => known.trim_matches('"') == seen.trim_matches('"'),
        _ => true,
    }
}

/// The attributes as a manifest keeps them. The storage class is left out: it is the place's, not the object's.
pub(super) fn remembered(attributes: &Attributes) -> BTreeMap<String, String> {
    attributes.iter().filter_map(|(name, value)| Some((name_of(name)?, value.to_string()))).collect()
}

fn name_of(attribute: &Attribute) -> Option<String> {
    Some(match attribute {
        Attribute::ContentType => "content-type".into(),
        Attribute::CacheControl => "cache-control".into(),
        Attribute::ContentDisposition => "content-disposition".into(),
        Attribute::ContentEncoding => "content-encoding".into(),
        Attribute::ContentLanguage => "content-language".into(),
        Attribute::Metadata(key) => format!("meta:{key}"),
        _ => return None,
    })
}

fn attribute(name: &str) -> Option<Attribute> {
    Some(match name {
        "content-type" => Attribute::ContentType,
        "cache-control" => Attribute::CacheControl,
        "content-disposition" => Attribute::ContentDisposition,
        "content-encoding" => Attribute::ContentEncoding,
        "content-language" => Attribute::ContentLanguage,
        other => Attribute::Metadata(other.strip_prefix("meta:")?.to_owned().into()),
    })
}

impl Shard {
    /// Where this shard's manifest is.
    pub(super) fn manifest(self) -> Path {
        Path::from(format!("{FOLDER}/manifest-{}-of-{}.jsonl.zst", self.index, self.count))
    }

    /// Whether that manifest may hold something of this shard's: its own does, and so do those of other partitions.
    fn may_know(self, manifest: &Path) -> bool {
        let same_partition = format!("-of-{}.jsonl.zst", self.count);
        *manifest == self.manifest() || !manifest.as_ref().ends_with(&same_partition)
    }
}

/// Says which manifests there are.
pub(super) async fn find(place: &Place) -> Result<Vec<Path>> {
    let found = place.store.list(Some(&Path::from(FOLDER))).map_ok(|meta| meta.location);
    found.try_collect().await.map_err(|error| at(place, "list the objects", error))
}

/// Fetches manifests, oldest first.
pub(super) async fn fetch(place: &Place, found: &[Path], shard: Option<Shard>, options: &Options) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for path in found.iter().filter(|path| shard.is_none_or(|shard| shard.may_know(path))) {
        if !path.as_ref().ends_with(".jsonl.zst") {
            continue;
        }
        let doing = || format!("read the manifest {path}");
        let mut stream = place.store.get(path).await.map_err(|error| at(place, &doing(), error))?.into_stream();
        let mut file = spool::temporary(options.spool.as_deref()).map_err(on_disk)?;
        while let Some(chunk) = stream.next().await {
            file.write_all(&chunk.map_err(|error| at(place, &doing(), error))?).map_err(on_disk)?;
        }
        let run = Run::packed_with_header(file);
        // One that is damaged or of a later format is as good as none: then size and time decide.
        if let Ok(header) = run.header::<Header>()
            && header.format == FORMAT
        {
            runs.push((header.written, run));
        }
    }
    runs.sort_by_key(|(written, _)| *written);
    Ok(runs.into_iter().map(|(_, run)| run).collect())
}

/// The first line of a manifest that is written now, after all that are known.
pub(super) fn header() -> Header {
    Header { format: FORMAT, written: Timestamp::now().as_millisecond() }
}

/// Puts a manifest beside the copy.
pub(super) async fn put(place: &Place, shard: Shard, run: &Run) -> Result<()> {
    const PART: usize = 8 * 1024 * 1024;
    let path = shard.manifest();
    let failed = |error| {
        let message = format!("its manifest {path} could not be written: {}", text(&error));
        Error::new(ErrorKind::Other, message).with_source(error)
    };
    let mut file = run.raw().map_err(on_disk)?;
    let mut read = || -> Result<Bytes> {
        let mut part = Vec::with_capacity(64 * 1024);
        (&mut file).take(PART as u64).read_to_end(&mut part).map_err(on_disk)?;
        Ok(part.into())
    };
    let mut part = read()?;
    if part.len() < PART {
        place.store.put(&path, PutPayload::from_bytes(part)).await.map_err(failed)?;
        return Ok(());
    }
    let mut upload = place.store.put_multipart(&path).await.map_err(failed)?;
    while !part.is_empty() {
        upload.put_part(PutPayload::from_bytes(part)).await.map_err(failed)?;
        part = read()?;
    }
    upload.complete().await.map_err(failed)?;
    Ok(())
}

impl Journal {
    /// Takes up the journal of a run that did not end, where a directory for that is given.
    pub(super) fn open(place: &Place, shard: Shard, options: &Options) -> Result<Self> {
        let Some(directory) = &options.spool else {
            return Ok(Self { file: spool::temporary(None).map_err(on_disk)?, path: None, line: Vec::new() });
        };
        let path = journal_path(directory, place, shard);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(on_disk)?;
        // The last line may be half a line: the next one must not be joined to it.
        if file.seek(SeekFrom::End(0)).map_err(on_disk)? > 0 {
            file.write_all(b"\n").map_err(on_disk)?;
        }
        Ok(Self { file, path: Some(path), line: Vec::new() })
    }

    pub(super) fn append(&mut self, entry: &Entry) -> Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, entry).map_err(|error| on_disk(error.into()))?;
        self.line.push(b'\n');
        self.file.seek(SeekFrom::End(0)).map_err(on_disk)?;
        self.file.write_all(&self.line).map_err(on_disk)
    }

    /// All that was noted, sorted; none if nothing was.
    pub(super) fn sorted(&self, options: &Options) -> Result<Option<Vec<Run>>> {
        let sort = || -> io::Result<_> {
            let mut sorter = Sorter::<Entry>::new(options.spool.as_deref(), spool::CHUNK)?;
            let mut any = false;
            for entry in Run::plain(self.file.try_clone()?).readable::<Entry>()? {
                any = true;
                sorter.push(entry)?;
            }
            Ok(any.then_some(sorter.finish()?))
        };
        sort().map_err(on_disk)
    }

    /// The manifest has it all.
    pub(super) fn forget(self) -> Result<()> {
        self.path.map_or(Ok(()), |path| std::fs::remove_file(path).map_err(on_disk))
    }
}

fn journal_path(directory: &FilePath, place: &Place, shard: Shard) -> PathBuf {
    let name: String =
        place.name.chars().map(|one| if one.is_alphanumeric() || one == '-' { one } else { '_' }).collect();
    directory.join(format!("{name}-{}-of-{}.journal", shard.index, shard.count))
}
