//! The way from the roots down to the servers of a zone.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{
    FutureExt as _, StreamExt as _,
    future::{self, BoxFuture},
    stream::{self, FuturesUnordered},
};

use super::{
    Answer, Observer, Rcode, Server, Servers, Unresolved,
    message::{self, Record, Reply},
    signatures,
};
use crate::dns::{Name, RecordData, RecordSet, RecordType};

/// How many questions one walk may ask: what is delegated in circles comes to an end.
const QUESTIONS: usize = 600;

/// How many name servers may be looked up in order to look up another one.
const DEPTH: usize = 6;

/// How many aliases of aliases are followed.
const ALIASES: usize = 8;

/// How long one server of a zone has until another one is asked as well.
const HEAD_START: Duration = Duration::from_millis(400);

/// How many hosts are looked up at once.
const AT_ONCE: usize = 8;

/// A zone and its servers, as its parent told.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) zone: Name,
    /// Every name server.
    names: BTreeSet<Name>,
    /// The addresses that came along.
    known: Vec<Server>,
}

/// One way down, which remembers what it was told on it and nothing longer.
pub(super) struct Walk<'a> {
    observer: &'a Observer,
    cuts: Mutex<BTreeMap<Name, Cut>>,
    hosts: Mutex<BTreeMap<Name, Result<Vec<IpAddr>, String>>>,
    questions_left: AtomicUsize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(observer: &'a Observer, roots: &[Server]) -> Self {
        let names = roots.iter().map(|server| server.name.clone()).collect();
        let root = Cut { zone: Name::root(), names, known: roots.to_vec() };
        Self {
            observer,
            cuts: Mutex::new(BTreeMap::from([(Name::root(), root)])),
            hosts: Mutex::default(),
            questions_left: AtomicUsize::new(QUESTIONS),
        }
    }

    /// The zone above this one.
    pub(super) async fn parent(&self, zone: &Name) -> Result<Cut, String> {
        // The one question about a zone that its parent answers.
        let (cut, server, reply) = self.descend(zone, &RecordType::Ds, 0).await?;
        let signer = || signatures::signer(reply.answers(), zone, &RecordType::Ds);
        let parent = reply.denial().map(|(owner, _)| owner.clone()).or_else(signer).unwrap_or_else(|| cut.zone.clone());
        if parent == cut.zone || !parent.is_within(&cut.zone) {
            return Ok(cut);
        }
        // The server holds both the zone that was delegated to it and the one below, so it never referred to the latter.
        let reply = self.question(&server, &parent, &RecordType::Ns).await?;
        let set = message::set(reply.answers(), &parent, &RecordType::Ns)
            .ok_or_else(|| format!("{server} answers for {parent} and has no NS set of it"))?;
        Ok(Cut { known: glue(&reply, message::names(&set), &parent), names: message::names(&set), zone: parent })
    }

    /// Every server of a zone, at every address.
    pub(super) async fn servers(&self, cut: &Cut) -> Servers {
        let known: BTreeSet<&Name> = cut.known.iter().map(|server| &server.name).collect();
        let others: Vec<Name> = cut.names.iter().filter(|name| !known.contains(name)).cloned().collect();
        let mut servers = self.addresses(&others).await;
        servers.found.extend(cut.known.iter().cloned());
        servers.found.sort();
        servers
    }

    /// The addresses of hosts.
    pub(super) async fn addresses(&self, hosts: &[Name]) -> Servers {
        let asked: Vec<_> = hosts.iter().map(|host| self.host(host, 0)).collect();
        let looked_up: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        let mut servers = Servers::default();
        for (name, addresses) in hosts.iter().zip(looked_up) {
            match addresses {
                Ok(addresses) => {
                    let at = |address| Server { name: name.clone(), address };
                    servers.found.extend(addresses.into_iter().map(at));
                }
                Err(why) => servers.unresolved.push(Unresolved { name: name.clone(), why }),
            }
        }
        servers
    }

    /// The answer as a resolver finds it, aliases followed.
    pub(super) async fn resolve(&self, name: &Name, record_type: &RecordType, depth: usize) -> Result<Answer, String> {
        let mut aliases: Vec<Name> = Vec::new();
        while aliases.len() <= ALIASES {
            let at = aliases.last().unwrap_or(name).clone();
            let (.., reply) = self.descend(&at, record_type, depth).await?;
            let answer = reply.answer(&at, record_type);
            let settled = answer.set.is_some() || answer.aliases.is_empty();
            aliases.extend(answer.aliases.iter().cloned());
            if settled {
                return Ok(Answer { aliases, ..answer });
            }
        }
        Err(format!("{name} is an alias of an alias and so on: more than {ALIASES} were followed"))
    }

    /// Follows delegations down to a server that answers of its own.
    fn descend<'b>(
        &'b self,
        name: &'b Name,
        record_type: &'b RecordType,
        depth: usize,
    ) -> BoxFuture<'b, Result<(Cut, Server, Reply), String>> {
        async move {
            let mut cut = self.closest(name, record_type);
            loop {
                let (server, reply) = self.any(&cut, name, record_type, depth).await?;
                let Some(zone) = reply.referred_to().cloned() else {
                    return Ok((cut, server, reply));
                };
                // It is further down than the last one, so this comes to an end.
                let set = message::set(reply.authorities(), &zone, &RecordType::Ns);
                let names = set.as_ref().map(message::names).unwrap_or_default();
                let known = glue(&reply, names.clone(), &cut.zone);
                cut = Cut { zone, names, known };
                lock(&self.cuts).insert(cut.zone.clone(), cut.clone());
            }
        }
        .boxed()
    }

    /// The deepest zone on the way to this name that is known already.
    fn closest(&self, name: &Name, record_type: &RecordType) -> Cut {
        let cuts = lock(&self.cuts);
        // The DS of a zone is a matter of the zone above.
        let first = if *record_type == RecordType::Ds { name.parent() } else { Some(name.clone()) };
        std::iter::successors(first, Name::parent)
            .find_map(|zone| cuts.get(&zone))
            .or_else(|| cuts.get(&Name::root()))
            .cloned()
            .unwrap_or_else(|| Cut { zone: Name::root(), names: BTreeSet::new(), known: Vec::new() })
    }

    /// What any server of the zone has to say: one after another is asked, each with a head start before the next.
    async fn any(
        &self,
        cut: &Cut,
        name: &Name,
        record_type: &RecordType,
        depth: usize,
    ) -> Result<(Server, Reply), String> {
        let mut known = cut.known.clone();
        known.sort_by_key(|server| server.address.is_ipv6());
        let mut troubles = Vec::new();
        match self.first(&known, cut, name, record_type).await {
            Ok(found) => return Ok(found),
            Err(why) => troubles.extend(why),
        }
        for host in cut.names.iter().filter(|host| known.iter().all(|server| server.name != **host)) {
            let at = |address| Server { name: host.clone(), address };
            match self.host(host, depth + 1).await {
                Ok(addresses) => {
                    let servers: Vec<Server> = addresses.into_iter().map(at).collect();
                    match self.first(&servers, cut, name, record_type).await {
                        Ok(found) => return Ok(found),
                        Err(why) => troubles.extend(why),
                    }
                }
                Err(why) => troubles.push(format!("{host}: {why}")),
            }
        }
        let first = troubles.into_iter().next().unwrap_or_else(|| "it has none".to_owned());
        Err(format!("no server of {} says anything about {name} {record_type}: {first}", cut.zone))
    }

    async fn first(
        &self,
        servers: &[Server],
        cut: &Cut,
        name: &Name,
        record_type: &RecordType,
    ) -> Result<(Server, Reply), Option<String>> {
        let mut start = Duration::ZERO;
        let mut tries: FuturesUnordered<_> = servers
            .iter()
            .map(|server| {
                let wait = start;
                start += HEAD_START;
                async move {
                    tokio::time::sleep(wait).await;
                    let reply = self.question(server, name, record_type).await?;
                    useful(&reply, cut, name, record_type).map_err(|why| format!("{server}: {why}"))?;
                    Ok((server.clone(), reply))
                }
            })
            .collect();
        let mut trouble = None;
        while let Some(outcome) = tries.next().await {
            match outcome {
                Ok(found) => return Ok(found),
                Err(why) => trouble = trouble.or(Some(why)),
            }
        }
        Err(trouble)
    }

    async fn question(&self, server: &Server, name: &Name, record_type: &RecordType) -> Result<Reply, String> {
        let spend = |left: usize| left.checked_sub(1);
        self.questions_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
            .map_err(|_| format!("{QUESTIONS} questions were not enough: something is delegated in circles"))?;
        let reply = self.observer.question(server.address, name, record_type).await;
        reply.map_err(|trouble| format!("{server}: {trouble}"))
    }

    /// The addresses of one host.
    async fn host(&self, host: &Name, depth: usize) -> Result<Vec<IpAddr>, String> {
        if depth > DEPTH {
            return Err("the servers of its zone are in zones whose servers are elsewhere, and so on".to_owned());
        }
        if let Some(known) = lock(&self.hosts).get(host) {
            return known.clone();
        }
        let (four, six) =
            future::join(self.resolve(host, &RecordType::A, depth), self.resolve(host, &RecordType::Aaaa, depth)).await;
        let addresses: Vec<IpAddr> = [&four, &six]
            .into_iter()
            .flatten()
            .filter_map(|answer| answer.set.as_ref())
            .flat_map(address_set)
            .collect();
        let found = match (four, six) {
            _ if !addresses.is_empty() => Ok(addresses),
            (Err(why), _) | (_, Err(why)) => Err(why),
            _ => Err(format!("{host} has no address")),
        };
        lock(&self.hosts).insert(host.clone(), found.clone());
        found
    }
}

/// Whether an answer brings us further: a referral downwards, or an answer with authority.
fn useful(reply: &Reply, cut: &Cut, name: &Name, record_type: &RecordType) -> Result<(), String> {
    if let Some(zone) = reply.referred_to() {
        let downwards = *zone != cut.zone && zone.is_within(&cut.zone) && name.is_within(zone);
        let own = *record_type == RecordType::Ds && zone == name;
        return match (downwards, own) {
            (true, false) => Ok(()),
            (_, true) => Err(format!("it refers to {zone} itself when asked for what stands above it")),
            (false, false) => Err(format!("it refers to {zone}, which does not lead to {name}")),
        };
    }
    if !matches!(reply.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN) {
        return Err(format!("it answers {}", reply.rcode()));
    }
    if !reply.authoritative() {
        return Err("it answers without authority".to_owned());
    }
    match reply.denial() {
        Some((zone, _)) if *record_type == RecordType::Ds && zone == name && !name.is_root() => {
            Err(format!("it answers for {zone} itself when asked for what stands above it"))
        }
        _ => Ok(()),
    }
}

/// The addresses beside an answer, of those hosts which its server may speak for.
fn glue(reply: &Reply, hosts: BTreeSet<Name>, zone: &Name) -> Vec<Server> {
    let mut servers = Vec::new();
    for host in hosts.into_iter().filter(|host| host.is_within(zone)) {
        servers.extend(
            addresses_of(reply.additionals(), &host).into_iter().map(|address| Server { name: host.clone(), address }),
        );
    }
    servers
}

/// The addresses of a host among these records.
pub(super) fn addresses_of(records: &[Record], host: &Name) -> BTreeSet<IpAddr> {
    let sets = [RecordType::A, RecordType::Aaaa].into_iter().filter_map(|kind| message::set(records, host, &kind));
    sets.flat_map(|set| address_set(&set)).collect()
}

fn address_set(set: &RecordSet) -> Vec<IpAddr> {
    let address = |data: &RecordData| match data {
        RecordData::A(address) => Some(IpAddr::V4(*address)),
        RecordData::Aaaa(address) => Some(IpAddr::V6(*address)),
        _ => None,
    };
    set.data().iter().filter_map(address).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
