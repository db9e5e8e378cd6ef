//! Top-level domains and what they ask for.
//!
//! ```
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let gandi = FakeGandi::new().client();
//! let tld = gandi.tlds().get("example.com").await?;
//! assert_eq!((tld.name.as_str(), tld.authinfo_for_transfer), ("com", Some(true)));
//! # Ok(()) }
//! ```

use howdah_core::{
    endpoints,
    http::{Api, Call, Pages},
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use crate::PAGES;

endpoints! {
    LIST: TldFilter => Vec<TldName> = get("/domain/tlds").pages(PAGES);
    GET:  ()        => Tld          = get("/domain/tlds/{name}");
}

/// The top-level domains group. Reach it through [`Gandi::tlds`](crate::Gandi::tlds).
#[derive(Clone, Debug)]
pub struct Tlds(pub(crate) Api);

impl Tlds {
    /// Streams the top-level domains that Gandi sells.
    ///
    /// `GET /domain/tlds`
    pub fn list(&self, filter: TldFilter) -> Pages<TldName> {
        self.0.pages(&LIST, [], filter)
    }

    /// Reads a top-level domain, by its name or that of a domain below it.
    ///
    /// `GET /domain/tlds/{name}`
    pub fn get(&self, name: &str) -> Call<Tld> {
        self.0.send(&GET, [&name], ())
    }
}

input! {
    /// Narrows the list of top-level domains.
    pub struct TldFilter {} optional {
        category: TldCategory,
    }
}

open_enum! {
    /// Whether a top-level domain stands for a country.
    pub enum TldCategory {
        /// For a country.
        Country = "ccTLD",
        /// For anything.
        Generic = "gTLD",
    }
}

/// A top-level domain in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TldName {
    pub name: String,
    pub href: Option<String>,
}

/// A top-level domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Tld {
    pub name: String,
    pub category: Option<TldCategory>,
    /// Whether its domains can be locked against transfers.
    pub lock: Option<bool>,
    /// Whether another owner is a change of its own.
    pub change_owner: Option<bool>,
    /// Whether a transfer wants an authorization code.
    pub authinfo_for_transfer: Option<bool>,
    pub full_tld: Option<String>,
    pub corporate: Option<bool>,
    pub ext_trade: Option<bool>,
    pub href: Option<String>,
}
