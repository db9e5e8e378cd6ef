//! Cloudflare as a [`DnsProvider`].

use std::{collections::BTreeMap, sync::LazyLock};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    dns::{
        AliasScope, ApplyError, Change, DnsCapabilities, DnsProvider, DnsProviderExt, Finding, LeftAlone, Name, Plan,
        Receipt, RecordData, RecordSet, RecordType, Ttl, Zone, ZoneInfo, ZoneSnapshot, audit_against,
    },
};

use crate::{
    Cloudflare,
    dns_records::{DnsRecord, DnsRecords, NewRecord, RecordFilter, RecordId, RecordUpdate},
    presentation::{self, Written},
    zones::{self, ZoneFilter, ZoneId, ZoneStatus},
};

/// The zones that a token can see, mostly to be read: what moves elsewhere.
///
/// Data are the user's own: a [proxied](RecordSet::is_proxied) set holds its real origin. A CNAME that is answered with the
/// addresses of its target, which one at the apex always is, is an `ALIAS`. A TTL of [`Ttl::Auto`] is answered as 300
/// seconds. A plan is carried out record by record. Zones are not created here.
///
/// Left alone are the name servers of the apex, keys, and records that cannot be read.
///
/// ```
/// use howdah_cloudflare::CloudflareDns;
/// use howdah_core::dns::{DnsProvider, Name, RecordType};
/// # use howdah_cloudflare::{dns_records::NewRecord, testing::FakeCloudflare};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let fake = FakeCloudflare::new();
/// # let id = fake.create_zone("example.com");
/// # fake.add_record(&id, NewRecord::new("A", "www").with_content("192.0.2.1").with_proxied(true));
/// # let cloudflare = fake.client();
/// let dns = CloudflareDns::new(cloudflare);
/// let zone = dns.snapshot(&Name::parse("example.com").unwrap()).await?.zone;
/// let www = zone.get(&Name::parse("www.example.com").unwrap(), &RecordType::A).unwrap();
/// assert!(www.is_proxied() && www.to_string().ends_with("192.0.2.1"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct CloudflareDns {
    client: Cloudflare,
}

const NAME: &str = "cloudflare";

/// The longest content of a TXT record, with its quotes and the spaces between its strings.
const LONGEST_TXT: usize = 2048;

/// The longest text that always fits: it makes eight strings, with sixteen quotes and seven spaces.
const LONGEST_TEXT: usize = LONGEST_TXT - 23;

static CAPABILITIES: LazyLock<DnsCapabilities> = LazyLock::new(|| {
    use RecordType::{A, Aaaa, Caa, Cname, Ds, Https, Loc, Mx, Naptr, Ns, Ptr, Srv, Sshfp, Svcb, Tlsa, Txt, Uri};
    let types = [A, Aaaa, Caa, Cname, Ds, Https, Loc, Mx, Naptr, Ns, Ptr, Srv, Sshfp, Svcb, Tlsa, Txt, Uri];
    let mut capabilities = DnsCapabilities::new(types);
    capabilities.alias = AliasScope::Apex;
    capabilities.ttl = 60..=86_400;
    capabilities.txt.max_length = LONGEST_TEXT;
    capabilities.wildcard = true;
    capabilities.dnssec = true;
    capabilities
});

impl CloudflareDns {
    /// The zones of this client.
    pub fn new(client: Cloudflare) -> Self {
        Self { client }
    }

    /// The client.
    pub fn client(&self) -> &Cloudflare {
        &self.client
    }

    /// The zone of this name. Where several accounts have one, it is the one that is served.
    pub(crate) async fn zone(&self, zone: &Name) -> Result<zones::Zone> {
        let filter = ZoneFilter::new().with_name(zone.to_fqdn_without_dot());
        let mut found = self.client.zones().list(filter).all().await?;
        let active = found.iter().position(|zone| zone.status == Some(ZoneStatus::Active));
        if found.is_empty() {
            let message = format!("there is no zone {zone} that these credentials may see");
            return Err(Error::new(ErrorKind::NotFound, message).with_provider(NAME).with_outcome(Outcome::Refused));
        }
        Ok(found.swap_remove(active.unwrap_or(0)))
    }

    async fn read(&self, zone: &Name, id: &ZoneId) -> Result<Held> {
        let records = self.client.dns_records().list(id, RecordFilter::new()).all().await?;
        Ok(Held::new(zone, records))
    }
}

impl From<Cloudflare> for CloudflareDns {
    fn from(client: Cloudflare) -> Self {
        Self::new(client)
    }
}

#[async_trait]
impl DnsProvider for CloudflareDns {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &DnsCapabilities {
        &CAPABILITIES
    }

    async fn zones(&self) -> Result<Vec<ZoneInfo>> {
        let zones = self.client.zones().list(ZoneFilter::new()).all().await?;
        let info = |zone: &zones::Zone| {
            let active = zone.status.as_ref().map(|status| *status == ZoneStatus::Active);
            Ok(ZoneInfo::new(host(&zone.name)?, zone.id.get().as_str()).with_active(active))
        };
        zones.iter().map(info).collect()
    }

    async fn create_zone(&self, zone: &Name) -> Result<ZoneInfo> {
        let message = format!("{zone} is not created: Cloudflare is a place to leave here");
        Err(Error::unsupported(message).with_provider(NAME))
    }

    async fn delete_zone(&self, zone: &Name) -> Result<()> {
        match self.zone(zone).await {
            Ok(found) => self.client.zones().delete(&found.id).await.map(drop),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn name_servers(&self, zone: &Name) -> Result<Vec<Name>> {
        let servers = self.zone(zone).await?.name_servers.unwrap_or_default();
        if servers.is_empty() {
            let message = format!("Cloudflare does not serve {zone} itself, so there is nothing to delegate to");
            return Err(Error::new(ErrorKind::Precondition, message)
                .with_provider(NAME)
                .with_outcome(Outcome::Refused));
        }
        servers.iter().map(|server| host(server)).collect()
    }

    async fn snapshot(&self, zone: &Name) -> Result<ZoneSnapshot> {
        let id = self.zone(zone).await?.id;
        Ok(self.read(zone, &id).await?.snapshot)
    }

    fn audit(&self, desired: &Zone) -> Vec<Finding> {
        let mut findings = audit_against(&CAPABILITIES, desired);
        // Its servers answer a proxied CNAME with addresses, so texts and mail servers may stand beside it.
        findings.retain(|finding| {
            let proxied = desired.get(&finding.name, &RecordType::Cname).is_some_and(RecordSet::is_proxied);
            let addresses = [RecordType::A, RecordType::Aaaa, RecordType::Alias];
            let beside = addresses.iter().any(|record_type| desired.contains(&finding.name, record_type));
            finding.record_type != RecordType::Cname || !proxied || beside
        });
        for set in desired.iter() {
            let longest = set.data().iter().map(|data| data.to_string().len()).max().unwrap_or_default();
            let mut find = |finding: Finding| {
                let told = |one: &Finding| one.name == finding.name && one.record_type == finding.record_type;
                if !findings.iter().any(told) {
                    findings.push(finding);
                }
            };
            match set.record_type() {
                RecordType::Txt if longest > LONGEST_TXT => {
                    let reason = format!(
                        "a text of {longest} characters with its quotes is longer than the provider's {LONGEST_TXT}"
                    );
                    find(Finding::blocking(set, reason));
                }
                RecordType::Alias
                    if desired.at(set.name()).any(|other| {
                        matches!(other.record_type(), RecordType::A | RecordType::Aaaa | RecordType::Cname)
                    }) =>
                {
                    find(Finding::blocking(set, "an ALIAS is a CNAME here, and cannot be beside addresses"));
                }
                record_type if set.is_proxied() && !can_be_proxied(record_type) => {
                    find(Finding::blocking(set, "only addresses and CNAMEs can be proxied"));
                }
                _ if set.is_proxied() && set.ttl() != Ttl::Auto => {
                    find(Finding::warning(set, "the provider chooses the TTL of what it proxies"));
                }
                _ => {}
            }
        }
        findings
    }

    async fn apply(&self, zone: &Name, plan: &Plan, expected: &ZoneSnapshot) -> Result<Receipt, ApplyError> {
        self.preflight(zone, plan, expected)?;
        if plan.is_empty() {
            return Ok(Receipt::default());
        }
        let refused = |error| ApplyError::refused(plan, error);
        let id = self.zone(zone).await.map_err(refused)?.id;
        let held = self.read(zone, &id).await.map_err(refused)?;
        held.snapshot.require_unchanged_since(expected).map_err(|error| refused(error.with_provider(NAME)))?;
        let records = self.client.dns_records();
        for (index, change) in plan.changes().iter().enumerate() {
            let mut begun = false;
            carry_out(&records, &id, held.operations(change), &mut begun).await.map_err(|error| {
                // A set of several records may be half changed.
                let partly = begun && matches!(error.outcome(), Outcome::NotSent | Outcome::Refused);
                let error = if partly { error.with_outcome(Outcome::Unknown) } else { error };
                ApplyError::during(plan, index..index + 1, error)
            })?;
        }
        Ok(Receipt::all_of(plan))
    }
}

/// Updates, creates, deletes: in this order a set is never empty in between.
async fn carry_out(records: &DnsRecords, zone: &ZoneId, operations: Operations, begun: &mut bool) -> Result<()> {
    for (id, update) in operations.updates {
        records.update(zone, &id, update).await?;
        *begun = true;
    }
    for record in operations.creates {
        records.create(zone, record).await?;
        *begun = true;
    }
    for id in operations.deletes {
        records.delete(zone, &id).await?;
        *begun = true;
    }
    Ok(())
}

/// What the provider holds: the sets, and the records that each consists of.
struct Held {
    snapshot: ZoneSnapshot,
    records: BTreeMap<(Name, RecordType), Vec<One>>,
}

struct One {
    id: RecordId,
    data: RecordData,
    ttl: Ttl,
    proxied: bool,
}

#[derive(Default)]
struct Operations {
    updates: Vec<(RecordId, RecordUpdate)>,
    creates: Vec<NewRecord>,
    deletes: Vec<RecordId>,
}

impl Held {
    fn new(zone: &Name, mut all: Vec<DnsRecord>) -> Self {
        let mut snapshot = ZoneSnapshot::new(Zone::new(zone.clone()));
        let mut records: BTreeMap<_, Vec<One>> = BTreeMap::new();
        all.sort_by(|one, other| one.id.cmp(&other.id));
        for record in all {
            match read_record(zone, &record) {
                Ok((name, data)) => {
                    let proxied = record.proxied == Some(true);
                    let one = One { ttl: read_ttl(record.ttl), id: record.id, data, proxied };
                    records.entry((name, one.data.record_type())).or_default().push(one);
                }
                Err(reason) => snapshot.left_alone.push(LeftAlone {
                    name: Name::parse(&record.name).unwrap_or_else(|_| zone.clone()),
                    record_type: record.record_type,
                    text: record.content.unwrap_or_default(),
                    reason,
                }),
            }
        }
        for ((name, _), set) in &records {
            if let Some(set) = set_of(name, set) {
                // What is outside of the zone was left alone.
                let _ = snapshot.zone.insert(set);
            }
        }
        Self { snapshot, records }
    }

    /// What makes a change, with as few operations as there can be.
    fn operations(&self, change: &Change) -> Operations {
        let key = (change.name().clone(), change.record_type().clone());
        let present = self.records.get(&key).map_or(&[][..], Vec::as_slice);
        let mut operations = Operations::default();
        let Some(after) = change.after() else {
            operations.deletes.extend(present.iter().map(|one| one.id.clone()));
            return operations;
        };
        let (ttl, proxied) = (write_ttl(after), after.is_proxied());
        let mut kept: Vec<&RecordData> = Vec::new();
        let mut leaving = Vec::new();
        for one in present {
            if !after.data().contains(&one.data) || kept.contains(&&one.data) {
                leaving.push(one);
                continue;
            }
            kept.push(&one.data);
            let mut update = RecordUpdate::new();
            update.ttl = ttl.filter(|_| after.ttl() != one.ttl);
            update.proxied = Some(proxied).filter(|_| proxied != one.proxied);
            if update != RecordUpdate::new() {
                operations.updates.push((one.id.clone(), update));
            }
        }
        let mut leaving = leaving.into_iter();
        for data in after.data().iter().filter(|data| !kept.contains(data)) {
            let Written { content, data: parts, priority } = presentation::write(data);
            if let Some(one) = leaving.next() {
                let mut update = RecordUpdate::new();
                (update.content, update.data, update.priority, update.ttl) = (content, parts, priority, ttl);
                update.proxied = Some(proxied).filter(|_| proxied != one.proxied);
                operations.updates.push((one.id.clone(), update));
            } else {
                let name = after.name().to_fqdn_without_dot();
                let mut record = NewRecord::new(written_type(after.record_type()), name);
                (record.content, record.data, record.priority, record.ttl) = (content, parts, priority, ttl);
                record.proxied = can_be_proxied(after.record_type()).then_some(proxied);
                operations.creates.push(record);
            }
        }
        operations.deletes.extend(leaving.map(|one| one.id.clone()));
        operations
    }
}

fn set_of(name: &Name, records: &[One]) -> Option<RecordSet> {
    // Where they differ, a change of the TTL was interrupted: since records are updated in this order, the last one shows
    // that it is not complete.
    let ttl = records.last()?.ttl;
    let set = RecordSet::new(name.clone(), ttl, records.iter().map(|one| one.data.clone())).ok()?;
    // One proxied record among several makes all of them so.
    Some(set.with_proxied(records.iter().any(|one| one.proxied)))
}

/// A record as DNS has it, or why it is left alone.
pub(crate) fn read_record(zone: &Name, record: &DnsRecord) -> Result<(Name, RecordData), String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("it cannot be read: {error}");
    let owner = Name::parse(&record.name).map_err(|error| unreadable(&error))?;
    if !owner.is_within(zone) {
        return Err("it is outside of the zone".to_owned());
    }
    match record.record_type.as_str() {
        "SOA" => return Err("Cloudflare writes the SOA itself".to_owned()),
        "NS" if owner == *zone => return Err("the name servers of the apex are set for the whole zone".to_owned()),
        "DNSKEY" | "CDS" | "CDNSKEY" => return Err("keys belong to the signer".to_owned()),
        _ => {}
    }
    let written = Written { content: record.content.clone(), data: record.data.clone(), priority: record.priority };
    let data = presentation::read(&record.record_type, &written).map_err(|error| unreadable(&error))?;
    let flattened = record.settings.as_ref().and_then(|settings| settings.flatten_cname) == Some(true);
    Ok(match data {
        RecordData::Cname(target) if owner == *zone || flattened => (owner, RecordData::Alias(target)),
        data => (owner, data),
    })
}

pub(crate) fn read_ttl(ttl: Option<u32>) -> Ttl {
    ttl.filter(|seconds| *seconds > 1).map_or(Ttl::Auto, Ttl::Seconds)
}

fn write_ttl(set: &RecordSet) -> Option<u32> {
    match set.ttl() {
        Ttl::Seconds(seconds) if !set.is_proxied() => Some(seconds),
        _ => None,
    }
}

fn written_type(record_type: &RecordType) -> &str {
    if *record_type == RecordType::Alias { "CNAME" } else { record_type.as_str() }
}

fn can_be_proxied(record_type: &RecordType) -> bool {
    matches!(record_type, RecordType::A | RecordType::Aaaa | RecordType::Cname | RecordType::Alias)
}

pub(crate) fn host(text: &str) -> Result<Name> {
    Name::parse(text).map_err(|error| {
        Error::new(ErrorKind::Decode, format!("`{text}` is not a host name"))
            .with_provider(NAME)
            .with_outcome(Outcome::Refused)
            .with_source(error)
    })
}
