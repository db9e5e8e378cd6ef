//! Netlify as a [`DnsProvider`].

use std::{collections::BTreeMap, sync::LazyLock};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    dns::{
        AliasScope, ApplyError, Caa, Change, DnsCapabilities, DnsProvider, DnsProviderExt, Finding, LeftAlone, Mx,
        Name, Plan, Receipt, RecordData, RecordSet, RecordType, Srv, Ttl, Txt, TxtOctets, Zone, ZoneInfo, ZoneSnapshot,
        audit_against,
    },
};

use crate::{
    Netlify,
    accounts::AccountId,
    dns_zones::{DnsRecord, DnsZone, DnsZones, NewDnsRecord, NewDnsZone, RecordId, ZoneFilter, ZoneId},
};

const NAME: &str = "netlify";

/// The DNS zones of an account.
///
/// Records cannot be changed here: a new one is made and the old one removed after it, so that a set is never empty in
/// between. Where the service takes no second record, as for a CNAME, the old one goes first, and for the time of one call
/// there is none.
///
/// Left alone are the records that the service manages itself, and those that cannot be read.
///
/// ```
/// use howdah_core::dns::{DnsProvider, Name};
/// use howdah_netlify::{NetlifyDns, accounts::AccountId};
/// # use howdah_netlify::testing::FakeNetlify;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let netlify = FakeNetlify::new().client();
/// let dns = NetlifyDns::new(netlify, AccountId::from("vmst"));
/// let zone = Name::parse("example.com").unwrap();
/// dns.create_zone(&zone).await?;
/// assert_eq!(dns.name_servers(&zone).await?.len(), 4);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct NetlifyDns {
    client: Netlify,
    account: AccountId,
}

/// The longest text that is sent.
const LONGEST_TEXT: usize = 2048;

static CAPABILITIES: LazyLock<DnsCapabilities> = LazyLock::new(|| {
    use RecordType::{A, Aaaa, Caa, Cname, Mx, Ns, Srv, Txt};
    let mut capabilities = DnsCapabilities::new([A, Aaaa, Caa, Cname, Mx, Ns, Srv, Txt]);
    capabilities.alias = AliasScope::Apex;
    capabilities.ttl = 1..=2_147_483_647;
    capabilities.txt.max_length = LONGEST_TEXT;
    capabilities.txt.octets = TxtOctets::Ascii;
    capabilities.wildcard = true;
    capabilities.create_zone = true;
    capabilities
});

impl NetlifyDns {
    /// The zones of an account, named by its slug.
    pub fn new(client: Netlify, account: AccountId) -> Self {
        Self { client, account }
    }

    /// The client.
    pub fn client(&self) -> &Netlify {
        &self.client
    }

    async fn all(&self) -> Result<Vec<DnsZone>> {
        self.client.dns_zones().list(ZoneFilter::new().with_account_slug(self.account.get().as_str())).await
    }

    async fn find(&self, zone: &Name) -> Result<Option<DnsZone>> {
        let name = zone.to_fqdn_without_dot();
        Ok(self.all().await?.into_iter().find(|one| one.name.as_deref() == Some(name.as_str())))
    }

    async fn get(&self, zone: &Name) -> Result<DnsZone> {
        self.find(zone).await?.ok_or_else(|| {
            let message = format!("there is no zone {} in the account {}", zone.to_fqdn_without_dot(), self.account);
            Error::new(ErrorKind::NotFound, message).with_provider(NAME).with_outcome(Outcome::Refused)
        })
    }

    async fn read(&self, zone: &Name) -> Result<Held> {
        let id = self.get(zone).await?.id;
        let records = self.client.dns_zones().list_records(&id).await?;
        Ok(Held::new(id, zone, records))
    }
}

#[async_trait]
impl DnsProvider for NetlifyDns {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &DnsCapabilities {
        &CAPABILITIES
    }

    async fn zones(&self) -> Result<Vec<ZoneInfo>> {
        self.all().await?.iter().map(zone_info).collect()
    }

    async fn create_zone(&self, zone: &Name) -> Result<ZoneInfo> {
        if let Some(found) = self.find(zone).await? {
            return zone_info(&found);
        }
        let new =
            NewDnsZone::new().with_name(zone.to_fqdn_without_dot()).with_account_slug(self.account.get().as_str());
        match self.client.dns_zones().create(new).await {
            Ok(created) => zone_info(&created),
            // Taken since, perhaps by the attempt whose answer was lost: then the zone is there.
            Err(error) if error.is_invalid() || error.outcome() == Outcome::Unknown => match self.find(zone).await {
                Ok(Some(found)) => zone_info(&found),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn delete_zone(&self, zone: &Name) -> Result<()> {
        let Some(found) = self.find(zone).await? else { return Ok(()) };
        match self.client.dns_zones().delete(&found.id).await {
            Err(error) if error.is_not_found() => Ok(()),
            deleted => deleted,
        }
    }

    async fn name_servers(&self, zone: &Name) -> Result<Vec<Name>> {
        self.get(zone).await?.dns_servers.iter().map(|server| host(server)).collect()
    }

    async fn snapshot(&self, zone: &Name) -> Result<ZoneSnapshot> {
        Ok(self.read(zone).await?.snapshot)
    }

    fn audit(&self, desired: &Zone) -> Vec<Finding> {
        let mut findings = audit_against(&CAPABILITIES, desired);
        for set in desired.iter() {
            if let Some(reason) = set.data().iter().find_map(refusal)
                && !findings.iter().any(|one| one.name == *set.name() && one.record_type == *set.record_type())
            {
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
        held.snapshot.require_unchanged_since(expected).map_err(|error| refused(error.with_provider(NAME)))?;
        let zones = self.client.dns_zones();
        for (index, change) in plan.changes().iter().enumerate() {
            let mut begun = false;
            carry_out(&zones, &held.id, held.operations(change), &mut begun).await.map_err(|error| {
                // A set of several records may be half changed.
                let partly = begun && matches!(error.outcome(), Outcome::NotSent | Outcome::Refused);
                let error = if partly { error.with_outcome(Outcome::Unknown) } else { error };
                ApplyError::during(plan, index..index + 1, error)
            })?;
        }
        Ok(Receipt::all_of(plan))
    }
}

/// Why the provider does not take these data.
fn refusal(data: &RecordData) -> Option<String> {
    match data {
        RecordData::Txt(txt) if txt.concat().iter().any(|byte| matches!(byte, b'"' | b'\\')) => {
            Some("whether the provider keeps quotes and backslashes in a text is not known".to_owned())
        }
        RecordData::Mx(Mx { exchange: target, .. }) | RecordData::Srv(Srv { target, .. }) if target.is_root() => {
            Some("the provider does not take the root as a host".to_owned())
        }
        _ => None,
    }
}

/// What makes a change: each new record with the old one whose place it takes, and what goes without one.
#[derive(Default)]
struct Operations {
    replaced: Vec<(NewDnsRecord, Option<RecordId>)>,
    deleted: Vec<RecordId>,
    /// Whether there cannot be two.
    single: bool,
}

async fn carry_out(zones: &DnsZones, zone: &ZoneId, operations: Operations, begun: &mut bool) -> Result<()> {
    for (record, old) in operations.replaced {
        match old {
            Some(old) if operations.single => {
                zones.delete_record(zone, &old).await?;
                *begun = true;
                zones.create_record(zone, record).await?;
            }
            Some(old) => {
                match zones.create_record(zone, record.clone()).await {
                    Ok(_) => {
                        *begun = true;
                        zones.delete_record(zone, &old).await?;
                    }
                    // The same with another TTL is the same to the service: the old one has to go first.
                    Err(error) if error.is_invalid() || error.kind() == ErrorKind::Conflict => {
                        zones.delete_record(zone, &old).await?;
                        *begun = true;
                        zones.create_record(zone, record).await?;
                    }
                    Err(error) => return Err(error),
                }
            }
            None => {
                zones.create_record(zone, record).await?;
            }
        }
        *begun = true;
    }
    for old in operations.deleted {
        zones.delete_record(zone, &old).await?;
        *begun = true;
    }
    Ok(())
}

/// What the provider holds: the sets, and the records that each consists of.
struct Held {
    id: ZoneId,
    snapshot: ZoneSnapshot,
    records: BTreeMap<(Name, RecordType), Vec<One>>,
}

struct One {
    id: RecordId,
    data: RecordData,
    ttl: Ttl,
}

impl Held {
    fn new(id: ZoneId, zone: &Name, all: Vec<DnsRecord>) -> Self {
        let mut snapshot = ZoneSnapshot::new(Zone::new(zone.clone()));
        let mut records: BTreeMap<_, Vec<One>> = BTreeMap::new();
        for record in all {
            match read_record(zone, &record) {
                Ok((name, data)) => {
                    let ttl = record.ttl.and_then(|ttl| ttl.try_into().ok()).map_or(Ttl::Auto, Ttl::Seconds);
                    let one = One { id: record.id, data, ttl };
                    records.entry((name, one.data.record_type())).or_default().push(one);
                }
                Err(reason) => snapshot.left_alone.push(LeftAlone {
                    name: owner(zone, &record).unwrap_or_else(|_| zone.clone()),
                    record_type: record.record_type.unwrap_or_default(),
                    text: record.value.unwrap_or_default(),
                    reason,
                }),
            }
        }
        for ((name, _), set) in &records {
            // Where they differ, a change of the TTL was interrupted: the record that is to go was made first.
            let ttl = set.first().map_or(Ttl::Auto, |one| one.ttl);
            let mut data: Vec<RecordData> = Vec::new();
            for one in set {
                if !data.contains(&one.data) {
                    data.push(one.data.clone());
                }
            }
            if let Ok(set) = RecordSet::new(name.clone(), ttl, data) {
                // Names below the zone's are in the zone.
                let _ = snapshot.zone.insert(set);
            }
        }
        Self { id, snapshot, records }
    }

    /// What makes a change, with as few operations as there can be.
    fn operations(&self, change: &Change) -> Operations {
        let key = (change.name().clone(), change.record_type().clone());
        let present = self.records.get(&key).map_or(&[][..], Vec::as_slice);
        let single = matches!(change.record_type(), RecordType::Cname | RecordType::Alias);
        let mut operations = Operations { single, ..Operations::default() };
        let Some(after) = change.after() else {
            operations.deleted.extend(present.iter().map(|one| one.id.clone()));
            return operations;
        };
        let mut kept: Vec<&RecordData> = Vec::new();
        let mut leaving = Vec::new();
        for one in present {
            let wanted = after.data().contains(&one.data) && !kept.contains(&&one.data);
            if wanted && (after.ttl() == one.ttl || after.ttl() == Ttl::Auto) {
                kept.push(&one.data);
            } else {
                leaving.push(one);
            }
        }
        for data in after.data().iter().filter(|data| !kept.contains(data)) {
            // What differs in its TTL alone takes its own place.
            let own = leaving.iter().position(|one| one.data == *data);
            let old = own.or(if leaving.is_empty() { None } else { Some(0) }).map(|at| leaving.remove(at).id.clone());
            operations.replaced.push((written(after.name(), after.ttl(), data), old));
        }
        operations.deleted.extend(leaving.into_iter().map(|one| one.id.clone()));
        operations
    }
}

/// A record as the provider is told it.
fn written(name: &Name, ttl: Ttl, data: &RecordData) -> NewDnsRecord {
    let mut record =
        NewDnsRecord::new().with_hostname(name.to_fqdn_without_dot()).with_record_type(data.record_type().as_str());
    if let Ttl::Seconds(seconds) = ttl {
        record = record.with_ttl(seconds);
    }
    match data {
        RecordData::Mx(mx) => record.with_value(mx.exchange.to_fqdn_without_dot()).with_priority(mx.preference),
        RecordData::Srv(srv) => record
            .with_value(srv.target.to_fqdn_without_dot())
            .with_priority(srv.priority)
            .with_weight(srv.weight)
            .with_port(srv.port),
        RecordData::Caa(caa) => {
            record.with_value(String::from_utf8_lossy(&caa.value)).with_flag(caa.flags).with_tag(caa.tag.as_str())
        }
        RecordData::Txt(txt) => record.with_value(String::from_utf8_lossy(&txt.concat())),
        RecordData::Cname(target) | RecordData::Ns(target) | RecordData::Alias(target) => {
            record.with_value(target.to_fqdn_without_dot())
        }
        other => record.with_value(other.to_string()),
    }
}

fn zone_info(zone: &DnsZone) -> Result<ZoneInfo> {
    Ok(ZoneInfo::new(host(zone.name.as_deref().unwrap_or_default())?, zone.id.get().as_str()))
}

fn host(text: &str) -> Result<Name> {
    Name::parse(text).map_err(|error| {
        Error::new(ErrorKind::Decode, format!("`{text}` is not a host name"))
            .with_provider(NAME)
            .with_outcome(Outcome::Refused)
            .with_source(error)
    })
}

fn owner(zone: &Name, record: &DnsRecord) -> Result<Name, String> {
    let name = record.hostname.as_deref().filter(|name| !name.is_empty() && *name != "@");
    name.map_or_else(
        || Ok(zone.clone()),
        |name| Name::parse(name).map_err(|error| format!("it cannot be read: {error}")),
    )
}

/// A record as DNS has it, or why it is left alone.
pub(crate) fn read_record(zone: &Name, record: &DnsRecord) -> Result<(Name, RecordData), String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("it cannot be read: {error}");
    if record.managed == Some(true) {
        return Err("Netlify looks after it".to_owned());
    }
    let owner = owner(zone, record)?;
    let value = record.value.as_deref().unwrap_or_default();
    let target = |text: &str| Name::parse(text).map_err(|error| unreadable(&error));
    let small = |number: Option<i64>| number.and_then(|number| u16::try_from(number).ok());
    let written = record.record_type.as_deref().unwrap_or_default();
    let data = match written {
        "NS" if owner == *zone => return Err("the name servers of the apex are set for the whole zone".to_owned()),
        "NS" => RecordData::Ns(target(value)?),
        "CNAME" => RecordData::Cname(target(value)?),
        "ALIAS" => RecordData::Alias(target(value)?),
        "MX" => RecordData::Mx(Mx { preference: small(record.priority).unwrap_or_default(), exchange: target(value)? }),
        "SRV" => {
            // The weight and the port are told by themselves or before the target.
            let mut words = value.split_ascii_whitespace().rev();
            let host = words.next().unwrap_or_default();
            let mut number = |own: Option<i64>| {
                let word = words.next().and_then(|word| word.parse::<u16>().ok());
                small(own).or(word)
            };
            let (port, weight, priority) = (number(record.port), number(record.weight), number(record.priority));
            RecordData::Srv(Srv {
                priority: priority.unwrap_or_default(),
                weight: weight.unwrap_or_default(),
                port: port.ok_or_else(|| unreadable(&"it has no port"))?,
                target: target(host)?,
            })
        }
        "CAA" => RecordData::Caa(Caa {
            flags: record.flag.and_then(|flag| u8::try_from(flag).ok()).unwrap_or_default(),
            tag: record.tag.clone().ok_or_else(|| unreadable(&"it has no tag"))?.to_ascii_lowercase(),
            value: value.trim_matches('"').as_bytes().to_vec(),
        }),
        "TXT" if !value.starts_with('"') => RecordData::Txt(Txt::from_bytes(value)),
        other => {
            let record_type = other.parse::<RecordType>().map_err(|error| unreadable(&error))?;
            RecordData::parse(&record_type, value, &Name::root()).map_err(|error| unreadable(&error))?
        }
    };
    Ok((owner, data))
}
