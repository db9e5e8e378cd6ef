//! A user's mail address and Global API Key, which were there before API tokens.

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Result, Secret,
    http::{Api, Authorize, Route},
};
use http::{HeaderMap, HeaderValue};

#[derive(Debug)]
pub(crate) struct GlobalKey {
    email: String,
    key: Secret,
}

impl GlobalKey {
    pub(crate) fn new(email: impl Into<String>, key: impl Into<Secret>) -> Self {
        Self { email: email.into(), key: key.into() }
    }
}

#[async_trait]
impl Authorize for GlobalKey {
    async fn authorize(&self, _: &Api, _: &Route, headers: &mut HeaderMap) -> Result<()> {
        let wrong = |what: &str| Error::new(ErrorKind::Config, format!("the {what} is empty or cannot be sent"));
        let value = |text: &str, what| match HeaderValue::try_from(text) {
            Ok(value) if !text.trim().is_empty() => Ok(value),
            _ => Err(wrong(what)),
        };
        let email = value(&self.email, "mail address of the Global API Key")?;
        let mut key = value(self.key.expose(), "Global API Key")?;
        key.set_sensitive(true);
        headers.insert("x-auth-email", email);
        headers.insert("x-auth-key", key);
        Ok(())
    }

    async fn renew(&self, _: &Error, _: &Route, _: Option<&HeaderValue>) -> Result<bool> {
        Ok(false)
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.key.clone()]
    }
}
