//! Leaf, chain and key.

use std::{fmt, str::FromStr};

use aws_lc_rs::{
    digest::{self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256},
    rsa::KeyPair as RsaKeyPair,
    signature::{
        self, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
        EcdsaKeyPair, Ed25519KeyPair, KeyPair, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    parse_x509_certificate,
    pem::Pem,
    x509::{AlgorithmIdentifier, X509Name},
};

use crate::{Error as HowdahError, Secret};

/// A leaf certificate with its chain and its key, of which it is known that they fit.
///
/// What is checked when it is [read](Self::read): that there is one key and that it fits the leaf; that each certificate was
/// signed by the next one; that all of them are valid now; that the leaf is for names. The order of the certificates does
/// not matter, nor do texts around them, a root at the end, or a certificate that is there twice.
///
/// No validity period is assumed: [`not_after`](Self::not_after) is what the leaf says. `Debug` does not show the key.
#[derive(Clone)]
pub struct CertBundle {
    leaf: One,
    chain: Vec<One>,
    key: Secret,
}

/// What is wrong with certificates and keys, or with their use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum CertificateProblem {
    #[error("part {part} of the certificate is not PEM: {why}")]
    NotPem { part: usize, why: String },
    #[error("{what} {part} cannot be read: {why}")]
    Unreadable { what: &'static str, part: usize, why: String },
    #[error("there is no certificate")]
    NoCertificate,
    #[error("there is no private key")]
    NoKey,
    #[error("there are {count} private keys: leave the one that fits")]
    SeveralKeys { count: usize },
    #[error("the private key is encrypted: decrypt it first, as with `openssl pkey`")]
    EncryptedKey,
    #[error("the private key is of a kind that is not known here: RSA, ECDSA and Ed25519 are")]
    UnknownKey,
    #[error("the private key fits none of the certificates ({subjects})")]
    KeyFitsNone { subjects: String },
    #[error("the certificate that the private key fits is an authority's: {subject}")]
    LeafIsAuthority { subject: String },
    #[error("the certificate is signed by itself: {subject}")]
    SelfSigned { subject: String },
    #[error("the chain is broken: the certificate of `{issuer}`, which signed `{subject}`, is missing")]
    MissingIssuer { subject: String, issuer: String },
    #[error("the chain is broken: `{subject}` was not signed by `{issuer}`, although it says so")]
    WrongSignature { subject: String, issuer: String },
    #[error("`{subject}` does not belong to the chain")]
    Stray { subject: String },
    #[error("`{subject}` expired at {not_after}")]
    Expired { subject: String, not_after: Timestamp },
    #[error("`{subject}` is not valid before {not_before}")]
    NotYetValid { subject: String, not_before: Timestamp },
    #[error("the certificate is for no name: {subject}")]
    NoNames { subject: String },
    #[error("the certificate is not for {}", missing.join(", "))]
    MissingNames { missing: Vec<String> },
    #[error("the certificate expires at {not_after}, in less than {} days", least.as_hours() / 24)]
    ExpiresSoon { not_after: Timestamp, least: SignedDuration },
}

impl From<CertificateProblem> for HowdahError {
    fn from(problem: CertificateProblem) -> Self {
        HowdahError::invalid(problem.to_string()).with_source(problem)
    }
}

/// The fingerprint of a certificate, by SHA-1 or SHA-256: hexadecimal, with or without colons.
///
/// ```
/// use howdah_core::certificate::Fingerprint;
///
/// let one: Fingerprint = "DF:CC:9F:57:D8:6B:F5:8E:32:1C:2C:6C:31:C7:A9:71:BE:24:4A:C7".parse().unwrap();
/// assert_eq!(one.to_string(), "dfcc9f57d86bf58e321c2c6c31c7a971be244ac7");
/// assert!("dfcc".parse::<Fingerprint>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(Vec<u8>);

impl FromStr for Fingerprint {
    type Err = HowdahError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
        match HEXLOWER_PERMISSIVE.decode(digits.as_bytes()) {
            Ok(octets) if [20, 32].contains(&octets.len()) => Ok(Self(octets)),
            _ => Err(HowdahError::invalid(format!("`{text}` is not a fingerprint: 40 or 64 hexadecimal digits"))),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl CertBundle {
    /// Reads leaf, chain and key from PEM texts: one with all, or several, in any order.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>, now: Timestamp) -> Result<Self, CertificateProblem> {
        let Found { certificates, key_der, key_kind } = Found::read(texts)?;
        let public_key = public_key(&key_der, key_kind)?;
        let fits = certificates.iter().position(|one| one.public_key == public_key);
        let Some(index) = fits else {
            let subjects: Vec<_> = certificates.iter().map(|one| one.subject.as_str()).collect();
            return Err(CertificateProblem::KeyFitsNone { subjects: subjects.join("; ") });
        };
        let mut others = certificates;
        let leaf = others.remove(index);
        let subject = leaf.subject.clone();
        if leaf.is_authority {
            return Err(CertificateProblem::LeafIsAuthority { subject });
        }
        if leaf.is_self_issued() {
            return Err(CertificateProblem::SelfSigned { subject });
        }
        if leaf.names.is_empty() {
            return Err(CertificateProblem::NoNames { subject });
        }
        let chain = chain_of(&leaf, others)?;
        let key = Secret::from(pem(key_kind, &key_der));
        let bundle = Self { leaf, chain, key };
        bundle.require_valid(now)?;
        Ok(bundle)
    }

    /// The names that the leaf is for, wildcards as they are, in lower case.
    pub fn names(&self) -> Vec<&str> {
        self.leaf.names.iter().map(String::as_str).collect()
    }

    /// Is the leaf for this host? A wildcard stands for one label.
    pub fn covers(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let parent = host.split_once('.').map(|(_, parent)| parent);
        self.leaf.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(below) => host == *name || parent == Some(below),
            None => host == *name,
        })
    }

    /// Whether a name begins with `*`.
    pub fn has_wildcard(&self) -> bool {
        self.leaf.names.iter().any(|name| name.starts_with("*."))
    }

    /// Fails unless the leaf is for all of these hosts.
    pub fn require_names<'h>(&self, hosts: impl IntoIterator<Item = &'h str>) -> Result<(), CertificateProblem> {
        let missing: Vec<_> = hosts.into_iter().filter(|host| !self.covers(host)).map(str::to_owned).collect();
        if missing.is_empty() { Ok(()) } else { Err(CertificateProblem::MissingNames { missing }) }
    }

    /// Fails unless everything is valid at a moment.
    pub fn require_valid(&self, at: Timestamp) -> Result<(), CertificateProblem> {
        for one in self.certificates() {
            let subject = || one.subject.clone();
            if at < one.not_before {
                return Err(CertificateProblem::NotYetValid { subject: subject(), not_before: one.not_before });
            }
            if at >= one.not_after {
                return Err(CertificateProblem::Expired { subject: subject(), not_after: one.not_after });
            }
        }
        Ok(())
    }

    /// Fails unless the leaf is valid for so long from now.
    pub fn require_remaining(&self, least: SignedDuration, now: Timestamp) -> Result<(), CertificateProblem> {
        if self.remaining(now) >= least {
            return Ok(());
        }
        Err(CertificateProblem::ExpiresSoon { not_after: self.leaf.not_after, least })
    }

    /// How long the leaf is valid from now.
    pub fn remaining(&self, now: Timestamp) -> SignedDuration {
        self.leaf.not_after.duration_since(now)
    }

    /// From when on the leaf is valid.
    pub fn not_before(&self) -> Timestamp {
        self.leaf.not_before
    }

    /// Until when the leaf is valid.
    pub fn not_after(&self) -> Timestamp {
        self.leaf.not_after
    }

    /// Who the leaf says that it is.
    pub fn subject(&self) -> &str {
        &self.leaf.subject
    }

    /// Who signed the leaf.
    pub fn issuer(&self) -> &str {
        &self.leaf.issuer
    }

    /// The leaf's fingerprint by SHA-256.
    pub fn sha256(&self) -> Fingerprint {
        self.leaf.fingerprint(&SHA256)
    }

    /// The leaf's fingerprint by SHA-1, as some providers tell it.
    pub fn sha1(&self) -> Fingerprint {
        self.leaf.fingerprint(&SHA1_FOR_LEGACY_USE_ONLY)
    }

    /// Is this the leaf's fingerprint, of either kind?
    pub fn has_fingerprint(&self, fingerprint: &Fingerprint) -> bool {
        *fingerprint == self.sha256() || *fingerprint == self.sha1()
    }

    /// The leaf as PEM.
    pub fn leaf_pem(&self) -> String {
        pem("CERTIFICATE", &self.leaf.der)
    }

    /// What is between the leaf and a root, as PEM, in the order of signing.
    pub fn chain_pem(&self) -> String {
        self.chain.iter().map(|one| pem("CERTIFICATE", &one.der)).collect()
    }

    /// The leaf and the chain as PEM.
    pub fn full_chain_pem(&self) -> String {
        self.leaf_pem() + &self.chain_pem()
    }

    /// The key as PEM.
    pub fn key_pem(&self) -> &Secret {
        &self.key
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = &One> {
        std::iter::once(&self.leaf).chain(&self.chain)
    }
}

impl fmt::Debug for CertBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertBundle")
            .field("names", &self.leaf.names)
            .field("issuer", &self.leaf.issuer)
            .field("not_after", &self.leaf.not_after)
            .field("sha256", &self.sha256().to_string())
            .finish_non_exhaustive()
    }
}

impl PartialEq for CertBundle {
    fn eq(&self, other: &Self) -> bool {
        self.leaf.der == other.leaf.der
            && self.chain.iter().map(|one| &one.der).eq(other.chain.iter().map(|one| &one.der))
    }
}

impl Eq for CertBundle {}

/// What PEM texts hold.
struct Found {
    certificates: Vec<One>,
    key_der: Vec<u8>,
    key_kind: &'static str,
}

const KEY_KINDS: [&str; 3] = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];

impl Found {
    fn read<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, CertificateProblem> {
        let mut certificates: Vec<One> = Vec::new();
        let mut keys: Vec<(&'static str, Vec<u8>)> = Vec::new();
        let mut part = 0;
        for text in texts {
            // The older form of encryption is told within the block.
            if text.contains("Proc-Type: 4,ENCRYPTED") {
                return Err(CertificateProblem::EncryptedKey);
            }
            for block in Pem::iter_from_buffer(text.as_bytes()) {
                part += 1;
                let block = block.map_err(|error| CertificateProblem::NotPem { part, why: error.to_string() })?;
                match block.label.as_str() {
                    "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                        let one = One::read(block.contents, part)?;
                        if certificates.iter().all(|other| other.der != one.der) {
                            certificates.push(one);
                        }
                    }
                    "ENCRYPTED PRIVATE KEY" => return Err(CertificateProblem::EncryptedKey),
                    label => {
                        let kind = KEY_KINDS.into_iter().find(|kind| *kind == label);
                        let key = kind.map(|kind| (kind, block.contents));
                        keys.extend(key.filter(|key| !keys.contains(key)));
                    }
                }
            }
        }
        if certificates.is_empty() {
            return Err(CertificateProblem::NoCertificate);
        }
        let count = keys.len();
        match keys.pop() {
            None => Err(CertificateProblem::NoKey),
            Some(_) if count > 1 => Err(CertificateProblem::SeveralKeys { count }),
            Some((key_kind, key_der)) => Ok(Self { certificates, key_der, key_kind }),
        }
    }
}

/// A certificate and what of it matters here.
#[derive(Clone)]
pub(super) struct One {
    pub(super) der: Vec<u8>,
    subject: String,
    issuer: String,
    subject_der: Vec<u8>,
    issuer_der: Vec<u8>,
    pub(super) names: Vec<String>,
    not_before: Timestamp,
    pub(super) not_after: Timestamp,
    is_authority: bool,
    public_key: Vec<u8>,
}

impl One {
    pub(super) fn read(der: Vec<u8>, part: usize) -> Result<Self, CertificateProblem> {
        let unreadable =
            |why: &dyn fmt::Display| CertificateProblem::Unreadable { what: "certificate", part, why: why.to_string() };
        let (rest, read) = parse_x509_certificate(&der).map_err(|error| unreadable(&error))?;
        if !rest.is_empty() {
            return Err(unreadable(&"something follows it"));
        }
        let moment = |seconds: i64| Timestamp::from_second(seconds).map_err(|error| unreadable(&error));
        Ok(Self {
            subject: shown(read.subject()),
            issuer: shown(read.issuer()),
            subject_der: read.subject().as_raw().to_vec(),
            issuer_der: read.issuer().as_raw().to_vec(),
            names: names(&read).map_err(|error| unreadable(&error))?,
            not_before: moment(read.validity().not_before.timestamp())?,
            not_after: moment(read.validity().not_after.timestamp())?,
            is_authority: read.is_ca(),
            public_key: read.public_key().subject_public_key.data.to_vec(),
            der,
        })
    }

    fn is_self_issued(&self) -> bool {
        self.subject_der == self.issuer_der
    }

    pub(super) fn fingerprint(&self, algorithm: &'static Algorithm) -> Fingerprint {
        Fingerprint(digest::digest(algorithm, &self.der).as_ref().to_vec())
    }

    /// Was it signed by the holder of the other's key?
    fn is_signed_by(&self, issuer: &One) -> bool {
        let Ok((_, read)) = parse_x509_certificate(&self.der) else { return false };
        let algorithms = verification(&read.signature_algorithm);
        let (signed, signature) = (read.tbs_certificate.as_ref(), &read.signature_value.data);
        let verifies = |algorithm: &&'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(*algorithm, &issuer.public_key).verify(signed, signature).is_ok()
        };
        algorithms.iter().any(verifies)
    }
}

/// How a signature of a kind is verified: one way for each curve that the kind leaves open.
fn verification(algorithm: &AlgorithmIdentifier<'_>) -> &'static [&'static dyn VerificationAlgorithm] {
    match algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.11" => &[&signature::RSA_PKCS1_2048_8192_SHA256],
        "1.2.840.113549.1.1.12" => &[&signature::RSA_PKCS1_2048_8192_SHA384],
        "1.2.840.113549.1.1.13" => &[&signature::RSA_PKCS1_2048_8192_SHA512],
        "1.2.840.113549.1.1.10" => &[
            &signature::RSA_PSS_2048_8192_SHA256,
            &signature::RSA_PSS_2048_8192_SHA384,
            &signature::RSA_PSS_2048_8192_SHA512,
        ],
        "1.2.840.10045.4.3.2" => &[&signature::ECDSA_P256_SHA256_ASN1, &signature::ECDSA_P384_SHA256_ASN1],
        "1.2.840.10045.4.3.3" => &[&signature::ECDSA_P384_SHA384_ASN1, &signature::ECDSA_P256_SHA384_ASN1],
        "1.2.840.10045.4.3.4" => &[&signature::ECDSA_P521_SHA512_ASN1],
        "1.3.101.112" => &[&signature::ED25519],
        _ => &[],
    }
}

/// The public key that belongs to a private one, as certificates hold it.
fn public_key(der: &[u8], kind: &str) -> Result<Vec<u8>, CertificateProblem> {
    let rsa = if kind == "RSA PRIVATE KEY" { RsaKeyPair::from_der(der) } else { RsaKeyPair::from_pkcs8(der) };
    if let Ok(key) = rsa {
        return Ok(key.public_key().as_ref().to_vec());
    }
    let curves = [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING];
    for curve in curves {
        let read = if kind == "EC PRIVATE KEY" {
            EcdsaKeyPair::from_private_key_der(curve, der)
        } else {
            EcdsaKeyPair::from_pkcs8(curve, der)
        };
        if let Ok(key) = read {
            return Ok(key.public_key().as_ref().to_vec());
        }
    }
    match Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        Ok(key) => Ok(key.public_key().as_ref().to_vec()),
        Err(_) => Err(CertificateProblem::UnknownKey),
    }
}

fn shown(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().find_map(|attribute| attribute.as_str().ok());
    common.map_or_else(|| name.to_string(), str::to_owned)
}

fn names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, String> {
    let extension = certificate.subject_alternative_name().map_err(|error| error.to_string())?;
    let general = extension.iter().flat_map(|extension| &extension.value.general_names);
    let names = general.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    Ok(names.collect())
}

/// Those that lead from the leaf to a root, in order; the root itself is nobody's business but its owner's.
fn chain_of(leaf: &One, mut others: Vec<One>) -> Result<Vec<One>, CertificateProblem> {
    let mut chain: Vec<One> = Vec::new();
    loop {
        let last = chain.last().unwrap_or(leaf);
        let (subject, issuer) = (last.subject.clone(), last.issuer.clone());
        let candidates: Vec<_> = others.iter().filter(|other| other.subject_der == last.issuer_der).cloned().collect();
        if candidates.is_empty() {
            // No browser knows who signs leaves, but those who sign the signers.
            if chain.is_empty() {
                return Err(CertificateProblem::MissingIssuer { subject, issuer });
            }
            break;
        }
        // The same authority may have several certificates, signed by itself or by an older one.
        let mut signers = candidates.into_iter().filter(|other| last.is_signed_by(other));
        let Some(next) = signers.next() else {
            return Err(CertificateProblem::WrongSignature { subject, issuer });
        };
        others.retain(|other| other.subject_der != next.subject_der);
        if next.is_self_issued() {
            break;
        }
        chain.push(next);
    }
    if let Some(stray) = others.into_iter().find(|other| !other.is_self_issued()) {
        return Err(CertificateProblem::Stray { subject: stray.subject });
    }
    Ok(chain)
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let mut lines = String::new();
    for line in text.as_bytes().chunks(64) {
        lines.push_str(&String::from_utf8_lossy(line));
        lines.push('\n');
    }
    format!("-----BEGIN {label}-----\n{lines}-----END {label}-----\n")
}
