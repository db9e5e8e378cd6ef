//! Domains registered at Cloudflare.
//!
//! ```
//! # use howdah_cloudflare::testing::FakeCloudflare;
//! # use howdah_core::dns::Name;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeCloudflare::new();
//! # fake.register(&Name::parse("example.com").unwrap(), jiff::SignedDuration::from_hours(24 * 400));
//! # let (cloudflare, account) = (fake.client(), fake.account());
//! for registration in cloudflare.registrar().list(&account).all().await? {
//!     println!("{} until {:?}", registration.domain_name, registration.expires_at);
//! }
//! # Ok(()) }
//! ```
//!
//! The API reads and renews. A domain is unlocked by hand, in the dashboard, which then shows the code for its transfer.

use howdah_core::{
    endpoints,
    http::{Api, Call, Pages},
    open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CURSOR, zones::AccountId};

endpoints! {
    LIST: () => Vec<Registration> = get("/accounts/{account_id}/registrar/registrations").envelope("result").pages(CURSOR);
    GET:  () => Registration      = get("/accounts/{account_id}/registrar/registrations/{domain_name}").envelope("result");
}

/// The registrar group. Reach it through [`Cloudflare::registrar`](crate::Cloudflare::registrar).
#[derive(Clone, Debug)]
pub struct Registrar(pub(crate) Api);

impl Registrar {
    /// Streams the account's registrations.
    ///
    /// `GET /accounts/{account_id}/registrar/registrations`
    pub fn list(&self, account: &AccountId) -> Pages<Registration> {
        self.0.pages(&LIST, [account], ())
    }

    /// Reads a registration. Fails with `NotFound` (404) for a domain that is registered elsewhere.
    ///
    /// `GET /accounts/{account_id}/registrar/registrations/{domain_name}`
    pub fn get(&self, account: &AccountId, domain: &str) -> Call<Registration> {
        self.0.send(&GET, [account, &domain], ())
    }
}

/// A domain that is registered at Cloudflare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Registration {
    pub domain_name: String,
    pub status: Option<RegistrationStatus>,
    /// Whether transfers to other registrars are forbidden.
    pub locked: Option<bool>,
    pub auto_renew: Option<bool>,
    /// Such as `redaction`.
    pub privacy_mode: Option<String>,
    pub created_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

open_enum! {
    /// How a registration stands.
    pub enum RegistrationStatus {
        /// As it should be.
        Active = "active",
        /// Not done yet.
        Pending = "registration_pending",
        /// It was not renewed.
        Expired = "expired",
        /// It was not renewed, and can be had back for a fee.
        Redemption = "redemption_period",
        /// It is about to be free again.
        PendingDelete = "pending_delete",
        /// It does not work, because of a complaint or an address that was not verified.
        Suspended = "suspended",
    }
}
