//! Balance, invoices and what was charged.
//!
//! ```
//! use howdah_digitalocean::billing::InvoiceId;
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let billing = ocean.billing();
//! println!("{} dollars so far this month", billing.balance().await?.month_to_date_usage.unwrap());
//! for invoice in billing.list_invoices().all().await? {
//!     println!("{} dollars in {}", invoice.amount.unwrap(), invoice.invoice_period.unwrap());
//! }
//! # Ok(()) }
//! ```
//!
//! Amounts are US dollars. What is owed is above zero, and what the account has is below.

use howdah_core::{
    Id, endpoints,
    http::{Api, Binary, Call, Pages, Pagination, Text, null_as_default},
    open_enum,
};
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::PAGES;

endpoints! {
    BALANCE:         () => Balance          = get("/v2/customers/my/balance");
    HISTORY:         () => Vec<BillingEvent> = get("/v2/customers/my/billing_history").envelope("billing_history").pages(PAGES);
    PREVIEW:         () => Option<Invoice>  = get("/v2/customers/my/invoices").envelope("invoice_preview");
    LIST_INVOICES:   () => Vec<Invoice>     = get("/v2/customers/my/invoices").envelope("invoices").pages(PAGES);
    LIST_ITEMS:      () => Vec<InvoiceItem> = get("/v2/customers/my/invoices/{invoice_uuid}").envelope("invoice_items").pages(PAGES);
    INVOICE_CSV:     () => Text             = get("/v2/customers/my/invoices/{invoice_uuid}/csv");
    INVOICE_PDF:     () => Binary           = get("/v2/customers/my/invoices/{invoice_uuid}/pdf");
    INVOICE_SUMMARY: () => InvoiceSummary   = get("/v2/customers/my/invoices/{invoice_uuid}/summary");
    INSIGHTS:        () => Vec<DataPoint>   = get("/v2/billing/{account_urn}/insights/{start_date}/{end_date}").envelope("data_points").pages(INSIGHT_PAGES);
}

/// The one list that numbers its pages in its own way.
const INSIGHT_PAGES: Pagination =
    Pagination::Numbered { page: "page", size: ("per_page", 200), total: Some("/total_pages") };

/// The billing group. Reach it through [`DigitalOcean::billing`](crate::DigitalOcean::billing).
#[derive(Clone, Debug)]
pub struct Billing(pub(crate) Api);

impl Billing {
    /// Reads what is owed and what this month has cost so far.
    ///
    /// `GET /v2/customers/my/balance`
    pub fn balance(&self) -> Call<Balance> {
        self.0.send(&BALANCE, [], ())
    }

    /// Streams invoices, payments and credits, the latest first.
    ///
    /// `GET /v2/customers/my/billing_history`
    pub fn history(&self) -> Pages<BillingEvent> {
        self.0.pages(&HISTORY, [], ())
    }

    /// Streams the invoices of the months that have ended.
    ///
    /// `GET /v2/customers/my/invoices`
    pub fn list_invoices(&self) -> Pages<Invoice> {
        self.0.pages(&LIST_INVOICES, [], ())
    }

    /// Reads what this month's invoice would be now.
    ///
    /// `GET /v2/customers/my/invoices`
    pub fn invoice_preview(&self) -> Call<Option<Invoice>> {
        self.0.send(&PREVIEW, [], ())
    }

    /// Streams what an invoice is for.
    ///
    /// `GET /v2/customers/my/invoices/{invoice_uuid}`
    pub fn list_invoice_items(&self, invoice: &InvoiceId) -> Pages<InvoiceItem> {
        self.0.pages(&LIST_ITEMS, [invoice], ())
    }

    /// Reads an invoice as a table.
    ///
    /// `GET /v2/customers/my/invoices/{invoice_uuid}/csv`
    pub fn invoice_csv(&self, invoice: &InvoiceId) -> Call<Text> {
        self.0.send(&INVOICE_CSV, [invoice], ())
    }

    /// Reads an invoice as it is printed.
    ///
    /// `GET /v2/customers/my/invoices/{invoice_uuid}/pdf`
    pub fn invoice_pdf(&self, invoice: &InvoiceId) -> Call<Binary> {
        self.0.send(&INVOICE_PDF, [invoice], ())
    }

    /// Reads what an invoice comes to, product by product.
    ///
    /// `GET /v2/customers/my/invoices/{invoice_uuid}/summary`
    pub fn invoice_summary(&self, invoice: &InvoiceId) -> Call<InvoiceSummary> {
        self.0.send(&INVOICE_SUMMARY, [invoice], ())
    }

    /// Streams what was charged day by day, by region and product. At most 31 days, and a year back.
    ///
    /// `GET /v2/billing/{account_urn}/insights/{start_date}/{end_date}`
    pub fn insights(&self, account_urn: &str, from: Date, to: Date) -> Pages<DataPoint> {
        self.0.pages(&INSIGHTS, [&account_urn, &from, &to], ())
    }
}

/// What is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Balance {
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub month_to_date_balance: Option<Decimal>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub account_balance: Option<Decimal>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub month_to_date_usage: Option<Decimal>,
    pub generated_at: Option<Timestamp>,
}

/// A change of what is owed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BillingEvent {
    pub description: Option<String>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub amount: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_uuid: Option<InvoiceId>,
    pub date: Option<Timestamp>,
    #[serde(rename = "type")]
    pub event_type: Option<BillingEventType>,
}

open_enum! {
    /// Why what is owed has changed.
    pub enum BillingEventType {
        /// A transfer from a bank failed.
        AchFailure = "ACHFailure",
        /// It was corrected.
        Adjustment = "Adjustment",
        /// A payment was attempted and failed.
        AttemptFailed = "AttemptFailed",
        /// A payment was taken back.
        Chargeback = "Chargeback",
        /// The account was given something.
        Credit = "Credit",
        /// What the account was given has expired.
        CreditExpiration = "CreditExpiration",
        /// A month was charged.
        Invoice = "Invoice",
        /// It was paid.
        Payment = "Payment",
        /// A payment was given back.
        Refund = "Refund",
        /// A change was undone.
        Reversal = "Reversal",
    }
}

/// The UUID of an invoice.
pub type InvoiceId = Id<Invoice, String>;

/// What a month was charged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Invoice {
    pub invoice_uuid: InvoiceId,
    pub invoice_id: Option<String>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub amount: Option<Decimal>,
    /// Year and month, such as `2026-10`.
    pub invoice_period: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct InvoiceItem {
    pub product: Option<String>,
    pub resource_uuid: Option<String>,
    pub resource_id: Option<String>,
    pub group_description: Option<String>,
    pub description: Option<String>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub amount: Option<Decimal>,
    pub duration: Option<String>,
    /// Such as `Hours`.
    pub duration_unit: Option<String>,
    /// RFC 3339.
    pub start_time: Option<String>,
    /// RFC 3339.
    pub end_time: Option<String>,
    pub project_name: Option<String>,
}

/// What an invoice comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct InvoiceSummary {
    pub invoice_uuid: Option<InvoiceId>,
    pub invoice_id: Option<String>,
    /// Year and month.
    pub billing_period: Option<String>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub amount: Option<Decimal>,
    pub user_name: Option<String>,
    pub user_billing_address: Option<BillingAddress>,
    pub user_company: Option<String>,
    pub user_email: Option<String>,
    pub product_charges: Option<ProductCharges>,
    pub overages: Option<NamedAmount>,
    pub taxes: Option<NamedAmount>,
    pub credits_and_adjustments: Option<NamedAmount>,
}

/// Where invoices go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BillingAddress {
    pub address_line1: Option<String>,
    pub address_line2: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    pub country_iso2_code: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339.
    pub updated_at: Option<String>,
}

/// What products come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ProductCharges {
    pub name: Option<String>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub amount: Option<Decimal>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub items: Vec<ProductCharge>,
}

/// What a product comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ProductCharge {
    pub name: Option<String>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub amount: Option<Decimal>,
    /// How many.
    pub count: Option<String>,
}

/// An amount of a kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NamedAmount {
    pub name: Option<String>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub amount: Option<Decimal>,
}

/// What was charged for a product in a region on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DataPoint {
    /// Of the team that used it.
    pub usage_team_urn: Option<String>,
    pub start_date: Option<Date>,
    #[serde(default, with = "rust_decimal::serde::str_option")]
    pub total_amount: Option<Decimal>,
    pub region: Option<String>,
    pub sku: Option<String>,
    pub description: Option<String>,
    pub group_description: Option<String>,
}
