//! Deleting objects: hiding them, or deleting their versions.

use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use howdah_core::{
    Error, ErrorKind, Outcome,
    store::object_store::{Result, path::Path},
};

use super::{B2, Deletion, errors};
use crate::{
    Action,
    files::{VersionFilter, VersionRef},
};

/// Objects that are deleted at once.
const CONCURRENCY: usize = 10;

impl B2 {
    pub(super) fn delete_all(self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let deleted = locations.map(move |location| {
            let store = self.clone();
            async move {
                let location = location?;
                let deleted = match store.deletion {
                    Deletion::Hide => store.hide(location.as_ref()).await,
                    Deletion::AllVersions => store.delete_versions(location.as_ref()).await,
                };
                deleted.map_err(|error| errors::of(location.as_ref(), error))?;
                Ok(location)
            }
        });
        deleted.buffered(CONCURRENCY).boxed()
    }

    async fn hide(&self, name: &str) -> howdah_core::Result<()> {
        match self.backblaze.files().hide(&self.bucket_id, name).await {
            Ok(_) => Ok(()),
            // Hidden already: for an object store there is nothing.
            Err(error) if error.is_conflict() => Err(error.with_kind(ErrorKind::NotFound)),
            Err(error) => Err(error),
        }
    }

    /// The newest version goes last, so that no older one is seen in its place, and a run that was interrupted can be repeated.
    async fn delete_versions(&self, name: &str) -> howdah_core::Result<()> {
        let files = self.backblaze.files();
        // Names that are longer come after this one.
        let filter = VersionFilter::new(self.bucket_id.clone()).with_start_file_name(name).with_prefix(name);
        let mut listed = files.list_versions(filter.with_max_file_count(100u32));
        let mut versions = Vec::new();
        while let Some(version) = listed.try_next().await? {
            if version.file_name != name {
                break;
            }
            // What was begun and is not finished is no version yet: it may be going on.
            versions.extend(version.file_id.filter(|_| version.action != Action::Start));
        }
        if versions.is_empty() {
            let error = Error::new(ErrorKind::NotFound, "there is no version of it");
            return Err(error.with_provider("backblaze").with_outcome(Outcome::Refused));
        }
        for id in versions.into_iter().rev() {
            match files.delete_version(VersionRef::new(name, id)).await {
                Ok(_) => {}
                // Somebody else deleted it meanwhile.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
