//! Accounts, who is in them, and what they pay.
//!
//! ```
//! use howdah_netlify::accounts::{AccountFilter, AccountId, NewMember, Role};
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! let account = AccountId::from("vmst");
//! netlify.accounts().add_member(&account, NewMember::new().with_role(Role::Developer).with_email("ada@example.com")).await?;
//! for account in netlify.accounts().list(AccountFilter::new()).await? {
//!     println!("{:?}", account.name);
//! }
//! # Ok(()) }
//! ```
//!
//! Wherever an account is named, its slug does as well as its id.
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{PAGES, sites::SiteId};

endpoints! {
    LIST:                 AccountFilter => Vec<Account>       = get("/accounts");
    CREATE:               NewAccount    => Account            = post("/accounts").status(201);
    GET:                  ()            => Account            = get("/accounts/{account_id}");
    UPDATE:               AccountUpdate => Account            = put("/accounts/{account_id}").once();
    CANCEL:               ()            => ()                 = delete("/accounts/{account_id}").status(204);
    LIST_TYPES:           ()            => Vec<AccountType>   = get("/accounts/types");
    LIST_PAYMENT_METHODS: ()            => Vec<PaymentMethod> = get("/billing/payment_methods");
    LIST_AUDIT_EVENTS:    AuditFilter   => Vec<AuditLog>      = get("/accounts/{account_id}/audit").pages(PAGES);
    LIST_MEMBERS:         ()            => Vec<Member>        = get("/{account_slug}/members");
    ADD_MEMBER:           NewMember     => Vec<Member>        = post("/{account_slug}/members");
    GET_MEMBER:           ()            => Member             = get("/{account_slug}/members/{member_id}");
    UPDATE_MEMBER:        MemberUpdate  => Member             = put("/{account_slug}/members/{member_id}").once();
    REMOVE_MEMBER:        ()            => ()                 = delete("/{account_slug}/members/{member_id}").status(204);
}

/// The accounts group. Reach it through [`Netlify::accounts`](crate::Netlify::accounts).
#[derive(Clone, Debug)]
pub struct Accounts(pub(crate) Api);

impl Accounts {
    /// Lists the accounts that the token's owner is in.
    ///
    /// `GET /accounts`
    pub fn list(&self, filter: AccountFilter) -> Call<Vec<Account>> {
        self.0.send(&LIST, [], filter)
    }

    /// Makes an account, which may have a price. Not repeated when the answer is lost.
    ///
    /// `POST /accounts`
    pub fn create(&self, account: NewAccount) -> Call<Account> {
        self.0.send(&CREATE, [], account)
    }

    /// Reads an account.
    ///
    /// `GET /accounts/{account_id}`
    pub fn get(&self, account: &AccountId) -> Call<Account> {
        self.0.send(&GET, [account], ())
    }

    /// Changes an account, which may change its price. Not repeated when the answer is lost.
    ///
    /// `PUT /accounts/{account_id}`
    pub fn update(&self, account: &AccountId, update: AccountUpdate) -> Call<Account> {
        self.0.send(&UPDATE, [account], update)
    }

    /// Ends an account and all that is in it.
    ///
    /// `DELETE /accounts/{account_id}`
    pub fn cancel(&self, account: &AccountId) -> Call<()> {
        self.0.send(&CANCEL, [account], ())
    }

    /// Lists what accounts there can be, and their prices.
    ///
    /// `GET /accounts/types`
    pub fn list_types(&self) -> Call<Vec<AccountType>> {
        self.0.send(&LIST_TYPES, [], ())
    }

    /// Lists how the token's owner pays.
    ///
    /// `GET /billing/payment_methods`
    pub fn list_payment_methods(&self) -> Call<Vec<PaymentMethod>> {
        self.0.send(&LIST_PAYMENT_METHODS, [], ())
    }

    /// Streams who did what.
    ///
    /// `GET /accounts/{account_id}/audit`
    pub fn list_audit_events(&self, account: &AccountId, filter: AuditFilter) -> Pages<AuditLog> {
        self.0.pages(&LIST_AUDIT_EVENTS, [account], filter)
    }

    /// Lists who is in an account.
    ///
    /// `GET /{account_slug}/members`
    pub fn list_members(&self, account: &AccountId) -> Call<Vec<Member>> {
        self.0.send(&LIST_MEMBERS, [account], ())
    }

    /// Invites someone, which may have a price. The answer is who is in the account.
    ///
    /// `POST /{account_slug}/members`
    pub fn add_member(&self, account: &AccountId, member: NewMember) -> Call<Vec<Member>> {
        self.0.send(&ADD_MEMBER, [account], member)
    }

    /// Reads a member.
    ///
    /// `GET /{account_slug}/members/{member_id}`
    pub fn get_member(&self, account: &AccountId, member: &MemberId) -> Call<Member> {
        self.0.send(&GET_MEMBER, [account, member], ())
    }

    /// Changes what a member may do.
    ///
    /// `PUT /{account_slug}/members/{member_id}`
    pub fn update_member(&self, account: &AccountId, member: &MemberId, update: MemberUpdate) -> Call<Member> {
        self.0.send(&UPDATE_MEMBER, [account, member], update)
    }

    /// Removes a member.
    ///
    /// `DELETE /{account_slug}/members/{member_id}`
    pub fn remove_member(&self, account: &AccountId, member: &MemberId) -> Call<()> {
        self.0.send(&REMOVE_MEMBER, [account, member], ())
    }
}

/// The id of an account, or its slug.
pub type AccountId = Id<Account, String>;

/// The id of a member.
pub type MemberId = Id<Member, String>;

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Account {
    pub id: AccountId,
    pub name: Option<String>,
    pub slug: Option<String>,
    #[serde(rename = "type")]
    pub account_type: Option<String>,
    pub capabilities: Option<Capabilities>,
    pub billing_name: Option<String>,
    pub billing_email: Option<String>,
    pub billing_details: Option<String>,
    pub billing_period: Option<String>,
    pub payment_method_id: Option<String>,
    pub type_name: Option<String>,
    pub type_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub owner_ids: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub roles_allowed: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// What an account may have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Capabilities {
    pub sites: Option<UsageCapability>,
    pub collaborators: Option<UsageCapability>,
}

/// How much of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UsageCapability {
    pub included: Option<i64>,
    pub used: Option<i64>,
}

input! {
    /// An account to make.
    pub struct NewAccount {
        name: String,
        type_id: String,
    } optional {
        payment_method_id: String,
        period: Period,
        /// Seats that are paid for besides.
        extra_seats_block: i64,
    }
}

input! {
    /// What changes in an account.
    pub struct AccountUpdate {} optional {
        name: String,
        slug: String,
        type_id: String,
        extra_seats_block: i64,
        billing_name: String,
        billing_email: String,
        billing_details: String,
    }
}

open_enum! {
    /// How often is paid.
    #[allow(missing_docs)]
    pub enum Period {
        Monthly = "monthly",
        Yearly = "yearly",
    }
}

/// What an account can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AccountType {
    pub id: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub capabilities: Option<Map<String, Value>>,
    /// US dollars.
    pub monthly_dollar_price: Option<i64>,
    /// US dollars.
    pub yearly_dollar_price: Option<i64>,
    pub monthly_seats_addon_dollar_price: Option<i64>,
    pub yearly_seats_addon_dollar_price: Option<i64>,
}

/// How someone pays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PaymentMethod {
    pub id: Option<String>,
    pub method_name: Option<String>,
    #[serde(rename = "type")]
    pub method_type: Option<String>,
    pub state: Option<String>,
    pub data: Option<PaymentData>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// What is known of a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PaymentData {
    pub card_type: Option<String>,
    pub last4: Option<String>,
    pub email: Option<String>,
}

/// Who did what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AuditLog {
    pub id: Option<String>,
    pub account_id: Option<AccountId>,
    pub payload: Option<AuditPayload>,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct AuditPayload {
    pub actor_id: Option<String>,
    pub actor_name: Option<String>,
    pub actor_email: Option<String>,
    pub action: Option<String>,
    pub timestamp: Option<Timestamp>,
    pub log_type: Option<String>,
}

/// Someone who is in an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Member {
    pub id: MemberId,
    pub full_name: Option<String>,
    pub email: Option<String>,
    pub avatar: Option<String>,
    pub role: Option<Role>,
}

input! {
    /// Someone to invite.
    pub struct NewMember {} optional {
        role: Role,
        email: String,
    }
}

input! {
    /// What a member may do.
    pub struct MemberUpdate {} optional {
        role: Role,
        site_access: SiteAccess,
        site_ids: Vec<SiteId>,
    }
}

open_enum! {
    /// What someone may do.
    #[allow(missing_docs)]
    pub enum Role {
        Owner = "Owner",
        Developer = "Developer",
        BillingAdmin = "Billing Admin",
        Reviewer = "Reviewer",
    }
}

open_enum! {
    /// Which sites someone sees.
    pub enum SiteAccess {
        /// All.
        All = "all",
        /// None.
        None = "none",
        /// Some.
        Selected = "selected",
    }
}

input! {
    /// How much is told of accounts.
    pub struct AccountFilter {} optional {
        /// Whether only names and ids are told.
        minimal: bool,
    }
}

input! {
    /// Narrows who did what.
    pub struct AuditFilter {} optional {
        query: String,
        log_type: String,
    }
}
