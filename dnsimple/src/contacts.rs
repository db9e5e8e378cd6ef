//! Contacts: the people and organizations that domains are registered to.
//!
//! ```
//! use howdah_dnsimple::contacts::{ContactUpdate, NewContact};
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let account = FakeDnSimple::new().client().account(1010);
//! let ada = NewContact::new(
//!     "Ada", "Lovelace", "ada@example.com", "+442079460000", "12 St James's Square", "London", "London", "SW1Y 4JH", "GB",
//! );
//! let ada = account.contacts().create(ada).await?;
//! account.contacts().update(ada.id, ContactUpdate::new().with_label("Registrant")).await?;
//! # Ok(()) }
//! ```
//!
//! What is wrong with a contact is in [`fields`](howdah_core::Error::fields). A contact that a domain is registered to
//! cannot be deleted (400, `Invalid`), and changing it may be a change of registrant at the registry.

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Account, PAGES, identity::AccountId};

endpoints! {
    LIST:   ContactFilter => Vec<Contact> = get("/{account}/contacts").envelope("data").pages(PAGES);
    CREATE: NewContact    => Contact      = post("/{account}/contacts").envelope("data").status(201);
    GET:    ()            => Contact      = get("/{account}/contacts/{contact}").envelope("data");
    UPDATE: ContactUpdate => Contact      = patch("/{account}/contacts/{contact}").envelope("data").idempotent();
    DELETE: ()            => ()           = delete("/{account}/contacts/{contact}").status(204);
}

/// The contacts group. Reach it through [`Account::contacts`].
#[derive(Clone, Debug)]
pub struct Contacts(pub(crate) Account);

impl Contacts {
    /// Streams the account's contacts.
    ///
    /// `GET /{account}/contacts`
    pub fn list(&self, filter: ContactFilter) -> Pages<Contact> {
        self.0.api.pages(&LIST, [&self.0.id], filter)
    }

    /// Creates a contact.
    ///
    /// `POST /{account}/contacts`
    pub fn create(&self, contact: NewContact) -> Call<Contact> {
        self.0.api.send(&CREATE, [&self.0.id], contact)
    }

    /// Reads a contact.
    ///
    /// `GET /{account}/contacts/{contact}`
    pub fn get(&self, contact: ContactId) -> Call<Contact> {
        self.0.api.send(&GET, [&self.0.id, &contact], ())
    }

    /// Changes the given fields of a contact. Since it sets values, it may be repeated.
    ///
    /// `PATCH /{account}/contacts/{contact}`
    pub fn update(&self, contact: ContactId, update: ContactUpdate) -> Call<Contact> {
        self.0.api.send(&UPDATE, [&self.0.id, &contact], update)
    }

    /// Deletes a contact that no domain is registered to.
    ///
    /// `DELETE /{account}/contacts/{contact}`
    pub fn delete(&self, contact: ContactId) -> Call<()> {
        self.0.api.send(&DELETE, [&self.0.id, &contact], ())
    }
}

/// The number of a contact.
pub type ContactId = Id<Contact>;

/// A contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Contact {
    pub id: ContactId,
    pub account_id: Option<AccountId>,
    /// For the account's own use.
    pub label: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub organization_name: Option<String>,
    pub job_title: Option<String>,
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub city: Option<String>,
    pub state_province: Option<String>,
    pub postal_code: Option<String>,
    /// ISO 3166-1, two letters.
    pub country: Option<String>,
    /// Such as `+1.8001234567`.
    pub phone: Option<String>,
    pub fax: Option<String>,
    pub email: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

input! {
    /// Sorts the list of contacts.
    pub struct ContactFilter {} optional {
        /// Such as `label:asc` or `email:desc`.
        sort: String,
    }
}

input! {
    /// A contact to create.
    pub struct NewContact {
        first_name: String,
        last_name: String,
        email: String,
        /// With the country's code, such as `+18001234567`.
        phone: String,
        address1: String,
        city: String,
        state_province: String,
        postal_code: String,
        /// ISO 3166-1, two letters.
        country: String,
    } optional {
        label: String,
        address2: String,
        fax: String,
        /// Wants a job title too.
        organization_name: String,
        job_title: String,
    }
}

input! {
    /// The fields of a contact that change; `""` empties one.
    pub struct ContactUpdate {} optional {
        label: String,
        first_name: String,
        last_name: String,
        address1: String,
        address2: String,
        city: String,
        state_province: String,
        postal_code: String,
        /// ISO 3166-1, two letters.
        country: String,
        email: String,
        /// With the country's code, such as `+18001234567`.
        phone: String,
        fax: String,
        /// Wants a job title too.
        organization_name: String,
        job_title: String,
    }
}
