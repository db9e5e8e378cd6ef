//! Certificates of load balancers and CDN endpoints.
//!
//! ```
//! use howdah_digitalocean::certificates::{CertificateFilter, NewCertificate};
//! # use howdah_digitalocean::testing::{FakeDigitalOcean, certificate_for};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let (leaf, chain, key) = certificate_for(&["vmst.io", "*.vmst.io"]);
//! let certificates = ocean.certificates();
//! let bought = NewCertificate::custom("vmst-io-2026-11", key, leaf, chain);
//! let certificate = certificates.create(bought).await?;
//! println!("{} until {}", certificate.name, certificate.not_after.unwrap());
//!
//! // The id of a Let's Encrypt certificate changes when it is renewed; its name does not.
//! let named = certificates.list(CertificateFilter::new().with_name("vmst-io-2026-11")).all().await?;
//! assert_eq!(named[0].id, certificate.id);
//! # Ok(()) }
//! ```
//!
//! There is no way to change a certificate: another is created, under another name, and takes its place. One that is in use,
//! or was until a moment ago, is not deleted: [`Invalid`](howdah_core::ErrorKind::Invalid) (422).

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Pages, Pending, Stage, Staged, null_as_default},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    PAGES,
    actions::{APPEARING, FIRST_LOOK, LAST_LOOK},
};

endpoints! {
    LIST:   CertificateFilter => Vec<Certificate> = get("/v2/certificates").envelope("certificates").pages(PAGES);
    CREATE: NewCertificate    => Certificate      = post("/v2/certificates").envelope("certificate").status(201);
    GET:    ()                => Certificate      = get("/v2/certificates/{certificate_id}").envelope("certificate");
    DELETE: ()                => ()               = delete("/v2/certificates/{certificate_id}").status(204);
}

/// The certificates group. Reach it through [`DigitalOcean::certificates`](crate::DigitalOcean::certificates).
#[derive(Clone, Debug)]
pub struct Certificates(pub(crate) Api);

impl Certificates {
    /// Streams the account's certificates.
    ///
    /// `GET /v2/certificates`
    pub fn list(&self, filter: CertificateFilter) -> Pages<Certificate> {
        self.0.pages(&LIST, [], filter)
    }

    /// Uploads a certificate, or has one issued by Let's Encrypt: [`follow`](Self::follow) the latter until it is there.
    ///
    /// `POST /v2/certificates`
    pub fn create(&self, certificate: NewCertificate) -> Call<Certificate> {
        self.0.send(&CREATE, [], certificate)
    }

    /// Reads a certificate.
    ///
    /// `GET /v2/certificates/{certificate_id}`
    pub fn get(&self, certificate: &CertificateId) -> Call<Certificate> {
        self.0.send(&GET, [certificate], ())
    }

    /// Waits until a certificate is there.
    ///
    /// `GET /v2/certificates/{certificate_id}`
    pub fn follow(&self, certificate: CertificateId) -> Pending<Certificate> {
        let certificates = self.clone();
        let what = format!("digitalocean: the certificate {certificate}");
        let pending = Pending::attached(move || certificates.get(&certificate)).appearing_within(APPEARING);
        pending.named(what).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Deletes a certificate that nothing uses.
    ///
    /// `DELETE /v2/certificates/{certificate_id}`
    pub fn delete(&self, certificate: &CertificateId) -> Call<()> {
        self.0.send(&DELETE, [certificate], ())
    }
}

/// The UUID of a certificate. Where there is none it may be empty, and at the CDN it may be a word.
pub type CertificateId = Id<Certificate, String>;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Certificate {
    pub id: CertificateId,
    pub name: String,
    pub not_after: Option<Timestamp>,
    /// Hexadecimal, of the leaf.
    pub sha1_fingerprint: Option<String>,
    pub created_at: Option<Timestamp>,
    /// What a certificate of Let's Encrypt is for; of others it may hold an empty name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub dns_names: Vec<String>,
    pub state: Option<CertificateState>,
    #[serde(rename = "type")]
    pub certificate_type: Option<CertificateType>,
}

impl Staged for Certificate {
    fn stage(&self) -> Stage {
        match self.state {
            Some(CertificateState::Verified) => Stage::Done,
            Some(CertificateState::Error) => Stage::Failed("Let's Encrypt did not issue it".to_owned()),
            _ => Stage::Running,
        }
    }
}

open_enum! {
    /// How far a certificate has come.
    pub enum CertificateState {
        /// It is being issued.
        Pending = "pending",
        /// It can be used.
        Verified = "verified",
        /// It was not issued.
        Error = "error",
    }
}

open_enum! {
    /// Where a certificate comes from.
    pub enum CertificateType {
        /// It was uploaded.
        Custom = "custom",
        /// Let's Encrypt, which renews it.
        LetsEncrypt = "lets_encrypt",
    }
}

input! {
    /// Narrows the list of certificates.
    pub struct CertificateFilter {} optional {
        name: String,
    }
}

/// A certificate to create.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum NewCertificate {
    /// One of one's own.
    Custom(CustomCertificate),
    /// One that Let's Encrypt issues and renews.
    LetsEncrypt(LetsEncryptCertificate),
}

impl NewCertificate {
    /// One of one's own, as PEM. The chain holds what is between the leaf and a root that is known to all.
    pub fn custom(
        name: impl Into<String>,
        private_key: impl Into<Secret>,
        leaf_certificate: impl Into<String>,
        certificate_chain: impl Into<String>,
    ) -> Self {
        let new = CustomCertificate::new(name, private_key, leaf_certificate).with_certificate_type("custom");
        Self::Custom(new.with_certificate_chain(certificate_chain))
    }

    /// One that Let's Encrypt issues and renews, for names of a domain whose records are in the account.
    pub fn lets_encrypt(name: impl Into<String>, dns_names: impl Into<Vec<String>>) -> Self {
        Self::LetsEncrypt(LetsEncryptCertificate::new(name, dns_names).with_certificate_type("lets_encrypt"))
    }
}

input! {
    /// A certificate of one's own.
    pub struct CustomCertificate {
        name: String,
        /// PEM.
        #[serde(serialize_with = "secret::expose")]
        private_key: Secret,
        /// PEM.
        leaf_certificate: String,
    } optional {
        /// PEM: what is between the leaf and a root.
        certificate_chain: String,
        #[serde(rename = "type")]
        certificate_type: CertificateType,
    }
}

input! {
    /// A certificate for Let's Encrypt to issue.
    pub struct LetsEncryptCertificate {
        name: String,
        dns_names: Vec<String>,
    } optional {
        #[serde(rename = "type")]
        certificate_type: CertificateType,
    }
}
