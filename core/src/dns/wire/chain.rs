//! The link between a parent's DS set and a zone's keys.

use serde::Serialize;

use crate::dns::{DigestType, Dnskey, Ds, Name};

/// Whether the keys of a zone are those that its parent vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Link {
    /// The parent vouches for no key: resolvers take the zone unsigned, whether it is or not.
    Insecure,
    /// At least one DS is that of a key which the zone has.
    Secure {
        /// The DS records that have their key in the zone.
        matched: Vec<Ds>,
        /// The DS records whose key is not there, which is harmless while another one's is.
        unmatched: Vec<Ds>,
    },
    /// Validating resolvers get nothing but failures for the zone.
    Broken {
        /// What is wrong.
        why: String,
    },
}

/// Whether one of the DS records at the parent is that of one of the zone's keys.
///
/// `keys` should be those which sign the DNSKEY set, as in [`Signing::Signed`](super::Signing::Signed): a DS is no use
/// with a key that signs nothing.
pub fn chain(ds: &[Ds], keys: &[Dnskey], zone: &Name) -> Link {
    if ds.is_empty() {
        return Link::Insecure;
    }
    let usable = |key: &&Dnskey| is_zone_key(key);
    let (matched, unmatched): (Vec<Ds>, Vec<Ds>) =
        ds.iter().cloned().partition(|ds| keys.iter().filter(usable).any(|key| ds.covers(key, zone)));
    if !matched.is_empty() {
        return Link::Secure { matched, unmatched };
    }
    let why = if keys.is_empty() {
        format!("the parent of {zone} has a DS and the zone has no key to go with it")
    } else if ds.iter().all(|ds| DigestType::from_number(ds.digest_type).is_none()) {
        format!("every DS of {zone} is a digest of a type that is not to be relied upon")
    } else {
        let tags = |tags: Vec<u16>| tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        format!(
            "no DS of {zone} is that of one of its keys: the parent vouches for key {}, the zone has {}",
            tags(ds.iter().map(|ds| ds.key_tag).collect()),
            tags(keys.iter().map(Dnskey::key_tag).collect())
        )
    };
    Link::Broken { why }
}

/// Whether a key may sign a zone: it says so, and it is not revoked (RFC 4034 section 2.1, RFC 5011 section 2.1).
pub(super) fn is_zone_key(key: &Dnskey) -> bool {
    const ZONE_KEY: u16 = 0x0100;
    const REVOKED: u16 = 0x0080;
    key.flags & ZONE_KEY != 0 && key.flags & REVOKED == 0 && key.protocol == 3
}
