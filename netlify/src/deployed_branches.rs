//! Branches that can be seen.
//!
//! ```
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! for branch in netlify.deployed_branches().list(&site.id).await? {
//!     println!("{:?} at {:?}", branch.name, branch.ssl_url);
//! }
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    endpoints,
    http::{Api, Call},
};
use serde::{Deserialize, Serialize};

use crate::{deploys::DeployId, sites::SiteId};

endpoints! {
    LIST: () => Vec<DeployedBranch> = get("/sites/{site_id}/deployed-branches");
}

/// The deployed branches of a site. Reach them through [`Netlify::deployed_branches`](crate::Netlify::deployed_branches).
#[derive(Clone, Debug)]
pub struct DeployedBranches(pub(crate) Api);

impl DeployedBranches {
    /// Lists the branches that can be seen.
    ///
    /// `GET /sites/{site_id}/deployed-branches`
    pub fn list(&self, site: &SiteId) -> Call<Vec<DeployedBranch>> {
        self.0.send(&LIST, [site], ())
    }
}

/// A branch that can be seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DeployedBranch {
    pub id: Option<String>,
    pub deploy_id: Option<DeployId>,
    pub name: Option<String>,
    pub slug: Option<String>,
    pub url: Option<String>,
    pub ssl_url: Option<String>,
}
