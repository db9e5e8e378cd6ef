//! Downloads, and the right to download given to others.
//!
//! ```
//! use howdah_backblaze::downloads::DownloadOptions;
//! # use howdah_backblaze::testing::FakeBackblaze;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeBackblaze::new();
//! # let backblaze = fake.client();
//! # let bucket = fake.create_bucket("vmst-media");
//! # fake.put(&bucket, "hello.txt", "Hello, Mastodon");
//! let hello = backblaze.downloads().by_name("vmst-media", "hello.txt", DownloadOptions::new().with_range(0..5)).await?;
//! assert_eq!(hello.file.content_type.as_deref(), Some("text/plain"));
//! assert_eq!(hello.body.collect().await.unwrap(), "Hello");
//! # Ok(()) }
//! ```
//!
//! A whole file is held against its SHA-1 while it is read, where the service knows one or whoever uploaded it left one in
//! `large_file_sha1`: when they differ, reading ends with an error.

use std::ops::Range;

use howdah_core::{
    Error, Result, Secret, endpoints,
    http::{Api, Call, Download, WithHeaders},
    input, secret,
};
use serde::{Deserialize, Serialize};

use crate::{
    Encryption, FileId,
    buckets::BucketId,
    session::{API_URL, DOWNLOAD_URL},
};

mod received;

use received::Rest;

pub use received::{Downloaded, DownloadedFile};

endpoints! {
    BY_ID:             WithHeaders<IdQuery>   => Download              = get("/b2api/v4/b2_download_file_by_id").base(DOWNLOAD_URL);
    BY_NAME:           WithHeaders<Overrides> => Download              = get("/file/{bucketName}/{fileName*}").base(DOWNLOAD_URL);
    LOOK_AT_ID:        WithHeaders<IdQuery>   => Download              = head("/b2api/v4/b2_download_file_by_id").base(DOWNLOAD_URL);
    LOOK_AT_NAME:      WithHeaders<Overrides> => Download              = head("/file/{bucketName}/{fileName*}").base(DOWNLOAD_URL);
    GET_AUTHORIZATION: AuthorizationRequest   => DownloadAuthorization = post("/b2api/v4/b2_get_download_authorization").base(API_URL).safe();
}

/// The downloads group. Reach it through [`Backblaze::downloads`](crate::Backblaze::downloads).
#[derive(Clone, Debug)]
pub struct Downloads(pub(crate) Api);

impl Downloads {
    /// Downloads a version.
    ///
    /// `GET /b2api/v4/b2_download_file_by_id`
    pub fn by_id(&self, id: &FileId, options: DownloadOptions) -> Call<Downloaded> {
        let rest = Rest::new(self, &options);
        let query = IdQuery { file_id: id.clone(), overrides: options.overrides.clone() };
        match options.headers(query) {
            Ok(input) => received::receive(self.0.send(&BY_ID, [], input), rest),
            Err(error) => Call::new(async { Err(error) }),
        }
    }

    /// Downloads the newest version of a name.
    ///
    /// `GET /file/{bucketName}/{fileName*}`
    pub fn by_name(&self, bucket_name: &str, name: &str, options: DownloadOptions) -> Call<Downloaded> {
        let rest = Rest::new(self, &options);
        let overrides = options.overrides.clone();
        match options.headers(overrides) {
            Ok(input) => received::receive(self.0.send(&BY_NAME, [&bucket_name, &name], input), rest),
            Err(error) => Call::new(async { Err(error) }),
        }
    }

    /// What a download of a version would tell of it, without its content.
    ///
    /// `HEAD /b2api/v4/b2_download_file_by_id`
    pub fn look_at_id(&self, id: &FileId, options: DownloadOptions) -> Call<DownloadedFile> {
        let query = IdQuery { file_id: id.clone(), overrides: options.overrides.clone() };
        match options.headers(query) {
            Ok(input) => received::look(self.0.send(&LOOK_AT_ID, [], input)),
            Err(error) => Call::new(async { Err(error) }),
        }
    }

    /// What a download of the newest version of a name would tell of it, without its content.
    ///
    /// `HEAD /file/{bucketName}/{fileName*}`
    pub fn look_at_name(&self, bucket_name: &str, name: &str, options: DownloadOptions) -> Call<DownloadedFile> {
        let overrides = options.overrides.clone();
        match options.headers(overrides) {
            Ok(input) => received::look(self.0.send(&LOOK_AT_NAME, [&bucket_name, &name], input)),
            Err(error) => Call::new(async { Err(error) }),
        }
    }

    /// Makes a token with which anyone may download, by name, what begins with a prefix.
    ///
    /// The token opens all such names: there is none for a single file whose name begins another one's.
    ///
    /// `POST /b2api/v4/b2_get_download_authorization`
    pub fn get_authorization(&self, request: AuthorizationRequest) -> Call<DownloadAuthorization> {
        if !(1..=604_800).contains(&request.valid_duration_in_seconds) {
            let error = Error::invalid("`validDurationInSeconds` is not between 1 and 604,800, which is a week");
            return Call::new(async { Err(error) });
        }
        self.0.send(&GET_AUTHORIZATION, [], request)
    }
}

/// How to download.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct DownloadOptions {
    /// The bytes to download; a range that goes past the end is cut there, one that begins past it is `Invalid`.
    pub range: Option<Range<u64>>,
    /// The key of a file that is encrypted with a customer's.
    pub encryption: Option<Encryption>,
    /// A token of [`Downloads::get_authorization`] instead of the client's own.
    pub authorization: Option<Secret>,
    /// Whether the rest is asked for when the connection breaks within the content.
    pub resume: bool,
    pub overrides: Overrides,
}

impl DownloadOptions {
    /// All of it, with the client's own authorization.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these bytes.
    #[must_use]
    pub fn with_range(mut self, range: Range<u64>) -> Self {
        self.range = Some(range);
        self
    }

    /// With the key that it is encrypted with.
    #[must_use]
    pub fn with_encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = Some(encryption);
        self
    }

    /// With a token of someone else's.
    #[must_use]
    pub fn with_authorization(mut self, authorization: impl Into<Secret>) -> Self {
        self.authorization = Some(authorization.into());
        self
    }

    /// Asks for the rest of the same version when the connection breaks within the content, up to eight times.
    #[must_use]
    pub fn with_resume(mut self) -> Self {
        self.resume = true;
        self
    }

    /// With other headers in the answer than the file's own.
    #[must_use]
    pub fn with_overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    fn headers<Q>(self, query: Q) -> Result<WithHeaders<Q>> {
        let mut input = WithHeaders::new(query);
        if let Some(range) = self.range {
            let last = range.end.checked_sub(1).filter(|last| *last >= range.start);
            let last = last.ok_or_else(|| Error::invalid("the range to download is empty"))?;
            input = input.with_header("range", format!("bytes={}-{last}", range.start));
        }
        if let Some(authorization) = self.authorization {
            input = input.with_secret_header("authorization", authorization);
        }
        if let Some(Encryption::Customer(key)) = &self.encryption {
            input = input
                .with_header("x-bz-server-side-encryption-customer-algorithm", "AES256")
                .with_secret_header("x-bz-server-side-encryption-customer-key", key.key().clone())
                .with_header("x-bz-server-side-encryption-customer-key-md5", key.md5());
        }
        Ok(input)
    }
}

input! {
    /// Headers that the answer is to have instead of the file's own.
    #[derive(Eq)]
    #[serde(rename_all = "camelCase")]
    pub struct Overrides {
    } optional {
        b2_content_disposition: String,
        b2_content_language: String,
        b2_content_encoding: String,
        b2_content_type: String,
        b2_cache_control: String,
        b2_expires: String,
    }
}

/// A version to download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct IdQuery {
    pub file_id: FileId,
    #[serde(flatten)]
    pub overrides: Overrides,
}

input! {
    /// What others are to be allowed to download.
    #[derive(Eq)]
    #[serde(rename_all = "camelCase")]
    pub struct AuthorizationRequest {
        bucket_id: BucketId,
        /// The empty prefix is the whole bucket.
        file_name_prefix: String,
        /// Seconds: 1 to 604,800, which is a week.
        valid_duration_in_seconds: u32,
    } optional {
        /// The download must ask for the same, as for the others below.
        b2_content_disposition: String,
        b2_content_language: String,
        b2_content_encoding: String,
        b2_content_type: String,
        b2_cache_control: String,
        b2_expires: String,
    }
}

/// The right to download by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct DownloadAuthorization {
    pub bucket_id: BucketId,
    pub file_name_prefix: String,
    #[serde(serialize_with = "secret::expose")]
    pub authorization_token: Secret,
}
