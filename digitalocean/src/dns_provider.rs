//! DigitalOcean as a [`DnsProvider`].

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
    DigitalOcean,
    domains::{self, DomainRecord, Domains, NewDomain, NewRecord, RecordFilter, RecordId, RecordUpdate},
};

/// The domains of an account.
///
/// A plan is carried out record by record. Nothing is signed, and there is no ALIAS. A text of more than 255 octets is
/// written in quotes, as several strings; quotes and backslashes within texts are not accepted.
///
/// Left alone are SOA and NS of the apex, and records that cannot be read.
///
/// ```
/// use howdah_core::dns::{DnsProvider, Name};
/// use howdah_digitalocean::DigitalOceanDns;
/// # use howdah_digitalocean::testing::FakeDigitalOcean;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let ocean = FakeDigitalOcean::new().client();
/// let dns = DigitalOceanDns::new(ocean);
/// let zone = Name::parse("example.com").unwrap();
/// dns.create_zone(&zone).await?;
/// assert_eq!(dns.name_servers(&zone).await?.len(), 3);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct DigitalOceanDns {
    client: DigitalOcean,
}

const NAME: &str = "digitalocean";

/// The longest data of a TXT record, with the quotes and the spaces between its strings.
const LONGEST_TXT: usize = 509;

/// The longest text that always fits: it makes two strings, with four quotes and a space.
const LONGEST_TEXT: usize = LONGEST_TXT - 5;

/// The longest text that is one string.
const ONE_STRING: usize = 255;

static CAPABILITIES: LazyLock<DnsCapabilities> = LazyLock::new(|| {
    use RecordType::{A, Aaaa, Caa, Cname, Mx, Ns, Srv, Txt};
    let mut capabilities = DnsCapabilities::new([A, Aaaa, Caa, Cname, Mx, Ns, Srv, Txt]);
    capabilities.alias = AliasScope::None;
    capabilities.ttl = 30..=2_147_483_647;
    capabilities.txt.max_length = LONGEST_TEXT;
    capabilities.txt.octets = TxtOctets::Ascii;
    capabilities.wildcard = true;
    capabilities.create_zone = true;
    capabilities
});

impl DigitalOceanDns {
    /// The domains of this client's account.
    pub fn new(client: DigitalOcean) -> Self {
        Self { client }
    }

    /// The client.
    pub fn client(&self) -> &DigitalOcean {
        &self.client
    }

    fn domains(&self) -> Domains {
        self.client.domains()
    }

    async fn read(&self, zone: &Name) -> Result<Held> {
        let records = self.domains().list_records(&zone.to_fqdn_without_dot(), RecordFilter::new()).all().await?;
        Ok(Held::new(zone, records))
    }
}

impl From<DigitalOcean> for DigitalOceanDns {
    fn from(client: DigitalOcean) -> Self {
        Self::new(client)
    }
}

#[async_trait]
impl DnsProvider for DigitalOceanDns {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &DnsCapabilities {
        &CAPABILITIES
    }

    async fn zones(&self) -> Result<Vec<ZoneInfo>> {
        self.domains().list().all().await?.iter().map(zone_info).collect()
    }

    async fn create_zone(&self, zone: &Name) -> Result<ZoneInfo> {
        let name = zone.to_fqdn_without_dot();
        match self.domains().get(&name).await {
            Err(error) if error.is_not_found() => {}
            found => return zone_info(&found?),
        }
        match self.domains().create(NewDomain::new(name.as_str())).await {
            Ok(domain) => zone_info(&domain),
            // Taken since, perhaps by the attempt whose answer was lost: then the domain is there.
            Err(error) if error.is_invalid() || error.outcome() == Outcome::Unknown => {
                match self.domains().get(&name).await {
                    Ok(found) => zone_info(&found),
                    Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn delete_zone(&self, zone: &Name) -> Result<()> {
        match self.domains().delete(&zone.to_fqdn_without_dot()).await {
            Err(error) if error.is_not_found() => Ok(()),
            deleted => deleted,
        }
    }

    async fn name_servers(&self, zone: &Name) -> Result<Vec<Name>> {
        let name = zone.to_fqdn_without_dot();
        let filter = RecordFilter::new().with_record_type(domains::RecordType::Ns);
        let records = self.domains().list_records(&name, filter).all().await?;
        records.iter().filter(|record| record.name == "@").map(|record| host(&record.data)).collect()
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
        let (domains, name) = (self.domains(), zone.to_fqdn_without_dot());
        for (index, change) in plan.changes().iter().enumerate() {
            let mut begun = false;
            carry_out(&domains, &name, held.operations(change), &mut begun).await.map_err(|error| {
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
        RecordData::Txt(txt) => {
            let written = write_text(txt);
            if txt.concat().iter().any(|byte| matches!(byte, b'"' | b'\\')) {
                Some("the provider takes neither quotes nor backslashes in a text".to_owned())
            } else if written.len() > LONGEST_TXT {
                let length = written.len();
                Some(format!(
                    "a text of {length} characters with its quotes is longer than the provider's {LONGEST_TXT}"
                ))
            } else {
                None
            }
        }
        RecordData::Caa(caa) if caa.value.iter().any(|byte| b"; \t\"\\".contains(byte)) || caa.value.is_empty() => {
            Some("the provider takes one host name or URL in a CAA record, without parameters".to_owned())
        }
        RecordData::Mx(Mx { exchange: target, .. }) | RecordData::Srv(Srv { target, .. }) if target.is_root() => {
            Some("the provider does not take the root as a host".to_owned())
        }
        _ => None,
    }
}

/// Updates, creates, deletes: in this order a set is never empty in between.
async fn carry_out(domains: &Domains, zone: &str, operations: Operations, begun: &mut bool) -> Result<()> {
    for (id, update) in operations.updates {
        domains.update_record(zone, id, update).await?;
        *begun = true;
    }
    for record in operations.creates {
        domains.create_record(zone, record).await?;
        *begun = true;
    }
    for id in operations.deletes {
        domains.delete_record(zone, id).await?;
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
}

#[derive(Default)]
struct Operations {
    updates: Vec<(RecordId, RecordUpdate)>,
    creates: Vec<NewRecord>,
    deletes: Vec<RecordId>,
}

impl Held {
    fn new(zone: &Name, mut all: Vec<DomainRecord>) -> Self {
        let mut snapshot = ZoneSnapshot::new(Zone::new(zone.clone()));
        let mut records: BTreeMap<_, Vec<One>> = BTreeMap::new();
        all.sort_by_key(|record| record.id);
        for record in all {
            match read_record(zone, &record) {
                Ok((name, data)) => {
                    let ttl = record.ttl.map_or(Ttl::Auto, Ttl::Seconds);
                    let one = One { id: record.id, data, ttl };
                    records.entry((name, one.data.record_type())).or_default().push(one);
                }
                Err(reason) => snapshot.left_alone.push(LeftAlone {
                    name: owner(zone, &record.name).unwrap_or_else(|_| zone.clone()),
                    record_type: record.record_type.to_string(),
                    text: record.data,
                    reason,
                }),
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
        let mut operations = Operations::default();
        let Some(after) = change.after() else {
            operations.deletes.extend(present.iter().map(|one| one.id));
            return operations;
        };
        let ttl = match after.ttl() {
            Ttl::Seconds(seconds) => Some(seconds),
            Ttl::Auto => None,
        };
        let mut kept: Vec<&RecordData> = Vec::new();
        let mut leaving = Vec::new();
        for one in present {
            if !after.data().contains(&one.data) || kept.contains(&&one.data) {
                leaving.push(one.id);
                continue;
            }
            kept.push(&one.data);
            if let (Some(ttl), true) = (ttl, after.ttl() != one.ttl) {
                operations.updates.push((one.id, RecordUpdate::new(after.record_type().as_str()).with_ttl(ttl)));
            }
        }
        let mut leaving = leaving.into_iter();
        for data in after.data().iter().filter(|data| !kept.contains(data)) {
            if let Some(id) = leaving.next() {
                let mut update = RecordUpdate::new(after.record_type().as_str());
                let written = Written::from(data);
                (update.data, update.ttl) = (Some(written.data), ttl);
                (update.priority, update.weight, update.port) = (written.priority, written.weight, written.port);
                (update.flags, update.tag) = (written.flags, written.tag);
                operations.updates.push((id, update));
            } else {
                let name = after.name().relative_to(self.snapshot.zone.name()).filter(|name| !name.is_empty());
                let name = name.unwrap_or_else(|| "@".to_owned());
                let written = Written::from(data);
                let mut record = NewRecord::new(after.record_type().as_str(), name, written.data);
                record.ttl = ttl;
                (record.priority, record.weight, record.port) = (written.priority, written.weight, written.port);
                (record.flags, record.tag) = (written.flags, written.tag);
                operations.creates.push(record);
            }
        }
        operations.deletes.extend(leaving);
        operations
    }
}

/// Data as the provider is told them.
#[derive(Default)]
struct Written {
    data: String,
    priority: Option<u16>,
    weight: Option<u16>,
    port: Option<u16>,
    flags: Option<u8>,
    tag: Option<String>,
}

impl From<&RecordData> for Written {
    fn from(data: &RecordData) -> Self {
        match data {
            RecordData::Mx(mx) => {
                Self { data: mx.exchange.to_string(), priority: Some(mx.preference), ..Self::default() }
            }
            RecordData::Srv(srv) => Self {
                data: srv.target.to_string(),
                priority: Some(srv.priority),
                weight: Some(srv.weight),
                port: Some(srv.port),
                ..Self::default()
            },
            RecordData::Caa(caa) => Self {
                // It wants a dot here, too, and forgets it.
                data: format!("{}.", String::from_utf8_lossy(&caa.value)),
                flags: Some(caa.flags),
                tag: Some(caa.tag.clone()),
                ..Self::default()
            },
            RecordData::Txt(txt) => Self { data: write_text(txt), ..Self::default() },
            other => Self { data: other.to_string(), ..Self::default() },
        }
    }
}

/// A short text as it is, and a long one as strings in quotes.
fn write_text(txt: &Txt) -> String {
    let octets = txt.concat();
    if octets.len() > ONE_STRING {
        Txt::from_bytes(&octets).to_string()
    } else {
        String::from_utf8_lossy(&octets).into_owned()
    }
}

fn zone_info(domain: &domains::Domain) -> Result<ZoneInfo> {
    Ok(ZoneInfo::new(host(&domain.name)?, domain.name.as_str()))
}

fn host(text: &str) -> Result<Name> {
    Name::parse(text).map_err(|error| {
        Error::new(ErrorKind::Decode, format!("`{text}` is not a host name"))
            .with_provider(NAME)
            .with_outcome(Outcome::Refused)
            .with_source(error)
    })
}

fn owner(zone: &Name, name: &str) -> Result<Name, String> {
    if name == "@" {
        return Ok(zone.clone());
    }
    zone.child(name).map_err(|error| format!("it cannot be read: {error}"))
}

/// A record as DNS has it, or why it is left alone.
pub(crate) fn read_record(zone: &Name, record: &DomainRecord) -> Result<(Name, RecordData), String> {
    use domains::RecordType::{Caa as CaaType, Cname, Mx as MxType, Ns, Soa, Srv as SrvType, Txt as TxtType};
    let unreadable = |error: &dyn std::fmt::Display| format!("it cannot be read: {error}");
    let owner = owner(zone, &record.name)?;
    let target = || match record.data.as_str() {
        "@" => Ok(zone.clone()),
        data => Name::parse(data).map_err(|error| unreadable(&error)),
    };
    let priority = record.priority.unwrap_or_default();
    let data = match &record.record_type {
        Soa => return Err("DigitalOcean writes the SOA itself".to_owned()),
        Ns if owner == *zone => return Err("the name servers of the apex are set for the whole zone".to_owned()),
        Ns => RecordData::Ns(target()?),
        Cname => RecordData::Cname(target()?),
        MxType => RecordData::Mx(Mx { preference: priority, exchange: target()? }),
        SrvType => RecordData::Srv(Srv {
            priority,
            weight: record.weight.unwrap_or_default(),
            port: record.port.ok_or_else(|| unreadable(&"it has no port"))?,
            target: target()?,
        }),
        CaaType => RecordData::Caa(Caa {
            flags: record.flags.unwrap_or_default(),
            tag: record.tag.clone().ok_or_else(|| unreadable(&"it has no tag"))?.to_ascii_lowercase(),
            value: record.data.clone().into_bytes(),
        }),
        TxtType if !record.data.starts_with('"') => RecordData::Txt(Txt::from_bytes(&record.data)),
        other => {
            let record_type = other.as_str().parse::<RecordType>().map_err(|error| unreadable(&error))?;
            RecordData::parse(&record_type, &record.data, &Name::root()).map_err(|error| unreadable(&error))?
        }
    };
    Ok((owner, data))
}
