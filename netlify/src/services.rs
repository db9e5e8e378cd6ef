//! Add-ons, and the use that a site makes of them.
//!
//! ```
//! use howdah_netlify::services::{Config, ServiceFilter};
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! let config = Config::default();
//! let instance = netlify.services().create_instance(&site.id, "identity", config).await?;
//! assert_eq!(netlify.services().list_instances(&site.id).await?.len(), 1);
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
    LIST:            ServiceFilter => Vec<Service>         = get("/services/");
    GET:             ()            => Service              = get("/services/{addonName}");
    MANIFEST:        ()            => Config               = get("/services/{addonName}/manifest").status(201);
    LIST_INSTANCES:  ()            => Vec<ServiceInstance> = get("/sites/{site_id}/service-instances");
    CREATE_INSTANCE: Config        => ServiceInstance      = post("/sites/{site_id}/services/{addon}/instances").status(201);
    GET_INSTANCE:    ()            => ServiceInstance      = get("/sites/{site_id}/services/{addon}/instances/{instance_id}");
    UPDATE_INSTANCE: Config        => ()                   = put("/sites/{site_id}/services/{addon}/instances/{instance_id}").status(204).once();
    DELETE_INSTANCE: ()            => ()                   = delete("/sites/{site_id}/services/{addon}/instances/{instance_id}").status(204);
}

/// The services group. Reach it through [`Netlify::services`](crate::Netlify::services).
#[derive(Clone, Debug)]
pub struct Services(pub(crate) Api);

impl Services {
    /// Lists the add-ons that there are.
    ///
    /// `GET /services/`
    pub fn list(&self, filter: ServiceFilter) -> Call<Vec<Service>> {
        self.0.send(&LIST, [], filter)
    }

    /// Reads an add-on.
    ///
    /// `GET /services/{addonName}`
    pub fn get(&self, addon: &str) -> Call<Service> {
        self.0.send(&GET, [&addon], ())
    }

    /// Reads how an add-on is set up.
    ///
    /// `GET /services/{addonName}/manifest`
    pub fn manifest(&self, addon: &str) -> Call<Config> {
        self.0.send(&MANIFEST, [&addon], ())
    }

    /// Lists the add-ons that a site uses.
    ///
    /// `GET /sites/{site_id}/service-instances`
    pub fn list_instances(&self, site: &SiteId) -> Call<Vec<ServiceInstance>> {
        self.0.send(&LIST_INSTANCES, [site], ())
    }

    /// Lets a site use an add-on, which may have a price.
    ///
    /// `POST /sites/{site_id}/services/{addon}/instances`
    pub fn create_instance(&self, site: &SiteId, addon: &str, config: Config) -> Call<ServiceInstance> {
        self.0.send(&CREATE_INSTANCE, [site, &addon], config)
    }

    /// Reads how a site uses an add-on.
    ///
    /// `GET /sites/{site_id}/services/{addon}/instances/{instance_id}`
    pub fn get_instance(&self, site: &SiteId, addon: &str, instance: &InstanceId) -> Call<ServiceInstance> {
        self.0.send(&GET_INSTANCE, [site, &addon, instance], ())
    }

    /// Changes how a site uses an add-on, which may change its price.
    ///
    /// `PUT /sites/{site_id}/services/{addon}/instances/{instance_id}`
    pub fn update_instance(&self, site: &SiteId, addon: &str, instance: &InstanceId, config: Config) -> Call<()> {
        self.0.send(&UPDATE_INSTANCE, [site, &addon, instance], config)
    }

    /// Lets a site use an add-on no more.
    ///
    /// `DELETE /sites/{site_id}/services/{addon}/instances/{instance_id}`
    pub fn delete_instance(&self, site: &SiteId, addon: &str, instance: &InstanceId) -> Call<()> {
        self.0.send(&DELETE_INSTANCE, [site, &addon, instance], ())
    }
}

/// The id of the use of an add-on.
pub type InstanceId = Id<ServiceInstance, String>;

/// How an add-on is set up: whatever it needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[allow(missing_docs)]
pub struct Config {
    pub members: Map<String, Value>,
}

/// An add-on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Service {
    pub id: Option<String>,
    pub name: Option<String>,
    pub slug: Option<String>,
    pub service_path: Option<String>,
    pub long_description: Option<String>,
    pub description: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub events: Vec<Map<String, Value>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    pub icon: Option<String>,
    pub manifest_url: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub environments: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// How a site uses an add-on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ServiceInstance {
    pub id: InstanceId,
    pub url: Option<String>,
    pub config: Option<Map<String, Value>>,
    pub external_attributes: Option<Map<String, Value>>,
    pub service_slug: Option<String>,
    pub service_path: Option<String>,
    pub service_name: Option<String>,
    pub env: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub snippets: Vec<Map<String, Value>>,
    pub auth_url: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

input! {
    /// Narrows a list of add-ons.
    pub struct ServiceFilter {} optional {
        search: String,
    }
}
