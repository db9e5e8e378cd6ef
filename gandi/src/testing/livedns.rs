//! Zones on the fake's name servers.

mod axfr;
pub(super) mod keys;
pub(super) mod records;
mod snapshots;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use howdah_core::{
    Id,
    dns::{Name, RecordData, RecordSet, RecordType, Soa, Ttl, Zone},
    testing::{Answer, Fake, HostedZone, Hosting},
};
use serde::{Deserialize, Serialize};

use super::{FakeGandi, State as World, error, invalid, not_found};
use crate::livedns::{
    CREATE, Domain, DomainSummary, GET, LIST, LIST_NAME_SERVERS, LIST_RECORD_TYPES, Message, PREDICT_NAME_SERVERS,
    Rrset, Snapshot, TsigKey, UPDATE,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    zones: BTreeMap<String, Hosted>,
    tsig_keys: BTreeMap<String, TsigKey>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Hosted {
    name: Name,
    serial: u32,
    automatic_snapshots: bool,
    /// Without SOA and NS of the apex, which LiveDNS makes itself.
    rrsets: Vec<Rrset>,
    keys: Vec<keys::Held>,
    snapshots: Vec<Snapshot>,
    secondaries: BTreeSet<IpAddr>,
    tsig_keys: BTreeSet<String>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = fake
        .on(&LIST, |world, [], ()| {
            let base = format!("{}/livedns/domains", world.base);
            let summary = |fqdn: &String| DomainSummary {
                fqdn: fqdn.clone(),
                domain_href: Some(format!("{base}/{fqdn}")),
                domain_records_href: Some(format!("{base}/{fqdn}/records")),
            };
            Ok(world.livedns.zones.keys().map(summary).collect())
        })
        .on(&CREATE, |world, [], domain| {
            let name = Name::parse(&domain.fqdn).ok().filter(|name| name.labels().len() > 1);
            let name = name.ok_or_else(|| invalid("body", "fqdn", "is not the name of a domain"))?;
            if world.livedns.zones.contains_key(&name.to_fqdn_without_dot()) {
                return Err(error(409, "HTTPConflict", "Conflict", "The domain already exists in LiveDNS"));
            }
            let mut hosted = Hosted::new(&name);
            let items = match domain.zone {
                Some(zone) => {
                    let ttl = zone.ttl;
                    let with_ttl = |item| records::with_default_ttl(item, ttl);
                    zone.items.into_iter().map(with_ttl).collect()
                }
                None => records::default_items(),
            };
            hosted.rrsets = records::whole_zone(&hosted, items)?;
            world.livedns.zones.insert(name.to_fqdn_without_dot(), hosted);
            Ok(said("Domain Created"))
        })
        .on(&GET, |world, [fqdn], ()| {
            let hosted = find(world, fqdn)?;
            let fqdn = hosted.name.to_fqdn_without_dot();
            let href = format!("{}/livedns/domains/{fqdn}", world.base);
            Ok(Domain {
                automatic_snapshots: Some(hosted.automatic_snapshots),
                domain_records_href: Some(format!("{href}/records")),
                domain_keys_href: Some(format!("{href}/keys")),
                domain_href: Some(href),
                fqdn,
            })
        })
        .on(&UPDATE, |world, [fqdn], update| {
            let hosted = find_mut(world, fqdn)?;
            hosted.automatic_snapshots = update.automatic_snapshots.unwrap_or(hosted.automatic_snapshots);
            Ok(said("Domain Updated"))
        })
        .on(&LIST_NAME_SERVERS, |world, [fqdn], ()| Ok(name_servers(&find(world, fqdn)?.name).into()))
        .on(&PREDICT_NAME_SERVERS, |_, [fqdn], ()| {
            let name = Name::parse(fqdn).map_err(|why| invalid("path", "fqdn", &why.to_string()))?;
            Ok(name_servers(&name).into())
        })
        .on(&LIST_RECORD_TYPES, |_, [], ()| Ok(records::types().collect()));
    [records::serve, keys::serve, snapshots::serve, axfr::serve].into_iter().fold(fake, |fake, serve| serve(fake))
}

/// How many name servers there are of each of the three kinds.
const SERVERS: u64 = 20;

/// The name servers of a zone: which ones is a matter of its name alone.
pub(super) fn name_servers(zone: &Name) -> [String; 3] {
    ["a", "b", "c"].map(|kind| {
        // FNV-1a.
        let hash = format!("{kind}.{zone}")
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("ns-{}-{kind}.gandi.net", hash % SERVERS + 1)
    })
}

/// Makes a zone for a domain that has none yet, with what zones begin with.
pub(super) fn host(world: &mut World, name: &Name) -> Result<(), Answer> {
    if find(world, &name.to_fqdn_without_dot()).is_err() {
        let mut hosted = Hosted::new(name);
        hosted.rrsets = records::whole_zone(&hosted, records::default_items())?;
        world.livedns.zones.insert(name.to_fqdn_without_dot(), hosted);
    }
    Ok(())
}

impl FakeGandi {
    /// Adds a zone without records of anybody's, without a request.
    ///
    /// # Panics
    ///
    /// When the zone is there already, or the name cannot be a domain's.
    pub fn create_zone(&self, fqdn: &str) {
        let name = Name::parse(fqdn).unwrap_or_else(|error| panic!("{error}"));
        let before =
            self.world().state(|world| world.livedns.zones.insert(name.to_fqdn_without_dot(), Hosted::new(&name)));
        assert!(before.is_none(), "the zone {name} is there already");
    }
}

impl Hosting for FakeGandi {
    fn name_servers(&self) -> Vec<Name> {
        let all = (1..=SERVERS).flat_map(|number| ["a", "b", "c"].map(|kind| format!("ns-{number}-{kind}.gandi.net")));
        all.filter_map(|server| Name::parse(&server).ok()).collect()
    }

    fn zones(&self, server: &Name) -> Vec<Name> {
        let is_here = |zone: &&Name| name_servers(zone).contains(&server.to_fqdn_without_dot());
        self.world()
            .state(|world| world.livedns.zones.values().map(|hosted| &hosted.name).filter(is_here).cloned().collect())
    }

    fn zone(&self, server: &Name, apex: &Name) -> Option<HostedZone> {
        let answers = name_servers(apex).contains(&server.to_fqdn_without_dot());
        self.world().state(|world| {
            let hosted = world.livedns.zones.get(&apex.to_fqdn_without_dot()).filter(|_| answers)?;
            Some(HostedZone { zone: hosted.served(), keys: hosted.keys_in_use().cloned().collect() })
        })
    }
}

impl Hosted {
    fn new(name: &Name) -> Self {
        Self {
            name: name.clone(),
            serial: 1,
            automatic_snapshots: false,
            rrsets: Vec::new(),
            keys: Vec::new(),
            snapshots: Vec::new(),
            secondaries: BTreeSet::new(),
            tsig_keys: BTreeSet::new(),
        }
    }

    /// What the name servers answer from.
    fn served(&self) -> Zone {
        let users = self.rrsets.iter().filter_map(|rrset| {
            let owner = Name::parse_in(&rrset.name, &self.name).ok()?;
            let values = rrset.values.0.iter();
            let data = values.filter_map(|value| RecordData::parse(&rrset.record_type, value, &self.name).ok());
            RecordSet::new(owner, Ttl::Seconds(rrset.ttl.unwrap_or(records::DEFAULT_TTL)), data).ok()
        });
        let mut zone = Zone::new(self.name.clone());
        for set in users.chain(self.authority()) {
            // What was accepted is within the zone.
            let _ = zone.insert(set);
        }
        zone
    }

    /// SOA and NS of the apex.
    fn authority(&self) -> Vec<RecordSet> {
        let server = |name: &str| Name::parse(name).unwrap_or_else(|_| Name::root());
        let soa = RecordData::Soa(Soa {
            mname: server("ns1.gandi.net"),
            rname: server("hostmaster.gandi.net"),
            serial: self.serial,
            refresh: 10_800,
            retry: 3600,
            expire: 604_800,
            minimum: 10_800,
        });
        let servers = name_servers(&self.name).map(|name| RecordData::Ns(server(&name)));
        let ttl = Ttl::Seconds(records::DEFAULT_TTL);
        let sets = [RecordSet::new(self.name.clone(), ttl, [soa]), RecordSet::new(self.name.clone(), ttl, servers)];
        sets.into_iter().filter_map(Result::ok).collect()
    }

    fn has_alias(&self) -> bool {
        self.rrsets.iter().any(|rrset| rrset.record_type == RecordType::Alias)
    }
}

fn find<'w>(world: &'w World, fqdn: &str) -> Result<&'w Hosted, Answer> {
    world.livedns.zones.get(&fqdn.to_ascii_lowercase()).ok_or_else(|| not_found("dns-domain", fqdn))
}

fn find_mut<'w>(world: &'w mut World, fqdn: &str) -> Result<&'w mut Hosted, Answer> {
    world.livedns.zones.get_mut(&fqdn.to_ascii_lowercase()).ok_or_else(|| not_found("dns-domain", fqdn))
}

fn said(text: &str) -> Message {
    Message { message: Some(text.to_owned()) }
}

/// An identifier that was not given before, as a UUID looks.
fn new_id<T>(world: &mut World) -> Id<T, String> {
    world.last_id += 1;
    Id::new(format!("{:08x}-0000-4000-8000-{:012x}", world.last_id, world.last_id))
}
