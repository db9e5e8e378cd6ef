//! Questions and answers as messages.

use std::net::IpAddr;

use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, ResponseCode},
    rr::{self, DNSClass, RData, rdata::NULL},
};

use super::{
    Internet,
    answer::{FORMERR, NOTIMP, REFUSED, Record, Response},
};
use crate::dns::Name;

/// What fits through every network in one piece.
const PAYLOAD: u16 = 1232;

/// Types from here to the end of the range ask for whole zones, or for everything at once.
const FIRST_META_TYPE: u16 = 251;
const LAST_META_TYPE: u16 = 255;

impl Internet {
    /// What the name server at an address answers to a message; nothing when it is silent.
    pub(super) fn answer_at(&self, server: IpAddr, query: &[u8], over_udp: bool) -> Option<Vec<u8>> {
        if self.lock().faults.unplugged {
            return None;
        }
        respond(query, over_udp, false, |name, record_type, dnssec| self.ask(server, name, record_type, dnssec, 0))
    }

    /// What a resolver of this world answers to a message.
    pub(super) fn answer_resolved(&self, query: &[u8], over_udp: bool) -> Option<Vec<u8>> {
        respond(query, over_udp, true, |name, record_type, dnssec| Some(self.resolve(name, record_type, dnssec, 0)))
    }
}

/// Over UDP, what is longer than the client takes is cut short.
fn respond(
    query: &[u8],
    over_udp: bool,
    recursive: bool,
    answer: impl FnOnce(&Name, u16, bool) -> Option<Response>,
) -> Option<Vec<u8>> {
    let query = Message::from_vec(query).ok()?;
    if query.metadata.message_type != MessageType::Query {
        return None;
    }
    let dnssec = query.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok);
    let said = match query.queries.as_slice() {
        _ if query.metadata.op_code != OpCode::Query => Response::refusal(NOTIMP),
        [question] if question.query_class() != DNSClass::IN => Response::refusal(REFUSED),
        [question] => {
            let name = Name::from_labels(question.name().iter()).ok()?;
            match u16::from(question.query_type()) {
                FIRST_META_TYPE..=LAST_META_TYPE => Response::refusal(NOTIMP),
                record_type => answer(&name, record_type, dnssec)?,
            }
        }
        _ => Response::refusal(FORMERR),
    };

    let mut message = Message::response(query.metadata.id, query.metadata.op_code);
    message.metadata.authoritative = said.authoritative && !recursive;
    message.metadata.recursion_desired = query.metadata.recursion_desired;
    message.metadata.recursion_available = recursive;
    message.metadata.checking_disabled = query.metadata.checking_disabled;
    message.metadata.response_code = ResponseCode::from(0, u8::try_from(said.code).unwrap_or_default());
    message.add_queries(query.queries.iter().cloned());
    let fits = match &query.edns {
        _ if !over_udp => usize::from(u16::MAX),
        Some(edns) => edns.max_payload().clamp(512, PAYLOAD).into(),
        None => 512,
    };
    if query.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD).set_version(0).set_dnssec_ok(dnssec);
        message.set_edns(edns);
    }
    let empty = message.clone();
    message.add_answers(said.answer.iter().filter_map(record));
    message.add_authorities(said.authority.iter().filter_map(record));
    message.add_additionals(said.additional.iter().filter_map(record));
    let whole = message.to_vec().ok().filter(|bytes| bytes.len() <= fits);
    whole.or_else(|| {
        let mut cut_short = empty;
        cut_short.metadata.truncation = true;
        cut_short.to_vec().ok()
    })
}

/// The bytes of the data are sent as they are, whatever the type.
fn record(record: &Record) -> Option<rr::Record> {
    let name = rr::Name::from_labels(record.name.labels()).ok()?;
    let data = RData::Unknown { code: record.record_type.into(), rdata: NULL::with(record.wire.clone()) };
    Some(rr::Record::from_rdata(name, record.ttl, data))
}
