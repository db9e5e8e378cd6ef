//! E-mail addresses of a domain that are forwarded elsewhere.
//!
//! ```
//! use howdah_dnsimple::email_forwards::NewEmailForward;
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.create_zone("example.com");
//! # let account = fake.account();
//! let forwards = account.email_forwards();
//! let forward = forwards.create("example.com", NewEmailForward::new("abuse", "admin@example.net")).await?;
//! assert_eq!(forward.alias_email.as_deref(), Some("abuse@example.com"));
//! # Ok(()) }
//! ```
//!
//! A forward cannot be changed: delete it and create another. What is no address is `Invalid` (400), with the field.

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Account, PAGES, domains::DomainId};

endpoints! {
    LIST:   EmailForwardFilter => Vec<EmailForward> = get("/{account}/domains/{domain}/email_forwards").envelope("data").pages(PAGES);
    CREATE: NewEmailForward    => EmailForward      = post("/{account}/domains/{domain}/email_forwards").envelope("data").status(201);
    GET:    ()                 => EmailForward      = get("/{account}/domains/{domain}/email_forwards/{emailforward}").envelope("data");
    DELETE: ()                 => ()                = delete("/{account}/domains/{domain}/email_forwards/{emailforward}").status(204);
}

/// The e-mail forwards group. Reach it through [`Account::email_forwards`].
#[derive(Clone, Debug)]
pub struct EmailForwards(pub(crate) Account);

impl EmailForwards {
    /// Streams the domain's forwards.
    ///
    /// `GET /{account}/domains/{domain}/email_forwards`
    pub fn list(&self, domain: &str, filter: EmailForwardFilter) -> Pages<EmailForward> {
        self.0.api.pages(&LIST, [&self.0.id, &domain], filter)
    }

    /// Forwards an address of the domain.
    ///
    /// `POST /{account}/domains/{domain}/email_forwards`
    pub fn create(&self, domain: &str, forward: NewEmailForward) -> Call<EmailForward> {
        self.0.api.send(&CREATE, [&self.0.id, &domain], forward)
    }

    /// Reads a forward.
    ///
    /// `GET /{account}/domains/{domain}/email_forwards/{emailforward}`
    pub fn get(&self, domain: &str, forward: EmailForwardId) -> Call<EmailForward> {
        self.0.api.send(&GET, [&self.0.id, &domain, &forward], ())
    }

    /// Deletes a forward, for good.
    ///
    /// `DELETE /{account}/domains/{domain}/email_forwards/{emailforward}`
    pub fn delete(&self, domain: &str, forward: EmailForwardId) -> Call<()> {
        self.0.api.send(&DELETE, [&self.0.id, &domain, &forward], ())
    }
}

/// The number of a forward.
pub type EmailForwardId = Id<EmailForward>;

/// An address and where its mail goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct EmailForward {
    pub id: EmailForwardId,
    pub domain_id: Option<DomainId>,
    /// The whole address, domain included.
    pub alias_email: Option<String>,
    pub destination_email: Option<String>,
    pub active: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

input! {
    /// Sorts the list of forwards.
    pub struct EmailForwardFilter {} optional {
        /// Such as `alias_email:asc`.
        sort: String,
    }
}

input! {
    /// An address to forward.
    pub struct NewEmailForward {
        /// The part before the `@`.
        alias_name: String,
        destination_email: String,
    } optional {}
}
