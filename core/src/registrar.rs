//! What a registrar can do, and how it is asked to.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Error, ErrorKind, Outcome, Result, Secret,
    dns::{KeyInfo, Name},
};

/// A company through which domains are registered.
///
/// What a method asks for is accepted when it returns, and done when it can be read back: registries take their time.
/// Only [`transfer_in`](Self::transfer_in) pays, and no call that pays or relaunches is ever repeated: when its outcome
/// is unknown, [`transfer`](Self::transfer) tells whether it went through.
#[async_trait]
pub trait Registrar: Send + Sync + fmt::Debug {
    /// The registrar's name in one lower-case word, as in [`Error::provider`].
    fn name(&self) -> &'static str;

    /// What is possible. What is not is refused with [`ErrorKind::Unsupported`] before anything is sent.
    fn capabilities(&self) -> &RegistrarCapabilities;

    /// What the registrar says of a domain that is registered through it; [`ErrorKind::NotFound`] when it is not.
    async fn registration(&self, domain: &Name) -> Result<Registration>;

    /// What something costs now.
    async fn quote(&self, domain: &Name, purchase: Purchase) -> Result<Quote>;

    /// Whether a transfer to this registrar could begin, as far as it can tell; with the code, whether the code fits.
    async fn check_transfer(&self, domain: &Name, auth_code: Option<&Secret>) -> Result<TransferCheck>;

    /// Pays, and asks the registry for the domain. A transfer that goes on already is returned, and nothing is paid.
    ///
    /// The price is asked again; one above what was confirmed is [`ErrorKind::Payment`], and nothing is sent that pays.
    async fn transfer_in(&self, order: &TransferOrder, confirm: &Confirm) -> Result<Transfer>;

    /// How the latest transfer of the domain to this registrar stands; none when there was none.
    async fn transfer(&self, domain: &Name) -> Result<Option<Transfer>>;

    /// Gives a transfer that stopped for a wrong authorization code another one, and lets it go on.
    async fn correct_transfer(&self, domain: &Name, auth_code: &Secret) -> Result<()>;

    /// Lets the parent delegate the domain to these servers.
    async fn set_name_servers(&self, domain: &Name, servers: &[Name]) -> Result<()>;

    /// Forbids transfers to other registrars, or allows them.
    async fn set_transfer_lock(&self, domain: &Name, locked: bool) -> Result<()>;

    /// Says whether the registration is renewed by itself, and paid for.
    async fn set_auto_renew(&self, domain: &Name, on: bool) -> Result<()>;

    /// Asks for the code with which the domain can be transferred to another registrar.
    async fn auth_code(&self, domain: &Name) -> Result<AuthCode>;

    /// The keys that the registrar has given to the parent.
    async fn keys(&self, domain: &Name) -> Result<Vec<PublishedKey>>;

    /// Lets the parent publish a DS for this key beside those that are there. A key that is there already is left as it is.
    ///
    /// A registrar that takes keys refuses with [`ErrorKind::Precondition`] when only digests are known.
    async fn add_key(&self, domain: &Name, key: &KeyInfo) -> Result<()>;

    /// Lets the parent drop the DS of this key. One that is gone already is no error.
    async fn remove_key(&self, domain: &Name, key: &PublishedKey) -> Result<()>;

    /// The hosts below the domain whose addresses the parent hands out with the delegation.
    async fn glue(&self, domain: &Name) -> Result<Vec<GlueHost>>;

    /// Adds a host, or gives it other addresses; without addresses it goes.
    async fn set_glue(&self, domain: &Name, host: &GlueHost) -> Result<()>;
}

/// What a registrar can do through its API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)]
pub struct RegistrarCapabilities {
    /// Whether domains can be transferred to it, with quotes and checks.
    pub transfer_in: bool,
    /// Whether name servers can be changed.
    pub name_servers: bool,
    /// Whether the transfer lock can be changed.
    pub transfer_lock: bool,
    /// Whether renewal by itself can be changed.
    pub auto_renew: bool,
    /// How the authorization code comes.
    pub auth_code: AuthCodeDelivery,
    /// What a DS is made from.
    pub keys: KeyInput,
    /// Whether hosts with glue can be changed.
    pub glue: bool,
}

impl RegistrarCapabilities {
    /// A registrar that can be read and no more.
    pub fn read_only() -> Self {
        Self {
            transfer_in: false,
            name_servers: false,
            transfer_lock: false,
            auto_renew: false,
            auth_code: AuthCodeDelivery::Manual,
            keys: KeyInput::None,
            glue: false,
        }
    }
}

/// How an authorization code gets to whoever asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthCodeDelivery {
    /// The API returns it.
    Returned,
    /// It is mailed to the registrant.
    Mailed,
    /// Somebody has to fetch it from the registrar's web site.
    Manual,
}

/// What a registrar wants to be told of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyInput {
    /// Nothing: it does not publish DS records.
    None,
    /// The key, from which it makes the digest.
    Key,
    /// A digest.
    Digest,
    /// One or the other, as the registry wants it.
    Either,
}

/// A domain as its registrar has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Registration {
    pub domain: Name,
    /// What the parent delegates to, as far as the registrar knows.
    pub name_servers: Vec<Name>,
    /// Whether transfers to other registrars are forbidden; `None` where the registrar does not say.
    pub transfer_lock: Option<bool>,
    pub auto_renew: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// The registry's status codes, where the registrar tells them, such as `clientTransferProhibited`.
    pub statuses: Vec<String>,
}

impl Registration {
    /// A domain of which nothing else is known.
    pub fn new(domain: Name) -> Self {
        Self {
            domain,
            name_servers: Vec::new(),
            transfer_lock: None,
            auto_renew: None,
            created_at: None,
            expires_at: None,
            statuses: Vec::new(),
        }
    }
}

/// What costs money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Purchase {
    /// A new registration, for this many years.
    Registration(u32),
    /// A transfer, with the years it adds.
    Transfer(u32),
    /// Another time, for this many years.
    Renewal(u32),
}

/// An amount of money.
///
/// ```
/// use howdah_core::registrar::Money;
///
/// let price = Money::from_float(16.5, "USD")?;
/// assert_eq!(price.to_string(), "16.50 USD");
/// assert_eq!(price, "16.50 USD".parse()?);
/// # Ok::<(), howdah_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Money {
    /// Hundredths of the currency's unit.
    pub cents: u64,
    /// Three capital letters, such as `EUR`.
    pub currency: String,
}

impl Money {
    /// So many hundredths.
    pub fn new(cents: u64, currency: impl Into<String>) -> Self {
        Self { cents, currency: currency.into() }
    }

    /// A price as a number, which some APIs give. What is finer than a hundredth is rounded up, as a bill would be.
    pub fn from_float(amount: f64, currency: impl Into<String>) -> Result<Self> {
        const LARGEST: f64 = 1e13;
        if !(0.0..LARGEST).contains(&amount) {
            return Err(Error::invalid(format!("`{amount}` is no price")));
        }
        // A hundredth of a hundredth is the noise of the number's format, and no money.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let cents = (amount * 100.0 - 0.01).ceil().max(0.0) as u64;
        Ok(Self::new(cents, currency))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} {}", self.cents / 100, self.cents % 100, self.currency)
    }
}

impl std::str::FromStr for Money {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid(format!("`{text}` is no amount of money, such as 16.50 USD"));
        let (amount, currency) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let (units, hundredths) = amount.split_once('.').unwrap_or((amount, "00"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let known = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if !known || !digits(units) || !digits(hundredths) || hundredths.len() > 2 {
            return Err(wrong());
        }
        let cents = format!("{units}{hundredths:0<2}").parse().map_err(|_| wrong())?;
        Ok(Self::new(cents, currency))
    }
}

/// What a registrar asks for something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Quote {
    pub domain: Name,
    pub purchase: Purchase,
    /// With all taxes that the registrar tells.
    pub price: Money,
    /// Whether the registry asks more for this domain than for others.
    pub premium: bool,
}

/// The consent to pay: made from a quote, with the most that may be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    domain: Name,
    purchase: Purchase,
    max_price: Money,
}

impl Confirm {
    /// Agrees to what was quoted, at up to `max_price`; [`ErrorKind::Payment`] when the quote is above it already.
    pub fn up_to(max_price: Money, quote: &Quote) -> Result<Self> {
        let confirm = Self { domain: quote.domain.clone(), purchase: quote.purchase, max_price };
        confirm.require(quote).map(|()| confirm)
    }

    /// The most that may be paid.
    pub fn max_price(&self) -> &Money {
        &self.max_price
    }

    /// For implementors: refuses a quote that this is no consent to.
    pub fn require(&self, quote: &Quote) -> Result<()> {
        if (&self.domain, self.purchase) != (&quote.domain, quote.purchase) {
            let message = format!(
                "what was confirmed is {:?} of {}, not {:?} of {}",
                self.purchase, self.domain, quote.purchase, quote.domain
            );
            return Err(Error::invalid(message));
        }
        let Quote { domain, price, .. } = quote;
        let too_dear = |message| Error::new(ErrorKind::Payment, message).with_outcome(Outcome::NotSent);
        if price.currency != self.max_price.currency {
            let message = format!("{domain} costs {price}, and the limit of {} is in another currency", self.max_price);
            return Err(too_dear(message));
        }
        if price.cents > self.max_price.cents {
            let message = format!("{domain} costs {price}, which is more than the confirmed {}", self.max_price);
            return Err(too_dear(message));
        }
        Ok(())
    }
}

/// Whether a transfer could begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct TransferCheck {
    pub feasible: bool,
    /// Why not, in the registrar's words.
    pub because: Option<String>,
    /// Whether the top-level domain asks for an authorization code.
    pub needs_auth_code: Option<bool>,
}

impl TransferCheck {
    /// It could begin.
    pub fn feasible() -> Self {
        Self { feasible: true, because: None, needs_auth_code: None }
    }

    /// It could not.
    pub fn refused(because: impl Into<String>) -> Self {
        Self { feasible: false, because: Some(because.into()), needs_auth_code: None }
    }

    /// Says whether a code is asked for.
    pub fn with_needs_auth_code(mut self, needed: impl Into<Option<bool>>) -> Self {
        self.needs_auth_code = needed.into();
        self
    }
}

/// A transfer to be begun.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct TransferOrder {
    pub domain: Name,
    /// Not every top-level domain has one.
    pub auth_code: Option<Secret>,
    /// What the parent is to delegate to afterwards. Registrars that are told nothing choose their own servers.
    pub name_servers: Vec<Name>,
    /// Years that are added to the registration.
    pub years: u32,
}

impl TransferOrder {
    /// A transfer that adds a year.
    pub fn new(domain: Name, name_servers: impl IntoIterator<Item = Name>) -> Self {
        Self { domain, auth_code: None, name_servers: name_servers.into_iter().collect(), years: 1 }
    }

    /// With the losing registrar's code.
    pub fn with_auth_code(mut self, auth_code: impl Into<Option<Secret>>) -> Self {
        self.auth_code = auth_code.into();
        self
    }

    /// With more years.
    pub fn with_years(mut self, years: u32) -> Self {
        self.years = years;
        self
    }
}

/// A transfer that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Transfer {
    pub domain: Name,
    /// What the registrar calls it.
    pub id: String,
    pub state: OperationState,
    pub started_at: Option<Timestamp>,
}

impl Transfer {
    /// A transfer in a state.
    pub fn new(domain: Name, id: impl Into<String>, state: OperationState) -> Self {
        Self { domain, id: id.into(), state, started_at: None }
    }

    /// Says when it began.
    pub fn with_started_at(mut self, at: impl Into<Option<Timestamp>>) -> Self {
        self.started_at = at.into();
        self
    }
}

/// How far a registrar's work has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(tag = "state", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum OperationState {
    /// Accepted, not begun.
    Pending,
    /// It goes on.
    InProgress {
        step: String,
    },
    /// Somebody has to do something first.
    ActionRequired {
        what: String,
        who: String,
    },
    /// It stopped, and can be set going again.
    Blocked {
        why: String,
    },
    Succeeded,
    Failed {
        why: String,
    },
    Cancelled,
}

impl OperationState {
    /// Whether nothing more will happen.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed { .. } | Self::Cancelled)
    }
}

/// An authorization code, or where it went.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AuthCode {
    /// Here it is.
    Returned(Secret),
    /// It was mailed to the registrant.
    Mailed,
}

/// A key that the registrar has given to the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PublishedKey {
    /// What the registrar calls it.
    pub id: String,
    pub key: KeyInfo,
}

/// A host and the addresses that the parent hands out for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct GlueHost {
    pub host: Name,
    pub addresses: Vec<std::net::IpAddr>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(cents: u64) -> Quote {
        let domain = Name::parse("example.org").unwrap();
        Quote { domain, purchase: Purchase::Transfer(1), price: Money::new(cents, "EUR"), premium: false }
    }

    #[test]
    fn money_is_read_and_rounded_up() {
        for (text, cents) in [("16.50 USD", 1650), ("16.5 USD", 1650), ("16 USD", 1600), ("0.05 USD", 5)] {
            assert_eq!(text.parse::<Money>().unwrap(), Money::new(cents, "USD"), "{text}");
        }
        for text in
            ["", "16.50", "16,50 EUR", "16.505 EUR", "-1 EUR", "1 eur", "1 EURO", ". EUR", "99999999999999999999 EUR"]
        {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
        for (amount, cents) in [(0.0, 0), (16.5, 1650), (0.29, 29), (10.21, 1021), (1.001, 101), (19.99, 1999)] {
            assert_eq!(Money::from_float(amount, "USD").unwrap().cents, cents, "{amount}");
        }
        for amount in [f64::NAN, f64::INFINITY, -0.01] {
            assert!(Money::from_float(amount, "USD").is_err(), "{amount}");
        }
    }

    #[test]
    fn consent_has_a_limit_a_currency_and_a_subject() {
        let confirm = Confirm::up_to(Money::new(2000, "EUR"), &quote(1999)).unwrap();
        assert!(confirm.require(&quote(2000)).is_ok());
        let error = confirm.require(&quote(2001)).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Payment, Outcome::NotSent));
        assert_eq!(error.message(), "example.org. costs 20.01 EUR, which is more than the confirmed 20.00 EUR");
        assert!(Confirm::up_to(Money::new(2000, "USD"), &quote(1)).is_err());
        let renewal = Quote { purchase: Purchase::Renewal(1), ..quote(1) };
        assert!(confirm.require(&renewal).is_err());
    }
}
