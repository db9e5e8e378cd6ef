//! Another owner for a domain.
//!
//! ```
//! use howdah_gandi::contacts::{ContactType, NewContact};
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::new();
//! # let domain = howdah_core::dns::Name::parse("example.org").unwrap();
//! # fake.registry().register(&domain, howdah_gandi::testing::NAME, &[], jiff::SignedDuration::from_hours(24));
//! # let gandi = fake.client();
//! # fake.answer_owner_changes(true);
//! let ada = NewContact::new("GB", "ada@example.com", "Lovelace", "Ada", "12 St James's Square", ContactType::Individual);
//! let change = gandi.change_owner();
//! let tried = change.check_start("example.org", ada.clone()).await?;
//! assert!(tried.is_accepted(), "{:?}", tried.errors);
//!
//! change.start("example.org", ada).await?;
//! let done = change.follow("example.org").await?;
//! assert!(done.foa.iter().all(|asked| asked.answer.as_deref() == Some("true")));
//! # Ok(()) }
//! ```
//!
//! The old owner and the new one are asked by mail, and some registries charge for it. How it goes on is read with
//! [`get`](ChangeOwner::get); there is no way to give it up.

use std::time::Duration;

use howdah_core::{
    endpoints,
    http::{Api, Call, Detailed, Pending, Stage, Staged},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    contacts::NewContact,
    dry_run::{Accepted, DRY_RUN, DryRun},
    transfers::{Foa, FoaRequest, Step, answer},
};

endpoints! {
    START:       NewOwner  => Detailed<Accepted> = post("/domain/changeowner/{domain}").status(202);
    CHECK_START: NewOwner  => Detailed<DryRun>   = post("/domain/changeowner/{domain}").headers(DRY_RUN).safe();
    GET:         ()        => OwnerChange        = get("/domain/changeowner/{domain}");
    RESEND_FOA:  FoaRequest => ()                 = post("/domain/changeowner/{domain}/foa");
}

/// The change owner group. Reach it through [`Gandi::change_owner`](crate::Gandi::change_owner).
#[derive(Clone, Debug)]
pub struct ChangeOwner(pub(crate) Api);

impl ChangeOwner {
    /// Begins the change, and pays where the registry charges for it.
    ///
    /// `POST /domain/changeowner/{domain}`
    pub fn start(&self, domain: &str, owner: NewContact) -> Call<Accepted> {
        Accepted::read(self.0.send(&START, [&domain], NewOwner { owner }))
    }

    /// Tries [`start`](Self::start). Nothing is changed, and nothing paid.
    ///
    /// `POST /domain/changeowner/{domain}`
    pub fn check_start(&self, domain: &str, owner: NewContact) -> Call<DryRun> {
        self.0.send(&CHECK_START, [&domain], NewOwner { owner }).map(DryRun::from)
    }

    /// Reads how far the latest change has come.
    ///
    /// `GET /domain/changeowner/{domain}`
    pub fn get(&self, domain: &str) -> Call<OwnerChange> {
        self.0.send(&GET, [&domain], ())
    }

    /// Waits for the latest change, which takes until both owners have answered: up to a fortnight, unless told otherwise.
    ///
    /// `GET /domain/changeowner/{domain}`
    pub fn follow(&self, domain: &str) -> Pending<OwnerChange> {
        let (change, domain) = (self.clone(), domain.to_owned());
        let what = format!("gandi: the change of owner of {domain}");
        Pending::attached(move || change.get(&domain))
            .named(what)
            .every(Duration::from_secs(60), Duration::from_secs(3600))
            .within(Duration::from_secs(14 * 24 * 3600))
    }

    /// Sends one of the owners the mail again that asks to agree.
    ///
    /// `POST /domain/changeowner/{domain}/foa`
    pub fn resend_foa(&self, domain: &str, email: &str) -> Call<()> {
        self.0.send(&RESEND_FOA, [&domain], FoaRequest { email: email.to_owned() })
    }
}

/// The owner to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NewOwner {
    pub owner: NewContact,
}

/// How far a change of owner has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OwnerChange {
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    /// When it is to begin, where that is not at once.
    pub date_start: Option<Timestamp>,
    pub step: Step,
    pub step_nb: Option<i64>,
    pub inner_step: Option<String>,
    pub params: Option<OwnerChangeParams>,
    /// Why it stopped, as a code.
    pub errortype: Option<String>,
    /// The same in words.
    pub errortype_label: Option<String>,
    /// Who was asked to agree.
    #[serde(default)]
    pub foa: Vec<Foa>,
}

impl Staged for OwnerChange {
    fn stage(&self) -> Stage {
        match self.step {
            Step::Done => Stage::Done,
            Step::Error => {
                let why = self.errortype_label.as_ref().or(self.errortype.as_ref());
                Stage::Failed(why.cloned().unwrap_or_else(|| "Gandi does not say why".to_owned()))
            }
            _ => Stage::Running,
        }
    }
}

/// Who a change of owner is between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OwnerChangeParams {
    pub inner_step: Option<String>,
    /// Nothing until they answer.
    #[serde(default, deserialize_with = "answer")]
    pub answer_new_owner: Option<String>,
    /// Nothing until they answer.
    #[serde(default, deserialize_with = "answer")]
    pub answer_old_owner: Option<String>,
    pub new_owner_email: Option<String>,
    pub old_owner_email: Option<String>,
    pub old_admin_email: Option<String>,
}
