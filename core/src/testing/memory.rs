//! Providers in memory: what the traits mean, in the fewest words.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    Error, ErrorKind, Outcome, Result,
    dns::{
        AliasScope, ApplyError, Atomicity, Change, DigestType, DnsCapabilities, DnsProvider, DnsProviderExt as _,
        DnssecSigner, KeyInfo, LeftAlone, Name, Plan, Receipt, RecordData, RecordSet, RecordType, SigningStatus, Soa,
        Ttl, TxtOctets, Zone, ZoneInfo, ZoneSnapshot,
    },
    testing::{HostedZone, Hosting, ZoneKey},
};

/// DNS hosting and signing in memory: the reference of [`DnsProvider`] and [`DnssecSigner`]. Clones share their zones.
///
/// What it declares can be cut down, so that a caller meets the poorest provider in a test, and faults can be set.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use howdah_core::{dns::{AliasScope, DnsProvider, Name}, testing::MemoryDns};
///
/// let mut poor = MemoryDns::full_capabilities();
/// poor.alias = AliasScope::None;
/// let provider = MemoryDns::with_capabilities(poor);
/// let zone = Name::parse("example.org")?;
/// provider.create_zone(&zone).await?;
/// assert!(provider.snapshot(&zone).await?.zone.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryDns {
    name: &'static str,
    capabilities: Arc<DnsCapabilities>,
    state: Arc<Mutex<State>>,
}

/// How a change fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryFault {
    /// It is not made, and the caller knows.
    Refused,
    /// It is not made, and the caller cannot know.
    LostBefore,
    /// It is made, and the caller cannot know.
    LostAfter,
}

#[derive(Default)]
struct State {
    provider: &'static str,
    zones: BTreeMap<Name, Stored>,
    changes_made: usize,
    fault: Option<(usize, MemoryFault)>,
}

struct Stored {
    provider: &'static str,
    zone: Zone,
    serial: u32,
    signed: bool,
    /// Made when it is first signed: one that the parent may be told of, and one for everything but the keys.
    keys: Vec<ZoneKey>,
}

const NAME: &str = "memory";
const DEFAULT_TTL: u32 = 3600;

impl Default for MemoryDns {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryDns {
    /// Without zones, and with [`full_capabilities`](Self::full_capabilities).
    pub fn new() -> Self {
        Self::with_capabilities(Self::full_capabilities())
    }

    /// Without zones; what is not declared is refused.
    pub fn with_capabilities(capabilities: DnsCapabilities) -> Self {
        let provider = Self { name: NAME, capabilities: Arc::new(capabilities), state: Arc::default() };
        provider.named(NAME)
    }

    /// Another name than `memory`, in lower case. Its name servers are `ns1` and `ns2` below `NAME.example`.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        self.lock().provider = name;
        Self { name, ..self }
    }

    /// Everything that this provider can do, to be cut down. The NS set of the apex is its own.
    pub fn full_capabilities() -> DnsCapabilities {
        let types = "A AAAA CAA CNAME DNAME DNSKEY DS HINFO HTTPS LOC MX NAPTR NS PTR SPF SRV SSHFP SVCB TLSA TXT URI";
        // These are all record types, and text that is none would only make the set smaller.
        let mut capabilities =
            DnsCapabilities::new(types.split(' ').filter_map(|name| name.parse::<RecordType>().ok()));
        capabilities.alias = AliasScope::Any;
        capabilities.wildcard = true;
        capabilities.atomicity = Atomicity::WholeZone;
        capabilities.create_zone = true;
        capabilities.dnssec = true;
        capabilities.txt.empty = true;
        capabilities.txt.outer_spaces = true;
        capabilities.txt.octets = TxtOctets::Any;
        capabilities
    }

    /// Lets the change fail that comes after `skipped` further ones, once; one that is made at once with others takes
    /// them along.
    pub fn fail_after(&self, skipped: usize, fault: MemoryFault) {
        self.lock().fault = Some((skipped, fault));
    }

    /// How many changes were ever made.
    pub fn changes_made(&self) -> usize {
        self.lock().changes_made
    }

    /// Changes a zone behind the back of everyone who has read it.
    pub fn edit(&self, zone: &Name, edit: impl FnOnce(&mut Zone)) -> Result<()> {
        let mut state = self.lock();
        let stored = state.stored(zone)?;
        edit(&mut stored.zone);
        stored.serial += 1;
        Ok(())
    }

    /// Begins the rotation of a signed zone's keys: a new key is served, and signs, beside the old one.
    pub fn begin_rotation(&self, zone: &Name) -> Result<()> {
        self.lock().stored(zone)?.keys.push(ZoneKey::generate(257));
        Ok(())
    }

    /// Ends the rotation: the oldest key that the parent may know is gone.
    pub fn end_rotation(&self, zone: &Name) -> Result<()> {
        let mut state = self.lock();
        let keys = &mut state.stored(zone)?.keys;
        if let Some(oldest) = keys.iter().position(|key| key.flags == 257) {
            keys.remove(oldest);
        }
        Ok(())
    }

    /// A panic in a test leaves the state usable for the others.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the provider makes of a set: it has no proxy, and chooses a TTL where it may.
    fn as_held(&self, set: &RecordSet) -> RecordSet {
        let range = &self.capabilities.ttl;
        let default = DEFAULT_TTL.clamp(*range.start(), *range.end());
        let ttl = match set.ttl() {
            Ttl::Auto => Ttl::Seconds(default),
            chosen @ Ttl::Seconds(_) => chosen,
        };
        set.clone().with_ttl(ttl).with_proxied(false)
    }

    fn require_signer(&self) -> Result<()> {
        if self.capabilities.dnssec {
            return Ok(());
        }
        Err(Error::unsupported("the provider does not sign zones").with_provider(self.name))
    }
}

impl fmt::Debug for MemoryDns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDns").field("zones", &self.lock().zones.keys()).finish_non_exhaustive()
    }
}

#[async_trait]
impl DnsProvider for MemoryDns {
    fn name(&self) -> &'static str {
        self.name
    }

    fn capabilities(&self) -> &DnsCapabilities {
        &self.capabilities
    }

    async fn zones(&self) -> Result<Vec<ZoneInfo>> {
        Ok(self.lock().zones.keys().map(info).collect())
    }

    async fn create_zone(&self, zone: &Name) -> Result<ZoneInfo> {
        if !self.capabilities.create_zone {
            return Err(Error::unsupported("the provider does not create zones").with_provider(self.name));
        }
        self.lock().zones.entry(zone.clone()).or_insert_with(|| {
            let mut stored = Stored {
                provider: self.name,
                zone: Zone::new(zone.clone()),
                serial: 1,
                signed: false,
                keys: Vec::new(),
            };
            if self.capabilities.apex_ns {
                let servers = servers(self.name).into_iter().map(RecordData::Ns);
                let set = RecordSet::new(zone.clone(), Ttl::Auto, servers).map(|set| self.as_held(&set));
                // Two name servers are a set, and the apex is in its zone.
                let _ = set.map(|set| stored.zone.insert(set));
            }
            stored
        });
        Ok(info(zone))
    }

    async fn delete_zone(&self, zone: &Name) -> Result<()> {
        self.lock().zones.remove(zone);
        Ok(())
    }

    async fn name_servers(&self, zone: &Name) -> Result<Vec<Name>> {
        self.lock().stored(zone)?;
        Ok(servers(self.name))
    }

    async fn snapshot(&self, zone: &Name) -> Result<ZoneSnapshot> {
        let mut state = self.lock();
        Ok(state.stored(zone)?.snapshot(&self.capabilities))
    }

    async fn apply(&self, zone: &Name, plan: &Plan, expected: &ZoneSnapshot) -> Result<Receipt, ApplyError> {
        self.preflight(zone, plan, expected)?;
        if plan.is_empty() {
            return Ok(Receipt::all_of(plan));
        }
        let refused = |error: Error| ApplyError::refused(plan, error.with_provider(self.name));
        let mut state = self.lock();
        let now = state.stored(zone).map_err(refused)?.snapshot(&self.capabilities);
        now.require_unchanged_since(expected).map_err(refused)?;

        let changes = plan.changes();
        let at_once = match self.capabilities.atomicity {
            Atomicity::None | Atomicity::RecordSet => 1,
            Atomicity::Batch { max } => max.max(1),
            Atomicity::WholeZone => changes.len(),
        };
        for (index, batch) in changes.chunks(at_once).enumerate() {
            let start = index * at_once;
            state.carry_out(zone, batch, |set| self.as_held(set)).map_err(|error| {
                ApplyError::during(plan, start..start + batch.len(), error.with_provider(self.name))
            })?;
        }
        Ok(Receipt::all_of(plan))
    }
}

#[async_trait]
impl DnssecSigner for MemoryDns {
    async fn status(&self, zone: &Name) -> Result<SigningStatus> {
        self.require_signer()?;
        Ok(if self.lock().stored(zone)?.signed { SigningStatus::Active } else { SigningStatus::Off })
    }

    async fn enable(&self, zone: &Name) -> Result<()> {
        self.require_signer()?;
        let mut state = self.lock();
        let stored = state.stored(zone)?;
        stored.signed = true;
        if stored.keys.is_empty() {
            stored.keys = [257, 256].map(ZoneKey::generate).into();
        }
        Ok(())
    }

    async fn disable(&self, zone: &Name) -> Result<()> {
        self.require_signer()?;
        self.lock().stored(zone)?.signed = false;
        Ok(())
    }

    async fn keys(&self, zone: &Name) -> Result<Vec<KeyInfo>> {
        self.require_signer()?;
        let mut state = self.lock();
        let stored = state.stored(zone)?;
        if !stored.signed {
            return Ok(Vec::new());
        }
        let dnskeys = stored.keys.iter().map(ZoneKey::dnskey).filter(|dnskey| dnskey.flags == 257);
        Ok(dnskeys.map(|dnskey| KeyInfo::new(dnskey.clone(), [dnskey.to_ds(zone, DigestType::Sha256)])).collect())
    }
}

/// Both name servers have every zone.
impl Hosting for MemoryDns {
    fn name_servers(&self) -> Vec<Name> {
        servers(self.name)
    }

    fn zones(&self, server: &Name) -> Vec<Name> {
        if servers(self.name).contains(server) { self.lock().zones.keys().cloned().collect() } else { Vec::new() }
    }

    fn zone(&self, server: &Name, apex: &Name) -> Option<HostedZone> {
        let state = self.lock();
        let stored = state.zones.get(apex).filter(|_| servers(self.name).contains(server))?;
        let mut zone = stored.zone.clone();
        let servers = servers(self.name).into_iter().map(RecordData::Ns);
        let mut authority =
            vec![RecordSet::new(apex.clone(), Ttl::Seconds(DEFAULT_TTL), [RecordData::Soa(stored.soa()?)])];
        if !self.capabilities.apex_ns {
            authority.push(RecordSet::new(apex.clone(), Ttl::Seconds(DEFAULT_TTL), servers));
        }
        for set in authority {
            zone.insert(set.ok()?).ok()?;
        }
        let keys = if stored.signed { stored.keys.clone() } else { Vec::new() };
        Some(HostedZone { zone, keys })
    }
}

impl State {
    fn stored(&mut self, zone: &Name) -> Result<&mut Stored> {
        let provider = self.provider;
        self.zones.get_mut(zone).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no zone {zone}"))
                .with_outcome(Outcome::Refused)
                .with_provider(provider)
        })
    }

    /// Makes all changes of a batch or none.
    fn carry_out(&mut self, zone: &Name, batch: &[Change], held: impl Fn(&RecordSet) -> RecordSet) -> Result<()> {
        let fault = match self.fault.take() {
            Some((skipped, fault)) if skipped < batch.len() => Some(fault),
            later => {
                self.fault = later.map(|(skipped, fault)| (skipped - batch.len(), fault));
                None
            }
        };
        let lost = || Error::new(ErrorKind::Timeout, "no answer").with_outcome(Outcome::Unknown);
        match fault {
            Some(MemoryFault::Refused) => {
                return Err(Error::new(ErrorKind::Unavailable, "out of order").with_outcome(Outcome::Refused));
            }
            Some(MemoryFault::LostBefore) => return Err(lost()),
            Some(MemoryFault::LostAfter) | None => {}
        }
        let stored = self.stored(zone)?;
        let mut undo = Vec::new();
        for change in batch {
            let (name, record_type) = (change.name(), change.record_type());
            undo.push((name, record_type, stored.zone.remove(name, record_type)));
            let made = match change.after() {
                Some(set) => {
                    stored.zone.insert(held(set)).map_err(Error::from).and_then(|_| stored.require_legal(name))
                }
                None => Ok(()),
            };
            if let Err(error) = made {
                for (name, record_type, before) in undo.into_iter().rev() {
                    stored.zone.remove(name, record_type);
                    if let Some(before) = before {
                        stored.zone.insert(before)?;
                    }
                }
                return Err(error);
            }
        }
        stored.serial += 1;
        self.changes_made += batch.len();
        if fault.is_some() { Err(lost()) } else { Ok(()) }
    }
}

impl Stored {
    fn snapshot(&self, capabilities: &DnsCapabilities) -> ZoneSnapshot {
        let apex = self.zone.name();
        let left_alone = |record_type: RecordType, text: String| LeftAlone {
            name: apex.clone(),
            record_type: record_type.to_string(),
            reason: format!("the provider writes its own {record_type}"),
            text,
        };
        let mut snapshot = ZoneSnapshot::new(self.zone.clone());
        snapshot.version = Some(self.serial.to_string());
        snapshot.left_alone.extend(self.soa().map(|soa| left_alone(RecordType::Soa, soa.to_string())));
        if !capabilities.apex_ns {
            snapshot
                .left_alone
                .extend(servers(self.provider).iter().map(|server| left_alone(RecordType::Ns, server.to_string())));
        }
        snapshot
    }

    fn soa(&self) -> Option<Soa> {
        let mname = servers(self.provider).into_iter().next()?;
        let rname = Name::parse(&format!("hostmaster.{}.example.", self.provider)).ok()?;
        let (serial, refresh, retry, expire, minimum) = (self.serial, 7200, 3600, 1_209_600, 300);
        Some(Soa { mname, rname, serial, refresh, retry, expire, minimum })
    }

    fn require_legal(&self, name: &Name) -> Result<()> {
        if self.zone.contains(name, &RecordType::Cname) && self.zone.at(name).nth(1).is_some() {
            let message = format!("a CNAME cannot be beside other types at {name}");
            return Err(Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::Refused));
        }
        Ok(())
    }
}

fn info(zone: &Name) -> ZoneInfo {
    ZoneInfo::new(zone.clone(), zone.to_fqdn_without_dot()).with_active(true)
}

fn servers(provider: &str) -> Vec<Name> {
    ["ns1", "ns2"].iter().filter_map(|host| Name::parse(&format!("{host}.{provider}.example.")).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Scope;

    fn apex() -> Name {
        Name::parse("example.org").unwrap()
    }

    fn addresses(names: &[&str]) -> Zone {
        let address = RecordData::A([192, 0, 2, 1].into());
        let sets = names
            .iter()
            .map(|name| RecordSet::new(apex().child(name).unwrap(), Ttl::Seconds(300), [address.clone()]).unwrap());
        Zone::try_from_sets(apex(), sets).unwrap()
    }

    async fn provider(atomicity: Atomicity) -> MemoryDns {
        let mut capabilities = MemoryDns::full_capabilities();
        capabilities.atomicity = atomicity;
        let provider = MemoryDns::with_capabilities(capabilities);
        provider.create_zone(&apex()).await.unwrap();
        provider
    }

    /// How many of four creates are applied, failed, unknown, not attempted, and in the zone afterwards.
    async fn account(atomicity: Atomicity, fault: MemoryFault) -> [usize; 5] {
        let provider = provider(atomicity).await;
        let (plan, expected) = provider.plan_to(&addresses(&["a", "b", "c", "d"]), &Scope::WholeZone).await.unwrap();
        provider.fail_after(2, fault);
        let account = provider.apply(&apex(), &plan, &expected).await.unwrap_err();
        let held = provider.snapshot(&apex()).await.unwrap().zone.len();
        assert_eq!(provider.changes_made(), held);

        let (rest, expected) = provider.plan_to(&addresses(&["a", "b", "c", "d"]), &Scope::WholeZone).await.unwrap();
        let receipt = provider.apply(&apex(), &rest, &expected).await.unwrap();
        assert_eq!(receipt.applied, 4 - held, "planning again finishes what was begun");
        let ApplyError { applied, failed, unknown, not_attempted, .. } = account;
        [applied.len(), failed.len(), unknown.len(), not_attempted.len(), held]
    }

    #[tokio::test]
    async fn faults_strike_where_they_are_set() {
        let single = Atomicity::RecordSet;
        assert_eq!(account(single, MemoryFault::Refused).await, [2, 1, 0, 1, 2]);
        assert_eq!(account(single, MemoryFault::LostBefore).await, [2, 0, 1, 1, 2]);
        assert_eq!(account(single, MemoryFault::LostAfter).await, [2, 0, 1, 1, 3]);
        let pairs = Atomicity::Batch { max: 2 };
        assert_eq!(account(pairs, MemoryFault::Refused).await, [2, 2, 0, 0, 2]);
        assert_eq!(account(pairs, MemoryFault::LostAfter).await, [2, 0, 2, 0, 4]);
        assert_eq!(account(Atomicity::WholeZone, MemoryFault::Refused).await, [0, 4, 0, 0, 0]);
        assert_eq!(account(Atomicity::WholeZone, MemoryFault::LostBefore).await, [0, 0, 4, 0, 0]);
    }

    #[tokio::test]
    async fn a_refused_batch_leaves_everything_as_it_was() {
        let provider = provider(Atomicity::WholeZone).await;
        provider.edit(&apex(), |zone| *zone = addresses(&["a", "m", "z"])).unwrap();
        let before = provider.snapshot(&apex()).await.unwrap();

        let target = RecordData::Cname(apex().child("a").unwrap());
        let cname = RecordSet::new(apex().child("m").unwrap(), Ttl::Auto, [target]).unwrap();
        let mut desired = addresses(&["z"]);
        desired.insert(cname).unwrap();
        let plan = Plan::between(&addresses(&["a"]), &desired, &Scope::WholeZone);
        let account = provider.apply(&apex(), &plan, &before).await.unwrap_err();
        assert_eq!((account.error.kind(), account.error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
        assert!(account.zone_unchanged());
        assert_eq!(provider.snapshot(&apex()).await.unwrap(), before);
    }

    #[tokio::test]
    async fn its_name_servers_have_a_whole_zone() {
        for apex_ns in [false, true] {
            let mut capabilities = MemoryDns::full_capabilities();
            capabilities.apex_ns = apex_ns;
            let provider = MemoryDns::with_capabilities(capabilities);
            provider.create_zone(&apex()).await.unwrap();
            let servers = Hosting::name_servers(&provider);
            let hosted = provider.zone(&servers[1], &apex()).unwrap();
            assert_eq!(Hosting::zones(&provider, &servers[1]), [apex()]);
            assert_eq!(hosted.zone.get(&apex(), &RecordType::Ns).unwrap().data().len(), 2);
            assert!(hosted.zone.contains(&apex(), &RecordType::Soa) && hosted.keys.is_empty());
            assert_eq!((provider.zone(&apex(), &apex()), Hosting::zones(&provider, &apex())), (None, Vec::new()));

            provider.enable(&apex()).await.unwrap();
            let signed = provider.zone(&servers[0], &apex()).unwrap();
            let told = provider.keys(&apex()).await.unwrap().remove(0).dnskey.unwrap();
            assert_eq!((told.flags, signed.keys[0].dnskey()), (257, told));
            provider.disable(&apex()).await.unwrap();
            provider.enable(&apex()).await.unwrap();
            assert_eq!(provider.zone(&servers[0], &apex()).unwrap().keys, signed.keys);
        }
    }

    #[tokio::test]
    async fn edits_behind_the_back_are_conflicts() {
        let provider = provider(Atomicity::WholeZone).await;
        let (plan, expected) = provider.plan_to(&addresses(&["a"]), &Scope::WholeZone).await.unwrap();
        provider.clone().edit(&apex(), |zone| *zone = addresses(&["other"])).unwrap();
        let account = provider.apply(&apex(), &plan, &expected).await.unwrap_err();
        assert!(account.error.is_conflict());
        assert!(account.error.to_string().contains("create other.example.org. A"), "{account}");
        assert_eq!(provider.changes_made(), 0);
    }
}
