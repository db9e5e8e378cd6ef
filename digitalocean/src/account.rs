//! The account that a token is for.
//!
//! ```
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let account = ocean.account().get().await?;
//! assert!(account.email_verified);
//! # Ok(()) }
//! ```
//!
//! A token that is not valid is [`Unauthenticated`](howdah_core::ErrorKind::Unauthenticated).

use howdah_core::{
    endpoints,
    http::{Api, Call},
    open_enum,
};
use serde::{Deserialize, Serialize};

endpoints! {
    GET: () => Account = get("/v2/account").envelope("account");
}

/// The account group. Reach it through [`DigitalOcean::account`](crate::DigitalOcean::account).
#[derive(Clone, Debug)]
pub struct Accounts(pub(crate) Api);

impl Accounts {
    /// Reads whose account it is, its state and its limits.
    ///
    /// `GET /v2/account`
    pub fn get(&self) -> Call<Account> {
        self.0.send(&GET, [], ())
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Account {
    pub uuid: String,
    pub email: String,
    pub name: Option<String>,
    #[serde(default)]
    pub email_verified: bool,
    pub status: Option<AccountStatus>,
    pub status_message: Option<String>,
    /// The most Droplets at one time; `None` for a token that may not read Droplets, as the next one for its subject.
    pub droplet_limit: Option<u64>,
    /// The most reserved addresses at one time.
    pub floating_ip_limit: Option<u64>,
    /// The same by its newer name.
    pub reserved_ip_limit: Option<u64>,
    pub volume_limit: Option<u64>,
    pub team: Option<Team>,
}

open_enum! {
    /// What state an account is in.
    pub enum AccountStatus {
        /// All is well.
        Active = "active",
        /// Something needs attention.
        Warning = "warning",
        /// Nothing can be done until it is unlocked.
        Locked = "locked",
    }
}

/// The team that a token is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Team {
    pub uuid: String,
    pub name: Option<String>,
}
