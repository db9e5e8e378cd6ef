//! Who the token is, and tokens for applications.
//!
//! ```
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let dnsimple = FakeDnSimple::new().client();
//! let who = dnsimple.identity().whoami().await?;
//! if let Some(account) = who.account {
//!     println!("account {} on the plan {}", account.id, account.plan_identifier.unwrap_or_default());
//! }
//! # Ok(()) }
//! ```

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call},
    input, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

endpoints! {
    WHOAMI:      ()            => Whoami       = get("/whoami").envelope("data");
    ACCOUNTS:    ()            => Vec<Account> = get("/accounts").envelope("data");
    OAUTH_TOKEN: OauthExchange => OauthToken   = post("/oauth/access_token");
}

/// The identity group. Reach it through [`DnSimple::identity`](crate::DnSimple::identity).
#[derive(Clone, Debug)]
pub struct Identity(pub(crate) Api);

impl Identity {
    /// Tells whose token this is: an account's or a user's.
    ///
    /// `GET /whoami`
    pub fn whoami(&self) -> Call<Whoami> {
        self.0.send(&WHOAMI, [], ())
    }

    /// Lists the accounts that the token can see.
    ///
    /// `GET /accounts`
    pub fn accounts(&self) -> Call<Vec<Account>> {
        self.0.send(&ACCOUNTS, [], ())
    }

    /// Exchanges the code that a user's consent gave for a token.
    ///
    /// `POST /oauth/access_token`
    pub fn oauth_token(&self, exchange: OauthExchange) -> Call<OauthToken> {
        self.0.send(&OAUTH_TOKEN, [], exchange)
    }
}

/// The number of an account.
pub type AccountId = Id<Account>;

/// Whose token it is: one of the two is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Whoami {
    pub account: Option<Account>,
    pub user: Option<User>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Account {
    pub id: AccountId,
    pub email: String,
    /// Such as `teams-v1-monthly`.
    pub plan_identifier: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// A user, who may belong to several accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct User {
    pub id: Id<User>,
    pub email: String,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

input! {
    /// What is exchanged for a token.
    pub struct OauthExchange {
        client_id: String,
        #[serde(serialize_with = "secret::expose")]
        client_secret: Secret,
        #[serde(serialize_with = "secret::expose")]
        code: Secret,
        /// The URI that the consent was given with.
        redirect_uri: String,
        /// The state that the consent was given with.
        state: String,
        grant_type: String,
    } optional {}
}

/// A token for an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OauthToken {
    #[serde(serialize_with = "secret::expose")]
    pub access_token: Secret,
    pub token_type: Option<String>,
    pub scope: Option<String>,
    pub account_id: Option<AccountId>,
}
