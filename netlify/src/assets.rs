//! Files of a site beside its deploys.
//!
//! ```
//! use howdah_netlify::assets::NewAsset;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let logo = netlify.assets().create(&site.id, NewAsset::new("logo.png", 1024, "image/png")).await?;
//! // Where to upload it, and with which fields of a form.
//! assert!(logo.form.is_some());
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use std::collections::BTreeMap;

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Query},
    input, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sites::SiteId;

endpoints! {
    LIST:             ()                => Vec<Asset>           = get("/sites/{site_id}/assets");
    CREATE:           Query<NewAsset>   => AssetSignature       = post("/sites/{site_id}/assets").status(201);
    GET:              ()                => Asset                = get("/sites/{site_id}/assets/{asset_id}");
    UPDATE:           Query<AssetState> => Asset                = put("/sites/{site_id}/assets/{asset_id}");
    DELETE:           ()                => ()                   = delete("/sites/{site_id}/assets/{asset_id}").status(204);
    PUBLIC_SIGNATURE: ()                => AssetPublicSignature = get("/sites/{site_id}/assets/{asset_id}/public_signature");
}

/// The assets of a site. Reach them through [`Netlify::assets`](crate::Netlify::assets).
#[derive(Clone, Debug)]
pub struct Assets(pub(crate) Api);

impl Assets {
    /// Lists a site's assets.
    ///
    /// `GET /sites/{site_id}/assets`
    pub fn list(&self, site: &SiteId) -> Call<Vec<Asset>> {
        self.0.send(&LIST, [site], ())
    }

    /// Announces an asset. The answer tells where to upload it.
    ///
    /// `POST /sites/{site_id}/assets`
    pub fn create(&self, site: &SiteId, asset: NewAsset) -> Call<AssetSignature> {
        self.0.send(&CREATE, [site], Query(asset))
    }

    /// Reads an asset.
    ///
    /// `GET /sites/{site_id}/assets/{asset_id}`
    pub fn get(&self, site: &SiteId, asset: &AssetId) -> Call<Asset> {
        self.0.send(&GET, [site, asset], ())
    }

    /// Tells how far an asset is, such as `uploaded`.
    ///
    /// `PUT /sites/{site_id}/assets/{asset_id}`
    pub fn update(&self, site: &SiteId, asset: &AssetId, state: AssetState) -> Call<Asset> {
        self.0.send(&UPDATE, [site, asset], Query(state))
    }

    /// Removes an asset.
    ///
    /// `DELETE /sites/{site_id}/assets/{asset_id}`
    pub fn delete(&self, site: &SiteId, asset: &AssetId) -> Call<()> {
        self.0.send(&DELETE, [site, asset], ())
    }

    /// Tells a URL at which anyone may read an asset for a while.
    ///
    /// `GET /sites/{site_id}/assets/{asset_id}/public_signature`
    pub fn public_signature(&self, site: &SiteId, asset: &AssetId) -> Call<AssetPublicSignature> {
        self.0.send(&PUBLIC_SIGNATURE, [site, asset], ())
    }
}

/// The id of an asset.
pub type AssetId = Id<Asset, String>;

/// A file beside the deploys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Asset {
    pub id: AssetId,
    pub site_id: Option<SiteId>,
    pub creator_id: Option<String>,
    pub name: Option<String>,
    pub state: Option<String>,
    pub content_type: Option<String>,
    pub url: Option<String>,
    pub key: Option<String>,
    pub visibility: Option<String>,
    /// Bytes.
    pub size: Option<i64>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// Where an asset is uploaded to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AssetSignature {
    pub form: Option<AssetForm>,
    pub asset: Option<Asset>,
}

/// A form that takes an asset. Whoever has it may upload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AssetForm {
    #[serde(default, serialize_with = "secret::expose_option")]
    pub url: Option<Secret>,
    pub fields: Option<BTreeMap<String, String>>,
}

/// A URL at which anyone may read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AssetPublicSignature {
    #[serde(default, serialize_with = "secret::expose_option")]
    pub url: Option<Secret>,
}

input! {
    /// An asset to upload.
    pub struct NewAsset {
        name: String,
        /// Bytes.
        size: i64,
        content_type: String,
    } optional {
        /// `public` or `private`.
        visibility: String,
    }
}

input! {
    /// How far an asset is.
    pub struct AssetState {
        state: String,
    } optional {}
}
