//! Models that functions may ask.
//!
//! ```
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let token = netlify.ai_gateway().site_token(&site.id).await?;
//! println!("ask at {:?}", token.url);
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use std::collections::BTreeMap;

use howdah_core::{
    Secret, endpoints,
    http::{Api, Call, null_as_default},
    secret,
};
use serde::{Deserialize, Serialize};

use crate::{accounts::AccountId, sites::SiteId};

endpoints! {
    PROVIDERS:     () => Providers      = get("/ai-gateway/providers");
    SITE_TOKEN:    () => AiGatewayToken = get("/sites/{site_id}/ai-gateway/token");
    ACCOUNT_TOKEN: () => AiGatewayToken = get("/accounts/{account_id}/ai-gateway/token");
}

/// The AI gateway. Reach it through [`Netlify::ai_gateway`](crate::Netlify::ai_gateway).
#[derive(Clone, Debug)]
pub struct AiGateway(pub(crate) Api);

impl AiGateway {
    /// Lists whose models there are.
    ///
    /// `GET /ai-gateway/providers`
    pub fn providers(&self) -> Call<Providers> {
        self.0.send(&PROVIDERS, [], ())
    }

    /// Makes a token for a site.
    ///
    /// `GET /sites/{site_id}/ai-gateway/token`
    pub fn site_token(&self, site: &SiteId) -> Call<AiGatewayToken> {
        self.0.send(&SITE_TOKEN, [site], ())
    }

    /// Makes a token for an account.
    ///
    /// `GET /accounts/{account_id}/ai-gateway/token`
    pub fn account_token(&self, account: &AccountId) -> Call<AiGatewayToken> {
        self.0.send(&ACCOUNT_TOKEN, [account], ())
    }
}

/// Whose models there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Providers {
    #[serde(default, deserialize_with = "null_as_default")]
    pub providers: BTreeMap<String, ProviderDefinition>,
}

/// How models are asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ProviderDefinition {
    /// The variable in which programs look for a token.
    pub token_env_var: Option<String>,
    /// The variable in which programs look for the address.
    pub url_env_var: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub models: Vec<String>,
}

/// A token with which models are asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AiGatewayToken {
    #[serde(default, serialize_with = "secret::expose_option")]
    pub token: Option<Secret>,
    pub url: Option<String>,
    /// Seconds since 1970.
    pub expires_at: Option<i64>,
}
