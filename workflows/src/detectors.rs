//! What can be wrong with a domain in the world, and how to see it.
//!
//! Everything here is seen by asking name servers and the registry. What could not be asked is a trouble of its own,
//! [`Kind::NotObserved`], and never passes for well.
//!
//! ```
//! use std::sync::Arc;
//! use howdah_core::dns::Name;
//! use howdah_workflows::detectors::{self, Kind, Subject};
//! # use howdah_core::{Clock, dns::DnsProvider, testing::{FakeRdap, Internet, MemoryDns, MemoryRegistrar, Registry}};
//! # use howdah_workflows::lookout::Lookout;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (clock, domain) = (Clock::system(), Name::parse("example.org")?);
//! # let (registry, hosting) = (Registry::new(clock.clone()), Arc::new(MemoryDns::new()));
//! # hosting.create_zone(&domain).await?;
//! # registry.register(&domain, "one", &hosting.name_servers(&domain).await?, "2400h".parse()?);
//! # let internet = Internet::new(&registry).hosting(hosting.clone());
//! # let registrar = Arc::new(MemoryRegistrar::new(&registry, "one"));
//! # let lookout = Lookout::new(internet.observer(), clock.clone()).with_rdap(FakeRdap::of(&registry).client());
//!
//! let subject = Subject::new(domain.clone()).with_name_servers(hosting.name_servers(&domain).await?);
//! # internet.lame(&Name::parse("ns2.memory.example")?);
//! for trouble in detectors::examine(&lookout, &subject).await? {
//!     println!("{trouble}");
//! #   assert!(matches!(trouble.kind, Kind::LameServer | Kind::EmptyApex));
//! }
//! # Ok(()) }
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::IpAddr,
};

use howdah_core::{
    Result,
    dns::{
        Dnskey, Name, RecordData, RecordSet, RecordType, Txt, Zone,
        wire::{ApexView, Link, Seen, Server, Signing, View, chain},
    },
};
use jiff::SignedDuration;
use serde::Serialize;

use crate::{
    caa,
    instance::Host,
    lookout::{Apex, Lookout, Parent, names},
};

/// How long a key may be without its DS at the parent, while another one has one.
const ROTATION: SignedDuration = SignedDuration::from_hours(3 * 24);

/// A fault that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[allow(missing_docs)]
pub struct Trouble {
    pub kind: Kind,
    /// What is so and should not be.
    pub what: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// The sort of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A server could not be asked: nothing is known of it.
    NotObserved,
    /// The parent's name servers say different things.
    ParentDisagrees,
    /// The parent delegates to other servers than it should.
    DelegatedElsewhere,
    /// The parent delegates to a server that does not answer for the zone.
    LameServer,
    /// The zone names other servers than the parent does.
    NameServersDiffer,
    /// The parent has another address for a name server than the zone.
    StaleGlue,
    /// Validating resolvers cannot resolve the zone: there is a DS, and no key or no signature that fits.
    Bogus,
    /// A key has been served for days, and the parent does not know it: its predecessor will go.
    RotationMissed,
    /// A server answers something else than it should.
    RecordDiffers,
    /// A server answers with an address of a proxy that was left, instead of the origin's.
    ProxyAddress,
    /// The domain itself has no address.
    EmptyApex,
    /// A name was taken for relative: it ends with the zone twice.
    RelativeTarget,
    /// A certificate authority is forbidden to issue for a host of its own.
    IssuerForbidden,
}

impl Kind {
    fn remedy(self) -> &'static str {
        match self {
            Self::NotObserved => "see that name servers can be asked from here over UDP and TCP, and look again",
            Self::ParentDisagrees => "wait for the registry to publish, and look again in five minutes",
            Self::DelegatedElsewhere => "set the name servers at the registrar again",
            Self::LameServer => "add the zone at that server's provider, or take the server out of the delegation",
            Self::NameServersDiffer => "make the zone's own NS set and the registrar's name servers the same",
            Self::StaleGlue => "give the registrar the host's present addresses",
            Self::Bogus => {
                "bring back the keys that the DS is of, or else withdraw the DS and wait; do not sign with new keys"
            }
            Self::RotationMissed => "run enable_dnssec",
            Self::RecordDiffers => "correct the record at the provider, and look again after its TTL",
            Self::ProxyAddress => "put the origin's own address there",
            Self::EmptyApex => "give the apex A or AAAA records, or an ALIAS",
            Self::RelativeTarget => "end the target with a dot",
            Self::IssuerForbidden => "add the issuer to the CAA set, or choose another",
        }
    }

    fn of(self, what: impl Into<String>) -> Trouble {
        Trouble { kind: self, what: what.into(), remedy: self.remedy() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

/// A domain, and what is expected of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Subject {
    /// The domain.
    pub domain: Name,
    /// What the parent should delegate to; nothing is expected when it is empty.
    pub name_servers: BTreeSet<Name>,
    /// What its name servers should answer.
    pub zone: Option<Zone>,
    /// The hosts that have certificates.
    pub hosts: Vec<Host>,
    /// Whether an address is one of a proxy that was left.
    pub is_proxy: fn(IpAddr) -> bool,
}

impl Subject {
    /// Of which nothing in particular is expected.
    pub fn new(domain: Name) -> Self {
        Self { domain, name_servers: BTreeSet::new(), zone: None, hosts: Vec::new(), is_proxy: |_| false }
    }

    /// That should be delegated to these.
    #[must_use]
    pub fn with_name_servers(self, name_servers: impl IntoIterator<Item = Name>) -> Self {
        Self { name_servers: name_servers.into_iter().collect(), ..self }
    }

    /// That should be answered like this.
    #[must_use]
    pub fn with_zone(self, zone: Zone) -> Self {
        Self { zone: Some(zone), ..self }
    }

    /// With hosts that have certificates.
    #[must_use]
    pub fn with_hosts(self, hosts: impl IntoIterator<Item = Host>) -> Self {
        Self { hosts: hosts.into_iter().collect(), ..self }
    }

    /// With a proxy whose addresses should not be found any more.
    #[must_use]
    pub fn with_proxy(self, is_proxy: fn(IpAddr) -> bool) -> Self {
        Self { is_proxy, ..self }
    }
}

/// Looks for everything that can be wrong with a domain.
pub async fn examine(lookout: &Lookout, subject: &Subject) -> Result<Vec<Trouble>> {
    let domain = &subject.domain;
    let parent = lookout.parent(domain).await?;
    let mut found = delegation(&parent, &subject.name_servers);

    let served: BTreeSet<Name> =
        parent.delegation.observed().flat_map(|(_, view)| view.name_servers.iter().cloned()).collect();
    let apex = lookout.apex(domain, &served.into_iter().collect::<Vec<_>>()).await;
    found.extend(authority(&parent, &apex));
    found.extend(signatures(&parent, &apex));
    found.extend(missed_rotation(lookout, &parent, &apex)?);
    let answers = |view: &&View<ApexView>| view.seen.answered().is_some_and(|answer| !answer.is_lame());
    let answering: Vec<_> = apex.views.iter().filter(answers).map(|view| view.server.clone()).collect();
    found.extend(glue(lookout, &parent, &answering).await);
    found.extend(empty_apex(lookout, domain, &answering).await);
    if let Some(zone) = &subject.zone {
        found.extend(records(lookout, zone, subject.is_proxy, &answering).await);
        found.extend(
            caa::problems(zone, &subject.hosts).iter().map(|problem| Kind::IssuerForbidden.of(problem.to_string())),
        );
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// What the parent's servers say, against each other and against what they should say.
pub fn delegation(parent: &Parent, expected: &BTreeSet<Name>) -> Vec<Trouble> {
    let mut found: Vec<_> = parent
        .delegation
        .unobserved()
        .map(|(server, why)| {
            Kind::NotObserved.of(format!("{server} of {} was not observed: {why}", parent.delegation.parent))
        })
        .collect();
    if found.is_empty() && parent.view().is_none() {
        let says = |(server, view): (&Server, &howdah_core::dns::wire::ParentView)| {
            let ds: Vec<_> = view.ds.iter().map(|ds| ds.key_tag.to_string()).collect();
            format!("{server} says {} with DS {}", names(&view.name_servers), ds.join(", "))
        };
        let says: BTreeSet<_> = parent.delegation.observed().map(says).collect();
        found.push(Kind::ParentDisagrees.of(Vec::from_iter(says).join("; ")));
    }
    if !expected.is_empty() {
        for (server, view) in parent.delegation.observed().filter(|(_, view)| view.name_servers != *expected) {
            let what = format!("{server} delegates to {}, not to {}", names(&view.name_servers), names(expected));
            found.push(Kind::DelegatedElsewhere.of(what));
        }
    }
    found
}

/// Whether the servers that the parent names answer for the zone, and name the same servers.
pub fn authority(parent: &Parent, apex: &Apex) -> Vec<Trouble> {
    let mut found = Vec::new();
    for one in &apex.unresolved {
        found.push(Kind::LameServer.of(format!("{} has no address: {}", one.name, one.why)));
    }
    let named: BTreeSet<_> = parent.delegation.observed().flat_map(|(_, view)| &view.name_servers).collect();
    for view in &apex.views {
        match &view.seen {
            Seen::NotObserved { why } => {
                found.push(Kind::NotObserved.of(format!("{} was not observed: {why}", view.server)));
            }
            Seen::Answered(answer) if answer.is_lame() => {
                let what = format!("{} does not answer for {}: {}", view.server, parent.delegation.zone, answer.rcode);
                found.push(Kind::LameServer.of(what));
            }
            Seen::Answered(answer) if answer.name_servers.iter().collect::<BTreeSet<_>>() != named => {
                let what = format!(
                    "{} has the NS set {}, the parent {}",
                    view.server,
                    names(&answer.name_servers),
                    names(named.iter().copied())
                );
                found.push(Kind::NameServersDiffer.of(what));
            }
            Seen::Answered(_) => {}
        }
    }
    found
}

/// Whether a validating resolver can follow from the parent's DS to every server's signatures.
pub fn signatures(parent: &Parent, apex: &Apex) -> Vec<Trouble> {
    let zone = &parent.delegation.zone;
    let mut found = Vec::new();
    for (server, view) in parent.delegation.observed().filter(|(_, view)| !view.ds.is_empty()) {
        for seen in &apex.views {
            let Some(answer) = seen.seen.answered().filter(|answer| !answer.is_lame()) else {
                continue;
            };
            let why = match &answer.signing {
                Signing::Bogus { why } => why.clone(),
                Signing::NotObserved { why } => {
                    let what = format!("the signatures at {} were not observed: {why}", seen.server);
                    found.push(Kind::NotObserved.of(what));
                    continue;
                }
                Signing::Signed { keys, .. } => match chain(&view.ds, keys, zone) {
                    Link::Broken { why } => why,
                    _ => continue,
                },
                _ => "there are no signatures".to_owned(),
            };
            found.push(Kind::Bogus.of(format!("{server} has a DS that fails at {}: {why}", seen.server)));
        }
    }
    found
}

/// Keys that have been served too long without a DS, while the zone is signed for its parent.
fn missed_rotation(lookout: &Lookout, parent: &Parent, apex: &Apex) -> Result<Vec<Trouble>> {
    const ENTRY: u16 = 1;
    let zone = &parent.delegation.zone;
    let Some((ds, _)) = parent.ds.as_ref().filter(|(ds, _)| !ds.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut keys: BTreeMap<u16, &Dnskey> = BTreeMap::new();
    for key in apex.answered().flat_map(|view| &view.keys).filter(|key| key.flags & ENTRY != 0) {
        keys.insert(key.key_tag(), key);
    }
    let mut found = Vec::new();
    for (tag, key) in keys {
        let known = if ds.iter().any(|ds| ds.covers(key, zone)) { "known" } else { "unknown" };
        let what = format!("{zone} key {tag} at the parent");
        let seen = lookout.sightings().see(&what, known, 0, lookout.now())?;
        if known == "unknown" && lookout.now().duration_since(seen.since) > ROTATION {
            found.push(
                Kind::RotationMissed.of(format!("the key {tag} has been served since {} without a DS", seen.since)),
            );
        }
    }
    Ok(found)
}

/// Whether the addresses that the parent hands out for servers below the zone are those that the zone has.
async fn glue(lookout: &Lookout, parent: &Parent, servers: &[Server]) -> Vec<Trouble> {
    let zone = &parent.delegation.zone;
    let mut handed_out: BTreeMap<&Name, BTreeSet<IpAddr>> = BTreeMap::new();
    for (host, addresses) in parent.delegation.observed().flat_map(|(_, view)| &view.glue) {
        if host.is_within(zone) {
            handed_out.entry(host).or_default().extend(addresses);
        }
    }
    let mut found = Vec::new();
    for (host, addresses) in handed_out {
        for server in servers {
            let own = addresses_at(lookout, server, host).await;
            if own.as_ref().is_ok_and(|own| *own != addresses) {
                let own = own.unwrap_or_default();
                let what = format!("the parent has {} for {host}, {server} has {}", texts(&addresses), texts(&own));
                found.push(Kind::StaleGlue.of(what));
            }
        }
    }
    found
}

async fn empty_apex(lookout: &Lookout, zone: &Name, servers: &[Server]) -> Vec<Trouble> {
    let mut found = Vec::new();
    for server in servers {
        if addresses_at(lookout, server, zone).await.is_ok_and(|addresses| addresses.is_empty()) {
            found.push(Kind::EmptyApex.of(format!("{server} has no address for {zone}")));
        }
    }
    found
}

/// Whether every server answers what the zone says.
async fn records(lookout: &Lookout, zone: &Zone, is_proxy: fn(IpAddr) -> bool, servers: &[Server]) -> Vec<Trouble> {
    let doubled = [zone.name().labels(), zone.name().labels()].into_iter().flatten();
    let doubled = Name::from_labels(doubled.map(<[u8]>::to_vec)).ok();
    let mut found = Vec::new();
    for set in zone.iter().filter(|set| *set.record_type() != RecordType::Soa) {
        for server in servers {
            if *set.record_type() == RecordType::Alias {
                match addresses_at(lookout, server, set.name()).await {
                    Ok(addresses) if addresses.is_empty() => {
                        found.push(
                            Kind::RecordDiffers.of(format!("{server} has no address for the ALIAS {}", set.name())),
                        );
                    }
                    Ok(addresses) => found.extend(proxied(set.name(), server, &addresses, is_proxy)),
                    Err(why) => found.push(Kind::NotObserved.of(why)),
                }
                continue;
            }
            let answer = match lookout.observer().ask(server, set.name(), set.record_type()).await {
                Seen::Answered(answer) => answer.set,
                Seen::NotObserved { why } => {
                    found.push(Kind::NotObserved.of(format!("{server}: {why}")));
                    continue;
                }
            };
            let data = answer.map(|set| set.data().clone()).unwrap_or_default();
            let addresses = data.iter().filter_map(address).collect();
            found.extend(proxied(set.name(), server, &addresses, is_proxy));
            let relative = data
                .iter()
                .filter_map(target)
                .find(|target| doubled.as_ref().is_some_and(|twice| target.is_within(twice)));
            if let Some(target) = relative {
                found.push(Kind::RelativeTarget.of(format!(
                    "{server} answers {} {} with {target}",
                    set.name(),
                    set.record_type()
                )));
            } else if !same(set, &data) {
                let what = format!("{server} answers {} {} with {}", set.name(), set.record_type(), shown(&data));
                found.push(Kind::RecordDiffers.of(what));
            }
        }
    }
    found
}

fn proxied(
    name: &Name,
    server: &Server,
    addresses: &BTreeSet<IpAddr>,
    is_proxy: fn(IpAddr) -> bool,
) -> Option<Trouble> {
    let address = addresses.iter().find(|address| is_proxy(**address))?;
    Some(Kind::ProxyAddress.of(format!("{server} answers {name} with {address}")))
}

/// Two texts are the same when they are so once their strings are joined.
fn same(set: &RecordSet, data: &BTreeSet<RecordData>) -> bool {
    let plain = |data: &BTreeSet<RecordData>| -> BTreeSet<Vec<u8>> {
        let texts = data.iter().filter_map(|data| match data {
            RecordData::Txt(text) => Some(Txt::concat(text)),
            _ => None,
        });
        texts.collect()
    };
    match set.record_type() {
        RecordType::Txt => plain(set.data()) == plain(data),
        _ => set.data() == data,
    }
}

async fn addresses_at(
    lookout: &Lookout,
    server: &Server,
    name: &Name,
) -> std::result::Result<BTreeSet<IpAddr>, String> {
    let mut addresses = BTreeSet::new();
    for record_type in [RecordType::A, RecordType::Aaaa] {
        match lookout.observer().ask(server, name, &record_type).await {
            Seen::Answered(answer) => {
                addresses.extend(answer.set.iter().flat_map(RecordSet::data).filter_map(address));
            }
            Seen::NotObserved { why } => return Err(format!("{server}: {why}")),
        }
    }
    Ok(addresses)
}

fn address(data: &RecordData) -> Option<IpAddr> {
    match data {
        RecordData::A(address) => Some((*address).into()),
        RecordData::Aaaa(address) => Some((*address).into()),
        _ => None,
    }
}

fn target(data: &RecordData) -> Option<&Name> {
    match data {
        RecordData::Cname(target) | RecordData::Ns(target) | RecordData::Ptr(target) => Some(target),
        RecordData::Mx(mx) => Some(&mx.exchange),
        RecordData::Srv(srv) => Some(&srv.target),
        _ => None,
    }
}

fn texts(addresses: &BTreeSet<IpAddr>) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn shown(data: &BTreeSet<RecordData>) -> String {
    match data.len() {
        0 => "nothing".to_owned(),
        _ => data.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
