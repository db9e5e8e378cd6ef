//! Organisations, which own what is in an account and pay for it, and whose token this is.
//!
//! ```
//! use howdah_gandi::organizations::OrganizationFilter;
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let gandi = FakeGandi::new().client();
//! let organizations = gandi.organizations();
//! println!("the token is {}'s", organizations.user_info().await?.username.unwrap_or_default());
//! for one in organizations.list(OrganizationFilter::new().with_type("company")).all().await? {
//!     println!("{} is {}", one.id, one.name.unwrap_or_default());
//! }
//! # Ok(()) }
//! ```
//!
//! The id of an organisation is what other calls name `sharing_id`. A token belongs to one of them, and the others are
//! `Forbidden` (403) or not found (404).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages},
    input,
};
use serde::{Deserialize, Serialize};

endpoints! {
    USER_INFO:       ()                 => UserInfo          = get("/organization/user-info");
    LIST:            OrganizationFilter => Vec<Organization> = get("/organization/organizations");
    GET:             ()                 => Organization      = get("/organization/organizations/{id}");
    LIST_CUSTOMERS:  ()                 => Vec<Customer>     = get("/organization/organizations/{id}/customers");
    CREATE_CUSTOMER: NewCustomer        => ()                = post("/organization/organizations/{id}/customers");
}

/// The organisations group. Reach it through [`Gandi::organizations`](crate::Gandi::organizations).
#[derive(Clone, Debug)]
pub struct Organizations(pub(crate) Api);

impl Organizations {
    /// Reads whose token this is.
    ///
    /// `GET /organization/user-info`
    pub fn user_info(&self) -> Call<UserInfo> {
        self.0.send(&USER_INFO, [], ())
    }

    /// Streams the organisations that the token reaches.
    ///
    /// `GET /organization/organizations`
    pub fn list(&self, filter: OrganizationFilter) -> Pages<Organization> {
        self.0.pages(&LIST, [], filter)
    }

    /// Reads an organisation.
    ///
    /// `GET /organization/organizations/{id}`
    pub fn get(&self, organization: &OrganizationId) -> Call<Organization> {
        self.0.send(&GET, [organization], ())
    }

    /// Streams the customers of a reseller.
    ///
    /// `GET /organization/organizations/{id}/customers`
    pub fn list_customers(&self, reseller: &OrganizationId) -> Pages<Customer> {
        self.0.pages(&LIST_CUSTOMERS, [reseller], ())
    }

    /// Adds a customer to a reseller.
    ///
    /// `POST /organization/organizations/{id}/customers`
    pub fn create_customer(&self, reseller: &OrganizationId, customer: NewCustomer) -> Call<()> {
        self.0.send(&CREATE_CUSTOMER, [reseller], customer)
    }
}

/// The id of an organisation.
pub type OrganizationId = Id<Organization, String>;

/// The id of a reseller's customer.
pub type CustomerId = Id<Customer, String>;

/// Whose token it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UserInfo {
    pub id: Id<UserInfo, String>,
    pub username: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// A person, a company or another body that owns domains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Organization {
    pub id: OrganizationId,
    pub name: Option<String>,
    /// Such as `individual`, `company`, `association`, `publicbody` or `reseller`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// A customer of a reseller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Customer {
    pub id: CustomerId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub firstname: Option<String>,
    pub lastname: Option<String>,
    pub orgname: Option<String>,
    /// As an organisation's.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

input! {
    /// Narrows and sorts the list of organisations.
    pub struct OrganizationFilter {} optional {
        name: String,
        /// As in [`Organization::kind`].
        r#type: String,
        /// What the token may do in it.
        permission: String,
        /// Such as `name` or, the other way round, `-name`.
        sort_by: String,
    }
}

input! {
    /// A customer to add. Gandi may ask for more of them, depending on their type and country.
    pub struct NewCustomer {
        firstname: String,
        lastname: String,
        email: String,
        /// `individual`, `company`, `association` or `publicbody`.
        r#type: String,
    } optional {
        /// The name of what is no individual.
        orgname: String,
        streetaddr: String,
        city: String,
        zip: String,
        /// ISO 3166-2, such as `FR-IDF`.
        state: String,
        /// Two letters.
        country: String,
        /// Such as `+33.123456789`.
        phone: String,
    }
}
