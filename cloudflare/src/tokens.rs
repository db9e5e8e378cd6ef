//! The token that is used.
//!
//! ```
//! # use howdah_cloudflare::testing::FakeCloudflare;
//! use howdah_cloudflare::tokens::TokenStatus;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let cloudflare = FakeCloudflare::new().client();
//! assert_eq!(cloudflare.tokens().verify().await?.status, TokenStatus::Active);
//! # Ok(()) }
//! ```

use howdah_core::{
    Id, endpoints,
    http::{Api, Call},
    open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

endpoints! {
    VERIFY: () => Token = get("/user/tokens/verify").envelope("result");
}

/// The tokens group. Reach it through [`Cloudflare::tokens`](crate::Cloudflare::tokens).
#[derive(Clone, Debug)]
pub struct Tokens(pub(crate) Api);

impl Tokens {
    /// Asks whether the token is good. Fails with `Unauthenticated` (401) for one that is not known, and for a Global API
    /// Key, which is no token.
    ///
    /// `GET /user/tokens/verify`
    pub fn verify(&self) -> Call<Token> {
        self.0.send(&VERIFY, [], ())
    }
}

/// An API token, without its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Token {
    pub id: Id<Token, String>,
    pub status: TokenStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<Timestamp>,
}

open_enum! {
    /// Whether a token can be used.
    pub enum TokenStatus {
        /// It can.
        Active = "active",
        /// Its owner switched it off.
        Disabled = "disabled",
        /// Its time is over.
        Expired = "expired",
    }
}
