//! Certificates of a site's own domains.
//!
//! ```
//! use howdah_netlify::ssl::CustomCertificate;
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! # let (leaf, chain, key) = howdah_netlify::testing::certificate_for(&["docs.vmst.io"]);
//! # netlify.sites().update(&site.id, howdah_netlify::sites::SiteSettings::new().with_custom_domain("docs.vmst.io")).await?;
//! let bought = CustomCertificate::new(leaf, key, chain);
//! let installed = netlify.ssl().install(&site.id, bought).await?;
//! assert_eq!(installed.state.as_deref(), Some("custom"));
//! # Ok(()) }
//! ```
//!
//! The key goes in the body of the request, although the service's document has it in the address, where it would be written
//! into logs on the way.
//!
//! A chain or a key that does not fit, or a certificate for other domains, is [`Invalid`](howdah_core::ErrorKind::Invalid).

use howdah_core::{
    Secret, endpoints,
    http::{Api, Call, null_as_default},
    input, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sites::SiteId;

endpoints! {
    PROVISION: Option<CustomCertificate> => SniCertificate      = post("/sites/{site_id}/ssl").idempotent();
    GET:       ()                        => SniCertificate      = get("/sites/{site_id}/ssl");
    LIST:      DomainFilter              => Vec<SniCertificate> = get("/sites/{site_id}/ssl/certificates");
}

/// The certificates of a site. Reach them through [`Netlify::ssl`](crate::Netlify::ssl).
#[derive(Clone, Debug)]
pub struct SniCertificates(pub(crate) Api);

impl SniCertificates {
    /// Asks Let's Encrypt for a certificate.
    ///
    /// `POST /sites/{site_id}/ssl`
    pub fn provision(&self, site: &SiteId) -> Call<SniCertificate> {
        self.0.send(&PROVISION, [site], None)
    }

    /// Serves a certificate of one's own from now on.
    ///
    /// `POST /sites/{site_id}/ssl`
    pub fn install(&self, site: &SiteId, certificate: CustomCertificate) -> Call<SniCertificate> {
        self.0.send(&PROVISION, [site], Some(certificate))
    }

    /// Reads what is known of the certificate that is served.
    ///
    /// `GET /sites/{site_id}/ssl`
    pub fn get(&self, site: &SiteId) -> Call<SniCertificate> {
        self.0.send(&GET, [site], ())
    }

    /// Lists the certificates of one of the site's domains.
    ///
    /// `GET /sites/{site_id}/ssl/certificates`
    pub fn list(&self, site: &SiteId, filter: DomainFilter) -> Call<Vec<SniCertificate>> {
        self.0.send(&LIST, [site], filter)
    }
}

/// A certificate that is served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SniCertificate {
    /// `custom` for one of one's own, `issued` for one of Let's Encrypt; another one while it is asked for.
    pub state: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub domains: Vec<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

input! {
    /// A certificate of one's own, in PEM.
    pub struct CustomCertificate {
        certificate: String,
        #[serde(serialize_with = "secret::expose")]
        key: Secret,
        /// The chain.
        ca_certificates: String,
    } optional {}
}

input! {
    /// Which domain.
    pub struct DomainFilter {
        domain: String,
    } optional {}
}
