//! The people and organisations behind a domain: its owner, and who is responsible for it.
//!
//! ```
//! use howdah_gandi::contacts::{ContactType, ContactsChange, NewContact};
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::new();
//! # let domain = howdah_core::dns::Name::parse("example.org").unwrap();
//! # fake.registry().register(&domain, howdah_gandi::testing::NAME, &[], jiff::SignedDuration::from_hours(24));
//! # let gandi = fake.client();
//! let ada = NewContact::new("GB", "ada@example.com", "Lovelace", "Ada", "12 St James's Square", ContactType::Individual)
//!     .with_city("London")
//!     .with_zip("SW1Y 4JH")
//!     .with_phone("+44.2079460000");
//! gandi.contacts().update("example.org", ContactsChange::new().with_tech(ada)).await?;
//! # tokio::time::sleep(std::time::Duration::from_secs(60)).await;
//! let tech = gandi.contacts().get("example.org").await?.tech;
//! assert_eq!(tech.and_then(|tech| tech.given).as_deref(), Some("Ada"));
//! # Ok(()) }
//! ```
//!
//! A change is accepted first and done a while later; a second one is refused in the meantime. Another owner is a matter
//! of [`change_owner`](crate::change_owner) wherever the registry takes it for one.

use std::collections::BTreeMap;

use howdah_core::{
    endpoints,
    http::{Api, Call, Detailed, string_or_number},
    input, open_enum,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::dry_run::{Accepted, DRY_RUN, DryRun};

endpoints! {
    GET:                 ()                  => DomainContacts     = get("/domain/domains/{domain}/contacts");
    UPDATE:              ContactsChange      => Detailed<Accepted> = patch("/domain/domains/{domain}/contacts").status(202);
    SET_OWNER:           NewContact          => Detailed<Accepted> = put("/domain/domains/{domain}/contacts/owner").status(202).once();
    CHECK_SET_OWNER:     NewContact          => Detailed<DryRun>   = put("/domain/domains/{domain}/contacts/owner").headers(DRY_RUN).safe();
    RESEND_REACHABILITY: ReachabilityRequest => ()                 = patch("/domain/domains/{domain}/reachability").status(202);
}

/// The contacts group. Reach it through [`Gandi::contacts`](crate::Gandi::contacts).
#[derive(Clone, Debug)]
pub struct Contacts(pub(crate) Api);

impl Contacts {
    /// Reads the contacts of a domain.
    ///
    /// `GET /domain/domains/{domain}/contacts`
    pub fn get(&self, domain: &str) -> Call<DomainContacts> {
        self.0.send(&GET, [&domain], ())
    }

    /// Replaces the contacts that are named, and none of the others.
    ///
    /// `PATCH /domain/domains/{domain}/contacts`
    pub fn update(&self, domain: &str, change: ContactsChange) -> Call<Accepted> {
        self.0.send(&UPDATE, [&domain], change).map(Accepted::from)
    }

    /// Replaces what is known of the owner.
    ///
    /// `PUT /domain/domains/{domain}/contacts/owner`
    pub fn set_owner(&self, domain: &str, owner: NewContact) -> Call<Accepted> {
        Accepted::read(self.0.send(&SET_OWNER, [&domain], owner))
    }

    /// Tries [`set_owner`](Self::set_owner). Nothing is changed.
    ///
    /// `PUT /domain/domains/{domain}/contacts/owner`
    pub fn check_set_owner(&self, domain: &str, owner: NewContact) -> Call<DryRun> {
        self.0.send(&CHECK_SET_OWNER, [&domain], owner).map(DryRun::from)
    }

    /// Sends the owner another mail that asks whether the address is right. A domain whose owner does not answer may be
    /// suspended.
    ///
    /// `PATCH /domain/domains/{domain}/reachability`
    pub fn resend_reachability(&self, domain: &str) -> Call<()> {
        self.0.send(&RESEND_REACHABILITY, [&domain], ReachabilityRequest { action: "resend".to_owned() })
    }
}

/// The contacts of a domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DomainContacts {
    pub owner: Option<Contact>,
    pub admin: Option<Contact>,
    pub bill: Option<Contact>,
    pub tech: Option<Contact>,
}

/// A contact as Gandi has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Contact {
    #[serde(rename = "type", deserialize_with = "contact_type")]
    pub contact_type: Option<ContactType>,
    pub given: Option<String>,
    pub family: Option<String>,
    pub orgname: Option<String>,
    pub email: Option<String>,
    /// Such as `+33.123456789`.
    pub phone: Option<String>,
    pub fax: Option<String>,
    pub streetaddr: Option<String>,
    pub zip: Option<String>,
    pub city: Option<String>,
    /// By ISO 3166-2, such as `FR-IDF`.
    pub state: Option<String>,
    /// By ISO 3166-1, such as `FR`.
    pub country: Option<String>,
    pub lang: Option<String>,
    /// The number of a French company.
    #[serde(deserialize_with = "string_or_number")]
    pub siren: Option<String>,
    /// The number of a trade mark.
    #[serde(deserialize_with = "string_or_number")]
    pub brand_number: Option<String>,
    /// Whether the registry is asked to keep the contact out of WHOIS.
    pub data_obfuscated: Option<bool>,
    /// Whether WHOIS shows another mail address in place of this one.
    pub mail_obfuscated: Option<bool>,
    /// Whether it is the owner's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as_owner: Option<bool>,
    /// What single registries ask for.
    pub extra_parameters: Option<BTreeMap<String, Value>>,
}

open_enum! {
    /// What kind of person a contact is.
    pub enum ContactType {
        /// A natural person.
        Individual = "individual",
        /// A company.
        Company = "company",
        /// An association.
        Association = "association",
        /// A public body.
        PublicBody = "publicbody",
        /// A reseller; for a change of owner only.
        Reseller = "reseller",
    }
}

input! {
    /// A contact to set.
    pub struct NewContact {
        /// By ISO 3166-1, such as `FR`.
        country: String,
        email: String,
        family: String,
        given: String,
        streetaddr: String,
        #[serde(rename = "type")]
        contact_type: ContactType,
    } optional {
        city: String,
        zip: String,
        /// By ISO 3166-2, such as `FR-IDF`.
        state: String,
        /// Such as `+33.123456789`.
        phone: String,
        fax: String,
        /// Whoever is no individual has one.
        orgname: String,
        /// The number of a French company.
        siren: String,
        /// The number of a trade mark.
        brand_number: String,
        lang: String,
        /// Whether the registry is asked to keep the contact out of WHOIS; it is unless this says otherwise.
        data_obfuscated: bool,
        /// Whether WHOIS shows another mail address in place of this one; it does unless this says otherwise.
        mail_obfuscated: bool,
        /// What single registries ask for.
        extra_parameters: BTreeMap<String, Value>,
    }
}

input! {
    /// Contacts to replace.
    pub struct ContactsChange {} optional {
        admin: NewContact,
        bill: NewContact,
        tech: NewContact,
    }
}

/// What is to be done about a mail address that is not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReachabilityRequest {
    /// `resend` is the only one.
    pub action: String,
}

/// The type was a number once.
fn contact_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ContactType>, D::Error> {
    let text = string_or_number(deserializer)?;
    Ok(text.map(|text| match text.as_str() {
        "0" => ContactType::Individual,
        "1" => ContactType::Company,
        "2" => ContactType::Association,
        "3" => ContactType::PublicBody,
        "4" => ContactType::Reseller,
        other => ContactType::from(other),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_may_be_a_number() {
        let read = |text: &str| serde_json::from_str::<Contact>(text).unwrap().contact_type;
        assert_eq!(read(r#"{ "type": 1 }"#), Some(ContactType::Company));
        assert_eq!(read(r#"{ "type": "company" }"#), Some(ContactType::Company));
        assert_eq!(read(r#"{ "type": 9 }"#), Some(ContactType::Other("9".to_owned())));
        assert_eq!(read(r#"{ "type": null }"#), None);
        assert_eq!(read(r#"{ "siren": 552100554 }"#), None);
    }
}
