//! The places where things can be.
//!
//! ```
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let regions = ocean.regions().list().all().await?;
//! let toronto = regions.iter().find(|region| region.slug == "tor1".into()).unwrap();
//! assert!(toronto.features.iter().any(|feature| feature == "storage"));
//! # Ok(()) }
//! ```
//!
//! The list fails with nothing but what every call may fail with.

use howdah_core::{
    endpoints,
    http::{Api, Pages, null_as_default},
    open_enum,
};
use serde::{Deserialize, Serialize};

use crate::PAGES;

endpoints! {
    LIST: () => Vec<Region> = get("/v2/regions").envelope("regions").pages(PAGES);
}

/// The regions group. Reach it through [`DigitalOcean::regions`](crate::DigitalOcean::regions).
#[derive(Clone, Debug)]
pub struct Regions(pub(crate) Api);

impl Regions {
    /// Streams the regions, those that take nothing new included.
    ///
    /// `GET /v2/regions`
    pub fn list(&self) -> Pages<Region> {
        self.0.pages(&LIST, [], ())
    }
}

/// A region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Region {
    pub slug: RegionSlug,
    pub name: Option<String>,
    /// What can be had there, such as `backups`, `ipv6` or `storage`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub features: Vec<String>,
    /// Whether new Droplets can be created there.
    pub available: Option<bool>,
    /// Slugs of the sizes that can be had there. Empty for a token that may not read sizes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub sizes: Vec<String>,
}

open_enum! {
    /// The name by which requests choose a region.
    pub enum RegionSlug {
        /// Amsterdam 2.
        Ams2 = "ams2",
        /// Amsterdam 3.
        Ams3 = "ams3",
        /// Atlanta 1.
        Atl1 = "atl1",
        /// Bangalore 1.
        Blr1 = "blr1",
        /// Frankfurt 1.
        Fra1 = "fra1",
        /// London 1.
        Lon1 = "lon1",
        /// New York 1.
        Nyc1 = "nyc1",
        /// New York 2.
        Nyc2 = "nyc2",
        /// New York 3.
        Nyc3 = "nyc3",
        /// Richmond 1.
        Ric1 = "ric1",
        /// San Francisco 1.
        Sfo1 = "sfo1",
        /// San Francisco 2.
        Sfo2 = "sfo2",
        /// San Francisco 3.
        Sfo3 = "sfo3",
        /// Singapore 1.
        Sgp1 = "sgp1",
        /// Sydney 1.
        Syd1 = "syd1",
        /// Toronto 1.
        Tor1 = "tor1",
    }
}
