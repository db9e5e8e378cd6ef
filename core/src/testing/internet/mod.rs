//! A small internet: name servers from the root down that serve what the registry and the fakes hold, signed.

mod answer;
mod message;
mod resolver;
mod served;
mod sheet;
mod signing;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

pub use self::served::Served;
use self::{
    answer::{REFUSED, Response},
    sheet::Sheet,
    signing::{Signatures, Validity},
};
use super::{HostedZone, Hosting, Registry, ZoneKey};
use crate::dns::{
    DigestType, Dnskey, Ds, Name, RecordData, RecordSet, Soa, Ttl, Zone,
    wire::{Exchange, ExchangeError, Observer},
};

const ROOT_SERVERS: [&str; 2] = ["a.root-servers.net.", "b.root-servers.net."];
const TLD_SERVERS: [&str; 2] = ["a.nic", "b.nic"];
const ROOT_TTLS: Ttls = Ttls { ns: 172_800, ds: 86_400, negative: 86_400 };

/// How long nobody answers before that is known.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many name servers' names and targets of ALIAS are looked up on the way to one answer.
const MAX_DEPTH: u8 = 8;

/// What an ALIAS counts in that: one may lead to another, and soon that is enough, for each is looked up twice.
const ALIAS_DEPTH: u8 = 4;

/// The name servers of a small world: the root, every top-level domain that has a domain in the [`Registry`], and
/// those of the [`Hosting`] that was added. Clones are the same world.
///
/// Every query is answered from what the registry and the fakes hold at that moment, so that what is changed through
/// a provider's API shows here as it would on the real internet: the parent's servers after
/// [their delay](Registry::publish_after), the old and the new name servers each from their own zone. The root and
/// the top-level domains are signed with keys made for this world; zones below them with the keys of their hosting.
///
/// Name servers have addresses in 127.53.0.0/16. In process they are asked through [`Exchange`], on port 53, as
/// by an [`observer`](Self::observer); on
/// loopback, by anyone's tools, through [`serve`](Self::serve).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use howdah_core::{dns::{DnsProvider, DnssecSigner, Name}, testing::{Internet, MemoryDns, Registry}};
///
/// let (registry, provider) = (Registry::default(), MemoryDns::new());
/// let domain = Name::parse("example.org")?;
/// provider.create_zone(&domain).await?;
/// provider.enable(&domain).await?;
/// let servers = provider.name_servers(&domain).await?;
/// registry.register(&domain, "registrar", &servers, "2400h".parse()?);
///
/// let internet = Internet::new(&registry).hosting(Arc::new(provider));
/// let delegation = internet.observer().delegation(&domain).await?;
/// assert!(delegation.agreed().is_some_and(|view| view.name_servers.contains(&servers[0])));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Internet(Arc<Shared>);

struct Shared {
    registry: Registry,
    signatures: Signatures,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hostings: Vec<Arc<dyn Hosting>>,
    addresses: BTreeMap<Name, Ipv4Addr>,
    /// Of the root and the top-level domains.
    keys: BTreeMap<Name, Vec<ZoneKey>>,
    ttls: BTreeMap<Name, Ttls>,
    faults: Faults,
}

#[derive(Clone, Default)]
struct Faults {
    unplugged: bool,
    silent: BTreeSet<Name>,
    lame: BTreeSet<Name>,
    tampered: BTreeSet<Name>,
    expired: BTreeSet<Name>,
    /// Zones and names in them.
    forged: BTreeSet<(Name, Name)>,
}

/// The TTLs of a top-level domain, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Ttls {
    pub ns: u32,
    pub ds: u32,
    /// How long it may be remembered that something does not exist.
    pub negative: u32,
}

impl Default for Ttls {
    fn default() -> Self {
        Self { ns: 3600, ds: 3600, negative: 3600 }
    }
}

impl Internet {
    /// A world with the domains of a registry and nobody yet who hosts them.
    pub fn new(registry: &Registry) -> Self {
        let shared = Shared { registry: registry.clone(), signatures: Signatures::default(), state: Mutex::default() };
        Self(Arc::new(shared))
    }

    /// Adds the name servers of a provider; any number of providers can be added.
    pub fn hosting(self, hosting: Arc<dyn Hosting>) -> Self {
        self.lock().hostings.push(hosting);
        self
    }

    /// The addresses of the root's name servers, where every resolution begins.
    pub fn roots(&self) -> Vec<IpAddr> {
        root_servers().iter().map(|server| self.address(server)).collect()
    }

    /// One who asks this world's name servers in process, and goes by its clock.
    pub fn observer(&self) -> Observer {
        let observer = Observer::over(Arc::new(self.clone()));
        observer.with_roots(self.roots()).with_clock(self.0.registry.clock().clone())
    }

    /// The key that signs the root's keys: what a validator trusts.
    pub fn trust_anchor(&self) -> Dnskey {
        self.keys(&Name::root())[0].dnskey()
    }

    /// The address of a name server, which stays the same for as long as the world exists. Glue has to say the same.
    pub fn address(&self, server: &Name) -> IpAddr {
        self.lock().address(server).into()
    }

    /// Sets the TTLs of a top-level domain. They are an hour otherwise, for com and net two days, a day and 15
    /// minutes.
    pub fn set_ttls(&self, tld: &Name, ttls: Ttls) {
        self.lock().ttls.insert(tld.clone(), ttls);
    }

    /// Lets a name server be silent: whoever asks it waits in vain.
    pub fn silence(&self, server: &Name) {
        self.lock().faults.silent.insert(server.clone());
    }

    /// Lets a name server refuse every query, as one does that knows nothing of the zones delegated to it.
    pub fn lame(&self, server: &Name) {
        self.lock().faults.lame.insert(server.clone());
    }

    /// Lets nothing on port 53 be reached from here, as behind a strict firewall. The resolver of
    /// [`serve`](Self::serve), which is elsewhere, goes on.
    pub fn unplug_port_53(&self) {
        self.lock().faults.unplugged = true;
    }

    /// Lets the parent publish DS records of a domain that differ from the right ones in one bit.
    pub fn tamper_ds(&self, domain: &Name) {
        self.lock().faults.tampered.insert(domain.clone());
    }

    /// Lets a zone's signatures be past their time, by this world's clock as well as by the machine's.
    pub fn expire_signatures(&self, zone: &Name) {
        self.lock().faults.expired.insert(zone.clone());
    }

    /// Lets the records at one name of a zone carry signatures that are not theirs.
    pub fn forge(&self, zone: &Name, name: &Name) {
        self.lock().faults.forged.insert((zone.clone(), name.clone()));
    }

    /// Ends everything that was broken on purpose.
    pub fn mend(&self) {
        self.lock().faults = Faults::default();
    }

    /// Serves this world on loopback, UDP and TCP, until what is returned is dropped.
    pub async fn serve(&self) -> io::Result<Served> {
        Served::start(self.clone()).await
    }

    /// A panic in a test leaves the world usable for the others.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys of the root or a top-level domain: one for its keys, one for everything else.
    fn keys(&self, zone: &Name) -> Vec<ZoneKey> {
        let mut state = self.lock();
        let made = || [257, 256].map(ZoneKey::generate).into();
        state.keys.entry(zone.clone()).or_insert_with(made).clone()
    }

    fn ttls(&self, tld: &Name) -> Ttls {
        let usual = match tld.to_string().as_str() {
            "com." | "net." => Ttls { ns: 172_800, ds: 86_400, negative: 900 },
            _ => Ttls::default(),
        };
        self.lock().ttls.get(tld).copied().unwrap_or(usual)
    }

    /// Who is who at this moment.
    fn layout(&self) -> Layout {
        let hostings = self.lock().hostings.clone();
        Layout::new(self.0.registry.domains(), &hostings)
    }

    /// The name servers there are at this moment, and their addresses.
    fn servers(&self) -> Vec<(Name, Ipv4Addr)> {
        let layout = self.layout();
        let mut state = self.lock();
        layout.servers().into_iter().map(|server| (server.clone(), state.address(&server))).collect()
    }

    /// What the name server at this address says; nothing when there is none, or it is silent.
    fn ask(&self, address: IpAddr, name: &Name, record_type: u16, dnssec: bool, depth: u8) -> Option<Response> {
        let layout = self.layout();
        let (server, faults, hostings) = {
            let mut state = self.lock();
            let server = layout.servers().into_iter().find(|server| IpAddr::from(state.address(server)) == address)?;
            (server, state.faults.clone(), state.hostings.clone())
        };
        if faults.silent.contains(&server) {
            return None;
        }
        let zone = (!faults.lame.contains(&server))
            .then(|| self.zone_for(&layout, &hostings, &server, name, record_type))
            .flatten();
        let Some(hosted) = zone else {
            return Some(Response::refusal(REFUSED));
        };
        let apex = hosted.zone.name().clone();
        let (real, world) = (Timestamp::now(), self.0.registry.clock().now());
        let sheet = Sheet {
            hosted,
            signatures: &self.0.signatures,
            validity: if faults.expired.contains(&apex) {
                Validity::past(real, world)
            } else {
                Validity::around(real, world)
            },
            forged: faults.forged.into_iter().filter(|(zone, _)| *zone == apex).map(|(_, name)| name).collect(),
            addresses: &|target, record_type| self.addresses_behind(&layout, target, record_type, depth + ALIAS_DEPTH),
        };
        Some(sheet.answer(name, record_type, dnssec))
    }

    /// The zone that a name server answers a question from. The DS set of a zone is in the zone above it.
    fn zone_for(
        &self,
        layout: &Layout,
        hostings: &[Arc<dyn Hosting>],
        server: &Name,
        name: &Name,
        record_type: u16,
    ) -> Option<HostedZone> {
        let above = name.parent().filter(|_| record_type == answer::DS);
        let mut places = layout.places(server);
        for (index, hosting) in hostings.iter().enumerate() {
            if hosting.name_servers().contains(server) {
                places.extend(hosting.zones(server).into_iter().map(|apex| (apex, Place::Hosted(index))));
            }
        }
        places.sort_by_key(|(apex, _)| apex.labels().len());
        let within = |name: &Name| places.iter().rev().find(|(apex, _)| name.is_within(apex));
        let (apex, place) = above.as_ref().and_then(within).or_else(|| within(name))?;
        match *place {
            Place::Root => Some(self.root_zone(layout)),
            Place::Tld(index) => Some(self.tld_zone(layout, apex, index)),
            Place::Hosts => Some(self.hosts_zone(layout, apex)),
            Place::Hosted(index) => hostings[index].zone(server, apex),
        }
    }

    fn root_zone(&self, layout: &Layout) -> HostedZone {
        let root = Name::root();
        let mut zone = self.zone(&root, &root_servers(), ROOT_TTLS);
        for tld in &layout.tlds {
            let servers = tld_servers(tld);
            let ds = self.keys(tld)[0].dnskey().to_ds(tld, DigestType::Sha256);
            zone.delegate(tld, &servers, vec![ds], ROOT_TTLS, self.is_tampered(tld));
            for server in servers {
                zone.address(&server, &[self.address(&server)], ROOT_TTLS.ns);
            }
        }
        HostedZone { zone: zone.0, keys: self.keys(&root) }
    }

    fn tld_zone(&self, layout: &Layout, tld: &Name, index: usize) -> HostedZone {
        let ttls = self.ttls(tld);
        let mut zone = self.zone(tld, &tld_servers(tld), ttls);
        for (apex, hosts) in layout.hosts.iter().filter(|(apex, _)| apex.is_within(tld)) {
            let hosts: Vec<Name> = hosts.iter().cloned().collect();
            zone.delegate(apex, &hosts, Vec::new(), ttls, false);
            for host in hosts {
                zone.address(&host, &[self.address(&host)], ttls.ns);
            }
        }
        for domain in layout.domains.iter().filter(|domain| domain.is_within(tld)) {
            let Some(published) = self.0.registry.published(domain, index) else {
                continue;
            };
            zone.delegate(domain, &published.name_servers, published.ds, ttls, self.is_tampered(domain));
            for (host, addresses) in &published.glue {
                zone.address(host, addresses, ttls.ns);
            }
        }
        HostedZone { zone: zone.0, keys: self.keys(tld) }
    }

    /// A zone of nothing but name servers, which serve it themselves.
    fn hosts_zone(&self, layout: &Layout, apex: &Name) -> HostedZone {
        let hosts: Vec<Name> = layout.hosts.get(apex).into_iter().flatten().cloned().collect();
        HostedZone { zone: self.zone(apex, &hosts, Ttls::default()).0, keys: Vec::new() }
    }

    /// A zone with its SOA, its NS set and the addresses of its name servers.
    fn zone(&self, apex: &Name, servers: &[Name], ttls: Ttls) -> Draft {
        let mut zone = Draft(Zone::new(apex.clone()));
        if let Some(first) = servers.first() {
            let rname = apex.child("hostmaster").unwrap_or_else(|_| apex.clone());
            let serial = u32::try_from(self.0.registry.clock().now().as_second() / 3600).unwrap_or_default();
            let (refresh, retry, expire) = (7200, 900, 1_209_600);
            let soa = Soa { mname: first.clone(), rname, serial, refresh, retry, expire, minimum: ttls.negative };
            zone.insert(apex, ttls.negative, [RecordData::Soa(soa)]);
        }
        zone.insert(apex, ttls.ns, servers.iter().cloned().map(RecordData::Ns));
        for server in servers {
            zone.address(server, &[self.address(server)], ttls.ns);
        }
        zone
    }

    fn is_tampered(&self, domain: &Name) -> bool {
        self.lock().faults.tampered.contains(domain)
    }

    /// What an ALIAS is answered with: the target's addresses in this world, or made-up ones that stay the same where
    /// the target is outside of it.
    fn addresses_behind(&self, layout: &Layout, target: &Name, record_type: u16, depth: u8) -> Vec<RecordData> {
        if !layout.knows(target) {
            return vec![made_up_address(target, record_type)];
        }
        let found = self.resolve(target, record_type, false, depth);
        found
            .answer
            .iter()
            .filter(|record| record.record_type == record_type)
            .filter_map(answer::Record::data)
            .collect()
    }
}

impl fmt::Debug for Internet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Internet")
            .field("registry", &self.0.registry)
            .field("hostings", &self.lock().hostings.len())
            .finish_non_exhaustive()
    }
}

/// In process and without sockets; no answer is ever truncated.
#[async_trait]
impl Exchange for Internet {
    async fn exchange(&self, server: SocketAddr, query: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        if server.port() != 53 {
            return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into());
        }
        if let Some(answer) = self.answer_at(server.ip(), query, false) {
            return Ok(answer);
        }
        tokio::time::sleep(PATIENCE).await;
        Err(ExchangeError::Timeout)
    }
}

impl State {
    /// Made from the name, so that a world that is built again is mostly the same.
    fn address(&mut self, server: &Name) -> Ipv4Addr {
        if let Some(known) = self.addresses.get(server) {
            return *known;
        }
        let digest = Sha256::digest(server.to_wire());
        let mut number = u16::from_be_bytes([digest[0], digest[1]]);
        loop {
            let [high, low] = number.to_be_bytes();
            let address = Ipv4Addr::new(127, 53, high, low);
            if !matches!(low, 0 | 255) && !self.addresses.values().any(|taken| *taken == address) {
                self.addresses.insert(server.clone(), address);
                return address;
            }
            number = number.wrapping_add(1);
        }
    }
}

/// Which zones exist above those of the providers, and who serves them.
struct Layout {
    domains: Vec<Name>,
    tlds: BTreeSet<Name>,
    /// The zones that the names of the providers' name servers are in, unless somebody has registered them.
    hosts: BTreeMap<Name, BTreeSet<Name>>,
    /// The providers' name servers.
    providers: BTreeSet<Name>,
}

/// Where a zone that a name server answers from is kept.
#[derive(Clone, Copy)]
enum Place {
    Root,
    /// By the number of the server.
    Tld(usize),
    Hosts,
    /// By the number of the hosting.
    Hosted(usize),
}

impl Layout {
    fn new(domains: Vec<Name>, hostings: &[Arc<dyn Hosting>]) -> Self {
        let providers: BTreeSet<Name> = hostings.iter().flat_map(|hosting| hosting.name_servers()).collect();
        let mut hosts: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
        for host in providers.iter().cloned().chain(root_servers()) {
            if domains.iter().any(|domain| host.is_within(domain)) {
                continue;
            }
            // A public suffix of two labels is no zone of somebody's name servers.
            let apex = (2..=host.labels().len())
                .map(|labels| last_labels(&host, labels))
                .find(|apex| !domains.iter().any(|domain| domain.is_within(apex)));
            if let Some(apex) = apex {
                hosts.entry(apex).or_default().insert(host);
            }
        }
        let tlds = domains.iter().chain(hosts.keys()).map(|name| last_labels(name, 1)).collect();
        Self { domains, tlds, hosts, providers }
    }

    /// All name servers.
    fn servers(&self) -> BTreeSet<Name> {
        let tlds = self.tlds.iter().flat_map(tld_servers);
        self.providers.iter().cloned().chain(root_servers()).chain(tlds).collect()
    }

    /// Which zones a name server answers for, apart from those of providers.
    fn places(&self, server: &Name) -> Vec<(Name, Place)> {
        let mut places = Vec::new();
        if root_servers().contains(server) {
            places.push((Name::root(), Place::Root));
        }
        let tld = last_labels(server, 1);
        if self.tlds.contains(&tld)
            && let Some(index) = tld_servers(&tld).iter().position(|it| it == server)
        {
            places.push((tld, Place::Tld(index)));
        }
        places.extend(
            self.hosts.iter().filter(|(_, hosts)| hosts.contains(server)).map(|(apex, _)| (apex.clone(), Place::Hosts)),
        );
        places
    }

    fn knows(&self, name: &Name) -> bool {
        self.domains.iter().chain(self.hosts.keys()).any(|zone| name.is_within(zone))
    }
}

/// A zone that is being made. What does not belong into it is left out.
struct Draft(Zone);

impl Draft {
    fn insert(&mut self, name: &Name, ttl: u32, data: impl IntoIterator<Item = RecordData>) {
        if let Ok(set) = RecordSet::new(name.clone(), Ttl::Seconds(ttl), data) {
            let _ = self.0.insert(set);
        }
    }

    fn address(&mut self, host: &Name, addresses: &[IpAddr], ttl: u32) {
        let v4 =
            addresses.iter().filter_map(|it| if let IpAddr::V4(it) = it { Some(RecordData::A(*it)) } else { None });
        self.insert(host, ttl, v4);
        let v6 =
            addresses.iter().filter_map(|it| if let IpAddr::V6(it) = it { Some(RecordData::Aaaa(*it)) } else { None });
        self.insert(host, ttl, v6);
    }

    fn delegate(&mut self, to: &Name, servers: &[Name], mut ds: Vec<Ds>, ttls: Ttls, tampered: bool) {
        if tampered {
            for byte in ds.iter_mut().filter_map(|ds| ds.digest.first_mut()) {
                *byte ^= 1;
            }
        }
        self.insert(to, ttls.ns, servers.iter().cloned().map(RecordData::Ns));
        self.insert(to, ttls.ds, ds.into_iter().map(RecordData::Ds));
    }
}

fn root_servers() -> Vec<Name> {
    ROOT_SERVERS.iter().filter_map(|server| Name::parse(server).ok()).collect()
}

fn tld_servers(tld: &Name) -> Vec<Name> {
    TLD_SERVERS.iter().filter_map(|server| tld.child(server).ok()).collect()
}

fn last_labels(name: &Name, count: usize) -> Name {
    let skipped = name.labels().len().saturating_sub(count);
    (0..skipped).fold(name.clone(), |name, _| name.parent().unwrap_or(name))
}

/// From the ranges for documentation.
fn made_up_address(name: &Name, record_type: u16) -> RecordData {
    let digest = Sha256::digest(name.to_wire());
    if record_type == answer::A {
        let range = [[192, 0, 2], [198, 51, 100], [203, 0, 113]][usize::from(digest[0]) % 3];
        return RecordData::A(Ipv4Addr::new(range[0], range[1], range[2], digest[1].clamp(1, 254)));
    }
    let mut octets = [0; 16];
    octets[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    octets[8..].copy_from_slice(&digest[..8]);
    RecordData::Aaaa(octets.into())
}
