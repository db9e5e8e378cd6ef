//! Certificates for a domain's names, issued by Let's Encrypt.
//!
//! ```
//! use howdah_dnsimple::certificates::NewLetsencryptPurchase;
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.create_zone("example.com");
//! # let account = fake.account();
//! let certificates = account.certificates();
//! let purchase = NewLetsencryptPurchase::new().with_name("social").with_auto_renew(true);
//! let purchase = certificates.purchase_letsencrypt("example.com", purchase).await?;
//! let certificate = certificates.issue_letsencrypt("example.com", purchase.id).await?.await?;
//!
//! let issued = certificates.download("example.com", certificate.id).await?;
//! let key = certificates.private_key("example.com", certificate.id).await?.private_key;
//! assert!(issued.server.starts_with("-----BEGIN CERTIFICATE-----") && key.expose().contains("PRIVATE KEY"));
//! # Ok(()) }
//! ```
//!
//! A certificate is purchased first and issued then, and so is its renewal. The domain has to be delegated to the name servers here.
//! What is not issued yet cannot be downloaded or renewed: `Precondition` (428). Names besides the usual one may be
//! `PlanRequired` (412).

use howdah_core::{
    Id, Secret, endpoints,
    http::{Call, Pages, Pending, Stage, Staged},
    input, open_enum, secret,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{Account, PAGES, domains::DomainId};

endpoints! {
    LIST:                         CertificateFilter      => Vec<Certificate>      = get("/{account}/domains/{domain}/certificates").envelope("data").pages(PAGES);
    GET:                          ()                     => Certificate           = get("/{account}/domains/{domain}/certificates/{certificate}").envelope("data");
    DOWNLOAD:                     ()                     => CertificateDownload   = get("/{account}/domains/{domain}/certificates/{certificate}/download").envelope("data");
    GET_PRIVATE_KEY:              ()                     => CertificatePrivateKey = get("/{account}/domains/{domain}/certificates/{certificate}/private_key").envelope("data");
    PURCHASE_LETSENCRYPT:         NewLetsencryptPurchase => LetsencryptPurchase   = post("/{account}/domains/{domain}/certificates/letsencrypt").envelope("data").status(201);
    ISSUE_LETSENCRYPT:            ()                     => Certificate           = post("/{account}/domains/{domain}/certificates/letsencrypt/{purchaseId}/issue").envelope("data").status(202);
    PURCHASE_LETSENCRYPT_RENEWAL: NewLetsencryptRenewal  => LetsencryptRenewal    = post("/{account}/domains/{domain}/certificates/letsencrypt/{certificate}/renewals").envelope("data").status(201);
    ISSUE_LETSENCRYPT_RENEWAL:    ()                     => Certificate           = post("/{account}/domains/{domain}/certificates/letsencrypt/{certificate}/renewals/{renewalId}/issue").envelope("data").status(202);
}

/// The certificates group. Reach it through [`Account::certificates`].
#[derive(Clone, Debug)]
pub struct Certificates(pub(crate) Account);

impl Certificates {
    /// Streams the domain's certificates.
    ///
    /// `GET /{account}/domains/{domain}/certificates`
    pub fn list(&self, domain: &str, filter: CertificateFilter) -> Pages<Certificate> {
        self.0.api.pages(&LIST, [&self.0.id, &domain], filter)
    }

    /// Reads a certificate's state and what is known about it.
    ///
    /// `GET /{account}/domains/{domain}/certificates/{certificate}`
    pub fn get(&self, domain: &str, certificate: CertificateId) -> Call<Certificate> {
        self.0.api.send(&GET, [&self.0.id, &domain, &certificate], ())
    }

    /// Waits for a certificate that was asked for elsewhere.
    ///
    /// `GET /{account}/domains/{domain}/certificates/{certificate}`
    pub fn follow(&self, domain: &str, certificate: CertificateId) -> Pending<Certificate> {
        let (certificates, domain) = (self.clone(), domain.to_owned());
        let what = format!("dnsimple: the certificate {certificate} for {domain}");
        Pending::attached(move || certificates.get(&domain, certificate)).named(what)
    }

    /// Reads an issued certificate and its chain.
    ///
    /// `GET /{account}/domains/{domain}/certificates/{certificate}/download`
    pub fn download(&self, domain: &str, certificate: CertificateId) -> Call<CertificateDownload> {
        self.0.api.send(&DOWNLOAD, [&self.0.id, &domain, &certificate], ())
    }

    /// Reads the private key of an issued certificate.
    ///
    /// `GET /{account}/domains/{domain}/certificates/{certificate}/private_key`
    pub fn private_key(&self, domain: &str, certificate: CertificateId) -> Call<CertificatePrivateKey> {
        self.0.api.send(&GET_PRIVATE_KEY, [&self.0.id, &domain, &certificate], ())
    }

    /// Orders a certificate, which is to be issued then.
    ///
    /// `POST /{account}/domains/{domain}/certificates/letsencrypt`
    pub fn purchase_letsencrypt(&self, domain: &str, purchase: NewLetsencryptPurchase) -> Call<LetsencryptPurchase> {
        self.0.api.send(&PURCHASE_LETSENCRYPT, [&self.0.id, &domain], purchase)
    }

    /// Has an ordered certificate issued, which takes a while.
    ///
    /// `POST /{account}/domains/{domain}/certificates/letsencrypt/{purchaseId}/issue`
    pub fn issue_letsencrypt(&self, domain: &str, purchase: LetsencryptPurchaseId) -> Call<Pending<Certificate>> {
        let begun = self.0.api.send(&ISSUE_LETSENCRYPT, [&self.0.id, &domain, &purchase], ());
        self.begun(domain, begun)
    }

    /// Orders the renewal of an issued certificate: a new one for the same names.
    ///
    /// `POST /{account}/domains/{domain}/certificates/letsencrypt/{certificate}/renewals`
    pub fn purchase_letsencrypt_renewal(
        &self,
        domain: &str,
        certificate: CertificateId,
        renewal: NewLetsencryptRenewal,
    ) -> Call<LetsencryptRenewal> {
        self.0.api.send(&PURCHASE_LETSENCRYPT_RENEWAL, [&self.0.id, &domain, &certificate], renewal)
    }

    /// Has an ordered renewal issued; the result is the new certificate, and the old one stays as it is.
    ///
    /// `POST /{account}/domains/{domain}/certificates/letsencrypt/{certificate}/renewals/{renewalId}/issue`
    pub fn issue_letsencrypt_renewal(
        &self,
        domain: &str,
        certificate: CertificateId,
        renewal: LetsencryptRenewalId,
    ) -> Call<Pending<Certificate>> {
        let begun = self.0.api.send(&ISSUE_LETSENCRYPT_RENEWAL, [&self.0.id, &domain, &certificate, &renewal], ());
        self.begun(domain, begun)
    }

    fn begun(&self, domain: &str, begun: Call<Certificate>) -> Call<Pending<Certificate>> {
        let (certificates, domain) = (self.clone(), domain.to_owned());
        begun.map(move |certificate| certificates.follow(&domain, certificate.id).seen(certificate))
    }
}

/// The number of a certificate.
pub type CertificateId = Id<Certificate>;

/// A certificate, perhaps still to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Certificate {
    pub id: CertificateId,
    pub domain_id: Option<DomainId>,
    /// Relative to the domain, such as `www`.
    pub name: String,
    /// The whole name, such as `www.example.com`.
    pub common_name: Option<String>,
    pub years: Option<u32>,
    /// The signing request, in PEM; `None` until the certificate is issued.
    pub csr: Option<String>,
    pub state: CertificateState,
    pub auto_renew: Option<bool>,
    #[serde(default)]
    pub alternate_names: Vec<String>,
    pub authority_identifier: Option<CertificateAuthority>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    /// The last day, in UTC.
    pub expires_on: Option<Date>,
}

impl Staged for Certificate {
    fn stage(&self) -> Stage {
        match self.state {
            CertificateState::Issued => Stage::Done,
            CertificateState::Rejected
            | CertificateState::Refunded
            | CertificateState::Cancelled
            | CertificateState::Failed => Stage::Failed(format!("certificate {} is {}", self.id, self.state)),
            _ => Stage::Running,
        }
    }
}

open_enum! {
    /// How far a certificate has come.
    pub enum CertificateState {
        /// Asked for.
        New = "new",
        /// Paid.
        Purchased = "purchased",
        /// Set up, its key made.
        Configured = "configured",
        /// Handed to the authority.
        Submitted = "submitted",
        /// There.
        Issued = "issued",
        /// Declined by the authority.
        Rejected = "rejected",
        /// Paid back.
        Refunded = "refunded",
        /// Given up.
        Cancelled = "cancelled",
        /// Under way at the authority.
        Requesting = "requesting",
        /// Ended without success.
        Failed = "failed",
    }
}

open_enum! {
    /// Who issues a certificate.
    pub enum CertificateAuthority {
        /// Comodo.
        Comodo = "comodo",
        /// `RapidSSL`.
        Rapidssl = "rapidssl",
        /// Let's Encrypt.
        Letsencrypt = "letsencrypt",
    }
}

open_enum! {
    /// What kind of key a certificate has.
    pub enum SignatureAlgorithm {
        /// On an elliptic curve; the default.
        Ecdsa = "ECDSA",
        /// RSA, for old clients.
        Rsa = "RSA",
    }
}

input! {
    /// Sorts the list of certificates.
    pub struct CertificateFilter {} optional {
        /// Such as `expiration:desc`.
        sort: String,
    }
}

/// An issued certificate with its chain, each in PEM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CertificateDownload {
    pub server: String,
    pub root: Option<String>,
    /// The intermediate certificates, the issuer of `server` first.
    #[serde(default)]
    pub chain: Vec<String>,
}

/// The private key of a certificate, in PEM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CertificatePrivateKey {
    #[serde(serialize_with = "secret::expose")]
    pub private_key: Secret,
}

input! {
    /// A certificate to order.
    pub struct NewLetsencryptPurchase {} optional {
        /// Whether DNSimple renews it in time; not unless asked.
        auto_renew: bool,
        /// Relative to the domain; `www` unless it says otherwise, `*` for a wildcard.
        name: String,
        /// Whole names, such as `docs.example.com`.
        alternate_names: Vec<String>,
        signature_algorithm: SignatureAlgorithm,
    }
}

/// The number of an order for a certificate; not the certificate's own.
pub type LetsencryptPurchaseId = Id<LetsencryptPurchase>;

/// An order for a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LetsencryptPurchase {
    pub id: LetsencryptPurchaseId,
    pub certificate_id: Option<CertificateId>,
    pub state: Option<CertificateState>,
    pub auto_renew: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

input! {
    /// A renewal to order.
    pub struct NewLetsencryptRenewal {} optional {
        /// Whether DNSimple renews the new certificate in time; not unless asked.
        auto_renew: bool,
        signature_algorithm: SignatureAlgorithm,
    }
}

/// The number of an order for a renewal.
pub type LetsencryptRenewalId = Id<LetsencryptRenewal>;

/// An order for the renewal of a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LetsencryptRenewal {
    pub id: LetsencryptRenewalId,
    pub old_certificate_id: Option<CertificateId>,
    pub new_certificate_id: Option<CertificateId>,
    pub state: Option<RenewalState>,
    pub auto_renew: Option<bool>,
    /// Another name of `auto_renew`, which occurs too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_renewal: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// How far the renewal of a certificate has come.
    pub enum RenewalState {
        /// Given up.
        Cancelled = "cancelled",
        /// Asked for.
        New = "new",
        /// Under way.
        Renewing = "renewing",
        /// Done.
        Renewed = "renewed",
        /// Ended without success.
        Failed = "failed",
    }
}
