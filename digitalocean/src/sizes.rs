//! What a Droplet can be: its memory, processors, disk and price.
//!
//! ```
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let sizes = ocean.sizes().list().all().await?;
//! let here = sizes.iter().filter(|size| size.available && size.regions.contains(&"tor1".into()));
//! let roomy = here.filter(|size| size.memory >= 4096).min_by_key(|size| size.price_monthly);
//! assert_eq!(roomy.unwrap().slug, "s-2vcpu-4gb");
//! # Ok(()) }
//! ```
//!
//! The list fails with nothing but what every call may fail with.

use howdah_core::{
    endpoints,
    http::{Api, Pages, null_as_default},
    open_enum,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{PAGES, regions::RegionSlug};

endpoints! {
    LIST: () => Vec<Size> = get("/v2/sizes").envelope("sizes").pages(PAGES);
}

/// The sizes group. Reach it through [`DigitalOcean::sizes`](crate::DigitalOcean::sizes).
#[derive(Clone, Debug)]
pub struct Sizes(pub(crate) Api);

impl Sizes {
    /// Streams the sizes, those that cannot be had now included.
    ///
    /// `GET /v2/sizes`
    pub fn list(&self) -> Pages<Size> {
        self.0.pages(&LIST, [], ())
    }
}

/// A size of Droplets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Size {
    /// Such as `s-2vcpu-4gb`.
    pub slug: String,
    /// MiB.
    pub memory: u64,
    pub vcpus: u32,
    /// GiB.
    pub disk: u64,
    /// Of traffic to the public a month, TiB.
    pub transfer: f64,
    /// US dollars.
    #[serde(with = "rust_decimal::serde::float")]
    pub price_monthly: Decimal,
    /// US dollars.
    #[serde(with = "rust_decimal::serde::float")]
    pub price_hourly: Decimal,
    /// Where it can be had.
    #[serde(default, deserialize_with = "null_as_default")]
    pub regions: Vec<RegionSlug>,
    #[serde(default)]
    pub available: bool,
    /// The class, such as `Basic` or `CPU-Optimized`.
    pub description: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub disk_info: Vec<DiskInfo>,
    pub gpu_info: Option<GpuInfo>,
}

/// A disk of a Droplet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DiskInfo {
    #[serde(rename = "type")]
    pub disk_type: DiskType,
    pub size: Option<Amount>,
}

open_enum! {
    /// What a disk is for.
    pub enum DiskType {
        /// The disk of a Droplet without graphics processors.
        Local = "local",
        /// What a Droplet with graphics processors starts from.
        Boot = "boot",
        /// Room for what need not last.
        Scratch = "scratch",
    }
}

/// The graphics processors of a Droplet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct GpuInfo {
    pub count: Option<u32>,
    /// Such as `nvidia_h100`.
    pub model: Option<String>,
    pub vram: Option<Amount>,
}

/// So much of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Amount {
    pub amount: u64,
    /// Such as `gib`.
    pub unit: Option<String>,
}
