//! Messages in wire format, and what is in them in our own types.
//!
//! A record whose data breaks the rules of its type is kept as bytes and spoils nothing beside it.

use std::collections::BTreeSet;

use super::Rcode;
use crate::dns::{Name, RecordData, RecordSet, RecordType, Soa, Ttl};

const IN: u16 = 1;
const OPT: u16 = 41;

/// Whether these bytes are an answer to that query: same number, same question.
pub(super) fn answers(query: &[u8], reply: &[u8]) -> bool {
    let (Some(asked), Some(answered)) = (query.get(12..question_end(query)), reply.get(..12)) else {
        return false;
    };
    let is_response = answered[2] & 0x80 != 0;
    // A server that understood nothing may leave the question out.
    let no_question = answered[4..6] == [0, 0] && answered[3] & 0x0f != 0;
    let same_question = reply.get(12..12 + asked.len()).is_some_and(|question| question.eq_ignore_ascii_case(asked));
    is_response && answered[..2] == query[..2] && (no_question || answered[4..6] == [0, 1] && same_question)
}

/// Whether the server says that the answer did not fit.
pub(super) fn is_truncated(reply: &[u8]) -> bool {
    reply.get(2).is_some_and(|flags| flags & 0x02 != 0)
}

fn question_end(query: &[u8]) -> usize {
    let mut at = 12;
    while let Some(&length) = query.get(at).filter(|length| **length > 0) {
        at += usize::from(length) + 1;
    }
    at + 5
}

/// A question for a server itself, which is not to ask others, with the signatures wanted.
pub(super) fn query(name: &Name, record_type: &RecordType) -> Result<Vec<u8>, String> {
    let number = record_type.number().ok_or_else(|| format!("{record_type} cannot be asked: it is not a DNS type"))?;
    let mut query = fastrand::u16(..).to_be_bytes().to_vec();
    // No flags, one question, one additional record.
    query.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    query.extend(name.wire());
    query.extend([number.to_be_bytes(), IN.to_be_bytes()].concat());
    // EDNS: answers of up to 1232 bytes, which pass everywhere unfragmented, and signatures with them.
    query.push(0);
    query.extend([OPT, 1232, 0, 0x8000, 0].map(u16::to_be_bytes).concat());
    Ok(query)
}

/// A server's answer.
#[derive(Debug)]
pub(super) struct Reply {
    rcode: Rcode,
    authoritative: bool,
    answers: Vec<Record>,
    authorities: Vec<Record>,
    additionals: Vec<Record>,
}

/// A record of class IN.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) owner: Name,
    pub(super) number: u16,
    pub(super) ttl: u32,
    /// In canonical form (RFC 4034 section 6.2): names are not compressed, and in lower case where their type says so.
    pub(super) data: Vec<u8>,
}

impl Record {
    pub(super) fn record_type(&self) -> RecordType {
        RecordType::from_number(self.number)
    }

    /// The data; as bytes, where its type's rules do not fit it.
    pub(super) fn typed(&self) -> RecordData {
        RecordData::from_wire_or_opaque(&self.record_type(), &self.data)
    }
}

impl Reply {
    pub(super) fn parse(message: &[u8]) -> Result<Reply, String> {
        Self::read(message).ok_or_else(|| "its answer is malformed".to_owned())
    }

    fn read(message: &[u8]) -> Option<Reply> {
        let flags = [*message.get(2)?, *message.get(3)?];
        let mut rcode = u16::from(flags[1] & 0x0f);
        let mut at = 12;
        for _ in 0..u16_at(message, 4)? {
            at = name_at(message, at)?.1 + 4;
        }
        let mut sections = [Vec::new(), Vec::new(), Vec::new()];
        for (section, count_at) in sections.iter_mut().zip([6, 8, 10]) {
            for _ in 0..u16_at(message, count_at)? {
                let (owner, header) = name_at(message, at)?;
                let (number, class) = (u16_at(message, header)?, u16_at(message, header + 2)?);
                let ttl = u32::from(u16_at(message, header + 4)?) << 16 | u32::from(u16_at(message, header + 6)?);
                let start = header + 10;
                at = start + usize::from(u16_at(message, header + 8)?);
                message.get(start..at)?;
                if number == OPT {
                    rcode |= u16::from(message[header + 4]) << 4;
                } else if class == IN {
                    // The highest bit makes a TTL zero (RFC 2181 section 8).
                    let ttl = if ttl >> 31 == 0 { ttl } else { 0 };
                    let data = canonical(message, number, start, at).unwrap_or_else(|| message[start..at].to_vec());
                    section.push(Record { owner, number, ttl, data });
                }
            }
        }
        let [answers, authorities, additionals] = sections;
        Some(Reply { rcode: Rcode(rcode), authoritative: flags[0] & 0x04 != 0, answers, authorities, additionals })
    }

    pub(super) fn rcode(&self) -> Rcode {
        self.rcode
    }

    pub(super) fn authoritative(&self) -> bool {
        self.authoritative
    }

    pub(super) fn answers(&self) -> &[Record] {
        &self.answers
    }

    pub(super) fn authorities(&self) -> &[Record] {
        &self.authorities
    }

    pub(super) fn additionals(&self) -> &[Record] {
        &self.additionals
    }

    #[cfg(test)]
    pub(super) fn answers_mut(&mut self) -> &mut [Record] {
        &mut self.answers
    }

    /// The SOA that comes with a denial: its zone, and for how long the denial may be cached.
    pub(super) fn denial(&self) -> Option<(&Name, u32)> {
        self.authorities.iter().find_map(|record| match record.typed() {
            RecordData::Soa(soa) => Some((&record.owner, negative_ttl(&soa, record.ttl))),
            _ => None,
        })
    }

    /// The owner of NS records in the authority section: the zone that this answer refers to.
    pub(super) fn referred_to(&self) -> Option<&Name> {
        let refers = self.rcode == Rcode::NOERROR && self.answers.is_empty() && self.denial().is_none();
        let referral = self.authorities.iter().find(|record| record.record_type() == RecordType::Ns);
        referral.filter(|_| refers).map(|record| &record.owner)
    }

    /// An answer that is none, in words that follow "it answers".
    pub(super) fn said(&self) -> String {
        match (self.rcode, self.referred_to()) {
            (Rcode::NOERROR, Some(zone)) => format!("with a referral to {zone}"),
            (Rcode::NOERROR, None) if !self.authoritative => "without authority".to_owned(),
            (Rcode::NOERROR, None) => "with nothing".to_owned(),
            (rcode, _) => rcode.to_string(),
        }
    }
}

/// How long a denial may be cached, from the SOA that comes with it.
pub(super) fn negative_ttl(soa: &Soa, ttl: u32) -> u32 {
    soa.minimum.min(ttl)
}

/// The set of this name and type, with the lowest of its TTLs.
pub(super) fn set(records: &[Record], name: &Name, record_type: &RecordType) -> Option<RecordSet> {
    let of_set = || records_of(records, name, record_type);
    let ttl = of_set().map(|record| record.ttl).min()?;
    RecordSet::new(name.clone(), Ttl::Seconds(ttl), of_set().map(Record::typed)).ok()
}

/// The names that a record set holds.
pub(super) fn names(set: &RecordSet) -> BTreeSet<Name> {
    let name = |data: &RecordData| match data {
        RecordData::Ns(name) | RecordData::Cname(name) => Some(name.clone()),
        _ => None,
    };
    set.data().iter().filter_map(name).collect()
}

/// The records of this name and type.
pub(super) fn records_of<'a>(
    records: &'a [Record],
    name: &'a Name,
    record_type: &RecordType,
) -> impl Iterator<Item = &'a Record> {
    let number = record_type.number();
    records.iter().filter(move |record| number == Some(record.number) && record.owner == *name)
}

/// Reads a name, compressed or not; also returns where it ends.
pub(super) fn name_at(message: &[u8], mut at: usize) -> Option<(Name, usize)> {
    let mut labels = Vec::new();
    let mut end = None;
    let mut before = message.len();
    loop {
        let length = usize::from(*message.get(at)?);
        match length {
            0 => return Some((Name::from_labels(labels).ok()?, end.unwrap_or(at + 1))),
            1..=63 => {
                labels.push(message.get(at + 1..=at + length)?);
                at += length + 1;
            }
            0xc0.. => {
                end = end.or(Some(at + 2));
                // Each pointer leads further back than the one before, so that there is an end.
                at = usize::from(u16_at(message, at)? & 0x3fff);
                if at >= before {
                    return None;
                }
                before = at;
            }
            _ => return None,
        }
    }
}

/// The data from `start` to `end` of a message in canonical form; none if the names in it are malformed.
fn canonical(message: &[u8], number: u16, start: usize, end: usize) -> Option<Vec<u8>> {
    let string_after = |at: usize| Some(at + 1 + usize::from(*message.get(at)?));
    let (mut at, names) = match number {
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME
        2..=5 | 7..=9 | 12 | 39 => (start, 1),
        // SOA, MINFO, RP
        6 | 14 | 17 => (start, 2),
        // MX, AFSDB, RT, KX
        15 | 18 | 21 | 36 => (start + 2, 1),
        // PX
        26 => (start + 2, 2),
        // SRV
        33 => (start + 6, 1),
        // NAPTR
        35 => (string_after(string_after(string_after(start + 4)?)?)?, 1),
        _ => return Some(message[start..end].to_vec()),
    };
    let mut data = message.get(start..at)?.to_vec();
    for _ in 0..names {
        let (name, after) = name_at(message, at)?;
        data.extend(name.wire());
        at = after;
    }
    data.extend(message.get(at..end)?);
    Some(data)
}

fn u16_at(message: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with one compressed record of every sort of data that holds names.
    #[test]
    fn compressed_names_are_read() {
        let owner = Name::parse("example.org").unwrap();
        let mut message = vec![0, 0, 0x84, 0, 0, 1, 0, 0, 0, 5, 0, 1];
        message.extend(b"\x07Example\x03ORG\0\0\x06\0\x01");
        for (number, data) in [
            (2_u8, &b"\x02Ns\xc0\x0c"[..]),
            (15, b"\0\x0a\x02mX\xc0\x0c"),
            (6, b"\xc0\x29\x02Me\xc0\x14\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05"),
            (35, b"\0\x01\0\x02\x01U\x03E2U\x01!\xc0\x0c"),
            // No name begins with these bytes.
            (5, b"\x80\0"),
        ] {
            message.extend([0xc0, 12, 0, number, 0, 1, 0, 0, 0, 60, 0, u8::try_from(data.len()).unwrap()]);
            message.extend(data);
        }
        message.extend([0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0]);
        let reply = Reply::parse(&message).unwrap();
        assert_eq!((reply.rcode(), reply.authoritative()), (Rcode(16), true));
        let shown: Vec<String> = reply.authorities().iter().map(|record| record.typed().to_string()).collect();
        assert_eq!(
            shown,
            [
                "ns.example.org.",
                "10 mx.example.org.",
                "ns.example.org. me.org. 1 2 3 4 5",
                "1 2 \"U\" \"E2U\" \"!\" example.org.",
                "\\# 2 8000"
            ]
        );
        assert!(reply.authorities().iter().all(|record| record.owner == owner && record.ttl == 60));
        assert_eq!(reply.denial(), Some((&owner, 5)));
        for length in 0..message.len() {
            assert!(Reply::parse(&message[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn pointers_come_to_an_end() {
        for bytes in
            [&[0xc0, 0][..], &[1, b'a', 0xc0, 0], &[0xc0, 2, 0xc0, 0], &[0xc0, 9], &[0x40], &[5, b'a'], &[0xc0], &[]]
        {
            assert_eq!(name_at(bytes, 0), None, "{bytes:?}");
        }
        assert_eq!(name_at(&[0, 0xc0, 0, 7], 1), Some((Name::root(), 3)));
    }
}
