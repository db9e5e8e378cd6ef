//! How a name server answers from a zone: referrals, aliases, wildcards and proofs of what does not exist.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    answer::{A, AAAA, CNAME, DNAME, DNSKEY, DS, NS, NSEC, NXDOMAIN, RRSIG, Record, Response, SOA},
    signing::{Set, Signatures, Validity, nsec},
};
use crate::{
    dns::{Name, RecordData, RecordType},
    testing::HostedZone,
};

const DEFAULT_TTL: u32 = 3600;
const MAX_CHAIN: usize = 16;

/// A zone, and how it is to be signed.
pub(super) struct Sheet<'a> {
    pub(super) hosted: HostedZone,
    pub(super) signatures: &'a Signatures,
    pub(super) validity: Validity,
    /// Names whose signatures are wrong.
    pub(super) forged: BTreeSet<Name>,
    /// The addresses of a name, for an ALIAS.
    pub(super) addresses: &'a dyn Fn(&Name, u16) -> Vec<RecordData>,
}

impl Sheet<'_> {
    /// What a question about a name within the zone is answered with.
    pub(super) fn answer(&self, name: &Name, record_type: u16, dnssec: bool) -> Response {
        let mut response = Response { authoritative: true, ..Response::default() };
        let dnssec = dnssec && !self.hosted.keys.is_empty();
        let mut at = name.clone();
        for _ in 0..MAX_CHAIN {
            match self.answer_one(&at, record_type, dnssec, &mut response) {
                Some(target) if target.is_within(self.apex()) => at = target,
                _ => break,
            }
        }
        response
    }

    /// Adds what there is at one name; a target is where an alias leads.
    fn answer_one(&self, name: &Name, record_type: u16, dnssec: bool, response: &mut Response) -> Option<Name> {
        if let Some(cut) = self.cut(name)
            && !(cut == *name && record_type == DS)
        {
            if response.answer.is_empty() {
                self.refer(&cut, dnssec, response);
            }
            return None;
        }
        if self.exists(name) {
            return self.answer_from(name, name, record_type, dnssec, response);
        }
        if let Some(target) = self.redirect(name, dnssec, response) {
            return Some(target);
        }
        let encloser = ancestors(name).find(|at| self.exists(at) || at == self.apex())?;
        let wildcard = encloser.child("*").ok()?;
        if self.exists(&wildcard) {
            let target = self.answer_from(name, &wildcard, record_type, dnssec, response);
            self.prove(name, dnssec, response);
            return target;
        }
        response.code = NXDOMAIN;
        self.deny(name, dnssec, response);
        self.prove(&wildcard, dnssec, response);
        None
    }

    /// Answers for `name` with the records at `source`, which is the same name or a wildcard.
    fn answer_from(
        &self,
        name: &Name,
        source: &Name,
        record_type: u16,
        dnssec: bool,
        response: &mut Response,
    ) -> Option<Name> {
        let sets = self.sets_at(source);
        if let Some(set) = sets.get(&record_type) {
            self.push(&mut response.answer, name, source, record_type, set, dnssec);
            if record_type == NS {
                self.push_glue(set, response);
            }
            return None;
        }
        if let Some(set) = sets.get(&CNAME) {
            self.push(&mut response.answer, name, source, CNAME, set, dnssec);
            return set.data.first().and_then(|wire| name_in(wire));
        }
        self.deny(source, dnssec, response);
        None
    }

    /// As the servers of a parent do it: without authority, the NS set unsigned, the DS set or the proof that there is
    /// none signed, and the addresses that the parent knows.
    fn refer(&self, cut: &Name, dnssec: bool, response: &mut Response) {
        response.authoritative = false;
        let sets = self.sets_at(cut);
        if let Some(servers) = sets.get(&NS) {
            self.push(&mut response.authority, cut, cut, NS, servers, false);
            self.push_glue(servers, response);
        }
        match sets.get(&DS) {
            Some(ds) if dnssec => self.push(&mut response.authority, cut, cut, DS, ds, true),
            Some(_) => {}
            None => self.prove(cut, dnssec, response),
        }
    }

    /// Follows a DNAME above the name, if there is one (RFC 6672).
    fn redirect(&self, name: &Name, dnssec: bool, response: &mut Response) -> Option<Name> {
        let owner = ancestors(name).take_while(|at| at.is_within(self.apex())).find(|at| self.has_dname(at))?;
        let sets = self.sets_at(&owner);
        let set = sets.get(&DNAME)?;
        let target = name_in(set.data.first()?)?;
        let kept = name.labels().take(name.labels().len() - owner.labels().len());
        let target = Name::from_labels(kept.chain(target.labels())).ok()?;
        self.push(&mut response.answer, &owner, &owner, DNAME, set, dnssec);
        let made = Set { ttl: set.ttl, data: vec![target.to_wire()] };
        self.push(&mut response.answer, name, name, CNAME, &made, false);
        Some(target)
    }

    /// Says that there is no such name, or nothing of the type at it.
    fn deny(&self, name: &Name, dnssec: bool, response: &mut Response) {
        if let Some(soa) = self.sets_at(self.apex()).get(&SOA) {
            let from = response.authority.len();
            self.push(&mut response.authority, self.apex(), self.apex(), SOA, soa, dnssec);
            for record in &mut response.authority[from..] {
                record.ttl = self.negative_ttl();
            }
        }
        self.prove(name, dnssec, response);
    }

    /// Adds the NSEC record at a name or, where there is no such name, the one that spans it.
    fn prove(&self, name: &Name, dnssec: bool, response: &mut Response) {
        if !dnssec {
            return;
        }
        let mut owners: BTreeSet<&Name> =
            self.hosted.zone.names().filter(|at| self.cut(at).is_none_or(|cut| cut == **at)).collect();
        // Signed zones have an apex, even where nothing is at it but keys.
        owners.insert(self.apex());
        let Some(owner) = owners.range::<Name, _>(..=name).next_back() else {
            return;
        };
        if response.authority.iter().any(|record| record.record_type == NSEC && record.name == **owner) {
            return;
        }
        let after = (std::ops::Bound::Excluded(*owner), std::ops::Bound::Unbounded);
        let next = owners.range::<Name, _>(after).next().copied().unwrap_or(self.apex());
        let is_cut = self.cut(owner).is_some();
        let present = self.sets_at(owner).into_keys().filter(|present| !is_cut || matches!(*present, NS | DS));
        let data = vec![nsec(next, present.chain([RRSIG, NSEC]))];
        let set = Set { ttl: self.negative_ttl(), data };
        self.push(&mut response.authority, owner, owner, NSEC, &set, true);
    }

    fn push(&self, section: &mut Vec<Record>, name: &Name, source: &Name, record_type: u16, set: &Set, dnssec: bool) {
        let record = |record_type, wire| Record { name: name.clone(), record_type, ttl: set.ttl, wire };
        section.extend(set.data.iter().map(|wire| record(record_type, wire.clone())));
        if dnssec {
            let keys = &self.hosted.keys;
            let mut signatures = self.signatures.of(keys, self.apex(), source, record_type, set, self.validity);
            if self.forged.contains(source) {
                for last in signatures.iter_mut().filter_map(|wire| wire.last_mut()) {
                    *last ^= 1;
                }
            }
            section.extend(signatures.into_iter().map(|wire| record(RRSIG, wire)));
        }
    }

    /// Adds what the zone knows of the addresses of name servers.
    fn push_glue(&self, servers: &Set, response: &mut Response) {
        for server in servers.data.iter().filter_map(|wire| name_in(wire)) {
            for (record_type, set) in self.sets_at(&server) {
                if matches!(record_type, A | AAAA) {
                    self.push(&mut response.additional, &server, &server, record_type, &set, false);
                }
            }
        }
    }

    /// Everything at one name that has a wire format.
    fn sets_at(&self, name: &Name) -> BTreeMap<u16, Set> {
        let mut sets: BTreeMap<u16, Set> = BTreeMap::new();
        let mut put = |record_type, ttl, data: &[RecordData]| {
            let data: Vec<Vec<u8>> = data.iter().filter_map(wire_of).collect();
            if !data.is_empty() {
                let set = sets.entry(record_type).or_insert_with(|| Set { ttl, ..Set::default() });
                set.data.extend(data);
                set.data.sort();
                set.data.dedup();
            }
        };
        for held in self.hosted.zone.at(name) {
            let ttl = held.ttl().seconds_or(DEFAULT_TTL);
            for data in held.data() {
                if let RecordData::Alias(target) = data {
                    for record_type in [A, AAAA] {
                        put(record_type, ttl, &(self.addresses)(target, record_type));
                    }
                } else if let Some(record_type) = held.record_type().number() {
                    put(record_type, ttl, std::slice::from_ref(data));
                }
            }
        }
        if name == self.apex() {
            let keys: Vec<_> = self.hosted.keys.iter().map(|key| RecordData::Dnskey(key.dnskey())).collect();
            put(DNSKEY, DEFAULT_TTL, &keys);
        }
        sets
    }

    /// The highest delegation at the name or above it.
    fn cut(&self, name: &Name) -> Option<Name> {
        let path: Vec<Name> = std::iter::once(name.clone()).chain(ancestors(name)).collect();
        let below_apex = path.into_iter().take_while(|at| at != self.apex());
        below_apex.filter(|at| self.hosted.zone.contains(at, &RecordType::Ns)).last()
    }

    /// Whether there is anything at the name or below it.
    fn exists(&self, name: &Name) -> bool {
        name == self.apex() || self.hosted.zone.names().any(|held| held.is_within(name))
    }

    fn has_dname(&self, name: &Name) -> bool {
        self.hosted.zone.at(name).any(|set| set.record_type().number() == Some(DNAME))
    }

    fn negative_ttl(&self) -> u32 {
        self.hosted.zone.get(self.apex(), &RecordType::Soa).map_or(DEFAULT_TTL, |set| {
            let minimum = set.data().iter().find_map(|data| match data {
                RecordData::Soa(soa) => Some(soa.minimum),
                _ => None,
            });
            set.ttl().seconds_or(DEFAULT_TTL).min(minimum.unwrap_or(DEFAULT_TTL))
        })
    }

    fn apex(&self) -> &Name {
        self.hosted.zone.name()
    }
}

/// The names above a name, up to the root.
fn ancestors(name: &Name) -> impl Iterator<Item = Name> {
    std::iter::successors(name.parent(), Name::parent)
}

fn name_in(wire: &[u8]) -> Option<Name> {
    match RecordData::from_wire(&RecordType::Ns, wire) {
        Ok(RecordData::Ns(name)) => Some(name),
        _ => None,
    }
}

/// Some types that are otherwise kept as text have the form of one that is not.
fn wire_of(data: &RecordData) -> Option<Vec<u8>> {
    data.to_wire().or_else(|| {
        let alike = match data.record_type().as_str() {
            "DNAME" => RecordType::Ns,
            "HINFO" | "SPF" => RecordType::Txt,
            _ => return None,
        };
        RecordData::parse(&alike, &data.to_string(), &Name::root()).ok()?.to_wire()
    })
}
