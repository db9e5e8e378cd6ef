//! Trade marks that a new name may infringe: what has to be acknowledged before it can be registered under some TLDs.
//!
//! ```
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let gandi = FakeGandi::new().client();
//! let free = gandi.claims().get("example.shop").await.is_err_and(|error| error.is_not_found());
//! assert!(free);
//! # Ok(()) }
//! ```
//!
//! A name without claims is `NotFound`.

use howdah_core::{
    endpoints,
    http::{Api, Call},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! {
    GET:    () => DomainClaims = get("/domain/domains/{domain}/claims");
    CREATE: () => ()           = post("/domain/domains/{domain}/claims");
}

/// The claims group. Reach it through [`Gandi::claims`](crate::Gandi::claims).
#[derive(Clone, Debug)]
pub struct Claims(pub(crate) Api);

impl Claims {
    /// Reads the claims to a name.
    ///
    /// `GET /domain/domains/{domain}/claims`
    pub fn get(&self, domain: &str) -> Call<DomainClaims> {
        self.0.send(&GET, [&domain], ())
    }

    /// Begins the procedure of the claims to a name.
    ///
    /// `POST /domain/domains/{domain}/claims`
    pub fn create(&self, domain: &str) -> Call<()> {
        self.0.send(&CREATE, [&domain], ())
    }
}

/// The claims to a name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainClaims {
    /// Each as the clearing house words it; Gandi documents no members.
    #[serde(default)]
    pub claims: Vec<Value>,
}
