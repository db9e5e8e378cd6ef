//! What a fake of DNS hosting answers from its name servers.

use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde::{Deserialize, Serialize};

use crate::dns::{Dnskey, Name, Zone};

/// A fake that hosts zones: its name servers answer from what it holds.
///
/// The fake internet asks it for every query, so that what is changed through the provider's API is answered
/// from then on.
pub trait Hosting: Send + Sync + fmt::Debug {
    /// The names of its name servers.
    fn name_servers(&self) -> Vec<Name>;

    /// The apex of every zone that this name server answers for.
    fn zones(&self, server: &Name) -> Vec<Name>;

    /// A zone as this name server answers it now, with its SOA and the NS set of its apex; none when it does not
    /// answer for it.
    fn zone(&self, server: &Name, apex: &Name) -> Option<HostedZone>;
}

/// A zone on a name server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct HostedZone {
    /// All sets, the SOA and the NS set of the apex included. An ALIAS is answered with the addresses of its target.
    pub zone: Zone,
    /// What the zone is signed with: every key is in the DNSKEY set, and those with the flags 257 sign it.
    pub keys: Vec<ZoneKey>,
}

/// A key that a zone is signed with: ECDSA over P-256, algorithm 13.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneKey {
    /// 257 for a key that the parent's DS may refer to, 256 for one that it does not.
    pub flags: u16,
    pkcs8: Vec<u8>,
}

impl ZoneKey {
    /// A new key.
    ///
    /// # Panics
    ///
    /// When the machine has no randomness.
    pub fn generate(flags: u16) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Self { flags, pkcs8: pkcs8.expect("the machine has randomness").as_ref().to_vec() }
    }

    /// The public half.
    ///
    /// # Panics
    ///
    /// When the key was read from a file that holds something else.
    pub fn dnskey(&self) -> Dnskey {
        let pair = self.pair();
        // The first octet says that the point is not compressed.
        let public_key = pair.public_key().as_ref()[1..].to_vec();
        Dnskey { flags: self.flags, protocol: 3, algorithm: 13, public_key }
    }

    /// Signs a message: the two numbers of 32 bytes that an RRSIG record holds.
    ///
    /// # Panics
    ///
    /// When the key was read from a file that holds something else, or the machine has no randomness.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.pair().sign(&SystemRandom::new(), message);
        signature.expect("the machine has randomness").as_ref().to_vec()
    }

    /// The private half, as PKCS #8.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    fn pair(&self) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.pkcs8).expect("a key is a key")
    }
}

impl fmt::Debug for ZoneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZoneKey({} {})", self.flags, self.dnskey().key_tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_with_its_public_half() {
        let key = ZoneKey::generate(257);
        let kept: ZoneKey = serde_json::from_str(&serde_json::to_string(&key).unwrap()).unwrap();
        assert_eq!((kept.dnskey(), key.dnskey().public_key.len()), (key.dnskey(), 64));
        assert_ne!(ZoneKey::generate(257).dnskey(), key.dnskey());
    }
}
