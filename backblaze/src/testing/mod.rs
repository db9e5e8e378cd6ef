//! A stateful fake of Backblaze B2, in process and on loopback.

mod account;
mod buckets;
mod catalog;
mod contents;
mod downloads;
mod files;
mod keys;
mod large_files;
mod lifecycle;
mod new_version;
mod notifications;
mod uploads;
mod versions;

use std::{fs, io, path::Path};

use bytes::Bytes;
use howdah_core::{
    Clock,
    testing::{Answer, Fake, Server, World},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Backblaze, BackblazeBuilder, FileId, PRODUCTION,
    account::Capability,
    buckets::{BucketId, BucketType, NewBucket},
    keys::CreatedKey,
};

/// The id of the key that may do everything.
pub const KEY_ID: &str = "0011aa22bb33";

/// That key.
pub const KEY: &str = "K001afakekeythatopensthefakeonly";

/// The id of the account.
pub const ACCOUNT: &str = "11aa22bb33cc";

/// A fake of Backblaze B2. Clones are the same one.
///
/// It answers versions 1 to 4 of the API, keeps small contents in memory and large ones on disk, and lets time pass: tokens
/// expire and lifecycle rules act on its clock.
#[derive(Clone, Debug)]
pub struct FakeBackblaze {
    world: Fake<State>,
    clock: Clock,
}

/// What the fake holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct State {
    now: Timestamp,
    /// Ids and tokens are made of it.
    serial: u64,
    /// Where the client that asks sees the fake: the hosts of an authorization and the URLs of uploads are there.
    #[serde(skip)]
    origin: String,
    /// Whoever makes the present request, as its key or its token tells.
    #[serde(skip)]
    caller: Option<account::Caller>,
    /// The token of the present request where it is not that of an account: a download's or an upload's own.
    #[serde(skip)]
    token: Option<String>,
    settings: Settings,
    account: account::State,
    buckets: buckets::State,
    downloads: downloads::State,
    files: files::State,
    keys: keys::State,
    notifications: notifications::State,
    uploads: uploads::State,
    #[serde(skip)]
    contents: contents::Contents,
}

/// What differs between fakes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Settings {
    /// Bytes that every part but the last must have: 5,000,000 at the service.
    pub absolute_minimum_part_size: u64,
    /// Bytes that a client is told to give a part: 100,000,000 at the service.
    pub recommended_part_size: u64,
    /// Seconds after which tokens and upload URLs expire: a day at the service.
    pub token_lifetime: i64,
    /// Bytes that one upload may have: 5,000,000,000 at the service.
    pub largest_upload: u64,
    /// Bytes that the source of a copy may have: 5,000,000,000 at the service.
    pub largest_copy: u64,
    /// Whether the account may say when something was uploaded, which the service allows on request.
    pub custom_upload_timestamps: bool,
    /// Keeps length and SHA-1 of contents only, for benchmarks: they are downloaded as zeros.
    pub discard_contents: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            absolute_minimum_part_size: 5_000_000,
            recommended_part_size: 100_000_000,
            token_lifetime: 24 * 60 * 60,
            largest_upload: 5_000_000_000,
            largest_copy: 5_000_000_000,
            custom_upload_timestamps: true,
            discard_contents: false,
        }
    }
}

/// A limit that the account's owner set on what the account may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cap {
    /// Bytes that may be stored.
    Storage(u64),
    /// Calls of the classes that cost, from now on.
    Transactions(u64),
    /// Bytes that may be downloaded, from now on.
    Downloads(u64),
}

impl FakeBackblaze {
    /// An account without buckets, on the machine's clock.
    pub fn new() -> Self {
        Self::at(Clock::system())
    }

    /// The same on a clock of the test's.
    pub fn at(clock: Clock) -> Self {
        Self::with(State::new(clock.now()), clock, |fake| fake)
    }

    /// The account that a directory holds, or a new one where there is none yet; every change is written to it.
    pub fn kept_in(directory: &Path, clock: Clock) -> io::Result<Self> {
        let file = directory.join("state.json");
        fs::create_dir_all(directory)?;
        let mut state = match fs::read(&file) {
            Ok(content) => serde_json::from_slice(&content)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(clock.now()),
            Err(error) => return Err(error),
        };
        state.contents = contents::Contents::kept_in(&directory.join("contents"))?;
        files::adopt(&mut state)?;
        Ok(Self::with(state, clock, |fake| fake.kept_in(file)))
    }

    fn with(state: State, clock: Clock, set_up: impl FnOnce(Fake<State>) -> Fake<State>) -> Self {
        let fake = Fake::new("backblaze", state).with_clock(clock.clone()).with_gate(account::gate);
        let fake = set_up(fake.with_translation(versions::before, versions::after));
        let groups = [
            account::serve,
            buckets::serve,
            downloads::serve,
            files::serve,
            keys::serve,
            large_files::serve,
            notifications::serve,
            uploads::serve,
        ];
        Self { world: groups.into_iter().fold(fake, |fake, serve| serve(fake)), clock }
    }

    /// With other sizes and times.
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        self.world.state(|state| state.settings = settings);
        self
    }

    /// Writes no journal, for long runs and benchmarks.
    #[must_use]
    pub fn without_journal(self) -> Self {
        Self { world: self.world.without_journal(), ..self }
    }

    /// The fake below: its journal, its faults, its state.
    pub fn world(&self) -> &Fake<State> {
        &self.world
    }

    /// A client of it, in process, with the key that may do everything.
    ///
    /// # Panics
    ///
    /// Never: its setup is known to be right.
    pub fn client(&self) -> Backblaze {
        self.builder().build().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same with another key.
    ///
    /// # Panics
    ///
    /// Never: its setup is known to be right.
    pub fn client_with(&self, key: &CreatedKey) -> Backblaze {
        self.builder_with(key).build().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sets up a client of it, for another transport around it or another patience.
    pub fn builder(&self) -> BackblazeBuilder {
        self.set_up(Backblaze::builder(KEY_ID, KEY))
    }

    /// The same with another key.
    pub fn builder_with(&self, key: &CreatedKey) -> BackblazeBuilder {
        self.set_up(Backblaze::builder(key.key.application_key_id.get(), key.application_key.clone()))
    }

    fn set_up(&self, builder: BackblazeBuilder) -> BackblazeBuilder {
        builder.base_url(PRODUCTION).transport(self.world.clone()).clock(self.clock.clone())
    }

    /// Makes a private bucket.
    ///
    /// # Panics
    ///
    /// When there is a bucket of that name, or the name is none.
    pub fn create_bucket(&self, name: &str) -> BucketId {
        let new = NewBucket::new(name, BucketType::AllPrivate);
        let created = self.world.state(|state| buckets::create(state, new));
        created.unwrap_or_else(|refusal| panic!("{}", String::from_utf8_lossy(&refusal.body))).bucket_id
    }

    /// Puts a file there, as an upload would.
    ///
    /// # Panics
    ///
    /// When there is no such bucket, or the name or the content cannot be a file's.
    pub fn put(&self, bucket: &BucketId, name: &str, content: impl Into<Bytes>) -> FileId {
        let put = self.world.state(|state| files::put(state, bucket, name, &content.into()));
        put.unwrap_or_else(|refusal| panic!("{}", String::from_utf8_lossy(&refusal.body)))
    }

    /// Lets all tokens expire, those of uploads too.
    pub fn expire_tokens(&self) {
        self.world.state(|state| {
            account::expire_tokens(state);
            downloads::expire_tokens(state);
            uploads::expire_tokens(state);
        });
    }

    /// Sets a cap: what goes beyond it is refused with 403.
    pub fn set_cap(&self, cap: Cap) {
        self.world.state(|state| state.account.set_cap(cap));
    }

    /// Hides, deletes and cancels what the buckets' lifecycle rules say, as also happens while time passes.
    pub fn apply_lifecycle_rules(&self) {
        self.world.state(lifecycle::apply);
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<Server> {
        self.world.serve().await
    }

    /// The same on a port of your choice.
    pub async fn serve_on(&self, port: u16) -> io::Result<Server> {
        self.world.serve_on(port).await
    }
}

impl Default for FakeBackblaze {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn new(now: Timestamp) -> Self {
        Self {
            now,
            serial: 0,
            origin: PRODUCTION.to_owned(),
            caller: None,
            token: None,
            settings: Settings::default(),
            account: account::State::default(),
            buckets: buckets::State::default(),
            downloads: downloads::State::default(),
            files: files::State::default(),
            keys: keys::State::default(),
            notifications: notifications::State::default(),
            uploads: uploads::State::default(),
            contents: contents::Contents::default(),
        }
    }

    /// A number that nothing else has.
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// An id that nothing else has, hexadecimal behind the prefix; ids of one prefix ascend.
    fn next_id(&mut self, prefix: &str) -> String {
        format!("{prefix}{:016x}", self.next_serial())
    }

    /// When a token that is given now expires.
    fn expiry(&self) -> Timestamp {
        self.now + jiff::SignedDuration::from_secs(self.settings.token_lifetime)
    }

    /// Whether whoever asks may do this: everywhere that the key is for, or in this bucket, with this name.
    // A capability is a name: callers have it at hand.
    #[allow(clippy::needless_pass_by_value)]
    fn may(&self, capability: Capability, bucket: Option<&BucketId>, name: Option<&str>) -> Result<(), Answer> {
        match &self.caller {
            Some(caller) => caller.may(&capability, bucket, name),
            None => Err(error(401, "unauthorized", "no token was sent")),
        }
    }

    /// Whether whoever asks may see this in a bucket: what is `isClientAuthorizedToRead`.
    fn sees(&self, capability: Capability, bucket: &BucketId) -> bool {
        self.may(capability, Some(bucket), None).is_ok()
    }

    /// Takes something from what the caps leave: 403 when that is not enough. What is deleted is given back by
    /// [`release`](Self::release).
    fn spend(&mut self, cost: Cap) -> Result<(), Answer> {
        self.account.spend(cost)
    }

    /// So many bytes are not stored any more.
    fn release(&mut self, bytes: u64) {
        self.account.release(bytes);
    }
}

impl World for State {
    fn pass(&mut self, now: Timestamp) {
        self.now = now;
        lifecycle::pass(self);
    }
}

/// A refusal as all are.
fn error(status: u16, code: &str, message: impl Into<String>) -> Answer {
    Answer::json(status, json!({ "status": status, "code": code, "message": message.into() }))
}

/// A refusal of what cannot be.
fn bad_request(message: impl Into<String>) -> Answer {
    error(400, "bad_request", message)
}
