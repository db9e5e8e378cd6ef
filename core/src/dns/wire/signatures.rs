//! Whether signatures hold.

use std::collections::BTreeSet;

use hickory_proto::dnssec::{Algorithm, PublicKey as _, PublicKeyBuf};
use jiff::{SignedDuration, Timestamp};

use super::{
    Rcode, Signing,
    chain::is_zone_key,
    message::{self, Record, Reply},
};
use crate::dns::{Dnskey, Name, RecordData, RecordType};

const RRSIG: u16 = 46;
const NSEC: u16 = 47;
const NSEC3: u16 = 50;

/// What a server answers about a zone to one who validates.
pub(super) struct Evidence<'a> {
    pub(super) zone: &'a Name,
    pub(super) keys: &'a Reply,
    pub(super) soa: &'a Reply,
    /// A name that is most likely not there.
    pub(super) absent: &'a Name,
    /// The answer to it.
    pub(super) denial: &'a Reply,
}

impl Evidence<'_> {
    /// Judges it all.
    pub(super) fn signing(&self, now: Timestamp) -> Signing {
        for (reply, record_type) in [(self.soa, RecordType::Soa), (self.keys, RecordType::Dnskey)] {
            if !reply.authoritative() || reply.rcode() != Rcode::NOERROR {
                let why = format!("asked for the {record_type} set of {} it answers {}", self.zone, reply.said());
                return Signing::NotObserved { why };
            }
        }
        let mut keyring = Keyring::new(self.zone, self.keys.answers(), now);
        let signed = self.soa.answers().iter().any(|record| record.number == RRSIG);
        if keyring.keys.is_empty() {
            return if signed {
                Signing::Bogus { why: format!("{} is signed and shows no keys", self.zone) }
            } else {
                Signing::Unsigned
            };
        }
        keyring.keys.retain(|key| Algorithm::from_u8(key.algorithm).is_supported());
        if keyring.keys.is_empty() {
            let why = format!("{} is signed with algorithms that are not understood here", self.zone);
            return Signing::NotObserved { why };
        }
        self.proofs(&keyring)
            .map_or_else(|why| Signing::Bogus { why }, |(keys, expires_at)| Signing::Signed { keys, expires_at })
    }

    fn proofs(&self, keyring: &Keyring<'_>) -> Result<(Vec<Dnskey>, Timestamp), String> {
        let keys = keyring.check(self.keys.answers(), self.zone, &RecordType::Dnskey)?;
        let soa = keyring.check(self.soa.answers(), self.zone, &RecordType::Soa)?;
        let denial = self.denial(keyring)?;
        Ok((keys.keys, keys.expires_at.min(soa.expires_at).min(denial)))
    }

    /// A name that is not there is either denied with a proof or made up of a wildcard; returns when that expires.
    fn denial(&self, keyring: &Keyring<'_>) -> Result<Timestamp, String> {
        let absent = self.absent;
        if !matches!(self.denial.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN) {
            return Err(format!("asked for {absent}, which is not there, the server answers {}", self.denial.rcode()));
        }
        if let Some(first) = self.denial.answers().iter().find(|record| record.number != RRSIG) {
            return keyring.check(self.denial.answers(), absent, &first.record_type()).map(|proof| proof.expires_at);
        }
        let authorities = self.denial.authorities();
        let mut earliest: Option<Timestamp> = None;
        let mut covered = false;
        for record in authorities.iter().filter(|record| matches!(record.number, NSEC | NSEC3)) {
            // The hashes of NSEC3 are not followed: that it is there and signed is what a forger cannot do.
            covered |= record.number == NSEC3
                || record.owner <= *absent
                    && message::name_at(&record.data, 0).is_some_and(|(next, _)| *absent < next || next == *self.zone);
            let proof = keyring.check(authorities, &record.owner, &record.record_type())?;
            earliest = Some(earliest.map_or(proof.expires_at, |earliest| earliest.min(proof.expires_at)));
        }
        match earliest {
            None => Err(format!("the absence of {absent} is not proven: no NSEC and no NSEC3 come with it")),
            Some(_) if !covered => Err(format!("the absence of {absent} is not proven: no NSEC covers it")),
            Some(earliest) => Ok(earliest),
        }
    }
}

/// The name of the zone that signed this set.
pub(super) fn signer(records: &[Record], name: &Name, record_type: &RecordType) -> Option<Name> {
    signatures_over(records, name, record_type).next().map(|signature| signature.signer)
}

/// A signature (RFC 4034 section 3.1).
pub(super) struct Signature<'a> {
    /// Everything before the signer's name, as it is signed itself.
    head: &'a [u8; 18],
    signer: Name,
    /// What the key made of the bytes that were signed.
    made: &'a [u8],
}

impl<'a> Signature<'a> {
    fn read(record: &'a Record) -> Option<Self> {
        let head = record.data.first_chunk::<18>().filter(|_| record.number == RRSIG)?;
        let (signer, end) = message::name_at(&record.data, head.len())?;
        Some(Self { head, signer, made: &record.data[end..] })
    }

    fn algorithm(&self) -> u8 {
        self.head[2]
    }

    fn u16(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.head[at], self.head[at + 1]])
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from(self.u16(at)) << 16 | u32::from(self.u16(at + 2))
    }

    fn key_tag(&self) -> u16 {
        self.u16(16)
    }

    /// The bytes that were signed (RFC 4034 section 3.1.8.1); none if the owner has fewer labels than was signed.
    fn signed(&self, owner: &Name, number: u16, data: &BTreeSet<&[u8]>) -> Option<Vec<u8>> {
        let labels: Vec<&[u8]> = owner.labels().filter(|label| *label != b"*").collect();
        let made_up = labels.len().checked_sub(self.head[3].into())?;
        let owner = if made_up > 0 || owner.is_wildcard() {
            // What a wildcard makes up is signed as the wildcard.
            Name::from_labels(std::iter::once(&b"*"[..]).chain(labels[made_up..].iter().copied())).ok()?
        } else {
            owner.clone()
        };
        let mut signed = [&self.head[..], self.signer.wire()].concat();
        for data in data {
            signed.extend(owner.wire());
            signed.extend([number.to_be_bytes(), [0, 1]].concat());
            signed.extend(&self.head[4..8]);
            signed.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
            signed.extend(*data);
        }
        Some(signed)
    }
}

/// The keys of a zone that may sign, at a moment.
struct Keyring<'a> {
    zone: &'a Name,
    keys: Vec<Dnskey>,
    now: Timestamp,
}

/// That a set is signed.
struct Proof {
    keys: Vec<Dnskey>,
    expires_at: Timestamp,
}

impl<'a> Keyring<'a> {
    fn new(zone: &'a Name, records: &[Record], now: Timestamp) -> Self {
        let key = |record: &Record| match record.typed() {
            RecordData::Dnskey(key) => Some(key),
            _ => None,
        };
        Self { zone, keys: message::records_of(records, zone, &RecordType::Dnskey).filter_map(key).collect(), now }
    }

    /// At least one signature over the set holds; those that do not are no matter then.
    fn check(&self, records: &[Record], name: &Name, record_type: &RecordType) -> Result<Proof, String> {
        let set = format!("the {record_type} set of {name}");
        let mut trouble = format!("{set} is not signed");
        let mut proof: Option<Proof> = None;
        let data: BTreeSet<&[u8]> =
            message::records_of(records, name, record_type).map(|record| record.data.as_slice()).collect();
        for signature in signatures_over(records, name, record_type) {
            match self.verify(&signature, name, &data) {
                Ok((key, expires_at)) => {
                    let proof = proof.get_or_insert(Proof { keys: Vec::new(), expires_at });
                    proof.expires_at = proof.expires_at.min(expires_at);
                    if !proof.keys.contains(key) {
                        proof.keys.push(key.clone());
                    }
                }
                Err(why) => trouble = format!("{set}: the signature by key {} {why}", signature.key_tag()),
            }
        }
        proof.filter(|_| !data.is_empty()).ok_or(trouble)
    }

    fn verify(
        &self,
        signature: &Signature<'_>,
        owner: &Name,
        data: &BTreeSet<&[u8]>,
    ) -> Result<(&Dnskey, Timestamp), String> {
        if signature.signer != *self.zone {
            return Err(format!("is in the name of {} instead of {}", signature.signer, self.zone));
        }
        let (expiration, inception) = (moment(signature.u32(8), self.now), moment(signature.u32(12), self.now));
        if expiration < self.now {
            return Err(format!("expired at {expiration}"));
        }
        if inception > self.now {
            return Err(format!("holds only from {inception} on"));
        }
        let signed = signature.signed(owner, signature.u16(0), data).ok_or("is one of a longer name")?;
        let mut trouble = String::from("is by a key that is not in the zone");
        for key in &self.keys {
            if key.key_tag() != signature.key_tag() || key.algorithm != signature.algorithm() {
                continue;
            }
            if !is_zone_key(key) {
                trouble = String::from("is by a key that may not sign zones");
                continue;
            }
            let public_key = PublicKeyBuf::new(key.public_key.clone(), Algorithm::from_u8(key.algorithm));
            match public_key.verify(&signed, signature.made) {
                Ok(()) => return Ok((key, expiration)),
                Err(error) => trouble = format!("does not fit the records ({error})"),
            }
        }
        Err(trouble)
    }
}

/// The signatures over the set of this name and type.
pub(super) fn signatures_over<'a>(
    records: &'a [Record],
    name: &'a Name,
    record_type: &RecordType,
) -> impl Iterator<Item = Signature<'a>> {
    let number = record_type.number();
    let at_name = records.iter().filter(move |record| record.owner == *name);
    at_name.filter_map(Signature::read).filter(move |signature| number == Some(signature.u16(0)))
}

/// The moment that 32 bits of seconds stand for: the one within 68 years of now (RFC 4034 section 3.1.5).
fn moment(seconds: u32, now: Timestamp) -> Timestamp {
    // The low 32 bits are what counts.
    let low = u32::try_from(now.as_second().rem_euclid(1 << 32)).unwrap_or_default();
    let ahead = seconds.wrapping_sub(low).cast_signed();
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    now.checked_add(SignedDuration::from_secs(ahead.into())).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use data_encoding::BASE64;
    use hickory_proto::{
        dnssec::{
            DnssecSigner, SigningKey as _,
            crypto::EcdsaSigningKey,
            rdata::{DNSKEY, DNSSECRData, RRSIG},
        },
        op::{Message, OpCode},
        rr::{self, DNSClass, RData, rdata::MX},
    };

    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn rdata(record_type: &RecordType, text: &str) -> Vec<u8> {
        RecordData::parse(record_type, text, &Name::root()).unwrap().to_wire().unwrap()
    }

    /// The examples of RFC 6605 section 6.1 and RFC 8080 section 6.1.
    #[test]
    fn known_signatures() {
        for (zone, key, owner, record_type, data, head, signer, signature) in [
            (
                "example.net",
                "257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
                "www.example.net",
                RecordType::A,
                "192.0.2.1",
                (13, 3, "2010-09-09T10:04:39Z", "2010-08-12T10:04:39Z", 55648),
                "example.net",
                "qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==",
            ),
            (
                "example.com",
                "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
                "example.com",
                RecordType::Mx,
                "10 mail.example.com.",
                (15, 2, "2015-08-19T22:00:00Z", "2015-07-29T22:00:00Z", 3613),
                "example.com",
                "oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==",
            ),
        ] {
            let (algorithm, labels, expiration, inception, tag): (u8, u8, &str, &str, u16) = head;
            let number = record_type.number().unwrap();
            let mut rrsig = number.to_be_bytes().to_vec();
            rrsig.extend([algorithm, labels, 0, 0, 14, 16]);
            let moments: [Timestamp; 2] = [expiration.parse().unwrap(), inception.parse().unwrap()];
            rrsig.extend(moments.map(|moment| u32::try_from(moment.as_second()).unwrap().to_be_bytes()).concat());
            rrsig.extend(tag.to_be_bytes());
            rrsig.extend(name(signer).wire());
            rrsig.extend(BASE64.decode(signature.as_bytes()).unwrap());
            let record = |owner: &str, number, data| Record { owner: name(owner), number, ttl: 60, data };
            let key = record(zone, 48, rdata(&RecordType::Dnskey, key));
            let set = [record(owner, number, rdata(&record_type, data)), record(owner, super::RRSIG, rrsig)];
            let zone = name(zone);
            let keyring = Keyring::new(&zone, &[key], moments[1]);
            let proof = keyring.check(&set, &name(owner), &record_type).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!((proof.keys.len(), proof.expires_at), (1, moments[0]));
        }
    }

    /// What another program signs and compresses holds here: two records made up of a wildcard.
    #[test]
    fn another_signer_agrees() {
        let zone = rr::Name::from_ascii("example.org.").unwrap();
        let made_up = rr::Name::from_ascii("A.b.example.org.").unwrap();
        let algorithm = Algorithm::ECDSAP256SHA256;
        let key = EcdsaSigningKey::from_pkcs8(&EcdsaSigningKey::generate_pkcs8(algorithm).unwrap(), algorithm).unwrap();
        let dnskey = DNSKEY::with_flags(256, key.to_public_key().unwrap());
        let signer = DnssecSigner::new(dnskey.clone(), Box::new(key), zone.clone(), Duration::from_secs(3600));
        let mut set = rr::RecordSet::new(zone.prepend_label("*").unwrap(), rr::RecordType::MX, 0);
        for (preference, host) in [(20, "mx1.example.org."), (10, "MX2.example.org.")] {
            let data = RData::MX(MX::new(preference, rr::Name::from_ascii(host).unwrap()));
            set.insert(rr::Record::from_rdata(set.name().clone(), 300, data), 0);
        }
        let rrsig = RRSIG::from_rrset(&set, DNSClass::IN, SystemTime::UNIX_EPOCH.into(), &signer).unwrap();
        let mut message = Message::response(7, OpCode::Query);
        let answers = set.records_without_rrsigs().map(|record| record.data.clone());
        let answers = answers.chain([RData::DNSSEC(DNSSECRData::RRSIG(rrsig))]);
        message.add_answers(answers.map(|data| rr::Record::from_rdata(made_up.clone(), 120, data)));
        let keys = rr::Record::from_rdata(zone, 60, RData::DNSSEC(DNSSECRData::DNSKEY(dnskey)));
        message.add_authority(keys);
        let mut reply = Reply::parse(&message.to_vec().unwrap()).unwrap();

        let (apex, owner) = (name("example.org"), name("a.b.example.org"));
        let keyring = Keyring::new(&apex, reply.authorities(), Timestamp::from_second(60).unwrap());
        let proof = keyring.check(reply.answers(), &owner, &RecordType::Mx);
        assert_eq!(proof.map(|proof| proof.expires_at), Ok(Timestamp::from_second(3600).unwrap()));
        let other = name("b.example.net");
        assert_eq!(
            keyring.check(reply.answers(), &other, &RecordType::Mx).map(|_| ()),
            Err("the MX set of b.example.net. is not signed".to_owned())
        );
        reply.answers_mut()[0].data[1] ^= 1;
        let why = keyring.check(reply.answers(), &owner, &RecordType::Mx).map(|_| ()).unwrap_err();
        assert!(why.contains("does not fit the records"), "{why}");
    }

    #[test]
    fn moments_are_near_now() {
        let now: Timestamp = "2106-02-07T06:28:00Z".parse().unwrap();
        assert_eq!(moment(u32::MAX, now).to_string(), "2106-02-07T06:28:15Z");
        assert_eq!(moment(4, now).to_string(), "2106-02-07T06:28:20Z");
    }
}
