//! Just enough of a signing request (PKCS #10) to sign what was asked for.

use data_encoding::BASE64;
use rcgen::{
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm,
};

/// What somebody wants signed.
pub(super) struct Csr {
    pub(super) common_name: String,
    key: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

impl PublicKeyData for Csr {
    fn der_bytes(&self) -> &[u8] {
        &self.key
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT: u8 = 0x06;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// The algorithms by what follows the tag in the key's identifier.
const ALGORITHMS: [(&[u8], &SignatureAlgorithm); 4] = [
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], &PKCS_ECDSA_P256_SHA256),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], &PKCS_ECDSA_P384_SHA384),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01], &PKCS_RSA_SHA256),
    (&[0x2b, 0x65, 0x70], &PKCS_ED25519),
];

/// Reads a request in PEM. Its signature is not looked at.
pub(super) fn read(pem: &str) -> Option<Csr> {
    let body = pem.trim().strip_prefix("-----BEGIN CERTIFICATE REQUEST-----")?;
    let body = body.strip_suffix("-----END CERTIFICATE REQUEST-----")?;
    let body: String = body.split_whitespace().collect();
    let der = BASE64.decode(body.as_bytes()).ok()?;

    let mut info = Der(Der(Der(&der).value(SEQUENCE)?).value(SEQUENCE)?);
    info.value(INTEGER)?;
    let mut subject = Der(info.value(SEQUENCE)?);
    let mut spki = Der(info.value(SEQUENCE)?);
    let identifier = spki.value(SEQUENCE)?;
    let (_, key) = spki.value(BIT_STRING)?.split_first()?;
    let named = |object: &[u8]| identifier.windows(object.len()).any(|window| window == object);
    let (_, algorithm) = ALGORITHMS.into_iter().find(|(object, _)| named(object))?;

    let mut common_name = None;
    while let Some(set) = subject.value(SET) {
        let mut attribute = Der(Der(set).value(SEQUENCE)?);
        if attribute.value(OBJECT)? == COMMON_NAME {
            let (_, text) = attribute.next()?;
            common_name = String::from_utf8(text.to_vec()).ok();
        }
    }
    Some(Csr { common_name: common_name?, key: key.to_vec(), algorithm })
}

/// Values in DER, one after the other.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value, which must have this tag.
    fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().try_fold(0usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)))?, rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    #[test]
    fn the_name_and_the_key_are_found() {
        for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let mut params = CertificateParams::new(["www.example.org".to_owned()]).unwrap();
            params.distinguished_name.push(DnType::OrganizationName, "x".repeat(200));
            params.distinguished_name.push(DnType::CommonName, "example.org");
            let pem = params.serialize_request(&key).unwrap().pem().unwrap();
            let csr = read(&pem).unwrap();
            assert_eq!(csr.common_name, "example.org");
            assert_eq!(csr.subject_public_key_info(), key.subject_public_key_info());
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for text in ["", "csr", "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
