//! Certificates that Gandi resells: paid, valid for a year, issued when their names are shown to be the buyer's.
//!
//! ```
//! use howdah_gandi::certificates::{DcvMethod, DcvQuestion, NewCertificate};
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let gandi = FakeGandi::new().client();
//! # let mut params = rcgen::CertificateParams::default();
//! # params.distinguished_name.push(rcgen::DnType::CommonName, "social.example.org");
//! # let key = rcgen::KeyPair::generate().unwrap();
//! # let csr = params.serialize_request(&key).unwrap().pem().unwrap();
//! let certificates = gandi.certificates();
//! let question = DcvQuestion::new(csr.as_str(), DcvMethod::Dns, "cert_std_1_0_0");
//! let wanted = certificates.dcv_params(question).await?.record_sets()?;
//! assert_eq!(wanted.len(), 1, "to be put into the zone, with any provider of DNS");
//!
//! let order = NewCertificate::new("cert_std_1_0_0").with_csr(csr).with_dcv_method(DcvMethod::Dns);
//! let tried = certificates.check_issue(order.clone()).await?;
//! assert!(tried.is_accepted(), "{:?}", tried.errors);
//! let issued = certificates.issue(order).await?.await?;
//!
//! let mut chain = certificates.pem(&issued.id).await?;
//! chain.push_str(&certificates.intermediate("cert_std", None).await?);
//! assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2);
//! # Ok(()) }
//! ```
//!
//! What pays has a twin whose name begins with `check_`, which only tries it. A call that pays is never repeated: when its
//! outcome is unknown, look in the [list](Certificates::list) before paying again.

use std::{fmt, time::Duration};

use howdah_core::{
    Error, Id, Result,
    dns::{Name, RecordSet, zonefile},
    endpoints,
    http::{Api, Call, Detailed, Pages, Pending, Stage, Staged, Text, string_or_number},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    PAGES,
    contacts::Contact,
    dry_run::{Accepted, DRY_RUN, DryRun, carried_out},
    tags::{NewTag, TagChange, TagSet},
};

endpoints! {
    DCV_PARAMS:        DcvQuestion        => DcvParams               = post("/certificate/dcv_params").safe();
    LIST:              CertificateFilter  => Vec<Certificate>        = get("/certificate/issued-certs").pages(PAGES);
    ISSUE:             NewCertificate     => IssueAccepted           = post("/certificate/issued-certs").status(202);
    CHECK_ISSUE:       NewCertificate     => Detailed<DryRun>        = post("/certificate/issued-certs").headers(DRY_RUN).safe();
    GET:               ()                 => Certificate             = get("/certificate/issued-certs/{id}");
    RENEW:             CertificateRenewal => Detailed<Accepted>      = post("/certificate/issued-certs/{id}").status(202);
    CHECK_RENEW:       CertificateRenewal => Detailed<DryRun>        = post("/certificate/issued-certs/{id}").headers(DRY_RUN).safe();
    UPDATE:            CertificateChange  => Detailed<Accepted>      = patch("/certificate/issued-certs/{id}").status(202).once();
    CHECK_UPDATE:      CertificateChange  => Detailed<DryRun>        = patch("/certificate/issued-certs/{id}").headers(DRY_RUN).safe();
    REVOKE:            ()                 => ()                      = delete("/certificate/issued-certs/{id}").status(204);
    PEM:               ()                 => Text                    = get("/certificate/issued-certs/{id}/crt");
    RESEND_DCV:        ()                 => ()                      = put("/certificate/issued-certs/{id}/dcv").once();
    SET_DCV_METHOD:    DcvChange          => ()                      = patch("/certificate/issued-certs/{id}/dcv");
    DCV_PARAMS_OF:     DcvParamsChange    => DcvParams               = post("/certificate/issued-certs/{id}/dcv_params").safe();
    LIST_TAGS:         ()                 => Vec<String>             = get("/certificate/issued-certs/{id}/tags");
    ADD_TAG:           NewTag             => ()                      = post("/certificate/issued-certs/{id}/tags");
    REPLACE_TAGS:      TagSet             => ()                      = put("/certificate/issued-certs/{id}/tags");
    UPDATE_TAGS:       TagChange          => ()                      = patch("/certificate/issued-certs/{id}/tags").idempotent();
    CLEAR_TAGS:        ()                 => ()                      = delete("/certificate/issued-certs/{id}/tags");
    LIST_PACKAGES:     PackageFilter      => Vec<CertificatePackage> = get("/certificate/packages").pages(PAGES);
    GET_PACKAGE:       ()                 => CertificatePackage      = get("/certificate/packages/{name}");
    INTERMEDIATE:      IntermediateQuery  => Text                    = get("/certificate/pem/{type}");
    INTERMEDIATE_FILE: ()                 => Text                    = get("/certificate/pem/-/{filename}");
}

/// The certificates group. Reach it through [`Gandi::certificates`](crate::Gandi::certificates).
#[derive(Clone, Debug)]
pub struct Certificates(pub(crate) Api);

impl Certificates {
    /// Asks how the names of a certificate would have to be shown to be the buyer's. Nothing is ordered.
    ///
    /// `POST /certificate/dcv_params`
    pub fn dcv_params(&self, question: DcvQuestion) -> Call<DcvParams> {
        self.0.send(&DCV_PARAMS, [], question)
    }

    /// Streams the certificates.
    ///
    /// `GET /certificate/issued-certs`
    pub fn list(&self, filter: CertificateFilter) -> Pages<Certificate> {
        self.0.pages(&LIST, [], filter)
    }

    /// Orders a certificate, and pays.
    ///
    /// `POST /certificate/issued-certs`
    pub fn issue(&self, order: NewCertificate) -> Call<Pending<Certificate>> {
        if let Err(error) = order.check() {
            return self.refuse(ISSUE.route(), error);
        }
        let certificates = self.clone();
        carried_out(self.0.send(&ISSUE, [], order)).map(move |accepted| certificates.follow(&accepted.id))
    }

    /// Tries [`issue`](Self::issue). Nothing is ordered, and nothing paid.
    ///
    /// `POST /certificate/issued-certs`
    pub fn check_issue(&self, order: NewCertificate) -> Call<DryRun> {
        if let Err(error) = order.check() {
            return self.refuse(CHECK_ISSUE.route(), error);
        }
        self.0.send(&CHECK_ISSUE, [], order).map(DryRun::from)
    }

    /// Reads a certificate's state and what is known about it.
    ///
    /// `GET /certificate/issued-certs/{id}`
    pub fn get(&self, id: &CertificateId) -> Call<Certificate> {
        self.0.send(&GET, [id], ())
    }

    /// Waits until a certificate is valid: up to three days, unless told otherwise.
    ///
    /// `GET /certificate/issued-certs/{id}`
    pub fn follow(&self, id: &CertificateId) -> Pending<Certificate> {
        let (certificates, id) = (self.clone(), id.clone());
        let what = format!("gandi: the certificate {id}");
        Pending::attached(move || certificates.get(&id))
            .named(what)
            .every(Duration::from_secs(10), Duration::from_secs(15 * 60))
            .within(Duration::from_secs(3 * 24 * 3600))
    }

    /// Orders another year, and pays.
    ///
    /// `POST /certificate/issued-certs/{id}`
    pub fn renew(&self, id: &CertificateId, renewal: CertificateRenewal) -> Call<Accepted> {
        Accepted::read(self.0.send(&RENEW, [id], renewal))
    }

    /// Tries [`renew`](Self::renew). Nothing is ordered, and nothing paid.
    ///
    /// `POST /certificate/issued-certs/{id}`
    pub fn check_renew(&self, id: &CertificateId, renewal: CertificateRenewal) -> Call<DryRun> {
        self.0.send(&CHECK_RENEW, [id], renewal).map(DryRun::from)
    }

    /// Has a certificate issued again, for another key or other names. Names beyond the package may have to be paid for.
    ///
    /// `PATCH /certificate/issued-certs/{id}`
    pub fn update(&self, id: &CertificateId, change: CertificateChange) -> Call<Accepted> {
        Accepted::read(self.0.send(&UPDATE, [id], change))
    }

    /// Tries [`update`](Self::update). Nothing is changed, and nothing paid.
    ///
    /// `PATCH /certificate/issued-certs/{id}`
    pub fn check_update(&self, id: &CertificateId, change: CertificateChange) -> Call<DryRun> {
        self.0.send(&CHECK_UPDATE, [id], change).map(DryRun::from)
    }

    /// Revokes a certificate, for good. Servers that use it are no longer trusted.
    ///
    /// `DELETE /certificate/issued-certs/{id}`
    pub fn revoke(&self, id: &CertificateId) -> Call<()> {
        self.0.send(&REVOKE, [id], ())
    }

    /// Reads an issued certificate in PEM, without the one that signed it.
    ///
    /// `GET /certificate/issued-certs/{id}/crt`
    pub fn pem(&self, id: &CertificateId) -> Call<String> {
        self.0.send(&PEM, [id], ()).map(|Text(pem)| pem)
    }

    /// Has the names looked at again, or the mail sent again that asks for a confirmation.
    ///
    /// `PUT /certificate/issued-certs/{id}/dcv`
    pub fn resend_dcv(&self, id: &CertificateId) -> Call<()> {
        self.0.send(&RESEND_DCV, [id], ())
    }

    /// Has the names of an ordered certificate looked at in another way.
    ///
    /// `PATCH /certificate/issued-certs/{id}/dcv`
    pub fn set_dcv_method(&self, id: &CertificateId, method: impl Into<DcvMethod>) -> Call<()> {
        self.0.send(&SET_DCV_METHOD, [id], DcvChange { method: method.into() })
    }

    /// Asks how the names of an ordered certificate have to be shown to be the buyer's, as it is or with a change to come.
    ///
    /// `POST /certificate/issued-certs/{id}/dcv_params`
    pub fn dcv_params_of(&self, id: &CertificateId, change: DcvParamsChange) -> Call<DcvParams> {
        self.0.send(&DCV_PARAMS_OF, [id], change)
    }

    /// Reads the tags of a certificate.
    ///
    /// `GET /certificate/issued-certs/{id}/tags`
    pub fn tags(&self, id: &CertificateId) -> Call<Vec<String>> {
        self.0.send(&LIST_TAGS, [id], ())
    }

    /// Adds a tag to a certificate.
    ///
    /// `POST /certificate/issued-certs/{id}/tags`
    pub fn add_tag(&self, id: &CertificateId, tag: &str) -> Call<()> {
        self.0.send(&ADD_TAG, [id], NewTag { tag: tag.to_owned() })
    }

    /// Replaces all tags of a certificate.
    ///
    /// `PUT /certificate/issued-certs/{id}/tags`
    pub fn replace_tags(&self, id: &CertificateId, tags: impl IntoIterator<Item = impl Into<String>>) -> Call<()> {
        self.0.send(&REPLACE_TAGS, [id], TagSet::of(tags))
    }

    /// Adds tags to a certificate and removes others.
    ///
    /// `PATCH /certificate/issued-certs/{id}/tags`
    pub fn update_tags(
        &self,
        id: &CertificateId,
        add: impl IntoIterator<Item = impl Into<String>>,
        remove: impl IntoIterator<Item = impl Into<String>>,
    ) -> Call<()> {
        self.0.send(&UPDATE_TAGS, [id], TagChange::of(add, remove))
    }

    /// Removes all tags from a certificate.
    ///
    /// `DELETE /certificate/issued-certs/{id}/tags`
    pub fn clear_tags(&self, id: &CertificateId) -> Call<()> {
        self.0.send(&CLEAR_TAGS, [id], ())
    }

    /// Streams what can be ordered.
    ///
    /// `GET /certificate/packages`
    pub fn packages(&self, filter: PackageFilter) -> Pages<CertificatePackage> {
        self.0.pages(&LIST_PACKAGES, [], filter)
    }

    /// Reads what a package is.
    ///
    /// `GET /certificate/packages/{name}`
    pub fn package(&self, name: &str) -> Call<CertificatePackage> {
        self.0.send(&GET_PACKAGE, [&name], ())
    }

    /// Reads the certificate in PEM that signs those of a kind: `cert_std` or `cert_pro`, and of which authority.
    ///
    /// `GET /certificate/pem/{type}`
    pub fn intermediate(&self, kind: &str, provider: Option<CertificateProvider>) -> Call<String> {
        self.0.send(&INTERMEDIATE, [&kind], IntermediateQuery { provider }).map(|Text(pem)| pem)
    }

    /// Reads such a certificate by the name of its file.
    ///
    /// `GET /certificate/pem/-/{filename}`
    pub fn intermediate_file(&self, filename: &str) -> Call<String> {
        self.0.send(&INTERMEDIATE_FILE, [&filename], ()).map(|Text(pem)| pem)
    }

    fn refuse<T: Send + 'static>(&self, route: &dyn fmt::Display, error: Error) -> Call<T> {
        let error = error.with_provider(self.0.provider()).with_route(route.to_string());
        Call::new(async move { Err(error) })
    }
}

/// The id of a certificate.
pub type CertificateId = Id<Certificate, String>;

/// A certificate, perhaps still to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Certificate {
    pub id: CertificateId,
    /// The common name.
    pub cn: Option<String>,
    pub cn_unicode: Option<String>,
    #[serde(default)]
    pub altnames: Vec<String>,
    #[serde(default)]
    pub altnames_unicode: Vec<String>,
    pub contact: Option<Contact>,
    #[serde(default)]
    pub dates: CertificateDates,
    pub package: Option<CertificatePackage>,
    /// What the server runs, as a number of Gandi's.
    #[serde(default, deserialize_with = "string_or_number", skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    pub status: CertificateStatus,
    pub trustlogo: Option<bool>,
    pub trustlogo_token: Option<Value>,
    pub href: Option<String>,
}

impl Staged for Certificate {
    fn stage(&self) -> Stage {
        match &self.status {
            CertificateStatus::Valid => Stage::Done,
            CertificateStatus::Pending | CertificateStatus::Other(_) => Stage::Running,
            ended => Stage::Failed(format!("it is {ended}")),
        }
    }
}

/// The dates of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CertificateDates {
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    /// When what was paid for ends, which may be later than the certificate does.
    pub subscription_ends_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

open_enum! {
    /// How a certificate stands.
    pub enum CertificateStatus {
        /// Ordered.
        Pending = "pending",
        /// Issued.
        Valid = "valid",
        /// Declared invalid before its time.
        Revoked = "revoked",
        /// Another one took its place.
        Replaced = "replaced",
        /// Another one took its place, and it was revoked.
        ReplacedRevoked = "replaced_rev",
        /// Past its time.
        Expired = "expired",
    }
}

open_enum! {
    /// How names are shown to be the buyer's: domain control validation.
    pub enum DcvMethod {
        /// Somebody answers a mail to an address below the name.
        Email = "email",
        /// A record in DNS.
        Dns = "dns",
        /// A file on the web server.
        File = "file",
        /// A file on the web server, fetched over HTTP.
        Http = "http",
        /// A file on the web server, fetched over HTTPS.
        Https = "https",
    }
}

open_enum! {
    /// Who signs a certificate.
    pub enum CertificateProvider {
        /// Sectigo.
        Sectigo = "Sectigo",
        /// DigiCert.
        DigiCert = "Digicert",
    }
}

input! {
    /// Narrows and sorts the list of certificates.
    pub struct CertificateFilter {} optional {
        /// The common name, or a pattern with `*`.
        cn: String,
        /// A name that the certificate is good for.
        covered_cn: String,
        package: String,
        status: CertificateStatus,
        /// Such as `cn` or `-cn`.
        sort_by: String,
    }
}

input! {
    /// A certificate to order: it has a signing request, or at least a common name.
    pub struct NewCertificate {
        /// The name of a package, such as `cert_std_1_0_0`.
        package: String,
    } optional {
        /// At most 64 characters.
        cn: String,
        /// In PEM.
        csr: String,
        altnames: Vec<String>,
        /// Whether `www` is left out of a certificate for a domain itself.
        apex_only: bool,
        dcv_method: DcvMethod,
        /// Years to pay for. The certificate is valid for one, whatever this is.
        duration: u32,
        resellee_id: String,
    }
}

impl NewCertificate {
    fn check(&self) -> Result<()> {
        match &self.cn {
            None if self.csr.is_none() => Err(Error::invalid("a certificate needs a `csr`, or at least a `cn`")),
            Some(cn) if cn.chars().count() > 64 => {
                Err(Error::invalid(format!("the `cn` {cn} is longer than 64 characters: put it into `altnames`")))
            }
            _ => Ok(()),
        }
    }
}

/// An order was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct IssueAccepted {
    pub id: CertificateId,
    pub href: Option<String>,
    pub message: Option<String>,
}

input! {
    /// Another year to order.
    pub struct CertificateRenewal {} optional {
        /// In PEM, for another key.
        csr: String,
        dcv_method: DcvMethod,
        /// Years to pay for. The certificate is valid for one, whatever this is.
        duration: u32,
    }
}

input! {
    /// What is to be different about a certificate.
    pub struct CertificateChange {} optional {
        altnames: Vec<String>,
        /// In PEM, for another key.
        csr: String,
        dcv_method: DcvMethod,
    }
}

/// Another way to look at the names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DcvChange {
    pub method: DcvMethod,
}

input! {
    /// A certificate that might be ordered.
    pub struct DcvQuestion {
        /// In PEM.
        csr: String,
        dcv_method: DcvMethod,
        /// The name of a package, such as `cert_std_1_0_0`.
        package: String,
    } optional {
        altnames: Vec<String>,
    }
}

input! {
    /// What might become different about a certificate.
    pub struct DcvParamsChange {} optional {
        /// In PEM.
        csr: String,
        dcv_method: DcvMethod,
        package: String,
    }
}

/// How names have to be shown to be the buyer's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DcvParams {
    #[serde(default)]
    pub altnames: Vec<String>,
    pub dcv_method: Option<DcvMethod>,
    /// The names in question.
    #[serde(default)]
    pub fqdns: Vec<String>,
    /// The digest of the signing request.
    pub md5: Option<String>,
    /// The digest of the signing request.
    pub sha256: Option<String>,
    /// Lines for a zone file, for [`DcvMethod::Dns`].
    #[serde(default)]
    pub dns_records: Vec<String>,
    /// What to do, in words.
    #[serde(default)]
    pub messages: Vec<String>,
    /// The same in parts.
    #[serde(default)]
    pub raw_messages: Vec<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_value: Option<String>,
}

impl DcvParams {
    /// The records to put into the zone, as any provider of DNS takes them.
    pub fn record_sets(&self) -> Result<Vec<RecordSet>> {
        let file = zonefile::read(&self.dns_records.join("\n"), &Name::root());
        let file = file.map_err(|error| Error::invalid("the `dns_records` cannot be read").with_source(error))?;
        Ok(file.zone.iter().cloned().collect())
    }
}

input! {
    /// Narrows the list of packages.
    pub struct PackageFilter {} optional {
        /// Such as `standard`.
        category: String,
        min_domains: u32,
        max_domains: u32,
        trustlogo: bool,
        warranty: u64,
        wildcard: bool,
    }
}

/// What can be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CertificatePackage {
    pub name: String,
    pub category: Option<PackageCategory>,
    pub provider: Option<CertificateProvider>,
    /// How many names a certificate holds at least.
    pub min_domains: Option<u32>,
    /// How many names a certificate holds at most.
    pub max_domains: Option<u32>,
    pub wildcard: Option<bool>,
    pub warranty: Option<u64>,
    /// Whether a seal for the web site belongs to it.
    pub trustlogo: Option<bool>,
    pub type_label: Option<String>,
    /// Out of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sgc: Option<bool>,
    pub href: Option<String>,
}

/// A kind of packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PackageCategory {
    pub name: String,
}

/// Whose certificate is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct IntermediateQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<CertificateProvider>,
}
