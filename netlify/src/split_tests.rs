//! Several branches of a site, each shown to a part of its visitors.
//!
//! ```
//! use howdah_netlify::split_tests::SplitTestSettings;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let halves = serde_json::json!({ "main": 50, "next": 50 }).as_object().cloned().unwrap_or_default();
//! let test = netlify.split_tests().create(&site.id, SplitTestSettings::new().with_branch_tests(halves)).await?;
//! netlify.split_tests().publish(&site.id, &test.id).await?;
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, null_as_default},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::sites::SiteId;

endpoints! {
    LIST:      ()                => Vec<SplitTest> = get("/sites/{site_id}/traffic_splits");
    CREATE:    SplitTestSettings => SplitTest      = post("/sites/{site_id}/traffic_splits").status(201);
    GET:       ()                => SplitTest      = get("/sites/{site_id}/traffic_splits/{split_test_id}");
    UPDATE:    SplitTestSettings => SplitTest      = put("/sites/{site_id}/traffic_splits/{split_test_id}").status(201);
    PUBLISH:   ()                => ()             = post("/sites/{site_id}/traffic_splits/{split_test_id}/publish").status(204).idempotent();
    UNPUBLISH: ()                => ()             = post("/sites/{site_id}/traffic_splits/{split_test_id}/unpublish").status(204).idempotent();
}

/// The split tests of a site. Reach them through [`Netlify::split_tests`](crate::Netlify::split_tests).
#[derive(Clone, Debug)]
pub struct SplitTests(pub(crate) Api);

impl SplitTests {
    /// Lists a site's split tests.
    ///
    /// `GET /sites/{site_id}/traffic_splits`
    pub fn list(&self, site: &SiteId) -> Call<Vec<SplitTest>> {
        self.0.send(&LIST, [site], ())
    }

    /// Makes a split test.
    ///
    /// `POST /sites/{site_id}/traffic_splits`
    pub fn create(&self, site: &SiteId, settings: SplitTestSettings) -> Call<SplitTest> {
        self.0.send(&CREATE, [site], settings)
    }

    /// Reads a split test.
    ///
    /// `GET /sites/{site_id}/traffic_splits/{split_test_id}`
    pub fn get(&self, site: &SiteId, test: &SplitTestId) -> Call<SplitTest> {
        self.0.send(&GET, [site, test], ())
    }

    /// Changes a split test.
    ///
    /// `PUT /sites/{site_id}/traffic_splits/{split_test_id}`
    pub fn update(&self, site: &SiteId, test: &SplitTestId, settings: SplitTestSettings) -> Call<SplitTest> {
        self.0.send(&UPDATE, [site, test], settings)
    }

    /// Begins a split test.
    ///
    /// `POST /sites/{site_id}/traffic_splits/{split_test_id}/publish`
    pub fn publish(&self, site: &SiteId, test: &SplitTestId) -> Call<()> {
        self.0.send(&PUBLISH, [site, test], ())
    }

    /// Ends a split test.
    ///
    /// `POST /sites/{site_id}/traffic_splits/{split_test_id}/unpublish`
    pub fn unpublish(&self, site: &SiteId, test: &SplitTestId) -> Call<()> {
        self.0.send(&UNPUBLISH, [site, test], ())
    }
}

/// The id of a split test.
pub type SplitTestId = Id<SplitTest, String>;

/// Several branches, each for a part of the visitors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SplitTest {
    pub id: SplitTestId,
    pub site_id: Option<SiteId>,
    pub name: Option<String>,
    pub path: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub branches: Vec<Map<String, Value>>,
    pub active: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub unpublished_at: Option<Timestamp>,
}

input! {
    /// Which branches, and for how many visitors.
    pub struct SplitTestSettings {} optional {
        /// Per cent of the visitors, by branch.
        branch_tests: Map<String, Value>,
    }
}
