//! What the account was charged, and how often its zones were asked.
//!
//! ```
//! use howdah_dnsimple::billing::{ChargeFilter, DnsAnalyticsQuery};
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let account = FakeDnSimple::new().client().account(1010);
//! for charge in account.billing().list_charges(ChargeFilter::new()).all().await? {
//!     println!("{}: {} USD", charge.reference, charge.total_amount.unwrap_or_default());
//! }
//! let by_zone = DnsAnalyticsQuery::new().with_groupings("zone_name");
//! for row in account.billing().query_dns_analytics(by_zone).await?.rows() {
//!     println!("{}: {} queries", row.zone_name.unwrap_or_default(), row.volume.unwrap_or_default());
//! }
//! # Ok(()) }
//! ```
//!
//! A token that may not see the bills gets `Forbidden` (403) for the charges.

use howdah_core::{
    endpoints,
    http::{Call, Pages},
    input, open_enum,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{Account, OtherId, PAGES, identity::AccountId};

endpoints! {
    LIST_CHARGES:        ChargeFilter      => Vec<Charge>  = get("/{account}/billing/charges").envelope("data").pages(PAGES);
    QUERY_DNS_ANALYTICS: DnsAnalyticsQuery => DnsAnalytics = get("/{account}/dns_analytics");
}

/// The billing group. Reach it through [`Account::billing`].
#[derive(Clone, Debug)]
pub struct Billing(pub(crate) Account);

impl Billing {
    /// Streams the account's charges.
    ///
    /// `GET /{account}/billing/charges`
    pub fn list_charges(&self, filter: ChargeFilter) -> Pages<Charge> {
        self.0.api.pages(&LIST_CHARGES, [&self.0.id], filter)
    }

    /// Counts the DNS queries to the account's zones: one page of a table, whose columns depend on the groupings.
    ///
    /// `GET /{account}/dns_analytics`
    pub fn query_dns_analytics(&self, query: DnsAnalyticsQuery) -> Call<DnsAnalytics> {
        self.0.api.send(&QUERY_DNS_ANALYTICS, [&self.0.id], query)
    }
}

/// A charge: an invoice, or what was paid back of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Charge {
    pub invoiced_at: Option<Timestamp>,
    /// US dollars, such as `14.50`.
    pub total_amount: Option<String>,
    /// How much of it the account's balance paid.
    pub balance_amount: Option<String>,
    /// The number of the invoice.
    pub reference: String,
    pub state: Option<ChargeState>,
    #[serde(default)]
    pub items: Vec<ChargeItem>,
}

open_enum! {
    /// What became of a charge.
    pub enum ChargeState {
        /// It was paid.
        Collected = "collected",
        /// It was paid back.
        Refunded = "refunded",
    }
}

/// A line of a charge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ChargeItem {
    pub description: Option<String>,
    /// US dollars, such as `14.50`.
    pub amount: Option<String>,
    pub product_id: Option<OtherId>,
    /// Such as `domain-renewal`; `manual` ones have neither number nor reference.
    pub product_type: Option<String>,
    /// What it was for, such as the domain's name.
    pub product_reference: Option<String>,
}

input! {
    /// Narrows and sorts the list of charges.
    pub struct ChargeFilter {} optional {
        start_date: Date,
        end_date: Date,
        /// `invoiced:asc` or `invoiced:desc`.
        sort: String,
    }
}

input! {
    /// What is counted. Start and end are at most 31 days apart; they are 31 days ago and yesterday unless it says
    /// otherwise.
    pub struct DnsAnalyticsQuery {} optional {
        start_date: Date,
        end_date: Date,
        /// `zone_name`, `date`, or both with a comma between them. Each adds a column.
        groupings: String,
        /// Such as `volume:desc,zone_name:asc`.
        sort: String,
        page: u32,
        /// 1000 unless it says otherwise, at most 10,000.
        per_page: u32,
    }
}

/// A page of counted queries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DnsAnalytics {
    pub data: DnsAnalyticsTable,
    /// The query as it was understood.
    pub query: Option<DnsAnalyticsScope>,
    pub pagination: Option<PageInfo>,
}

impl DnsAnalytics {
    /// The rows by the names of their columns.
    pub fn rows(&self) -> impl Iterator<Item = DnsAnalyticsRow<'_>> {
        let headers = &self.data.headers;
        self.data.rows.iter().map(move |cells| {
            let cell = |name| cells.get(headers.iter().position(|header| header == name)?);
            DnsAnalyticsRow {
                zone_name: cell("zone_name").and_then(DnsAnalyticsCell::text),
                date: cell("date").and_then(|cell| cell.text()?.parse().ok()),
                volume: cell("volume").and_then(DnsAnalyticsCell::number),
            }
        })
    }
}

/// A row of counted queries; what the query did not group by is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct DnsAnalyticsRow<'a> {
    pub zone_name: Option<&'a str>,
    pub date: Option<Date>,
    /// The number of queries.
    pub volume: Option<u64>,
}

/// Counted queries as they came: the names of the columns, and the cells in that order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DnsAnalyticsTable {
    pub rows: Vec<Vec<DnsAnalyticsCell>>,
    pub headers: Vec<String>,
}

/// A cell of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DnsAnalyticsCell {
    /// A count.
    Number(u64),
    /// A name or a date.
    Text(String),
    /// Nothing.
    Empty,
}

impl DnsAnalyticsCell {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// What was counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DnsAnalyticsScope {
    pub account_id: Option<AccountId>,
    pub start_date: Option<Date>,
    pub end_date: Option<Date>,
    pub sort: Option<String>,
    pub groupings: Option<String>,
    pub page: Option<u32>,
    pub per_page: Option<u32>,
}

/// Which page this is, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PageInfo {
    pub current_page: Option<u64>,
    pub per_page: Option<u64>,
    /// How many rows there are in all.
    pub total_entries: Option<u64>,
    pub total_pages: Option<u64>,
}
