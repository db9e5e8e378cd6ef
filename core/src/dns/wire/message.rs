//! Messages in wire format, and what is in them in our own types.
//!
//! This file and `signatures.rs` alone know the library that takes messages apart.

use std::collections::BTreeSet;

use hickory_proto::{
    op::{Edns, Message, Query},
    rr::{self, DNSClass, Record},
    serialize::binary::{BinEncodable as _, BinEncoder, NameEncoding},
};

use super::Rcode;
use crate::dns::{Name, RecordData, RecordSet, RecordType, Soa, Ttl};

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
    let name = rr::Name::from_labels(name.labels()).map_err(|error| format!("{name} cannot be asked: {error}"))?;
    let mut message = Message::query();
    message.metadata.recursion_desired = false;
    message.add_query(Query::query(name, number.into()));
    let mut edns = Edns::new();
    edns.set_max_payload(1232).set_version(0).set_dnssec_ok(true);
    message.set_edns(edns);
    message.to_vec().map_err(|error| error.to_string())
}

/// A server's answer.
#[derive(Debug)]
pub(super) struct Reply(Message);

impl Reply {
    pub(super) fn parse(bytes: &[u8]) -> Result<Reply, String> {
        Message::from_vec(bytes).map(Reply).map_err(|error| format!("its answer is malformed: {error}"))
    }

    pub(super) fn rcode(&self) -> Rcode {
        Rcode(self.0.metadata.response_code.into())
    }

    pub(super) fn authoritative(&self) -> bool {
        self.0.metadata.authoritative
    }

    pub(super) fn answers(&self) -> &[Record] {
        &self.0.answers
    }

    pub(super) fn authorities(&self) -> &[Record] {
        &self.0.authorities
    }

    pub(super) fn additionals(&self) -> &[Record] {
        &self.0.additionals
    }

    /// The SOA that comes with a denial: its zone, and for how long the denial may be cached.
    pub(super) fn denial(&self) -> Option<(Name, u32)> {
        self.0.authorities.iter().find_map(|record| match data(record)? {
            RecordData::Soa(soa) => Some((name_of(&record.name)?, negative_ttl(&soa, record.ttl))),
            _ => None,
        })
    }

    /// The owner of NS records in the authority section: the zone that this answer refers to.
    pub(super) fn referred_to(&self) -> Option<Name> {
        let ours = self.rcode() == Rcode::NOERROR && self.0.answers.is_empty() && self.denial().is_none();
        let referral = self.0.authorities.iter().find(|record| record.record_type() == rr::RecordType::NS);
        ours.then_some(referral).flatten().and_then(|record| name_of(&record.name))
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
    RecordSet::new(name.clone(), Ttl::Seconds(ttl), of_set().filter_map(data)).ok()
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
    record_type: &'a RecordType,
) -> impl Iterator<Item = &'a Record> {
    records.iter().filter(move |record| {
        record.dns_class == DNSClass::IN
            && record_type.number() == Some(record.record_type().into())
            && name_of(&record.name).as_ref() == Some(name)
    })
}

pub(super) fn name_of(name: &rr::Name) -> Option<Name> {
    Name::from_labels(name.iter()).ok()
}

/// A record's data; as bytes, where its own type's rules do not fit it.
pub(super) fn data(record: &Record) -> Option<RecordData> {
    let mut wire = Vec::new();
    let mut encoder = BinEncoder::new(&mut wire);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    record.data.emit(&mut encoder).ok()?;
    Some(RecordData::from_wire_or_opaque(&RecordType::from_number(record.record_type().into()), &wire))
}
