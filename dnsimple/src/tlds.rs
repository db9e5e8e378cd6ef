//! Top-level domains: what can be done below them, and what they ask for.
//!
//! ```
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let dnsimple = FakeDnSimple::new().client();
//! use howdah_dnsimple::tlds::DnssecInterface;
//!
//! let eu = dnsimple.tlds().get("eu").await?;
//! if eu.dnssec_interface_type == Some(DnssecInterface::Key) {
//!     println!("the registry wants DNSKEY data");
//! }
//! for attribute in dnsimple.tlds().extended_attributes("eu").await? {
//!     println!("a registration says `{}`: {}", attribute.name, attribute.title.unwrap_or_default());
//! }
//! # Ok(()) }
//! ```

use howdah_core::{
    endpoints,
    http::{Api, Call, Pages, string_or_number},
    input, open_enum,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::PAGES;

endpoints! {
    LIST:                TldFilter => Vec<Tld>               = get("/tlds").envelope("data").pages(PAGES);
    GET:                 ()        => Tld                    = get("/tlds/{tld}").envelope("data");
    EXTENDED_ATTRIBUTES: ()        => Vec<ExtendedAttribute> = get("/tlds/{tld}/extended_attributes").envelope("data");
}

/// The TLDs group. Reach it through [`DnSimple::tlds`](crate::DnSimple::tlds).
#[derive(Clone, Debug)]
pub struct Tlds(pub(crate) Api);

impl Tlds {
    /// Streams the TLDs that DNSimple deals with.
    ///
    /// `GET /tlds`
    pub fn list(&self, filter: TldFilter) -> Pages<Tld> {
        self.0.pages(&LIST, [], filter)
    }

    /// Reads a TLD, such as `com` or `com.au`.
    ///
    /// `GET /tlds/{tld}`
    pub fn get(&self, tld: &str) -> Call<Tld> {
        self.0.send(&GET, [&tld], ())
    }

    /// Lists what a registration or a transfer has to say besides the contact.
    ///
    /// `GET /tlds/{tld}/extended_attributes`
    pub fn extended_attributes(&self, tld: &str) -> Call<Vec<ExtendedAttribute>> {
        self.0.send(&EXTENDED_ATTRIBUTES, [&tld], ())
    }
}

/// A top-level domain, or another suffix below which domains are registered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Tld {
    pub tld: String,
    /// 1 is generic, 2 a country's, 3 one of the new generic ones.
    pub tld_type: Option<u32>,
    /// Whether there is WHOIS privacy as a product of its own.
    pub whois_privacy: Option<bool>,
    /// Whether domains are renewed automatically or not at all.
    pub auto_renew_only: Option<bool>,
    /// Whether names may have other letters than ASCII's.
    pub idn: Option<bool>,
    /// Years.
    pub minimum_registration: Option<u32>,
    pub registration_enabled: Option<bool>,
    pub renewal_enabled: Option<bool>,
    /// Whether domains can be transferred here.
    pub transfer_enabled: Option<bool>,
    pub dnssec_interface_type: Option<DnssecInterface>,
    /// The least number of name servers.
    #[serde(default, deserialize_with = "number")]
    pub name_server_min: Option<u32>,
    /// The greatest number of name servers.
    #[serde(default, deserialize_with = "number")]
    pub name_server_max: Option<u32>,
    /// Whether there can be a trustee, for registrants who may not register by themselves.
    pub trustee_service_enabled: Option<bool>,
    pub trustee_service_required: Option<bool>,
}

open_enum! {
    /// What a registry takes to publish a delegation as signed.
    pub enum DnssecInterface {
        /// A digest of the key.
        Ds = "ds",
        /// The key itself.
        Key = "key",
    }
}

/// Something that a registry wants to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ExtendedAttribute {
    /// Its key in a registration.
    pub name: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub required: Option<bool>,
    /// The values that it can have; any when there are none.
    #[serde(default)]
    pub options: Vec<ExtendedAttributeOption>,
}

/// A value of an extended attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ExtendedAttributeOption {
    pub title: Option<String>,
    pub value: String,
    pub description: Option<String>,
}

input! {
    /// Sorts the list of TLDs.
    pub struct TldFilter {} optional {
        /// Such as `tld:desc`.
        sort: String,
    }
}

/// A number in the document, sometimes a string in answers.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    string_or_number(deserializer)?
        .filter(|text| !text.is_empty())
        .map(|text| text.parse().map_err(D::Error::custom))
        .transpose()
}
