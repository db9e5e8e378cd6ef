//! Mailboxes, forwards and the slots that mailboxes take.
//!
//! ```
//! use howdah_gandi::email::NewMailbox;
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::new();
//! # let domain = howdah_core::dns::Name::parse("example.org").unwrap();
//! # fake.registry().register(&domain, howdah_gandi::testing::NAME, &[], jiff::SignedDuration::from_hours(24));
//! # let email = fake.client().email();
//! email.create_forward("example.org", "abuse", ["admin@example.net"]).await?;
//! email.create_mailbox("example.org", NewMailbox::new("ada", "a-long-password", "standard")).await?;
//! for mailbox in email.list_mailboxes("example.org").all().await? {
//!     println!("{} is {}", mailbox.id, mailbox.address.unwrap_or_default());
//! }
//! # Ok(()) }
//! ```
//!
//! # Money
//!
//! Slots and renewals are charged, and so may be a mailbox. None of these calls is ever repeated once it may have
//! arrived: an error with `Outcome::Unknown` says that it may have been carried out, so look before calling again.
//!
//! # Errors
//!
//! What is no address is `Invalid` (400), with the field. `RateLimited` (429) where a domain has more than a thousand
//! forwards or changes more than a hundred of them in a week; that does not pass in minutes.

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Detailed, Pages, string_or_number},
    input, open_enum, secret,
};
use serde::{Deserialize, Serialize};

use crate::dry_run::Accepted;

endpoints! {
    LIST_FORWARDS:  ()             => Vec<Forward>       = get("/email/forwards/{domain}");
    CREATE_FORWARD: NewForward     => ()                 = post("/email/forwards/{domain}");
    UPDATE_FORWARD: Destinations   => ()                 = put("/email/forwards/{domain}/{source}");
    DELETE_FORWARD: ()             => ()                 = delete("/email/forwards/{domain}/{source}");
    LIST_MAILBOXES: ()             => Vec<Mailbox>       = get("/email/mailboxes/{domain}");
    CREATE_MAILBOX: NewMailbox     => Detailed<Accepted> = post("/email/mailboxes/{domain}").status(202);
    GET_MAILBOX:    ()             => Mailbox            = get("/email/mailboxes/{domain}/{id}");
    UPDATE_MAILBOX: MailboxChange  => ()                 = patch("/email/mailboxes/{domain}/{id}").idempotent();
    DELETE_MAILBOX: ()             => ()                 = delete("/email/mailboxes/{domain}/{id}");
    PURGE_MAILBOX:  ()             => ()                 = delete("/email/mailboxes/{domain}/{id}/contents").once();
    RENEW_MAILBOX:  MailboxRenewal => ()                 = post("/email/mailboxes/{domain}/{id}/renew");
    GET_OFFER:      ()             => Offer              = get("/email/offers/{domain}");
    UPDATE_OFFER:   OfferChange    => ()                 = patch("/email/offers/{domain}");
    LIST_SLOTS:     ()             => Vec<Slot>          = get("/email/slots/{domain}");
    CREATE_SLOT:    NewSlot        => ()                 = post("/email/slots/{domain}");
    GET_SLOT:       ()             => Slot               = get("/email/slots/{domain}/{id}");
    DELETE_SLOT:    ()             => ()                 = delete("/email/slots/{domain}/{id}").once();
}

/// The e-mail group. Reach it through [`Gandi::email`](crate::Gandi::email).
#[derive(Clone, Debug)]
pub struct Email(pub(crate) Api);

impl Email {
    /// Streams the forwards of a domain.
    ///
    /// `GET /email/forwards/{domain}`
    pub fn list_forwards(&self, domain: &str) -> Pages<Forward> {
        self.0.pages(&LIST_FORWARDS, [&domain], ())
    }

    /// Forwards an address of a domain; `source` is what stands before the `@`.
    ///
    /// `POST /email/forwards/{domain}`
    pub fn create_forward(
        &self,
        domain: &str,
        source: &str,
        destinations: impl IntoIterator<Item = impl Into<String>>,
    ) -> Call<()> {
        let Destinations { destinations } = Destinations::of(destinations);
        self.0.send(&CREATE_FORWARD, [&domain], NewForward { source: source.to_owned(), destinations })
    }

    /// Replaces the destinations of a forward.
    ///
    /// `PUT /email/forwards/{domain}/{source}`
    pub fn update_forward(
        &self,
        domain: &str,
        source: &str,
        destinations: impl IntoIterator<Item = impl Into<String>>,
    ) -> Call<()> {
        self.0.send(&UPDATE_FORWARD, [&domain, &source], Destinations::of(destinations))
    }

    /// Deletes a forward.
    ///
    /// `DELETE /email/forwards/{domain}/{source}`
    pub fn delete_forward(&self, domain: &str, source: &str) -> Call<()> {
        self.0.send(&DELETE_FORWARD, [&domain, &source], ())
    }

    /// Streams the mailboxes of a domain.
    ///
    /// `GET /email/mailboxes/{domain}`
    pub fn list_mailboxes(&self, domain: &str) -> Pages<Mailbox> {
        self.0.pages(&LIST_MAILBOXES, [&domain], ())
    }

    /// Creates a mailbox in a free slot of its type, which happens a while after it is accepted.
    ///
    /// `POST /email/mailboxes/{domain}`
    pub fn create_mailbox(&self, domain: &str, mailbox: NewMailbox) -> Call<Accepted> {
        self.0.send(&CREATE_MAILBOX, [&domain], mailbox).map(Accepted::from)
    }

    /// Reads a mailbox.
    ///
    /// `GET /email/mailboxes/{domain}/{id}`
    pub fn mailbox(&self, domain: &str, mailbox: &MailboxId) -> Call<Mailbox> {
        self.0.send(&GET_MAILBOX, [&domain, mailbox], ())
    }

    /// Changes what is set of a mailbox.
    ///
    /// `PATCH /email/mailboxes/{domain}/{id}`
    pub fn update_mailbox(&self, domain: &str, mailbox: &MailboxId, change: MailboxChange) -> Call<()> {
        self.0.send(&UPDATE_MAILBOX, [&domain, mailbox], change)
    }

    /// Deletes a mailbox and its mail; the slot is free again.
    ///
    /// `DELETE /email/mailboxes/{domain}/{id}`
    pub fn delete_mailbox(&self, domain: &str, mailbox: &MailboxId) -> Call<()> {
        self.0.send(&DELETE_MAILBOX, [&domain, mailbox], ())
    }

    /// Deletes all mail in a mailbox, for good. It is not repeated: mail that arrived since would go too.
    ///
    /// `DELETE /email/mailboxes/{domain}/{id}/contents`
    pub fn purge_mailbox(&self, domain: &str, mailbox: &MailboxId) -> Call<()> {
        self.0.send(&PURGE_MAILBOX, [&domain, mailbox], ())
    }

    /// Renews a mailbox, which is charged.
    ///
    /// `POST /email/mailboxes/{domain}/{id}/renew`
    pub fn renew_mailbox(&self, domain: &str, mailbox: &MailboxId, renewal: MailboxRenewal) -> Call<()> {
        self.0.send(&RENEW_MAILBOX, [&domain, mailbox], renewal)
    }

    /// Reads which generation of the mail service a domain is on.
    ///
    /// `GET /email/offers/{domain}`
    pub fn offer(&self, domain: &str) -> Call<Offer> {
        self.0.send(&GET_OFFER, [&domain], ())
    }

    /// Moves a domain to another generation of the mail service.
    ///
    /// `PATCH /email/offers/{domain}`
    pub fn update_offer(&self, domain: &str, version: u32) -> Call<()> {
        self.0.send(&UPDATE_OFFER, [&domain], OfferChange { version })
    }

    /// Streams the slots of a domain.
    ///
    /// `GET /email/slots/{domain}`
    pub fn list_slots(&self, domain: &str) -> Pages<Slot> {
        self.0.pages(&LIST_SLOTS, [&domain], ())
    }

    /// Buys a slot for another mailbox.
    ///
    /// `POST /email/slots/{domain}`
    pub fn create_slot(&self, domain: &str, slot: NewSlot) -> Call<()> {
        self.0.send(&CREATE_SLOT, [&domain], slot)
    }

    /// Reads a slot.
    ///
    /// `GET /email/slots/{domain}/{id}`
    pub fn slot(&self, domain: &str, slot: SlotId) -> Call<Slot> {
        self.0.send(&GET_SLOT, [&domain, &slot], ())
    }

    /// Gives back a slot that no mailbox is in; what is paid back for it, `refundable` says before.
    ///
    /// `DELETE /email/slots/{domain}/{id}`
    pub fn delete_slot(&self, domain: &str, slot: SlotId) -> Call<()> {
        self.0.send(&DELETE_SLOT, [&domain, &slot], ())
    }
}

/// The id of a mailbox.
pub type MailboxId = Id<Mailbox, String>;

/// The number of a slot.
pub type SlotId = Id<Slot>;

/// An address whose mail goes elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Forward {
    /// What stands before the `@`.
    pub source: String,
    #[serde(default)]
    pub destinations: Vec<String>,
    pub href: Option<String>,
}

/// A forward to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NewForward {
    pub source: String,
    pub destinations: Vec<String>,
}

/// Where the mail of an address goes from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Destinations {
    pub destinations: Vec<String>,
}

impl Destinations {
    fn of(destinations: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { destinations: destinations.into_iter().map(Into::into).collect() }
    }
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Mailbox {
    pub id: MailboxId,
    /// The whole address.
    pub address: Option<String>,
    /// What stands before the `@`.
    pub login: Option<String>,
    pub domain: Option<String>,
    pub mailbox_type: Option<MailboxType>,
    /// Kilobytes.
    pub quota_used: Option<f64>,
    /// What else stands before the `@` of its addresses. A list may leave it out.
    pub aliases: Option<Vec<String>>,
    pub href: Option<String>,
}

open_enum! {
    /// What a mailbox offers.
    pub enum MailboxType {
        /// The usual one, of which a domain has some for free.
        Standard = "standard",
        /// With more room.
        Premium = "premium",
    }
}

input! {
    /// A mailbox to create.
    pub struct NewMailbox {
        /// What stands before the `@`.
        login: String,
        #[serde(serialize_with = "secret::expose")]
        password: Secret,
        mailbox_type: MailboxType,
    } optional {
        /// What else stands before the `@` of its addresses.
        aliases: Vec<String>,
    }
}

input! {
    /// What changes of a mailbox.
    pub struct MailboxChange {} optional {
        login: String,
        #[serde(serialize_with = "secret::expose_option")]
        password: Secret,
        /// All of them.
        aliases: Vec<String>,
    }
}

input! {
    /// How a mailbox is renewed.
    pub struct MailboxRenewal {} optional {
        /// Years; one unless it says otherwise.
        duration: u32,
    }
}

/// Which generation of the mail service a domain is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Offer {
    #[serde(default, deserialize_with = "string_or_number")]
    pub version: Option<String>,
    /// Such as `active`.
    pub status: Option<String>,
}

/// The generation of the mail service to be on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OfferChange {
    pub version: u32,
}

/// Room for a mailbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Slot {
    pub id: SlotId,
    pub mailbox_type: Option<MailboxType>,
    pub status: Option<SlotStatus>,
    /// Whether something is paid back for it.
    pub refundable: Option<bool>,
    /// Megabytes.
    pub capacity: Option<u64>,
}

open_enum! {
    /// Whether a mailbox is in a slot.
    pub enum SlotStatus {
        /// One is.
        Active = "active",
        /// None is.
        Inactive = "inactive",
    }
}

input! {
    /// A slot to buy.
    pub struct NewSlot {
        mailbox_type: MailboxType,
    } optional {}
}
