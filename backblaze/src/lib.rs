//! A typed client of the [Backblaze B2 native API](https://www.backblaze.com/apidocs), version 4, and an object store over it.

pub mod account;
pub mod buckets;
mod dialect;
pub mod downloads;
pub mod file_name;
pub mod files;
pub mod keys;
pub mod large_files;
mod models;
pub mod notifications;
pub mod object_store;
mod session;
mod sha1;
#[cfg(feature = "testing")]
pub mod testing;
mod uploader;
pub mod uploads;

use std::{fmt, sync::Arc, time::Duration};

use howdah_core::{
    Clock, Result, Secret,
    http::{Api, Auth, Operation, RetryPolicy, Transport},
};

use self::{account::TestMode, buckets::BucketId, session::Session};

pub use self::{
    object_store::B2,
    sha1::Sha1,
    uploader::{LargeUpload, Uploader},
};
pub use models::{
    AccountId, Action, ContentSha1, CustomerKey, Encryption, EncryptionMode, FileId, FileInfo, FileRetention,
    FileVersion, LegalHold, Part, Readable, ReplicationStatus, RetentionMode, ServerSideEncryption,
};

/// Where keys are authorized; all other hosts are named by the answer.
pub const PRODUCTION: &str = "https://api.backblazeb2.com";

/// Every operation of this crate by its group, for tools.
pub const OPERATIONS: &[(&str, &[&dyn Operation])] = &[
    ("account", account::OPERATIONS),
    ("buckets", buckets::OPERATIONS),
    ("downloads", downloads::OPERATIONS),
    ("files", files::OPERATIONS),
    ("keys", keys::OPERATIONS),
    ("large_files", large_files::OPERATIONS),
    ("notifications", notifications::OPERATIONS),
    ("uploads", uploads::OPERATIONS),
];

/// The client. Clones share connections and the authorization.
#[derive(Clone, Debug)]
pub struct Backblaze {
    api: Api,
    session: Arc<Session>,
}

impl Backblaze {
    /// The service, with an application key. Nothing is sent yet: the first call authorizes.
    pub fn new(application_key_id: impl Into<String>, application_key: impl Into<Secret>) -> Result<Self> {
        Self::builder(application_key_id, application_key).build()
    }

    /// For another base URL, transport, patience or clock.
    pub fn builder(application_key_id: impl Into<String>, application_key: impl Into<Secret>) -> BackblazeBuilder {
        let mut retry = RetryPolicy::default().with_attempts(8).with_total(Duration::from_secs(300));
        // As the service asks: one second, doubled up to 64.
        (retry.first_wait, retry.longest_wait) = (Duration::from_secs(1), Duration::from_secs(64));
        BackblazeBuilder {
            application_key_id: application_key_id.into(),
            application_key: application_key.into(),
            base_url: PRODUCTION.to_owned(),
            transport: None,
            retry,
            clock: Clock::system(),
            test_mode: None,
        }
    }

    /// The API below, for operations that this crate does not have.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Who asks.
    pub fn account(&self) -> account::Account {
        account::Account(self.api.clone(), self.session.clone())
    }

    /// Buckets and their settings.
    pub fn buckets(&self) -> buckets::Buckets {
        buckets::Buckets(self.api.clone(), self.session.clone())
    }

    /// Downloads, and the right to download given to others.
    pub fn downloads(&self) -> downloads::Downloads {
        downloads::Downloads(self.api.clone())
    }

    /// Files and their versions.
    pub fn files(&self) -> files::Files {
        files::Files(self.api.clone())
    }

    /// Application keys.
    pub fn keys(&self) -> keys::Keys {
        keys::Keys(self.api.clone(), self.session.clone())
    }

    /// Large files, part by part.
    pub fn large_files(&self) -> large_files::LargeFiles {
        large_files::LargeFiles(self.api.clone())
    }

    /// Event notifications.
    pub fn notifications(&self) -> notifications::Notifications {
        notifications::Notifications(self.api.clone())
    }

    /// Uploads to a bucket that bear what uploads meet. Keep it: it and its clones share the URLs to upload to.
    pub fn uploader(&self, bucket: &BucketId) -> Uploader {
        Uploader::new(self.clone(), bucket.clone())
    }

    /// Uploads, one attempt each.
    pub fn uploads(&self) -> uploads::Uploads {
        uploads::Uploads(self.api.clone())
    }
}

/// Sets up a [`Backblaze`].
#[must_use]
pub struct BackblazeBuilder {
    application_key_id: String,
    application_key: Secret,
    base_url: String,
    transport: Option<Arc<dyn Transport>>,
    retry: RetryPolicy,
    clock: Clock,
    test_mode: Option<TestMode>,
}

impl BackblazeBuilder {
    /// Another place to authorize at: `https`, or `http` to this machine.
    pub fn base_url(mut self, base: impl Into<String>) -> Self {
        self.base_url = base.into();
        self
    }

    /// Another way to the service than the network.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How patiently. An upload is tried as often, each time at another URL.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Another clock than the machine's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Lets the service misbehave, to see whether a program bears it.
    pub fn test_mode(mut self, mode: TestMode) -> Self {
        self.test_mode = Some(mode);
        self
    }

    /// The client, or what is wrong with its setup. Nothing is sent yet.
    pub fn build(self) -> Result<Backblaze> {
        let api = |auth: Auth| {
            let builder = Api::builder(&dialect::BACKBLAZE, self.base_url.clone()).auth(auth);
            let builder = builder.retry(self.retry).clock(self.clock.clone());
            match &self.transport {
                Some(transport) => builder.transport(transport.clone()),
                None => builder,
            }
        };
        let key = api(Auth::Basic(self.application_key_id.clone(), self.application_key.clone())).build()?;
        let session = Arc::new(Session::new(key, self.application_key.clone(), self.test_mode.clone()));
        let api = api(Auth::Custom(session.clone())).build()?;
        Ok(Backblaze { api, session })
    }
}

impl fmt::Debug for BackblazeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackblazeBuilder").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
