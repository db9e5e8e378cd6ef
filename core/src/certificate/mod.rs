//! Certificates for TLS, and where they are installed.
//!
//! A [`CertBundle`] is what is installed: leaf, chain and key, checked when it is read. A [`CertTarget`] is where: the
//! listeners of a load balancer, of a CDN endpoint or of a site.
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! use howdah_core::{certificate::CertBundle, testing::TestAuthority};
//! use jiff::{SignedDuration, Timestamp};
//!
//! let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
//! let bought = TestAuthority::new(now).issue(&["vmst.io", "*.vmst.io"], SignedDuration::from_hours(90 * 24));
//! // Leaf, chain and key, as they were delivered: in one file or several, in any order.
//! let bundle = CertBundle::read([bought.leaf.as_str(), &bought.chain, bought.key.expose()], now).unwrap();
//! bundle.require_names(["vmst.io", "files.vmst.io"]).unwrap();
//! bundle.require_remaining(SignedDuration::from_hours(30 * 24), now).unwrap();
//! assert_eq!(bundle.names(), ["vmst.io", "*.vmst.io"]);
//!
//! let problem = bundle.require_names(["vmst.io", "a.b.vmst.io"]).unwrap_err();
//! assert_eq!(problem.to_string(), "the certificate is not for a.b.vmst.io");
//! # }
//! ```

mod bundle;
mod target;
#[cfg(feature = "tls")]
pub mod tls;

pub use bundle::{CertBundle, CertificateProblem, Fingerprint};
pub use target::{CertTarget, HeldCertificate, Installed, Outcome, Retired, TlsEndpoint};
