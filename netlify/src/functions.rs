//! Functions that a site runs.
//!
//! ```
//! use howdah_netlify::functions::FunctionFilter;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! for set in netlify.functions().search(&site.id, FunctionFilter::new()).await? {
//!     println!("{:?}: {} functions", set.provider, set.functions.len());
//! }
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    endpoints,
    http::{Api, Call, null_as_default},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::sites::SiteId;

endpoints! {
    SEARCH: FunctionFilter => Vec<SiteFunctions> = get("/sites/{site_id}/functions");
}

/// The functions of a site. Reach them through [`Netlify::functions`](crate::Netlify::functions).
#[derive(Clone, Debug)]
pub struct Functions(pub(crate) Api);

impl Functions {
    /// Lists the functions of the deploy that is seen.
    ///
    /// `GET /sites/{site_id}/functions`
    pub fn search(&self, site: &SiteId, filter: FunctionFilter) -> Call<Vec<SiteFunctions>> {
        self.0.send(&SEARCH, [site], filter)
    }
}

/// Functions that run at the same place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SiteFunctions {
    pub branch: Option<String>,
    pub created_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub functions: Vec<Map<String, Value>>,
    pub id: Option<String>,
    pub log_type: Option<String>,
    pub provider: Option<String>,
}

/// A function that was uploaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Function {
    pub id: Option<String>,
    pub name: Option<String>,
    /// SHA-256.
    pub sha: Option<String>,
    pub region: Option<String>,
}

input! {
    /// Narrows a list of functions.
    pub struct FunctionFilter {} optional {
        filter: String,
    }
}
