//! What a name server says, before it is a message.

use crate::dns::{Name, RecordData, RecordType};

pub(super) const A: u16 = 1;
pub(super) const NS: u16 = 2;
pub(super) const CNAME: u16 = 5;
pub(super) const SOA: u16 = 6;
pub(super) const AAAA: u16 = 28;
pub(super) const DNAME: u16 = 39;
pub(super) const DS: u16 = 43;
pub(super) const RRSIG: u16 = 46;
pub(super) const NSEC: u16 = 47;
pub(super) const DNSKEY: u16 = 48;

pub(super) const NOERROR: u16 = 0;
pub(super) const FORMERR: u16 = 1;
pub(super) const SERVFAIL: u16 = 2;
pub(super) const NXDOMAIN: u16 = 3;
pub(super) const NOTIMP: u16 = 4;
pub(super) const REFUSED: u16 = 5;

/// One record, its data in wire format.
#[allow(clippy::struct_field_names)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: Name,
    pub(super) record_type: u16,
    pub(super) ttl: u32,
    pub(super) wire: Vec<u8>,
}

/// An answer and its sections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) code: u16,
    pub(super) authoritative: bool,
    pub(super) answer: Vec<Record>,
    pub(super) authority: Vec<Record>,
    pub(super) additional: Vec<Record>,
}

impl Record {
    pub(super) fn data(&self) -> Option<RecordData> {
        RecordData::from_wire(&RecordType::from_number(self.record_type), &self.wire).ok()
    }
}

impl Response {
    pub(super) fn refusal(code: u16) -> Self {
        Self { code, ..Self::default() }
    }

    /// Where the chain of CNAME that begins at `name` ends.
    pub(super) fn end_of_chain(&self, name: &Name) -> Name {
        let mut at = name.clone();
        for _ in 0..self.answer.len() {
            let next = self.answer.iter().find(|record| record.record_type == CNAME && record.name == at);
            match next.and_then(Record::data) {
                Some(RecordData::Cname(target)) => at = target,
                _ => break,
            }
        }
        at
    }

    pub(super) fn has(&self, name: &Name, record_type: u16) -> bool {
        self.answer.iter().any(|record| record.record_type == record_type && record.name == *name)
    }
}
