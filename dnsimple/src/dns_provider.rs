//! DNSimple as a [`DnsProvider`].

use std::{
    collections::BTreeMap,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    dns::{
        AliasScope, ApplyError, Change, DnsCapabilities, DnsProvider, DnsProviderExt, Finding, LeftAlone, Mx, Name,
        Plan, Receipt, RecordData, RecordSet, RecordType, Srv, Ttl, Zone, ZoneInfo, ZoneSnapshot, audit_against,
    },
};

use crate::{
    Account,
    domains::NewDomain,
    zones::{
        self, BatchChange, BatchDelete, BatchUpdate, NewRecord, RecordFilter, RecordId, RecordUpdate, Region,
        ZoneFilter, ZoneRecord,
    },
};

/// The zones of an account.
///
/// A plan is sent in batches, each carried out wholly or not at all, where the account's plan includes them; where it
/// answers that it does not, record by record. That is not known beforehand, so nothing is promised in
/// [`DnsCapabilities::atomicity`].
///
/// Left alone are: SOA and NS of the apex and other system records, records that belong to another (the `TXT` beside an
/// `ALIAS`), `POOL` and `URL`, which have no counterpart in DNS, records for some regions only, and keys.
///
/// ```
/// use howdah_core::dns::{DnsProvider, Name};
/// use howdah_dnsimple::DnSimpleDns;
/// # use howdah_dnsimple::testing::FakeDnSimple;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let account = FakeDnSimple::new().account();
/// let dns = DnSimpleDns::new(account);
/// let zone = Name::parse("example.com").unwrap();
/// dns.create_zone(&zone).await?;
/// assert_eq!(dns.name_servers(&zone).await?.len(), 4);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct DnSimpleDns {
    account: Account,
    without_batch: Arc<AtomicBool>,
}

/// The most operations in one batch. No limit is published; a body of this many stays below a few hundred kilobytes.
const BATCH: usize = 500;

/// The longest content of a TXT record, with its quotes and the spaces between its strings.
const LONGEST_TXT: usize = 1000;

/// The longest text that always fits: it makes four strings, with eight quotes and three spaces.
const LONGEST_TEXT: usize = LONGEST_TXT - 11;

static CAPABILITIES: LazyLock<DnsCapabilities> = LazyLock::new(|| {
    use RecordType::{A, Aaaa, Caa, Cname, Https, Mx, Naptr, Ns, Other, Ptr, Srv, Sshfp, Svcb, Tlsa, Txt};
    let rare = ["HINFO", "SPF"].map(|name| Other(name.to_owned()));
    let types = [A, Aaaa, Caa, Cname, Https, Mx, Naptr, Ns, Ptr, Srv, Sshfp, Svcb, Tlsa, Txt];
    let mut capabilities = DnsCapabilities::new(types.into_iter().chain(rare));
    capabilities.alias = AliasScope::Any;
    capabilities.txt.max_length = LONGEST_TEXT;
    capabilities.wildcard = true;
    capabilities.create_zone = true;
    capabilities.dnssec = true;
    capabilities
});

impl DnSimpleDns {
    /// The zones of this account.
    pub fn new(account: Account) -> Self {
        Self { account, without_batch: Arc::default() }
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    fn zones(&self) -> zones::Zones {
        self.account.zones()
    }

    async fn read(&self, zone: &Name) -> Result<Held> {
        let records = self.zones().list_records(&zone.to_fqdn_without_dot(), RecordFilter::new()).all().await?;
        Ok(Held::new(zone, &records))
    }

    /// Batches in the plan's order. `Ok(None)` when the account has none, which is known before anything was done.
    async fn apply_in_batches(&self, zone: &str, plan: &Plan, held: &Held) -> Result<Option<Receipt>, ApplyError> {
        let mut done = 0;
        let mut batch = Operations::default();
        for (index, change) in plan.changes().iter().enumerate() {
            batch.extend(held.operations(change));
            let end = index + 1;
            if batch.len() < BATCH && end < plan.changes().len() {
                continue;
            }
            match self.zones().change_batch(zone, std::mem::take(&mut batch).into_batch()).await {
                Ok(_) => done = end,
                Err(error) if error.kind() == ErrorKind::PlanRequired && done == 0 => return Ok(None),
                Err(error) => return Err(ApplyError::during(plan, done..end, error)),
            }
        }
        Ok(Some(Receipt::all_of(plan)))
    }

    async fn apply_one_by_one(&self, zone: &str, plan: &Plan, held: &Held) -> Result<Receipt, ApplyError> {
        for (index, change) in plan.changes().iter().enumerate() {
            let operations = held.operations(change);
            let mut begun = false;
            self.carry_out(zone, operations, &mut begun).await.map_err(|error| {
                // A set of several records may be half changed.
                let partly = begun && matches!(error.outcome(), Outcome::NotSent | Outcome::Refused);
                let error = if partly { error.with_outcome(Outcome::Unknown) } else { error };
                ApplyError::during(plan, index..index + 1, error)
            })?;
        }
        Ok(Receipt::all_of(plan))
    }

    /// Updates, creates, deletes: in this order a set is never empty in between.
    async fn carry_out(&self, zone: &str, operations: Operations, begun: &mut bool) -> Result<()> {
        let zones = self.zones();
        for update in operations.updates {
            let mut fields = RecordUpdate::new();
            (fields.content, fields.ttl, fields.priority) = (update.content, update.ttl, update.priority);
            zones.update_record(zone, update.id, fields).await?;
            *begun = true;
        }
        for record in operations.creates {
            zones.create_record(zone, record).await?;
            *begun = true;
        }
        for BatchDelete { id } in operations.deletes {
            zones.delete_record(zone, id).await?;
            *begun = true;
        }
        Ok(())
    }
}

impl From<Account> for DnSimpleDns {
    fn from(account: Account) -> Self {
        Self::new(account)
    }
}

#[async_trait]
impl DnsProvider for DnSimpleDns {
    fn name(&self) -> &'static str {
        "dnsimple"
    }

    fn capabilities(&self) -> &DnsCapabilities {
        &CAPABILITIES
    }

    async fn zones(&self) -> Result<Vec<ZoneInfo>> {
        self.zones().list(ZoneFilter::new()).all().await?.iter().map(zone_info).collect()
    }

    async fn create_zone(&self, zone: &Name) -> Result<ZoneInfo> {
        let name = zone.to_fqdn_without_dot();
        match self.zones().get(&name).await {
            Err(error) if error.is_not_found() => {}
            found => return zone_info(&found?),
        }
        match self.account.domains().create(NewDomain::new(name.as_str())).await {
            Ok(_) => {}
            // Taken since, perhaps by the attempt whose answer was lost: then the zone is there.
            Err(error) if error.is_invalid() || error.outcome() == Outcome::Unknown => {
                return match self.zones().get(&name).await {
                    Ok(found) => zone_info(&found),
                    Err(_) => Err(error),
                };
            }
            Err(error) => return Err(error),
        }
        zone_info(&self.zones().get(&name).await?)
    }

    async fn name_servers(&self, zone: &Name) -> Result<Vec<Name>> {
        let apex = RecordFilter::new().with_name("").with_record_type(zones::RecordType::Ns);
        let records = self.zones().list_records(&zone.to_fqdn_without_dot(), apex).all().await?;
        records.iter().filter(|record| record.name.is_empty()).map(|record| host(&record.content)).collect()
    }

    async fn snapshot(&self, zone: &Name) -> Result<ZoneSnapshot> {
        Ok(self.read(zone).await?.snapshot)
    }

    fn audit(&self, desired: &Zone) -> Vec<Finding> {
        let mut findings = audit_against(&CAPABILITIES, desired);
        for set in desired.iter().filter(|set| *set.record_type() == RecordType::Txt) {
            let longest = set.data().iter().map(|data| data.to_string().len()).max().unwrap_or_default();
            if longest > LONGEST_TXT
                && !findings.iter().any(|one| one.name == *set.name() && one.record_type == RecordType::Txt)
            {
                let reason = format!(
                    "a text of {longest} characters with its quotes is longer than the provider's {LONGEST_TXT}"
                );
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
        let refused = |error| ApplyError::refused(plan, error);
        let held = self.read(zone).await.map_err(refused)?;
        held.snapshot.require_unchanged_since(expected).map_err(|error| refused(error.with_provider("dnsimple")))?;
        let name = zone.to_fqdn_without_dot();
        if !self.without_batch.load(Ordering::Relaxed) {
            match self.apply_in_batches(&name, plan, &held).await? {
                Some(receipt) => return Ok(receipt),
                None => self.without_batch.store(true, Ordering::Relaxed),
            }
        }
        self.apply_one_by_one(&name, plan, &held).await
    }
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
}

impl Held {
    fn new(zone: &Name, all: &[ZoneRecord]) -> Self {
        let mut snapshot = ZoneSnapshot::new(Zone::new(zone.clone()));
        let mut records: BTreeMap<_, Vec<One>> = BTreeMap::new();
        let mut all: Vec<&ZoneRecord> = all.iter().collect();
        all.sort_by_key(|record| record.id);
        for record in all {
            match read_record(zone, record) {
                Ok((name, data)) => {
                    let ttl = record.ttl.map_or(Ttl::Auto, Ttl::Seconds);
                    let one = One { id: record.id, data, ttl };
                    records.entry((name, one.data.record_type())).or_default().push(one);
                }
                Err(reason) => snapshot.left_alone.push(left_alone(zone, record, reason)),
            }
        }
        for ((name, _), set) in &records {
            // Where they differ, a change of the TTL was interrupted: since records are updated in this order, the last
            // one shows that it is not complete.
            let ttl = set.last().map_or(Ttl::Auto, |one| one.ttl);
            if let Ok(set) = RecordSet::new(name.clone(), ttl, set.iter().map(|one| one.data.clone())) {
                // Names below the zone's are in the zone.
                let _ = snapshot.zone.insert(set);
            }
        }
        Self { snapshot, records }
    }

    /// What makes a change, with as few operations as there can be.
    fn operations(&self, change: &Change) -> Operations {
        let key = (change.name().clone(), change.record_type().clone());
        let present = self.records.get(&key).map_or(&[][..], Vec::as_slice);
        let Some(after) = change.after() else {
            return Operations { deletes: present.iter().map(|one| one.id.into()).collect(), ..Operations::default() };
        };
        let mut operations = Operations::default();
        let mut kept: Vec<&RecordData> = Vec::new();
        let mut leaving = Vec::new();
        for one in present {
            if !after.data().contains(&one.data) || kept.contains(&&one.data) {
                leaving.push(one.id);
                continue;
            }
            kept.push(&one.data);
            if let (Ttl::Seconds(ttl), true) = (after.ttl(), after.ttl() != one.ttl) {
                operations.updates.push(BatchUpdate::new(one.id).with_ttl(ttl));
            }
        }
        let mut leaving = leaving.into_iter();
        for data in after.data().iter().filter(|data| !kept.contains(data)) {
            let (content, priority) = write_data(data);
            if let Some(id) = leaving.next() {
                let mut update = BatchUpdate::new(id).with_content(content);
                (update.ttl, update.priority) = (seconds(after.ttl()), priority);
                operations.updates.push(update);
            } else {
                let name = after.name().relative_to(self.snapshot.zone.name()).unwrap_or_default();
                let mut record = NewRecord::new(name, after.record_type().as_str(), content);
                (record.ttl, record.priority) = (seconds(after.ttl()), priority);
                operations.creates.push(record);
            }
        }
        operations.deletes.extend(leaving.map(BatchDelete::from));
        operations
    }
}

#[derive(Default)]
struct Operations {
    creates: Vec<NewRecord>,
    updates: Vec<BatchUpdate>,
    deletes: Vec<BatchDelete>,
}

impl Operations {
    fn extend(&mut self, other: Self) {
        self.creates.extend(other.creates);
        self.updates.extend(other.updates);
        self.deletes.extend(other.deletes);
    }

    fn len(&self) -> usize {
        self.creates.len() + self.updates.len() + self.deletes.len()
    }

    fn into_batch(self) -> BatchChange {
        let mut batch = BatchChange::new();
        batch.creates = Some(self.creates).filter(|list| !list.is_empty());
        batch.updates = Some(self.updates).filter(|list| !list.is_empty());
        batch.deletes = Some(self.deletes).filter(|list| !list.is_empty());
        batch
    }
}

fn seconds(ttl: Ttl) -> Option<u32> {
    match ttl {
        Ttl::Seconds(seconds) => Some(seconds),
        Ttl::Auto => None,
    }
}

fn zone_info(zone: &zones::Zone) -> Result<ZoneInfo> {
    Ok(ZoneInfo::new(host(&zone.name)?, zone.name.as_str()).with_active(zone.active))
}

pub(crate) fn host(text: &str) -> Result<Name> {
    Name::parse(text).map_err(|error| {
        Error::new(ErrorKind::Decode, format!("`{text}` is not a host name"))
            .with_provider("dnsimple")
            .with_outcome(Outcome::Refused)
            .with_source(error)
    })
}

/// A record as DNS has it, or why it is left alone.
pub(crate) fn read_record(zone: &Name, record: &ZoneRecord) -> Result<(Name, RecordData), String> {
    use zones::RecordType::{Alias, Cname, Dnskey, Ds, Mx as MxType, Ns, Other, Pool, Ptr, Soa, Srv as SrvType, Url};
    let apex = record.name.is_empty();
    match &record.record_type {
        _ if record.system_record => return Err("it is DNSimple's own".to_owned()),
        Soa => return Err("DNSimple writes the SOA itself".to_owned()),
        Ns if apex => return Err("the name servers of the apex are set for the whole zone".to_owned()),
        Pool | Url => return Err("it has no counterpart in DNS".to_owned()),
        Dnskey | Ds => return Err("keys belong to the signer".to_owned()),
        Other(other) if ["CDS", "CDNSKEY"].contains(&other.as_str()) => {
            return Err("keys belong to the signer".to_owned());
        }
        _ => {}
    }
    if let Some(parent) = record.parent_id {
        return Err(format!("it belongs to the record {parent}"));
    }
    if !record.regions.is_empty() && record.regions != [Region::Global] {
        return Err("it is served in some regions only".to_owned());
    }

    let unreadable = |error: &dyn std::fmt::Display| format!("it cannot be read: {error}");
    let owner = if apex { Ok(zone.clone()) } else { zone.child(&record.name) };
    let owner = owner.map_err(|error| unreadable(&error))?;
    let name = |text: &str| Name::parse(text).map_err(|error| unreadable(&error));
    let content = record.content.as_str();
    let priority = record.priority.unwrap_or_default();
    let data = match &record.record_type {
        Alias => RecordData::Alias(name(content)?),
        Cname => RecordData::Cname(name(content)?),
        Ns => RecordData::Ns(name(content)?),
        Ptr => RecordData::Ptr(name(content)?),
        MxType => RecordData::Mx(Mx { preference: priority, exchange: name(content)? }),
        SrvType => {
            let parts: Vec<_> = content.split_ascii_whitespace().collect();
            let [weight, port, target] = parts.as_slice() else {
                return Err(unreadable(&"an SRV has three parts here"));
            };
            let number = |text: &str| text.parse::<u16>().map_err(|error| unreadable(&error));
            RecordData::Srv(Srv { priority, weight: number(weight)?, port: number(port)?, target: name(target)? })
        }
        other => {
            let record_type = other.as_str().parse::<RecordType>().map_err(|error| unreadable(&error))?;
            // Host names here have no final dot and are absolute all the same.
            RecordData::parse(&record_type, content, &Name::root()).map_err(|error| unreadable(&error))?
        }
    };
    Ok((owner, data))
}

fn left_alone(zone: &Name, record: &ZoneRecord, reason: String) -> LeftAlone {
    let owner = if record.name.is_empty() { None } else { zone.child(&record.name).ok() };
    LeftAlone {
        name: owner.unwrap_or_else(|| zone.clone()),
        record_type: record.record_type.to_string(),
        text: record.content.clone(),
        reason,
    }
}

/// Content and priority as DNSimple has them.
fn write_data(data: &RecordData) -> (String, Option<u16>) {
    match data {
        RecordData::Alias(name) | RecordData::Cname(name) | RecordData::Ns(name) | RecordData::Ptr(name) => {
            (name.to_fqdn_without_dot(), None)
        }
        RecordData::Mx(mx) => (mx.exchange.to_fqdn_without_dot(), Some(mx.preference)),
        RecordData::Srv(srv) => {
            let target = srv.target.to_fqdn_without_dot();
            (format!("{} {} {target}", srv.weight, srv.port), Some(srv.priority))
        }
        other => (other.to_string(), None),
    }
}
