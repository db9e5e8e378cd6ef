//! Keys and their digests.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256, Sha384};

use super::data::{Dnskey, Ds, RecordData};
use super::name::Name;
use super::record::RecordType;

/// How a DS digests its key.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DigestType {
    /// Number 2, which every registry takes.
    Sha256,
    /// Number 4.
    Sha384,
}

impl DigestType {
    /// The number in DS records.
    pub fn number(self) -> u8 {
        match self {
            DigestType::Sha256 => 2,
            DigestType::Sha384 => 4,
        }
    }

    /// The type of a number; none for SHA-1 and others, which should not be relied upon.
    pub fn from_number(number: u8) -> Option<DigestType> {
        match number {
            2 => Some(DigestType::Sha256),
            4 => Some(DigestType::Sha384),
            _ => None,
        }
    }
}

impl Dnskey {
    /// The short number by which DS and RRSIG records refer to the key; not unique.
    pub fn key_tag(&self) -> u16 {
        let wire = self.wire();
        if self.algorithm == 1 {
            // RSA/MD5 takes the tag from the end of the modulus instead.
            return wire.len().checked_sub(3).map_or(0, |at| u16::from_be_bytes([wire[at], wire[at + 1]]));
        }
        let sum: u64 = wire
            .chunks(2)
            .map(|pair| u64::from(u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])))
            .sum();
        // The carry is added once, and what that carries is dropped.
        u16::try_from((sum + (sum >> 16)) & 0xffff).unwrap_or_default()
    }

    /// The DS record which the parent zone of `owner` publishes for this key.
    ///
    /// ```
    /// use howdah_core::dns::{DigestType, Dnskey, Name};
    ///
    /// let key = Dnskey { flags: 257, protocol: 3, algorithm: 15, public_key: vec![7; 32] };
    /// let owner = Name::parse("example.org")?;
    /// let ds = key.to_ds(&owner, DigestType::Sha256);
    /// assert_eq!(ds.key_tag, key.key_tag());
    /// assert!(ds.covers(&key, &owner));
    /// # Ok::<(), howdah_core::dns::NameError>(())
    /// ```
    pub fn to_ds(&self, owner: &Name, digest_type: DigestType) -> Ds {
        let mut input = owner.to_wire();
        input.extend(self.wire());
        let digest = match digest_type {
            DigestType::Sha256 => Sha256::digest(&input).to_vec(),
            DigestType::Sha384 => Sha384::digest(&input).to_vec(),
        };
        Ds { key_tag: self.key_tag(), algorithm: self.algorithm, digest_type: digest_type.number(), digest }
    }

    fn wire(&self) -> Vec<u8> {
        RecordData::Dnskey(self.clone()).to_wire().unwrap_or_default()
    }
}

impl Ds {
    /// Whether this is a digest of `key` at `owner`; never so for digest types outside of [`DigestType`].
    pub fn covers(&self, key: &Dnskey, owner: &Name) -> bool {
        DigestType::from_number(self.digest_type).is_some_and(|digest_type| key.to_ds(owner, digest_type) == *self)
    }
}

/// As it is written in a zone file.
impl Serialize for Ds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match parsed(&RecordType::Ds, deserializer)? {
            RecordData::Ds(ds) => Ok(ds),
            other => Err(de::Error::custom(format!("`{other}` is no DS"))),
        }
    }
}

/// As it is written in a zone file.
impl Serialize for Dnskey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Dnskey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match parsed(&RecordType::Dnskey, deserializer)? {
            RecordData::Dnskey(key) => Ok(key),
            other => Err(de::Error::custom(format!("`{other}` is no DNSKEY"))),
        }
    }
}

fn parsed<'de, D: Deserializer<'de>>(record_type: &RecordType, deserializer: D) -> Result<RecordData, D::Error> {
    let text = String::deserialize(deserializer)?;
    RecordData::parse(record_type, &text, &Name::root()).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::RecordType;

    fn key(text: &str) -> Dnskey {
        match RecordData::parse(&RecordType::Dnskey, text, &Name::root()).unwrap() {
            RecordData::Dnskey(key) => key,
            other => panic!("{other:?}"),
        }
    }

    /// The key of RFC 4034, section 5.4, with the digests of RFC 4509, section 2.3.
    #[test]
    fn known_digests() {
        let owner = Name::parse("dskey.example.com").unwrap();
        let key = key("256 3 5 ( AQOeiiR0GOMYkDshWoSKz9Xz fwJr1AYtsmx3TGkJaNXVbfi/ 2pHm822aJ5iI9BMzNXxeYCmZ \
             DRD99WYwYqUSdjMmmAphXdvx egXd/M5+X7OrzKBaMbCVdFLU Uh6DhweJBjEVv5f2wwjM9Xzc nOf+EPbtG9DMBmADjFDc2w/r ljwvFw== )");
        assert_eq!(key.key_tag(), 60485);
        let ds = key.to_ds(&owner, DigestType::Sha256);
        assert_eq!(ds.to_string(), "60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A");
        assert!(ds.covers(&key, &owner));
        assert!(!ds.covers(&key, &Name::parse("example.com").unwrap()));
        assert!(!Ds { key_tag: 1, ..ds.clone() }.covers(&key, &owner));
        assert!(!Ds { digest_type: 1, ..ds.clone() }.covers(&key, &owner));
        assert!(!ds.covers(&Dnskey { flags: 257, ..key.clone() }, &owner));
        let long = key.to_ds(&owner, DigestType::Sha384);
        assert!(long.covers(&key, &owner));
    }

    #[test]
    fn known_key_tags() {
        // RFC 6605, sections 6.1 and 6.2, and RFC 8080, section 6.1.
        let p256 =
            key("257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==");
        assert_eq!(p256.key_tag(), 55648);
        let owner = Name::parse("example.net").unwrap();
        assert_eq!(
            p256.to_ds(&owner, DigestType::Sha256).to_string(),
            "55648 13 2 B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17"
        );
        assert_eq!(key("257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=").key_tag(), 3613);
        let p384 = key("257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RC \
             OpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40");
        assert_eq!(
            p384.to_ds(&owner, DigestType::Sha384).to_string(),
            "10771 14 4 72D7B62976CE06438E9C0BF319013CF801F09ECC84B8D7E9495F27E305C6A9B0563A9B5F4D288405C3008A946DF983D6"
        );
        // One byte too few for a tag of algorithm 1 is no reason to panic.
        assert_eq!(Dnskey { flags: 0, protocol: 3, algorithm: 1, public_key: vec![] }.key_tag(), 3);
    }
}
