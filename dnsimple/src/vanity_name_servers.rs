//! The provider's name servers under a domain's own name.
//!
//! ```
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.create_zone("example.com");
//! # let account = fake.account();
//! for server in account.vanity_name_servers().enable("example.com").await? {
//!     println!("{} has the address {:?}", server.name, server.ipv4);
//! }
//! # Ok(()) }
//! ```
//!
//! Both operations change the zone's address records alone; the delegation is the registrar group's. `PlanRequired` (412)
//! where the account's plan does not include it.

use howdah_core::{Id, endpoints, http::Call};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Account;

endpoints! {
    ENABLE:  () => Vec<VanityNameServer> = put("/{account}/vanity/{domain}").envelope("data");
    DISABLE: () => ()                    = delete("/{account}/vanity/{domain}").status(204);
}

/// The vanity name servers group. Reach it through [`Account::vanity_name_servers`].
#[derive(Clone, Debug)]
pub struct VanityNameServers(pub(crate) Account);

impl VanityNameServers {
    /// Gives the domain name servers of its own, with their A and AAAA records, and does not delegate to them.
    ///
    /// `PUT /{account}/vanity/{domain}`
    pub fn enable(&self, domain: &str) -> Call<Vec<VanityNameServer>> {
        self.0.api.send(&ENABLE, [&self.0.id, &domain], ())
    }

    /// Takes the name servers' records away. Whoever is still delegated to them cannot be resolved.
    ///
    /// `DELETE /{account}/vanity/{domain}`
    pub fn disable(&self, domain: &str) -> Call<()> {
        self.0.api.send(&DISABLE, [&self.0.id, &domain], ())
    }
}

/// A name server under the domain's own name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VanityNameServer {
    pub id: Id<VanityNameServer>,
    pub name: String,
    pub ipv4: Option<String>,
    pub ipv6: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}
