//! A stateful fake of Spaces, as the [`Spaces`] store or any S3 client sees them.
//!
//! ```
//! use howdah_core::store::object_store::{ObjectStoreExt, path::Path};
//! use howdah_digitalocean::testing::spaces::FakeSpaces;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), howdah_core::store::object_store::Error> {
//! let fake = FakeSpaces::default();
//! fake.create_bucket("media");
//! let media = fake.client("media");
//! media.put(&Path::from("a/b"), "content".into()).await?;
//! assert_eq!(fake.keys("media"), ["a/b"]);
//! # Ok(()) }
//! ```
//!
//! On loopback ([`FakeSpaces::serve`]) it is an endpoint for the AWS CLI, boto3, rclone and whatever else speaks S3, with the
//! bucket in the path, or in the host as `{bucket}.localhost` or `{bucket}.{region}.digitaloceanspaces.com`. Signatures,
//! dates, hashes and the rights of keys are checked. As with Ceph, which Spaces are made of, `encoding-type=url` leaves the
//! common prefixes as they are. Errors say what their codes mean, which is more than the service does. In the journal each request stands under the
//! name of its operation, such as `GET /ListObjectsV2`.
//!
//! Rules for CORS and for lifecycles are kept and told, and have no effect. Policies may let everyone read; others, and
//! versioning, conditional writes, server-side encryption, tags, websites, logs and forms are refused as `NotImplemented`.

// All handlers are of one type.
#![allow(clippy::unnecessary_wraps)]

mod buckets;
mod multipart;
mod objects;
mod refused;
mod request;
mod routing;
mod signature;
mod xml;

use std::{collections::BTreeMap, fmt, fs, io, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use howdah_core::{
    Clock,
    http::{Body, Endpoint, Incoming, Transport, TransportError},
    testing::{
        Answer, Fake, Server, World,
        contents::{self, Content, Hashing},
        quota_server::{QuotaFormat, QuotaServer, QuotaWindow},
    },
};
use http::{HeaderValue, header};
use jiff::{SignedDuration, Timestamp};
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use self::{
    buckets::Bucket,
    refused::Refused,
    routing::{Handle, OPERATIONS},
    xml::Document,
};
use crate::{
    regions::RegionSlug,
    spaces::{Spaces, SpacesBuilder},
    spaces_keys::Grant,
};

/// The id of the key that opens everything in [`FakeSpaces::default`].
pub const ACCESS_KEY: &str = "DO00FAKE0123456789AB";

/// Its secret.
pub const SECRET_KEY: &str = "fakeSecretOfTheFakeKeyThatOpensEverything00";

/// Whose all buckets are.
const OWNER: &str = "7130845";

/// A fake of the Spaces of one region. Clones are the same one.
#[derive(Clone, Debug)]
pub struct FakeSpaces {
    world: Fake<State>,
    region: Arc<str>,
}

/// What the fake holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    region: String,
    now: Timestamp,
    /// Of requests and of uploads.
    last_id: u64,
    buckets: BTreeMap<String, Bucket>,
    /// When the names of deleted buckets can be had again.
    blocked: BTreeMap<String, Timestamp>,
    #[serde(skip)]
    keys: Keys,
    /// Whether dates are held against the machine's clock.
    #[serde(skip)]
    machine_dates: bool,
    #[serde(skip)]
    contents: contents::Contents<Hashes>,
}

type Lookup = dyn Fn(&str) -> Option<(String, Vec<Grant>)> + Send + Sync;

/// Finds the secret and the grants of a key by its id.
#[derive(Clone)]
struct Keys(Arc<Lookup>);

impl Keys {
    fn find(&self, id: &str) -> Option<(String, Vec<Grant>)> {
        (self.0)(id)
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self(Arc::new(default_key))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

fn default_key(id: &str) -> Option<(String, Vec<Grant>)> {
    (id == ACCESS_KEY).then(|| (SECRET_KEY.to_owned(), vec![Grant::full_access()]))
}

impl Default for FakeSpaces {
    fn default() -> Self {
        Self::new(default_key)
    }
}

impl FakeSpaces {
    /// Spaces of `nyc3` without a bucket, on the machine's clock. `keys` finds the secret and the grants of a key by its id.
    pub fn new(keys: impl Fn(&str) -> Option<(String, Vec<Grant>)> + Send + Sync + 'static) -> Self {
        Self::at("nyc3", Clock::system(), keys)
    }

    /// The same in another region and on a clock of the test's.
    pub fn at(
        region: impl Into<RegionSlug>,
        clock: Clock,
        keys: impl Fn(&str) -> Option<(String, Vec<Grant>)> + Send + Sync + 'static,
    ) -> Self {
        let region = region.into();
        let state = State { keys: Keys(Arc::new(keys)), ..State::new(region.as_str(), clock.now()) };
        Self::with(state, clock, |fake| fake)
    }

    /// The Spaces that a directory holds, or new ones where there is nothing yet; every change is written to it.
    pub fn kept_in(
        directory: &Path,
        region: impl Into<RegionSlug>,
        clock: Clock,
        keys: impl Fn(&str) -> Option<(String, Vec<Grant>)> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let file = directory.join("spaces.json");
        let mut state: State = match fs::read(&file) {
            Ok(content) => serde_json::from_slice(&content)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(region.into().as_str(), clock.now()),
            Err(error) => return Err(error),
        };
        state.keys = Keys(Arc::new(keys));
        state.contents = contents::Contents::kept_in(&directory.join("contents"))?;
        let State { contents, buckets, .. } = &mut state;
        contents.adopt(buckets.values_mut().flat_map(Bucket::contents_mut))?;
        Ok(Self::with(state, clock, |fake| fake.kept_in(file)))
    }

    fn with(state: State, clock: Clock, set_up: impl FnOnce(Fake<State>) -> Fake<State>) -> Self {
        let region = state.region.as_str().into();
        let quota =
            QuotaServer::new(1500, Duration::from_secs(1), QuotaWindow::Sliding).with_format(QuotaFormat::Silent);
        let fake = Fake::new("spaces", state)
            .with_clock(clock)
            .with_translation(routing::before, refused::after)
            .with_quota(quota);
        let fake = OPERATIONS.iter().fold(set_up(fake), |fake, operation| {
            let endpoint = Endpoint::<(), (), 0>::new(operation.name, operation.route);
            match operation.handle {
                Handle::Whole(handle) => fake.on_any(&endpoint, move |state, asked, _| {
                    state.carry_out(asked, operation, handle).unwrap_or_else(Refused::answer)
                }),
                Handle::Upload(begin, end) => fake.on_upload(
                    &endpoint,
                    move |state, asked, []| state.begin(asked, operation, begin).map_err(Refused::answer),
                    move |state, asked, [], read| Err(state.end(asked, end, read).unwrap_or_else(Refused::answer)),
                ),
            }
        });
        Self { world: fake, region }
    }

    /// The fake below: its journal, its faults, its state.
    pub fn world(&self) -> &Fake<State> {
        &self.world
    }

    /// Holds the dates of requests against the machine's clock and not its own: stores sign with that one, also in a test
    /// whose days pass in no time.
    #[must_use]
    pub fn with_machine_dates(self) -> Self {
        self.world.state(|state| state.machine_dates = true);
        self
    }

    /// Makes a bucket, unless there is one of that name.
    pub fn create_bucket(&self, name: &str) {
        self.world.state(|state| {
            let now = state.now;
            state.buckets.entry(name.to_owned()).or_insert_with(|| Bucket::new(now));
        });
    }

    /// The names of all buckets.
    pub fn buckets(&self) -> Vec<String> {
        self.world.state(|state| state.buckets.keys().cloned().collect())
    }

    /// The keys of all objects of a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.world.state(|state| state.buckets.get(bucket).map(Bucket::keys).unwrap_or_default())
    }

    /// The store over a bucket, in process, with the default key.
    ///
    /// # Panics
    ///
    /// When that cannot be the name of a bucket.
    pub fn client(&self, bucket: &str) -> Spaces {
        self.builder(bucket, ACCESS_KEY, SECRET_KEY).build().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sets up the store over a bucket, for another key, ACL, transport or patience.
    pub fn builder(&self, bucket: &str, access_key: &str, secret: &str) -> SpacesBuilder {
        Spaces::builder(&*self.region, bucket).access_key(access_key, secret).transport(self.clone())
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<Server> {
        self.world.serve().await
    }

    /// The same on a port of your choice.
    pub async fn serve_on(&self, port: u16) -> io::Result<Server> {
        self.world.serve_on(port).await
    }

    /// What Spaces answer when too much is asked of them, for a [`Fault`](howdah_core::testing::Fault).
    pub fn slow_down() -> Answer {
        let mut document = Document::bare("Error");
        document.text("Code", "SlowDown").text("Message", "Please reduce your request rate.");
        Answer::text(503, "application/xml", document.end())
    }
}

#[async_trait]
impl Transport for FakeSpaces {
    async fn send(&self, mut request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        // As the network has it; a bucket may be in it.
        if let Some(host) = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
            request.headers_mut().entry(header::HOST).or_insert(host);
        }
        self.world.send(request).await
    }
}

/// What is computed of every content.
struct Hashes {
    md5: Md5,
    sha256: digest::Context,
}

impl Default for Hashes {
    fn default() -> Self {
        Self { md5: Md5::new(), sha256: digest::Context::new(&digest::SHA256) }
    }
}

#[derive(Clone, Debug)]
struct Digests {
    md5: [u8; 16],
    sha256: String,
}

impl Hashing for Hashes {
    type Digest = Digests;

    fn update(&mut self, chunk: &[u8]) {
        self.md5.update(chunk);
        self.sha256.update(chunk);
    }

    fn finish(self) -> Digests {
        Digests { md5: self.md5.finalize().into(), sha256: HEXLOWER.encode(self.sha256.finish().as_ref()) }
    }
}

fn xml(document: Document) -> Answer {
    Answer::text(200, "application/xml", document.end())
}

/// As lists tell it.
fn in_xml(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

impl State {
    fn new(region: &str, now: Timestamp) -> Self {
        Self {
            region: region.to_owned(),
            now,
            last_id: 0,
            buckets: BTreeMap::new(),
            blocked: BTreeMap::new(),
            keys: Keys::default(),
            machine_dates: false,
            contents: contents::Contents::default(),
        }
    }

    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn bucket(&self, name: &str) -> Result<&Bucket, Refused> {
        self.buckets.get(name).ok_or_else(|| refused::refused(404, "NoSuchBucket"))
    }

    fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket, Refused> {
        self.buckets.get_mut(name).ok_or_else(|| refused::refused(404, "NoSuchBucket"))
    }

    fn free(&mut self, contents: impl IntoIterator<Item = Content>) {
        for content in contents {
            self.contents.free(content);
        }
    }
}

impl World for State {
    fn pass(&mut self, now: Timestamp) {
        /// Uploads that nobody finishes are given up.
        const PATIENCE: SignedDuration = SignedDuration::from_hours(30 * 24);
        self.now = now;
        self.blocked.retain(|_, until| *until > now);
        let ended = |begun: Timestamp| now.duration_since(begun) > PATIENCE;
        let contents: Vec<_> = self.buckets.values_mut().flat_map(|bucket| bucket.give_up(ended)).collect();
        self.free(contents);
    }
}
