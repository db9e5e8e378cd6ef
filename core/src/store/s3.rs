//! S3, and what speaks like it.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::BoxStream;
use http::{HeaderValue, Method};
use object_store::{
    BackoffConfig, CopyOptions, GetOptions, GetResult, ListResult, MultipartId, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RetryConfig, StaticCredentialProvider,
    aws::{AmazonS3, AmazonS3Builder, AwsCredential, AwsCredentialProvider},
    list::{PaginatedListOptions, PaginatedListResult, PaginatedListStore},
    multipart::{MultipartStore, PartId},
    path::Path,
    signer::{SignedUrlOptions, Signer},
};
use url::{Host, Url};

use super::connector::Connector;
use crate::{
    Error, ErrorKind, Result, Secret,
    http::{Network, RetryPolicy, Transport, checked_base},
};

/// A bucket of S3 or of what speaks like it: Apache's client over this crate's [`Transport`].
///
/// It is an [`ObjectStore`], and a [`MultipartStore`], [`PaginatedListStore`] and [`Signer`] besides. Clones share the
/// connection pool. Nothing but the bucket's objects is touched: a bucket is made elsewhere.
///
/// ```
/// use howdah_core::{Secret, store::{Acl, S3}};
///
/// # fn main() -> howdah_core::Result<()> {
/// let media = S3::builder("https://nyc3.digitaloceanspaces.com", "media")
///     .region("nyc3")
///     .access_key("DO00EXAMPLE", Secret::from("the-secret-of-the-key"))
///     .acl(Acl::PublicRead)
///     .build()?;
/// assert_eq!(media.to_string(), "s3://media at https://nyc3.digitaloceanspaces.com");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct S3 {
    store: AmazonS3,
    shown: Arc<str>,
}

/// Who may read the objects that are written, where the bucket does not say.
///
/// It is an object's own, and lost when the object is replaced without it. Stores that keep no ACL for each object
/// refuse it or take no notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acl {
    /// The owner: what every store does without being told.
    Private,
    /// Everyone who knows the URL.
    PublicRead,
    /// Another of the store's canned ACLs, such as `bucket-owner-full-control`.
    Other(String),
}

impl Acl {
    /// As the header says it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::Other(other) => other,
        }
    }
}

/// Sets up an [`S3`].
#[derive(Clone, Debug)]
#[must_use]
pub struct S3Builder {
    endpoint: String,
    bucket: String,
    region: String,
    key: Option<(String, Secret)>,
    session_token: Option<Secret>,
    acl: Option<Acl>,
    virtual_hosted: bool,
    transport: Option<Arc<dyn Transport>>,
    retry: RetryPolicy,
}

impl S3 {
    /// Sets up a bucket behind an endpoint without the bucket's name: `https`, or `http` to this machine.
    pub fn builder(endpoint: impl Into<String>, bucket: impl Into<String>) -> S3Builder {
        S3Builder {
            endpoint: endpoint.into(),
            bucket: bucket.into(),
            region: "us-east-1".to_owned(),
            key: None,
            session_token: None,
            acl: None,
            virtual_hosted: false,
            transport: None,
            retry: RetryPolicy::default(),
        }
    }

    /// Sets up a bucket by the environment variables that AWS's own tools read: `AWS_ENDPOINT_URL_S3` or
    /// `AWS_ENDPOINT_URL` (AWS itself without them), `AWS_REGION` or `AWS_DEFAULT_REGION`, `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    pub fn from_env(bucket: impl Into<String>) -> Result<S3Builder> {
        from_variables(bucket.into(), |name| std::env::var(name).ok())
    }
}

impl S3Builder {
    /// The region that requests are signed for; `us-east-1` when it is not set, which many servers take for theirs.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Who asks.
    pub fn access_key(mut self, id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        self.key = Some((id.into(), secret.into()));
        self
    }

    /// The token that belongs to a temporary key.
    pub fn session_token(mut self, token: impl Into<Secret>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// The ACL of what is written. It goes with what creates an object (put, copy, the beginning of a multipart upload)
    /// and with nothing else.
    pub fn acl(mut self, acl: Acl) -> Self {
        self.acl = Some(acl);
        self
    }

    /// Puts the bucket into the host (`https://bucket.endpoint/key`), which AWS wants of new buckets. Otherwise it is the
    /// beginning of the path (`https://endpoint/bucket/key`), which nearly all servers take.
    pub fn virtual_hosted(mut self) -> Self {
        self.virtual_hosted = true;
        self
    }

    /// Another way to the store than the network.
    pub fn transport(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How patiently. A download that breaks goes on where it broke, which counts as an attempt.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The store, or what is wrong with its setup. Nothing is sent yet.
    pub fn build(self) -> Result<S3> {
        self.built().map_err(|error| error.with_provider("s3"))
    }

    fn built(self) -> Result<S3> {
        let endpoint = self.checked_endpoint()?;
        sendable("region", &self.region)?;
        let acl = self.acl.as_ref().map(|acl| sendable("ACL", acl.as_str())).transpose()?;
        let (id, secret) = self.key.ok_or_else(|| config("there is no access key"))?;
        sendable("access key's id", &id)?;
        sendable("access key's secret", secret.expose())?;
        if let Some(token) = &self.session_token {
            sendable("session token", token.expose())?;
        }
        let credentials: AwsCredentialProvider = Arc::new(StaticCredentialProvider::new(AwsCredential {
            key_id: id,
            secret_key: secret.expose().to_owned(),
            token: self.session_token.as_ref().map(|token| token.expose().to_owned()),
        }));
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(Network::new()?),
        };
        let connector = Connector {
            transport,
            retry: self.retry,
            secrets: [secret].into_iter().chain(self.session_token).collect(),
            region: self.region.as_str().into(),
            acl,
            credentials: credentials.clone(),
        };
        let store = AmazonS3Builder::new()
            .with_endpoint(endpoint)
            .with_bucket_name(&self.bucket)
            .with_region(self.region)
            .with_virtual_hosted_style_request(self.virtual_hosted)
            // For signed URLs; requests are signed by the connector.
            .with_credentials(credentials)
            .with_skip_signature(true)
            .with_retry(retries(&self.retry))
            .with_http_connector(connector)
            .build()
            .map_err(|error| config("the client could not be set up").with_source(error))?;
        let shown = format!("s3://{} at {}", self.bucket, self.endpoint.trim_end_matches('/')).into();
        Ok(S3 { store, shown })
    }

    /// The endpoint as Apache's client wants it: with the bucket when that is in the host.
    fn checked_endpoint(&self) -> Result<String> {
        let (bucket, given) = (&self.bucket, &self.endpoint);
        let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if bucket.is_empty() || !bucket.chars().all(usual) || bucket.starts_with('.') {
            let wanted = "letters, digits, `-`, `.` and `_` make up a name";
            return Err(config(format!("`{}` cannot be the name of a bucket: {wanted}", bucket.escape_debug())));
        }
        let endpoint = checked_base(given, false)?;
        let unreadable = |error| config(format!("the endpoint `{given}` cannot be read")).with_source(error);
        let mut url = Url::parse(&endpoint).map_err(unreadable)?;
        let Some(Host::Domain(host)) = url.host().map(|host| host.to_owned()) else {
            let why = "is an address, and an address cannot have the bucket in front";
            return if self.virtual_hosted {
                Err(config(format!("the endpoint `{given}` {why}")))
            } else {
                Ok(endpoint.to_string())
            };
        };
        if host.strip_prefix(&bucket.to_lowercase()).is_some_and(|rest| rest.starts_with('.')) {
            let advice = "give the endpoint without it";
            return Err(config(format!("the endpoint `{given}` begins with the bucket's name: {advice}")));
        }
        if !self.virtual_hosted {
            return Ok(endpoint.to_string());
        }
        if bucket.contains(['.', '_']) || bucket.chars().any(|c| c.is_ascii_uppercase()) {
            let why = "has a character that a virtual host cannot have or no certificate covers: leave the bucket in the path";
            return Err(config(format!("the bucket `{bucket}` {why}")));
        }
        let host = format!("{bucket}.{host}");
        url.set_host(Some(&host)).map_err(|error| config(format!("`{host}` cannot be a host")).with_source(error))?;
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }
}

fn from_variables(bucket: String, variable: impl Fn(&str) -> Option<String>) -> Result<S3Builder> {
    let first = |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let wanted = |name: &str| first(&[name]).ok_or_else(|| config(format!("`{name}` is not set")).with_provider("s3"));
    let region = first(&["AWS_REGION", "AWS_DEFAULT_REGION"]);
    let endpoint = match (first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]), &region) {
        (Some(endpoint), _) => endpoint,
        (None, Some(region)) => format!("https://s3.{region}.amazonaws.com"),
        (None, None) => {
            let message = "neither `AWS_ENDPOINT_URL_S3` nor `AWS_REGION` is set: one of them says where the bucket is";
            return Err(config(message).with_provider("s3"));
        }
    };
    let key = (wanted("AWS_ACCESS_KEY_ID")?, wanted("AWS_SECRET_ACCESS_KEY")?);
    let mut builder = S3::builder(endpoint, bucket).access_key(key.0, key.1);
    if let Some(region) = region {
        builder = builder.region(region);
    }
    if let Some(token) = first(&["AWS_SESSION_TOKEN"]) {
        builder = builder.session_token(token);
    }
    Ok(builder)
}

/// What is part of a header or a signature is seen to be so before anything is sent. The value is not shown.
fn sendable(what: &str, value: &str) -> Result<HeaderValue> {
    if value.is_empty() {
        return Err(config(format!("the {what} is empty")));
    }
    let sent = HeaderValue::try_from(value).ok().filter(|_| value.chars().all(|c| c.is_ascii_graphic()));
    sent.ok_or_else(|| config(format!("the {what} has a space, a line break or another character that cannot be sent")))
}

fn config(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, message)
}

/// The bounds are such that Apache's client can always draw a wait between them.
fn retries(policy: &RetryPolicy) -> RetryConfig {
    const HOUR: Duration = Duration::from_secs(3600);
    let first = policy.first_wait.clamp(Duration::from_millis(1), HOUR);
    RetryConfig {
        max_retries: policy.attempts.saturating_sub(1) as usize,
        retry_timeout: policy.total,
        backoff: BackoffConfig { init_backoff: first, max_backoff: policy.longest_wait.clamp(first, HOUR), base: 2.0 },
    }
}

impl fmt::Display for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3({})", self.shown)
    }
}

#[async_trait]
impl ObjectStore for S3 {
    async fn put_opts(&self, at: &Path, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        self.store.put_opts(at, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.store.put_multipart_opts(at, options).await
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.store.get_opts(at, options).await
    }

    fn delete_stream(
        &self,
        at: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.store.delete_stream(at)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.store.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.store.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.store.copy_opts(from, to, options).await
    }
}

#[async_trait]
impl MultipartStore for S3 {
    async fn create_multipart(&self, at: &Path) -> object_store::Result<MultipartId> {
        self.store.create_multipart(at).await
    }

    async fn create_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<MultipartId> {
        self.store.create_multipart_opts(at, options).await
    }

    async fn put_part(
        &self,
        at: &Path,
        id: &MultipartId,
        index: usize,
        payload: PutPayload,
    ) -> object_store::Result<PartId> {
        self.store.put_part(at, id, index, payload).await
    }

    async fn complete_multipart(
        &self,
        at: &Path,
        id: &MultipartId,
        parts: Vec<PartId>,
    ) -> object_store::Result<PutResult> {
        self.store.complete_multipart(at, id, parts).await
    }

    async fn abort_multipart(&self, at: &Path, id: &MultipartId) -> object_store::Result<()> {
        self.store.abort_multipart(at, id).await
    }
}

#[async_trait]
impl PaginatedListStore for S3 {
    async fn list_paginated(
        &self,
        prefix: Option<&str>,
        options: PaginatedListOptions,
    ) -> object_store::Result<PaginatedListResult> {
        self.store.list_paginated(prefix, options).await
    }
}

#[async_trait]
impl Signer for S3 {
    async fn signed_url(&self, method: Method, at: &Path, expires_in: Duration) -> object_store::Result<Url> {
        self.store.signed_url(method, at, expires_in).await
    }

    async fn signed_url_opts(
        &self,
        method: Method,
        at: &Path,
        expires_in: Duration,
        options: &SignedUrlOptions,
    ) -> object_store::Result<Url> {
        self.store.signed_url_opts(method, at, expires_in, options).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(endpoint: &str, bucket: &str) -> S3Builder {
        S3::builder(endpoint, bucket).access_key("id", "secret")
    }

    fn refused(builder: S3Builder) -> String {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    }

    #[test]
    fn the_bucket_is_in_the_path_or_in_the_host() {
        for (endpoint, path, host) in [
            ("https://s3.example.com", "https://s3.example.com", "https://b.s3.example.com"),
            ("https://s3.example.com:9000/", "https://s3.example.com:9000", "https://b.s3.example.com:9000"),
            ("https://s3.example.com/under", "https://s3.example.com/under", "https://b.s3.example.com/under"),
            ("http://localhost:9000", "http://localhost:9000", "http://b.localhost:9000"),
        ] {
            assert_eq!(bucket(endpoint, "b").checked_endpoint().unwrap(), path);
            assert_eq!(bucket(endpoint, "b").virtual_hosted().checked_endpoint().unwrap(), host);
        }
        assert!(bucket("http://127.0.0.1:9000", "b").build().is_ok());
    }

    #[test]
    fn a_wrong_setup_is_refused_with_its_reason() {
        let good = "https://s3.example.com";
        for (builder, reason) in [
            (S3::builder(good, "b"), "there is no access key"),
            (bucket("http://s3.example.com", "b"), "use https"),
            (bucket("s3.example.com", "b"), "cannot be read"),
            (bucket("https://b.s3.example.com", "b"), "begins with the bucket's name"),
            (bucket("https://b.s3.example.com", "b").virtual_hosted(), "begins with the bucket's name"),
            (bucket("http://127.0.0.1", "b").virtual_hosted(), "is an address"),
            (bucket(good, "a.b").virtual_hosted(), "leave the bucket in the path"),
            (bucket(good, ""), "cannot be the name of a bucket"),
            (bucket(good, "a/b"), "`a/b` cannot be the name of a bucket"),
            (bucket(good, ".."), "cannot be the name of a bucket"),
            (bucket(good, "b").region(""), "the region is empty"),
            (bucket(good, "b").acl(Acl::Other("a\nb".into())), "the ACL has"),
            (bucket(good, "b").access_key("id\n", "secret"), "the access key's id has"),
            (bucket(good, "b").access_key("id", "secret\n"), "the access key's secret has"),
            (bucket(good, "b").session_token(""), "the session token is empty"),
        ] {
            let said = refused(builder);
            assert!(said.starts_with("s3: ") && said.contains(reason), "{said}");
            assert!(!said.contains("secret\n"), "{said}");
        }
    }

    #[test]
    fn the_environment_says_it_by_the_usual_names() {
        let with = |set: &[(&str, &str)]| {
            from_variables("b".into(), |name| set.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).into()))
        };
        let (id, secret) = (("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret"));
        let said = |builder: &S3Builder| (builder.endpoint.clone(), builder.region.clone());
        let builder = with(&[id, secret, ("AWS_REGION", "eu-north-1"), ("AWS_SESSION_TOKEN", "t")]).unwrap();
        assert_eq!(said(&builder), ("https://s3.eu-north-1.amazonaws.com".into(), "eu-north-1".into()));
        assert_eq!(builder.session_token, Some("t".into()));
        let (all, s3) = (("AWS_ENDPOINT_URL", "https://a.example"), ("AWS_ENDPOINT_URL_S3", "https://s3.example"));
        let builder = with(&[id, secret, all, s3]).unwrap();
        assert_eq!(said(&builder), ("https://s3.example".into(), "us-east-1".into()));
        assert!(builder.build().is_ok());

        assert!(with(&[]).unwrap_err().to_string().contains("neither `AWS_ENDPOINT_URL_S3` nor `AWS_REGION` is set"));
        let no_secret = with(&[("AWS_REGION", "r"), id, ("AWS_SECRET_ACCESS_KEY", "")]);
        assert!(no_secret.unwrap_err().to_string().contains("`AWS_SECRET_ACCESS_KEY` is not set"));
    }

    #[test]
    fn a_wait_can_always_be_drawn() {
        let mut policy = RetryPolicy::never();
        (policy.first_wait, policy.longest_wait) = (Duration::ZERO, Duration::ZERO);
        let config = retries(&policy);
        assert_eq!(config.max_retries, 0);
        assert!(config.backoff.init_backoff > Duration::ZERO);
        assert!(config.backoff.max_backoff >= config.backoff.init_backoff);
        policy.first_wait = Duration::MAX;
        assert!(retries(&policy).backoff.max_backoff < Duration::MAX);
    }
}
