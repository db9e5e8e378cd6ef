//! What the organisation owes, and what products cost.
//!
//! ```
//! use howdah_gandi::{billing::PriceQuery, domains::Process};
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::new();
//! # fake.list_price("domain", "example.org", Process::Renew, 15.0);
//! # let gandi = fake.client();
//! let query = PriceQuery::new().with_name("example.org").with_processes([Process::Renew]);
//! for product in gandi.billing().prices("domain", query).await?.products {
//!     for price in product.prices {
//!         println!("{:?} years: {:?} with taxes", price.min_duration, price.price_after_taxes);
//!     }
//! }
//! let prepaid = gandi.billing().info().await?.prepaid;
//! println!("{:?} left", prepaid.and_then(|prepaid| prepaid.amount));
//! # Ok(()) }
//! ```
//!
//! Nothing here is charged. An amount is in the currency that the answer names.

use howdah_core::{
    endpoints,
    http::{Api, Call, string_or_number},
    input,
};
use serde::{Deserialize, Serialize};

use crate::{
    domains::{Prices, Process},
    organizations::OrganizationId,
};

endpoints! {
    INFO:    ()         => BillingInfo = get("/billing/info");
    INFO_OF: ()         => BillingInfo = get("/billing/info/{sharing_id}");
    PRICES:  PriceQuery => Prices      = get("/billing/price/{type}");
}

/// The billing group. Reach it through [`Gandi::billing`](crate::Gandi::billing).
#[derive(Clone, Debug)]
pub struct Billing(pub(crate) Api);

impl Billing {
    /// Reads what the user has paid in advance, and owes.
    ///
    /// `GET /billing/info`
    pub fn info(&self) -> Call<BillingInfo> {
        self.0.send(&INFO, [], ())
    }

    /// Reads what an organisation has paid in advance, and owes.
    ///
    /// `GET /billing/info/{sharing_id}`
    pub fn info_of(&self, organization: &OrganizationId) -> Call<BillingInfo> {
        self.0.send(&INFO_OF, [organization], ())
    }

    /// Reads what products of a type, such as `domain`, cost.
    ///
    /// `GET /billing/price/{type}`
    pub fn prices(&self, product: &str, query: PriceQuery) -> Call<Prices> {
        self.0.send(&PRICES, [&product], query)
    }
}

/// What was paid in advance, and what is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BillingInfo {
    /// None for those who pay otherwise.
    pub prepaid: Option<Prepaid>,
    /// What was spent this year, as text.
    #[serde(default, deserialize_with = "string_or_number")]
    pub annual_balance: Option<String>,
    /// What is not paid yet, as text.
    #[serde(default, deserialize_with = "string_or_number")]
    pub outstanding_amount: Option<String>,
    /// The list of prices that applies, such as `A`.
    pub grid: Option<String>,
}

/// What was paid in advance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Prepaid {
    /// What is left, as text.
    #[serde(default, deserialize_with = "string_or_number")]
    pub amount: Option<String>,
    /// Such as `EUR`.
    pub currency: Option<String>,
}

input! {
    /// Which prices are asked for.
    pub struct PriceQuery {} optional {
        /// Of the product, such as a domain's.
        name: String,
        /// All of them unless it says otherwise.
        processes: Vec<Process>,
        /// Such as `EUR`.
        currency: String,
        /// The list of prices, such as `A`.
        grid: String,
    }
}
