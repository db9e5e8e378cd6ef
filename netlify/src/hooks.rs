//! Who is told of what happens to a site.
//!
//! ```
//! use howdah_netlify::hooks::HookSettings;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let data = serde_json::json!({ "email": "admin@vmst.io" }).as_object().cloned().unwrap_or_default();
//! let hook = HookSettings::new().with_hook_type("email").with_event("deploy_failed").with_data(data);
//! let hook = netlify.hooks().create(&site.id, hook).await?;
//! assert_eq!(netlify.hooks().list(&site.id).await?.len(), 1);
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Query, With, null_as_default},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::sites::SiteId;

endpoints! {
    LIST:       Query<OfSite>              => Vec<Hook>     = get("/hooks");
    CREATE:     With<OfSite, HookSettings> => Hook          = post("/hooks").status(201);
    GET:        ()                         => Hook          = get("/hooks/{hook_id}");
    UPDATE:     HookSettings               => Hook          = put("/hooks/{hook_id}");
    DELETE:     ()                         => ()            = delete("/hooks/{hook_id}").status(204);
    ENABLE:     ()                         => Hook          = post("/hooks/{hook_id}/enable").idempotent();
    LIST_TYPES: ()                         => Vec<HookType> = get("/hooks/types");
}

/// The notifications of a site. Reach them through [`Netlify::hooks`](crate::Netlify::hooks).
#[derive(Clone, Debug)]
pub struct Hooks(pub(crate) Api);

impl Hooks {
    /// Reads a notification.
    ///
    /// `GET /hooks/{hook_id}`
    pub fn get(&self, hook: &HookId) -> Call<Hook> {
        self.0.send(&GET, [hook], ())
    }

    /// Changes a notification.
    ///
    /// `PUT /hooks/{hook_id}`
    pub fn update(&self, hook: &HookId, settings: HookSettings) -> Call<Hook> {
        self.0.send(&UPDATE, [hook], settings)
    }

    /// Removes a notification.
    ///
    /// `DELETE /hooks/{hook_id}`
    pub fn delete(&self, hook: &HookId) -> Call<()> {
        self.0.send(&DELETE, [hook], ())
    }

    /// Tells again, after it was stopped because nobody answered.
    ///
    /// `POST /hooks/{hook_id}/enable`
    pub fn enable(&self, hook: &HookId) -> Call<Hook> {
        self.0.send(&ENABLE, [hook], ())
    }

    /// Lists how someone can be told, and of what.
    ///
    /// `GET /hooks/types`
    pub fn list_types(&self) -> Call<Vec<HookType>> {
        self.0.send(&LIST_TYPES, [], ())
    }
}

impl Hooks {
    /// Lists who is told of what happens to a site.
    ///
    /// `GET /hooks`
    pub fn list(&self, site: &SiteId) -> Call<Vec<Hook>> {
        self.0.send(&LIST, [], Query(OfSite { site_id: site.clone() }))
    }

    /// Lets someone be told of what happens to a site.
    ///
    /// `POST /hooks`
    pub fn create(&self, site: &SiteId, settings: HookSettings) -> Call<Hook> {
        self.0.send(&CREATE, [], With { query: OfSite { site_id: site.clone() }, body: settings })
    }
}

/// The id of a notification.
pub type HookId = Id<Hook, String>;

/// Who is told of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Hook {
    pub id: HookId,
    pub site_id: Option<SiteId>,
    #[serde(rename = "type")]
    pub hook_type: Option<String>,
    pub event: Option<String>,
    /// What the type needs.
    pub data: Option<Map<String, Value>>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub disabled: Option<bool>,
}

input! {
    /// Who is to be told of something.
    pub struct HookSettings {} optional {
        /// Such as `email`, `url` or `slack`.
        #[serde(rename = "type")]
        hook_type: String,
        /// Such as `deploy_failed`.
        event: String,
        /// What the type needs.
        data: Map<String, Value>,
        disabled: bool,
    }
}

/// A way to tell someone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HookType {
    pub name: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub events: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub fields: Vec<Map<String, Value>>,
}

input! {
    /// Which site.
    pub struct OfSite {
        site_id: SiteId,
    } optional {}
}
