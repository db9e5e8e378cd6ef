//! LiveDNS as a [`DnsProvider`].

use std::{collections::BTreeMap, sync::LazyLock};

use async_trait::async_trait;
use futures::TryStreamExt;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    dns::{
        AliasScope, ApplyError, Atomicity, Change, DnsCapabilities, DnsProvider, DnsProviderExt, Finding, LeftAlone,
        Name, Plan, Receipt, RecordData, RecordSet, RecordType, Ttl, Zone, ZoneInfo, ZoneSnapshot, audit_against,
    },
};

use crate::{
    Gandi,
    livedns::{
        LiveDns, NewDomain, NewRrset, NewSnapshot, NewZone, RecordFilter, Rrset, RrsetValues, SnapshotFilter, Values,
    },
};

/// The zones of an organisation on LiveDNS.
///
/// A plan happens at once or not at all. One that changes a single set changes nothing but that set; one that changes
/// several replaces the whole zone by what it was with the changes made, so that what somebody else writes between the
/// last look and the replacement is lost. Before either, a snapshot is taken, whose name begins with
/// [`SNAPSHOT`](Self::SNAPSHOT) and tells the time: it is found with [`LiveDns::snapshots`]. They are not deleted.
///
/// Left alone are SOA and NS of the apex, and sets that cannot be read; the latter are written back as they were.
///
/// ```
/// use howdah_core::dns::{DnsProvider, Name};
/// use howdah_gandi::GandiDns;
/// # use howdah_gandi::testing::FakeGandi;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let gandi = FakeGandi::new().client();
/// let dns = GandiDns::new(gandi);
/// let zone = Name::parse("example.com").unwrap();
/// dns.create_zone(&zone).await?;
/// assert_eq!(dns.name_servers(&zone).await?.len(), 3);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct GandiDns {
    gandi: Gandi,
    snapshots: bool,
}

/// The most characters of one value.
const LONGEST_VALUE: usize = 16_384;

/// The longest text that fits unless it has much to escape: in 64 strings, each with two quotes, and spaces between.
const LONGEST_TEXT: usize = LONGEST_VALUE - 64 * 3 + 1;

static CAPABILITIES: LazyLock<DnsCapabilities> = LazyLock::new(|| {
    use RecordType::{A, Aaaa, Caa, Cname, Ds, Https, Loc, Mx, Naptr, Ns, Other, Ptr, Srv, Sshfp, Svcb, Tlsa, Txt};
    let rare = ["CDS", "DNAME", "KEY", "OPENPGPKEY", "RP", "SPF", "WKS"].map(|name| Other(name.to_owned()));
    let types = [A, Aaaa, Caa, Cname, Ds, Https, Loc, Mx, Naptr, Ns, Ptr, Srv, Sshfp, Svcb, Tlsa, Txt];
    let mut capabilities = DnsCapabilities::new(types.into_iter().chain(rare));
    capabilities.alias = AliasScope::Apex;
    capabilities.ttl = 300..=2_592_000;
    capabilities.txt.max_length = LONGEST_TEXT;
    capabilities.wildcard = true;
    capabilities.atomicity = Atomicity::WholeZone;
    capabilities.create_zone = true;
    capabilities.dnssec = true;
    capabilities
});

impl GandiDns {
    /// How the names of the snapshots begin that are taken before changes.
    pub const SNAPSHOT: &str = "howdah";

    /// The zones that this client may see.
    pub fn new(gandi: Gandi) -> Self {
        Self { gandi, snapshots: true }
    }

    /// Takes no snapshots before changes.
    pub fn without_snapshots(self) -> Self {
        Self { snapshots: false, ..self }
    }

    /// The client.
    pub fn gandi(&self) -> &Gandi {
        &self.gandi
    }

    fn livedns(&self) -> LiveDns {
        self.gandi.livedns()
    }

    async fn read(&self, zone: &Name) -> Result<Held> {
        let rrsets = self.livedns().rrsets(&zone.to_fqdn_without_dot(), RecordFilter::new()).all().await?;
        Ok(Held::new(zone, rrsets))
    }

    async fn require_unsigned(&self, zone: &Name) -> Result<()> {
        let keys = self.livedns().keys(&zone.to_fqdn_without_dot()).await?;
        if keys.iter().all(|key| key.deleted == Some(true)) {
            return Ok(());
        }
        let message = format!(
            "the zone {zone} is signed, and LiveDNS has no ALIAS in a signed zone: \
             withdraw the DS from the parent and disable signing first, or use addresses"
        );
        Err(Error::new(ErrorKind::Precondition, message).with_provider("gandi").with_outcome(Outcome::NotSent))
    }

    /// Takes a snapshot; without one, nothing is changed.
    async fn keep(&self, fqdn: &str, plan: &Plan) -> Result<()> {
        let now = self.gandi.api().clock().now();
        let changes = match plan.changes().len() {
            1 => "1 change".to_owned(),
            several => format!("{several} changes"),
        };
        let name = format!("{} {now}, before {changes}", Self::SNAPSHOT);
        let taken = self.livedns().create_snapshot(fqdn, NewSnapshot::new().with_name(name.as_str())).await;
        let Err(error) = taken else {
            return Ok(());
        };
        if error.outcome() == Outcome::Unknown {
            let mut snapshots = self.livedns().snapshots(fqdn, SnapshotFilter::new());
            while let Ok(Some(one)) = snapshots.try_next().await {
                if one.name.as_ref() == Some(&name) {
                    return Ok(());
                }
            }
        }
        let message = format!("nothing was changed, since no snapshot could be taken before: {}", error.message());
        Err(error.with_message(message).with_outcome(Outcome::NotSent))
    }

    async fn carry_out(&self, fqdn: &str, plan: &Plan, held: &Held) -> Result<()> {
        let livedns = self.livedns();
        let single = match plan.changes() {
            [change] => held.label(change).map(|name| (change, name)),
            _ => None,
        };
        let Some((change, name)) = single else {
            return livedns.replace_rrsets(fqdn, held.with(plan)).await.map(drop);
        };
        match change.after() {
            Some(set) => {
                let values = RrsetValues { values: values(set), ttl: seconds(set.ttl()) };
                livedns.replace_rrset(fqdn, &name, change.record_type(), values).await.map(drop)
            }
            None => match livedns.delete_rrset(fqdn, &name, change.record_type()).await {
                Err(error) if error.is_not_found() => Ok(()),
                other => other,
            },
        }
    }
}

impl From<Gandi> for GandiDns {
    fn from(gandi: Gandi) -> Self {
        Self::new(gandi)
    }
}

#[async_trait]
impl DnsProvider for GandiDns {
    fn name(&self) -> &'static str {
        "gandi"
    }

    fn capabilities(&self) -> &DnsCapabilities {
        &CAPABILITIES
    }

    /// One that was switched on through its domain may be missing, though all else works on it.
    async fn zones(&self) -> Result<Vec<ZoneInfo>> {
        self.livedns().list().all().await?.iter().map(|zone| zone_info(&zone.fqdn)).collect()
    }

    async fn create_zone(&self, zone: &Name) -> Result<ZoneInfo> {
        let fqdn = zone.to_fqdn_without_dot();
        match self.livedns().get(&fqdn).await {
            Err(error) if error.is_not_found() => {}
            found => return zone_info(&found?.fqdn),
        }
        let empty = NewDomain::new(fqdn.as_str()).with_zone(NewZone::new([]));
        match self.livedns().create(empty).await {
            Ok(_) => zone_info(&fqdn),
            // Taken since, perhaps by the attempt whose answer was lost: then the zone is there.
            Err(error) if error.is_conflict() || error.outcome() == Outcome::Unknown => {
                match self.livedns().get(&fqdn).await {
                    Ok(found) => zone_info(&found.fqdn),
                    Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn name_servers(&self, zone: &Name) -> Result<Vec<Name>> {
        let servers = self.livedns().name_servers(&zone.to_fqdn_without_dot()).await?;
        servers.iter().map(|server| host(server)).collect()
    }

    async fn snapshot(&self, zone: &Name) -> Result<ZoneSnapshot> {
        Ok(self.read(zone).await?.snapshot)
    }

    fn audit(&self, desired: &Zone) -> Vec<Finding> {
        let mut findings = audit_against(&CAPABILITIES, desired);
        for set in desired.iter() {
            let longest = set.data().iter().map(|data| data.to_string().len()).max().unwrap_or_default();
            let is_found = |one: &Finding| one.name == *set.name() && one.record_type == *set.record_type();
            if longest > LONGEST_VALUE && !findings.iter().any(is_found) {
                let reason = format!("a value of {longest} characters is longer than the provider's {LONGEST_VALUE}");
                findings.push(Finding::blocking(set, reason));
            }
        }
        findings
    }

    async fn apply(&self, zone: &Name, plan: &Plan, expected: &ZoneSnapshot) -> Result<Receipt, ApplyError> {
        self.preflight(zone, plan, expected)?;
        if plan.is_empty() {
            return Ok(Receipt::default());
        }
        let refused = |error: Error| ApplyError::refused(plan, error.with_provider("gandi"));
        let fqdn = zone.to_fqdn_without_dot();
        let held = self.read(zone).await.map_err(refused)?;
        held.snapshot.require_unchanged_since(expected).map_err(refused)?;
        held.require_readable(plan).map_err(refused)?;
        if plan.writes().any(|set| *set.record_type() == RecordType::Alias) {
            self.require_unsigned(zone).await.map_err(refused)?;
        }
        if self.snapshots {
            self.keep(&fqdn, plan).await.map_err(refused)?;
        }
        let all = 0..plan.changes().len();
        self.carry_out(&fqdn, plan, &held).await.map_err(|error| ApplyError::during(plan, all, error))?;
        Ok(Receipt::all_of(plan))
    }
}

/// What LiveDNS holds, save for what it writes itself.
struct Held {
    snapshot: ZoneSnapshot,
    rrsets: Vec<One>,
}

/// A set as LiveDNS has it, to be written back as it is.
struct One {
    rrset: Rrset,
    owner: Option<Name>,
    readable: bool,
}

impl One {
    fn is_of(&self, change: &Change) -> bool {
        self.owner.as_ref() == Some(change.name()) && self.rrset.record_type == *change.record_type()
    }
}

impl Held {
    fn new(zone: &Name, all: Vec<Rrset>) -> Self {
        let mut snapshot = ZoneSnapshot::new(Zone::new(zone.clone()));
        let mut sets: BTreeMap<_, (Ttl, Vec<RecordData>)> = BTreeMap::new();
        let mut rrsets = Vec::new();
        for rrset in all {
            let owner = Name::parse_in(&rrset.name, zone).ok().filter(|owner| owner.is_within(zone));
            let at_apex = owner.as_ref() == Some(zone);
            if at_apex && matches!(rrset.record_type, RecordType::Ns | RecordType::Soa) {
                snapshot.left_alone.push(left_alone(zone, &rrset, "LiveDNS writes it itself".to_owned()));
                continue;
            }
            let read = read_rrset(zone, owner.as_ref(), &rrset);
            let readable = read.is_ok();
            match read {
                Ok((owner, data)) => {
                    let ttl = rrset.ttl.map_or(Ttl::Auto, Ttl::Seconds);
                    // Two labels that differ in case only are one name.
                    let (_, set) = sets.entry((owner, rrset.record_type.clone())).or_insert((ttl, Vec::new()));
                    set.extend(data);
                }
                Err(reason) => {
                    let place = owner.as_ref().unwrap_or(zone);
                    snapshot.left_alone.push(left_alone(place, &rrset, reason));
                }
            }
            rrsets.push(One { rrset, owner, readable });
        }
        for ((owner, _), (ttl, data)) in sets {
            if let Ok(set) = RecordSet::new(owner, ttl, data) {
                // The owner was seen to be within the zone.
                let _ = snapshot.zone.insert(set);
            }
        }
        Self { snapshot, rrsets }
    }

    /// What could not be read is in no snapshot, so a change of it would be a loss that nobody saw.
    fn require_readable(&self, plan: &Plan) -> Result<()> {
        let unreadable = self.rrsets.iter().filter(|one| !one.readable);
        let mut touched = unreadable.filter(|one| plan.changes().iter().any(|change| one.is_of(change)));
        let Some(One { rrset, .. }) = touched.next() else {
            return Ok(());
        };
        let (name, record_type, values) = (&rrset.name, &rrset.record_type, rrset.values.0.join(", "));
        let message = format!(
            "the zone {} has the set {name} {record_type}, which cannot be read and would be lost ({values}): \
             correct it at Gandi and plan again",
            self.snapshot.zone.name()
        );
        Err(Error::new(ErrorKind::Precondition, message).with_outcome(Outcome::NotSent))
    }

    /// All sets as they are to be. Those that do not change go back letter by letter.
    fn with(&self, plan: &Plan) -> Vec<NewRrset> {
        let stays = |one: &&One| !plan.changes().iter().any(|change| one.is_of(change));
        let zone = self.snapshot.zone.name();
        let written = plan.writes().map(|set| NewRrset {
            name: relative(set.name(), zone),
            record_type: set.record_type().clone(),
            values: values(set),
            ttl: seconds(set.ttl()),
        });
        let kept = self.rrsets.iter().filter(stays).map(|one| NewRrset::from(one.rrset.clone()));
        kept.chain(written).collect()
    }

    /// The name of a set as it is stored, in upper or lower case, since that is how it is found; none when there are
    /// several that differ in case only.
    fn label(&self, change: &Change) -> Option<String> {
        let mut held = self.rrsets.iter().filter(|one| one.is_of(change));
        match (held.next(), held.next()) {
            (None, _) => Some(relative(change.name(), self.snapshot.zone.name())),
            (Some(one), None) => Some(one.rrset.name.clone()),
            (Some(_), Some(_)) => None,
        }
    }
}

fn relative(name: &Name, zone: &Name) -> String {
    name.relative_to(zone).filter(|name| !name.is_empty()).unwrap_or_else(|| "@".to_owned())
}

/// With absolute names, which end in a dot: without it they would be relative.
fn values(set: &RecordSet) -> Values {
    Values(set.data().iter().map(ToString::to_string).collect())
}

fn seconds(ttl: Ttl) -> Option<u32> {
    match ttl {
        Ttl::Seconds(seconds) => Some(seconds),
        Ttl::Auto => None,
    }
}

/// A set as DNS has it, or why it is left alone.
fn read_rrset(zone: &Name, owner: Option<&Name>, rrset: &Rrset) -> Result<(Name, Vec<RecordData>), String> {
    let owner = owner.ok_or_else(|| format!("`{}` is not a name in the zone", rrset.name))?;
    let data = rrset.values.0.iter().map(|value| RecordData::parse(&rrset.record_type, value, zone));
    let data = data.collect::<Result<Vec<_>, _>>().map_err(|error| format!("it cannot be read: {error}"))?;
    if data.is_empty() {
        return Err("it has no values".to_owned());
    }
    Ok((owner.clone(), data))
}

fn left_alone(name: &Name, rrset: &Rrset, reason: String) -> LeftAlone {
    let (record_type, text) = (rrset.record_type.to_string(), rrset.values.0.join(", "));
    LeftAlone { name: name.clone(), record_type, text, reason }
}

fn zone_info(fqdn: &str) -> Result<ZoneInfo> {
    Ok(ZoneInfo::new(host(fqdn)?, fqdn))
}

fn host(text: &str) -> Result<Name> {
    Name::parse(text).map_err(|error| {
        Error::new(ErrorKind::Decode, format!("`{text}` is not a host name"))
            .with_provider("gandi")
            .with_outcome(Outcome::Refused)
            .with_source(error)
    })
}
