//! A resolver that follows the delegations of this world from the root, without a cache and without validating.

use std::net::IpAddr;

use super::{
    Internet, MAX_DEPTH,
    answer::{A, NOERROR, NS, NXDOMAIN, Record, Response, SERVFAIL, SOA},
};
use crate::dns::{Name, RecordData};

const MAX_ALIASES: usize = 8;
const MAX_REFERRALS: usize = 20;

impl Internet {
    /// What somebody who asks a resolver of this world is told.
    pub(super) fn resolve(&self, name: &Name, record_type: u16, dnssec: bool, depth: u8) -> Response {
        let mut whole = Response::default();
        let mut at = name.clone();
        for _ in 0..MAX_ALIASES {
            let Some(found) = self.follow(&at, record_type, dnssec, depth) else {
                return Response::refusal(SERVFAIL);
            };
            let end = found.end_of_chain(&at);
            let denied = found.code == NXDOMAIN || found.authority.iter().any(|record| record.record_type == SOA);
            let finished = denied || end == at || found.has(&end, record_type);
            whole.code = found.code;
            whole.answer.extend(found.answer);
            whole.authority.extend(found.authority);
            if finished {
                return whole;
            }
            at = end;
        }
        Response::refusal(SERVFAIL)
    }

    /// Asks from the root down until a server answers with authority.
    fn follow(&self, name: &Name, record_type: u16, dnssec: bool, depth: u8) -> Option<Response> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut zone = Name::root();
        let mut servers = self.roots();
        for _ in 0..MAX_REFERRALS {
            let mut referral = None;
            for server in servers {
                let Some(said) = self.ask(server, name, record_type, dnssec, depth) else {
                    continue;
                };
                if said.authoritative && matches!(said.code, NOERROR | NXDOMAIN) {
                    return Some(said);
                }
                let cut = said.authority.iter().find(|record| record.record_type == NS).map(|record| &record.name);
                if let Some(cut) = cut.filter(|cut| cut.is_within(&zone) && **cut != zone && name.is_within(cut)) {
                    referral = Some((cut.clone(), said));
                    break;
                }
            }
            let (cut, said) = referral?;
            zone = cut;
            servers = self.addresses_in(&said, depth);
        }
        None
    }

    /// Where the servers of a referral are: as it says itself, or else as their names resolve.
    fn addresses_in(&self, referral: &Response, depth: u8) -> Vec<IpAddr> {
        let addresses = |records: &[Record], host: &Name| -> Vec<IpAddr> {
            let of_host = records.iter().filter(|record| record.name == *host);
            of_host
                .filter_map(|record| if let RecordData::A(it) = record.data()? { Some(it.into()) } else { None })
                .collect()
        };
        let mut found = Vec::new();
        for record in referral.authority.iter().filter(|record| record.record_type == NS) {
            let Some(RecordData::Ns(host)) = record.data() else {
                continue;
            };
            let mut here = addresses(&referral.additional, &host);
            if here.is_empty() {
                let answer = self.resolve(&host, A, false, depth + 1);
                here = addresses(&answer.answer, &answer.end_of_chain(&host));
            }
            found.extend(here);
        }
        found
    }
}
