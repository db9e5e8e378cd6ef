//! Signatures (RFC 4034), made when they are asked for and then remembered.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::answer::DNSKEY;
use crate::{dns::Name, testing::ZoneKey};

const DAY: i64 = 86_400;
const REMEMBERED: usize = 20_000;
const CLASS_IN: u16 = 1;

/// The records of one name and type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) ttl: u32,
    /// The data of each in wire format, in canonical order.
    pub(super) data: Vec<Vec<u8>>,
}

/// From when to when a signature holds, in seconds of the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    inception: u32,
    expiration: u32,
}

impl Validity {
    /// Valid for whoever goes by the one clock or the other. It moves once a day, so that signatures are remembered.
    pub(super) fn around(real: Timestamp, world: Timestamp) -> Self {
        Self::between(day_of(real.min(world)) - DAY, day_of(real.max(world)) + 14 * DAY)
    }

    /// Over for both.
    pub(super) fn past(real: Timestamp, world: Timestamp) -> Self {
        let end = day_of(real.min(world)) - DAY;
        Self::between(end - 14 * DAY, end)
    }

    fn between(inception: i64, expiration: i64) -> Self {
        let [inception, expiration] = [inception, expiration].map(|at| u32::try_from(at).unwrap_or_default());
        Self { inception, expiration }
    }
}

fn day_of(moment: Timestamp) -> i64 {
    moment.as_second().div_euclid(DAY) * DAY
}

/// ECDSA gives another signature every time; whoever asks twice is to see one.
#[derive(Debug, Default)]
pub(super) struct Signatures(Mutex<HashMap<[u8; 32], Vec<u8>>>);

impl Signatures {
    /// The RRSIG data of a set: one of each key that signs it.
    pub(super) fn of(
        &self,
        keys: &[ZoneKey],
        apex: &Name,
        owner: &Name,
        record_type: u16,
        set: &Set,
        validity: Validity,
    ) -> Vec<Vec<u8>> {
        let signers = signers(keys, record_type);
        signers.into_iter().map(|key| self.sign(key, apex, owner, record_type, set, validity)).collect()
    }

    fn sign(
        &self,
        key: &ZoneKey,
        apex: &Name,
        owner: &Name,
        record_type: u16,
        set: &Set,
        validity: Validity,
    ) -> Vec<u8> {
        let dnskey = key.dnskey();
        let labels = owner.labels().len() - usize::from(owner.is_wildcard());
        let mut rrsig = Vec::new();
        rrsig.extend(record_type.to_be_bytes());
        rrsig.extend([dnskey.algorithm, u8::try_from(labels).unwrap_or(u8::MAX)]);
        rrsig.extend(set.ttl.to_be_bytes());
        rrsig.extend(validity.expiration.to_be_bytes());
        rrsig.extend(validity.inception.to_be_bytes());
        rrsig.extend(dnskey.key_tag().to_be_bytes());
        rrsig.extend(apex.to_wire());

        let mut message = rrsig.clone();
        for data in &set.data {
            message.extend(owner.to_wire());
            message.extend(record_type.to_be_bytes());
            message.extend(CLASS_IN.to_be_bytes());
            message.extend(set.ttl.to_be_bytes());
            message.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
            message.extend(data);
        }
        let index = Sha256::new().chain_update(&dnskey.public_key).chain_update(&message).finalize().into();
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        rrsig.extend(remembered.entry(index).or_insert_with(|| key.sign(&message)).iter());
        rrsig
    }
}

/// The keys that a DS may refer to sign the keys, the others everything else; where there is only one kind, it signs
/// all.
fn signers(keys: &[ZoneKey], record_type: u16) -> Vec<&ZoneKey> {
    let wanted = if record_type == DNSKEY { 257 } else { 256 };
    let signers: Vec<&ZoneKey> = keys.iter().filter(|key| key.flags == wanted).collect();
    if signers.is_empty() { keys.iter().collect() } else { signers }
}

/// The data of an NSEC record.
pub(super) fn nsec(next: &Name, record_types: impl IntoIterator<Item = u16>) -> Vec<u8> {
    let mut windows: [[u8; 32]; 256] = [[0; 32]; 256];
    for record_type in record_types {
        let [window, bit] = record_type.to_be_bytes();
        windows[usize::from(window)][usize::from(bit / 8)] |= 0x80 >> (bit % 8);
    }
    let mut wire = next.to_wire();
    for (number, bits) in (0..=u8::MAX).zip(windows) {
        let length = bits.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1);
        if length > 0 {
            wire.extend([number, u8::try_from(length).unwrap_or(32)]);
            wire.extend(&bits[..length]);
        }
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 4034, section 4.3.
    #[test]
    fn a_known_nsec() {
        let next = Name::parse("host.example.com").unwrap();
        let mut expected = next.to_wire();
        expected.extend([0x00, 0x06, 0x40, 0x01, 0x00, 0x00, 0x00, 0x03]);
        expected.extend([0x04, 0x1b]);
        expected.extend([0; 26]);
        expected.push(0x20);
        assert_eq!(nsec(&next, [1, 15, 46, 47, 1234]), expected);
    }

    #[test]
    fn validity_suits_both_clocks() {
        let [real, world] = ["2026-11-22T12:00:00Z", "2022-12-04T09:00:00Z"].map(|at| at.parse::<Timestamp>().unwrap());
        let holds = |validity: Validity, at: Timestamp| {
            let at = u32::try_from(at.as_second()).unwrap();
            validity.inception < at && at < validity.expiration
        };
        for (one, other) in [(real, world), (world, real)] {
            let around = Validity::around(one, other);
            assert!(holds(around, one) && holds(around, other));
            let past = Validity::past(one, other);
            assert!(!holds(past, one) && !holds(past, other) && past.inception < past.expiration);
        }
    }

    #[test]
    fn what_there_is_signs() {
        let [ksk, zsk] = [257, 256].map(ZoneKey::generate);
        let both = [ksk.clone(), zsk.clone()];
        assert_eq!((signers(&both, DNSKEY), signers(&both, 1)), (vec![&ksk], vec![&zsk]));
        assert_eq!(signers(&both[..1], 1), [&ksk]);
        assert_eq!(signers(&both[1..], DNSKEY), [&zsk]);
    }
}
