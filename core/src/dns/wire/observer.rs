//! One who asks name servers directly.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use futures::{StreamExt as _, future, stream};

use super::{
    Answer, ApexView, Delegation, Exchange, ExchangeError, ParentView, Rcode, Seen, Server, Servers, Sockets, View,
    message::{self, Reply},
    signatures::{self, Evidence},
    walk::{self, Walk},
};
use crate::{
    Clock, Error, ErrorKind, Outcome, Result,
    dns::{Ds, Name, RecordData, RecordSet, RecordType, Ttl},
};

/// How many servers are asked at once.
const AT_ONCE: usize = 16;

/// One who asks name servers directly, from the roots down, and keeps nothing between calls.
///
/// See the [module](super) for an example.
#[derive(Clone, Debug)]
pub struct Observer {
    exchange: Arc<dyn Exchange>,
    roots: Vec<Server>,
    port: u16,
    clock: Clock,
}

impl Observer {
    /// Over the network, from the root servers of IANA.
    pub fn new() -> Self {
        Self::over(Arc::new(Sockets::new()))
    }

    /// Over another way to name servers, such as a world in memory.
    pub fn over(exchange: Arc<dyn Exchange>) -> Self {
        Self { exchange, roots: root_servers(), port: 53, clock: Clock::system() }
    }

    /// Begins at other root servers.
    pub fn with_roots(mut self, roots: impl IntoIterator<Item = IpAddr>) -> Self {
        self.roots = roots.into_iter().map(|address| Server { name: Name::root(), address }).collect();
        self
    }

    /// Asks every server at another port than 53.
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Judges by another clock whether signatures have expired.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// How a zone is delegated: every server of its parent is asked for its NS set, glue, DS set and their TTLs.
    ///
    /// A zone that is not delegated is an answer, with [`ParentView::exists`] false. It is an error if the parent
    /// itself cannot be found, since nothing on the way to it answers.
    pub async fn delegation(&self, zone: &Name) -> Result<Delegation> {
        if zone.is_root() {
            return Err(Error::invalid("the root is not delegated by any zone"));
        }
        let walk = Walk::new(self, &self.roots);
        let parent = walk.parent(zone).await.map_err(|why| not_observed(zone, &why))?;
        let Servers { found, unresolved } = walk.servers(&parent).await;
        let views = self.views(&found, |server| self.parent_view(server, zone, &parent.zone)).await;
        Ok(Delegation { zone: zone.clone(), parent: parent.zone, views, unresolved })
    }

    /// The addresses of name servers, found from the roots down.
    pub async fn servers(&self, names: &[Name]) -> Servers {
        Walk::new(self, &self.roots).addresses(names).await
    }

    /// What each of these servers says of the apex of a zone, and whether its signatures hold.
    ///
    /// Where this machine has no IPv6, a server that was observed over IPv4 has no view over IPv6.
    pub async fn apex(&self, zone: &Name, servers: &[Server]) -> Vec<View<ApexView>> {
        self.views(servers, |server| self.apex_view(server, zone)).await
    }

    /// What one server answers to one question.
    pub async fn ask(&self, server: &Server, name: &Name, record_type: &RecordType) -> Seen<Answer> {
        self.answer(server, name, record_type).await.map_err(|trouble| trouble.to_string()).into()
    }

    /// The answer that a resolver with an empty cache would find, aliases followed; signatures are not looked at.
    pub async fn resolve(&self, name: &Name, record_type: &RecordType) -> Result<Answer> {
        if record_type.number().is_none() {
            return Err(Error::invalid(format!("`record_type` is {record_type}, which is not a DNS type")));
        }
        Walk::new(self, &self.roots).resolve(name, record_type, 0).await.map_err(|why| not_observed(name, &why))
    }

    pub(super) async fn answer(
        &self,
        server: &Server,
        name: &Name,
        record_type: &RecordType,
    ) -> Result<Answer, Trouble> {
        Ok(self.question(server.address, name, record_type).await?.answer(name, record_type))
    }

    /// Asks one question at one address.
    pub(super) async fn question(
        &self,
        address: IpAddr,
        name: &Name,
        record_type: &RecordType,
    ) -> Result<Reply, Trouble> {
        let query = message::query(name, record_type)?;
        let reply = self.exchange.exchange(SocketAddr::new(address, self.port), &query).await?;
        if !message::answers(&query, &reply) {
            return Err(Trouble::from("it answers another question".to_owned()));
        }
        if message::is_truncated(&reply) {
            return Err(Trouble::from("its answer is cut short".to_owned()));
        }
        Ok(Reply::parse(&reply)?)
    }

    async fn views<'a, T, F>(&self, servers: &'a [Server], view: impl Fn(&'a Server) -> F) -> Vec<View<T>>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        // Made before they are polled: a closure kept in the future would make it one that cannot be spawned.
        let asked: Vec<_> = servers.iter().map(view).collect();
        let outcomes: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        let needless = needless(servers, |index| outcomes[index].as_ref().err());
        let views = servers.iter().zip(outcomes).filter(|(server, _)| !needless.contains(server));
        views
            .map(|(server, outcome)| View {
                server: server.clone(),
                seen: outcome.map_err(|trouble| trouble.to_string()).into(),
            })
            .collect()
    }

    async fn parent_view(&self, server: &Server, zone: &Name, parent: &Name) -> Result<ParentView, Trouble> {
        let ask = |name, record_type| async move { self.question(server.address, name, &record_type).await };
        let (ns, ds) = future::try_join(ask(zone, RecordType::Ns), ask(zone, RecordType::Ds)).await?;
        let named = message::set(ns.authorities(), zone, &RecordType::Ns)
            .filter(|_| ns.rcode() == Rcode::NOERROR)
            .or_else(|| message::set(ns.answers(), zone, &RecordType::Ns));
        let denied = ns.authoritative() && matches!(ns.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN);
        if named.is_none() && !denied {
            return Err(Trouble::from(format!("asked for the delegation it answers {}", ns.said())));
        }
        let digests = message::set(ds.answers(), zone, &RecordType::Ds);
        let denial = ds.denial().filter(|(owner, _)| *owner != zone);
        let answered = ds.authoritative() && matches!(ds.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN);
        if !answered || (digests.is_none() && denial.is_none()) {
            return Err(Trouble::from(format!("asked for the DS set it answers {}", ds.said())));
        }
        let negative_ttl = if let Some((_, ttl)) = denial {
            ttl
        } else {
            let soa = ask(parent, RecordType::Soa).await?;
            let set = message::set(soa.answers(), parent, &RecordType::Soa);
            negative_ttl(set.as_ref())
                .ok_or_else(|| format!("asked for the SOA of {parent} it answers {}", soa.said()))?
        };
        let name_servers = named.as_ref().map(message::names).unwrap_or_default();
        let glue: BTreeMap<Name, BTreeSet<IpAddr>> = name_servers
            .iter()
            .map(|host| (host.clone(), walk::addresses_of(ns.additionals(), host)))
            .filter(|(_, addresses)| !addresses.is_empty())
            .collect();
        Ok(ParentView {
            exists: named.is_some(),
            authoritative: named.is_some() && ns.authoritative(),
            ns_ttl: named.as_ref().and_then(ttl),
            name_servers,
            ds_ttl: digests.as_ref().and_then(ttl),
            ds: digests.as_ref().map(ds_of).unwrap_or_default(),
            negative_ttl,
            glue,
        })
    }

    async fn apex_view(&self, server: &Server, zone: &Name) -> Result<ApexView, Trouble> {
        let ask = |name, record_type| async move { self.question(server.address, name, &record_type).await };
        // It is long and random, so that nobody has it.
        let absent = zone.child(&format!("howdah-{:016x}", fastrand::u64(..))).unwrap_or_else(|_| zone.clone());
        let (soa, ns, keys, denial) = future::try_join4(
            ask(zone, RecordType::Soa),
            ask(zone, RecordType::Ns),
            ask(zone, RecordType::Dnskey),
            ask(&absent, RecordType::A),
        )
        .await?;
        let soa_set = message::set(soa.answers(), zone, &RecordType::Soa);
        let ns_set = message::set(ns.answers(), zone, &RecordType::Ns);
        let key_set = message::set(keys.answers(), zone, &RecordType::Dnskey);
        let evidence = Evidence { zone, keys: &keys, soa: &soa, absent: &absent, denial: &denial };
        Ok(ApexView {
            authoritative: soa.authoritative(),
            rcode: soa.rcode(),
            name_servers: ns_set.as_ref().map(message::names).unwrap_or_default(),
            ns_ttl: ns_set.as_ref().and_then(ttl),
            keys: typed(key_set.as_ref(), |data| match data {
                RecordData::Dnskey(key) => Some(key.clone()),
                _ => None,
            }),
            keys_ttl: key_set.as_ref().and_then(ttl),
            signing: evidence.signing(self.clock.now()),
            soa: typed(soa_set.as_ref(), |data| match data {
                RecordData::Soa(soa) => Some(soa.clone()),
                _ => None,
            })
            .pop(),
        })
    }
}

impl Default for Observer {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a question has no answer.
pub(super) struct Trouble {
    why: String,
    no_ipv6: bool,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl From<String> for Trouble {
    fn from(why: String) -> Self {
        Trouble { why, no_ipv6: false }
    }
}

impl From<ExchangeError> for Trouble {
    fn from(error: ExchangeError) -> Self {
        Trouble { why: error.to_string(), no_ipv6: matches!(error, ExchangeError::NoIpv6) }
    }
}

/// The IPv6 addresses, out of reach from here, of servers that were observed at another address.
pub(super) fn needless<'a, 't>(
    servers: &'a [Server],
    trouble: impl Fn(usize) -> Option<&'t Trouble>,
) -> BTreeSet<&'a Server> {
    let numbered = || servers.iter().enumerate();
    let observed: BTreeSet<&Name> =
        numbered().filter(|(index, _)| trouble(*index).is_none()).map(|(_, server)| &server.name).collect();
    numbered()
        .filter(|(index, _)| trouble(*index).is_some_and(|trouble| trouble.no_ipv6))
        .map(|(_, server)| server)
        .filter(|server| observed.contains(&server.name))
        .collect()
}

impl Reply {
    /// What this answers to a question.
    pub(super) fn answer(&self, name: &Name, record_type: &RecordType) -> Answer {
        let mut aliases: Vec<Name> = Vec::new();
        let end = loop {
            let at = aliases.last().unwrap_or(name);
            let alias =
                message::set(self.answers(), at, &RecordType::Cname).filter(|_| *record_type != RecordType::Cname);
            match alias.and_then(|set| message::names(&set).pop_first()) {
                Some(next) if next != *name && !aliases.contains(&next) => aliases.push(next),
                _ => break at.clone(),
            }
        };
        let set = message::set(self.answers(), &end, record_type);
        Answer {
            rcode: self.rcode(),
            authoritative: self.authoritative(),
            signed: signatures::signatures_over(self.answers(), &end, record_type).next().is_some(),
            negative_ttl: self.denial().map(|(_, ttl)| ttl).filter(|_| set.is_none()),
            set,
            aliases,
        }
    }
}

fn ttl(set: &RecordSet) -> Option<u32> {
    match set.ttl() {
        Ttl::Seconds(seconds) => Some(seconds),
        Ttl::Auto => None,
    }
}

fn negative_ttl(soa: Option<&RecordSet>) -> Option<u32> {
    soa?.data().iter().find_map(|data| match data {
        RecordData::Soa(data) => Some(message::negative_ttl(data, ttl(soa?)?)),
        _ => None,
    })
}

fn ds_of(set: &RecordSet) -> Vec<Ds> {
    typed(Some(set), |data| match data {
        RecordData::Ds(ds) => Some(ds.clone()),
        _ => None,
    })
}

fn typed<T>(set: Option<&RecordSet>, data: impl Fn(&RecordData) -> Option<T>) -> Vec<T> {
    set.into_iter().flat_map(RecordSet::data).filter_map(data).collect()
}

fn not_observed(name: &Name, why: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("{name} could not be observed: {why}")).with_outcome(Outcome::Refused)
}

/// The root servers, as IANA lists them.
fn root_servers() -> Vec<Server> {
    #[rustfmt::skip]
    const ROOTS: [(&str, [u8; 4], [u16; 8]); 13] = [
        ("a", [198, 41, 0, 4], [0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30]),
        ("b", [170, 247, 170, 2], [0x2801, 0x1b8, 0x10, 0, 0, 0, 0, 0xb]),
        ("c", [192, 33, 4, 12], [0x2001, 0x500, 2, 0, 0, 0, 0, 0xc]),
        ("d", [199, 7, 91, 13], [0x2001, 0x500, 0x2d, 0, 0, 0, 0, 0xd]),
        ("e", [192, 203, 230, 10], [0x2001, 0x500, 0xa8, 0, 0, 0, 0, 0xe]),
        ("f", [192, 5, 5, 241], [0x2001, 0x500, 0x2f, 0, 0, 0, 0, 0xf]),
        ("g", [192, 112, 36, 4], [0x2001, 0x500, 0x12, 0, 0, 0, 0, 0xd0d]),
        ("h", [198, 97, 190, 53], [0x2001, 0x500, 1, 0, 0, 0, 0, 0x53]),
        ("i", [192, 36, 148, 17], [0x2001, 0x7fe, 0, 0, 0, 0, 0, 0x53]),
        ("j", [192, 58, 128, 30], [0x2001, 0x503, 0xc27, 0, 0, 0, 2, 0x30]),
        ("k", [193, 0, 14, 129], [0x2001, 0x7fd, 0, 0, 0, 0, 0, 1]),
        ("l", [199, 7, 83, 42], [0x2001, 0x500, 0x9f, 0, 0, 0, 0, 0x42]),
        ("m", [202, 12, 27, 33], [0x2001, 0xdc3, 0, 0, 0, 0, 0, 0x35]),
    ];
    let both = |(letter, four, six): (&str, [u8; 4], [u16; 8])| {
        let name = Name::from_labels([letter, "root-servers", "net"]).unwrap_or_else(|_| Name::root());
        let addresses = [IpAddr::V4(Ipv4Addr::from(four)), IpAddr::V6(Ipv6Addr::from(six))];
        addresses.map(|address| Server { name: name.clone(), address })
    };
    ROOTS.into_iter().flat_map(both).collect()
}
