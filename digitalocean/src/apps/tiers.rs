//! What a component can be, its price, and where.
//!
//! ```
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! for size in ocean.apps().instance_sizes().await?.instance_sizes {
//!     println!("{} costs {} dollars a month", size.slug, size.usd_per_month.unwrap());
//! }
//! # Ok(()) }
//! ```
//!
//! A size that does not exist is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    endpoints,
    http::{Call, null_as_default},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Apps;
use crate::texts;

endpoints! {
    INSTANCE_SIZES:    () => InstanceSizes  = get("/v2/apps/tiers/instance_sizes");
    GET_INSTANCE_SIZE: () => InstanceSize   = get("/v2/apps/tiers/instance_sizes/{slug}").envelope("instance_size");
    REGIONS:           () => Vec<AppRegion> = get("/v2/apps/regions").envelope("regions");
}

impl Apps {
    /// Reads what a component can be.
    ///
    /// `GET /v2/apps/tiers/instance_sizes`
    pub fn instance_sizes(&self) -> Call<InstanceSizes> {
        self.0.send(&INSTANCE_SIZES, [], ())
    }

    /// Reads a size.
    ///
    /// `GET /v2/apps/tiers/instance_sizes/{slug}`
    pub fn instance_size(&self, slug: &str) -> Call<InstanceSize> {
        self.0.send(&GET_INSTANCE_SIZE, [&slug], ())
    }

    /// Lists where apps can be.
    ///
    /// `GET /v2/apps/regions`
    pub fn list_regions(&self) -> Call<Vec<AppRegion>> {
        self.0.pages(&REGIONS, [], ()).all()
    }
}

/// What a component can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct InstanceSizes {
    pub discount_percent: Option<f64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub instance_sizes: Vec<InstanceSize>,
}

/// A size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct InstanceSize {
    pub slug: String,
    pub name: Option<String>,
    /// `SHARED` or `DEDICATED`.
    pub cpu_type: Option<String>,
    #[serde(default, with = "texts::number")]
    pub cpus: Option<u64>,
    #[serde(default, with = "texts::number")]
    pub memory_bytes: Option<u64>,
    #[serde(default, with = "texts::number", skip_serializing_if = "Option::is_none")]
    pub bandwidth_allowance_gib: Option<u64>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub usd_per_month: Option<Decimal>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub usd_per_second: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scalable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_instance_only: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecation_intent: Option<bool>,
    pub tier_slug: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_upgrade_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_downgrade_to: Option<String>,
}

/// Where an app can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AppRegion {
    /// Such as `tor`.
    pub slug: Option<String>,
    pub label: Option<String>,
    pub continent: Option<String>,
    pub flag: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub data_centers: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Why it takes nothing new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
