//! Changes of a domain's registrant.
//!
//! ```
//! use howdah_dnsimple::registrant_changes::{NewRegistrantChange, RegistrantChangeQuery};
//! # use howdah_dnsimple::{contacts::NewContact, testing::FakeDnSimple};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # let account = fake.account();
//! # let contact = NewContact::new("Ada", "L", "ada@example.com", "+18001234567", "1 Road", "City", "State", "1", "US");
//! # let contact = account.contacts().create(contact).await?.id;
//! # fake.register_domain("example.com", contact);
//! let changes = account.registrant_changes();
//! let needed = changes.check(RegistrantChangeQuery::new("example.com", contact)).await?;
//! for attribute in needed.extended_attributes.unwrap_or_default() {
//!     println!("the registry may ask for {}", attribute.name);
//! }
//! let change = changes.create(NewRegistrantChange::new("example.com", contact)).await?;
//! println!("the change is {}", change.await?.state);
//! # Ok(()) }
//! ```
//!
//! Some registries change the registrant at once, others take days. `Invalid` (400) names in `fields` the extended
//! attributes that are missing or wrong; a change that has ended cannot be cancelled. A change may lock the domain against
//! transfers for a while, until the day in `irt_lock_lifted_by`.

use std::{collections::BTreeMap, time::Duration};

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages, Pending, Stage, Staged},
    input, open_enum,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{Account, PAGES, contacts::ContactId, domains::DomainId, identity::AccountId, tlds::ExtendedAttribute};

endpoints! {
    LIST:   RegistrantChangeFilter => Vec<RegistrantChange>    = get("/{account}/registrar/registrant_changes").envelope("data").pages(PAGES);
    CREATE: NewRegistrantChange    => RegistrantChange         = post("/{account}/registrar/registrant_changes").envelope("data").status(201);
    CHECK:  RegistrantChangeQuery  => RegistrantChangeCheck    = post("/{account}/registrar/registrant_changes/check").envelope("data").safe();
    GET:    ()                     => RegistrantChange         = get("/{account}/registrar/registrant_changes/{registrantchange}").envelope("data");
    DELETE: ()                     => Option<RegistrantChange> = delete("/{account}/registrar/registrant_changes/{registrantchange}").envelope("data").status(204);
}

/// The registrant changes group. Reach it through [`Account::registrant_changes`].
#[derive(Clone, Debug)]
pub struct RegistrantChanges(pub(crate) Account);

impl RegistrantChanges {
    /// Streams the account's changes.
    ///
    /// `GET /{account}/registrar/registrant_changes`
    pub fn list(&self, filter: RegistrantChangeFilter) -> Pages<RegistrantChange> {
        self.0.api.pages(&LIST, [&self.0.id], filter)
    }

    /// Begins a change and to follow it.
    ///
    /// `POST /{account}/registrar/registrant_changes`
    pub fn create(&self, change: NewRegistrantChange) -> Call<Pending<RegistrantChange>> {
        let changes = self.clone();
        let call = self.0.api.send(&CREATE, [&self.0.id], change);
        call.map(move |change| changes.follow(change.id).seen(change))
    }

    /// Asks what a change would need. Nothing is changed.
    ///
    /// `POST /{account}/registrar/registrant_changes/check`
    pub fn check(&self, query: RegistrantChangeQuery) -> Call<RegistrantChangeCheck> {
        self.0.api.send(&CHECK, [&self.0.id], query)
    }

    /// Reads how far a change has come.
    ///
    /// `GET /{account}/registrar/registrant_changes/{registrantchange}`
    pub fn get(&self, id: RegistrantChangeId) -> Call<RegistrantChange> {
        self.0.api.send(&GET, [&self.0.id, &id], ())
    }

    /// Attaches to a change that was begun before. Awaiting it takes up to eight days, unless told otherwise.
    ///
    /// `GET /{account}/registrar/registrant_changes/{registrantchange}`
    pub fn follow(&self, id: RegistrantChangeId) -> Pending<RegistrantChange> {
        let changes = self.clone();
        for_days(Pending::attached(move || changes.get(id)).named(format!("dnsimple: the registrant change {id}")))
    }

    /// Cancels a change: at once, and there is no answer, or in time, and the answer says that it is `cancelling`.
    ///
    /// `DELETE /{account}/registrar/registrant_changes/{registrantchange}`
    pub fn cancel(&self, id: RegistrantChangeId) -> Call<Option<RegistrantChange>> {
        self.0.api.send(&DELETE, [&self.0.id, &id], ())
    }
}

fn for_days(change: Pending<RegistrantChange>) -> Pending<RegistrantChange> {
    change.every(Duration::from_secs(60), Duration::from_secs(3600)).within(Duration::from_secs(8 * 24 * 3600))
}

/// The number of a change.
pub type RegistrantChangeId = Id<RegistrantChange>;

/// A change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RegistrantChange {
    pub id: RegistrantChangeId,
    pub account_id: Option<AccountId>,
    /// The registrant to be.
    pub contact_id: Option<ContactId>,
    pub domain_id: Option<DomainId>,
    pub state: RegistrantChangeState,
    /// What the domain's TLD asked for.
    pub extended_attributes: Option<BTreeMap<String, String>>,
    /// Whether the registry takes it for a change of owner.
    pub registry_owner_change: Option<bool>,
    /// The day when the domain can be transferred again.
    pub irt_lock_lifted_by: Option<Date>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// The state of a change.
    pub enum RegistrantChangeState {
        /// Asked for.
        New = "new",
        /// Under way at the registry.
        Pending = "pending",
        /// About to be given up.
        Cancelling = "cancelling",
        /// Given up.
        Cancelled = "cancelled",
        /// Done.
        Completed = "completed",
    }
}

impl Staged for RegistrantChange {
    fn stage(&self) -> Stage {
        match self.state {
            RegistrantChangeState::Completed => Stage::Done,
            RegistrantChangeState::Cancelled => Stage::Failed("the registrant change was cancelled".to_owned()),
            _ => Stage::Running,
        }
    }
}

input! {
    /// Narrows and sorts the list of changes.
    pub struct RegistrantChangeFilter {} optional {
        state: RegistrantChangeState,
        domain_id: DomainId,
        contact_id: ContactId,
        /// `id:asc` or `id:desc`.
        sort: String,
    }
}

/// A domain or a contact, by its number or, for a domain, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reference {
    /// A number.
    Number(u64),
    /// A name, or a number as text.
    Name(String),
}

impl From<DomainId> for Reference {
    fn from(id: DomainId) -> Self {
        Self::Number(*id.get())
    }
}

impl From<ContactId> for Reference {
    fn from(id: ContactId) -> Self {
        Self::Number(*id.get())
    }
}

impl From<&str> for Reference {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Reference {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

input! {
    /// A change to begin.
    pub struct NewRegistrantChange {
        domain_id: Reference,
        /// The registrant to be.
        contact_id: Reference,
    } optional {
        /// What the domain's TLD asks for: [`RegistrantChanges::check`] tells.
        extended_attributes: BTreeMap<String, String>,
    }
}

input! {
    /// A change to ask about.
    pub struct RegistrantChangeQuery {
        domain_id: Reference,
        /// The registrant to be.
        contact_id: Reference,
    } optional {}
}

/// What a change would need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RegistrantChangeCheck {
    pub contact_id: Option<ContactId>,
    pub domain_id: Option<DomainId>,
    pub extended_attributes: Option<Vec<ExtendedAttribute>>,
    /// Whether the registry would take it for a change of owner.
    pub registry_owner_change: Option<bool>,
}
