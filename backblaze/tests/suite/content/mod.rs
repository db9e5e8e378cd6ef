//! Files and their bytes, against the fake: each operation, and what it refuses.

mod downloads;
mod files;
mod large_files;
mod lifecycle;
mod listing;
mod locks;
mod uploads;

use bytes::Bytes;
use howdah_backblaze::{
    Backblaze, FileVersion, Sha1,
    account::Capability,
    buckets::{BucketId, BucketType, NewBucket},
    files::VersionFilter,
    keys::NewKey,
    testing::{FakeBackblaze, Settings},
    uploads::NewFile,
};
use howdah_core::{Error, ErrorKind, Result, http::Body};

const BUCKET: &str = "vmst-media";

/// A fake with a bucket, and its owner's client.
struct Place {
    fake: FakeBackblaze,
    bucket: BucketId,
    client: Backblaze,
}

fn place() -> Place {
    let mut settings = Settings::default();
    settings.absolute_minimum_part_size = 1000;
    place_at(FakeBackblaze::new().with_settings(settings))
}

fn place_at(fake: FakeBackblaze) -> Place {
    let (bucket, client) = (fake.create_bucket(BUCKET), fake.client());
    Place { fake, bucket, client }
}

impl Place {
    /// Another bucket, whose versions can be locked.
    async fn lockable(&self) -> BucketId {
        let new = NewBucket::new("vmst-locked", BucketType::AllPrivate).with_file_lock_enabled(true);
        self.client.buckets().create(new).await.unwrap().bucket_id
    }

    /// A client that may do only this.
    async fn with_key(&self, capabilities: &[Capability]) -> Backblaze {
        self.with_new_key(NewKey::new("some", capabilities)).await
    }

    async fn with_new_key(&self, key: NewKey) -> Backblaze {
        self.fake.client_with(&self.client.keys().create(key).await.unwrap())
    }

    async fn upload(&self, file: NewFile, content: impl Into<Body>) -> Result<FileVersion> {
        self.upload_to(&self.bucket, file, content).await
    }

    async fn upload_to(&self, bucket: &BucketId, file: NewFile, content: impl Into<Body>) -> Result<FileVersion> {
        let url = self.client.uploads().get_upload_url(bucket).await?;
        self.client.uploads().upload_file(&url, &file, content.into(), Sha1::AtEnd).await
    }

    async fn versions(&self) -> Vec<FileVersion> {
        self.client.files().list_versions(VersionFilter::new(self.bucket.clone())).all().await.unwrap()
    }

    /// Name, action and length of each version.
    async fn rows(&self) -> Vec<(String, String, u64)> {
        let row = |one: FileVersion| (one.file_name, one.action.to_string(), one.content_length);
        self.versions().await.into_iter().map(row).collect()
    }
}

/// What cannot be guessed from its length.
fn content(length: usize) -> Bytes {
    (0..length).map(|at| (at.wrapping_mul(31) ^ (at >> 8)).to_le_bytes()[0]).collect()
}

fn why(error: &Error) -> (ErrorKind, &str) {
    (error.kind(), error.code().unwrap_or_default())
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, code: &str) {
    assert_eq!(why(&result.unwrap_err()), (kind, code));
}
