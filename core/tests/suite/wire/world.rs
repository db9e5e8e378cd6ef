//! A few name servers in memory, which write their messages themselves.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use howdah_core::{
    Clock,
    dns::{
        Name, RecordData, RecordType,
        wire::{Exchange, ExchangeError, Observer, Server},
    },
    testing::ZoneKey,
};
use jiff::{SignedDuration, Timestamp};

/// When everything here happens.
pub(crate) const NOW: &str = "2022-12-04T12:00:00Z";

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn server(host: &str, at: &str) -> Server {
    Server { name: name(host), address: address(at) }
}

/// How a server behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Manner {
    #[default]
    Good,
    Silent,
    RefusesPort,
    OutOfReach,
    WithoutAuthority,
    AnswersAnotherQuestion,
    Truncates,
    Garbles,
    Code(u8),
}

#[derive(Clone, Debug)]
pub(crate) struct Zone {
    pub(crate) apex: Name,
    pub(crate) records: Vec<(Name, u32, RecordData)>,
    pub(crate) key: Option<ZoneKey>,
    /// The key that signs the DNSKEY set, where it is another one.
    pub(crate) key_signing_key: Option<ZoneKey>,
    pub(crate) signed: (Timestamp, Timestamp),
    pub(crate) signer: Option<Name>,
    /// A type whose signatures are left out.
    pub(crate) bare: Option<RecordType>,
    pub(crate) proves_absence: bool,
}

impl Zone {
    /// A zone written as in a zone file, one record a line: owner, TTL, type, data.
    pub(crate) fn new(apex: &str, text: &str) -> Zone {
        let apex = name(apex);
        let record = |line: &str| {
            let mut words = line.trim().splitn(4, ' ');
            let mut word = || words.next().unwrap();
            let (owner, ttl, record_type, data) = (word(), word(), word(), word());
            let data = RecordData::parse(&record_type.parse().unwrap(), data, &apex).unwrap();
            (Name::parse_in(owner, &apex).unwrap(), ttl.parse().unwrap(), data)
        };
        let soa = "@ 900 SOA ns hostmaster 7 7200 3600 1209600 300";
        let records =
            std::iter::once(soa).chain(text.lines().filter(|line| !line.trim().is_empty())).map(record).collect();
        let day = SignedDuration::from_hours(24);
        let signed = (now() - day, now() + day * 7);
        Zone { apex, records, key: None, key_signing_key: None, signed, signer: None, bare: None, proves_absence: true }
    }

    pub(crate) fn signed_with(mut self, key: &ZoneKey) -> Zone {
        let dnskey = RecordData::Dnskey(key.dnskey());
        self.records.push((self.apex.clone(), 3600, dnskey));
        self.key = Some(key.clone());
        self
    }

    fn set(&self, owner: &Name, record_type: &RecordType) -> Vec<Record> {
        let of_set = self.records.iter().filter(|(name, _, data)| name == owner && data.record_type() == *record_type);
        of_set
            .map(|(name, ttl, data)| Record(name.clone(), *ttl, data.record_type(), data.to_wire().unwrap()))
            .collect()
    }

    /// The set and the signature over it.
    fn signed_set(&self, mut set: Vec<Record>) -> Vec<Record> {
        let Some((key, first)) = self.key.as_ref().zip(set.first().cloned()) else { return set };
        if self.bare.as_ref() == Some(&first.2) {
            return set;
        }
        let Record(owner, ttl, record_type, _) = first;
        let key = self.key_signing_key.as_ref().filter(|_| record_type == RecordType::Dnskey).unwrap_or(key);
        let labels = owner.labels().filter(|label| *label != b"*").count();
        let mut signature = record_type.number().unwrap().to_be_bytes().to_vec();
        signature.extend([13, u8::try_from(labels).unwrap()]);
        signature.extend(ttl.to_be_bytes());
        for moment in [self.signed.1, self.signed.0] {
            signature.extend(u32::try_from(moment.as_second()).unwrap().to_be_bytes());
        }
        signature.extend(key.dnskey().key_tag().to_be_bytes());
        signature.extend(self.signer.as_ref().unwrap_or(&self.apex).to_wire());
        set.sort_by(|one, other| one.3.cmp(&other.3));
        let input: Vec<u8> = signature.iter().copied().chain(set.iter().flat_map(Record::wire)).collect();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.pkcs8()).unwrap();
        signature.extend(pair.sign(&SystemRandom::new(), &input).unwrap().as_ref());
        set.push(Record(owner, ttl, RecordType::from_number(46), signature));
        set
    }

    fn get(&self, owner: &Name, record_type: &RecordType) -> Vec<Record> {
        self.signed_set(self.set(owner, record_type))
    }

    /// The zone cut at or above this name.
    fn cut(&self, owner: &Name, record_type: &RecordType) -> Option<Name> {
        let cuts = self.records.iter().filter(|(_, _, data)| data.record_type() == RecordType::Ns);
        let mut cuts = cuts.map(|(cut, ..)| cut.clone()).filter(|cut| *cut != self.apex && owner.is_within(cut));
        cuts.find(|cut| *record_type != RecordType::Ds || owner != cut)
    }

    fn respond(&self, owner: &Name, record_type: &RecordType) -> Response {
        let mut response = Response { authoritative: true, ..Response::default() };
        if let Some(cut) = self.cut(owner, record_type) {
            response.authoritative = false;
            response.authority = self.set(&cut, &RecordType::Ns);
            for (_, _, data) in self.records.iter().filter(|(at, ..)| *at == cut) {
                if let RecordData::Ns(host) = data {
                    response.additional.extend(self.set(host, &RecordType::A));
                    response.additional.extend(self.set(host, &RecordType::Aaaa));
                }
            }
            return response;
        }
        response.answer = self.get(owner, record_type);
        if response.answer.is_empty() {
            response.answer = self.get(owner, &RecordType::Cname);
        }
        if response.answer.is_empty() && !self.records.iter().any(|(at, ..)| at.is_within(owner)) {
            let wildcard = self.get(&self.apex.child("*").unwrap(), record_type);
            response.answer =
                wildcard.into_iter().map(|record| Record(owner.clone(), record.1, record.2, record.3)).collect();
        }
        if response.answer.is_empty() {
            let exists = self.records.iter().any(|(at, ..)| at.is_within(owner));
            response.rcode = if exists { 0 } else { 3 };
            response.authority = self.get(&self.apex, &RecordType::Soa);
            if self.key.is_some() && self.proves_absence {
                let mut nsec = self.apex.to_wire();
                nsec.extend([0, 6, 0x40, 0, 0, 0, 0, 0x03]);
                let before = if exists { owner } else { &self.apex };
                let nsec = Record(before.clone(), 300, RecordType::from_number(47), nsec);
                response.authority.extend(self.signed_set(vec![nsec]));
            }
        }
        response
    }
}

#[derive(Clone, Debug)]
struct Record(Name, u32, RecordType, Vec<u8>);

impl Record {
    fn wire(&self) -> Vec<u8> {
        let Record(owner, ttl, record_type, data) = self;
        let mut wire = owner.to_wire();
        wire.extend(record_type.number().unwrap().to_be_bytes());
        wire.extend([0, 1]);
        wire.extend(ttl.to_be_bytes());
        wire.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        wire.extend(data);
        wire
    }
}

#[derive(Debug, Default)]
struct Response {
    rcode: u8,
    authoritative: bool,
    answer: Vec<Record>,
    authority: Vec<Record>,
    additional: Vec<Record>,
}

/// The bytes of an answer to this query.
fn write(query: &[u8], response: &Response) -> Vec<u8> {
    let (.., end) = question(query);
    let mut bytes = query[..2].to_vec();
    bytes.extend([0x80 | if response.authoritative { 4 } else { 0 }, response.rcode, 0, 1]);
    let sections = [&response.answer, &response.authority, &response.additional];
    for section in sections {
        bytes.extend(u16::try_from(section.len()).unwrap().to_be_bytes());
    }
    bytes.extend(&query[12..end]);
    bytes.extend(sections.into_iter().flatten().flat_map(Record::wire));
    bytes
}

/// Name, type and end of the question.
pub(crate) fn question(query: &[u8]) -> (Name, RecordType, usize) {
    let mut labels = Vec::new();
    let mut at = 12;
    while query[at] > 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(&query[at + 1..end]);
        at = end;
    }
    let number = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    (Name::from_labels(labels).unwrap(), RecordType::from_number(number), at + 5)
}

/// An answer of one record to this query.
pub(crate) fn one_record(query: &[u8], data: &RecordData) -> Vec<u8> {
    let (owner, ..) = question(query);
    let record = Record(owner, 60, data.record_type(), data.to_wire().unwrap());
    write(query, &Response { authoritative: true, answer: vec![record], ..Response::default() })
}

/// Name servers by address.
#[derive(Clone, Debug, Default)]
pub(crate) struct World(Arc<Mutex<Servers>>);

type Servers = BTreeMap<IpAddr, (Manner, Vec<Zone>)>;

impl World {
    /// org. and net. with two zones below them: example.org. is served by a host within it and by one of host.net.
    pub(crate) fn new(key: &ZoneKey) -> World {
        let world = World::default();
        let root = "org. 172800 NS a.nic.org.\norg. 172800 NS b.nic.org.\na.nic.org. 172800 A 198.51.100.2\n\
            b.nic.org. 172800 A 198.51.100.3\nnet. 172800 NS a.nic.net.\na.nic.net. 172800 A 198.51.100.4";
        world.serve("198.51.100.1", Zone::new(".", root));
        let ds = key.dnskey().to_ds(&name("example.org"), howdah_core::dns::DigestType::Sha256);
        let org = format!(
            "@ 900 NS a.nic\n@ 900 NS b.nic\na.nic 900 A 198.51.100.2\nb.nic 900 A 198.51.100.3\n\
             example 3600 NS ns1.example\nexample 3600 NS ns.host.net.\nns1.example 3600 A 192.0.2.1\nexample 1800 DS {ds}"
        );
        world.serve("198.51.100.2", Zone::new("org", &org));
        world.serve("198.51.100.3", Zone::new("org", &org));
        let net = "@ 900 NS a.nic\na.nic 900 A 198.51.100.4\nhost 900 NS ns.host\nns.host 900 A 192.0.2.2";
        world.serve("198.51.100.4", Zone::new("net", net));
        world.serve("192.0.2.2", Zone::new("host.net", "@ 900 NS ns\nns 900 A 192.0.2.2\nalso 900 CNAME ns"));
        for at in ["192.0.2.1", "192.0.2.2"] {
            world.serve(at, Self::example(key));
        }
        world
    }

    /// example.org. as both of its servers have it.
    pub(crate) fn example(key: &ZoneKey) -> Zone {
        let records = "@ 3600 NS ns1\n@ 3600 NS ns.host.net.\nns1 3600 A 192.0.2.1\n@ 300 A 203.0.113.1\n\
            www 300 CNAME @\n_dmarc 300 TXT \"v=DMARC1; p=none\"";
        Zone::new("example.org", records).signed_with(key)
    }

    pub(crate) fn serve(&self, at: &str, zone: Zone) {
        self.0.lock().unwrap().entry(address(at)).or_default().1.push(zone);
    }

    pub(crate) fn behave(&self, at: &str, manner: Manner) {
        self.0.lock().unwrap().entry(address(at)).or_default().0 = manner;
    }

    /// Changes a zone at one server.
    pub(crate) fn edit(&self, at: &str, apex: &str, edit: impl FnOnce(&mut Zone)) {
        let mut servers = self.0.lock().unwrap();
        let zones = &mut servers.get_mut(&address(at)).unwrap().1;
        edit(zones.iter_mut().find(|zone| zone.apex == name(apex)).unwrap());
    }

    pub(crate) fn observer(&self) -> Observer {
        Observer::over(Arc::new(self.clone()))
            .with_roots([address("198.51.100.1")])
            .with_clock(Clock::starting_at(now()))
    }
}

#[async_trait]
impl Exchange for World {
    async fn exchange(&self, server: SocketAddr, query: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        assert_eq!(server.port(), 53);
        let known = self.0.lock().unwrap().get(&server.ip()).cloned();
        let (manner, zones) = known.unwrap_or((Manner::Silent, Vec::new()));
        let (owner, record_type, _) = question(query);
        let within = zones.iter().filter(|zone| owner.is_within(&zone.apex));
        // The parent speaks for the DS, where the server holds the parent as well.
        let above = within.clone().filter(|zone| record_type != RecordType::Ds || owner != zone.apex);
        let deepest = |zone: &&Zone| zone.apex.labels().len();
        let zone = above.max_by_key(deepest).or_else(|| within.max_by_key(deepest));
        let refused = Response { rcode: 5, ..Response::default() };
        let mut response = zone.map_or(refused, |zone| zone.respond(&owner, &record_type));
        match manner {
            Manner::Silent => {
                tokio::time::sleep(Duration::from_secs(6)).await;
                return Err(ExchangeError::Timeout);
            }
            Manner::RefusesPort => return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
            Manner::OutOfReach => return Err(ExchangeError::NoIpv6),
            Manner::WithoutAuthority => response.authoritative = false,
            Manner::Code(rcode) => response = Response { rcode, ..Response::default() },
            _ => {}
        }
        let mut bytes = write(query, &response);
        match manner {
            Manner::AnswersAnotherQuestion => bytes[13] ^= 1,
            Manner::Truncates => bytes[2] |= 2,
            Manner::Garbles => bytes.truncate(bytes.len() - 1),
            _ => {}
        }
        Ok(bytes)
    }
}
