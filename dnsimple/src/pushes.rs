//! Domains handed from account to account.
//!
//! ```
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.offer_push("example.com");
//! # let account = fake.account();
//! let pushes = account.pushes();
//! for push in pushes.list().all().await? {
//!     println!("push {} waits since {:?}", push.id, push.created_at);
//!     pushes.reject(push.id).await?;
//! }
//! # Ok(()) }
//! ```
//!
//! The giving account initiates a push; the taking one lists what it is offered and accepts it, naming the contact that the
//! domain is registered to from then on, or rejects it. A push that was answered is `NotFound`.

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Account, PAGES, contacts::ContactId, domains::DomainId, identity::AccountId};

endpoints! {
    INITIATE: NewPush        => Push      = post("/{account}/domains/{domain}/pushes").envelope("data").status(201);
    LIST:     ()             => Vec<Push> = get("/{account}/pushes").envelope("data").pages(PAGES);
    ACCEPT:   PushAcceptance => ()        = post("/{account}/pushes/{push}").status(204);
    REJECT:   ()             => ()        = delete("/{account}/pushes/{push}").status(204);
}

/// The pushes group. Reach it through [`Account::pushes`].
#[derive(Clone, Debug)]
pub struct Pushes(pub(crate) Account);

impl Pushes {
    /// Offers a domain of this account to another one, which has to accept it.
    ///
    /// `POST /{account}/domains/{domain}/pushes`
    pub fn initiate(&self, domain: &str, push: NewPush) -> Call<Push> {
        self.0.api.send(&INITIATE, [&self.0.id, &domain], push)
    }

    /// Streams the pushes that this account is offered and has not answered.
    ///
    /// `GET /{account}/pushes`
    pub fn list(&self) -> Pages<Push> {
        self.0.api.pages(&LIST, [&self.0.id], ())
    }

    /// Takes the domain into this account; the contact becomes its registrant.
    ///
    /// `POST /{account}/pushes/{push}`
    pub fn accept(&self, push: PushId, contact: ContactId) -> Call<()> {
        self.0.api.send(&ACCEPT, [&self.0.id, &push], PushAcceptance::new(contact))
    }

    /// Declines the domain, which stays where it is.
    ///
    /// `DELETE /{account}/pushes/{push}`
    pub fn reject(&self, push: PushId) -> Call<()> {
        self.0.api.send(&REJECT, [&self.0.id, &push], ())
    }
}

/// The number of a push.
pub type PushId = Id<Push>;

/// A domain on its way to another account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Push {
    pub id: PushId,
    pub domain_id: Option<DomainId>,
    /// The registrant to be; `None` until the push is accepted.
    pub contact_id: Option<ContactId>,
    /// The account that the domain goes to.
    pub account_id: Option<AccountId>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub accepted_at: Option<Timestamp>,
}

input! {
    /// Whom to offer a domain: one of the two.
    pub struct NewPush {} optional {
        /// The identifier that the other account finds among its settings.
        new_account_identifier: String,
        /// The older way, which DNSimple advises against.
        new_account_email: String,
    }
}

input! {
    /// How a push is accepted.
    pub struct PushAcceptance { contact_id: ContactId } optional {}
}
