//! What a store lists, taken down to disk, sorted by key.

use futures::StreamExt as _;
use howdah_core::{
    Result,
    store::object_store::{self, ObjectMeta, path::Path},
};
use serde::{Deserialize, Serialize};

use super::{
    FOLDER, Options, Place,
    failure::{at, on_disk},
    progress::Meter,
    spool::{self, Keyed, Run, Sorter},
};

/// One object as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    #[serde(rename = "k")]
    pub(super) key: String,
    #[serde(rename = "n")]
    pub(super) size: u64,
    /// In milliseconds.
    #[serde(rename = "t")]
    pub(super) time: i64,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub(super) e_tag: Option<String>,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
}

/// A whole listing.
pub(super) struct Listing {
    pub(super) runs: Vec<Run>,
    /// What is below the folder of manifests.
    pub(super) manifests: Vec<Path>,
}

/// Where the object is that was listed by this key. It is taken as it is: `Path::from` would encode what is in it.
pub(super) fn location(key: &str) -> Result<Path, object_store::Error> {
    Ok(Path::parse(key)?)
}

impl From<ObjectMeta> for Listed {
    fn from(meta: ObjectMeta) -> Self {
        Self {
            time: meta.last_modified.timestamp_millis(),
            key: meta.location.into(),
            size: meta.size,
            e_tag: meta.e_tag,
            version: meta.version,
        }
    }
}

impl Keyed for Listed {
    fn key(&self) -> &str {
        &self.key
    }
}

impl Listing {
    /// Lists everything and keeps what belongs to the shard.
    pub(super) async fn take(place: &Place, options: &Options, meter: &Meter<'_>) -> Result<Self> {
        let mut sorter = Sorter::<Listed>::new(options.spool.as_deref(), spool::CHUNK).map_err(on_disk)?;
        let mut manifests = Vec::new();
        let mut stream = place.store.list(None);
        let folder = format!("{FOLDER}/");
        while let Some(meta) = stream.next().await {
            let meta = meta.map_err(|error| at(place, "list the objects", error))?;
            if meta.location.as_ref().starts_with(&folder) {
                manifests.push(meta.location);
                continue;
            }
            if options.shard.holds(meta.location.as_ref()) {
                sorter.push(meta.into()).map_err(on_disk)?;
            }
            meter.listed();
        }
        Ok(Self { runs: sorter.finish().map_err(on_disk)?, manifests })
    }
}
