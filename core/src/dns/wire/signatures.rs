//! Whether signatures hold.

use hickory_proto::{
    dnssec::{
        Verifier as _,
        rdata::{DNSKEY, DNSSECRData, RRSIG},
    },
    rr::{DNSClass, RData, Record},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    Rcode, Signing,
    chain::is_zone_key,
    message::{self, Reply},
};
use crate::dns::{Dnskey, Name, RecordData, RecordType};

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
        let keyring = Keyring::new(self.zone, self.keys.answers(), now);
        let signed = self.soa.answers().iter().any(|record| signature(record).is_some());
        match (keyring.0.is_empty(), signed) {
            (true, false) => return Signing::Unsigned,
            (true, true) => {
                return Signing::Bogus { why: format!("{} is signed and shows no keys", self.zone) };
            }
            _ => {}
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
        if let Some(first) = self.denial.answers().iter().find(|record| signature(record).is_none()) {
            let record_type = RecordType::from_number(first.record_type().into());
            return keyring.check(self.denial.answers(), absent, &record_type).map(|proof| proof.expires_at);
        }
        let authorities = self.denial.authorities();
        let mut earliest: Option<Timestamp> = None;
        let mut covered = false;
        for record in authorities {
            covered |= match &record.data {
                RData::DNSSEC(DNSSECRData::NSEC(nsec)) => {
                    let owner = message::name_of(&record.name);
                    let next = message::name_of(nsec.next_domain_name());
                    owner.is_some_and(|owner| owner <= *absent)
                        && next.is_some_and(|next| *absent < next || next == *self.zone)
                }
                // Their hashes are not followed: that they are there and signed is what a forger cannot do.
                RData::DNSSEC(DNSSECRData::NSEC3(_)) => true,
                _ => continue,
            };
            let owner = message::name_of(&record.name).unwrap_or_else(Name::root);
            let record_type = RecordType::from_number(record.record_type().into());
            let proof = keyring.check(authorities, &owner, &record_type)?;
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
    signatures_over(records, name, record_type)
        .next()
        .and_then(|signature| message::name_of(&signature.input().signer_name))
}

/// The keys of a zone that may sign, at a moment.
struct Keyring<'a>(Vec<(DNSKEY, Dnskey)>, &'a Name, Timestamp);

/// That a set is signed.
struct Proof {
    keys: Vec<Dnskey>,
    expires_at: Timestamp,
}

impl<'a> Keyring<'a> {
    fn new(zone: &'a Name, records: &[Record], now: Timestamp) -> Self {
        let key = |record: &Record| match (&record.data, message::data(record)) {
            (RData::DNSSEC(DNSSECRData::DNSKEY(theirs)), Some(RecordData::Dnskey(ours))) => {
                Some((theirs.clone(), ours))
            }
            _ => None,
        };
        Self(message::records_of(records, zone, &RecordType::Dnskey).filter_map(key).collect(), zone, now)
    }

    /// At least one signature over the set holds; those that do not are no matter then.
    fn check(&self, records: &[Record], name: &Name, record_type: &RecordType) -> Result<Proof, String> {
        let set = format!("the {record_type} set of {name}");
        let mut trouble = format!("{set} is not signed");
        let mut proof: Option<Proof> = None;
        for signature in signatures_over(records, name, record_type) {
            match self.verify(signature, records, name, record_type) {
                Ok((key, expires_at)) => {
                    let proof = proof.get_or_insert(Proof { keys: Vec::new(), expires_at });
                    proof.expires_at = proof.expires_at.min(expires_at);
                    if !proof.keys.contains(&key) {
                        proof.keys.push(key);
                    }
                }
                Err(why) => trouble = format!("{set}: the signature by key {} {why}", signature.input().key_tag),
            }
        }
        proof.ok_or(trouble)
    }

    fn verify(
        &self,
        signature: &RRSIG,
        records: &[Record],
        name: &Name,
        record_type: &RecordType,
    ) -> Result<(Dnskey, Timestamp), String> {
        let Keyring(keys, zone, now) = self;
        let input = signature.input();
        if message::name_of(&input.signer_name).as_ref() != Some(*zone) {
            return Err(format!("is in the name of {} instead of {zone}", input.signer_name.to_ascii()));
        }
        let (inception, expiration) =
            (moment(input.sig_inception.get(), *now), moment(input.sig_expiration.get(), *now));
        if expiration < *now {
            return Err(format!("expired at {expiration}"));
        }
        if inception > *now {
            return Err(format!("holds only from {inception} on"));
        }
        let mut trouble = "is by a key that is not in the zone".to_owned();
        for (theirs, ours) in keys {
            if ours.key_tag() != input.key_tag || ours.algorithm != u8::from(input.algorithm) {
                continue;
            }
            if !is_zone_key(ours) {
                trouble = "is by a key that may not sign zones".to_owned();
                continue;
            }
            let set: Vec<&Record> = message::records_of(records, name, record_type).collect();
            let Some(first) = set.first() else { continue };
            match theirs.verify_rrsig(&first.name, DNSClass::IN, signature, set.iter().copied()) {
                Ok(()) => return Ok((ours.clone(), expiration)),
                Err(error) => trouble = format!("does not fit the records ({error})"),
            }
        }
        Err(trouble)
    }
}

fn signature(record: &Record) -> Option<&RRSIG> {
    match &record.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature),
        _ => None,
    }
}

/// The signatures over the set of this name and type.
pub(super) fn signatures_over<'a>(
    records: &'a [Record],
    name: &'a Name,
    record_type: &'a RecordType,
) -> impl Iterator<Item = &'a RRSIG> {
    records
        .iter()
        .filter(|record| message::name_of(&record.name).as_ref() == Some(name))
        .filter_map(signature)
        .filter(|signature| record_type.number() == Some(signature.input().type_covered.into()))
}

/// The moment that 32 bits of seconds stand for: the one within 68 years of now (RFC 4034 section 3.1.5).
fn moment(seconds: u32, now: Timestamp) -> Timestamp {
    // The low 32 bits are what counts.
    let low = u32::try_from(now.as_second().rem_euclid(1 << 32)).unwrap_or_default();
    let ahead = seconds.wrapping_sub(low).cast_signed();
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    now.checked_add(SignedDuration::from_secs(ahead.into())).unwrap_or(now)
}
