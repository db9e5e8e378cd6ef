//! What is noted of a site.
//!
//! ```
//! use howdah_netlify::metadata::Metadata;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let noted = serde_json::json!({ "owner": "docs" }).as_object().cloned().unwrap_or_default();
//! netlify.metadata().update(&site.id, Metadata { members: noted }).await?;
//! assert_eq!(netlify.metadata().get(&site.id).await?.members["owner"], "docs");
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    endpoints,
    http::{Api, Call},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::sites::SiteId;

endpoints! {
    GET:    ()       => Metadata = get("/sites/{site_id}/metadata");
    UPDATE: Metadata => ()       = put("/sites/{site_id}/metadata").status(204);
}

/// The metadata of a site. Reach it through [`Netlify::metadata`](crate::Netlify::metadata).
#[derive(Clone, Debug)]
pub struct SiteMetadata(pub(crate) Api);

impl SiteMetadata {
    /// Reads what is noted.
    ///
    /// `GET /sites/{site_id}/metadata`
    pub fn get(&self, site: &SiteId) -> Call<Metadata> {
        self.0.send(&GET, [site], ())
    }

    /// Notes something else instead.
    ///
    /// `PUT /sites/{site_id}/metadata`
    pub fn update(&self, site: &SiteId, metadata: Metadata) -> Call<()> {
        self.0.send(&UPDATE, [site], metadata)
    }
}

/// What is noted of a site: anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[allow(missing_docs)]
pub struct Metadata {
    pub members: Map<String, Value>,
}
