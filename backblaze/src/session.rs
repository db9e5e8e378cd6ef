//! The authorization that all calls share.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Result, Secret,
    http::{Api, Authorize, Route},
};
use http::{HeaderMap, HeaderValue, header};
use tokio::sync::Mutex;

use crate::account::{self, Authorization, TestMode};

/// The routes' names of the hosts that an authorization tells.
pub(crate) const API_URL: &str = "apiUrl";
/// Where files are downloaded.
pub(crate) const DOWNLOAD_URL: &str = "downloadUrl";

/// Fetches an authorization when the first call needs it, and another one when the service says that it expired.
#[derive(Debug)]
pub(crate) struct Session {
    /// Knows the application key.
    key: Api,
    application_key: Secret,
    test_mode: Option<TestMode>,
    current: RwLock<Option<Arc<Current>>>,
    /// Whoever holds it fetches; the others wait for what comes of it.
    fetching: Mutex<()>,
}

#[derive(Debug)]
struct Current {
    authorization: Authorization,
    header: HeaderValue,
}

impl Session {
    pub(crate) fn new(key: Api, application_key: Secret, test_mode: Option<TestMode>) -> Self {
        Self { key, application_key, test_mode, current: RwLock::default(), fetching: Mutex::default() }
    }

    /// The authorization, fetched if there is none. `api` learns the hosts that it names.
    pub(crate) async fn authorization(&self, api: &Api) -> Result<Authorization> {
        Ok(self.current(api).await?.authorization.clone())
    }

    async fn current(&self, api: &Api) -> Result<Arc<Current>> {
        if let Some(current) = self.held() {
            return Ok(current);
        }
        let _fetching = self.fetching.lock().await;
        if let Some(current) = self.held() {
            return Ok(current);
        }
        let authorization = self.key.send(&account::AUTHORIZE, [], ()).await?;
        let storage = &authorization.api_info.storage_api;
        api.set_base(API_URL, &storage.api_url)?;
        api.set_base(DOWNLOAD_URL, &storage.download_url)?;
        let mut header = HeaderValue::try_from(authorization.authorization_token.expose())
            .map_err(|_| Error::new(ErrorKind::Decode, "the authorization token cannot be sent in a header"))?;
        header.set_sensitive(true);
        let current = Arc::new(Current { authorization, header });
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(current.clone());
        Ok(current)
    }

    fn held(&self) -> Option<Arc<Current>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Authorize for Session {
    async fn authorize(&self, api: &Api, _: &Route, headers: &mut HeaderMap) -> Result<()> {
        // An upload, or a download of someone else's, brings a token of its own.
        if !headers.contains_key(header::AUTHORIZATION) {
            headers.insert(header::AUTHORIZATION, self.current(api).await?.header.clone());
        }
        if let Some(mode) = &self.test_mode {
            headers.insert(account::TEST_MODE.clone(), mode.header()?);
        }
        Ok(())
    }

    /// Forgets the authorization, unless another call has renewed it already: the next attempt fetches one.
    async fn renew(&self, refused: &Error, route: &Route, used: Option<&HeaderValue>) -> Result<bool> {
        // An upload's own token is as good as its URL: whoever uploads fetches both.
        let own = route.base.is_none();
        if own || !matches!(refused.code(), Some("expired_auth_token" | "bad_auth_token")) {
            return Ok(false);
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let (Some(held), Some(used)) = (&*current, used) else {
            return Ok(current.is_none());
        };
        if held.header == used {
            *current = None;
        }
        Ok(true)
    }

    fn secrets(&self) -> Vec<Secret> {
        let token = self.held().map(|current| current.authorization.authorization_token.clone());
        token.into_iter().chain([self.application_key.clone()]).collect()
    }
}
