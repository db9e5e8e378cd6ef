//! Domains that come from another registrar.
//!
//! ```
//! use howdah_core::Secret;
//! use howdah_gandi::{contacts::{ContactType, NewContact}, transfers::NewTransfer};
//! # use howdah_gandi::testing::FakeGandi;
//! # use howdah_core::Clock;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::at(Clock::system());
//! # fake.register_elsewhere("example.com", "a-code", &["ns1.example.net", "ns2.example.net"]);
//! # let gandi = fake.client();
//! let owner =
//!     NewContact::new("GB", "ada@example.org", "Lovelace", "Ada", "12 St James's Square", ContactType::Individual);
//! let transfer = NewTransfer::new("example.com", owner)
//!     .with_authinfo("a-code")
//!     .with_nameservers(["ns1.example.net".to_owned(), "ns2.example.net".to_owned()]);
//!
//! let transfers = gandi.transfers();
//! let code = Secret::from("a-code");
//! if transfers.available("example.com", code).await?.available
//!     && transfers.check_start(transfer.clone()).await?.is_accepted()
//! {
//!     transfers.start(transfer).await?;
//! }
//! println!("{:?}", transfers.get("example.com").await?.step);
//! # Ok(()) }
//! ```
//!
//! # What to know before
//!
//! A transfer that names no servers is delegated to LiveDNS when it completes, whatever the domain was delegated to
//! before. Keys at the registry are not taken over: a signed domain should be unsigned first. It takes about a week, and
//! there is no operation that gives it up.
//!
//! # Money
//!
//! [`start`](Transfers::start) pays. Neither it nor what relaunches a transfer is ever repeated once it may have arrived;
//! [`get`](Transfers::get) tells whether it did.

use std::{collections::BTreeMap, net::IpAddr};

use howdah_core::{
    Secret, endpoints,
    http::{Api, Call, Detailed, string_or_number},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{
    contacts::NewContact,
    dry_run::{Accepted, DRY_RUN, DryRun},
};

endpoints! {
    START:         NewTransfer         => Detailed<Accepted>   = post("/domain/transferin").status(202);
    CHECK_START:   NewTransfer         => Detailed<DryRun>     = post("/domain/transferin").headers(DRY_RUN).safe();
    GET:           ()                  => Transfer             = get("/domain/transferin/{domain}");
    RELAUNCH:      ()                  => Detailed<Accepted>   = put("/domain/transferin/{domain}").status(202).once();
    SET_AUTHINFO:  AuthInfo            => Detailed<Accepted>   = put("/domain/transferin/{domain}/authinfo").status(202).once();
    AVAILABLE:     AvailabilityRequest => TransferAvailability = post("/domain/transferin/{domain}/available").safe();
    RESEND_FOA:    FoaRequest          => Detailed<Accepted>   = post("/domain/transferin/{domain}/foa").status(202);
}

/// The transfers group. Reach it through [`Gandi::transfers`](crate::Gandi::transfers).
#[derive(Clone, Debug)]
pub struct Transfers(pub(crate) Api);

impl Transfers {
    /// Asks whether a domain can be transferred, and, with the code, whether it fits. Nothing is begun.
    ///
    /// `POST /domain/transferin/{domain}/available`
    pub fn available(&self, domain: &str, authinfo: impl Into<Option<Secret>>) -> Call<TransferAvailability> {
        self.0.send(&AVAILABLE, [&domain], AvailabilityRequest { authinfo: authinfo.into() })
    }

    /// Pays, and begins a transfer.
    ///
    /// `POST /domain/transferin`
    pub fn start(&self, transfer: NewTransfer) -> Call<Accepted> {
        Accepted::read(self.0.send(&START, [], transfer))
    }

    /// Tries [`start`](Self::start). Nothing is begun or paid.
    ///
    /// `POST /domain/transferin`
    pub fn check_start(&self, transfer: NewTransfer) -> Call<DryRun> {
        self.0.send(&CHECK_START, [], transfer).map(DryRun::from)
    }

    /// How far a transfer has come.
    ///
    /// `GET /domain/transferin/{domain}`
    pub fn get(&self, domain: &str) -> Call<Transfer> {
        self.0.send(&GET, [&domain], ())
    }

    /// Lets a transfer that stopped go on.
    ///
    /// `PUT /domain/transferin/{domain}`
    pub fn relaunch(&self, domain: &str) -> Call<Accepted> {
        self.0.send(&RELAUNCH, [&domain], ()).map(Accepted::from)
    }

    /// Gives a transfer another authorization code. It goes on with [`relaunch`](Self::relaunch).
    ///
    /// `PUT /domain/transferin/{domain}/authinfo`
    pub fn set_authinfo(&self, domain: &str, authinfo: impl Into<Secret>) -> Call<Accepted> {
        self.0.send(&SET_AUTHINFO, [&domain], AuthInfo { authinfo: authinfo.into() }).map(Accepted::from)
    }

    /// Mails somebody who has to agree to the transfer once more.
    ///
    /// `POST /domain/transferin/{domain}/foa`
    pub fn resend_foa(&self, domain: &str, email: &str) -> Call<Accepted> {
        self.0.send(&RESEND_FOA, [&domain], FoaRequest { email: email.to_owned() }).map(Accepted::from)
    }
}

input! {
    /// A transfer to begin.
    pub struct NewTransfer {
        fqdn: String,
        owner: NewContact,
    } optional {
        /// The code from the losing registrar. Only few top-level domains do without.
        #[serde(serialize_with = "secret::expose_option")]
        authinfo: Secret,
        /// Years that are added.
        duration: u32,
        /// What to delegate to afterwards; LiveDNS unless this says otherwise.
        nameservers: Vec<String>,
        nameserver_ips: BTreeMap<String, Vec<IpAddr>>,
        change_owner: bool,
        admin: NewContact,
        bill: NewContact,
        tech: NewContact,
        extra_parameters: BTreeMap<String, Value>,
        /// `EUR`, `USD`, `GBP`, `TWD` or `CNY`.
        currency: String,
        /// What a premium domain may cost.
        price: f64,
        enforce_premium: bool,
        resellee_id: String,
        template_id: String,
        tld_period: String,
    }
}

/// A transfer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Transfer {
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    #[serde(deserialize_with = "string_or_number")]
    pub owner_contact: Option<String>,
    pub params: Option<TransferParameters>,
    pub step: Option<Step>,
    pub step_nb: Option<i64>,
    pub inner_step: Option<String>,
    /// Why it stopped, in a word.
    pub errortype: Option<String>,
    /// Why it stopped, for people.
    pub errortype_label: Option<String>,
    /// Whoever has to agree, and what they answered.
    pub foa: Option<Vec<Foa>>,
    /// When the losing registrar's time to refuse ends.
    pub regac_at: Option<Timestamp>,
    pub start_at: Option<Timestamp>,
    pub transfer_link: Option<String>,
    pub transfer_procedure: Option<String>,
}

/// What a transfer was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct TransferParameters {
    pub domain: Option<String>,
    pub duration: Option<u32>,
    #[serde(deserialize_with = "string_or_number")]
    pub reseller: Option<String>,
    pub tld: Option<String>,
    #[serde(deserialize_with = "string_or_number")]
    pub version: Option<String>,
}

open_enum! {
    /// How far work at the registry has come.
    pub enum Step {
        /// It is being paid for.
        Bill = "BILL",
        /// It waits for somebody.
        Wait = "WAIT",
        /// It goes on.
        Run = "RUN",
        /// Gandi's support looks at it.
        Support = "SUPPORT",
        /// It stopped.
        Error = "ERROR",
        /// It is done.
        Done = "DONE",
    }
}

/// Somebody who has to agree to a transfer or to a change of owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct Foa {
    pub email: Option<String>,
    /// Nothing until they answer.
    #[serde(deserialize_with = "answer")]
    pub answer: Option<String>,
}

/// Answers are truth values, or words for them.
pub(crate) fn answer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// Whether a domain can be transferred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TransferAvailability {
    pub available: bool,
    pub fqdn: Option<String>,
    pub fqdn_alabel: Option<String>,
    pub fqdn_ulabel: Option<String>,
    pub corporate: Option<bool>,
    /// The years that can be added.
    pub durations: Option<Vec<u32>>,
    /// Whether the domain is at Gandi already, and a change of owner is wanted instead.
    pub internal: Option<bool>,
    pub maximum_duration: Option<u32>,
    pub minimum_duration: Option<u32>,
    /// Why not.
    pub msg: Option<String>,
}

/// Asks whether a code fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AvailabilityRequest {
    #[serde(default, serialize_with = "secret::expose_option", skip_serializing_if = "Option::is_none")]
    pub authinfo: Option<Secret>,
}

/// A code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AuthInfo {
    #[serde(serialize_with = "secret::expose")]
    pub authinfo: Secret,
}

/// Whom to mail once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FoaRequest {
    pub email: String,
}
