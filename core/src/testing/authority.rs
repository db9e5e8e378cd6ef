//! Certificates that nobody but a test trusts.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::Secret;

/// A root and an intermediate that issue certificates to tests.
///
/// ```
/// use howdah_core::{certificate::CertBundle, testing::TestAuthority};
/// use jiff::{SignedDuration, Timestamp};
///
/// let now = Timestamp::now();
/// let issued = TestAuthority::new(now).issue(&["example.org"], SignedDuration::from_hours(24));
/// assert!(CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).is_ok());
/// ```
#[derive(Debug)]
pub struct TestAuthority {
    from: Timestamp,
    root: String,
    chain: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate that was issued.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Issued {
    /// PEM.
    pub leaf: String,
    /// PEM: the intermediate.
    pub chain: String,
    /// PEM.
    pub key: Secret,
}

impl Issued {
    /// The leaf and the intermediate, as PEM.
    pub fn full_chain(&self) -> String {
        format!("{}{}", self.leaf, self.chain)
    }
}

impl TestAuthority {
    /// A new one, whose own certificates are valid for ten years from an hour before a moment.
    ///
    /// # Panics
    ///
    /// Never: keys can be made.
    pub fn new(now: Timestamp) -> Self {
        let from = now - SignedDuration::from_hours(1);
        let (root_key, key) = (new_key(), new_key());
        let root_params = authority("Test Root", from);
        let root = root_params.self_signed(&root_key).expect("a root can sign itself");
        let root_issuer = Issuer::new(root_params, root_key);
        let params = authority("Test Intermediate", from);
        let chain = params.signed_by(&key, &root_issuer).expect("a root can sign").pem();
        Self { from, root: root.pem(), chain, issuer: Issuer::new(params, key) }
    }

    /// Issues a certificate for names that is valid for so long, from an hour before the authority was made.
    ///
    /// # Panics
    ///
    /// When a name cannot stand in a certificate.
    pub fn issue(&self, names: &[&str], lifetime: SignedDuration) -> Issued {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names.clone()).expect("names are ASCII");
        params.distinguished_name = DistinguishedName::new();
        if let Some(name) = names.first() {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        date(&mut params, self.from, lifetime);
        let key = new_key();
        let leaf = params.signed_by(&key, &self.issuer).expect("an intermediate can sign");
        Issued { leaf: leaf.pem(), chain: self.chain.clone(), key: Secret::from(key.serialize_pem()) }
    }

    /// The root, as PEM: what a test trusts.
    pub fn root(&self) -> &str {
        &self.root
    }
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("keys can be made")
}

fn authority(name: &str, from: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    date(&mut params, from, SignedDuration::from_hours(10 * 365 * 24));
    params
}

fn date(params: &mut CertificateParams, from: Timestamp, lifetime: SignedDuration) {
    params.not_before = SystemTime::from(from).into();
    params.not_after = SystemTime::from(from + lifetime).into();
}
